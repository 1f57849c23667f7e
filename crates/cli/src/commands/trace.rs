//! `tracehound trace`.

use std::{fs, io::Write, path::Path};

use miette::{IntoDiagnostic, Result, WrapErr, miette};
use tracehound_analysis::{
    rates::Rates,
    taint::{Direction, Options, WalkLimits},
    trace::{self, Known, Question},
};
use tracehound_ledger::{Ledger, OutNum, TxView};
use tracehound_model::{Address, Chain, OutPoint, Subject, TxId};
use tracehound_screen::Keys;

use super::opened::{Absent, Opened, owners_of};
use crate::{
    args::{Common, Output, TraceArgs},
    folder::Folder,
    terminal,
};

/// Outputs of one address that are followed.
const MOST_RECEIVED: usize = 100_000;

pub(crate) fn run(common: &Common, data: &Folder, args: &TraceArgs, out: &mut dyn Write) -> Result<u8> {
    let opened = Opened::new(data, args.network, &args.moment)?;
    let keys = opened.keys();
    let known = opened.parties(&keys);
    let (mut seeds, mut all_received) = (Vec::new(), args.named.is_some());
    let mut unknown = Vec::new();
    for from in &args.from {
        match start(&opened, &keys, from)? {
            Ok(Start { outs, is_owner }) => {
                seeds.extend(outs);
                all_received |= is_owner;
            }
            Err(absent) => unknown.push(absent),
        }
    }
    if let Some(name) = &args.named {
        match seeds_named(&opened, &keys, name)? {
            Ok(outs) => seeds.extend(outs),
            Err(absent) => unknown.push(absent),
        }
    }
    if let ([], [first, ..]) = (&seeds[..], &unknown[..]) {
        return opened.absent(common, first, out);
    }
    for absent in &unknown {
        // What was asked for and is not there may lie in any block that is missing.
        all_received = true;
        terminal::say(&format!("note: {} does not occur in the ledger", absent.told));
    }
    seeds.sort_unstable();
    seeds.dedup();
    let question = Question { seeds: &seeds, all_received, options: options(args), asked: opened.asked };
    if args.compare {
        return compare(common, &opened, &question, &known, out);
    }
    let found = trace::trace(&opened.ledger, args.network, &question, &known).into_diagnostic()?;
    if let Some(path) = &args.svg {
        write_file(data, path, &trace::svg(&found))?;
    }
    if let Some(path) = &args.dot {
        write_file(data, path, &trace::dot(&found))?;
    }
    match common.output {
        Output::Text => {
            // Measured forward only.
            let measured = if args.backward {
                None
            } else {
                let knows_services =
                    opened.index.knows_service_of(Chain::Bitcoin(opened.network), opened.day);
                Rates::shipped().sentence(args.method, args.through_mixes, knows_services)
            };
            write!(out, "{}", trace::text::report(&found, args.lines, measured.as_deref()))
        }
        Output::Csv => write!(out, "{}", trace::csv(&found)),
        Output::Json => {
            serde_json::to_writer_pretty(&mut *out, &found).map_err(Into::into).and_then(|()| writeln!(out))
        }
        Output::Jsonl => {
            serde_json::to_writer(&mut *out, &found).map_err(Into::into).and_then(|()| writeln!(out))
        }
    }
    .into_diagnostic()?;
    Ok(if found.complete { 0 } else { 30 })
}

fn compare(
    common: &Common,
    opened: &Opened,
    question: &Question<'_>,
    known: &dyn Known,
    out: &mut dyn Write,
) -> Result<u8> {
    let found = trace::compare(&opened.ledger, opened.network, question, known).into_diagnostic()?;
    match common.output {
        Output::Text => write!(out, "{}", trace::text::comparison(&found)),
        Output::Json | Output::Jsonl | Output::Csv => {
            serde_json::to_writer(&mut *out, &found).map_err(Into::into).and_then(|()| writeln!(out))
        }
    }
    .into_diagnostic()?;
    Ok(if found.complete { 0 } else { 30 })
}

fn options(args: &TraceArgs) -> Options {
    Options {
        direction: if args.backward { Direction::Backward } else { Direction::Forward },
        method: args.method,
        through_mixes: args.through_mixes,
        limits: WalkLimits {
            hops: args.hops,
            dust: args.dust.into(),
            fan_out: args.fan_out,
            txs: args.work,
            through_fees: args.through_fees,
            ..WalkLimits::default()
        },
    }
}

/// What an argument names.
pub(super) struct Start {
    /// The outputs.
    pub(super) outs: Vec<OutNum>,
    /// Whether they are all that somebody received.
    pub(super) is_owner: bool,
}

/// The outputs that an argument names: one (TXID:N), those of a transaction, or those that the key of an address received.
pub(super) fn start(
    opened: &Opened,
    keys: &Keys<'_>,
    from: &str,
) -> Result<std::result::Result<Start, Absent>> {
    let ledger = &opened.ledger;
    let absent = || Ok(Err(Absent::of(from)));
    if let Ok(OutPoint { txid, vout }) = from.parse::<OutPoint>() {
        let Some(tx) = tx_named(ledger, &txid) else { return absent() };
        if vout >= tx.output_count {
            return Err(miette!("transaction {txid} has {} outputs, numbered from 0", tx.output_count));
        }
        let out = OutNum(tx.first_output.0 + u64::from(vout));
        return Ok(Ok(Start { outs: vec![out], is_owner: false }));
    }
    if let Ok(txid) = from.parse::<TxId>() {
        let Some(tx) = tx_named(ledger, &txid) else { return absent() };
        let owned = ledger.outputs(&tx).filter(|output| output.owner.is_some());
        return Ok(Ok(Start { outs: owned.map(|output| output.num).collect(), is_owner: false }));
    }
    Address::parse(from)
        .into_diagnostic()
        .wrap_err_with(|| format!("`{from}` is no output (TXID:N), transaction or address"))?;
    let mut outs = Vec::new();
    for owner in owners_of(keys, opened.network, from)? {
        let (activity, cut) = ledger.activity(owner, MOST_RECEIVED);
        if cut {
            return Err(miette!(
                "`{from}` received more than {MOST_RECEIVED} outputs: name the ones to follow"
            ));
        }
        outs.extend(activity.received);
    }
    // One that only spends what it got in blocks that are missing received nothing here either.
    if outs.is_empty() { absent() } else { Ok(Ok(Start { outs, is_owner: true })) }
}

/// What the addresses received that claims of the day give this name; a claim's actor counts as its name too.
fn seeds_named(
    opened: &Opened,
    keys: &Keys<'_>,
    name: &str,
) -> Result<std::result::Result<Vec<OutNum>, Absent>> {
    let wanted = name.to_lowercase();
    let (mut claims, mut seeds) = (0u32, Vec::new());
    for claim in opened.index.claims().filter(|claim| claim.holds_on(opened.day)) {
        let fits = claim.label().to_lowercase().contains(&wanted)
            || claim.actor().is_some_and(|actor| actor.to_lowercase() == wanted);
        if !fits {
            continue;
        }
        claims += 1;
        let Subject::Address(address) = claim.subject() else { continue };
        for owner in keys.owners(&address) {
            let (activity, cut) = opened.ledger.activity(owner, MOST_RECEIVED);
            if cut {
                return Err(miette!(
                    "{address} received more than {MOST_RECEIVED} outputs: name the ones to follow"
                ));
            }
            seeds.extend(activity.received);
        }
    }
    match (claims, seeds.is_empty()) {
        (0, _) => Err(miette!("no list names anybody `{name}`: tracehound lists list shows what is loaded")),
        (_, true) => Ok(Err(Absent {
            subject: name.to_owned(),
            told: format!("whoever {claims} claims name `{name}`"),
        })),
        (_, false) => {
            // In the ledger's order: that of the claims is different in every installation.
            seeds.sort_unstable();
            Ok(Ok(seeds))
        }
    }
}

fn tx_named(ledger: &Ledger, txid: &TxId) -> Option<TxView> {
    ledger.find_tx(txid).and_then(|tx| ledger.tx(tx))
}

/// A drawing leaves as an answer does: when what it rests on is whole.
fn write_file(data: &Folder, path: &Path, text: &str) -> Result<()> {
    data.confirm()?;
    fs::write(path, text).into_diagnostic().wrap_err_with(|| format!("cannot write {}", path.display()))
}
