//! The shortest ways by which an asset went from one account to another.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::{
    account_parties::is_initiated,
    account_path::{AccountPathLimits, account_ways},
    extent::Extent,
};
use tracehound_model::{Amount, Asset, Gap, GapKind, PackAsOf, TxRef};
use tracehound_screen::Accounts;
use tracehound_transfers::{TransferNum, TransferRows as _};

use super::{
    View,
    tx::{Moved, moved},
};
use crate::{Answer, EngineError, Moment, Snapshot};

/// Assets of the first account that are looked at.
const MOST_ASSETS: usize = 10_000;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Whose ledger, by its chain id.
    pub chain_id: u64,
    /// About which moment.
    pub moment: Moment,
    /// The address whose value is followed.
    pub from: String,
    /// The address it may have come to.
    pub to: String,
    /// Ways that are wanted.
    pub count: usize,
    /// Movements on a way, at most.
    pub hops: u32,
    /// Movements looked at in all.
    pub work: usize,
}

/// The ways that were found.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Paths {
    /// CAIP-2 id of the chain.
    pub chain: String,
    /// The address whose value is followed.
    pub from: String,
    /// The address it may have come to.
    pub to: String,
    /// Shorter before longer, then earlier before later.
    pub ways: Vec<Way>,
    /// Movements looked at.
    pub movements_read: usize,
    /// Whether a limit truncated the search: there may be others.
    pub truncated: bool,
    /// How far the ledger reaches.
    pub ledger: Extent,
    /// What was not examined.
    pub gaps: Vec<Gap>,
    /// Whether no limit truncated the search and nothing of the ledger is missing.
    pub complete: bool,
    /// The ledger's snapshot.
    pub snapshot: String,
    /// The packs of labels in force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packs: Vec<PackAsOf>,
}

/// One way, in one asset.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Way {
    /// The asset.
    pub asset: Asset,
    /// The smallest of its movements, base units: no more than that can have gone this way.
    pub width: Amount,
    /// The movements, in order.
    pub movements: Vec<Passed>,
}

/// A movement on a way.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Passed {
    /// The transaction.
    #[serde(flatten)]
    pub tx: TxRef,
    /// Time of its block.
    pub time: Timestamp,
    /// What moved.
    pub movement: Moved,
}

impl Snapshot {
    /// Looks for the ways from one address of an EVM chain to another.
    ///
    /// # Errors
    /// When the question makes no sense, or the ledger is damaged.
    #[tracing::instrument(skip_all)]
    pub fn transfers_path(&self, question: &Question) -> Result<Answer<Paths>, EngineError> {
        let view = View::new(self, question.chain_id, question.moment)?;
        let mut ends = Vec::new();
        for text in [&question.from, &question.to] {
            match view.ledger.find_account(&view.address(text)?) {
                Some(account) => ends.push(account),
                None => return view.absent(text),
            }
        }
        let (from, to) = (ends[0], ends[1]);
        if from == to {
            return Err(EngineError::Question(format!(
                "{} and {} are one address",
                question.from, question.to
            )));
        }
        let names = view.names();
        let limits = AccountPathLimits {
            count: question.count,
            hops: question.hops,
            assets: MOST_ASSETS,
            transfers: question.work,
        };
        let counts = |num| {
            let transfer = view.ledger.transfer(num);
            transfer.is_some_and(|own| {
                own.kind != tracehound_model::transfer::MovementKind::Fee
                    && is_initiated(&view.ledger, &own, &|asset| view.is_known(asset))
            })
        };
        let stops = |account| view.role(&names, account).is_some();
        let found = account_ways(&view.ledger, from, to, limits, &stops, &counts);
        let extent = view.extent();
        let mut gaps = extent.gaps.clone();
        if found.truncated {
            let sentence = format!(
                "the search was truncated by a limit after {} movements: there may be other ways",
                found.transfers
            );
            gaps.push(Gap::about_subject(GapKind::Truncated, sentence).mend("--hops and --work allow more"));
        }
        gaps.extend(view.label_gaps());
        view.found(Paths {
            chain: view.chain.to_string(),
            from: question.from.clone(),
            to: question.to.clone(),
            ways: found.ways.iter().filter_map(|way| told(&view, &names, way)).collect(),
            movements_read: found.transfers,
            truncated: found.truncated,
            ledger: extent,
            complete: gaps.is_empty(),
            gaps,
            snapshot: view.ledger.snapshot_id(),
            packs: view.packs.as_of(),
        })
    }
}

fn told(view: &View, names: &Accounts<'_>, way: &[TransferNum]) -> Option<Way> {
    let passed = |&num: &TransferNum| {
        let transfer = view.ledger.transfer(num)?;
        let row = view.ledger.tx(transfer.tx)?;
        let (time, _) = view.when(transfer.tx)?;
        let movement = moved(view, names, &transfer, num.0 - row.first.0)?;
        Some(Passed { tx: view.tx_ref(row.hash), time, movement })
    };
    let movements: Vec<Passed> = way.iter().map(passed).collect::<Option<_>>()?;
    Some(Way {
        asset: movements.first()?.movement.asset,
        width: movements.iter().map(|passed| passed.movement.amount).min()?,
        movements,
    })
}
