//! The shortest and widest ways by which value went from one address to another.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::{
    extent::{Extent, Needed},
    path::ways,
    trace::Entity,
};
use tracehound_ledger::OutNum;
use tracehound_model::{Amount, Asset, BitcoinNetwork, Gap, OutPoint, PackAsOf};
use tracehound_screen::Entities;

use crate::{
    Answer, EngineError, Moment, Snapshot,
    view::{Missing, View},
};

pub use tracehound_analysis::path::PathLimits;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Whose ledger.
    pub network: BitcoinNetwork,
    /// About which moment.
    pub moment: Moment,
    /// The address whose money is followed.
    pub from: String,
    /// The address it may have come to.
    pub to: String,
    /// How much work the search may cost.
    pub limits: PathLimits,
}

/// The ways that were found.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Paths {
    /// The address whose money is followed.
    pub from: String,
    /// The address it may have come to.
    pub to: String,
    /// What all amounts count.
    pub asset: Asset,
    /// Shorter before longer, then wider before narrower.
    pub ways: Vec<Way>,
    /// Transactions looked at.
    pub txs_read: usize,
    /// Base units below which an output is not gone through.
    pub dust: Amount,
    /// Outputs that were not gone through for that.
    pub below_dust: usize,
    /// Whether any other limit truncated the search: there may be others.
    pub truncated: bool,
    /// How far the ledger reaches.
    pub ledger: Extent,
    /// What was not examined.
    pub gaps: Vec<Gap>,
    /// Whether no limit truncated the search, a limit on dust above the built-in one included, and no block is missing.
    pub complete: bool,
    /// The ledger's snapshot.
    pub snapshot: String,
    /// The packs of labels in force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packs: Vec<PackAsOf>,
}

/// One way.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Way {
    /// Transactions on it.
    pub transactions: usize,
    /// The smallest of its outputs, base units: no more than that can have gone this way.
    pub width: Amount,
    /// The outputs passed through.
    pub outputs: Vec<Passed>,
}

/// An output on a way.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Passed {
    /// The output, as `TXID:N`.
    pub outpoint: String,
    /// Its address, or that it has none.
    pub address: String,
    /// Who is known to own it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<Entity>,
    /// Base units in it.
    pub value: Amount,
    /// Time of its block.
    pub time: Timestamp,
}

impl Snapshot {
    /// Looks for the ways from one address to another.
    ///
    /// # Errors
    /// When the question makes no sense, or the ledger is damaged.
    #[tracing::instrument(skip_all)]
    pub fn path(&self, question: &Question) -> Result<Answer<Paths>, EngineError> {
        let view = View::new(self, question.network, question.moment)?;
        let keys = view.keys();
        let from = view.owners_of(&keys, &question.from)?;
        let to = view.owners_of(&keys, &question.to)?;
        for (text, owners) in [(&question.from, &from), (&question.to, &to)] {
            if owners.is_empty() {
                return view.absent(Missing::of(text));
            }
        }
        if !from.is_disjoint(&to) {
            let (from, to) = (&question.from, &question.to);
            return Err(EngineError::Question(format!("{from} and {to} are addresses of one key")));
        }
        let found = ways(&view.ledger, &from, &to, question.limits);
        let extent = view.extent(Needed::All);
        let entities = view.entities(&keys);
        let told = found.ways.iter().map(|way| Way {
            transactions: way.txs.len(),
            width: way.width.into(),
            outputs: way.outputs.iter().filter_map(|&out| passed(&view, &entities, out)).collect(),
        });
        let ways: Vec<Way> = told.collect();
        let gaps: Vec<Gap> = extent.gaps.iter().cloned().chain(view.label_gaps()).collect();
        // What carries less than the built-in limit is no way for money; above it the limit is a choice that hides ways.
        let left_out = found.below_dust > 0 && question.limits.dust > PathLimits::default().dust;
        view.found(Paths {
            packs: view.packs.as_of(),
            asset: view.asset(),
            from: question.from.clone(),
            to: question.to.clone(),
            ways,
            txs_read: found.txs,
            dust: question.limits.dust.into(),
            below_dust: found.below_dust,
            truncated: found.truncated,
            complete: !found.truncated && gaps.is_empty() && !left_out,
            gaps,
            ledger: extent,
            snapshot: view.ledger.snapshot_id(),
        })
    }
}

fn passed(view: &View, entities: &Entities<'_>, out: OutNum) -> Option<Passed> {
    let (tx, vout) = view.ledger.tx_of_output(out)?;
    let output = view.ledger.output(out)?;
    let address = output.owner.and_then(|owner| view.address(owner));
    let time = view.ledger.block_of(tx).map_or(0, |block| block.header.time());
    Some(Passed {
        outpoint: OutPoint { txid: view.ledger.tx(tx)?.txid, vout }.to_string(),
        address: address.unwrap_or_else(|| "no address".to_owned()),
        entity: output.owner.and_then(|owner| entities.entity(owner)),
        value: output.value.into(),
        time: Timestamp::from_second(i64::from(time)).ok()?,
    })
}
