//! JSON Schemas of what is written as a text.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::{
    Account, Address, Amount, Asset, BlockHash, Born, Chain, Country, Fiat, TxId, TxRef, tx::WrittenTx,
};

macro_rules! text {
    ($($name:ident: $pattern:literal, $description:literal;)*) => {
        $(impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "description": $description })
            }
        })*
    };
}

text! {
    Account: "^.+:.+$", "An address on a chain (CAIP-10).";
    Address: "^.+$", "An address in its canonical form.";
    Amount: "^[0-9]+$", "Base units of an asset (satoshi, wei): a whole number below 2^256, as text because it may exceed 2^53.";
    Asset: "^.+:.+/.+:.+$", "What is counted (CAIP-19): every amount counts base units of the `asset` that stands nearest around it.";
    BlockHash: "^[0-9a-f]{64}$", "A block's id.";
    Born: "^(about )?[0-9]{4}(-[0-9]{2})*( to [0-9]{4}(-[0-9]{2})*)?$", "A day, month, year or span of years of a birth.";
    Chain: "^.+:.+$", "A chain (CAIP-2).";
    Country: "^[A-Z]{2}$", "A country (ISO 3166-1).";
    Fiat: "^[A-Z]{3}$", "A currency (ISO 4217).";
    TxId: "^[0-9a-f]{64}$", "A transaction's id.";
}

impl JsonSchema for TxRef {
    fn schema_name() -> Cow<'static, str> {
        "TxRef".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        WrittenTx::json_schema(generator)
    }
}
