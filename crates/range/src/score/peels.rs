//! How far peel chains are followed, and how often the follower takes a wrong turn.

use serde::Serialize;
use tracehound_analysis::peel::{Options, follow};
use tracehound_ledger::{OutNum, Prev};
use tracehound_model::{BitcoinNetwork, OutPoint};

use super::{Answers, Chain, ScoreError, Share, exposures::Names};
use crate::{Hop, Wallet, dice::Dice};

/// Unrelated outputs followed in each chain.
const SAMPLE: usize = 200;

/// What was measured, in hops unless stated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PeelRates {
    /// Chains.
    pub chains: u64,
    /// Hops followed to the output that the thief kept, of those there are.
    pub recall: Share,
    /// Outputs the follower took for the thief's that are the thief's, of all it took.
    pub precision: Share,
    /// Chains on which a stranger's output was taken.
    pub wrong_turns: Share,
    /// Hops in which the thief kept the largest output: the simplest follower there is.
    pub largest: Share,
    /// Chains of six hops or more that were called laundering.
    pub called: Share,
    /// Unrelated outputs from which on a chain was called laundering.
    pub placebo: Share,
}

impl PeelRates {
    pub(super) fn add(&mut self, other: &Self) {
        self.chains += other.chains;
        self.recall += other.recall;
        self.precision += other.precision;
        self.wrong_turns += other.wrong_turns;
        self.largest += other.largest;
        self.called += other.called;
        self.placebo += other.placebo;
    }
}

/// Follows every peel chain from its first output on, and as many unrelated outputs.
pub fn score_peels(chain: &Chain<'_>, answers: &Answers) -> Result<PeelRates, ScoreError> {
    let names = Names { chain, thefts: std::collections::HashSet::new() };
    let follow = |start| {
        follow(chain.ledger, BitcoinNetwork::Regtest, start, Options::default(), &names)
            .map_err(ScoreError::Peel)
    };
    let mut rates = PeelRates::default();
    for hops in &answers.peels {
        let Some(start) = hops.first().map(|hop| start(chain, hop)).transpose()?.flatten() else { continue };
        let found = follow(start)?;
        let right = found
            .hops
            .iter()
            .zip(hops)
            .take_while(|(found, hop)| found.kept.outpoint == OutPoint { txid: hop.txid, vout: hop.change })
            .count();
        rates.chains += 1;
        rates.recall += Share::new(right as u128, hops.len() as u128);
        let mut own = 0;
        for hop in &found.hops {
            let owner = chain.ledger.output_owner(chain.find(&hop.kept.outpoint)?);
            let wallet = owner.and_then(|owner| chain.wallet(owner));
            own += u128::from(wallet.is_some_and(Wallet::is_thief));
        }
        let taken = found.hops.len() as u128;
        rates.precision += Share::new(own, taken);
        rates.wrong_turns += Share::new(u128::from(own < taken), 1);
        for hop in hops {
            rates.largest += Share::new(u128::from(keeps_largest(chain, hop)?), 1);
        }
        if hops.len() >= Options::default().rule.hops {
            rates.called += Share::new(u128::from(found.is_laundering_peel), 1);
        }
    }
    for start in unrelated(chain, answers.seed) {
        rates.placebo += Share::new(u128::from(follow(start)?.is_laundering_peel), 1);
    }
    Ok(rates)
}

/// The thief's largest input of the first hop.
fn start(chain: &Chain<'_>, hop: &Hop) -> Result<Option<OutNum>, ScoreError> {
    let first = chain.find(&OutPoint { txid: hop.txid, vout: 0 })?;
    let tx = chain.ledger.tx_of_output(first).and_then(|(tx, _)| chain.ledger.tx(tx));
    let Some(tx) = tx else { return Ok(None) };
    let spent = chain.ledger.inputs(&tx).filter_map(|input| match input.prev {
        Prev::Output(out) => Some(out),
        _ => None,
    });
    Ok(spent.max_by_key(|&out| chain.ledger.output_value(out)))
}

fn keeps_largest(chain: &Chain<'_>, hop: &Hop) -> Result<bool, ScoreError> {
    let kept = chain.find(&OutPoint { txid: hop.txid, vout: hop.change })?;
    let tx = chain.ledger.tx_of_output(kept).and_then(|(tx, _)| chain.ledger.tx(tx));
    let largest = tx
        .and_then(|tx| chain.ledger.outputs(&tx).max_by_key(|output| output.value).map(|output| output.num));
    Ok(largest == Some(kept))
}

/// Outputs of users, which no thief has anything to do with.
fn unrelated(chain: &Chain<'_>, seed: u64) -> Vec<OutNum> {
    let outputs = chain.ledger.info().outputs;
    let mut dice = Dice::new(seed ^ 0x0070_6565_6c73);
    let mut found = Vec::new();
    for _ in 0..100 * SAMPLE {
        if found.len() == SAMPLE || outputs == 0 {
            break;
        }
        let out = OutNum(dice.below(outputs));
        let owner = chain.ledger.output_owner(out);
        let user = owner
            .and_then(|owner| chain.wallet(owner))
            .is_some_and(|wallet| !wallet.is_service() && !wallet.is_thief());
        if user {
            found.push(out);
        }
    }
    found
}
