//! Taint over (account, asset) balances: the reference's worked example, every way a path ends, and generated chains against
//! a propagation of everything.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use tracehound_analysis::taint::{
    Account, AccountRole, BalanceOptions, BalancePropagation, BalanceStop, Holding, Label, Lot, Method,
    Totals, TransferSeed, TransferSeedError, Truncation, follow_balances,
};
use tracehound_model::{
    Address, Amount,
    transfer::{Movement, MovementKind, TransferBlock, TransferTx, Unseen},
};
use tracehound_transfers::{
    AccountNum, Balance, BalanceAt, BalanceUnknown, MemoryTransfers, Opening, TransferNum, TransferRows,
};

pub(super) const X: Label = Label(0);
const ALL: [Method; 6] =
    [Method::Poison, Method::Haircut, Method::Fifo, Method::Lifo, Method::Tiho, Method::CleanFirst];

/// A movement of ether between accounts that are one letter each; `-` is nobody.
pub(super) fn moves(from: char, to: char, amount: u128) -> Movement {
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

/// All in one transaction.
pub(super) fn rows(opening: Opening, movements: Vec<Movement>) -> MemoryTransfers {
    rows_of(opening, vec![movements])
}

/// Movements by transaction.
pub(super) fn rows_of(opening: Opening, txs: Vec<Vec<Movement>>) -> MemoryTransfers {
    let mut rows =
        MemoryTransfers::new("eip155:1".parse().expect("a chain"), opening).expect("of this chain");
    let tx = |(at, movements): (usize, Vec<Movement>)| {
        let mut hash = [1; 32];
        hash[..8].copy_from_slice(&(at as u64).to_be_bytes());
        TransferTx { hash, movements }
    };
    let block = TransferBlock {
        height: 0,
        hash: [1; 32],
        parent: [0; 32],
        time: 1,
        unseen: Unseen::NOTHING,
        txs: txs.into_iter().enumerate().map(tx).collect(),
    };
    rows.append(&block).expect("a block");
    rows
}

pub(super) fn num(rows: &MemoryTransfers, name: char) -> AccountNum {
    rows.find_account(&Address::Evm([name as u8; 20])).expect("an account")
}

pub(super) fn options(method: Method) -> BalanceOptions {
    BalanceOptions { method, hops: 100, dust: 0, transfers: 1_000 }
}

fn seed(transfer: u64) -> TransferSeed {
    TransferSeed { transfer: TransferNum(transfer), label: X }
}

fn follow(rows: &MemoryTransfers, seeds: &[TransferSeed], options: BalanceOptions) -> BalancePropagation {
    follow_balances(rows, seeds, options, &|_| None).expect("seeds that can be followed")
}

/// Sums of a label in the one asset that is there.
pub(super) fn totals(flow: &BalancePropagation, label: Label) -> Totals {
    let all: Vec<Totals> =
        flow.totals.iter().filter(|entry| entry.0.0 == label).map(|entry| *entry.1).collect();
    assert_eq!(all.len(), 1, "one asset: {all:?}");
    all[0]
}

/// Where it ended: account, reason and dirty units.
pub(super) fn ends(rows: &MemoryTransfers, flow: &BalancePropagation) -> Vec<(char, BalanceStop, u128)> {
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
        assert_eq!(totals(&flow, X).unspent, 40, "{}", method.name());
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
    let totals = totals(&flow, X);
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
        assert_eq!((totals(&flow, X).rejoined, totals(&flow, X).unspent), (50, 0), "{}", method.name());
        assert_eq!((totals(&flow, Label(1)).seeded, totals(&flow, Label(1)).unspent), (80, 80));
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
        cuts in prop::collection::vec(1usize..6, 43),
    ) {
        let mut movements = movements.into_iter();
        let txs = cuts.iter().map(|count| movements.by_ref().take(*count).collect()).collect();
        let rows = rows_of(Opening::Nothing, txs);
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
            for ((label, asset), totals) in &flow.totals {
                if method.conserves() {
                    prop_assert_eq!(totals.booked(), totals.seeded, "{} {:?}", method.name(), label);
                } else {
                    prop_assert!(totals.booked() >= totals.seeded, "poison grows");
                }
                let ends = flow.ends.iter().filter(|end| end.asset == *asset);
                let in_ends: u128 = ends.map(|end| end.holding.dirty(*label)).sum();
                prop_assert_eq!(in_ends, totals.booked() - totals.exchanged);
            }
        }
    }
}

/// A movement of a token; `amount` of what `token` calls.
fn token(token: u8, from: char, to: char, amount: u128) -> Movement {
    let asset = format!("eip155:1/erc20:0x{}", hex::encode([token; 20])).parse().expect("an asset");
    Movement { asset, kind: MovementKind::Token, ..moves(from, to, amount) }
}

/// The thief has 60 stolen units of token 1 and 40 of his own; P, Q and W convert, H is an exchange.
fn exchanged(
    trade: Vec<Movement>,
    more: Vec<Movement>,
) -> (MemoryTransfers, impl Fn(AccountNum) -> Option<AccountRole>) {
    let before =
        vec![token(1, '-', 'T', 40), token(1, '-', 'V', 60), token(1, 'V', 'T', 60), moves('-', 'T', 1_000)];
    let known: Vec<Movement> = ['P', 'Q', 'W', 'H'].map(|name| moves('-', name, 1_000_000)).to_vec();
    let rows = rows_of(Opening::Nothing, vec![known, before, trade, more]);
    let converters = ['P', 'Q', 'W'].map(|name| num(&rows, name));
    let service = num(&rows, 'H');
    let role = move |account: AccountNum| match account {
        account if converters.contains(&account) => Some(AccountRole::Converter),
        account if account == service => Some(AccountRole::Service),
        _ => None,
    };
    (rows, role)
}

/// What is dirty at the end by account and asset (0 is ether), and whether all was followed.
fn dirty_after(trade: Vec<Movement>, more: Vec<Movement>, method: Method) -> (Vec<(char, u8, u128)>, bool) {
    let (rows, role) = exchanged(trade, more);
    let flow = follow_balances(&rows, &[seed(6)], options(method), &role).expect("followed");
    for ((label, asset), totals) in &flow.totals {
        assert_eq!(totals.booked(), totals.seeded, "{} {label:?} {asset:?}", method.name());
    }
    let asset = |end: &tracehound_analysis::taint::BalanceEnd| {
        let asset = rows.asset(end.asset).expect("held").to_string();
        asset.split_once("0x").map_or(0, |(_, hex)| u8::from_str_radix(&hex[..2], 16).expect("digits"))
    };
    let name = |balance: Option<Balance>| match balance.and_then(|balance| rows.account(balance.account)) {
        Some(Address::Evm(bytes)) => char::from(bytes[0]),
        _ => '-',
    };
    let ends = flow.ends.iter().map(|end| (name(end.balance), asset(end), end.holding.dirty_all())).collect();
    (ends, flow.is_complete())
}

/// Half of what he gives is stolen by haircut and all of it by taint-first: so is what he gets.
#[test]
fn what_is_bought_is_as_dirty_as_what_was_given_for_it() {
    let v2 = || vec![token(1, 'T', 'P', 50), moves('P', 'T', 2_000)];
    let v3 = || vec![moves('P', 'T', 2_000), token(1, 'T', 'P', 50)];
    let two_hops = || vec![token(1, 'T', 'P', 50), token(2, 'P', 'Q', 7), moves('Q', 'T', 2_000)];
    // Somebody between who is not known to convert, and passes on what he gets.
    let between = || {
        vec![
            token(1, 'T', 'X', 50),
            token(1, 'X', 'P', 50),
            token(2, 'P', 'X', 2_000),
            token(2, 'X', 'T', 2_000),
        ]
    };
    for (what, trade) in [("V2", v2()), ("V3", v3()), ("two hops", two_hops())] {
        let after = |method| dirty_after(trade.clone(), vec![], method);
        assert_eq!(after(Method::Haircut), (vec![('T', 0, 1_200), ('T', 1, 30)], true), "{what}");
        // First what he had of his own.
        assert_eq!(after(Method::Fifo), (vec![('T', 0, 400), ('T', 1, 50)], true), "{what}");
        assert_eq!(after(Method::Tiho), (vec![('T', 0, 2_000), ('T', 1, 10)], true), "{what}");
        assert_eq!(after(Method::CleanFirst), (vec![('T', 0, 400), ('T', 1, 50)], true), "{what}");
    }
    assert_eq!(dirty_after(between(), vec![], Method::Haircut), (vec![('T', 1, 30), ('T', 2, 1_200)], true));
    // The fee goes out of the balance into which the bought comes, before it: it takes nothing of that along.
    let fee = || Movement { kind: MovementKind::Fee, ..moves('T', 'F', 7) };
    for trade in [v2(), v3(), two_hops()] {
        let with_fee = [vec![fee()], trade].concat();
        let expected = (vec![('T', 0, 1_200), ('T', 1, 30)], true);
        assert_eq!(dirty_after(with_fee, vec![], Method::Haircut), expected);
    }
    // Followed on: 1,200 of 3,000 wei are dirty, so 400 of 1,000.
    let onwards = vec![moves('T', 'H', 1_000)];
    let (ends, _) = dirty_after(v3(), onwards, Method::Haircut);
    assert_eq!(ends, [('H', 0, 400), ('T', 0, 800), ('T', 1, 30)]);
}

#[test]
fn wrappers_issue_and_destroy_what_they_give_and_take() {
    let wrap =
        vec![token(1, 'T', 'P', 100), moves('P', 'T', 500), moves('T', 'W', 500), token(9, '-', 'T', 500)];
    // What he had of ether before is mixed with what he bought: two given assets, and no one share.
    let (ends, complete) = dirty_after(wrap, vec![], Method::Haircut);
    assert!(!complete, "{ends:?}");
    let unwrap = vec![token(1, 'T', '-', 100), moves('W', 'T', 500)];
    assert_eq!(dirty_after(unwrap, vec![], Method::Haircut), (vec![('T', 0, 300)], true));
    let vault = vec![token(1, 'T', 'W', 100), token(9, '-', 'T', 7)];
    assert_eq!(dirty_after(vault, vec![], Method::Haircut), (vec![('T', 9, 4)], true));
    let burnt = vec![token(1, 'T', '-', 100)];
    assert_eq!(
        dirty_after(burnt, vec![], Method::Haircut),
        (vec![('-', 1, 60)], true),
        "nobody gave anything for it"
    );
}

#[test]
fn change_comes_back_as_what_it_was() {
    let trade = vec![token(1, 'T', 'P', 100), moves('P', 'T', 800), token(1, 'P', 'T', 20)];
    let (ends, complete) = dirty_after(trade, vec![], Method::Haircut);
    assert_eq!((&ends[..], complete), (&[('T', 0, 480), ('T', 1, 12)][..], true));
}

#[test]
fn of_several_buyers_each_has_what_came_back_to_him() {
    let settlement = vec![
        token(1, 'T', 'P', 100),
        token(2, '-', 'B', 80),
        token(2, 'B', 'P', 80),
        moves('P', 'T', 800),
        token(1, 'P', 'B', 90),
    ];
    // What is issued to B comes of P, which converts; B gives it in the same breath.
    let (ends, _) = dirty_after(settlement, vec![], Method::Haircut);
    assert_eq!(ends, [('T', 0, 480)]);
    // Somebody else gets what he paid for, and nobody else gave anything.
    let gift = vec![token(1, 'T', 'P', 100), moves('P', 'F', 800)];
    assert_eq!(dirty_after(gift, vec![], Method::Haircut), (vec![('F', 0, 480)], true));
}

/// Two assets at once, or nothing back: what it became is another question.
#[test]
fn what_has_no_one_share_ends_there() {
    let liquidity = vec![token(1, 'T', 'P', 100), moves('T', 'P', 500), token(9, '-', 'T', 70)];
    assert_eq!(dirty_after(liquidity, vec![], Method::Haircut), (vec![('P', 1, 60)], false));
    let bridge = vec![token(1, 'T', 'P', 100)];
    assert_eq!(dirty_after(bridge, vec![], Method::Haircut), (vec![('P', 1, 60)], false));
    let loan = vec![token(1, 'T', 'P', 100), token(1, 'P', 'T', 101), moves('P', 'T', 1)];
    let more_than_given = dirty_after(loan, vec![], Method::Haircut);
    assert_eq!(more_than_given, (vec![('P', 1, 60)], false), "more of it comes back than was given");
}

/// He sells more than once in one transaction, and gets a part that he passes on before all is given.
#[test]
fn what_comes_before_all_is_given_and_goes_on_at_once_is_not_followed() {
    let trade = vec![
        token(1, 'T', 'P', 50),
        moves('P', 'T', 500),
        moves('T', 'F', 900),
        token(1, 'T', 'P', 50),
        moves('P', 'T', 500),
    ];
    let (ends, complete) = dirty_after(trade, vec![], Method::Haircut);
    assert_eq!(ends, [('-', 0, 300), ('T', 0, 300)]);
    assert!(!complete);
}

/// What is clean of what is given is no nearer and no farther from the theft, and dust is a matter of the stolen asset.
#[test]
fn what_is_bought_is_as_near_as_the_nearest_that_was_given() {
    // The last in are the stolen ones: they go first.
    let trade = || vec![token(1, 'T', 'P', 60), token(1, 'T', 'P', 40), token(2, 'P', 'T', 20)];
    let onwards = || vec![token(2, 'T', 'F', 20)];
    assert_eq!(dirty_after(trade(), onwards(), Method::Lifo), (vec![('F', 2, 12)], true));
    let (rows, role) = exchanged(trade(), onwards());
    let options = BalanceOptions { dust: 30, ..options(Method::Lifo) };
    let flow = follow_balances(&rows, &[seed(6)], options, &role).expect("followed");
    let hops: Vec<(u64, u32)> = flow.steps.iter().map(|step| (step.transfer.0, step.hop)).collect();
    assert_eq!(hops, [(6, 0), (8, 1), (10, 2), (11, 3)], "12 units of another asset are no dust");
}
