//! Rows that are no ledger: every question has the answer that it has once a ledger holds the same rows.

mod rows;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    ops::ControlFlow,
};

use proptest::{prelude::*, sample::Index};
use tracehound_analysis::{
    Counterparties, Limits,
    cluster::{
        Clusters, Guard, Rules, ServiceId,
        change::{change_edges, measure_heuristics},
    },
    coinjoin::{Buffer, Classifier},
    exposure::{self, exposures},
    extent::{Asked, Extent, Needed, lacking},
    full_ledger::{FullPropagation, NamedOwners},
    path::{PathLimits, ways},
    patterns::{self, Subject, Thresholds, chips, coinbases, withdrawals},
    peel,
    taint::{Direction, Label, Method, Mix, Options, PropagationLimits, Seed, Stops, propagate},
    trace::{self, Entity, Known},
    tx_parties,
};
use tracehound_ledger::{AddrNum, BlockNum, InNum, OutNum, ScannedTx, TxNum, TxSpan, UtxoRows};
use tracehound_model::{BitcoinNetwork, BlockHash, Category, OutPoint, ScriptKey, TxId, utxo::UtxoBlock};
use tracehound_testkit::blocks::{BlockMaker, owner};

use crate::ledger_of;
use rows::Overlay;

const NETWORK: BitcoinNetwork = BitcoinNetwork::Regtest;
const HOUR: u32 = 3_600;
/// Owners are drawn from so many.
const OWNERS: usize = 60;

/// A transaction in numbers: what it spends, among how many it is divided, who gets it.
type Choice = (u8, u8, u8);
/// A block in numbers: whether its coinbase takes the place of the first one, and its transactions.
type BlockChoice = (bool, Vec<Choice>);

fn choices() -> impl Strategy<Value = Vec<BlockChoice>> {
    let overwrites = prop::bool::weighted(0.4);
    prop::collection::vec((overwrites, prop::collection::vec(any::<Choice>(), 1..8)), 2..7)
}

/// Blocks that spend what the ones before left, with fees, mixes, outputs that nobody can spend, outputs of blocks that are
/// not there, and coinbases that take the place of others.
fn chain(choices: &[BlockChoice]) -> Vec<UtxoBlock> {
    let mut blocks: Vec<UtxoBlock> = Vec::new();
    let mut unspent: Vec<(OutPoint, u64)> = Vec::new();
    let mut first: Option<TxId> = None;
    let mut next = 0;
    for (overwrites, txs) in choices {
        let height = blocks.len() as u32;
        let prev = blocks.last().map_or_else(BlockHash::default, |block| block.hash);
        let mut block = BlockMaker::new(prev, (height + 1) * HOUR, 0);
        let values = [5_000, 999, 800, 800, 800, 300];
        let mut outputs: Vec<_> =
            (next..).zip(values).map(|(n, value)| (value, Some(owner(n % OWNERS)))).collect();
        outputs.push((0, None));
        let own = block.tx(&[], &outputs);
        let minted = first.filter(|_| *overwrites).unwrap_or(own);
        first.get_or_insert(own);
        unspent.retain(|(outpoint, _)| outpoint.txid != minted);
        unspent.extend((0..).zip(values).map(|(vout, value)| (OutPoint { txid: minted, vout }, value)));
        for &(take, parts, to) in txs {
            let count = (1 + usize::from(take) % 3).min(unspent.len());
            let at = |step: usize, len: usize| (usize::from(take) + step) % len;
            let mut total = 0;
            let mut inputs: Vec<(OutPoint, Option<(u64, ScriptKey)>)> = (0..count)
                .map(|step| unspent.swap_remove(at(step, unspent.len())))
                .map(|(outpoint, value)| {
                    total += value;
                    (outpoint, None)
                })
                .collect();
            let elsewhere = |vout| OutPoint { txid: TxId([take; 32]), vout };
            if take % 4 == 1 {
                inputs.push((elsewhere(u32::from(to)), Some((700, owner(usize::from(to) % OWNERS)))));
                total += 700;
            } else if take % 8 == 2 {
                inputs.push((elsewhere(u32::from(to)), None));
            }
            let parts = 1 + u64::from(parts % 4);
            let each = (total - total / 50) / parts;
            let mut outputs: Vec<_> = (0..parts as usize)
                .map(|part| (each, Some(owner((usize::from(to) + part * 7) % OWNERS))))
                .collect();
            if to % 8 == 3 {
                outputs.push((0, None));
            }
            let txid = block.tx(&inputs, &outputs);
            let coins = (0..).zip(&outputs).filter(|(_, output)| output.1.is_some());
            unspent.extend(coins.map(|(vout, output)| (OutPoint { txid, vout }, output.0)));
            next += 1;
        }
        let mut block = block.done();
        block.txs[0].txid = minted;
        block.height = Some(height);
        blocks.push(block);
    }
    blocks
}

/// Some owners have names, and three or more equal outputs are a mix.
struct Names(BTreeMap<AddrNum, Category>);

impl Names {
    fn of(rows: &impl UtxoRows) -> Self {
        let category = |n: usize| match n % 10 {
            3 => Some(Category::ServiceHack),
            7 => Some(Category::Exchange),
            _ => None,
        };
        Self((0..OWNERS).filter_map(|n| Some((rows.find_address(&owner(n))?, category(n)?))).collect())
    }

    fn category(&self, owner: AddrNum) -> Option<Category> {
        self.0.get(&owner).copied()
    }
}

fn mix(rows: &impl UtxoRows, tx: TxSpan) -> Option<Mix> {
    let values: Vec<u64> = rows.amounts(tx).map(|(value, _)| value).collect();
    let equal = values.len() >= 3 && values.iter().all(|value| *value == values[0]);
    equal.then_some(Mix { protocol: "test", participants: 3 })
}

impl<R: UtxoRows> Known<R> for Names {
    fn entity(&self, owner: AddrNum) -> Option<Entity> {
        let category = self.category(owner)?;
        Some(Entity { label: format!("owner {owner}"), category, listed_from: None, labelled: None })
    }

    fn mix(&self, rows: &R, tx: TxSpan) -> Option<Mix> {
        mix(rows, tx)
    }
}

impl<R: UtxoRows> Stops<R> for Names {
    fn is_service(&self, owner: AddrNum) -> bool {
        self.category(owner) == Some(Category::Exchange)
    }

    fn mix(&self, rows: &R, tx: TxSpan) -> Option<Mix> {
        mix(rows, tx)
    }
}

/// Answers, each as text beside its question. What names the snapshot is left out: it differs.
#[derive(Default)]
struct Told(Vec<(String, String)>);

impl Told {
    fn tell(&mut self, question: impl Debug, answer: impl Debug) {
        self.0.push((format!("{question:?}"), format!("{answer:?}")));
    }
}

fn all_outputs(rows: &impl UtxoRows) -> Vec<OutNum> {
    let spans = (0..rows.counts().txs).filter_map(|num| rows.span(TxNum(num)));
    spans
        .flat_map(|span| (0..span.output_count).map(move |at| OutNum(span.first_output.0 + u64::from(at))))
        .collect()
}

/// The rows themselves, by every way to them.
fn rows_told(rows: &impl UtxoRows) -> Vec<(String, String)> {
    let mut told = Told::default();
    let counts = rows.counts();
    told.tell("counts", (rows.chain(), counts, rows.tip(), rows.first_block(), rows.missing_ranges()));
    for num in (0..=counts.blocks).map(BlockNum) {
        told.tell(num, rows.block(num));
    }
    let mut last_input = 0;
    for num in (0..=counts.txs).map(TxNum) {
        told.tell(("tx", num), (rows.tx(num), rows.span(num), rows.block_of(num), rows.destroyed_by(num)));
        let Some(tx) = rows.tx(num) else { continue };
        for input in rows.inputs(&tx) {
            told.tell(
                input,
                (rows.input_value(&input), rows.input_owner(&input), rows.tx_of_input(input.num)),
            );
            last_input = input.num.0;
        }
        told.tell(("outputs", num), rows.outputs(&tx).collect::<Vec<_>>());
        told.tell(("amounts", num), rows.amounts(&tx).collect::<Vec<_>>());
    }
    told.tell("no input", rows.tx_of_input(InNum(last_input + 1)));
    let outputs = all_outputs(rows);
    for out in outputs.iter().copied().chain([OutNum(outputs.len() as u64)]) {
        told.tell(("output", out), (rows.output(out), rows.output_value(out), rows.output_owner(out)));
        told.tell(("maker", out), rows.tx_of_output(out));
    }
    for owner in (0..=counts.addresses).map(AddrNum) {
        let key = rows.script_key(owner);
        told.tell(owner, (key, rows.script_type(owner), key.and_then(|key| rows.find_address(&key))));
        told.tell(("activity", owner), (rows.activity(owner, 2), rows.activity(owner, 1_000)));
    }
    let mut scanned = Vec::new();
    rows.scan(TxNum(1)..TxNum(u32::MAX), |tx| {
        let (inputs, outputs) = (tx.input_count(), tx.output_count());
        let (prevs, owners): (Vec<_>, Vec<_>) = (tx.prevs().collect(), tx.owners().collect());
        scanned.push(format!("{:?}", (tx.num(), tx.first_output(), inputs, outputs, prevs, owners)));
        scanned.push(format!("{:?}", tx.outputs().collect::<Vec<_>>()));
        if tx.num().0 + 2 < counts.txs { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    told.tell("scan", scanned);
    told.0
}

const NO_DUST: PropagationLimits = PropagationLimits {
    past_plain: false,
    hops: 1_000,
    dust: 0,
    share_ppm: 0,
    fan_out: 5_000,
    txs: 1_000_000,
    until: u32::MAX,
    through_fees: false,
};

/// Traces and taint, every way and by every rule.
fn flows_told<R: UtxoRows>(rows: &R) -> Vec<(String, String)> {
    let (mut told, names) = (Told::default(), Names::of(rows));
    let outputs = all_outputs(rows);
    let limits = [
        NO_DUST,
        PropagationLimits { dust: 200, through_fees: true, ..NO_DUST },
        PropagationLimits { hops: 2, until: 3 * HOUR, ..NO_DUST },
    ];
    let methods =
        [Method::Haircut, Method::Fifo, Method::Lifo, Method::Poison, Method::Tiho, Method::CleanFirst];
    for (method, limits) in methods.into_iter().flat_map(|method| limits.map(|limits| (method, limits))) {
        for direction in [Direction::Forward, Direction::Backward] {
            let options = Options { direction, method, through_mixes: limits.dust > 0, limits };
            let seeds: Vec<OutNum> = match direction {
                Direction::Forward => outputs.iter().copied().take(4).collect(),
                Direction::Backward => outputs.iter().rev().copied().take(4).collect(),
            };
            let planted: Vec<Seed> =
                (0..).zip(&seeds).map(|(at, &out)| Seed { out, label: Label(at % 2) }).collect();
            told.tell((options, "taint"), propagate(rows, &planted, options, &names));
            let asked = Asked::at(i64::from(8 * HOUR));
            let question = trace::Question { seeds: &seeds, all_received: false, options, asked };
            let mut found = trace::trace(rows, NETWORK, &question, &names);
            if let Ok(trace) = &mut found {
                trace.snapshot.clear();
            }
            told.tell((options, "trace"), found);
        }
    }
    let mut full = FullPropagation::new();
    full.advance(rows, &NamedOwners::new(names.0.clone()));
    for &out in &outputs {
        told.tell(("share", out), full.shares(out));
    }
    told.0
}

/// Who an owner dealt with, near and far.
fn exposures_told<R: UtxoRows>(rows: &R) -> Vec<(String, String)> {
    let (mut told, names) = (Told::default(), Names::of(rows));
    for owner in (0..rows.counts().addresses).map(AddrNum) {
        let subjects = BTreeSet::from([owner]);
        for direction in [Direction::Backward, Direction::Forward] {
            let question = exposure::Question {
                tx: None,
                subjects: &subjects,
                direction,
                limits: NO_DUST,
                through_mixes: false,
                suspects: false,
                prices: None,
            };
            told.tell((owner, direction), exposures(rows, &question, &names));
        }
        told.tell(("counterparties", owner), Counterparties::of(rows, &subjects, Limits::default()));
        let subject = Subject::Address(owner);
        told.tell(("patterns", owner), patterns::around(rows, subject, &Thresholds::default(), &names));
        let others = BTreeSet::from([AddrNum(0), AddrNum(rows.counts().addresses / 2)]);
        told.tell(
            ("ways", owner),
            ways(rows, &subjects, &others, PathLimits { dust: 0, ..PathLimits::default() }, &names),
        );
    }
    told.0
}

/// Clusters, and what looks at one transaction or at the whole.
fn others_told<R: UtxoRows>(rows: &R) -> Vec<(String, String)> {
    let (mut told, names) = (Told::default(), Names::of(rows));
    let (clusters, classifier) = (clusters(rows), Classifier::new(rows));
    told.tell("clusters", (clusters.all(), clusters.refusals()));
    told.tell(
        "change",
        change_edges(rows, &clusters, TxNum(0)..TxNum(rows.counts().txs)).collect::<Vec<_>>(),
    );
    told.tell("heuristics", measure_heuristics(rows, &clusters));
    told.tell("chips", chips::survey(rows, TxNum(0)..TxNum(u32::MAX)));
    told.tell("lacking", lacking(rows));
    for needed in [Needed::All, Needed::From(BlockNum(1)), Needed::Between(BlockNum(0), BlockNum(1))] {
        told.tell(needed, Extent::of(rows, Asked::at(i64::from(7 * HOUR)), needed));
    }
    for tx in (0..rows.counts().txs).filter_map(|num| rows.tx(TxNum(num))) {
        told.tell(("parties", tx.num), tx_parties(rows, tx.num));
        told.tell(("coinjoin", tx.num), classifier.classify(rows, &tx, &mut Buffer::default()));
        told.tell(
            ("patterns", tx.num),
            patterns::around(rows, Subject::Tx(tx.num), &Thresholds::default(), &names),
        );
        told.tell(("miner", tx.num), coinbases::who_mined(rows, &tx, coinbases::Depth::default(), &names));
    }
    for out in all_outputs(rows).into_iter().step_by(3) {
        let mut chain = peel::follow(rows, NETWORK, out, peel::Options::default(), &names);
        if let Ok(chain) = &mut chain {
            chain.snapshot.clear();
        }
        told.tell(("peel", out), chain);
        told.tell(("withdrawals", out), withdrawals::find(rows, out, &withdrawals::Search::default()));
    }
    told.0
}

/// By rules that join, leave out and refuse.
fn clusters<R: UtxoRows>(rows: &R) -> Clusters {
    let mut clusters = Clusters::default();
    follow_clusters(&mut clusters, rows);
    clusters
}

/// Makes clusters, or goes on with those of other rows.
fn follow_clusters<R: UtxoRows>(clusters: &mut Clusters, rows: &R) {
    let names = Names::of(rows);
    let service = |owner| names.category(owner).map(|_| ServiceId(owner.0 % 2));
    let coinjoins = |rows: &R, tx: TxSpan| mix(rows, tx).is_some();
    let guard = Some(Guard { service: &service, both_above: 4 });
    let rules = Rules { guard, threads: 2, ..Rules::new(&coinjoins) };
    if *clusters == Clusters::default() {
        *clusters = Clusters::new(rows, &rules);
    }
    clusters.update(rows, &rules).expect("continues");
}

fn same(expected: Vec<(String, String)>, found: Vec<(String, String)>) -> Result<(), TestCaseError> {
    prop_assert_eq!(expected.len(), found.len());
    for (expected, found) in expected.into_iter().zip(found) {
        prop_assert_eq!(expected, found);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The ledger ends anywhere, even before the first block: what is on top then stands by itself.
    #[test]
    fn transactions_on_top_of_a_ledger_answer_as_those_in_a_block_do(choices in choices(), end in any::<Index>()) {
        let blocks = chain(&choices);
        let below = end.index(blocks.len() + 1);
        let (_dir, whole) = ledger_of(&blocks);
        let (_below, ledger) = ledger_of(&blocks[..below]);
        let overlay = Overlay::new(&ledger, &blocks[below..]);
        same(rows_told(&whole), rows_told(&overlay))?;
        same(flows_told(&whole), flows_told(&overlay))?;
        same(exposures_told(&whole), exposures_told(&overlay))?;
        same(others_told(&whole), others_told(&overlay))?;
    }

    /// Whoever follows the tip need not start anew for what is on top of it.
    #[test]
    fn clusters_and_shares_of_a_ledger_go_on_with_what_is_on_top_of_it(choices in choices(), end in any::<Index>()) {
        let blocks = chain(&choices);
        let below = end.index(blocks.len() + 1);
        let (_dir, whole) = ledger_of(&blocks);
        let (_below, ledger) = ledger_of(&blocks[..below]);
        let overlay = Overlay::new(&ledger, &blocks[below..]);
        let mut joined = clusters(&ledger);
        follow_clusters(&mut joined, &overlay);
        prop_assert_eq!(joined.all(), clusters(&whole).all());
        let named = NamedOwners::new(Names::of(&whole).0);
        let (mut full, mut expected) = (FullPropagation::new(), FullPropagation::new());
        full.advance(&ledger, &named);
        full.advance(&overlay, &named);
        expected.advance(&whole, &named);
        for out in all_outputs(&whole) {
            prop_assert_eq!(full.shares(out), expected.shares(out));
        }
    }
}
