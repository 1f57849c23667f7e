//! Small generated chains.

use proptest::prelude::*;
use tracehound_model::{
    Address, Amount, Asset,
    transfer::{Movement, MovementKind, TransferBlock, TransferTx, Unseen},
};
use tracehound_transfers::{Balance, BlockNum, MemoryTransfers, Opening, TransferNum, TransferRows, TxNum};

pub(crate) const CHAIN: &str = "eip155:1";

pub(crate) fn ether() -> Asset {
    "eip155:1/slip44:60".parse().expect("an asset")
}

pub(crate) fn token() -> Asset {
    "eip155:1/erc20:0xdAC17F958D2ee523a2206206994597C13D831ec7".parse().expect("an asset")
}

pub(crate) fn account(name: u8) -> Address {
    Address::Evm([name; 20])
}

pub(crate) fn store(opening: Opening) -> MemoryTransfers {
    MemoryTransfers::new(CHAIN.parse().expect("a chain"), opening).expect("opening balances of this chain")
}

/// A movement of ether; 0 is nobody.
pub(crate) fn moves(from: u8, to: u8, amount: u64) -> Movement {
    let who = |name: u8| (name != 0).then(|| account(name));
    let kind = if from == 0 { MovementKind::Issue } else { MovementKind::Native };
    Movement {
        from: who(from),
        to: who(to),
        asset: ether(),
        amount: Amount::from(amount),
        kind,
        proved: false,
    }
}

pub(crate) fn tx(hash: u8, movements: Vec<Movement>) -> TransferTx {
    TransferTx { hash: [hash; 32], movements }
}

/// Block `height`, named by its height and its fork.
pub(crate) fn block(height: u8, fork: u8, txs: Vec<TransferTx>) -> TransferBlock {
    let name = |height: u8, fork: u8| {
        let mut hash = [0; 32];
        (hash[0], hash[1]) = (height, fork);
        hash
    };
    TransferBlock {
        height: height.into(),
        hash: name(height, fork),
        parent: name(height.wrapping_sub(1), fork),
        time: 1_700_000_000 + u64::from(height) * 12,
        unseen: Unseen::NOTHING,
        txs,
    }
}

/// Movements of up to five accounts in two assets; some overdraw, some go to the sender, some move nothing.
pub(crate) fn movements() -> impl Strategy<Value = Vec<Movement>> {
    let one = (0u8..6, 0u8..6, 0u64..1_000, any::<bool>()).prop_map(|(from, to, amount, other)| {
        let asset = if other { token() } else { ether() };
        Movement { asset, ..moves(from, to, amount) }
    });
    prop::collection::vec(one, 0..12)
}

/// The blocks of a chain, a transaction for each movement.
pub(crate) fn blocks(fork: u8) -> impl Strategy<Value = Vec<TransferBlock>> {
    prop::collection::vec(movements(), 1..6).prop_map(move |blocks| {
        let mut number = 0u8;
        let mut next = move || {
            number += 1;
            number
        };
        let mut made = Vec::new();
        for (height, movements) in (0u8..).zip(blocks) {
            let txs = movements.into_iter().map(|movement| {
                let mut tx = tx(next(), vec![movement]);
                tx.hash[31] = fork;
                tx
            });
            made.push(block(height, fork, txs.collect()));
        }
        made
    })
}

/// All that can be asked, as text.
pub(crate) fn everything(rows: &impl TransferRows) -> String {
    let names: Vec<Option<Address>> = (0u8..10)
        .map(|name| {
            let num = rows.find_account(&account(name))?;
            rows.account(num)
        })
        .collect();
    let transfers: Vec<_> = (0..rows.transfer_count()).map(|num| rows.transfer(TransferNum(num))).collect();
    let blocks: Vec<_> = (0..rows.block_count()).map(|num| rows.block(BlockNum(num))).collect();
    let txs: Vec<_> = (0..).map_while(|num| rows.tx(TxNum(num))).collect();
    let mut balances = Vec::new();
    // Account 9 is one of those that some stores open with.
    for (name, asset) in (0u8..10).flat_map(|name| [(name, ether()), (name, token())]) {
        let (Some(account), Some(asset)) = (rows.find_account(&account(name)), rows.find_asset(&asset))
        else {
            continue;
        };
        let balance = Balance { account, asset };
        let mut from = TransferNum(0);
        while let Some(next) = rows.next(balance, from) {
            balances.push((balance, next, rows.before(balance, next)));
            from = TransferNum(next.0 + 1);
        }
        balances.push((balance, from, rows.before(balance, TransferNum(rows.transfer_count()))));
        // The way back is the way there.
        let (mut at, mut back) = (TransferNum(rows.transfer_count()), Vec::new());
        while let Some(previous) = rows.previous(balance, at) {
            back.push(previous);
            at = previous;
        }
        back.reverse();
        let there = balances.iter().filter(|entry| entry.0 == balance).map(|entry| entry.1);
        assert_eq!(back, there.take(back.len()).collect::<Vec<_>>());
        assert_eq!(rows.next(balance, TransferNum(back.last().map_or(0, |last| last.0 + 1))), None);
    }
    let assets: Vec<_> = (0u8..10)
        .filter_map(|name| rows.find_account(&account(name)))
        .flat_map(|account| [0, 1, 9].map(|most| rows.assets_of(account, most)))
        .collect();
    let hashes: Vec<_> = txs.iter().map(|tx| rows.find_tx(&tx.hash)).collect();
    format!("{names:?}\n{transfers:?}\n{blocks:?}\n{txs:?}\n{hashes:?}\n{balances:?}\n{assets:?}")
}
