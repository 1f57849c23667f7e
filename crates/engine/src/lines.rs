//! Single transactions, one a line: a JSON object in, a JSON object out.

mod boltzmann;
mod coinjoin;
mod demix;
mod memo;
mod transaction;

use schemars::JsonSchema;
use serde::Serialize;

use tracehound_analysis::coinjoin::{Answer, CoinJoin};
use tracehound_model::{Asset, BitcoinNetwork};

use crate::{Document, document::Versioned};

pub use boltzmann::answer as boltzmann;
pub use coinjoin::answer as coinjoin;
pub use demix::answer as demix;
pub use memo::answer as memo;

pub(crate) use boltzmann::Readings;
pub(crate) use coinjoin::Classified;
pub(crate) use demix::Estimate;
pub(crate) use memo::MemoRead;

/// One line's answer, without the line end, or why there is none.
pub type Answered = Result<Vec<u8>, Unanswered>;

/// Why a line has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// Something is wrong with the line.
    Wrong(String),
    /// A limit on work ended it.
    Truncated(String),
}

impl Unanswered {
    /// In words.
    pub fn text(&self) -> &str {
        let (Self::Wrong(text) | Self::Truncated(text)) = self;
        text
    }
}

impl From<String> for Unanswered {
    fn from(text: String) -> Self {
        Self::Wrong(text)
    }
}

/// A line that could not be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct RefusedLine<'a> {
    /// Its number, from 1.
    pub line: u64,
    /// Why.
    pub error: &'a str,
}

/// The most that one participant of a round receives, and that one pays to all others, base units.
#[derive(Clone, Copy, JsonSchema, Serialize)]
struct Fees {
    maker: u64,
    taker: u64,
}

impl Fees {
    /// As the rule accepts them by which it is, or may be, a round.
    fn of(found: &CoinJoin) -> Option<Self> {
        Some(Self { maker: found.maker_fee?, taker: found.taker_pays(found.participants)? })
    }
}

/// What is no more than suspected may be a `CoinJoin`.
const MAY_BE: &str = "may be";

/// The `CoinJoin` that a transaction is, or may be, as the words tell.
fn called(answer: &Answer) -> Option<(&'static str, &CoinJoin)> {
    match answer {
        Answer::CoinJoin(found) => Some(("is", found)),
        Answer::Suspected(found) => Some((MAY_BE, found)),
        Answer::Unknown { .. } | Answer::Premix(_) | Answer::No => None,
    }
}

/// What the amounts of a line count where it does not say so (`asset`, CAIP-19).
const fn of_bitcoin() -> Asset {
    Asset::bitcoin(BitcoinNetwork::Mainnet)
}

fn to_bytes(answer: &impl Document) -> Answered {
    serde_json::to_vec(&Versioned::of(answer)).map_err(|error| error.to_string().into())
}
