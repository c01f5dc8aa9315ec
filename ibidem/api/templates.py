"""/api/prompts/templates/: the owner's templates and those that come with Ibidem, and files of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import from_json
from starlette.concurrency import run_in_threadpool

from ibidem.api.access import Engine, Owner
from ibidem.api.paging import Cursor, Limit, page
from ibidem.app import App
from ibidem.chat.meter import Meter
from ibidem.chat.shipped import PREFIX, find_template, shipped_templates
from ibidem.chat.template import MAX_CHARS, MAX_VALUE_CHARS, Fault, cost, faults, preview, tokens
from ibidem.errors import BadInput, NotAllowed, TemplateRefused
from ibidem.index.analyze import normalize
from ibidem.store.templates import (
    MAX_TEMPLATES,
    Template,
    create_template,
    delete_template,
    get_own_template,
    import_templates,
    list_templates,
    replace_template,
    template_of,
)

router = APIRouter(prefix="/api/prompts/templates", tags=["templates"])

FORMAT, VERSION = "ibidem-templates", 1  # what a file says of itself
MAX_FAULTS = 100  # told of one file
HINT = "send a file that `export/` wrote"

Text = Annotated[str, Field(max_length=MAX_CHARS)]
Ids = Annotated[Sequence[str], Query(alias="id", max_length=MAX_TEMPLATES, description="none: all own templates")]


class VariableBody(BaseModel):
    """`{{name}}` in the texts; a name alone stands for a variable without default."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=100)
    default: str | None = Field(None, max_length=4_000)
    description: str = Field("", max_length=500)


class ExampleBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    user: Text
    assistant: Text


class SettingsBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    model: str | None = Field(None, min_length=1, max_length=300)
    mode: Literal["chat", "query", "plain"] | None = None
    temperature: float | None = Field(None, ge=0, le=2, allow_inf_nan=False)
    max_tokens: int | None = Field(None, ge=1, le=1 << 20)
    language: Literal["question", "own"] = "question"


def _named(variable: Any) -> Any:
    return {"name": variable} if isinstance(variable, str) else variable


class TemplateBody(BaseModel):
    """What GET shows beside these fields may be sent back with them: it is left alone."""

    name: str = Field(max_length=1_000)
    system: Text = ""
    variables: list[Annotated[VariableBody, BeforeValidator(_named, json_schema_input_type=str | VariableBody)]] = (
        Field([], max_length=20)
    )
    examples: list[ExampleBody] = Field([], max_length=20)
    settings: SettingsBody = Field(default_factory=lambda: SettingsBody.model_validate({}))


class PreviewBody(TemplateBody):
    values: dict[str, Annotated[str, Field(max_length=MAX_VALUE_CHARS)]] = Field({}, max_length=20)


class PreviewTokens(BaseModel):
    system: int
    examples: int
    total: int


class Preview(BaseModel):
    """What stands at the top of a prompt. `missing` are the variables that still need a value, `faults` what PUT would refuse."""

    system: str
    examples: list[ExampleBody]
    tokens: PreviewTokens
    missing: list[str]
    faults: list[tuple[str, str]]


class StrictBody(TemplateBody):
    """As it stands in a file: a field that would be lost is refused."""

    model_config = ConfigDict(extra="forbid")


# --- routes ----------------------------------------------------------------------------------------------------------


@router.get("/")
def templates(app: Engine, owner: Owner, limit: Limit = 50, cursor: Cursor = None) -> dict[str, Any]:
    """The owner's templates in the order they were made, then those that come with Ibidem."""
    ids = [template.id for template in shipped_templates()]
    behind = ids.index(cursor) + 1 if cursor in ids else 0
    own = [] if behind else list_templates(app.db, owner, after=cursor, limit=limit + 1)
    found = [*own, *((template.id, template) for template in shipped_templates()[behind:])]
    return page([(mark, shown(template)) for mark, template in found[: limit + 1]], limit)


@router.post("/", status_code=201)
def create(body: TemplateBody, app: Engine, owner: Owner) -> dict[str, Any]:
    return shown(create_template(app.db, owner, _sound(template_from(body)), time.time()))


@router.get("/export/")
def export(app: Engine, owner: Owner, ids: Ids = ()) -> JSONResponse:
    """A file that `import/` takes."""
    if ids:
        chosen = [find_template(app.db, owner, one) for one in dict.fromkeys(ids)]
    else:
        chosen = [template for _, template in list_templates(app.db, owner)]
    file = {"format": FORMAT, "version": VERSION, "templates": [_told(template) for template in chosen]}
    return JSONResponse(file, headers={"Content-Disposition": 'attachment; filename="ibidem-templates.json"'})


@router.post(
    "/import/",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"type": "object", "required": ["format", "version", "templates"]}}
            },
        }
    },
)
async def import_file(request: Request, app: Engine, owner: Owner) -> dict[str, Any]:
    """All templates of a file, or none: everything that is wrong with it is told at once.

    The guard bounds the file, as every body, at 32 MiB: more than an owner can have.
    """
    return await run_in_threadpool(_import, app, owner, await request.body())


@router.post("/preview/")
def show_preview(body: PreviewBody, owner: Owner) -> Preview:
    """A template that need not be stored, with its values put in, and what it costs before every question."""
    template = template_from(body)
    filled, missing = preview(template, {name: normalize(value) for name, value in body.values.items()})
    return Preview(
        system=filled.system,
        examples=[ExampleBody(user=one.user, assistant=one.assistant) for one in filled.examples],
        tokens=PreviewTokens(**tokens(filled, Meter().count)),
        missing=missing,
        faults=faults(template)[:MAX_FAULTS],
    )


@router.get("/{template_id}/")
def get(template_id: str, app: Engine, owner: Owner) -> dict[str, Any]:
    return shown(find_template(app.db, owner, template_id))


@router.put("/{template_id}/")
def put(template_id: str, body: TemplateBody, app: Engine, owner: Owner) -> dict[str, Any]:
    """The template as a whole: what is left out is empty afterwards."""
    _refuse_shipped(template_id)
    template = _sound(template_from(body, template_id))
    replace_template(app.db, owner, template, time.time())
    return shown(get_own_template(app.db, owner, template_id))


@router.delete("/{template_id}/", status_code=204)
def delete(template_id: str, app: Engine, owner: Owner) -> None:
    _refuse_shipped(template_id)
    delete_template(app.db, owner, template_id)


# --- shapes ----------------------------------------------------------------------------------------------------------


def shown(template: Template) -> dict[str, Any]:
    """With the tokens that it puts before every prompt, by the estimate that no model has corrected yet."""
    return {
        "id": template.id,
        **_told(template),
        "tokens": cost(template, Meter().count),
        "shipped": template.id.startswith(PREFIX),
    }


def _told(template: Template) -> dict[str, Any]:
    body = template.body()
    settings = {key: value for key, value in body["settings"].items() if value is not None}
    return {"name": template.name, **body, "settings": settings}


def template_from(body: TemplateBody, template_id: str = "") -> Template:
    """In NFC throughout, so that a name in a text and among the variables is the same however it was typed."""

    def composed(value: Any) -> Any:
        if isinstance(value, str):
            return normalize(value)
        if isinstance(value, list):
            return [composed(one) for one in value]
        return {key: composed(one) for key, one in value.items()} if isinstance(value, dict) else value

    fields = composed(body.model_dump(exclude={"name", "values"}))
    return template_of(template_id, " ".join(normalize(body.name).split()), fields)


def _sound(template: Template) -> Template:
    """Raises TemplateRefused, naming all that is wrong."""
    if found := faults(template):
        raise _refused("the template", found)
    return template


def _refuse_shipped(template_id: str) -> None:
    if template_id in {template.id for template in shipped_templates()}:
        raise NotAllowed(
            f"{template_id!r} comes with Ibidem and stays as it is",
            hint="POST what GET shows of it to have your own copy",
        )


# --- files -----------------------------------------------------------------------------------------------------------


def _import(app: App, owner: int, raw: bytes) -> dict[str, Any]:
    done = import_templates(app.db, owner, read_file(raw), time.time())
    return {"items": [{"state": outcome, "id": one.id, "name": one.name} for outcome, one in done]}


def read_file(raw: bytes) -> list[Template]:
    """The templates of a file. Raises BadInput for what is no JSON, TemplateRefused for everything else."""
    try:
        file = from_json(raw, allow_inf_nan=False)
    except ValueError as error:
        raise BadInput(f"the file is no JSON: {error}", hint="send it as `export/` wrote it, in UTF-8") from None
    if not isinstance(file, dict) or file.get("format") != FORMAT:
        raise TemplateRefused(f'the file does not say `"format": "{FORMAT}"`', hint=HINT, field="format")
    if file.get("version") != VERSION or isinstance(file["version"], bool):
        raise TemplateRefused(
            f"the file has version {file.get('version')!r}, this Ibidem reads {VERSION}", hint=HINT, field="version"
        )
    entries = file.get("templates")
    if not isinstance(entries, list) or len(entries) > MAX_TEMPLATES:
        raise TemplateRefused(f"`templates` is no list of at most {MAX_TEMPLATES}", hint=HINT, field="templates")
    if unknown := file.keys() - {"format", "version", "templates"}:
        raise TemplateRefused(f"the file has an unknown field {min(unknown)!r}", hint=HINT, field=min(unknown))
    read = [_entry(entry) for entry in entries]
    if found := [
        (f"templates[{index}]{_dot(place)}", told) for index, (_, wrong) in enumerate(read) for place, told in wrong
    ]:
        raise _refused("the file", found)
    return [template for template, _ in read if template]


def _entry(entry: Any) -> tuple[Template | None, Sequence[Fault]]:
    """A template of the file, and what is wrong with it."""
    try:
        template = template_from(StrictBody.model_validate(entry))
    except ValidationError as error:
        return None, [(_place(fault["loc"]), fault["msg"]) for fault in error.errors(include_url=False)]
    return template, faults(template)


def _place(loc: Sequence[str | int]) -> str:
    """`("examples", 0, "user")` as `examples[0].user`."""
    return "".join(f"[{part}]" if isinstance(part, int) else _dot(part) for part in loc).removeprefix(".")


def _dot(place: str) -> str:
    return f".{place}" if place else ""


def _refused(what: str, found: Sequence[Fault]) -> TemplateRefused:
    (place, message), more = found[0], len(found) - 1
    others = f" (and {more} more, see `faults`)" if more else ""
    return TemplateRefused(
        f"{what} cannot be taken: {place}: {message}{others}",
        hint="mend what `faults` names; nothing was changed",
        field=place,
        faults=found[:MAX_FAULTS],
    )
