"""`ibidem connect CLIENT`: the settings of a client, with this server's address filled in.

Clients of the dialects choose a workspace as their model; those of MCP are given the tools, and name one when they call.
"""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from ibidem.cli.main import DataDirOption, WorkspaceOption, app, settings

# What to set where. {url} is the server's address, {model} the workspace as a model, {key} what stands for a key.
CLIENTS = {
    "aider": "OLLAMA_API_BASE={url} OLLAMA_API_KEY={key} aider --model ollama_chat/{model}",
    "cline": "provider: OpenAI Compatible\nbase URL: {url}/v1\nAPI key: {key}\nmodel: {model}",
    "continue": (
        "models:\n  - name: Ibidem {model}\n    provider: ollama\n    apiBase: {url}\n    apiKey: {key}\n"
        "    model: {model}\n    roles: [chat]"
    ),
    "curl": (
        "curl {url}/api/chat -H 'Authorization: Bearer {key}' -d '"
        '{{"model": "{model}", "stream": false, "messages": [{{"role": "user", "content": "QUESTION"}}]}}\''
    ),
    "llm": "OLLAMA_HOST={url} llm -m ollama/{model}:latest QUESTION",
    "ollama": (
        "import ollama\n\n"
        'client = ollama.Client(host="{url}", headers={{"Authorization": "Bearer {key}"}})\n'
        'print(client.chat("{model}", messages=[{{"role": "user", "content": "QUESTION"}}]).message.content)'
    ),
    "open-webui": "connection: OpenAI\nURL: {url}/v1\nkey: {key}\nmodel: {model}",
    "openai": (
        "import openai\n\n"
        'client = openai.OpenAI(base_url="{url}/v1", api_key="{key}")\n'
        'asked = [{{"role": "user", "content": "QUESTION"}}]\n'
        'print(client.chat.completions.create(model="{model}", messages=asked).choices[0].message.content)'
    ),
    "proxyai": "provider: Ollama\nhost: {url}\nAPI key: {key}\nmodel: {model}:latest",
    "proxyai-openai": (
        "provider: Custom OpenAI\nAPI key: {key}\n"
        "chat completions URL: {url}/v1/chat/completions\nbody: model={model} stream=true messages=$OPENAI_MESSAGES\n"
        "code completions URL: {url}/v1/completions\n"
        "body: model={model} stream=false max_tokens=64 prompt=$PREFIX suffix=$SUFFIX"
    ),
}
NO_KEY, A_KEY = "none", "YOUR-KEY"


@dataclass(frozen=True, slots=True)
class McpClient:
    """Where its settings stand, and under what name its servers do."""

    place: str
    servers: str = "mcpServers"
    http: bool = True  # else it starts a command, and nothing else


MCP_CLIENTS = {
    "claude-code": McpClient("a shell in the project's folder"),
    "claude-desktop": McpClient("claude_desktop_config.json: Settings, Developer, Edit Config", http=False),
    "cursor": McpClient(".cursor/mcp.json"),
    "jetbrains-ai": McpClient("Settings, Tools, AI Assistant, Model Context Protocol"),
    "vscode": McpClient(".vscode/mcp.json", "servers"),
}
KNOWN = sorted((*CLIENTS, *MCP_CLIENTS))


@app.command()
def connect(
    client: Annotated[str, typer.Argument(help=f"One of {', '.join(KNOWN)}.")],
    workspace: WorkspaceOption = "home",
    stdio: Annotated[
        bool, typer.Option(help="A client of MCP: start `ibidem mcp` instead of asking over HTTP.")
    ] = False,
    data_dir: DataDirOption = None,
) -> None:
    """Print a client's settings, to be copied. Where the server wants a key, make one and put it in its place."""
    from ibidem.cli.client import find
    from ibidem.errors import NotFound

    if client not in KNOWN:
        raise NotFound(f"no settings for {client!r} are known", hint=f"known: {', '.join(KNOWN)}; see docs/clients.md")
    loaded = settings(data_dir)
    server = find(loaded.data_dir)
    url = server.address if server else f"http://{loaded.serve.host}:{loaded.serve.port}"
    key = A_KEY if loaded.dialects.key == "required" or loaded.serve.sign_in != "local" else NO_KEY
    if client in CLIENTS:
        print(CLIENTS[client].format(url=url, model=workspace, key=key))
        return
    about = MCP_CLIENTS[client]
    print(f"{client}: {about.place}", file=sys.stderr)  # beside the settings, which may go into a file
    command = None if about.http and not stdio else _command(data_dir)
    print(_claude_code(url, key, command) if client == "claude-code" else _file(about, url, key, command))


def _command(data_dir: Path | None) -> list[str]:
    """By its whole path: who starts it may look elsewhere."""
    own = Path(sys.executable).with_name("ibidem")
    where = ["--data-dir", str(data_dir.expanduser().absolute())] if data_dir else []
    return [str(own) if own.exists() else "ibidem", "mcp", *where]


def _claude_code(url: str, key: str, command: list[str] | None) -> str:
    if command:
        return f"claude mcp add ibidem -- {shlex.join(command)}"
    header = "" if key == NO_KEY else f" --header 'Authorization: Bearer {key}'"
    return f"claude mcp add --transport http ibidem {url}/mcp{header}"


def _file(about: McpClient, url: str, key: str, command: list[str] | None) -> str:
    server: dict[str, Any] = {"type": "http", "url": f"{url}/mcp"}
    if key != NO_KEY:
        server["headers"] = {"Authorization": f"Bearer {key}"}
    if command:
        server = {"type": "stdio", "command": command[0], "args": command[1:]}
    return json.dumps({about.servers: {"ibidem": server}}, indent=2)
