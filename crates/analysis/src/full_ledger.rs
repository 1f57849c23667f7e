//! Source-of-funds exposure of everything: one propagation forward over the whole ledger, state for live outputs only.
//!
//! `E(output) = Σ (input value / all inputs' value) · E(input)`; new coins are all [`Bucket::Coinbase`], an output of a named
//! owner is all that owner's bucket (tracing ends at names), what is not known is [`Bucket::Unknown`]. Shares are kept in
//! 65,535ths, eight to an output, and rounded down where inputs mix: in transactions of less than 2^48 base units a share
//! is never above the exact one, and below it by less than a 65,535th for each transaction of several inputs on the longest
//! way to the output ([`Bucket::Unknown`] gets what the others lose). That is enough to alert on; [`crate::exposure`] is exact to the unit for one owner. A spent
//! output's shares are dropped with its spender, so memory follows the unspent outputs, 32 bytes each with their table.
//! It goes on where it stopped as blocks arrive, and the last [`UNDO_BLOCKS`] blocks can be taken back.
//!
//! A second thread reads the ledger ahead.

mod batch;
mod live;

use std::{
    collections::VecDeque,
    sync::mpsc::{channel, sync_channel},
    thread,
};

use tracehound_ledger::{AddrNum, BlockNum, OutNum, OutputView, TxNum, UtxoRows};
use tracehound_model::Category;

use self::{
    batch::{Batch, Holder, Spent, Tx},
    live::Live,
};
use crate::numbers::Table;

/// Blocks that can be taken back.
pub const UNDO_BLOCKS: usize = 100;

/// What money is sorted into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// Nobody named, or amounts that are missing.
    Unknown = 0,
    /// New coins.
    Coinbase = 1,
    /// Sanctioned.
    Sanction = 2,
    /// Stolen.
    Theft = 3,
    /// Ransom, sextortion, fraud, terrorism, abuse.
    Crime = 4,
    /// Dark-web market.
    Market = 5,
    /// Mixer.
    Mixer = 6,
    /// Any other service: exchange, gambling, payment processor, miner.
    Service = 7,
}

impl Bucket {
    /// Every bucket, in the order of [`Shares`].
    pub const ALL: [Self; 8] = [
        Self::Unknown,
        Self::Coinbase,
        Self::Sanction,
        Self::Theft,
        Self::Crime,
        Self::Market,
        Self::Mixer,
        Self::Service,
    ];

    /// The bucket of a named owner; `None` for names that do not end a trace.
    pub const fn of(category: Category) -> Option<Self> {
        Some(match category {
            Category::Sanction | Category::IssuerBlacklist => Self::Sanction,
            Category::ServiceHack => Self::Theft,
            Category::Ransomware
            | Category::Sextortion
            | Category::Scam
            | Category::Phishing
            | Category::PonziScheme
            | Category::Terrorism
            | Category::ChildAbuse => Self::Crime,
            Category::Market => Self::Market,
            Category::MixingService | Category::CoinJoin => Self::Mixer,
            _ if category.is_service() => Self::Service,
            _ => return None,
        })
    }
}

/// Shares of an output in 65,535ths, by [`Bucket`]. They add up to 65,535.
pub type Shares = [u16; 8];

const WHOLE: u16 = u16::MAX;

/// Of no output: its shares add up to nothing.
const NOTHING: Shares = [0; 8];

const fn all(bucket: Bucket) -> Shares {
    let mut shares = [0; 8];
    shares[bucket as usize] = WHOLE;
    shares
}

/// The owners that end a trace, by number.
#[derive(Clone, Debug, Default)]
pub struct NamedOwners(Table<u32, Bucket>);

impl NamedOwners {
    /// From the numbers of named owners and their categories. Of several categories the gravest counts.
    pub fn new(named: impl IntoIterator<Item = (AddrNum, Category)>) -> Self {
        let mut owners: Table<u32, Bucket> = Table::default();
        for (owner, category) in named {
            let Some(bucket) = Bucket::of(category) else { continue };
            let grave = |bucket: Bucket| if bucket == Bucket::Coinbase { u8::MAX } else { bucket as u8 };
            let entry = owners.entry(owner.0).or_insert(bucket);
            if grave(bucket) < grave(*entry) {
                *entry = bucket;
            }
        }
        Self(owners)
    }

    #[inline]
    fn bucket(&self, owner: AddrNum) -> Option<Bucket> {
        self.0.get(&owner.0).copied()
    }
}

/// What a block changed, to be taken back.
#[derive(Clone, Debug)]
struct Undo {
    block: BlockNum,
    first_tx: TxNum,
    first_output: OutNum,
    spent: Vec<(OutNum, Shares)>,
}

/// The state of a propagation over the full ledger: shares of every live output so far.
#[derive(Clone, Debug, Default)]
pub struct FullPropagation {
    live: Live,
    next: TxNum,
    undo: VecDeque<Undo>,
}

/// Why it cannot go back that far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the propagation keeps {UNDO_BLOCKS} blocks of undo, and block number {} lies before them: start anew", .0.0)]
pub struct TooDeep(pub BlockNum);

impl FullPropagation {
    /// One that stands at the first block.
    pub fn new() -> Self {
        Self::default()
    }

    /// The first transaction that it has not seen.
    pub fn next(&self) -> TxNum {
        self.next
    }

    /// Outputs with state.
    pub fn live(&self) -> usize {
        self.live.count()
    }

    /// Bytes of memory for the live outputs.
    pub fn bytes(&self) -> usize {
        self.live.bytes()
    }

    /// Shares of an unspent output; `None` when it is spent, destroyed, not owned by anybody, or not seen yet.
    pub fn shares(&self, out: OutNum) -> Option<&Shares> {
        self.live.get(out)
    }

    /// Goes on to the end of the ledger. O(inputs and outputs not seen yet).
    pub fn advance(&mut self, ledger: &impl UtxoRows, named: &NamedOwners) {
        let counts = ledger.counts();
        let first_kept = counts.blocks.saturating_sub(u32::try_from(UNDO_BLOCKS).unwrap_or(u32::MAX));
        let undo_from = ledger.block(BlockNum(first_kept)).map_or(TxNum(u32::MAX), |block| block.first_tx);
        let mut batch = Batch::default();
        self.go_on(ledger, named, undo_from.0.max(self.next.0).min(counts.txs), &mut batch);
        for block in first_kept..counts.blocks {
            let Some(view) = ledger.block(BlockNum(block)) else { break };
            let end = ledger.block(BlockNum(block + 1)).map_or(counts.txs, |next| next.first_tx.0);
            if end <= self.next.0 {
                continue;
            }
            self.undo.push_back(Undo {
                block: view.num,
                first_tx: view.first_tx,
                first_output: self.live.next(),
                spent: Vec::new(),
            });
            self.go_on(ledger, named, end, &mut batch);
        }
        while self.undo.len() > UNDO_BLOCKS {
            self.undo.pop_front();
        }
    }

    /// Takes back the blocks from `block` on: the chain was reorganised after the one before.
    pub fn rewind(&mut self, block: BlockNum) -> Result<(), TooDeep> {
        if self.undo.front().is_none_or(|oldest| oldest.block > block) {
            return Err(TooDeep(block));
        }
        while let Some(last) = self.undo.pop_back_if(|last| last.block >= block) {
            self.live.truncate(last.first_output);
            // What the block itself had made and spent again is gone with it.
            for (out, shares) in last.spent.into_iter().filter(|(out, _)| *out < last.first_output) {
                self.live.put_back(out, shares);
            }
            self.next = last.first_tx;
        }
        Ok(())
    }

    /// Goes on to transaction `end`.
    fn go_on(&mut self, ledger: &impl UtxoRows, named: &NamedOwners, end: u32, batch: &mut Batch) {
        let destroyed_by = |coinbase| ledger.destroyed_by(coinbase);
        let spans = (self.next.0..end)
            .step_by(BATCH)
            .map(move |start| TxNum(start)..TxNum(end.min(start.saturating_add(BATCH as u32))));
        if spans.len() <= 1 {
            for span in spans {
                batch.read(ledger, named, span);
                self.take(&destroyed_by, batch);
            }
            return;
        }
        thread::scope(|scope| {
            let (give, read) = sync_channel::<Batch>(AHEAD);
            let (give_back, spare) = channel::<Batch>();
            scope.spawn(move || {
                for span in spans {
                    let mut batch = spare.try_recv().unwrap_or_default();
                    batch.read(ledger, named, span);
                    // Nobody listens where the other side has panicked.
                    if give.send(batch).is_err() {
                        return;
                    }
                }
            });
            for mut batch in read {
                self.take(&destroyed_by, &mut batch);
                // The reader is gone once it has read everything.
                let _ = give_back.send(batch);
            }
        });
    }

    /// Deals with a batch. The rows are asked about coinbases alone, so that this is compiled here, once, whatever holds them.
    fn take(&mut self, destroyed_by: &dyn Fn(TxNum) -> Vec<OutputView>, batch: &mut Batch) {
        let Batch { txs, spent, holders, inputs } = batch;
        let (mut spent, mut holders) = (&spent[..], &holders[..]);
        for txs in txs.chunks(NEAR) {
            // Looked up for nothing but that they are near when they are needed: the processor waits for many at once
            // here, and for one after the other below.
            let soon = &spent[..txs.iter().map(|tx| tx.inputs as usize).sum()];
            let near = soon.iter().filter_map(|spent| match spent {
                Spent::Output { out, .. } => self.live.get(*out),
                Spent::Missing { .. } => None,
            });
            std::hint::black_box(near.fold(0, |sum, shares| sum ^ shares[0]));
            for tx in txs {
                let (own_spent, own_holders);
                (own_spent, spent) = spent.split_at(tx.inputs as usize);
                (own_holders, holders) = holders.split_at(tx.outputs as usize);
                self.visit(tx, own_spent, own_holders, inputs);
                if tx.coinbase {
                    self.drop_destroyed(&destroyed_by(tx.num));
                }
            }
        }
    }

    /// What an earlier coinbase of the same id had left unspent is nobody's any more (BIP-30).
    fn drop_destroyed(&mut self, destroyed: &[OutputView]) {
        for output in destroyed {
            let Some(shares) = self.live.take(output.num) else { continue };
            if let Some(undo) = self.undo.back_mut() {
                undo.spent.push((output.num, shares));
            }
        }
    }

    fn visit(&mut self, tx: &Tx, spent: &[Spent], holders: &[Holder], inputs: &mut Vec<(u64, Shares)>) {
        inputs.clear();
        let mut known = true;
        for coin in spent {
            match *coin {
                Spent::Output { out, value } => {
                    let shares = self.live.take(out).unwrap_or(all(Bucket::Unknown));
                    if let Some(undo) = self.undo.back_mut() {
                        undo.spent.push((out, shares));
                    }
                    inputs.push((value, shares));
                }
                Spent::Missing { value, bucket } => {
                    known &= value.is_some();
                    inputs.push((value.unwrap_or(0), all(bucket.unwrap_or(Bucket::Unknown))));
                }
            }
        }
        let shares = match (tx.coinbase, known) {
            (true, _) => all(Bucket::Coinbase),
            (false, false) => all(Bucket::Unknown),
            (false, true) => mixed(inputs),
        };
        self.live.begin(tx.first_output);
        for holder in holders {
            self.live.push(match holder {
                Holder::Nobody => NOTHING,
                Holder::Unnamed => shares,
                Holder::Named(bucket) => all(*bucket),
            });
        }
        self.next = TxNum(tx.num.0 + 1);
    }
}

/// Transactions that are read before the first of them is dealt with.
const BATCH: usize = 2_048;
/// Transactions whose inputs' shares are fetched before the first of them is dealt with.
const NEAR: usize = 256;
/// Batches that are read ahead.
const AHEAD: usize = 2;

/// The inputs' shares, weighted by amount. What rounding leaves over is unknown, so the shares add up.
fn mixed(inputs: &[(u64, Shares)]) -> Shares {
    if let [(_, shares)] = inputs {
        return *shares;
    }
    // 48 bits of amount and 16 of share fill 64: all bitcoins together need 51 bits, so what is cut off here does not
    // reach a 65,535th, and divisions of 128 bits would cost more than all the rest.
    let whole: u128 = inputs.iter().map(|(value, _)| u128::from(*value)).sum();
    let cut = (u128::BITS - whole.leading_zeros()).saturating_sub(48);
    let (mut sums, mut total) = ([0u64; 8], 0u64);
    for (value, shares) in inputs {
        let value = value >> cut;
        total += value;
        for (sum, &share) in sums.iter_mut().zip(shares) {
            *sum += value * u64::from(share);
        }
    }
    if total == 0 {
        return all(Bucket::Unknown);
    }
    let mut shares = divided(sums, total);
    let said: u16 = shares.iter().sum();
    shares[Bucket::Unknown as usize] += WHOLE - said;
    shares
}

/// Each sum divided by the total, rounded down; none of them reaches 65,536 times the total, which is less than 2^48.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "what the quotient lacks is made up for in whole numbers; none is negative"
)]
fn divided(sums: [u64; 8], total: u64) -> Shares {
    // One division instead of eight. The quotient is off by less than one, as it has 16 bits and floating point 53.
    let inverse = 1.0 / total as f64;
    sums.map(|sum| {
        let near = (sum as f64 * inverse) as u64;
        let product = near * total;
        (if product > sum { near - 1 } else { near + u64::from(sum - product >= total) }) as u16
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shares() -> impl Strategy<Value = Shares> {
        prop::collection::vec(0u16..=WHOLE / 7, 7).prop_map(|some| {
            let mut shares = [0; 8];
            shares[1..].copy_from_slice(&some);
            shares[Bucket::Unknown as usize] = WHOLE - some.iter().sum::<u16>();
            shares
        })
    }

    proptest! {
        #[test]
        fn shares_are_divided_as_whole_numbers_are(
            total in prop_oneof![1u64..10, 1u64..1 << 48],
            shares in prop::array::uniform8((0u64..=WHOLE.into(), any::<u64>(), 0u8..4)),
        ) {
            // Multiples of the total, one more, one less, and what lies between.
            let sums = shares.map(|(share, rest, kind)| match kind {
                0 => share * total,
                1 => share * total + total - 1,
                2 => (share * total).saturating_sub(1),
                _ => share * total + rest % total,
            });
            prop_assert_eq!(divided(sums, total), sums.map(|sum| (sum / total) as u16));
        }

        /// A made-up chain has amounts of 64 bits; nothing overflows, and only what rounding loses becomes unknown.
        #[test]
        fn shares_are_those_of_exact_arithmetic_at_any_amount(
            inputs in prop::collection::vec((prop_oneof![0u64..10, 0u64..1 << 51, any::<u64>()], shares()), 2..20),
        ) {
            let mixed = mixed(&inputs);
            prop_assert_eq!(mixed.iter().map(|&share| u32::from(share)).sum::<u32>(), u32::from(WHOLE));
            let whole: u128 = inputs.iter().map(|input| u128::from(input.0)).sum();
            prop_assume!(whole > 0);
            for (bucket, share) in mixed.iter().enumerate().skip(1) {
                let sum: u128 = inputs.iter().map(|input| u128::from(input.0) * u128::from(input.1[bucket])).sum();
                let exact = u16::try_from(sum / whole).expect("a share");
                prop_assert!(share.abs_diff(exact) <= 1, "{share} is not {exact}");
            }
        }
    }
}
