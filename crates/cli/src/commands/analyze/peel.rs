//! `tracehound analyze peel`.

use std::{io::Write, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};
use miette::{IntoDiagnostic, Result, miette};
use tracehound_analysis::peel::{self, Options};
use tracehound_attribution::{folder::AttributionFolder, index::Index};
use tracehound_ledger::Ledger;
use tracehound_model::BitcoinNetwork;
use tracehound_screen::Parties;

use crate::{
    args::{Common, Output, PeelArgs},
    commands::trace::seeds_of,
    folder::Folder,
};

/// Outputs of one transaction or address that chains are followed from.
const MOST_STARTS: usize = 50;

/// The ledger and the lists' claims, which questions about patterns need.
pub(super) fn open(data: &Folder, network: BitcoinNetwork, now: Timestamp) -> Result<(Arc<Index>, Ledger)> {
    let index = AttributionFolder::new(data.attribution()).index(now).into_diagnostic()?;
    let ledger = data.open_ledger(network)?;
    let ledger = ledger.ok_or_else(|| {
        miette!("there is no ledger of this network yet: tracehound ingest bitcoin FILES makes one")
    })?;
    Ok((index, ledger))
}

pub(super) fn run(common: &Common, data: &Folder, args: &PeelArgs, out: &mut dyn Write) -> Result<u8> {
    if common.output == Output::Csv {
        return Err(miette!("a peel chain is printed as text, json or jsonl"));
    }
    let now = Timestamp::now();
    let (index, ledger) = open(data, args.network, now)?;
    let as_of = args.as_of.unwrap_or(now);
    let known = Parties::new(&index, &ledger, args.network, as_of.to_zoned(TimeZone::UTC).date());
    let mut starts = seeds_of(&ledger, args.network, &args.from)?;
    if starts.is_empty() {
        return Err(miette!("`{}` has no output that anybody could spend", args.from));
    }
    if starts.len() > MOST_STARTS {
        return Err(miette!(
            "`{}` has {} outputs; name one of them as TXID:N (at most {MOST_STARTS} are followed at once)",
            args.from,
            starts.len()
        ));
    }
    starts.sort_by_key(|&start| (std::cmp::Reverse(ledger.output_value(start)), start));
    let options = Options {
        margin: args.margin,
        hops: args.hops,
        until: args.as_of.map_or(u32::MAX, |time| u32::try_from(time.as_second()).unwrap_or(u32::MAX)),
        ..Options::default()
    };
    let mut chains = Vec::new();
    for start in starts {
        chains.push(peel::follow(&ledger, args.network, start, options, &known).into_diagnostic()?);
    }
    let complete = chains.iter().all(peel::Chain::is_complete);
    match common.output {
        Output::Json => {
            serde_json::to_writer_pretty(&mut *out, &chains).into_diagnostic()?;
            writeln!(out).into_diagnostic()?;
        }
        Output::Jsonl => {
            for chain in &chains {
                serde_json::to_writer(&mut *out, chain).into_diagnostic()?;
                writeln!(out).into_diagnostic()?;
            }
        }
        Output::Text | Output::Csv => {
            for (at, chain) in chains.iter().enumerate() {
                let gap = if at == 0 { "" } else { "\n" };
                write!(out, "{gap}{}", peel::text::report(chain, args.lines)).into_diagnostic()?;
            }
        }
    }
    Ok(if complete { 0 } else { 30 })
}
