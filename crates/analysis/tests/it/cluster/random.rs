//! Random chains: against the plainest method, in one go and in pieces, by one thread and by several, undone and redone.

use proptest::prelude::*;
use tracehound_analysis::cluster::{Clusters, Guard, Rules, ServiceId, Step};
use tracehound_ledger::{AddrNum, Ledger, TxNum, TxSpan, Writer, WriterOptions};
use tracehound_model::{BitcoinNetwork, BlockHash, Chain, TxId, utxo::UtxoBlock};
use tracehound_testkit::blocks::{BlockMaker, owner};

use super::{out, plain};
use crate::ledger_of;

/// What a random transaction does: places in the list of unspent coins, and who is paid.
type Spend = (Vec<usize>, Vec<usize>);

/// A chain under construction.
#[derive(Clone, Default)]
struct Maker {
    tip: BlockHash,
    coins: Vec<(TxId, u32)>,
    blocks: Vec<UtxoBlock>,
}

impl Maker {
    fn block(&mut self, spends: &[Spend], salt: u64) {
        let mut block = BlockMaker::new(self.tip, 1_000, salt);
        let outputs = |owners: &[usize]| -> Vec<_> {
            owners.iter().map(|&n| (50 + n as u64, Some(owner(n)))).collect()
        };
        let minted = block.tx(&[], &outputs(&[0, 1, 2, 3, 4, 5]));
        self.coins.extend((0..6).map(|vout| (minted, vout)));
        for (places, owners) in spends {
            let mut inputs = Vec::new();
            for place in places {
                if !self.coins.is_empty() {
                    let (txid, vout) = self.coins.swap_remove(place % self.coins.len());
                    inputs.push(out(txid, vout));
                }
            }
            if inputs.is_empty() {
                continue;
            }
            let txid = block.tx(&inputs, &outputs(owners));
            self.coins.extend((0..owners.len() as u32).map(|vout| (txid, vout)));
        }
        let block = block.done();
        self.tip = block.hash;
        self.blocks.push(block);
    }
}

fn spends() -> impl Strategy<Value = Vec<Vec<Spend>>> {
    let spend = (prop::collection::vec(0usize..1_000, 1..5), prop::collection::vec(0usize..40, 1..5));
    prop::collection::vec(prop::collection::vec(spend, 0..8), 1..8)
}

fn chain(blocks: &[Vec<Spend>], salt: u64) -> Maker {
    let mut maker = Maker::default();
    for spends in blocks {
        maker.block(spends, salt);
    }
    maker
}

/// Every address holds the name of its cluster; a transaction renames throughout.
fn naive(ledger: &Ledger, coinjoin: impl Fn(&Ledger, TxSpan) -> bool) -> Vec<u32> {
    let info = ledger.info();
    let mut names: Vec<u32> = (0..info.addresses).collect();
    for tx in (0..info.txs).filter_map(|num| ledger.tx(TxNum(num))) {
        let owners: Vec<_> = ledger.inputs(&tx).filter_map(|input| ledger.input_owner(&input)).collect();
        if coinjoin(ledger, (&tx).into()) {
            continue;
        }
        for pair in owners.windows(2) {
            let (a, b) = (names[pair[0].0 as usize], names[pair[1].0 as usize]);
            names.iter_mut().filter(|name| **name == a.max(b)).for_each(|name| *name = a.min(b));
        }
    }
    names
}

fn names(clusters: &Clusters) -> Vec<u32> {
    clusters.all().into_iter().map(|id| id.0.0).collect()
}

/// One in seven.
fn some(_: &Ledger, tx: TxSpan) -> bool {
    tx.num.0 % 7 == 3
}

fn label(addr: AddrNum) -> Option<ServiceId> {
    addr.0.is_multiple_of(5).then_some(ServiceId(addr.0 % 3))
}

/// Everything at once: a `CoinJoin` rule, the `PayJoin` rule, labels and sizes.
fn strict() -> Rules<'static, Ledger> {
    let guard = Some(Guard { service: &label, both_above: 3 });
    Rules { coinjoins: &some, guard, threads: 1, ..Rules::new(&some) }
}

fn check_way(ledger: &Ledger, way: &[Step], from: AddrNum, to: AddrNum) {
    let mut at = from;
    for step in way {
        assert_eq!(step.from, at);
        at = step.to;
        let tx = ledger.tx(step.tx).expect("there");
        let owners: Vec<_> = ledger.inputs(&tx).filter_map(|input| ledger.input_owner(&input)).collect();
        assert!(owners.contains(&step.from) && owners.contains(&step.to), "{step:?} {owners:?}");
    }
    assert_eq!(at, to);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn clusters_are_those_of_renaming_throughout_and_every_two_members_are_explained(blocks in spends()) {
        let (_dir, ledger) = ledger_of(&chain(&blocks, 0).blocks);
        let clusters = Clusters::build(&ledger, &Rules { coinjoins: &some, ..plain() }).expect("builds");
        let names = names(&clusters);
        prop_assert_eq!(&names, &naive(&ledger, some));
        for a in (0..names.len() as u32).map(AddrNum) {
            for b in (0..names.len() as u32).map(AddrNum) {
                let way = clusters.explain(a, b);
                prop_assert_eq!(way.is_some(), names[a.0 as usize] == names[b.0 as usize]);
                if let Some(way) = way {
                    check_way(&ledger, &way, a, b);
                }
            }
        }
    }

    #[test]
    fn the_last_transaction_of_a_way_is_when_the_two_were_joined(blocks in spends()) {
        let (_dir, ledger) = ledger_of(&chain(&blocks, 0).blocks);
        let mut clusters = Clusters::build(&ledger, &plain()).expect("builds");
        let (a, b) = (AddrNum(0), AddrNum(3));
        let Some(way) = clusters.explain(a, b) else { return Ok(()) };
        let joined = way.iter().map(|step| step.tx).max().expect("two addresses");
        let block = ledger.block_of(joined).expect("there");
        clusters.rewind(joined);
        prop_assert_eq!(clusters.next_tx(), block.first_tx.0);
        let before = clusters.explain(a, b);
        // Another transaction of that block may not join them: they were apart before it.
        prop_assert_eq!(before, None);
    }

}

proptest! {
    // Each case commits a ledger for every block.
    #![proptest_config(ProptestConfig::with_cases(10))]

    #[test]
    fn in_pieces_or_in_one_go_undone_or_not_the_result_is_the_same(
        blocks in spends(), others in spends(), keep in 0usize..8,
    ) {
        let keep = keep.min(blocks.len() - 1);
        let old = chain(&blocks, 0);
        let mut new = chain(&blocks[..keep], 0);
        for spends in &others {
            new.block(spends, 1);
        }
        for rules in [strict(), Rules { coinjoins: &some, ..plain() }] {
            let dir = tempfile::tempdir().expect("temporary folder");
            let chain = Chain::Bitcoin(BitcoinNetwork::Regtest);
            let mut writer = Writer::open(dir.path(), chain, WriterOptions::default()).expect("opens");
            let mut clusters: Option<Clusters> = None;
            for block in &old.blocks {
                writer.append(block).expect("appends");
                writer.commit().expect("commits");
                let ledger = Ledger::open(dir.path()).expect("opens");
                match &mut clusters {
                    None => clusters = Some(Clusters::build(&ledger, &rules).expect("builds")),
                    Some(clusters) => {
                        let update = clusters.update(&ledger, &rules).expect("updates");
                        prop_assert_eq!(update.undone_from, None);
                        prop_assert_eq!(update.work.txs, block.txs.len() as u64);
                    }
                }
                prop_assert_eq!(clusters.as_ref(), Some(&Clusters::build(&ledger, &rules).expect("builds")));
            }
            let mut clusters = clusters.expect("there is a block");
            // The other branch.
            if keep > 0 {
                writer.rewind_to_block(old.blocks[keep - 1].hash).expect("rewinds");
                for block in &new.blocks[keep..] {
                    writer.append(block).expect("appends");
                }
                writer.commit().expect("commits");
                let ledger = Ledger::open(dir.path()).expect("opens");
                let kept: usize = old.blocks[..keep].iter().map(|block| block.txs.len()).sum();
                let update = clusters.update(&ledger, &rules).expect("updates");
                prop_assert_eq!(update.undone_from, Some(TxNum(kept as u32)));
                prop_assert_eq!(&clusters, &Clusters::build(&ledger, &rules).expect("builds"));
                // Undone by hand and read again.
                clusters.rewind(TxNum(clusters.next_tx() / 2));
                clusters.update(&ledger, &rules).expect("updates");
                prop_assert_eq!(&clusters, &Clusters::build(&ledger, &rules).expect("builds"));
            }
        }
    }
}

/// Long enough that every thread gets several runs of transactions.
#[test]
fn several_threads_make_what_one_makes() {
    let mut state = 1u64;
    let mut dice = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % below) as usize
    };
    let mut maker = Maker::default();
    for _ in 0..50 {
        let spends: Vec<Spend> = (0..1_000)
            .map(|_| {
                let inputs = 1 + dice(3);
                let places = (0..inputs).map(|_| dice(1 << 30)).collect();
                (places, (0..2).map(|_| dice(30_000)).collect())
            })
            .collect();
        maker.block(&spends, 0);
    }
    let (_dir, ledger) = ledger_of(&maker.blocks);
    assert!(ledger.info().txs > 30_000);
    let one = Clusters::build(&ledger, &strict()).expect("builds");
    assert!(!one.refusals().is_empty());
    for threads in [2, 3, 8] {
        let many = Clusters::build(&ledger, &Rules { threads, ..strict() }).expect("builds");
        assert_eq!(one, many, "{threads} threads");
    }
}
