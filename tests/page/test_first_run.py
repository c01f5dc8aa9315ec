"""The first steps on an empty server: documents, a first cited answer by quotes, then a model; or none of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.serving import Server, serving
from tests.fakes.model_server import FakeModelServer, closed_port
from tests.page.browser import Browser
from tests.page.conftest import BOX, answer, ask, fresh_link, press_button
from tests.page.test_models import sound

GUIDE = "document.querySelector('.first-run, .first-model, section.welcome')"
QUESTION = "When does the relief valve of the pump open?"


@pytest.fixture
def server(tmp_path: Path, model: FakeModelServer) -> Iterator[Server]:
    """Nothing is indexed and no model set; Ollama runs on this machine."""
    model.reply = ["The valve opens ", "at 4.2 bar [1]."]
    with serving(tmp_path / "data", IBIDEM_MODELS__OLLAMA_URL=model.ollama_url) as running:
        yield running


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Server]:
    """As `server`, and no model server runs."""
    nobody = f"http://127.0.0.1:{closed_port()}"
    with serving(
        tmp_path / "data", IBIDEM_MODELS__OLLAMA_URL=nobody, IBIDEM_MODELS__OPENAI_URL=f"{nobody}/v1"
    ) as running:
        yield running


def arrive(page: Browser, server: Server) -> Browser:
    page.open("about:blank")
    page.open(fresh_link(server))
    page.wait("document.querySelector('.first-run')", 15)
    return page


def first_answer(page: Browser, folder: Path) -> None:
    """By a folder, up to the guide to a model."""
    page.click(".first-folder input")
    page.evaluate("document.activeElement.select()")
    page.type(str(folder))
    press_button(page, "이 폴더 읽기")
    page.wait(f"document.querySelector('{BOX}') && /준비됐습니다/.test(document.querySelector('h1').innerText)", 15)
    ask(page, QUESTION)
    page.wait("document.querySelector('.first-model')", 10)


def test_from_nothing_to_an_answer_that_a_model_wrote(server: Server, page: Browser, folder: Path) -> None:
    arrive(page, server)
    sound(page, "first-documents")
    page.choose_files(".first-run input[type=file]", [folder / "pump.md", folder / "휴가.md"])
    page.wait(f"document.querySelector('{BOX}') && /준비됐습니다/.test(document.querySelector('h1').innerText)", 15)
    sound(page, "first-question")
    ask(page, QUESTION)
    assert "4.2 bar" in answer(page)
    page.click("[aria-label='인용 1']")
    page.wait("/opens at 4.2 bar/.test(document.querySelector('aside mark')?.innerText)")
    page.press("Escape")
    page.wait("document.querySelector('.first-model .first-offer')", 10)
    sound(page, "first-model")
    press_button(page, "사용: ollama:tiny:latest")
    page.wait("!document.querySelector('.first-model')", 10)
    ask(
        page,
        "And how often is the filter cleaned?",
        wait="document.querySelectorAll('.thread article .facts').length === 2",
    )
    assert answer(page).startswith("The valve opens at 4.2 bar")
    page.open("about:blank")
    page.open(server.url)
    page.wait(f"document.querySelector('{BOX}')", 10)
    assert not page.evaluate(f"Boolean({GUIDE}?.matches('[aria-label]'))")


def test_a_folder_leads_to_an_answer_and_the_guide_can_be_sent_away(
    server: Server, page: Browser, folder: Path
) -> None:
    first_answer(arrive(page, server), folder)
    press_button(page, "나중에")
    page.wait("!document.querySelector('.first-model')")
    page.evaluate("location.reload()")
    page.wait("document.querySelector('.thread .facts')", 15)
    assert not page.evaluate("Boolean(document.querySelector('.first-model'))")


def test_the_guide_is_there_again_after_a_reload_in_the_middle(server: Server, page: Browser, folder: Path) -> None:
    first_answer(arrive(page, server), folder)
    page.evaluate("location.reload()")
    page.wait("document.querySelector('.first-model')", 15)


def test_the_first_steps_are_skipped_for_good(server: Server, page: Browser) -> None:
    arrive(page, server)
    press_button(page, "건너뛰기")
    page.wait(f"document.querySelector('{BOX}')")
    page.evaluate("location.reload()")
    page.wait(f"document.querySelector('{BOX}')", 10)
    page.wait("/아직 색인된 문서가 없습니다/.test(document.querySelector('h1').innerText)")


def test_a_folder_that_is_not_there_is_told_and_another_can_be_named(
    server: Server, page: Browser, folder: Path
) -> None:
    arrive(page, server)
    page.click(".first-folder input")
    page.type("/no/such/folder")
    press_button(page, "이 폴더 읽기")
    page.wait("/no file or folder/.test(document.querySelector('.first-run [role=alert]')?.innerText)")
    first_answer(page, folder)
    page.messages[:] = [one for one in page.messages if "404" not in one]


def test_without_a_model_here_one_that_fits_is_offered_with_its_size_and_speed(
    alone: Server, page: Browser, folder: Path
) -> None:
    page.size(360, 740)
    arrive(page, alone)
    sound(page, "first-documents-phone")
    first_answer(page, folder)
    sound(page, "first-fetch-phone")
    best = next((one for one in alone.http.get("/api/fit/").json()["items"] if one["advised"]), None)
    offered = page.text(".first-model")
    if best is None:
        assert "맞는 모델이 표에 없습니다" in offered
        return
    assert all(word in offered for word in (best["title"], best["licence"], "GB", "초당 약"))
    press_button(page, f"내려받기: {best['title']}")
    assert best["licence"] in page.text("[role=dialog]")
    press_button(page, "취소")
