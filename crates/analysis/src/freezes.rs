//! Freezes: addresses whose tokens an issuer has stopped, by what the token's own contract says in its logs.
//!
//! A freeze is an issuer's act about an asset. It names nobody, and says nothing of who is behind the address: issuers have frozen
//! routers and the null address. Whoever writes the same event in another contract freezes nothing, so only logs of the contracts in
//! `data/issuers.toml` count, on their chain.

use std::{collections::BTreeMap, sync::LazyLock};

use jiff::{ToSpan, civil::Date};
use serde::Deserialize;
use sha3::{Digest, Keccak256};
use tracehound_model::{Address, Amount, Chain, caip::Caip2};

/// Bytes of a word of the ABI.
const WORD: usize = 32;
/// Zeros before an address in a word.
const PADDING: usize = 12;

/// What an issuer does to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Nothing can be moved from there any more.
    Freeze,
    /// It can again.
    Release,
    /// What is there is taken away; only from what is frozen.
    Destroy,
}

/// A token whose issuer freezes.
#[derive(Debug, PartialEq, Eq)]
pub struct Token {
    /// Whose it is.
    pub issuer: String,
    /// Its ticker.
    pub symbol: String,
    chain: Chain,
    address: Address,
}

/// What a log of an issuer's own token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Of which token.
    pub token: &'static Token,
    /// What was done.
    pub act: Act,
    /// To whom.
    pub account: Address,
    /// How much was destroyed.
    pub amount: Amount,
    /// The name of the event.
    pub event: &'static str,
}

/// A log of an issuer's own token under the name of a known event, that has not its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is {event} of {symbol} and has not the form of it")]
pub struct WrongForm {
    event: &'static str,
    symbol: &'static str,
}

/// Where an act stands on its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its block.
    pub block: u64,
    /// The log's number in it.
    pub index: u64,
}

/// An act with its place on the chain and its day.
pub type Dated = (Place, Date, Said);

/// A time for which an address was frozen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// The address.
    pub account: Address,
    /// Of which token nothing moved.
    pub token: &'static Token,
    /// The event that says so first.
    pub event: &'static str,
    /// Its block.
    pub block: u64,
    /// The first day on which it was frozen, as far as is known.
    pub from: Date,
    /// It was frozen before: what says so first is that its funds were destroyed.
    pub is_earlier: bool,
    /// The first day on which it no longer was.
    pub to: Option<Date>,
    /// What was destroyed meanwhile, in base units.
    pub destroyed: Amount,
}

/// What an issuer's token says in a log of this chain; `None` where the log is no issuer's, or about something else. `data` are the
/// bytes behind the topics.
///
/// # Errors
/// An issuer's own event that has not its form: nothing is known of whom it is about.
pub fn said(
    chain: Chain,
    emitter: &Address,
    topics: &[[u8; WORD]],
    data: &[u8],
) -> Result<Option<Said>, WrongForm> {
    let is_it = |token: &&Token| token.chain == chain && token.address == *emitter;
    let (Some(token), Some((first, rest))) = (TABLE.tokens.iter().find(is_it), topics.split_first()) else {
        return Ok(None);
    };
    let is_said = |event: &&Event| event.issuer == token.issuer && event.topic == *first;
    let Some(event) = TABLE.events.iter().find(is_said) else { return Ok(None) };
    let wrong = WrongForm { event: &event.name, symbol: &token.symbol };
    let (words, odd) = data.as_chunks::<WORD>();
    if !odd.is_empty() || !event.indexed.contains(&rest.len()) || rest.len() + words.len() != event.parameters
    {
        return Err(wrong);
    }
    let mut words = rest.iter().chain(words);
    let account = words.next().and_then(|word| account(chain, word)).ok_or(wrong)?;
    let amount = words.next().map_or(Amount::ZERO, |word| Amount::from_be_bytes(*word));
    Ok(Some(Said { token, act: event.act, account, amount, event: &event.name }))
}

fn account(chain: Chain, word: &[u8; WORD]) -> Option<Address> {
    let (padding, address) = word.split_at(PADDING);
    let address = address.try_into().ok().filter(|_| padding.iter().all(|&byte| byte == 0))?;
    match chain {
        Chain::Evm(_) => Some(Address::Evm(address)),
        Chain::Tron(_) => Some(Address::Tron(address)),
        _ => None,
    }
}

/// The times for which addresses were frozen by these acts of one chain, whatever their order, and how many releases there are whose
/// freeze is not among them: of those nothing is said, since issuers may release what was not frozen. O(n log n).
pub fn frozen(acts: impl IntoIterator<Item = Dated>) -> (Vec<Frozen>, u64) {
    let mut by_account: BTreeMap<(Address, &Address), Vec<Dated>> = BTreeMap::new();
    for act in acts {
        by_account.entry((act.2.account, &act.2.token.address)).or_default().push(act);
    }
    let (mut all, mut alone) = (Vec::new(), 0);
    for (_, mut acts) in by_account {
        acts.sort_by_key(|(place, ..)| *place);
        let mut open: Option<Frozen> = None;
        for (Place { block, .. }, day, said) in acts {
            let Said { token, act, account, amount, event } = said;
            if act == Act::Release {
                let Some(mut frozen) = open.take() else {
                    alone += 1;
                    continue;
                };
                // A day is the least that a label holds for.
                frozen.to = Some(day.max(frozen.from.saturating_add(1.day())));
                all.push(frozen);
                continue;
            }
            let frozen = open.get_or_insert_with(|| Frozen {
                account,
                token,
                event,
                block,
                from: day,
                is_earlier: act == Act::Destroy,
                to: None,
                destroyed: Amount::ZERO,
            });
            frozen.destroyed = frozen.destroyed.saturating_add(amount);
        }
        all.extend(open);
    }
    (all, alone)
}

/// Whether issuers whose events are known have a token on a chain.
pub fn has_issuers(chain: Chain) -> bool {
    TABLE.tokens.iter().any(|token| token.chain == chain)
}

/// Contracts of issuers on a chain, and the first topics of the logs by which they say what they do: both empty where none is known.
pub fn kept_on(chain: Chain) -> (&'static [[u8; 20]], &'static [[u8; WORD]]) {
    match TABLE.kept.get(&chain) {
        Some(contracts) => (contracts, &TABLE.topics),
        None => (&[], &[]),
    }
}

struct Table {
    /// Contracts by EVM chain, and all first topics.
    kept: BTreeMap<Chain, Vec<[u8; 20]>>,
    topics: Vec<[u8; WORD]>,
    events: Vec<Event>,
    tokens: Vec<Token>,
}

struct Event {
    issuer: String,
    act: Act,
    topic: [u8; WORD],
    name: String,
    parameters: usize,
    indexed: Vec<usize>,
}

/// The table as it is written; where its rows are from is for who reads it.
#[derive(Deserialize)]
struct Written {
    event: Vec<WrittenEvent>,
    token: Vec<WrittenToken>,
}

#[derive(Deserialize)]
struct WrittenEvent {
    issuer: String,
    act: Act,
    signature: String,
    indexed: Vec<usize>,
}

#[derive(Deserialize)]
struct WrittenToken {
    issuer: String,
    symbol: String,
    chain: Caip2,
    address: String,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let Written { event, token } =
        toml::from_str(include_str!("data/issuers.toml")).expect("a table of ours");
    let events = event.into_iter().map(|WrittenEvent { issuer, act, signature, indexed }| Event {
        issuer,
        act,
        topic: Keccak256::digest(&signature).into(),
        parameters: signature.split(',').count(),
        name: signature.split('(').next().unwrap_or_default().to_owned(),
        indexed,
    });
    let tokens = token.into_iter().map(|WrittenToken { issuer, symbol, chain, address }| {
        let chain = Chain::from_caip2(&chain).expect("a chain that is known here");
        let address = Address::parse_for(chain, &address).expect("an address of its chain");
        Token { issuer, symbol, chain, address }
    });
    let (events, tokens): (Vec<Event>, Vec<Token>) = (events.collect(), tokens.collect());
    let mut kept: BTreeMap<Chain, Vec<[u8; 20]>> = BTreeMap::new();
    for token in &tokens {
        if let Address::Evm(contract) = token.address {
            kept.entry(token.chain).or_default().push(contract);
        }
    }
    let topics = events.iter().map(|event| event.topic).collect();
    Table { kept, topics, events, tokens }
});
