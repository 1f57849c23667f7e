//! Whom a list version takes off, against what was in force before it.

use std::collections::HashMap;

use jiff::{Timestamp, civil::Date};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection, sqlite::SqliteRow};
use tracehound_model::{SourceId, Subject};

use super::{
    ClaimStore, StoreError,
    decode::{self, Cells, Kind},
    read::end_of_page,
};
use crate::import::{Compared, Gone, Named, written};

/// Rows in one statement.
const BATCH: usize = 1_000;
/// Most subjects kept of those that go: as many as 5 % of the largest list.
const MAX_GONE: usize = 100_000;

/// What a list version is measured against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// The version of this day.
    On(Date),
    /// What was in force when a person took the source out.
    Removed(Timestamp),
}

impl ClaimStore {
    /// What a new version of `source` is measured against: the newest one not after its day, or what was in force when
    /// the source was taken out as a whole.
    pub async fn base_for(&self, source: &SourceId, day: Date) -> Result<Option<Base>, StoreError> {
        let days = self.days(source).await?;
        if days.is_empty() {
            return Ok(self.removals().await?.get(source).copied().map(Base::Removed));
        }
        Ok(days.into_iter().rfind(|known| *known <= day).map(Base::On))
    }

    /// Who of `base` is not `named` any more. O(entries of the source); memory for a hash of each and for those that go.
    pub async fn compare(
        &self,
        source: &SourceId,
        base: Base,
        named: &Named,
    ) -> Result<Compared, StoreError> {
        let failed = || StoreError::while_("comparing list versions");
        let mut db = self.pool.acquire().await.map_err(failed())?;
        let mut met = [Vec::new(), Vec::new()];
        let mut gone: HashMap<u64, (i64, bool, Vec<u8>)> = HashMap::new();
        let mut ended = [0_u64; 2];
        let mut after = 0_i64;
        loop {
            let Some(last) = end_of_page(&mut db, source, after).await? else { break };
            for row in &entries_of(&mut db, source, base, (after, last)).await? {
                let cells = Cells::new(row, "entry")?;
                let is_party = cells.get::<i64>("kind")? == Kind::Party as i64;
                let subject: Vec<u8> = cells.get("subject")?;
                let hash = named.hash(is_party, &subject);
                let until = cells.optional_date("said_to")?.unwrap_or(Date::MAX);
                met[usize::from(is_party)].push((hash, until));
                if !named.has_until(hash, until) && !gone.contains_key(&hash) && gone.len() < MAX_GONE {
                    gone.insert(hash, (cells.id(), is_party, subject));
                }
            }
            after = last;
        }
        let before = met.map(|mut hashes| {
            hashes.sort_unstable_by(|(a, until_a), (b, until_b)| a.cmp(b).then(until_b.cmp(until_a)));
            hashes.dedup_by_key(|(hash, _)| *hash);
            hashes
        });
        for (ended, hashes) in ended.iter_mut().zip(&before) {
            *ended = hashes.iter().filter(|(hash, until)| !named.has_until(*hash, *until)).count() as u64;
        }
        let mut gone: Vec<_> = gone.into_values().collect();
        gone.sort_unstable();
        let gone = with_names(&mut db, gone).await?;
        Ok(Compared { before: before.map(|hashes| hashes.len() as u64), ended, gone })
    }

    /// Whom versions of `source` after `since` and up to `until` took off, and nobody has accepted it.
    pub async fn losses(
        &self,
        source: &SourceId,
        since: Date,
        until: Date,
    ) -> Result<Vec<(Date, Gone)>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, published, kind, subject, name FROM loss WHERE source = $1 AND published > $2 \
             AND published <= $3 AND settled_at IS NULL ORDER BY published, id",
        )
        .bind(&source.0)
        .bind(since.to_string())
        .bind(until.to_string())
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::while_("reading losses"))?;
        let read = |row: &SqliteRow| {
            let cells = Cells::new(row, "loss")?;
            let gone = Gone {
                is_party: cells.get::<i64>("kind")? == Kind::Party as i64,
                key: cells.get("subject")?,
                name: cells.get("name")?,
            };
            Ok((cells.date("published")?, gone))
        };
        rows.iter().map(read).collect()
    }

    /// Remembers whom the version of `day` takes off. Called before it is taken in: whoever is remembered and still
    /// listed is counted once.
    pub async fn record_losses(
        &self,
        source: &SourceId,
        day: Date,
        gone: &[Gone],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let doing = "recording losses";
        let begin = self.pool.begin_with("BEGIN IMMEDIATE").await;
        let mut db = begin.map_err(StoreError::while_(doing))?;
        let mut id = decode::next_id(&mut db, "SELECT MAX(id) FROM loss").await?;
        for batch in gone.chunks(BATCH) {
            let mut query = QueryBuilder::<Sqlite>::new(
                "INSERT INTO loss (id, source, published, kind, subject, name, recorded_at) ",
            );
            query.push_values(batch, |mut row, gone| {
                row.push_bind(id).push_bind(&source.0).push_bind(day.to_string());
                row.push_bind(i64::from(gone.is_party)).push_bind(&gone.key).push_bind(&gone.name);
                row.push_bind(now.as_microsecond());
                id += 1;
            });
            query.build().execute(&mut *db).await.map_err(StoreError::while_(doing))?;
        }
        db.commit().await.map_err(StoreError::while_(doing))
    }

    /// A person has accepted what versions of `source` up to `day` took off.
    pub async fn settle_losses(
        &self,
        source: &SourceId,
        day: Date,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE loss SET settled_at = $1 WHERE source = $2 AND published <= $3 AND settled_at IS NULL",
        )
        .bind(now.as_microsecond())
        .bind(&source.0)
        .bind(day.to_string())
        .execute(&self.pool)
        .await
        .map_err(StoreError::while_("settling losses"))?;
        Ok(())
    }
}

/// A person has taken the versions of `source` after `day` back: what they took off is there again.
pub(super) async fn forget_losses_after(
    db: &mut SqliteConnection,
    source: &SourceId,
    day: Date,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE loss SET settled_at = $1 WHERE source = $2 AND published > $3 AND settled_at IS NULL",
    )
    .bind(now.as_microsecond())
    .bind(&source.0)
    .bind(day.to_string())
    .execute(db)
    .await
    .map_err(StoreError::while_("settling losses"))?;
    Ok(())
}

/// The entries between two numbers that `base` carries, and until when it says that they hold.
async fn entries_of(
    db: &mut SqliteConnection,
    source: &SourceId,
    base: Base,
    (after, last): (i64, i64),
) -> Result<Vec<SqliteRow>, StoreError> {
    let query = match base {
        Base::On(_) => {
            "SELECT DISTINCT e.id, e.kind, e.subject, v.said_to FROM entry e JOIN validity v ON v.entry = e.id \
             WHERE e.source = $1 AND e.id > $2 AND e.id <= $3 AND v.superseded_at IS NULL AND v.carried_from <= $4 \
             AND (v.carried_to IS NULL OR v.carried_to > $4) AND (v.said_to IS NULL OR v.said_to > $4) ORDER BY e.id"
        }
        Base::Removed(_) => {
            "SELECT DISTINCT e.id, e.kind, e.subject, v.said_to FROM entry e JOIN validity v ON v.entry = e.id \
             WHERE e.source = $1 AND e.id > $2 AND e.id <= $3 AND v.superseded_at = $4 AND v.carried_to IS NULL \
             ORDER BY e.id"
        }
    };
    let query = sqlx::query(query).bind(&source.0).bind(after).bind(last);
    let query = match base {
        Base::On(day) => query.bind(day.to_string()),
        Base::Removed(at) => query.bind(at.as_microsecond()),
    };
    query.fetch_all(db).await.map_err(StoreError::while_("comparing list versions"))
}

/// Entries with the names that their bodies give them.
async fn with_names(
    db: &mut SqliteConnection,
    gone: Vec<(i64, bool, Vec<u8>)>,
) -> Result<Vec<Gone>, StoreError> {
    let mut named = Vec::with_capacity(gone.len());
    for batch in gone.chunks(BATCH) {
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT e.id, b.json FROM entry e JOIN body b ON b.id = e.body WHERE e.id IN (",
        );
        let mut values = query.separated(", ");
        for (id, ..) in batch {
            values.push_bind(*id);
        }
        values.push_unseparated(") ORDER BY e.id");
        let rows = query.build().fetch_all(&mut *db).await;
        let rows = rows.map_err(StoreError::while_("comparing list versions"))?;
        for (row, (_, is_party, key)) in rows.iter().zip(batch) {
            let cells = Cells::new(row, "entry")?;
            let name = if *is_party {
                let party = cells.party()?;
                let name = party.names.first().map_or("no name", |name| &name.full);
                format!("{name} (party {})", party.id)
            } else {
                let subject = Subject::from_key(key);
                let subject = subject.ok_or_else(|| cells.corrupt("a subject of unknown form"))?;
                format!("{} ({})", written(&subject), cells.statement()?.label)
            };
            named.push(Gone { is_party: *is_party, key: key.clone(), name });
        }
    }
    Ok(named)
}
