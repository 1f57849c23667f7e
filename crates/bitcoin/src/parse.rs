//! One serialised block into flat tables, without copying it.
//!
//! The parser checks the block's own structure, not consensus: every length against the bytes that are left, canonical
//! sizes, counts, the coinbase's place, amounts against the money supply, the weight limit, and the Merkle root. It
//! does not run scripts, look for double spends or check proof of work (the header scan does that last one).

use std::fmt;

use tracehound_model::{
    BlockHash, TxId,
    utxo::{COINBASE_VOUT, Header, InputRow, OutputRow, TxRow, UtxoBlock},
};

use crate::{
    hash::{Message, merkle_root, sha256d, sha256d_all},
    script::classify_into,
};

/// Most weight units a block may have (BIP-141), and so the most bytes it may be serialised in.
pub const MAX_BLOCK_WEIGHT: usize = 4_000_000;

/// Most satoshi that can ever exist.
pub const MAX_MONEY: u64 = 21_000_000 * 100_000_000;

/// Bytes of a block header.
pub(crate) const HEADER_LEN: usize = 80;

/// What is wrong with a block, and where in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} (byte {offset} of the block)")]
pub struct BlockError {
    /// What is wrong.
    pub kind: BlockErrorKind,
    /// Where, counted from the block's first byte.
    pub offset: usize,
}

/// What can be wrong with a block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockErrorKind {
    /// The bytes end inside a field.
    #[error("{field} needs {needed} bytes, {left} are left")]
    Truncated {
        /// The field that is cut.
        field: Field,
        /// Bytes it takes; for a list, the fewest its entries can take.
        needed: u64,
        /// Bytes there are.
        left: usize,
    },
    /// A length or count is written in more bytes than it needs, which no node accepts.
    #[error("{0} is not written in the shortest form")]
    NonCanonical(Field),
    /// More bytes than any block can have.
    #[error("{0} bytes are more than a block can have ({MAX_BLOCK_WEIGHT})")]
    TooLong(usize),
    /// More weight than any block can have.
    #[error("weight {0} is more than a block can have ({MAX_BLOCK_WEIGHT})")]
    TooHeavy(u64),
    /// Bytes follow the last transaction.
    #[error("{0} bytes follow the last transaction")]
    TrailingBytes(usize),
    /// A list that must not be empty is.
    #[error("{0} is zero")]
    Empty(Field),
    /// A segwit flag other than 1.
    #[error("transaction flag {0} is unknown")]
    UnknownFlag(u8),
    /// A transaction is marked as having witnesses, and all are empty.
    #[error("transaction is marked segwit and carries no witness")]
    SuperfluousWitness,
    /// The first transaction is not a coinbase.
    #[error("first transaction is not a coinbase")]
    NoCoinbase,
    /// A later transaction spends the null outpoint.
    #[error("transaction {0} spends nothing, as only the first may")]
    MisplacedCoinbase(usize),
    /// The coinbase's input script has a forbidden length.
    #[error("coinbase script of {0} bytes is not 2 to 100 bytes long")]
    CoinbaseScript(usize),
    /// An output, or a transaction's outputs together, exceed the money supply.
    #[error("outputs are worth more than 21 million coins")]
    TooMuchMoney,
    /// The transactions are not the ones the header commits to.
    #[error("transactions do not hash to the header's Merkle root")]
    MerkleRoot,
    /// The last transactions are repeated such that the Merkle root stays the same (CVE-2012-2459).
    #[error("transactions are repeated behind an unchanged Merkle root (CVE-2012-2459)")]
    RepeatedTransactions,
    /// The witnesses are not the ones the coinbase commits to (BIP-141).
    #[error("witnesses do not hash to the coinbase's commitment")]
    WitnessCommitment,
}

/// A field of a block, for error messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "`Display` says what each one is")]
pub enum Field {
    Header,
    TxCount,
    Version,
    Flag,
    InputCount,
    Input,
    InputScript,
    OutputCount,
    Output,
    OutputScript,
    WitnessCount,
    WitnessItem,
    LockTime,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "block header",
            Self::TxCount => "transaction count",
            Self::Version => "transaction version",
            Self::Flag => "segwit flag",
            Self::InputCount => "input count",
            Self::Input => "input",
            Self::InputScript => "input script",
            Self::OutputCount => "output count",
            Self::Output => "output",
            Self::OutputScript => "output script",
            Self::WitnessCount => "witness item count",
            Self::WitnessItem => "witness item",
            Self::LockTime => "lock time",
        })
    }
}

/// Working memory of [`read_block`], reused from block to block.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    places: Vec<TxPlace>,
    nodes: Vec<[u8; 32]>,
    witness_nodes: Vec<[u8; 32]>,
}

/// Where a transaction's bytes lie in its block.
#[derive(Clone, Copy, Debug)]
struct TxPlace {
    start: u32,
    /// From the input count to the last output: what is hashed between version and lock time.
    body: (u32, u32),
    end: u32,
    segwit: bool,
}

impl TxPlace {
    /// The transaction without witness data.
    fn stripped<'a>(&self, bytes: &'a [u8]) -> Message<'a> {
        let whole = self.whole(bytes);
        if !self.segwit {
            return whole;
        }
        let edges = whole.body.first_chunk().zip(whole.body.last_chunk());
        Message { body: &bytes[self.body.0 as usize..self.body.1 as usize], edges }
    }

    /// The transaction with its witness data.
    fn whole<'a>(&self, bytes: &'a [u8]) -> Message<'a> {
        Message { body: &bytes[self.start as usize..self.end as usize], edges: None }
    }

    fn total_len(&self) -> usize {
        (self.end - self.start) as usize
    }

    fn stripped_len(&self) -> usize {
        if self.segwit { (self.body.1 - self.body.0) as usize + 8 } else { self.total_len() }
    }
}

/// What [`read_block_with`] checks beyond a block's structure and Merkle root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checks {
    /// Whether the witnesses must hash to the coinbase's commitment (BIP-141). Costs a second double hash of every
    /// transaction; without it a changed witness byte goes unnoticed, which touches nothing in the tables.
    pub witness_commitment: bool,
}

/// Reads one serialised block into `out`, reusing its memory, and checks its Merkle root.
///
/// `out.height` is what [`height_hint`] says; a reader that knows the chain overrides it. On an error `out` is empty. Linear in the block's size; no allocation once the
/// tables have grown to the largest block seen.
pub fn read_block(bytes: &[u8], out: &mut UtxoBlock, scratch: &mut Scratch) -> Result<(), BlockError> {
    read_block_with(bytes, out, scratch, Checks::default())
}

/// As [`read_block`], with more checks.
pub fn read_block_with(
    bytes: &[u8],
    out: &mut UtxoBlock,
    scratch: &mut Scratch,
    checks: Checks,
) -> Result<(), BlockError> {
    out.clear();
    let result = parse(bytes, out, scratch, checks);
    if result.is_err() {
        out.clear();
    }
    result
}

/// Id of the block with this header.
pub fn block_hash(header: &Header) -> BlockHash {
    BlockHash(sha256d(&[&header.0]))
}

/// A place in a block; every read checks what is left.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a> {
    /// Bytes there were at first.
    len: usize,
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { len: bytes.len(), rest: bytes }
    }

    const fn left(&self) -> usize {
        self.rest.len()
    }

    pub(crate) const fn at(&self) -> usize {
        self.len - self.rest.len()
    }

    pub(crate) const fn error(&self, kind: BlockErrorKind) -> BlockError {
        BlockError { kind, offset: self.at() }
    }

    #[cold]
    const fn truncated(&self, field: Field, needed: u64) -> BlockError {
        self.error(BlockErrorKind::Truncated { field, needed, left: self.left() })
    }

    #[inline]
    pub(crate) fn take(&mut self, len: usize, field: Field) -> Result<&'a [u8], BlockError> {
        let Some((taken, rest)) = self.rest.split_at_checked(len) else {
            return Err(self.truncated(field, len as u64));
        };
        self.rest = rest;
        Ok(taken)
    }

    #[inline]
    pub(crate) fn array<const N: usize>(&mut self, field: Field) -> Result<&'a [u8; N], BlockError> {
        let Some((taken, rest)) = self.rest.split_first_chunk() else {
            return Err(self.truncated(field, N as u64));
        };
        self.rest = rest;
        Ok(taken)
    }

    /// A length or count (`CompactSize`); only the shortest form is accepted.
    #[inline]
    pub(crate) fn size(&mut self, field: Field) -> Result<u64, BlockError> {
        let [first] = *self.array(field)?;
        if first < 0xfd { Ok(u64::from(first)) } else { self.wide_size(first, field) }
    }

    fn wide_size(&mut self, first: u8, field: Field) -> Result<u64, BlockError> {
        let (value, least) = match first {
            0xfd => (u64::from(u16::from_le_bytes(*self.array(field)?)), 0xfd),
            0xfe => (u64::from(u32::from_le_bytes(*self.array(field)?)), 0x1_0000),
            _ => (u64::from_le_bytes(*self.array(field)?), 0x1_0000_0000),
        };
        if value < least { Err(self.error(BlockErrorKind::NonCanonical(field))) } else { Ok(value) }
    }

    /// A number of entries that take at least `least` bytes each, and that fit into what is left.
    #[inline]
    fn count(&mut self, field: Field, least: u64) -> Result<u32, BlockError> {
        let count = self.size(field)?;
        let needed = count.saturating_mul(least);
        if needed > self.left() as u64 {
            return Err(self.truncated(field, needed));
        }
        u32::try_from(count).map_err(|_| self.truncated(field, needed))
    }

    #[inline]
    fn skip(&mut self, count: Field, item: Field) -> Result<&'a [u8], BlockError> {
        let len = self.size(count)?;
        let len = usize::try_from(len).map_err(|_| self.truncated(item, len))?;
        self.take(len, item)
    }
}

/// What the parser keeps of the coinbase for the checks that come after it.
#[derive(Default)]
struct Coinbase<'a> {
    script: &'a [u8],
    /// The commitment in the last output that has the form of one (BIP-141).
    commitment: Option<&'a [u8]>,
    /// The first witness item: what the commitment was salted with.
    reserved: Option<&'a [u8]>,
}

fn parse(bytes: &[u8], out: &mut UtxoBlock, scratch: &mut Scratch, checks: Checks) -> Result<(), BlockError> {
    let mut cursor = Cursor::new(bytes);
    if bytes.len() > MAX_BLOCK_WEIGHT {
        return Err(cursor.error(BlockErrorKind::TooLong(bytes.len())));
    }
    out.header = Header(*cursor.array(Field::Header)?);
    // The smallest transaction has one input (41 bytes) and one output (9 bytes) within 10 bytes of its own.
    let tx_count = cursor.count(Field::TxCount, 60)? as usize;
    if tx_count == 0 {
        return Err(cursor.error(BlockErrorKind::Empty(Field::TxCount)));
    }
    scratch.places.clear();
    let mut coinbase = Coinbase::default();
    let mut stripped = cursor.at();
    let mut has_witness = false;
    for index in 0..tx_count {
        let (tx, place) = parse_tx(&mut cursor, out, index, &mut coinbase)?;
        stripped += place.stripped_len();
        has_witness |= place.segwit;
        scratch.places.push(place);
        out.txs.push(tx);
    }
    if cursor.left() > 0 {
        return Err(cursor.error(BlockErrorKind::TrailingBytes(cursor.left())));
    }
    let weight = 3 * stripped as u64 + bytes.len() as u64;
    if weight > MAX_BLOCK_WEIGHT as u64 {
        return Err(BlockError { kind: BlockErrorKind::TooHeavy(weight), offset: 0 });
    }
    let Scratch { places, nodes, witness_nodes } = scratch;
    nodes.clear();
    nodes.resize(places.len(), [0; 32]);
    sha256d_all(places.iter().map(|place| place.stripped(bytes)), |i, hash| {
        nodes[i] = hash;
        out.txs[i].txid = TxId(hash);
    });
    check_root(&out.header, nodes)?;
    if checks.witness_commitment && (has_witness || coinbase.commitment.is_some()) {
        witness_nodes.clear();
        witness_nodes.resize(places.len(), [0; 32]);
        let messages = places.iter().map(|place| place.whole(bytes));
        sha256d_all(messages, |i, hash| witness_nodes[i] = hash);
        // The coinbase holds the commitment, so it cannot be part of it.
        witness_nodes[0] = [0; 32];
        check_witnesses(&coinbase, has_witness, witness_nodes)?;
    }
    out.hash = block_hash(&out.header);
    out.size = bytes.len() as u32;
    out.height = height_hint(&out.header, coinbase.script);
    Ok(())
}

fn check_root(header: &Header, nodes: &mut [[u8; 32]]) -> Result<(), BlockError> {
    let merkle = merkle_root(nodes);
    let kind = if merkle.root != header.merkle_root() {
        BlockErrorKind::MerkleRoot
    } else if merkle.ambiguous {
        BlockErrorKind::RepeatedTransactions
    } else {
        return Ok(());
    };
    Err(BlockError { kind, offset: 36 })
}

/// BIP-141: witness root and the coinbase's reserved value hash to the commitment; witnesses without one are invalid.
/// A commitment with neither witnesses nor a reserved value binds nothing: blocks before activation have them.
fn check_witnesses(
    coinbase: &Coinbase<'_>,
    has_witness: bool,
    nodes: &mut [[u8; 32]],
) -> Result<(), BlockError> {
    let root = merkle_root(nodes).root;
    let holds = match (coinbase.commitment, coinbase.reserved) {
        (Some(commitment), Some(reserved)) => {
            reserved.len() == 32 && sha256d(&[&root, reserved]) == *commitment
        }
        _ => !has_witness,
    };
    if holds {
        return Ok(());
    }
    Err(BlockError { kind: BlockErrorKind::WitnessCommitment, offset: HEADER_LEN })
}

/// Walks one transaction; returns its row, still without its id, and where it lies.
#[inline]
fn parse_tx<'a>(
    cursor: &mut Cursor<'a>,
    out: &mut UtxoBlock,
    index: usize,
    coinbase: &mut Coinbase<'a>,
) -> Result<(TxRow, TxPlace), BlockError> {
    let start = cursor.at();
    let version: &[u8; 4] = cursor.array(Field::Version)?;
    let mut body_start = cursor.at();
    let mut input_count = cursor.count(Field::InputCount, 41)?;
    let segwit = input_count == 0;
    if segwit {
        let [flag] = *cursor.array(Field::Flag)?;
        if flag != 1 {
            let kind = if flag == 0 {
                BlockErrorKind::Empty(Field::InputCount)
            } else {
                BlockErrorKind::UnknownFlag(flag)
            };
            return Err(cursor.error(kind));
        }
        body_start = cursor.at();
        input_count = cursor.count(Field::InputCount, 41)?;
        if input_count == 0 {
            return Err(cursor.error(BlockErrorKind::Empty(Field::InputCount)));
        }
    }
    parse_inputs(cursor, out, index, input_count, coinbase)?;
    let output_count = parse_outputs(cursor, out, index, coinbase)?;
    let body = (body_start as u32, cursor.at() as u32);
    if segwit {
        parse_witnesses(cursor, index, input_count, coinbase)?;
    }
    let lock_time: &[u8; 4] = cursor.array(Field::LockTime)?;
    // A block is shorter than 4 MB, so its positions fit into 32 bits.
    let place = TxPlace { start: start as u32, body, end: cursor.at() as u32, segwit };
    let row = TxRow {
        txid: TxId::default(),
        input_count,
        output_count,
        version: i32::from_le_bytes(*version),
        lock_time: u32::from_le_bytes(*lock_time),
        weight: (3 * place.stripped_len() + place.total_len()) as u32,
    };
    Ok((row, place))
}

#[inline]
fn parse_inputs<'a>(
    cursor: &mut Cursor<'a>,
    out: &mut UtxoBlock,
    index: usize,
    count: u32,
    coinbase: &mut Coinbase<'a>,
) -> Result<(), BlockError> {
    for _ in 0..count {
        let at = cursor.at();
        let outpoint: &[u8; 36] = cursor.array(Field::Input)?;
        let (txid, vout) = outpoint.split_first_chunk::<32>().expect("36 bytes");
        let script = cursor.skip(Field::InputScript, Field::InputScript)?;
        let sequence = u32::from_le_bytes(*cursor.array(Field::Input)?);
        let row = InputRow {
            prev_txid: TxId(*txid),
            prev_vout: u32::from_le_bytes(vout.try_into().expect("4 bytes")),
            sequence,
            prev_output: None,
        };
        if index == 0 {
            check_coinbase(&row, count, script).map_err(|kind| BlockError { kind, offset: at })?;
            coinbase.script = script;
        } else if row.prev_vout == COINBASE_VOUT && row.is_coinbase() {
            return Err(BlockError { kind: BlockErrorKind::MisplacedCoinbase(index), offset: at });
        }
        out.inputs.push(row);
    }
    Ok(())
}

fn check_coinbase(row: &InputRow, count: u32, script: &[u8]) -> Result<(), BlockErrorKind> {
    if count != 1 || !row.is_coinbase() {
        return Err(BlockErrorKind::NoCoinbase);
    }
    if !(2..=100).contains(&script.len()) {
        return Err(BlockErrorKind::CoinbaseScript(script.len()));
    }
    Ok(())
}

#[inline]
fn parse_outputs<'a>(
    cursor: &mut Cursor<'a>,
    out: &mut UtxoBlock,
    index: usize,
    coinbase: &mut Coinbase<'a>,
) -> Result<u32, BlockError> {
    let count = cursor.count(Field::OutputCount, 9)?;
    if count == 0 {
        return Err(cursor.error(BlockErrorKind::Empty(Field::OutputCount)));
    }
    let mut sum = 0;
    for _ in 0..count {
        let at = cursor.at();
        let value = u64::from_le_bytes(*cursor.array(Field::Output)?);
        // Both terms are checked before they are added, so the sum cannot overflow.
        if value > MAX_MONEY || sum + value > MAX_MONEY {
            return Err(BlockError { kind: BlockErrorKind::TooMuchMoney, offset: at });
        }
        sum += value;
        let script = cursor.skip(Field::OutputScript, Field::OutputScript)?;
        if index == 0
            && let [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed, rest @ ..] = script
            && let Some(commitment) = rest.get(..32)
        {
            coinbase.commitment = Some(commitment);
        }
        let payload_at = out.payloads.len() as u32;
        let script_type = classify_into(script, &mut out.payloads);
        out.outputs.push(OutputRow { value, script_type, payload_at });
    }
    Ok(count)
}

#[inline]
fn parse_witnesses<'a>(
    cursor: &mut Cursor<'a>,
    index: usize,
    input_count: u32,
    coinbase: &mut Coinbase<'a>,
) -> Result<(), BlockError> {
    let mut any = false;
    for _ in 0..input_count {
        let items = cursor.count(Field::WitnessCount, 1)?;
        for item in 0..items {
            let bytes = cursor.skip(Field::WitnessItem, Field::WitnessItem)?;
            if index == 0 && item == 0 && items == 1 {
                coinbase.reserved = Some(bytes);
            }
        }
        any |= items > 0;
    }
    if any { Ok(()) } else { Err(cursor.error(BlockErrorKind::SuperfluousWitness)) }
}

/// The height that a block states in its coinbase (BIP-34), 0 for a block that has no predecessor.
///
/// Only a hint: some blocks older than the rule carry version 2 and no height, so a reader that knows the chain knows
/// better. `None` for version 1 blocks and where the script does not begin with a minimally pushed number.
pub fn height_hint(header: &Header, coinbase_script: &[u8]) -> Option<u32> {
    if header.prev() == BlockHash([0; 32]) {
        return Some(0);
    }
    let version = i32::from_le_bytes(*header.0.first_chunk().expect("a header has 80 bytes"));
    if version < 2 {
        return None;
    }
    let (&push, rest) = coinbase_script.split_first()?;
    match push {
        0x51..=0x60 => Some(u32::from(push - 0x50)),
        // A minimal number: little-endian, its top byte neither a needless zero nor a sign.
        1..=4 => {
            let bytes = rest.get(..usize::from(push))?;
            let last = *bytes.last()?;
            let needless = last == 0 && (bytes.len() == 1 || bytes[bytes.len() - 2] < 0x80);
            if last >= 0x80 || needless {
                return None;
            }
            let number = bytes.iter().rev().fold(0, |number, &byte| number << 8 | u32::from(byte));
            (number > 16).then_some(number)
        }
        _ => None,
    }
}

/// The transaction count and the height that a block states, read from the bytes behind its header; 0 and `None` when
/// they do not suffice.
pub(crate) fn peek_coinbase(header: &Header, after_header: &[u8]) -> (u32, Option<u32>) {
    fn script<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], BlockError> {
        cursor.take(4, Field::Version)?;
        if cursor.size(Field::InputCount)? == 0 {
            cursor.take(1, Field::Flag)?;
            cursor.size(Field::InputCount)?;
        }
        cursor.take(36, Field::Input)?;
        cursor.skip(Field::InputScript, Field::InputScript)
    }
    let mut cursor = Cursor::new(after_header);
    let tx_count = cursor.size(Field::TxCount).unwrap_or_default();
    let script = script(&mut cursor).unwrap_or_default();
    (u32::try_from(tx_count).unwrap_or_default(), height_hint(header, script))
}
