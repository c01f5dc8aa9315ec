-- Users take turns: the number of the claim by which each was served last. A number, not a time: clocks are set back.

CREATE TABLE served (
    owner INTEGER NOT NULL REFERENCES user (id),
    kind TEXT NOT NULL,
    claim INTEGER NOT NULL,
    PRIMARY KEY (owner, kind)
) STRICT, WITHOUT ROWID;

-- of a long answer, in at most three sentences: what later turns read where it no longer fits; NULL: none (yet)
ALTER TABLE message ADD COLUMN summary TEXT;
