//! Tracing without a chain's ledger: accounts are fetched as the value that is followed comes to them.
//!
//! What is fetched next is what the trace over all that was fetched so far ends at. Value that came to an account which was not
//! fetched, or not whole, ends there as not fetched, whatever the reason: it is never taken to lie there.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
    ops::ControlFlow,
};

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::taint::{BalancePropagation, BalanceStop};
use tracehound_evm::{
    chains::Rules,
    explorer::{Explorer, ExplorerOptions},
    node::{End, Node, NodeOptions},
};
use tracehound_ingest::{
    Case, CaseError, CaseRows, CaseSource, CaseTip, ExplorerSource, NodeSource, Subject,
};
use tracehound_model::{Address, Amount, Gap, GapKind, Pasted, TxRef, text::line};
use tracehound_screen as screen;
use tracehound_transfers::{BalanceUnknown, TransferRows as _};

use super::{
    View,
    ingest::known_rules,
    trace::{Question, Trace, Traced, traced},
};
use crate::{Answer, EngineError, Snapshot};

/// Servers that fail so often one after the other are asked nothing more.
const FAILURES: u32 = 3;
/// Accounts that a sentence names.
const NAMED: usize = 5;

/// Where accounts are fetched.
#[derive(Clone, Debug)]
pub struct Source {
    /// Of which kind it is.
    pub kind: SourceKind,
    /// Its address; it may hold a key.
    pub url: String,
    /// A key that is sent along.
    pub key: Option<String>,
    /// Questions a second at most.
    pub per_second: Option<NonZeroU32>,
    /// Questions in all.
    pub budget: u64,
    /// Questions for one account.
    pub account_budget: u64,
    /// What was fetched from the same server less than this ago is not fetched again.
    pub max_age: SignedDuration,
}

/// Kinds of servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// An explorer with Etherscan's interface.
    Explorer,
    /// A node that lists what an account moved (`trace_filter`).
    Rpc,
}

/// What is told while accounts are fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// What the next accounts take, before they are asked for.
    Expected(Expected),
    /// An account that is being fetched.
    Fetching {
        /// The address, or the transaction's hash.
        subject: String,
        /// How many were fetched.
        done: usize,
        /// How many are known to be left.
        left: usize,
        /// Questions asked so far.
        questions: u64,
    },
}

/// What fetching takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// In words: what is counted.
    pub what: &'static str,
    /// How many are to be fetched now. What value went on to is not known yet.
    pub subjects: usize,
    /// Questions that they take at least.
    pub least: u64,
    /// Seconds that those take at the limit on questions a second; none where there is no limit.
    pub least_seconds: Option<u64>,
    /// Questions that are left in all.
    pub budget: u64,
    /// Seconds that those take.
    pub most_seconds: Option<u64>,
}

/// What an answer rests on.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Coverage {
    /// Scheme and host of the server.
    pub server: String,
    /// Questions that were asked of it for this answer.
    pub questions: u64,
    /// What was fetched for it, now and before.
    pub fetched: Vec<Covered>,
    /// Accounts that value came to, or that were asked about, and that were not fetched, with the reason.
    pub not_fetched: Vec<NotFetched>,
    /// Whether fetching was ended before all was asked for. What was fetched is kept.
    pub stopped: bool,
}

/// What was fetched of a subject.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Covered {
    /// The address, or the transaction's hash.
    pub subject: String,
    /// Who told it.
    pub server: String,
    /// When.
    pub at: Timestamp,
    /// Height of the server's last block then.
    pub up_to: u64,
    /// Transactions.
    pub transactions: usize,
    /// In words: what was not read of it. Value that came to it ends there as not fetched.
    pub unread: Vec<String>,
}

/// A subject that was not fetched.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct NotFetched {
    /// The address, or the transaction's hash.
    pub subject: String,
    /// Why.
    pub why: String,
}

impl Source {
    fn open(&self, rules: &Rules) -> Result<Box<dyn CaseSource>, EngineError> {
        match self.kind {
            SourceKind::Explorer => {
                let options = ExplorerOptions { per_second: self.per_second, ..ExplorerOptions::default() };
                let explorer = Explorer::new(&self.url, self.key.as_deref(), *rules, options)
                    .map_err(CaseError::from)?;
                Ok(Box::new(ExplorerSource::new(explorer)))
            }
            SourceKind::Rpc => {
                let options = NodeOptions { per_second: self.per_second, ..NodeOptions::default() };
                let node = Node::connect(&self.url, *rules, options).map_err(CaseError::from)?;
                Ok(Box::new(NodeSource::new(node, End::Final)))
            }
        }
    }
}

/// The work on one answer.
struct Run<'a> {
    case: Case,
    server: Box<dyn CaseSource>,
    source: &'a Source,
    tip: CaseTip,
    now: Timestamp,
    show: &'a dyn Fn(&Told) -> ControlFlow<()>,
    /// Subjects that were fetched, now or before, for this answer.
    tried: BTreeSet<Subject>,
    left_out: BTreeMap<Subject, String>,
    failures: u32,
    stopped: bool,
}

impl Snapshot {
    /// Follows value on an EVM chain without its ledger: the accounts that it came to are fetched, largest first, as far as the budget
    /// goes. `show` is told beforehand what that takes, and what is being fetched, and may end it; the answer is then over what is
    /// there.
    ///
    /// # Errors
    /// When the question makes no sense, the server cannot be used or tells nothing of what is asked about, or the case cannot be read
    /// or written.
    #[tracing::instrument(skip_all)]
    pub fn transfers_trace_by_source(
        &self,
        question: &Question,
        source: &Source,
        show: &dyn Fn(&Told) -> ControlFlow<()>,
    ) -> Result<Answer<Trace>, EngineError> {
        let rules = known_rules(question.chain_id)?;
        let mut wanted = Vec::new();
        for from in &question.from {
            wanted.push(subject(question.chain_id, from)?);
        }
        let mut run = Run::begin(self, question.chain_id, &rules, source, show)?;
        // What is asked about must be there.
        run.fetch_all(&wanted, true)?;
        loop {
            let as_of = question.moment.as_of.and_then(|moment| u64::try_from(moment.as_second()).ok());
            let view =
                View::of_case(self, question.chain_id, question.moment, run.case.rows(&run.tried, as_of)?)?;
            let traced = match traced(&view, question)? {
                Answer::Found(traced) => traced,
                Answer::Absent(absent) => return Ok(Answer::Absent(absent)),
            };
            wanted = run.frontier(&view, &traced.found, &rules);
            if wanted.is_empty() || run.stopped {
                for subject in wanted {
                    run.left_out.entry(subject).or_insert_with(|| "fetching was ended before it".to_owned());
                }
                return Ok(Answer::Found(run.answer(&view, traced)));
            }
            run.fetch_all(&wanted, false)?;
        }
    }
}

/// What was fetched of some subjects, and of each how far.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) rows: CaseRows,
    pub(crate) covered: BTreeMap<String, screen::Covered>,
}

impl Snapshot {
    /// Fetches what these addresses and transactions of an EVM chain did, as far as the budget goes; what is not fetched is a gap of
    /// whoever it is about.
    ///
    /// # Errors
    /// When the server cannot be used, or the case cannot be read or written.
    pub(crate) fn gather(
        &self,
        chain_id: u64,
        subjects: &[Subject],
        source: &Source,
        as_of: Option<Timestamp>,
        show: &dyn Fn(&Told) -> ControlFlow<()>,
    ) -> Result<Gathered, EngineError> {
        let rules = known_rules(chain_id)?;
        let mut run = Run::begin(self, chain_id, &rules, source, show)?;
        // What was never fetched comes first, then what is oldest: a batch that one budget does not fetch is fetched by several.
        run.case.look_up(subjects)?;
        let mut wanted = subjects.to_vec();
        wanted.sort_by_key(|subject| run.case.of(&subject.name()).map(|own| own.at));
        run.fetch_all(&wanted, false)?;
        let seconds = as_of.and_then(|moment| u64::try_from(moment.as_second()).ok());
        let rows = run.case.rows(&run.tried, seconds)?;
        let until = rows.tip.and_then(|tip| Timestamp::from_second(i64::try_from(tip.time).ok()?).ok());
        let until = until.map(|until| as_of.map_or(until, |moment| until.min(moment)));
        let mut covered = BTreeMap::new();
        for own in run.tried.iter().filter_map(|subject| run.case.of(&subject.name())) {
            let sentence = format!(
                "its {} transactions were fetched from {} at {}, up to block {}; which there are is its word",
                own.txs.len(),
                own.server,
                own.at,
                own.tip.height
            );
            let mut gaps = vec![Gap::about_subject(GapKind::ServersWord, sentence)];
            if !own.is_whole() {
                let sentence = format!("not all of it was read: {}", own.unread.join("; "));
                gaps.push(
                    Gap::about_subject(GapKind::NotFetched, sentence)
                        .mend("--account-budget COUNT reads more of an account"),
                );
            }
            let called = own.txs.first().filter(|_| own.is_tx()).and_then(|tx| tx.called.as_ref());
            let called = called.map(|called| screen::CalledAccounts {
                accounts: called.accounts.clone(),
                untold: called.untold.as_deref().map(|why| line(why).into_owned()),
            });
            covered.insert(
                own.subject.clone(),
                screen::Covered { gaps, complete: own.is_whole(), until, called },
            );
        }
        for (subject, why) in &run.left_out {
            let sentence = format!("the subject's transactions were not fetched: {why}");
            let gap = Gap::about_subject(GapKind::NotFetched, sentence)
                .mend("the same command goes on with what is not there");
            let not = screen::Covered { gaps: vec![gap], complete: false, until: None, called: None };
            covered.insert(subject.name(), not);
        }
        Ok(Gathered { rows, covered })
    }
}

/// What must be fetched to begin there.
pub(crate) fn subject(chain_id: u64, from: &str) -> Result<Subject, EngineError> {
    let name = from.split(':').next().unwrap_or(from).trim();
    let chain = tracehound_model::Chain::Evm(chain_id);
    if name.strip_prefix("0x").is_some_and(|digits| digits.len() == 64) {
        let tx = TxRef::parse(chain, name).map_err(|error| EngineError::Question(error.to_string()))?;
        return Ok(Subject::Tx(tx.hash));
    }
    let read = Pasted::read(name)
        .map_err(|source| EngineError::Subject { what: format!("`{name}` is no address"), source })?;
    match read.address {
        Address::Evm(account) => Ok(Subject::Account(account)),
        _ => Err(EngineError::Question(format!("`{name}` is no address of {}", chain.short_name()))),
    }
}

impl<'a> Run<'a> {
    fn begin(
        snapshot: &Snapshot,
        chain_id: u64,
        rules: &Rules,
        source: &'a Source,
        show: &'a dyn Fn(&Told) -> ControlFlow<()>,
    ) -> Result<Self, EngineError> {
        let mut server = source.open(rules)?;
        let tip = server.tip()?;
        Ok(Run {
            case: Case::open(snapshot.folder().case(chain_id), chain_id),
            server,
            source,
            tip,
            now: snapshot.second(),
            show,
            tried: BTreeSet::new(),
            left_out: BTreeMap::new(),
            failures: 0,
            stopped: false,
        })
    }

    fn is_fresh(&self, subject: &Subject) -> bool {
        self.case.is_fresh(&subject.name(), &self.server.server(), self.now, self.source.max_age)
    }

    /// Fetches what is not there. Where it must be, a failure is an error.
    fn fetch_all(&mut self, wanted: &[Subject], is_needed: bool) -> Result<(), EngineError> {
        self.case.look_up(wanted)?;
        let (known, new): (Vec<Subject>, Vec<Subject>) =
            wanted.iter().copied().partition(|subject| self.is_fresh(subject));
        self.tried.extend(known);
        if new.is_empty() {
            return Ok(());
        }
        let least = new.len() as u64 * self.server.least();
        let left = self.source.budget.saturating_sub(self.server.questions());
        let seconds =
            |questions: u64| self.source.per_second.map(|rate| questions.div_ceil(u64::from(rate.get())));
        let expected = Expected {
            what: "accounts and transactions",
            subjects: new.len(),
            least,
            least_seconds: seconds(least),
            budget: left,
            most_seconds: seconds(left),
        };
        self.stopped |= (self.show)(&Told::Expected(expected)).is_break();
        for (done, subject) in new.iter().enumerate() {
            let questions = self.server.questions();
            let left = self.source.budget.saturating_sub(questions);
            let fetching = Told::Fetching {
                subject: subject.name(),
                done: self.tried.len(),
                left: new.len() - done,
                questions,
            };
            self.stopped = self.stopped || (self.show)(&fetching).is_break();
            let why = if self.stopped {
                "fetching was ended before it".to_owned()
            } else if self.failures >= FAILURES {
                "the server failed too often".to_owned()
            } else if left < self.server.least() {
                format!("the budget of {} questions is used up (--budget)", self.source.budget)
            } else {
                let most = left.min(self.source.account_budget);
                match self.case.fetch(&mut *self.server, subject, self.tip, most, self.now) {
                    Ok(_) => {
                        self.failures = 0;
                        self.tried.insert(*subject);
                        continue;
                    }
                    Err(error @ (CaseError::Explorer(_) | CaseError::Node(_))) if !is_needed => {
                        self.failures += 1;
                        line(&error.to_string()).into_owned()
                    }
                    Err(error) => return Err(error.into()),
                }
            };
            if is_needed && self.stopped {
                return Err(EngineError::Ended { subject: subject.name() });
            }
            if is_needed {
                return Err(EngineError::Question(format!("`{}` was not fetched: {why}", subject.name())));
            }
            self.left_out.insert(*subject, why);
        }
        Ok(())
    }

    /// Accounts that something followed came to and that are not known, those with most of it first.
    fn frontier(&mut self, view: &View, found: &BalancePropagation, rules: &Rules) -> Vec<Subject> {
        let mut came: BTreeMap<Subject, (bool, bool, u128)> = BTreeMap::new();
        for end in &found.ends {
            let is_open = end.reason == BalanceStop::Unknown(BalanceUnknown::Opening);
            let account =
                end.balance.filter(|_| is_open).and_then(|balance| view.ledger.account(balance.account));
            let (Some(Address::Evm(account)), Some(asset)) = (account, view.ledger.asset(end.asset)) else {
                continue;
            };
            let subject = Subject::Account(account);
            if self.tried.contains(&subject) || self.left_out.contains_key(&subject) {
                continue;
            }
            let everybodys = (account == [0; 20]).then_some("it is nobody's").or_else(|| {
                (rules.contracts.wrapped == Some(account.into())).then_some("it holds what everybody wrapped")
            });
            if let Some(why) = everybodys {
                self.left_out.insert(subject, why.to_owned());
                continue;
            }
            let amount = end.holding.dirty_all();
            let sum = came.entry(subject).or_insert((false, false, 0));
            *sum = (*sum).max((asset.is_native(), asset.unit().is_some(), amount));
        }
        let mut wanted: Vec<(Subject, (bool, bool, u128))> = came.into_iter().collect();
        wanted.sort_by_key(|(subject, sum)| (std::cmp::Reverse(*sum), *subject));
        wanted.into_iter().map(|(subject, _)| subject).collect()
    }

    /// The trace, with what it rests on.
    fn answer(self, view: &View, traced: Traced) -> Trace {
        let mut trace = traced.trace;
        let whole = |address: &str| self.case.of(address).is_some_and(tracehound_ingest::Fetched::is_whole);
        for end in &mut trace.ends {
            let Some(party) = end.party.as_ref().filter(|party| !whole(&party.address)) else { continue };
            if end.reason == "unknown_balance" || end.reason == "unspent" {
                end.reason = "not_fetched";
                let subject = view.address(&party.address).ok().and_then(|address| match address {
                    Address::Evm(account) => Some(Subject::Account(account)),
                    _ => None,
                });
                end.why = subject.and_then(|subject| self.left_out.get(&subject).cloned());
            }
        }
        let fetched: Vec<Covered> = self
            .tried
            .iter()
            .filter_map(|subject| self.case.of(&subject.name()))
            .map(|own| Covered {
                subject: own.subject.clone(),
                server: own.server.clone(),
                at: own.at,
                up_to: own.tip.height,
                transactions: own.txs.len(),
                unread: own.unread.clone(),
            })
            .collect();
        let not_fetched: Vec<NotFetched> = self
            .left_out
            .iter()
            .map(|(subject, why)| NotFetched { subject: subject.name(), why: why.clone() })
            .collect();
        // What accounts held before the first block is not known where they were not fetched, which is said below.
        trace.gaps.retain(|gap| gap.kind != GapKind::OpeningUnknown);
        trace.gaps.extend(gaps(&self.server.server(), &fetched, &not_fetched, &trace));
        trace.complete = false;
        trace.coverage = Some(Coverage {
            server: self.server.server(),
            questions: self.server.questions(),
            fetched,
            not_fetched,
            stopped: self.stopped,
        });
        trace
    }
}

fn gaps(server: &str, fetched: &[Covered], not_fetched: &[NotFetched], trace: &Trace) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let (first, last) = (fetched.iter().map(|own| own.at).min(), fetched.iter().map(|own| own.at).max());
    if let (Some(first), Some(last)) = (first, last) {
        let sentence = format!(
            "{} accounts and transactions were fetched from {server} between {first} and {last}; which movements they have is its word",
            fetched.len()
        );
        gaps.push(Gap::about_subject(GapKind::ServersWord, sentence));
    }
    let not_whole: Vec<&Covered> = fetched.iter().filter(|own| !own.unread.is_empty()).collect();
    for own in not_whole.iter().take(NAMED) {
        let sentence = format!("not all of {} was read: {}", own.subject, own.unread.join("; "));
        gaps.push(
            Gap::about_subject(GapKind::NotFetched, sentence)
                .mend("--account-budget COUNT reads more of an account"),
        );
    }
    if not_whole.len() > NAMED {
        let sentence = format!("nor was all of {} other accounts", not_whole.len() - NAMED);
        gaps.push(Gap::about_subject(GapKind::NotFetched, sentence));
    }
    if !not_fetched.is_empty() {
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for own in not_fetched {
            *reasons.entry(own.why.as_str()).or_default() += 1;
        }
        let reasons: Vec<String> =
            reasons.into_iter().take(NAMED).map(|(why, count)| format!("{count} because {why}")).collect();
        let (way, further) = match trace.direction {
            "backward" => ("from", "where it had come from to there"),
            _ => ("to", "where it went from there"),
        };
        let sentence = format!(
            "{} accounts that value came {way} were not fetched: {}; {further} is not known",
            not_fetched.len(),
            reasons.join(", ")
        );
        gaps.push(
            Gap::about_subject(GapKind::NotFetched, sentence)
                .mend("the same command goes on with what is not there"),
        );
    }
    let ended = trace.ends.iter().filter(|end| end.reason == "not_fetched").map(|end| end.dirty);
    let ended: Vec<Amount> = ended.collect();
    if !ended.is_empty() {
        let sentence = format!("{} paths end at accounts that were not fetched, or not whole", ended.len());
        gaps.push(Gap::about_subject(GapKind::NotFetched, sentence));
    }
    gaps
}
