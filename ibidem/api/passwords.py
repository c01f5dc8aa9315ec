"""Passwords on the server: hashed in threads, two at once, and wrong ones slowed down."""

from __future__ import annotations

import asyncio
import time

from ibidem.errors import BadInput, Busy, NoCredentials
from ibidem.store.attempts import begin_attempt, succeed
from ibidem.store.database import Database
from ibidem.store.passwords import MAX_CHARS, hash_password, is_password
from ibidem.store.users import User, find_user, password_hash_of

AT_ONCE = 2  # 46 MiB and a core each
MAX_WAITING = 20  # more are told to come back: everybody may try


class Passwords:
    """Used on one event loop."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Raises BadInput, Busy."""
        await self._take_slot()
        try:
            return await asyncio.to_thread(hash_password, password)
        finally:
            self._slots.release()

    async def user(self, name: str, password: str, address: str) -> User:
        """Whose name and password these are. Raises NoCredentials, which does not tell what is wrong; Busy."""
        if len(password) > MAX_CHARS:
            raise BadInput(f"a password has at most {MAX_CHARS} characters", hint="type it anew", field="password")
        await self._take_slot()
        try:
            await asyncio.to_thread(begin_attempt, self._db, name, address, time.time())
            found = await asyncio.to_thread(self._check, name, password)
        finally:
            self._slots.release()
        if found is None:
            raise NoCredentials("wrong name or password", hint="try again; an admin can set a new password")
        await asyncio.to_thread(succeed, self._db, name, address)
        return found

    def _check(self, name: str, password: str) -> User | None:
        user = find_user(self._db, name)
        right = is_password(password, password_hash_of(self._db, user.id) if user else None)
        return user if right else None

    async def _take_slot(self) -> None:
        if self._waiting >= MAX_WAITING:
            raise Busy("too many are signing in", retry_after_s=2, hint="try again in a moment")
        self._waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1
