"""A download ends in a whole, checked file or in an error that says why, over servers and networks that fail."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ibidem.errors import (
    BadInput,
    Conflict,
    DiskFull,
    IbidemError,
    ModelCutOff,
    ModelFileBroken,
    ModelRejected,
    ModelUnreachable,
    NotFound,
    Refused,
)
from ibidem.models import part as part_module
from ibidem.models import pull as pull_module
from ibidem.models.pull import TRIES, Pulled, pull
from tests.fakes.hub import Hub, hub, other_hub
from tests.fakes.model_server import closed_port

__all__ = ["hub", "other_hub"]


class Fetch:
    """`pull` into a folder, without its pauses, which are kept instead."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pauses: list[float] = []
        self.progress: list[tuple[int, int]] = []

    def __call__(
        self, address: str, *, sha256: str = "", is_inside: Callable[[str], bool] = lambda host: True
    ) -> Pulled:
        return pull(
            address,
            self.folder,
            sha256=sha256,
            on_progress=lambda have, size: self.progress.append((have, size)),
            is_inside=is_inside,
            sleep=self.pauses.append,
        )

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir()) if self.folder.exists() else []


@pytest.fixture
def fetch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fetch:
    monkeypatch.setenv("NO_PROXY", "*")
    return Fetch(tmp_path / "models")


def half_of(hub: Hub) -> int:
    return len(hub.content) // 2


# --- what goes well ------------------------------------------------------------------------------------------------------


def test_a_file_comes_whole_readable_by_its_owner_alone_and_leaves_nothing_else(fetch: Fetch, hub: Hub) -> None:
    got = fetch(hub.address)
    assert got.path.read_bytes() == hub.content
    assert (got.sha256, got.size_bytes, got.verified) == (hub.sha256, len(hub.content), False)
    assert stat.S_IMODE(got.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(fetch.folder.stat().st_mode) == 0o700
    assert fetch.names == ["tiny.gguf"]
    assert fetch.progress[0] == (0, len(hub.content))
    assert fetch.progress[-1] == (len(hub.content), len(hub.content))


def test_the_hash_that_a_hub_states_before_it_redirects_is_checked(fetch: Fetch, hub: Hub, other_hub: Hub) -> None:
    hub.plays = [f"redirect {other_hub.url}/cdn/abc?signed=1"]
    hub.stated = {"X-Linked-Etag": f'"{hub.sha256}"', "X-Linked-Size": str(len(hub.content))}
    got = fetch(hub.address)
    assert got.verified
    assert got.path == fetch.folder / "tiny.gguf"
    assert other_hub.asked == ["/cdn/abc?signed=1"]


def test_the_hash_that_the_server_of_the_bytes_states_counts_for_nothing(
    fetch: Fetch, hub: Hub, other_hub: Hub
) -> None:
    hub.plays = [f"redirect {other_hub.address}"]
    other_hub.stated = {"X-Linked-Etag": "0" * 64}
    assert not fetch(hub.address).verified


def test_a_file_that_is_there_is_not_fetched_again(fetch: Fetch, hub: Hub) -> None:
    first = fetch(hub.address)
    assert fetch(hub.address) == first
    assert fetch(hub.address, sha256=hub.sha256).verified
    assert len(hub.asked) == 1
    with pytest.raises(ModelFileBroken, match="is there and has"):
        fetch(hub.address, sha256="0" * 64)


# --- cut and resumed -----------------------------------------------------------------------------------------------------


def test_a_download_cut_in_the_middle_goes_on_where_it_was(fetch: Fetch, hub: Hub) -> None:
    hub.plays = ["cut"]
    assert fetch(hub.address, sha256=hub.sha256).verified
    assert "range" not in hub.seen[0]
    assert hub.seen[1]["range"] == f"bytes={half_of(hub)}-"
    assert hub.seen[1]["if-range"] == '"v1"'
    assert fetch.pauses == [1.0]


def test_a_later_command_goes_on_with_what_an_earlier_one_left(fetch: Fetch, hub: Hub) -> None:
    hub.plays = ["cut"] + ["hang_up"] * (TRIES - 1)
    with pytest.raises(ModelCutOff, match=r"tiny\.gguf") as failed:
        fetch(hub.address)
    assert "goes on" in failed.value.hint
    assert fetch.names == ["tiny.gguf.part", "tiny.gguf.part.json"]
    assert stat.S_IMODE((fetch.folder / "tiny.gguf.part").stat().st_mode) == 0o600
    assert fetch(hub.address).sha256 == hub.sha256
    assert hub.seen[-1]["range"] == f"bytes={half_of(hub)}-"
    assert fetch.names == ["tiny.gguf"]


def test_a_server_that_ignores_the_range_is_read_from_the_start(fetch: Fetch, hub: Hub) -> None:
    hub.plays = ["cut", "ignores_range"]
    assert fetch(hub.address).sha256 == hub.sha256


@pytest.mark.parametrize("second", ["serve", "ignores_if_range"])
def test_a_file_that_changed_between_two_tries_is_never_mixed(fetch: Fetch, hub: Hub, second: str) -> None:
    hub.plays = ["cut"] + ["hang_up"] * (TRIES - 1)
    with pytest.raises(ModelCutOff):
        fetch(hub.address)
    hub.content, hub.etag, hub.plays = hub.content[:4] + hub.content[4:][::-1], '"v2"', [second]
    assert fetch(hub.address).path.read_bytes() == hub.content


def test_a_file_of_another_address_under_the_same_name_is_not_gone_on_with(
    fetch: Fetch, hub: Hub, other_hub: Hub
) -> None:
    hub.plays = ["cut"] + ["hang_up"] * (TRIES - 1)
    with pytest.raises(ModelCutOff):
        fetch(hub.address)
    fetch(other_hub.address)
    assert "range" not in other_hub.seen[0]


def test_without_anything_to_know_the_version_by_it_begins_anew(fetch: Fetch, hub: Hub) -> None:
    hub.etag, hub.plays = "", ["cut"]
    assert fetch(hub.address).sha256 == hub.sha256
    assert "range" not in hub.seen[1]


def test_a_stated_hash_is_enough_to_go_on_by_since_it_is_checked_at_the_end(fetch: Fetch, hub: Hub) -> None:
    hub.etag, hub.plays, hub.stated = "", ["cut"], {"X-Linked-Etag": hub.sha256}
    assert fetch(hub.address).verified
    assert hub.seen[1]["range"] == f"bytes={half_of(hub)}-"
    assert "if-range" not in hub.seen[1]


def test_a_file_that_became_shorter_keeps_nothing_of_the_longer_one(fetch: Fetch, hub: Hub) -> None:
    hub.plays = ["cut"] + ["hang_up"] * (TRIES - 1)
    with pytest.raises(ModelCutOff):
        fetch(hub.address)
    hub.content, hub.etag = b"GGUF and little more", '"v2"'
    assert fetch(hub.address).path.read_bytes() == hub.content


@pytest.mark.parametrize("note", [b"", b"{", b"[]", b'{"address": 3, "size_bytes": "many"}', b"\xff"])
def test_a_damaged_note_costs_what_had_come_and_nothing_else(fetch: Fetch, hub: Hub, note: bytes) -> None:
    fetch.folder.mkdir()
    (fetch.folder / "tiny.gguf.part").write_bytes(b"GGUF and more")
    (fetch.folder / "tiny.gguf.part.json").write_bytes(note)
    assert fetch(hub.address).sha256 == hub.sha256
    assert fetch.names == ["tiny.gguf"]


def test_a_part_longer_than_the_file_is_thrown_away(fetch: Fetch, hub: Hub) -> None:
    hub.plays = ["cut"] + ["hang_up"] * (TRIES - 1)
    with pytest.raises(ModelCutOff):
        fetch(hub.address)
    with open(fetch.folder / "tiny.gguf.part", "ab") as file:
        file.write(bytes(len(hub.content)))
    assert fetch(hub.address).sha256 == hub.sha256


def test_servers_in_trouble_are_asked_again_later_and_later_or_when_they_say(fetch: Fetch, hub: Hub) -> None:
    hub.plays = ["500", "503", "429", "hang_up"]
    assert fetch(hub.address).sha256 == hub.sha256
    assert fetch.pauses == [1.0, 2.0, 7.0, 8.0]


def test_a_server_that_stays_in_trouble_is_given_up(fetch: Fetch, hub: Hub) -> None:
    hub.plays = ["500"] * TRIES
    with pytest.raises(ModelRejected, match="500"):
        fetch(hub.address)
    assert len(hub.asked) == TRIES
    assert fetch.names == []


# --- what must not become a model ----------------------------------------------------------------------------------------


def test_a_wrong_hash_is_told_and_the_file_deleted(fetch: Fetch, hub: Hub) -> None:
    with pytest.raises(ModelFileBroken) as failed:
        fetch(hub.address, sha256="0" * 64)
    assert hub.sha256 in failed.value.message and "0" * 64 in failed.value.message
    assert fetch.names == []


def test_bytes_that_differ_from_the_stated_hash_are_deleted(fetch: Fetch, hub: Hub) -> None:
    hub.stated = {"X-Linked-Etag": f'"{"1" * 64}"'}
    with pytest.raises(ModelFileBroken, match="1111"):
        fetch(hub.address)
    assert fetch.names == []


def test_a_hash_that_the_server_contradicts_is_refused_before_a_byte_is_kept(fetch: Fetch, hub: Hub) -> None:
    hub.stated = {"X-Linked-Etag": hub.sha256}
    with pytest.raises(ModelFileBroken, match="not 0000"):
        fetch(hub.address, sha256="0" * 64)
    assert fetch.progress == [] and fetch.names == []


def test_a_damaged_beginning_is_found_by_the_hash_of_the_whole(fetch: Fetch, hub: Hub) -> None:
    hub.stated = {"X-Linked-Etag": hub.sha256}
    hub.plays = ["cut"] + ["hang_up"] * (TRIES - 1)
    with pytest.raises(ModelCutOff):
        fetch(hub.address)
    with open(fetch.folder / "tiny.gguf.part", "r+b") as file:
        file.seek(100)
        file.write(b"!")
    with pytest.raises(ModelFileBroken):
        fetch(hub.address)
    assert fetch(hub.address).verified


def test_a_length_that_differs_from_the_announced_one_is_refused(fetch: Fetch, hub: Hub) -> None:
    hub.stated = {"X-Linked-Size": "12345"}
    with pytest.raises(ModelFileBroken, match="12,345"):
        fetch(hub.address)
    assert fetch.names == []


def test_a_page_in_place_of_the_file_is_refused_at_once(fetch: Fetch, hub: Hub) -> None:
    hub.plays = ["html"]
    with pytest.raises(ModelFileBroken, match="text/html"):
        fetch(hub.address)
    assert len(hub.asked) == 1
    assert fetch.names == []


@pytest.mark.parametrize("content", [b"", b"GG", b"GGML" + bytes(100)])
def test_what_does_not_begin_as_gguf_is_refused(fetch: Fetch, hub: Hub, content: bytes) -> None:
    hub.content = content
    with pytest.raises(ModelFileBroken, match="no GGUF"):
        fetch(hub.address)
    assert fetch.names == []


@pytest.mark.parametrize(
    ("play", "error", "code"),
    [
        ("404", NotFound, "not_found"),
        ("403", ModelRejected, "model_rejected"),
        ("302", ModelRejected, "model_rejected"),
    ],
)
def test_a_refusal_is_told_and_not_tried_again(
    fetch: Fetch, hub: Hub, play: str, error: type[IbidemError], code: str
) -> None:
    hub.plays = [play]
    with pytest.raises(error) as failed:
        fetch(hub.address)
    assert failed.value.code == code and failed.value.hint
    assert len(hub.asked) == 1


def test_nobody_at_the_address_is_told_at_once(fetch: Fetch) -> None:
    with pytest.raises(ModelUnreachable):
        fetch(f"http://127.0.0.1:{closed_port()}/a.gguf")
    assert fetch.pauses == []


# --- where it may not lead -----------------------------------------------------------------------------------------------


def test_a_public_address_leads_nobody_into_the_users_own_network(fetch: Fetch, hub: Hub, other_hub: Hub) -> None:
    """`localhost` plays the public server; a redirect to 127.0.0.1 must not even be asked."""
    hub.plays = [f"redirect {other_hub.address}"]
    with pytest.raises(Refused, match="own network"):
        fetch(f"http://localhost:{hub.port}/tiny.gguf", is_inside=InsideAfterFirst("127.0.0.1"))
    assert len(hub.asked) == 1 and other_hub.asked == []
    assert fetch.names == []


def test_a_name_that_leads_elsewhere_when_it_is_connected_to_is_left_unread(
    fetch: Fetch, hub: Hub, other_hub: Hub
) -> None:
    """Looked up it seemed public; the connection shows that it is not."""
    hub.plays = [f"redirect http://localhost:{other_hub.port}/tiny.gguf"]
    with pytest.raises(Refused, match="own network"):
        fetch(f"http://localhost:{hub.port}/tiny.gguf", is_inside=InsideAfterFirst("127.0.0.1"))
    assert fetch.progress == [] and fetch.names == []


class InsideAfterFirst:
    """One host is inside, and the given address may be without encryption all the same."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._first = True

    def __call__(self, host: str) -> bool:
        first, self._first = self._first, False
        return first or host == self._host


def test_redirects_in_a_circle_are_left(fetch: Fetch, hub: Hub) -> None:
    hub.plays = [f"redirect {hub.address}"] * 20
    with pytest.raises(Refused, match="without end"):
        fetch(hub.address)
    assert len(hub.asked) < 10


# --- the disk ------------------------------------------------------------------------------------------------------------


def test_a_file_for_which_there_is_no_room_is_not_begun(
    fetch: Fetch, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")._replace(free=pull_module.HEADROOM_BYTES + len(hub.content) - 1)
    monkeypatch.setattr(pull_module.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(DiskFull, match="are free"):
        fetch(hub.address)
    assert fetch.progress == [] and fetch.names == []


def test_a_disk_that_fills_up_on_the_way_keeps_what_has_come(
    fetch: Fetch, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, room = os.write, [100_000]

    def write(handle: int, data: bytes) -> int:
        if room[0] <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        count = real(handle, bytes(data)[: room[0]])
        room[0] -= count
        return count

    monkeypatch.setattr(part_module.os, "write", write)
    with pytest.raises(DiskFull) as failed:
        fetch(hub.address)
    assert "tiny.gguf" in failed.value.message and "goes on" in failed.value.hint
    assert (fetch.folder / "tiny.gguf.part").stat().st_size == 100_000
    monkeypatch.setattr(part_module.os, "write", real)
    assert fetch(hub.address).sha256 == hub.sha256
    assert hub.seen[-1]["range"] == "bytes=100000-"


# --- names and neighbours ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "..%2f..%2fevil.gguf",
        "%2e%2e",
        "..",
        "a%2fb.gguf",
        "%2Fetc%2Fpasswd.gguf",
        ".gguf",
        ".hidden.gguf",
        "model.safetensors",
        "",
        "a%00b.gguf",
        "a%0ab.gguf",
        "%EB%AA%A8.gguf",
        "x" * 300 + ".gguf",
    ],
)
def test_a_name_that_is_no_plain_file_name_is_refused_before_anything_is_asked(
    fetch: Fetch, hub: Hub, path: str
) -> None:
    with pytest.raises(BadInput):
        fetch(f"{hub.url}/models/{path}")
    assert hub.asked == [] and fetch.names == []


def test_a_link_in_the_place_of_the_part_is_not_followed(fetch: Fetch, hub: Hub, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    fetch.folder.mkdir()
    (fetch.folder / "tiny.gguf.part").symlink_to(outside)
    with pytest.raises(BadInput, match="is a link"):
        fetch(hub.address)
    assert outside.read_text() == "mine"


def test_two_at_once_fetch_one_file_once(fetch: Fetch, hub: Hub) -> None:
    hub.plays = ["stall"]
    got: list[Pulled] = []
    first = threading.Thread(target=lambda: got.append(fetch(hub.address)))
    first.start()
    assert hub.stalled.wait(10)
    with pytest.raises(Conflict, match=r"tiny\.gguf is being fetched"):
        Fetch(fetch.folder)(hub.address)
    hub.go.set()
    first.join(20)
    assert [one.sha256 for one in got] == [hashlib.sha256(hub.content).hexdigest()]
    assert fetch.names == ["tiny.gguf"]
