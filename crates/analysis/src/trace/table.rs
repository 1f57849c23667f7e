//! A trace as comma-separated values: one line an output on the way, for spreadsheets.

use std::fmt::Write as _;

use tracehound_model::text::csv_cell;

use super::Trace;
use crate::words::moment;

/// The header line, and one line for each output: in the order of the walk.
pub fn csv(found: &Trace) -> String {
    let mut text =
        "locus,address,party,category,amount,dirty,hop,time,from_txid,next_txid,fate,limit\n".to_owned();
    let mut maker = vec![None; found.places.len()];
    for flow in &found.flows {
        for &at in &flow.to {
            maker[at] = Some(flow.txid);
        }
    }
    for (place, maker) in found.places.iter().zip(maker) {
        let party = place.party.as_ref();
        let next = place.next.map(|next| found.flows[next].txid.to_string());
        let end = place.end.as_ref();
        let cells = [
            place.locus.as_ref().map(ToString::to_string),
            place.address.clone(),
            party.map(|party| party.label.clone()),
            party.map(|party| party.category.to_string()),
            Some(place.amount.to_string()),
            Some(place.dirty.to_string()),
            Some(place.hop.to_string()),
            Some(moment(place.time)),
            maker.map(|txid| txid.to_string()),
            next,
            end.map(|end| end.fate.to_owned()),
            end.and_then(|end| end.limit).map(str::to_owned),
        ];
        let cells: Vec<String> = cells.into_iter().map(|cell| csv_cell(&cell.unwrap_or_default())).collect();
        writeln!(text, "{}", cells.join(",")).expect("a string takes every write");
    }
    text
}
