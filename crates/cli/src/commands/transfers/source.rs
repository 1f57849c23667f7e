//! Where accounts are fetched as a trace needs them.

use std::{num::NonZeroU32, ops::ControlFlow};

use miette::{Result, miette};
use tracehound_engine::{
    Answer, Snapshot, trace,
    transfers::{
        case::{Expected, Source, SourceKind, Told},
        trace::{Question, Trace},
    },
};
use tracehound_evm::explorer::KEY_VARIABLE;

use crate::{
    args::{Common, SourceArgs},
    commands::ledger::unless_stopped,
    progress, terminal,
};

/// Explorers and public Esplora servers take so many questions a second from whoever has no contract.
const FREE: NonZeroU32 = NonZeroU32::new(3).expect("three");

/// The source that is named, if one is.
pub(in crate::commands) fn of(args: &SourceArgs) -> Result<Option<Source>> {
    let [kind, url] = &args.source[..] else { return Ok(None) };
    let kind = match kind.read("the kind of source")?.as_str() {
        "explorer" => SourceKind::Explorer,
        "rpc" => SourceKind::Rpc,
        "esplora" => {
            return Err(miette!(
                "--source esplora is of Bitcoin: an EVM chain takes `explorer URL` or `rpc URL`"
            ));
        }
        _ => return Err(miette!("--source takes `explorer URL` or `rpc URL`, of Bitcoin `esplora URL`")),
    };
    let key = match &args.source_key {
        Some(key) if key.is_open() => {
            return Err(miette!(
                "--source-key takes @FILE or env:NAME: on the command line everybody on the machine could read it"
            ));
        }
        Some(key) => Some(key.read("the key of --source-key")?),
        None => std::env::var(KEY_VARIABLE).ok().filter(|key| !key.trim().is_empty()),
    };
    Ok(Some(Source {
        kind,
        url: url.read("the address of --source")?,
        key: key.filter(|_| kind == SourceKind::Explorer),
        per_second: args.per_second.or((kind == SourceKind::Explorer).then_some(FREE)),
        budget: args.budget,
        account_budget: args.account_budget,
        max_age: args.source_max_age,
    }))
}

/// The source of transactions of Bitcoin that is named, if one is.
pub(in crate::commands) fn of_bitcoin(args: &SourceArgs) -> Result<Option<trace::case::Source>> {
    let [kind, url] = &args.source[..] else { return Ok(None) };
    match kind.read("the kind of source")?.as_str() {
        "esplora" => {}
        "electrum" => {
            return Err(miette!(
                "the Electrum protocol is not spoken here: of Bitcoin --source takes `esplora URL`, an Esplora server of your own or of others"
            ));
        }
        "explorer" | "rpc" => {
            return Err(miette!(
                "--source explorer and rpc are of EVM chains: of Bitcoin it takes `esplora URL`; a node's blocks are taken in by `ingest`"
            ));
        }
        _ => return Err(miette!("--source takes `esplora URL`, of EVM chains `explorer URL` or `rpc URL`")),
    }
    if args.source_key.is_some() {
        return Err(miette!(
            "--source-key is an explorer's: a key of an Esplora server is a part of its address (env:NAME, @FILE)"
        ));
    }
    Ok(Some(trace::case::Source {
        url: url.read("the address of --source")?,
        per_second: args.per_second.or(Some(FREE)),
        budget: args.budget,
        pages: u32::try_from(args.account_budget).unwrap_or(u32::MAX),
        max_age: args.source_max_age,
    }))
}

/// Follows value over what is fetched, and says meanwhile how far that is; nothing where it was ended before there was an answer.
pub(super) fn trace_by(
    common: &Common,
    snapshot: &Snapshot,
    question: &Question,
    source: &Source,
) -> Result<Option<Answer<Trace>>> {
    unless_stopped(fetching(common.quiet, |show| snapshot.transfers_trace_by_source(question, source, show)))
}

/// Runs what fetches, and says meanwhile how far it is.
pub(in crate::commands) fn fetching<T>(
    quiet: bool,
    run: impl FnOnce(&dyn Fn(&Told) -> ControlFlow<()>) -> T,
) -> T {
    progress::end_on_interrupt();
    let bar = progress::counter(quiet);
    let show = |told: &Told| -> ControlFlow<()> {
        match told {
            Told::Expected(expected) if !quiet => bar.suspend(|| terminal::say(&takes(*expected))),
            Told::Expected(_) => {}
            Told::Fetching { subject, done, left, questions } => {
                bar.set_message(format!("{questions} questions, {done} fetched, {left} to go: {subject}"));
                bar.set_position(*done as u64);
            }
        }
        progress::interrupted()
    };
    let answer = run(&show);
    bar.finish_and_clear();
    answer
}

/// What fetching takes, before it begins.
fn takes(expected: Expected) -> String {
    let Expected { what, subjects, least, least_seconds, budget, most_seconds } = expected;
    let time =
        |seconds: Option<u64>| seconds.map(|seconds| format!(", {}", span(seconds))).unwrap_or_default();
    format!(
        "to fetch: {subjects} {what}, at least {least} questions{}; what value went on to comes on top, and the \
         budget ends it after {budget} questions{}",
        time(least_seconds),
        time(most_seconds)
    )
}

/// Seconds as people say them.
fn span(seconds: u64) -> String {
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3_600)),
    }
}
