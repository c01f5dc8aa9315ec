"""Every statement on a table that has an owner asks for the owner, or stands here with its reason."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

import ibidem
from ibidem.store.database import Database

PACKAGE = Path(ibidem.__file__).parent
FILES = sorted([*PACKAGE.glob("store/*.py"), *PACKAGE.glob("jobs/*.py")])

# A part of the statement, and why nobody's rows can be reached through it that are not his.
WITHOUT_OWNER = {
    "SELECT count(*) FROM document WHERE workspace = w.id": "inside a statement that asks for the workspace's owner",
    "FROM login AS l JOIN user AS u ON u.id = l.owner WHERE l.token_hash": "finds the owner: the cookie is the proof",
    "DELETE FROM login WHERE token_hash": "the cookie is the proof",
    "FROM api_key AS k JOIN user AS u ON u.id = k.owner WHERE k.key_hash": "finds the owner: the key is the proof",
    "SELECT 1 FROM share WHERE user = ? AND slug = ?": "the user whom it is shared with",
    "ON u.id = s.user ORDER BY": "for admins, who see all shares",
    "SELECT s.id, s.owner, o.name AS owner_name": "the head of statements that ask for the owner",
    "FROM login WHERE expires_at <=": "upkeep of all owners",
    "FROM source ORDER BY rowid": "the watcher's list of all owners",
    "UPDATE document SET state = 'queued' WHERE state = 'reading'": "start: all owners",
    "SELECT id FROM document WHERE source IS NULL": "upkeep of the uploaded files of all owners",
    "FROM stale AS s LEFT JOIN document AS d": "upkeep of all owners; what it finds carries its owner",
    "DELETE FROM run_event WHERE (run, attempt, first_seq) IN": "upkeep of all owners",
    "SELECT r.id, r.job FROM run AS r WHERE r.ended_at IS NOT NULL": "upkeep of all owners: runs that ended",
    "DELETE FROM run_event WHERE run = ?": "upkeep of all owners: runs that it has found",
    "DELETE FROM run WHERE id = ?": "upkeep of all owners: runs that it has found",
    "DELETE FROM job WHERE id = ?": "upkeep of all owners: jobs of runs that it has found",
    "DELETE FROM job WHERE id IN": "upkeep of all owners: jobs that ended",
    "SELECT session FROM message WHERE NOT EXISTS": "start: messages whose session is gone",
    "SELECT id FROM message WHERE session = ? ORDER BY": "a session that is gone: its owner asked for it",
    "DELETE FROM attachment WHERE message IN": "messages of a session that is gone",
    "DELETE FROM feedback WHERE message IN": "messages of a session that is gone",
    "DELETE FROM message WHERE id = ?": "messages of a session that is gone",
    "SELECT id FROM attachment": "upkeep of the files of all owners",
    "FROM run AS r JOIN job AS j": "start: all owners",
    "DELETE FROM stale WHERE document = ": "within a reading whose document was asked for with its owner",
    "lease_token = :token AND state = 'running'": "the token is the proof",
    "FROM job AS j JOIN run AS r ON r.job = j.id": "whether anybody's answer needs a model: background work waits for all owners",
    "WHERE id = (": "the worker's claim serves all owners",
    "attempts >= :max_attempts": "burying serves all owners",
    "dedupe_key = CASE WHEN": "the start and the worker, for all owners; twins are compared with their owner",
    "SELECT kind FROM job WHERE id = ? AND state = 'queued'": "a place in the common queue: a count, no content",
    "SELECT id FROM document WHERE {column} = ? LIMIT 200": "ids of a source or workspace that was asked for; deleted with owner",
    "WHERE state IN ('queued', 'running') AND kind = ?": "whether anybody's answer waits: summaries come after all owners'",
    "WHERE state = 'running' AND kind = ?": "whether anybody's work runs: filling waits for all owners",
    "LEFT JOIN embedded AS e": "filling serves all owners' workspaces",
    "FROM embedded AS e JOIN workspace AS w": "filling serves all owners' workspaces",
    "INSERT OR IGNORE INTO chunk_embedding": "joins a chunk and a vector of one owner",
    "NOT EXISTS (SELECT 1 FROM chunk_embedding": "upkeep of all owners: vectors without a chunk",
    "SELECT id FROM embedding AS e WHERE unused_at IS NOT NULL": "upkeep of all owners: vectors that are used again",
    "UPDATE embedding SET unused_at = ? WHERE id = ?": "upkeep of all owners: ids that it has found",
    "SELECT seq, owner, document, deleted FROM change WHERE workspace = ?": "filling; what it finds carries its owner",
    "JOIN chunk_embedding AS l ON l.embedding = e.id WHERE e.embedder = ?": "upkeep of all owners: an embedder that goes",
    "SELECT id FROM embedding WHERE embedder = ?": "upkeep of all owners: an embedder that goes",
    "DELETE FROM embedded WHERE workspace NOT IN": "upkeep of all owners: workspaces that are gone",
}


def statements(path: Path) -> list[str]:
    """The SQL of a file; constants of the module are put in, what is only known later stays in braces."""
    module = importlib.import_module(".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts))
    tree = ast.parse(path.read_text("utf-8"))
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
        if part is not node
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            found.append(node.value)
        elif isinstance(node, ast.JoinedStr):
            found.append("".join(_part(part, module) for part in node.values))
    return [text for text in found if re.match(r"\s*(WITH|SELECT|INSERT|UPDATE|DELETE)\b", text)]


def _part(part: ast.expr, module: object) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    name = ast.unparse(part.value)
    return str(getattr(module, name, f"{{{name}}}"))


@pytest.fixture
def owned(db: Database) -> set[str]:
    tables = [row["name"] for row in db.read("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {table for table in tables if any(row["name"] == "owner" for row in db.read(f"PRAGMA table_info({table})"))}


def asks_for_owner(statement: str) -> bool:
    if re.match(r"\s*INSERT", statement):
        return bool(re.search(r"\(.*\bowner\b.*(VALUES|SELECT)", statement, re.DOTALL))
    _, _, conditions = statement.partition("WHERE")
    return "owner" in conditions


def test_every_table_has_an_owner_or_is_the_owners(db: Database, owned: set[str]) -> None:
    tables = {row["name"] for row in db.read("SELECT name FROM sqlite_master WHERE type = 'table'")}
    hanging = {"chunk_embedding", "embedded"}  # from a chunk, from a workspace
    hanging |= {table for table in tables if table.startswith("session_words")}  # the key holds owner and session
    of_the_machine = {"embedder", "embedder_failure"}  # which embedders there are, and why one does not answer
    before_sign_in = {"login_failure"}  # by name and address: who it was is not known
    assert tables - owned - hanging - of_the_machine - before_sign_in == {"user", "sqlite_sequence"}


def test_every_statement_asks_for_the_owner(owned: set[str]) -> None:
    table = re.compile(rf"\b(?:FROM|INTO|UPDATE|JOIN)\s+(?:{'|'.join(owned)})\b")
    found = [(path, statement) for path in FILES for statement in statements(path) if table.search(statement)]
    assert len(found) > 50
    wrong = [
        f"{path.name}: {' '.join(statement.split())}"
        for path, statement in found
        if not asks_for_owner(statement) and not any(part in statement for part in WITHOUT_OWNER)
    ]
    assert wrong == []


def test_no_exception_has_outlived_its_statement() -> None:
    everything = "\n".join(statement for path in FILES for statement in statements(path))
    assert [part for part in WITHOUT_OWNER if part not in everything] == []
