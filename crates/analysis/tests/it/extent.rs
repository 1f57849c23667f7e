//! How far the ledger reaches: its end, its age, what is missing in the range that was looked at.

use tracehound_analysis::{
    extent::{Asked, Extent, Needed},
    taint::{Direction, Method, Mix, Options, PropagationLimits},
    trace::{Entity, Known, Question, Trace, trace},
};
use tracehound_ledger::{AddrNum, BlockNum, Ledger, TxSpan, Writer, WriterOptions};
use tracehound_model::{BitcoinNetwork, BlockHash, Chain, OutPoint, TxId, utxo::UtxoBlock};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::{taint::propagations::output, units};

struct Nobody;

impl Known<Ledger> for Nobody {
    fn entity(&self, _: AddrNum) -> Option<Entity> {
        None
    }

    fn mix(&self, _: &Ledger, _: TxSpan) -> Option<Mix> {
        None
    }
}

/// Five blocks ten minutes apart, in which a coin goes from owner 0 to owner 4; the ones named are left out.
fn ledger(left_out: &[usize]) -> (tempfile::TempDir, Ledger, Vec<TxId>) {
    let order: Vec<usize> = (0..5).filter(|n| !left_out.contains(n)).collect();
    ledger_in_order(&order, true)
}

/// The same blocks in the order in which they come, with or without their heights.
fn ledger_in_order(order: &[usize], heights: bool) -> (tempfile::TempDir, Ledger, Vec<TxId>) {
    let (mut blocks, mut coins): (Vec<UtxoBlock>, Vec<TxId>) = (Vec::new(), Vec::new());
    for n in 0..5 {
        let prev = blocks.last().map_or(BlockHash::default(), |block| block.hash);
        let mut block = BlockMaker::new(prev, 600 * (n as u32 + 1), 0);
        let minted = block.tx(&[], &[(1_000, Some(owner(n)))]);
        coins.push(match coins.last() {
            Some(&last) => block.tx(&[(OutPoint { txid: last, vout: 0 }, None)], &[(1_000, Some(owner(n)))]),
            None => minted,
        });
        blocks.push(UtxoBlock { height: heights.then_some(n as u32), ..block.done() });
    }
    let dir = tempfile::tempdir().expect("temporary folder");
    let chain = Chain::Bitcoin(BitcoinNetwork::Regtest);
    let mut writer = Writer::open(dir.path(), chain, WriterOptions::default()).expect("opens");
    for &n in order {
        writer.append_island(&blocks[n]).expect("appends");
    }
    writer.commit().expect("commits");
    drop(writer);
    let ledger = Ledger::open(dir.path()).expect("opens");
    (dir, ledger, coins)
}

const LAST: i64 = 3_000;

/// Blocks may be two hours ahead of the clocks of those who take them, and no more: then it is the clock that is wrong.
#[test]
fn a_clock_that_is_behind_the_last_block_makes_no_ledger_fresh() {
    let (_dir, ledger, _) = ledger(&[]);
    let at = |as_of: i64| Extent::of(&ledger, Asked::at(as_of), Needed::All);
    assert!(at(LAST - 7_200).is_complete());
    let behind = at(LAST - 7_201);
    assert!(behind.gaps[0].to_string().contains("the clock of this machine is wrong"), "{:?}", behind.gaps);
}

#[test]
fn a_ledger_that_ends_a_day_before_the_moment_is_too_old_and_a_fresh_one_is_not() {
    let (_dir, ledger, _) = ledger(&[]);
    let at = |as_of: i64, max_age: i64| Extent::of(&ledger, Asked { as_of, max_age }, Needed::All);
    assert!(at(LAST, 0).is_complete());
    assert!(at(LAST + 86_400, 86_400).is_complete(), "to the second");
    let old = at(LAST + 86_401, 86_400);
    assert!(!old.is_complete());
    assert_eq!(old.age, Some(86_401));
    assert!(old.gaps[0].to_string().contains("ends 24 h before the moment asked about"), "{:?}", old.gaps);
    assert_eq!(
        at(LAST + 720, 86_400).sentence(),
        "The ledger ends with block 4 of 1970-01-01 00:50:00Z, 12 min before the moment asked about \
         (1970-01-01 01:02:00Z)"
    );
    assert_eq!(at(LAST - 60, 0).age, Some(0), "a block's clock may run ahead");
}

#[test]
fn an_empty_ledger_is_no_answer() {
    let (dir, ..) = ledger(&[]);
    let empty = Ledger::open(dir.path()).expect("opens").as_of(599).expect("cuts");
    let extent = Extent::of(&empty, Asked::at(599), Needed::All);
    assert!(!extent.is_complete());
    assert_eq!(extent.last_block, None);
    assert!(extent.sentence().starts_with("The ledger has no block up to"));
}

#[test]
fn only_what_is_missing_in_the_range_counts() {
    let (_dir, ledger, _) = ledger(&[2]);
    let missing = |needed| Extent::of(&ledger, Asked::at(LAST), needed).missing_ranges;
    // Numbers 0, 1 are the first two blocks; number 2 is the fourth, with a hole before it.
    assert_eq!(missing(Needed::All), 1);
    assert_eq!(missing(Needed::From(BlockNum(1))), 1);
    assert_eq!(missing(Needed::From(BlockNum(2))), 0);
    assert_eq!(missing(Needed::Between(BlockNum(0), BlockNum(1))), 0);
    assert_eq!(missing(Needed::Between(BlockNum(0), BlockNum(2))), 1);
    assert_eq!(missing(Needed::Between(BlockNum(2), BlockNum(3))), 0);
    let (_dir, late, _) = self::ledger(&[0]);
    let missing = |needed| Extent::of(&late, Asked::at(LAST), needed).missing_ranges;
    assert_eq!((missing(Needed::All), missing(Needed::From(BlockNum(0)))), (1, 0));
}

/// The last three blocks came first: what they spend of the first two was not there, so these look unspent.
#[test]
fn blocks_that_came_before_their_time_are_missing_to_what_they_spend() {
    for heights in [true, false] {
        let (_dir, ledger, coins) = ledger_in_order(&[2, 3, 4, 0, 1], heights);
        let missing = |needed| Extent::of(&ledger, Asked::at(LAST), needed).missing_ranges;
        assert_eq!((missing(Needed::From(BlockNum(3))), missing(Needed::From(BlockNum(4)))), (1, 1));
        let found = traced(&ledger, coins[1], Direction::Forward, false);
        assert_eq!(units(found.sums.unspent), 1_000, "the spender is there and not joined");
        assert!(
            !found.complete && found.gaps[0].to_string().contains("blocks are missing"),
            "{:?}",
            found.gaps
        );
    }
    let (_dir, ledger, coins) = ledger_in_order(&[0, 3, 4, 1, 2], true);
    assert!(!traced(&ledger, coins[2], Direction::Forward, false).complete, "4 spends it");
    assert!(!traced(&ledger, coins[1], Direction::Forward, false).complete);
}

/// The fourth block, of 2,400, does not follow the second, of 1,200: what happened at 1,800 is not known, nor whether that
/// is where the chain stood at 1,300.
#[test]
fn what_is_missing_right_behind_the_moment_counts() {
    for (moment, missing) in [(1_199, 0), (1_300, 1), (1_800, 1), (2_400, 1), (3_000, 1)] {
        let (dir, ..) = ledger(&[2]);
        let cut = Ledger::open(dir.path()).expect("opens").as_of(moment).expect("cuts");
        let extent = |needed| Extent::of(&cut, Asked::at(moment), needed).missing_ranges;
        assert_eq!((extent(Needed::All), extent(Needed::From(BlockNum(0)))), (missing, missing), "{moment}");
    }
    let (dir, ..) = ledger(&[2]);
    let cut = Ledger::open(dir.path()).expect("opens").as_of(1_800).expect("cuts");
    let backward = Needed::Between(BlockNum(0), BlockNum(1));
    assert!(Extent::of(&cut, Asked::at(1_800), backward).is_complete(), "where money came from was before");
}

fn traced(ledger: &Ledger, coin: TxId, direction: Direction, all_received: bool) -> Trace {
    let seeds = [output(ledger, coin, 0)];
    let limits = PropagationLimits { dust: 0, ..PropagationLimits::default() };
    let options = Options { direction, method: Method::Haircut, through_mixes: false, limits };
    let question = Question { seeds: &seeds, all_received, options, asked: Asked::at(LAST) };
    trace(ledger, BitcoinNetwork::Regtest, &question, &Nobody).expect("traces")
}

#[test]
fn a_trace_is_incomplete_where_blocks_are_missing_on_its_way() {
    let (_dir, whole, coins) = ledger(&[]);
    let found = traced(&whole, coins[1], Direction::Forward, true);
    assert!(found.complete && found.gaps.is_empty(), "an ordinary end at a fresh tip: {:?}", found.gaps);
    // The third block, which spends the coin of the second, is not there.
    let (_dir, holed, coins) = ledger(&[2]);
    let found = traced(&holed, coins[1], Direction::Forward, false);
    assert!(!found.complete);
    assert!(found.gaps[0].to_string().contains("blocks are missing in 1 place"), "{:?}", found.gaps);
    assert!(traced(&holed, coins[3], Direction::Forward, false).complete, "the hole lies before it");
    assert!(!traced(&holed, coins[3], Direction::Forward, true).complete, "an owner may have received in it");
    assert!(traced(&holed, coins[1], Direction::Backward, false).complete, "the hole lies behind it");
    assert!(!traced(&holed, coins[4], Direction::Backward, false).complete, "its source lies in the hole");
}
