//! `tracehound tx`.

use std::io::Write;

use miette::{IntoDiagnostic, Result};
use tracehound_engine::{
    Answer,
    trace::DESTROYED,
    tx::{Owner, Question, Transaction},
};
use tracehound_model::{Amount, Asset, Chain};

use super::{
    answered::{absent, exit_code, json},
    transfers,
};
use crate::{
    args::{Common, Output, TxArgs},
    folder::Folder,
};

pub(crate) fn run(common: &Common, data: &Folder, args: &TxArgs, out: &mut dyn Write) -> Result<u8> {
    if let Chain::Evm(chain_id) = data.chain(&args.whose, [&args.txid]) {
        return transfers::tx::run(common, data, args, chain_id, out);
    }
    let network = data.bitcoin(&args.whose, [&args.txid], "tx")?;
    let txid = args.txid.parse().into_diagnostic()?;
    let question = Question { network, moment: args.moment.asked(), txid };
    let tx = match data.snapshot(network)?.tx(&question).into_diagnostic()? {
        Answer::Found(tx) => tx,
        Answer::Absent(nowhere) => return absent(common, &nowhere, out),
    };
    match common.output {
        Output::Text => text(out, &tx).into_diagnostic()?,
        output => json(out, output, &tx)?,
    }
    Ok(exit_code(tx.complete))
}

fn text(out: &mut dyn Write, tx: &Transaction) -> std::io::Result<()> {
    let unknown = || "unknown".to_owned();
    let height = |height: Option<u32>| height.map_or_else(unknown, |height| height.to_string());
    writeln!(out, "transaction {}", tx.txid)?;
    writeln!(
        out,
        "  block {} at height {}, {}",
        tx.block.map_or_else(unknown, |block| block.to_string()),
        height(tx.height),
        tx.time.map_or_else(unknown, |time| time.to_string())
    )?;
    let fee = match tx.fee {
        _ if tx.coinbase => "none, it mints coins".to_owned(),
        Some(fee) => tx.asset.money(fee).to_string(),
        None => "not known".to_owned(),
    };
    let version = tx.version.map_or_else(unknown, |version| version.to_string());
    writeln!(out, "  fee {fee}, weight {}, version {version}, lock time {}", tx.weight, tx.lock_time)?;
    if let Some(found) = &tx.coinjoin {
        let (protocol, people) = (found.protocol, found.participants);
        writeln!(out, "  looks like a CoinJoin: {protocol}, at least {people} people")?;
    }
    if let Some(found) = &tx.suspected {
        let (protocol, people) = (found.protocol, found.participants);
        writeln!(
            out,
            "  SUSPECTED: it may be a CoinJoin ({protocol}, at least {people} people); nobody knows whose is whose then"
        )?;
    }
    let more = match tx.mixes {
        "premix" => Some("prepares coins for mixing (Whirlpool's first transaction)"),
        "unknown" => Some("whether it is a CoinJoin is not known: amounts are missing that would tell"),
        _ => None,
    };
    if let Some(more) = more {
        writeln!(out, "  {more}")?;
    }
    writeln!(out, "  inputs")?;
    for input in &tx.inputs {
        if input.coinbase {
            writeln!(out, "    new coins and the block's fees")?;
            continue;
        }
        writeln!(out, "    {} {}", amount(tx.asset, input.value), owner(&input.owner))?;
        if let Some(outpoint) = &input.outpoint {
            writeln!(out, "      spends {outpoint}")?;
        }
    }
    writeln!(out, "  outputs")?;
    for output in &tx.outputs {
        writeln!(out, "    {} {}", tx.asset.money(output.value), owner(&output.owner))?;
        if let Some(txid) = output.spent_by {
            writeln!(out, "      spent by {txid}")?;
        }
    }
    if let Some(lost) = &tx.overwrote {
        let height =
            lost.height.map_or_else(|| "unknown height".to_owned(), |height| format!("height {height}"));
        writeln!(
            out,
            "  an earlier coinbase has the same id, in block {} at {height}; of it {} are {DESTROYED}",
            lost.block.map_or_else(unknown, |block| block.to_string()),
            tx.asset.money(lost.value)
        )?;
    }
    if tx.missing_inputs != 0 {
        writeln!(out, "  {} inputs spend outputs of blocks that are not in the ledger", tx.missing_inputs)?;
    }
    writeln!(out, "  {}", tx.ledger.sentence())?;
    tx.gaps.iter().try_for_each(|gap| writeln!(out, "    - {gap}"))
}

fn amount(asset: Asset, value: Option<Amount>) -> String {
    value.map_or_else(|| "amount not in the ledger".to_owned(), |value| asset.money(value).to_string())
}

fn owner(owner: &Owner) -> String {
    let address = owner.address.as_deref().unwrap_or("no known address");
    let name = owner.entity.as_ref().map(|entity| format!(" = {} ({})", entity.name(), entity.kind()));
    format!("{address}{}", name.unwrap_or_default())
}
