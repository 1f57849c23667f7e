//! Published and recomputed hashes, byte for byte.

use alloy_primitives::B256;
use serde_json::Value;
use tracehound_guard::{
    facts::Facts,
    safe::{self, SafeCase, hash, input},
    scalar::Scalars,
};
use tracehound_testkit::shared_data;

fn json(name: &str) -> Option<Value> {
    let path = shared_data(name)?;
    Some(serde_json::from_slice(&std::fs::read(path).expect("readable")).expect("JSON"))
}

fn hash_of(value: &Value) -> B256 {
    value.as_str().expect("a text").parse().expect("a hash")
}

#[test]
fn every_safe_vector_hashes_as_published() {
    let Some(vectors) = json("guard/safe_tx_vectors.json") else { return };
    let vectors = vectors.as_array().expect("a list");
    assert!(vectors.len() >= 6);
    for vector in vectors {
        let text = serde_json::to_vec(vector).expect("JSON");
        let queue =
            input::read_queue(&text, input::Missing::default(), &mut Scalars::default()).expect("reads");
        let facts = Facts::default();
        let hashes = SafeCase::new(&queue.entries[0], &facts).hashes.expect("version and chain are given");
        let (id, expected) = (&vector["id"], &vector["expected"]);
        assert_eq!(hashes.domain, hash_of(&expected["domain"]), "{id}");
        assert_eq!(hashes.message, hash_of(&expected["message"]), "{id}");
        assert_eq!(hashes.digest, hash_of(&expected["safeTxHash"]), "{id}");
        if let Some(published) =
            vector["published"]["domain"].as_str().filter(|_| id != "cyfrin-usdc-transfer")
        {
            assert_eq!(
                hash::device_form(&hashes.domain)[2..],
                published[2..],
                "{id}: as the device shows it"
            );
        }
    }
}

#[test]
fn the_message_vector_hashes_as_published() {
    let Some(vector) = json("guard/safe_message_vector.json") else { return };
    let inner = hash::personal_hash(vector["message"].as_str().expect("a text").as_bytes());
    let version: safe::Version = vector["safe_version"].as_str().expect("a text").parse().expect("a version");
    let safe = vector["safe"].as_str().expect("a text").parse().expect("an address");
    let chain = vector["chain_id"].as_u64().expect("a number");
    let hashes = safe::message_hashes(version.scheme(), chain, &safe, &inner);
    assert_eq!(hashes.domain, hash_of(&vector["domain"]));
    assert_eq!(hashes.message, hash_of(&vector["message_hash"]));
    assert_eq!(hashes.digest, hash_of(&vector["safe_message_hash"]));
}

#[test]
fn a_safe_that_owns_a_safe_approves_its_hash() {
    let Some(vectors) = json("guard/safe_tx_vectors.json") else { return };
    let find =
        |id: &str| vectors.as_array().expect("a list").iter().find(|v| v["id"] == id).expect("there").clone();
    let (outer, nested) = (find("readme-nested-primary"), find("readme-nested-approveHash"));
    let address = |value: &Value| value.as_str().expect("a text").parse().expect("an address");
    let tx = safe::SafeTx::approving(
        address(&nested["safe"]),
        address(&outer["safe"]),
        hash_of(&outer["expected"]["safeTxHash"]),
        alloy_primitives::U256::from(4),
    );
    let chain = nested["chain_id"].as_u64().expect("a number");
    let hashes = safe::hashes(safe::Scheme::Chain, chain, &tx);
    assert_eq!(hashes.digest, hash_of(&nested["expected"]["safeTxHash"]));
    assert_eq!(tx.approves(), Some(hash_of(&outer["expected"]["safeTxHash"])));
}

#[test]
fn the_bybit_signatures_belong_to_the_owners_over_one_transaction_and_to_nobody_over_the_other() {
    let Some(path) = shared_data("guard/bybit_safe_tx_71.json") else { return };
    let text = std::fs::read(path).expect("readable");
    let queue = input::read_queue(&text, input::Missing::default(), &mut Scalars::default()).expect("reads");
    let facts = Facts::default();
    let cases: Vec<SafeCase<'_>> = queue.entries.iter().map(|entry| SafeCase::new(entry, &facts)).collect();
    let (executed, shown) = (&cases[0], &cases[1]);
    for case in &cases {
        assert_eq!(case.basis, safe::Basis::Claimed, "the version follows from the claimed hash");
        assert_eq!(case.scheme, safe::Scheme::Plain);
        assert_eq!(case.hashes.map(|hashes| hashes.digest), case.entry.claimed);
        assert_eq!(case.confirmations.len(), 3);
    }
    assert!(executed.confirmations.iter().all(|one| one.proven && !one.is_wrong()));
    let nobody: Vec<String> = shown
        .confirmations
        .iter()
        .map(|one| {
            assert!(one.is_wrong(), "{}", one.path);
            one.signer.as_ref().expect("some key").address().to_string()[..10].to_owned()
        })
        .collect();
    assert_eq!(nobody, ["0x9ed84723", "0xA85A24ee", "0x4F9F84fe"], "in the order they were collected");
}
