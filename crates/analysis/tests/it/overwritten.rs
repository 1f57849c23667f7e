//! BIP-30: what a later coinbase of the same id overwrote gives nothing to anybody, whatever is asked.

use std::collections::BTreeSet;

use tracehound_analysis::{
    Counterparties, Limits,
    exposure::{Question, exposures},
    full_ledger::{FullPropagation, NamedOwners},
    patterns::{self, Finding, Subject, Thresholds, coinbases},
    peel::{self, Stop},
    taint::{Direction, Label, Method, Options, PropagationLimits, Seed, StopReason, Stops, propagate},
};
use tracehound_ledger::{AddrNum, BlockNum, Ledger, OutNum, TxSpan, Writer, WriterOptions};
use tracehound_model::{Amount, BitcoinNetwork, BlockHash, Chain, OutPoint, TxId, utxo::UtxoBlock};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::{ledger_of, peel::Names, units};

const DAY: u32 = 86_400;
const MINER: usize = 1;

/// A coinbase of 50 to the miner and 7 to owner 2, who spends it; the same coinbase again; 900 days later a third.
fn blocks() -> Vec<UtxoBlock> {
    let mut first = BlockMaker::new(BlockHash::default(), DAY, 0);
    let coinbase = first.tx(&[], &[(50, Some(owner(MINER))), (7, Some(owner(2)))]);
    let first = first.done();
    let mut second = BlockMaker::new(first.hash, 2 * DAY, 0);
    second.tx(&[], &[(5, Some(owner(3)))]);
    second.tx(&[(OutPoint { txid: coinbase, vout: 1 }, None)], &[(7, Some(owner(4)))]);
    let second = second.done();
    let mut third = BlockMaker::new(second.hash, 3 * DAY, 0);
    third.tx(&[], &[(50, Some(owner(MINER))), (7, Some(owner(2)))]);
    let mut third = third.done();
    third.txs[0].txid = coinbase;
    let mut last = BlockMaker::new(third.hash, 903 * DAY, 0);
    last.tx(&[], &[(5, Some(owner(3)))]);
    vec![first, second, third, last.done()]
}

/// The miner's two outputs: the one that is gone, and the one that is there.
const GONE: OutNum = OutNum(0);
const THERE: OutNum = OutNum(4);

struct Nobody;

impl Stops<Ledger> for Nobody {
    fn is_service(&self, _: AddrNum) -> bool {
        false
    }

    fn mix(&self, _: &Ledger, _: TxSpan) -> Option<tracehound_analysis::taint::Mix> {
        None
    }
}

fn miner(ledger: &Ledger) -> BTreeSet<AddrNum> {
    [ledger.find_address(&owner(MINER)).expect("known")].into()
}

#[test]
fn a_walk_books_it_as_destroyed_whichever_way_it_goes() {
    let (_dir, ledger) = ledger_of(&blocks());
    let seeds = [GONE, THERE].map(|out| Seed { out, label: Label(0) });
    for direction in [Direction::Forward, Direction::Backward] {
        let options = Options {
            direction,
            method: Method::Haircut,
            through_mixes: false,
            limits: PropagationLimits::default(),
        };
        let found = propagate(&ledger, &seeds, options, &Nobody).expect("propagates");
        let totals = found.totals[&Label(0)];
        assert_eq!((totals.seeded, totals.destroyed, totals.booked()), (100, 50, 100), "{direction:?}");
        assert_eq!((totals.unspent + totals.coinbase, totals.unspendable), (50, 0), "{direction:?}");
        let gone = found.ends.iter().find(|end| end.out == Some(GONE)).expect("ends");
        let later = ledger.tx_of_output(THERE).expect("made").0;
        assert_eq!(gone.reason, StopReason::Destroyed(later));
    }
}

#[test]
fn exposure_and_counterparties_do_not_count_it() {
    let (_dir, ledger) = ledger_of(&blocks());
    let subjects = miner(&ledger);
    for dust in [0, 1_000] {
        let limits = PropagationLimits { dust, ..PropagationLimits::default() };
        let question = Question {
            tx: None,
            subjects: &subjects,
            direction: Direction::Backward,
            limits,
            through_mixes: false,
            suspects: false,
            prices: None,
        };
        let found = exposures(&ledger, &question, &Names::default()).expect("answers");
        assert_eq!(
            (found.total, found.rest.destroyed),
            (Amount::from(50_u64), Amount::from(50_u64)),
            "dust {dust}"
        );
        assert_eq!(units(found.rest.coinbase) + units(found.rest.dust), 50);
    }
    let found = Counterparties::of(&ledger, &subjects, Limits { dust: 60, ..Limits::default() });
    assert_eq!((found.total_in, found.coinbase), (50, 50), "small, and nobody's dust");
    let found = Counterparties::of(&ledger, &subjects, Limits::default());
    assert_eq!((found.total_in, found.coinbase), (50, 50));
}

#[test]
fn balances_sources_and_peel_chains_do_not_count_it() {
    let (_dir, ledger) = ledger_of(&blocks());
    let owner = *miner(&ledger).first().expect("one");
    let report = patterns::around(
        &ledger,
        Subject::Address(owner),
        &Thresholds { dust: 1, ..Thresholds::default() },
        &Names::default(),
    )
    .expect("in the ledger");
    let asleep: Vec<Amount> = report
        .findings
        .iter()
        .filter_map(
            |finding| if let Finding::Dormant { balance, .. } = finding { Some(*balance) } else { None },
        )
        .collect();
    assert_eq!(asleep, [Amount::from(50_u64)]);
    let depth = coinbases::Depth { dust: 0, ..coinbases::Depth::default() };
    let mined = coinbases::sources(&ledger, &[GONE, THERE], depth, &Names::default()).expect("answers");
    assert_eq!(
        (mined.total, mined.from_coinbases(), mined.count),
        (Amount::from(50_u64), Amount::from(50_u64), 1)
    );
    let stop = |out| {
        peel::follow(&ledger, BitcoinNetwork::Regtest, out, peel::Options::default(), &Names::default())
            .expect("follows")
            .stop
    };
    assert_eq!((stop(GONE), stop(THERE)), (Stop::Destroyed, Stop::Unspent));
}

/// The full propagation drops its shares when the later coinbase comes, and has them again when a reorg takes that back.
#[test]
fn the_full_propagation_drops_it() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let chain = Chain::Bitcoin(BitcoinNetwork::Regtest);
    let mut writer = Writer::open(dir.path(), chain, WriterOptions::default()).expect("opens");
    let (mut full, nobody) = (FullPropagation::new(), NamedOwners::default());
    let mut held = Vec::new();
    for block in blocks() {
        writer.append(&block).expect("appends");
        writer.commit().expect("commits");
        full.advance(&Ledger::open(dir.path()).expect("opens"), &nobody);
        held.push((full.live(), full.shares(GONE).is_some(), full.shares(THERE).is_some()));
    }
    assert_eq!(held, [(2, true, false), (3, true, false), (4, false, true), (5, false, true)]);
    let mut whole = FullPropagation::new();
    whole.advance(&Ledger::open(dir.path()).expect("opens"), &nobody);
    assert_eq!((whole.live(), whole.shares(GONE)), (5, None));
    for mut full in [full, whole] {
        full.rewind(BlockNum(2)).expect("has undo");
        assert_eq!(
            (full.live(), full.shares(GONE).is_some(), full.shares(THERE).is_some()),
            (3, true, false)
        );
    }
}

/// As of a moment before the later coinbase it is there.
#[test]
fn before_the_later_coinbase_it_is_money() {
    let (_dir, ledger) = ledger_of(&blocks());
    let ledger = ledger.as_of(i64::from(3 * DAY) - 1).expect("cuts");
    let output = ledger.output(GONE).expect("there");
    assert_eq!((output.destroyed_by, output.spent_by), (None, None));
    let found = Counterparties::of(&ledger, &miner(&ledger), Limits::default());
    assert_eq!(found.coinbase, 50);
    let coinbase: TxId = ledger.tx(tracehound_ledger::TxNum(0)).expect("there").txid;
    assert_eq!(ledger.find_tx(&coinbase), Some(tracehound_ledger::TxNum(0)));
}
