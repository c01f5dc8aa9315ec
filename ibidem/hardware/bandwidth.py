"""How fast memory is read: a device's published figure, or this machine's measured one.

Generating a token reads all the weights that work on it, so this bounds the speed. Run as a program with a number of
threads, the module measures and prints bytes a second.
"""

from __future__ import annotations

import sys
import threading
import time
import tomllib
from functools import cache
from pathlib import Path

ARRAY_BYTES = 64 << 20  # of each thread; larger than a processor's caches
MEASURE_S = 0.25


def published(device: str) -> float:
    """Bytes a second as the maker says; 0 for a device that is not listed."""
    listed = [name for name in _listed() if _is_named(name, device)]
    return _listed()[max(listed, key=len)] * 1e9 if listed else 0.0


def measure(threads: int) -> float:
    """Bytes a second that so many threads read together, by their processor time: other programs do not count."""
    import numpy as np

    arrays = [np.ones(ARRAY_BYTES // 4, np.float32) for _ in range(threads)]
    rates = [0.0] * threads

    def work(index: int) -> None:
        array, read, began = arrays[index], 0, time.thread_time()
        while (took := time.thread_time() - began) < MEASURE_S:
            np.dot(array, array)  # reads it once, computes little, and lets the other threads run
            read += ARRAY_BYTES
        rates[index] = read / took

    workers = [threading.Thread(target=work, args=(index,)) for index in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(rates)


@cache
def _listed() -> dict[str, float]:
    return tomllib.loads(Path(__file__).with_name("bandwidths.toml").read_text("utf-8"))


def _is_named(name: str, device: str) -> bool:
    """By whole words: "RTX 4060" is not "RTX 4060 Ti" only because the longer name is preferred."""
    return f" {name} " in f" {device} "


if __name__ == "__main__":
    print(measure(int(sys.argv[1])))
