"""Every option with its default, its unit in the name, and what it means: the only place where that is said.

The table of docs/settings.md and the page's settings repeat these words; tests hold them to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

T = TypeVar("T")

MIB = 1024 * 1024


def option(default: T, meaning: str, *, by_hand: bool = False, secret: bool = False) -> T:
    """A field of a section.

    `by_hand`: only the file and the environment set it, because it says who may enter, or names a program to run or a
    file to read. `secret`: its value is shown nowhere.
    """
    return field(default=default, repr=not secret, metadata={"meaning": meaning, "by_hand": by_hand})


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """`[serve]`: the HTTP server."""

    host: str = option(
        "127.0.0.1", 'address to listen on; beyond loopback only with `serve.sign_in = "password"`', by_hand=True
    )
    port: int = option(8765, "port to listen on", by_hand=True)
    sign_in: Literal["local", "password"] = option(
        "local",
        "`local`: who may read the data directory, or has a link of `ibidem open`; `password`: names and passwords",
        by_hand=True,
    )
    allowed_hosts: str = option(
        "",
        "further names under which the server may be reached, `notes.example, 10.0.0.5:8765`; without a port, the server's own and none are both taken",
        by_hand=True,
    )
    allowed_origins: str = option(
        "",
        "origins of other pages that may use the API with a key, `https://chat.example`; the only CORS there is",
        by_hand=True,
    )
    trusted_proxies: str = option(
        "", "addresses of reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed", by_hand=True
    )
    max_upload_bytes: int = option(1024 * MIB, "largest uploaded file")
    max_question_bytes: int = option(64 * 1024, "longest question; longer text is better added as a document")


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """`[ingest]`: what is read, and the limits of the children that read it."""

    workers: int = option(0, "child processes that read files; 0 means one less than the cores, at least one")
    max_text_bytes: int = option(
        50 * MIB, "text taken from one file; the rest is left out and the document is `partial`"
    )
    max_code_bytes: int = option(1 * MIB, "a longer source file is cut by lines instead of by definitions")
    max_pdf_bytes: int = option(500 * MIB, "largest PDF that is read")
    child_memory_bytes: int = option(1536 * MIB, "address space of a child; a file that needs more fails")
    batch_timeout_s: float = option(60.0, "a child that is silent for so long is ended, and its file fails")
    settle_s: float = option(0.3, "a saved file is read once it has been quiet for so long")
    rescan_s: float = option(600.0, "how often watched folders are walked again, should a notice be lost")


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """`[index]`: how text becomes searchable."""

    korean: Literal["morphemes", "bigrams"] = option(
        "morphemes",
        "Korean by `bigrams` at once, then by `morphemes` as well (a child process with 280 MB while it works), or by `bigrams` alone",
    )


@dataclass(frozen=True, slots=True)
class RetrieveSettings:
    """`[retrieve]`: how much is found and how much of it an answer gets."""

    hits: int = option(30, "chunks fetched after fusion")
    budget_tokens: int = option(3000, "estimated tokens of all the passages of one answer")
    read_s: float = option(8.0, "how long a model may read the new passages of one turn; a slow one gets fewer")
    dense_ms: int = option(300, "how long a question waits for its vector; later it is answered by the words alone")
    rerank_ms: int = option(300, "how long a question waits for the reranker; later the fused order stands")


@dataclass(frozen=True, slots=True)
class CompleteSettings:
    """`[complete]`: code completion, where an editor waits at every keystroke."""

    context_tokens: int = option(
        4000, "most estimated tokens of the workspace's code shown to the model at a cursor; `0`: none"
    )
    context_ms: int = option(50, "how long that code is searched for; later the completion goes on without")
    first_token_s: float = option(1.0, "less of it is shown while the model takes longer than this to begin")


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """`[models]`: which model answers and where the servers are."""

    default: str = option("quotes", "the model as `provider:name`; `quotes` needs no language model")
    embedder: str = option(
        "",
        "what makes vectors, as `provider:name`; empty means search by words alone. `hashed:DIM` is a stand-in for tests and demonstrations: it only sees shared words",
    )
    embedder_languages: str = option(
        "",
        "ISO 639-1 codes that the embedder knows (`ko en`), or `*` for all; empty: as known of its family, else English alone",
    )
    embedder_document_prefix: str = option(
        "", "put before each stored text; empty: as its family wants it. Another one makes the vectors anew"
    )
    embedder_query_prefix: str = option("", "put before each question; empty: as its family wants it")
    embedder_window_tokens: int = option(
        0,
        "longer texts go in overlapping windows; 0: as known of its family, at most 2,048. Another one makes the vectors anew",
    )
    reranker: str = option("", "what orders the best 50 passages anew, as `provider:name`; empty means none")
    ollama_url: str = option("http://127.0.0.1:11434", "the Ollama server")
    openai_url: str = option("http://127.0.0.1:1234/v1", "a server with the OpenAI API")
    openai_key: str = option("", "its key, if it wants one; never shown or logged", secret=True)
    openai_key_file: str = option("", "a file that holds the key and nothing else", by_hand=True)
    llama_server: str = option(
        "", "path of a `llama-server` that runs GGUF files; empty: the `xllamacpp` wheel does", by_hand=True
    )
    context_tokens: int = option(0, "context of one request to a GGUF file; 0: as planned for this machine")
    slots: int = option(0, "requests that a GGUF file answers at once; 0: as planned")
    threads: int = option(0, "threads of the engine; 0: as planned (performance cores)")
    gpu_layers: int = option(-1, "layers on the graphics card; -1: as planned, 999: all")
    kv_type: Literal["planned", "f16", "q8_0", "q4_0"] = option(
        "planned", "precision of the engine's cache: `f16`, `q8_0`, `q4_0`"
    )
    niceness: int = option(0, "of the engine's process, for experts: 5 leaves other programs more of the processor")
    keep_alive_s: float = option(600.0, "an engine without a request for so long is ended, and its memory is free")
    load_timeout_s: float = option(300.0, "a GGUF file that is not ready after so long is given up")
    connect_timeout_s: float = option(5.0, "time to connect")
    first_token_timeout_s: float = option(300.0, "time to the first token; a cold model may have to be loaded first")
    idle_timeout_s: float = option(60.0, "longest silence between two tokens")
    offline: bool = option(
        False, "`true`: nothing beyond this machine is connected to, no model server elsewhere and no download"
    )
    max_tokens: int = option(1024, "longest answer")


@dataclass(frozen=True, slots=True)
class JobSettings:
    """`[jobs]`: leases, tries and how many run at once."""

    lease_s: float = option(30.0, "how long a claimed job belongs to its worker without a sign of life")
    poll_s: float = option(1.0, "how often workers look for jobs, should a wake-up be lost")
    answers: int = option(4, "answers written at the same time; the others wait and show their position")
    answers_per_user: int = option(
        2, "of these so many of one user, where users sign in with passwords; users take turns in any case"
    )
    indexing: int = option(2, "sources read at the same time; they share the child processes")
    max_queued: int = option(100, "waiting jobs of one user; more are refused with `busy`")
    journal_s: float = option(0.1, "how often the tokens of running answers are written down")
    journal_keep_s: float = option(3600.0, "how long after its end a run can be replayed event by event")


@dataclass(frozen=True, slots=True)
class DialectSettings:
    """`[dialects]`: clients that speak to Ollama or OpenAI."""

    key: Literal["optional", "required"] = option(
        "optional", "`required`: clients need the data directory's secret, or a key, as Bearer", by_hand=True
    )
    workspace: str = option(
        "", "a workspace that is searched for models named without one (`llama3.2`); empty: none is"
    )
    aliases: str = option("", "further names of models: `gpt-4o=plant, fast=plain/llama3.2`")
    max_tokens: int = option(4096, "longest answer where the client names no limit")
    footer: Literal["auto", "always", "never"] = option(
        "auto", "sources as text under answers: `always`, `never`, or for clients known to show nothing else"
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole tree. `data_dir` holds everything Ibidem writes."""

    data_dir: Path
    serve: ServeSettings = field(default_factory=ServeSettings)
    ingest: IngestSettings = field(default_factory=IngestSettings)
    index: IndexSettings = field(default_factory=IndexSettings)
    retrieve: RetrieveSettings = field(default_factory=RetrieveSettings)
    complete: CompleteSettings = field(default_factory=CompleteSettings)
    models: ModelSettings = field(default_factory=ModelSettings)
    jobs: JobSettings = field(default_factory=JobSettings)
    dialects: DialectSettings = field(default_factory=DialectSettings)


SECTIONS: dict[str, type[Any]] = {
    "serve": ServeSettings,
    "ingest": IngestSettings,
    "index": IndexSettings,
    "retrieve": RetrieveSettings,
    "complete": CompleteSettings,
    "models": ModelSettings,
    "jobs": JobSettings,
    "dialects": DialectSettings,
}


def each_option() -> Iterator[tuple[str, Field[Any]]]:
    """(section, field) of every option, in the order of the documentation."""
    for section, cls in SECTIONS.items():
        for item in fields(cls):
            yield section, item
