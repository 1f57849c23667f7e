//! Whom an account belongs with, as far as its own movements show it: the service that its deposits are swept to.
//!
//! Nothing on an account chain joins addresses as spending together does on a chain of outputs. What is told here is one link
//! with its rule, and nothing is joined by it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::{
    account_parties::is_initiated,
    deposits::{Seen, deposits, held_for_fees},
    extent::Extent,
    trace::Entity,
};
use tracehound_model::{Amount, Asset, Gap, GapKind, PackAsOf};
use tracehound_transfers::{AccountNum, AssetNum, Balance, Transfer, TransferNum, TransferRows as _};

use super::View;
use crate::{Answer, EngineError, Moment, Snapshot};

/// Assets of the account that are looked at.
const MOST_ASSETS: usize = 10_000;
/// Movements of the account that are looked at.
const MOST_MOVEMENTS: usize = 1_000_000;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Whose ledger, by its chain id.
    pub chain_id: u64,
    /// About which moment.
    pub moment: Moment,
    /// The address.
    pub address: String,
}

/// Whom an account belongs with.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Cluster {
    /// CAIP-2 id of the chain.
    pub chain: String,
    /// What was asked about.
    pub address: String,
    /// Who is known to have it.
    pub entity: Option<Entity>,
    /// The service that it behaves like a deposit address of.
    pub deposit_of: Option<DepositOf>,
    /// Its movements that were looked at.
    pub movements: usize,
    /// How far the ledger reaches.
    pub ledger: Extent,
    /// What was not examined.
    pub gaps: Vec<Gap>,
    /// Whether nothing is missing and nothing was truncated.
    pub complete: bool,
    /// The ledger's snapshot.
    pub snapshot: String,
    /// The packs of labels in force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packs: Vec<PackAsOf>,
}

/// That an account passes what it receives on to one service.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct DepositOf {
    /// The service, as lists and labels call it.
    pub service: String,
    /// `passed_on` where what it passes on was seen coming, `paid_only` where it came before the ledger begins: a customer who
    /// pays the service looks the same.
    pub seen: &'static str,
    /// How often it paid the service.
    pub payments: u64,
    /// How many transactions paid it.
    pub receipts: u64,
}

impl Snapshot {
    /// Says whom an account of an EVM chain belongs with.
    ///
    /// # Errors
    /// When the question makes no sense, or the ledger is damaged.
    #[tracing::instrument(skip_all)]
    pub fn transfers_cluster(&self, question: &Question) -> Result<Answer<Cluster>, EngineError> {
        let view = View::new(self, question.chain_id, question.moment)?;
        let address = view.address(&question.address)?;
        let Some(account) = view.ledger.find_account(&address) else { return view.absent(&question.address) };
        let names = view.names();
        let (movements, cut) = movements(&view, account);
        let service = |other: AccountNum| {
            let entity = names.entity(&view.written(other)?)?;
            entity.is_service().then_some(entity.label)
        };
        // Anybody can write logs of a token of their own in anybody's name.
        let is_known = |asset: AssetNum| view.is_known(asset);
        let counted: Vec<Transfer> = movements
            .values()
            .copied()
            .filter(|transfer| is_initiated(&view.ledger, transfer, &is_known))
            .collect();
        let is_coin = |asset: AssetNum| view.ledger.asset(asset).is_some_and(Asset::is_native);
        let for_fees =
            |asset: AssetNum| if is_coin(asset) { held_for_fees(view.chain) } else { Amount::ZERO };
        let deposit = deposits(&counted, service, for_fees).into_iter().find(|own| own.account == account);
        let extent = view.extent_of(&BTreeSet::from([account]));
        let mut gaps = extent.gaps.clone();
        if cut {
            let sentence = format!("{} movements were looked at, and there are more", movements.len());
            gaps.push(Gap::about_subject(GapKind::Truncated, sentence));
        }
        let sentence = "addresses that the same person has on an account chain are joined by nothing in it: none was looked for";
        gaps.push(Gap::about_subject(GapKind::OtherAddresses, sentence));
        gaps.extend(view.label_gaps());
        view.found(Cluster {
            chain: view.chain.to_string(),
            address: address.to_string(),
            entity: names.entity(&address),
            deposit_of: deposit.map(|found| DepositOf {
                service: found.service,
                seen: match found.seen {
                    Seen::PassedOn => "passed_on",
                    Seen::PaidOnly => "paid_only",
                },
                payments: found.payments,
                receipts: found.receipts,
            }),
            movements: movements.len(),
            ledger: extent,
            complete: gaps.is_empty(),
            gaps,
            snapshot: view.ledger.snapshot_id(),
            packs: view.packs.as_of(),
        })
    }
}

/// The movements of an account in the order of the chain, and whether there are more.
fn movements(view: &View, account: AccountNum) -> (BTreeMap<TransferNum, Transfer>, bool) {
    let (assets, mut cut) = view.ledger.assets_of(account, MOST_ASSETS);
    let mut all = BTreeMap::new();
    for asset in assets {
        let mut at = TransferNum(0);
        while let Some(num) = view.ledger.next(Balance { account, asset }, at) {
            if all.len() >= MOST_MOVEMENTS {
                cut = true;
                break;
            }
            at = TransferNum(num.0 + 1);
            all.extend(view.ledger.transfer(num).map(|transfer| (num, transfer)));
        }
    }
    (all, cut)
}
