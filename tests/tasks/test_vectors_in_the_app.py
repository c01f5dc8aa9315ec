"""The whole program with an embedder: vectors come by themselves, in children, and what fails is shown."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ibidem.app import App, build
from ibidem.cli.status import checks, outbound, overview
from ibidem.errors import ModelUnknown, ModelUnreachable
from ibidem.retrieve.retrieve import Context
from ibidem.settings import ModelSettings, RetrieveSettings, Settings, load
from ibidem.store.vectors import failure
from ibidem.store.workspaces import LOCAL_OWNER, get_workspace
from tests.fakes.library import RecordingEmbedder
from tests.fakes.model_server import FakeModelServer

QUESTION = "who renews the lease of a job?"
TIMEOUT_S = 30


def settings(folder: Path, embedder: str, reranker: str = "") -> Settings:
    return Settings(folder / "data", models=ModelSettings(embedder=embedder, reranker=reranker))


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "jobs.md").write_text("# Jobs\n\nThe worker renews the lease of a claimed job.\n")
    (folder / "garden.md").write_text("# Garden\n\nTomatoes want sun.\n")
    return folder


async def searched(app: App, notes: Path, state: str) -> Context:
    """The first search of the running program whose dense channel is in that state."""
    home = get_workspace(app.db, LOCAL_OWNER)
    app.jobs.add_source(home, str(notes), watch=False)
    until = time.monotonic() + TIMEOUT_S
    async with app.running():
        while time.monotonic() < until:
            context = await asyncio.to_thread(app.search, QUESTION, home)
            failed = await asyncio.to_thread(failure, app.db, app.settings.models.embedder)
            if context.ranked and (context.trace["dense"]["state"] == state or (failed and state == "failed")):
                return context
            await asyncio.sleep(0.05)
    raise AssertionError(context.trace)


@pytest.fixture
def closing() -> Iterator[list[App]]:
    apps: list[App] = []
    yield apps
    for app in apps:
        app.close()


def test_vectors_join_by_themselves(tmp_path: Path, notes: Path, closing: list[App]) -> None:
    loaded = settings(tmp_path, "hashed:64", "scripted:words")
    app = build(loaded)
    closing.append(app)
    context = asyncio.run(searched(app, notes, "used"))
    assert "renews the lease" in context.passages[0].text
    assert set(context.ranked[0].channels) >= {"body", "dense", "rerank"}
    (home,) = overview(loaded)["workspaces"]
    assert home["vectors"] == {"embedder": "hashed:64", "embedded": 2, "chunks": 2, "failure": None}
    assert ("embedder hashed:64", True, "no failure noted") in list(checks(loaded))


def test_what_an_embedder_fails_with_is_shown_and_words_answer(
    tmp_path: Path, notes: Path, closing: list[App], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise ModelUnreachable("no answer from the embedder", hint="start it")

    embedder = RecordingEmbedder()
    embedder.before = fail
    monkeypatch.setattr("ibidem.tasks.opened.open_embedder", lambda name, *_: embedder)
    loaded = settings(tmp_path, embedder.name)
    app = build(loaded)
    closing.append(app)
    context = asyncio.run(searched(app, notes, "failed"))
    assert "renews the lease" in context.passages[0].text
    (home,) = overview(loaded)["workspaces"]
    assert home["vectors"]["failure"]["message"] == "no answer from the embedder"
    assert ("embedder recording:64", False, "no answer from the embedder; start it") in list(checks(loaded))


@pytest.mark.parametrize("models", [("nobody:1", ""), ("", "nobody:1")])
def test_a_misspelt_name_is_said_at_start(tmp_path: Path, models: tuple[str, str]) -> None:
    with pytest.raises(ModelUnknown, match="nobody:1"):
        build(settings(tmp_path, *models))
    build(settings(tmp_path, "")).close()  # and the directory is free again


def test_a_key_that_others_may_read_is_told_at_start_and_by_the_doctor(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    (folder / "ibidem.toml").write_text('[models]\nopenai_key = "sk-canary"\n')
    (folder / "ibidem.toml").chmod(0o644)
    loaded = load(folder, {})
    build(loaded).close()
    assert "chmod 600" in caplog.text
    told = [said for name, fine, said in checks(loaded) if name == "key" and fine is False]
    assert len(told) == 1
    assert "canary" not in f"{caplog.text} {told}"


def test_vectors_of_a_server_join_by_themselves(
    tmp_path: Path, notes: Path, closing: list[App], model_server: FakeModelServer
) -> None:
    models = ModelSettings(
        embedder="ollama:nomic-embed-text",
        reranker="openai:tiny",
        ollama_url=model_server.ollama_url,
        openai_url=model_server.openai_url,
        embedder_document_prefix="text: ",
    )
    loaded = Settings(tmp_path / "data", models=models, retrieve=RetrieveSettings(dense_ms=5000, rerank_ms=5000))
    app = build(loaded)
    closing.append(app)
    context = asyncio.run(searched(app, notes, "used"))
    assert "renews the lease" in context.passages[0].text
    assert set(context.ranked[0].channels) >= {"body", "dense", "rerank"}
    embedded = [seen.body["input"] for seen in model_server.seen if seen.path == "/api/embed"]
    assert f"search_query: {QUESTION}" in [text for texts in embedded for text in texts]
    assert any(text.startswith("text: ") and "Tomatoes" in text for texts in embedded for text in texts)
    (home,) = overview(loaded)["workspaces"]
    assert home["vectors"]["embedded"] == 2  # counted under the name that the prefix makes
    assert any("every document" in line and model_server.ollama_url in line for line in outbound(loaded))


def test_vectors_of_a_gguf_file_join_by_themselves(
    tmp_path: Path, notes: Path, closing: list[App], tiny_embed: str
) -> None:
    models = ModelSettings(embedder=f"llama:{tiny_embed}", reranker=f"llama:{tiny_embed}")
    loaded = Settings(tmp_path / "data", models=models, retrieve=RetrieveSettings(dense_ms=5000, rerank_ms=5000))
    app = build(loaded)
    closing.append(app)
    context = asyncio.run(searched(app, notes, "used"))
    assert "renews the lease" in context.passages[0].text
    assert set(context.ranked[0].channels) >= {"dense", "rerank"}  # an engine for each
