"""Chats in a real browser against a real server: asking, following an answer, stopping, versions, composition."""

from __future__ import annotations

from pathlib import Path

from tests.api.serving import Server, ended
from tests.fakes.model_server import FakeModelServer
from tests.page.browser import Browser
from tests.page.conftest import BOX, ENDED, answer, ask, fresh_link, press_button, sign_in


def test_without_a_sign_in_it_says_how(page: Browser, server: Server) -> None:
    page.send("Network.clearBrowserCookies")
    page.open(server.url)
    assert "로그인" in page.text(".gate h1")
    assert "ibidem open" in page.text(".gate pre")
    assert page.evaluate("document.documentElement.lang") == "ko"
    assert all("401" in message for message in page.messages)
    page.messages.clear()


def test_a_link_signs_in_and_leaves_the_address(page: Browser, server: Server) -> None:
    page.open("about:blank")
    page.open(fresh_link(server))
    page.wait(f"document.querySelector('{BOX}')")
    assert "#t=" not in page.evaluate("location.href")
    page.open("about:blank")
    page.open(server.url)
    page.wait(f"document.querySelector('{BOX}')")


def test_a_question_in_korean_is_answered_and_listed(signed_in: Browser) -> None:
    ask(signed_in, "쓰지 않은 연차는 며칠까지 이월하나요?")
    assert "최대 7일까지" in answer(signed_in)
    assert "연차" in signed_in.text("nav li a")
    assert "휴가.md" in signed_in.text(".sources")


def test_enter_that_ends_a_syllable_sends_nothing(signed_in: Browser) -> None:
    signed_in.click(BOX)
    signed_in.send("Input.imeSetComposition", text="한그", selectionStart=2, selectionEnd=2)
    signed_in.press("Enter", code=229)
    signed_in.type("한글")
    signed_in.press("Enter", code=229)
    signed_in.press("Enter", modifiers=8)
    assert signed_in.evaluate("location.hash") in ("", "#/")
    assert signed_in.evaluate(f"document.querySelector('{BOX}').value") == "한글\n"
    signed_in.evaluate("localStorage.clear()")


def test_what_is_typed_outlives_a_reload(signed_in: Browser, server: Server) -> None:
    signed_in.click(BOX)
    signed_in.type("반쯤 쓴 질문")
    signed_in.open("about:blank")
    signed_in.open(server.url)
    signed_in.wait(f"document.querySelector('{BOX}')?.value === '반쯤 쓴 질문'")
    signed_in.evaluate("localStorage.clear()")


def test_markdown_is_drawn(writing: Browser, model: FakeModelServer) -> None:
    model.reply = ["## Steps\n\n1. Open **the ", "valve** [1]\n2. Run `bleed", "()`\n\n```py", "thon\nx = 1\n", "```\n"]
    ask(writing, "How is the pump bled?")
    assert writing.text(".answer h2") == "Steps"
    assert writing.text(".answer li strong") == "the valve"
    assert writing.evaluate("document.querySelector('.answer pre code').textContent") == "x = 1"
    assert writing.text(".answer figcaption span") == "python"


def test_escape_stops_and_keeps_what_was_written(writing: Browser, model: FakeModelServer) -> None:
    model.reply, model.pause_s = ["Word "] * 400, 0.02
    ask(writing, "pump?", wait="document.querySelector('.answer .markdown')?.innerText.length > 20")
    assert "쓰는 중" in writing.text(".status-line")
    writing.press("Escape")
    writing.wait("document.querySelector('.status-line').innerText.startsWith('중지')")
    assert answer(writing).startswith("Word Word")


def test_a_reload_in_mid_answer_and_a_second_look_lose_no_word(
    writing: Browser, writer: Server, model: FakeModelServer
) -> None:
    model.reply, model.pause_s = [f"w{n} " for n in range(80)], 0.03
    ask(writing, "pump?", wait="document.querySelector('.answer')?.innerText.includes('w5')")
    address = writing.evaluate("location.href")
    writing.open("about:blank")
    writing.open(address)
    writing.wait("document.querySelector('.answer')?.innerText.includes('w30')", 10)
    assert not writing.evaluate(f"Boolean({ENDED})")
    writing.wait(ENDED, 10)
    assert answer(writing).split() == [f"w{n}" for n in range(80)]


def test_a_lost_connection_is_told_and_made_again(writing: Browser, model: FakeModelServer) -> None:
    model.reply, model.pause_s = [f"w{n} " for n in range(60)], 0.03
    writing.evaluate(
        "window.sockets = []; const Real = WebSocket;"
        "window.WebSocket = class extends Real { constructor(url) { super(url); sockets.push(this); } };"
    )
    ask(writing, "pump?", wait="document.querySelector('.answer')?.innerText.includes('w5')")
    writing.evaluate("sockets.at(-1).close()")
    writing.wait("document.querySelector('.lost')")
    writing.wait("sockets.length > 1 && !document.querySelector('.lost')")
    writing.wait(ENDED, 10)
    assert answer(writing).split() == [f"w{n}" for n in range(60)]


def test_an_answer_asked_for_elsewhere_comes_into_an_open_chat(
    writing: Browser, writer: Server, model: FakeModelServer
) -> None:
    model.reply = ["First."]
    ask(writing, "pump?")
    session = writing.evaluate("location.hash.split('/').at(-1)")
    model.reply, model.pause_s = ["From ", "the ", "other ", "tab."], 0.02
    made = writer.http.post(f"/api/sessions/{session}/messages/", json={"content": "and the valve?"})
    assert made.status_code == 202
    writing.wait("document.querySelectorAll('.answer .facts').length === 2", 10)
    assert answer(writing) == "From the other tab."
    assert "and the valve?" in writing.text(".question:nth-of-type(3)")


def test_an_edited_question_and_a_second_answer_are_versions(writing: Browser, model: FakeModelServer) -> None:
    model.reply = ["One."]
    ask(writing, "pump?")
    model.reply = ["Two."]
    press_button(writing, "다시 답하기")
    writing.wait("document.querySelector('.answer .markdown')?.innerText === 'Two.'", 10)
    press_button(writing, "이전 버전")
    writing.wait("document.querySelector('.answer .markdown')?.innerText === 'One.'")
    press_button(writing, "편집")
    writing.wait("document.querySelector('.question textarea')")
    writing.type(" and the valve?")
    model.reply = ["Three."]
    writing.press("Enter")
    writing.wait("document.querySelector('.answer .markdown')?.innerText === 'Three.'", 10)
    assert "2/2" in writing.text(".question")
    press_button(writing, "이전 버전")
    writing.wait("document.querySelector('.answer .markdown')?.innerText === 'Two.'")  # the newest below it


def test_an_error_of_the_model_is_told_with_its_hint(writing: Browser, model: FakeModelServer) -> None:
    model.behaviour = "missing_model"
    ask(writing, "pump?")
    assert "못했습니다" in writing.text(".status-line")
    assert len(writing.text(".answer [role=alert]")) > 20


def test_a_question_that_is_refused_is_back_in_the_box(writing: Browser, writer: Server) -> None:
    writing.evaluate(
        "const real = fetch; window.fetch = (path, init) => init?.method === 'POST' ? Promise.reject(new TypeError('down')) : real(path, init)"
    )
    writing.click(BOX)
    writing.type("Where did it go?")
    writing.press("Enter")
    assert "응답하지" in writing.text(".MuiSnackbar-root")
    assert writing.evaluate(f"document.querySelector('{BOX}').value") == "Where did it go?"
    writing.evaluate("localStorage.clear()")


def test_a_deleted_chat_comes_back_until_a_moment_has_passed(writing: Browser, model: FakeModelServer) -> None:
    model.reply = ["Gone?"]
    ask(writing, "delete me?")
    press_button(writing, "delete me? 작업")
    press_button(writing, "삭제")
    writing.wait("!document.querySelector('nav').innerText.includes('delete me?')")
    press_button(writing, "실행 취소")
    writing.wait("document.querySelector('nav').innerText.includes('delete me?')")


def test_a_chat_is_found_by_the_words_of_its_answer(writing: Browser, model: FakeModelServer) -> None:
    model.reply = ["The marmalade is in the cellar."]
    ask(writing, "where?")
    writing.click("nav input[type=search]")
    writing.type("marmalade")
    writing.wait("document.querySelector('nav ul').innerText.includes('marmalade')")
    assert writing.evaluate("document.querySelectorAll('nav li').length") == 1


def test_a_template_is_chosen_by_a_slash_and_asks_for_its_values(
    writing: Browser, writer: Server, model: FakeModelServer
) -> None:
    body = {"name": "번역", "system": "Translate into {{language}}.", "variables": ["language"]}
    assert writer.http.post("/api/prompts/templates/", json=body).status_code == 201
    model.reply = ["Translated."]
    writing.click(BOX)
    writing.type("/번역")
    writing.wait("document.querySelector('[role=option][aria-selected=true]')?.innerText.includes('번역')")
    writing.press("Enter")
    writing.wait("document.querySelector('.composer input[type=text]')")
    writing.click(BOX)
    writing.type("안녕하세요")
    writing.press("Enter")
    assert writing.evaluate("location.hash") in ("", "#/"), "a value is missing"
    writing.click(".composer input[type=text]")
    writing.type("Latin")
    ask(writing, "!")
    assert answer(writing) == "Translated."
    assert "Translate into Latin." in str(model.seen)


def test_chats_are_imported(signed_in: Browser, server: Server, tmp_path: Path) -> None:
    made = server.http.post("/api/sessions/", json={"title": "Packed up"}).json()
    run = server.http.post(f"/api/sessions/{made['id']}/messages/", json={"content": "pump?"}).json()["run_id"]
    ended(server, run)
    packed = tmp_path / "chat.json"
    packed.write_bytes(server.http.get(f"/api/sessions/{made['id']}/export/?format=json").content)
    assert server.http.delete(f"/api/sessions/{made['id']}/").status_code == 204
    signed_in.choose_files("nav input[accept]", [packed])
    signed_in.wait("document.querySelector('nav').innerText.includes('Packed up')")


def test_a_phone_has_room_for_it(page: Browser, server: Server) -> None:
    page.size(360, 740)
    sign_in(page, server)
    ask(page, "쓰지 않은 연차는 며칠까지 이월하나요?")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert not page.evaluate("Boolean(document.querySelector('nav'))"), "a closed side bar is not there"
    press_button(page, "메뉴")
    page.wait("document.querySelector('nav input')?.checkVisibility()")
    page.press("Escape")
    page.wait("!document.querySelector('nav')")
    page.click(".cite")
    page.wait("document.querySelector('aside .cited')")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
