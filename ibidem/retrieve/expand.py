"""A question's words -> words with their wordings in the other language, by the term table, and with their synonyms."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from functools import lru_cache

from ibidem.index.analyze import STOP_WORDS, query_tokens, tokenize
from ibidem.index.lexical import Word
from ibidem.retrieve.exact import is_exact
from ibidem.retrieve.synonyms import synonyms
from ibidem.retrieve.terms import expansions

# Weight of another wording, where the index has the question's own and where it lacks it. Source: evals/LOG.md.
KNOWN_WEIGHT = 0.5
LACKING_WEIGHT = 1.0
SYNONYM_WEIGHT = 0.5  # of the wording that it stands for
MOST_WORDINGS = 5  # of one word: the table has the most common first
MOST_SYNONYMS = 6  # of one word

UNTOLD = 0.2  # weight of a Korean word without a wording, where the passages hold no Korean: they cannot have it
_HANGUL = re.compile(r"[\uac00-\ud7a3]")


@dataclass(frozen=True, slots=True)
class Expanded:
    """The words a question is searched by, and where other wordings and synonyms came from (for the trace).

    `replaced` are the question's tokens that the index lacks, each group with the wordings that stand for it.
    """

    words: tuple[Word | str, ...]
    sources: dict[str, list[str]]
    replaced: dict[tuple[str, ...], list[tuple[str, ...]]]
    synonyms: dict[str, list[str]]


def expand(question: str, frequency: Callable[[str], int]) -> Expanded:
    """The question's tokens that the index has, those of a known term together with its other wordings there."""
    tokens = query_tokens(question)
    left = dict.fromkeys(tokens)
    words: list[Word] = []
    sources: dict[str, list[str]] = {}
    replaced: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for expansion in expansions(question):
        own = tuple(token for token in dict.fromkeys(tokenize(expansion.source)) if token in left)
        if not own or expansion.source.lower() in STOP_WORDS:
            continue
        lacking = not all(map(frequency, own))
        weight = LACKING_WEIGHT if lacking else KNOWN_WEIGHT
        others = [(wording, _tokens(wording)) for wording in (*expansion.target, *expansion.variants)]
        known = [(wording, held) for wording, held in others if held and all(map(frequency, held))][:MOST_WORDINGS]
        if not known:
            continue
        for token in own:
            del left[token]
        words.append(Word(((own, 1.0), *((held, weight) for _, held in known))))
        sources[expansion.source] = [wording for wording, _ in known]
        if lacking:
            replaced[own] = [held for _, held in known]
    known_words: list[Word | str] = [*words, *filter(frequency, left)]
    added: dict[str, list[str]] = {}
    if not is_exact(question):
        known_words = [_with_synonyms(word, frequency, added) for word in known_words]
    return Expanded(tuple(known_words), sources, replaced, added)


def _with_synonyms(word: Word | str, frequency: Callable[[str], int], added: dict[str, list[str]]) -> Word | str:
    """The word with the synonyms of its wordings that the index has, noted in `added` under the question's own."""
    wordings = (((word,), 1.0),) if isinstance(word, str) else word.wordings
    held = {tokens for tokens, _ in wordings}
    found: dict[tuple[str, ...], float] = {}
    for tokens, weight in wordings:
        for synonym in synonyms(tokens[0]) if len(tokens) == 1 else ():
            if (synonym,) not in held and len(found) < MOST_SYNONYMS and frequency(synonym):
                found.setdefault((synonym,), SYNONYM_WEIGHT * weight)
    if not found:
        return word
    added[" ".join(wordings[0][0])] = [token for (token,) in found]
    return Word((*wordings, *found.items()))


@lru_cache(maxsize=1 << 13)  # more than the table has
def _tokens(wording: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tokenize(wording)))


def told(
    terms: Mapping[str, float], expanded: Expanded, weigh: Callable[[str], float], held: Set[str]
) -> dict[str, float]:
    """The question's terms as its passages can answer them: words that the index lacks in the wording the passages have.

    `held` are the passages' tokens; where they have none of a word's wordings, its most common one stands for it.
    """
    lacking = {token for own in expanded.replaced for token in own}
    foreign = not any(_HANGUL.match(token) for token in held)
    found = {
        token: UNTOLD * weight if foreign and _HANGUL.match(token) else weight
        for token, weight in terms.items()
        if token not in lacking
    }
    for wordings in expanded.replaced.values():
        best = next((wording for wording in wordings if set(wording) <= held), wordings[0])
        found |= {token: weigh(token) for token in best}
    return found
