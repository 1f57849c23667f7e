//! Traces over a ledger of transfers, against a taint of this file's own: written from the definitions, over whole histories.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use tracehound_engine::{
    Answer, DataFolder, Moment, Workspace,
    taint::Method,
    transfers::trace::{Question, Trace},
};
use tracehound_model::{
    Address, Amount, Asset, Chain,
    transfer::{Movement, MovementKind, TransferBlock, TransferTx, Unseen},
};
use tracehound_transfers::{Writer, WriterOptions};

const ACCOUNTS: u64 = 6;
/// A movement: payer, payee, asset (0 or 1), amount.
type Moves = (u64, u64, usize, u64);

fn account(name: u64) -> Address {
    Address::Evm([0x10 + name as u8; 20])
}

fn asset(number: usize) -> Asset {
    ["eth", "eip155:1/erc20:0xdAC17F958D2ee523a2206206994597C13D831ec7"][number].parse().expect("an asset")
}

/// A history in which everybody begins with 1,000 of both assets and nobody overdraws.
fn history(seed: u64) -> Vec<Moves> {
    let mut dice = seed;
    let mut below = |end: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % end
    };
    let mut held = [[1_000_u64; 2]; ACCOUNTS as usize];
    let mut moves = Vec::new();
    while moves.len() < 60 {
        let (from, to, asset) = (below(ACCOUNTS), below(ACCOUNTS), below(2) as usize);
        let there = held[from as usize][asset];
        if from == to || there == 0 {
            continue;
        }
        let amount = 1 + below(there);
        held[from as usize][asset] -= amount;
        held[to as usize][asset] += amount;
        moves.push((from, to, asset, amount));
    }
    moves
}

/// What each account holds dirty of each asset in the end, when movement `theft` is dirty as a whole.
fn by_haircut(moves: &[Moves], theft: usize) -> BTreeMap<(u64, usize), u64> {
    // Value and dirty part of each balance.
    let mut held = BTreeMap::new();
    for (at, &(from, to, asset, amount)) in moves.iter().enumerate() {
        let (value, dirty) = *held.entry((from, asset)).or_insert((1_000_u64, 0_u64));
        // The larger fraction gets the unit that is left; of two alike the movement.
        let (goes, goes_rest) = (dirty * amount / value, dirty * amount % value);
        let (stays, stays_rest) = (dirty * (value - amount) / value, dirty * (value - amount) % value);
        let goes = if goes + stays < dirty && goes_rest >= stays_rest { goes + 1 } else { goes };
        held.insert((from, asset), (value - amount, dirty - goes));
        let (value, dirty) = *held.entry((to, asset)).or_insert((1_000, 0));
        let arrives = if at == theft { amount } else { goes };
        held.insert((to, asset), (value + amount, dirty + arrives));
    }
    held.into_iter().map(|(balance, (_, dirty))| (balance, dirty)).filter(|(_, dirty)| *dirty > 0).collect()
}

fn by_fifo(moves: &[Moves], theft: usize) -> BTreeMap<(u64, usize), u64> {
    // Unit by unit, oldest first: whether it is dirty.
    let mut held: BTreeMap<(u64, usize), VecDeque<bool>> = BTreeMap::new();
    for (at, &(from, to, asset, amount)) in moves.iter().enumerate() {
        let clean = || VecDeque::from(vec![false; 1_000]);
        let payer = held.entry((from, asset)).or_insert_with(clean);
        let moved: Vec<bool> = payer.drain(..amount as usize).collect();
        let moved = if at == theft { vec![true; moved.len()] } else { moved };
        held.entry((to, asset)).or_insert_with(clean).extend(moved);
    }
    let dirty = |units: VecDeque<bool>| units.into_iter().filter(|dirty| *dirty).count() as u64;
    held.into_iter().map(|(balance, units)| (balance, dirty(units))).filter(|(_, dirty)| *dirty > 0).collect()
}

/// A workspace with a ledger of the history: a transaction each, four a block.
fn workspace(moves: &[Moves]) -> (tempfile::TempDir, Workspace) {
    let data = tempfile::tempdir().expect("temporary folder");
    let movement = |from: Option<u64>, to, number, amount: u64, kind| Movement {
        from: from.map(account),
        to: Some(account(to)),
        asset: asset(number),
        amount: Amount::from(amount),
        kind,
        proved: true,
    };
    let issued = (0..ACCOUNTS)
        .flat_map(|name| [0, 1].map(|number| movement(None, name, number, 1_000, MovementKind::Issue)));
    let mut txs = vec![TransferTx { hash: [0xff; 32], movements: issued.collect() }];
    txs.extend((0u8..).zip(moves).map(|(number, &(from, to, asset, amount))| {
        let kind = [MovementKind::Native, MovementKind::Token][asset];
        TransferTx { hash: [number; 32], movements: vec![movement(Some(from), to, asset, amount, kind)] }
    }));
    let dir = data.path().join("ledger/evm-1");
    let mut writer = Writer::open(&dir, Chain::Evm(1), WriterOptions::default()).expect("opens");
    for (height, txs) in (0u8..).zip(txs.chunks(4)) {
        let (hash, parent) = ([height + 1; 32], [height; 32]);
        let time = 1_700_000_000 + u64::from(height) * 12;
        let (unseen, txs) = (Unseen::NOTHING, txs.to_vec());
        writer
            .append(&TransferBlock { height: height.into(), hash, parent, time, unseen, txs })
            .expect("appended");
    }
    writer.commit().expect("committed");
    let clock = || Timestamp::from_second(1_700_000_400).expect("a time");
    let workspace = Workspace::new(DataFolder::at(data.path()), clock);
    (data, workspace)
}

fn traced(workspace: &Workspace, theft: usize, method: Method) -> Trace {
    let question = Question {
        chain_id: 1,
        moment: Moment::default(),
        from: vec![format!("0x{}", format!("{theft:02x}").repeat(32))],
        backward: false,
        method,
        hops: 1_000,
        dust: 0,
        work: 100_000,
    };
    let snapshot = workspace.snapshot().expect("a snapshot");
    match snapshot.transfers_trace(&question).expect("an answer") {
        Answer::Found(trace) => trace,
        Answer::Absent(nowhere) => panic!("{nowhere:?}"),
    }
}

#[test]
fn a_trace_finds_what_the_definitions_say_of_whole_histories() {
    for seed in 0..12 {
        let moves = history(seed);
        let (_data, workspace) = workspace(&moves);
        for theft in [0, 7, 30] {
            for (method, wanted) in
                [(Method::Haircut, by_haircut(&moves, theft)), (Method::Fifo, by_fifo(&moves, theft))]
            {
                let trace = traced(&workspace, theft, method);
                let mut found: BTreeMap<(u64, usize), u64> = BTreeMap::new();
                for end in trace.ends.iter().filter(|end| end.reason == "unspent") {
                    let party = end.party.as_ref().expect("somebody has it");
                    let name = (0..ACCOUNTS).find(|&name| account(name).to_string() == party.address);
                    let number = [0, 1].into_iter().find(|&number| asset(number) == end.asset);
                    let balance = (name.expect("one of them"), number.expect("one of them"));
                    *found.entry(balance).or_default() += end.dirty.to_u64().expect("small");
                }
                assert_eq!(found, wanted, "{method:?} of {theft} in history {seed}");
                let stolen = moves[theft].3;
                assert_eq!(wanted.values().sum::<u64>(), stolen, "conserved");
                let sums = &trace.sums[0];
                assert_eq!(sums.seeded, Amount::from(stolen));
                let parts = Amount::checked_sum(sums.parts().map(|part| part.1));
                assert_eq!(parts, Some(sums.seeded));
                assert!(trace.complete, "{:?}", trace.gaps);
            }
        }
    }
}
