//! The one operation: who of the outputs gets which of the lots.

use tracehound_model::amount::split_proportionally;

use super::{Holding, Label, Lot};

/// A rule of taint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// One dirty unit makes every output dirty as a whole. The amount grows; an upper bound on contact, not on money.
    Poison,
    /// Every output is dirty by the inputs' share, to the unit by largest remainder.
    Haircut,
    /// First in, first out: inputs lie end to end, outputs cut from the front, the fee is the end.
    Fifo,
    /// Last in, first out: outputs cut from the end of the same queue, the fee is the front.
    Lifo,
    /// Taint in, highest out: the largest outputs take what is dirty first. On account chains: dirty money leaves first.
    Tiho,
    /// Clean money leaves first, and dirty only when there is no clean left: the reading kindest to the receiver.
    CleanFirst,
}

impl Method {
    /// The five methods that are compared on UTXO chains.
    pub const COMPARED: [Self; 5] = [Self::Poison, Self::Haircut, Self::Fifo, Self::Lifo, Self::Tiho];

    /// Its name, as flags and files write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Poison => "poison",
            Self::Haircut => "haircut",
            Self::Fifo => "fifo",
            Self::Lifo => "lifo",
            Self::Tiho => "tiho",
            Self::CleanFirst => "clean-first",
        }
    }

    /// The method of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::COMPARED.into_iter().chain([Self::CleanFirst]).find(|method| method.name() == name)
    }

    /// Whether it matters in which order the inputs lie.
    pub(super) const fn is_ordered(self) -> bool {
        matches!(self, Self::Fifo | Self::Lifo)
    }

    /// Whether the dirty amount stays what it was. Poison's grows.
    pub const fn conserves(self) -> bool {
        !matches!(self, Self::Poison)
    }
}

/// How a pool was divided. The values add up to what went in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    /// One holding for each output, in order.
    pub outputs: Vec<Holding>,
    /// What the outputs left: the fee of a UTXO transaction, the rest of an account.
    pub rest: Holding,
}

/// The outputs want more than the inputs hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the outputs take {wanted} base units, and the inputs hold {held}")]
pub struct Overdrawn {
    /// Base units that the outputs take.
    pub wanted: u128,
    /// Base units that the inputs hold.
    pub held: u128,
}

/// Divides what the inputs hold, in order, among outputs of these values, in order.
///
/// O(lots + outputs), times the number of labels for haircut and TIHO.
pub fn divide<'a>(
    method: Method,
    inputs: impl IntoIterator<Item = &'a Holding>,
    outputs: &[u128],
) -> Result<Division, Overdrawn> {
    let mut pool = Holding::default();
    for input in inputs {
        pool.append(input);
    }
    divide_pool(method, &pool, outputs)
}

/// [`divide`] for inputs that are laid end to end already.
pub(super) fn divide_pool(method: Method, pool: &Holding, outputs: &[u128]) -> Result<Division, Overdrawn> {
    let wanted: u128 = outputs.iter().sum();
    let held = pool.value();
    let Some(rest) = held.checked_sub(wanted) else { return Err(Overdrawn { wanted, held }) };
    Ok(match method {
        Method::Poison => poison(pool, outputs, rest),
        Method::Haircut => haircut(pool, outputs, rest),
        Method::Fifo => {
            let mut buckets = cut(pool.lots().into_iter(), outputs.iter().copied().chain([rest]));
            let rest = buckets.pop().unwrap_or_default();
            Division { outputs: buckets, rest }
        }
        Method::Lifo => {
            // From the front of the queue: the fee, then the outputs from the last to the first.
            let mut buckets =
                cut(pool.lots().into_iter(), [rest].into_iter().chain(outputs.iter().rev().copied()));
            let outputs = buckets.split_off(1).into_iter().rev().collect();
            Division { outputs, rest: buckets.pop().unwrap_or_default() }
        }
        Method::Tiho => {
            let mut order: Vec<usize> = (0..outputs.len()).collect();
            order.sort_by_key(|&at| std::cmp::Reverse(outputs[at]));
            ranked(pool, outputs, rest, &order)
        }
        Method::CleanFirst => clean_first(pool, outputs, rest),
    })
}

/// The other way round: what the outputs (in order) and the rest hold is laid back on inputs of these values.
///
/// `None` for the methods that do not say which input a dirty unit came from: TIHO and clean-first pool the inputs.
pub fn divide_backward(
    method: Method,
    outputs: &[Holding],
    rest: &Holding,
    inputs: &[u128],
) -> Option<Result<Vec<Holding>, Overdrawn>> {
    // FIFO's queue is outputs and rest in order; LIFO's, from its front, the rest and the outputs reversed.
    let order: Vec<&Holding> = match method {
        Method::Poison | Method::Haircut | Method::Fifo => outputs.iter().chain([rest]).collect(),
        Method::Lifo => [rest].into_iter().chain(outputs.iter().rev()).collect(),
        Method::Tiho | Method::CleanFirst => return None,
    };
    let forward = if method == Method::Lifo { Method::Fifo } else { method };
    Some(divide(forward, order, inputs).map(|division| division.outputs))
}

fn poison(pool: &Holding, outputs: &[u128], rest: u128) -> Division {
    let labels: Vec<Label> = pool.by_label().into_iter().map(|(label, _)| label).collect();
    let dirty = |value: u128| Holding::poisoned(value, if value > 0 { &labels } else { &[] });
    Division { outputs: outputs.iter().map(|&value| dirty(value)).collect(), rest: dirty(rest) }
}

/// Label by label over what is left of each bucket, so that no bucket gets more than it holds: rounding two labels
/// up in the same bucket could otherwise overfill it.
fn haircut(pool: &Holding, outputs: &[u128], rest: u128) -> Division {
    let mut left: Vec<u128> = outputs.iter().copied().chain([rest]).collect();
    let mut buckets = vec![Holding::default(); left.len()];
    for (label, amount) in pool.by_label() {
        let parts = split_proportionally(amount, &left);
        give(&mut buckets, &mut left, &parts, Some(label));
    }
    fill_clean(&mut buckets, &left);
    let rest = buckets.pop().unwrap_or_default();
    Division { outputs: buckets, rest }
}

/// Dirty money to the outputs in the order of `order`, the rest last; labels mixed by haircut among what is dirty.
fn ranked(pool: &Holding, outputs: &[u128], rest: u128, order: &[usize]) -> Division {
    let mut left: Vec<u128> = outputs.iter().copied().chain([rest]).collect();
    let mut buckets = vec![Holding::default(); left.len()];
    let mut dirty: Vec<(Label, u128)> = pool.by_label().into_iter().collect();
    for at in order.iter().copied().chain([outputs.len()]) {
        let there: u128 = dirty.iter().map(|(_, amount)| amount).sum();
        let amounts: Vec<u128> = dirty.iter().map(|(_, amount)| *amount).collect();
        let taken = split_proportionally(there.min(left[at]), &amounts);
        for ((label, amount), part) in dirty.iter_mut().zip(taken) {
            *amount -= part;
            left[at] -= part;
            buckets[at].push(Lot { amount: part, label: Some(*label) });
        }
    }
    fill_clean(&mut buckets, &left);
    let rest = buckets.pop().unwrap_or_default();
    Division { outputs: buckets, rest }
}

/// Outputs in order take clean money while there is any; what is left at the end is as dirty as it must be.
fn clean_first(pool: &Holding, outputs: &[u128], rest: u128) -> Division {
    let clean = pool.lots().into_iter().filter(|lot| lot.label.is_none());
    let dirty = pool.by_label().into_iter().map(|(label, amount)| Lot { amount, label: Some(label) });
    let mut buckets = cut(clean.chain(dirty), outputs.iter().copied().chain([rest]));
    let rest = buckets.pop().unwrap_or_default();
    Division { outputs: buckets, rest }
}

fn give(buckets: &mut [Holding], left: &mut [u128], parts: &[u128], label: Option<Label>) {
    for ((bucket, left), &part) in buckets.iter_mut().zip(left).zip(parts) {
        bucket.push(Lot { amount: part, label });
        *left -= part;
    }
}

fn fill_clean(buckets: &mut [Holding], left: &[u128]) {
    for (bucket, &left) in buckets.iter_mut().zip(left) {
        bucket.push(Lot { amount: left, label: None });
    }
}

/// Cuts a queue of lots into buckets of these sizes, front first. The sizes add up to the lots.
fn cut(lots: impl Iterator<Item = Lot>, sizes: impl Iterator<Item = u128>) -> Vec<Holding> {
    let mut lots = lots;
    let mut front = Lot { amount: 0, label: None };
    sizes
        .map(|size| {
            let mut bucket = Holding::default();
            let mut wanted = size;
            while wanted > 0 {
                if front.amount == 0 {
                    match lots.next() {
                        Some(lot) => front = lot,
                        None => break,
                    }
                }
                let amount = wanted.min(front.amount);
                bucket.push(Lot { amount, label: front.label });
                front.amount -= amount;
                wanted -= amount;
            }
            bucket
        })
        .collect()
}
