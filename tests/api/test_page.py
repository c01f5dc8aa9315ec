"""`/` where the page was not built."""

from __future__ import annotations

import pytest

from ibidem.api import page


def test_a_page_that_was_not_built_says_how_to_build_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "_FILES", {})
    answer = page.whole_page()
    assert "make setup" in bytes(answer.body).decode() and "Node" in bytes(answer.body).decode()
    assert answer.headers["cache-control"] == "no-store"
