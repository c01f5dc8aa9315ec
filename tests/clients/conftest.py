"""A workspace `plant` over a fake upstream, and a relay that hears what clients ask. `--clients` adds the slow programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.dialects.conftest import model, serving_plant, upstream  # noqa: F401  # fixtures among them
from tests.api.serving import Server
from tests.clients.callers import CALLERS, INSPECTOR, Call, Caller
from tests.clients.relay import Relay, relaying
from tests.fakes.model_server import FakeModelServer


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--clients", action="store_true", help="run the slow programs too; known to `pytest tests/clients`"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test of a `caller` runs with each one; of a `caller` and a `stream`, in each way that the caller has."""
    if "caller" not in metafunc.fixturenames:
        return
    slow = metafunc.config.getoption("--clients", default=False)
    callers = {name: one for name, one in CALLERS.items() if slow or not one.slow}
    if "stream" in metafunc.fixturenames:
        pairs = {
            f"{name}, {'stream' if way else 'whole'}": (one, way) for name, one in callers.items() for way in one.ways
        }
        metafunc.parametrize(("caller", "stream"), pairs.values(), ids=pairs.keys())
    else:
        metafunc.parametrize("caller", callers.values(), ids=callers.keys())


@pytest.fixture(autouse=True)
def installed(request: pytest.FixtureRequest) -> None:
    """`make clients` installs them; without Node some cannot be."""
    caller: Caller | None = getattr(request.node, "callspec", None) and request.node.callspec.params.get("caller")
    if caller and caller.needs and not caller.needs.exists():
        pytest.skip(f"{caller.needs} is not installed: `make clients` does that")


@pytest.fixture
def slow(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--clients", default=False):
        pytest.skip("slow: `make clients` runs it")


@pytest.fixture
def inspector(slow: None) -> Path:
    if not INSPECTOR.exists():
        pytest.skip(f"{INSPECTOR} is not installed: `make clients` does that")
    return INSPECTOR


@pytest.fixture(scope="package")
def listener() -> Iterator[Relay]:
    with relaying() as relay:
        yield relay


@pytest.fixture(scope="package")
def server(
    tmp_path_factory: pytest.TempPathFactory,
    upstream: FakeModelServer,  # noqa: F811
    listener: Relay,
) -> Iterator[Server]:
    """It answers to the relay's address too."""
    data = tmp_path_factory.mktemp("clients") / "data"
    with serving_plant(data, upstream, IBIDEM_SERVE__ALLOWED_HOSTS=f"127.0.0.1:{listener.port}") as running:
        listener.to_port = running.port
        yield running


@pytest.fixture
def relay(server: Server, listener: Relay) -> Relay:
    """Without memory of earlier tests."""
    listener.start_anew()
    return listener


@pytest.fixture
def call(relay: Relay, tmp_path: Path, model: FakeModelServer) -> Call:  # noqa: F811
    return Call(relay, tmp_path)
