"""Every option, read once: built-in defaults, then `ibidem.toml` in the data directory, then `IBIDEM_*`.

`IBIDEM_RETRIEVE__HITS=20` sets `hits` of `[retrieve]`. An unknown key is an error: a misspelt option never passes for a
set one. Units are in the names.
"""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from ibidem.errors import BadInput

MIB = 1024 * 1024
OTHERS_MAY_READ = 0o044


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """`[serve]`: the HTTP server."""

    host: str = "127.0.0.1"
    port: int = 8765
    sign_in: Literal["local", "password"] = "local"  # beyond loopback only with passwords
    allowed_hosts: str = ""  # further names, as in `Host`, that the server answers to
    allowed_origins: str = ""  # pages elsewhere that may use this server with a key: the only CORS there is
    trusted_proxies: str = ""  # addresses whose X-Forwarded-For and -Proto count
    max_upload_bytes: int = 1024 * MIB  # one uploaded file
    max_question_bytes: int = 64 * 1024  # a question; longer text is a document


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """`[ingest]`: what is read, and the limits of the children that read it."""

    workers: int = 0  # child processes; 0 = cores - 1, at least one
    max_text_bytes: int = 50 * MIB  # of one file; the rest is left out and the file is `partial`
    max_code_bytes: int = 1 * MIB  # a longer source file is cut by lines, not by definitions
    max_pdf_bytes: int = 500 * MIB
    child_memory_bytes: int = 1536 * MIB  # address space of a child
    batch_timeout_s: float = 60.0  # a child silent for so long is ended, and its file failed
    settle_s: float = 0.3  # a saved file is read once it has been quiet for so long
    rescan_s: float = 600.0  # watched folders are walked again so often, should a notice be lost


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """`[index]`: how text becomes searchable."""

    korean: Literal["morphemes", "bigrams"] = "morphemes"  # by Kiwi in child processes (280 MB each while they work)


@dataclass(frozen=True, slots=True)
class RetrieveSettings:
    """`[retrieve]`: how much is found and how much of it an answer gets."""

    hits: int = 30  # chunks fetched after fusion
    budget_tokens: int = 3000  # passages of one answer
    read_s: float = 8.0  # a turn adds no more passages than its model reads in so long, as far as that is known
    dense_ms: int = 300  # a question waits so long for its vector; later the words alone rank
    rerank_ms: int = 300  # a question waits so long for the reranker; later the fused order stands


@dataclass(frozen=True, slots=True)
class CompleteSettings:
    """`[complete]`: code completion, where an editor waits at every keystroke."""

    context_tokens: int = 4000  # of the workspace's code shown to the model; 0: none
    context_ms: int = 50  # that code is searched for so long; later the completion goes on without
    first_token_s: float = 1.0  # less of it is shown while the model takes longer than this to begin


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """`[models]`: which model answers and where the servers are."""

    default: str = "quotes"  # `provider:name`; `quotes` needs no language model
    embedder: str = ""  # `provider:name` of what makes vectors; empty: search by words alone
    embedder_languages: str = ""  # ISO 639-1 codes it knows, or `*`; empty: as known of its family, else English
    embedder_document_prefix: str = ""  # put before a stored text; empty: as its family wants it
    embedder_query_prefix: str = ""  # put before a question; empty: as its family wants it
    embedder_window_tokens: int = 0  # longer texts go in windows; 0: as known of its family, at most 2,048
    reranker: str = ""  # `provider:name` of what orders the best passages anew; empty: none
    ollama_url: str = "http://127.0.0.1:11434"
    openai_url: str = "http://127.0.0.1:1234/v1"
    openai_key: str = field(default="", repr=False)
    openai_key_file: str = ""  # a file that holds the key and nothing else
    llama_server: str = ""  # path of a `llama-server` that runs GGUF files; empty: the `xllamacpp` wheel does
    context_tokens: int = 0  # of one request to a GGUF file; 0: as planned for this machine
    slots: int = 0  # requests a GGUF file answers at once; 0: as planned
    threads: int = 0  # of the engine; 0: as planned (performance cores)
    gpu_layers: int = -1  # on the graphics card; -1: as planned, 999: all
    kv_type: Literal["planned", "f16", "q8_0", "q4_0"] = "planned"  # of the engine's cache
    niceness: int = 0  # of the engine's process, for experts: 5 leaves other programs more of the processor
    keep_alive_s: float = 600.0  # an engine without a request for so long is ended, and its memory free
    load_timeout_s: float = 300.0  # a GGUF file not ready after so long is given up
    connect_timeout_s: float = 5.0
    first_token_timeout_s: float = 300.0  # a cold model may have to be loaded first
    idle_timeout_s: float = 60.0  # between two tokens
    max_tokens: int = 1024


@dataclass(frozen=True, slots=True)
class DialectSettings:
    """`[dialects]`: clients that speak to Ollama or OpenAI."""

    key: Literal["optional", "required"] = "optional"  # whether clients need a key
    workspace: str = ""  # searched for models that are named without one; empty: none
    aliases: str = ""  # further names of models: `gpt-4o=plant, fast=plain/llama3.2`
    max_tokens: int = 4096  # of an answer whose client names no limit
    footer: Literal["auto", "always", "never"] = (
        "auto"  # sources as text under answers; auto: for clients known to hide them
    )


@dataclass(frozen=True, slots=True)
class JobSettings:
    """`[jobs]`: leases, tries and how many run at once."""

    lease_s: float = 30.0
    poll_s: float = 1.0
    answers: int = 4  # answers written at the same time
    answers_per_user: int = 2  # of these of one user, where users sign in with passwords
    indexing: int = 2  # sources read at the same time; the ingest children are shared
    max_queued: int = 100  # per user; more are refused
    journal_s: float = 0.1  # how often the tokens of running answers are written down
    journal_keep_s: float = 3600.0  # how long after its end a run can be replayed event by event


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


def default_data_dir() -> Path:
    """The platform's folder for application data, or IBIDEM_DATA_DIR."""
    named = os.environ.get("IBIDEM_DATA_DIR")
    if named:
        return Path(named).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("ibidem", appauthor=False))


def load(data_dir: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings. Raises BadInput naming the file or variable, the key and the value at fault."""
    folder = (data_dir or default_data_dir()).expanduser().absolute()
    path = folder / "ibidem.toml"
    written: dict[str, dict[str, Any]] = {}
    with suppress(FileNotFoundError, NotADirectoryError):
        try:
            written = tomllib.loads(path.read_text("utf-8"))
        except PermissionError as error:
            raise BadInput(
                f"{path} may not be read", hint="give yourself the right, or name another --data-dir"
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadInput(
                f"{path} is not valid TOML: {error}", hint="mend the line named, or move the file away"
            ) from error
    sections = {}
    for name, cls in SECTIONS.items():
        values = {key: (value, f"{key!r} in [{name}] of {path}") for key, value in _table(written, name, path).items()}
        values |= _from_environment(name, environ)
        sections[name] = _section(cls, values)
    unknown = set(written) - set(SECTIONS)
    if unknown:
        raise BadInput(f"unknown section [{min(unknown)}] in {path}", hint=f"known: {', '.join(SECTIONS)}")
    sections["models"] = _with_key(sections["models"])
    return Settings(data_dir=folder, **sections)


def _with_key(models: ModelSettings) -> ModelSettings:
    """The key from its file, unless one is given directly. Raises BadInput."""
    if models.openai_key or not models.openai_key_file:
        return models
    path = Path(models.openai_key_file).expanduser()
    try:
        return replace(models, openai_key=path.read_text("ascii").strip())
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it holds what no key does"
        raise BadInput(
            f"the key file {str(path)!r} cannot be read: {why}", hint="check `openai_key_file` under [models]"
        ) from None


def exposed_key(settings: Settings) -> str:
    """Which file with a key other users of this machine may read, and what to do; "" when none is."""
    own = settings.data_dir / "ibidem.toml"
    files = [own, Path(settings.models.openai_key_file).expanduser()] if settings.models.openai_key_file else [own]
    for path in files:
        with suppress(OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
            if path == own and not tomllib.loads(own.read_text("utf-8")).get("models", {}).get("openai_key"):
                continue
            if path.stat().st_mode & OTHERS_MAY_READ:
                return f"{path} holds a key and can be read by other users: run `chmod 600 {path}`"
    return ""


def _table(written: Mapping[str, Any], name: str, path: Path) -> dict[str, Any]:
    table = written.get(name, {})
    if not isinstance(table, dict):
        raise BadInput(f"{name!r} in {path} must be a section", hint=f"write [{name}] on a line of its own")
    return table


def _from_environment(section: str, environ: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    prefix = f"IBIDEM_{section.upper()}__"
    return {
        variable.removeprefix(prefix).lower(): (value, variable)
        for variable, value in environ.items()
        if variable.startswith(prefix)
    }


def _section(cls: type, values: Mapping[str, tuple[Any, str]]) -> Any:
    hints = get_type_hints(cls)
    secret = {item.name for item in fields(cls) if not item.repr}
    least = {item.name: min(0, item.default) for item in fields(cls) if isinstance(item.default, int | float)}
    read = {}
    for key, (value, where) in values.items():
        if key not in hints:
            raise BadInput(f"unknown option {where}", hint=f"known: {', '.join(hints)}")
        if key in secret and not isinstance(value, str):
            raise BadInput(f"{where} must be text in quotes", hint="see docs/settings.md")  # without the value
        read[key] = _typed(value, hints[key], where, least.get(key, 0))
    return cls(**read)


def _typed(value: Any, wanted: type, where: str, least: float) -> Any:
    """`value` as the field's type; numbers may come as text from the environment, and begin at `least`."""
    if get_origin(wanted) is Literal:
        if value not in get_args(wanted):
            raise BadInput(
                f"{where} must be {' or '.join(get_args(wanted))}, not {value!r}", hint="see docs/settings.md"
            )
        return value
    if isinstance(value, str) and wanted is not str:
        try:
            value = wanted(value)
        except ValueError:
            raise BadInput(
                f"{where} must be of type {wanted.__name__}, not {value!r}", hint="see docs/settings.md"
            ) from None
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, wanted) or isinstance(value, bool) is not (wanted is bool):
        raise BadInput(f"{where} must be of type {wanted.__name__}, not {value!r}", hint="see docs/settings.md")
    if isinstance(value, int | float) and not least <= value < math.inf:  # false for NaN too
        raise BadInput(f"{where} must be a number from {least} on, not {value!r}", hint="see docs/settings.md")
    return value
