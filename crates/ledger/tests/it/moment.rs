//! The ledger as of a moment is the ledger whose ingest ended there.

use std::ops::ControlFlow;

use proptest::prelude::*;
use tracehound_ledger::{AddrNum, BlockNum, InNum, Ledger, OutNum, TxNum};
use tracehound_model::BlockHash;

use crate::{
    chain::{BlockMaker, generate, owner},
    queries::{assert_answers_as_model, write},
};

fn times(ledger: &Ledger) -> Vec<u32> {
    (0..).map_while(|num| ledger.block(BlockNum(num))).map(|block| block.header.time()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// To the second: at the time of a block it is there, a second before it is not.
    #[test]
    fn as_of_a_moment_nothing_later_exists(seed: u64, blocks in 1usize..25, segment_txs in 1usize..80, keep in 0usize..25) {
        let dir = tempfile::tempdir().expect("temporary folder");
        let chain = generate(seed, &[], blocks);
        write(dir.path(), &chain, segment_txs);
        let keep = keep.min(blocks);
        let last = |kept: usize| i64::from(chain[kept - 1].header.time());
        let moments = match keep {
            0 => vec![last(1) - 1, 0, -5],
            kept if kept == blocks => vec![last(kept), i64::MAX],
            kept => vec![last(kept), last(kept + 1) - 1],
        };
        let short = tempfile::tempdir().expect("temporary folder");
        write(short.path(), &chain[..keep], segment_txs);
        let ended = Ledger::open(short.path()).expect("opens");
        for moment in moments {
            let ledger = Ledger::open(dir.path()).expect("opens").as_of(moment).expect("cuts");
            assert_answers_as_model(&ledger, &chain[..keep]);
            let (mut said, mut expected) = (ledger.info(), ended.info());
            for info in [&mut said, &mut expected] {
                (info.segments, info.disk_bytes) = (0, 0);
            }
            prop_assert_eq!(&said, &expected);
            prop_assert_eq!(ledger.snapshot_id(), ended.snapshot_id());
            for beyond in 0..3 {
                prop_assert_eq!(ledger.block(BlockNum(said.blocks + beyond)), None);
                prop_assert_eq!(ledger.tx(TxNum(said.txs + beyond)), None);
                prop_assert_eq!(ledger.input(InNum(said.inputs + u64::from(beyond))), None);
                let out = OutNum(said.outputs + u64::from(beyond));
                prop_assert!(ledger.output(out).is_none() && ledger.output_value(out).is_none() && ledger.output_owner(out).is_none());
                prop_assert_eq!(ledger.script_key(AddrNum(said.addresses + beyond)), None);
            }
            for tx in chain[keep..].iter().flat_map(|block| &block.txs) {
                prop_assert_eq!(ledger.find_tx(&tx.txid), None);
            }
            for n in 0..60 {
                prop_assert_eq!(ledger.find_address(&owner(n)), ended.find_address(&owner(n)));
            }
            let mut scanned = 0;
            ledger.scan(TxNum(0)..TxNum(u32::MAX), |_| {
                scanned += 1;
                ControlFlow::Continue(())
            });
            prop_assert_eq!(scanned, said.txs);
            let (outputs, inputs) = ledger.columns().fold((0, 0), |(outputs, inputs), columns| {
                (outputs + columns.owner.len(), inputs + columns.prev_lo.len())
            });
            prop_assert_eq!((outputs as u64, inputs as u64), (said.outputs, said.inputs));
        }
    }
}

/// Block times do not ascend everywhere: what builds on a block of a later time does not count either.
#[test]
fn the_chain_ends_before_the_first_block_of_a_later_time() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let mut chain: Vec<tracehound_model::utxo::UtxoBlock> = Vec::new();
    for (at, time) in [100, 200, 350, 300, 400].into_iter().enumerate() {
        let prev = chain.last().map_or(BlockHash::default(), |block| block.hash);
        let mut maker = BlockMaker::new(prev, time, 0);
        maker.tx(&[], &[(50, Some(owner(at)))]);
        chain.push(maker.done());
    }
    write(dir.path(), &chain, 100);
    let kept = |moment| times(&Ledger::open(dir.path()).expect("opens").as_of(moment).expect("cuts"));
    assert_eq!(kept(99), [0u32; 0]);
    assert_eq!(kept(200), [100, 200]);
    assert_eq!(kept(320), [100, 200], "the block of 300 rests on the one of 350");
    assert_eq!(kept(350), [100, 200, 350, 300]);
    assert_eq!(kept(400), [100, 200, 350, 300, 400]);
}
