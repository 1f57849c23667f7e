//! `tracehound range`: generated heists, and how well the tracing does on them.

use std::{
    fs,
    io::Write,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use miette::{IntoDiagnostic, Result, WrapErr, miette};
use tracehound_engine::range::{Generated, GeneratedAccounts};
use tracehound_ingest::{BitcoinFiles, ingest_bitcoin_files};
use tracehound_ledger::Ledger;
use tracehound_model::{BitcoinNetwork, text::label};
use tracehound_range::{
    AccountConfig, Difficulty, HeistConfig, TRUTH_FILE, generate_accounts, generate_heists,
    score::{Answers, Chain, Score, error_rates, scorecard},
};

use super::answered::json;
use crate::{
    args::{Common, Output, RangeCommand, RangeGenerateArgs, RangeScoreArgs},
    progress,
};

pub(crate) fn run(common: &Common, command: &RangeCommand, out: &mut dyn Write) -> Result<u8> {
    match command {
        RangeCommand::Generate(args) => generate(common, args, out),
        RangeCommand::Score(args) => score(common, args, out),
    }
}

fn generate(common: &Common, args: &RangeGenerateArgs, out: &mut dyn Write) -> Result<u8> {
    if args.accounts {
        return accounts(common, args, out);
    }
    let difficulty = if args.hard { Difficulty::Hard } else { Difficulty::Usual };
    let config = HeistConfig { seed: args.seed, tx_count: args.txs, heists: args.heists, difficulty };
    let bar = progress::counter(common.quiet);
    bar.set_message("generating");
    let written =
        generate_heists(&config, &args.dir, &mut |at| bar.set_position(at.txs)).into_diagnostic()?;
    bar.finish_and_clear();
    match common.output {
        Output::Text => writeln!(
            out,
            "Generated (not real): {} blocks, {} transactions, {} bytes in {}; the truth is in {TRUTH_FILE}",
            written.blocks,
            written.txs,
            written.bytes,
            args.dir.display()
        ),
        Output::Json | Output::Jsonl | Output::Csv => {
            return json(out, common.output, &Generated::new(written)).map(|()| 0);
        }
    }
    .into_diagnostic()?;
    Ok(0)
}

fn accounts(common: &Common, args: &RangeGenerateArgs, out: &mut dyn Write) -> Result<u8> {
    let heists = u16::try_from(args.heists).unwrap_or(u16::MAX);
    let config = AccountConfig { seed: args.seed, txs: args.txs, heists };
    let bar = progress::counter(common.quiet);
    bar.set_message("generating");
    let written = generate_accounts(config, &args.dir).into_diagnostic()?;
    bar.finish_and_clear();
    match common.output {
        Output::Text => writeln!(
            out,
            "Generated (not real): {} blocks of {}, {} transactions, {} movements in {}; the truth is in {TRUTH_FILE}",
            written.blocks,
            written.chain.short_name(),
            written.txs,
            written.movements,
            args.dir.display()
        )
        .into_diagnostic()?,
        Output::Json | Output::Jsonl | Output::Csv => {
            return json(out, common.output, &GeneratedAccounts::new(written)).map(|()| 0);
        }
    }
    Ok(0)
}

fn score(common: &Common, args: &RangeScoreArgs, out: &mut dyn Write) -> Result<u8> {
    let bar = progress::counter(common.quiet);
    let [mut sum, mut hard] = [Score::default(), Score::default()];
    let temporary = tempfile::tempdir().into_diagnostic()?;
    if args.dirs.is_empty() {
        let usual = args.seed.iter().map(|&seed| (seed, Difficulty::Usual));
        for (seed, difficulty) in usual.chain(args.hard_seed.iter().map(|&seed| (seed, Difficulty::Hard))) {
            let dir = temporary.path().join("generated");
            bar.set_message(format!("generating from seed {seed}"));
            let config = HeistConfig { seed, tx_count: args.txs, heists: args.heists, difficulty };
            generate_heists(&config, &dir, &mut |at| bar.set_position(at.txs)).into_diagnostic()?;
            bar.set_message(format!("scoring seed {seed}"));
            let of = if difficulty == Difficulty::Hard { &mut hard } else { &mut sum };
            of.add(&score_one(&dir, &temporary.path().join("ledger"))?);
            fs::remove_dir_all(&dir).into_diagnostic()?;
        }
    }
    for dir in &args.dirs {
        bar.set_message(format!("scoring {}", label(&dir.display().to_string())));
        sum.add(&score_one(dir, &temporary.path().join("ledger"))?);
    }
    bar.finish_and_clear();
    let command = command_line(args);
    let page = scorecard(&sum, &hard, &command);
    let page_file = args.scorecard.as_ref().map(|file| format!("{page}{}", other_sections(file)));
    write_file(args.scorecard.as_ref(), page_file.as_ref().unwrap_or(&page))?;
    write_file(args.rates.as_ref(), &error_rates(&sum, &command))?;
    if args.scorecard.is_none() {
        write!(out, "{page}").into_diagnostic()?;
    }
    Ok(0)
}

/// Reads the blocks into a ledger of their own, which is removed again.
fn score_one(dir: &Path, folder: &Path) -> Result<Score> {
    let answers = Answers::load(dir).into_diagnostic()?;
    let network = Some(BitcoinNetwork::Regtest);
    let files = BitcoinFiles { paths: vec![dir.to_owned()], network, ..BitcoinFiles::default() };
    let report = ingest_bitcoin_files(folder, &files, &|_| ControlFlow::Continue(())).into_diagnostic()?;
    if let Some(problem) = report.problems.first() {
        return Err(miette!("the blocks in {} are not what was generated: {problem:?}", dir.display()));
    }
    let ledger = Ledger::open(folder).into_diagnostic()?;
    let score = Score::of(&Chain::new(&ledger, answers.seed), &answers)
        .into_diagnostic()
        .wrap_err_with(|| format!("scoring {}", dir.display()))?;
    drop(ledger);
    fs::remove_dir_all(folder).into_diagnostic()?;
    Ok(score)
}

/// What a reader types to get the same figures. Folders are not named: they are somebody's own.
fn command_line(args: &RangeScoreArgs) -> String {
    if !args.dirs.is_empty() {
        return "tracehound range score DIR...".to_owned();
    }
    let list = |seeds: &[u64]| seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
    let hard = match &args.hard_seed[..] {
        [] => String::new(),
        seeds => format!(" --hard-seed {}", list(seeds)),
    };
    let (txs, heists, seeds) = (args.txs, args.heists, list(&args.seed));
    format!("tracehound range score --txs {txs} --heists {heists} --seed {seeds}{hard}")
}

/// The sections of a scorecard that other commands wrote, from their first mark on.
fn other_sections(file: &Path) -> String {
    let old = fs::read_to_string(file).unwrap_or_default();
    old.find("<!-- ").map_or_else(String::new, |at| format!("\n{}", &old[at..]))
}

fn write_file(path: Option<&PathBuf>, text: &str) -> Result<()> {
    let Some(path) = path else { return Ok(()) };
    fs::write(path, text).into_diagnostic().wrap_err_with(|| format!("cannot write {}", path.display()))
}
