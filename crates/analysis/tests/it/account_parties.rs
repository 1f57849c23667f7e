//! Direct counterparties of accounts, and ways between them.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tracehound_analysis::{
    account_parties::{AccountParties, AccountParty, PartyLimits, account_parties},
    account_path::{AccountPathLimits, AccountWays, account_ways},
};
use tracehound_model::{
    Address, Amount, Asset,
    transfer::{Movement, MovementKind, TransferBlock, TransferTx, Unseen},
};
use tracehound_transfers::{
    AccountNum, AssetNum, Balance, BalanceAt, MemoryTransfers, Opening, TransferNum, TransferRows,
};

const ETHER: &str = "eip155:1/slip44:60";
/// A token whose unit is known, and one of anybody's.
const DOLLAR: &str = "eip155:1/erc20:0xdAC17F958D2ee523a2206206994597C13D831ec7";
const SPAM: &str = "eip155:1/erc20:0x1111111111111111111111111111111111111111";

fn account(name: u8) -> Address {
    Address::Evm([name; 20])
}

/// A movement; 0 is nobody.
fn moves(from: u8, to: u8, amount: u64, asset: &str, kind: MovementKind) -> Movement {
    let who = |name: u8| (name != 0).then(|| account(name));
    let asset: Asset = asset.parse().expect("an asset");
    Movement {
        from: who(from),
        to: who(to),
        asset,
        amount: Amount::from(amount),
        kind,
        proved: kind != MovementKind::Native,
    }
}

/// A transaction that `sender` pays 1 for, to nobody.
fn sent(sender: u8, movements: Vec<Movement>) -> Vec<Movement> {
    [vec![moves(sender, 0, 1, ETHER, MovementKind::Fee)], movements].concat()
}

fn rows(txs: Vec<Vec<Movement>>) -> MemoryTransfers {
    let mut rows =
        MemoryTransfers::new("eip155:1".parse().expect("a chain"), Opening::Nothing).expect("a store");
    let txs = (1u8..).zip(txs).map(|(number, movements)| TransferTx { hash: [number; 32], movements });
    let (unseen, txs) = (Unseen::NOTHING, txs.collect());
    let block = TransferBlock { height: 0, hash: [1; 32], parent: [0; 32], time: 1_700_000_000, unseen, txs };
    rows.append(&block).expect("appended");
    rows
}

fn num(rows: &MemoryTransfers, name: u8) -> AccountNum {
    rows.find_account(&account(name)).expect("an account")
}

fn is_known(rows: &MemoryTransfers, asset: AssetNum) -> bool {
    rows.asset(asset).is_some_and(|asset| asset.unit().is_some())
}

fn parties(rows: &MemoryTransfers, of: &[u8]) -> AccountParties {
    let subjects: BTreeSet<AccountNum> = of.iter().map(|&name| num(rows, name)).collect();
    account_parties(rows, &subjects, PartyLimits::default(), &|asset| is_known(rows, asset))
}

fn names(rows: &MemoryTransfers, side: &BTreeMap<(AssetNum, AccountNum), AccountParty>) -> Vec<(u8, u64)> {
    let name = |account: AccountNum| match rows.account(account) {
        Some(Address::Evm(bytes)) => bytes[0],
        other => panic!("{other:?}"),
    };
    let mut names: Vec<(u8, u64)> = side
        .iter()
        .map(|(&(_, account), party)| (name(account), party.amount.to_u64().expect("small")))
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn nobody_becomes_a_counterparty_by_what_others_write_into_their_name() {
    use MovementKind::{Issue, Native, Token};
    let rows = rows(vec![
        vec![
            moves(0, 7, 1_000, ETHER, Issue),
            moves(0, 9, 1_000, ETHER, Issue),
            moves(0, 7, 500, DOLLAR, Token),
        ],
        // In earnest: 7 pays 8 in ether and dollars.
        sent(7, vec![moves(7, 8, 100, ETHER, Native)]),
        sent(7, vec![moves(7, 8, 50, DOLLAR, Token)]),
        // Poison: 9 writes into 7's name a payment of nothing, and one of a token of its own, to look-alikes.
        sent(9, vec![moves(7, 10, 0, DOLLAR, Token)]),
        sent(9, vec![moves(7, 11, 50, SPAM, Token)]),
        // And from somebody who is listed.
        sent(9, vec![moves(12, 7, 50, SPAM, Token)]),
        // What 9 takes by an allowance is gone all the same: the token is one that moves what it says.
        sent(9, vec![moves(7, 9, 20, DOLLAR, Token)]),
        // An unknown token that its payer sent.
        sent(9, vec![moves(9, 7, 5, SPAM, Token)]),
        sent(7, vec![moves(7, 7, 5, ETHER, Native)]),
        // Nothing tells who sent these.
        vec![moves(13, 7, 50, SPAM, Token)],
        vec![moves(7, 14, 50, SPAM, Token)],
    ]);
    let found = parties(&rows, &[7]);
    assert_eq!((found.sender_unknown, found.perhaps), (2, BTreeSet::from([num(&rows, 13), num(&rows, 14)])));
    let found = parties(&rows, &[7]);
    assert_eq!(names(&rows, &found.outgoing), [(8, 50), (8, 100), (9, 20)]);
    assert_eq!(names(&rows, &found.incoming), [(9, 5)]);
    assert_eq!((found.of_nothing, found.not_initiated, found.cut), (1, 2, false));
    // Both sides of what passes between two of one owner fall away.
    let both = parties(&rows, &[7, 8]);
    assert_eq!(names(&rows, &both.outgoing), [(9, 20)]);
    let cut = account_parties(
        &rows,
        &BTreeSet::from([num(&rows, 7)]),
        PartyLimits { transfers: 2, ..PartyLimits::default() },
        &|_| true,
    );
    assert!(cut.cut && cut.transfers == 2);
    let cut = account_parties(
        &rows,
        &BTreeSet::from([num(&rows, 7)]),
        PartyLimits { assets: 1, ..PartyLimits::default() },
        &|_| true,
    );
    assert!(cut.cut);
}

#[test]
fn whoever_pays_a_producers_fees_is_no_counterparty() {
    let rows = rows(vec![
        vec![moves(0, 7, 1_000, ETHER, MovementKind::Issue)],
        vec![moves(7, 9, 3, ETHER, MovementKind::Fee), moves(7, 8, 10, ETHER, MovementKind::Native)],
    ]);
    let producer = parties(&rows, &[9]);
    assert!(producer.incoming.is_empty());
    let flow = producer.flows.values().next().copied().expect("one asset");
    assert_eq!((flow.received, flow.tips), (Amount::from(3_u64), Amount::from(3_u64)));
    let payer = parties(&rows, &[7]);
    assert_eq!(names(&rows, &payer.outgoing), [(8, 10)]);
}

fn ways(rows: &MemoryTransfers, from: u8, to: u8, limits: AccountPathLimits, ends: &[u8]) -> AccountWays {
    let ends: BTreeSet<AccountNum> = ends.iter().map(|&name| num(rows, name)).collect();
    account_ways(rows, num(rows, from), num(rows, to), limits, &|account| ends.contains(&account), &|_| true)
}

#[test]
fn a_way_goes_forward_in_time_in_one_asset_and_ends_at_whoever_pools() {
    use MovementKind::{Native, Token};
    let rows = rows(vec![
        // Before 2 had anything: no way leads through it.
        vec![moves(2, 4, 9, ETHER, Native)],
        vec![moves(1, 2, 10, ETHER, Native)],
        vec![moves(2, 3, 8, ETHER, Native)],
        vec![moves(2, 3, 7, DOLLAR, Token)],
        vec![moves(3, 4, 6, ETHER, Native)],
        vec![moves(2, 4, 0, ETHER, Native)],
        vec![moves(1, 4, 1, DOLLAR, Token)],
    ]);
    let limits = AccountPathLimits { count: 5, hops: 9, assets: 9, transfers: 100 };
    let found = ways(&rows, 1, 4, limits, &[]);
    let numbers = |way: &Vec<TransferNum>| way.iter().map(|num| num.0).collect::<Vec<_>>();
    assert_eq!(found.ways.iter().map(numbers).collect::<Vec<_>>(), [vec![6], vec![1, 2, 4]]);
    assert!(!found.truncated);
    assert_eq!(ways(&rows, 1, 4, limits, &[3]).ways.len(), 1, "3 pools what comes to it");
    let short = ways(&rows, 1, 4, AccountPathLimits { hops: 2, ..limits }, &[]);
    assert!(short.ways.len() == 1 && short.truncated);
    let little = ways(&rows, 1, 4, AccountPathLimits { transfers: 2, ..limits }, &[]);
    assert!(little.truncated);
    assert!(ways(&rows, 4, 1, limits, &[]).ways.is_empty());
}

proptest! {
    /// What came less what went is what the balance became, to the unit, and the parties add up to it.
    #[test]
    fn every_unit_of_an_account_is_in_its_parties(
        movements in prop::collection::vec((0u8..5, 0u8..5, 0u64..50, 0u8..3), 1..40),
    ) {
        let kinds = [MovementKind::Native, MovementKind::Fee, MovementKind::Token];
        let mut txs = vec![(1u8..5).map(|name| moves(0, name, 10_000, ETHER, MovementKind::Issue)).collect::<Vec<_>>()];
        txs.extend(movements.into_iter().map(|(from, to, amount, kind)| {
            vec![moves(from, to, amount, ETHER, kinds[usize::from(kind)])]
        }));
        let rows = rows(txs);
        for name in 1..5 {
            let found = parties(&rows, &[name]);
            let sum = |parties: &[(u8, u64)]| parties.iter().map(|(_, amount)| *amount).sum::<u64>();
            for (&asset, flow) in &found.flows {
                let units = |amount: Amount| amount.to_u64().expect("small");
                let paid_in = sum(&names(&rows, &found.incoming)) + units(flow.issued) + units(flow.tips);
                let paid_out = sum(&names(&rows, &found.outgoing)) + units(flow.destroyed) + units(flow.fees);
                prop_assert_eq!((units(flow.received), units(flow.lost)), (paid_in, paid_out));
                let balance = Balance { account: num(&rows, name), asset };
                let now = rows.before(balance, TransferNum(rows.transfer_count()));
                prop_assert_eq!(now, BalanceAt::Known(Amount::from(paid_in - paid_out)));
            }
        }
    }
}
