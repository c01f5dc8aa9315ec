"""`ibidem fit`: which model fits this machine, with its numbers and the reason."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ibidem.cli.main import DataDirOption, JsonOption, app, settings
from ibidem.errors import BadInput, ModelUnknown
from ibidem.store.datadir import DataDir

if TYPE_CHECKING:
    from ibidem.hardware.advise import Choice
    from ibidem.hardware.catalog import Model
    from ibidem.hardware.header import Header
    from ibidem.hardware.predict import Beside
    from ibidem.hardware.probe import Machine

GB = 1e9
SHOWN = 6  # other models, at most
BASIS = {
    "measured": "measured here with this model",
    "calibrated": "from another model measured here; within 30 %",
    "estimated": "from the memory's bandwidth; within a factor of two. `ibidem models test` measures",
    "unknown": "",
}


@app.command()
def fit(
    model: Annotated[str, typer.Option("--model", help="A name of the table, or a GGUF file.")] = "",
    context: Annotated[
        int, typer.Option("--context", help="Tokens of context for one request.", show_default=False)
    ] = 0,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Name the model that fits this machine, or say how a given one would run: memory, speed, settings, and why."""
    from ibidem.hardware.advise import advise, choose, machine_warnings
    from ibidem.hardware.catalog import models
    from ibidem.hardware.load import wishes_of
    from ibidem.hardware.predict import Beside
    from ibidem.hardware.survey import survey

    if context < 0:
        raise BadInput(f"--context {context} is no number of tokens", hint="give 4096 or more, or leave it out")
    loaded = settings(data_dir)
    asked = _named(model, loaded.data_dir) if model else None
    machine, speeds = survey(loaded.data_dir, llama_server=loaded.models.llama_server, measure=True)
    beside = Beside() if loaded.index.korean == "morphemes" else Beside(korean=0)
    wishes = wishes_of(loaded.models)
    if context:
        wishes = replace(wishes, context_tokens=context)
    others = advise(models(), machine, wishes=wishes, beside=beside, calibrations=speeds)
    chosen = others[0] if others else None
    if asked:
        chosen = choose(*asked, machine=machine, wishes=wishes, beside=beside, calibrations=speeds)
    others = [one for one in others if chosen is None or one.header.name != chosen.header.name]
    told = machine_warnings(machine)
    if chosen and context > chosen.context_tokens:
        told.append(
            f"{chosen.header.name} was made for {chosen.context_tokens:,} tokens of context: no more are planned"
        )
    if as_json:
        print(json.dumps(_shown(machine, chosen, others, told, beside), ensure_ascii=False))
        return
    _print_machine(machine)
    if chosen is None:
        print("\nNo model of the table fits; answers by `quotes` need none.")
    else:
        _print_choice(chosen, machine, beside, asked=bool(model))
        _print_others(others, chosen)
    for line in told:
        print(f"warning: {line}")


def _named(name: str, data_dir: Path) -> tuple[Header, Model | None, str]:
    """A file where there is one of that name, else a row of the table and its quantisation."""
    from ibidem.hardware.catalog import find
    from ibidem.hardware.header import read_header
    from ibidem.models.catalog import model_file

    short = name.removeprefix("llama:")
    try:
        path = model_file(short, DataDir(data_dir).models)
    except ModelUnknown:
        if short.endswith(".gguf"):
            raise
        row, size = find(short)
        return row.header(size), row, size
    return read_header(Path(path)), None, ""


# --- for a person ----------------------------------------------------------------------------------------------------


def _print_machine(machine: Machine) -> None:
    limited = ", limited by its container" if machine.limited else ""
    print(f"machine:  {machine.processor}, {machine.cores} performance cores for one engine{limited}")
    free = f"{machine.available_bytes / GB:.1f} GB free now"
    shared = ", shared by processor and GPU" if machine.unified else ""
    bandwidth = f", read at {machine.bandwidth_bytes_s / GB:.0f} GB/s" if machine.bandwidth_bytes_s else ""
    print(f"memory:   {machine.memory_bytes / GB:.1f} GB{shared}, {free}{bandwidth}")
    for gpu in machine.gpus:
        unused = "" if gpu.usable else ", not usable by the engine"
        print(f"GPU:      {gpu.name}, {gpu.total_bytes / GB:.1f} GB{unused}")


def _print_choice(choice: Choice, machine: Machine, beside: Beside, *, asked: bool) -> None:
    from ibidem.hardware.advise import why
    from ibidem.hardware.plan import safe_bytes

    model, plan, memory = choice.model, choice.plan, choice.memory
    about = [f"{choice.header.weights_bytes / GB:.1f} GB"]
    if model:
        about += [f"licence {model.licence}", "writes Korean" if model.korean else "Korean is not its strength"]
    print(f"\n{'model' if asked else 'advised'}:  {choice.header.name}  ({', '.join(about)})")
    print(f"why:      {why(choice, machine)}")
    if choice.speed.basis != "unknown":
        print(f"speed:    reads {_rate(choice.speed.prompt)}, writes {_rate(choice.speed.generation)} tokens/s")
        print(f"          {BASIS[choice.speed.basis]}")
    print(
        f"settings: {choice.context_tokens:,} tokens of context, {plan.slots} at once, {plan.threads} threads, "
        f"cache {plan.kv_type}, {_layers(choice)}{', locked in memory' if plan.lock_memory else ''}"
    )
    rows = [
        ("weights", memory.weights),
        ("their copy in a quicker layout", memory.repack),
        (f"cache of {plan.context_tokens:,} tokens", memory.kv),
        ("states to go back to", memory.checkpoints),
        ("computing", memory.compute),
        ("prompts kept for later", memory.prompt_cache),
        ("the engine's process", memory.process),
        ("on the graphics card", -memory.on_gpu),
        ("Ibidem", beside.server),
        ("Korean analysis", beside.korean),
        ("embedder", beside.embedder),
    ]
    print("\nmemory, GB")
    for name, size in rows:
        if size:
            print(f"  {name:<32} {size / GB:6.2f}")
    together = memory.on_host + beside.total
    print(f"  {'together':<32} {together / GB:6.2f}   of {safe_bytes(machine) / GB:.1f} that are safe to use")
    if model:
        other = f":{choice.quantisation}" if choice.quantisation != model.quantisation else ""
        print(f"\nget it:   ibidem models pull {model.name}{other}")
    for line in choice.warnings:
        print(f"warning:  {line}")


def _print_others(others: list[Choice], chosen: Choice) -> None:
    shown = others[:SHOWN]
    korean = next((one for one in others if one.model and one.model.korean), None)
    if korean and korean not in shown and not (chosen.model and chosen.model.korean):
        shown.append(korean)
    if shown:
        print(f"\n{'also fits':<42} {'GB':>6} {'context':>8} {'tokens/s':>9}  Korean")
    for one in shown:
        written = _rate(one.speed.generation) if one.speed.basis != "unknown" else "?"
        korean_mark = "yes" if one.model and one.model.korean else "no"
        needs = one.memory.total / GB
        print(f"  {one.header.name:<40} {needs:6.1f} {one.context_tokens:>8,} {written:>9}  {korean_mark}")


def _layers(choice: Choice) -> str:
    layers = len(choice.header.layers)
    count = min(choice.plan.gpu_layers, layers)
    return f"{'all' if count == layers else count} of {layers} layers on the GPU" if count else "no GPU"


def _rate(tokens_s: float) -> str:
    return f"{tokens_s:.0f}" if tokens_s >= 10 else f"{tokens_s:.1f}"


# --- for scripts -----------------------------------------------------------------------------------------------------


def _shown(
    machine: Machine, chosen: Choice | None, others: list[Choice], warnings: list[str], beside: Beside
) -> dict[str, Any]:
    from ibidem.hardware.shown import shown_choice, shown_machine

    return {
        "machine": shown_machine(machine),
        "choice": shown_choice(chosen, machine, beside) if chosen else None,
        "others": [shown_choice(one, machine, beside) for one in others],
        "warnings": warnings,
    }
