//! `tracehound analyze`: single transactions from standard input, one a line, answered one a line in the same order; and
//! patterns in the ledger.

mod matches;
mod patterns;
mod peel;

use std::io::{BufRead, Read, Write};

use miette::{IntoDiagnostic, Result, miette};
use rayon::prelude::*;
use tracehound_engine::{
    Versioned,
    lines::{self, Answered, RefusedLine, Unanswered},
};
use tracehound_model::Decision;

use crate::{
    args::{AnalyzeCommand, Common},
    folder::Folder,
    output::CUT_SHORT,
    progress, terminal,
};

/// Lines answered in parallel before they are written.
const BATCH_LINES: usize = 8_192;
/// Bytes after which a batch is answered, however few its lines.
const BATCH_BYTES: usize = 8 << 20;
/// The same where an answer may be hundreds of times as long as its line.
const DEMIX_BYTES: usize = 256 << 10;
/// Longest line: more than the largest transaction that fits a block, with its previous outputs.
const MAX_LINE: usize = 16 << 20;

pub(crate) fn run(
    common: &Common,
    data: &Folder,
    command: &AnalyzeCommand,
    out: &mut dyn Write,
) -> Result<u8> {
    match command {
        AnalyzeCommand::Coinjoin(_) => answer(common, out, BATCH_BYTES, &lines::coinjoin),
        AnalyzeCommand::Boltzmann(args) => {
            answer(common, out, BATCH_BYTES, &|line| lines::boltzmann(line, args.work, args.intrafees))
        }
        AnalyzeCommand::Demix(args) => {
            answer(common, out, DEMIX_BYTES, &|line| lines::demix(line, args.input))
        }
        AnalyzeCommand::Memo(_) => answer(common, out, BATCH_BYTES, &lines::memo),
        AnalyzeCommand::Match(args) => matches::run(common, args, out),
        AnalyzeCommand::Peel(args) => peel::run(common, data, args, out),
        AnalyzeCommand::Patterns(args) => patterns::run(common, data, args, out),
    }
}

/// Lines of standard input that are answered together.
#[derive(Default)]
struct Batch {
    text: Vec<u8>,
    /// Where each line ends; `None` where it was too long and is not in the text.
    ends: Vec<Option<usize>>,
}

impl Batch {
    /// Reads the next lines, of about so many bytes; false at the end of the input.
    fn fill(&mut self, input: &mut impl BufRead, bytes: usize) -> std::io::Result<bool> {
        self.text.clear();
        self.ends.clear();
        while self.ends.len() < BATCH_LINES && self.text.len() < bytes {
            let begin = self.text.len();
            let read = input.by_ref().take(MAX_LINE as u64).read_until(b'\n', &mut self.text)?;
            if read == 0 {
                break;
            }
            if read == MAX_LINE && self.text.last() != Some(&b'\n') {
                self.text.truncate(begin);
                input.skip_until(b'\n')?;
                self.ends.push(None);
            } else {
                self.ends.push(Some(self.text.len()));
            }
        }
        Ok(!self.ends.is_empty())
    }

    fn lines(&self) -> Vec<Option<&[u8]>> {
        let mut begin = 0;
        let mut next = |end: &Option<usize>| {
            let line = &self.text[begin..(*end)?];
            begin += line.len();
            Some(line.trim_ascii())
        };
        self.ends.iter().map(&mut next).collect()
    }
}

fn answer(
    common: &Common,
    out: &mut dyn Write,
    batch_bytes: usize,
    one: &(dyn Fn(&[u8]) -> Answered + Sync),
) -> Result<u8> {
    progress::end_on_interrupt();
    let bar = progress::counter(common.quiet);
    bar.set_message("analysed");
    let mut input = std::io::stdin().lock();
    let mut batch = Batch::default();
    let (mut answered, mut refused, mut cut) = (0_u64, 0_u64, 0_u64);
    while batch.fill(&mut input, batch_bytes).into_diagnostic()? {
        let answers: Vec<Answered> = batch
            .lines()
            .par_iter()
            .map(|line| match line {
                None => Err(format!("longer than {MAX_LINE} bytes").into()),
                Some([]) => Err("empty: a JSON object is wanted on every line".to_owned().into()),
                Some(line) => one(line),
            })
            .collect();
        for answer in answers {
            answered += 1;
            match answer {
                Ok(bytes) => out.write_all(&bytes).into_diagnostic()?,
                Err(error) => {
                    *(if matches!(error, Unanswered::Truncated(_)) { &mut cut } else { &mut refused }) += 1;
                    let refused = RefusedLine { line: answered, error: error.text() };
                    serde_json::to_writer(&mut *out, &Versioned::of(&refused)).into_diagnostic()?;
                }
            }
            out.write_all(b"\n").into_diagnostic()?;
        }
        bar.set_position(answered);
        if progress::interrupted().is_break() {
            bar.finish_and_clear();
            out.flush().into_diagnostic()?;
            terminal::say(&format!(
                "cut short: interrupted after {answered} lines, {refused} of them refused (exit code {CUT_SHORT})"
            ));
            return Ok(CUT_SHORT);
        }
    }
    bar.finish_and_clear();
    if answered == 0 {
        return Err(miette!("standard input held no line: one JSON object a line is wanted"));
    }
    if refused > 0 {
        out.flush().into_diagnostic()?;
        return Err(miette!(
            "{refused} of {answered} lines could not be analysed: see \"error\" in their answers"
        ));
    }
    Ok(if cut == 0 { 0 } else { Decision::Incomplete.exit_code() })
}
