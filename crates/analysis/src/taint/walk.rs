//! Taint through a whole ledger, one transaction at a time in time order, touching only what is dirty.
//!
//! The walk keeps a queue of transactions that spend something dirty, earliest first (latest first when it goes back to
//! the sources), and divides each by the chosen rule. A transaction's number is its place in time, so no sorting is
//! needed and a cycle of addresses is no cycle of transactions. Whatever is not followed further is booked: at every
//! moment `held + arrived + mixed + fees + unowned + unresolved + cut = seeded`, to the unit, for every label and every
//! method but poison, whose amounts grow by their nature.

use std::{
    collections::{BTreeMap, BinaryHeap},
    fmt,
};

use tracehound_ledger::{AddrNum, BlockNum, Ledger, OutNum, OutputView, Prev, TxNum, TxView};

use super::{Holding, Label, Lot, Method, divide::divide_pool, divide_backward};
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
    /// Ignore spends in blocks after this time, seconds since 1970-01-01 UTC.
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
    fn mix(&self, ledger: &Ledger, tx: &TxView) -> Option<Mix>;
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
    /// Paid to an output without an owner (`OP_RETURN`).
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
    /// What it holds.
    pub holding: Holding,
    /// Transactions between it and the nearest seed.
    pub hop: u32,
    /// Why it ends here.
    pub fate: Fate,
}

/// A dirty output on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The output.
    pub out: OutNum,
    /// Base units in it.
    pub value: u128,
    /// Base units of them that are dirty, under whatever label.
    pub dirty: u128,
}

impl Piece {
    fn of(out: OutNum, holding: &Holding) -> Self {
        Self { out, value: holding.value(), dirty: holding.dirty_all() }
    }
}

/// A transaction that was divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The transaction.
    pub tx: TxNum,
    /// Transactions between it and the nearest seed, itself included.
    pub hop: u32,
    /// Dirty outputs that it spends.
    pub inputs: Vec<Piece>,
    /// Dirty outputs that it makes.
    pub outputs: Vec<Piece>,
    /// Dirty base units of the fee.
    pub fee: u128,
    /// What kind of mix it is, where the walk went through one.
    pub mix: Option<Mix>,
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
    /// [`Fate::Cut`]: the residual.
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
            Fate::Cut(_) => &mut self.cut,
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
}

impl Walk {
    /// Whether something was not followed because of a limit or of amounts that are missing.
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

/// Follows the seeds. O(rows of the transactions divided × log of those waiting).
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
        live: Table::default(),
        seeds: Table::default(),
        queue: BinaryHeap::new(),
        fees: BTreeMap::new(),
        found: Walk::default(),
    };
    walker.plant(seeds)?;
    walker.run();
    Ok(walker.found)
}

/// Something dirty on its way.
struct Live {
    holding: Holding,
    hop: u32,
}

struct Walker<'a> {
    ledger: &'a Ledger,
    options: Options,
    stops: &'a dyn Stops,
    /// Dirty outputs that wait for the transaction that spends them (backward: made them).
    live: Table<OutNum, Live>,
    seeds: Table<OutNum, Label>,
    /// The events waited for; the next one has the highest key.
    queue: BinaryHeap<u64>,
    /// Dirty fees of blocks whose coinbase is still to be made, with the nearest seed's distance.
    fees: BTreeMap<BlockNum, Vec<(TxNum, Holding, u32)>>,
    found: Walk,
}

/// A transaction's amounts and owners, read once.
#[derive(Default)]
struct Rows {
    /// Outputs spent, with amount; for those that are not in the ledger `None`, with the owner where it is known.
    inputs: Vec<(Option<OutNum>, Option<u64>, Option<AddrNum>)>,
    outputs: Vec<OutputView>,
    coinbase: bool,
}

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
                Method::Poison => Holding::poisoned(output.value.into(), vec![seed.label]),
                _ => Holding::labelled(output.value.into(), seed.label),
            };
            self.place(&output, holding, 0, true);
        }
        Ok(())
    }

    fn run(&mut self) {
        let mut rows = Rows::default();
        while let Some(key) = self.queue.pop() {
            while self.queue.peek() == Some(&key) {
                self.queue.pop();
            }
            let (tx, end_of_block) = self.event_of_key(key);
            if end_of_block {
                self.pay_the_miner(tx);
            } else if let Some(view) = self.ledger.tx(tx) {
                self.divide(&view, &mut rows);
            }
        }
        // Spenders are hints until their inputs are read: what none of them took is unspent.
        let mut left: Vec<(OutNum, Live)> = self.live.drain().collect();
        left.sort_unstable_by_key(|(out, _)| *out);
        for (out, live) in left {
            self.end(Some(out), live.holding, live.hop, Fate::Held);
        }
    }

    /// Forward the earliest transaction comes first, backward the latest. A block's end is an event right after its last
    /// transaction: there its coinbase is made, though it stands first.
    fn key(&self, tx: TxNum, end_of_block: bool) -> u64 {
        let place = u64::from(tx.0) * 2 + u64::from(end_of_block);
        if self.options.direction == Direction::Forward { u64::MAX - place } else { place }
    }

    fn event_of_key(&self, key: u64) -> (TxNum, bool) {
        let place = if self.options.direction == Direction::Forward { u64::MAX - key } else { key };
        (TxNum(u32::try_from(place / 2).expect("made from 32 bits")), place % 2 == 1)
    }

    /// Decides whether something dirty in an output goes on from there, and books it if not.
    fn place(&mut self, output: &OutputView, holding: Holding, hop: u32, seed: bool) {
        let fate = match self.options.direction {
            Direction::Forward => self.fate_forward(output, &holding, hop, seed),
            Direction::Backward => self.fate_backward(output, &holding, hop, seed),
        };
        match fate {
            Ok(tx) => {
                self.queue.push(self.key(tx, false));
                self.live.insert(output.num, Live { holding, hop });
            }
            Err(fate) => self.end(Some(output.num), holding, hop, fate),
        }
    }

    fn fate_forward(
        &self,
        output: &OutputView,
        holding: &Holding,
        hop: u32,
        seed: bool,
    ) -> Result<TxNum, Fate> {
        let Some(owner) = output.owner else { return Err(Fate::Unowned) };
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

    fn end(&mut self, out: Option<OutNum>, holding: Holding, hop: u32, fate: Fate) {
        for (label, amount) in holding.by_label() {
            *self.found.totals.entry(label).or_default().part(fate) += amount;
        }
        let owner = out.and_then(|out| self.ledger.output_owner(out));
        self.found.ends.push(End { out, owner, spender: None, holding, hop, fate });
    }

    fn read(&self, tx: &TxView, rows: &mut Rows) {
        rows.inputs.clear();
        rows.outputs.clear();
        rows.coinbase = false;
        for input in self.ledger.inputs(tx) {
            rows.inputs.push(match input.prev {
                Prev::Output(out) => (Some(out), self.ledger.output_value(out), None),
                Prev::Missing { value, owner, .. } => (None, value, owner),
                Prev::Coinbase => {
                    rows.coinbase = true;
                    (None, Some(0), None)
                }
            });
        }
        rows.outputs.extend(self.ledger.outputs_hinted(tx));
    }

    fn divide(&mut self, tx: &TxView, rows: &mut Rows) {
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
        self.read(tx, rows);
        let mix = self.stops.mix(self.ledger, tx);
        let stopped = mix.filter(|_| !self.options.through_mixes).map(|_| Fate::Mixed(tx.num));
        let unknown = rows.inputs.iter().any(|(_, value, _)| value.is_none());
        let fate = stopped.or(blocked).or(unknown.then_some(Fate::Unresolved(tx.num)));
        let fate = fate.or_else(|| {
            (self.options.direction == Direction::Backward && rows.coinbase).then_some(Fate::Minted(tx.num))
        });
        if let Some(fate) = fate {
            let sources: Vec<OutNum> = match self.options.direction {
                Direction::Forward => rows.inputs.iter().filter_map(|(out, ..)| *out).collect(),
                Direction::Backward => rows.outputs.iter().map(|output| output.num).collect(),
            };
            for out in sources {
                if let Some(live) = self.live.remove(&out) {
                    self.end(Some(out), live.holding, live.hop, fate);
                }
            }
            return;
        }
        let method = if mix.is_some() && self.options.method.conserves() {
            Method::Haircut
        } else {
            self.options.method
        };
        match self.options.direction {
            Direction::Forward => self.divide_forward(tx, rows, method, mix),
            Direction::Backward => self.divide_backward(tx, rows, method, mix),
        }
    }

    fn divide_forward(&mut self, tx: &TxView, rows: &Rows, method: Method, mix: Option<Mix>) {
        let mut hop = u32::MAX;
        let mut dirty_inputs = Vec::new();
        let mut pool = Holding::default();
        for &(out, value, _) in &rows.inputs {
            match out.and_then(|out| Some((out, self.live.remove(&out)?))) {
                Some((out, live)) => {
                    hop = hop.min(live.hop);
                    pool.append(&live.holding);
                    dirty_inputs.push(Piece::of(out, &live.holding));
                }
                None => pool.push(Lot { amount: value.unwrap_or(0).into(), label: None }),
            }
        }
        // The transaction that an output's cell named does not spend it after all.
        if dirty_inputs.is_empty() {
            return;
        }
        let hop = hop.saturating_add(1);
        let values: SmallVec<[u128; 4]> = rows.outputs.iter().map(|output| output.value.into()).collect();
        let Ok(division) = divide_pool(method, &pool, &values) else {
            // Outputs above inputs: only a damaged or made-up chain has that, and nothing can be said about it.
            self.end(dirty_inputs.first().map(|piece| piece.out), pool, hop - 1, Fate::Unresolved(tx.num));
            return;
        };
        let fee = division.rest.dirty_all();
        self.send_fee(tx.num, division.rest, hop);
        let mut dirty_outputs = Vec::new();
        for (output, holding) in rows.outputs.iter().zip(division.outputs) {
            if !holding.is_clean() {
                dirty_outputs.push(Piece::of(output.num, &holding));
                self.place(output, holding, hop, false);
            }
        }
        self.found.steps.push(Step {
            tx: tx.num,
            hop,
            inputs: dirty_inputs,
            outputs: dirty_outputs,
            fee,
            mix,
        });
    }

    /// Books a fee, or keeps it for the coinbase of its block.
    fn send_fee(&mut self, tx: TxNum, fee: Holding, hop: u32) {
        let block = self.ledger.block_of(tx).filter(|_| self.options.limits.through_fees && !fee.is_clean());
        let Some(block) = block else {
            self.book_fee(&fee);
            return;
        };
        let next = self.ledger.block(BlockNum(block.num.0 + 1));
        let last = next.map_or(self.ledger.info().txs, |next| next.first_tx.0) - 1;
        self.queue.push(self.key(TxNum(last), true));
        self.fees.entry(block.num).or_default().push((tx, fee, hop));
    }

    /// Divides the subsidy and the block's fees among the coinbase's outputs. O(rows of the block).
    fn pay_the_miner(&mut self, last: TxNum) {
        let Some(block) = self.ledger.block_of(last) else { return };
        let Some(dirty) = self.fees.remove(&block.num) else { return };
        let hop = dirty.iter().map(|(_, _, hop)| *hop).min().unwrap_or(0).saturating_add(1);
        let mints = |tx: &TxView| self.ledger.inputs(tx).any(|input| input.prev == Prev::Coinbase);
        let coinbase = self.ledger.tx(block.first_tx).filter(mints);
        let fees = self.fees_of(block.first_tx, last, &dirty);
        let (Some(coinbase), Some(fees)) = (coinbase, fees) else {
            // Amounts of other transactions of the block are missing: what the miner got cannot be laid out.
            for (tx, fee, hop) in dirty {
                self.end(None, fee, hop, Fate::Unresolved(tx));
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
        let mut pieces = Vec::new();
        for (output, holding) in outputs.iter().zip(division.outputs) {
            if !holding.is_clean() {
                pieces.push(Piece::of(output.num, &holding));
                self.place(output, holding, hop, false);
            }
        }
        let fee = division.rest.dirty_all();
        let step = Step { tx: coinbase.num, hop, inputs: Vec::new(), outputs: pieces, fee, mix: None };
        self.found.steps.push(step);
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

    fn divide_backward(&mut self, tx: &TxView, rows: &Rows, method: Method, mix: Option<Mix>) {
        let mut hop = u32::MAX;
        let mut dirty_outputs = Vec::new();
        let mut outputs = Vec::with_capacity(rows.outputs.len());
        for output in &rows.outputs {
            outputs.push(match self.live.remove(&output.num) {
                Some(live) => {
                    hop = hop.min(live.hop);
                    dirty_outputs.push(Piece::of(output.num, &live.holding));
                    live.holding
                }
                None => Holding::clean(output.value.into()),
            });
        }
        let hop = hop.saturating_add(1);
        let values: Vec<u128> = rows.inputs.iter().map(|(_, value, _)| value.unwrap_or(0).into()).collect();
        let (held, paid): (u128, u128) = (values.iter().sum(), outputs.iter().map(Holding::value).sum());
        let division = held
            .checked_sub(paid)
            .and_then(|fee| divide_backward(method, &outputs, &Holding::clean(fee), &values));
        let Some(Ok(sources)) = division else {
            for (piece, holding) in
                rows.outputs.iter().zip(outputs).filter(|(_, holding)| !holding.is_clean())
            {
                self.end(Some(piece.num), holding, hop - 1, Fate::Unresolved(tx.num));
            }
            return;
        };
        let mut dirty_inputs = Vec::new();
        for (&(out, _, owner), holding) in rows.inputs.iter().zip(sources) {
            if holding.is_clean() {
                continue;
            }
            if let Some(output) = out.and_then(|out| self.ledger.output(out)) {
                dirty_inputs.push(Piece::of(output.num, &holding));
                self.place(&output, holding, hop, false);
            } else {
                let service = owner.is_some_and(|owner| self.stops.is_service(owner));
                let fate = if service { Fate::Arrived } else { Fate::Unresolved(tx.num) };
                self.end(None, holding, hop, fate);
                if let Some(end) = self.found.ends.last_mut() {
                    (end.owner, end.spender) = (owner, Some(tx.num));
                }
            }
        }
        self.found.steps.push(Step {
            tx: tx.num,
            hop,
            inputs: dirty_inputs,
            outputs: dirty_outputs,
            fee: 0,
            mix,
        });
    }
}
