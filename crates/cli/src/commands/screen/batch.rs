//! Batches of subjects from standard input or files: read beside the answering, ended early without losing count.

use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
    path::Path,
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    time::Duration,
};

use miette::{IntoDiagnostic, Result, WrapErr};
use tracehound_screen::batch::{Batch, BatchError, Subjects};

use super::Printer;
use crate::{output::CUT_SHORT, progress, terminal};

/// Subjects answered in parallel before their lines are written, in input order.
const ROWS: usize = 16_384;

/// How long an interrupt may wait while no rows come.
const LOOK: Duration = Duration::from_millis(100);

/// Bytes read at a time.
const BUFFER: usize = 1 << 18;

/// Where subjects come from.
pub(super) type Input = Box<dyn BufRead + Send>;

/// Standard input.
pub(super) fn stdin() -> Input {
    Box::new(BufReader::with_capacity(BUFFER, std::io::stdin()))
}

/// A file; `-` is standard input.
pub(super) fn file(path: &Path) -> Result<Input> {
    if path == Path::new("-") {
        return Ok(stdin());
    }
    let file = File::open(path).into_diagnostic().wrap_err_with(|| format!("opening {}", path.display()))?;
    Ok(Box::new(BufReader::with_capacity(BUFFER, file)))
}

/// How a batch ended.
pub(super) enum Ended {
    /// Every row was answered, refused or blank.
    Whole,
    /// Earlier; why has been said.
    CutShort,
}

/// What the reader hands over.
enum Read {
    Rows(Batch),
    /// The end, with the rows and the blank ones among them.
    End(u64, u64),
    Broken(BatchError),
}

/// Answers one input row by row, and says on standard error what became of the rows.
pub(super) fn answer(
    printer: &mut Printer<'_>,
    subjects: Subjects<Input>,
    named: &str,
    quiet: bool,
    out: &mut dyn Write,
) -> Result<Ended> {
    let bar = progress::counter(quiet);
    bar.set_message("screened");
    let (give, take) = sync_channel(1);
    let (give_back, spare) = sync_channel(2);
    // Not waited for: at an interrupt it may hang in a read that never ends.
    std::thread::spawn(move || read(subjects, &give, &spare));
    let before = printer.tally.clone();
    let mut last = 0;
    let why = loop {
        if progress::interrupted().is_break() {
            break Some(format!("interrupted after row {last} of {named}"));
        }
        match take.recv_timeout(LOOK) {
            Ok(Read::Rows(batch)) => {
                printer.answer_rows(&batch, out)?;
                last = batch.rows().last().map_or(last, |row| row.number);
                bar.set_position(printer.tally.rows());
                // Nobody waits for it at the end.
                let _ = give_back.try_send(batch);
            }
            Ok(Read::End(rows, blank)) => {
                if !quiet {
                    let found = printer.tally.since(&before);
                    terminal::say(&format!("{named}: {rows} rows: {found}, {blank} blank"));
                }
                break None;
            }
            Ok(Read::Broken(error)) => break Some(format!("{named} broke off after row {last}: {error}")),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                break Some(format!("{named} could not be read on after row {last}"));
            }
        }
    };
    bar.finish_and_clear();
    let Some(why) = why else { return Ok(Ended::Whole) };
    let found = printer.tally.since(&before);
    terminal::say(&format!("cut short: {why}; until there {found} (exit code {CUT_SHORT})"));
    Ok(Ended::CutShort)
}

fn read(mut subjects: Subjects<Input>, give: &SyncSender<Read>, spare: &Receiver<Batch>) {
    loop {
        let mut batch = spare.try_recv().unwrap_or_default();
        let read = match subjects.fill(&mut batch, ROWS) {
            Ok(true) => Read::Rows(batch),
            Ok(false) => Read::End(subjects.rows(), subjects.blank()),
            Err(error) => Read::Broken(error),
        };
        let last = !matches!(read, Read::Rows(_));
        // Nobody listens any more after an interrupt.
        if give.send(read).is_err() || last {
            return;
        }
    }
}
