//! `tracehound trace`.

use std::{fs, io::Write, path::Path};

use miette::{IntoDiagnostic, Result, WrapErr, miette};
use tracehound_analysis::{
    rates::Rates,
    taint::{Direction, Options, WalkLimits},
    trace::{self, Known, Question},
};
use tracehound_ledger::{Ledger, OutNum, TxView};
use tracehound_model::{Address, OutPoint, Subject, TxId};
use tracehound_screen::Keys;

use super::opened::{Opened, owners_of};
use crate::{
    args::{Common, Output, TraceArgs},
    folder::Folder,
};

/// Outputs of one address that are followed.
const MOST_RECEIVED: usize = 100_000;

pub(crate) fn run(common: &Common, data: &Folder, args: &TraceArgs, out: &mut dyn Write) -> Result<u8> {
    let opened = Opened::new(data, args.network, &args.moment)?;
    let keys = opened.keys();
    let known = opened.parties(&keys);
    let (mut seeds, mut all_received) = (Vec::new(), args.named.is_some());
    for from in &args.from {
        let Start { outs, is_owner } = start(&opened, &keys, from)?;
        seeds.extend(outs);
        all_received |= is_owner;
    }
    if let Some(name) = &args.named {
        seeds.extend(seeds_named(&opened, &keys, name)?);
    }
    seeds.sort_unstable();
    seeds.dedup();
    let question = Question { seeds: &seeds, all_received, options: options(args), asked: opened.asked };
    if args.compare {
        return compare(common, &opened, &question, &known, out);
    }
    let found = trace::trace(&opened.ledger, args.network, &question, &known).into_diagnostic()?;
    if let Some(path) = &args.svg {
        write_file(path, &trace::svg(&found))?;
    }
    if let Some(path) = &args.dot {
        write_file(path, &trace::dot(&found))?;
    }
    match common.output {
        Output::Text => {
            // Measured forward only.
            let measured = (!args.backward)
                .then(|| Rates::shipped().sentence(args.method, args.through_mixes))
                .flatten();
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
        Output::Json | Output::Jsonl => {
            serde_json::to_writer(&mut *out, &found).map_err(Into::into).and_then(|()| writeln!(out))
        }
        Output::Csv => return Err(miette!("a comparison is printed as text or json")),
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
pub(super) fn start(opened: &Opened, keys: &Keys<'_>, from: &str) -> Result<Start> {
    let ledger = &opened.ledger;
    if let Ok(OutPoint { txid, vout }) = from.parse::<OutPoint>() {
        let tx = tx_named(ledger, &txid)?;
        if vout >= tx.output_count {
            return Err(miette!("transaction {txid} has {} outputs, numbered from 0", tx.output_count));
        }
        return Ok(Start { outs: vec![OutNum(tx.first_output.0 + u64::from(vout))], is_owner: false });
    }
    if let Ok(txid) = from.parse::<TxId>() {
        let tx = tx_named(ledger, &txid)?;
        let owned = ledger.outputs(&tx).filter(|output| output.owner.is_some());
        return Ok(Start { outs: owned.map(|output| output.num).collect(), is_owner: false });
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
    if outs.is_empty() {
        return Err(miette!("`{from}` received nothing in the blocks of the ledger"));
    }
    Ok(Start { outs, is_owner: true })
}

/// What the addresses received that claims of the day give this name; a claim's actor counts as its name too.
fn seeds_named(opened: &Opened, keys: &Keys<'_>, name: &str) -> Result<Vec<OutNum>> {
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
        (_, true) => {
            Err(miette!("{claims} claims name `{name}`, but none of their addresses occurs in the ledger"))
        }
        (_, false) => {
            // In the ledger's order: that of the claims is different in every installation.
            seeds.sort_unstable();
            Ok(seeds)
        }
    }
}

fn tx_named(ledger: &Ledger, txid: &TxId) -> Result<TxView> {
    let tx = ledger.find_tx(txid).and_then(|tx| ledger.tx(tx));
    tx.ok_or_else(|| miette!("transaction {txid} is not in the ledger: ingest the block that holds it"))
}

fn write_file(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).into_diagnostic().wrap_err_with(|| format!("cannot write {}", path.display()))
}
