"""Closing the store while others read it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CODE = """
import sys, threading, time
from pathlib import Path
from ibidem.errors import StoreError
from ibidem.store.database import Database
from ibidem.store.migrate import migrate
folder = Path(sys.argv[1])
migrate(folder / "ibidem.db", folder / "backups")
db = Database(folder / "ibidem.db")
def read():
    try:
        while True:
            db.read("SELECT a.name, b.name FROM sqlite_master AS a, sqlite_master AS b")
    except StoreError:
        return
threads = [threading.Thread(target=read) for _ in range(6)]
for thread in threads:
    thread.start()
time.sleep(0.1)
db.close()
for thread in threads:
    thread.join(10)
print("whole")
"""


def test_threads_in_mid_read_are_told_and_nothing_crashes(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CODE, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "whole\n"), done.stderr[-500:]
