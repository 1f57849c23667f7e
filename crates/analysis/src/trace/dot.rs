//! A trace for Graphviz: transactions are boxes, outputs are arrows, ends are ovals.

use std::fmt::Write as _;

use tracehound_model::text::label;

use super::{Place, Trace, short};
use crate::words::moment;

/// The DOT text. Names and addresses are quoted; nothing in them can end a string.
pub fn dot(found: &Trace) -> String {
    let mut text =
        String::from("digraph trace {\n  rankdir=LR;\n  node [fontname=\"sans-serif\", fontsize=10];\n");
    let mut line = |parts: String| writeln!(text, "  {parts}").expect("a string takes every write");
    line(format!("label=\"{}\";", quoted(&found.ledger.sentence())));
    for (at, flow) in found.flows.iter().enumerate() {
        let mix = flow.mix.map_or_else(String::new, |mix| format!("\\n{}", quoted(mix)));
        let id = flow.txid.to_string();
        line(format!(
            "t{at} [shape=box, label=\"{}\\n{}{mix}\", tooltip=\"{id}\"];",
            short(&id),
            moment(flow.time)
        ));
    }
    let mut maker = vec![None; found.places.len()];
    for (at, flow) in found.flows.iter().enumerate() {
        flow.to.iter().for_each(|&place| maker[place] = Some(at));
    }
    for (at, (place, maker)) in found.places.iter().zip(maker).enumerate() {
        if at < found.seeds {
            line(format!("s{at} [shape=oval, style=bold, label=\"{}\"];", name(place)));
        }
        let from =
            if at < found.seeds { Some(format!("s{at}")) } else { maker.map(|maker| format!("t{maker}")) };
        let to = match (place.next, &place.end) {
            (Some(next), _) => format!("t{next}"),
            (None, Some(end)) => {
                line(format!("e{at} [shape=oval, label=\"{}\\n{}\"];", name(place), quoted(end.fate)));
                format!("e{at}")
            }
            (None, None) => continue,
        };
        if let Some(from) = from.filter(|from| *from != to) {
            line(format!("{from} -> {to} [label=\"{}\"];", found.asset.money(place.dirty)));
        }
    }
    text.push_str("}\n");
    text
}

fn name(place: &Place) -> String {
    let address = place.address.as_deref().unwrap_or("no address");
    match &place.party {
        Some(party) => format!("{}\\n{}", quoted(&party.label), quoted(address)),
        None => quoted(address),
    }
}

fn quoted(text: &str) -> String {
    label(text).replace('\\', "\\\\").replace('"', "\\\"")
}
