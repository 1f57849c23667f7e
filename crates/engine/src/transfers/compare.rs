//! The rules of taint side by side, on an account chain.

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::{extent::Extent, taint::Method};
use tracehound_model::{Gap, PackAsOf};

use super::{
    View,
    trace::{Question, Sums, traced},
};
use crate::{Answer, EngineError, Snapshot};

/// Where value is by each rule.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Comparison {
    /// CAIP-2 id of the chain.
    pub chain: String,
    /// Movements that were followed from.
    pub seeds: usize,
    /// One a rule.
    pub methods: Vec<ByMethod>,
    /// In words: what of the question does not occur in the ledger.
    pub not_in_the_ledger: Vec<String>,
    /// How far the ledger reaches.
    pub ledger: Extent,
    /// What was not followed or not seen, by any of the rules.
    pub gaps: Vec<Gap>,
    /// Whether the answer of every rule is complete but for poison, whose amounts do not add up.
    pub complete: bool,
    /// The ledger's snapshot.
    pub snapshot: String,
    /// The packs of labels in force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packs: Vec<PackAsOf>,
}

/// Where value is by one rule.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct ByMethod {
    /// The rule.
    pub method: &'static str,
    /// Asset by asset.
    pub sums: Vec<Sums>,
}

impl Snapshot {
    /// Follows value on an EVM chain by every rule; that of the question does not count.
    ///
    /// # Errors
    /// As [`transfers_trace`](Self::transfers_trace).
    #[tracing::instrument(skip_all)]
    pub fn transfers_compare(&self, question: &Question) -> Result<Answer<Comparison>, EngineError> {
        let view = View::new(self, question.chain_id, question.moment)?;
        let mut compared: Option<Comparison> = None;
        for method in Method::COMPARED {
            let trace = match traced(&view, &Question { method, ..question.clone() })? {
                Answer::Found(traced) => traced.trace,
                Answer::Absent(absent) => return Ok(Answer::Absent(absent)),
            };
            let all = compared.get_or_insert_with(|| Comparison {
                chain: trace.chain,
                seeds: trace.seeds,
                methods: Vec::new(),
                not_in_the_ledger: trace.not_in_the_ledger,
                ledger: trace.ledger,
                gaps: Vec::new(),
                complete: true,
                snapshot: trace.snapshot,
                packs: trace.packs,
            });
            all.methods.push(ByMethod { method: trace.method, sums: trace.sums });
            all.complete &= trace.complete || method == Method::Poison;
            all.gaps.extend(trace.gaps.into_iter().filter(|gap| !all.gaps.contains(gap)).collect::<Vec<_>>());
        }
        let compared =
            compared.ok_or_else(|| EngineError::Question("there is no rule to compare".to_owned()))?;
        view.found(compared)
    }
}
