"""A session -> Markdown with footnotes, or JSON that `chat.formats` takes back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ibidem.chat.formats import FORMAT, VERSION

_MARK = re.compile(r"(?<!\w)\[(\d{1,3})\](?!\()")
_CODE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]*`)", re.DOTALL)


def as_file(session: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All branches of a session, as JSON."""
    return {"format": FORMAT, "version": VERSION, "sessions": [{**session, "messages": list(messages)}]}


def as_markdown(session: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]) -> str:
    """One branch; what its answers cite stands at the end, a footnote for each number."""
    notes: dict[int, str] = {}
    parts = [f"# {session['title'] or 'Session'}", f"{session['created_at'][:10]}, workspace {session['workspace']}"]
    for message in messages:
        if message["role"] == "user":
            parts += ["## Question", message["content"].strip()]
            continue
        cited = {one["number"]: one for one in message["citations"]}
        notes |= {number: _note(one) for number, one in cited.items()}
        parts += [f"## Answer{_by(message)}", _with_marks(message["content"].strip(), set(cited))]
    parts += [f"[^{number}]: {note}" for number, note in sorted(notes.items())]
    return "\n\n".join(parts) + "\n"


def _by(message: Mapping[str, Any]) -> str:
    model = f" by {message['model']}" if message["model"] else ""
    return model if message["status"] == "finished" else f"{model} ({message['status']})"


def _with_marks(content: str, numbers: set[int]) -> str:
    """[3] -> [^3] where that is a citation; code stays as it is."""
    pieces = _CODE.split(content)
    pieces[::2] = [
        _MARK.sub(lambda mark: f"[^{mark[1]}]" if int(mark[1]) in numbers else mark[0], piece) for piece in pieces[::2]
    ]
    return "".join(pieces)


def _note(one: Mapping[str, Any]) -> str:
    place = f"page {one['page']}" if one.get("page") else f"lines {one.get('start_line')}-{one.get('end_line')}"
    heading = f", {one['heading']}" if one.get("heading") else ""
    text = " ".join(one["text"].split())
    quoted = text if len(text) <= 300 else text[:300].rpartition(" ")[0] + " …"
    return f"`{one['path']}`, {place}{heading} ({one['verdict']}): {quoted}"
