//! What of a transaction is counted: coins of no value are left out, inputs of one owner are one.

use super::{BoltzmannError, Linkability, MAX_SIDE, Side, intrafees, without_fees};

/// Most inputs before those of one owner are joined.
const MAX_COINS: usize = 1 << 15;

/// The amounts of one transaction, fit to be analysed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amounts {
    /// One for each owner: single inputs in their order, then the joined ones.
    inputs: Vec<u64>,
    outputs: Vec<u64>,
    fee: u64,
    /// The inputs that have a value: their place, and where they are in `inputs`.
    columns: Vec<(usize, usize)>,
    /// The outputs that have a value, by place.
    rows: Vec<usize>,
}

/// What participants pay each other at most, base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Intrafees {
    /// What one of them receives.
    pub maker: u64,
    /// What one of them pays to all others together, beside the fee of the transaction.
    pub taker: u64,
}

impl Intrafees {
    /// Whether nobody pays anybody.
    pub const fn is_none(self) -> bool {
        self.maker == 0 && self.taker == 0
    }
}

/// The highest fee of a maker as a share of the mixed amount, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeShare(u32);

impl FeeShare {
    /// Half a percent: more than takers of `JoinMarket`'s reference client accept, and what the examples of Boltzmann's
    /// reference implementation are computed with.
    pub const JOINMARKET: Self = Self(5_000);

    /// Reads a ratio from 0 to 1, rounded to millionths.
    #[expect(clippy::cast_sign_loss, reason = "checked to be from 0 to 1")]
    pub fn of(ratio: f64) -> Option<Self> {
        (0.0..=1.0).contains(&ratio).then(|| Self((ratio * 1e6).round() as u32))
    }
}

impl Amounts {
    /// Takes the inputs and outputs of a transaction, base units, and the sets of inputs known to be one owner's, by
    /// place. Sets that share an input are one.
    ///
    /// # Errors
    /// All of [`BoltzmannError`] but that it is too much work.
    pub fn new(inputs: &[u64], outputs: &[u64], linked: &[Vec<usize>]) -> Result<Self, BoltzmannError> {
        if inputs.len() > MAX_COINS {
            return Err(BoltzmannError::TooManyToLink(inputs.len()));
        }
        let owners = owners(inputs.len(), linked)?;
        let mut joined = vec![0_u32; inputs.len()];
        let places = || (0..inputs.len()).filter(|&place| inputs[place] > 0);
        for place in places() {
            joined[owners[place]] += 1;
        }
        let total_in = sum(Side::Input, inputs)?;
        let total_out = sum(Side::Output, outputs)?;
        let mut group_of = vec![None; inputs.len()];
        let mut groups: Vec<u64> = Vec::new();
        let (single, several): (Vec<usize>, Vec<usize>) = places().partition(|&p| joined[owners[p]] == 1);
        for &place in single.iter().chain(&several) {
            let at = *group_of[owners[place]].get_or_insert_with(|| {
                groups.push(0);
                groups.len() - 1
            });
            groups[at] += inputs[place];
        }
        let columns = places().filter_map(|place| Some((place, group_of[owners[place]]?))).collect();
        let rows: Vec<usize> = (0..outputs.len()).filter(|&place| outputs[place] > 0).collect();
        let paid: Vec<u64> = rows.iter().map(|&place| outputs[place]).collect();
        for (side, count) in [(Side::Input, groups.len()), (Side::Output, paid.len())] {
            match count {
                0 => return Err(BoltzmannError::Empty(side)),
                1..=MAX_SIDE => {}
                _ => return Err(BoltzmannError::TooMany { side, count }),
            }
        }
        let Some(fee) = total_in.checked_sub(total_out) else {
            return Err(BoltzmannError::Overspent { inputs: total_in, outputs: total_out });
        };
        Ok(Self { inputs: groups, outputs: paid, fee, columns, rows })
    }

    /// The inputs that have a value, by place, each with the number of its owner: those of one owner share it.
    pub fn parties(&self) -> &[(usize, usize)] {
        &self.columns
    }

    /// How many owners there are.
    pub const fn owners(&self) -> usize {
        self.inputs.len()
    }

    /// How many outputs have a value.
    pub const fn outputs(&self) -> usize {
        self.outputs.len()
    }

    /// The most that participants pay each other if a maker asks for `share` of the mixed amount at most; `None` where
    /// the outputs do not look like a `CoinJoin`'s.
    ///
    /// As in the reference implementation: some amount comes n times, and there are no more than 2n outputs, where n is
    /// at most the number of owners; of several such amounts the one with most participants, then the largest.
    pub fn intrafees(&self, share: FeeShare) -> Option<Intrafees> {
        let people = |amount: u64| {
            let equal = self.outputs.iter().filter(|&&other| other == amount).count();
            if equal > 1 { equal.min(self.inputs.len()) } else { 0 }
        };
        let fits = |&amount: &u64| people(amount) > 1 && self.outputs.len() <= 2 * people(amount);
        let mixed = *self.outputs.iter().filter(|amount| fits(amount)).max_by_key(|a| (people(**a), **a))?;
        let millionths = u128::from(mixed) * u128::from(share.0);
        let units = |millionths: u128| u64::try_from(millionths / 1_000_000).unwrap_or(u64::MAX);
        let makers = people(mixed) as u128 - 1;
        let found = Intrafees { maker: units(millionths), taker: units(millionths * makers) };
        (!found.is_none()).then_some(found)
    }

    /// Counts the interpretations, in at most `work` steps of a few nanoseconds.
    ///
    /// Time is the number of pairs of matching sub-transactions that contain each other: small where the fees are
    /// smaller than the amounts or amounts repeat, at worst exponential. Memory is a number for each matching
    /// sub-transaction.
    ///
    /// # Errors
    /// When it takes more.
    pub fn linkability(&self, fees: Intrafees, work: u64) -> Result<Linkability, BoltzmannError> {
        let count = if fees.is_none() { without_fees } else { intrafees::count };
        let (interpretations, together) = count(&self.inputs, &self.outputs, self.fee, fees, work)?;
        let of_row = |row: &Vec<u128>| self.columns.iter().map(|&(_, at)| row[at]).collect();
        let together: Vec<Vec<u128>> = together.iter().map(of_row).collect();
        let mut deterministic = Vec::new();
        for (column, &(input, _)) in self.columns.iter().enumerate() {
            let certain = together.iter().zip(&self.rows).filter(|(row, _)| row[column] == interpretations);
            deterministic.extend(certain.map(|(_, &output)| (input, output)));
        }
        Ok(Linkability {
            interpretations,
            together,
            inputs: self.columns.iter().map(|&(place, _)| place).collect(),
            outputs: self.rows.clone(),
            deterministic,
            fee: self.fee,
            intrafees: fees,
        })
    }
}

fn sum(side: Side, values: &[u64]) -> Result<u64, BoltzmannError> {
    values.iter().try_fold(0_u64, |sum, &value| sum.checked_add(value)).ok_or(BoltzmannError::Overflow(side))
}

/// For each input the first input of the same owner.
fn owners(inputs: usize, linked: &[Vec<usize>]) -> Result<Vec<usize>, BoltzmannError> {
    fn first(owner: &mut [usize], mut place: usize) -> usize {
        while owner[place] != place {
            owner[place] = owner[owner[place]];
            place = owner[place];
        }
        place
    }
    let mut owner: Vec<usize> = (0..inputs).collect();
    for set in linked {
        if let Some(&place) = set.iter().find(|&&place| place >= inputs) {
            return Err(BoltzmannError::NoInput { place, count: inputs });
        }
        for pair in set.windows(2) {
            let (one, other) = (first(&mut owner, pair[0]), first(&mut owner, pair[1]));
            owner[one.max(other)] = one.min(other);
        }
    }
    Ok((0..inputs).map(|place| first(&mut owner, place)).collect())
}
