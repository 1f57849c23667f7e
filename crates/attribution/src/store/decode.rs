//! Rows back into values.

use jiff::{Timestamp, civil::Date};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use tracehound_model::{Claim, Confidence, Party, Source, SourceId, SourceKind, Statement, Subject};

use super::{
    StoreError, claim_id,
    runs::{Run, Said},
};
use crate::Scope;

/// Entries read with one query.
const PAGE: i64 = 5_000;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Claim = 0,
    Party = 1,
}

/// A snapshot's day.
pub(super) struct KnownSnapshot {
    pub(super) id: i64,
    pub(super) published: Date,
    pub(super) sha256: String,
    /// Digest of what it says, where that was remembered.
    pub(super) content: Option<String>,
    /// Whether it came with the product.
    pub(super) shipped: bool,
}

/// An entry with its current rows in their order, each with its number.
pub(super) struct StoredEntry {
    pub(super) entry: i64,
    pub(super) kind: Kind,
    pub(super) hash: [u8; 16],
    /// Of a party, its id.
    pub(super) party: Option<Vec<u8>>,
    pub(super) rows: Vec<(i64, Run)>,
}

impl StoredEntry {
    pub(super) fn runs(&self) -> Vec<Run> {
        self.rows.iter().map(|(_, run)| *run).collect()
    }
}

/// Reads columns of one row and turns what cannot be read into [`StoreError::Corrupt`].
pub(super) struct Cells<'r> {
    row: &'r SqliteRow,
    table: &'static str,
    id: i64,
}

impl<'r> Cells<'r> {
    pub(super) fn new(row: &'r SqliteRow, table: &'static str) -> Result<Self, StoreError> {
        let id = row.try_get("id").map_err(StoreError::while_("reading a row"))?;
        Ok(Self { row, table, id })
    }

    pub(super) fn id(&self) -> i64 {
        self.id
    }

    pub(super) fn corrupt(&self, message: impl std::fmt::Display) -> StoreError {
        StoreError::Corrupt { table: self.table, row: self.id, message: message.to_string() }
    }

    pub(super) fn get<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: sqlx::Type<sqlx::Sqlite> + sqlx::Decode<'r, sqlx::Sqlite>,
    {
        self.row.try_get(column).map_err(|error| self.corrupt(error))
    }

    pub(super) fn optional_date(&self, column: &'static str) -> Result<Option<Date>, StoreError> {
        let text: Option<String> = self.get(column)?;
        text.map(|text| text.parse().map_err(|error| self.corrupt(error))).transpose()
    }

    pub(super) fn date(&self, column: &'static str) -> Result<Date, StoreError> {
        self.optional_date(column)?.ok_or_else(|| self.corrupt(format!("no {column}")))
    }

    pub(super) fn moment(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        let micros: Option<i64> = self.get(column)?;
        micros
            .map(|micros| Timestamp::from_microsecond(micros).map_err(|error| self.corrupt(error)))
            .transpose()
    }

    fn recorded_at(&self) -> Result<Timestamp, StoreError> {
        self.moment("recorded_at")?.ok_or_else(|| self.corrupt("no recorded_at"))
    }

    fn hash(&self) -> Result<[u8; 16], StoreError> {
        let hash: Vec<u8> = self.get("hash")?;
        hash.try_into().map_err(|_| self.corrupt("a hash that is not 16 bytes long"))
    }

    fn confidence(&self) -> Result<u8, StoreError> {
        let level: i64 = self.get("confidence")?;
        u8::try_from(level).map_err(|error| self.corrupt(error))
    }

    fn run(&self) -> Result<Run, StoreError> {
        Ok(Run {
            carried_from: self.date("carried_from")?,
            carried_to: self.optional_date("carried_to")?,
            said: Said {
                confidence: self.confidence()?,
                from: self.optional_date("said_from")?,
                to: self.optional_date("said_to")?,
            },
            valid_from: self.date("valid_from")?,
            valid_to: self.optional_date("valid_to")?,
        })
    }

    pub(super) fn scope(&self) -> Result<Scope, StoreError> {
        match self.get::<i64>("scope")? {
            0 => Ok(Scope::List),
            1 => Ok(Scope::Addresses),
            2 => Ok(Scope::Extract),
            other => Err(self.corrupt(format!("{other} is no scope"))),
        }
    }

    /// A claim from a row with the columns of [`CLAIM_COLUMNS`].
    pub(super) fn claim(&self) -> Result<Claim, StoreError> {
        let source: String = self.get("source")?;
        let statement = self.statement()?;
        let subject: Vec<u8> = self.get("subject")?;
        let valid_from = self.date("valid_from")?;
        Ok(Claim {
            id: claim_id(&source, &self.hash()?, valid_from),
            subject: Subject::from_key(&subject).ok_or_else(|| self.corrupt("a subject of unknown form"))?,
            statement,
            confidence: Confidence(self.confidence()?),
            source: SourceId(source),
            valid_from,
            valid_to: self.optional_date("valid_to")?,
            recorded_at: self.recorded_at()?,
        })
    }

    pub(super) fn statement(&self) -> Result<Statement, StoreError> {
        let json: String = self.get("json")?;
        serde_json::from_str(&json).map_err(|error| self.corrupt(error))
    }

    pub(super) fn party(&self) -> Result<Party, StoreError> {
        let json: String = self.get("json")?;
        serde_json::from_str(&json).map_err(|error| self.corrupt(error))
    }

    pub(super) fn source(&self) -> Result<Source, StoreError> {
        let word: String = self.get("kind")?;
        let kinds = [SourceKind::Sanctions, SourceKind::LawEnforcement, SourceKind::Labels, SourceKind::Own];
        let kind = kinds.into_iter().find(|kind| super::write::kind_word(*kind) == word);
        Ok(Source {
            id: SourceId(self.get("source")?),
            kind: kind.ok_or_else(|| self.corrupt(format!("`{word}` is no kind of source")))?,
            title: self.get("title")?,
            publisher: self.get("publisher")?,
            url: self.get("url")?,
            published: self.date("published")?,
            recorded_at: self.recorded_at()?,
            sha256: self.get("sha256")?,
        })
    }
}

/// The next free row number; `query` is `SELECT MAX(id) FROM …`. There is one writer.
pub(super) async fn next_id(db: &mut SqliteConnection, query: &'static str) -> Result<i64, StoreError> {
    let highest: Option<i64> =
        sqlx::query_scalar(query).fetch_one(db).await.map_err(StoreError::while_("numbering rows"))?;
    Ok(highest.unwrap_or(0) + 1)
}

/// The current snapshots of a source.
pub(super) async fn snapshot_days(
    db: &mut SqliteConnection,
    source: &str,
) -> Result<Vec<KnownSnapshot>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, published, sha256, content, shipped FROM snapshot WHERE source = $1 AND superseded_at IS NULL \
         ORDER BY published",
    )
    .bind(source)
    .fetch_all(db)
    .await
    .map_err(StoreError::while_("reading snapshots"))?;
    let read = |row: &SqliteRow| {
        let cells = Cells::new(row, "snapshot")?;
        Ok(KnownSnapshot {
            id: cells.id(),
            published: cells.date("published")?,
            sha256: cells.get("sha256")?,
            content: cells.get("content")?,
            shipped: cells.get::<i64>("shipped")? != 0,
        })
    };
    rows.iter().map(read).collect()
}

/// Gives every entry of a source, one page in memory at a time.
pub(super) async fn each_entry(
    db: &mut SqliteConnection,
    source: &str,
    mut take: impl FnMut(StoredEntry),
) -> Result<(), StoreError> {
    let mut after = 0_i64;
    loop {
        let rows = sqlx::query(
            "SELECT page.id AS entry, page.kind, page.hash, page.party, v.id AS row, COALESCE(v.id, 0) AS id, \
             v.carried_from, v.carried_to, v.confidence, v.said_from, v.said_to, v.valid_from, v.valid_to \
             FROM (SELECT id, kind, hash, CASE WHEN kind = 1 THEN subject END AS party FROM entry WHERE source = $1 AND id > $2 ORDER BY id LIMIT $3) page \
             LEFT JOIN validity v ON v.entry = page.id AND v.superseded_at IS NULL \
             ORDER BY page.id, v.carried_from",
        )
        .bind(source)
        .bind(after)
        .bind(PAGE)
        .fetch_all(&mut *db)
        .await
        .map_err(StoreError::while_("reading entries"))?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut open: Option<StoredEntry> = None;
        for row in &rows {
            let cells = Cells::new(row, "validity")?;
            let entry = cells.get("entry")?;
            if open.as_ref().is_none_or(|open| open.entry != entry) {
                let kind: i64 = cells.get("kind")?;
                let next = StoredEntry {
                    entry,
                    kind: if kind == Kind::Claim as i64 { Kind::Claim } else { Kind::Party },
                    hash: cells.hash()?,
                    party: cells.get("party")?,
                    rows: Vec::new(),
                };
                open.replace(next).map(&mut take);
            }
            let stored: Option<i64> = cells.get("row")?;
            if let (Some(open), Some(row)) = (&mut open, stored) {
                open.rows.push((row, cells.run()?));
            }
            after = entry;
        }
        open.map(&mut take);
    }
}
