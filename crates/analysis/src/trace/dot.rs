//! A trace for Graphviz: transactions are boxes, outputs are arrows, ends are ovals.

use std::{cmp::Reverse, collections::HashMap, fmt::Write as _};

use tracehound_model::{Amount, TxId, text::label};

use super::{Node, Trace};
use crate::words::{moment, short};

/// Transactions that are drawn at most: beyond it Graphviz takes minutes, and nobody reads what it draws.
const MOST_TRANSACTIONS: usize = 300;
/// Starts, and ends of one transaction, that are drawn at most.
const MOST_STARTS: usize = 100;
const MOST_ENDS: usize = 20;

/// The DOT text. Names and addresses are quoted; nothing in them can end a string. Of a large trace the transactions and ends that
/// carried most are drawn, the others as one, and it says so.
pub fn dot(found: &Trace) -> String {
    let mut drawing = Drawing { found, text: String::new(), drawn: largest(found) };
    drawing.text.push_str("digraph trace {\n  rankdir=LR;\n  node [fontname=\"sans-serif\", fontsize=10];\n");
    let left_out = drawing.drawn.iter().filter(|drawn| !**drawn).count();
    let more = if left_out > 0 {
        format!("\\n{left_out} smaller transactions are drawn as one")
    } else {
        String::new()
    };
    drawing.line(&format!("label=\"{}{more}\";", quoted(&found.ledger.sentence())));
    if left_out > 0 {
        drawing.line(&format!("rest [shape=box, style=dashed, label=\"{left_out} smaller transactions\"];"));
    }
    drawing.transactions();
    drawing.starts();
    for (at, ends) in ends(found).into_iter().enumerate() {
        if drawing.drawn[at] {
            drawing.outputs(at, ends);
        }
    }
    drawing.text.push_str("}\n");
    drawing.text
}

/// What each transaction led to: its outputs, and what it spent that is not in the ledger.
fn ends(found: &Trace) -> Vec<Vec<usize>> {
    let mut ends: Vec<Vec<usize>> = Vec::with_capacity(found.edges.len());
    let mut has_maker = vec![false; found.nodes.len()];
    has_maker[..found.seeds].fill(true);
    for edge in &found.edges {
        let to = edge.to.iter().copied().filter(|&at| at >= found.seeds);
        ends.push(to.inspect(|&at| has_maker[at] = true).collect());
    }
    let by_id: HashMap<TxId, usize> = found.edges.iter().zip(0..).map(|(edge, at)| (edge.txid, at)).collect();
    for (at, node) in found.nodes.iter().enumerate().filter(|(at, _)| !has_maker[*at]) {
        let edge = node.stop.as_ref().and_then(|stop| by_id.get(&stop.txid?));
        if let Some(&edge) = edge {
            ends[edge].push(at);
        }
    }
    ends
}

struct Drawing<'a> {
    found: &'a Trace,
    text: String,
    /// Which transactions have a box of their own.
    drawn: Vec<bool>,
}

/// Marks the transactions that carried most.
fn largest(found: &Trace) -> Vec<bool> {
    let carried = |at: usize| {
        found.edges[at]
            .from
            .iter()
            .fold(Amount::ZERO, |sum, &node| sum.saturating_add(found.nodes[node].dirty))
    };
    let mut order: Vec<usize> = (0..found.edges.len()).collect();
    order.sort_by_key(|&at| (Reverse(carried(at)), at));
    let mut drawn = vec![false; found.edges.len()];
    order.into_iter().take(MOST_TRANSACTIONS).for_each(|at| drawn[at] = true);
    drawn
}

impl Drawing<'_> {
    fn line(&mut self, parts: &str) {
        writeln!(self.text, "  {parts}").expect("a string takes every write");
    }

    fn transactions(&mut self) {
        for (at, edge) in
            self.found.edges.iter().enumerate().filter(|(at, _)| self.drawn[*at]).collect::<Vec<_>>()
        {
            let mix = match (edge.mix, edge.suspected) {
                (Some(mix), _) => format!("\\n{}", quoted(mix)),
                (None, Some(kind)) => format!("\\nsuspected mix: {}", quoted(kind)),
                (None, None) => String::new(),
            };
            let id = edge.txid.to_string();
            let label = format!("{}\\n{}{mix}", short(&id), moment(edge.time));
            self.line(&format!("t{at} [shape=box, label=\"{label}\", tooltip=\"{id}\"];"));
        }
    }

    /// From a box along an output: to the transaction that goes on with it, or to an end of its own.
    fn arrow(&mut self, from: &str, at: usize) {
        let node = &self.found.nodes[at];
        let to = match (node.next, &node.stop) {
            (Some(next), _) if self.drawn[next] => format!("t{next}"),
            (Some(_), _) => "rest".to_owned(),
            (None, Some(end)) => {
                self.line(&format!(
                    "e{at} [shape=oval, label=\"{}\\n{}\"];",
                    name(node),
                    quoted(&end.reason.replace('_', " "))
                ));
                format!("e{at}")
            }
            (None, None) => return,
        };
        self.line(&format!("{from} -> {to} [label=\"{}\"];", self.found.asset.money(node.dirty)));
    }

    fn starts(&mut self) {
        let found = self.found;
        let mut seeds: Vec<usize> = (0..found.seeds).collect();
        let rest = self.smallest(&mut seeds, MOST_STARTS);
        for at in seeds {
            self.line(&format!("s{at} [shape=oval, style=bold, label=\"{}\"];", name(&found.nodes[at])));
            self.arrow(&format!("s{at}"), at);
        }
        if let Some((count, sum)) = rest {
            let sum = found.asset.money(sum);
            self.line(&format!("more [shape=oval, style=dashed, label=\"{count} smaller starts\\n{sum}\"];"));
        }
    }

    fn outputs(&mut self, edge: usize, to: Vec<usize>) {
        let found = self.found;
        let (onward, mut ends): (Vec<usize>, Vec<usize>) =
            to.into_iter().partition(|&at| found.nodes[at].next.is_some());
        let rest = self.smallest(&mut ends, MOST_ENDS);
        let from = format!("t{edge}");
        onward.into_iter().chain(ends).for_each(|at| self.arrow(&from, at));
        if let Some((count, sum)) = rest {
            self.line(&format!("r{edge} [shape=oval, style=dashed, label=\"{count} smaller ends\"];"));
            self.line(&format!("{from} -> r{edge} [label=\"{}\"];", found.asset.money(sum)));
        }
    }

    /// Takes the smallest off where there are more than `most`: how many they are, and their sum.
    fn smallest(&self, nodes: &mut Vec<usize>, most: usize) -> Option<(usize, Amount)> {
        if nodes.len() <= most {
            return None;
        }
        let amount = |at: usize| self.found.nodes[at].dirty;
        nodes.sort_by_key(|&at| (Reverse(amount(at)), at));
        let rest = nodes.split_off(most);
        Some((rest.len(), rest.iter().fold(Amount::ZERO, |sum, &at| sum.saturating_add(amount(at)))))
    }
}

fn name(node: &Node) -> String {
    let address = node.address.as_deref().unwrap_or("no address");
    match &node.entity {
        Some(entity) => format!("{}\\n{}", quoted(&entity.name()), quoted(address)),
        None => quoted(address),
    }
}

fn quoted(text: &str) -> String {
    label(text).replace('\\', "\\\\").replace('"', "\\\"")
}
