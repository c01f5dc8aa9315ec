"""What each client sends is what was recorded of it: a version that asks in another way is seen here first."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import tests.api.dialects
from tests.clients.callers import Call, Caller

RECORDED = Path(tests.api.dialects.__file__).with_name("client_traces.jsonl")
TRACES = [json.loads(line) for line in RECORDED.read_text("utf-8").splitlines()]
OPEN = ("messages", "tools")  # their contents are the user's; only the fields of each one count


def test_a_client_sends_what_was_recorded_of_it(caller: Caller, stream: bool, call: Call) -> None:
    caller.ask(replace(call, stream=stream))
    heard = call.relay.asked()
    assert heard
    for seen in heard:
        recorded = [
            one
            for one in TRACES
            if (one["client"], one["method"], one["path"]) == (caller.recorded, seen.method, seen.path)
        ]
        assert recorded, f"{seen.method} {seen.path} was never recorded of {caller.recorded}"
        assert fields(seen.body) <= set().union(*(fields(one["body"] or {}) for one in recorded))
        assert kind(seen.headers) in [kind(one["headers"]) for one in recorded]


def fields(body: dict[str, Any], place: str = "") -> set[str]:
    """The paths to its values, with the kind of each."""
    found: set[str] = set()
    for name, value in body.items():
        here = f"{place}{name}"
        if isinstance(value, dict) and name != "parameters":
            found |= fields(value, f"{here}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            found |= set().union(*(fields(one, f"{here}[].") for one in value if name in OPEN))
        else:
            found.add(
                f"{here}: {'number' if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__}"
            )
    return found


def kind(headers: dict[str, str]) -> tuple[str | None, str | None, str]:
    """What it sends, what it takes, and who it says it is, without versions."""
    program = headers.get("user-agent", "").split("/")[0].split(" ")[0]
    return headers.get("content-type"), headers.get("accept"), program
