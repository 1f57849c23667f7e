//! `tracehound exposure`.

use std::io::{self, Write};

use miette::{IntoDiagnostic, Result};
use tracehound_analysis::words::permille;
use tracehound_engine::{
    Answer,
    exposure::{Exposure, Question, Row, Side},
    taint::PropagationLimits,
    trace::DESTROYED,
};
use tracehound_model::{Amount, Asset, BitcoinNetwork, Chain, Money};
use tracehound_report::picture;

use super::{
    answered::{self, absent, exit_code, json},
    drawn, transfers,
};
use crate::{
    args::{Common, ExposureArgs, ExposureQuestion, Output},
    folder::Folder,
    prices, terminal,
};

pub(crate) fn run(common: &Common, data: &Folder, args: &ExposureArgs, out: &mut dyn Write) -> Result<u8> {
    if let Chain::Evm(chain_id) = data.chain(&args.question.whose, &args.question.addresses) {
        return transfers::exposure::run(common, data, args, chain_id, out);
    }
    let network = data.bitcoin(&args.question.whose, &args.question.addresses, "exposure")?;
    let snapshot = data.snapshot(network)?;
    let question = question(network, &args.question)?;
    let exposure = match snapshot.exposure(&question).into_diagnostic()? {
        Answer::Found(exposure) => exposure,
        Answer::Absent(nowhere) => return absent(common, &nowhere, out),
    };
    if let Some(path) = &args.svg {
        let naming = snapshot.naming(network, question.moment, named(&exposure)).into_diagnostic()?;
        drawn::write(common, path, &picture::exposure(&exposure, &drawn::origin(&naming)))?;
    }
    match common.output {
        Output::Text => text(out, &exposure).into_diagnostic()?,
        Output::Csv => table(out, &exposure)?,
        output => json(out, output, &exposure)?,
    }
    Ok(exit_code(exposure.complete))
}

/// The question that the command line asks.
pub(super) fn question(network: BitcoinNetwork, args: &ExposureQuestion) -> Result<Question> {
    Ok(Question {
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
    })
}

/// The addresses of whoever has a name in it.
pub(super) fn named(exposure: &Exposure) -> impl Iterator<Item = &str> {
    let rows = exposure.sources.entities.iter().chain(&exposure.destinations.entities);
    rows.filter_map(|row| row.address.as_deref())
}

fn text(out: &mut dyn Write, exposure: &Exposure) -> io::Result<()> {
    if exposure.through_mixes {
        writeln!(
            out,
            "Followed behind mixes too, by shares: what lies there is a share of everybody's money in one\n"
        )?;
    }
    side(out, "Where its money came from", &exposure.sources, exposure.asset)?;
    writeln!(out)?;
    side(out, "Where its money went", &exposure.destinations, exposure.asset)?;
    writeln!(out, "\n{}", exposure.ledger.sentence())?;
    if !exposure.gaps.is_empty() {
        writeln!(out, "\nCoverage gaps")?;
    }
    exposure.gaps.iter().try_for_each(|gap| writeln!(out, "  - {gap}"))?;
    if let Some(rate) = &exposure.error_rate {
        writeln!(out, "\nHow sure\n  {rate}")?;
    }
    let mut unknown = exposure.not_in_the_ledger.iter();
    unknown.try_for_each(|address| writeln!(out, "`{address}` does not occur in the ledger"))
}

/// A row an entity and a way in which money ended without one; the amounts of a direction, base units, add up to its total.
fn table(out: &mut dyn Write, exposure: &Exposure) -> Result<()> {
    let header = "direction,how,entity,category,amount,asset,worth_cents,currency,without_price,fewest_txs,most_txs,\
                  first,last,address,path,labelled,disputed";
    writeln!(out, "{header}").into_diagnostic()?;
    let asset = exposure.asset.to_string();
    for (direction, side) in [("source", &exposure.sources), ("destination", &exposure.destinations)] {
        for Row { exposed: row, address, best_path } in &side.entities {
            let path: Vec<String> = best_path.iter().map(ToString::to_string).collect();
            let cells = [
                direction.to_owned(),
                if row.direct { "direct" } else { "indirect" }.to_owned(),
                row.entity.label.clone(),
                row.entity.category.to_string(),
                row.amount.to_string(),
                asset.clone(),
                row.worth
                    .and_then(|worth| worth.known_cents())
                    .map_or_else(String::new, |cents| cents.to_string()),
                row.worth.map_or_else(String::new, |worth| worth.currency.to_string()),
                row.worth.map_or_else(String::new, |worth| worth.without_price.to_string()),
                row.hops.0.to_string(),
                row.hops.1.to_string(),
                moment(row.span.0),
                moment(row.span.1),
                address.clone().unwrap_or_default(),
                path.join(" "),
                row.entity.labelled.as_ref().map_or_else(String::new, ToString::to_string),
                row.entity.labelled.as_ref().map_or_else(String::new, |by| by.is_disputed().to_string()),
            ];
            answered::row(out, cells)?;
        }
        for (how, _, amount) in side.rest.parts().into_iter().filter(|(.., amount)| !amount.is_zero()) {
            let mut cells: [String; 17] = Default::default();
            (cells[0], cells[1]) = (direction.to_owned(), how.to_owned());
            (cells[4], cells[5]) = (amount.to_string(), asset.clone());
            answered::row(out, cells)?;
        }
        if let Some(suspected) = side.suspected {
            let sentence = suspected.sentence(exposure.asset, side.total);
            terminal::say(&format!("note: {direction}s: {sentence}"));
        }
        if side.truncated {
            terminal::say(&format!("note: some of its outputs were not looked at ({direction})"));
        }
    }
    for address in &exposure.not_in_the_ledger {
        terminal::say(&format!("note: `{address}` does not occur in the ledger"));
    }
    answered::say_gaps(&exposure.ledger, &exposure.gaps);
    Ok(())
}

/// A block's time.
fn moment(seconds: u32) -> String {
    jiff::Timestamp::from_second(seconds.into()).map_or_else(|_| String::new(), |time| time.to_string())
}

fn side(out: &mut dyn Write, title: &str, found: &Side, asset: Asset) -> io::Result<()> {
    let line = |out: &mut dyn Write, name: &str, amount| line(out, name, asset.money(amount), found.total);
    writeln!(out, "{title}: {}", asset.money(found.total))?;
    let dust = found.rest.dust;
    if !dust.is_zero() {
        let share = permille(dust, found.total);
        writeln!(
            out,
            "  NOT FOLLOWED because of the question's own limit on dust: {}, {share}",
            asset.money(dust)
        )?;
    }
    if let Some(suspected) = found.suspected {
        writeln!(out, "  {}", suspected.sentence(asset, found.total))?;
    }
    for (category, amount) in &found.by_category {
        line(out, &format!("all {category}"), *amount)?;
    }
    for Row { exposed: row, address, best_path } in &found.entities {
        let how = if row.direct { "direct" } else { "indirect" };
        line(out, &format!("{how} {} ({})", row.entity.name(), row.entity.kind()), row.amount)?;
        if let Some(worth) = row.worth {
            writeln!(out, "      {}", worth.sentence(asset))?;
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
    for (_, name, amount) in rest.parts() {
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
    writeln!(out, "  {name:<60} {money:>22} {:>9}", permille(money.amount, total))
}
