//! Batches of subjects from standard input or files: read beside the answering, ended early without losing count.

use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, channel, sync_channel},
    },
    time::Duration,
};

use miette::{IntoDiagnostic, Report, Result, WrapErr};
use tracehound_screen::batch::{Batch, BatchError, Row, Subjects};

use super::{Answers, Page, Printer};
use crate::{output::CUT_SHORT, progress, terminal};

/// Subjects answered in parallel before their lines are written, in input order: so few that the lines, up to two kilobytes
/// each, mostly fit into a processor's cache.
const ROWS: usize = 2_048;

/// How long an interrupt may wait while no rows come.
const LOOK: Duration = Duration::from_millis(100);

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

/// How a batch ended.
pub(super) enum Ended {
    /// Every row was answered, refused or blank.
    Whole,
    /// Earlier; why has been said.
    CutShort,
}

/// What the reader hands over.
enum Given {
    Rows(Batch),
    /// The end, with the rows and the blank ones among them.
    End(u64, u64),
    Broken(BatchError),
}

/// What is ready to be printed.
enum Ready {
    /// Answers on the first so many pages, up to this row.
    Pages(Vec<Page>, usize, u64),
    /// The end, with the rows and the blank ones among them.
    End(u64, u64),
    Broken(BatchError),
    Failed(Report),
}

/// Answers one input row by row, and says on standard error what became of the rows.
///
/// One thread reads, one has the rows answered by all cores, and this one prints, each a batch ahead of the next.
pub(super) fn answer(
    printer: &mut Printer<'_>,
    subjects: Subjects<Input>,
    named: &str,
    quiet: bool,
    out: &mut dyn Write,
) -> Result<Ended> {
    let bar = progress::counter(quiet);
    bar.set_message("screened");
    let (give, rows) = sync_channel(1);
    let (give_back, spare) = sync_channel(2);
    // Not waited for: at an interrupt it may hang in a read that never ends.
    std::thread::spawn(move || read(subjects, &give, &spare));
    let before = printer.tally.clone();
    let (answers, over) = (printer.answers.clone(), AtomicBool::new(false));
    let (answers, over) = (&answers, &over);
    let why = std::thread::scope(|scope| {
        let (give_pages, ready) = sync_channel(1);
        let (give_pages_back, spare_pages) = channel();
        let answering = Answering { rows, give_back, ready: give_pages, spare: spare_pages };
        scope.spawn(move || answering.run(answers, over));
        let mut last = 0;
        let why = loop {
            if progress::interrupted().is_break() {
                break Ok(Some(format!("interrupted after row {last} of {named}")));
            }
            // What is answered is shown before anything is waited for.
            let next = match ready.try_recv() {
                Err(TryRecvError::Empty) => match out.flush().into_diagnostic() {
                    Ok(()) => ready.recv_timeout(LOOK),
                    Err(error) => break Err(error),
                },
                Err(TryRecvError::Disconnected) => Err(RecvTimeoutError::Disconnected),
                Ok(next) => Ok(next),
            };
            match next {
                Ok(Ready::Pages(pages, count, row)) => {
                    if let Err(error) = printer.print(&pages[..count], out) {
                        break Err(error);
                    }
                    last = row;
                    bar.set_position(printer.tally.rows());
                    // Nobody waits for them at the end.
                    let _ = give_pages_back.send(pages);
                }
                Ok(Ready::End(rows, blank)) => {
                    if !quiet {
                        let found = printer.tally.since(&before);
                        terminal::say(&format!("{named}: {rows} rows: {found}, {blank} blank"));
                    }
                    break Ok(None);
                }
                Ok(Ready::Broken(error)) => {
                    break Ok(Some(format!("{named} broke off after row {last}: {error}")));
                }
                Ok(Ready::Failed(error)) => break Err(error),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    break Ok(Some(format!("{named} could not be read on after row {last}")));
                }
            }
        };
        over.store(true, Ordering::Relaxed);
        why
    })?;
    bar.finish_and_clear();
    let Some(why) = why else { return Ok(Ended::Whole) };
    let found = printer.tally.since(&before);
    terminal::say(&format!("cut short: {why}; until there {found} (exit code {CUT_SHORT})"));
    Ok(Ended::CutShort)
}

/// The thread between reading and printing.
struct Answering {
    rows: Receiver<Given>,
    give_back: SyncSender<Batch>,
    ready: SyncSender<Ready>,
    /// Pages whose answers are printed: a million answers are a gigabyte.
    spare: Receiver<Vec<Page>>,
}

impl Answering {
    /// Has rows answered until there are no more, or nobody wants them.
    fn run(&self, answers: &Answers<'_>, over: &AtomicBool) {
        while !over.load(Ordering::Relaxed) {
            let ready = match self.rows.recv_timeout(LOOK) {
                Ok(Given::Rows(batch)) => {
                    let ready = self.answer(answers, &batch);
                    // Nobody waits for it at the end.
                    let _ = self.give_back.try_send(batch);
                    ready
                }
                Ok(Given::End(rows, blank)) => Ready::End(rows, blank),
                Ok(Given::Broken(error)) => Ready::Broken(error),
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            if self.ready.send(ready).is_err() {
                return;
            }
        }
    }

    fn answer(&self, answers: &Answers<'_>, batch: &Batch) -> Ready {
        let rows: Vec<Row<'_>> = batch.rows().collect();
        let mut pages = self.spare.try_recv().unwrap_or_default();
        match answers.fill(&rows, &mut pages) {
            Ok(count) => Ready::Pages(pages, count, rows.last().map_or(0, |row| row.number)),
            Err(error) => Ready::Failed(error),
        }
    }
}

fn read(mut subjects: Subjects<Input>, give: &SyncSender<Given>, spare: &Receiver<Batch>) {
    loop {
        let mut batch = spare.try_recv().unwrap_or_default();
        let (rows, end) = match subjects.fill(&mut batch, ROWS) {
            Ok(true) => (true, None),
            Ok(false) => (false, Some(Given::End(subjects.rows(), subjects.blank()))),
            Err(error) => (batch.rows().len() > 0, Some(Given::Broken(error))),
        };
        let is_last = end.is_some();
        let rows = rows.then_some(Given::Rows(batch));
        // Nobody listens any more after an interrupt.
        if rows.into_iter().chain(end).any(|given| give.send(given).is_err()) || is_last {
            return;
        }
    }
}
