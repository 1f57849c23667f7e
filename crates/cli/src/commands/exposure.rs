//! `tracehound exposure`.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
    path::Path,
};

use miette::{IntoDiagnostic, Result, WrapErr};
use serde_json::{Value, json};
use tracehound_analysis::{
    exposure::{Exposed, Exposures, Question, exposures},
    extent::{Extent, Needed},
    price::Prices,
    taint::{Direction, WalkLimits},
    trace::DESTROYED,
};
use tracehound_ledger::Ledger;
use tracehound_model::{Address, Amount, BitcoinNetwork, text::label};

use super::{
    cluster::widened,
    opened::{Absent, Opened, owners_of},
};
use crate::{
    args::{Common, ExposureArgs, Output},
    files,
    folder::Folder,
};

/// Largest price file read.
const MOST_PRICE_BYTES: u64 = 16 << 20;

pub(crate) fn run(common: &Common, data: &Folder, args: &ExposureArgs, out: &mut dyn Write) -> Result<u8> {
    let opened = Opened::new(data, args.network, &args.moment)?;
    let (ledger, keys) = (&opened.ledger, opened.keys());
    let prices = args.prices.as_deref().map(read_prices).transpose()?;
    let (mut subjects, mut unknown) = (BTreeSet::new(), Vec::new());
    for address in &args.addresses {
        let owners = owners_of(&keys, args.network, address)?;
        if owners.is_empty() {
            unknown.push(address.as_str());
        }
        subjects.extend(owners);
    }
    if subjects.is_empty() {
        return opened.absent(common, &Absent::of(&unknown.join("`, `")), out);
    }
    let extent = Extent::of(ledger, opened.asked, Needed::All);
    let mut gaps = extent.gaps.clone();
    if args.cluster {
        let (wider, cut) = widened(&opened, &keys, &subjects)?;
        subjects = wider;
        gaps.extend(cut);
    }
    let parties = opened.parties(&keys);
    let limits =
        WalkLimits { hops: args.hops, dust: args.dust.into(), txs: args.work, ..WalkLimits::default() };
    let ask = |direction| {
        let question = Question {
            subjects: &subjects,
            direction,
            limits,
            through_mixes: args.through_mixes,
            prices: prices.as_ref(),
        };
        exposures(ledger, &question, &parties).into_diagnostic()
    };
    let (sources, destinations) = (ask(Direction::Backward)?, ask(Direction::Forward)?);
    let shown = Shown { ledger, network: args.network };
    let complete = gaps.is_empty() && sources.is_complete() && destinations.is_complete();
    match common.output {
        Output::Text => text(out, &shown, &sources, &destinations, &extent, &gaps).and_then(|()| {
            unknown.iter().try_for_each(|address| writeln!(out, "`{address}` does not occur in the ledger"))
        }),
        Output::Json | Output::Jsonl | Output::Csv => {
            let value = json!({
                "addresses": args.addresses,
                "not_in_the_ledger": unknown,
                "members": subjects.len(),
                "sources": shown.json(&sources),
                "destinations": shown.json(&destinations),
                "ledger": extent,
                "gaps": gaps,
                "complete": complete,
                "snapshot": ledger.snapshot_id(),
            });
            writeln!(out, "{value}")
        }
    }
    .into_diagnostic()?;
    Ok(if complete { 0 } else { 30 })
}

fn read_prices(path: &Path) -> Result<Prices> {
    let name = || format!("the price file {}", path.display());
    let text = files::text(path, MOST_PRICE_BYTES).into_diagnostic().wrap_err_with(name)?;
    Prices::from_csv(&text).into_diagnostic().wrap_err_with(name)
}

struct Shown<'a> {
    ledger: &'a Ledger,
    network: BitcoinNetwork,
}

impl Shown<'_> {
    fn address(&self, row: &Exposed) -> Option<String> {
        let script = self.ledger.script_key(row.best_owner?)?;
        Address::from_script(self.network, &script).map(|address| address.to_string())
    }

    fn path(&self, row: &Exposed) -> Vec<String> {
        row.best_path.iter().filter_map(|&tx| Some(self.ledger.tx(tx)?.txid.to_string())).collect()
    }

    fn json(&self, found: &Exposures) -> Value {
        let mut value = json!(found);
        if let Some(rows) = value["parties"].as_array_mut() {
            for (row, said) in found.parties.iter().zip(rows) {
                said["address"] = json!(self.address(row));
                said["best_path"] = json!(self.path(row));
            }
        }
        let categories: BTreeMap<String, String> =
            by_category(found).into_iter().map(|(name, amount)| (name, amount.to_string())).collect();
        value["by_category"] = json!(categories);
        value["complete"] = json!(found.is_complete());
        value
    }
}

fn by_category(found: &Exposures) -> BTreeMap<String, Amount> {
    let mut sums: BTreeMap<String, Amount> = BTreeMap::new();
    for row in &found.parties {
        sums.entry(row.party.category.to_string()).or_default().0 += row.amount.0;
    }
    sums
}

fn text(
    out: &mut dyn Write,
    shown: &Shown<'_>,
    sources: &Exposures,
    destinations: &Exposures,
    extent: &Extent,
    gaps: &[String],
) -> io::Result<()> {
    side(out, shown, "Where its money came from", sources)?;
    writeln!(out)?;
    side(out, shown, "Where its money went", destinations)?;
    writeln!(out, "\n{}", extent.sentence())?;
    if !gaps.is_empty() {
        writeln!(out, "\nNot seen")?;
    }
    gaps.iter().try_for_each(|gap| writeln!(out, "  - {gap}"))
}

fn side(out: &mut dyn Write, shown: &Shown<'_>, title: &str, found: &Exposures) -> io::Result<()> {
    writeln!(out, "{title}: {}", btc(found.total))?;
    for (category, amount) in by_category(found) {
        line(out, &format!("all {category}"), amount, found.total)?;
    }
    for row in &found.parties {
        let how = if row.direct { "direct" } else { "indirect" };
        line(
            out,
            &format!("{how} {} ({})", label(&row.party.label), row.party.category),
            row.amount,
            found.total,
        )?;
        if let Some(worth) = row.usd {
            let missing = match worth.without_price.0 {
                0 => String::new(),
                _ => format!("; {} moved on days without a price", btc(worth.without_price)),
            };
            writeln!(
                out,
                "      USD {}.{:02} at the time{missing}",
                worth.cents.0 / 100,
                worth.cents.0 % 100
            )?;
        }
        if let (Some(after), Some(day)) = (row.after_listing, row.party.listed_from) {
            writeln!(out, "      {} of it on or after {day}, when a source named the party", btc(after))?;
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
            shown.address(row).unwrap_or_default()
        )?;
        for txid in shown.path(row) {
            writeln!(out, "        tx {txid}")?;
        }
    }
    let rest = found.rest;
    for (name, amount) in [
        ("new coins", rest.minted),
        ("mixes", rest.mixed),
        ("unspent, nobody known", rest.held),
        ("fees", rest.fees),
        ("to nobody (OP_RETURN)", rest.unowned),
        ("unresolved: blocks are missing", rest.unresolved),
        ("below the limit on dust", rest.dust),
        ("cut by limits", rest.cut),
    ] {
        if amount.0 > 0 {
            line(out, name, amount, found.total)?;
        }
    }
    if rest.destroyed.0 > 0 {
        writeln!(out, "  ({} {DESTROYED}; not counted)", btc(rest.destroyed))?;
    }
    if rest.returned.0 > 0 {
        writeln!(out, "  ({} came back to itself and is not counted)", btc(rest.returned))?;
    }
    if found.cut_short {
        writeln!(out, "  (some of its outputs were not looked at)")?;
    }
    Ok(())
}

fn plural(count: u32) -> &'static str {
    if count == 1 { "" } else { "s" }
}

fn line(out: &mut dyn Write, name: &str, amount: Amount, total: Amount) -> io::Result<()> {
    let tenths = (amount.0 * 1_000 + total.0 / 2).checked_div(total.0).unwrap_or(0);
    writeln!(out, "  {name:<60} {:>22} {:>5}.{} %", btc(amount), tenths / 10, tenths % 10)
}

fn btc(amount: Amount) -> String {
    amount.display(8, "BTC").to_string()
}
