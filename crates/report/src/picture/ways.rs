//! The ways between two addresses, one below the other.

use tracehound_engine::path::Paths;
use tracehound_model::Amount;

use super::{Ground, Origin};
use crate::{
    chart::{Chart, Flow, Kind, Party, Spot, Unit},
    words::{chain_name, minute, s, short},
};

/// The drawing, one file a page.
pub fn path(found: &Paths, origin: &Origin) -> Vec<String> {
    let chain = found.asset.chain();
    let widths = found.ways.iter().map(|way| way.width);
    let whole = widths.fold(Amount::ZERO, Amount::saturating_add);
    let party = |kind, address: &String| Party {
        kind,
        name: short(address),
        title: address.clone(),
        counts: "way",
        is_minor: false,
    };
    let mut chart = Chart {
        asset: Some(found.asset),
        whole,
        parties: vec![party(Kind::Start, &found.from), party(Kind::Address, &found.to)],
        order: "each box stands right of the one before it on its way.",
        ..Chart::default()
    };
    for (way, number) in found.ways.iter().zip(1..) {
        let (mut from, mut first) = (Spot::Party(0), None);
        let last = way.outputs.len().saturating_sub(1);
        for (at, passed) in way.outputs.iter().enumerate() {
            let money = found.asset.money(passed.value);
            let time = minute(passed.time.as_second());
            let title = format!("way {number}: {} of {money} in {}, {time}", passed.address, passed.outpoint);
            // Where it begins, which is drawn for all ways as one.
            if at == 0 && at != last && passed.address == found.from {
                first = Some(title);
                continue;
            }
            let title = first.take().map_or_else(|| title.clone(), |first| format!("{first}; {title}"));
            let to = if at == last {
                Spot::Party(1)
            } else {
                chart.units.push(Unit {
                    kind: Kind::Address,
                    lines: vec![short(&passed.address), format!("{money}"), time.clone()],
                    title: title.clone(),
                });
                Spot::Unit(chart.units.len() - 1)
            };
            chart.flows.push(Flow {
                from,
                to,
                amount: way.width,
                count: usize::from(at == last || from == Spot::Party(0)),
                title,
            });
            from = to;
        }
    }
    let count = found.ways.len();
    let mut lines = vec![format!(
        "{count} way{} found, the shortest and widest. A band is as wide as the smallest output of its way: no more than that can have gone \
         there. That money can have gone a way does not show that it did.",
        s(count as u64)
    )];
    if found.truncated {
        lines.push("The search was cut by a limit: there may be other ways.".to_owned());
    }
    let title =
        format!("From {} to {} on {}", short(&found.from), short(&found.to), chain_name(&chain.to_string()));
    let ground = Ground { ledger: Some(&found.ledger), snapshot: &found.snapshot };
    chart.pages(&origin.caption(title, Some(chain), lines, &ground), None)
}
