//! `tracehound screen --name`.

use std::{io::Write, ops::ControlFlow};

use miette::{IntoDiagnostic, Report, Result, miette};
use rayon::prelude::*;
use tracehound_engine::{
    Document, Versioned,
    names::{Known, KnownColumns, Match, Named, Namer, Related, SetAside},
    screen::{
        RefusedSubject,
        batch::{self as rows, Row, Subjects, Taker},
    },
};
use tracehound_model::{
    Decision, Party, Standing,
    text::{label, line},
};

use super::screen::batch::{Input, ending};
use crate::{
    args::{Common, Output},
    output::{CUT_SHORT, Tally, Worst, csv_cell, csv_gaps, csv_sources, searched},
    progress,
};

/// Columns of the CSV form; a name without a match has a line too.
const CSV_HEADER: &str = "query,score,matched,source,party,kind,programmes,decision,sources,gaps,as_of,policy,basis,\
                          listed_born,listed_countries,set_aside,standing,ownership";
/// Names whose answers lie on one page.
const PAGE: usize = 4;

/// Answers names and renders the answers.
struct Answers<'a> {
    output: Output,
    namer: &'a Namer<'a>,
    columns: KnownColumns,
}

/// Answers, ready to print.
#[derive(Default)]
struct Page {
    bytes: Vec<u8>,
    tally: Tally,
}

/// Prints answers in input order, and counts them.
struct Printing<'p> {
    output: Output,
    tally: Tally,
    out: &'p mut dyn Write,
}

/// Answers the names given, and those of an input row by row, as they come; `columns` says what of whoever has them stands
/// beside them there.
pub(crate) fn answer(
    common: &Common,
    namer: &Namer<'_>,
    names: &[String],
    input: Option<(String, Subjects<Input>)>,
    columns: KnownColumns,
    out: &mut dyn Write,
) -> Result<u8> {
    let stdin = input.is_some();
    let answers = Answers { output: common.output, namer, columns };
    let mut printing = Printing { output: common.output, tally: Tally::default(), out };
    match common.output {
        Output::Csv => {
            let row = if stdin { "row," } else { "" };
            writeln!(printing.out, "{row}{CSV_HEADER}").into_diagnostic()?;
        }
        Output::Json => write!(printing.out, "[").into_diagnostic()?,
        Output::Text | Output::Jsonl => {}
    }
    let of_command_line = names.iter().filter(|name| !(stdin && name.is_empty()));
    let rows: Vec<Row<'_>> = of_command_line
        .map(|name| Row { number: 0, subject: name, beside: Vec::new(), refused: None, input: "" })
        .collect();
    let mut pages = Vec::new();
    let count = answers.fill(&rows, stdin, &mut pages)?;
    printing.take(&pages[..count])?;
    if let Some((name, subjects)) = input {
        progress::end_on_interrupt();
        let before = printing.tally.clone();
        let ended = rows::answer(subjects, |rows, pages| answers.fill(rows, true, pages), &mut printing)?;
        let ended = ending(ended, &name, &printing.tally.since(&before), common.quiet);
        if ended.is_err() {
            printing.out.flush().into_diagnostic()?;
            return Ok(CUT_SHORT);
        }
    }
    let Printing { tally, out, .. } = printing;
    match common.output {
        Output::Json => writeln!(out, "]").into_diagnostic()?,
        Output::Text => footer(namer, out).into_diagnostic()?,
        Output::Jsonl | Output::Csv => {}
    }
    if tally.rows() == 0 {
        return Err(miette!("there was no name to search for"));
    }
    Ok(tally.worst().exit_code())
}

impl Taker<Page, Report> for Printing<'_> {
    fn goes_on(&self) -> ControlFlow<()> {
        progress::interrupted()
    }

    fn take(&mut self, pages: &[Page]) -> Result<()> {
        for page in pages {
            if self.output == Output::Json && self.tally.rows() > 0 && !page.bytes.is_empty() {
                writeln!(self.out, ",").into_diagnostic()?;
            }
            self.out.write_all(&page.bytes).into_diagnostic()?;
            self.tally.add(&page.tally);
        }
        Ok(())
    }

    fn idle(&mut self) -> Result<()> {
        self.out.flush().into_diagnostic()
    }
}

impl Answers<'_> {
    /// Answers rows on as many pages as this gives. Pages that are there already are written over.
    fn fill(&self, rows: &[Row<'_>], numbered: bool, pages: &mut Vec<Page>) -> Result<usize> {
        let count = rows.len().div_ceil(PAGE);
        pages.resize_with(count.max(pages.len()), Page::default);
        rows.par_chunks(PAGE).zip(pages).try_for_each(|(chunk, page)| {
            *page = Page::default();
            for row in chunk {
                if self.output == Output::Json && !page.bytes.is_empty() {
                    page.bytes.extend_from_slice(b",\n");
                }
                let found = self.one(row, numbered, &mut page.bytes)?;
                page.tally.note(found);
            }
            Ok::<(), Report>(())
        })?;
        Ok(count)
    }

    /// Answers a row, with what its own columns say of whoever has the name.
    fn answered(&self, row: &Row<'_>) -> Result<Named, String> {
        if row.number == 0 || self.columns == KnownColumns::default() {
            return self.namer.answer(row.subject).map_err(|error| error.to_string());
        }
        let (name, known) = Known::read(&self.columns, row.subject, &row.beside, self.namer.known());
        self.namer.answer_knowing(&name, &known).map_err(|error| error.to_string())
    }

    fn one(&self, row: &Row<'_>, numbered: bool, bytes: &mut Vec<u8>) -> Result<Worst> {
        let found = match row.refused {
            Some(why) => Err(format!("row {} {why}", row.number)),
            None => self.answered(row).map_err(|why| match row.number {
                0 => why,
                number => format!("row {number}: {why}"),
            }),
        };
        let number = (numbered && row.number > 0).then_some(row.number);
        match (self.output, &found) {
            (Output::Text, _) => {
                number
                    .into_iter()
                    .try_for_each(|number| write!(bytes, "row {number}: "))
                    .into_diagnostic()?;
                match &found {
                    Ok(named) => text(bytes, named, self.namer),
                    Err(why) => writeln!(bytes, "REFUSED  {}\n  {}", label(row.subject), label(why)),
                }
                .into_diagnostic()?;
            }
            (Output::Csv, _) => {
                let row_cell = if numbered {
                    number.map_or(",".to_owned(), |number| format!("{number},"))
                } else {
                    String::new()
                };
                match &found {
                    Ok(named) => csv(bytes, named, &row_cell),
                    Err(why) => {
                        let (query, why) = (csv_cell(row.subject), csv_cell(why));
                        writeln!(bytes, "{row_cell}{query},,,,,,,refused,,{why},,,,,,,,")
                    }
                }
                .into_diagnostic()?;
            }
            (output, Ok(named)) => json(bytes, output, number, named)?,
            (output, Err(error)) => {
                json(bytes, output, number, &RefusedSubject { subject: row.subject, error })?;
            }
        }
        Ok(found.map_or(Worst::Refused, |named| named.decision.into()))
    }
}

/// The answer with the row's number in front.
fn json<T: Document>(bytes: &mut Vec<u8>, output: Output, number: Option<u64>, answer: &T) -> Result<()> {
    let answer = &Versioned::of(answer);
    let is_pretty = output == Output::Json;
    let text = if is_pretty { serde_json::to_string_pretty(answer) } else { serde_json::to_string(answer) };
    let text = text.into_diagnostic()?;
    let number =
        number.map(
            |number| if is_pretty { format!("\n  \"row\": {number},") } else { format!("\"row\":{number},") },
        );
    write!(bytes, "{{{}{}", number.unwrap_or_default(), &text[1..]).into_diagnostic()?;
    if !is_pretty {
        bytes.push(b'\n');
    }
    Ok(())
}

fn text(out: &mut Vec<u8>, answer: &Named, namer: &Namer<'_>) -> std::io::Result<()> {
    writeln!(out, "{}  {}\n  {}", headline(answer.decision), label(&answer.query), answer.summary)?;
    if let Some(read) = &answer.read_as {
        writeln!(out, "  read as {}", label(read))?;
    }
    for gap in answer.coverage.gaps.iter().filter(|gap| !namer.gaps().contains(gap)) {
        writeln!(out, "  {}", line(&gap.to_string()))?;
    }
    let of_list = |Match { score, matched_name, party, .. }: &Match| {
        let about: Vec<String> =
            [listed_born(party), listed_countries(party)].into_iter().flatten().collect();
        let about = if about.is_empty() { String::new() } else { format!("  {}", about.join(", ")) };
        format!(
            "{score:.3}  {}  ({}, {} {}) {}{about}",
            label(matched_name),
            label(party.names.first().map_or("", |name| &name.full)),
            label(&party.source.0),
            label(&party.id),
            line(&party.programs.join(" ")),
        )
    };
    for found in &answer.matches {
        writeln!(out, "  {}", of_list(found))?;
        ties(out, found)?;
    }
    for found in &answer.related {
        writeln!(out, "  not listed: {}", of_list(found))?;
        ties(out, found)?;
    }
    for SetAside { found, because } in &answer.set_aside {
        writeln!(out, "  set aside: {}\n    {}", of_list(found), because.join("; "))?;
    }
    Ok(())
}

/// Who owns a party, and what else ties it to others.
fn ties(out: &mut Vec<u8>, found: &Match) -> std::io::Result<()> {
    if let Some(ownership) = &found.ownership {
        writeln!(out, "    {}", line(&ownership.to_string()))?;
    }
    for Related { words, name, listed, .. } in &found.relations {
        writeln!(out, "    {} {}{}", line(words), label(name), if *listed { " (listed)" } else { "" })?;
    }
    if found.more_relations > 0 {
        writeln!(out, "    and {} more relations", found.more_relations)?;
    }
    Ok(())
}

/// "born 1983-11-25", as the list says it.
fn listed_born(party: &Party) -> Option<String> {
    let born: Vec<String> = party.particulars.born.iter().map(ToString::to_string).collect();
    (!born.is_empty()).then(|| format!("born {}", born.join(" or ")))
}

fn listed_countries(party: &Party) -> Option<String> {
    let countries: Vec<String> = party.particulars.countries.iter().map(ToString::to_string).collect();
    (!countries.is_empty()).then(|| countries.join(" "))
}

fn footer(namer: &Namer<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    let searched = searched(namer.sources());
    writeln!(out, "Searched {} names of {} parties: {searched}", namer.names(), namer.parties())?;
    if !namer.gaps().is_empty() {
        writeln!(out, "Coverage gaps:")?;
    }
    namer.gaps().iter().try_for_each(|gap| writeln!(out, "  - {}", line(&gap.to_string())))
}

/// The word at the top: names alone clear nobody.
const fn headline(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow => "NO MATCH",
        Decision::Incomplete => "INCOMPLETE",
        Decision::Review => "REVIEW",
        Decision::Block => "BLOCK",
    }
}

fn csv(out: &mut Vec<u8>, answer: &Named, row: &str) -> std::io::Result<()> {
    let Named { query, decision, coverage, .. } = answer;
    let rest = [
        csv_sources(&coverage.sources),
        csv_gaps(&coverage.gaps),
        answer.as_of.to_string(),
        answer.policy.clone(),
        answer.basis.as_str().to_owned(),
    ]
    .map(|cell| csv_cell(&cell))
    .join(",");
    if answer.matches.is_empty() && answer.set_aside.is_empty() && answer.related.is_empty() {
        writeln!(out, "{row}{},,,,,,,{decision},{rest},,,,,", csv_cell(query))?;
    }
    let set_aside = answer.set_aside.iter().map(|aside| (&aside.found, aside.because.join("; ")));
    let plain = answer.matches.iter().chain(&answer.related).map(|found| (found, String::new()));
    for (found, because) in plain.chain(set_aside) {
        let Match { score, matched_name, party, ownership, .. } = found;
        let cells = [
            csv_cell(query),
            format!("{score:.4}"),
            csv_cell(matched_name),
            csv_cell(&party.source.0),
            csv_cell(&party.id),
            format!("{:?}", party.kind).to_lowercase(),
            csv_cell(&line(&party.programs.join(" "))),
            decision.to_string(),
        ];
        let born = listed_born(party).map_or_else(String::new, |born| born.replacen("born ", "", 1));
        let countries = listed_countries(party).unwrap_or_default();
        let standing = match party.particulars.standing {
            Standing::Related => "not listed",
            Standing::Listed | Standing::Sanctioned => "listed",
        };
        let ownership = ownership
            .as_ref()
            .map_or_else(String::new, |ownership| line(&ownership.to_string()).into_owned());
        let about = [born, countries, because, standing.to_owned(), ownership];
        let about = about.map(|cell| csv_cell(&cell)).join(",");
        writeln!(out, "{row}{},{rest},{about}", cells.join(","))?;
    }
    Ok(())
}
