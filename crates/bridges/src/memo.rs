//! Memos of THORChain and of Maya, its fork: what a deposit asks for, and which deposit a payout answers.
//!
//! The grammar is that of thornode v3 (2025-07) and mayanode 1.110 (2024-07), with what both networks have added since
//! (`x/thorchain/memo`, `x/mayachain/memo`; <https://dev.thorchain.org/concepts/memos.html>). The same bytes mean different
//! assets on the two, so the network that owns the vault comes first: [`read`] asks for it.
//!
//! A memo is the depositor's word. It does not say that anything was paid, and where it names a `THORName` it does not say
//! whom: names change hands ([`Outcome::UnresolvedName`]).

mod asset;
mod function;
mod number;
mod party;
mod said;

use schemars::JsonSchema;
use serde::Serialize;

pub use asset::{Form, MemoAsset};
pub use function::Function;
pub use party::{Affiliate, Party};
pub use said::{Add, Aggregator, Limited, Loan, Modified, Said, Swap, Withdrawal};

/// Whose vault was paid. Both networks watch the same chains and write alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// THORChain.
    Thorchain,
    /// Maya, whose coin is CACAO.
    Mayachain,
}

impl Network {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Thorchain, Self::Mayachain];

    /// Its name, as flags and files write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Thorchain => "thorchain",
            Self::Mayachain => "mayachain",
        }
    }

    /// The network of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|network| network.name() == name)
    }
}

/// Longest memo in bytes that the networks look at (`MaxMemoSize`). Deposits with longer ones are not paid back either.
pub const MOST_BYTES: usize = 250;

/// What a memo comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It says what the depositor asked for.
    Intent,
    /// The same, but whom to pay is a name, of which the network alone knows whose it was on that day.
    UnresolvedName,
    /// It points at a memo that was registered before.
    Memoless,
    /// The network pays out, and names the deposit for which it does.
    Payout,
    /// The network moves its own coins: nobody's payment.
    Internal,
    /// Nothing that the network acts on: a deposit with it is paid back, less a fee, or stays.
    Unreadable,
}

/// A memo that was read.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Memo {
    /// Of which network it was read.
    pub network: Network,
    /// What it comes to.
    pub outcome: Outcome,
    /// What it asks to do; none where its first part is no function of the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<Function>,
    /// What it says; none where it is unreadable.
    #[serde(flatten)]
    pub said: Option<Said>,
    /// What stands behind the first `|`: the network writes it into the memo of its payout, and does not read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passthrough: Option<String>,
    /// Why it is unreadable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Why a memo is unreadable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Unreadable {
    #[error("it is empty")]
    Empty,
    #[error("it has {0} bytes, and the network looks at no memo of more than {MOST_BYTES}")]
    TooLong(usize),
    #[error("it begins with no function of {}", .0.name())]
    NoFunction(Network),
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("{part} is no {wanted}")]
    Bad { part: &'static str, wanted: &'static str },
    #[error("{0}")]
    Other(&'static str),
}

/// Reads a memo of a network. O(length).
///
/// ```
/// use tracehound_bridges::memo::{read, Network, Outcome};
///
/// let memo = read(Network::Thorchain, "=:ETH.USDT:dx:100e7:t:10");
/// assert_eq!(memo.outcome, Outcome::UnresolvedName);
/// let memo = read(Network::Mayachain, "=:b:bc1q6527vxxqjpq80la2l0sw7hay3lj6dz07zs6gzl");
/// assert_eq!(memo.outcome, Outcome::Intent);
/// ```
pub fn read(network: Network, memo: &str) -> Memo {
    read_within(network, memo, true)
}

/// Reads a memo; one that registers another is read where that may be.
fn read_within(network: Network, memo: &str, may_register: bool) -> Memo {
    let (acted_on, passthrough) = match memo.split_once('|') {
        Some((acted_on, rest)) => (acted_on, Some(rest.to_owned())),
        None => (memo, None),
    };
    let parts: Vec<&str> = acted_on.split(':').collect();
    let function = Function::named(network, parts[0]);
    let said = match (memo.len(), function) {
        (0, _) => Err(Unreadable::Empty),
        (length, _) if length > MOST_BYTES => Err(Unreadable::TooLong(length)),
        (_, None) => Err(Unreadable::NoFunction(network)),
        (_, Some(function)) => said::read(network, function, &said::Parts::of(&parts), may_register),
    };
    let (said, why) = match said {
        Ok(said) => (Some(said), None),
        Err(why) => (None, Some(why.to_string())),
    };
    let outcome = match (&said, function) {
        (Some(said), Some(function)) => function.outcome(said.names_nobody()),
        _ => Outcome::Unreadable,
    };
    Memo { network, outcome, function, said, passthrough, why }
}
