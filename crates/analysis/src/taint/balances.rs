//! Taint over the balances of an account chain: what one account holds of one asset is a pool that lives on.
//!
//! Transfers are taken in the order of the chain, those alone that touch a pool with something dirty in it. What moves is
//! drawn from the sender's pool by the rule and laid behind what the receiver has; a fee is an outflow of its own. A
//! balance becomes a pool when something dirty first comes to it, with what it held before as its clean part, so a
//! balance that the rows do not tell ends the path as unknown and is never taken for zero. Whatever is not followed is
//! booked: `unspent + reached_service + mixed + fees + destroyed + unknown_inputs + dust + rejoined + truncated = seeded`, to the unit, for every
//! label and every method but poison.
//!
//! Forward alone: a pool does not say which of its inflows a unit came from.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use tracehound_model::transfer::MovementKind;
use tracehound_transfers::{
    AccountNum, Balance, BalanceAt, BalanceUnknown, Transfer, TransferNum, TransferRows,
};

use super::{Account, Holding, Label, Method, Totals, Truncation};
use crate::numbers::Table;

/// A transfer that is followed, as a whole: a theft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransferSeed {
    /// The transfer.
    pub transfer: TransferNum,
    /// Under which label.
    pub label: Label,
}

/// How to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceOptions {
    /// By which rule.
    pub method: Method,
    /// Transfers between a seed and the last one followed, at most.
    pub hops: u32,
    /// Dirty base units in a transfer below which it is booked as dust and dirties nothing. Assets differ: it is for the
    /// one that the seeds are of.
    pub dust: u128,
    /// Transfers looked at in all, clean ones into a dirty balance among them.
    pub transfers: usize,
}

/// What an account does with what comes to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountRole {
    /// A custodial service: what happens inside cannot be seen on the chain.
    Service,
    /// A mixer's contract.
    Mixer,
    /// A contract that gives another asset, or one on another chain, for what it takes: a pool, a router, a bridge.
    Converter,
}

/// Why a path ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BalanceStop {
    /// It lies there still.
    Unspent,
    /// It came to a service.
    ReachedService,
    /// It went into a mixer.
    Mixed,
    /// It went into a contract that converts; what came out is another question.
    Converted,
    /// It was paid as a fee.
    Fee,
    /// It was destroyed: nobody has it.
    Burned,
    /// What the balance was is not known.
    Unknown(BalanceUnknown),
    /// Amounts there pass 2^128 base units, which no rule divides.
    TooLarge,
    /// A limit ended it.
    Truncated(Truncation),
}

/// Where a path ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceEnd {
    /// The balance it is in, or came to; none where it was burned.
    pub balance: Option<Balance>,
    /// The transfer that took it there; none where it lies unspent.
    pub transfer: Option<TransferNum>,
    /// Transfers between it and the nearest seed.
    pub hop: u32,
    /// Why it ends here.
    pub reason: BalanceStop,
    /// What is there.
    pub holding: Holding,
}

/// A transfer of something dirty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferStep {
    /// The transfer.
    pub transfer: TransferNum,
    /// Transfers between it and the nearest seed; 0 for a seed.
    pub hop: u32,
    /// What it moved.
    pub holding: Holding,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BalancePropagation {
    /// Transfers of something dirty, in the order of the chain.
    pub steps: Vec<TransferStep>,
    /// Where paths end: first those that ended on the way, then what lies unspent, by balance.
    pub ends: Vec<BalanceEnd>,
    /// Sums by label.
    pub totals: BTreeMap<Label, Totals>,
}

impl BalancePropagation {
    /// Whether everything was followed to an end that the chain gives, or that the question asked for.
    pub fn is_complete(&self) -> bool {
        self.totals.values().all(|totals| totals.truncated == 0 && totals.unknown_inputs == 0)
    }
}

/// A question that cannot be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferSeedError {
    /// No seed was given.
    None,
    /// There is no such transfer.
    NotThere(TransferNum),
    /// The same transfer twice.
    Twice(TransferNum),
    /// It moves nothing: an amount of zero, to its own sender, or to nobody.
    MovesNothing(TransferNum),
    /// It moves more than 2^128 base units, which no rule divides.
    TooLarge(TransferNum),
}

impl fmt::Display for TransferSeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("there is no transfer to start from"),
            Self::NotThere(num) => write!(f, "transfer number {num} is not in the store"),
            Self::Twice(num) => write!(f, "transfer number {num} is given twice"),
            Self::MovesNothing(num) => {
                write!(f, "transfer number {num} moves nothing that could be followed")
            }
            Self::TooLarge(num) => write!(f, "transfer number {num} moves more than 2^128 base units"),
        }
    }
}

impl std::error::Error for TransferSeedError {}

/// Follows the seeds. Each transfer that touches a dirty balance costs O(log of those waiting) and the division of its pool.
///
/// # Errors
/// When a seed cannot be followed; nothing was followed then.
pub fn follow_balances(
    rows: &dyn TransferRows,
    seeds: &[TransferSeed],
    options: BalanceOptions,
    role: &dyn Fn(AccountNum) -> Option<AccountRole>,
) -> Result<BalancePropagation, TransferSeedError> {
    let mut walker = Follower {
        rows,
        options,
        role,
        seeds: BTreeMap::new(),
        pools: Table::default(),
        waiting: BTreeSet::new(),
        found: BalancePropagation::default(),
    };
    walker.plant(seeds)?;
    walker.run();
    Ok(walker.found)
}

/// A balance with something dirty in it.
struct Pool {
    account: Account,
    /// Transfers between it and the nearest seed.
    hop: u32,
}

struct Follower<'a> {
    rows: &'a dyn TransferRows,
    options: BalanceOptions,
    role: &'a dyn Fn(AccountNum) -> Option<AccountRole>,
    seeds: BTreeMap<TransferNum, Label>,
    pools: Table<Balance, Pool>,
    /// The next transfer of each pool, and the seeds.
    waiting: BTreeSet<TransferNum>,
    found: BalancePropagation,
}

/// What a transfer takes along.
struct Moved {
    holding: Holding,
    hop: u32,
}

impl Follower<'_> {
    fn plant(&mut self, seeds: &[TransferSeed]) -> Result<(), TransferSeedError> {
        if seeds.is_empty() {
            return Err(TransferSeedError::None);
        }
        for &TransferSeed { transfer: num, label } in seeds {
            let transfer = self.rows.transfer(num).ok_or(TransferSeedError::NotThere(num))?;
            if transfer.amount.is_zero() || transfer.to.is_none() || transfer.from == transfer.to {
                return Err(TransferSeedError::MovesNothing(num));
            }
            let amount = units(&transfer).ok_or(TransferSeedError::TooLarge(num))?;
            if self.seeds.insert(num, label).is_some() {
                return Err(TransferSeedError::Twice(num));
            }
            let seeded = &mut self.found.totals.entry(label).or_default().seeded;
            *seeded = seeded.checked_add(amount).ok_or(TransferSeedError::TooLarge(num))?;
            self.waiting.insert(num);
        }
        Ok(())
    }

    fn run(&mut self) {
        let mut looked_at = 0usize;
        while let Some(num) = self.waiting.pop_first() {
            let Some(transfer) = self.rows.transfer(num) else { continue };
            let ends = [transfer.source(), transfer.target()];
            let touched = ends.iter().flatten().any(|balance| self.pools.contains_key(balance));
            if !touched && !self.seeds.contains_key(&num) {
                continue;
            }
            if looked_at >= self.options.transfers {
                self.give_up(&transfer);
                return;
            }
            looked_at += 1;
            if transfer.from == transfer.to {
                self.check_self_transfer(&transfer);
            } else {
                self.take(&transfer);
            }
            for balance in ends.into_iter().flatten().filter(|balance| self.pools.contains_key(balance)) {
                self.waiting.extend(self.rows.next(balance, TransferNum(num.0 + 1)));
            }
        }
        self.end_pools(None, BalanceStop::Unspent);
    }

    /// The limit on work: what is dirty lies where it was before `transfer`, and seeds that were not reached are booked whole.
    fn give_up(&mut self, transfer: &Transfer) {
        let late: Vec<(TransferNum, Label)> =
            self.seeds.range(transfer.num..).map(|(&num, &label)| (num, label)).collect();
        for (num, label) in late {
            let Some(seed) = self.rows.transfer(num) else { continue };
            let holding = self.whole(units(&seed).unwrap_or_default(), label);
            self.end(seed.target(), Some(num), 0, BalanceStop::Truncated(Truncation::Work), holding);
        }
        self.end_pools(Some(transfer.num), BalanceStop::Truncated(Truncation::Work));
    }

    fn end_pools(&mut self, transfer: Option<TransferNum>, reason: BalanceStop) {
        let mut pools: Vec<(Balance, Pool)> = std::mem::take(&mut self.pools).into_iter().collect();
        pools.sort_unstable_by_key(|entry| entry.0);
        for (balance, pool) in pools {
            self.end(Some(balance), transfer, pool.hop, reason, pool.account.holding().clone());
        }
    }

    fn whole(&self, amount: u128, label: Label) -> Holding {
        if self.options.method == Method::Poison {
            Holding::poisoned(amount, &[label])
        } else {
            Holding::labelled(amount, label)
        }
    }

    /// A transfer to oneself moves nothing, but one of more than there is shows that the balance is not what it seems.
    fn check_self_transfer(&mut self, transfer: &Transfer) {
        let Some(balance) = transfer.source() else { return };
        let Some(pool) = self.pools.get(&balance) else { return };
        if units(transfer).is_none_or(|amount| amount > pool.account.holding().value()) {
            self.close(balance, transfer.num, BalanceStop::Unknown(BalanceUnknown::Overdrawn(transfer.num)));
        }
    }

    fn take(&mut self, transfer: &Transfer) {
        let drawn = self.draw(transfer);
        let moved = match self.seeds.get(&transfer.num) {
            Some(&label) => {
                if let Some(drawn) = drawn {
                    let source = transfer.source();
                    self.end(
                        source,
                        Some(transfer.num),
                        drawn.hop,
                        BalanceStop::Truncated(Truncation::Seed),
                        drawn.holding,
                    );
                }
                let holding = self.whole(units(transfer).unwrap_or_default(), label);
                Some(Moved { holding, hop: 0 })
            }
            None => drawn.map(|drawn| Moved { hop: drawn.hop.saturating_add(1), ..drawn }),
        };
        let arrives = moved.and_then(|moved| self.pass_on(transfer, moved));
        self.lay(transfer, arrives);
    }

    /// What is dirty of what leaves the sender's pool.
    fn draw(&mut self, transfer: &Transfer) -> Option<Moved> {
        let source = transfer.source()?;
        let pool = self.pools.get_mut(&source)?;
        let hop = pool.hop;
        let drawn =
            units(transfer).and_then(|amount| pool.account.withdraw(self.options.method, amount).ok());
        let Some(holding) = drawn else {
            let overdrawn = BalanceStop::Unknown(BalanceUnknown::Overdrawn(transfer.num));
            self.close(source, transfer.num, overdrawn);
            return None;
        };
        if pool.account.holding().is_clean() {
            self.pools.remove(&source);
        }
        (!holding.is_clean()).then_some(Moved { holding, hop })
    }

    /// Decides whether what moves is followed, and books it if not.
    fn pass_on(&mut self, transfer: &Transfer, moved: Moved) -> Option<Moved> {
        self.found.steps.push(TransferStep {
            transfer: transfer.num,
            hop: moved.hop,
            holding: moved.holding.clone(),
        });
        let seed = moved.hop == 0;
        let reason = match transfer.to.map(|account| (self.role)(account)) {
            _ if transfer.kind == MovementKind::Fee => Some(BalanceStop::Fee),
            None => Some(BalanceStop::Burned),
            Some(Some(AccountRole::Service)) => Some(BalanceStop::ReachedService),
            Some(Some(AccountRole::Mixer)) => Some(BalanceStop::Mixed),
            Some(Some(AccountRole::Converter)) => Some(BalanceStop::Converted),
            Some(None) if moved.hop >= self.options.hops => Some(BalanceStop::Truncated(Truncation::Hops)),
            Some(None) if !seed && moved.holding.dirty_all() < self.options.dust => {
                Some(BalanceStop::Truncated(Truncation::Dust))
            }
            Some(None) => None,
        };
        let Some(reason) = reason else { return Some(moved) };
        self.end(transfer.target(), Some(transfer.num), moved.hop, reason, moved.holding);
        None
    }

    /// Lays what arrives behind what the receiver has; clean where nothing dirty does.
    fn lay(&mut self, transfer: &Transfer, mut arrives: Option<Moved>) {
        let Some(target) = transfer.target() else { return };
        if !self.pools.contains_key(&target) {
            let Some(moved) = arrives else { return };
            let held = match self.rows.before(target, transfer.num) {
                BalanceAt::Known(held) => held.to_u128().ok_or(BalanceStop::TooLarge),
                BalanceAt::Unknown(why) => Err(BalanceStop::Unknown(why)),
            };
            let held = match held {
                Ok(held) => held,
                Err(reason) => {
                    self.end(Some(target), Some(transfer.num), moved.hop, reason, moved.holding);
                    return;
                }
            };
            let mut account = Account::default();
            account.deposit(&Holding::clean(held));
            self.pools.insert(target, Pool { account, hop: moved.hop });
            arrives = Some(moved);
        }
        let Some(pool) = self.pools.get_mut(&target) else { return };
        let fits =
            units(transfer).filter(|amount| pool.account.holding().value().checked_add(*amount).is_some());
        match (fits, arrives) {
            (Some(_), Some(moved)) => {
                pool.hop = pool.hop.min(moved.hop);
                pool.account.deposit(&moved.holding);
            }
            (Some(amount), None) => pool.account.deposit(&Holding::clean(amount)),
            (None, arrives) => {
                if let Some(moved) = arrives {
                    let balance = Some(target);
                    self.end(balance, Some(transfer.num), moved.hop, BalanceStop::TooLarge, moved.holding);
                }
                self.close(target, transfer.num, BalanceStop::TooLarge);
            }
        }
    }

    /// Ends a pool before its time.
    fn close(&mut self, balance: Balance, transfer: TransferNum, reason: BalanceStop) {
        let Some(pool) = self.pools.remove(&balance) else { return };
        self.end(Some(balance), Some(transfer), pool.hop, reason, pool.account.holding().clone());
    }

    fn end(
        &mut self,
        balance: Option<Balance>,
        transfer: Option<TransferNum>,
        hop: u32,
        reason: BalanceStop,
        holding: Holding,
    ) {
        for (label, amount) in holding.by_label() {
            *part(self.found.totals.entry(label).or_default(), reason) += amount;
        }
        if !holding.is_clean() {
            self.found.ends.push(BalanceEnd { balance, transfer, hop, reason, holding });
        }
    }
}

/// The amount, where a rule can divide it.
fn units(transfer: &Transfer) -> Option<u128> {
    transfer.amount.to_u128()
}

fn part(totals: &mut Totals, reason: BalanceStop) -> &mut u128 {
    match reason {
        BalanceStop::Unspent => &mut totals.unspent,
        BalanceStop::ReachedService => &mut totals.reached_service,
        BalanceStop::Mixed => &mut totals.mixed,
        BalanceStop::Fee => &mut totals.fees,
        BalanceStop::Burned => &mut totals.destroyed,
        BalanceStop::Converted | BalanceStop::Unknown(_) | BalanceStop::TooLarge => {
            &mut totals.unknown_inputs
        }
        BalanceStop::Truncated(Truncation::Dust | Truncation::Share) => &mut totals.dust,
        BalanceStop::Truncated(Truncation::Seed) => &mut totals.rejoined,
        BalanceStop::Truncated(Truncation::Hops | Truncation::FanOut | Truncation::Work) => {
            &mut totals.truncated
        }
    }
}
