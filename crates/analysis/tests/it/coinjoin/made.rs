//! Hand-made transactions: what services do that looks like mixing, and what the classifier says when it cannot know.

use proptest::prelude::*;
use tracehound_analysis::coinjoin::{
    Answer, Coin, Protocol, When, certain_change, change_links, is_wasabi1_coordinator,
};
use tracehound_model::{ScriptKey, ScriptType};

use super::{Tx, name};

/// Coins of different owners, counted from `first`.
fn coins(kind: ScriptType, first: u64, values: &[u64]) -> Vec<Coin> {
    (first..).zip(values).map(|(owner, &value)| Coin { value, script: kind, owner }).collect()
}

fn tx(inputs: &[u64], outputs: &[u64]) -> Tx {
    Tx {
        inputs: coins(ScriptType::P2wpkh, 1, inputs).into_iter().map(Some).collect(),
        outputs: coins(ScriptType::P2wpkh, 10_000, outputs),
        ..Tx::default()
    }
}

/// Four makers with fees of 20 to 400 units and a taker; see the module of the rule.
fn market() -> Tx {
    tx(
        &[700_000, 1_500_000, 2_000_000, 900_000, 400_000, 350_000],
        &[250_000, 450_020, 1_250_100, 1_750_200, 650_400, 498_000, 250_000, 250_000, 250_000, 250_000],
    )
}

#[test]
fn a_market_is_found_with_the_owner_of_each_change() {
    let tx = market();
    let answer = tx.answer();
    assert_eq!(name(&answer), "joinmarket joinmarket-balanced");
    let found = answer.mixing(90).expect("sure");
    assert_eq!((found.participants, found.anonymity.as_slice()), (5, &[5, 1, 1, 1, 1, 1, 5, 5, 5, 5][..]));
    let links = change_links(&tx.shape(), &answer);
    let owners: Vec<_> = links.iter().map(|link| (link.output, link.inputs.as_slice(), link.taker)).collect();
    assert_eq!(
        owners,
        [(1, &[0][..], false), (2, &[1], false), (3, &[2], false), (4, &[3], false), (5, &[4, 5], true),]
    );
    // Amounts prove no link.
    assert!(links.iter().all(|link| (90..=99).contains(&link.percent)), "{links:?}");
    assert!(answer.forbids_co_spending());
}

/// Six makers, each paid `fee`, and a taker, who gets what is left; mixed outputs differ by `apart`, and the taker pays `more`
/// besides.
fn generous(fee: i64, apart: u64, more: &[u64]) -> Tx {
    const MIXED: u64 = 40_000_000;
    let makers: [u64; 6] = [53_120_345, 61_200_011, 72_345_678, 80_001_234, 66_778_899, 89_000_111];
    let taker: u64 = 195_432_100;
    let mut outputs: Vec<u64> = (0..7).map(|n| MIXED - n * apart).collect();
    let change =
        |(brought, mixed): (u64, &u64)| (brought - mixed).checked_add_signed(fee).expect("some change");
    let changes: Vec<u64> = makers.into_iter().zip(&outputs).map(change).collect();
    outputs.extend(changes);
    outputs.extend(more);
    let inputs: Vec<u64> = makers.into_iter().chain([taker]).collect();
    let left = inputs.iter().sum::<u64>() - outputs.iter().sum::<u64>() - 4_000;
    outputs.push(left);
    tx(&inputs, &outputs)
}

#[test]
fn a_round_is_at_least_suspected_however_much_its_taker_pays_and_however_unequal_its_outputs_are() {
    for fee in [-100_000, -30_000, 0, 1_000, 150_000, 240_000, 400_000, 800_000, 1_600_000] {
        for apart in [0, 1, 546, 50_000] {
            for more in [&[][..], &[3_000_000], &[546, 1_234_567, 7_654_321]] {
                let answer = generous(fee, apart, more).answer();
                assert!(answer.forbids_co_spending(), "fee {fee}, {apart} apart, {more:?}: {answer:?}");
            }
        }
    }
    let answer = generous(800_000, 0, &[]).answer();
    assert_eq!(name(&answer), "suspected joinmarket-generous");
    // A fake round is not what ends a path.
    assert!(answer.mixing(60).is_none());
}

/// With so many coins that some subset nearly always fits, a balance proves nothing, and joins nobody either.
#[test]
fn a_round_of_few_people_with_many_coins_each_is_suspected() {
    let inputs = [
        17_842_792,
        30_517_007,
        46_860_142,
        1_777_266,
        165_372,
        22_657_212,
        21_161_363,
        109_583_421,
        10_832_436,
        48_221_264,
    ];
    let outputs = [555_862, 76_803_200, 76_803_200, 75_066_114, 3_583_088, 76_803_200];
    let answer = tx(&inputs, &outputs).answer();
    assert_eq!(name(&answer), "suspected joinmarket-shape");
    assert!(answer.forbids_co_spending() && answer.mixing(50).is_none(), "{answer:?}");
}

#[test]
fn a_batch_payment_of_the_same_shape_does_not_balance() {
    // Five customers withdraw the same amount, four others something else, one output is the service's change.
    let tx = tx(
        &[1_103_211, 2_240_100, 3_100_777, 908_004, 455_121, 1_377_900],
        &[250_000, 730_112, 911_800, 1_250_001, 2_043_917, 2_996_200, 250_000, 250_000, 250_000, 250_000],
    );
    assert_eq!(tx.answer(), Answer::No);
}

#[test]
fn what_services_do_every_day_is_no_coinjoin() {
    let cases = [
        ("payment with change", tx(&[500_000], &[120_000, 379_000])),
        ("withdrawals of a round amount", tx(&[900_000_000], &[10_000_000; 80])),
        (
            "withdrawals near the base amount of Wasabi 1",
            tx(&[90_000_000; 3], &[[10_000_000; 24].as_slice(), &[1_234_567, 28_000_000]].concat()),
        ),
        ("consolidation", tx(&[100_000; 200], &[19_990_000])),
        ("consolidation into three", tx(&[50_000; 120], &[2_000_000, 2_000_000, 1_990_000])),
        ("a purse of equal coins", tx(&[3_000_000, 2_500_000], &[500_000; 11])),
        ("the pool's amount, but by one payer", {
            let mut own = tx(&[1_000_000, 1_000_000, 1_001_000, 1_000_000, 1_002_000], &[1_000_000; 5]);
            for coin in own.inputs.iter_mut().flatten() {
                coin.owner = 1;
            }
            own
        }),
        ("a coinbase", Tx { inputs: Vec::new(), ..tx(&[], &[100_000; 12]) }),
    ];
    for (what, tx) in cases {
        assert_eq!(tx.answer(), Answer::No, "{what}");
    }
}

/// A maker signs for its own part. Whose address the taker pays, and of what kind, is his to choose.
#[test]
fn even_makers_are_suspected_whoever_else_is_paid() {
    let cases = [
        ("a payout to the payers themselves", {
            let mut own = market();
            own.outputs[0].owner = 1;
            own
        }),
        ("several kinds of addresses", {
            let mut own = market();
            own.outputs[2].script = ScriptType::P2pkh;
            own.outputs[3].script = ScriptType::P2sh;
            own
        }),
    ];
    for (what, tx) in cases {
        assert_eq!(name(&tx.answer()), "suspected joinmarket-makers", "{what}");
        assert!(tx.answer().mixing(50).is_some_and(|found| found.participants == 5), "{what}");
    }
}

#[test]
fn what_pays_nobody_is_left_out_of_a_round() {
    let mut tx = market();
    let data = Coin { value: 0, script: ScriptType::OpReturn, owner: 0 };
    tx.outputs.insert(2, data);
    let answer = tx.answer();
    assert_eq!(name(&answer), "suspected joinmarket-balanced");
    let found = answer.mixing(50).expect("a mix that ends a path");
    assert_eq!(found.anonymity, [5, 1, 1, 1, 1, 1, 1, 5, 5, 5, 5]);
    assert!(answer.forbids_co_spending());
    let payment = Tx { outputs: vec![data, tx.outputs[0], tx.outputs[1], data], ..tx };
    assert_eq!(payment.answer(), Answer::No);
}

#[test]
fn a_consolidation_in_the_shape_of_wasabi_2_is_hardly_believed() {
    let inputs: Vec<u64> = (0..60).map(|n| 900_000 - n * 1_000).collect();
    let outputs = [[2_000_000; 20].as_slice(), &[51_500]].concat();
    let mut own = tx(&inputs, &outputs);
    for coin in own.inputs.iter_mut().flatten() {
        coin.owner = 1;
    }
    let answer = own.answer();
    let Answer::Suspected(found) = &answer else { panic!("the published rule is met: {answer:?}") };
    assert_eq!((found.protocol, found.confidence, found.participants), (Protocol::Wasabi2, 10, 1));
    assert_eq!(answer.mixing(50), None);
    // With owners of their own the inputs still do not make a round: too few different amounts.
    assert_eq!(tx(&inputs, &outputs).answer(), Answer::No);
}

#[test]
fn what_is_certain_of_a_market_is_what_every_balance_has() {
    let parties = |tx: &Tx| (0..tx.inputs.len()).map(|at| (at, at)).collect::<Vec<_>>();
    let market = market();
    let certain = certain_change(&market.shape(), &market.answer(), &parties(&market)).expect("it balances");
    assert_eq!(certain, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 5)]);
    // Two of one fee's distance, whose change either may be: nothing is certain of them.
    let mut twins = market.clone();
    twins.inputs[0] = twins.inputs[3].map(|coin| Coin { value: coin.value + 40, ..coin });
    twins.inputs[0] = twins.inputs[0].map(|coin| Coin { owner: 1, ..coin });
    twins.outputs[1].value = 650_380;
    let certain = certain_change(&twins.shape(), &twins.answer(), &parties(&twins)).expect("it balances");
    assert!(certain.iter().all(|(input, _)| ![0, 3].contains(input)), "{certain:?}");
    assert!(certain.contains(&(1, 2)) && certain.contains(&(2, 3)), "{certain:?}");
    // One person is no two makers.
    let mut joined = parties(&market);
    joined[1].1 = 0;
    let joined: Vec<(usize, usize)> =
        joined.into_iter().map(|(at, party)| (at, party.saturating_sub(usize::from(party > 1)))).collect();
    assert_eq!(certain_change(&market.shape(), &market.answer(), &joined), None);
    // What is no more than suspected has nothing certain.
    let mut data = market.clone();
    data.outputs.push(Coin { value: 0, script: ScriptType::OpReturn, owner: 0 });
    assert_eq!(name(&data.answer()), "suspected joinmarket-balanced");
    assert_eq!(certain_change(&data.shape(), &data.answer(), &parties(&data)), None);
    assert_eq!(certain_change(&market.shape(), &market.answer(), &[]), None);
}

#[test]
fn one_maker_is_suspected_by_its_even_account() {
    // A maker with a fee of 3,000 or 12,000; a taker that has no change; a maker of two coins.
    for (inputs, outputs) in [
        (&[90_000_000, 80_000_000][..], &[60_000_000, 60_000_000, 20_003_000, 29_994_000][..]),
        (&[90_000_000, 80_000_000], &[60_000_000, 60_000_000, 20_012_000, 29_985_000]),
        (&[60_006_000, 80_000_000], &[60_000_000, 60_000_000, 20_003_000]),
        (&[90_000_000, 50_000_000, 30_000_000], &[60_000_000, 60_000_000, 20_003_000, 29_994_000]),
    ] {
        let round = tx(inputs, outputs);
        let Answer::Suspected(found) = round.answer() else { panic!("{:?}", round.answer()) };
        assert_eq!((found.rule, found.participants), ("joinmarket-one-maker", 2), "{inputs:?} {outputs:?}");
        assert!(round.answer().forbids_co_spending() && round.answer().mixing(50).is_none());
        // One address brings all of it, an address gets back what it spent, or wallets are of different kinds.
        let mut one = round.clone();
        one.inputs.iter_mut().flatten().for_each(|coin| coin.owner = 1);
        let mut back = round.clone();
        back.outputs[2].owner = 1;
        let mut kinds = round.clone();
        kinds.inputs[0] = kinds.inputs[0].map(|coin| Coin { script: ScriptType::P2tr, ..coin });
        for other in [one, back, kinds] {
            assert_eq!(other.answer(), Answer::No, "{inputs:?} {outputs:?}");
        }
    }
    // Nobody gains anything, or more than anybody is paid.
    for change in [20_000_000 - 3_000_000, 20_000_000 + 3_000_000] {
        let payment = tx(&[90_000_000, 80_000_000], &[60_000_000, 60_000_000, change, 49_990_000 - change]);
        assert_eq!(payment.answer(), Answer::No, "{change}");
    }
    assert_eq!(tx(&[100, 1_000], &[100, 100, 900]).answer(), Answer::No);
}

#[test]
fn two_people_or_one_wallet_that_plays_two() {
    let decoy = tx(&[1_000_000, 800_000], &[300_000, 300_000, 699_500, 499_500]);
    assert_eq!(name(&decoy.answer()), "suspected stonewall");
    let purchase = tx(&[1_000_000, 800_000], &[300_000, 300_000, 1_000_100, 198_900]);
    assert_eq!(purchase.answer(), Answer::No);
}

#[test]
fn a_whirlpool_round_may_end_elsewhere() {
    let mut round = tx(&[1_000_000, 1_000_000, 1_003_000, 1_000_000, 1_002_000], &[1_000_000; 5]);
    assert_eq!(name(&round.answer()), "whirlpool whirlpool");
    round.outputs[3].script = ScriptType::P2wsh;
    assert_eq!(name(&round.answer()), "suspected whirlpool-foreign-output");
    round.when = When::Height(569_999);
    assert_eq!(name(&round.answer()), "suspected one-for-one", "before the first round");
}

/// Of the first round of a pool no coin was in one before: nobody can say whose pool it is, and nobody joins its strangers.
#[test]
fn a_round_of_new_coins_that_pays_each_out_as_one_is_suspected() {
    for people in [3, 5, 8, 10, 40] {
        for (mixed, more) in [(1_000_000, 600), (50_000_000, 42_000), (100_000, 102), (333_333, 0)] {
            let even = tx(&vec![mixed + more; people], &vec![mixed; people]);
            assert_eq!(name(&even.answer()), "suspected one-for-one", "{people} x {mixed} + {more}");
            assert!(even.answer().forbids_co_spending());
            let unequal: Vec<u64> =
                (0..people as u64).map(|at| mixed + more * (at + 1) / people as u64).collect();
            assert_eq!(name(&tx(&unequal, &vec![mixed; people]).answer()), "suspected one-for-one");
        }
    }
    // One who brings what two take out pays two.
    for inputs in [
        [1_000_000, 1_000_000, 3_000_600],
        [1_000_000, 1_000_000, 2_000_600],
        [900_000, 1_100_000, 1_000_600],
    ] {
        assert_eq!(tx(&inputs, &[1_000_000; 3]).answer(), Answer::No, "{inputs:?}");
    }
    assert_eq!(tx(&[1_000_600; 2], &[1_000_000; 2]).answer(), Answer::No, "any two payments");
    // An address on both sides is one owner's.
    let mut own = tx(&[1_000_600; 5], &[1_000_000; 5]);
    own.outputs[0].owner = own.inputs[0].expect("known").owner;
    assert_eq!(own.answer(), Answer::No);
}

#[test]
fn a_first_transaction_of_whirlpool_is_one_owners() {
    let mut split = tx(&[5_500_000], &[0, 50_000, 1_004_235, 1_004_235, 1_004_235, 1_004_235, 1_400_000]);
    split.outputs[0].script = ScriptType::OpReturn;
    let Answer::Premix(premix) = split.answer() else { panic!("{:?}", split.answer()) };
    assert_eq!((premix.pool, premix.outputs), (1_000_000, 4));
    assert!(!split.answer().forbids_co_spending());
}

#[test]
fn the_coordinator_is_enough_before_it_changed_its_address() {
    let mut round = tx(&[20_000_000; 3], &[10_000_000, 10_000_000, 10_000_000, 50_000, 9_000_000]);
    round.pays_wasabi1_coordinator = true;
    round.when = When::Height(560_000);
    assert_eq!(name(&round.answer()), "wasabi1 wasabi1-coordinator");
    let mut alone = round.clone();
    for coin in alone.inputs.iter_mut().flatten() {
        coin.owner = 1;
    }
    assert_eq!(name(&alone.answer()), "suspected wasabi1-coordinator-one-owner");
    round.inputs[1] = None;
    assert_eq!(name(&round.answer()), "wasabi1 wasabi1-coordinator", "the outputs decide");
    round.inputs[1] = round.inputs[0];
    round.when = When::Height(620_000);
    assert_eq!(round.answer(), Answer::No);
    let hash = hex::decode("869f5c7a4cd7776ae0c0fcd9c3315abb239a9f0d").expect("hex");
    assert!(is_wasabi1_coordinator(&ScriptKey::new(ScriptType::P2wpkh, &hash).expect("20 bytes")));
    assert!(!is_wasabi1_coordinator(&ScriptKey::new(ScriptType::P2pkh, &hash).expect("20 bytes")));
}

#[test]
fn what_is_missing_is_never_a_no() {
    let mut tx = market();
    tx.inputs[2] = None;
    assert_eq!(tx.answer(), Answer::Unknown { missing: 1, possible: Protocol::JoinMarket });
    assert!(tx.answer().forbids_co_spending());
    assert_eq!(change_links(&tx.shape(), &tx.answer()), []);
    tx.inputs = vec![None; 6];
    assert_eq!(tx.answer(), Answer::Unknown { missing: 6, possible: Protocol::JoinMarket });
    // One input cannot be several people's, whatever it was.
    tx.inputs = vec![None];
    assert_eq!(tx.answer(), Answer::No);
}

fn any_coin() -> impl Strategy<Value = Coin> {
    let value = prop_oneof![
        Just(0),
        Just(1_000_000),
        Just(10_000_000),
        Just(u64::MAX),
        (0_u32..40).prop_map(|power| 1 << power),
        1_u64..3_000_000,
    ];
    (value, prop::sample::select(&ScriptType::ALL), 0_u64..40).prop_map(|(value, script, owner)| Coin {
        value,
        script,
        owner,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn nothing_makes_it_panic(
        inputs in prop::collection::vec(prop::option::weighted(0.9, any_coin()), 0..80),
        outputs in prop::collection::vec(any_coin(), 0..80),
        pays_wasabi1_coordinator: bool,
    ) {
        let tx = Tx { inputs, outputs, when: When::Unknown, pays_wasabi1_coordinator };
        let answer = tx.answer();
        if let Some(found) = answer.mixing(0) {
            prop_assert_eq!(found.anonymity.len(), tx.outputs.len());
            prop_assert!(found.anonymity.iter().all(|&set| 1 <= set && set as usize <= tx.inputs.len().max(1)));
        }
        let _ = change_links(&tx.shape(), &answer);
    }

    #[test]
    fn the_order_of_a_market_carries_no_information(
        order in Just((0..10_usize).collect::<Vec<_>>()).prop_shuffle(),
        hidden in prop::option::of(0..6_usize),
    ) {
        let mut tx = market();
        tx.outputs = order.iter().map(|&at| tx.outputs[at]).collect();
        let expected = if let Some(hidden) = hidden {
            tx.inputs[hidden] = None;
            "unknown joinmarket"
        } else {
            "joinmarket joinmarket-balanced"
        };
        prop_assert_eq!(name(&tx.answer()), expected);
    }
}
