//! Era1 files: the history of proof of work in files of up to 8,192 blocks, with receipts
//! (<https://github.com/eth-clients/e2store-format-specs/blob/main/formats/era1.md>).
//!
//! A file proves itself: each block under its header's hash, the headers by their parents, and all of them under the
//! accumulator at the file's end, which is known for every file of Ethereum's history. Whoever knows the right accumulator
//! needs to trust nobody.

use std::{
    io::{self, Read, Seek, SeekFrom},
    ops::RangeInclusive,
};

use alloy_consensus::{Header, ReceiptEnvelope, TxEnvelope};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{B256, U256};
use alloy_rlp::Decodable;
use sha2::{Digest, Sha256};

use crate::{
    block::{Block, BlockError},
    receipts::{ReceiptError, Receipts},
};

/// Most blocks of one file.
pub const MAX_BLOCKS: usize = 8_192;
/// Longest packed entry of a block that is read.
const MAX_PACKED: u64 = 64 << 20;
/// Longest unpacked entry of a block.
const MAX_UNPACKED: u64 = 256 << 20;

/// Types of entries.
const VERSION: u16 = 0x3265;
const HEADER: u16 = 0x03;
const BODY: u16 = 0x04;
const RECEIPTS: u16 = 0x05;
const TOTAL_DIFFICULTY: u16 = 0x06;
const ACCUMULATOR: u16 = 0x07;
const BLOCK_INDEX: u16 = 0x3266;

/// Why a file is refused. Blocks before the one that is wrong were whole.
#[derive(Debug, thiserror::Error)]
pub enum Era1Error {
    /// It cannot be read.
    #[error("reading the era1 file: {0}")]
    Io(#[from] io::Error),
    /// It is not of the form.
    #[error("this is no whole era1 file: block {block} of it {what}")]
    Form {
        /// The block's place in the file, from 0.
        block: usize,
        /// What is wrong.
        what: String,
    },
    /// A block of it contradicts itself.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// Receipts of it contradict their block.
    #[error(transparent)]
    Receipts(#[from] ReceiptError),
    /// A block does not continue the one before it.
    #[error("block {number} does not continue the block before it in the file")]
    Parent {
        /// The block.
        number: u64,
    },
    /// All of its blocks are not what its end says.
    #[error("the file's blocks have the accumulator {computed}, but its end says {stated}")]
    Accumulator {
        /// What the file says.
        stated: B256,
        /// What its blocks come to.
        computed: B256,
    },
}

/// The numbers of a file's blocks, as the index at its end tells them: for choosing files, not for believing them.
///
/// # Errors
/// When it does not end as an era1 file does.
pub fn blocks(file: &mut (impl Read + Seek)) -> Result<RangeInclusive<u64>, Era1Error> {
    let wrong = || Era1Error::Form { block: 0, what: "is not told of by an index at its end".to_owned() };
    let mut word = |from_end: u64| -> Result<u64, Era1Error> {
        let from_end = i64::try_from(from_end).map_err(|_| wrong())?;
        file.seek(SeekFrom::End(-from_end)).map_err(|_| wrong())?;
        let mut bytes = [0; 8];
        file.read_exact(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    };
    // The first number, where each block is, and how many there are, behind a head of eight bytes.
    let count = word(8)?;
    if count == 0 || count > MAX_BLOCKS as u64 {
        return Err(wrong());
    }
    let length = (count + 2) * 8;
    if word(length + 8)? != u64::from(BLOCK_INDEX) | length << 16 {
        return Err(wrong());
    }
    let first = word(length)?;
    let last = first.checked_add(count - 1).ok_or_else(wrong)?;
    Ok(first..=last)
}

/// Reads the blocks of a file, one after the other.
#[derive(Debug)]
pub struct Era1<R> {
    input: R,
    /// Hash and total difficulty of each block so far.
    records: Vec<(B256, U256)>,
    number: u64,
    accumulator: Option<B256>,
}

impl<R: Read> Era1<R> {
    /// Begins to read a file.
    ///
    /// # Errors
    /// When it does not begin as an era1 file does.
    pub fn new(input: R) -> Result<Self, Era1Error> {
        let mut file = Self { input, records: Vec::new(), number: 0, accumulator: None };
        match file.entry()? {
            Some((VERSION, content)) if content.is_empty() => Ok(file),
            _ => Err(file.wrong("does not come after a version")),
        }
    }

    /// The accumulator that the file ends with, which its blocks were found to have; nothing before its end was read.
    pub fn accumulator(&self) -> Option<B256> {
        self.accumulator
    }

    /// The next block with its receipts; nothing at the end, where the accumulator was found right.
    ///
    /// # Errors
    /// When the file is cut off or contradicts itself.
    pub fn next_block(&mut self) -> Result<Option<(Block, Receipts)>, Era1Error> {
        if self.accumulator.is_some() {
            return Ok(None);
        }
        let header = match self.entry()?.ok_or_else(|| self.wrong("is not there, nor is an end"))? {
            (HEADER, packed) => unpack(&packed)?,
            (ACCUMULATOR, stated) => return self.end(&stated).map(|()| None),
            (other, _) => return Err(self.wrong(format!("begins with an entry of type {other:#06x}"))),
        };
        if self.records.len() == MAX_BLOCKS {
            return Err(self.wrong(format!("is one more than the {MAX_BLOCKS} that a file may have")));
        }
        let body = unpack(&self.expect(BODY)?)?;
        let receipts = unpack(&self.expect(RECEIPTS)?)?;
        let total = self.expect(TOTAL_DIFFICULTY)?;
        let total: [u8; 32] =
            total.try_into().map_err(|_| self.wrong("has a total difficulty of another length"))?;
        let total = U256::from_le_bytes(total);

        let header: Header = self.decode(&header, "header")?;
        let (txs, uncles) = self.body(&body)?;
        let block = Block::of_parts(header, &txs, uncles)?;
        let receipts = Receipts::of_parts(self.receipts(&receipts)?, &block)?;
        if let Some(&(before, total_before)) = self.records.last() {
            let is_next = block.header.parent_hash == before && block.header.number == self.number + 1;
            if !is_next || total_before.checked_add(block.header.difficulty) != Some(total) {
                return Err(Era1Error::Parent { number: block.header.number });
            }
        }
        self.number = block.header.number;
        self.records.push((block.hash, total));
        Ok(Some((block, receipts)))
    }

    fn wrong(&self, what: impl Into<String>) -> Era1Error {
        Era1Error::Form { block: self.records.len(), what: what.into() }
    }

    /// The next entry, its type and what is in it; nothing at the end of the file.
    fn entry(&mut self) -> Result<Option<(u16, Vec<u8>)>, Era1Error> {
        let mut head = [0; 8];
        match self.input.read(&mut head[..1])? {
            0 => return Ok(None),
            _ => self.input.read_exact(&mut head[1..])?,
        }
        let kind = u16::from_le_bytes([head[0], head[1]]);
        let length = u64::from(u32::from_le_bytes([head[2], head[3], head[4], head[5]]));
        if length > MAX_PACKED || head[6..] != [0, 0] {
            return Err(self.wrong("has an entry of an impossible length"));
        }
        let mut content = Vec::new();
        let read = (&mut self.input).take(length).read_to_end(&mut content)?;
        if read as u64 != length {
            return Err(self.wrong("is cut off"));
        }
        Ok(Some((kind, content)))
    }

    fn expect(&mut self, wanted: u16) -> Result<Vec<u8>, Era1Error> {
        match self.entry()? {
            Some((kind, content)) if kind == wanted => Ok(content),
            _ => Err(self.wrong(format!("has no entry of type {wanted:#06x} where one must be"))),
        }
    }

    fn decode<T: Decodable>(&self, bytes: &[u8], what: &str) -> Result<T, Era1Error> {
        let mut rest = bytes;
        let read = T::decode(&mut rest).map_err(|error| self.wrong(format!("has no {what}: {error}")))?;
        if rest.is_empty() { Ok(read) } else { Err(self.wrong(format!("has more than a {what} in one"))) }
    }

    fn body(&self, bytes: &[u8]) -> Result<(Vec<TxEnvelope>, Vec<Header>), Era1Error> {
        let Body { txs, uncles } = self.decode(bytes, "body")?;
        Ok((txs, uncles))
    }

    fn receipts(&self, bytes: &[u8]) -> Result<Vec<ReceiptEnvelope>, Era1Error> {
        let Enveloped(receipts) = self.decode(bytes, "list of receipts")?;
        Ok(receipts)
    }

    fn end(&mut self, stated: &[u8]) -> Result<(), Era1Error> {
        let stated: [u8; 32] =
            stated.try_into().map_err(|_| self.wrong("is followed by an accumulator of another length"))?;
        self.expect(BLOCK_INDEX)?;
        if self.entry()?.is_some() {
            return Err(self.wrong("is followed by more than an index of blocks"));
        }
        let (stated, computed) = (B256::from(stated), accumulator(&self.records));
        if stated != computed {
            return Err(Era1Error::Accumulator { stated, computed });
        }
        self.accumulator = Some(stated);
        Ok(())
    }
}

/// The SSZ hash tree root of a list of hashes and total difficulties, of at most [`MAX_BLOCKS`].
fn accumulator(records: &[(B256, U256)]) -> B256 {
    let pair = |left: &[u8], right: &[u8]| -> [u8; 32] {
        Sha256::new().chain_update(left).chain_update(right).finalize().into()
    };
    let mut nodes: Vec<[u8; 32]> =
        records.iter().map(|(hash, total)| pair(hash.as_slice(), &total.to_le_bytes::<32>())).collect();
    // What a missing node of this level stands for.
    let mut empty = [0; 32];
    let mut width = MAX_BLOCKS;
    while width > 1 {
        nodes = nodes.chunks(2).map(|two| pair(&two[0], two.get(1).unwrap_or(&empty))).collect();
        empty = pair(&empty, &empty);
        width /= 2;
    }
    let root = nodes.first().copied().unwrap_or(empty);
    pair(&root, &U256::from(records.len()).to_le_bytes::<32>()).into()
}

fn unpack(packed: &[u8]) -> io::Result<Vec<u8>> {
    let mut unpacked = Vec::new();
    snap::read::FrameDecoder::new(packed).take(MAX_UNPACKED + 1).read_to_end(&mut unpacked)?;
    if unpacked.len() as u64 > MAX_UNPACKED {
        return Err(io::Error::other("an entry unpacks to more than any block has"));
    }
    Ok(unpacked)
}

/// A list in RLP of what is encoded by EIP-2718, as the eth protocol sends it: legacy items as they are, others as bytes.
struct Enveloped<T>(Vec<T>);

impl<T: Decodable2718> Decodable for Enveloped<T> {
    fn decode(buf: &mut &[u8]) -> alloy_rlp::Result<Self> {
        let mut inner = alloy_rlp::Header::decode_bytes(buf, true)?;
        let mut items = Vec::new();
        while !inner.is_empty() {
            items.push(T::network_decode(&mut inner).map_err(alloy_rlp::Error::from)?);
        }
        Ok(Self(items))
    }
}

struct Body {
    txs: Vec<TxEnvelope>,
    uncles: Vec<Header>,
}

impl Decodable for Body {
    fn decode(buf: &mut &[u8]) -> alloy_rlp::Result<Self> {
        let mut inner = alloy_rlp::Header::decode_bytes(buf, true)?;
        let Enveloped(txs) = Enveloped::decode(&mut inner)?;
        let uncles = Vec::<Header>::decode(&mut inner)?;
        if inner.is_empty() { Ok(Self { txs, uncles }) } else { Err(alloy_rlp::Error::UnexpectedLength) }
    }
}
