//! An account's transfers from an explorer with Etherscan's interface (`module=account`; Blockscout has it too), for people
//! without a node.
//!
//! An explorer cuts its lists off, at a length that it changes without a word: 10,000 rows once, 1,000 since July 2026, and
//! others take less than they are asked for. So no page is taken for the last one: the next one begins at the block in which this
//! one ends, until there is nothing beyond, and a block with more rows than a page is paged through. What was not read is said.
//!
//! Nothing an explorer says is proved. It does not tell of wrapping and unwrapping the native asset, of what blocks pay to
//! whoever makes them, and of who gets the parts of a fee.
//!
//! **Invariants.** The key stands in no error and no log. A row about others than the account, out of order or outside the
//! blocks asked for is an error, and so is a row that cannot be read: nothing is passed over.

mod proxy;
mod rows;

use std::{collections::BTreeMap, num::NonZeroU32, time::Duration};

use alloy_primitives::{Address, B256};
use serde::Deserialize;
use serde_json::value::RawValue;
use tracehound_model::{
    endpoint::{Endpoint, EndpointError},
    transfer::{Movement, MovementKind},
};
use tracehound_net::{Client, HttpError, HttpLimits, Next, Pace, Tries};

pub use self::proxy::{ExplorerTip, ToldTx};
use self::rows::Row;
use crate::chains::Rules;

/// The environment variable in which a key is looked for. Whoever reads it hands it over; it is not read here.
pub const KEY_VARIABLE: &str = "TRACEHOUND_EXPLORER_KEY";

/// Pages of one block: explorers let nobody beyond 10,000 rows of one question.
const PAGES_OF_A_BLOCK: usize = 10;

/// How an explorer is asked.
#[derive(Clone, Debug)]
pub struct ExplorerOptions {
    /// Time and size of one answer, and how often it is tried again.
    pub limits: HttpLimits,
    /// Questions a second at most: without a contract explorers take three.
    pub per_second: Option<NonZeroU32>,
    /// Rows of a page.
    pub page: usize,
    /// Questions for one account at most.
    pub questions: u64,
}

impl Default for ExplorerOptions {
    fn default() -> Self {
        Self { limits: HttpLimits::default(), per_second: NonZeroU32::new(3), page: 1_000, questions: 2_000 }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExplorerError {
    /// The address of the explorer is none. It is not repeated: it may hold a key.
    #[error("what was given as the explorer's address is none: {0}; give https://HOST/PATH")]
    Url(EndpointError),
    /// The address of the explorer holds a name or a password.
    #[error("the address of {0} holds a name or password, which is not supported: use an address without")]
    User(String),
    /// The exchange itself failed.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The explorer will not answer.
    #[error("{server} answers {list}: {says}")]
    Refused {
        /// The server.
        server: String,
        /// What was asked for.
        list: &'static str,
        /// Its words.
        says: String,
    },
    /// An answer that is none, or not to what was asked.
    #[error("{server}: the answer to {list} {problem}")]
    Answer {
        /// The server.
        server: String,
        /// What was asked for.
        list: &'static str,
        /// What is wrong.
        problem: String,
    },
}

/// The lists that an explorer has of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum List {
    /// Transactions that it sent or that were sent to it.
    Transactions,
    /// Native value that contracts passed on.
    Internal,
    /// Transfers of fungible tokens.
    Tokens,
    /// Transfers of tokens that are one of a kind.
    Unique,
    /// Transfers of tokens of which a contract numbers the kinds.
    Multi,
    /// Stakes released to it.
    Withdrawals,
}

impl List {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Transactions, Self::Internal, Self::Tokens, Self::Unique, Self::Multi, Self::Withdrawals];

    /// What the interface calls it.
    pub const fn action(self) -> &'static str {
        match self {
            Self::Transactions => "txlist",
            Self::Internal => "txlistinternal",
            Self::Tokens => "tokentx",
            Self::Unique => "tokennfttx",
            Self::Multi => "token1155tx",
            Self::Withdrawals => "txsBeaconWithdrawal",
        }
    }
}

impl std::fmt::Display for List {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.action())
    }
}

/// A transaction in which the account had a part, and what moved in it as far as the explorer tells of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplorerTx {
    /// The height of its block.
    pub block: u64,
    /// Its place in the block, where a list tells it.
    pub index: Option<u64>,
    /// The block's time: seconds since 1970-01-01 UTC.
    pub time: u64,
    /// Its hash; for released stakes nothing.
    pub hash: Option<B256>,
    /// What moved: fees, then native value, then tokens. Nothing of it is proved.
    pub movements: Vec<Movement>,
}

/// Blocks of which a list was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The list.
    pub list: List,
    /// The first block.
    pub from: u64,
    /// The last one.
    pub to: u64,
    /// Why.
    pub why: String,
}

/// What an explorer tells of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExplorerAccount {
    /// Its transactions, in the order of their blocks.
    pub txs: Vec<ExplorerTx>,
    /// What was not read. Where it is not empty, what is not among the transactions may have happened.
    pub unread: Vec<Unread>,
    /// Questions asked.
    pub questions: u64,
}

/// An explorer, for one chain.
#[derive(Debug)]
pub struct Explorer {
    client: Client,
    rules: Rules,
    options: ExplorerOptions,
    pace: Pace,
    asked: u64,
}

/// One answer of the interface.
#[derive(Deserialize)]
struct Told<'a> {
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(borrow)]
    result: &'a RawValue,
}

/// Why a list ends early.
enum Ended {
    Unread(String),
    Failed(ExplorerError),
}

impl From<ExplorerError> for Ended {
    fn from(error: ExplorerError) -> Self {
        Self::Failed(error)
    }
}

impl Explorer {
    /// An explorer at `url`, such as `https://api.etherscan.io/v2/api`. Nothing is sent yet. `key` is sent along and shown nowhere.
    ///
    /// # Errors
    /// When the address is none.
    pub fn new(
        url: &str,
        key: Option<&str>,
        rules: Rules,
        options: ExplorerOptions,
    ) -> Result<Self, ExplorerError> {
        let url = url.trim();
        // In the address itself, all of which but the host is hidden.
        let whole = match key {
            Some(key) => format!("{url}{}apikey={key}", if url.contains('?') { '&' } else { '?' }),
            None => url.to_owned(),
        };
        let endpoint = Endpoint::parse(&whole).map_err(ExplorerError::Url)?;
        if endpoint.has_user() {
            return Err(ExplorerError::User(endpoint.shown().to_owned()));
        }
        let client = Client::new(endpoint, options.limits).sending(key.map(str::to_owned));
        let pace = Pace::new(options.per_second);
        Ok(Self { client, rules, options, pace, asked: 0 })
    }

    /// Asks so many questions for one account from here on.
    pub fn limit_questions(&mut self, most: u64) {
        self.options.questions = most;
    }

    /// What the explorer tells of an account in the blocks from `from` to `to`, both included.
    ///
    /// # Errors
    /// When it cannot be reached, does not let us in, or says what cannot be. A list that it does not have, or more than is asked
    /// for of one account, is [`ExplorerAccount::unread`].
    pub fn account(
        &mut self,
        account: Address,
        from: u64,
        to: u64,
    ) -> Result<ExplorerAccount, ExplorerError> {
        let mut found = ExplorerAccount::default();
        let mut rows: Vec<Row> = Vec::new();
        for list in List::ALL {
            let mut begun = from;
            match self.list(list, account, (&mut begun, to), &mut rows, &mut found) {
                Ok(()) => {}
                Err(Ended::Unread(why)) => found.unread.push(Unread { list, from: begun, to, why }),
                Err(Ended::Failed(error)) => return Err(error),
            }
        }
        found.txs = put_together(rows);
        Ok(found)
    }

    /// Reads a list from `range.0` on, which is where it has come to when it ends early.
    fn list(
        &mut self,
        list: List,
        account: Address,
        range: (&mut u64, u64),
        rows: &mut Vec<Row>,
        found: &mut ExplorerAccount,
    ) -> Result<(), Ended> {
        let (start, to) = range;
        while *start <= to {
            let mut page = self.page(list, account, (*start, to), 1, &mut found.questions)?;
            let Some((first, last)) =
                page.first().zip(page.last()).map(|(first, last)| (first.block, last.block))
            else {
                return Ok(());
            };
            if first < last {
                // The last block of a page may go on behind it.
                page.retain(|row| row.block < last);
                rows.append(&mut page);
                *start = last;
                continue;
            }
            // One block: the next pages, until there is nothing.
            *start = last;
            for number in 2.. {
                if number > PAGES_OF_A_BLOCK {
                    let why = format!(
                        "the block has more rows of the account than an explorer tells ({})",
                        page.len()
                    );
                    found.unread.push(Unread { list, from: last, to: last, why });
                    break;
                }
                let more = self.page(list, account, (last, last), number, &mut found.questions)?;
                if more.is_empty() {
                    break;
                }
                page.extend(more);
            }
            rows.append(&mut page);
            *start = last.saturating_add(1);
        }
        Ok(())
    }

    /// A page of a list, its rows in the order of their blocks.
    fn page(
        &mut self,
        list: List,
        account: Address,
        (from, to): (u64, u64),
        page: usize,
        questions: &mut u64,
    ) -> Result<Vec<Row>, Ended> {
        let path = format!(
            "?chainid={}&module=account&action={list}&address={account:#x}&startblock={from}&endblock={to}&page={page}&offset={}&sort=asc",
            self.rules.chain_id, self.options.page
        );
        let mut tries = Tries::new(self.options.limits.retries, self.options.limits.pause, Duration::MAX);
        loop {
            if *questions == self.options.questions {
                return Err(Ended::Unread(format!(
                    "{questions} questions were asked, and no more are for one account"
                )));
            }
            *questions += 1;
            self.asked += 1;
            self.pace.wait(1);
            let body = self
                .client
                .get_json(&path)
                .and_then(tracehound_net::Answer::ok)
                .map_err(ExplorerError::Http)?;
            let strange = |problem: String| ExplorerError::Answer {
                server: self.client.shown().to_owned(),
                list: list.action(),
                problem,
            };
            let told: Told<'_> = serde_json::from_slice(&body).map_err(|_| {
                strange(format!("is of another form: it begins with {}", self.client.excerpt(&body)))
            })?;
            if told.result.get().starts_with('[') {
                let rows = rows::read(list, told.result.get(), account, &self.rules).map_err(strange)?;
                let says = told.message.unwrap_or_default();
                match told.status.as_deref() {
                    Some("1") => {}
                    Some("0") if rows.is_empty() && says_none(&says) => {}
                    // Blockscout has not got so far: what it has is not all.
                    Some("2") => return Err(self.not_told(&says)),
                    Some("0") if says.to_ascii_lowercase().contains("not yet") => {
                        return Err(self.not_told(&says));
                    }
                    _ => return Err(self.refused(list.action(), &says).into()),
                }
                let mut before = from;
                for row in &rows {
                    if row.block < before || row.block > to {
                        let block = row.block;
                        return Err(strange(format!(
                            "has a row of block {block} where one from {before} to {to} must be"
                        ))
                        .into());
                    }
                    before = row.block;
                }
                return Ok(rows);
            }
            let says: String = serde_json::from_str(told.result.get()).unwrap_or_default();
            let says = format!("{} {says}", told.message.unwrap_or_default());
            let lower = says.to_ascii_lowercase();
            if lower.contains("rate limit") {
                match tries.wait(None) {
                    Next::Wait(_) => continue,
                    Next::TooLong(_) | Next::End => return Err(self.refused(list.action(), &says).into()),
                }
            }
            // Some lists are sold, or not had for every chain: that is not known, and the others are.
            let is_of_the_list = [
                "api pro",
                "upgrade",
                "not supported",
                "missing/unsupported",
                "error! missing or invalid action",
            ]
            .into_iter()
            .any(|words| lower.contains(words));
            if is_of_the_list && !lower.contains("api key") {
                return Err(self.not_told(&says));
            }
            return Err(self.refused(list.action(), &says).into());
        }
    }

    /// The explorer does not have the list, or not all of it yet.
    fn not_told(&self, says: &str) -> Ended {
        Ended::Unread(format!("the explorer does not tell it: {}", self.client.excerpt(says.trim())))
    }

    fn refused(&self, list: &'static str, says: &str) -> ExplorerError {
        ExplorerError::Refused {
            server: self.client.shown().to_owned(),
            list,
            says: self.client.excerpt(says.trim()),
        }
    }
}

/// Whether an explorer says that a list has nothing: "No transactions found", and its like for other lists.
fn says_none(says: &str) -> bool {
    let says = says.trim().to_ascii_lowercase();
    let what = says.strip_prefix("no ").and_then(|says| says.trim_end_matches('.').strip_suffix(" found"));
    what.is_some_and(|what| {
        ["transaction", "transfer", "record", "withdrawal"].iter().any(|word| what.contains(word))
    })
}

/// Transactions of rows of all lists.
fn put_together(rows: Vec<Row>) -> Vec<ExplorerTx> {
    // What failed moves nothing but its fee, whatever the other lists say.
    let failed: std::collections::HashSet<B256> =
        rows.iter().filter(|row| row.failed).filter_map(|row| row.hash).collect();
    let mut txs: BTreeMap<(u64, Option<B256>), ExplorerTx> = BTreeMap::new();
    for row in rows {
        let tx = txs.entry((row.block, row.hash)).or_insert_with(|| ExplorerTx {
            block: row.block,
            index: None,
            time: row.time,
            hash: row.hash,
            movements: Vec::new(),
        });
        tx.index = tx.index.or(row.index);
        let has_failed = row.hash.is_some_and(|hash| failed.contains(&hash));
        tx.movements
            .extend(row.movements.into_iter().filter(|moved| !has_failed || moved.kind == MovementKind::Fee));
    }
    txs.into_values().collect()
}
