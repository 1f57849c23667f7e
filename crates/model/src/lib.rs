//! The vocabulary of the workspace: chains, addresses, amounts, transactions, claims, evidence, verdicts.
//!
//! Every other crate speaks in these types. **Invariant:** nothing here does I/O, reads a clock or draws a random
//! number, and no floating point holds money.

pub mod address;
pub mod amount;
pub mod asset;
pub mod caip;
pub mod chain;
pub mod claim;
mod dense;
pub mod endpoint;
pub mod evidence;
pub mod fiat;
pub mod gap;
pub mod key_forms;
pub mod label;
pub mod locus;
pub mod ownership;
pub mod particulars;
pub mod relation;
mod schema;
pub mod script;
pub mod text;
pub mod transfer;
pub mod tx;
pub mod utxo;
pub mod verdict;

pub use address::{Account, Address, AddressError, Pasted};
pub use amount::{Amount, Sats, Share};
pub use asset::{Asset, Money};
pub use chain::{BitcoinNetwork, Chain};
pub use claim::{
    Category, Claim, Confidence, Party, PartyKind, PartyName, Source, SourceId, SourceKind, Statement,
    Subject,
};
pub use evidence::{Evidence, EvidenceNode};
pub use fiat::{Fiat, Worth};
pub use gap::{Gap, GapKind, GapScope};
pub use label::{LabelStatement, Labelled, PackAsOf, PackVersion, Predicate};
pub use locus::{LinkedBy, Locus};
pub use ownership::{Ownership, OwnershipStep, Reach};
pub use particulars::{Born, Country, Particulars};
pub use relation::{Relation, RelationKind, Stake, Standing};
pub use script::{ScriptKey, ScriptType};
pub use tx::{BlockHash, OutPoint, TxId, TxRef};
pub use verdict::{Coverage, Decision, Exposure, Verdict};
