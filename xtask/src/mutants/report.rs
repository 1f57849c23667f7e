//! docs/MUTANTS.md.

use std::{collections::BTreeSet, fmt::Write};

use super::{
    explained::Explanations,
    scope::{Mutant, PARTS},
    state::{Outcome, State},
};
use crate::run::Failure;

/// What is known of the bugs of one part.
#[derive(Debug, Default, PartialEq, Eq)]
struct Row {
    listed: usize,
    run: usize,
    caught: usize,
    missed: usize,
    timeout: usize,
    unviable: usize,
}

/// What is known of all.
pub(super) struct Report<'a> {
    rows: Vec<(&'static str, Row)>,
    /// What got through, with why it is no bug.
    survivors: Vec<(&'a str, Option<&'a str>)>,
    /// Explanations of what is not there or was caught.
    stale: Vec<&'a str>,
}

impl<'a> Report<'a> {
    pub(super) fn new(mutants: &'a [Mutant], state: &State, explained: &'a Explanations) -> Self {
        let row = |name: &str| {
            let mut row = Row::default();
            for mutant in mutants.iter().filter(|mutant| mutant.part.name == name) {
                row.listed += 1;
                let Some(outcome) = state.of(&mutant.key) else { continue };
                row.run += 1;
                *match outcome {
                    Outcome::Caught => &mut row.caught,
                    Outcome::Missed => &mut row.missed,
                    Outcome::Timeout => &mut row.timeout,
                    Outcome::Unviable => &mut row.unviable,
                } += 1;
            }
            row
        };
        let missed = mutants.iter().filter(|mutant| state.of(&mutant.key) == Some(Outcome::Missed));
        let known: BTreeSet<&str> = mutants.iter().map(|mutant| &*mutant.key).collect();
        let is_stale = |key: &&str| {
            !known.contains(key) || matches!(state.of(key), Some(Outcome::Caught | Outcome::Timeout))
        };
        Self {
            rows: PARTS.iter().map(|part| (part.name, row(part.name))).collect(),
            survivors: missed.map(|mutant| (&*mutant.key, explained.of(&mutant.key))).collect(),
            stale: explained.keys().filter(is_stale).collect(),
        }
    }

    fn sum(&self, column: impl Fn(&Row) -> usize) -> usize {
        self.rows.iter().map(|(_, row)| column(row)).sum()
    }

    pub(super) fn last_line(&self) -> String {
        format!(
            "mutants: {} of {} planted: {} caught, {} missed, {} ran out of time, {} do not compile",
            self.sum(|row| row.run),
            self.sum(|row| row.listed),
            self.sum(|row| row.caught),
            self.sum(|row| row.missed),
            self.sum(|row| row.timeout),
            self.sum(|row| row.unviable),
        )
    }

    /// Fails when something got through unexplained, or an explanation is of nothing.
    pub(super) fn judge(&self) -> Result<(), Failure> {
        let open: Vec<&str> =
            self.survivors.iter().filter(|(_, why)| why.is_none()).map(|(key, _)| *key).collect();
        if open.is_empty() && self.stale.is_empty() {
            return Ok(());
        }
        // Writing to a string cannot fail.
        let mut words = String::new();
        for key in open {
            let _ = writeln!(words, "no test notices, and nothing explains: {key}");
        }
        for key in &self.stale {
            let _ = writeln!(words, "explained, but caught or not there any more: {key}");
        }
        Err(Failure::new(format!("{words}write the test that fails, or see docs/mutants-explained.toml")))
    }

    pub(super) fn document(&self, date: &str, commit: &str, version: &str) -> String {
        let (run, listed) = (self.sum(|row| row.run), self.sum(|row| row.listed));
        let share = (run * 100).checked_div(listed).unwrap_or_default();
        let mut out = format!(
            "# Mutants\n\n\
             Written by `cargo xtask mutants`, never by hand. cargo-mutants {version} plants one small bug after another where a\n\
             wrong answer would cost most, and runs the tests of the crate it is in, without the real data beside a checkout.\n\
             A bug that runs out of time makes the tests hang, which their run notices. An outcome counts until the code of its\n\
             file changes; `cargo xtask mutants` goes on with what has none. What got through stands here until it is tried\n\
             again, also where a test was written since.\n\n\
             * Date: {date}, commit {commit}\n\
             * Share that was run: {run} of {listed} ({share} %)\n\n\
             | module | bugs | run | caught | missed | out of time | do not compile |\n|---|--:|--:|--:|--:|--:|--:|\n"
        );
        for (name, row) in &self.rows {
            let Row { listed, run, caught, missed, timeout, unviable } = row;
            // Writing to a string cannot fail.
            let _ =
                writeln!(out, "| {name} | {listed} | {run} | {caught} | {missed} | {timeout} | {unviable} |");
        }
        out += "\n## What no test notices\n\n";
        if self.survivors.is_empty() {
            out += "Nothing.\n";
        }
        for (key, why) in &self.survivors {
            let _ = writeln!(out, "* `{key}`: {}", why.unwrap_or("NOT EXPLAINED"));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::{super::scope::tests::mutants, *};

    const EXPLAINED: &str = "[explained]\n\"a.rs: y\" = \"Both sides are equal there.\"\n";

    #[test]
    fn what_got_through_is_listed_with_its_explanation() {
        let mutants = mutants(&["a.rs:1:1: x", "a.rs:2:1: y", "a.rs:3:1: z", "a.rs:4:1: u", "a.rs:5:1: v"]);
        let outcomes = [
            ("a.rs: x", Outcome::Caught),
            ("a.rs: y", Outcome::Missed),
            ("a.rs: z", Outcome::Timeout),
            ("a.rs: u", Outcome::Unviable),
        ];
        let (state, explained) =
            (State::with(&outcomes), Explanations::parse(EXPLAINED).expect("explanations"));
        let report = Report::new(&mutants, &state, &explained);
        let document = report.document("2026-01-02", "abc", "1.2.3");
        assert!(document.contains("* Share that was run: 4 of 5 (80 %)\n"), "{document}");
        assert!(document.contains("| screen | 5 | 4 | 1 | 1 | 1 | 1 |\n"), "{document}");
        assert!(document.ends_with("* `a.rs: y`: Both sides are equal there.\n"), "{document}");
        report.judge().expect("all is explained");
    }

    #[test]
    fn a_survivor_without_an_explanation_and_an_explanation_without_a_survivor_fail() {
        let mutants = mutants(&["a.rs:1:1: x", "a.rs:2:1: y"]);
        let explained = Explanations::parse(EXPLAINED).expect("explanations");
        let judged = |outcomes: &[(&str, Outcome)]| {
            let report = Report::new(&mutants, &State::with(outcomes), &explained).judge();
            report.err().map(|failure| format!("{failure:?}")).unwrap_or_default()
        };
        assert_eq!(judged(&[]), "");
        assert!(judged(&[("a.rs: x", Outcome::Missed)]).contains("nothing explains: a.rs: x"));
        assert!(judged(&[("a.rs: y", Outcome::Caught)]).contains("not there any more: a.rs: y"));
        let none = Report::new(&mutants[..1], &State::default(), &explained).judge();
        assert!(none.is_err(), "its bug is gone");
    }
}
