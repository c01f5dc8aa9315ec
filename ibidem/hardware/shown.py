"""A machine and a choice -> JSON with units in its names, for the command line and the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ibidem.hardware.advise import Choice, why
from ibidem.hardware.plan import safe_bytes
from ibidem.hardware.predict import Beside
from ibidem.hardware.probe import Machine


def shown_machine(machine: Machine) -> dict[str, Any]:
    return {
        **{key: value for key, value in asdict(machine).items() if key != "gpus"},
        "unified": machine.unified,
        "safe_bytes": safe_bytes(machine),
        "gpus": [{**asdict(gpu), "bandwidth_bytes_s": gpu.bandwidth_bytes_s} for gpu in machine.gpus],
    }


def shown_choice(choice: Choice, machine: Machine, beside: Beside) -> dict[str, Any]:
    memory, row = choice.memory, choice.model
    return {
        "model": row.name if row else choice.header.path,
        "title": choice.header.name,
        "quantisation": choice.quantisation or choice.header.quantisation,
        "korean": row.korean if row else None,
        "licence": row.licence if row else None,
        "why": why(choice, machine),
        "warnings": list(choice.warnings),
        "context_tokens": choice.context_tokens,
        "prompt_tokens_s": round(choice.speed.prompt, 1) or None,
        "generation_tokens_s": round(choice.speed.generation, 1) or None,
        "speed_basis": choice.speed.basis,
        "memory": {
            "weights_bytes": memory.weights,
            "repack_bytes": memory.repack,
            "kv_bytes": memory.kv,
            "checkpoint_bytes": memory.checkpoints,
            "compute_bytes": memory.compute,
            "prompt_cache_bytes": memory.prompt_cache,
            "process_bytes": memory.process,
            "gpu_bytes": memory.on_gpu,
            "server_bytes": beside.server,
            "korean_bytes": beside.korean,
            "embedder_bytes": beside.embedder,
            "total_bytes": memory.on_host + beside.total,
        },
        "plan": asdict(choice.plan),
    }
