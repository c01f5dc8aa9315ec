"""A program without an embedder does not pay for vectors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CODE = """
import sys, time
from pathlib import Path
from ibidem.app import build
from ibidem.settings import ModelSettings, Settings
from ibidem.store.workspaces import LOCAL_OWNER, get_workspace
app = build(Settings(Path(sys.argv[1]), models=ModelSettings(embedder=sys.argv[2])))
app.search("renew the lease", get_workspace(app.db, LOCAL_OWNER))
app.close()
print("numpy" in sys.modules)
"""


def test_neither_start_nor_search_loads_numpy(tmp_path: Path) -> None:
    for embedder in ("", "hashed:64"):  # with one, there is nothing to compare yet
        command = [sys.executable, "-c", CODE, str(tmp_path), embedder]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        assert done.stdout.strip() == "False"
