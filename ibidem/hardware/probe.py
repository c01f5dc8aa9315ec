"""This machine -> `Machine`: what a model may use of it. Nothing is changed, and what cannot be read counts as absent.

Everything is read below `root` or through `run`, so that a folder of files and a table of answers is a machine too.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ibidem.hardware.bandwidth import published
from ibidem.hardware.cores import Run, linux_processor, mac_processor
from ibidem.hardware.gpus import Gpu, linux_gpus, mac_gpus
from ibidem.hardware.limits import cgroup_memory

GIB = 1 << 30
COMMAND_TIMEOUT_S = 20.0  # a driver that wakes its card up takes seconds
UNLIMITED = 1 << 62
_LIBGOMP = ("lib", "lib64", "usr/lib", "usr/lib64", "usr/local/lib", "lib/*-linux-gnu*", "usr/lib/*-linux-gnu*")


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine as an engine would meet it now, limits of its container included."""

    processor: str
    cores: int  # physical performance cores that may be used
    logical: int
    memory_bytes: int  # installed, or the container's limit
    available_bytes: int  # of it, without swapping anything out
    gpus: tuple[Gpu, ...] = ()
    memlock_bytes: int = 0  # what a process may lock into memory
    bandwidth_bytes_s: float = 0.0  # of the memory that the processor reads; 0: not known
    missing_features: tuple[str, ...] = ()  # of the processor; the engine's wheel cannot run without them
    libgomp: bool = True  # the system library that the wheel needs on Linux
    limited: bool = False  # a container's limit is below what is installed

    @property
    def unified(self) -> bool:
        """Processor and GPU share one memory."""
        return any(gpu.unified and gpu.usable for gpu in self.gpus)

    @property
    def gpu(self) -> Gpu | None:
        """The one that the engine uses: the largest it can."""
        return max((gpu for gpu in self.gpus if gpu.usable), key=lambda gpu: gpu.total_bytes, default=None)


def run_command(words: list[str]) -> str:
    """Standard output; "" where the command is absent, fails or takes too long."""
    try:
        done = subprocess.run(words, capture_output=True, timeout=COMMAND_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace")


def probe(
    root: Path = Path("/"),
    *,
    system: str = sys.platform,
    run: Run = run_command,
    allowed: set[int] | None = None,
    memlock_bytes: int | None = None,
    llama_server: str = "",
) -> Machine:
    """Look at the machine. `allowed` are the processors this process may run on; None asks the system.

    `llama_server` is the engine's program where it is not the wheel: its devices count.
    """
    if memlock_bytes is None:
        soft = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
        memlock_bytes = UNLIMITED if soft == resource.RLIM_INFINITY else soft
    if system == "darwin":
        return _mac(run, memlock_bytes)
    if allowed is None:
        allowed = set(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
    return _linux(root, run, allowed, memlock_bytes, llama_server)


def _linux(root: Path, run: Run, allowed: set[int], memlock_bytes: int, llama_server: str) -> Machine:
    processor = linux_processor(root, allowed)
    installed, available = _meminfo(root)
    limit, left = cgroup_memory(root)
    return Machine(
        processor=processor.name,
        cores=processor.cores,
        logical=processor.logical,
        memory_bytes=min(installed, limit),
        available_bytes=min(available, left),
        gpus=linux_gpus(root, run, llama_server),
        memlock_bytes=memlock_bytes,
        missing_features=() if llama_server else processor.missing_features,
        libgomp=bool(llama_server) or any(True for place in _LIBGOMP for _ in root.glob(f"{place}/libgomp.so.1")),
        limited=limit < installed,
    )


def _mac(run: Run, memlock_bytes: int) -> Machine:
    processor = mac_processor(run)
    size = run(["sysctl", "-n", "hw.memsize"]).strip()
    memory_bytes = int(size) if size.isdecimal() else 0
    return Machine(
        processor=processor.name,
        cores=processor.cores,
        logical=processor.logical,
        memory_bytes=memory_bytes,
        available_bytes=min(memory_bytes, _vm_stat(run(["vm_stat"])) or memory_bytes),
        gpus=mac_gpus(memory_bytes, run),
        memlock_bytes=memlock_bytes,
        bandwidth_bytes_s=published(processor.name),
    )


def _meminfo(root: Path) -> tuple[int, int]:
    """(installed, available) bytes; zeros where the system does not say."""
    try:
        text = (root / "proc/meminfo").read_text("ascii")
    except (OSError, UnicodeDecodeError):
        return 0, 0
    found = {key: int(kib) * 1024 for key, kib in re.findall(r"^(\w+):\s+(\d+) kB", text, re.MULTILINE)}
    return found.get("MemTotal", 0), found.get("MemAvailable", found.get("MemFree", 0))


def _vm_stat(text: str) -> int:
    """Bytes that macOS can hand out without swapping: free pages, and those of files and caches."""
    page = re.search(r"page size of (\d+) bytes", text)
    names = "free|inactive|speculative|purgeable"
    pages = sum(int(count) for count in re.findall(rf"^Pages (?:{names}):\s+(\d+)\.", text, re.MULTILINE))
    return pages * int(page[1]) if page else 0
