"""Writes single settings into `ibidem.toml`, and leaves every other line of it as its owner wrote it."""

from __future__ import annotations

import json
import os
import re
import tempfile
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ibidem.errors import BadInput, Conflict, DataDirUnusable

_SECTION = re.compile(r"\s*\[")


def write_settings(
    path: Path, section: str, changes: Mapping[str, str], environ: Mapping[str, str] = os.environ
) -> None:
    """Set these texts in a section of the file, which is made where it is not there.

    The result is read again before it takes the file's place, so that a way of writing which this does not understand
    loses nothing. Raises Conflict for a variable that would overrule the file and for such a file; BadInput for a text
    that no line can hold; DataDirUnusable.
    """
    for key, value in changes.items():
        variable = f"IBIDEM_{section.upper()}__{key.upper()}"
        if variable in environ:
            raise Conflict(f"{key} is set by the environment variable {variable}", hint="change or remove it there")
        if not value.isprintable():
            raise BadInput(f"{value!r} holds what no name does", hint="write it without line breaks")
    try:
        before = path.read_text("utf-8")
    except FileNotFoundError:
        before = ""
    except (OSError, UnicodeDecodeError) as error:
        raise DataDirUnusable(f"{path} cannot be read", hint="mend it, and change the setting by hand") from error
    after = _changed(before, section, changes)
    _check(path, before, after, section, changes)
    _replace(path, after)


def _changed(text: str, section: str, changes: Mapping[str, str]) -> str:
    lines = text.splitlines()
    header = next((at for at, line in enumerate(lines) if re.match(rf"\s*\[\s*{section}\s*\]", line)), None)
    if header is None:
        lines += [*([""] if lines else []), f"[{section}]"]
        header = len(lines) - 1
    for key, value in changes.items():
        line = f"{key} = {json.dumps(value, ensure_ascii=False)}"  # a JSON text is a TOML basic string
        end = next((at for at in range(header + 1, len(lines)) if _SECTION.match(lines[at])), len(lines))
        place = next((at for at in range(header + 1, end) if re.match(rf"\s*{key}\s*=", lines[at])), None)
        if place is None:
            lines.insert(header + 1, line)
        else:
            lines[place] = line
    return "\n".join(lines) + "\n"


def _check(path: Path, before: str, after: str, section: str, changes: Mapping[str, str]) -> None:
    """It says what it said, and the changes, and nothing else. Raises Conflict."""
    try:
        wanted = tomllib.loads(before)
        wanted[section] = {**wanted.get(section, {}), **changes}
        right = tomllib.loads(after) == wanted
    except (tomllib.TOMLDecodeError, TypeError):
        right = False
    if not right:
        names = ", ".join(changes)
        raise Conflict(f"{path} is written in a way that is not changed safely", hint=f"set {names} there by hand")


def _replace(path: Path, text: str) -> None:
    """Whole or not at all, with the rights that the file had: it may hold a key."""
    try:
        path = path.resolve()  # a link stays one
        handle, half = tempfile.mkstemp(prefix=".ibidem.toml.", dir=path.parent)
        try:
            with open(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileNotFoundError):
                os.chmod(half, path.stat().st_mode & 0o777)
            os.replace(half, path)
        except BaseException:
            os.unlink(half)
            raise
    except OSError as error:
        raise DataDirUnusable(f"{path} cannot be written: {error.strerror}", hint="give yourself the right") from error
