//! The scores: what the tracing finds in generated chains, beside what really happened.
//!
//! Everything is value-weighted and whole numbers; shares are divided when they are printed. A figure without a placebo
//! is an anecdote, so each measurement is repeated from coins that have nothing to do with any heist.

mod accounts;
mod answers;
mod changes;
mod clusters;
mod coinjoins;
mod exposures;
mod paired;
mod peels;
mod report;
mod share;
mod spread;
mod taint;

use std::collections::{BTreeMap, HashMap, HashSet};

use tracehound_analysis::{
    cluster::ClusterError,
    coinjoin::{Buffer, Classifier},
    peel::PeelError,
    taint::{Mix, SeedError},
};
use tracehound_ledger::{AddrNum, Ledger, OutNum, TxNum};
use tracehound_model::OutPoint;

pub use accounts::{
    ACCOUNT_METHODS, AccountRates, AccountSample, AccountScore, AccountsKnown, BaitRates, DepositRates,
    accounts_page,
};
pub use answers::{Answers, Part, Place};
pub use changes::{ChangeRates, score_changes};
pub use clusters::{ClusterRates, ClusterRule, score_clusters};
pub use coinjoins::{CoinjoinRates, CoinjoinScore, score_coinjoins};
pub use exposures::{ExposureRates, score_exposures};
pub use paired::{COMPARED, Difference, against};
pub use peels::{PeelRates, score_peels};
pub use report::{error_rates, scorecard};
pub use share::Share;
pub use spread::{FIGURES, Figure, HeistTable, Spread, by_heist};
pub use taint::{PARTLY_METHODS, StopAt, TaintKey, TaintRates, TaintTable, score_taint};

use crate::{Wallet, Wallets};

/// Least confidence, percent, at which a transaction counts as a mix: what screening and tracing use.
const MIX_CONFIDENCE: u8 = 50;

/// Why a chain was not scored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScoreError {
    /// The truth is about another chain than the ledger.
    #[error(
        "output {0:?} of the truth is not in the ledger: score a ledger made from the blocks beside the truth"
    )]
    NotInLedger(OutPoint),
    /// A propagation could not start.
    #[error("cannot follow: {0}")]
    Propagation(SeedError),
    /// The clusters could not be made.
    #[error(transparent)]
    Cluster(ClusterError),
    /// A peel chain could not be followed.
    #[error(transparent)]
    Peel(PeelError),
}

/// A generated chain in a ledger.
#[derive(Clone, Debug)]
pub struct Chain<'a> {
    /// The ledger of its blocks.
    pub ledger: &'a Ledger,
    wallets: Wallets,
    mixes: HashMap<TxNum, Mix>,
    /// What may be a mix, but not surely enough to end a path.
    suspects: HashSet<TxNum>,
}

impl<'a> Chain<'a> {
    /// The chain that was generated from `seed`. Classifies its transactions once: O(inputs and outputs).
    pub fn new(ledger: &'a Ledger, seed: u64) -> Self {
        let classifier = Classifier::new(ledger);
        let mut buffer = Buffer::default();
        let (mut mixes, mut suspects) = (HashMap::new(), HashSet::new());
        for tx in (0..ledger.info().txs).filter_map(|number| ledger.tx(TxNum(number))) {
            let answer = classifier.classify(ledger, &tx, &mut buffer);
            if let Some(found) = answer.mixing(MIX_CONFIDENCE) {
                let mix = Mix { protocol: found.protocol.name(), participants: found.participants };
                mixes.insert(tx.num, mix);
            } else if answer.forbids_co_spending() {
                suspects.insert(tx.num);
            }
        }
        Self { ledger, wallets: Wallets::new(seed), mixes, suspects }
    }

    fn mix(&self, tx: TxNum) -> Option<Mix> {
        self.mixes.get(&tx).copied()
    }

    /// The wallet that owns an address.
    pub fn wallet(&self, owner: AddrNum) -> Option<Wallet> {
        self.wallets.wallet_of(&self.ledger.script_key(owner)?)
    }

    fn find(&self, outpoint: &OutPoint) -> Result<OutNum, ScoreError> {
        let tx = self.ledger.find_tx(&outpoint.txid).and_then(|tx| self.ledger.tx(tx));
        tx.filter(|tx| outpoint.vout < tx.output_count)
            .map(|tx| OutNum(tx.first_output.0 + u64::from(outpoint.vout)))
            .ok_or(ScoreError::NotInLedger(*outpoint))
    }
}

/// All that was measured, of one chain or of several.
#[derive(Clone, Debug, Default)]
pub struct Score {
    /// Chains: seed, transactions, heists, parts.
    pub chains: Vec<(u64, u64, usize, usize)>,
    /// Rules of taint.
    pub taint: TaintTable,
    /// Their figures on each whole heist.
    pub heists: HeistTable,
    /// Clusters.
    pub clusters: BTreeMap<ClusterRule, ClusterRates>,
    /// The `CoinJoin` classifier.
    pub coinjoins: CoinjoinScore,
    /// Change heuristics.
    pub changes: ChangeRates,
    /// The peel-chain follower.
    pub peels: PeelRates,
    /// Exposure.
    pub exposures: ExposureRates,
}

impl Score {
    /// Measures one chain.
    pub fn of(chain: &Chain<'_>, answers: &Answers) -> Result<Self, ScoreError> {
        let (taint, heists) = score_taint(chain, answers)?;
        Ok(Self {
            chains: vec![(answers.seed, answers.txs, answers.heists.len(), answers.parts.len())],
            taint,
            heists,
            clusters: score_clusters(chain)?,
            coinjoins: score_coinjoins(chain, answers),
            changes: score_changes(chain, answers)?,
            peels: score_peels(chain, answers)?,
            exposures: score_exposures(chain, answers)?,
        })
    }

    /// Adds another chain's figures.
    pub fn add(&mut self, other: &Self) {
        self.chains.extend(&other.chains);
        for (&key, rates) in &other.taint {
            self.taint.entry(key).or_default().add(rates);
        }
        for (&key, heists) in &other.heists {
            self.heists.entry(key).or_default().extend(heists);
        }
        for (&rule, rates) in &other.clusters {
            self.clusters.entry(rule).or_default().add(rates);
        }
        self.coinjoins.add(&other.coinjoins);
        self.changes.add(&other.changes);
        self.peels.add(&other.peels);
        self.exposures.add(&other.exposures);
    }
}
