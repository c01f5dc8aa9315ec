-- Vectors, float16: made once for a text and an embedder, and shared by the chunks that have this text.

CREATE TABLE embedder (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    dim INTEGER NOT NULL,
    used_at REAL NOT NULL,  -- the last one before the present one is kept, to go back to
    UNIQUE (name, dim)
) STRICT;

CREATE TABLE embedding (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner INTEGER NOT NULL REFERENCES user (id),
    embedder INTEGER NOT NULL REFERENCES embedder (id),
    text_hash BLOB NOT NULL,  -- BLAKE2b, 16 bytes, of the text as it was embedded
    vectors BLOB NOT NULL,    -- little-endian float16, shape (windows, dim); empty: the embedder refuses this text
    UNIQUE (owner, embedder, text_hash)
) STRICT;

-- hangs from its chunk and leaves with it
CREATE TABLE chunk_embedding (
    chunk INTEGER NOT NULL REFERENCES chunk (id) ON DELETE CASCADE,
    embedder INTEGER NOT NULL,
    embedding INTEGER NOT NULL REFERENCES embedding (id),
    PRIMARY KEY (chunk, embedder)
) STRICT, WITHOUT ROWID;
CREATE INDEX chunk_embedding_by_embedding ON chunk_embedding (embedding);

-- how far a workspace is embedded: up to this entry of the change log every chunk has its vectors
CREATE TABLE embedded (
    workspace INTEGER NOT NULL,
    embedder INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (workspace, embedder)
) STRICT, WITHOUT ROWID;

-- what an embedder failed with last, until it works again
CREATE TABLE embedder_failure (
    name TEXT PRIMARY KEY,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    hint TEXT NOT NULL,
    failed_at REAL NOT NULL
) STRICT;
