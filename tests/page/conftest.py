"""Two servers over one folder, a model that says what it is told, and a browser in Korean."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.serving import Server, serving, wait_for
from tests.fakes.model_server import FakeModelServer
from tests.page.browser import BINARY, Browser

BUILT = Path("ibidem/api/page/index.html").exists()

LONG = (
    "# Log\n\n"
    + "".join(f"Line {n} of the log is quiet.\n" + "\n" * (n % 7 == 0) for n in range(900))
    + "\nThe zeppelin landed at dusk.\n\n"
    + "".join(f"Later line {n} is quiet too.\n" for n in range(600))
)
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
    "long.md": LONG,
    "table.csv": "name,value\nalpha,1\n",
    "evil <img src=x onerror=alert(9)>.md": "# Title <script>alert(10)</script> <img src=x onerror=alert(11)>\n\n"
    + "".join(f"The xylophone says {attack} loudly.\n\n" for attack in ATTACKS),
    "broken.pdf": "%PDF-1.4 and then nothing of a PDF",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = "Chromium" if BINARY is None else "" if BUILT else "the page, which `make page` builds"
    for item in items:
        if missing and "tests/page/" in item.nodeid and "test_schema" not in item.nodeid:
            item.add_marker(pytest.mark.skip(f"needs {missing}"))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="session")
def shared_model() -> Iterator[FakeModelServer]:
    server = FakeModelServer()
    yield server
    server.close()


@pytest.fixture
def model(shared_model: FakeModelServer) -> FakeModelServer:
    """Behaves well until told otherwise."""
    shared_model.behaviour, shared_model.pause_s = "answer", 0.0
    return shared_model


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[Server]:
    """Answers with quotes."""
    with serving(tmp_path_factory.mktemp("quotes") / "data", folder) as running:
        yield settled(running)


@pytest.fixture(scope="session")
def writer(tmp_path_factory: pytest.TempPathFactory, folder: Path, shared_model: FakeModelServer) -> Iterator[Server]:
    """Answers with what the model says."""
    settings = {"IBIDEM_MODELS__DEFAULT": "ollama:tiny", "IBIDEM_MODELS__OLLAMA_URL": shared_model.ollama_url}
    with serving(tmp_path_factory.mktemp("writes") / "data", folder, **settings) as running:
        yield settled(running)


def settled(server: Server) -> Server:
    """Once all that can be read is searchable."""

    def read() -> bool:
        counts = server.http.get("/api/workspaces/home/").json()["counts"]
        return bool(counts.get("ok") == len(DOCUMENTS) - 1 and counts.get("failed") == 1)

    wait_for(read, "the folder is read", timeout_s=20)
    return server


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("korean"), language="ko-KR")
    yield browser
    browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Browser]:
    """A page that must end without an error, a refused resource or a dialog."""
    chromium.messages.clear()
    chromium.dialogs.clear()
    chromium.send("Storage.clearDataForOrigin", origin="*", storageTypes="local_storage")  # drafts of another test
    yield chromium
    chromium.size(1280, 800)
    chromium.open("about:blank")
    assert chromium.messages == []
    assert chromium.dialogs == []


@pytest.fixture
def signed_in(page: Browser, server: Server) -> Browser:
    return sign_in(page, server)


@pytest.fixture
def writing(page: Browser, writer: Server, model: FakeModelServer) -> Browser:
    return sign_in(page, writer)


def fresh_link(server: Server) -> str:
    return str(server.http.post("/api/auth/link/").json()["url"])


def sign_in(page: Browser, server: Server) -> Browser:
    page.open("about:blank")
    page.open(fresh_link(server))
    page.wait(f"document.querySelector('{BOX}')", 15)
    return page


BOX = ".composer textarea:not([aria-hidden])"
ENDED = "[...document.querySelectorAll('.thread article')].at(-1)?.querySelector('.facts')"


def ask(page: Browser, question: str, *, wait: str = ENDED) -> None:
    page.click(BOX)
    page.type(question)
    page.press("Enter")
    page.wait(f"location.hash.startsWith('#/chat/') && ({wait})", 10)


def answer(page: Browser) -> str:
    """What the last answer says."""
    return str(page.wait("[...document.querySelectorAll('.answer')].at(-1)?.querySelector('.markdown')?.innerText"))


def press_button(page: Browser, name: str, nth: int = 0) -> None:
    """The visible button of that name, by the mouse."""
    page.click_node(
        f"[...document.querySelectorAll('button, [role=button], [role=menuitem], a')].filter(one =>"
        f" (one.getAttribute('aria-label') ?? one.innerText.trim()) === {name!r} && one.checkVisibility()).at({nth})"
    )
