//! Rows in memory.

use std::collections::{BTreeSet, HashMap};

use tracehound_model::{
    Address, Amount, Asset, Chain,
    transfer::{Movement, TransferBlock},
};

use crate::{
    AccountNum, AssetNum, Balance, BalanceAt, BalanceUnknown, BlockNum, BlockRow, MAX_NUM, Opening, Transfer,
    TransferError, TransferNum, TransferRows, TxNum, TxRow, pack, rows::first_of,
};

/// Blocks, transactions and transfers of one account chain, all in memory: packed transfers, and for each balance what it
/// was after each transfer.
///
/// The tables are keyed by what comes from outside, hence hashed with a random key (the standard library's `SipHash`).
#[derive(Clone, Debug)]
pub struct MemoryTransfers {
    chain: Chain,
    from_genesis: bool,
    /// How many accounts are watched, where not all are: the first ones.
    watched: Option<u32>,
    blocks: Vec<Block>,
    txs: Vec<Tx>,
    tx_nums: HashMap<[u8; 32], TxNum>,
    /// Packed transfers, end to end, and where each begins.
    packed: Vec<u8>,
    starts: Vec<usize>,
    accounts: Names<Address>,
    assets: Names<Asset>,
    balances: HashMap<Balance, History>,
}

#[derive(Clone, Debug)]
struct Block {
    row: BlockRow,
    /// How much there was before it, to go back there.
    before: Counts,
}

#[derive(Clone, Copy, Debug)]
struct Counts {
    txs: usize,
    transfers: usize,
    accounts: usize,
    assets: usize,
}

#[derive(Clone, Debug)]
struct Tx {
    hash: [u8; 32],
    block: BlockNum,
    first: TransferNum,
    /// The one of the same hash before it, if somebody told of one.
    older: Option<TxNum>,
}

/// One balance over time.
#[derive(Clone, Debug)]
struct History {
    opening: BalanceAt,
    /// Every transfer into or out of it, ascending, and what it was afterwards.
    after: Vec<(TransferNum, BalanceAt)>,
}

/// Names and their numbers, in order of first appearance.
#[derive(Clone, Debug)]
struct Names<T> {
    names: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T: Clone + Eq + std::hash::Hash> Names<T> {
    fn new() -> Self {
        Self { names: Vec::new(), numbers: HashMap::new() }
    }

    /// The number of a name, a new one where it has none; nothing where numbers have run out.
    fn number(&mut self, name: &T) -> Option<u32> {
        if let Some(&number) = self.numbers.get(name) {
            return Some(number);
        }
        let number = u32::try_from(self.names.len()).ok().filter(|&number| number < pack::NOBODY)?;
        self.names.push(name.clone());
        self.numbers.insert(name.clone(), number);
        Some(number)
    }

    fn cut(&mut self, count: usize) {
        for name in self.names.drain(count..) {
            self.numbers.remove(&name);
        }
    }
}

impl MemoryTransfers {
    /// An empty store of a chain.
    ///
    /// # Errors
    /// When an opening balance is in an asset of another chain, or there are too many of them.
    pub fn new(chain: Chain, opening: Opening) -> Result<Self, TransferError> {
        Self::begin(chain, opening, None)
    }

    /// An empty store of these accounts' movements: whoever appends a block leaves out the transactions that moved nothing of any of
    /// them.
    ///
    /// # Errors
    /// As [`new`](Self::new), and when there are none.
    pub fn watching(
        chain: Chain,
        opening: Opening,
        accounts: &BTreeSet<Address>,
    ) -> Result<Self, TransferError> {
        Self::begin(chain, opening, Some(accounts))
    }

    fn begin(
        chain: Chain,
        opening: Opening,
        watched: Option<&BTreeSet<Address>>,
    ) -> Result<Self, TransferError> {
        let mut rows = Self {
            chain,
            from_genesis: opening == Opening::Nothing,
            watched: None,
            blocks: Vec::new(),
            txs: Vec::new(),
            tx_nums: HashMap::new(),
            packed: Vec::new(),
            starts: Vec::new(),
            accounts: Names::new(),
            assets: Names::new(),
            balances: HashMap::new(),
        };
        if let Some(accounts) = watched {
            if accounts.is_empty() {
                return Err(TransferError::NobodyWatched);
            }
            for address in accounts {
                rows.account_num(address)?;
            }
            rows.watched = u32::try_from(accounts.len()).ok();
        }
        if let Opening::Known(balances) = opening {
            let told =
                balances.into_iter().filter(|(address, ..)| watched.is_none_or(|all| all.contains(address)));
            for (address, asset, amount) in told {
                let account = rows.account_num(&address)?;
                let balance = Balance { account, asset: rows.asset_num(&asset, 0)? };
                let history = History { opening: BalanceAt::Known(amount), after: Vec::new() };
                rows.balances.insert(balance, history);
            }
        }
        Ok(rows)
    }

    /// Takes in the next block, whole or not at all.
    ///
    /// # Errors
    /// When it does not continue the last one, or cannot be numbered. What was held is held unchanged.
    pub fn append(&mut self, block: &TransferBlock) -> Result<(), TransferError> {
        if let Some(tip) = self.blocks.last()
            && (block.parent != tip.row.hash || tip.row.height.checked_add(1) != Some(block.height))
        {
            return Err(TransferError::NotNext { height: block.height, tip: tip.row.height });
        }
        let before = self.counts();
        let added = self.add(block, before);
        if added.is_err() {
            self.cut(before);
        }
        added
    }

    /// Takes in a later block, whatever lies between: rows of a case, of which whoever holds them says what they cover.
    ///
    /// # Errors
    /// When it is no later than the last one, or cannot be numbered. What was held is held unchanged.
    pub fn append_later(&mut self, block: &TransferBlock) -> Result<(), TransferError> {
        if let Some(tip) = self.blocks.last().filter(|tip| tip.row.height >= block.height) {
            return Err(TransferError::NotNext { height: block.height, tip: tip.row.height });
        }
        let before = self.counts();
        let added = self.add(block, before);
        if added.is_err() {
            self.cut(before);
        }
        added
    }

    /// Goes back to the first `keep` blocks, as if no other had ever come.
    pub fn rewind(&mut self, keep: u32) {
        let keep = keep as usize;
        if let Some(first_gone) = self.blocks.get(keep) {
            let before = first_gone.before;
            self.blocks.truncate(keep);
            self.cut(before);
        }
    }

    fn counts(&self) -> Counts {
        Counts {
            txs: self.txs.len(),
            transfers: self.starts.len(),
            accounts: self.accounts.names.len(),
            assets: self.assets.names.len(),
        }
    }

    fn add(&mut self, block: &TransferBlock, before: Counts) -> Result<(), TransferError> {
        let num = u32::try_from(self.blocks.len()).map_err(|_| TransferError::TooMany("blocks"))?;
        for tx in &block.txs {
            let tx_num = Some(TxNum(self.txs.len() as u64)).filter(|num| num.0 <= MAX_NUM);
            let tx_num = tx_num.ok_or(TransferError::TooMany("transactions"))?;
            let first = TransferNum(self.starts.len() as u64);
            let older = self.tx_nums.insert(tx.hash, tx_num);
            self.txs.push(Tx { hash: tx.hash, block: BlockNum(num), first, older });
            if older.is_some_and(|older| older.0 >= before.txs as u64) {
                let hash = hex::encode(tx.hash);
                return Err(TransferError::Twice { height: block.height, hash });
            }
            for movement in &tx.movements {
                self.add_movement(tx_num, movement, block.height)?;
            }
        }
        let row = BlockRow { height: block.height, hash: block.hash, time: block.time, unseen: block.unseen };
        self.blocks.push(Block { row, before });
        Ok(())
    }

    fn add_movement(&mut self, tx: TxNum, movement: &Movement, height: u64) -> Result<(), TransferError> {
        let num = Some(TransferNum(self.starts.len() as u64)).filter(|num| num.0 <= MAX_NUM);
        let num = num.ok_or(TransferError::TooMany("transfers"))?;
        let from = movement.from.as_ref().map(|address| self.account_num(address)).transpose()?;
        let to = movement.to.as_ref().map(|address| self.account_num(address)).transpose()?;
        let asset = self.asset_num(&movement.asset, height)?;
        let (amount, kind, proved) = (movement.amount, movement.kind, movement.proved);
        let transfer = Transfer { num, tx, from, to, asset, amount, kind, proved };
        self.starts.push(self.packed.len());
        pack::pack(&transfer, &mut self.packed);
        // One to oneself goes and comes: it changes nothing, unless there is less than it says.
        if let Some(balance) = transfer.source() {
            let overdrawn = BalanceUnknown::Overdrawn(num);
            self.history(balance).change(num, overdrawn, |held| held.checked_sub(amount));
        }
        if let Some(balance) = transfer.target() {
            let too_large = BalanceUnknown::TooLarge(num);
            self.history(balance).change(num, too_large, |held| held.checked_add(amount));
        }
        Ok(())
    }

    fn opening(&self, account: AccountNum) -> BalanceAt {
        if self.watched.is_some_and(|watched| account.0 >= watched) {
            BalanceAt::Unknown(BalanceUnknown::Unwatched)
        } else if self.from_genesis {
            BalanceAt::Known(Amount::ZERO)
        } else {
            BalanceAt::Unknown(BalanceUnknown::Opening)
        }
    }

    fn history(&mut self, balance: Balance) -> &mut History {
        let opening = self.opening(balance.account);
        self.balances.entry(balance).or_insert_with(|| History { opening, after: Vec::new() })
    }

    fn account_num(&mut self, address: &Address) -> Result<AccountNum, TransferError> {
        self.accounts.number(address).map(AccountNum).ok_or(TransferError::TooMany("accounts"))
    }

    fn asset_num(&mut self, asset: &Asset, height: u64) -> Result<AssetNum, TransferError> {
        if asset.chain() != self.chain {
            return Err(TransferError::ForeignAsset { height, asset: asset.to_string() });
        }
        self.assets.number(asset).map(AssetNum).ok_or(TransferError::TooMany("assets"))
    }

    /// Forgets what came behind these counts.
    fn cut(&mut self, counts: Counts) {
        for num in counts.transfers..self.starts.len() {
            let num = TransferNum(num as u64);
            let Some(transfer) = self.transfer(num) else { continue };
            for balance in [transfer.source(), transfer.target()].into_iter().flatten() {
                if let Some(history) = self.balances.get_mut(&balance) {
                    let keep = history.after.partition_point(|entry| entry.0 < num);
                    history.after.truncate(keep);
                }
            }
        }
        if let Some(&end) = self.starts.get(counts.transfers) {
            self.packed.truncate(end);
            self.starts.truncate(counts.transfers);
        }
        for tx in self.txs.drain(counts.txs..).rev() {
            match tx.older {
                Some(older) => self.tx_nums.insert(tx.hash, older),
                None => self.tx_nums.remove(&tx.hash),
            };
        }
        self.accounts.cut(counts.accounts);
        self.assets.cut(counts.assets);
        // What is numbered anew must find nothing of what was numbered so before.
        let (accounts, assets) = (counts.accounts as u64, counts.assets as u64);
        self.balances.retain(|balance, _| {
            u64::from(balance.account.0) < accounts && u64::from(balance.asset.0) < assets
        });
    }
}

impl History {
    fn now(&self) -> BalanceAt {
        self.after.last().map_or(self.opening, |entry| entry.1)
    }

    /// Takes down what a transfer made of it; what is not known stays so.
    fn change(
        &mut self,
        num: TransferNum,
        failed: BalanceUnknown,
        change: impl FnOnce(Amount) -> Option<Amount>,
    ) {
        let now = match self.now() {
            BalanceAt::Known(held) => change(held).map_or(BalanceAt::Unknown(failed), BalanceAt::Known),
            unknown @ BalanceAt::Unknown(_) => unknown,
        };
        self.after.push((num, now));
    }
}

impl TransferRows for MemoryTransfers {
    fn watched(&self) -> Option<u32> {
        self.watched
    }

    fn block_count(&self) -> u32 {
        u32::try_from(self.blocks.len()).expect("counted when they were added")
    }

    fn transfer_count(&self) -> u64 {
        self.starts.len() as u64
    }

    fn block(&self, num: BlockNum) -> Option<BlockRow> {
        self.blocks.get(num.0 as usize).map(|block| block.row)
    }

    fn tx(&self, num: TxNum) -> Option<TxRow> {
        let at = usize::try_from(num.0).ok()?;
        let tx = self.txs.get(at)?;
        let end = self.txs.get(at + 1).map_or(self.starts.len() as u64, |next| next.first.0);
        let count = u32::try_from(end - tx.first.0).ok()?;
        Some(TxRow { num, hash: tx.hash, block: tx.block, first: tx.first, count })
    }

    fn transfer(&self, num: TransferNum) -> Option<Transfer> {
        let start = *self.starts.get(usize::try_from(num.0).ok()?)?;
        pack::unpack(num, &self.packed[start..])
    }

    fn next(&self, balance: Balance, from: TransferNum) -> Option<TransferNum> {
        let after = &self.balances.get(&balance)?.after;
        after.get(after.partition_point(|entry| entry.0 < from)).map(|entry| entry.0)
    }

    fn previous(&self, balance: Balance, at: TransferNum) -> Option<TransferNum> {
        let after = &self.balances.get(&balance)?.after;
        let earlier = after.partition_point(|entry| entry.0 < at).checked_sub(1)?;
        after.get(earlier).map(|entry| entry.0)
    }

    /// O(balances).
    fn assets_of(&self, account: AccountNum, most: usize) -> (Vec<AssetNum>, bool) {
        let moved = self.balances.iter().filter(|(balance, history)| {
            // What it held before may be known of one that never moved.
            balance.account == account && !history.after.is_empty()
        });
        let assets = moved.map(|(balance, _)| balance.asset).collect();
        first_of(assets, most)
    }

    fn before(&self, balance: Balance, at: TransferNum) -> BalanceAt {
        let Some(history) = self.balances.get(&balance) else { return self.opening(balance.account) };
        match history.after.partition_point(|entry| entry.0 < at) {
            0 => history.opening,
            earlier => history.after[earlier - 1].1,
        }
    }

    fn find_tx(&self, hash: &[u8; 32]) -> Option<TxNum> {
        self.tx_nums.get(hash).copied()
    }

    fn find_account(&self, address: &Address) -> Option<AccountNum> {
        self.accounts.numbers.get(address).copied().map(AccountNum)
    }

    fn account(&self, num: AccountNum) -> Option<Address> {
        self.accounts.names.get(num.0 as usize).copied()
    }

    fn find_asset(&self, asset: &Asset) -> Option<AssetNum> {
        self.assets.numbers.get(asset).copied().map(AssetNum)
    }

    fn asset(&self, num: AssetNum) -> Option<Asset> {
        self.assets.names.get(num.0 as usize).copied()
    }
}
