"""What source files define and import, language by language."""

from __future__ import annotations

import io

import pytest

from ibidem.ingest.parse.grammars import GRAMMARS
from ibidem.ingest.parse.imports import read as read_imports
from ibidem.ingest.parse.imports import statements
from ibidem.ingest.read import read_document
from ibidem.ingest.sniff import sniff
from ibidem.settings import IngestSettings
from ibidem.types import Definition, Outline

# language: (file name, source, definitions as "parent.name: type", imports as (module, name, alias))
SAMPLES = {
    "python": (
        "a.py",
        "from .net import (Client as C,\n    Error)\nimport os.path\n\nLIMIT: int = 3\n\n"
        "class Pool(Base):\n    size: int\n\n    def __init__(self, client: C) -> None:\n        self.client = client\n\n"
        "    @property\n    def free(self) -> int:\n        return 0\n",
        {"LIMIT: int", "Pool: Base", "Pool.size: int", "Pool.__init__: None", "Pool.client: C", "Pool.free: int"},
        {(".net", "Client", "C"), (".net", "Error", "Error"), ("os.path", "", "os")},
    ),
    "javascript": (
        "a.js",
        "const { take, give: g } = require('./pool')\nimport D, * as ns from 'x'\nexport * from './z'\n"
        "class Pool extends Base {\n  take(n) { return n }\n}\nexport const make = () => new Pool()\n",
        {"Pool: extends Base", "Pool.take: ", "make: "},
        {
            ("./pool", "take", "take"),
            ("./pool", "give", "g"),
            ("x", "default", "D"),
            ("x", "", "ns"),
            ("./z", "*", "*"),
        },
    ),
    "typescript": (
        "a.ts",
        "import { a as b, type T } from './x'\nexport class Pool implements Closeable {\n  size: number\n"
        "  constructor(private client: Client) {}\n  take(name: string): Client { return this.client }\n}\n"
        "export interface Options { name: string }\nexport const make = (n: number): Pool => new Pool(n)\n",
        {
            "Pool: implements Closeable",
            "Pool.size: number",
            "Pool.constructor: ",
            "Pool.client: Client",
            "Pool.take: Client",
            "Options: ",
            "Options.name: string",
            "make: Pool",
        },
        {("./x", "a", "b"), ("./x", "T", "T")},
    ),
    "java": (
        "A.java",
        "package a.b;\nimport a.c.D;\nimport static a.c.$E.f;\nimport a.g.*;\n"
        "@Deprecated\nclass Pool<T> extends Base<T> {\n  private final Client client = null;\n  Client take(String n) {\n"
        "    return client;\n  }\n}\n",
        {"Pool: extends Base<T>", "Pool.client: Client", "Pool.take: Client"},
        {("a.b", "*", "*"), ("a.c", "D", "D"), ("a.c.$E", "f", "f"), ("a.g", "*", "*")},
    ),
    "kotlin": (
        "a.kt",
        "package com.acme\nimport com.acme.net.Client as C\n\nclass Pool(val size: Int) : Base() {\n"
        "    fun take(name: String): Client {\n        return open\n    }\n}\n",
        {"Pool: Base", "Pool.size: Int", "Pool.take: Client"},
        {("com.acme", "*", "*"), ("com.acme.net", "Client", "C")},
    ),
    "go": (
        "a.go",
        'package pool\n\nimport (\n\t"fmt"\n\tc "acme.com/net/client/v2"\n\t"acme.com/log/v3"\n)\n\n'
        "type Pool struct {\n\tclient *c.Client\n}\n\nfunc (p *Pool) Take(n string) *c.Client {\n\treturn p.client\n}\n",
        {"Pool: ", "Pool.client: *c.Client", "Pool.Take: *c.Client"},
        {("fmt", "", "fmt"), ("acme.com/net/client/v2", "", "c"), ("acme.com/log/v3", "", "log")},
    ),
    "rust": (
        "a.rs",
        "use crate::net::{Client, self as n, error::Error as E};\nmod inner;\npub struct Pool<T> {\n    size: usize,\n}\n"
        "impl<T> Pool<T> {\n    pub fn take(&self) -> Client { todo!() }\n}\n",
        {"Pool: ", "Pool.size: usize", "Pool.take: Client"},
        {
            ("crate::net", "Client", "Client"),
            ("crate::net", "", "n"),
            ("crate::net::error", "Error", "E"),
            ("self::inner", "", "inner"),
        },
    ),
    "c": (
        "a.c",
        '#include "net/pool.h"\n#define LIMIT 3\nstruct pool { int size; };\nstatic struct client *take(struct pool *p) {\n'
        "  return 0;\n}\n",
        {"LIMIT: ", "pool: ", "pool.size: int", "take: struct client"},
        {("net/pool.h", "*", "*")},
    ),
    "cpp": (
        "a.cpp",
        '#include "pool.h"\nnamespace acme {\nclass Pool : public Base {\n  int size_;\n};\n}\n'
        "Client Pool::take(int n) { return Client(); }\n",
        {"acme: ", "acme.Pool: public Base", "acme.Pool.size_: int", "Pool.take: Client"},
        {("pool.h", "*", "*")},
    ),
    "csharp": (
        "A.cs",
        "using System.Text;\nusing N = Acme.Net;\nclass Pool : Base\n{\n    public int Size { get; set; }\n"
        "    public Client Take(string name) { return null; }\n}\n",
        {"Pool: Base", "Pool.Size: int", "Pool.Take: Client"},
        {("System.Text", "*", "*"), ("Acme", "Net", "N")},
    ),
    "ruby": (
        "a.rb",
        "require 'json'\nrequire_relative 'net/client'\nmodule Acme\n  class Pool < Base\n    attr_reader :size\n"
        "    def take(name)\n      @client\n    end\n  end\nend\n",
        {"Acme: ", "Acme.Pool: < Base", "Acme.Pool.size: ", "Acme.Pool.take: "},
        {("json", "*", "*"), ("./net/client", "*", "*")},
    ),
    "php": (
        "a.php",
        "<?php\nnamespace Acme\\Pools;\nuse Acme\\Net\\{Client, Error as E};\nrequire_once 'boot.php';\n"
        "class Pool extends Base {\n  private Client $client;\n"
        "  public function take(string $name): Client { return $this->client; }\n}\n",
        {"Pool: extends Base", "Pool.client: Client", "Pool.take: Client"},
        {
            ("Acme\\Pools", "*", "*"),
            ("Acme\\Net", "Client", "Client"),
            ("Acme\\Net", "Error", "E"),
            ("./boot.php", "*", "*"),
        },
    ),
}


def outline(source: str, name: str) -> Outline:
    found = [
        item for item in read_document(io.BytesIO(source.encode()), name, IngestSettings()) if isinstance(item, Outline)
    ]
    return found[0] if found else Outline()


def shown(one: Definition) -> str:
    return f"{one.parent}.{one.name}: {one.type}".lstrip(".")


@pytest.mark.parametrize("language", SAMPLES)
def test_definitions_are_known_with_what_encloses_them_and_their_type(language):
    name, source, definitions, _ = SAMPLES[language]
    assert {shown(one) for one in outline(source, name).definitions} == definitions


@pytest.mark.parametrize("language", SAMPLES)
def test_imports_are_known_as_written_and_by_their_name_in_the_file(language):
    name, source, _, imports = SAMPLES[language]
    assert {one[:3] for one in outline(source, name).imports} == imports


@pytest.mark.parametrize("language", SAMPLES)
def test_unfinished_code_tells_the_same_imports(language):
    _, source, _, imports = SAMPLES[language]
    broken = source + "\n{[( unfinished"
    assert {one[:3] for one in statements(broken, language)} == imports


def test_every_grammar_has_a_sample():
    assert set(GRAMMARS) - {"tsx"} == set(SAMPLES)


def test_spans_count_characters_and_leave_decorators_out():
    source = "이름 = 1\r\n\r\n@wraps\r\ndef 함수(값):\r\n    return 값\r\n"
    one = next(one for one in outline(source, "a.py").definitions if one.kind == "def")
    assert source[one.start_char : one.end_char] == "def 함수(값):\r\n    return 값\r\n"
    assert (one.name, one.start_line, one.end_line, one.signature) == ("함수", 4, 5, "def 함수(값):")


def test_a_file_that_cannot_be_parsed_still_tells_what_looks_like_a_definition():
    source = "class Whole:\n    pass\n\n\nclass ][ broken (((\ndef half(x:\n    return (((\n\ndef later():\n    pass\n"
    names = {one.name for one in outline(source, "a.py").definitions}
    assert {"Whole", "half", "later"} <= names


def test_an_import_of_an_unknown_language_is_none():
    assert read_imports("import x", "brainfuck") == []


def referred(source: str, name: str) -> dict[str, list[int]]:
    lines = [line.split(" ") for line in outline(source, name).references.splitlines()]
    return {word: [int(line) for line in rows.split(",")] for word, rows in lines}


REFERRED = {  # names that each sample uses, with the lines
    "python": {"Client": [1], "Base": [7], "C": [1, 10], "property": [13]},
    "javascript": {"Base": [4], "Pool": [7], "n": [5]},
    "typescript": {"Closeable": [2], "Client": [4, 5], "client": [5], "Pool": [8]},
    "java": {"Base": [6], "Client": [7, 8], "client": [9]},
    "kotlin": {"Base": [4], "Client": [2, 5], "open": [6]},
    "go": {"Client": [10, 13], "client": [14], "Pool": [13]},
    "rust": {"Client": [1, 7], "usize": []},
    "c": {"client": [4], "pool": [4]},
    "cpp": {"Base": [3], "Client": [7]},
    "csharp": {"Base": [3], "Client": [6]},
    "ruby": {"Base": [4], "attr_reader": [5]},
    "php": {"Base": [5], "Client": [3, 6, 7], "client": [7]},
}


@pytest.mark.parametrize("language", SAMPLES)
def test_references_are_known_with_their_lines(language):
    name, source, _, _ = SAMPLES[language]
    found = referred(source, name)
    assert {word: found.get(word, []) for word in REFERRED[language]} == REFERRED[language]


def test_comments_and_strings_refer_to_nothing_and_a_definition_not_to_itself():
    found = referred("# Pool\ntext = 'Pool'\n\ndef take(pool):\n    return take(Pool)\n", "a.py")
    assert found["Pool"] == [5] and found["take"] == [5] and "text" not in found


def test_a_name_on_every_line_is_told_as_far_as_anyone_reads():
    assert len(referred("x = same\n" * 5000, "a.py")["same"]) == 50


@pytest.mark.parametrize(
    ("source", "parent"),
    [
        ("namespace acme {\nclass Pool {\n public:\n  int take();\n};\n}\n", "acme.Pool"),
        ("#pragma once\ntemplate <class T>\nclass Pool {\n  T take();\n};\n", "Pool"),
        ("struct Pool : std::vector<int> {\n  int take();\n};\n", "Pool"),
    ],
)
def test_a_header_of_cpp_is_read_as_such(source, parent):
    assert ("take", parent) in {(one.name, one.parent) for one in outline(source, "pool.h").definitions}


def test_a_header_of_c_stays_c_whatever_its_comments_say():
    source = "/* like std::vector;\nclass of its own */\n// namespace a {\nstruct pool { int class; int new; };\n"
    (kind,) = [sniff(source.encode(), "pool.h", len(source)).language]
    assert kind == "c"
    assert {"pool", "class", "new"} <= {one.name for one in outline(source, "pool.h").definitions}


@pytest.mark.parametrize(
    "source", ["namespace Acme.Pools;\n\nclass Pool {}\n", "namespace Acme.Pools {\nclass Pool {}\n}\n"]
)
def test_a_csharp_file_tells_its_namespace(source):
    assert ("Acme.Pools", "package") in {(one.name, one.kind) for one in outline(source, "Pool.cs").definitions}
