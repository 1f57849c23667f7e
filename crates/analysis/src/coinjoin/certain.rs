//! Which inputs are a `JoinMarket` change output's owner's in every way in which the makers' accounts are even.
//!
//! [`change`](super::change) weighs assignments and names the likeliest; here every one counts, however unlikely, with the
//! highest fee that the recogniser accepts of a maker. So what is left when they are all laid over each other cannot join
//! strangers in a round that is what it is recognised as.

use super::{Answer, Protocol, TxShape, features::Tally};

/// Most parties that are assigned: a bit each, and every set of them is looked at.
const MOST_PARTIES: usize = 12;

/// Groups of parties, one bit each.
type Group = usize;

/// For the parties (inputs by place, each with the number of its party; inputs of one owner are one) of a recognised
/// `JoinMarket` round: the pairs of an input and a change output, by place, that are one person's in every assignment.
///
/// `None` where it is no recognised round of `JoinMarket`, where there are more than 12 parties, and where no assignment makes
/// the accounts even, as when inputs are called one owner's that are not.
pub fn certain_change(
    shape: &TxShape<'_>,
    answer: &Answer,
    parties: &[(usize, usize)],
) -> Option<Vec<(usize, usize)>> {
    let Answer::CoinJoin(found) = answer else { return None };
    let (Protocol::JoinMarket, Some(most_fee)) = (found.protocol, found.maker_fee) else { return None };
    let count = parties.iter().map(|(_, party)| party + 1).max()?;
    if count > MOST_PARTIES {
        return None;
    }
    let mut brought = vec![0_u128; count];
    for &(input, party) in parties {
        brought[party] += u128::from(shape.inputs.get(input)?.as_ref()?.value);
    }
    let sums = sums(&brought);
    let tally = Tally::of(shape.outputs);
    // The amounts that may have been mixed: what is certain is so for each of them that balances.
    let mut certain: Option<Vec<(usize, Group)>> = None;
    for mixed in tally.most_frequent() {
        let places: Vec<usize> =
            (0..shape.outputs.len()).filter(|&place| shape.outputs[place].value != mixed).collect();
        let out = |&place: &usize| u128::from(shape.outputs[place].value) + u128::from(mixed);
        let round = Round { sums: &sums, out: places.iter().map(out).collect(), most_fee: most_fee.into() };
        let Some(shared) = round.shared(tally.most) else { continue };
        let of = |output: usize| places.iter().position(|&place| place == output).map_or(0, |at| shared[at]);
        certain = Some(match certain {
            None => places.iter().copied().zip(shared).collect(),
            Some(before) => before.into_iter().map(|(output, group)| (output, group & of(output))).collect(),
        });
    }
    let joined = |&(output, group): &(usize, Group)| {
        let inputs = parties.iter().filter(move |(_, party)| group >> party & 1 == 1);
        inputs.map(move |&(input, _)| (input, output)).collect::<Vec<_>>()
    };
    certain.map(|certain| certain.iter().flat_map(joined).collect())
}

/// What each set of parties brought.
fn sums(brought: &[u128]) -> Vec<u128> {
    let mut sums = vec![0];
    for value in brought {
        sums.extend(sums.clone().iter().map(|sum| sum + value));
    }
    sums
}

/// One amount that may have been mixed.
struct Round<'a> {
    /// By set of parties.
    sums: &'a [u128],
    /// What the owner of each change output takes out.
    out: Vec<u128>,
    most_fee: u128,
}

impl Round<'_> {
    /// For each change output the parties that are its owner's in every assignment; `None` where there is none.
    fn shared(&self, people: usize) -> Option<Vec<Group>> {
        let all = self.sums.len() - 1;
        let mut shared = vec![all; self.out.len()];
        let mut some = false;
        let takers: Vec<Option<usize>> = match self.out.len() {
            count if count == people => (0..count).map(Some).collect(),
            count if count + 1 == people => vec![None],
            _ => return None,
        };
        for taker in takers {
            some |= self.with_taker(taker, &mut shared);
        }
        some.then_some(shared)
    }

    /// Takes from `shared` what assignments with this taker's change do not share; whether there are any.
    fn with_taker(&self, taker: Option<usize>, shared: &mut [Group]) -> bool {
        let all = self.sums.len() - 1;
        let makers: Vec<usize> = (0..self.out.len()).filter(|at| Some(*at) != taker).collect();
        let fits = |change: usize, group: Group| {
            let (brought, out) = (self.sums[group], self.out[change]);
            brought <= out && out - brought <= self.most_fee
        };
        // The sets that are given away when so many makers have theirs.
        let mut given = vec![vec![false; all + 1]; makers.len() + 1];
        given[0][0] = true;
        for (step, &change) in makers.iter().enumerate() {
            for used in 0..=all {
                if given[step][used] {
                    for group in groups(all & !used).filter(|&group| fits(change, group)) {
                        given[step + 1][used | group] = true;
                    }
                }
            }
        }
        // Those of them from where on everybody gets something: the taker has to have brought something too.
        let mut ends = vec![vec![false; all + 1]; makers.len() + 1];
        ends[makers.len()][..all].copy_from_slice(&given[makers.len()][..all]);
        for (step, &change) in makers.iter().enumerate().rev() {
            for used in (0..=all).filter(|&used| given[step][used]) {
                for group in groups(all & !used).filter(|&group| fits(change, group)) {
                    if ends[step + 1][used | group] {
                        ends[step][used] = true;
                        shared[change] &= group;
                    }
                }
            }
        }
        if let Some(taker) = taker {
            for used in (0..all).filter(|&used| ends[makers.len()][used]) {
                shared[taker] &= all & !used;
            }
        }
        ends[0][0]
    }
}

/// The groups of some of these parties.
fn groups(of: Group) -> impl Iterator<Item = Group> {
    std::iter::successors((of > 0).then_some(of), move |&group| {
        Some((group - 1) & of).filter(|next| *next > 0)
    })
}
