//! From a list that has been read to the store: whose list it is, whether it is the whole of it, and whom it would end.
//!
//! * Under the id of a published list only the list itself may end anybody. Everything else is an extract: it goes to a
//!   source of its own, `<id>-extract`, which only grows. What an extract adds holds until the next version of the list
//!   itself, which knows better.
//! * A version of a sanctions list that ends many of its subjects waits for a person.
//! * A list of the future is refused: it would be taken and never applied.

use std::collections::HashSet;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use sha2::{Digest, Sha256};
use tracehound_model::{Category, SourceId, SourceKind};

use crate::{
    Scope,
    import::{
        Account, Edition, Format, Imported, Options, Shrink, Snapshot, Warning,
        official::{self, Official},
    },
    store::{Answer, ClaimStore, Held, ImportReport, StoreError},
    subject_key,
};

/// Why a list was read but not taken in. The versions before it stay in force.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IntakeError {
    /// A day that has not come.
    #[error(
        "the list says it is of {published}, and today is {today}: a list of the future would never be applied; \
         give its day with --published YYYY-MM-DD where the list itself tells none"
    )]
    Future {
        /// The list's day.
        published: Date,
        /// Today, in UTC.
        today: Date,
    },
    /// One published list under the id of another.
    #[error(
        "this is the list `{is}` ({format}), not `{given}`: it would end everybody on `{given}`; leave --source out"
    )]
    OtherList {
        /// The id asked for.
        given: SourceId,
        /// Whose list it is.
        is: SourceId,
        /// Its format.
        format: Format,
    },
    /// An id one slip away from an official one.
    #[error("`{given}` is one slip away from the official `{official}`: use that, or another name")]
    NearMiss {
        /// The id asked for.
        given: SourceId,
        /// The official one.
        official: SourceId,
    },
    /// It would end many subjects.
    #[error("{}", held_message(.0))]
    Held(Box<Held>),
    /// A person decided against these bytes.
    #[error(
        "`{source_id}` of {published} was rejected by a person and is not taken in; --accept-shrink takes it all the same"
    )]
    Rejected {
        /// Whose list.
        source_id: SourceId,
        /// Of which day.
        published: Date,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Names shown in a message.
const SHOWN_NAMES: usize = 10;

fn held_message(held: &Held) -> String {
    let Held { source, published, shrink: Shrink { what, ended, total, names }, .. } = held;
    let shown = names.iter().take(SHOWN_NAMES).map(String::as_str).collect::<Vec<_>>().join("; ");
    let more = ended.saturating_sub(names.len().min(SHOWN_NAMES) as u64);
    let more = if more == 0 { String::new() } else { format!("; and {more} more") };
    format!(
        "`{source}` of {published} would end {ended} of {total} {what}; the version before stays in force until a person \
         answers: take it with --accept-shrink, or `tracehound lists reject {source}`. Who would go: {shown}{more}"
    )
}

/// What a list became.
pub(crate) struct TakenIn {
    pub(crate) report: ImportReport,
    /// Where it went and why, for a person.
    pub(crate) notes: Vec<String>,
}

/// Refuses a day later than tomorrow: a publisher's clock may be ahead, not by more.
pub(crate) fn check_day(published: Date, now: Timestamp) -> Result<(), IntakeError> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let tomorrow = today.tomorrow().unwrap_or(today);
    if published > tomorrow { Err(IntakeError::Future { published, today }) } else { Ok(()) }
}

/// Takes a list in as what it is.
pub(crate) async fn take_in(
    store: &ClaimStore,
    imported: Imported,
    published: Date,
    options: &Options,
    now: Timestamp,
) -> Result<TakenIn, IntakeError> {
    check_day(published, now)?;
    let Imported { mut snapshot, format, sha256, .. } = imported;
    let given = snapshot.source.id.clone();
    if let Some(near) = official::near_miss(&given) {
        return Err(IntakeError::NearMiss { given, official: SourceId(near.id.to_owned()) });
    }
    forget_days_to_come(&mut snapshot, published);
    let list = official::list_of(&given);
    match official::official(&list) {
        Some(known)
            if given == list
                && known.formats.contains(&format)
                && snapshot.partial.is_none()
                && snapshot.list.is_none_or(|is| is == known.id) =>
        {
            edition(store, snapshot, published, &sha256, options, now).await
        }
        Some(known) => {
            if let Some(is) = snapshot.list.filter(|is| *is != known.id) {
                return Err(IntakeError::OtherList { given, is: SourceId(is.to_owned()), format });
            }
            let others = official::OFFICIAL.iter().find(|other| other.formats.contains(&format));
            if let Some(other) = others.filter(|_| !known.formats.contains(&format)) {
                return Err(IntakeError::OtherList { given, is: SourceId(other.id.to_owned()), format });
            }
            as_extract_of(&mut snapshot, &list, Some(known));
            extract(store, snapshot, published, &list, true, now).await
        }
        None if store.is_shipped(&list).await? => {
            as_extract_of(&mut snapshot, &list, None);
            extract(store, snapshot, published, &list, false, now).await
        }
        None => edition(store, snapshot, published, &sha256, options, now).await,
    }
}

/// A claim cannot begin after the list that makes it: such a day is left out, and said.
fn forget_days_to_come(snapshot: &mut Snapshot, published: Date) {
    let mut count = 0_u64;
    for claim in &mut snapshot.claims {
        if claim.valid_from.is_some_and(|from| from > published) {
            claim.valid_from = None;
            count += 1;
        }
    }
    if count > 0 {
        let message = format!(
            "{count} claims are dated after the list's own day, {published}; they hold from that day"
        );
        snapshot.warnings.push(Warning { place: "the whole list".to_owned(), message });
    }
}

/// A whole list: what it lacks ends, unless that is much.
async fn edition(
    store: &ClaimStore,
    mut snapshot: Snapshot,
    published: Date,
    sha256: &str,
    options: &Options,
    now: Timestamp,
) -> Result<TakenIn, IntakeError> {
    let source = snapshot.source.id.clone();
    let mut notes = Vec::new();
    if official::official(&source).is_some() {
        snapshot.source.kind = SourceKind::Sanctions;
    }
    let guarded = snapshot.source.kind == SourceKind::Sanctions || store.is_sanctions(&source).await?;
    let before = if guarded { store.edition_on(&source, published).await? } else { None };
    if let Some(before) = before {
        let richer = before.published == published && before.is_richer_than(&snapshot);
        if richer && !options.accept_shrink {
            let kept = before.keep_in(&mut snapshot);
            notes.push(format!(
                "`{source}` of {published} is here from a richer form; this one only adds, {kept} subjects that it lacks stay"
            ));
        } else if let Some(shrink) = before.shrinks_to(&snapshot).filter(|_| !options.accept_shrink) {
            if store.is_rejected(&source, sha256).await? {
                return Err(IntakeError::Rejected { source_id: source, published });
            }
            let sha256 = sha256.to_owned();
            let held = Held { source, published, sha256, shrink, held_at: now };
            store.hold(&held).await?;
            return Err(IntakeError::Held(Box::new(held)));
        }
    }
    let report = store.import(&snapshot, published, now, sha256).await?;
    let answer = if options.accept_shrink { Answer::Accepted } else { Answer::Overtaken };
    store.answer(&source, published, answer, now).await?;
    end_extracts(store, &source, now).await?;
    Ok(TakenIn { report, notes })
}

/// What is not the list itself speaks as an extract of it.
fn as_extract_of(snapshot: &mut Snapshot, list: &SourceId, known: Option<&Official>) {
    let id = official::extract_of(list);
    let head = &mut snapshot.source;
    if let Some(known) = known {
        head.kind = SourceKind::Sanctions;
        head.title = format!("{} (extracts)", known.title);
        known.publisher.clone_into(&mut head.publisher);
        head.url = Some(known.url.to_owned());
        for claim in &mut snapshot.claims {
            let said = std::mem::replace(&mut claim.statement.category, Category::Sanction);
            // Whom a sanctions list names is under sanctions, whatever else a column calls him.
            if !matches!(said, Category::Unknown | Category::Sanction) {
                claim.statement.label = format!("{} ({said})", claim.statement.label);
            }
        }
    }
    head.id = id.clone();
    snapshot.scope = Scope::Extract;
    for party in &mut snapshot.parties {
        party.source = id.clone();
    }
}

/// Adds an extract to the earlier ones of the same list. `until_next`: what it says holds until the next version of the
/// list itself, and what the list says already is not said again.
async fn extract(
    store: &ClaimStore,
    mut snapshot: Snapshot,
    published: Date,
    list: &SourceId,
    until_next: bool,
    now: Timestamp,
) -> Result<TakenIn, IntakeError> {
    let mut known = 0;
    for claim in &mut snapshot.claims {
        claim.valid_from = claim.valid_from.into_iter().chain([published]).min();
    }
    if until_next {
        let days = store.days(list).await?;
        let next = days.iter().copied().find(|day| *day > published);
        if let Some(edition) = store.edition_on(list, published).await? {
            let said: HashSet<Vec<u8>> =
                edition.claims.iter().map(|claim| subject_key(&claim.subject)).collect();
            let all = snapshot.claims.len();
            snapshot.claims.retain(|claim| !said.contains(&subject_key(&claim.subject)));
            known = all - snapshot.claims.len();
            let parties: HashSet<&str> = edition.parties.iter().map(|party| party.id.as_str()).collect();
            snapshot.parties.retain(|party| !parties.contains(party.id.as_str()));
        }
        for claim in &mut snapshot.claims {
            claim.valid_from = Some(published);
            claim.valid_to = claim.valid_to.into_iter().chain(next).min();
        }
        // The names of parties are searched as they are today: a later version of the list knows who is on it.
        if next.is_some() {
            snapshot.parties.clear();
        }
    }
    let id = snapshot.source.id.clone();
    let note = format!(
        "taken as an extract of `{list}`, under `{id}`: it adds to the list, ends nobody, and the list is no younger for it"
    );
    let already = format!("{known} subjects stand on `{list}` of that day already");
    let notes = if known > 0 { vec![note, already] } else { vec![note] };
    let before = store.edition_on(&id, Date::MAX).await?;
    let day = before.as_ref().map_or(published, |before| before.published);
    let mut all =
        before.unwrap_or(Edition { published, format: None, claims: Vec::new(), parties: Vec::new() });
    if !all.add(&snapshot) {
        let report = nothing_new(&snapshot, published, all.claims.len() as u64);
        return Ok(TakenIn { report, notes });
    }
    (snapshot.claims, snapshot.parties) = (all.claims, all.parties);
    let report = store.import(&snapshot, day, now, &content_hash(&snapshot)).await?;
    Ok(TakenIn { report, notes })
}

/// Lets what the extracts of `list` say hold until the next version of the list: after one came, or was taken back.
pub(crate) async fn end_extracts(
    store: &ClaimStore,
    list: &SourceId,
    now: Timestamp,
) -> Result<(), IntakeError> {
    let id = official::extract_of(list);
    let Some(known) = official::official(list) else { return Ok(()) };
    let Some(Edition { published, mut claims, parties, .. }) = store.edition_on(&id, Date::MAX).await? else {
        return Ok(());
    };
    let days = store.days(list).await?;
    let mut changed = false;
    for claim in &mut claims {
        let from = claim.valid_from.unwrap_or(published);
        let next = days.iter().copied().find(|day| *day > from);
        changed |= claim.valid_to != next;
        claim.valid_to = next;
    }
    if !changed {
        return Ok(());
    }
    let mut source = known_head(known, published);
    source.id = id;
    let snapshot = Snapshot {
        source,
        scope: Scope::Extract,
        claims,
        parties,
        format: Format::Notice,
        account: Account::default(),
        unread: Vec::new(),
        partial: None,
        list: None,
        warnings: Vec::new(),
    };
    let hash = content_hash(&snapshot);
    store.import(&snapshot, published, now, &hash).await?;
    Ok(())
}

fn known_head(known: &Official, published: Date) -> crate::import::SourceHead {
    crate::import::SourceHead {
        id: SourceId(known.id.to_owned()),
        kind: SourceKind::Sanctions,
        title: format!("{} (extracts)", known.title),
        publisher: known.publisher.to_owned(),
        url: Some(known.url.to_owned()),
        published: Some(published),
    }
}

fn nothing_new(snapshot: &Snapshot, published: Date, unchanged: u64) -> ImportReport {
    ImportReport {
        source: snapshot.source.id.clone(),
        published,
        already_imported: true,
        added: 0,
        ended: 0,
        unchanged,
        parties: snapshot.parties.len() as u64,
        refused: snapshot.account.left_out,
        warnings: snapshot.warnings.clone(),
    }
}

/// What tells one state of a growing source from another.
fn content_hash(snapshot: &Snapshot) -> String {
    let mut hash = Sha256::new();
    for claim in &snapshot.claims {
        hash.update(subject_key(&claim.subject));
        let rest = (&claim.statement, claim.confidence, claim.valid_from, claim.valid_to);
        hash.update(serde_json::to_vec(&rest).expect("plain data always turns into JSON"));
    }
    for party in &snapshot.parties {
        hash.update(serde_json::to_vec(party).expect("plain data always turns into JSON"));
    }
    hex::encode(hash.finalize())
}
