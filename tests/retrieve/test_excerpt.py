"""Code ranked far down is given as the head of one definition, with its true lines; the rest stays whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ibidem.app import App, build
from ibidem.cli.throwaway import add_folders
from ibidem.retrieve.budget import Ranked
from ibidem.retrieve.excerpt import HEAD_CHARS, LINE_CHARS, WHOLE
from ibidem.settings import Settings
from ibidem.store.workspaces import Workspace

FILES = 12


def module(number: int) -> str:
    """One chunk of code with two definitions; the second one opens valves."""
    lines = "".join(
        f"    total_{number} += cents * {n}  # what the clerk of counter {number} has sold\n" for n in range(5)
    )
    body = "".join(f"    step_{number} = pressure + {n}  # bar that the gauge {number} has shown\n" for n in range(8))
    return f'"""Module {number}."""\n\n\ndef sell(cents):\n{lines}\n\ndef open_valve(pressure):\n    """Open valve {number}."""\n{body}'


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    found = build(Settings(tmp_path_factory.mktemp("data")))
    yield found
    found.close()


@pytest.fixture(scope="module")
def plant(app: App, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Workspace]:
    root = tmp_path_factory.mktemp("documents") / "plant"
    root.mkdir()
    for number in range(FILES):
        (root / f"code_{number}.py").write_text(module(number))
        (root / f"page_{number}.md").write_text(f"Valve {number}. " + "The gauge has shown a pressure. " * 30)
    return root, add_folders(app, "Plant", [root])


@pytest.fixture(scope="module")
def ranked(app: App, plant: tuple[Path, Workspace]) -> list[Ranked]:
    return app.search("which code opens a valve", plant[1], hits=2 * FILES).ranked


def shortened(ranked: list[Ranked]) -> list[Ranked]:
    return [one for one in ranked if one.stored.path.endswith(".py") and "def sell" not in one.stored.chunk.text]


def test_the_first_chunks_stay_whole(ranked: list[Ranked], plant: tuple[Path, Workspace]) -> None:
    for one in ranked[:WHOLE]:
        assert one.stored.chunk.text == (plant[0] / one.stored.path.split("/")[1]).read_text()


def test_code_behind_them_is_the_head_of_the_nearest_definition(ranked: list[Ranked]) -> None:
    code = [one for one in ranked[WHOLE:] if one.stored.path.endswith(".py")]
    assert code
    for one in code:
        assert one.stored.chunk.text.startswith("def open_valve")
        assert HEAD_CHARS <= len(one.stored.chunk.text) <= HEAD_CHARS + LINE_CHARS
        assert one.stored.chunk.text.endswith("\n")
        assert one.stored.chunk.tokens < 120


def test_its_place_is_true(ranked: list[Ranked], plant: tuple[Path, Workspace]) -> None:
    for one in shortened(ranked):
        text = (plant[0] / one.stored.path.split("/")[1]).read_text()
        chunk = one.stored.chunk
        assert text[chunk.span.start_char : chunk.span.end_char] == chunk.text
        lines = text.splitlines(keepends=True)[chunk.span.start_line - 1 : chunk.span.end_line]
        assert "".join(lines) == chunk.text


def test_prose_stays_whole(ranked: list[Ranked], plant: tuple[Path, Workspace]) -> None:
    pages = [one for one in ranked[WHOLE:] if one.stored.path.endswith(".md")]
    assert pages
    for one in pages:
        assert one.stored.chunk.text == (plant[0] / one.stored.path.split("/")[1]).read_text()


def test_the_trace_names_what_was_shortened(app: App, plant: tuple[Path, Workspace], ranked: list[Ranked]) -> None:
    trace = app.search("which code opens a valve", plant[1], hits=2 * FILES).trace
    assert trace["excerpts"] == [one.stored.id for one in shortened(ranked)]
