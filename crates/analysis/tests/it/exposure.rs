use std::collections::BTreeSet;

use proptest::prelude::*;
use tracehound_analysis::{
    Counterparties, Limits,
    exposure::{Exposures, Question, exposures},
    price::Prices,
    taint::{Direction, Mix, PropagationLimits},
    trace::{Entity, Known},
};
use tracehound_ledger::{AddrNum, Ledger, TxSpan};
use tracehound_model::{Amount, Asset, BitcoinNetwork, BlockHash, Category, OutPoint, utxo::UtxoBlock};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::{ledger_of, taint::propagations::drawn, units};

/// Some owners have names: those below 10 are thieves, those from 50 on exchanges.
struct Names<'a> {
    ledger: &'a Ledger,
    named: &'a [usize],
}

impl Known<Ledger> for Names<'_> {
    fn entity(&self, addr: AddrNum) -> Option<Entity> {
        let key = self.ledger.script_key(addr);
        let n = *self.named.iter().find(|&&n| key == Some(owner(n)))?;
        let category = if n < 10 { Category::ServiceHack } else { Category::Exchange };
        let listed_from = (n < 10).then(|| jiff::civil::date(1970, 1, 2));
        Some(Entity { label: format!("entity {n}"), category, listed_from, labelled: None })
    }

    fn mix(&self, _: &Ledger, _: TxSpan) -> Option<Mix> {
        None
    }
}

fn asked(
    ledger: &Ledger,
    subject: usize,
    direction: Direction,
    named: &[usize],
    prices: Option<&Prices>,
) -> Exposures {
    let subjects = BTreeSet::from([ledger.find_address(&owner(subject)).expect("known")]);
    let limits = PropagationLimits { dust: 0, ..PropagationLimits::default() };
    let question = Question {
        subjects: &subjects,
        tx: None,
        direction,
        limits,
        through_mixes: false,
        suspects: false,
        prices,
    };
    exposures(ledger, &question, &Names { ledger, named }).expect("answers")
}

fn rows(found: &Exposures) -> Vec<(&str, bool, u128, (u32, u32))> {
    found
        .entities
        .iter()
        .map(|row| (row.entity.label.as_str(), row.direct, units(row.amount), row.hops))
        .collect()
}

const DAY: u32 = 86_400;

/// Owner 1 (a thief) pays 300 and owner 50 (an exchange) 700 to the unnamed 20, who passes 990 on to the subject 100.
/// The subject also gets 500 from the exchange, and pays 1,200 to the unnamed 21, who pays 600 into the exchange.
fn story() -> Vec<UtxoBlock> {
    let out = |txid, vout| (OutPoint { txid, vout }, None);
    let mut first = BlockMaker::new(BlockHash::default(), DAY / 2, 0);
    let coins = first.tx(&[], &[(300, Some(owner(1))), (700, Some(owner(50))), (500, Some(owner(50)))]);
    let joined = first.tx(&[out(coins, 0), out(coins, 1)], &[(1_000, Some(owner(20)))]);
    let first = first.done();
    let mut second = BlockMaker::new(first.hash, DAY + DAY / 2, 0);
    second.tx(&[], &[(50, Some(owner(30)))]);
    let passed = second.tx(&[out(joined, 0)], &[(990, Some(owner(100)))]);
    let direct = second.tx(&[out(coins, 2)], &[(500, Some(owner(100)))]);
    let paid =
        second.tx(&[out(passed, 0), out(direct, 0)], &[(1_200, Some(owner(21))), (280, Some(owner(100)))]);
    second.tx(&[out(paid, 0)], &[(600, Some(owner(50))), (590, Some(owner(22)))]);
    vec![first, second.done()]
}

#[test]
fn sources_are_shares_by_value_and_direct_is_told_from_indirect() {
    let (_dir, ledger) = ledger_of(&story());
    let found = asked(&ledger, 100, Direction::Backward, &[1, 50], None);
    assert_eq!(found.total, Amount::from(1_490_u64));
    assert_eq!(
        rows(&found),
        [
            ("entity 50", true, 500, (1, 1)),
            ("entity 50", false, 693, (2, 2)),
            ("entity 1", false, 297, (2, 2))
        ]
    );
    assert!(found.is_complete());
    let thief = found.entities.last().expect("the thief");
    assert_eq!(thief.best_path.len(), 2, "two transactions from the thief to the subject");
    assert_eq!(thief.best_owner, ledger.find_address(&owner(1)));
}

#[test]
fn destinations_do_not_count_change() {
    let (_dir, ledger) = ledger_of(&story());
    let found = asked(&ledger, 100, Direction::Forward, &[1, 50], None);
    // 1,490 less 280 of change: 600 of the 1,200 reach the exchange, 590 are held, 10 + 10 are fees.
    assert_eq!(found.total, Amount::from(1_210_u64));
    assert_eq!(rows(&found), [("entity 50", false, 600, (2, 2))]);
    assert_eq!(
        (found.rest.unspent, found.rest.fees, found.rest.returned),
        (Amount::from(590_u64), Amount::from(20_u64), Amount::from(280_u64))
    );
}

#[test]
fn a_named_party_on_the_way_absorbs_what_lies_behind_it() {
    let (_dir, ledger) = ledger_of(&story());
    let found = asked(&ledger, 100, Direction::Backward, &[1, 20, 50], None);
    assert_eq!(rows(&found), [("entity 20", true, 990, (1, 1)), ("entity 50", true, 500, (1, 1))]);
}

#[test]
fn amounts_have_a_worth_on_their_day_and_a_side_of_the_listing() {
    let (_dir, ledger) = ledger_of(&story());
    let prices =
        Prices::from_csv("1970-01-02,1000000000", Asset::bitcoin(BitcoinNetwork::Regtest)).expect("fine");
    let found = asked(&ledger, 100, Direction::Backward, &[1, 50], Some(&prices));
    let [direct, indirect, thief] = &found.entities[..] else { panic!("three rows") };
    assert_eq!(
        direct.worth.map(|worth| (units(worth.cents), units(worth.without_price))),
        Some((500_000, 0))
    );
    // Paid by the exchange on the first day, which has no price.
    assert_eq!(indirect.worth.map(|worth| (units(worth.cents), units(worth.without_price))), Some((0, 693)));
    assert_eq!((indirect.after_listing, thief.after_listing), (None, Some(Amount::from(0_u64))));
    assert_eq!(thief.span, (DAY / 2, DAY / 2));
}

#[test]
fn a_subject_that_received_nothing_has_no_exposure() {
    let (_dir, ledger) = ledger_of(&story());
    let found = asked(&ledger, 22, Direction::Forward, &[1, 50], None);
    assert_eq!((found.total, found.entities.len(), found.is_complete()), (Amount::from(0_u64), 0, true));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Nothing is lost, and what the propagation calls direct is what the counterparties of the own transactions say.
    #[test]
    fn parts_add_up_and_direct_agrees_with_counterparties(choices in prop::collection::vec(any::<(u8, u8, u8)>(), 1..30)) {
        let (blocks, _) = drawn(&choices);
        let (_dir, ledger) = ledger_of(&blocks);
        let named: Vec<usize> = (0..200).step_by(3).collect();
        for subject in (0..200).filter(|n| n % 3 != 0) {
            let Some(addr) = ledger.find_address(&owner(subject)) else { continue };
            for direction in [Direction::Backward, Direction::Forward] {
                let found = asked(&ledger, subject, direction, &named, None);
                let entities: u128 = found.entities.iter().map(|row| units(row.amount)).sum();
                let rest = found.rest;
                let others = units(rest.coinbase) + units(rest.mixed) + units(rest.unspent) + units(rest.fees) + units(rest.unspendable) + units(rest.unknown_inputs) + units(rest.dust) + units(rest.truncated);
                prop_assert_eq!(entities + others, units(found.total));
            }
            let found = asked(&ledger, subject, Direction::Backward, &named, None);
            let direct: u128 = found.entities.iter().filter(|row| row.direct).map(|row| units(row.amount)).sum();
            let counted = Counterparties::of(&ledger, &BTreeSet::from([addr]), Limits::default());
            let named_in: u128 = counted.incoming.iter().filter(|(other, _)| {
                named.iter().any(|&n| ledger.script_key(**other) == Some(owner(n)))
            }).map(|(_, entity)| entity.amount).sum();
            // Each splits to the unit by itself; they may differ by a unit an input.
            prop_assert!(direct.abs_diff(named_in) <= 40, "{} {}", direct, named_in);
        }
    }
}
