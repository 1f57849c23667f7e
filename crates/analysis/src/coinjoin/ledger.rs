//! The classifier on a ledger's transactions.

use tracehound_ledger::{AddrNum, Ledger, Prev, TxSpan};
use tracehound_model::{ScriptKey, ScriptType};

use super::{Answer, Coin, TxShape, WASABI1_COORDINATORS, When, classify};

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
}

impl Classifier {
    /// Looks the known coordinators up.
    pub fn new(ledger: &Ledger) -> Self {
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
    pub fn classify(&self, ledger: &Ledger, tx: impl Into<TxSpan>, buffer: &mut Buffer) -> Answer {
        let tx = tx.into();
        if tx.output_count < 3 {
            return Answer::No;
        }
        buffer.outputs.clear();
        buffer.inputs.clear();
        let mut pays_wasabi1_coordinator = false;
        for output in ledger.outputs_hinted(tx) {
            let script = output.owner.map_or(ScriptType::OpReturn, |owner| script(ledger, owner));
            pays_wasabi1_coordinator |= output.owner.is_some() && self.coordinators.contains(&output.owner);
            let owner = output.owner.map_or(0, |owner| u64::from(owner.0));
            buffer.outputs.push(Coin { value: output.value, script, owner });
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

fn script(ledger: &Ledger, owner: AddrNum) -> ScriptType {
    ledger.script_key(owner).map_or(ScriptType::Other, |key| key.script_type())
}
