//! Logs of contracts, as nodes give them: JSON lines.

use std::io::Read;

use serde::Deserialize;
use tracehound_analysis::roles::{MAX_TOPICS, Roles};
use tracehound_model::{Subject, caip::Caip2, text::label};

use super::{
    Rejected,
    lines::{self, bytes, party},
};
use crate::EngineError;

/// Contracts that are held.
const MOST: usize = 5_000_000;
/// What a line is.
const WHAT: &str = "a log (address, topics, data) or something with `logs`";

/// What logs show, contract by contract.
pub(super) struct Logs {
    pub roles: Roles<Subject>,
    /// How many logs were read.
    pub read: u64,
    /// Lines and logs that are none.
    pub refused: Rejected,
    /// SHA-256 of the input, hexadecimal.
    pub sha256: String,
}

/// A line: a log, or something that holds several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Receipt { logs: Vec<Log> },
    Log(Log),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Log {
    pub address: String,
    topics: Vec<String>,
    data: String,
    /// A log that a reorganisation took back.
    #[serde(default)]
    removed: bool,
    pub block_number: Option<String>,
    #[serde(rename = "logIndex")]
    pub index: Option<String>,
    /// Newer nodes say it.
    pub block_timestamp: Option<String>,
}

/// What a log says.
pub(super) struct Written {
    pub emitter: Subject,
    pub topics: Vec<[u8; 32]>,
    pub data: Vec<u8>,
}

impl Logs {
    pub(super) fn read(input: impl Read, name: &str, chain: &Caip2) -> Result<Self, EngineError> {
        let (mut roles, mut read, mut refused) = (Roles::default(), 0, Rejected::default());
        let sha256 = lines::read(input, name, WHAT, &mut refused, |line, row, refused| {
            let logs = match row {
                Line::Receipt { logs } => logs,
                Line::Log(log) => vec![log],
            };
            for log in logs {
                match log.written(chain) {
                    Ok(Written { emitter, topics, data }) => {
                        read += 1;
                        roles.take(emitter, &topics, data.len());
                    }
                    Err(reason) => refused.add(name, line, label(&log.address).into_owned(), reason),
                }
            }
            if roles.len() > MOST {
                return Err(format!("more than {MOST} contracts: cut it"));
            }
            Ok(())
        })?;
        Ok(Self { roles, read, refused, sha256 })
    }
}

impl Log {
    /// Who wrote it, its topics, and its data.
    pub(super) fn written(&self, chain: &Caip2) -> Result<Written, String> {
        if self.removed {
            return Err("the chain took it back (`removed`)".to_owned());
        }
        let emitter = party(chain, &self.address)?;
        if self.topics.len() > MAX_TOPICS {
            return Err(format!("it has more than {MAX_TOPICS} topics"));
        }
        let topics =
            self.topics.iter().map(|topic| bytes(topic)?.try_into().ok()).collect::<Option<Vec<_>>>();
        let topics = topics.ok_or("its topics are not 32 bytes each in hexadecimal")?;
        let data = bytes(&self.data).ok_or("its data is not hexadecimal")?;
        Ok(Written { emitter, topics, data })
    }
}
