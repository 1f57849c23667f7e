//! `tracehound trace`.

use std::{fs, io::Write, path::Path};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use miette::{IntoDiagnostic, Result, WrapErr, miette};
use tracehound_analysis::{
    rates::Rates,
    taint::{Direction, Options, WalkLimits},
    trace::{self, Known},
};
use tracehound_attribution::{folder::AttributionFolder, index::Index};
use tracehound_ledger::{Ledger, OutNum, TxView};
use tracehound_model::{Address, BitcoinNetwork, Chain, OutPoint, Subject, TxId};
use tracehound_screen::Parties;

use crate::{
    args::{Common, Output, TraceArgs},
    folder::Folder,
};

/// Outputs of one address that are followed.
const MOST_RECEIVED: usize = 100_000;

pub(crate) fn run(common: &Common, data: &Folder, args: &TraceArgs, out: &mut dyn Write) -> Result<u8> {
    let now = Timestamp::now();
    let index = AttributionFolder::new(data.attribution()).index(now).into_diagnostic()?;
    let Some(ledger) = data.open_ledger(args.network)? else {
        return Err(miette!(
            "there is no ledger of this network yet: tracehound ingest bitcoin FILES makes one"
        ));
    };
    let as_of = args.as_of.unwrap_or(now);
    let day = as_of.to_zoned(TimeZone::UTC).date();
    let known = Parties::new(&index, &ledger, args.network, day);
    let mut seeds = Vec::new();
    for from in &args.from {
        seeds.extend(seeds_of(&ledger, args.network, from)?);
    }
    if let Some(name) = &args.named {
        seeds.extend(seeds_named(&index, &ledger, args.network, day, name)?);
    }
    seeds.sort_unstable();
    seeds.dedup();
    let options = options(args);
    if args.compare {
        return compare(common, &ledger, args, &seeds, options, &known, out);
    }
    let found = trace::trace(&ledger, args.network, &seeds, options, &known).into_diagnostic()?;
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
    Ok(if found.is_complete() { 0 } else { 30 })
}

fn compare(
    common: &Common,
    ledger: &Ledger,
    args: &TraceArgs,
    seeds: &[OutNum],
    options: Options,
    known: &dyn Known,
    out: &mut dyn Write,
) -> Result<u8> {
    let found = trace::compare(ledger, args.network, seeds, options, known).into_diagnostic()?;
    match common.output {
        Output::Text => write!(out, "{}", trace::text::comparison(&found)),
        Output::Json | Output::Jsonl => {
            serde_json::to_writer(&mut *out, &found).map_err(Into::into).and_then(|()| writeln!(out))
        }
        Output::Csv => return Err(miette!("a comparison is printed as text or json")),
    }
    .into_diagnostic()?;
    Ok(0)
}

fn options(args: &TraceArgs) -> Options {
    let until = args.as_of.map_or(u32::MAX, |time| u32::try_from(time.as_second()).unwrap_or(u32::MAX));
    Options {
        direction: if args.backward { Direction::Backward } else { Direction::Forward },
        method: args.method,
        through_mixes: args.through_mixes,
        limits: WalkLimits {
            hops: args.hops,
            dust: args.dust.into(),
            share_ppm: 0,
            fan_out: args.fan_out,
            txs: args.work,
            until,
            through_fees: args.through_fees,
        },
    }
}

/// The outputs that an argument names.
pub(super) fn seeds_of(ledger: &Ledger, network: BitcoinNetwork, from: &str) -> Result<Vec<OutNum>> {
    if let Ok(OutPoint { txid, vout }) = from.parse::<OutPoint>() {
        let tx = tx_named(ledger, &txid)?;
        if vout >= tx.output_count {
            return Err(miette!("transaction {txid} has {} outputs, numbered from 0", tx.output_count));
        }
        return Ok(vec![OutNum(tx.first_output.0 + u64::from(vout))]);
    }
    if let Ok(txid) = from.parse::<TxId>() {
        let tx = tx_named(ledger, &txid)?;
        let owned = ledger.outputs(&tx).filter(|output| output.owner.is_some());
        return Ok(owned.map(|output| output.num).collect());
    }
    let address = Address::parse(from)
        .into_diagnostic()
        .wrap_err_with(|| format!("`{from}` is no output (TXID:N), transaction or address"))?;
    let script = address.script().filter(|_| address.fits(Chain::Bitcoin(network)));
    let Some(script) = script else {
        return Err(miette!("`{from}` is not an address of this network (--network chooses another)"));
    };
    let owner =
        ledger.find_address(script).ok_or_else(|| miette!("`{from}` does not occur in the ledger"))?;
    let (activity, cut) = ledger.activity(owner, MOST_RECEIVED);
    if cut {
        return Err(miette!("`{from}` received more than {MOST_RECEIVED} outputs: name the ones to follow"));
    }
    if activity.received.is_empty() {
        return Err(miette!("`{from}` received nothing in the blocks of the ledger"));
    }
    Ok(activity.received)
}

/// What the addresses received that claims of the day give this name; a claim's actor counts as its name too.
fn seeds_named(
    index: &Index,
    ledger: &Ledger,
    network: BitcoinNetwork,
    day: Date,
    name: &str,
) -> Result<Vec<OutNum>> {
    let wanted = name.to_lowercase();
    let (mut claims, mut seeds) = (0u32, Vec::new());
    for claim in index.claims().filter(|claim| claim.holds_on(day)) {
        let fits = claim.label().to_lowercase().contains(&wanted)
            || claim.actor().is_some_and(|actor| actor.to_lowercase() == wanted);
        if !fits {
            continue;
        }
        claims += 1;
        let Subject::Address(address) = claim.subject() else { continue };
        let script = address.script().filter(|_| address.fits(Chain::Bitcoin(network)));
        let Some(owner) = script.and_then(|script| ledger.find_address(script)) else { continue };
        let (activity, cut) = ledger.activity(owner, MOST_RECEIVED);
        if cut {
            return Err(miette!(
                "{address} received more than {MOST_RECEIVED} outputs: name the ones to follow"
            ));
        }
        seeds.extend(activity.received);
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
