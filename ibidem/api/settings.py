"""/api/settings/: every option with its meaning and where its value comes from; admins change what the file may say."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from ibidem.api.access import Admin, Concerned
from ibidem.models.upstream import without_secrets
from ibidem.tasks.options import Kind, Option, Options, Source

router = APIRouter(prefix="/api/settings", tags=["settings"])

Value = StrictBool | StrictInt | StrictFloat | StrictStr


class Setting(BaseModel):
    """`value` is what the next start will read, `running` what this server runs with; a secret shows neither."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    section: str
    key: str
    kind: Kind
    choices: list[str]
    meaning: str
    default: Value
    value: Value | None
    running: Value | None
    source: Source
    variable: str
    by_hand: bool
    secret: bool
    pending: bool


class Settings(BaseModel):
    """`restart`: something was changed that holds only once the server has been started again."""

    items: list[Setting]
    next: None = None
    file: str
    restart: bool


class NewValue(BaseModel):
    value: StrictBool | StrictInt | StrictFloat | StrictStr = Field(
        description="of the option's kind; written into ibidem.toml; but for models and their servers it is read at the next start"
    )


def options(request: Request) -> Options:
    found: Options = request.app.state.options
    return found


@router.get("/")
def settings(request: Request, who: Concerned) -> Settings:
    """In password mode for admins."""
    found = options(request)
    items = [shown(one) for one in found.list()]
    return Settings(items=items, file=str(found.path), restart=any(one.pending for one in items))


@router.put("/{option}/")
def change(option: str, body: NewValue, request: Request, who: Admin) -> Setting:
    return shown(options(request).change(option, body.value))


@router.delete("/{option}/")
def reset(option: str, request: Request, who: Admin) -> Setting:
    """The default again; answers with the option."""
    return shown(options(request).change(option, None))


def shown(option: Option) -> Setting:
    """Addresses without the name and password that they may hold."""
    found = Setting.model_validate(option)
    if option.key.endswith("_url"):
        found.value, found.running = (without_secrets(str(one)) for one in (found.value, found.running))
    return found
