//! Batches of subjects from standard input or files: printed as they are answered.

use std::{
    fs::File,
    io::{Read, Write},
    ops::ControlFlow,
    path::Path,
};

use indicatif::ProgressBar;
use miette::{IntoDiagnostic, Report, Result, WrapErr};
use tracehound_engine::screen::batch::{self, Ended, Subjects, Taker};

use super::{Page, Printer};
use crate::{output::CUT_SHORT, progress, terminal};

/// Where subjects come from.
pub(super) type Input = Box<dyn Read + Send>;

/// Standard input.
pub(super) fn stdin() -> Input {
    Box::new(std::io::stdin())
}

/// A file; `-` is standard input.
pub(super) fn file(path: &Path) -> Result<Input> {
    if path == Path::new("-") {
        return Ok(stdin());
    }
    let file = File::open(path).into_diagnostic().wrap_err_with(|| format!("opening {}", path.display()))?;
    Ok(Box::new(file))
}

/// Prints answers.
struct Printing<'p, 'a> {
    printer: &'p mut Printer<'a>,
    out: &'p mut dyn Write,
    bar: &'p ProgressBar,
}

impl Taker<Page, Report> for Printing<'_, '_> {
    fn goes_on(&self) -> ControlFlow<()> {
        progress::interrupted()
    }

    fn take(&mut self, pages: &[Page]) -> Result<()> {
        self.printer.print(pages, self.out)?;
        self.bar.set_position(self.printer.tally.rows());
        Ok(())
    }

    fn idle(&mut self) -> Result<()> {
        self.out.flush().into_diagnostic()
    }
}

/// Answers one input row by row, and says on standard error what became of the rows; whether it was answered to its end.
pub(super) fn answer(
    printer: &mut Printer<'_>,
    subjects: Subjects<Input>,
    named: &str,
    quiet: bool,
    out: &mut dyn Write,
) -> Result<bool> {
    let bar = progress::counter(quiet);
    bar.set_message("screened");
    let (before, answers) = (printer.tally.clone(), printer.answers.clone());
    let mut printing = Printing { printer, out, bar: &bar };
    let ended = batch::answer(subjects, |rows, pages| answers.fill(rows, pages), &mut printing)?;
    let found = printer.tally.since(&before);
    let why = match ended {
        Ended::Whole { rows, blank } => {
            if !quiet {
                terminal::say(&format!("{named}: {rows} rows: {found}, {blank} blank"));
            }
            bar.finish_and_clear();
            return Ok(true);
        }
        Ended::Interrupted(row) => format!("interrupted after row {row} of {named}"),
        Ended::Broken(row, error) => format!("{named} broke off after row {row}: {error}"),
        Ended::Lost(row) => format!("{named} could not be read on after row {row}"),
    };
    bar.finish_and_clear();
    terminal::say(&format!("cut short: {why}; until there {found} (exit code {CUT_SHORT})"));
    Ok(false)
}
