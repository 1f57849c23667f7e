//! Small bugs that the tests must notice.
//!
//! cargo-mutants plants one small bug after another where a wrong answer would cost most, and runs the tests of the crate it
//! is in. What became of each is kept under `target/mutants`, so that a run goes on where the last one stopped, and
//! docs/MUTANTS.md says what is known. A bug that no test notices needs a test, or a sentence in
//! docs/mutants-explained.toml that says why it is none.

mod explained;
mod options;
mod report;
mod scope;
mod state;
mod tool;

use std::{collections::BTreeSet, fs};

use crate::run::{Failure, command, output, root};

use self::{
    explained::Explanations, options::Options, report::Report, scope::PARTS, state::State, tool::Tool,
};

const DOCUMENT: &str = "docs/MUTANTS.md";

pub(crate) fn run(words: &[&str]) -> Result<(), Failure> {
    let options = Options::parse(words)?;
    let tool = Tool::ready()?;
    let mut mutants = Vec::new();
    for part in PARTS {
        mutants.extend(scope::keyed(part, Tool::list(part)?));
    }
    let explained = Explanations::read()?;
    let mut state = State::read()?;
    state.absorb()?;
    state.forget_changed(&mutants);
    let selected: Vec<_> = mutants.iter().filter(|mutant| options.takes(mutant)).collect();
    if !options.report_only {
        let packages: BTreeSet<&str> = selected.iter().map(|mutant| mutant.part.package).collect();
        for package in packages {
            let todo: Vec<_> = selected
                .iter()
                .copied()
                .filter(|mutant| mutant.part.package == package)
                .filter(|mutant| state.is_open(&mutant.key) && !explained.has(&mutant.key))
                .collect();
            if !todo.is_empty() {
                state.begin(package, &mutants)?;
                tool.test(package, &todo)?;
                state.absorb()?;
            }
        }
    }
    let report = Report::new(&mutants, &state, &explained);
    let commit = output(command("git", &["rev-parse", "--short", "HEAD"]))?;
    let date = output(command("date", &["-u", "+%Y-%m-%d"]))?;
    let path = root().join(DOCUMENT);
    fs::write(&path, report.document(date.trim(), commit.trim(), tool::VERSION))
        .map_err(|error| Failure::new(format!("cannot write {DOCUMENT}: {error}")))?;
    println!("{}", report.last_line());
    report.judge()
}
