"""/api/rag/documents/: what is taken in, what is given back, and what leaves."""

from __future__ import annotations

import re
import socket
import time
import unicodedata
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from ibidem.api.uploads import change, save_text
from ibidem.app import build
from ibidem.errors import NotFound
from ibidem.settings import Settings
from ibidem.store.workspaces import LOCAL_OWNER
from tests.api.conftest import MAX_UPLOAD_BYTES
from tests.api.serving import (
    ENDED,
    Server,
    add_folder,
    documents,
    is_error,
    paths_found,
    put_text,
    search,
    settled,
    wait_for,
    workspace,
)

PLACE = "/api/rag/documents/"
FIELDS = {
    "id",
    "workspace",
    "title",
    "path",
    "media_type",
    "size_bytes",
    "state",
    "reason",
    "chunks",
    "created_at",
    "updated_at",
    "source",
    "chunks_so_far",
}
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def upload(server: Server, name: str, content: bytes, **form: str) -> httpx.Response:
    return server.http.post(PLACE, files={"file": (name, content)}, data=form)


def files_stored(server: Server) -> set[str]:
    return {path.name for path in (server.data / "files").iterdir()}


# --- taking in -------------------------------------------------------------------------------------------------------


def test_pasted_text_is_queued_at_once_and_searchable_soon(server: Server) -> None:
    made = server.http.post(
        PLACE, json={"title": "valves.md", "content": "# Valves\n\nThe relief valve opens at 9.7 bar.\n"}
    )
    assert made.status_code == 201
    document = made.json()
    assert set(document) >= FIELDS
    assert isinstance(document["id"], str)
    assert (document["workspace"], document["title"], document["path"]) == ("home", "valves.md", "valves.md")
    assert document["state"] in ("queued", "reading", "indexing", "ok")
    assert RFC_3339.fullmatch(document["created_at"]) and RFC_3339.fullmatch(document["updated_at"])
    assert settled(server, document["id"])["state"] == "ok"
    hit = search(server, "relief valve opens")[0]
    assert (hit["document_id"], hit["path"], hit["start_line"], hit["end_line"]) == (document["id"], "valves.md", 1, 3)


def test_the_original_comes_back_byte_for_byte_as_a_download(server: Server) -> None:
    content = b"\xef\xbb\xbfprice \xb0\xa1\r\n" + "펌프 안내".encode("cp949") + bytes(range(9, 127)) * 30
    document = upload(server, "원본 1.txt", content).json()
    answer = server.http.get(f"{PLACE}{document['id']}/content/")
    assert answer.content == content
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''%EC%9B%90%EB%B3%B8%201.txt"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert server.http.head(f"{PLACE}{document['id']}/content/").headers["content-length"] == str(len(content))


def test_an_upload_goes_to_the_workspace_named(server: Server) -> None:
    slug = workspace(server, "Upload here")
    document = upload(server, "here.md", b"hedgehogs sleep", workspace=slug).json()
    assert document["workspace"] == slug
    settled(server, document["id"])
    assert paths_found(server, "hedgehogs", slug) == ["here.md"]
    assert "here.md" not in paths_found(server, "hedgehogs")


def test_two_documents_may_have_one_title(server: Server) -> None:
    slug = workspace(server, "Twins")
    one = put_text(server, "same.md", "ocelot number one", slug)
    two = put_text(server, "same.md", "ocelot number two", slug)
    assert one["id"] != two["id"]
    assert len(search(server, "ocelot", slug)) == 2
    assert server.http.delete(f"{PLACE}{one['id']}/").status_code == 204
    assert [hit["document_id"] for hit in search(server, "ocelot", slug)] == [two["id"]]


def test_a_decomposed_title_is_shown_composed(server: Server) -> None:
    slug = workspace(server, "Composed")
    document = put_text(server, "한글.md".encode().decode(), "본문", slug)
    assert document["title"] == "한글.md"


@pytest.mark.parametrize("name", [".env", ".env.local", "server.pem", "id_rsa", "credentials.json", "folder/.npmrc"])
def test_a_name_that_holds_secrets_is_refused(server: Server, name: str) -> None:
    before = files_stored(server)
    is_error(upload(server, name, b"TOKEN=abc"), 422, "refused")
    title = name.rpartition("/")[2]
    is_error(server.http.post(PLACE, json={"title": title, "content": "TOKEN=abc"}), 422, "refused")
    document = put_text(server, "harmless.txt", "TOKEN")
    is_error(server.http.put(f"{PLACE}{document['id']}/", json={"title": title}), 422, "refused")
    assert server.http.delete(f"{PLACE}{document['id']}/").status_code == 204
    assert files_stored(server) <= before


BAD_BODIES: list[tuple[str, int]] = [
    ("", 400),
    ("{", 400),
    ("[]", 400),
    ("null", 400),
    ('"text"', 400),
    ("{}", 400),
    ('{"title": "a.md"}', 400),
    ('{"title": "", "content": "x"}', 400),
    ('{"title": "  ", "content": "x"}', 400),
    ('{"title": 5, "content": "x"}', 400),
    ('{"title": "a.md", "content": null}', 400),
    ('{"title": "%s", "content": "x"}' % ("a" * 501), 400),
    ('{"title": "\\ud800.md", "content": "x"}', 400),
    ('{"title": "a.md", "content": "x", "workspace": "absent"}', 404),
    ('{"title": "a.md", "content": "x", "workspace": 7}', 400),
    ('{"title": "a.md", "content": NaN}', 400),
    ("[" * 100_000, 400),
]


@pytest.mark.parametrize(("body", "status"), BAD_BODIES, ids=[str(i) for i in range(len(BAD_BODIES))])
def test_a_body_of_another_shape_is_an_error_in_our_shape_and_stores_nothing(
    server: Server, body: str, status: int
) -> None:
    before = files_stored(server)
    is_error(server.http.post(PLACE, content=body, headers={"Content-Type": "application/json"}), status)
    assert files_stored(server) <= before


def test_bytes_that_are_no_utf8_are_an_error_in_our_shape(server: Server) -> None:
    for place in (PLACE, "/api/search/", "/api/runs/", "/api/workspaces/"):
        answer = server.http.post(place, content=b'{"title": "\xff\xfe"}', headers={"Content-Type": "application/json"})
        is_error(answer, 400)


def test_a_form_without_a_file_is_refused(server: Server) -> None:
    is_error(server.http.post(PLACE, data={"workspace": "home"}, files={"other": ("a.md", b"x")}), 400)
    is_error(server.http.post(PLACE, content=b"--x", headers={"Content-Type": "multipart/form-data; boundary=x"}), 400)
    is_error(server.http.post(PLACE, content=b"", headers={"Content-Type": "multipart/form-data"}), 400)
    two = [("file", ("a.md", b"x")), ("file", ("b.md", b"x"))]
    is_error(server.http.post(PLACE, files=two), 400)


def test_an_upload_over_the_limit_is_told_413_and_leaves_nothing(server: Server) -> None:
    before = files_stored(server)
    is_error(upload(server, "big.txt", b"x" * MAX_UPLOAD_BYTES), 413, "too_large")
    is_error(server.http.post(PLACE, json={"title": "big.txt", "content": "x" * MAX_UPLOAD_BYTES}), 413, "too_large")
    assert files_stored(server) == before
    assert upload(server, "fits.txt", b"x" * (MAX_UPLOAD_BYTES - 1000)).status_code == 201


def test_a_body_without_a_length_is_counted_as_it_comes(server: Server) -> None:
    before = files_stored(server)

    def blocks(start: bytes) -> Any:
        yield start
        for _ in range(MAX_UPLOAD_BYTES // 1000 + 2):
            yield b"x" * 1000

    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    is_error(server.http.post(PLACE, content=blocks(head), headers=form), 413, "too_large")
    for place, start in ((PLACE, b'{"title": "'), ("/api/search/", b'{"query": "'), ("/api/runs/", b'{"question": "')):
        answer = server.http.post(place, content=blocks(start), headers={"Content-Type": "application/json"})
        is_error(answer, 413, "too_large")
    assert files_stored(server) == before


@pytest.mark.parametrize("kind", ["form", "json"])
def test_an_upload_that_breaks_off_leaves_no_row_and_no_file(server: Server, kind: str) -> None:
    rows, files = len(documents(server)), files_stored(server)
    if kind == "form":
        start = b'--b\r\nContent-Disposition: form-data; name="file"; filename="cut.txt"\r\n\r\nhalf of the '
        content_type = "multipart/form-data; boundary=b"
    else:
        start, content_type = b'{"title": "cut.txt", "content": "half of the ', "application/json"
    head = (
        f"POST {PLACE} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAuthorization: Bearer {server.secret}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: 5000\r\n\r\n"
    )
    for half in (socket.SHUT_WR, socket.SHUT_RDWR):
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw:
            raw.sendall(head.encode() + start)
            raw.shutdown(half)
            if half == socket.SHUT_WR:
                raw.recv(4096)  # whatever it says, it has taken notice by then
    assert server.http.get("/api/auth/user/").status_code == 200
    assert len(documents(server)) == rows
    assert files_stored(server) == files


def test_a_form_that_ends_early_is_refused_and_stores_nothing(server: Server) -> None:
    rows, files = len(documents(server)), files_stored(server)
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="cut.txt"\r\n\r\nhalf of the'
    answer = server.http.post(PLACE, content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
    is_error(answer, 400)
    assert len(documents(server)) == rows
    assert files_stored(server) == files


# --- lists -----------------------------------------------------------------------------------------------------------


def test_the_cursor_walks_through_all_documents_once(server: Server) -> None:
    slug = workspace(server, "Pages")
    made = [put_text(server, f"{number}.md", f"page {number}", slug)["id"] for number in range(5)]
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        query = {"workspace": slug, "limit": 2, **({"cursor": cursor} if cursor else {})}
        page = server.http.get(PLACE, params=query).json()
        assert set(page) == {"items", "next"}
        seen += [document["id"] for document in page["items"]]
        cursor = page["next"]
    assert cursor is None
    assert seen == made


def test_the_list_is_filtered_by_workspace_and_state(server: Server) -> None:
    slug = workspace(server, "Filters")
    good = put_text(server, "good.md", "fine", slug)
    bad = settled(server, upload(server, "bad.txt", b"\x00\x01\x02" * 300, workspace=slug).json()["id"])
    assert bad["state"] == "skipped" and "binary" in bad["reason"]
    assert [one["id"] for one in documents(server, workspace=slug, state="ok")] == [good["id"]]
    assert [one["id"] for one in documents(server, workspace=slug, state="skipped")] == [bad["id"]]
    assert {one["id"] for one in documents(server, workspace=slug)} == {good["id"], bad["id"]}
    is_error(server.http.get(PLACE, params={"workspace": "absent"}), 404, "unknown_workspace")


NUMBERS = ["x", "-1", "", "1.5", "²", "1e9", "99999999999999999999999", "%00", "0x10", "٣"]


@pytest.mark.parametrize("value", NUMBERS)
def test_nonsense_for_a_cursor_or_number_is_never_a_fault_of_ours(server: Server, value: str) -> None:
    document = put_text(server, "numbers.md", "one\ntwo\nthree\n")
    place = f"{PLACE}{document['id']}/"
    asked = [
        (PLACE, "cursor"),
        (PLACE, "limit"),
        (PLACE, "state"),
        (f"{place}chunks/", "cursor"),
        (f"{place}chunks/", "limit"),
        (f"{place}text/", "start_line"),
        (f"{place}text/", "end_line"),
        ("/api/jobs/", "cursor"),
        ("/api/jobs/", "limit"),
    ]
    for path, name in asked:
        answer = server.http.get(path, params={name: value})
        if answer.status_code != 200:
            is_error(answer, 400)
        if name == "cursor" and value:
            assert answer.status_code == 400, (path, value, answer.text)


def test_the_size_of_a_page_has_bounds(server: Server) -> None:
    for limit in ("0", "501", "-3"):
        assert is_error(server.http.get(PLACE, params={"limit": limit}), 400)["field"] == "limit"


# --- one document ----------------------------------------------------------------------------------------------------


def test_text_gives_the_lines_asked_for(server: Server) -> None:
    lines = [f"line {number}" for number in range(1, 2001)]
    document = put_text(server, "lines.txt", "\n".join(lines) + "\n")

    def text(**query: int) -> dict[str, Any]:
        answer: dict[str, Any] = server.http.get(f"{PLACE}{document['id']}/text/", params=query).json()
        return answer

    for start, end in ((1, 1), (1, 3), (777, 801), (1999, 2000), (2000, 2000)):
        got = text(start_line=start, end_line=end)
        assert got["text"].splitlines() == lines[start - 1 : end]
        assert (got["start_line"], got["end_line"]) == (start, end)
        assert got["document"]["id"] == document["id"]
    assert text()["text"].splitlines() == lines
    assert text(start_line=1990, end_line=5000)["text"].splitlines() == lines[1989:]
    assert text(start_line=5000)["text"] == ""
    assert text(start_line=10, end_line=9)["text"] == ""


def test_only_line_feeds_end_lines(server: Server) -> None:
    content = "one\r\ntwo\x0cstill two\x0bstill\n\n\nfive\u2028still five\x85\nsix\u2029\nseven"
    document = put_text(server, "breaks.txt", content)
    for number, line in enumerate(content.split("\n"), 1):
        query = {"start_line": number, "end_line": number}
        got = server.http.get(f"{PLACE}{document['id']}/text/", params=query).json()
        assert got["text"].rstrip("\r") == line.rstrip("\r"), (number, got)


def test_leading_blank_lines_do_not_shift_the_lines(server: Server) -> None:
    document = put_text(server, "blank.md", "\n\n\n# Title\n\ntext\n")
    got = server.http.get(f"{PLACE}{document['id']}/text/", params={"start_line": 4, "end_line": 6}).json()
    assert got["text"] == "# Title\n\ntext"
    assert search(server, "Title text")[0]["start_line"] == 4 or paths_found(server, "Title text")[0] != "blank.md"


def test_chunks_carry_spans_that_are_true(server: Server) -> None:
    content = "".join(
        f"# Part {part}\n\n" + "펌프는 4.2 bar 에서 시작한다. The pump starts.\n" * 40 for part in range(6)
    )
    document = put_text(server, "spans.md", content)
    raw = server.http.get(f"{PLACE}{document['id']}/content/").content
    chunks: list[dict[str, Any]] = []
    cursor = None
    while True:
        query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = server.http.get(f"{PLACE}{document['id']}/chunks/", params=query).json()
        chunks += page["items"]
        if (cursor := page["next"]) is None:
            break
    assert len(chunks) == document["chunks"] > 5
    assert [chunk["ordinal"] for chunk in chunks] == list(range(len(chunks)))
    for chunk in chunks:
        span = chunk["span"]
        assert content[span["start_char"] : span["end_char"]] == chunk["text"]
        assert raw[span["start_byte"] : span["end_byte"]].decode() == chunk["text"]
        query = {"start_line": span["start_line"], "end_line": span["end_line"]}
        lines = server.http.get(f"{PLACE}{document['id']}/text/", params=query).json()["text"]
        assert chunk["text"].strip() in lines + "\n" or lines in chunk["text"]
    assert chunks[-1]["heading"] == "Part 5"


def test_an_edit_is_read_again(server: Server) -> None:
    slug = workspace(server, "Edits")
    document = put_text(server, "draft.md", "The draft speaks of walruses.", slug)
    answer = server.http.put(
        f"{PLACE}{document['id']}/", json={"content": "Now it speaks of narwhals.", "title": "final.md"}
    )
    assert answer.status_code == 200
    assert (answer.json()["id"], answer.json()["title"]) == (document["id"], "final.md")
    assert settled(server, document["id"])["size_bytes"] == len("Now it speaks of narwhals.")
    assert paths_found(server, "narwhals", slug) == ["final.md"]
    assert paths_found(server, "walruses", slug) == []
    assert server.http.get(f"{PLACE}{document['id']}/content/").text == "Now it speaks of narwhals."
    assert settled(server, document["id"])["updated_at"] > document["updated_at"]


def test_a_new_title_alone_is_found(server: Server) -> None:
    slug = workspace(server, "Titles")
    document = put_text(server, "before.md", "some text", slug)
    server.http.put(f"{PLACE}{document['id']}/", json={"title": "wombat.md"})
    wait_for(lambda: paths_found(server, "wombat", slug) == ["wombat.md"], "the new title is found", timeout_s=3)
    assert server.http.get(f"{PLACE}{document['id']}/content/").text == "some text"


def test_many_edits_in_a_row_end_with_the_last(server: Server) -> None:
    slug = workspace(server, "Racing edits")
    document = put_text(server, "race.md", "version zero", slug)
    for number in range(12):
        answer = server.http.put(f"{PLACE}{document['id']}/", json={"content": f"edition word{number}x only"})
        assert answer.status_code == 200
    settled(server, document["id"])
    wait_for(lambda: len(search(server, "word11x", slug)) == 1, "the last edit is found", timeout_s=5)
    assert all(
        not search(server, f"word{number}x", slug) or "word11x" in search(server, f"word{number}x", slug)[0]["text"]
        for number in range(11)
    )
    assert server.http.get(f"{PLACE}{document['id']}/text/").json()["text"] == "edition word11x only"


def test_moving_a_document_moves_what_searches_find(server: Server) -> None:
    old, new = workspace(server, "Old place"), workspace(server, "New place")
    document = put_text(server, "moving.md", "The armadillo moves house.", old)
    answer = server.http.put(f"{PLACE}{document['id']}/", json={"workspace": new})
    assert answer.json()["workspace"] == new
    wait_for(lambda: paths_found(server, "armadillo", new) == ["moving.md"], "found in its new place", timeout_s=3)
    wait_for(lambda: paths_found(server, "armadillo", old) == [], "gone from its old place", timeout_s=3)
    assert settled(server, document["id"])["state"] == "ok"
    is_error(server.http.put(f"{PLACE}{document['id']}/", json={"workspace": "absent"}), 404, "unknown_workspace")
    assert {one["slug"]: one["documents"] for one in server.http.get("/api/workspaces/").json()["items"]}[new] == 1


def test_a_document_moved_while_it_is_read_is_found_where_it_went(server: Server) -> None:
    old, new = workspace(server, "Fast old"), workspace(server, "Fast new")
    for number in range(4):
        body = {"title": f"fast{number}.md", "content": f"The cheetah{number} runs. " * 12_000, "workspace": old}
        made = server.http.post(PLACE, json=body)
        place = f"{PLACE}{made.json()['id']}/"
        if number:  # moved while queued the first time, then while it is being read
            wait_for(lambda place=place: server.http.get(place).json()["state"] != "queued", "begun", every_s=0)  # type: ignore[misc]
        assert server.http.put(place, json={"workspace": new}).status_code == 200
        assert settled(server, made.json()["id"])["state"] == "ok"
        found = partial(paths_found, server, f"cheetah{number}")
        wait_for(lambda found=found: found(new), "found in the new place", timeout_s=5)  # type: ignore[misc]
        wait_for(lambda found=found: not found(old), "gone from the old place", timeout_s=5)  # type: ignore[misc]


def test_a_deleted_document_leaves_every_answer_at_once(server: Server) -> None:
    slug = workspace(server, "Leaving")
    document = put_text(server, "leaving.md", "The pangolin leaves.", slug)
    assert paths_found(server, "pangolin", slug) == ["leaving.md"]
    began = time.monotonic()
    assert server.http.delete(f"{PLACE}{document['id']}/").status_code == 204
    wait_for(lambda: paths_found(server, "pangolin", slug) == [], "gone from searches", timeout_s=1)
    assert time.monotonic() - began < 1
    for answer in (
        server.http.get(f"{PLACE}{document['id']}/"),
        server.http.delete(f"{PLACE}{document['id']}/"),
        server.http.get(f"{PLACE}{document['id']}/text/"),
        server.http.put(f"{PLACE}{document['id']}/", json={"title": "x.md"}),
    ):
        is_error(answer, 404, "not_found")
    assert document["id"] not in files_stored(server)


def test_deleting_while_it_is_read_leaves_nothing(server: Server) -> None:
    slug = workspace(server, "Brief")
    for number in range(6):
        body = {"title": f"brief{number}.md", "content": "The mayfly is brief. " * 5000, "workspace": slug}
        made = server.http.post(PLACE, json=body).json()
        time.sleep(0.01 * number)
        assert server.http.delete(f"{PLACE}{made['id']}/").status_code == 204
    wait_for(lambda: search(server, "mayfly", slug) == [], "nothing found", timeout_s=3)
    assert documents(server, workspace=slug) == []


def test_a_file_of_a_folder_is_not_edited_or_deleted_here(server: Server, tmp_path: Path) -> None:
    slug = workspace(server, "Folder")
    (tmp_path / "kept.md").write_text("kept by its folder")
    add_folder(server, tmp_path, slug, watch=False)
    [document] = documents(server, workspace=slug)
    is_error(server.http.put(f"{PLACE}{document['id']}/", json={"content": "x"}), 409, "conflict")
    is_error(server.http.delete(f"{PLACE}{document['id']}/"), 409, "conflict")
    assert (tmp_path / "kept.md").read_text() == "kept by its folder"
    assert server.http.get(f"{PLACE}{document['id']}/content/").content == b"kept by its folder"


@pytest.mark.parametrize(
    ("name", "content", "state"),
    [
        ("empty.txt", b"", "ok"),
        ("binary.txt", bytes(range(256)) * 40, "skipped"),
        ("broken.pdf", b"%PDF-1.4 this is not one", "failed"),
        ("utf16.txt", "utf sixteen 안녕".encode("utf-16"), "ok"),
        ("cp949.txt", ("안녕하세요 펌프 설명서입니다. " * 20).encode("cp949"), "ok"),
        ("key.txt", b"-----BEGIN RSA PRIVATE KEY-----\n" + b"MIIEpAIBAAKCAQEA" * 40, "skipped"),
    ],
)
def test_every_upload_ends_in_one_state_with_its_reason(server: Server, name: str, content: bytes, state: str) -> None:
    document = settled(server, upload(server, name, content).json()["id"])
    assert document["state"] == state
    assert document["state"] in ENDED
    assert bool(document["reason"]) == (state != "ok" or not content), document


# --- lists for people ------------------------------------------------------------------------------------------------


def titles(server: Server, slug: str, **query: str | int) -> list[str]:
    answer = server.http.get(PLACE, params={"workspace": slug, **query})
    assert answer.status_code == 200, answer.text
    return [one["title"] for one in answer.json()["items"]]


def test_a_list_is_sorted_and_filtered_by_name(server: Server) -> None:
    slug = workspace(server, "Sorted")
    for title, size in (("beta.md", 30), ("Alpha.md", 20), ("알파.md", 10), ("50%_off.md", 40)):
        put_text(server, title, "x" * size, slug)
    settled(server, upload(server, "bad.txt", b"\x00\x01\x02" * 300, workspace=slug).json()["id"])
    assert titles(server, slug, sort="name") == ["50%_off.md", "Alpha.md", "bad.txt", "beta.md", "알파.md"]
    assert titles(server, slug, sort="name", order="desc")[0] == "알파.md"
    assert titles(server, slug, sort="size", order="desc") == [
        "bad.txt",
        "50%_off.md",
        "beta.md",
        "Alpha.md",
        "알파.md",
    ]
    assert titles(server, slug, sort="added")[0] == "beta.md"
    assert titles(server, slug, sort="state")[-1] == "bad.txt"
    assert titles(server, slug, name="ALPHA") == ["Alpha.md"]
    assert titles(server, slug, name=unicodedata.normalize("NFD", "알파")) == ["알파.md"]
    assert titles(server, slug, name="%") == titles(server, slug, name="_") == ["50%_off.md"]
    assert titles(server, slug, sort="name", state="skipped", name="b") == ["bad.txt"]
    is_error(server.http.get(PLACE, params={"sort": "owner"}), 400)


def test_a_sorted_list_tells_how_many_there_are_and_goes_on_behind_its_cursor(server: Server) -> None:
    slug = workspace(server, "Counted")
    for number in range(5):
        put_text(server, f"{number}.md", "x", slug)
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        query = {"workspace": slug, "sort": "name", "limit": 2, **({"cursor": cursor} if cursor else {})}
        page = server.http.get(PLACE, params=query).json()
        assert page["total"] == 5
        seen += [one["title"] for one in page["items"]]
        cursor = page["next"]
    assert (seen, cursor) == ([f"{number}.md" for number in range(5)], None)
    is_error(server.http.get(PLACE, params={"sort": "name", "cursor": "x"}), 400)


# --- where they come from --------------------------------------------------------------------------------------------


def test_a_file_of_an_uploaded_folder_is_shown_where_it_lay(server: Server) -> None:
    slug = workspace(server, "Folders")
    document = upload(server, "guide.md", b"The kestrel hovers.", workspace=slug, folder="manuals\\pumps/").json()
    assert (document["title"], document["path"]) == ("guide.md", "manuals/pumps/guide.md")
    settled(server, document["id"])
    assert paths_found(server, "kestrel", slug) == ["manuals/pumps/guide.md"]
    renamed = server.http.put(f"{PLACE}{document['id']}/", json={"title": "birds.md"}).json()
    assert (renamed["title"], renamed["path"]) == ("birds.md", "manuals/pumps/birds.md")


def test_a_folder_that_is_sent_again_leaves_no_copies_and_brings_what_changed(server: Server) -> None:
    slug = workspace(server, "Twice")
    place = {"workspace": slug, "folder": "birds"}
    kept = settled(server, upload(server, "owl.md", b"The owl hoots.", **place).json()["id"])
    changed = settled(server, upload(server, "wren.md", b"The wren sings.", **place).json()["id"])
    before = files_stored(server)
    again = upload(server, "owl.md", b"The owl hoots.", **place)
    assert (again.status_code, again.json()["id"], again.json()["state"]) == (201, kept["id"], "ok")
    assert upload(server, "wren.md", b"The wren is silent.", **place).json()["id"] == changed["id"]
    settled(server, changed["id"])
    assert sorted(one["path"] for one in documents(server, workspace=slug)) == ["birds/owl.md", "birds/wren.md"]
    assert files_stored(server) == before
    assert [hit["text"] for hit in search(server, "wren", slug)] == ["The wren is silent."]


def test_a_file_without_a_folder_replaces_none_of_its_name(server: Server) -> None:
    slug = workspace(server, "Namesakes")
    one = upload(server, "report.md", b"of spring", workspace=slug).json()["id"]
    other = upload(server, "report.md", b"of autumn", workspace=slug).json()["id"]
    assert upload(server, "report.md", b"of spring", workspace=slug).json()["id"] == one != other


def test_a_file_whose_reading_failed_is_read_when_it_is_sent_again(server: Server) -> None:
    slug = workspace(server, "Sent again")
    bad = settled(server, upload(server, "bad.pdf", b"%PDF-1.4 and nothing", workspace=slug).json()["id"])
    assert bad["state"] == "failed"
    assert upload(server, "bad.pdf", b"%PDF-1.4 and nothing", workspace=slug).json()["id"] == bad["id"]
    assert settled(server, bad["id"])["updated_at"] > bad["updated_at"]


@pytest.mark.parametrize(("folder", "status"), [("../up", 400), ("a/../b", 400), ("a" * 2001, 400), ("a/.env/b", 422)])
def test_a_folder_that_is_none_is_refused(server: Server, folder: str, status: int) -> None:
    before = files_stored(server)
    is_error(upload(server, "x.md", b"x", folder=folder), status)
    assert files_stored(server) <= before


def test_a_document_tells_which_folder_it_belongs_to(server: Server, tmp_path: Path) -> None:
    slug = workspace(server, "Sources")
    (tmp_path / "a.md").write_text("one")
    source = add_folder(server, tmp_path, slug)
    put_text(server, "b.md", "two", slug)
    found = {one["title"]: one["source"] for one in documents(server, workspace=slug)}
    assert found == {"a.md": source["id"], "b.md": None}


def test_content_whose_row_is_refused_leaves_no_bytes(tmp_path: Path) -> None:
    app = build(Settings(data_dir=tmp_path / "data"))
    try:
        came = save_text(app, "what has come")
        with pytest.raises(NotFound):
            change(app, LOCAL_OWNER, LOCAL_OWNER, "absent", came=came)
        assert list(app.data.files.iterdir()) == []
    finally:
        app.close()
