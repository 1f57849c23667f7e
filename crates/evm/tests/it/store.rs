//! Real blocks through this crate into a store of transfers: every movement comes back as it was told, and what accounts gained
//! and lost adds up to what was issued and destroyed.

use std::{collections::BTreeMap, fs};

use alloy_primitives::{B256, I256, U256};
use serde_json::Value;
use tracehound_evm::{
    block::{Block, Checks},
    era1::Era1,
    movements::{Rules, movements},
    receipts::Receipts,
    traces::Traces,
};
use tracehound_model::{
    Address, Amount, Asset, Chain,
    transfer::{Movement, MovementKind, TransferBlock, TransferTx, Unseen},
};
use tracehound_testkit::shared_data;
use tracehound_transfers::{
    AccountNum, AssetNum, Balance, BlockNum, TransferLedger, TransferNum, TransferRows, TxNum, Writer,
    WriterOptions,
};

use crate::data::{result, text};

const CHAIN: Chain = Chain::Evm(1);

/// A store of these blocks, in segments of so many rows.
fn stored(blocks: &[TransferBlock], segment_rows: usize) -> (tempfile::TempDir, TransferLedger) {
    let dir = tempfile::tempdir().expect("temporary folder");
    let options = WriterOptions { segment_rows, ..WriterOptions::default() };
    let mut writer = Writer::open(dir.path(), CHAIN, options).expect("opens");
    writer.append_all(&blocks.iter().collect::<Vec<_>>()).expect("appends");
    writer.commit().expect("commits");
    let ledger = TransferLedger::open(dir.path(), CHAIN).expect("opens");
    let report = ledger.verify().expect("right");
    assert_eq!(report.snapshot, ledger.snapshot());
    (dir, ledger)
}

/// The blocks as the store tells them.
fn told(ledger: &TransferLedger, parent: [u8; 32]) -> Vec<TransferBlock> {
    let mut blocks: Vec<TransferBlock> = Vec::new();
    for row in (0..ledger.block_count()).filter_map(|num| ledger.block(BlockNum(num))) {
        let parent = blocks.last().map_or(parent, |block| block.hash);
        let (height, hash, time, unseen) = (row.height, row.hash, row.time, row.unseen);
        blocks.push(TransferBlock { height, hash, parent, time, unseen, txs: Vec::new() });
    }
    for tx in (0..).map_while(|num| ledger.tx(TxNum(num))) {
        assert!(ledger.find_tx(&tx.hash).is_some_and(|found| found >= tx.num));
        let movements = (tx.first.0..).take(tx.count as usize).map(|num| {
            let transfer = ledger.transfer(TransferNum(num)).expect("there");
            assert_eq!(transfer.tx, tx.num);
            let account = |num: AccountNum| ledger.account(num).expect("an account");
            Movement {
                from: transfer.from.map(account),
                to: transfer.to.map(account),
                asset: ledger.asset(transfer.asset).expect("an asset"),
                amount: transfer.amount,
                kind: transfer.kind,
                proved: transfer.proved,
            }
        });
        let tx = (tx.block, TransferTx { hash: tx.hash, movements: movements.collect() });
        blocks[tx.0.0 as usize].txs.push(tx.1);
    }
    blocks
}

fn units(amount: Amount) -> I256 {
    I256::try_from(U256::from_be_bytes(amount.to_be_bytes())).expect("below 2^255")
}

/// For each asset what all accounts gained, by the transfers of each of their balances, must be what was issued less what was
/// destroyed, by the movements as they were told.
fn conserved(ledger: &TransferLedger, blocks: &[TransferBlock]) -> usize {
    let info = ledger.info();
    let mut gained: BTreeMap<Asset, I256> = BTreeMap::new();
    let mut balances = 0;
    // Pairs that can have moved: of each transfer's sides.
    let mut pairs: Vec<Balance> = (0..info.transfers)
        .filter_map(|num| ledger.transfer(TransferNum(num)))
        .flat_map(|transfer| [transfer.source(), transfer.target()])
        .flatten()
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    for balance in pairs {
        let (mut from, mut net) = (TransferNum(0), I256::ZERO);
        while let Some(num) = ledger.next(balance, from) {
            let transfer = ledger.transfer(num).expect("there");
            if transfer.target() == Some(balance) {
                net += units(transfer.amount);
            }
            if transfer.source() == Some(balance) {
                net -= units(transfer.amount);
            }
            from = TransferNum(num.0 + 1);
        }
        *gained.entry(ledger.asset(balance.asset).expect("an asset")).or_default() += net;
        balances += 1;
    }
    let mut issued: BTreeMap<Asset, I256> = BTreeMap::new();
    for movement in blocks.iter().flat_map(|block| &block.txs).flat_map(|tx| &tx.movements) {
        let sum = issued.entry(movement.asset).or_default();
        *sum += match (movement.from, movement.to) {
            (None, Some(_)) => units(movement.amount),
            (Some(_), None) => -units(movement.amount),
            _ => I256::ZERO,
        };
    }
    assert_eq!(gained, issued);
    assert_eq!(ledger.find_asset(&Asset::native(Chain::Evm(10)).expect("a coin")), None);
    assert_eq!(info.assets as usize, (0..).map_while(|num| ledger.asset(AssetNum(num))).count());
    balances
}

#[test]
fn a_whole_era1_file_comes_back_from_the_store() {
    let Some(path) = shared_data("era1/sepolia-00021-b8814b14.era1") else { return };
    let bytes = fs::read(path).expect("it can be read");
    let mut file = Era1::new(bytes.as_slice()).expect("an era1 file");
    let mut blocks = Vec::new();
    while let Some((block, receipts)) = file.next_block().expect("a block") {
        blocks.push(movements(&block, Some(&receipts), None, &Rules::ethereum()).expect("movements").block);
    }
    let (_dir, ledger) = stored(&blocks, 1_000);
    assert!(ledger.info().segments > 4);
    assert_eq!(told(&ledger, blocks[0].parent), blocks);
    let balances = conserved(&ledger, &blocks);
    let info = ledger.info();
    assert_eq!((info.blocks, info.from_genesis), (8_192, false));
    // Every block with a transaction of its own was not traced; nothing else is missing.
    let untraced = blocks.iter().filter(|block| block.unseen.has(Unseen::TRACES)).count();
    assert_eq!(info.unseen.first(), Some(&(Unseen::TRACES, u32::try_from(untraced).expect("few"))));
    // Cut otherwise it is the same content.
    let (_dir, whole) = stored(&blocks, 4_000_000);
    assert_eq!(whole.snapshot(), ledger.snapshot());
    insta::assert_snapshot!(format!(
        "{} txs, {} transfers, {} accounts, {balances} balances, {untraced} blocks untraced",
        info.txs, info.transfers, info.accounts
    ));
}

#[test]
fn a_proved_mainnet_block_comes_back_with_what_vouches_for_each_movement() {
    let (Some(block), Some(receipts)) =
        (result("b18000000_block_full.json.gz"), result("b18000000_receipts.json.gz"))
    else {
        return;
    };
    let block = Block::read(&block, Checks::ALL).expect("a block");
    let receipts = Receipts::read(&receipts, &block, Checks::ALL).expect("receipts");
    let blocks = [movements(&block, Some(&receipts), None, &Rules::ethereum()).expect("movements").block];
    let (_dir, ledger) = stored(&blocks, 4_000_000);
    assert_eq!(told(&ledger, blocks[0].parent), blocks);
    let balances = conserved(&ledger, &blocks);
    let info = ledger.info();
    assert_eq!(info.unseen, [(Unseen::TRACES, 1)]);
    assert_eq!(ledger.verify().expect("right").proved, info.transfers);
    insta::assert_snapshot!(format!(
        "{} txs, {} transfers, {} accounts, {} assets, {balances} balances",
        info.txs, info.transfers, info.accounts, info.assets
    ));
}

/// Sixteen blocks of mainnet by their traces alone. They lie apart: each is given the one before it here as its parent, for the
/// store takes none that does not continue the last.
#[test]
fn sixteen_traced_mainnet_blocks_come_back_and_conserve_every_wei() {
    let Some(lines) = text("evm_blocks/mev_inspect_blocks.jsonl.gz") else { return };
    let native = Asset::native(CHAIN).expect("a coin");
    let account = |address: alloy_primitives::Address| Some(Address::Evm(address.into_array()));
    let mut blocks: Vec<TransferBlock> = Vec::new();
    let (mut failed, mut rewards) = (0, 0);
    for (height, line) in (0u64..).zip(lines.lines()) {
        let told: Value = serde_json::from_str(line).expect("JSON");
        let number = told["block_number"].as_u64().expect("a number");
        let mut traces = told["traces"].as_array().expect("traces").clone();
        let mut hashes: Vec<B256> = Vec::new();
        for trace in &mut traces {
            failed += u32::from(trace["error"].is_string());
            // As a node writes them.
            let fields = trace.as_object_mut().expect("a trace");
            for (ours, theirs) in [
                ("block_hash", "blockHash"),
                ("block_number", "blockNumber"),
                ("trace_address", "traceAddress"),
                ("transaction_hash", "transactionHash"),
                ("transaction_position", "transactionPosition"),
            ] {
                let value = fields.remove(ours).unwrap_or_default();
                fields.insert(theirs.to_owned(), value);
            }
            if fields["error"].is_null() {
                fields.remove("error");
            }
            if let Some(hash) = fields["transactionHash"].as_str() {
                let hash = hash.parse().expect("a hash");
                if hashes.last() != Some(&hash) {
                    hashes.push(hash);
                }
            }
        }
        let traces =
            Traces::read_flat(&Value::Array(traces).to_string(), number, &hashes, false).expect("traces");
        let movement = |from, to, value: U256, kind| Movement {
            from,
            to,
            asset: native,
            amount: Amount::from_be_bytes(value.to_be_bytes()),
            kind,
            proved: false,
        };
        let mut txs: Vec<TransferTx> = traces
            .txs
            .iter()
            .map(|tx| {
                let moved = tx.moved.as_ref().expect("traced").iter();
                let movements = moved.map(|moved| {
                    movement(
                        account(moved.from),
                        moved.to.and_then(account),
                        moved.value,
                        MovementKind::Native,
                    )
                });
                TransferTx { hash: tx.tx.0, movements: movements.collect() }
            })
            .collect();
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&number.to_be_bytes());
        rewards += traces.rewards.len();
        let paid = traces
            .rewards
            .iter()
            .map(|reward| movement(None, account(reward.author), reward.value, MovementKind::Issue));
        txs.push(TransferTx { hash, movements: paid.collect() });
        let parent = blocks.last().map_or([0; 32], |block| block.hash);
        blocks.push(TransferBlock {
            height: 10_000_000 + height,
            hash,
            parent,
            time: number,
            unseen: Unseen::RECEIPTS,
            txs,
        });
    }
    assert_eq!((blocks.len(), failed), (16, 244));
    let (_dir, ledger) = stored(&blocks, 500);
    assert_eq!(told(&ledger, [0; 32]), blocks);
    let balances = conserved(&ledger, &blocks);
    let info = ledger.info();
    assert_eq!(info.unseen, [(Unseen::RECEIPTS, 16)]);
    insta::assert_snapshot!(format!(
        "{} txs, {} transfers, {} accounts, {balances} balances, {rewards} rewards",
        info.txs, info.transfers, info.accounts
    ));
}
