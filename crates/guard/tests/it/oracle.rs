//! Our strict readers against another implementation: what it encodes we decode the same, without a complaint.

use alloy_dyn_abi::{DynSolValue, TypedData};
use alloy_primitives::{Address, U256};
use proptest::prelude::*;
use tracehound_guard::{
    decode::{Function, Value, decode},
    json,
    scalar::Scalars,
    typed,
};

fn leaf() -> impl Strategy<Value = DynSolValue> {
    prop_oneof![
        any::<[u8; 20]>().prop_map(|bytes| DynSolValue::Address(Address::from(bytes))),
        any::<bool>().prop_map(DynSolValue::Bool),
        any::<[u8; 32]>().prop_map(|bytes| DynSolValue::Uint(U256::from_be_bytes(bytes), 256)),
        any::<u32>().prop_map(|number| DynSolValue::Uint(U256::from(number), 32)),
        any::<[u8; 32]>().prop_map(|bytes| DynSolValue::FixedBytes(bytes.into(), 32)),
        proptest::collection::vec(any::<u8>(), 0..70).prop_map(DynSolValue::Bytes),
        "[a-zé]{0,40}".prop_map(DynSolValue::String),
    ]
}

fn value() -> impl Strategy<Value = DynSolValue> {
    leaf().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..4).prop_map(DynSolValue::Tuple),
            (inner.clone(), 0..4_usize).prop_map(|(one, count)| DynSolValue::Array(vec![one; count.max(1)])),
            (inner, 1..3_usize).prop_map(|(one, count)| DynSolValue::FixedArray(vec![one; count])),
        ]
    })
}

/// Of a function that takes `values`. The other implementation ends a tuple of one with a comma; Solidity does not.
fn signature(values: &DynSolValue) -> String {
    format!("f{}", values.sol_type_name().expect("a type").replace(",)", ")"))
}

fn same(ours: &Value<'_>, theirs: &DynSolValue) -> bool {
    match (ours, theirs) {
        (Value::Address(a), DynSolValue::Address(b)) => a == b,
        (Value::Bool(a), DynSolValue::Bool(b)) => a == b,
        (Value::Uint(a), DynSolValue::Uint(b, _)) => a == b,
        (Value::Fixed(a), DynSolValue::FixedBytes(b, size)) => **a == b[..*size],
        (Value::Bytes(a), DynSolValue::Bytes(b)) => a == b,
        (Value::Text(a), DynSolValue::String(b)) => *a == b.as_bytes(),
        (Value::Tuple(a), DynSolValue::Tuple(b))
        | (Value::List(a), DynSolValue::Array(b) | DynSolValue::FixedArray(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn canonical_data_decodes_to_the_same_without_a_complaint(values in proptest::collection::vec(value(), 1..4)) {
        let theirs = DynSolValue::Tuple(values);
        let signature = signature(&theirs);
        let function = Function::parse(&signature).expect("a signature");
        let data = theirs.abi_encode_params();
        let (ours, anomalies) = decode(&function.params, &data).expect("decodes");
        prop_assert!(anomalies.is_empty(), "{signature}: {anomalies:?}");
        prop_assert!(same(&Value::Tuple(ours), &theirs));
    }

    #[test]
    fn whatever_deviates_from_the_canonical_bytes_is_noted_or_another_value(
        values in proptest::collection::vec(value(), 1..3),
        at in any::<prop::sample::Index>(),
        byte in 1..=255_u8,
    ) {
        let theirs = DynSolValue::Tuple(values);
        let signature = signature(&theirs);
        let function = Function::parse(&signature).expect("a signature");
        let canonical = theirs.abi_encode_params();
        prop_assume!(!canonical.is_empty());
        let mut data = canonical.clone();
        let at = at.index(data.len());
        data[at] ^= byte;
        // If the values are the same and nothing is noted, the bytes must have been the same.
        if let Ok((ours, anomalies)) = decode(&function.params, &data) {
            prop_assert!(!anomalies.is_empty() || !same(&Value::Tuple(ours), &theirs), "{signature} byte {at}");
        }
    }

    #[test]
    fn typed_data_hashes_the_same(
        owner in any::<[u8; 20]>(),
        amounts in proptest::collection::vec(any::<u64>(), 0..4),
        delta in any::<i64>(),
        note in "[ -~é]{0,40}",
        data in proptest::collection::vec(any::<u8>(), 0..40),
        chain in any::<u32>(),
    ) {
        let document = serde_json::json!({
            "types": {
                "EIP712Domain": [{"name": "name", "type": "string"}, {"name": "chainId", "type": "uint256"}],
                "Mail": [
                    {"name": "owner", "type": "address"},
                    {"name": "parts", "type": "Part[]"},
                    {"name": "delta", "type": "int64"},
                    {"name": "note", "type": "string"},
                    {"name": "data", "type": "bytes"},
                    {"name": "pairs", "type": "uint64[2][]"},
                ],
                "Part": [{"name": "amount", "type": "uint64"}, {"name": "next", "type": "Leaf"}],
                "Leaf": [{"name": "flag", "type": "bool"}, {"name": "mark", "type": "bytes4"}],
            },
            "primaryType": "Mail",
            "domain": {"name": note, "chainId": chain},
            "message": {
                "owner": Address::from(owner).to_string(),
                "parts": amounts.iter().map(|amount| serde_json::json!({
                    "amount": amount.to_string(),
                    "next": {"flag": amount % 2 == 0, "mark": "0x01020304"},
                })).collect::<Vec<_>>(),
                "delta": delta.to_string(),
                "note": note,
                "data": format!("0x{}", hex::encode(&data)),
                "pairs": amounts.iter().map(|amount| [amount.to_string(), "1".to_owned()]).collect::<Vec<_>>(),
            },
        });
        let text = document.to_string();
        let node = json::parse(text.as_bytes()).expect("JSON");
        let ours = typed::read(&node, &mut Scalars::default()).expect("reads");
        let theirs: TypedData = serde_json::from_str(&text).expect("reads");
        prop_assert_eq!(ours.hashes.digest, theirs.eip712_signing_hash().expect("hashes"));
        prop_assert_eq!(&ours.type_text, &theirs.encode_type().expect("a type"));
    }
}
