"""`ibidem serve` with one part changed: `engine_child paced ...` or `engine_child BYTES ...`, then the words of `serve`.

`paced`: `scripted:NAME` writes tokens at even times, each the moment it was due. BYTES: the machine seems to have so much
memory, so that engines are planned as on a smaller one.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

from ibidem.cli.main import main as ibidem
from ibidem.hardware import survey
from ibidem.models import catalog
from ibidem.models.base import ChatRequest, Done, ModelEvent, TextDelta
from ibidem.models.scripted import ScriptedModel
from ibidem.types import Usage

TOKENS, EVERY_S = 200, 0.05


class PacedModel(ScriptedModel):
    """Each token is the time of the monotonic clock at which it was due: other processes of the machine share it."""

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ModelEvent, None]:
        began = time.monotonic()
        for token in range(TOKENS):
            due = began + token * EVERY_S
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            yield TextDelta(f"{due:.5f} ")
        yield Done(Usage(completion=TOKENS))


def main() -> None:
    changed = sys.argv.pop(1)
    if changed == "paced":
        catalog.ScriptedModel = PacedModel  # type: ignore[misc]
    else:
        memory_bytes, probe = int(changed), survey.probe

        def smaller(**wanted: Any) -> Any:
            machine = probe(**wanted)
            return replace(
                machine, memory_bytes=memory_bytes, available_bytes=min(memory_bytes, machine.available_bytes)
            )

        survey.probe = smaller
    ibidem()


if __name__ == "__main__":
    main()
