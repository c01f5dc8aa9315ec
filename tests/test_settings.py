"""Options come from defaults, then the file, then the environment; what is misspelt is an error that names its place."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from ibidem.errors import BadInput, Conflict
from ibidem.settings import SECTIONS, Settings, default_data_dir, exposed_key, load
from ibidem.settings.edit import Value, edited


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


@pytest.mark.parametrize(("said", "meant"), [("true", True), ("1", True), ("FALSE", False), ("0", False)])
def test_a_switch_is_read_from_the_environment(tmp_path: Path, said: str, meant: bool) -> None:
    assert load(tmp_path, {"IBIDEM_MODELS__OFFLINE": said}).models.offline is meant


def test_a_switch_that_is_neither_on_nor_off_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="IBIDEM_MODELS__OFFLINE"):
        load(tmp_path, {"IBIDEM_MODELS__OFFLINE": "perhaps"})


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


FILE = "# mine\n[retrieve]  # how much\nhits = 20  # many\n\n# how many at once\n[jobs]\nanswers = 4"


@pytest.mark.parametrize(
    ("section", "key", "value", "changed"),
    [
        ("retrieve", "hits", 7, FILE.replace("hits = 20", "hits = 7")),
        ("retrieve", "hits", None, FILE.replace("hits = 20  # many\n", "")),
        ("retrieve", "read_s", 2.5, FILE.replace("# many\n", "# many\nread_s = 2.5\n")),
        ("retrieve", "read_s", None, FILE),
        ("jobs", "answers", 2, FILE.replace("= 4", "= 2\n")),
        ("jobs", "poll_s", 0.5, FILE + "\npoll_s = 0.5\n"),
        ("models", "offline", True, FILE + "\n\n[models]\noffline = true\n"),
        ("models", "default", 'a "b" # \\ 한', FILE + '\n\n[models]\ndefault = "a \\"b\\" # \\\\ 한"\n'),
        ("models", "default", None, FILE),
    ],
)
def test_one_line_changes_and_all_else_stays(section: str, key: str, value: Value | None, changed: str) -> None:
    assert edited(FILE, section, key, value) == changed


def test_a_file_of_another_system_keeps_its_line_ends() -> None:
    assert edited("[jobs]\r\nanswers = 4\r\n", "jobs", "poll_s", 1.0) == "[jobs]\r\nanswers = 4\r\npoll_s = 1.0\r\n"
    assert edited("", "jobs", "answers", 3) == "[jobs]\nanswers = 3\n"


@pytest.mark.parametrize(
    "text",
    [
        "retrieve.hits = 20\n",
        "retrieve = {hits = 20}\n",
        '["retrieve"]\nhits = 20\n',
        '[retrieve]\n"hits" = 20\n',
        '[models]\ndefault = """\n[retrieve]\nhits = 20\n"""\n[retrieve]\nhits = 20\n',
    ],
)
def test_what_cannot_be_changed_safely_is_left_alone(text: str) -> None:
    with pytest.raises(Conflict, match=r"retrieve\.hits"):
        edited(text, "retrieve", "hits", 7)
