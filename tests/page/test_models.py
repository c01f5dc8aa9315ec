"""The models page and the picker: what fits, fetched over a network that fails, tested, chosen, found among many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.serving import Server, put_text, serving
from tests.api.signing_in import PASSWORD, add_users
from tests.fakes.hub import Hub, hub
from tests.fakes.model_server import FakeModelServer, closed_port, model_server
from tests.page.browser import Browser
from tests.page.conftest import BOX, press_button, sign_in
from tests.page.looking import AXE, look

__all__ = ["hub", "model_server"]

MANY = 200
PICKER = "[...document.querySelectorAll('.picker')].at(-1)"


@pytest.fixture
def server(tmp_path: Path, model_server: FakeModelServer) -> Iterator[Server]:
    """Ollama offers some models, one of them too large for any machine, and one that makes vectors."""
    model_server.models = ("tiny:latest", "enormous:900b", "bge-m3:latest")
    model_server.sizes = {"tiny:latest": 500_000_000, "enormous:900b": 900_000_000_000_000}
    model_server.loaded = ("tiny:latest",)
    model_server.reply = ("word " * 40).split(" ")
    urls = {"OLLAMA_URL": model_server.ollama_url, "OPENAI_URL": f"http://127.0.0.1:{closed_port()}/v1"}
    with serving(tmp_path / "data", **{f"IBIDEM_MODELS__{name}": url for name, url in urls.items()}) as running:
        put_text(running, "pump.md", "The relief valve of the pump opens at 4.2 bar.")
        yield running


@pytest.fixture
def models(server: Server, page: Browser) -> Browser:
    """The models page, loaded."""
    sign_in(page, server)
    page.evaluate("location.hash = '#/models'")
    page.wait("document.querySelectorAll('.memory-bar').length", 15)
    return page


def row(name: str) -> str:
    """The row of a model that can be asked, or of one of the table."""
    return f"[...document.querySelectorAll('.fits > li')].find(one => one.querySelector('b')?.innerText === {name!r})"


def fetch(page: Browser, address: str, sha256: str = "") -> None:
    press_button(page, "다른 모델 내려받기")
    page.click("[role=dialog] input")
    page.type(address)
    if sha256:
        page.click_node("[...document.querySelectorAll('[role=dialog] input')].at(1)")
        page.type(sha256)
    press_button(page, "내려받기", nth=-1)
    page.wait("!document.querySelector('[role=dialog]')")


def sound(page: Browser, name: str) -> None:
    assert not AXE.exists() or look(page, name) == []


# --- what there is, and what fits ----------------------------------------------------------------------------------------


def test_each_model_tells_whether_it_fits_and_is_loaded(models: Browser) -> None:
    tiny, enormous = (models.wait(f"{row(name)}?.innerText") for name in ("ollama:tiny:latest", "ollama:enormous:900b"))
    assert all(word in tiny for word in ("메모리에 있음", "맞음", "500 MB", "문맥 65,536토큰"))
    assert all(word in enormous for word in ("너무 큼", "아직 안 불러옴"))
    bar = models.wait("document.querySelector('.memory-bar').ariaLabel")
    assert all(word in bar for word in ("가중치", "문맥", "임베더", "안전하게 쓸 수 있는 양"))
    assert models.evaluate("document.querySelectorAll('.fits .memory-bar').length") == 5
    models.click_node("[...document.querySelectorAll('button')].find(one => /모두 보기/.test(one.innerText))")
    models.wait("document.querySelectorAll('.memory-bar').length > 5")
    assert models.evaluate(
        "[...document.querySelectorAll('.fits .memory-bar + *')].every(one => /맞|느|큽니다/.test(one.innerText))"
    )
    sound(models, "models-all")
    models.size(360, 740, dark=True)
    sound(models, "models-all-phone-dark")


def test_a_model_is_tested_and_made_the_default(models: Browser) -> None:
    press_button(models, "시험: ollama:tiny:latest")
    models.wait(f"/초당 .*토큰 쓰기/.test({row('ollama:tiny:latest')}.innerText)", 20)
    press_button(models, "기본으로: ollama:tiny:latest")
    models.wait(f"/기본/.test({row('ollama:tiny:latest')}.querySelector('.fit-head').innerText)", 10)
    models.evaluate("location.reload()")
    models.wait(f"/기본/.test({row('ollama:tiny:latest')}?.querySelector('.fit-head').innerText)", 15)


def test_who_is_no_admin_changes_nothing_for_the_others(tmp_path: Path, page: Browser) -> None:
    add_users(tmp_path / "data", boss="admin", member="member")
    with serving(tmp_path / "data", IBIDEM_SERVE__SIGN_IN="password") as server:
        page.open(server.url)
        page.click("input[autocomplete=username]")
        page.type("member")
        page.click("input[type=password]")
        page.type(PASSWORD)
        page.press("Enter")
        page.wait("document.querySelector('.first-run')", 10)
        page.evaluate("location.hash = '#/models'")
        page.wait("document.querySelectorAll('.memory-bar').length", 15)
        names = page.evaluate("[...document.querySelectorAll('main button')].map(one => one.innerText)")
        assert not {"내려받기", "기본으로", "사용", "다른 모델 내려받기"} & set(names)
        page.messages[:] = [one for one in page.messages if "401" not in one]  # before the sign-in


# --- fetching ------------------------------------------------------------------------------------------------------------


def test_a_download_survives_a_reload_a_cancel_and_a_cut_connection(models: Browser, hub: Hub) -> None:
    hub.plays = ["stall", "cut"]
    fetch(models, hub.address, hub.sha256)
    half = "/307 KB 중 15[34] KB/.test(document.querySelector('.upload')?.innerText)"
    models.wait(half, 10)
    sound(models, "models-pull")
    models.evaluate("location.reload()")
    models.wait(half, 15)
    press_button(models, f"취소: {hub.address}")
    models.wait("/취소했습니다/.test(document.querySelector('.MuiAlert-root')?.innerText)", 10)
    hub.go.set()
    press_button(models, "이어 받기")
    models.wait(f"{row('llama:tiny')}", 20)
    assert hub.seen[1]["range"] == f"bytes={len(hub.content) // 2}-"


def test_a_download_that_fails_says_why_and_goes_on_when_told_to(models: Browser, hub: Hub) -> None:
    fetch(models, hub.address, "0" * 64)
    models.wait("/SHA-256/.test(document.querySelector('.MuiAlert-colorError')?.innerText)", 15)
    press_button(models, "이어 받기")
    models.wait("document.querySelector('.MuiAlert-colorError')", 15)
    fetch(models, hub.address)
    models.wait(f"{row('llama:tiny')} && !document.querySelector('.MuiAlert-colorError')", 20)


def test_a_name_that_nobody_knows_stays_in_its_dialog_with_the_reason(models: Browser) -> None:
    press_button(models, "다른 모델 내려받기")
    models.click("[role=dialog] input")
    models.type("no such model")
    press_button(models, "내려받기", nth=-1)
    models.wait("/no such model/.test(document.querySelector('[role=dialog] [role=alert]')?.innerText)")
    assert models.evaluate("document.querySelector('[role=dialog] input').value") == "no such model"
    models.messages[:] = [one for one in models.messages if "400" not in one]


def test_a_model_of_the_table_is_fetched_only_after_its_licence_was_shown(models: Browser, server: Server) -> None:
    models.click_node(
        "[...document.querySelectorAll('.fits .fit-action button:not(:disabled)')].find(one => one.ariaLabel.startsWith('내려받기'))"
    )
    said = models.text("[role=dialog]")
    assert "라이선스는" in said
    assert "GB" in said or "MB" in said
    press_button(models, "취소")
    models.wait("!document.querySelector('[role=dialog]')")
    assert server.http.get("/api/models/pulls/").json()["items"] == []


# --- the embedder ----------------------------------------------------------------------------------------------------------


def test_an_embedder_is_chosen_and_its_progress_shown(models: Browser) -> None:
    press_button(models, "사용: ollama:bge-m3:latest")
    assert "먼저 시험해 봅니다" in models.text("[role=dialog]")
    press_button(models, "사용", nth=-1)
    models.wait("/구절 1개 중 1개 · 준비됨/.test(document.querySelector('.building')?.innerText)", 20)
    models.wait("/사용 중/.test([...document.querySelectorAll('[aria-labelledby=embedder] li')].at(1).innerText)")
    sound(models, "models-embedder")


# --- the picker ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [360, 1280])
def test_one_of_two_hundred_models_is_found_and_picked_by_the_keyboard(
    server: Server, model_server: FakeModelServer, page: Browser, width: int
) -> None:
    model_server.models = (*model_server.models, *(f"model-{number}:7b" for number in range(MANY - 3)))
    page.size(width, 740)
    sign_in(page, server)
    page.click_node(PICKER)
    page.wait(
        "document.querySelectorAll('[role=option]').length === 201", 20
    )  # the default and quotes, but no embedder
    page.wait(
        "/너무 큽니다/.test([...document.querySelectorAll('[role=option]')].map(one => one.innerText).join())", 15
    )
    sound(page, f"picker-{width}")
    box = page.evaluate("JSON.stringify(document.querySelector('.model-picker').getBoundingClientRect())")
    assert page.evaluate(
        f"(box => box.left >= 0 && box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight)({box})"
    )
    page.type("model 13")
    page.wait("document.querySelectorAll('[role=option]').length === 12")
    page.send("Input.dispatchKeyEvent", type="keyDown", key="ArrowDown", code="ArrowDown", windowsVirtualKeyCode=40)
    page.press("Enter")
    page.wait(f"!document.querySelector('[role=listbox]') && {PICKER}.ariaLabel === '모델: ollama:model-113:7b'")
    assert page.evaluate(f"Boolean(document.querySelector('{BOX}'))")
