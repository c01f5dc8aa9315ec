"""What must never be indexed: file names that hold secrets, and text that holds a private key."""

from __future__ import annotations

import re

from ibidem.errors import Refused

SECRET_FOLDERS = frozenset({".ssh", ".aws", ".gnupg"})

# "id_*" means keys (id_rsa, id_ed25519.pub), not source files such as id_card.py.
_SECRET_NAME = re.compile(
    r"\.env.*|.*\.(?:pem|key|p12|pfx|ppk|jks|keystore|kdbx)|id_[\w-]*(?:\.(?:pub|old|bak|txt))?"
    r"|\.netrc|_netrc|\.npmrc|\.pypirc|\.pgpass|\.htpasswd|\.git-credentials|credentials.*\.json",
    re.IGNORECASE | re.DOTALL,
)

# The header alone is not enough: documentation and source code mention it.
_PRIVATE_KEY = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:\\[nr]|\s|[A-Z][\w-]{2,20}: [^\n]{0,200}\n){1,20}"
    r"[A-Za-z0-9+/=]{40}"
)


def is_secret_name(name: str) -> bool:
    """Whether a file of this name is left out, whatever it holds."""
    return _SECRET_NAME.fullmatch(name) is not None


class KeyWatch:
    """Looks for private keys in text that comes in blocks; remembers the end of the last one."""

    def __init__(self) -> None:
        self._tail = ""

    def check(self, block: str) -> None:
        """Raises HoldsPrivateKey."""
        text = self._tail + block
        if "PRIVATE KEY" in text and _PRIVATE_KEY.search(text):
            raise HoldsPrivateKey("holds a private key")
        self._tail = text[-1000:]


class HoldsPrivateKey(Refused):
    """The text is a key or quotes one: skipped, not failed."""
