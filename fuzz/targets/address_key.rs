//! Canonical bytes as an address: every address an index could hold prints and reads back. The way round every
//! checksum: what the target `address` finds only by luck is found here.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tracehound_model::{Address, ScriptType};

fuzz_target!(
    init: {
        tracehound_fuzz::seeds_wanted(|| {
            let lengths = [20, 32, 33, 65, 69];
            let key = |kind: u8, form: u8, len: usize| [&[kind, form][..], &vec![7; len]].concat();
            (0..24)
                .flat_map(|kind| (0..9).map(move |form| (kind, form)))
                .flat_map(|(kind, form)| lengths.map(|len| key(kind, form, len)))
                .filter(|key| Address::from_key(key).is_some())
                .collect()
        });
    },
    |data: &[u8]| {
        let Some(address) = Address::from_key(data) else { return };
        assert_eq!(address.key().as_ref(), data, "{address} has other canonical bytes");
        if odd_public_key(&address) {
            return;
        }
        let printed = address.to_string();
        assert_eq!(Address::parse(&printed).as_ref(), Ok(&address), "{printed} is read differently");
        for other in address.same_owner() {
            assert!(other.same_owner().any(|back| back == address), "{other} does not lead back to {address}");
        }
    }
);

/// Outputs of the chain pay to 33 and 65 bytes that are no public key. They have an owner, but no text that we read.
fn odd_public_key(address: &Address) -> bool {
    let Some(script) = address.script() else { return false };
    match (script.script_type(), script.payload()) {
        (ScriptType::P2pkCompressed, key) => !matches!(key[0], 2 | 3),
        (ScriptType::P2pkUncompressed, key) => key[0] != 4,
        _ => false,
    }
}
