//! Addresses (codecs being written).
use serde::{Deserialize, Serialize};
/// Why a text is not an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address")]
pub struct AddressError;
/// Placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address([u8;20]);
