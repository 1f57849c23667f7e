//! The report of a batch: what was decided, by rule, list and day, from the records that `screen --output jsonl` writes.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tracehound_model::{Decision, GapKind, SourceId, Verdict, verdict::Reason};

use super::{
    Told,
    frame::{Frame, Part, Standing, table},
    numbered::Numbered,
    sentences,
    text::{code, outside},
};
use crate::{Origin, words::s};

/// Decisions that are listed one by one; of the others only the number is told.
const MOST_LISTED: usize = 20_000;
/// Kinds of gaps that are told, the most frequent first.
const MOST_GAPS: usize = 50;
/// Gaps of a row that is incomplete that are told beside it.
const GAPS_OF_A_ROW: usize = 3;

/// A record that is neither a verdict nor a refusal.
#[derive(Debug, thiserror::Error)]
#[error("is no record of `screen --output jsonl`: {0}")]
pub struct RecordError(serde_json::Error);

/// What a batch decided, record by record.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    digest: Sha256,
    records: u64,
    refused: u64,
    decisions: BTreeMap<Decision, u64>,
    rules: BTreeMap<(String, Decision), u64>,
    lists: BTreeMap<(String, Decision), u64>,
    days: BTreeMap<String, BTreeMap<Decision, u64>>,
    gaps: BTreeMap<(GapKind, Vec<SourceId>, String), Lacking>,
    named: BTreeMap<String, u64>,
    measured: BTreeMap<String, u64>,
    policies: BTreeSet<String>,
    snapshots: BTreeSet<String>,
    sources: BTreeMap<String, BTreeSet<String>>,
    listed: Vec<Listed>,
    numbered: Numbered,
    generated: bool,
}

/// One kind of gap, about the same lists where it is about lists.
#[derive(Clone, Debug, Default)]
struct Lacking {
    rows: u64,
    /// The first sentence, and whether rows have others: amounts are each row's own.
    sentence: String,
    differ: bool,
}

/// A decision other than to allow, or a row that could not be read.
#[derive(Clone, Debug)]
struct Listed {
    row: Option<u64>,
    subject: String,
    decision: Option<Decision>,
    why: String,
    rule: String,
    list: String,
    since: String,
    day: String,
}

/// A record as it is read: a verdict, or a subject that was refused.
#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    row: Option<u64>,
    #[serde(default)]
    file: String,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    decision: Option<Decision>,
}

impl Batch {
    /// The lines that follow are of another file of records.
    pub fn next_file(&mut self) {
        self.numbered.next_file();
    }

    /// Takes a line; one without anything is none.
    ///
    /// # Errors
    /// A line that is no record.
    pub fn record(&mut self, line: &str) -> Result<(), RecordError> {
        self.digest.update(line);
        if line.trim().is_empty() {
            return Ok(());
        }
        let record: Record = serde_json::from_str(line).map_err(RecordError)?;
        self.records += 1;
        if let (Some(error), None) = (&record.error, record.decision) {
            self.refused += 1;
            if let Some(row) = record.row {
                self.numbered.note(&record.file, row, None);
            }
            self.list(Listed {
                row: record.row,
                subject: record.subject,
                decision: None,
                why: error.clone(),
                rule: String::new(),
                list: String::new(),
                since: String::new(),
                day: String::new(),
            });
            return Ok(());
        }
        let verdict: Verdict = serde_json::from_str(line).map_err(RecordError)?;
        if let Some(row) = record.row {
            self.numbered.note(&record.file, row, Some(verdict.as_of.as_nanosecond()));
        }
        self.verdict(record.row, verdict);
        Ok(())
    }

    fn verdict(&mut self, row: Option<u64>, verdict: Verdict) {
        let decision = verdict.decision;
        let day = verdict.as_of.strftime("%Y-%m-%d").to_string();
        *self.decisions.entry(decision).or_default() += 1;
        *self.days.entry(day.clone()).or_default().entry(decision).or_default() += 1;
        let reason = verdict.reason.as_ref();
        if let Some(reason) = reason {
            self.generated |= tracehound_engine::is_generated(&reason.source);
            let rule = reason.rule.clone().unwrap_or_else(|| "no rule covers the claim".to_owned());
            *self.rules.entry((rule, decision)).or_default() += 1;
            *self.lists.entry((reason.source.0.clone(), decision)).or_default() += 1;
        }
        let mut seen = BTreeSet::new();
        for gap in &verdict.coverage.gaps {
            let sentence = gap.to_string();
            // Of old records nobody knows the kind but by the sentence.
            let own = if gap.kind == GapKind::Unclassified { sentence.clone() } else { String::new() };
            let key = (gap.kind, gap.lists().to_vec(), own);
            let lacking = self.gaps.entry(key.clone()).or_default();
            if lacking.rows == 0 {
                lacking.sentence.clone_from(&sentence);
            }
            lacking.differ |= lacking.sentence != sentence;
            // A row may lack the same both ways.
            lacking.rows += u64::from(seen.insert(key));
        }
        let lists: BTreeSet<&str> = verdict
            .exposures
            .iter()
            .filter_map(|exposure| Some(exposure.source.as_ref()?.0.as_str()))
            .collect();
        for list in lists {
            *self.named.entry(list.to_owned()).or_default() += 1;
        }
        for rate in &verdict.coverage.error_rates {
            *self.measured.entry(rate.clone()).or_default() += 1;
        }
        self.policies.insert(verdict.policy.clone());
        self.snapshots.insert(verdict.snapshot.clone());
        for source in &verdict.coverage.sources {
            self.sources.entry(source.id.0.clone()).or_default().insert(source.published.to_string());
        }
        if decision != Decision::Allow {
            let text = |of: fn(&Reason) -> String| reason.map(of).unwrap_or_default();
            let (rule, list, since) = (
                text(|reason| reason.rule.clone().unwrap_or_default()),
                text(|reason| reason.source.0.clone()),
                text(Reason::since_when),
            );
            let mut why = verdict.summary;
            if decision == Decision::Incomplete {
                let gaps = &verdict.coverage.gaps;
                let told: Vec<&str> =
                    gaps.iter().take(GAPS_OF_A_ROW).map(|gap| gap.sentence.as_str()).collect();
                let more = gaps.len().saturating_sub(GAPS_OF_A_ROW);
                let more = if more > 0 { format!("; and {more} more") } else { String::new() };
                if !told.is_empty() {
                    why = format!("{why}. Not examined: {}{more}", told.join("; "));
                }
            }
            self.list(Listed {
                row,
                subject: verdict.subject,
                decision: Some(decision),
                why,
                rule,
                list,
                since,
                day,
            });
        }
    }

    fn list(&mut self, listed: Listed) {
        if self.listed.len() < MOST_LISTED {
            self.listed.push(listed);
        }
    }

    /// Records that were read.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The strongest decision; `None` where there is none. A row that could not be read is not counted.
    pub fn worst(&self) -> Option<Decision> {
        self.decisions.keys().max().copied()
    }

    /// Whether rows between others have no record, or have two.
    pub fn is_uneven(&self) -> bool {
        !self.numbered.complaints().is_empty()
    }

    /// Rows that could not be read.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    fn count(&self, decision: Decision) -> u64 {
        self.decisions.get(&decision).copied().unwrap_or_default()
    }

    /// Not allowed, or not read.
    fn others(&self) -> u64 {
        self.records - self.count(Decision::Allow)
    }
}

/// All decisions, the strongest first.
const DECISIONS: [Decision; 4] = [Decision::Block, Decision::Review, Decision::Incomplete, Decision::Allow];

/// The page about the records of `files`.
pub fn batch(found: &Batch, files: &[String], told: &Told) -> String {
    let origin = Origin { generated: found.generated, program: told.program.clone(), ..Origin::default() };
    let mut frame = Frame::new("What was decided in a batch", told, Some(&origin));
    let days: Vec<&str> = found.days.keys().map(String::as_str).collect();
    let when = match &days[..] {
        [] => "no day".to_owned(),
        [day] => (*day).to_owned(),
        [first, .., last] => format!("{first} to {last}"),
    };
    frame.question(&format!(
        "What was decided on the {} row{} of {}, as of {when}?",
        found.records,
        s(found.records),
        files.join(", ")
    ));
    let counts = DECISIONS.map(|decision| format!("{} {decision}", found.count(decision)));
    let incomplete = found.count(Decision::Incomplete);
    let mut lines = vec![format!("{}; {} could not be read.", counts.join(", "), found.refused)];
    if incomplete > 0 {
        lines.push(format!("{incomplete} incomplete is no clearance: something that the policy requires was missing for them."));
    }
    let uneven = found.numbered.complaints();
    lines.extend(uneven.iter().map(|said| format!("{said}.")));
    frame.answer(&lines, Standing::of(incomplete == 0 && found.refused == 0 && uneven.is_empty()));
    let mut gaps: Vec<&Lacking> = found.gaps.values().collect();
    gaps.sort_by_key(|lacking| (std::cmp::Reverse(lacking.rows), &lacking.sentence));
    let in_words = |lacking: &&Lacking| {
        let Lacking { rows, sentence, differ } = lacking;
        if *differ {
            format!(
                "for {rows} of them, each with its own amounts or names (the records have them), as: {sentence}"
            )
        } else {
            format!("for {rows} of them: {sentence}")
        }
    };
    let mut more: Vec<String> = gaps.iter().take(MOST_GAPS).map(in_words).collect();
    if gaps.len() > MOST_GAPS {
        more.push(format!("and {} other kinds of gaps, in the records", gaps.len() - MOST_GAPS));
    }
    if found.refused > 0 {
        more.push(format!("{} rows could not be read, and were not looked at", found.refused));
    }
    more.extend(uneven);
    frame.not_seen(&[], &more);
    let measured = found.measured.iter();
    let measured: Vec<String> = measured
        .map(|(said, rows)| format!("of the {rows} row{} with an indirect exposure: {said}", s(*rows)))
        .collect();
    frame.method(
        &[
            "Each row was screened by itself; this page counts the records of that and adds nothing to them. A row is counted by the one \
             rule and list that weigh most in it.",
            "Allow is said only where everything that the policy requires was there. Who is on no list is not known, and not cleared.",
        ],
        &measured,
        "A listing is there or it is not; nothing in these decisions rests on an estimate.",
    );
    let by_list = html! {
        (by(&found.lists, "List"))
        @if !found.named.is_empty() {
            h3 { "Lists that name a row, or whom it dealt with" }
            (table(&["List", "#Rows"], found.named.iter().map(|(list, rows)| vec![code(list), html! { (rows) }])))
        }
    };
    frame.add(Part::Tall, "By day", by_day(found));
    frame.add(Part::Tall, "By rule", by(&found.rules, "Rule"));
    frame.add(Part::Tall, "By list", by_list);
    frame.add(Part::Wide, "Rows that were not allowed", listed(found));
    frame.add(
        Part::Tall,
        "Lists that were asked",
        html! {
            (table(&["List", "Versions"], found.sources.iter().map(|(source, versions)| {
                vec![code(source), html! { (versions.iter().cloned().collect::<Vec<_>>().join(", ")) }]
            })))
        },
    );
    let each = |name: &'static str, values: &BTreeSet<String>| {
        values.iter().map(|value| (name, value.clone())).collect::<Vec<_>>()
    };
    let mut facts = vec![("SHA-256 of the records", hex::encode(found.digest.clone().finalize()))];
    facts.extend(each("Policy (SHA-256)", &found.policies));
    facts.extend(each("Snapshot of lists and ledger", &found.snapshots));
    frame.again(told, &facts);
    frame.done()
}

fn by_day(found: &Batch) -> Markup {
    let rows = found.days.iter().map(|(day, decisions)| {
        let count = |decision| decisions.get(&decision).copied().unwrap_or_default();
        let all: u64 = decisions.values().sum();
        let mut cells = vec![html! { (day) }];
        cells.extend(DECISIONS.map(|decision| html! { (count(decision)) }));
        cells.push(html! { (all) });
        cells
    });
    html! {
        (table(&["Day asked about", "#Block", "#Review", "#Incomplete", "#Allow", "#All"], rows))
    }
}

fn by(counts: &BTreeMap<(String, Decision), u64>, what: &str) -> Markup {
    let mut rows: Vec<_> = counts.iter().collect();
    rows.sort_by_key(|((name, decision), count)| (std::cmp::Reverse((*decision, **count)), name.clone()));
    let none = rows.is_empty();
    let rows = rows
        .into_iter()
        .map(|((name, decision), count)| vec![outside(name), html! { (decision) }, html! { (count) }]);
    html! {
        @if none { p { "None decided a row." } }
        @else { (table(&[what, "Decision", "#Rows"], rows)) }
    }
}

fn listed(found: &Batch) -> Markup {
    let rows = found.listed.iter().map(|row| {
        vec![
            html! { @if let Some(number) = row.row { (number) } },
            code(&row.subject),
            html! { @match row.decision { Some(decision) => (decision), None => "refused" } br; span.dim { (row.day) } },
            outside(&row.why),
            html! { (outside(&row.rule)) @if !row.list.is_empty() { br; (code(&row.list)) } @if !row.since.is_empty() { br; (row.since) } },
        ]
    });
    let left = found.others().saturating_sub(found.listed.len() as u64);
    html! {
        @if found.listed.is_empty() { p { "None." } }
        @else { (table(&["#Row", "Subject", "Decision", "Why", "Rule, list"], rows)) }
        @if left > 0 { (sentences(&[format!("{left} more are not listed here; the records have them all.")])) }
    }
}
