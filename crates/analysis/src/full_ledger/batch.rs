//! A run of transactions as it stands in the ledger.

use std::ops::{ControlFlow, Range};

use tracehound_ledger::{OutNum, OutputLookup, Prev, ScannedTx, TxNum, UtxoRows};

use super::{Bucket, NamedOwners, Shares};

/// What a transaction spends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Spent {
    Output {
        out: OutNum,
        /// Its amount. It stands in the ledger; kept beside the shares it would cost 8 bytes an output.
        value: u64,
    },
    /// An output that is not in the ledger.
    Missing {
        /// Its amount, where known.
        value: Option<u64>,
        /// That of its owner, where known and named.
        bucket: Option<Bucket>,
    },
}

/// Who holds an output.
#[derive(Clone, Copy, Debug)]
pub(super) enum Holder {
    Nobody,
    Unnamed,
    Named(Bucket),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Tx {
    pub(super) num: TxNum,
    pub(super) first_output: OutNum,
    pub(super) inputs: u32,
    pub(super) outputs: u32,
    pub(super) coinbase: bool,
}

/// A run of transactions, and space to work.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) txs: Vec<Tx>,
    pub(super) spent: Vec<Spent>,
    pub(super) holders: Vec<Holder>,
    pub(super) inputs: Vec<(u64, Shares)>,
}

impl Batch {
    pub(super) fn read(&mut self, ledger: &impl UtxoRows, named: &NamedOwners, span: Range<TxNum>) {
        let Self { txs, spent, holders, .. } = self;
        txs.clear();
        spent.clear();
        holders.clear();
        ledger.scan(span, |tx| {
            let mut coinbase = false;
            let (inputs, outputs) = (spent.len(), holders.len());
            spent.extend(tx.prevs().filter_map(|prev| match prev {
                Prev::Output(out) => Some(Spent::Output { out, value: 0 }),
                Prev::Missing { value, owner, .. } => {
                    Some(Spent::Missing { value, bucket: owner.and_then(|owner| named.bucket(owner)) })
                }
                Prev::Coinbase => {
                    coinbase = true;
                    None
                }
            }));
            holders.extend(tx.owners().map(|owner| match owner {
                None => Holder::Nobody,
                Some(owner) => named.bucket(owner).map_or(Holder::Unnamed, Holder::Named),
            }));
            txs.push(Tx {
                num: tx.num(),
                first_output: tx.first_output(),
                inputs: (spent.len() - inputs) as u32,
                outputs: (holders.len() - outputs) as u32,
                coinbase,
            });
            ControlFlow::Continue(())
        });
        let columns = ledger.output_lookup();
        for coin in spent {
            if let Spent::Output { out, value } = coin {
                *value = columns.value(*out).unwrap_or(0);
            }
        }
    }
}
