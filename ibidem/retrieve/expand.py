"""A question's words -> words with their wordings in the other language, by the term table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ibidem.index.analyze import STOP_WORDS, query_tokens, tokenize
from ibidem.index.lexical import Word
from ibidem.retrieve.terms import expansions

# Weight of another wording, where the index has the question's own and where it lacks it. Source: evals/LOG.md.
KNOWN_WEIGHT = 0.5
LACKING_WEIGHT = 1.0
MOST_WORDINGS = 5  # of one word: the table has the most common first


@dataclass(frozen=True, slots=True)
class Expanded:
    """The words a question is searched by, and where other wordings came from (for the trace).

    `replaced` maps a token that the index lacks to the tokens that stand for it.
    """

    words: tuple[Word | str, ...]
    sources: dict[str, list[str]]
    replaced: dict[str, tuple[str, ...]]


def expand(question: str, frequency: Callable[[str], int]) -> Expanded:
    """The question's tokens that the index has, those of a known term together with its other wordings there."""
    tokens = query_tokens(question)
    left = dict.fromkeys(tokens)
    words: list[Word] = []
    sources: dict[str, list[str]] = {}
    replaced: dict[str, tuple[str, ...]] = {}
    for expansion in expansions(question):
        own = tuple(token for token in dict.fromkeys(tokenize(expansion.source)) if token in left)
        if not own or expansion.source.lower() in STOP_WORDS:
            continue
        lacking = not all(map(frequency, own))
        weight = LACKING_WEIGHT if lacking else KNOWN_WEIGHT
        others = [
            (wording, tuple(dict.fromkeys(tokenize(wording)))) for wording in (*expansion.target, *expansion.variants)
        ]
        known = [(wording, held) for wording, held in others if held and all(map(frequency, held))][:MOST_WORDINGS]
        if not known:
            continue
        for token in own:
            del left[token]
        words.append(Word(((own, 1.0), *((held, weight) for _, held in known))))
        sources[expansion.source] = [wording for wording, _ in known]
        if lacking:
            replaced |= dict.fromkeys(own, tuple(dict.fromkeys(token for _, held in known for token in held)))
    return Expanded((*words, *filter(frequency, left)), sources, replaced)
