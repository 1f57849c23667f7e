//! Measures following money on a ledger, for `cargo xtask bench`; prints one JSON object.
//!
//! `measure_flow pass|scan|taint|seeds|trace|coinjoin LEDGER`; `measure_flow inputs LEDGER > FILE` writes the owners of each
//! transaction's inputs for a peer: their number and then the numbers, 32 bits each, little-endian.

#![expect(clippy::cast_precision_loss, reason = "rates for people")]

use std::{
    error::Error,
    io::Write,
    ops::ControlFlow,
    path::Path,
    time::{Duration, Instant},
};

use rayon::prelude::*;
use tracehound_analysis::{
    coinjoin::{Answer, Buffer, Classifier},
    full_ledger::{FullPropagation, NamedOwners},
    taint::{Direction, Label, Method, Mix, Options, PropagationLimits, Seed, Stops, propagate},
};
use tracehound_ledger::{AddrNum, Ledger, OutNum, Prev, TxNum, TxSpan};
use tracehound_model::Category;

/// Times each thing is done; the quickest counts.
const ROUNDS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (task, dir, method) = match args[..] {
        [task, dir] => (task, dir, None),
        [task @ "taint", dir, method] => {
            (task, dir, Some(Method::named(method).ok_or_else(|| format!("no method `{method}`"))?))
        }
        _ => {
            return Err(
                "usage: measure_flow pass|scan|seeds|trace|coinjoin LEDGER, measure_flow taint LEDGER [METHOD]"
                    .into(),
            );
        }
    };
    let ledger = Ledger::open(Path::new(dir))?;
    let json = match task {
        "inputs" => return inputs(&ledger),
        "pass" => pass(&ledger),
        "scan" => scan(&ledger),
        "taint" => taint(&ledger, method)?,
        "seeds" => seeds(&ledger)?,
        "trace" => trace(&ledger)?,
        "coinjoin" => coinjoin(&ledger),
        _ => return Err(format!("no task `{task}`").into()),
    };
    Ok(writeln!(std::io::stdout(), "{json}")?)
}

fn inputs(ledger: &Ledger) -> Result<(), Box<dyn Error>> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut owners: Vec<u32> = Vec::new();
    let mut failed = None;
    ledger.scan(TxNum(0)..TxNum(ledger.info().txs), |tx| {
        owners.clear();
        owners.extend(tx.prevs().filter_map(|prev| match prev {
            Prev::Output(out) => ledger.output_owner(out).map(|owner| owner.0),
            Prev::Missing { owner, .. } => owner.map(|owner| owner.0),
            Prev::Coinbase => None,
        }));
        let count = owners.len() as u32;
        let written = std::iter::once(&count)
            .chain(&owners)
            .try_for_each(|number| out.write_all(&number.to_le_bytes()));
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    failed.map_or_else(|| Ok(out.flush()?), |error| Err(error.into()))
}

fn quickest<T>(mut work: impl FnMut() -> T) -> (T, Duration) {
    let mut once = || {
        let began = Instant::now();
        let result = work();
        (result, began.elapsed())
    };
    let mut best = once();
    for _ in 1..ROUNDS {
        let next = once();
        if next.1 < best.1 {
            best = next;
        }
    }
    best
}

/// One address in a thousand is an exchange.
fn pass(ledger: &Ledger) -> String {
    let info = ledger.info();
    let named =
        NamedOwners::new((0..info.addresses).step_by(1_000).map(|addr| (AddrNum(addr), Category::Exchange)));
    let (full, time) = quickest(|| {
        let mut full = FullPropagation::new();
        full.advance(ledger, &named);
        full
    });
    format!(
        r#"{{"outputs":{},"inputs":{},"seconds":{},"live":{},"bytes":{}}}"#,
        info.outputs,
        info.inputs,
        time.as_secs_f64(),
        full.live(),
        full.bytes()
    )
}

/// The sum of all outputs and the number of coinbases, read from the columns.
fn scan(ledger: &Ledger) -> String {
    let bytes: usize = ledger.columns().map(|columns| columns.bytes()).sum();
    let ((value, coinbases), time) = quickest(|| {
        let parts = ledger.columns().map(|columns| {
            let low = columns
                .value_lo
                .par_chunks(1 << 16)
                .map(|part| part.iter().map(|&lo| u64::from(lo)).sum::<u64>());
            let high = columns
                .value_hi
                .par_chunks(1 << 18)
                .map(|part| part.iter().map(|&hi| u64::from(hi)).sum::<u64>());
            let minted = columns.prev_lo.par_chunks(1 << 16).zip(columns.prev_hi.par_chunks(1 << 16)).map(
                |(lo, hi)| {
                    let coinbase =
                        |(lo, hi): (&u32, &u8)| u64::from(*lo == u32::MAX - 1 && hi & 0x3f == 0x3f);
                    lo.iter().zip(hi).map(coinbase).sum::<u64>()
                },
            );
            (u128::from(low.sum::<u64>()) + (u128::from(high.sum::<u64>()) << 32), minted.sum::<u64>())
        });
        parts.fold((0u128, 0u64), |sum, part| (sum.0 + part.0, sum.1 + part.1))
    });
    format!(r#"{{"bytes":{bytes},"seconds":{},"value":{value},"coinbases":{coinbases}}}"#, time.as_secs_f64())
}

struct Nothing;

impl Stops<Ledger> for Nothing {
    fn is_service(&self, _: AddrNum) -> bool {
        false
    }

    fn mix(&self, _: &Ledger, _: TxSpan) -> Option<Mix> {
        None
    }
}

/// Outputs spread over the ledger, each spent.
fn sample(ledger: &Ledger, count: u64) -> Vec<Seed> {
    let outputs = ledger.info().outputs;
    let step = (outputs / count).max(1);
    let spent = |out: &OutNum| ledger.output(*out).is_some_and(|output| output.spent_by.is_some());
    let outs = (0..outputs).step_by(usize::try_from(step).unwrap_or(usize::MAX)).map(OutNum).filter(spent);
    outs.map(|out| Seed { out, label: Label(0) }).collect()
}

fn options(method: Method, limits: PropagationLimits) -> Options {
    Options { direction: Direction::Forward, method, through_mixes: false, limits }
}

fn taint(ledger: &Ledger, only: Option<Method>) -> Result<String, Box<dyn Error>> {
    let seeds = sample(ledger, 1_000);
    let mut rates = Vec::new();
    for method in Method::COMPARED.into_iter().filter(|method| only.is_none_or(|only| only == *method)) {
        let limits = PropagationLimits { txs: 1_000_000, share_ppm: 10_000, ..PropagationLimits::default() };
        let (found, time) = quickest(|| propagate(ledger, &seeds, options(method, limits), &Nothing));
        let found = found?;
        let txs = found.steps.len();
        let spans = found.steps.iter().filter_map(|step| ledger.span(step.tx));
        let rows: u64 = spans.map(|span| u64::from(span.input_count) + u64::from(span.output_count)).sum();
        let seconds = time.as_secs_f64();
        rates.push(format!(
            r#""{}":{{"txs":{txs},"rows_a_tx":{:.1},"million_rows_a_second":{:.1},"seconds":{seconds}}}"#,
            method.name(),
            rows as f64 / txs.max(1) as f64,
            rows as f64 / seconds / 1e6
        ));
    }
    Ok(format!(r#"{{"seeds":{},{}}}"#, seeds.len(), rates.join(",")))
}

/// Each seed followed by itself: on one thread, and all of them on all cores.
fn seeds(ledger: &Ledger) -> Result<String, Box<dyn Error>> {
    let limits = PropagationLimits { txs: 1_000_000, share_ppm: 10_000, ..PropagationLimits::default() };
    let seeds = sample(ledger, 1_000);
    let steps = |seed: &Seed| {
        propagate(ledger, &[*seed], options(Method::Haircut, limits), &Nothing).map(|found| found.steps.len())
    };
    let (txs, single) = quickest(|| seeds.iter().map(steps).collect::<Result<Vec<_>, _>>());
    let (same, time) = quickest(|| seeds.par_iter().map(steps).collect::<Result<Vec<_>, _>>());
    let (txs, same) = (txs?, same?);
    if txs != same {
        return Err("the seeds were followed otherwise on several cores".into());
    }
    Ok(format!(
        r#"{{"seeds":{},"txs":{},"seconds":{},"one_thread_seconds":{}}}"#,
        seeds.len(),
        txs.iter().sum::<usize>(),
        time.as_secs_f64(),
        single.as_secs_f64()
    ))
}

/// Traces over five hops, one output at a time.
fn trace(ledger: &Ledger) -> Result<String, Box<dyn Error>> {
    let limits = PropagationLimits { hops: 5, ..PropagationLimits::default() };
    let mut times = Vec::new();
    let mut txs = 0;
    for seed in sample(ledger, 1_000) {
        let began = Instant::now();
        txs += propagate(ledger, &[seed], options(Method::Haircut, limits), &Nothing)?.steps.len();
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let at = |part: usize| {
        times
            .get((times.len() * part / 1_000).min(times.len().saturating_sub(1)))
            .map_or(0, Duration::as_micros)
    };
    Ok(format!(
        r#"{{"traces":{},"txs":{txs},"p50_us":{},"p99_us":{},"max_us":{}}}"#,
        times.len(),
        at(500),
        at(990),
        at(1_000)
    ))
}

fn coinjoin(ledger: &Ledger) -> String {
    let classifier = Classifier::new(ledger);
    let txs = ledger.info().txs;
    let (found, time) = quickest(|| {
        let (mut buffer, mut found) = (Buffer::default(), 0u32);
        ledger.scan(TxNum(0)..TxNum(txs), |tx| {
            if let Some(view) = ledger.tx(tx.num) {
                found +=
                    u32::from(matches!(classifier.classify(ledger, &view, &mut buffer), Answer::CoinJoin(_)));
            }
            ControlFlow::Continue(())
        });
        found
    });
    let nanos = time.as_nanos() as f64 / f64::from(txs.max(1));
    format!(r#"{{"txs":{txs},"seconds":{},"ns_a_tx":{nanos:.1},"found":{found}}}"#, time.as_secs_f64())
}
