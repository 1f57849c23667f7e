//! Logs of contracts, as nodes give them: JSON lines.

use std::io::{BufRead, BufReader, Read};

use serde::Deserialize;
use tracehound_analysis::roles::{MAX_TOPICS, Roles};
use tracehound_labels::label::subject_on;
use tracehound_model::{Subject, caip::Caip2, text::label};

use super::{Rejected, movements::Hashed};
use crate::EngineError;

/// Longest line, in bytes: a receipt with all of its logs.
const MAX_LINE: u64 = 32 << 20;
/// Contracts that are held.
const MOST: usize = 5_000_000;

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
struct Log {
    address: String,
    topics: Vec<String>,
    data: String,
    /// A log that a reorganisation took back.
    #[serde(default)]
    removed: bool,
}

impl Logs {
    pub(super) fn read(input: impl Read, name: &str, chain: &Caip2) -> Result<Self, EngineError> {
        let mut hashed = Hashed::new(input);
        let mut lines = BufReader::new(&mut hashed);
        let (mut roles, mut read, mut refused) = (Roles::default(), 0, Rejected::default());
        let (mut number, mut bytes) = (0_u64, Vec::new());
        loop {
            number += 1;
            bytes.clear();
            let wrong = |what: String| EngineError::Question(format!("{name}: line {number}: {what}"));
            let count = lines.by_ref().take(MAX_LINE + 1).read_until(b'\n', &mut bytes);
            match count.map_err(|error| wrong(error.to_string()))? {
                0 => break,
                count if count as u64 > MAX_LINE => {
                    return Err(wrong(format!("is longer than {MAX_LINE} bytes: one log or receipt a line")));
                }
                _ if bytes.trim_ascii().is_empty() => continue,
                _ => {}
            }
            let logs = match serde_json::from_slice(&bytes) {
                Ok(Line::Receipt { logs }) => logs,
                Ok(Line::Log(log)) => vec![log],
                Err(_) => {
                    let row =
                        label(String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).trim()).into_owned();
                    let reason = "it is no log (address, topics, data) and nothing with `logs`".to_owned();
                    refused.add(name, number, row, reason);
                    continue;
                }
            };
            for log in logs {
                match log.taken(chain) {
                    Ok((emitter, topics, data)) => {
                        read += 1;
                        roles.take(emitter, &topics, data);
                    }
                    Err(reason) => refused.add(name, number, label(&log.address).into_owned(), reason),
                }
            }
            if roles.len() > MOST {
                return Err(wrong(format!("more than {MOST} contracts: cut it")));
            }
        }
        drop(lines);
        Ok(Self { roles, read, refused, sha256: hashed.sha256() })
    }
}

impl Log {
    /// Who wrote it, its topics, and the length of its data.
    fn taken(&self, chain: &Caip2) -> Result<(Subject, Vec<[u8; 32]>, usize), String> {
        if self.removed {
            return Err("the chain took it back (`removed`)".to_owned());
        }
        let emitter = subject_on(chain, &self.address).map_err(|error| error.to_string())?;
        if self.topics.len() > MAX_TOPICS {
            return Err(format!("it has more than {MAX_TOPICS} topics"));
        }
        let topics =
            self.topics.iter().map(|topic| bytes(topic)?.try_into().ok()).collect::<Option<Vec<_>>>();
        let topics = topics.ok_or("its topics are not 32 bytes each in hexadecimal")?;
        let data = bytes(&self.data).ok_or("its data is not hexadecimal")?;
        Ok((emitter, topics, data.len()))
    }
}

/// Hexadecimal, as nodes write it.
fn bytes(text: &str) -> Option<Vec<u8>> {
    hex::decode(text.strip_prefix("0x")?).ok()
}
