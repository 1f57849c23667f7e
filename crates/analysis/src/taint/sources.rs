//! The way back over the balances of an account chain: where what moved had come from.
//!
//! Transfers are taken from the last to the first. What is sought of a balance lies in it as water in water (haircut): of what comes
//! in, the same share is sought as of all that was there afterwards, and what goes out elsewhere takes none of it along. A pool, a
//! router or a wrapper keeps nothing: what it gave is sought in what was given to it before, in the same transaction. Whatever is not
//! followed is booked, to the unit, as the way forward does it; what was issued is booked as `coinbase`.
//!
//! By haircut alone: which of its inflows a unit came from is said by no other rule without walking every balance from its beginning.

use std::collections::{BTreeMap, BTreeSet};

use tracehound_model::{amount::split_proportionally, transfer::MovementKind};
use tracehound_transfers::{
    AccountNum, AssetNum, Balance, BalanceAt, BalanceUnknown, Transfer, TransferNum, TransferRows,
};

use super::{
    Holding, Label, Truncation,
    balances::{
        AccountRole, BalanceEnd, BalanceExchange, BalanceOptions, BalancePropagation, BalanceStop,
        TransferSeedError, TransferStep, part, units,
    },
    exchange,
};

/// What is sought.
const SOUGHT: Label = Label(0);

/// Follows transfers back to where what they moved had come from, by haircut whatever the method of `options`. Steps are in the order
/// of the chain; the end of a path names the balance that it came out of and the transfer by which it did.
///
/// # Errors
/// When a seed cannot be followed; nothing was followed then.
pub fn follow_back(
    rows: &dyn TransferRows,
    seeds: &[TransferNum],
    options: BalanceOptions,
    role: &dyn Fn(AccountNum) -> Option<AccountRole>,
) -> Result<BalancePropagation, TransferSeedError> {
    let mut walker = Walker {
        rows,
        options,
        role,
        seeds: BTreeSet::new(),
        seed_assets: BTreeSet::new(),
        sought: BTreeMap::new(),
        given: BTreeMap::new(),
        waiting: BTreeSet::new(),
        found: BalancePropagation::default(),
    };
    walker.plant(seeds)?;
    walker.run();
    walker.found.steps.reverse();
    walker.found.exchanges.reverse();
    Ok(walker.found)
}

/// So much is sought, so many transfers from a seed.
#[derive(Clone, Copy, Debug)]
struct Part {
    amount: u128,
    hop: u32,
}

struct Walker<'a> {
    rows: &'a dyn TransferRows,
    options: BalanceOptions,
    role: &'a dyn Fn(AccountNum) -> Option<AccountRole>,
    seeds: BTreeSet<TransferNum>,
    seed_assets: BTreeSet<AssetNum>,
    /// What is sought of each balance, as it is behind the transfer in hand.
    sought: BTreeMap<Balance, Part>,
    /// What is sought of transfers themselves: of seeds all, and of what was given for something sought.
    given: BTreeMap<TransferNum, Part>,
    /// The last transfer of each balance before those that were looked at, and transfers that are sought themselves.
    waiting: BTreeSet<TransferNum>,
    found: BalancePropagation,
}

impl Walker<'_> {
    fn plant(&mut self, seeds: &[TransferNum]) -> Result<(), TransferSeedError> {
        if seeds.is_empty() {
            return Err(TransferSeedError::None);
        }
        for &num in seeds {
            let transfer = self.rows.transfer(num).ok_or(TransferSeedError::NotThere(num))?;
            if transfer.amount.is_zero() || transfer.from == transfer.to {
                return Err(TransferSeedError::MovesNothing(num));
            }
            let amount = units(&transfer).ok_or(TransferSeedError::TooLarge(num))?;
            if !self.seeds.insert(num) {
                return Err(TransferSeedError::Twice(num));
            }
            let seeded = &mut self.found.totals.entry((SOUGHT, transfer.asset)).or_default().seeded;
            *seeded = seeded.checked_add(amount).ok_or(TransferSeedError::TooLarge(num))?;
            self.seed_assets.insert(transfer.asset);
            self.given.insert(num, Part { amount, hop: 0 });
            self.waiting.insert(num);
        }
        Ok(())
    }

    fn run(&mut self) {
        while let Some(num) = self.waiting.pop_last() {
            let Some(transfer) = self.rows.transfer(num) else { continue };
            let is_sought =
                |balance: Option<Balance>| balance.is_some_and(|own| self.sought.contains_key(&own));
            if !self.given.contains_key(&num)
                && !is_sought(transfer.source())
                && !is_sought(transfer.target())
            {
                continue;
            }
            if self.found.transfers >= self.options.transfers {
                self.give_up();
                return;
            }
            self.found.transfers += 1;
            if transfer.from != transfer.to
                && let Some(part) = self.of_transfer(&transfer)
            {
                self.follow(&transfer, part);
            }
            let ends = [transfer.source(), transfer.target()];
            for balance in ends.into_iter().flatten().filter(|own| self.sought.contains_key(own)) {
                self.waiting.extend(self.rows.previous(balance, num));
            }
        }
        for (balance, part) in std::mem::take(&mut self.sought) {
            // Nothing moved it before: it began with it.
            let reason = match self.rows.before(balance, TransferNum(0)) {
                BalanceAt::Known(held) if held.to_u128().is_some_and(|held| held >= part.amount) => {
                    BalanceStop::Issued
                }
                BalanceAt::Known(_) => BalanceStop::Unknown(BalanceUnknown::Opening),
                BalanceAt::Unknown(why) => BalanceStop::Unknown(why),
            };
            self.end(balance.asset, Some(balance), None, part, reason);
        }
    }

    /// What is sought of a transfer: what was sought of it itself, and the share that it brought of what is sought where it went.
    fn of_transfer(&mut self, transfer: &Transfer) -> Option<Part> {
        let given = self.given.remove(&transfer.num);
        let brought = self.brought(transfer);
        let (given, brought) = match (given, brought) {
            (Some(given), Some(brought)) => (given, brought),
            (only, None) | (None, only) => return only,
        };
        // The same units are not sought twice.
        let amount = units(transfer).unwrap_or(given.amount);
        let more = brought.amount.min(amount.saturating_sub(given.amount));
        let twice = Part { amount: brought.amount - more, ..brought };
        let reason = BalanceStop::Truncated(Truncation::Seed);
        self.end(transfer.asset, transfer.target(), Some(transfer.num), twice, reason);
        Some(Part { amount: given.amount + more, hop: given.hop.min(brought.hop) })
    }

    /// The share that a transfer brought of what is sought of the balance it went to; what is sought there is less by it.
    fn brought(&mut self, transfer: &Transfer) -> Option<Part> {
        let target = transfer.target()?;
        let sought = *self.sought.get(&target)?;
        let held = match self.rows.before(target, transfer.num) {
            BalanceAt::Known(held) => held.to_u128().ok_or(BalanceStop::TooLarge),
            BalanceAt::Unknown(why) => Err(BalanceStop::Unknown(why)),
        };
        let known = held.and_then(|held| {
            let amount = units(transfer).ok_or(BalanceStop::TooLarge)?;
            let after = held.checked_add(amount).ok_or(BalanceStop::TooLarge)?;
            let adds_up = after >= sought.amount;
            adds_up.then_some((held, amount)).ok_or(overdrawn(transfer.num))
        });
        let (held, amount) = match known {
            Ok(known) => known,
            Err(reason) => {
                self.sought.remove(&target);
                self.end(target.asset, Some(target), Some(transfer.num), sought, reason);
                return None;
            }
        };
        let shares = split_proportionally(sought.amount, &[amount, held]);
        let share = shares.first().copied().unwrap_or(0);
        if share == sought.amount {
            self.sought.remove(&target);
        } else {
            self.sought.insert(target, Part { amount: sought.amount - share, ..sought });
        }
        (share > 0).then_some(Part { amount: share, hop: sought.hop.saturating_add(1) })
    }

    /// Goes back behind a transfer, or books why not.
    fn follow(&mut self, transfer: &Transfer, part: Part) {
        let holding = Holding::labelled(part.amount, SOUGHT);
        self.found.steps.push(TransferStep { transfer: transfer.num, hop: part.hop, holding });
        if self.behind_exchange(transfer, part) {
            return;
        }
        let is_measured = part.hop > 0 && self.seed_assets.contains(&transfer.asset);
        let reason = match transfer.from.map(|account| (self.role)(account)) {
            None => Some(BalanceStop::Issued),
            Some(Some(AccountRole::Service)) => Some(BalanceStop::ReachedService),
            Some(Some(AccountRole::Mixer)) => Some(BalanceStop::Mixed),
            Some(Some(AccountRole::Converter)) => Some(BalanceStop::Converted),
            Some(None) if part.hop >= self.options.hops => Some(BalanceStop::Truncated(Truncation::Hops)),
            Some(None) if is_measured && part.amount < self.options.dust => {
                Some(BalanceStop::Truncated(Truncation::Dust))
            }
            Some(None) => None,
        };
        let Some(source) = transfer.source().filter(|_| reason.is_none()) else {
            let reason = reason.unwrap_or(BalanceStop::Issued);
            self.end(transfer.asset, transfer.source(), Some(transfer.num), part, reason);
            return;
        };
        let amount = units(transfer);
        let had = match self.rows.before(source, transfer.num) {
            BalanceAt::Known(held) => held.to_u128().ok_or(BalanceStop::TooLarge),
            BalanceAt::Unknown(why) => Err(BalanceStop::Unknown(why)),
        };
        let covers = |held: u128| amount.is_some_and(|amount| held >= amount);
        if let Err(reason) = had.and_then(|held| covers(held).then_some(()).ok_or(overdrawn(transfer.num))) {
            self.end(transfer.asset, Some(source), Some(transfer.num), part, reason);
            return;
        }
        let sought = self.sought.entry(source).or_insert(Part { amount: 0, hop: part.hop });
        // No more than the balance holds is sought of it, which is below 2^128.
        sought.amount = sought.amount.saturating_add(part.amount);
        sought.hop = sought.hop.min(part.hop);
    }

    /// Whether a transfer is what came for something that was given before it in the same transaction, which is then sought.
    fn behind_exchange(&mut self, transfer: &Transfer, part: Part) -> bool {
        let tx = self.rows.tx(transfer.tx);
        let Some(given) = tx.and_then(|tx| exchange::given_for(self.rows, &tx, transfer, self.role)) else {
            return false;
        };
        let shares =
            split_proportionally(given.total, &[part.amount, given.came.saturating_sub(part.amount)]);
        let all = shares.first().copied().unwrap_or(0);
        if given.asset != transfer.asset {
            let exchanged = self.found.totals.entry((SOUGHT, transfer.asset)).or_default();
            exchanged.exchanged = exchanged.exchanged.saturating_add(part.amount);
            let seeded = &mut self.found.totals.entry((SOUGHT, given.asset)).or_default().seeded;
            *seeded = seeded.saturating_add(all);
            self.found.exchanges.push(BalanceExchange {
                tx: transfer.tx,
                given: given.asset,
                holding: Holding::labelled(all, SOUGHT),
                taken: transfer.asset,
                got: Holding::labelled(part.amount, SOUGHT),
            });
        }
        let weights: Vec<u128> = given.transfers.iter().map(|(_, amount)| *amount).collect();
        for (&(num, amount), share) in given.transfers.iter().zip(split_proportionally(all, &weights)) {
            let had = self.given.get(&num).copied().unwrap_or(Part { amount: 0, hop: u32::MAX });
            let hop = had.hop.min(part.hop.saturating_add(1));
            // What several were given for is sought once, as far as it goes.
            let more = share.min(amount.saturating_sub(had.amount));
            let twice = Part { amount: share - more, hop };
            let reason = BalanceStop::Truncated(Truncation::Seed);
            self.end(given.asset, None, Some(num), twice, reason);
            self.given.insert(num, Part { amount: had.amount + more, hop });
            self.waiting.insert(num);
        }
        true
    }

    /// The limit on work.
    fn give_up(&mut self) {
        let reason = BalanceStop::Truncated(Truncation::Work);
        for (num, part) in std::mem::take(&mut self.given) {
            let Some(transfer) = self.rows.transfer(num) else { continue };
            self.end(transfer.asset, transfer.source(), Some(num), part, reason);
        }
        for (balance, part) in std::mem::take(&mut self.sought) {
            self.end(balance.asset, Some(balance), None, part, reason);
        }
    }

    fn end(
        &mut self,
        asset: AssetNum,
        balance: Option<Balance>,
        transfer: Option<TransferNum>,
        Part { amount, hop }: Part,
        reason: BalanceStop,
    ) {
        if amount == 0 {
            return;
        }
        let sum = part(self.found.totals.entry((SOUGHT, asset)).or_default(), reason);
        *sum = sum.saturating_add(amount);
        let holding = Holding::labelled(amount, SOUGHT);
        self.found.ends.push(BalanceEnd { asset, balance, transfer, hop, reason, holding });
    }
}

const fn overdrawn(num: TransferNum) -> BalanceStop {
    BalanceStop::Unknown(BalanceUnknown::Overdrawn(num))
}

/// Whether a transfer may be sought: it moves something, and is no fee.
pub fn can_be_sought(transfer: &Transfer) -> bool {
    transfer.kind != MovementKind::Fee
        && !transfer.amount.is_zero()
        && transfer.from != transfer.to
        && units(transfer).is_some()
}
