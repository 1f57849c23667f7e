//! Vectors computed with the reference implementation, and properties that hold for every transaction.

use proptest::prelude::*;
use tracehound_analysis::boltzmann::{
    Amounts, BoltzmannError, DEFAULT_WORK, FeeShare, Intrafees, Side, linkability, linkability_within,
};

#[test]
fn the_reference_counts() {
    let cases: [(&[u64], &[u64], u128, f64); 10] = [
        (&[10, 10], &[8, 2, 3, 7], 3, 1.584_963),
        (&[10, 10], &[10, 3, 7], 3, 1.584_963),
        (&[10, 10], &[8, 2, 2, 8], 5, 2.321_928),
        (&[10, 10], &[5, 5, 5, 5], 7, 2.807_355),
        (&[10, 10, 2], &[8, 2, 2, 8, 2], 28, 4.807_355),
        (&[5, 5], &[5, 5], 3, 1.584_963),
        (&[5, 5, 5], &[5, 5, 5], 16, 4.0),
        (&[5, 5, 5], &[5, 3, 2], 28, 4.807_355),
        (&[5, 5, 10], &[5, 5, 10], 9, 3.169_925),
        (&[5; 4], &[5; 4], 131, 7.033_423),
    ];
    for (inputs, outputs, count, entropy) in cases {
        let found = linkability(inputs, outputs).expect("a valid transaction");
        assert_eq!(found.interpretations, count, "{inputs:?} -> {outputs:?}");
        assert!((found.entropy() - entropy).abs() < 5e-7, "{inputs:?} -> {outputs:?}: {}", found.entropy());
    }
}

#[test]
fn equal_coins_on_both_sides() {
    let counts = [1, 3, 16, 131, 1_496, 22_482, 426_833, 9_934_563];
    for (sides, count) in (1..).zip(counts) {
        let found = linkability(&vec![5; sides], &vec![5; sides]).expect("a valid transaction");
        assert_eq!(found.interpretations, count, "{sides} equal inputs and outputs");
    }
}

#[test]
fn the_reference_matrices() {
    let found = linkability(&[10, 10, 2], &[8, 2, 2, 8, 2]).expect("a valid transaction");
    let (a, b) = (vec![16, 16, 7], vec![13, 13, 14]);
    assert_eq!(found.together, [a.clone(), b.clone(), b.clone(), a, b]);
    assert!(found.deterministic.is_empty());
    let found = linkability(&[5, 5, 10], &[5, 5, 10]).expect("a valid transaction");
    assert_eq!(found.together, [[5, 5, 4], [5, 5, 4], [4, 4, 8]]);
    let found = linkability(&[5, 5, 5], &[5, 3, 2]).expect("a valid transaction");
    assert_eq!((found.fee, found.together), (5, vec![vec![14; 3], vec![13; 3], vec![13; 3]]));
}

#[test]
fn a_link_is_deterministic_when_no_other_reading_exists() {
    let found = linkability(&[1_000], &[300, 690]).expect("a payment with change");
    assert_eq!((found.interpretations, found.deterministic.len()), (1, 2));
    // A mix of two equal coins whose change gives itself away.
    let found = linkability(&[100, 1_000], &[100, 100, 900]).expect("valid");
    assert!(found.deterministic.contains(&(1, 2)), "{found:?}");
    assert!(!found.deterministic.contains(&(0, 0)), "{found:?}");
}

#[test]
fn what_cannot_be_analysed_is_refused_with_its_place() {
    assert_eq!(linkability(&[], &[1]), Err(BoltzmannError::Empty(Side::Input)));
    assert_eq!(linkability(&[1], &[]), Err(BoltzmannError::Empty(Side::Output)));
    assert_eq!(linkability(&[1; 13], &[1]), Err(BoltzmannError::TooMany { side: Side::Input, count: 13 }));
    assert_eq!(linkability(&[9, 9], &[0, 0]), Err(BoltzmannError::Empty(Side::Output)));
    assert_eq!(linkability(&[0], &[0]), Err(BoltzmannError::Empty(Side::Input)));
    assert_eq!(linkability(&[u64::MAX, 1], &[1]), Err(BoltzmannError::Overflow(Side::Input)));
    assert_eq!(linkability(&[5], &[6]), Err(BoltzmannError::Overspent { inputs: 5, outputs: 6 }));
    let (inputs, outputs): (Vec<u64>, Vec<u64>) =
        (1..=12_u64).map(|n| (1_000_000 + n * n, 1_000 + n)).unzip();
    assert_eq!(linkability_within(&inputs, &outputs, 1_000_000), Err(BoltzmannError::TooMuchWork(1_000_000)));
}

#[test]
fn coins_of_no_value_are_left_out_and_the_others_keep_their_places() {
    let plain = linkability(&[10, 10, 2], &[8, 2, 2, 8, 2]).expect("valid");
    let found = linkability(&[10, 0, 10, 2], &[0, 8, 2, 2, 0, 8, 2]).expect("an OP_RETURN is no payment");
    assert_eq!((found.interpretations, &found.together), (28, &plain.together));
    assert_eq!((found.inputs, found.outputs), (vec![0, 2, 3], vec![1, 2, 3, 5, 6]));
    let found = linkability(&[1_000], &[0, 990]).expect("valid");
    assert_eq!(found.deterministic, [(0, 1)]);
    let mut outputs = [1; 13];
    outputs[4] = 0;
    assert!(linkability(&[12], &outputs).is_ok(), "the limit is for what is analysed");
}

#[test]
fn inputs_of_one_owner_are_one() {
    let of = |inputs: &[u64], outputs: &[u64], linked: &[Vec<usize>]| {
        Amounts::new(inputs, outputs, linked)?.linkability(Intrafees::default(), DEFAULT_WORK)
    };
    let found = of(&[6, 10, 4], &[8, 2, 3, 7], &[vec![0, 2]]).expect("valid");
    assert_eq!((found.interpretations, &found.together), (3, &vec![vec![2; 3]; 4]), "as of 10 and 10");
    let found = of(&[5; 4], &[5; 4], &[vec![0, 1], vec![3, 2], vec![2, 1]]).expect("valid");
    assert_eq!(
        (found.interpretations, found.deterministic.len()),
        (1, 16),
        "sets that share an input are one"
    );
    assert!(of(&[1; 20], &[19], &[(0..9).collect()]).is_ok(), "the limit is for owners");
    assert_eq!(of(&[1, 1], &[2], &[vec![0, 2]]), Err(BoltzmannError::NoInput { place: 2, count: 2 }));
}

/// With the fees among participants that the reference implementation takes for a ratio.
fn with_ratio(
    inputs: &[u64],
    outputs: &[u64],
    linked: &[Vec<usize>],
    ratio: f64,
) -> (Intrafees, u128, Vec<Vec<u128>>) {
    let amounts = Amounts::new(inputs, outputs, linked).expect("valid");
    let fees = amounts.intrafees(FeeShare::of(ratio).expect("a ratio")).expect("a CoinJoin's outputs");
    let found = amounts.linkability(fees, DEFAULT_WORK).expect("small");
    (fees, found.interpretations, found.together)
}

#[test]
fn the_reference_counts_with_fees_among_participants() {
    // Mainnet 7d588d52d1cece7a18d663c977d6143016b5b326404bbf286bc024d5d54fcecb, the reference's own example.
    let inputs = [260_994_463, 98_615_817, 84_911_243, 20_112_774, 79_168_410];
    let outputs = [14_868_890, 84_077_613, 84_077_613, 15_369_204, 177_252_160, 84_077_613, 84_077_613];
    let plain = linkability(&inputs, &outputs).expect("valid");
    assert_eq!((plain.interpretations, plain.deterministic.len()), (1, 35), "all of it one payer's");
    let (fees, count, matrix) = with_ratio(&inputs, &outputs, &[], 0.005);
    assert_eq!((fees, count), (Intrafees { maker: 420_388, taker: 1_261_164 }, 95));
    let mixed = vec![35, 38, 46, 33, 33];
    let [a, b, c] = [[11, 73, 21, 27, 27], [9, 27, 43, 73, 73], [95, 9, 25, 11, 11]].map(|row| row.to_vec());
    assert_eq!(matrix, [a, mixed.clone(), mixed.clone(), b, c, mixed.clone(), mixed]);
    let (_, count, matrix) = with_ratio(&inputs, &outputs, &[vec![1, 3]], 0.005);
    let [a, b, c] = [[1, 5, 5, 5, 5], [5, 1, 1, 1, 1], [2, 4, 4, 4, 4]].map(|row| row.to_vec());
    assert_eq!((count, matrix), (5, vec![a.clone(), c.clone(), c.clone(), a, b, c.clone(), c]));
    // Mainnet 015d9cf0a12057d009395710611c65109f36b3eaefa3a694594bf243c097f404.
    let inputs = [203_486, 5_000_000, 11_126, 9_829, 9_572_867, 13_796, 150_000, 82_835, 5_000_000];
    let (_, count, matrix) = with_ratio(&inputs, &[791_116, 907_419, 9_136_520, 9_136_520], &[], 0.005);
    let mixed = vec![245, 245, 113, 113, 245, 114, 245, 131, 245];
    let a = vec![364, 126, 115, 115, 364, 119, 354, 99, 126];
    assert_eq!(
        (count, matrix),
        (438, vec![a, vec![126, 364, 111, 111, 126, 109, 136, 163, 364], mixed.clone(), mixed])
    );
}

#[test]
fn the_order_in_which_groups_are_split_off_is_the_references() {
    // Equal inputs get unequal numbers: computed with the reference implementation's steps.
    let of = |linked: &[Vec<usize>]| {
        let amounts = Amounts::new(&[10, 10, 10, 4, 7, 0], &[9, 0, 9, 9, 2, 3, 6], linked).expect("valid");
        let found = amounts.linkability(Intrafees { maker: 2, taker: 6 }, DEFAULT_WORK).expect("small");
        (found.interpretations, found.together)
    };
    let rows = |rows: [[u128; 5]; 4]| {
        let [a, b, c, d] = rows.map(|row| row.to_vec());
        vec![a.clone(), a.clone(), a, b, c, d]
    };
    let expected = rows([
        [1_586, 1_586, 1_586, 945, 1_333],
        [1_378, 1_378, 1_378, 1_376, 1_012],
        [1_362, 1_362, 1_362, 1_355, 1_021],
        [1_321, 1_321, 1_321, 1_300, 1_631],
    ]);
    assert_eq!(of(&[]), (4_324, expected));
    let expected = rows([
        [323, 285, 277, 323, 239],
        [303, 295, 262, 303, 201],
        [298, 276, 255, 298, 212],
        [317, 228, 252, 317, 312],
    ]);
    assert_eq!(of(&[vec![0, 3]]), (760, expected));
}

#[test]
fn fees_among_participants_are_for_what_looks_like_a_coinjoin() {
    let of = |inputs: &[u64], outputs: &[u64], linked: &[Vec<usize>], ratio| {
        Amounts::new(inputs, outputs, linked).expect("valid").intrafees(FeeShare::of(ratio).expect("a ratio"))
    };
    let some = |maker, taker| Some(Intrafees { maker, taker });
    assert_eq!(of(&[900; 3], &[800, 800, 800, 90, 95], &[], 0.01), some(8, 16));
    assert_eq!(of(&[900; 3], &[800, 800, 90, 95, 70], &[], 0.01), None, "more than two outputs each");
    assert_eq!(of(&[900; 3], &[800, 800, 90, 90], &[], 0.01), some(8, 8), "the larger of two amounts");
    assert_eq!(of(&[900; 3], &[800, 800, 800, 90, 95], &[vec![0, 1, 2]], 0.01), None, "one owner");
    assert_eq!(of(&[900; 3], &[800, 800, 800, 90], &[vec![0, 1]], 0.01), some(8, 8), "two owners");
    assert_eq!(of(&[900; 3], &[800, 800, 800], &[], 0.0), None);
    assert_eq!((FeeShare::of(-0.1), FeeShare::of(1.1), FeeShare::of(f64::NAN)), (None, None, None));
}

#[test]
fn fees_without_bounds_cost_a_bounded_search() {
    let (inputs, outputs): (Vec<u64>, Vec<u64>) =
        (1..=12_u64).map(|n| (1_000_000 + n * n, 900_000 + 97 * n)).unzip();
    let amounts = Amounts::new(&inputs, &outputs, &[]).expect("valid");
    for bound in [1_000_000, u64::MAX] {
        let fees = Intrafees { maker: bound, taker: bound };
        assert_eq!(amounts.linkability(fees, 1_000_000), Err(BoltzmannError::TooMuchWork(1_000_000)));
    }
}

/// The definition, coin by coin: every way to split the inputs, every way to give each group its outputs.
fn by_definition(inputs: &[u64], outputs: &[u64], fees: Intrafees) -> (u128, Vec<Vec<u128>>) {
    fn split(inputs: &[u64], groups: &mut Vec<usize>, made: usize, seen: &mut dyn FnMut(&[usize], usize)) {
        if groups.len() == inputs.len() {
            return seen(groups, made);
        }
        for group in 0..=made {
            groups.push(group);
            split(inputs, groups, made.max(group + 1), seen);
            groups.pop();
        }
    }
    let total = |values: &[u64]| i128::from(values.iter().sum::<u64>());
    let most = total(inputs) - total(outputs) + i128::from(fees.taker);
    let keeps_bounds = |pays: i128| (-i128::from(fees.maker)..=most).contains(&pays);
    // By descending value; of equal inputs the first comes first.
    let mut order: Vec<usize> = (0..inputs.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(inputs[at]));
    let mut count = 0;
    let mut together = vec![vec![0; inputs.len()]; outputs.len()];
    split(inputs, &mut Vec::new(), 0, &mut |groups, made| {
        let mut brought = vec![0_i128; made];
        for (&group, &value) in groups.iter().zip(inputs) {
            brought[group] += i128::from(value);
        }
        // The group of the last input in that order, before it that of the last one not in it, and so on.
        let mut latest: Vec<usize> = Vec::new();
        for &input in order.iter().rev() {
            if !latest.contains(&groups[input]) {
                latest.push(groups[input]);
            }
        }
        for code in 0..made.pow(outputs.len() as u32) {
            let paid_by: Vec<usize> =
                (0..outputs.len()).map(|at| code / made.pow(at as u32) % made).collect();
            let mut pays = brought.clone();
            for (&group, &value) in paid_by.iter().zip(outputs) {
                pays[group] -= i128::from(value);
            }
            let mut together_pay = 0;
            let joined = latest.iter().all(|&group| {
                together_pay += pays[group];
                keeps_bounds(together_pay)
            });
            if !joined || !pays.iter().all(|&pays| keeps_bounds(pays)) {
                continue;
            }
            count += 1;
            for (output, payer) in paid_by.iter().enumerate() {
                for (input, group) in groups.iter().enumerate() {
                    together[output][input] += u128::from(group == payer);
                }
            }
        }
    });
    (count, together)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn counts_agree_with_the_definition(
        inputs in prop::collection::vec(1_u64..12, 1..5),
        parts in prop::collection::vec(1_u64..9, 1..6),
    ) {
        let budget: u64 = inputs.iter().sum();
        let mut spent = 0;
        let outputs: Vec<u64> =
            parts.into_iter().take_while(|part| { spent += part; spent <= budget }).collect();
        prop_assume!(!outputs.is_empty());
        let found = linkability(&inputs, &outputs).expect("small");
        let expected = by_definition(&inputs, &outputs, Intrafees::default());
        prop_assert_eq!((found.interpretations, found.together), expected);
    }

    #[test]
    fn counts_with_fees_among_participants_agree_with_the_definition(
        inputs in prop::collection::vec(8_u64..16, 1..6),
        outputs in prop::collection::vec(prop_oneof![Just(7), 1_u64..9], 1..6),
        (maker, taker) in (0_u64..4, 0_u64..9),
    ) {
        prop_assume!(inputs.iter().sum::<u64>() >= outputs.iter().sum());
        let fees = Intrafees { maker, taker };
        let amounts = Amounts::new(&inputs, &outputs, &[]).expect("valid");
        let found = amounts.linkability(fees, DEFAULT_WORK).expect("small");
        prop_assert_eq!((found.interpretations, found.together), by_definition(&inputs, &outputs, fees));
    }

    #[test]
    fn linked_inputs_count_as_their_sum(
        inputs in prop::collection::vec(8_u64..16, 3..6),
        outputs in prop::collection::vec(1_u64..9, 1..5),
        (maker, taker) in (0_u64..4, 0_u64..9),
    ) {
        prop_assume!(inputs.iter().sum::<u64>() >= outputs.iter().sum());
        let fees = Intrafees { maker, taker };
        let amounts = Amounts::new(&inputs, &outputs, &[vec![2, 0]]).expect("valid");
        let found = amounts.linkability(fees, DEFAULT_WORK).expect("small");
        // What is joined stands behind the others.
        let mut joined = inputs.clone();
        joined.push(joined[0] + joined[2]);
        joined.remove(2);
        joined.remove(0);
        let (count, matrix) = by_definition(&joined, &outputs, fees);
        prop_assert_eq!(found.interpretations, count);
        for (row, expected) in found.together.iter().zip(&matrix) {
            let sum = expected[joined.len() - 1];
            let mut expected = expected[..joined.len() - 1].to_vec();
            expected.insert(0, sum);
            expected.insert(2, sum);
            prop_assert_eq!(row, &expected);
        }
    }

    #[test]
    fn order_carries_no_information(
        (inputs, shuffled) in prop::collection::vec(20_u64..60, 1..6)
            .prop_flat_map(|inputs| (Just(inputs.clone()), Just(inputs).prop_shuffle())),
        outputs in prop::collection::vec(1_u64..4, 1..6),
    ) {
        let one = linkability(&inputs, &outputs).expect("small");
        let other = linkability(&shuffled, &outputs).expect("small");
        prop_assert_eq!(one.interpretations, other.interpretations);
        for (place, value) in inputs.iter().enumerate() {
            let elsewhere = shuffled.iter().position(|other| other == value).expect("the same coins");
            for output in 0..outputs.len() {
                prop_assert_eq!(one.together[output][place], other.together[output][elsewhere]);
            }
        }
    }
}
