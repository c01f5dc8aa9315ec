"""Code for cursors: what the model is shown, what happens when time runs out or a keystroke is outdated."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest

from ibidem.chat.insert import Insert, Insertions, Pace
from ibidem.errors import BadInput
from ibidem.models.base import CompletionRequest, Done, ModelEvent, Sampling, TextDelta
from ibidem.models.quotes import QuotesModel
from ibidem.models.scripted import ScriptedModel
from ibidem.retrieve.budget import Ranked
from ibidem.retrieve.complete import Completion
from ibidem.settings import CompleteSettings
from ibidem.store.chunks import StoredChunk
from ibidem.store.workspaces import Workspace
from ibidem.types import Chunk, Span

OWNER = 1
CODE = CompletionRequest("import cart\n\ncart.", suffix="\n", sampling=Sampling(stop=("\n\n",)))
Search = Callable[[str, str, str, Workspace, int], Completion]


def found(*names: str, path: str = "main.py") -> Completion:
    """A completion's context: a function of that name each, best first, in a file of its own."""
    ranked = []
    for name in names:
        text = f"def {name}(cart):\n    ...\n"
        chunk = Chunk(0, text, Span(0, len(text), 1, 2), tokens=8)
        ranked.append(Ranked(StoredChunk(1, "d", f"shop/{name}.py", name, "text/x-python", chunk), 1.0, {}))
    return Completion(ranked, path=path)


class Editor:
    """Asks for code at a cursor with a search that tests give."""

    def __init__(self, search: Search, home: Workspace, *, context_ms: int = 10_000) -> None:
        self.home = home
        self.model = ScriptedModel("qwen2.5-coder")
        self.insertions = Insertions(search, CompleteSettings(context_ms=context_ms))

    def insert(self, request: CompletionRequest = CODE, **more: object) -> AsyncIterator[ModelEvent]:
        wanted = {"model": self.model, "workspace": self.home, **more}
        return self.insertions.stream(OWNER, Insert(request=request, **wanted))  # type: ignore[arg-type]

    async def text(self, request: CompletionRequest = CODE, **more: object) -> str:
        events = [event async for event in self.insert(request, **more)]
        assert isinstance(events[-1], Done)
        return "".join(event.text for event in events if isinstance(event, TextDelta))

    @property
    def prompts(self) -> list[str]:
        return [request.prompt for request in self.model.completions]


@pytest.fixture
def editor(home: Workspace) -> Iterator[Editor]:
    one = Editor(lambda *_: found("total", "discount"), home)
    yield one
    one.insertions.close()


def test_the_workspaces_code_stands_before_the_cursors_and_the_best_stands_last(editor: Editor) -> None:
    editor.model.queue("total()")
    assert asyncio.run(editor.text()) == "total()"
    [prompt] = editor.prompts
    assert prompt.index("def discount") < prompt.index("def total") < prompt.index("<|fim_prefix|>import cart")
    assert "<|file_sep|>main.py\n<|fim_prefix|>" in prompt


def test_the_texts_end_is_the_clients_and_the_familys(editor: Editor) -> None:
    asyncio.run(editor.text())
    stop = editor.model.completions[0].sampling.stop
    assert stop[0] == "\n\n"
    assert "<|file_sep|>" in stop


def test_a_plain_model_gets_no_context(editor: Editor) -> None:
    asyncio.run(editor.text(workspace=None))
    assert editor.prompts == ["<|fim_prefix|>import cart\n\ncart.<|fim_suffix|>\n<|fim_middle|>"]


def test_text_that_is_no_hole_goes_to_the_model_untouched(editor: Editor) -> None:
    request = CompletionRequest("Once upon a time")
    asyncio.run(editor.text(request))
    assert editor.model.completions == [request]


def test_an_empty_suffix_is_a_cursor_at_the_end_of_a_file(editor: Editor) -> None:
    asyncio.run(editor.text(CompletionRequest("cart."), fills=True))
    assert editor.prompts[0].endswith("<|fim_prefix|>cart.<|fim_suffix|><|fim_middle|>")


def test_a_model_that_cannot_insert_says_so_before_anything_else(editor: Editor) -> None:
    with pytest.raises(BadInput, match="does not support insert"):
        asyncio.run(editor.text(model=QuotesModel(str.split)))


def test_context_that_is_late_is_left_out_and_serves_the_next_keystroke(home: Workspace) -> None:
    gates = [threading.Event(), threading.Event()]
    waiting_at = iter(gates)

    def slow(*_: object) -> Completion:
        next(waiting_at).wait(10)
        return found("total")

    editor = Editor(slow, home, context_ms=150)

    async def type_on() -> None:
        await editor.text(client="ide")
        gates[0].set()
        while not editor.insertions._last:
            await asyncio.sleep(0)
        await editor.text(CompletionRequest("import cart\n\ncart.t", suffix="\n"), client="ide")
        gates[1].set()

    asyncio.run(asyncio.wait_for(type_on(), 10))
    assert ["def total" in prompt for prompt in editor.prompts] == [False, True]
    editor.insertions.close()


def test_one_workspaces_code_is_never_shown_for_another(home: Workspace) -> None:
    gate = threading.Event()

    def search(path: str, prefix: str, suffix: str, workspace: Workspace, budget: int) -> Completion:
        if workspace == home:
            return found("secret")
        gate.wait(10)
        return found("other")

    editor = Editor(search, home, context_ms=150)

    async def type_on() -> None:
        await editor.text(client="ide")
        typed = CompletionRequest("import cart\n\ncart.t", suffix="\n")
        await editor.text(typed, client="ide", workspace=replace(home, id=99, slug="other"))
        gate.set()

    asyncio.run(type_on())
    assert ["def secret" in prompt for prompt in editor.prompts] == [True, False]
    editor.insertions.close()


def test_a_search_that_fails_costs_the_context_and_not_the_completion(home: Workspace) -> None:
    def fail(*_: object) -> Completion:
        raise RuntimeError("damaged")

    editor = Editor(fail, home)
    editor.model.queue("x")
    assert asyncio.run(editor.text()) == "x"
    assert editor.prompts[0].startswith("<|fim_prefix|>")


def test_context_stays_the_same_while_it_holds_the_best_of_what_is_found(home: Workspace) -> None:
    answers = [found("total", "discount"), found("discount", "total"), found("vat", "total")]
    editor = Editor(lambda *_: answers.pop(0), home)

    async def type_on() -> None:
        for typed in ("", "t", "to"):
            request = CompletionRequest(f"import cart\n\ncart.{typed}", suffix="\n")
            await editor.text(request, client="ide")

    asyncio.run(type_on())
    contexts = [prompt.partition("<|fim_prefix|>")[0] for prompt in editor.prompts]
    assert contexts[0] == contexts[1] != contexts[2]
    assert "def vat" in contexts[2]
    editor.insertions.close()


@asynccontextmanager
async def waiting(editor: Editor, request: CompletionRequest, client: str) -> AsyncIterator[asyncio.Task[str]]:
    """A completion whose model has been asked and says nothing."""
    before = len(editor.prompts)
    editor.model.queue(3600.0, "late")
    task = asyncio.create_task(editor.text(request, client=client))
    while len(editor.prompts) == before:
        await asyncio.sleep(0)
    try:
        yield task
    finally:
        task.cancel()


@pytest.mark.parametrize(
    ("next_text", "client", "dropped"),
    [
        ("import cart\n\ncart.t", "ide", True),
        ("import cart\n\nca", "ide", True),
        ("import cart\n\ncart.", "ide", False),  # the same text: sent twice, not typed on
        ("import shop\n\nshop.", "ide", False),  # another file
        ("import cart\n\ncart.t", "another", False),
        ("import cart\n\ncart.t", "", False),
    ],
)
def test_a_newer_keystroke_at_the_same_place_ends_the_older_one(
    editor: Editor, next_text: str, client: str, dropped: bool
) -> None:
    async def type_on() -> tuple[bool, str]:
        async with waiting(editor, CODE, "ide") as older:
            editor.model.queue("new")
            newer = await editor.text(CompletionRequest(next_text, suffix="\n"), client=client)
            done, _ = await asyncio.wait({older}, timeout=5 if dropped else 0)
            assert not done or older.result() == ""
            return bool(done), newer

    assert asyncio.run(type_on()) == (dropped, "new")
    assert editor.model.stopped >= dropped


def test_a_completion_that_has_begun_is_not_cut_by_a_newer_one(editor: Editor) -> None:
    editor.model.queue("to", 0.0, "tal")

    async def type_on() -> str:
        async with aclosing(editor.insert(client="ide")) as older:  # type: ignore[type-var]
            first = await anext(older)
            await editor.text(CompletionRequest("import cart\n\ncart.to", suffix="\n"), client="ide")
            rest = [event async for event in older]
        return "".join(event.text for event in [first, *rest] if isinstance(event, TextDelta))

    assert asyncio.run(type_on()) == "total"


def test_leaving_stops_the_model(editor: Editor) -> None:
    async def leave() -> None:
        async with waiting(editor, CODE, "ide") as task:
            task.cancel()
            await asyncio.wait({task})

    asyncio.run(leave())
    assert editor.model.stopped == 1
    assert editor.insertions._waiting == {}


def test_a_model_that_begins_late_gets_less_context_and_a_quick_one_more() -> None:
    pace = Pace(4000, 1.0)
    pace.learn(0.3, answered=True)
    assert pace.tokens == 2000
    pace.learn(3.0, answered=True)
    pace.learn(3.0, answered=False)  # its client left after three seconds without a word
    assert pace.tokens == 500
    pace.learn(0.1, answered=False)  # left at the next keystroke: says nothing
    assert pace.tokens == 500
    for _ in range(9):
        pace.learn(0.3, answered=True)
    assert pace.tokens == 4000


def test_no_more_is_shown_than_the_models_window_holds(editor: Editor, home: Workspace) -> None:
    from ibidem.models.base import Capabilities

    class Small(ScriptedModel):
        async def capabilities(self) -> Capabilities:
            return Capabilities(context_tokens=160, insert=True)

    editor.model = Small("qwen2.5-coder")
    asyncio.run(editor.text())
    assert "def total" in editor.prompts[0]
    assert "def discount" not in editor.prompts[0]
