//! The addresses of one key, against published pairs.

use tracehound_model::{
    Address, BitcoinNetwork, ScriptKey, ScriptType,
    key_forms::{forms, forms_beside, p2sh_p2wpkh},
};

fn script(text: &str) -> ScriptKey {
    *Address::parse(text).expect("an address").script().expect("Bitcoin")
}

fn texts(scripts: &[ScriptKey]) -> Vec<String> {
    let text = |script| Address::from_script(BitcoinNetwork::Mainnet, script).expect("has one").to_string();
    scripts.iter().map(text).collect()
}

/// The generator point, secret key 1: the best known key there is.
const COMPRESSED: &str = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const UNCOMPRESSED: &str = "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8";

#[test]
fn a_compressed_key_has_four_forms() {
    let key = script(COMPRESSED);
    let hash = key.key_hash().expect("the key is there");
    assert_eq!(
        texts(&forms(&hash, &[key])),
        [
            COMPRESSED,
            "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "3JvL6Ymt8MVWiCNHC7oWU6nLeHNJKLZGLN"
        ]
    );
    for form in ["1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"] {
        assert_eq!(script(form).key_hash(), Some(hash), "{form}");
        let beside = forms_beside(&script(form), &hash, &[]);
        assert_eq!(beside.len(), 2, "the hash alone shows the two others");
        assert!(!beside.contains(&script(form)));
    }
    assert_eq!(script("3JvL6Ymt8MVWiCNHC7oWU6nLeHNJKLZGLN").key_hash(), None, "a script hash shows no key");
}

#[test]
fn an_uncompressed_key_has_no_witness_forms() {
    let key = script(UNCOMPRESSED);
    let hash = key.key_hash().expect("the key is there");
    assert_eq!(texts(&forms(&hash, &[key])), [UNCOMPRESSED, "1EHNa6Q4Jz2uvNExL497mE43ikXhwF6kZm"]);
    // Somebody may send to the witness program all the same: it is another owner, nobody.
    let program = p2sh_p2wpkh(&hash);
    assert_eq!(forms_beside(&program, &hash, &[key]).len(), 1);
    assert_eq!(forms_beside(&program, &hash, &[]).len(), 2, "not shown to be uncompressed");
}

#[test]
fn every_encoding_of_a_key_is_an_address() {
    // 19f0... of Satoshi's payment in block 170.
    let satoshi = "0411db93e1dcdb8a016b49840f8c53bc1eb68a382e97b1482ecad7b148a6909a5cb2e0eaddfb84ccf9744464f82e160bfa9b8b64f9d4c03f999b8643f656b412a3";
    let hash = script(satoshi).key_hash().expect("a key");
    assert_eq!(
        texts(&forms(&hash, &[])).first().map(String::as_str),
        Some("12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S")
    );
    for first in ["06", "07"] {
        let hybrid = format!("{first}{}", &UNCOMPRESSED[2..]);
        let address = Address::parse(&hybrid).expect("a key");
        assert_eq!(address.to_string(), hybrid);
        assert_eq!(Address::from_key(address.key().as_ref()), Some(address));
        let numbered = address.script().expect("Bitcoin").as_numbered();
        assert_eq!(numbered.script_type(), ScriptType::Other, "as the ledger has it");
    }
    assert_eq!(script(UNCOMPRESSED).as_numbered(), script(UNCOMPRESSED));
    assert!(Address::parse(&format!("05{}", &UNCOMPRESSED[2..])).is_err());
}
