//! `tracehound cluster` of an EVM chain.

use std::io::{self, Write};

use miette::{IntoDiagnostic, Result};
use tracehound_engine::{
    Answer,
    transfers::cluster::{Cluster, Question},
};
use tracehound_model::text::label;

use super::{end, refuse};
use crate::{
    args::{ClusterArgs, Common, Output},
    commands::answered::{self, absent, exit_code, json},
    folder::Folder,
    terminal,
};

/// Answers about an account of the chain of this id.
pub(in crate::commands) fn run(
    common: &Common,
    data: &Folder,
    args: &ClusterArgs,
    chain_id: u64,
    out: &mut dyn Write,
) -> Result<u8> {
    let options =
        [("--explain", args.explain.is_some()), ("--change", args.change), ("--svg", args.svg.is_some())];
    refuse(&options)?;
    let question = Question { chain_id, moment: args.moment.asked(), address: args.address.clone() };
    let cluster = match data.evm_snapshot()?.transfers_cluster(&question).into_diagnostic()? {
        Answer::Found(cluster) => cluster,
        Answer::Absent(nowhere) => return absent(common, &nowhere, out),
    };
    match common.output {
        Output::Text => text(out, &cluster).into_diagnostic()?,
        Output::Csv => table(out, &cluster)?,
        output => json(out, output, &cluster)?,
    }
    Ok(exit_code(cluster.complete))
}

/// The account, and the service that it behaves like a deposit address of.
fn table(out: &mut dyn Write, answer: &Cluster) -> Result<()> {
    writeln!(out, "address,entity,category,deposit_of,seen,payments,receipts,movements").into_diagnostic()?;
    let (entity, deposit) = (answer.entity.as_ref(), answer.deposit_of.as_ref());
    let row = [
        answer.address.clone(),
        entity.map_or_else(String::new, |entity| entity.label.clone()),
        entity.map_or_else(String::new, |entity| entity.category.to_string()),
        deposit.map_or_else(String::new, |deposit| deposit.service.clone()),
        deposit.map_or_else(String::new, |deposit| deposit.seen.to_owned()),
        deposit.map_or_else(String::new, |deposit| deposit.payments.to_string()),
        deposit.map_or_else(String::new, |deposit| deposit.receipts.to_string()),
        answer.movements.to_string(),
    ];
    answered::row(out, row)?;
    answer.gaps.iter().for_each(|gap| terminal::say(&format!("note: {gap}")));
    Ok(())
}

fn text(out: &mut dyn Write, answer: &Cluster) -> io::Result<()> {
    let name = answer.entity.as_ref().map(|entity| format!(" = {} ({})", entity.name(), entity.kind()));
    writeln!(out, "{}{}", answer.address, name.unwrap_or_default())?;
    match &answer.deposit_of {
        None => writeln!(
            out,
            "Its {} movements show no service that it is a deposit address of",
            answer.movements
        )?,
        Some(found) => {
            writeln!(
                out,
                "It behaves like a deposit address of {}: {} payments to it, {} transactions that paid in",
                label(&found.service),
                found.payments,
                found.receipts
            )?;
            if found.seen == "paid_only" {
                writeln!(
                    out,
                    "  what it passes on came before the ledger begins: a customer who pays looks the same"
                )?;
            }
        }
    }
    end(out, &answer.ledger, &answer.gaps)
}
