"""The API does what /openapi.json says of it, whatever it is sent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.api.serving import serving

# Our own routes; the dialects answer as the programs do whose clients they serve. Sources are folders of this machine, models
# are asked of other servers: neither is for made-up requests.
OWN = r"^/(?:health|page/.*|api/(?:auth|users|keys|shares|workspaces|rag|search|symbols|runs|sessions|prompts|jobs|settings|outbound|status)/.*)?$"
LEFT_OUT = r"/sources/|/status/restart/"  # the server is not to be ended in the middle
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,negative_data_rejection,unsupported_method"
)


def test_what_is_answered_is_what_the_schema_says(tmp_path: Path) -> None:
    """Schemathesis from a seed: each route's limits, what breaks its shape, and some requests at random."""
    with serving(tmp_path / "data") as server:
        ran = subprocess.run(
            [
                Path(sys.executable).with_name("schemathesis"),
                *("run", f"{server.url}/openapi.json", "-H", f"Authorization: Bearer {server.secret}"),
                *(
                    "--include-path-regex",
                    OWN,
                    "--exclude-path-regex",
                    LEFT_OUT,
                    "--checks",
                    CHECKS,
                    "--phases",
                    "coverage,fuzzing",
                ),
                *("--max-examples", "3", "--seed", "1", "--generation-database", "none", "--no-color"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-1000:]
