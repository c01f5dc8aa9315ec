-- Vectors that no chunk has any more are kept for a while: a branch that is checked out again, or a folder that is added
-- again, costs no embedding.

ALTER TABLE embedding ADD COLUMN unused_at REAL;  -- when it was first seen without a chunk; NULL: it has one
CREATE INDEX embedding_by_unused_at ON embedding (unused_at) WHERE unused_at IS NOT NULL;
