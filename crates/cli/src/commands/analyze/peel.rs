//! `tracehound analyze peel`.

use std::io::Write;

use miette::{IntoDiagnostic, Result, miette};
use serde::Serialize;
use tracehound_analysis::{
    extent::{Extent, Needed},
    peel::{self, Options},
};
use tracehound_ledger::BlockNum;

use crate::{
    args::{Common, Output, PeelArgs},
    commands::{
        opened::Opened,
        trace::{Start, start},
    },
    folder::Folder,
};

/// Outputs of one transaction or address that chains are followed from.
const MOST_STARTS: usize = 50;

/// A chain with how far the ledger behind it reaches.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    chain: &'a peel::Chain,
    ledger: &'a Extent,
    gaps: &'a [String],
    complete: bool,
}

pub(super) fn run(common: &Common, data: &Folder, args: &PeelArgs, out: &mut dyn Write) -> Result<u8> {
    let opened = Opened::new(data, args.network, &args.moment)?;
    let ledger = &opened.ledger;
    let known = opened.parties(&opened.keys());
    let Start { outs: mut starts, is_owner } = match start(&opened, &opened.keys(), &args.from)? {
        Ok(found) => found,
        Err(absent) => return opened.absent(common, &absent, out),
    };
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
    let options = Options { margin: args.margin, hops: args.hops, ..Options::default() };
    let block = |&out| Some(ledger.block_of(ledger.tx_of_output(out)?.0)?.num);
    let first = starts.iter().filter_map(block).min().unwrap_or(BlockNum(0));
    let needed = if is_owner { Needed::All } else { Needed::From(first) };
    let extent = Extent::of(ledger, opened.asked, needed);
    let mut chains = Vec::new();
    for start in starts {
        chains.push(peel::follow(ledger, args.network, start, options, &known).into_diagnostic()?);
    }
    let complete = extent.is_complete() && chains.iter().all(peel::Chain::is_complete);
    let told: Vec<Told<'_>> = chains
        .iter()
        .map(|chain| Told {
            chain,
            ledger: &extent,
            gaps: &extent.gaps,
            complete: extent.is_complete() && chain.is_complete(),
        })
        .collect();
    match common.output {
        Output::Json => {
            serde_json::to_writer_pretty(&mut *out, &told).into_diagnostic()?;
            writeln!(out).into_diagnostic()?;
        }
        Output::Jsonl => {
            for chain in &told {
                serde_json::to_writer(&mut *out, chain).into_diagnostic()?;
                writeln!(out).into_diagnostic()?;
            }
        }
        Output::Text | Output::Csv => {
            for (at, chain) in chains.iter().enumerate() {
                let gap = if at == 0 { "" } else { "\n" };
                write!(out, "{gap}{}", peel::text::report(chain, args.lines)).into_diagnostic()?;
            }
            writeln!(out, "\n{}", extent.sentence()).into_diagnostic()?;
            for gap in &extent.gaps {
                writeln!(out, "  - {gap}").into_diagnostic()?;
            }
        }
    }
    Ok(if complete { 0 } else { 30 })
}
