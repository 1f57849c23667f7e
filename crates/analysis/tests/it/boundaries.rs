//! Boundaries and safety branches: each of these was once moved by one without a test noticing.

use std::{
    collections::BTreeSet,
    fs,
    io::{Seek, SeekFrom, Write},
};

use tracehound_analysis::{
    Counterparties, Limits,
    exposure::{Exposures, Question, exposures},
    path::{PathLimits, ways},
    taint::{
        Direction, Label, Method, Mix, Options, Propagation, PropagationLimits, Seed, StopReason, Stops,
        Totals, propagate,
    },
    trace::{Entity, Known},
};
use tracehound_ledger::{AddrNum, Ledger, OutNum, TxSpan};
use tracehound_model::{BlockHash, Category, OutPoint, TxId, utxo::UtxoBlock};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::{ledger_of, taint::propagations::output, units};

const X: Label = Label(0);

/// Owner 50 is an exchange, named since 1970-01-02.
struct Names<'a>(&'a Ledger);

impl Known<Ledger> for Names<'_> {
    fn entity(&self, addr: AddrNum) -> Option<Entity> {
        (self.0.script_key(addr) == Some(owner(50))).then(|| Entity {
            label: "Exchange".to_owned(),
            category: Category::Exchange,
            listed_from: Some(jiff::civil::date(1970, 1, 2)),
            labelled: None,
        })
    }

    fn mix(&self, _: &Ledger, _: TxSpan) -> Option<Mix> {
        None
    }
}

impl Stops<Ledger> for Names<'_> {
    fn is_service(&self, addr: AddrNum) -> bool {
        self.entity(addr).is_some()
    }

    fn mix(&self, _: &Ledger, _: TxSpan) -> Option<Mix> {
        None
    }
}

fn out(txid: TxId, vout: u32) -> (OutPoint, Option<(u64, tracehound_model::ScriptKey)>) {
    (OutPoint { txid, vout }, None)
}

fn elsewhere() -> OutPoint {
    OutPoint { txid: TxId([0x77; 32]), vout: 0 }
}

fn number(ledger: &Ledger, n: usize) -> AddrNum {
    ledger.find_address(&owner(n)).expect("in the ledger")
}

const DAY: u32 = 86_400;

/// One block a transaction: 1,000 of owner 1 to 2 (at 1,000), to 3 (at one day to the second), to the exchange (a second
/// later).
fn three_steps() -> (Vec<UtxoBlock>, TxId) {
    let mut first = BlockMaker::new(BlockHash::default(), 100, 0);
    let coin = first.tx(&[], &[(1_000, Some(owner(1)))]);
    let mut blocks = vec![first.done()];
    let mut last = coin;
    for (time, to) in [(1_000, 2), (DAY, 3), (DAY + 1, 50)] {
        let mut block = BlockMaker::new(blocks[blocks.len() - 1].hash, time, 0);
        block.tx(&[], &[(1, Some(owner(900)))]);
        last = block.tx(&[out(last, 0)], &[(1_000, Some(owner(to)))]);
        blocks.push(block.done());
    }
    (blocks, coin)
}

fn no_dust() -> PropagationLimits {
    PropagationLimits { dust: 0, ..PropagationLimits::default() }
}

fn forward(ledger: &Ledger, seed: OutNum, limits: PropagationLimits) -> Propagation {
    let options =
        Options { direction: Direction::Forward, method: Method::Haircut, through_mixes: false, limits };
    propagate(ledger, &[Seed { out: seed, label: X }], options, &Names(ledger)).expect("propagates")
}

fn exposure(ledger: &Ledger, subject: usize, direction: Direction, limits: PropagationLimits) -> Exposures {
    let subjects = BTreeSet::from([number(ledger, subject)]);
    let question = Question {
        subjects: &subjects,
        tx: None,
        direction,
        limits,
        through_mixes: false,
        suspects: false,
        prices: None,
    };
    exposures(ledger, &question, &Names(ledger)).expect("answers")
}

#[test]
fn a_spend_at_the_very_second_counts_and_one_a_second_later_does_not() {
    let (blocks, coin) = three_steps();
    let (dir, ledger) = ledger_of(&blocks);
    let steps = |moment: i64| {
        let ledger = Ledger::open(dir.path()).expect("opens").as_of(moment).expect("cuts");
        forward(&ledger, output(&ledger, coin, 0), no_dust()).steps.len()
    };
    assert_eq!((steps(999), steps(1_000), steps(DAY.into()), steps(i64::from(DAY) + 1)), (0, 1, 2, 3));
    // The same for a window that a question sets itself.
    let seed = output(&ledger, coin, 0);
    let within = |until| forward(&ledger, seed, PropagationLimits { until, ..no_dust() }).steps.len();
    assert_eq!((within(999), within(1_000), within(DAY)), (0, 1, 2));
    let entities = |until| {
        let limits = Limits { until, ..Limits::default() };
        Counterparties::of(&ledger, &[number(&ledger, 3)].into(), limits)
    };
    assert_eq!((entities(DAY - 1).total_in, entities(DAY).total_in, entities(DAY).total_out), (0, 1_000, 0));
}

#[test]
fn an_exposure_as_of_a_moment_sees_no_later_link() {
    let (blocks, _) = three_steps();
    let (dir, ledger) = ledger_of(&blocks);
    let as_of = |moment: u32| Ledger::open(dir.path()).expect("opens").as_of(moment.into()).expect("cuts");
    let to_exchange = |ledger: &Ledger, until| {
        let found = exposure(ledger, 1, Direction::Forward, PropagationLimits { until, ..no_dust() });
        (units(found.total), found.entities.len())
    };
    assert_eq!(to_exchange(&as_of(DAY), u32::MAX), (1_000, 0), "a second before it is paid in");
    assert_eq!(to_exchange(&as_of(DAY + 1), u32::MAX), (1_000, 1));
    assert_eq!(to_exchange(&as_of(999), u32::MAX), (0, 0), "not paid at all yet");
    assert_eq!((to_exchange(&ledger, DAY), to_exchange(&ledger, DAY + 1)), ((1_000, 0), (1_000, 1)));
    assert_eq!(to_exchange(&ledger, 999), (0, 0));
    let received = |ledger: &Ledger, until| {
        units(exposure(ledger, 3, Direction::Backward, PropagationLimits { until, ..no_dust() }).total)
    };
    assert_eq!((received(&ledger, DAY - 1), received(&ledger, DAY)), (0, 1_000));
    assert_eq!(received(&as_of(DAY), u32::MAX), 1_000);
    assert_eq!(as_of(DAY - 1).find_address(&owner(3)), None, "nobody has paid it yet");
}

/// Cells that say who spent an output change after sealing; each names a transaction, none proves it.
#[test]
fn a_spent_cell_that_names_the_wrong_transaction_is_not_believed() {
    // The seed's own cell, and that of the output after it, which is read together with its transaction.
    for steps in [0, 1] {
        let (blocks, coin) = three_steps();
        let (dir, ledger) = ledger_of(&blocks);
        let seed = output(&ledger, coin, 0);
        let mut damaged = seed;
        for _ in 0..steps {
            let spender = ledger.output(damaged).and_then(|output| output.spent_by).expect("spent");
            damaged = ledger.tx(spender).expect("there").first_output;
        }
        let spender = ledger.output(damaged).and_then(|output| output.spent_by).expect("spent");
        let wrong = spender.0 + 2;
        let files = fs::read_dir(dir.path()).expect("lists").filter_map(Result::ok).map(|entry| entry.path());
        let mut cells = files.filter(|path| path.extension().is_some_and(|end| end == "spent"));
        let cells = cells.next().expect("one segment");
        let at = damaged.0 * 4;
        assert_eq!(fs::read(&cells).expect("reads")[at as usize..][..4], spender.0.to_le_bytes());
        // In place: the ledger has looked at the page's sum already, and takes the cell as it is now.
        let mut file = fs::OpenOptions::new().write(true).open(&cells).expect("opens");
        file.seek(SeekFrom::Start(at)).expect("seeks");
        file.write_all(&wrong.to_le_bytes()).expect("writes");
        drop(file);
        let found = forward(&ledger, seed, no_dust());
        assert_eq!(found.steps.len(), steps, "{:?}", found.steps);
        assert_eq!(found.totals[&X], Totals { seeded: 1_000, unspent: 1_000, ..Totals::default() });
        assert_eq!(ledger.output(damaged).and_then(|output| output.spent_by), None);
        ledger.confirm().expect_err("and says that the cell is damaged");
        // One that is opened afterwards sees it by the sum.
        let damaged_ledger = Ledger::open(dir.path()).expect("opens");
        assert_eq!(damaged_ledger.output(damaged).and_then(|output| output.spent_by), None);
    }
}

#[test]
fn what_is_at_the_dust_limit_counts_and_what_is_below_is_booked() {
    let (blocks, coin) = three_steps();
    let (_dir, ledger) = ledger_of(&blocks);
    let seed = output(&ledger, coin, 0);
    let traced = |dust| {
        let totals =
            forward(&ledger, seed, PropagationLimits { dust, ..PropagationLimits::default() }).totals[&X];
        (totals.reached_service, totals.dust)
    };
    assert_eq!((traced(1_000), traced(1_001)), ((1_000, 0), (0, 1_000)));
    let received = |dust| {
        let found = exposure(
            &ledger,
            3,
            Direction::Backward,
            PropagationLimits { dust, ..PropagationLimits::default() },
        );
        (units(found.total), units(found.rest.coinbase), units(found.rest.dust), found.is_complete())
    };
    assert_eq!(received(1_000), (1_000, 1_000, 0, true));
    assert_eq!(received(1_001), (1_000, 0, 1_000, false), "booked, and too much to be left out of an answer");
    let (from, to) = (BTreeSet::from([number(&ledger, 1)]), BTreeSet::from([number(&ledger, 50)]));
    let path = |dust| {
        ways(&ledger, &from, &to, PathLimits { dust, ..PathLimits::default() }, &Names(&ledger)).ways.len()
    };
    assert_eq!((path(1_000), path(1_001)), (1, 0));
    let counted = |dust| {
        let limits = Limits { dust, ..Limits::default() };
        let party = Counterparties::of(&ledger, &[number(&ledger, 3)].into(), limits).incoming;
        party.values().map(|party| (party.amount, party.small, party.is_all_small())).collect::<Vec<_>>()
    };
    assert_eq!((counted(1_000), counted(1_001)), (vec![(1_000, 0, false)], vec![(1_000, 1_000, true)]));
}

#[test]
fn the_day_of_the_listing_is_after_it() {
    let (blocks, _) = three_steps();
    let (_dir, ledger) = ledger_of(&blocks);
    // Paid in at one day and one second: on 1970-01-02, the day from which the exchange is named.
    let found = exposure(&ledger, 3, Direction::Forward, no_dust());
    assert_eq!(found.entities[0].after_listing, Some(found.entities[0].amount));
    // On the day before, not.
    let mut block = BlockMaker::new(BlockHash::default(), DAY - 1, 0);
    let coin = block.tx(&[], &[(1_000, Some(owner(3)))]);
    block.tx(&[out(coin, 0)], &[(1_000, Some(owner(50)))]);
    let (_dir, ledger) = ledger_of(&[block.done()]);
    let found = exposure(&ledger, 3, Direction::Forward, no_dust());
    assert_eq!(found.entities[0].after_listing.map(units), Some(0));
}

#[test]
fn other_peoples_dust_is_not_the_subjects() {
    let mut block = BlockMaker::new(BlockHash::default(), 1_000, 0);
    let coin = block.tx(&[], &[(10_000, Some(owner(1)))]);
    block.tx(&[out(coin, 0)], &[(5_000, Some(owner(100))), (300, Some(owner(2))), (300, Some(owner(3)))]);
    let (_dir, ledger) = ledger_of(&[block.done()]);
    let limits = Limits { dust: 1_000, ..Limits::default() };
    let found = Counterparties::of(&ledger, &[number(&ledger, 100)].into(), limits);
    let payer = found.incoming.values().next().expect("owner 1 paid");
    assert_eq!((payer.amount, found.total_in), (5_000, 5_000));
}

#[test]
fn several_addresses_of_one_owner_are_asked_about_as_one() {
    let mut block = BlockMaker::new(BlockHash::default(), 1_000, 0);
    let coin = block.tx(&[], &[(600, Some(owner(1))), (400, Some(owner(2)))]);
    let both = block.tx(&[out(coin, 0), out(coin, 1)], &[(700, Some(owner(3))), (300, Some(owner(2)))]);
    block.tx(&[out(both, 1)], &[(300, Some(owner(1)))]);
    let (_dir, ledger) = ledger_of(&[block.done()]);
    let subjects = BTreeSet::from([number(&ledger, 1), number(&ledger, 2)]);
    let found = Counterparties::of(&ledger, &subjects, Limits::default());
    assert_eq!((found.total_in, found.coinbase), (1_000, 1_000), "what they paid each other does not count");
    let paid: Vec<(AddrNum, u128)> =
        found.outgoing.iter().map(|(&owner, entity)| (owner, entity.amount)).collect();
    assert_eq!((paid, found.total_out), (vec![(number(&ledger, 3), 700)], 700));
}

#[test]
fn a_service_outside_the_ledger_is_a_source_and_somebody_unknown_is_not() {
    let from = |payer: Option<usize>| {
        let mut block = BlockMaker::new(BlockHash::default(), 1_000, 0);
        block.tx(&[], &[(1, Some(owner(900)))]);
        let input = (elsewhere(), payer.map(|n| (1_000, owner(n))));
        block.tx(&[input], &[(1_000, Some(owner(100)))]);
        let (_dir, ledger) = ledger_of(&[block.done()]);
        let found = exposure(&ledger, 100, Direction::Backward, no_dust());
        let sources: Vec<(String, bool, u128)> = found
            .entities
            .iter()
            .map(|row| (row.entity.label.clone(), row.direct, units(row.amount)))
            .collect();
        (sources, units(found.rest.unknown_inputs), found.is_complete())
    };
    assert_eq!(from(Some(50)), (vec![("Exchange".to_owned(), true, 1_000)], 0, true));
    assert_eq!(from(Some(7)), (vec![], 1_000, false));
    assert_eq!(from(None), (vec![], 1_000, false));
}

#[test]
fn a_payment_from_an_output_outside_the_ledger_makes_destinations_incomplete() {
    let paid = |known: bool| {
        let mut block = BlockMaker::new(BlockHash::default(), 1_000, 0);
        let coin = block.tx(&[], &[(1_000, Some(owner(100)))]);
        block.tx(&[out(coin, 0)], &[(1_000, Some(owner(50)))]);
        if known {
            block.tx(&[(elsewhere(), Some((700, owner(100))))], &[(700, Some(owner(2)))]);
        }
        let (_dir, ledger) = ledger_of(&[block.done()]);
        let found = exposure(&ledger, 100, Direction::Forward, no_dust());
        assert_eq!(units(found.total), 1_000);
        found.is_complete()
    };
    assert!(paid(false));
    assert!(!paid(true), "700 were paid that cannot be followed from an output");
}

/// Subsidy 50 and a dirty fee of 10, of which the miner claims 40 in all: a dirty part of the fee is lost.
#[test]
fn what_a_miner_does_not_claim_is_booked_as_fee() {
    let mut first = BlockMaker::new(BlockHash::default(), 1_000, 0);
    let coin = first.tx(&[], &[(100, Some(owner(1)))]);
    let first = first.done();
    let mut second = BlockMaker::new(first.hash, 2_000, 0);
    second.tx(&[], &[(4, Some(owner(8)))]);
    second.tx(&[out(coin, 0)], &[(90, Some(owner(4)))]);
    let (_dir, ledger) = ledger_of(&[first, second.done()]);
    let limits = PropagationLimits { through_fees: true, ..no_dust() };
    let found = forward(&ledger, output(&ledger, coin, 0), limits);
    let totals = found.totals[&X];
    assert_eq!((totals.unspent, totals.fees, totals.booked()), (94, 6, 100));
    assert!(found.ends.iter().all(|end| end.reason == StopReason::Unspent));
}
