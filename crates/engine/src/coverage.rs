//! How much of a list, of a trace or of a ledger the packs of labels in force name.

use std::{collections::BTreeMap, io::Read, ops::ControlFlow};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracehound_labels::{
    coverage::{Item, coverage},
    label::{chain_of, subject_on},
    shelf::{Packs, Shelf},
};
use tracehound_ledger::{AddrNum, Ledger, TxNum, UtxoRows};
use tracehound_model::{Address, Amount, BitcoinNetwork, Chain, Pasted, Subject, caip::Caip2, text::label};
use tracehound_screen::batch::{Batch, Row, Subjects};

use crate::{
    EngineError, LabelsError, Snapshot, Workspace,
    labels::{InForce, RefusedRow, in_force, unreadable},
};

pub use tracehound_labels::coverage::{Band, Coverage, Share};

/// Refused rows that an answer lists; all are counted.
const LISTED: usize = 1_000;
/// Different addresses that are held.
const MOST: usize = 20_000_000;
/// Rows read at once.
const ROWS: usize = 4_096;
/// Most places behind the point of a value.
const PLACES: u8 = 18;
/// Longest answer of `trace` that is read.
const MAX_TRACE: u64 = 1 << 30;

/// How much has a name.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Covered {
    /// What was asked about.
    pub of: String,
    /// The day whose labels count.
    pub day: Date,
    /// Places behind the point of the values: 8 where they are satoshi of whole bitcoins.
    pub decimals: u8,
    /// The shares.
    #[serde(flatten)]
    pub coverage: Coverage,
    /// Rows that name no address, or whose value is no number: nothing is counted of them.
    pub refused: u64,
    /// The first of them.
    pub refused_rows: Vec<RefusedRow>,
    /// The packs that were searched.
    pub packs: Vec<InForce>,
    /// What makes that no answer to rest on: no pack, one that is too old or cannot be read, rows that could not be read, a ledger
    /// that is not the whole chain, or nothing to count.
    pub gaps: Vec<String>,
}

/// What the rows of a list are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// What it is called.
    pub name: String,
    /// Where the value of a row stands among the columns beside the address.
    pub value: Option<usize>,
    /// Where its chain stands.
    pub chain: Option<usize>,
    /// The chain of rows that name none; without one an address is looked up on every chain.
    pub on: Option<Caip2>,
}

impl Workspace {
    /// How much of a list of addresses has a name. An address that is there twice counts once, with all its value.
    ///
    /// # Errors
    /// An input that breaks off, too many addresses, or a pack in force that turned out damaged where it was read.
    pub fn coverage_of_list<R: Read>(
        &self,
        mut subjects: Subjects<R>,
        list: &List,
        day: Date,
    ) -> Result<Covered, EngineError> {
        let packs = self.shelf().open_readable();
        let (mut rows, mut batch) = (Rows::default(), Batch::default());
        loop {
            let more = subjects.fill(&mut batch, ROWS);
            for row in batch.rows() {
                rows.take(&row, list, &packs)?;
            }
            match more {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => return Err(EngineError::Question(format!("{}: {error}", list.name))),
            }
        }
        let Rows { values, decimals, refused, first_refused, without_value } = rows;
        let items = values.into_iter().map(|((chain, subject), value)| Item { chain, subject, value });
        let mut covered = covered(&packs, list.name.clone(), items, day)?;
        let unit = Amount::from(10_u128.pow(u32::from(PLACES - decimals)));
        covered.coverage = covered.coverage.in_units_of(unit);
        covered.decimals = decimals;
        if refused > 0 {
            covered.gaps.push(format!("{refused} rows could not be read, and nothing is counted of them"));
        }
        if without_value > 0 {
            let gap = format!("{without_value} rows have no value: shares of value say nothing of them");
            covered.gaps.push(gap);
        }
        Ok(Covered { refused, refused_rows: first_refused, ..covered })
    }

    /// How much of where a trace ended has a name: the answer of `trace --output json`, its last addresses by the value
    /// that was followed to them.
    ///
    /// # Errors
    /// Text that is no such answer, or a pack in force that turned out damaged where it was read.
    pub fn coverage_of_trace(
        &self,
        name: &str,
        answer: impl Read,
        day: Date,
    ) -> Result<Covered, EngineError> {
        let wrong = |what: String| EngineError::Question(format!("{name}: {what}"));
        let traced: Traced = serde_json::from_reader(answer.take(MAX_TRACE))
            .map_err(|error| wrong(format!("no answer of `trace --output json`: {error}")))?;
        let chain = chain_of(&traced.chain).map_err(wrong)?;
        let decimals = match Chain::from_caip2(&chain) {
            Some(Chain::Bitcoin(_)) => 8,
            _ => 0,
        };
        let mut values: BTreeMap<Subject, Amount> = BTreeMap::new();
        let mut nowhere = 0_u64;
        for node in traced.nodes.into_iter().filter(|node| node.next.is_none()) {
            let Some(address) = node.address else {
                nowhere += 1;
                continue;
            };
            let subject =
                subject_on(&chain, &address).map_err(|error| wrong(format!("{address}: {error}")))?;
            let value = values.entry(subject).or_default();
            *value = value.saturating_add(node.dirty);
        }
        let packs = self.shelf().open_readable();
        let items =
            values.into_iter().map(|(subject, value)| Item { chain: Some(chain.clone()), subject, value });
        let mut covered = covered(&packs, format!("the ends of {name}"), items, day)?;
        covered.decimals = decimals;
        if nowhere > 0 {
            covered.gaps.push(format!("{nowhere} ends of the trace have no address"));
        }
        if traced.complete != Some(true) {
            covered.gaps.push("the trace is not complete: it goes on where nobody has looked".to_owned());
        }
        Ok(covered)
    }
}

impl Snapshot {
    /// How much of a ledger has a name: every address in it, by what it received.
    ///
    /// # Errors
    /// No ledger of the network, or one, or a pack in force, that turned out damaged where it was read.
    pub fn coverage_of_ledger(&self, network: BitcoinNetwork, day: Date) -> Result<Covered, EngineError> {
        let packs = Shelf::at(self.folder().labels()).open_readable();
        let chain = Chain::Bitcoin(network).caip2();
        let mut covered = covered(&packs, format!("the ledger of {chain}"), self.received(network)?, day)?;
        covered.decimals = 8;
        let partial = self.ledger(network)?.and_then(tracehound_screen::partial_ledger);
        covered.gaps.extend(partial.map(|gap| gap.sentence));
        Ok(covered)
    }

    /// Every address of a ledger, with what it received.
    ///
    /// # Errors
    /// No ledger of the network, or one that turned out damaged.
    pub fn received(&self, network: BitcoinNetwork) -> Result<Vec<Item>, EngineError> {
        let Some(ledger) = self.ledger(network)? else {
            return Err(EngineError::NoLedger { beside: self.folder().ledgers_beside(network) });
        };
        let chain = Chain::Bitcoin(network).caip2();
        let item = |(number, sats): (u32, u64)| {
            let address = Address::from_script(network, &ledger.script_key(AddrNum(number))?)?;
            let subject = Subject::Address(address);
            Some(Item { chain: Some(chain.clone()), subject, value: sats.into() })
        };
        let items = (0..).zip(received(ledger)).filter_map(item).collect();
        ledger.confirm()?;
        Ok(items)
    }
}

/// What each owner received, by number.
fn received(ledger: &Ledger) -> Vec<u64> {
    let counts = ledger.counts();
    let mut received = vec![0_u64; counts.addresses as usize];
    ledger.scan(TxNum(0)..TxNum(counts.txs), |tx| {
        for (sats, owner) in tx.outputs() {
            let slot = owner.and_then(|owner| received.get_mut(owner.0 as usize));
            if let Some(slot) = slot {
                // All that one owner could receive in 8,000 turns of all coins fits.
                *slot = slot.saturating_add(sats);
            }
        }
        ControlFlow::Continue(())
    });
    received
}

fn covered(
    packs: &Packs,
    of: String,
    items: impl IntoIterator<Item = Item>,
    day: Date,
) -> Result<Covered, EngineError> {
    let coverage = coverage(packs, items, day);
    packs.confirm().map_err(LabelsError::from)?;
    let mut gaps = unreadable(packs);
    let packs: Vec<InForce> = packs.iter().map(|(entry, pack)| in_force(entry, pack, day)).collect();
    // Where none could be read, it is not known that none is in force.
    if !packs.is_empty() || gaps.is_empty() {
        gaps.extend(crate::labels::gaps(&packs));
    }
    if coverage.all.addresses == 0 {
        gaps.push("there is no address in it: that nothing lacks a name says nothing".to_owned());
    }
    Ok(Covered { of, day, decimals: 0, coverage, refused: 0, refused_rows: Vec::new(), packs, gaps })
}

/// What is read of an answer of `trace`.
#[derive(Deserialize)]
struct Traced {
    chain: String,
    #[serde(default)]
    complete: Option<bool>,
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    #[serde(default)]
    address: Option<String>,
    dirty: Amount,
    #[serde(default)]
    next: Option<u64>,
}

/// The rows of a list that were read.
#[derive(Default)]
struct Rows {
    /// Values in units of the last of `PLACES` places.
    values: BTreeMap<(Option<Caip2>, Subject), Amount>,
    /// The most places that a value has.
    decimals: u8,
    /// Rows whose value is left empty.
    without_value: u64,
    refused: u64,
    first_refused: Vec<RefusedRow>,
}

impl Rows {
    fn take(&mut self, row: &Row<'_>, list: &List, packs: &Packs) -> Result<(), EngineError> {
        match read(row, list, packs) {
            Ok((key, value, places)) => {
                self.without_value += u64::from(value.is_none());
                let value = value.unwrap_or_default();
                self.decimals = self.decimals.max(places);
                if !self.values.contains_key(&key) && self.values.len() >= MOST {
                    let most = format!("{}: more than {MOST} different addresses: cut it", list.name);
                    return Err(EngineError::Question(most));
                }
                let sum = self.values.entry(key).or_default();
                *sum = sum.saturating_add(value);
            }
            Err(reason) => {
                self.refused += 1;
                if self.first_refused.len() < LISTED {
                    let shown = label(row.subject).into_owned();
                    let file = list.name.clone();
                    self.first_refused.push(RefusedRow { file, line: row.number, row: shown, reason });
                }
            }
        }
        Ok(())
    }
}

type Key = (Option<Caip2>, Subject);

/// A row's address, its value where it has one, and the places that it was written with.
fn read(row: &Row<'_>, list: &List, packs: &Packs) -> Result<(Key, Option<Amount>, u8), String> {
    if let Some(error) = row.refused {
        return Err(error.to_string());
    }
    let beside = |place: Option<usize>| {
        place.and_then(|place| row.beside.get(place)).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
    };
    let chain = match beside(list.chain) {
        Some(id) => Some(chain_of(id)?),
        None => list.on.clone(),
    };
    let subject = match &chain {
        Some(chain) => subject_on(chain, row.subject).map_err(|error| error.to_string())?,
        None => match Pasted::read(row.subject) {
            Ok(read) => Subject::Address(read.address),
            Err(error) => {
                // Of a chain that is not known here only the packs' own words are known.
                let text = Subject::Opaque(row.subject.trim().to_owned());
                if packs.about_ever(&text) { text } else { return Err(error.to_string()) }
            }
        },
    };
    let (value, places) = match (list.value, beside(list.value)) {
        (None, _) => (Some(Amount::from(10_u128.pow(PLACES.into()))), 0),
        (Some(_), None) => (None, 0),
        (Some(_), Some(text)) => value(text).map(|(value, places)| (Some(value), places))?,
    };
    Ok(((chain, subject), value, places))
}

/// A number that is not negative, in units of the last of `PLACES` places, and how many places it is written with.
fn value(text: &str) -> Result<(Amount, u8), String> {
    let wrong = || format!("its value `{}` is no number of at most {PLACES} places", label(text));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let places = u8::try_from(part.len()).ok().filter(|places| *places <= PLACES).ok_or_else(wrong)?;
    if whole.is_empty() || whole.len() > 45 || !are_digits(whole) || !are_digits(part) {
        return Err(wrong());
    }
    let digits = format!("{whole}{part:0<width$}", width = usize::from(PLACES));
    let digits = digits.trim_start_matches('0');
    let amount = if digits.is_empty() { Ok(Amount::ZERO) } else { digits.parse() };
    Ok((amount.map_err(|_| wrong())?, places))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_exact_or_refused() {
        let read = |text: &str| value(text).map(|(value, places)| (value.to_string(), places));
        assert_eq!(read("0"), Ok(("0".to_owned(), 0)));
        assert_eq!(read("12.50"), Ok(("12500000000000000000".to_owned(), 2)));
        assert_eq!(read("0.000000000000000001"), Ok(("1".to_owned(), 18)));
        let huge = "9".repeat(45);
        assert_eq!(read(&huge), Ok((format!("{huge}{}", "0".repeat(18)), 0)));
        for wrong in ["", ".", ".5", "-1", "1e3", "1,5", "1.2.3", "0.0000000000000000001", &"9".repeat(46)] {
            assert!(value(wrong).is_err(), "{wrong}");
        }
    }
}
