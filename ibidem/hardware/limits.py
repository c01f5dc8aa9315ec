"""Control groups -> the cores and the memory that a container may use. Version 2, version 1, and both mixed.

A group's limit holds for all groups below it, so every one from the process's own up to the root is read. Inside a
container the path that the process is told may not exist below the mount: then the mount's root is its group.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

UNLIMITED = 1 << 60  # version 1 writes "no limit" as a number near 2**63


def cgroup_cores(root: Path) -> int:
    """Whole cores of the processor quota, at least 1; a very large number without a quota."""
    cores = math.inf
    for group in _groups(root, ""):
        quota, _, period = _read(group / "cpu.max").partition(" ")
        if quota.isdecimal() and period.strip().isdecimal():
            cores = min(cores, int(quota) / int(period))
    for group in _groups(root, "cpu"):
        quota, period = _read(group / "cpu.cfs_quota_us"), _read(group / "cpu.cfs_period_us")
        if quota.isdecimal() and period.isdecimal():  # "-1": no quota
            cores = min(cores, int(quota) / int(period))
    return UNLIMITED if cores == math.inf else max(1, int(cores))


def cgroup_memory(root: Path) -> tuple[int, int]:
    """(limit, what is left of it) in bytes; two very large numbers without a limit.

    Pages of files count as used and can be taken back, the inactive ones at once.
    """
    limit = left = UNLIMITED
    for controller, most, used, inactive in (
        ("", "memory.max", "memory.current", "inactive_file"),
        ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        for group in _groups(root, controller):
            if not (text := _read(group / most)).isdecimal() or int(text) >= UNLIMITED:
                continue
            current = int(_read(group / used) or 0)
            reclaimable = _field(_read(group / "memory.stat"), inactive)
            limit = min(limit, int(text))
            left = min(left, int(text) - current + reclaimable)
    return limit, max(0, left)


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """The process's group of a controller ("" for version 2) and all above it, below the mount."""
    mounts = (
        [root / "sys/fs/cgroup" / controller]
        if controller
        else [root / "sys/fs/cgroup", root / "sys/fs/cgroup/unified"]
    )
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controller not in controllers.split(","):
            continue
        for mount in mounts:
            group = mount / path.strip("/")
            while group != mount:
                yield group
                group = group.parent
            yield mount


def _field(text: str, name: str) -> int:
    """The number in the line `name NUMBER`; 0 without one."""
    for line in text.splitlines():
        key, _, value = line.partition(" ")
        if key == name and value.strip().isdecimal():
            return int(value)
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
