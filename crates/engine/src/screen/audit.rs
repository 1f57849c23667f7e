//! What an auditor keeps of a batch: the input's own columns with the decision and what decided it, and once, in a summary, what
//! holds for all rows.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_model::{
    Decision, GapKind, PackAsOf, Verdict,
    text::csv_cell,
    verdict::{AdvisoriesAsOf, SourceAsOf},
};
use tracehound_screen::Screener;

/// The columns that are added to the input's.
pub const COLUMNS: [&str; 6] = ["decision", "entity", "list", "rule", "since", "why"];

/// The header: the row's number, the columns of the input, [`COLUMNS`]. A column of the input that is called as one of ours gets
/// a word before its name: whoever reads `decision` by its name must never read what the input says there.
pub fn header(file: bool, columns: &[String]) -> String {
    let before: &[&str] = if file { &["file", "row"] } else { &["row"] };
    let is_own = |name: &str| before.iter().chain(&COLUMNS).any(|own| name.trim().eq_ignore_ascii_case(own));
    let mut cells: Vec<String> = before.iter().map(|name| (*name).to_owned()).collect();
    for column in columns {
        let mut name = if is_own(column) { format!("input_{}", column.trim()) } else { column.clone() };
        while is_own(column) && columns.iter().any(|other| other.trim().eq_ignore_ascii_case(&name)) {
            name.insert_str(0, "input_");
        }
        cells.push(kept(&name));
    }
    cells.extend(COLUMNS.map(ToOwned::to_owned));
    cells.join(",")
}

/// A row: the input's cells and what was decided, or why nothing could be.
pub fn row(cells: &[String], found: Result<&Verdict, &str>) -> String {
    let own = match found {
        Ok(verdict) => decided(verdict),
        Err(why) => ["refused", "", "", "", "", why].map(ToOwned::to_owned),
    };
    let kept = cells.iter().map(|cell| kept(cell));
    kept.chain(own.iter().map(|cell| csv_cell(cell))).collect::<Vec<_>>().join(",")
}

/// A cell of the input. Numbers stay as they are, whatever they begin with, so that the table can be joined with its input.
fn kept(cell: &str) -> String {
    let digits = cell.strip_prefix(['+', '-']).unwrap_or(cell);
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_number { cell.to_owned() } else { csv_cell(cell) }
}

fn decided(verdict: &Verdict) -> [String; 6] {
    let reason = verdict.reason.as_ref();
    let text = |of: fn(&tracehound_model::verdict::Reason) -> String| reason.map(of).unwrap_or_default();
    // Of this gap it is known who stands behind it.
    let signed = verdict.coverage.gaps.iter().find(|gap| gap.kind == GapKind::SignedTogether);
    let signed = signed.map(|gap| gap.sentence.clone());
    let why = match verdict.decision {
        Decision::Incomplete => kinds(verdict).join(" "),
        _ => told(verdict),
    };
    let why: Vec<String> = [why].into_iter().filter(|why| !why.is_empty()).chain(signed).collect();
    [
        verdict.decision.to_string(),
        text(|reason| reason.entity.clone()),
        text(|reason| reason.source.to_string()),
        reason.and_then(|reason| reason.rule.clone()).unwrap_or_default(),
        text(|reason| reason.since.to_string()),
        why.join("; "),
    ]
}

/// What the other columns do not show: another form of the subject, and what its listing rests on.
fn told(verdict: &Verdict) -> String {
    let reason = verdict.reason.as_ref();
    let read_as = verdict.read_as.as_ref().map(|address| format!("read as {address}"));
    let owned = reason.filter(|reason| reason.owned).map(|_| "owned by listed parties, not listed itself");
    let at_least = reason.filter(|reason| reason.at_least);
    let at_least = at_least.map(|_| "listed at least since that day, the first known here");
    let here_from = reason.and_then(|reason| reason.here_from);
    let here_from = here_from.map(|day| format!("the party since that day; on record here from {day}"));
    let told = [read_as, owned.map(str::to_owned), at_least.map(str::to_owned), here_from];
    told.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// The kinds of what was not examined, each once, in the words of JSON.
fn kinds(verdict: &Verdict) -> Vec<String> {
    let mut kinds: Vec<String> = Vec::new();
    for gap in &verdict.coverage.gaps {
        let kind = serde_json::to_value(gap.kind).ok();
        let kind = kind.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

/// How many answers there are of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Counts {
    /// By decision: `allow`, `incomplete`, `review`, `block`, and `refused` for rows that could not be read.
    pub decisions: BTreeMap<String, u64>,
    /// By the rule that decided.
    pub rules: BTreeMap<String, u64>,
    /// By the list that named whoever decided.
    pub lists: BTreeMap<String, u64>,
}

impl Counts {
    /// Counts an answer, or a row without one.
    pub fn note(&mut self, found: Result<&Verdict, &str>) {
        let decision = found.map_or_else(|_| "refused".to_owned(), |verdict| verdict.decision.to_string());
        *self.decisions.entry(decision).or_default() += 1;
        let Some(reason) = found.ok().and_then(|verdict| verdict.reason.as_ref()) else { return };
        *self.lists.entry(reason.source.to_string()).or_default() += 1;
        if let Some(rule) = &reason.rule {
            *self.rules.entry(rule.clone()).or_default() += 1;
        }
    }

    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.decisions, &other.decisions),
            (&mut self.rules, &other.rules),
            (&mut self.lists, &other.lists),
        ];
        for (sum, more) in pairs {
            for (key, count) in more {
                *sum.entry(key.clone()).or_default() += count;
            }
        }
    }

    /// Answers and rows without one.
    pub fn rows(&self) -> u64 {
        self.decisions.values().sum()
    }
}

/// An input of a batch.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Input {
    /// The file, as it was named.
    pub name: String,
    /// Rows without anything in them; none where the input was not read to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blank: Option<u64>,
    /// Why it was not read to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_short: Option<String>,
    /// What became of its rows.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What holds for all rows of a batch, and what became of them.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Summary {
    /// Whether every row of every input was answered, refused or blank.
    pub whole: bool,
    /// The moment the question is asked about.
    pub as_of: Timestamp,
    /// The policy's name.
    pub policy: String,
    /// SHA-256 of the policy, hexadecimal: `policy` of verdicts.
    pub policy_hash: String,
    /// Identity of the snapshot that was read: `snapshot` of verdicts.
    pub snapshot: String,
    /// The lists that were searched, with the version used.
    pub sources: Vec<SourceAsOf>,
    /// The packs of labels in force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packs: Vec<PackAsOf>,
    /// The publishers whose advisories are complete up to some day.
    pub advisories: Vec<AdvisoriesAsOf>,
    /// The inputs in their order.
    pub inputs: Vec<Input>,
    /// All of them together.
    pub counts: Counts,
}

impl Summary {
    /// The summary of a batch that was answered by `screener`.
    pub fn new(screener: &Screener<'_>, inputs: Vec<Input>) -> Self {
        let mut counts = Counts::default();
        for input in &inputs {
            counts.add(&input.counts);
        }
        let facts = screener.rests_on();
        Self {
            whole: inputs.iter().all(|input| input.cut_short.is_none()),
            as_of: facts.as_of,
            policy: facts.policy.name.clone(),
            policy_hash: facts.policy.hash.clone(),
            snapshot: facts.snapshot.into_owned(),
            sources: facts.sources.to_vec(),
            packs: facts.packs,
            advisories: facts.advisories.to_vec(),
            inputs,
            counts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_as_they_are_and_no_cell_begins_a_formula() {
        for number in ["-1.50", "+3", "0", "007", "12.", "1.2.3"] {
            assert_eq!(kept(number), number);
        }
        for formula in ["=1", "-1+2", "+-1", "-", "@x", "-A1"] {
            assert!(kept(formula).starts_with('\''), "{formula}: {}", kept(formula));
        }
    }

    #[test]
    fn a_column_of_the_input_never_has_a_name_of_ours() {
        let columns = ["Row".to_owned(), "list ".to_owned(), "a,b".to_owned()];
        let header = header(true, &columns);
        assert_eq!(header, "file,row,input_Row,input_list,\"a,b\",decision,entity,list,rule,since,why");
    }
}
