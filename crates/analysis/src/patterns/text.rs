//! Patterns at a terminal.

use std::fmt::Write as _;

use tracehound_model::{Asset, TxId};

use super::{
    Finding, Report,
    coinbases::{FromCoinbases, Miner},
    withdrawals::{Together, Withdrawals},
};
use crate::words::{moment, permille};

fn line(text: &mut String, what: &str) {
    writeln!(text, "{what}").expect("a string takes every write");
}

fn of_thousand(part: u32) -> String {
    permille(u64::from(part).into(), 1_000_u64.into())
}

/// Transactions named in one finding; JSON has all.
const NAMED: usize = 3;

fn named(txids: &[TxId]) -> String {
    let shown: Vec<String> = txids.iter().take(NAMED).map(ToString::to_string).collect();
    match txids.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Every finding, one a line.
pub fn report(found: &Report, asset: Asset) -> String {
    let mut text = String::new();
    if found.findings.is_empty() {
        line(&mut text, &format!("No pattern in {} transactions", found.txs));
    } else {
        line(&mut text, &format!("{} patterns in {} transactions", found.findings.len(), found.txs));
    }
    for finding in &found.findings {
        line(&mut text, &format!("  {}", said(finding, asset)));
    }
    if !found.gaps.is_empty() {
        line(&mut text, "\nCoverage gaps");
        for gap in &found.gaps {
            line(&mut text, &format!("  - {gap}"));
        }
    }
    text
}

fn said(finding: &Finding, asset: Asset) -> String {
    match finding {
        Finding::Consolidation { txid, time, inputs, owners, amount } => {
            let amount = amount
                .map_or_else(|| "amounts not all known".to_owned(), |amount| asset.money(amount).to_string());
            format!("fan-in        {} {inputs} inputs of {owners} owners, {amount}: {txid}", moment(*time))
        }
        Finding::FanOut { txids, span, recipients, amount, equal_permille, scattered, rules } => {
            let rules = if rules.is_empty() { String::new() } else { format!(" [{}]", rules.join(" ")) };
            let equal = of_thousand(*equal_permille);
            format!(
                "fan-out{rules:<6} {} {} to {recipients} recipients, {equal} about equal, {scattered} of 0.1 to 2 {}: {}",
                moment(span.0),
                asset.money(*amount),
                asset.unit().map_or("", |unit| unit.ticker),
                named(txids)
            )
        }
        Finding::Reactivated { woke, days, amount, balance, txids, .. } => format!(
            "dormant [R05] {} ended after {days} days: {} of {} left, by {}",
            moment(*woke),
            asset.money(*amount),
            asset.money(*balance),
            named(txids)
        ),
        Finding::Dormant { since, days, balance } => {
            format!("dormant       {} since {} ({days} days)", asset.money(*balance), moment(*since))
        }
        Finding::RoundTrip { txid, time, paid, back, hops, txids } => format!(
            "round [R13]   {} {} paid by {txid}, {} came back after {} to {} transactions: {}",
            moment(*time),
            asset.money(*paid),
            asset.money(*back),
            hops.0,
            hops.1,
            named(txids)
        ),
        Finding::ChipFunding(made) => format!(
            "chips made    {} {} chips of {} ({} spent): {}",
            moment(made.time),
            made.chips,
            asset.money(made.chip),
            made.spent,
            made.txid
        ),
        Finding::ChipSweep(sweep) => format!(
            "chips swept   {} {} chips, {} ({} made in number): {}",
            moment(sweep.time),
            sweep.chips,
            asset.money(sweep.amount),
            sweep.funded,
            sweep.txid
        ),
    }
}

/// How much is newly mined.
pub fn from_coinbases(found: &FromCoinbases, asset: Asset) -> String {
    let mut text = String::new();
    let share = permille(found.from_coinbases(), found.total);
    line(
        &mut text,
        &format!(
            "Newly mined: {} of {} ({share})",
            asset.money(found.from_coinbases()),
            asset.money(found.total)
        ),
    );
    let rows = [
        ("by pools", found.pool),
        ("by single miners", found.self_mined),
        ("by whom is unclear", found.unclear),
        ("from services, not followed", found.services),
        ("through mixes", found.mixed),
        ("older or beyond limits", found.older),
        ("from blocks not in the ledger", found.unresolved),
    ];
    for (name, amount) in rows.into_iter().filter(|(_, amount)| !amount.is_zero()) {
        line(
            &mut text,
            &format!("  {name:<32} {:>22}  {:>7}", asset.money(amount), permille(amount, found.total)),
        );
    }
    for coinbase in &found.coinbases {
        let miner = match coinbase.miner {
            Miner::Pool => "pool",
            Miner::SelfMined => "single miner",
            Miner::Unclear => "unclear",
        };
        line(
            &mut text,
            &format!(
                "  {} {} {} ({miner}: {})",
                moment(coinbase.time),
                asset.money(coinbase.amount),
                coinbase.txid,
                coinbase.because
            ),
        );
    }
    text
}

/// Withdrawals from one deposit, each with how often it errs.
pub fn withdrawals(found: &Withdrawals, asset: Asset) -> String {
    let mut text = String::new();
    line(
        &mut text,
        &format!(
            "Withdrawal candidates for the deposit {} of {}: {} among {} outputs{}",
            found.deposit,
            asset.money(found.amount),
            found.found,
            found.outputs,
            if found.truncated { " (truncated by the limit)" } else { "" }
        ),
    );
    for candidate in &found.candidates {
        let kind = match candidate.together {
            Together::Single => "one payout",
            Together::SameRecipient => "to one address",
            Together::SpentTogether => "spent together",
        };
        let outs: Vec<String> = candidate.payouts.iter().take(NAMED).map(ToString::to_string).collect();
        line(
            &mut text,
            &format!(
                "  {} {kind}, {} parts, fee {}, off by {} base units, after {} h; {} of {} control deposits fit as well: {}{}",
                asset.money(candidate.sum),
                candidate.payouts.len(),
                of_thousand(candidate.fee_ppm / 1_000),
                candidate.off_by,
                candidate.delay / 3_600,
                candidate.control_fits,
                candidate.controls,
                outs.join(", "),
                if candidate.payouts.len() > NAMED { " ..." } else { "" }
            ),
        );
    }
    text
}
