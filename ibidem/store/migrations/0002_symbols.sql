-- What source files define and import. Rows hang on a version of a document, as chunks do, and are swept with it.

CREATE TABLE symbol (
    owner INTEGER NOT NULL,
    document TEXT NOT NULL,
    version INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,       -- class, def, func, field, ... as the language calls it
    parent TEXT NOT NULL,     -- dotted path of what encloses it
    start_line INTEGER NOT NULL,
    end_line INTEGER NOT NULL,
    start_char INTEGER NOT NULL,
    end_char INTEGER NOT NULL,
    signature TEXT NOT NULL,
    type TEXT NOT NULL        -- result, field type or bases, as far as written
) STRICT;
CREATE INDEX symbol_in_document ON symbol (document, version);
CREATE INDEX symbol_by_name ON symbol (name);
CREATE INDEX symbol_by_parent ON symbol (parent);

CREATE TABLE import (
    owner INTEGER NOT NULL,
    document TEXT NOT NULL,
    version INTEGER NOT NULL,
    module TEXT NOT NULL,     -- as written
    name TEXT NOT NULL,       -- '' the module itself, '*' all it has
    alias TEXT NOT NULL,      -- its name in this file
    line INTEGER NOT NULL
) STRICT;
CREATE INDEX import_in_document ON import (document, version);

CREATE INDEX chunk_by_place ON chunk (document, version, start_char, end_char);

-- files read before this table was there are read again when their folders are walked
UPDATE document SET sha256 = '', mtime_ns = -1 WHERE source IS NOT NULL AND media_type LIKE 'text/x-%';
