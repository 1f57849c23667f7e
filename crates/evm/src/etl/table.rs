//! The rows of a table, block by block, though they stand somewhat out of order.

use std::{
    collections::BTreeMap,
    io::{self, BufReader, Read},
    marker::PhantomData,
    vec,
};

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::{
    EtlError, EtlFile, Kind,
    cells::{Cells, Problem},
    rows::{BlockRow, LogRow, ReceiptRow, TraceRow, TxRow},
};

/// How many blocks a row may stand behind later ones.
const SLACK: u64 = 2_000;
/// Bytes of a row that is read: data of a log can be long, and so can calldata that is not read.
const MAX_ROW: usize = 64 << 20;
/// Columns of a table.
const MAX_COLUMNS: usize = 200;

/// A row of a table.
pub(super) trait Row: Sized {
    /// The columns that are read.
    const NAMES: &'static [&'static str];
    /// How many of them, from the first, every file has.
    const NEEDED: usize;
    /// Which of them is the block's number.
    const BLOCK: usize;

    fn read(cells: &Cells<'_>) -> Result<Self, Problem>;
}

/// Columns by which a table is told from the others; the first kind of which a file has all.
const TELLING: [(Kind, &[&str], &[&str]); 6] = [
    (Kind::Blocks, BlockRow::NAMES, &["parent_hash", "transaction_count"]),
    (Kind::TokenTransfers, &["block_number"], &["token_address", "log_index", "value"]),
    (Kind::Logs, LogRow::NAMES, &["topics", "data", "log_index"]),
    (Kind::Traces, TraceRow::NAMES, &["trace_type", "trace_address"]),
    (Kind::Transactions, TxRow::NAMES, &["from_address", "gas", "input", "nonce"]),
    (Kind::Receipts, ReceiptRow::NAMES, &["cumulative_gas_used", "contract_address", "transaction_hash"]),
];

pub(super) fn look(input: impl Read) -> io::Result<Option<(Kind, Option<u64>)>> {
    let mut reader = reader(input);
    let names = reader.byte_headers().map_err(io::Error::other)?.clone();
    let has = |name: &&str| names.iter().any(|known| known == name.as_bytes());
    let Some((kind, columns, _)) = TELLING.iter().find(|kind| kind.2.iter().all(has)) else {
        return Ok(None);
    };
    let place = names.iter().position(|name| name == columns[0].as_bytes());
    let mut record = ByteRecord::new();
    let is_some = reader.read_byte_record(&mut record).map_err(io::Error::other)?;
    let first = place
        .filter(|_| is_some)
        .and_then(|place| std::str::from_utf8(record.get(place)?).ok()?.parse().ok());
    Ok(Some((*kind, first)))
}

/// Ends a file in which a row is longer than any can be, before it is held.
struct Bounded<R> {
    input: R,
    since_newline: usize,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        match buffer[..read].iter().rposition(|&byte| byte == b'\n') {
            Some(at) => self.since_newline = read - at,
            None => self.since_newline += read,
        }
        if self.since_newline > MAX_ROW {
            return Err(io::Error::other("a row is longer than any can be"));
        }
        Ok(read)
    }
}

fn reader<R: Read>(input: R) -> Reader<Bounded<BufReader<R>>> {
    let input = Bounded { input: BufReader::with_capacity(1 << 18, input), since_newline: 0 };
    ReaderBuilder::new().buffer_capacity(1 << 18).from_reader(input)
}

type Input = Reader<Bounded<BufReader<Box<dyn Read + Send>>>>;

/// A file that is being read.
struct Open {
    name: String,
    input: Input,
    places: Vec<Option<usize>>,
}

pub(super) struct Table<R> {
    files: vec::IntoIter<EtlFile>,
    open: Option<Open>,
    record: ByteRecord,
    /// Rows of blocks whose turn is still to come.
    waiting: BTreeMap<u64, Vec<R>>,
    /// Those of the block that the last rows were of.
    last: (u64, Vec<R>),
    /// The highest block of which a row was read.
    highest: Option<u64>,
    /// The block whose rows were taken last.
    taken: Option<u64>,
    row: PhantomData<R>,
}

impl<R: Row> Table<R> {
    pub(super) fn new(files: Vec<EtlFile>) -> Self {
        Self {
            files: files.into_iter(),
            open: None,
            record: ByteRecord::new(),
            waiting: BTreeMap::new(),
            last: (0, Vec::new()),
            highest: None,
            taken: None,
            row: PhantomData,
        }
    }

    pub(super) fn of_some(files: Vec<EtlFile>) -> Option<Self> {
        (!files.is_empty()).then(|| Self::new(files))
    }

    /// The lowest block of which rows wait.
    pub(super) fn lowest(&mut self) -> Result<Option<u64>, EtlError> {
        loop {
            self.settle();
            let first = self.waiting.first_key_value().map(|(&block, _)| block);
            let is_sure = |first: u64| self.highest.is_some_and(|highest| highest - first >= SLACK);
            if first.is_some_and(is_sure) || !self.read_row()? {
                self.settle();
                return Ok(self.waiting.first_key_value().map(|(&block, _)| block));
            }
        }
    }

    /// The rows of a block. Those of blocks before it are of nobody.
    pub(super) fn take(&mut self, block: u64) -> Result<Vec<R>, EtlError> {
        while self.highest.is_none_or(|highest| highest < block.saturating_add(SLACK)) && self.read_row()? {}
        self.settle();
        if self.taken.is_none() {
            // A table may begin before the blocks that are asked for.
            self.waiting = self.waiting.split_off(&block);
        }
        self.taken = Some(block);
        Ok(self.waiting.remove(&block).unwrap_or_default())
    }

    /// Puts the rows of the last block among those that wait.
    fn settle(&mut self) {
        let rows = std::mem::take(&mut self.last.1);
        if !rows.is_empty() {
            self.waiting.entry(self.last.0).or_default().extend(rows);
        }
    }

    /// Reads a row; false when there are no more.
    fn read_row(&mut self) -> Result<bool, EtlError> {
        loop {
            let open = match &mut self.open {
                Some(open) => open,
                None => match self.files.next() {
                    Some(file) => self.open.insert(Open::new::<R>(file)?),
                    None => return Ok(false),
                },
            };
            let is_some =
                open.input.read_byte_record(&mut self.record).map_err(|error| open.failed(error))?;
            if !is_some {
                self.open = None;
                continue;
            }
            let cells = Cells { record: &self.record, names: R::NAMES, places: &open.places };
            let wrong = |problem| EtlError::Row {
                file: open.name.clone(),
                line: self.record.position().map_or(0, csv::Position::line),
                problem,
            };
            let block = cells.must_number(R::BLOCK).map_err(wrong)?;
            if self.taken.is_some_and(|taken| block <= taken) {
                let problem = format!(
                    "it is of block {block}, and others of {SLACK} blocks later stand before it: sort the file by blocks"
                );
                return Err(wrong(problem));
            }
            let row = R::read(&cells).map_err(wrong)?;
            if self.last.0 != block {
                self.settle();
                self.last.0 = block;
            }
            self.last.1.push(row);
            self.highest = self.highest.max(Some(block));
            return Ok(true);
        }
    }
}

impl Open {
    fn new<R: Row>(file: EtlFile) -> Result<Self, EtlError> {
        let EtlFile { name, open } = file;
        let input = open().map_err(|source| EtlError::Io { file: name.clone(), source })?;
        let mut file = Self { name, input: reader(input), places: Vec::new() };
        let names = file.input.byte_headers().cloned().map_err(|error| file.failed(error))?;
        if names.len() > MAX_COLUMNS {
            return Err(file.header("it has more columns than any table".to_owned()));
        }
        file.places =
            R::NAMES.iter().map(|name| names.iter().position(|known| known == name.as_bytes())).collect();
        let missing = R::NAMES.iter().zip(&file.places).take(R::NEEDED).find(|(_, place)| place.is_none());
        match missing {
            Some((name, _)) => Err(file.header(format!("there is no column `{name}`"))),
            None => Ok(file),
        }
    }

    fn header(&self, problem: String) -> EtlError {
        EtlError::Row { file: self.name.clone(), line: 1, problem }
    }

    fn failed(&self, error: csv::Error) -> EtlError {
        let line = error.position().map_or(0, csv::Position::line);
        match error.into_kind() {
            csv::ErrorKind::Io(source) => EtlError::Io { file: self.name.clone(), source },
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => EtlError::Row {
                file: self.name.clone(),
                line,
                problem: format!("it has {len} cells, and its table {expected_len} columns"),
            },
            other => {
                EtlError::Row { file: self.name.clone(), line, problem: format!("it is no row: {other:?}") }
            }
        }
    }
}
