//! The ways between two addresses, one below the other.

use tracehound_engine::{path::Paths, trace::Entity};
use tracehound_model::{Amount, text};

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
    let end = |kind, address: &String, entity: Option<&Entity>| Party {
        kind: if entity.is_some() && kind == Kind::Address { Kind::Service } else { kind },
        name: called(address, entity),
        title: whole_name(address, entity),
        counts: "way",
        is_minor: false,
    };
    let mut first = found.ways.iter().filter_map(|way| way.outputs.first());
    let mut last = found.ways.iter().filter_map(|way| way.outputs.last());
    let from = first.find_map(|passed| passed.entity.as_ref());
    let to = last.find_map(|passed| passed.entity.as_ref());
    let mut chart = Chart {
        asset: Some(found.asset),
        whole,
        parties: vec![end(Kind::Start, &found.from, from), end(Kind::Address, &found.to, to)],
        order: "each box stands right of the one before it on its way.",
        ..Chart::default()
    };
    for (way, number) in found.ways.iter().zip(1..) {
        let (mut from, mut first) = (Spot::Party(0), None);
        let last = way.outputs.len().saturating_sub(1);
        for (at, passed) in way.outputs.iter().enumerate() {
            let money = found.asset.money(passed.value);
            let time = minute(passed.time.as_second());
            let entity = passed.entity.as_ref();
            let who = whole_name(&passed.address, entity);
            let title = format!("way {number}: {who} of {money} in {}, {time}", passed.outpoint);
            // Where it begins, which is drawn for all ways as one.
            if at == 0 && at != last && passed.address == found.from {
                first = Some(title);
                continue;
            }
            let title = first.take().map_or_else(|| title.clone(), |first| format!("{first}; {title}"));
            let mut flow = |chart: &mut Chart, to| {
                chart.flows.push(Flow { from, to, amount: way.width, count: 1, title: title.clone() });
                from = to;
            };
            if let Some(mix) = &passed.mix {
                let (id, people) = (passed.outpoint.split(':').next().unwrap_or_default(), mix.participants);
                let lines = vec![
                    format!("MIX {}", mix.protocol),
                    format!("of at least {people} people"),
                    format!("tx {}", short(id)),
                ];
                let title = format!("way {number}: {}: {id}, {time}", lines[..2].join(" "));
                let mix = unit(&mut chart, Unit { kind: Kind::Mix, lines, title });
                flow(&mut chart, mix);
            }
            let to = if at == last {
                Spot::Party(1)
            } else {
                let kind = if entity.is_some() { Kind::Service } else { Kind::Address };
                let lines = vec![called(&passed.address, entity), format!("{money}"), time];
                unit(&mut chart, Unit { kind, lines, title: title.clone() })
            };
            flow(&mut chart, to);
        }
    }
    let count = found.ways.len();
    let mut lines = vec![format!(
        "{count} way{} found: those without a mix and through no service first, then the shortest and widest. A band is as wide as the smallest output of its way: no more than that can have gone \
         there. That money can have gone a way does not show that it did.",
        s(count as u64)
    )];
    lines.extend(found.pooled());
    if found.truncated {
        lines.push("The search was cut by a limit: there may be other ways.".to_owned());
    }
    let title =
        format!("From {} to {} on {}", short(&found.from), short(&found.to), chain_name(&chain.to_string()));
    let ground = Ground { ledger: Some(&found.ledger), snapshot: &found.snapshot };
    chart.pages(&origin.caption(title, Some(chain), lines, &ground), None)
}

fn unit(chart: &mut Chart, unit: Unit) -> Spot {
    chart.units.push(unit);
    Spot::Unit(chart.units.len() - 1)
}

/// Who has an address, else the address: as much as there is room for.
fn called(address: &str, entity: Option<&Entity>) -> String {
    entity.map_or_else(|| short(address), |entity| text::label(&entity.name()).into_owned())
}

/// The address, and who has it.
fn whole_name(address: &str, entity: Option<&Entity>) -> String {
    entity.map_or_else(
        || address.to_owned(),
        |entity| format!("{address}, {} ({})", text::label(&entity.name()), entity.kind()),
    )
}
