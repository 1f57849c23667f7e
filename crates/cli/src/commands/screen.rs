//! `tracehound screen`.

pub(super) mod batch;

use std::{io::Write, ops::ControlFlow, path::Path, sync::Arc};

use miette::{IntoDiagnostic, Result, WrapErr, miette};
use rayon::prelude::*;
use tracehound_engine::{
    Snapshot, Versioned,
    names::{self, KnownColumns},
    screen::{
        self, Esplora, Fetching, Question, RefusedSubject, Screening,
        audit::{self, Counts, Summary},
        batch::{Held, Row, Subjects, asked_about},
    },
    transfers::case::Told,
};
use tracehound_model::{Address, Chain, Verdict, text::label};
use tracehound_screen::Screener;

use crate::{
    args::{Common, Output, ScreenArgs},
    commands::{policy, transfers::source},
    folder::Folder,
    output::{self, CUT_SHORT, Tally, Worst},
    prices, progress,
};

/// What standard input is called.
pub(super) const STDIN: &str = "standard input";

pub(crate) fn run(common: &Common, data: &Folder, args: &ScreenArgs, out: &mut dyn Write) -> Result<u8> {
    forget_summary(args)?;
    let snapshot = data.snapshot(args.network)?;
    let policy = policy::named(&args.policy)?;
    if !args.name.is_empty() || !args.name_column.is_empty() {
        let question = names::Question {
            policy: &policy,
            as_of: args.as_of.unwrap_or_else(|| snapshot.second()),
            threshold: args.threshold,
            limit: args.limit,
            known: names::Known { born: args.born, countries: args.country.clone(), unread: Vec::new() },
        };
        let namer = snapshot.namer(&question).into_diagnostic()?;
        let input = names_input(args)?;
        let columns = KnownColumns {
            more_names: args.name_column.len().saturating_sub(1),
            born: args.born_column.is_some(),
            countries: args.country_column.is_some(),
        };
        return super::names::answer(common, &namer, &args.name, input, columns, out);
    }
    let prices = args.prices.as_deref().map(|path| prices::read(path, args.network)).transpose()?;
    let question = Question {
        policy: &policy,
        network: args.network,
        as_of: args.as_of,
        snapshot: args.snapshot,
        prices: prices.as_ref(),
    };
    let mut opened = opened(args)?;
    let asked = asked(args, &mut opened)?;
    let screening = screening(common, data, &snapshot, args, &question, &asked)?;
    let screener = screening.screener();
    let inputs = inputs(args, opened)?;
    if args.audit && !matches!(common.output, Output::Text | Output::Csv) {
        return Err(miette!("--audit writes a table: leave --output out, or say csv"));
    }
    let mut printer = Printer::new(common, &screener, args);
    let several = inputs.len() > 1;
    if args.audit {
        printer.answers.audit = Some(audit_of(&inputs)?);
    }
    printer.begin(several, out)?;
    if args.column.is_none() {
        let row = |subject| Row { number: 0, subject, beside: Vec::new(), refused: None, input: "" };
        let rows: Vec<Row<'_>> = args.subjects.iter().map(|subject| row(subject.as_str())).collect();
        printer.answer(&rows, out)?;
    }
    begin_summary(args, &screener)?;
    if !inputs.is_empty() {
        progress::end_on_interrupt();
    }
    let mut read = Vec::new();
    if args.column.is_none() && !args.subjects.is_empty() {
        let name = "the command line".to_owned();
        read.push(audit::Input { name, blank: Some(0), cut_short: None, counts: printer.counts.clone() });
    }
    let mut is_whole = true;
    for (name, subjects) in inputs {
        if several {
            printer.answers.file = in_answers(printer.answers.output, &name)?;
        }
        if let Some(audit) = &mut printer.answers.audit {
            audit.cut = Arc::new(subjects.cutter());
        }
        let input = batch::answer(&mut printer, subjects, name, common.quiet, out)?;
        is_whole = input.cut_short.is_none();
        read.push(input);
        if !is_whole {
            break;
        }
    }
    if is_whole {
        let code = printer.end(out);
        // What is still on its way to a full disk has not been answered.
        out.flush().into_diagnostic()?;
        // A table without rows was read to its end, and is nothing to act upon.
        summarise(args, &screener, read)?;
        return code;
    }
    out.flush().into_diagnostic()?;
    summarise(args, &screener, read)?;
    Ok(CUT_SHORT)
}

/// Where names are read from row by row, if anywhere, and what that is called.
fn names_input(args: &ScreenArgs) -> Result<Option<(String, Subjects<batch::Input>)>> {
    let [column, more @ ..] = &args.name_column[..] else {
        return Ok(args.stdin.then(|| (STDIN.to_owned(), Subjects::lines(batch::stdin()))));
    };
    let (name, input) = match &args.subjects[..] {
        [] => (STDIN, batch::stdin()),
        [file] if !args.stdin => {
            let name = if file == "-" { STDIN } else { file.as_str() };
            (name, batch::file(Path::new(file))?)
        }
        _ => return Err(miette!("--name-column reads one file, or --stdin: ask about each by itself")),
    };
    let known = [&args.born_column, &args.country_column].into_iter().flatten();
    let beside: Vec<&str> = more.iter().chain(known).map(String::as_str).collect();
    let name = label(name).into_owned();
    let subjects = Subjects::column(input, column).and_then(|subjects| subjects.beside(&beside));
    let subjects = subjects.map(|subjects| subjects.in_parts(more.len()));
    let subjects = subjects.map_err(|error| miette!("{name}: {error}"))?;
    Ok(Some((name, subjects)))
}

/// Takes an earlier run's summary away: a run that fails before it begins must not leave behind what claims another's rows.
fn forget_summary(args: &ScreenArgs) -> Result<()> {
    let Some(path) = &args.summary else { return Ok(()) };
    let whose = |path: &Path| std::fs::canonicalize(path).ok();
    if args.subjects.iter().any(|file| whose(path).is_some_and(|own| whose(Path::new(file)) == Some(own))) {
        return Err(miette!("{} is an input: the summary needs a file of its own", path.display()));
    }
    // What is no file of its own (a pipe, a device, a link) is written later, or not at all.
    if std::fs::symlink_metadata(path).is_ok_and(|known| known.is_file()) {
        std::fs::remove_file(path)
            .into_diagnostic()
            .wrap_err_with(|| format!("taking away the earlier {}", path.display()))?;
    }
    Ok(())
}

/// Writes a summary of nothing: what ends this run before its end leaves that behind.
fn begin_summary(args: &ScreenArgs, screener: &Screener<'_>) -> Result<()> {
    let name = "the run".to_owned();
    let cut_short = Some("not every input was read to its end".to_owned());
    summarise(args, screener, vec![audit::Input { name, blank: None, cut_short, counts: Counts::default() }])
}

/// Writes the summary, where one is wanted.
fn summarise(args: &ScreenArgs, screener: &Screener<'_>, inputs: Vec<audit::Input>) -> Result<()> {
    let Some(path) = &args.summary else { return Ok(()) };
    let summary = Summary::new(screener, inputs);
    let text = serde_json::to_string_pretty(&Versioned::of(&summary)).into_diagnostic()?;
    std::fs::write(path, format!("{text}\n"))
        .into_diagnostic()
        .wrap_err_with(|| format!("writing {}", path.display()))
}

/// How rows are written for auditors; all inputs must have the same columns.
fn audit_of(inputs: &[(String, Subjects<batch::Input>)]) -> Result<Audit> {
    let mut columns = None;
    for (name, subjects) in inputs {
        let own = subjects.columns();
        match &columns {
            None => columns = Some((own, subjects.cutter())),
            Some((first, _)) if *first == own => {}
            Some(_) => {
                return Err(miette!("{name} has other columns than {}: audit each by itself", inputs[0].0));
            }
        }
    }
    let (columns, cut) = columns.ok_or_else(|| miette!("--audit needs a file, or --stdin, with --column"))?;
    Ok(Audit { columns, cut: Arc::new(cut) })
}

/// What verdicts rest on. A ledger of what a server told is confirmed before anything is printed, as any other.
fn screening<'a>(
    common: &Common,
    data: &Folder,
    snapshot: &Snapshot,
    args: &ScreenArgs,
    question: &Question<'a>,
    asked: &[String],
) -> Result<Screening<'a>> {
    if let Some(source) = source::of(&args.fetched)? {
        let chain_id = match args.chain {
            None => 1,
            Some(Chain::Evm(chain_id)) => chain_id,
            Some(other) => {
                let name = other.short_name();
                return Err(miette!("--source is there for EVM chains alone, not for {name}"));
            }
        };
        let fetching = Fetching { chain_id, source: &source, subjects: asked };
        let run = |show: &dyn Fn(&Told) -> ControlFlow<()>| {
            snapshot.screening_by_source(question, &fetching, show).into_diagnostic()
        };
        return source::fetching(common.quiet, run);
    }
    let Some(server) = &args.esplora else { return snapshot.screening(question).into_diagnostic() };
    let url = server.read("the server's address")?;
    let esplora =
        Esplora { url: &url, subjects: asked, limit: args.esplora_limit, max_age: args.esplora_max_age };
    let bar = progress::counter(common.quiet);
    let show = |subject: &str| bar.set_message(format!("fetching the transactions of {subject}"));
    let screening = snapshot.screening_by_esplora(question, &esplora, &show).into_diagnostic()?;
    bar.finish_and_clear();
    screening.ledger().into_iter().for_each(|ledger| data.watch(ledger));
    Ok(screening)
}

/// What is read row by row, with its name.
fn opened(args: &ScreenArgs) -> Result<Vec<(String, batch::Input)>> {
    let mut inputs = Vec::new();
    for file in args.subjects.iter().filter(|_| args.column.is_some()) {
        let name = if file == "-" { STDIN } else { file };
        inputs.push((label(name).into_owned(), batch::file(Path::new(file))?));
    }
    if args.stdin {
        inputs.push((STDIN.to_owned(), batch::stdin()));
    }
    Ok(inputs)
}

/// Whom a server is to be asked about, if one is named: whoever the command line names, and whoever the inputs do, which are then
/// read to their end before any row is answered. One budget goes for all of them.
fn asked(args: &ScreenArgs, opened: &mut [(String, batch::Input)]) -> Result<Vec<String>> {
    let mut asked = if args.column.is_none() { args.subjects.clone() } else { Vec::new() };
    if args.fetched.source.is_empty() {
        return Ok(asked);
    }
    let mut held = Held::default();
    for (name, input) in opened {
        let all = held.hold(&mut *input).map_err(|error| miette!("{name}: {error}"))?;
        asked.extend(asked_about(rows_of(args, name, Box::new(all.clone()))?));
        *input = Box::new(all);
    }
    Ok(asked)
}

/// The rows of inputs, with the inputs' names.
fn inputs(
    args: &ScreenArgs,
    opened: Vec<(String, batch::Input)>,
) -> Result<Vec<(String, Subjects<batch::Input>)>> {
    opened
        .into_iter()
        .map(|(name, input)| {
            let rows = rows_of(args, &name, input)?;
            Ok((name, rows))
        })
        .collect()
}

fn rows_of(args: &ScreenArgs, name: &str, input: batch::Input) -> Result<Subjects<batch::Input>> {
    let Some(column) = &args.column else { return Ok(Subjects::lines(input)) };
    let subjects = Subjects::column(input, column).map_err(|error| miette!("{name}: {error}"))?;
    Ok(if args.audit { subjects.keeping_rows() } else { subjects })
}

/// Answers subjects and renders the answers.
#[derive(Clone)]
struct Answers<'a> {
    output: Output,
    screener: &'a Screener<'a>,
    plain: Option<Plain>,
    /// Whether answers carry the number of their row; subjects of the command line have none.
    numbered: bool,
    /// The file that the rows are of, as it stands in an answer; nothing where there is one input.
    file: String,
    /// How rows are written for auditors, in place of whole answers.
    audit: Option<Audit>,
    /// Whether answers are counted by rule and list.
    counts: bool,
}

/// Gives a row's cells.
type Cutter = dyn Fn(&Row<'_>) -> Vec<String> + Send + Sync;

/// How rows are written for auditors.
#[derive(Clone)]
struct Audit {
    /// The columns of the input.
    columns: Vec<String>,
    /// A row's cells.
    cut: Arc<Cutter>,
}

/// Prints answers in input order, and counts them.
struct Printer<'a> {
    answers: Answers<'a>,
    tally: Tally,
    counts: Counts,
}

/// Subjects whose answers lie on one page.
const PAGE: usize = 64;

/// Answers, ready to print.
#[derive(Default)]
struct Page {
    bytes: Vec<u8>,
    tally: Tally,
    counts: Counts,
}

impl<'a> Printer<'a> {
    fn new(common: &Common, screener: &'a Screener<'a>, args: &ScreenArgs) -> Self {
        let numbered = args.column.is_some() || args.stdin;
        let output = if args.audit { Output::Csv } else { common.output };
        let counts = args.summary.is_some();
        // Answers that are audited or counted are made one by one.
        let plain = matches!(output, Output::Jsonl | Output::Csv) && !args.audit && !counts;
        let plain = plain.then(|| Plain::new(output, screener)).flatten();
        let answers = Answers { output, screener, plain, numbered, file: String::new(), audit: None, counts };
        Self { answers, tally: Tally::default(), counts: Counts::default() }
    }

    fn begin(&self, several: bool, out: &mut dyn Write) -> Result<()> {
        let row = match (several, self.answers.numbered) {
            (true, _) => "file,row,",
            (false, true) => "row,",
            (false, false) => "",
        };
        if let Some(audit) = &self.answers.audit {
            return writeln!(out, "{}", audit::header(several, &audit.columns)).into_diagnostic();
        }
        match self.answers.output {
            Output::Csv => writeln!(out, "{row}{}", output::CSV_HEADER).into_diagnostic(),
            Output::Json => write!(out, "[").into_diagnostic(),
            Output::Text | Output::Jsonl => Ok(()),
        }
    }

    fn end(&self, out: &mut dyn Write) -> Result<u8> {
        if self.answers.output == Output::Json {
            writeln!(out, "]").into_diagnostic()?;
        }
        if self.tally.rows() == 0 {
            return Err(miette!("there was no subject to screen"));
        }
        out.flush().into_diagnostic()?;
        Ok(self.tally.worst().exit_code())
    }

    fn answer(&mut self, rows: &[Row<'_>], out: &mut dyn Write) -> Result<()> {
        let mut pages = Vec::new();
        let count = self.answers.fill(rows, &mut pages)?;
        self.print(&pages[..count], out)
    }

    fn print(&mut self, pages: &[Page], out: &mut dyn Write) -> Result<()> {
        for page in pages {
            if self.answers.output == Output::Json && self.tally.rows() > 0 {
                writeln!(out, ",").into_diagnostic()?;
            }
            out.write_all(&page.bytes).into_diagnostic()?;
            self.tally.add(&page.tally);
            self.counts.add(&page.counts);
        }
        Ok(())
    }
}

impl Answers<'_> {
    /// Answers rows on as many pages as this gives. Pages that are there already are written over.
    fn fill(&self, rows: &[Row<'_>], pages: &mut Vec<Page>) -> Result<usize> {
        let count = rows.len().div_ceil(PAGE);
        pages.resize_with(count.max(pages.len()), Page::default);
        rows.par_chunks(PAGE).zip(pages).try_for_each(|(chunk, page)| self.write(chunk, page))?;
        Ok(count)
    }

    fn write(&self, rows: &[Row<'_>], page: &mut Page) -> Result<()> {
        page.bytes.clear();
        page.tally = Tally::default();
        page.counts = Counts::default();
        for row in rows {
            if self.output == Output::Json && !page.bytes.is_empty() {
                page.bytes.extend_from_slice(b",\n");
            }
            let found = self.one(row, page)?;
            page.tally.note(found);
        }
        Ok(())
    }

    /// Puts the row's number into the answer that begins there.
    fn number(&self, row: &Row<'_>, begin: usize, bytes: &mut Vec<u8>) {
        if !self.numbered {
            return;
        }
        let answer = bytes.split_off(begin);
        let opened = self.open_numbered(row, bytes);
        bytes.extend_from_slice(&answer[opened..]);
    }

    /// Writes the beginning of an answer up to the number; says how many of the answer's own bytes that stands for.
    fn open_numbered(&self, row: &Row<'_>, bytes: &mut Vec<u8>) -> usize {
        let mut digits = itoa::Buffer::new();
        let number = digits.format(row.number);
        let brace = usize::from(matches!(self.output, Output::Json | Output::Jsonl) && self.numbered);
        bytes.extend_from_slice(&b"{"[..brace]);
        let file = self.file.as_str();
        let parts = match self.output {
            _ if !self.numbered => ["", "", "", ""],
            Output::Csv if row.number == 0 => ["", "", "", ","],
            _ if row.number == 0 => ["", "", "", ""],
            Output::Text => [file, "row ", number, ": "],
            Output::Json => [file, "\n  \"row\": ", number, ","],
            Output::Jsonl => [file, "\"row\":", number, ","],
            Output::Csv => [file, "", number, ","],
        };
        for part in parts {
            bytes.extend_from_slice(part.as_bytes());
        }
        brace
    }

    fn one(&self, row: &Row<'_>, page: &mut Page) -> Result<Worst> {
        let (subject, begin) = (row.subject, page.bytes.len());
        if let Some(plain) = &self.plain
            && row.refused.is_none()
            && let Ok(address) = Address::parse(subject)
            && self.screener.is_plain(&address)
            && let Some((before, after)) = plain.around(subject, &address)
        {
            let opened = self.open_numbered(row, &mut page.bytes);
            for part in [&before[opened..], subject.as_bytes(), after] {
                page.bytes.extend_from_slice(part);
            }
            return Ok(plain.worst);
        }
        let found = match row.refused {
            Some(why) => Err(format!("row {} {why}", row.number)),
            None => screen::verdict(self.screener, subject).map_err(|error| match row.number {
                0 => error.to_string(),
                number => format!("row {number}: {error}"),
            }),
        };
        let found = found.as_ref().map_err(String::as_str);
        if self.counts {
            page.counts.note(found);
        }
        match (&self.audit, found) {
            (Some(audit), _) => {
                writeln!(page.bytes, "{}", audit::row(&(audit.cut)(row), found)).into_diagnostic()?;
            }
            (None, Ok(verdict)) => render(self.output, verdict, &mut page.bytes)?,
            (None, Err(why)) => refuse(self.output, subject, why, &mut page.bytes)?,
        }
        self.number(row, begin, &mut page.bytes);
        Ok(found.map_or(Worst::Refused, |verdict| verdict.decision.into()))
    }
}

/// The name of a file as it stands before a row's number.
fn in_answers(output: Output, name: &str) -> Result<String> {
    Ok(match output {
        Output::Text => format!("{name}, "),
        Output::Json => format!("\n  \"file\": {},", serde_json::to_string(name).into_diagnostic()?),
        Output::Jsonl => format!("\"file\":{},", serde_json::to_string(name).into_diagnostic()?),
        Output::Csv => format!("{},", output::csv_cell(name)),
    })
}

fn render(output: Output, verdict: &Verdict, bytes: &mut Vec<u8>) -> Result<()> {
    match output {
        Output::Text => {
            output::text(bytes, verdict).into_diagnostic()?;
            bytes.push(b'\n');
        }
        Output::Json => serde_json::to_writer_pretty(bytes, &Versioned::of(verdict)).into_diagnostic()?,
        Output::Jsonl => {
            serde_json::to_writer(&mut *bytes, &Versioned::of(verdict)).into_diagnostic()?;
            bytes.push(b'\n');
        }
        Output::Csv => writeln!(bytes, "{}", output::csv(verdict)).into_diagnostic()?,
    }
    Ok(())
}

fn refuse(output: Output, subject: &str, error: &str, bytes: &mut Vec<u8>) -> Result<()> {
    let refused = RefusedSubject { subject, error };
    match output {
        Output::Text => {
            writeln!(bytes, "REFUSED  {}\n  {}\n", label(subject), label(error)).into_diagnostic()?;
        }
        Output::Json => serde_json::to_writer_pretty(bytes, &Versioned::of(&refused)).into_diagnostic()?,
        Output::Jsonl => {
            serde_json::to_writer(&mut *bytes, &Versioned::of(&refused)).into_diagnostic()?;
            bytes.push(b'\n');
        }
        Output::Csv => {
            let cells = [subject, "", "refused", "", error, "", "", "", "", "", ""].map(output::csv_cell);
            writeln!(bytes, "{}", cells.join(",")).into_diagnostic()?;
        }
    }
    Ok(())
}

/// The rendered answer about addresses of which nothing is known, one for each chain, cut at the subject's name: such
/// answers differ in nothing else, and a batch of a million is mostly them.
#[derive(Clone)]
struct Plain {
    by_chain: Vec<(Option<Chain>, Vec<u8>, Vec<u8>)>,
    worst: Worst,
}

/// An address of each family to make the patterns from: one that no list will ever name, of this hash.
const PATTERN_KEYS: [&[u8]; 3] = [&[1, 3], &[4, 0], &[5, 0]];

/// Not all of one byte: such an address is a burn form, and its answer says so.
const PATTERN_HASH: [u8; 20] = *b"an ordinary address!";

impl Plain {
    fn new(output: Output, screener: &Screener<'_>) -> Option<Self> {
        let mut by_chain = Vec::new();
        let mut worst = Worst::Allow;
        for head in PATTERN_KEYS {
            let address = Address::from_key(&[head, &PATTERN_HASH].concat())?;
            if address.is_null_like() || !screener.is_plain(&address) {
                return None;
            }
            let name = address.to_string();
            let verdict = screener.screen(&name).ok()?;
            let mut bytes = Vec::new();
            render(output, &verdict, &mut bytes).ok()?;
            let mut places =
                bytes.windows(name.len()).enumerate().filter(|(_, window)| *window == name.as_bytes());
            let (at, _) = places.next()?;
            if places.next().is_some() {
                return None;
            }
            worst = verdict.decision.into();
            by_chain.push((address.chain(), bytes[..at].to_vec(), bytes[at + name.len()..].to_vec()));
        }
        Some(Self { by_chain, worst })
    }

    /// What stands before and behind the subject in its answer; none for a chain without a pattern or an address that is
    /// special in itself.
    fn around(&self, subject: &str, address: &Address) -> Option<(&[u8], &[u8])> {
        let (_, before, after) = self.by_chain.iter().find(|(chain, ..)| *chain == address.chain())?;
        let simple = !address.is_null_like() && subject.bytes().all(|byte| byte.is_ascii_alphanumeric());
        simple.then_some((before.as_slice(), after.as_slice()))
    }
}
