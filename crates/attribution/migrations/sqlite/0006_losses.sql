-- Whom a version of a guarded list took off, few enough that nobody was asked: later versions are measured with them, so
-- that many small steps are one large one. Settled once a person accepts what is gone, or takes the version back.
CREATE TABLE loss (
    id          INTEGER  NOT NULL PRIMARY KEY,
    source      TEXT     NOT NULL,
    published   TEXT     NOT NULL,
    -- 0 an address or other subject, 1 a party; its canonical bytes or id, and its name for a person.
    kind        SMALLINT NOT NULL,
    subject     BLOB     NOT NULL,
    name        TEXT     NOT NULL,
    recorded_at BIGINT   NOT NULL,
    settled_at  BIGINT
);
CREATE INDEX loss_source ON loss (source, published);

-- Digest of what a list version says: the same bytes read in another way are another version.
ALTER TABLE snapshot ADD COLUMN content TEXT;
