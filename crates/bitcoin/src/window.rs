//! A piece of a file that moves along with whoever looks for frames in it.

use std::io;

use crate::{
    network::name_of,
    source::{FileReader, SourceFile, XorKey},
};

/// A failed read and where it was tried.
pub(crate) type ReadResult<T> = Result<T, (u64, io::Error)>;

/// Bytes read at once: many small blocks, or the head of one large block and little more.
const AHEAD: usize = 16 * 1024;

/// Bytes read at once while looking for the next frame behind damage.
const SEARCH_AHEAD: usize = 256 * 1024;

/// A piece of a file, replaced when another place is asked for.
pub(crate) struct Window {
    reader: FileReader,
    key: XorKey,
    len: u64,
    bytes: Vec<u8>,
    start: u64,
}

impl Window {
    pub(crate) fn open(file: &SourceFile) -> ReadResult<Self> {
        let reader = FileReader::open(file).map_err(|error| (0, error))?;
        Ok(Self { reader, key: file.key, len: file.len, bytes: Vec::new(), start: 0 })
    }

    /// The file's length in bytes.
    pub(crate) const fn file_len(&self) -> u64 {
        self.len
    }

    /// The bytes from `at` on: at least `want`, fewer only at the file's end.
    pub(crate) fn get(&mut self, at: u64, want: usize) -> ReadResult<&[u8]> {
        self.get_ahead(at, want, AHEAD)
    }

    fn get_ahead(&mut self, at: u64, want: usize, ahead: usize) -> ReadResult<&[u8]> {
        let left = self.len.saturating_sub(at);
        let end = self.start + self.bytes.len() as u64;
        if at < self.start || at + left.min(want as u64) > end {
            self.bytes.resize(left.min(ahead.max(want) as u64) as usize, 0);
            self.start = at;
            if let Err(error) = self.reader.read_exact_at(at, &mut self.bytes) {
                self.bytes.clear();
                return Err((at, error));
            }
        }
        let from = (at - self.start).min(self.bytes.len() as u64);
        Ok(&self.bytes[from as usize..])
    }

    /// Whether the frame before surely ends here: at the file's end, or where a known magic stands. Zeros prove nothing,
    /// as blocks are full of them.
    pub(crate) fn is_boundary(&mut self, at: u64) -> ReadResult<bool> {
        let head = self.get(at, 4)?;
        Ok(head.is_empty() || head.first_chunk().is_some_and(|magic| name_of(*magic).is_some()))
    }

    /// The first place from `at` on where `find` recognises something in `need` bytes, and whether all before it was
    /// never written. `find` gets a piece of the file and gives a position in it.
    pub(crate) fn search(
        &mut self,
        mut at: u64,
        need: usize,
        find: impl Fn(&[u8]) -> Option<usize>,
    ) -> ReadResult<(Option<u64>, bool)> {
        let (len, key) = (self.len, self.key);
        let mut untouched = true;
        while at < len {
            let chunk = self.get_ahead(at, need, SEARCH_AHEAD)?;
            let found = if key.is_untouched(chunk, at) { None } else { find(chunk) };
            untouched &= key.is_untouched(&chunk[..found.unwrap_or(chunk.len())], at);
            if let Some(found) = found {
                return Ok((Some(at + found as u64), untouched));
            }
            if at + chunk.len() as u64 == len {
                break;
            }
            // A frame may begin in the last bytes of a chunk: they are looked at again with the next one.
            at += (chunk.len() - need + 1) as u64;
        }
        Ok((None, untouched))
    }
}
