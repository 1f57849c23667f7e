//! The Ethereum legs of the range: generated chains of accounts, with heists and the truth about every unit of the loot.
//!
//! Each heist empties a service's vault of ether and tokens. The thief changes the tokens for ether at pools, splits it into equal
//! parts over fresh accounts, and every part goes on by a few words of a grammar: moved on, changed for a token and back, put
//! together with clean money of the thief's own, paid away in part, brought to a wallet that two thieves share, and at the end paid
//! into a service, a bridge or a mixer, or left where it is. Around it users pay each other, change, deposit and withdraw; whoever
//! paid enough is bothered with addresses that imitate whom they paid.
//!
//! Blocks come as [`TransferBlock`]s, which a transfer ledger takes, and as files of ethereum-etl ([`AccountChain::write_etl`]), which
//! `ingest evm` takes; both say the same.
//!
//! **What is not modelled:** prices that move, contracts that run, reorganisations, freezes, and how often real thieves do what.

mod etl;
mod heist;
mod life;
mod truth;
mod world;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};
use tracehound_model::{
    Address, Amount, Asset, Chain,
    transfer::{Movement, MovementKind, TransferBlock, TransferTx, Unseen},
};

use crate::{RangeError, config::MOST_ACCOUNT_TXS};
use world::World;

/// Fewest transactions in which a heist and its parts find room.
pub const FEWEST_TXS_A_HEIST: u64 = 200;
/// The chain that generated ones are of: Sepolia, a test network, which nobody takes for Ethereum.
pub const ACCOUNT_CHAIN: u64 = 11_155_111;
/// Seconds between two blocks.
const BLOCK_SECONDS: u64 = 12;

/// What to generate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountConfig {
    /// Same seed, same chain, on every platform.
    pub seed: u64,
    /// Transactions after the first block.
    pub txs: u64,
    /// Heists in it; each needs [`FEWEST_TXS_A_HEIST`] transactions.
    pub heists: u16,
}

/// What was written of a chain of accounts.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct AccountSummary {
    /// Files of ethereum-etl.
    pub files: Vec<std::path::PathBuf>,
    /// The chain that they are of.
    pub chain: Chain,
    /// Blocks, the first included.
    pub blocks: u64,
    /// Transactions.
    pub txs: u64,
    /// Movements, fees and what the first block allots included.
    pub movements: u64,
    /// Thefts.
    pub heists: HeistNumber,
}

/// Generates a chain of accounts and writes it into a folder: files of ethereum-etl, and the truth beside them
/// ([`TRUTH_FILE`](crate::TRUTH_FILE)).
///
/// # Errors
/// When it has no room for the heists, is too large, or a file is there already or cannot be written.
pub fn generate_accounts(config: AccountConfig, dir: &Path) -> Result<AccountSummary, RangeError> {
    let made = AccountChain::generate(config)?;
    let files = made.write_etl(dir)?;
    let movements = made.write_truth(dir)?;
    let txs = made.blocks.iter().map(|block| block.txs.len() as u64).sum();
    let blocks = made.blocks.len() as u64;
    Ok(AccountSummary { files, chain: chain(), blocks, txs, movements, heists: config.heists })
}

/// The part that an account plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Somebody uninvolved.
    User,
    /// A service's wallet.
    Wallet(u8),
    /// A deposit address of a service, which sweeps it into its wallet.
    Deposit(u8),
    /// A service's vault, which is robbed.
    Vault(u8),
    /// A pool, a router or a wrapper: gives one asset for another.
    Converter,
    /// A bridge: what comes to it goes on on another chain.
    Bridge,
    /// A mixer's contract.
    Mixer,
    /// A thief's.
    Thief,
    /// Somebody who writes bait into the histories of others.
    Poisoner,
    /// An address that looks like another one.
    Imitation,
    /// Who gets tips, who deploys, who relays.
    Staff,
}

impl Part {
    /// The service whose it is.
    pub const fn service(self) -> Option<u8> {
        match self {
            Self::Wallet(service) | Self::Deposit(service) | Self::Vault(service) => Some(service),
            _ => None,
        }
    }
}

/// An asset of a chain, with what it is worth: always the same, for prices do not move here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// What it is.
    pub asset: Asset,
    /// Whether people pay with it. Counterfeits look like money and are none.
    pub is_genuine: bool,
    /// A base unit is worth so many wei...
    wei: u128,
    /// ...divided by this.
    per: u128,
    /// Its contract, among the parties; the chain's own asset has none.
    contract: Option<usize>,
}

impl Money {
    /// What so many base units are worth, in wei.
    pub const fn worth(&self, units: u128) -> u128 {
        units * self.wei / self.per
    }

    /// So many wei in its base units.
    pub const fn units(&self, wei: u128) -> u128 {
        wei * self.per / self.wei
    }
}

/// Which heist an amount was taken in, counted from 0.
pub type HeistNumber = u16;

/// A transaction, with all that a node would tell of it.
#[derive(Clone, Debug)]
struct AccountTx {
    hash: [u8; 32],
    sender: usize,
    called: usize,
    gas: u64,
    /// Native value: the transaction's own first, where it sent some itself.
    calls: Vec<Flow>,
    /// What contracts said.
    logs: Vec<Flow>,
}

/// Something that moves; of nothing where it is bait.
#[derive(Clone, Copy, Debug)]
struct Flow {
    from: Option<usize>,
    to: Option<usize>,
    money: usize,
    amount: u128,
}

#[derive(Clone, Debug)]
struct AccountBlock {
    height: u64,
    time: u64,
    txs: Vec<AccountTx>,
}

/// What bait an imitation was shown with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BaitKind {
    /// A transfer of nothing, which no ledger holds.
    Nothing,
    /// A hundredth of a hundredth of what was paid.
    Dust,
    /// A token that calls itself like the one that was paid.
    Counterfeit,
}

/// Bait in somebody's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bait {
    /// Where the imitation stands in [`AccountChain::parties`].
    pub imitation: usize,
    /// Who is imitated.
    pub of: usize,
    /// Who is to be misled.
    pub misleads: usize,
    /// With what.
    pub kind: BaitKind,
}

/// A theft and where it went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountHeist {
    /// The numbers of the movements that took the loot.
    pub seeds: Vec<u64>,
    /// Whether some of it lay in a wallet together with another thief's.
    pub is_mingled: bool,
}

/// What really happened.
#[derive(Clone, Debug, Default)]
pub struct AccountTruth {
    /// The heists, by [`HeistNumber`].
    pub heists: Vec<AccountHeist>,
    /// Where loot is at the end: base units by account, asset (as in [`AccountChain::parties`] and [`AccountChain::money`]) and heist.
    /// At a service and a bridge, all that came there; fees are nowhere.
    pub places: BTreeMap<(usize, usize, HeistNumber), u128>,
    /// Base units of loot that each movement moved, fees included, by number and heist.
    pub moved: BTreeMap<(u64, HeistNumber), u128>,
    /// Bait.
    pub baits: Vec<Bait>,
    /// Deposit addresses that passed something on.
    pub swept: BTreeSet<usize>,
}

/// A generated chain of accounts.
#[derive(Clone, Debug)]
pub struct AccountChain {
    /// What was asked for.
    pub config: AccountConfig,
    /// Addresses and the parts they play.
    pub parties: Vec<(Address, Part)>,
    /// Assets, the chain's own first.
    pub money: Vec<Money>,
    /// What really happened.
    pub truth: AccountTruth,
    blocks: Vec<AccountBlock>,
    /// Native value that the first block gives out.
    genesis: Vec<Flow>,
}

impl AccountChain {
    /// Generates a chain.
    ///
    /// # Errors
    /// When it has no room for the heists, or is too large.
    pub fn generate(config: AccountConfig) -> Result<Self, RangeError> {
        let AccountConfig { txs, heists, .. } = config;
        if txs > MOST_ACCOUNT_TXS {
            return Err(RangeError::AccountTxs(txs));
        }
        let most = u32::try_from(txs / FEWEST_TXS_A_HEIST).unwrap_or(u32::MAX);
        if heists == 0 || u32::from(heists) > most {
            return Err(RangeError::Heists { heists: heists.into(), txs, most });
        }
        let mut world = World::new(config);
        let mut heists = heist::Heists::planned(&mut world);
        let mut life = life::Life::default();
        while world.txs() < config.txs {
            if !heists.act(&mut world, &mut life) {
                life.act(&mut world);
            }
        }
        heists.end(&mut world);
        Ok(world.finish())
    }

    /// The blocks, in order, as a ledger takes them.
    pub fn blocks(&self) -> impl Iterator<Item = TransferBlock> + '_ {
        let mut parent = [0; 32];
        self.blocks.iter().map(move |block| {
            let hash = self.block_hash(block.height);
            let mut txs: Vec<TransferTx> = block.txs.iter().map(|tx| self.transfers(tx)).collect();
            if block.height == 0 {
                let allotted =
                    self.genesis.iter().filter_map(|flow| self.movement(*flow, MovementKind::Issue));
                txs.push(TransferTx { hash, movements: allotted.collect() });
            }
            let (height, time, unseen) = (block.height, block.time, Unseen::NOTHING);
            let block = TransferBlock { height, hash, parent, time, unseen, txs };
            parent = hash;
            block
        })
    }

    fn block_hash(&self, height: u64) -> [u8; 32] {
        made_hash(b"block", self.config.seed, height)
    }

    fn transfers(&self, tx: &AccountTx) -> TransferTx {
        let fees = world::fees(tx).map(|flow| (flow, MovementKind::Fee));
        let native = tx.calls.iter().map(|flow| (*flow, MovementKind::Native));
        let tokens = tx.logs.iter().map(|flow| (*flow, MovementKind::Token));
        let all = fees.into_iter().chain(native).chain(tokens);
        TransferTx {
            hash: tx.hash,
            movements: all.filter_map(|(flow, kind)| self.movement(flow, kind)).collect(),
        }
    }

    /// What a ledger holds of it: nothing of what moves nothing.
    fn movement(&self, flow: Flow, kind: MovementKind) -> Option<Movement> {
        let who = |party: Option<usize>| party.map(|party| self.parties[party].0);
        flow.moves().then(|| Movement {
            from: who(flow.from),
            to: who(flow.to),
            asset: self.money[flow.money].asset,
            amount: Amount::from(flow.amount),
            kind,
            proved: false,
        })
    }
}

impl Flow {
    fn moves(&self) -> bool {
        self.amount > 0 && self.from != self.to
    }
}

/// The chain whose rules generated ones follow.
pub(crate) const fn chain() -> Chain {
    Chain::Evm(ACCOUNT_CHAIN)
}

/// A hash of nothing real.
fn made_hash(what: &[u8], seed: u64, number: u64) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in [&b"tracehound range, generated"[..], what, &seed.to_be_bytes(), &number.to_be_bytes()] {
        hasher.update(part);
    }
    hasher.finalize().into()
}
