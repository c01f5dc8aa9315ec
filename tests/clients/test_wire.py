"""Requests made up from what clients may send: each is answered in its dialect's form, and none breaks the server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.api.serving import Server
from tests.clients.wire import document
from tests.fakes.model_server import FakeModelServer

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "negative_data_rejection,unsupported_method"
)


def test_made_up_requests_are_answered_in_the_dialects_forms(
    slow: None, server: Server, model: FakeModelServer, tmp_path: Path
) -> None:
    """Schemathesis from a seed: each field's limits, what breaks a body's shape, and some requests at random."""
    schema = tmp_path / "dialects.json"
    schema.write_text(json.dumps(document()))
    command = [Path(sys.executable).with_name("schemathesis"), "run", schema, "--url", server.url, "--checks", CHECKS]
    limits = ["--phases", "coverage,fuzzing", "--max-examples", "5", "--seed", "1", "--generation-database", "none"]
    ran = subprocess.run(
        [*command, *limits, "--no-color"], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-1000:]
