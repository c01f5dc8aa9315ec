"""The text of a settings file, and one option's new value -> the text with that line changed and all else as it was."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

from ibidem.errors import Conflict

Value = bool | int | float | str

_TABLE = re.compile(r"\s*\[")
_VALUE = r'(?:"(?:[^"\\]|\\.)*"|\'[^\']*\'|[^\s#"\']+)'  # of one line, as our options are


def edited(text: str, section: str, key: str, value: Value | None) -> str:
    """The text with `key` of `[section]` set; None takes the line away.

    Raises Conflict for a file that says it in another way than on a line of its own (`models.default = "quotes"`).
    """
    lines = text.splitlines(keepends=True)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    said = None if value is None else f"{key} = {literal(value)}"
    first, last = _section(lines, section)
    if first is None:
        new = text if said is None else f"{_ended(text, end)}{end if text else ''}[{section}]{end}{said}{end}"
    else:
        new = "".join(_changed(lines, first, last, key, said, end))
    _must_say(new, text, section, key, value)
    return new


def literal(value: Value) -> str:
    """As TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f") if isinstance(value, str) else repr(value)


def _section(lines: list[str], section: str) -> tuple[int | None, int]:
    """The lines between its header and the next; None without a header."""
    header = re.compile(rf"\s*\[\s*{section}\s*\]\s*(#.*)?$")
    first = next((at + 1 for at, line in enumerate(lines) if header.match(line)), None)
    if first is None:
        return None, len(lines)
    return first, next((at for at in range(first, len(lines)) if _TABLE.match(lines[at])), len(lines))


def _changed(lines: list[str], first: int, last: int, key: str, said: str | None, end: str) -> list[str]:
    wanted = re.compile(rf"(\s*){key}\s*=\s*{_VALUE}(\s*(?:#.*)?)$")
    for at in range(first, last):
        if found := wanted.match(lines[at].rstrip("\r\n")):
            line = [] if said is None else [f"{found[1]}{said}{found[2]}{end}"]
            return [*lines[:at], *line, *lines[at + 1 :]]
    if said is None:
        return lines
    filled = [at for at in range(first, last) if lines[at].strip() and not lines[at].lstrip().startswith("#")]
    place = filled[-1] + 1 if filled else first  # before the comments that belong to what follows
    return [*lines[: place - 1], _ended(lines[place - 1], end), f"{said}{end}", *lines[place:]]


def _ended(text: str, end: str) -> str:
    return text if not text or text.endswith("\n") else text + end


def _must_say(new: str, old: str, section: str, key: str, value: Value | None) -> None:
    """What the lines say now is what was wanted and nothing else, by the real parser."""
    wanted: dict[str, Any] = tomllib.loads(old)
    if value is None:
        wanted.get(section, {}).pop(key, None)
    else:
        wanted.setdefault(section, {})[key] = value
    try:
        said = tomllib.loads(new)
    except tomllib.TOMLDecodeError:
        said = {}
    if said != wanted:
        raise Conflict(
            f"the file says {section}.{key} in a way that is not changed from here",
            hint=f"change it in ibidem.toml by hand: `{key} = ...` on a line of its own under [{section}]",
        )
