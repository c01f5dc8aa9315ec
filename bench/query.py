"""4,000 and 100,000 chunks -> how long a query takes inside one process, lexical and with all that an answer wants.

Full: Kiwi loaded, morphemes indexed, evidence weighed. Every query is put several times and its quickest counts, so
that a busy machine says little; the first of each is among them, with nothing remembered of a question.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.corpus import KINDS, MB, english_page, korean_page, queries, sources, write_mixed
from bench.figures import Figure, show, spread
from bench.search import CHUNKS, KOREAN_SHARE, STEP_BYTES, count_chunks, everything
from bench.server import run_cli
from ibidem.app import build
from ibidem.index.analyze import tokenize
from ibidem.retrieve.retrieve import retrieve
from ibidem.settings import load
from ibidem.store.workspaces import LOCAL_OWNER, get_workspace

SIZES = ((4_000, MB // 2, 5.0, 15.0), (CHUNKS, STEP_BYTES, None, 40.0))  # chunks, a step towards them, goals in ms
MEASURED = 700  # 280 with Hangul: by the time one comes again, its morphemes are forgotten
ROUNDS = 3
TOKENIZED_BYTES = 4 * MB
CHUNK_CHARS = 1400


def measure() -> Iterator[Figure]:
    yield from tokenizing()
    for chunks, step_bytes, lexical_goal, full_goal in SIZES:
        with tempfile.TemporaryDirectory(prefix="ibidem-bench-") as work:
            yield from at_size(Path(work), chunks, step_bytes, lexical_goal, full_goal)


def tokenizing() -> Iterator[Figure]:
    rng = random.Random(1)
    texts = {
        "code": "".join(text for _, text in sources()),
        "English": "".join(english_page(rng) for _ in range(600)),
        "Korean": "".join(korean_page(rng) for _ in range(600)),
    }
    for name, text in texts.items():
        chunks = [text[at : at + CHUNK_CHARS] for at in range(0, min(len(text), TOKENIZED_BYTES), CHUNK_CHARS)]
        size_mb = sum(len(chunk.encode()) for chunk in chunks) / MB
        took = []
        for _ in range(ROUNDS):
            began = time.process_time()
            for chunk in chunks:
                tokenize(chunk)
            took.append(time.process_time() - began)
        yield Figure(f"tokenise {name}", size_mb / min(took), "MB/s", 4, at_least=True, note=f"{size_mb:.1f} MB, CPU")


def at_size(work: Path, wanted: int, step_bytes: int, lexical_goal: float | None, full_goal: float) -> Iterator[Figure]:
    data_dir, step = work / "data", 0
    while (chunks := count_chunks(data_dir)) < wanted:
        step += 1
        write_mixed(work / f"step-{step}", step_bytes, seed=20 + step, korean_share=KOREAN_SHARE)
        run_cli("add", "--no-watch", str(work / f"step-{step}"), data_dir=data_dir)
    app = build(load(data_dir, environ={}))
    try:
        home = get_workspace(app.db, LOCAL_OWNER)
        app.indexes.add_morphemes(home.id)
        app.korean.start(wait=True)
        app.korean.wait_s = 10.0  # a busy machine measures the same work
        ways: dict[str, tuple[Callable[[str], object], float | None]] = {
            "lexical": (
                lambda query: retrieve(
                    query, home, indexes=app.indexes, db=app.db, settings=app.settings.retrieve, judged=False
                ),
                lexical_goal,
            ),
            "full": (lambda query: app.search(query, home), full_goal),
        }
        for way, (search, goal) in ways.items():
            times = quickest(search)
            yield from spread(f"{way} query, {chunks:,} chunks", everything(times), goal)
            for kind, some in times.items():
                yield from spread(f"  {kind}", some)
    finally:
        app.close()


def quickest(search: Callable[[str], object]) -> dict[str, list[float]]:
    """Milliseconds by kind of query, the least of several rounds for each query."""
    asked = queries(MEASURED, seed=13, kinds=(*KINDS, "mixed", "long"))
    least = dict.fromkeys(range(len(asked)), float("inf"))
    for _ in range(ROUNDS):
        for number, (_, query) in enumerate(asked):
            began = time.perf_counter()
            search(query)
            least[number] = min(least[number], (time.perf_counter() - began) * 1000)
    times: dict[str, list[float]] = defaultdict(list)
    for number, (kind, _) in enumerate(asked):
        times[kind].append(least[number])
    return times


if __name__ == "__main__":
    show(measure())
