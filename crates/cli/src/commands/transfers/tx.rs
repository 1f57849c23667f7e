//! `tracehound tx` of an EVM chain.

use std::io::{self, Write};

use miette::{IntoDiagnostic, Result};
use tracehound_engine::{
    Answer,
    transfers::tx::{Moved, Party, Question, Transaction},
};

use crate::{
    args::{Common, Output, TxArgs},
    commands::answered::{absent, exit_code, json},
    folder::Folder,
};

/// Answers about a transaction of the chain of this id.
pub(in crate::commands) fn run(
    common: &Common,
    data: &Folder,
    args: &TxArgs,
    chain_id: u64,
    out: &mut dyn Write,
) -> Result<u8> {
    let question = Question { chain_id, moment: args.moment.asked(), hash: args.txid.clone() };
    let tx = match data.evm_snapshot()?.transfers_tx(&question).into_diagnostic()? {
        Answer::Found(tx) => tx,
        Answer::Absent(nowhere) => return absent(common, &nowhere, out),
    };
    match common.output {
        Output::Text => text(out, &tx).into_diagnostic()?,
        output => json(out, output, &tx)?,
    }
    Ok(exit_code(tx.complete))
}

fn text(out: &mut dyn Write, tx: &Transaction) -> io::Result<()> {
    writeln!(out, "transaction {} on {}", tx.tx, tx.tx.chain.short_name())?;
    writeln!(out, "  block {} at height {}, {}", tx.block, tx.height, tx.time)?;
    if tx.movements.is_empty() {
        writeln!(out, "  it moved nothing that was told")?;
    }
    for moved in &tx.movements {
        movement(out, moved)?;
    }
    if tx.not_listed > 0 {
        writeln!(out, "  and {} more movements, which are not listed", tx.not_listed)?;
    }
    writeln!(out, "  {}", tx.ledger.sentence())?;
    if !tx.gaps.is_empty() {
        writeln!(out, "  Coverage gaps")?;
    }
    tx.gaps.iter().try_for_each(|gap| writeln!(out, "    - {gap}"))
}

fn movement(out: &mut dyn Write, moved: &Moved) -> io::Result<()> {
    let vouched = match moved.vouched_by {
        "header" => "proved by the header",
        _ => "reported by the node",
    };
    let money = moved.asset.money(moved.amount);
    writeln!(out, "  {}. {} {money}, {vouched}", moved.index, moved.kind)?;
    writeln!(out, "       from {}", party(moved.from.as_ref(), "nobody: it was issued"))?;
    writeln!(out, "         to {}", party(moved.to.as_ref(), "nobody: it was destroyed"))
}

/// An account with its name.
pub(super) fn party(party: Option<&Party>, nobody: &str) -> String {
    let Some(Party { address, entity }) = party else { return nobody.to_owned() };
    let name = entity.as_ref().map(|entity| format!(" = {} ({})", entity.name(), entity.kind()));
    format!("{address}{}", name.unwrap_or_default())
}
