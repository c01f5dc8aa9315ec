"""A body posted to a model server becomes one JSON object, for plain code in threads: vectors and scores."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ibidem.models.upstream import JSON_BODY, MAX_BODY_BYTES, NO_ADDRESS, NO_PROXY, Upstream

if TYPE_CHECKING:
    import httpx


class BlockingServer(Upstream):
    """A model server asked from threads, any number at once. Owns connections."""

    _client: httpx.Client | None = None
    _opening = threading.Lock()

    @classmethod
    def of(cls, other: Upstream) -> BlockingServer:
        """The same server, asked this way."""
        return cls(other.title, other.url, other.settings, other.advice, key=other._key, headers=other.headers)

    def get(self, path: str, *, timeout_s: float) -> dict[str, Any]:
        """The JSON object at `path`. Raises ModelError."""
        return self._ask("GET", path, None, timeout_s)

    def post(self, path: str, body: Mapping[str, Any], *, timeout_s: float) -> dict[str, Any]:
        """The JSON object that answers a body. Raises ModelError."""
        return self._ask("POST", path, body, timeout_s)

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None, timeout_s: float) -> dict[str, Any]:
        """A server that sends its answer drop by drop is left between one and two times `timeout_s`."""
        import httpx

        content, headers = (None, {}) if body is None else (json.dumps(body), JSON_BODY)
        until = time.monotonic() + timeout_s
        read = bytearray()
        with self._failures():
            timeout = httpx.Timeout(timeout_s, connect=min(timeout_s, self.settings.connect_timeout_s))
            request = self._open().stream(method, self.url + path, content=content, headers=headers, timeout=timeout)
            try:
                with request as response:
                    for piece in response.iter_bytes():
                        read += piece
                        if len(read) > MAX_BODY_BYTES:
                            break
                        if time.monotonic() > until:
                            raise self._silent(timeout_s)
            except (httpx.ReadTimeout, httpx.WriteTimeout, httpx.PoolTimeout) as error:
                raise self._silent(timeout_s) from error
        text = read.decode("utf-8", "replace")
        if not response.is_success:
            raise self.refusal(response.status_code, text, response.headers)
        return self.parse(text)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """What httpx raises, as our errors."""
        import httpx

        try:
            yield
        except httpx.ConnectTimeout as error:
            raise self._unreachable(f"no connection in {self.settings.connect_timeout_s:g} s") from error
        except (httpx.ConnectError, httpx.ProxyError) as error:
            raise self._unreachable(self._shown(str(error)) or "no connection") from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise self._unreachable(NO_ADDRESS) from error
        except httpx.HTTPError as error:
            raise self._cut_off(f"broke off: {self._shown(str(error)) or type(error).__name__}") from error

    def _open(self) -> httpx.Client:
        import httpx

        with self._opening:
            if self._client is None:
                reach = self.reach()
                try:
                    self._client = httpx.Client(
                        headers=reach.headers,
                        limits=httpx.Limits(max_keepalive_connections=8 if reach.secure else 0),
                        trust_env=not reach.here,
                        verify=reach.secure or not reach.here,  # reading the certificates takes 26-145 ms
                    )
                except (ImportError, ValueError, httpx.InvalidURL) as error:
                    raise self._unreachable(NO_PROXY) from error
            return self._client
