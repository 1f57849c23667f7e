//! A real era1 file: whole, cut anywhere, and changed anywhere.

use std::{fs, io::Write as _};

use alloy_consensus::Header;
use alloy_primitives::{B256, U256};

use tracehound_evm::{
    block::Proof,
    era1::{Era1, Era1Error},
    movements::{Rules, movements},
};
use tracehound_testkit::shared_data;

fn file() -> Option<Vec<u8>> {
    shared_data("era1/sepolia-00021-b8814b14.era1").map(|path| fs::read(path).expect("it can be read"))
}

/// How many blocks could be read, and what ended it.
fn read(bytes: &[u8]) -> (usize, Result<(), Era1Error>) {
    let mut file = match Era1::new(bytes) {
        Ok(file) => file,
        Err(error) => return (0, Err(error)),
    };
    for blocks in 0.. {
        match file.next_block() {
            Ok(Some(_)) => {}
            Ok(None) => return (blocks, Ok(())),
            Err(error) => return (blocks, Err(error)),
        }
    }
    unreachable!("a file ends")
}

#[test]
fn every_block_of_a_real_file_is_proved_up_to_its_accumulator() {
    let Some(bytes) = file() else { return };
    let mut file = Era1::new(bytes.as_slice()).expect("an era1 file");
    let (mut blocks, mut txs, mut logs, mut uncles, mut first, mut last) = (0, 0, 0, 0, None, 0);
    while let Some((block, receipts)) = file.next_block().expect("a block") {
        assert_eq!((&block.txs_proved, &receipts.proof), (&Proof::Header, &Proof::Header));
        assert!(block.txs.iter().all(|tx| tx.from_proved));
        let found = movements(&block, Some(&receipts), None, &Rules::ethereum()).expect("movements");
        assert!(found.block.txs.last().is_some_and(|paid| paid.hash == block.hash.0), "a reward");
        first = first.or(Some(block.header.number));
        last = block.header.number;
        blocks += 1;
        txs += block.txs.len();
        uncles += block.uncles.len();
        logs += receipts.receipts.iter().map(|receipt| receipt.logs.len()).sum::<usize>();
    }
    assert_eq!((blocks, first, last, txs), (8_192, Some(172_032), 180_223, 93));
    // The file is named by the first four bytes of it.
    assert!(file.accumulator().expect("the end was read").to_string().starts_with("0xb8814b14"));
    insta::assert_snapshot!(format!("{logs} logs, {uncles} uncles"));
}

#[test]
fn a_file_that_is_cut_off_or_changed_is_never_read_to_its_end() {
    let Some(bytes) = file() else { return };
    let starts = starts(&bytes);
    // After 4 blocks: inside an entry and between two of them.
    for cut in [starts[17], starts[17] + 4, starts[17] + 20, starts[20], bytes.len() - 1] {
        let (blocks, ended) = read(&bytes[..cut]);
        assert!(ended.is_err() && (blocks <= 5 || cut == bytes.len() - 1), "{cut}: {blocks} {ended:?}");
    }
    // The first blocks, with the end of the file behind them: the accumulator is of more.
    let short = [&bytes[..starts[1 + 4 * 5]], &bytes[starts[starts.len() - 2]..]].concat();
    let (blocks, ended) = read(&short);
    assert!(matches!(ended, Err(Era1Error::Accumulator { .. })) && blocks == 5, "{blocks} {ended:?}");
    // A block left out, twice, or swapped with the next.
    let block = |n: usize| &bytes[starts[1 + 4 * n]..starts[5 + 4 * n]];
    let rest = &bytes[starts[1 + 4 * 4]..];
    for order in [[0, 1, 3, 3], [0, 1, 1, 2], [1, 0, 2, 3]] {
        let changed: Vec<&[u8]> =
            [&bytes[..starts[1]]].into_iter().chain(order.map(block)).chain([rest]).collect();
        let (_, ended) = read(&changed.concat());
        assert!(matches!(ended, Err(Era1Error::Parent { .. })), "{order:?}: {ended:?}");
    }
}

#[test]
fn any_changed_byte_is_found_out() {
    let Some(bytes) = file() else { return };
    let starts = starts(&bytes);
    // Each byte of the first three blocks of six: unchanged, all six are read before the cut.
    let (changed_up_to, end) = (starts[1 + 4 * 3], starts[1 + 4 * 6]);
    let all = |bytes: &[u8]| {
        let mut read = Vec::new();
        if let Ok(mut file) = Era1::new(bytes) {
            while let Ok(Some(block)) = file.next_block() {
                read.push(format!("{block:?}"));
            }
        }
        read
    };
    let honest = all(&bytes[..end]);
    assert_eq!(honest.len(), 6);
    let mut harmless = 0;
    for at in 0..changed_up_to {
        let mut changed = bytes[..end].to_vec();
        changed[at] ^= 0x10;
        let read = all(&changed);
        // A run of the same bytes may be packed in more than one way: what comes out is the same then.
        assert!(read.len() < 4 || read == honest, "{at}: {}", read.len());
        harmless += u32::from(read == honest);
    }
    assert!(harmless < 20, "{harmless}");
}

/// Where each entry begins.
fn starts(bytes: &[u8]) -> Vec<usize> {
    let (mut starts, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        starts.push(at);
        at += 8 + u32::from_le_bytes(bytes[at + 2..at + 6].try_into().expect("four")) as usize;
    }
    starts
}

/// Blocks of nobody's chain, in a file as era1 wants it but for its end.
fn made(blocks: &[(Header, u64)]) -> Vec<u8> {
    let entry = |kind: u16, content: &[u8]| {
        let length = u32::try_from(content.len()).expect("short");
        [&kind.to_le_bytes()[..], &length.to_le_bytes(), &[0, 0], content].concat()
    };
    let packed = |kind: u16, content: &[u8]| {
        let mut packed = snap::write::FrameEncoder::new(Vec::new());
        packed.write_all(content).expect("packed");
        entry(kind, &packed.into_inner().expect("packed"))
    };
    let block = |(header, total): &(Header, u64)| {
        let total = U256::from(*total).to_le_bytes::<32>();
        // Neither transactions nor uncles, and no receipts.
        let (body, receipts) = ([0xc2, 0xc0, 0xc0], [0xc0]);
        [packed(3, &alloy_rlp::encode(header)), packed(4, &body), packed(5, &receipts), entry(6, &total)]
            .concat()
    };
    let blocks: Vec<u8> = blocks.iter().flat_map(block).collect();
    [entry(0x3265, &[]), blocks].concat()
}

#[test]
fn a_block_goes_on_from_the_one_before_in_hash_number_and_difficulty() {
    let first = Header { number: 7, difficulty: U256::from(5), ..Header::default() };
    let next = |number: u64| Header {
        number,
        parent_hash: first.hash_slow(),
        difficulty: U256::from(3),
        ..Header::default()
    };
    let honest = made(&[(first.clone(), 100), (next(8), 103)]);
    assert_eq!(read(&honest).0, 2, "{:?}", read(&honest).1);
    let stranger = Header { parent_hash: B256::repeat_byte(1), ..next(8) };
    for second in [(next(9), 103), (next(7), 103), (next(8), 104), (next(8), 100), (stranger, 103)] {
        let (blocks, ended) = read(&made(&[(first.clone(), 100), second.clone()]));
        assert!(matches!(ended, Err(Era1Error::Parent { .. })) && blocks == 1, "{second:?}: {ended:?}");
    }
}
