//! Which edges every assignment has.

use super::MOST_CANDIDATES;

/// Why a payout has no deposit for sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Open {
    /// Some assignments give it another one.
    Several,
    /// No assignment gives all payouts around it a deposit.
    TooFew,
    /// Around it are more candidates than are looked at.
    Crowded,
}

const NONE: usize = usize::MAX;
/// Of a deposit from which no path leads to a free one.
const DEAD: usize = usize::MAX - 1;

/// For each payout the deposit that every assignment gives it, of which `candidates` are its possible ones.
pub(super) fn forced(deposits: usize, candidates: &[Vec<usize>]) -> Vec<Result<usize, Open>> {
    let mut graph = Graph::of(deposits, candidates);
    graph.assign();
    graph.open_what_can_change();
    graph.told()
}

struct Graph<'a> {
    candidates: &'a [Vec<usize>],
    /// Of each deposit, the payouts that may mean it.
    meant_by: Vec<Vec<usize>>,
    /// Of each payout, the deposit that it has; of each deposit, the payout that has it.
    deposit_of: Vec<usize>,
    payout_of: Vec<usize>,
    open: Vec<Option<Open>>,
}

impl<'a> Graph<'a> {
    fn of(deposits: usize, candidates: &'a [Vec<usize>]) -> Self {
        let mut meant_by = vec![Vec::new(); deposits];
        for (payout, all) in candidates.iter().enumerate() {
            for &deposit in all {
                meant_by[deposit].push(payout);
            }
        }
        Self {
            candidates,
            meant_by,
            deposit_of: vec![NONE; candidates.len()],
            payout_of: vec![NONE; deposits],
            open: vec![None; candidates.len()],
        }
    }

    /// Gives as many payouts a deposit as can have one: each in turn, and where its candidates are taken, by having others
    /// change places.
    fn assign(&mut self) {
        let mut came_from = vec![NONE; self.payout_of.len()];
        let mut seen = vec![NONE; self.payout_of.len()];
        for payout in 0..self.candidates.len() {
            self.give(payout, &mut came_from, &mut seen);
        }
    }

    /// Looks for a free deposit along alternating paths, nearest first. From what a search without one came to no later one finds
    /// any: it stays [`DEAD`].
    fn give(&mut self, payout: usize, came_from: &mut [usize], seen: &mut [usize]) {
        let mut queue = vec![payout];
        let mut at = 0;
        while let Some(&next) = queue.get(at) {
            at += 1;
            for &deposit in &self.candidates[next] {
                if seen[deposit] == payout || seen[deposit] == DEAD {
                    continue;
                }
                seen[deposit] = payout;
                came_from[deposit] = next;
                if self.payout_of[deposit] == NONE {
                    self.change_places(deposit, came_from);
                    return;
                }
                queue.push(self.payout_of[deposit]);
            }
        }
        for next in queue {
            for &deposit in &self.candidates[next] {
                seen[deposit] = DEAD;
            }
        }
    }

    /// Hands a free deposit on along the path that led to it.
    fn change_places(&mut self, free: usize, came_from: &[usize]) {
        let mut deposit = free;
        while deposit != NONE {
            let payout = came_from[deposit];
            let before = self.deposit_of[payout];
            (self.deposit_of[payout], self.payout_of[deposit]) = (deposit, payout);
            deposit = before;
        }
    }

    /// Marks the payouts that other assignments serve otherwise, and those for which there is none.
    fn open_what_can_change(&mut self) {
        let left_over: Vec<usize> =
            (0..self.payout_of.len()).filter(|&deposit| self.payout_of[deposit] == NONE).collect();
        self.mark_from(left_over, Open::Several);
        self.mark_cycles();
        // What a payout without a deposit could have taken is in doubt, and what that could have.
        let without: Vec<usize> =
            (0..self.candidates.len()).filter(|&payout| self.deposit_of[payout] == NONE).collect();
        self.mark_around(without, Open::TooFew);
        let crowded: Vec<usize> = (0..self.candidates.len())
            .filter(|&payout| self.candidates[payout].len() > MOST_CANDIDATES)
            .collect();
        self.mark_around(crowded, Open::Crowded);
    }

    /// Marks every payout on an alternating path from these deposits.
    fn mark_from(&mut self, mut deposits: Vec<usize>, why: Open) {
        while let Some(deposit) = deposits.pop() {
            for &payout in &self.meant_by[deposit] {
                let own = self.deposit_of[payout];
                if own != deposit && own != NONE && self.open[payout].is_none() {
                    self.open[payout] = Some(why);
                    deposits.push(own);
                }
            }
        }
    }

    /// Marks these payouts and every one that shares a candidate with a marked one.
    fn mark_around(&mut self, mut payouts: Vec<usize>, why: Open) {
        let mut seen = vec![false; self.payout_of.len()];
        for &payout in &payouts {
            self.open[payout] = Some(why);
        }
        while let Some(payout) = payouts.pop() {
            for &deposit in &self.candidates[payout] {
                if std::mem::replace(&mut seen[deposit], true) {
                    continue;
                }
                for &other in &self.meant_by[deposit] {
                    if self.open[other] != Some(why) {
                        self.open[other] = Some(why);
                        payouts.push(other);
                    }
                }
            }
        }
    }

    /// Marks payouts that can change places in a circle: strongly connected parts of more than one (Tarjan 1972), where a
    /// payout leads to those that may take its deposit.
    fn mark_cycles(&mut self) {
        let count = self.candidates.len();
        let (mut order, mut low, mut on_stack) = (vec![NONE; count], vec![0; count], vec![false; count]);
        let (mut stack, mut next) = (Vec::new(), 0);
        for root in 0..count {
            if order[root] != NONE || self.deposit_of[root] == NONE {
                continue;
            }
            // A payout and how many of those that may take its deposit were gone through.
            let mut path = vec![(root, 0)];
            while let Some((payout, done)) = path.last_mut() {
                let payout = *payout;
                if *done == 0 {
                    (order[payout], low[payout], on_stack[payout]) = (next, next, true);
                    next += 1;
                    stack.push(payout);
                }
                let takers = &self.meant_by[self.deposit_of[payout]];
                if let Some(&taker) = takers.get(*done) {
                    *done += 1;
                    if self.deposit_of[taker] == NONE {
                        continue;
                    }
                    if order[taker] == NONE {
                        path.push((taker, 0));
                    } else if on_stack[taker] {
                        low[payout] = low[payout].min(order[taker]);
                    }
                    continue;
                }
                path.pop();
                if let Some(&(before, _)) = path.last() {
                    low[before] = low[before].min(low[payout]);
                }
                if low[payout] < order[payout] {
                    continue;
                }
                let begin = stack.iter().rposition(|&other| other == payout).unwrap_or(0);
                let part = stack.split_off(begin);
                for &member in &part {
                    on_stack[member] = false;
                    if part.len() > 1 {
                        self.open[member] = Some(Open::Several);
                    }
                }
            }
        }
    }

    fn told(&self) -> Vec<Result<usize, Open>> {
        let told = |(&deposit, open): (&usize, &Option<Open>)| match open {
            Some(open) => Err(*open),
            None if deposit == NONE => Err(Open::TooFew),
            None => Ok(deposit),
        };
        self.deposit_of.iter().zip(&self.open).map(told).collect()
    }
}
