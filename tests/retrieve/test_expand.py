"""A question's words get the wordings that the index has: of the table, and of names that sound alike."""

from __future__ import annotations

from ibidem.index.sounds import latin_keys
from ibidem.retrieve.expand import Expanded, expand, told


def expanded(question: str, *words: str, names: tuple[str, ...] = ()) -> Expanded:
    """The question expanded over an index that holds these words and names."""
    held = {*words, *(key for name in names for key in latin_keys(name))}
    return expand(question, lambda token: int(token in held))


def test_a_term_of_one_syllable_is_known_beside_its_particle():
    assert expanded("값을 어디에 두나요?", "valu").sources == {"값": ["value"]}
    assert expanded("큐가 비었나요?", "queu").sources == {"큐": ["queue"]}


def test_a_name_in_hangul_finds_the_latin_one_that_sounds_alike():
    found = expanded("그라파나는 무엇을 보여주나요?", names=("Grafana",))
    assert list(found.sources) == ["그라파나"]
    assert expanded("그라파나는 무엇을 보여주나요?", names=("Granada",)).sources == {}


def test_particles_and_a_suffix_may_follow_a_name_and_a_name_may_end_like_one():
    assert list(expanded("빅토리아주에서는 언제였나요?", names=("Victoria",)).sources) == ["빅토리아"]
    assert list(expanded("캐롤라이나의 수도", names=("Carolina",)).sources) == ["캐롤라이나"]


def test_question_words_and_words_of_two_syllables_are_no_names():
    assert expanded("어디인가요 선수", names=("Odinga", "Simons", "Sonus")).sources == {}


def test_a_name_is_told_in_the_spelling_of_the_passages():
    found = expanded("그라파나는 무엇인가요?", names=("Grafana",))
    weights = {"그라": 5.0, "라파": 5.0, "파나": 5.0, "나는": 5.0}
    names = [("Grafana", key) for key in latin_keys("Grafana")]
    assert told(weights, found, lambda token: 3.0, {"grafana"}, names).get("grafana") == 3.0
    assert "파나" not in told(weights, found, lambda token: 3.0, {"grafana"}, names)
