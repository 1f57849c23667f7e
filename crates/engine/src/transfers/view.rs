//! A snapshot as seen by one question: one chain's ledger of transfers cut at the moment asked about, and who is meant.

use std::{collections::BTreeSet, sync::Arc};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use tracehound_analysis::{
    extent::{Asked, Extent, LastBlock, Openings, Whose},
    taint::AccountRole,
};
use tracehound_attribution::index::Index;
use tracehound_ingest::CaseRows;
use tracehound_labels::shelf::Packs;
use tracehound_model::{Address, Chain, Gap, Pasted, TxRef};
use tracehound_screen::{Accounts, label_gaps};
use tracehound_transfers::{AccountNum, AssetNum, TransferLedger, TransferRows as _, TxNum};

use super::Held;
use crate::{Absent, Answer, EngineError, Moment, NamedSnapshot, Snapshot};

/// Lists, labels and one ledger of transfers, cut at the moment asked about.
pub(crate) struct View {
    pub(crate) index: Arc<Index>,
    pub(crate) packs: Arc<Packs>,
    pub(crate) ledger: Held,
    pub(crate) chain: Chain,
    /// The moment, and how old the last block may be.
    pub(crate) asked: Asked,
    /// The day whose claims count.
    pub(crate) day: Date,
    /// Whether a moment was asked about on purpose.
    is_past: bool,
}

impl View {
    /// Without a moment, all that is there counts, and its age is measured from when the snapshot was taken.
    pub(crate) fn new(snapshot: &Snapshot, chain_id: u64, moment: Moment) -> Result<Self, EngineError> {
        let named = moment.snapshot.map(NamedSnapshot::of_ledger);
        let seconds = moment.as_of.map(Timestamp::as_second);
        let chain = Chain::Evm(chain_id);
        let Some(ledger) = snapshot.transfers_for(chain_id, seconds, named.as_ref())? else {
            let beside = snapshot.folder().evm_ledgers_beside(chain_id);
            return Err(EngineError::NoTransfers { chain: chain.short_name(), beside });
        };
        Ok(Self::over(snapshot, chain, moment, Held::Ledger(ledger)))
    }

    /// Over what was fetched of single accounts instead of a ledger.
    pub(crate) fn of_case(
        snapshot: &Snapshot,
        chain_id: u64,
        moment: Moment,
        rows: CaseRows,
    ) -> Result<Self, EngineError> {
        if moment.snapshot.is_some() {
            return Err(EngineError::Question(
                "what is fetched is of the moment that it is fetched: an answer over it is not asked for by its snapshot"
                    .to_owned(),
            ));
        }
        Ok(Self::over(snapshot, Chain::Evm(chain_id), moment, Held::Case(Box::new(rows))))
    }

    fn over(snapshot: &Snapshot, chain: Chain, moment: Moment, ledger: Held) -> Self {
        let as_of = moment.as_of.unwrap_or(snapshot.taken());
        let asked = Asked { as_of: as_of.as_second(), max_age: moment.max_age.as_secs() };
        let day = as_of.to_zoned(TimeZone::UTC).date();
        let (index, packs) = (Arc::clone(snapshot.index()), Arc::clone(snapshot.packs()));
        Self { index, packs, ledger, chain, asked, day, is_past: moment.as_of.is_some() }
    }

    /// Who is known by name.
    pub(crate) fn names(&self) -> Accounts<'_> {
        Accounts::new(&self.index, &self.packs, self.chain, self.day)
    }

    /// What is missing of the packs of labels in force, damage that was met so far included: ask when the work is done.
    pub(crate) fn label_gaps(&self) -> Vec<Gap> {
        label_gaps(&self.packs, self.day)
    }

    /// How far the ledger reaches, for an answer that needs everybody's movements.
    pub(crate) fn extent(&self) -> Extent {
        self.reaches(Whose::Everybodys)
    }

    /// The same, for one that needs those of some accounts.
    pub(crate) fn extent_of(&self, accounts: &BTreeSet<AccountNum>) -> Extent {
        self.reaches(Whose::Of(accounts))
    }

    fn reaches(&self, whose: Whose<'_>) -> Extent {
        match &self.ledger {
            Held::Ledger(ledger) => {
                Extent::of_transfers(ledger, self.chain, openings(ledger), whose, self.asked)
            }
            Held::Case(case) => {
                let last = case.tip.map(|tip| LastBlock {
                    hash: self.tx_ref(tip.hash).to_string(),
                    height: Some(tip.height),
                    time: i64::try_from(tip.time).unwrap_or(i64::MAX),
                });
                let blocks = case.rows.block_count();
                Extent::of_case(blocks, last, "accounts", self.chain, self.asked, self.is_past)
            }
        }
    }

    /// An address of the chain.
    pub(crate) fn address(&self, text: &str) -> Result<Address, EngineError> {
        let address = Pasted::read(text)
            .map_err(|source| EngineError::Subject { what: format!("`{text}` is no address"), source })?
            .address;
        if address.fits(self.chain) {
            return Ok(address);
        }
        Err(EngineError::Question(format!(
            "`{text}` is no address of {}, which is asked here (--chain chooses another)",
            self.chain.short_name()
        )))
    }

    /// Time of a transaction's block, and its height.
    pub(crate) fn when(&self, tx: TxNum) -> Option<(Timestamp, u64)> {
        let block = self.ledger.block(self.ledger.tx(tx)?.block)?;
        Some((time(block.time), block.height))
    }

    /// Whether an asset's contract is known to move what it says: the chain's own coin, and tokens whose unit is known.
    pub(crate) fn is_known(&self, asset: AssetNum) -> bool {
        self.ledger.asset(asset).is_some_and(|asset| asset.unit().is_some())
    }

    /// What does with what comes to it an account that is known.
    pub(crate) fn role(&self, names: &Accounts<'_>, account: AccountNum) -> Option<AccountRole> {
        names.role(&self.written(account)?)
    }

    /// An account's address, as its chain writes it.
    pub(crate) fn written(&self, account: AccountNum) -> Option<Address> {
        self.ledger.account(account)
    }

    /// A transaction, as its chain writes it.
    pub(crate) fn tx_ref(&self, hash: [u8; 32]) -> TxRef {
        TxRef { chain: self.chain, hash }
    }

    /// An answer, once everything that was read for it turned out whole.
    pub(crate) fn found<T>(&self, answer: T) -> Result<Answer<T>, EngineError> {
        self.ledger.confirm()?;
        Ok(Answer::Found(answer))
    }

    /// The answer about what is nowhere in the ledger up to the moment.
    pub(crate) fn absent<T>(&self, subject: &str) -> Result<Answer<T>, EngineError> {
        let told = format!("`{subject}`");
        let absent = Absent::new(subject.to_owned(), &told, self.extent(), self.ledger.snapshot_id());
        self.ledger.confirm()?;
        Ok(Answer::Absent(Box::new(absent)))
    }
}

/// What a ledger knows of before its first block.
pub(crate) fn openings(ledger: &TransferLedger) -> Openings {
    if ledger.from_genesis() { Openings::Genesis } else { Openings::Some }
}

/// A block's time.
pub(crate) fn time(seconds: u64) -> Timestamp {
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .unwrap_or(Timestamp::MAX)
}
