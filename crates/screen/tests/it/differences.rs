//! How two policies differ, for people.

use tracehound_screen::{
    Policy,
    policy::{PRESETS, differences},
};

fn changed(changes: &[(&str, &str)]) -> Policy {
    let mut text = PRESETS[0].text.to_owned();
    for (was, is) in changes {
        assert!(text.contains(was), "{was}");
        text = text.replacen(was, is, 1);
    }
    Policy::parse(&text).expect("a policy")
}

#[test]
fn policies_that_decide_alike_do_not_differ() {
    assert_eq!(differences(&Policy::strict(), &Policy::strict()), [""; 0]);
    let renamed = changed(&[("name = \"strict\"", "name = \"mine\""), ("promise = ", "# promise = ")]);
    assert_eq!(differences(&Policy::strict(), &renamed), [""; 0]);
}

#[test]
fn each_difference_is_a_line_with_what_was_and_what_is() {
    let after = changed(&[
        ("promise = ", "# promise = "),
        ("sources = [\"ofac-sdn\"]", "sources = [\"ofac-sdn\", \"eu-fsf\"]"),
        ("checked_within_days = 7", "checked_within_days = 3"),
        ("incoming_below = 10000", "incoming_below = 546"),
        ("hops = 5", "hops = 3"),
        ("required = false", "required = true"),
        ("score = 85", "score = 75"),
        ("min_confidence = 40", "min_confidence = 30"),
        ("name = \"identified-seized\"", "name = \"identified-taken\""),
    ]);
    assert_eq!(
        differences(&Policy::strict(), &after),
        [
            "required lists: ofac-sdn -> ofac-sdn, eu-fsf",
            "checked within days: 7 -> 3",
            "dust below: 10000 -> 546",
            "indirect exposure: 5 hops, 2000 transactions -> 3 hops, 2000 transactions, required",
            "rule identified-grave-crime differs: block 95 -> block 95, and in what it looks at",
            "rule identified-seized is gone (review 60)",
            "rule direct-sanction differs: review 85 -> review 75",
            "rule identified-taken is new (review 60)",
        ]
    );
    // Without a ledger, and without a limit on the age of notices.
    let lists = Policy::lists_only();
    let lines = differences(&Policy::strict(), &lists);
    assert_eq!(lines[0], "basis: lists-and-transactions -> lists-only");
    assert!(lines.contains(&"transactions within hours: 24 -> not required".to_owned()), "{lines:?}");
    assert!(lines.contains(&"transactions required: true -> false".to_owned()), "{lines:?}");
}
