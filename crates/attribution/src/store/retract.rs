//! Taking back: a source as a whole, or its list versions after one that a person wants in force again. Nothing is deleted:
//! what was believed stays on record.

use jiff::{Timestamp, civil::Date};
use tracehound_model::SourceId;

use super::{
    ClaimStore, StoreError, checks, decode, losses,
    runs::{runs, said_on},
    write::{Replaced, supersede},
};

impl ClaimStore {
    /// Takes a source out: nothing it said is believed from now on. The store records that it was taken out, so that an
    /// index may lose it. Gives the days of the list versions that went.
    ///
    /// A source that the store does not have is recorded too: an index made from another store may still name it.
    pub async fn remove_source(&self, source: &SourceId, now: Timestamp) -> Result<Vec<Date>, StoreError> {
        let mut change = self.change("taking a source out").await?;
        let gone = retract(change.db(), source, |_| false, now).await?;
        sqlx::query("INSERT INTO removal (source, removed_at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(&source.0)
            .bind(now.as_microsecond())
            .execute(change.db())
            .await
            .map_err(StoreError::while_("recording a removal"))?;
        change.commit(Some(source)).await?;
        Ok(gone)
    }

    /// Puts the list version of `day` in force again: the later ones of the source are taken back. Gives their days.
    pub async fn revert(
        &self,
        source: &SourceId,
        day: Date,
        now: Timestamp,
    ) -> Result<Vec<Date>, StoreError> {
        let mut change = self.change("going back to a list version").await?;
        let known = decode::snapshot_days(change.db(), &source.0).await?;
        if !known.iter().any(|known| known.published == day) {
            let what = format!("list version of {day} of a source `{source}`");
            return Err(StoreError::Unknown { what });
        }
        let gone = retract(change.db(), source, |published| published <= day, now).await?;
        if !gone.is_empty() {
            losses::forget_losses_after(change.db(), source, day, now).await?;
            change.commit(Some(source)).await?;
        }
        Ok(gone)
    }
}

/// Takes back the list versions of which `keep` says no.
async fn retract(
    db: &mut sqlx::SqliteConnection,
    source: &SourceId,
    keep: impl Fn(Date) -> bool,
    now: Timestamp,
) -> Result<Vec<Date>, StoreError> {
    let (kept, gone): (Vec<_>, Vec<_>) =
        decode::snapshot_days(db, &source.0).await?.into_iter().partition(|known| keep(known.published));
    if !gone.is_empty() {
        checks::end_vouching(db, source, now).await?;
    }
    let now = now.as_microsecond();
    let ids: Vec<i64> = gone.iter().map(|known| known.id).collect();
    supersede(db, "UPDATE snapshot SET superseded_at = ", &ids, now).await?;
    let days: Vec<Date> = kept.iter().map(|known| known.published).collect();
    let mut replaced = Replaced::default();
    decode::each_entry(db, &source.0, |stored| {
        let old = stored.runs();
        replaced.take(&stored, &runs(&days, |day| said_on(&old, day)));
    })
    .await?;
    replaced.write(db, now).await?;
    Ok(gone.into_iter().map(|known| known.published).collect())
}
