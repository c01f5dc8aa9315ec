"""Jobs -> what each is about, in words of its owner: a question, a path, a title, a name."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ibidem.store.database import Database

MAX_CHARS = 200

_SUBJECTS = """
SELECT job.id, CASE kind
    WHEN 'answer' THEN (SELECT question FROM run WHERE run.id = payload ->> 'run' AND run.owner = job.owner)
    WHEN 'summary' THEN (SELECT session.title FROM message JOIN session ON session.id = message.session
        WHERE message.id = payload ->> 'message' AND message.owner = job.owner AND session.owner = job.owner)
    WHEN 'upload' THEN (SELECT title FROM document
        WHERE document.id = payload ->> 'document' AND document.owner = job.owner)
    WHEN 'rebuild' THEN (SELECT name FROM workspace
        WHERE workspace.id = payload ->> 'workspace' AND workspace.owner = job.owner)
    ELSE (SELECT path FROM source WHERE source.id = payload ->> 'source' AND source.owner = job.owner)
END AS subject
FROM job WHERE job.owner = ? AND job.id IN (SELECT value FROM json_each(?))
"""


def subjects(db: Database, owner: int, jobs: Sequence[str]) -> dict[str, str]:
    """By the job's id; without those whose subject is gone."""
    rows = db.read(_SUBJECTS, (owner, json.dumps([int(job) for job in jobs])))
    return {str(row["id"]): row["subject"][:MAX_CHARS] for row in rows if row["subject"]}
