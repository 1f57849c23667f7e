//! A trace as comma-separated values: one line an output on the way, for spreadsheets.

use std::fmt::Write as _;

use tracehound_model::text::csv_cell;

use super::Trace;
use crate::words::moment;

/// The header line, and one line for each output: in the order of the propagation.
pub fn csv(found: &Trace) -> String {
    let mut text =
        "locus,address,entity,category,amount,dirty,hop,time,from_txid,next_txid,reason,limit,labelled,disputed\n".to_owned();
    let mut maker = vec![None; found.nodes.len()];
    for edge in &found.edges {
        for &at in &edge.to {
            maker[at] = Some(edge.txid);
        }
    }
    for (node, maker) in found.nodes.iter().zip(maker) {
        let entity = node.entity.as_ref();
        let labelled = entity.and_then(|entity| entity.labelled.as_ref());
        let next = node.next.map(|next| found.edges[next].txid.to_string());
        let end = node.stop.as_ref();
        let cells = [
            node.locus.as_ref().map(ToString::to_string),
            node.address.clone(),
            entity.map(|entity| entity.label.clone()),
            entity.map(|entity| entity.category.to_string()),
            Some(node.amount.to_string()),
            Some(node.dirty.to_string()),
            Some(node.hop.to_string()),
            Some(moment(node.time)),
            maker.map(|txid| txid.to_string()),
            next,
            end.map(|end| end.reason.to_owned()),
            end.and_then(|end| end.limit).map(str::to_owned),
            labelled.map(ToString::to_string),
            labelled.map(|labelled| (labelled.is_disputed()).to_string()),
        ];
        let cells: Vec<String> = cells.into_iter().map(|cell| csv_cell(&cell.unwrap_or_default())).collect();
        writeln!(text, "{}", cells.join(",")).expect("a string takes every write");
    }
    text
}
