//! Verify before you sign.
//!
//! The guard reads what a signer is asked to sign (a Safe transaction, a call, typed data, a message), works out what it
//! does and what its hashes are, and answers with findings and a verdict. It is pure: no network, no files, no clock, no
//! randomness; what is known from elsewhere comes in as [`facts::Facts`]. Same input, same facts, same policy: same bytes.
//!
//! ```
//! use tracehound_guard::{Context, Facts, check_tx, policy::Policy};
//! use tracehound_model::Decision;
//!
//! // A payment to an address that nobody vouches for: not listed is not known.
//! let tx = r#"{"chainId":"0x1","from":"0x1111111111111111111111111111111111111111",
//!     "to":"0x2222222222222222222222222222222222222222","value":"0xde0b6b3a7640000","gas":"0x5208",
//!     "maxFeePerGas":"0x3b9aca00","nonce":"0x0"}"#;
//! let (policy, facts) = (Policy::default(), Facts::default());
//! let report = check_tx(tx.as_bytes(), Context::new(&policy, &facts));
//! assert_eq!(report.verdict, Decision::Incomplete);
//! ```
//!
//! **Invariant:** something that is missing never leads to `allow`.

pub mod ask;
mod builder;
pub mod case;
pub mod chain;
pub mod checks;
pub mod context;
mod context_file;
mod cow;
pub mod decode;
mod denial;
mod descriptor;
mod draft;
mod entries;
pub mod erc7730;
pub mod facts;
pub mod finding;
mod flow;
pub mod foreign;
pub mod front;
mod hidden;
pub mod intent;
pub mod json;
pub mod known;
mod labelled;
mod language;
mod learn;
mod mentions;
pub mod message;
pub mod method;
mod next;
mod other_names;
pub mod place;
mod plain;
pub mod policy;
pub mod report;
mod request;
pub mod rlp;
pub mod role;
pub mod rpc;
pub mod safe;
pub mod safe_deployments;
pub mod safe_version;
pub mod scalar;
mod seaport;
pub mod secret;
mod send_calls;
pub mod short_name;
mod sign_in;
mod summary;
mod swap;
pub mod text;
mod there;
pub mod tx;
pub mod typed;
pub mod wallet;
pub mod watch;
mod whose;

pub use self::{
    context::Context,
    facts::Facts,
    finding::{CheckId, Finding, Severity},
    front::{check_message, check_node, check_queue, check_safe, check_tx, check_typed},
    policy::Policy,
    report::Report,
};
