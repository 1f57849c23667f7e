//! The labels beside a checkout.

use std::{collections::BTreeMap, fs::File};

use tracehound_labels::{
    Label, Nature, Predicate,
    agreement::{Standing, named},
    coverage::{Item, coverage},
    file::{Defaults, Rows},
    pack::{Builder, Licence, Plan},
    shelf::Shelf,
    shipped::ALL,
};
use tracehound_model::Subject;
use tracehound_testkit::shared_data;

use crate::made::{ISSUED, plan, row};

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

/// A folder with the shipped packs, and one of these rows under the name `trap`.
fn beside_shipped(rows: &[Label]) -> (tempfile::TempDir, Shelf) {
    let folder = tempfile::tempdir().expect("a folder");
    let shelf = Shelf::at(folder.path().join("labels"));
    shelf.apply_shipped(ALL).expect("taken");
    let file = folder.path().join("trap.labels");
    let mut builder = Builder::new(Plan { name: "trap".to_owned(), ..plan(1) }).expect("a plan");
    for row in rows {
        builder.add(row).expect("may be in a pack");
    }
    builder.write(&file, None).expect("written");
    shelf.apply(&file, None, ISSUED).expect("taken");
    (folder, shelf)
}

#[test]
fn a_blacklist_with_the_zero_address_a_router_and_a_stablecoin_names_none_of_them() {
    let Some(path) = shared_data("attribution/graphsense/usdt_blacklist.yaml") else { return };
    let text = std::fs::read_to_string(path).expect("read");
    let addresses = text.lines().filter_map(|line| line.strip_prefix("- address: '")?.strip_suffix('\''));
    // As a careless importer makes it: every address "is" the blacklist's.
    let rows: Vec<Label> = addresses
        .map(|address| {
            row(&format!(
                "eip155:1|{address}|USDT_blacklisted|USDT_blacklisted|black_list|controls|somebody/list|10"
            ))
        })
        .collect();
    assert!(rows.len() > 700, "{}", rows.len());
    let (_folder, shelf) = beside_shipped(&rows);
    let packs = shelf.open().expect("opens");
    let name = |address: &str| {
        let labels: Vec<Label> = packs
            .about(&Subject::of_text(address), ISSUED)
            .into_iter()
            .map(|found| found.label)
            .filter(|label| label.chain.to_string() == "eip155:1")
            .collect();
        assert!(labels.iter().any(|label| label.concept == "black_list"), "it is on that list: {address}");
        let named = named(&labels)?;
        Some((labels[named.by[0]].entity.clone().expect("an entity"), named.standing))
    };
    assert_eq!(name("0x0000000000000000000000000000000000000000"), None, "nobody's");
    let router = name("0x881D40237659C251811CEC9c364ef91dC08D300C").expect("a name");
    assert_eq!(router, ("MetaMask".to_owned(), Standing::Single), "a hint disputes nothing");

    // Coverage does not count nobody's address as named, whoever says it is.
    let zero = Subject::of_text("0x0000000000000000000000000000000000000000");
    let item = Item { chain: None, subject: zero, value: 1_u64.into() };
    let covered = coverage(&packs, [item], ISSUED);
    assert_eq!((covered.named.addresses, covered.disputed.addresses, covered.described.addresses), (0, 0, 1));
}

#[test]
fn of_a_copied_list_of_tron_addresses_those_with_a_bad_checksum_are_refused_one_by_one() {
    let Some((exchanges, _)) = labels("cex.csv", Predicate::Controls) else { return };
    let real: Vec<String> = exchanges
        .iter()
        .filter(|label| label.chain.to_string().starts_with("tron:"))
        .map(Label::address)
        .take(35)
        .collect();
    assert_eq!(real.len(), 35);
    // Copied by hand or by a program that folds letters: 22 of them are no addresses any more.
    let copied: Vec<String> = (0..35)
        .map(|place| {
            let address = &real[place];
            if place < 22 {
                format!("{}{}", &address[..20], address[20..].to_lowercase())
            } else {
                address.clone()
            }
        })
        .collect();
    let header = "chain,address,label,entity,category,predicate,source,version,licence,confidence";
    let lines: Vec<String> = copied
        .iter()
        .map(|address| format!("tron:mainnet,{address},X,X,exchange,controls,a/b,1,CC0-1.0,50"))
        .collect();
    let file = format!("{header}\n{}\n", lines.join("\n"));
    let rows: Vec<_> = Rows::of(file.as_bytes(), Defaults::default()).expect("a label file").collect();
    let refused: Vec<u64> = rows.iter().filter_map(|row| row.as_ref().err()).map(|row| row.line).collect();
    assert_eq!(refused, (2..24).collect::<Vec<u64>>(), "22 of 35, and the others stay");
}
