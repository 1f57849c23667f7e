//! A trace for people: what a propagation found, with names, times and addresses, ready to be printed, drawn or kept.
//!
//! [`trace`] propagates and names; [`text`], [`dot()`] and [`csv()`] show. All of them are pure: the same trace gives
//! the same bytes.

mod compare;
mod dot;
mod suspects;
mod table;
pub mod text;

use std::collections::{BTreeMap, HashMap};

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_ledger::{AddrNum, BlockNum, OutNum, TxNum, TxSpan, UtxoRows};
use tracehound_model::{
    Address, Amount, Asset, BitcoinNetwork, Category, Chain, Gap, GapKind, Labelled, Locus, OutPoint, TxId,
    text::label,
};

use crate::{
    extent::{Asked, Extent, Needed},
    taint::{
        Beyond, Direction, Label, Method, Mix, Options, Propagation, Seed, SeedError, StopReason, Stops,
        Truncation, propagate,
    },
    words::{is_little, permille},
};

pub use compare::{Comparison, compare};
pub use dot::dot;
pub use suspects::Suspected;
pub(crate) use suspects::suspects;
pub use table::csv;

/// Who is known to own an address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize)]
pub struct Entity {
    /// What it is called.
    pub label: String,
    /// What it is.
    pub category: Category,
    /// The first day on which a source named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listed_from: Option<jiff::civil::Date>,
    /// The statement that names it, where that is one of a pack of labels; none where a list does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labelled: Option<Box<Labelled>>,
}

impl Entity {
    /// Whether it is no more than a hint, which is shown and ends no path.
    pub fn is_hint(&self) -> bool {
        self.labelled.as_ref().is_some_and(|labelled| labelled.is_hint())
    }

    /// Whether what goes in there comes out mixed with others', so that a path ends.
    pub fn is_service(&self) -> bool {
        self.category.is_service() && !self.is_hint()
    }

    /// Its name for people: a disputed one says so.
    pub fn name(&self) -> String {
        let disputed = self.labelled.as_ref().is_some_and(|labelled| labelled.is_disputed());
        format!("{}{}", label(&self.label), if disputed { " (disputed)" } else { "" })
    }

    /// What it is and, where a label says so, by which statement.
    pub fn kind(&self) -> String {
        match &self.labelled {
            Some(labelled) => format!("{}; {labelled}", self.category),
            None => self.category.to_string(),
        }
    }
}

/// What is known about owners and transactions; the caller asks its lists.
pub trait Known<R>: Sync {
    /// The owner's name, if it has one.
    fn entity(&self, owner: AddrNum) -> Option<Entity>;
    /// What kind of mixing transaction this is, if it is one.
    fn mix(&self, ledger: &R, tx: TxSpan) -> Option<Mix>;
    /// What kind of mixing transaction this may be, where that is no more than suspected: it ends no path, and answers say so.
    fn suspect(&self, _ledger: &R, _tx: TxSpan) -> Option<Mix> {
        None
    }
    /// What is known of an output that no transaction of the rows spends.
    fn beyond(&self, _ledger: &R, _out: OutNum) -> Beyond {
        Beyond::Unspent
    }
    /// Whether the rows are of what was fetched, so that an output that they lack was not.
    fn is_case(&self) -> bool {
        false
    }
}

/// Ends paths at services.
struct AtServices<'a, R>(&'a dyn Known<R>);

impl<R: UtxoRows> Stops<R> for AtServices<'_, R> {
    fn is_service(&self, owner: AddrNum) -> bool {
        self.0.entity(owner).is_some_and(|entity| entity.is_service())
    }

    fn mix(&self, ledger: &R, tx: TxSpan) -> Option<Mix> {
        self.0.mix(ledger, tx)
    }

    fn beyond(&self, ledger: &R, out: OutNum) -> Beyond {
        self.0.beyond(ledger, out)
    }

    fn is_case(&self) -> bool {
        self.0.is_case()
    }
}

/// What arrived at services, in words.
const AT_SERVICES: &str = "at services";

/// What became of the outputs of a coinbase that another overwrote, in words.
pub const DESTROYED: &str = "destroyed: overwritten by a later coinbase of the same id, BIP-30";

/// An output (or, on an account chain, a balance) on the way, or one that is known of without being in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Node {
    /// Where that is; `None` for an output whose transaction is not in the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locus: Option<Locus>,
    /// Its address, where its script has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Who is known to own it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<Entity>,
    /// Base units in it.
    pub amount: Amount,
    /// Base units of them that are followed.
    pub dirty: Amount,
    /// Transactions between it and the nearest seed.
    pub hop: u32,
    /// Time of the block that made it, seconds since 1970-01-01 UTC.
    pub time: u32,
    /// The edge it goes on in, by position in [`Trace::edges`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<usize>,
    /// Why the path ends here, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
}

/// Why a path ends.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Stop {
    /// One word: `unspent`, `reached_service`, `mixed`, `unspendable`, `destroyed`, `coinbase`, `unknown_inputs`, `not_fetched`,
    /// `truncated`.
    pub reason: &'static str,
    /// The limit, when one cut it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<&'static str>,
    /// The mixing, overwriting or coinbase transaction, or the one whose inputs are not all known, or that spends what is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub txid: Option<TxId>,
}

/// A transaction on the way, in the direction of the propagation.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Edge {
    /// Its id.
    pub txid: TxId,
    /// Height of its block, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Time of its block, seconds since 1970-01-01 UTC.
    pub time: u32,
    /// Transactions between it and the nearest seed, itself included.
    pub hop: u32,
    /// The kind of mixing transaction it is, if the propagation went through one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mix: Option<&'static str>,
    /// The kind of mixing transaction that it may be, where that is no more than suspected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspected: Option<&'static str>,
    /// Where the value comes from, by position in [`Trace::nodes`].
    pub from: Vec<usize>,
    /// Where it goes.
    pub to: Vec<usize>,
    /// Base units followed that went to the miner.
    pub fee: Amount,
}

/// Base units, by where they are at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Sums {
    /// What was followed.
    pub seeded: Amount,
    /// Unspent.
    pub unspent: Amount,
    /// At services; backward: from services.
    pub reached_service: Amount,
    /// In mixing transactions.
    pub mixed: Amount,
    /// Paid as fees.
    pub fees: Amount,
    /// Paid to outputs without an owner.
    pub unspendable: Amount,
    /// Coinbases that a later one of the same id overwrote before anybody spent them (BIP-30).
    pub destroyed: Amount,
    /// Backward: new coins.
    pub coinbase: Amount,
    /// Ended at a transaction whose amounts are not all known.
    pub unknown_inputs: Amount,
    /// Ended at outputs of which it was not fetched who spent them (backward: what made them); nothing where a ledger answers.
    pub not_fetched: Amount,
    /// Not followed because it is below a limit on dust or on shares.
    pub dust: Amount,
    /// Came to another seed, and is counted with it.
    pub rejoined: Amount,
    /// Not followed because of a limit on hops, outputs or work.
    pub truncated: Amount,
}

impl Sums {
    /// The parts of what was followed, in words.
    pub fn parts(&self) -> [(&'static str, Amount); 12] {
        [
            ("unspent", self.unspent),
            (AT_SERVICES, self.reached_service),
            ("into mixes", self.mixed),
            ("from coinbases", self.coinbase),
            ("fees", self.fees),
            ("unspendable (OP_RETURN)", self.unspendable),
            (DESTROYED, self.destroyed),
            ("unknown inputs", self.unknown_inputs),
            ("not fetched further", self.not_fetched),
            ("below the limit on dust", self.dust),
            ("into other seeds, counted there", self.rejoined),
            ("truncated by limits", self.truncated),
        ]
    }
}

/// A trace.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Trace {
    /// CAIP-2 id of the chain.
    pub chain: String,
    /// What all its amounts count.
    pub asset: Asset,
    /// `forward` or `backward`.
    pub direction: &'static str,
    /// The rule of taint.
    pub method: &'static str,
    /// Whether it went on behind mixes, by shares: none of its paths ends at one then.
    pub through_mixes: bool,
    /// Outputs, in the order in which the propagation came to them; the seeds first.
    pub nodes: Vec<Node>,
    /// Transactions, in the order of the propagation.
    pub edges: Vec<Edge>,
    /// How many of `nodes` are seeds.
    pub seeds: usize,
    /// Where the value is.
    pub sums: Sums,
    /// What went through transactions that may be mixes, if any did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspected: Option<Suspected>,
    /// How far the ledger reaches.
    pub ledger: Extent,
    /// What was not followed or not seen.
    pub gaps: Vec<Gap>,
    /// Whether no limit cut it but those on dust and shares, and these less than 5 % of it; no amount is missing, and no block that
    /// it needed.
    pub complete: bool,
    /// The ledger's snapshot.
    pub snapshot: String,
}

impl Trace {
    /// In a sentence: what the question's own limits on dust and shares left out; nothing where they left nothing out.
    pub fn left_out(&self) -> Option<String> {
        let Sums { dust, seeded, .. } = self.sums;
        let left_out = || {
            format!(
                "NOT FOLLOWED because of the question's own limit on dust: {}, {} of what was asked about.",
                self.asset.money(dust),
                permille(dust, seeded)
            )
        };
        (!dust.is_zero()).then(left_out)
    }

    /// An amount as a share of what was followed, for people; nothing by a rule that counts units more than once.
    pub fn share(&self, amount: Amount) -> Option<String> {
        (self.method != Method::Poison.name()).then(|| permille(amount, self.sums.seeded))
    }

    /// In a sentence: that it went on behind mixes, and behind how many; nothing where it ended at them.
    pub fn followed_through(&self) -> Option<String> {
        if !self.through_mixes {
            return None;
        }
        let mixes = self.edges.iter().filter(|edge| edge.mix.is_some()).count();
        Some(match mixes {
            0 => "It would have gone on behind mixes (CoinJoins); none was on its way.".to_owned(),
            _ => format!(
                "It WENT ON BEHIND {mixes} {} by shares: the chain does not say whose is whose there, and what lies behind is a share of \
                 everybody's money in it, not a path.",
                if mixes == 1 { "MIX (a CoinJoin)" } else { "MIXES (CoinJoins)" }
            ),
        })
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The outputs that are followed.
    pub seeds: &'a [OutNum],
    /// Whether they stand for all that somebody received, so that a missing block may hide some.
    pub all_received: bool,
    /// How they are followed.
    pub options: Options,
    /// About which moment; the ledger is cut there ([`Ledger::as_of`](tracehound_ledger::Ledger::as_of)).
    pub asked: Asked,
}

/// Follows outputs under one label and names what it meets.
pub fn trace<R: UtxoRows>(
    ledger: &R,
    network: BitcoinNetwork,
    question: &Question<'_>,
    known: &dyn Known<R>,
) -> Result<Trace, SeedError> {
    let &Question { seeds, options, .. } = question;
    let label = Label(0);
    let planted: Vec<Seed> = seeds.iter().map(|&out| Seed { out, label }).collect();
    let found = propagate(ledger, &planted, options, &AtServices(known))?;
    let mut namer = Namer { ledger, network, known, nodes: Vec::new(), by_out: HashMap::new() };
    for &out in seeds {
        let value = ledger.output(out).map_or(0, |output| output.value);
        namer.node(Some(out), value.into(), value.into(), 0);
    }
    let (marks, suspected) = suspects(ledger, &found, options.direction, known);
    let amount = |of: Suspected| of.amount.filter(|_| options.method.conserves());
    let suspected = suspected.map(|of| Suspected { amount: amount(of), ..of });
    let edges = namer.edges(&found, options.direction, &marks);
    let at_mixers = namer.ends(&found);
    let chain = Chain::Bitcoin(network);
    let extent = Extent::of(ledger, question.asked, needed(ledger, question, &found));
    let sums = sums(&found, label, at_mixers);
    let mut gaps = extent.gaps.clone();
    gaps.extend(what_is_left(&found, options, Asset::bitcoin(network), sums.seeded));
    if let Some(suspected) = suspected {
        let sentence = suspected.sentence(Asset::bitcoin(network), sums.seeded);
        let sentence = format!("of what was followed: {sentence}");
        gaps.push(Gap::new(GapKind::Mixed, sentence));
    }
    let complete = sums.truncated.is_zero()
        && sums.unknown_inputs.is_zero()
        && sums.not_fetched.is_zero()
        && is_little(sums.dust, sums.seeded)
        && extent.is_complete();
    Ok(Trace {
        chain: chain.to_string(),
        asset: Asset::bitcoin(network),
        direction: if options.direction == Direction::Forward { "forward" } else { "backward" },
        method: options.method.name(),
        through_mixes: options.through_mixes,
        nodes: namer.nodes,
        edges,
        seeds: seeds.len(),
        sums,
        suspected,
        ledger: extent,
        gaps,
        complete,
        snapshot: ledger.snapshot_id(),
    })
}

struct Namer<'a, R> {
    ledger: &'a R,
    network: BitcoinNetwork,
    known: &'a dyn Known<R>,
    nodes: Vec<Node>,
    by_out: HashMap<OutNum, usize>,
}

impl<R: UtxoRows> Namer<'_, R> {
    /// The position of an output, described when it is new.
    fn node(&mut self, out: Option<OutNum>, value: u128, dirty: u128, hop: u32) -> usize {
        if let Some(&at) = out.and_then(|out| self.by_out.get(&out)) {
            return at;
        }
        let at = self.nodes.len();
        let output = out.and_then(|out| self.ledger.output(out));
        let owner = output.and_then(|output| output.owner);
        let maker = out.and_then(|out| self.ledger.tx_of_output(out));
        let outpoint = |(tx, vout)| Some(OutPoint { txid: self.ledger.tx(tx)?.txid, vout });
        let locus = maker.and_then(outpoint).map(|outpoint| Locus::output(self.network, outpoint));
        self.nodes.push(Node {
            locus,
            address: owner.and_then(|owner| self.address(owner)),
            entity: owner.and_then(|owner| self.known.entity(owner)),
            amount: value.into(),
            dirty: dirty.into(),
            hop,
            time: maker.map_or(0, |(tx, _)| self.time(tx)),
            next: None,
            stop: None,
        });
        if let Some(out) = out {
            self.by_out.insert(out, at);
        }
        at
    }

    fn address(&self, owner: AddrNum) -> Option<String> {
        let script = self.ledger.script_key(owner)?;
        Address::from_script(self.network, &script).map(|address| address.to_string())
    }

    fn time(&self, tx: TxNum) -> u32 {
        self.ledger.block_of(tx).map_or(0, |block| block.header.time())
    }

    fn edges(
        &mut self,
        found: &Propagation,
        direction: Direction,
        suspects: &BTreeMap<TxNum, Mix>,
    ) -> Vec<Edge> {
        let mut edges = Vec::with_capacity(found.steps.len());
        for step in &found.steps {
            let Some(tx) = self.ledger.tx(step.tx) else { continue };
            let (from, to) = match direction {
                Direction::Forward => (found.inputs(step), found.outputs(step)),
                Direction::Backward => (found.outputs(step), found.inputs(step)),
            };
            let from: Vec<usize> = from
                .iter()
                .map(|piece| self.node(Some(piece.out), piece.value.into(), piece.dirty.into(), step.hop - 1))
                .collect();
            let to = to
                .iter()
                .map(|piece| self.node(Some(piece.out), piece.value.into(), piece.dirty.into(), step.hop))
                .collect();
            for &at in &from {
                self.nodes[at].next = Some(edges.len());
            }
            edges.push(Edge {
                txid: tx.txid,
                height: self.ledger.block_of(step.tx).and_then(|block| block.height),
                time: self.time(step.tx),
                hop: step.hop,
                mix: step.mix.map(|mix| mix.protocol),
                suspected: suspects.get(&step.tx).map(|mix| mix.protocol),
                from,
                to,
                fee: step.fee.into(),
            });
        }
        edges
    }

    /// Marks where value ended; says how much of it at services that mix.
    fn ends(&mut self, found: &Propagation) -> u128 {
        let mut at_mixers = 0_u128;
        for end in &found.ends {
            // The edge that came to another seed shows it already, and the seed's own path goes on.
            if end.reason == StopReason::Truncated(Truncation::Seed) {
                continue;
            }
            let at = self.node(end.out, end.holding.value(), end.holding.dirty_all(), end.hop);
            if let Some(owner) = end.owner.filter(|_| end.out.is_none()) {
                self.nodes[at].address = self.address(owner);
                self.nodes[at].entity = self.known.entity(owner);
            }
            let mut stop = self.stop(end.reason);
            // What is known of an output without a row is who spends it.
            if let (None, None, Some(spender)) = (end.out, stop.txid, end.spender) {
                stop.txid = self.ledger.tx(spender).map(|tx| tx.txid);
            }
            let mixes = |entity: &Entity| entity.category == Category::MixingService;
            // Whoever mixes, a service or a transaction: behind it nobody knows whose it is.
            if end.reason == StopReason::ReachedService && self.nodes[at].entity.as_ref().is_some_and(mixes) {
                stop.reason = "mixed";
                at_mixers = at_mixers.saturating_add(end.holding.dirty_all());
            }
            self.nodes[at].stop = Some(stop);
        }
        at_mixers
    }

    fn stop(&self, reason: StopReason) -> Stop {
        let txid = |tx: TxNum| self.ledger.tx(tx).map(|tx| tx.txid);
        let (reason, limit, txid) = match reason {
            StopReason::Unspent => ("unspent", None, None),
            StopReason::ReachedService => ("reached_service", None, None),
            StopReason::Mixed(tx) => ("mixed", None, txid(tx)),
            StopReason::Unspendable => ("unspendable", None, None),
            StopReason::Destroyed(tx) => ("destroyed", None, txid(tx)),
            StopReason::Coinbase(tx) => ("coinbase", None, txid(tx)),
            StopReason::UnknownInputs(tx) => ("unknown_inputs", None, txid(tx)),
            StopReason::NotFetched => ("not_fetched", None, None),
            StopReason::Truncated(cut) => ("truncated", Some(limit_name(cut)), None),
        };
        Stop { reason, limit, txid }
    }
}

const fn limit_name(cut: Truncation) -> &'static str {
    match cut {
        Truncation::Hops => "hops",
        Truncation::Dust => "dust",
        Truncation::Share => "share",
        Truncation::FanOut => "fan-out",
        Truncation::Work => "work",
        Truncation::Seed => "seed",
    }
}

fn sums(found: &Propagation, label: Label, at_mixers: u128) -> Sums {
    let totals = found.totals.get(&label).copied().unwrap_or_default();
    Sums {
        seeded: totals.seeded.into(),
        unspent: totals.unspent.into(),
        reached_service: totals.reached_service.saturating_sub(at_mixers).into(),
        mixed: totals.mixed.saturating_add(at_mixers).into(),
        fees: totals.fees.into(),
        unspendable: totals.unspendable.into(),
        destroyed: totals.destroyed.into(),
        coinbase: totals.coinbase.into(),
        unknown_inputs: totals.unknown_inputs.into(),
        not_fetched: totals.not_fetched.into(),
        dust: totals.dust.into(),
        rejoined: totals.rejoined.into(),
        truncated: totals.truncated.into(),
    }
}

/// The blocks that the answer needs: those that may hold a spend (backward: the way to a source) of what was followed.
fn needed(ledger: &impl UtxoRows, question: &Question<'_>, found: &Propagation) -> Needed {
    if question.all_received {
        return Needed::All;
    }
    let block = |tx: TxNum| ledger.block_of(tx).map(|block| block.num);
    let seeds = || question.seeds.iter().filter_map(|&out| block(ledger.tx_of_output(out)?.0));
    let steps = found.steps.iter().filter_map(|step| block(step.tx));
    match question.options.direction {
        Direction::Forward => Needed::From(seeds().min().unwrap_or(BlockNum(0))),
        Direction::Backward => {
            let from = steps.chain(seeds()).min().unwrap_or(BlockNum(0));
            Needed::Between(from, seeds().max().unwrap_or(from))
        }
    }
}

/// What the propagation did not follow.
fn what_is_left(found: &Propagation, options: Options, asset: Asset, seeded: Amount) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let unresolved =
        found.ends.iter().filter(|end| matches!(end.reason, StopReason::UnknownInputs(_))).count();
    if unresolved > 0 {
        let sentence = format!(
            "{unresolved} paths end at transactions that spend outputs of blocks that are not in the ledger"
        );
        gaps.push(Gap::new(GapKind::UnknownInputs, sentence));
    }
    let not_fetched = found.ends.iter().filter(|end| end.reason == StopReason::NotFetched);
    let (count, amount) =
        not_fetched.fold((0_usize, 0_u128), |(count, sum), end| (count + 1, sum + end.holding.dirty_all()));
    if count > 0 {
        let amount = Amount::from(amount);
        let sentence = format!(
            "{count} paths end at outputs of which it was not fetched {} ({}, {})",
            match options.direction {
                Direction::Forward => "who spent them",
                Direction::Backward => "where they came from",
            },
            asset.money(amount),
            permille(amount, seeded)
        );
        gaps.push(Gap::new(GapKind::NotFetched, sentence));
    }
    let seeds = found.ends.iter().filter(|end| end.reason == StopReason::Truncated(Truncation::Seed)).count();
    if seeds > 0 {
        let sentence = format!("{seeds} paths came to another seed, which is followed as a whole already");
        gaps.push(Gap::new(GapKind::FollowedElsewhere, sentence));
    }
    for cut in [Truncation::Hops, Truncation::Dust, Truncation::Share, Truncation::FanOut, Truncation::Work] {
        let cut_off = || found.ends.iter().filter(|end| end.reason == StopReason::Truncated(cut));
        let count = cut_off().count();
        if count > 0 {
            let amount: Amount = cut_off().map(|end| end.holding.dirty_all()).sum::<u128>().into();
            let sentence = format!(
                "{count} paths were not followed further: limit on {} ({}, {})",
                limit_name(cut),
                asset.money(amount),
                permille(amount, seeded)
            );
            gaps.push(Gap::new(GapKind::Truncated, sentence));
        }
    }
    if options.method == Method::Poison {
        let sentence = "poison counts every unit that was ever in contact: its amounts do not add up";
        gaps.push(Gap::new(GapKind::Overcounted, sentence));
    }
    gaps
}
