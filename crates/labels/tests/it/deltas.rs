use std::fs;

use jiff::civil::date;
use tracehound_labels::{
    Label,
    delta::{self, Change, DeltaError},
};

use crate::made::{ISSUED, address, pack, plan, row};

fn at(number: u64, entity: &str, version: &str) -> Label {
    let mut label =
        row(&format!("eip155:1|{}|{entity} wallet|{entity}|exchange|controls|a/b|50", address(number)));
    version.clone_into(&mut label.provenance.version);
    label
}

#[test]
fn a_delta_makes_the_next_pack_byte_by_byte_and_says_what_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let before: Vec<Label> = (0..500).map(|number| at(number, "Kraken", "c1/2026-10-01")).collect();
    let old = pack(&path("old"), plan(1), &before, None);
    // A refresh: one row is new, one has another owner, one is gone, and the source is in a newer version throughout.
    let mut fresh: Vec<Label> = (0..501).map(|number| at(number, "Kraken", "c2/2026-11-01")).collect();
    fresh[7] = at(7, "Bitfinex", "c2/2026-11-01");
    fresh.remove(9);
    let fresh = delta::with_history(fresh, &old, ISSUED).expect("read");
    let new = pack(&path("new"), plan(2), &fresh, Some(old.digest().expect("read")));

    let changes = delta::between(&old, &new).expect("read");
    let count = |is: fn(&Change) -> bool| changes.iter().filter(|change| is(change)).count();
    assert_eq!(count(|change| matches!(change, Change::Source { .. })), 1);
    assert_eq!(
        count(|change| matches!(change, Change::Add { .. })),
        2,
        "one address more, and the new owner"
    );
    assert_eq!(count(|change| matches!(change, Change::Retire { on, .. } if *on == ISSUED)), 2);
    assert_eq!(changes.len(), 5, "{changes:?}");

    let mut text = Vec::new();
    assert_eq!(delta::write(&mut text, &old, &new).expect("written"), 5);
    let manifest = delta::apply(&text[..], &old, &path("made")).expect("applies");
    assert_eq!(manifest.version, 2);
    assert!(fs::read(path("made")).expect("read") == fs::read(path("new")).expect("read"));

    // What ended is still answered for the days before.
    let seven = before[7].subject.clone();
    let on = |day| new.about_on(&seven, day).into_iter().filter_map(|label| label.entity).collect::<Vec<_>>();
    assert_eq!(on(date(2026, 10, 31)), ["Bitfinex", "Kraken"]);
    assert_eq!(on(ISSUED), ["Bitfinex"]);
}

#[test]
fn a_delta_to_another_pack_or_one_that_lies_makes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let labels: Vec<Label> = (0..50).map(|number| at(number, "Kraken", "1")).collect();
    let old = pack(&path("old"), plan(1), &labels, None);
    let new = pack(&path("new"), plan(2), &labels[..40], Some(old.digest().expect("read")));
    let other = pack(&path("other"), plan(1), &labels[1..], None);
    let mut text = Vec::new();
    delta::write(&mut text, &old, &new).expect("written");
    let text = String::from_utf8(text).expect("text");
    let made = path("made");
    let apply = |text: &str, base| delta::apply(text.as_bytes(), base, &made).expect_err("refused");

    assert!(matches!(apply(&text, &other), DeltaError::Base { .. }));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 11);
    // A row less is dropped than it says.
    let fewer = [&lines[..5], &lines[6..]].concat().join("\n");
    assert!(matches!(apply(&fewer, &old), DeltaError::Result { .. }));
    assert!(!made.exists(), "nobody's pack is left behind");
    let twice = [&lines[..], &lines[5..6]].concat().join("\n");
    assert!(matches!(apply(&twice, &old), DeltaError::NoSuchRow { line: 12, .. }));
    assert!(matches!(apply("", &old), DeltaError::Line { line: 1, .. }));
    let nonsense = format!("{}\n{{\"op\":\"erase\"}}", lines[0]);
    assert!(matches!(apply(&nonsense, &old), DeltaError::Line { line: 2, .. }));
    assert!(!made.exists());
}

#[test]
fn a_delta_that_nobody_could_apply_is_not_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let labels: Vec<Label> = (0..5).map(|number| at(number, "Kraken", "1")).collect();
    let old = pack(&path("old"), plan(1), &labels, None);
    let alone = pack(&path("alone"), plan(2), &labels[..4], None);
    let mut text = Vec::new();
    let error = delta::write(&mut text, &old, &alone).expect_err("refused");
    assert!(matches!(error, DeltaError::NotAfter { .. }), "{error}");
    assert!(error.to_string().contains("was not made `--after` the first"), "{error}");
    assert!(text.is_empty(), "and nothing is written");
    // One that goes on from another pack is no better.
    let other = pack(&path("other"), plan(2), &labels[..4], alone.digest().ok());
    assert!(matches!(delta::write(&mut text, &old, &other), Err(DeltaError::NotAfter { .. })));
    assert!(text.is_empty());
}
