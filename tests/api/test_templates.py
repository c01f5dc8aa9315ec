"""Templates over HTTP: made, changed, sent as a file and taken back; what is refused says where and why."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest

from tests.api.conftest import MAX_UPLOAD_BYTES
from tests.api.serving import Server, is_error

URL = "/api/prompts/templates/"
SHORT = {
    "name": "short",
    "system": "Answer in {{n}} sentences.",
    "variables": [{"name": "n", "default": "1", "description": "how many"}],
    "examples": [{"user": "a", "assistant": "b"}],
    "settings": {"mode": "query", "temperature": 0.5},
}


@pytest.fixture(autouse=True)
def _none_of_another_test(server: Server) -> None:
    for one in own(server):
        server.http.delete(f"{URL}{one['id']}/")


def own(server: Server) -> list[dict[str, Any]]:
    items = server.http.get(URL, params={"limit": 500}).json()["items"]
    return [one for one in items if not one["shipped"]]


def make(server: Server, **fields: Any) -> dict[str, Any]:
    answer = server.http.post(URL, json={**SHORT, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def file_of(*templates: Any) -> dict[str, Any]:
    return {"format": "ibidem-templates", "version": 1, "templates": list(templates)}


def test_a_template_is_made_read_changed_and_deleted(server: Server) -> None:
    made = make(server)
    assert {key: made[key] for key in ("name", "system", "variables", "examples")} == {
        key: SHORT[key] for key in ("name", "system", "variables", "examples")
    }
    assert made["settings"] == {"mode": "query", "temperature": 0.5, "language": "question"}
    url = f"{URL}{made['id']}/"
    assert server.http.get(url).json() == made
    changed = server.http.put(url, json={**made, "system": "Be short, {{n}}."}).json()
    assert (changed["id"], changed["system"]) == (made["id"], "Be short, {{n}}.")
    assert changed["tokens"]["total"] != made["tokens"]["total"]
    assert server.http.delete(url).status_code == 204
    is_error(server.http.get(url), 404)


def test_a_variable_may_be_a_name_alone(server: Server) -> None:
    assert make(server, variables=["n"])["variables"] == [{"name": "n", "default": None, "description": ""}]


def test_a_name_in_another_form_is_the_same_name(server: Server) -> None:
    made = make(server, name=unicodedata.normalize("NFD", "  요약\tCafé "))
    assert made["name"] == "요약 Café"
    for name in ("요약 café", unicodedata.normalize("NFD", "요약 CAFÉ")):
        assert is_error(server.http.post(URL, json={**SHORT, "name": name}), 409)["field"] == "name"


def test_a_variable_in_another_form_is_the_same_variable(server: Server) -> None:
    text = unicodedata.normalize("NFD", "{{언어}} {{é}}")
    assert make(server, system=text, variables=["언어", "é"])["system"] == "{{언어}} {{é}}"


@pytest.mark.parametrize(
    ("fields", "places"),
    [
        ({"variables": []}, ["system"]),
        ({"system": "x"}, ["variables[0].name"]),
        ({"name": " ", "examples": [{"user": "{{x}}", "assistant": ""}]}, ["name", "examples[0].user"]),
    ],
    ids=["a name in the text that is no variable", "a variable in no text", "two faults"],
)
def test_a_template_that_cannot_work_is_refused_with_every_place(
    server: Server, fields: dict[str, Any], places: list[str]
) -> None:
    error = is_error(server.http.post(URL, json={**SHORT, **fields}), 422)
    assert error["code"] == "template_refused"
    assert ([fault["field"] for fault in error["faults"]], error["field"]) == (places, places[0])
    assert own(server) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"system": 3},
        {"settings": {"temprature": 1}},
        {"settings": {"temperature": 3}},
        {"settings": {"mode": "loud"}},
        {"examples": [{"user": "a"}]},
        {"system": "x" * 30_000},
        {"system": "half a character: \ud800"},
    ],
)
def test_a_body_of_another_shape_is_refused(server: Server, fields: dict[str, Any]) -> None:
    is_error(server.http.post(URL, content=json.dumps({**SHORT, **fields})), 400)
    assert own(server) == []


def test_what_comes_with_ibidem_is_listed_last_and_can_be_copied_but_not_changed(server: Server) -> None:
    make(server)
    items = server.http.get(URL).json()["items"]
    assert [one["shipped"] for one in items] == [False] + [True] * 8
    shipped = items[-1]
    url = f"{URL}{shipped['id']}/"
    for refused in (server.http.put(url, json=shipped), server.http.delete(url)):
        assert "copy" in is_error(refused, 403)["hint"]
    copy = server.http.post(URL, json=shipped).json()
    assert (copy["name"], copy["system"], copy["shipped"]) == (shipped["name"], shipped["system"], False)


def test_a_preview_puts_the_values_in_and_tells_what_it_costs_and_lacks(server: Server) -> None:
    pair = {"user": "{{n}} of {{what}}?", "assistant": "Yes."}
    body = {**SHORT, "system": "{{n}} {{what}}, {{n}}", "variables": ["n", "what"], "examples": [pair]}
    url = f"{URL}preview/"
    half = server.http.post(url, json={**body, "values": {"n": "{{what}}"}}).json()
    assert (half["system"], half["missing"]) == ("{{what}} {{what}}, {{what}}", ["what"])
    whole = server.http.post(url, json={**body, "values": {"n": "2", "what": "밸브"}}).json()
    assert (whole["system"], whole["missing"], whole["faults"]) == ("2 밸브, 2", [], [])
    assert whole["examples"] == [{"user": "2 of 밸브?", "assistant": "Yes."}]
    long = server.http.post(url, json={**body, "values": {"n": "2", "what": "밸브 " * 500}}).json()
    assert long["tokens"]["system"] > whole["tokens"]["system"] > 0
    assert long["tokens"]["total"] == long["tokens"]["system"] + long["tokens"]["examples"]
    assert own(server) == []


def test_a_preview_costs_what_the_stored_template_costs(server: Server) -> None:
    made = make(server)
    assert server.http.post(f"{URL}preview/", json=made).json()["tokens"] == made["tokens"]


def test_a_preview_of_a_faulty_template_tells_the_faults(server: Server) -> None:
    seen = server.http.post(f"{URL}preview/", json={"name": "", "system": "Like {{who}}."})
    assert seen.status_code == 200
    assert seen.json()["system"] == "Like {{who}}."
    assert {place for place, _ in seen.json()["faults"]} == {"name", "system"}


def test_a_list_is_read_in_pages(server: Server) -> None:
    made = [make(server, name=name)["name"] for name in "abc"]
    seen: list[str] = []
    page = server.http.get(URL, params={"limit": 2}).json()
    while True:
        assert len(page["items"]) <= 2
        seen += [one["name"] for one in page["items"]]
        if not page["next"]:
            break
        page = server.http.get(URL, params={"limit": 2, "cursor": page["next"]}).json()
    assert (seen[:3], len(seen)) == (made, 11)
    is_error(server.http.get(URL, params={"cursor": "elsewhere"}), 400)


# --- files -----------------------------------------------------------------------------------------------------------


def test_what_was_exported_comes_back_word_for_word(server: Server) -> None:
    make(server)
    make(server, name="요약", settings={})
    before = own(server)
    file = server.http.get(f"{URL}export/").json()
    assert len(file["templates"]) == 2
    again = server.http.post(f"{URL}import/", json=file).json()
    assert [one["state"] for one in again["items"]] == ["unchanged", "unchanged"]
    assert own(server) == before
    for one in before:
        server.http.delete(f"{URL}{one['id']}/")
    back = server.http.post(f"{URL}import/", json=file).json()
    assert [one["state"] for one in back["items"]] == ["created", "created"]
    assert server.http.get(f"{URL}export/").json() == file


def test_a_file_holds_the_templates_asked_for(server: Server) -> None:
    make(server)
    wanted = ["ibidem-summary-ko", make(server, name="other")["id"]]
    file = server.http.get(f"{URL}export/", params={"id": wanted}).json()
    assert [one["name"] for one in file["templates"]] == ["요약 (한국어)", "other"]
    is_error(server.http.get(f"{URL}export/", params={"id": "nothing"}), 404)


def test_another_template_under_a_known_name_is_put_beside_it(server: Server) -> None:
    made = make(server)
    other = {"name": "SHORT", "system": "Be short."}
    (item,) = server.http.post(f"{URL}import/", json=file_of(other)).json()["items"]
    assert (item["state"], item["name"]) == ("renamed", "SHORT (2)")
    assert server.http.get(f"{URL}{made['id']}/").json() == made


def test_a_file_with_faults_is_refused_whole_and_each_fault_is_told(server: Server) -> None:
    file = file_of(
        SHORT,
        {"name": "a", "system": "{{x}}"},
        {"name": "b", "examples": [{"user": "a", "assistant": "b", "note": "c"}], "settings": {"mode": 1}},
        "text",
        {"name": "c", "system": "x", "sytem": "lost"},
    )
    error = is_error(server.http.post(f"{URL}import/", json=file), 422)
    assert [fault["field"] for fault in error["faults"]] == [
        "templates[1].system",
        "templates[2].examples[0].note",
        "templates[2].settings.mode",
        "templates[3]",
        "templates[4].sytem",
    ]
    assert all(fault["message"] for fault in error["faults"])
    assert own(server) == []


@pytest.mark.parametrize(
    ("content", "status", "field"),
    [
        ("", 400, None),
        ("{", 400, None),
        ('{"format": NaN}', 400, None),
        ("[" * 100_000, 400, None),
        ("\ufeff{}", 400, None),
        ("[]", 422, "format"),
        ('{"format": "other"}', 422, "format"),
        ('{"format": "ibidem-templates", "version": 2}', 422, "version"),
        ('{"format": "ibidem-templates", "version": true}', 422, "version"),
        ('{"format": "ibidem-templates", "version": 1}', 422, "templates"),
        ('{"format": "ibidem-templates", "version": 1, "templates": {}}', 422, "templates"),
        ('{"format": "ibidem-templates", "version": 1, "templates": [], "more": 1}', 422, "more"),
    ],
)
def test_a_file_of_another_kind_is_refused(server: Server, content: str, status: int, field: str | None) -> None:
    assert is_error(server.http.post(f"{URL}import/", content=content), status).get("field") == field


def test_a_file_in_another_encoding_is_refused(server: Server) -> None:
    is_error(server.http.post(f"{URL}import/", content=json.dumps(file_of(SHORT)).encode("utf-16")), 400)


def test_a_file_with_more_templates_than_an_owner_has_is_refused(server: Server) -> None:
    file = file_of(*({"name": f"t{n}", "system": "x"} for n in range(201)))
    assert is_error(server.http.post(f"{URL}import/", json=file), 422)["field"] == "templates"
    assert own(server) == []


def test_an_empty_file_changes_nothing(server: Server) -> None:
    assert server.http.post(f"{URL}import/", json=file_of()).json() == {"items": []}


def test_a_huge_file_is_refused(server: Server) -> None:
    file = json.dumps(file_of(SHORT)).encode()
    is_error(server.http.post(f"{URL}import/", content=file + b" " * MAX_UPLOAD_BYTES), 413)
    assert own(server) == []
