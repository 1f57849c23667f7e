//! The report of the ways between two addresses.

use maud::html;
use tracehound_engine::{Naming, path::Paths};

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

/// The page.
pub fn path(found: &Paths, naming: &Naming, told: &Told) -> String {
    let origin = Origin::of(naming, &told.program);
    let mut frame = Frame::new(&format!("From {} to {}", found.from, found.to), told, Some(&origin));
    frame.question(&format!("Can money have gone from {} to {}, and how?", found.from, found.to));
    let count = found.ways.len();
    let mut lines = vec![if count == 0 {
        "No way was found within the limits of the search.".to_owned()
    } else {
        let first = &found.ways[0];
        format!(
            "Yes: {count} way{} found. The shortest has {} transaction{}, and at most {} can have gone there.",
            s(count as u64),
            first.transactions,
            s(first.transactions as u64),
            found.asset.money(first.width)
        )
    }];
    lines.extend(found.pooled());
    lines.extend(found.together());
    if found.below_dust > 0 {
        lines.push(format!(
            "NOT GONE THROUGH because of the question's own limit on dust: {} output{} of less than {}.",
            found.below_dust,
            s(found.below_dust as u64),
            found.asset.money(found.dust)
        ));
    }
    lines.push(found.ledger.sentence());
    frame.answer(&lines, Standing::narrowed(found.complete, found.below_dust > 0));
    let mut more = Vec::new();
    if found.below_dust > 0 {
        more.push(format!(
            "{} output{} below the question's own limit on dust {} not gone through",
            found.below_dust,
            s(found.below_dust as u64),
            if found.below_dust == 1 { "was" } else { "were" }
        ));
    }
    if found.truncated {
        more.push("the search was cut by a limit: there may be other ways".to_owned());
    }
    frame.not_seen(&found.gaps, &more);
    frame.method(
        &[
            "A way is a row of outputs, each spent by the transaction that made the next one. It shows that money can have gone there; \
             it does not show that it did, nor that the addresses between belong to anybody in particular.",
            "Ways without a mix and through no service come first, then the shortest, and among ways of one length the one whose smallest output is the \
             largest.",
            "A mix (a CoinJoin) is a transaction in which several people put coins in and take as much out, so that the chain does not \
             say whose is whose behind it. It is told by its shape, which is no proof. A service (an exchange, say) pools what its customers bring and pays them out of it. \
             A way through either is a way that everybody in it has.",
        ],
        &[],
        "A way is there or it is not: nothing is estimated. What a way means for somebody's guilt or money was not measured.",
    );
    frame.drawings(&picture::path(found, &origin));
    for (way, number) in found.ways.iter().zip(1..) {
        let rows = way.outputs.iter().zip(1..).map(|(passed, step)| {
            vec![
                html! { (step) },
                html! {
                    @if let Some(mix) = &passed.mix {
                        b { "through a MIX" } ": " (mix.protocol) ", at least " (mix.participants) " people" br;
                    }
                    (code(&passed.outpoint)) br; (code(&passed.address))
                    @if let Some(entity) = &passed.entity { br; b { (name(&entity.name())) } " " span.dim { (entity.kind()) }
                        @if passed.pooled { ": " b { "a SERVICE on the way" } ", which pools what comes to it" }
                    }
                },
                html! { (found.asset.money(passed.value)) },
                html! { (moment(passed.time.as_second())) },
            ]
        });
        let body = html! {
            p { (way.transactions) " transaction" (s(way.transactions as u64))
                @match way.mixes { 0 => {} 1 => { ", one of them a " b { "mix" } } mixes => { ", " (mixes) " of them " b { "mixes" } } }
                ", at most " (found.asset.money(way.width)) " can have gone this way." }
            (table(&["#Step", "Output, address", "#Amount", "Time"], rows))
        };
        frame.add(Part::Wide, &format!("Way {number}"), body);
    }
    who_says_so(&mut frame, naming);
    ledger(&mut frame, told, &found.ledger, &found.snapshot);
    frame.done()
}
