//! Answers over account chains, a drawing an asset: amounts of two assets are never in one.

use std::collections::BTreeMap;

use tracehound_engine::transfers::{
    exposure::{Exposure, OfAsset, Side},
    trace::{End, Sums, Trace},
    tx::Party as Account,
};
use tracehound_model::{Amount, Asset, Chain};

use super::{Ground, Origin};
use crate::{
    chart::{Chart, Flow, Kind, Party, Spot, Unit},
    words::{chain_name, s, share, short},
};

/// Assets that are drawn; those whose unit is known come first.
const MOST_ASSETS: usize = 6;
/// Boxes on a side; the smallest of the others are summed up.
const MOST_BOXES: usize = 24;
/// What is in the middle.
const MIDDLE: Spot = Spot::Unit(0);

/// A box of a side, in the making: its kind, its name, its title, and what is summed up in it, with the number of movements or
/// transactions, 0 where that is not known.
type Boxes = BTreeMap<(Kind, String, String), (Amount, usize)>;

/// A trace: what was followed of each asset between whose it was and where it ended, to the unit.
pub fn account_trace(found: &Trace, origin: &Origin) -> Vec<String> {
    found.sums.iter().take(MOST_ASSETS).flat_map(|sums| trace_of(found, sums, origin)).collect()
}

fn trace_of(found: &Trace, sums: &Sums, origin: &Origin) -> Vec<String> {
    let (asset, back) = (sums.asset, found.direction == "backward");
    let mut begins = Boxes::new();
    let seeds = found.steps.iter().filter(|step| step.hop == 0 && step.movement.asset == asset);
    for step in seeds {
        let party = if back { &step.movement.to } else { &step.movement.from };
        add(&mut begins, boxed(party.as_ref(), Kind::Start, "issued"), step.dirty, 1);
    }
    let mut ends = Boxes::new();
    for end in found.ends.iter().filter(|end| end.asset == asset) {
        add(&mut ends, ended(end), end.dirty, 1);
    }
    for exchange in &found.exchanges {
        let (given, taken) = (exchange.given == asset, exchange.taken == asset);
        // Backward, what was given is what comes next.
        let (came, went) = if back { (given, taken) } else { (taken, given) };
        let other = if given { exchange.taken } else { exchange.given };
        let dirty = if given { exchange.given_dirty } else { exchange.taken_dirty };
        if came {
            let name = format!("exchanged for {}", unit_name(other));
            add(&mut begins, (Kind::Other, name.clone(), name), dirty, 1);
        }
        if went {
            let name = format!("exchanged: {}", unit_name(other));
            add(&mut ends, (Kind::Other, name.clone(), name), dirty, 1);
        }
    }
    let steps = found.steps.iter().filter(|step| step.movement.asset == asset).count();
    let unit = Unit {
        kind: Kind::Several,
        lines: vec![format!("{steps} movement{}", s(steps as u64)), asset.money(sums.seeded).to_string()],
        title: format!("{steps} movements of something followed; each is in the table"),
    };
    let mut chart = chart(asset, sums.seeded, unit);
    side(&mut chart, begins, !back, "movement");
    side(&mut chart, ends, back, "movement");
    let way = if back { "Where it came from" } else { "Where it went" };
    let title = format!("{way}: {} on {}", asset.money(sums.seeded), chain_name(&found.chain));
    let parts = sums.parts().into_iter().filter(|(_, amount)| !amount.is_zero());
    let parts: Vec<String> =
        parts.map(|(name, amount)| format!("{name} {}", share(amount, sums.seeded))).collect();
    let mut lines = vec![format!(
        "Followed by the rule of taint \"{}\", a convention and not a fact of the chain. Of what was followed: {}.",
        found.method,
        parts.join(", ")
    )];
    lines.extend(others(found.sums.len()));
    let ground = Ground { ledger: Some(&found.ledger), snapshot: &found.snapshot };
    let caption = origin.caption(title, found.chain.parse::<Chain>().ok(), lines, &ground);
    chart.pages(&caption, None)
}

/// An exposure: whom an owner's value came from and went to, asset by asset.
pub fn account_exposure(found: &Exposure, origin: &Origin) -> Vec<String> {
    found.assets.iter().take(MOST_ASSETS).flat_map(|of| exposure_of(found, of, origin)).collect()
}

fn exposure_of(found: &Exposure, of: &OfAsset, origin: &Origin) -> Vec<String> {
    let name = match &found.addresses[..] {
        [address] => short(address),
        addresses => format!("{} addresses of one owner", addresses.len()),
    };
    let unit = Unit {
        kind: Kind::Start,
        lines: vec![name.clone(), format!("in {}", unit_name(of.asset))],
        title: found.addresses.join(", "),
    };
    let larger = of.received.max(of.paid);
    let mut chart = chart(of.asset, larger, unit);
    let mut sources = parties(&of.sources);
    for (word, amount) in [("issued", of.issued), ("others' fees", of.tips)] {
        add(&mut sources, (Kind::Other, word.to_owned(), word.to_owned()), amount, 0);
    }
    let mut destinations = parties(&of.destinations);
    for (word, amount) in [("destroyed", of.destroyed), ("fees", of.fees)] {
        add(&mut destinations, (Kind::Other, word.to_owned(), word.to_owned()), amount, 0);
    }
    side(&mut chart, sources, true, "transaction");
    side(&mut chart, destinations, false, "transaction");
    let money = |amount| of.asset.money(amount);
    let mut lines = vec![
        format!(
            "Received from others {}, paid to others {}. Direct counterparties alone: nobody looked behind those without a name.",
            money(of.received),
            money(of.paid)
        ),
        format!("Shares are of {}, the larger of the two.", money(larger)),
    ];
    lines.extend(others(found.assets.len()));
    let chain = of.asset.chain();
    let title = format!("Exposure of {name} in {} on {}", unit_name(of.asset), chain_name(&found.chain));
    let ground = Ground { ledger: Some(&found.ledger), snapshot: &found.snapshot };
    chart.pages(&origin.caption(title, Some(chain), lines, &ground), None)
}

fn parties(side: &Side) -> Boxes {
    let mut boxes = Boxes::new();
    for row in &side.parties {
        add(&mut boxes, boxed(Some(&row.party), Kind::Address, ""), row.amount, row.transactions);
    }
    let name = format!("{} others without a name", side.others);
    add(&mut boxes, (Kind::Several, name.clone(), name), side.others_amount, 0);
    boxes
}

/// That there are assets that are not drawn.
fn others(count: usize) -> Option<String> {
    let left = count.saturating_sub(MOST_ASSETS);
    (left > 0).then(|| format!("NOT DRAWN: {left} more assets; they are in the tables."))
}

/// What an asset is called in a box.
fn unit_name(asset: Asset) -> String {
    asset.unit().map_or_else(|| short(&asset.to_string()), |unit| unit.ticker.to_owned())
}

/// The box of somebody, or of nobody by another name.
fn boxed(party: Option<&Account>, kind: Kind, nobody: &str) -> (Kind, String, String) {
    match party {
        None => (Kind::Other, nobody.to_owned(), nobody.to_owned()),
        Some(Account { address, entity: None }) => (kind, short(address), address.clone()),
        Some(Account { entity: Some(entity), .. }) => {
            let kind = if kind == Kind::Address { Kind::Service } else { kind };
            (kind, entity.name(), format!("{} ({})", entity.name(), entity.kind()))
        }
    }
}

fn ended(end: &End) -> (Kind, String, String) {
    let (_, name, title) = boxed(end.party.as_ref(), Kind::Address, "nobody");
    match end.reason {
        "reached_service" => (Kind::Service, name, title),
        "mixed" => (Kind::Mix, name, title),
        "unspent" => (Kind::Unspent, format!("unspent: {name}"), format!("unspent: {title}")),
        "truncated" => {
            let what = format!("not followed: limit on {}", end.limit.unwrap_or("work"));
            (Kind::Other, what.clone(), what)
        }
        reason => {
            let what = reason.replace('_', " ");
            (Kind::Other, what.clone(), what)
        }
    }
}

fn add(boxes: &mut Boxes, key: (Kind, String, String), amount: Amount, count: usize) {
    if !amount.is_zero() {
        let sum = boxes.entry(key).or_default();
        *sum = (sum.0.saturating_add(amount), sum.1 + count);
    }
}

fn chart(asset: Asset, whole: Amount, unit: Unit) -> Chart {
    Chart {
        asset: Some(asset),
        whole,
        units: vec![unit],
        order: "value comes from the left and goes to the right.",
        ..Chart::default()
    }
}

/// Puts boxes on a side, the largest by themselves. `counts`: what is counted of each.
fn side(chart: &mut Chart, boxes: Boxes, is_left: bool, counts: &'static str) {
    let mut boxes: Vec<_> = boxes.into_iter().collect();
    boxes.sort_by_key(|(_, (amount, _))| std::cmp::Reverse(*amount));
    let rest = boxes.split_off(boxes.len().min(MOST_BOXES));
    if !rest.is_empty() {
        let sum = rest.iter().fold(Amount::ZERO, |sum, (_, (amount, _))| sum.saturating_add(*amount));
        let name = format!("{} more", rest.len());
        boxes.push(((Kind::Several, name.clone(), format!("{name}, in the tables")), (sum, 0)));
    }
    for ((kind, name, title), (amount, count)) in boxes {
        let spot = Spot::Party(chart.parties.len());
        let (from, to) = if is_left { (spot, MIDDLE) } else { (MIDDLE, spot) };
        chart.flows.push(Flow { from, to, amount, count, title: title.clone() });
        let counts = if count == 0 { "" } else { counts };
        chart.parties.push(Party { kind, name, title, counts, is_minor: false });
    }
}
