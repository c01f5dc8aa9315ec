"""Walking a folder: what is read, what is left out and why, and that git agrees."""

from __future__ import annotations

import os
import random
import subprocess
import time
from pathlib import Path

import pytest

from ibidem.ingest.walk import Found, Left, allowed, walk


def put(root: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def found(root: Path) -> set[str]:
    return {os.fsdecode(item.path) for item in walk(root) if isinstance(item, Found)}


def left(root: Path) -> dict[str, str]:
    return {os.fsdecode(item.path): item.reason for item in walk(root) if isinstance(item, Left)}


def test_files_are_given_in_order_with_size_time_and_inode(tmp_path):
    put(tmp_path, {"b.txt": "two", "a/x.py": "1", "c.md": ""})
    items = list(walk(tmp_path))
    assert [item.path for item in items] == [b"b.txt", b"c.md", b"a/x.py"]
    seen = os.stat(tmp_path / "b.txt")
    assert items[0] == Found(b"b.txt", 3, seen.st_mtime_ns, seen.st_ino)


def test_one_file_can_be_the_root(tmp_path):
    put(tmp_path, {"only.md": "x", ".gitignore": "*.md", ".env": "x"})
    assert [item.path for item in walk(tmp_path / "only.md")] == [b"only.md"]
    assert list(walk(tmp_path / ".env")) == [Left(b".env", "secret name")]


def test_an_absent_root_raises(tmp_path):
    with pytest.raises(FileNotFoundError):
        list(walk(tmp_path / "gone"))


@pytest.mark.parametrize(
    "name",
    [".env", ".env.example", "server.pem", "a.KEY", "id_rsa", "id_ed25519.pub", "x.p12", ".netrc", ".npmrc", ".pypirc"]
    + ["safe.kdbx", "credentials-prod.json", ".git-credentials"],
)
def test_files_with_secret_names_are_never_read(tmp_path, name):
    put(tmp_path, {name: "x", ".ibidemignore": "!*\n"})
    assert left(tmp_path) == {name: "secret name"}


def test_a_source_file_that_begins_with_id_is_no_key(tmp_path):
    put(tmp_path, {"id_card.py": "x", "keys.py": "x"})
    assert found(tmp_path) == {"id_card.py", "keys.py"}


def test_folders_of_tools_and_secrets_are_left_as_a_whole(tmp_path):
    put(
        tmp_path, {"node_modules/a/b.js": "", ".git/config": "", ".ssh/config": "", "my-env/pyvenv.cfg": "", "a.py": ""}
    )
    assert left(tmp_path) == {
        "node_modules": "folder skipped by default",
        ".git": "folder skipped by default",
        ".ssh": "secret name",
        "my-env": "folder skipped by default",
    }
    assert all(item.folder for item in walk(tmp_path) if isinstance(item, Left))


def test_lock_files_are_left_out(tmp_path):
    put(tmp_path, {"uv.lock": "", "web/package-lock.json": "{}"})
    assert left(tmp_path) == {"uv.lock": "lock file", "web/package-lock.json": "lock file"}


def test_an_ignore_file_can_bring_back_a_default_folder(tmp_path):
    put(tmp_path, {"build/notes.md": "x", ".ibidemignore": "!build/\n"})
    assert "build/notes.md" in found(tmp_path)


def test_our_ignore_file_goes_before_gits(tmp_path):
    put(tmp_path, {".gitignore": "*.log\n", ".ibidemignore": "!keep.log\nprivate/\n", "keep.log": "", "x.log": ""})
    put(tmp_path, {"private/a.md": ""})
    assert found(tmp_path) == {".gitignore", ".ibidemignore", "keep.log"}
    assert left(tmp_path) == {"x.log": "ignored", "private": "ignored"}


def test_links_pipes_and_odd_names_are_handled(tmp_path):
    put(tmp_path, {"real.txt": "x", "d/inner.txt": ""})
    (tmp_path / "link.txt").symlink_to("real.txt")
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    odd = os.fsencode(tmp_path) + b"/bad-\xff\n.txt"
    with open(odd, "wb"):
        pass
    assert left(tmp_path) == {"link.txt": "symlink", "loop": "symlink", "pipe": "not a regular file"}
    assert b"bad-\xff\n.txt" in {item.path for item in walk(tmp_path) if isinstance(item, Found)}
    assert allowed(tmp_path, b"loop/real.txt") == Left(b"loop/real.txt", "symlink")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_folder_is_named_and_the_walk_goes_on(tmp_path):
    put(tmp_path, {"shut/a.md": "", "z.md": ""})
    (tmp_path / "shut").chmod(0)
    assert found(tmp_path) == {"z.md"}
    assert left(tmp_path)["shut"].startswith("unreadable")
    (tmp_path / "shut").chmod(0o700)


def test_one_path_gets_the_verdict_of_the_walk(tmp_path):
    put(
        tmp_path,
        {"a/.gitignore": "*.log\n!keep.log\n", "a/b/x.log": "", "a/b/keep.log": "", "a/.env": "", "top.md": ""},
    )
    put(tmp_path, {"node_modules/x.js": ""})
    for item in walk(tmp_path):
        if not (isinstance(item, Left) and item.folder):
            assert allowed(tmp_path, item.path) == item
    assert allowed(tmp_path, b"node_modules/x.js") == Left(b"node_modules/x.js", "folder skipped by default")
    assert allowed(tmp_path, b"gone.md") is None
    assert allowed(tmp_path, b"top.md/inner") is None
    assert allowed(tmp_path, b"nul\0.md") is None
    assert isinstance(allowed(tmp_path, b"../etc/passwd"), Left)


PATTERNS = (
    ["*.log", "!keep.log", "/top", "doc/", "!doc/", "a/*", "!a/b", "**/c", "a/**", "a/**/c", "*", "!*/", "!*.py", "#x"]
    + ["[ab].py", "[!a].py", "?.log", r"\!bang", "b*", "/a/b/", "c.py", "trail ", r"\#hash", "d*/c", "**/b/**", "/*"]
    + ["!/a", "a/b/c.py", "*.py/", "[z-a]", "x\\", "**", "!**/a/", "b/c", "[[:alpha:]].log", "f?o", "\\*"]
)
NAMES = ["a", "b", "c", "doc", "top", "a.py", "c.py", "keep.log", "x.log", "!bang", "#hash", "trail", "foo", "*"]


@pytest.mark.parametrize("seed", range(12))
def test_git_agrees_on_generated_trees(tmp_path, seed):
    chance = random.Random(seed)
    for _ in range(60):
        path = tmp_path.joinpath(*(chance.choice(NAMES) for _ in range(chance.randint(1, 4))))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")
        except OSError:
            continue
    folders = [tmp_path, *(path for path in tmp_path.rglob("*") if path.is_dir())]
    for folder in [tmp_path, *chance.sample(folders, min(4, len(folders)))]:
        (folder / ".gitignore").write_text("\n".join(chance.sample(PATTERNS, chance.randint(1, 5))) + "\n")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".git" / "info").mkdir(exist_ok=True)
    (tmp_path / ".git" / "info" / "exclude").write_text("c.py\n")
    files = [os.fsencode(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()]
    files = [path for path in files if not path.startswith(b".git/")]
    answer = subprocess.run(
        ["git", "-C", tmp_path, "check-ignore", "-z", "--stdin", "--no-index"],
        input=b"\0".join(files),
        capture_output=True,
    )
    wanted = set(files) - set(answer.stdout.split(b"\0"))
    assert {item.path for item in walk(tmp_path) if isinstance(item, Found)} == wanted
    assert {path for path in files if isinstance(allowed(tmp_path, path), Found)} == wanted


def test_ten_thousand_files_are_listed_quickly(tmp_path):
    (tmp_path / ".gitignore").write_text("".join(f"*.tmp{i}\n/out{i}/\n" for i in range(10)))
    for folder in range(20):
        inner = tmp_path / f"d{folder}"
        inner.mkdir()
        for number in range(100):
            os.close(os.open(inner / f"f{number}.md", os.O_CREAT | os.O_WRONLY))
    start = time.process_time()
    assert len(found(tmp_path)) == 2001
    assert time.process_time() - start < 1.0  # 2,000 files; a fifth of the figure, with room for a busy machine
