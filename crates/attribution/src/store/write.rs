//! Importing a snapshot: one transaction.
//!
//! What the store has is read page by page and compared with the snapshot by hash; only what changes is kept in memory.

use std::collections::{BTreeSet, HashMap};

use jiff::{Timestamp, civil::Date};
use sha2::{Digest, Sha256};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use tracehound_model::{Party, SourceKind};

use super::{
    ClaimStore, ImportReport, StoreError,
    decode::{self, Kind, KnownSnapshot, StoredEntry},
    entry_hash,
    runs::{Run, Said, runs, said_on},
};
use crate::import::Snapshot;

/// Rows in one statement: at most 11 values each, of 32,766 that `SQLite` takes.
const BATCH: usize = 1_000;
/// Most statements remembered in one import, so that claims share them.
const SHARED_BODIES: usize = 10_000;

/// Where a snapshot comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    User,
    Shipped,
}

/// The claims and parties of a snapshot, to be found by hash: claims first, then parties.
pub(super) struct Items<'a> {
    snapshot: &'a Snapshot,
    hashes: Vec<[u8; 16]>,
    /// Item numbers in order of kind and hash, each identity once: importers give each once; of a repeat the first
    /// counts.
    sorted: Vec<u32>,
    /// Whether the store has it.
    known: Vec<bool>,
}

impl<'a> Items<'a> {
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let claims = &snapshot.claims;
        let claims =
            (0..claims.len()).map(|place| entry_hash(claims.key(place), claims.body(place).as_bytes()));
        let parties = snapshot.parties.iter();
        let parties = parties.map(|party| entry_hash(party.id.as_bytes(), json_of(party).as_bytes()));
        let hashes: Vec<[u8; 16]> = claims.chain(parties).collect();
        let known = vec![false; hashes.len()];
        let mut items = Self { snapshot, hashes, sorted: Vec::new(), known };
        let mut sorted: Vec<u32> = (0..items.hashes.len() as u32).collect();
        sorted.sort_unstable_by_key(|&item| (items.identity(item), item));
        sorted.dedup_by_key(|item| items.identity(*item));
        items.sorted = sorted;
        items
    }

    fn identity(&self, item: u32) -> (Kind, [u8; 16]) {
        (self.kind(item), self.hashes[item as usize])
    }

    fn kind(&self, item: u32) -> Kind {
        if (item as usize) < self.snapshot.claims.len() { Kind::Claim } else { Kind::Party }
    }

    fn said(&self, item: u32) -> Said {
        match self.kind(item) {
            Kind::Party => Said { confidence: 0, from: None, to: None },
            Kind::Claim => {
                let (confidence, from, to) = self.snapshot.claims.said(item as usize);
                Said { confidence: confidence.0, from, to }
            }
        }
    }

    /// What the snapshot says of an entry that the store has, and where.
    pub(super) fn meet(&mut self, kind: Kind, hash: [u8; 16]) -> Option<(u32, Said)> {
        let found = self.sorted.binary_search_by(|&item| self.identity(item).cmp(&(kind, hash))).ok()?;
        let item = self.sorted[found];
        self.known[item as usize] = true;
        Some((item, self.said(item)))
    }

    /// Those that the store does not have, in the order of the snapshot.
    pub(super) fn unmet(&self) -> Vec<u32> {
        let mut new: Vec<u32> =
            self.sorted.iter().copied().filter(|&item| !self.known[item as usize]).collect();
        new.sort_unstable();
        new
    }

    /// Digest of what the snapshot says, whatever file it was read from: the same bytes read with other flags, or with
    /// another header beside them, say something else.
    fn content(&self) -> String {
        let head = &self.snapshot.source;
        let always = "plain data always turns into JSON";
        let head = (head.kind, &head.title, &head.publisher, &head.url, self.snapshot.scope);
        let mut hash = Sha256::new_with_prefix(serde_json::to_vec(&head).expect(always));
        for &item in &self.sorted {
            let (kind, identity) = self.identity(item);
            let Said { confidence, from, to } = self.said(item);
            hash.update([kind as u8, confidence]);
            hash.update(identity);
            for day in [from, to] {
                let packed = day.map_or([0; 4], |day| {
                    let [high, low] = day.year().to_be_bytes();
                    [high, low, day.month().unsigned_abs(), day.day().unsigned_abs()]
                });
                hash.update(packed);
            }
        }
        hex::encode(hash.finalize())
    }

    /// The id of an item that is a party.
    fn party_id(&self, item: u32) -> Option<&'a str> {
        let place = (item as usize).checked_sub(self.snapshot.claims.len())?;
        Some(self.snapshot.parties[place].id.as_str())
    }

    /// Subject bytes and JSON body of an item.
    fn parts(&self, item: u32) -> (Vec<u8>, String) {
        let (claims, place) = (&self.snapshot.claims, item as usize);
        if place < claims.len() {
            return (claims.key(place).to_vec(), claims.body(place).to_owned());
        }
        let party = &self.snapshot.parties[place - claims.len()];
        (party.id.as_bytes().to_vec(), json_of(party))
    }
}

fn json_of(party: &Party) -> String {
    serde_json::to_string(party).expect("plain data always turns into JSON")
}

/// Rows of the store that no longer stand, and those that take their place.
#[derive(Default)]
pub(super) struct Replaced {
    outdated: Vec<i64>,
    fresh: Vec<(i64, Run)>,
}

impl Replaced {
    /// Takes the runs of an entry as they are from now on.
    pub(super) fn take(&mut self, stored: &StoredEntry, runs: &[Run]) {
        let old = stored.rows.iter();
        self.outdated.extend(old.filter(|(_, run)| !runs.contains(run)).map(|(row, _)| *row));
        let kept = |run: &&Run| !stored.rows.iter().any(|(_, old)| old == *run);
        self.fresh.extend(runs.iter().filter(kept).map(|run| (stored.entry, *run)));
    }

    /// Writes them.
    pub(super) async fn write(mut self, db: &mut SqliteConnection, now: i64) -> Result<(), StoreError> {
        self.outdated.sort_unstable();
        supersede(db, "UPDATE validity SET superseded_at = ", &self.outdated, now).await?;
        let mut next = decode::next_id(db, "SELECT MAX(id) FROM validity").await?;
        insert_rows(db, &self.fresh, &mut next, now).await
    }
}

impl ClaimStore {
    /// Takes in the snapshot that the source published on `published`.
    ///
    /// The same bytes that say the same for the same day are a no-op; anything else for a day already imported replaces
    /// that day. Snapshots
    /// may come in any order. Everything happens in one transaction: on an error, or when the process dies, the store
    /// is as before. O(entries of the source); memory for a hash of each entry of the snapshot and for what changes.
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
    /// for that day, and leaves alone what the user imported (the whole list perhaps, which knows more than our
    /// extract), and a source that the user took out.
    pub async fn import_shipped(
        &self,
        snapshot: &Snapshot,
        published: Date,
        recorded_at: Timestamp,
        sha256: &str,
    ) -> Result<ImportReport, StoreError> {
        self.take_in(snapshot, published, recorded_at, sha256, Origin::Shipped).await
    }

    /// [`import`](Self::import) of several versions of one source, each with its day and the hash of its bytes: all of
    /// them or none.
    pub async fn import_all(
        &self,
        versions: &[(Snapshot, Date, String)],
        recorded_at: Timestamp,
    ) -> Result<Vec<ImportReport>, StoreError> {
        let mut change = self.change("an import").await?;
        let mut reports = Vec::with_capacity(versions.len());
        for (snapshot, day, sha256) in versions {
            reports.push(import(change.db(), snapshot, *day, recorded_at, sha256, Origin::User).await?);
        }
        let changed = |(_, report): &(_, &ImportReport)| !report.already_imported;
        if let Some(((snapshot, ..), _)) = versions.iter().zip(&reports).find(changed) {
            change.commit(Some(&snapshot.source.id)).await?;
        }
        Ok(reports)
    }

    async fn take_in(
        &self,
        snapshot: &Snapshot,
        published: Date,
        recorded_at: Timestamp,
        sha256: &str,
        origin: Origin,
    ) -> Result<ImportReport, StoreError> {
        let mut change = self.change("an import").await?;
        let report = import(change.db(), snapshot, published, recorded_at, sha256, origin).await?;
        if !report.already_imported {
            change.commit(Some(&snapshot.source.id)).await?;
        }
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
        parties_added: 0,
        parties_ended: 0,
        parties_changed: 0,
        refused: snapshot.account.left_out,
        warnings: snapshot.warnings.clone(),
    };
    let known = decode::snapshot_days(db, source).await?;
    let same_day = known.iter().find(|known| known.published == published);
    let users = |known: &KnownSnapshot| origin == Origin::Shipped && !known.shipped;
    let taken_out = origin == Origin::Shipped && known.is_empty() && was_removed(db, source).await?;
    let mut items = Items::of(snapshot);
    let content = items.content();
    let says_the_same =
        |known: &KnownSnapshot| origin == Origin::Shipped || known.content.as_ref() == Some(&content);
    let is_known = |known: &KnownSnapshot| (known.sha256 == sha256 && says_the_same(known)) || users(known);
    if taken_out || same_day.is_some_and(is_known) {
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
    insert_snapshot(db, snapshot, published, now, (sha256, Some(&content)), origin).await?;

    let (mut added, mut ended): (BTreeSet<Vec<u8>>, BTreeSet<Vec<u8>>) = Default::default();
    let mut replaced = Replaced::default();
    decode::each_entry(db, source, |stored| {
        let said = items.meet(stored.kind, stored.hash).map(|(_, said)| said);
        let old = stored.runs();
        let before = base.is_some_and(|day| old.iter().any(|run| run.covers(day)));
        match (&stored.party, before, said.is_some()) {
            (None, before, now) => count(&mut report, before, now),
            (Some(id), true, false) => _ = ended.insert(id.clone()),
            (Some(id), false, true) => _ = added.insert(id.clone()),
            (Some(_), ..) => {}
        }
        // Otherwise the new snapshot says what the runs around its day say already.
        if said_on(&old, published) != said {
            let runs = runs(&days, |day| if day == published { said } else { said_on(&old, day) });
            replaced.take(&stored, &runs);
        }
    })
    .await?;
    let new = items.unmet();
    report.added += new.iter().filter(|&&item| items.kind(item) == Kind::Claim).count() as u64;
    added.extend(new.iter().filter_map(|&item| items.party_id(item)).map(|id| id.as_bytes().to_vec()));
    report.parties_changed = added.intersection(&ended).count() as u64;
    report.parties_added = added.len() as u64 - report.parties_changed;
    report.parties_ended = ended.len() as u64 - report.parties_changed;
    replaced.write(db, now).await?;
    insert_entries(db, &items, &new, |_, said| runs(&days, |day| (day == published).then_some(said)), now)
        .await?;
    Ok(report)
}

pub(super) async fn was_removed(db: &mut SqliteConnection, source: &str) -> Result<bool, StoreError> {
    let times: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM removal WHERE source = $1")
        .bind(source)
        .fetch_one(db)
        .await
        .map_err(StoreError::while_("reading removals"))?;
    Ok(times > 0)
}

fn count(report: &mut ImportReport, before: bool, now: bool) {
    match (before, now) {
        (false, true) => report.added += 1,
        (true, false) => report.ended += 1,
        (true, true) => report.unchanged += 1,
        (false, false) => {}
    }
}

pub(super) async fn insert_snapshot(
    db: &mut SqliteConnection,
    snapshot: &Snapshot,
    published: Date,
    now: i64,
    (sha256, content): (&str, Option<&str>),
    origin: Origin,
) -> Result<(), StoreError> {
    let head = &snapshot.source;
    let id = decode::next_id(db, "SELECT MAX(id) FROM snapshot").await?;
    sqlx::query(
        "INSERT INTO snapshot (id, source, published, sha256, kind, title, publisher, url, recorded_at, shipped, \
         scope, format, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
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
    .bind(snapshot.format.id())
    .bind(content)
    .execute(db)
    .await
    .map_err(StoreError::while_("storing a snapshot"))?;
    Ok(())
}

/// The word that a kind is stored as.
pub(crate) const fn kind_word(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Sanctions => "sanctions",
        SourceKind::LawEnforcement => "law_enforcement",
        SourceKind::Labels => "labels",
        SourceKind::Own => "own",
    }
}

/// Marks rows; `update` is the beginning of a statement.
pub(super) async fn supersede(
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

/// Inserts new entries with their bodies and runs, a batch in memory at a time.
pub(super) async fn insert_entries(
    db: &mut SqliteConnection,
    items: &Items<'_>,
    new: &[u32],
    runs: impl Fn(u32, Said) -> Vec<Run>,
    now: i64,
) -> Result<(), StoreError> {
    let source = items.snapshot.source.id.0.as_str();
    let mut next_body = decode::next_id(db, "SELECT MAX(id) FROM body").await?;
    let mut next_entry = decode::next_id(db, "SELECT MAX(id) FROM entry").await?;
    let mut next_row = decode::next_id(db, "SELECT MAX(id) FROM validity").await?;
    // Statements are shared by many claims; one that is no longer remembered is not looked for, a copy does no harm.
    let mut bodies: HashMap<String, i64> = HashMap::new();
    for batch in new.chunks(BATCH) {
        if bodies.len() > SHARED_BODIES {
            bodies.clear();
        }
        let mut new_bodies: Vec<(i64, String)> = Vec::new();
        let mut new_entries = Vec::with_capacity(batch.len());
        let mut rows = Vec::with_capacity(batch.len());
        for &item in batch {
            let (subject, json) = items.parts(item);
            let body = *bodies.entry(json).or_insert_with_key(|json| {
                new_bodies.push((next_body, json.clone()));
                next_body += 1;
                next_body - 1
            });
            let (kind, hash) = items.identity(item);
            new_entries.push((next_entry, kind, hash, subject, body));
            rows.extend(runs(item, items.said(item)).into_iter().map(|run| (next_entry, run)));
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
        insert_rows(db, &rows, &mut next_row, now).await?;
    }
    Ok(())
}

/// Appends runs to entries, by the entries' numbers.
async fn insert_rows(
    db: &mut SqliteConnection,
    rows: &[(i64, Run)],
    next: &mut i64,
    now: i64,
) -> Result<(), StoreError> {
    for batch in rows.chunks(BATCH) {
        let mut query = QueryBuilder::<Sqlite>::new(
            "INSERT INTO validity (id, entry, carried_from, carried_to, confidence, said_from, said_to, valid_from, \
             valid_to, recorded_at) ",
        );
        query.push_values(batch, |mut row, (entry, run)| {
            let text = |date: Option<Date>| date.map(|date| date.to_string());
            row.push_bind(*next).push_bind(*entry);
            row.push_bind(run.carried_from.to_string()).push_bind(text(run.carried_to));
            row.push_bind(i64::from(run.said.confidence));
            row.push_bind(text(run.said.from)).push_bind(text(run.said.to));
            row.push_bind(run.valid_from.to_string()).push_bind(text(run.valid_to)).push_bind(now);
            *next += 1;
        });
        query.build().execute(&mut *db).await.map_err(StoreError::while_("storing validity"))?;
    }
    Ok(())
}
