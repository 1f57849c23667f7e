//! Vectors computed with the reference implementation, and properties that hold for every transaction.

use proptest::prelude::*;
use tracehound_analysis::boltzmann::{BoltzmannError, Side, linkability, linkability_within};

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
    assert_eq!(linkability(&[9, 9], &[8, 0]), Err(BoltzmannError::Zero { side: Side::Output, place: 1 }));
    assert_eq!(linkability(&[u64::MAX, 1], &[1]), Err(BoltzmannError::Overflow(Side::Input)));
    assert_eq!(linkability(&[5], &[6]), Err(BoltzmannError::Overspent { inputs: 5, outputs: 6 }));
    let (inputs, outputs): (Vec<u64>, Vec<u64>) =
        (1..=12_u64).map(|n| (1_000_000 + n * n, 1_000 + n)).unzip();
    assert_eq!(linkability_within(&inputs, &outputs, 1_000_000), Err(BoltzmannError::TooMuchWork(1_000_000)));
}

/// The definition, coin by coin: every way to split the inputs, every way to give each group its outputs.
fn by_definition(inputs: &[u64], outputs: &[u64]) -> (u128, Vec<Vec<u128>>) {
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
    let mut count = 0;
    let mut together = vec![vec![0; inputs.len()]; outputs.len()];
    split(inputs, &mut Vec::new(), 0, &mut |groups, made| {
        let mut budget = vec![0; made];
        for (&group, value) in groups.iter().zip(inputs) {
            budget[group] += value;
        }
        for code in 0..made.pow(outputs.len() as u32) {
            let paid_by: Vec<usize> =
                (0..outputs.len()).map(|at| code / made.pow(at as u32) % made).collect();
            let mut left = budget.clone();
            let fits = paid_by.iter().zip(outputs).all(|(&group, value)| {
                let rest = u64::checked_sub(left[group], *value);
                left[group] = rest.unwrap_or(0);
                rest.is_some()
            });
            if !fits {
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
        prop_assert_eq!((found.interpretations, found.together), by_definition(&inputs, &outputs));
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
