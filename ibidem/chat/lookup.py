"""A question, the texts given with it or before, and a search -> what the answer is to rest on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ibidem.chat.transcript import Transcript
from ibidem.retrieve.given import UNRELATED, Given, given_before, weigh
from ibidem.retrieve.retrieve import Context

AGAIN = 5  # passages of texts given earlier that a question refers to

Search = Callable[[str], Context]


def look_up(question: str, given: Sequence[Given], before: Transcript, search: Search) -> tuple[Context, list[Given]]:
    """What was found, and the texts given with the question, weighed by it.

    The workspace is searched unless the question only says what is to be done with a text that it came with or that
    stands further up, or is answered by the text it came with.
    """
    texts = list(given) or _earlier(before)
    if not texts:
        return search(question), []
    weighed = weigh(question, texts)
    if (given and not weighed.more) or not weighed.terms:
        return Context(terms=weighed.terms, evidence=weighed.evidence), list(weighed.texts) if given else []
    found = search(question)
    evidence = max(found.evidence, weighed.evidence)
    found = replace(found, evidence=evidence, terms={**weighed.terms, **found.terms})
    if given:
        return found, list(weighed.texts)
    above = sorted((one for text in weighed.texts for one in text.chunks), key=lambda one: -one.score)
    return replace(found, kept=[*(one for one in above[:AGAIN] if one.score > UNRELATED), *found.kept]), []


def _earlier(before: Transcript) -> list[Given]:
    """The texts given with earlier questions, as far as they still stand there."""
    shown = before.shown()
    text = given_before([one for one in before.passages if one.number in shown])
    return [text] if text.chunks else []
