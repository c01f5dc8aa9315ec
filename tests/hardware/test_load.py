"""A file and the settings become a plan for this machine, and what could only fail is refused before it is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from ibidem.errors import BadInput
from ibidem.hardware import calibration
from ibidem.hardware.header import read_header
from ibidem.hardware.load import plan_file
from ibidem.hardware.predict import Beside
from ibidem.hardware.survey import survey
from ibidem.settings import ModelSettings
from tests.models.conftest import made, tiny_chat, tiny_embed

__all__ = ["made", "tiny_chat", "tiny_embed"]

BESIDE = Beside(korean=0, embedder=0)


def test_what_the_user_has_set_is_planned(tiny_chat: str, tmp_path: Path) -> None:
    settings = ModelSettings(context_tokens=1024, slots=3, threads=1, kv_type="q8_0", niceness=5)
    plan = plan_file(tiny_chat, "chat", settings, tmp_path, BESIDE)
    assert (plan.context_tokens, plan.slots, plan.threads, plan.kv_type, plan.niceness) == (3072, 3, 1, "q8_0", 5)


def test_a_context_beyond_the_model_s_own_is_held_to_it(tiny_chat: str, tmp_path: Path) -> None:
    plan = plan_file(tiny_chat, "chat", ModelSettings(context_tokens=10**11, slots=1), tmp_path, BESIDE)
    assert plan.context_tokens == 8192


def test_a_context_too_short_to_answer_in_is_refused(tiny_chat: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="context_tokens = 10 "):
        plan_file(tiny_chat, "chat", ModelSettings(context_tokens=10), tmp_path, BESIDE)


def test_an_embedder_is_not_asked_to_answer(tiny_embed: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="writes no answers") as refused:
        plan_file(tiny_embed, "chat", ModelSettings(), tmp_path, BESIDE)
    assert "`embedder`" in refused.value.hint
    assert plan_file(tiny_embed, "embed", ModelSettings(), tmp_path, BESIDE).role == "embed"


def test_a_speed_that_was_measured_goes_with_the_plan(tiny_chat: str, tmp_path: Path) -> None:
    assert plan_file(tiny_chat, "chat", ModelSettings(), tmp_path, BESIDE).prompt_tokens_s == 0
    machine, _ = survey(tmp_path)
    header = read_header(Path(tiny_chat))
    calibration.keep(
        tmp_path, machine, calibration.calibration(header, prompt_tokens_s=123.0, generation_tokens_s=45.0)
    )
    assert plan_file(tiny_chat, "chat", ModelSettings(), tmp_path, BESIDE).prompt_tokens_s == 123.0
