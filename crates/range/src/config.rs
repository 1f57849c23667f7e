//! What can be generated: the question a chain answers, and its limits.

use tracehound_model::BitcoinNetwork;

/// Fewest transactions a chain can be asked for: the first 100 blocks hold nothing but a coinbase.
pub const MIN_TXS: u64 = 1_000;
/// Most transactions a chain can be asked for.
pub const MAX_TXS: u64 = 10_000_000;

/// Most transactions of a chain of accounts, which is held in memory.
pub const MOST_ACCOUNT_TXS: u64 = 1_000_000;

/// Latest time of the first block: 2033-05-18. Block times are 32 bits wide and end in 2106, which leaves 900 seconds
/// for each of 2.5 million blocks; chains with more transactions than that have large blocks and few of them.
pub(crate) const MAX_START_TIME: u32 = 2_000_000_000;

/// Whose transactions the generated ones resemble.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Nine mainnet blocks of 2013 to 2021: 2.7 inputs a transaction, two thirds of outputs P2PKH.
    #[default]
    Mixed,
    /// The two newest of them, 2019 and 2021: fewer inputs, more segwit.
    Recent,
}

/// How hard a generated chain is to follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Difficulty {
    /// Rounds of a few dozen coins cut into standard amounts, makers with a coin each, chains that keep the larger part.
    #[default]
    Usual,
    /// Rounds of 100 to 250 coins in which people take amounts that others have too and keep the rest as change, makers
    /// with several coins, peel chains that at times pay the larger part away or leave a decoy, wallets that change their
    /// kind of address; rounds of Wasabi 1 and Whirlpool, coins that are mixed again and again, sweeps of services,
    /// `PayJoin`s, thieves who learn that their coins are listed; three weeks instead of two days.
    Hard,
}

/// What to generate.
#[derive(Clone, Debug)]
pub struct GeneratorConfig {
    /// Same seed, same bytes, on every platform.
    pub seed: u64,
    /// Transactions in the whole chain, coinbases and genesis included: [`MIN_TXS`] to [`MAX_TXS`].
    pub tx_count: u64,
    /// Sets the magic and the genesis block. Regtest unless there is a reason: nobody mistakes it for mainnet.
    pub network: BitcoinNetwork,
    /// Time of the first block after genesis, in seconds since 1970-01-01 UTC.
    pub start_time: u32,
    /// Whose transactions to resemble.
    pub profile: Profile,
}

impl Default for GeneratorConfig {
    /// 1,000 transactions on regtest, from 2023-11-14 on.
    fn default() -> Self {
        Self {
            seed: 0,
            tx_count: MIN_TXS,
            network: BitcoinNetwork::Regtest,
            start_time: 1_700_000_000,
            profile: Profile::Mixed,
        }
    }
}
