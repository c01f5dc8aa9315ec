"""Watched folders on a real server: whatever is done to the files, searches follow within seconds."""

from __future__ import annotations

import os
import shutil
import subprocess
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.api.serving import Server, add_folder, documents, paths_found, search, serving, wait_for, workspace

FOLLOWS_S = 20.0  # a quiet machine needs less than five


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("watch") / "data", IBIDEM_INGEST__SETTLE_S="0.1") as running:
        yield running


@pytest.fixture
def slug(server: Server, request: pytest.FixtureRequest) -> str:
    return workspace(server, request.node.name[:60])


@pytest.fixture
def folder(server: Server, slug: str, tmp_path: Path) -> Path:
    """A watched folder with two files, below one of a name that is left out by default."""
    place = tmp_path / "build" / "folder"
    place.mkdir(parents=True)
    (place / "first.md").write_text("the first word is aardwolf")
    (place / "second.md").write_text("the second word is babirusa")
    add_folder(server, place, slug)
    return place


@pytest.fixture
def follows(server: Server, slug: str) -> Callable[..., None]:
    """`follows("word", "folder/a.md")`: these and no other files are found."""

    def wait(query: str, *paths: str) -> None:
        look = partial(paths_found, server, query, slug)
        wait_for(lambda: sorted(look()) == sorted(paths), f"{query!r} is found in {paths}", timeout_s=FOLLOWS_S)

    return wait


Follows = Callable[..., None]


def test_save_edit_delete_and_rename(folder: Path, follows: Follows) -> None:
    (folder / "new.md").write_text("a new word: caracal")
    follows("caracal", "folder/new.md")
    (folder / "new.md").write_text("an edited word: dhole")
    follows("dhole", "folder/new.md")
    follows("caracal")
    (folder / "new.md").rename(folder / "renamed.md")
    follows("dhole", "folder/renamed.md")
    (folder / "renamed.md").unlink()
    follows("dhole")
    follows("aardwolf", "folder/first.md")


def test_the_way_editors_save(folder: Path, follows: Follows) -> None:
    """A temporary file, renamed over the old one, with a backup beside it."""
    for word in ("echidna", "fossa", "genet"):
        (folder / ".first.md.swp").write_text("editor")
        (folder / "first.md.tmp").write_text(f"saved as {word}")
        (folder / "first.md.tmp").replace(folder / "first.md")
        (folder / ".first.md.swp").unlink()
        follows(word, "folder/first.md")
    follows("aardwolf")


def test_folders_that_come_move_and_go(
    server: Server, slug: str, folder: Path, follows: Follows, tmp_path: Path
) -> None:
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "deep.md").write_text("deep down a hutia")
    follows("hutia", "folder/a/b/deep.md")
    (folder / "a" / "b" / "later.md").write_text("later a hutia")
    follows("hutia", "folder/a/b/deep.md", "folder/a/b/later.md")
    (folder / "a").rename(folder / "z")
    follows("hutia", "folder/z/b/deep.md", "folder/z/b/later.md")
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    for number in range(20):
        (unpacked / f"{number}.md").write_text(f"an indri moved in as number {number}")
    unpacked.rename(folder / "unpacked")
    found = partial(search, server, "indri", slug, limit=50)
    wait_for(lambda: len(found()) == 20, "all are found", timeout_s=FOLLOWS_S)
    shutil.rmtree(folder / "z")
    follows("hutia")
    (folder / "unpacked").rename(tmp_path / "out")
    follows("indri")


def test_ignore_files(folder: Path, follows: Follows) -> None:
    (folder / ".ibidemignore").write_text("second.md\n")
    follows("babirusa")
    (folder / ".ibidemignore").write_text("first.md\n")
    follows("babirusa", "folder/second.md")
    follows("aardwolf")
    (folder / "first.md").write_text("changed while ignored: jerboa")
    (folder / "third.md").write_text("not ignored: jerboa")
    follows("jerboa", "folder/third.md")
    (folder / ".ibidemignore").unlink()
    follows("jerboa", "folder/first.md", "folder/third.md")


def test_what_is_never_read_stays_out(server: Server, slug: str, folder: Path, follows: Follows) -> None:
    (folder / ".env").write_text("SECRET=kinkajou")
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "a.md").write_text("kinkajou")
    (folder / "link.md").symlink_to("/etc/passwd")
    (folder / "seen.md").write_text("kinkajou seen")
    follows("kinkajou", "folder/seen.md")
    states = {one["path"]: one["state"] for one in documents(server, workspace=slug)}
    assert "folder/node_modules/a.md" not in states
    assert states.get("folder/.env", "skipped") == states.get("folder/link.md", "skipped") == "skipped"


@pytest.mark.parametrize(
    "name",
    [unicodedata.normalize("NFD", "한글 이름.md"), "a\nb.md", "-x.md", "x" * 250 + ".md", os.fsdecode(b"\xff\xfe.md")],
)
def test_odd_names(server: Server, slug: str, folder: Path, name: str) -> None:
    path = os.path.join(os.fsencode(folder), os.fsencode(name))
    for word in ("linsang", "markhor"):
        with open(path, "wb") as file:
            file.write(f"in an odd place a {word}".encode())
        found = wait_for(lambda word=word: paths_found(server, word, slug), word, timeout_s=FOLLOWS_S)  # type: ignore[misc]
        assert len(found) == 1
        assert found[0].isprintable() and unicodedata.is_normalized("NFC", found[0])
    os.unlink(path)
    wait_for(lambda: not paths_found(server, "markhor", slug), "it leaves", timeout_s=FOLLOWS_S)


def test_one_folder_in_two_workspaces(server: Server, folder: Path, follows: Follows) -> None:
    other = workspace(server, "The other of two")
    add_folder(server, folder, other)
    (folder / "both.md").write_text("for both a nilgai")
    follows("nilgai", "folder/both.md")
    wait_for(
        lambda: paths_found(server, "nilgai", other) == ["folder/both.md"], "the other follows", timeout_s=FOLLOWS_S
    )


def test_a_folder_inside_a_watched_folder(server: Server, folder: Path, follows: Follows) -> None:
    (folder / "inner").mkdir()
    other = workspace(server, "Inner")
    add_folder(server, folder / "inner", other)
    (folder / "inner" / "a.md").write_text("inside an olingo")
    follows("olingo", "folder/inner/a.md")
    wait_for(lambda: paths_found(server, "olingo", other) == ["inner/a.md"], "the inner follows", timeout_s=FOLLOWS_S)


def test_a_folder_reached_by_a_link(server: Server, slug: str, tmp_path: Path, follows: Follows) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    add_folder(server, tmp_path / "link", slug)
    (tmp_path / "real" / "a.md").write_text("behind a link a pademelon")
    follows("pademelon", "link/a.md")


def test_a_single_file_however_it_is_saved(server: Server, slug: str, tmp_path: Path, follows: Follows) -> None:
    file = tmp_path / "only.md"
    file.write_text("only a quoll")
    add_folder(server, file, slug)
    follows("quoll", "only.md")
    file.write_text("only a ratel")
    follows("ratel", "only.md")
    for word in ("saiga", "tamandua", "urial"):
        (tmp_path / "half").write_text(f"replaced by a {word}")
        (tmp_path / "half").replace(file)
        follows(word, "only.md")
    file.write_text("written again: vervet")
    follows("vervet", "only.md")


def test_a_folder_that_vanishes_keeps_its_documents(
    server: Server, slug: str, folder: Path, follows: Follows, tmp_path: Path
) -> None:
    [source] = server.http.get(f"/api/workspaces/{slug}/sources/").json()["items"]
    folder.rename(tmp_path / "away")
    place = f"/api/workspaces/{slug}/sources/{source['id']}/"
    wait_for(lambda: server.http.get(place).json()["state"] == "missing", "it is missed", timeout_s=FOLLOWS_S)
    follows("aardwolf", "folder/first.md")
    (tmp_path / "away" / "first.md").write_text("changed while away: warthog")
    (tmp_path / "away").rename(folder)
    follows("warthog", "folder/first.md")
    assert server.http.get(place).json()["state"] == "ready"
    wait_for(lambda: server.http.get("/health").json()["index"] == "ready", "all is done", timeout_s=FOLLOWS_S)
    (folder / "back.md").write_text("back again: wallaroo")
    follows("wallaroo", "folder/back.md")


def test_an_unwatched_folder_is_left_alone(server: Server, slug: str, tmp_path: Path) -> None:
    (still := tmp_path / "still").mkdir()
    add_folder(server, still, slug, watch=False)
    (still / "quiet.md").write_text("unseen a xenops")
    add_folder(server, still, watching := workspace(server, "Watching instead"))
    (still / "quiet2.md").write_text("unseen another xenops")
    wait_for(lambda: len(paths_found(server, "xenops", watching)) == 2, "the watched one follows", timeout_s=FOLLOWS_S)
    assert paths_found(server, "xenops", slug) == []


def test_a_checkout_of_many_files_at_once(folder: Path, follows: Follows) -> None:
    for number in range(700):
        (folder / f"{number}.md").write_text(f"a yapok of {number + 5000}")
    follows("5699", "folder/699.md")
    follows("5000", "folder/0.md")
    for number in range(700):
        (folder / f"{number}.md").unlink()
    follows("yapok")


def test_a_file_written_for_a_while_is_found_in_the_end(folder: Path, follows: Follows) -> None:
    script = "for i in $(seq 40); do echo line $i >> growing.md; sleep 0.02; done; echo at last a zorilla >> growing.md"
    subprocess.run(["bash", "-c", script], cwd=folder, check=True)
    follows("zorilla", "folder/growing.md")


def test_our_own_data_directory_is_no_news_even_by_another_name(tmp_path: Path) -> None:
    """Each look at a file writes to the store: were that news, the server would never rest."""
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    (real / "database").mkdir()  # a name that begins like the data directory's
    data = tmp_path / "link" / "data"
    with serving(data, real, IBIDEM_INGEST__SETTLE_S="0.1") as server:
        (real / "a.md").write_text("one saved file: an addax")
        wait_for(lambda: paths_found(server, "addax"), "it is found", timeout_s=FOLLOWS_S)
        (real / "database" / "b.md").write_text("another saved file: a bongo")
        wait_for(lambda: paths_found(server, "bongo"), "it is found", timeout_s=FOLLOWS_S)
        jobs = len(server.http.get("/api/jobs/", params={"limit": 500}).json()["items"])
        assert jobs < 12
        (real / "c.md").write_text("a third: a civet")
        wait_for(lambda: paths_found(server, "civet"), "it is found", timeout_s=FOLLOWS_S)
        assert len(server.http.get("/api/jobs/", params={"limit": 500}).json()["items"]) <= jobs + 3
        assert not [one["path"] for one in documents(server) if "/data/" in one["path"]]
