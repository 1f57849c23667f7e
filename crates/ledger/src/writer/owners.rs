//! The numbers of the owners in a batch.

use std::{
    hint::black_box,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use rayon::prelude::*;

use super::{
    batch::{Hashed, NOBODY, Pending},
    links::Links,
};
use crate::{
    data::{PackedPrev, SegmentData},
    parts::Parts,
    tables::{NumTable, SHARDS},
};

/// Set in what is found about an owner that is not known from before the batch; the rest is its shard and its place there.
const FRESH: u64 = 1 << 63;
/// Set beside [`FRESH`] where it appears first.
const FIRST: u64 = 1 << 62;

/// What is found about the owners of a batch.
#[derive(Debug, Default)]
pub(super) struct Owners {
    /// A number, or a place among the fresh ones of a shard: of each block its outputs, then its inputs.
    found: Vec<AtomicU64>,
    /// Where each block begins in `found`.
    begins: Vec<usize>,
    fresh: Vec<Fresh>,
}

/// The owners of a shard that are not known from before the batch, in the order of their appearance.
#[derive(Debug)]
struct Fresh {
    places: NumTable,
    hashes: Vec<u64>,
    /// Where each appears: block and place.
    first: Vec<(u32, u32)>,
    numbers: Vec<u32>,
}

impl Fresh {
    fn new() -> Self {
        Self {
            places: NumTable::with_capacity(0),
            hashes: Vec::new(),
            first: Vec::new(),
            numbers: Vec::new(),
        }
    }
}

impl Owners {
    /// Looks up whom outputs, and inputs whose output is not in the ledger, belong to.
    pub(super) fn find(
        &mut self,
        (blocks, hashed): (&[Pending], &[Hashed]),
        links: &Links,
        parts: &Parts,
        addrs: &[NumTable],
    ) {
        self.begins.clear();
        let mut places = 0;
        for pending in blocks {
            self.begins.push(places);
            places += pending.block.outputs.len() + pending.block.inputs.len();
        }
        self.found.clear();
        self.found.resize_with(places, || AtomicU64::new(NOBODY.into()));
        self.fresh.resize_with(SHARDS, Fresh::new);
        let (found, begins) = (&self.found, &self.begins);
        self.fresh.par_iter_mut().zip(addrs).enumerate().for_each(|(shard, (fresh, table))| {
            fresh.places.clear();
            fresh.hashes.clear();
            fresh.first.clear();
            for (number, (pending, hashed)) in blocks.iter().zip(hashed).enumerate() {
                let own = hashed.owners.of(shard);
                fetch(own, parts, table);
                for &(hash, place) in own {
                    if is_known_elsewhere(pending, place, links) {
                        continue;
                    }
                    let what = look_up(blocks, (number, place), hash, parts, table, fresh);
                    let what = what.map_or_else(|own| own | FRESH | (shard as u64) << 32, u64::from);
                    found[begins[number] + place as usize].store(what, Relaxed);
                }
            }
            fresh.numbers.clear();
            fresh.numbers.resize(fresh.first.len(), NOBODY);
        });
    }

    /// The number of the owner at a place of a block; one that appears first gets the next and is added to the segment.
    pub(super) fn number(
        &mut self,
        block: usize,
        pending: &Pending,
        place: u32,
        current: &mut SegmentData,
    ) -> u32 {
        let found = self.found[self.begins[block] + place as usize].load(Relaxed);
        if found & FRESH == 0 {
            return found as u32;
        }
        let own = &mut self.fresh[(found >> 32) as usize % SHARDS].numbers[found as u32 as usize];
        if found & FIRST != 0
            && let Some(row) = pending.owned(place)
        {
            *own = current.first.addr + current.addr_type.len() as u32;
            current.push_addr(row.script_type, pending.block.payload(row));
        }
        *own
    }

    /// Enters the numbers that were given into the tables.
    pub(super) fn enter(&self, addrs: &mut [NumTable]) {
        addrs.par_iter_mut().zip(&self.fresh).for_each(|(table, fresh)| {
            let touch = |touched, &hash| touched ^ table.touch(table.home(hash));
            black_box(fresh.hashes.iter().fold(0, touch));
            for (&hash, &number) in fresh.hashes.iter().zip(&fresh.numbers) {
                table.insert(hash, number);
            }
        });
    }
}

/// Whether a place is an input whose output is in the ledger, with its owner.
fn is_known_elsewhere(pending: &Pending, place: u32, links: &Links) -> bool {
    let Some(input) = (place as usize).checked_sub(pending.block.outputs.len()) else { return false };
    links.prev(pending.first_input + input, &pending.block.inputs[input]) != PackedPrev::Missing
}

/// The number of an owner, or its place among the fresh ones of the shard.
fn look_up(
    blocks: &[Pending],
    (number, place): (usize, u32),
    hash: u64,
    parts: &Parts,
    table: &NumTable,
    fresh: &mut Fresh,
) -> Result<u32, u64> {
    let script = |block: usize, place: u32| {
        let pending = &blocks[block];
        pending.owned(place).map(|row| (row.script_type, pending.block.payload(row)))
    };
    let own = script(number, place);
    if let Some((script_type, payload)) = own
        && let Some(addr) = table.find(hash, |addr| parts.owner_is(addr, script_type, payload))
    {
        return Ok(addr);
    }
    let is_it = |at: u32| {
        let (block, place) = fresh.first[at as usize];
        script(block as usize, place) == own
    };
    if let Some(at) = fresh.places.find(hash, is_it) {
        return Err(at.into());
    }
    let at = fresh.first.len() as u32;
    fresh.places.insert(hash, at);
    fresh.hashes.push(hash);
    fresh.first.push((number as u32, place));
    Err(u64::from(at) | FIRST)
}

/// Reads what the look-ups of a block will need, all of one kind before the next.
fn fetch(own: &[(u64, u32)], parts: &Parts, table: &NumTable) {
    let mut touched = 0;
    for &(hash, _) in own {
        touched ^= table.touch(table.home(hash));
    }
    for &(hash, _) in own {
        if let Some(addr) = table.candidate(hash) {
            touched ^= parts.touch_owner(addr);
        }
    }
    black_box(touched);
}
