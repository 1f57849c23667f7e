//! A Safe transaction service: what the owners of a Safe are asked to sign, page by page.
//!
//! Forms: `/api/v2/safes/SAFE/multisig-transactions/` and `/api/v2/multisig-transactions/HASH/`, with version 1 where a service
//! has no version 2. A page names the next one by its whole address (`next`).
//!
//! **Invariants.** A page is followed on the same scheme, host and port alone, so that the key goes nowhere else. What was not
//! read is said, and never passed over: another host, a loop, too many pages, too many bytes, too long.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use serde_json::Value;
use tracehound_model::endpoint::Endpoint;
use tracehound_net::{Client, HttpError, HttpLimits};

use crate::rpc::RpcError;

/// Most pages that are followed.
const MOST_PAGES: usize = 20;
/// Most bytes of all pages.
const MOST_BYTES: usize = 16 << 20;
/// Rows of a page, as asked for.
const ROWS: usize = 100;

/// Which transactions of a Safe are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those not executed yet.
    Waiting,
    /// All with a number.
    Nonce(u64),
    /// The one with a hash (`0x…`), and all with its number.
    Hash(String),
}

/// What a service gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// The pages of the list, in order, as they came.
    pub pages: Vec<Vec<u8>>,
    /// The last page of what was executed; where it could not be had, `unread` says so.
    pub past: Option<Vec<u8>>,
    /// What else there is and was not read, in sentences.
    pub unread: Vec<String>,
}

/// A service.
#[derive(Debug)]
pub struct SafeService {
    base: Endpoint,
    key: Option<String>,
    /// For all of a list.
    patience: Duration,
}

impl SafeService {
    /// A service at its base address, such as `https://api.safe.global/tx-service/eth`. Nothing is sent yet.
    ///
    /// `key`: sent as a bearer token, and shown nowhere.
    pub fn new(base: &str, key: Option<String>) -> Result<Self, RpcError> {
        let base = Endpoint::parse(base.trim_end_matches('/')).map_err(RpcError::Url)?;
        if base.has_user() {
            return Err(RpcError::User(base.shown().to_owned()));
        }
        Ok(Self { base, key, patience: Duration::from_mins(1) })
    }

    /// The same, with another limit on the time that all of a list may take.
    #[must_use]
    pub fn within(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Transactions of a Safe, with a page of its past.
    pub fn transactions(&self, safe: &str, which: &Which) -> Result<Fetched, RpcError> {
        let end = Instant::now() + self.patience;
        let nonce = match which {
            Which::Waiting => None,
            Which::Nonce(nonce) => Some(nonce.to_string()),
            Which::Hash(hash) => {
                let body = self.version(&format!("multisig-transactions/{hash}/"), end)?.1;
                match nonce(&body) {
                    Some(nonce) => Some(nonce),
                    // The guard says what is wrong with it.
                    None => return Ok(Fetched { pages: vec![body], ..Fetched::default() }),
                }
            }
        };
        let list = format!("safes/{safe}/multisig-transactions/?limit={ROWS}");
        let first = match &nonce {
            Some(nonce) => format!("{list}&nonce={nonce}"),
            None => format!("{list}&executed=false"),
        };
        let (address, body) = self.version(&first, end)?;
        let mut fetched = self.follow(&address, body, end);
        match self.version(&format!("{list}&executed=true"), end) {
            Ok((_, body)) => fetched.past = Some(body),
            Err(error) => fetched.unread.push(format!("what was executed could not be had: {error}.")),
        }
        Ok(fetched)
    }

    /// The list whose first page lies at the service's own address.
    pub fn list(&self) -> Result<Fetched, RpcError> {
        let end = Instant::now() + self.patience;
        let body = self.get(self.base.clone(), end)?;
        Ok(self.follow(self.base.exposed(), body, end))
    }

    /// What lies at a path of the second version of the service, else of the first; and at what address that was.
    fn version(&self, path: &str, end: Instant) -> Result<(String, Vec<u8>), RpcError> {
        let at = |version: u8| self.base.below(&format!("/api/v{version}/{path}"));
        let get = |address: String| {
            let body = self.get(Endpoint::parse(&address).map_err(RpcError::Url)?, end)?;
            Ok((address, body))
        };
        match get(at(2)) {
            Err(RpcError::Http(HttpError::Status { status: 404, .. })) => get(at(1)),
            other => other,
        }
    }

    fn get(&self, address: Endpoint, end: Instant) -> Result<Vec<u8>, RpcError> {
        let limits = HttpLimits {
            timeout: end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1)),
            body: MOST_BYTES as u64,
            retries: 1,
            ..HttpLimits::default()
        };
        let client = Client::new(address, limits);
        let answer = match &self.key {
            Some(key) => client.sending([key.clone()]).get_json_as("", &format!("Bearer {key}"))?,
            None => client.get_json("")?,
        };
        Ok(answer.ok()?)
    }

    /// Follows a list from its first page on.
    fn follow(&self, first: &str, body: Vec<u8>, end: Instant) -> Fetched {
        let mut seen = BTreeSet::from([first.to_owned()]);
        let mut bytes = body.len();
        let mut fetched = Fetched { pages: vec![body], ..Fetched::default() };
        while let Some(next) = fetched.pages.last().and_then(|page| next(page)) {
            let number = fetched.pages.len() + 1;
            match next.and_then(|next| self.page(next, number, &mut seen, end)) {
                Ok(page) if bytes + page.len() <= MOST_BYTES => {
                    bytes += page.len();
                    fetched.pages.push(page);
                }
                Ok(_) => {
                    fetched
                        .unread
                        .push(format!("page {number} and what follows are more than {MOST_BYTES} bytes."));
                    break;
                }
                Err(why) => {
                    fetched.unread.push(why);
                    break;
                }
            }
        }
        fetched
    }

    fn page(
        &self,
        next: String,
        number: usize,
        seen: &mut BTreeSet<String>,
        end: Instant,
    ) -> Result<Vec<u8>, String> {
        if number > MOST_PAGES {
            return Err(format!("there are more than {MOST_PAGES} pages."));
        }
        let address =
            Endpoint::parse(&next).map_err(|error| format!("page {number} has no address: {error}."))?;
        if address.shown() != self.base.shown() || address.has_user() {
            let (there, here) = (address.shown(), self.base.shown());
            return Err(format!("page {number} lies at {there}, and only {here} is asked."));
        }
        if !seen.insert(next) {
            return Err(format!("page {number} is one of those before it: the list goes round in a circle."));
        }
        self.get(address, end).map_err(|error| format!("page {number} could not be had: {error}."))
    }
}

/// The address of the page after this one.
fn next(page: &[u8]) -> Option<Result<String, String>> {
    let page: Value = serde_json::from_slice(page).ok()?;
    match page.get("next")? {
        Value::Null => None,
        Value::String(next) => Some(Ok(next.clone())),
        _ => Some(Err("what comes next is no address, and was not read.".to_owned())),
    }
}

/// The number of a transaction, which services write as a number or as a text.
fn nonce(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let nonce = body.get("nonce")?;
    let nonce = nonce.as_u64().or_else(|| nonce.as_str()?.parse().ok())?;
    Some(nonce.to_string())
}
