//! `tracehound wallet check`: asks, or reads a file of answers, and never wants a secret.

use std::{
    collections::BTreeMap,
    io::{BufRead, IsTerminal, Read, Write},
    path::Path,
};

use miette::{IntoDiagnostic, Result, WrapErr, miette};
use tracehound_evm::{approvals, rpc::Rpc};
use tracehound_guard::{
    Severity,
    scalar::strict_address,
    secret::{self, Secret},
    wallet::{Advice, Answer, QUESTIONS, answers, audit},
};
use tracehound_model::text::line;
use zeroize::Zeroize;

use crate::{
    args::{Common, Output, WalletCommand},
    output::documents,
    terminal,
};

/// Bytes of a line or a file of answers that are read.
const MOST: u64 = 1 << 16;

pub(crate) fn run(common: &Common, command: &WalletCommand, out: &mut dyn Write) -> Result<u8> {
    let WalletCommand::Check(args) = command;
    for given in &args.address {
        refuse_secret(given.clone())?;
    }
    let given = match &args.answers {
        Some(file) => from_file(file)?,
        None if args.address.is_empty() || std::io::stdin().is_terminal() => ask()?,
        None => BTreeMap::new(),
    };
    let mut advice = audit(|id| given.get(id).copied().unwrap_or(Answer::Unknown));
    if args.address.is_empty() {
        advice.push(not_looked_at(
            "No address was given, so open approvals were not listed (--address, --rpc).",
        ));
    }
    let mut node = args.rpc.as_ref().map(super::guard::open_node).transpose()?;
    for address in &args.address {
        strict_address(address).into_diagnostic()?;
        match &mut node {
            None => {
                advice.push(not_looked_at(&format!("Open approvals of {address} need a node (--rpc URL).")));
            }
            Some(node) => advice.extend(open_approvals(node, address)),
        }
    }
    advice.sort_by_key(|advice| std::cmp::Reverse(advice.severity));
    print(common, &advice, out)?;
    let worst = advice.iter().map(|advice| advice.severity).max().unwrap_or(Severity::Info);
    Ok(worst.decision().exit_code())
}

fn not_looked_at(what: &str) -> Advice {
    Advice {
        id: "approvals-open".to_owned(),
        severity: Severity::Incomplete,
        wrong: what.to_owned(),
        next: "tracehound wallet check --address 0x... --rpc http://127.0.0.1:8545".to_owned(),
    }
}

fn open_approvals(node: &mut Rpc, address: &str) -> Vec<Advice> {
    let (open, cut) = match approvals::open(node, address) {
        Ok(found) => found,
        Err(error) => {
            return vec![not_looked_at(&format!("Open approvals of {address} were not read: {error}"))];
        }
    };
    let mut advice: Vec<Advice> = open
        .into_iter()
        .map(|open| {
            let how = open.amount.as_deref().map_or_else(
                || "every piece of the collection".to_owned(),
                |amount| format!("0x{} base units of the token", amount.trim_start_matches('0')),
            );
            Advice {
                id: "approval".to_owned(),
                severity: Severity::Review,
                wrong: format!("{} may take {how} {} from {address}.", open.spender, open.token),
                next: "Revoke it if you do not use it: approve(spender, 0), or setApprovalForAll(operator, false)."
                    .to_owned(),
            }
        })
        .collect();
    if cut {
        advice.push(not_looked_at(&format!(
            "{address} has more approvals than are asked about: the rest was left out."
        )));
    }
    advice
}

/// Asks on standard error and reads from standard input, so that the answer on standard output stays clean.
fn ask() -> Result<BTreeMap<String, Answer>> {
    let mut answers = BTreeMap::new();
    let mut input = std::io::stdin().lock();
    let mut screen = terminal::stderr();
    writeln!(
        screen,
        "Answer yes, no, or Enter for not known. Never type a seed phrase or a key here or anywhere.\n"
    )
    .into_diagnostic()?;
    for question in QUESTIONS {
        loop {
            write!(screen, "{} [y/n] ", question.text).into_diagnostic()?;
            let mut line = String::new();
            let read = input.by_ref().take(MOST).read_line(&mut line).into_diagnostic()?;
            if read == 0 {
                return Ok(answers);
            }
            let answer = Answer::parse(&line);
            refuse_secret(line)?;
            match answer {
                Some(answer) => {
                    answers.insert(question.id.to_owned(), answer);
                    break;
                }
                None => writeln!(screen, "  yes, no, or Enter").into_diagnostic()?,
            }
        }
    }
    Ok(answers)
}

fn from_file(file: &Path) -> Result<BTreeMap<String, Answer>> {
    let named = || format!("the answers {}", file.display());
    let mut text = String::new();
    let opened = std::fs::File::open(file).into_diagnostic().wrap_err_with(named)?;
    opened.take(MOST).read_to_string(&mut text).into_diagnostic().wrap_err_with(named)?;
    let parsed = answers(&text);
    refuse_secret(text)?;
    parsed.map_err(|error| miette!("{}: {error}", named()))
}

/// Wipes what was read, and refuses it if it looks like a secret.
fn refuse_secret(mut text: String) -> Result<()> {
    let found: Option<Secret> = secret::find(&text);
    text.zeroize();
    match found {
        None => Ok(()),
        Some(secret) => Err(miette!(
            "that looks like {}: it was wiped from memory and nothing was stored. Whoever sees it can take everything, so no \
             program, page or person needs it, and this one neither. If it is in a file, in the shell's history or was typed \
             anywhere before, take it for lost: make a new wallet and move everything there",
            secret.what()
        )),
    }
}

fn print(common: &Common, advice: &[Advice], out: &mut dyn Write) -> Result<()> {
    match common.output {
        Output::Text => {
            if advice.is_empty() {
                writeln!(out, "Nothing to mend.").into_diagnostic()?;
            }
            for advice in advice {
                let severity = advice.severity.as_str().to_uppercase();
                let (wrong, next) = (line(&advice.wrong), line(&advice.next));
                writeln!(out, "{severity:<10}  {wrong}\n            next: {next}\n").into_diagnostic()?;
            }
            Ok(())
        }
        output => documents(out, output, advice).into_diagnostic(),
    }
}
