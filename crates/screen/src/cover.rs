//! What lists and ledger cover at a moment, measured against what a policy requires. Pure.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use tracehound_attribution::index::Index;
use tracehound_ledger::{BlockNum, Ledger};
use tracehound_model::{
    Gap, GapKind, SourceId, SourceKind,
    verdict::{AdvisoriesAsOf, SourceAsOf},
};

use crate::policy::Policy;

/// Seconds by which a block may claim another time than the one before or after it (consensus: two hours ahead).
const BLOCKS_OUT_OF_ORDER: u32 = 144;

/// The day of a moment, UTC.
pub(crate) fn day_of(moment: Timestamp) -> Date {
    moment.to_zoned(TimeZone::UTC).date()
}

/// What the lists cover at a moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lists {
    /// Sources searched, with the list version used.
    pub(crate) sources: Vec<SourceAsOf>,
    /// Publishers whose advisories are complete up to a day.
    pub(crate) advisories: Vec<AdvisoriesAsOf>,
    /// Sources without a list version from the day or before.
    pub(crate) silent: Vec<Gap>,
}

impl Lists {
    pub(crate) fn of(index: &Index, policy: &Policy, as_of: Timestamp) -> Self {
        let day = day_of(as_of);
        let mut lists = Self::default();
        for history in index.sources() {
            lists.advisories.extend(
                history
                    .complete_as_of
                    .map(|day| AdvisoriesAsOf { id: history.source.id.clone(), complete_as_of: day }),
            );
            let id = &history.source.id;
            let Some(published) = history.snapshot_on(day) else {
                let sentence = format!(
                    "{id} has no snapshot from {day} or before: nothing is known from it about that day"
                );
                lists.silent.push(Gap::about_list(GapKind::ListSilent, &id.0, sentence));
                continue;
            };
            // Of the others nobody asks for all of it.
            let is_asked_whole =
                history.source.kind == SourceKind::Sanctions || policy.require.sources.contains(id);
            lists.sources.push(SourceAsOf {
                id: id.clone(),
                published,
                url: history.source.url.clone(),
                vouched_until: is_asked_whole.then(|| history.vouched_until(as_of)).flatten(),
                waiting: history.waiting.filter(|waiting| *waiting <= day),
            });
        }
        lists
    }
}

/// The day up to which the advisories of every publisher that the policy names are complete.
pub(crate) fn advisories_complete_as_of(policy: &Policy, advisories: &[AdvisoriesAsOf]) -> Option<Date> {
    let days = policy.require.publishers().iter().map(|id| complete_as_of(id, advisories));
    days.collect::<Option<Vec<Date>>>()?.into_iter().min()
}

fn complete_as_of(publisher: &SourceId, advisories: &[AdvisoriesAsOf]) -> Option<Date> {
    advisories
        .iter()
        .find(|advisories| advisories.id == *publisher)
        .map(|advisories| advisories.complete_as_of)
}

/// Which publishers' advisories are not there, or not to a late enough day.
fn missing_advisories(
    policy: &Policy,
    advisories: &[AdvisoriesAsOf],
    limit: u32,
    as_of: Timestamp,
) -> Vec<Gap> {
    let mut wanting: BTreeMap<Option<Date>, Vec<SourceId>> = BTreeMap::new();
    for publisher in policy.require.publishers() {
        let complete = complete_as_of(publisher, advisories);
        if complete.is_none_or(|day| days_between(day, day_of(as_of)) > i64::from(limit)) {
            wanting.entry(complete).or_default().push(publisher.clone());
        }
    }
    let gap = |(complete, publishers): (Option<Date>, Vec<SourceId>)| {
        let names: Vec<&str> = publishers.iter().map(|id| id.0.as_str()).collect();
        let names = names.join(", ");
        let (kind, sentence) = match complete {
            None => (
                GapKind::AdvisoriesMissing,
                format!(
                    "the policy requires the advisories of {names}, and no pack of advisories speaks for them"
                ),
            ),
            Some(complete) => (
                GapKind::AdvisoriesStale,
                format!(
                    "the advisories of {names} are complete as of {complete}, {} days before the moment asked about; the \
                     policy accepts {limit}",
                    days_between(complete, day_of(as_of))
                ),
            ),
        };
        Gap::about_lists(kind, publishers, sentence)
            .mend("lists import a newer signed pack that speaks for them (data/README.md)")
    };
    wanting.into_iter().map(gap).collect()
}

/// Which of the policy's requirements on lists are not met.
pub(crate) fn missing_lists(
    policy: &Policy,
    sources: &[SourceAsOf],
    advisories: &[AdvisoriesAsOf],
    as_of: Timestamp,
) -> Vec<Gap> {
    let mut missing = Vec::new();
    for wanted in &policy.require.sources {
        let Some(source) = sources.iter().find(|source| source.id == *wanted) else {
            let sentence = format!(
                "the policy requires {wanted}, of which no list version from {} or before is loaded",
                day_of(as_of)
            );
            missing.push(Gap::about_list(GapKind::ListMissing, &wanted.0, sentence).mend(NEWER_LIST));
            continue;
        };
        missing.extend(waits(source));
        let aged = || too_old(source, policy.require.checked_within_days?, as_of);
        missing.extend(partial(source).or_else(aged));
    }
    if let Some(limit) = policy.require.advisories_within_days {
        missing.extend(missing_advisories(policy, advisories, limit, as_of));
    }
    missing
}

/// How to come by a list of the right day.
const NEWER_LIST: &str = "tracehound lists update (for a past day: lists import a list version of that time)";

/// Lists that the policy does not require: versions of them that wait, and sanctions lists that are older than it accepts of
/// those it requires.
pub(crate) fn aged(policy: &Policy, sources: &[SourceAsOf], as_of: Timestamp) -> Vec<Gap> {
    let others = || sources.iter().filter(|source| !policy.require.sources.contains(&source.id));
    let mut gaps: Vec<Gap> = others().filter_map(waits).collect();
    if let Some(limit) = policy.require.checked_within_days {
        let vouched = others().filter(|source| source.vouched_until.is_some());
        gaps.extend(vouched.filter_map(|source| too_old(source, limit, as_of)));
    }
    gaps
}

/// That a newer version of a list waits, where one does.
fn waits(source: &SourceAsOf) -> Option<Gap> {
    let SourceAsOf { id, waiting, .. } = source;
    let day = (*waiting)?;
    let sentence =
        format!("a version of {id} of {day} waits for a person's answer: whom it adds is not known yet");
    let remedy = format!("import it again with --accept-shrink, or tracehound lists reject {id}");
    Some(Gap::about_list(GapKind::ListWaiting, &id.0, sentence).mend(remedy))
}

/// That nothing vouches for a source, where nothing does.
fn partial(SourceAsOf { id, published, vouched_until, .. }: &SourceAsOf) -> Option<Gap> {
    vouched_until.is_none().then(|| {
        let sentence = format!(
            "{id} of {published} is a part of a list, or not all of it was read: nothing tells whom it lacks"
        );
        Gap::about_list(GapKind::ListPartial, &id.0, sentence).mend(NEWER_LIST)
    })
}

/// Why a source is older than `limit` days, where it is.
fn too_old(source: &SourceAsOf, limit: u32, as_of: Timestamp) -> Option<Gap> {
    let SourceAsOf { id, published, .. } = source;
    let known = source.vouched_until?;
    let age = as_of.duration_since(known);
    (age > SignedDuration::from_hours(24 * i64::from(limit))).then(|| {
        let sentence = format!(
            "{id} is of {published}, known to be all there was until {}, {} days before the moment asked about; the \
             policy accepts {limit}",
            day_of(known),
            days_between(day_of(known), day_of(as_of))
        );
        Gap::about_list(GapKind::ListStale, &id.0, sentence).mend(NEWER_LIST)
    })
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// Why the subject's transactions do not suffice, where they do not. `until` is the block they were examined up to; none
/// when they were not examined in whole.
pub(crate) fn missing_transactions(
    policy: &Policy,
    until: Option<Timestamp>,
    as_of: Timestamp,
) -> Option<Gap> {
    if !policy.require.transactions() {
        return None;
    }
    let Some(until) = until else {
        let sentence = "the policy requires the subject's transactions, and not all of them were examined";
        let remedy = "ingest its whole chain (tracehound ingest node URL), or ask the lists alone (screen --policy \
                      lists-only)";
        return Some(Gap::about_subject(GapKind::TransactionsNotExamined, sentence).mend(remedy));
    };
    let limit = policy.require.transactions_within_hours?;
    let age = as_of.duration_since(until);
    (age > SignedDuration::from_hours(i64::from(limit))).then(|| {
        let sentence = format!(
            "the transactions were examined up to a block of {until}, {} hours before the moment asked about; the policy \
             accepts {limit}",
            age.as_hours()
        );
        Gap::about_subject(GapKind::TransactionsStale, sentence).mend("tracehound ingest node URL")
    })
}

/// Why the subject's direct counterparties do not suffice, where they do not. `until` is the block up to which all of them were
/// looked at, on one chain at least.
pub(crate) fn missing_counterparties(
    policy: &Policy,
    until: Option<Timestamp>,
    as_of: Timestamp,
) -> Option<Gap> {
    let limit = policy.require.counterparties_within_hours?;
    let remedy = "screen --source explorer URL, or --source rpc URL, fetches them (of Bitcoin --esplora URL)";
    let Some(until) = until else {
        let sentence =
            "the policy requires whom the subject paid and was paid by, and not all of them were looked at";
        return Some(Gap::about_subject(GapKind::TransactionsNotExamined, sentence).mend(remedy));
    };
    let age = as_of.duration_since(until);
    (age > SignedDuration::from_hours(i64::from(limit))).then(|| {
        let sentence = format!(
            "whom the subject paid and was paid by was looked at up to a block of {until}, {} hours before the moment asked \
             about; the policy accepts {limit}",
            age.as_hours()
        );
        Gap::about_subject(GapKind::TransactionsStale, sentence).mend(remedy)
    })
}

/// What a ledger of a chain covers at a moment.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    /// Time of the last block that is not after the moment.
    pub(crate) until: Option<Timestamp>,
    /// Why it is not the whole chain from its first block to there, where it is not.
    pub(crate) partial: Option<Gap>,
}

impl Chain {
    /// O(blocks), once.
    pub(crate) fn of(ledger: &Ledger, as_of: Timestamp) -> Self {
        let blocks = ledger.info().blocks;
        Self { until: last_block(ledger, blocks, as_of), partial: partial_ledger(ledger) }
    }
}

/// Why a ledger is not the whole chain from its first block on, where it is not. O(blocks).
pub fn partial_ledger(ledger: &Ledger) -> Option<Gap> {
    let info = ledger.info();
    let begins = info.first.is_some_and(|first| first.header.prev().0 == [0; 32]);
    let sentence = if info.missing_ranges > 0 || info.missing_behind || info.missing_inputs > 0 {
        Some(format!(
            "the ledger is partial ({} blocks; {} inputs spend outputs from outside): other transactions were not \
                 seen",
            info.blocks, info.missing_inputs
        ))
    } else if !begins {
        Some(format!(
            "the ledger is partial ({} blocks, the first of the chain not among them): other transactions were \
                 not seen",
            info.blocks
        ))
    } else {
        None
    };
    sentence.map(|words| Gap::about_ledger(GapKind::LedgerPartial, &info.chain, words))
}

/// Time of the last block that is not after `as_of`. O(log blocks).
fn last_block(ledger: &Ledger, blocks: u32, as_of: Timestamp) -> Option<Timestamp> {
    let time = |num: u32| ledger.block(BlockNum(num)).map(|block| i64::from(block.header.time()));
    let (mut low, mut high) = (0, blocks);
    while low < high {
        let middle = low + (high - low) / 2;
        if time(middle)? <= as_of.as_second() { low = middle + 1 } else { high = middle }
    }
    // Blocks may stand out of the order of their times, a little.
    let near = low.saturating_sub(BLOCKS_OUT_OF_ORDER)..blocks.min(low + BLOCKS_OUT_OF_ORDER);
    let last = near.filter_map(time).filter(|&time| time <= as_of.as_second()).max()?;
    Timestamp::from_second(last).ok()
}
