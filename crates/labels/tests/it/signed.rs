//! Texts that the keys of addresses signed.

use bitcoin::{
    Address as BitcoinAddress, CompressedPublicKey, Network, PrivateKey, PublicKey,
    hashes::Hash as _,
    secp256k1::{Message, Secp256k1, SecretKey},
    sign_message::{MessageSignature, signed_msg_hash},
};
use tracehound_labels::signed::{NotSigned, signed_by};
use tracehound_model::Address;

fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

/// A Bitcoin signature by the reference library: of a key of this byte, for a text.
fn by_bitcoin(key: u8, text: &str, is_compressed: bool) -> [u8; 65] {
    let key = SecretKey::from_slice(&[key; 32]).expect("a key");
    let hash = Message::from_digest(signed_msg_hash(text).to_byte_array());
    let signature = Secp256k1::new().sign_ecdsa_recoverable(&hash, &key);
    MessageSignature::new(signature, is_compressed).serialize()
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}

/// The addresses of a key, by the reference library: P2PKH, P2WPKH, P2SH-P2WPKH and P2TR, and P2PKH of the key uncompressed.
fn addresses(key: u8) -> [Address; 5] {
    let secp = Secp256k1::new();
    let key = PrivateKey::new(SecretKey::from_slice(&[key; 32]).expect("a key"), Network::Bitcoin);
    let public = PublicKey::from_private_key(&secp, &key);
    let compressed = CompressedPublicKey::from_private_key(&secp, &key).expect("compressed");
    let uncompressed = PublicKey { compressed: false, ..public };
    [
        BitcoinAddress::p2pkh(public, Network::Bitcoin),
        BitcoinAddress::p2wpkh(&compressed, Network::Bitcoin),
        BitcoinAddress::p2shwpkh(&compressed, Network::Bitcoin),
        BitcoinAddress::p2tr(&secp, public.inner.x_only_public_key().0, None, Network::Bitcoin),
        BitcoinAddress::p2pkh(uncompressed, Network::Bitcoin),
    ]
    .map(|own| address(&own.to_string()))
}

#[test]
fn a_published_signature_of_ethereum_is_of_its_address_and_text_alone() {
    // https://web3js.readthedocs.io/en/v1.2.2/web3-eth-accounts.html#sign
    let signature = "0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd6007e74cd82e037b800186422fc2da167c747\
                     ef045e5d18a5f5d4300f8e1a0291c";
    let signer = address("0x2c7536E3605D9C16a7a3D7b1898e529396a65c23");
    assert_eq!(signed_by(&signer, "Some data", signature), Ok(()));
    assert_eq!(signed_by(&signer, "Some data.", signature), Err(NotSigned::AnotherKey));
    let other = address("0x28C6c06298d514Db089934071355E5743bf21d60");
    assert_eq!(signed_by(&other, "Some data", signature), Err(NotSigned::AnotherKey));
    for bad in ["", "0x", "0x00", &signature[..130], "zz"] {
        assert_eq!(signed_by(&signer, "Some data", bad), Err(NotSigned::Form("hexadecimal")), "{bad}");
    }
    for nobody in [
        format!("0x{}", "00".repeat(65)),
        format!("0x{}1b", "ff".repeat(64)),
        format!("{}ff", &signature[..130]),
    ] {
        assert_eq!(signed_by(&signer, "Some data", &nobody), Err(NotSigned::Nobody), "{nobody}");
    }
}

#[test]
fn a_signature_of_bitcoin_is_of_each_address_of_its_key() {
    // Lengths on both sides of where the length's own form changes.
    for length in [0, 1, 0xfc, 0xfd, 400, 70_000] {
        let text = "x".repeat(length);
        let [p2pkh, p2wpkh, p2sh, p2tr, uncompressed] = addresses(7);
        let signature = base64(&by_bitcoin(7, &text, true));
        for own in [p2pkh, p2wpkh, p2sh] {
            assert_eq!(signed_by(&own, &text, &signature), Ok(()), "{own} {length}");
        }
        // An uncompressed key has an address of its own, and none with a witness.
        assert_eq!(signed_by(&uncompressed, &text, &signature), Err(NotSigned::AnotherKey));
        let other = base64(&by_bitcoin(7, &text, false));
        assert_eq!(signed_by(&uncompressed, &text, &other), Ok(()));
        assert_eq!(signed_by(&p2wpkh, &text, &other), Err(NotSigned::AnotherKey));
        // What may hide another script, or signs in another way, is not known.
        assert_eq!(signed_by(&p2sh, &text, &other), Err(NotSigned::NotRead));
        assert_eq!(signed_by(&p2tr, &text, &signature), Err(NotSigned::NotRead));
    }
    let [p2pkh, p2wpkh, ..] = addresses(8);
    let mut signature = by_bitcoin(7, "a", true);
    assert_eq!(signed_by(&p2pkh, "a", &base64(&signature)), Err(NotSigned::AnotherKey));
    assert_eq!(signed_by(&addresses(7)[1], "b", &base64(&signature)), Err(NotSigned::AnotherKey));
    // BIP-137 says in the header for which kind of address it is; Electrum does not.
    signature[0] += 8;
    assert_eq!(signed_by(&addresses(7)[1], "a", &base64(&signature)), Ok(()));
    for header in [0, 26, 29, 43, 255] {
        signature[0] = header;
        assert_eq!(signed_by(&p2wpkh, "a", &base64(&signature)), Err(NotSigned::Nobody), "{header}");
    }
    assert_eq!(signed_by(&p2wpkh, "a", "no signature"), Err(NotSigned::Form("Base64")));
}

#[test]
fn a_signature_of_tron_is_of_its_address_and_text_alone() {
    // By TronWeb 6.5.1 (npm) with the key 7: `trx.signMessageV2(text, key)`, and `Trx.signString(hex of text, key, true)`.
    let signer = address("TVJjphBwXTtDTVJZUEEG9g3CWD7vLcBAS8");
    let text = "label:tron:mainnet:TVJjphBwXTtDTVJZUEEG9g3CWD7vLcBAS8:controls:Example:2026-11-02";
    let signatures = [
        "0xc783a040524b19e2645437b5a4d2e73b48ec8a261d28e99fa694161c42b3b6c363e89de0a93f8438bcdd08eadc4951f9362a576d62ae16850d0ec8dbb937598f1b",
        "0xdade32ce021aeb21fdf4e9c4a15a7e5be55483d76be8ed48ffdca11c128037432829616dd9af1c59dc01c79f032270ea3624324d7140ac75c68b3a320071a6711b",
    ];
    let other = address("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t");
    for signature in signatures {
        assert_eq!(signed_by(&signer, text, signature), Ok(()));
        assert_eq!(
            signed_by(&signer, &text.replace("Example", "Other"), signature),
            Err(NotSigned::AnotherKey)
        );
        assert_eq!(signed_by(&other, text, signature), Err(NotSigned::AnotherKey));
        // The key is one, and what it signs on Ethereum is not what it signs on Tron.
        let Address::Tron(bytes) = signer else { panic!("an address of Tron") };
        assert_eq!(signed_by(&Address::Evm(bytes), text, signature), Err(NotSigned::AnotherKey));
    }
    // The same by Ethereum's header (`Trx.signString(hex of text, key, false)`).
    let by_ethereum = "0xb09c6bdeb0081bc4279818267bc07955435a5f8f625536d9dbf6e498b9c1b6c14b107f4b3db172a2ffd6e02f2f909a4dcd3c6fabcaf4e86a456cee79c55eb6e71b";
    assert_eq!(signed_by(&signer, text, by_ethereum), Err(NotSigned::AnotherKey));
    assert_eq!(signed_by(&signer, text, "00"), Err(NotSigned::Form("hexadecimal")));
    assert_eq!(signed_by(&signer, text, &"00".repeat(65)), Err(NotSigned::Nobody));
}
