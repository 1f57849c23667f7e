//! Appending blocks, a group of them at a time, so that all cores have work:
//!
//! 1. each block's accounts and assets are hashed, and listed by shard;
//! 2. each shard finds the numbers of those that are known ([`names`](super::names));
//! 3. rows are appended in order, and new names numbered;
//! 4. each shard enters its new names.

use rayon::prelude::*;
use tracehound_model::{Address, Asset, Chain, transfer::TransferBlock};
use tracehound_segments::Key;

use super::{
    Writer,
    names::{Asked, Found},
};
use crate::{
    MAX_NUM, TransferError,
    pack::{NOBODY, PROVED},
    store::{
        OF_ACCOUNT, OF_ASSET, TransferLedgerError,
        data::{Place, RawBlock, SegmentData},
        segment::Segment,
    },
};

/// Transfers and transactions of a block, at most. What fits in one is far below: a transfer costs gas.
const MAX_BLOCK_ROWS: usize = 4_000_000;
/// Transfers and transactions of a group, unless its first block alone has more: work for every core, and little memory.
const GROUP_ROWS: usize = 1 << 16;
/// The same where there is no memory for more.
const LEAST_GROUP_ROWS: usize = 1 << 8;
/// Bytes of the writer's memory for each of them.
const GROUP_ROW: usize = 256;
/// Names that a transfer asks for at most.
const NAMES: usize = 3;

/// Memory for a group, used again for the next one: for each block what it asks for, and which of it is each transfer's, from,
/// to and asset.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    accounts: Vec<Asked>,
    assets: Vec<Asked>,
    transfers: Vec<Vec<[u32; NAMES]>>,
    found_accounts: Found,
    found_assets: Found,
}

/// The last names that were asked for: neighbours have the same sender, asset or producer.
#[derive(Debug)]
struct Recent<T> {
    names: [Option<(T, u32)>; 4],
    next: usize,
}

impl<T: Copy + PartialEq> Recent<T> {
    const fn new() -> Self {
        Self { names: [None; 4], next: 0 }
    }

    #[inline]
    fn place(&mut self, name: &T, ask: impl FnOnce() -> u32) -> u32 {
        let known = self.names.iter().flatten().find(|known| known.0 == *name);
        if let Some(&(_, place)) = known {
            return place;
        }
        let place = ask();
        self.names[self.next % self.names.len()] = Some((*name, place));
        self.next += 1;
        place
    }
}

/// Asks for the names of a block.
fn ask(
    block: &TransferBlock,
    key: Key,
    (accounts, assets, transfers): (&mut Asked, &mut Asked, &mut Vec<[u32; NAMES]>),
) {
    accounts.clear();
    assets.clear();
    transfers.clear();
    let (mut recent, mut recent_assets) = (Recent::<Address>::new(), Recent::<Asset>::new());
    let mut bytes = Vec::new();
    for movement in block.txs.iter().flat_map(|tx| &tx.movements) {
        let mut account = |account: &Option<Address>| {
            account.as_ref().map_or(NOBODY, |address| {
                recent.place(address, || {
                    let name = address.key();
                    accounts.push(name.as_ref(), key.hash_name(OF_ACCOUNT, name.as_ref()))
                })
            })
        };
        let (from, to) = (account(&movement.from), account(&movement.to));
        let asset = recent_assets.place(&movement.asset, || {
            bytes.clear();
            movement.asset.write_key(&mut bytes);
            assets.push(&bytes, key.hash_name(OF_ASSET, &bytes))
        });
        transfers.push([from, to, asset]);
    }
}

/// How much blocks hold.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    txs: usize,
    transfers: usize,
}

impl Size {
    fn of(block: &TransferBlock) -> Self {
        Self { txs: block.txs.len(), transfers: block.txs.iter().map(|tx| tx.movements.len()).sum() }
    }

    fn and(self, other: Self) -> Self {
        Self { txs: self.txs + other.txs, transfers: self.transfers + other.transfers }
    }

    fn rows(self) -> usize {
        self.txs + self.transfers
    }
}

/// Whether a block may follow the last one, whatever else is held.
fn check_block(
    block: &TransferBlock,
    tip: Option<(u64, [u8; 32])>,
    chain: Chain,
) -> Result<Size, TransferError> {
    let height = block.height;
    if let Some((tip, hash)) = tip
        && (block.parent != hash || tip.checked_add(1) != Some(height))
    {
        return Err(TransferError::NotNext { height, tip });
    }
    let mut hashes: Vec<&[u8; 32]> = block.txs.iter().map(|tx| &tx.hash).collect();
    hashes.sort_unstable();
    if let Some(twice) = hashes.windows(2).find(|two| two[0] == two[1]) {
        return Err(TransferError::Twice { height, hash: hex::encode(twice[0]) });
    }
    let mut movements = block.txs.iter().flat_map(|tx| &tx.movements);
    if let Some(foreign) = movements.find(|movement| movement.asset.chain() != chain) {
        return Err(TransferError::ForeignAsset { height, asset: foreign.asset.to_string() });
    }
    let size = Size::of(block);
    if size.rows() > MAX_BLOCK_ROWS {
        Err(TransferError::TooMany("transfers of one block"))
    } else {
        Ok(size)
    }
}

impl Writer {
    /// Appends a block that continues the last one.
    ///
    /// # Errors
    /// When it does not, contradicts itself, or cannot be numbered; then nothing of it is held. When something is damaged or
    /// cannot be written.
    pub fn append(&mut self, block: &TransferBlock) -> Result<(), TransferLedgerError> {
        self.append_all(&[block])
    }

    /// Appends blocks each of which continues the one before it, on all cores, and with the same outcome as one after the
    /// other: those before one that is refused are held.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_all(&mut self, blocks: &[&TransferBlock]) -> Result<(), TransferLedgerError> {
        let mut rest = blocks;
        while !rest.is_empty() {
            rest = &rest[self.append_first(rest)?..];
        }
        Ok(())
    }

    /// Appends as many of these blocks as are worked on together, one at least where there are any; says how many.
    ///
    /// # Errors
    /// As [`append`](Self::append), of the first of them.
    pub fn append_first(&mut self, blocks: &[&TransferBlock]) -> Result<usize, TransferLedgerError> {
        self.check_sound()?;
        let most = (self.options.memory / GROUP_ROW).clamp(LEAST_GROUP_ROWS, GROUP_ROWS);
        let (mut tip, mut size, mut count) = (self.tip(), Size::default(), 0);
        for block in blocks {
            let own = match check_block(block, tip, self.chain) {
                Err(refused) if count == 0 => return Err(refused.into()),
                Err(_) => break,
                Ok(own) => own,
            };
            let together = size.and(own);
            if count > 0 && (together.rows() > most || !self.takes(together)) {
                break;
            }
            (tip, size, count) = (Some((block.height, block.hash)), together, count + 1);
        }
        let Some(first) = blocks.first() else { return Ok(0) };
        if !self.takes(size) && !self.current.blocks.is_empty() {
            self.commit()?;
        }
        if self.current.ids.is_empty() {
            self.begin_rows(first.height)?;
        }
        self.check_room(size, count)?;
        let mut scratch = std::mem::take(&mut self.scratch);
        let appended = self.append_group(&blocks[..count], &mut scratch);
        self.scratch = scratch;
        appended.map(|()| count)
    }

    /// Whether the growing segment has room for so much.
    fn takes(&self, size: Size) -> bool {
        let (current, options) = (&self.current, &self.options);
        let rows = current.from.len() + current.hashes.len() + current.blocks.len();
        // None of the names may be known.
        let names = current.accounts.len() + current.assets.len() + NAMES * size.transfers;
        rows + size.rows() <= options.segment_rows && names <= options.segment_names
    }

    fn check_room(&self, size: Size, blocks: usize) -> Result<(), TransferError> {
        let end = self.current.end();
        let fits = |first: u64, more: usize, most: u64| first.saturating_add(more as u64) <= most;
        for (what, fits) in [
            ("blocks", fits(end.block.into(), blocks, NOBODY.into())),
            ("transactions", fits(end.tx, size.txs, MAX_NUM)),
            ("transfers", fits(end.transfer, size.transfers, MAX_NUM)),
            ("accounts", fits(end.account.into(), 2 * size.transfers, NOBODY.into())),
            ("assets", fits(end.asset.into(), size.transfers, NOBODY.into())),
        ] {
            if !fits {
                return Err(TransferError::TooMany(what));
            }
        }
        Ok(())
    }

    fn append_group(
        &mut self,
        blocks: &[&TransferBlock],
        scratch: &mut Scratch,
    ) -> Result<(), TransferLedgerError> {
        let count = blocks.len();
        if scratch.transfers.len() < count {
            scratch.accounts.resize_with(count, Asked::default);
            scratch.assets.resize_with(count, Asked::default);
            scratch.transfers.resize_with(count, Vec::new);
        }
        let Scratch { accounts, assets, transfers, found_accounts, found_assets } = scratch;
        let (accounts, assets, transfers) =
            (&mut accounts[..count], &mut assets[..count], &mut transfers[..count]);
        let key = self.key;
        let names = accounts.par_iter_mut().zip(&mut *assets).zip(&mut *transfers);
        names.zip(blocks).for_each(|(((accounts, assets), transfers), block)| {
            ask(block, key, (accounts, assets, transfers));
        });
        Found::make_room(&mut self.accounts, accounts)?;
        Found::make_room(&mut self.assets, assets)?;
        let (segments, current) = (&self.segments, &self.current);
        found_accounts.find(accounts, &mut self.accounts, &|number, name| {
            if let Some(rel) = number.checked_sub(current.first.account) {
                return current.accounts.get(rel as usize) == Some(name);
            }
            let segment = holder(segments, |place| place.account <= number);
            segment.is_some_and(|segment| {
                let rel = number - segment.first().account;
                segment.accounts().strings.get(rel as usize) == Some(name)
            })
        });
        found_assets.find(assets, &mut self.assets, &|number, name| {
            if let Some(rel) = number.checked_sub(current.first.asset) {
                return current.assets.get(rel as usize) == Some(name);
            }
            let segment = holder(segments, |place| place.asset <= number);
            segment.is_some_and(|segment| {
                segment.assets().strings.get((number - segment.first().asset) as usize) == Some(name)
            })
        });
        let current = &mut self.current;
        for (at, block) in blocks.iter().enumerate() {
            let asked = (&accounts[at], &assets[at], &transfers[at][..]);
            append_rows(current, block, asked, found_accounts, found_assets);
        }
        found_accounts.enter(accounts, &mut self.accounts);
        found_assets.enter(assets, &mut self.assets);
        Ok(())
    }
}

/// The last segment that begins where `begins` holds.
fn holder(segments: &[Segment], begins: impl Fn(Place) -> bool) -> Option<&Segment> {
    segments.get(segments.partition_point(|segment| begins(segment.first())).checked_sub(1)?)
}

/// Appends a block, and gives its new names numbers.
fn append_rows(
    current: &mut SegmentData,
    block: &TransferBlock,
    (asked_accounts, asked_assets, names): (&Asked, &Asked, &[[u32; NAMES]]),
    accounts: &mut Found,
    assets: &mut Found,
) {
    let begins = current.end();
    current.blocks.push(RawBlock {
        hash: block.hash,
        parent: block.parent,
        height: block.height,
        time: block.time,
        first_tx: begins.tx,
        first_transfer: begins.transfer,
        first_account: begins.account,
        first_asset: begins.asset,
        unseen: block.unseen.to_byte().into(),
        reserved: 0,
    });
    let mut names = names.iter();
    for tx in &block.txs {
        current.hashes.push(tx.hash);
        current.tx_transfers.push(tx.movements.len() as u32);
        for (movement, &[from, to, asset]) in tx.movements.iter().zip(names.by_ref()) {
            let mut account = |place: u32| {
                if place == NOBODY {
                    return NOBODY;
                }
                accounts.number(asked_accounts, place, || {
                    let next = current.first.account + current.accounts.len() as u32;
                    current.accounts.push(asked_accounts.key(place));
                    next
                })
            };
            let (from, to) = (account(from), account(to));
            let asset = assets.number(asked_assets, asset, || {
                let next = current.first.asset + current.assets.len() as u32;
                current.assets.push(asked_assets.key(asset));
                next
            });
            let kind = movement.kind as u8 | if movement.proved { PROVED } else { 0 };
            current.push_transfer(from, to, asset, kind, movement.amount);
        }
    }
}
