"""`ibidem ask`: the answer as it is written, then its sources."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from ibidem.cli.main import EXIT_CODES, DataDirOption, JsonOption, WorkspaceOption, app, settings


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    workspace: WorkspaceOption = "home",
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="provider:name, for example ollama:llama3.2.")
    ] = None,
    mode: Annotated[str, typer.Option(help="chat, query (documents only) or plain (no documents).")] = "chat",
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Ask, and get an answer with its sources."""
    from ibidem.cli.engine import open_engine

    end: dict[str, Any] = {}

    def on_event(name: str, data: dict[str, Any]) -> None:
        if name == "delta" and not as_json:
            print(data["text"], end="", flush=True)
        elif name == "restarted" and not as_json:
            print("\n--- begun again ---", flush=True)
        elif name in ("finished", "failed", "stopped", "interrupted", "snapshot"):
            end.update(data, state=name)

    run_id = open_engine(settings(data_dir)).ask(
        question, workspace=workspace, model=model, mode=mode, on_event=on_event
    )
    message = end.get("message") or {}
    if as_json:
        print(json.dumps(shown(run_id, message), ensure_ascii=False))
    else:
        print()
        for line in sources(message.get("citations", [])):
            print(line)
    if error := end.get("error"):
        print(f"error: {error['message']}", file=sys.stderr)
        if error.get("hint"):
            print(f"hint: {error['hint']}", file=sys.stderr)
        raise typer.Exit(EXIT_CODES.get(error["code"], 1))
    if end.get("state") not in ("finished", "snapshot"):
        print(f"the answer was {end.get('state', 'lost')}", file=sys.stderr)
        raise typer.Exit(1)


def shown(run_id: str, message: dict[str, Any]) -> dict[str, Any]:
    return {
        "answer": message.get("content", ""),
        "citations": message.get("citations", []),
        "model": message.get("model"),
        "mode": message.get("mode"),
        "timings": message.get("timings", {}),
        "usage": message.get("usage", {}),
        "run_id": run_id,
        "omitted": message.get("omitted", []),
    }


def sources(citations: list[dict[str, Any]]) -> list[str]:
    return [f"[{one['number']}] {place(one)}{'  ' + one['heading'] if one['heading'] else ''}" for one in citations]


def place(one: dict[str, Any]) -> str:
    """`notes.md:3-9`, or `manual.pdf, page 4`."""
    if one["page"]:
        return f"{one['path']}, page {one['page']}"
    lines = str(one["start_line"]) if one["start_line"] == one["end_line"] else f"{one['start_line']}-{one['end_line']}"
    return f"{one['path']}:{lines}"
