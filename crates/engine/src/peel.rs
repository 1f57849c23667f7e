//! A wallet that pays a little off and keeps the rest, hop by hop.

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::{
    extent::{Extent, Needed},
    peel,
};
use tracehound_ledger::BlockNum;
use tracehound_model::{BitcoinNetwork, Gap};

use crate::{
    Answer, EngineError, Moment, Snapshot,
    start::{Start, start},
    view::View,
};

pub use tracehound_analysis::peel::{Chain, Options, text};

/// Outputs of one transaction or address that chains are followed from.
const MOST_STARTS: usize = 50;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Whose ledger.
    pub network: BitcoinNetwork,
    /// About which moment.
    pub moment: Moment,
    /// An output (`TXID:N`), a transaction (each of its outputs) or an address (each output it received).
    pub from: String,
    /// How chains are followed.
    pub options: Options,
}

/// A chain, with how far the ledger behind it reaches.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Peeled {
    /// The chain.
    #[serde(flatten)]
    pub chain: Chain,
    /// How far the ledger reaches.
    pub ledger: Extent,
    /// What was not examined.
    pub gaps: Vec<Gap>,
    /// Whether neither a limit nor a missing amount or block ended it.
    pub complete: bool,
}

impl Snapshot {
    /// Follows the peel chains that begin with some outputs, the largest first.
    ///
    /// # Errors
    /// When the question makes no sense, or the ledger is damaged.
    #[tracing::instrument(skip_all)]
    pub fn peel(&self, question: &Question) -> Result<Answer<Vec<Peeled>>, EngineError> {
        let view = View::new(self, question.network, question.moment)?;
        let ledger = &view.ledger;
        let keys = view.keys();
        let known = view.entities(&keys);
        let from = &question.from;
        let Start { outs: mut starts, is_owner } = match start(&view, &keys, from)? {
            Ok(found) => found,
            Err(missing) => return view.absent(missing),
        };
        if starts.is_empty() {
            return Err(EngineError::Question(format!("`{from}` has no output that anybody could spend")));
        }
        if starts.len() > MOST_STARTS {
            return Err(EngineError::Question(format!(
                "`{from}` has {} outputs; name one of them as TXID:N (at most {MOST_STARTS} are followed at once)",
                starts.len()
            )));
        }
        starts.sort_by_key(|&start| (std::cmp::Reverse(ledger.output_value(start)), start));
        let block = |&out| Some(ledger.block_of(ledger.tx_of_output(out)?.0)?.num);
        let first = starts.iter().filter_map(block).min().unwrap_or(BlockNum(0));
        let extent = view.extent(if is_owner { Needed::All } else { Needed::From(first) });
        let mut chains = Vec::new();
        for start in starts {
            let chain = peel::follow(ledger, view.network, start, question.options, &known)?;
            chains.push(Peeled {
                complete: extent.is_complete() && chain.is_complete(),
                gaps: extent.gaps.clone(),
                ledger: extent.clone(),
                chain,
            });
        }
        let lacking = view.label_gaps();
        for peeled in &mut chains {
            peeled.complete &= lacking.is_empty();
            peeled.gaps.extend(lacking.iter().cloned());
        }
        view.found(chains)
    }
}
