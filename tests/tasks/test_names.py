"""Names on the wire: what each means, whatever comes later."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from ibidem.errors import BadInput, ModelUnknown
from ibidem.models.found import Found
from ibidem.settings import DialectSettings
from ibidem.store.database import Database
from ibidem.store.workspaces import LOCAL_OWNER, Workspace, create_workspace, ensure_home
from ibidem.tasks.names import Names, aliases
from tests.conftest import Clock

DEFAULT = "ollama:llama3.2:3b"
OFFERED = [
    Found("quotes", "quotes"),
    Found("ollama:llama3.2:3b", "ollama", 2_000_000_000),
    Found("ollama:granite:latest", "ollama"),
    Found("ollama:twin", "ollama"),
    Found("openai:twin", "openai"),
    Found("openai:meta/tiny", "openai"),
]


class Servers:
    """Offers models, and counts how often it was asked."""

    def __init__(self, offered: Sequence[Found] = OFFERED) -> None:
        self.offered = list(offered)
        self.asked = 0

    async def __call__(self) -> list[Found]:
        self.asked += 1
        await asyncio.sleep(0)
        return self.offered


@pytest.fixture
def servers() -> Servers:
    return Servers()


@pytest.fixture
def plant(db: Database, home: Workspace) -> Workspace:
    return create_workspace(db, LOCAL_OWNER, "Plant", 0.0)


def names(db: Database, servers: Servers, clock: Clock | None = None, **settings: str) -> Names:
    more = {"clock": clock} if clock else {}
    return Names(db, DialectSettings(**settings), lambda: DEFAULT, offered=servers, **more)  # type: ignore[arg-type]


def means(known: Names, name: str, owner: int = LOCAL_OWNER) -> tuple[str, str]:
    """Model and slug, "" for none."""
    target = asyncio.run(known.resolve(owner, name))
    assert target.name == name, "a client reads its own name for the model"
    return target.model, target.workspace.slug if target.workspace else ""


@pytest.mark.parametrize(
    ("name", "model", "slug"),
    [
        ("plant", DEFAULT, "plant"),
        ("plant:latest", DEFAULT, "plant"),
        ("plant/granite", "ollama:granite:latest", "plant"),
        ("plant/granite:latest", "ollama:granite:latest", "plant"),
        ("plant/openai.meta/tiny", "openai:meta/tiny", "plant"),
        ("plant/quotes", "quotes", "plant"),
        ("plain/meta/tiny", "openai:meta/tiny", ""),
        ("plain/openai.twin", "openai:twin", ""),
        ("plain/ollama:twin", "ollama:twin", ""),
        ("llama3.2:3b", "ollama:llama3.2:3b", ""),
        ("meta/tiny:latest", "openai:meta/tiny", ""),
    ],
)
def test_a_name_means(db: Database, plant: Workspace, servers: Servers, name: str, model: str, slug: str) -> None:
    assert means(names(db, servers), name) == (model, slug)


@pytest.mark.parametrize(
    "name", ["nobody", "plant/nobody", "plain/nobody", "plain/", "elsewhere/granite", "", "x" * 9000]
)
def test_what_nobody_knows_is_unknown(db: Database, plant: Workspace, servers: Servers, name: str) -> None:
    with pytest.raises(ModelUnknown, match="not found"):
        means(names(db, servers), name)


@pytest.mark.parametrize("name", ["twin", "plant/twin", "plain/twin"])
def test_a_name_of_two_providers_asks_for_one(db: Database, plant: Workspace, servers: Servers, name: str) -> None:
    with pytest.raises(ModelUnknown) as caught:
        means(names(db, servers), name)
    assert "ollama.twin, openai.twin" in caught.value.hint


def test_a_bare_name_keeps_its_meaning_when_a_workspace_or_a_second_provider_takes_it(
    db: Database, plant: Workspace, servers: Servers
) -> None:
    assert means(names(db, servers), "granite") == ("ollama:granite:latest", "")
    create_workspace(db, LOCAL_OWNER, "granite", 0.0)
    servers.offered.append(Found("openai:granite", "openai"))
    after_restart = names(db, servers)
    for name in ("granite", "granite:latest"):
        assert means(after_restart, name) == ("ollama:granite:latest", "")
    assert means(after_restart, "granite/ollama.twin") == ("ollama:twin", "granite")


def test_a_slug_that_no_client_used_before_is_the_workspace_s(db: Database, plant: Workspace, servers: Servers) -> None:
    create_workspace(db, LOCAL_OWNER, "granite", 0.0)
    assert means(names(db, servers), "granite") == (DEFAULT, "granite")


def test_one_owner_s_workspaces_and_names_are_not_another_s(
    db: Database, plant: Workspace, servers: Servers, stranger: int
) -> None:
    known = names(db, servers)
    means(known, "granite")
    ensure_home(db, stranger, 0.0)
    with pytest.raises(ModelUnknown):
        means(known, "plant", stranger)
    assert means(known, "home", stranger) == (DEFAULT, "home")
    listed = asyncio.run(known.listing(stranger))
    assert {one.target.workspace.slug for one in listed if one.target.workspace} == {"home"}


def test_a_default_workspace_is_searched_for_models_named_without_one(
    db: Database, plant: Workspace, servers: Servers
) -> None:
    known = names(db, servers, workspace="plant")
    for name in ("granite", "granite"):
        assert means(known, name) == ("ollama:granite:latest", "plant")
    assert means(known, "plain/granite") == ("ollama:granite:latest", "")


def test_aliases_are_names_among_others(db: Database, plant: Workspace, servers: Servers) -> None:
    known = names(db, servers, aliases="gpt-4o=plant, fast = plain/granite")
    assert means(known, "gpt-4o") == (DEFAULT, "plant")
    assert means(known, "fast:latest") == ("ollama:granite:latest", "")
    listed = {one.target.name: one.target.model for one in asyncio.run(known.listing(LOCAL_OWNER))}
    assert (listed["gpt-4o"], listed["fast"]) == (DEFAULT, "ollama:granite:latest")


@pytest.mark.parametrize("text", ["gpt-4o", "=plant", "gpt-4o="])
def test_an_alias_without_a_meaning_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is no alias"):
        aliases(text)


def test_everything_listed_means_what_it_says(db: Database, plant: Workspace, servers: Servers) -> None:
    known = names(db, servers)

    async def ask() -> None:
        listed = await known.listing(LOCAL_OWNER)
        assert len({one.target.name for one in listed}) == len(listed) == 2 + 2 * 6 + 5
        for one in listed:
            assert await known.resolve(LOCAL_OWNER, one.target.name) == one.target

    asyncio.run(ask())


def test_servers_are_asked_once_for_all_who_look_and_again_after_a_while(
    db: Database, plant: Workspace, servers: Servers, clock: Clock
) -> None:
    known = names(db, servers, clock)

    async def look() -> None:
        await asyncio.gather(*(known.listing(LOCAL_OWNER) for _ in range(5)))

    asyncio.run(look())
    asyncio.run(look())
    assert servers.asked == 1
    clock.advance(seconds=6)
    asyncio.run(look())
    assert servers.asked == 2


def test_models_of_a_server_that_is_away_keep_their_names(db: Database, plant: Workspace, servers: Servers) -> None:
    known = names(db, servers)
    means(known, "plain/meta/tiny")
    servers.offered = [one for one in OFFERED if one.provider != "openai"]
    with pytest.raises(ModelUnknown):
        means(known, "plain/nobody")
    assert means(known, "plain/meta/tiny") == ("openai:meta/tiny", ""), "the answer will say that its server is away"


def test_a_model_that_its_server_no_longer_has_is_gone(db: Database, plant: Workspace, servers: Servers) -> None:
    known = names(db, servers)
    means(known, "plain/meta/tiny")
    servers.offered = [one for one in OFFERED if one.name != "openai:meta/tiny"]
    with pytest.raises(ModelUnknown):
        means(known, "plain/nobody")
    with pytest.raises(ModelUnknown):
        means(known, "plain/meta/tiny")
