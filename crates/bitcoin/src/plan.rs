//! Which blocks of a source to deliver, and in which order: the chain with the most work, continued from what is known.

use tracehound_model::BlockHash;

use crate::{
    network::{Params, work},
    scan::{BlockEntry, HeaderIndex},
};

/// A block and its height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainPoint {
    /// The block's id.
    pub hash: BlockHash,
    /// Its height; 0 is the genesis block.
    pub height: u32,
}

/// The chain that a caller already holds; [`NothingKnown`] where it holds none.
pub trait KnownChain {
    /// Its last block, where its height is known.
    fn tip(&self) -> Option<ChainPoint>;
    /// Whether this is its last block, at whatever height or at none that is known.
    fn is_tip(&self, hash: &BlockHash) -> bool {
        self.tip().is_some_and(|tip| tip.hash == *hash)
    }
    /// Whether it has a block, at whatever height or at none that is known.
    fn contains(&self, hash: &BlockHash) -> bool {
        self.height_of(hash).is_some()
    }
    /// Its block at a height.
    fn hash_at(&self, height: u32) -> Option<BlockHash>;
    /// The height of a block on it.
    fn height_of(&self, hash: &BlockHash) -> Option<u32>;
    /// The compact target in the header of its block at a height. Needed only to judge a branch that leaves the known
    /// chain below its tip: where it is absent, such a branch is reported as stale.
    fn bits_at(&self, height: u32) -> Option<u32>;
}

/// No chain is known yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct NothingKnown;

impl KnownChain for NothingKnown {
    fn tip(&self) -> Option<ChainPoint> {
        None
    }

    fn hash_at(&self, _height: u32) -> Option<BlockHash> {
        None
    }

    fn height_of(&self, _hash: &BlockHash) -> Option<u32> {
        None
    }

    fn bits_at(&self, _height: u32) -> Option<u32> {
        None
    }
}

/// A block to be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedBlock {
    /// Index in [`HeaderIndex::entries`].
    pub entry: u32,
    /// Height, where the chain from the genesis block, the known chain, or BIP-34 tells it.
    pub height: Option<u32>,
    /// Whether its predecessor is the planned block before it, the known chain's block at the height below, or (for
    /// a genesis block) none. False at the first block of each detached run.
    pub connected: bool,
}

/// Blocks whose first one's predecessor is neither in the files nor known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DetachedRun {
    /// Position of its first block in [`Plan::order`].
    pub first: usize,
    /// How many blocks it has.
    pub blocks: usize,
    /// The id of the block that is missing before it.
    pub missing: BlockHash,
}

/// A block that is on no chain to be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaleBlock {
    /// Index in [`HeaderIndex::entries`].
    pub entry: u32,
    /// Its height, where that can be told.
    pub height: Option<u32>,
}

/// What to deliver, in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The blocks to deliver: the connected chain upwards, then the detached runs by height or time, then what was missing
    /// below known blocks.
    pub order: Vec<PlannedBlock>,
    /// Parts of `order` that hang on nothing.
    pub detached: Vec<DetachedRun>,
    /// Blocks of branches without more work than another.
    pub stale: Vec<StaleBlock>,
    /// Where the known chain must be cut before `order` is applied: its blocks above this one are on a branch with less
    /// work than what the files hold. `None` when it stays as it is.
    pub rewind_to: Option<ChainPoint>,
    /// Blocks in the files that the known chain already has.
    pub known: u64,
}

impl HeaderIndex {
    /// Chooses what to deliver to a caller that holds `known`. O(blocks).
    ///
    /// Of each group of blocks that hang together, the branch with the most accumulated work is delivered; at equal
    /// work, the known chain stays, else the block that came first in the files wins, as a node decides.
    pub fn plan(&self, source: &crate::BlockSource, known: &dyn KnownChain) -> Plan {
        Planner::new(self, source.params, known).plan()
    }
}

const NONE: u32 = u32::MAX;

struct Planner<'a> {
    entries: &'a [BlockEntry],
    params: Params,
    known: &'a dyn KnownChain,
    /// Index of the predecessor's entry, or `NONE`.
    parent: Vec<u32>,
    /// Blocks between each entry and its group's first block.
    depth: Vec<u32>,
    /// The first block of the group each entry belongs to.
    root: Vec<u32>,
    /// Work of the branch from the root to each entry, both included.
    work: Vec<u128>,
}

/// Blocks that hang together, and the branch of them with the most work.
struct Group {
    /// Height of the first block, where it can be told.
    height: Option<u32>,
    /// The branch, first block first.
    branch: Vec<u32>,
    /// Where in `branch` the blocks begin that are to be delivered.
    new: usize,
}

/// What the first new block of a group follows.
enum Anchor {
    /// Nothing: it is a genesis block.
    Genesis,
    /// A block of the known chain that is its tip, or has another known block above it.
    Known(ChainPoint),
    /// A block that is known and has none above it, without being the tip: the end of a known detached run.
    Elsewhere,
    /// A block that is missing.
    Missing,
}

impl<'a> Planner<'a> {
    fn new(index: &'a HeaderIndex, params: Params, known: &'a dyn KnownChain) -> Self {
        let entries = index.entries();
        let parent: Vec<u32> =
            entries.iter().map(|entry| index.find(&entry.header.prev()).unwrap_or(NONE)).collect();
        let mut planner = Self {
            entries,
            params,
            known,
            depth: vec![NONE; entries.len()],
            root: (0..entries.len() as u32).collect(),
            work: vec![0; entries.len()],
            parent,
        };
        planner.accumulate();
        planner
    }

    /// Depth, root and work of every entry. A hash cannot be its own ancestor's input, so the walk up always ends.
    fn accumulate(&mut self) {
        let mut path = Vec::new();
        for start in 0..self.entries.len() as u32 {
            let mut at = start;
            while self.depth[at as usize] == NONE {
                path.push(at);
                match self.parent[at as usize] {
                    NONE => break,
                    parent => at = parent,
                }
            }
            while let Some(entry) = path.pop() {
                let i = entry as usize;
                let own = work(self.entries[i].header.bits());
                let parent = self.parent[i];
                if parent == NONE {
                    (self.depth[i], self.root[i], self.work[i]) = (0, entry, own);
                } else {
                    let p = parent as usize;
                    self.depth[i] = self.depth[p] + 1;
                    self.root[i] = self.root[p];
                    self.work[i] = self.work[p].saturating_add(own);
                }
            }
        }
    }

    fn plan(self) -> Plan {
        let groups = self.groups();
        let (mut genesis, mut extension) = (None, None);
        let mut detached = Vec::new();
        for (number, group) in groups.iter().enumerate() {
            let Some(&first) = group.branch.get(group.new) else { continue };
            match self.anchor(first) {
                Anchor::Genesis => self.contend_genesis(number, group, &mut genesis),
                Anchor::Known(fork) => self.contend_extension(number, group, fork, &mut extension),
                Anchor::Elsewhere => detached.push((number, None)),
                Anchor::Missing => detached.push((number, Some(self.prev(first)))),
            }
        }
        self.sort_detached(&groups, &mut detached);

        let mut plan = Plan::default();
        let mut placed = vec![false; self.entries.len()];
        if let Some(winner) = &extension {
            plan.rewind_to = Some(winner.fork).filter(|fork| !self.known.is_tip(&fork.hash));
            self.place(&groups[winner.group], true, &mut plan, &mut placed);
        }
        if let Some((number, _)) = genesis {
            self.place(&groups[number], true, &mut plan, &mut placed);
        }
        for (number, missing) in detached {
            let group = &groups[number];
            if let Some(missing) = missing {
                let blocks = group.branch.len() - group.new;
                plan.detached.push(DetachedRun { first: plan.order.len(), blocks, missing });
            }
            self.place(group, missing.is_none(), &mut plan, &mut placed);
        }
        for group in &groups {
            self.fill_below(group, &mut plan, &mut placed);
        }
        self.report_rest(&groups, &placed, &mut plan);
        plan
    }

    fn prev(&self, entry: u32) -> BlockHash {
        self.entries[entry as usize].header.prev()
    }

    fn own_work(&self, entry: u32) -> u128 {
        work(self.entries[entry as usize].header.bits())
    }

    fn groups(&self) -> Vec<Group> {
        // At equal work the earlier entry stays: first come, first served.
        let mut best = vec![NONE; self.entries.len()];
        for entry in 0..self.entries.len() {
            let slot = &mut best[self.root[entry] as usize];
            if *slot == NONE || self.work[entry] > self.work[*slot as usize] {
                *slot = entry as u32;
            }
        }
        let roots = (0..self.entries.len()).filter(|&entry| self.parent[entry] == NONE);
        roots.map(|root| self.group(best[root])).collect()
    }

    fn group(&self, tip: u32) -> Group {
        let mut branch = Vec::with_capacity(self.depth[tip as usize] as usize + 1);
        let mut at = tip;
        while at != NONE {
            branch.push(at);
            at = self.parent[at as usize];
        }
        branch.reverse();
        let is_known = |&entry: &u32| self.known.contains(&self.entries[entry as usize].hash);
        let new = branch.iter().rposition(is_known).map_or(0, |last| last + 1);
        let first = branch[0];
        let height = if self.prev(first) == BlockHash([0; 32]) {
            Some(0)
        } else {
            let own = self.known.height_of(&self.entries[first as usize].hash);
            let after = || self.known.height_of(&self.prev(first))?.checked_add(1);
            own.or_else(after).or_else(|| self.stated_height(&branch))
        };
        Group { height, branch, new }
    }

    /// The height of a branch's first block by what its coinbases state. The last statement counts, as only blocks from
    /// the rule's activation on are bound by it.
    fn stated_height(&self, branch: &[u32]) -> Option<u32> {
        let (position, height) = branch.iter().enumerate().rev().find_map(|(position, entry)| {
            let hint = self.entries[*entry as usize].height_hint?;
            (hint >= self.params.bip34_height).then_some((position as u32, hint))
        })?;
        height.checked_sub(position)
    }

    fn anchor(&self, first: u32) -> Anchor {
        let hash = self.prev(first);
        if hash == BlockHash([0; 32]) {
            return Anchor::Genesis;
        }
        match self.known.height_of(&hash) {
            Some(height)
                if self.known.hash_at(height) == Some(hash)
                    && self.is_tip_or_below_another(&ChainPoint { hash, height }) =>
            {
                Anchor::Known(ChainPoint { hash, height })
            }
            _ if self.known.contains(&hash) => Anchor::Elsewhere,
            _ => Anchor::Missing,
        }
    }

    fn is_tip_or_below_another(&self, point: &ChainPoint) -> bool {
        let above = point.height.checked_add(1).and_then(|above| self.known.hash_at(above));
        above.is_some() || self.known.is_tip(&point.hash)
    }

    /// A chain from a genesis block is taken unless the known chain has another, or one with more work is there.
    fn contend_genesis(&self, number: usize, group: &Group, best: &mut Option<(usize, u128)>) {
        let work = group.branch.last().map_or(0, |tip| self.work[*tip as usize]);
        if self.known.hash_at(0).is_none() && best.is_none_or(|(_, most)| work > most) {
            *best = Some((number, work));
        }
    }

    /// A branch off the known chain is taken if it has more work than the known blocks it would replace, and gains more
    /// than any other. Where a detached run stands above those, it is not: what the detached run hangs on is not known, and going back
    /// to the fork would drop it.
    fn contend_extension(
        &self,
        number: usize,
        group: &Group,
        fork: ChainPoint,
        best: &mut Option<Extension>,
    ) {
        let new = &group.branch[group.new..];
        let ours = new.iter().fold(0_u128, |sum, &entry| sum.saturating_add(self.own_work(entry)));
        let (mut theirs, mut last) = (0_u128, fork);
        while let Some(height) = last.height.checked_add(1)
            && let Some(hash) = self.known.hash_at(height)
        {
            let Some(bits) = self.known.bits_at(height) else { return };
            theirs = theirs.saturating_add(work(bits));
            if theirs >= ours {
                return;
            }
            last = ChainPoint { hash, height };
        }
        if !self.known.is_tip(&last.hash) {
            return;
        }
        let gain = ours - theirs;
        if gain > best.as_ref().map_or(0, |best| best.gain) {
            *best = Some(Extension { group: number, fork, gain });
        }
    }

    /// By height where all have one, else by the time in their first block; blocks that continue a known detached run first.
    fn sort_detached(&self, groups: &[Group], detached: &mut [(usize, Option<BlockHash>)]) {
        let by_height = detached.iter().all(|(number, _)| groups[*number].height.is_some());
        detached.sort_by_key(|(number, missing)| {
            let group = &groups[*number];
            let time = self.entries[group.branch[0] as usize].header.time();
            (missing.is_some(), group.height.filter(|_| by_height).unwrap_or(time))
        });
    }

    fn height(&self, group: &Group, entry: u32) -> Option<u32> {
        group.height?.checked_add(self.depth[entry as usize])
    }

    fn place(&self, group: &Group, connected: bool, plan: &mut Plan, placed: &mut [bool]) {
        for (position, &entry) in group.branch[group.new..].iter().enumerate() {
            placed[entry as usize] = true;
            let connected = connected || position > 0;
            plan.order.push(PlannedBlock { entry, height: self.height(group, entry), connected });
        }
    }

    /// Blocks that were missing below known ones: no branch has more work than theirs.
    fn fill_below(&self, group: &Group, plan: &mut Plan, placed: &mut [bool]) {
        for &entry in &group.branch[..group.new] {
            if !self.known.contains(&self.entries[entry as usize].hash) {
                placed[entry as usize] = true;
                plan.order.push(PlannedBlock { entry, height: self.height(group, entry), connected: true });
            }
        }
    }

    /// Blocks that are not delivered are known already, or stale.
    fn report_rest(&self, groups: &[Group], placed: &[bool], plan: &mut Plan) {
        let mut group_of = vec![NONE; self.entries.len()];
        for (number, group) in groups.iter().enumerate() {
            group_of[group.branch[0] as usize] = number as u32;
        }
        for entry in (0..self.entries.len() as u32).filter(|entry| !placed[*entry as usize]) {
            if self.known.contains(&self.entries[entry as usize].hash) {
                plan.known += 1;
                continue;
            }
            let group = &groups[group_of[self.root[entry as usize] as usize] as usize];
            plan.stale.push(StaleBlock { entry, height: self.height(group, entry) });
        }
    }
}

/// The branch that continues the known chain best.
struct Extension {
    group: usize,
    fork: ChainPoint,
    /// Work it adds beyond that of the known blocks it replaces.
    gain: u128,
}
