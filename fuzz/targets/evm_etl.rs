//! Any bytes as the tables of ethereum-etl: nothing is called proved, blocks come in their order, and nothing moves from somebody
//! to himself.

#![no_main]

use std::io::{Cursor, Read};

use libfuzzer_sys::fuzz_target;
use tracehound_evm::{
    chains::Rules,
    etl::{Etl, EtlFile, EtlFiles, look},
};

/// Between tables.
const PART: u8 = 0x1e;

const SEED: &str = concat!(
    "number,hash,parent_hash,sha3_uncles,logs_bloom,miner,difficulty,timestamp,transaction_count,withdrawals_root,withdrawals\n",
    "7,0x0101010101010101010101010101010101010101010101010101010101010101,0x0202020202020202020202020202020202020202020202020202020202020202,",
    "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347,0x01,0x0303030303030303030303030303030303030303,5,100,1,",
    "0x0202020202020202020202020202020202020202020202020202020202020202,\"[{'index': 1, 'validator_index': 2, 'address': '0x0303030303030303030303030303030303030303', 'amount': 5}]\"\n\x1e",
    "hash,block_number,transaction_index,from_address,to_address,value,gas,gas_price,input,nonce\n",
    "0x0404040404040404040404040404040404040404040404040404040404040404,7,0,0x0505050505050505050505050505050505050505,0x0606060606060606060606060606060606060606,9,1,1,0x,0\n\x1e",
    "transaction_hash,transaction_index,block_number,cumulative_gas_used,gas_used,contract_address,root,status,effective_gas_price\n",
    "0x0404040404040404040404040404040404040404040404040404040404040404,0,7,21000,21000,,,1,9\n\x1e",
    "log_index,transaction_hash,transaction_index,block_number,address,data,topics\n",
    "0,0x0404040404040404040404040404040404040404040404040404040404040404,0,7,0x0707070707070707070707070707070707070707,0x0000000000000000000000000000000000000000000000000000000000000005,",
    "\"0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef,0x0000000000000000000000000505050505050505050505050505050505050505,0x0000000000000000000000000606060606060606060606060606060606060606\"\n\x1e",
    "block_number,transaction_hash,transaction_index,from_address,to_address,value,trace_type,call_type,reward_type,trace_address,error,status\n",
    "7,0x0404040404040404040404040404040404040404040404040404040404040404,0,0x0505050505050505050505050505050505050505,0x0606060606060606060606060606060606060606,9,call,call,,,,1\n",
    "7,,,,0x0303030303030303030303030303030303030303,9,reward,,block,,,1\n",
);

fn files(part: Option<&[u8]>) -> Vec<EtlFile> {
    let file = |bytes: &[u8]| {
        let bytes = bytes.to_vec();
        EtlFile {
            name: "table".to_owned(),
            open: Box::new(move || Ok(Box::new(Cursor::new(bytes)) as Box<dyn Read + Send>)),
        }
    };
    part.filter(|bytes| !bytes.is_empty()).map(file).into_iter().collect()
}

fuzz_target!(
    init: {
        tracehound_fuzz::seeds_wanted(|| vec![SEED.as_bytes().to_vec()]);
    },
    |data: &[u8]| {
        let mut parts = data.split(|&byte| byte == PART);
        let mut tables = EtlFiles::default();
        for list in [&mut tables.blocks, &mut tables.transactions, &mut tables.receipts, &mut tables.logs, &mut tables.traces] {
            let part = parts.next();
            let _ = part.map(look);
            *list = files(part);
        }
        let Ok(mut etl) = Etl::new(tables, Rules::ethereum()) else { return };
        let mut before: Option<u64> = None;
        while let Ok(Some(found)) = etl.next_block() {
            assert!(before.is_none_or(|before| before + 1 == found.block.height));
            before = Some(found.block.height);
            for moved in found.block.txs.iter().flat_map(|tx| &tx.movements) {
                assert!(moved.from != moved.to && !moved.amount.is_zero() && !moved.proved);
            }
        }
    }
);
