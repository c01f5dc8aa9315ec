"""Options come from defaults, then the file, then the environment; what is misspelt is an error that names its place."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from ibidem.errors import BadInput
from ibidem.settings import SECTIONS, Settings, default_data_dir, exposed_key, load


def written(folder: Path, text: str) -> Path:
    (folder / "ibidem.toml").write_text(text, "utf-8")
    return folder


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load(tmp_path, {}) == Settings(data_dir=tmp_path)
    assert set(SECTIONS) == {item.name for item in fields(Settings)} - {"data_dir"}


def test_the_file_sets_options_and_the_environment_overrides_it(tmp_path: Path) -> None:
    written(tmp_path, "[retrieve]\nhits = 20\nbudget_tokens = 900\n[jobs]\nlease_s = 5\n")
    settings = load(tmp_path, {"IBIDEM_RETRIEVE__HITS": "7", "IBIDEM_MODELS__DEFAULT": "ollama:qwen", "PATH": "/bin"})
    assert (settings.retrieve.hits, settings.retrieve.budget_tokens) == (7, 900)
    assert settings.models.default == "ollama:qwen"
    assert settings.jobs.lease_s == 5.0 and isinstance(settings.jobs.lease_s, float)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[retrieve]\nhit = 20\n", ["'hit'", "[retrieve]", "ibidem.toml"]),
        ("[search]\nhits = 20\n", ["[search]", "ibidem.toml"]),
        ("retrieve = 3\n", ["'retrieve'", "ibidem.toml"]),
        ("[retrieve]\nhits = 'many'\n", ["'hits'", "'many'", "int"]),
        ("[retrieve]\nhits = 2.5\n", ["'hits'", "2.5", "int"]),
        ("[retrieve]\nhits = true\n", ["'hits'", "True", "int"]),
        ("[jobs]\nlease_s = [1]\n", ["'lease_s'", "[1]", "float"]),
        ("[serve]\nhost = 3\n", ["'host'", "3", "str"]),
        ("[retrieve\n", ["ibidem.toml", "not valid TOML"]),
    ],
)
def test_an_option_that_is_wrong_is_named_with_its_place(tmp_path: Path, text: str, named: list[str]) -> None:
    with pytest.raises(BadInput) as error:
        load(written(tmp_path, text), {})
    for word in named:
        assert word in error.value.message
    assert error.value.hint


@pytest.mark.parametrize(
    ("variable", "value"),
    [("IBIDEM_RETRIEVE__HIT", "3"), ("IBIDEM_RETRIEVE__HITS", "three"), ("IBIDEM_SERVE__PORT", "")],
)
def test_a_variable_that_is_wrong_is_named(tmp_path: Path, variable: str, value: str) -> None:
    with pytest.raises(BadInput, match=variable):
        load(tmp_path, {variable: value})


@pytest.mark.parametrize(("variable", "value"), [("IBIDEM_RETRIEVE__HITS", "-3"), ("IBIDEM_JOBS__POLL_S", "nan")])
def test_a_number_below_zero_is_refused(tmp_path: Path, variable: str, value: str) -> None:
    with pytest.raises(BadInput, match=variable):
        load(tmp_path, {variable: value})


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "ibidem.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match=r"ibidem\.toml"):
        load(tmp_path, {})


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    settings = load(tmp_path, {"IBIDEM_MODELS__OPENAI_KEY": "sk-canary"})
    assert settings.models.openai_key == "sk-canary"
    assert "canary" not in repr(settings)


def test_a_key_comes_from_a_file_of_its_own_unless_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("sk-canary\n")
    named = {"IBIDEM_MODELS__OPENAI_KEY_FILE": str(tmp_path / "key")}
    assert load(tmp_path, named).models.openai_key == "sk-canary"
    assert load(tmp_path, {**named, "IBIDEM_MODELS__OPENAI_KEY": "sk-other"}).models.openai_key == "sk-other"
    with pytest.raises(BadInput, match="no-such-key"):
        load(tmp_path, {"IBIDEM_MODELS__OPENAI_KEY_FILE": str(tmp_path / "no-such-key")})
    (tmp_path / "key").write_bytes("sk-\ud55c".encode("utf-8"))
    with pytest.raises(BadInput) as caught:
        load(tmp_path, named)
    assert "sk-" not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_a_key_of_the_wrong_type_is_told_without_the_key(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="openai_key") as caught:
        load(written(tmp_path, "[models]\nopenai_key = 48151623\n"), {})
    assert "48151623" not in f"{caught.value!r}"


@pytest.mark.parametrize(
    ("text", "mode", "told"),
    [
        ('[models]\nopenai_key = "sk-canary"\n', 0o644, True),
        ('[models]\nopenai_key = "sk-canary"\n', 0o640, True),
        ('[models]\nopenai_key = "sk-canary"\n', 0o600, False),
        ('[models]\nopenai_key = ""\n', 0o644, False),
        ("[models]\n", 0o644, False),
    ],
)
def test_a_key_that_others_may_read_is_told_without_it(tmp_path: Path, text: str, mode: int, told: bool) -> None:
    folder = written(tmp_path, text)
    (folder / "ibidem.toml").chmod(mode)
    said = exposed_key(load(folder, {"IBIDEM_MODELS__OPENAI_KEY": "sk-from-elsewhere"}))
    assert ("chmod 600" in said) is told
    assert "canary" not in said


def test_so_is_a_key_file_that_others_may_read(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("sk-canary")
    named = {"IBIDEM_MODELS__OPENAI_KEY_FILE": str(key)}
    key.chmod(0o604)
    assert str(key) in exposed_key(load(tmp_path, named))
    key.chmod(0o600)
    assert exposed_key(load(tmp_path, named)) == ""


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    with pytest.raises(FrozenInstanceError):
        load(tmp_path, {}).retrieve.hits = 3  # type: ignore[misc]


def test_the_data_directory_is_absolute_and_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IBIDEM_DATA_DIR", str(tmp_path / "named"))
    assert default_data_dir() == tmp_path / "named"
    monkeypatch.chdir(tmp_path)
    assert load(Path("here"), {}).data_dir == tmp_path / "here"
