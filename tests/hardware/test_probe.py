"""A machine is seen as an engine would meet it: its own cores, limits and devices."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ibidem.hardware.bandwidth import measure, published
from ibidem.hardware.gpus import LIST_DEVICES
from ibidem.hardware.probe import Machine, probe, run_command
from tests.hardware.machines import FLAGS, GIB, LIBGOMP, LIMITED, MACHINES, Described, linux_files, mac_commands, pairs


def seen(folder: Path, files: dict[str, str], *, allowed: set[int], commands: dict[str, str] | None = None) -> Machine:
    described = Described(
        "any", "linux", files, commands or {}, frozenset(allowed), 0, 0, [], threads=0, slots=0, context_tokens=0
    )
    return described.probed(folder)


@pytest.mark.parametrize("described", MACHINES, ids=lambda one: one.name)
def test_each_of_twelve_machines_is_seen_as_it_is(tmp_path: Path, described: Described) -> None:
    machine = described.probed(tmp_path)
    assert machine.cores == described.cores
    if described is not LIMITED:
        assert machine.memory_bytes == pytest.approx(described.memory_gib * GIB, rel=0.001)
        assert 0 < machine.available_bytes < machine.memory_bytes
    assert machine.unified == (described.system == "darwin")
    assert sum(gpu.total_bytes for gpu in machine.gpus if not gpu.unified) == described.gpu_bytes
    assert not machine.missing_features
    assert machine.libgomp
    assert machine.bandwidth_bytes_s > 0


def test_a_container_counts_its_own_limits(tmp_path: Path) -> None:
    machine = LIMITED.probed(tmp_path)
    assert (machine.limited, machine.cores, machine.memory_bytes) == (True, 2, 8 * GIB)
    assert machine.available_bytes == 7 * GIB  # 8, less 2 in use, of which 1 are pages of files


def test_limits_of_the_first_version_count_too(tmp_path: Path) -> None:
    files = {
        **linux_files(64, pairs(8), processor="any"),
        "proc/self/cgroup": "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n",
        "sys/fs/cgroup/memory/docker/memory.limit_in_bytes": f"{16 * GIB}\n",
        "sys/fs/cgroup/memory/docker/memory.usage_in_bytes": f"{5 * GIB}\n",
        "sys/fs/cgroup/memory/docker/memory.stat": f"total_inactive_file {2 * GIB}\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        "sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us": "300000\n",
        "sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us": "100000\n",
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
    }
    machine = seen(tmp_path, files, allowed=set(range(16)))
    assert (machine.cores, machine.memory_bytes, machine.available_bytes) == (3, 16 * GIB, 13 * GIB)


def test_a_quota_below_one_core_leaves_one(tmp_path: Path) -> None:
    files = {**linux_files(8, pairs(4), processor="any"), "sys/fs/cgroup/cpu.max": "50000 100000\n"}
    assert seen(tmp_path, files, allowed=set(range(8))).cores == 1


def test_only_processors_that_the_process_may_use_count(tmp_path: Path) -> None:
    files = linux_files(8, pairs(4), processor="any")
    assert seen(tmp_path, files, allowed={0, 1, 4, 5}).cores == 2  # two cores, twice each


@pytest.mark.parametrize(
    ("measure_name", "fast", "slow", "cores"),
    [
        ("cpufreq/cpuinfo_max_freq", "5100000", "3300000", 2),
        ("cpufreq/cpuinfo_max_freq", "5100000", "4900000", 4),  # favoured cores, not another kind
        ("cpu_capacity", "1024", "446", 2),
    ],
)
def test_slower_cores_are_left_out(tmp_path: Path, measure_name: str, fast: str, slow: str, cores: int) -> None:
    files = linux_files(8, [[0], [1], [2], [3]], processor="any")
    for one in range(4):
        files[f"sys/devices/system/cpu/cpu{one}/{measure_name}"] = fast if one < 2 else slow
    assert seen(tmp_path, files, allowed={0, 1, 2, 3}).cores == cores


def test_only_efficient_cores_allowed_are_used(tmp_path: Path) -> None:
    files = {**linux_files(8, [[0], [1], [2]], processor="any"), "sys/devices/cpu_core/cpus": "0\n"}
    assert seen(tmp_path, files, allowed={1, 2}).cores == 2


def test_a_processor_without_avx2_and_a_system_without_libgomp_are_told(tmp_path: Path) -> None:
    files = linux_files(8, pairs(2), processor="old", flags=FLAGS.replace("avx2 ", ""))
    del files[LIBGOMP]
    machine = seen(tmp_path, files, allowed={0, 1, 2, 3})
    assert (machine.missing_features, machine.libgomp) == (("avx2",), False)


def test_a_machine_that_says_nothing_has_one_core_and_no_memory(tmp_path: Path) -> None:
    machine = seen(tmp_path, {}, allowed={0})
    assert (machine.cores, machine.memory_bytes, machine.available_bytes, machine.gpus) == (1, 0, 0, ())


def test_devices_of_the_wheel_count_but_not_its_processor(tmp_path: Path) -> None:
    rows = '[["CPU", "EPYC", 1, 1, 0], ["Vulkan0", "Arc A770", 17179869184, 16000000000, 1]]'
    machine = seen(
        tmp_path,
        linux_files(16, pairs(4), processor="any"),
        allowed={0},
        commands={f"{sys.executable} -c {LIST_DEVICES}": rows},
    )
    assert machine.gpu is not None
    assert (machine.gpu.name, machine.gpu.total_bytes, machine.unified) == ("Arc A770", 17179869184, False)


def test_where_there_is_no_device_no_command_is_run(tmp_path: Path) -> None:
    files = linux_files(16, pairs(4), processor="any")
    del files["dev/dri/card0"]
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    run: list[list[str]] = []
    probe(tmp_path, system="linux", run=lambda words: run.append(words) or "", allowed={0}, memlock_bytes=0)
    assert run == []


def test_an_amd_card_is_found_in_the_system_and_integrated_graphics_are_not(tmp_path: Path) -> None:
    files = {
        **linux_files(32, pairs(4), processor="any"),
        "sys/class/drm/card0/device/mem_info_vram_total": f"{512 << 20}\n",
        "sys/class/drm/card1/device/mem_info_vram_total": f"{16 * GIB}\n",
        "sys/class/drm/card1/device/mem_info_vram_used": f"{GIB}\n",
    }
    machine = seen(tmp_path, files, allowed={0})
    assert [(gpu.total_bytes, gpu.free_bytes, gpu.usable) for gpu in machine.gpus] == [(16 * GIB, 15 * GIB, False)]
    assert machine.gpu is None


def test_a_mac_gives_its_gpu_two_thirds_or_three_quarters_or_what_was_set(tmp_path: Path) -> None:
    def share(memory_gib: int, wired: int = 0) -> int:
        commands = mac_commands(memory_gib, "Apple M3 Max", 10, 4, wired=wired)
        machine = probe(tmp_path, system="darwin", run=lambda words: commands.get(" ".join(words), ""), memlock_bytes=0)
        assert machine.gpu is not None
        return machine.gpu.total_bytes

    assert share(36) == 24 * GIB
    assert share(128) == 96 * GIB
    assert share(128, wired=110_000) == 110_000 << 20


def test_an_intel_mac_has_no_gpu_for_models(tmp_path: Path) -> None:
    commands = {"sysctl -n hw.memsize": f"{16 * GIB}", "sysctl -n hw.physicalcpu": "6"}
    machine = probe(tmp_path, system="darwin", run=lambda words: commands.get(" ".join(words), ""), memlock_bytes=0)
    assert (machine.cores, machine.gpus, machine.memory_bytes) == (6, (), 16 * GIB)


def test_this_machine_has_a_core_and_memory() -> None:
    machine = probe()
    assert machine.cores >= 1
    assert 0 < machine.available_bytes <= machine.memory_bytes


def test_a_command_that_is_absent_or_fails_says_nothing() -> None:
    assert run_command(["no-such-command-anywhere"]) == ""
    assert run_command([sys.executable, "-c", "print('x'); raise SystemExit(1)"]) == ""


def test_published_bandwidths_go_by_the_longest_name() -> None:
    assert published("NVIDIA GeForce RTX 4060 Ti") > published("NVIDIA GeForce RTX 4060") > 0
    assert published("Apple M2 Max") == 4 * published("Apple M2") == 400e9
    assert published("some other device") == 0


def test_bandwidth_is_measured_in_bytes_a_second() -> None:
    assert 1e8 < measure(1) < 1e13
