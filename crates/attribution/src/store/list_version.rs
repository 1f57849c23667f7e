//! One list version of one source.

use jiff::civil::Date;
use sqlx::sqlite::SqliteRow;
use tracehound_model::{SourceId, SourceKind};

use super::write::kind_word;
use super::{
    ClaimStore, StoreError,
    decode::{self, Cells, Kind, KnownSnapshot},
};
use crate::import::{Claims, ListVersion, NewClaim};

impl ClaimStore {
    /// Days of the list versions of a source, ascending.
    pub async fn days(&self, source: &SourceId) -> Result<Vec<Date>, StoreError> {
        Ok(self.known(source).await?.into_iter().map(|known| known.published).collect())
    }

    /// Whether a list version of this source came with the product.
    pub async fn is_shipped(&self, source: &SourceId) -> Result<bool, StoreError> {
        Ok(self.known(source).await?.iter().any(|known| known.shipped))
    }

    /// Whether the version of this day came with the program.
    pub async fn is_shipped_version(&self, source: &SourceId, day: Date) -> Result<bool, StoreError> {
        let found: Option<i64> = sqlx::query_scalar(
            "SELECT shipped FROM snapshot WHERE source = $1 AND published = $2 AND superseded_at IS NULL LIMIT 1",
        )
        .bind(&source.0)
        .bind(day.to_string())
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::while_("reading snapshots"))?;
        Ok(found == Some(1))
    }

    /// The sources that came with the program.
    pub async fn shipped_sources(&self) -> Result<Vec<SourceId>, StoreError> {
        let rows: Vec<String> =
            sqlx::query_scalar("SELECT DISTINCT source FROM snapshot WHERE shipped = 1 ORDER BY source")
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::while_("reading snapshots"))?;
        Ok(rows.into_iter().map(SourceId).collect())
    }

    /// Whether a whole version of this list came from its publisher, or from a person who took one for whole.
    pub async fn has_whole_list(&self, source: &SourceId) -> Result<bool, StoreError> {
        let found: Option<i64> = sqlx::query_scalar(
            "SELECT id FROM snapshot WHERE source = $1 AND shipped = 0 AND scope = 0 AND superseded_at IS NULL LIMIT 1",
        )
        .bind(&source.0)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::while_("reading snapshots"))?;
        Ok(found.is_some())
    }

    /// Whether a list version of this source came as a sanctions list or from law enforcement, those that were taken back
    /// or replaced included.
    pub async fn is_guarded(&self, source: &SourceId) -> Result<bool, StoreError> {
        let found: Option<i64> = sqlx::query_scalar(
            "SELECT id FROM snapshot WHERE source = $1 AND kind IN ('sanctions', 'law_enforcement') LIMIT 1",
        )
        .bind(&source.0)
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::while_("reading snapshots"))?;
        Ok(found.is_some())
    }

    /// The weightiest kind that a list version of this source came as, those that were taken back included.
    pub async fn kind_of(&self, source: &SourceId) -> Result<Option<SourceKind>, StoreError> {
        let kinds: Vec<String> = sqlx::query_scalar("SELECT DISTINCT kind FROM snapshot WHERE source = $1")
            .bind(&source.0)
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::while_("reading snapshots"))?;
        let is = |kind: SourceKind| kinds.iter().any(|known| known == kind_word(kind));
        let weightiest_first =
            [SourceKind::Sanctions, SourceKind::LawEnforcement, SourceKind::Labels, SourceKind::Own];
        Ok(weightiest_first.into_iter().find(|kind| is(*kind)))
    }

    async fn known(&self, source: &SourceId) -> Result<Vec<KnownSnapshot>, StoreError> {
        let mut db = self.pool.acquire().await.map_err(StoreError::while_("beginning to read"))?;
        decode::snapshot_days(&mut db, &source.0).await
    }

    /// The format that the list version of `day` was read from, where there is one and that is known.
    pub async fn format_of(&self, source: &SourceId, day: Date) -> Result<Option<String>, StoreError> {
        let format: Option<Option<String>> = sqlx::query_scalar(
            "SELECT format FROM snapshot WHERE source = $1 AND published = $2 AND superseded_at IS NULL",
        )
        .bind(&source.0)
        .bind(day.to_string())
        .fetch_optional(&self.pool)
        .await
        .map_err(StoreError::while_("reading a list version"))?;
        Ok(format.flatten())
    }

    /// All that the newest list version not after `day` says; `None` where there is none. O(entries of the source).
    pub async fn list_version_on(
        &self,
        source: &SourceId,
        day: Date,
    ) -> Result<Option<ListVersion>, StoreError> {
        let days = self.days(source).await?;
        let Some(published) = days.into_iter().rfind(|known| *known <= day) else { return Ok(None) };
        let format = self.format_of(source, published).await?;
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
        let mut list_version =
            ListVersion { published, format, claims: Claims::default(), parties: Vec::new() };
        for row in &rows {
            take(row, &mut list_version)?;
        }
        Ok(Some(list_version))
    }
}

impl ClaimStore {
    /// Everything that the versions of a source say of subjects, each with the day of the first version that says it so.
    pub async fn said(&self, source: &SourceId) -> Result<Vec<(Date, NewClaim)>, StoreError> {
        let rows = sqlx::query(
            "SELECT v.id, e.source, e.hash, e.subject, b.json, v.confidence, v.carried_from, v.said_from, v.said_to, \
             v.valid_from, v.valid_to, v.recorded_at \
             FROM validity v JOIN entry e ON e.id = v.entry JOIN body b ON b.id = e.body \
             WHERE e.source = $1 AND e.kind = 0 AND v.superseded_at IS NULL ORDER BY v.id",
        )
        .bind(&source.0)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::while_("reading a source"))?;
        let read = |row: &SqliteRow| {
            let cells = Cells::new(row, "validity")?;
            Ok((cells.date("carried_from")?, new_claim(&cells)?))
        };
        rows.iter().map(read).collect()
    }
}

fn take(row: &SqliteRow, list_version: &mut ListVersion) -> Result<(), StoreError> {
    let cells = Cells::new(row, "validity")?;
    let kind: i64 = cells.get("kind")?;
    if kind == Kind::Party as i64 {
        list_version.parties.push(cells.party()?);
        return Ok(());
    }
    list_version.claims.push(&new_claim(&cells)?);
    Ok(())
}

fn new_claim(cells: &Cells<'_>) -> Result<NewClaim, StoreError> {
    let claim = cells.claim()?;
    Ok(NewClaim {
        subject: claim.subject,
        statement: claim.statement,
        confidence: claim.confidence,
        valid_from: cells.optional_date("said_from")?,
        valid_to: cells.optional_date("said_to")?,
    })
}
