"""The folders of a workspace's index: one generation is read while the next is built beside it.

`<data>/index/<workspace>/<generation>/` holds a tantivy directory and `position.json`: the analyzer it was made with, the
last change it has, and whether it has caught up once. All of it can be deleted; it is made anew from the store.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from ibidem.index.analyze import ANALYZER_VERSION


@dataclass(frozen=True, slots=True)
class Position:
    """How far a generation is: `seq` is the last entry of the change log it holds."""

    analyzer: int = ANALYZER_VERSION
    seq: int = 0
    complete: bool = False
    hangul: bool = False  # some chunk has any
    korean_seq: int = 0  # up to here, Hangul has its morphemes too

    @property
    def both(self) -> bool:
        """Whether both passes are done: no chunk with Hangul lacks its morphemes."""
        return self.complete and self.korean_seq >= self.seq and self.analyzer == ANALYZER_VERSION


@dataclass(frozen=True, slots=True)
class Generation:
    folder: Path
    position: Position

    @property
    def number(self) -> int:
        return int(self.folder.name)

    @property
    def lexical(self) -> Path:
        return self.folder / "lexical"

    @property
    def korean(self) -> Path:
        """The morphemes of the chunks with Hangul."""
        return self.folder / "korean"


def generations(workspace_folder: Path) -> list[Generation]:
    """Oldest first. A folder without a readable position counts from zero."""
    if not workspace_folder.is_dir():
        return []
    folders = [folder for folder in workspace_folder.iterdir() if folder.name.isdigit()]
    return sorted((Generation(folder, _read(folder)) for folder in folders), key=lambda generation: generation.number)


def current(workspace_folder: Path) -> Generation | None:
    """The generation that answers: the newest that has caught up once, else the newest."""
    found = generations(workspace_folder)
    complete = [generation for generation in found if generation.position.complete]
    preferred = complete or found
    return preferred[-1] if preferred else None


def to_write(workspace_folder: Path, *, fresh: bool) -> Generation:
    """The generation that changes go to: the newest of this analyzer, or a new one (always with `fresh`)."""
    found = generations(workspace_folder)
    if found and not fresh and found[-1].position.analyzer == ANALYZER_VERSION:
        return found[-1]
    folder = workspace_folder / str(found[-1].number + 1 if found else 1)
    folder.mkdir(mode=0o700, parents=True)
    return Generation(folder, Position())


def save(generation: Generation, position: Position) -> Generation:
    """Write the position down, whole or not at all; one that is lost means that a few changes are replayed twice."""
    half = generation.folder / "position.part"
    half.write_text(json.dumps(asdict(position)), "utf-8")
    half.rename(generation.folder / "position.json")
    return Generation(generation.folder, position)


def drop_older(workspace_folder: Path, keep: Generation) -> None:
    """Remove what `keep` has replaced."""
    for generation in generations(workspace_folder):
        if generation.number < keep.number:
            shutil.rmtree(generation.folder, ignore_errors=True)


def _read(folder: Path) -> Position:
    try:
        return Position(**json.loads((folder / "position.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return Position()
