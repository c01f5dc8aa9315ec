"""One tree of errors. Each has a stable code, names the value that failed and says what to do next.

IbidemError
├── BadInput            the request cannot be understood: an empty question, a cursor we never gave
├── TooLarge            a question or upload over its limit
├── TooSlow             a request that stalls on its way in
├── NotFound            absent, or another owner's
│   └── UnknownWorkspace
├── Conflict            the same key with other content; a name already taken
├── NotAllowed
│   ├── NoCredentials   neither cookie nor key
│   └── Forbidden       foreign Host or Origin; a role or key that may not do this
│       └── NotEntitled     a workspace that is shared with you, but not so far
├── Busy                too many waiting, or too many wrong passwords; carries when to come back
├── Refused             a document that cannot be taken, for the reason given
│   ├── TemplateRefused     a prompt template, or a file of them, that says something impossible
│   └── VariablesRefused    values for a template's variables: one is missing, unknown or too long
├── ChildFailed         a child process that read or indexed crashed, hung or raised
├── ModelError
│   ├── ModelUnknown        no provider or model of that name
│   ├── ModelUnreachable    no connection
│   ├── ModelTimeout        connected, and then silent
│   ├── ModelRejected       the server's own 4xx/5xx
│   ├── ModelCutOff         the stream ended before its end
│   │   └── EngineCrashed       because the engine process of ours ended
│   ├── EngineFailed        an engine process that did not come up, for the reason given
│   ├── ModelFileBroken     a GGUF file that is damaged, hostile or none
│   ├── ModelTooLarge       it would not fit the memory that is free: refused before anything swaps
│   ├── VectorsUnusable     an embedder's answer that is no unit vectors, or of another dimension than before
│   └── ContextTooLong      the prompt does not fit the model's window
└── StoreError
    ├── DataDirInUse        another process holds the data directory
    ├── DataDirUnusable     missing rights, newer version, damaged file
    ├── DiskFull
    ├── IndexUnavailable    derived data that must be made anew
    └── PortTaken
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class IbidemError(Exception):
    """Base of the tree: `code` is stable, `hint` is the next step, `field` the request field at fault."""

    code = "internal"

    def __init__(self, message: str, *, hint: str = "", field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.field = field

    def as_dict(self) -> dict[str, Any]:
        """`{"code", "message", "hint", "field"?}`, as the API and the events carry it."""
        shown = {"code": self.code, "message": self.message, "hint": self.hint}
        if self.field:
            shown["field"] = self.field
        return shown


class BadInput(IbidemError):
    code = "bad_input"


class TooLarge(IbidemError):
    code = "too_large"


class TooSlow(IbidemError):
    code = "too_slow"


class NotFound(IbidemError):
    code = "not_found"


class UnknownWorkspace(NotFound):
    code = "unknown_workspace"


class Conflict(IbidemError):
    code = "conflict"


class NotAllowed(IbidemError):
    code = "not_allowed"


class NoCredentials(NotAllowed):
    code = "no_credentials"


class Forbidden(NotAllowed):
    code = "forbidden"


class NotEntitled(Forbidden):
    code = "not_entitled"


class Busy(IbidemError):
    code = "busy"

    def __init__(self, message: str, *, retry_after_s: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class Refused(IbidemError):
    code = "refused"


class TemplateRefused(Refused):
    """`faults` are all that was found, each with the place it is at (`templates[2].examples[0].user`)."""

    code = "template_refused"

    def __init__(
        self, message: str, *, hint: str = "", field: str | None = None, faults: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(message, hint=hint, field=field)
        self.faults = tuple(faults)

    def as_dict(self) -> dict[str, Any]:
        faults = [{"field": place, "message": message} for place, message in self.faults]
        return {**super().as_dict(), "faults": faults} if faults else super().as_dict()


class VariablesRefused(Refused):
    code = "variables_refused"


class ChildFailed(IbidemError):
    """The call ended without a result; `lost` when the process is gone, and with it whatever else it was told to do."""

    code = "child_failed"

    def __init__(self, message: str, *, lost: bool, hint: str = "it is tried again; see `ibidem jobs`") -> None:
        super().__init__(message, hint=hint)
        self.lost = lost


class ModelError(IbidemError):
    code = "model_failed"


class ModelUnknown(ModelError):
    code = "model_unknown"


class ModelUnreachable(ModelError):
    code = "model_unreachable"


class ModelTimeout(ModelError):
    code = "model_timeout"


class ModelRejected(ModelError):
    """The model server answered with an error status; 429 and 5xx may pass (`transient`)."""

    code = "model_rejected"

    def __init__(self, message: str, *, status: int, retry_after_s: float | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.retry_after_s = retry_after_s

    @property
    def transient(self) -> bool:
        return self.status == 429 or self.status >= 500


class ModelCutOff(ModelError):
    code = "model_cut_off"


class EngineCrashed(ModelCutOff):
    """The next request starts the engine anew."""

    code = "engine_crashed"


class EngineFailed(ModelError):
    code = "engine_failed"


class ModelFileBroken(ModelError):
    code = "model_file_broken"


class ModelTooLarge(ModelError):
    code = "model_too_large"


class VectorsUnusable(ModelError):
    code = "vectors_unusable"


class ContextTooLong(ModelError):
    code = "context_too_long"


class StoreError(IbidemError):
    code = "store_failed"


class DataDirInUse(StoreError):
    code = "data_dir_in_use"


class DataDirUnusable(StoreError):
    code = "data_dir_unusable"


class DiskFull(StoreError):
    code = "disk_full"


class IndexUnavailable(StoreError):
    code = "index_unavailable"


class PortTaken(StoreError):
    code = "port_taken"
