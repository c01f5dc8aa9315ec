"""A question's words -> words with their other wordings: the term table's, names that sound so, and synonyms."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from functools import lru_cache

from ibidem.index.analyze import STOP_WORDS, query_tokens, tokenize
from ibidem.index.lexical import Word
from ibidem.retrieve.intent import is_exact
from ibidem.retrieve.names import names
from ibidem.retrieve.synonyms import synonyms
from ibidem.retrieve.terms import expansions

# Weight of another wording, where the index has the question's own and where it lacks it. Source: evals/LOG.md.
KNOWN_WEIGHT = 0.5
LACKING_WEIGHT = 1.0
SOUND_WEIGHT = 0.6  # of a name that sounds like a word the index lacks
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
        own = own_tokens(expansion.source, left)
        if not own or expansion.source.lower() in STOP_WORDS:
            continue
        lacking = not all(map(frequency, own))
        sure = lacking and len(expansion.source) > 1  # one syllable has many meanings, one letter too
        weight = LACKING_WEIGHT if sure else KNOWN_WEIGHT
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
    for name, key in names(question, left, frequency):
        own = tuple(dict.fromkeys(tokenize(name)))
        lacking = not all(map(frequency, own))
        for token in own:
            left.pop(token, None)
        words.append(Word(((own, 1.0), ((key,), SOUND_WEIGHT if lacking else KNOWN_WEIGHT))))
        sources[name] = [key]
        if lacking:
            replaced[own] = [(key,)]
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


def own_tokens(source: str, left: Iterable[str]) -> tuple[str, ...]:
    """The question's tokens that a term of it stands for. Beside a particle one syllable is no token: then both (값을)."""
    left = dict.fromkeys(left)
    own = tuple(token for token in dict.fromkeys(tokenize(source)) if token in left)
    if own or len(source) > 1 or not _HANGUL.match(source):
        return own
    return tuple(token for token in left if token[0] == source and len(token) == 2)


def told(
    terms: Mapping[str, float],
    expanded: Expanded,
    weigh: Callable[[str], float],
    held: Set[str],
    names: Iterable[tuple[str, str]] = (),
) -> dict[str, float]:
    """The question's terms as its passages can answer them: words that the index lacks in the wording the passages have.

    `held` are the passages' tokens; where they have none of a word's wordings, its most common one stands for it. `names`
    are the passages' with their keys (`index.sounds`): a key stands for the first that sounds so.
    """
    heard = {key: tuple(tokenize(name)) for name, key in reversed([*names])}
    lacking = {token for own in expanded.replaced for token in own}
    foreign = not any(_HANGUL.match(token) for token in held)
    found = {
        token: UNTOLD * weight if foreign and _HANGUL.match(token) else weight
        for token, weight in terms.items()
        if token not in lacking
    }
    for found_as in expanded.replaced.values():
        wordings = [heard.get(wording[0], wording) for wording in found_as]
        best = next((wording for wording in wordings if set(wording) <= held), wordings[0])
        found |= {token: weigh(token) for token in best}
    return found
