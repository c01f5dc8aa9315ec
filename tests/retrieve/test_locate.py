"""Code without a path: the file of the workspace that it stands in, or a name for its language."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from ibidem.app import App, build
from ibidem.retrieve.locate import locate, untitled
from ibidem.settings import Settings
from ibidem.store.workspaces import LOCAL_OWNER, Workspace, create_workspace
from tests.retrieve.test_complete import CLIENT, FILES, Shelf


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    root = tmp_path_factory.mktemp("locate")
    app = build(Settings(root / "data"))
    yield app
    app.close()


@pytest.fixture(scope="module")
def shop(app: App, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Shelf(app, tmp_path_factory.mktemp("shelf")).add("shop", FILES)


def place(app: App, workspace: Workspace, prefix: str, suffix: str = "") -> str:
    return locate(prefix, suffix, workspace, reader=app.indexes.reader(workspace.id), db=app.db)


def test_code_is_found_by_the_lines_it_shares_with_its_file(app: App, shop: Workspace) -> None:
    above, mark, below = CLIENT.partition("    def cancel(")
    assert place(app, shop, f"{above}    def refund(self, item: str", mark + below) == "shop/shop/client.py"
    assert place(app, shop, "", CLIENT) == "shop/shop/client.py"


def test_a_few_lines_that_stand_in_many_files_name_none(app: App, shop: Workspace) -> None:
    assert place(app, shop, "from shop.client import Client\n\nclient = ") == "untitled.py"


def test_an_empty_workspace_has_no_file(app: App) -> None:
    empty = create_workspace(app.db, LOCAL_OWNER, "empty", time.time())
    assert place(app, empty, CLIENT) == "untitled.py"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("import os\n\n\nclass Pool:\n    def take(self):\n        ", "untitled.py"),
        ('package main\n\nimport (\n\t"fmt"\n)\n\nfunc main() {\n\t', "untitled.go"),
        ("use std::fs;\n\npub fn read(path: &str) {\n    let mut text = ", "untitled.rs"),
        ("import java.util.List;\n\npublic class Pool {\n    ", "untitled.java"),
        ("import { a } from './a'\n\nexport const b = (c: string) => ", "untitled.ts"),
        ("const a = require('a')\n\nmodule.exports = ", "untitled.js"),
        ("#include <stdio.h>\n\nint main(void) {\n  ", "untitled.c"),
        ("<?php\n\nnamespace App;\n\n", "untitled.php"),
        ("require 'json'\n\nmodule Shop\n  def empty?\n  ", "untitled.rb"),
        ("using System;\n\nnamespace Shop;\n\n", "untitled.cs"),
        ("once upon a time", "untitled"),
    ],
)
def test_a_new_files_language_is_told_from_its_lines(code: str, name: str) -> None:
    assert untitled(code) == name
