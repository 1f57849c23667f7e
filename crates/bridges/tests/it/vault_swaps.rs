//! Vault swaps of Chainflip, encoded by its own layout.

use serde_json::json;
use tracehound_bridges::chainflip::{NotRead, read};

use crate::rows;

#[test]
fn vault_swaps_say_what_is_wanted_and_what_is_none_is_refused() {
    let Some(rows) = rows("bridges/chainflip_vault_swaps.jsonl") else { return };
    let mut read_right = 0;
    for row in &rows {
        let script = hex::decode(row["script"].as_str().expect("a script")).expect("hexadecimal");
        // OP_RETURN and the length of a short push.
        let found = read(&script[2..]);
        if row["valid"] == json!(false) {
            assert!(found.is_err(), "{}: {found:?}", row["id"]);
            continue;
        }
        let found = serde_json::to_value(found.expect("a vault swap")).expect("written");
        assert_eq!(found, row["expected"], "{}", row["id"]);
        read_right += 1;
    }
    assert_eq!((read_right, rows.len()), (3, 6));
}

#[test]
fn a_vault_swap_is_exactly_its_bytes() {
    let whole =
        "0101a56a6be23b6cf39d9448ff6e897c29c41c8fbdff6400000064a7b3b6e00d000000000000000000010002001e0500";
    let whole = hex::decode(whole).expect("hexadecimal");
    assert!(read(&whole).is_ok());
    for end in 0..whole.len() {
        assert_eq!(read(&whole[..end]), Err(NotRead::CutOff), "{end} bytes");
    }
    assert_eq!(read(&[&whole[..], &[0]].concat()), Err(NotRead::LeftOver(1)));
    for (at, byte, wanted) in [(0, 0, NotRead::Version(0)), (1, 4, NotRead::Asset(4))] {
        let mut bent = whole.clone();
        bent[at] = byte;
        assert_eq!(read(&bent), Err(wanted));
    }
    let mut many = whole.clone();
    *many.last_mut().expect("bytes") = 0xfc;
    assert_eq!(read(&many), Err(NotRead::Bad("number of affiliates")));
}
