//! Tracing outputs without a chain's ledger: transactions are fetched as the value that is followed comes to them.
//!
//! What is fetched next is what the trace over all that was fetched so far ends at, and nothing that its limits cut off. The trace is
//! that over a ledger, by the same code, over rows of the transactions that are there. An output ends as not fetched until it is known
//! who spent it, whatever the reason: it is never taken to lie there.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
    ops::ControlFlow,
};

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::{
    extent::{Extent, LastBlock},
    taint::{Beyond, Mix},
    trace::{Entity, Known, Trace},
};
use tracehound_bitcoin::live::esplora::{EsploraLimits, Spend};
use tracehound_ingest::{Outcome, SpendCase, SpendCaseError, SpendCaseOptions, Wanted};
use tracehound_ledger::{AddrNum, Ledger, OutNum, TxSpan};
use tracehound_model::{
    Address, Amount, Asset, BitcoinNetwork, Chain, Gap, GapKind, Locus, OutPoint, Pasted, TxId,
    key_forms::forms_beside, text::line,
};
use tracehound_screen::Entities;

use super::{Question, Traced, by_one_rule, follow};
use crate::{
    Answer, EngineError, Naming, Snapshot,
    naming::naming,
    transfers::case::{Expected, NotFetched, Told},
    view::View,
};

/// A server that fails so often one after the other is asked nothing more.
const FAILURES: u32 = 3;
/// Reasons that a sentence names.
const NAMED: usize = 5;

/// Where transactions are fetched: an Esplora server.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its address; it may hold a key.
    pub url: String,
    /// Questions a second at most.
    pub per_second: Option<NonZeroU32>,
    /// Questions in all.
    pub budget: u64,
    /// Pages of transactions of one address that is asked about.
    pub pages: u32,
    /// What may have changed and was fetched from the same server less than this ago is not fetched again.
    pub max_age: SignedDuration,
}

/// What an answer rests on.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Coverage {
    /// Scheme, host and port of the server.
    pub server: String,
    /// Height of its last block.
    pub up_to: u32,
    /// Questions that were asked of it for this answer.
    pub questions: u64,
    /// Questions that the budget would have allowed beyond those.
    pub questions_left: u64,
    /// The transactions that were fetched for it, now and before.
    pub fetched: Vec<CoveredTx>,
    /// What was to be fetched and was not, with the reason.
    pub not_fetched: Vec<NotFetched>,
    /// Whether fetching was ended before all was asked for. What was fetched is kept.
    pub stopped: bool,
}

/// A transaction that was fetched.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct CoveredTx {
    /// Its id.
    pub txid: TxId,
    /// Who told what it does.
    pub server: String,
    /// When.
    pub at: Timestamp,
    /// Who told who spent its outputs, and when; nothing where that was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spends: Option<SpendsAsked>,
}

/// When it was asked who spent the outputs of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct SpendsAsked {
    /// Who told it.
    pub server: String,
    /// When.
    pub at: Timestamp,
    /// Height of the server's last block then: up to it nobody else spent them.
    pub up_to: u32,
}

/// Names, and what was fetched beyond the rows.
pub(super) struct Fetched<'a> {
    case: &'a SpendCase,
    /// Seconds since 1970-01-01 UTC beyond which nothing counts.
    until: Option<i64>,
}

/// Both, as a trace asks for them.
pub(super) struct OverCase<'a> {
    pub(super) names: &'a Entities<'a>,
    pub(super) fetched: &'a Fetched<'a>,
}

impl Known<Ledger> for OverCase<'_> {
    fn entity(&self, owner: AddrNum) -> Option<Entity> {
        self.names.entity(owner)
    }

    fn mix(&self, ledger: &Ledger, tx: TxSpan) -> Option<Mix> {
        self.names.mix(ledger, tx)
    }

    fn suspect(&self, ledger: &Ledger, tx: TxSpan) -> Option<Mix> {
        self.names.suspect(ledger, tx)
    }

    fn beyond(&self, ledger: &Ledger, out: OutNum) -> Beyond {
        let outpoint = ledger
            .tx_of_output(out)
            .and_then(|(tx, vout)| Some(OutPoint { txid: ledger.tx(tx)?.txid, vout }));
        match outpoint.and_then(|outpoint| self.fetched.case.spend(&outpoint)) {
            None => Beyond::NotAsked,
            Some(Spend::No | Spend::Waiting(_)) => Beyond::Unspent,
            Some(Spend::InBlock { txid, time, .. }) => {
                // One that is there and not among the rows is of after the moment.
                let is_later = self.fetched.until.is_some_and(|until| i64::from(time) > until);
                if is_later || self.fetched.case.has(&txid) { Beyond::Unspent } else { Beyond::Spent }
            }
        }
    }

    fn is_case(&self) -> bool {
        true
    }
}

/// The work on one answer.
struct Run<'a> {
    case: SpendCase,
    source: &'a Source,
    network: BitcoinNetwork,
    show: &'a dyn Fn(&Told) -> ControlFlow<()>,
    /// What is there, or was asked for.
    tried: BTreeSet<Wanted>,
    left_out: BTreeMap<Wanted, String>,
    /// Addresses that are asked about.
    addresses: Vec<Address>,
    failures: u32,
    /// The most that was said to be fetched at once.
    told: u64,
    stopped: bool,
}

impl Snapshot {
    /// Follows value on Bitcoin without its ledger: who spent the outputs that it came to is fetched, largest first, as far as the
    /// budget goes. `show` is told beforehand what that takes, and what is being fetched, and may end it; the answer is then over
    /// what is there. Beside the trace: the claims behind the names in it.
    ///
    /// # Errors
    /// When the question makes no sense, the server cannot be used or knows nothing of what is asked about, or what was kept cannot
    /// be read or written.
    #[tracing::instrument(skip_all)]
    pub fn trace_by_source(
        &self,
        question: &Question,
        source: &Source,
        show: &dyn Fn(&Told) -> ControlFlow<()>,
    ) -> Result<Answer<(Traced<Trace>, Naming)>, EngineError> {
        can_be_fetched(question)?;
        let starts: Vec<Wanted> =
            question.from.iter().map(|from| start(question.network, from)).collect::<Result<_, _>>()?;
        let mut run = Run::begin(self, question.network, source, show)?;
        run.starts(&starts)?;
        loop {
            let rows = tempfile::tempdir().map_err(EngineError::Scratch)?;
            let view = View::of_case(self, question.network, question.moment, run.case.ledger(rows.path())?)?;
            let until = question.moment.as_of.map(Timestamp::as_second);
            let fetched = Fetched { case: &run.case, until };
            let traced = match follow(&view, question, Some(&fetched), by_one_rule)? {
                Answer::Found(traced) => traced,
                Answer::Absent(absent) => {
                    // Nothing of it is there, because it was not fetched: nobody knows that it does not occur.
                    return match run.left_out.pop_first() {
                        Some((wanted, why)) => Err(not_there(&wanted, &why)),
                        None => Ok(Answer::Absent(absent)),
                    };
                }
            };
            let wanted = run.frontier(&traced.found);
            if wanted.is_empty() || run.stopped {
                for wanted in wanted {
                    run.left_out.entry(wanted).or_insert_with(|| "fetching was ended before it".to_owned());
                }
                let named = traced.found.nodes.iter().filter(|node| node.entity.is_some());
                let naming = naming(&view, named.filter_map(|node| node.address.as_deref()))?;
                let traced = run.answer(&view, question, traced);
                return view.found((traced, naming));
            }
            run.fetch_all(&wanted, false)?;
        }
    }
}

/// Refuses what needs blocks, or more than is asked of a server.
fn can_be_fetched(question: &Question) -> Result<(), EngineError> {
    let refused = if question.named.is_some() {
        "--named asks for all that many addresses received: with --source give the addresses or transactions themselves"
    } else if question.options.limits.through_fees {
        "--through-fees needs whole blocks, which --source does not fetch: leave one of them out"
    } else {
        return Ok(());
    };
    Err(EngineError::Question(refused.to_owned()))
}

/// What must be fetched to begin there.
fn start(network: BitcoinNetwork, from: &str) -> Result<Wanted, EngineError> {
    let from = from.trim();
    if let Ok(OutPoint { txid, .. }) = from.parse::<OutPoint>() {
        return Ok(Wanted::Tx(txid));
    }
    if let Ok(txid) = from.parse::<TxId>() {
        return Ok(Wanted::Tx(txid));
    }
    let address = Pasted::read(from)
        .map_err(|source| EngineError::Subject {
            what: format!("`{from}` is no output (TXID:N), transaction or address"),
            source,
        })?
        .address;
    if address.script().is_some() && address.fits(Chain::Bitcoin(network)) {
        return Ok(Wanted::Address(address));
    }
    Err(EngineError::Question(format!(
        "`{from}` is no address of {}, which is asked here (--network chooses another)",
        format!("{network:?}").to_lowercase()
    )))
}

fn not_there(wanted: &Wanted, why: &str) -> EngineError {
    EngineError::Question(format!("`{}` was not fetched: {why}", wanted.name()))
}

impl<'a> Run<'a> {
    fn begin(
        snapshot: &Snapshot,
        network: BitcoinNetwork,
        source: &'a Source,
        show: &'a dyn Fn(&Told) -> ControlFlow<()>,
    ) -> Result<Self, EngineError> {
        let options = SpendCaseOptions {
            url: source.url.clone(),
            network,
            limits: EsploraLimits { per_second: source.per_second, ..EsploraLimits::default() },
            max_age: source.max_age,
        };
        let case = SpendCase::open(&snapshot.folder().bitcoin_case(network), &options, snapshot.second())?;
        Ok(Run {
            case,
            source,
            network,
            show,
            tried: BTreeSet::new(),
            left_out: BTreeMap::new(),
            addresses: Vec::new(),
            failures: 0,
            told: 0,
            stopped: false,
        })
    }

    /// Fetches what is asked about: it must be there. Of an address also what the other addresses of its key received, as a ledger
    /// would tell it.
    fn starts(&mut self, starts: &[Wanted]) -> Result<(), EngineError> {
        let mut wanted: Vec<Wanted> = Vec::new();
        for start in starts {
            wanted.push(*start);
            let Wanted::Address(address) = start else { continue };
            let script = address.script();
            let beside = script.and_then(|script| Some(forms_beside(script, &script.key_hash()?, &[])));
            let forms = beside.unwrap_or_default();
            let forms = forms.iter().filter_map(|form| Address::from_script(self.network, form));
            wanted.extend(forms.map(Wanted::Address));
        }
        wanted.sort_unstable();
        wanted.dedup();
        self.fetch_all(&wanted, true)?;
        let of = |wanted: &Wanted| match wanted {
            Wanted::Address(address) => Some(*address),
            _ => None,
        };
        self.addresses = wanted.iter().filter_map(of).collect();
        let txids: BTreeSet<TxId> = self
            .addresses
            .iter()
            .filter_map(|own| self.case.address(own))
            .flat_map(|own| &own.txids)
            .copied()
            .collect();
        let txs: Vec<Wanted> = txids.into_iter().map(Wanted::Tx).collect();
        if let (true, Some(address)) =
            (txs.is_empty() && starts.iter().all(|own| of(own).is_some()), self.addresses.first())
        {
            return Err(EngineError::Question(format!(
                "nothing was paid to `{}` in a block, as far as {} tells",
                starts.first().map_or_else(|| address.to_string(), Wanted::name),
                self.case.server()
            )));
        }
        self.fetch_all(&txs, false)
    }

    /// Fetches what is not there. Where it must be, a failure is an error.
    fn fetch_all(&mut self, wanted: &[Wanted], is_needed: bool) -> Result<(), EngineError> {
        let pages = self.source.pages;
        let mut new = Vec::new();
        for own in wanted {
            if self.case.recall(own, pages)? {
                self.tried.insert(*own);
            } else {
                new.push(*own);
            }
        }
        self.expect(&new);
        for (done, own) in new.iter().enumerate() {
            // An earlier one of these may have brought it.
            if self.case.recall(own, pages)? {
                self.tried.insert(*own);
                continue;
            }
            let questions = self.case.questions();
            let left = self.source.budget.saturating_sub(questions);
            let fetching = Told::Fetching {
                subject: own.name(),
                done: self.tried.len(),
                left: new.len() - done,
                questions,
            };
            self.stopped = self.stopped || (self.show)(&fetching).is_break();
            let why = if self.stopped {
                "fetching was ended before it".to_owned()
            } else if self.failures >= FAILURES {
                "the server failed too often".to_owned()
            } else if left < self.case.takes(own) {
                format!("the budget of {} questions is used up (--budget)", self.source.budget)
            } else {
                let pages = pages.min(u32::try_from(left - 1).unwrap_or(u32::MAX));
                match self.case.fetch(own, pages) {
                    Ok(Outcome::There) => {
                        self.failures = 0;
                        self.tried.insert(*own);
                        continue;
                    }
                    Ok(Outcome::Not(why)) => {
                        self.failures = 0;
                        why
                    }
                    Err(error @ SpendCaseError::Live(_)) if !is_needed => {
                        self.failures += 1;
                        line(&error.to_string()).into_owned()
                    }
                    Err(error) => return Err(error.into()),
                }
            };
            if is_needed && self.stopped {
                return Err(EngineError::Ended { subject: own.name() });
            }
            if is_needed {
                return Err(not_there(own, &why));
            }
            self.left_out.insert(*own, why);
        }
        Ok(())
    }

    /// Says what these take, where it is more than was said before.
    fn expect(&mut self, new: &[Wanted]) {
        let (mut least, mut of) = (0, BTreeSet::new());
        for own in new {
            // One question tells of all outputs of a transaction.
            let is_told = matches!(own, Wanted::Spend(out) if !of.insert(out.txid));
            least += if is_told { 0 } else { self.case.takes(own) };
        }
        if least <= self.told {
            return;
        }
        self.told = least;
        let left = self.source.budget.saturating_sub(self.case.questions());
        let seconds =
            |questions: u64| self.source.per_second.map(|rate| questions.div_ceil(u64::from(rate.get())));
        let expected = Expected {
            what: "transactions and spends of outputs",
            subjects: new.len(),
            least,
            least_seconds: seconds(least),
            budget: left,
            most_seconds: seconds(left),
        };
        self.stopped |= (self.show)(&Told::Expected(expected)).is_break();
    }

    /// What the trace ends at because it is not there, with most of what is followed first.
    fn frontier(&self, found: &Trace) -> Vec<Wanted> {
        let mut came: BTreeMap<Wanted, Amount> = BTreeMap::new();
        for node in &found.nodes {
            let Some(stop) = node.stop.as_ref().filter(|stop| stop.reason == "not_fetched") else { continue };
            let mut add = |wanted: Wanted| {
                let sum = came.entry(wanted).or_default();
                *sum = sum.saturating_add(node.dirty);
            };
            match (&node.locus, stop.txid) {
                (Some(Locus::Output { tx, vout }), _) => {
                    let out = OutPoint { txid: TxId(tx.hash), vout: *vout };
                    match self.case.spend(&out) {
                        Some(_) => add(Wanted::Spender(out)),
                        None => add(Wanted::Spend(out)),
                    }
                }
                (None, Some(spender)) => {
                    let missing = self.case.missing_inputs(&spender).into_iter();
                    let of_it = missing.filter(|(_, value)| Amount::from(*value) == node.amount);
                    of_it.for_each(|(out, _)| add(Wanted::Tx(out.txid)));
                }
                _ => {}
            }
        }
        came.retain(|wanted, _| !self.tried.contains(wanted) && !self.left_out.contains_key(wanted));
        let mut wanted: Vec<(Wanted, Amount)> = came.into_iter().collect();
        wanted.sort_by_key(|(wanted, sum)| (std::cmp::Reverse(*sum), *wanted));
        wanted.into_iter().map(|(wanted, _)| wanted).collect()
    }

    /// The trace, with what it rests on.
    fn answer(&self, view: &View, question: &Question, mut traced: Traced<Trace>) -> Traced<Trace> {
        let trace = &mut traced.found;
        // How far the rows reach says nothing: they are of what was asked for.
        trace.gaps.drain(..trace.ledger.gaps.len());
        let tip = self.case.tip();
        let as_of = question.moment.as_of.map(Timestamp::as_second);
        let is_past = as_of.is_some_and(|moment| moment < i64::from(tip.time));
        let last = LastBlock {
            hash: tip.block.hash.to_string(),
            height: Some(tip.block.height.into()),
            time: tip.time.into(),
        };
        let last = if is_past { trace.ledger.last_block.take() } else { Some(last) };
        trace.ledger = Extent::of_case(
            trace.ledger.blocks,
            last,
            "transactions",
            Chain::Bitcoin(view.network),
            view.asked,
            is_past,
        );
        let told = trace.ledger.gaps.iter().cloned().chain(self.gaps(trace, is_past)).collect::<Vec<_>>();
        trace.gaps.splice(..0, told);
        trace.complete = false;
        traced.coverage = Some(self.coverage());
        traced
    }

    fn coverage(&self) -> Coverage {
        let covered = |(txid, source): (&TxId, &tracehound_ingest::Source)| CoveredTx {
            txid: *txid,
            server: source.server.clone(),
            at: source.at,
            spends: self.case.spends_told(txid).map(|source| SpendsAsked {
                server: source.server.clone(),
                at: source.at,
                up_to: source.tip,
            }),
        };
        let not_fetched = self.left_out.iter();
        Coverage {
            server: self.case.server().to_owned(),
            up_to: self.case.tip().block.height,
            questions: self.case.questions(),
            questions_left: self.source.budget.saturating_sub(self.case.questions()),
            fetched: self.case.txs().map(covered).collect(),
            not_fetched: not_fetched
                .map(|(wanted, why)| NotFetched { subject: wanted.name(), why: why.clone() })
                .collect(),
            stopped: self.stopped,
        }
    }

    /// What the answer rests on that nobody else vouches for, and what it leaves out.
    fn gaps(&self, trace: &Trace, is_past: bool) -> Vec<Gap> {
        let mut gaps = vec![self.servers_word(trace)];
        gaps.extend(self.of_addresses());
        gaps.extend(self.waiting(trace));
        if !trace.sums.not_fetched.is_zero() && trace.direction == "forward" {
            let sentence = "inputs of transactions on the way that come from nothing that was fetched count as clean; some of \
                            what ended as not fetched may have come back through them, and shares behind would be larger";
            gaps.push(Gap::about_subject(GapKind::NotFetched, sentence));
        }
        if is_past {
            let sentence = "which blocks came before the moment is told by their own times: one that builds on a block of a later \
                            time is left out by a whole ledger, and may count here";
            gaps.push(Gap::about_subject(GapKind::ServersWord, sentence));
        }
        if !self.left_out.is_empty() {
            let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
            for why in self.left_out.values() {
                *reasons.entry(why.as_str()).or_default() += 1;
            }
            let mut reasons: Vec<(&str, usize)> = reasons.into_iter().collect();
            reasons.sort_by_key(|(why, count)| (std::cmp::Reverse(*count), *why));
            let others = reasons.len().saturating_sub(NAMED);
            let mut told: Vec<String> = reasons
                .into_iter()
                .take(NAMED)
                .map(|(why, count)| format!("{count} because {why}"))
                .collect();
            if others > 0 {
                told.push(format!("others for {others} more reasons"));
            }
            let sentence = format!(
                "{} transactions or spends of outputs were not fetched: {}; what lies behind them is not known",
                self.left_out.len(),
                told.join(", ")
            );
            gaps.push(
                Gap::about_subject(GapKind::NotFetched, sentence)
                    .mend("the same command goes on with what is not there"),
            );
        }
        gaps
    }

    /// What is proved, and what is not.
    fn servers_word(&self, trace: &Trace) -> Gap {
        let times = || {
            self.case.txs().flat_map(|(txid, source)| {
                std::iter::once(source.at).chain(self.case.spends_told(txid).map(|source| source.at))
            })
        };
        let servers: BTreeSet<&str> = self
            .case
            .txs()
            .flat_map(|(txid, source)| {
                let spends = self.case.spends_told(txid).map(|source| source.server.as_str());
                std::iter::once(source.server.as_str()).chain(spends)
            })
            .collect();
        let unspent =
            trace.nodes.iter().filter(|node| node.stop.as_ref().is_some_and(|stop| stop.reason == "unspent"));
        let asked = unspent.filter_map(|node| match &node.locus {
            Some(Locus::Output { tx, .. }) => self.case.spends_told(&TxId(tx.hash)),
            _ => None,
        });
        let oldest = asked.min_by_key(|source| source.tip).map_or_else(String::new, |source| {
            format!(" (what is called unspent was so at {}, up to block {})", source.at, source.tip)
        });
        let when = match (times().min(), times().max()) {
            (Some(first), Some(last)) => format!("between {first} and {last}"),
            _ => "now".to_owned(),
        };
        let sentence = format!(
            "{} transactions were fetched from {} {when}: what each does is proved by its id, and its block's time by the block; who \
             spent an output and that nobody did{oldest}, amounts and owners of what was spent besides, and that the blocks are on the \
             chain, are its word",
            self.case.txs().count(),
            servers.into_iter().collect::<Vec<_>>().join(", ")
        );
        Gap::about_subject(GapKind::ServersWord, sentence)
    }

    /// What is not known of the addresses that are asked about.
    fn of_addresses(&self) -> Vec<Gap> {
        let mut gaps = Vec::new();
        for address in &self.addresses {
            let Some(own) = self.case.address(address) else { continue };
            if !own.complete {
                let sentence = format!(
                    "only the newest {} transactions of {address} in blocks are known, because a limit cut off older ones",
                    own.txids.len()
                );
                gaps.push(
                    Gap::about_subject(GapKind::NotFetched, sentence)
                        .mend("--account-budget COUNT reads more of an address"),
                );
            }
            let missing = own.txids.iter().filter(|txid| !self.case.has(txid)).count();
            if missing > 0 {
                let sentence = format!(
                    "{missing} of the {} transactions of {address} were not fetched",
                    own.txids.len()
                );
                gaps.push(Gap::about_subject(GapKind::NotFetched, sentence));
            }
            if own.waiting > 0 {
                let sentence =
                    format!("transactions of {address} in no block yet were left out: {}", own.waiting);
                gaps.push(Gap::about_subject(GapKind::Unconfirmed, sentence));
            }
        }
        gaps
    }

    /// What transactions spend that are in no block yet.
    fn waiting(&self, trace: &Trace) -> Option<Gap> {
        let (mut count, mut sum) = (0_usize, Amount::ZERO);
        for node in &trace.nodes {
            let Some(Locus::Output { tx, vout }) = &node.locus else { continue };
            let out = OutPoint { txid: TxId(tx.hash), vout: *vout };
            if node.stop.is_some() && matches!(self.case.spend(&out), Some(Spend::Waiting(_))) {
                count += 1;
                sum = sum.saturating_add(node.dirty);
            }
        }
        let sentence = || {
            format!(
                "{count} outputs, with {} of what is followed, are spent by transactions in no block yet, which were left out: they \
                 count as unspent",
                Asset::bitcoin(self.network).money(sum)
            )
        };
        (count > 0).then(|| Gap::about_subject(GapKind::Unconfirmed, sentence()))
    }
}
