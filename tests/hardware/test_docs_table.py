"""The page on choosing a model shows the table as the data has it."""

from __future__ import annotations

from pathlib import Path

from ibidem.hardware.catalog import Model, models
from ibidem.hardware.predict import kv_bytes
from ibidem.types import EnginePlan

PAGE = Path(__file__).parents[2] / "docs/choosing-a-model.md"
GIB = 1 << 30


def line(model: Model) -> str:
    """Sizes in GB, the cache of one request of 8,192 tokens in GiB: windowed layers count with their window."""
    header = model.header(model.quantisation)
    f16, q8 = (kv_bytes(header, EnginePlan("", context_tokens=8192, kv_type=kind)) / GIB for kind in ("f16", "q8_0"))
    sizes = " / ".join(f"{size} {gigabytes:g}" for size, gigabytes in model.size_gb.items())
    active = f" ({model.active_b:g} active)" if model.active_b else ""
    return (
        f"| {model.title} | `{model.name}` | {model.parameters_b:g}{active} | {model.context_k} | {sizes} | {f16:.2f} |"
        f" {q8:.2f} | {model.from_gb:g} | {'yes' if model.korean else ''} | {model.licence} |"
    )


def test_every_row_of_the_table_is_documented_with_its_figures() -> None:
    page = PAGE.read_text("utf-8").splitlines()
    rows = [line(model) for model in sorted(models(), key=lambda model: model.quality)]
    start = page.index(rows[0])
    assert page[start : start + len(rows)] == rows
