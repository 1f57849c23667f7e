//! Freezes by issuers, from logs of their tokens.

use std::{
    collections::{BTreeMap, HashMap},
    io::Read,
    sync::Arc,
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Deserialize;
use tracehound_analysis::freezes::{Dated, Frozen, Place, Said, frozen, has_issuers, said};
use tracehound_ingest::{KeptLine, kept_logs};
use tracehound_labels::{Label, Nature, Predicate, Provenance};
use tracehound_model::{Category, Chain, Subject, caip::Caip2, label::HINT, text::label, transfer::Unseen};
use tracehound_transfers::{BlockNum, TransferLedger, TransferRows as _};

use super::{
    Derived, Question, Rejected,
    lines::{self, number},
    logs::{Log, Written},
    provenance,
};
use crate::{EngineError, Workspace, transfers::ingest::issuers_logs};

/// Acts, and blocks with their times, that are held.
const MOST: usize = 5_000_000;
/// What a line is.
const WHAT: &str = "a log (address, topics, data, blockNumber, logIndex), something with `logs`, or a block (number, timestamp)";

/// A line: a log, a receipt, or a block that says when it was.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Receipt { logs: Vec<Log> },
    Log(Log),
    Block { number: String, timestamp: String },
}

/// An act that was read, before it is known when it was.
struct Heard {
    line: u64,
    seconds: Option<u64>,
    said: Said,
}

/// Acts of issuers, by their place.
#[derive(Default)]
struct Acts {
    by_place: BTreeMap<Place, Heard>,
    times: HashMap<u64, u64>,
    read: u64,
    refused: Rejected,
    sha256: String,
}

impl Workspace {
    /// Addresses that issuers of tokens froze, and when they released them: JSON lines of logs or receipts, and of blocks where the
    /// logs do not say their time. Only logs of an issuer's own token count. They are a node's word, and so a hint; no pack is asked.
    ///
    /// # Errors
    /// A chain on which no issuer is known here, wallets, or an input that breaks off or holds too much.
    pub fn derive_freezes(&self, question: Question<'_>) -> Result<Derived, EngineError> {
        let Question { input, name, chain, wallets, day } = question;
        let known_chain = Chain::from_caip2(chain).filter(|chain| has_issuers(*chain));
        let on = known_chain.ok_or_else(|| {
            EngineError::Question(format!("no issuer that freezes addresses is known here on {chain}"))
        })?;
        if wallets.is_some() {
            let what = "freezes follow from logs alone: no wallets are asked for (--wallets)";
            return Err(EngineError::Question(what.to_owned()));
        }
        let mut acts = Acts::read(input, &name, chain, on)?;
        let provenance = provenance("freezes", &acts.sha256, None, day);
        let dated = acts.dated(&name);
        let (found, alone) = frozen(dated);
        let labels = found
            .iter()
            .filter(|frozen| !frozen.account.is_null_like())
            .map(|frozen| freeze_label(frozen, chain, &provenance))
            .collect();
        let Acts { read, refused, .. } = acts;
        let mut derived = Derived::new(labels, None, provenance.version, read, refused, None)?;
        if alone > 0 {
            derived.gaps.push(format!(
                "{alone} releases of what these logs do not show frozen: nothing is said of when it was"
            ));
        }
        Ok(derived)
    }
}

impl Workspace {
    /// The same, from the logs that were kept when the blocks of an EVM chain came into its ledger. Blocks that were not looked at for
    /// them are a gap.
    ///
    /// # Errors
    /// As [`derive_freezes`](Self::derive_freezes), and when there is no ledger or what was kept cannot be read.
    pub fn derive_freezes_of_ledger(&self, chain_id: u64, day: Date) -> Result<Derived, EngineError> {
        let chain = Chain::Evm(chain_id);
        let dir = self.folder().transfers(chain_id);
        let ledger = TransferLedger::open(&dir, chain).map_err(|error| {
            if !error.is_absent() {
                return EngineError::from(error);
            }
            let beside = self.folder().evm_ledgers_beside(chain_id);
            EngineError::NoTransfers { chain: chain.short_name(), beside }
        })?;
        let kept = kept_logs(&dir, &issuers_logs(chain_id)).map_err(|source| EngineError::KeptLogs {
            chain: chain.short_name(),
            source: Arc::new(source),
        })?;
        let (first, blocks) =
            (ledger.block(BlockNum(0)).map_or(0, |block| block.height), ledger.block_count());
        let is_held = |line: &KeptLine| {
            let height = number(&line.block_number)?;
            let block = ledger.block(BlockNum(u32::try_from(height.checked_sub(first)?).ok()?))?;
            (line.block_hash == format!("0x{}", hex::encode(block.hash))).then_some(())
        };
        let mut input = Vec::new();
        for line in kept.logs.iter().filter(|line| is_held(line).is_some()) {
            serde_json::to_writer(&mut input, line).expect("text becomes JSON");
            input.push(b'\n');
        }
        let not_told = (0..blocks).filter_map(|num| ledger.block(BlockNum(num)));
        let not_told = not_told.filter(|block| block.unseen.has(Unseen::RECEIPTS)).count();
        ledger.confirm()?;
        let name = format!("the ledger of {}", chain.short_name());
        let own = chain.caip2();
        let question = Question { input: Box::new(&input[..]), name, chain: &own, wallets: None, day };
        let mut derived = self.derive_freezes(question)?;
        let last = (first + u64::from(blocks)).checked_sub(1);
        let missed = last.map_or_else(Vec::new, |last| holes(first, last, &kept.looked_at));
        for (from, to) in missed {
            derived.gaps.push(format!(
                "blocks {from} to {to} came into the ledger without being looked at for freezes: those are not known"
            ));
        }
        if first > 0 {
            derived
                .gaps
                .push(format!("the ledger begins with block {first}: freezes before it are not known"));
        }
        if not_told > 0 {
            derived
                .gaps
                .push(format!("{not_told} blocks are without receipts: freezes in them are not known"));
        }
        if kept.broken > 0 {
            derived.gaps.push(format!("{} lines of what was kept are no logs", kept.broken));
        }
        Ok(derived)
    }
}

/// What no run covers of `first` to `last`.
fn holes(first: u64, last: u64, runs: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let (mut runs, mut next, mut holes) = (runs.to_vec(), first, Vec::new());
    runs.sort_unstable();
    for (from, to) in runs {
        if from > next && from <= last {
            holes.push((next, from - 1));
        }
        next = next.max(to.saturating_add(1));
    }
    if next <= last {
        holes.push((next, last));
    }
    holes
}

impl Acts {
    fn read(input: impl Read, name: &str, chain: &Caip2, on: Chain) -> Result<Self, EngineError> {
        let mut found = Self::default();
        let mut refused = Rejected::default();
        found.sha256 = lines::read(input, name, WHAT, &mut refused, |line, row, refused| {
            let logs = match row {
                Line::Receipt { logs } => logs,
                Line::Log(log) => vec![log],
                Line::Block { number: height, timestamp } => {
                    match (number(&height), number(&timestamp)) {
                        (Some(height), Some(seconds)) => drop(found.times.insert(height, seconds)),
                        _ => refused.add(name, line, label(&height).into_owned(), WHAT_BLOCK.to_owned()),
                    }
                    Vec::new()
                }
            };
            for log in logs {
                found.read += 1;
                if let Err(reason) = found.take(line, &log, chain, on) {
                    refused.add(name, line, label(&log.address).into_owned(), reason);
                }
            }
            if found.by_place.len().max(found.times.len()) > MOST {
                return Err(format!("more than {MOST} freezes or blocks: cut it"));
            }
            Ok(())
        })?;
        found.refused = refused;
        Ok(found)
    }

    fn take(&mut self, line: u64, log: &Log, chain: &Caip2, on: Chain) -> Result<(), String> {
        let Written { emitter: Subject::Address(emitter), topics, data } = log.written(chain)? else {
            return Ok(());
        };
        let Some(said) = said(on, &emitter, &topics, &data).map_err(|error| error.to_string())? else {
            return Ok(());
        };
        let of = |text: &Option<String>, what: &str| {
            text.as_deref().and_then(number).ok_or_else(|| format!("it does not say its {what}"))
        };
        let place =
            Place { block: of(&log.block_number, "blockNumber")?, index: of(&log.index, "logIndex")? };
        let seconds = match &log.block_timestamp {
            None => None,
            Some(text) => Some(number(text).ok_or("its blockTimestamp is no number of seconds")?),
        };
        match self.by_place.get_mut(&place) {
            // The same log by itself and in its receipt.
            Some(other) if other.said == said => other.seconds = other.seconds.or(seconds),
            Some(_) => {
                return Err(format!(
                    "another log stands at number {} of block {}: these are logs of two chains",
                    place.index, place.block
                ));
            }
            None => drop(self.by_place.insert(place, Heard { line, seconds, said })),
        }
        Ok(())
    }

    /// The acts with the day of each; one of which nobody says when it was is refused.
    fn dated(&mut self, name: &str) -> Vec<Dated> {
        let mut dated = Vec::new();
        for (place, Heard { line, seconds, said }) in std::mem::take(&mut self.by_place) {
            let seconds = seconds.or_else(|| self.times.get(&place.block).copied());
            match seconds.and_then(day_of) {
                Some(day) => dated.push((place, day, said)),
                None => self.refused.add(
                    name,
                    line,
                    said.account.to_string(),
                    format!(
                        "nothing says when it was: give block {} (number, timestamp) on a line, or logs with blockTimestamp",
                        place.block
                    ),
                ),
            }
        }
        dated
    }
}

const WHAT_BLOCK: &str = "its number or timestamp is no number in hexadecimal";

fn day_of(seconds: u64) -> Option<Date> {
    let moment = Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?;
    Some(moment.to_zoned(TimeZone::UTC).date())
}

fn freeze_label(frozen: &Frozen, chain: &Caip2, provenance: &Provenance) -> Label {
    let Frozen { account, token, event, block, is_earlier, destroyed, .. } = frozen;
    let (issuer, symbol) = (&token.issuer, &token.symbol);
    let before = if *is_earlier { " before" } else { "" };
    let gone =
        if destroyed.is_zero() { String::new() } else { format!(", {destroyed} base units destroyed") };
    let label = format!("{symbol} frozen by {issuer}{before}: {event} in block {block}{gone}");
    Label {
        chain: chain.clone(),
        subject: Subject::Address(*account),
        label,
        entity: None,
        concept: Category::IssuerBlacklist.id().to_owned(),
        predicate: Predicate::Controls,
        nature: Nature::Entity,
        provenance: provenance.clone(),
        confidence: HINT,
        valid_from: Some(frozen.from),
        valid_to: frozen.to,
    }
}
