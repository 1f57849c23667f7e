-- What the store knows of itself, one row: its random name, the secret of its indexes, the number of its last change
-- (one more with every change), and which version of the shipped facts it has taken in.
CREATE TABLE meta (
    id      SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
    store   TEXT     NOT NULL,
    secret  TEXT     NOT NULL,
    change  BIGINT   NOT NULL,
    shipped TEXT
);

-- The last change that touched what a source says: what an index made before it has to read again.
CREATE TABLE source_change (
    source TEXT   NOT NULL PRIMARY KEY,
    change BIGINT NOT NULL
);
INSERT INTO source_change (source, change) SELECT DISTINCT source, 1 FROM snapshot;

-- Sources that a person took out: the only way in which an index may lose one.
CREATE TABLE removal (
    source     TEXT   NOT NULL,
    removed_at BIGINT NOT NULL,
    PRIMARY KEY (source, removed_at)
);
