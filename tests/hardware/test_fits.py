"""A verdict says whether a model fits, and what to change where it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ibidem.hardware.catalog import Model, find
from ibidem.hardware.fits import Fit, assess
from ibidem.hardware.plan import Wishes, safe_bytes
from ibidem.hardware.predict import Beside
from ibidem.hardware.probe import GIB, Machine


def pc(memory_gib: float, *, free_share: float = 0.9, bandwidth_gb_s: float = 60) -> Machine:
    size = int(memory_gib * GIB)
    return Machine("any", 8, 16, size, int(free_share * size), bandwidth_bytes_s=bandwidth_gb_s * 1e9)


def judged(name: str, machine: Machine, *, wishes: Wishes | None = None) -> Fit:
    model, size = find(name)
    return assess(model.header(size), model, size, machine=machine, wishes=wishes or Wishes())


@pytest.mark.parametrize(
    ("name", "machine", "verdict"),
    [
        ("qwen2.5-7b", pc(32), "fits"),
        ("qwen2.5-7b", pc(32, free_share=0.1), "busy"),
        ("qwen3-32b", pc(64, bandwidth_gb_s=20), "slow"),
        ("qwen3-32b", pc(8), "too_large"),
    ],
)
def test_the_verdict_is_that_of_memory_and_pace(name: str, machine: Machine, verdict: str) -> None:
    assert judged(name, machine).verdict == verdict


def test_what_is_too_large_shows_the_least_it_would_need() -> None:
    machine = pc(8)
    fit = judged("qwen3-32b", machine)
    assert fit.choice.memory.on_host + Beside().total > safe_bytes(machine)
    assert (fit.settings, fit.smaller) == ((), "")


def test_the_setting_that_stands_in_the_way_is_named_and_only_that() -> None:
    wishes = Wishes(context_tokens=32768, slots=64, threads=3)
    assert judged("qwen2.5-7b", pc(16), wishes=wishes).settings == ("context_tokens", "slots")
    assert judged("qwen2.5-7b", pc(16), wishes=replace(wishes, context_tokens=0, slots=0)).verdict == "fits"


def test_a_smaller_quantisation_that_fits_is_named() -> None:
    model, size = find("qwen2.5-7b")
    sizes = {**model.size_gb, "Q8_0": 40.0, size: model.size_gb[size]}
    large = Model(
        **{**{field: getattr(model, field) for field in Model.__slots__}, "size_gb": sizes, "advised": "Q8_0"}
    )
    machine = pc(16)
    fit = assess(large.header("Q8_0"), large, "Q8_0", machine=machine)
    assert (fit.verdict, fit.smaller) == ("too_large", size)
    assert assess(large.header(fit.smaller), large, fit.smaller, machine=machine).verdict == "fits"
