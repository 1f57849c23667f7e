//! `tracehound analyze patterns`.

use std::io::Write;

use jiff::{Timestamp, tz::TimeZone};
use miette::{IntoDiagnostic, Result, miette};
use serde_json::json;
use tracehound_analysis::patterns::{
    self, Subject, Thresholds,
    leads::{self, Leads, Search},
    mined::{self, Depth},
    text,
};
use tracehound_ledger::{Ledger, OutNum};
use tracehound_model::TxId;
use tracehound_screen::Parties;

use super::peel::open;
use crate::{
    args::{Common, Output, PatternsArgs},
    commands::exposure::owner_of,
    folder::Folder,
};

/// Outputs whose sources are looked at.
const MOST_OUTPUTS: usize = 1_000;
/// Deposits that payouts are looked for: each reads three days of blocks.
const MOST_DEPOSITS: usize = 5;

pub(super) fn run(common: &Common, data: &Folder, args: &PatternsArgs, out: &mut dyn Write) -> Result<u8> {
    if common.output == Output::Csv {
        return Err(miette!("patterns are printed as text, json or jsonl"));
    }
    let now = Timestamp::now();
    let (index, ledger) = open(data, args.network, now)?;
    let known = Parties::new(&index, &ledger, args.network, now.to_zoned(TimeZone::UTC).date());
    let subject = match args.subject.parse::<TxId>() {
        Ok(txid) => Subject::Tx(ledger.find_tx(&txid).ok_or_else(|| {
            miette!("transaction {txid} is not in the ledger: ingest the block that holds it")
        })?),
        Err(_) => Subject::Address(owner_of(&ledger, args.network, &args.subject)?),
    };
    let absent = || miette!("`{}` is not in the ledger", args.subject);
    let report = patterns::around(&ledger, subject, &Thresholds::default(), &known).ok_or_else(absent)?;
    let (outs, cut) = patterns::outputs_of(&ledger, subject, MOST_OUTPUTS);
    // An address that only spends, in a partial ledger, has no outputs to ask about.
    let mined = if outs.is_empty() {
        None
    } else {
        Some(mined::sources(&ledger, &outs, Depth::default(), &known).into_diagnostic()?)
    };
    let found = if args.leads { deposits(&ledger, outs) } else { Vec::new() };
    let complete = report.is_complete() && !cut && found.iter().all(|leads| !leads.cut);
    match common.output {
        Output::Text | Output::Csv => {
            let mined = mined.as_ref().map(|mined| format!("\n{}", text::mined(mined))).unwrap_or_default();
            write!(out, "{}{mined}", text::report(&report)).into_diagnostic()?;
            for leads in &found {
                write!(out, "\n{}", text::leads(leads)).into_diagnostic()?;
            }
        }
        Output::Json | Output::Jsonl => {
            let value = json!({
                "subject": args.subject,
                "findings": report.findings,
                "txs": report.txs,
                "gaps": report.gaps,
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
