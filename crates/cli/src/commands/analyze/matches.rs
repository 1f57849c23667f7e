//! `tracehound analyze match`.

use std::{io::Write, path::Path};

use miette::{IntoDiagnostic, Result, miette};
use tracehound_engine::{
    matches::{Link, Matches, Rule, Rules, SameAssets, of_files},
    screen::batch::{Batch, Subjects},
};
use tracehound_model::text::{csv_cell, label, line};

use crate::{
    args::{Common, MatchArgs, Output},
    commands::{answered::exit_code, screen},
    output::documents,
    terminal,
};

/// Pairs of assets that are read.
const MOST_PAIRS: usize = 100_000;

pub(super) fn run(common: &Common, args: &MatchArgs, out: &mut dyn Write) -> Result<u8> {
    let same = match &args.assets {
        Some(path) => same(path)?,
        None => SameAssets::default(),
    };
    let rules = Rules {
        by_recipient: !args.without_recipient,
        earliest: args.earliest,
        latest: args.latest,
        fee_bps: args.fee_bps,
        fee_units: args.fee_units,
    };
    let named = |path: &Path| path.display().to_string();
    let (deposits, payouts) = (screen::batch::file(&args.deposits)?, screen::batch::file(&args.payouts)?);
    let found = of_files((&named(&args.deposits), deposits), (&named(&args.payouts), payouts), &same, rules)
        .into_diagnostic()?;
    match common.output {
        Output::Json | Output::Jsonl => documents(out, common.output, &found.links).into_diagnostic()?,
        Output::Csv => table(&found, out).into_diagnostic()?,
        Output::Text => text(&found, out).into_diagnostic()?,
    }
    out.flush().into_diagnostic()?;
    for refused in &found.refused {
        terminal::say(&format!("refused: {}", line(refused)));
    }
    terminal::say(&format!(
        "{} deposits, {} payouts: {} linked, {} not; {} rows refused",
        found.deposits,
        found.links.len(),
        found.linked(),
        found.links.len() - found.linked(),
        found.refused_count
    ));
    Ok(exit_code(found.is_complete()))
}

/// Assets of deposits, each with that of payouts: a table of two columns `deposit` and `payout`.
fn same(path: &Path) -> Result<SameAssets> {
    let wrong = |error: &dyn std::fmt::Display| miette!("{}: {error}", path.display());
    let mut rows = Subjects::column(screen::batch::file(path)?, "deposit")
        .and_then(|rows| rows.beside(&["payout"]))
        .map_err(|error| wrong(&error))?;
    let (mut pairs, mut batch) = (Vec::new(), Batch::default());
    loop {
        let more = rows.fill(&mut batch, MOST_PAIRS).map_err(|error| wrong(&error))?;
        for row in batch.rows() {
            let (None, [payout]) = (row.refused, &row.beside[..]) else {
                return Err(wrong(&format!("row {} is no pair of assets", row.number)));
            };
            pairs.push((row.subject.to_owned(), (*payout).to_owned()));
        }
        if pairs.len() > MOST_PAIRS {
            return Err(wrong(&format!("more than {MOST_PAIRS} pairs")));
        }
        if !more {
            return Ok(SameAssets::of(pairs));
        }
    }
}

fn rule(rule: Rule) -> &'static str {
    match rule {
        Rule::OnlyCandidate => "no other deposit can be meant",
        Rule::OnlyAssignment => "with any other deposit, another payout would have none",
        Rule::Ambiguous => "several deposits can be meant",
        Rule::Crowded => "more deposits can be meant than are looked at",
        Rule::TooFewDeposits => "there are fewer deposits than payouts that can be for them",
        Rule::NoCandidate => "no deposit can be meant",
    }
}

fn text(found: &Matches, out: &mut dyn Write) -> std::io::Result<()> {
    for link in &found.links {
        let payout = label(&link.payout);
        match &link.deposit {
            Some(deposit) => writeln!(out, "{payout} is for {} ({})", label(deposit), rule(link.rule))?,
            None => writeln!(out, "{payout}: {}{}", rule(link.rule), candidates(link))?,
        }
    }
    Ok(())
}

/// Which deposits can be meant, in words.
fn candidates(link: &Link) -> String {
    if link.candidates.is_empty() {
        return String::new();
    }
    let named: Vec<_> = link.candidates.iter().take(3).map(|deposit| label(deposit)).collect();
    let more = match link.candidate_count.saturating_sub(named.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(": {}{more}", named.join(", "))
}

fn table(found: &Matches, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "payout,deposit,permille,candidate_count,candidates,rule")?;
    for link in &found.links {
        let rule = serde_json::to_value(link.rule)?;
        let cells = [
            &link.payout,
            link.deposit.as_deref().unwrap_or_default(),
            &link.permille.to_string(),
            &link.candidate_count.to_string(),
            &link.candidates.join(" "),
            rule.as_str().unwrap_or_default(),
        ];
        writeln!(out, "{}", cells.map(csv_cell).join(","))?;
    }
    Ok(())
}
