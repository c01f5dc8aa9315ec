"""The folders of a workspace's vectors: the complete generation answers while one of another embedder is built beside it.

`<data>/index/<workspace>/vectors/<generation>/` holds a matrix and `position.json`. All of it can be made anew from the
store, without embedding anything again.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

LAYOUT = 1  # of the files; another one is built anew


@dataclass(frozen=True, slots=True)
class VectorPosition:
    """How far a generation is. `dirty`: it is being written; what a crash leaves so is built anew (a second per 100,000)."""

    embedder: str
    dim: int
    seq: int = 0
    rows: int = 0
    complete: bool = False
    dirty: bool = False
    layout: int = LAYOUT


@dataclass(frozen=True, slots=True)
class VectorGeneration:
    folder: Path
    position: VectorPosition

    @property
    def number(self) -> int:
        return int(self.folder.name)


def generations(folder: Path) -> list[VectorGeneration]:
    """Those with a readable position of this layout, oldest first."""
    if not folder.is_dir():
        return []
    found = []
    for entry in folder.iterdir():
        if entry.name.isdigit() and (position := _read(entry)):
            found.append(VectorGeneration(entry, position))
    return sorted(found, key=lambda generation: generation.number)


def current(folder: Path) -> VectorGeneration | None:
    """The generation that answers: the newest complete one. A half one would favour what it happens to have."""
    complete = [generation for generation in generations(folder) if generation.position.complete]
    return complete[-1] if complete else None


def to_write(folder: Path, embedder: str, dim: int, *, fresh: bool) -> VectorGeneration:
    """The newest generation of that embedder, or a new one (always with `fresh`, and after a crash in mid-write)."""
    matching = [
        generation
        for generation in generations(folder)
        if (generation.position.embedder, generation.position.dim) == (embedder, dim) and not generation.position.dirty
    ]
    if matching and not fresh:
        return matching[-1]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    numbers = [int(entry.name) for entry in folder.iterdir() if entry.name.isdigit()]
    made = folder / str(max(numbers, default=0) + 1)
    made.mkdir(mode=0o700)
    return VectorGeneration(made, VectorPosition(embedder, dim))


def save(generation: VectorGeneration, position: VectorPosition) -> VectorGeneration:
    """Write the position down, whole or not at all, and lasting: the matrix is trusted by it."""
    half = generation.folder / "position.part"
    with half.open("w", encoding="utf-8") as file:
        json.dump(asdict(position), file)
        file.flush()
        os.fsync(file.fileno())
    half.rename(generation.folder / "position.json")
    return VectorGeneration(generation.folder, position)


def drop_others(folder: Path, keep: VectorGeneration) -> None:
    """Remove what `keep` has replaced. Who still reads it keeps what is mapped."""
    for entry in folder.iterdir():
        if entry.name != keep.folder.name:
            shutil.rmtree(entry, ignore_errors=True)


def _read(folder: Path) -> VectorPosition | None:
    try:
        position = VectorPosition(**json.loads((folder / "position.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return position if position.layout == LAYOUT else None
