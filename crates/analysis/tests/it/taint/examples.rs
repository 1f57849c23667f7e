use proptest::prelude::*;
use tracehound_analysis::taint::{Account, Division, Holding, Label, Lot, Method, divide, divide_backward};

const X: Label = Label(0);
const Y: Label = Label(1);

/// `"300X 700c"` as a holding.
fn holding(text: &str) -> Holding {
    let mut holding = Holding::default();
    for lot in text.split_whitespace() {
        let (amount, label) = lot.split_at(lot.len() - 1);
        let label = match label {
            "X" => Some(X),
            "Y" => Some(Y),
            _ => None,
        };
        holding.push(Lot { amount: amount.parse().expect("a number"), label });
    }
    holding
}

fn show(holding: &Holding) -> String {
    let lot = |lot: &Lot| {
        let label =
            lot.label.map_or("c".to_owned(), |label| if label == X { "X".into() } else { "Y".into() });
        format!("{}{label}", lot.amount)
    };
    holding.lots().iter().map(lot).collect::<Vec<_>>().join(" ")
}

fn divided(method: Method, inputs: &[&str], outputs: &[u128]) -> Division {
    let inputs: Vec<Holding> = inputs.iter().map(|text| holding(text)).collect();
    divide(method, &inputs, outputs).expect("inputs cover the outputs")
}

/// Outputs, then the fee, as lots.
fn lots(method: Method, inputs: &[&str], outputs: &[u128]) -> Vec<String> {
    let division = divided(method, inputs, outputs);
    division.outputs.iter().chain([&division.rest]).map(show).collect()
}

/// Dirty units of each output, then of the fee.
fn dirty(method: Method, inputs: &[&str], outputs: &[u128]) -> Vec<u128> {
    let division = divided(method, inputs, outputs);
    division.outputs.iter().chain([&division.rest]).map(Holding::dirty_all).collect()
}

#[test]
fn e1_dirty_first_then_clean() {
    let (inputs, outputs) = (["300X", "700c"], [400, 500]);
    assert_eq!(dirty(Method::Poison, &inputs, &outputs), [400, 500, 100]);
    assert_eq!(dirty(Method::Haircut, &inputs, &outputs), [120, 150, 30]);
    assert_eq!(lots(Method::Fifo, &inputs, &outputs), ["300X 100c", "500c", "100c"]);
    assert_eq!(lots(Method::Lifo, &inputs, &outputs), ["400c", "200X 300c", "100X"]);
    assert_eq!(dirty(Method::Tiho, &inputs, &outputs), [0, 300, 0]);
}

#[test]
fn e2_clean_first_then_dirty() {
    let (inputs, outputs) = (["700c", "300X"], [400, 500]);
    assert_eq!(dirty(Method::Haircut, &inputs, &outputs), [120, 150, 30]);
    assert_eq!(lots(Method::Fifo, &inputs, &outputs), ["400c", "300c 200X", "100X"]);
    assert_eq!(lots(Method::Lifo, &inputs, &outputs), ["100c 300X", "500c", "100c"]);
    assert_eq!(dirty(Method::Tiho, &inputs, &outputs), [0, 300, 0]);
}

#[test]
fn e3_two_labels() {
    let (inputs, outputs) = (["200X 100c", "150Y 50c"], [250, 150, 90]);
    assert_eq!(dirty(Method::Poison, &inputs, &outputs), [250, 150, 90, 10]);
    assert_eq!(dirty(Method::Haircut, &inputs, &outputs), [175, 105, 63, 7]);
    assert_eq!(lots(Method::Fifo, &inputs, &outputs), ["200X 50c", "50c 100Y", "50Y 40c", "10c"]);
    assert_eq!(lots(Method::Lifo, &inputs, &outputs), ["50c 150Y 50c", "100X 50c", "90X", "10X"]);
    assert_eq!(dirty(Method::Tiho, &inputs, &outputs), [250, 100, 0, 0]);
}

#[test]
fn e4_thirds_are_rounded_so_that_nothing_is_lost() {
    let (inputs, outputs) = (["1X", "2c"], [1, 1]);
    assert_eq!(dirty(Method::Poison, &inputs, &outputs), [1, 1, 1]);
    assert_eq!(dirty(Method::Haircut, &inputs, &outputs), [1, 0, 0]);
    assert_eq!(lots(Method::Fifo, &inputs, &outputs), ["1X", "1c", "1c"]);
    assert_eq!(lots(Method::Lifo, &inputs, &outputs), ["1c", "1c", "1X"]);
    assert_eq!(dirty(Method::Tiho, &inputs, &outputs), [1, 0, 0]);
}

#[test]
fn e5_a_peel_is_dirty_by_every_method() {
    for method in Method::COMPARED {
        assert_eq!(dirty(method, &["1000X"], &[30, 960]), [30, 960, 10], "{method:?}");
    }
}

#[test]
fn e6_three_way_coinjoin() {
    let (inputs, outputs) = (["100X", "100c", "100c"], [99, 99, 99]);
    assert_eq!(dirty(Method::Haircut, &inputs, &outputs), [33, 33, 33, 1]);
    assert_eq!(lots(Method::Fifo, &inputs, &outputs), ["99X", "1X 98c", "99c", "3c"]);
    assert_eq!(lots(Method::Lifo, &inputs, &outputs), ["99c", "99c", "97X 2c", "3X"]);
    assert_eq!(dirty(Method::Tiho, &inputs, &outputs), [99, 1, 0, 0]);
}

#[test]
fn e7_a_coinbase_draws_subsidy_then_fees() {
    let inputs = ["625c", "10c", "5X", "7c"];
    assert_eq!(lots(Method::Fifo, &inputs, &[640, 7]), ["635c 5X", "7c", ""]);
}

#[test]
fn outputs_above_the_inputs_are_refused() {
    let error = divide(Method::Fifo, &[holding("5X")], &[6]).expect_err("one too many");
    assert_eq!(error.to_string(), "the outputs take 6 base units, and the inputs hold 5");
}

/// The events of the account table; balances and dirty parts of A, B and C.
fn accounts(method: Method) -> [(u128, u128); 3] {
    let [mut a, mut b, mut c] = [const { None }; 3].map(|_: Option<()>| Account::default());
    a.deposit(&holding("60c"));
    a.deposit(&holding("40X"));
    b.deposit(&a.withdraw(method, 50).expect("covered"));
    a.deposit(&holding("50c"));
    c.deposit(&a.withdraw(method, 70).expect("covered"));
    c.deposit(&b.withdraw(method, 25).expect("covered"));
    [a, b, c].map(|account| (account.holding().value(), account.holding().dirty(X)))
}

#[test]
fn accounts_are_pools_that_live_on() {
    assert_eq!(accounts(Method::Haircut), [(30, 6), (25, 10), (95, 24)]);
    assert_eq!(accounts(Method::Fifo), [(30, 0), (25, 0), (95, 40)]);
    assert_eq!(accounts(Method::Tiho), [(30, 0), (25, 15), (95, 25)]);
    assert_eq!(accounts(Method::CleanFirst), [(30, 30), (25, 0), (95, 10)]);
}

#[test]
fn an_account_cannot_pay_what_it_does_not_hold() {
    let mut account = Account::default();
    account.deposit(&holding("5X"));
    let error = account.withdraw(Method::Fifo, 6).expect_err("6 of 5");
    assert_eq!((error.amount, error.balance), (6, 5));
    assert_eq!(account.holding().dirty(X), 5, "nothing was taken");
}

#[test]
fn names_of_methods_round_trip() {
    for method in Method::COMPARED.into_iter().chain([Method::CleanFirst]) {
        assert_eq!(Method::named(method.name()), Some(method));
    }
    assert_eq!(Method::named("magic"), None);
}

fn some_holding() -> impl Strategy<Value = Holding> {
    prop::collection::vec((0u128..1_000_000, prop::option::of(0u16..3)), 1..4).prop_map(|lots| {
        let mut holding = Holding::default();
        for (amount, label) in lots {
            holding.push(Lot { amount, label: label.map(Label) });
        }
        holding
    })
}

/// Inputs, and outputs that they cover.
fn transaction() -> impl Strategy<Value = (Vec<Holding>, Vec<u128>)> {
    (prop::collection::vec(some_holding(), 1..6), prop::collection::vec(0u128..1_000_000, 0..6)).prop_map(
        |(inputs, wanted)| {
            let mut left: u128 = inputs.iter().map(Holding::value).sum();
            let outputs = wanted.into_iter().map(|wanted| {
                let value = wanted.min(left);
                left -= value;
                value
            });
            let outputs = outputs.collect();
            (inputs, outputs)
        },
    )
}

fn sum(holdings: &[Holding], label: u16) -> u128 {
    holdings.iter().map(|holding| holding.dirty(Label(label))).sum()
}

proptest! {
    #[test]
    fn every_unit_of_every_label_arrives((inputs, outputs) in transaction()) {
        for method in [Method::Haircut, Method::Fifo, Method::Lifo, Method::Tiho, Method::CleanFirst] {
            let division = divide(method, &inputs, &outputs).expect("covered");
            for (holding, &value) in division.outputs.iter().zip(&outputs) {
                prop_assert_eq!(holding.value(), value);
                prop_assert!(holding.dirty_all() <= value);
            }
            for label in 0..3 {
                prop_assert_eq!(
                    sum(&inputs, label), sum(&division.outputs, label) + division.rest.dirty(Label(label)), "{:?}", method
                );
            }
        }
    }

    #[test]
    fn poison_is_at_least_every_other_method((inputs, outputs) in transaction()) {
        let poison = divide(Method::Poison, &inputs, &outputs).expect("covered");
        for method in [Method::Haircut, Method::Fifo, Method::Lifo, Method::Tiho] {
            let other = divide(method, &inputs, &outputs).expect("covered");
            for (most, some) in poison.outputs.iter().zip(&other.outputs) {
                prop_assert!(most.dirty_all() >= some.dirty_all());
            }
        }
    }

    /// A unit that FIFO or LIFO carries from input i to output j is carried from j to i on the way back.
    #[test]
    fn the_queues_run_backward((inputs, outputs) in transaction(), chosen in any::<prop::sample::Index>()) {
        let values: Vec<u128> = inputs.iter().map(Holding::value).collect();
        let from = chosen.index(values.len());
        for method in [Method::Fifo, Method::Lifo] {
            let marked: Vec<Holding> = values.iter().enumerate().map(|(at, &value)| {
                if at == from { Holding::labelled(value, X) } else { Holding::clean(value) }
            }).collect();
            let forward = divide(method, &marked, &outputs).expect("covered");
            for (to, there) in forward.outputs.iter().enumerate() {
                let marked: Vec<Holding> = outputs.iter().enumerate().map(|(at, &value)| {
                    if at == to { Holding::labelled(value, X) } else { Holding::clean(value) }
                }).collect();
                let rest = Holding::clean(forward.rest.value());
                let back = divide_backward(method, &marked, &rest, &values).expect("has a way back").expect("covered");
                prop_assert_eq!(back[from].dirty(X), there.dirty(X));
            }
        }
    }
}
