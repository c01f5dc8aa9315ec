"""Files and images that go with a question, and the page's word where the model does not look at images."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.serving import Server, serving
from tests.fakes.model_server import SHOWN, FakeModelServer
from tests.page.browser import Browser
from tests.page.conftest import BOX, answer, ask, press_button, sign_in

DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
FILES = ".composer input[type=file]"


@pytest.fixture
def dot(tmp_path: Path) -> Path:
    (tmp_path / "점.png").write_bytes(DOT)
    return tmp_path / "점.png"


@pytest.fixture
def seeing(tmp_path: Path, page: Browser) -> Iterator[tuple[Browser, FakeModelServer, Server]]:
    """A model that looks at images."""
    model = FakeModelServer(shown={**SHOWN, "capabilities": ["completion", "vision"]})
    settings = {"IBIDEM_MODELS__DEFAULT": "ollama:tiny", "IBIDEM_MODELS__OLLAMA_URL": model.ollama_url}
    with serving(tmp_path / "data", **settings) as server:
        yield sign_in(page, server), model, server
        page.open("about:blank")
    model.close()


def test_an_image_is_shown_sent_and_seen(seeing: tuple[Browser, FakeModelServer, Server], dot: Path) -> None:
    page, model, _ = seeing
    model.reply = ["A dot."]
    page.choose_files(FILES, [dot])
    page.wait("document.querySelector('.attachments img')?.naturalWidth === 1")
    assert "점.png" in page.text(".attachments")
    ask(page, "What is this?")
    assert answer(page) == "A dot."
    assert model.chats[-1].body["messages"][-1]["images"] == [base64.b64encode(DOT).decode()]
    page.wait("document.querySelector('.question img.attached')?.naturalWidth === 1")
    assert page.evaluate("document.querySelectorAll('.attachments li').length") == 0


def test_a_model_that_sees_no_images_is_named_before_anything_is_sent(writing: Browser, dot: Path) -> None:
    writing.choose_files(FILES, [dot])
    assert "ollama:tiny" in writing.text(".composer [role=alert]")
    writing.click(BOX)
    writing.type("What is this?")
    writing.press("Enter")
    assert writing.evaluate("location.hash") in ("", "#/")
    press_button(writing, "점.png 빼기")
    writing.wait("!document.querySelector('.composer [role=alert]')")
    assert writing.evaluate(f"document.querySelector('{BOX}').value") == "What is this?"
    writing.evaluate("localStorage.clear()")


def test_a_text_file_goes_with_the_question_and_another_kind_is_refused_with_the_way(
    writing: Browser, model: FakeModelServer, tmp_path: Path
) -> None:
    note, program = tmp_path / "note.txt", tmp_path / "program.bin"
    note.write_text("The kraken wakes at noon.")
    program.write_bytes(b"\x7fELF\0\0\0")
    model.reply = ["At noon."]
    writing.choose_files(FILES, [note, program])
    assert "program.bin" in writing.text(".MuiSnackbar-root")
    writing.wait("document.querySelector('.attachments')?.innerText.includes('note.txt')")
    ask(writing, "When does it wake?")
    assert answer(writing) == "At noon."
    assert "The kraken wakes at noon." in str(model.chats[-1].body)
