//! Batches of subjects from standard input or files: printed as they are answered.

use std::{
    fs::File,
    io::{Read, Write},
    ops::ControlFlow,
    path::Path,
};

use indicatif::ProgressBar;
use miette::{IntoDiagnostic, Report, Result, WrapErr};
use tracehound_engine::screen::{
    audit,
    batch::{self, Ended, Subjects, Taker},
};

use super::{Page, Printer};
use crate::{
    output::{CUT_SHORT, Tally},
    progress, terminal,
};

/// Where subjects come from.
pub(in crate::commands) type Input = Box<dyn Read + Send>;

/// Standard input, unpacked if it is gzip.
pub(in crate::commands) fn stdin() -> Input {
    Box::new(batch::unpacked(std::io::stdin()))
}

/// A file, unpacked if it is gzip; `-` is standard input.
pub(in crate::commands) fn file(path: &Path) -> Result<Input> {
    if path == Path::new("-") {
        return Ok(stdin());
    }
    let file = File::open(path).into_diagnostic().wrap_err_with(|| format!("opening {}", path.display()))?;
    Ok(Box::new(batch::unpacked(file)))
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

/// Answers one input row by row, and says on standard error what became of the rows.
pub(super) fn answer(
    printer: &mut Printer<'_>,
    subjects: Subjects<Input>,
    name: String,
    quiet: bool,
    out: &mut dyn Write,
) -> Result<audit::Input> {
    let bar = progress::counter(quiet);
    bar.set_message("screened");
    let (before, answers) = (printer.tally.clone(), printer.answers.clone());
    let earlier = std::mem::take(&mut printer.counts);
    let mut printing = Printing { printer, out, bar: &bar };
    let ended = batch::answer(subjects, |rows, pages| answers.fill(rows, pages), &mut printing)?;
    let found = printer.tally.since(&before);
    let counts = std::mem::replace(&mut printer.counts, earlier);
    printer.counts.add(&counts);
    bar.finish_and_clear();
    Ok(match ending(ended, &name, &found, quiet) {
        Ok(blank) => audit::Input { name, blank: Some(blank), cut_short: None, counts },
        Err(why) => audit::Input { name, blank: None, cut_short: Some(why), counts },
    })
}

/// Says on standard error how a batch ended: gives the number of blank rows, or why it was cut short.
pub(in crate::commands) fn ending(
    ended: Ended,
    name: &str,
    found: &Tally,
    quiet: bool,
) -> Result<u64, String> {
    let why = match ended {
        Ended::Whole { rows, blank } => {
            if !quiet {
                terminal::say(&format!("{name}: {rows} rows: {found}, {blank} blank"));
            }
            return Ok(blank);
        }
        Ended::Interrupted(row) => format!("interrupted after row {row} of {name}"),
        Ended::Broken(row, error) => format!("{name} broke off after row {row}: {error}"),
        Ended::Lost(row) => format!("{name} could not be read on after row {row}"),
    };
    terminal::say(&format!("cut short: {why}; until there {found} (exit code {CUT_SHORT})"));
    Err(why)
}
