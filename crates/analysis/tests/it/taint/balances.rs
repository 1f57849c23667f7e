//! Taint over (account, asset) balances: the reference's worked example, every way a path ends, and generated chains against
//! a propagation of everything.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use tracehound_analysis::taint::{
    Account, AccountRole, BalanceOptions, BalancePropagation, BalanceStop, Holding, Label, Lot, Method,
    TransferSeed, TransferSeedError, Truncation, follow_balances,
};
use tracehound_model::{
    Address, Amount,
    transfer::{Movement, MovementKind, TransferBlock, TransferTx, Unseen},
};
use tracehound_transfers::{
    AccountNum, Balance, BalanceAt, BalanceUnknown, MemoryTransfers, Opening, TransferNum, TransferRows,
};

const X: Label = Label(0);
const ALL: [Method; 6] =
    [Method::Poison, Method::Haircut, Method::Fifo, Method::Lifo, Method::Tiho, Method::CleanFirst];

/// A movement of ether between accounts that are one letter each; `-` is nobody.
fn moves(from: char, to: char, amount: u128) -> Movement {
    let who = |name: char| (name != '-').then_some(Address::Evm([name as u8; 20]));
    Movement {
        from: who(from),
        to: who(to),
        asset: "eip155:1/slip44:60".parse().expect("an asset"),
        amount: Amount::from(amount),
        kind: MovementKind::Native,
        proved: true,
    }
}

fn rows(opening: Opening, movements: Vec<Movement>) -> MemoryTransfers {
    let mut rows =
        MemoryTransfers::new("eip155:1".parse().expect("a chain"), opening).expect("of this chain");
    let tx = TransferTx { hash: [1; 32], movements };
    let block = TransferBlock {
        height: 0,
        hash: [1; 32],
        parent: [0; 32],
        time: 1,
        unseen: Unseen::NOTHING,
        txs: vec![tx],
    };
    rows.append(&block).expect("a block");
    rows
}

fn num(rows: &MemoryTransfers, name: char) -> AccountNum {
    rows.find_account(&Address::Evm([name as u8; 20])).expect("an account")
}

fn options(method: Method) -> BalanceOptions {
    BalanceOptions { method, hops: 100, dust: 0, transfers: 1_000 }
}

fn seed(transfer: u64) -> TransferSeed {
    TransferSeed { transfer: TransferNum(transfer), label: X }
}

fn follow(rows: &MemoryTransfers, seeds: &[TransferSeed], options: BalanceOptions) -> BalancePropagation {
    follow_balances(rows, seeds, options, &|_| None).expect("seeds that can be followed")
}

/// Where it ended: account, reason and dirty units.
fn ends(rows: &MemoryTransfers, flow: &BalancePropagation) -> Vec<(char, BalanceStop, u128)> {
    let name = |balance: Option<Balance>| match balance.and_then(|balance| rows.account(balance.account)) {
        Some(Address::Evm(bytes)) => char::from(bytes[0]),
        _ => '-',
    };
    flow.ends.iter().map(|end| (name(end.balance), end.reason, end.holding.dirty_all())).collect()
}

/// The example of the reference: what A, B and C hold of the 40 units that were stolen.
#[test]
fn the_worked_example_ends_as_the_reference_says() {
    let rows = rows(
        Opening::Nothing,
        vec![
            moves('-', 'A', 60),
            moves('-', 'V', 40),
            moves('V', 'A', 40),
            moves('A', 'B', 50),
            moves('-', 'A', 50),
            moves('A', 'C', 70),
            moves('B', 'C', 25),
        ],
    );
    let dirty = |method| {
        let flow = follow(&rows, &[seed(2)], options(method));
        assert!(flow.is_complete());
        assert_eq!(flow.totals[&X].unspent, 40, "{}", method.name());
        let held: BTreeMap<char, u128> = ends(&rows, &flow).into_iter().map(|end| (end.0, end.2)).collect();
        ['A', 'B', 'C'].map(|name| held.get(&name).copied().unwrap_or(0))
    };
    assert_eq!(dirty(Method::Haircut), [6, 10, 24]);
    assert_eq!(dirty(Method::Fifo), [0, 0, 40]);
    assert_eq!(dirty(Method::Tiho), [0, 15, 25]);
    assert_eq!(dirty(Method::CleanFirst), [30, 0, 10]);
}

#[test]
fn a_path_ends_where_the_chain_or_the_question_ends_it() {
    let rows = rows(
        Opening::Nothing,
        vec![
            moves('-', 'V', 100),
            moves('V', 'T', 100),
            Movement { kind: MovementKind::Fee, ..moves('T', 'P', 1) },
            moves('T', '-', 9),
            moves('T', 'S', 20),
            moves('T', 'M', 30),
            moves('T', 'W', 15),
            moves('T', 'D', 2),
            moves('T', 'U', 23),
            moves('S', 'Z', 20),
        ],
    );
    let role = |account: AccountNum| {
        let named = |name| account == num(&rows, name);
        match () {
            () if named('S') => Some(AccountRole::Service),
            () if named('M') => Some(AccountRole::Mixer),
            () if named('W') => Some(AccountRole::Converter),
            () => None,
        }
    };
    let options = BalanceOptions { dust: 3, ..options(Method::Fifo) };
    let flow = follow_balances(&rows, &[seed(1)], options, &role).expect("followed");
    let expected = [
        ('P', BalanceStop::Fee, 1),
        ('-', BalanceStop::Burned, 9),
        ('S', BalanceStop::ReachedService, 20),
        ('M', BalanceStop::Mixed, 30),
        ('W', BalanceStop::Converted, 15),
        ('D', BalanceStop::Truncated(Truncation::Dust), 2),
        ('U', BalanceStop::Unspent, 23),
    ];
    assert_eq!(ends(&rows, &flow), expected);
    let totals = flow.totals[&X];
    assert_eq!((totals.seeded, totals.booked()), (100, 100));
    assert_eq!((totals.fees, totals.destroyed, totals.reached_service, totals.mixed), (1, 9, 20, 30));
    assert_eq!((totals.unknown_inputs, totals.dust, totals.unspent), (15, 2, 23));
    assert!(!flow.is_complete(), "what came out of the converter was not looked at");
    assert_eq!(
        flow.steps.last().map(|step| step.transfer),
        Some(TransferNum(8)),
        "behind the service nothing is followed"
    );
}

#[test]
fn nothing_dirty_comes_of_a_transfer_of_nothing() {
    let rows = rows(
        Opening::Nothing,
        vec![
            moves('-', 'V', 5),
            moves('V', 'T', 5),
            moves('T', 'A', 0),
            moves('-', 'A', 7),
            moves('A', 'B', 7),
        ],
    );
    for method in ALL {
        let flow = follow(&rows, &[seed(1)], options(method));
        assert_eq!(ends(&rows, &flow), [('T', BalanceStop::Unspent, 5)], "{}", method.name());
        assert_eq!(flow.steps.len(), 1, "the seed alone");
    }
}

#[test]
fn a_balance_that_is_not_known_ends_the_path_as_unknown() {
    let opening = || {
        let asset = "eip155:1/slip44:60".parse().expect("an asset");
        Opening::Known(vec![(Address::Evm([b'V'; 20]), asset, Amount::from(50u64))])
    };
    let unknown = rows(opening(), vec![moves('V', 'T', 50), moves('T', 'A', 50)]);
    let flow = follow(&unknown, &[seed(0)], options(Method::Haircut));
    let expected = BalanceStop::Unknown(BalanceUnknown::Opening);
    assert_eq!(ends(&unknown, &flow), [('T', expected, 50)]);
    assert!(!flow.is_complete());
    // Transfers into it are missing.
    let overdrawn = rows(
        Opening::Nothing,
        vec![moves('-', 'V', 50), moves('V', 'T', 50), moves('T', 'A', 60), moves('A', 'B', 60)],
    );
    let flow = follow(&overdrawn, &[seed(1)], options(Method::Haircut));
    let expected = BalanceStop::Unknown(BalanceUnknown::Overdrawn(TransferNum(2)));
    assert_eq!(ends(&overdrawn, &flow), [('T', expected, 50)], "none of it is said to be at A or B");
    let to_oneself = rows(
        Opening::Nothing,
        vec![
            moves('-', 'V', 50),
            moves('V', 'T', 50),
            moves('T', 'T', 50),
            moves('T', 'T', 51),
            moves('T', 'A', 9),
        ],
    );
    let flow = follow(&to_oneself, &[seed(1)], options(Method::Fifo));
    assert_eq!(
        ends(&to_oneself, &flow),
        [('T', BalanceStop::Unknown(BalanceUnknown::Overdrawn(TransferNum(3))), 50)]
    );
    // Once overdrawn, a balance is known no more: nor when it is dirtied later.
    let later = rows(
        Opening::Nothing,
        vec![moves('T', 'A', 1), moves('-', 'V', 50), moves('V', 'T', 50), moves('T', 'B', 50)],
    );
    let flow = follow(&later, &[seed(2)], options(Method::Fifo));
    assert_eq!(
        ends(&later, &flow),
        [('T', BalanceStop::Unknown(BalanceUnknown::Overdrawn(TransferNum(0))), 50)]
    );
}

#[test]
fn amounts_that_no_rule_divides_end_the_path_and_never_wrap() {
    let huge = u128::MAX - 10;
    let too_much = rows(
        Opening::Nothing,
        vec![moves('-', 'V', 50), moves('V', 'T', 50), moves('-', 'T', huge), moves('T', 'A', 50)],
    );
    let flow = follow(&too_much, &[seed(1)], options(Method::Haircut));
    assert_eq!(ends(&too_much, &flow), [('T', BalanceStop::TooLarge, 50)]);
    let mut beyond = moves('-', 'T', 0);
    beyond.amount = Amount::from_be_bytes([0xff; 32]);
    let beyond = vec![moves('-', 'V', 50), beyond, moves('V', 'T', 50)];
    let rows_beyond = rows(Opening::Nothing, beyond);
    let asked = |seed| follow_balances(&rows_beyond, &[seed], options(Method::Fifo), &|_| None);
    assert_eq!(asked(seed(1)), Err(TransferSeedError::TooLarge(TransferNum(1))));
    let flow = asked(seed(2)).expect("followed");
    // What T held and what came to it pass 256 bits together; before that T alone passes 128.
    assert_eq!(ends(&rows_beyond, &flow), [('T', BalanceStop::TooLarge, 50)]);
}

#[test]
fn limits_are_booked() {
    let chain = vec![
        moves('-', 'V', 50),
        moves('V', 'A', 50),
        moves('A', 'B', 50),
        moves('B', 'C', 50),
        moves('V', 'D', 0),
    ];
    let rows = rows(Opening::Nothing, chain);
    let hops = BalanceOptions { hops: 1, ..options(Method::Fifo) };
    assert_eq!(
        ends(&rows, &follow(&rows, &[seed(1)], hops)),
        [('B', BalanceStop::Truncated(Truncation::Hops), 50)]
    );
    let work = BalanceOptions { transfers: 2, ..options(Method::Fifo) };
    let flow = follow(&rows, &[seed(1)], work);
    assert_eq!(ends(&rows, &flow), [('B', BalanceStop::Truncated(Truncation::Work), 50)]);
    assert!(!flow.is_complete());
    let none = BalanceOptions { transfers: 0, ..options(Method::Fifo) };
    assert_eq!(
        ends(&rows, &follow(&rows, &[seed(1)], none)),
        [('A', BalanceStop::Truncated(Truncation::Work), 50)]
    );
}

#[test]
fn a_pool_is_as_far_from_the_theft_as_the_nearest_that_came_to_it() {
    let rows = rows(
        Opening::Nothing,
        vec![
            moves('-', 'V', 90),
            moves('V', 'A', 90),
            moves('A', 'B', 30),
            moves('A', 'C', 30),
            moves('C', 'B', 30),
            moves('B', 'D', 60),
        ],
    );
    let flow = follow(&rows, &[seed(1)], options(Method::Fifo));
    let hops: Vec<(u64, u32)> = flow.steps.iter().map(|step| (step.transfer.0, step.hop)).collect();
    assert_eq!(hops, [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2)]);
}

#[test]
fn what_comes_to_another_seed_is_counted_with_that_one() {
    let rows = rows(
        Opening::Nothing,
        vec![
            moves('-', 'V', 50),
            moves('-', 'W', 30),
            moves('V', 'W', 50),
            moves('W', 'T', 80),
            moves('T', 'A', 10),
        ],
    );
    let seeds = [seed(2), TransferSeed { transfer: TransferNum(3), label: Label(1) }];
    for method in ALL.into_iter().filter(|method| method.conserves()) {
        let flow = follow(&rows, &seeds, options(method));
        assert_eq!((flow.totals[&X].rejoined, flow.totals[&X].unspent), (50, 0), "{}", method.name());
        assert_eq!((flow.totals[&Label(1)].seeded, flow.totals[&Label(1)].unspent), (80, 80));
    }
}

#[test]
fn seeds_that_cannot_be_followed_are_errors() {
    let rows = rows(
        Opening::Nothing,
        vec![
            moves('-', 'V', 50),
            moves('V', 'V', 5),
            moves('V', 'T', 0),
            moves('V', '-', 5),
            moves('V', 'T', 1),
        ],
    );
    let error = |seeds: &[TransferSeed]| {
        follow_balances(&rows, seeds, options(Method::Fifo), &|_| None).expect_err("refused")
    };
    assert_eq!(error(&[]), TransferSeedError::None);
    assert_eq!(error(&[seed(9)]), TransferSeedError::NotThere(TransferNum(9)));
    assert_eq!(error(&[seed(4), seed(4)]), TransferSeedError::Twice(TransferNum(4)));
    for nothing in [1, 2, 3] {
        assert_eq!(error(&[seed(nothing)]), TransferSeedError::MovesNothing(TransferNum(nothing)));
    }
}

/// Any movements among five accounts: some overdraw, some mint and burn, some go to the sender.
fn movements() -> impl Strategy<Value = Vec<Movement>> {
    let name = || prop::sample::select(vec!['-', 'A', 'B', 'C', 'D', 'E']);
    let kind = prop::sample::select(vec![MovementKind::Native, MovementKind::Native, MovementKind::Fee]);
    let one =
        (name(), name(), 0u128..200, any::<bool>(), kind).prop_map(|(from, to, amount, other, kind)| {
            let mut movement = Movement { kind, ..moves(from, to, amount) };
            if other {
                movement.asset =
                    "eip155:1/erc20:0xdAC17F958D2ee523a2206206994597C13D831ec7".parse().expect("an asset");
            }
            movement
        });
    let issued = ['A', 'B', 'C'].map(|name| moves('-', name, 1_000)).to_vec();
    prop::collection::vec(one, 0..40).prop_map(move |movements| [issued.clone(), movements].concat())
}

/// The same question answered by keeping every balance, clean ones too, from the first transfer on.
struct Dense {
    pools: HashMap<Balance, Account>,
    /// Dirty units that left the pools: fees, what was burned, and what a broken balance took along.
    gone: u128,
}

fn dense(rows: &MemoryTransfers, seeds: &[TransferSeed], method: Method) -> Dense {
    let mut dense = Dense { pools: HashMap::new(), gone: 0 };
    for num in (0..rows.transfer_count()).map(TransferNum) {
        let transfer = rows.transfer(num).expect("held");
        let amount = transfer.amount.to_u128().expect("small");
        if transfer.from == transfer.to {
            if let Some(pool) = transfer.source().and_then(|balance| dense.pools.get_mut(&balance))
                && pool.holding().value() < amount
            {
                dense.gone += pool.holding().dirty_all();
                *pool = Account::default();
            }
            continue;
        }
        let known =
            |balance: Balance| matches!(rows.before(balance, TransferNum(num.0 + 1)), BalanceAt::Known(_));
        let mut moved = Holding::clean(amount);
        if let Some(source) = transfer.source() {
            let pool = dense.pools.entry(source).or_default();
            if let Ok(drawn) = pool.withdraw(method, amount) {
                moved = drawn;
            } else {
                // Not known from here on; whatever it had is nowhere.
                dense.gone += pool.holding().dirty_all();
                *pool = Account::default();
            }
        }
        if let Some(seed) = seeds.iter().find(|seed| seed.transfer == num) {
            dense.gone += moved.dirty_all();
            moved = Holding::default();
            moved.push(Lot { amount, label: Some(seed.label) });
        }
        match transfer.target() {
            Some(target) if transfer.kind != MovementKind::Fee && known(target) => {
                dense.pools.entry(target).or_default().deposit(&moved);
            }
            Some(target) => {
                dense.gone += moved.dirty_all();
                dense.pools.entry(target).or_default().deposit(&Holding::clean(amount));
            }
            None => dense.gone += moved.dirty_all(),
        }
    }
    dense
}

fn seeds_of(rows: &MemoryTransfers, wanted: &[prop::sample::Index]) -> Vec<TransferSeed> {
    let good = |num: &u64| {
        let transfer = rows.transfer(TransferNum(*num)).expect("held");
        let fee = transfer.kind == MovementKind::Fee;
        !transfer.amount.is_zero() && transfer.to.is_some() && transfer.from != transfer.to && !fee
    };
    let good: Vec<u64> = (0..rows.transfer_count()).filter(good).collect();
    let mut nums: Vec<u64> = wanted.iter().map(|index| good[index.index(good.len())]).collect();
    nums.sort_unstable();
    nums.dedup();
    let label = |at: u64| Label(u16::from(at % 2 == 1));
    nums.into_iter().map(|num| TransferSeed { transfer: TransferNum(num), label: label(num) }).collect()
}

proptest! {
    /// Following only what is dirty gives what keeping every balance gives, lot by lot.
    #[test]
    fn what_is_followed_is_what_a_propagation_of_everything_finds(
        movements in movements(),
        wanted in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
    ) {
        let rows = rows(Opening::Nothing, movements);
        let seeds = seeds_of(&rows, &wanted);
        for method in ALL.into_iter().filter(|method| method.conserves()) {
            let flow = follow(&rows, &seeds, options(method));
            let dense = dense(&rows, &seeds, method);
            let unspent: HashMap<Balance, &Holding> = flow
                .ends
                .iter()
                .filter(|end| end.reason == BalanceStop::Unspent)
                .filter_map(|end| Some((end.balance?, &end.holding)))
                .collect();
            for (balance, pool) in &dense.pools {
                let found = unspent.get(balance).map_or(0, |holding| holding.dirty_all());
                prop_assert_eq!(pool.holding().dirty_all(), found, "{} {:?}", method.name(), balance);
                if let Some(holding) = unspent.get(balance) {
                    prop_assert_eq!(&pool.holding().by_label(), &holding.by_label());
                    prop_assert_eq!(pool.holding().value(), holding.value());
                }
            }
            let elsewhere: u128 = flow.totals.values().map(|totals| totals.booked() - totals.unspent).sum();
            prop_assert_eq!(elsewhere, dense.gone, "{}", method.name());
        }
    }

    /// Every unit is booked once, whatever the limits.
    #[test]
    fn every_unit_is_somewhere(
        movements in movements(),
        wanted in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
        hops in 0u32..6,
        dust in 0u128..50,
        transfers in 0usize..30,
        roles in prop::collection::vec(0u8..6, 5),
    ) {
        let rows = rows(Opening::Nothing, movements);
        let seeds = seeds_of(&rows, &wanted);
        let role = |account: AccountNum| match roles.get(account.0 as usize) {
            Some(0) => Some(AccountRole::Service),
            Some(1) => Some(AccountRole::Mixer),
            Some(2) => Some(AccountRole::Converter),
            _ => None,
        };
        for method in ALL {
            let options = BalanceOptions { method, hops, dust, transfers };
            let flow = follow_balances(&rows, &seeds, options, &role).expect("followed");
            for (label, totals) in &flow.totals {
                if method.conserves() {
                    prop_assert_eq!(totals.booked(), totals.seeded, "{} {:?}", method.name(), label);
                } else {
                    prop_assert!(totals.booked() >= totals.seeded, "poison grows");
                }
                let in_ends: u128 = flow.ends.iter().map(|end| end.holding.dirty(*label)).sum();
                prop_assert_eq!(in_ends, totals.booked());
            }
        }
    }
}
