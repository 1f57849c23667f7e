//! What tokens moved in real transactions, against what people who decode them by hand expect: the facts of
//! `truth/decoded_facts.jsonl.gz`.
//!
//! A fact says that a wallet gave or got so much of an asset, in whole units. Of each that names an ERC-20 contract it is said how the
//! movements that we read tell it: by one log, by several added up or taken from each other, by the coin of a chain whose coin also
//! speaks as a token, or not at all, and why not.

use std::collections::{BTreeMap, HashMap};

use alloy_primitives::{Address, B256, Log, U256, keccak256};
use serde_json::Value;
use tracehound_evm::{
    chains::Rules,
    logs::{self, KnownContracts, Said, Token, TokenMove},
    movements::movements,
};
use tracehound_model::transfer::MovementKind;

use crate::recorded::{self, Recorded};

/// How the movements that we read tell a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Told {
    /// One log moves so much to or from the wallet.
    OneLog,
    /// One log moves so much between others, a router and a pool say, on the wallet's behalf.
    OneLogOfOthers,
    /// Several logs added up or taken from each other, or several facts that are one log together.
    Sum,
    /// The chain's coin, which speaks as a token too: its fee, or value that the transaction sent.
    Coin,
    /// The chain's coin, passed on by a contract: traces would tell it, and there is none.
    CoinInside,
    /// The contract wrote another event about it and no transfer: it is in nobody's ledger of transfers.
    OtherEvent,
    /// It is said of another chain than the transaction's.
    OtherChain,
    /// The contract is named by a word and not by an address.
    NoAddress,
    /// Nothing of this explains it.
    Unexplained,
}

impl Told {
    pub(crate) const ALL: [Self; 9] = [
        Self::OneLog,
        Self::OneLogOfOthers,
        Self::Sum,
        Self::Coin,
        Self::CoinInside,
        Self::OtherEvent,
        Self::OtherChain,
        Self::NoAddress,
        Self::Unexplained,
    ];

    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::OneLog => "one log, to or from the wallet",
            Self::OneLogOfOthers => "one log, between others on its behalf",
            Self::Sum => "several logs, added up or taken from each other, or a part of one",
            Self::Coin => "the chain's coin, which speaks as a token too: a fee, or value that was sent",
            Self::CoinInside => {
                "the same coin, passed on by a contract: no receipt tells it, and there is no trace"
            }
            Self::OtherEvent => "the contract wrote another event and no transfer",
            Self::OtherChain => "said of another chain than the transaction's",
            Self::NoAddress => "no address: a name that was not resolved",
            Self::Unexplained => "nothing of this",
        }
    }
}

/// A decimal number, without zeros at its end: `mantissa / 10^scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Decimal {
    mantissa: U256,
    scale: i32,
}

impl Decimal {
    fn new(mut mantissa: U256, mut scale: i32) -> Self {
        let ten = U256::from(10);
        while !mantissa.is_zero() && (mantissa % ten).is_zero() {
            mantissa /= ten;
            scale -= 1;
        }
        Self { mantissa, scale }
    }

    /// `1.5` or `15E-1`.
    fn read(text: &str) -> Option<Self> {
        let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let mantissa = format!("{whole}{part}").parse().ok()?;
        Some(Self::new(mantissa, i32::try_from(part.len()).ok()? - exponent.parse::<i32>().ok()?))
    }

    /// The amount of a fact: text or, where it is whole, a number.
    fn of(fact: &Value) -> Option<Self> {
        let amount = &fact["amount"];
        Self::read(amount.as_str().map_or_else(|| amount.to_string(), str::to_owned).as_str())
    }

    /// Whether so many base units are this for some number of decimal places.
    fn is(self, units: U256) -> bool {
        let units = Self::new(units, 0);
        !units.mantissa.is_zero()
            && units.mantissa == self.mantissa
            && (0..=36).contains(&(self.scale - units.scale))
    }

    /// In base units of so many places, where it has no more.
    fn units(self, places: i32) -> Option<U256> {
        let missing = u32::try_from(places - self.scale).ok()?;
        self.mantissa.checked_mul(U256::from(10).pow(U256::from(missing)))
    }
}

/// Most logs of which all sums are tried.
const MOST: usize = 12;

/// Sums of two or more of them.
fn sums(amounts: &[U256]) -> Vec<U256> {
    if amounts.len() > MOST {
        return Vec::new();
    }
    let several = (0_u32..1 << amounts.len()).filter(|set| set.count_ones() > 1);
    let of = |set: u32| (0..amounts.len()).filter(move |at| set >> at & 1 == 1).map(|at| amounts[at]);
    several.map(|set| of(set).fold(U256::ZERO, U256::wrapping_add)).collect()
}

fn judge(fact: &Value, all: &[Value], recorded: &Recorded) -> Option<Told> {
    let (chain, contract) = fact["asset"].as_str()?.strip_prefix("eip155:")?.split_once("/erc20:")?;
    let Ok(contract) = contract.parse::<Address>() else { return Some(Told::NoAddress) };
    if chain.parse() != Ok(recorded.chain) {
        return Some(Told::OtherChain);
    }
    let amount = Decimal::of(fact)?;
    let who: Option<Address> = fact["who"].as_str().and_then(|who| who.parse().ok());
    let rules = Rules::of(recorded.chain);
    if rules.is_some_and(|rules| rules.contracts.native == Some(contract)) {
        return Some(coin(recorded, amount, who));
    }
    let own = moved(recorded, contract, rules.map(|rules| rules.contracts).unwrap_or_default());
    let is = |one: &&TokenMove| amount.is(one.amount);
    if own.iter().filter(is).any(|one| who.is_some() && (one.from == who || one.to == who)) {
        return Some(Told::OneLog);
    }
    if own.iter().any(|one| is(&one)) {
        return Some(Told::OneLogOfOthers);
    }
    let amounts: Vec<U256> = own.iter().map(|one| one.amount).collect();
    let of = |counts: &dyn Fn(&TokenMove) -> bool| {
        own.iter().filter(|one| counts(one)).map(|one| one.amount).collect::<Vec<_>>()
    };
    let (came, went) = (of(&|one| one.to == who), of(&|one| one.from == who));
    let added = sums(&came).into_iter().chain(sums(&went));
    let apart = amounts.iter().flat_map(|one| amounts.iter().map(|other| one.saturating_sub(*other)));
    let net = |these: &[U256]| these.iter().fold(U256::ZERO, |sum, one| sum.wrapping_add(*one));
    let rest = [net(&came).saturating_sub(net(&went)), net(&went).saturating_sub(net(&came))];
    if added.chain(apart).chain(rest).any(|units| amount.is(units)) {
        return Some(Told::Sum);
    }
    // Other facts of the same asset: a fee and what is left of a payment are one log together, or what is left and a fee one fact.
    let others: Vec<Decimal> = all
        .iter()
        .filter(|other| !std::ptr::eq(*other, fact) && other["asset"] == fact["asset"])
        .filter_map(Decimal::of)
        .collect();
    for places in [6, 8, 9, 18] {
        let Some(own) = amount.units(places) else { continue };
        let others: Vec<U256> = others.iter().filter_map(|other| other.units(places)).collect();
        let with = others.iter().copied().chain(sums(&others));
        for other in with {
            let is_log = |units: U256| !units.is_zero() && amounts.contains(&units);
            if is_log(own.saturating_add(other))
                || is_log(own.saturating_sub(other))
                || is_log(other.saturating_sub(own))
            {
                return Some(Told::Sum);
            }
        }
    }
    let speaks = logs_of(recorded).any(|log| log.address == contract && says(&log, amount));
    Some(if own.is_empty() && speaks { Told::OtherEvent } else { Told::Unexplained })
}

/// Whether a word of a log's data is this amount.
fn says(log: &Log, amount: Decimal) -> bool {
    log.data.data.chunks_exact(32).any(|word| amount.is(U256::from_be_slice(word)))
}

fn logs_of(recorded: &Recorded) -> impl Iterator<Item = Log> + '_ {
    recorded.receipt["logs"].as_array().into_iter().flatten().map(|told| {
        let field = |name: &str| told[name].clone();
        let topics: Vec<B256> = serde_json::from_value(field("topics")).expect("topics");
        let contract: Address = serde_json::from_value(field("address")).expect("an address");
        Log::new(contract, topics, serde_json::from_value(field("data")).expect("data")).expect("a log")
    })
}

/// What our reader says that a contract's logs moved.
fn moved(recorded: &Recorded, contract: Address, known: KnownContracts) -> Vec<TokenMove> {
    let own = logs_of(recorded).filter(|log| log.address == contract);
    own.flat_map(|log| match logs::read(&log, &known) {
        Said::Moved(moved) => moved.into_iter().filter(|one| one.token == Token::Fungible).collect(),
        Said::Nothing | Said::Refused(_) => Vec::new(),
    })
    .collect()
}

/// A fact about the coin: the fee, or value that the transaction itself sent, which receipts tell.
fn coin(recorded: &Recorded, amount: Decimal, who: Option<Address>) -> Told {
    let Some((rules, block, receipts)) = recorded.read() else { return Told::Unexplained };
    let found = movements(&block, Some(&receipts), None, &rules).expect("read before");
    let who = who.map(|who| tracehound_model::Address::Evm(who.into_array()));
    let of = |kind: MovementKind| {
        let all = found.block.txs.iter().flat_map(|tx| &tx.movements);
        all.filter(move |one| one.kind == kind && one.asset == rules.native)
    };
    let units = |amount: tracehound_model::Amount| U256::from_be_bytes(amount.to_be_bytes());
    let fees = of(MovementKind::Fee).filter(|fee| fee.from == who);
    let fee = fees.fold(U256::ZERO, |sum, fee| sum.wrapping_add(units(fee.amount)));
    if amount.is(fee) || of(MovementKind::Native).any(|sent| amount.is(units(sent.amount))) {
        return Told::Coin;
    }
    // What the coin says as a token is read nowhere, for it would be counted twice; that it says so shows what it is.
    let speaks = |log: &Log| {
        let told = [LOG_TRANSFER, "Transfer(address,address,uint256)"].map(keccak256);
        rules.contracts.native == Some(log.address)
            && log.topics().first().is_some_and(|topic| told.contains(topic))
    };
    let told: Vec<U256> = logs_of(recorded)
        .filter(speaks)
        .filter_map(|log| log.data.data.get(..32).map(U256::from_be_slice))
        .collect();
    let apart = told.iter().flat_map(|one| told.iter().map(|other| one.saturating_sub(*other)));
    if told.iter().copied().chain(sums(&told)).chain(apart).any(|units| amount.is(units)) {
        return Told::CoinInside;
    }
    // A part of what it says: the rest is another fact.
    if told.is_empty() { Told::Unexplained } else { Told::CoinInside }
}

/// What Polygon's coin writes whenever it moves (`matic.js`; `MRC20`, event `LogTransfer`); Optimism's wrote a plain transfer.
const LOG_TRANSFER: &str = "LogTransfer(address,address,address,uint256,uint256,uint256,uint256,uint256)";

/// Whether a fact is exactly one log of a plain transfer to or from the wallet, by its bytes alone.
fn is_one_plain_log(fact: &Value, recorded: &Recorded) -> bool {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_lowercase();
    let (asset, who) = (text(&fact["asset"]), text(&fact["who"]));
    let Some(amount) = Decimal::of(fact) else { return false };
    recorded.receipt["logs"].as_array().into_iter().flatten().any(|log| {
        let topics: Vec<String> = log["topics"].as_array().into_iter().flatten().map(text).collect();
        let is_end = |topic: &String| who.len() == 42 && topic.ends_with(&who[2..]);
        topics.len() == 3
            && topics[0] == keccak256("Transfer(address,address,uint256)").to_string()
            && asset == format!("eip155:{}/erc20:{}", recorded.chain, text(&log["address"]))
            && topics[1..].iter().any(is_end)
            && text(&log["data"]).len() == 66
            && text(&log["data"]).parse().is_ok_and(|units| amount.is(units))
    })
}

/// What was counted of the facts.
#[derive(Default)]
pub(crate) struct Counted {
    /// How often each way of telling occurs.
    pub(crate) counts: BTreeMap<Told, usize>,
    /// What is not explained.
    pub(crate) unexplained: Vec<String>,
    /// Facts that are exactly one plain log by its bytes, and those of them that are told so.
    pub(crate) plain: [usize; 2],
}

pub(crate) fn counted() -> Option<Counted> {
    let facts = recorded::lines("truth/decoded_facts.jsonl.gz")?;
    let all = recorded::all()?;
    let by_hash: HashMap<(u64, &str), &Recorded> =
        all.iter().map(|one| ((one.chain, one.hash.as_str()), one)).collect();
    let mut counted = Counted::default();
    for told in &facts {
        let (chain, hash) = (told["chain"].as_u64().expect("a number"), told["tx"].as_str().expect("a hash"));
        let facts = told["facts"].as_array().expect("facts");
        let recorded = by_hash[&(chain, hash)];
        for fact in facts {
            if !fact["asset"].as_str().is_some_and(|asset| asset.contains("/erc20:")) {
                continue;
            }
            let how = judge(fact, facts, recorded).unwrap_or(Told::Unexplained);
            *counted.counts.entry(how).or_default() += 1;
            if is_one_plain_log(fact, recorded) {
                // The coin, where it speaks as a token, is told as what it is.
                counted.plain[0] += 1;
                counted.plain[1] += usize::from(matches!(how, Told::OneLog | Told::Coin | Told::CoinInside));
            }
            if how == Told::Unexplained {
                counted.unexplained.push(format!("{chain} {hash} {} {}", fact["asset"], fact["amount"]));
            }
        }
    }
    Some(counted)
}

/// Every fact that is one log is found, and what is not one log is explained.
#[test]
fn erc20_facts_of_real_transactions_are_told_or_explained() {
    let Some(Counted { counts, unexplained, plain }) = counted() else { return };
    assert_eq!(plain[0], plain[1], "each that is one log is told so");
    // The data's own count.
    assert!(plain[0] >= 594, "{plain:?}");
    let lines: Vec<String> = counts.iter().map(|(told, count)| format!("{count} {}", told.words())).collect();
    insta::assert_snapshot!(format!("{}\n{}", lines.join("\n"), unexplained.join("\n")));
}

#[test]
fn decimals_are_compared_whatever_their_places() {
    let is = |text: &str, units: u64| Decimal::read(text).expect("a number").is(U256::from(units));
    assert!(is("15E-1", 15) && is("1.5e2", 150));
    assert!(is("1.5", 1_500_000) && is("1.5", 15) && is("20", 20) && is("20", 2_000));
    assert!(!is("1.5", 1_500_001) && !is("20", 2) && !is("0", 0));
    assert_eq!(Decimal::read("1.25").and_then(|it| it.units(6)), Some(U256::from(1_250_000)));
    assert_eq!(Decimal::read("1.25").and_then(|it| it.units(1)), None);
    assert_eq!(sums(&[U256::from(1), U256::from(2), U256::from(4)]).len(), 4);
}
