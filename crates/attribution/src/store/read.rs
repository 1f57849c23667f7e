//! Reading the store.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use sqlx::{Sqlite, SqliteConnection, Transaction, sqlite::SqliteRow};
use tracehound_model::{Claim, Party, SourceId, Subject};

use super::{
    ClaimStore, ClaimVersion, StoreError, StoreState,
    checks::add_checks,
    decode::{Cells, Kind},
    held::add_waiting,
    meta,
};
use crate::{Corpus, SourceHistory};

/// Entries read with one query.
const PAGE: i64 = 5_000;

/// One look at the store: whatever is written meanwhile is not in it.
pub(crate) struct View {
    db: Transaction<'static, Sqlite>,
}

impl View {
    /// The state of the store that this view is of.
    pub(crate) async fn state(&mut self) -> Result<StoreState, StoreError> {
        meta::state(&mut self.db).await
    }

    /// By source, the last change that touched what it says.
    pub(crate) async fn source_changes(&mut self) -> Result<BTreeMap<SourceId, u64>, StoreError> {
        meta::source_changes(&mut self.db).await
    }

    /// Every source with all its days, by id.
    pub(crate) async fn sources(&mut self) -> Result<Vec<SourceHistory>, StoreError> {
        sources(&mut self.db).await
    }

    /// Gives every current claim of a source, ended ones included, one page in memory at a time.
    pub(crate) async fn claims_of<E: From<StoreError>>(
        &mut self,
        source: &SourceId,
        mut take: impl FnMut(Claim) -> Result<(), E>,
    ) -> Result<(), E> {
        let rows = "SELECT v.id, v.confidence, v.valid_from, v.valid_to, v.recorded_at, e.source, e.hash, e.subject, \
                    b.json FROM entry e JOIN validity v ON v.entry = e.id JOIN body b ON b.id = e.body \
                    WHERE e.source = $1 AND e.kind = $2 AND e.id > $3 AND e.id <= $4 AND v.superseded_at IS NULL \
                    AND (v.valid_to IS NULL OR v.valid_from < v.valid_to) ORDER BY e.id, v.id";
        self.rows_of(source, Kind::Claim, rows, |cells| take(cells.claim()?)).await
    }

    /// Gives the parties of a source's newest snapshot.
    pub(crate) async fn parties_of<E: From<StoreError>>(
        &mut self,
        source: &SourceId,
        mut take: impl FnMut(Party) -> Result<(), E>,
    ) -> Result<(), E> {
        let rows = "SELECT v.id, b.json FROM entry e JOIN validity v ON v.entry = e.id JOIN body b ON b.id = e.body \
                    WHERE e.source = $1 AND e.kind = $2 AND e.id > $3 AND e.id <= $4 AND v.superseded_at IS NULL \
                    AND v.carried_to IS NULL ORDER BY e.id, v.id";
        self.rows_of(source, Kind::Party, rows, |cells| take(cells.party()?)).await
    }

    /// Gives the rows of `query` ($1 source, $2 kind, $3 and $4 between which entry numbers), page by page.
    async fn rows_of<E: From<StoreError>>(
        &mut self,
        source: &SourceId,
        kind: Kind,
        query: &'static str,
        mut take: impl FnMut(Cells<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut after = 0_i64;
        loop {
            let Some(last) = end_of_page(&mut self.db, source, after).await? else { return Ok(()) };
            let rows = sqlx::query(query)
                .bind(&source.0)
                .bind(kind as i64)
                .bind(after)
                .bind(last)
                .fetch_all(&mut *self.db)
                .await
                .map_err(StoreError::while_("reading rows"))?;
            for row in &rows {
                take(Cells::new(row, "validity")?)?;
            }
            after = last;
        }
    }
}

/// The number of the last entry of the next page of `source` behind entry `after`; `None` where there are none.
pub(super) async fn end_of_page(
    db: &mut SqliteConnection,
    source: &SourceId,
    after: i64,
) -> Result<Option<i64>, StoreError> {
    sqlx::query_scalar(
        "SELECT MAX(id) FROM (SELECT id FROM entry WHERE source = $1 AND id > $2 ORDER BY id LIMIT $3) page",
    )
    .bind(&source.0)
    .bind(after)
    .bind(PAGE)
    .fetch_one(db)
    .await
    .map_err(StoreError::while_("reading entries"))
}

impl ClaimStore {
    /// A look at the store as it is now.
    pub(crate) async fn view(&self) -> Result<View, StoreError> {
        let failed = || StoreError::while_("beginning to read");
        let mut db = self.pool.begin().await.map_err(failed())?;
        // What is read once, page by page, needs no large cache, nor what an import before left in it.
        for pragma in ["PRAGMA cache_size = -16384", "PRAGMA shrink_memory"] {
            sqlx::query(pragma).execute(&mut *db).await.map_err(failed())?;
        }
        Ok(View { db })
    }

    /// Everything that an index is built from: all current claims, ended ones included, the parties of each source's
    /// newest snapshot, and every source with all its days. One consistent view, all of it in memory.
    pub async fn corpus(&self) -> Result<Corpus, StoreError> {
        let mut view = self.view().await?;
        let sources = view.sources().await?;
        let (mut claims, mut parties) = (Vec::new(), Vec::new());
        for history in &sources {
            let id = &history.source.id;
            let claim = |claim| {
                claims.push(claim);
                Ok::<_, StoreError>(())
            };
            view.claims_of(id, claim).await?;
            let party = |party| {
                parties.push(party);
                Ok::<_, StoreError>(())
            };
            view.parties_of(id, party).await?;
        }
        claims.sort_unstable_by(|a: &Claim, b: &Claim| {
            let key = |claim: &'_ Claim| (claim.valid_from, claim.confidence);
            a.source
                .cmp(&b.source)
                .then_with(|| a.subject.cmp(&b.subject))
                .then(key(a).cmp(&key(b)))
                .then_with(|| a.id.cmp(&b.id))
        });
        parties.sort_by(|a: &Party, b: &Party| a.source.cmp(&b.source).then_with(|| a.id.cmp(&b.id)));
        Ok(Corpus { claims, parties, sources })
    }

    /// Canonical bytes of the subjects that the list version of `day` of a source names, sorted, each once.
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
        .bind(subject.key())
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
        if let Some(last) = sources.last_mut().filter(|last| last.source.id == source.id) {
            last.snapshots.push(source.published);
            last.scopes.push(scope);
            last.source = source;
        } else {
            let day = source.published;
            sources.push(SourceHistory { scopes: vec![scope], ..SourceHistory::new(source, vec![day]) });
        }
    }
    add_checks(db, &mut sources).await?;
    add_waiting(db, &mut sources).await?;
    Ok(sources)
}
