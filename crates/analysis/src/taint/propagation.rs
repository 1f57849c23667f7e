//! Taint through a whole ledger, one transaction at a time in time order, touching only what is dirty.
//!
//! The propagation keeps a queue of transactions that spend something dirty, earliest first (latest first when it goes back to
//! the sources), and divides each by the chosen rule. A transaction's number is its place in time, so no sorting is
//! needed and a cycle of addresses is no cycle of transactions. Whatever is not followed further is booked: at every
//! moment `unspent + reached_service + mixed + fees + unspendable + destroyed + coinbase + unknown_inputs + not_fetched + dust +
//! rejoined + truncated = seeded`, to the unit, for every label and every method but poison, whose amounts grow by their nature.

mod found;
mod miner;

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
};

pub use found::{Beyond, End, Piece, Propagation, Step, StopReason, Totals, Truncation};
use tracehound_ledger::{AddrNum, OutNum, OutputView, SpentOutput, TxBatch, TxNum, TxRows, TxSpan, UtxoRows};

use super::{
    Holding, Label, Lot, Method,
    divide::divide_pool,
    divide_backward,
    queue::{Coin, Distance, Queue},
};
use crate::numbers::Table;
use smallvec::SmallVec;

/// Towards where the value went, or back to where it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the destinations.
    Forward,
    /// To the sources.
    Backward,
}

/// An output that is followed, as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed {
    /// The output.
    pub out: OutNum,
    /// Under which label.
    pub label: Label,
}

/// How to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Which way.
    pub direction: Direction,
    /// By which rule.
    pub method: Method,
    /// Go on behind a mixing transaction, by haircut whatever the method: its outputs are a set with shares, not a
    /// path. Otherwise the propagation stops before it.
    pub through_mixes: bool,
    /// Where to stop.
    pub limits: PropagationLimits,
}

/// Where a propagation stops, whatever it found. What is truncated is booked and listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PropagationLimits {
    /// Transactions between a seed and the last one divided.
    pub hops: u32,
    /// Do not count those that mix nothing: backward of one input, forward of one input and one output that pays somebody. Up
    /// to 255 on a way; what is shorter than that costs who adds it nothing but fees, and leaves all on one path.
    pub past_plain: bool,
    /// Dirty base units in an output below which it is not followed.
    pub dust: u128,
    /// Dirty share of an output, in millionths, below which it is not followed.
    pub share_ppm: u32,
    /// Outputs (backward: inputs) above which a transaction is not divided.
    pub fan_out: u32,
    /// Transactions divided in all.
    pub txs: usize,
    /// Ignore spends in blocks after this time, seconds since 1970-01-01 UTC: a window of the question. For an answer as of
    /// a moment the ledger is cut there ([`Ledger::as_of`](tracehound_ledger::Ledger::as_of)).
    pub until: u32,
    /// Do not stop at fees: follow them into the coinbase of their block, whose inputs are the subsidy and then the fees in
    /// block order (as `BlockSci` lays them). Otherwise they are booked. Forward only.
    pub through_fees: bool,
}

impl Default for PropagationLimits {
    fn default() -> Self {
        Self {
            hops: 1_000,
            past_plain: false,
            dust: 546,
            share_ppm: 0,
            fan_out: 5_000,
            txs: 1_000_000,
            until: u32::MAX,
            through_fees: false,
        }
    }
}

/// A transaction that mixes the coins of several people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// Which kind, by the field's name.
    pub protocol: &'static str,
    /// People in it, at least.
    pub participants: u32,
}

/// What ends a path. Several walks may ask at once.
pub trait Stops<R>: Sync {
    /// Whether the owner is a service: what happens inside cannot be seen on the chain.
    fn is_service(&self, owner: AddrNum) -> bool;
    /// What kind of mixing transaction this is, if it is one.
    fn mix(&self, ledger: &R, tx: TxSpan) -> Option<Mix>;
    /// What is known of an output that no transaction of the rows spends.
    fn beyond(&self, _ledger: &R, _out: OutNum) -> Beyond {
        Beyond::Unspent
    }
    /// Whether the rows are of what was fetched, so that an output that they lack was not.
    fn is_case(&self) -> bool {
        false
    }
}

/// A question that cannot be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeedError {
    /// No seed was given.
    None,
    /// The ledger has no such output.
    NotInLedger(OutNum),
    /// The same output twice.
    Twice(OutNum),
    /// The method cannot go backward: it does not say which input a dirty unit came from.
    NoWayBack(Method),
}

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("there is no output to start from"),
            Self::NotInLedger(out) => write!(f, "output number {} is not in the ledger", out.0),
            Self::Twice(out) => write!(f, "output number {} is given twice", out.0),
            Self::NoWayBack(method) => {
                write!(f, "{} cannot be followed backward; use haircut, fifo, lifo or poison", method.name())
            }
        }
    }
}

impl std::error::Error for SeedError {}

/// Follows the seeds. O(rows of the transactions divided), and up to 32 moves in the queue for each coin.
pub fn propagate<R: UtxoRows>(
    ledger: &R,
    seeds: &[Seed],
    options: Options,
    stops: &dyn Stops<R>,
) -> Result<Propagation, SeedError> {
    if seeds.is_empty() {
        return Err(SeedError::None);
    }
    if options.direction == Direction::Backward && matches!(options.method, Method::Tiho | Method::CleanFirst)
    {
        return Err(SeedError::NoWayBack(options.method));
    }
    let mut walker = Propagator {
        ledger,
        options,
        stops,
        seeds: Table::default(),
        queue: Queue::new(),
        strays: Vec::new(),
        fees: BTreeMap::new(),
        found: Propagation::default(),
    };
    walker.plant(seeds)?;
    walker.run();
    Ok(walker.found)
}

struct Propagator<'a, R> {
    ledger: &'a R,
    options: Options,
    stops: &'a dyn Stops<R>,
    seeds: Table<OutNum, Label>,
    queue: Queue,
    /// Coins that the transaction they waited for does not spend.
    strays: Vec<Coin>,
    /// Dirty fees by the last transaction of their block, with the nearest seed's distance: behind it the coinbase is
    /// made, though it stands first.
    fees: BTreeMap<TxNum, Vec<(TxNum, Holding, Distance)>>,
    found: Propagation,
}

/// Events that are read from the ledger together, before the first of them is dealt with: the processor then waits for
/// many rows at once, which is most of what a propagation does.
const AHEAD: usize = 16;

/// Parts of four that are most of a mix: who has so much of it is alone in it.
pub const MOST: usize = 3;

impl<R: UtxoRows> Propagator<'_, R> {
    fn plant(&mut self, seeds: &[Seed]) -> Result<(), SeedError> {
        for seed in seeds {
            let output = self.ledger.output(seed.out).ok_or(SeedError::NotInLedger(seed.out))?;
            if self.seeds.insert(seed.out, seed.label).is_some() {
                return Err(SeedError::Twice(seed.out));
            }
            self.found.totals.entry(seed.label).or_default().seeded += u128::from(output.value);
        }
        for seed in seeds {
            let Some(output) = self.ledger.output(seed.out) else { continue };
            let holding = match self.options.method {
                Method::Poison => Holding::poisoned(output.value.into(), &[seed.label]),
                _ => Holding::labelled(output.value.into(), seed.label),
            };
            self.place(&output, holding, Distance::default(), true);
        }
        Ok(())
    }

    fn run(&mut self) {
        let (mut ahead, mut single) = (TxBatch::default(), TxBatch::default());
        let mut coins = Vec::new();
        let mut turns: Vec<(u32, usize)> = Vec::with_capacity(AHEAD);
        loop {
            turns.clear();
            coins.clear();
            while turns.len() < AHEAD
                && let Some(turn) = self.queue.take_next(&mut coins)
            {
                turns.push((turn, coins.len()));
            }
            if turns.is_empty() {
                if !self.catch_up(None, &mut single) {
                    break;
                }
                continue;
            }
            ahead.read(self.ledger, turns.iter().map(|&(turn, _)| self.tx_of_turn(turn)));
            let mut waiting = coins.drain(..);
            let mut taken = 0;
            for (at, &(turn, end)) in turns.iter().enumerate() {
                self.catch_up(Some(turn), &mut single);
                let mut own = self.queue.take_early(turn);
                own.extend(waiting.by_ref().take(end - taken));
                taken = end;
                self.divide(ahead.get(at), own);
            }
        }
        let mut strays = std::mem::take(&mut self.strays);
        strays.sort_unstable_by_key(|coin| coin.out);
        for coin in strays {
            self.end_coin(coin, StopReason::Unspent);
        }
    }

    /// Deals with what came up since later turns were taken ahead and comes before `turn`, if there is one: coins, and
    /// the miners of blocks that have ended. Says whether there was any.
    fn catch_up(&mut self, turn: Option<u32>, space: &mut TxBatch) -> bool {
        let mut any = false;
        loop {
            let early = self.queue.next_early().filter(|&early| turn.is_none_or(|turn| early < turn));
            let next = early.or(turn).map(|turn| self.tx_of_turn(turn));
            if !self.pay_a_miner_before(next) {
                let Some(early) = early else { return any };
                let coins = self.queue.take_early(early);
                space.read(self.ledger, [self.tx_of_turn(early)]);
                self.divide(space.get(0), coins);
            }
            any = true;
        }
    }

    /// Forward the earliest transaction comes first, backward the latest.
    fn turn_of(&self, tx: TxNum) -> u32 {
        if self.options.direction == Direction::Forward { tx.0 } else { u32::MAX - tx.0 }
    }

    fn tx_of_turn(&self, turn: u32) -> TxNum {
        TxNum(if self.options.direction == Direction::Forward { turn } else { u32::MAX - turn })
    }

    /// Decides whether something dirty in an output goes on from there, and books it if not.
    fn place(&mut self, output: &OutputView, holding: Holding, far: Distance, seed: bool) {
        let reason = match self.options.direction {
            Direction::Forward => self.fate_forward(output, &holding, far, seed),
            Direction::Backward => self.fate_backward(output, &holding, far, seed),
        };
        match reason {
            Ok(tx) => {
                let turn = self.turn_of(tx);
                self.queue.push(Coin { out: output.num, holding, far, turn });
            }
            Err(reason) => self.end(Some(output.num), output.owner, holding, far.hop(), reason),
        }
    }

    fn fate_forward(
        &self,
        output: &OutputView,
        holding: &Holding,
        far: Distance,
        seed: bool,
    ) -> Result<TxNum, StopReason> {
        if let Some(coinbase) = output.destroyed_by {
            return Err(StopReason::Destroyed(coinbase));
        }
        let Some(owner) = output.owner else { return Err(StopReason::Unspendable) };
        if !seed {
            if self.seeds.contains_key(&output.num) {
                return Err(StopReason::Truncated(Truncation::Seed));
            }
            if self.stops.is_service(owner) {
                return Err(StopReason::ReachedService);
            }
        }
        let until = self.options.limits.until;
        let in_time =
            |tx: &TxNum| self.ledger.block_of(*tx).is_some_and(|block| block.header.time() <= until);
        let spender = if until == u32::MAX { output.spent_by } else { output.spent_by.filter(in_time) };
        let Some(spender) = spender else {
            return Err(match self.stops.beyond(self.ledger, output.num) {
                Beyond::Unspent => StopReason::Unspent,
                // By whom does not matter where a limit ends the path.
                Beyond::Spent => {
                    self.limit(holding, far, seed).map_or(StopReason::NotFetched, StopReason::Truncated)
                }
                Beyond::NotAsked => StopReason::NotFetched,
            });
        };
        self.limit(holding, far, seed).map_or(Ok(spender), |cut| Err(StopReason::Truncated(cut)))
    }

    fn fate_backward(
        &self,
        output: &OutputView,
        holding: &Holding,
        far: Distance,
        seed: bool,
    ) -> Result<TxNum, StopReason> {
        // It came from somewhere, and to nobody.
        if let Some(coinbase) = output.destroyed_by {
            return Err(StopReason::Destroyed(coinbase));
        }
        if !seed {
            if self.seeds.contains_key(&output.num) {
                return Err(StopReason::Truncated(Truncation::Seed));
            }
            if output.owner.is_some_and(|owner| self.stops.is_service(owner)) {
                return Err(StopReason::ReachedService);
            }
        }
        let Some((maker, _)) = self.ledger.tx_of_output(output.num) else {
            return Err(StopReason::Truncated(Truncation::Work));
        };
        self.limit(holding, far, seed).map_or(Ok(maker), |cut| Err(StopReason::Truncated(cut)))
    }

    /// The limit that something dirty falls under, if any. Seeds are followed however small.
    fn limit(&self, holding: &Holding, far: Distance, seed: bool) -> Option<Truncation> {
        let limits = &self.options.limits;
        if far.counted() >= limits.hops {
            return Some(Truncation::Hops);
        }
        if seed {
            return None;
        }
        let dirty = holding.dirty_all();
        let ppm = u128::from(limits.share_ppm);
        match () {
            () if dirty < limits.dust => Some(Truncation::Dust),
            () if ppm > 0 && dirty.saturating_mul(1_000_000) < holding.value().saturating_mul(ppm) => {
                Some(Truncation::Share)
            }
            () => None,
        }
    }

    fn end_coin(&mut self, coin: Coin, reason: StopReason) {
        self.end(Some(coin.out), self.ledger.output_owner(coin.out), coin.holding, coin.far.hop(), reason);
    }

    fn end(
        &mut self,
        out: Option<OutNum>,
        owner: Option<AddrNum>,
        holding: Holding,
        hop: u32,
        reason: StopReason,
    ) {
        for (label, amount) in holding.by_label() {
            *self.found.totals.entry(label).or_default().part(reason) += amount;
        }
        self.found.ends.push(End { out, owner, spender: None, hop, reason, holding });
    }

    /// Divides what a transaction takes; `coins` are said to be among it.
    fn divide(&mut self, rows: Option<TxRows<'_>>, mut coins: SmallVec<[Coin; 4]>) {
        let Some(rows) = rows else {
            self.strays.extend(coins);
            return;
        };
        let tx = &rows.tx;
        coins.sort_unstable_by_key(|coin| coin.out);
        if self.options.direction == Direction::Forward {
            // Spenders are hints until their inputs are read.
            let spent = || rows.inputs.iter().filter_map(|input| input.out);
            if spent().filter(|&out| coin_of(&coins, out).is_some()).count() < coins.len() {
                let spent: HashSet<OutNum> = spent().collect();
                self.strays.extend(coins.iter().filter(|coin| !spent.contains(&coin.out)).cloned());
                coins.retain(|coin| spent.contains(&coin.out));
            }
            if coins.is_empty() {
                return;
            }
        }
        let fan = match self.options.direction {
            Direction::Forward => tx.output_count,
            Direction::Backward => tx.input_count,
        };
        let blocked = if self.found.steps.len() >= self.options.limits.txs {
            Some(StopReason::Truncated(Truncation::Work))
        } else if fan > self.options.limits.fan_out {
            Some(StopReason::Truncated(Truncation::FanOut))
        } else {
            None
        };
        let mix = self.stops.mix(self.ledger, *tx).filter(|_| !self.is_followed_whole(&rows, &coins));
        let stopped = mix.filter(|_| !self.options.through_mixes).map(|_| StopReason::Mixed(tx.num));
        let unknown = rows.inputs.iter().any(|input| input.value.is_none());
        let reason = stopped.or(blocked).or(unknown.then_some(StopReason::UnknownInputs(tx.num)));
        let reason = reason.or_else(|| {
            let minted = rows.inputs.iter().any(|input| input.coinbase);
            (self.options.direction == Direction::Backward && minted).then_some(StopReason::Coinbase(tx.num))
        });
        if let Some(reason) = reason {
            coins.into_iter().for_each(|coin| self.end_coin(coin, reason));
            return;
        }
        let method = if mix.is_some() && self.options.method.conserves() {
            Method::Haircut
        } else {
            self.options.method
        };
        match self.options.direction {
            Direction::Forward => self.divide_forward(&rows, &coins, method, mix),
            Direction::Backward => self.divide_backward(&rows, &coins, method, mix),
        }
    }

    /// Whether so much of what enters a mix (backward: leaves it) is followed that it hides nothing: by number and by amount, at
    /// least [`MOST`] parts of four. Then it is a transaction like any other.
    fn is_followed_whole(&self, rows: &TxRows<'_>, coins: &[Coin]) -> bool {
        let (count, value): (usize, Option<u128>) = match self.options.direction {
            Direction::Forward => {
                let values = rows.inputs.iter().map(|input| input.value.map(u128::from));
                (rows.inputs.len(), values.sum())
            }
            Direction::Backward => {
                let paid = || rows.outputs.iter().filter(|output| output.owner.is_some());
                (paid().count(), Some(paid().map(|output| u128::from(output.value)).sum()))
            }
        };
        let followed: u128 = coins.iter().map(|coin| coin.holding.dirty_all()).sum();
        coins.len() * 4 >= count * MOST && value.is_some_and(|value| followed * 4 >= value * MOST as u128)
    }

    /// Whether a transaction joins nobody's money with anybody else's, and leads on to one coin alone.
    fn mixes_nothing(&self, rows: &TxRows<'_>) -> bool {
        let goes_to_one = match self.options.direction {
            Direction::Backward => true,
            Direction::Forward => rows.outputs.iter().filter(|output| output.owner.is_some()).count() == 1,
        };
        self.options.limits.past_plain && rows.inputs.len() == 1 && goes_to_one
    }

    fn divide_forward(&mut self, rows: &TxRows<'_>, coins: &[Coin], method: Method, mix: Option<Mix>) {
        let tx = rows.tx.num;
        let near = nearest(coins);
        let first_piece = self.found.pieces.len();
        let (mut pool, mut clean) = (Holding::default(), 0);
        for &SpentOutput { out, value, .. } in rows.inputs {
            let value = value.unwrap_or(0);
            let Some(coin) = out.and_then(|out| coin_of(coins, out)) else {
                if method.is_ordered() {
                    pool.push(Lot { amount: value.into(), label: None });
                } else {
                    clean += u128::from(value);
                }
                continue;
            };
            if method.is_ordered() {
                pool.append(&coin.holding);
            } else {
                clean += pool.append_dirty(&coin.holding);
            }
            self.found.pieces.push(Piece::of(coin.out, value, &coin.holding));
        }
        pool.push(Lot { amount: clean, label: None });
        let first_output = self.found.pieces.len();
        let far = near.next(self.mixes_nothing(rows));
        let values: SmallVec<[u128; 4]> = rows.outputs.iter().map(|output| output.value.into()).collect();
        let Ok(division) = divide_pool(method, &pool, &values) else {
            // Outputs above inputs: only a damaged or made-up chain has that, and nothing can be said about it.
            let out = self.found.pieces[first_piece].out;
            self.found.pieces.truncate(first_piece);
            let owner = self.ledger.output_owner(out);
            self.end(Some(out), owner, pool, near.hop(), StopReason::UnknownInputs(tx));
            return;
        };
        let fee = division.rest.dirty_all();
        self.send_fee(tx, division.rest, far);
        for (output, holding) in rows.outputs.iter().zip(division.outputs) {
            self.pass_on(output, holding, far);
        }
        self.book_step(tx, far.hop(), fee, mix, (first_piece, first_output));
    }

    /// An output of the transaction being divided.
    fn pass_on(&mut self, output: &OutputView, holding: Holding, far: Distance) {
        if !holding.is_clean() {
            self.found.pieces.push(Piece::of(output.num, output.value, &holding));
            self.place(output, holding, far, false);
        }
    }

    fn book_step(&mut self, tx: TxNum, hop: u32, fee: u128, mix: Option<Mix>, pieces: (usize, usize)) {
        let pieces = (pieces.0, pieces.1, self.found.pieces.len());
        self.found.steps.push(Step { tx, hop, fee, mix, pieces });
    }

    fn divide_backward(&mut self, rows: &TxRows<'_>, coins: &[Coin], method: Method, mix: Option<Mix>) {
        let tx = rows.tx.num;
        let near = nearest(coins);
        let mut dirty_outputs: SmallVec<[Piece; 4]> = SmallVec::new();
        let mut outputs = Vec::with_capacity(rows.outputs.len());
        for output in rows.outputs {
            outputs.push(match coin_of(coins, output.num) {
                Some(coin) => {
                    dirty_outputs.push(Piece::of(output.num, output.value, &coin.holding));
                    coin.holding.clone()
                }
                None => Holding::clean(output.value.into()),
            });
        }
        let far = near.next(self.mixes_nothing(rows));
        let values: Vec<u128> = rows.inputs.iter().map(|input| input.value.unwrap_or(0).into()).collect();
        let (held, paid): (u128, u128) = (values.iter().sum(), outputs.iter().map(Holding::value).sum());
        let division = held
            .checked_sub(paid)
            .and_then(|fee| divide_backward(method, &outputs, &Holding::clean(fee), &values));
        let Some(Ok(sources)) = division else {
            for (output, holding) in
                rows.outputs.iter().zip(outputs).filter(|(_, holding)| !holding.is_clean())
            {
                self.end(Some(output.num), output.owner, holding, near.hop(), StopReason::UnknownInputs(tx));
            }
            return;
        };
        let first_piece = self.found.pieces.len();
        for (&SpentOutput { out, missing_owner, .. }, holding) in rows.inputs.iter().zip(sources) {
            if holding.is_clean() {
                continue;
            }
            if let Some(output) = out.and_then(|out| self.ledger.output(out)) {
                self.pass_on(&output, holding, far);
            } else {
                let service = missing_owner.is_some_and(|owner| self.stops.is_service(owner));
                let reason = if service {
                    StopReason::ReachedService
                } else if self.stops.is_case() {
                    self.limit(&holding, far, false).map_or(StopReason::NotFetched, StopReason::Truncated)
                } else {
                    StopReason::UnknownInputs(tx)
                };
                self.end(None, missing_owner, holding, far.hop(), reason);
                if let Some(end) = self.found.ends.last_mut() {
                    end.spender = Some(tx);
                }
            }
        }
        let first_output = self.found.pieces.len();
        self.found.pieces.extend(dirty_outputs);
        self.book_step(tx, far.hop(), 0, mix, (first_piece, first_output));
    }
}

/// How far the nearest of some coins is.
fn nearest(coins: &[Coin]) -> Distance {
    coins.iter().map(|coin| coin.far).reduce(Distance::least).unwrap_or_default()
}

/// The coin of an output among those of a transaction, which are in order.
fn coin_of(coins: &[Coin], out: OutNum) -> Option<&Coin> {
    coins.binary_search_by_key(&out, |coin| coin.out).ok().map(|at| &coins[at])
}
