//! `tracehound exposure`.

use std::io::{self, Write};

use miette::{IntoDiagnostic, Result};
use tracehound_engine::{
    Answer,
    exposure::{Exposure, Question, Row, Side},
    taint::PropagationLimits,
    trace::DESTROYED,
};
use tracehound_model::{Amount, Asset, Money, text::label};

use super::answered::{absent, exit_code, json};
use crate::{
    args::{Common, ExposureArgs, Output},
    folder::Folder,
    prices,
};

pub(crate) fn run(common: &Common, data: &Folder, args: &ExposureArgs, out: &mut dyn Write) -> Result<u8> {
    let network = data.network(args.network);
    let snapshot = data.snapshot(network)?;
    let question = Question {
        network,
        moment: args.moment.asked(),
        addresses: args.addresses.clone(),
        cluster: args.cluster,
        limits: PropagationLimits {
            hops: args.hops,
            dust: args.dust.into(),
            txs: args.work,
            ..PropagationLimits::default()
        },
        through_mixes: args.through_mixes,
        prices: args.prices.as_deref().map(|path| prices::read(path, network)).transpose()?,
    };
    let exposure = match snapshot.exposure(&question).into_diagnostic()? {
        Answer::Found(exposure) => exposure,
        Answer::Absent(nowhere) => return absent(common, &nowhere, out),
    };
    match common.output {
        Output::Text => text(out, &exposure).into_diagnostic()?,
        output => json(out, output, &exposure)?,
    }
    Ok(exit_code(exposure.complete))
}

fn text(out: &mut dyn Write, exposure: &Exposure) -> io::Result<()> {
    side(out, "Where its money came from", &exposure.sources, exposure.asset)?;
    writeln!(out)?;
    side(out, "Where its money went", &exposure.destinations, exposure.asset)?;
    writeln!(out, "\n{}", exposure.ledger.sentence())?;
    if !exposure.gaps.is_empty() {
        writeln!(out, "\nCoverage gaps")?;
    }
    exposure.gaps.iter().try_for_each(|gap| writeln!(out, "  - {gap}"))?;
    let mut unknown = exposure.not_in_the_ledger.iter();
    unknown.try_for_each(|address| writeln!(out, "`{address}` does not occur in the ledger"))
}

fn side(out: &mut dyn Write, title: &str, found: &Side, asset: Asset) -> io::Result<()> {
    let line = |out: &mut dyn Write, name: &str, amount| line(out, name, asset.money(amount), found.total);
    writeln!(out, "{title}: {}", asset.money(found.total))?;
    for (category, amount) in &found.by_category {
        line(out, &format!("all {category}"), *amount)?;
    }
    for Row { exposed: row, address, best_path } in &found.entities {
        let how = if row.direct { "direct" } else { "indirect" };
        line(out, &format!("{how} {} ({})", label(&row.entity.label), row.entity.category), row.amount)?;
        if let Some(worth) = row.worth {
            let missing = if worth.without_price.is_zero() {
                String::new()
            } else {
                format!("; {} moved on days without a price", asset.money(worth.without_price))
            };
            writeln!(out, "      {} at the time{missing}", worth.currency.display(worth.cents))?;
        }
        if let (Some(after), Some(day)) = (row.after_listing, row.entity.listed_from) {
            writeln!(
                out,
                "      {} of it on or after {day}, when a source named the entity",
                asset.money(after)
            )?;
        }
        let hops = if row.hops.0 == row.hops.1 {
            format!("{} transaction{}", row.hops.0, if row.hops.0 == 1 { "" } else { "s" })
        } else {
            format!("{} to {} transactions", row.hops.0, row.hops.1)
        };
        writeln!(
            out,
            "      {} away, {} path{}; most by {}",
            hops,
            row.paths,
            plural(row.paths),
            address.as_deref().unwrap_or_default()
        )?;
        for txid in best_path {
            writeln!(out, "        tx {txid}")?;
        }
    }
    let rest = found.rest;
    for (name, amount) in [
        ("new coins", rest.coinbase),
        ("mixes", rest.mixed),
        ("unspent, nobody known", rest.unspent),
        ("fees", rest.fees),
        ("to nobody (OP_RETURN)", rest.unspendable),
        ("unresolved: blocks are missing", rest.unknown_inputs),
        ("below the limit on dust", rest.dust),
        ("truncated by limits", rest.truncated),
    ] {
        if !amount.is_zero() {
            line(out, name, amount)?;
        }
    }
    if !rest.destroyed.is_zero() {
        writeln!(out, "  ({} {DESTROYED}; not counted)", asset.money(rest.destroyed))?;
    }
    if !rest.returned.is_zero() {
        writeln!(out, "  ({} came back to itself and is not counted)", asset.money(rest.returned))?;
    }
    if found.truncated {
        writeln!(out, "  (some of its outputs were not looked at)")?;
    }
    Ok(())
}

fn plural(count: u32) -> &'static str {
    if count == 1 { "" } else { "s" }
}

fn line(out: &mut dyn Write, name: &str, money: Money, total: Amount) -> io::Result<()> {
    let tenths = money.amount.permille_of(total).unwrap_or(0);
    writeln!(out, "  {name:<60} {:>22} {:>5}.{} %", money, tenths / 10, tenths % 10)
}
