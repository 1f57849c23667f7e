//! The rows, and the one trait by which analyses ask for them.

use std::collections::BTreeSet;

use tracehound_model::{
    Address, Amount, Asset,
    transfer::{MovementKind, Unseen},
};

use crate::{AccountNum, AssetNum, BalanceUnknown, BlockNum, TransferNum, TxNum};

/// A movement of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Its number.
    pub num: TransferNum,
    /// The transaction that made it.
    pub tx: TxNum,
    /// Who had it; nobody where it was issued.
    pub from: Option<AccountNum>,
    /// Who has it now; nobody where it was destroyed.
    pub to: Option<AccountNum>,
    /// What it is.
    pub asset: AssetNum,
    /// How much, in the asset's base units.
    pub amount: Amount,
    /// What made it move.
    pub kind: MovementKind,
    /// Whether the block's header proves it.
    pub proved: bool,
}

impl Transfer {
    /// The balance it comes from.
    pub fn source(&self) -> Option<Balance> {
        self.from.map(|account| Balance { account, asset: self.asset })
    }

    /// The balance it goes to.
    pub fn target(&self) -> Option<Balance> {
        self.to.map(|account| Balance { account, asset: self.asset })
    }
}

/// A transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TxRow {
    /// Its number.
    pub num: TxNum,
    /// Its hash.
    pub hash: [u8; 32],
    /// The block it is in.
    pub block: BlockNum,
    /// Its first transfer.
    pub first: TransferNum,
    /// How many transfers it made.
    pub count: u32,
}

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRow {
    /// Its height.
    pub height: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// Its time: seconds since 1970-01-01 UTC.
    pub time: u64,
    /// What may have moved in it and is not among the rows.
    pub unseen: Unseen,
}

/// What one account holds of one asset: the pool that lives on from transfer to transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Balance {
    /// Whose.
    pub account: AccountNum,
    /// Of what.
    pub asset: AssetNum,
}

/// What a balance was at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BalanceAt {
    /// So many base units.
    Known(Amount),
    /// The rows do not tell.
    Unknown(BalanceUnknown),
}

/// The first of these assets, ascending, and whether there are more.
pub(crate) fn first_of(assets: BTreeSet<AssetNum>, most: usize) -> (Vec<AssetNum>, bool) {
    let more = assets.len() > most;
    (assets.into_iter().take(most).collect(), more)
}

/// Rows of an account chain as of one moment. Every number is below the counts, and rows do not change while they are asked.
pub trait TransferRows {
    /// Where the rows are those of the transactions that moved something of some accounts alone: how many these are. They have the
    /// first numbers. Of any other account neither what it held nor all that it did is known. `None` where everybody's are there.
    fn watched(&self) -> Option<u32>;
    /// How many blocks there are.
    fn block_count(&self) -> u32;
    /// How many transfers there are.
    fn transfer_count(&self) -> u64;
    /// A block.
    fn block(&self, num: BlockNum) -> Option<BlockRow>;
    /// A transaction.
    fn tx(&self, num: TxNum) -> Option<TxRow>;
    /// A movement.
    fn transfer(&self, num: TransferNum) -> Option<Transfer>;
    /// The first movement into or out of a balance that is not before `from`.
    fn next(&self, balance: Balance, from: TransferNum) -> Option<TransferNum>;
    /// The last movement into or out of a balance that is before `at`.
    fn previous(&self, balance: Balance, at: TransferNum) -> Option<TransferNum>;
    /// The assets of which a movement went into or out of an account, ascending, the first `most` of them, and whether there are
    /// more: anybody can send tokens of any kind to anybody.
    fn assets_of(&self, account: AccountNum, most: usize) -> (Vec<AssetNum>, bool);
    /// The balance right before a movement.
    fn before(&self, balance: Balance, at: TransferNum) -> BalanceAt;
    /// The transaction of that hash; of several, which a chain does not have but whoever tells of it may, the newest.
    fn find_tx(&self, hash: &[u8; 32]) -> Option<TxNum>;
    /// The number of an account.
    fn find_account(&self, address: &Address) -> Option<AccountNum>;
    /// The account of a number.
    fn account(&self, num: AccountNum) -> Option<Address>;
    /// The number of an asset.
    fn find_asset(&self, asset: &Asset) -> Option<AssetNum>;
    /// The asset of a number.
    fn asset(&self, num: AssetNum) -> Option<Asset>;
}
