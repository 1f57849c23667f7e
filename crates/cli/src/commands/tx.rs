//! `tracehound tx`.

use std::io::Write;

use jiff::Timestamp;
use miette::{IntoDiagnostic, Result};
use serde_json::{Value, json};
use tracehound_analysis::{
    extent::{Extent, Needed},
    trace::{DESTROYED, Known},
};
use tracehound_ledger::{AddrNum, BlockNum, Ledger, OutNum, Prev, TxView};
use tracehound_model::{Address, Amount, OutPoint, text::label};
use tracehound_screen::Parties;

use super::opened::{Absent, Opened};
use crate::{
    args::{Common, Output, TxArgs},
    folder::Folder,
};

pub(crate) fn run(common: &Common, data: &Folder, args: &TxArgs, out: &mut dyn Write) -> Result<u8> {
    let opened = Opened::new(data, args.network, &args.moment)?;
    let ledger = &opened.ledger;
    let Some(tx) = ledger.find_tx(&args.txid).and_then(|tx| ledger.tx(tx)) else {
        return opened.absent(common, &Absent::of(&args.txid.to_string()), out);
    };
    let parties = opened.parties(&opened.keys());
    let mut value = describe(ledger, args, &tx, &parties);
    // Whoever spent its outputs may have done so in any later block.
    let block = ledger.block_of(tx.num).map_or(BlockNum(0), |block| block.num);
    let extent = Extent::of(ledger, opened.asked, Needed::From(block));
    // Without the amounts of its inputs the fee is unknown, and so may be who paid.
    let complete = value["missing_inputs"] == 0 && extent.is_complete();
    value["ledger"] = json!(extent);
    value["gaps"] = json!(extent.gaps);
    value["complete"] = json!(complete);
    match common.output {
        Output::Text => {
            text(out, &value).into_diagnostic()?;
            ledger_end(out, &extent).into_diagnostic()?;
        }
        _ => writeln!(out, "{value}").into_diagnostic()?,
    }
    Ok(if complete { 0 } else { 30 })
}

fn ledger_end(out: &mut dyn Write, extent: &Extent) -> std::io::Result<()> {
    writeln!(out, "  {}", extent.sentence())?;
    extent.gaps.iter().try_for_each(|gap| writeln!(out, "    - {gap}"))
}

fn describe(ledger: &Ledger, args: &TxArgs, tx: &TxView, parties: &Parties<'_>) -> Value {
    let owner = |owner: Option<AddrNum>| {
        let script = owner.and_then(|owner| ledger.script_key(owner));
        let address = script.and_then(|script| Address::from_script(args.network, &script));
        json!({ "address": address.map(|address| address.to_string()), "party": owner.and_then(|owner| parties.party(owner)) })
    };
    let (mut missing, mut coinbase, mut total_in) = (0u32, false, Some(0u128));
    let mut inputs = Vec::new();
    for input in ledger.inputs(tx) {
        let value = ledger.input_value(&input);
        coinbase |= input.prev == Prev::Coinbase;
        missing += u32::from(matches!(input.prev, Prev::Missing { .. }));
        total_in = total_in.zip(value).map(|(sum, value)| sum + u128::from(value));
        let mut row = owner(ledger.input_owner(&input));
        row["outpoint"] = match input.prev {
            Prev::Output(out) => json!(outpoint(ledger, out)),
            Prev::Missing { outpoint, .. } => json!(outpoint.to_string()),
            Prev::Coinbase => Value::Null,
        };
        row["value"] = json!(value.map(|value| value.to_string()));
        row["coinbase"] = json!(input.prev == Prev::Coinbase);
        inputs.push(row);
    }
    let outputs: Vec<_> = ledger.outputs(tx).collect();
    let total_out: u128 = outputs.iter().map(|output| u128::from(output.value)).sum();
    let fee = total_in.filter(|_| !coinbase).and_then(|sum| sum.checked_sub(total_out));
    let outputs: Vec<Value> = outputs
        .iter()
        .map(|output| {
            let mut row = owner(output.owner);
            row["value"] = json!(output.value.to_string());
            row["spent_by"] = json!(output.spent_by.and_then(|tx| ledger.tx(tx)).map(|tx| tx.txid));
            row
        })
        .collect();
    let overwrote = overwrote(ledger, tx, &owner);
    let block = ledger.block_of(tx.num);
    let time = block.and_then(|block| Timestamp::from_second(i64::from(block.header.time())).ok());
    json!({
        "txid": tx.txid,
        "block": block.map(|block| block.hash),
        "height": block.and_then(|block| block.height),
        "time": time.map(|time| time.to_string()),
        "coinbase": coinbase,
        "version": tx.version,
        "lock_time": tx.lock_time,
        "weight": tx.weight,
        "fee": fee.map(|fee| fee.to_string()),
        "coinjoin": parties.mix(ledger, tx.into()).map(|mix| json!({ "protocol": mix.protocol, "participants": mix.participants })),
        "missing_inputs": missing,
        "overwrote": overwrote,
        "inputs": inputs,
        "outputs": outputs,
    })
}

/// The earlier coinbase with the same id, and what of it nobody had spent: destroyed by this one (BIP-30).
fn overwrote(ledger: &Ledger, tx: &TxView, owner: &dyn Fn(Option<AddrNum>) -> Value) -> Option<Value> {
    let lost = ledger.destroyed_by(tx.num);
    let (earlier, _) = ledger.tx_of_output(lost.first()?.num)?;
    let block = ledger.block_of(earlier);
    let outputs: Vec<Value> = lost
        .iter()
        .map(|output| {
            let mut row = owner(output.owner);
            row["value"] = json!(output.value.to_string());
            row
        })
        .collect();
    let sum: u128 = lost.iter().map(|output| u128::from(output.value)).sum();
    Some(json!({
        "block": block.map(|block| block.hash),
        "height": block.and_then(|block| block.height),
        "value": sum.to_string(),
        "outputs": outputs,
    }))
}

fn outpoint(ledger: &Ledger, out: OutNum) -> Option<String> {
    let (tx, vout) = ledger.tx_of_output(out)?;
    Some(OutPoint { txid: ledger.tx(tx)?.txid, vout }.to_string())
}

fn text(out: &mut dyn Write, value: &Value) -> std::io::Result<()> {
    let word = |field: &Value| field.as_str().map_or_else(|| field.to_string(), str::to_owned);
    writeln!(out, "transaction {}", word(&value["txid"]))?;
    writeln!(
        out,
        "  block {} at height {}, {}",
        word(&value["block"]),
        if value["height"].is_null() { "unknown".to_owned() } else { word(&value["height"]) },
        word(&value["time"])
    )?;
    let fee = value["fee"].as_str().map_or_else(|| "not known".to_owned(), btc);
    let fee = if value["coinbase"] == true { "none, it mints coins".to_owned() } else { fee };
    writeln!(
        out,
        "  fee {fee}, weight {}, version {}, lock time {}",
        value["weight"], value["version"], value["lock_time"]
    )?;
    if !value["coinjoin"].is_null() {
        let found = &value["coinjoin"];
        writeln!(
            out,
            "  looks like a CoinJoin: {}, at least {} people",
            word(&found["protocol"]),
            found["participants"]
        )?;
    }
    for (title, side) in [("inputs", "inputs"), ("outputs", "outputs")] {
        writeln!(out, "  {title}")?;
        for row in value[side].as_array().into_iter().flatten() {
            if row["coinbase"] == true {
                writeln!(out, "    new coins and the block's fees")?;
                continue;
            }
            let amount = row["value"].as_str().map_or_else(|| "amount not in the ledger".to_owned(), btc);
            let address = row["address"].as_str().unwrap_or("no known address");
            let party = &row["party"];
            let name = if party.is_null() {
                String::new()
            } else {
                format!(
                    " = {} ({})",
                    label(party["label"].as_str().unwrap_or_default()),
                    word(&party["category"])
                )
            };
            writeln!(out, "    {amount} {address}{name}")?;
            for field in ["outpoint", "spent_by"] {
                if let Some(id) = row[field].as_str() {
                    let what = if field == "outpoint" { "spends" } else { "spent by" };
                    writeln!(out, "      {what} {id}")?;
                }
            }
        }
    }
    let lost = &value["overwrote"];
    if !lost.is_null() {
        let height = if lost["height"].is_null() {
            "unknown height".to_owned()
        } else {
            format!("height {}", lost["height"])
        };
        writeln!(
            out,
            "  an earlier coinbase has the same id, in block {} at {height}; of it {} are {DESTROYED}",
            word(&lost["block"]),
            btc(&word(&lost["value"]))
        )?;
    }
    if value["missing_inputs"] != 0 {
        writeln!(
            out,
            "  {} inputs spend outputs of blocks that are not in the ledger",
            value["missing_inputs"]
        )?;
    }
    Ok(())
}

fn btc(sats: &str) -> String {
    sats.parse::<Amount>().map_or_else(|_| sats.to_owned(), |amount| amount.display(8, "BTC").to_string())
}
