"""Korean text -> morphemes, by Kiwi. Runs in child processes only: the memory it takes comes back with their end.

Kiwi without its dictionaries of proper and of compound nouns: 280 MB instead of 540, half the time to load, and Korean
questions stay within half a point (evals/LOG.md). Nothing here is loaded before the first Hangul.
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from ibidem.index.analyze import STOP_WORDS, is_hangul, normalize

if TYPE_CHECKING:
    from kiwipiepy import Kiwi

LEAST_FREE_BYTES = 600 << 20  # of memory, to load it: 280 MB here and as much in a second child

_KEPT = frozenset("NNG NNP NNB NR XR VV VA MAG".split())  # nouns, roots, stems of verbs and adjectives, adverbs
# A piece has Hangul; runs of anything else, mostly code, are left to the other analyzer. Longer pieces cost more than
# their length: 21,000 characters without a space take a second.
_LINE = re.compile(r"[^\n]{1,1000}")
_FOREIGN = re.compile(r"[^\uac00-\ud7a3\u3131-\u318e\n]{24,}")


def morphemes(text: str) -> list[str]:
    """The nouns, roots, stems and adverbs of the text's Hangul, in order, without particles and endings.

    Raises ImportError where Kiwi cannot be loaded; the first call takes a second.
    """
    if not is_hangul(text):
        return []
    pieces = [piece for piece in _LINE.findall(_FOREIGN.sub("\n", normalize(text))) if is_hangul(piece)]
    return [
        token.form
        for tokens in _kiwi().tokenize(pieces)
        for token in tokens
        if token.tag.partition("-")[0] in _KEPT and is_hangul(token.form)
    ]


def query_morphemes(question: str) -> list[str]:
    """The distinct morphemes a question is searched by, stop words left out unless nothing else remains."""
    found = dict.fromkeys(morphemes(question))
    return [one for one in found if one not in STOP_WORDS] or list(found)


def query(payload: dict[str, Any]) -> Iterator[list[str]]:
    """In a child: `{"question"}` -> one list of morphemes."""
    yield query_morphemes(payload["question"])


def why_not() -> str:
    """Why morphemes cannot be had on this machine, or nothing. Cheap: loads nothing."""
    for package in ("kiwipiepy", "kiwipiepy_model"):
        if importlib.util.find_spec(package) is None:
            return f"{package} is not installed"
    free = _free_bytes()
    if free is not None and free < LEAST_FREE_BYTES:
        return f"{free >> 20} MB of memory are free, {LEAST_FREE_BYTES >> 20} MB are needed"
    return ""


@cache
def made_by() -> str:
    """What makes the morphemes, with its version: those of another one are made anew. Empty where there is none."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"kiwipiepy {version('kiwipiepy')}, model {version('kiwipiepy_model')}"
    except PackageNotFoundError:
        return ""


@cache
def _kiwi() -> Kiwi:
    if reason := why_not():
        raise ImportError(reason)
    from kiwipiepy import Kiwi

    try:
        kiwi = Kiwi(num_workers=1, load_default_dict=False, load_multi_dict=False, load_typo_dict=False)
        kiwi.tokenize("")  # half of the loading waits for this
    except Exception as error:  # the engine raises nothing narrower
        raise ImportError(f"Kiwi cannot be loaded: {error}") from error
    return kiwi


def _free_bytes() -> int | None:
    """Memory that can be had without swapping; None where the system does not tell."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None
