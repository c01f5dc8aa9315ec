"""A server for the commands that find one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.serving import Server, serving
from tests.cli.test_alone import folder_of


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    place = tmp_path_factory.mktemp("served")
    with serving(place / "data", folder_of(place / "folder")) as running:
        yield running
