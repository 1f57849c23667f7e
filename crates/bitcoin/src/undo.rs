//! Undo files: the outputs that each block spends, as Bitcoin Core keeps them to be able to take a block back.
//!
//! Formats read from Bitcoin Core: `undo.h` (records), `compressor.cpp` (amounts and scripts), `serialize.h` (variable
//! length numbers), `node/blockstorage.cpp` (framing and checksum).

use std::collections::{HashMap, VecDeque};

use tracehound_model::{
    ScriptType,
    utxo::{OutputRow, UtxoBlock},
};

use crate::{
    curve::lift_x,
    hash::sha256d,
    plan::Plan,
    problem::{ProblemKind, Problems},
    scan::{HeaderIndex, Location},
    script::classify_into,
    source::{BlockSource, FileKind, SourceFile},
    walk::MAX_MONEY,
    window::{ReadResult, Window},
};

/// Magic and length before each record.
const FRAME_LEN: u64 = 8;

/// Checksum behind each record.
const CHECKSUM_LEN: u64 = 32;

/// Longest record that is read, far above any block's: it bounds memory.
const MAX_RECORD: u32 = 64 << 20;

/// Blocks that a record is tried against before it counts as nobody's.
const WINDOW: usize = 4_096;

/// What is wrong with an undo record whose checksum is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UndoError {
    /// It ends too early.
    #[error("it is cut short")]
    Cut,
    /// It goes on after the last spent output.
    #[error("{0} bytes are left over")]
    Trailing(usize),
    /// It counts transactions or inputs otherwise than the block does.
    #[error("it counts {found} where the block has {expected}")]
    Count {
        /// Transactions or inputs in the block.
        expected: u64,
        /// What the record says.
        found: u64,
    },
    /// A number is longer than 64 bits.
    #[error("a number in it is too large")]
    Number,
    /// An amount is above 21 million coins.
    #[error("an amount in it exceeds 21 million coins")]
    Amount,
    /// A shortened public key is not on the curve.
    #[error("a public key in it is no point of the curve")]
    PublicKey,
}

/// Which undo record belongs to which block.
#[derive(Clone, Debug, Default)]
pub struct UndoIndex {
    by_entry: HashMap<u32, Location>,
    problems: Problems,
}

impl UndoIndex {
    /// How many blocks have a record.
    pub fn len(&self) -> usize {
        self.by_entry.len()
    }

    /// Whether no block has one.
    pub fn is_empty(&self) -> bool {
        self.by_entry.is_empty()
    }

    /// Whether the block has one; `entry` is an index in [`HeaderIndex::entries`].
    pub fn contains(&self, entry: u32) -> bool {
        self.by_entry.contains_key(&entry)
    }

    /// Records that belong to no block, and damage.
    pub fn problems(&self) -> &Problems {
        &self.problems
    }

    pub(crate) fn find(&self, entry: u32) -> Option<Location> {
        self.by_entry.get(&entry).copied()
    }
}

impl BlockSource {
    /// Finds the undo record of every block, by the record's checksum: it covers the id of the block's predecessor, and a
    /// record lies in the file of the same number as its block's.
    ///
    /// Reads the undo files once, one record at a time. Records stand in the order in which blocks were connected, which
    /// is nearly the plan's, so few blocks are tried for each.
    pub fn scan_undo(&self, index: &HeaderIndex, plan: &Plan) -> UndoIndex {
        let mut place_in_plan = vec![u32::MAX; index.entries().len()];
        for (place, planned) in plan.order.iter().enumerate() {
            place_in_plan[planned.entry as usize] = place as u32;
        }
        let mut blocks_of = vec![Vec::new(); self.files.len()];
        for (entry, block) in index.entries().iter().enumerate() {
            blocks_of[block.location.file as usize].push(entry as u32);
        }
        let mut block_files = HashMap::new();
        for (number, file) in self.files.iter().enumerate().filter(|(_, file)| file.kind == FileKind::Framed)
        {
            block_files.extend(file.twin_key().map(|key| (key, number)));
        }
        let mut found = UndoIndex::default();
        for (number, file) in self.files.iter().enumerate().filter(|(_, file)| file.kind == FileKind::Undo) {
            let twin = file.twin_key().and_then(|key| block_files.get(&key));
            let Some(&twin) = twin else { continue };
            let mut blocks = std::mem::take(&mut blocks_of[twin]);
            blocks.sort_by_key(|entry| place_in_plan[*entry as usize]);
            let mut matcher = Matcher { index, tries: 64 * blocks.len() + WINDOW, left: blocks.into() };
            if let Err((at, error)) = self.scan_undo_file(number as u32, file, &mut matcher, &mut found) {
                found.problems.add(&file.path, at, ProblemKind::Io(error.to_string()));
            }
        }
        found
    }

    fn scan_undo_file(
        &self,
        number: u32,
        file: &SourceFile,
        matcher: &mut Matcher<'_>,
        found: &mut UndoIndex,
    ) -> ReadResult<()> {
        let mut window = Window::open(file)?;
        let magic = self.params.magic;
        let mut at = 0;
        while at < file.len {
            let begins = window.get(at, FRAME_LEN as usize)?.starts_with(&magic);
            if begins && let Some((record, end)) = record(&mut window, at)? {
                let (undo, checksum) = record.split_last_chunk::<32>().expect("a record holds its checksum");
                let entry = matcher.find(undo, checksum);
                let len = undo.len() as u32;
                if let Some(entry) = entry {
                    found.by_entry.insert(entry, Location { file: number, offset: at + FRAME_LEN, len });
                } else {
                    found.problems.add(&file.path, at, ProblemKind::UndoUnmatched(len));
                }
                // A wrong length leads nowhere in particular; then the next record may be inside of this one.
                if entry.is_some() || window.is_boundary(end)? {
                    at = end;
                    continue;
                }
            }
            let from = at + u64::from(begins);
            let find = |chunk: &[u8]| chunk.windows(4).position(|window| window == magic);
            let (next, untouched) = window.search(from, 4, find)?;
            let next = next.unwrap_or(file.len);
            if begins || !untouched {
                found.problems.add(&file.path, at, ProblemKind::Unreadable(next - at));
            }
            at = next;
        }
        Ok(())
    }
}

/// The undo record with its checksum whose frame begins at `at`, and where it ends; `None` where none can be.
fn record(window: &mut Window, at: u64) -> ReadResult<Option<(&[u8], u64)>> {
    let file_len = window.file_len();
    let Some(len) = window.get(at + 4, 4)?.first_chunk().map(|len| u32::from_le_bytes(*len)) else {
        return Ok(None);
    };
    let end = at + FRAME_LEN + u64::from(len) + CHECKSUM_LEN;
    if len > MAX_RECORD || end > file_len {
        return Ok(None);
    }
    let with_checksum = (u64::from(len) + CHECKSUM_LEN) as usize;
    Ok(Some((&window.get(at + FRAME_LEN, with_checksum)?[..with_checksum], end)))
}

/// Finds the block an undo record belongs to.
struct Matcher<'a> {
    index: &'a HeaderIndex,
    /// Blocks of the twin file that have no record yet, in the likely order.
    left: VecDeque<u32>,
    /// Checksums that may still be computed in vain, so that a hostile file cannot keep us busy.
    tries: usize,
}

impl Matcher<'_> {
    fn find(&mut self, undo: &[u8], checksum: &[u8; 32]) -> Option<u32> {
        // A record covers every transaction but the coinbase.
        let txs = Reader(undo).size().ok()?.checked_add(1)?;
        for i in 0..self.left.len().min(WINDOW) {
            let block = &self.index.entries()[self.left[i] as usize];
            if u64::from(block.tx_count) != txs {
                continue;
            }
            if sha256d(&[&block.header.prev().0, undo]) == *checksum {
                return self.left.remove(i);
            }
            self.tries = self.tries.checked_sub(1)?;
        }
        None
    }
}

/// Fills in the outputs that the inputs of `block` spend; on an error all are left unknown.
pub(crate) fn fill_spent(undo: &[u8], block: &mut UtxoBlock) -> Result<(), UndoError> {
    let payloads = block.payloads.len();
    let result = fill(&mut Reader(undo), block);
    if result.is_err() {
        block.payloads.truncate(payloads);
        block.inputs.iter_mut().for_each(|input| input.prev_output = None);
    }
    result
}

fn fill(reader: &mut Reader<'_>, block: &mut UtxoBlock) -> Result<(), UndoError> {
    let UtxoBlock { txs, inputs, payloads, .. } = block;
    let Some((coinbase, txs)) = txs.split_first() else { return Ok(()) };
    reader.expect_count(txs.len() as u64)?;
    let mut inputs = inputs[coinbase.input_count as usize..].iter_mut();
    for tx in txs {
        reader.expect_count(u64::from(tx.input_count))?;
        for input in inputs.by_ref().take(tx.input_count as usize) {
            input.prev_output = Some(reader.spent_output(payloads)?);
        }
    }
    if reader.0.is_empty() { Ok(()) } else { Err(UndoError::Trailing(reader.0.len())) }
}

/// What is left of an undo record.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], UndoError> {
        let (head, rest) = self.0.split_at_checked(len).ok_or(UndoError::Cut)?;
        self.0 = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], UndoError> {
        let (head, rest) = self.0.split_first_chunk().ok_or(UndoError::Cut)?;
        self.0 = rest;
        Ok(*head)
    }

    /// A count as in blocks (`CompactSize`).
    fn size(&mut self) -> Result<u64, UndoError> {
        Ok(match self.array()? {
            [0xfd] => u16::from_le_bytes(self.array()?).into(),
            [0xfe] => u32::from_le_bytes(self.array()?).into(),
            [0xff] => u64::from_le_bytes(self.array()?),
            [size] => size.into(),
        })
    }

    fn expect_count(&mut self, expected: u64) -> Result<(), UndoError> {
        let found = self.size()?;
        if found == expected { Ok(()) } else { Err(UndoError::Count { expected, found }) }
    }

    /// A number of base-128 digits, most significant first, where each continued one counts one more (`VARINT`).
    fn number(&mut self) -> Result<u64, UndoError> {
        let mut number = 0_u64;
        loop {
            let [byte] = self.array()?;
            if number > u64::MAX >> 7 {
                return Err(UndoError::Number);
            }
            number = number << 7 | u64::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
            number = number.checked_add(1).ok_or(UndoError::Number)?;
        }
    }

    /// One spent output: height and coinbase flag, a remnant of older formats, amount, script.
    fn spent_output(&mut self, payloads: &mut Vec<u8>) -> Result<OutputRow, UndoError> {
        let height_and_coinbase = self.number()?;
        if height_and_coinbase >> 1 > 0 {
            self.number()?;
        }
        let value = amount(self.number()?)?;
        let payload_at = payloads.len() as u32;
        let script_type = self.script(payloads)?;
        Ok(OutputRow { value, script_type, payload_at })
    }

    fn script(&mut self, payloads: &mut Vec<u8>) -> Result<ScriptType, UndoError> {
        Ok(match self.number()? {
            0 => {
                payloads.extend_from_slice(self.take(20)?);
                ScriptType::P2pkh
            }
            1 => {
                payloads.extend_from_slice(self.take(20)?);
                ScriptType::P2sh
            }
            prefix @ (2 | 3) => {
                payloads.push(prefix as u8);
                payloads.extend_from_slice(self.take(32)?);
                ScriptType::P2pkCompressed
            }
            // An uncompressed key is kept by its x coordinate.
            parity @ (4 | 5) => {
                let x = self.array()?;
                let y = lift_x(&x, parity == 5).ok_or(UndoError::PublicKey)?;
                payloads.push(4);
                payloads.extend_from_slice(&x);
                payloads.extend_from_slice(&y);
                ScriptType::P2pkUncompressed
            }
            len => {
                let len = usize::try_from(len - 6).map_err(|_| UndoError::Cut)?;
                classify_into(self.take(len)?, payloads)
            }
        })
    }
}

/// Restores a shortened amount: its trailing zeros are kept as a count. Source: Core's `DecompressAmount`.
fn amount(short: u64) -> Result<u64, UndoError> {
    let Some(rest) = short.checked_sub(1) else { return Ok(0) };
    let (zeros, rest) = (rest % 10, rest / 10);
    let digits = if zeros < 9 {
        let (last, rest) = (rest % 9 + 1, rest / 9);
        rest.checked_mul(10).and_then(|digits| digits.checked_add(last))
    } else {
        rest.checked_add(1)
    };
    digits
        .and_then(|digits| digits.checked_mul(10_u64.pow(zeros as u32)))
        .filter(|value| *value <= MAX_MONEY)
        .ok_or(UndoError::Amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_restored_as_core_does() {
        // Bitcoin Core src/test/compress_tests.cpp, compress_amounts.
        const CENT: u64 = 1_000_000;
        const COIN: u64 = 100_000_000;
        for (value, short) in
            [(0, 0), (1, 1), (CENT, 7), (COIN, 9), (50 * COIN, 0x32), (21_000_000 * COIN, 0x140_6f40)]
        {
            assert_eq!(amount(short), Ok(value), "{short:#x}");
        }
        assert_eq!(amount(u64::MAX), Err(UndoError::Amount));
    }

    #[test]
    fn numbers_are_read_as_core_writes_them() {
        // Bitcoin Core src/serialize.h: the examples in the comment on VARINT.
        for (bytes, number) in [
            (&[0x00][..], 0),
            (&[0x01], 1),
            (&[0x7f], 127),
            (&[0x80, 0x00], 128),
            (&[0x80, 0x7f], 255),
            (&[0x81, 0x00], 256),
            (&[0xfe, 0x7f], 16_383),
            (&[0xff, 0x00], 16_384),
            (&[0x82, 0xfe, 0x7f], 65_535),
            (&[0x8e, 0xfe, 0xfe, 0xff, 0x00], 1 << 32),
        ] {
            assert_eq!(Reader(bytes).number(), Ok(number));
        }
        assert_eq!(Reader(&[0xff; 11]).number(), Err(UndoError::Number));
        assert_eq!(Reader(&[0xff; 3]).number(), Err(UndoError::Cut));
    }
}
