//! What a ledger of transfers holds about one transaction.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::{extent::Extent, trace::Entity};
use tracehound_model::{
    Amount, Asset, Gap, PackAsOf, TxRef,
    transfer::{MovementKind, Unseen},
};
use tracehound_screen::Accounts;
use tracehound_transfers::{AccountNum, Transfer, TransferNum, TransferRows as _, TxRow};

use super::{View, view::time};
use crate::{Answer, EngineError, Moment, Snapshot};

/// Movements of one transaction that are listed.
const MOST_LISTED: u32 = 10_000;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Whose ledger, by its chain id.
    pub chain_id: u64,
    /// About which moment.
    pub moment: Moment,
    /// The transaction's hash; the block's own for what the chain itself paid out in it.
    pub hash: String,
}

/// A transaction with what it moved, and who takes part in it by name.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Transaction {
    /// The transaction.
    #[serde(flatten)]
    pub tx: TxRef,
    /// Its block.
    pub block: String,
    /// The block's height.
    pub height: u64,
    /// The block's time.
    pub time: Timestamp,
    /// What moved, in the order in which it moved.
    pub movements: Vec<Moved>,
    /// Movements beyond those that are listed.
    pub not_listed: u32,
    /// In words: what may have moved in its block and was not told.
    pub unseen: Vec<&'static str>,
    /// How far the ledger reaches.
    pub ledger: Extent,
    /// What was not examined.
    pub gaps: Vec<Gap>,
    /// Whether all that it moved was told.
    pub complete: bool,
    /// The ledger's snapshot.
    pub snapshot: String,
    /// The packs of labels in force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packs: Vec<PackAsOf>,
}

/// A movement of value.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Moved {
    /// Its place in the transaction, from 0: `0xHASH:N` names it to `trace`.
    pub index: u64,
    /// What made it move: `native`, `token`, `fee` or `issue`.
    pub kind: &'static str,
    /// Who had it; none where it was issued.
    pub from: Option<Party>,
    /// Who has it now; none where it was destroyed.
    pub to: Option<Party>,
    /// What it is.
    pub asset: Asset,
    /// How much of it, in base units.
    pub amount: Amount,
    /// Who vouches for it: `header` where the block's header proves it, `node` where a node reported it.
    pub vouched_by: &'static str,
}

/// Who takes part in a movement.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Party {
    /// The account's address.
    pub address: String,
    /// Who is known to have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<Entity>,
}

impl Snapshot {
    /// Describes a transaction of an EVM chain.
    ///
    /// # Errors
    /// When there is no ledger, or it is damaged, or the text is no hash.
    #[tracing::instrument(skip_all)]
    pub fn transfers_tx(&self, question: &Question) -> Result<Answer<Transaction>, EngineError> {
        let view = View::new(self, question.chain_id, question.moment)?;
        let hash = hash(&view, &question.hash)?;
        let Some(row) = view.ledger.find_tx(&hash.hash).and_then(|num| view.ledger.tx(num)) else {
            return view.absent(&hash.to_string());
        };
        let Some(block) = view.ledger.block(row.block) else { return view.absent(&hash.to_string()) };
        let names = view.names();
        let movements = listed(&view, &names, &row);
        let unseen = unseen(block.unseen);
        let extent = view.extent();
        // What a transaction does is all in it: however far the ledger reaches, nothing of it is missing but what was not told.
        let own: Vec<Gap> = unseen
            .iter()
            .map(|what| Gap::about_subject(tracehound_model::GapKind::MovementsUnseen, *what))
            .chain(view.label_gaps())
            .collect();
        view.found(Transaction {
            tx: hash,
            block: view.tx_ref(block.hash).to_string(),
            height: block.height,
            time: time(block.time),
            not_listed: row.count - movements.len() as u32,
            movements,
            unseen,
            ledger: extent,
            complete: own.is_empty(),
            gaps: own,
            snapshot: view.ledger.snapshot_id(),
            packs: view.packs.as_of(),
        })
    }
}

/// The hash that a text is.
pub(super) fn hash(view: &View, text: &str) -> Result<TxRef, EngineError> {
    TxRef::parse(view.chain, text.trim()).map_err(|error| EngineError::Question(error.to_string()))
}

fn listed(view: &View, names: &Accounts<'_>, row: &TxRow) -> Vec<Moved> {
    let numbers = (row.first.0..).take(row.count.min(MOST_LISTED) as usize);
    numbers
        .filter_map(|num| {
            let transfer = view.ledger.transfer(TransferNum(num))?;
            moved(view, names, &transfer, num - row.first.0)
        })
        .collect()
}

/// A movement, described.
pub(super) fn moved(view: &View, names: &Accounts<'_>, transfer: &Transfer, index: u64) -> Option<Moved> {
    Some(Moved {
        index,
        kind: kind(transfer.kind),
        from: transfer.from.and_then(|account| party(view, names, account)),
        to: transfer.to.and_then(|account| party(view, names, account)),
        asset: view.ledger.asset(transfer.asset)?,
        amount: transfer.amount,
        vouched_by: vouched_by(transfer.proved),
    })
}

/// Who an account is.
pub(super) fn party(view: &View, names: &Accounts<'_>, account: AccountNum) -> Option<Party> {
    let address = view.written(account)?;
    Some(Party { address: address.to_string(), entity: names.entity(&address) })
}

/// One word for who vouches for a movement.
pub(super) const fn vouched_by(proved: bool) -> &'static str {
    if proved { "header" } else { "node" }
}

const fn kind(kind: MovementKind) -> &'static str {
    match kind {
        MovementKind::Native => "native",
        MovementKind::Token => "token",
        MovementKind::Fee => "fee",
        MovementKind::Issue => "issue",
    }
}

/// What was not told of the block, in words about one transaction of it.
fn unseen(unseen: Unseen) -> Vec<&'static str> {
    let words = [
        (
            Unseen::RECEIPTS,
            "its block came without receipts: neither its fee nor its tokens are known, nor whether it failed",
        ),
        (
            Unseen::TRACES,
            "its block came without traces: what contracts passed on of the chain's own coin is not known",
        ),
        (
            Unseen::SOME_TXS,
            "some transactions of its block could not be traced or do not say whether they failed",
        ),
        (Unseen::SOME_FEES, "some transactions of its block do not say what they paid for gas"),
        (Unseen::SOME_ISSUES, "its block does not say whom the chain paid some of its rewards"),
    ];
    words.into_iter().filter(|(kind, _)| unseen.has(*kind)).map(|(_, words)| words).collect()
}
