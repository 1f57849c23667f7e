//! The shortest and widest ways by which value went from one address to another, those without a mix and through no service
//! first.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::{
    extent::{Extent, Needed},
    path::{most_by_all, ways},
    taint::Mix,
    trace::Entity,
};
use tracehound_ledger::OutNum;
use tracehound_model::{Amount, Asset, BitcoinNetwork, Gap, OutPoint, PackAsOf};
use tracehound_screen::Entities;

use crate::{
    Answer, EngineError, Moment, Snapshot,
    tx::CoinJoin,
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
    /// Those without a mix and through no service before the others, then shorter before longer, then wider before narrower.
    pub ways: Vec<Way>,
    /// How many of the ways go through a mix.
    pub through_mixes: usize,
    /// How many of the ways lead through a service that is at neither end.
    pub through_services: usize,
    /// Base units that can have gone by all of these ways together, at most: they may share outputs.
    pub most: Amount,
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
    /// How many of them are mixes (`CoinJoins`): through one everybody in it has a way to everybody.
    pub mixes: usize,
    /// How many of its outputs are of services on the way: what comes to one is pooled with what others bring.
    pub services: usize,
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
    /// The mix that the way comes to it through, where the transaction that made it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mix: Option<CoinJoin>,
    /// Whether it is of a service on the way, which pools what comes to it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pooled: bool,
    /// Base units in it.
    pub value: Amount,
    /// Time of its block.
    pub time: Timestamp,
}

impl Paths {
    /// In sentences: how many of the ways need a mix or lead through a service, and what such ways are worth.
    pub fn pooled(&self) -> Vec<String> {
        let all = self.ways.len();
        let which = |count: usize, [one, many]: [&str; 2]| match (count, all) {
            (1, 1) => format!("The way that was found {one}"),
            (1, _) => format!("1 of {all} ways {one}"),
            _ => format!("{count} of {all} ways {many}"),
        };
        let everybody = "and through it everybody has a way to everybody.";
        let mut said = Vec::new();
        if self.through_mixes > 0 {
            let which = which(self.through_mixes, ["needs", "need"]);
            said.push(format!("{which} a mix (a CoinJoin), {everybody}"));
        }
        if self.through_services > 0 {
            let which = which(self.through_services, ["leads", "lead"]);
            said.push(format!("{which} through a service, which pools what comes to it, {everybody}"));
        }
        if all > 0 && self.ways.iter().all(|way| way.mixes + way.services > 0) {
            said.push("No other way was found.".to_owned());
        }
        said
    }

    /// In a sentence: how much can have gone by all ways together; nothing where there is one alone.
    pub fn together(&self) -> Option<String> {
        let sum = self.ways.iter().fold(Amount::ZERO, |sum, way| sum.saturating_add(way.width));
        let shared = if self.most < sum { ", for they share outputs" } else { "" };
        let said = || {
            format!(
                "By all {} ways together at most {} can have gone{shared}.",
                self.ways.len(),
                self.asset.money(self.most)
            )
        };
        (self.ways.len() > 1).then(said)
    }
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
        let entities = view.entities(&keys);
        let found = ways(&view.ledger, &from, &to, question.limits, &entities);
        let extent = view.extent(Needed::All);
        let told = found.ways.iter().map(|way| {
            // Into the first output no transaction of the way leads.
            let mixes = std::iter::once(None).chain(way.mixes.iter().copied());
            let outputs = way.outputs.iter().zip(mixes).zip(&way.services);
            let passed =
                |((&out, mix), &pooled)| Some(Passed { pooled, ..passed(&view, &entities, out, mix)? });
            Way {
                transactions: way.txs.len(),
                mixes: way.mixes.iter().flatten().count(),
                width: way.width.into(),
                services: way.services.iter().filter(|service| **service).count(),
                outputs: outputs.filter_map(passed).collect(),
            }
        });
        let ways: Vec<Way> = told.collect();
        let outputs: Vec<&[OutNum]> = found.ways.iter().map(|way| way.outputs.as_slice()).collect();
        let most = most_by_all(&outputs, |out| view.ledger.output(out).map_or(0, |output| output.value));
        let gaps: Vec<Gap> = extent.gaps.iter().cloned().chain(view.label_gaps()).collect();
        // What carries less than the built-in limit is no way for money; above it the limit is a choice that hides ways.
        let left_out = found.below_dust > 0 && question.limits.dust > PathLimits::default().dust;
        view.found(Paths {
            packs: view.packs.as_of(),
            asset: view.asset(),
            from: question.from.clone(),
            to: question.to.clone(),
            through_mixes: ways.iter().filter(|way| way.mixes > 0).count(),
            through_services: ways.iter().filter(|way| way.services > 0).count(),
            ways,
            most: most.into(),
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

fn passed(view: &View, entities: &Entities<'_>, out: OutNum, mix: Option<Mix>) -> Option<Passed> {
    let (tx, vout) = view.ledger.tx_of_output(out)?;
    let output = view.ledger.output(out)?;
    let address = output.owner.and_then(|owner| view.address(owner));
    let time = view.ledger.block_of(tx).map_or(0, |block| block.header.time());
    Some(Passed {
        outpoint: OutPoint { txid: view.ledger.tx(tx)?.txid, vout }.to_string(),
        address: address.unwrap_or_else(|| "no address".to_owned()),
        entity: output.owner.and_then(|owner| entities.entity(owner)),
        mix: mix.map(CoinJoin::from),
        pooled: false,
        value: output.value.into(),
        time: Timestamp::from_second(i64::from(time)).ok()?,
    })
}
