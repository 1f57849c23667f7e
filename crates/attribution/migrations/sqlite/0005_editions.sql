-- The format a list version was read from: a poorer one of the same day ends nothing.
ALTER TABLE snapshot ADD COLUMN format TEXT;

-- List versions that would end so many subjects that a person has to look first. Unanswered while answer is NULL; then
-- 'accepted', 'rejected', or 'overtaken' by a later version without that question.
CREATE TABLE held (
    id          INTEGER NOT NULL PRIMARY KEY,
    source      TEXT    NOT NULL,
    published   TEXT    NOT NULL,
    sha256      TEXT    NOT NULL,
    -- Addresses or parties; how many would go, of how many, and the names of the first ones as JSON.
    what        TEXT    NOT NULL,
    ended       BIGINT  NOT NULL,
    total       BIGINT  NOT NULL,
    names       TEXT    NOT NULL,
    held_at     BIGINT  NOT NULL,
    answer      TEXT,
    answered_at BIGINT
);
CREATE INDEX held_source ON held (source, answer);
