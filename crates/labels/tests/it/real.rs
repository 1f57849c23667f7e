//! The labels beside a checkout.

use std::{collections::BTreeMap, fs::File};

use tracehound_labels::{
    Label, Nature, Predicate,
    agreement::{Standing, named},
    file::{Defaults, Rows},
    pack::{Builder, Licence, Plan},
};
use tracehound_model::Subject;
use tracehound_testkit::shared_data;

use crate::made::plan;

/// Each file with what its rows say of entity and address.
const FILES: &[(&str, Predicate)] = &[
    ("bridges.csv", Predicate::ContractOf),
    ("cex.csv", Predicate::Controls),
    ("contracts.csv", Predicate::ContractOf),
    ("exploited_contracts.csv", Predicate::ContractOf),
    ("exploiters.csv", Predicate::ContractOf),
    ("government.csv", Predicate::Controls),
    ("mining_pools.csv", Predicate::Controls),
    ("mixers.csv", Predicate::ContractOf),
    ("tokens_eth.csv", Predicate::ContractOf),
    ("tokens_other.csv", Predicate::ContractOf),
    ("treasuries.csv", Predicate::Controls),
];

fn labels(file: &str, predicate: Predicate) -> Option<(Vec<Label>, Vec<String>)> {
    let path = shared_data(&format!("labels/{file}"))?;
    let defaults = Defaults { predicate: Some(predicate) };
    let rows = Rows::of(File::open(path).expect("opens"), defaults).expect("a label file");
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Ok(label) => taken.push(label),
            Err(row) => refused.push(format!("{file}:{} {}", row.line, row.reason)),
        }
    }
    Some((taken, refused))
}

#[test]
fn the_real_sets_make_a_pack_that_answers_for_every_row() {
    let mut all = Vec::new();
    let mut refused = Vec::new();
    for (file, predicate) in FILES {
        let Some((taken, not)) = labels(file, *predicate) else { return };
        all.extend(taken);
        refused.extend(not);
    }
    let licences: BTreeMap<String, Licence> = all
        .iter()
        .map(|label| (label.provenance.licence.clone(), Licence { terms: "as said".to_owned() }))
        .collect();
    let mut builder = Builder::new(Plan { licences, ..plan(1) }).expect("a plan");
    let mut kept = Vec::new();
    for label in all {
        match builder.add(&label) {
            Ok(()) => kept.push(label),
            Err(error) => refused.push(format!("{label}: {error}")),
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("real.labels");
    let (manifest, _) = builder.write(&path, None).expect("written");
    let pack = tracehound_labels::Pack::open(&path).expect("opens");
    pack.check().expect("whole");
    for label in &kept {
        assert!(pack.about(&label.subject).contains(label), "{label}");
    }
    let bytes = pack.byte_len();
    refused.sort();
    insta::assert_snapshot!(
        "real_sets",
        format!(
            "labels {}\naddresses {}\nsources {}\nrefused {}\n{}\n",
            manifest.labels,
            manifest.addresses,
            manifest.sources.len(),
            refused.len(),
            refused.join("\n")
        )
    );
    assert!(bytes < 80 * manifest.labels, "{bytes} bytes for {} labels", manifest.labels);
    // The traps: what an exploit touched is never a thief, a token is never an entity.
    let zero = pack.about(&Subject::of_text("0x0000000000000000000000000000000000000000"));
    assert!(
        zero.iter()
            .all(|label| !matches!(label.category(), Some(category) if category.id() == "issuer_blacklist"))
    );
    let victims = kept.iter().filter(|label| label.nature == Nature::Victim).count();
    assert!(victims >= 6_812, "{victims}");
    assert!(
        kept.iter().filter(|label| label.nature != Nature::Entity).all(|label| label.category().is_none())
    );
}

#[test]
fn real_disputes_are_shown_and_renames_are_none() {
    let Some((all, _)) = labels("cex.csv", Predicate::Controls) else { return };
    let mut by_address: BTreeMap<(String, &Subject), Vec<&Label>> = BTreeMap::new();
    for label in &all {
        by_address.entry((label.chain.to_string(), &label.subject)).or_default().push(label);
    }
    let disputed: Vec<String> = by_address
        .values()
        .filter(|labels| {
            named(labels.iter().copied()).is_some_and(|named| named.standing == Standing::Disputed)
        })
        .map(|labels| {
            let mut names: Vec<&str> = labels.iter().filter_map(|label| label.entity.as_deref()).collect();
            names.sort_unstable();
            names.dedup();
            format!("{} {}", labels[0].address(), names.join(" / "))
        })
        .collect();
    insta::assert_snapshot!("disputed_exchanges", disputed.join("\n"));
}
