//! What an address can be trusted for.

use schemars::JsonSchema;
use serde::Deserialize;

/// What an address is trusted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// To receive money.
    Recipient,
    /// To be called: its code is known. What is signed for it is read all the same.
    Contract,
    /// To spend tokens by allowance or permit.
    Spender,
    /// To spend tokens by Permit2 alone: it takes no allowance of its own.
    Permit2Spender,
    /// To move all tokens of a collection.
    Operator,
    /// To be run by delegatecall.
    Delegatecall,
    /// As a Safe module.
    Module,
    /// As a transaction or module guard.
    Guard,
    /// As a fallback handler.
    FallbackHandler,
    /// As the code of an account (EIP-7702).
    Delegate,
    /// To own, administer or implement contracts.
    Admin,
    /// As an owner of the Safe.
    Owner,
    /// As the zone of an order.
    Zone,
    /// To take a share of what an order or an exchange brings: a market, a creator, whoever shows the exchange.
    Fee,
}
