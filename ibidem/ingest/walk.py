"""A folder -> the files to read and those left out, each with its reason. Symlinks are never followed.

Rules start at the root given: ignore files above it do not count. An ignore file can bring back ("!build/") what is
left out by default, but never a secret.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ibidem.ingest.ignore import Rules, ignored, rules
from ibidem.ingest.secrets import SECRET_FOLDERS, is_secret_name

SKIPPED_FOLDERS = frozenset(
    ".git .hg .svn .bzr .jj node_modules bower_components venv .venv virtualenv __pycache__ site-packages .tox .nox "
    ".mypy_cache .pytest_cache .ruff_cache .hypothesis .ipynb_checkpoints .eggs build dist target .next .nuxt .output "
    ".svelte-kit .parcel-cache .turbo .gradle .idea .vs .terraform .cache .npm .yarn htmlcov .nyc_output "
    "DerivedData Pods .Trash $RECYCLE.BIN .ibidem".split()
)
LOCK_FILES = frozenset(
    "package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb uv.lock poetry.lock Pipfile.lock "
    "pdm.lock Cargo.lock Gemfile.lock composer.lock go.sum flake.lock mix.lock pubspec.lock Podfile.lock "
    "packages.lock.json .terraform.lock.hcl gradle.lockfile deno.lock Package.resolved".split()
)


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read. `path` is relative to the root, in the bytes of the file system, with slashes."""

    path: bytes
    size_bytes: int
    mtime_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class Left:
    """A file that is not read, or with `folder` a whole folder that was not entered."""

    path: bytes
    reason: str
    folder: bool = False


def walk(root: Path) -> Iterator[Found | Left]:
    """Everything under `root`, folder by folder, in order of names.

    `root` may be one file: then that file alone, relative to `root.parent`, whatever ignore files say. Raises OSError
    when `root` itself is absent.
    """
    top = os.fsencode(root)
    here = os.stat(top)
    if not stat.S_ISDIR(here.st_mode):
        yield _file(os.path.basename(top), here, [])
        return
    pending: list[tuple[bytes, list[Rules]]] = [(b"", [])]
    while pending:
        base, chain = pending.pop()
        folder = os.path.join(top, base) if base else top
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield Left(base.rstrip(b"/") or b".", f"unreadable: {error.strerror}", folder=True)
            continue
        chain = _with_rules(chain, folder, base, {entry.name for entry in listed})
        inner: list[tuple[bytes, list[Rules]]] = []
        for entry in listed:
            path = base + entry.name
            try:
                if entry.is_dir(follow_symlinks=False):
                    left = _folder(path, entry.name, folder, chain)
                    if left:
                        yield left
                    else:
                        inner.append((path + b"/", chain))
                else:
                    yield _file(path, entry.stat(follow_symlinks=False), chain)
            except OSError as error:
                yield Left(path, f"unreadable: {error.strerror}")
        pending += reversed(inner)


def allowed(root: Path, relative: bytes) -> Found | Left | None:
    """The same verdict for one path under the folder `root`, without walking. None: there is no such file.

    For a path inside a folder that is left out, the verdict names the path. `relative` must not leave the root.
    """
    names = relative.split(b"/")
    if b"" in names or b"." in names or b".." in names:
        return Left(relative, "outside the folder")
    top = os.fsencode(root)
    chain: list[Rules] = []
    base = b""
    try:
        for name in names[:-1]:
            folder = os.path.join(top, base) if base else top
            chain = _with_rules(chain, folder, base, None)
            here = os.lstat(os.path.join(folder, name))
            if stat.S_ISLNK(here.st_mode):
                return Left(relative, "symlink")
            left = _folder(base + name, name, folder, chain)
            if left:
                return Left(relative, left.reason)
            base += name + b"/"
        folder = os.path.join(top, base) if base else top
        chain = _with_rules(chain, folder, base, None)
        return _file(relative, os.lstat(os.path.join(top, relative)), chain)
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a NUL in the name
        return None
    except OSError as error:
        return Left(relative, f"unreadable: {error.strerror}")


def _with_rules(chain: list[Rules], folder: bytes, base: bytes, names: set[bytes] | None) -> list[Rules]:
    """The chain with the rules that lie in `folder`; `names` are its entries, where they are known."""
    if names is not None and names.isdisjoint((b".gitignore", b".ibidemignore", b".git")):
        return chain
    found = rules(folder, os.fsdecode(base))
    return [*chain, found] if found else chain


def _folder(path: bytes, name: bytes, parent: bytes, chain: list[Rules]) -> Left | None:
    """Why a folder is not entered."""
    shown = os.fsdecode(name)
    if shown in SECRET_FOLDERS:
        return Left(path, "secret name", folder=True)
    decision = ignored(chain, os.fsdecode(path), folder=True)
    if decision:
        return Left(path, "ignored", folder=True)
    if shown == ".git":
        return Left(path, "folder skipped by default", folder=True)
    if decision is None and (shown in SKIPPED_FOLDERS or os.path.lexists(os.path.join(parent, name, b"pyvenv.cfg"))):
        return Left(path, "folder skipped by default", folder=True)
    return None


def _file(path: bytes, found: os.stat_result, chain: list[Rules]) -> Found | Left:
    """A file, or why it is not read."""
    name = os.fsdecode(path.rsplit(b"/", 1)[-1])
    if stat.S_ISLNK(found.st_mode):
        return Left(path, "symlink")
    if not stat.S_ISREG(found.st_mode):
        return Left(path, "not a regular file")
    if is_secret_name(name):
        return Left(path, "secret name")
    decision = ignored(chain, os.fsdecode(path), folder=False)
    if decision:
        return Left(path, "ignored")
    if decision is None and name in LOCK_FILES:
        return Left(path, "lock file")
    if name == ".git":
        return Left(path, "folder skipped by default")
    return Found(path, found.st_size, found.st_mtime_ns, found.st_ino)
