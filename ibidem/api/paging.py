"""Lists: `{"items", "next"}`, with a cursor to go on from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query

Limit = Annotated[int, Query(ge=1, le=500, description="items of a page")]
Cursor = Annotated[str | None, Query(description="`next` of the page before")]


def page(items: Sequence[tuple[str, object]], limit: int) -> dict[str, Any]:
    """A page of (cursor, item), where one item more than `limit` was fetched to see whether there are more."""
    shown = items[:limit]
    return {"items": [item for _, item in shown], "next": shown[-1][0] if len(items) > limit else None}
