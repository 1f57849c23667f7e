//! Byte strings end to end, and how long each is: amounts without leading zeros, keys of accounts and assets.

use std::ops::Range;

use tracehound_columns::{
    HashIndex, Slice,
    runs::{Runs, RunsData},
};

/// Growing strings.
#[derive(Debug, Default)]
pub(super) struct StringsData {
    pub(super) lengths: RunsData,
    pub(super) bytes: Vec<u8>,
    /// Where each begins; not sealed.
    starts: Vec<u32>,
}

impl StringsData {
    pub(super) fn push(&mut self, string: &[u8]) {
        self.starts.push(self.lengths.total);
        self.lengths.push(string.len() as u32);
        self.bytes.extend_from_slice(string);
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    #[inline]
    pub(super) fn get(&self, at: usize) -> Option<&[u8]> {
        let start = *self.starts.get(at)? as usize;
        let end = self.starts.get(at + 1).map_or(self.bytes.len(), |&end| end as usize);
        self.bytes.get(start..end)
    }

    pub(super) fn view(&self) -> Strings<'_> {
        Strings { lengths: self.lengths.view(), bytes: self.bytes[..].into() }
    }
}

/// Borrowed strings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strings<'a> {
    pub(super) lengths: Runs<'a>,
    pub(super) bytes: Slice<'a, u8>,
}

impl<'a> Strings<'a> {
    pub(super) fn len(&self) -> usize {
        self.lengths.len()
    }

    #[inline]
    pub(super) fn get(&self, at: usize) -> Option<&'a [u8]> {
        self.bytes.range(self.lengths.range(at)?)
    }

    /// The bytes of a run of strings, end to end.
    pub(super) fn bytes_of(&self, strings: Range<usize>) -> Option<&'a [u8]> {
        self.bytes.range(self.lengths.start(strings.start)?..self.lengths.start(strings.end)?)
    }

    /// A run of strings, one after the other; fewer where the file is damaged.
    pub(super) fn each(&self, strings: Range<usize>) -> Option<impl Iterator<Item = &'a [u8]> + use<'a>> {
        let bytes = self.bytes_of(strings.clone())?;
        let lengths = self.lengths.counts_of(strings.clone())?;
        let mut at = 0;
        Some((0..strings.len()).map_while(move |string| {
            let start = at;
            at += lengths.get(string)?;
            bytes.get(start..at)
        }))
    }

    /// Whether lengths and bytes agree.
    pub(super) fn agree(&self) -> bool {
        self.lengths.start(self.len()) == Some(self.bytes.len())
    }
}

/// Strings with an index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a> {
    pub(super) strings: Strings<'a>,
    pub(super) index: HashIndex<'a>,
}

impl Names<'_> {
    /// The relative number of a name whose hash is `hash`.
    pub(super) fn find(&self, hash: u64, name: &[u8]) -> Option<u32> {
        self.index.candidates(hash).find(|&rel| self.strings.get(rel as usize) == Some(name))
    }
}
