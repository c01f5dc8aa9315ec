"""The model table and a machine -> what to run on it, and why: the choice that a knowledgeable friend would make. Pure.

The best model of the table that fits with headroom and writes at a pace one can read along with. Memory alone does not
decide: without a graphics card a large dense model fits and writes a word a second, and then one that works with few
of its weights at a time is the better choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from ibidem.errors import ModelTooLarge
from ibidem.hardware.calibration import Calibration
from ibidem.hardware.catalog import Model
from ibidem.hardware.header import Header
from ibidem.hardware.plan import NO_WISHES, USUAL, Wishes, offloaded_share, plan, present_bytes
from ibidem.hardware.predict import ALL_LAYERS, Beside, Memory, Speed, memory, speed
from ibidem.hardware.probe import Machine
from ibidem.types import EnginePlan

GB = 1e9
LEAST_TOKENS_S = 2.5  # slower than this no one waits for an answer
SLOW_TOKENS_S = 6.0  # about as quick as one reads
CARD_BYTES = 6 << 30  # what fits a smaller card is too small a model: then the machine's memory decides
SMALL_CONTEXT = 8192  # of a request; passages and a conversation want as much


@dataclass(frozen=True, slots=True)
class Choice:
    """A model on this machine, planned and predicted."""

    header: Header
    plan: EnginePlan
    memory: Memory
    speed: Speed
    warnings: tuple[str, ...] = ()
    model: Model | None = None  # its row in the table, where it has one
    quantisation: str = ""

    @property
    def context_tokens(self) -> int:
        """Of one request."""
        return self.plan.context_tokens // self.plan.slots


def choose(
    header: Header,
    model: Model | None = None,
    quantisation: str = "",
    *,
    machine: Machine,
    wishes: Wishes = NO_WISHES,
    beside: Beside = USUAL,
    calibrations: Sequence[Calibration] = (),
) -> Choice:
    """The model as it would run here. Raises ModelTooLarge where it would swap even with nothing else running."""
    arranged = plan(header, machine, role=header.role, wishes=wishes, beside=beside, lasting=True)
    choice = as_arranged(header, arranged, model, quantisation, machine=machine, calibrations=calibrations)
    return replace(choice, warnings=tuple(_warnings(header, machine, arranged, choice.speed, beside)))


def as_arranged(
    header: Header,
    arranged: EnginePlan,
    model: Model | None,
    quantisation: str,
    *,
    machine: Machine,
    calibrations: Sequence[Calibration],
) -> Choice:
    """The memory and the speed of one arrangement, whether it fits or not."""
    share = offloaded_share(header, arranged)
    expected = speed(header, machine, gpu_share=share, calibrations=calibrations)
    needs = memory(header, arranged, discrete_gpu=machine.gpu is not None and not machine.unified)
    return Choice(header, arranged, needs, expected, (), model, quantisation)


def advise(
    table: Iterable[Model],
    machine: Machine,
    *,
    wishes: Wishes = NO_WISHES,
    beside: Beside = USUAL,
    calibrations: Sequence[Calibration] = (),
) -> list[Choice]:
    """What fits of the table, the advised one first; each model in its advised quantisation.

    Empty where not even the smallest fits.
    """
    fitting = []
    for model in table:
        size = model.quantisation
        with suppress(ModelTooLarge):
            choice = choose(
                model.header(size),
                model,
                size,
                machine=machine,
                wishes=wishes,
                beside=beside,
                calibrations=calibrations,
            )
            fitting.append((rank(choice, machine), choice))
    fitting.sort(key=lambda pair: pair[0], reverse=True)
    return [choice for _, choice in fitting]


def rank(choice: Choice, machine: Machine) -> tuple[int, float]:
    """Of a row of the table: how many of the conditions for advice it meets, then its quality; among slow ones the
    quickest."""
    model = choice.model
    if model is None:
        return 0, 0.0
    generation = choice.speed.generation
    pace = choice.speed.basis == "unknown" or generation >= LEAST_TOKENS_S
    if not pace:
        return 0, generation
    gpu = machine.gpu
    if gpu and not gpu.unified and gpu.total_bytes >= CARD_BYTES:  # all on the card: in part it is hardly quicker
        roomy = choice.plan.gpu_layers == ALL_LAYERS
    else:
        roomy = machine.memory_bytes >= model.from_gb * GB
    roomy = roomy and choice.context_tokens >= min(SMALL_CONTEXT, choice.header.context_length)
    return (2 if roomy else 1), model.quality


def why(choice: Choice, machine: Machine) -> str:
    """One sentence on what decided."""
    gpu = machine.gpu
    size = choice.header.weights_bytes / GB
    if gpu is not None and not machine.unified:
        where = (
            f"all of it fits the {gpu.name}" if choice.plan.gpu_layers == ALL_LAYERS else f"the {gpu.name} takes a part"
        )
    elif machine.unified:
        where = (
            f"{machine.memory_bytes / GB:.0f} GB that processor and GPU share leave room for it and for other programs"
        )
    else:
        where = f"it leaves room for other programs in {machine.memory_bytes / GB:.0f} GB"
    read = choice.header.read_bytes / GB
    pace = f", and only {read:.1f} of its {size:.1f} GB are read for a token" if read < 0.7 * size else ""
    return f"{where}{pace}"


def machine_warnings(machine: Machine) -> list[str]:
    """What stands in the way of any model here."""
    told = []
    if machine.missing_features:
        told.append(
            f"the processor lacks {', '.join(machine.missing_features)}, which the engine needs: "
            "name a `llama-server` built for it in `models.llama_server`"
        )
    if not machine.libgomp:
        told.append("the system library libgomp1 is missing, which the engine needs: install it")
    idle = [gpu.name for gpu in machine.gpus if not gpu.usable]
    if idle and machine.gpu is None:
        told.append(f"{idle[0]} is there, but the engine cannot use it: name a `llama-server` built for it")
    return told


def _warnings(header: Header, machine: Machine, arranged: EnginePlan, expected: Speed, beside: Beside) -> Iterable[str]:
    missing = arranged.needs_bytes - present_bytes(machine, beside)
    if missing > 0:
        yield f"it would swap at the moment: close other programs until {missing / GB:.1f} GB more are free"
    context = arranged.context_tokens // arranged.slots
    if header.role == "chat" and context < min(SMALL_CONTEXT, header.context_length or SMALL_CONTEXT):
        yield f"memory is left for only {context} tokens of context: conversations are cut early"
    if expected.basis != "unknown" and expected.generation < LEAST_TOKENS_S:
        yield f"about {expected.generation:.1f} tokens a second is too slow to wait for"
    elif expected.basis != "unknown" and expected.generation < SLOW_TOKENS_S:
        yield "it writes more slowly than one reads"
    if header.role == "chat" and not header.chat_template:
        yield "the file holds no chat template: it may be no model for conversations"
