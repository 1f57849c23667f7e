//! The classifier on a ledger's transactions.

use std::cell::RefCell;

use tracehound_ledger::{AddrNum, Prev, ScannedTx, TxSpan, UtxoRows};
use tracehound_model::{ScriptKey, ScriptType};

use super::{Answer, Coin, TxShape, WASABI1_COORDINATORS, When, classify, may_be_equal};
use crate::cluster::CoinJoins;

/// What the classifier needs to know of a ledger besides the transaction; made once, cheap to use from many threads.
#[derive(Clone, Debug)]
pub struct Classifier {
    coordinators: [Option<AddrNum>; 2],
    mainnet: bool,
}

/// Space that is used again for the next transaction.
#[derive(Clone, Debug, Default)]
pub struct Buffer {
    inputs: Vec<Option<Coin>>,
    outputs: Vec<Coin>,
    amounts: Vec<(u64, Option<AddrNum>)>,
}

impl Classifier {
    /// Looks the known coordinators up.
    pub fn new(ledger: &impl UtxoRows) -> Self {
        let find = |hash: &[u8; 20]| {
            ScriptKey::new(ScriptType::P2wpkh, hash).and_then(|key| ledger.find_address(&key))
        };
        let mainnet = tracehound_model::Chain::Bitcoin(tracehound_model::BitcoinNetwork::Mainnet);
        Self {
            coordinators: [find(&WASABI1_COORDINATORS[0]), find(&WASABI1_COORDINATORS[1])],
            mainnet: ledger.chain() == mainnet.caip2().to_string(),
        }
    }

    /// Classifies a transaction of the ledger. O(inputs + outputs); reads nothing for payments of one or two outputs.
    pub fn classify(&self, ledger: &impl UtxoRows, tx: impl Into<TxSpan>, buffer: &mut Buffer) -> Answer {
        let tx = tx.into();
        if tx.output_count < 3 {
            return Answer::No;
        }
        buffer.outputs.clear();
        buffer.inputs.clear();
        buffer.amounts.clear();
        buffer.amounts.extend(ledger.amounts(tx));
        let counts = (tx.input_count as usize, buffer.amounts.len());
        if !self.may_mix(counts, || buffer.amounts.iter().copied()) {
            return Answer::No;
        }
        let mut pays_wasabi1_coordinator = false;
        for &(value, owner) in &buffer.amounts {
            let script = owner.map_or(ScriptType::OpReturn, |owner| script(ledger, owner));
            pays_wasabi1_coordinator |= self.is_coordinator(owner);
            buffer.outputs.push(Coin { value, script, owner: owner.map_or(0, |owner| u64::from(owner.0)) });
        }
        for input in ledger.inputs(tx) {
            if input.prev == Prev::Coinbase {
                return Answer::No;
            }
            let known = ledger.input_owner(&input).zip(ledger.input_value(&input));
            buffer.inputs.push(known.map(|(owner, value)| Coin {
                value,
                script: script(ledger, owner),
                owner: u64::from(owner.0),
            }));
        }
        let height = || ledger.block_of(tx.num).and_then(|block| block.height);
        // Heights of the rules are mainnet's; elsewhere any protocol may be tried out at any height.
        let when = if self.mainnet { height().map_or(When::Unknown, When::Height) } else { When::Unknown };
        classify(&TxShape {
            inputs: &buffer.inputs,
            outputs: &buffer.outputs,
            when,
            pays_wasabi1_coordinator,
        })
    }
}

impl Classifier {
    fn is_coordinator(&self, owner: Option<AddrNum>) -> bool {
        owner.is_some() && self.coordinators.contains(&owner)
    }

    /// Whether the outputs alone leave a rule that could fit. Most transactions end here, before any of the far-off rows
    /// that their inputs spend are read.
    fn may_mix<I: Iterator<Item = (u64, Option<AddrNum>)>>(
        &self,
        (inputs, outputs): (usize, usize),
        rows: impl Fn() -> I,
    ) -> bool {
        // What is prepared for mixing bears an OP_RETURN; the oldest rule wants the coordinator's output and little else.
        let marked = || rows().any(|(_, owner)| owner.is_none() || self.is_coordinator(owner));
        outputs >= 3 && (may_be_equal(inputs, outputs, rows().map(|(value, _)| value)) || marked())
    }
}

impl<R: UtxoRows> CoinJoins<R> for Classifier {
    fn may_be(&self, tx: &R::Scanned<'_>) -> bool {
        self.may_mix((tx.input_count(), tx.output_count()), || tx.outputs())
    }

    /// Whatever we do not answer with "no" or "premix": suspects and transactions that cannot be decided for missing
    /// amounts join nothing either.
    fn is(&self, ledger: &R, tx: TxSpan) -> bool {
        thread_local! {
            static SPACE: RefCell<Buffer> = RefCell::default();
        }
        SPACE.with_borrow_mut(|space| self.classify(ledger, tx, space).forbids_co_spending())
    }
}

fn script(ledger: &impl UtxoRows, owner: AddrNum) -> ScriptType {
    ledger.script_type(owner).unwrap_or(ScriptType::Other)
}
