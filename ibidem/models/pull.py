"""An address becomes a GGUF file in a folder: resumed after a cut, checked, put in its place whole or not at all."""

from __future__ import annotations

import hashlib
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ibidem import __version__
from ibidem.errors import (
    BadInput,
    DiskFull,
    ModelCutOff,
    ModelError,
    ModelFileBroken,
    ModelRejected,
    ModelUnreachable,
    NotFound,
    Refused,
)
from ibidem.models.origin import Inside, by_proxy, file_name, given, inside, redirected, shown
from ibidem.models.part import Part, Version, open_part

if TYPE_CHECKING:
    import httpx

MAGIC = b"GGUF"
HEADROOM_BYTES = 1_000_000_000  # of the disk stay free
TRIES = 6  # in a row without headway
HEADWAY_BYTES = 1 << 20  # a try that brought so much does not count
PAUSES_S = (1.0, 2.0, 4.0, 8.0, 16.0)
MAX_PAUSE_S = 60.0  # whatever Retry-After says
MAX_REDIRECTS = 5
CONNECT_TIMEOUT_S, SILENCE_S = 10.0, 30.0

OnProgress = Callable[[int, int], None]  # bytes that are here, bytes in all (0: not told)

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


@dataclass(frozen=True, slots=True)
class Pulled:
    """A file in its place. `verified`: its hash was stated, by the user or the server, and is the right one."""

    path: Path
    size_bytes: int
    sha256: str
    verified: bool


class _Passing(Exception):
    """This try failed; the next may not. `error` is told if none does."""

    def __init__(self, error: ModelError, pause_s: float | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.pause_s = pause_s


class _Anew(Exception):
    """What has come is of no use: ask for the whole file."""


def pull(
    address: str,
    folder: Path,
    *,
    sha256: str = "",
    on_progress: OnProgress = lambda have, size: None,
    is_inside: Inside = inside,
    sleep: Callable[[float], None] = time.sleep,
) -> Pulled:
    """Fetch the file at `address` into `folder`, under its own name. One that is there already is left as it is.

    Raises BadInput, Conflict (another process fetches it), NotFound, Refused (a redirect), DiskFull, ModelFileBroken
    (no GGUF, wrong length, wrong hash), ModelUnreachable, ModelRejected, ModelCutOff. What has come is kept, but for a
    file that is wrong; an interrupt keeps it too.
    """
    address = given(address, is_inside=is_inside)
    sha256 = _hash(sha256)
    path = folder / file_name(address)
    if path.exists():
        return _there(path, sha256)
    with open_part(folder, path.name) as part:
        if path.exists():  # finished while we looked
            return _there(path, sha256)
        fetch = _Fetch(address, part, sha256, on_progress, is_inside)
        with closing(_client(address, is_inside)) as client:
            _until_whole(fetch, client, sleep)
        return fetch.finish()


def _until_whole(fetch: _Fetch, client: httpx.Client, sleep: Callable[[float], None]) -> None:
    """Try until the file is whole; a try without headway is followed by a longer pause."""
    failed = 0
    while True:
        had = fetch.part.have
        try:
            fetch.once(client)
            return
        except _Anew:
            fetch.part.start(Version())
            failed += 1
            pause_s: float | None = 0.0
            error: ModelError = ModelCutOff(
                f"{shown(fetch.address)} sends another file at each try", hint="give another address"
            )
        except _Passing as passing:
            failed = 1 if fetch.part.have - had >= HEADWAY_BYTES else failed + 1
            pause_s, error = passing.pause_s, passing.error
        if failed >= TRIES:
            raise error
        sleep(min(MAX_PAUSE_S, PAUSES_S[failed - 1] if pause_s is None else pause_s))


class _Fetch:
    """One file, over as many connections as it takes."""

    def __init__(self, address: str, part: Part, sha256: str, on_progress: OnProgress, is_inside: Inside) -> None:
        self.address = address
        self.part = part
        self._sha256 = sha256
        self._on_progress = on_progress
        self._is_inside = is_inside
        self._answered = False

    def once(self, client: httpx.Client) -> None:
        """Ask for what is missing and take it. Raises _Passing, _Anew, and what no other try would mend."""
        part = self.part
        known = part.version
        checkable = (
            known.validator or known.sha256
        )  # that the rest belongs to what is here shows at once, or at the end
        resumed = part.have if checkable and known.address == shown(self.address) else 0
        headers = {"Range": f"bytes={resumed}-"} if resumed else {}
        if resumed and known.validator:
            headers["If-Range"] = known.validator
        with self._answer(client, headers) as (response, stated):
            if response.status_code == 416 and resumed:
                raise _Anew
            self._check(response)
            version = self._version(response, stated, resumed)
            if response.status_code == 206:
                self._must_go_on(response, version, resumed)
            else:
                part.start(version)
            self._must_have_room(version.size_bytes)
            self._take(response)
        if version.size_bytes and part.have != version.size_bytes:
            raise _Passing(self._cut_off(f"ended after {part.have:,} of {version.size_bytes:,} bytes"))

    def finish(self) -> Pulled:
        found, wanted = self.part.digest.hexdigest(), self._sha256 or self.part.version.sha256
        if wanted and found != wanted:
            self.part.discard()
            raise ModelFileBroken(
                f"{shown(self.address)} sent a file with the SHA-256 {found}, and {wanted} was promised",
                hint="it was deleted; fetch it again, and from another address if that stays so",
            )
        size = self.part.have
        return Pulled(self.part.finish(), size, found, verified=bool(wanted))

    # --- one try ---------------------------------------------------------------------------------------------------------

    @contextmanager
    def _answer(
        self, client: httpx.Client, headers: Mapping[str, str]
    ) -> Iterator[tuple[httpx.Response, Mapping[str, str]]]:
        """The answer that redirects lead to, and what the first server says of the file."""
        address = self.address
        stated: dict[str, str] = {}
        with self._failures():
            for _ in range(MAX_REDIRECTS + 1):
                with client.stream("GET", address, headers=headers) as response:
                    self._answered = True
                    if address == self.address or _same_origin(address, self.address):
                        stated |= _stated(response.headers)
                    if not response.has_redirect_location:
                        self._must_be_outside(address, response)
                        yield response, stated
                        return
                    location = response.headers["location"]
                    address = redirected(self.address, address, location, is_inside=self._is_inside)
        raise Refused(f"{shown(self.address)} redirects without end", hint="give another address")

    def _must_be_outside(self, address: str, response: httpx.Response) -> None:
        """A name may lead elsewhere when it is connected to than when it was looked up: look at the peer itself."""
        if address == self.address or self._is_inside(urlsplit(self.address).hostname or "") or by_proxy(address):
            return
        peer = response.extensions["network_stream"].get_extra_info("server_addr")
        if peer and self._is_inside(str(peer[0])):
            raise Refused(f"{shown(address)} is in your own network", hint="give that address itself if you mean it")

    def _check(self, response: httpx.Response) -> None:
        """Raise what the status says."""
        status, where = response.status_code, shown(self.address)
        if status in (200, 206):
            return
        if status in (404, 410):
            raise NotFound(f"there is no file at {where}", hint="check the name; `ibidem fit` lists those of the table")
        if status in (401, 403):
            hint = "it may want an agreement on the model's page: fetch it by hand, or take another model"
            raise ModelRejected(f"{where} answered {status}", status=status, hint=hint)
        error = ModelRejected(f"{where} answered {status}", status=status, hint="try again later")
        if error.transient:
            raise _Passing(error, _seconds(response.headers.get("retry-after", "")))
        raise error

    def _version(self, response: httpx.Response, stated: Mapping[str, str], resumed: int) -> Version:
        """What the answer says it is a part of. Raises ModelFileBroken where its words do not agree."""
        size = _whole_size(response, resumed)
        linked = int(stated.get("size", 0))
        if size and linked and size != linked:
            raise ModelFileBroken(
                f"{shown(self.address)} announces {linked:,} bytes and sends {size:,}", hint="give another address"
            )
        sha256 = stated.get("sha256", "")
        if self._sha256 and sha256 and sha256 != self._sha256:
            raise ModelFileBroken(
                f"{shown(self.address)} has a file with the SHA-256 {sha256}, not {self._sha256}",
                hint="check the hash, or give another address",
            )
        return Version(shown(self.address), _validator(response.headers), sha256, size or linked)

    def _must_go_on(self, response: httpx.Response, version: Version, resumed: int) -> None:
        """A part of the very file whose beginning is here. Raises _Anew."""
        sent = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
        if not resumed or not sent or int(sent[1]) != resumed or version != self.part.version:
            raise _Anew

    def _must_have_room(self, size_bytes: int) -> None:
        free = shutil.disk_usage(self.part.path.parent).free
        needed = size_bytes - self.part.have + HEADROOM_BYTES
        if free < needed:
            raise DiskFull(
                f"{needed / 1e9:.1f} GB are needed, 1 of them to spare, and {free / 1e9:.1f} GB are free",
                hint="make room, or take a smaller model or quantisation",
            )

    def _take(self, response: httpx.Response) -> None:
        part = self.part
        head = b""
        self._on_progress(part.have, part.version.size_bytes)
        for piece in response.iter_raw():  # as it comes: what a cut leaves in a buffer is lost
            if not part.have:
                piece = head = head + piece
                if len(head) < len(MAGIC):
                    continue
                self._must_be_gguf(head, response)
            part.write(piece)
            self._on_progress(part.have, part.version.size_bytes)
        if not part.have:
            self._must_be_gguf(head, response)

    def _must_be_gguf(self, head: bytes, response: httpx.Response) -> None:
        if head.startswith(MAGIC):
            return
        kind = response.headers.get("content-type", "").partition(";")[0][:40]
        sent = f"{kind or 'something'} that begins with {head[:16]!r}" if head else "nothing"
        raise ModelFileBroken(
            f"{shown(self.address)} is no GGUF file: it sent {sent}", hint="give the address of the file itself"
        )

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """What httpx raises, as our errors: a name that never answered is told at once, all else is tried again."""
        import httpx

        try:
            yield
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            unreachable = ModelUnreachable(
                f"no answer from {shown(self.address)}: {error}", hint="check the address and the connection"
            )
            if self._answered:
                raise _Passing(unreachable) from error
            raise unreachable from error
        except httpx.InvalidURL as error:
            raise BadInput(f"{shown(self.address)} is no address: {error}", hint="copy it once more") from error
        except httpx.HTTPError as error:
            raise _Passing(self._cut_off(f"broke off: {error or type(error).__name__}")) from error

    def _cut_off(self, what: str) -> ModelCutOff:
        return ModelCutOff(
            f"{shown(self.address)} {what}", hint="run the same command again: it goes on where it stopped"
        )


def _client(address: str, is_inside: Inside) -> httpx.Client:
    import httpx

    try:
        return httpx.Client(
            headers={"User-Agent": f"ibidem/{__version__}", "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(SILENCE_S, connect=CONNECT_TIMEOUT_S),
            trust_env=not is_inside(urlsplit(address).hostname or ""),  # no proxy can reach our own network
        )
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        raise ModelUnreachable(
            "the proxy that the environment names cannot be used", hint="check HTTPS_PROXY and ALL_PROXY"
        ) from error


def _stated(headers: Mapping[str, str]) -> dict[str, str]:
    """What a model hub says of a file that it redirects to: its SHA-256 as the `etag` of the link, and its size."""
    told = {}
    etag = headers.get("x-linked-etag", "").strip('"').lower()
    if _SHA256.fullmatch(etag):
        told["sha256"] = etag
    if (size := headers.get("x-linked-size", "")).isdecimal():
        told["size"] = size
    return told


def _whole_size(response: httpx.Response, resumed: int) -> int:
    """Of the whole file; 0 where the server does not say."""
    sent = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
    if response.status_code == 206 and sent and sent[2] != "*":
        return int(sent[2])
    length = response.headers.get("content-length", "")
    return int(length) + (resumed if response.status_code == 206 else 0) if length.isdecimal() else 0


def _validator(headers: Mapping[str, str]) -> str:
    """What If-Range takes: a strong ETag, else the time of the last change."""
    etag = headers.get("etag", "")
    return etag if etag and not etag.startswith("W/") else headers.get("last-modified", "")


def _same_origin(one: str, other: str) -> bool:
    return urlsplit(one)[:2] == urlsplit(other)[:2]


def _seconds(header: str) -> float | None:
    return float(header) if header.isdecimal() else None


def _hash(text: str) -> str:
    wanted = text.strip().lower().removeprefix("sha256:")
    if wanted and not _SHA256.fullmatch(wanted):
        raise BadInput(f"{text!r} is no SHA-256", hint="it has 64 digits and letters from a to f")
    return wanted


def _there(path: Path, sha256: str) -> Pulled:
    """A file that was fetched before; it is read only to compare a hash. Raises ModelFileBroken."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 and found != sha256:
        raise ModelFileBroken(
            f"{path} is there and has the SHA-256 {found}, not {sha256}", hint="delete it, and fetch it again"
        )
    return Pulled(path, path.stat().st_size, found, verified=bool(sha256))
