"""The documentation of the page names tests that are there, and the page stays small."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TABLE = (ROOT / "docs/page.md").read_text("utf-8").partition("## What shows that it does")[2]
NAMED = sorted(set(re.findall(r"`((?:tests|web)/[\w./-]+\.(?:py|tsx?)(?:::\w+)?)`", TABLE)))
BUILT = ROOT / "ibidem/api/page"
MOST_BYTES = 350_000  # of packed JavaScript before the first message can be written


def test_every_row_names_a_test() -> None:
    rows = [line for line in TABLE.partition("## ")[0].splitlines() if line.startswith("| ") and "shown by" not in line]
    assert len(rows) > 18
    assert [row for row in rows if "`tests/" not in row and "`web/" not in row] == []


@pytest.mark.parametrize("named", NAMED)
def test_a_named_test_is_there(named: str) -> None:
    path, _, name = named.partition("::")
    text = (ROOT / path).read_text("utf-8")
    assert (
        re.search(rf"^(?:async )?def {name}\(", text, re.MULTILINE)
        if name
        else re.search(r"^\s*test[.(]", text, re.MULTILINE)
    )


@pytest.mark.skipif(not (BUILT / "index.html").exists(), reason="needs the page, which `make page` builds")
def test_the_first_load_is_small() -> None:
    """What `index.html` names, and all that those files import before anything is drawn."""
    waiting = re.findall(r'(?:src|href)="/(assets/[^"]+\.js)"', (BUILT / "index.html").read_text("utf-8"))
    loaded: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in loaded:
            continue
        loaded.add(name)
        script = (BUILT / name).read_text("utf-8")
        waiting += [f"assets/{found}" for found in re.findall(r'(?:from|import)\s?"\./([^"]+\.js)"', script)]
    assert len(loaded) > 3
    assert sum(len(gzip.compress((BUILT / name).read_bytes())) for name in loaded) <= MOST_BYTES
