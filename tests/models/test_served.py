"""Embedders and rerankers behind servers: what they are asked, and how each spoilt answer is told."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from ibidem.errors import (
    EngineCrashed,
    ModelCutOff,
    ModelError,
    ModelRejected,
    ModelTimeout,
    ModelUnknown,
    VectorsUnusable,
)
from ibidem.models.catalog import open_embedder, open_reranker
from ibidem.models.embed import ANY_LANGUAGE, embed_documents
from ibidem.models.families import FAMILIES, WINDOW_CAP, Reported, facts, family_of, stored_name
from ibidem.models.served import unit_vectors
from ibidem.models.sources import in_order, numbers
from ibidem.settings import ModelSettings
from tests.fakes.model_server import Behaviour, FakeModelServer
from tests.fakes.model_vectors import VectorFault
from tests.models.conformance import Providers
from tests.models.test_engine import processes

KEY = "sk-secret-0123456789"


@pytest.fixture(params=["ollama", "openai"])
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def settings(model_server: FakeModelServer) -> ModelSettings:
    return ModelSettings(
        ollama_url=model_server.ollama_url,
        openai_url=model_server.openai_url,
        openai_key=KEY,
        connect_timeout_s=1.0,
        first_token_timeout_s=5.0,
    )


# --- what is sent --------------------------------------------------------------------------------------------------


def test_ollama_is_told_the_window_and_not_to_cut(settings: ModelSettings, model_server: FakeModelServer) -> None:
    open_embedder("ollama:nomic-embed-text", settings).embed(["one", "two"])
    sent = model_server.seen[-1]
    assert sent.path == "/api/embed"
    assert sent.body == {
        "model": "nomic-embed-text",
        "input": ["search_document: one", "search_document: two"],
        "truncate": False,
        "options": {"num_ctx": 2048},
    }


def test_a_question_has_another_prefix_than_a_document(settings: ModelSettings, model_server: FakeModelServer) -> None:
    embedder = open_embedder("openai:text-embedding-nomic-embed-text-v1.5", settings)
    embedder.embed(["who renews it?"], "query")
    assert model_server.seen[-1].body["input"] == ["search_query: who renews it?"]
    assert model_server.seen[-1].headers["authorization"] == f"Bearer {KEY}"


def test_a_model_of_another_name_is_known_by_what_its_file_says(
    settings: ModelSettings, model_server: FakeModelServer
) -> None:
    model_server.shown = {"model_info": {"general.basename": "Nomic-Embed-Text", "general.architecture": "nomic-bert"}}
    open_embedder("ollama:mine", settings).embed(["one"])
    assert model_server.seen[-1].body["input"] == ["search_document: one"]


def test_facts_are_asked_once(provider: str, settings: ModelSettings, model_server: FakeModelServer) -> None:
    embedder = open_embedder(f"{provider}:tiny:latest", settings)
    assert (embedder.languages, embedder.max_tokens, embedder.dim) == ({"en"}, 512, 256)
    asked = len(model_server.seen)
    embedder.embed(["one"])
    assert (embedder.languages, embedder.max_tokens, embedder.dim) == ({"en"}, 512, 256)
    assert len(model_server.seen) == asked + 1


def test_a_server_that_lists_no_models_makes_vectors_all_the_same(
    settings: ModelSettings, model_server: FakeModelServer
) -> None:
    model_server.models = ()
    assert open_embedder("openai:bge-m3", settings).embed(["one"]).shape == (1, 256)


# --- spoilt answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        ("silent", ModelTimeout),
        ("disconnect", ModelCutOff),
        ("cut", ModelCutOff),
        ("not_an_answer", ModelCutOff),
        ("unauthorized", ModelRejected),
        ("missing_model", ModelRejected),
        ("rate_limited", ModelRejected),
        ("server_error", ModelRejected),
    ],
)
def test_each_failure_of_a_server_has_its_error_without_the_key(
    provider: str, settings: ModelSettings, model_server: FakeModelServer, behaviour: Behaviour, kind: type[ModelError]
) -> None:
    if behaviour == "silent":
        settings = replace(settings, first_token_timeout_s=0.3)
        model_server.models = ("tiny",)
    embedder = open_embedder(f"{provider}:tiny", settings)
    if behaviour == "silent":
        assert embedder.languages  # its facts are known
    model_server.behaviour = behaviour
    with pytest.raises(ModelError) as caught:
        embedder.embed(["one"])
    assert type(caught.value) is kind
    assert caught.value.hint
    assert KEY not in f"{caught.value!r} {caught.value.__cause__!r}"


@pytest.mark.parametrize(
    ("fault", "said"),
    [("nan", "no number"), ("zeros", "zeros"), ("ragged", "one length"), ("one_less", "for 2 texts")],
)
def test_what_is_no_vector_is_refused(
    provider: str, settings: ModelSettings, model_server: FakeModelServer, fault: VectorFault, said: str
) -> None:
    model_server.vector_fault = fault
    with pytest.raises(VectorsUnusable, match=said) as caught:
        open_embedder(f"{provider}:tiny", settings).embed(["one", "two"])
    assert "by words" in caught.value.hint


@pytest.mark.parametrize("fault", ["base64", "shuffled"])
def test_vectors_may_come_as_base64_and_in_any_order(
    settings: ModelSettings, model_server: FakeModelServer, fault: VectorFault
) -> None:
    embedder = open_embedder("openai:tiny", settings)
    plain = embedder.embed(["one", "two", "three"])
    model_server.vector_fault = fault
    assert np.allclose(embedder.embed(["one", "two", "three"]), plain, atol=1e-6)


def test_a_vector_that_comes_twice_is_no_answer_for_the_other_text(
    settings: ModelSettings, model_server: FakeModelServer
) -> None:
    model_server.vector_fault = "twice"
    with pytest.raises(VectorsUnusable):
        open_embedder("openai:tiny", settings).embed(["one", "two"])


@pytest.mark.parametrize(
    "entries",
    [
        None,
        3,
        "text",
        {"0": 1},
        [1],
        [[]],
        [{"index": [0], "embedding": [1.0]}],
        [{"index": 7, "embedding": [1.0]}],
        [{"embedding": {"a": 1}}],
        [{"embedding": None}],
        [{"embedding": "no base64!"}],
        [{"embedding": "AAA="}],
        [{"embedding": []}],
        [{"embedding": [[1.0]]}],
        [{"embedding": ["a"]}],
    ],
)
def test_an_answer_of_any_other_shape_is_refused(entries: object) -> None:
    rows = [numbers(entry.get("embedding")) for entry in in_order(entries, 1)]
    with pytest.raises(VectorsUnusable):
        unit_vectors(rows, 1, "a model")


def test_another_dimension_in_mid_way_is_told(provider: str, settings: ModelSettings) -> None:
    embedder = open_embedder(f"{provider}:tiny", settings)
    with pytest.raises(VectorsUnusable, match=r"\(1, 256\) where \(1, 384\)"):
        embed_documents(embedder, ["one"], 384)


def test_a_reranker_that_leaves_one_out_gives_no_scores(settings: ModelSettings, model_server: FakeModelServer) -> None:
    model_server.vector_fault = "one_less"
    reranker = open_reranker("openai:tiny", settings)
    assert reranker.rerank("one", ["one", "two"]) == []
    assert reranker.rerank("one", []) == []


def test_many_threads_ask_at_once(settings: ModelSettings) -> None:
    embedder = open_embedder("openai:tiny", settings)
    found: list[bool] = []
    expected = embedder.embed(["one two"])
    threads = [
        threading.Thread(target=lambda: found.append(np.array_equal(embedder.embed(["one two"]), expected)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert found == [True] * 8


def test_an_engine_that_is_killed_costs_one_attempt(providers: Providers) -> None:
    embedder = providers.embedder("llama")
    before = embedder.embed(["the files"])
    engine = processes(providers.embed_file)[-1]
    engine.suspend()
    killer = threading.Timer(0.2, engine.kill)
    killer.start()
    with pytest.raises(EngineCrashed, match="SIGKILL"):
        embedder.embed(["the files"])
    killer.join()
    assert np.allclose(embedder.embed(["the files"]), before, atol=1e-4)


# --- families ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reported", "document", "korean", "window"),
    [
        ("nomic-embed-text:latest", "search_document: ", False, 2048),
        ("nomic-embed-text-v2-moe", "search_document: ", True, 512),
        ("nomic-embed-text-v1.5.Q8_0", "search_document: ", False, 2048),
        ("bge-m3:567m", "", True, WINDOW_CAP),
        ("Qwen3-Embedding-0.6B-Q8_0", "", True, WINDOW_CAP),
        ("intfloat/multilingual-e5-large", "passage: ", True, 512),
        ("multilingual-e5-large-instruct-q8_0", "", True, 512),
        ("e5-large-v2", "passage: ", False, 512),
        ("all-MiniLM-L6-v2", "", False, 256),
        ("granite-embedding:278m", "", True, 512),
        ("granite-embedding:30m", "", False, 512),
        ("snowflake-arctic-embed2", "", False, WINDOW_CAP),
        ("somebody/my-model", "", False, 512),
    ],
)
def test_a_family_is_known_by_the_reported_name(reported: str, document: str, korean: bool, window: int) -> None:
    known = facts(Reported((reported,)), ModelSettings())
    assert (known.document, known.window_tokens) == (document, window)
    assert bool({"ko", ANY_LANGUAGE} & known.languages) is korean


def test_every_row_is_reached_by_its_own_names() -> None:
    assert [family_of([name]) for family in FAMILIES for name in family.names] == [
        family for family in FAMILIES for _ in family.names
    ]


def test_the_window_is_never_more_than_the_provider_has() -> None:
    assert facts(Reported(("bge-m3",), 1024), ModelSettings()).window_tokens == 1024


def test_the_users_settings_stand_above_the_table() -> None:
    settings = ModelSettings(
        embedder_languages="ko, en",
        embedder_document_prefix="text: ",
        embedder_query_prefix="ask: ",
        embedder_window_tokens=300,
    )
    known = facts(Reported(("nomic-embed-text",)), settings)
    assert (known.languages, known.document, known.query, known.window_tokens) == ({"ko", "en"}, "text: ", "ask: ", 300)


def test_settings_that_make_other_vectors_make_another_name(settings: ModelSettings) -> None:
    plain, marked = "ollama:tiny", replace(settings, embedder_document_prefix="text: ")
    assert stored_name(plain, replace(settings, embedder_languages="ko", embedder_query_prefix="ask: ")) == plain
    other = open_embedder(plain, marked).name
    assert other.startswith("ollama:tiny#") and other != stored_name(plain, replace(marked, embedder_window_tokens=99))
    assert open_embedder(other, marked).name == other
    assert open_embedder(other, settings).name == plain


@pytest.mark.parametrize("name", ["ollama", "ollama:", "openai:", "llama:", "scripted:x"])
def test_an_embedder_without_a_model_is_told_with_what_is_known(name: str) -> None:
    with pytest.raises(ModelUnknown, match=name) as caught:
        open_embedder(name, ModelSettings())
    assert "ollama:NAME" in caught.value.hint


def test_a_gguf_file_wants_a_server_that_runs_its_engine() -> None:
    with pytest.raises(ModelUnknown) as caught:
        open_embedder("llama:x", ModelSettings())
    assert "ibidem serve" in caught.value.hint
