"""The documentation names every option and every error code; its links lead somewhere."""

from __future__ import annotations

import re
from dataclasses import Field
from pathlib import Path
from typing import Any

import pytest

from ibidem.settings.edit import literal
from ibidem.settings.options import each_option
from tests.test_errors import tree

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("README.md")])
OPTIONS = [(section, item) for section, item in each_option()]
JOB_CODES = ["job_dead"]  # written by the queue itself

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root|home|Users|tmp)/[\w.]+")


@pytest.mark.parametrize(("section", "option"), OPTIONS, ids=lambda value: getattr(value, "name", value))
def test_every_option_is_documented_with_its_default_in_its_own_words(section: str, option: Field[Any]) -> None:
    default = f"`{literal(option.default).strip(chr(34))}`" if option.default != "" else "empty"
    start = f"| `{section}.{option.name}` | {default}"
    (row,) = [line for line in (ROOT / "docs/settings.md").read_text("utf-8").splitlines() if line.startswith(start)]
    meaning = row.split(" | ")[2].removesuffix(" |")
    assert meaning.startswith(option.metadata["meaning"])  # a link may follow


def test_no_option_is_documented_that_is_not_there() -> None:
    rows = re.findall(r"^\| `(\w+)\.(\w+)` \|", (ROOT / "docs/settings.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted((section, option.name) for section, option in OPTIONS)


def test_every_error_code_is_documented() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/errors.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted([*(cls.code for cls in tree()), *JOB_CODES])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in _LINK.findall(_FENCED.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_no_path_of_the_machine_it_was_written_on(page: Path) -> None:
    assert _MACHINE_PATH.findall(page.read_text("utf-8")) == []
