"""`ibidem fit` names a model with its numbers, to a person and to a script."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hardware.ggufs import LLAMA, gguf, write


def fit(data_dir: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ibidem", "fit", "--data-dir", str(data_dir), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory) -> Path:
    """One for all tests: the memory's bandwidth is measured once."""
    return tmp_path_factory.mktemp("data")


def test_a_person_reads_the_advice_and_its_reason(data_dir: Path) -> None:
    done = fit(data_dir)
    assert done.returncode == 0, done.stderr
    for word in ("machine:", "memory:", "advised:", "why:", "speed:", "settings:", "together", "also fits", "Korean"):
        assert word in done.stdout


def test_a_script_reads_names_with_units(data_dir: Path) -> None:
    shown = json.loads(fit(data_dir, "--json").stdout)
    assert shown["machine"]["memory_bytes"] > shown["machine"]["safe_bytes"] > 0
    choice = shown["choice"]
    parts = {name: size for name, size in choice["memory"].items() if name not in ("total_bytes", "gpu_bytes")}
    assert sum(parts.values()) - choice["memory"]["gpu_bytes"] == choice["memory"]["total_bytes"]
    assert choice["memory"]["total_bytes"] <= shown["machine"]["safe_bytes"]
    assert choice["plan"]["slots"] * choice["context_tokens"] == choice["plan"]["context_tokens"]
    assert choice["generation_tokens_s"] > 0
    assert choice["speed_basis"] == "estimated"
    assert shown["others"]


def test_a_file_is_planned_by_its_own_header(tmp_path: Path, data_dir: Path) -> None:
    path = write(tmp_path, gguf({**LLAMA, "tokenizer.chat_template": "x"}))
    for name in (str(path), f"llama:{path}"):
        choice = json.loads(fit(data_dir, "--json", "--model", name, "--context", "2048").stdout)["choice"]
        assert (choice["model"], choice["title"]) == (str(path), "hand-made")
        assert choice["context_tokens"] == 2048


def test_a_file_of_the_data_directory_goes_by_its_name(data_dir: Path) -> None:
    (data_dir / "models").mkdir()
    path = write(data_dir / "models", gguf(), "mine.gguf")
    choice = json.loads(fit(data_dir, "--json", "--model", "mine").stdout)["choice"]
    assert choice["model"] == str(path)


@pytest.mark.parametrize(
    ("words", "told", "code"),
    [
        (["--model", "no-such"], "no model 'no-such'", 2),
        (["--model", "none.gguf"], "no GGUF file", 2),
        (["--context", "-5"], "no number of tokens", 2),
    ],
)
def test_what_cannot_be_planned_is_one_line_and_the_next_step(
    data_dir: Path, words: list[str], told: str, code: int
) -> None:
    done = fit(data_dir, *words)
    assert done.returncode == code
    assert told in done.stderr
    assert "hint:" in done.stderr
    assert not done.stdout


def test_a_model_that_would_swap_is_refused_with_what_would_fit(tmp_path: Path, data_dir: Path) -> None:
    """Sixteen million numbers a layer and token: terabytes of cache."""
    heads = {
        "llama.attention.head_count_kv": 100_000,
        "llama.attention.key_length": 80,
        "llama.context_length": 1 << 20,
    }
    done = fit(data_dir, "--model", str(write(tmp_path, gguf({**LLAMA, **heads}))), "--context", "1000000")
    assert done.returncode == 1
    assert "without swapping" in done.stderr
    assert "would fit" in done.stderr


def test_a_broken_file_is_named(tmp_path: Path, data_dir: Path) -> None:
    done = fit(data_dir, "--model", str(write(tmp_path, gguf()[:40])))
    assert done.returncode == 1
    assert "truncated" in done.stderr
