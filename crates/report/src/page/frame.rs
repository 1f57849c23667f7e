//! What all pages have in common: head, style, parts, and how they are printed.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use maud::{DOCTYPE, Markup, PreEscaped, Render, html};
use sha2::{Digest, Sha256};
use tracehound_model::{Chain, Gap};

use super::{
    Told,
    text::{Clean, code, drawing, outside},
};
use crate::{Origin, chart, words::chain_name};

/// On a screen one column; on paper A4, drawings in landscape, each on a page of its own.
const STYLE: &str = "\
:root{color-scheme:light}\
body{font:10pt/1.4 Helvetica,Arial,'Liberation Sans','Noto Sans CJK SC',sans-serif;color:#111;background:#fff;margin:0 auto;padding:12mm;max-width:270mm}\
h1{font-size:17pt;margin:0 0 2mm}h2{font-size:12.5pt;margin:7mm 0 2mm;border-bottom:.6pt solid #999}h3{font-size:10.5pt;margin:4mm 0 1mm}\
p{margin:1mm 0 2mm}ul{margin:1mm 0 2mm;padding-left:5mm}\
.dim{color:#555}.warn{color:#b2182b;font-weight:bold}.answer{font-size:11.5pt}\
.gaps{border:1pt solid #b2182b;padding:2mm 3mm}.whole{border:1pt solid #777;padding:2mm 3mm}\
code{font:7pt/1.3 'Liberation Mono','DejaVu Sans Mono',Menlo,Consolas,monospace;overflow-wrap:break-word}.any code{overflow-wrap:anywhere}\
pre{font:8pt/1.4 'Liberation Mono','DejaVu Sans Mono',Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f4f4;padding:2mm}\
table{border-collapse:collapse;width:100%;font-size:8pt;line-height:1.25}\
th{text-align:left;vertical-align:bottom;border-bottom:.8pt solid #333;padding:1mm 1.5mm}\
td{vertical-align:top;border-bottom:.3pt solid #bbb;padding:.6mm 1.2mm;overflow-wrap:break-word}td.any,bdi{overflow-wrap:anywhere}\
td.n{white-space:nowrap}td.n,th.n{text-align:right}tr{break-inside:avoid}thead{display:table-header-group}\
figure{margin:3mm 0;border:.5pt solid #ccc}figure svg{display:block;width:100%;height:auto}\
@page{size:A4;margin:14mm 13mm 15mm;@bottom-right{content:'page ' counter(page) ' of ' counter(pages);font:8pt Helvetica,Arial,sans-serif;color:#555}}\
@page wide{size:A4 landscape}\
@page drawing{size:A4 landscape;margin:0;@bottom-right{content:none}}\
@media print{body{padding:0;max-width:none}h2,h3{break-after:avoid}.wide{page:wide}\
figure{page:drawing;break-before:page;break-after:page;border:0;margin:0}figure svg{width:297mm;height:209mm}}";

/// How a part is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// In portrait.
    Tall,
    /// In landscape: tables of long ids.
    Wide,
}

/// What an answer lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Whole,
    /// Nothing is missing but what the question's own limits left out.
    Narrowed,
    /// Something was not examined that the answer does not need.
    Sufficient,
    Incomplete,
}

impl Standing {
    pub(super) fn of(complete: bool) -> Self {
        if complete { Self::Whole } else { Self::Incomplete }
    }

    /// Of an answer of which the question's own limits left something out, or not.
    pub(super) fn narrowed(complete: bool, left_out: bool) -> Self {
        if complete && left_out { Self::Narrowed } else { Self::of(complete) }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Whole => {
                "Nothing that this answer needs is missing; what it does not claim stands in the method."
            }
            Self::Narrowed => {
                "Nothing is missing but what the question's own limits left out, which is said above; what it does not claim \
                 stands in the method."
            }
            Self::Sufficient => {
                "What was not examined is listed below; the policy does not ask for it, or it could not change this."
            }
            Self::Incomplete => {
                "This answer is not complete: what was not seen is listed below, and may change it."
            }
        }
    }
}

/// A page in the making.
pub(super) struct Frame {
    title: String,
    head: Markup,
    parts: Vec<Markup>,
    has_drawings: bool,
}

impl Frame {
    pub(super) fn new(title: &str, told: &Told, origin: Option<&Origin>) -> Self {
        let chain = told.chain.parse::<Chain>().ok();
        let warning = origin.map_or_else(|| Origin::default().warning(chain), |origin| origin.warning(chain));
        let head = html! {
            header {
                h1 { (Clean(title)) }
                p.dim {
                    @if !told.chain.is_empty() { "Chain: " (chain_name(&told.chain)) " (" (Clean(&told.chain)) "). " }
                    "Written by " (told.program) ". "
                    "This page holds everything it needs: it runs no program and fetches nothing."
                }
                @if let Some(warning) = warning { p.warn { (warning) } }
            }
        };
        Self { title: title.to_owned(), head, parts: Vec::new(), has_drawings: false }
    }

    pub(super) fn add(&mut self, part: Part, title: &str, body: impl Render) {
        let class = if part == Part::Wide { "wide" } else { "tall" };
        self.parts.push(html! { section class=(class) { h2 { (title) } (body) } });
    }

    pub(super) fn question(&mut self, question: &str) {
        self.add(Part::Tall, "Question", html! { p.answer { (outside(question)) } });
    }

    /// The answer in plain words, and what it lacks.
    pub(super) fn answer(&mut self, answer: &[String], standing: Standing) {
        let incomplete = standing == Standing::Incomplete;
        self.add(
            Part::Tall,
            "Answer",
            html! {
                @for line in answer { p.answer { (outside(line)) } }
                p.warn[incomplete] { (standing.sentence()) }
            },
        );
    }

    /// What was not seen; that nothing is missing is said too.
    pub(super) fn not_seen(&mut self, gaps: &[Gap], more: &[String]) {
        let none = gaps.is_empty() && more.is_empty();
        self.add(Part::Tall, "What was not seen", html! {
            @if none {
                p.whole { "Nothing that was asked for: no block, no list and no limit cut this answer." }
            } @else {
                ul.gaps {
                    @for gap in gaps { li { (outside(&gap.sentence)) @if let Some(remedy) = &gap.remedy { br; span.dim { "To widen it: " (outside(remedy)) } } } }
                    @for line in more { li { (outside(line)) } }
                }
            }
        });
    }

    /// How it was found out, and how often that is wrong.
    pub(super) fn method(&mut self, method: &[&str], measured: &[String], unmeasured: &str) {
        self.add(
            Part::Tall,
            "Method, and how often it errs",
            html! {
                @for line in method { p { (line) } }
                @if measured.is_empty() { p { (unmeasured) } }
                @for line in measured { p { "How sure: " (outside(line)) "." } }
            },
        );
    }

    pub(super) fn drawings(&mut self, pages: &[String]) {
        self.has_drawings |= !pages.is_empty();
        for page in pages {
            self.parts.push(html! { figure { (drawing(page)) } });
        }
    }

    /// How to ask again.
    pub(super) fn again(&mut self, told: &Told, facts: &[(&str, String)]) {
        self.add(Part::Tall, "How to repeat it", html! {
            p { "With the same version of the program, the same ledger and the same lists this command gives this answer again:" }
            pre { (Clean(&told.command)) }
            (table(&["What", "Value"], facts.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| {
                vec![html! { (name) }, code(value)]
            })))
            p.dim { "Program: " (told.program) ". A snapshot is named by the SHA-256 of what it holds: the same name, the same content." }
        });
    }

    /// The file's text.
    pub(super) fn done(self) -> String {
        let hash = |style: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(style)));
        let mut styles = vec![hash(STYLE)];
        if self.has_drawings {
            styles.push(hash(chart::STYLE));
        }
        let policy = format!(
            "default-src 'none'; style-src {}; base-uri 'none'; form-action 'none'",
            styles.join(" ")
        );
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy);
                    meta name="viewport" content="width=device-width";
                    meta name="referrer" content="no-referrer";
                    title { (Clean(&self.title)) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    (self.head)
                    @for part in &self.parts { (part) }
                }
            }
        }
        .into_string()
    }
}

/// A table. Columns of numbers, whose titles begin with `#`, stand at the right; those whose titles begin with `!` hold ids in one
/// line, and the others give way.
pub(super) fn table(titles: &[&str], rows: impl Iterator<Item = Vec<Markup>>) -> Markup {
    let class = |title: &&str| match title.as_bytes().first() {
        Some(b'#') => "n",
        Some(b'!') => "id",
        _ => "any",
    };
    let classes: Vec<&str> = titles.iter().map(class).collect();
    html! {
        table {
            thead { tr { @for (title, class) in titles.iter().zip(&classes) { th class=(class) { (title.trim_start_matches(['#', '!'])) } } } }
            tbody {
                @for row in rows {
                    tr { @for (cell, class) in row.iter().zip(&classes) { td class=(class) { (cell) } } }
                }
            }
        }
    }
}

pub(super) fn list(items: impl Iterator<Item = Markup>) -> Markup {
    html! { ul { @for item in items { li { (item) } } } }
}
