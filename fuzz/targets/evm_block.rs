//! Any bytes as what a node says of a block, and as an era1 file: what is called proved fits the header's hash, a transaction
//! that failed moves nothing but its fee, and nothing moves from somebody to himself. Once more under the hash that its header has, by
//! the rules of Ethereum's kin, whose own types of transactions and receipts are encoded then.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use tracehound_evm::{
    block::{Block, Checks, HeaderForm},
    era1::Era1,
    movements::{Rules, movements},
    receipts::Receipts,
    traces::Traces,
};
use tracehound_model::transfer::MovementKind;

/// Between block, receipts and traces.
const PART: u8 = 0x1e;

const SEEDS: &[&str] = &[concat!(
    r#"{"hash":"0x0101010101010101010101010101010101010101010101010101010101010101","parentHash":"0x0202020202020202020202020202020202020202020202020202020202020202","#,
    r#""sha3Uncles":"0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347","miner":"0x0303030303030303030303030303030303030303","#,
    r#""stateRoot":"0x0202020202020202020202020202020202020202020202020202020202020202","transactionsRoot":"0x0202020202020202020202020202020202020202020202020202020202020202","#,
    r#""receiptsRoot":"0x0202020202020202020202020202020202020202020202020202020202020202","logsBloom":"0x00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000","#,
    r#""difficulty":"0x5","number":"0x7","gasLimit":"0x1000000","gasUsed":"0x5208","timestamp":"0x64","extraData":"0x","mixHash":"0x0202020202020202020202020202020202020202020202020202020202020202","nonce":"0x0000000000000000","baseFeePerGas":"0x7","uncles":[],"#,
    r#""transactions":[{"hash":"0x0404040404040404040404040404040404040404040404040404040404040404","from":"0x0505050505050505050505050505050505050505","to":"0x0606060606060606060606060606060606060606","value":"0x9","type":"0x7e"}]}"#,
    "\u{1e}",
    r#"[{"transactionHash":"0x0404040404040404040404040404040404040404040404040404040404040404","status":"0x1","cumulativeGasUsed":"0x5208","gasUsed":"0x5208","effectiveGasPrice":"0x9","#,
    r#""logs":[{"address":"0x0707070707070707070707070707070707070707","topics":["0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef","#,
    r#""0x0000000000000000000000000505050505050505050505050505050505050505","0x0000000000000000000000000606060606060606060606060606060606060606"],"data":"0x0000000000000000000000000000000000000000000000000000000000000005"}]}]"#,
    "\u{1e}",
    r#"[{"type":"call","action":{"callType":"call","from":"0x0505050505050505050505050505050505050505","to":"0x0606060606060606060606060606060606060606","value":"0x9"},"traceAddress":[],"transactionHash":"0x0404040404040404040404040404040404040404040404040404040404040404"},"#,
    r#"{"type":"suicide","action":{"address":"0x0606060606060606060606060606060606060606","refundAddress":"0x0505050505050505050505050505050505050505","balance":"0x3"},"traceAddress":[0],"transactionHash":"0x0404040404040404040404040404040404040404040404040404040404040404"}]"#,
    "\u{1e}",
    r#"[{"txHash":"0x0404040404040404040404040404040404040404040404040404040404040404","result":{"type":"CALL","from":"0x0505050505050505050505050505050505050505","to":"0x0606060606060606060606060606060606060606","value":"0x9","calls":[]}}]"#,
)];

/// The transaction of the first seed ends so, and so do those of Ethereum's kin: with all the fields that any type of theirs has.
const TYPE: &str = r#""type":"0x7e"}"#;
const FIELDS: &str = concat!(
    r#","gas":"0x5208","input":"0x01","nonce":"0x2","chainId":"0xa4b1","maxFeePerGas":"0x9","mint":"0x1","isSystemTx":false,"#,
    r#""sourceHash":"0x0808080808080808080808080808080808080808080808080808080808080808","#,
    r#""requestId":"0x0909090909090909090909090909090909090909090909090909090909090909","#,
    r#""ticketId":"0x0909090909090909090909090909090909090909090909090909090909090909","#,
    r#""refundTo":"0x0303030303030303030303030303030303030303","maxRefund":"0x1","submissionFeeRefund":"0x1","l1BaseFee":"0x1","#,
    r#""depositValue":"0x1","retryTo":"0x0303030303030303030303030303030303030303","retryValue":"0x1","#,
    r#""beneficiary":"0x0303030303030303030303030303030303030303","maxSubmissionFee":"0x1","retryData":"0x02"}"#
);

/// Seeds of the types that Ethereum's kin have.
fn of_kin() -> impl Iterator<Item = Vec<u8>> {
    ["0x7e", "0x64", "0x65", "0x66", "0x68", "0x69", "0x6a", "0x50"].into_iter().map(|kind| {
        let of_type = SEEDS[0].replacen(TYPE, &format!(r#""type":"{kind}"{FIELDS}"#), 1);
        let deposit = r#""depositNonce":"0x5","depositReceiptVersion":"0x1","status":"0x1","cumulative"#;
        of_type.replacen(r#""status":"0x1","cumulative"#, deposit, 1).into_bytes()
    })
}

/// Reads a block and its receipts as a chain's that has Ethereum's headers and types of its own.
fn read_as_kin(told: &str, hash: &str, receipts: Option<&str>) {
    let Ok(mut fields) = serde_json::from_str::<Map<String, Value>>(told) else { return };
    fields.insert("hash".to_owned(), hash.into());
    let told = Value::Object(fields).to_string();
    let checks = Checks { header: HeaderForm::HashOnly, roots: true, senders: true };
    let Ok(block) = Block::read(&told, checks) else { return };
    assert_eq!(block.header.hash_slow(), block.hash);
    let Some(Ok(receipts)) = receipts.map(|told| Receipts::read(told, &block, checks)) else { return };
    assert_eq!(receipts.receipts.len(), block.txs.len());
    let Ok(found) = movements(&block, Some(&receipts), None, &Rules::ethereum()) else { return };
    assert!(found.block.txs.len() >= block.txs.len(), "a transaction is lost");
}

fuzz_target!(
    init: {
        tracehound_fuzz::seeds_wanted(|| {
            let mut seeds: Vec<Vec<u8>> = SEEDS.iter().map(|seed| seed.as_bytes().to_vec()).collect();
            seeds.extend(of_kin());
            seeds.extend(tracehound_fuzz::real_start("era1/sepolia-00021-b8814b14.era1", 8 << 10));
            seeds
        });
    },
    |data: &[u8]| {
        if let Ok(mut file) = Era1::new(data) {
            while let Ok(Some((block, receipts))) = file.next_block() {
                assert_eq!(block.header.hash_slow(), block.hash);
                assert!(block.txs_proved.is_proved() && receipts.proof.is_proved());
                assert_eq!(block.txs.len(), receipts.receipts.len());
            }
        }
        let Ok(text) = std::str::from_utf8(data) else { return };
        let mut parts = text.split(char::from(PART));
        let Some(told) = parts.next() else { return };
        if let Ok(block) = Block::read(told, Checks::ALL) {
            assert_eq!(block.header.hash_slow(), block.hash);
        }
        let checks = Checks { header: HeaderForm::Other, roots: true, senders: false };
        let Ok(block) = Block::read(told, checks) else { return };
        assert!(!block.txs_proved.is_proved() && !block.withdrawals_proved.is_proved());
        let (number, hashes) = (block.header.number, block.txs.iter().map(|tx| tx.hash).collect::<Vec<_>>());
        let of_receipts = parts.next();
        read_as_kin(told, &block.header.hash_slow().to_string(), of_receipts);
        let receipts = of_receipts.and_then(|told| Receipts::read(told, &block, checks).ok());
        let flat = parts.next().and_then(|told| Traces::read_flat(told, number, &hashes, false).ok());
        let nested = parts.next().and_then(|told| Traces::read_nested(told, number, &hashes, false).ok());
        for traces in [None, flat.as_ref(), nested.as_ref()] {
            let Ok(found) = movements(&block, receipts.as_ref(), traces, &Rules::ethereum()) else { continue };
            assert!(hashes.is_empty() || (receipts.is_some() && traces.is_some()) || !found.gaps.is_empty());
            for (index, tx) in found.block.txs.iter().enumerate() {
                let failed = receipts
                    .as_ref()
                    .and_then(|receipts| receipts.receipts.get(index))
                    .is_some_and(|receipt| receipt.succeeded == Some(false));
                for moved in &tx.movements {
                    assert!(moved.from != moved.to && !moved.amount.is_zero());
                    assert!(!moved.proved, "nothing here is proved");
                    assert!(!failed || moved.kind != MovementKind::Native, "a failed transaction moved value");
                }
            }
        }
    }
);
