"""/api/workspaces/ and the sources in them."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path

import pytest

from tests.api.serving import (
    Server,
    add_folder,
    documents,
    is_error,
    paths_found,
    put_text,
    search,
    synced,
    wait_for,
    workspace,
)

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def test_home_is_there_and_cannot_be_deleted(server: Server) -> None:
    home = server.http.get("/api/workspaces/home/").json()
    assert set(home) >= {"slug", "name", "documents", "shared_with"}
    assert (home["slug"], home["shared_with"]) == ("home", [])
    assert is_error(server.http.delete("/api/workspaces/home/"), 409, "conflict")
    assert server.http.get("/api/workspaces/home/").status_code == 200


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Machine Room", "machine-room"),
        ("  Über --- Straße!  ", "uber-strae"),
        ("연구 노트", "yeongu-noteu"),
        ("연구 노트 둘".encode().decode(), "yeongu-noteu-dul"),
        ("2026", "2026"),
        ("x" * 100, "x" * 40),
        ("UPPER case", "upper-case"),
    ],
)
def test_a_slug_is_made_from_the_name(server: Server, name: str, slug: str) -> None:
    made = server.http.post("/api/workspaces/", json={"name": name})
    assert made.status_code == 201, made.text
    assert made.json()["slug"] == slug
    assert SLUG.fullmatch(slug)
    assert server.http.get(f"/api/workspaces/{slug}/").json() == made.json()
    is_error(server.http.post("/api/workspaces/", json={"name": name}), 409, "conflict")


def test_a_name_without_a_letter_that_can_be_written_gets_a_number(server: Server) -> None:
    made = [server.http.post("/api/workspaces/", json={"name": name}).json()["slug"] for name in ("🙂", "🙂", "日本")]
    assert len(set(made)) == 3
    assert all(re.fullmatch(r"ws-\d+", slug) for slug in made), made


@pytest.mark.parametrize("name", ["plain", "latest", "Plain!", "HOME", "home", "ws 7"])
def test_reserved_and_taken_names_are_conflicts(server: Server, name: str) -> None:
    assert is_error(server.http.post("/api/workspaces/", json={"name": name}), 409, "conflict")["field"] == "name"


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, None, 5, ["a"]])
def test_a_name_that_is_none_is_refused(server: Server, name: object) -> None:
    is_error(server.http.post("/api/workspaces/", json={"name": name}), 400)
    is_error(server.http.put("/api/workspaces/home/", json={"name": name}), 400)


def test_a_new_name_keeps_the_slug(server: Server) -> None:
    slug = workspace(server, "First name")
    answer = server.http.put(f"/api/workspaces/{slug}/", json={"name": "Second name"})
    assert (answer.json()["slug"], answer.json()["name"]) == (slug, "Second name")
    assert server.http.get(f"/api/workspaces/{slug}/").json()["name"] == "Second name"


def test_many_creations_of_one_name_at_once_make_one(server: Server) -> None:
    codes: list[int] = []

    def create() -> None:
        codes.append(server.http.post("/api/workspaces/", json={"name": "At once"}).status_code)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [201] + [409] * 7


def test_a_deleted_workspace_takes_its_documents_with_it(server: Server) -> None:
    slug = workspace(server, "Short lived")
    document = put_text(server, "gone.md", "The quagga is gone.", slug)
    assert server.http.delete(f"/api/workspaces/{slug}/").status_code == 204
    is_error(server.http.get(f"/api/workspaces/{slug}/"), 404, "unknown_workspace")
    is_error(server.http.get(f"/api/rag/documents/{document['id']}/"), 404, "not_found")
    assert not (server.data / "files" / document["id"]).exists()
    is_error(server.http.post("/api/search/", json={"query": "quagga", "workspace": slug}), 404, "unknown_workspace")
    assert workspace(server, "Short lived") == slug
    assert search(server, "quagga", slug) == []
    assert documents(server, workspace=slug) == []
    put_text(server, "new.md", "The dodo is new here.", slug)
    assert paths_found(server, "dodo", slug) == ["new.md"]


def test_unknown_workspaces_are_told_with_those_there_are(server: Server) -> None:
    error = is_error(server.http.get("/api/workspaces/absent/"), 404, "unknown_workspace")
    assert "home" in error["hint"]


# --- sources ---------------------------------------------------------------------------------------------------------


def test_a_source_tells_how_far_it_is(server: Server, tmp_path: Path) -> None:
    slug = workspace(server, "Notes of sources")
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.md").write_text("aardvark")
    (folder / "b.bin").write_bytes(bytes(range(256)) * 10)
    (folder / ".gitignore").write_text("*.log\n")
    (folder / "c.log").write_text("ignored")
    place = f"/api/workspaces/{slug}/sources/"
    made = server.http.post(place, json={"path": str(folder)})
    assert made.status_code == 201
    assert (made.json()["path"], made.json()["watch"]) == (str(folder), True)
    source = synced(server, made.json(), slug)
    assert source["state"] == "ready"
    assert source["counts"] == {"ok": 2, "skipped": 1}  # .gitignore is a text like any other
    assert source["ignored"] == 1
    [listed] = server.http.get(place).json()["items"]
    assert listed["id"] == source["id"]
    assert paths_found(server, "aardvark", slug) == ["notes/a.md"]


def test_the_same_folder_twice_is_one_source(server: Server, tmp_path: Path) -> None:
    slug = workspace(server, "Once")
    (tmp_path / "a.md").write_text("numbat")
    first = add_folder(server, tmp_path, slug)
    second = add_folder(server, tmp_path, slug, watch=False)
    assert (first["id"], second["watch"]) == (second["id"], False)
    assert len(server.http.get(f"/api/workspaces/{slug}/sources/").json()["items"]) == 1
    assert len(documents(server, workspace=slug)) == 1


def test_a_removed_source_takes_its_documents_and_leaves_the_files(server: Server, tmp_path: Path) -> None:
    slug = workspace(server, "Removed")
    (tmp_path / "a.md").write_text("kakapo")
    source = add_folder(server, tmp_path, slug)
    assert server.http.delete(f"/api/workspaces/{slug}/sources/{source['id']}/").status_code == 204
    assert paths_found(server, "kakapo", slug) == []
    assert documents(server, workspace=slug) == []
    is_error(server.http.get(f"/api/workspaces/{slug}/sources/{source['id']}/"), 404)
    assert (tmp_path / "a.md").read_text() == "kakapo"
    assert paths_found(server, "kakapo", slug) == []


def test_a_source_belongs_to_its_workspace(server: Server, tmp_path: Path) -> None:
    slug = workspace(server, "Owner of it")
    (tmp_path / "a.md").write_text("x")
    source = add_folder(server, tmp_path, slug)
    is_error(server.http.get(f"/api/workspaces/home/sources/{source['id']}/"), 404)
    is_error(server.http.delete(f"/api/workspaces/home/sources/{source['id']}/"), 404)
    assert server.http.get(f"/api/workspaces/{slug}/sources/{source['id']}/").status_code == 200


@pytest.mark.parametrize("gone", ["source", "workspace"])
def test_what_is_removed_while_it_is_read_is_gone_for_good(server: Server, tmp_path: Path, gone: str) -> None:
    slug = workspace(server, f"Gone {gone} early")
    for number in range(600):
        (tmp_path / f"{number}.md").write_text(f"The takahe number {number}. " * 20)
    place = f"/api/workspaces/{slug}/"
    source = server.http.post(f"{place}sources/", json={"path": str(tmp_path)}).json()
    wait_for(lambda: server.http.get(f"{place}sources/{source['id']}/").json()["counts"], "reading has begun")
    answer = server.http.delete(f"{place}sources/{source['id']}/" if gone == "source" else place)
    assert answer.status_code == 204, answer.text
    job = wait_for(
        lambda: (
            found
            if (found := server.http.get(f"/api/jobs/{source['job']}/").json())["state"] not in ("queued", "running")
            else None
        ),
        "the job ends",
    )
    assert job is not None and job["state"] in ("done", "cancelled"), job
    if gone == "workspace":
        is_error(server.http.get(place), 404)
        assert workspace(server, f"Gone {gone} early") == slug
    assert documents(server, workspace=slug) == []
    assert search(server, "takahe", slug) == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nowhere/at/all", 404),
        ("relative/path", 400),
        ("", 400),
        ("a\u0000b", 400),
        ("/tmp/\u0000", 404),
        ("/" + "x" * 5000, 400),
        ("/" + "x/" * 2000, 404),
    ],
)
def test_a_path_that_cannot_be_a_source_is_refused(server: Server, path: str, status: int) -> None:
    is_error(server.http.post("/api/workspaces/home/sources/", json={"path": path}), status)


def test_the_data_directory_is_no_source(server: Server, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(server.data)
    for path in (server.data, server.data / "files", link):
        is_error(server.http.post("/api/workspaces/home/sources/", json={"path": str(path)}), 400, "bad_input")


def test_a_folder_above_the_data_directory_leaves_it_out(server: Server) -> None:
    slug = workspace(server, "Above")
    (server.data.parent / "beside.md").write_text("ptarmigan")
    source = add_folder(server, server.data.parent, slug, watch=False)
    assert paths_found(server, "ptarmigan", slug) == [f"{server.data.parent.name}/beside.md"]
    assert not [one["path"] for one in documents(server, workspace=slug) if "/data/" in one["path"]]
    assert server.http.delete(f"/api/workspaces/{slug}/sources/{source['id']}/").status_code == 204


def test_a_single_file_is_a_source(server: Server, tmp_path: Path) -> None:
    slug = workspace(server, "Single")
    file = tmp_path / "only.md"
    file.write_text("capybara")
    (tmp_path / "other.md").write_text("capybara")
    add_folder(server, file, slug)
    assert paths_found(server, "capybara", slug) == ["only.md"]
    [document] = documents(server, workspace=slug)
    assert server.http.get(f"/api/rag/documents/{document['id']}/content/").text == "capybara"


def test_a_rebuild_ends_with_the_same_hits(server: Server) -> None:
    slug = workspace(server, "Rebuilt")
    put_text(server, "a.md", "The binturong smells of popcorn.", slug)
    before = search(server, "binturong", slug)
    answer = server.http.post(f"/api/workspaces/{slug}/index/rebuild/")
    assert answer.status_code == 202
    job = answer.json()["job"]
    wait_for(lambda: server.http.get(f"/api/jobs/{job}/").json()["state"] == "done", "the rebuild ends")
    after = search(server, "binturong", slug)
    assert [hit["text"] for hit in after] == [hit["text"] for hit in before]
    assert os.listdir(server.data / "index")
