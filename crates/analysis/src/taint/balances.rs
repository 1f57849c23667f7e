//! Taint over the balances of an account chain: what one account holds of one asset is a pool that lives on.
//!
//! Transfers are taken in the order of the chain, those alone that touch a pool with something dirty in it. What moves is
//! drawn from the sender's pool by the rule and laid behind what the receiver has; a fee is an outflow of its own. A
//! balance becomes a pool when something dirty first comes to it, with what it held before as its clean part, so a
//! balance that the rows do not tell ends the path as unknown and is never taken for zero. Whatever is given for another asset
//! within one transaction is followed on in that asset ([`exchange`]). Whatever is not followed is booked: `unspent +
//! reached_service + mixed + fees + destroyed + unknown_inputs + dust + exchanged + rejoined + truncated = seeded`, to the unit,
//! for every label and asset and every method but poison, where what came for another asset counts as seeded.
//!
//! Forward: the way back is another question ([`sources`](super::sources)), for a pool does not say which of its inflows a unit came
//! from.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use tracehound_model::transfer::MovementKind;
use tracehound_transfers::{
    AccountNum, AssetNum, Balance, BalanceAt, BalanceUnknown, Transfer, TransferNum, TransferRows, TxNum,
};

use super::{
    Account, Holding, Label, Method, Totals, Truncation,
    exchange::{self, Exchange},
};
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
    /// Dirty base units in a transfer below which it is booked as dust and dirties nothing. Assets differ: it is for those
    /// that the seeds are of.
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
    /// It went into a contract that converts, and the transaction does not say what came for it.
    Converted,
    /// It was paid as a fee.
    Fee,
    /// It was destroyed: nobody has it.
    Burned,
    /// It was issued, by the chain or a contract, or was there before the first block: the way back ends there.
    Issued,
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
    /// What it is.
    pub asset: AssetNum,
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

/// Something dirty that was given for another asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceExchange {
    /// The transaction.
    pub tx: TxNum,
    /// What was given.
    pub given: AssetNum,
    /// How much of it, and how dirty.
    pub holding: Holding,
    /// What came for it.
    pub taken: AssetNum,
    /// How much of that, as dirty.
    pub got: Holding,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BalancePropagation {
    /// Transfers of something dirty, in the order of the chain.
    pub steps: Vec<TransferStep>,
    /// Where paths end: first those that ended on the way, then what lies unspent, by balance.
    pub ends: Vec<BalanceEnd>,
    /// Where it became another asset, in the order of the chain.
    pub exchanges: Vec<BalanceExchange>,
    /// Sums by label and asset.
    pub totals: BTreeMap<(Label, AssetNum), Totals>,
    /// Transfers looked at, those of whole transactions in which assets are exchanged among them.
    pub transfers: usize,
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
        seed_assets: BTreeSet::new(),
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
    seed_assets: BTreeSet<AssetNum>,
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
            let seeded = &mut self.found.totals.entry((label, transfer.asset)).or_default().seeded;
            *seeded = seeded.checked_add(amount).ok_or(TransferSeedError::TooLarge(num))?;
            self.seed_assets.insert(transfer.asset);
            self.waiting.insert(num);
        }
        Ok(())
    }

    fn run(&mut self) {
        while let Some(num) = self.waiting.pop_first() {
            let Some(transfer) = self.rows.transfer(num) else { continue };
            if !self.is_touched(&transfer) && !self.seeds.contains_key(&num) {
                continue;
            }
            if self.found.transfers >= self.options.transfers {
                self.give_up(&transfer);
                return;
            }
            let tx = self.rows.tx(transfer.tx);
            if let Some(found) = tx.and_then(|tx| exchange::of(self.rows, &tx, self.role)) {
                self.found.transfers = self.found.transfers.saturating_add(found.transfers.len());
                self.exchange(transfer.tx, found);
            } else {
                self.found.transfers += 1;
                self.turn(&transfer);
                self.await_next(&transfer, num);
            }
        }
        self.end_pools(None, BalanceStop::Unspent);
    }

    fn is_touched(&self, transfer: &Transfer) -> bool {
        let ends = [transfer.source(), transfer.target()];
        ends.iter().flatten().any(|balance| self.pools.contains_key(balance))
    }

    /// What comes behind `last` for the balances of a transfer.
    fn await_next(&mut self, transfer: &Transfer, last: TransferNum) {
        let ends = [transfer.source(), transfer.target()];
        for balance in ends.into_iter().flatten().filter(|balance| self.pools.contains_key(balance)) {
            self.waiting.extend(self.rows.next(balance, TransferNum(last.0 + 1)));
        }
    }

    fn turn(&mut self, transfer: &Transfer) {
        if transfer.from == transfer.to {
            self.check_self_transfer(transfer);
        } else {
            let arrives = self.moved(transfer).and_then(|moved| self.pass_on(transfer, moved));
            self.lay(transfer, arrives);
        }
    }

    /// A transaction in which assets are exchanged, as a whole: a pool may give before it takes. What comes to a balance out of
    /// which nothing goes behind it (the fee goes first) is laid there at its end, in order, which changes nothing else.
    fn exchange(&mut self, tx: TxNum, mut found: exchange::Found) {
        let mut exchanges = std::mem::take(&mut found.exchanges);
        let transfers = &found.transfers;
        let method = self.options.method;
        let mut later: Vec<(&Transfer, Option<Moved>)> = Vec::new();
        for transfer in transfers {
            self.waiting.remove(&transfer.num);
            if transfer.from == transfer.to {
                self.check_self_transfer(transfer);
                continue;
            }
            let moved = self.moved(transfer);
            if let Some(exchange) = exchanges.iter_mut().find(|one| one.is_given(transfer.num)) {
                let hop = moved.as_ref().map_or(u32::MAX, |moved| moved.hop);
                let holding = match moved {
                    Some(moved) => {
                        self.step(transfer, &moved);
                        moved.holding
                    }
                    None => Holding::clean(units(transfer).unwrap_or_default()),
                };
                if let Some(settled) = exchange.give(transfer.num, &holding, hop, method) {
                    self.settle(tx, &settled);
                }
                continue;
            }
            if found.may_wait(transfer) {
                later.push((transfer, moved));
                continue;
            }
            let moved = moved.or_else(|| bought(&mut exchanges, transfer, method));
            let arrives = moved.and_then(|moved| self.pass_on(transfer, moved));
            self.lay(transfer, arrives);
        }
        for (transfer, moved) in later {
            let moved = moved.or_else(|| bought(&mut exchanges, transfer, method));
            let arrives = moved.and_then(|moved| self.pass_on(transfer, moved));
            self.lay(transfer, arrives);
        }
        for exchange in exchanges {
            let (hop, left) = exchange.left();
            for (asset, holding) in left {
                self.end(asset, None, None, hop, BalanceStop::Converted, holding);
            }
        }
        let Some(last) = transfers.last() else { return };
        for transfer in transfers {
            self.await_next(transfer, last.num);
        }
    }

    /// Books what was given in one asset and came in others.
    fn settle(&mut self, tx: TxNum, settled: &exchange::Settled) {
        if settled.given.is_clean() {
            return;
        }
        for (label, amount) in settled.given.by_label() {
            self.found.totals.entry((label, settled.asset)).or_default().exchanged += amount;
        }
        for (&taken, got) in &settled.got {
            for (label, amount) in got.by_label() {
                // Sums of what one transaction moves of one asset, which were added up without passing 2^128, times a share.
                let seeded = &mut self.found.totals.entry((label, taken)).or_default().seeded;
                *seeded = seeded.saturating_add(amount);
            }
            let holding = settled.given.clone();
            self.found.exchanges.push(BalanceExchange {
                tx,
                given: settled.asset,
                holding,
                taken,
                got: got.clone(),
            });
        }
    }

    /// The limit on work: what is dirty lies where it was before `transfer`, and seeds that were not reached are booked whole.
    fn give_up(&mut self, transfer: &Transfer) {
        let late: Vec<(TransferNum, Label)> =
            self.seeds.range(transfer.num..).map(|(&num, &label)| (num, label)).collect();
        for (num, label) in late {
            let Some(seed) = self.rows.transfer(num) else { continue };
            let holding = self.whole(units(&seed).unwrap_or_default(), label);
            let reason = BalanceStop::Truncated(Truncation::Work);
            self.end(seed.asset, seed.target(), Some(num), 0, reason, holding);
        }
        self.end_pools(Some(transfer.num), BalanceStop::Truncated(Truncation::Work));
    }

    fn end_pools(&mut self, transfer: Option<TransferNum>, reason: BalanceStop) {
        let mut pools: Vec<(Balance, Pool)> = std::mem::take(&mut self.pools).into_iter().collect();
        pools.sort_unstable_by_key(|entry| entry.0);
        for (balance, pool) in pools {
            let holding = pool.account.holding().clone();
            self.end(balance.asset, Some(balance), transfer, pool.hop, reason, holding);
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

    /// What a transfer takes along: of the sender's pool, or the seed that it is.
    fn moved(&mut self, transfer: &Transfer) -> Option<Moved> {
        let drawn = self.draw(transfer);
        let Some(&label) = self.seeds.get(&transfer.num) else {
            return drawn.map(|drawn| Moved { hop: drawn.hop.saturating_add(1), ..drawn });
        };
        if let Some(Moved { holding, hop }) = drawn {
            let reason = BalanceStop::Truncated(Truncation::Seed);
            self.end(transfer.asset, transfer.source(), Some(transfer.num), hop, reason, holding);
        }
        Some(Moved { holding: self.whole(units(transfer).unwrap_or_default(), label), hop: 0 })
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
        self.step(transfer, &moved);
        let is_measured = moved.hop > 0 && self.seed_assets.contains(&transfer.asset);
        let reason = match transfer.to.map(|account| (self.role)(account)) {
            _ if transfer.kind == MovementKind::Fee => Some(BalanceStop::Fee),
            None => Some(BalanceStop::Burned),
            Some(Some(AccountRole::Service)) => Some(BalanceStop::ReachedService),
            Some(Some(AccountRole::Mixer)) => Some(BalanceStop::Mixed),
            Some(Some(AccountRole::Converter)) => Some(BalanceStop::Converted),
            Some(None) if moved.hop >= self.options.hops => Some(BalanceStop::Truncated(Truncation::Hops)),
            Some(None) if is_measured && moved.holding.dirty_all() < self.options.dust => {
                Some(BalanceStop::Truncated(Truncation::Dust))
            }
            Some(None) => None,
        };
        let Some(reason) = reason else { return Some(moved) };
        self.end(transfer.asset, transfer.target(), Some(transfer.num), moved.hop, reason, moved.holding);
        None
    }

    fn step(&mut self, transfer: &Transfer, moved: &Moved) {
        let holding = moved.holding.clone();
        self.found.steps.push(TransferStep { transfer: transfer.num, hop: moved.hop, holding });
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
                    let num = Some(transfer.num);
                    self.end(target.asset, Some(target), num, moved.hop, reason, moved.holding);
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
                    let (asset, num, reason) = (target.asset, Some(transfer.num), BalanceStop::TooLarge);
                    self.end(asset, Some(target), num, moved.hop, reason, moved.holding);
                }
                self.close(target, transfer.num, BalanceStop::TooLarge);
            }
        }
    }

    /// Ends a pool before its time.
    fn close(&mut self, balance: Balance, transfer: TransferNum, reason: BalanceStop) {
        let Some(pool) = self.pools.remove(&balance) else { return };
        let holding = pool.account.holding().clone();
        self.end(balance.asset, Some(balance), Some(transfer), pool.hop, reason, holding);
    }

    fn end(
        &mut self,
        asset: AssetNum,
        balance: Option<Balance>,
        transfer: Option<TransferNum>,
        hop: u32,
        reason: BalanceStop,
        holding: Holding,
    ) {
        for (label, amount) in holding.by_label() {
            *part(self.found.totals.entry((label, asset)).or_default(), reason) += amount;
        }
        if !holding.is_clean() {
            self.found.ends.push(BalanceEnd { asset, balance, transfer, hop, reason, holding });
        }
    }
}

/// What a transfer brings of what was bought.
fn bought(exchanges: &mut [Exchange], transfer: &Transfer, method: Method) -> Option<Moved> {
    let exchange = exchanges.iter_mut().find(|one| one.is_taken(transfer.num))?;
    let (holding, hop) = exchange.take(transfer, method)?;
    (!holding.is_clean()).then_some(Moved { holding, hop })
}

/// The amount, where a rule can divide it.
pub(super) fn units(transfer: &Transfer) -> Option<u128> {
    transfer.amount.to_u128()
}

pub(super) fn part(totals: &mut Totals, reason: BalanceStop) -> &mut u128 {
    match reason {
        BalanceStop::Unspent => &mut totals.unspent,
        BalanceStop::ReachedService => &mut totals.reached_service,
        BalanceStop::Mixed => &mut totals.mixed,
        BalanceStop::Fee => &mut totals.fees,
        BalanceStop::Burned => &mut totals.destroyed,
        BalanceStop::Issued => &mut totals.coinbase,
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
