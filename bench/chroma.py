"""The same chunks in Ibidem and in a plain ChromaDB pipeline -> rows a second, query time, disk.

Chroma gets its vectors ready made, so neither side is charged for a model: unit vectors of 384 numbers, seeded by
content. It is installed into a virtual environment that is thrown away; Ibidem does not depend on it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.corpus import MB, queries, write_mixed
from bench.figures import Figure, show, spread
from bench.search import size_mb
from ibidem.app import build
from ibidem.index.replay import replay
from ibidem.ingest.read import read_file
from ibidem.ingest.wire import chunk_from_json
from ibidem.settings import load
from ibidem.store.documents import Stat, queue_files
from ibidem.store.readings import Reading, add_chunks, begin_reading, finish_reading, waiting_files
from ibidem.store.workspaces import LOCAL_OWNER, add_source, get_workspace
from ibidem.types import Chunk

CHROMADB = "chromadb==1.5.9"
CHUNKS = 20_000
DOCUMENT_CHUNKS = 100
QUERIES = 300


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="ibidem-bench-") as work:
        root = Path(work)
        chunks = some_chunks(root / "mixed")
        text_mb = sum(len(chunk.text.encode()) for chunk in chunks) / MB
        yield Figure("chunks for both", len(chunks), "", note=f"{text_mb:.1f} MB of text")
        yield from ibidem(root / "data", chunks)
        yield from chroma(root, chunks)


def some_chunks(folder: Path) -> list[Chunk]:
    """Chunks of mixed files, read as the product reads them."""
    write_mixed(folder, 25 * MB, seed=40, korean_share=0.05)
    chunks: list[Chunk] = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            for told in read_file({"path": str(path), "name": path.name}):
                chunks += map(chunk_from_json, told.get("chunks", []))
        if len(chunks) >= CHUNKS:
            break
    return chunks[:CHUNKS]


def ibidem(data_dir: Path, chunks: list[Chunk]) -> Iterator[Figure]:
    """Store and index, as durable and in steps as small as in the product; without reading files."""
    app = build(load(data_dir, environ={}))
    try:
        home, db = get_workspace(app.db, LOCAL_OWNER), app.db
        documents = [chunks[at : at + DOCUMENT_CHUNKS] for at in range(0, len(chunks), DOCUMENT_CHUNKS)]
        files = [(f"{number:05}.md".encode(), Stat(1, 1, number)) for number in range(len(documents))]
        source = db.write(lambda tx: add_source(tx, home, b"/bench", watch=False, now=0.0))
        db.write(lambda tx: queue_files(tx, source, files, 0.0))
        began = time.perf_counter()
        taken = db.write(lambda tx: begin_reading(tx, waiting_files(db, source, len(files))))
        for document, own in zip(taken, documents, strict=True):
            numbered = [
                Chunk(at, one.text, one.span, one.heading, one.symbols, one.tokens) for at, one in enumerate(own)
            ]
            db.write(lambda tx, document=document, numbered=numbered: add_chunks(tx, document, numbered))  # type: ignore[misc]
            reading = Reading("ok", chunks=len(numbered))
            db.write(lambda tx, document=document, reading=reading: finish_reading(tx, document, reading, 0.0))  # type: ignore[misc]
        stored = time.perf_counter()
        payload = {"database": str(db.path), "folder": str(app.data.index / str(home.id)), "workspace": home.id}
        for _ in replay({**payload, "fresh": False}):
            pass
        ended = time.perf_counter()
        note = f"store {stored - began:.1f} s, then lexical index {ended - stored:.1f} s; one core"
        yield Figure("Ibidem: chunks a second, stored and indexed", len(chunks) / (ended - began), "/s", note=note)
        times = []
        for number, (_, query) in enumerate(queries(30 + QUERIES, seed=41)):
            began = time.perf_counter()
            app.search(query, home, judged=False)
            if number >= 30:
                times.append((time.perf_counter() - began) * 1000)
        yield from spread("Ibidem: query to cited passages", times)
    finally:
        app.close()
    index_mb = size_mb(data_dir / "index")
    note = f"index {index_mb:.1f} MB, store {size_mb(data_dir) - index_mb:.1f} MB"
    yield Figure("Ibidem: disk", size_mb(data_dir), "MB", note=note)


def chroma(root: Path, chunks: list[Chunk]) -> Iterator[Figure]:
    python = install(root / "venv")
    rows = root / "chunks.jsonl"
    with rows.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": chunk.text, "line": chunk.span.start_line}) + "\n" for chunk in chunks)
    child = Path(__file__).with_name("chroma_child.py")
    words = [str(python), str(child), str(rows), str(root / "chroma"), str(QUERIES)]
    told = json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])
    note = f"{told['version']}, texts and lines beside the vectors; {told['cores']:.1f} cores used"
    yield Figure("Chroma: chunks a second, vectors ready made", len(chunks) / told["ingest_s"], "/s", note=note)
    yield from spread("Chroma: query to 10 texts, vector ready made", told["query_ms"])
    yield Figure("Chroma: disk", size_mb(root / "chroma"), "MB")


def install(folder: Path) -> Path:
    """A virtual environment with Chroma alone; its Python."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "-qq", CHROMADB], check=True)
    return python


if __name__ == "__main__":
    show(measure())
