//! The classifier on real and emulated transactions, and on hand-made ones that must not be taken for a `CoinJoin`.

mod demixing;
mod emulated;
mod made;
mod mainnet;
mod markets;
mod scorecard;

use tracehound_analysis::coinjoin::{Answer, Coin, TxShape, When, classify};
use tracehound_model::ScriptType;

/// A transaction that owns what a shape borrows.
#[derive(Clone, Debug, Default)]
struct Tx {
    inputs: Vec<Option<Coin>>,
    outputs: Vec<Coin>,
    when: When,
    pays_wasabi1_coordinator: bool,
}

impl Tx {
    fn shape(&self) -> TxShape<'_> {
        TxShape {
            inputs: &self.inputs,
            outputs: &self.outputs,
            when: self.when,
            pays_wasabi1_coordinator: self.pays_wasabi1_coordinator,
        }
    }

    fn answer(&self) -> Answer {
        classify(&self.shape())
    }
}

/// Type and owner of a script in hexadecimal, for the five kinds that occur in these files.
fn owner(script: &str) -> (ScriptType, u64) {
    let kind = match (script.len(), script.get(..4)) {
        (44, Some("0014")) => ScriptType::P2wpkh,
        (68, Some("0020")) => ScriptType::P2wsh,
        (68, Some("5120")) => ScriptType::P2tr,
        (50, Some("76a9")) => ScriptType::P2pkh,
        (46, Some("a914")) => ScriptType::P2sh,
        (_, Some(head)) if head.starts_with("6a") => ScriptType::OpReturn,
        _ => ScriptType::Other,
    };
    let hash = script.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (kind, hash)
}

fn coin(value: u64, script: &str) -> Coin {
    let (script, owner) = owner(script);
    Coin { value, script, owner }
}

/// The name of an answer, for counting.
fn name(answer: &Answer) -> String {
    match answer {
        Answer::No => "no".to_owned(),
        Answer::Premix(_) => "tx0".to_owned(),
        Answer::Suspected(found) => format!("suspected {}", found.rule),
        Answer::CoinJoin(found) => format!("{} {}", found.protocol.name(), found.rule),
        Answer::Unknown { possible, .. } => format!("unknown {}", possible.name()),
    }
}
