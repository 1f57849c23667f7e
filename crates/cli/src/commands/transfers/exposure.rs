//! `tracehound exposure` of an EVM chain.

use std::io::{self, Write};

use miette::{IntoDiagnostic, Result};
use tracehound_analysis::words::permille;
use tracehound_engine::{
    Answer,
    transfers::exposure::{Exposure, OfAsset, Question, Side},
};
use tracehound_model::{Amount, Asset};

use super::{end, refuse, tx::party};
use crate::{
    args::{Common, ExposureArgs, Output},
    commands::answered::{absent, exit_code, json},
    folder::Folder,
};

/// Answers about accounts of the chain of this id.
pub(in crate::commands) fn run(
    common: &Common,
    data: &Folder,
    args: &ExposureArgs,
    chain_id: u64,
    out: &mut dyn Write,
) -> Result<u8> {
    let asked = &args.question;
    let options = [
        ("--cluster", asked.cluster),
        ("--through-mixes", asked.through_mixes),
        ("--prices", asked.prices.is_some()),
        ("--svg", args.svg.is_some()),
    ];
    refuse(common.output, &options)?;
    let question = Question {
        chain_id,
        moment: asked.moment.asked(),
        addresses: asked.addresses.clone(),
        work: asked.work,
    };
    let exposure = match data.evm_snapshot()?.transfers_exposure(&question).into_diagnostic()? {
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
