"""Which addresses may be asked, and where a redirect may lead."""

from __future__ import annotations

import pytest

from ibidem.errors import BadInput, Refused
from ibidem.hardware.catalog import models
from ibidem.models.hub import hub_models
from ibidem.models.origin import file_name, given, inside, parts, redirected

HOSTS = {"hub.example": False, "cdn.example": False, "127.0.0.1": True, "nas.lan": True, "localhost": True}


def is_inside(host: str) -> bool:
    return HOSTS[host]


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("10.1.2.3", True),
        ("192.168.0.1", True),
        ("172.20.1.1", True),
        ("169.254.169.254", True),
        ("100.64.0.1", True),
        ("0.0.0.0", True),
        ("::1", True),
        ("fe80::1", True),
        ("fd00::1", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:10.0.0.1", True),
        ("localhost", True),
        ("8.8.8.8", False),
        ("2606:4700::1111", False),
        ("::ffff:8.8.8.8", False),
        ("no-such-host.invalid", False),
    ],
)
def test_a_host_is_inside_if_it_is_not_public(host: str, private: bool) -> None:
    assert inside(host) is private


@pytest.mark.parametrize(
    "address",
    ["https://hub.example/a.gguf", "http://127.0.0.1:8000/a.gguf", "http://nas.lan/a.gguf", "https://nas.lan/a.gguf#x"],
)
def test_an_address_is_taken_with_encryption_or_from_the_own_network(address: str) -> None:
    assert given(address, is_inside=is_inside) == address.partition("#")[0]


@pytest.mark.parametrize(
    "address",
    [
        "http://hub.example/a.gguf",
        "ftp://hub.example/a.gguf",
        "file:///etc/passwd",
        "https://",
        "https://me:secret@hub.example/a.gguf",
        "https://hub.example:99999/a.gguf",
        "https://[::1/a.gguf",
        "a.gguf",
    ],
)
def test_any_other_address_is_refused_without_showing_a_password(address: str) -> None:
    with pytest.raises(BadInput) as refused:
        given(address, is_inside=is_inside)
    assert "secret" not in refused.value.message


@pytest.mark.parametrize(
    ("start", "location"),
    [
        ("https://hub.example/a", "http://cdn.example/a"),
        ("https://hub.example/a", "https://127.0.0.1/a"),
        ("https://hub.example/a", "https://nas.lan/a"),
        ("https://hub.example/a", "//localhost/a"),
        ("https://hub.example/a", "file:///etc/passwd"),
        ("https://nas.lan/a", "http://nas.lan/a"),
        ("https://hub.example/a", "https://[::1/a"),
    ],
)
def test_a_redirect_leaves_no_encryption_and_enters_no_own_network(start: str, location: str) -> None:
    with pytest.raises(Refused):
        redirected(start, start, location, is_inside=is_inside)


@pytest.mark.parametrize(
    ("start", "location", "target"),
    [
        ("https://hub.example/a/b", "https://cdn.example/c?s=1", "https://cdn.example/c?s=1"),
        ("https://hub.example/a/b", "../c", "https://hub.example/c"),
        ("http://nas.lan/a", "http://127.0.0.1/a", "http://127.0.0.1/a"),
        ("http://nas.lan/a", "https://cdn.example/a", "https://cdn.example/a"),
    ],
)
def test_other_redirects_are_followed(start: str, location: str, target: str) -> None:
    assert redirected(start, start, location, is_inside=is_inside) == target


def test_a_redirect_back_to_plain_http_after_https_is_refused_though_it_began_plain() -> None:
    with pytest.raises(Refused):
        redirected("http://nas.lan/a", "https://cdn.example/a", "http://nas.lan/b", is_inside=is_inside)


def test_a_model_in_several_files_has_as_many_addresses() -> None:
    found = parts("https://hub.example/big-00001-of-00003.gguf?download=true")
    assert [file_name(one) for one in found] == [f"big-0000{n}-of-00003.gguf" for n in (1, 2, 3)]
    assert parts("https://hub.example/big-00002-of-00003.gguf") == ["https://hub.example/big-00002-of-00003.gguf"]
    with pytest.raises(BadInput):
        parts("https://hub.example/big-00001-of-99999.gguf")


def test_all_that_the_tables_name_can_be_fetched_and_no_name_stands_for_two() -> None:
    rows = [(model.name, model.file_address(size), model.licence) for model in models() for size in model.size_gb]
    rows += [(model.name, model.address(size), model.licence) for model in hub_models() for size in model.files]
    for _, address, licence in rows:
        assert address.startswith("https://") and licence
        assert all(file_name(one) for one in parts(address))
    assert not {model.name for model in models()} & {model.name for model in hub_models()}
