//! Counts that several rules share.

use tracehound_model::ScriptType;

use super::Coin;

/// Outputs whose values are sorted on the stack.
const ON_STACK: usize = 64;

/// How often each value occurs among the outputs.
pub(super) struct Tally {
    stack: [u64; ON_STACK],
    heap: Vec<u64>,
    len: usize,
    /// How often the most frequent value occurs.
    pub most: usize,
    /// That value; the largest of those that occur equally often.
    pub value: u64,
    /// Distinct values.
    pub distinct: usize,
    /// Values that occur once.
    pub single: usize,
}

impl Tally {
    pub(super) fn of(outputs: &[Coin]) -> Self {
        let mut tally = Self {
            stack: [0; ON_STACK],
            heap: Vec::new(),
            len: outputs.len(),
            most: 0,
            value: 0,
            distinct: 0,
            single: 0,
        };
        if outputs.len() > ON_STACK {
            tally.heap = outputs.iter().map(|coin| coin.value).collect();
            tally.heap.sort_unstable();
        } else {
            for (place, coin) in tally.stack.iter_mut().zip(outputs) {
                *place = coin.value;
            }
            tally.stack[..outputs.len()].sort_unstable();
        }
        let (mut most, mut value, mut distinct, mut single) = (0, 0, 0, 0);
        for run in tally.values().chunk_by(|a, b| a == b) {
            distinct += 1;
            single += usize::from(run.len() == 1);
            if run.len() >= most {
                (most, value) = (run.len(), run[0]);
            }
        }
        Self { most, value, distinct, single, ..tally }
    }

    fn values(&self) -> &[u64] {
        if self.heap.is_empty() { &self.stack[..self.len] } else { &self.heap }
    }

    /// How many outputs have this value.
    pub(super) fn count_of(&self, value: u64) -> u32 {
        let values = self.values();
        let first = values.partition_point(|&other| other < value);
        let end = values.partition_point(|&other| other <= value);
        (end - first) as u32
    }

    /// The values that occur at least so often, largest first.
    pub(super) fn repeated(&self, least: usize) -> impl Iterator<Item = u64> + '_ {
        let runs: Vec<u64> = self
            .values()
            .chunk_by(|a, b| a == b)
            .filter(|run| run.len() >= least)
            .map(|run| run[0])
            .collect();
        runs.into_iter().rev()
    }

    /// The values that occur as often as the most frequent one, largest first, at most two.
    pub(super) fn most_frequent(&self) -> impl Iterator<Item = u64> + '_ {
        let runs = self.values().chunk_by(|a, b| a == b).filter(|run| run.len() == self.most);
        let mut last: [Option<u64>; 2] = [None, None];
        for run in runs {
            last = [Some(run[0]), last[0]];
        }
        last.into_iter().flatten()
    }
}

/// Whether every input whose script is known has one that `wanted` accepts.
pub(super) fn inputs_are(inputs: &[Option<Coin>], wanted: impl Fn(ScriptType) -> bool) -> bool {
    inputs.iter().flatten().all(|coin| wanted(coin.script))
}

/// Whether the values that are known never rise.
pub(super) fn descending(values: impl Iterator<Item = u64>) -> bool {
    values.is_sorted_by(|before, after| before >= after)
}

/// Who spends and who receives, counted apart.
pub(super) struct Owners {
    /// Distinct owners among the inputs that are known.
    pub spending: usize,
    /// Inputs whose owner is not known.
    pub unknown: usize,
    /// Distinct owners among the outputs.
    pub receiving: usize,
    /// Owners on both sides.
    pub both: usize,
}

impl Owners {
    pub(super) fn of(inputs: &[Option<Coin>], outputs: &[Coin]) -> Self {
        let mut spending: Vec<u64> = inputs.iter().flatten().map(|coin| coin.owner).collect();
        let unknown = inputs.len() - spending.len();
        let mut receiving: Vec<u64> = outputs.iter().map(|coin| coin.owner).collect();
        for owners in [&mut spending, &mut receiving] {
            owners.sort_unstable();
            owners.dedup();
        }
        let both = spending.iter().filter(|owner| receiving.binary_search(owner).is_ok()).count();
        Self { spending: spending.len(), unknown, receiving: receiving.len(), both }
    }

    /// Whether at least `people` different owners spend, as far as known.
    pub(super) fn may_be(&self, people: usize) -> bool {
        self.spending + self.unknown >= people
    }
}
