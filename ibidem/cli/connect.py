"""`ibidem connect CLIENT`: the settings of a client of the dialects, with this server's address filled in."""

from __future__ import annotations

from typing import Annotated

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
    "llm": "OLLAMA_HOST={url} llm -m {model}:latest QUESTION",
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
}
NO_KEY = "none"


@app.command()
def connect(
    client: Annotated[str, typer.Argument(help=f"One of {', '.join(CLIENTS)}.")],
    workspace: WorkspaceOption = "home",
    data_dir: DataDirOption = None,
) -> None:
    """Print a client's settings, to be copied. Where the server wants a key, make one and put it in its place."""
    from ibidem.cli.client import find
    from ibidem.errors import NotFound

    if client not in CLIENTS:
        raise NotFound(
            f"no settings for {client!r} are known", hint=f"known: {', '.join(CLIENTS)}; see docs/clients.md"
        )
    loaded = settings(data_dir)
    server = find(loaded.data_dir)
    url = server.address if server else f"http://{loaded.serve.host}:{loaded.serve.port}"
    wanted = loaded.dialects.key == "required" or loaded.serve.sign_in != "local"
    print(CLIENTS[client].format(url=url, model=workspace, key="YOUR-KEY" if wanted else NO_KEY))
