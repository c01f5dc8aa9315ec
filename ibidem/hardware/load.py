"""A GGUF file -> how it is loaded on this machine, now: header, survey and plan together, with what the user has set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ibidem.errors import BadInput, EngineFailed
from ibidem.hardware.advise import machine_warnings
from ibidem.hardware.header import Header, read_header
from ibidem.hardware.plan import Wishes, offloaded_share, plan
from ibidem.hardware.predict import Beside, speed
from ibidem.hardware.probe import Machine
from ibidem.hardware.survey import survey
from ibidem.settings import ModelSettings
from ibidem.types import EnginePlan, Role

LEAST_CONTEXT = 512  # tokens


def wishes_of(settings: ModelSettings) -> Wishes:
    """What of the plan the user has set."""
    return Wishes(
        context_tokens=settings.context_tokens,
        slots=settings.slots,
        threads=settings.threads,
        gpu_layers=settings.gpu_layers,
        kv_type="" if settings.kv_type == "planned" else settings.kv_type,
        niceness=settings.niceness,
    )


def plan_file(path: str, role: Role, settings: ModelSettings, data_dir: Path, beside: Beside) -> EnginePlan:
    """Raises ModelFileBroken, ModelTooLarge, BadInput, and EngineFailed for a machine that cannot run the wheel."""
    header = read_header(Path(path))
    check_use(header, role, settings)
    machine, calibrations = survey(data_dir, llama_server=settings.llama_server)
    check_runs(machine)
    if role == "chat":
        planned = plan(header, machine, role=role, wishes=wishes_of(settings), beside=beside)
        share = offloaded_share(header, planned)
        expected = speed(header, machine, gpu_share=share, calibrations=calibrations)
        known = expected.prompt if expected.basis in ("measured", "calibrated") else 0.0
        return replace(planned, prompt_tokens_s=known)
    return plan(header, machine, role=role, beside=replace(beside, embedder=0))  # it is the embedder


def check_use(header: Header, role: Role, settings: ModelSettings) -> None:
    """Refuse what would load, and then answer nothing or nonsense. Raises BadInput."""
    if role == "chat" and header.role != "chat":
        use = {"embed": "embedder", "rerank": "reranker"}[header.role]
        raise BadInput(
            f"{header.name!r} writes no answers",
            hint=f"name it as `{use}` under [models], and another model to answer",
        )
    if role == "chat" and 0 < settings.context_tokens < LEAST_CONTEXT:
        raise BadInput(
            f"context_tokens = {settings.context_tokens} holds no question with its answer",
            hint=f"set {LEAST_CONTEXT} or more under [models], or 0 for as many as fit",
        )


def check_runs(machine: Machine) -> None:
    """Refuse before a process dies of it. Raises EngineFailed."""
    if machine.missing_features or not machine.libgomp:
        raise EngineFailed("no model can be run here", hint="; ".join(machine_warnings(machine)))
