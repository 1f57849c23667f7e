//! When sources were asked for at their publishers, and what is known to be complete.

use jiff::{Timestamp, civil::Date};
use sqlx::SqliteConnection;
use tracehound_model::SourceId;

use super::{
    ClaimStore, StoreError,
    decode::{self, Cells},
};
use crate::{
    SourceHistory,
    history::{Vouched, end_of},
};

/// What came of asking a publisher for its list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckOutcome {
    /// Its newest list version is here: it had been, or it was fetched and imported.
    Current,
    /// The same by the word of a person, who fetched the list by hand.
    Word,
    /// It was not had, or what was had was not taken in: why, in words.
    Failed(String),
}

/// The last checks of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastChecks {
    /// The source.
    pub source: String,
    /// When its publisher was last asked with success.
    pub checked_at: Option<Timestamp>,
    /// Whether a person says so, who fetched the list by hand.
    pub by_word: bool,
    /// The last failure after that, with its reason.
    pub failed: Option<(Timestamp, String)>,
}

/// What is recorded beside a check that a person speaks for.
const WORD: &str = "a person's word";
/// The publisher had nothing that is not here.
const CURRENT: i64 = 0;
/// The publisher was not had, or its list was not taken in.
const FAILED: i64 = 1;
/// A person took list versions back: what vouched for the source before does so no more.
const TAKEN_BACK: i64 = 2;

impl ClaimStore {
    /// Records that the publisher of `source` was asked at the moment `at`.
    ///
    /// With [`CheckOutcome::Current`] the newest list version here vouches for the time from its day to `at`: call it after
    /// the import, if there was one.
    pub async fn record_check(
        &self,
        source: &SourceId,
        at: Timestamp,
        outcome: &CheckOutcome,
    ) -> Result<(), StoreError> {
        let mut change = self.change("recording a check").await?;
        match outcome {
            CheckOutcome::Current | CheckOutcome::Word => {
                let word = (*outcome == CheckOutcome::Word).then_some(WORD);
                let since: Option<String> = sqlx::query_scalar(
                    "SELECT MAX(published) FROM snapshot WHERE source = $1 AND superseded_at IS NULL AND scope < 2",
                )
                .bind(&source.0)
                .fetch_one(change.db())
                .await
                .map_err(StoreError::while_("recording a check"))?;
                insert_check(change.db(), source, since, at, (CURRENT, word)).await?;
            }
            CheckOutcome::Failed(reason) => {
                insert_check(change.db(), source, None, at, (FAILED, Some(reason))).await?;
            }
        }
        change.commit(None).await
    }

    /// Records that the list versions here of `source` are all that were in force from `since` to `until`: what a complete
    /// history of its changes shows. The same once more is a no-op.
    pub async fn record_vouched(
        &self,
        source: &SourceId,
        since: Date,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let mut change = self.change("recording a history").await?;
        let known: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM source_check WHERE source = $1 AND since = $2 AND at = $3 AND outcome = 0",
        )
        .bind(&source.0)
        .bind(since.to_string())
        .bind(until.as_microsecond())
        .fetch_one(change.db())
        .await
        .map_err(StoreError::while_("recording a history"))?;
        if known == 0 {
            insert_check(change.db(), source, Some(since.to_string()), until, (CURRENT, None)).await?;
            change.commit(None).await?;
        }
        Ok(())
    }

    /// The last check and the last failure of every source that was ever asked for, by id.
    pub async fn last_checks(&self) -> Result<Vec<LastChecks>, StoreError> {
        let rows =
            sqlx::query("SELECT id, source, at, outcome, message FROM source_check ORDER BY source, at, id")
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::while_("reading checks"))?;
        let mut all: Vec<LastChecks> = Vec::new();
        for row in &rows {
            let cells = Cells::new(row, "source_check")?;
            let source: String = cells.get("source")?;
            if all.last().is_none_or(|last| last.source != source) {
                all.push(LastChecks { source, ..LastChecks::default() });
            }
            let at = cells.moment("at")?.ok_or_else(|| cells.corrupt("no at"))?;
            let outcome: i64 = cells.get("outcome")?;
            let message: Option<String> = cells.get("message")?;
            let Some(last) = all.last_mut() else { continue };
            match outcome {
                CURRENT => {
                    last.by_word = message.as_deref() == Some(WORD);
                    (last.checked_at, last.failed) = (Some(at), None);
                }
                TAKEN_BACK => {
                    (last.checked_at, last.failed) = (None, Some((at, message.unwrap_or_default())));
                }
                _ => last.failed = Some((at, message.unwrap_or_default())),
            }
        }
        Ok(all)
    }
}

/// Records that list versions of `source` were taken back at the moment `at`: neither an earlier check nor an earlier pack
/// says any longer that everything is here.
pub(super) async fn end_vouching(
    db: &mut SqliteConnection,
    source: &SourceId,
    at: Timestamp,
) -> Result<(), StoreError> {
    insert_check(db, source, None, at, (TAKEN_BACK, Some("a person took list versions of it back"))).await
}

async fn insert_check(
    db: &mut SqliteConnection,
    source: &SourceId,
    since: Option<String>,
    at: Timestamp,
    (outcome, message): (i64, Option<&str>),
) -> Result<(), StoreError> {
    let id = decode::next_id(db, "SELECT MAX(id) FROM source_check").await?;
    sqlx::query(
        "INSERT INTO source_check (id, source, since, at, outcome, message) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id)
    .bind(&source.0)
    .bind(since)
    .bind(at.as_microsecond())
    .bind(outcome)
    .bind(message)
    .execute(db)
    .await
    .map_err(StoreError::while_("recording a check"))?;
    Ok(())
}

/// Adds to each source what is known about its completeness.
pub(super) async fn add_checks(
    db: &mut SqliteConnection,
    sources: &mut [SourceHistory],
) -> Result<(), StoreError> {
    let spans = sqlx::query(
        "SELECT MAX(id) AS id, source, since, MAX(at) AS until, message FROM source_check c \
         WHERE outcome = 0 AND since IS NOT NULL AND NOT EXISTS (SELECT 1 FROM source_check w \
         WHERE w.source = c.source AND w.outcome = 2 AND w.id > c.id) GROUP BY source, since, message ORDER BY source, since, message",
    )
    .fetch_all(&mut *db)
    .await
    .map_err(StoreError::while_("reading checks"))?;
    for row in &spans {
        let cells = Cells::new(row, "source_check")?;
        let id: String = cells.get("source")?;
        let Some(history) = sources.iter_mut().find(|history| history.source.id.0 == id) else { continue };
        let mut until = cells.moment("until")?.ok_or_else(|| cells.corrupt("no at"))?;
        let since = cells.date("since")?;
        let is_word = cells.get::<Option<String>>("message")?.as_deref() == Some(WORD);
        // A version that came after the one of which a person said that it was the newest proves him wrong from its day on.
        if let Some(newer) = history.snapshots.iter().find(|day| is_word && **day > since) {
            until = until.min(newer.yesterday().ok().and_then(end_of).unwrap_or(until));
        }
        history.vouched.push(Vouched { since, until });
        history.checked_at = history.checked_at.max(Some(until));
    }
    let packs = sqlx::query(
        "SELECT MAX(p.id) AS id, s.source, MAX(p.complete_as_of) AS complete_as_of \
         FROM pack p JOIN pack_source s ON s.pack = p.id WHERE p.name = $1 AND NOT EXISTS \
         (SELECT 1 FROM pack_source o JOIN source_check w ON w.source = o.source \
         WHERE o.pack = p.id AND w.outcome = 2 AND w.at >= p.recorded_at) GROUP BY s.source",
    )
    .bind(crate::pack::COMPLETE_PACK)
    .fetch_all(&mut *db)
    .await
    .map_err(StoreError::while_("reading packs"))?;
    for row in &packs {
        let cells = Cells::new(row, "pack")?;
        let id: String = cells.get("source")?;
        if let Some(history) = sources.iter_mut().find(|history| history.source.id.0 == id) {
            history.complete_as_of = cells.optional_date("complete_as_of")?;
        }
    }
    Ok(())
}
