//! Damaged files: what is whole is still delivered, and what is not is reported.

use std::{collections::HashSet, fs, ops::Range};

use proptest::prelude::*;
use tracehound_bitcoin::ProblemKind;
use tracehound_model::{BitcoinNetwork, BlockHash};

use crate::{
    files::{Delivered, deliver, early_chain, frame},
    fixtures::{MAINNET, real_blocks},
};

const BLOCKS: usize = 60;

/// A file of blocks and where each frame lies in it.
struct Sample {
    bytes: Vec<u8>,
    frames: Vec<Range<usize>>,
    hashes: Vec<BlockHash>,
}

impl Sample {
    /// Whole blocks that no reader of frames can find: a cut block's stated length, counted from its intact header,
    /// happens to end where a later frame begins, and they lie before that. (These blocks are all nearly of one size.)
    fn hidden(&self, damaged: &[u8]) -> HashSet<BlockHash> {
        let places = |needle: &[u8]| {
            (0..damaged.len()).filter(|at| damaged[*at..].starts_with(needle)).collect::<Vec<_>>()
        };
        let mut hidden = HashSet::new();
        for frame in &self.frames {
            for at in places(&self.bytes[frame.start..frame.start + 88]) {
                let end = at + frame.len();
                let next = damaged.get(end..).unwrap_or_default();
                let unnoticed = next.is_empty() || next.starts_with(&MAINNET);
                let whole = damaged.get(at..end) == Some(&self.bytes[frame.clone()]);
                for (inner, hash) in self.frames.iter().zip(&self.hashes) {
                    let inside = |place: &usize| *place > at && *place < end;
                    if unnoticed && !whole && places(&self.bytes[inner.clone()]).iter().any(inside) {
                        hidden.insert(*hash);
                    }
                }
            }
        }
        hidden
    }
}

fn sample() -> Option<Sample> {
    // Blocks 150 to 209 hold some of the first payments.
    let blocks: Vec<Vec<u8>> = early_chain()?.drain(150..150 + BLOCKS).collect();
    let mut sample = Sample { bytes: frame(MAINNET, &blocks), frames: Vec::new(), hashes: Vec::new() };
    let mut at = 0;
    for block in &blocks {
        sample.frames.push(at..at + 8 + block.len());
        at += 8 + block.len();
        sample.hashes.push(tracehound_bitcoin::block_hash(&tracehound_model::utxo::Header(
            *block.first_chunk().unwrap(),
        )));
    }
    Some(sample)
}

fn deliver_bytes(bytes: &[u8]) -> Delivered {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("blk00000.dat");
    fs::write(&path, bytes).unwrap();
    deliver(&[path], Some(BitcoinNetwork::Mainnet), 2).unwrap()
}

fn hashes(delivered: &Delivered) -> HashSet<BlockHash> {
    delivered.blocks.iter().map(|(_, block)| block.hash).collect()
}

#[test]
fn any_flipped_bit_costs_one_block_and_is_reported() {
    let Some(sample) = sample() else { return };
    // Every bit of the third frame's first bytes, and one in each of the others.
    let frame = &sample.frames[2];
    for at in frame.clone() {
        for bit in if at < frame.start + 12 { 0..8 } else { at % 8..at % 8 + 1 } {
            let mut bytes = sample.bytes.clone();
            bytes[at] ^= 1 << bit;
            let delivered = deliver_bytes(&bytes);
            let found = hashes(&delivered);
            let missing: Vec<_> = sample.hashes.iter().filter(|hash| !found.contains(hash)).collect();
            assert_eq!(missing, [&sample.hashes[2]], "bit {bit} of byte {at}");
            assert_eq!(found.len(), BLOCKS - 1);
            let problems = delivered.index.problems().iter().chain(delivered.report.problems.iter());
            let near = problems.filter(|problem| frame.contains(&(problem.offset as usize)));
            assert!(near.count() > 0, "the place is told: bit {bit} of byte {at}");
        }
    }
}

#[test]
fn a_file_that_ends_early_gives_what_is_whole() {
    let Some(sample) = sample() else { return };
    let start = sample.frames[5].start;
    for cut in start..sample.frames[6].end {
        let delivered = deliver_bytes(&sample.bytes[..cut]);
        let whole = sample.frames.iter().filter(|frame| frame.end <= cut).count();
        assert_eq!(delivered.blocks.len(), whole, "cut at {cut}");
        let at_boundary = sample.frames.iter().any(|frame| frame.end == cut);
        assert_eq!(delivered.index.problems().is_empty(), at_boundary, "cut at {cut}");
    }
}

#[test]
fn a_block_is_taken_from_another_file_where_one_copy_is_damaged() {
    let Some(sample) = sample() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = sample.bytes.clone();
    bytes[sample.frames[7].end - 10] ^= 1;
    fs::write(folder.path().join("blk00000.dat"), &bytes).unwrap();
    fs::write(folder.path().join("blk00001.dat"), &sample.bytes).unwrap();
    let delivered = deliver(&[folder.path()], None, 1).unwrap();
    assert_eq!(hashes(&delivered).len(), BLOCKS);
    assert!(delivered.report.problems.is_empty());
    assert_eq!(delivered.index.copies(), BLOCKS as u64);
}

#[test]
fn a_block_with_forged_transactions_is_reported_by_name() {
    let Some(sample) = sample() else { return };
    let mut bytes = sample.bytes.clone();
    // The amount of the coinbase of block 153: 50 coins become more.
    bytes[sample.frames[3].end - 4 - 68 - 8] ^= 1;
    let delivered = deliver_bytes(&bytes);
    assert_eq!(delivered.blocks.len(), BLOCKS - 1);
    let problem = delivered.report.problems.iter().next().unwrap();
    assert!(matches!(problem.kind, ProblemKind::Block { hash, .. } if hash == sample.hashes[3]));
    let text = problem.to_string();
    assert!(text.contains(&sample.hashes[3].to_string()) && text.contains("Merkle root"), "{text}");
    assert!(text.contains(&format!("byte {}", sample.frames[3].start + 8)), "{text}");
}

#[test]
fn junk_of_any_length_between_large_blocks_hides_none() {
    let large: Vec<_> =
        real_blocks().into_iter().skip(1).filter(|(_, block)| block.len() > 500_000).take(3).collect();
    if large.is_empty() {
        return;
    }
    // Lengths around those that are read at once, so that frames begin and end across them.
    for junk in [1, 87, 16_385, 262_057, 262_144, 262_145] {
        let mut bytes = vec![0xf9; junk];
        for (_, block) in &large {
            bytes.extend(frame(MAINNET, std::slice::from_ref(block)));
            bytes.extend(std::iter::repeat_n(0xf9, junk));
        }
        let delivered = deliver_bytes(&bytes);
        assert_eq!(delivered.blocks.len(), large.len(), "{junk} bytes of junk");
        let problems: Vec<_> = delivered.index.problems().iter().map(|problem| &problem.kind).collect();
        assert_eq!(problems, vec![&ProblemKind::Unreadable(junk as u64); large.len() + 1]);
    }
}

#[derive(Clone, Debug)]
enum Damage {
    Overwrite(usize, Vec<u8>),
    Remove(usize, usize),
    Insert(usize, Vec<u8>),
    Move(usize, usize, usize),
    Zero(usize, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = || any::<usize>();
    let junk = || {
        // A magic in the junk leads the search astray if it can be led.
        prop_oneof![
            prop::collection::vec(any::<u8>(), 1..40),
            Just(vec![0xf9, 0xbe, 0xb4, 0xd9]),
            Just(vec![0xf9, 0xbe, 0xb4, 0xd9, 0x00, 0x01, 0x00, 0x00, 0x01]),
        ]
    };
    prop_oneof![
        (at(), junk()).prop_map(|(at, junk)| Damage::Overwrite(at, junk)),
        (at(), 1..2_000_usize).prop_map(|(at, len)| Damage::Remove(at, len)),
        (at(), junk()).prop_map(|(at, junk)| Damage::Insert(at, junk)),
        (at(), at(), 1..1_500_usize).prop_map(|(from, to, len)| Damage::Move(from, to, len)),
        (at(), 1..1_000_usize).prop_map(|(at, len)| Damage::Zero(at, len)),
    ]
}

fn apply(bytes: &mut Vec<u8>, damage: &Damage) {
    let len = bytes.len();
    let range = |at: usize, count: usize| at % len..(at % len + count).min(len);
    match damage {
        Damage::Overwrite(at, junk) => {
            let range = range(*at, junk.len());
            bytes[range.clone()].copy_from_slice(&junk[..range.len()]);
        }
        Damage::Remove(at, count) => drop(bytes.drain(range(*at, *count))),
        Damage::Insert(at, junk) => drop(bytes.splice(at % len..at % len, junk.iter().copied())),
        Damage::Move(from, to, count) => {
            let piece: Vec<u8> = bytes.drain(range(*from, *count)).collect();
            let to = to % (bytes.len() + 1);
            bytes.splice(to..to, piece);
        }
        Damage::Zero(at, count) => bytes[range(*at, *count)].fill(0),
    }
    if bytes.is_empty() {
        bytes.push(0);
    }
}

/// Whether a slice occurs in another.
fn occurs(needle: &[u8], hay: &[u8]) -> bool {
    hay.windows(needle.len()).any(|window| window == needle)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn whatever_happens_to_a_file_its_whole_blocks_are_delivered(
        damages in prop::collection::vec(damage(), 1..6),
        tail in prop_oneof![Just(0), 1..100_000_usize],
    ) {
        thread_local!(static SAMPLE: Option<Sample> = sample());
        SAMPLE.with(|sample| {
            let Some(sample) = sample else { return Ok(()) };
            let mut bytes = sample.bytes.clone();
            for damage in &damages {
                apply(&mut bytes, damage);
            }
            // A block ends in four zeros, so the tail can make one whole again that was cut there.
            let written = bytes.len() + tail.min(4);
            bytes.resize(bytes.len() + tail, 0);
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("blk00000.dat");
            fs::write(&path, &bytes).unwrap();
            let whole: HashSet<BlockHash> = sample.frames.iter().zip(&sample.hashes)
                .filter(|(frame, _)| occurs(&sample.bytes[frame.start..frame.end], &bytes[..written]))
                .map(|(_, hash)| *hash).collect();
            match deliver(&[path], Some(BitcoinNetwork::Mainnet), 2) {
                Ok(delivered) => {
                    let found = hashes(&delivered);
                    prop_assert!(found.is_subset(&whole));
                    if found != whole {
                        let hidden = sample.hidden(&bytes);
                        let lost: Vec<_> = whole.difference(&found).filter(|hash| !hidden.contains(*hash)).collect();
                        prop_assert!(lost.is_empty(), "{lost:?}");
                    }
                }
                Err(error) => prop_assert!(whole.is_empty(), "{}", error),
            }
            Ok(())
        })?;
    }
}
