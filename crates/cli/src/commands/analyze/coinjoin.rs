//! `tracehound analyze coinjoin`.

use std::{borrow::Cow, collections::HashMap};

use serde::{Deserialize, Serialize};
use tracehound_analysis::coinjoin::{
    self, ChangeLink, Coin, CoinJoin, TxShape, When, change_links, is_wasabi1_coordinator,
};
use tracehound_model::{ScriptType, TxId};

use super::{Answered, to_bytes};

/// More than there will ever be, satoshi.
const MAX_MONEY: u64 = 2_100_000_000_000_000;

/// A transaction with its previous outputs; other keys are ignored.
#[derive(Deserialize)]
struct Question<'a> {
    txid: TxId,
    height: Option<u32>,
    time: Option<u64>,
    #[serde(borrow)]
    inputs: Vec<Spent<'a>>,
    #[serde(borrow)]
    outputs: Vec<Created<'a>>,
}

#[derive(Deserialize)]
struct Spent<'a> {
    value: Option<u64>,
    #[serde(borrow)]
    script: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Created<'a> {
    value: u64,
    #[serde(borrow)]
    script: Cow<'a, str>,
}

#[derive(Serialize)]
struct Answer<'a> {
    txid: TxId,
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
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[derive(Serialize)]
struct Suspected {
    protocol: &'static str,
    participants: u32,
    confidence: u8,
    rule: &'static str,
}

#[derive(Serialize)]
struct Premix {
    kind: &'static str,
    pool: u64,
    outputs: u32,
}

#[derive(Serialize)]
struct Change<'a> {
    output: u32,
    inputs: &'a [u32],
    percent: u8,
    taker: bool,
}

pub(super) fn answer(line: &[u8]) -> Answered {
    let question: Question<'_> = serde_json::from_slice(line).map_err(|error| {
        format!(
            "{error}; wanted: {{\"txid\":...,\"time\":...,\"inputs\":[{{\"value\":satoshi,\"script\":hex}}, ...],\
             \"outputs\":[{{\"value\":satoshi,\"script\":hex}}, ...]}}"
        )
    })?;
    let mut owners = Owners::default();
    let mut inputs = Vec::with_capacity(question.inputs.len());
    for (place, spent) in question.inputs.iter().enumerate() {
        inputs.push(match (&spent.script, spent.value) {
            (Some(script), Some(value)) => {
                Some(owners.coin(value, script).map_err(|e| format!("input {place}: {e}"))?)
            }
            _ => None,
        });
    }
    let paid_before = owners.coordinator;
    let mut outputs = Vec::with_capacity(question.outputs.len());
    for (place, created) in question.outputs.iter().enumerate() {
        outputs
            .push(owners.coin(created.value, &created.script).map_err(|e| format!("output {place}: {e}"))?);
    }
    if outputs.is_empty() {
        return Err("no output: a transaction has at least one".to_owned());
    }
    let when = match (question.height, question.time) {
        (Some(height), _) => When::Height(height),
        (None, Some(time)) => When::Time(time),
        (None, None) => When::Unknown,
    };
    let pays_wasabi1_coordinator = owners.coordinator > paid_before;
    let shape = TxShape { inputs: &inputs, outputs: &outputs, when, pays_wasabi1_coordinator };
    let found = coinjoin::classify(&shape);
    let links = change_links(&shape, &found);
    render(question.txid, &shape, found, &links)
}

fn render(txid: TxId, shape: &TxShape<'_>, found: coinjoin::Answer, links: &[ChangeLink]) -> Answered {
    let change: Vec<Change<'_>> = links
        .iter()
        .map(|link| Change {
            output: link.output,
            inputs: &link.inputs,
            percent: link.percent,
            taker: link.taker,
        })
        .collect();
    let mut answer = Answer {
        txid,
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
    };
    match found {
        coinjoin::Answer::No => {}
        coinjoin::Answer::Premix(coinjoin::Premix { pool, outputs }) => {
            answer.kind = "premix";
            answer.premix = Some(Premix { kind: "whirlpool-tx0", pool, outputs });
        }
        coinjoin::Answer::Suspected(CoinJoin { protocol, participants, confidence, rule, .. }) => {
            answer.kind = "suspected";
            answer.suspected = Some(Suspected { protocol: protocol.name(), participants, confidence, rule });
        }
        coinjoin::Answer::CoinJoin(CoinJoin { protocol, participants, anonymity, confidence, rule }) => {
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

/// Numbers the scripts of one transaction.
#[derive(Default)]
struct Owners {
    numbers: HashMap<Vec<u8>, u64>,
    /// Coins that belong to Wasabi 1's coordinator.
    coordinator: u32,
}

impl Owners {
    fn coin(&mut self, value: u64, script: &str) -> Result<Coin, String> {
        if value > MAX_MONEY {
            return Err(format!("value {value} exceeds all bitcoin there will be: values are satoshi"));
        }
        let bytes = hex::decode(script).map_err(|error| format!("script is not hexadecimal: {error}"))?;
        let key = tracehound_bitcoin::classify(&bytes);
        let script = key.script_type();
        if script == ScriptType::P2wpkh {
            self.coordinator += u32::from(is_wasabi1_coordinator(&key));
        }
        let next = self.numbers.len() as u64;
        let owner = *self.numbers.entry(bytes).or_insert(next);
        Ok(Coin { value, script, owner })
    }
}
