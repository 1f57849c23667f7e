//! One list version of one source.

use jiff::civil::Date;
use sqlx::sqlite::SqliteRow;
use tracehound_model::SourceId;

use super::{
    ClaimStore, StoreError,
    decode::{self, Cells, Kind, KnownSnapshot},
};
use crate::import::{Edition, NewClaim};

impl ClaimStore {
    /// Days of the list versions of a source, ascending.
    pub async fn days(&self, source: &SourceId) -> Result<Vec<Date>, StoreError> {
        Ok(self.known(source).await?.into_iter().map(|known| known.published).collect())
    }

    /// Whether a list version of this source came with the product.
    pub async fn is_shipped(&self, source: &SourceId) -> Result<bool, StoreError> {
        Ok(self.known(source).await?.iter().any(|known| known.shipped))
    }

    /// Whether a list version of this source came as a sanctions list.
    pub async fn is_sanctions(&self, source: &SourceId) -> Result<bool, StoreError> {
        let found: Option<i64> = sqlx::query_scalar(
            "SELECT id FROM snapshot WHERE source = $1 AND kind = 'sanctions' AND superseded_at IS NULL LIMIT 1",
        )
        .bind(&source.0)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::while_("reading snapshots"))?;
        Ok(found.is_some())
    }

    async fn known(&self, source: &SourceId) -> Result<Vec<KnownSnapshot>, StoreError> {
        let mut db = self.pool.acquire().await.map_err(StoreError::while_("beginning to read"))?;
        decode::snapshot_days(&mut db, &source.0).await
    }

    /// All that the newest list version not after `day` says; `None` where there is none. O(entries of the source).
    pub async fn edition_on(&self, source: &SourceId, day: Date) -> Result<Option<Edition>, StoreError> {
        let days = self.days(source).await?;
        let Some(published) = days.into_iter().rfind(|known| *known <= day) else { return Ok(None) };
        let format: Option<String> = sqlx::query_scalar(
            "SELECT format FROM snapshot WHERE source = $1 AND published = $2 AND superseded_at IS NULL",
        )
        .bind(&source.0)
        .bind(published.to_string())
        .fetch_one(&self.pool)
        .await
        .map_err(StoreError::while_("reading a list version"))?;
        let rows = sqlx::query(
            "SELECT v.id, e.kind, e.source, e.hash, e.subject, b.json, v.confidence, v.said_from, v.said_to, \
             v.valid_from, v.valid_to, v.recorded_at \
             FROM validity v JOIN entry e ON e.id = v.entry JOIN body b ON b.id = e.body \
             WHERE e.source = $1 AND v.superseded_at IS NULL AND v.carried_from <= $2 \
             AND (v.carried_to IS NULL OR v.carried_to > $2) ORDER BY v.id",
        )
        .bind(&source.0)
        .bind(published.to_string())
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::while_("reading a list version"))?;
        let mut edition = Edition { published, format, claims: Vec::new(), parties: Vec::new() };
        for row in &rows {
            take(row, &mut edition)?;
        }
        Ok(Some(edition))
    }
}

fn take(row: &SqliteRow, edition: &mut Edition) -> Result<(), StoreError> {
    let cells = Cells::new(row, "validity")?;
    let kind: i64 = cells.get("kind")?;
    if kind == Kind::Party as i64 {
        edition.parties.push(cells.party()?);
        return Ok(());
    }
    let claim = cells.claim()?;
    edition.claims.push(NewClaim {
        subject: claim.subject,
        statement: claim.statement,
        confidence: claim.confidence,
        valid_from: cells.optional_date("said_from")?,
        valid_to: cells.optional_date("said_to")?,
    });
    Ok(())
}
