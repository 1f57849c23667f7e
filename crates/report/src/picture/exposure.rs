//! Whom money came from and went to, with the owner in the middle.

use std::cmp::Reverse;

use tracehound_engine::exposure::{Exposure, Row, Side};
use tracehound_model::{
    Amount, Category, Chain, Verdict,
    text::label,
    verdict::{Direction, ExposureType},
};

use super::{Ground, Origin};
use crate::{
    chart::{Chart, Flow, Kind, Party, Spot, Unit},
    words::{chain_name, s, share, short},
};

/// The owner of all sides.
const OWNER: Spot = Spot::Unit(0);

/// The drawing of an exposure, one file a page.
pub fn exposure(found: &Exposure, origin: &Origin) -> Vec<String> {
    let chain = found.asset.chain();
    let name = match &found.addresses[..] {
        [address] => short(address),
        addresses => format!("{} addresses of one owner", addresses.len()),
    };
    let members = format!("{} address{}", found.members, if found.members == 1 { "" } else { "es" });
    let unit =
        Unit { kind: Kind::Start, lines: vec![name.clone(), members], title: found.addresses.join(", ") };
    let larger = found.sources.total.max(found.destinations.total);
    let mut chart = of_owner(unit, larger);
    chart.asset = Some(found.asset);
    side(&mut chart, &found.sources, true);
    side(&mut chart, &found.destinations, false);
    let money = |amount| found.asset.money(amount);
    let mut lines = vec![
        format!(
            "Received from others {}, paid to others {}. Divided by haircut: shares, and not the way of a coin. Direct is who stands \
             in the owner's own transactions, indirect who stands behind unnamed owners.",
            money(found.sources.total),
            money(found.destinations.total)
        ),
        format!("Shares are of {}, the larger of the two.", money(larger)),
    ];
    if found.through_mixes {
        lines.push(
            "It GOES ON BEHIND MIXES (CoinJoins) by shares: what lies behind one is a share of everybody's money in it, not a path.".to_owned(),
        );
    }
    let title = format!("Exposure of {name} on {}", chain_name(&chain.to_string()));
    let ground = Ground { ledger: Some(&found.ledger), snapshot: &found.snapshot };
    chart.pages(&origin.caption(title, Some(chain), lines, &ground), None)
}

/// The drawing of what ties the subject of a verdict to others, where amounts of one asset are known of them.
pub fn verdict(found: &Verdict, origin: &Origin) -> Option<Vec<String>> {
    let chain = found.chain.as_deref()?.parse::<Chain>().ok()?;
    let rows: Vec<_> =
        found.exposures.iter().filter_map(|row| Some((row, row.direction?, row.amount?))).collect();
    let asset = found.asset_of(rows.first()?.0)?;
    let all = rows.len();
    let mut rows: Vec<_> = rows.into_iter().filter(|(row, ..)| found.asset_of(row) == Some(asset)).collect();
    let larger = rows.iter().filter_map(|(row, ..)| row.total).max()?;
    let subject = found.read_as.as_deref().unwrap_or(&found.subject);
    let unit = Unit {
        kind: Kind::Start,
        lines: vec![short(subject), found.decision.to_string()],
        title: subject.to_owned(),
    };
    let mut chart = of_owner(unit, larger);
    chart.asset = Some(asset);
    let left = all - rows.len();
    rows.sort_by_key(|(.., amount)| Reverse(*amount));
    for (row, direction, amount) in rows {
        let how = match row.exposure {
            ExposureType::Identified | ExposureType::Owned => "in it",
            ExposureType::Direct => "direct",
            ExposureType::Indirect => "indirect",
        };
        let address = row.address.as_deref().unwrap_or("address not known");
        let title = format!("{} ({}), {how}, {address}", label(&row.label), row.category);
        let count = row.tx_count.map_or(1, |count| count as usize);
        party(
            &mut chart,
            kind_of(row.category),
            format!("{how}: {}", label(&row.label)),
            title,
            "transaction",
            amount,
            count,
            direction == Direction::Incoming,
        );
    }
    let mut lines = vec![
        found.summary.clone(),
        format!(
            "Only whom a list names is drawn; shares are of {}, the larger of what came and what went.",
            asset.money(larger)
        ),
    ];
    if left > 0 {
        lines.push(format!("NOT DRAWN: {left} exposures in other assets; they are in the table."));
    }
    let title = format!(
        "{}: {} on {}",
        found.decision.as_str().to_uppercase(),
        short(subject),
        chain_name(&chain.to_string())
    );
    let ground = Ground { ledger: None, snapshot: &found.snapshot };
    Some(chart.pages(&origin.caption(title, Some(chain), lines, &ground), None))
}

fn of_owner(unit: Unit, whole: Amount) -> Chart {
    Chart {
        whole,
        units: vec![unit],
        order: "money comes from the left and goes to the right.",
        ..Chart::default()
    }
}

/// A mixer is drawn as in a trace: behind it nobody knows whose it is.
const fn kind_of(category: Category) -> Kind {
    match category {
        Category::MixingService => Kind::Mix,
        _ => Kind::Service,
    }
}

fn side(chart: &mut Chart, side: &Side, incoming: bool) {
    let mut rows: Vec<&Row> = side.entities.iter().collect();
    rows.sort_by_key(|row| Reverse(row.exposed.amount));
    for row in rows {
        let exposed = &row.exposed;
        let how = if exposed.direct { "direct" } else { "indirect" };
        let name = format!("{how}: {}", exposed.entity.name());
        let title = format!(
            "{} ({}), {how}, {} path{}, most by {}",
            exposed.entity.name(),
            exposed.entity.kind(),
            exposed.paths,
            s(exposed.paths),
            row.address.as_deref().unwrap_or("an address that is not known")
        );
        let kind = kind_of(exposed.entity.category);
        party(chart, kind, name, title, "path", exposed.amount, exposed.paths as usize, incoming);
    }
    for (how, name, amount) in side.rest.parts() {
        if !amount.is_zero() {
            let kind = match how {
                "unspent" => Kind::Unspent,
                "mixed" => Kind::Mix,
                _ => Kind::Other,
            };
            let title = format!("{name}, {}", share(amount, side.total));
            party(chart, kind, name.to_owned(), title, "", amount, 1, incoming);
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "a box and its band")]
fn party(
    chart: &mut Chart,
    kind: Kind,
    name: String,
    title: String,
    counts: &'static str,
    amount: Amount,
    count: usize,
    incoming: bool,
) {
    let spot = Spot::Party(chart.parties.len());
    let (from, to) = if incoming { (spot, OWNER) } else { (OWNER, spot) };
    chart.flows.push(Flow { from, to, amount, count, title: title.clone() });
    chart.parties.push(Party { kind, name, title, counts, is_minor: false });
}
