//! One key, one owner: P2PK, P2PKH, P2WPKH and P2SH-P2WPKH of one key in screening, tracing and clusters.

use std::path::Path;

use serde_json::Value;
use tracehound_ledger::{Writer, WriterOptions};
use tracehound_model::{
    Address, BitcoinNetwork, BlockHash, Chain, OutPoint, ScriptKey, ScriptType,
    key_forms::{forms, p2pkh, p2sh_p2wpkh, p2wpkh},
};
use tracehound_testkit::{
    blocks::{BlockMaker, owner},
    shared_data,
};

use crate::screen::{text, tracehound};

/// The generator point of secp256k1, the key of secret 1.
const COMPRESSED: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const UNCOMPRESSED: &str = "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8";
const AS_OF: &str = "2023-11-14T22:33:20Z";

fn key(text: &str) -> ScriptKey {
    *Address::parse(text).expect("a key").script().expect("Bitcoin")
}

/// P2PK, P2PKH, P2WPKH, P2SH-P2WPKH.
fn compressed() -> Vec<ScriptKey> {
    let key = key(COMPRESSED);
    forms(&key.key_hash().expect("shown"), &[key])
}

fn address(script: &ScriptKey) -> String {
    Address::from_script(BitcoinNetwork::Regtest, script).expect("has one").to_string()
}

/// A data folder with a sanctions list of one address, and a ledger of what the closure makes.
fn folder(listed: &str, make: impl FnOnce(&mut BlockMaker)) -> tempfile::TempDir {
    let data = tempfile::tempdir().expect("temporary folder");
    let list = format!(
        "[source]\nid = \"test-list\"\nkind = \"sanctions\"\ntitle = \"test\"\npublisher = \"test\"\n\
         published = 2023-11-10\n\
         [[claim]]\nlabel = \"Bad\"\ncategory = \"sanction\"\naddresses = [\"{listed}\"]\n"
    );
    let file = data.path().join("list.toml");
    std::fs::write(&file, list).expect("written");
    let output = tracehound(data.path(), &["lists", "import", &file.to_string_lossy()], "");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let mut block = BlockMaker::new(BlockHash::default(), 1_700_000_000, 0);
    make(&mut block);
    let chain = Chain::Bitcoin(BitcoinNetwork::Regtest);
    let dir = data.path().join("ledger/bitcoin-regtest");
    let mut writer = Writer::open(&dir, chain, WriterOptions::default()).expect("opens");
    writer.append(&block.done()).expect("appends");
    writer.commit().expect("commits");
    data
}

fn asked(data: &Path, args: &[&str]) -> (Option<i32>, Value) {
    let common = ["--network", "regtest", "--as-of", AS_OF, "--output", "jsonl"];
    let output = tracehound(data, &[args, &common].concat(), "");
    let said = text(&output);
    let value = serde_json::from_str(&said);
    (
        output.status.code(),
        value.unwrap_or_else(|_| String::from_utf8_lossy(&output.stderr).into_owned().into()),
    )
}

fn rows<'a>(verdict: &'a Value, kind: &str) -> Vec<&'a Value> {
    let all = verdict["exposures"].as_array().expect("exposures");
    all.iter().filter(|row| row["exposure"] == kind).collect()
}

/// A coin of the key to owner 100, and on to owner 101.
fn story(script: ScriptKey) -> impl FnOnce(&mut BlockMaker) {
    move |block| {
        let coin = block.tx(&[], &[(50_000_000, Some(script))]);
        let paid = block.tx(&[(OutPoint { txid: coin, vout: 0 }, None)], &[(49_000_000, Some(owner(100)))]);
        block.tx(&[(OutPoint { txid: paid, vout: 0 }, None)], &[(48_000_000, Some(owner(101)))]);
    }
}

#[test]
fn a_claim_on_one_address_of_a_key_is_found_for_the_others_in_every_way() {
    for listed in compressed() {
        for used in compressed() {
            let case = format!("{} listed, {} used", listed.script_type(), used.script_type());
            let data = folder(&address(&listed), story(used));
            // Whatever is asked about, and whatever is in the ledger.
            for subject in compressed() {
                let (code, verdict) = asked(data.path(), &["screen", &address(&subject)]);
                assert_eq!(code, Some(20), "{case}, {} asked: {verdict}", subject.script_type());
                let seen = verdict.to_string();
                assert!(!seen.contains("does not occur in the ledger"), "{case}: {seen}");
            }
            let (_, direct) = asked(data.path(), &["screen", &address(&owner(100))]);
            assert_eq!(rows(&direct, "direct").len(), 1, "{case}: {direct}");
            let (_, indirect) = asked(data.path(), &["screen", &address(&owner(101))]);
            assert_eq!(rows(&indirect, "indirect").len(), 1, "{case}: {indirect}");
            let (_, traced) = asked(data.path(), &["exposure", &address(&owner(101))]);
            assert_eq!(traced["sources"]["entities"][0]["entity"]["label"], "Bad", "{case}: {traced}");
            let (_, named) = asked(data.path(), &["trace", "--named", "bad"]);
            assert_eq!(named["nodes"][0]["entity"]["label"], "Bad", "{case}: {named}");
            let (_, from) = asked(data.path(), &["trace", &address(&listed)]);
            assert_eq!(from["sums"]["seeded"], "50000000", "{case}: {from}");
        }
        // The same without a ledger that shows anything; a bare key then is one of the main network.
        let main = |script: &ScriptKey| {
            Address::from_script(BitcoinNetwork::Mainnet, script).expect("has one").to_string()
        };
        let data = folder(&main(&listed), story(owner(7)));
        std::fs::remove_dir_all(data.path().join("ledger")).expect("removed");
        for subject in compressed() {
            let (code, verdict) = asked(data.path(), &["screen", &main(&subject)]);
            let case = format!("{} listed, {} asked", listed.script_type(), subject.script_type());
            assert_eq!(code, Some(20), "{case}: {verdict}");
        }
    }
}

#[test]
fn a_transaction_that_pays_one_address_of_a_key_touches_whoever_is_named_at_another() {
    let [p2pk, p2pkh, ..] = compressed()[..] else { panic!("four forms") };
    let mut paid = None;
    let data = folder(&address(&p2pkh), |block| {
        let coin = block.tx(&[], &[(50_000_000, Some(owner(1)))]);
        paid = Some(block.tx(&[(OutPoint { txid: coin, vout: 0 }, None)], &[(49_000_000, Some(p2pk))]));
    });
    let txid = paid.expect("made").to_string();
    let (code, verdict) = asked(data.path(), &["screen", &txid]);
    assert_eq!(code, Some(20), "{verdict}");
    assert_eq!(rows(&verdict, "identified")[0]["address"], COMPRESSED);
}

#[test]
fn an_uncompressed_key_has_no_witness_addresses_once_the_chain_shows_it() {
    let key = key(UNCOMPRESSED);
    let hash = key.key_hash().expect("shown");
    for (listed, subject, same) in [
        (key, p2pkh(&hash), true),
        (p2pkh(&hash), key, true),
        (p2pkh(&hash), p2wpkh(&hash), false),
        (key, p2sh_p2wpkh(&hash), false),
        (p2wpkh(&hash), p2pkh(&hash), false),
        (p2wpkh(&hash), p2sh_p2wpkh(&hash), true),
    ] {
        let data = folder(&address(&listed), |block| {
            block.tx(&[], &[(50_000_000, Some(key)), (1_000_000, Some(owner(1)))]);
        });
        let (_, verdict) = asked(data.path(), &["screen", &address(&subject)]);
        let found = verdict["decision"] == "block";
        assert_eq!(found, same, "{} and {}: {verdict}", listed.script_type(), subject.script_type());
    }
}

#[test]
fn a_cluster_goes_on_from_one_address_of_a_key_to_the_others() {
    let [p2pk, p2pkh, p2wpkh, wrapped] = compressed()[..] else { panic!("four forms") };
    let data = folder(&address(&owner(900)), |block| {
        let coins = [p2pk, owner(1), p2pkh, owner(2), p2wpkh, wrapped, owner(3)];
        let coins: Vec<_> = coins.iter().map(|&script| (2_400_000, Some(script))).collect();
        let minted = block.tx(&[], &coins);
        let out = |vout| (OutPoint { txid: minted, vout }, None);
        // Owner 1 with the key's P2PK, owner 2 with its P2PKH; nothing joins the two but the key.
        block.tx(&[out(0), out(1)], &[(4_700_000, Some(owner(50)))]);
        block.tx(&[out(2), out(3)], &[(4_700_000, Some(owner(51)))]);
    });
    let (_, found) = asked(data.path(), &["cluster", &address(&owner(1)), "--explain", &address(&owner(2))]);
    assert_eq!(found["size"], 6, "{found}");
    let why: Vec<&Value> =
        found["explain"]["steps"].as_array().expect("steps").iter().map(|step| &step["because"]).collect();
    assert_eq!(why, ["spent_together", "same_key", "spent_together"]);
    assert_eq!(found["explain"]["steps"][1]["from"], COMPRESSED);
    let (_, other) = asked(data.path(), &["cluster", &address(&wrapped)]);
    assert_eq!((&other["size"], &other["cluster"]), (&found["size"], &found["cluster"]));
    let (_, alone) = asked(data.path(), &["cluster", &address(&owner(3))]);
    assert_eq!(alone["size"], 1);
    let (_, wide) = asked(data.path(), &["exposure", &address(&owner(2)), "--cluster"]);
    assert_eq!(wide["members"], 6);
    let told = tracehound(
        data.path(),
        &[
            "cluster",
            &address(&owner(1)),
            "--explain",
            &address(&owner(2)),
            "--network",
            "regtest",
            "--as-of",
            AS_OF,
        ],
        "",
    );
    assert!(text(&told).contains("one key has the addresses 0279be66"), "{}", text(&told));
}

#[test]
fn a_hybrid_key_is_taken_as_a_subject_and_found_in_the_ledger() {
    let hybrid = format!("06{}", &UNCOMPRESSED[2..]);
    let script = key(&hybrid);
    assert_eq!(script.as_numbered().script_type(), ScriptType::Other);
    let data = folder(&address(&p2pkh(&script.key_hash().expect("shown"))), |block| {
        block.tx(&[], &[(50_000_000, Some(script.as_numbered()))]);
    });
    let (code, verdict) = asked(data.path(), &["screen", &hybrid]);
    assert_eq!(code, Some(20), "{verdict}");
    assert!(!verdict.to_string().contains("does not occur in the ledger"), "{verdict}");
}

/// Without a ledger no key is shown but those in the question and in the lists.
#[test]
fn without_a_ledger_a_public_key_stands_for_its_addresses_too() {
    for (listed, subject) in [
        (COMPRESSED, "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH"),
        (COMPRESSED, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
        (COMPRESSED, "3JvL6Ymt8MVWiCNHC7oWU6nLeHNJKLZGLN"),
        ("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH", COMPRESSED),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH"),
        ("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH", "3JvL6Ymt8MVWiCNHC7oWU6nLeHNJKLZGLN"),
        ("1EHNa6Q4Jz2uvNExL497mE43ikXhwF6kZm", UNCOMPRESSED),
    ] {
        let data = folder(listed, |block| {
            block.tx(&[], &[(1, Some(owner(1)))]);
        });
        for input in [&["screen", subject][..], &["screen", "--stdin"]] {
            let output =
                tracehound(data.path(), &[input, &["--as-of", AS_OF, "--output", "jsonl"]].concat(), subject);
            assert_eq!(output.status.code(), Some(20), "{listed} {subject}: {}", text(&output));
        }
    }
}

#[test]
fn the_key_that_paid_hal_finney_is_the_address_that_a_list_names() {
    let (Some(one), Some(two)) =
        (shared_data("bitcoin/nbitcoin_blk00000.dat"), shared_data("bitcoin/nbitcoin_blk00001.dat"))
    else {
        return;
    };
    let listed = "12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S";
    let data = folder(listed, |block| {
        block.tx(&[], &[(1, Some(owner(1)))]);
    });
    let (one, two) = (one.to_string_lossy().into_owned(), two.to_string_lossy().into_owned());
    let output = tracehound(data.path(), &["ingest", "bitcoin", &one, &two], "");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let key = "0411db93e1dcdb8a016b49840f8c53bc1eb68a382e97b1482ecad7b148a6909a5\
               cb2e0eaddfb84ccf9744464f82e160bfa9b8b64f9d4c03f999b8643f656b412a3";
    for subject in [key, listed] {
        let verdict = tracehound(data.path(), &["screen", subject, "--output", "jsonl"], "");
        let said = text(&verdict);
        assert_eq!(verdict.status.code(), Some(20), "{said}");
        assert!(!said.contains("does not occur in the ledger"), "{said}");
        let found: Value = serde_json::from_str(&said).expect("JSON");
        assert_eq!(found["decision"], "block");
    }
    let exposure = ["exposure", listed, "--as-of", "2009-01-15T00:00:00Z", "--output", "json"];
    let found: Value = serde_json::from_str(&text(&tracehound(data.path(), &exposure, ""))).expect("JSON");
    assert_eq!(found["sources"]["rest"]["coinbase"], "5000000000", "the coinbase of block 9 paid the key");
}
