"""Documents and workspaces in a real browser: they come in every way, tell how far they are, and are shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ibidem.app import build
from ibidem.settings import load
from ibidem.store.workspaces import get_workspace
from tests.api.serving import Server, put_text, serving, wait_for, workspace
from tests.ingest.pdfs import encrypted, lines, pdf
from tests.page.browser import Browser
from tests.page.conftest import ask, fresh_link, press_button
from tests.page.test_look import AXE, PICTURES, SIZES, faults

PUMP = pdf(
    lines("The inlet filter is cleaned every month.", "The relief valve opens at 4.2 bar."),
    lines("The quokka pump starts at 3.1 bar.", "It stops at 2.7 bar."),
)
FORMATS = {
    "text.txt": b"plain words\n",
    "note.md": b"# Note\n\nwords\n",
    "page.html": b"<h1>Page</h1><p>words</p>",
    "table.csv": b"name,value\nalpha,1\n",
    "data.json": b'{"pump": {"bar": 4.2}}',
    "book.ipynb": b'{"cells": [{"cell_type": "code", "source": ["x = 1"], "outputs": []}], "metadata": {}, "nbformat": 4}',
    "code.py": b"def pump():\n    return 4.2\n",
    "code.ts": b"export const pump = 4.2;\n",
    "pump.pdf": PUMP,
}
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


def test_every_format_is_uploaded_and_read(signed_in: Browser, server: Server, tmp_path: Path) -> None:
    slug = workspace(server, "Formats")
    for name, content in FORMATS.items():
        (tmp_path / name).write_bytes(content)
    open_documents(signed_in, slug)
    signed_in.choose_files("main input[type=file][multiple]", sorted(tmp_path.iterdir()))
    for name in FORMATS:
        signed_in.wait(f"{row(name)}?.innerText.includes('완료')", 15)
    assert f"문서 {len(FORMATS)}개" in signed_in.wait(
        f"document.querySelector('main').innerText.includes('완료 {len(FORMATS)}') && document.querySelector('main').innerText",
        5,
    )


def test_a_dropped_folder_keeps_its_paths_and_leaves_out_what_is_of_tools(
    signed_in: Browser, server: Server, tmp_path: Path
) -> None:
    slug = workspace(server, "Dropped")
    books = tmp_path / "책"
    for path in ("a.md", "old/b.md", "old/deep/c.md", ".git/config", "node_modules/x.js"):
        (books / path).parent.mkdir(parents=True, exist_ok=True)
        (books / path).write_text("words of " + path)
    (tmp_path / "alone.md").write_text("alone")
    open_documents(signed_in, slug)
    drop(signed_in, [books, tmp_path / "alone.md"])
    signed_in.wait("document.querySelector('main').innerText.includes('완료 4')", 15)
    found = server.http.get("/api/rag/documents/", params={"workspace": slug, "sort": "name"}).json()["items"]
    assert {one["path"] for one in found} == {"책/a.md", "책/old/b.md", "책/old/deep/c.md", "alone.md"}
    assert "책/old/deep/c.md" in signed_in.text("table.documents")
    assert "node_modules" in signed_in.text(".MuiSnackbar-root")


def test_a_pdf_page_is_shown_with_the_passage_marked(signed_in: Browser, server: Server) -> None:
    slug = workspace(server, "Pictures")
    made = server.http.post("/api/rag/documents/", files={"file": ("pump.pdf", PUMP)}, data={"workspace": slug}).json()
    wait_for(lambda: server.http.get(f"/api/rag/documents/{made['id']}/").json()["state"] == "ok", "it is read")
    session = server.http.post("/api/sessions/", json={"workspace": slug}).json()["id"]
    signed_in.evaluate(f"location.hash = '#/chat/{session}'")
    signed_in.wait("!document.querySelector('.new-chat') && document.querySelector('.composer textarea')")
    ask(signed_in, "When does the quokka pump start?")
    signed_in.wait("(one => one && (one.click(), true))(document.querySelector('.answer .cite'))")
    signed_in.wait("document.querySelector('aside .pdf-page .drawn .words')")
    told = server.http.get(f"/api/rag/documents/{made['id']}/pages/2/", params={"start_line": 3}).json()["lines"][0]
    left, top = min(told["boxes"][0::4]) / 10, min(told["boxes"][1::4]) / 10
    mark = signed_in.evaluate(
        "(one => [one.x.baseVal.value, one.y.baseVal.value])(document.querySelector('.pdf-page .words'))"
    )
    assert mark == pytest.approx([left - 1, top - 1], abs=0.2), "the mark lies around the words"
    href = signed_in.evaluate("document.querySelector('.pdf-page image').getAttribute('href')")
    assert "/pages/2/image/" in href
    assert (
        signed_in.evaluate(
            f"new Promise(done => {{ const one = new Image(); one.onload = () => done(one.naturalWidth); one.onerror = () => done(0); one.src = {json.dumps(href)}; }})"
        )
        >= 1200
    )
    press_button(signed_in, "이전 쪽")
    signed_in.wait("document.querySelector('.pdf-page image')?.getAttribute('href').includes('/pages/1/')")
    signed_in.wait("!document.querySelector('.pdf-page .words')")
    press_button(signed_in, "인용 위치로")
    signed_in.wait("document.querySelector('.pdf-page .words')")
    press_button(signed_in, "텍스트")
    assert signed_in.text("aside .document-text mark") == "The quokka pump starts at 3.1 bar."
    press_button(signed_in, "쪽")
    signed_in.size(360, 740)
    signed_in.wait("document.querySelector('.source-sheet .pdf-page .words')")
    seen = signed_in.evaluate(
        "(box => [box.top, box.bottom])(document.querySelector('.pdf-page .words').getBoundingClientRect())"
    )
    assert 0 < seen[0] < seen[1] < 740


@pytest.mark.parametrize(
    ("name", "content", "said"), [("locked.pdf", encrypted(), "password"), ("half.pdf", PUMP[:300], "broken")]
)
def test_a_pdf_that_cannot_be_drawn_says_why_and_shows_its_text(
    signed_in: Browser, server: Server, name: str, content: bytes, said: str
) -> None:
    made = server.http.post("/api/rag/documents/", files={"file": (name, content)}).json()
    wait_for(lambda: server.http.get(f"/api/rag/documents/{made['id']}/").json()["state"] == "failed", "it has failed")
    signed_in.evaluate(f"location.hash = '#/documents/{made['id']}'")
    signed_in.wait("document.querySelector('.document-text')")
    alert = signed_in.text(".document-page [role=alert]")
    assert said in alert and "텍스트" in alert
    forget_faults(signed_in, "422")
    press_button(signed_in, "다시 시도")
    wait_for(lambda: server.http.get(f"/api/rag/documents/{made['id']}/").json()["state"] == "failed", "again")
    signed_in.evaluate("location.hash = '#/documents'")
    signed_in.wait(row(name))
    assert server.http.delete(f"/api/rag/documents/{made['id']}/").status_code == 204
    forget_faults(signed_in, "422")


def test_a_document_shows_its_chunks_and_the_chats_that_cite_it(signed_in: Browser, server: Server) -> None:
    made = put_text(server, "ferry.md", "# Ferry\n\nThe wombat ferry leaves at noon.\n")
    ask(signed_in, "When does the wombat ferry leave?")
    signed_in.evaluate(f"location.hash = '#/documents/{made['id']}'")
    press_button(signed_in, "조각")
    assert "wombat ferry" in signed_in.text(".chunks li pre")
    assert "토큰" in signed_in.text(".chunks li")
    press_button(signed_in, "인용한 대화")
    signed_in.click_node("document.querySelector('.scroll a')")
    signed_in.wait("document.querySelector('.question')?.innerText.includes('wombat ferry')")


@pytest.fixture
def crowded(tmp_path: Path) -> Iterator[Server]:
    """A server with five thousand documents, a failed one among them."""
    data = tmp_path / "data"
    engine = build(load(data, {}))
    home = get_workspace(engine.db, 1)
    rows = [
        (f"{number:016x}", home.id, f"shelf {number % 40}/file {number}.md", f"file {number}.md", 10 * number)
        for number in range(5000)
    ]
    engine.db.write(
        lambda tx: tx.executemany(
            "INSERT INTO document (id, owner, workspace, path, title, size_bytes, state, created_at, updated_at)"
            " VALUES (?1, 1, ?2, ?3, ?4, ?5, CASE ?5 WHEN 77770 THEN 'failed' ELSE 'skipped' END, ?5, ?5)",
            rows,
        )
    )
    engine.close()
    with serving(data) as running:
        yield running


def test_five_thousand_documents_are_sorted_found_and_paged_and_few_are_drawn(page: Browser, crowded: Server) -> None:
    enter(page, crowded)
    open_documents(page)
    first = f"{ROWS}[0]?.innerText.includes"
    page.wait(f"{first}('file 4999.md')")
    assert "5,000개 중 1–100" in page.text("main nav")
    assert page.evaluate("document.querySelectorAll('*').length") < 4000
    press_button(page, "뒤 문서")
    page.wait(f"{first}('file 4899.md')")
    assert page.evaluate(f"{ROWS}.length") == 100
    choose(page, "정렬", "크기")
    page.wait(f"{first}('file 4999.md')")
    page.click(
        "table.documents thead th:nth-child(3) [role=button], table.documents thead th:nth-child(3) .MuiTableSortLabel-root"
    )
    page.wait(f"{first}('file 0.md')")
    page.click("main input[type=search]")
    page.type("shelf 17/file 4017")
    page.wait(f"{ROWS}.length === 1 && {first}('file 4017.md')")
    page.open("about:blank")  # before the server goes


def test_the_state_filter_shows_what_failed_with_its_reason(signed_in: Browser) -> None:
    open_documents(signed_in)
    signed_in.wait(row("pump.md"))
    choose(signed_in, "상태", "실패")
    signed_in.wait(f"{ROWS}.length === 1")
    assert "broken.pdf" in signed_in.text("table.documents tbody") and "broken PDF" in signed_in.text(
        "table.documents tbody"
    )


def test_a_file_over_the_limit_says_so_and_the_others_go_on(page: Browser, tmp_path: Path) -> None:
    (tmp_path / "big.txt").write_bytes(b"x" * 3_000_000)
    (tmp_path / "small.txt").write_bytes(b"small")
    with serving(tmp_path / "data", IBIDEM_SERVE__MAX_UPLOAD_BYTES="400000") as server:
        enter(page, server)
        open_documents(page)
        page.choose_files("main input[type=file][multiple]", [tmp_path / "big.txt", tmp_path / "small.txt"])
        page.wait(f"{row('small.txt')}?.innerText.includes('완료')", 15)
        alert = page.text(".uploads [role=alert]")
        assert "big.txt" in alert and "400,000" in alert
        press_button(page, "닫기: big.txt")
        page.wait("!document.querySelector('.uploads [role=alert]')")
        page.open("about:blank")
    forget_faults(page, "413", "ERR_CONNECTION")


def test_a_workspace_is_made_renamed_shared_left_and_deleted(page: Browser, tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        assert server.http.post("/api/users/", json={"username": "민지"}).status_code == 201
        enter(page, server)
        open_documents(page)
        press_button(page, "새 작업 공간")
        page.wait("document.querySelector('[role=dialog] input')")
        page.type("Pumps")
        page.press("Enter")
        page.wait("location.hash === '#/documents/in/pumps'")
        put_text(server, "pump.md", "The pump starts.", "pumps")

        def shared() -> list[dict[str, str]]:
            found: list[dict[str, str]] = server.http.get("/api/workspaces/pumps/").json()["shared_with"]
            return found

        from_menu(page, "공유…")
        page.click("[role=dialog] form input")
        page.type("nobody")
        press_button(page, "공유")
        assert "nobody" in page.text("[role=dialog] [role=alert]")
        page.evaluate("document.querySelector('[role=dialog] form input').select()")
        page.type("민지")
        press_button(page, "공유")
        page.wait("document.querySelector('[role=dialog] ul').innerText.includes('민지')")
        assert shared() == [{"username": "민지", "access": "read"}]
        page.evaluate(
            "document.querySelector('[role=dialog] [role=combobox][aria-label=\"민지의 권한\"]')"
            ".dispatchEvent(new MouseEvent('mousedown', {bubbles: true, button: 0}))"
        )
        pick(page, "option", "읽고 바꾸기")
        wait_for(lambda: shared() == [{"username": "민지", "access": "write"}], "the right is changed")
        press_button(page, "민지과(와) 공유 중지")
        wait_for(lambda: shared() == [], "nobody has it any more")
        forget_faults(page, "404")

        assert server.http.put("/api/workspaces/pumps/", json={"shared_with": [{"username": "민지"}]}).is_success
        page.evaluate(
            "fetch('/api/auth/login/', {method: 'POST', headers: {'Content-Type': 'application/json'},"
            " body: JSON.stringify({username: '민지'})}).then(answer => answer.status)"
        )
        page.open("about:blank")
        forget_faults(page, "401")  # of what was asked for while the sign-in changed
        page.open(f"{server.url}/#/documents/in/pumps")
        page.wait(f"{row('pump.md')}")
        shown = page.text("main")
        assert "local이(가) 공유함" in shown and "읽기 전용" in shown and "파일 올리기" not in shown
        from_menu(page, "나가기")
        page.wait("document.querySelector('[role=dialog]')")
        page.click("[role=dialog] button[type=submit]")
        page.wait("!document.querySelector('main [role=tablist]').innerText.includes('Pumps')")
        wait_for(lambda: shared() == [], "the share has ended")
        enter(page, server)
        open_documents(page, "pumps")
        from_menu(page, "삭제")
        page.wait("document.querySelector('[role=dialog]')")
        page.click("[role=dialog] button[type=submit]")
        page.wait("!document.querySelector('main [role=tablist]').innerText.includes('Pumps')")
        page.open("about:blank")


def test_a_name_from_right_to_left_keeps_what_is_beside_it_in_place(signed_in: Browser, server: Server) -> None:
    made = put_text(server, "מדריך למשאבה (v2).md", "# מדריך\n\nThe meerkat valve opens.\n")
    open_documents(signed_in)
    signed_in.wait(row("מדריך"))
    link = f"{row('מדריך')}.querySelector('a')"
    assert signed_in.evaluate(f"[{link}.dir, {link}.innerText]") == ["auto", "מדריך למשאבה (v2).md"]
    chip = f"{row('מדריך')}.querySelector('.MuiChip-root').getBoundingClientRect()"
    assert signed_in.evaluate(f"{chip}.left > {link}.getBoundingClientRect().right"), "the state stands behind the name"
    assert server.http.delete(f"/api/rag/documents/{made['id']}/").status_code == 204


def test_after_a_reload_the_page_names_what_was_not_sent_and_shows_the_state_of_what_was(
    page: Browser, tmp_path: Path
) -> None:
    for name in ("one.md", "two.md", "three.md"):
        (tmp_path / name).write_text("words\n" * 100_000)
    with serving(tmp_path / "data") as server:
        enter(page, server)
        put_text(server, "there.md", "words")
        open_documents(page)
        conditions = {"offline": False, "latency": 0, "downloadThroughput": -1}
        page.send("Network.emulateNetworkConditions", **conditions, uploadThroughput=5000)  # bytes/s
        page.choose_files("main input[type=file][multiple]", sorted(tmp_path.glob("*.md")))
        page.wait("document.querySelectorAll('.uploads .upload').length === 3")
        page.evaluate("window.before = true")
        page.send("Page.reload")
        page.wait("!window.before && document.querySelector('table.documents')", 10)
        page.wait("document.querySelector('.uploads [role=alert]')", 10)
        told = page.text(".uploads [role=alert]")
        assert all(name in told for name in ("one.md", "two.md", "three.md")) and "다시 선택" in told
        page.wait(f"{row('there.md')}?.innerText.includes('완료')")
        page.click(".uploads [role=alert] button")
        page.wait("!document.querySelector('.uploads [role=alert]')")
        page.send("Network.emulateNetworkConditions", **conditions, uploadThroughput=-1)
        page.open("about:blank")
        page.dialogs.clear()  # the browser asks whether to leave while files are on their way
        forget_faults(page, "beforeunload")


@pytest.mark.skipif(not AXE.exists(), reason="needs the page's packages, which `make page` installs")
@pytest.mark.parametrize("size", SIZES)
def test_the_views_of_a_document_and_of_sharing_are_sound(signed_in: Browser, server: Server, size: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    width, height, dark = SIZES[size]
    signed_in.size(width, height, dark=dark)
    made = server.http.post("/api/rag/documents/", files={"file": ("sound.pdf", PUMP)}).json()
    wait_for(lambda: server.http.get(f"/api/rag/documents/{made['id']}/").json()["state"] == "ok", "it is read")
    found: list[str] = []

    def look(name: str) -> None:
        signed_in.evaluate(
            "Promise.all(document.getAnimations().map(one => one.finished.catch(() => 0))).then(() => 0)"
        )
        signed_in.shot(PICTURES / f"{name}-{size}-ko.png")
        found.extend(f"{name}: {fault}" for fault in faults(signed_in))
        assert signed_in.evaluate("document.documentElement.scrollWidth") <= width

    signed_in.evaluate(f"location.hash = '#/documents/{made['id']}?lines=3-4&page=2'")
    signed_in.wait("document.querySelectorAll('.pdf-page .drawn .lines').length === 2")
    look("pdf")
    signed_in.click_node("document.querySelectorAll('.document-page [role=tab]')[1]")
    signed_in.wait("document.querySelector('.chunks li')")
    look("chunks")
    signed_in.click_node("document.querySelectorAll('.document-page [role=tab]')[2]")
    signed_in.wait("document.querySelector('.scroll')")
    look("cited")
    open_documents(signed_in)
    from_menu(signed_in, "공유…")
    signed_in.wait("document.querySelector('[role=dialog] form')")
    look("share")
    assert server.http.delete(f"/api/rag/documents/{made['id']}/").status_code == 204
    assert not found, "\n".join(found)
