//! `tracehound trace`.

use std::io::Write;

use miette::{IntoDiagnostic, Result, miette};
use tracehound_engine::{
    Answer, Naming,
    taint::{Direction, Options, PropagationLimits},
    trace::{self, Question, Traced},
};
use tracehound_model::{BitcoinNetwork, Chain};
use tracehound_report::picture;

use super::{
    answered::{absent, exit_code, json},
    drawn,
    ledger::unless_stopped,
    transfers,
};
use crate::{
    args::{Common, Output, TraceArgs, TraceQuestion},
    folder::Folder,
    output::CUT_SHORT,
    terminal,
};

pub(crate) fn run(common: &Common, data: &Folder, args: &TraceArgs, out: &mut dyn Write) -> Result<u8> {
    if let Chain::Evm(chain_id) = data.chain(&args.question.whose, &args.question.from) {
        return transfers::trace::run(common, data, args, chain_id, out);
    }
    let network = data.bitcoin(&args.question.whose, &args.question.from, "trace")?;
    let question = question(network, &args.question);
    if let Some(source) = transfers::source::of_bitcoin(&args.fetched)? {
        return by_source(common, data, args, &question, &source, out);
    }
    let snapshot = data.snapshot(network)?;
    if args.compare {
        let compared = match snapshot.compare(&question).into_diagnostic()? {
            Answer::Found(compared) => compared,
            Answer::Absent(nowhere) => return absent(common, &nowhere, out),
        };
        say_missing(&compared);
        match common.output {
            Output::Text => write!(out, "{}", trace::text::comparison(&compared.found)).into_diagnostic()?,
            output => json(out, output, &compared)?,
        }
        return Ok(exit_code(compared.found.complete));
    }
    let traced = match snapshot.trace(&question).into_diagnostic()? {
        Answer::Found(traced) => traced,
        Answer::Absent(nowhere) => return absent(common, &nowhere, out),
    };
    say_missing(&traced);
    let naming = || {
        let named = traced.found.nodes.iter().filter(|node| node.entity.is_some());
        let addresses = named.filter_map(|node| node.address.as_deref());
        snapshot.naming(network, question.moment, addresses).into_diagnostic()
    };
    show(common, args, &traced, &naming, out)
}

/// Over what an Esplora server tells, instead of a ledger.
fn by_source(
    common: &Common,
    data: &Folder,
    args: &TraceArgs,
    question: &Question,
    source: &trace::case::Source,
    out: &mut dyn Write,
) -> Result<u8> {
    if args.compare {
        return Err(miette!("--compare is there for ledgers alone: leave --source out, or --compare"));
    }
    // Nothing but what is fetched is read of the chain.
    let snapshot = data.claims()?;
    let fetched =
        transfers::source::fetching(common.quiet, |show| snapshot.trace_by_source(question, source, show));
    let Some(answer) = unless_stopped(fetched)? else { return Ok(CUT_SHORT) };
    let (traced, naming) = match answer {
        Answer::Found(found) => found,
        Answer::Absent(nowhere) => return absent(common, &nowhere, out),
    };
    say_missing(&traced);
    let code = show(common, args, &traced, &|| Ok(naming.clone()), out)?;
    let stopped = traced.coverage.as_ref().is_some_and(|coverage| coverage.stopped);
    Ok(if stopped { CUT_SHORT } else { code })
}

fn show(
    common: &Common,
    args: &TraceArgs,
    traced: &Traced<trace::Trace>,
    naming: &dyn Fn() -> Result<Naming>,
    out: &mut dyn Write,
) -> Result<u8> {
    let found = &traced.found;
    if let Some(path) = &args.svg {
        drawn::write(common, path, &picture::trace(found, &drawn::origin(&naming()?)))?;
    }
    if let Some(path) = &args.dot {
        drawn::write_file(path, trace::dot(found))?;
    }
    match common.output {
        Output::Text => {
            let report = trace::text::report(found, args.lines, traced.error_rate.as_deref());
            write!(out, "{report}").into_diagnostic()?;
        }
        Output::Csv => write!(out, "{}", trace::csv(found)).into_diagnostic()?,
        output => json(out, output, traced)?,
    }
    Ok(exit_code(found.complete))
}

fn say_missing<T>(traced: &Traced<T>) {
    for missing in &traced.not_in_the_ledger {
        terminal::say(&format!("note: {missing} does not occur in the ledger"));
    }
}

pub(super) fn question(network: BitcoinNetwork, args: &TraceQuestion) -> Question {
    let options = Options {
        direction: if args.backward { Direction::Backward } else { Direction::Forward },
        method: args.method,
        through_mixes: args.through_mixes,
        limits: PropagationLimits {
            hops: args.hops,
            dust: args.dust.into(),
            fan_out: args.fan_out,
            txs: args.work,
            through_fees: args.through_fees,
            ..PropagationLimits::default()
        },
    };
    Question {
        network,
        moment: args.moment.asked(),
        from: args.from.clone(),
        named: args.named.clone(),
        options,
    }
}
