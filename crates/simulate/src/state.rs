//! Recorded state, and what was asked of it in vain.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
};

use alloy_primitives::{Address, B256, Bytes, U256};
use revm::{DatabaseRef, bytecode::Bytecode, state::AccountInfo};
use serde_json::{Map, Value, json};

/// One recorded account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Wei.
    pub balance: U256,
    /// Transactions sent, or contracts made.
    pub nonce: u64,
    /// Its code; empty for an account of a person.
    pub code: Vec<u8>,
    /// Its storage, slot by slot.
    pub storage: BTreeMap<U256, U256>,
    /// Whether the slots that are not listed are known to be zero. Otherwise they are not known.
    pub whole: bool,
}

/// Recorded accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// By address. An address that is not here is not known.
    pub accounts: BTreeMap<Address, Account>,
}

/// Something the call read that was not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// Balance, nonce and code of an account.
    Account(Address),
    /// A storage slot.
    Slot(Address, U256),
    /// The hash of a block.
    BlockHash(u64),
}

/// A state file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the recorded state: {place}: {problem}")]
pub struct StateError {
    /// Where in the file.
    pub place: String,
    /// What is wrong there.
    pub problem: String,
}

/// Most accounts and slots of a file.
const MOST_ACCOUNTS: usize = 10_000;
const MOST_SLOTS: usize = 1_000_000;

impl State {
    /// Reads `{"0xADDRESS": {"balance": "0x0", "nonce": 1, "code": "0x", "storage": {"0x0": "0x1"}, "whole": true}}`, where
    /// everything but the address may be left out. This is the form of `prestateTracer`, and of Foundry's genesis files.
    pub fn from_json(text: &str) -> Result<Self, StateError> {
        let wrong = |place: &str, problem: String| StateError { place: place.to_owned(), problem };
        let value: Value =
            serde_json::from_str(text).map_err(|error| wrong("the file", error.to_string()))?;
        let Value::Object(entries) = value else { return Err(wrong("the file", "is no JSON object".into())) };
        if entries.len() > MOST_ACCOUNTS {
            return Err(wrong("the file", format!("has more than {MOST_ACCOUNTS} accounts")));
        }
        let mut state = Self::default();
        let mut slots = 0;
        for (name, entry) in &entries {
            let address: Address = name.parse().map_err(|_| wrong(name, "is no address".into()))?;
            let account = account(entry).map_err(|problem| wrong(name, problem))?;
            slots += account.storage.len();
            if slots > MOST_SLOTS {
                return Err(wrong(name, format!("the file has more than {MOST_SLOTS} slots")));
            }
            if state.accounts.insert(address, account).is_some() {
                return Err(wrong(name, "is there twice".into()));
            }
        }
        Ok(state)
    }

    /// Writes what [`State::from_json`] reads.
    pub fn to_json(&self) -> String {
        let accounts = self.accounts.iter().map(|(address, account)| {
            let storage = account.storage.iter();
            let storage = storage.map(|(slot, value)| (format!("{slot:#x}"), json!(format!("{value:#x}"))));
            let entry = json!({
                "balance": format!("{:#x}", account.balance),
                "nonce": account.nonce,
                "code": alloy_primitives::hex::encode_prefixed(&account.code),
                "storage": storage.collect::<Map<String, Value>>(),
                "whole": account.whole,
            });
            (address.to_string(), entry)
        });
        format!("{:#}", Value::Object(accounts.collect()))
    }
}

fn account(entry: &Value) -> Result<Account, String> {
    let Value::Object(fields) = entry else { return Err("is no JSON object".to_owned()) };
    let mut account = Account::default();
    for (field, value) in fields {
        match field.as_str() {
            "balance" => account.balance = number(value).ok_or("`balance` is no number")?,
            "nonce" => {
                let nonce = number(value).and_then(|nonce| u64::try_from(nonce).ok());
                account.nonce = nonce.ok_or("`nonce` is no number below 2^64")?;
            }
            "code" => account.code = bytes(value).ok_or("`code` is no hexadecimal text")?,
            "storage" => {
                let Value::Object(slots) = value else {
                    return Err("`storage` is no JSON object".to_owned());
                };
                for (slot, value) in slots {
                    let wrong = || format!("`storage` at `{slot}` is no slot and number");
                    let slot = number(&Value::String(slot.clone())).ok_or_else(wrong)?;
                    account.storage.insert(slot, number(value).ok_or_else(wrong)?);
                }
            }
            "whole" => account.whole = value.as_bool().ok_or("`whole` is neither true nor false")?,
            other => return Err(format!("has an unknown field `{other}`")),
        }
    }
    Ok(account)
}

/// A JSON number or a text of digits, hexadecimal after `0x`.
fn number(value: &Value) -> Option<U256> {
    match value {
        Value::Number(number) => number.as_u64().map(U256::from),
        Value::String(text) => match text.strip_prefix("0x") {
            Some("") | None if text.is_empty() || text == "0x" => None,
            Some(digits) => U256::from_str_radix(digits, 16).ok(),
            None => U256::from_str_radix(text, 10).ok(),
        },
        _ => None,
    }
}

fn bytes(value: &Value) -> Option<Vec<u8>> {
    alloy_primitives::hex::decode(value.as_str()?).ok()
}

/// The state as the machine asks for it. What is not there reads as empty, and is written down.
pub(crate) struct Recorded<'a> {
    pub(crate) state: &'a State,
    pub(crate) missing: RefCell<BTreeSet<Missing>>,
    /// Accounts whose being absent means nothing: precompiles, the caller of a made-up call.
    pub(crate) expected_empty: &'a [Address],
}

impl Recorded<'_> {
    fn lacks(&self, what: Missing) {
        self.missing.borrow_mut().insert(what);
    }
}

impl DatabaseRef for Recorded<'_> {
    type Error = Infallible;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        let Some(account) = self.state.accounts.get(&address) else {
            if !self.expected_empty.contains(&address) {
                self.lacks(Missing::Account(address));
            }
            return Ok(None);
        };
        // Code that begins as a delegation of EIP-7702 does and is none: the machine stops at its first byte.
        let raw = Bytes::from(account.code.clone());
        let code = Bytecode::new_raw_checked(raw.clone()).unwrap_or_else(|_| Bytecode::new_legacy(raw));
        Ok(Some(AccountInfo {
            balance: account.balance,
            nonce: account.nonce,
            code_hash: code.hash_slow(),
            code: Some(code),
            ..AccountInfo::default()
        }))
    }

    fn code_by_hash_ref(&self, _: B256) -> Result<Bytecode, Infallible> {
        // Accounts carry their code, so the machine has no reason to ask.
        Ok(Bytecode::default())
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256, Infallible> {
        let account = self.state.accounts.get(&address);
        if let Some(value) = account.and_then(|account| account.storage.get(&slot)) {
            return Ok(*value);
        }
        if !account.is_some_and(|account| account.whole) {
            self.lacks(Missing::Slot(address, slot));
        }
        Ok(U256::ZERO)
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, Infallible> {
        self.lacks(Missing::BlockHash(number));
        Ok(B256::ZERO)
    }
}
