//! Importing a snapshot: one transaction.

use std::collections::{BTreeSet, HashMap};

use jiff::{Timestamp, civil::Date};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use tracehound_model::SourceKind;

use super::{
    ClaimStore, ImportReport, StoreError,
    decode::{self, Kind, KnownSnapshot},
    entry_hash,
    runs::{Run, Said, runs, said_on},
};
use crate::{
    import::{Snapshot, Warning},
    subject_key,
};

/// Rows in one statement: at most 11 values each, of 32,766 that `SQLite` takes.
const BATCH: usize = 1_000;

/// Where a snapshot comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    User,
    Shipped,
}

/// An entry of a source, in the store or new.
struct Entry {
    /// Row number; `None` for a new one.
    id: Option<i64>,
    /// Its current rows, in order, with their row numbers.
    rows: Vec<(i64, Run)>,
    /// What the snapshot being imported says of it.
    now: Option<Said>,
    /// Where it stands in the snapshot: claims first, then parties.
    item: Option<usize>,
}

/// A run to append to an entry, by its number.
type NewRow = (i64, Run);

impl ClaimStore {
    /// Takes in the snapshot that the source published on `published`.
    ///
    /// The same bytes for the same day are a no-op; other bytes for a day already imported replace that day. Snapshots
    /// may come in any order. Everything happens in one transaction: on an error, or when the process dies, the store
    /// is as before. O(entries of the source), memory likewise.
    pub async fn import(
        &self,
        snapshot: &Snapshot,
        published: Date,
        recorded_at: Timestamp,
        sha256: &str,
    ) -> Result<ImportReport, StoreError> {
        self.take_in(snapshot, published, recorded_at, sha256, Origin::User).await
    }

    /// [`import`](Self::import) of a snapshot that comes with the product. It replaces what came with an earlier version
    /// for that day, and leaves alone what the user imported: the whole list perhaps, which knows more than our extract.
    pub async fn import_shipped(
        &self,
        snapshot: &Snapshot,
        published: Date,
        recorded_at: Timestamp,
        sha256: &str,
    ) -> Result<ImportReport, StoreError> {
        self.take_in(snapshot, published, recorded_at, sha256, Origin::Shipped).await
    }

    async fn take_in(
        &self,
        snapshot: &Snapshot,
        published: Date,
        recorded_at: Timestamp,
        sha256: &str,
        origin: Origin,
    ) -> Result<ImportReport, StoreError> {
        let begin = self.pool.begin_with("BEGIN IMMEDIATE").await;
        let mut transaction = begin.map_err(StoreError::while_("beginning an import"))?;
        let report = import(&mut transaction, snapshot, published, recorded_at, sha256, origin).await?;
        transaction.commit().await.map_err(StoreError::while_("committing an import"))?;
        Ok(report)
    }
}

async fn import(
    db: &mut SqliteConnection,
    snapshot: &Snapshot,
    published: Date,
    recorded_at: Timestamp,
    sha256: &str,
    origin: Origin,
) -> Result<ImportReport, StoreError> {
    let source = snapshot.source.id.0.as_str();
    let mut report = ImportReport {
        source: snapshot.source.id.clone(),
        published,
        already_imported: false,
        added: 0,
        ended: 0,
        unchanged: 0,
        parties: snapshot.parties.len() as u64,
        refused: snapshot.refused,
        warnings: snapshot.warnings.clone(),
    };
    let known = decode::snapshot_days(db, source).await?;
    let same_day = known.iter().find(|known| known.published == published);
    let users = |known: &KnownSnapshot| origin == Origin::Shipped && !known.shipped;
    if same_day.is_some_and(|known| known.sha256 == sha256 || users(known)) {
        report.already_imported = true;
        report.unchanged = snapshot.claims.len() as u64;
        return Ok(report);
    }
    let now = recorded_at.as_microsecond();
    let mut days: BTreeSet<Date> = known.iter().map(|known| known.published).collect();
    // What "added" and "ended" are measured against: the day being replaced, or the snapshot before.
    let base = days.range(..=published).next_back().copied();
    days.insert(published);
    let days: Vec<Date> = days.into_iter().collect();

    if let Some(replaced) = same_day {
        supersede(db, "UPDATE snapshot SET superseded_at = ", &[replaced.id], now).await?;
    }
    insert_snapshot(db, snapshot, published, now, sha256, origin).await?;

    let mut entries = load_entries(db, source).await?;
    add_items(&mut entries, snapshot);
    count(&mut report, &entries, base);
    let (outdated, fresh) = plan(&entries, &days, published);
    supersede(db, "UPDATE validity SET superseded_at = ", &outdated, now).await?;
    let mut rows = fresh.known;
    rows.extend(insert_entries(db, snapshot, fresh.new).await?);
    insert_rows(db, &rows, now).await?;
    Ok(report)
}

/// The runs to append: to entries the store has, and to those it does not have yet (by place in the snapshot).
struct Fresh {
    known: Vec<NewRow>,
    new: Vec<(usize, [u8; 16], Vec<Run>)>,
}

async fn load_entries(
    db: &mut SqliteConnection,
    source: &str,
) -> Result<HashMap<(Kind, [u8; 16]), Entry>, StoreError> {
    let mut entries: HashMap<(Kind, [u8; 16]), Entry> = HashMap::new();
    decode::each_row(db, source, |row| {
        let entry = entries.entry((row.kind, row.hash)).or_insert_with(|| Entry {
            id: Some(row.entry),
            rows: Vec::new(),
            now: None,
            item: None,
        });
        entry.rows.extend(row.current);
    })
    .await?;
    for entry in entries.values_mut() {
        entry.rows.sort_by_key(|(_, run)| run.carried_from);
    }
    Ok(entries)
}

fn add_items(entries: &mut HashMap<(Kind, [u8; 16]), Entry>, snapshot: &Snapshot) {
    let claims = snapshot.claims.iter().map(|claim| {
        let hash = entry_hash(&subject_key(&claim.subject), &claim.statement);
        let said = Said { confidence: claim.confidence.0, from: claim.valid_from, to: claim.valid_to };
        (Kind::Claim, hash, said)
    });
    let parties = snapshot.parties.iter().map(|party| {
        (Kind::Party, entry_hash(party.id.as_bytes(), party), Said { confidence: 0, from: None, to: None })
    });
    for (item, (kind, hash, said)) in claims.chain(parties).enumerate() {
        let entry = entries.entry((kind, hash)).or_insert_with(|| Entry {
            id: None,
            rows: Vec::new(),
            now: None,
            item: None,
        });
        // Importers give each identity once; of a repeat the first counts.
        if entry.now.is_none() {
            (entry.now, entry.item) = (Some(said), Some(item));
        }
    }
}

fn count(report: &mut ImportReport, entries: &HashMap<(Kind, [u8; 16]), Entry>, base: Option<Date>) {
    for ((kind, _), entry) in entries {
        let before = base.is_some_and(|day| entry.rows.iter().any(|(_, run)| run.covers(day)));
        match (kind, before, entry.now.is_some()) {
            (Kind::Claim, false, true) => report.added += 1,
            (Kind::Claim, true, false) => report.ended += 1,
            (Kind::Claim, true, true) => report.unchanged += 1,
            _ => {}
        }
    }
    if report.ended > report.unchanged && report.ended > 10 {
        report.warnings.push(Warning {
            place: "the whole list".to_owned(),
            message: format!(
                "it ends {} of the {} claims of the snapshot before: is it the complete list?",
                report.ended,
                report.ended + report.unchanged
            ),
        });
    }
}

/// Which rows no longer stand, and which take their place.
fn plan(entries: &HashMap<(Kind, [u8; 16]), Entry>, days: &[Date], published: Date) -> (Vec<i64>, Fresh) {
    let mut outdated = Vec::new();
    let mut fresh = Fresh { known: Vec::new(), new: Vec::new() };
    for ((_, hash), entry) in entries {
        let old: Vec<Run> = entry.rows.iter().map(|(_, run)| *run).collect();
        if said_on(&old, published) == entry.now {
            // The new snapshot says what the runs around its day say already.
            continue;
        }
        let runs = runs(days, |day| if day == published { entry.now } else { said_on(&old, day) });
        outdated.extend(entry.rows.iter().filter(|(_, run)| !runs.contains(run)).map(|(row, _)| *row));
        let added: Vec<Run> = runs.into_iter().filter(|run| !old.contains(run)).collect();
        match (entry.id, entry.item) {
            (Some(id), _) => fresh.known.extend(added.into_iter().map(|run| (id, run))),
            (None, Some(item)) => fresh.new.push((item, *hash, added)),
            (None, None) => {}
        }
    }
    outdated.sort_unstable();
    fresh.known.sort_unstable_by_key(|(entry, run)| (*entry, run.carried_from));
    fresh.new.sort_unstable_by_key(|(item, ..)| *item);
    (outdated, fresh)
}

async fn insert_snapshot(
    db: &mut SqliteConnection,
    snapshot: &Snapshot,
    published: Date,
    now: i64,
    sha256: &str,
    origin: Origin,
) -> Result<(), StoreError> {
    let head = &snapshot.source;
    let id = decode::next_id(db, "SELECT MAX(id) FROM snapshot").await?;
    sqlx::query(
        "INSERT INTO snapshot (id, source, published, sha256, kind, title, publisher, url, recorded_at, shipped, scope) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(id)
    .bind(&head.id.0)
    .bind(published.to_string())
    .bind(sha256)
    .bind(kind_word(head.kind))
    .bind(&head.title)
    .bind(&head.publisher)
    .bind(&head.url)
    .bind(now)
    .bind(i64::from(origin == Origin::Shipped))
    .bind(snapshot.scope as i64)
    .execute(db)
    .await
    .map_err(StoreError::while_("storing a snapshot"))?;
    Ok(())
}

pub(super) const fn kind_word(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Sanctions => "sanctions",
        SourceKind::LawEnforcement => "law_enforcement",
        SourceKind::Labels => "labels",
        SourceKind::Own => "own",
    }
}

/// Marks rows; `update` is one of two constants above.
async fn supersede(
    db: &mut SqliteConnection,
    update: &'static str,
    ids: &[i64],
    now: i64,
) -> Result<(), StoreError> {
    for batch in ids.chunks(BATCH) {
        let mut query = QueryBuilder::<Sqlite>::new(update);
        query.push_bind(now).push(" WHERE id IN (");
        let mut values = query.separated(", ");
        for id in batch {
            values.push_bind(*id);
        }
        values.push_unseparated(")");
        query.build().execute(&mut *db).await.map_err(StoreError::while_("superseding rows"))?;
    }
    Ok(())
}

/// Inserts new entries with their bodies and gives their runs the new numbers.
async fn insert_entries(
    db: &mut SqliteConnection,
    snapshot: &Snapshot,
    new: Vec<(usize, [u8; 16], Vec<Run>)>,
) -> Result<Vec<NewRow>, StoreError> {
    let source = snapshot.source.id.0.as_str();
    let mut next_body = decode::next_id(db, "SELECT MAX(id) FROM body").await?;
    let mut next_entry = decode::next_id(db, "SELECT MAX(id) FROM entry").await?;
    // Statements are shared by many claims; a body of an earlier snapshot is not looked for, a copy does no harm.
    let mut bodies: HashMap<String, i64> = HashMap::new();
    let mut rows = Vec::new();
    for batch in new.chunks(BATCH) {
        let mut new_bodies: Vec<(i64, String)> = Vec::new();
        let mut new_entries = Vec::with_capacity(batch.len());
        for (item, hash, entry_runs) in batch {
            let (kind, subject, json) = item_parts(snapshot, *item);
            let body = *bodies.entry(json).or_insert_with_key(|json| {
                new_bodies.push((next_body, json.clone()));
                next_body += 1;
                next_body - 1
            });
            new_entries.push((next_entry, kind, *hash, subject, body));
            rows.extend(entry_runs.iter().map(|run| (next_entry, *run)));
            next_entry += 1;
        }
        if !new_bodies.is_empty() {
            let mut query = QueryBuilder::<Sqlite>::new("INSERT INTO body (id, json) ");
            query.push_values(new_bodies, |mut row, (id, json)| {
                row.push_bind(id).push_bind(json);
            });
            query.build().execute(&mut *db).await.map_err(StoreError::while_("storing statements"))?;
        }
        let mut query =
            QueryBuilder::<Sqlite>::new("INSERT INTO entry (id, source, kind, hash, subject, body) ");
        query.push_values(new_entries, |mut row, (id, kind, hash, subject, body)| {
            row.push_bind(id).push_bind(source).push_bind(kind as i64);
            row.push_bind(hash.to_vec()).push_bind(subject).push_bind(body);
        });
        query.build().execute(&mut *db).await.map_err(StoreError::while_("storing entries"))?;
    }
    Ok(rows)
}

/// Kind, subject bytes and JSON body of the item at this place of a snapshot.
fn item_parts(snapshot: &Snapshot, item: usize) -> (Kind, Vec<u8>, String) {
    let json = |json: Result<String, serde_json::Error>| json.expect("plain data always turns into JSON");
    if let Some(claim) = snapshot.claims.get(item) {
        return (Kind::Claim, subject_key(&claim.subject), json(serde_json::to_string(&claim.statement)));
    }
    let party = &snapshot.parties[item - snapshot.claims.len()];
    (Kind::Party, party.id.as_bytes().to_vec(), json(serde_json::to_string(party)))
}

async fn insert_rows(db: &mut SqliteConnection, rows: &[NewRow], now: i64) -> Result<(), StoreError> {
    let mut next = decode::next_id(db, "SELECT MAX(id) FROM validity").await?;
    for batch in rows.chunks(BATCH) {
        let mut query = QueryBuilder::<Sqlite>::new(
            "INSERT INTO validity (id, entry, carried_from, carried_to, confidence, said_from, said_to, valid_from, \
             valid_to, recorded_at) ",
        );
        query.push_values(batch, |mut row, (entry, run)| {
            let text = |date: Option<Date>| date.map(|date| date.to_string());
            row.push_bind(next).push_bind(*entry);
            row.push_bind(run.carried_from.to_string()).push_bind(text(run.carried_to));
            row.push_bind(i64::from(run.said.confidence));
            row.push_bind(text(run.said.from)).push_bind(text(run.said.to));
            row.push_bind(run.valid_from.to_string()).push_bind(text(run.valid_to)).push_bind(now);
            next += 1;
        });
        query.build().execute(&mut *db).await.map_err(StoreError::while_("storing validity"))?;
    }
    Ok(())
}
