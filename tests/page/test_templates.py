"""The page of templates: written with pairs, previewed with the server's count, taken from a file and given back as one."""

from __future__ import annotations

import json
from pathlib import Path

from tests.api.serving import Server, wait_for
from tests.fakes.model_server import FakeModelServer
from tests.page.browser import Browser
from tests.page.conftest import BOX, answer, ask, press_button

DIALOG = "[role=dialog]"


def fill(page: Browser, label: str, text: str, nth: int = 0) -> None:
    """The field of the dialog with that label."""
    found = (
        f"[...document.querySelectorAll('{DIALOG} label')].filter(one => one.innerText.startsWith({label!r}))"
        f".at({nth})?.closest('.MuiFormControl-root').querySelector('input, textarea:not([aria-hidden])')"
    )
    page.click_node(found)
    page.evaluate("document.activeElement.select()")
    page.type(text)


def test_a_template_with_pairs_and_variables_is_written_previewed_and_kept(signed_in: Browser, server: Server) -> None:
    signed_in.evaluate("location.hash = '#/templates'")
    press_button(signed_in, "새 템플릿")
    fill(signed_in, "이름", "존댓말")
    fill(signed_in, "시스템 프롬프트", "{{tone}} 말로 답한다.")
    press_button(signed_in, "예시 추가")
    fill(signed_in, "질문", "{{tone}} 인사는?")
    fill(signed_in, "답변", "안녕하십니까.")
    signed_in.wait(f"document.querySelector('{DIALOG} [role=status]')?.innerText.includes('tone')")
    before = signed_in.text(f"{DIALOG} [role=status]")
    fill(signed_in, "tone에 넣어 볼 값", "아주 정중한 회의 자리의")
    signed_in.wait(
        f"document.querySelector('{DIALOG} p.as-read')?.innerText === '아주 정중한 회의 자리의 말로 답한다.'"
    )
    after = signed_in.text(f"{DIALOG} [role=status]")
    assert before != after and "tone" not in after
    assert "아주 정중한 회의 자리의 인사는?" in signed_in.text(f"{DIALOG} dl.as-read")
    press_button(signed_in, "저장")
    signed_in.wait(
        f"!document.querySelector('{DIALOG}') && document.querySelector('.cards').innerText.includes('존댓말')"
    )
    kept = next(
        one for one in server.http.get("/api/prompts/templates/?limit=500").json()["items"] if one["name"] == "존댓말"
    )
    assert kept["examples"] == [{"user": "{{tone}} 인사는?", "assistant": "안녕하십니까."}]
    assert [one["name"] for one in kept["variables"]] == ["tone"]
    card = "[...document.querySelectorAll('.cards > *')].find(one => one.innerText.includes('존댓말'))"
    assert "{{tone}}" in signed_in.evaluate(f"{card}.innerText")


def test_a_fault_is_told_where_the_template_is_written(signed_in: Browser) -> None:
    signed_in.evaluate("location.hash = '#/templates'")
    press_button(signed_in, "새 템플릿")
    signed_in.wait(f"document.querySelector('{DIALOG} .template-preview [role=alert]')")
    fill(signed_in, "시스템 프롬프트", "Answer.")
    signed_in.wait(f"!document.querySelector('{DIALOG} .template-preview [role=alert]')")
    signed_in.press("Escape")
    signed_in.wait(f"!document.querySelector('{DIALOG}')")


def test_templates_are_taken_from_a_file_and_given_back_as_one(
    signed_in: Browser, server: Server, tmp_path: Path
) -> None:
    told = {"name": "From a file", "system": "Be brief.", "variables": [], "examples": [], "settings": {}}
    file = tmp_path / "templates.json"
    file.write_text(json.dumps({"format": "ibidem-templates", "version": 1, "templates": [told]}))
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    signed_in.evaluate("location.hash = '#/templates'")
    signed_in.wait("document.querySelector('main .cards h2')")
    signed_in.choose_files("main input[type=file]", [broken])
    assert "broken.json" in signed_in.text(".MuiSnackbar-root")
    signed_in.choose_files("main input[type=file]", [file])
    signed_in.wait("document.querySelector('.cards').innerText.includes('From a file')")
    signed_in.wait("document.querySelector('.MuiSnackbar-root')?.innerText.includes('1개')")
    address = signed_in.evaluate(
        "[...document.querySelectorAll('.cards > *')].find(one => one.innerText.includes('From a file'))"
        ".querySelector('a[download]').getAttribute('href')"
    )
    assert server.http.get(address).json()["templates"][0]["system"] == "Be brief."


def test_the_slash_menu_tells_the_variables_and_leads_to_them(
    writing: Browser, writer: Server, model: FakeModelServer
) -> None:
    body = {"name": "줄임", "system": "In {{count}} lines for {{reader}}.", "variables": ["count", "reader"]}
    assert writer.http.post("/api/prompts/templates/", json=body).status_code == 201
    model.reply = ["Short."]
    writing.click(BOX)
    writing.type("/줄임")
    writing.wait(
        "document.querySelector('[role=option][aria-selected=true]')?.innerText.includes('{{count}} {{reader}}')"
    )
    writing.press("Enter")
    writing.wait("document.activeElement?.tagName === 'INPUT'")
    writing.type("3")
    writing.press("Enter")
    writing.type("children")
    writing.press("Enter")
    writing.wait(f"document.activeElement === document.querySelector('{BOX}')")
    ask(writing, "Why is the sky blue?")
    assert answer(writing) == "Short."
    wait_for(lambda: "In 3 lines for children." in str(model.seen), "the model has read the values")
