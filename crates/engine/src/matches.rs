//! Deposits and payouts of a bridge from two files, matched where no id says which belongs to which.

use std::{collections::HashMap, io::Read};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_bridges::matcher::{Event, Matched, matched};
pub use tracehound_bridges::matcher::{Rule, Rules};
use tracehound_model::{Address, Amount, text::label};
use tracehound_screen::batch::{Batch, Row, Subjects};

use crate::EngineError;

/// Events of one side that are held.
const MOST: usize = 5_000_000;
/// Rows read at once.
const ROWS: usize = 4_096;
/// Candidates that a link names.
const NAMED: usize = 16;
/// Refused rows that are told.
const TOLD: usize = 20;

/// A payout, and the deposit that it is for as far as that can be said.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Link {
    /// The payout, by the id of its row.
    pub payout: String,
    /// The deposit; none where more than one, or none, can be meant.
    pub deposit: Option<String>,
    /// How likely each candidate is, in thousandths, where nothing tells them apart.
    pub permille: u32,
    /// How many deposits can be meant; 513 stands for more than are looked at.
    pub candidate_count: usize,
    /// The first of them.
    pub candidates: Vec<String>,
    /// Why.
    pub rule: Rule,
}

/// What came of two files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matches {
    /// One a payout, in order.
    pub links: Vec<Link>,
    /// Deposits that were read.
    pub deposits: usize,
    /// Rows of payouts that could not be read, the first of them by row and reason.
    pub refused: Vec<String>,
    /// How many there were.
    pub refused_count: usize,
}

impl Matches {
    /// Payouts with a deposit.
    pub fn linked(&self) -> usize {
        self.links.iter().filter(|link| link.deposit.is_some()).count()
    }

    /// Whether every row was read and every payout has its deposit.
    pub fn is_complete(&self) -> bool {
        self.refused_count == 0 && self.linked() == self.links.len()
    }
}

/// What is the same on both chains: assets of deposits, each with that of payouts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SameAssets(HashMap<String, String>);

impl SameAssets {
    /// Pairs of an asset of deposits and one of payouts.
    pub fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().map(|(deposit, payout)| (canonical(&deposit), canonical(&payout))).collect())
    }
}

/// Reads deposits and payouts, tables or JSON lines with `id`, `time`, `asset`, `amount` and, where the rules ask for it,
/// `recipient`, and says which belong together. A payout that cannot be read is left out, which makes no other link
/// possible; it may be for a deposit that cannot be read, so these are an error.
///
/// # Errors
/// Files that cannot be read, lack a column, or have too many rows; deposits of which a row cannot be read.
pub fn of_files(
    (name, deposits): (&str, impl Read),
    payouts: (&str, impl Read),
    same: &SameAssets,
    rules: Rules,
) -> Result<Matches, EngineError> {
    let mut numbers = Numbers::default();
    let same = |asset: String| same.0.get(&asset).cloned().unwrap_or(asset);
    let deposits = Side::read((name, deposits), rules, same, &mut numbers)?;
    if let Some(first) = deposits.refused.first() {
        let what = match deposits.refused_count {
            1 => format!("a row of the deposits cannot be read, and a payout may be for it: {first}"),
            count => format!(
                "{count} rows of the deposits cannot be read, and a payout may be for any of them. The first: {first}"
            ),
        };
        return Err(EngineError::Question(what));
    }
    let payouts = Side::read(payouts, rules, |asset| asset, &mut numbers)?;
    let found = matched(&deposits.events, &payouts.events, rules);
    let links =
        payouts.ids.iter().zip(found).map(|(payout, found)| link(payout, &found, &deposits.ids)).collect();
    let Side { refused, refused_count, .. } = payouts;
    Ok(Matches { links, deposits: deposits.ids.len(), refused, refused_count })
}

fn link(payout: &str, found: &Matched, deposits: &[String]) -> Link {
    Link {
        payout: payout.to_owned(),
        deposit: found.deposit.map(|number| deposits[number].clone()),
        permille: found.permille(),
        candidate_count: found.candidate_count,
        candidates: found.candidates.iter().take(NAMED).map(|&number| deposits[number].clone()).collect(),
        rule: found.rule,
    }
}

/// One file.
#[derive(Default)]
struct Side {
    ids: Vec<String>,
    events: Vec<Event>,
    refused: Vec<String>,
    refused_count: usize,
}

/// Assets and recipients by number, the same for both files.
#[derive(Default)]
struct Numbers {
    assets: HashMap<String, u32>,
    recipients: HashMap<String, u32>,
}

impl Side {
    fn read(
        (name, input): (&str, impl Read),
        rules: Rules,
        asset: impl Fn(String) -> String,
        numbers: &mut Numbers,
    ) -> Result<Self, EngineError> {
        let wrong = |what: String| EngineError::Question(format!("{name}: {what}"));
        let mut columns = vec!["time", "asset", "amount"];
        if rules.by_recipient {
            columns.push("recipient");
        }
        let mut rows = Subjects::column(input, "id")
            .and_then(|rows| rows.beside(&columns))
            .map_err(|error| wrong(error.to_string()))?;
        let (mut side, mut batch) = (Self::default(), Batch::default());
        loop {
            let more = rows.fill(&mut batch, ROWS).map_err(|error| wrong(error.to_string()))?;
            for row in batch.rows() {
                if side.events.len() >= MOST {
                    return Err(wrong(format!("more than {MOST} rows: cut it")));
                }
                match event(&row, &asset, numbers) {
                    Ok(event) => {
                        side.ids.push(row.subject.trim().to_owned());
                        side.events.push(event);
                    }
                    Err(reason) => {
                        side.refused_count += 1;
                        if side.refused.len() < TOLD {
                            side.refused.push(format!("{name}: row {}: {reason}", row.number));
                        }
                    }
                }
            }
            if !more {
                return Ok(side);
            }
        }
    }
}

fn event(row: &Row<'_>, asset: &impl Fn(String) -> String, numbers: &mut Numbers) -> Result<Event, String> {
    if let Some(error) = row.refused {
        return Err(error.to_string());
    }
    let (&[time, coin, amount], recipient) = match row.beside[..] {
        [time, coin, amount] => (&[time, coin, amount], None),
        [time, coin, amount, recipient] => (&[time, coin, amount], Some(recipient)),
        _ => return Err("it does not have the columns of an event".to_owned()),
    };
    let amount: Amount = amount
        .trim()
        .parse()
        .map_err(|_| format!("its amount `{}` is no whole number of base units", label(amount)))?;
    let coin = canonical(coin);
    if coin.is_empty() {
        return Err("it does not say of which asset".to_owned());
    }
    let number = |all: &mut HashMap<String, u32>, text: String| {
        // No more than the rows, which are bounded.
        let next = u32::try_from(all.len()).unwrap_or(u32::MAX);
        *all.entry(text).or_insert(next)
    };
    let recipient = match recipient.map(canonical) {
        Some(nobody) if nobody.is_empty() => return Err("it does not say for whom".to_owned()),
        Some(recipient) => Some(number(&mut numbers.recipients, recipient)),
        None => None,
    };
    Ok(Event { asset: number(&mut numbers.assets, asset(coin)), recipient, amount, time: seconds(time)? })
}

/// Seconds since 1970-01-01 UTC, or a time of RFC 3339.
fn seconds(text: &str) -> Result<i64, String> {
    let text = text.trim();
    let time = text.parse::<i64>().ok().or_else(|| text.parse::<Timestamp>().ok().map(Timestamp::as_second));
    time.ok_or_else(|| {
        format!("its time `{}` is neither seconds since 1970 nor a time with its zone", label(text))
    })
}

/// An address in the form in which it is compared, or the text.
fn canonical(text: &str) -> String {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let read = if lower.starts_with("0x") { &lower } else { text };
    Address::parse(read).map_or_else(|_| read.to_owned(), |address| address.to_string())
}
