//! `tracehound exposure` of an EVM chain.

use std::io::{self, Write};

use miette::{IntoDiagnostic, Result};
use tracehound_analysis::words::permille;
use tracehound_engine::{
    Answer,
    transfers::exposure::{Exposure, OfAsset, Question, Side},
};
use tracehound_model::{Amount, Asset};
use tracehound_report::picture;

use super::{cells, end, refuse, tx::party};
use crate::{
    args::{Common, ExposureArgs, ExposureQuestion, Output},
    commands::{
        answered::{self, absent, exit_code, json},
        drawn,
    },
    folder::Folder,
    terminal,
};

/// Answers about accounts of the chain of this id.
pub(in crate::commands) fn run(
    common: &Common,
    data: &Folder,
    args: &ExposureArgs,
    chain_id: u64,
    out: &mut dyn Write,
) -> Result<u8> {
    let question = question(chain_id, &args.question)?;
    let snapshot = data.evm_snapshot()?;
    let exposure = match snapshot.transfers_exposure(&question).into_diagnostic()? {
        Answer::Found(exposure) => exposure,
        Answer::Absent(nowhere) => return absent(common, &nowhere, out),
    };
    if let Some(path) = &args.svg {
        let naming = snapshot.transfers_naming(chain_id, question.moment, exposure.named());
        drawn::write(common, path, &picture::account_exposure(&exposure, &drawn::origin(&naming)))?;
    }
    match common.output {
        Output::Text => text(out, &exposure).into_diagnostic()?,
        Output::Csv => table(out, &exposure)?,
        output => json(out, output, &exposure)?,
    }
    Ok(exit_code(exposure.complete))
}

/// The question that the command line asks.
pub(in crate::commands) fn question(chain_id: u64, asked: &ExposureQuestion) -> Result<Question> {
    let options = [
        ("--cluster", asked.cluster),
        ("--through-mixes", asked.through_mixes),
        ("--prices", asked.prices.is_some()),
    ];
    refuse(&options)?;
    Ok(Question {
        chain_id,
        moment: asked.moment.asked(),
        addresses: asked.addresses.clone(),
        work: asked.work,
    })
}

/// A row a counterparty, an asset and a direction, and one for each way in which the rest came or went; amounts in base units.
fn table(out: &mut dyn Write, exposure: &Exposure) -> Result<()> {
    let header = "direction,how,address,entity,category,asset,amount,transactions,first,last,vouched_by";
    writeln!(out, "{header}").into_diagnostic()?;
    for of in &exposure.assets {
        let asset = of.asset.to_string();
        let sources = [("issued", of.issued), ("tips", of.tips)];
        let destinations = [("destroyed", of.destroyed), ("fees", of.fees)];
        for (direction, side, rest) in
            [("source", &of.sources, sources), ("destination", &of.destinations, destinations)]
        {
            for row in &side.parties {
                let [address, entity, category] = cells(Some(&row.party));
                let row = [
                    direction.to_owned(),
                    "direct".to_owned(),
                    address,
                    entity,
                    category,
                    asset.clone(),
                    row.amount.to_string(),
                    row.transactions.to_string(),
                    row.first.to_string(),
                    row.last.to_string(),
                    row.vouched_by.to_owned(),
                ];
                answered::row(out, row)?;
            }
            let others = ("others without a name", side.others_amount);
            for (how, amount) in rest.into_iter().chain([others]).filter(|(_, amount)| !amount.is_zero()) {
                let mut row: [String; 11] = Default::default();
                (row[0], row[1]) = (direction.to_owned(), how.to_owned());
                (row[5], row[6]) = (asset.clone(), amount.to_string());
                answered::row(out, row)?;
            }
        }
    }
    for (count, what) in [
        (exposure.of_nothing, "movements of nothing"),
        (exposure.not_initiated, "movements that others wrote into its name"),
        (exposure.sender_unknown, "movements of unknown tokens of which nothing tells who sent them"),
    ] {
        if count > 0 {
            terminal::say(&format!("note: not counted: {count} {what}"));
        }
    }
    for address in &exposure.not_in_the_ledger {
        terminal::say(&format!("note: `{address}` does not occur in the ledger"));
    }
    exposure.gaps.iter().for_each(|gap| terminal::say(&format!("note: {gap}")));
    Ok(())
}

fn text(out: &mut dyn Write, exposure: &Exposure) -> io::Result<()> {
    for of in &exposure.assets {
        asset(out, of)?;
    }
    if exposure.of_nothing > 0 {
        writeln!(
            out,
            "Not counted: {} movements of nothing, which anybody can write into anybody's name",
            exposure.of_nothing
        )?;
    }
    if exposure.not_initiated > 0 {
        writeln!(
            out,
            "Not counted: {} movements of unknown tokens that whoever they are said to go from did not send",
            exposure.not_initiated
        )?;
    }
    if exposure.sender_unknown > 0 {
        writeln!(
            out,
            "Not counted: {} movements of unknown tokens of which nothing tells who sent them",
            exposure.sender_unknown
        )?;
    }
    for address in &exposure.not_in_the_ledger {
        writeln!(out, "`{address}` does not occur in the ledger")?;
    }
    end(out, &exposure.ledger, &exposure.gaps)
}

fn asset(out: &mut dyn Write, of: &OfAsset) -> io::Result<()> {
    writeln!(out, "Where its {} came from: {}", name(of.asset), of.asset.money(of.received))?;
    let unpaid =
        [("issued by the chain or a contract", of.issued), ("others' fees, for producing blocks", of.tips)];
    side(out, of, &of.sources, of.received, &unpaid)?;
    writeln!(out, "Where its {} went: {}", name(of.asset), of.asset.money(of.paid))?;
    side(out, of, &of.destinations, of.paid, &[("destroyed", of.destroyed), ("fees", of.fees)])?;
    writeln!(out)
}

/// The ticker, or the id of an asset whose unit is not known.
fn name(asset: Asset) -> String {
    asset.unit().map_or_else(|| asset.to_string(), |unit| unit.ticker.to_owned())
}

fn side(
    out: &mut dyn Write,
    of: &OfAsset,
    side: &Side,
    total: Amount,
    rest: &[(&str, Amount)],
) -> io::Result<()> {
    for row in &side.parties {
        let money = of.asset.money(row.amount).to_string();
        writeln!(out, "  {money:>30} {:>8}  {}", permille(row.amount, total), party(Some(&row.party), ""))?;
        let vouched = match row.vouched_by {
            "header" => "proved by headers",
            _ => "reported by a node",
        };
        let times = if row.first == row.last {
            row.first.to_string()
        } else {
            format!("{} to {}", row.first, row.last)
        };
        let plural = if row.transactions == 1 { "" } else { "s" };
        writeln!(out, "{:>43}{} transaction{plural}, {times}, {vouched}", "", row.transactions)?;
    }
    let others = format!("{} others without a name", side.others);
    for (what, amount) in rest.iter().copied().chain([(others.as_str(), side.others_amount)]) {
        if !amount.is_zero() {
            let money = of.asset.money(amount).to_string();
            writeln!(out, "  {money:>30} {:>8}  {what}", permille(amount, total))?;
        }
    }
    Ok(())
}
