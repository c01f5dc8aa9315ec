"""Questions in sessions over sockets while the server is being killed, and what must be there afterwards."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from websockets.exceptions import WebSocketException

from ibidem.chat.memory import is_long
from ibidem.jobs.queue import MAX_ATTEMPTS
from ibidem.types import TERMINAL_EVENTS
from tests.api.serving import Server, ended, events, wait_for
from tests.api.sockets import Chat, chatting, messages

# A long answer, whose first sentence is its own summary.
REPLY = ["In short, the pump starts at 4.2 bar. ", *(f"Word {number} of a long answer, " for number in range(25))]
GONE = (WebSocketException, TimeoutError, OSError)  # what a client meets when the server is killed


@dataclass
class Chatting:
    """What the server said it had taken: the run of each question, by session and the client's id."""

    runs: dict[tuple[str, str], str] = field(default_factory=dict)

    def ask(self, server: Server, http: httpx.Client, key: str, dice: random.Random) -> None:
        """A new session and up to three questions in it, some of them left before their answer ends."""
        settings = {"model": "openai:tiny", "mode": "plain"}
        made = http.post("/api/sessions/", json={"settings": settings})
        assert made.status_code == 201, made.text
        session = made.json()["id"]
        for number in range(dice.randint(1, 3)):
            with chatting(server, session) as chat:
                if not self._question(chat, session, f"{key}-{number}", dice):
                    return

    def _question(self, chat: Chat, session: str, key: str, dice: random.Random) -> bool:
        """Whether the answer was waited for; another question behind an unfinished one is refused."""
        for _ in range(dice.choice((1, 1, 2))):  # some clients send twice
            chat.ask(f"When does pump {key} start?", id=key)
        told = chat.next()
        if told["type"] == "error":
            assert told["code"] == "busy", told
            time.sleep(0.05)
            return False
        assert (told["type"], told["id"]) == ("message_saved", key), told
        assert self.runs.setdefault((session, key), told["run_id"]) == told["run_id"]
        if dice.random() < 0.3:
            return False
        chat.the("stream_end")
        return True

    def check(self, server: Server) -> str:
        """Every question has one answer, that ended once, and a summary where it is long. Returns what was counted."""
        states: Counter[str] = Counter()
        for (session, key), run_id in self.runs.items():
            run = ended(server, run_id, timeout_s=60)
            states[run["state"]] += 1
            kinds = [name for _, name, _ in events(server, run_id)]
            assert [name for name in kinds if name in TERMINAL_EVENTS] == [run["state"]] == kinds[-1:]
            said = messages(server, session)
            (question,) = [one for one in said if one["content"] == f"When does pump {key} start?"]
            (answer,) = [one for one in said if one["parent"] == question["id"] and one["role"] == "assistant"]
            assert (answer["id"], answer["status"]) == (run_id, run["state"])
            assert answer["content"] == run["message"]["content"]
            asked = [one["content"] for one in said if one["role"] == "user"]  # some were stored and not acknowledged
            assert len(set(asked)) == len(asked) == len(said) / 2
        for (session, key), run_id in [*self.runs.items()][-10:]:
            with chatting(server, session) as chat:
                chat.ask(f"When does pump {key} start?", id=key)
                assert chat.the("stream_end")["run_id"] == run_id
        return f"{len(self.runs)} questions over sockets: {dict(states)}; {self._check_summaries(server)}"

    def _check_summaries(self, server: Server) -> str:
        """Exactly one job for each long answer; done and a summary, or dead with the original in use."""
        found = wait_for(lambda: _summary_jobs(server), "all summaries are written", timeout_s=120)
        assert found is not None
        (jobs,) = found
        with sqlite3.connect(f"file:{server.data / 'ibidem.db'}?mode=ro", uri=True) as db:
            answers = {
                row[0]: row[1:]
                for row in db.execute("SELECT id, content, summary FROM message WHERE role = 'assistant'")
            }
        db.close()
        assert Counter(message for message, _, _ in jobs) == Counter(
            one for one, (text, _) in answers.items() if is_long(text)
        )
        for message, state, attempts in jobs:
            summary = answers[message][1]
            assert (state, bool(summary)) == ("done", True) or (state, attempts, summary) == (
                "dead",
                MAX_ATTEMPTS,
                None,
            )
            assert not summary or summary.startswith("In short, the pump starts at 4.2 bar.")
        return f"{len(jobs)} summaries: {dict(Counter(state for _, state, _ in jobs))}"


def _summary_jobs(server: Server) -> tuple[list[tuple[str, str, int]]] | None:
    """Message, state and attempts of each, once none of them waits."""
    with sqlite3.connect(f"file:{server.data / 'ibidem.db'}?mode=ro", uri=True) as db:
        rows = db.execute("SELECT payload, state, attempts FROM job WHERE kind = 'summary'").fetchall()
    db.close()
    if any(state in ("queued", "running") for _, state, _ in rows):
        return None
    return ([(json.loads(payload)["message"], state, attempts) for payload, state, attempts in rows],)


def cut_off(data: Path) -> list[str]:
    """After a kill, before the next start: runs of which something was shown."""
    with sqlite3.connect(f"file:{data / 'ibidem.db'}?mode=ro", uri=True) as db:
        rows = db.execute(
            "SELECT id FROM run WHERE state = 'running' AND EXISTS (SELECT 1 FROM run_event AS e WHERE e.run = run.id"
            " AND e.events LIKE '%\"delta\"%')"
        ).fetchall()
    db.close()
    return [row[0] for row in rows]
