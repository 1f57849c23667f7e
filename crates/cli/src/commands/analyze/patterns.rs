//! `tracehound analyze patterns`.

use std::io::Write;

use miette::{IntoDiagnostic, Result, miette};
use serde_json::json;
use tracehound_analysis::{
    extent::{Extent, Needed},
    patterns::{
        self, Subject, Thresholds,
        leads::{self, Leads, Search},
        mined::{self, Depth},
        text,
    },
};
use tracehound_ledger::{BlockNum, Ledger, OutNum};
use tracehound_model::{Address, TxId};

use crate::{
    args::{Common, Output, PatternsArgs},
    commands::opened::{Absent, Opened, owners_of},
    folder::Folder,
};

/// Outputs whose sources are looked at.
const MOST_OUTPUTS: usize = 1_000;
/// Deposits that payouts are looked for: each reads three days of blocks.
const MOST_DEPOSITS: usize = 5;

pub(super) fn run(common: &Common, data: &Folder, args: &PatternsArgs, out: &mut dyn Write) -> Result<u8> {
    let opened = Opened::new(data, args.network, &args.moment)?;
    let (ledger, keys) = (&opened.ledger, opened.keys());
    let known = opened.parties(&keys);
    let mut own_gaps = Vec::new();
    let nowhere = Absent::of(&args.subject);
    let (subject, needed) = if let Ok(txid) = args.subject.parse::<TxId>() {
        let Some(tx) = ledger.find_tx(&txid) else { return opened.absent(common, &nowhere, out) };
        let block = ledger.block_of(tx).map_or(BlockNum(0), |block| block.num);
        (Subject::Tx(tx), Needed::From(block))
    } else {
        let owners = owners_of(&keys, args.network, &args.subject)?;
        let own =
            Address::parse(&args.subject).ok().and_then(|address| ledger.find_address(address.script()?));
        let Some(owner) = own.or_else(|| owners.first().copied()) else {
            return opened.absent(common, &nowhere, out);
        };
        if owners.len() > 1 {
            own_gaps.push(format!(
                "the key has {} more addresses in the ledger, whose transactions were not looked at: ask about them too",
                owners.len() - 1
            ));
        }
        (Subject::Address(owner), Needed::All)
    };
    let extent = Extent::of(ledger, opened.asked, needed);
    let absent = || miette!("`{}` is not in the ledger", args.subject);
    let mut report = patterns::around(ledger, subject, &Thresholds::default(), &known).ok_or_else(absent)?;
    let (outs, cut) = patterns::outputs_of(ledger, subject, MOST_OUTPUTS);
    // An address that only spends, in a partial ledger, has no outputs to ask about.
    let mined = if outs.is_empty() {
        None
    } else {
        Some(mined::sources(ledger, &outs, Depth::default(), &known).into_diagnostic()?)
    };
    let found = if args.leads { deposits(ledger, outs) } else { Vec::new() };
    report.gaps.extend(own_gaps);
    report.gaps.extend(extent.gaps.iter().cloned());
    let complete = report.is_complete() && !cut && found.iter().all(|leads| !leads.cut);
    match common.output {
        Output::Text | Output::Csv => {
            let mined = mined.as_ref().map(|mined| format!("\n{}", text::mined(mined))).unwrap_or_default();
            write!(out, "{}{mined}", text::report(&report)).into_diagnostic()?;
            writeln!(out, "\n{}", extent.sentence()).into_diagnostic()?;
            for leads in &found {
                write!(out, "\n{}", text::leads(leads)).into_diagnostic()?;
            }
        }
        Output::Json | Output::Jsonl => {
            let value = json!({
                "subject": args.subject,
                "findings": report.findings,
                "txs": report.txs,
                "ledger": extent,
                "gaps": report.gaps,
                "complete": complete,
                "mined": mined,
                "mined_of_all_outputs": !cut,
                "leads": found,
                "snapshot": ledger.snapshot_id(),
            });
            writeln!(out, "{value}").into_diagnostic()?;
        }
    }
    Ok(if complete { 0 } else { 30 })
}

/// Leads from the largest outputs.
fn deposits(ledger: &Ledger, mut outs: Vec<OutNum>) -> Vec<Leads> {
    outs.sort_by_key(|&out| (std::cmp::Reverse(ledger.output_value(out)), out));
    let search = Search::default();
    outs.into_iter().take(MOST_DEPOSITS).filter_map(|out| leads::find(ledger, out, &search)).collect()
}
