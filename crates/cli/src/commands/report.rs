//! `tracehound report`.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use miette::{IntoDiagnostic, Result, WrapErr, miette};
use tracehound_engine::{
    Answer,
    screen::{self, Question},
};
use tracehound_model::{BitcoinNetwork, Chain, text::label};
use tracehound_report::{
    page::{self, Batch, Told},
    pdf,
};

use super::{
    answered::exit_code,
    drawn::{PROGRAM, write_file},
    exposure, path, policy, trace, transfers,
};
use crate::{
    args::{Common, ExposureQuestion, Into, ReportCommand, TraceQuestion, VerdictQuestion},
    folder::Folder,
    output::Worst,
    prices, terminal,
};

/// Longest record that is read: a verdict with a hundred exposures is a tenth of it.
const MAX_LINE: u64 = 4 << 20;

pub(crate) fn run(common: &Common, data: &Folder, command: &ReportCommand) -> Result<u8> {
    let ((page, code), into) = match command {
        ReportCommand::Verdict { question, into } => (verdict(data, question)?, into),
        ReportCommand::Trace { question, into } => {
            let page = match data.chain(&question.whose, &question.from) {
                Chain::Evm(chain_id) => account_trace(data, question, chain_id)?,
                _ => trace_page(data, question)?,
            };
            (page, into)
        }
        ReportCommand::Exposure { question, into } => {
            let page = match data.chain(&question.whose, &question.addresses) {
                Chain::Evm(chain_id) => account_exposure(data, question, chain_id)?,
                _ => exposure_page(data, question)?,
            };
            (page, into)
        }
        ReportCommand::Path { question, into } => {
            let network = data.bitcoin(&question.whose, [&question.from, &question.to], "a report")?;
            let snapshot = data.snapshot(network)?;
            let asked = path::question(network, question);
            let told = |id: &str| told(network, asked.moment.as_of.unwrap_or(snapshot.second()), id);
            let page = match snapshot.path(&asked).into_diagnostic()? {
                Answer::Found(found) => {
                    let naming =
                        snapshot.naming(network, asked.moment, path::named(&found)).into_diagnostic()?;
                    (page::path(&found, &naming, &told(&found.snapshot)), exit_code(found.complete))
                }
                Answer::Absent(nowhere) => {
                    (page::absent(&nowhere, &told(&nowhere.snapshot)), exit_code(nowhere.complete))
                }
            };
            (page, into)
        }
        ReportCommand::Batch { files, into } => (batch(files)?, into),
    };
    // A page must not be left behind that a damaged ledger wrote.
    data.confirm()?;
    deliver(common, into, &page)?;
    Ok(code)
}

fn trace_page(data: &Folder, question: &TraceQuestion) -> Result<(String, u8)> {
    let network = data.bitcoin(&question.whose, &question.from, "a report")?;
    let snapshot = data.snapshot(network)?;
    let asked = trace::question(network, question);
    let told = |id: &str| told(network, asked.moment.as_of.unwrap_or(snapshot.second()), id);
    Ok(match snapshot.trace(&asked).into_diagnostic()? {
        Answer::Found(traced) => {
            let nodes = traced.found.nodes.iter().filter(|node| node.entity.is_some());
            let named = nodes.filter_map(|node| node.address.as_deref());
            let naming = snapshot.naming(network, asked.moment, named).into_diagnostic()?;
            let page = page::trace(&traced, &naming, &told(&traced.found.snapshot));
            (page, exit_code(traced.found.complete))
        }
        Answer::Absent(nowhere) => {
            (page::absent(&nowhere, &told(&nowhere.snapshot)), exit_code(nowhere.complete))
        }
    })
}

fn exposure_page(data: &Folder, question: &ExposureQuestion) -> Result<(String, u8)> {
    let network = data.bitcoin(&question.whose, &question.addresses, "a report")?;
    let snapshot = data.snapshot(network)?;
    let asked = exposure::question(network, question)?;
    let told = |id: &str| told(network, asked.moment.as_of.unwrap_or(snapshot.second()), id);
    Ok(match snapshot.exposure(&asked).into_diagnostic()? {
        Answer::Found(found) => {
            let naming = snapshot.naming(network, asked.moment, exposure::named(&found)).into_diagnostic()?;
            let page = page::exposure(&found, &naming, &told(&found.snapshot));
            (page, exit_code(found.complete))
        }
        Answer::Absent(nowhere) => {
            (page::absent(&nowhere, &told(&nowhere.snapshot)), exit_code(nowhere.complete))
        }
    })
}

fn account_trace(data: &Folder, question: &TraceQuestion, chain_id: u64) -> Result<(String, u8)> {
    let snapshot = data.evm_snapshot()?;
    let asked = transfers::trace::question(chain_id, question)?;
    let told = |id: &str| told_of(Chain::Evm(chain_id), asked.moment.as_of.unwrap_or(snapshot.second()), id);
    Ok(match snapshot.transfers_trace(&asked).into_diagnostic()? {
        Answer::Found(found) => {
            let naming = snapshot.transfers_naming(chain_id, asked.moment, found.named());
            (page::account_trace(&found, &naming, &told(&found.snapshot)), exit_code(found.complete))
        }
        Answer::Absent(nowhere) => {
            (page::absent(&nowhere, &told(&nowhere.snapshot)), exit_code(nowhere.complete))
        }
    })
}

fn account_exposure(data: &Folder, question: &ExposureQuestion, chain_id: u64) -> Result<(String, u8)> {
    let snapshot = data.evm_snapshot()?;
    let asked = transfers::exposure::question(chain_id, question)?;
    let told = |id: &str| told_of(Chain::Evm(chain_id), asked.moment.as_of.unwrap_or(snapshot.second()), id);
    Ok(match snapshot.transfers_exposure(&asked).into_diagnostic()? {
        Answer::Found(found) => {
            let naming = snapshot.transfers_naming(chain_id, asked.moment, found.named());
            (page::account_exposure(&found, &naming, &told(&found.snapshot)), exit_code(found.complete))
        }
        Answer::Absent(nowhere) => {
            (page::absent(&nowhere, &told(&nowhere.snapshot)), exit_code(nowhere.complete))
        }
    })
}

/// Writes the page where it is wanted. Without a browser there is no PDF, and still a page.
fn deliver(common: &Common, into: &Into, page: &str) -> Result<()> {
    let printed = into.pdf.as_ref().map(|path| (path, printed(page)));
    if let Some(path) = &into.html {
        write_file(path, page)?;
        say(common, path);
    }
    let Some((path, printed)) = printed else { return Ok(()) };
    let bytes = printed.into_diagnostic().wrap_err_with(|| format!("{} was not written", path.display()))?;
    write_file(path, &bytes)?;
    say(common, path);
    Ok(())
}

fn printed(page: &str) -> Result<Vec<u8>, pdf::PdfError> {
    let named = std::env::var_os("TRACEHOUND_CHROMIUM").filter(|name| !name.is_empty());
    pdf::print(&pdf::browser(named.map(PathBuf::from))?, page)
}

fn say(common: &Common, path: &Path) {
    if !common.quiet {
        terminal::say(&format!("written: {}", path.display()));
    }
}

/// What a page says of how it was asked: the command line with the moment and the snapshot of its answer.
fn told(network: BitcoinNetwork, as_of: Timestamp, snapshot: &str) -> Told {
    told_of(Chain::Bitcoin(network), as_of, snapshot)
}

fn told_of(chain: Chain, as_of: Timestamp, snapshot: &str) -> Told {
    let pins = [("--as-of", as_of.to_string()), ("--snapshot", snapshot.to_owned())];
    let chain = chain.to_string();
    Told { command: command_line(std::env::args(), &pins), program: PROGRAM.to_owned(), chain }
}

/// The command line for a shell, without what says where data and files lie and what is told meanwhile.
fn command_line(given: impl Iterator<Item = String>, pins: &[(&str, String)]) -> String {
    let mut words = vec!["tracehound".to_owned()];
    let mut given = given.skip(1);
    while let Some(word) = given.next() {
        let name = word.split_once('=').map_or(word.as_str(), |(name, _)| name);
        match name {
            "--data" | "--log" => {
                if name.len() == word.len() {
                    given.next();
                }
            }
            "--quiet" | "-q" | "--group" => {}
            "--html" | "--pdf" => {
                let path = word.split_once('=').map(|(_, path)| path.to_owned()).or_else(|| given.next());
                let file = path.as_deref().map(Path::new).and_then(Path::file_name).unwrap_or_default();
                words.extend([name.to_owned(), quoted(&file.to_string_lossy())]);
            }
            _ => words.push(quoted(&word)),
        }
    }
    for (name, value) in pins {
        let is_given =
            |word: &String| word == name || word.strip_prefix(name).is_some_and(|rest| rest.starts_with('='));
        if !words.iter().any(is_given) {
            words.extend([(*name).to_owned(), quoted(value)]);
        }
    }
    words.join(" ")
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn verdict(data: &Folder, args: &VerdictQuestion) -> Result<(String, u8)> {
    let snapshot = data.snapshot(args.network)?;
    let policy = policy::named(&args.policy)?;
    let prices = args.prices.as_deref().map(|path| prices::read(path, args.network)).transpose()?;
    let question = Question {
        policy: &policy,
        network: args.network,
        as_of: args.as_of,
        snapshot: args.snapshot,
        prices: prices.as_ref(),
    };
    let screening = snapshot.screening(&question).into_diagnostic()?;
    let found = screen::verdict(&screening.screener(), &args.subject)
        .into_diagnostic()
        .wrap_err_with(|| label(&args.subject).into_owned())?;
    screening.confirm().into_diagnostic()?;
    let mut told = told(args.network, found.as_of, &found.snapshot);
    told.chain = found.chain.clone().unwrap_or_default();
    let code = found.decision.exit_code();
    Ok((page::verdict(&found, &policy.words(), &told), code))
}

fn batch(files: &[PathBuf]) -> Result<(String, u8)> {
    let mut found = Batch::default();
    for path in files {
        let place = || format!("reading the records {}", path.display());
        found.next_file();
        let mut input = BufReader::new(File::open(path).into_diagnostic().wrap_err_with(place)?);
        let mut line = String::new();
        for number in 1_u64.. {
            line.clear();
            if input.by_ref().take(MAX_LINE).read_line(&mut line).into_diagnostic().wrap_err_with(place)? == 0
            {
                break;
            }
            found.record(&line).map_err(|error| miette!("{}, line {number} {error}", path.display()))?;
        }
    }
    if found.records() == 0 {
        return Err(miette!("there is no record to report"));
    }
    let refused = (found.refused() > 0).then_some(Worst::Refused);
    let uneven = found.is_uneven().then_some(Worst::Incomplete);
    let worst = refused.max(uneven).max(found.worst().map(Worst::from)).unwrap_or(Worst::Allow);
    let names: Vec<String> =
        files.iter().map(|file| label(&file.display().to_string()).into_owned()).collect();
    let told = Told {
        command: command_line(std::env::args(), &[]),
        program: PROGRAM.to_owned(),
        chain: String::new(),
    };
    Ok((page::batch(&found, &names, &told), worst.exit_code()))
}
