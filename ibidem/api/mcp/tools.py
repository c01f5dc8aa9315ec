"""What an assistant can do here: search, read, ask, list workspaces, find a definition; and documents as resources.

Each result comes twice, as data and as text: many clients show the text alone. Importing this module loads the SDK.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver import ResourceSecurity
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp_types import CallToolResult, Resource, TextContent, ToolAnnotations
from pydantic import Field

from ibidem import __version__
from ibidem.api.dialects.access import client_owner
from ibidem.api.dialects.sources import with_addresses
from ibidem.api.mcp import shapes
from ibidem.api.mcp.endpoint import REQUEST
from ibidem.api.symbols import found_symbols
from ibidem.app import App
from ibidem.chat.answer import Draft
from ibidem.errors import IbidemError, NotFound
from ibidem.models.base import ChatMessage, ChatRequest
from ibidem.store.chunks import text_lines
from ibidem.store.documents import get_document
from ibidem.store.listing import list_documents
from ibidem.store.sharing import document_owner
from ibidem.store.workspaces import HOME, get_workspace, list_workspaces
from ibidem.tasks.asking import check_question
from ibidem.tasks.dialects import Question
from ibidem.types import Document, Hit, as_json

INSTRUCTIONS = (
    "Ibidem searches the user's own documents and code on this machine. Search first, read what a hit leaves out, and name"
    " path and lines of what you use."
)
MOST_LINES = 400  # of one `read`
MOST_LINE = 1 << 31
MOST_LISTED = 200  # documents of one workspace in the list of resources
QUERY_HITS = 12
SCHEME = "ibidem"

T = TypeVar("T")
Query = Annotated[str, Field(description="Words, names, or a question, in any language.")]
Slug = Annotated[str, Field(description="The workspace's slug: see list_workspaces.")]
Line = Annotated[int | None, Field(ge=1, description="Counted from 1.")]
READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)


class Server(MCPServer[Any]):
    """The SDK's server; its list of resources is the owner's documents."""

    def __init__(self, tools: Tools) -> None:
        super().__init__("ibidem", title="Ibidem", instructions=INSTRUCTIONS, version=__version__, log_level="WARNING")
        self._tools = tools

    async def list_resources(self) -> list[Resource]:
        return await self._tools.resources()


def server(app: App) -> Server:
    """Over an engine; whoever calls is known by the request that a tool is called by."""
    tools = Tools(app)
    made = Server(tools)
    for tool in (tools.search, tools.read, tools.ask, tools.list_workspaces, tools.find_definition):
        made.tool(annotations=READS)(tool)
    made.resource(f"{SCHEME}://documents/{{document}}", name="document", mime_type="text/plain")(tools.document)
    made.resource(
        f"{SCHEME}://search/{{query}}",
        name="search",
        mime_type="text/plain",
        description="Passages about the query, from all workspaces.",
        security=ResourceSecurity(exempt_params={"query"}),
    )(tools.passages)
    return made


class Tools:
    """The tools, as functions. What a docstring says is what assistants read."""

    def __init__(self, app: App) -> None:
        self._app = app

    # --- tools -------------------------------------------------------------------------------------------------------

    async def search(
        self,
        query: Query,
        workspace: Slug = HOME,
        limit: Annotated[int, Field(ge=1, le=50, description="Most hits.")] = 8,
    ) -> Annotated[CallToolResult, shapes.Hits]:
        """Find passages of documents and code. Each hit has its path, lines and text."""
        hits = await self._called(lambda owner: self._hits(owner, query, workspace, limit))
        return _result({"hits": [as_json(hit) for hit in hits]}, _as_text(hits))

    async def read(
        self,
        document: Annotated[str, Field(description="A document's id, or its path or the end of it.")],
        start_line: Line = None,
        end_line: Line = None,
        workspace: Slug = HOME,
    ) -> Annotated[CallToolResult, shapes.Passage]:
        """Read a document's text, 400 lines at most at once."""
        first = start_line or 1
        last = min(end_line or first + MOST_LINES - 1, first + MOST_LINES - 1)

        def lines(owner: int) -> tuple[Document, list[str]]:
            found = self._document(owner, document, workspace)
            return found, self._lines(owner, found, first, last)

        found, text = await self._called(lines)
        passage = {
            "document_id": found.id,
            "path": found.path,
            "title": found.title,
            "start_line": first,
            "end_line": first + max(0, len(text) - 1),
            "text": "\n".join(text),
        }
        return _result(passage, f"{found.path}:{first}-{passage['end_line']}\n{passage['text']}")

    async def ask(
        self,
        question: Annotated[str, Field(description="A question that the documents may answer.")],
        workspace: Slug = HOME,
        model: Annotated[str, Field(description="Another model than the default one.")] = "",
    ) -> Annotated[CallToolResult, shapes.Answer]:
        """Ask Ibidem's own model, which answers from the workspace's documents with numbered citations."""
        request = REQUEST.get()
        with _told(ToolError):
            owner = await client_owner(request)
            check_question(question, self._app.settings.serve.max_question_bytes)
            place = await asyncio.to_thread(get_workspace, self._app.db, owner, workspace)
            target = await self._app.dialects.names.resolve(owner, f"{place.slug}/{model}" if model else place.slug)
            asked = Question(
                owner,
                target,
                "mcp",
                request.headers.get("user-agent", ""),
                [ChatMessage("user", question)],
                ChatRequest(messages=()),
            )
            draft = Draft()
            async for _ in self._app.dialects.answer(asked, draft):
                pass  # a tool's result comes whole
        citations = with_addresses(draft.citations(), str(request.base_url))
        sources = "\n".join(
            f"[{one['number']}] {one['path']}:{one['start_line']}-{one['end_line']}" for one in citations
        )
        shown = {"answer": draft.text, "citations": citations, "model": target.model}
        return _result(shown, f"{draft.text}\n\n{sources}".strip())

    async def list_workspaces(self) -> Annotated[CallToolResult, shapes.Workspaces]:
        """List the workspaces: each holds documents that are searched together."""
        places = await self._called(lambda owner: list_workspaces(self._app.db, owner))
        shown = [{"slug": one.slug, "name": one.name, "documents": one.documents} for one in places]
        lines = [f"{one['slug']}: {one['name']}, {one['documents']} documents" for one in shown]
        return _result({"workspaces": shown}, "\n".join(lines))

    async def find_definition(
        self,
        name: Annotated[str, Field(description="One identifier, as the code writes it.")],
        workspace: Slug = HOME,
    ) -> Annotated[CallToolResult, shapes.Symbols]:
        """Find where a name is defined in the workspace's code, and where it is used."""
        found = await self._called(
            lambda owner: found_symbols(self._app.db, get_workspace(self._app.db, owner, workspace), name)
        )
        lines = [
            f"{one['path']}:{one['start_line']}  {one['signature'] or one['kind']}" for one in found["definitions"]
        ]
        lines += [f"used in {one['path']}:{','.join(map(str, one['lines']))}" for one in found["references"]]
        return _result(found, "\n".join(lines) or f"no definition of {name!r}")

    # --- resources -----------------------------------------------------------------------------------------------------

    async def resources(self) -> list[Resource]:
        def listed(owner: int) -> list[Document]:
            places = list_workspaces(self._app.db, owner)
            found = (
                list_documents(self._app.db, owner, workspace=place, state="ok", after=None, limit=MOST_LISTED)
                for place in places
            )
            return [document for part in found for _, document in part]

        return [
            Resource(
                uri=f"{SCHEME}://documents/{one.id}",
                name=one.path,
                title=one.title,
                mime_type=one.media_type if one.media_type.startswith("text/") else "text/plain",
                size=one.size_bytes,
            )
            for one in await self._called(listed)
        ]

    async def document(self, document: str) -> str:
        """A document's text, as indexed."""

        def whole(owner: int) -> str:
            found = get_document(self._app.db, owner, document)
            return "\n".join(self._lines(owner, found, 1, MOST_LINE))

        return await self._called(whole, ResourceError)

    async def passages(self, query: str) -> str:
        if query == "null":  # what Continue writes for an empty text
            return ""

        def best(owner: int) -> list[Hit]:
            places = [place for place in list_workspaces(self._app.db, owner) if place.documents]
            found = [hit for place in places for hit in self._hits(owner, query, place.slug, QUERY_HITS)]
            return sorted(found, key=lambda hit: -hit.score)[:QUERY_HITS]

        return _as_text(await self._called(best, ResourceError))

    # --- what they share -------------------------------------------------------------------------------------------------

    def _hits(self, owner: int, query: str, workspace: str, limit: int) -> list[Hit]:
        check_question(query, self._app.settings.serve.max_question_bytes)
        place = get_workspace(self._app.db, owner, workspace)
        return self._app.search(query, place, hits=limit, judged=False).hits(limit)

    def _lines(self, owner: int, document: Document, first: int, last: int) -> list[str]:
        """Of the user's own, or one in a workspace that is shared with him."""
        return text_lines(self._app.db, document_owner(self._app.db, owner, document.id), document.id, first, last)

    def _document(self, owner: int, name: str, workspace: str) -> Document:
        try:
            return get_document(self._app.db, owner, name)
        except NotFound:
            files = self._app.files.of(get_workspace(self._app.db, owner, workspace))
            if not (paths := files.ending(name)):
                raise NotFound(
                    f"no document {name!r} in {workspace}", hint="search first; hits name documents"
                ) from None
            return get_document(self._app.db, owner, files.documents[paths[0]])

    async def _called(self, work: Callable[[int], T], failed: type[Exception] = ToolError) -> T:
        """The work in a thread, for whoever sent the request; our errors as the protocol tells them."""
        request = REQUEST.get()
        with _told(failed):
            return await asyncio.to_thread(work, await client_owner(request))


@contextmanager
def _told(failed: type[Exception]) -> Iterator[None]:
    try:
        yield
    except NotFound as error:
        raise (ResourceNotFoundError if failed is ResourceError else failed)(
            f"{error.message}; {error.hint}"
        ) from error
    except IbidemError as error:
        raise failed(f"{error.message}; {error.hint}") from error


def _result(shown: dict[str, Any], text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=shown)


def _as_text(hits: list[Hit]) -> str:
    parts = [
        f"[{number}] {hit.path}:{hit.start_line}-{hit.end_line} (document {hit.document_id})\n{hit.text.strip()}"
        for number, hit in enumerate(hits, 1)
    ]
    return "\n\n".join(parts) or "nothing found"
