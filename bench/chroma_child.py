"""Runs where chromadb is installed, and nothing of Ibidem: chunks as JSON lines -> one JSON line of measurements."""

import hashlib
import json
import os
import sys
import time

import chromadb
import numpy as np

DIM = 384
BATCH = 1000
WARM = 30


def vector(text):
    """A unit vector that depends on the text alone, shape (DIM,), float32."""
    seed = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8], "big")
    made = np.random.default_rng(seed).standard_normal(DIM, dtype=np.float32)
    return made / np.linalg.norm(made)


def main(rows_path, folder, queries):
    with open(rows_path, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    vectors = np.stack([vector(row["text"]) for row in rows])
    client = chromadb.PersistentClient(folder, settings=chromadb.Settings(anonymized_telemetry=False))
    collection = client.create_collection("bench", embedding_function=None, metadata={"hnsw:space": "cosine"})
    began, processor = time.perf_counter(), sum(os.times()[:2])
    for at in range(0, len(rows), BATCH):
        some = rows[at : at + BATCH]
        collection.add(
            ids=[str(at + number) for number in range(len(some))],
            embeddings=vectors[at : at + BATCH],
            documents=[row["text"] for row in some],
            metadatas=[{"line": row["line"]} for row in some],
        )
    ingest_s = time.perf_counter() - began
    cores = (sum(os.times()[:2]) - processor) / ingest_s
    times = []
    for number in range(WARM + queries):
        asked = vector(f"query {number}")
        began = time.perf_counter()
        collection.query(query_embeddings=[asked], n_results=10)
        if number >= WARM:
            times.append((time.perf_counter() - began) * 1000)
    told = {"version": f"chromadb {chromadb.__version__}", "ingest_s": ingest_s, "query_ms": times, "cores": cores}
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
