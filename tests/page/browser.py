"""Chromium without a head, driven over the pipe of its DevTools protocol: NUL-separated JSON on descriptors 3 and 4."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PATIENCE = 4  # two shared cores, on which two such browsers run
BINARY = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OPTIONS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --mute-audio"
    " --disable-component-update --disable-sync --disable-dev-shm-usage --disable-extensions --remote-debugging-pipe"
).split()
# The middle of an element that stands still for two frames and that nothing covers: a menu that still grows is missed.
RESTING = """async found => {
  if (!found()?.checkVisibility()) return null
  found().scrollIntoView({ block: 'nearest' })
  const frame = () => new Promise(done => requestAnimationFrame(() => done(found()?.getClientRects()[0])))
  const [before, box] = [await frame(), await frame()]
  const middle = box && [box.x + box.width / 2, box.y + box.height / 2]
  const still = before && box && ['x', 'y', 'width', 'height'].every(side => before[side] === box[side])
  if (!still || !found().contains(document.elementFromPoint(...middle))) return null
  const one = found()
  window.pressed = undefined
  addEventListener('mousedown', ({ target }) => { window.pressed = one.contains(target) }, { capture: true, once: true })
  return middle
}"""


class Browser:
    """One page. `messages` are its console errors, exceptions and refused resources; `dialogs` what alert() would say."""

    def __init__(self, profile: Path, *, language: str = "en-US") -> None:
        self.messages: list[str] = []
        self.dialogs: list[str] = []
        self._number = 0
        self._buffer = b""
        self._session: str | None = None
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()

        def pipes() -> None:
            first, second = os.dup(theirs_in), os.dup(theirs_out)  # above 4, whatever the numbers were
            os.dup2(first, 3)
            os.dup2(second, 4)

        self._process = subprocess.Popen(
            [str(BINARY), *OPTIONS, f"--user-data-dir={profile}", f"--lang={language}", "about:blank"],
            preexec_fn=pipes,
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "LANGUAGE": language.replace("-", "_"), "HOME": str(profile)},
        )
        os.close(theirs_in)
        os.close(theirs_out)
        page = next(one for one in self.send("Target.getTargets")["targetInfos"] if one["type"] == "page")
        self._session = self.send("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "DOM", "Network"):
            self.send(f"{domain}.enable")
        self.send("Emulation.setLocaleOverride", locale=language)
        self.send("Network.setUserAgentOverride", userAgent="test", acceptLanguage=language)
        self.size(1280, 800)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)

    # --- the protocol ------------------------------------------------------------------------------------------------

    def send(self, method: str, **parameters: Any) -> Any:
        return self._receive(self._write(method, **parameters))

    def _write(self, method: str, **parameters: Any) -> int:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        return self._number

    def _receive(self, number: int, timeout_s: float = 60.0) -> Any:
        until = time.monotonic() + timeout_s
        while True:
            while b"\0" in self._buffer:
                raw, _, self._buffer = self._buffer.partition(b"\0")
                message = json.loads(raw)
                if message.get("id") == number:
                    assert "error" not in message, message["error"]
                    return message["result"]
                self._note(message.get("method", ""), message.get("params", {}))
            ready, _, _ = select.select([self._in], [], [], max(0, until - time.monotonic()))
            block = os.read(self._in, 1 << 20) if ready else b""
            assert block, "the browser does not answer"
            self._buffer += block

    def _note(self, event: str, data: dict[str, Any]) -> None:
        if event == "Runtime.exceptionThrown":
            details = data["exceptionDetails"]
            self.messages.append(details.get("exception", {}).get("description") or details["text"])
        elif event == "Log.entryAdded" and data["entry"]["level"] in ("error", "warning"):
            self.messages.append(f"{data['entry']['text']} {data['entry'].get('url', '')}")
        elif event == "Runtime.consoleAPICalled" and data["type"] in ("error", "warning"):
            self.messages.append(str([one.get("value") for one in data["args"]]))
        elif event == "Page.javascriptDialogOpening":
            self.dialogs.append(data["message"])
            self._number += 1
            answer = {"id": self._number, "method": "Page.handleJavaScriptDialog", "params": {"accept": True}}
            os.write(self._out, json.dumps({**answer, "sessionId": self._session}).encode() + b"\0")

    # --- what a person does ------------------------------------------------------------------------------------------

    def open(self, address: str) -> None:
        self.send("Page.navigate", url=address)

    def evaluate(self, expression: str) -> Any:
        answer = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, expression: str, timeout_s: float = 5.0) -> Any:
        """The expression's value, as soon as it is true."""
        until = time.monotonic() + PATIENCE * timeout_s
        while True:
            value = None
            with contextlib.suppress(AssertionError):  # the page is just being replaced
                value = self.evaluate(f"(async value => (await value) instanceof Node ? true : value)({expression})")
            if value:
                return value
            if time.monotonic() > until:
                shown = self.evaluate("document.body.innerText")
                raise AssertionError(f"never true: {expression}\n{self.messages}\n{shown}")
            time.sleep(0.02)

    def text(self, selector: str) -> str:
        return str(self.wait(f"document.querySelector({json.dumps(selector)})?.innerText"))

    def click(self, selector: str) -> None:
        """With the mouse, in the middle of the element as it is shown."""
        self.click_node(f"document.querySelector({json.dumps(selector)})")

    def click_node(self, found: str) -> None:
        """As `click`; `found` is an expression that gives the element, once it is there, at rest and under the mouse."""
        for _ in range(PATIENCE):
            x, y = self.wait(f"({RESTING})(() => {found})")
            mouse = {"x": x, "y": y, "button": "left", "clickCount": 1}
            last = [
                self._write("Input.dispatchMouseEvent", type=f"mouse{how}", **mouse) for how in ("Pressed", "Released")
            ]
            self._receive(last[-1])
            if self.evaluate("window.pressed") is not False:  # it may have moved away in between
                return
        raise AssertionError(f"it does not hold still: {found}")

    def type(self, text: str) -> None:
        self.send("Input.insertText", text=text)

    def press(self, key: str, *, modifiers: int = 0, code: int = 0) -> None:
        codes = {"Enter": 13, "Escape": 27}
        common = {"key": key, "code": key, "modifiers": modifiers, "windowsVirtualKeyCode": code or codes[key]}
        text = {"text": "\r"} if key == "Enter" and not code else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", **text, **common)
        self.send("Input.dispatchKeyEvent", type="keyUp", **common)

    def choose_files(self, selector: str, paths: Sequence[Path]) -> None:
        root = self.send("DOM.getDocument")["root"]["nodeId"]
        node = self.send("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.send("DOM.setFileInputFiles", nodeId=node, files=[str(path) for path in paths])

    # --- how it looks ------------------------------------------------------------------------------------------------

    def size(self, width: int, height: int, *, dark: bool = False) -> None:
        mobile = width < 500
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])

    def rest(self) -> None:
        """Waits until what moves has come to rest: two frames for what a change begins, then all that has an end."""
        self.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))).then(() => Promise.all("
            "document.getAnimations().filter(one => one.effect.getTiming().iterations !== Infinity)"
            ".map(one => one.finished.catch(() => 0)))).then(() => 0)"
        )

    def shot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))
