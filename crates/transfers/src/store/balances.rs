//! For each balance that moves in a segment the transfers that move it, in the order of the chain.
//!
//! Accounts are sorted, and so are the assets of each; behind them stand the transfers of each balance. Of a balance with more
//! than [`RUN`] the effect of each run of so many is there too, so that what they come to is read and not walked.

use std::{cmp::Ordering, ops::Range};

use rayon::prelude::*;
use tracehound_columns::{
    Slice,
    runs::{Runs, RunsData},
};
use tracehound_model::Amount;

use super::{
    data::Rows,
    effect::{self, Effect, step, told},
};
use crate::{Balance, BalanceAt, BalanceUnknown, TransferNum, pack::NOBODY};

/// Transfers whose effect is summed up.
pub(super) const RUN: usize = 256;

/// The columns.
#[derive(Debug, Default)]
pub(super) struct BalancesData {
    /// Accounts, ascending, and how many assets of each move.
    pub(super) accounts: Vec<u32>,
    pub(super) of_account: RunsData,
    /// Assets, ascending for each account, and how many transfers move each.
    pub(super) assets: Vec<u32>,
    pub(super) transfers: RunsData,
    /// Relative transfers, ascending for each balance.
    pub(super) entries: Vec<u32>,
    /// Balances of many transfers, and where their effects begin.
    pub(super) long: Vec<[u32; 2]>,
    pub(super) effects: Vec<[u8; effect::BYTES]>,
}

impl BalancesData {
    /// Of these rows. `None` when they are damaged.
    pub(super) fn of(rows: &Rows<'_>) -> Option<Self> {
        let transfers = 0..rows.from.len();
        let (from, to, assets) = (
            rows.from.range(transfers.clone())?,
            rows.to.range(transfers.clone())?,
            rows.asset.each(transfers)?,
        );
        let mut moved: Vec<(u64, u32)> = Vec::with_capacity(from.len() * 2);
        for (rel, ((&from, &to), asset)) in (0u32..).zip(from.iter().zip(to).zip(assets)) {
            let key = |account: u32| (u64::from(account) << 32 | u64::from(asset), rel);
            moved.extend((from != NOBODY).then(|| key(from)));
            // One to oneself moves one balance.
            moved.extend((to != NOBODY && to != from).then(|| key(to)));
        }
        moved.par_sort_unstable();
        let mut data = Self::default();
        let mut runs = Vec::new();
        for of_account in moved.chunk_by(|a, b| a.0 >> 32 == b.0 >> 32) {
            data.accounts.push((of_account[0].0 >> 32) as u32);
            let mut assets = 0;
            for group in of_account.chunk_by(|a, b| a.0 == b.0) {
                if group.len() > RUN {
                    data.long.push([data.assets.len() as u32, runs.len() as u32]);
                    runs.extend(group.chunks(RUN));
                }
                data.assets.push(group[0].0 as u32);
                data.transfers.push(group.len() as u32);
                data.entries.extend(group.iter().map(|entry| entry.1));
                assets += 1;
            }
            data.of_account.push(assets);
        }
        let effects = runs.par_iter().map(|run| effect_of(rows, run));
        data.effects = effects.collect::<Option<_>>()?;
        Some(data)
    }
}

/// The effect of some of one balance's transfers, as stored.
fn effect_of(rows: &Rows<'_>, run: &[(u64, u32)]) -> Option<[u8; effect::BYTES]> {
    let mut steps = Vec::with_capacity(run.len());
    for &(key, rel) in run {
        let account = (key >> 32) as u32;
        let (from, to, amount) = rows.moved(rel as usize)?;
        // What goes, goes first.
        steps.extend((from == account).then_some((amount, true)));
        steps.extend((to == account).then_some((amount, false)));
    }
    Some(Effect::to_bytes(Effect::of(steps)))
}

/// Borrowed columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Balances<'a> {
    pub(super) accounts: Slice<'a, u32>,
    pub(super) of_account: Runs<'a>,
    pub(super) assets: Slice<'a, u32>,
    pub(super) transfers: Runs<'a>,
    pub(super) entries: Slice<'a, u32>,
    pub(super) long: Slice<'a, [u32; 2]>,
    pub(super) effects: Slice<'a, [u8; effect::BYTES]>,
}

/// The transfers of one balance in a segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moves<'a> {
    /// Relative transfers, ascending.
    pub(super) list: &'a [u32],
    /// Where the effects of their runs begin; none where there are few.
    effects: Option<usize>,
}

impl<'a> Balances<'a> {
    /// Whether the columns agree in length.
    pub(super) fn agree(&self) -> bool {
        self.of_account.len() == self.accounts.len()
            && self.of_account.start(self.accounts.len()) == Some(self.assets.len())
            && self.transfers.len() == self.assets.len()
            && self.transfers.start(self.assets.len()) == Some(self.entries.len())
    }

    /// The transfers of a balance. O(log balances).
    pub(super) fn find(&self, balance: Balance) -> Option<Moves<'a>> {
        let (account, _) = self.accounts.find_by_key(&balance.account.0, |&own| own)?;
        let Range { start: mut from, end: mut to } = self.of_account.range(account)?;
        while from < to {
            let middle = from + (to - from) / 2;
            match self.assets.get(middle)?.cmp(&balance.asset.0) {
                Ordering::Less => from = middle + 1,
                Ordering::Greater => to = middle,
                Ordering::Equal => return self.moves(middle),
            }
        }
        None
    }

    /// The assets that move for an account, ascending, each with its first transfer. O(log accounts).
    pub(super) fn assets_of(&self, account: u32) -> impl Iterator<Item = (u32, u32)> + use<'_, 'a> {
        let found = self.accounts.find_by_key(&account, |&own| own);
        let range = found.and_then(|(at, _)| self.of_account.range(at)).unwrap_or_default();
        range.filter_map(|at| Some((*self.assets.get(at)?, *self.moves(at)?.list.first()?)))
    }

    fn moves(&self, at: usize) -> Option<Moves<'a>> {
        let list = self.entries.range(self.transfers.range(at)?)?;
        let effects = if list.len() > RUN {
            let (_, [_, first]) = self.long.find_by_key(&(at as u32), |long| long[0])?;
            Some(*first as usize)
        } else {
            None
        };
        Some(Moves { list, effects })
    }

    /// What a balance of so much is before relative transfer `end`, after its transfers before that in these rows, which are
    /// those of the same segment.
    pub(super) fn after(
        &self,
        rows: &Rows<'_>,
        balance: Balance,
        held: Amount,
        end: usize,
    ) -> Option<BalanceAt> {
        let Some(moves) = self.find(balance) else { return Some(BalanceAt::Known(held)) };
        let list = &moves.list[..moves.list.partition_point(|&rel| (rel as usize) < end)];
        let mut held = held;
        for (at, run) in list.chunks(RUN).enumerate() {
            let whole = run.len() == RUN || list.len() == moves.list.len();
            if let (Some(first), true) = (moves.effects, whole)
                && let Some(after) =
                    Effect::from_bytes(self.effects.get(first + at)?).and_then(|run| run.on(held))
            {
                held = after;
                continue;
            }
            match walk(rows, balance, held, run)? {
                Ok(after) => held = after,
                unknown @ Err(_) => return Some(told(unknown)),
            }
        }
        Some(BalanceAt::Known(held))
    }
}

/// What a balance of so much is after these transfers. Nothing where the rows are damaged.
fn walk(
    rows: &Rows<'_>,
    balance: Balance,
    mut held: Amount,
    run: &[u32],
) -> Option<Result<Amount, BalanceUnknown>> {
    let account = balance.account.0;
    for &rel in run {
        let (from, to, amount) = rows.moved(rel as usize)?;
        let num = TransferNum(rows.first.transfer + u64::from(rel));
        match step(held, num, amount, (from == account, to == account)) {
            Ok(after) => held = after,
            unknown @ Err(_) => return Some(unknown),
        }
    }
    Some(Ok(held))
}
