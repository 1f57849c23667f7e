//! Hand-made blocks: real enough for the ledger, small enough to read in a test.

use sha2::{Digest, Sha256};
use tracehound_model::{
    BlockHash, OutPoint, ScriptKey, ScriptType, TxId,
    utxo::{COINBASE_VOUT, Header, InputRow, OutputRow, TxRow, UtxoBlock},
};

/// Double SHA-256 over the concatenated parts.
pub fn hash32(parts: &[&[u8]]) -> [u8; 32] {
    Sha256::digest(Sha256::digest(parts.concat())).into()
}

/// Owner number `n`, of a type that follows from it.
pub fn owner(n: usize) -> ScriptKey {
    let types = [
        ScriptType::P2pkh,
        ScriptType::P2wpkh,
        ScriptType::P2tr,
        ScriptType::P2sh,
        ScriptType::P2pkCompressed,
    ];
    let script_type = types[n % types.len()];
    let mut payload = hash32(&[b"owner", &n.to_le_bytes()]).to_vec();
    payload.resize(script_type.payload_len(), n as u8);
    ScriptKey::new(script_type, &payload).expect("right length")
}

/// The script of the first input of a serialised block's first transaction.
///
/// # Panics
/// Where it is no block.
pub fn coinbase_script(block: &[u8]) -> &[u8] {
    // The count of transactions, a version, and a segregated witness' marker and flag where there are any.
    let transaction = match block[80] {
        0xfd => 83,
        0xfe => 85,
        _ => 81,
    };
    let inputs = if block[transaction + 4] == 0 { transaction + 6 } else { transaction + 4 };
    let length = usize::from(block[inputs + 37]);
    &block[inputs + 38..][..length]
}

/// A block under construction.
pub struct BlockMaker {
    block: UtxoBlock,
    salt: u64,
}

impl BlockMaker {
    /// A block on top of `prev`; `salt` tells apart blocks that are otherwise the same.
    pub fn new(prev: BlockHash, time: u32, salt: u64) -> Self {
        let mut header = [0u8; 80];
        header[4..36].copy_from_slice(&prev.0);
        header[36..44].copy_from_slice(&salt.to_le_bytes());
        header[68..72].copy_from_slice(&time.to_le_bytes());
        let block = UtxoBlock {
            header: Header(header),
            hash: BlockHash(hash32(&[&header])),
            size: 80,
            ..Default::default()
        };
        Self { block, salt }
    }

    fn output(&mut self, value: u64, key: Option<ScriptKey>) -> OutputRow {
        let payload_at = self.block.payloads.len() as u32;
        let script_type = key.map_or(ScriptType::OpReturn, |key| key.script_type());
        self.block.payloads.extend(key.iter().flat_map(|key| key.payload().to_vec()));
        OutputRow { value, script_type, payload_at }
    }

    /// Adds a transaction; no inputs make it a coinbase.
    pub fn tx(
        &mut self,
        inputs: &[(OutPoint, Option<(u64, ScriptKey)>)],
        outputs: &[(u64, Option<ScriptKey>)],
    ) -> TxId {
        let at = self.block.txs.len() as u64;
        let txid = TxId(hash32(&[b"tx", &self.block.hash.0, &self.salt.to_le_bytes(), &at.to_le_bytes()]));
        let rows: Vec<InputRow> = inputs
            .iter()
            .map(|(outpoint, known)| {
                let prev_output = known.map(|(value, key)| self.output(value, Some(key)));
                InputRow {
                    prev_txid: outpoint.txid,
                    prev_vout: outpoint.vout,
                    sequence: 0xffff_fffd,
                    prev_output,
                }
            })
            .collect();
        let coinbase = InputRow { prev_vout: COINBASE_VOUT, sequence: u32::MAX, ..Default::default() };
        let rows = if rows.is_empty() { vec![coinbase] } else { rows };
        self.block.txs.push(TxRow {
            txid,
            input_count: rows.len() as u32,
            output_count: outputs.len() as u32,
            version: 2,
            lock_time: at as u32,
            weight: 400,
        });
        self.block.inputs.extend(rows);
        for &(value, key) in outputs {
            let output = self.output(value, key);
            self.block.outputs.push(output);
        }
        self.block.size += 250;
        txid
    }

    /// The block.
    pub fn done(self) -> UtxoBlock {
        self.block
    }
}
