//! How often the change heuristics name the output that went back to the payer.

use std::collections::BTreeMap;

use serde::Serialize;
use tracehound_analysis::cluster::{
    Clusters, Rules,
    change::{Heuristic, Payment, change_edge},
};
use tracehound_ledger::{Ledger, OutNum, TxNum, TxSpan, TxView};

use super::{Answers, Chain, ScoreError, Share};
use crate::Wallet;

/// What was measured of the heuristics, in payments with exactly one output that went back to the payer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ChangeRates {
    /// Payments in the sample.
    pub sample: u64,
    /// For each heuristic: how often it was right, of the payments in which it named one output.
    pub heuristics: BTreeMap<&'static str, Share>,
    /// Edges that heuristics of two families agree on, and that are right.
    pub edges: Share,
}

impl ChangeRates {
    pub(super) fn add(&mut self, other: &Self) {
        self.sample += other.sample;
        self.edges += other.edges;
        for (&heuristic, &share) in &other.heuristics {
            *self.heuristics.entry(heuristic).or_default() += share;
        }
    }
}

/// Lets the heuristics vote on every payment of one wallet with one change output, and counts.
pub fn score_changes(chain: &Chain<'_>, answers: &Answers) -> Result<ChangeRates, ScoreError> {
    let mixes =
        |_: &Ledger, tx: TxSpan| chain.mixes.contains_key(&tx.num) || chain.suspects.contains(&tx.num);
    let clusters = Clusters::build(chain.ledger, &Rules::new(&mixes)).map_err(ScoreError::Cluster)?;
    let mut rates = ChangeRates::default();
    for number in 0..chain.ledger.info().txs {
        let tx = TxNum(number);
        let Some(view) = chain.ledger.tx(tx).filter(|view| view.output_count > 1) else { continue };
        if answers.coinjoins.contains_key(&view.txid) {
            continue;
        }
        let Some((payer, change)) = change_of(chain, &view) else { continue };
        rates.sample += 1;
        if let Some(payment) = Payment::of(chain.ledger, tx) {
            for heuristic in Heuristic::ALL {
                if let Some(named) = payment.candidates(heuristic).only() {
                    let right = view.first_output.0 + u64::from(named) == change.0;
                    *rates.heuristics.entry(heuristic.name()).or_default() +=
                        Share::new(u128::from(right), 1);
                }
            }
        }
        if let Some(edge) = change_edge(chain.ledger, &clusters, tx) {
            let owner = chain.wallet(edge.change);
            rates.edges += Share::new(u128::from(owner == Some(payer)), 1);
        }
    }
    Ok(rates)
}

/// The one wallet that pays, and the one output that it gets back.
fn change_of(chain: &Chain<'_>, tx: &TxView) -> Option<(Wallet, OutNum)> {
    let mut payer = None;
    for input in chain.ledger.inputs(tx) {
        let wallet = chain.wallet(chain.ledger.input_owner(&input)?)?;
        if *payer.get_or_insert(wallet) != wallet {
            return None;
        }
    }
    let payer = payer?;
    let mut own = chain
        .ledger
        .outputs(tx)
        .filter(|output| output.owner.and_then(|owner| chain.wallet(owner)) == Some(payer));
    let change = own.next()?;
    own.next().is_none().then_some((payer, change.num))
}
