"""The clients as their users call them: one question, and what each of them showed of the answer."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import ollama
import openai

from tests.api.dialects.conftest import ASKED, QUESTION
from tests.api.serving import environment, wait_for
from tests.clients.relay import WAIT_S, Relay

HERE = Path(__file__).parent
LLM = HERE / "llm/.venv/bin/llm"
AIDER = HERE / "aider/.venv/bin/aider"
NODE = HERE / "node/node_modules/ollama/package.json"
CONTINUE = HERE / "programs/node_modules/.bin/cn"
INSPECTOR = HERE / "programs/node_modules/.bin/mcp-inspector"
TRIES = 3  # after so many a program that asks again and again is ended
CHATS = ("/api/chat", "/v1/chat/completions")


@dataclass(frozen=True, slots=True)
class Told:
    """What a client showed: the text of the answer, and what it said went wrong."""

    text: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """The question, put to `model` through the relay. A program keeps what is its own in `folder`."""

    relay: Relay
    folder: Path
    model: str = "plant"
    stream: bool = True
    leave_after: int = 0  # parts of the answer; 0: stays


@dataclass(frozen=True, slots=True)
class Caller:
    """`recorded`: its name in client_traces.jsonl. `needs`: what is there once it is installed."""

    ask: Callable[[Call], Told]
    recorded: str
    ways: tuple[bool, ...] = (False, True)  # asked without a stream, and with one
    needs: Path | None = None
    slow: bool = False
    silent: bool = False  # it asks again, for minutes, where the server is at fault, and says nothing meanwhile


# --- libraries of Python ---------------------------------------------------------------------------------------------


def ollama_python(call: Call) -> Told:
    client, text = ollama.Client(host=call.relay.url, trust_env=False), ""
    try:
        if not call.stream:
            return Told(client.chat(call.model, messages=ASKED).message.content or "")
        parts: Any = client.chat(call.model, messages=ASKED, stream=True)
        for number, part in enumerate(parts, 1):
            text += part.message.content or ""
            if number == call.leave_after:
                parts.close()
    except ollama.ResponseError as error:
        return Told(text, error.error)
    return Told(text)


def ollama_async(call: Call) -> Told:
    async def ask() -> Told:
        client, text, number = ollama.AsyncClient(host=call.relay.url, trust_env=False), "", 0
        try:
            if not call.stream:
                return Told((await client.chat(call.model, messages=ASKED)).message.content or "")
            parts: Any = await client.chat(call.model, messages=ASKED, stream=True)
            async for part in parts:
                text += part.message.content or ""
                if (number := number + 1) == call.leave_after:
                    await parts.aclose()
        except ollama.ResponseError as error:
            return Told(text, error.error)
        return Told(text)

    return asyncio.run(ask())


def openai_python(call: Call) -> Told:
    text = ""
    with openai.OpenAI(base_url=f"{call.relay.url}/v1", api_key="x", max_retries=0) as client:
        try:
            if not call.stream:
                answer = client.chat.completions.create(model=call.model, messages=ASKED)  # type: ignore[arg-type]
                return Told(answer.choices[0].message.content or "")
            parts = client.chat.completions.create(model=call.model, messages=ASKED, stream=True)  # type: ignore[arg-type]
            for number, part in enumerate(parts, 1):
                text += part.choices[0].delta.content or ""
                if number == call.leave_after:
                    parts.close()
                    break
        except openai.APIError as error:
            return Told(text, error.message)
    return Told(text)


# --- libraries of JavaScript -----------------------------------------------------------------------------------------


def call_js(relay: Relay, library: str, method: str, body: Any = None, **more: Any) -> dict[str, Any]:
    """What `ask.mjs` tells of the call: `answer`, or of a stream `text` and `parts`; and `error` and `status`."""
    process = _node()
    assert process.stdin
    assert process.stdout
    asked = {"library": library, "method": method, "url": relay.url, "body": body, **more}
    process.stdin.write(json.dumps(asked) + "\n")
    process.stdin.flush()
    told: dict[str, Any] = json.loads(process.stdout.readline())
    return told


@cache
def _node() -> subprocess.Popen[str]:
    """One for the whole session; it ends with its standard input."""
    return subprocess.Popen(
        ["node", str(HERE / "node/ask.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=offline()
    )


def ollama_js(call: Call) -> Told:
    told = _chat_js(call, "ollama", "chat")
    return Told(told["answer"]["message"]["content"] if "answer" in told else told["text"], told.get("error", ""))


def openai_node(call: Call) -> Told:
    told = _chat_js(call, "openai", "chat.completions.create")
    if "answer" in told:
        return Told(told["answer"]["choices"][0]["message"]["content"])
    return Told(told["text"], told.get("error", ""))


def _chat_js(call: Call, library: str, method: str) -> dict[str, Any]:
    body = {"model": call.model, "messages": ASKED, "stream": call.stream}
    return call_js(call.relay, library, method, body, leaveAfter=call.leave_after)


# --- programs --------------------------------------------------------------------------------------------------------


def offline(**settings: str) -> dict[str, str]:
    """No way to anything but this machine."""
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
    return environment(**nowhere, NO_PROXY="127.0.0.1", no_proxy="127.0.0.1", **settings)


def llm(call: Call) -> Told:
    command = [str(LLM), "-m", f"ollama/{call.model}:latest", QUESTION, *([] if call.stream else ["--no-stream"])]
    return _program(call, command, {"OLLAMA_HOST": call.relay.url})


def aider(call: Call) -> Told:
    quiet = "--no-git --yes-always --no-check-update --no-analytics --no-show-model-warnings --no-pretty"
    more = "--no-show-release-notes --no-gitignore" + ("" if call.stream else " --no-stream")
    command = [str(AIDER), "--model", f"ollama_chat/{call.model}", *quiet.split(), *more.split(), "--message", QUESTION]
    return _program(call, command, {"OLLAMA_API_BASE": call.relay.url, "LITELLM_LOCAL_MODEL_COST_MAP": "True"})


def continue_cli(call: Call, **more: Any) -> Told:
    """With the settings that docs/clients.md names, and `more` of them."""
    settings = {
        "provider": "ollama",
        "apiBase": call.relay.url,
        "model": call.model,
        "name": "Ibidem",
        "roles": ["chat"],
    }
    file = call.folder / "config.yaml"  # JSON is YAML too
    file.write_text(json.dumps({"name": "Ibidem", "version": "1.0.0", "schema": "v1", "models": [settings], **more}))
    command = [str(CONTINUE), "-p", QUESTION, "--config", str(file)]
    return _program(call, command, {"CONTINUE_GLOBAL_DIR": str(call.folder)})


def _program(call: Call, command: list[str], settings: Mapping[str, str]) -> Told:
    """Run to its end; or until it is to be left, or asks the same again and again."""
    place = call.folder
    variables = offline(**settings, HOME=str(place), LLM_USER_PATH=str(place))
    with open(place / "out", "wb") as out, open(place / "err", "wb") as err:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=place, env=variables, start_new_session=True
        )
        try:
            if call.leave_after:
                call.relay.wait_said("word", call.leave_after)
            else:
                wait_for(
                    lambda: process.poll() is not None or len(call.relay.asked(*CHATS)) >= TRIES,
                    f"{command[0]} ends",
                    timeout_s=WAIT_S,
                )
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT if call.leave_after else signal.SIGKILL)
            process.wait(WAIT_S)
    said, cried = (place / "out").read_text("utf-8", "replace"), (place / "err").read_text("utf-8", "replace")
    return Told(said, "" if process.returncode == 0 else said + cried)


CALLERS = {
    "ollama-python": Caller(ollama_python, "ollama-python"),
    "ollama-python async": Caller(ollama_async, "ollama-python"),
    "openai-python": Caller(openai_python, "openai-python"),
    "ollama-js": Caller(ollama_js, "ollama-js", needs=NODE),
    "openai-node": Caller(openai_node, "openai-node", needs=NODE),
    "llm": Caller(llm, "llm + llm-ollama", needs=LLM, slow=True),
    "aider": Caller(aider, "aider", needs=AIDER, slow=True),
    "continue-cli": Caller(continue_cli, "continue-cli", (True,), CONTINUE, slow=True, silent=True),
}
