//! Finding the numbers of the names of a group of blocks, on all cores.
//!
//! A name belongs to the shard of its table that its hash says, and every shard goes through its own in the order of the chain.
//! New names are numbered in order by one thread, and entered by their shards again. So each number is what one thread would have
//! given, however the blocks are grouped.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;
use tracehound_segments::{
    SegmentsError,
    tables::{SHARDS, Shards, Table, shard_of},
};

/// How many are looked for at once, so that their cache misses overlap.
const AHEAD: usize = 256;

/// Names of one kind that a block asks for, in order.
#[derive(Debug, Default)]
pub(super) struct Asked {
    keys: Vec<u8>,
    ends: Vec<u32>,
    /// Hash and place of each, by shard.
    shards: [Vec<(u64, u32)>; SHARDS],
    /// Names of the group before the block's first.
    before: u32,
}

impl Asked {
    pub(super) fn clear(&mut self) {
        self.keys.clear();
        self.ends.clear();
        self.shards.iter_mut().for_each(Vec::clear);
    }

    /// Asks for one more; gives its place.
    pub(super) fn push(&mut self, key: &[u8], hash: u64) -> u32 {
        let place = self.ends.len() as u32;
        self.keys.extend_from_slice(key);
        self.ends.push(self.keys.len() as u32);
        self.shards[shard_of(hash)].push((hash, place));
        place
    }

    pub(super) fn key(&self, place: u32) -> &[u8] {
        let at = place as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.keys[start..self.ends[at] as usize]
    }
}

/// What was found of a group's names: numbers, or that they have none.
#[derive(Debug, Default)]
pub(super) struct Found {
    names: Vec<AtomicU64>,
    shards: Vec<Shard>,
}

#[derive(Debug, Default)]
struct Shard {
    hashes: Vec<u64>,
    /// Hash, block and place of each name that has no number, at its first.
    new: Vec<(u64, u32, u32)>,
}

/// A name without a number, at its first; or the group's name that gets it first.
const NEW: u64 = 1 << 63;
const SAME_AS: u64 = 1 << 62;

impl Found {
    /// Makes room in the table for all that may be new: what can fail of writing it to disk.
    pub(super) fn make_room(table: &mut Shards, blocks: &[Asked]) -> Result<(), SegmentsError> {
        table.parts_mut().iter_mut().enumerate().try_for_each(|(shard, table)| {
            table.make_room(blocks.iter().map(|asked| asked.shards[shard].len()).sum())
        })
    }

    /// Looks for the names of a group's blocks. `is_it` says whether a number is that of a name.
    pub(super) fn find(
        &mut self,
        blocks: &mut [Asked],
        table: &mut Shards,
        is_it: &(dyn Fn(u32, &[u8]) -> bool + Sync),
    ) {
        let mut names = 0;
        for asked in &mut *blocks {
            asked.before = names;
            names += asked.ends.len() as u32;
        }
        self.names.resize_with(names as usize, AtomicU64::default);
        self.shards.resize_with(SHARDS, Shard::default);
        let (names, blocks) = (&self.names, &*blocks);
        self.shards.par_iter_mut().zip(table.parts_mut()).enumerate().for_each(|(at, (shard, table))| {
            shard.find(at, blocks, table, names, is_it);
        });
    }

    /// The number of a name of a block, asked of all in order. `number` gives one to a new name.
    #[inline]
    pub(super) fn number(&mut self, asked: &Asked, place: u32, number: impl FnOnce() -> u32) -> u32 {
        let at = (asked.before + place) as usize;
        let found = *self.names[at].get_mut();
        let known = if found & SAME_AS != 0 {
            *self.names[(found & !SAME_AS) as usize].get_mut()
        } else if found == NEW {
            u64::from(number())
        } else {
            found
        };
        *self.names[at].get_mut() = known;
        known as u32
    }

    /// Enters the names that were new, once all have numbers.
    pub(super) fn enter(&mut self, blocks: &[Asked], table: &mut Shards) {
        let names = &self.names;
        self.shards.par_iter_mut().zip(table.parts_mut()).for_each(|(shard, table)| {
            for new in shard.new.chunks(AHEAD) {
                shard.hashes.clear();
                shard.hashes.extend(new.iter().map(|new| new.0));
                table.sift(&shard.hashes);
                for &(hash, block, place) in new {
                    let at = (blocks[block as usize].before + place) as usize;
                    table.insert(hash, names[at].load(Ordering::Relaxed) as u32);
                }
            }
        });
    }
}

impl Shard {
    fn find(
        &mut self,
        own: usize,
        blocks: &[Asked],
        table: &mut Table,
        names: &[AtomicU64],
        is_it: &(dyn Fn(u32, &[u8]) -> bool + Sync),
    ) {
        self.new.clear();
        let mut fresh: Option<Table> = None;
        for (block, asked) in (0u32..).zip(blocks) {
            for some in asked.shards[own].chunks(AHEAD) {
                self.hashes.clear();
                self.hashes.extend(some.iter().map(|name| name.0));
                table.sift(&self.hashes);
                for (at, &(hash, place)) in some.iter().enumerate() {
                    let key = asked.key(place);
                    let found = if let Some(number) = table.find_sifted(at, hash, |number| is_it(number, key))
                    {
                        u64::from(number)
                    } else {
                        let (fresh, new) = (fresh.get_or_insert_with(Table::small), &mut self.new);
                        let of = |number: u32| {
                            let (_, block, place) = new[number as usize];
                            (&blocks[block as usize], place)
                        };
                        let is_same = |number: u32| {
                            let (asked, place) = of(number);
                            asked.key(place) == key
                        };
                        if let Some(number) = fresh.find(hash, is_same) {
                            let (asked, place) = of(number);
                            SAME_AS | u64::from(asked.before + place)
                        } else {
                            fresh.insert(hash, new.len() as u32);
                            new.push((hash, block, place));
                            NEW
                        }
                    };
                    names[(asked.before + place) as usize].store(found, Ordering::Relaxed);
                }
            }
        }
    }
}
