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
    commands::answered::{absent, exit_code, json},
    folder::Folder,
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
    refuse(common.output, &options)?;
    let question = Question { chain_id, moment: args.moment.asked(), address: args.address.clone() };
    let cluster = match data.evm_snapshot()?.transfers_cluster(&question).into_diagnostic()? {
        Answer::Found(cluster) => cluster,
        Answer::Absent(nowhere) => return absent(common, &nowhere, out),
    };
    match common.output {
        Output::Text => text(out, &cluster).into_diagnostic()?,
        output => json(out, output, &cluster)?,
    }
    Ok(exit_code(cluster.complete))
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
