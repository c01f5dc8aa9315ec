"""What both dialects do with a question: the model named is looked up, the answer written, its sources made ready."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import Depends, Request

from ibidem.api.access import Access, Principal, access, engine
from ibidem.api.dialects.access import client_principal
from ibidem.api.dialects.body import Body
from ibidem.api.dialects.errors import Form
from ibidem.api.dialects.reply import Reply
from ibidem.api.dialects.sources import annotations_of, footer_of, wants_footer, with_addresses
from ibidem.app import App
from ibidem.chat.answer import Draft
from ibidem.chat.insert import Insert
from ibidem.models.base import ChatMessage, ChatRequest, CompletionRequest, ModelEvent
from ibidem.store.workspaces import LOCAL_OWNER
from ibidem.tasks.dialects import Question
from ibidem.tasks.names import Target
from ibidem.types import Event

MOST_DOCUMENTS = 1000


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks, and from where the server was reached."""

    app: App
    owner: int
    name: str  # its User-Agent
    base_url: str
    gate: Access
    who: Principal | None = None  # None: no key was needed

    def reply(self, frames: AsyncGenerator[bytes, None], form: Form, media_type: str, **more: Any) -> Reply:
        """As `Reply`; it ends where the client's right to it does."""
        right = partial(self.gate.open, self.who) if self.who else None
        return Reply(frames, form, media_type, right=right, **more)

    async def target(self, name: str) -> Target:
        """Raises ModelUnknown."""
        return await self.app.dialects.names.resolve(self.owner, name)

    def complete(self, target: Target, request: CompletionRequest, *, fills: bool) -> AsyncGenerator[ModelEvent, None]:
        """`fills`: a suffix was sent, be it empty."""
        model = self.app.open_model(target.model)
        wanted = Insert(model, request, workspace=target.workspace, client=self.name, fills=fills)
        return self.app.insert(self.owner, wanted)


async def client(request: Request) -> Client:
    who = await client_principal(request)
    name, owner = request.headers.get("user-agent", ""), who.user if who else LOCAL_OWNER
    return Client(engine(request), owner, name, str(request.base_url), access(request), who)


Asking = Annotated[Client, Depends(client)]


@dataclass(slots=True)
class Written:
    """An answer as it is written, with what a client is told of it at the end."""

    client: Client
    question: Question
    draft: Draft = field(default_factory=lambda: Draft(shows_found=False))
    all_sources: bool = False  # also those that the answer does not cite
    citations: list[dict[str, Any]] = field(default_factory=list)  # once the answer is whole

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Ibidem-Answer": self.question.id}

    async def events(self) -> AsyncGenerator[Event, None]:
        """The answer's events; the footer, for clients that need one, comes as the last `delta`."""
        async with aclosing(self.client.app.dialects.answer(self.question, self.draft)) as events:
            async for event in events:
                if event.name == "cited":
                    self.citations = with_addresses(event.data["citations"], self.client.base_url)
                yield event
        wishes, setting = self.question.wishes, self.client.app.settings.dialects.footer
        prose = not wishes.tools and wishes.schema is None and not self.draft.calls
        if wants_footer(setting, self.question.dialect, self.client.name, prose=prose) and (
            text := footer_of(self.citations)
        ):
            yield Event("delta", {"text": text})

    async def whole(self) -> tuple[str, str]:
        """The answer's text, footer included, and its reasoning, for clients that want no stream."""
        said = {"delta": "", "reasoning": ""}
        async with aclosing(self.events()) as events:
            async for event in events:
                if event.name in said:
                    said[event.name] += event.data["text"]
        return said["delta"], said["reasoning"]

    @property
    def annotations(self) -> list[dict[str, Any]]:
        return annotations_of(self.draft.text, self.citations)

    @property
    def sources(self) -> list[dict[str, Any]]:
        return with_addresses(self.draft.rag_context(), self.client.base_url) if self.all_sources else self.citations

    @property
    def extras(self) -> dict[str, Any]:
        """`citations`, links alone, and `sources` in the contract's words; nothing without a source."""
        links = [one["url"] for one in self.citations]
        return {"citations": links, "sources": self.sources} if self.sources else {}


async def ask(
    client: Client,
    body: Body,
    dialect: Literal["ollama", "openai"],
    messages: Sequence[ChatMessage],
    wishes: ChatRequest,
    *,
    max_tokens: int | None,
) -> Written:
    """Raises ModelUnknown, BadInput."""
    target = await client.target(body.model())
    question = Question(
        client.owner,
        target,
        dialect,
        client.name,
        messages,
        wishes,
        max_tokens=max_tokens,
        use_context=body.flag("use_context"),
        documents=frozenset(body.inner("context_filter").texts("docs_ids", MOST_DOCUMENTS)),
    )
    return Written(client, question, all_sources=bool(body.flag("include_sources")))
