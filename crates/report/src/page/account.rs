//! Reports over account chains: a trace and an exposure, amounts in each asset's own units.

use maud::{Markup, html};
use tracehound_engine::{
    Naming,
    transfers::{
        exposure::{Exposure, OfAsset, Side},
        trace::Trace,
        tx::Party,
    },
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
    words::{s, share},
};

/// Rows of a table; those beyond are counted.
const MOST_ROWS: usize = 2_000;
/// Assets that an answer names by themselves.
const NAMED: usize = 5;

/// The page of a trace.
pub fn account_trace(found: &Trace, naming: &Naming, told: &Told) -> String {
    let origin = Origin::of(naming, &told.program);
    let back = found.direction == "backward";
    let all: Vec<String> =
        found.sums.iter().take(NAMED).map(|sums| sums.asset.money(sums.seeded).to_string()).collect();
    let what = all.join(", ");
    let title = if back { format!("Where {what} came from") } else { format!("Where {what} went") };
    let mut frame = Frame::new(&title, told, Some(&origin));
    let way = if back { "did it come from" } else { "did it go" };
    let seeds = found.seeds;
    frame.question(&format!("Where {way}: what moved in {seeds} movement{}, {what}?", s(seeds as u64)));
    let mut answer: Vec<String> = found
        .sums
        .iter()
        .map(|sums| {
            let parts = sums.parts().into_iter().filter(|(_, amount)| !amount.is_zero());
            let parts: Vec<String> = parts
                .map(|(name, amount)| {
                    format!("{} {name} ({})", sums.asset.money(amount), share(amount, sums.seeded))
                })
                .collect();
            format!("Of {}: {}.", sums.asset.money(sums.seeded), parts.join("; "))
        })
        .collect();
    answer.push(found.ledger.sentence());
    let complete = found.complete && found.not_in_the_ledger.is_empty();
    frame.answer(&answer, Standing::of(complete));
    let absent = found.not_in_the_ledger.iter().map(|what| format!("{what} does not occur in the ledger"));
    frame.not_seen(&found.gaps, &absent.collect::<Vec<_>>());
    frame.method(
        &[
            "What an account holds of an asset is one pool. What moves out of it takes along what is followed by the rule named in the \
             question; a fee is a movement of its own. Rules of taint are conventions: the chain records which account moved how much, \
             and not which coin.",
            "A path ends at a service and at a mixer that a list names, where something was destroyed or issued, where a balance is not \
             known, and at a limit. What is given for another asset in one transaction is followed on in that asset.",
        ],
        &[],
        "How often this errs was measured on generated chains only: docs/SCORECARD.md.",
    );
    frame.drawings(&picture::account_trace(found, &origin));
    frame.add(Part::Wide, if back { "Whose it was before" } else { "Where it is" }, ends(found));
    frame.add(Part::Wide, "Movements", movements(found));
    who_says_so(&mut frame, naming);
    ledger(&mut frame, told, &found.ledger, &found.snapshot);
    frame.done()
}

fn ends(found: &Trace) -> Markup {
    let rows = found.ends.iter().take(MOST_ROWS).map(|end| {
        vec![
            party(end.party.as_ref(), "nobody"),
            html! { (end.asset.money(end.dirty)) },
            html! {
                (end.reason.replace('_', " "))
                @if let Some(limit) = end.limit { " (" (limit) ")" }
                @if let Some(why) = &end.why { br; span.dim { (name(why)) } }
            },
            html! { @if let Some(txid) = &end.txid { (code(txid)) } },
            html! { (end.hop) },
        ]
    });
    html! {
        (table(&["!Who", "#Followed", "How it ended", "!By", "#Steps"], rows))
        (beyond(found.ends.len()))
    }
}

fn movements(found: &Trace) -> Markup {
    let rows = found.steps.iter().take(MOST_ROWS).map(|step| {
        let moved = &step.movement;
        vec![
            html! { (code(&format!("{}:{}", step.tx, moved.index))) },
            html! { (step.time) br; span.dim { "block " (step.height) } },
            party(moved.from.as_ref(), "nobody: it was issued"),
            party(moved.to.as_ref(), "nobody: it was destroyed"),
            html! {
                (moved.asset.money(step.dirty))
                @if step.dirty != moved.amount { br; span.dim { "of " (moved.asset.money(moved.amount)) } }
            },
            html! { (moved.vouched_by) },
            html! { (step.hop) },
        ]
    });
    html! {
        p.dim { (found.steps.len()) " movements of something followed, in the order of the chain." }
        (table(&["!Movement", "Time", "From", "To", "#Followed", "Vouched for by", "#Steps"], rows))
        (beyond(found.steps.len()))
    }
}

/// That a table is cut.
fn beyond(count: usize) -> Markup {
    let left = count.saturating_sub(MOST_ROWS);
    html! { @if left > 0 { p.warn { (left) " further rows are not printed here: --output json has all." } } }
}

fn party(party: Option<&Party>, nobody: &str) -> Markup {
    html! {
        @match party {
            None => { span.dim { (nobody) } }
            Some(party) => {
                (code(&party.address))
                @if let Some(entity) = &party.entity { br; b { (name(&entity.name())) } " " span.dim { (entity.kind()) } }
            }
        }
    }
}

/// The page of an exposure.
pub fn account_exposure(found: &Exposure, naming: &Naming, told: &Told) -> String {
    let origin = Origin::of(naming, &told.program);
    let who = found.addresses.join(", ");
    let mut frame = Frame::new(&format!("Whom {who} dealt with"), told, Some(&origin));
    frame.question(&format!("Whom did {who} get value from, and whom did it pay?"));
    let mut answer: Vec<String> = found
        .assets
        .iter()
        .take(NAMED)
        .map(|of| {
            format!(
                "{} came, from {}; {} went, to {}.",
                of.asset.money(of.received),
                named(&of.sources, of),
                of.asset.money(of.paid),
                named(&of.destinations, of)
            )
        })
        .collect();
    if found.assets.len() > NAMED {
        answer.push(format!("And {} more assets, in the tables.", found.assets.len() - NAMED));
    }
    answer.push(found.ledger.sentence());
    frame.answer(&answer, Standing::of(found.complete && found.not_in_the_ledger.is_empty()));
    let absent = found.not_in_the_ledger.iter().map(|what| format!("{what} does not occur in the ledger"));
    frame.not_seen(&found.gaps, &absent.collect::<Vec<_>>());
    frame.method(
        &[
            "Direct counterparties, asset by asset: who paid the owner and whom it paid. Fees make nobody a counterparty, and neither do \
             movements of nothing, nor movements of unknown tokens that whoever they are said to go from did not send.",
        ],
        &[],
        "Nothing is guessed here: a name is as right as the list that has it.",
    );
    frame.drawings(&picture::account_exposure(found, &origin));
    for of in &found.assets {
        let title = of.asset.unit().map_or_else(|| of.asset.to_string(), |unit| unit.ticker.to_owned());
        frame.add(Part::Wide, &title, asset(of));
    }
    who_says_so(&mut frame, naming);
    ledger(&mut frame, told, &found.ledger, &found.snapshot);
    frame.done()
}

/// Who of a side has a name, in words.
fn named(side: &Side, of: &OfAsset) -> String {
    let rows = side.parties.iter().filter_map(|row| {
        let entity = row.party.entity.as_ref()?;
        Some(format!("{} {}", entity.name(), of.asset.money(row.amount)))
    });
    let rows: Vec<String> = rows.take(NAMED).collect();
    if rows.is_empty() { "nobody whom a list names".to_owned() } else { rows.join(", ") }
}

fn asset(of: &OfAsset) -> Markup {
    let other = |parts: &[(&'static str, Amount)], whole: Amount| {
        let parts = parts.iter().filter(|(_, amount)| !amount.is_zero());
        let rows = parts.map(|(word, amount)| {
            vec![html! { (word) }, html! { (of.asset.money(*amount)) }, html! { (share(*amount, whole)) }]
        });
        let mut rows = rows.peekable();
        html! { @if rows.peek().is_some() { (table(&["Otherwise", "#Amount", "#Share"], rows)) } }
    };
    html! {
        p.dim { (code(&of.asset.to_string())) }
        h3 { "Came from" }
        (side(&of.sources, of, of.received))
        (other(&[("issued", of.issued), ("others' fees", of.tips)], of.received))
        h3 { "Went to" }
        (side(&of.destinations, of, of.paid))
        (other(&[("destroyed", of.destroyed), ("fees", of.fees)], of.paid))
    }
}

fn side(side: &Side, of: &OfAsset, whole: Amount) -> Markup {
    let rows = side.parties.iter().map(|row| {
        vec![
            party(Some(&row.party), ""),
            html! { (of.asset.money(row.amount)) br; (share(row.amount, whole)) },
            html! { (row.transactions) },
            html! { (row.first) br; (row.last) },
            html! { (row.vouched_by) },
        ]
    });
    html! {
        @if side.parties.is_empty() { p { "Nobody." } }
        @else { (table(&["!Who", "#Amount", "#Transactions", "First and last", "Vouched for by"], rows)) }
        @if side.others > 0 {
            p.dim { "And " (side.others) " without a name, " (of.asset.money(side.others_amount)) " in all." }
        }
    }
}
