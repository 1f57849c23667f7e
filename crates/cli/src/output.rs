//! Printing verdicts: text for people, JSON and CSV for programs.

use std::{
    fmt,
    io::{self, Write},
};

use tracehound_engine::{Document, Versioned};
use tracehound_model::{
    Decision, Gap, Verdict,
    evidence::Fact,
    text::{label, line},
    verdict::{Basis, Direction, ExposureType, SourceAsOf},
};

use crate::args::Output;

pub(crate) use tracehound_model::text::csv_cell;

/// Columns of the CSV form.
pub(crate) const CSV_HEADER: &str =
    "subject,chain,decision,score,summary,sources,gaps,as_of,policy,snapshot,basis";

/// Exit code of a run that was cut short: by an interrupt, an input that broke off, a reader that has gone. It stands before
/// every other, because what was not reached is not known.
pub(crate) const CUT_SHORT: u8 = 4;

/// The answer for a person at a terminal.
pub(crate) fn text(out: &mut dyn Write, verdict: &Verdict) -> io::Result<()> {
    writeln!(out, "{}  {}  (score {})", headline(verdict), label(&verdict.subject), verdict.score)?;
    writeln!(out, "  {}", line(&verdict.summary))?;
    exposures(out, verdict)?;
    because(out, verdict)?;
    writeln!(out, "  Searched: {}", searched(&verdict.coverage.sources))?;
    if !verdict.coverage.packs.is_empty() {
        let packs =
            verdict.coverage.packs.iter().map(|pack| format!("{} {}", label(&pack.name), pack.version));
        writeln!(out, "  Labels: {}", packs.collect::<Vec<_>>().join(", "))?;
    }
    if let Some(until) = verdict.coverage.transactions_until {
        writeln!(out, "  Examined: all its transactions up to {until}")?;
    }
    if let Some(until) = verdict.coverage.counterparties_until {
        writeln!(out, "  Looked at: whom it dealt with on one chain at least, up to {until}")?;
    }
    if !verdict.coverage.gaps.is_empty() {
        writeln!(out, "  Coverage gaps:")?;
        for gap in &verdict.coverage.gaps {
            writeln!(out, "    - {}", line(&gap.to_string()))?;
        }
    }
    for rate in &verdict.coverage.error_rates {
        writeln!(out, "  How sure: {}", line(rate))?;
    }
    writeln!(out, "  As of {}, policy {}", verdict.as_of, short(&verdict.policy))
}

/// The word at the top. Nothing is allowed in capitals unless its transactions were examined, and what is named has a match.
fn headline(verdict: &Verdict) -> &'static str {
    match (verdict.decision, verdict.basis) {
        (Decision::Allow, Basis::ListsAndTransactions) => "ALLOW",
        (Decision::Allow, _) if verdict.exposures.is_empty() => "NO MATCH",
        (Decision::Allow, _) => "NO OBJECTION",
        (Decision::Incomplete, _) => "INCOMPLETE",
        (Decision::Review, _) => "REVIEW",
        (Decision::Block, _) => "BLOCK",
    }
}

fn exposures(out: &mut dyn Write, verdict: &Verdict) -> io::Result<()> {
    if verdict.exposures.is_empty() {
        return Ok(());
    }
    writeln!(out, "  Exposure:")?;
    for row in &verdict.exposures {
        let how = match (row.exposure, row.direction) {
            (ExposureType::Identified, None) => "itself".to_owned(),
            (ExposureType::Owned, None) => "owned by listed parties:".to_owned(),
            (ExposureType::Identified, Some(Direction::Incoming)) => "paid in by".to_owned(),
            (ExposureType::Identified, Some(Direction::Outgoing)) => "paid out to".to_owned(),
            (ExposureType::Direct, Some(Direction::Incoming)) => "received from".to_owned(),
            (ExposureType::Direct, Some(Direction::Outgoing)) => "paid to".to_owned(),
            (ExposureType::Indirect, Some(Direction::Incoming)) => "received indirectly from".to_owned(),
            (ExposureType::Indirect, Some(Direction::Outgoing)) => "paid indirectly to".to_owned(),
            (kind, _) => format!("{kind:?}").to_lowercase(),
        };
        let itself = if row.exposure == ExposureType::Owned { "not listed itself, counts as " } else { "" };
        write!(out, "    {how} {} ({itself}{}", label(&row.label), row.category)?;
        row.labelled.iter().try_for_each(|labelled| write!(out, "; {labelled}"))?;
        write!(out, ")")?;
        if let Some(address) = &row.address {
            write!(out, " {}", label(address))?;
        }
        match (row.amount, row.tx_count) {
            (Some(value), Some(txs)) => {
                let asset = verdict.asset_of(row);
                let amount = asset
                    .map_or_else(|| format!("{value} base units"), |asset| asset.money(value).to_string());
                write!(out, ": {amount} in {txs} transaction{}", plural(txs))?;
                match row.worth.zip(asset) {
                    Some((worth, asset)) => writeln!(out, ", {}", worth.sentence(asset))?,
                    None => writeln!(out)?,
                }
            }
            (None, Some(txs)) => writeln!(out, ": amount not known, {txs} transaction{}", plural(txs))?,
            _ => writeln!(out)?,
        }
    }
    Ok(())
}

fn plural(count: u32) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// Rules and what they stand on; then claims that no rule used.
fn because(out: &mut dyn Write, verdict: &Verdict) -> io::Result<()> {
    let evidence = &verdict.evidence;
    if evidence.nodes.is_empty() {
        return Ok(());
    }
    writeln!(out, "  Because:")?;
    let mut used = Vec::new();
    for node in &evidence.nodes {
        let Fact::Rule { rule } = &node.fact else { continue };
        writeln!(out, "    rule {rule}")?;
        for edge in evidence.because.iter().filter(|edge| edge.from == node.id) {
            used.push(edge.to.as_str());
            if let Some(support) = evidence.nodes.iter().find(|support| support.id == edge.to) {
                fact(out, "      ", &support.fact, &verdict.coverage.sources)?;
            }
        }
    }
    for node in &evidence.nodes {
        if matches!(node.fact, Fact::Claim { .. } | Fact::Label { .. }) && !used.contains(&node.id.as_str()) {
            fact(out, "    ", &node.fact, &verdict.coverage.sources)?;
        }
    }
    Ok(())
}

fn fact(out: &mut dyn Write, indent: &str, fact: &Fact, sources: &[SourceAsOf]) -> io::Result<()> {
    match fact {
        Fact::Ownership { ownership } => writeln!(out, "{indent}{}", line(&ownership.to_string())),
        Fact::Claim { claim } => {
            let until = claim.valid_to.map_or_else(String::new, |end| format!(" until {end}"));
            let statement = &claim.statement;
            writeln!(
                out,
                "{indent}claim {}: {} ({}), {}, from {}{until}, confidence {}",
                claim.id,
                label(&statement.label),
                statement.category,
                label(&claim.source.0),
                claim.valid_from,
                claim.confidence.0
            )?;
            if !statement.programs.is_empty() {
                writeln!(out, "{indent}  programmes {}", line(&statement.programs.join(", ")))?;
            }
            let source = sources.iter().find(|source| source.id == claim.source);
            let page = statement.reference.as_ref().or_else(|| source?.url.as_ref());
            page.iter().try_for_each(|page| writeln!(out, "{indent}  {}", label(page)))
        }
        Fact::Label { label: said } => {
            let who = said.entity.as_ref().unwrap_or(&said.label);
            let until = said.valid_to.map_or_else(String::new, |end| format!(" until {end}"));
            let chain = label(&said.chain);
            write!(
                out,
                "{indent}label {} on {chain}: {} {} ({}), {}{until}",
                label(&said.address),
                said.labelled.predicate.words(),
                label(who),
                label(&said.concept),
                said.labelled
            )?;
            match &said.not_counted {
                Some(why) => writeln!(out, "; it counts for nothing: {}", label(why)),
                None => writeln!(out),
            }
        }
        Fact::Tx { tx, height, time } => {
            let height = height.map_or_else(String::new, |height| format!(" in block {height}"));
            let moment = jiff::Timestamp::from_second(i64::from(*time)).map_err(io::Error::other)?;
            writeln!(out, "{indent}tx {tx}{height} of {moment}")
        }
        Fact::Address { address } => writeln!(out, "{indent}address {address}"),
        Fact::Rule { rule } => writeln!(out, "{indent}rule {rule}"),
    }
}

/// The lists with their dates, for people.
pub(crate) fn searched(sources: &[SourceAsOf]) -> String {
    let each: Vec<String> =
        sources.iter().map(|source| format!("{} {}", label(&source.id.0), source.published)).collect();
    if each.is_empty() { "nothing".to_owned() } else { each.join(", ") }
}

/// Several answers for programs: one document, or one object a line.
pub(crate) fn documents<T: Document>(out: &mut dyn Write, output: Output, answers: &[T]) -> io::Result<()> {
    let answers: Vec<_> = answers.iter().map(Versioned::of).collect();
    if output == Output::Json {
        return writeln!(out, "{}", serde_json::to_string_pretty(&answers)?);
    }
    answers.iter().try_for_each(|answer| writeln!(out, "{}", serde_json::to_string(answer)?))
}

/// The lists with their dates, for a cell.
pub(crate) fn csv_sources(sources: &[SourceAsOf]) -> String {
    let each: Vec<String> =
        sources.iter().map(|source| format!("{}@{}", source.id, source.published)).collect();
    each.join(" ")
}

/// The lists that a verdict rests on, and how many packs of labels, for a cell. Which packs they are, the snapshot's cell tells.
fn searched_cell(verdict: &Verdict) -> String {
    let packs = match verdict.coverage.packs.len() {
        0 => String::new(),
        count => format!(" labels:{count}"),
    };
    format!("{}{packs}", csv_sources(&verdict.coverage.sources)).trim_start().to_owned()
}

/// What was not examined, for a cell.
pub(crate) fn csv_gaps(gaps: &[Gap]) -> String {
    gaps.iter().map(Gap::to_string).collect::<Vec<_>>().join("; ")
}

/// One line of CSV.
pub(crate) fn csv(verdict: &Verdict) -> String {
    let cells = [
        verdict.subject.clone(),
        verdict.chain.clone().unwrap_or_default(),
        verdict.decision.to_string(),
        verdict.score.to_string(),
        verdict.summary.clone(),
        searched_cell(verdict),
        csv_gaps(&verdict.coverage.gaps),
        verdict.as_of.to_string(),
        verdict.policy.clone(),
        verdict.snapshot.clone(),
        verdict.basis.as_str().to_owned(),
    ];
    cells.map(|cell| csv_cell(&cell)).join(",")
}

/// First digits of a hash: enough to compare by eye.
pub(crate) fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// What decides the exit code of a batch, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Worst {
    Allow,
    Incomplete,
    Refused,
    Review,
    Block,
}

/// How many of each a batch found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally([u64; 5]);

impl Tally {
    const ALL: [Worst; 5] = [Worst::Allow, Worst::Incomplete, Worst::Refused, Worst::Review, Worst::Block];

    pub(crate) fn note(&mut self, found: Worst) {
        self.0[found as usize] += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (sum, more) in self.0.iter_mut().zip(other.0) {
            *sum += more;
        }
    }

    pub(crate) fn since(&self, before: &Self) -> Self {
        let mut rest = self.clone();
        for (count, before) in rest.0.iter_mut().zip(before.0) {
            *count -= before;
        }
        rest
    }

    /// Rows answered or refused.
    pub(crate) fn rows(&self) -> u64 {
        self.0.iter().sum()
    }

    /// What decides the exit code.
    pub(crate) fn worst(&self) -> Worst {
        let found = Self::ALL.into_iter().filter(|worst| self.0[*worst as usize] > 0).max();
        found.unwrap_or(Worst::Allow)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [allow, incomplete, refused, review, block] = self.0;
        let answered = self.rows() - refused;
        write!(
            f,
            "{answered} answered ({block} block, {review} review, {incomplete} incomplete, {allow} allow), {refused} refused"
        )
    }
}

impl From<Decision> for Worst {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Allow => Self::Allow,
            Decision::Incomplete => Self::Incomplete,
            Decision::Review => Self::Review,
            Decision::Block => Self::Block,
        }
    }
}

impl Worst {
    /// The exit code of the contract.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self::Allow => Decision::Allow.exit_code(),
            Self::Incomplete => Decision::Incomplete.exit_code(),
            Self::Refused => 1,
            Self::Review => Decision::Review.exit_code(),
            Self::Block => Decision::Block.exit_code(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_outweighs_an_unreadable_line_and_that_outweighs_a_gap() {
        let mut tally = Tally::default();
        assert_eq!(tally.worst().exit_code(), 0);
        for (found, code) in [
            (Worst::Allow, 0),
            (Worst::Incomplete, 30),
            (Worst::Refused, 1),
            (Worst::Review, 10),
            (Worst::Block, 20),
        ] {
            tally.note(found);
            assert_eq!(tally.worst().exit_code(), code);
        }
        tally.add(&tally.clone());
        assert_eq!(tally.to_string(), "8 answered (2 block, 2 review, 2 incomplete, 2 allow), 2 refused");
    }
}
