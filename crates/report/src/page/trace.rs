//! The report of a trace.

use std::collections::BTreeMap;

use maud::{Markup, html};
use tracehound_engine::{
    Naming,
    trace::{Entity, Node, Trace, Traced},
};
use tracehound_model::Amount;

use super::{
    Told,
    frame::{Frame, Part, Standing, table},
    ledger,
    text::{code, name},
    who_says_so,
};
use crate::{
    Origin, picture,
    words::{moment, s},
};

/// Services that the answer names by themselves.
const NAMED: usize = 5;

/// The page.
pub fn trace(traced: &Traced<Trace>, naming: &Naming, told: &Told) -> String {
    let found = &traced.found;
    let origin = Origin::of(naming, &told.program);
    let forward = found.direction == "forward";
    let seeded = found.asset.money(found.sums.seeded);
    let title = if forward { format!("Where {seeded} went") } else { format!("Where {seeded} came from") };
    let mut frame = Frame::new(&title, told, Some(&origin));
    frame.question(&question(found));
    let complete = found.complete && traced.not_in_the_ledger.is_empty();
    frame.answer(&answer(found), Standing::narrowed(complete, found.left_out().is_some()));
    let absent = traced.not_in_the_ledger.iter().map(|what| format!("{what} does not occur in the ledger"));
    frame.not_seen(&found.gaps, &absent.collect::<Vec<_>>());
    let measured: Vec<String> = traced.error_rate.iter().cloned().collect();
    frame.method(
        &[
            rule(found.method),
            "Rules of taint are conventions: the chain records which transaction paid which output, and not which coin went where \
             inside it. Another rule gives other amounts.",
            &ends(found),
        ],
        &measured,
        "How often this errs was measured forward only, and for the rules of docs/SCORECARD.md: for this question there is no figure.",
    );
    frame.add(Part::Tall, "Where it is", whereabouts(found));
    frame.drawings(&picture::trace(found, &origin));
    frame.add(Part::Wide, "Transactions", transactions(found));
    frame.add(Part::Wide, "Outputs", outputs(found));
    who_says_so(&mut frame, naming);
    ledger(&mut frame, told, &found.ledger, &found.snapshot);
    frame.done()
}

/// Where a path ends.
fn ends(found: &Trace) -> String {
    match found.followed_through() {
        None => "A path ends at a service that a list names and at a mix (a CoinJoin), behind which the chain does not say whose is whose. \
                 What a limit cut, what is missing and what went into a mix is counted to the unit."
            .to_owned(),
        Some(through) => format!(
            "A path ends at a service that a list names. {through} What a limit cut and what is missing is counted to the unit."
        ),
    }
}

fn question(found: &Trace) -> String {
    let seeds = &found.nodes[..found.seeds];
    let times = || seeds.iter().map(|seed| seed.time);
    let (first, last) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
    let when = if first == last {
        format!("of {}", moment(first))
    } else {
        format!("of {} to {}", moment(first), moment(last))
    };
    let way = if found.direction == "forward" { "did it go" } else { "did it come from" };
    format!(
        "Where {way}: {} in {} output{} {when}?",
        found.asset.money(found.sums.seeded),
        found.seeds,
        s(found.seeds as u64)
    )
}

fn answer(found: &Trace) -> Vec<String> {
    let whole = found.sums.seeded;
    let parts: Vec<String> = found
        .sums
        .parts()
        .into_iter()
        .filter(|(_, amount)| !amount.is_zero())
        .map(|(name, amount)| format!("{} {name}{}", found.asset.money(amount), in_brackets(found, amount)))
        .collect();
    let mut lines = vec![match found.share(whole) {
        Some(_) => format!("Of {}: {}.", found.asset.money(whole), parts.join("; ")),
        None => format!(
            "Touched by {}: {}. These are whole outputs that were in contact, counted more than once, and no amounts of what was \
             followed.",
            found.asset.money(whole),
            parts.join("; ")
        ),
    }];
    let services = services(found);
    if !services.is_empty() {
        let named = services.iter().take(NAMED).map(|(name, (amount, count))| {
            format!(
                "{name} {} ({}{count} output{})",
                found.asset.money(*amount),
                found.share(*amount).map_or_else(String::new, |share| format!("{share}, ")),
                s(*count)
            )
        });
        let named: Vec<String> = named.collect();
        let rest = services.len().saturating_sub(NAMED);
        let more = if rest > 0 { format!("; and {rest} more, in the table") } else { String::new() };
        lines.push(format!("At services: {}{more}.", named.join("; ")));
    }
    lines.extend(found.left_out());
    lines.extend(
        found.suspected.map(|of| format!("Of what was followed: {}.", of.sentence(found.asset, whole))),
    );
    lines.push(found.ledger.sentence());
    lines
}

/// What is at each service, and in how many outputs; the most first.
fn services(found: &Trace) -> Vec<(String, (Amount, u64))> {
    let mut sums: BTreeMap<String, (Amount, u64)> = BTreeMap::new();
    let is_end = |node: &&Node| node.stop.as_ref().is_some_and(|stop| stop.reason == "reached_service");
    for node in found.nodes.iter().filter(is_end) {
        let name = node.entity.as_ref().map_or_else(|| "not named".to_owned(), Entity::name);
        let sum = sums.entry(name).or_default();
        *sum = (sum.0.saturating_add(node.dirty), sum.1 + 1);
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, (amount, _))| std::cmp::Reverse(*amount));
    sums
}

fn rule(method: &str) -> &'static str {
    match method {
        "poison" => {
            "Poison: one followed unit makes all of a transaction's outputs followed, whole. Amounts grow: it shows contact, and no amount of money."
        }
        "haircut" => {
            "Haircut: of each output of a transaction that share is followed which is followed of all its inputs."
        }
        "fifo" => {
            "First in, first out: inputs and outputs of a transaction lie end to end in their order, and each output is paid by what lies beside it."
        }
        "lifo" => "Last in, first out: as first in, first out, with outputs cut from the end.",
        "tiho" => "Taint in, highest out: the largest outputs of a transaction are paid by what is followed.",
        _ => "Clean first: what is not followed leaves a transaction first.",
    }
}

/// ` (12.3 %)`, where amounts are shares.
fn in_brackets(found: &Trace, amount: Amount) -> String {
    found.share(amount).map_or_else(String::new, |share| format!(" ({share})"))
}

fn whereabouts(found: &Trace) -> Markup {
    let share = |amount| found.share(amount).unwrap_or_else(|| "touched".to_owned());
    let parts = found.sums.parts().into_iter().filter(|(_, amount)| !amount.is_zero());
    let rows = parts.map(|(name, amount)| {
        vec![html! { (name) }, html! { (found.asset.money(amount)) }, html! { (share(amount)) }]
    });
    let services = services(found);
    let named = services.iter().map(|(service, (amount, count))| {
        vec![
            name(service),
            html! { (found.asset.money(*amount)) },
            html! { (share(*amount)) },
            html! { (count) },
        ]
    });
    html! {
        (table(&["Part", "#Amount", "#Share"], rows))
        @if !services.is_empty() {
            h3 { "At services" }
            (table(&["Service", "#Amount", "#Share", "#Outputs"], named))
        }
    }
}

fn transactions(found: &Trace) -> Markup {
    let rows = found.edges.iter().zip(1..).map(|(edge, number)| {
        let carried = edge.from.iter().fold(Amount::ZERO, |sum, &at| sum.saturating_add(found.nodes[at].dirty));
        vec![
            html! { (number) },
            html! { (code(&edge.txid.to_string())) @if let Some(mix) = edge.mix { br; span.dim { "mix: " (mix) } } @if let Some(kind) = edge.suspected { br; span.dim { "suspected mix: " (kind) } } },
            html! { @if let Some(height) = edge.height { (height) } },
            html! { (moment(edge.time)) },
            html! { (found.asset.money(carried)) },
            html! { (found.asset.money(edge.fee)) },
            html! { (edge.hop) },
        ]
    });
    let rows = table(
        &["#No.", "!Transaction", "#Block", "Time", "#Followed into it", "#Of that fee", "#Steps"],
        rows,
    );
    html! {
        p.dim { (found.edges.len()) " transactions that were divided, in the order in which they were come to." }
        @if !found.edges.is_empty() { (rows) }
    }
}

fn outputs(found: &Trace) -> Markup {
    let mut maker = vec![None; found.nodes.len()];
    for (edge, number) in found.edges.iter().zip(1_usize..) {
        edge.to.iter().for_each(|&at| maker[at] = Some(number));
    }
    let rows = found.nodes.iter().zip(maker).enumerate().map(|(at, (node, maker))| {
        vec![
            html! { @match &node.locus { Some(locus) => (code(&locus.to_string())), None => span.dim { "not in the ledger" } } },
            html! {
                @match &node.address { Some(address) => (code(address)), None => span.dim { "no address" } }
                @if let Some(entity) = &node.entity { br; b { (name(&entity.name())) } " " span.dim { (entity.kind()) } }
                @if let Some(txid) = node.stop.as_ref().and_then(|stop| stop.txid) { br; (code(&txid.to_string())) }
            },
            html! { (found.asset.money(node.dirty)) @if node.dirty != node.amount { br; span.dim { "of " (found.asset.money(node.amount)) } } },
            html! { @if at < found.seeds { "start" } @else if let Some(maker) = maker { (maker) } },
            html! {
                @match (&node.stop, node.next) {
                    (Some(stop), _) => {
                        (stop.reason.replace('_', " "))
                        @if let Some(limit) = stop.limit { " (" (limit) ")" }
                    }
                    (None, Some(next)) => { "on in no. " (next + 1) }
                    (None, None) => "",
                }
            },
        ]
    });
    html! {
        p.dim { (found.nodes.len()) " outputs; numbers are those of the transactions above." }
        (table(&["!Output", "!Address, name, transaction where it ended", "#Followed", "#Made in no.", "Then"], rows))
    }
}
