"""`doctor` says whether Korean can be had by morphemes, and why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ibidem.cli.status import _korean_check
from ibidem.errors import ChildFailed
from ibidem.ingest.children import Children
from ibidem.settings import IndexSettings, Settings


def test_doctor_names_the_reason_for_bigrams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: Children, function: str, payload: dict[str, Any]) -> Iterator[Any]:
        raise ChildFailed("ImportError: kiwipiepy is not installed", lost=False)

    monkeypatch.setattr(Children, "call", fails)
    settings = Settings(tmp_path)
    name, fine, said = _korean_check(settings)
    assert (name, fine) == ("Korean", None) and "kiwipiepy is not installed" in said
    assert _korean_check(replace(settings, index=IndexSettings(korean="bigrams"))) == (
        "Korean",
        True,
        "bigrams, as set",
    )
