//! Batches of subjects: read beside the answering, answered by all cores, handed over in input order, ended early without
//! losing count.

use std::{
    collections::HashSet,
    io::{self, BufReader, Chain, Cursor, Read},
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, channel, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use bzip2::bufread::MultiBzDecoder;
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};
use flate2::bufread::MultiGzDecoder;
use tracehound_attribution::import::table_in;
pub use tracehound_screen::batch::{Batch, BatchError, Row, Subjects};

/// Subjects answered in parallel before their answers are handed over, in input order: so few that the answers, up to two
/// kilobytes each, mostly fit into a processor's cache.
const ROWS: usize = 2_048;

/// Rows that are answered at first: what a row costs is not known yet, and whoever waits sees the first answers soon.
const FIRST_ROWS: usize = 16;

/// What answering some rows may take before fewer are answered at a time, so that what is ready is handed over; in half of that
/// more are.
const SLOW: Duration = Duration::from_millis(200);

/// How long an interrupt may wait while no rows come.
const LOOK: Duration = Duration::from_millis(100);

/// An input as UTF-8: unpacked while it is read where it is gzip or bzip2, before that where it is an archive of one file or a
/// spreadsheet of one sheet, as `lists import` reads them, and decoded where it begins with the mark of UTF-16. Rows are
/// of bounded length, whatever comes out.
pub fn unpacked<R: Read>(input: R) -> impl Read {
    let bzip2: Vec<Vec<u8>> = (1..=9).map(|level| format!("BZh{level}1AY&SY").into_bytes()).collect();
    let mut marks = vec![&GZIP[..], ZIP];
    marks.extend(bzip2.iter().map(Vec::as_slice));
    marks.extend(NOT_READ.iter().map(|(mark, _)| *mark));
    let (start, mut input) = begun(input, &marks);
    let not_read = NOT_READ.iter().find(|(mark, _)| start == *mark);
    let input = match &start[..] {
        _ if start == GZIP => Unpacked::Gzip(MultiGzDecoder::new(input)),
        _ if bzip2.contains(&start) => Unpacked::Bzip2(MultiBzDecoder::new(input)),
        _ if start == ZIP => match table_in(&mut input) {
            Ok(table) => Unpacked::Held(Cursor::new(table)),
            Err(error) => Unpacked::Refused(error.to_string()),
        },
        _ => match not_read {
            Some((_, what)) => Unpacked::Refused(format!("it is {what}")),
            None => Unpacked::Plain(input),
        },
    };
    let (start, input) = begun(input, &UTF16);
    let encoding = match start {
        start if start == UTF16[0] => encoding_rs::UTF_16LE,
        start if start == UTF16[1] => encoding_rs::UTF_16BE,
        _ => return Decoded::Utf8(input),
    };
    let decoder = DecodeReaderBytesBuilder::new().encoding(Some(encoding)).strip_bom(true).build(input);
    Decoded::Utf16(Box::new(decoder))
}

/// What gzip begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// What a ZIP archive begins with, and with it a spreadsheet.
const ZIP: &[u8] = b"PK\x03\x04";
/// What other forms begin with in which tables are kept, and what to do with them.
const NOT_READ: [(&[u8], &str); 4] = [
    (&[0xd0, 0xcf, 0x11, 0xe0], "a file of an old Excel (.xls), which is not read: save it as CSV"),
    (&[0xfd, b'7', b'z', b'X', b'Z'], "packed by xz, which is not read: unpack it first"),
    (&[0x28, 0xb5, 0x2f, 0xfd], "packed by zstd, which is not read: unpack it first"),
    (&[b'7', b'z', 0xbc, 0xaf], "an archive of 7-Zip, which is not read: unpack it first"),
];
/// Marks of UTF-16, little and big end first.
const UTF16: [&[u8]; 2] = [&[0xff, 0xfe], &[0xfe, 0xff]];

/// The first bytes of an input, as far as they are those of one of the marks, and the whole input. A pipe may give a byte at a
/// time; whoever writes something else is not waited for.
fn begun<R: Read>(mut input: R, marks: &[&[u8]]) -> (Vec<u8>, Whole<R>) {
    let mut start = Vec::new();
    while marks.iter().any(|mark| mark.len() > start.len() && mark.starts_with(&start)) {
        let mut byte = [0];
        match input.read(&mut byte) {
            Ok(1..) => start.extend(byte),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // What cannot be read at all is told when the first row is.
            Ok(0) | Err(_) => break,
        }
    }
    (start.clone(), BufReader::with_capacity(1 << 16, Cursor::new(start).chain(input)))
}

type Whole<R> = BufReader<Chain<Cursor<Vec<u8>>, R>>;

/// Bytes of the inputs of a batch that are held to be read twice, as UTF-8.
const MOST_HELD: u64 = 64 << 20;

/// Inputs that are read twice: for whom they ask about, and to be answered.
#[derive(Debug)]
pub struct Held {
    left: u64,
}

impl Default for Held {
    fn default() -> Self {
        Self { left: MOST_HELD }
    }
}

impl Held {
    /// Reads an [unpacked] input to its end, which can then be read as often as it is copied.
    ///
    /// # Errors
    /// An input that cannot be read, or is too long with those before it.
    pub fn hold(&mut self, input: impl Read) -> io::Result<Cursor<Arc<[u8]>>> {
        let mut bytes = Vec::new();
        let read = input.take(self.left + 1).read_to_end(&mut bytes)? as u64;
        let Some(left) = self.left.checked_sub(read) else {
            let why =
                format!("with a source a batch has at most {} MB, for it is read twice", MOST_HELD >> 20);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
        };
        self.left = left;
        Ok(Cursor::new(bytes.into()))
    }
}

/// Whom the rows of an input ask about, each once, up to where it breaks off: whoever answers the rows says that it does.
pub fn asked_about<R: Read>(mut subjects: Subjects<R>) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut asked = Vec::new();
    let mut goes_on = true;
    while goes_on {
        let mut batch = Batch::default();
        goes_on = subjects.fill(&mut batch, ROWS).is_ok_and(|more| more);
        for row in batch.rows().filter(|row| row.refused.is_none()) {
            if seen.insert(row.subject.to_owned()) {
                asked.push(row.subject.to_owned());
            }
        }
    }
    asked
}

enum Unpacked<R: Read> {
    Plain(Whole<R>),
    Gzip(MultiGzDecoder<Whole<R>>),
    Bzip2(MultiBzDecoder<Whole<R>>),
    /// The table of an archive.
    Held(Cursor<Vec<u8>>),
    /// Why nothing can be read.
    Refused(String),
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(input) => input.read(into),
            Self::Gzip(input) => input.read(into),
            Self::Bzip2(input) => input.read(into),
            Self::Held(table) => table.read(into),
            Self::Refused(why) => Err(io::Error::new(io::ErrorKind::InvalidData, why.clone())),
        }
    }
}

enum Decoded<R: Read> {
    Utf8(Whole<R>),
    Utf16(Box<DecodeReaderBytes<Whole<R>, Vec<u8>>>),
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Utf8(input) => input.read(into),
            Self::Utf16(input) => input.read(into),
        }
    }
}

/// How a batch ended.
#[derive(Debug)]
pub enum Ended {
    /// Every row was answered, refused or blank.
    Whole {
        /// Rows, those below a header.
        rows: u64,
        /// Of those, the ones without anything in them.
        blank: u64,
    },
    /// Whoever takes the answers ended it after this row.
    Interrupted(u64),
    /// The input broke off after this row.
    Broken(u64, BatchError),
    /// Nothing more could be read after this row.
    Lost(u64),
}

/// Who takes the answers.
pub trait Taker<P, E> {
    /// Whether to go on. Asked about every tenth of a second while no rows come.
    fn goes_on(&self) -> ControlFlow<()>;

    /// Takes the next pages.
    ///
    /// # Errors
    /// What ends the batch.
    fn take(&mut self, pages: &[P]) -> Result<(), E>;

    /// Nothing more is ready: what was taken can be shown before anything is waited for.
    ///
    /// # Errors
    /// What ends the batch.
    fn idle(&mut self) -> Result<(), E>;
}

/// What the reader hands over.
enum Given {
    Rows(Batch),
    /// The end, with the rows and the blank ones among them.
    End(u64, u64),
    Broken(BatchError),
}

/// What is ready to be taken.
enum Ready<P, E> {
    /// Answers on the first so many pages, up to this row.
    Pages(Vec<P>, usize, u64),
    End(u64, u64),
    Broken(BatchError),
    Failed(E),
}

/// Answers one input row by row.
///
/// One thread reads, one has the rows answered, and this one hands the answers over, each a batch ahead of the next.
/// `answer` writes answers to rows on pages, which may have been written on before, and says on how many.
///
/// # Errors
/// The first one of `answer` or `taker`.
pub fn answer<R, P, E>(
    subjects: Subjects<R>,
    answer: impl Fn(&[Row<'_>], &mut Vec<P>) -> Result<usize, E> + Sync,
    taker: &mut impl Taker<P, E>,
) -> Result<Ended, E>
where
    R: Read + Send + 'static,
    P: Send,
    E: Send,
{
    let (give, rows) = sync_channel(1);
    let (give_back, spare) = sync_channel(2);
    // Not waited for: at an interrupt it may hang in a read that never ends.
    thread::spawn(move || read(subjects, &give, &spare));
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let (give_pages, ready) = sync_channel(1);
        let (give_pages_back, spare_pages) = channel();
        let answering = Answering { rows, give_back, ready: give_pages, spare: spare_pages };
        let (answer, ended) = (&answer, &over);
        scope.spawn(move || answering.run(answer, ended));
        let found = hand_over(&ready, |pages| drop(give_pages_back.send(pages)), taker);
        over.store(true, Ordering::Relaxed);
        found
    })
}

/// Hands answers over until there are no more. Pages that were taken are given back: a million answers are a gigabyte.
fn hand_over<P, E>(
    ready: &Receiver<Ready<P, E>>,
    give_back: impl Fn(Vec<P>),
    taker: &mut impl Taker<P, E>,
) -> Result<Ended, E> {
    let mut last = 0;
    loop {
        if taker.goes_on().is_break() {
            return Ok(Ended::Interrupted(last));
        }
        let next = match ready.try_recv() {
            Err(TryRecvError::Empty) => {
                taker.idle()?;
                ready.recv_timeout(LOOK)
            }
            Err(TryRecvError::Disconnected) => Err(RecvTimeoutError::Disconnected),
            Ok(next) => Ok(next),
        };
        match next {
            Ok(Ready::Pages(pages, count, row)) => {
                taker.take(&pages[..count])?;
                last = row;
                give_back(pages);
            }
            Ok(Ready::End(rows, blank)) => return Ok(Ended::Whole { rows, blank }),
            Ok(Ready::Broken(error)) => return Ok(Ended::Broken(last, error)),
            Ok(Ready::Failed(error)) => return Err(error),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(Ended::Lost(last)),
        }
    }
}

/// The thread between reading and handing over.
struct Answering<P, E> {
    rows: Receiver<Given>,
    give_back: SyncSender<Batch>,
    ready: SyncSender<Ready<P, E>>,
    spare: Receiver<Vec<P>>,
}

impl<P, E> Answering<P, E> {
    /// Has rows answered until there are no more, or nobody wants them.
    fn run(&self, answer: &impl Fn(&[Row<'_>], &mut Vec<P>) -> Result<usize, E>, over: &AtomicBool) {
        let mut at_once = FIRST_ROWS;
        while !over.load(Ordering::Relaxed) {
            let ready = match self.rows.recv_timeout(LOOK) {
                Ok(Given::Rows(batch)) => {
                    let rows: Vec<Row<'_>> = batch.rows().collect();
                    if self.answered(&rows, &mut at_once, answer, over).is_break() {
                        return;
                    }
                    drop(rows);
                    // Nobody waits for it at the end.
                    let _ = self.give_back.try_send(batch);
                    continue;
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

    /// Has rows answered, so many at once as take a moment, and hands each of these over.
    fn answered(
        &self,
        mut rows: &[Row<'_>],
        at_once: &mut usize,
        answer: &impl Fn(&[Row<'_>], &mut Vec<P>) -> Result<usize, E>,
        over: &AtomicBool,
    ) -> ControlFlow<()> {
        while let (Some(_), false) = (rows.first(), over.load(Ordering::Relaxed)) {
            let (now, later) = rows.split_at(rows.len().min(*at_once));
            let mut pages = self.spare.try_recv().unwrap_or_default();
            let began = Instant::now();
            let ready = match answer(now, &mut pages) {
                Ok(count) => Ready::Pages(pages, count, now.last().map_or(0, |row| row.number)),
                Err(error) => Ready::Failed(error),
            };
            let took = began.elapsed();
            if took > SLOW {
                *at_once = (*at_once / 2).max(1);
            } else if took < SLOW / 2 {
                *at_once = (*at_once * 2).min(ROWS);
            }
            if self.ready.send(ready).is_err() {
                return ControlFlow::Break(());
            }
            rows = later;
        }
        ControlFlow::Continue(())
    }
}

fn read<R: Read>(mut subjects: Subjects<R>, give: &SyncSender<Given>, spare: &Receiver<Batch>) {
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

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// Keeps the subjects it takes; ends the batch after so many pages.
    struct Keeper {
        taken: Vec<String>,
        most: usize,
    }

    impl Taker<String, String> for Keeper {
        fn goes_on(&self) -> ControlFlow<()> {
            if self.taken.len() < self.most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        }

        fn take(&mut self, pages: &[String]) -> Result<(), String> {
            self.taken.extend_from_slice(pages);
            Ok(())
        }

        fn idle(&mut self) -> Result<(), String> {
            Ok(())
        }
    }

    /// A page a row, with its number; refuses to answer a row of this text.
    fn numbered(rows: &[Row<'_>], pages: &mut Vec<String>) -> Result<usize, String> {
        pages.resize_with(rows.len().max(pages.len()), String::new);
        for (row, page) in rows.iter().zip(pages) {
            *page = format!("{} {}", row.number, row.subject);
            if row.subject == "bad" {
                return Err(format!("row {} cannot be answered", row.number));
            }
        }
        Ok(rows.len())
    }

    fn input(rows: usize) -> String {
        let rows: Vec<String> = (1..=rows).map(|number| format!("s{number}")).collect();
        rows.join("\n") + "\n"
    }

    fn ask(input: impl Read + Send + 'static, most: usize) -> (Result<Ended, String>, Vec<String>) {
        let mut keeper = Keeper { taken: Vec::new(), most };
        let ended = answer(Subjects::lines(input), numbered, &mut keeper);
        (ended, keeper.taken)
    }

    #[test]
    fn every_row_is_answered_once_and_in_order() {
        // Several batches, the last one shorter, and blank rows among them.
        let text = format!("{}\n# note\n{}", input(3 * ROWS), "last\n");
        let (ended, taken) = ask(Cursor::new(text), usize::MAX);
        assert!(
            matches!(ended, Ok(Ended::Whole { rows, blank: 2 }) if rows == 3 * ROWS as u64 + 3),
            "{ended:?}"
        );
        assert_eq!(taken.len(), 3 * ROWS + 1);
        let in_order = |(at, page): (usize, &String)| *page == format!("{} s{}", at + 1, at + 1);
        assert!(taken[..3 * ROWS].iter().enumerate().all(in_order));
        assert_eq!(taken[3 * ROWS], format!("{} last", 3 * ROWS + 3));
    }

    #[test]
    fn what_ends_a_batch_is_told_with_the_last_row_that_was_taken() {
        let (ended, taken) = ask(Cursor::new(input(4 * ROWS)), 1);
        assert!(matches!(ended, Ok(Ended::Interrupted(row)) if row == FIRST_ROWS as u64), "{ended:?}");
        assert_eq!(taken.len(), FIRST_ROWS);
        let (ended, _) = ask(Cursor::new("a\nbad\nc\n"), usize::MAX);
        assert_eq!(ended.expect_err("it failed"), "row 2 cannot be answered");
        let (ended, taken) = ask(Read::chain(Cursor::new("a\nb\n"), Breaking), usize::MAX);
        let Ok(Ended::Broken(2, error)) = ended else { panic!("{ended:?}") };
        assert_eq!((error.to_string().as_str(), taken.len()), ("reading row 3: gone", 2));
    }

    /// Says of each hand-over that it came.
    struct Sayer(std::sync::mpsc::Sender<()>);

    impl Taker<String, String> for Sayer {
        fn goes_on(&self) -> ControlFlow<()> {
            ControlFlow::Continue(())
        }

        fn take(&mut self, _: &[String]) -> Result<(), String> {
            self.0.send(()).map_err(|error| error.to_string())
        }

        fn idle(&mut self) -> Result<(), String> {
            Ok(())
        }
    }

    /// A row that takes a minute must not keep back those before it, of which each may stop a payment.
    #[test]
    fn rows_that_are_ready_are_handed_over_before_later_ones_are_answered() {
        let (say, said) = channel();
        let said = std::sync::Mutex::new(said);
        let answer_row = |rows: &[Row<'_>], pages: &mut Vec<String>| {
            if rows.iter().any(|row| row.subject == "s100") {
                let said = said.lock().map_err(|error| error.to_string())?;
                said.recv_timeout(Duration::from_mins(1))
                    .map_err(|_| "nothing was handed over".to_owned())?;
            }
            numbered(rows, pages)
        };
        let ended = answer(Subjects::lines(Cursor::new(input(200))), answer_row, &mut Sayer(say));
        assert!(matches!(ended, Ok(Ended::Whole { rows: 200, .. })), "{ended:?}");
    }

    /// Gives a byte a read, as a slow pipe may.
    struct Slow(Cursor<Vec<u8>>);

    impl Read for Slow {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let one = into.len().min(1);
            self.0.read(&mut into[..one])
        }
    }

    #[test]
    fn gzip_is_known_however_slowly_it_comes() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        io::Write::write_all(&mut packed, b"a\nb\n").expect("packed");
        let packed = packed.finish().expect("packed");
        for (input, output) in [
            (packed, &b"a\nb\n"[..]),
            (b"\x1f".to_vec(), b"\x1f"),
            (b"\x1fx".to_vec(), b"\x1fx"),
            (b"a".to_vec(), b"a"),
            (Vec::new(), b""),
        ] {
            let mut read = Vec::new();
            unpacked(Slow(Cursor::new(input))).read_to_end(&mut read).expect("read");
            assert_eq!(read, output);
        }
    }

    #[test]
    fn tables_of_any_line_end_and_of_utf_16_are_read_through_it() {
        let utf16 = |mark: [u8; 2], text: &str| {
            let units = text
                .encode_utf16()
                .flat_map(|unit| if mark == [0xff, 0xfe] { unit.to_le_bytes() } else { unit.to_be_bytes() });
            mark.into_iter().chain(units).collect::<Vec<u8>>()
        };
        let table = "id\tEmpfänger\tto\r\n1\tJürgen 😀\tA\r\n2\tx\tB\r\n";
        for input in [
            utf16([0xff, 0xfe], table),
            utf16([0xfe, 0xff], table),
            table.as_bytes().to_vec(),
            table.replace("\r\n", "\r").into_bytes(),
            table.replace("\r\n", "\n").into_bytes(),
        ] {
            for slow in [true, false] {
                let input = Cursor::new(input.clone());
                let input: Box<dyn Read + Send> =
                    if slow { Box::new(unpacked(Slow(input))) } else { Box::new(unpacked(input)) };
                let mut keeper = Keeper { taken: Vec::new(), most: usize::MAX };
                let subjects = Subjects::column(input, "to").expect("a header");
                let ended = answer(subjects, numbered, &mut keeper);
                assert!(matches!(ended, Ok(Ended::Whole { rows: 2, blank: 0 })), "{ended:?}");
                assert_eq!(keeper.taken, ["2 A", "3 B"]);
            }
        }
    }

    struct Breaking;

    impl Read for Breaking {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("gone"))
        }
    }
}
