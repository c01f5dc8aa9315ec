"""Prompts with a hole in them: written for each family, read back, and never with prose."""

from __future__ import annotations

import pytest

from ibidem.chat.fim import Family, Hole, Snippet, families, family_of, holds_tokens, read, write

SHOP = Snippet("shop/cart.py", "def total(cart):\n    return 0\n")
QWEN = "<|fim_prefix|>a = <|fim_suffix|>\nprint(a)<|fim_middle|>"


def named(name: str) -> Family:
    return next(family for family in families() if family.name == name)


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("ollama:qwen2.5-coder:1.5b-base", "Qwen2.5-Coder"),
        ("llama:/home/codellama/models/Qwen2.5-Coder-0.5B-Q8_0.gguf", "Qwen2.5-Coder"),
        ("openai:codellama/CodeLlama-7b-hf", "CodeLlama"),
        ("ollama:starcoder2:3b", "StarCoder2"),
        ("ollama:deepseek-coder-v2:16b-lite-base", "DeepSeek-Coder"),
        ("openai:codestral-latest", "Codestral"),
        ("ollama:codegemma:2b", "CodeGemma"),
    ],
)
def test_a_model_is_known_by_its_name(model: str, family: str) -> None:
    assert family_of(model) == named(family)


def test_another_model_has_no_family() -> None:
    assert family_of("ollama:llama3.2") is None


@pytest.mark.parametrize("family", families(), ids=lambda family: family.name)
def test_what_is_written_for_a_family_is_read_back(family: Family) -> None:
    hole = Hole("def f(x):\n    ", "\n    return {x}\n", path="f.py")
    read_back = read(write(hole, family, [], path="f.py", name="home").prompt)
    assert read_back is not None
    assert (read_back.prefix, read_back.suffix) == (hole.prefix, hole.suffix)
    assert read_back.family is not None
    assert read_back.family.marks == family.marks


@pytest.mark.parametrize("family", families(), ids=lambda family: family.name)
def test_with_other_files_the_code_at_the_cursor_stays_whole_and_next_to_its_tokens(family: Family) -> None:
    prefix, suffix = "def f(x):\n    ", "\n    return x\n"
    prompt = write(Hole(prefix, suffix), family, [SHOP], path="f.py", name="home").prompt
    assert "shop/cart.py" in prompt
    assert prompt.index("def total(cart)") < prompt.index(prefix)
    read_back = read(prompt)
    assert read_back is not None
    assert read_back.prefix.endswith(prefix)
    assert read_back.suffix == suffix


def test_qwen_reads_files_by_its_own_tokens() -> None:
    written = write(Hole("a = ", "\n"), named("Qwen2.5-Coder"), [SHOP], path="main.py", name="home")
    assert written.prompt == (
        "<|repo_name|>home\n<|file_sep|>shop/cart.py\ndef total(cart):\n    return 0\n"
        "<|file_sep|>main.py\n<|fim_prefix|>a = <|fim_suffix|>\n<|fim_middle|>"
    )
    assert {"<|fim_middle|>", "<|file_sep|>", "<|endoftext|>"} <= set(written.stop)


@pytest.mark.parametrize(("path", "mark"), [("main.py", "#"), ("Main.java", "//"), ("query.sql", "--"), ("", "//")])
def test_codellama_reads_files_as_comments_of_the_language(path: str, mark: str) -> None:
    prompt = write(Hole("a = ", "\n"), named("CodeLlama"), [SHOP], path=path, name="home").prompt
    commented = f"{mark} Path: shop/cart.py\n{mark} def total(cart):\n{mark}     return 0\n"
    assert prompt == f"<PRE> {commented}a =  <SUF>\n <MID>"


def test_comments_leave_a_first_line_first() -> None:
    prompt = write(Hole("#!/bin/sh\nls ", ""), named("DeepSeek-Coder"), [SHOP], path="a.sh", name="home").prompt
    assert prompt.startswith("<｜fim▁begin｜>#!/bin/sh\n# Path: shop/cart.py\n")


def test_a_model_of_no_family_gets_both_sides_and_no_tokens() -> None:
    written = write(Hole("a = ", "\nb"), None, [SHOP], path="main.js", name="home")
    assert written.suffix == "\nb"
    assert written.prompt.startswith("// Path: shop/cart.py\n")
    assert written.prompt.endswith("\na = ")


def test_a_clients_prompt_stays_as_it_is_without_context() -> None:
    hole = read(QWEN)
    assert hole is not None
    for family in (named("Qwen2.5-Coder"), named("CodeGemma"), None):
        assert write(hole, family, [], path="", name="home").prompt == QWEN


def test_context_goes_before_a_clients_prompt_and_changes_nothing_in_it() -> None:
    hole = read(QWEN)
    assert hole is not None
    prompt = write(hole, named("Qwen2.5-Coder"), [SHOP], path="main.py", name="home").prompt
    assert prompt.startswith("<|repo_name|>home\n<|file_sep|>shop/cart.py\n")
    assert prompt.endswith("<|file_sep|>main.py\n" + QWEN)


def test_a_client_that_names_repository_and_file_is_not_named_twice() -> None:
    sent = f"<|repo_name|>mine\n<|file_sep|>lib.py \nx = 1\n<|file_sep|>src/main.py \n{QWEN}"
    hole = read(sent)
    assert hole is not None
    assert hole.path == "src/main.py"
    prompt = write(hole, named("Qwen2.5-Coder"), [SHOP], path="src/main.py", name="home").prompt
    assert prompt.count("<|repo_name|>") == 1
    assert prompt.count("src/main.py") == 1
    assert prompt.endswith("<|file_sep|>lib.py \nx = 1\n<|file_sep|>src/main.py \n" + QWEN)


def test_tokens_of_another_family_are_put_right() -> None:
    """ProxyAI writes Qwen's tokens, with blanks around them, unless it is told which model answers."""
    hole = read("<|fim_prefix|> a =  <|fim_suffix|>\nprint(a) <|fim_middle|>")
    assert hole is not None
    assert (hole.prefix, hole.suffix) == ("a = ", "\nprint(a)")
    prompt = write(hole, named("DeepSeek-Coder"), [], path="", name="home").prompt
    assert prompt == "<｜fim▁begin｜>a = <｜fim▁hole｜>\nprint(a)<｜fim▁end｜>"


def test_files_that_a_client_put_in_are_kept_as_comments_for_a_family_without_tokens() -> None:
    hole = read(f"<|repo_name|>mine\n<|file_sep|>lib.py\nx = 1\n{QWEN}")
    assert hole is not None
    prompt = write(hole, named("CodeLlama"), [], path="main.py", name="home").prompt
    assert "# x = 1\n" in prompt
    assert "<|" not in prompt


def test_codestral_reads_the_suffix_first() -> None:
    hole = read("[SUFFIX]\nend[PREFIX]+++++ a.rb\nx = 1\n\n+++++ app/b.rb\ndef f\n  ")
    assert hole is not None
    assert (hole.suffix, hole.path) == ("\nend", "app/b.rb")
    prompt = write(hole, named("Codestral"), [SHOP], path="app/b.rb", name="home").prompt
    assert prompt.startswith("[SUFFIX]\nend[PREFIX]+++++ shop/cart.py\ndef total(cart):\n    return 0\n\n+++++ a.rb\n")


@pytest.mark.parametrize(
    "prompt",
    [
        "Why is the sky blue?",
        "print('<|fim_prefix|>')",
        "<|fim_suffix|>b<|fim_prefix|>a<|fim_middle|>",
        f"TOKENS = '{QWEN}'\n{QWEN}",
    ],
)
def test_what_is_no_code_with_one_hole_is_left_alone(prompt: str) -> None:
    assert read(prompt) is None


def test_the_path_that_a_client_wrote_above_the_code_is_known() -> None:
    sent = "// Path: lib/a.ts\n// const a = 1\n// Path: src/main.ts\nconst b = "
    hole = read(sent, "\n")
    assert hole is not None
    assert hole.path == "src/main.ts"


def test_code_about_a_familys_tokens_is_told_from_other_code() -> None:
    qwen = named("Qwen2.5-Coder")
    assert holds_tokens("END = '<|fim_middle|>'", qwen)
    assert not holds_tokens("END = '<|fim_middle|>'", named("CodeLlama"))
    assert holds_tokens("END = '<|fim_middle|>'", None)
