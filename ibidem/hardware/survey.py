"""This machine with what was measured on it before: the probe, its memory's bandwidth, the speeds of models."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ibidem.hardware import calibration
from ibidem.hardware.calibration import Calibration
from ibidem.hardware.probe import Machine, probe

MEASURE_TIMEOUT_S = 20.0


def survey(data_dir: Path, *, llama_server: str = "", measure: bool = False) -> tuple[Machine, list[Calibration]]:
    """Probe the machine. `measure` takes half a second for its bandwidth, once; the figure is kept in `data_dir`."""
    machine = probe(llama_server=llama_server)
    speeds = calibration.load(data_dir, machine)
    if machine.bandwidth_bytes_s:
        return machine, speeds
    known = calibration.bandwidth(data_dir, machine)
    if not known and measure:
        known = _measured(machine.cores)
        if data_dir.is_dir():
            calibration.keep_bandwidth(data_dir, machine, known)
    return replace(machine, bandwidth_bytes_s=known), speeds


def _measured(threads: int) -> float:
    """In a process of its own: the arrays are large, and its library must not start threads besides. 0 if it fails."""
    words = [sys.executable, "-m", "ibidem.hardware.bandwidth", str(threads)]
    with suppress(OSError, ValueError, subprocess.SubprocessError):
        done = subprocess.run(
            words,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            capture_output=True,
            timeout=MEASURE_TIMEOUT_S,
            check=True,
        )
        return float(done.stdout)
    return 0.0
