//! Which transactions are `CoinJoins`.

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::coinjoin::{self, ChangeLink, CoinJoin, TxShape, change_links};
use tracehound_model::{Asset, TxId};

use super::{Answered, Fees, called, to_bytes, transaction::Transaction};

/// What a transaction is.
#[derive(JsonSchema, Serialize)]
pub(crate) struct Classified<'a> {
    txid: TxId,
    /// What the amounts count.
    asset: Asset,
    /// In one word: coinjoin, suspected, premix, unknown or no.
    #[serde(rename = "answer")]
    kind: &'static str,
    protocol: Option<&'static str>,
    participants: u32,
    confidence: Option<u8>,
    anonymity: Vec<u32>,
    rule: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suspected: Option<Suspected>,
    #[serde(skip_serializing_if = "Option::is_none")]
    premix: Option<Premix>,
    #[serde(skip_serializing_if = "Option::is_none")]
    possible: Option<&'static str>,
    #[serde(skip_serializing_if = "is_zero")]
    missing_inputs: usize,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    change: &'a [Change<'a>],
    /// What its participants pay each other at most, where a rule says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    intrafees: Option<Fees>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[derive(JsonSchema, Serialize)]
struct Suspected {
    protocol: &'static str,
    participants: u32,
    confidence: u8,
    rule: &'static str,
}

#[derive(JsonSchema, Serialize)]
struct Premix {
    kind: &'static str,
    pool: u64,
    outputs: u32,
}

#[derive(JsonSchema, Serialize)]
struct Change<'a> {
    output: u32,
    inputs: &'a [u32],
    percent: u8,
    taker: bool,
}

/// Classifies the transaction of a line.
///
/// # Errors
/// A line that is no transaction.
pub fn answer(line: &[u8]) -> Answered {
    let transaction = Transaction::read(line)?;
    let shape = transaction.shape();
    let found = coinjoin::classify(&shape);
    let links = change_links(&shape, &found);
    render(&transaction, &shape, found, &links)
}

/// Whether inputs are told, and, where all of them are, cover the outputs.
fn is_whole(shape: &TxShape<'_>) -> bool {
    let brought =
        shape.inputs.iter().map(|coin| Some(u128::from(coin.as_ref()?.value))).sum::<Option<u128>>();
    let paid: u128 = shape.outputs.iter().map(|coin| u128::from(coin.value)).sum();
    !shape.inputs.is_empty() && brought.is_none_or(|brought| brought >= paid)
}

fn render(of: &Transaction, shape: &TxShape<'_>, found: coinjoin::Answer, links: &[ChangeLink]) -> Answered {
    let change: Vec<Change<'_>> = links
        .iter()
        .map(|link| Change {
            output: link.output,
            inputs: &link.inputs,
            percent: link.percent,
            taker: link.taker,
        })
        .collect();
    let mut answer = Classified {
        txid: of.txid,
        asset: of.asset,
        kind: "no",
        protocol: None,
        participants: 1,
        confidence: None,
        anonymity: Vec::new(),
        rule: None,
        suspected: None,
        premix: None,
        possible: None,
        missing_inputs: shape.inputs.iter().filter(|coin| coin.is_none()).count(),
        change: &change,
        intrafees: called(&found).and_then(|(_, found)| Fees::of(found)),
    };
    match found {
        // What spends nothing that is told, or less than it pays, is not all there: nothing can be said of it.
        coinjoin::Answer::No if !is_whole(shape) => answer.kind = "unknown",
        coinjoin::Answer::No => {}
        coinjoin::Answer::Premix(coinjoin::Premix { pool, outputs }) => {
            answer.kind = "premix";
            answer.premix = Some(Premix { kind: "whirlpool-tx0", pool, outputs });
        }
        coinjoin::Answer::Suspected(CoinJoin { protocol, participants, confidence, rule, .. }) => {
            answer.kind = "suspected";
            answer.suspected = Some(Suspected { protocol: protocol.name(), participants, confidence, rule });
        }
        coinjoin::Answer::CoinJoin(CoinJoin {
            protocol, participants, anonymity, confidence, rule, ..
        }) => {
            answer.kind = "coinjoin";
            answer.protocol = Some(protocol.name());
            answer.participants = participants;
            answer.confidence = Some(confidence);
            answer.anonymity = anonymity;
            answer.rule = Some(rule);
        }
        coinjoin::Answer::Unknown { possible, .. } => {
            answer.kind = "unknown";
            answer.possible = Some(possible.name());
        }
    }
    if answer.anonymity.is_empty() {
        // Nothing is known to hide these outputs.
        answer.anonymity = vec![1; shape.outputs.len()];
    }
    to_bytes(&answer)
}
