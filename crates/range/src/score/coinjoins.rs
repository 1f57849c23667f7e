//! How many of the generated `CoinJoin`s are recognised, and what else is taken for one.

use std::collections::BTreeMap;

use serde::Serialize;
use tracehound_ledger::TxNum;

use super::{Answers, Chain, Share};
use crate::Protocol;

/// What was measured of one kind of round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CoinjoinRates {
    /// Rounds called a `CoinJoin` with enough confidence to end a path.
    pub recall: Share,
    /// Rounds called a `CoinJoin` or a suspect.
    pub with_suspects: Share,
    /// Rounds called a `CoinJoin` of the right kind.
    pub right_kind: Share,
}

/// What was measured of the classifier.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CoinjoinScore {
    /// Transactions looked at.
    pub txs: u64,
    /// By kind of round.
    pub rounds: BTreeMap<Protocol, CoinjoinRates>,
    /// Rounds among the transactions called `CoinJoin`s.
    pub precision: Share,
    /// Rounds among the transactions called `CoinJoin`s or suspects.
    pub suspects_precision: Share,
}

impl CoinjoinScore {
    pub(super) fn add(&mut self, other: &Self) {
        self.txs += other.txs;
        self.precision += other.precision;
        self.suspects_precision += other.suspects_precision;
        for (&protocol, rates) in &other.rounds {
            let own = self.rounds.entry(protocol).or_default();
            own.recall += rates.recall;
            own.with_suspects += rates.with_suspects;
            own.right_kind += rates.right_kind;
        }
    }
}

/// Classifies every transaction of the chain.
pub fn score_coinjoins(chain: &Chain<'_>, answers: &Answers) -> CoinjoinScore {
    let mut score = CoinjoinScore::default();
    for number in 0..chain.ledger.info().txs {
        let Some(tx) = chain.ledger.tx(TxNum(number)) else { continue };
        score.txs += 1;
        let found = chain.mix(tx.num);
        let called = u128::from(found.is_some());
        let suspected = u128::from(found.is_some() || chain.suspects.contains(&tx.num));
        let truth = answers.coinjoins.get(&tx.txid);
        let is_round = u128::from(truth.is_some());
        score.precision += Share::new(called * is_round, called);
        score.suspects_precision += Share::new(suspected * is_round, suspected);
        if let Some(&protocol) = truth {
            let right = found.is_some_and(|found| found.protocol == protocol.name());
            let rates = score.rounds.entry(protocol).or_default();
            rates.recall += Share::new(called, 1);
            rates.with_suspects += Share::new(suspected, 1);
            rates.right_kind += Share::new(u128::from(right), 1);
        }
    }
    score
}
