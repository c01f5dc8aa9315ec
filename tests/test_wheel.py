"""What `make wheel` packs: the whole page, and nothing of an earlier build."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "ibidem/api/page"


@pytest.mark.skipif(not (PAGE / "index.html").exists(), reason="needs the page, which `make page` builds")
@pytest.mark.skipif(not (ROOT / ".venv/bin/python").exists(), reason="needs the environment of `make setup`")
def test_a_wheel_carries_the_page_as_it_was_built_and_no_file_of_an_earlier_one(tmp_path: Path) -> None:
    old = ROOT / "build/lib/ibidem/api/page/assets/old.js"
    old.parent.mkdir(parents=True, exist_ok=True)
    old.write_text("// of an earlier page")
    made = ["make", "-s", "-o", "setup-dev", "-o", "page", "wheel", f"DIST={tmp_path}"]  # both are there
    subprocess.run(made, cwd=ROOT, check=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")
    packed = zipfile.ZipFile(wheel).namelist()
    built = {str(path.relative_to(ROOT)) for path in PAGE.rglob("*") if path.is_file()}
    assert {name for name in packed if name.startswith("ibidem/api/page/")} == built
    assert {name for name in packed if name.endswith(".sql")} == {
        str(path.relative_to(ROOT)) for path in ROOT.glob("ibidem/**/*.sql")
    }
