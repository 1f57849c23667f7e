//! A report of one question: a page of HTML that can be read, printed and handed on.
//!
//! Every page has the same parts in the same order: question, answer, what was not seen, method and how often it errs, drawing,
//! tables with whole ids, who says so and since when, and how to ask again.

mod account;
mod batch;
mod exposure;
mod frame;
mod numbered;
mod path;
mod text;
mod trace;
mod verdict;

pub use account::{account_exposure, account_trace};
pub use batch::{Batch, RecordError, batch};
pub use exposure::exposure;
pub use path::path;
pub use trace::trace;
pub use verdict::verdict;

use maud::html;
use tracehound_engine::{Absent, Naming};
use tracehound_model::{Claim, LabelStatement, PackAsOf, Source, Subject};

use frame::{Frame, Part, Standing, list, table};
use text::{code, name, outside};

use crate::words::moment;

/// What was asked, and by whom it was answered.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// The command that asks again, with the moment and the snapshot of this answer.
    pub command: String,
    /// The program with its version.
    pub program: String,
    /// CAIP-2 id of the chain that was asked about.
    pub chain: String,
}

/// The report about somebody or something that is nowhere in the ledger up to the moment.
pub fn absent(found: &Absent, told: &Told) -> String {
    let mut frame = Frame::new("Not in the ledger", told, None);
    frame.question(&format!("What does the ledger hold about {}?", found.subject));
    frame.answer(&[found.sentence.clone(), found.ledger.sentence()], Standing::of(found.complete));
    frame.not_seen(&found.gaps, &[]);
    frame.again(told, &[("Snapshot of the ledger", found.snapshot.clone())]);
    frame.done()
}

/// Claims with their sources and dates, and the lists that were asked.
fn who_says_so(frame: &mut Frame, naming: &Naming) {
    let claims: Vec<(&str, &Claim)> =
        naming.claims.iter().map(|(address, claim)| (&address[..], claim)).collect();
    let sources: Vec<&Source> = naming.lists.iter().map(|(source, _)| source).collect();
    let lists = naming.lists.iter().map(|(source, version)| {
        vec![
            code(&source.id.0),
            html! { (name(&source.title)) br; span.dim { (name(&source.publisher)) } },
            html! { (version) },
            html! { (source.recorded_at.strftime("%Y-%m-%d %H:%MZ")) },
            html! {
                @if let Some(url) = &source.url { (outside(url)) br; }
                // Known of the newest version alone.
                @if source.published == *version && !source.sha256.is_empty() { "SHA-256 " (code(&source.sha256)) }
            },
        ]
    });
    let body = html! {
        @if claims.is_empty() {
            p { "No list that is loaded names anybody in this answer." }
        } @else {
            (self::claims(&claims, &sources))
        }
        @if !naming.labels.is_empty() {
            h3 { "Labels" }
            (labels(naming.labels.iter().map(|(address, said)| (&address[..], said))))
        }
        (packs_asked(&naming.packs))
        h3 { "Lists that were asked" }
        @if sources.is_empty() {
            p { "None: nobody could be named." }
        } @else {
            p { "An address that is on none of them is not known, and not cleared." }
            (table(&["List", "Title, publisher", "!Version", "!Imported", "Where it is kept, its file"], lists))
        }
    };
    frame.add(Part::Wide, "Who says so", body);
}

/// Claims, whole.
fn claims(claims: &[(&str, &Claim)], sources: &[&Source]) -> maud::Markup {
    let rows = claims.iter().map(|(subject, claim)| {
        let statement = &claim.statement;
        let source = sources.iter().find(|source| source.id == claim.source);
        let page = statement.reference.as_ref().or_else(|| source?.url.as_ref());
        vec![
            html! { (code(subject)) @if let Some(own) = other_form(claim, subject) { br; span.dim { "named as " (code(&own)) } } },
            html! {
                (name(&statement.label)) br; span.dim { (claim.statement.category) }
                @if !statement.programs.is_empty() { br; span.dim { (name(&statement.programs.join(", "))) } }
            },
            html! { (code(&claim.source.0)) @if let Some(page) = page { br; span.dim { (outside(page)) } } },
            html! { (claim.valid_from) @if let Some(end) = claim.valid_to { br; "until " (end) } },
            html! { (claim.recorded_at.strftime("%Y-%m-%d %H:%MZ")) },
            html! { (claim.confidence.0) " %" br; span.dim { (code(&claim.id)) } },
        ]
    });
    table(&["!Address", "Called", "By", "!Holds from", "!Known here since", "!Confidence, claim"], rows)
}

/// Statements of packs of labels, whole.
fn labels<'l>(said: impl Iterator<Item = (&'l str, &'l LabelStatement)>) -> maud::Markup {
    let rows = said.map(|(subject, said)| {
        let by = &said.labelled;
        vec![
            html! {
                (code(subject))
                @if said.address != subject { br; span.dim { "named as " (code(&said.address)) } }
                br; span.dim { (code(&said.chain)) }
            },
            html! {
                (name(said.entity.as_ref().unwrap_or(&said.label))) br; span.dim { (name(&said.label)) }
                br; span.dim { (by.predicate.words()) ", " (name(&said.concept)) }
            },
            html! { (name(&by.by)) br; span.dim { (name(&by.version)) ", " (name(&said.licence)) } },
            html! { (code(&by.pack)) " " (by.pack_version) },
            html! {
                @if let Some(from) = said.valid_from { (from) }
                @if let Some(end) = said.valid_to { br; "until " (end) }
            },
            html! {
                (by.confidence.0) " %"
                @if by.is_disputed() { br; b { "disputed" } }
                @if let Some(why) = &said.not_counted { br; span.dim { "counts for nothing: " (name(why)) } }
            },
        ]
    });
    table(&["!Address, chain", "Called", "By", "Pack", "!Holds from", "!Confidence"], rows)
}

/// Packs of labels in force, where there are any.
fn packs_asked(packs: &[PackAsOf]) -> maud::Markup {
    let rows = packs.iter().map(|pack| {
        vec![
            html! { (code(&pack.name)) " " (pack.version) },
            html! { @match pack.issued { Some(day) => (day), None => b { "cannot be read" } } },
            html! { @if let Some(day) = pack.expires { (day) } },
            code(&pack.sha256),
        ]
    });
    html! {
        @if !packs.is_empty() {
            h3 { "Packs of labels in force" }
            p { "What they do not name is not known. Disputed names decide nothing beyond a review." }
            (table(&["Pack, version", "Made on", "Too old from", "SHA-256"], rows))
        }
    }
}

/// The address that a list names, where it is another one of the same key.
fn other_form(claim: &Claim, subject: &str) -> Option<String> {
    let Subject::Address(address) = &claim.subject else { return None };
    let own = address.to_string();
    (own != subject).then_some(own)
}

/// What a page says of a ledger: where it ends, and its snapshot.
fn ledger(frame: &mut Frame, told: &Told, extent: &tracehound_engine::Extent, snapshot: &str) {
    let asked = moment(extent.as_of);
    frame.again(
        told,
        &[
            ("Moment asked about", asked),
            ("Chain", told.chain.clone()),
            ("Snapshot of the ledger", snapshot.to_owned()),
            ("Blocks in it", extent.blocks.to_string()),
        ],
    );
}

/// Sentences as a list.
fn sentences(items: &[String]) -> maud::Markup {
    list(items.iter().map(|item| html! { (outside(item)) }))
}
