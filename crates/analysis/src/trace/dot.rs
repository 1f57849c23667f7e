//! A trace for Graphviz: transactions are boxes, outputs are arrows, ends are ovals.

use std::fmt::Write as _;

use tracehound_model::text::label;

use super::{Node, Trace, short};
use crate::words::moment;

/// The DOT text. Names and addresses are quoted; nothing in them can end a string.
pub fn dot(found: &Trace) -> String {
    let mut text =
        String::from("digraph trace {\n  rankdir=LR;\n  node [fontname=\"sans-serif\", fontsize=10];\n");
    let mut line = |parts: String| writeln!(text, "  {parts}").expect("a string takes every write");
    line(format!("label=\"{}\";", quoted(&found.ledger.sentence())));
    for (at, edge) in found.edges.iter().enumerate() {
        let mix = edge.mix.map_or_else(String::new, |mix| format!("\\n{}", quoted(mix)));
        let id = edge.txid.to_string();
        line(format!(
            "t{at} [shape=box, label=\"{}\\n{}{mix}\", tooltip=\"{id}\"];",
            short(&id),
            moment(edge.time)
        ));
    }
    let mut maker = vec![None; found.nodes.len()];
    for (at, edge) in found.edges.iter().enumerate() {
        edge.to.iter().for_each(|&node| maker[node] = Some(at));
    }
    for (at, (node, maker)) in found.nodes.iter().zip(maker).enumerate() {
        if at < found.seeds {
            line(format!("s{at} [shape=oval, style=bold, label=\"{}\"];", name(node)));
        }
        let from =
            if at < found.seeds { Some(format!("s{at}")) } else { maker.map(|maker| format!("t{maker}")) };
        let to = match (node.next, &node.stop) {
            (Some(next), _) => format!("t{next}"),
            (None, Some(end)) => {
                line(format!(
                    "e{at} [shape=oval, label=\"{}\\n{}\"];",
                    name(node),
                    quoted(&end.reason.replace('_', " "))
                ));
                format!("e{at}")
            }
            (None, None) => continue,
        };
        if let Some(from) = from.filter(|from| *from != to) {
            line(format!("{from} -> {to} [label=\"{}\"];", found.asset.money(node.dirty)));
        }
    }
    text.push_str("}\n");
    text
}

fn name(node: &Node) -> String {
    let address = node.address.as_deref().unwrap_or("no address");
    match &node.entity {
        Some(entity) => format!("{}\\n{}", quoted(&entity.label), quoted(address)),
        None => quoted(address),
    }
}

fn quoted(text: &str) -> String {
    label(text).replace('\\', "\\\\").replace('"', "\\\"")
}
