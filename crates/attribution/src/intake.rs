//! From a list that has been read to the store: whose list it is, whether it is the whole of it, and whom it would end.
//!
//! * Under the id of a published list only the list itself may end anybody. Everything else is an extract: it goes to a
//!   source of its own, `<id>-extract`, which only grows. What an extract adds holds until the next version of the list
//!   itself, which knows better.
//! * A version of a sanctions list, or of one from law enforcement, that ends many of its subjects waits for a person;
//!   counted are those with it that versions of the last 90 days took off while nobody was asked.
//! * A first version of an official list that has fewer parties than the whole list ever had is not taken for it.
//! * A list of the future is refused: it would be taken and never applied.

use std::collections::{HashMap, HashSet};

use jiff::{Span, Timestamp, civil::Date, tz::TimeZone};
use sha2::{Digest, Sha256};
use tracehound_model::{Category, Party, SourceId, SourceKind, claim::PartyName};

use crate::{
    Scope,
    import::{
        Account, Claims, Format, Gone, Imported, LOSSES_COUNT_FOR_DAYS, Named, NewClaim, Options, Shrink,
        Snapshot, SourceHead, Timeline, Warning,
        official::{self, Official},
        shrinks,
    },
    store::{Answer, Base, ClaimStore, Compared, Held, ImportReport, StoreError, kind_word},
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
    #[error("`{given}` is one slip away from the known `{official}`: use that, or another name")]
    NearMiss {
        /// The id asked for.
        given: SourceId,
        /// The official one.
        official: SourceId,
    },
    /// It would end many subjects.
    #[error("{}", held_message(.0))]
    Held(Box<Held>),
    /// A first version that cannot be the whole list.
    #[error(
        "`{source_id}` of {published} has {found} parties, and the whole list has had at least {least} in every version \
         known here: it is not taken for the whole list, which would clear every name and address that it lacks; fetch \
         the list again, or take it all the same with --accept-shrink"
    )]
    TooFew {
        /// Whose list.
        source_id: SourceId,
        /// Of which day.
        published: Date,
        /// Its parties.
        found: u64,
        /// The fewest of any version known.
        least: u64,
    },
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
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    format!(
        "`{source}` of {published} would end {ended} of {total} {what}; the version before stays in force until a person \
         answers: take it with --accept-shrink, or `tracehound lists reject {source}`. Who would go: {}",
        shown(&names, *ended)
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
    let shipped = store.shipped_sources().await?;
    if let Some(near) = shipped.iter().find(|known| official::is_slip_of(&given, known)) {
        return Err(IntakeError::NearMiss { given, official: near.clone() });
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
            list_version(store, snapshot, published, &sha256, options, now).await
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
            // An extract of what an authority says is that authority's word.
            if let Some(kind) = store.kind_of(&list).await? {
                let own = &mut snapshot.source.kind;
                *own = if weight(kind) > weight(*own) { kind } else { *own };
            }
            extract(store, snapshot, published, &list, false, now).await
        }
        None => list_version(store, snapshot, published, &sha256, options, now).await,
    }
}

/// A claim cannot begin after the list that makes it: such a day is left out, and said.
fn forget_days_to_come(snapshot: &mut Snapshot, published: Date) {
    let mut count = 0_u64;
    snapshot.claims.change(|_, from, _| {
        if from.is_some_and(|from| from > published) {
            *from = None;
            count += 1;
        }
    });
    if count > 0 {
        let message = format!(
            "{count} claims are dated after the list's own day, {published}; they hold from that day"
        );
        snapshot.warnings.push(Warning { place: "the whole list".to_owned(), message });
    }
}

/// A whole list: what it lacks ends, unless that is much.
async fn list_version(
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
    notes.extend(keep_kind(store, &mut snapshot).await?);
    let kind = snapshot.source.kind;
    if kind == SourceKind::Sanctions {
        snapshot.claims = sanctioned(&snapshot.claims);
    }
    let guarded = matches!(kind, SourceKind::Sanctions | SourceKind::LawEnforcement)
        || store.is_guarded(&source).await?;
    let base = store.base_for(&source, published).await?;
    let mut losses = Vec::new();
    if guarded
        && !options.accept_shrink
        && poorer_form_adds(store, &mut snapshot, base, published, &mut notes).await?
    {
        // Nobody goes.
    } else if let Some(base) = base {
        let named = Named::of(&snapshot);
        let compared = store.compare(&source, base, &named).await?;
        if guarded && !options.accept_shrink {
            let since = published.saturating_sub(Span::new().days(LOSSES_COUNT_FOR_DAYS));
            let earlier = store.losses(&source, since, published).await?;
            let milder = match (base, store.list_version_on(&source, published).await?) {
                (Base::On(_), Some(before)) => {
                    // What came with the program gives one name each.
                    let shipped = store.is_shipped_version(&source, before.published).await?;
                    let renamed = || (!shipped).then(|| before.renamed_in(&snapshot)).flatten();
                    before.milder_in(&snapshot).or_else(renamed)
                }
                _ => None,
            };
            if let Some(shrink) = shrinks(&compared, &earlier, &named).or(milder) {
                return Err(hold(store, source, published, sha256, shrink, now).await?);
            }
            losses = compared.gone.clone();
        }
        notes.extend(who_goes(&compared, base));
    }
    if !options.accept_shrink {
        check_size(store, &snapshot, published).await?;
    }
    if !losses.is_empty() {
        store.record_losses(&source, published, &losses, now).await?;
    }
    let report = store.import(&snapshot, published, now, sha256).await?;
    if options.accept_shrink {
        store.settle_losses(&source, published, now).await?;
    }
    let answer = if options.accept_shrink { Answer::Accepted } else { Answer::Overtaken };
    store.answer(&source, published, answer, now).await?;
    end_extracts(store, &source, false, now).await?;
    Ok(TakenIn { report, notes })
}

/// How much the word of a source of this kind weighs.
fn weight(kind: SourceKind) -> u8 {
    match kind {
        SourceKind::Sanctions => 2,
        SourceKind::LawEnforcement => 1,
        SourceKind::Labels | SourceKind::Own => 0,
    }
}

/// A source keeps the weightiest kind that it came as: what police or a sanctions office says is not an own label because
/// the next import forgot to say whose it is. A word about it where it was given another.
async fn keep_kind(store: &ClaimStore, snapshot: &mut Snapshot) -> Result<Option<String>, StoreError> {
    let SourceHead { id, kind, .. } = &mut snapshot.source;
    let Some(known) = store.kind_of(id).await?.filter(|known| weight(*known) > weight(*kind)) else {
        return Ok(None);
    };
    *kind = known;
    let word = kind_word(known);
    Ok(Some(format!(
        "`{id}` stays what it came as, `{word}`: what is of another kind needs another --source"
    )))
}

/// Of the same day as a richer form of the list that is here: `snapshot` only adds to it.
async fn poorer_form_adds(
    store: &ClaimStore,
    snapshot: &mut Snapshot,
    base: Option<Base>,
    published: Date,
    notes: &mut Vec<String>,
) -> Result<bool, IntakeError> {
    if base != Some(Base::On(published)) {
        return Ok(false);
    }
    let source = snapshot.source.id.clone();
    let known = store.format_of(&source, published).await?.as_deref().and_then(Format::from_id);
    if known.is_none_or(|known| known.richness() <= snapshot.format.richness()) {
        return Ok(false);
    }
    let Some(before) = store.list_version_on(&source, published).await? else { return Ok(false) };
    let kept = before.keep_in(snapshot);
    notes.push(format!(
        "`{source}` of {published} is here from a richer form; this one only adds, {kept} subjects that it lacks stay"
    ));
    Ok(true)
}

/// Remembers a list version that waits for a person; the error that says so.
async fn hold(
    store: &ClaimStore,
    source: SourceId,
    published: Date,
    sha256: &str,
    shrink: Shrink,
    now: Timestamp,
) -> Result<IntakeError, StoreError> {
    if store.is_rejected(&source, sha256).await? {
        return Ok(IntakeError::Rejected { source_id: source, published });
    }
    let held = Held { source, published, sha256: sha256.to_owned(), shrink, held_at: now };
    store.hold(&held).await?;
    Ok(IntakeError::Held(Box::new(held)))
}

/// Refuses a first version of an official list that is too small to be the whole of it.
async fn check_size(store: &ClaimStore, snapshot: &Snapshot, published: Date) -> Result<(), IntakeError> {
    let source = &snapshot.source.id;
    let Some(known) = official::official(source) else { return Ok(()) };
    let found = snapshot.parties.len() as u64;
    if found >= known.least_parties || store.has_whole_list(source).await? {
        return Ok(());
    }
    Err(IntakeError::TooFew { source_id: source.clone(), published, found, least: known.least_parties })
}

/// Names those that a list version takes off, whoever's list it is.
fn who_goes(compared: &Compared, base: Base) -> Option<String> {
    let [addresses, parties] = compared.ended;
    let counted = [(addresses, compared.before[0], "addresses"), (parties, compared.before[1], "parties")];
    let counted: Vec<String> = counted
        .iter()
        .filter(|(ended, ..)| *ended > 0)
        .map(|(ended, before, what)| format!("{ended} of {before} {what}"))
        .collect();
    let before = match base {
        Base::On(day) => format!("the version of {day}"),
        Base::Removed(_) => "what was here when the source was taken out".to_owned(),
    };
    let names: Vec<&str> = compared.gone.iter().map(|gone: &Gone| gone.name.as_str()).collect();
    (!counted.is_empty()).then(|| {
        format!("names no more {} of {before}: {}", counted.join(" and "), shown(&names, addresses + parties))
    })
}

/// The first names, and how many there are besides.
fn shown(names: &[&str], count: u64) -> String {
    let first = names.iter().take(SHOWN_NAMES).copied().collect::<Vec<_>>().join("; ");
    match count.saturating_sub(names.len().min(SHOWN_NAMES) as u64) {
        0 => first,
        more => format!("{first}; and {more} more"),
    }
}

/// Whom a sanctions list names is under sanctions, whatever else a column calls him.
fn sanctioned(claims: &Claims) -> Claims {
    let named = |mut claim: NewClaim| {
        let said = std::mem::replace(&mut claim.statement.category, Category::Sanction);
        if !matches!(said, Category::Unknown | Category::Sanction) {
            claim.statement.label = format!("{} ({said})", claim.statement.label);
        }
        claim
    };
    claims.iter().map(named).collect()
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
    let (mut known, mut next) = (0, None);
    let kept = keep_kind(store, &mut snapshot).await?;
    if snapshot.source.kind == SourceKind::Sanctions {
        snapshot.claims = sanctioned(&snapshot.claims);
    }
    snapshot.claims.change(|_, from, _| *from = (*from).into_iter().chain([published]).min());
    if until_next {
        next = store.days(list).await?.into_iter().find(|day| *day > published);
        if let Some(list_version) = store.list_version_on(list, published).await? {
            let said: HashSet<&[u8]> = list_version.claims.keys().collect();
            let all = snapshot.claims.len();
            snapshot.claims.retain(|key| !said.contains(key));
            known = all - snapshot.claims.len();
            let listed: HashMap<&str, &Party> =
                list_version.parties.iter().map(|party| (party.id.as_str(), party)).collect();
            // A party of the list stays in the extract where it has a name that the list lacks.
            snapshot.parties.retain(|party| {
                let known = |name: &PartyName, listed: &Party| {
                    listed.names.iter().any(|other| other.full == name.full)
                };
                listed
                    .get(party.id.as_str())
                    .is_none_or(|listed| party.names.iter().any(|name| !known(name, listed)))
            });
        }
        snapshot.claims.change(|_, from, to| {
            (*from, *to) = (Some(published), (*to).into_iter().chain(next).min());
        });
        // The names of parties are searched as they are today: a later version of the list knows who is on it.
        if next.is_some() {
            snapshot.parties.clear();
        }
    }
    let id = snapshot.source.id.clone();
    let mut notes = vec![format!(
        "taken as an extract of `{list}`, under `{id}`: it adds to the list, ends nobody, and the list is no younger for it"
    )];
    notes.extend(kept);
    if known > 0 {
        notes.push(format!("{known} subjects stand on `{list}` of that day already"));
    }
    if let Some(next) = next.filter(|_| !snapshot.claims.is_empty()) {
        notes.push(format!(
            "`{list}` of {next} is here, is newer and knows better: the {} subjects that this adds are listed from \
             {published} until then, and not today unless that list names them",
            snapshot.claims.len()
        ));
    }
    let mut timeline = said_by(store, &id, until_next).await?;
    for claim in std::mem::take(&mut snapshot.claims).iter() {
        timeline.say(published, claim);
    }
    timeline.end_nobody();
    let named = std::mem::take(&mut snapshot.parties);
    // Parties without a claim have no day in the timeline, and are kept all the same.
    let named_on = (!named.is_empty()).then_some(published);
    let mut parties =
        store.list_version_on(&id, Date::MAX).await?.map(|newest| newest.parties).unwrap_or_default();
    for party in named {
        parties.retain(|known| known.id != party.id);
        parties.push(party);
    }
    snapshot.parties = parties;
    let reports = write_extracts(store, &snapshot, &timeline, named_on, now).await?;
    let report = reports.into_iter().find(|report| report.published == published);
    let report = report.unwrap_or_else(|| nothing_new(&snapshot, published));
    Ok(TakenIn { report, notes })
}

/// What the extracts kept under `id` have said so far. `until_next`: from their own day on and not before.
async fn said_by(store: &ClaimStore, id: &SourceId, until_next: bool) -> Result<Timeline, StoreError> {
    let mut timeline = Timeline::default();
    for (carried_from, claim) in store.said(id).await? {
        // Version 0.1.0 kept all of them under the day of the first.
        let own = claim.valid_from.filter(|_| until_next);
        timeline.say(own.into_iter().chain([carried_from]).max().unwrap_or(carried_from), claim);
    }
    Ok(timeline)
}

/// Stores what extracts say, a version for each day on which one of them said something. `like` gives all but the claims.
async fn write_extracts(
    store: &ClaimStore,
    like: &Snapshot,
    timeline: &Timeline,
    named_on: Option<Date>,
    now: Timestamp,
) -> Result<Vec<ImportReport>, StoreError> {
    let mut days = timeline.days();
    days.extend(named_on);
    days.extend(store.days(&like.source.id).await?);
    let versions = days.into_iter().map(|day| {
        let mut snapshot = Snapshot { claims: timeline.on(day), ..like.clone() };
        snapshot.source.published = Some(day);
        let hash = content_hash(&snapshot);
        (snapshot, day, hash)
    });
    store.import_all(&versions.collect::<Vec<_>>(), now).await
}

/// Lets what the extracts of `list` say hold until the next version of the list: after one came, or (`anew`) was taken
/// back.
pub(crate) async fn end_extracts(
    store: &ClaimStore,
    list: &SourceId,
    anew: bool,
    now: Timestamp,
) -> Result<(), IntakeError> {
    let id = official::extract_of(list);
    let Some(known) = official::official(list) else { return Ok(()) };
    let Some(newest) = store.list_version_on(&id, Date::MAX).await? else { return Ok(()) };
    let mut timeline = said_by(store, &id, true).await?;
    timeline.end(&store.days(list).await?, anew);
    let like = Snapshot {
        source: known_head(known, id, newest.published),
        scope: Scope::Extract,
        claims: Claims::default(),
        parties: newest.parties,
        format: newest.format.as_deref().and_then(Format::from_id).unwrap_or(Format::Advisory),
        account: Account::default(),
        unread: Vec::new(),
        partial: None,
        list: None,
        warnings: Vec::new(),
    };
    write_extracts(store, &like, &timeline, None, now).await?;
    Ok(())
}

fn known_head(known: &Official, id: SourceId, published: Date) -> SourceHead {
    SourceHead {
        id,
        kind: SourceKind::Sanctions,
        title: format!("{} (extracts)", known.title),
        publisher: known.publisher.to_owned(),
        url: Some(known.url.to_owned()),
        published: Some(published),
    }
}

fn nothing_new(snapshot: &Snapshot, published: Date) -> ImportReport {
    ImportReport {
        source: snapshot.source.id.clone(),
        published,
        already_imported: true,
        added: 0,
        ended: 0,
        unchanged: 0,
        parties: snapshot.parties.len() as u64,
        parties_added: 0,
        parties_ended: 0,
        parties_changed: 0,
        refused: snapshot.account.left_out,
        warnings: snapshot.warnings.clone(),
    }
}

/// What tells one state of a growing source from another.
fn content_hash(snapshot: &Snapshot) -> String {
    let mut hash = Sha256::new();
    for place in 0..snapshot.claims.len() {
        hash.update(snapshot.claims.key(place));
        let rest = (snapshot.claims.body(place), snapshot.claims.said(place));
        hash.update(serde_json::to_vec(&rest).expect("plain data always turns into JSON"));
    }
    for party in &snapshot.parties {
        hash.update(serde_json::to_vec(party).expect("plain data always turns into JSON"));
    }
    hex::encode(hash.finalize())
}
