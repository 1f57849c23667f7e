//! What an explorer passes on of a node (`module=proxy`): its last block, and a transaction by its hash.

use alloy_primitives::{Address, B256, Bytes, Log, U64, U256};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use tracehound_model::transfer::MovementKind;
use tracehound_net::{Next, Tries};

use super::{Explorer, ExplorerError, ExplorerTx, rows};
use crate::logs::{self, Said, Token};

/// Internal calls of a transaction that are read. An explorer tells no more.
const CALLS: usize = 10_000;

/// An explorer's last block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExplorerTip {
    /// Its height.
    pub height: u64,
    /// Its hash.
    pub hash: B256,
    /// Its time: seconds since 1970-01-01 UTC.
    pub time: u64,
}

/// A transaction as an explorer tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct ToldTx {
    /// What it moved.
    pub tx: ExplorerTx,
    /// In words: what its logs say and cannot be read.
    pub refused: Vec<&'static str>,
    /// Accounts that it called or made, as far as that is told: the one that it is sent to, and those that logged.
    pub called: Vec<Address>,
    /// Whether it cannot have called others: it paid for itself alone.
    pub is_all_called: bool,
}

/// Gas that a transaction without data takes where nothing of it runs (Yellow Paper, appendix G). A call inside takes more.
const GAS_OF_NOTHING: u64 = 21_000;

#[derive(Deserialize)]
struct Reply<'a> {
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<Refused>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

#[derive(Deserialize)]
struct Refused {
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Block {
    number: U64,
    hash: B256,
    timestamp: U64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tx {
    hash: B256,
    #[serde(default)]
    block_number: Option<U64>,
    #[serde(default)]
    transaction_index: Option<U64>,
    from: Address,
    #[serde(default)]
    to: Option<Address>,
    value: U256,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    transaction_hash: B256,
    block_number: U64,
    #[serde(default)]
    status: Option<U64>,
    gas_used: U256,
    effective_gas_price: U256,
    #[serde(default)]
    l1_fee: Option<U256>,
    #[serde(default)]
    contract_address: Option<Address>,
    logs: Vec<ToldLog>,
}

#[derive(Deserialize)]
struct ToldLog {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
}

impl Explorer {
    /// Scheme and host of the explorer: all of its address that may be shown.
    pub fn server(&self) -> &str {
        self.client.shown()
    }

    /// Questions asked so far.
    pub fn questions(&self) -> u64 {
        self.asked
    }

    /// Its last block.
    ///
    /// # Errors
    /// When it does not say.
    pub fn tip(&mut self) -> Result<ExplorerTip, ExplorerError> {
        let block: Option<Block> = self.proxy("eth_getBlockByNumber", "&tag=latest&boolean=false")?;
        let block = block.ok_or_else(|| self.strange("eth_getBlockByNumber", "names no last block"))?;
        Ok(ExplorerTip { height: block.number.to(), hash: block.hash, time: block.timestamp.to() })
    }

    /// A transaction with all that it moved: its fee, its value, what contracts passed on, tokens by its logs. Nothing where the
    /// explorer knows none of this hash in a block.
    ///
    /// # Errors
    /// When it cannot be reached, does not let us in, or says what cannot be.
    pub fn tx(&mut self, hash: B256) -> Result<Option<ToldTx>, ExplorerError> {
        const BY_HASH: &str = "eth_getTransactionByHash";
        const RECEIPT: &str = "eth_getTransactionReceipt";
        let by_hash = format!("&txhash={hash:#x}");
        let Some(tx) = self.proxy::<Tx>(BY_HASH, &by_hash)? else { return Ok(None) };
        let Some(number) = tx.block_number else { return Ok(None) };
        let receipt: Option<Receipt> = self.proxy(RECEIPT, &by_hash)?;
        let receipt = receipt.filter(|receipt| receipt.block_number == number);
        let receipt = receipt.ok_or_else(|| self.strange(RECEIPT, "is not of the transaction's block"))?;
        if tx.hash != hash || receipt.transaction_hash != hash {
            return Err(self.strange(RECEIPT, "is of another transaction"));
        }
        let tag = format!("&tag={number:#x}&boolean=false");
        let block: Option<Block> = self.proxy("eth_getBlockByNumber", &tag)?;
        let block = block.filter(|block| block.number == number);
        let block = block.ok_or_else(|| self.strange("eth_getBlockByNumber", "is of another block"))?;
        let native = self.rules.native;
        let mut row = rows::Row::new(number.to(), block.timestamp.to(), Some(hash));
        let fee = receipt.gas_used.checked_mul(receipt.effective_gas_price);
        let fee = fee.ok_or_else(|| self.strange(RECEIPT, "has a fee beyond 256 bits"))?;
        row.push(Some(tx.from), None, native, fee, MovementKind::Fee);
        row.push(Some(tx.from), None, native, receipt.l1_fee.unwrap_or_default(), MovementKind::Fee);
        let mut refused = Vec::new();
        let mut called: Vec<Address> = tx.to.or(receipt.contract_address).into_iter().collect();
        let is_all_called = receipt.gas_used == U256::from(GAS_OF_NOTHING);
        match receipt.status.map(|status| status.to::<u64>()) {
            Some(0) => {}
            Some(1) => {
                let to = tx.to.or(receipt.contract_address);
                row.push(Some(tx.from), to, native, tx.value, MovementKind::Native);
                self.calls(hash, &mut row)?;
                for told in receipt.logs {
                    if !called.contains(&told.address) {
                        called.push(told.address);
                    }
                    let Some(log) = Log::new(told.address, told.topics, told.data) else {
                        return Err(self.strange(RECEIPT, "has a log with too many topics"));
                    };
                    match logs::read(&log, &self.rules.contracts) {
                        Said::Moved(moved) => {
                            for own in moved {
                                let (chain, contract) = (self.rules.chain_id, own.contract);
                                let asset = match own.token {
                                    Token::Fungible => rows::erc20(chain, contract),
                                    Token::Unique(id) => rows::erc721(chain, contract, id),
                                    Token::Multi(id) => rows::erc1155(chain, contract, id),
                                };
                                row.push(own.from, own.to, asset, own.amount, MovementKind::Token);
                            }
                        }
                        Said::Nothing => {}
                        Said::Refused(why) => refused.push(why),
                    }
                }
            }
            Some(_) | None => return Err(self.strange(RECEIPT, "does not say whether it failed")),
        }
        let tx = ExplorerTx {
            block: row.block,
            index: tx.transaction_index.map(|index| index.to()),
            time: row.time,
            hash: row.hash,
            movements: row.movements,
        };
        Ok(Some(ToldTx { tx, refused, called, is_all_called }))
    }

    /// What contracts passed on in a transaction.
    fn calls(&mut self, hash: B256, row: &mut rows::Row) -> Result<(), ExplorerError> {
        const LIST: &str = "txlistinternal";
        let path = format!("?chainid={}&module=account&action={LIST}&txhash={hash:#x}", self.rules.chain_id);
        let calls: Option<Vec<rows::Call>> = self.ask_again(LIST, &path)?;
        let calls = calls.unwrap_or_default();
        if calls.len() >= CALLS {
            return Err(self.strange(LIST, "is as long as an explorer tells, and there may be more"));
        }
        for call in calls {
            let moved = call.moved().map_err(|problem| self.strange(LIST, problem))?;
            if let Some((from, to, value)) = moved {
                row.push(from, to, self.rules.native, value, MovementKind::Native);
            }
        }
        Ok(())
    }

    fn proxy<T: DeserializeOwned>(
        &mut self,
        method: &'static str,
        params: &str,
    ) -> Result<Option<T>, ExplorerError> {
        let path = format!("?chainid={}&module=proxy&action={method}{params}", self.rules.chain_id);
        self.ask_again(method, &path)
    }

    /// Asks until there is an answer that is not about too many questions.
    fn ask_again<T: DeserializeOwned>(
        &mut self,
        asked: &'static str,
        path: &str,
    ) -> Result<Option<T>, ExplorerError> {
        let limits = self.options.limits;
        let mut tries = Tries::new(limits.retries, limits.pause, std::time::Duration::MAX);
        loop {
            self.asked += 1;
            self.pace.wait(1);
            let body = self.client.get_json(path).and_then(tracehound_net::Answer::ok)?;
            let form = || format!("is of another form: it begins with {}", self.client.excerpt(&body));
            let reply: Reply<'_> = serde_json::from_slice(&body).map_err(|_| self.strange(asked, form()))?;
            if let Some(Refused { message }) = reply.error {
                return Err(self.refused(asked, &message));
            }
            let result = reply.result.map_or("null", RawValue::get);
            let message = reply.message.unwrap_or_default();
            let is_no = reply.status.as_deref() == Some("0");
            // "No transactions found" is an answer with an empty list; another "0" says why there is none.
            if is_no && !(result == "[]" && message.to_ascii_lowercase().starts_with("no ")) {
                let words: String = serde_json::from_str(result).unwrap_or_default();
                let says = format!("{message} {words}");
                let is_busy = says.to_ascii_lowercase().contains("rate limit");
                if is_busy && matches!(tries.wait(None), Next::Wait(_)) {
                    continue;
                }
                return Err(self.refused(asked, &says));
            }
            return serde_json::from_str(result)
                .map_err(|error| self.strange(asked, format!("{}: {error}", form())));
        }
    }

    fn strange(&self, asked: &'static str, problem: impl Into<String>) -> ExplorerError {
        ExplorerError::Answer { server: self.client.shown().to_owned(), list: asked, problem: problem.into() }
    }
}
