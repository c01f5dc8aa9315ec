-- Prompt templates of the users; those that come with Ibidem are files of the program.

CREATE TABLE template (
    id TEXT PRIMARY KEY,
    owner INTEGER NOT NULL REFERENCES user (id),
    name TEXT NOT NULL,      -- NFC, as the user wrote it
    name_key TEXT NOT NULL,  -- the name without regard to case: none twice
    body TEXT NOT NULL,      -- JSON: system, variables, examples, settings
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    UNIQUE (owner, name_key)
) STRICT;
