//! The report of an exposure.

use maud::{Markup, html};
use tracehound_engine::{
    Naming,
    exposure::{Exposure, Side},
    trace::DESTROYED,
};
use tracehound_model::Asset;

use super::{
    Told,
    frame::{Frame, Part, Standing, table},
    ledger,
    text::{code, name},
    who_says_so,
};
use crate::{
    Origin, picture,
    words::{moment, s, share},
};

/// The page.
pub fn exposure(found: &Exposure, naming: &Naming, told: &Told) -> String {
    let origin = Origin::of(naming, &told.program);
    let whose = match &found.addresses[..] {
        [address] => address.clone(),
        addresses => format!("{} addresses of one owner", addresses.len()),
    };
    let mut frame = Frame::new(&format!("Exposure of {whose}"), told, Some(&origin));
    frame.question(&format!(
        "Whom did the money of {} come from, and whom did it go to?",
        found.addresses.join(", ")
    ));
    let mut lines = vec![format!(
        "{} address{} taken for the owner's.",
        found.members,
        if found.members == 1 { " is" } else { "es are" }
    )];
    lines.extend([
        answer("Received from others", &found.sources, found.asset),
        answer("Paid to others", &found.destinations, found.asset),
    ]);
    for (side, what) in [(&found.sources, "received"), (&found.destinations, "paid")] {
        if let Some(suspected) = side.suspected {
            lines.push(format!("Of what it {what}: {}.", suspected.sentence(found.asset, side.total)));
        }
    }
    lines.push(found.ledger.sentence());
    let complete = found.complete && found.not_in_the_ledger.is_empty();
    let left_out = [&found.sources, &found.destinations].iter().any(|side| !side.rest.dust.is_zero());
    frame.answer(&lines, Standing::narrowed(complete, left_out));
    let mut more: Vec<String> = found
        .not_in_the_ledger
        .iter()
        .map(|address| format!("{address} does not occur in the ledger"))
        .collect();
    for (side, name) in [(&found.sources, "sources"), (&found.destinations, "destinations")] {
        if !side.rest.dust.is_zero() {
            let dust = found.asset.money(side.rest.dust);
            more.push(format!("{name}: {dust} below the question's own limit on dust was not followed"));
        }
        if side.truncated {
            more.push(format!("some of the owner's outputs were not looked at for {name}"));
        } else if !side.complete {
            more.push(format!(
                "{name}: amounts are missing, or a limit cut the search (the rows below say which)"
            ));
        }
    }
    frame.not_seen(&found.gaps, &more);
    let measured: Vec<String> = found.error_rate.iter().cloned().collect();
    frame.method(
        &[
            "Money is followed by haircut: of each output of a transaction that share is followed which is followed of all its inputs. \
             That is a convention; the chain does not record which coin went where inside a transaction.",
            if found.through_mixes {
                "A path ends at the first address that a list names, at new coins and at a limit. It GOES ON BEHIND MIXES (CoinJoins), where \
                 the chain does not say whose is whose: what it finds behind one is a share of everybody's money in it. Direct is who stands in \
                 the owner's own transactions, indirect who stands behind owners that no list names."
            } else {
                "A path ends at the first address that a list names, at new coins, at a mix and at a limit. Direct is who stands in the owner's \
                 own transactions, indirect who stands behind owners that no list names."
            },
        ],
        &measured,
        "How often this errs was not measured for this question.",
    );
    frame.drawings(&picture::exposure(found, &origin));
    frame.add(Part::Wide, "Where its money came from", side(&found.sources, found.asset));
    frame.add(Part::Wide, "Where its money went", side(&found.destinations, found.asset));
    who_says_so(&mut frame, naming);
    ledger(&mut frame, told, &found.ledger, &found.snapshot);
    frame.done()
}

fn answer(what: &str, side: &Side, asset: Asset) -> String {
    let categories: Vec<String> = side
        .by_category
        .iter()
        .map(|(category, amount)| {
            format!("{category} {} ({})", asset.money(*amount), share(*amount, side.total))
        })
        .collect();
    let named =
        if categories.is_empty() { "nobody whom a list names".to_owned() } else { categories.join("; ") };
    let dust = side.rest.dust;
    let left_out = if dust.is_zero() {
        String::new()
    } else {
        format!(
            " NOT FOLLOWED because of the question's own limit on dust: {} ({}).",
            asset.money(dust),
            share(dust, side.total)
        )
    };
    format!("{what}: {}; of that named: {named}.{left_out}", asset.money(side.total))
}

fn side(side: &Side, asset: Asset) -> Markup {
    let rows = side.entities.iter().map(|row| {
        let exposed = &row.exposed;
        vec![
            html! { b { (name(&exposed.entity.name())) } br; span.dim { (exposed.entity.kind()) } },
            html! { @if exposed.direct { "direct" } @else { "indirect" } },
            html! {
                (asset.money(exposed.amount)) br; (share(exposed.amount, side.total))
                @if let Some(worth) = exposed.worth { br; (worth.sentence(asset)) }
            },
            html! { (moment(exposed.span.0)) br; (moment(exposed.span.1)) },
            html! { (exposed.hops.0) " to " (exposed.hops.1) br; span.dim { (exposed.paths) " path" (s(exposed.paths)) } },
            html! {
                @if let Some(address) = &row.address { (code(address)) }
                @for txid in &row.best_path { br; (code(&txid.to_string())) }
            },
        ]
    });
    let rest = side.rest.parts().into_iter().filter(|(.., amount)| !amount.is_zero());
    let mut rest = rest.peekable();
    let unnamed = rest.peek().is_some();
    let rest = rest.map(|(_, name, amount)| {
        vec![html! { (name) }, html! { (asset.money(amount)) }, html! { (share(amount, side.total)) }]
    });
    html! {
        p { "In all " b { (asset.money(side.total)) } "; the rows and what ended without a name add up to it." }
        @if !side.entities.is_empty() {
            (table(&["Who", "How", "#Amount", "First and last", "Steps", "Address and transactions of the path that carried most"], rows))
        }
        @if unnamed {
            h3 { "Without a name" }
            (table(&["How it ended", "#Amount", "#Share"], rest))
        }
        @if !side.rest.returned.is_zero() { p.dim { (asset.money(side.rest.returned)) " came back to the owner and is not counted." } }
        @if !side.rest.destroyed.is_zero() { p.dim { (asset.money(side.rest.destroyed)) " " (DESTROYED) "; not counted." } }
    }
}
