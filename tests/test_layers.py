"""Imports point down the list of parts, and the command line starts light."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ibidem

PACKAGE = Path(ibidem.__file__).parent

LAYERS = [
    {"cli"},
    {"api"},
    {"evaluate"},  # builds the whole program, as a command does
    {"app"},
    {"tasks"},
    {"chat"},
    {"retrieve"},
    {"index"},
    {"ingest", "models", "jobs", "hardware"},
    {"store"},
    {"settings"},
    {"types", "errors"},
]
LEVEL = {part: level for level, parts in enumerate(LAYERS) for part in parts}
WITHOUT_STORE = {"ingest", "models", "hardware"}  # pure: they run in children, or know only their server
HEAVY = ("fastapi", "uvicorn", "httpx", "tantivy", "numpy", "pydantic", "tree_sitter", "pypdfium2")


def imports(path: Path) -> Iterator[str]:
    """The parts that a file imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            package, _, rest = name.partition(".")
            part = rest.partition(".")[0]
            if package == "ibidem" and not part.startswith("__"):
                yield part


def modules() -> list[tuple[str, Path]]:
    """Every file of the package with the part it belongs to."""
    files = [path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py")]
    return [
        (path.parts[0].removesuffix(".py"), PACKAGE / path)
        for path in files
        if path.name != "__init__.py" or path.parent.name
    ]


def test_every_part_has_its_place_in_the_list() -> None:
    parts = {part for part, _ in modules()} - {"__init__", "__main__"}
    assert parts <= LEVEL.keys()
    assert {"cli", "app", "chat", "store", "types"} <= parts


def test_imports_point_down() -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)} imports {imported}"
        for part, path in modules()
        if part in LEVEL
        for imported in imports(path)
        if imported != part and LEVEL[imported] <= LEVEL[part]
    ]
    assert wrong == []


def test_parsers_and_models_do_not_know_the_store() -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)} imports {imported}"
        for part, path in modules()
        if part in WITHOUT_STORE
        for imported in imports(path)
        if imported == "store"
    ]
    assert wrong == []


def loaded_by(command: str) -> set[str]:
    """The heavy modules that a command line has loaded when it ends."""
    code = (
        "import sys\n"
        f"sys.argv = ['ibidem', *{command.split()!r}]\n"
        "from ibidem.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print('LOADED', *(name for name in {HEAVY!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_the_server_starts_without_the_library_for_assistants() -> None:
    """It takes half a second and 56 MB, and most servers are never asked that way."""
    code = "import sys, ibidem.api.server; print(*(name for name in sys.modules if name.split('.')[0] == 'mcp'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("command", ["--help", "--version"])
def test_help_loads_nothing_heavy(command: str) -> None:
    assert loaded_by(command) == set()
