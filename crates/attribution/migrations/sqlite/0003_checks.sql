-- How much of its list an edition holds: 0 the whole list, 1 all its addresses but not all its parties, 2 a part.
ALTER TABLE snapshot ADD COLUMN scope SMALLINT NOT NULL DEFAULT 0;
UPDATE snapshot SET scope = 1 WHERE shipped = 1;

-- Each time a source was asked for at its publisher. Where that went well (outcome 0), the editions here are all that
-- was published from the day `since` (the newest edition here at that moment) to the moment `at`.
CREATE TABLE source_check (
    id      INTEGER  NOT NULL PRIMARY KEY,
    source  TEXT     NOT NULL,
    since   TEXT,
    at      BIGINT   NOT NULL,
    outcome SMALLINT NOT NULL,
    message TEXT
);
CREATE INDEX source_check_source ON source_check (source, at);

-- Packs of notices, signed or shipped: a source in one is complete up to the pack's own day.
CREATE TABLE pack (
    id             INTEGER NOT NULL PRIMARY KEY,
    name           TEXT    NOT NULL,
    complete_as_of TEXT    NOT NULL,
    sha256         TEXT    NOT NULL,
    signer         TEXT,
    recorded_at    BIGINT  NOT NULL
);
CREATE TABLE pack_source (
    pack   BIGINT NOT NULL REFERENCES pack (id),
    source TEXT   NOT NULL
);
-- Public keys whose packs are taken without being named again.
CREATE TABLE trusted_key (
    id          INTEGER NOT NULL PRIMARY KEY,
    key         TEXT    NOT NULL UNIQUE,
    recorded_at BIGINT  NOT NULL
);
