"""Documents and workspaces in a real browser: they come in every way, tell how far they are, and are found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ibidem.app import build
from ibidem.settings import load
from ibidem.store.workspaces import get_workspace
from tests.api.serving import Server, documents, put_text, serving, wait_for, workspace
from tests.page.browser import Browser
from tests.page.conftest import press_button
from tests.page.documents import PUMP, ROWS, choose, drop, enter, forget_faults, from_menu, open_documents, pick, row

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


def test_a_folder_that_is_dropped_again_leaves_no_copies_and_brings_back_what_was_just_deleted(
    signed_in: Browser, server: Server, tmp_path: Path
) -> None:
    slug = workspace(server, "Dropped twice")
    (tmp_path / "책").mkdir()
    for name in ("a.md", "b.md"):
        (tmp_path / "책" / name).write_text("words of " + name)
    open_documents(signed_in, slug)
    drop(signed_in, [tmp_path / "책"])
    signed_in.wait("document.querySelector('main').innerText.includes('완료 2')", 15)
    before = documents(server, workspace=slug)
    press_button(signed_in, "삭제: a.md")
    signed_in.wait("document.querySelector('.MuiSnackbar-root')?.innerText.includes('실행 취소')")
    (tmp_path / "책" / "b.md").write_text("other words")
    drop(signed_in, [tmp_path / "책"])
    signed_in.wait(f"{row('a.md')}?.innerText.includes('완료') && {row('b.md')}?.innerText.includes('완료')", 15)
    after = documents(server, workspace=slug)
    assert [one["path"] for one in sorted(after, key=lambda one: one["path"])] == ["책/a.md", "책/b.md"]
    assert len({one["id"] for one in before} & {one["id"] for one in after}) == 1, "b.md is the document it was"


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
