//! Measures a store of transfers, for `cargo xtask bench`; prints one JSON object.
//!
//! `measure_transfers TRANSFERS FOLDER [MIB]` (of memory for the writer's tables): takes in made-up blocks, which are ready in
//! memory, and reads balances. They are made after mainnet's: of 298 transactions of two blocks of May 2023 (17173049 and the
//! next) 135 send ether and 291 transfers of 76 tokens stand in their logs; some 400,000 accounts are active a day, and 9
//! transactions in 100 bring a new one.

use std::{
    error::Error,
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use rand_xoshiro::{
    Xoshiro256PlusPlus,
    rand_core::{Rng, SeedableRng},
};
use serde_json::json;
use tracehound_model::{
    Address, Amount, Asset, Chain,
    transfer::{Movement, MovementKind, TransferBlock, TransferTx, Unseen},
};
use tracehound_transfers::{
    Balance, BalanceAt, Opening, TransferLedger, TransferNum, TransferRows, Writer, WriterOptions,
};

const CHAIN: Chain = Chain::Evm(1);
/// Transactions of a block.
const TXS: u64 = 150;
/// Blocks that are made, and then appended, at once.
const TOGETHER: usize = 100;
/// Accounts that are active at any time, beside those that everybody deals with.
const ACTIVE: u64 = 400_000;
/// Accounts that everybody deals with: exchanges, pools, routers.
const HOT: u64 = 5_000;
/// Tokens that move.
const TOKENS: u64 = 20_000;
/// Balances that are asked for.
const ASKED: u64 = 100_000;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let json = match args[..] {
        [transfers, folder] => measure(transfers.parse()?, Path::new(folder), usize::MAX)?,
        [transfers, folder, mib] => {
            measure(transfers.parse()?, Path::new(folder), mib.parse::<usize>()? << 20)?
        }
        _ => return Err("usage: measure_transfers TRANSFERS FOLDER [MIB]".into()),
    };
    Ok(writeln!(std::io::stdout(), "{json}")?)
}

fn measure(transfers: u64, folder: &Path, memory: usize) -> Result<serde_json::Value, Box<dyn Error>> {
    let mut maker = Maker::new();
    // Those that are there at first have more than they will ever send.
    let much = Amount::from(u128::MAX);
    let known = (0..HOT + ACTIVE).map(|number| (Maker::address(number), maker.native, much));
    let opening = Some(Opening::Known(known.collect()));
    let mut writer =
        Writer::open(folder, CHAIN, WriterOptions { memory, opening, ..WriterOptions::default() })?;
    let mut spent = Duration::ZERO;
    while writer.transfer_count() < transfers {
        let blocks: Vec<TransferBlock> = (0..TOGETHER).map(|_| maker.block()).collect();
        let blocks: Vec<&TransferBlock> = blocks.iter().collect();
        let began = Instant::now();
        writer.append_all(&blocks)?;
        spent += began.elapsed();
    }
    let began = Instant::now();
    writer.commit()?;
    spent += began.elapsed();
    let tables = writer.table_sizes();
    drop(writer);
    let ledger = TransferLedger::open(folder, CHAIN)?;
    let info = ledger.info();

    // The balances of senders and receivers all over the store, right before one of their transfers.
    let mut dice = Xoshiro256PlusPlus::seed_from_u64(2);
    let mut asked = Vec::new();
    for _ in 0..ASKED {
        let num = TransferNum(dice.next_u64() % info.transfers);
        let transfer = ledger.transfer(num).ok_or("a transfer")?;
        asked.extend(transfer.source().or(transfer.target()).map(|balance| (balance, num)));
    }
    let began = Instant::now();
    let known = asked
        .iter()
        .filter(|&&(balance, num): &&(Balance, TransferNum)| {
            matches!(ledger.before(balance, num), BalanceAt::Known(_))
        })
        .count();
    let balances_seconds = began.elapsed().as_secs_f64();
    // The history of each from there on, up to a hundred transfers.
    let began = Instant::now();
    let mut walked = 0_u64;
    for &(balance, num) in &asked[..asked.len() / 10] {
        let mut from = num;
        for _ in 0..100 {
            let Some(next) = ledger.next(balance, from) else { break };
            walked += u64::from(ledger.transfer(next).is_some());
            from = TransferNum(next.0 + 1);
        }
    }
    let walk_seconds = began.elapsed().as_secs_f64();
    // All of them in order, as a forward pass takes them.
    let began = Instant::now();
    let mut proved = 0_u64;
    for num in 0..info.transfers {
        proved += u64::from(ledger.transfer(TransferNum(num)).is_some_and(|transfer| transfer.proved));
    }
    let read_seconds = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let report = ledger.verify()?;
    let verify_seconds = began.elapsed().as_secs_f64();
    Ok(json!({
        "transfers": info.transfers,
        "txs": info.txs,
        "blocks": info.blocks,
        "accounts": info.accounts,
        "assets": info.assets,
        "balances": report.balances,
        "segments": info.segments,
        "seconds": spent.as_secs_f64(),
        "disk_bytes": info.disk_bytes,
        "hash_bytes": info.hash_bytes,
        "tables_memory_bytes": tables.iter().map(|table| table.memory_bytes).sum::<usize>(),
        "tables_disk_bytes": tables.iter().map(|table| table.disk_bytes).sum::<u64>(),
        "balances_asked": asked.len(),
        "balances_known": known,
        "balances_seconds": balances_seconds,
        "walked": walked,
        "walk_seconds": walk_seconds,
        "read_seconds": read_seconds,
        "proved": proved,
        "verify_seconds": verify_seconds,
        "snapshot": ledger.snapshot_id(),
    }))
}

struct Maker {
    dice: Xoshiro256PlusPlus,
    height: u64,
    parent: [u8; 32],
    /// Accounts that are there.
    accounts: u64,
    native: Asset,
}

impl Maker {
    fn new() -> Self {
        Self {
            dice: Xoshiro256PlusPlus::seed_from_u64(1),
            height: 17_000_000,
            parent: [0; 32],
            accounts: HOT + ACTIVE,
            native: Asset::native(CHAIN).expect("a coin"),
        }
    }

    fn below(&mut self, end: u64) -> u64 {
        self.dice.next_u64() % end
    }

    /// A few of many are most of what is drawn.
    fn skewed(&mut self, end: u64) -> u64 {
        let (a, b, c) = (self.below(end), self.below(end), self.below(end));
        (a * b / end) * c / end
    }

    fn address(number: u64) -> Address {
        let mut bytes = [0x5a; 20];
        bytes[..8].copy_from_slice(&(number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
        Address::Evm(bytes)
    }

    fn hot(&mut self) -> Address {
        Self::address(self.skewed(HOT))
    }

    fn active(&mut self) -> Address {
        // The newest of those that are there.
        Self::address(self.accounts - 1 - self.below(ACTIVE))
    }

    fn receiver(&mut self) -> Address {
        match self.below(100) {
            0..7 => {
                self.accounts += 1;
                Self::address(self.accounts - 1)
            }
            7..55 => self.hot(),
            _ => self.active(),
        }
    }

    /// As many bytes as amounts of that many have, most of them.
    fn amount(&mut self, least: u32, most: u32) -> Amount {
        let bits = least + self.below(u64::from(most - least)) as u32;
        let value = u128::from(self.dice.next_u64()) << 64 | u128::from(self.dice.next_u64());
        Amount::from(value >> (128 - bits) | 1)
    }

    fn token(&mut self) -> (Asset, Amount) {
        let number = self.skewed(TOKENS);
        let mut contract = [0xc0; 20];
        contract[..8].copy_from_slice(&number.to_be_bytes());
        match number % 20 {
            // A thing of its own, each time.
            19 => {
                let id = Amount::from(self.below(100_000));
                (Asset::erc721(1, contract, id), Amount::from(1_u64))
            }
            // Dollars have six places, most others eighteen.
            0..8 => (Asset::erc20(1, contract), self.amount(20, 44)),
            _ => (Asset::erc20(1, contract), self.amount(50, 85)),
        }
    }

    fn tx(&mut self, producer: Address) -> TransferTx {
        let (native, from) = (self.native, if self.below(10) == 0 { self.hot() } else { self.active() });
        let mut movements = Vec::with_capacity(4);
        let mut push = |from, to: Option<Address>, asset, amount, kind| {
            let proved = kind != MovementKind::Native;
            movements.push(Movement { from: Some(from), to, asset, amount, kind, proved });
        };
        push(from, None, native, self.amount(48, 56), MovementKind::Fee);
        push(from, Some(producer), native, self.amount(40, 52), MovementKind::Fee);
        if self.below(298) < 135 {
            let to = Some(self.receiver());
            push(from, to, native, self.amount(50, 68), MovementKind::Native);
        }
        let tokens = match self.below(10) {
            0..5 => 0,
            5..8 => 1,
            8 => 2,
            _ => 5,
        };
        for at in 0..tokens {
            let (asset, amount) = self.token();
            let (from, to) = match at {
                0 => (from, self.receiver()),
                _ => (self.hot(), self.hot()),
            };
            push(from, Some(to), asset, amount, MovementKind::Token);
        }
        TransferTx { hash: self.hash(), movements }
    }

    fn hash(&mut self) -> [u8; 32] {
        let mut hash = [0; 32];
        self.dice.fill_bytes(&mut hash);
        hash
    }

    fn block(&mut self) -> TransferBlock {
        let (hash, parent, producer) = (self.hash(), self.parent, self.hot());
        (self.parent, self.height) = (hash, self.height + 1);
        let txs = (0..TXS).map(|_| self.tx(producer)).collect();
        TransferBlock {
            height: self.height,
            hash,
            parent,
            time: 12 * self.height,
            unseen: Unseen::NOTHING,
            txs,
        }
    }
}
