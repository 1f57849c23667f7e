//! What the inputs of a Wasabi 2 round probably became.

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::coinjoin::{Answer, CoinJoin, Protocol, classify, demix};
use tracehound_model::TxId;

use super::{Answered, MAY_BE, called, to_bytes, transaction::Transaction};

/// What the inputs of a round probably became.
#[derive(JsonSchema, Serialize)]
pub(crate) struct Estimate {
    txid: TxId,
    /// How sure it is that this is a Wasabi 2 round, percent.
    confidence: u8,
    inputs: Vec<Became>,
    measured: &'static str,
}

/// What one input is estimated to have become; a number for each output, rounded.
#[derive(JsonSchema, Serialize)]
struct Became {
    input: usize,
    /// Of the input's value, the share that left in the output. They add up to 1.
    left_in: Vec<f64>,
    /// How probably the output is the owner's on account of this input. What all inputs' lack to 1 is the coordinator's.
    owner_of: Vec<f64>,
}

/// Estimates the round of a line, for all its inputs or the `chosen` one.
///
/// # Errors
/// A line that is no round of Wasabi 2, or lacks what it takes.
pub fn answer(line: &[u8], chosen: Option<usize>) -> Answered {
    let transaction = Transaction::read(line)?;
    let inputs = transaction.inputs.iter().enumerate().map(|(place, coin)| {
        let coin = coin.ok_or_else(|| format!("input {place}: every input's value and script are needed"))?;
        Ok(coin.value)
    });
    let inputs = inputs.collect::<Result<Vec<u64>, String>>()?;
    let confidence = match classify(&transaction.shape()) {
        Answer::CoinJoin(CoinJoin { protocol: Protocol::Wasabi2, confidence, .. })
        | Answer::Suspected(CoinJoin { protocol: Protocol::Wasabi2, confidence, .. }) => confidence,
        other => {
            let why = match called(&other) {
                Some((MAY_BE, found)) => {
                    format!("it may be {}: only rounds of Wasabi 2 are estimated", found.protocol.name())
                }
                Some((_, found)) => {
                    format!("it looks like {}: only rounds of Wasabi 2 are estimated", found.protocol.name())
                }
                None => "not recognised as a round of Wasabi 2: nothing else is estimated".to_owned(),
            };
            return Err(why.into());
        }
    };
    let sum = |values: &[u64]| values.iter().map(|&value| u128::from(value)).sum::<u128>();
    let outputs: Vec<u64> = transaction.outputs.iter().map(|coin| coin.value).collect();
    if sum(&outputs) > sum(&inputs) {
        return Err("its outputs are worth more than its inputs: something of it is missing"
            .to_owned()
            .into());
    }
    let wanted = match chosen {
        None => 0..inputs.len(),
        Some(input) if input < inputs.len() => input..input + 1,
        Some(input) => {
            return Err(format!("no input {input}: it has {}, counted from 0", inputs.len()).into());
        }
    };
    let plan = demix(&inputs, &outputs).map_err(|error| error.to_string())?;
    to_bytes(&Estimate {
        txid: transaction.txid,
        confidence,
        inputs: wanted.map(|input| of_input(input, &plan.shares, &outputs)).collect(),
        measured: plan.measured,
    })
}

/// One input's column of the plan.
#[expect(clippy::cast_precision_loss, reason = "shares, not money")]
fn of_input(input: usize, plan: &[Vec<f64>], outputs: &[u64]) -> Became {
    let part = |(shares, output): (&Vec<f64>, &u64)| shares[input] * *output as f64;
    let parts: Vec<f64> = plan.iter().zip(outputs).map(part).collect();
    let whole: f64 = parts.iter().sum();
    Became {
        input,
        left_in: parts.iter().map(|part| rounded(part / whole)).collect(),
        owner_of: plan.iter().map(|shares| rounded(shares[input])).collect(),
    }
}

/// To six places: more would be digits of arithmetic, not of knowledge.
fn rounded(share: f64) -> f64 {
    (share * 1e6).round() / 1e6
}
