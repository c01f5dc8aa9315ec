"""A repository's own history -> a task: the subject of a commit must find the source files that it changed.

Everything is read by `git` from the repository's objects; its work tree is neither read nor touched, and nothing is
fetched.
"""

from __future__ import annotations

import os
import re
import subprocess
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ibidem.errors import BadInput, NotFound
from ibidem.evaluate.task import Gold, Question, Task, TaskDocument

MOST_COMMITS = 100  # newest suitable ones
LOOKED_AT = 3_000  # commits of the log
MOST_CHANGED = 4  # source files of a suitable commit
MAX_FILE_BYTES = 1_000_000
MAX_TOTAL_BYTES = 200_000_000  # of the snapshot; what is over is left out, largest files first
TIMEOUT_S = 120.0

SOURCE = frozenset(
    "c cc cpp cs cxx dart ex exs go h hpp hs java jl js jsx kt kts lua m mjs ml php pl py pyi r rb rs scala sh sql svelte"
    " swift ts tsx vue zig".split()
)
_PREFIX = re.compile(r"^[\w ,./()\[\]*-]{1,40}!?:\s+")
_REFERENCE = re.compile(
    r"https?://\S+|\(?(?:\b(?:fixes|closes|refs?|see|gh)[\s-]*)?#\d+\)?|\[?\b[A-Z]{2,10}-\d+\b\]?", re.I
)
_DULL = re.compile(r"^(?:merge|revert|bump|release|version|wip|v?\d+(?:\.\d+)+)\b", re.I)
_SAFE = "-c core.fsmonitor=false -c core.hooksPath=/dev/null -c log.showSignature=false -c core.quotePath=false".split()


@dataclass(frozen=True, slots=True)
class Commit:
    id: str
    subject: str
    changed: tuple[str, ...]  # source files that were modified


def history_task(repository: Path) -> Task:
    """The newest suitable commits, asked of the files as they stood before all of them.

    Raises NotFound without git or repository, BadInput when the history is too short or git refuses.
    """
    if not repository.is_dir():
        raise NotFound(f"no folder {repository}", hint="name the folder of a git repository")
    _git(repository, "rev-parse", "--git-dir")
    commits = list(_suitable(repository))
    if not commits:
        raise BadInput(
            f"no suitable commits in {repository}",
            hint=f"wanted: a subject of two words or more, and 1 to {MOST_CHANGED} modified source files",
        )
    snapshot = _snapshot(repository, commits[-1].id)
    name = repository.resolve().name
    documents = {path: TaskDocument(path, name, path, text) for path, text in _files(repository, snapshot)}
    questions = []
    for commit in commits:
        gold = tuple(Gold(path, -1, -1) for path in commit.changed if path in documents)
        if gold:
            questions.append(Question(commit.id[:12], name, commit.subject, "", "", frozenset(), "commit", "", gold))
    if not questions:
        raise BadInput(
            f"none of the files changed lately in {repository} existed at {snapshot[:12]}",
            hint="the history is too short or too young to be asked",
        )
    return Task(f"git:{name}", documents, questions)


def cleaned(subject: str) -> str:
    """The subject without its conventional prefix, issue numbers and links."""
    return " ".join(_REFERENCE.sub(" ", _PREFIX.sub("", subject)).split())


def _suitable(repository: Path) -> Iterator[Commit]:
    """The newest commits that ask something: no merges, few source files changed, a subject that says what."""
    form = "--format=%x01%H%x02%s%x02"
    log = _git(
        repository,
        *(
            "log",
            "--no-merges",
            "--no-ext-diff",
            "--no-textconv",
            "--no-renames",
            "--diff-filter=M",
            "--name-only",
            "-z",
        ),
        *("-n", str(LOOKED_AT), form, "HEAD", "--"),
    )
    found = 0
    for entry in log.decode("utf-8", "replace").split("\x01")[1:]:
        commit, subject, names = entry.split("\x02", 2)
        subject = cleaned(subject)
        paths = [name.strip("\n") for name in names.split("\0")]
        changed = tuple(path for path in paths if path.rpartition(".")[2].lower() in SOURCE)
        if 1 <= len(changed) <= MOST_CHANGED and len(subject.split()) > 1 and not _DULL.match(subject):
            yield Commit(commit, subject, changed)
            found += 1
        if found == MOST_COMMITS:
            return


def _snapshot(repository: Path, oldest: str) -> str:
    """The commit before the oldest one used, or that one itself where history begins (or was cut) there."""
    try:
        return _git(repository, "rev-parse", "--verify", "--quiet", f"{oldest}^{{commit}}^").decode().strip()
    except BadInput:
        return oldest


def _files(repository: Path, snapshot: str) -> Iterator[tuple[str, str]]:
    """Path and text of the snapshot's UTF-8 files."""
    sized = []
    for row in _git(repository, "ls-tree", "-r", "-l", "-z", snapshot).split(b"\0"):
        about, _, name = row.partition(b"\t")
        fields = about.split()
        if (
            len(fields) == 4
            and fields[0].startswith(b"100")
            and fields[1] == b"blob"
            and int(fields[3]) <= MAX_FILE_BYTES
        ):
            path = name.decode("utf-8", "replace")
            if path == unicodedata.normalize("NFC", path) and "\ufffd" not in path:
                sized.append((int(fields[3]), path, fields[2]))
    total, taken = 0, []
    for size, path, blob in sorted(sized):
        total += size
        if total > MAX_TOTAL_BYTES:
            break
        taken.append((path, blob))
    content = _git(repository, "cat-file", "--batch", stdin=b"".join(blob + b"\n" for _, blob in taken))
    place = 0
    for path, _ in taken:
        end = content.index(b"\n", place)
        size = int(content[place:end].split()[-1])
        body, place = content[end + 1 : end + 1 + size], end + size + 2
        if b"\0" not in body:
            try:
                yield path, body.decode("utf-8")
            except UnicodeDecodeError:
                continue


def _git(repository: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    quiet = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    outer = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "--no-pager", "-C", str(repository), *_SAFE, *arguments]
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=TIMEOUT_S, env={**outer, **quiet})
    except FileNotFoundError as error:
        raise NotFound("git is not installed", hint="install git, or evaluate on a file of questions") from error
    except subprocess.TimeoutExpired as error:
        raise BadInput(f"git took over {TIMEOUT_S:.0f} s on {repository}", hint="try a smaller repository") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise BadInput(f"git cannot read {repository}: {said or done.returncode}", hint="name a git repository")
    return done.stdout
