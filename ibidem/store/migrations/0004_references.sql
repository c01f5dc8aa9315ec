-- Where source files refer to names, and symbols found by workspace.

-- one row a file: a list of all its names is read faster than it is kept sorted by name (evals/LOG.md)
CREATE TABLE reference (
    document TEXT NOT NULL,
    version INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    names TEXT NOT NULL,      -- a line each, after an empty one: name, blank, lines: "\nPool 3,17\nopen 5\n"
    PRIMARY KEY (document, version)
) STRICT, WITHOUT ROWID;

-- a name that many workspaces define costs each of them only its own rows
ALTER TABLE symbol ADD COLUMN workspace INTEGER NOT NULL DEFAULT 0;
UPDATE symbol SET workspace = coalesce((SELECT d.workspace FROM document AS d WHERE d.id = symbol.document), 0);
DROP INDEX symbol_by_name;
DROP INDEX symbol_by_parent;
CREATE INDEX symbol_by_name ON symbol (workspace, name, document, owner);
CREATE INDEX symbol_by_parent ON symbol (workspace, parent, document);

-- what was edited last, for completion
CREATE INDEX document_by_edit ON document (workspace, mtime_ns);

-- files read before are read again when their folders are walked, uploads by a job each; until then they stay as they are
UPDATE document SET sha256 = '', mtime_ns = -1 WHERE source IS NOT NULL AND media_type LIKE 'text/x-%';
UPDATE document SET sha256 = '', state = 'queued'
WHERE source IS NULL AND media_type LIKE 'text/x-%' AND state IN ('ok', 'partial');
INSERT INTO job (owner, kind, payload, state, priority, run_at, created_at, updated_at)
SELECT owner, 'upload', json_object('document', id), 'queued', 0, unixepoch(), unixepoch(), unixepoch()
FROM document WHERE source IS NULL AND media_type LIKE 'text/x-%' AND state = 'queued' AND sha256 = '' AND version > 0;
