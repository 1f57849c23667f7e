//! Patterns of laundering around an address or a transaction.

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::{
    extent::{Extent, Needed},
    patterns::{
        self, Report, Subject, Thresholds,
        coinbases::{self, Depth, FromCoinbases},
        withdrawals::{self, Search, Withdrawals},
    },
};
use tracehound_ledger::{BlockNum, Ledger, OutNum};
use tracehound_model::{Address, Asset, BitcoinNetwork, Gap, GapKind, TxId};

use crate::{
    Answer, EngineError, Moment, Snapshot,
    view::{Missing, View},
};

pub use tracehound_analysis::patterns::text;

/// Outputs whose sources are looked at.
const MOST_OUTPUTS: usize = 1_000;
/// Deposits that payouts are looked for: each reads three days of blocks.
const MOST_DEPOSITS: usize = 5;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Whose ledger.
    pub network: BitcoinNetwork,
    /// About which moment.
    pub moment: Moment,
    /// An address or a transaction id.
    pub subject: String,
    /// Whether payouts of a mixer are looked for that fit what the subject received.
    pub withdrawals: bool,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Patterns {
    /// What was asked about.
    pub subject: String,
    /// What all amounts count.
    pub asset: Asset,
    /// Patterns, each with the transactions that show it, and in words what was not examined.
    #[serde(flatten)]
    pub report: Report,
    /// How far the ledger reaches.
    pub ledger: Extent,
    /// Whether nothing is missing and nothing was truncated.
    pub complete: bool,
    /// How much of the money is newly mined; nothing for who received no output.
    pub from_coinbases: Option<FromCoinbases>,
    /// Whether that was asked of all outputs.
    pub from_coinbases_of_all_outputs: bool,
    /// Payouts that fit the largest outputs, where they were asked for.
    pub withdrawals: Vec<Withdrawals>,
    /// The ledger's snapshot.
    pub snapshot: String,
}

impl Snapshot {
    /// Looks for patterns.
    ///
    /// # Errors
    /// When the question makes no sense, or the ledger is damaged.
    #[tracing::instrument(skip_all)]
    pub fn patterns(&self, question: &Question) -> Result<Answer<Patterns>, EngineError> {
        let view = View::new(self, question.network, question.moment)?;
        let (ledger, keys, text) = (&view.ledger, view.keys(), &question.subject);
        let known = view.entities(&keys);
        let mut own_gaps = Vec::new();
        let (subject, needed) = if let Ok(txid) = text.parse::<TxId>() {
            let Some(tx) = ledger.find_tx(&txid) else { return view.absent(Missing::of(text)) };
            let block = ledger.block_of(tx).map_or(BlockNum(0), |block| block.num);
            (Subject::Tx(tx), Needed::From(block))
        } else {
            let owners = view.owners_of(&keys, text)?;
            let own = Address::parse(text).ok().and_then(|address| ledger.find_address(address.script()?));
            let Some(owner) = own.or_else(|| owners.first().copied()) else {
                return view.absent(Missing::of(text));
            };
            if owners.len() > 1 {
                let sentence = format!(
                    "the key has {} more addresses in the ledger, whose transactions were not looked at",
                    owners.len() - 1
                );
                own_gaps
                    .push(Gap::about_subject(GapKind::OtherAddresses, sentence).mend("ask about them too"));
            }
            (Subject::Address(owner), Needed::All)
        };
        let extent = view.extent(needed);
        let absent = || EngineError::Question(format!("`{text}` is not in the ledger"));
        let mut report =
            patterns::around(ledger, subject, &Thresholds::default(), &known).ok_or_else(absent)?;
        let (outs, cut) = patterns::outputs_of(ledger, subject, MOST_OUTPUTS);
        // An address that only spends, in a partial ledger, has no outputs to ask about.
        let from_coinbases = match &outs[..] {
            [] => None,
            outs => {
                Some(coinbases::sources(ledger, outs, Depth::default(), &view.entities(&keys).backward())?)
            }
        };
        let withdrawals = if question.withdrawals { deposits(ledger, outs) } else { Vec::new() };
        report.gaps.extend(own_gaps);
        report.gaps.extend(view.label_gaps());
        report.gaps.extend(extent.gaps.iter().cloned());
        let complete = report.is_complete() && !cut && withdrawals.iter().all(|found| !found.truncated);
        view.found(Patterns {
            subject: text.clone(),
            asset: view.asset(),
            report,
            ledger: extent,
            complete,
            from_coinbases,
            from_coinbases_of_all_outputs: !cut,
            withdrawals,
            snapshot: ledger.snapshot_id(),
        })
    }
}

/// Withdrawals from the largest outputs.
fn deposits(ledger: &Ledger, mut outs: Vec<OutNum>) -> Vec<Withdrawals> {
    outs.sort_by_key(|&out| (std::cmp::Reverse(ledger.output_value(out)), out));
    let search = Search::default();
    outs.into_iter().take(MOST_DEPOSITS).filter_map(|out| withdrawals::find(ledger, out, &search)).collect()
}
