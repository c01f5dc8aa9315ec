-- Which answers cite a document: to ask it of ten thousand messages reads no message.

CREATE TABLE cited (
    message TEXT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    document TEXT NOT NULL,     -- which may be gone
    owner INTEGER NOT NULL REFERENCES user (id),  -- the message's
    PRIMARY KEY (message, document)
) STRICT, WITHOUT ROWID;
CREATE INDEX cited_by_document ON cited (document, owner);

INSERT OR IGNORE INTO cited (message, document, owner)
SELECT m.id, c.value ->> 'document_id', m.owner
FROM message AS m, json_each(m.details, '$.citations') AS c
WHERE m.role = 'assistant' AND c.value ->> 'document_id' IS NOT NULL;
