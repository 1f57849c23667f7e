//! Canonical bytes as an address: every address an index could hold prints and reads back. The way round every
//! checksum: what the target `address` finds only by luck is found here.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tracehound_model::Address;

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
        let printed = address.to_string();
        assert_eq!(Address::parse(&printed).as_ref(), Ok(&address), "{printed} is read differently");
        for other in address.same_owner() {
            assert!(other.same_owner().any(|back| back == address), "{other} does not lead back to {address}");
        }
    }
);
