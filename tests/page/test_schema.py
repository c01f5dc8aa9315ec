"""The page's types are those of the server's own schema."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from ibidem.api.server import routes

GENERATOR = Path("web/node_modules/.bin/openapi-typescript")


@pytest.mark.skipif(not GENERATOR.exists(), reason="needs the page's packages, which `make page` installs")
def test_the_generated_types_are_fresh(tmp_path: Path) -> None:
    schema, types = tmp_path / "openapi.json", tmp_path / "schema.d.ts"
    schema.write_text(json.dumps(routes().openapi()), "utf-8")
    subprocess.run([GENERATOR, schema, "-o", types], check=True, capture_output=True)
    assert types.read_text("utf-8") == Path("web/src/lib/schema.d.ts").read_text("utf-8"), "run `make types`"
