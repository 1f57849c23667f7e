//! A block of a UTXO chain, normalised: flat tables, no scripts beyond what identifies an owner.
//!
//! Readers (`bitcoin`) produce it, the `ledger` takes it. Flat tables rather than a tree of `Vec`s keep a
//! 3,000-transaction block in a handful of allocations that a reader can reuse from block to block.

use crate::{BlockHash, ScriptKey, ScriptType, TxId};

/// The `prev_vout` of a coinbase input.
pub const COINBASE_VOUT: u32 = u32::MAX;

/// One block as flat tables; transactions own consecutive runs of `inputs` and `outputs`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UtxoBlock {
    /// The block's id.
    pub hash: BlockHash,
    /// The serialised 80-byte header; holds the previous block's id, time and work target.
    pub header: Header,
    /// Height in the chain, where the reader knows it (0 = genesis).
    pub height: Option<u32>,
    /// Serialised size of the whole block in bytes, witness data included.
    pub size: u32,
    /// Transactions in block order; the first is the coinbase.
    pub txs: Vec<TxRow>,
    /// All inputs, transaction by transaction, in order.
    pub inputs: Vec<InputRow>,
    /// All outputs, transaction by transaction, in order.
    pub outputs: Vec<OutputRow>,
    /// Payload bytes that outputs and known previous outputs point into.
    pub payloads: Vec<u8>,
}

/// A block header as it is hashed: 80 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header(pub [u8; 80]);

impl Default for Header {
    fn default() -> Self {
        Self([0; 80])
    }
}

impl Header {
    /// Id of the previous block.
    pub fn prev(&self) -> BlockHash {
        BlockHash(self.0[4..36].try_into().expect("32 bytes"))
    }

    /// Root of the Merkle tree of the transactions.
    pub fn merkle_root(&self) -> [u8; 32] {
        self.0[36..68].try_into().expect("32 bytes")
    }

    /// Block time as stated by the miner: seconds since 1970-01-01 UTC.
    pub fn time(&self) -> u32 {
        u32::from_le_bytes(self.0[68..72].try_into().expect("4 bytes"))
    }

    /// The compact work target ("nBits").
    pub fn bits(&self) -> u32 {
        u32::from_le_bytes(self.0[72..76].try_into().expect("4 bytes"))
    }
}

/// One transaction's fixed part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TxRow {
    /// The transaction's id.
    pub txid: TxId,
    /// How many rows of `inputs` it owns.
    pub input_count: u32,
    /// How many rows of `outputs` it owns.
    pub output_count: u32,
    /// Version field.
    pub version: i32,
    /// Lock time field.
    pub lock_time: u32,
    /// Weight in weight units, BIP-141: 3 × stripped size + total size. Virtual size is a quarter, rounded up.
    pub weight: u32,
}

/// One input: which output it spends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InputRow {
    /// Transaction whose output is spent; all zero in a coinbase.
    pub prev_txid: TxId,
    /// Position of that output; [`COINBASE_VOUT`] in a coinbase.
    pub prev_vout: u32,
    /// Sequence field.
    pub sequence: u32,
    /// The spent output itself, where the source carried it (undo files, RPC verbosity 3, Esplora).
    pub prev_output: Option<OutputRow>,
}

impl InputRow {
    /// Whether this input mints new coins.
    pub fn is_coinbase(&self) -> bool {
        self.prev_vout == COINBASE_VOUT && self.prev_txid.0 == [0; 32]
    }
}

/// One output: an amount and who can spend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputRow {
    /// Amount in base units (satoshi).
    pub value: u64,
    /// Type of the locking script.
    pub script_type: ScriptType,
    /// Where the payload starts in [`UtxoBlock::payloads`]; its length is the type's.
    pub payload_at: u32,
}

impl UtxoBlock {
    /// Empties the tables, keeping their memory for the next block.
    pub fn clear(&mut self) {
        *self = Self {
            txs: std::mem::take(&mut self.txs),
            inputs: std::mem::take(&mut self.inputs),
            outputs: std::mem::take(&mut self.outputs),
            payloads: std::mem::take(&mut self.payloads),
            ..Self::default()
        };
        self.txs.clear();
        self.inputs.clear();
        self.outputs.clear();
        self.payloads.clear();
    }

    /// The payload bytes of an output of this block.
    pub fn payload(&self, output: &OutputRow) -> &[u8] {
        let start = output.payload_at as usize;
        &self.payloads[start..start + output.script_type.payload_len()]
    }

    /// The owner of an output of this block.
    pub fn script_key(&self, output: &OutputRow) -> ScriptKey {
        ScriptKey::new(output.script_type, self.payload(output)).expect("payload has its type's length")
    }

    /// Transactions with their inputs and outputs, in block order.
    pub fn transactions(&self) -> impl Iterator<Item = (&TxRow, &[InputRow], &[OutputRow])> {
        let (mut inputs, mut outputs) = (&self.inputs[..], &self.outputs[..]);
        self.txs.iter().map(move |tx| {
            let (own_in, rest_in) = inputs.split_at(tx.input_count as usize);
            let (own_out, rest_out) = outputs.split_at(tx.output_count as usize);
            (inputs, outputs) = (rest_in, rest_out);
            (tx, own_in, own_out)
        })
    }
}
