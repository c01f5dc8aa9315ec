"""The processor as the system describes it -> how many cores an engine may use, and what they can do.

An engine runs one thread a physical performance core: a second thread on the same core, or one on an efficiency core,
makes all the others wait for it. A container's quota counts as fewer cores.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ibidem.hardware.limits import cgroup_cores

Run = Callable[[list[str]], str]  # a command -> its standard output, "" where it is absent or fails

X86_FEATURES = (
    "avx2",
    "fma",
    "f16c",
    "bmi2",
)  # without one of these the xllamacpp wheel dies of an illegal instruction
SAME_KIND = 0.75  # of the fastest core's clock or capacity; favoured cores differ by 5 %, efficiency cores by 30 % up


@dataclass(frozen=True, slots=True)
class Processor:
    name: str
    cores: int  # physical performance cores that this process may use, at least 1
    logical: int  # processors that this process may use
    missing_features: tuple[str, ...] = ()  # of those that the engine's wheel needs


def linux_processor(root: Path, allowed: Iterable[int]) -> Processor:
    """`allowed` are the processors of this process (its affinity)."""
    usable = sorted(allowed)
    described = _read(root / "proc/cpuinfo")
    fast = _fast(root, usable)
    cores = len({_siblings(root, processor) for processor in fast})
    cores = max(1, min(cores, cgroup_cores(root)))
    flags = re.search(r"^flags\s*:(.*)$", described, re.MULTILINE)  # x86; ARM has no such line
    have = set(flags[1].split()) if flags else set(X86_FEATURES)
    name = re.search(r"^(?:model name|Model)\s*:\s*(.+)$", described, re.MULTILINE)
    missing = tuple(feature for feature in X86_FEATURES if feature not in have)
    return Processor(name[1].strip() if name else "unknown processor", cores, len(usable), missing)


def mac_processor(run: Run) -> Processor:
    def sysctl(key: str) -> str:
        return run(["sysctl", "-n", key]).strip()

    cores = _number(sysctl("hw.perflevel0.physicalcpu")) or _number(sysctl("hw.physicalcpu")) or 1
    name = sysctl("machdep.cpu.brand_string") or "unknown processor"
    return Processor(name, cores, _number(sysctl("hw.logicalcpu")) or cores)


def _fast(root: Path, usable: list[int]) -> list[int]:
    """Those of the processors that are performance cores; all where they do not differ."""
    listed = _read(root / "sys/devices/cpu_core/cpus").strip()  # hybrid Intel
    if listed:
        fast = _ranges(listed)
        return [processor for processor in usable if processor in fast] or usable
    for measure in ("cpu_capacity", "cpufreq/cpuinfo_max_freq"):  # ARM; others
        found = {one: _number(_read(root / f"sys/devices/system/cpu/cpu{one}/{measure}")) for one in usable}
        if usable and all(found.values()):
            return [one for one in usable if found[one] >= SAME_KIND * max(found.values())]
    return usable


def _siblings(root: Path, processor: int) -> str:
    """The processors of the same physical core, as the system lists them."""
    path = root / f"sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list"
    return _read(path).strip() or str(processor)


def _ranges(listed: str) -> set[int]:
    """ "0-3,8" -> {0, 1, 2, 3, 8}."""
    found: set[int] = set()
    for part in listed.split(","):
        first, _, last = part.partition("-")
        if first.isdecimal():
            found.update(range(int(first), (int(last) if last.isdecimal() else int(first)) + 1))
    return found


def _number(text: str) -> int:
    return int(text) if text.strip().isdecimal() else 0


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
