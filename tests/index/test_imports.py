"""Imports against small trees of files, language by language."""

from __future__ import annotations

import pytest

from ibidem.index.imports import Files, resolve
from ibidem.types import Import


def files(*paths: str, **configs: str) -> Files:
    made = Files()
    for path in paths:
        made.add(path, path)
    for name, text in configs.items():
        path = {"tsconfig": "app/tsconfig.json", "gomod": "app/go.mod"}[name]
        made.add(path, path, text)
    return made


@pytest.mark.parametrize(
    ("importing", "module", "name", "tree", "expected"),
    [
        ("r/src/a/b/c.py", ".d", "x", ["r/src/a/b/d.py"], "r/src/a/b/d.py"),
        ("r/src/a/b/c.py", "..", "d", ["r/src/a/d.py", "r/src/a/__init__.py"], "r/src/a/d.py"),
        ("r/src/a/b/c.py", "..d", "x", ["r/src/a/d/__init__.py", "r/src/d.py"], "r/src/a/d/__init__.py"),
        ("r/src/a/b/c.py", "a.e", "", ["r/src/a/e.py", "other/a/e.py"], "r/src/a/e.py"),
        ("app/src/x.ts", "./y", "Y", ["app/src/y.ts"], "app/src/y.ts"),
        ("app/src/x.ts", "./y.js", "Y", ["app/src/y.ts"], "app/src/y.ts"),
        ("app/src/x.ts", "../lib", "Y", ["app/lib/index.ts"], "app/lib/index.ts"),
        ("app/src/x.tsx", "..", "Y", ["app/index.ts"], "app/index.ts"),
        (
            "j/src/main/a/b/C.java",
            "a.d",
            "E",
            ["j/src/main/a/d/E.java", "j/src/test/a/d/E.java"],
            "j/src/main/a/d/E.java",
        ),
        ("j/src/main/a/b/C.java", "a.d.E", "inner", ["j/src/main/a/d/E.java"], "j/src/main/a/d/E.java"),
        ("j/a/b/C.kt", "a.d", "helper", ["j/a/d/Helpers.kt"], "j/a/d/Helpers.kt"),
        (
            "g/cmd/main.go",
            "acme.com/g/net/client",
            "",
            ["v/acme.com/g/net/client/c.go"],
            "v/acme.com/g/net/client/c.go",
        ),
        ("k/src/net/mod.rs", "crate::pool", "Pool", ["k/src/lib.rs", "k/src/pool.rs"], "k/src/pool.rs"),
        ("k/src/net/mod.rs", "super::pool", "Pool", ["k/src/pool/mod.rs"], "k/src/pool/mod.rs"),
        ("k/src/net.rs", "self::wire", "", ["k/src/net/wire.rs"], "k/src/net/wire.rs"),
        ("k/src/net/mod.rs", "wire", "Frame", ["k/src/net/wire.rs"], "k/src/net/wire.rs"),
        ("c/src/a.c", "pool.h", "*", ["c/src/pool.h", "c/include/pool.h"], "c/src/pool.h"),
        ("c/src/a.c", "net/pool.h", "*", ["c/include/net/pool.h"], "c/include/net/pool.h"),
        ("s/Web/A.cs", "Acme.Pools", "*", ["s/Pools/Pool.cs"], "s/Pools/Pool.cs"),
        ("b/lib/acme.rb", "./acme/pool", "*", ["b/lib/acme/pool.rb"], "b/lib/acme/pool.rb"),
        ("b/bin/run.rb", "acme/pool", "*", ["b/lib/acme/pool.rb"], "b/lib/acme/pool.rb"),
        ("p/src/Web/A.php", "Acme\\Pools", "Pool", ["p/src/Pools/Pool.php"], "p/src/Pools/Pool.php"),
        ("p/a.php", "./lib/boot.php", "*", ["p/lib/boot.php"], "p/lib/boot.php"),
    ],
)
def test_an_import_finds_the_file_it_means(importing, module, name, tree, expected):
    assert resolve(Import(module, name, name), importing, files(importing, *tree))[0] == expected


def test_an_import_of_a_foreign_library_finds_nothing():
    tree = files("r/a.py", "r/b.ts", "r/sub/C.java")
    assert resolve(Import("numpy", "array", "array"), "r/a.py", tree) == []
    assert resolve(Import("react", "useState", "useState"), "r/b.ts", tree) == []
    assert resolve(Import("java.util", "List", "List"), "r/sub/C.java", tree) == []


def test_paths_of_a_tsconfig_with_comments_are_followed():
    config = '{ // ours\n "compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["src/*"], "~lib": ["lib/main.ts"],}} }'
    tree = files("app/src/ui/button.tsx", "app/lib/main.ts", tsconfig=config)
    assert resolve(Import("@/ui/button", "B", "B"), "app/src/x.ts", tree) == ["app/src/ui/button.tsx"]
    assert resolve(Import("~lib", "B", "B"), "app/src/x.ts", tree) == ["app/lib/main.ts"]


def test_a_broken_tsconfig_is_passed_over():
    assert resolve(Import("@/a", "B", "B"), "app/x.ts", files("app/x.ts", tsconfig='{"compilerOptions": [')) == []


def test_a_go_import_is_a_folder_below_the_module_that_go_mod_names():
    tree = files("app/net/a.go", "app/net/b.go", "app/net/README.md", gomod="module acme.com/app\n\ngo 1.22\n")
    assert resolve(Import("acme.com/app/net", "", "net"), "app/main.go", tree) == ["app/net/a.go", "app/net/b.go"]


def test_a_removed_file_is_no_longer_found():
    tree = files("r/a.py", "r/b.py")
    tree.remove("r/b.py")
    assert resolve(Import(".b", "x", "x"), "r/a.py", tree) == []


def test_a_csharp_namespace_is_found_where_it_is_declared_whatever_the_folder():
    tree = files("s/Web/A.cs", "s/Pools/Other.cs", "s/src/Core/Pool.cs", "s/src/Core/Client.cs")
    for path in ("s/src/Core/Pool.cs", "s/src/Core/Client.cs"):
        tree.packages["Acme.Pools"].add(path)
    found = ["s/src/Core/Pool.cs", "s/src/Core/Client.cs"]
    assert resolve(Import("Acme.Pools", "*", "*"), "s/Web/A.cs", tree) == found
    assert resolve(Import("Acme.Pools", "Client", "C"), "s/Web/A.cs", tree)[0] == "s/src/Core/Client.cs"
    tree.remove("s/src/Core/Client.cs")
    assert resolve(Import("Acme", "Pools", "P"), "s/Web/A.cs", tree) == ["s/src/Core/Pool.cs"]
