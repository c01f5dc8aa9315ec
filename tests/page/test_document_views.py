"""A document in a real browser: its pages with the passage marked, its text, its chunks, the chats that cite it."""

from __future__ import annotations

import json

import pytest

from tests.api.serving import Server, put_text, wait_for, workspace
from tests.ingest.pdfs import encrypted
from tests.page.browser import Browser
from tests.page.conftest import ask, press_button
from tests.page.documents import PUMP, forget_faults, from_menu, open_documents, row
from tests.page.looking import SIZES, look, with_axe


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
    signed_in.wait("document.querySelector('.answer.found')?.innerText.includes('wombat ferry')")


@with_axe
@pytest.mark.parametrize("size", SIZES)
def test_the_views_of_a_document_and_of_sharing_are_sound(signed_in: Browser, server: Server, size: str) -> None:
    width, height, dark = SIZES[size]
    signed_in.size(width, height, dark=dark)
    made = server.http.post("/api/rag/documents/", files={"file": ("sound.pdf", PUMP)}).json()
    wait_for(lambda: server.http.get(f"/api/rag/documents/{made['id']}/").json()["state"] == "ok", "it is read")
    found: list[str] = []

    signed_in.evaluate(f"location.hash = '#/documents/{made['id']}?lines=3-4&page=2'")
    signed_in.wait("document.querySelectorAll('.pdf-page .drawn .lines').length === 2")
    found += look(signed_in, f"pdf-{size}")
    signed_in.click_node("document.querySelectorAll('.document-page [role=tab]')[1]")
    signed_in.wait("document.querySelector('.chunks li')")
    found += look(signed_in, f"chunks-{size}")
    signed_in.click_node("document.querySelectorAll('.document-page [role=tab]')[2]")
    signed_in.wait("document.querySelector('.scroll')")
    found += look(signed_in, f"cited-{size}")
    open_documents(signed_in)
    from_menu(signed_in, "공유…")
    signed_in.wait("document.querySelector('[role=dialog] form')")
    found += look(signed_in, f"share-{size}")
    assert server.http.delete(f"/api/rag/documents/{made['id']}/").status_code == 204
    assert not found, "\n".join(found)
