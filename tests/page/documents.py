"""What tests of the documents page do to it, and a PDF of two pages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tests.api.serving import Server
from tests.ingest.pdfs import lines, pdf
from tests.page.browser import Browser
from tests.page.conftest import fresh_link, press_button

PUMP = pdf(
    lines("The inlet filter is cleaned every month.", "The relief valve opens at 4.2 bar."),
    lines("The quokka pump starts at 3.1 bar.", "It stops at 2.7 bar."),
)
ROWS = "[...document.querySelectorAll('table.documents tbody tr')]"


def row(name: str) -> str:
    return f"{ROWS}.find(one => one.innerText.includes({json.dumps(name)}))"


def enter(page: Browser, server: Server) -> None:
    """Signed in, whatever the server has: an empty one begins with the first steps."""
    page.open("about:blank")
    page.open(fresh_link(server))
    page.wait("document.querySelector('main')", 15)


def open_documents(page: Browser, slug: str = "home") -> None:
    page.evaluate(f"location.hash = '#/documents/in/{slug}'")
    page.wait("document.querySelector('main [role=tab][aria-selected=true]') && document.querySelector('main h2')")


def drop(page: Browser, paths: Sequence[Path]) -> None:
    """Files and folders from the system, let go over the page."""
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        page.send("Input.dispatchDragEvent", type=kind, x=700, y=400, data=data)


def pick(page: Browser, role: str, name: str) -> None:
    """In a list that has opened and may still be moving; it is gone afterwards."""
    found = f"[...document.querySelectorAll('[role={role}]')]"
    page.wait(f"(one => one && (one.click(), true))({found}.find(one => one.innerText === {json.dumps(name)}))")
    page.wait(f"{found}.length === 0")


def choose(page: Browser, label: str, option: str) -> None:
    """In a select of the page."""
    page.evaluate(
        f"[...document.querySelectorAll('[role=combobox]')].find(one => one.closest('.MuiTextField-root')?.innerText"
        f".includes({json.dumps(label)})).dispatchEvent(new MouseEvent('mousedown', {{bubbles: true, button: 0}}))"
    )
    pick(page, "option", option)


def from_menu(page: Browser, name: str) -> None:
    """Of the workspace's menu."""
    press_button(page, "작업 공간 메뉴")
    pick(page, "menuitem", name)


def forget_faults(page: Browser, *statuses: str) -> None:
    """What the browser writes down of answers that the test has asked for."""
    assert all(any(status in message for status in statuses) for message in page.messages), page.messages
    page.messages.clear()
