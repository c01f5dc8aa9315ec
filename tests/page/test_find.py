"""Chats are found by their words and opened at them; the palette and the keys that lead everywhere."""

from __future__ import annotations

from typing import Any

from tests.api.serving import Server, ended
from tests.fakes.model_server import FakeModelServer
from tests.page.browser import Browser
from tests.page.conftest import BOX, answer, ask, press_button

CONTROL, SHIFT, ALT = 2, 8, 1
IN_SIGHT = (
    "(() => { const box = document.querySelector('article.found')?.getBoundingClientRect();"
    " return box && box.top >= 0 && box.top < innerHeight })()"
)


def key(page: Browser, name: str, code: str, modifiers: int, number: int) -> None:
    page.send(
        "Input.dispatchKeyEvent", type="keyDown", key=name, code=code, modifiers=modifiers, windowsVirtualKeyCode=number
    )
    page.send(
        "Input.dispatchKeyEvent", type="keyUp", key=name, code=code, modifiers=modifiers, windowsVirtualKeyCode=number
    )


def palette(page: Browser) -> None:
    key(page, "k", "KeyK", CONTROL, 75)
    page.wait("document.activeElement?.getAttribute('role') === 'combobox'")


def chosen(page: Browser) -> str:
    return page.text("[role=option][aria-selected=true] .name")


def long_chat(server: Server, title: str, words: dict[int, str], messages: int = 120) -> str:
    """A chat whose messages at these places hold these words."""
    told: list[dict[str, Any]] = []
    for number in range(messages):
        told.append(
            {
                "id": str(number),
                "parent": str(number - 1) if number else None,
                "role": "assistant" if number % 2 else "user",
                "content": f"Message {number}. {words.get(number, '')}\n\n" + "It says little. " * 40,
                "status": "finished",
            }
        )
    sessions = [{"id": title, "title": title, "messages": told}]
    file = {"format": "ibidem-sessions", "version": 1, "sessions": sessions}
    made = server.http.post("/api/sessions/import/", json=file)
    assert made.status_code in (200, 201), made.text
    return str(made.json()["sessions"][0])


def test_a_hit_of_the_search_opens_the_chat_at_its_message(signed_in: Browser, server: Server) -> None:
    session = long_chat(server, "Long talk", {5: "The quokka sleeps."})
    signed_in.click("nav input[type=search]")
    signed_in.type("quokka")
    signed_in.wait("document.querySelector('nav li a')?.href.includes('?at=')", 10)  # the list is that of the search
    signed_in.click("nav li a")
    signed_in.wait(IN_SIGHT, 10)
    assert "quokka" in signed_in.text("article.found")
    assert signed_in.evaluate("document.activeElement.classList.contains('found')")
    assert signed_in.evaluate("location.hash").startswith(f"#/chat/{session}?at=")
    signed_in.wait("document.querySelectorAll('.thread article').length >= 115", 10)
    signed_in.wait(IN_SIGHT)  # also with what was drawn before it


def test_a_hit_on_another_branch_shows_that_branch(writing: Browser, writer: Server, model: FakeModelServer) -> None:
    model.reply = ["The axolotl is pink."]
    ask(writing, "Which animal?")
    session = writing.evaluate("location.hash.split('/').at(-1)")
    model.reply = ["The beaver is brown."]
    press_button(writing, "다시 답하기")
    writing.wait("document.querySelector('.answer .markdown')?.innerText.includes('beaver')", 10)
    hit = writer.http.get("/api/sessions/?q=axolotl").json()["items"][0]
    assert hit["id"] == session
    writing.evaluate("location.hash = '#/'")
    writing.wait("document.querySelector('.welcome')")
    palette(writing)
    writing.type("axolotl")
    writing.wait("document.querySelector('.palette .hint')?.innerText.includes('axolotl')")
    writing.press("Enter")
    writing.wait("document.querySelector('article.found')?.innerText.includes('axolotl')", 10)
    assert "axolotl" in answer(writing)


def test_the_palette_leads_to_pages_and_actions_by_name(signed_in: Browser) -> None:
    palette(signed_in)
    signed_in.type("템플")
    signed_in.wait("document.querySelector('[aria-selected=true] .name')?.innerText === '템플릿'")
    signed_in.press("Enter")
    signed_in.wait("location.hash === '#/templates' && !document.querySelector('.palette')")
    palette(signed_in)
    signed_in.type("어둡")
    signed_in.wait("document.querySelector('[aria-selected=true] .name')?.innerText.includes('어둡게')")
    signed_in.press("Enter")
    signed_in.wait("document.documentElement.dataset.theme === 'dark'")
    palette(signed_in)
    signed_in.type("nothing is called this")
    signed_in.wait("document.querySelector('.palette .none')")
    signed_in.press("Escape")
    signed_in.wait("!document.querySelector('.palette')")
    signed_in.evaluate("localStorage.clear()")


def test_arrows_move_through_the_palette_and_around_its_end(signed_in: Browser) -> None:
    palette(signed_in)
    first = chosen(signed_in)
    key(signed_in, "ArrowDown", "ArrowDown", 0, 40)
    signed_in.wait(f"document.querySelector('[aria-selected=true] .name').innerText !== {first!r}")
    key(signed_in, "ArrowUp", "ArrowUp", 0, 38)
    key(signed_in, "ArrowUp", "ArrowUp", 0, 38)
    last = "[...document.querySelectorAll('[role=option]')].at(-1).getAttribute('aria-selected') === 'true'"
    signed_in.wait(last)
    active = signed_in.evaluate("document.activeElement.getAttribute('aria-activedescendant')")
    assert signed_in.evaluate(f"document.getElementById({active!r}).getAttribute('aria-selected')") == "true"
    signed_in.press("Escape")


def test_keys_go_to_the_next_chat_and_copy_the_last_answer(signed_in: Browser, server: Server) -> None:
    ids = []
    for title in ("Below", "Above"):
        made = server.http.post("/api/sessions/", json={"title": title}).json()["id"]
        run = server.http.post(f"/api/sessions/{made}/messages/", json={"content": "relief valve pump bar?"}).json()
        ended(server, run["run_id"])
        ids.append(made)
    signed_in.send("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    signed_in.open("about:blank")
    signed_in.open(f"{server.url}/#/chat/{ids[1]}")
    signed_in.wait("document.querySelector('.answer .facts')", 10)
    signed_in.wait("document.querySelector('nav li a')?.innerText.startsWith('Above')", 15)
    key(signed_in, "ArrowDown", "ArrowDown", ALT, 40)
    signed_in.wait(f"location.hash === '#/chat/{ids[0]}' && document.querySelector('.answer .facts')", 10)
    key(signed_in, "ArrowUp", "ArrowUp", ALT, 38)
    signed_in.wait(f"location.hash === '#/chat/{ids[1]}' && document.querySelector('.answer .facts')", 10)
    key(signed_in, "C", "KeyC", CONTROL + SHIFT, 67)
    signed_in.wait("document.querySelector('.MuiSnackbar-root')?.innerText.includes('복사')")
    assert "4.2 bar" in signed_in.evaluate("navigator.clipboard.readText()")
    key(signed_in, "Escape", "Escape", SHIFT, 27)
    assert signed_in.evaluate(f"document.activeElement === document.querySelector('{BOX}')")


def test_the_sheet_of_keys_names_every_one(signed_in: Browser) -> None:
    signed_in.evaluate("document.activeElement.blur()")
    signed_in.send("Input.dispatchKeyEvent", type="keyDown", key="?", text="?", code="Slash", modifiers=SHIFT)
    sheet = signed_in.text("[role=dialog] .shortcuts")
    for keys in ("Enter", "Shift+Enter", "Esc", "+K", "+Shift+O", "Alt+↑ / ↓", "+Shift+C", "Shift+Esc", "/", "?"):
        assert keys in sheet
    signed_in.press("Escape")
    signed_in.wait("!document.querySelector('[role=dialog]')")
