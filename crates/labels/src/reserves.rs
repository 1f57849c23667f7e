//! Proofs of reserves: tables in which an exchange names its wallets, each with a text that the wallet's key signed.
//!
//! The tables are those of OKX and HTX (Huobi), by their own tools: totals first, then a header and a row a wallet and coin. A row says
//! which coin on which network, the address, the text and its signature, and for a multisig of Bitcoin a second one and the script. What
//! a signature shows is that whoever has the key signed the text; whose it is the text says, or nobody does.

use std::io::Read;

use jiff::civil::Date;
use tracehound_model::{Address, Chain, Confidence, Predicate, Subject};

use crate::{
    Label, Nature, Provenance,
    file::{FileError, Line, Lines, Refused, record, too_long},
    signed::{NotSigned, signed_for_reserves},
};

/// How sure a label is whose signed text names the entity: its key says so.
const BY_KEY: Confidence = Confidence(100);
/// How sure one is whose text names nobody: a file of an exchange, of addresses whose keys signed something.
const BY_FILE: Confidence = Confidence(50);
/// Networks by the names that these tables give them, behind the coin or in a column of their own.
const NETWORKS: [(&str, &str); 18] = [
    ("ETH", "eip155:1"),
    ("ERC20", "eip155:1"),
    ("OPTIMISM", "eip155:10"),
    ("BSC", "eip155:56"),
    ("BEP20", "eip155:56"),
    ("POLY", "eip155:137"),
    ("POLYGON", "eip155:137"),
    ("BASE", "eip155:8453"),
    ("ARBITRUM", "eip155:42161"),
    ("ARBITRUM ONE", "eip155:42161"),
    ("AVAXC", "eip155:43114"),
    ("AVALANCHE C-CHAIN", "eip155:43114"),
    ("TRX", "tron:mainnet"),
    ("TRON", "tron:mainnet"),
    ("TRC", "tron:mainnet"),
    ("TRC20", "tron:mainnet"),
    ("BTC", "bip122:000000000019d6689c085ae165831e93"),
    ("BITCOIN", "bip122:000000000019d6689c085ae165831e93"),
];

/// Whose table it is, and where it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The exchange.
    pub entity: String,
    /// The page that it is from.
    pub source: String,
    /// Under what licence it is published there.
    pub licence: String,
    /// The day of the balances.
    pub day: Date,
}

/// What a row comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reserve {
    /// The key of the address signed the text.
    Shown(Box<Label>),
    /// It did not, or the row cannot be used.
    Refused(Refused),
    /// Nothing is known: the network, the kind of address or of signature is not read here.
    NotChecked(Refused),
}

/// Why a row shows nothing.
enum Unshown {
    Refused(String),
    NotChecked(String),
}

/// The rows of a table.
pub struct Reserves<'r> {
    lines: Lines<'r>,
    columns: Columns,
    of: Publication,
}

/// Places of the columns in a row.
struct Columns {
    coin: usize,
    address: usize,
    message: usize,
    signatures: Vec<usize>,
    network: Option<usize>,
    script: Option<usize>,
    owner: Option<usize>,
    count: usize,
}

impl<'r> Reserves<'r> {
    /// Reads a table up to the header of its wallets.
    ///
    /// # Errors
    /// A file that cannot be read, or has no such header.
    pub fn of(file: impl Read + 'r, of: Publication) -> Result<Self, FileError> {
        let unreadable = |error: std::io::Error| FileError::Unreadable(error.to_string());
        let mut lines = Lines::of(file).map_err(unreadable)?;
        loop {
            match lines.next().map_err(unreadable)? {
                Line::End => return Err(FileError::Column("signature")),
                Line::TooLong => {}
                Line::Whole => {
                    let found = record(&lines.bytes).ok().and_then(|header| Columns::of(&header));
                    if let Some(columns) = found {
                        return Ok(Self { lines, columns, of });
                    }
                }
            }
        }
    }

    fn read(&self) -> Result<Label, Unshown> {
        let refused = |reason: &str| Unshown::Refused(reason.to_owned());
        let record = record(&self.lines.bytes).map_err(Unshown::Refused)?;
        let Columns { coin, address, message, signatures, network, script, owner, count } = &self.columns;
        // The tables leave out empty cells at the end of a row.
        if record.len() > *count {
            return Err(refused("it has more cells than the header"));
        }
        let cell = |place: usize| record.get(place).unwrap_or_default().trim();
        let filled = |place: usize| Some(cell(place)).filter(|text| !matches!(*text, "" | "-"));
        let network = network.and_then(filled).unwrap_or_else(|| behind_coin(cell(*coin)));
        let chain = chain_named(network).ok_or_else(|| {
            let network = tracehound_model::text::label(network).into_owned();
            Unshown::NotChecked(format!("the network of `{network}` is not read here"))
        })?;
        let address = Address::parse_for(chain, cell(*address))
            .map_err(|error| Unshown::Refused(format!("its address: {error}")))?;
        let text = filled(*message).ok_or_else(|| refused("it has no text that was signed"))?;
        let signatures: Vec<&str> = signatures.iter().copied().filter_map(filled).collect();
        if signatures.is_empty() {
            return Err(refused("it has no signature"));
        }
        if owner.and_then(filled).is_some() {
            let reason = "its owners signed for it, and the file does not show that they are its owners";
            return Err(Unshown::NotChecked(reason.to_owned()));
        }
        signed_for_reserves(&address, text, &signatures, script.and_then(filled)).map_err(
            |why| match why {
                NotSigned::NotRead => Unshown::NotChecked(why.to_string()),
                _ => Unshown::Refused(why.to_string()),
            },
        )?;
        let Publication { entity, source, licence, day } = &self.of;
        let label = Label {
            chain: chain.caip2(),
            subject: Subject::Address(address),
            label: format!("{entity}: proof of reserves"),
            entity: Some(entity.clone()),
            concept: "exchange".to_owned(),
            predicate: Predicate::Controls,
            nature: Nature::Entity,
            provenance: Provenance {
                source: source.clone(),
                version: day.to_string(),
                licence: licence.clone(),
            },
            confidence: if says_whose(text, entity) { BY_KEY } else { BY_FILE },
            valid_from: None,
            valid_to: None,
        };
        label.check().map_err(Unshown::Refused)?;
        Ok(label)
    }
}

impl Iterator for Reserves<'_> {
    type Item = Reserve;

    fn next(&mut self) -> Option<Reserve> {
        loop {
            match self.lines.next() {
                Ok(Line::End) => return None,
                Ok(Line::TooLong) => return Some(Reserve::Refused(self.lines.refused(too_long()))),
                Ok(Line::Whole) if self.lines.bytes.trim_ascii().is_empty() => {}
                Ok(Line::Whole) => {
                    return Some(match self.read() {
                        Ok(label) => Reserve::Shown(Box::new(label)),
                        Err(Unshown::Refused(reason)) => Reserve::Refused(self.lines.refused(reason)),
                        Err(Unshown::NotChecked(reason)) => Reserve::NotChecked(self.lines.refused(reason)),
                    });
                }
                Err(error) => {
                    let reason = format!("nothing more can be read: {error}");
                    let refused = self.lines.refused(reason);
                    self.lines.end();
                    return Some(Reserve::Refused(refused));
                }
            }
        }
    }
}

impl Columns {
    /// The columns of a header; `None` for a row that is none.
    fn of(header: &csv::StringRecord) -> Option<Self> {
        let names: Vec<String> = header.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
        let find = |wanted: &str| names.iter().position(|name| name == wanted);
        let begins = |wanted: &str| names.iter().position(|name| name.starts_with(wanted));
        let signatures: Vec<usize> =
            ["signature", "signature1", "signature2"].into_iter().filter_map(find).collect();
        Some(Self {
            coin: find("coin")?,
            address: find("address")?,
            message: find("message")?,
            signatures: Some(signatures).filter(|places| !places.is_empty())?,
            network: find("network"),
            script: begins("redeem script"),
            owner: find("eoa1"),
            count: names.len(),
        })
    }
}

/// The network in the name of a coin: `USDT-TRC20`; the coin's own where it says none.
fn behind_coin(coin: &str) -> &str {
    coin.split_once('-').map_or(coin, |(_, network)| network)
}

fn chain_named(network: &str) -> Option<Chain> {
    let network = network.to_ascii_uppercase();
    let (_, id) = NETWORKS.iter().find(|(name, _)| *name == network)?;
    Chain::from_caip2(&id.parse().ok()?)
}

/// Whether a text says whose the address is, and nothing else: "I am an OKX address".
fn says_whose(text: &str, entity: &str) -> bool {
    let words = |text: &str| {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
    };
    let (text, entity) = (words(text), words(entity));
    !entity.is_empty() && ["a", "an"].iter().any(|article| text == format!("i am {article} {entity} address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_says_something_else_of_an_entity_makes_nobody_sure() {
        // Whoever has a key signs what they like.
        for (said, is_own) in [
            ("I am an OKX address", true),
            ("i am a okx address.", true),
            ("This address does not belong to OKX", false),
            ("I am not an OKX address", false),
            ("I am an OKX address, says Binance", false),
            ("OKX", false),
        ] {
            assert_eq!(says_whose(said, "OKX"), is_own, "{said}");
        }
    }
}
