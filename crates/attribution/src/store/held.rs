//! List versions that wait for a person's answer.

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::Serialize;
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tracehound_model::SourceId;

use super::{
    ClaimStore, StoreError,
    decode::{self, Cells},
};
use crate::{SourceHistory, import::Shrink};

/// A list version that was not taken in because it would end too many subjects.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Held {
    /// Whose list.
    pub source: SourceId,
    /// Of which day.
    pub published: Date,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// Who would go.
    pub shrink: Shrink,
    /// When it came.
    pub held_at: Timestamp,
}

/// What was decided about a held list version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A person took it in.
    Accepted,
    /// A person decided against it.
    Rejected,
    /// A later version came that raises no such question.
    Overtaken,
}

impl Answer {
    const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Overtaken => "overtaken",
        }
    }
}

impl ClaimStore {
    /// Remembers a list version that waits for an answer. The same bytes again are no news.
    pub async fn hold(&self, held: &Held) -> Result<(), StoreError> {
        let doing = "holding a list version";
        let mut change = self.change(doing).await?;
        let known: Option<i64> =
            sqlx::query_scalar("SELECT id FROM held WHERE source = $1 AND sha256 = $2 AND answer IS NULL")
                .bind(&held.source.0)
                .bind(&held.sha256)
                .fetch_optional(change.db())
                .await
                .map_err(StoreError::while_(doing))?;
        if known.is_some() {
            return Ok(());
        }
        let id = decode::next_id(change.db(), "SELECT MAX(id) FROM held").await?;
        sqlx::query(
            "INSERT INTO held (id, source, published, sha256, what, ended, total, names, held_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(id)
        .bind(&held.source.0)
        .bind(held.published.to_string())
        .bind(&held.sha256)
        .bind(&held.shrink.what)
        .bind(i64::try_from(held.shrink.ended).unwrap_or(i64::MAX))
        .bind(i64::try_from(held.shrink.total).unwrap_or(i64::MAX))
        .bind(serde_json::to_string(&held.shrink.names).expect("texts always have a JSON form"))
        .bind(held.held_at.as_microsecond())
        .execute(change.db())
        .await
        .map_err(StoreError::while_(doing))?;
        change.commit(None).await
    }

    /// Answers every open question about the list versions of `source` up to `day`; how many there were.
    pub async fn answer(
        &self,
        source: &SourceId,
        day: Date,
        answer: Answer,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let doing = "answering about a list version";
        let mut change = self.change(doing).await?;
        let answered = sqlx::query(
            "UPDATE held SET answer = $1, answered_at = $2 WHERE source = $3 AND published <= $4 \
             AND answer IS NULL",
        )
        .bind(answer.word())
        .bind(now.as_microsecond())
        .bind(&source.0)
        .bind(day.to_string())
        .execute(change.db())
        .await
        .map_err(StoreError::while_(doing))?;
        // An answer where nothing was asked is no change.
        if answered.rows_affected() > 0 {
            change.commit(None).await?;
        }
        Ok(answered.rows_affected())
    }

    /// Whether a person rejected these bytes of this source.
    pub async fn is_rejected(&self, source: &SourceId, sha256: &str) -> Result<bool, StoreError> {
        let found: Option<i64> = sqlx::query_scalar(
            "SELECT id FROM held WHERE source = $1 AND sha256 = $2 AND answer = 'rejected' LIMIT 1",
        )
        .bind(&source.0)
        .bind(sha256)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::while_("reading held list versions"))?;
        Ok(found.is_some())
    }

    /// The list versions that wait for an answer.
    pub async fn held(&self) -> Result<Vec<Held>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, source, published, sha256, what, ended, total, names, held_at FROM held \
             WHERE answer IS NULL ORDER BY source, published, id",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::while_("reading held list versions"))?;
        rows.iter().map(held).collect()
    }
}

/// Adds to each source since when a version of it waits for an answer.
pub(super) async fn add_waiting(
    db: &mut SqliteConnection,
    sources: &mut [SourceHistory],
) -> Result<(), StoreError> {
    let failed = StoreError::while_("reading held list versions");
    let rows = sqlx::query(
        "SELECT id, source, published FROM held WHERE answer IS NULL ORDER BY published DESC, id",
    )
    .fetch_all(db)
    .await
    .map_err(failed)?;
    for row in &rows {
        let cells = Cells::new(row, "held")?;
        let (id, published): (String, Date) = (cells.get("source")?, cells.date("published")?);
        let history = sources.iter_mut().find(|history| history.source.id.0 == id);
        // One from before the newest that is in force would change nothing of today.
        if let Some(history) = history.filter(|history| history.snapshots.last() <= Some(&published)) {
            history.waiting = Some(published);
        }
    }
    Ok(())
}

fn held(row: &SqliteRow) -> Result<Held, StoreError> {
    let cells = Cells::new(row, "held")?;
    let count = |column| cells.get::<i64>(column).map(|count| u64::try_from(count).unwrap_or_default());
    let names: String = cells.get("names")?;
    Ok(Held {
        source: SourceId(cells.get("source")?),
        published: cells.date("published")?,
        sha256: cells.get("sha256")?,
        shrink: Shrink {
            what: cells.get("what")?,
            ended: count("ended")?,
            total: count("total")?,
            names: serde_json::from_str(&names).map_err(|error| cells.corrupt(error))?,
        },
        held_at: cells.moment("held_at")?.ok_or_else(|| cells.corrupt("no held_at"))?,
    })
}
