"""How the reading of one file ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Outcome:
    """Exactly one for each file. `reason` explains every state but a plain "ok" and names the next step of a failure.

    `sha256` is the hex digest of the bytes read: of all, unless the file is partial or was refused by its head.
    `language` is the source language of code, else "ko" or "en" where the text shows it, else "". "changed" means that
    the file was written to, replaced or removed meanwhile: whatever came before must be thrown away.
    """

    state: Literal["ok", "partial", "skipped", "failed", "changed"]
    reason: str = ""
    media_type: str = ""
    encoding: str = ""
    title: str = ""
    sha256: str = ""
    language: str = ""
