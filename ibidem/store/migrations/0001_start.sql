-- Every table has its owner. Times are seconds since 1970 (REAL); ids that users see are random text.

CREATE TABLE user (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('admin', 'member')),
    created_at REAL NOT NULL
) STRICT;

INSERT INTO user (id, name, role, created_at) VALUES (1, 'local', 'admin', 0);

-- browser sign-ins: the cookie's SHA-256, never the cookie
CREATE TABLE login (
    token_hash TEXT PRIMARY KEY,
    owner INTEGER NOT NULL REFERENCES user (id),
    created_at REAL NOT NULL,
    expires_at REAL NOT NULL
) STRICT;

CREATE TABLE workspace (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner INTEGER NOT NULL REFERENCES user (id),
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    indexed_seq INTEGER NOT NULL DEFAULT 0,  -- mirror of the index's own position, for what is shown as `indexing`
    created_at REAL NOT NULL,
    UNIQUE (owner, slug)
) STRICT;

-- a folder or file on this machine that is kept in step
CREATE TABLE source (
    id TEXT PRIMARY KEY,
    owner INTEGER NOT NULL REFERENCES user (id),
    workspace INTEGER NOT NULL REFERENCES workspace (id),
    path TEXT NOT NULL,      -- absolute, NFC, to be shown
    raw_path BLOB NOT NULL,  -- absolute, as the system names it, to be opened
    watch INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'syncing', 'ready', 'missing')),
    reason TEXT NOT NULL DEFAULT '',
    ignored INTEGER NOT NULL DEFAULT 0,  -- files left out by ignore rules at the last walk
    created_at REAL NOT NULL,
    scanned_at REAL,
    UNIQUE (owner, workspace, raw_path)
) STRICT;

CREATE TABLE document (
    id TEXT PRIMARY KEY,
    owner INTEGER NOT NULL REFERENCES user (id),
    workspace INTEGER NOT NULL REFERENCES workspace (id),
    source TEXT REFERENCES source (id),  -- NULL: uploaded or pasted; its bytes lie in files/
    raw_path BLOB,                       -- below the source, as the system names it
    path TEXT NOT NULL,                  -- as the user knows it, NFC
    title TEXT NOT NULL,
    media_type TEXT NOT NULL DEFAULT '',
    encoding TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT '',
    size_bytes INTEGER NOT NULL DEFAULT 0,
    mtime_ns INTEGER NOT NULL DEFAULT 0,
    inode INTEGER NOT NULL DEFAULT 0,
    sha256 TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL CHECK (state IN ('queued', 'reading', 'ok', 'partial', 'skipped', 'failed')),
    reason TEXT NOT NULL DEFAULT '',
    tries INTEGER NOT NULL DEFAULT 0,    -- readings that came to nothing: the child was lost, the file changed
    version INTEGER NOT NULL DEFAULT 0,  -- the chunks that count; 0: none yet
    next_version INTEGER NOT NULL DEFAULT 0,  -- the last one that a reading began; never used twice
    chunks INTEGER NOT NULL DEFAULT 0,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    UNIQUE (source, raw_path)
) STRICT;
CREATE INDEX document_by_workspace ON document (workspace, state);
CREATE INDEX document_waiting ON document (source, state);

CREATE TABLE chunk (
    id INTEGER PRIMARY KEY,
    owner INTEGER NOT NULL,
    document TEXT NOT NULL,
    version INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    text TEXT NOT NULL,
    heading TEXT NOT NULL,
    symbols TEXT NOT NULL,  -- names, one a line
    tokens INTEGER NOT NULL,
    start_char INTEGER NOT NULL,
    end_char INTEGER NOT NULL,
    start_line INTEGER NOT NULL,
    end_line INTEGER NOT NULL,
    start_byte INTEGER,
    end_byte INTEGER,
    page INTEGER
) STRICT;
CREATE UNIQUE INDEX chunk_in_document ON chunk (document, version, ordinal);

-- Tables WITHOUT ROWID begin with their key: SQLite 3.40's quick_check takes other orders for damage.
CREATE TABLE page (
    document TEXT NOT NULL,
    version INTEGER NOT NULL,
    number INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    start_char INTEGER NOT NULL,
    end_char INTEGER NOT NULL,
    width_pt REAL NOT NULL,
    height_pt REAL NOT NULL,
    boxes BLOB NOT NULL,
    PRIMARY KEY (document, version, number)
) STRICT, WITHOUT ROWID;

-- chunks that no longer count, or do not count yet: swept away in small steps
CREATE TABLE stale (
    document TEXT NOT NULL,
    version INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    PRIMARY KEY (document, version)
) STRICT, WITHOUT ROWID;

-- what an index has to replay: one row a document and workspace, moved to the end whenever it changes
CREATE TABLE change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    owner INTEGER NOT NULL,
    workspace INTEGER NOT NULL,
    document TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    UNIQUE (workspace, document)
) STRICT;
CREATE INDEX change_by_workspace ON change (workspace, seq);

CREATE TABLE job (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner INTEGER NOT NULL REFERENCES user (id),
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'dead', 'cancelled')),
    priority INTEGER NOT NULL,
    run_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,  -- counted at claim, so that a job that kills its worker is seen
    retries INTEGER NOT NULL DEFAULT 0,   -- put back because of an error that may pass
    lease_until REAL,
    lease_token TEXT,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    dedupe_key TEXT,
    progress TEXT NOT NULL DEFAULT '{}',
    error TEXT,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
) STRICT;
CREATE INDEX job_due ON job (state, kind, priority DESC, id);
CREATE UNIQUE INDEX job_dedupe ON job (owner, kind, dedupe_key) WHERE state = 'queued' AND dedupe_key IS NOT NULL;

CREATE TABLE run (
    id TEXT PRIMARY KEY,
    owner INTEGER NOT NULL REFERENCES user (id),
    workspace INTEGER NOT NULL,  -- which may have been deleted since
    job INTEGER NOT NULL REFERENCES job (id),
    question TEXT NOT NULL,
    model TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('chat', 'query', 'plain')),
    idempotency_key TEXT,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'finished', 'failed', 'stopped', 'interrupted')),
    attempt INTEGER NOT NULL DEFAULT 0,
    message TEXT,  -- JSON of the answer as the terminal event carries it
    error TEXT,
    created_at REAL NOT NULL,
    ended_at REAL,
    UNIQUE (owner, idempotency_key)
) STRICT;

-- the journal: one row a flush, holding the events first_seq .. last_seq as a JSON list
CREATE TABLE run_event (
    run TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    owner INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    events TEXT NOT NULL,
    written_at REAL NOT NULL,
    PRIMARY KEY (run, attempt, first_seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_event_by_age ON run_event (written_at);
