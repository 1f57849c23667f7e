//! The rows that a question is asked over: a chain's ledger, or what was fetched of single accounts.

use tracehound_ingest::CaseRows;
use tracehound_model::{Address, Asset};
use tracehound_transfers::{
    AccountNum, AssetNum, Balance, BalanceAt, BlockNum, BlockRow, Transfer, TransferLedger, TransferNum,
    TransferRows, TxNum, TxRow,
};

use crate::EngineError;

/// Rows of an account chain.
#[derive(Debug)]
pub(crate) enum Held {
    /// Of a chain's ledger.
    Ledger(TransferLedger),
    /// Of accounts that were fetched.
    Case(Box<CaseRows>),
}

impl Held {
    fn rows(&self) -> &dyn TransferRows {
        match self {
            Self::Ledger(ledger) => ledger,
            Self::Case(case) => &case.rows,
        }
    }

    /// Whether everything that was read so far was whole.
    pub(crate) fn confirm(&self) -> Result<(), EngineError> {
        match self {
            Self::Ledger(ledger) => Ok(ledger.confirm()?),
            Self::Case(_) => Ok(()),
        }
    }

    /// What the rows are, for an answer: the ledger's snapshot, or the digest of what was fetched.
    pub(crate) fn snapshot_id(&self) -> String {
        match self {
            Self::Ledger(ledger) => ledger.snapshot_id(),
            Self::Case(case) => case.digest.clone(),
        }
    }
}

impl TransferRows for Held {
    fn watched(&self) -> Option<u32> {
        self.rows().watched()
    }

    fn block_count(&self) -> u32 {
        self.rows().block_count()
    }

    fn transfer_count(&self) -> u64 {
        self.rows().transfer_count()
    }

    fn block(&self, num: BlockNum) -> Option<BlockRow> {
        self.rows().block(num)
    }

    fn tx(&self, num: TxNum) -> Option<TxRow> {
        self.rows().tx(num)
    }

    fn transfer(&self, num: TransferNum) -> Option<Transfer> {
        self.rows().transfer(num)
    }

    fn next(&self, balance: Balance, from: TransferNum) -> Option<TransferNum> {
        self.rows().next(balance, from)
    }

    fn previous(&self, balance: Balance, at: TransferNum) -> Option<TransferNum> {
        self.rows().previous(balance, at)
    }

    fn assets_of(&self, account: AccountNum, most: usize) -> (Vec<AssetNum>, bool) {
        self.rows().assets_of(account, most)
    }

    fn before(&self, balance: Balance, at: TransferNum) -> BalanceAt {
        self.rows().before(balance, at)
    }

    fn find_tx(&self, hash: &[u8; 32]) -> Option<TxNum> {
        self.rows().find_tx(hash)
    }

    fn find_account(&self, address: &Address) -> Option<AccountNum> {
        self.rows().find_account(address)
    }

    fn account(&self, num: AccountNum) -> Option<Address> {
        self.rows().account(num)
    }

    fn find_asset(&self, asset: &Asset) -> Option<AssetNum> {
        self.rows().find_asset(asset)
    }

    fn asset(&self, num: AssetNum) -> Option<Asset> {
        self.rows().asset(num)
    }
}
