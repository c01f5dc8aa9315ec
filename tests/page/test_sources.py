"""Footnotes and their passages, documents and folders, in a real browser against a real server."""

from __future__ import annotations

import json
from pathlib import Path

from tests.api.serving import Server, put_text, wait_for
from tests.page.browser import Browser
from tests.page.conftest import DOCUMENTS, answer, ask, press_button


def cited_lines(page: Browser) -> list[str]:
    page.wait("document.querySelectorAll('.document-text li.cited').length")
    return list(page.evaluate("[...document.querySelectorAll('.document-text li.cited')].map(line => line.innerText)"))


def test_a_footnote_opens_its_passage_and_gives_the_focus_back(signed_in: Browser) -> None:
    ask(signed_in, "쓰지 않은 연차는 며칠까지 이월하나요?")
    press_button(signed_in, "인용 1")
    assert any("최대 7일까지" in line for line in cited_lines(signed_in))
    assert signed_in.text(".document-text mark") == "쓰지 않은 연차는 최대 7일까지 다음 해로 이월한다."
    panel = signed_in.text("aside")
    assert "휴가.md" in panel and "이월" in panel and "근거 확인" in panel
    assert signed_in.evaluate("document.activeElement.closest('aside') !== null")
    signed_in.press("Escape")
    signed_in.wait("!document.querySelector('aside') && document.activeElement.classList.contains('cite')")


def test_the_words_that_were_cited_are_in_sight_far_down_a_long_passage(signed_in: Browser, server: Server) -> None:
    rows = "".join(
        f"P2-{row},{'flywheel' if row == 1048 else 'bolt'},HP-{row},{row * 7}\n" for row in range(1000, 1060)
    )
    made = put_text(server, "stock.csv", f"part,name,model,price\n{rows}")
    ask(signed_in, "What is the price of the flywheel?")
    press_button(signed_in, "인용 1")
    assert "flywheel" in signed_in.text(".document-text mark")
    signed_in.wait(
        "(box => box.top > 0 && box.bottom < innerHeight)(document.querySelector('mark').getBoundingClientRect())"
    )
    assert server.http.delete(f"/api/rag/documents/{made['id']}/").status_code == 204


def test_the_address_of_a_citation_opens_the_passage(signed_in: Browser, server: Server) -> None:
    found = server.http.post("/api/search/", json={"query": "zeppelin landed dusk"}).json()["hits"]
    hit = next(hit for hit in found if "long.md" in hit["path"])
    line = hit["start_line"] + hit["text"].split("\n").index("The zeppelin landed at dusk.")
    signed_in.open("about:blank")
    signed_in.open(f"{server.url}/#/documents/{hit['document_id']}?lines={line}-{line}")
    assert cited_lines(signed_in) == ["The zeppelin landed at dusk."]
    top, bottom = signed_in.evaluate(
        "(({top, bottom}) => [top, bottom])(document.querySelector('li.cited').getBoundingClientRect())"
    )
    assert 0 < top < bottom < 800
    count = "document.querySelectorAll('.document-text li').length"
    before = signed_in.evaluate(count)
    for name in ("앞부분 더 보기", "뒷부분 더 보기"):
        press_button(signed_in, name)
        signed_in.wait(f"{count} > {before}")
        before = signed_in.evaluate(count)
    numbers = signed_in.evaluate("[...document.querySelectorAll('.document-text li')].map(line => line.value)")
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
        assert "바뀌어" in signed_in.text("aside [role=alert]")
        assert "4.2 bar" in signed_in.text("aside blockquote"), "what was cited is still told"
        assert signed_in.evaluate("document.querySelectorAll('aside .cited, aside mark').length") == 0
    finally:
        (folder / "pump.md").write_text(DOCUMENTS["pump.md"], "utf-8")


def test_a_deleted_document_behind_an_old_citation_is_told(signed_in: Browser, server: Server) -> None:
    body = {"title": "lamp.md", "content": "# Lamp\n\nThe lighthouse lamp burns 3 litres of oil a night.\n"}
    made = server.http.post("/api/rag/documents/", json=body).json()
    signed_in.wait(f"fetch('/api/rag/documents/{made['id']}/').then(a => a.json()).then(d => d.state === 'ok')")
    ask(signed_in, "How much oil does the lighthouse lamp burn?")
    assert "3 litres" in answer(signed_in)
    assert server.http.delete(f"/api/rag/documents/{made['id']}/").status_code == 204
    signed_in.click(".answer .cite")
    assert "더 이상 없습니다" in signed_in.text("aside [role=alert]")
    assert "3 litres" in signed_in.text("aside blockquote")
    assert all("404" in message for message in signed_in.messages)
    signed_in.messages.clear()


def test_what_was_used_is_told_with_scores(signed_in: Browser) -> None:
    ask(signed_in, "relief valve pump bar?")
    press_button(signed_in, "사용한 자료")
    assert "pump.md" in signed_in.text("[role=dialog] ol")
    press_button(signed_in, "채널별 점수")
    signed_in.wait("document.querySelectorAll('[role=dialog] table tbody tr').length > 0")
    assert "본문" in signed_in.text("[role=dialog] thead")


def test_the_documents_page_shows_what_is_indexed_and_what_is_not(signed_in: Browser, folder: Path) -> None:
    signed_in.evaluate("location.hash = '#/documents'")
    signed_in.wait("document.querySelectorAll('table.documents tbody tr').length >= 6")
    page = signed_in.text("main")
    assert str(folder) in page and "실패 1" in page and "broken.pdf" in page
    signed_in.click("main input[type=search]")
    signed_in.type("휴가")
    signed_in.wait("document.querySelectorAll('table.documents tbody tr').length === 1")


def test_a_file_becomes_a_document_and_is_deleted_with_a_way_back(
    signed_in: Browser, server: Server, tmp_path: Path
) -> None:
    note = tmp_path / "메모 <b>.md"
    note.write_text("# 메모\n\n회의실 예약은 내선 4321로 한다.\n", "utf-8")
    signed_in.evaluate("location.hash = '#/documents'")
    signed_in.wait("document.querySelector('table.documents')")
    signed_in.choose_files("main input[type=file]", [note])
    row = "[...document.querySelectorAll('table.documents tr')].find(row => row.innerText.includes('메모 <b>.md'))"
    signed_in.wait(f"{row}?.innerText.includes('완료')", 10)
    press_button(signed_in, "삭제: 메모 <b>.md")
    signed_in.wait(f"!{row}")
    press_button(signed_in, "실행 취소")
    signed_in.wait(row)
    press_button(signed_in, "삭제: 메모 <b>.md")
    signed_in.wait(f"!{row}")
    signed_in.open("about:blank")  # leaving is no undoing
    wait_for(lambda: "메모" not in server.http.get("/api/rag/documents/?limit=500").text, "the document is deleted")


def test_a_folder_is_added_by_its_path(signed_in: Browser, tmp_path: Path) -> None:
    (tmp_path / "new.md").write_text("# New\n\nSomething new.\n", "utf-8")
    signed_in.evaluate("location.hash = '#/documents'")
    for path, shown in ((tmp_path / "absent", "[role=dialog] [role=alert]"), (tmp_path, "main ul")):
        if not signed_in.evaluate("Boolean(document.querySelector('[role=dialog]'))"):
            press_button(signed_in, "서버 폴더 추가")
        signed_in.wait("document.querySelector('[role=dialog] input')")
        signed_in.click("[role=dialog] input")
        signed_in.evaluate("document.activeElement.select()")
        signed_in.type(str(path))
        signed_in.press("Enter")
        signed_in.wait(f"document.querySelector('{shown}')?.innerText.includes({json.dumps(str(path))})")
    assert all("404" in message for message in signed_in.messages)
    signed_in.messages.clear()
    press_button(signed_in, f"제거: {tmp_path}")
    press_button(signed_in, "삭제")
    signed_in.wait(f"!document.querySelector('main').innerText.includes({json.dumps(str(tmp_path))})")
