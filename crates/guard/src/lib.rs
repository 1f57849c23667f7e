//! Verify before you sign.
//!
//! The guard reads what a signer is asked to sign (a Safe transaction, a call, typed data, a message), works out what it
//! does and what its hashes are, and answers with findings and a verdict. It is pure: no network, no files, no clock, no
//! randomness; what is known from elsewhere comes in as [`facts::Facts`]. Same input, same facts, same policy: same bytes.
//!
//! **Invariant:** something that is missing never leads to `allow`.

pub mod decode;
pub mod facts;
pub mod finding;
pub mod json;
pub mod policy;
pub mod safe;
pub mod scalar;
