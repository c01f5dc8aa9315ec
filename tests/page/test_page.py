"""The page in a real browser against a real server: signing in, asking, sources, files, and documents that attack it."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ibidem.cli.client import Client, find
from tests.fakes.model_server import FakeModelServer
from tests.page.browser import BINARY, Browser

pytestmark = pytest.mark.skipif(BINARY is None, reason="needs Chromium")

ATTACKS = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(2)</script>",
    "<svg onload=alert(3)>",
    "[click](javascript:alert(4))",
    "![pixel](http://127.0.0.1:1/pixel.png)",
    "</textarea></title><iframe srcdoc='<script>parent.alert(5)</script>'></iframe>",
    '"><a href="javascript:alert(6)" autofocus onfocus=alert(7)>x</a>',
    "{{constructor.constructor('alert(8)')()}}",
)
DOCUMENTS = {
    "휴가.md": "# 휴가 규정\n\n## 이월\n\n쓰지 않은 연차는 최대 7일까지 다음 해로 이월한다.\n기한이 지나면 소멸한다.\n",
    "pump.md": "# Pump\n\nThe relief valve of the pump opens at 4.2 bar.\n\nThe inlet filter is cleaned every month.\n",
    "long.md": "# Log\n\n"
    + "".join(f"Line {n} of the log is quiet.\n" + "\n" * (n % 7 == 0) for n in range(900))
    + "\nThe zeppelin landed at dusk.\n\n"
    + "".join(f"Later line {n} is quiet too.\n" for n in range(600)),
    "table.csv": "name,value\nalpha,1\n",
    "evil <img src=x onerror=alert(9)>.md": "# Title <script>alert(10)</script> <img src=x onerror=alert(11)>\n\n"
    + "".join(f"The xylophone says {attack} loudly.\n\n" for attack in ATTACKS),
    "broken.pdf": "%PDF-1.4 and then nothing of a PDF",
}


@dataclass
class Served:
    """A running `ibidem serve`."""

    process: subprocess.Popen[str]
    address: str
    client: Client

    def fresh_link(self) -> str:
        return str(self.client.call("POST", "/api/auth/link/")["url"])


def start(data_dir: Path, folder: Path, port: int, **environ: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ibidem", "serve", str(folder), "--port", str(port), "--data-dir", str(data_dir)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environ},
    )


def served(process: subprocess.Popen[str], data_dir: Path, port: int) -> Served:
    """Once it answers."""
    assert process.stdout and any("open:" in line for line in process.stdout)
    client = find(data_dir)
    assert client
    return Served(process, f"http://127.0.0.1:{port}", client)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="module")
def model() -> Iterator[FakeModelServer]:
    server = FakeModelServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def servers(
    tmp_path_factory: pytest.TempPathFactory, folder: Path, model: FakeModelServer
) -> Iterator[tuple[Served, Served]]:
    """One answers with quotes, the other with what the fake model says."""
    writes = {"IBIDEM_MODELS__DEFAULT": "ollama:tiny", "IBIDEM_MODELS__OLLAMA_URL": model.ollama_url}
    places = [(tmp_path_factory.mktemp("data"), free_port(), environ) for environ in ({}, writes)]
    processes = [start(data_dir, folder, port, **environ) for data_dir, port, environ in places]
    try:
        one, other = (served(process, place[0], place[1]) for process, place in zip(processes, places, strict=True))
        yield one, other
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(10)


@pytest.fixture
def server(servers: tuple[Served, Served]) -> Served:
    return servers[0]


@pytest.fixture
def writer(servers: tuple[Served, Served]) -> Served:
    return servers[1]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("korean"), language="ko-KR")
    yield browser
    browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Browser]:
    """A page that must end without an error, a refused resource or a dialog."""
    chromium.messages.clear()
    chromium.dialogs.clear()
    yield chromium
    chromium.open("about:blank")
    assert chromium.messages == []
    assert chromium.dialogs == []


@pytest.fixture
def signed_in(page: Browser, server: Served) -> Browser:
    return sign_in(page, server)


@pytest.fixture
def writing(page: Browser, writer: Served, model: FakeModelServer) -> Browser:
    model.behaviour, model.pause_s = "answer", 0.0
    return sign_in(page, writer)


def sign_in(page: Browser, served: Served) -> Browser:
    page.open("about:blank")
    page.open(served.fresh_link())
    page.wait(f"document.querySelectorAll('#counts .chip').length && {SETTLED}", 10)
    page.evaluate("document.querySelector('#clear').click()")  # the answers of the test before
    return page


SETTLED = "!document.querySelector('.chip.queued, .chip.reading, .chip.indexing')"
ENDED = "document.querySelector('article:last-of-type footer .facts')"


def ask(page: Browser, question: str, *, wait: str = ENDED) -> None:
    page.click("#question")
    page.type(question)
    page.press("Enter")
    page.wait(wait, 10)


def source_lines(page: Browser) -> list[str]:
    page.wait("document.querySelectorAll('#source li.cited').length")
    return list(page.evaluate("[...document.querySelectorAll('#source li.cited')].map(line => line.innerText)"))


def test_without_a_sign_in_it_says_how(page: Browser, server: Served) -> None:
    page.open(server.address)
    assert "로그인" in page.text("#gate h1")
    assert "ibidem open" in page.text("#gate pre")
    assert page.evaluate("document.documentElement.lang") == "ko"
    assert all("401" in message for message in page.messages)
    page.messages.clear()


def test_a_link_signs_in_and_leaves_the_address(page: Browser, server: Served) -> None:
    page.open(server.fresh_link())
    page.wait("document.querySelector('#sources b')")
    assert page.evaluate("location.href") == f"{server.address}/"
    page.open("about:blank")
    page.open(server.address)
    page.wait("document.querySelector('#sources b')")


def test_it_shows_what_is_indexed_and_what_is_not(signed_in: Browser, folder: Path) -> None:
    assert str(folder) in signed_in.text("#sources")
    assert "5 완료" in signed_in.text("#counts") and "1 실패" in signed_in.text("#counts")
    signed_in.click("#problems summary")
    assert "broken.pdf" in signed_in.text("#problems ul")


def test_an_answer_in_korean_cites_its_line(signed_in: Browser) -> None:
    ask(signed_in, "쓰지 않은 연차는 며칠까지 이월하나요?")
    assert "최대 7일까지" in signed_in.text(".answer")
    assert "휴가.md" in signed_in.text("footer .sources")
    signed_in.click(".answer .cite")
    assert any("최대 7일까지" in line for line in source_lines(signed_in))
    assert signed_in.text("#source mark") == "쓰지 않은 연차는 최대 7일까지 다음 해로 이월한다."
    assert signed_in.evaluate("document.activeElement.closest('#source') !== null")
    signed_in.press("Escape")
    signed_in.wait("document.querySelector('#source').hidden && document.activeElement.className.includes('cite')")


def test_the_address_of_a_citation_opens_the_passage(signed_in: Browser, server: Served) -> None:
    hits = server.client.call("POST", "/api/search/", {"query": "zeppelin landed dusk"})["hits"]
    hit = next(hit for hit in hits if "long.md" in hit["path"])
    line = hit["start_line"] + hit["text"].split("\n").index("The zeppelin landed at dusk.")
    signed_in.open("about:blank")
    signed_in.open(f"{server.address}/#/documents/{hit['document_id']}?lines={line}-{line}")
    assert source_lines(signed_in) == ["The zeppelin landed at dusk."]
    box = signed_in.evaluate(
        "(({top, bottom}) => [top, bottom])(document.querySelector('li.cited').getBoundingClientRect())"
    )
    assert 0 < box[0] < box[1] < 800
    count = "document.querySelectorAll('#source li').length"
    before = signed_in.evaluate(count)
    for button in (".earlier", ".later"):
        signed_in.click(f"#source {button}")
        signed_in.wait(f"{count} > {before}")
        before = signed_in.evaluate(count)
    numbers = signed_in.evaluate("[...document.querySelectorAll('#source li')].map(line => line.value)")
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_a_document_that_changed_is_not_marked_in_the_wrong_place(signed_in: Browser, folder: Path) -> None:
    ask(signed_in, "relief valve pump bar?")
    signed_in.wait("document.querySelector('.cite')")
    (folder / "pump.md").write_text("# Pump\n\nNothing of it is left.\n\nNot a word.\n", "utf-8")
    try:
        signed_in.wait(
            "fetch('/api/search/', {method: 'POST', headers: {'Content-Type': 'application/json'},"
            " body: JSON.stringify({query: 'Nothing left pump'})}).then(answer => answer.text())"
            ".then(text => text.includes('Nothing of it'))"
        )
        signed_in.click(".answer .cite")
        assert "바뀌어" in signed_in.text("#source .notice")
        assert signed_in.evaluate("document.querySelectorAll('#source .cited, #source mark').length") == 0
    finally:
        (folder / "pump.md").write_text(DOCUMENTS["pump.md"], "utf-8")


def test_documents_that_attack_are_only_text(signed_in: Browser) -> None:
    ask(signed_in, "What does the xylophone say loudly?")
    signed_in.click("#documents summary")
    signed_in.wait("document.querySelector('#documents ul').innerText.includes('evil <img')")
    assert "xylophone" in signed_in.text(".answer")
    signed_in.click("footer .sources a")
    signed_in.wait("document.querySelector('#source li')")
    made = "document.querySelectorAll('#page :is(script, iframe, svg, img:not([src^=\"/page/\"]), [onerror], [onload])').length"
    assert signed_in.evaluate(made) == 0
    assert signed_in.evaluate("[...document.links].every(link => link.href.startsWith(location.origin))")


def test_a_model_that_attacks_writes_only_text(writing: Browser, model: FakeModelServer) -> None:
    fence = "```html\n" + "\n".join(ATTACKS) + "\n```\n"
    attacks = "\n\n".join(
        (*ATTACKS, *(f"- **{attack}** `{attack}` [1]" for attack in ATTACKS), "|a|b|\n|-|-|\n|<b>|[1]|")
    )
    model.reply = [attacks[at : at + 7] for at in range(0, len(attacks), 7)] + ["\n\n" + fence]
    ask(writing, "pump?")
    assert all(attack in writing.text(".answer .code pre") for attack in ATTACKS)
    assert writing.evaluate("document.querySelectorAll('.answer li').length") == len(ATTACKS)
    assert (
        writing.evaluate("document.querySelectorAll('.answer :is(script, img, iframe, svg, a:not(.cite))').length") == 0
    )


def test_markdown_becomes_the_few_forms_it_knows(writing: Browser, model: FakeModelServer) -> None:
    model.reply = [
        "## Steps\n\n1. Open **the ",
        "valve** [1]\n2. Run `bleed",
        "()`\n   - slowly\n\n```py",
        "thon\nx = 1\n",
        "```\nDone x[99].",
    ]
    ask(writing, "How is the pump bled?")
    answer = writing.evaluate("document.querySelector('.answer').innerHTML")
    assert "<h3>Steps</h3>" in answer and "<strong>the valve</strong>" in answer and "<code>bleed()</code>" in answer
    assert writing.evaluate("document.querySelector('.answer .code code').textContent") == "x = 1"
    assert writing.evaluate("document.querySelectorAll('.answer .cite').length") == 1
    assert "Done x[99]." in writing.text(".answer"), "a number that names no passage stays text"


def test_escape_stops_and_keeps_what_was_written(writing: Browser, model: FakeModelServer) -> None:
    model.reply, model.pause_s = ["Word "] * 400, 0.02
    ask(writing, "pump?", wait="document.querySelector('.answer')?.innerText.length > 20")
    assert "쓰는 중" in writing.text(".status")
    writing.press("Escape")
    writing.wait("document.querySelector('.status').innerText.startsWith('중지')")
    assert writing.text(".answer").startswith("Word Word")


CUTTABLE = """
    const real = window.fetch;
    window.fetch = (path, init = {}) => {
        if (!String(path).includes("/events/")) return real(path, init);
        const connection = new AbortController();
        init.signal.addEventListener("abort", () => connection.abort());
        window.cut = () => connection.abort();
        window.streams = (window.streams ?? 0) + 1;
        return real(path, { ...init, signal: connection.signal });
    };
"""


def test_a_lost_connection_and_a_reload_lose_no_word(writing: Browser, writer: Served, model: FakeModelServer) -> None:
    model.reply, model.pause_s = [f"w{n} " for n in range(60)], 0.02
    writing.evaluate(CUTTABLE)
    ask(writing, "pump?", wait="document.querySelector('.answer')?.innerText.includes('w5')")
    writing.evaluate("cut()")
    writing.wait("document.querySelector('.status').innerText.includes('끊겨')")
    writing.wait("streams === 2 && document.querySelector('.answer').innerText.includes('w25')")
    assert writing.text(".answer").split()[:26] == [f"w{n}" for n in range(26)]
    writing.open("about:blank")
    writing.open(writer.address)
    writing.wait("document.querySelector('.answer')?.innerText.includes('w40')")
    writing.wait(ENDED, 10)
    assert writing.text(".answer").split() == [f"w{n}" for n in range(60)]


def test_an_error_of_the_model_is_told_with_its_hint(writing: Browser, model: FakeModelServer) -> None:
    model.behaviour = "missing_model"
    ask(writing, "pump?")
    assert "못했습니다" in writing.text(".status")
    assert len(writing.text("article .error")) > 20


def test_a_file_becomes_a_document(signed_in: Browser, tmp_path: Path) -> None:
    note = tmp_path / "메모 <b>.md"
    note.write_text("# 메모\n\n회의실 예약은 내선 4321로 한다.\n", "utf-8")
    signed_in.choose_files("#files", [note])
    signed_in.wait("document.querySelector('#uploads .ok a')")
    assert "메모 <b>.md" in signed_in.text("#uploads")
    signed_in.wait("document.querySelector('#counts').innerText.includes('6 완료')")
    ask(signed_in, "회의실 예약은 어디로 하나요?")
    assert "4321" in signed_in.text(".answer")


def test_a_folder_is_added_by_its_path(signed_in: Browser, tmp_path: Path) -> None:
    (tmp_path / "new.md").write_text("# New\n\nSomething new.\n", "utf-8")
    for path, shown in ((tmp_path / "absent", "#add-error"), (tmp_path, "#sources")):
        signed_in.evaluate("document.querySelector('#path').value = ''")
        signed_in.click("#path")
        signed_in.type(str(path))
        signed_in.press("Enter")
        signed_in.wait(f"document.querySelector('{shown}').innerText.includes({json.dumps(str(path))})")
    assert all("404" in message for message in signed_in.messages)
    signed_in.messages.clear()


def test_enter_that_ends_a_syllable_sends_nothing(signed_in: Browser) -> None:
    signed_in.click("#question")
    signed_in.type("한글")
    signed_in.press("Enter", code=229)
    signed_in.press("Enter", modifiers=8)
    assert signed_in.evaluate("document.querySelectorAll('article').length") == 0
    assert signed_in.evaluate("document.querySelector('#question').value") == "한글\n"


def test_a_phone_has_room_for_it(signed_in: Browser) -> None:
    signed_in.size(360, 740)
    try:
        ask(signed_in, "쓰지 않은 연차는 며칠까지 이월하나요?")
        assert signed_in.evaluate("document.documentElement.scrollWidth") <= 360
        assert not signed_in.evaluate("document.querySelector('#shelf').checkVisibility()")
        signed_in.click("#menu")
        assert signed_in.evaluate("document.querySelector('#path').checkVisibility()")
        signed_in.click("#menu")
        signed_in.click(".answer .cite")
        source_lines(signed_in)
        assert signed_in.evaluate("document.documentElement.scrollWidth") <= 360
    finally:
        signed_in.size(1280, 800)


def test_both_languages_have_every_text(tmp_path: Path) -> None:
    words = Path("ibidem/api/page/words.js").read_text("utf-8")
    tables = re.findall(r"^const (?:en|ko) = \{(.*?)^\};", words, re.M | re.S)
    english, korean = ([*re.findall(r"(?:^|[,{])\s*(\w+): (?=[\"(`{])", table)] for table in tables)
    assert english == korean
    used = "".join(path.read_text("utf-8") for path in Path("ibidem/api/page").glob("*.*s")) + Path(
        "ibidem/api/page/index.html"
    ).read_text("utf-8")
    asked = set(re.findall(r"\bt\(\"(\w+)\"", used)) | set(re.findall(r'data-t(?:-\w+)?="(\w+)"', used))
    assert asked <= set(english)
