//! Taint through a whole ledger, one transaction at a time in time order, touching only what is dirty.
//!
//! The walk keeps a queue of transactions that spend something dirty, earliest first (latest first when it goes back to
//! the sources), and divides each by the chosen rule. A transaction's number is its place in time, so no sorting is
//! needed and a cycle of addresses is no cycle of transactions. Whatever is not followed further is booked: at every
//! moment `held + arrived + mixed + fees + unowned + minted + unresolved + dust + rejoined + cut = seeded`, to the unit,
//! for every label and every method but poison, whose amounts grow by their nature.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
};

use tracehound_ledger::{
    AddrNum, BlockNum, Ledger, OutNum, OutputView, Prev, SpentOutput, TxBatch, TxNum, TxRows, TxSpan, TxView,
};

use super::{
    Holding, Label, Lot, Method,
    divide::divide_pool,
    divide_backward,
    queue::{Coin, Queue},
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
    /// path. Otherwise the walk stops before it.
    pub through_mixes: bool,
    /// Where to stop.
    pub limits: WalkLimits,
}

/// Where a walk stops, whatever it found. What is cut is booked and listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalkLimits {
    /// Transactions between a seed and the last one divided.
    pub hops: u32,
    /// Dirty base units in an output below which it is not followed.
    pub dust: u128,
    /// Dirty share of an output, in millionths, below which it is not followed.
    pub share_ppm: u32,
    /// Outputs (backward: inputs) above which a transaction is not divided.
    pub fan_out: u32,
    /// Transactions divided in all.
    pub txs: usize,
    /// Ignore spends in blocks after this time, seconds since 1970-01-01 UTC: a window of the question. For an answer as of
    /// a moment the ledger is cut there ([`Ledger::as_of`]).
    pub until: u32,
    /// Do not stop at fees: follow them into the coinbase of their block, whose inputs are the subsidy and then the fees in
    /// block order (as `BlockSci` lays them). Otherwise they are booked. Forward only.
    pub through_fees: bool,
}

impl Default for WalkLimits {
    fn default() -> Self {
        Self {
            hops: 1_000,
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

/// What ends a path.
pub trait Stops {
    /// Whether the owner is a service: what happens inside cannot be seen on the chain.
    fn is_service(&self, owner: AddrNum) -> bool;
    /// What kind of mixing transaction this is, if it is one.
    fn mix(&self, ledger: &Ledger, tx: TxSpan) -> Option<Mix>;
}

/// Which limit cut a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cut {
    /// [`WalkLimits::hops`].
    Hops,
    /// [`WalkLimits::dust`].
    Dust,
    /// [`WalkLimits::share_ppm`].
    Share,
    /// [`WalkLimits::fan_out`].
    FanOut,
    /// [`WalkLimits::txs`].
    Work,
    /// It came to another seed, which is followed as a whole already.
    Seed,
}

/// Why a path ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// Unspent in the snapshot, or until the time asked for.
    Held,
    /// At a service; backward: from a service.
    Arrived,
    /// Spent by this mixing transaction (backward: made by it).
    Mixed(TxNum),
    /// Paid to an output without an owner (`OP_RETURN`), or destroyed by a coinbase with the same id (BIP-30).
    Unowned,
    /// Backward: new coins of this coinbase.
    Minted(TxNum),
    /// The amounts of this transaction are not all in the ledger, so it cannot be divided.
    Unresolved(TxNum),
    /// A limit ended it.
    Cut(Cut),
}

/// Where a path ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The output; `None` when it is not in the ledger.
    pub out: Option<OutNum>,
    /// Its owner, where known.
    pub owner: Option<AddrNum>,
    /// Backward, for an output that is not in the ledger: the transaction that spends it.
    pub spender: Option<TxNum>,
    /// Transactions between it and the nearest seed.
    pub hop: u32,
    /// Why it ends here.
    pub fate: Fate,
    /// What it holds.
    pub holding: Holding,
}

/// A dirty output on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The output.
    pub out: OutNum,
    /// Base units in it.
    pub value: u64,
    /// Base units of them that are dirty, under whatever label.
    pub dirty: u64,
}

impl Piece {
    fn of(out: OutNum, value: u64, holding: &Holding) -> Self {
        let dirty = u64::try_from(holding.dirty_all()).expect("no more than the output's amount");
        Self { out, value, dirty }
    }
}

/// A transaction that was divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The transaction.
    pub tx: TxNum,
    /// Transactions between it and the nearest seed, itself included.
    pub hop: u32,
    /// Dirty base units of the fee.
    pub fee: u128,
    /// What kind of mix it is, where the walk went through one.
    pub mix: Option<Mix>,
    /// Its first piece, and where its dirty outputs begin and end.
    pieces: (usize, usize, usize),
}

/// Base units of one label, by where they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Seeded.
    pub seeded: u128,
    /// [`Fate::Held`].
    pub held: u128,
    /// [`Fate::Arrived`].
    pub arrived: u128,
    /// [`Fate::Mixed`].
    pub mixed: u128,
    /// Paid as fees.
    pub fees: u128,
    /// [`Fate::Unowned`].
    pub unowned: u128,
    /// [`Fate::Minted`].
    pub minted: u128,
    /// [`Fate::Unresolved`].
    pub unresolved: u128,
    /// [`Fate::Cut`] for being small: [`Cut::Dust`], [`Cut::Share`]. A choice of the question, not a lack of the answer.
    pub dust: u128,
    /// [`Cut::Seed`]: counted again with the seed it came to.
    pub rejoined: u128,
    /// [`Fate::Cut`] by any other limit: the residual.
    pub cut: u128,
}

impl Totals {
    /// All parts; equal to [`Totals::seeded`] for every method that conserves.
    pub fn booked(&self) -> u128 {
        self.held
            + self.arrived
            + self.mixed
            + self.fees
            + self.unowned
            + self.minted
            + self.unresolved
            + self.dust
            + self.rejoined
            + self.cut
    }

    fn part(&mut self, fate: Fate) -> &mut u128 {
        match fate {
            Fate::Held => &mut self.held,
            Fate::Arrived => &mut self.arrived,
            Fate::Mixed(_) => &mut self.mixed,
            Fate::Unowned => &mut self.unowned,
            Fate::Minted(_) => &mut self.minted,
            Fate::Unresolved(_) => &mut self.unresolved,
            Fate::Cut(Cut::Dust | Cut::Share) => &mut self.dust,
            Fate::Cut(Cut::Seed) => &mut self.rejoined,
            Fate::Cut(Cut::Hops | Cut::FanOut | Cut::Work) => &mut self.cut,
        }
    }
}

/// What a walk found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// Transactions divided, in the order of the walk: time, or time backwards.
    pub steps: Vec<Step>,
    /// Where paths end, in the order they were found.
    pub ends: Vec<End>,
    /// Sums by label.
    pub totals: BTreeMap<Label, Totals>,
    /// The pieces of all steps, inputs before outputs: one list, because millions of small ones cost more than the walk.
    pieces: Vec<Piece>,
}

impl Walk {
    /// The dirty outputs that a step's transaction spends.
    pub fn inputs(&self, step: &Step) -> &[Piece] {
        &self.pieces[step.pieces.0..step.pieces.1]
    }

    /// The dirty outputs that a step's transaction makes.
    pub fn outputs(&self, step: &Step) -> &[Piece] {
        &self.pieces[step.pieces.1..step.pieces.2]
    }

    /// Whether nothing was left unfollowed because of a limit on work or of amounts that are missing. What is below the
    /// dust limit is booked as dust, and does not count.
    pub fn is_complete(&self) -> bool {
        self.totals.values().all(|totals| totals.cut == 0 && totals.unresolved == 0)
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
pub fn walk(ledger: &Ledger, seeds: &[Seed], options: Options, stops: &dyn Stops) -> Result<Walk, SeedError> {
    if seeds.is_empty() {
        return Err(SeedError::None);
    }
    if options.direction == Direction::Backward && matches!(options.method, Method::Tiho | Method::CleanFirst)
    {
        return Err(SeedError::NoWayBack(options.method));
    }
    let mut walker = Walker {
        ledger,
        options,
        stops,
        seeds: Table::default(),
        queue: Queue::new(),
        strays: Vec::new(),
        fees: BTreeMap::new(),
        found: Walk::default(),
    };
    walker.plant(seeds)?;
    walker.run();
    Ok(walker.found)
}

struct Walker<'a> {
    ledger: &'a Ledger,
    options: Options,
    stops: &'a dyn Stops,
    seeds: Table<OutNum, Label>,
    queue: Queue,
    /// Coins that the transaction they waited for does not spend.
    strays: Vec<Coin>,
    /// Dirty fees by the last transaction of their block, with the nearest seed's distance: behind it the coinbase is
    /// made, though it stands first.
    fees: BTreeMap<TxNum, Vec<(TxNum, Holding, u32)>>,
    found: Walk,
}

/// Events that are read from the ledger together, before the first of them is dealt with: the processor then waits for
/// many rows at once, which is most of what a walk does.
const AHEAD: usize = 16;

impl Walker<'_> {
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
            self.place(&output, holding, 0, true);
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
            self.end_coin(coin, Fate::Held);
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
    fn place(&mut self, output: &OutputView, holding: Holding, hop: u32, seed: bool) {
        let fate = match self.options.direction {
            Direction::Forward => self.fate_forward(output, &holding, hop, seed),
            Direction::Backward => self.fate_backward(output, &holding, hop, seed),
        };
        match fate {
            Ok(tx) => {
                let turn = self.turn_of(tx);
                self.queue.push(Coin { out: output.num, holding, hop, turn });
            }
            Err(fate) => self.end(Some(output.num), output.owner, holding, hop, fate),
        }
    }

    fn fate_forward(
        &self,
        output: &OutputView,
        holding: &Holding,
        hop: u32,
        seed: bool,
    ) -> Result<TxNum, Fate> {
        let Some(owner) = output.owner.filter(|_| !output.destroyed) else { return Err(Fate::Unowned) };
        if !seed {
            if self.seeds.contains_key(&output.num) {
                return Err(Fate::Cut(Cut::Seed));
            }
            if self.stops.is_service(owner) {
                return Err(Fate::Arrived);
            }
        }
        let until = self.options.limits.until;
        let in_time =
            |tx: &TxNum| self.ledger.block_of(*tx).is_some_and(|block| block.header.time() <= until);
        let spender = if until == u32::MAX { output.spent_by } else { output.spent_by.filter(in_time) };
        let Some(spender) = spender else { return Err(Fate::Held) };
        self.limit(holding, hop, seed).map_or(Ok(spender), |cut| Err(Fate::Cut(cut)))
    }

    fn fate_backward(
        &self,
        output: &OutputView,
        holding: &Holding,
        hop: u32,
        seed: bool,
    ) -> Result<TxNum, Fate> {
        if !seed {
            if self.seeds.contains_key(&output.num) {
                return Err(Fate::Cut(Cut::Seed));
            }
            if output.owner.is_some_and(|owner| self.stops.is_service(owner)) {
                return Err(Fate::Arrived);
            }
        }
        let Some((maker, _)) = self.ledger.tx_of_output(output.num) else { return Err(Fate::Cut(Cut::Work)) };
        self.limit(holding, hop, seed).map_or(Ok(maker), |cut| Err(Fate::Cut(cut)))
    }

    /// The limit that something dirty falls under, if any. Seeds are followed however small.
    fn limit(&self, holding: &Holding, hop: u32, seed: bool) -> Option<Cut> {
        let limits = &self.options.limits;
        if hop >= limits.hops {
            return Some(Cut::Hops);
        }
        if seed {
            return None;
        }
        let dirty = holding.dirty_all();
        let ppm = u128::from(limits.share_ppm);
        match () {
            () if dirty < limits.dust => Some(Cut::Dust),
            () if ppm > 0 && dirty.saturating_mul(1_000_000) < holding.value().saturating_mul(ppm) => {
                Some(Cut::Share)
            }
            () => None,
        }
    }

    fn end_coin(&mut self, coin: Coin, fate: Fate) {
        self.end(Some(coin.out), self.ledger.output_owner(coin.out), coin.holding, coin.hop, fate);
    }

    fn end(&mut self, out: Option<OutNum>, owner: Option<AddrNum>, holding: Holding, hop: u32, fate: Fate) {
        for (label, amount) in holding.by_label() {
            *self.found.totals.entry(label).or_default().part(fate) += amount;
        }
        self.found.ends.push(End { out, owner, spender: None, hop, fate, holding });
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
            Some(Fate::Cut(Cut::Work))
        } else if fan > self.options.limits.fan_out {
            Some(Fate::Cut(Cut::FanOut))
        } else {
            None
        };
        let mix = self.stops.mix(self.ledger, *tx);
        let stopped = mix.filter(|_| !self.options.through_mixes).map(|_| Fate::Mixed(tx.num));
        let unknown = rows.inputs.iter().any(|input| input.value.is_none());
        let fate = stopped.or(blocked).or(unknown.then_some(Fate::Unresolved(tx.num)));
        let fate = fate.or_else(|| {
            let minted = rows.inputs.iter().any(|input| input.coinbase);
            (self.options.direction == Direction::Backward && minted).then_some(Fate::Minted(tx.num))
        });
        if let Some(fate) = fate {
            coins.into_iter().for_each(|coin| self.end_coin(coin, fate));
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

    fn divide_forward(&mut self, rows: &TxRows<'_>, coins: &[Coin], method: Method, mix: Option<Mix>) {
        let tx = rows.tx.num;
        let mut hop = u32::MAX;
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
            hop = hop.min(coin.hop);
            if method.is_ordered() {
                pool.append(&coin.holding);
            } else {
                clean += pool.append_dirty(&coin.holding);
            }
            self.found.pieces.push(Piece::of(coin.out, value, &coin.holding));
        }
        pool.push(Lot { amount: clean, label: None });
        let first_output = self.found.pieces.len();
        let hop = hop.saturating_add(1);
        let values: SmallVec<[u128; 4]> = rows.outputs.iter().map(|output| output.value.into()).collect();
        let Ok(division) = divide_pool(method, &pool, &values) else {
            // Outputs above inputs: only a damaged or made-up chain has that, and nothing can be said about it.
            let out = self.found.pieces[first_piece].out;
            self.found.pieces.truncate(first_piece);
            let owner = self.ledger.output_owner(out);
            self.end(Some(out), owner, pool, hop - 1, Fate::Unresolved(tx));
            return;
        };
        let fee = division.rest.dirty_all();
        self.send_fee(tx, division.rest, hop);
        for (output, holding) in rows.outputs.iter().zip(division.outputs) {
            self.pass_on(output, holding, hop);
        }
        self.book_step(tx, hop, fee, mix, (first_piece, first_output));
    }

    /// An output of the transaction being divided.
    fn pass_on(&mut self, output: &OutputView, holding: Holding, hop: u32) {
        if !holding.is_clean() {
            self.found.pieces.push(Piece::of(output.num, output.value, &holding));
            self.place(output, holding, hop, false);
        }
    }

    fn book_step(&mut self, tx: TxNum, hop: u32, fee: u128, mix: Option<Mix>, pieces: (usize, usize)) {
        let pieces = (pieces.0, pieces.1, self.found.pieces.len());
        self.found.steps.push(Step { tx, hop, fee, mix, pieces });
    }

    /// Books a fee, or keeps it for the coinbase of its block.
    fn send_fee(&mut self, tx: TxNum, fee: Holding, hop: u32) {
        let onward = self.options.limits.through_fees && !fee.is_clean();
        let Some(block) = onward.then(|| self.ledger.block_of(tx)).flatten() else {
            self.book_fee(&fee);
            return;
        };
        let next = self.ledger.block(BlockNum(block.num.0 + 1));
        let last = next.map_or(self.ledger.info().txs, |next| next.first_tx.0) - 1;
        self.fees.entry(TxNum(last)).or_default().push((tx, fee, hop));
    }

    /// Pays the miner of the earliest block with dirty fees, if it ended before `tx`; says whether it did.
    fn pay_a_miner_before(&mut self, tx: Option<TxNum>) -> bool {
        match self.fees.first_entry() {
            Some(entry) if tx.is_none_or(|tx| *entry.key() < tx) => {
                let (last, dirty) = entry.remove_entry();
                self.pay_the_miner(last, dirty);
                true
            }
            _ => false,
        }
    }

    /// Divides the subsidy and the block's fees among the coinbase's outputs. O(rows of the block).
    fn pay_the_miner(&mut self, last: TxNum, dirty: Vec<(TxNum, Holding, u32)>) {
        let Some(block) = self.ledger.block_of(last) else { return };
        let hop = dirty.iter().map(|(_, _, hop)| *hop).min().unwrap_or(0).saturating_add(1);
        let mints = |tx: &TxView| self.ledger.inputs(tx).any(|input| input.prev == Prev::Coinbase);
        let coinbase = self.ledger.tx(block.first_tx).filter(mints);
        let fees = self.fees_of(block.first_tx, last, &dirty);
        let (Some(coinbase), Some(fees)) = (coinbase, fees) else {
            // Amounts of other transactions of the block are missing: what the miner got cannot be laid out.
            for (tx, fee, hop) in dirty {
                self.end(None, None, fee, hop, Fate::Unresolved(tx));
            }
            return;
        };
        let outputs: Vec<OutputView> = self.ledger.outputs_hinted(&coinbase).collect();
        let values: Vec<u128> = outputs.iter().map(|output| output.value.into()).collect();
        let paid: u128 = values.iter().sum();
        let mut pool = Holding::clean(paid.saturating_sub(fees.value()));
        pool.append(&fees);
        let Ok(division) = divide_pool(self.options.method, &pool, &values) else { return };
        // What the miner did not claim is lost, as a fee is.
        self.book_fee(&division.rest);
        let first = self.found.pieces.len();
        let fee = division.rest.dirty_all();
        for (output, holding) in outputs.iter().zip(division.outputs) {
            self.pass_on(output, holding, hop);
        }
        self.book_step(coinbase.num, hop, fee, None, (first, first));
    }

    /// The fees of a block's transactions in order, dirty ones as they are; `None` when some are not known.
    fn fees_of(&self, first: TxNum, last: TxNum, dirty: &[(TxNum, Holding, u32)]) -> Option<Holding> {
        let mut fees = Holding::default();
        for num in first.0 + 1..=last.0 {
            if let Some((_, fee, _)) = dirty.iter().find(|(tx, ..)| tx.0 == num) {
                fees.append(fee);
                continue;
            }
            let tx = self.ledger.tx(TxNum(num))?;
            let amounts =
                self.ledger.inputs(&tx).map(|input| self.ledger.input_value(&input).map(u128::from));
            let paid_in: u128 = amounts.sum::<Option<u128>>()?;
            let paid_out: u128 = self.ledger.outputs_hinted(&tx).map(|output| u128::from(output.value)).sum();
            fees.push(Lot { amount: paid_in.saturating_sub(paid_out), label: None });
        }
        Some(fees)
    }

    fn book_fee(&mut self, fee: &Holding) {
        for (label, amount) in fee.by_label() {
            self.found.totals.entry(label).or_default().fees += amount;
        }
    }

    fn divide_backward(&mut self, rows: &TxRows<'_>, coins: &[Coin], method: Method, mix: Option<Mix>) {
        let tx = rows.tx.num;
        let mut hop = u32::MAX;
        let mut dirty_outputs: SmallVec<[Piece; 4]> = SmallVec::new();
        let mut outputs = Vec::with_capacity(rows.outputs.len());
        for output in rows.outputs {
            outputs.push(match coin_of(coins, output.num) {
                Some(coin) => {
                    hop = hop.min(coin.hop);
                    dirty_outputs.push(Piece::of(output.num, output.value, &coin.holding));
                    coin.holding.clone()
                }
                None => Holding::clean(output.value.into()),
            });
        }
        let hop = hop.saturating_add(1);
        let values: Vec<u128> = rows.inputs.iter().map(|input| input.value.unwrap_or(0).into()).collect();
        let (held, paid): (u128, u128) = (values.iter().sum(), outputs.iter().map(Holding::value).sum());
        let division = held
            .checked_sub(paid)
            .and_then(|fee| divide_backward(method, &outputs, &Holding::clean(fee), &values));
        let Some(Ok(sources)) = division else {
            for (output, holding) in
                rows.outputs.iter().zip(outputs).filter(|(_, holding)| !holding.is_clean())
            {
                self.end(Some(output.num), output.owner, holding, hop - 1, Fate::Unresolved(tx));
            }
            return;
        };
        let first_piece = self.found.pieces.len();
        for (&SpentOutput { out, missing_owner, .. }, holding) in rows.inputs.iter().zip(sources) {
            if holding.is_clean() {
                continue;
            }
            if let Some(output) = out.and_then(|out| self.ledger.output(out)) {
                self.pass_on(&output, holding, hop);
            } else {
                let service = missing_owner.is_some_and(|owner| self.stops.is_service(owner));
                let fate = if service { Fate::Arrived } else { Fate::Unresolved(tx) };
                self.end(None, missing_owner, holding, hop, fate);
                if let Some(end) = self.found.ends.last_mut() {
                    end.spender = Some(tx);
                }
            }
        }
        let first_output = self.found.pieces.len();
        self.found.pieces.extend(dirty_outputs);
        self.book_step(tx, hop, 0, mix, (first_piece, first_output));
    }
}

/// The coin of an output among those of a transaction, which are in order.
fn coin_of(coins: &[Coin], out: OutNum) -> Option<&Coin> {
    coins.binary_search_by_key(&out, |coin| coin.out).ok().map(|at| &coins[at])
}
