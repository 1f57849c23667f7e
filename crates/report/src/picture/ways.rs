//! The ways between two addresses, one below the other.

use std::collections::BTreeMap;

use tracehound_engine::{
    path::{Passed, Paths, Way},
    trace::Entity,
};
use tracehound_model::text;

use super::{Ground, Origin};
use crate::{
    chart::{Chart, Flow, Kind, Party, Spot, Unit},
    words::{chain_name, minute, s, short},
};

/// The drawing, one file a page.
pub fn path(found: &Paths, origin: &Origin) -> Vec<String> {
    let chain = found.asset.chain();
    // Ways may share outputs: no sum is more than all of them together can carry.
    let whole = found.most;
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
        most: Some(whole),
        parties: vec![end(Kind::Start, &found.from, from), end(Kind::Address, &found.to, to)],
        order: "each box stands right of the one before it on its way.",
        ..Chart::default()
    };
    let boxes = Boxes::of(found, &mut chart);
    let mut bands: BTreeMap<(Spot, Spot), usize> = BTreeMap::new();
    for (way, number) in found.ways.iter().zip(1..) {
        let (mut from, mut first) = (Spot::Party(0), None);
        for passed in &way.outputs {
            let (money, time) = (found.asset.money(passed.value), minute(passed.time.as_second()));
            let who = whole_name(&passed.address, passed.entity.as_ref());
            let title = format!("way {number}: {who} of {money} in {}, {time}", passed.outpoint);
            let to = match boxes.outputs.get(passed.outpoint.as_str()) {
                Some(&known) => known,
                None if is_last(way, passed) => Spot::Party(1),
                // Where it begins, which is drawn for all ways as one.
                None => {
                    first = Some(title);
                    continue;
                }
            };
            let title = first.take().map_or_else(|| title.clone(), |first| format!("{first}; {title}"));
            let mix = boxes.mixes.get(passed.outpoint.as_str()).copied();
            for to in mix.into_iter().chain([to]) {
                if let Some(&band) = bands.get(&(from, to)) {
                    // No more goes on than the output holds, however many ways it is on.
                    let band: &mut Flow = &mut chart.flows[band];
                    band.amount = band.amount.saturating_add(way.width).min(passed.value).min(whole);
                    band.count += 1;
                    band.title = format!("{}; {title}", band.title);
                } else {
                    bands.insert((from, to), chart.flows.len());
                    chart.flows.push(Flow { from, to, amount: way.width, count: 1, title: title.clone() });
                }
                from = to;
            }
        }
    }
    let count = found.ways.len();
    let mut lines = vec![format!(
        "{count} way{} found: those without a mix and through no service first, then the shortest and widest. A band is as wide as the smallest output of its way: no more than that can have gone \
         there, and by all ways together no more than {}. That money can have gone a way does not show that it did.",
        s(count as u64),
        found.asset.money(whole)
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

/// The boxes between the ends: an output that several ways pass through is one.
struct Boxes<'a> {
    outputs: BTreeMap<&'a str, Spot>,
    /// By the output that a way comes to through the mix.
    mixes: BTreeMap<&'a str, Spot>,
}

impl<'a> Boxes<'a> {
    fn of(found: &'a Paths, chart: &mut Chart) -> Self {
        let mut boxes = Self { outputs: BTreeMap::new(), mixes: BTreeMap::new() };
        for (passed, ways) in shared(found) {
            boxes.mix(chart, passed, &ways);
            let (money, time) = (found.asset.money(passed.value), minute(passed.time.as_second()));
            let entity = passed.entity.as_ref();
            let who = whole_name(&passed.address, entity);
            let title = format!("{ways}: {who} of {money} in {}, {time}", passed.outpoint);
            let kind = if entity.is_some() { Kind::Service } else { Kind::Address };
            let lines = vec![called(&passed.address, entity), format!("{money}"), time];
            boxes.outputs.insert(&passed.outpoint, unit(chart, Unit { kind, lines, title }));
        }
        for (way, number) in found.ways.iter().zip(1..) {
            let last = way.outputs.last();
            if let Some(last) = last.filter(|last| !boxes.mixes.contains_key(last.outpoint.as_str())) {
                boxes.mix(chart, last, &format!("way {number}"));
            }
        }
        boxes
    }

    /// The mix through which a way comes to an output, if it does.
    fn mix(&mut self, chart: &mut Chart, passed: &'a Passed, ways: &str) {
        let Some(mix) = &passed.mix else { return };
        let (id, people) = (passed.outpoint.split(':').next().unwrap_or_default(), mix.participants);
        let lines = vec![
            format!("MIX {}", mix.protocol),
            format!("of at least {people} people"),
            format!("tx {}", short(id)),
        ];
        let time = minute(passed.time.as_second());
        let title = format!("{ways}: {}: {id}, {time}", lines[..2].join(" "));
        self.mixes.insert(&passed.outpoint, unit(chart, Unit { kind: Kind::Mix, lines, title }));
    }
}

/// Whether an output is where its way ends.
fn is_last(way: &Way, passed: &Passed) -> bool {
    way.outputs.last().is_some_and(|last| last.outpoint == passed.outpoint)
}

/// The outputs between the ends, each once with the ways that pass through it, and after all that lead to it.
fn shared(found: &Paths) -> Vec<(&Passed, String)> {
    let mut between: BTreeMap<&str, (usize, &Passed, Vec<String>)> = BTreeMap::new();
    let inner = |way| move |at: &usize| is_between(found, way, *at);
    // A way has at most so many outputs as there are in all; each round moves what comes too early one step on.
    for round in 0_usize.. {
        let mut moved = false;
        for (way, number) in found.ways.iter().zip(1..) {
            let mut least = 0;
            for at in (0..way.outputs.len()).filter(inner(way)) {
                let passed = &way.outputs[at];
                let known = between.entry(&passed.outpoint).or_insert_with(|| (0, passed, Vec::new()));
                if round == 0 {
                    known.2.push(format!("way {number}"));
                }
                moved |= known.0 < least;
                known.0 = known.0.max(least);
                least = known.0 + 1;
            }
        }
        if !moved || round > between.len() {
            break;
        }
    }
    let mut rows: Vec<_> = between.into_values().collect();
    rows.sort_by(|a, b| (a.0, &a.1.outpoint).cmp(&(b.0, &b.1.outpoint)));
    rows.into_iter().map(|(_, passed, ways)| (passed, ways.join(", "))).collect()
}

/// Whether an output has a box of its own: not the last, and not the first one of where the ways begin.
fn is_between(found: &Paths, way: &Way, at: usize) -> bool {
    let last = way.outputs.len().saturating_sub(1);
    at != last && !(at == 0 && way.outputs[at].address == found.from)
}
