"""Every option, read once: built-in defaults, then `ibidem.toml` in the data directory, then `IBIDEM_*`.

`IBIDEM_RETRIEVE__HITS=20` sets `hits` of `[retrieve]`. An unknown key is an error: a misspelt option never passes for a
set one. Units are in the names.
"""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from ibidem.errors import BadInput
from ibidem.settings.options import SECTIONS, ModelSettings, Settings

FILE = "ibidem.toml"  # in the data directory
OTHERS_MAY_READ = 0o044
TRUTHS = {"true": True, "1": True, "false": False, "0": False}  # in the environment


def default_data_dir() -> Path:
    """The platform's folder for application data, or IBIDEM_DATA_DIR."""
    named = os.environ.get("IBIDEM_DATA_DIR")
    if named:
        return Path(named).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("ibidem", appauthor=False))


def load(data_dir: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings. Raises BadInput naming the file or variable, the key and the value at fault."""
    folder = (data_dir or default_data_dir()).expanduser().absolute()
    return build(folder, read_file(folder / FILE), environ)


def read_file(path: Path) -> dict[str, Any]:
    """The tables of the file; none where it is not there. Raises BadInput."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except PermissionError as error:
        raise BadInput(f"{path} may not be read", hint="give yourself the right, or name another --data-dir") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(
            f"{path} is not valid TOML: {error}", hint="mend the line named, or move the file away"
        ) from error


def build(folder: Path, written: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """The settings of a data directory whose file says this. Raises BadInput."""
    path = folder / FILE
    sections = {}
    for name, cls in SECTIONS.items():
        values = {key: (value, f"{key!r} in [{name}] of {path}") for key, value in _table(written, name, path).items()}
        values |= from_environment(name, environ)
        sections[name] = _section(cls, values)
    unknown = set(written) - set(SECTIONS)
    if unknown:
        raise BadInput(f"unknown section [{min(unknown)}] in {path}", hint=f"known: {', '.join(SECTIONS)}")
    sections["models"] = _with_key(sections["models"])
    return Settings(data_dir=folder, **sections)


def _with_key(models: ModelSettings) -> ModelSettings:
    """The key from its file, unless one is given directly. Raises BadInput."""
    if models.openai_key or not models.openai_key_file:
        return models
    path = Path(models.openai_key_file).expanduser()
    try:
        return replace(models, openai_key=path.read_text("ascii").strip())
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it holds what no key does"
        raise BadInput(
            f"the key file {str(path)!r} cannot be read: {why}", hint="check `openai_key_file` under [models]"
        ) from None


def exposed_key(settings: Settings) -> str:
    """Which file with a key other users of this machine may read, and what to do; "" when none is."""
    own = settings.data_dir / FILE
    files = [own, Path(settings.models.openai_key_file).expanduser()] if settings.models.openai_key_file else [own]
    for path in files:
        with suppress(OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
            if path == own and not tomllib.loads(own.read_text("utf-8")).get("models", {}).get("openai_key"):
                continue
            if path.stat().st_mode & OTHERS_MAY_READ:
                return f"{path} holds a key and can be read by other users: run `chmod 600 {path}`"
    return ""


def _table(written: Mapping[str, Any], name: str, path: Path) -> dict[str, Any]:
    table = written.get(name, {})
    if not isinstance(table, dict):
        raise BadInput(f"{name!r} in {path} must be a section", hint=f"write [{name}] on a line of its own")
    return table


def from_environment(section: str, environ: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    """By option: the value and the variable that gives it."""
    prefix = f"IBIDEM_{section.upper()}__"
    return {
        variable.removeprefix(prefix).lower(): (value, variable)
        for variable, value in environ.items()
        if variable.startswith(prefix)
    }


def typed(section: str, key: str, value: Any) -> Any:
    """One value as its option takes it. Raises BadInput, which names the option."""
    return getattr(_section(SECTIONS[section], {key: (value, f"{section}.{key}")}), key)


def _section(cls: type, values: Mapping[str, tuple[Any, str]]) -> Any:
    hints = get_type_hints(cls)
    secret = {item.name for item in fields(cls) if not item.repr}
    least = {item.name: min(0, item.default) for item in fields(cls) if isinstance(item.default, int | float)}
    read = {}
    for key, (value, where) in values.items():
        if key not in hints:
            raise BadInput(f"unknown option {where}", hint=f"known: {', '.join(hints)}")
        if key in secret and not isinstance(value, str):
            raise BadInput(f"{where} must be text in quotes", hint="see docs/settings.md")  # without the value
        read[key] = _typed(value, hints[key], where, least.get(key, 0))
    return cls(**read)


def _typed(value: Any, wanted: type, where: str, least: float) -> Any:
    """`value` as the field's type; numbers may come as text from the environment, and begin at `least`."""
    if get_origin(wanted) is Literal:
        if value not in get_args(wanted):
            raise BadInput(
                f"{where} must be {' or '.join(get_args(wanted))}, not {value!r}", hint="see docs/settings.md"
            )
        return value
    if isinstance(value, str) and wanted is not str:
        try:
            value = TRUTHS[value.lower()] if wanted is bool else wanted(value)
        except (ValueError, KeyError):
            raise BadInput(
                f"{where} must be of type {wanted.__name__}, not {value!r}", hint="see docs/settings.md"
            ) from None
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, wanted) or isinstance(value, bool) is not (wanted is bool):
        raise BadInput(f"{where} must be of type {wanted.__name__}, not {value!r}", hint="see docs/settings.md")
    if isinstance(value, int | float) and not least <= value < math.inf:  # false for NaN too
        raise BadInput(f"{where} must be a number from {least} on, not {value!r}", hint="see docs/settings.md")
    return value
