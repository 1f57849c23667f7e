//! Movements that somebody holds, read from a table or JSON lines.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::{self, Read},
};

use sha2::{Digest, Sha256};
use tracehound_labels::label::subject_on;
use tracehound_model::{Amount, Subject, caip::Caip2, text::label, transfer::MovementKind};
use tracehound_screen::batch::{Batch, Row, Subjects};
use tracehound_transfers::{AccountNum, AssetNum, Transfer, TransferNum, TxNum};

use super::{Rejected, known::Known};
use crate::EngineError;

/// Movements that are held.
const MOST: usize = 20_000_000;
/// Rows read at once.
const ROWS: usize = 4_096;
/// Letters of a coin's ticker.
const MOST_LETTERS: usize = 10;
/// What a movement needs beside its payer.
const BESIDE: [&str; 5] = ["to", "asset", "amount", "block", "tx"];

/// Movements that were read, with what their numbers stand for.
pub(super) struct Movements {
    /// As the chain has them in order.
    pub transfers: Vec<Transfer>,
    /// Accounts by number.
    pub subjects: Vec<Subject>,
    /// Assets: tokens by their contract, the chain's own coin as `None`.
    pub assets: BTreeMap<Option<Subject>, AssetNum>,
    /// Rows that are no movement.
    pub refused: Rejected,
    /// SHA-256 of the input, hexadecimal.
    pub sha256: String,
}

/// Bytes as they are read, and their hash.
pub(crate) struct Hashed<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Hashed<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self { inner, hash: Sha256::new() }
    }

    /// SHA-256 of what was read, hexadecimal.
    pub(crate) fn sha256(self) -> String {
        hex::encode(self.hash.finalize())
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.update(&buffer[..read]);
        Ok(read)
    }
}

impl Movements {
    /// Reads all rows: those that are none are refused and the others stay.
    pub(super) fn read(input: impl Read, name: &str, chain: &Caip2) -> Result<Self, EngineError> {
        let wrong = |what: String| EngineError::Question(format!("{name}: {what}"));
        let mut hashed = Hashed::new(input);
        let mut rows = Subjects::column(&mut hashed, "from")
            .and_then(|rows| rows.beside(&BESIDE))
            .map_err(|error| wrong(error.to_string()))?;
        let (mut numbers, mut batch) = (Numbers::default(), Batch::default());
        let (mut transfers, mut refused) = (Vec::new(), Rejected::default());
        loop {
            let more = rows.fill(&mut batch, ROWS).map_err(|error| wrong(error.to_string()))?;
            for row in batch.rows() {
                match numbers.transfer(&row, chain, transfers.len() as u64) {
                    Ok(Ok(_)) if transfers.len() >= MOST => {
                        return Err(wrong(format!("more than {MOST} movements: cut it")));
                    }
                    Ok(Ok(transfer)) => transfers.push(transfer),
                    Ok(Err(reason)) => refused.add(name, row.number, label(row.subject).into_owned(), reason),
                    Err(OutOfOrder) => {
                        let what =
                            "its block is before that of the row above: sort the rows as the chain has them";
                        return Err(wrong(format!("row {}: {what}", row.number)));
                    }
                }
            }
            if !more {
                break;
            }
        }
        drop(rows);
        let Numbers { subjects, assets, .. } = numbers;
        Ok(Self { transfers, subjects, assets, refused, sha256: hashed.sha256() })
    }

    /// What people pay with: the chain's own coin, and tokens that are known as assets. Anybody can write logs of the others.
    pub(super) fn money(&self, known: &Known<'_>) -> BTreeSet<AssetNum> {
        let is_money = |(token, _): &(&Option<Subject>, &AssetNum)| known.is_money(token.as_ref());
        self.assets.iter().filter(is_money).map(|(_, number)| *number).collect()
    }

    /// The movements of what people pay with.
    pub(super) fn in_money(&self, known: &Known<'_>) -> Vec<Transfer> {
        let money = self.money(known);
        self.transfers.iter().copied().filter(|transfer| money.contains(&transfer.asset)).collect()
    }
}

/// A row of an earlier block than the one above: what came first decides, so nothing can be said.
struct OutOfOrder;

/// Numbers in order of first appearance.
#[derive(Default)]
struct Numbers {
    accounts: HashMap<Subject, AccountNum>,
    subjects: Vec<Subject>,
    assets: BTreeMap<Option<Subject>, AssetNum>,
    /// The block of the row above, and its transactions so far.
    block: u64,
    txs: HashMap<String, TxNum>,
    /// How many transactions there were.
    count: u64,
}

impl Numbers {
    fn transfer(
        &mut self,
        row: &Row<'_>,
        chain: &Caip2,
        number: u64,
    ) -> Result<Result<Transfer, String>, OutOfOrder> {
        let Cells { from, to, asset, amount, block, tx } = match Cells::of(row, chain) {
            Ok(cells) => cells,
            Err(reason) => return Ok(Err(reason)),
        };
        if block < self.block {
            return Err(OutOfOrder);
        }
        if block > self.block {
            self.txs.clear();
            self.block = block;
        }
        let tx = *self.txs.entry(tx).or_insert_with(|| {
            self.count += 1;
            TxNum(self.count)
        });
        let next = u32::try_from(self.assets.len()).unwrap_or(u32::MAX);
        let asset = *self.assets.entry(asset).or_insert(AssetNum(next));
        let [from, to] = [from, to].map(|subject| Some(self.account(subject)));
        let num = TransferNum(number);
        Ok(Ok(Transfer { num, tx, from, to, asset, amount, kind: MovementKind::Token, proved: false }))
    }

    fn account(&mut self, subject: Subject) -> AccountNum {
        // There are at most twice as many accounts as movements, which are bounded.
        let next = AccountNum(u32::try_from(self.subjects.len()).unwrap_or(u32::MAX));
        *self.accounts.entry(subject.clone()).or_insert_with(|| {
            self.subjects.push(subject);
            next
        })
    }
}

/// The cells of a row.
struct Cells {
    from: Subject,
    to: Subject,
    /// A token's contract; none for the chain's own coin.
    asset: Option<Subject>,
    amount: Amount,
    block: u64,
    tx: String,
}

impl Cells {
    fn of(row: &Row<'_>, chain: &Caip2) -> Result<Self, String> {
        if let Some(error) = row.refused {
            return Err(error.to_string());
        }
        let [to, asset, amount, block, tx] = row.beside[..] else {
            return Err("it does not have the columns of a movement".to_owned());
        };
        let party = |text: &str| subject_on(chain, text).map_err(|error| format!("{}: {error}", label(text)));
        let amount = amount.trim();
        let amount = if !amount.is_empty() && amount.bytes().all(|byte| byte == b'0') { "0" } else { amount };
        let amount: Amount = amount
            .parse()
            .map_err(|_| format!("its amount `{}` is no whole number of base units", label(amount)))?;
        let block: u64 = block
            .trim()
            .parse()
            .map_err(|_| format!("its block `{}` is no number of a block", label(block)))?;
        let (asset, tx) = (asset.trim(), tx.trim());
        if tx.is_empty() {
            return Err("it does not say in which transaction".to_owned());
        }
        let is_coin =
            (1..=MOST_LETTERS).contains(&asset.len()) && asset.bytes().all(|byte| byte.is_ascii_alphabetic());
        let asset =
            if is_coin {
                None
            } else {
                let token = subject_on(chain, asset);
                Some(token.map_err(|_| {
                    format!("its asset `{}` is no contract and no coin's ticker", label(asset))
                })?)
            };
        let (from, to) = (party(row.subject)?, party(to)?);
        Ok(Self { from, to, asset, amount, block, tx: tx.to_owned() })
    }
}
