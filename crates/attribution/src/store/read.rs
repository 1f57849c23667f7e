//! Reading the store.

use jiff::{Timestamp, civil::Date};
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tracehound_model::{Claim, Party, SourceId, Subject};

use super::{
    ClaimStore, ClaimVersion, StoreError, StoreState,
    checks::add_checks,
    decode::{Cells, Kind},
    meta,
};
use crate::{Corpus, SourceHistory, subject_key};

/// Rows read with one query.
const PAGE: i64 = 20_000;

impl ClaimStore {
    /// Everything that an index is built from: all current claims, ended ones included, the parties of each source's
    /// newest snapshot, and every source with all its days. One consistent view.
    pub async fn corpus(&self) -> Result<Corpus, StoreError> {
        Ok(self.corpus_and_state().await?.0)
    }

    /// [`corpus`](Self::corpus), and the state of the store that it is of.
    pub async fn corpus_and_state(&self) -> Result<(Corpus, StoreState), StoreError> {
        let begin = self.pool.begin().await;
        let mut view = begin.map_err(StoreError::while_("beginning to read"))?;
        let mut claims = Vec::new();
        let every = "SELECT v.id, v.confidence, v.valid_from, v.valid_to, v.recorded_at, v.superseded_at, e.source, \
                     e.hash, e.subject, b.json FROM validity v JOIN entry e ON e.id = v.entry \
                     JOIN body b ON b.id = e.body WHERE v.id > $1 AND e.kind = $2 AND v.superseded_at IS NULL \
                     AND (v.valid_to IS NULL OR v.valid_from < v.valid_to) ORDER BY v.id LIMIT $3";
        page(&mut view, every, Kind::Claim, |cells| {
            claims.push(cells.claim()?);
            Ok(())
        })
        .await?;
        claims.sort_unstable_by(|a: &Claim, b: &Claim| {
            let key = |claim: &'_ Claim| (claim.valid_from, claim.confidence);
            a.source
                .cmp(&b.source)
                .then_with(|| a.subject.cmp(&b.subject))
                .then(key(a).cmp(&key(b)))
                .then_with(|| a.id.cmp(&b.id))
        });
        let parties = parties(&mut view).await?;
        let sources = sources(&mut view).await?;
        let state = meta::state(&mut view).await?;
        Ok((Corpus { claims, parties, sources }, state))
    }

    /// Canonical bytes of the subjects that the edition of `day` of a source names, sorted, each once.
    pub async fn subjects_on(&self, source: &SourceId, day: Date) -> Result<Vec<Vec<u8>>, StoreError> {
        sqlx::query_scalar(
            "SELECT DISTINCT e.subject FROM entry e JOIN validity v ON v.entry = e.id WHERE e.source = $1 \
             AND e.kind = 0 AND v.superseded_at IS NULL AND v.carried_from <= $2 \
             AND (v.carried_to IS NULL OR v.carried_to > $2) ORDER BY e.subject",
        )
        .bind(&source.0)
        .bind(day.to_string())
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::while_("reading subjects"))
    }

    /// The claims that hold on `day`, as believed now. Ended and superseded ones are left out.
    pub async fn as_of(&self, day: Date) -> Result<Vec<Claim>, StoreError> {
        let rows = sqlx::query(
            "SELECT v.id, v.confidence, v.valid_from, v.valid_to, v.recorded_at, e.source, e.hash, e.subject, b.json \
             FROM validity v JOIN entry e ON e.id = v.entry JOIN body b ON b.id = e.body \
             WHERE e.kind = 0 AND v.superseded_at IS NULL \
             AND v.valid_from <= $1 AND (v.valid_to IS NULL OR v.valid_to > $1) ORDER BY v.id",
        )
        .bind(day.to_string())
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::while_("reading claims"))?;
        rows.iter().map(|row| Cells::new(row, "validity")?.claim()).collect()
    }

    /// The claims that hold on `day`, as this installation believed at the moment `known_at`.
    pub async fn as_known(&self, day: Date, known_at: Timestamp) -> Result<Vec<Claim>, StoreError> {
        let rows = sqlx::query(
            "SELECT v.id, v.confidence, v.valid_from, v.valid_to, v.recorded_at, e.source, e.hash, e.subject, b.json \
             FROM validity v JOIN entry e ON e.id = v.entry JOIN body b ON b.id = e.body \
             WHERE e.kind = 0 AND v.recorded_at <= $2 AND (v.superseded_at IS NULL OR v.superseded_at > $2) \
             AND v.valid_from <= $1 AND (v.valid_to IS NULL OR v.valid_to > $1) ORDER BY v.id",
        )
        .bind(day.to_string())
        .bind(known_at.as_microsecond())
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::while_("reading claims"))?;
        rows.iter().map(|row| Cells::new(row, "validity")?.claim()).collect()
    }

    /// Every version of every claim about `subject`, in the order in which they were recorded.
    pub async fn history(&self, subject: &Subject) -> Result<Vec<ClaimVersion>, StoreError> {
        let rows = sqlx::query(
            "SELECT v.id, v.confidence, v.valid_from, v.valid_to, v.recorded_at, v.superseded_at, e.source, e.hash, \
             e.subject, b.json FROM entry e JOIN validity v ON v.entry = e.id JOIN body b ON b.id = e.body \
             WHERE e.kind = 0 AND e.subject = $1 ORDER BY v.id",
        )
        .bind(subject_key(subject))
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::while_("reading a history"))?;
        let version = |row: &SqliteRow| {
            let cells = Cells::new(row, "validity")?;
            Ok(ClaimVersion { claim: cells.claim()?, superseded_at: cells.moment("superseded_at")? })
        };
        rows.iter().map(version).collect()
    }

    /// Every source with all its days, by id.
    pub async fn sources(&self) -> Result<Vec<SourceHistory>, StoreError> {
        let mut db = self.pool.acquire().await.map_err(StoreError::while_("beginning to read"))?;
        sources(&mut db).await
    }
}

/// Gives each row of `query` (`$1` last row number, `$2` kind, `$3` page size), page by page.
async fn page(
    db: &mut SqliteConnection,
    query: &'static str,
    kind: Kind,
    mut take: impl FnMut(Cells<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = 0_i64;
    loop {
        let rows = sqlx::query(query)
            .bind(after)
            .bind(kind as i64)
            .bind(PAGE)
            .fetch_all(&mut *db)
            .await
            .map_err(StoreError::while_("reading rows"))?;
        for row in &rows {
            let cells = Cells::new(row, "validity")?;
            after = cells.id();
            take(cells)?;
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}

async fn parties(db: &mut SqliteConnection) -> Result<Vec<Party>, StoreError> {
    let newest = "SELECT v.id, b.json FROM validity v JOIN entry e ON e.id = v.entry JOIN body b ON b.id = e.body \
                  WHERE v.id > $1 AND e.kind = $2 AND v.superseded_at IS NULL AND v.carried_to IS NULL \
                  ORDER BY v.id LIMIT $3";
    let mut parties: Vec<Party> = Vec::new();
    page(db, newest, Kind::Party, |cells| {
        parties.push(cells.party()?);
        Ok(())
    })
    .await?;
    parties.sort_by(|a, b| a.source.cmp(&b.source).then_with(|| a.id.cmp(&b.id)));
    Ok(parties)
}

async fn sources(db: &mut SqliteConnection) -> Result<Vec<SourceHistory>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, source, published, sha256, kind, title, publisher, url, recorded_at, scope FROM snapshot \
         WHERE superseded_at IS NULL ORDER BY source, published",
    )
    .fetch_all(&mut *db)
    .await
    .map_err(StoreError::while_("reading sources"))?;
    let mut sources: Vec<SourceHistory> = Vec::new();
    for row in &rows {
        let cells = Cells::new(row, "snapshot")?;
        let (source, scope) = (cells.source()?, cells.scope()?);
        match sources.last_mut().filter(|last| last.source.id == source.id) {
            Some(last) => {
                last.snapshots.push(source.published);
                last.scopes.push(scope);
                last.source = source;
            }
            None => {
                let day = source.published;
                sources.push(SourceHistory { scopes: vec![scope], ..SourceHistory::new(source, vec![day]) });
            }
        }
    }
    add_checks(db, &mut sources).await?;
    Ok(sources)
}
