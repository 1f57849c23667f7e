//! A block's header as a node writes it, and its hash.

use alloy_primitives::{Address, B256, keccak256};
use alloy_rlp::{Encodable, Header};
use serde_json::Value;

use super::{
    Block, Pinned,
    fetch::{bytes, number},
};

enum Form {
    Data,
    Quantity,
}

use Form::{Data, Quantity};

/// The header's fields in the order they are hashed. Those from `baseFeePerGas` on came with forks, one after another.
const FIELDS: [(&str, Form); 21] = [
    ("parentHash", Data),
    ("sha3Uncles", Data),
    ("miner", Data),
    ("stateRoot", Data),
    ("transactionsRoot", Data),
    ("receiptsRoot", Data),
    ("logsBloom", Data),
    ("difficulty", Quantity),
    ("number", Quantity),
    ("gasLimit", Quantity),
    ("gasUsed", Quantity),
    ("timestamp", Quantity),
    ("extraData", Data),
    ("mixHash", Data),
    ("nonce", Data),
    ("baseFeePerGas", Quantity),
    ("withdrawalsRoot", Data),
    ("blobGasUsed", Quantity),
    ("excessBlobGas", Quantity),
    ("parentBeaconBlockRoot", Data),
    ("requestsHash", Data),
];

/// Reads what is needed of a block.
pub(super) fn read(block: &Value) -> Result<Pinned, String> {
    let hash = |field: &str| {
        let bytes = bytes(&block[field]).ok_or_else(|| format!("`{field}` is no hexadecimal text"))?;
        B256::try_from(&bytes[..]).map_err(|_| format!("`{field}` has {} bytes, not 32", bytes.len()))
    };
    let small = |field: &str| {
        let value = number(&block[field]).and_then(|value| u64::try_from(value).ok());
        value.ok_or_else(|| format!("`{field}` is no number below 2^64"))
    };
    let named = hash("hash")?;
    let usual = Block::at(small("number")?, small("timestamp")?);
    // Chains and times without one of these fields exist; code there sees the usual.
    let seen = Block {
        miner: bytes(&block["miner"])
            .and_then(|miner| Address::try_from(&miner[..]).ok())
            .unwrap_or(usual.miner),
        base_fee: small("baseFeePerGas").unwrap_or(usual.base_fee),
        random: hash("mixHash").unwrap_or(usual.random),
        gas_limit: small("gasLimit").unwrap_or(usual.gas_limit),
        ..usual
    };
    Ok(Pinned {
        seen,
        hash: named,
        state_root: hash("stateRoot")?,
        header_checked: hashed(block) == Some(named),
    })
}

/// The hash of the header, if its fields can be read.
fn hashed(block: &Value) -> Option<B256> {
    let mut payload = Vec::new();
    for (field, form) in FIELDS {
        match (&block[field], form) {
            // A fork that this block does not know.
            (Value::Null, _) => break,
            (value, Data) => bytes(value)?.as_slice().encode(&mut payload),
            (value, Quantity) => number(value)?.encode(&mut payload),
        }
    }
    let mut header = Vec::new();
    Header { list: true, payload_length: payload.len() }.encode(&mut header);
    header.extend_from_slice(&payload);
    Some(keccak256(header))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Block 1 of the Ethereum mainnet.
    #[test]
    fn a_real_header_hashes_to_its_hash() {
        let block = serde_json::json!({
            "hash": "0x88e96d4537bea4d9c05d12549907b32561d3bf31f45aae734cdc119f13406cb6",
            "parentHash": "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3",
            "sha3Uncles": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
            "miner": "0x05a56e2d52c817161883f50c441c3228cfe54d9f",
            "stateRoot": "0xd67e4d450343046425ae4271474353857ab860dbc0a1dde64b41b5cd3a532bf3",
            "transactionsRoot": "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
            "receiptsRoot": "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
            "logsBloom": format!("0x{}", "00".repeat(256)),
            "difficulty": "0x3ff800000", "number": "0x1", "gasLimit": "0x1388", "gasUsed": "0x0",
            "timestamp": "0x55ba4224", "extraData": "0x476574682f76312e302e302f6c696e75782f676f312e342e32",
            "mixHash": "0x969b900de27b6ac6a67742365dd65f55a0526c41fd18e1b16f1a1215c2e66f59",
            "nonce": "0x539bd4979fef1ec4",
        });
        let pinned = read(&block).expect("a block");
        assert!(pinned.header_checked && pinned.seen.number == 1, "{pinned:?}");
        let mut other = block;
        other["stateRoot"] = other["parentHash"].clone();
        assert!(!read(&other).expect("a block").header_checked);
    }
}
