//! The way back over balances: every way a path ends, what was given for what came, and generated chains against the way there.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tracehound_analysis::taint::{
    AccountRole, BalanceOptions, BalancePropagation, BalanceStop, Label, Method, TransferSeed,
    TransferSeedError, Truncation, follow_back, follow_balances,
};
use tracehound_model::{
    Amount,
    transfer::{Movement, MovementKind},
};
use tracehound_transfers::{AccountNum, BalanceUnknown, MemoryTransfers, Opening, TransferNum, TransferRows};

use super::balances::{X, ends, moves, num, options, rows, rows_of, totals};

fn back(rows: &MemoryTransfers, seeds: &[u64], options: BalanceOptions) -> BalancePropagation {
    let seeds: Vec<TransferNum> = seeds.iter().map(|num| TransferNum(*num)).collect();
    follow_back(rows, &seeds, options, &|_| None).expect("seeds that can be followed")
}

fn haircut() -> BalanceOptions {
    options(Method::Haircut)
}

#[test]
fn what_a_balance_holds_came_from_all_that_came_to_it_in_proportion() {
    let rows = rows(
        Opening::Nothing,
        vec![
            moves('-', 'T', 300),
            moves('-', 'V', 100),
            moves('T', 'A', 300),
            moves('V', 'A', 100),
            // What goes elsewhere takes of both.
            moves('A', 'B', 200),
            moves('-', 'W', 200),
            moves('W', 'A', 200),
            moves('A', 'C', 100),
        ],
    );
    let flow = back(&rows, &[7], haircut());
    // A quarter of C's hundred is of each hundred that A held: 150 of T, 50 of V, 200 of W.
    let issued: BTreeMap<u64, u128> =
        flow.ends.iter().filter_map(|end| Some((end.transfer?.0, end.holding.dirty_all()))).collect();
    assert_eq!(issued.values().sum::<u128>(), 100);
    assert_eq!(issued[&5], 50, "half of what A held came from W");
    assert!((37..=38).contains(&issued[&0]) && (12..=13).contains(&issued[&1]), "{issued:?}");
    assert_eq!(
        (totals(&flow, X).seeded, totals(&flow, X).booked(), totals(&flow, X).coinbase),
        (100, 100, 100)
    );
    let steps: Vec<(u64, u32)> = flow.steps.iter().map(|step| (step.transfer.0, step.hop)).collect();
    assert_eq!(steps, [(0, 2), (1, 2), (2, 1), (3, 1), (5, 2), (6, 1), (7, 0)], "in the order of the chain");
    assert!(flow.is_complete());
}

#[test]
fn the_way_back_ends_where_the_chain_or_the_question_ends_it() {
    let rows = rows(
        Opening::Nothing,
        vec![
            moves('-', 'S', 20),
            moves('-', 'M', 30),
            moves('-', 'D', 2),
            moves('-', 'F', 48),
            moves('S', 'T', 20),
            moves('M', 'T', 30),
            moves('D', 'T', 2),
            moves('F', 'T', 48),
            moves('T', 'U', 100),
        ],
    );
    let role = |account: AccountNum| match () {
        () if account == num(&rows, 'S') => Some(AccountRole::Service),
        () if account == num(&rows, 'M') => Some(AccountRole::Mixer),
        () => None,
    };
    let options = BalanceOptions { dust: 3, ..haircut() };
    let flow = follow_back(&rows, &[TransferNum(8)], options, &role).expect("followed");
    let mut found = ends(&rows, &flow);
    found.sort_unstable_by_key(|end| (end.0, end.2));
    let expected = [
        ('-', BalanceStop::Issued, 48),
        ('D', BalanceStop::Truncated(Truncation::Dust), 2),
        ('M', BalanceStop::Mixed, 30),
        ('S', BalanceStop::ReachedService, 20),
    ];
    assert_eq!(found, expected);
    let sums = totals(&flow, X);
    assert_eq!((sums.seeded, sums.booked(), sums.dust, sums.mixed), (100, 100, 2, 30));
    // Limits: what they cut is said.
    let near = back(&rows, &[8], BalanceOptions { hops: 1, ..haircut() });
    assert!(ends(&rows, &near).iter().all(|end| end.1 == BalanceStop::Truncated(Truncation::Hops)));
    assert_eq!(totals(&near, X).truncated, 100);
    assert!(!near.is_complete());
    let short = back(&rows, &[8], BalanceOptions { transfers: 2, ..haircut() });
    assert_eq!(totals(&short, X).booked(), 100);
    assert!(totals(&short, X).truncated > 0 && !short.is_complete());
}

#[test]
fn a_balance_that_is_not_known_ends_the_way_back() {
    let movements = vec![moves('V', 'T', 50), moves('T', 'A', 40)];
    let unknown = rows(Opening::Known(Vec::new()), movements.clone());
    let flow = back(&unknown, &[1], haircut());
    assert_eq!(ends(&unknown, &flow), [('T', BalanceStop::Unknown(BalanceUnknown::Opening), 40)]);
    assert!(!flow.is_complete());
    // Overdrawn: V never had it.
    let drawn = rows(Opening::Nothing, movements);
    let flow = back(&drawn, &[1], haircut());
    let expected = BalanceStop::Unknown(BalanceUnknown::Overdrawn(TransferNum(0)));
    assert_eq!(ends(&drawn, &flow), [('V', expected, 40)]);
}

#[test]
fn what_came_for_something_is_sought_in_what_was_given_for_it() {
    let token: tracehound_model::Asset =
        "eip155:1/erc20:0xdAC17F958D2ee523a2206206994597C13D831ec7".parse().expect("an asset");
    let of_token = |movement: Movement| Movement { asset: token, kind: MovementKind::Token, ..movement };
    let rows = rows_of(
        Opening::Nothing,
        vec![
            vec![moves('-', 'P', 1_000), of_token(moves('-', 'T', 600))],
            // The thief gives 600 tokens to the pool for 300 ether.
            vec![of_token(moves('T', 'P', 600)), moves('P', 'T', 300)],
            vec![moves('T', 'C', 100)],
        ],
    );
    let role = |account: AccountNum| (account == num(&rows, 'P')).then_some(AccountRole::Converter);
    let flow = follow_back(&rows, &[TransferNum(4)], haircut(), &role).expect("followed");
    let asset = rows.find_asset(&token).expect("held");
    let ether = rows.transfer(TransferNum(4)).expect("held").asset;
    assert_eq!((flow.totals[&(X, ether)].exchanged, flow.totals[&(X, asset)].seeded), (100, 200));
    assert_eq!(flow.totals[&(X, asset)].coinbase, 200);
    let exchange = &flow.exchanges[0];
    assert_eq!((exchange.given, exchange.taken, exchange.holding.dirty_all()), (asset, ether, 200));
    // Given behind what came: nothing says what for.
    let late = rows_of(
        Opening::Nothing,
        vec![
            vec![moves('-', 'P', 1_000), of_token(moves('-', 'T', 600))],
            vec![moves('P', 'T', 300), of_token(moves('T', 'P', 600))],
        ],
    );
    let role = |account: AccountNum| (account == num(&late, 'P')).then_some(AccountRole::Converter);
    let flow = follow_back(&late, &[TransferNum(2)], haircut(), &role).expect("followed");
    assert_eq!(ends(&late, &flow), [('P', BalanceStop::Converted, 300)]);
}

#[test]
fn what_came_by_another_seed_is_counted_with_that_one() {
    let rows = rows(Opening::Nothing, vec![moves('-', 'V', 50), moves('V', 'T', 50), moves('T', 'A', 30)]);
    let flow = back(&rows, &[1, 2], haircut());
    assert_eq!((totals(&flow, X).seeded, totals(&flow, X).rejoined, totals(&flow, X).coinbase), (80, 30, 50));
    let error = |seeds: &[u64]| {
        let seeds: Vec<TransferNum> = seeds.iter().map(|num| TransferNum(*num)).collect();
        follow_back(&rows, &seeds, haircut(), &|_| None).expect_err("refused")
    };
    assert_eq!(error(&[]), TransferSeedError::None);
    assert_eq!(error(&[9]), TransferSeedError::NotThere(TransferNum(9)));
    assert_eq!(error(&[1, 1]), TransferSeedError::Twice(TransferNum(1)));
}

/// Movements among five accounts that never take more than there is.
fn covered() -> impl Strategy<Value = Vec<Movement>> {
    let one = (0usize..5, 0usize..5, 0u128..10_000);
    prop::collection::vec(one, 1..40).prop_map(|wanted| {
        let names = ['A', 'B', 'C', 'D', 'E'];
        let mut held = [1_000_000u128, 700_000, 300_000, 0, 0];
        let mut movements: Vec<Movement> = (0..3).map(|at| moves('-', names[at], held[at])).collect();
        for (from, to, part) in wanted {
            let amount = held[from] * part / 10_000;
            if from == to || amount == 0 {
                continue;
            }
            held[from] -= amount;
            held[to] += amount;
            movements.push(moves(names[from], names[to], amount));
        }
        movements
    })
}

proptest! {
    /// The way back from a transfer finds of each issue what the way there from that issue brings into the transfer, but for what
    /// rounding does at each step.
    #[test]
    fn the_way_back_finds_what_the_way_there_brought(movements in covered()) {
        let rows = rows(Opening::Nothing, movements);
        let last = rows.transfer_count() - 1;
        let seeds: Vec<TransferSeed> =
            (0u16..3).map(|at| TransferSeed { transfer: TransferNum(u64::from(at)), label: Label(at) }).collect();
        let there = follow_balances(&rows, &seeds, haircut(), &|_| None).expect("followed");
        let step = there.steps.iter().find(|step| step.transfer.0 == last);
        let by_label: BTreeMap<Label, u128> =
            step.map(|step| step.holding.by_label().into_iter().collect()).unwrap_or_default();
        let flow = back(&rows, &[last], haircut());
        let mut by_issue: BTreeMap<Label, u128> = BTreeMap::new();
        for end in &flow.ends {
            prop_assert_eq!(end.reason, BalanceStop::Issued);
            let issue = end.transfer.expect("by an issue").0;
            *by_issue.entry(Label(issue as u16)).or_default() += end.holding.dirty_all();
        }
        let sums = totals(&flow, X);
        let amount = rows.transfer(TransferNum(last)).map(|transfer| transfer.amount);
        prop_assert_eq!(Some(Amount::from(sums.seeded)), amount);
        prop_assert_eq!(sums.booked(), sums.seeded);
        for label in (0u16..3).map(Label) {
            let of = |all: &BTreeMap<Label, u128>| all.get(&label).copied().unwrap_or(0);
            prop_assert!(of(&by_label).abs_diff(of(&by_issue)) <= 2 * u128::from(rows.transfer_count()),
                "{:?} {:?}", by_label, by_issue);
        }
    }
}
