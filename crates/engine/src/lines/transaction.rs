//! A line that holds a transaction with its previous outputs.

use std::{borrow::Cow, collections::HashMap};

use serde::Deserialize;
use tracehound_analysis::coinjoin::{Coin, TxShape, When, is_wasabi1_coordinator};
use tracehound_model::{Asset, ScriptType, TxId};

use super::of_bitcoin;

/// More than there will ever be, satoshi.
const MAX_MONEY: u64 = 2_100_000_000_000_000;

/// What a line says; other keys are ignored.
#[derive(Deserialize)]
struct Line<'a> {
    txid: TxId,
    #[serde(default = "of_bitcoin")]
    asset: Asset,
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

/// A transaction to be looked at.
pub(super) struct Transaction {
    pub(super) txid: TxId,
    /// What its amounts count.
    pub(super) asset: Asset,
    /// `None` where the previous output is not known.
    pub(super) inputs: Vec<Option<Coin>>,
    pub(super) outputs: Vec<Coin>,
    when: When,
    pays_wasabi1_coordinator: bool,
}

impl Transaction {
    /// Reads one line.
    pub(super) fn read(line: &[u8]) -> Result<Self, String> {
        let line: Line<'_> = serde_json::from_slice(line).map_err(|error| {
            format!(
                "{error}; wanted: {{\"txid\":...,\"time\":...,\"inputs\":[{{\"value\":satoshi,\"script\":hex}}, ...],\
                 \"outputs\":[{{\"value\":satoshi,\"script\":hex}}, ...]}}"
            )
        })?;
        let mut owners = Owners::default();
        let mut inputs = Vec::with_capacity(line.inputs.len());
        for (place, spent) in line.inputs.iter().enumerate() {
            inputs.push(match (&spent.script, spent.value) {
                (Some(script), Some(value)) => {
                    Some(owners.coin(value, script).map_err(|e| format!("input {place}: {e}"))?)
                }
                _ => None,
            });
        }
        let paid_before = owners.coordinator;
        let mut outputs = Vec::with_capacity(line.outputs.len());
        for (place, created) in line.outputs.iter().enumerate() {
            outputs.push(
                owners.coin(created.value, &created.script).map_err(|e| format!("output {place}: {e}"))?,
            );
        }
        if outputs.is_empty() {
            return Err("no output: a transaction has at least one".to_owned());
        }
        let when = when(line.height, line.time);
        let pays_wasabi1_coordinator = owners.coordinator > paid_before;
        Ok(Self { txid: line.txid, asset: line.asset, inputs, outputs, when, pays_wasabi1_coordinator })
    }

    /// What the classifier looks at.
    pub(super) fn shape(&self) -> TxShape<'_> {
        TxShape {
            inputs: &self.inputs,
            outputs: &self.outputs,
            when: self.when,
            pays_wasabi1_coordinator: self.pays_wasabi1_coordinator,
        }
    }
}

/// When a transaction was made.
pub(super) const fn when(height: Option<u32>, time: Option<u64>) -> When {
    match (height, time) {
        (Some(height), _) => When::Height(height),
        (None, Some(time)) => When::Time(time),
        (None, None) => When::Unknown,
    }
}

/// Numbers the scripts of one transaction.
#[derive(Default)]
pub(super) struct Owners {
    numbers: HashMap<Vec<u8>, u64>,
    /// Coins of no known script.
    unnamed: u64,
    /// Coins that belong to Wasabi 1's coordinator.
    pub(super) coordinator: u32,
}

impl Owners {
    /// A coin whose script is not known: an address of its own, of the usual kind; what has no value pays nobody.
    pub(super) fn unnamed(&mut self, value: u64) -> Coin {
        self.unnamed += 1;
        let script = if value == 0 { ScriptType::OpReturn } else { ScriptType::P2wpkh };
        Coin { value, script, owner: u64::MAX - self.unnamed }
    }

    pub(super) fn coin(&mut self, value: u64, script: &str) -> Result<Coin, String> {
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
