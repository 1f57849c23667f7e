//! A peel chain at a terminal.

use std::fmt::Write as _;

use tracehound_model::Asset;

use super::{Chain, Hop, Stop};
use crate::{trace::DESTROYED, words::moment};

fn line(text: &mut String, what: &str) {
    writeln!(text, "{what}").expect("a string takes every write");
}

/// The chain, hop by hop; at most `lines` hops, the rest counted.
pub fn report(found: &Chain, lines: usize) -> String {
    let mut text = String::new();
    let start = &found.start;
    line(&mut text, &format!("From {} {} {}", start.outpoint, found.asset.money(start.amount), start.name()));
    for (number, hop) in (1..).zip(&found.hops).take(lines) {
        shown(&mut text, number, hop, found.asset);
    }
    if found.hops.len() > lines {
        line(&mut text, &format!("  and {} more hops (--lines N shows more)", found.hops.len() - lines));
    }
    line(&mut text, &format!("\n{} hops, then: {}", found.hops.len(), stop(&found.stop)));
    let last = found.last();
    line(
        &mut text,
        &format!("  left        {} at {} {}", found.asset.money(last.amount), last.outpoint, last.name()),
    );
    line(&mut text, &format!("  paid off    {}", found.asset.money(found.peeled)));
    line(&mut text, &format!("  fees        {}", found.asset.money(found.fees)));
    let verdict = if found.is_laundering_peel { "a laundering peel (R11)" } else { "not enough for R11" };
    line(
        &mut text,
        &format!(
            "  longest run {} hops of little paid off, soon after another: {verdict}",
            found.longest_run
        ),
    );
    line(&mut text, &format!("  base rates  counted in {} transactions around the start", found.background));
    text
}

fn shown(text: &mut String, number: usize, hop: &Hop, asset: Asset) {
    line(text, &format!("{number:>5}  {} {}", moment(hop.time), hop.txid));
    if hop.inputs > 1 {
        line(text, &format!("       {} inputs, {} in all", hop.inputs, asset.money(hop.amount_in)));
    }
    for output in &hop.peeled {
        line(text, &format!("       paid {} to {}", asset.money(output.amount), output.name()));
    }
    line(text, &format!("       kept {} at {}", asset.money(hop.kept.amount), hop.kept.name()));
    let evidence = hop.evidence.iter().map(|said| format!("{} {:+}", said.feature.name(), said.decibans));
    let evidence: Vec<String> = evidence.collect();
    line(text, &format!("       score {}, margin {}: {}", hop.score, hop.margin, evidence.join(", ")));
}

fn stop(stop: &Stop) -> String {
    match stop {
        Stop::Unspent => "unspent".to_owned(),
        Stop::Destroyed => DESTROYED.to_owned(),
        Stop::ReachedService { entity } => format!("at {} ({})", entity.name(), entity.kind()),
        Stop::PaidToServices { txid, entity } => {
            format!("all paid to services, most to {} ({}), by {txid}", entity.name(), entity.kind())
        }
        Stop::Mixed { txid, protocol } => format!("mixed by {protocol} {txid}"),
        Stop::UnknownInputs { txid } => {
            format!("{txid} spends outputs of blocks that are not in the ledger")
        }
        Stop::PaysNobody { txid } => format!("{txid} pays nobody"),
        Stop::FanOut { txid, outputs } => format!("{txid} pays out to {outputs} outputs"),
        Stop::Unclear { txid, score, margin } => {
            format!("no output of {txid} stands out (best {score}, leads by {margin})")
        }
        Stop::Hops => "the limit on hops (--hops)".to_owned(),
    }
}
