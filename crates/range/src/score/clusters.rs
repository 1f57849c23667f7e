//! How well clusters of addresses are the wallets that they really are.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use tracehound_analysis::cluster::{Clusters, Guard, Rules, ServiceId};
use tracehound_ledger::{AddrNum, Ledger, TxSpan};

use super::{Chain, ScoreError, Share};
use crate::Wallet;

/// Which clusters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum ClusterRule {
    /// All inputs of every transaction.
    Naive,
    /// Not through `CoinJoin`s and suspected `PayJoin`s.
    WithoutMixes,
    /// Nor when two known services would become one.
    Guarded,
}

impl ClusterRule {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Naive, Self::WithoutMixes, Self::Guarded];

    /// Its name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Naive => "all inputs (naive)",
            Self::WithoutMixes => "not through mixes",
            Self::Guarded => "not through mixes, guarded by labels",
        }
    }
}

/// What was measured of one rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ClusterRates {
    /// Addresses whose wallet is known.
    pub addresses: u64,
    /// Pairs of one cluster that are of one wallet.
    pub precision: Share,
    /// Pairs of one wallet that are in one cluster.
    pub recall: Share,
    /// The adjusted Rand index (Hubert and Arabie, 1985) as a fraction; 0 is chance, 1 is perfect.
    pub rand: (i128, i128),
    /// Clusters with addresses of more than one service.
    pub collapses: u64,
    /// Clusters with addresses of a thief and of somebody else.
    pub thieves_joined: u64,
    /// Merges that the guard refused.
    pub refusals: u64,
}

impl ClusterRates {
    pub(super) fn add(&mut self, other: &Self) {
        self.addresses += other.addresses;
        self.precision += other.precision;
        self.recall += other.recall;
        self.rand = (self.rand.0 + other.rand.0, self.rand.1 + other.rand.1);
        self.collapses += other.collapses;
        self.thieves_joined += other.thieves_joined;
        self.refusals += other.refusals;
    }

    /// The adjusted Rand index in thousandths.
    pub fn rand_permille(&self) -> Option<i128> {
        (self.rand.1 != 0).then(|| self.rand.0 * 1_000 / self.rand.1)
    }
}

/// Clusters by each rule, measured.
pub fn score_clusters(chain: &Chain<'_>) -> Result<BTreeMap<ClusterRule, ClusterRates>, ScoreError> {
    // What the classifier does not answer with "no" joins nothing, as in `Classifier`.
    let mixes =
        |_: &Ledger, tx: TxSpan| chain.mixes.contains_key(&tx.num) || chain.suspects.contains(&tx.num);
    let service = |owner: AddrNum| {
        chain.wallet(owner).filter(|wallet| wallet.is_service()).map(|wallet| ServiceId(wallet.0))
    };
    let wallets: Vec<Option<Wallet>> =
        (0..chain.ledger.info().addresses).map(|owner| chain.wallet(AddrNum(owner))).collect();
    let mut rates = BTreeMap::new();
    for rule in ClusterRule::ALL {
        let nothing = |_: &Ledger, _: TxSpan| false;
        let rules = match rule {
            ClusterRule::Naive => Rules { payjoin_inputs: 0, ..Rules::new(&nothing) },
            ClusterRule::WithoutMixes => Rules::new(&mixes),
            ClusterRule::Guarded => {
                Rules { guard: Some(Guard { service: &service, both_above: u32::MAX }), ..Rules::new(&mixes) }
            }
        };
        let clusters = Clusters::build(chain.ledger, &rules).map_err(ScoreError::Cluster)?;
        let pairs =
            clusters.all().into_iter().zip(&wallets).filter_map(|(id, wallet)| Some((id.0.0, (*wallet)?)));
        let mut measured = compare(pairs);
        measured.refusals = clusters.refusals().len() as u64;
        rates.insert(rule, measured);
    }
    Ok(rates)
}

fn pairs(count: u64) -> u128 {
    u128::from(count) * u128::from(count.saturating_sub(1)) / 2
}

/// Compares a clustering with the wallets, address by address: (cluster, wallet).
pub(super) fn compare(addresses: impl Iterator<Item = (u32, Wallet)>) -> ClusterRates {
    let mut cells: HashMap<(u32, Wallet), u64> = HashMap::new();
    for cell in addresses {
        *cells.entry(cell).or_default() += 1;
    }
    let mut clusters: HashMap<u32, (u64, Mixture)> = HashMap::new();
    let mut wallets: HashMap<Wallet, u64> = HashMap::new();
    let (mut addresses, mut both) = (0, 0);
    for (&(cluster, wallet), &count) in &cells {
        let entry = clusters.entry(cluster).or_default();
        entry.0 += count;
        entry.1.add(wallet);
        *wallets.entry(wallet).or_default() += count;
        addresses += count;
        both += pairs(count);
    }
    let joined: u128 = clusters.values().map(|&(count, _)| pairs(count)).sum();
    let owned: u128 = wallets.values().map(|&count| pairs(count)).sum();
    ClusterRates {
        addresses,
        precision: Share::new(both, joined),
        recall: Share::new(both, owned),
        rand: adjusted_rand(both, joined, owned, pairs(addresses)),
        collapses: clusters.values().filter(|(_, mixture)| mixture.services > 1).count() as u64,
        thieves_joined: clusters
            .values()
            .filter(|(_, mixture)| mixture.thieves > 0 && mixture.wallets > 1)
            .count() as u64,
        refusals: 0,
    }
}

/// Wallets in a cluster.
#[derive(Default)]
struct Mixture {
    wallets: u64,
    services: u64,
    thieves: u64,
}

impl Mixture {
    fn add(&mut self, wallet: Wallet) {
        self.wallets += 1;
        self.services += u64::from(wallet.is_service());
        self.thieves += u64::from(wallet.is_thief());
    }
}

/// (both − joined·owned/all) / ((joined + owned)/2 − joined·owned/all), both sides times 2·all.
fn adjusted_rand(both: u128, joined: u128, owned: u128, all: u128) -> (i128, i128) {
    let signed = |number: u128| i128::try_from(number).unwrap_or(i128::MAX);
    let (both, joined, owned, all) = (signed(both), signed(joined), signed(owned), signed(all));
    let chance = joined.saturating_mul(owned).saturating_mul(2);
    let over = both.saturating_mul(all).saturating_mul(2).saturating_sub(chance);
    let most = (joined + owned).saturating_mul(all).saturating_sub(chance);
    // Scaled down so that several chains can be added.
    let scale = 1_i128.max(most / 1_000_000_000_000);
    (over / scale, most / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_worked_out_by_hand() {
        // Clusters {a a b} and {b c}; wallets a: 2, b: 2, c: 1. Ten pairs, one pair of one wallet in one cluster.
        let (a, b, c) = (Wallet(200), Wallet(3), Wallet(4));
        let rates = compare([(0, a), (0, a), (0, b), (1, b), (1, c)].into_iter());
        assert_eq!(rates.precision, Share::new(1, 4));
        assert_eq!(rates.recall, Share::new(1, 2));
        // (1 − 4·2/10) / ((4 + 2)/2 − 4·2/10) = 0.2 / 2.2
        assert_eq!(rates.rand_permille(), Some(90));
        assert_eq!((rates.collapses, rates.addresses), (1, 5));
    }

    #[test]
    fn the_truth_itself_is_perfect() {
        let rates = compare((0..100).map(|n| (n % 7, Wallet(n % 7))));
        assert_eq!((rates.rand_permille(), rates.collapses), (Some(1_000), 0));
        assert_eq!(rates.precision.permille(), Some(1_000));
    }
}
