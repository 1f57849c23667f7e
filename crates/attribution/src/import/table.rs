//! Tables: one address a row, with or without a header. Lines before the header may be titles or `#` comments; inside the
//! table nothing is a comment.

use std::borrow::Cow;

use tracehound_labels::concept;
use tracehound_model::{Address, Pasted};

use super::{
    Format, Options, Snapshot,
    collect::Collector,
    contrary::{self, Says},
    decode,
    json_list::CHAIN_KEYS,
    mapping::{self, Column, Field, Mapping, RowTaker, normal},
    ofac_address,
    ofac_json::date_from_name,
    paged,
};
use crate::ImportError;

pub(super) use super::{
    decode::decode,
    rows::{Record, Rows},
};

/// Lines in which a header is looked for.
const HEADER_WITHIN: usize = 20;

/// Whether a cell holds an address.
pub(super) fn is_address_cell(cell: &str) -> bool {
    address_in(cell).is_some()
}

/// The address that a cell holds.
pub(super) fn address_in(cell: &str) -> Option<Address> {
    let cell = cell.trim().trim_matches('"');
    let fits = (12..=500).contains(&cell.len());
    fits.then(|| Pasted::read(cell).ok()).flatten().map(|pasted| pasted.address)
}

/// Whether a cell over several lines holds rows: an address on one of its lines. On the first one only where more stands beside
/// it: alone it is of the row that the cell is of.
pub fn holds_rows(cell: &str) -> bool {
    const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];
    let has_address = |line: &str| line.split(SEPARATORS).any(is_address_cell);
    cell.split_once(['\n', '\r']).is_some_and(|(first, rest)| {
        (first.contains(SEPARATORS) && has_address(first)) || rest.split(['\n', '\r']).any(has_address)
    })
}

/// Whether a line is a header with an address column.
pub(super) fn is_header(line: &str) -> bool {
    line.split([',', ';', '\t', '|']).any(is_address_name)
}

fn is_address_name(cell: &str) -> bool {
    let name = normal(cell.trim_matches('"'));
    Field::Address.usual_names().contains(&name.as_str()) || is_chains_address(&name)
}

/// Whether a column, by its [`normal`] name, holds the addresses of one chain: `btc_address`, `wallet_eth`. There may be one for
/// each, and all of a row are of whom the row is about. `victim_address` is no such name.
fn is_chains_address(name: &str) -> bool {
    const WORDS: [&str; 4] = ["address", "addresses", "addr", "wallet"];
    let is = |chain: &str, word: &str| CHAIN_KEYS.contains(&chain) && WORDS.contains(&word);
    name.rsplit_once('_').is_some_and(|(first, last)| is(first, last))
        || name.split_once('_').is_some_and(|(first, last)| is(last, first))
}

/// The separator that stands most often in a line.
pub(super) fn delimiter(line: &str) -> u8 {
    let count = |separator: u8| line.bytes().filter(|byte| *byte == separator).count();
    [b'|', b'\t', b';', b','].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

/// What stands before the table: comments and titles, with the line of the header if there is one.
struct Start<'t> {
    /// Lines before the table that are comments.
    comments: Vec<&'t str>,
    /// From the first line that is none.
    table: &'t str,
    delimiter: u8,
}

/// Comment lines stand first; one that names an address column is a header that begins with `#`.
fn start(text: &str) -> Start<'_> {
    let (mut comments, mut table) = (Vec::new(), text);
    while table.starts_with('#') {
        let line = table.lines().next().unwrap_or_default();
        if is_header(line) || line.split([',', ';', '\t', '|']).any(is_address_cell) {
            break;
        }
        comments.push(line);
        table = table.split_once('\n').map_or("", |(_, rest)| rest);
    }
    let lines = || table.lines().filter(|line| !line.trim().is_empty()).take(HEADER_WITHIN);
    let telling = lines()
        .find(|line| is_header(line))
        .or_else(|| lines().find(|line| line.split([',', ';', '\t', '|']).any(is_address_cell)))
        .or_else(|| lines().next());
    Start { comments, table, delimiter: delimiter(telling.unwrap_or_default()) }
}

/// What a row near the top is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Top {
    /// The row of this number, from 0, is the header.
    Header(usize),
    /// There is none.
    NoHeader,
}

/// Whether an address stands among the words of a row.
fn names_address(row: &Record<'_>) -> bool {
    row.iter().any(|cell| !ofac_address::addresses(cell).is_empty())
}

/// Where the table's header is among its first rows.
fn find_header(first: &[(u64, Record<'_>)], mapping: &Mapping) -> Top {
    let is_named = |row: &Record<'_>| match &mapping.address {
        Some(Column::Name(name)) => row.iter().any(|cell| normal(cell) == normal(name)),
        _ => row.iter().any(is_address_name),
    };
    let named = first.iter().position(|(_, row)| is_named(row));
    let address = first.iter().position(|(_, row)| row.iter().any(is_address_cell));
    match (named, address) {
        (Some(header), Some(address)) if header < address => Top::Header(header),
        (Some(header), None) => Top::Header(header),
        (_, Some(0)) => Top::NoHeader,
        // A row of names that are not known, right above the first address; a list of one column has no header, and an address
        // is no name.
        (_, Some(address)) if first[address].1.len() > 1 && !names_address(&first[address - 1].1) => {
            Top::Header(address - 1)
        }
        (_, Some(_)) => Top::NoHeader,
        (None, None) => Top::Header(0),
    }
}

pub(super) fn read(bytes: &[u8], options: &Options) -> Result<Snapshot, ImportError> {
    let text = decode::lines(decode(bytes));
    let mut out = Collector::new(Format::Csv, mapping::head(options), options);
    decode::remark(bytes, &mut out);
    date_from_name(&mut out, options);
    let Start { comments, table, delimiter } = start(&text);
    for (line, comment) in comments.iter().enumerate() {
        pass_over(line as u64 + 1, "is a comment", [*comment].into_iter(), &mut out);
    }
    let mut beside = Beside::default();
    for (line, comment) in comments.iter().enumerate() {
        beside.note(line as u64 + 1, false, [*comment].into_iter());
    }
    let mut rows = Rows::new(table, delimiter, Format::Csv).after(comments.len() as u64);
    let mut first: Vec<(u64, Record<'_>)> = Vec::new();
    while first.len() < HEADER_WITHIN
        && let Some((line, row)) = rows.next_row()?
    {
        first.push((line, row.clone()));
    }
    if first.is_empty() {
        return out.finish();
    }
    let (columns, data) = match find_header(&first, &options.mapping) {
        Top::Header(at) => {
            for (line, row) in &first[..at] {
                pass_over(*line, "stands above the header", row.iter(), &mut out);
                beside.note(*line, false, row.iter());
                let words: Vec<&str> = row.iter().map(str::trim).filter(|cell| !cell.is_empty()).collect();
                if !words.is_empty() {
                    let words = super::text::shorten(&words.join(", "));
                    out.warn(
                        format!("line {line}"),
                        format!("stands above the header and is not read: {words}"),
                    );
                }
            }
            pass_over(first[at].0, "is the header", first[at].1.iter(), &mut out);
            let sample = first.get(at + 1).map(|(_, row)| row);
            (Columns::by_name(&options.mapping, &first[at].1, sample, &mut out)?, at + 1)
        }
        Top::NoHeader => {
            let with_address = first.iter().find(|(_, row)| row.iter().any(is_address_cell));
            let sample = with_address.map_or(&first[0].1, |(_, row)| row);
            (Columns::without_header(&options.mapping, sample, &first, &mut out)?, 0)
        }
    };
    let mut taker = RowTaker::new(options);
    let mut ragged =
        Ragged { expected: first.get(data.saturating_sub(1)).map_or(0, |(_, row)| row.len()), seen: 0 };
    for (line, row) in &first[data..] {
        beside.see(*line, row, &columns);
        take(*line, row, &columns, &mut taker, &mut ragged, &mut out)?;
    }
    let mut last = first.last().map_or(0, |(line, _)| *line);
    while let Some((line, row)) = rows.next_row()? {
        last = line;
        beside.see(line, row, &columns);
        take(line, row, &columns, &mut taker, &mut ragged, &mut out)?;
    }
    // Half an address at the very end is where a download broke off.
    if rows.ends_open() && out.row_is_refused() {
        return Err(rows.cut_short(last));
    }
    paged::refuse_table(&beside.lines, beside.there, Format::Csv)?;
    // A title of the table, or of a part of it.
    if let Some((_, _, words)) = beside.lines.iter().find(|(_, _, words)| contrary::key_says_so(words)) {
        return Err(ImportError::Unusable { format: Format::Csv, missing: contrary::complaint(words) });
    }
    out.pass_over(rows.blank());
    ragged.say(&mut out);
    out.finish()
}

/// Counts a row in which no claim can stand. One that names an address is refused: nobody would find it.
fn pass_over<'c>(line: u64, what: &str, mut cells: impl Iterator<Item = &'c str>, out: &mut Collector) {
    let address = cells.find_map(|cell| {
        let word = ofac_address::addresses(cell).first().map(|word| (*word).to_owned());
        word.or_else(|| is_address_cell(cell).then(|| cell.trim().to_owned()))
    });
    let Some(address) = address else { return out.pass_over(1) };
    out.begin_row();
    let address = super::text::shorten(&address);
    out.refuse(
        format!("line {line}"),
        format!("`{address}` stands in a line that {what}: give it a row of its own; left out"),
    );
}

/// Lines beside the rows: what programs write above and below a table.
#[derive(Default)]
struct Beside {
    /// Number, whether it stands below the first row, and what it says.
    lines: Vec<(u64, bool, String)>,
    /// Rows with an address.
    there: u64,
}

/// Lines beside the rows that are looked at, and cells of one.
const MOST_BESIDE: usize = 100;
const MOST_SAID: usize = 3;

impl Beside {
    fn see(&mut self, line: u64, row: &Record<'_>, columns: &Columns) {
        let more = columns.more_addresses.iter().filter_map(|at| row.get(*at));
        if columns.get(row, Field::Address).is_some_and(|cell| is_address_cell(&cell))
            || more.into_iter().any(is_address_cell)
        {
            self.there += 1;
        } else if !names_address(row) {
            self.note(line, true, row.iter());
        }
    }

    fn note<'c>(&mut self, line: u64, below: bool, cells: impl Iterator<Item = &'c str>) {
        let said: Vec<&str> = cells.map(str::trim).filter(|cell| !cell.is_empty()).collect();
        let is_short = said.len() <= MOST_SAID && said.iter().map(|cell| cell.len()).sum::<usize>() <= 200;
        if !said.is_empty() && is_short {
            self.lines.push((line, below, said.join(" ")));
            // The last lines count most.
            if self.lines.len() > MOST_BESIDE {
                self.lines.remove(0);
            }
        }
    }
}

/// Rows with another number of cells than the header: an unquoted separator moves what follows it.
struct Ragged {
    expected: usize,
    seen: u64,
}

impl Ragged {
    fn say(&self, out: &mut Collector) {
        if self.seen > 0 {
            let message = format!(
                "{} rows do not have the {} cells of the first one: look whether their cells are where they belong",
                self.seen, self.expected
            );
            out.warn("the whole list", message);
        }
    }
}

fn take(
    line: u64,
    row: &Record<'_>,
    columns: &Columns,
    taker: &mut RowTaker,
    ragged: &mut Ragged,
    out: &mut Collector,
) -> Result<(), ImportError> {
    if row.is_blank() || (row.len() == 1 && row[0].starts_with('#') && !is_address_cell(&row[0][1..])) {
        pass_over(line, "is a comment", row.iter(), out);
        return Ok(());
    }
    // A cell over several lines that holds a row of the table is a quote that was never closed.
    if row.iter().any(holds_rows) {
        return Err(ImportError::Syntax {
            format: Format::Csv,
            place: format!("line {line}"),
            message: "a quoted cell runs over lines that hold addresses: is the quote closed?".to_owned(),
        });
    }
    out.begin_row();
    ragged.seen += u64::from(row.len() != ragged.expected);
    let place = format!("line {line}");
    if let Some(address) = columns.get(row, Field::Address)
        && (out.leaves_out(&address, &place, columns.unnamed(row))
            || out.takes_for_words(&address, &place, columns.unnamed(row)))
    {
        return Ok(());
    }
    if let Some(word) = columns.contrary_word(row) {
        out.refuse(place, contrary::complaint(word));
        return Ok(());
    }
    let kinds = columns.kinds(row);
    // What a row says, it says of each of its addresses.
    let more = columns.more_addresses.iter().filter_map(|at| row.get(*at));
    let own: Vec<_> =
        columns.get(row, Field::Address).into_iter().chain(more.clone().map(Cow::Borrowed)).collect();
    out.leaves_unread(&own, &place, columns.unread(row));
    let mut more = more.filter(|cell| !cell.trim().is_empty()).peekable();
    let first = columns.get(row, Field::Address).filter(|cell| !cell.trim().is_empty());
    if first.is_some() || more.peek().is_none() {
        taker.take(out, &place, &kinds, |field| columns.get(row, field))?;
    }
    for address in more {
        taker.take(out, &place, &kinds, |field| match field {
            Field::Address => Some(Cow::Borrowed(address)),
            field => columns.get(row, field),
        })?;
    }
    Ok(())
}

/// Where each field stands.
struct Columns {
    slots: [Slot; Field::ALL.len()],
    /// Columns that tell of the category too.
    more_categories: Vec<usize>,
    /// Columns of addresses besides the first.
    more_addresses: Vec<usize>,
    /// What each column is called, and whether it says of a row that it is no entry; none where there is no header.
    names: Vec<(String, Says)>,
    /// No name says which column holds the addresses: the first that has one does.
    is_guessed: bool,
}

enum Slot {
    Cell(usize),
    Constant(String),
    Absent,
}

impl Columns {
    /// By the header's names; the address, where no name is known for it, by the first row.
    fn by_name(
        mapping: &Mapping,
        header: &Record<'_>,
        sample: Option<&Record<'_>>,
        out: &mut Collector,
    ) -> Result<Self, ImportError> {
        let names: Vec<String> = header.iter().map(normal).collect();
        let place = |name: &str| names.iter().position(|other| *other == normal(name));
        let usual = mapping::usual_places(&names);
        // Where the caller names the column, that one alone.
        // Chainalysis calls each cluster by its root address, which is one of the same party.
        let is_root =
            |at: usize| names[at] == "root_address" && names.iter().any(|name| name == "cluster_name");
        let is_free = |at: usize| mapping.address.is_none() && (is_chains_address(&names[at]) || is_root(at));
        let of_chains: Vec<usize> = (0..names.len()).filter(|at| is_free(*at)).collect();
        let mut columns = Self::resolve(|field| match mapping.column(field) {
            Some(Column::Name(name)) => {
                place(name).map(Slot::Cell).ok_or_else(|| mapping::no_column(name, header.iter()))
            }
            Some(Column::Place(at)) => Ok(Slot::Cell(*at)),
            Some(Column::Constant(value)) => Ok(Slot::Constant(value.clone())),
            None => {
                let by_name = usual[field as usize];
                let is_address = matches!(field, Field::Address);
                let by_name = by_name.or_else(|| of_chains.first().copied().filter(|_| is_address));
                let by_sample = || sample.filter(|_| is_address)?.iter().position(is_address_cell);
                Ok(by_name.or_else(by_sample).map_or(Slot::Absent, Slot::Cell))
            }
        })?;
        columns.names = header.iter().map(|name| (name.to_owned(), Says::of(name))).collect();
        let by_name = usual[Field::Address as usize].or_else(|| of_chains.first().copied());
        columns.is_guessed = mapping.address.is_none() && by_name.is_none();
        columns.more_addresses = of_chains.into_iter().filter(|at| Some(*at) != by_name).collect();
        // A column that no name told: what it is called may say that those in it are not meant.
        if columns.is_guessed
            && let Slot::Cell(at) = columns.slots[Field::Address as usize]
            && let Some(name) = header.get(at).filter(|name| contrary::key_says_so(name))
        {
            return Err(ImportError::Unusable { format: Format::Csv, missing: contrary::complaint(name) });
        }
        columns.more_categories = mapping::more_categories(mapping, &names, |at| columns.reads(at));
        let read = |at: usize| columns.reads(at);
        // To read one of two would lose what stands in the other.
        let twice = |(at, name): &(usize, &String)| {
            read(*at) && !name.is_empty() && names.iter().filter(|other| other == name).count() > 1
        };
        if let Some((_, name)) = names.iter().enumerate().find(twice) {
            return Err(ImportError::Unusable {
                format: Format::Csv,
                missing: format!(
                    "the column `{}` stands twice: rename one of them",
                    super::text::shorten(name)
                ),
            });
        }
        for (_, name) in header.iter().enumerate().filter(|(at, name)| !read(*at) && !name.trim().is_empty())
        {
            out.unread(name);
        }
        Ok(columns)
    }

    /// The address is the first cell that is one; the label, where there is exactly one other column, is that. Columns that
    /// are not read are named by their places, as far as the rows near the top have them.
    fn without_header(
        mapping: &Mapping,
        first: &Record<'_>,
        top: &[(u64, Record<'_>)],
        out: &mut Collector,
    ) -> Result<Self, ImportError> {
        let address = first.iter().position(is_address_cell);
        let mut columns = Self::resolve(|field| match (mapping.column(field), field) {
            (Some(Column::Name(name)), _) => {
                Err(mapping::no_column(name, ["none: the first line already is a row"]))
            }
            (Some(Column::Place(at)), _) => Ok(Slot::Cell(*at)),
            (Some(Column::Constant(value)), _) => Ok(Slot::Constant(value.clone())),
            (None, Field::Address) => Ok(address.map_or(Slot::Absent, Slot::Cell)),
            (None, Field::Label) if first.len() == 2 => {
                Ok(address.map_or(Slot::Absent, |address| Slot::Cell(1 - address.min(1))))
            }
            (None, _) => Ok(Slot::Absent),
        })?;
        columns.is_guessed = mapping.address.is_none();
        let says =
            |at: usize| top.iter().any(|(_, row)| row.get(at).is_some_and(|cell| !cell.trim().is_empty()));
        let width = top.iter().map(|(_, row)| row.len()).max().unwrap_or_default();
        for at in (0..width).filter(|at| !columns.reads(*at) && says(*at)) {
            out.unread(&format!("column {}", at + 1));
        }
        Ok(columns)
    }

    fn resolve(slot: impl Fn(Field) -> Result<Slot, ImportError>) -> Result<Self, ImportError> {
        let mut slots = Vec::with_capacity(Field::ALL.len());
        for field in Field::ALL {
            slots.push(slot(field)?);
        }
        if matches!(slots[Field::Address as usize], Slot::Absent) {
            return Err(mapping::no_address_column(Format::Csv));
        }
        let slots = slots.try_into().ok().expect("one slot was pushed for each field");
        Ok(Self {
            slots,
            more_categories: Vec::new(),
            more_addresses: Vec::new(),
            names: Vec::new(),
            is_guessed: false,
        })
    }

    fn reads(&self, at: usize) -> bool {
        let is_slot = self.slots.iter().any(|slot| matches!(slot, Slot::Cell(place) if *place == at));
        is_slot || self.more_categories.contains(&at) || self.more_addresses.contains(&at)
    }

    fn get<'s>(&'s self, row: &'s Record<'_>, field: Field) -> Option<Cow<'s, str>> {
        let cell = match &self.slots[field as usize] {
            Slot::Cell(place) => row.get(*place),
            Slot::Constant(value) => Some(value.as_str()),
            Slot::Absent => None,
        };
        cell.map(Cow::Borrowed)
    }

    /// The word by which a row says of itself that it is no entry. Without a header no cell says what it is about, so that it
    /// has to be all that the cell says.
    fn contrary_word<'s>(&'s self, row: &'s Record<'_>) -> Option<&'s str> {
        let mut cells = row.iter().enumerate();
        if self.names.is_empty() {
            return cells.map(|(_, cell)| cell.trim()).find(|cell| contrary::says_so(cell));
        }
        cells.find_map(|(at, cell)| {
            let (name, says) = self.names.get(at)?;
            let word = if *says == Says::Kind { cell } else { name };
            let is_name = || contrary::may_be_a_name(name, cell) && self.says_honest_kind(row);
            (says.so(cell) && !is_name()).then_some(word)
        })
    }

    /// The cells that are not read, where nothing says that they are not meant.
    fn unnamed<'s>(&'s self, row: &'s Record<'_>) -> impl Iterator<Item = &'s str> {
        let cells = row.iter().enumerate().filter(|(at, _)| self.is_guessed && !self.reads(*at));
        cells.map(|(_, cell)| cell)
    }

    /// The cells that are not read, each with the name of its column where it has one.
    fn unread<'s>(&'s self, row: &'s Record<'_>) -> impl Iterator<Item = (&'s str, &'s str)> {
        let cells = row.iter().enumerate().filter(|(at, _)| !self.reads(*at));
        cells.map(|(at, cell)| (self.names.get(at).map_or("", |(name, _)| name.as_str()), cell))
    }

    /// Whether the cells that tell of the category say one, and one that nobody is blamed for.
    fn says_honest_kind(&self, row: &Record<'_>) -> bool {
        let kinds = self.kinds(row);
        concept::told(kinds.iter().map(AsRef::as_ref)).category.is_some_and(concept::is_honest)
    }

    /// The cells that tell of the category.
    fn kinds<'s>(&'s self, row: &'s Record<'_>) -> Vec<Cow<'s, str>> {
        let more = self.more_categories.iter().filter_map(|at| row.get(*at)).map(Cow::Borrowed);
        self.get(row, Field::Category).into_iter().chain(more).collect()
    }
}
