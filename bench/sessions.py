"""100,000 messages -> how long a search over them takes; a session of 2,000 -> how long one more question takes."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from sqlite3 import Connection

from bench.corpus import english_page, korean_page
from bench.figures import Figure, spread
from ibidem.app import App, build
from ibidem.index.analyze import query_tokens, tokenize
from ibidem.settings import load
from ibidem.store.database import Database
from ibidem.store.messages import add_message, new_message_id
from ibidem.store.sessions import Session, create_session, find_sessions, get_session
from ibidem.store.workspaces import LOCAL_OWNER
from ibidem.tasks.asking import Ask

MESSAGES, IN_A_SESSION, LONG = 100_000, 100, 2_000
STEP = 100  # messages of a transaction
KOREAN_SHARE = 0.4
TEXT_CHARS = 500  # of a message
SEARCHES, QUESTIONS = 300, 100
PAGE = 21


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="ibidem-bench-") as work:
        app = build(load(Path(work) / "data", environ={}))
        try:
            texts = _texts(random.Random(7), 20_000)
            began = time.perf_counter()
            for _ in range(MESSAGES // IN_A_SESSION):
                _fill(app.db, texts, IN_A_SESSION)
            filled_s = time.perf_counter() - began
            yield Figure(f"{MESSAGES:,} messages stored and indexed", filled_s, "s", note="of a session 100")
            yield from _searching(app.db, texts)
            yield from _asking(app, _fill(app.db, texts, LONG))
        finally:
            app.close()


def _texts(rng: random.Random, count: int) -> list[str]:
    found: list[str] = []
    while len(found) < count:
        page = korean_page(rng) if rng.random() < KOREAN_SHARE else english_page(rng)
        found += [page[at : at + TEXT_CHARS] for at in range(0, len(page), TEXT_CHARS)]
    return found[:count]


def _fill(db: Database, texts: list[str], messages: int) -> Session:
    """A session with so many messages in one branch."""
    session = db.write(
        lambda tx: create_session(tx, LOCAL_OWNER, title="x", words="x", workspace="home", settings={}, now=0.0)
    )
    parent = None
    for _ in range(messages // STEP):
        step = [random.choice(texts) for _ in range(STEP)]
        words = [" ".join(tokenize(text)) for text in step]
        parent = db.write(partial(_add, session=session, step=list(zip(step, words, strict=True)), parent=parent))
    return session


def _add(tx: Connection, *, session: Session, step: list[tuple[str, str]], parent: str | None) -> str | None:
    for number, (text, words) in enumerate(step):
        message_id = new_message_id()
        add_message(
            tx,
            session,
            message_id,
            parent=parent,
            role="assistant" if number % 2 else "user",
            content=text,
            words=words,
            status="finished",
            now=0.0,
        )
        parent = message_id
    return parent


def _searching(db: Database, texts: list[str]) -> Iterator[Figure]:
    """Two words of some message each: rare ones, and as common as words are."""
    rng = random.Random(8)
    times = []
    for _ in range(SEARCHES):
        tokens = query_tokens(" ".join(rng.sample(rng.choice(texts).split(), 2)))
        if not tokens:
            continue
        began = time.perf_counter()
        find_sessions(db, LOCAL_OWNER, tokens, before=None, limit=PAGE)
        times.append((time.perf_counter() - began) * 1000)
    yield from spread(f"search over {MESSAGES:,} messages", times, 50)


def _asking(app: App, session: Session) -> Iterator[Figure]:
    """Two messages, a run and a job, durably; each question is a sibling, for nobody answers them here."""
    parent = get_session(app.db, LOCAL_OWNER, session.id).head
    times = []
    for number in range(QUESTIONS):
        ask = Ask(f"When does pump {number} start?", session=session.id, parent=parent, model="quotes")
        began = time.perf_counter()
        run = app.answers.start(LOCAL_OWNER, ask)
        times.append((time.perf_counter() - began) * 1000)
        app.answers.stop(LOCAL_OWNER, run.id)
    yield from spread(f"question to a session of {LONG:,} messages", times, 10)
