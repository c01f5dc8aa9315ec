"""What goes wrong on the other side, or is too much: the page says what happened, and loses no typed text."""

from __future__ import annotations

import json
from pathlib import Path

from tests.api.serving import Server, start, wait_for
from tests.fakes.model_server import FakeModelServer
from tests.page.browser import Browser
from tests.page.conftest import BOX, ENDED, answer, ask, fresh_link, press_button, sign_in
from tests.page.documents import forget_faults, open_documents, row

TYPED = f"document.querySelector('{BOX}')?.value"


def test_a_sign_in_that_ended_while_typing_loses_no_word(page: Browser, server: Server) -> None:
    sign_in(page, server)
    page.click(BOX)
    page.type("relief valve pump bar?")
    page.send("Network.clearBrowserCookies")
    page.press("Enter")
    assert "ibidem open" in page.text(".gate pre")
    assert all("401" in message for message in page.messages), page.messages
    page.messages.clear()
    page.open("about:blank")
    page.open(fresh_link(server))
    page.wait(f"{TYPED} === 'relief valve pump bar?'", 10)
    page.click(BOX)
    page.press("Enter")
    page.wait(ENDED, 10)
    assert "4.2 bar" in answer(page)


def test_what_is_half_written_in_a_dialog_is_there_after_signing_in_again(signed_in: Browser, server: Server) -> None:
    open_documents(signed_in)
    press_button(signed_in, "텍스트 붙여넣기")
    signed_in.click("[role=dialog] input")
    signed_in.type("limpet.md")
    signed_in.click("[role=dialog] textarea:not([aria-hidden])")
    signed_in.type("The limpet holds on.")
    signed_in.send("Network.clearBrowserCookies")
    press_button(signed_in, "추가")
    assert "ibidem open" in signed_in.text(".gate pre")
    token = fresh_link(server).partition("#t=")[2]  # opened in another tab
    body = json.dumps(
        {"method": "POST", "headers": {"Content-Type": "application/json"}, "body": json.dumps({"token": token})}
    )
    assert signed_in.evaluate(f"fetch('/api/auth/exchange/', {body}).then(answer => answer.ok)")
    press_button(signed_in, "다시 시도")
    signed_in.wait("!document.querySelector('.gate')")
    press_button(signed_in, "추가")
    signed_in.wait(row("limpet.md"))
    forget_faults(signed_in, "401")


def test_a_server_that_is_gone_keeps_the_question_until_it_is_back(
    page: Browser, tmp_path: Path, model: FakeModelServer
) -> None:
    settings = {"IBIDEM_MODELS__DEFAULT": "ollama:tiny", "IBIDEM_MODELS__OLLAMA_URL": model.ollama_url}
    model.reply = ["Back again."]
    server = start(tmp_path / "data", **settings)
    try:
        sign_in(page, server)
        ask(page, "Are you there?")
        server.kill()
        page.click(BOX)
        page.type("And now?")
        page.press("Enter")
        assert "응답하지" in page.text(".MuiSnackbar-root")
        page.wait(f"{TYPED} === 'And now?'")
        server = start(tmp_path / "data", port=server.port, **settings)
        page.wait("!document.querySelector('.lost')", 15)
        page.press("Enter")
        page.wait("document.querySelectorAll('.answer .facts').length === 2", 10)
        assert page.evaluate(TYPED) == ""
    finally:
        page.open("about:blank")
        server.stop()
    assert all("ERR_" in message or "WebSocket" in message for message in page.messages), page.messages
    page.messages.clear()


def test_a_model_that_never_answers_is_waited_for_in_words_and_can_be_stopped(
    writing: Browser, model: FakeModelServer
) -> None:
    model.behaviour = "headers_only"
    ask(writing, "pump?", wait="document.querySelector('.status-line')?.innerText.includes('읽는 중')")
    writing.click(BOX)
    writing.type("typed meanwhile")
    press_button(writing, "중지")
    writing.wait("document.querySelector('.status-line').innerText.startsWith('중지')")
    assert writing.evaluate(TYPED) == "typed meanwhile"
    writing.evaluate("localStorage.clear()")


def test_a_message_of_a_hundred_thousand_characters_stays_in_the_box_with_the_reason_and_the_way(
    writing: Browser,
) -> None:
    long = "long text. " * 9_100
    writing.click(BOX)
    writing.type(long)
    writing.press("Enter")
    notice = writing.text(".MuiSnackbar-root")
    assert "65,536" in notice and "document" in notice
    writing.wait(f"{TYPED}.length === {len(long)}", 10)
    assert writing.evaluate("document.documentElement.scrollWidth") <= 1280
    assert all("413" in message for message in writing.messages), writing.messages
    writing.messages.clear()
    writing.evaluate("localStorage.clear()")


def test_a_hundred_thousand_characters_that_are_pasted_go_with_the_question_as_a_file(
    writing: Browser, model: FakeModelServer
) -> None:
    model.reply = ["At dawn."]
    writing.click(BOX)
    writing.evaluate(
        "(() => { const data = new DataTransfer(); data.setData('text/plain', '문은 새벽에 열린다. The gate opens at dawn. '.repeat(2500));"
        " document.activeElement.dispatchEvent("
        "new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true})); })()"
    )
    writing.wait("document.querySelector('.attachments')?.innerText.includes('붙여넣은 글')")
    assert writing.evaluate(TYPED) == ""
    ask(writing, "When does it open?")
    assert answer(writing) == "At dawn."
    assert "The gate opens at dawn." in str(model.chats[-1].body)


def test_text_from_right_to_left_is_set_so_and_leaves_the_page_as_it_is(
    writing: Browser, writer: Server, model: FakeModelServer
) -> None:
    model.reply = ["הברז נפתח ב־4.2 בר.\n\n```python\nx = 1\n```"]
    question = "متى يفتح الصمام؟"
    writing.click(BOX)
    writing.type(question)
    assert writing.evaluate(f"getComputedStyle(document.querySelector('{BOX}')).direction") == "rtl"
    writing.press("Enter")
    writing.wait(f"location.hash.startsWith('#/chat/') && ({ENDED})", 10)
    direction = "getComputedStyle(document.querySelector('%s')).direction"
    assert writing.evaluate(direction % ".question .bubble") == "rtl"
    writing.wait("document.querySelector('.answer .markdown pre')")
    assert writing.evaluate(direction % ".answer .markdown p") == "rtl"
    assert writing.evaluate(direction % ".answer pre") == "ltr"
    assert writing.evaluate(direction % "nav") == "ltr"
    name = "‮gpj.exe تقرير.md"
    body = {"title": name, "content": "# תקציב\n\nהתקציב הוא 42."}
    made = writer.http.post("/api/rag/documents/", json=body).json()
    writing.evaluate("location.hash = '#/documents'")
    row = f"[...document.querySelectorAll('main a')].find(one => one.innerText.includes({json.dumps(name[-10:])}))"
    writing.wait(row, 10)
    assert writing.evaluate(f"getComputedStyle({row}.closest('[dir]')).unicodeBidi") in ("isolate", "plaintext")
    assert writer.http.delete(f"/api/rag/documents/{made['id']}/").status_code == 204


def test_a_chat_that_is_gone_says_so(signed_in: Browser) -> None:
    signed_in.evaluate("location.hash = '#/chat/0000000000000000'")
    signed_in.wait("document.querySelector('main [role=alert]')")
    assert len(signed_in.text("main [role=alert]")) > 10
    wait_for(lambda: signed_in.evaluate("1") == 1, "the page goes on")
    assert all("404" in message or "WebSocket" in message for message in signed_in.messages), signed_in.messages
    signed_in.messages.clear()
