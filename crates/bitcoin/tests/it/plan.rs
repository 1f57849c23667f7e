//! Which blocks are delivered, given what is known already.

use std::{collections::HashMap, fs};

use bitcoin::{Block, consensus, hashes::Hash};
use proptest::prelude::*;
use tracehound_bitcoin::{BlockSource, ChainPoint, HeaderIndex, KnownChain, NothingKnown, Plan};
use tracehound_model::BlockHash;

use crate::{
    files::frame,
    mock::{mine, mine_chain, mine_with},
};

const REGTEST: [u8; 4] = [0xfa, 0xbf, 0xb5, 0xda];

/// A chain that a receiver holds, possibly with gaps.
#[derive(Default)]
struct Held {
    at: HashMap<u32, (BlockHash, u32)>,
    tip: Option<ChainPoint>,
    /// Blocks above a gap whose height is not known; the last one is the tip.
    without_height: Vec<BlockHash>,
}

impl Held {
    fn of(blocks: &[Block], from_height: u32) -> Self {
        let mut held = Self::default();
        for (block, height) in blocks.iter().zip(from_height..) {
            held.at.insert(height, (hash(block), block.header.bits.to_consensus()));
            held.tip = Some(ChainPoint { hash: hash(block), height });
        }
        held
    }
}

impl KnownChain for Held {
    fn tip(&self) -> Option<ChainPoint> {
        self.tip.filter(|_| self.without_height.is_empty())
    }

    fn is_tip(&self, hash: &BlockHash) -> bool {
        self.without_height.last().map_or(self.tip.is_some_and(|tip| tip.hash == *hash), |last| last == hash)
    }

    fn contains(&self, hash: &BlockHash) -> bool {
        self.without_height.contains(hash) || self.height_of(hash).is_some()
    }

    fn hash_at(&self, height: u32) -> Option<BlockHash> {
        self.at.get(&height).map(|(hash, _)| *hash)
    }

    fn height_of(&self, hash: &BlockHash) -> Option<u32> {
        self.at.iter().find(|(_, (known, _))| known == hash).map(|(height, _)| *height)
    }

    fn bits_at(&self, height: u32) -> Option<u32> {
        self.at.get(&height).map(|(_, bits)| *bits)
    }
}

fn hash(block: &Block) -> BlockHash {
    BlockHash(block.block_hash().to_byte_array())
}

fn zero() -> bitcoin::BlockHash {
    bitcoin::BlockHash::all_zeros()
}

fn plan(blocks: &[Block], known: &dyn KnownChain) -> (HeaderIndex, Plan) {
    let folder = tempfile::tempdir().unwrap();
    let serialised: Vec<_> = blocks.iter().map(consensus::serialize).collect();
    fs::write(folder.path().join("blk00000.dat"), frame(REGTEST, &serialised)).unwrap();
    let source = BlockSource::open(&[folder.path()], None).unwrap();
    let index = source.scan_headers(&|_| {}).unwrap();
    assert!(index.problems().is_empty());
    let plan = index.plan(&source, known);
    (index, plan)
}

fn order(index: &HeaderIndex, plan: &Plan) -> Vec<(BlockHash, Option<u32>)> {
    plan.order.iter().map(|p| (index.entries()[p.entry as usize].hash, p.height)).collect()
}

fn at_heights(blocks: &[Block], from: u32) -> Vec<(BlockHash, Option<u32>)> {
    blocks.iter().zip(from..).map(|(block, height)| (hash(block), Some(height))).collect()
}

#[test]
fn only_what_is_new_is_delivered() {
    let blocks = mine_chain(zero(), 0, 10, 0);
    for known in 0..=10 {
        let (index, plan) = plan(&blocks, &Held::of(&blocks[..known], 0));
        assert_eq!(order(&index, &plan), at_heights(&blocks[known..], known as u32));
        assert_eq!((plan.known, plan.rewind_to), (known as u64, None));
        assert!(plan.stale.is_empty() && plan.detached.is_empty());
    }
}

#[test]
fn new_files_continue_a_chain_whose_files_are_gone() {
    let blocks = mine_chain(zero(), 0, 10, 0);
    let (index, plan) = plan(&blocks[6..], &Held::of(&blocks[..6], 0));
    assert_eq!(order(&index, &plan), at_heights(&blocks[6..], 6));
    assert!(plan.order[0].connected && plan.detached.is_empty());
}

#[test]
fn a_branch_with_more_work_than_the_known_chain_makes_it_go_back() {
    let old = mine_chain(zero(), 0, 10, 0);
    let branch = mine_chain(old[4].block_hash(), 5, 6, 1);
    for files in [branch.clone(), [&old[..], &branch].concat()] {
        let (index, plan) = plan(&files, &Held::of(&old, 0));
        assert_eq!(plan.rewind_to, Some(ChainPoint { hash: hash(&old[4]), height: 4 }));
        assert_eq!(order(&index, &plan), at_heights(&branch, 5));
    }
    // As much work is not more.
    let (_, plan) = plan(&branch[..5], &Held::of(&old, 0));
    assert_eq!((plan.rewind_to, plan.order.len(), plan.stale.len()), (None, 0, 5));
    assert_eq!(plan.stale[0].height, Some(5));
}

#[test]
fn work_counts_and_not_the_number_of_blocks() {
    let trunk = mine_chain(zero(), 0, 3, 0);
    let easy = mine_chain(trunk[2].block_hash(), 3, 4, 1);
    // Some 16 times the work of an easy block each.
    let mut hard = vec![mine_with(trunk[2].block_hash(), 3, 2, 0x2007_ffff)];
    hard.push(mine_with(hard[0].block_hash(), 4, 2, 0x2007_ffff));
    let (index, plan) = plan(&[&trunk[..], &easy, &hard].concat(), &NothingKnown);
    assert_eq!(order(&index, &plan), at_heights(&[trunk, hard].concat(), 0));
    assert_eq!(plan.stale.iter().map(|stale| stale.height).collect::<Vec<_>>(), [3, 4, 5, 6].map(Some));
}

#[test]
fn the_best_of_several_branches_wins() {
    let known = mine_chain(zero(), 0, 10, 0);
    let short = mine_chain(known[9].block_hash(), 10, 2, 1);
    let long = mine_chain(known[9].block_hash(), 10, 3, 2);
    let deep = mine_chain(known[2].block_hash(), 3, 8, 3);
    let (index, plan) = plan(&[&deep[..], &short, &long].concat(), &Held::of(&known, 0));
    assert_eq!(order(&index, &plan), at_heights(&long, 10));
    assert_eq!((plan.rewind_to, plan.stale.len()), (None, 10));
}

#[test]
fn at_equal_work_the_block_that_came_first_stays() {
    let trunk = mine_chain(zero(), 0, 3, 0);
    let (a, b) = (mine(trunk[2].block_hash(), 3, 1), mine(trunk[2].block_hash(), 3, 2));
    for (first, second) in [(&a, &b), (&b, &a)] {
        let (index, plan) = plan(&[&trunk[..], &[first.clone(), second.clone()]].concat(), &NothingKnown);
        assert_eq!(order(&index, &plan)[3].0, hash(first));
        assert_eq!(index.entries()[plan.stale[0].entry as usize].hash, hash(second));
    }
}

#[test]
fn a_gap_makes_an_island_that_is_filled_later() {
    let blocks = mine_chain(zero(), 0, 30, 0);
    let with_gap = [&blocks[..10], &blocks[20..]].concat();
    let (index, first) = plan(&with_gap, &NothingKnown);
    assert_eq!(order(&index, &first), [at_heights(&blocks[..10], 0), at_heights(&blocks[20..], 20)].concat());
    assert_eq!(first.detached.len(), 1);
    assert_eq!((first.detached[0].first, first.detached[0].blocks), (10, 10));
    assert_eq!(first.detached[0].missing, hash(&blocks[19]));
    assert!(!first.order[10].connected && first.order[11].connected);

    // What is held now: the chain below the gap and the detached run above it, which is the tip.
    let mut held = Held::of(&blocks[..10], 0);
    let detached = Held::of(&blocks[20..], 20);
    held.at.extend(detached.at);
    held.tip = detached.tip;
    let (index, later) = plan(&blocks[10..20], &held);
    assert_eq!(order(&index, &later), at_heights(&blocks[10..20], 10));
    assert!(later.stale.is_empty() && later.rewind_to.is_none());
}

/// Old blocks state no height: a detached run of them has none, and its last block is the tip.
#[test]
fn what_hangs_on_a_missing_block_is_not_dropped_for_it_or_for_a_stale_one() {
    let blocks = mine_chain(zero(), 0, 30, 0);
    let mut held = Held::of(&blocks[..10], 0);
    held.without_height = blocks[11..].iter().map(hash).collect();
    let stale = mine(blocks[9].block_hash(), 10, 7);
    let deeper = mine(blocks[4].block_hash(), 5, 8);
    for (given, connected) in [(&blocks[10], true), (&stale, true), (&deeper, false)] {
        let (index, plan) = plan(std::slice::from_ref(given), &held);
        assert_eq!(plan.rewind_to, None, "nothing is dropped");
        assert_eq!(order(&index, &plan).len(), usize::from(connected), "what may belong there is kept");
    }
    // A branch with more work than the blocks up to the gap would take the detached run with it.
    let branch = mine_chain(blocks[4].block_hash(), 5, 8, 9);
    let (_, kept) = plan(&branch, &held);
    assert_eq!((kept.rewind_to, kept.order.len()), (None, 0));
    // The whole chain, given again, brings what was missing.
    let (index, whole) = plan(&blocks, &held);
    assert_eq!(order(&index, &whole), at_heights(&blocks[10..11], 10));
    assert!(whole.stale.is_empty() && whole.rewind_to.is_none());
}

#[test]
fn a_chain_from_another_genesis_block_is_stale() {
    let (ours, theirs) = (mine_chain(zero(), 0, 5, 0), mine_chain(zero(), 0, 8, 1));
    let (index, plan_a) = plan(&[&ours[..], &theirs].concat(), &NothingKnown);
    assert_eq!(order(&index, &plan_a), at_heights(&theirs, 0));
    assert_eq!(plan_a.stale.len(), 5);
    let (_, plan_b) = plan(&theirs, &Held::of(&ours, 0));
    assert_eq!((plan_b.order.len(), plan_b.stale.len()), (0, 8));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Any tree of blocks, in any order: the branch with most work comes out whole, and every other block is stale.
    #[test]
    fn the_longest_path_of_any_tree_is_delivered(
        parents in prop::collection::vec(any::<prop::sample::Index>(), 1..40),
        shuffle in any::<u64>(),
    ) {
        let mut blocks = vec![mine(zero(), 0, 0)];
        let mut heights = vec![0_u32];
        for (salt, parent) in (1..).zip(&parents) {
            let parent = parent.index(blocks.len());
            heights.push(heights[parent] + 1);
            let (prev, height) = (blocks[parent].block_hash(), heights[parent] + 1);
            blocks.push(mine(prev, height, salt));
        }
        let longest = *heights.iter().max().unwrap();
        let mut shuffled: Vec<(u64, Block)> = blocks.iter().zip(0_u64..)
            .map(|(block, i)| ((i + 1).wrapping_mul(shuffle | 1).rotate_left(17), block.clone())).collect();
        shuffled.sort_by_key(|(key, _)| *key);
        let shuffled: Vec<Block> = shuffled.into_iter().map(|(_, block)| block).collect();
        let (index, plan) = plan(&shuffled, &NothingKnown);
        prop_assert_eq!(plan.order.len() as u32, longest + 1);
        prop_assert_eq!(plan.order.len() + plan.stale.len(), blocks.len());
        for (height, pair) in (1..).zip(plan.order.windows(2)) {
            let [below, above] = [pair[0], pair[1]].map(|planned| &index.entries()[planned.entry as usize]);
            prop_assert_eq!(above.header.prev(), below.hash);
            prop_assert_eq!(pair[1].height, Some(height));
        }
        for stale in &plan.stale {
            let hash = index.entries()[stale.entry as usize].hash;
            let place = blocks.iter().position(|block| self::hash(block) == hash).unwrap();
            prop_assert_eq!(stale.height, Some(heights[place]));
        }
    }
}
