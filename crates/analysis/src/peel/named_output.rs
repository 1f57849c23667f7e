//! An output with its names.

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_ledger::{AddrNum, OutNum, TxNum, UtxoRows};
use tracehound_model::{Address, Amount, BitcoinNetwork, OutPoint};

use crate::trace::{Entity, Known};

/// An output, by the names that people know it by.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct NamedOutput {
    /// The output.
    pub outpoint: OutPoint,
    /// Its address, where its script has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Who is known to own it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<Entity>,
    /// Base units in it.
    pub amount: Amount,
}

impl NamedOutput {
    /// Names an output; `None` when it is not in the ledger. O(log of the ledger).
    pub fn of<R: UtxoRows>(
        ledger: &R,
        network: BitcoinNetwork,
        known: &dyn Known<R>,
        out: OutNum,
    ) -> Option<Self> {
        let (tx, vout) = ledger.tx_of_output(out)?;
        let owner = ledger.output_owner(out);
        Some(Self {
            outpoint: OutPoint { txid: ledger.tx(tx)?.txid, vout },
            address: owner.and_then(|owner| address(ledger, network, owner)),
            entity: owner.and_then(|owner| known.entity(owner)),
            amount: ledger.output_value(out)?.into(),
        })
    }

    /// Its address, else its outpoint, with the owner's name where known.
    pub fn name(&self) -> String {
        let place = self.address.clone().unwrap_or_else(|| self.outpoint.to_string());
        match &self.entity {
            Some(entity) => format!("{place} = {} ({})", entity.name(), entity.kind()),
            None => place,
        }
    }
}

/// The address of an owner, where its script has one.
pub(crate) fn address(ledger: &impl UtxoRows, network: BitcoinNetwork, owner: AddrNum) -> Option<String> {
    Address::from_script(network, &ledger.script_key(owner)?).map(|address| address.to_string())
}

/// Time of a transaction's block, seconds since 1970-01-01 UTC.
pub(crate) fn time(ledger: &impl UtxoRows, tx: TxNum) -> u32 {
    ledger.block_of(tx).map_or(0, |block| block.header.time())
}

/// Whether this transaction is the first that an owner appears in.
pub(crate) fn first_seen_in(ledger: &impl UtxoRows, owner: AddrNum, tx: TxNum) -> bool {
    let (activity, _) = ledger.activity(owner, 1);
    let received = activity.received.first().and_then(|&out| ledger.tx_of_output(out)).map(|(tx, _)| tx);
    let spent = activity.spent_missing.first().and_then(|&input| ledger.tx_of_input(input));
    received.into_iter().chain(spent).min() == Some(tx)
}
