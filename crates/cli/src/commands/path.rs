//! `tracehound path`.

use std::io::Write;

use miette::{IntoDiagnostic, Result, miette};
use serde_json::{Value, json};
use tracehound_analysis::{
    extent::{Extent, Needed},
    path::{PathLimits, Way, ways},
};
use tracehound_ledger::{Ledger, OutNum};
use tracehound_model::{Address, Amount, BitcoinNetwork, OutPoint};

use super::opened::{Absent, Opened, owners_of};
use crate::{
    args::{Common, Output, PathArgs},
    folder::Folder,
};

pub(crate) fn run(common: &Common, data: &Folder, args: &PathArgs, out: &mut dyn Write) -> Result<u8> {
    let opened = Opened::new(data, args.network, &args.moment)?;
    let (ledger, keys) = (&opened.ledger, opened.keys());
    let from = owners_of(&keys, args.network, &args.from)?;
    let to = owners_of(&keys, args.network, &args.to)?;
    for (text, owners) in [(&args.from, &from), (&args.to, &to)] {
        if owners.is_empty() {
            return opened.absent(common, &Absent::of(text), out);
        }
    }
    if !from.is_disjoint(&to) {
        return Err(miette!("{} and {} are addresses of one key", args.from, args.to));
    }
    let limits = PathLimits {
        count: args.count,
        hops: args.hops,
        dust: args.dust,
        txs: args.work,
        ..PathLimits::default()
    };
    let found = ways(ledger, &from, &to, limits);
    let extent = Extent::of(ledger, opened.asked, Needed::All);
    let complete = !found.cut && extent.is_complete();
    let shown = Shown { ledger, network: args.network };
    if common.output == Output::Text {
        text(out, &shown, args, &found.ways, found.cut).into_diagnostic()?;
        writeln!(out, "{}", extent.sentence()).into_diagnostic()?;
        for gap in &extent.gaps {
            writeln!(out, "  - {gap}").into_diagnostic()?;
        }
    } else {
        let value = json!({
            "from": args.from,
            "to": args.to,
            "ways": found.ways.iter().map(|way| shown.json(way)).collect::<Vec<_>>(),
            "txs_read": found.txs,
            "ledger": extent,
            "gaps": extent.gaps,
            "complete": complete,
            "snapshot": ledger.snapshot_id(),
        });
        writeln!(out, "{value}").into_diagnostic()?;
    }
    Ok(if complete { 0 } else { 30 })
}

struct Shown<'a> {
    ledger: &'a Ledger,
    network: BitcoinNetwork,
}

struct Stop {
    outpoint: OutPoint,
    address: String,
    value: Amount,
    time: String,
}

impl Shown<'_> {
    fn stop(&self, out: OutNum) -> Option<Stop> {
        let (tx, vout) = self.ledger.tx_of_output(out)?;
        let output = self.ledger.output(out)?;
        let script = output.owner.and_then(|owner| self.ledger.script_key(owner));
        let address = script.and_then(|script| Address::from_script(self.network, &script));
        let time = self.ledger.block_of(tx).map_or(0, |block| block.header.time());
        let time = jiff::Timestamp::from_second(i64::from(time)).ok()?;
        Some(Stop {
            outpoint: OutPoint { txid: self.ledger.tx(tx)?.txid, vout },
            address: address.map_or_else(|| "no address".to_owned(), |address| address.to_string()),
            value: Amount(output.value.into()),
            time: time.to_string(),
        })
    }

    fn json(&self, way: &Way) -> Value {
        let stops = way.outputs.iter().filter_map(|&out| self.stop(out)).map(|stop| {
            json!({ "outpoint": stop.outpoint.to_string(), "address": stop.address, "value": stop.value, "time": stop.time })
        });
        json!({ "transactions": way.txs.len(), "width": way.width.to_string(), "outputs": stops.collect::<Vec<_>>() })
    }
}

fn text(
    out: &mut dyn Write,
    shown: &Shown<'_>,
    args: &PathArgs,
    ways: &[Way],
    cut: bool,
) -> std::io::Result<()> {
    if ways.is_empty() {
        writeln!(out, "no way from {} to {} of at most {} transactions", args.from, args.to, args.hops)?;
    }
    for (at, way) in ways.iter().enumerate() {
        let count = way.txs.len();
        writeln!(
            out,
            "{}. {count} transaction{}, at most {} can have gone this way",
            at + 1,
            if count == 1 { "" } else { "s" },
            Amount(way.width.into()).display(8, "BTC")
        )?;
        for stop in way.outputs.iter().filter_map(|&output| shown.stop(output)) {
            writeln!(out, "   {} {} {}", stop.value.display(8, "BTC"), stop.address, stop.time)?;
            writeln!(out, "     {}", stop.outpoint)?;
        }
    }
    if cut {
        writeln!(out, "The search was cut by a limit: there may be other ways.")?;
    }
    Ok(())
}
