//! Where value went, or came from.

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::{
    rates::Rates,
    taint::{Direction, Options},
    trace::{self, Known},
};
use tracehound_ledger::{Ledger, OutNum};
use tracehound_model::{BitcoinNetwork, Chain, Gap, PackAsOf};

use crate::{
    Answer, EngineError, Moment, Snapshot,
    start::{self, Start, start},
    view::{Missing, View},
};

pub mod case;

pub use tracehound_analysis::trace::{Comparison, DESTROYED, Edge, Entity, Node, Trace, csv, dot, text};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Whose ledger.
    pub network: BitcoinNetwork,
    /// About which moment.
    pub moment: Moment,
    /// Outputs (`TXID:N`), transactions (all their outputs) or addresses (all they received).
    pub from: Vec<String>,
    /// Also from all addresses that the lists name so: part of a label, or an actor's id.
    pub named: Option<String>,
    /// Direction, rule of taint and limits.
    pub options: Options,
}

/// A trace, and what was asked for and is not in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Traced<T> {
    /// What was found.
    #[serde(flatten)]
    pub found: T,
    /// In words: what of the question does not occur in the ledger.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_in_the_ledger: Vec<String>,
    /// In a sentence: how often the rule was wrong where the truth was known. Measured forward only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_rate: Option<String>,
    /// The packs of labels in force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packs: Vec<PackAsOf>,
    /// What was fetched for it, where no ledger was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<case::Coverage>,
}

/// An answer that labels of packs are part of.
trait Gaps {
    /// Adds what is missing of them.
    fn lack(&mut self, gaps: Vec<Gap>);
}

impl Gaps for Trace {
    fn lack(&mut self, gaps: Vec<Gap>) {
        self.complete &= gaps.is_empty();
        self.gaps.extend(gaps);
    }
}

impl Gaps for Comparison {
    fn lack(&mut self, gaps: Vec<Gap>) {
        self.complete &= gaps.is_empty();
        self.gaps.extend(gaps);
    }
}

impl Snapshot {
    /// Follows value under one rule.
    ///
    /// # Errors
    /// When the question makes no sense, or the ledger is damaged.
    #[tracing::instrument(skip_all)]
    pub fn trace(&self, question: &Question) -> Result<Answer<Traced<Trace>>, EngineError> {
        let view = View::new(self, question.network, question.moment)?;
        follow(&view, question, None, by_one_rule)
    }

    /// Follows value under every rule, side by side.
    ///
    /// # Errors
    /// As [`trace`](Self::trace).
    #[tracing::instrument(skip_all)]
    pub fn compare(&self, question: &Question) -> Result<Answer<Traced<Comparison>>, EngineError> {
        let view = View::new(self, question.network, question.moment)?;
        follow(&view, question, None, |view, asked, known| {
            Ok((trace::compare(&view.ledger, view.network, asked, known)?, None))
        })
    }
}

/// The trace, and how often its rule errs.
fn by_one_rule(
    view: &View,
    asked: &trace::Question<'_>,
    known: &dyn Known<Ledger>,
) -> Result<(Trace, Option<String>), EngineError> {
    let found = trace::trace(&view.ledger, view.network, asked, known)?;
    let Options { direction, method, through_mixes, .. } = asked.options;
    let error_rate = match direction {
        Direction::Backward => None,
        Direction::Forward => {
            let knows_services = view.keys().knows_service_of(Chain::Bitcoin(view.network), view.day);
            Rates::shipped().sentence(method, through_mixes, knows_services)
        }
    };
    Ok((found, error_rate))
}

/// Finds what is asked about in the rows, and asks about it. `fetched` where they are not a chain's.
fn follow<T: Gaps>(
    view: &View,
    question: &Question,
    fetched: Option<&case::Fetched<'_>>,
    ask: impl Fn(&View, &trace::Question<'_>, &dyn Known<Ledger>) -> Result<(T, Option<String>), EngineError>,
) -> Result<Answer<Traced<T>>, EngineError> {
    let keys = view.keys();
    let names = match question.options.direction {
        Direction::Forward => view.entities(&keys),
        Direction::Backward => view.entities(&keys).backward(),
    };
    let over_case = fetched.map(|fetched| case::OverCase { names: &names, fetched });
    let known: &dyn Known<Ledger> = match &over_case {
        Some(over_case) => over_case,
        None => &names,
    };
    let (mut seeds, mut all_received) = (Vec::<OutNum>::new(), question.named.is_some());
    let mut missing: Vec<Missing> = Vec::new();
    for from in &question.from {
        match start(view, &keys, from)? {
            Ok(Start { outs, is_owner }) => {
                seeds.extend(outs);
                all_received |= is_owner;
            }
            Err(absent) => missing.push(absent),
        }
    }
    if let Some(name) = &question.named {
        match start::named(view, &keys, name)? {
            Ok(outs) => seeds.extend(outs),
            Err(absent) => missing.push(absent),
        }
    }
    if seeds.is_empty() && !missing.is_empty() {
        return view.absent(missing.swap_remove(0));
    }
    // What was asked for and is not there may lie in any block that is missing.
    all_received |= !missing.is_empty();
    seeds.sort_unstable();
    seeds.dedup();
    let asked = trace::Question { seeds: &seeds, all_received, options: question.options, asked: view.asked };
    let (mut found, error_rate) = ask(view, &asked, known)?;
    found.lack(view.label_gaps());
    let not_in_the_ledger = missing.into_iter().map(|missing| missing.told).collect();
    let packs = view.packs.as_of();
    view.found(Traced { found, not_in_the_ledger, error_rate, packs, coverage: None })
}
