"""Ignore files -> whether one entry of a folder is left out, as git decides it.

A pattern is compared with the entry itself, never with what lies above it: whoever walks has not entered an ignored
folder. pathspec turns each pattern into a regular expression; which pattern wins is decided here, by git's rule that
the last one does, that a pattern ending in "/" means folders, and that deeper files go before those above.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from pathspec.patterns.gitignore.base import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

IGNORE_FILES = (b".ibidemignore", b".gitignore")  # the first goes before the second
EXCLUDE_FILE = os.path.join(b".git", b"info", b"exclude")
MAX_BYTES = 1024 * 1024  # of an ignore file

_CLASS = re.compile(r"(?<=[\[!^\w-])\[:(\w+):\]")  # [[:digit:]], which pathspec does not know
_CLASSES = {"alpha": "A-Za-z", "digit": "0-9", "alnum": "A-Za-z0-9", "upper": "A-Z", "lower": "a-z", "space": " \t"}


@dataclass(frozen=True, slots=True)
class Pattern:
    """`ignores` is False for a negation ("!name")."""

    regex: re.Pattern[str]
    ignores: bool
    folders_only: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """The patterns of one folder, strongest first; `base` is the folder's path with a slash, "" for the root."""

    base: str
    patterns: tuple[Pattern, ...]

    def decide(self, path: str, *, folder: bool) -> bool | None:
        """True: ignored, False: wanted expressly, None: not mentioned. `path` begins with `base`."""
        inner = path[len(self.base) :]
        for pattern in self.patterns:
            if pattern.folders_only and not folder:
                continue
            match = pattern.regex.match(inner)
            if match and match.lastgroup is None:  # the group marks a match of a folder above
                return pattern.ignores
        return None


def rules(folder: bytes, base: str) -> Rules | None:
    """The rules that lie in a folder (absolute path), if any. An unreadable ignore file counts as absent."""
    patterns: list[Pattern] = []
    for name in (*IGNORE_FILES, EXCLUDE_FILE):
        try:
            with open(os.path.join(folder, name), "rb") as file:
                patterns += parse(file.read(MAX_BYTES))
        except OSError:
            continue
    return Rules(base, tuple(patterns)) if patterns else None


def parse(content: bytes) -> list[Pattern]:
    """Patterns of one ignore file, strongest first."""
    made = [_pattern(os.fsdecode(line)) for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
    return [pattern for pattern in reversed(made) if pattern]


def _pattern(line: str) -> Pattern | None:
    line = line.removesuffix("\r")
    line = line if line.endswith("\\ ") else line.rstrip(" ")
    folders_only = line.endswith("/")
    if folders_only:
        line = line.rstrip("/")
    if not line or line == "!":
        return None
    try:
        plain = _CLASS.sub(lambda match: _CLASSES.get(match[1], ""), line)
        regex, ignores = GitIgnoreSpecPattern.pattern_to_regex(plain)
        if regex is None or ignores is None:
            return None
        return Pattern(re.compile(regex, re.DOTALL), ignores, folders_only)
    except (GitIgnorePatternError, re.error):  # git drops patterns it cannot read
        return None


def ignored(chain: list[Rules], path: str, *, folder: bool) -> bool | None:
    """What the rules of all folders above say, nearest first; `chain` goes from the root down."""
    for found in reversed(chain):
        decision = found.decide(path, folder=folder)
        if decision is not None:
            return decision
    return None
