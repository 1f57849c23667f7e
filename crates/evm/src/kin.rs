//! Transactions and receipts of types that only Ethereum's kin have, as they stand under the roots of their headers.
//!
//! An encoding is never believed by itself: what it gives is held against the transaction's own hash, and against a root of a header whose
//! hash fits. One that is not right proves nothing, and no wrong one can prove anything.

use alloy_primitives::{Address, B256, Bytes, U64, U256};
use alloy_rlp::{Encodable, Header};
use serde::Deserialize;

/// Deposits of the OP stack (specs.optimism.io, protocol/deposits).
const DEPOSIT: u8 = 0x7e;

/// What is told of such a transaction: the fields of all types together, each named as nodes name it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    from: Address,
    to: Option<Address>,
    value: U256,
    gas: U64,
    input: Bytes,
    nonce: Option<U64>,
    chain_id: Option<U256>,
    max_fee_per_gas: Option<U256>,
    gas_price: Option<U256>,
    // The OP stack's.
    source_hash: Option<B256>,
    mint: Option<U256>,
    is_system_tx: Option<bool>,
    // Arbitrum's.
    request_id: Option<B256>,
    ticket_id: Option<B256>,
    refund_to: Option<Address>,
    max_refund: Option<U256>,
    submission_fee_refund: Option<U256>,
    l1_base_fee: Option<U256>,
    deposit_value: Option<U256>,
    retry_to: Option<Address>,
    retry_value: Option<U256>,
    beneficiary: Option<Address>,
    max_submission_fee: Option<U256>,
    retry_data: Option<Bytes>,
}

/// Fields of a list, one behind the other.
#[derive(Default)]
struct Fields(Vec<u8>);

impl Fields {
    fn with(mut self, field: &dyn Encodable) -> Self {
        field.encode(&mut self.0);
        self
    }

    /// Whom it calls; an empty field where it creates a contract.
    fn to(self, to: Option<Address>) -> Self {
        match to {
            Some(to) => self.with(&to),
            None => self.with(&Bytes::new()),
        }
    }

    /// The list, behind the type.
    fn of_type(self, kind: u8) -> Vec<u8> {
        let mut encoded = vec![kind];
        Header { list: true, payload_length: self.0.len() }.encode(&mut encoded);
        encoded.extend(self.0);
        encoded
    }
}

/// A transaction of a type that Ethereum does not have, encoded; nothing where its encoding is not known, or a field is missing.
pub(crate) fn encoded(kind: u8, json: &str) -> Option<Vec<u8>> {
    let told: Told = serde_json::from_str(json).ok()?;
    let fields = if kind == DEPOSIT { of_op_stack(&told)? } else { of_arbitrum(kind, &told)? };
    Some(fields.of_type(kind))
}

/// Whether what is hashed of such a transaction says whom it is from, whom it calls and what it gives. A submission of Arbitrum says what
/// is to be called later, and what begins a block nothing of it.
pub(crate) const fn says_who_pays_whom(kind: u8) -> bool {
    !matches!(kind, 0x69 | 0x6a)
}

fn of_op_stack(told: &Told) -> Option<Fields> {
    let fields = Fields::default().with(&told.source_hash?).with(&told.from).to(told.to);
    let fields = fields.with(&told.mint.unwrap_or_default()).with(&told.value).with(&told.gas.to::<u64>());
    Some(fields.with(&told.is_system_tx.unwrap_or(false)).with(&told.input))
}

/// By the type (Offchain Labs' fork of go-ethereum, `core/types/arb_types.go`).
fn of_arbitrum(kind: u8, told: &Told) -> Option<Fields> {
    let chain = Fields::default().with(&told.chain_id?);
    let price = told.max_fee_per_gas.or(told.gas_price);
    let gas = told.gas.to::<u64>();
    Some(match kind {
        0x64 => chain.with(&told.request_id?).with(&told.from).with(&told.to?).with(&told.value),
        0x65 => {
            let called = chain.with(&told.from).with(&told.nonce?.to::<u64>()).with(&price?).with(&gas);
            called.to(told.to).with(&told.value).with(&told.input)
        }
        0x66 => {
            let called = chain.with(&told.request_id?).with(&told.from).with(&price?).with(&gas);
            called.to(told.to).with(&told.value).with(&told.input)
        }
        0x68 => {
            let called = chain.with(&told.nonce?.to::<u64>()).with(&told.from).with(&price?).with(&gas);
            let called = called.to(told.to).with(&told.value).with(&told.input).with(&told.ticket_id?);
            called.with(&told.refund_to?).with(&told.max_refund?).with(&told.submission_fee_refund?)
        }
        0x69 => {
            let paid = chain.with(&told.request_id?).with(&told.from).with(&told.l1_base_fee?);
            let paid = paid.with(&told.deposit_value?).with(&price?).with(&gas).to(told.retry_to);
            let paid = paid.with(&told.retry_value?).with(&told.beneficiary?).with(&told.max_submission_fee?);
            paid.with(&told.refund_to?).with(told.retry_data.as_ref()?)
        }
        0x6a => chain.with(&told.input),
        _ => return None,
    })
}

/// The receipt of such a transaction, encoded, of its plain encoding (status, gas, filter, logs, as a list). Deposits of the OP stack have
/// two fields more from Canyon on, which their receipts name (op-geth, `core/types/receipt.go`); nothing where one of them is missing.
pub(crate) fn encoded_receipt(
    kind: u8,
    plain: &[u8],
    deposit_nonce: Option<u64>,
    deposit_version: Option<u64>,
) -> Option<Vec<u8>> {
    let mut fields = Fields::default();
    let mut rest = plain;
    Header::decode_bytes(&mut rest, true).ok()?.clone_into(&mut fields.0);
    match (kind, deposit_version) {
        (DEPOSIT, Some(version)) => fields = fields.with(&deposit_nonce?).with(&version),
        (DEPOSIT, None) | (0x64..=0x6a, _) => {}
        _ => return None,
    }
    Some(fields.of_type(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_keeps_its_fields_and_gets_what_canyon_added() {
        let plain = Fields::default().with(&true).with(&7_u64).of_type(0);
        let plain = &plain[1..];
        let old = encoded_receipt(DEPOSIT, plain, Some(9), None).expect("encoded");
        assert_eq!(old[1..], *plain);
        let new = encoded_receipt(DEPOSIT, plain, Some(9), Some(1)).expect("encoded");
        assert_eq!(
            new,
            Fields::default().with(&true).with(&7_u64).with(&9_u64).with(&1_u64).of_type(DEPOSIT)
        );
        assert_eq!(encoded_receipt(DEPOSIT, plain, None, Some(1)), None, "a field is missing");
        assert_eq!(encoded_receipt(0x50, plain, None, None), None, "not known");
    }

    #[test]
    fn what_lacks_a_field_is_not_encoded() {
        let told = |more: &str| {
            format!(
                r#"{{"from":"{a}","to":"{a}","value":"0x1","gas":"0x2","input":"0x"{more}}}"#,
                a = Address::repeat_byte(1)
            )
        };
        assert_eq!(encoded(DEPOSIT, &told("")), None, "no source");
        let source = format!(r#","sourceHash":"{}""#, B256::repeat_byte(2));
        assert!(encoded(DEPOSIT, &told(&source)).is_some());
        assert_eq!(encoded(0x6a, &told("")), None, "no chain");
        let internal = vec![0x6a, 0xc4, 0x82, 0xa4, 0xb1, 0x80];
        assert_eq!(encoded(0x6a, &told(r#","chainId":"0xa4b1""#)), Some(internal));
        assert_eq!(encoded(0x50, &told(&source)), None);
    }
}
