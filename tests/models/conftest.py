from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.model_server import model_server
from tests.models.conformance import providers

__all__ = ["model_server", "providers"]

MAKE = Path(__file__).parents[1] / "fakes" / "make_tiny_gguf.py"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """`made("chat")` or `made("embed")`: a tiny GGUF model, built once."""
    folder = tmp_path_factory.mktemp("gguf")

    def make(kind: str) -> Path:
        path = folder / f"tiny-{kind}.gguf"
        if not path.exists():
            subprocess.run([sys.executable, MAKE, kind, path], check=True, capture_output=True, timeout=120)
        return path

    return make


@pytest.fixture(scope="session")
def tiny_chat(made: Callable[[str], Path]) -> str:
    return str(made("chat"))


@pytest.fixture(scope="session")
def tiny_embed(made: Callable[[str], Path]) -> str:
    return str(made("embed"))
