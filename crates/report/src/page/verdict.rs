//! The report of a verdict.

use maud::{Markup, html};
use tracehound_engine::is_generated;
use tracehound_model::{
    Claim, Decision, GapKind, LabelStatement, Subject, Verdict,
    evidence::Fact,
    text::label,
    verdict::{Basis, Direction, ExposureType},
};

use super::{
    Told, claims,
    frame::{Frame, Part, Standing, table},
    labels,
    text::{code, name, outside},
};
use crate::{Origin, picture, words::moment};

/// The page. `policy` says in words what the policy in force asks for.
pub fn verdict(found: &Verdict, policy: &str, told: &Told) -> String {
    let lists: Vec<String> = found
        .coverage
        .sources
        .iter()
        .map(|source| format!("{} of {}", source.id, source.published))
        .collect();
    let origin = Origin {
        lists: lists.join(", "),
        generated: found.evidence.nodes.iter().any(|node| match &node.fact {
            Fact::Claim { claim } => is_generated(&claim.source),
            _ => false,
        }),
        program: told.program.clone(),
    };
    let title = format!("Verdict on {}: {}", found.subject, found.decision.as_str().to_uppercase());
    let mut frame = Frame::new(&title, told, Some(&origin));
    frame.question(&format!(
        "Does anything that is known here stand against {}, as of {}?",
        found.subject, found.as_of
    ));
    let standing = match found.decision {
        Decision::Incomplete => Standing::Incomplete,
        _ if found.coverage.gaps.is_empty() => Standing::Whole,
        _ => Standing::Sufficient,
    };
    frame.answer(&answer(found), standing);
    frame.not_seen(&found.coverage.gaps, &[]);
    let policy = format!("What decides is the policy: {policy}");
    frame.method(
        &[
            &policy,
            basis(found.basis),
            "Allow is said only where everything that the policy requires was there. Who is on no list is not known, and not cleared.",
        ],
        &found.coverage.error_rates,
        if found.coverage.gaps.iter().any(|gap| gap.kind == GapKind::SignedTogether) {
            "That the inputs of one transaction are one owner's is usually so and not proved; all else here is there or it is not."
        } else {
            "A listing is there or it is not; nothing in this verdict rests on an estimate."
        },
    );
    frame.add(Part::Tall, "Lists that were asked", lists_asked(found));
    frame.drawings(&picture::verdict(found, &origin).unwrap_or_default());
    if !found.exposures.is_empty() {
        frame.add(Part::Wide, "What names it, and whom it dealt with", exposures(found));
    }
    frame.add(Part::Wide, "Proof", evidence(found));
    frame.again(
        told,
        &[
            ("Moment asked about", found.as_of.to_string()),
            ("Policy (SHA-256)", found.policy.clone()),
            ("Snapshot of lists and ledger", found.snapshot.clone()),
        ],
    );
    frame.done()
}

fn answer(found: &Verdict) -> Vec<String> {
    let word = match found.decision {
        Decision::Allow => {
            "ALLOW: everything that the policy requires was looked at, and nothing stands against it."
        }
        Decision::Incomplete => {
            "INCOMPLETE: something that the policy requires was missing. This is no clearance."
        }
        Decision::Review => "REVIEW: a person should look at it.",
        Decision::Block => "BLOCK: the policy forbids it.",
    };
    let mut lines = vec![word.to_owned(), found.summary.clone()];
    if let Some(read_as) = &found.read_as {
        lines.push(format!("The subject was read as {read_as}."));
    }
    if let Some(reason) = &found.reason {
        let rule = reason
            .rule
            .as_ref()
            .map_or_else(|| "no rule covers it".to_owned(), |rule| format!("rule {rule}"));
        let address = reason.address.as_ref().map_or_else(String::new, |address| format!(", at {address}"));
        lines.push(format!(
            "What decided: {} ({}), named by {} {}{address}; {rule}.",
            label(&reason.entity),
            reason.counts_as(),
            reason.labelled.as_ref().map_or_else(|| reason.source.to_string(), |by| format!("a {by}")),
            reason.since_when()
        ));
    }
    lines
}

fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::ListsOnly => "It rests on lists alone: the policy looks at nothing else.",
        Basis::ListsWithoutTransactions => {
            "It rests on lists alone: the policy looks at transactions too, and there was nowhere to look at the subject's."
        }
        Basis::ListsAndSomeTransactions => {
            "It rests on lists and on some of the subject's transactions: not all were there to be looked at."
        }
        Basis::ListsAndTransactions => "It rests on lists and on all of the subject's own transactions.",
    }
}

fn exposures(found: &Verdict) -> Markup {
    let rows = found.exposures.iter().map(|row| {
        let asset = found.asset_of(row);
        let money = row.amount.zip(asset).map(|(amount, asset)| asset.money(amount).to_string());
        let worth = row.worth.zip(asset).map(|(worth, asset)| worth.sentence(asset));
        vec![
            html! {
                b { (name(&row.label)) } br; span.dim { (row.category) }
                @if let Some(by) = &row.labelled { br; span.dim { (by.to_string()) } @if by.is_disputed() { br; b { "disputed" } } }
            },
            html! { (touch(row.exposure)) @if let Some(direction) = row.direction { br; (way(direction)) } },
            html! { (money.unwrap_or_default()) @if let Some(worth) = worth { br; (worth) } },
            html! { @if let Some(count) = row.tx_count { (count) } },
            html! { @if let Some(source) = &row.source { (code(&source.0)) } @if let Some(confidence) = row.confidence { br; span.dim { (confidence.0) " %" } } },
            html! { @if let Some(address) = &row.address { (code(address)) } },
        ]
    });
    table(&["Who", "How", "#Amount", "#Transactions", "By", "Address"], rows)
}

fn touch(exposure: ExposureType) -> &'static str {
    match exposure {
        ExposureType::Identified => "itself",
        ExposureType::Owned => "itself, owned by listed parties",
        ExposureType::Direct => "direct",
        ExposureType::Indirect => "indirect",
    }
}

fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::Incoming => "incoming",
        Direction::Outgoing => "outgoing",
    }
}

/// Rules, claims and transactions that the verdict rests on.
fn evidence(found: &Verdict) -> Markup {
    let nodes = &found.evidence.nodes;
    let named: Vec<(String, &Claim)> = nodes
        .iter()
        .filter_map(|node| match &node.fact {
            Fact::Claim { claim } => Some((subject(claim), &**claim)),
            _ => None,
        })
        .collect();
    let named: Vec<(&str, &Claim)> = named.iter().map(|(subject, claim)| (&subject[..], *claim)).collect();
    let said: Vec<&LabelStatement> = nodes
        .iter()
        .filter_map(|node| match &node.fact {
            Fact::Label { label } => Some(&**label),
            _ => None,
        })
        .collect();
    let rules = nodes.iter().filter_map(|node| match &node.fact {
        Fact::Rule { rule } => Some((node, rule)),
        _ => None,
    });
    let rules = rules.map(|(node, rule)| {
        let because = found.evidence.because.iter().filter(|edge| edge.from == node.id);
        vec![outside(rule), html! { @for edge in because { (code(&edge.to)) br; } }]
    });
    let rules: Vec<_> = rules.collect();
    let txs: Vec<_> = nodes
        .iter()
        .filter_map(|node| match &node.fact {
            Fact::Tx { tx, height, time } => Some(vec![
                code(&tx.to_string()),
                html! { @if let Some(height) = height { (height) } },
                html! { (moment(*time)) },
            ]),
            _ => None,
        })
        .collect();
    html! {
        @if nodes.is_empty() { p { "No list says anything of it or of whom it dealt with." } }
        @if !rules.is_empty() { h3 { "Rules of the policy that fired" } (table(&["Rule", "Because of"], rules.into_iter())) }
        @if !named.is_empty() { h3 { "Claims" } (claims(&named, &[])) }
        @if !said.is_empty() { h3 { "Labels" } (labels(said.iter().map(|said| (&said.address[..], *said)))) }
        @if !txs.is_empty() { h3 { "Transactions" } (table(&["Transaction", "#Block", "Time"], txs.into_iter())) }
    }
}

fn subject(claim: &Claim) -> String {
    match &claim.subject {
        Subject::Address(address) => address.to_string(),
        Subject::Tx { txid, .. } => txid.to_string(),
        Subject::Opaque(text) => text.clone(),
    }
}

fn lists_asked(found: &Verdict) -> Markup {
    let coverage = &found.coverage;
    let rows = coverage.sources.iter().map(|source| {
        vec![
            html! { (code(&source.id.0)) @if let Some(url) = &source.url { br; span.dim { (outside(url)) } } },
            html! { (source.published) @if let Some(day) = source.waiting { br; "a version of " (day) " waits and is not in force" } },
            html! { @if let Some(until) = source.vouched_until { (until) } @else { span.dim { "-" } } },
        ]
    });
    let packs = coverage.packs.iter().map(|pack| vec![code(&pack.name), html! { (pack.version) }]);
    let advisories = coverage.advisories.iter().map(|of| vec![code(&of.id.0), html! { (of.complete_as_of) }]);
    html! {
        (table(&["List", "Version", "Known to be all up to"], rows))
        @if !coverage.packs.is_empty() {
            h3 { "Packs of labels in force" }
            p { "What they do not name is not known. Disputed names decide nothing beyond a review." }
            (table(&["Pack", "#Version"], packs))
            p { "The snapshot's id names what is in them, behind " code { "labels-" } "." }
        }
        @if !coverage.advisories.is_empty() {
            h3 { "Advisories" }
            (table(&["Publisher", "Complete up to"], advisories))
        }
        @if let Some(until) = coverage.counterparties_until {
            p { "Whom the subject dealt with was looked at on one chain at least, up to " (until) "." }
        }
        @if let Some(until) = coverage.transactions_until { p { "The subject's transactions were examined up to " (until) "." } }
    }
}
