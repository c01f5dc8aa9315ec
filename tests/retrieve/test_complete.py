"""Completion: what is needed next comes first, and follows the files."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ibidem.app import App, build
from ibidem.retrieve.cursor import look
from ibidem.settings import Settings
from ibidem.store.documents import delete_documents, sweep
from ibidem.store.symbols import references_to
from ibidem.store.workspaces import LOCAL_OWNER, Workspace, add_source, create_workspace

CLIENT = '''"""A client."""

from shop.wire import Wire


class Base:
    def close(self) -> None:
        """Let the connection go."""


class Client(Base):
    """Talks to the shop."""

    wire: Wire

    def order(self, item: str) -> "Receipt":
        """Order one item."""
        return Receipt(item)

    def cancel(self, item: str) -> None:
        """Take an order back."""


class Receipt:
    """What was paid."""

    def total(self) -> int:
        """The sum in cents."""
        return 1
'''
FILES = {
    "shop/__init__.py": "from shop.client import Client as Client\n",
    "shop/client.py": CLIENT,
    "shop/wire.py": "class Wire:\n    def send(self, data: bytes) -> int:\n        return len(data)\n",
    "shop/prices.py": "RATE = 7\n\n\ndef with_tax(cents: int) -> int:\n    return cents * (100 + RATE) // 100\n",
    "web/client.py": "class Client:\n    def render(self) -> str:\n        return ''\n",
    "notes.md": "# Notes\n\nClient and Receipt are described elsewhere.\n",
    "main.py": "from shop.client import Client\n",
}


class Shelf:
    """An app over a folder, read again whenever files are put or removed."""

    def __init__(self, app: App, root: Path) -> None:
        self.app, self.root = app, root
        self.workspace: Workspace | None = None

    def add(self, name: str, files: dict[str, str]) -> Workspace:
        folder = self.root / name
        folder.mkdir()
        workspace = create_workspace(self.app.db, LOCAL_OWNER, name, time.time())
        self.source = self.app.db.write(
            lambda tx: add_source(tx, workspace, bytes(folder), watch=False, now=time.time())
        )
        self.put(workspace, name, files)
        return workspace

    def put(self, workspace: Workspace, name: str, files: dict[str, str | None]) -> None:
        for path, text in files.items():
            target = self.root / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink() if text is None else target.write_text(text)
        self.app.sources.sync(self.source, {}, threading.Event())
        self.app.indexes.replay(workspace.id)

    def complete(self, workspace: Workspace, prefix: str, path: str = "main.py", suffix: str = "") -> list[str]:
        """First lines of what comes back, best first."""
        found = self.app.complete(path, prefix, suffix, workspace)
        return [one.stored.chunk.text.strip().split("\n")[0].strip() for one in found.ranked]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    root = tmp_path_factory.mktemp("shelf")
    app = build(Settings(root / "data"))
    yield Shelf(app, root)
    app.close()


@pytest.fixture(scope="module")
def shop(shelf: Shelf) -> Workspace:
    return shelf.add("shop-folder", FILES)


def test_a_name_that_is_imported_and_not_used_yet_comes_first(shelf, shop):
    found = shelf.complete(shop, "from shop.client import Client, Receipt\n\nclient = Client()\n")
    assert found[0] == "class Receipt:"


def test_an_import_decides_between_definitions_of_one_name(shelf, shop):
    completion = shelf.app.complete("main.py", "from web.client import Client\n\n\ndef main():\n    ", "", shop)
    assert "def render(self) -> str:" in completion.ranked[0].stored.chunk.text
    assert shelf.complete(shop, "from shop import Client\n\n")[0] == "class Client(Base):"


@pytest.mark.parametrize(
    "prefix",
    [
        "from shop.client import Client\n\n\ndef main(client: Client):\n    client.",
        "from shop.client import Client\n\nclient = Client()\nclient.",
        "from shop.client import Client\n\nwith Client() as c:\n    c.",
        "from shop.client import Client\n\nclass Mine(Client):\n    def again(self):\n        self.",
        "import shop.client as api\n\nclient = api.Client()\nclient.",
    ],
)
def test_members_of_a_receiver_follow_from_its_type(shelf, shop, prefix):
    found = shelf.complete(shop, prefix)
    assert {'def order(self, item: str) -> "Receipt":', "def cancel(self, item: str) -> None:"} <= set(found[:8])


def test_members_of_a_base_class_come_along(shelf, shop):
    found = shelf.complete(shop, "from shop.client import Client\n\ndef main(client: Client):\n    client.")
    assert "def close(self) -> None:" in found


def test_the_result_of_a_call_is_a_receiver_too(shelf, shop):
    found = shelf.complete(
        shop, "from shop.client import Client\n\nreceipt = Client().order('x')\nreceipt = order('x')\n"
    )
    assert "def total(self) -> int:" in found


def test_a_module_that_is_imported_as_a_whole_offers_what_it_has(shelf, shop):
    completion = shelf.app.complete("main.py", "from shop import prices\n\nprice = prices.", "", shop)
    assert "def with_tax(cents: int) -> int:" in completion.ranked[0].stored.chunk.text


def test_a_receiver_whose_type_is_written_below_the_cursor_is_known(shelf, shop):
    prefix = "class Shop:\n    def close(self):\n        self.link."
    suffix = "\n\n    def open(self):\n        self.link = Wire()\n\n\nfrom shop.wire import Wire\n"
    assert any("def send" in line for line in shelf.complete(shop, prefix, suffix=suffix)[:3])
    assert not any("def send" in line for line in shelf.complete(shop, prefix)[:3])


def test_a_name_that_only_the_code_below_uses_is_less_urgent_than_one_nothing_uses(shelf, shop):
    prefix = "from shop.client import Receipt\nfrom shop.prices import with_tax\n\n\ndef main():\n    "
    suffix = "\n\n\ndef later():\n    return Receipt('x')\n"
    found = shelf.complete(shop, prefix, suffix=suffix)
    assert found[0].startswith("def with_tax") and "class Receipt:" in found
    assert shelf.complete(shop, prefix, suffix="\n\nwith_tax(1)\n")[0] == "class Receipt:"


def test_imports_below_the_cursor_count(shelf, shop):
    found = shelf.complete(shop, "import os\n", suffix="\nfrom shop.client import Receipt\n")
    assert found[0] == "class Receipt:"


def test_code_that_stands_around_the_cursor_is_not_offered_from_a_copy_of_it(shelf):
    text = "class Pool:\n    def take(self, count: int) -> int:\n        return count\n"
    copies = shelf.add("copies", {"a.py": text, "old/a.py": text.replace("\n", "\r\n"), "b.py": "x = 1\n"})
    assert shelf.complete(copies, "pool = Pool()\n", "b.py")
    assert shelf.complete(copies, "pool = Pool()\n", "b.py", suffix=f"\n{text}") == []
    assert shelf.complete(copies, f"{text}\npool = Pool()\n", "b.py") == []


PASSED_ON = {
    "python": (
        {
            "pkg/__init__.py": "from .api import *\n",
            "pkg/api.py": "from .core.pool import Pool as Lake\n",
            "pkg/core/pool.py": "class Pool:\n    def take(self) -> int:\n        return 1\n",
            "far/pool.py": "class Lake:\n    wrong = 1\n",
            "main.py": "",
        },
        "from pkg import Lake\n\nlake: Lake = None\nlake.",
        "main.py",
        "pkg/core/pool.py",
    ),
    "typescript": (
        {
            "lib/index.ts": "export * from './api'\n",
            "lib/api.ts": "export { Pool as Lake } from './core/pool'\n",
            "lib/core/pool.ts": "export class Pool {\n  take(): number {\n    return 1\n  }\n}\n",
            "far/lake.ts": "export class Lake {\n  wrong = 1\n}\n",
            "main.ts": "",
        },
        "import { Lake } from './lib'\n\nconst lake = new Lake()\nlake.",
        "main.ts",
        "lib/core/pool.ts",
    ),
    "rust": (
        {
            "src/lib.rs": "mod api;\npub use api::*;\n",
            "src/api/mod.rs": "mod pool;\npub use self::pool::Pool as Lake;\n",
            "src/api/pool.rs": "pub struct Pool {\n    size: usize,\n}\nimpl Pool {\n    pub fn take(&self) {}\n}\n",
            "far/lake.rs": "pub struct Lake {\n    wrong: usize,\n}\n",
            "src/main.rs": "",
        },
        "use crate::Lake;\n\nfn main() {\n    ",
        "src/main.rs",
        "src/api/pool.rs",
    ),
}


@pytest.mark.parametrize("language", PASSED_ON)
def test_a_name_is_followed_through_the_files_that_pass_it_on(shelf, language):
    tree, prefix, path, home = PASSED_ON[language]
    workspace = shelf.add(f"passed-{language}", tree)
    best = shelf.app.complete(f"passed-{language}/{path}", prefix, "", workspace).ranked[0].stored
    assert best.path == f"passed-{language}/{home}" and ("take" in best.chunk.text or "Pool" in best.chunk.text)


def test_files_that_pass_names_on_to_one_another_in_a_circle_end(shelf):
    tree = {"a/__init__.py": "from b import *\n", "b/__init__.py": "from a import *\n", "m.py": "x = 1\n"}
    circle = shelf.add("circle", tree)
    found = shelf.app.complete("circle/m.py", "from a import Nothing\n\nNothing", "", circle).ranked
    assert not any("imports" in one.channels for one in found)


def test_a_package_imported_as_a_whole_offers_what_it_passes_on(shelf, shop):
    completion = shelf.app.complete("main.py", "import shop\n\nclient = shop.", "", shop)
    assert "class Client(Base):" in completion.ranked[0].stored.chunk.text


def test_an_import_finds_its_definition_among_many_of_that_name(shelf):
    tree = {f"lib/part{at}.py": f"class Config:\n    only{at} = {at}\n" for at in range(40)}
    many = shelf.add("many", {**tree, "main.py": ""})
    found = shelf.app.complete("many/main.py", "from lib.part31 import Config\n\nconfig = Config()\nconfig.", "", many)
    assert "only31" in found.ranked[0].stored.chunk.text
    assert not any("only7 " in one.stored.chunk.text for one in found.ranked)


def test_a_csharp_namespace_decides_wherever_its_files_lie(shelf):
    tree = {
        "core/a.cs": "namespace Acme.Pools;\n\npublic class Pool\n{\n    public int Take() { return 1; }\n}\n",
        "Web/Pools/b.cs": "namespace Other;\n\npublic class Pool\n{\n    public int Wrong() { return 1; }\n}\n",
        "Web/main.cs": "",
    }
    spaces = shelf.add("spaces", tree)
    prefix = "using Acme.Pools;\n\nclass Main\n{\n    void Run(Pool pool)\n    {\n        pool."
    found = shelf.app.complete("spaces/Web/main.cs", prefix, "", spaces).ranked
    assert "Take()" in found[0].stored.chunk.text
    shelf.put(spaces, "spaces", {"core/a.cs": tree["core/a.cs"].replace("Acme.Pools", "Gone")})
    shelf.put(spaces, "spaces", {"Web/Pools/b.cs": tree["Web/Pools/b.cs"].replace("Other", "Acme.Pools")})
    assert "Wrong()" in shelf.app.complete("spaces/Web/main.cs", prefix, "", spaces).ranked[0].stored.chunk.text


def edited(shelf: Shelf, path: str, minutes_ago: float) -> None:
    at = time.time() - 60 * minutes_ago
    os.utime(shelf.root / path, (at, at))


def test_files_edited_a_moment_ago_lend_their_definitions_and_older_ones_do_not(shelf):
    tree = {f"part{at}.py": f"def call{at}(value: int) -> int:\n    return value\n" for at in range(30)}
    hot = shelf.add("hot", {**tree, "main.py": "x = 1\n", "page.md": "# Page\n"})
    assert not any("recent" in one.channels for one in shelf.app.complete("hot/main.py", "x = 1\n", "", hot).ranked)
    for name in (*tree, "main.py", "page.md"):
        edited(shelf, f"hot/{name}", 600)
    edited(shelf, "hot/part3.py", 5)
    shelf.put(hot, "hot", {})
    found = shelf.app.complete("hot/main.py", "x = 1\n", "", hot).ranked
    assert [one.stored.path for one in found if "recent" in one.channels] == ["hot/part3.py"]


def test_what_an_included_file_declares_is_offered(shelf):
    tree = {
        "pool.h": "struct client;\n\nstruct client *pool_take(struct pool *from, int how_many);\n",
        "far/other.h": "int unrelated(void);\n",
        "main.c": "int main(void);\n",
    }
    headers = shelf.add("headers", tree)
    assert "pool_take" in "".join(shelf.complete(headers, '#include "pool.h"\n\nint main(void) {\n  ', "main.c"))


@pytest.mark.parametrize("name", ["Pool", "Renamed"])
def test_a_default_import_finds_its_file_under_any_name(shelf, name):
    tree = {
        "src/pool.ts": "export default class Pool {\n  take(n: number): string {\n    return ''\n  }\n}\n",
        "other/pool.ts": "export class Pool {\n  wrong(): void {}\n}\n",
        "src/main.ts": "",
    }
    workspace = shelf.add(f"default-{name}", tree)
    completion = shelf.app.complete("src/main.ts", f"import {name} from './pool'\n\n", "", workspace)
    assert completion.ranked[0].stored.path.endswith("src/pool.ts")
    assert "take(n: number)" in completion.ranked[0].stored.chunk.text


def test_the_file_that_is_edited_is_never_returned(shelf, shop):
    completion = shelf.app.complete("shop/client.py", CLIENT[: CLIENT.index("def cancel")], "", shop)
    assert "shop-folder/shop/client.py" not in {one.stored.path for one in completion.ranked}
    assert completion.ranked


def test_the_budget_holds(shelf, shop):
    prefix = "from shop.client import Client, Receipt, Base\nfrom shop.wire import Wire\n"
    completion = shelf.app.complete("main.py", prefix, "", shop, budget_tokens=120)
    assert 0 < sum(one.stored.chunk.tokens for one in completion.ranked) <= 120


def test_a_place_is_exact(shelf, shop):
    completion = shelf.app.complete("main.py", "from shop.client import Receipt\n", "", shop)
    chunk = completion.ranked[0].stored.chunk
    assert CLIENT[chunk.span.start_char : chunk.span.end_char] == chunk.text
    assert CLIENT.split("\n")[chunk.span.start_line - 1] == "class Receipt:"
    assert completion.ranked[0].channels["imports"] > 0


@pytest.mark.parametrize(
    "prefix", ["", "\n", "}}})))", "안녕 = 'ㅁ", "x" * 50_000, "from import import\nfrom . import (", "\0\ufffd"]
)
def test_any_text_before_the_cursor_gives_some_answer(shelf, shop, prefix):
    for path in ("main.py", "unknown.py", "", "a.xyz", "x.go"):
        shelf.app.complete(path, prefix, "", shop)


def test_a_workspace_with_no_documents_gives_nothing(shelf):
    empty = create_workspace(shelf.app.db, LOCAL_OWNER, "empty", time.time())
    assert shelf.complete(empty, "from shop.client import Client\n") == []


def test_another_workspace_or_owner_lends_nothing(shelf, shop):
    other = shelf.add("other-folder", {"alone.py": "class Alone:\n    pass\n"})
    assert not any("Client" in line for line in shelf.complete(other, "from shop.client import Client\n\nClient"))
    stranger = Workspace(**{**{key: getattr(shop, key) for key in Workspace.__slots__}, "owner": LOCAL_OWNER + 1})
    assert shelf.complete(stranger, "from shop.client import Client\n\nClient") == []


def test_changed_and_deleted_files_are_followed(shelf):
    changing = shelf.add("changing", {"a.py": "class Early:\n    pass\n", "b.py": "x = 1\n"})
    assert "class Early:" in shelf.complete(changing, "from a import Early\n", "b.py")
    shelf.put(changing, "changing", {"a.py": "class Late:\n    'longer now'\n"})
    assert shelf.complete(changing, "from a import Late\n", "b.py")[0] == "class Late:"
    assert "class Early:" not in shelf.complete(changing, "from a import Early\n", "b.py")
    shelf.put(changing, "changing", {"a.py": None})
    assert shelf.complete(changing, "from a import Late\n", "b.py") == []
    while sweep(shelf.app.db):
        pass
    left = shelf.app.db.read("SELECT name FROM symbol JOIN document ON id = document AND path LIKE 'changing/%'")
    assert [row["name"] for row in left] == ["x"]
    assert not shelf.app.db.read("SELECT 1 FROM symbol WHERE name IN ('Early', 'Late')")


def test_rows_of_a_deleted_document_are_swept(shelf):
    gone = shelf.add("gone", {"a.py": "import os\n\nclass Gone:\n    pass\n"})
    ids = [row["id"] for row in shelf.app.db.read("SELECT id FROM document WHERE workspace = ?", (gone.id,))]
    shelf.app.db.write(lambda tx: delete_documents(tx, LOCAL_OWNER, ids))
    while sweep(shelf.app.db):
        pass
    for table in ("symbol", "import", "reference", "chunk"):
        assert not shelf.app.db.read(f"SELECT 1 FROM {table} WHERE document = ?", (ids[0],))


@pytest.mark.parametrize("part", ["a.", "import\n", "x = ", " ", "A<", "import {a,", "from", "(", "class A ", "\n"])
def test_code_without_sense_or_end_is_looked_at_in_bounded_time(part):
    began = time.process_time()
    for language in ("python", "typescript", "java", "go", "rust", "cpp"):
        look(part * (200_000 // len(part)), language)
    assert time.process_time() - began < 3  # a tenth of that where nothing else runs; minutes before lines were bounded


def test_imports_at_the_top_of_a_long_file_count():
    cursor = look("import { Pool } from './pool'\n" + "const a = 1\n" * 20_000, "typescript")
    assert [one.name for one in cursor.imports] == ["Pool"]


def test_types_are_read_where_languages_write_them():
    def types(code: str, language: str) -> dict[str, tuple[str, ...]]:
        return {name: binding.types for name, binding in look(code, language).bindings.items()}

    assert types("def f(a: Pool | None, b='x'):\n    c = make(a)\n", "python") == {"a": ("Pool",), "c": ("make",)}
    assert types("Pool<Client> pool = other.take();\n", "java")["pool"] == ("other", "take", "Pool", "Client")
    assert types("func f(p *net.Pool, n int) {\n\tc := p.Take()\n", "go")["p"] == ("net", "Pool")
    assert types("const pool = new Pool(1)\nconst f = (c: Context) => {", "typescript") == {
        "pool": ("Pool",),
        "c": ("Context",),
    }


def test_references_are_told_by_file_and_line_and_follow_the_files(shelf):
    tree = {"a.py": "class Early:\n    pass\n", "b.py": "from a import Early\n\nx = Early()\ny = Earlyish()\n"}
    used = shelf.add("used", tree)

    def references(name: str, workspace: Workspace = used) -> list[tuple[str, tuple[int, ...]]]:
        return [(one.path, one.lines) for one in references_to(shelf.app.db, workspace, name)]

    assert references("Early") == [("used/b.py", (1, 3))]
    assert references("Earl") == references("early") == references("") == references("1,3") == []
    shelf.put(used, "used", {"b.py": "import a\n\n\nx = a.Early()\n", "c.py": "Early\n"})
    assert references("Early") == [("used/b.py", (4,)), ("used/c.py", (1,))]
    shelf.put(used, "used", {"b.py": None})
    assert references("Early") == [("used/c.py", (1,))]
    stranger = Workspace(**{**{key: getattr(used, key) for key in Workspace.__slots__}, "owner": LOCAL_OWNER + 1})
    assert references("Early", stranger) == []
