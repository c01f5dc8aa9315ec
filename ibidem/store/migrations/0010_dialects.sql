-- What clients of the Ollama and OpenAI dialects, and assistants that ask by MCP, leave behind. These answers are no runs: nothing of them can be resumed.

-- one row an answer that rests on documents, written after its last byte; the oldest of an owner go when there are many
CREATE TABLE dialect_answer (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    owner INTEGER NOT NULL REFERENCES user (id),
    workspace TEXT NOT NULL,    -- slug
    dialect TEXT NOT NULL CHECK (dialect IN ('ollama', 'openai', 'mcp')),
    client TEXT NOT NULL,       -- its User-Agent, cut
    model TEXT NOT NULL,        -- provider:name
    question TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('finished', 'stopped', 'failed')),
    citations TEXT NOT NULL,    -- JSON, in the contract's words
    timings TEXT NOT NULL,      -- JSON, milliseconds
    usage TEXT NOT NULL,        -- JSON, tokens
    created_at REAL NOT NULL
) STRICT;
CREATE INDEX dialect_answer_by_owner ON dialect_answer (owner, number);

-- a bare name that a client used while it meant a provider's model goes on meaning it, whatever workspaces come later
CREATE TABLE dialect_name (
    owner INTEGER NOT NULL REFERENCES user (id),
    name TEXT NOT NULL,
    model TEXT NOT NULL,        -- provider:name
    PRIMARY KEY (owner, name)
) STRICT, WITHOUT ROWID;
