//! A cluster: its addresses, what joins two of them, and what was not joined.

use tracehound_engine::cluster::{Cluster, Step};
use tracehound_model::{Amount, Chain, text::label};

use super::{Ground, Origin};
use crate::{
    chart::{Chart, Flow, Kind, Party, Spot, Unit},
    words::{chain_name, minute, short},
};

/// The drawing, one file a page.
pub fn cluster(found: &Cluster, chain: Chain, origin: &Origin) -> Vec<String> {
    let steps =
        found.explain.as_ref().map(|explained| &explained.steps[..]).filter(|steps| !steps.is_empty());
    let mut chart = Chart { order: "Lines show what belongs together, and no amount.", ..Chart::default() };
    match steps {
        Some(steps) => joints(&mut chart, steps),
        None => around(&mut chart, found),
    }
    let size = found.size;
    let mut lines = vec![format!(
        "{size} address{} spent together, or of one key; transactions that mix joined nothing. That inputs of one transaction are of one \
         owner is a rule with exceptions, and no fact of the chain.",
        if size == 1 { "" } else { "es" }
    )];
    if let Some(explained) = &found.explain {
        lines.push(match (explained.same_cluster, steps) {
            (false, _) => {
                format!("Nothing joins {} and {}: they are in two clusters.", found.address, explained.other)
            }
            (true, None) => format!("{} and {} are one address.", found.address, explained.other),
            (true, Some(_)) => format!("What joins {} and {}.", found.address, explained.other),
        });
    }
    let title = format!("Cluster of {} on {}", short(&found.address), chain_name(&chain.to_string()));
    let ground = Ground { ledger: Some(&found.ledger), snapshot: &found.snapshot };
    chart.pages(&origin.caption(title, Some(chain), lines, &ground), None)
}

/// The way from one address to another, step by step.
fn joints(chart: &mut Chart, steps: &[Step]) {
    let address = |address: &String| (short(address), address.clone());
    let mut from = party(chart, Kind::Start, address(&steps[0].from));
    for (at, step) in steps.iter().enumerate() {
        let unit = match (step.txid, step.time) {
            (Some(txid), Some(time)) => {
                let (id, time) = (txid.to_string(), minute(time.as_second()));
                let lines =
                    vec![format!("tx {}", short(&id)), "spends coins of both".to_owned(), time.clone()];
                Unit { kind: Kind::Transaction, lines, title: format!("{id} of {time}") }
            }
            _ => Unit {
                kind: Kind::Several,
                lines: vec!["one key".to_owned(), "has both addresses".to_owned()],
                title: format!("one key has {} and {}", step.from, step.to),
            },
        };
        let joint = self::unit(chart, unit);
        line(chart, from, joint);
        from = if at + 1 == steps.len() {
            party(chart, Kind::Address, address(&step.to))
        } else {
            let (name, title) = address(&step.to);
            self::unit(chart, Unit { kind: Kind::Address, lines: vec![name], title })
        };
        line(chart, joint, from);
    }
}

/// The cluster with its members on the left, those with a name first, and on the right what was not joined.
fn around(chart: &mut Chart, found: &Cluster) {
    let members = format!("{} address{}", found.size, if found.size == 1 { "" } else { "es" });
    let name = found.cluster.rsplit(':').next().unwrap_or_default();
    let lines = vec![format!("cluster {}", short(name)), members];
    let middle = unit(chart, Unit { kind: Kind::Start, lines, title: found.cluster.clone() });
    for named in &found.names {
        let title = format!("{}: {} ({})", named.address, label(&named.label), named.category);
        let from = party(
            chart,
            Kind::Service,
            (format!("{} {}", label(&named.label), short(&named.address)), title),
        );
        line(chart, from, middle);
    }
    let unnamed =
        found.members.iter().filter(|member| found.names.iter().all(|named| named.address != **member));
    for member in unnamed {
        let from = party(chart, Kind::Address, (short(member), member.clone()));
        line(chart, from, middle);
    }
    let more = found.size.saturating_sub(found.members.len());
    if more > 0 {
        let words = format!("{more} addresses that are not listed");
        let from = party(chart, Kind::Other, (words.clone(), words));
        line(chart, from, middle);
    }
    for refused in &found.refused {
        let title = format!("{} and {} in {}: {}", refused.one, refused.other, refused.txid, refused.why);
        let to = party(chart, Kind::Other, (format!("not joined: {}", short(&refused.other)), title));
        line(chart, middle, to);
    }
}

fn unit(chart: &mut Chart, unit: Unit) -> Spot {
    chart.units.push(unit);
    Spot::Unit(chart.units.len() - 1)
}

fn party(chart: &mut Chart, kind: Kind, (name, title): (String, String)) -> Spot {
    chart.parties.push(Party { kind, name, title, counts: "", is_minor: false });
    Spot::Party(chart.parties.len() - 1)
}

fn line(chart: &mut Chart, from: Spot, to: Spot) {
    chart.flows.push(Flow { from, to, amount: Amount::ZERO, count: 1, title: String::new() });
}
