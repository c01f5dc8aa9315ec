"""The nouns that cross part borders: spans, chunks, documents, passages, citations, hits, events."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

DocumentState = Literal["queued", "reading", "indexing", "ok", "partial", "skipped", "failed"]
Mode = Literal["chat", "query", "plain"]
Channel = Literal["body", "symbols", "path", "heads", "dense", "feedback"]
Verdict = Literal["supported", "weak", "unsupported"]
Role = Literal["chat", "embed", "rerank"]  # what an engine is loaded for


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a document: half-open offsets, 1-based inclusive lines.

    Characters count in the document's text as indexed (decoded, NFC). Bytes count in the original file and are
    None where text is extracted rather than read (PDF). `page` is 1-based, None where there are no pages.
    """

    start_char: int
    end_char: int
    start_line: int
    end_line: int
    start_byte: int | None = None
    end_byte: int | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document that is found and cited as one.

    The chunks of a document tile its text: each starts where the one before it ends, or earlier by an overlap.
    `heading` is the heading path or the enclosing definitions ("Setup > Linux", "class Pool > def get");
    `symbols` are the names defined in the chunk; `tokens` is estimated (`estimate_tokens`).
    """

    ordinal: int
    text: str
    span: Span
    heading: str = ""
    symbols: tuple[str, ...] = ()
    tokens: int = 0


class Definition(NamedTuple):
    """A name that a source file defines, and the lines it takes. A tuple because there are many.

    `parent` is the dotted path of what encloses it ("Outer.Inner"), for a Go method its receiver's type. `type` is what
    a value of it is, as far as the source says so: a function's result, a field's type, a class's bases.
    """

    name: str
    kind: str
    parent: str
    start_line: int
    end_line: int
    start_char: int
    end_char: int
    signature: str
    type: str = ""


class Import(NamedTuple):
    """A name that a source file takes from elsewhere: "" for the module itself, "*" for all it has.

    `module` is as written; `alias` is the name it has in this file.
    """

    module: str
    name: str
    alias: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Outline:
    """What a source file defines, imports and refers to.

    `references` is one text, as it is stored, because there are as many as the file has names: a line for each, with the
    name, a blank, and the lines it stands on, "Pool 3,17\\n".
    """

    definitions: tuple[Definition, ...] = ()
    imports: tuple[Import, ...] = ()
    references: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a PDF: where its text lies in the document's, and a box for each of its characters.

    `boxes` is zlib-compressed little-endian uint16, shape (characters, 4): left, top, right, bottom in tenths of a
    point from the page's top left corner; zeros for a character that is not drawn.
    """

    number: int
    start_char: int
    end_char: int
    width_pt: float
    height_pt: float
    boxes: bytes


@dataclass(frozen=True, slots=True)
class Document:
    """A file or pasted text as the user sees it in a list. Times are seconds since 1970, UTC.

    `source` is the folder it belongs to, None for an upload; `chunks_so_far` those of a reading under way.
    """

    id: str
    workspace: str
    title: str
    path: str
    media_type: str
    encoding: str
    size_bytes: int
    state: DocumentState
    reason: str
    chunks: int
    created_at: float
    updated_at: float
    source: str | None
    chunks_so_far: int


@dataclass(frozen=True, slots=True)
class Passage:
    """Retrieved text with its place: one chunk, or neighbouring chunks merged. `number` is what the answer cites."""

    number: int
    document_id: str
    path: str
    title: str
    text: str
    span: Span
    heading: str
    score: float
    chunk_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Support:
    """The part of a passage that bears a sentence, or is the nearest to it: its lines in the document, and its text."""

    start_line: int
    end_line: int
    text: str


@dataclass(frozen=True, slots=True)
class Citation:
    """A footnote, in the contract's words. `support` is None for a passage that was not checked against a sentence."""

    number: int
    document_id: str
    path: str
    title: str
    start_line: int
    end_line: int
    page: int | None
    heading: str
    text: str
    url: str
    verdict: Verdict = "supported"
    support: Support | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A search result, in the contract's words; `channels` are the scores before weights, `why` a short reason."""

    document_id: str
    path: str
    start_line: int
    end_line: int
    page: int | None
    heading: str
    text: str
    score: float
    channels: dict[str, float]
    why: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer: the prompt, how much of it the engine still had, and what was generated."""

    prompt: int = 0
    reused: int = 0
    completion: int = 0


# --- events of a run: the names and fields of the contract, section 4 --------------------------------------------

TERMINAL_EVENTS = frozenset({"finished", "failed", "stopped", "interrupted"})


@dataclass(frozen=True, slots=True)
class Event:
    """What a run tells its readers. `data` is JSON; the journal holds the same object."""

    name: str
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def terminal(self) -> bool:
        return self.name in TERMINAL_EVENTS


def as_json(value: Any) -> dict[str, Any]:
    """A dataclass as the contract shows it."""
    return asdict(value)


def rfc3339(seconds: float) -> str:
    """A time as the contract shows it: UTC, milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def estimate_tokens(text: str) -> int:
    """Tokens estimated by script: 4 ASCII characters, or 1.4 others, a token (as retrieval budgets are counted)."""
    ascii_chars = len(text) if text.isascii() else len(text.encode("ascii", "ignore"))
    return int(ascii_chars / 4 + (len(text) - ascii_chars) / 1.4 + 0.999)


@dataclass(frozen=True, slots=True)
class EnginePlan:
    """How a GGUF file is loaded on this machine: what the planner tells the engine."""

    path: str  # of the GGUF file
    role: Role = "chat"
    context_tokens: int = 4096  # of all slots together; a request has context_tokens // slots
    slots: int = 1
    threads: int = 1
    batch_tokens: int = 512  # read at once (n_ubatch)
    gpu_layers: int = 0  # 999: all of them
    kv_type: Literal["f16", "q8_0", "q4_0"] = "f16"
    checkpoints: int = 4  # of a slot's windows and states (Gemma, Qwen3.5): llama.cpp's own 32 take gigabytes
    prompt_cache_mib: int = 0  # of host memory for prompts whose slot was taken, on top of everything else
    repack: bool = True  # weights copied into a quicker layout (AVX2, ARM); the copy costs memory
    lock_memory: bool = False
    niceness: int = 0
    insert: bool = False  # the file has the tokens for code between a prefix and a suffix
    name: str = ""  # as the file calls itself
    needs_bytes: int = 0  # predicted resident memory of the engine
    prompt_tokens_s: float = 0.0  # read, as measured here with this model or a like one; 0: never measured
