"""What GPUs there are and which of them the engine can use.

The engine's own list decides: a wheel without CUDA leaves a graphics card idle. The system's tools are asked too, so
that such a card is named to its owner.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from ibidem.hardware.bandwidth import published
from ibidem.hardware.cores import Run

MIB, GIB = 1 << 20, 1 << 30
LEAST_BYTES = 2 * GIB  # a smaller card, or the carve-out of integrated graphics, is not worth the transfers
DEVICES = ("dev/nvidiactl", "dev/dri", "dev/kfd", "dev/dxg")  # one of them is there with any driver
MAC_SMALL_BYTES = 36 * GIB

# lists every device of ggml as JSON; in a process of its own because it loads the library
LIST_DEVICES = (
    "import json, xllamacpp as x; "
    "print(json.dumps([[d['name'], d['description'], d['memory_total'], d['memory_free'], int(d['type'])] "
    "for d in x.get_device_info()]))"
)
_DEVICE_LINE = re.compile(r"^\s+(\w+): (.+) \((\d+) MiB, (\d+) MiB free\)", re.MULTILINE)  # of `--list-devices`


@dataclass(frozen=True, slots=True)
class Gpu:
    name: str
    total_bytes: int
    free_bytes: int
    usable: bool  # by the engine that is installed
    unified: bool = False  # its memory is the machine's own

    @property
    def bandwidth_bytes_s(self) -> float:
        """As its maker publishes it; 0 where it is not known."""
        return published(self.name)


def linux_gpus(root: Path, run: Run, llama_server: str) -> tuple[Gpu, ...]:
    """Those the engine sees, else those that the system sees. Where there is no device nobody is asked."""
    if not any((root / device).exists() for device in DEVICES):
        return ()
    return _engine_gpus(run, llama_server) or (*_nvidia(run), *_amd(root))


def mac_gpus(memory_bytes: int, run: Run) -> tuple[Gpu, ...]:
    """Apple silicon: Metal may have a share of the machine's memory, which is all in one. None on an Intel Mac."""
    if run(["sysctl", "-n", "hw.optional.arm64"]).strip() != "1":
        return ()
    limit = run(["sysctl", "-n", "iogpu.wired_limit_mb"]).strip()
    if limit.isdecimal() and int(limit):
        share = int(limit) * MIB
    else:  # recommendedMaxWorkingSetSize
        share = memory_bytes * 2 // 3 if memory_bytes <= MAC_SMALL_BYTES else memory_bytes * 3 // 4
    name = run(["sysctl", "-n", "machdep.cpu.brand_string"]).strip() or "Apple GPU"
    return (Gpu(name, share, share, usable=True, unified=True),)


def _engine_gpus(run: Run, llama_server: str) -> tuple[Gpu, ...]:
    if llama_server:
        lines = _DEVICE_LINE.findall(run([llama_server, "--list-devices"]))
        found = [(name, int(total) * MIB, int(free) * MIB, False) for _, name, total, free in lines]
    else:
        try:
            listed = json.loads(run([sys.executable, "-c", LIST_DEVICES]) or "[]")
            found = [
                (about or name, total, free, kind == 2) for name, about, total, free, kind in listed if kind in (1, 2)
            ]
        except (ValueError, TypeError):
            return ()
    return tuple(
        Gpu(name, total, free, usable=True, unified=unified)
        for name, total, free, unified in found
        if total >= LEAST_BYTES
    )


def _nvidia(run: Run) -> list[Gpu]:
    told = run(["nvidia-smi", "--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"])
    found = []
    for line in told.splitlines():
        name, total, free = [*(part.strip() for part in line.split(",")), "", ""][:3]
        if total.isdecimal() and free.isdecimal() and int(total) * MIB >= LEAST_BYTES:
            found.append(Gpu(name, int(total) * MIB, int(free) * MIB, usable=False))
    return found


def _amd(root: Path) -> list[Gpu]:
    found = []
    for total in sorted(root.glob("sys/class/drm/card*/device/mem_info_vram_total")):
        size, used = _number(total), _number(total.with_name("mem_info_vram_used"))
        if size >= LEAST_BYTES:
            found.append(Gpu("AMD graphics card", size, size - used, usable=False))
    return found


def _number(path: Path) -> int:
    try:
        text = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return 0
    return int(text) if text.isdecimal() else 0
