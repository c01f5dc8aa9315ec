-- Sessions: trees of messages. What orders them are counters, never the clock, which may be set back.

CREATE TABLE session (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- part of the key of its words; never used again
    id TEXT NOT NULL UNIQUE,
    owner INTEGER NOT NULL REFERENCES user (id),
    title TEXT NOT NULL,        -- empty until the first question gives one
    workspace TEXT NOT NULL,    -- slug, as its user knows it
    settings TEXT NOT NULL,     -- JSON
    head TEXT,                  -- the message at the end of the branch that is shown
    touched INTEGER NOT NULL,   -- the owner's session with the highest was changed last
    origin TEXT,                -- what an imported one was elsewhere: the same is not taken twice
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
) STRICT;
CREATE UNIQUE INDEX session_by_touch ON session (owner, touched);
CREATE UNIQUE INDEX session_by_origin ON session (owner, origin) WHERE origin IS NOT NULL;

CREATE TABLE message (
    id TEXT PRIMARY KEY,        -- an answer's is its run's
    owner INTEGER NOT NULL REFERENCES user (id),
    session TEXT NOT NULL,      -- which may be gone: its messages are then swept away in short steps
    ordinal INTEGER NOT NULL,   -- in the session, from 1, as they came
    parent TEXT REFERENCES message (id),
    role TEXT NOT NULL CHECK (role IN ('user', 'assistant', 'system')),
    content TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('running', 'finished', 'failed', 'stopped', 'interrupted')),
    details TEXT NOT NULL DEFAULT '{}',  -- JSON: what else the contract's message has
    sent TEXT,                  -- JSON: what the model read for this answer (`chat.history`)
    idempotency_key TEXT,       -- of the question that an answer belongs to
    created_at REAL NOT NULL,
    UNIQUE (session, ordinal)
) STRICT;
CREATE INDEX message_by_parent ON message (parent);
CREATE UNIQUE INDEX message_by_key ON message (owner, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- the words of titles and texts; the rowid is owner, session and ordinal in one number (`store.sessions.words_key`)
CREATE VIRTUAL TABLE session_words USING fts5 (words, detail = none, prefix = 1, tokenize = "ascii tokenchars '_+#.-'");

-- evaluation material: what was thought of an answer
CREATE TABLE feedback (
    message TEXT PRIMARY KEY REFERENCES message (id),
    owner INTEGER NOT NULL REFERENCES user (id),
    thumb TEXT CHECK (thumb IN ('up', 'down')),
    note TEXT NOT NULL,
    updated_at REAL NOT NULL
) STRICT;
CREATE INDEX feedback_by_owner ON feedback (owner);

-- images of a question; their bytes lie in files/ under the id
CREATE TABLE attachment (
    id TEXT PRIMARY KEY,
    owner INTEGER NOT NULL REFERENCES user (id),
    message TEXT NOT NULL REFERENCES message (id),
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX attachment_of_message ON attachment (message);

ALTER TABLE run ADD COLUMN session TEXT;  -- NULL: asked without one
ALTER TABLE run ADD COLUMN parent TEXT;   -- the question's message
CREATE INDEX run_of_session ON run (session) WHERE session IS NOT NULL;
CREATE INDEX run_by_job ON run (job);
CREATE INDEX run_by_end ON run (ended_at);
