-- Append-only: rows are inserted; the one update ever made sets superseded_at. Nothing is deleted.
-- Days are ISO texts (they compare as dates do), moments are microseconds since 1970.

-- One imported publication of a source. Of a source and day, one is not superseded.
CREATE TABLE snapshot (
    id            INTEGER NOT NULL PRIMARY KEY,
    source        TEXT    NOT NULL,
    published     TEXT    NOT NULL,
    sha256        TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    title         TEXT    NOT NULL,
    publisher     TEXT    NOT NULL,
    url           TEXT,
    recorded_at   BIGINT  NOT NULL,
    superseded_at BIGINT
);
CREATE UNIQUE INDEX snapshot_day ON snapshot (source, published) WHERE superseded_at IS NULL;

-- What is said (a statement) or listed (a party), as JSON; many entries of a source share one.
CREATE TABLE body (
    id   INTEGER NOT NULL PRIMARY KEY,
    json TEXT    NOT NULL
);

-- An identity inside a source: kind 0 is a claim (a subject and a statement), kind 1 a party.
CREATE TABLE entry (
    id      INTEGER  NOT NULL PRIMARY KEY,
    source  TEXT     NOT NULL,
    kind    SMALLINT NOT NULL,
    hash    BLOB     NOT NULL,
    subject BLOB     NOT NULL,
    body    BIGINT   NOT NULL REFERENCES body (id)
);
CREATE UNIQUE INDEX entry_identity ON entry (source, kind, hash);
-- Imports read a source's entries page by page.
CREATE INDEX entry_source ON entry (source, id);
CREATE INDEX entry_subject ON entry (subject);

-- A run of consecutive snapshots that carry an entry: from the first (carried_from) to the first later one without it
-- (carried_to). valid_from and valid_to add the days the source itself gives (said_from, said_to).
CREATE TABLE validity (
    id            INTEGER  NOT NULL PRIMARY KEY,
    entry         BIGINT   NOT NULL REFERENCES entry (id),
    carried_from  TEXT     NOT NULL,
    carried_to    TEXT,
    confidence    SMALLINT NOT NULL,
    said_from     TEXT,
    said_to       TEXT,
    valid_from    TEXT     NOT NULL,
    valid_to      TEXT,
    recorded_at   BIGINT   NOT NULL,
    superseded_at BIGINT
);
CREATE INDEX validity_entry ON validity (entry);
