-- Users with passwords, their sign-ins and keys, and workspaces shared with them.

ALTER TABLE user ADD COLUMN name_key TEXT;       -- the name in NFKC and case-folded: two that look alike are one
ALTER TABLE user ADD COLUMN password_hash TEXT;  -- argon2id; NULL: none
ALTER TABLE user ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
UPDATE user SET name_key = name;
CREATE UNIQUE INDEX user_by_name ON user (name_key);

-- `token_hash` is the proof and never shown; `id` names a sign-in in lists
ALTER TABLE login ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE login ADD COLUMN proof TEXT NOT NULL DEFAULT 'link' CHECK (proof IN ('link', 'name', 'password'));
ALTER TABLE login ADD COLUMN used_at REAL NOT NULL DEFAULT 0;
ALTER TABLE login ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE login ADD COLUMN agent TEXT NOT NULL DEFAULT '';  -- the browser, as it names itself
UPDATE login SET id = lower(hex(randomblob(8))), used_at = unixepoch();
CREATE UNIQUE INDEX login_by_id ON login (id);
CREATE INDEX login_by_owner ON login (owner);

-- attempts with a password that have not succeeded, also under names that nobody has
CREATE TABLE login_failure (
    name_key TEXT NOT NULL,
    address TEXT NOT NULL,
    failures INTEGER NOT NULL,
    failed_at REAL NOT NULL,
    PRIMARY KEY (name_key, address)
) STRICT, WITHOUT ROWID;

-- keys of programs: the SHA-256, never the key
CREATE TABLE api_key (
    id TEXT PRIMARY KEY,
    owner INTEGER NOT NULL REFERENCES user (id),
    key_hash TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,  -- words with a blank between them
    created_at REAL NOT NULL,
    expires_at REAL,       -- NULL: never
    used_at REAL
) STRICT;
CREATE INDEX api_key_by_owner ON api_key (owner);

-- `owner`'s workspace, which `user` knows under a slug of his own that never changes
CREATE TABLE share (
    id TEXT PRIMARY KEY,
    owner INTEGER NOT NULL REFERENCES user (id),
    workspace INTEGER NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    user INTEGER NOT NULL REFERENCES user (id),
    access TEXT NOT NULL CHECK (access IN ('read', 'write')),
    slug TEXT NOT NULL,
    created_at REAL NOT NULL,
    UNIQUE (workspace, user),
    UNIQUE (user, slug)
) STRICT;
