//! Whom an owner's money came from and went to.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::{
    exposure::{self, Exposed, Exposures, exposures},
    extent::{Extent, Needed},
    rates::Rates,
    taint::{Direction, PropagationLimits},
    trace::Suspected,
};
use tracehound_model::{Amount, Asset, BitcoinNetwork, Gap, PackAsOf, TxId};

use crate::{
    Answer, EngineError, Moment, Snapshot,
    cluster::widened,
    view::{Missing, View},
};

pub use tracehound_analysis::{exposure::Rest, price::Prices};

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Whose ledger.
    pub network: BitcoinNetwork,
    /// About which moment.
    pub moment: Moment,
    /// Addresses of one owner; payments among them do not count.
    pub addresses: Vec<String>,
    /// Whether everybody in their clusters is meant.
    pub cluster: bool,
    /// Where to stop.
    pub limits: PropagationLimits,
    /// Whether to go on behind mixes, by haircut.
    pub through_mixes: bool,
    /// Prices of the network's coin.
    pub prices: Option<Prices>,
}

/// Whom an owner's money came from and went to.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Exposure {
    /// What was asked about.
    pub addresses: Vec<String>,
    /// Those of them that do not occur in the ledger.
    pub not_in_the_ledger: Vec<String>,
    /// What all amounts count.
    pub asset: Asset,
    /// Whether it went on behind mixes, by shares: none of its paths ends at one then.
    pub through_mixes: bool,
    /// Addresses that were taken for the owner's.
    pub members: usize,
    /// Where its money came from.
    pub sources: Side,
    /// Where its money went.
    pub destinations: Side,
    /// How far the ledger reaches.
    pub ledger: Extent,
    /// What was not examined.
    pub gaps: Vec<Gap>,
    /// Whether nothing is missing and nothing was truncated.
    pub complete: bool,
    /// The ledger's snapshot.
    pub snapshot: String,
    /// In a sentence: how often an exposure was right where the truth was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_rate: Option<String>,
    /// The packs of labels in force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packs: Vec<PackAsOf>,
}

/// One direction; its entities and its rest add up to `total`.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Side {
    /// Base units received from (or paid to) others.
    pub total: Amount,
    /// Base units by category of the entities.
    pub by_category: BTreeMap<String, Amount>,
    /// Named entities: direct before indirect, then largest first.
    pub entities: Vec<Row>,
    /// What ended without a name.
    pub rest: Rest,
    /// Transactions divided to find out.
    pub work: usize,
    /// What went through transactions that may be mixes, if any did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspected: Option<Suspected>,
    /// Outputs of the owner beyond the number looked at were left out.
    pub truncated: bool,
    /// Whether no limit on work and no missing amount stands behind it.
    pub complete: bool,
}

/// What passed between the owner and one named entity.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Row {
    /// How much, how far, when.
    #[serde(flatten)]
    pub exposed: Exposed,
    /// The entity's address on the path that carries most.
    pub address: Option<String>,
    /// That path, as transactions from the entity to the owner (for destinations: from the owner).
    pub best_path: Vec<TxId>,
}

impl Snapshot {
    /// Follows everything that an owner received from others and paid to others.
    ///
    /// # Errors
    /// When the question makes no sense, or the ledger is damaged.
    #[tracing::instrument(skip_all)]
    pub fn exposure(&self, question: &Question) -> Result<Answer<Exposure>, EngineError> {
        let view = View::new(self, question.network, question.moment)?;
        let keys = view.keys();
        let (mut subjects, mut unknown) = (BTreeSet::new(), Vec::new());
        for address in &question.addresses {
            let owners = view.owners_of(&keys, address)?;
            if owners.is_empty() {
                unknown.push(address.clone());
            }
            subjects.extend(owners);
        }
        if subjects.is_empty() {
            return view.absent(Missing::of(&unknown.join("`, `")));
        }
        let extent = view.extent(Needed::All);
        let mut gaps = extent.gaps.clone();
        if question.cluster {
            let (wider, cut) = widened(&view, &keys, &subjects)?;
            subjects = wider;
            gaps.extend(cut);
        }
        let (whither, whence) = (view.entities(&keys), view.entities(&keys).backward());
        let ask = |direction| {
            let asked = exposure::Question {
                tx: None,
                subjects: &subjects,
                direction,
                limits: question.limits,
                through_mixes: question.through_mixes,
                suspects: true,
                prices: question.prices.as_ref(),
            };
            let known = if direction == Direction::Backward { &whence } else { &whither };
            exposures(&view.ledger, &asked, known).map(|found| side(&view, found))
        };
        let (sources, destinations) = rayon::join(|| ask(Direction::Backward), || ask(Direction::Forward));
        let (sources, destinations) = (sources?, destinations?);
        gaps.extend(view.label_gaps());
        view.found(Exposure {
            addresses: question.addresses.clone(),
            not_in_the_ledger: unknown,
            asset: view.asset(),
            through_mixes: question.through_mixes,
            members: subjects.len(),
            complete: gaps.is_empty() && sources.complete && destinations.complete,
            sources,
            destinations,
            ledger: extent,
            gaps,
            snapshot: view.ledger.snapshot_id(),
            error_rate: Rates::shipped().exposure_sentence(),
            packs: view.packs.as_of(),
        })
    }
}

fn side(view: &View, found: Exposures) -> Side {
    let complete = found.is_complete();
    let mut by_category: BTreeMap<String, Amount> = BTreeMap::new();
    for row in &found.entities {
        // Parts of `found.total`.
        let sum = by_category.entry(row.entity.category.to_string()).or_default();
        *sum = sum.saturating_add(row.amount);
    }
    let told = |exposed: Exposed| Row {
        address: exposed.best_owner.and_then(|owner| view.address(owner)),
        best_path: exposed.best_path.iter().filter_map(|&tx| Some(view.ledger.tx(tx)?.txid)).collect(),
        exposed,
    };
    Side {
        total: found.total,
        by_category,
        entities: found.entities.into_iter().map(told).collect(),
        rest: found.rest,
        work: found.work,
        suspected: found.suspected,
        truncated: found.truncated,
        complete,
    }
}
