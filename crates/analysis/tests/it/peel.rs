//! Peel chains: hand-made ones whose turns can be told on paper, and the generated heist's, whose truth is known.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tracehound_analysis::{
    coinjoin::{Buffer, Classifier},
    peel::{self, Chain, Feature, Options, PeelError, Rule, Stop},
    taint::Mix,
    trace::{Entity, Known},
};
use tracehound_ledger::{AddrNum, Ledger, OutNum, TxNum, TxSpan};
use tracehound_model::{
    Address, BitcoinNetwork, BlockHash, Category, OutPoint, ScriptKey, ScriptType, TxId, utxo::UtxoBlock,
};
use tracehound_range::{Role, Step, demo_case};
use tracehound_testkit::blocks::{BlockMaker, hash32, owner};

use crate::{ledger_of, taint::propagations::output, units};

const REGTEST: BitcoinNetwork = BitcoinNetwork::Regtest;
const COIN: u64 = 100_000_000;

/// Services by script; CoinJoins as the classifier sees them, and four outputs of one coin.
#[derive(Default)]
pub(crate) struct Names {
    services: BTreeSet<AddrNum>,
}

impl Names {
    pub(crate) fn of(ledger: &Ledger, services: &[ScriptKey]) -> Self {
        Self { services: services.iter().filter_map(|key| ledger.find_address(key)).collect() }
    }
}

impl Known<Ledger> for Names {
    fn entity(&self, owner: AddrNum) -> Option<Entity> {
        self.services.contains(&owner).then(|| Entity {
            label: "Service".to_owned(),
            category: Category::Exchange,
            listed_from: None,
            labelled: None,
        })
    }

    fn mix(&self, ledger: &Ledger, tx: TxSpan) -> Option<Mix> {
        if ledger.outputs(tx).filter(|output| output.value == COIN).count() == 4 {
            return Some(Mix { protocol: "test", participants: 4 });
        }
        let answer = Classifier::new(ledger).classify(ledger, tx, &mut Buffer::default());
        let found = answer.mixing(50)?;
        Some(Mix { protocol: found.protocol.name(), participants: found.participants })
    }
}

fn wallet_key(n: usize) -> ScriptKey {
    ScriptKey::new(ScriptType::P2wpkh, &hash32(&[b"wallet", &n.to_le_bytes()])[..20]).expect("20 bytes")
}

pub(crate) fn at(txid: TxId, vout: u32) -> (OutPoint, Option<(u64, ScriptKey)>) {
    (OutPoint { txid, vout }, None)
}

/// Sixty strangers' payments, then a chain of `hops` peels of a twentieth each, one a block, kept output first; its
/// version is 1, everybody else's 2. Behind it `tail` may spend the end.
struct Peel {
    blocks: Vec<UtxoBlock>,
    kept: Vec<TxId>,
}

fn peel_chain(hops: usize, tail: impl Fn(&mut BlockMaker, TxId, u64)) -> Peel {
    let mut first = BlockMaker::new(BlockHash::default(), 1_000, 0);
    let loot = first.tx(&[], &[(100 * COIN, Some(wallet_key(0)))]);
    let stock: Vec<TxId> = (0..60).map(|n| first.tx(&[], &[(50 * COIN, Some(owner(n)))])).collect();
    let mut blocks = vec![first.done()];
    let mut second = BlockMaker::new(blocks[0].hash, 1_600, 0);
    second.tx(&[], &[(50 * COIN, Some(owner(900)))]);
    for (n, &coin) in stock.iter().enumerate() {
        let paid = 3 * COIN + 1_234_567 * n as u64;
        let change = 50 * COIN - paid - 5_000;
        let outputs = [(paid, Some(owner(100 + n))), (change, Some(owner(200 + n)))];
        second.tx(&[at(coin, 0)], &outputs);
    }
    blocks.push(second.done());
    let (mut last, mut value, mut kept) = (loot, 100 * COIN, Vec::new());
    for hop in 0..=hops {
        let before = blocks.last().expect("two at least").hash;
        let mut block = BlockMaker::new(before, 2_200 + 600 * hop as u32, 0);
        block.tx(&[], &[(50 * COIN, Some(owner(901 + hop)))]);
        if hop == hops {
            tail(&mut block, last, value);
            let mut block = block.done();
            for tx in &mut block.txs {
                tx.version = 1;
            }
            blocks.push(block);
            break;
        }
        let paid = value / 20 + 77;
        value -= paid + 1_000;
        let outputs = [(value, Some(wallet_key(1 + hop))), (paid, Some(owner(300 + hop)))];
        last = block.tx(&[at(last, 0)], &outputs);
        kept.push(last);
        let mut block = block.done();
        block.txs[1].version = 1;
        blocks.push(block);
    }
    Peel { blocks, kept }
}

fn follow(ledger: &Ledger, start: OutNum, options: Options, known: &Names) -> Chain {
    peel::follow(ledger, REGTEST, start, options, known).expect("the start is in the ledger")
}

fn followed(peel: &Peel, options: Options, services: &[ScriptKey]) -> Chain {
    let (_dir, ledger) = ledger_of(&peel.blocks);
    let start = ledger.find_address(&wallet_key(0)).expect("in the ledger");
    let start = ledger.activity(start, 1).0.received[0];
    follow(&ledger, start, options, &Names::of(&ledger, services))
}

fn txids(found: &Chain) -> Vec<TxId> {
    found.hops.iter().map(|hop| hop.txid).collect()
}

#[test]
fn a_chain_is_followed_to_what_is_unspent_and_every_unit_is_told() {
    let peel = peel_chain(12, |_, _, _| {});
    let found = followed(&peel, Options::default(), &[]);
    assert_eq!(txids(&found), peel.kept, "{}", peel::text::report(&found, 9));
    assert_eq!(found.stop, Stop::Unspent);
    assert!(found.is_complete() && found.is_laundering_peel && found.longest_run == 12);
    assert_eq!(units(found.last().amount) + units(found.peeled) + units(found.fees), u128::from(100 * COIN));
    assert_eq!(found.background, 72, "every transaction but the coinbases");
    // What is learnt on the way makes later turns surer.
    assert!(found.hops[10].margin > found.hops[0].margin);
    assert!(found.hops[5].evidence.iter().any(|said| said.feature == Feature::Software && said.decibans > 0));
}

#[test]
fn it_stops_at_a_service_and_before_a_sweep_into_one() {
    let sweep = |block: &mut BlockMaker, last: TxId, value: u64| {
        block.tx(&[at(last, 0)], &[(value - 500, Some(owner(77)))]);
    };
    let peel = peel_chain(6, sweep);
    let found = followed(&peel, Options::default(), &[owner(77)]);
    assert_eq!(found.hops.len(), 6);
    assert!(matches!(&found.stop, Stop::PaidToServices { entity, .. } if entity.label == "Service"));
    let found = followed(&peel, Options::default(), &[wallet_key(3)]);
    let Stop::PaidToServices { .. } = found.stop else {
        // The third kept output is the service's: its payee is the only candidate left and no wallet of the chain.
        assert!(matches!(found.stop, Stop::Unclear { .. }), "{:?}", found.stop);
        assert_eq!(found.hops.len(), 2);
        return;
    };
    panic!("the payee is nobody's service");
}

#[test]
fn it_stops_at_a_mix_a_payout_and_at_unknown_amounts() {
    let mix = |block: &mut BlockMaker, last: TxId, value: u64| {
        let strangers = [(60, value), (61, value + 5_000), (62, value + 9_999)];
        let mut inputs = vec![at(last, 0)];
        let mut outputs = vec![(value - COIN - 500, Some(owner(650)))];
        for (n, worth) in strangers {
            let unknown = OutPoint { txid: TxId(hash32(&[b"far", &[n as u8]])), vout: 0 };
            inputs.push((unknown, Some((worth, wallet_key(n)))));
            outputs.push((worth - COIN, Some(owner(600 + n))));
        }
        outputs.extend((0..4).map(|n| (COIN, Some(owner(700 + n)))));
        block.tx(&inputs, &outputs);
    };
    let found = followed(&peel_chain(3, mix), Options::default(), &[]);
    assert!(matches!(found.stop, Stop::Mixed { .. }), "{:?}", found.stop);

    let payout = |block: &mut BlockMaker, last: TxId, value: u64| {
        let each = |n: usize| (value / 30 + n as u64, Some(owner(600 + n)));
        block.tx(&[at(last, 0)], &(0..25).map(each).collect::<Vec<_>>());
    };
    let found = followed(&peel_chain(3, payout), Options::default(), &[]);
    assert!(matches!(found.stop, Stop::FanOut { outputs: 25, .. }), "{:?}", found.stop);

    let unknown = |block: &mut BlockMaker, last: TxId, value: u64| {
        let far = OutPoint { txid: TxId([9; 32]), vout: 1 };
        block.tx(&[at(last, 0), (far, None)], &[(value, Some(owner(600)))]);
    };
    let found = followed(&peel_chain(3, unknown), Options::default(), &[]);
    assert!(matches!(found.stop, Stop::UnknownInputs { .. }), "{:?}", found.stop);
    assert!(!found.is_complete());
}

#[test]
fn a_turn_that_is_not_clear_is_not_taken() {
    // Two equal, new, unspent outputs of one type: nothing tells them apart.
    let twins = |block: &mut BlockMaker, last: TxId, value: u64| {
        let half = value / 2 - 500;
        block.tx(&[at(last, 0)], &[(half, Some(wallet_key(500))), (half, Some(wallet_key(501)))]);
    };
    let found = followed(&peel_chain(4, twins), Options::default(), &[]);
    assert_eq!(found.hops.len(), 4);
    assert!(matches!(found.stop, Stop::Unclear { margin, .. } if margin < 10), "{:?}", found.stop);
    // A margin beyond what evidence can reach stops at once; a limit stops where it says.
    let peel = peel_chain(4, |_, _, _| {});
    let strict = followed(&peel, Options { margin: 1_000, ..Options::default() }, &[]);
    assert_eq!(strict.hops.len(), 0);
    let short = followed(&peel, Options { hops: 2, ..Options::default() }, &[]);
    assert_eq!((short.hops.len(), &short.stop, short.is_complete()), (2, &Stop::Hops, false));
}

#[test]
fn questions_without_an_answer_are_refused() {
    let peel = peel_chain(1, |_, _, _| {});
    let (_dir, ledger) = ledger_of(&peel.blocks);
    let known = Names::default();
    let ask = |start, options| peel::follow(&ledger, REGTEST, OutNum(start), options, &known);
    assert_eq!(ask(9_999, Options::default()), Err(PeelError::NotInLedger(OutNum(9_999))));
    let none = Options { hops: 0, ..Options::default() };
    assert_eq!(ask(0, none), Err(PeelError::NoLimit("hops")));
    assert_eq!(ask(0, Options { fan_out: 0, ..Options::default() }), Err(PeelError::NoLimit("outputs")));
}

#[test]
fn the_rule_for_laundering_wants_small_peels_soon_after_another() {
    let peel = peel_chain(8, |_, _, _| {});
    let with = |rule| followed(&peel, Options { rule, ..Options::default() }, &[]).longest_run;
    assert_eq!(with(Rule { peel_permille: 40, ..Rule::default() }), 0, "a twentieth is more");
    assert_eq!(with(Rule { seconds: 600, ..Rule::default() }), 1, "ten minutes apart");
    assert_eq!(with(Rule::default()), 8);
}

/// A generated case in a ledger.
pub(crate) fn case_ledger(blocks: &[Vec<u8>]) -> (tempfile::TempDir, Ledger) {
    let mut scratch = tracehound_bitcoin::Scratch::default();
    let read = |bytes: &Vec<u8>| {
        let mut block = UtxoBlock::default();
        tracehound_bitcoin::read_block(bytes, &mut block, &mut scratch).expect("a generated block is valid");
        block
    };
    ledger_of(&blocks.iter().map(read).collect::<Vec<_>>())
}

fn key_of(address: &str) -> ScriptKey {
    *Address::parse(address).expect("an address").script().expect("of Bitcoin")
}

#[test]
fn the_generated_heists_chain_is_followed_to_its_end_and_no_other_start_looks_like_one() {
    let (mut right, mut wrong, mut missed) = (0, 0, 0);
    let (mut controls, mut control_hops, mut control_peels) = (0_usize, 0, 0);
    // Five hops a chain, in ten minutes each.
    let options = Options { rule: Rule { hops: 5, ..Rule::default() }, ..Options::default() };
    for seed in 1..=6 {
        let case = demo_case(seed, REGTEST).expect("regtest is allowed");
        let (_dir, ledger) = case_ledger(&case.blocks);
        let service = key_of(case.address_of(Role::Service).expect("a service"));
        let known = Names::of(&ledger, &[service]);
        let steps = |step| case.truth.movements.iter().filter(move |movement| movement.step == step);
        let peels: Vec<_> = steps(Step::Peel).collect();
        let start = peels[0].inputs[0].outpoint;
        let found = follow(&ledger, output(&ledger, start.txid, start.vout.into()), options, &known);
        let truth: BTreeMap<TxId, OutPoint> =
            peels.iter().map(|movement| (movement.txid, movement.outputs[1].outpoint)).collect();
        for hop in &found.hops {
            if truth.get(&hop.txid) == Some(&hop.kept.outpoint) { right += 1 } else { wrong += 1 }
        }
        missed += peels.len() - found.hops.len().min(peels.len());
        assert!(
            matches!(found.stop, Stop::PaidToServices { .. }),
            "seed {seed}: {}",
            peel::text::report(&found, 9)
        );
        assert!(found.is_laundering_peel, "seed {seed}");

        let story: BTreeSet<TxId> = case.truth.movements.iter().map(|movement| movement.txid).collect();
        let info = ledger.info();
        for num in (0..info.txs).step_by(3) {
            let tx = ledger.tx(TxNum(num)).expect("in the ledger");
            if story.contains(&tx.txid) {
                continue;
            }
            let Some(&start) = peel::starts(&ledger, TxNum(num)).first() else { continue };
            let chain = follow(&ledger, start, options, &known);
            controls += 1;
            control_hops += chain.hops.len();
            control_peels += usize::from(chain.is_laundering_peel);
        }
    }
    assert_eq!((right, wrong, missed), (30, 0, 0));
    assert_eq!(control_peels, 0, "of {controls}");
    assert!(control_hops < controls, "{control_hops} hops of {controls} controls");
}

/// A chain of random transactions: each entry takes outputs by number and pays amounts to owners.
pub(crate) fn any_blocks() -> impl Strategy<Value = Vec<UtxoBlock>> {
    let tx =
        (prop::collection::vec(0_usize..40, 1..4), prop::collection::vec((0_u64..1_000, 0_usize..8), 1..5));
    prop::collection::vec(prop::collection::vec(tx, 1..6), 1..6).prop_map(|blocks| {
        let mut made: Vec<Option<OutPoint>> = Vec::new();
        let (mut prev, mut found) = (BlockHash::default(), Vec::new());
        for (height, txs) in (0_u32..).zip(blocks) {
            let mut block = BlockMaker::new(prev, height * 600, 0);
            let mut new = Vec::new();
            new.push((block.tx(&[], &[(5_000, Some(owner(1)))]), 1));
            for (inputs, outputs) in txs {
                let spent: BTreeSet<usize> = inputs.into_iter().collect();
                let inputs: Vec<_> = spent
                    .into_iter()
                    .map(|at| made.get_mut(at).and_then(Option::take))
                    .enumerate()
                    .map(|(at, known)| {
                        let far =
                            OutPoint { txid: TxId([7; 32]), vout: u32::from(height as u8) * 100 + at as u32 };
                        (known.unwrap_or(far), None)
                    })
                    .collect();
                let outputs: Vec<_> =
                    outputs.iter().map(|&(value, n)| (value, (n > 0).then(|| owner(n)))).collect();
                new.push((block.tx(&inputs, &outputs), outputs.len() as u32));
            }
            let block = block.done();
            prev = block.hash;
            found.push(block);
            for (txid, outputs) in new {
                made.extend((0..outputs).map(|vout| Some(OutPoint { txid, vout })));
            }
        }
        found
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_chain_ends_the_same_way_twice(blocks in any_blocks(), margin in 0_u32..30, fan_out in 1_u32..6) {
        let (_dir, ledger) = ledger_of(&blocks);
        let options = Options { margin, fan_out, hops: 50, ..Options::default() };
        let outputs = ledger.info().outputs;
        for start in 0..outputs {
            let found = peel::follow(&ledger, REGTEST, OutNum(start), options, &Names::default());
            let found = found.expect("in the ledger");
            prop_assert!(found.hops.len() <= ledger.info().txs as usize);
            prop_assert!(found.hops.iter().all(|hop| i64::from(hop.margin) >= i64::from(margin)));
            let again = peel::follow(&ledger, REGTEST, OutNum(start), options, &Names::default());
            prop_assert_eq!(&found, &again.expect("in the ledger"));
            let report = peel::text::report(&found, 10);
            prop_assert!(report.contains("hops, then"));
        }
    }
}
