//! What was fetched of a subject, as a file of its own.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read},
    path::Path,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracehound_columns::files::{sync_dir, write_durably};
use tracehound_model::{
    Address, Amount, Asset, Chain,
    transfer::{Movement, MovementKind},
};

use super::CaseError;

/// Version of the files' form.
pub(super) const VERSION: u32 = 2;
/// The oldest that is read: transactions of it do not say whom they called.
const OLDEST: u32 = 1;
/// Largest file that is read: some hundred thousand movements.
const MOST: u64 = 256 << 20;

/// The last block that a server told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseTip {
    /// Its height.
    pub height: u64,
    /// Its hash.
    #[serde(with = "hash")]
    pub hash: [u8; 32],
    /// Its time, seconds since 1970-01-01 UTC.
    pub time: u64,
}

/// What is known of one subject, from where and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fetched {
    pub(super) version: u32,
    /// CAIP-2 id of the chain.
    pub chain: String,
    /// The address, or the transaction's hash.
    pub subject: String,
    /// Scheme and host of the server.
    pub server: String,
    /// When it was asked.
    pub at: Timestamp,
    /// Its last block then: up to it all was asked for.
    pub tip: CaseTip,
    /// Questions that it took.
    pub questions: u64,
    /// In words: what was not read. Where there is something, what is not among the transactions may have happened.
    pub unread: Vec<String>,
    /// Its transactions.
    pub txs: Vec<CaseTx>,
}

impl Fetched {
    /// Whether all was read that the server tells of.
    pub fn is_whole(&self) -> bool {
        self.unread.is_empty()
    }

    /// Whether it is one transaction.
    pub fn is_tx(&self) -> bool {
        self.subject.len() == 66
    }

    /// The account, where it is of one.
    pub fn account(&self) -> Option<Address> {
        Address::parse(&self.subject).ok()
    }
}

/// A transaction with what is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseTx {
    /// The height of its block.
    pub block: u64,
    /// The block's time, seconds since 1970-01-01 UTC.
    pub time: u64,
    /// Its place in the block, where it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// Its hash.
    #[serde(with = "hash")]
    pub hash: [u8; 32],
    /// What moved, in order.
    #[serde(with = "movements")]
    pub movements: Vec<Movement>,
    /// Whom it called, where that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called: Option<CaseCalled>,
}

/// Whom a transaction called, itself or inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseCalled {
    /// The accounts that are told.
    pub accounts: Vec<Address>,
    /// In words: why there may be others, if there may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untold: Option<String>,
}

mod hash {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(hash: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(hash))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut hash = [0; 32];
        hex::decode_to_slice(text, &mut hash).map_err(D::Error::custom)?;
        Ok(hash)
    }
}

mod movements {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use super::{Address, Amount, Asset, Movement, MovementKind};

    /// A movement as it is written down.
    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Row {
        from: Option<Address>,
        to: Option<Address>,
        asset: Asset,
        amount: Amount,
        /// Its number in `MovementKind`.
        kind: u8,
        proved: bool,
    }

    pub(super) fn serialize<S: Serializer>(moved: &[Movement], serializer: S) -> Result<S::Ok, S::Error> {
        let row = |own: &Movement| Row {
            from: own.from,
            to: own.to,
            asset: own.asset,
            amount: own.amount,
            kind: own.kind as u8,
            proved: own.proved,
        };
        serializer.collect_seq(moved.iter().map(row))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Movement>, D::Error> {
        let rows = Vec::<Row>::deserialize(deserializer)?;
        let movement = |row: Row| {
            let kind =
                MovementKind::from_byte(row.kind).ok_or_else(|| D::Error::custom("a kind that is none"))?;
            let Row { from, to, asset, amount, proved, .. } = row;
            Ok(Movement { from, to, asset, amount, kind, proved })
        };
        rows.into_iter().map(movement).collect()
    }
}

fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> CaseError {
    let path = path.to_owned();
    move |source| CaseError::Io { action, path, source }
}

/// What was fetched of a subject; nothing where it was not.
pub(super) fn read(dir: &Path, chain: Chain, subject: &str) -> Result<Option<Fetched>, CaseError> {
    let path = dir.join(format!("{subject}.json"));
    let damaged = |what: String| CaseError::Damaged { path: path.clone(), what };
    let file = match File::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file.map_err(io("reading", &path))?,
    };
    let mut bytes = Vec::new();
    file.take(MOST + 1).read_to_end(&mut bytes).map_err(io("reading", &path))?;
    if bytes.len() as u64 > MOST {
        return Err(damaged(format!("it has more than {MOST} bytes")));
    }
    let own: Fetched = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    if !(OLDEST..=VERSION).contains(&own.version) || own.chain != chain.to_string() {
        return Err(damaged(format!("version {} for {}", own.version, own.chain)));
    }
    if own.subject != subject {
        return Err(damaged("it is of another subject than its name says".to_owned()));
    }
    if own.txs.iter().flat_map(|tx| &tx.movements).any(|moved| moved.asset.chain() != chain) {
        return Err(damaged("it moves assets of another chain".to_owned()));
    }
    Ok(Some(own))
}

/// Writes what was fetched, whole or not at all.
pub(super) fn write(dir: &Path, fetched: &Fetched) -> Result<(), CaseError> {
    fs::create_dir_all(dir).map_err(io("creating", dir))?;
    let bytes = serde_json::to_vec(fetched).expect("text and numbers become JSON");
    write_durably(&dir.join(format!("{}.json", fetched.subject)), &[&bytes])?;
    Ok(sync_dir(dir)?)
}
