"""The folders of a workspace's index: one generation is read while the next is built beside it.

`<data>/index/<workspace>/<generation>/` holds a tantivy directory and `position.json`: the analyzer it was made with, the
last change it has, and whether it has caught up once; beside them the directory of Korean morphemes and `korean.json`,
the last change that one has. Each pair has its own writing process. All of it can be deleted; it is made anew from the store.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ibidem.index.analyze import ANALYZER_VERSION
from ibidem.index.korean import made_by


@dataclass(frozen=True, slots=True)
class Position:
    """How far a generation is: `seq` is the last entry of the change log it holds."""

    analyzer: int = ANALYZER_VERSION
    seq: int = 0
    complete: bool = False
    hangul_seq: int = 0  # the last change that brought Hangul; 0 while there is none


@dataclass(frozen=True, slots=True)
class Generation:
    folder: Path
    position: Position
    korean_seq: int = 0  # the last change whose morphemes it holds

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

    @property
    def has_morphemes(self) -> bool:
        """Whether Korean can be searched by morphemes: there are some, and no chunk with Hangul lacks them."""
        return self.position.complete and 0 < self.position.hangul_seq <= self.korean_seq

    @property
    def lacks_morphemes(self) -> bool:
        """Whether the second pass has something to do, now that the first is done."""
        ready = self.position.complete and self.position.analyzer == ANALYZER_VERSION
        return ready and self.position.hangul_seq > 0 and self.korean_seq < self.position.seq


def generations(workspace_folder: Path) -> list[Generation]:
    """Oldest first. A folder without a readable position counts from zero."""
    if not workspace_folder.is_dir():
        return []
    folders = [folder for folder in workspace_folder.iterdir() if folder.name.isdigit()]
    return sorted(
        (Generation(folder, _read(folder), _read_korean(folder)) for folder in folders),
        key=lambda generation: generation.number,
    )


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
    _write(generation.folder / "position.json", asdict(position))
    return replace(generation, position=position)


def save_korean(generation: Generation, seq: int) -> None:
    """Write down how far the morphemes are; the same rules."""
    _write(generation.folder / "korean.json", {"seq": seq, "made_by": made_by()})


def drop_older(workspace_folder: Path, keep: Generation) -> None:
    """Remove what `keep` has replaced."""
    for generation in generations(workspace_folder):
        if generation.number < keep.number:
            shutil.rmtree(generation.folder, ignore_errors=True)


def _write(path: Path, values: dict[str, Any]) -> None:
    half = path.with_suffix(".part")
    half.write_text(json.dumps(values), "utf-8")
    half.rename(path)


def _read_korean(folder: Path) -> int:
    """From the beginning when another version of Kiwi made what is there."""
    try:
        found = json.loads((folder / "korean.json").read_text("utf-8"))
        return int(found["seq"]) if found["made_by"] == made_by() else 0
    except (OSError, ValueError, TypeError, KeyError):
        return 0


def _read(folder: Path) -> Position:
    try:
        return Position(**json.loads((folder / "position.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return Position()
