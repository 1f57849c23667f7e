//! One key, one owner.

use tracehound_ledger::Ledger;
use tracehound_model::{
    Address, BitcoinNetwork, BlockHash, Category, Decision, OutPoint, ScriptKey, ScriptType,
    key_forms::{p2pkh, p2sh_p2wpkh, p2wpkh},
};
use tracehound_screen::{Keys, Policy};
use tracehound_testkit::blocks::BlockMaker;

use crate::support::{FRESH, NETWORK, claim, index, ledger, screen, sources};

/// A compressed public key, as the ledger holds its script.
fn public_key() -> ScriptKey {
    let key = hex::decode("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    let key = key.expect("hexadecimal");
    ScriptKey::new(ScriptType::P2pkCompressed, &key).expect("33 bytes")
}

fn ledger_paying(dir: &std::path::Path, owners: &[ScriptKey]) -> Ledger {
    let mut block = BlockMaker::new(BlockHash::default(), 1_700_000_000, 1);
    let mined = block.tx(&[], &[(50_000, Some(owners[0]))]);
    for owner in &owners[1..] {
        block.tx(&[(OutPoint { txid: mined, vout: 9 }, None)], &[(1_000, Some(*owner))]);
    }
    ledger(dir, &[block.done()])
}

fn address(script: &ScriptKey) -> Address {
    Address::from_script(NETWORK, script).expect("an address")
}

#[test]
fn a_p2sh_address_stands_for_the_owner_of_the_hash_in_it_and_for_nobody_else() {
    let dir = tempfile::tempdir().expect("a folder");
    let (ours, other) = ([5; 20], [6; 20]);
    let ledger = ledger_paying(dir.path(), &[p2wpkh(&ours), p2pkh(&other), p2pkh(&[0; 20])]);
    let index = index(sources(), vec![], vec![]);
    let keys = Keys::new(&index, Some((NETWORK, &ledger)));
    let number = |script: &ScriptKey| ledger.find_address(script).expect("in the ledger");
    let found = keys.owners(&address(&p2sh_p2wpkh(&ours)));
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [number(&p2wpkh(&ours))]);
    // A form that is no P2SH is not looked up by what it would be inside one.
    let itself = keys.owners(&address(&p2pkh(&other)));
    assert_eq!(itself.into_iter().collect::<Vec<_>>(), [number(&p2pkh(&other))]);
    // A script hash that nothing shows the key of hides anything, and stands for itself alone.
    let closed = address(&ScriptKey::new(ScriptType::P2sh, &[9; 20]).expect("20 bytes"));
    assert!(keys.owners(&closed).is_empty());
    assert_eq!(keys.addresses_beside(&closed), []);
}

#[test]
fn a_public_key_in_the_ledger_opens_its_p2sh_form() {
    let dir = tempfile::tempdir().expect("a folder");
    let key = public_key();
    let hash = key.key_hash().expect("a key");
    let ledger = ledger_paying(dir.path(), &[key]);
    let index = index(sources(), vec![], vec![]);
    let keys = Keys::new(&index, Some((NETWORK, &ledger)));
    let beside = keys.addresses_beside(&address(&p2sh_p2wpkh(&hash)));
    for form in [p2pkh(&hash), p2wpkh(&hash)] {
        assert!(beside.contains(&address(&form)), "{beside:?}");
    }
    // An uncompressed key has no such form.
    let dir = tempfile::tempdir().expect("a folder");
    let mut bytes = [7; 65];
    bytes[0] = 4;
    let wide = ScriptKey::new(ScriptType::P2pkUncompressed, &bytes).expect("65 bytes");
    let hash = wide.key_hash().expect("a key");
    let ledger = ledger_paying(dir.path(), &[wide]);
    let keys = Keys::new(&index, Some((NETWORK, &ledger)));
    assert_eq!(keys.addresses_beside(&address(&p2sh_p2wpkh(&hash))), []);
}

#[test]
fn the_other_addresses_of_a_key_are_written_as_on_the_network_of_the_ledger() {
    let dir = tempfile::tempdir().expect("a folder");
    let key = public_key();
    let hash = key.key_hash().expect("a key");
    let ledger = ledger_paying(dir.path(), &[key]);
    let index = index(sources(), vec![], vec![]);
    let spoken: Address = hex::encode(key.payload()).parse().expect("a public key is a subject");
    for network in [BitcoinNetwork::Mainnet, BitcoinNetwork::Regtest] {
        let beside = Keys::new(&index, Some((network, &ledger))).addresses_beside(&spoken);
        let form = Address::from_script(network, &p2wpkh(&hash)).expect("an address");
        assert!(beside.contains(&form), "{network:?}: {beside:?}");
    }
}

/// A list names the key by another coin's form of its address; no ledger shows it.
#[test]
fn a_key_that_a_list_names_on_bitcoin_gold_is_found_by_all_its_forms_on_bitcoin() {
    let named = "GPwg61XoHqQPNmAucFACuQ5H9sGCDv9TpS";
    let index = index(sources(), vec![claim(1, named, Category::Sanction, "ofac-sdn")], vec![]);
    let policy = Policy::lists_only();
    for asked in [named, "bc1qgtn5n6v5ley9t2s2n5whaw3zcqfgz58jme82kh"] {
        let verdict = screen(&index, None, &policy, FRESH, asked);
        assert_eq!(verdict.decision, Decision::Block, "{asked}: {}", verdict.summary);
    }
    let legacy = Address::from_script(
        BitcoinNetwork::Mainnet,
        &p2pkh(
            &"bc1qgtn5n6v5ley9t2s2n5whaw3zcqfgz58jme82kh"
                .parse::<Address>()
                .expect("one")
                .script()
                .expect("one")
                .key_hash()
                .expect("one"),
        ),
    );
    let verdict = screen(&index, None, &policy, FRESH, &legacy.expect("one").to_string());
    assert_eq!(verdict.decision, Decision::Block, "{}", verdict.summary);
}
