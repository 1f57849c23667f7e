//! In how many ways a transaction can be read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracehound_analysis::boltzmann::{BoltzmannError, linkability_within};

use tracehound_model::Asset;

use super::{Answered, Unanswered, of_bitcoin, to_bytes};

#[derive(Deserialize)]
struct Question {
    txid: Option<String>,
    #[serde(default = "of_bitcoin")]
    asset: Asset,
    inputs: Vec<u64>,
    outputs: Vec<u64>,
}

/// In how many ways a transaction can be read.
#[derive(JsonSchema, Serialize)]
pub(crate) struct Readings<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    txid: Option<&'a str>,
    /// What the amounts count.
    asset: Asset,
    interpretations: u128,
    entropy: f64,
    fee: u64,
    /// For each output, for each input: in how many interpretations they are linked.
    matrix: &'a [Vec<u128>],
    deterministic: Vec<Pair>,
}

#[derive(JsonSchema, Serialize)]
struct Pair {
    input: usize,
    output: usize,
}

/// Counts the interpretations of the amounts of a line, in at most `work` steps.
///
/// # Errors
/// A line that holds no amounts, and one that takes more steps.
pub fn answer(line: &[u8], work: u64) -> Answered {
    let question: Question = serde_json::from_slice(line).map_err(|error| {
        format!("{error}; wanted: {{\"inputs\":[satoshi, ...],\"outputs\":[satoshi, ...]}}")
    })?;
    let found = linkability_within(&question.inputs, &question.outputs, work);
    let found = found.map_err(|error| match error {
        BoltzmannError::TooMuchWork(_) => Unanswered::Truncated(error.to_string()),
        _ => Unanswered::Wrong(error.to_string()),
    })?;
    let pair = |&(input, output): &(usize, usize)| Pair { input, output };
    to_bytes(&Readings {
        txid: question.txid.as_deref(),
        asset: question.asset,
        interpretations: found.interpretations,
        entropy: found.entropy(),
        fee: found.fee,
        matrix: &found.together,
        deterministic: found.deterministic.iter().map(pair).collect(),
    })
}
