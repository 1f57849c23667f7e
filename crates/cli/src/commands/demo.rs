//! `tracehound demo`: the main job on the data in the box.

use std::{io::Write, ops::ControlFlow, path::Path};

use jiff::Timestamp;
use miette::{IntoDiagnostic, Result, WrapErr};
use tracehound_analysis::{
    extent::Asked,
    taint::{Direction, Method, Options, PropagationLimits},
    trace::{self, Question},
};
use tracehound_attribution::{
    folder::AttributionFolder,
    import::{self, Format},
    index::Index,
};
use tracehound_ingest::{BitcoinFiles, ingest_bitcoin_files};
use tracehound_ledger::{AddrNum, Ledger, OutNum};
use tracehound_model::{Address, BitcoinNetwork, Decision, Verdict};
use tracehound_range::{DemoCase, Role, demo_case};
use tracehound_screen::{Entities, Keys, Policy, Screener, Settings};

use crate::{
    args::{Common, DemoArgs},
    folder::Folder,
    output,
};

/// One of the six addresses of the FBI advisory of 2023-08-22.
const NAMED_BY_FBI: &str = "3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG";
/// Seed of the generated case: any number tells a story, this one is the documentation's.
const SEED: u64 = 2014;
/// Network of the generated case, so that nobody takes it for real.
const GENERATED: BitcoinNetwork = BitcoinNetwork::Regtest;

pub(crate) fn run(common: &Common, args: &DemoArgs, out: &mut dyn Write) -> Result<u8> {
    let temporary = tempfile::tempdir().into_diagnostic()?;
    let root = args.keep.as_deref().unwrap_or_else(|| temporary.path());
    let data = Folder::resolve(Some(root))?;
    data.keep_private(common.group, common.quiet);
    tell(common, out, args, root, &data).into_diagnostic().wrap_err("the demo")?;
    Ok(0)
}

type Told = std::result::Result<(), Box<dyn std::error::Error + Send + Sync>>;

fn tell(
    common: &Common,
    out: &mut dyn Write,
    args: &DemoArgs,
    root: &Path,
    data: &Folder,
) -> std::io::Result<()> {
    tell_any(common, out, args, root, data).map_err(std::io::Error::other)
}

fn tell_any(common: &Common, out: &mut dyn Write, args: &DemoArgs, root: &Path, data: &Folder) -> Told {
    let attribution = AttributionFolder::new(data.attribution());
    let now = this_second();
    writeln!(out, "1. Who is known\n")?;
    let index = attribution.index(now)?;
    for history in index.sources() {
        let (source, list_versions) = (&history.source, history.snapshots.len());
        writeln!(
            out,
            "   {} of {}, {list_versions} list version{}",
            source.title,
            source.published,
            plural(list_versions)
        )?;
    }
    writeln!(
        out,
        "   {} subjects, {} claims, index {}",
        index.subject_count(),
        index.claim_count(),
        output::short(index.digest())
    )?;

    writeln!(out, "\n2. A real mainnet block\n")?;
    let block = root.join("block-702861.raw");
    std::fs::create_dir_all(root)?;
    std::fs::write(&block, bitcoin_test_data::blocks::mainnet_702861())?;
    ingest(out, data, BitcoinNetwork::Mainnet, &block)?;
    writeln!(out, "   Its inputs spend outputs of blocks we do not have: answers that need them say so.")?;

    writeln!(out, "\n3. A generated theft (seed {SEED}; nothing in it happened)\n")?;
    let case = demo_case(SEED, GENERATED)?;
    let folder = root.join("generated");
    case.write_block_files(&folder)?;
    ingest(out, data, GENERATED, &folder)?;
    let options = import::Options {
        format: Some(Format::Advisory),
        file_name: "generated.toml".to_owned(),
        ..import::Options::default()
    };
    attribution.import(&mut case.facts_toml.as_bytes(), &options, now)?;
    let index = attribution.index(now)?;

    writeln!(out, "\n4. The question: may we send to {NAMED_BY_FBI}?\n")?;
    let mainnet = Ledger::open(&data.ledger(BitcoinNetwork::Mainnet))?;
    let policy = Policy::strict();
    let settings = Settings {
        policy: &policy,
        as_of: now,
        limits: tracehound_analysis::Limits::default(),
        prices: None,
    };
    let screener = Screener::new(&index, Some((BitcoinNetwork::Mainnet, &mainnet)), settings);
    let verdict = screener.screen(NAMED_BY_FBI)?;
    output::text(out, &verdict)?;
    explain(out, &verdict)?;

    writeln!(out, "\n5. The same question about the generated case\n")?;
    generated_verdicts(out, data, &index, &case, settings)?;

    writeln!(out, "6. Where the generated loot went\n")?;
    follow_the_loot(out, data, &index, &case, now)?;
    if args.keep.is_some() && !common.quiet {
        let thief = case.address_of(Role::Thief).ok_or("the case has no thief")?;
        writeln!(out, "\nThe data is kept; to go on with it:")?;
        writeln!(out, "   export TRACEHOUND_DATA={}", root.display())?;
        writeln!(out, "   tracehound screen {NAMED_BY_FBI}")?;
        writeln!(out, "   tracehound report trace {thief} --html trace.html")?;
    }
    Ok(())
}

/// Now, to the second.
fn this_second() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

fn ingest(out: &mut dyn Write, data: &Folder, network: BitcoinNetwork, path: &Path) -> Told {
    let files =
        BitcoinFiles { paths: vec![path.to_owned()], network: Some(network), ..BitcoinFiles::default() };
    let report = ingest_bitcoin_files(&data.ledger(network), &files, &|_| ControlFlow::Continue(()))?;
    let appended = report.appended;
    writeln!(
        out,
        "   {} blocks, {} transactions, {} inputs ({} with the spent output missing), {} outputs",
        appended.blocks, appended.txs, appended.inputs, appended.missing_inputs, appended.outputs
    )?;
    Ok(())
}

/// What a person should take from the first verdict.
fn explain(out: &mut dyn Write, verdict: &Verdict) -> std::io::Result<()> {
    writeln!(out)?;
    if verdict.decision == Decision::Block {
        writeln!(
            out,
            "   No sanctions list names this address. A police advisory does, and that is enough for the policy."
        )?;
        writeln!(
            out,
            "   Everything the answer rests on is above: the claim's id, its source, its date and page."
        )?;
    }
    writeln!(out, "   What was not examined is said too: unknown is not clean.")
}

/// Outputs of the thief's that are followed.
const MOST_RECEIVED: usize = 100_000;
/// Lines of the tree that the demo shows.
const TREE_LINES: usize = 16;

/// The trace, the five methods side by side, and the truth that only the generator knows.
fn follow_the_loot(
    out: &mut dyn Write,
    data: &Folder,
    index: &Index,
    case: &DemoCase,
    now: Timestamp,
) -> Told {
    let ledger = Ledger::open(&data.ledger(GENERATED))?;
    let day = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let thief = case.address_of(Role::Thief).ok_or("the case has no thief")?;
    let keys = Keys::new(index, Some((GENERATED, &ledger)));
    let received = |&owner: &AddrNum| ledger.activity(owner, MOST_RECEIVED).0.received;
    let seeds: Vec<OutNum> = keys.owners(&Address::parse(thief)?).iter().flat_map(received).collect();
    // The chain was generated up to its last block: that is its present.
    let last = ledger.info().tip.map_or(0, |tip| i64::from(tip.header.time()));
    let options = Options {
        direction: Direction::Forward,
        method: Method::Fifo,
        through_mixes: false,
        limits: PropagationLimits::default(),
    };
    let entities = Entities::sharing(&keys, &ledger, day);
    let question = Question { seeds: &seeds, all_received: true, options, asked: Asked::at(last) };
    let found = trace::trace(&ledger, GENERATED, &question, &entities)?;
    write!(out, "{}", indented(&trace::text::report(&found, TREE_LINES, None)))?;
    writeln!(out, "\n   By other rules, and through the CoinJoin, the same money is elsewhere:\n")?;
    let through = Question { options: Options { through_mixes: true, ..options }, ..question };
    let compared = trace::compare(&ledger, GENERATED, &through, &entities)?;
    write!(out, "{}", indented(&trace::text::comparison(&compared)))?;
    let ends = case.truth.ends;
    writeln!(out, "\n   What really happened, which only the generator knows:")?;
    writeln!(
        out,
        "   cashed out {}, peeled off {}, still held {}, fees {}",
        ends.cashed_out, ends.peeled, ends.held, ends.fees
    )?;
    writeln!(
        out,
        "   Honestly lost: {} BTC went into the CoinJoin. One of its equal outputs is the thief's; the chain does not\n   \
         say which, so no rule can, and the trace stops there unless told to go on with shares.",
        found.sums.mixed.display(8, "").to_string().trim_end()
    )?;
    Ok(())
}

fn indented(text: &str) -> String {
    text.lines()
        .map(|line| if line.is_empty() { "\n".to_owned() } else { format!("   {line}\n") })
        .collect::<Vec<_>>()
        .concat()
}

fn generated_verdicts(
    out: &mut dyn Write,
    data: &Folder,
    index: &Index,
    case: &DemoCase,
    settings: Settings<'_>,
) -> Told {
    let ledger = Ledger::open(&data.ledger(GENERATED))?;
    let screener = Screener::new(index, Some((GENERATED, &ledger)), settings);
    for role in [Role::Thief, Role::Split] {
        let Some(address) = case.address_of(role) else { continue };
        output::text(out, &screener.screen(address)?)?;
        writeln!(out)?;
    }
    Ok(())
}
