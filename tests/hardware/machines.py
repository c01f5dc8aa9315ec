"""Twelve machines as their systems describe themselves, each with the answers that are accepted for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ibidem.hardware.probe import Machine, probe

GIB = 1 << 30
KERNEL_SHARE = 0.024  # of the memory that is installed, what Linux does not count
FLAGS = "fpu sse4_2 avx avx2 fma f16c bmi1 bmi2"
LIBGOMP = "usr/lib/x86_64-linux-gnu/libgomp.so.1"


@dataclass(frozen=True)
class Described:
    """What a machine's files and commands say, and what is to be made of it."""

    name: str
    system: str
    files: Mapping[str, str]
    commands: Mapping[str, str]
    allowed: frozenset[int]
    cores: int
    memory_gib: float
    models: Sequence[str]  # the advice is one of these
    threads: int
    slots: int
    context_tokens: int  # at least
    all_on_gpu: bool = False
    memlock_bytes: int = 8 << 20
    bandwidth_gb_s: float = 0.0  # as measured; 0: published, as for a Mac
    llama_server: str = ""
    gpu_bytes: int = 0
    warned: Sequence[str] = field(default=())  # words of the warnings

    def probed(self, folder: Path) -> Machine:
        for path, content in self.files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(content)
        machine = probe(
            folder,
            system=self.system,
            run=self.run,
            allowed=set(self.allowed),
            memlock_bytes=self.memlock_bytes,
            llama_server=self.llama_server,
        )
        return replace(machine, bandwidth_bytes_s=self.bandwidth_gb_s * 1e9) if self.bandwidth_gb_s else machine

    def run(self, words: Sequence[str]) -> str:
        return self.commands.get(" ".join(words), "")


def linux_files(
    memory_gib: float, siblings: Sequence[Sequence[int]], *, processor: str, free_share: float = 0.8, flags: str = FLAGS
) -> dict[str, str]:
    """The files of a machine whose cores have these processors each."""
    total = int(memory_gib * (1 - KERNEL_SHARE) * GIB / 1024)
    files = {
        "dev/dri/card0": "",
        "proc/meminfo": f"MemTotal: {total:>15} kB\nMemFree:  {total // 9} kB\n"
        f"MemAvailable: {int(total * free_share)} kB\nSwapTotal: 2097148 kB\n",
        "proc/cpuinfo": "".join(
            f"processor\t: {one}\nmodel name\t: {processor}\nflags\t\t: {flags}\n\n"
            for core in siblings
            for one in core
        ),
        "proc/self/cgroup": "0::/user.slice/session-2.scope\n",
        "sys/fs/cgroup/user.slice/cpu.max": "max 100000\n",
        "sys/fs/cgroup/user.slice/memory.max": "max\n",
        LIBGOMP: "",
    }
    for core in siblings:
        for one in core:
            listed = ",".join(map(str, core))
            files[f"sys/devices/system/cpu/cpu{one}/topology/thread_siblings_list"] = f"{listed}\n"
    return files


def pairs(cores: int) -> list[list[int]]:
    """Cores of two processors, numbered as Linux does: 0 and 4 of 4 cores."""
    return [[core, core + cores] for core in range(cores)]


def mac_commands(
    memory_gib: int, chip: str, fast: int, slow: int, *, free_share: float = 0.7, wired: int = 0
) -> dict[str, str]:
    pages = int(memory_gib * GIB * free_share / 16384)
    told = {
        "hw.memsize": memory_gib * GIB,
        "hw.perflevel0.physicalcpu": fast,
        "hw.physicalcpu": fast + slow,
        "hw.logicalcpu": fast + slow,
        "machdep.cpu.brand_string": chip,
        "hw.optional.arm64": 1,
        "iogpu.wired_limit_mb": wired,
    }
    commands = {f"sysctl -n {key}": f"{value}\n" for key, value in told.items()}
    commands["vm_stat"] = (
        "Mach Virtual Memory Statistics: (page size of 16384 bytes)\n"
        f"Pages free: {pages // 4:>20}.\nPages active: 400000.\nPages inactive: {pages // 2}.\n"
        f"Pages speculative: {pages // 4}.\nPages wired down: 200000.\nPages purgeable: 0.\n"
    )
    return commands


def mac(memory_gib: int, chip: str, fast: int, slow: int, **accepted: object) -> Described:
    return Described(
        name=f"{memory_gib} GB, {chip}",
        system="darwin",
        files={},
        commands=mac_commands(memory_gib, chip, fast, slow),
        allowed=frozenset(),
        cores=fast,
        memory_gib=memory_gib,
        slots=4,
        all_on_gpu=True,
        memlock_bytes=1 << 62,
        threads=fast - 1,
        **accepted,  # type: ignore[arg-type]
    )


def pc(name: str, memory_gib: float, siblings: Sequence[Sequence[int]], **accepted: object) -> Described:
    extra = dict(accepted.pop("files", {}))  # type: ignore[call-overload]
    values: dict[str, object] = {
        "commands": {},
        "cores": len(siblings),
        "slots": 2,
        "threads": len(siblings) - 1,
        "allowed": frozenset(one for core in siblings for one in core),
        **accepted,
    }
    return Described(
        name=name,
        system="linux",
        files={**linux_files(memory_gib, siblings, processor=name), **extra},
        memory_gib=memory_gib * (1 - KERNEL_SHARE),
        **values,  # type: ignore[arg-type]
    )


def listed(name: str, total_mib: int, free_mib: int) -> str:
    """As `llama-server --list-devices` prints it."""
    return f"Available devices:\n  CUDA0: {name} ({total_mib} MiB, {free_mib} MiB free)\n"


HYBRID = [[0, 1], [2, 3], [4, 5], [6, 7], *([one] for one in range(8, 16))]  # 4 performance cores, 8 efficient ones

MACHINES = [
    pc("8 GB laptop", 8, pairs(4), bandwidth_gb_s=38, models=["qwen3-4b", "gemma-3-4b"], context_tokens=8192),
    pc(
        "16 GB laptop with a hybrid processor",
        16,
        HYBRID,
        files={"sys/devices/cpu_core/cpus": "0-7\n", "sys/devices/cpu_atom/cpus": "8-15\n"},
        bandwidth_gb_s=60,
        cores=4,
        threads=3,
        models=["qwen3.5-9b", "qwen3-8b", "qwen2.5-7b"],
        context_tokens=16384,
    ),
    mac(16, "Apple M2", 4, 4, models=["qwen3.5-9b", "qwen3-8b", "qwen2.5-7b"], context_tokens=16384),
    pc("32 GB desktop", 32, pairs(8), bandwidth_gb_s=60, models=["qwen3-30b-a3b", "qwen3-14b"], context_tokens=16384),
    mac(32, "Apple M1 Max", 8, 2, models=["qwen3-30b-a3b", "qwen3-14b"], context_tokens=16384),
    pc(
        "32 GB desktop with a 12 GB card",
        32,
        pairs(6),
        bandwidth_gb_s=50,
        llama_server="/opt/llama-server",
        commands={"/opt/llama-server --list-devices": listed("NVIDIA GeForce RTX 3060", 12288, 11800)},
        gpu_bytes=12288 << 20,
        models=["qwen3-14b", "gemma-3-12b"],
        slots=2,
        all_on_gpu=True,
        context_tokens=8192,
    ),
    mac(64, "Apple M2 Max", 8, 4, models=["qwen3-32b", "qwen2.5-32b"], context_tokens=16384),
    pc(
        "64 GB workstation without a card",
        64,
        pairs(16),
        bandwidth_gb_s=80,
        models=["qwen3-30b-a3b"],
        context_tokens=16384,
        memlock_bytes=1 << 62,
    ),
    pc(
        "64 GB workstation with a 24 GB card",
        64,
        pairs(12),
        bandwidth_gb_s=70,
        llama_server="/opt/llama-server",
        commands={"/opt/llama-server --list-devices": listed("NVIDIA GeForce RTX 4090", 24564, 23900)},
        gpu_bytes=24564 << 20,
        models=["qwen3-30b-a3b", "qwen3-14b"],
        slots=4,
        all_on_gpu=True,
        context_tokens=16384,
    ),
    mac(128, "Apple M3 Max", 12, 4, models=["mistral-large-123b"], context_tokens=16384),
    pc(
        "128 GB server",
        128,
        pairs(32),
        bandwidth_gb_s=280,
        models=["llama-3.1-70b"],
        context_tokens=16384,
        commands={
            "nvidia-smi --query-gpu=name,memory.total,memory.free --format=csv,noheader,nounits": "Tesla T4, 15360, 15100"
        },
        warned=["Tesla T4"],
        gpu_bytes=15360 << 20,
    ),
    pc(
        "container of 8 GB and two and a half cores",
        64,
        pairs(16),
        files={
            "proc/self/cgroup": "0::/\n",
            "sys/fs/cgroup/cpu.max": "250000 100000\n",
            "sys/fs/cgroup/memory.max": f"{8 * GIB}\n",
            "sys/fs/cgroup/memory.current": f"{2 * GIB}\n",
            "sys/fs/cgroup/memory.stat": f"anon {GIB}\nfile {GIB}\ninactive_file {GIB}\n",
        },
        bandwidth_gb_s=60,
        cores=2,
        threads=2,
        models=["qwen3-4b", "gemma-3-4b"],
        context_tokens=8192,
    ),
]
LIMITED = MACHINES[-1]
