//! Readers: a snapshot of the store and the questions it answers.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use tracehound_model::{Address, Amount, Asset, Chain};
use tracehound_segments::{
    Manifest, SegmentsError, SnapshotId,
    files::{end_of, open_store},
};

use super::{
    OF_ACCOUNT, OF_ASSET, TransferLedgerError,
    data::{Place, opening_of},
    segment::Segment,
};
use crate::{
    AccountNum, AssetNum, Balance, BalanceAt, BalanceUnknown, BlockNum, BlockRow, Opening, Transfer,
    TransferNum, TransferRows, TxNum, TxRow, rows::first_of,
};

/// A store as it was when it was opened. Cheap to open (no content is read), safe to use from many threads. A clone is the
/// same ledger.
///
/// What is read is checked, page by page. A page that is damaged gives nothing, as if the store did not hold it, and the
/// ledger remembers: an answer counts only when [`confirm`](Self::confirm) says so after it was computed.
#[derive(Clone, Debug)]
pub struct TransferLedger {
    pub(super) chain: Chain,
    all_segments: Arc<[Segment]>,
    /// How many of them the snapshot reaches into.
    used: usize,
    key: tracehound_segments::Key,
    /// Where the snapshot ends. Its last segment may go on behind that.
    pub(super) end: Place,
}

impl TransferLedger {
    /// Opens the store of `chain` in `dir` as it is now.
    ///
    /// # Errors
    /// When there is none, when it is of another chain or version, or damaged.
    pub fn open(dir: &Path, chain: Chain) -> Result<Self, TransferLedgerError> {
        let (manifest, segments) = open_store::<Segment>(dir)?;
        let wanted = chain.to_string();
        if manifest.chain != wanted {
            let (path, found) = (dir.to_owned(), manifest.chain);
            return Err(SegmentsError::OtherChain { path, found, wanted }.into());
        }
        let key = manifest.key.ok_or_else(|| Manifest::does_not_fit(dir, "it has no key"))?;
        let (used, end) = (segments.len(), end_of(&segments));
        Ok(Self { chain, all_segments: segments.into(), used, key, end })
    }

    /// Whether everything that was read so far was whole: answers computed from a ledger for which this fails do not count.
    ///
    /// # Errors
    /// When something that was read is damaged, or a file has another length than it had when it was opened.
    pub fn confirm(&self) -> Result<(), TransferLedgerError> {
        for segment in &*self.all_segments {
            segment.check_pages_read()?;
            segment.check_length()?;
        }
        Ok(())
    }

    /// The chain.
    pub fn chain(&self) -> Chain {
        self.chain
    }

    /// Whether the rows begin with genesis and what it allots, so that every balance is known.
    pub fn from_genesis(&self) -> bool {
        self.segments().first().is_some_and(|first| first.begun().from_nothing)
    }

    /// What accounts held before the first block, as it was told when the ledger began.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn opening(&self) -> Result<Opening, TransferLedgerError> {
        let Some(first) = self.segments().first().filter(|first| !first.begun().from_nothing) else {
            return Ok(if self.from_genesis() { Opening::Nothing } else { Opening::Known(Vec::new()) });
        };
        let known = first.rows().openings.all().iter().filter_map(|bytes| {
            let (account, asset, amount) = opening_of(bytes);
            Some((self.account(AccountNum(account))?, self.asset(AssetNum(asset))?, amount))
        });
        let known = known.collect();
        self.confirm()?;
        Ok(Opening::Known(known))
    }

    /// Identity of this snapshot: a digest of its content, the same however the blocks came. O(1). `None` where the ledger is
    /// damaged, which [`confirm`](Self::confirm) says, and where it holds no block.
    pub fn snapshot(&self) -> Option<SnapshotId> {
        let segment = self.segments().last()?;
        let at = self.end.block.checked_sub(segment.first().block)? as usize;
        segment.ids().get(at).copied().map(SnapshotId)
    }

    /// As [`snapshot`](Self::snapshot), as text; empty where there is none.
    pub fn snapshot_id(&self) -> String {
        self.snapshot().map(|id| id.to_string()).unwrap_or_default()
    }

    /// The ledger as it was at a snapshot: ended with the block that the snapshot did. O(blocks).
    ///
    /// # Errors
    /// [`TransferLedgerError::SnapshotGone`] when no run of its first blocks is that snapshot.
    pub fn as_of_snapshot(self, id: SnapshotId) -> Result<Self, TransferLedgerError> {
        let found = self.segments().iter().find_map(|segment| {
            let at = segment.ids().all().iter().position(|held| *held == id.0)?;
            Some(segment.first().block + at as u32)
        });
        self.confirm()?;
        match found.filter(|&block| block > 0 && block <= self.end.block) {
            Some(block) => self.cut_before(block),
            None => Err(TransferLedgerError::SnapshotGone { wanted: id, now: self.snapshot_id() }),
        }
    }

    /// The ledger as it stood at a moment, in seconds since 1970-01-01 UTC: the blocks before the first one whose own time is
    /// after it, by the rule of every ledger. O(blocks).
    ///
    /// # Errors
    /// When the first block that does not count contradicts its segment.
    pub fn as_of(self, moment: u64) -> Result<Self, TransferLedgerError> {
        let late = self.segments().iter().find_map(|segment| {
            let at = segment.rows().blocks.all().iter().position(|block| block.time > moment)?;
            Some(segment.first().block + at as u32)
        });
        self.confirm()?;
        match late.filter(|&block| block < self.end.block) {
            Some(block) => self.cut_before(block),
            None => Ok(self),
        }
    }

    /// The ledger of the blocks before this one, which must be one of its own or the first beyond it.
    fn cut_before(mut self, block: u32) -> Result<Self, TransferLedgerError> {
        let at = self.segments().partition_point(|segment| segment.end().block <= block);
        let Some(segment) = self.segments().get(at) else { return Ok(self) };
        let rel = (block - segment.first().block) as usize;
        let rows = segment.rows();
        // The blocks before it must lie in the segment, or numbers would run below its first.
        let place = rows.span(0..rel).and_then(|_| rows.place(rel));
        segment.check_pages_read()?;
        self.end = if rel == 0 {
            segment.first()
        } else {
            place.ok_or_else(|| TransferLedgerError::corrupt(segment.path(), "a block begins outside it"))?
        };
        self.used = if rel == 0 { at } else { at + 1 };
        Ok(self)
    }

    pub(super) fn segments(&self) -> &[Segment] {
        &self.all_segments[..self.used]
    }

    fn segment_by(&self, begins: impl Fn(Place) -> bool) -> Option<&Segment> {
        let segments = self.segments();
        segments.get(segments.partition_point(|segment| begins(segment.first())).checked_sub(1)?)
    }

    /// Whether a relative transfer is one of the snapshot's, and its number.
    fn numbered(&self, segment: &Segment, rel: u32) -> Option<TransferNum> {
        let num = segment.first().transfer + u64::from(rel);
        (num < self.end.transfer).then_some(TransferNum(num))
    }

    /// Segments in which a balance can move: those that end after its account and asset have come.
    fn segments_of(&self, balance: Balance) -> &[Segment] {
        let segments = self.segments();
        let from = segments.partition_point(|segment| {
            let end = segment.end();
            end.account <= balance.account.0 || end.asset <= balance.asset.0
        });
        &segments[from..]
    }

    /// What a balance was before the first block.
    fn opening_of(&self, balance: Balance) -> BalanceAt {
        let unknown = BalanceAt::Unknown(BalanceUnknown::Opening);
        let Some(first) = self.segments().first() else { return unknown };
        let wanted = (balance.account.0, balance.asset.0);
        if self.watched().is_some_and(|watched| balance.account.0 >= watched) {
            return BalanceAt::Unknown(BalanceUnknown::Unwatched);
        }
        let openings = first.rows().openings;
        let found = openings.find_by_key(&wanted, |bytes| {
            let (account, asset, _) = opening_of(bytes);
            (account, asset)
        });
        match found {
            Some((_, bytes)) => BalanceAt::Known(opening_of(bytes).2),
            None if first.begun().from_nothing => BalanceAt::Known(Amount::ZERO),
            None => unknown,
        }
    }
}

impl TransferRows for TransferLedger {
    fn watched(&self) -> Option<u32> {
        let first = self.segments().first().filter(|first| first.begun().watched)?;
        // Where it cannot be read, nobody counts as watched, and whoever confirms the answer learns why.
        Some(first.rows().blocks.get(0).map_or(0, |block| block.first_account))
    }

    fn block_count(&self) -> u32 {
        self.end.block
    }

    fn transfer_count(&self) -> u64 {
        self.end.transfer
    }

    fn block(&self, num: BlockNum) -> Option<BlockRow> {
        let segment = self.segment_by(|first| first.block <= num.0).filter(|_| num.0 < self.end.block)?;
        segment.rows().blocks.get((num.0 - segment.first().block) as usize)?.row()
    }

    fn tx(&self, num: TxNum) -> Option<TxRow> {
        let segment = self.segment_by(|first| first.tx <= num.0).filter(|_| num.0 < self.end.tx)?;
        let (first, rows) = (segment.first(), segment.rows());
        let rel = (num.0 - first.tx) as usize;
        let transfers = rows.tx_transfers.range(rel)?;
        let block = rows.blocks.partition_point(|block| block.first_tx <= num.0).checked_sub(1)?;
        Some(TxRow {
            num,
            hash: *rows.hashes.get(rel)?,
            block: BlockNum(first.block + block as u32),
            first: TransferNum(first.transfer + transfers.start as u64),
            count: transfers.len() as u32,
        })
    }

    fn transfer(&self, num: TransferNum) -> Option<Transfer> {
        let segment =
            self.segment_by(|first| first.transfer <= num.0).filter(|_| num.0 < self.end.transfer)?;
        segment.rows().transfer((num.0 - segment.first().transfer) as usize)
    }

    fn next(&self, balance: Balance, from: TransferNum) -> Option<TransferNum> {
        let segments = self.segments_of(balance);
        let begins = segments.partition_point(|segment| segment.end().transfer <= from.0);
        segments[begins..].iter().find_map(|segment| {
            let rel = from.0.saturating_sub(segment.first().transfer);
            let list = segment.balances().find(balance)?.list;
            let next = *list.get(list.partition_point(|&own| u64::from(own) < rel))?;
            self.numbered(segment, next)
        })
    }

    fn previous(&self, balance: Balance, at: TransferNum) -> Option<TransferNum> {
        let at = at.0.min(self.end.transfer);
        let segments = self.segments_of(balance);
        let ends = segments.partition_point(|segment| segment.first().transfer < at);
        segments[..ends].iter().rev().find_map(|segment| {
            let rel = at - segment.first().transfer;
            let list = segment.balances().find(balance)?.list;
            let previous = *list.get(list.partition_point(|&own| u64::from(own) < rel).checked_sub(1)?)?;
            self.numbered(segment, previous)
        })
    }

    fn assets_of(&self, account: AccountNum, most: usize) -> (Vec<AssetNum>, bool) {
        let mut assets = BTreeSet::new();
        let from = self.segments().partition_point(|segment| segment.end().account <= account.0);
        for segment in &self.segments()[from..] {
            let balances = segment.balances();
            // A segment may go on behind the snapshot's end.
            let there =
                balances.assets_of(account.0).filter(|&(_, first)| self.numbered(segment, first).is_some());
            // One more than is wanted says that there are more; those of a segment ascend.
            assets.extend(there.map(|(asset, _)| AssetNum(asset)).take(most.saturating_add(1)));
        }
        first_of(assets, most)
    }

    fn before(&self, balance: Balance, at: TransferNum) -> BalanceAt {
        let mut now = self.opening_of(balance);
        let end = at.0.min(self.end.transfer);
        for segment in self.segments_of(balance).iter().take_while(|segment| segment.first().transfer < end) {
            let BalanceAt::Known(held) = now else { break };
            let rel = (end - segment.first().transfer) as usize;
            let after = segment.balances().after(&segment.rows(), balance, held, rel);
            now = after.unwrap_or_else(|| {
                // Whoever confirms the answer learns it.
                segment.report("the transfers of a balance lie outside it");
                BalanceAt::Unknown(BalanceUnknown::Opening)
            });
        }
        now
    }

    fn find_tx(&self, hash: &[u8; 32]) -> Option<TxNum> {
        let key = self.key.hash_id(hash);
        self.segments().iter().rev().find_map(|segment| {
            let first = segment.first().tx;
            segment.find_tx(key, hash, self.end.tx - first).map(|rel| TxNum(first + u64::from(rel)))
        })
    }

    fn find_account(&self, address: &Address) -> Option<AccountNum> {
        let name = address.key();
        let hash = self.key.hash_name(OF_ACCOUNT, name.as_ref());
        let found = self.segments().iter().find_map(|segment| {
            segment.accounts().find(hash, name.as_ref()).map(|rel| segment.first().account + rel)
        });
        found.filter(|&num| num < self.end.account).map(AccountNum)
    }

    fn account(&self, num: AccountNum) -> Option<Address> {
        let segment = self.segment_by(|first| first.account <= num.0).filter(|_| num.0 < self.end.account)?;
        Address::from_key(segment.accounts().strings.get((num.0 - segment.first().account) as usize)?)
    }

    fn find_asset(&self, asset: &Asset) -> Option<AssetNum> {
        if asset.chain() != self.chain {
            return None;
        }
        let mut name = Vec::new();
        asset.write_key(&mut name);
        let hash = self.key.hash_name(OF_ASSET, &name);
        let found = self
            .segments()
            .iter()
            .find_map(|segment| segment.assets().find(hash, &name).map(|rel| segment.first().asset + rel));
        found.filter(|&num| num < self.end.asset).map(AssetNum)
    }

    fn asset(&self, num: AssetNum) -> Option<Asset> {
        let segment = self.segment_by(|first| first.asset <= num.0).filter(|_| num.0 < self.end.asset)?;
        Asset::from_key(self.chain, segment.assets().strings.get((num.0 - segment.first().asset) as usize)?)
    }
}
