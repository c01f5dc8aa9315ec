"""The page in Chromium, in a chat of 300 messages -> what it loads, how soon it can be used, and how an answer is drawn.

The server and the model are real processes and sockets; the model writes a token every 20 ms. Times of tasks are the
processor's: the wall's are told beside them, since other programs share the machine.
"""

from __future__ import annotations

import gzip
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.figures import Figure, percentile, show, spread
from bench.server import Client, serving
from tests.fakes.model_server import FakeModelServer
from tests.page.browser import BINARY, Browser

MESSAGES = 300
PAUSE_S = 0.02  # 50 tokens/s
TOKENS = 600
LONG_MS = 50
OPENINGS = 5
PAGE = Path("ibidem/api/page")
BOX = ".composer textarea:not([aria-hidden])"
IDLE = "new Promise(done => requestIdleCallback(() => requestIdleCallback(done)))"
WRITTEN = "document.querySelector('.thread article:last-of-type .facts')"
CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline"]
KINDS = (
    "FunctionCall",
    "TimerFire",
    "FireAnimationFrame",
    "EventDispatch",
    "UpdateLayoutTree",
    "Layout",
    "Paint",
    "MinorGC",
    "MajorGC",
    "EvaluateScript",
    "v8.compile",
    "PrePaint",
    "Layerize",
    "Commit",
)

# What is asked of the page while it runs: React's commits, tokens' arrivals, and the frames in which they were shown.
# Every token ends in its number, so that the last number on the screen tells which ones have been painted.
PROBE = r"""
window.probe = { commits: [], arrived: [], painted: [], long: [], interactive: 0 };
window.__REACT_DEVTOOLS_GLOBAL_HOOK__ = { supportsFiber: true, inject: () => 1, checkDCE() {}, onCommitFiberUnmount() {}, onPostCommitFiberRoot() {},
  onCommitFiberRoot() { probe.commits.push([document.timeline.currentTime, performance.now()]); } };
new PerformanceObserver((list) => { for (const one of list.getEntries()) probe.long.push([one.startTime, one.duration]); }).observe({ type: "longtask", buffered: true });
const Socket = WebSocket;
window.WebSocket = class extends Socket {
  constructor(...all) {
    super(...all);
    this.addEventListener("message", ({ data }) => {
      const { type, token } = JSON.parse(data);
      const number = type === "stream_token" && /w(\d+)\D*$/.exec(token);
      if (number) for (let at = probe.arrived.length; at <= Number(number[1]); at++) probe.arrived[at] = performance.now();
    });
  }
};
const seen = new MessageChannel();
seen.port1.onmessage = ({ data }) => { for (let at = probe.painted.length; at <= data; at++) probe.painted[at] = performance.now(); };
const frame = () => {
  if (!probe.interactive && document.querySelector(".composer textarea:not([aria-hidden])")) probe.interactive = performance.now();
  const answer = document.querySelector(".thread-content")?.lastElementChild;
  const text = answer?.ariaBusy === "true" && answer.querySelector(".markdown")?.lastElementChild?.textContent;
  const number = text && /w(\d+)\D*$/.exec(text);
  if (number) seen.port2.postMessage(Number(number[1])); // comes after this frame's paint
  requestAnimationFrame(frame);
};
requestAnimationFrame(frame);
"""


def available() -> bool:
    return BINARY is not None and (PAGE / "index.html").exists()


class Traced(Browser):
    """A browser whose main thread's tasks are told: (milliseconds of wall, of the processor, and what took the most)."""

    def __init__(self, profile: Path) -> None:
        self._events: list[dict[str, Any]] = []
        self._complete = False
        super().__init__(profile, language="en-US")
        self.send("Page.addScriptToEvaluateOnNewDocument", source=PROBE)

    def _note(self, event: str, data: dict[str, Any]) -> None:
        if event == "Tracing.dataCollected":
            self._events += data["value"]
        elif event == "Tracing.tracingComplete":
            self._complete = True
        else:
            super()._note(event, data)

    def begin(self) -> None:
        self._events, self._complete = [], False
        self.send("Tracing.start", transferMode="ReportEvents", traceConfig={"includedCategories": CATEGORIES})

    def tasks(self) -> list[tuple[float, float, str]]:
        """Those of the page's main thread since `begin`."""
        self.send("Tracing.end")
        until = time.monotonic() + 60
        while not self._complete and time.monotonic() < until:
            self.evaluate("0")
        names = {
            (one["pid"], one["tid"]): one["args"].get("name") for one in self._events if one["name"] == "thread_name"
        }
        main = {where for where, name in names.items() if name == "CrRendererMain"}
        ours = [one for one in self._events if (one["pid"], one["tid"]) in main and one["ph"] == "X"]
        inside = [one for one in ours if one["name"] in KINDS and one["dur"] > 5_000]
        found = []
        for task in ours:
            if task["name"] != "RunTask":
                continue
            end = task["ts"] + task["dur"]
            held = [one for one in inside if one["pid"] == task["pid"] and task["ts"] <= one["ts"] < end]
            held.sort(key=lambda one: -one["dur"])
            what = ", ".join(f"{one['name']} {one['dur'] / 1000:.0f}" for one in held[:6])
            found.append((task["dur"] / 1000, task.get("tdur", task["dur"]) / 1000, what))
        return found


def measure() -> Iterator[Figure]:
    model = FakeModelServer()
    with tempfile.TemporaryDirectory(prefix="ibidem-bench-") as work:
        data = Path(work, "data")
        data.mkdir()
        (data / "ibidem.toml").write_text(f'[models]\ndefault = "ollama:tiny"\nollama_url = "{model.ollama_url}"\n')
        browser = Traced(Path(work, "profile"))
        try:
            with serving(data) as server:
                client = server.client()
                session = add_chat(client)
                browser.open(client.call("POST", "/api/auth/link/")["url"])
                browser.wait(f"document.querySelector('{BOX}')", 20)
                base = f"http://127.0.0.1:{server.port}/"
                yield from opening(browser, base)
                yield from chat_opening(browser, f"{base}#/chat/{session}")
                yield from writing(browser, model, "the last 40 of 300 messages drawn")
                while browser.evaluate("Boolean(document.querySelector('.thread-content > button'))"):
                    shown = browser.evaluate("document.querySelectorAll('.thread article').length")
                    browser.click(".thread-content > button")
                    browser.wait(f"document.querySelectorAll('.thread article').length > {shown}", 20)
                browser.wait(f"document.querySelectorAll('.thread article').length >= {MESSAGES}", 30)
                browser.evaluate(IDLE)
                yield from writing(browser, model, "all 300 messages drawn")
        finally:
            browser.close()
            model.close()


def opening(browser: Traced, address: str) -> Iterator[Figure]:
    """Of the page without a chat, with nothing in the browser's cache."""
    times, sizes = [], set()
    for _ in range(OPENINGS):
        browser.send("Network.clearBrowserCache")
        browser.open("about:blank")
        browser.open(address)
        browser.wait(f"document.querySelector('{BOX}') && probe.interactive", 20)
        times.append(float(browser.evaluate("probe.interactive")))
        sizes.update(
            browser.evaluate("performance.getEntriesByType('resource').map(one => new URL(one.name).pathname)")
        )
    scripts = [PAGE / name.lstrip("/") for name in sizes if name.endswith(".js")]
    packed = sum(len(gzip.compress(path.read_bytes())) for path in scripts)
    yield Figure("page: JavaScript of the first load, packed", packed / 1000, "KB", 350, note=f"{len(scripts)} files")
    yield from spread("page: opened until the message box is there", times, 1500)


def chat_opening(browser: Traced, address: str) -> Iterator[Figure]:
    times, longest = [], []
    for _ in range(OPENINGS):
        browser.open("about:blank")
        browser.begin()
        browser.open(address)
        browser.wait("document.querySelectorAll('.thread article .markdown p').length > 10", 20)
        times.append(float(browser.evaluate("performance.now()")))
        browser.evaluate(IDLE)
        longest.append(max(browser.tasks(), key=lambda task: task[1]))
    yield from spread(f"page: a chat of {MESSAGES} messages opened", times)
    worst = max(longest, key=lambda task: task[1])
    yield Figure("page: the longest task of that, processor", worst[1], "ms", note=f"wall {worst[0]:.0f}; {worst[2]}")


def writing(browser: Traced, model: FakeModelServer, where: str) -> Iterator[Figure]:
    """An answer of lists, code, a table and formulas, at 50 tokens a second."""
    model.reply, model.pause_s = reply(TOKENS), PAUSE_S
    browser.click(BOX)
    browser.type("How is the pump bled?")
    browser.evaluate(
        "Object.assign(probe, { arrived: [], painted: [], long: [], commits: [] }); probe.from = performance.now()"
    )
    browser.begin()
    browser.press("Enter")
    browser.wait("document.querySelector('.answer[aria-busy=true]')", 20)
    browser.wait(f"!document.querySelector('.answer[aria-busy=true]') && {WRITTEN}", 120)
    tasks = browser.tasks()
    told = browser.evaluate(
        "({arrived: probe.arrived, painted: probe.painted, long: probe.long, commits: probe.commits})"
    )
    late = [
        painted - arrived
        for arrived, painted in zip(told["arrived"], told["painted"], strict=False)
        if arrived is not None and painted is not None
    ]
    yield from spread(f"page: token to paint, {where}", late, 50)
    most = max(tasks, key=lambda task: task[1])
    over = [task for task in tasks if task[1] > LONG_MS]
    noted = (
        f"{len([task for task in tasks if task[0] > LONG_MS])} by the wall's clock; longest {most[1]:.0f} ({most[2]})"
    )
    yield Figure(f"page: tasks over {LONG_MS} ms, {where}", len(over), "", 0, note=noted)
    busy = 100 * sum(task[1] for task in tasks) / (1000 * TOKENS * PAUSE_S)
    yield Figure(
        f"page: processor of the main thread, {where}",
        busy,
        "%",
        note=f"p99 of a task {percentile([task[1] for task in tasks], 99):.1f} ms",
    )
    shown = [painted for painted in told["painted"] if painted is not None]
    frames = [frame for frame, at in told["commits"] if shown[0] <= at <= shown[-1]]
    most_commits = max(frames.count(frame) for frame in set(frames))
    note = f"{len(frames)} in {len(set(frames))} frames, from the first token painted to the last"
    yield Figure(f"page: React's commits a frame, the most, {where}", most_commits, "", 1, note=note)


def reply(tokens: int) -> list[str]:
    """Pieces that each end in their number; every kind of Markdown comes by."""
    found: list[str] = []
    shapes = (
        "{} ", "{} ", "{} ", "**{}** ", "{} ", "`{}` ", "{}.\n\n", "- {}\n", "- {}\n", "- {}\n\n", "| a | {} |\n|---|---|\n", "| b | {} |\n",
        "| c | {} |\n\n", "```python\nx = '{}'\n", "y = {}\n", "z = {}\n```\n\n", "$$x^2 + {}$$\n\n", "{} [1] ", "{} ", "### {}\n\n",
    )  # fmt: skip
    for number in range(tokens):
        found.append(shapes[number % len(shapes)].format(f"w{number}"))
    return found


def add_chat(client: Client) -> str:
    """A session of 300 messages, its answers with all that Markdown has."""
    messages = []
    for number in range(MESSAGES):
        content = (
            f"Question {number}: how is it done?"
            if number % 2 == 0
            else "".join(reply(120)).replace("w1", f"{number}.")
        )
        parent = str(number - 1) if number else None
        role = "assistant" if number % 2 else "user"
        messages.append({"id": str(number), "parent": parent, "role": role, "content": content, "status": "finished"})
    file = {
        "format": "ibidem-sessions",
        "version": 1,
        "sessions": [{"id": "long", "title": "Long", "messages": messages}],
    }
    made = client.call("POST", "/api/sessions/import/", file)
    return str(made["sessions"][0])


if __name__ == "__main__":
    show(measure())
