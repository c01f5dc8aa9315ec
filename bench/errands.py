"""Five things a person does, from the page alone, on a phone's screen and a desk's -> clicks, texts typed, seconds.

A file chooser counts as one click, an Enter as one, a text as one whatever its length. The seconds are the page's and the
server's: nobody reads or thinks.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.figures import Figure, show
from bench.page import BOX, WRITTEN
from bench.server import serving
from tests.fakes.model_server import FakeModelServer
from tests.page.browser import Browser

SIZES = {"360 px": (360, 740), "1,280 px": (1280, 800)}
QUESTION = "When does the relief valve of the pump open?"
TEXT = "# Pump\n\nThe relief valve of the pump opens at 4.2 bar.\n\nThe inlet filter is cleaned every month.\n"
NOTE = "# Meeting\n\nThe meeting room is booked by calling 4321.\n"
BUTTONS = "[...document.querySelectorAll('button, [role=button], [role=menuitem], [role=option], a')]"


class Person(Browser):
    """A browser that counts what is done with it."""

    clicks = texts = 0

    def click_node(self, found: str) -> None:
        super().click_node(found)
        self.clicks += 1

    def type(self, text: str) -> None:
        super().type(text)
        self.texts += 1

    def press(self, key: str, *, modifiers: int = 0, code: int = 0) -> None:
        super().press(key, modifiers=modifiers, code=code)
        self.clicks += 1

    def choose_files(self, selector: str, paths: Sequence[Path]) -> None:
        super().choose_files(selector, paths)
        self.clicks += 1

    def press_button(self, name: str) -> None:
        """The visible one whose name begins so."""
        self.click_node(
            f"{BUTTONS}.find(one => (one.getAttribute('aria-label') ?? one.innerText.trim()).startsWith({name!r})"
            " && one.checkVisibility())"
        )


def measure() -> Iterator[Figure]:
    for name, (width, height) in SIZES.items():
        with tempfile.TemporaryDirectory(prefix="ibidem-bench-") as work:
            yield from at_size(Path(work), name, width, height)


def at_size(work: Path, name: str, width: int, height: int) -> Iterator[Figure]:
    library, data, note = work / "library", work / "data", work / "meeting.md"
    library.mkdir()
    data.mkdir()
    (library / "pump.md").write_text(TEXT)
    note.write_text(NOTE)
    model = FakeModelServer()
    (data / "ibidem.toml").write_text(f'[models]\nollama_url = "{model.ollama_url}"\n')
    person = Person(work / "profile", language="en-US")
    person.size(width, height)
    errands: dict[str, Callable[[], None]] = {
        "first cited answer": lambda: first_answer(person, library),
        "check a footnote": lambda: check_footnote(person),
        "upload and find a file": lambda: upload_and_find(person, note, narrow=width < 900),
        "switch the model": lambda: switch_model(person, model),
        "resume after a reload": lambda: resume(person, model),
    }
    try:
        with serving(data) as server:
            person.open(server.client().call("POST", "/api/auth/link/")["url"])
            person.wait("document.querySelector('.first-run')", 20)
            for errand, run in errands.items():
                person.clicks = person.texts = 0
                began = time.perf_counter()
                run()
                took = time.perf_counter() - began
                note_ = f"{person.clicks} clicks, {person.texts} texts typed"
                yield Figure(f"errand at {name}: {errand}", took, "s", note=note_)
    finally:
        person.close()
        model.close()


def first_answer(person: Person, library: Path) -> None:
    person.click(".first-folder input")
    person.evaluate("document.activeElement.select()")
    person.type(str(library))
    person.press("Enter")
    person.wait(f"document.querySelector('{BOX}')", 20)
    person.click(BOX)
    person.type(QUESTION)
    person.press("Enter")
    person.wait(f"document.querySelector('.answer .cite') && {WRITTEN}", 20)


def check_footnote(person: Person) -> None:
    person.press_button("Citation 1")
    person.wait("document.querySelector('aside mark')?.innerText.includes('4.2 bar')", 10)
    person.press("Escape")
    person.wait("!document.querySelector('aside, .MuiModal-root')")


def open_menu(person: Person) -> None:
    person.press_button("Menu")
    person.wait("document.querySelector('nav.side')?.getBoundingClientRect().left === 0", 10)


def upload_and_find(person: Person, note: Path, *, narrow: bool) -> None:
    if narrow:
        open_menu(person)
    person.press_button("Documents")
    person.wait("location.hash.startsWith('#/documents') && document.querySelector('main input[type=search]')", 10)
    person.choose_files("main input[type=file][multiple]", [note])
    person.wait("document.querySelector('main').innerText.includes('meeting.md')", 10)
    person.click("main input[type=search]")
    person.type("meeting")
    rows = "[...document.querySelectorAll('main tbody tr')].map(row => row.innerText)"
    person.wait(f"(rows => rows.length === 1 && /meeting.md[^]*ready/.test(rows[0]))({rows})", 20)
    person.click("main tbody tr a")
    person.wait("document.querySelector('main').innerText.includes('booked by calling 4321')", 10)


def switch_model(person: Person, model: FakeModelServer) -> None:
    model.reply = ["By calling 4321 [1]."]
    person.press_button("New chat")
    person.wait(f"document.querySelector('{BOX}')", 10)
    person.press_button("Model: ")
    person.wait("document.querySelectorAll('[role=option]').length > 1", 10)
    person.click_node("[...document.querySelectorAll('[role=option]')].find(one => one.innerText.includes('tiny'))")
    person.wait("!document.querySelector('[role=option], .MuiModal-root')")
    person.click(BOX)
    person.type("How is the meeting room booked?")
    person.press("Enter")
    person.wait(f"{WRITTEN}?.innerText.includes('tiny')", 20)


def resume(person: Person, model: FakeModelServer) -> None:
    """In the chat of the errand before; the answer takes 4 s to write."""
    model.reply, model.pause_s = [f"w{n} " for n in range(200)], 0.02
    person.click(BOX)
    person.type("And in detail?")
    person.press("Enter")
    person.wait("document.querySelector('.answer[aria-busy=true]')?.innerText.includes('w20')", 10)
    person.evaluate("location.reload()")
    person.clicks += 1
    person.wait("document.querySelector('.answer[aria-busy=true]')?.innerText.includes('w40')", 10)
    person.wait("document.querySelector('.thread-content')?.innerText.includes('w199')", 20)


if __name__ == "__main__":
    show(measure())
