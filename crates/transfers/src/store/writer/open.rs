//! Taking up a store: its manifest, what a crash left behind, what it began with, the tables in memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use rayon::prelude::*;
use tracehound_model::{Address, Amount, Chain};
use tracehound_segments::{
    Folder, Key, Manifest, SegmentsError,
    tables::{Shards, shard_of},
};

use super::{Scratch, Writer, WriterOptions};
use crate::{
    Opening, TransferError,
    store::{
        OF_ACCOUNT, OF_ASSET, STORE, TransferLedgerError, account_table, asset_table,
        data::{Begun, Place, SegmentData, opening_bytes},
        identity::first_id,
        segment::Segment,
        strings::Strings,
    },
};

/// Names of a segment that are hashed before the tables take them.
const LOADED: usize = 1 << 16;

impl Writer {
    /// Opens the store of `chain` in `dir` for writing, creating folder and store when there is none. Reads every account's
    /// and every asset's name once.
    ///
    /// # Errors
    /// When another writer has it, when it is of another chain, began with something else, or is damaged.
    pub fn open(dir: &Path, chain: Chain, options: WriterOptions) -> Result<Self, TransferLedgerError> {
        let name = chain.to_string();
        let mut folder = Folder::take(dir, STORE, &name)?;
        let key = folder.manifest().key.map_or_else(Key::random, Ok)?;
        folder.begin()?;
        let segments = folder.take_up(|sealed, segments: &[Segment]| adopt(dir, &name, sealed, segments))?;
        let options = options.within_memory();
        let memory = options.memory;
        let mut writer = Self {
            folder,
            chain,
            options,
            key,
            segments,
            current: SegmentData::new(Place::default(), Begun::default(), None),
            accounts: account_table(dir, memory, 0),
            assets: asset_table(dir, memory, 0),
            scratch: Scratch::default(),
            in_step: false,
            #[cfg(test)]
            steps: super::crash::Steps::default(),
        };
        writer.current = writer.behind();
        writer.check_opening()?;
        writer.fill_tables()?;
        writer.note_commit()?;
        Ok(writer)
    }

    /// That the store began, or can begin, as the options say, if they say something.
    fn check_opening(&self) -> Result<(), TransferLedgerError> {
        let watched = self.watched()?;
        let path = || self.folder.dir().to_owned();
        if self.options.watch.is_some() && self.options.watch != watched {
            return Err(TransferLedgerError::OtherWatch { path: path(), everybody: watched.is_none() });
        }
        let Some(opening) = &self.options.opening else { return Ok(()) };
        let began = opened(self.chain, opening, watched.as_ref())?;
        let Some(first) = self.segments.first() else { return Ok(()) };
        let told = first.ids().get(0) == Some(&began.ids[0]);
        first.check_pages_read()?;
        if told { Ok(()) } else { Err(TransferLedgerError::OtherOpening { path: path() }) }
    }

    /// Begins a store that is to hold its first block, of this height: with what accounts held before it.
    pub(super) fn begin_rows(&mut self, height: u64) -> Result<(), TransferLedgerError> {
        let unless_told = if height == 0 { Opening::Nothing } else { Opening::Known(Vec::new()) };
        self.current = opened(
            self.chain,
            self.options.opening.as_ref().unwrap_or(&unless_told),
            self.options.watch.as_ref(),
        )?;
        self.fill_tables()
    }

    /// Makes both tables anew.
    pub(super) fn fill_tables(&mut self) -> Result<(), TransferLedgerError> {
        self.in_step = false;
        let (first, key) = (self.current.first, self.key);
        self.accounts = account_table(self.folder.dir(), self.options.memory, first.account as usize);
        self.assets = asset_table(self.folder.dir(), self.options.memory, first.asset as usize);
        for segment in &self.segments {
            let first = segment.first();
            load(&mut self.accounts, segment.accounts().strings, first.account, &|name| {
                key.hash_name(OF_ACCOUNT, name)
            })?;
            load(&mut self.assets, segment.assets().strings, first.asset, &|name| {
                key.hash_name(OF_ASSET, name)
            })?;
            segment.check_pages_read()?;
        }
        let current = self.current.rows();
        load(&mut self.accounts, current.accounts, first.account, &|name| key.hash_name(OF_ACCOUNT, name))?;
        load(&mut self.assets, current.assets, first.asset, &|name| key.hash_name(OF_ASSET, name))?;
        self.release_mapped();
        self.in_step = true;
        self.check_sound()
    }
}

/// Enters names, the first of which has this number, each shard its own, [`LOADED`] at a time.
fn load(
    table: &mut Shards,
    names: Strings<'_>,
    first: u32,
    hash: &(dyn Fn(&[u8]) -> u64 + Sync),
) -> Result<(), SegmentsError> {
    for from in (0..names.len()).step_by(LOADED) {
        let chunk = from..names.len().min(from + LOADED);
        // Damage is told by the segment.
        let Some(names) = names.each(chunk) else { return Ok(()) };
        let names: Vec<&[u8]> = names.collect();
        let hashes: Vec<u64> = names.par_iter().map(|name| hash(name)).collect();
        table.parts_mut().par_iter_mut().enumerate().try_for_each(|(shard, table)| {
            for (rel, &hash) in (from..).zip(&hashes).filter(|&(_, &hash)| shard_of(hash) == shard) {
                table.make_room(1)?;
                table.insert(hash, first + rel as u32);
            }
            Ok::<_, SegmentsError>(())
        })?;
    }
    Ok(())
}

/// Whether the last of these segments, which a commit had sealed before it was killed, is whole and this store's.
fn adopt(dir: &Path, chain: &str, name: &str, segments: &[Segment]) -> Result<(), TransferLedgerError> {
    use tracehound_segments::Segment as _;
    let Some((last, before)) = segments.split_last() else { return Ok(()) };
    last.check_sections()?;
    if last.origin()?.chain != chain || !last.continues(before.last()) {
        return Err(Manifest::does_not_fit(dir, format!("segment {name} is not this store's")).into());
    }
    Ok(())
}

/// The first segment of a store that begins with this.
fn opened(
    chain: Chain,
    opening: &Opening,
    watched: Option<&BTreeSet<Address>>,
) -> Result<SegmentData, TransferError> {
    let begun = Begun { from_nothing: *opening == Opening::Nothing, watched: watched.is_some() };
    let mut data = SegmentData::new(Place::default(), begun, None);
    let mut openings = BTreeMap::new();
    let mut numbers: [BTreeMap<Vec<u8>, u32>; 2] = [BTreeMap::new(), BTreeMap::new()];
    let known: &[_] = if let Opening::Known(known) = opening { known } else { &[] };
    if watched.is_some_and(BTreeSet::is_empty) {
        return Err(TransferError::NobodyWatched);
    }
    for (number, address) in (0..).zip(watched.into_iter().flatten()) {
        let name = address.key().as_ref().to_vec();
        data.accounts.push(&name);
        numbers[0].insert(name, number);
    }
    // Of others' balances nothing is told.
    let told = known.iter().filter(|(address, ..)| watched.is_none_or(|all| all.contains(address)));
    for (address, asset, amount) in told {
        if asset.chain() != chain {
            return Err(TransferError::ForeignAsset { height: 0, asset: asset.to_string() });
        }
        let mut key = Vec::new();
        asset.write_key(&mut key);
        let names = [(address.key().as_ref().to_vec(), &mut data.accounts), (key, &mut data.assets)];
        let [account, asset] = {
            let mut found = [0; 2];
            for ((number, numbers), (name, names)) in found.iter_mut().zip(&mut numbers).zip(names) {
                let next = u32::try_from(numbers.len()).map_err(|_| TransferError::TooMany("openings"))?;
                *number = *numbers.entry(name).or_insert_with_key(|name| {
                    names.push(name);
                    next
                });
            }
            found
        };
        let amount: Amount = *amount;
        openings.insert((account, asset), amount);
    }
    data.openings = openings
        .into_iter()
        .map(|((account, asset), amount)| opening_bytes(account, asset, amount))
        .collect();
    let rows = data.rows();
    let id = first_id(&chain.to_string(), begun, &rows, rows.end());
    data.ids = vec![id.expect("rows in memory are whole")];
    Ok(data)
}
