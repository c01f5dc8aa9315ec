"""Where a download may come from: an address that the user gives, and what it may redirect to."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

from ibidem.errors import BadInput, Refused

Inside = Callable[[str], bool]  # whether a host is this machine or its own network

_FILE_NAME = re.compile(r"[A-Za-z0-9][\w.+=@ -]{0,180}\.gguf", re.ASCII | re.IGNORECASE)
_FIRST_PART = re.compile(r"-00001-of-(\d{5})\.gguf$")
MAX_PARTS = 100


def inside(host: str) -> bool:
    """Loopback, private, link-local or otherwise not public; a name counts by every address it has."""
    try:
        found = {ipaddress.ip_address(host)}
    except ValueError:
        try:
            answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return False  # it cannot be connected to either
        found = {ipaddress.ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers}
    return any(not (getattr(one, "ipv4_mapped", None) or one).is_global for one in found)


def given(address: str, *, is_inside: Inside = inside) -> str:
    """An address as the user wrote it, fit to be asked. Raises BadInput.

    Without encryption only on this machine and its own network, where no certificate can be had.
    """
    try:
        parts = urlsplit(address.strip())
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise BadInput(f"{address!r} is no address: {error}", hint="copy it once more") from error
    if parts.scheme not in ("https", "http") or not host:
        raise BadInput(f"{address!r} is no web address", hint="give one that begins with https://")
    if parts.username is not None or parts.password is not None:
        raise BadInput("the address holds a name or a password", hint="fetch the file by hand, or give it without")
    if parts.scheme == "http" and not is_inside(host):
        raise BadInput(f"{shown(address)} is not encrypted", hint="give the address with https://")
    return urlunsplit(parts._replace(fragment=""))


def redirected(start: str, current: str, location: str, *, is_inside: Inside = inside) -> str:
    """Where a redirect leads to. Raises Refused for one that leaves encryption or enters the user's own network."""
    try:
        target = urljoin(current, location)
        old, new = urlsplit(current), urlsplit(target)
        host, _ = new.hostname or "", new.port
    except ValueError:
        raise Refused(f"{shown(start)} redirects to what is no address", hint="give another address") from None
    if new.scheme != "https" and not (new.scheme == old.scheme == "http"):
        raise Refused(
            f"{shown(start)} redirects to {shown(target)}, which is not encrypted", hint="give another address"
        )
    if not is_inside(urlsplit(start).hostname or "") and is_inside(host):
        raise Refused(
            f"{shown(start)} redirects to {shown(target)}, which is in your own network",
            hint="give that address itself if you mean it",
        )
    return target


def by_proxy(address: str) -> bool:
    """Whether the environment sends it through a proxy: then the peer of the connection says nothing of the origin."""
    parts = urlsplit(address)
    proxies = getproxies()
    return bool(proxies.get(parts.scheme) or proxies.get("all")) and not proxy_bypass(parts.hostname or "")


def file_name(address: str) -> str:
    """The name it is kept under: the last part of the path, if that is a plain name of a GGUF file. Raises BadInput."""
    name = unquote(urlsplit(address).path.rpartition("/")[2])
    if not _FILE_NAME.fullmatch(name):
        raise BadInput(
            f"{name!r} is no plain name of a GGUF file", hint="give the address of the file itself: it ends in .gguf"
        )
    return name


def parts(address: str) -> list[str]:
    """The addresses of all files of a model: one, or those of `NAME-00001-of-00003.gguf`. Raises BadInput."""
    split = urlsplit(address)
    first = _FIRST_PART.search(split.path)
    if not first:
        return [address]
    count = int(first[1])
    if not 1 <= count <= MAX_PARTS:
        raise BadInput(f"{shown(address)} is one of {count} files", hint="give the address of the first of them")
    paths = [_FIRST_PART.sub(f"-{number:05}-of-{count:05}.gguf", split.path) for number in range(1, count + 1)]
    return [urlunsplit(split._replace(path=path)) for path in paths]


def shown(address: str) -> str:
    """Without what may be secret: no user, no query."""
    try:
        split = urlsplit(address)
    except ValueError:
        return "(not an address)"
    return urlunsplit((split.scheme, split.netloc.rpartition("@")[2], split.path, "", ""))
