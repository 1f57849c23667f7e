//! Where value went on an account chain.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::{
    account_parties::is_initiated,
    extent::Extent,
    taint::{
        BalanceEnd, BalanceOptions, BalancePropagation, BalanceStop, Label, Method, Totals, TransferSeed,
        Truncation, follow_back, follow_balances,
    },
};
use tracehound_model::{Amount, Asset, Gap, GapKind, PackAsOf, TxRef};
use tracehound_screen::Accounts;
use tracehound_transfers::{
    AccountNum, Balance, BalanceUnknown, Transfer, TransferNum, TransferRows as _, TxRow,
};

use super::{
    View,
    case::Coverage,
    tx::{Moved, Party, hash, moved, party},
};
use crate::{Answer, EngineError, Moment, Snapshot};

/// Movements to one account that are followed.
const MOST_RECEIVED: usize = 100_000;
/// Assets of an account whose movements are followed.
const MOST_ASSETS: usize = 10_000;

/// Accounts to watch that are named.
const MOST_TO_WATCH: usize = 10_000;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Whose ledger, by its chain id.
    pub chain_id: u64,
    /// About which moment.
    pub moment: Moment,
    /// Movements (`0xHASH:N`), transactions (all their movements but fees) or addresses (all they received).
    pub from: Vec<String>,
    /// To the sources instead of the destinations: by haircut alone.
    pub backward: bool,
    /// The rule of taint.
    pub method: Method,
    /// Movements between a seed and the last one followed, at most.
    pub hops: u32,
    /// Base units of a seed's asset below which a movement is not followed.
    pub dust: u128,
    /// Movements looked at in all.
    pub work: usize,
}

/// A trace: every movement of something followed, where it ended, and the sums of each asset.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Trace {
    /// CAIP-2 id of the chain.
    pub chain: String,
    /// One word: `forward`, or `backward` where the sources were asked for.
    pub direction: &'static str,
    /// The rule of taint.
    pub method: &'static str,
    /// How many of `steps` are seeds: those of hop 0.
    pub seeds: usize,
    /// Movements of something followed, in the order of the chain.
    pub steps: Vec<Step>,
    /// Where it became another asset.
    pub exchanges: Vec<Exchanged>,
    /// Where it ended, by asset, then largest first.
    pub ends: Vec<End>,
    /// Where the value is, asset by asset: the parts of each add up to `seeded`, but under poison.
    pub sums: Vec<Sums>,
    /// In words: what of the question does not occur in the ledger.
    pub not_in_the_ledger: Vec<String>,
    /// How far the ledger reaches.
    pub ledger: Extent,
    /// What was not followed or not seen.
    pub gaps: Vec<Gap>,
    /// Whether no limit cut it, no balance is unknown, and nothing of the ledger is missing.
    pub complete: bool,
    /// Accounts that something followed came to, or from, and that the ledger does not watch: with those it would tell more. Largest
    /// first, asset by asset, so many at most.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to_watch: Vec<String>,
    /// The ledger's snapshot.
    pub snapshot: String,
    /// The packs of labels in force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packs: Vec<PackAsOf>,
    /// What was fetched for it, where no ledger was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
}

/// A movement of something followed.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Step {
    /// The transaction.
    #[serde(flatten)]
    pub tx: TxRef,
    /// Height of its block.
    pub height: u64,
    /// Time of its block.
    pub time: Timestamp,
    /// Movements between it and the nearest seed; 0 for a seed.
    pub hop: u32,
    /// What moved.
    pub movement: Moved,
    /// Base units of it that are followed.
    pub dirty: Amount,
}

/// Something followed that was given for another asset in one transaction.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Exchanged {
    /// The transaction.
    #[serde(flatten)]
    pub tx: TxRef,
    /// What was given.
    pub given: Asset,
    /// Base units of it that are followed.
    pub given_dirty: Amount,
    /// What came for it.
    pub taken: Asset,
    /// Base units of that which are followed on.
    pub taken_dirty: Amount,
}

/// Where a path ended.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct End {
    /// Who has it, or backward had it; none where nobody does.
    pub party: Option<Party>,
    /// What it is.
    pub asset: Asset,
    /// Base units that are followed.
    pub dirty: Amount,
    /// One word: `unspent`, `reached_service`, `mixed`, `converted`, `fee`, `destroyed`, `issued`, `unknown_balance`, `too_large`,
    /// `truncated`, `rejoined`.
    pub reason: &'static str,
    /// The limit, when one cut it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<&'static str>,
    /// In words: why the balance is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The transaction that took it there; none where it lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub txid: Option<String>,
    /// Movements between it and the nearest seed.
    pub hop: u32,
}

/// Base units of one asset, by where they are at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Sums {
    /// The asset.
    pub asset: Asset,
    /// What was followed of it: seeds, and what came for other assets.
    pub seeded: Amount,
    /// Lies where it came to.
    pub unspent: Amount,
    /// At services.
    pub reached_service: Amount,
    /// In mixers.
    pub mixed: Amount,
    /// Paid as fees.
    pub fees: Amount,
    /// Destroyed: nobody has it.
    pub destroyed: Amount,
    /// Backward: issued by the chain or a contract, or there from the beginning.
    pub issued: Amount,
    /// Given for another asset, in which it is followed on.
    pub exchanged: Amount,
    /// Ended where a balance is not known, or at a contract that does not say what it gave for it.
    pub unknown: Amount,
    /// Not followed because it is below the limit on dust.
    pub dust: Amount,
    /// Came to another seed, and is counted with it.
    pub rejoined: Amount,
    /// Not followed because of a limit on hops or work.
    pub truncated: Amount,
}

impl Sums {
    fn of(asset: Asset, totals: &Totals) -> Self {
        Self {
            asset,
            seeded: totals.seeded.into(),
            unspent: totals.unspent.into(),
            reached_service: totals.reached_service.into(),
            mixed: totals.mixed.into(),
            fees: totals.fees.into(),
            destroyed: totals.destroyed.into(),
            issued: totals.coinbase.into(),
            exchanged: totals.exchanged.into(),
            unknown: totals.unknown_inputs.into(),
            dust: totals.dust.into(),
            rejoined: totals.rejoined.into(),
            truncated: totals.truncated.into(),
        }
    }

    /// The parts of what was followed, in words.
    pub fn parts(&self) -> [(&'static str, Amount); 11] {
        [
            ("unspent", self.unspent),
            ("at services", self.reached_service),
            ("into mixers", self.mixed),
            ("fees", self.fees),
            ("destroyed", self.destroyed),
            ("issued", self.issued),
            ("given for other assets", self.exchanged),
            ("unknown balances and contracts", self.unknown),
            ("below the limit on dust", self.dust),
            ("into other seeds, counted there", self.rejoined),
            ("truncated by limits", self.truncated),
        ]
    }
}

/// What is followed, and what is left out of it.
#[derive(Default)]
struct Seeds {
    transfers: Vec<TransferNum>,
    missing: Vec<String>,
    /// Accounts all that came to which is followed.
    accounts: BTreeSet<AccountNum>,
    gaps: Vec<Gap>,
}

impl Snapshot {
    /// Follows value on an EVM chain to where it went, or came from.
    ///
    /// # Errors
    /// When the question makes no sense, or the ledger is damaged.
    #[tracing::instrument(skip_all)]
    pub fn transfers_trace(&self, question: &Question) -> Result<Answer<Trace>, EngineError> {
        let view = View::new(self, question.chain_id, question.moment)?;
        match traced(&view, question)? {
            Answer::Found(traced) => view.found(traced.trace),
            Answer::Absent(absent) => Ok(Answer::Absent(absent)),
        }
    }
}

/// A trace as it is told, and as it was found.
pub(super) struct Traced {
    pub(super) trace: Trace,
    pub(super) found: BalancePropagation,
}

/// Follows value over the rows of a view, which is still to be confirmed.
pub(super) fn traced(view: &View, question: &Question) -> Result<Answer<Traced>, EngineError> {
    if question.backward && question.method != Method::Haircut {
        return Err(EngineError::Question(format!(
            "the way back over an account chain is followed by haircut alone: ask without {}",
            question.method.name()
        )));
    }
    let mut seeds = Seeds::default();
    for from in &question.from {
        seeds.add(view, from)?;
    }
    if seeds.transfers.is_empty()
        && let Some(missing) = seeds.missing.first()
    {
        return view.absent(missing);
    }
    seeds.transfers.sort_unstable();
    seeds.transfers.dedup();
    let names = view.names();
    let options = BalanceOptions {
        method: question.method,
        hops: question.hops,
        dust: question.dust,
        transfers: question.work,
    };
    let role = |account| view.role(&names, account);
    let found = if question.backward {
        follow_back(&view.ledger, &seeds.transfers, options, &role)?
    } else {
        let seed = |&transfer| TransferSeed { transfer, label: Label(0) };
        let planted: Vec<TransferSeed> = seeds.transfers.iter().map(seed).collect();
        follow_balances(&view.ledger, &planted, options, &role)?
    };
    // A seed that is not found may be of an account that is not watched; where what is followed leaves those that are, ends say it.
    let extent = if seeds.missing.is_empty() { view.extent_of(&seeds.accounts) } else { view.extent() };
    let mut gaps = extent.gaps.clone();
    gaps.append(&mut seeds.gaps);
    gaps.extend(not_followed(&found, question.method));
    gaps.extend(view.label_gaps());
    let told = Told { view, names: &names };
    let trace = Trace {
        chain: view.chain.to_string(),
        direction: if question.backward { "backward" } else { "forward" },
        method: question.method.name(),
        seeds: seeds.transfers.len(),
        to_watch: to_watch(view, &found),
        steps: found.steps.iter().filter_map(|step| told.step(step)).collect(),
        exchanges: found.exchanges.iter().filter_map(|exchange| told.exchange(exchange)).collect(),
        ends: told.ends(&found.ends),
        sums: told.sums(&found),
        not_in_the_ledger: seeds.missing,
        complete: gaps.is_empty() && found.is_complete(),
        ledger: extent,
        gaps,
        snapshot: view.ledger.snapshot_id(),
        packs: view.packs.as_of(),
        coverage: None,
    };
    Ok(Answer::Found(Traced { trace, found }))
}

impl Seeds {
    fn add(&mut self, view: &View, from: &str) -> Result<(), EngineError> {
        let (name, place) = match from.split_once(':') {
            Some((name, place)) => (name, Some(place)),
            None => (from, None),
        };
        if name.trim().strip_prefix("0x").is_some_and(|digits| digits.len() == 64) {
            let tx = hash(view, name)?;
            let Some(row) = view.ledger.find_tx(&tx.hash).and_then(|num| view.ledger.tx(num)) else {
                self.missing.push(from.to_owned());
                return Ok(());
            };
            return self.of_tx(view, from, &row, place);
        }
        let address = view.address(from)?;
        let Some(account) = view.ledger.find_account(&address) else {
            self.missing.push(from.to_owned());
            return Ok(());
        };
        self.accounts.insert(account);
        let (assets, more) = view.ledger.assets_of(account, MOST_ASSETS);
        if more {
            return Err(EngineError::Question(format!(
                "`{from}` has moved more than {MOST_ASSETS} assets: name the movements to follow (0xHASH:N)"
            )));
        }
        let (mut not_sent, before) = (0_usize, self.transfers.len());
        for asset in assets {
            let (balance, mut at) = (Balance { account, asset }, TransferNum(0));
            while let Some(num) = view.ledger.next(balance, at) {
                at = TransferNum(num.0 + 1);
                let Some(transfer) = view.ledger.transfer(num) else { continue };
                if transfer.target() != Some(balance) || !can_be_followed(&transfer) {
                    continue;
                }
                if !is_initiated(&view.ledger, &transfer, &|asset| view.is_known(asset)) {
                    not_sent += 1;
                    continue;
                }
                if self.transfers.len() - before >= MOST_RECEIVED {
                    return Err(EngineError::Question(format!(
                        "`{from}` received more than {MOST_RECEIVED} movements: name the ones to follow (0xHASH:N)"
                    )));
                }
                self.transfers.push(num);
            }
        }
        if not_sent > 0 {
            let sentence = format!(
                "{not_sent} movements of unknown tokens to `{from}` were not followed: whoever they are said to come from did \
                 not send them"
            );
            self.gaps.push(Gap::about_subject(GapKind::NotListed, sentence));
        }
        if self.transfers.len() == before {
            self.missing.push(from.to_owned());
        }
        Ok(())
    }

    fn of_tx(
        &mut self,
        view: &View,
        from: &str,
        row: &TxRow,
        place: Option<&str>,
    ) -> Result<(), EngineError> {
        if let Some(place) = place {
            let count = row.count;
            let place: u32 = place.parse().ok().filter(|place| *place < count).ok_or_else(|| {
                EngineError::Question(format!(
                    "`{from}`: the transaction has {count} movements, numbered from 0"
                ))
            })?;
            self.transfers.push(TransferNum(row.first.0 + u64::from(place)));
            return Ok(());
        }
        let before = self.transfers.len();
        let numbers = (row.first.0..).take(row.count as usize).map(TransferNum);
        self.transfers.extend(
            numbers.filter(|&num| view.ledger.transfer(num).is_some_and(|own| can_be_followed(&own))),
        );
        if self.transfers.len() == before {
            return Err(EngineError::Question(format!("`{from}` moved nothing but fees that was told")));
        }
        Ok(())
    }
}

/// Whether a movement, a fee left out, brings something to somebody.
fn can_be_followed(transfer: &Transfer) -> bool {
    transfer.kind != tracehound_model::transfer::MovementKind::Fee
        && !transfer.amount.is_zero()
        && transfer.to.is_some()
        && transfer.from != transfer.to
        && transfer.amount.to_u128().is_some()
}

struct Told<'a> {
    view: &'a View,
    names: &'a Accounts<'a>,
}

impl Told<'_> {
    fn step(&self, step: &tracehound_analysis::taint::TransferStep) -> Option<Step> {
        let transfer = self.view.ledger.transfer(step.transfer)?;
        let row = self.view.ledger.tx(transfer.tx)?;
        let (time, height) = self.view.when(transfer.tx)?;
        Some(Step {
            tx: self.view.tx_ref(row.hash),
            height,
            time,
            hop: step.hop,
            movement: moved(self.view, self.names, &transfer, step.transfer.0 - row.first.0)?,
            dirty: step.holding.dirty_all().into(),
        })
    }

    fn exchange(&self, exchange: &tracehound_analysis::taint::BalanceExchange) -> Option<Exchanged> {
        Some(Exchanged {
            tx: self.view.tx_ref(self.view.ledger.tx(exchange.tx)?.hash),
            given: self.view.ledger.asset(exchange.given)?,
            given_dirty: exchange.holding.dirty_all().into(),
            taken: self.view.ledger.asset(exchange.taken)?,
            taken_dirty: exchange.got.dirty_all().into(),
        })
    }

    fn ends(&self, ends: &[BalanceEnd]) -> Vec<End> {
        let mut told: Vec<End> = ends.iter().filter_map(|end| self.end(end)).collect();
        told.sort_by(|a, b| (a.asset, b.dirty).cmp(&(b.asset, a.dirty)));
        told
    }

    fn end(&self, end: &BalanceEnd) -> Option<End> {
        let (reason, limit, why) = reason(end.reason);
        let ledger = &self.view.ledger;
        let tx = end.transfer.and_then(|num| ledger.transfer(num)).and_then(|own| ledger.tx(own.tx));
        Some(End {
            party: end.balance.and_then(|balance| party(self.view, self.names, balance.account)),
            asset: ledger.asset(end.asset)?,
            dirty: end.holding.dirty_all().into(),
            reason,
            limit,
            why,
            txid: tx.map(|row| self.view.tx_ref(row.hash).to_string()),
            hop: end.hop,
        })
    }

    fn sums(&self, found: &BalancePropagation) -> Vec<Sums> {
        let sums = found.totals.iter();
        let mut sums: Vec<Sums> = sums
            .filter_map(|(&(_, asset), totals)| Some(Sums::of(self.view.ledger.asset(asset)?, totals)))
            .collect();
        sums.sort_by_key(|sums| (!sums.asset.is_native(), sums.asset.unit().is_none(), sums.asset));
        sums
    }
}

/// Accounts that are not watched and that something followed ended at.
fn to_watch(view: &View, found: &BalancePropagation) -> Vec<String> {
    let is_unwatched = |end: &&BalanceEnd| end.reason == BalanceStop::Unknown(BalanceUnknown::Unwatched);
    let mut ends: Vec<&BalanceEnd> = found.ends.iter().filter(is_unwatched).collect();
    ends.sort_by_key(|end| (end.asset, std::cmp::Reverse(end.holding.dirty_all())));
    let mut seen = BTreeSet::new();
    let new = ends.iter().filter_map(|end| end.balance).filter(|balance| seen.insert(balance.account));
    new.filter_map(|balance| Some(view.written(balance.account)?.to_string())).take(MOST_TO_WATCH).collect()
}

fn reason(stop: BalanceStop) -> (&'static str, Option<&'static str>, Option<String>) {
    match stop {
        BalanceStop::Unspent => ("unspent", None, None),
        BalanceStop::ReachedService => ("reached_service", None, None),
        BalanceStop::Mixed => ("mixed", None, None),
        BalanceStop::Converted => ("converted", None, None),
        BalanceStop::Fee => ("fee", None, None),
        BalanceStop::Burned => ("destroyed", None, None),
        BalanceStop::Issued => ("issued", None, None),
        BalanceStop::Unknown(why) => ("unknown_balance", None, Some(unknown(why).to_owned())),
        BalanceStop::TooLarge => ("too_large", None, None),
        BalanceStop::Truncated(Truncation::Seed) => ("rejoined", None, None),
        BalanceStop::Truncated(cut) => ("truncated", Some(limit(cut)), None),
    }
}

/// Why a balance is not known, without numbers that mean nothing outside the store.
const fn unknown(why: BalanceUnknown) -> &'static str {
    match why {
        BalanceUnknown::Opening => "what it held before the ledger's first block is not known",
        BalanceUnknown::Unwatched => {
            "the ledger does not watch it: neither what it held nor all that it did is known"
        }
        BalanceUnknown::Overdrawn(_) => {
            "a movement takes more than it held: movements into it were not seen, or the asset changes balances by itself"
        }
        BalanceUnknown::TooLarge(_) => {
            "its balance passes 2^256 base units: the contract says what cannot be"
        }
    }
}

const fn limit(cut: Truncation) -> &'static str {
    match cut {
        Truncation::Hops => "hops",
        Truncation::Dust => "dust",
        Truncation::Share => "share",
        Truncation::FanOut => "fan-out",
        Truncation::Work => "work",
        Truncation::Seed => "seed",
    }
}

/// What the propagation did not follow.
fn not_followed(found: &BalancePropagation, method: Method) -> Vec<Gap> {
    let count = |is: &dyn Fn(BalanceStop) -> bool| found.ends.iter().filter(|end| is(end.reason)).count();
    let mut gaps = Vec::new();
    let mut gap = |paths: usize, kind: GapKind, what: &str| {
        if paths > 0 {
            let paths = if paths == 1 { "1 path ends".to_owned() } else { format!("{paths} paths end") };
            gaps.push(Gap::new(kind, format!("{paths} {what}")));
        }
    };
    let opening = count(&|stop| stop == BalanceStop::Unknown(BalanceUnknown::Opening));
    gap(
        opening,
        GapKind::OpeningUnknown,
        "where what the account held before the ledger's first block is not known",
    );
    let overdrawn = count(&|stop| {
        matches!(stop, BalanceStop::Unknown(BalanceUnknown::Overdrawn(_) | BalanceUnknown::TooLarge(_)))
            || stop == BalanceStop::TooLarge
    });
    gap(
        overdrawn,
        GapKind::UnknownInputs,
        "where movements do not add up: some were not seen, or the asset rebases",
    );
    let converted = count(&|stop| stop == BalanceStop::Converted);
    gap(converted, GapKind::UnknownInputs, "at a contract that does not say what it gave for it");
    for cut in [Truncation::Hops, Truncation::Work, Truncation::Dust] {
        let paths = count(&|stop| stop == BalanceStop::Truncated(cut));
        gap(paths, GapKind::Truncated, &format!("at the limit on {}", limit(cut)));
    }
    let unwatched = count(&|stop| stop == BalanceStop::Unknown(BalanceUnknown::Unwatched));
    if unwatched > 0 {
        let paths = if unwatched == 1 { "1 path ends" } else { &format!("{unwatched} paths end") };
        let sentence = format!(
            "{paths} at accounts that the ledger does not watch: what they held and did is not known"
        );
        let remedy = "tracehound ingest evm with --watch for those in to_watch (--output json) reads it too";
        gaps.push(Gap::about_subject(GapKind::NotFetched, sentence).mend(remedy));
    }
    if method == Method::Poison {
        let sentence = "poison counts every unit that was ever in contact: its amounts do not add up";
        gaps.push(Gap::new(GapKind::Overcounted, sentence));
    }
    gaps
}
