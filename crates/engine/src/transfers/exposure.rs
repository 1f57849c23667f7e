//! Whom an owner's value came from and went to on an account chain, asset by asset: direct counterparties.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::{
    account_parties::{AccountParties, AccountParty, PartyLimits, account_parties},
    extent::Extent,
};
use tracehound_model::{Amount, Asset, Gap, GapKind, PackAsOf};
use tracehound_screen::Accounts;
use tracehound_transfers::{AccountNum, AssetNum, TransferRows as _};

use super::{
    View,
    tx::{Party, party, vouched_by},
};
use crate::{Answer, EngineError, Moment, Snapshot};

/// Counterparties of one asset and direction that are listed.
const MOST_LISTED: usize = 100;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Whose ledger, by its chain id.
    pub chain_id: u64,
    /// About which moment.
    pub moment: Moment,
    /// Addresses of one owner; movements among them do not count.
    pub addresses: Vec<String>,
    /// Movements looked at, at most.
    pub work: usize,
}

/// Whom an owner's value came from and went to.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Exposure {
    /// CAIP-2 id of the chain.
    pub chain: String,
    /// What was asked about.
    pub addresses: Vec<String>,
    /// Those of them that do not occur in the ledger.
    pub not_in_the_ledger: Vec<String>,
    /// Asset by asset: those whose unit is known first.
    pub assets: Vec<OfAsset>,
    /// Movements of nothing, which make no counterparty: anybody can write them into anybody's name.
    pub of_nothing: usize,
    /// Movements of unknown tokens that whoever they are said to go from did not send, which make no counterparty.
    pub not_initiated: usize,
    /// Movements of unknown tokens of which nothing tells who sent them, which make no counterparty either.
    pub sender_unknown: usize,
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

/// What passed of one asset.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct OfAsset {
    /// The asset.
    pub asset: Asset,
    /// Base units that came from others and from nobody: the sum of `sources`, `issued` and `tips`.
    pub received: Amount,
    /// Base units that came from nobody: rewards, withdrawals of stake, tokens that were minted.
    pub issued: Amount,
    /// Base units of others' fees, for producing blocks.
    pub tips: Amount,
    /// Base units that went to others and to nobody: the sum of `destinations`, `destroyed` and `fees`.
    pub paid: Amount,
    /// Base units that were destroyed, fees left out.
    pub destroyed: Amount,
    /// Base units that were paid as fees.
    pub fees: Amount,
    /// Who paid.
    pub sources: Side,
    /// Who was paid.
    pub destinations: Side,
}

/// One direction.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Side {
    /// Those with a name first, then largest first.
    pub parties: Vec<Row>,
    /// How many more there are without a name.
    pub others: usize,
    /// Base units of those.
    pub others_amount: Amount,
}

/// A direct counterparty.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Row {
    /// Who it is.
    #[serde(flatten)]
    pub party: Party,
    /// Base units.
    pub amount: Amount,
    /// In how many transactions.
    pub transactions: usize,
    /// Time of the first.
    pub first: Timestamp,
    /// Time of the last.
    pub last: Timestamp,
    /// Who vouches for it: `header` where headers prove all of it, `node` where a node reported some.
    pub vouched_by: &'static str,
}

impl Snapshot {
    /// Looks for everybody who paid an owner of an EVM chain, and whom it paid.
    ///
    /// # Errors
    /// When the question makes no sense, or the ledger is damaged.
    #[tracing::instrument(skip_all)]
    pub fn transfers_exposure(&self, question: &Question) -> Result<Answer<Exposure>, EngineError> {
        let view = View::new(self, question.chain_id, question.moment)?;
        let (mut subjects, mut unknown) = (BTreeSet::new(), Vec::new());
        for text in &question.addresses {
            match view.ledger.find_account(&view.address(text)?) {
                Some(account) => drop(subjects.insert(account)),
                None => unknown.push(text.clone()),
            }
        }
        if subjects.is_empty() {
            return view.absent(&unknown.join("`, `"));
        }
        let limits = PartyLimits { transfers: question.work, ..PartyLimits::default() };
        let found = account_parties(&view.ledger, &subjects, limits, &|asset| view.is_known(asset));
        // Whoever is not found is not watched where some are.
        let extent = if unknown.is_empty() { view.extent_of(&subjects) } else { view.extent() };
        let mut gaps = extent.gaps.clone();
        if found.cut {
            let sentence = format!("the search stopped at its limit after {} movements", found.transfers);
            gaps.push(Gap::about_subject(GapKind::Truncated, sentence).mend("--work COUNT looks at more"));
        }
        gaps.push(only_direct());
        let names = view.names();
        let mut assets: Vec<OfAsset> =
            found.flows.keys().filter_map(|&asset| of_asset(&view, &names, &found, asset)).collect();
        assets.sort_by_key(|of| (!of.asset.is_native(), of.asset.unit().is_none(), of.asset));
        gaps.extend(view.label_gaps());
        view.found(Exposure {
            chain: view.chain.to_string(),
            addresses: question.addresses.clone(),
            not_in_the_ledger: unknown,
            assets,
            of_nothing: found.of_nothing,
            not_initiated: found.not_initiated,
            sender_unknown: found.sender_unknown,
            ledger: extent,
            complete: gaps.is_empty(),
            gaps,
            snapshot: view.ledger.snapshot_id(),
            packs: view.packs.as_of(),
        })
    }
}

/// That nobody behind the counterparties was looked for.
pub(super) fn only_direct() -> Gap {
    let sentence = "direct counterparties alone were looked at, and nobody behind those without a name";
    Gap::about_subject(GapKind::IndirectTruncated, sentence).mend("tracehound trace follows where value went")
}

fn of_asset(view: &View, names: &Accounts<'_>, found: &AccountParties, asset: AssetNum) -> Option<OfAsset> {
    let flow = found.flows.get(&asset)?;
    let side = |parties: &BTreeMap<(AssetNum, AccountNum), AccountParty>| {
        let of_asset = parties.range((asset, AccountNum(0))..=(asset, AccountNum(u32::MAX)));
        let rows = of_asset.filter_map(|(&(_, account), found)| row(view, names, account, found));
        side(rows.collect())
    };
    Some(OfAsset {
        asset: view.ledger.asset(asset)?,
        received: flow.received,
        issued: flow.issued,
        tips: flow.tips,
        paid: flow.lost,
        destroyed: flow.destroyed,
        fees: flow.fees,
        sources: side(&found.incoming),
        destinations: side(&found.outgoing),
    })
}

fn row(view: &View, names: &Accounts<'_>, account: AccountNum, found: &AccountParty) -> Option<Row> {
    let (first, _) = view.when(*found.txs.first()?)?;
    let (last, _) = view.when(*found.txs.last()?)?;
    Some(Row {
        party: party(view, names, account)?,
        amount: found.amount,
        transactions: found.txs.len(),
        first,
        last,
        vouched_by: vouched_by(found.proved),
    })
}

fn side(mut rows: Vec<Row>) -> Side {
    rows.sort_by(|a, b| {
        let key = |row: &Row| (row.party.entity.is_none(), std::cmp::Reverse(row.amount));
        key(a).cmp(&key(b)).then_with(|| a.party.address.cmp(&b.party.address))
    });
    // Whoever has a name is listed, however many they are.
    let named = rows.partition_point(|row| row.party.entity.is_some());
    let others = rows.split_off(rows.len().min(named.max(MOST_LISTED)));
    let others_amount = others.iter().fold(Amount::ZERO, |sum, row| sum.saturating_add(row.amount));
    Side { parties: rows, others: others.len(), others_amount }
}
