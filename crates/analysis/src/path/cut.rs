//! How much can have gone by several ways together, which may share outputs.

use std::collections::{BTreeMap, VecDeque};

use tracehound_ledger::OutNum;

/// The most, in base units, that can have gone by these ways together, each the outputs that it passes through: no output carries more than it holds, however many of
/// them pass through it. O(outputs² × ways).
pub fn most_by_all(ways: &[&[OutNum]], value: impl Fn(OutNum) -> u64) -> u128 {
    let mut places: BTreeMap<OutNum, usize> = BTreeMap::new();
    for out in ways.iter().copied().flatten() {
        let next = places.len();
        places.entry(*out).or_insert(next);
    }
    // What comes in and what goes out of an output are two points, between which no more passes than it holds.
    let (start, end) = (2 * places.len(), 2 * places.len() + 1);
    let mut room: Vec<BTreeMap<usize, u128>> = vec![BTreeMap::new(); end + 1];
    for (&out, &place) in &places {
        room[2 * place].insert(2 * place + 1, value(out).into());
    }
    for way in ways {
        let mut before = start;
        for place in way.iter().map(|out| places[out]) {
            room[before].insert(2 * place, u128::MAX);
            before = 2 * place + 1;
        }
        room[before].insert(end, u128::MAX);
    }
    let mut all = 0_u128;
    while let Some((route, amount)) = widening(&room, start, end) {
        for (from, to) in route {
            let left = room[from].entry(to).or_default();
            *left = left.saturating_sub(amount);
            let back = room[to].entry(from).or_default();
            *back = back.saturating_add(amount);
        }
        all = all.saturating_add(amount);
    }
    all
}

/// A shortest route on which more can go, and how much.
fn widening(room: &[BTreeMap<usize, u128>], start: usize, end: usize) -> Option<(Vec<(usize, usize)>, u128)> {
    let mut before: Vec<Option<usize>> = vec![None; room.len()];
    let mut waiting = VecDeque::from([start]);
    while let Some(at) = waiting.pop_front() {
        for (&to, _) in room[at].iter().filter(|(_, left)| **left > 0) {
            if to != start && before[to].is_none() {
                before[to] = Some(at);
                waiting.push_back(to);
            }
        }
    }
    let (mut route, mut at) = (Vec::new(), end);
    while at != start {
        let from = before[at]?;
        route.push((from, at));
        at = from;
    }
    let amount = route.iter().map(|(from, to)| room[*from][to]).min()?;
    Some((route, amount))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn most(ways: &[&[u64]], values: &[u64]) -> u128 {
        let ways: Vec<Vec<OutNum>> =
            ways.iter().map(|way| way.iter().map(|&out| OutNum(out)).collect()).collect();
        let ways: Vec<&[OutNum]> = ways.iter().map(Vec::as_slice).collect();
        most_by_all(&ways, |out| values[out.0 as usize])
    }

    #[test]
    fn ways_that_share_an_output_carry_no_more_together_than_it_holds() {
        let values = [50, 40, 30, 7, 100, 20];
        assert_eq!(most(&[], &values), 0);
        assert_eq!(most(&[&[0, 1]], &values), 40);
        // Apart they add up.
        assert_eq!(most(&[&[0, 1], &[2, 5]], &values), 60);
        // Three through one bottleneck.
        assert_eq!(most(&[&[0, 3, 4], &[1, 3, 4], &[2, 3, 4]], &values), 7);
        // Two that part and meet again: the first output holds them both.
        assert_eq!(most(&[&[0, 1, 4], &[0, 2, 4]], &values), 50);
        assert_eq!(most(&[&[4, 1], &[4, 2]], &values), 70);
    }
}
