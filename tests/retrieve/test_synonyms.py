"""Other words for a word: the table is in order, and a question is searched by them at less weight."""

from __future__ import annotations

import re
from collections.abc import Callable

from ibidem.index.analyze import stem
from ibidem.index.lexical import Word
from ibidem.retrieve.expand import MOST_SYNONYMS, SYNONYM_WEIGHT, expand
from ibidem.retrieve.synonyms import groups, synonyms


def holding(*tokens: str) -> Callable[[str], int]:
    """The document frequency of an index that has these tokens."""
    return lambda token: int(token in tokens)


def test_the_table_has_groups_of_distinct_lower_case_words_each_group_once() -> None:
    assert len(groups()) > 200
    for group in groups():
        assert len(group) > 1
        assert len({stem(word) for word in group}) == len(group), group
        assert all(re.fullmatch("[a-z0-9]+", word) for word in group), group
    sets = [frozenset(group) for group in groups()]
    assert len(set(sets)) == len(sets)


def test_a_word_has_the_others_of_its_groups_for_synonyms_but_not_itself() -> None:
    assert stem("remove") in synonyms(stem("delete"))
    assert stem("delete") in synonyms(stem("removed"))
    assert stem("delete") not in synonyms(stem("delete"))
    assert synonyms("zeppelin") == ()


def test_a_question_is_searched_by_the_synonyms_that_the_index_has() -> None:
    found = expand("zeppelin deleted", holding("zeppelin", "delet", "purg"))
    assert found.synonyms == {"delet": ["purg"]}
    (word,) = [one for one in found.words if isinstance(one, Word) and one.wordings[0][0] == ("delet",)]
    assert (("purg",), SYNONYM_WEIGHT) in word.wordings


def test_a_question_that_names_code_is_searched_by_its_own_words() -> None:
    assert expand("delete in `zeppelin`", holding("zeppelin", "delet", "purg")).synonyms == {}


def test_a_korean_word_has_the_synonyms_of_its_english_wording() -> None:
    found = expand("삭제", holding("delet", "purg"))
    assert found.synonyms == {"삭제": ["purg"]}


def test_no_word_has_more_synonyms_than_it_may() -> None:
    found = expand("delete the list of items", lambda token: 1)
    assert found.synonyms
    assert all(len(tokens) <= MOST_SYNONYMS for tokens in found.synonyms.values())
