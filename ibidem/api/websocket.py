"""/ws/chat/{session_id}/: a session's runs over one WebSocket: ask, follow, stop, go on after a broken connection.

A socket only reads runs, as server-sent events do: losing it ends none. Nothing is kept for it: a run's events are in
memory once for all of their readers, and a frame is made when the one before it has been taken.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing, suppress
from typing import Any, NoReturn

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from ibidem.api.access import Access
from ibidem.api.attached import given, pictures, values
from ibidem.api.errors import half_a_character, response
from ibidem.api.frames import Frame, Resume, Send, Stop, frame, number_text, read
from ibidem.api.sessions import shown
from ibidem.api.streaming import event_number, follow
from ibidem.app import App
from ibidem.errors import Conflict, IbidemError, NoCredentials
from ibidem.jobs.streams import HEARTBEAT
from ibidem.store.messages import get_message
from ibidem.store.runs import EventNumber, Run, get_run, no_run, run_by_key, runs_under_way
from ibidem.store.sessions import Session, get_session
from ibidem.tasks.asking import HEAD, Ask

router = APIRouter()

TAKEN_S = 10.0  # a client that takes nothing for so long is let go; it may come back and resume
SLOW, SIGNED_OUT = 4008, 4401  # why the server closed


class Closed(Exception):
    """The connection ends: by the client, or, with a code, by us."""

    def __init__(self, code: int | None = None, reason: str = "") -> None:
        self.code, self.reason = code, reason


@router.websocket("/ws/chat/{session_id}/")
async def chat(socket: WebSocket, session_id: str) -> None:
    app: App = socket.app.state.engine
    access: Access = socket.app.state.access
    try:
        who = await asyncio.to_thread(access.principal, socket)
        session = await asyncio.to_thread(get_session, app.db, who.user, session_id)
    except IbidemError as error:
        await socket.send_denial_response(response(error))
        return
    async with access.open(who) as ended:
        await socket.accept()
        await ChatSocket(socket, app, session, ended=ended, holds=lambda: access.holds(who)).run()


class ChatSocket:
    """One connection to a session. `ended` is set when the sign-in ends; `holds` looks it up, for each frame that comes in."""

    def __init__(
        self, socket: WebSocket, app: App, session: Session, *, ended: asyncio.Event, holds: Callable[[], bool]
    ) -> None:
        self._socket = socket
        self._app = app
        self._ended = ended
        self._holds = holds
        self._session = session
        self._owner = session.owner
        self._sending = asyncio.Lock()
        self._attaching = asyncio.Lock()  # a run that is being started here is not taken for another tab's
        self._readers: dict[str, asyncio.Task[None]] = {}  # by run; those that have ended too
        self._tasks = asyncio.TaskGroup()

    async def run(self) -> None:
        """Until one side closes; the runs go on."""
        closed = Closed()
        try:
            async with self._tasks:
                self._tasks.create_task(self._until_signed_out())
                self._tasks.create_task(self._attach_to_others())
                await self._greet()
                while True:
                    await self._take(await self._receive())
        except* Closed as group:
            closed = group.exceptions[0] if isinstance(group.exceptions[0], Closed) else closed
        if closed.code:
            with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
                async with asyncio.timeout(TAKEN_S):
                    await self._socket.close(closed.code, closed.reason)

    # --- what comes in -------------------------------------------------------------------------------------------------

    async def _receive(self) -> str | None:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise Closed
        text: str | None = message.get("text")
        return text

    async def _take(self, text: str | None) -> None:
        """Do what a frame asks for; what is wrong with it is told, and the socket stays open."""
        told: Frame = {}
        try:
            if not await asyncio.to_thread(self._holds):
                await self._sign_out()
            asked = await asyncio.to_thread(read, text)
            match asked:
                case Send():
                    told = {"id": asked.id}
                    await self._ask(asked)
                case Stop():
                    told = {"run_id": asked.run_id}
                    await self._stop(asked.run_id)
                case Resume():
                    told = {"run_id": asked.run_id}
                    run = await asyncio.to_thread(self._run, asked.run_id)
                    self._read(run, event_number(asked.after))
        except UnicodeEncodeError as error:
            await self._tell(half_a_character(error), **told)
        except IbidemError as error:
            await self._tell(error, **told)

    async def _until_signed_out(self) -> None:
        await self._ended.wait()
        await self._sign_out()

    async def _sign_out(self) -> NoReturn:
        await self._tell(NoCredentials("the sign-in has ended", hint="sign in, connect again and resume"))
        raise Closed(SIGNED_OUT, "sign in again")

    async def _ask(self, asked: Send) -> None:
        async with self._attaching:
            key = f"{self._session.id}:{asked.id}" if asked.id else None
            run = await asyncio.to_thread(self._known, asked, key)
            if run is None:
                run = await self._app.answers.ask(self._owner, await asyncio.to_thread(self._wish, asked, key))
                self._app.worker.wake("answer")
            await self._attach(run, id=asked.id)

    def _known(self, asked: Send, key: str | None) -> Run | None:
        """The run that the id has started already, whatever the session's settings are by now. Raises Conflict."""
        known = run_by_key(self._app.db, self._owner, key) if key else None
        if known and not asked.regenerate and known.question != asked.content:
            raise Conflict(f"the id {asked.id!r} was used for another question", hint="use a new id", field="id")
        return known

    def _wish(self, asked: Send, key: str | None) -> Ask:
        return Ask(
            asked.content,
            model=asked.model,
            mode=asked.wished_mode(),
            session=self._session.id,
            parent=asked.parent if "parent" in asked.model_fields_set else HEAD,
            regenerate=asked.regenerate,
            template=asked.template,
            variables=values(asked.variables),
            texts=given(asked.attachments),
            attachments=pictures(asked.attachments),
            idempotency_key=key,
        )

    async def _stop(self, run_id: str | None) -> None:
        if run_id is None:
            runs = await asyncio.to_thread(runs_under_way, self._app.db, self._owner, self._session.id)
        else:
            runs = [await asyncio.to_thread(self._run, run_id)]
        for run in runs:
            await self._app.jobs.stop_run(self._owner, run.id)

    def _run(self, run_id: str) -> Run:
        """Raises NotFound, also for a run of another session."""
        run = get_run(self._app.db, self._owner, run_id)
        if run.session != self._session.id:
            raise no_run(run_id)
        return run

    def _question(self, run: Run) -> dict[str, Any]:
        message = get_message(self._app.db, self._owner, self._session.id, run.parent or "")
        (question,) = shown(self._app, self._owner, [message])
        return question

    # --- what goes out -------------------------------------------------------------------------------------------------

    async def _greet(self) -> None:
        runs = await asyncio.to_thread(runs_under_way, self._app.db, self._owner, self._session.id)
        session = self._session.shown()
        await self._send({"type": "session_info", "session": session, "running": [run.id for run in runs]})

    async def _attach_to_others(self) -> None:
        """Runs of this session that were started elsewhere: in another tab, by a script."""
        async with aclosing(self._app.streams.opened_in(self._session.id)) as runs:
            async for run in runs:
                async with self._attaching:
                    if run.id in self._readers:
                        continue
                    try:
                        await self._attach(run)
                    except IbidemError as error:  # its session has just been deleted
                        await self._tell(error, run_id=run.id)

    async def _attach(self, run: Run, **told: Any) -> None:
        """Tell of the run's question, and follow it from its beginning unless that is being done."""
        saved = {"type": "message_saved", "run_id": run.id, "seq": number_text((0, 0))}
        await self._send({**saved, "message": await asyncio.to_thread(self._question, run), **told})
        reader = self._readers.get(run.id)
        if reader is None or reader.done():
            self._read(run, (0, 0))

    def _read(self, run: Run, after: EventNumber) -> None:
        """Follow the run from there on, and no longer from elsewhere."""
        if reader := self._readers.get(run.id):
            reader.cancel()
        self._readers[run.id] = self._tasks.create_task(self._follow(run.id, after))

    async def _follow(self, run_id: str, after: EventNumber) -> None:
        try:
            async with aclosing(follow(self._app, self._owner, run_id, after)) as events:
                async for number, event in events:
                    if event is HEARTBEAT:  # the protocol has its own
                        continue
                    if number:
                        after = max(after, number)
                    await self._send(frame(run_id, number or (after[0], after[1] + 1), event))
        except IbidemError as error:
            await self._tell(error, run_id=run_id)

    async def _tell(self, error: IbidemError, **told: Any) -> None:
        await self._send({"type": "error", "run_id": None, "seq": None, **error.as_dict(), **told})

    async def _send(self, told: Frame) -> None:
        """Raises Closed when the client has gone, or takes nothing."""
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        try:
            async with self._sending, asyncio.timeout(TAKEN_S):
                await self._socket.send_text(text)
        except TimeoutError:
            raise Closed(SLOW, "you take nothing: connect again, and resume") from None
        except (WebSocketDisconnect, RuntimeError):  # the latter where the server has closed meanwhile
            raise Closed from None
