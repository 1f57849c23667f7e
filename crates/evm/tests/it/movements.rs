//! Blocks put together: each movement with what vouches for it, and what is not known beside it.

use alloy_consensus::{Header, proofs};
use alloy_primitives::U256;
use tracehound_evm::{
    block::{Block, Checks},
    movements::{Gap, Movements, Rules, movements},
    receipts::Receipts,
    traces::{Moved, Traces, TxTrace},
};
use tracehound_model::{
    Address, Asset, Chain,
    transfer::{MovementKind, Unseen},
};

use crate::data::result;

fn eighteen_million() -> Option<(Block, Receipts)> {
    let block = Block::read(&result("b18000000_block_full.json.gz")?, Checks::ALL).expect("a block");
    let receipts = result("b18000000_receipts.json.gz")?;
    let receipts = Receipts::read(&receipts, &block, Checks::ALL).expect("receipts");
    Some((block, receipts))
}

fn ether() -> Asset {
    Asset::native(Chain::Evm(1)).expect("a coin")
}

fn sum(
    found: &Movements,
    kind: MovementKind,
    wanted: impl Fn(&tracehound_model::transfer::Movement) -> bool,
) -> U256 {
    let all = found.block.txs.iter().flat_map(|tx| &tx.movements);
    all.filter(|moved| moved.kind == kind && wanted(moved))
        .map(|moved| U256::from_be_bytes(moved.amount.to_be_bytes()))
        .sum()
}

#[test]
fn a_proved_block_tells_fees_values_tokens_and_withdrawals_to_the_wei() {
    let Some((block, receipts)) = eighteen_million() else { return };
    let found = movements(&block, Some(&receipts), None, &Rules::ethereum()).expect("movements");
    assert_eq!(found.gaps, [Gap::NoTraces(18_000_000)]);
    assert_eq!(found.block.unseen, Unseen::TRACES);
    // Of the header alone: what was burnt is the base fee of all gas.
    let burnt = sum(&found, MovementKind::Fee, |moved| moved.to.is_none());
    let base = U256::from(block.header.base_fee_per_gas.expect("after London"));
    assert_eq!(burnt, base * U256::from(block.header.gas_used));
    let paid: U256 = receipts
        .receipts
        .iter()
        .map(|receipt| U256::from(receipt.gas_used) * receipt.effective_gas_price.expect("told"))
        .sum();
    let producer = Address::Evm(block.header.beneficiary.into_array());
    let tips = sum(&found, MovementKind::Fee, |moved| moved.to == Some(producer));
    // The producer pays itself nothing for its own transactions.
    let own: U256 = block
        .txs
        .iter()
        .zip(&receipts.receipts)
        .filter(|(tx, _)| tx.from == block.header.beneficiary)
        .map(|(tx, receipt)| {
            U256::from(receipt.gas_used) * (U256::from(tx.gas_price.expect("signed")) - base)
        })
        .sum();
    assert_eq!(burnt + tips + own, paid);
    let withdrawn: u64 = block.withdrawals.iter().map(|withdrawal| withdrawal.amount).sum();
    assert_eq!(
        sum(&found, MovementKind::Issue, |_| true),
        U256::from(withdrawn) * U256::from(10).pow(U256::from(9))
    );
    let last = found.block.txs.last().expect("what the chain pays");
    assert_eq!((last.hash, last.movements.len()), (block.hash.0, 16));
    // Without traces: what succeeded transactions sent themselves, all of it proved but what went to new contracts.
    let sent: U256 = block
        .txs
        .iter()
        .zip(&receipts.receipts)
        .filter(|(tx, receipt)| receipt.succeeded == Some(true) && tx.to != Some(tx.from))
        .map(|(tx, _)| tx.value)
        .sum();
    assert_eq!(sum(&found, MovementKind::Native, |_| true), sent);
    let all = || found.block.txs.iter().flat_map(|tx| &tx.movements);
    assert!(all().all(|moved| moved.proved));
    let tokens = all().filter(|moved| moved.kind == MovementKind::Token).count();
    let refused = found.refused.len();
    insta::assert_snapshot!(format!("{tokens} tokens moved, {refused} logs refused"));
}

/// The encoding of a receipt (EIP-658, EIP-2718) has neither the gas and price of blobs nor a roll-up's fee, nor the
/// contract that was created: a node may say of them what it likes.
#[test]
fn what_no_root_covers_is_never_called_proved() {
    let Some((mut block, mut receipts)) = eighteen_million() else { return };
    receipts.receipts[0].blob = Some((131_072, U256::from(7)));
    receipts.receipts[0].l1_fee = Some(U256::from(11));
    let created = alloy_primitives::Address::repeat_byte(9);
    let sending = (0..block.txs.len())
        .find(|&at| receipts.receipts[at].succeeded == Some(true) && !block.txs[at].value.is_zero())
        .expect("one sends ether");
    block.txs[sending].to = None;
    receipts.receipts[sending].created = Some(created);
    let found = movements(&block, Some(&receipts), None, &Rules::ethereum()).expect("movements");
    let reported: Vec<_> =
        found.block.txs.iter().flat_map(|tx| &tx.movements).filter(|moved| !moved.proved).collect();
    let amounts: Vec<u64> = reported.iter().filter_map(|moved| moved.amount.to_u64()).collect();
    assert_eq!(&amounts[..2], [131_072 * 7, 11]);
    assert_eq!((reported.len(), &reported[2].to), (3, &Some(Address::Evm(created.into_array()))));
    // Whoever sends what the node alone says pays nothing that is proved.
    block.txs[1].from_proved = false;
    let found = movements(&block, Some(&receipts), None, &Rules::ethereum()).expect("movements");
    let own = found.block.txs[1].movements.iter().filter(|moved| moved.kind != MovementKind::Token);
    assert!(own.clone().count() > 0 && own.clone().all(|moved| !moved.proved));
}

#[test]
fn what_is_not_told_is_a_gap_and_never_nothing() {
    let Some((block, mut receipts)) = eighteen_million() else { return };
    let rules = Rules::ethereum();
    let found = movements(&block, None, None, &rules).expect("movements");
    assert_eq!(found.gaps, [Gap::NoReceipts(18_000_000), Gap::NoTraces(18_000_000)]);
    assert_eq!(found.block.unseen, Unseen::RECEIPTS.and(Unseen::TRACES));
    assert_eq!(sum(&found, MovementKind::Native, |_| true), U256::ZERO, "who knows which failed");
    // A transaction from before Byzantium does not say.
    let with_value = block.txs.iter().position(|tx| !tx.value.is_zero()).expect("one sends ether");
    receipts.receipts[with_value].succeeded = None;
    let found = movements(&block, Some(&receipts), None, &rules).expect("movements");
    assert!(found.gaps.contains(&Gap::Outcome(block.txs[with_value].hash)), "{:?}", found.gaps);
}

#[test]
fn traces_add_what_contracts_passed_on_and_must_not_contradict_receipts() {
    let Some((block, receipts)) = eighteen_million() else { return };
    let rules = Rules::ethereum();
    let of_its_own = |index: usize| {
        let tx = &block.txs[index];
        let to = tx.to.or(receipts.receipts[index].created);
        let moves =
            receipts.receipts[index].succeeded == Some(true) && !tx.value.is_zero() && to != Some(tx.from);
        moves.then_some(Moved { from: tx.from, to, value: tx.value })
    };
    let mut traces = Traces {
        txs: (0..block.txs.len())
            .map(|index| TxTrace {
                tx: block.txs[index].hash,
                moved: Ok(of_its_own(index).into_iter().collect()),
            })
            .collect(),
        rewards: Vec::new(),
    };
    let plain = movements(&block, Some(&receipts), Some(&traces), &rules).expect("movements");
    assert!(plain.gaps.is_empty(), "{:?}", plain.gaps);
    assert_eq!(plain.block.unseen, Unseen::NOTHING);
    let sending = (0..block.txs.len()).find(|&index| of_its_own(index).is_some()).expect("one sends ether");
    let passed_on = Moved {
        from: block.txs[sending].to.expect("called"),
        to: Some(alloy_primitives::Address::repeat_byte(7)),
        value: U256::from(5),
    };
    let mut more = traces.clone();
    more.txs[sending].moved.as_mut().expect("traced").push(passed_on);
    let found = movements(&block, Some(&receipts), Some(&more), &rules).expect("movements");
    let last = found.block.txs[sending].movements.iter().rfind(|moved| moved.kind == MovementKind::Native);
    let last = last.expect("moved");
    assert_eq!((last.proved, last.to, last.asset), (false, Some(Address::Evm([7; 20])), ether()));
    // The value of the transaction itself left out, or something moved in one that failed.
    traces.txs[sending].moved = Ok(vec![passed_on]);
    assert!(movements(&block, Some(&receipts), Some(&traces), &rules).is_err());
    let mut failed = receipts.clone();
    failed.receipts[sending].succeeded = Some(false);
    assert!(movements(&block, Some(&failed), Some(&more), &rules).is_err());
    // What the node could not trace is said, and what is proved stands.
    more.txs[sending].moved = Err("out\u{1b}[31m of time".to_owned());
    let found = movements(&block, Some(&receipts), Some(&more), &rules).expect("movements");
    let [Gap::Untraced { tx, why }] = &found.gaps[..] else { panic!("{:?}", found.gaps) };
    assert_eq!(*tx, block.txs[sending].hash);
    assert_eq!(found.block.unseen, Unseen::SOME_TXS);
    assert!(!why.contains('\u{1b}'), "{why:?}");
    assert!(
        found.block.txs[sending]
            .movements
            .iter()
            .any(|moved| moved.kind == MovementKind::Native && moved.proved)
    );
}

/// What the Yellow Paper (11.3), EIP-649 and EIP-1234 say, in wei.
#[test]
fn miners_and_uncles_are_paid_what_their_fork_says() {
    let ether = |eighths: u64| U256::from(eighths) * U256::from(10).pow(U256::from(18)) / U256::from(8);
    for (number, whole) in [(1, 40), (4_369_999, 40), (4_370_000, 24), (7_279_999, 24), (7_280_000, 16)] {
        let mined = |number: u64, by: u8| Header {
            number,
            difficulty: U256::ONE,
            beneficiary: alloy_primitives::Address::repeat_byte(by),
            ..Header::default()
        };
        let uncles = if number > 2 { vec![mined(number - 1, 2), mined(number - 2, 3)] } else { Vec::new() };
        let header = Header { ommers_hash: proofs::calculate_ommers_root(&uncles), ..mined(number, 1) };
        let count = uncles.len() as u64;
        let block = Block::of_parts(header, &[], uncles).expect("a block");
        let found = movements(&block, None, None, &Rules::ethereum()).expect("movements");
        let paid: Vec<(Option<Address>, U256)> = found.block.txs[0]
            .movements
            .iter()
            .map(|moved| (moved.to, U256::from_be_bytes(moved.amount.to_be_bytes())))
            .collect();
        let miner = ether(whole) + ether(whole) / U256::from(32) * U256::from(count);
        let mut wanted = vec![(Some(Address::Evm([1; 20])), miner)];
        if count > 0 {
            wanted.push((Some(Address::Evm([2; 20])), ether(whole) * U256::from(7) / U256::from(8)));
            wanted.push((Some(Address::Evm([3; 20])), ether(whole) * U256::from(6) / U256::from(8)));
        }
        assert_eq!(paid, wanted, "{number}");
        assert!(found.gaps.is_empty() && found.block.txs[0].movements.iter().all(|moved| moved.proved));
    }
}
