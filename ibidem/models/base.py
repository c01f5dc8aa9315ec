"""What every chat model is: a name, capabilities as data, and a stream that closing cancels."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from ibidem.types import Passage, Usage

IMAGE_TOKENS = 1024  # counted for a picture; models take 250 to 1,600 for one of a megapixel
TEMPERATURE = 0.2  # answers keep to what is written, without repeating themselves


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function that the model wants called. `arguments` is a JSON object, `id` the caller's or the server's name for it."""

    name: str
    arguments: Mapping[str, Any]
    id: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of a message: its bytes are looked up by `id` when the message is sent."""

    id: str
    media_type: str


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message. A message of role `tool` answers the call `tool_call_id` of `tool_name`."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    images: tuple[Image, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    tool_name: str = ""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen, beside the temperature. What is None is as the model's server does it by itself."""

    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    repeat_penalty: float | None = None  # not known to OpenAI itself


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One answer to be written.

    `messages` is the whole prompt as a language model reads it. `question` and `passages` are the same facts as data,
    for a model that quotes instead of writing (`quotes`); `terms` are the question's index tokens with their inverse
    document frequency, and `evidence` retrieval's measure, 0 to 1, of how far the passages cover them.
    """

    messages: Sequence[ChatMessage]
    question: str = ""
    passages: Sequence[Passage] = ()
    terms: Mapping[str, float] = field(default_factory=dict)
    evidence: float = 1.0
    max_tokens: int = 1024
    temperature: float | None = TEMPERATURE  # None: as the model's server does it by itself
    sampling: Sampling = Sampling()
    schema: Mapping[str, Any] | None = None  # the answer is JSON of this JSON schema; an empty one allows any
    tools: Sequence[Mapping[str, Any]] = ()  # functions, in the OpenAI form that Ollama takes too
    tool_choice: Any = None  # in the OpenAI form
    think: bool | str | None = None  # True, False or an effort ("low"); None: as the model does by itself
    context_tokens: int | None = None  # a window wished for; bounded by what the model has
    keep_alive: str | float | None = None  # how long the model stays loaded afterwards, as Ollama writes it
    logprobs: int | None = None  # so many likely tokens are told beside each one written; None: no probabilities are
    images: Mapping[str, bytes] = field(default_factory=dict)  # of the messages, by id; those not here are left out


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """Text to be continued. With a `suffix` the text between the two is wanted.

    `raw`: no chat template stands around the prompt, it is read exactly as it is, its special tokens included.
    """

    prompt: str
    suffix: str = ""
    raw: bool = True
    max_tokens: int = 128
    temperature: float | None = None
    sampling: Sampling = Sampling()
    context_tokens: int | None = None
    keep_alive: str | float | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """Text a thinking model writes for itself: shown folded, never cited."""

    text: str


@dataclass(frozen=True, slots=True)
class PromptProgress:
    """How much of the prompt has been read, of how much, in tokens; from engines that tell."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Done:
    """The last thing a complete stream yields; a stream without it was cut off."""

    usage: Usage = field(default_factory=Usage)
    reason: Literal["stop", "length"] = "stop"


@dataclass(frozen=True, slots=True)
class Logprobs:
    """Tokens just written, as OpenAI and Ollama tell of them: `token`, `logprob`, `bytes`, `top_logprobs`."""

    tokens: tuple[Mapping[str, Any], ...]


ModelEvent = TextDelta | ReasoningDelta | ToolCall | Logprobs | PromptProgress | Done


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model can do, as its provider says: data, never guessed from its name."""

    context_tokens: int | None = None  # of one request, prompt and answer together; None: unknown
    tools: bool = False
    images: bool = False
    insert: bool | None = False  # code between a prefix and a suffix; None: the server does not tell
    thinking: bool = False
    embedding: bool = False  # makes vectors, and answers nothing
    schema: bool = False  # answers in JSON of a given schema
    languages: frozenset[str] | None = None  # ISO 639-1; None: unknown
    prompt_tokens_s: float | None = None  # read, as far as it is known before the first answer


def base64_images(message: ChatMessage, images: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """The pictures of a message that are there, as (media type, base64)."""
    return [(one.media_type, b64encode(images[one.id]).decode()) for one in message.images if one.id in images]


class ChatModel(Protocol):
    """A model that answers. `name` is `provider:name` as the user writes it."""

    name: str

    def stream(self, request: ChatRequest) -> AsyncGenerator[ModelEvent, None]:
        """Text as it comes, then exactly one `Done`. Closing the generator stops the model.

        Raises ModelUnreachable, ModelTimeout, ModelRejected, ModelCutOff, ContextTooLong.
        """
        ...

    def complete(self, request: CompletionRequest) -> AsyncGenerator[ModelEvent, None]:
        """As `stream`, without a conversation. Raises BadInput too, where the model cannot."""
        ...

    async def capabilities(self) -> Capabilities:
        """What it can do; kept between calls. Raises ModelError where the provider has to be asked and cannot be."""
        ...

    async def count(self, messages: Sequence[ChatMessage]) -> int | None:
        """The exact tokens of a prompt; None where the provider does not count without answering. Raises ModelError."""
        ...

    async def close(self) -> None:
        """Give back connections and children. May be called twice."""
        ...
