//! What contracts say that tokens moved: ERC-20, ERC-721, ERC-1155, and the wrapping of the native asset, by the topics and
//! the length of the data of their logs.
//!
//! Anything that begins like one of them and has another shape is refused with its reason: which of its words is the amount
//! cannot be known. A contract may say what it likes; that a movement is *proved* means that the contract said so, not that
//! anybody holds anything.

use alloy_primitives::{Address, B256, Log, U256, b256};

/// `Transfer(address,address,uint256)` (EIP-20, EIP-721).
const TRANSFER: B256 = b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
/// `TransferSingle(address,address,address,uint256,uint256)` (EIP-1155).
const TRANSFER_SINGLE: B256 = b256!("c3d58168c5ae7397731d063d5bbf3d657854427343f4c083240f7aacaa2d0f62");
/// `TransferBatch(address,address,address,uint256[],uint256[])` (EIP-1155).
const TRANSFER_BATCH: B256 = b256!("4a39dc06d4c0dbc64b70af90fd698a233a518aa5d07e595d983b8c0526c8f7fb");
/// `Deposit(address,uint256)` of a contract that wraps the native asset.
const DEPOSIT: B256 = b256!("e1fffcc4923d04b559f4d29a8bfc6cda04eb5b0d3c460751c2402c5c5cc9109c");
/// `Withdrawal(address,uint256)` of a contract that wraps the native asset.
const WITHDRAWAL: B256 = b256!("7fcf532c15f0a6db0bd6d0e038bea71d30d808c7d98cb3bf7268a95bf5081b65");

/// First topics of logs that say that something moved: the account stands in one of the topics behind it.
pub const TOPICS: [B256; 5] = [TRANSFER, TRANSFER_SINGLE, TRANSFER_BATCH, DEPOSIT, WITHDRAWAL];

/// Most items of one `TransferBatch` that are read.
const MAX_BATCH: usize = 10_000;

/// What a token contract said that it moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenMove {
    /// The contract.
    pub contract: Address,
    /// What it moved.
    pub token: Token,
    /// Who had it; nobody where it was issued.
    pub from: Option<Address>,
    /// Who has it now; nobody where it was destroyed.
    pub to: Option<Address>,
    /// How many base units, or how many of that number.
    pub amount: U256,
}

/// Which of a contract's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// The one that it has (ERC-20).
    Fungible,
    /// The one of this number (ERC-721).
    Unique(U256),
    /// Those of this number (ERC-1155).
    Multi(U256),
}

/// What a log says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// That these moved.
    Moved(Vec<TokenMove>),
    /// Nothing about tokens that moved.
    Nothing,
    /// Something that begins like it, and is of a shape that nobody knows how to read.
    Refused(&'static str),
}

/// Contracts of a chain whose logs need to be known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KnownContracts {
    /// The one that wraps the native asset: what it says of deposits and withdrawals issues and destroys its token.
    pub wrapped: Option<Address>,
    /// The one that says of the native asset what moved already: what it says is counted nowhere.
    pub native: Option<Address>,
}

/// Reads what a log says.
pub fn read(log: &Log, known: &KnownContracts) -> Said {
    let topics = log.topics();
    let Some(&first) = topics.first() else { return Said::Nothing };
    if Some(log.address) == known.native {
        return Said::Nothing;
    }
    let moved = match first {
        TRANSFER => transfer(log),
        TRANSFER_SINGLE => transfer_single(log),
        TRANSFER_BATCH => transfer_batch(log),
        DEPOSIT if Some(log.address) == known.wrapped => wrapped(log, true),
        WITHDRAWAL if Some(log.address) == known.wrapped => wrapped(log, false),
        _ => return Said::Nothing,
    };
    moved.map_or_else(Said::Refused, Said::Moved)
}

/// What moved, or why that cannot be read.
type Moves = Result<Vec<TokenMove>, &'static str>;

/// A word of 32 bytes.
fn word(data: &[u8], at: usize) -> Option<U256> {
    let start = at.checked_mul(32)?;
    let bytes = data.get(start..start.checked_add(32)?)?;
    Some(U256::from_be_slice(bytes))
}

/// An account in a topic; nobody where it is the zero address.
fn account(topic: &B256) -> Result<Option<Address>, &'static str> {
    if topic[..12].iter().any(|&byte| byte != 0) {
        return Err("an account in it has more than 20 bytes");
    }
    let address = Address::from_slice(&topic[12..]);
    Ok((address != Address::ZERO).then_some(address))
}

fn transfer(log: &Log) -> Moves {
    let (token, amount, from, to) = match (log.topics(), log.data.data.len()) {
        ([_, from, to], 32) => {
            (Token::Fungible, word(&log.data.data, 0).ok_or("its data is cut off")?, from, to)
        }
        ([_, from, to, number], 0) => (Token::Unique(U256::from_be_bytes(number.0)), U256::ONE, from, to),
        ([_], 96) | ([_, _], 64) => {
            return Err(
                "its accounts are not indexed: whether its last word is an amount or a number is not known",
            );
        }
        _ => {
            return Err(
                "a transfer of tokens has neither three topics and one word nor four topics and none",
            );
        }
    };
    Ok(one(log, token, amount, account(from)?, account(to)?).into_iter().collect())
}

fn transfer_single(log: &Log) -> Moves {
    let ([_, _, from, to], 64) = (log.topics(), log.data.data.len()) else {
        return Err("a single transfer has not four topics and two words");
    };
    let number = word(&log.data.data, 0).ok_or("its data is cut off")?;
    let amount = word(&log.data.data, 1).ok_or("its data is cut off")?;
    Ok(one(log, Token::Multi(number), amount, account(from)?, account(to)?).into_iter().collect())
}

fn transfer_batch(log: &Log) -> Moves {
    let [_, _, from, to] = log.topics() else { return Err("a batch has not four topics") };
    let (from, to) = (account(from)?, account(to)?);
    let numbers = list(&log.data.data, 0)?;
    let amounts = list(&log.data.data, 1)?;
    if numbers.len() != amounts.len() {
        return Err("a batch has not as many amounts as numbers");
    }
    let moves = numbers.into_iter().zip(amounts);
    Ok(moves.filter_map(|(number, amount)| one(log, Token::Multi(number), amount, from, to)).collect())
}

/// A list of words, to which the word at `at` points.
fn list(data: &[u8], at: usize) -> Result<Vec<U256>, &'static str> {
    let cut = "a batch has a list that is cut off";
    let offset = usize::try_from(word(data, at).ok_or(cut)?).map_err(|_| cut)?;
    let rest = data.get(offset..).ok_or(cut)?;
    let count = usize::try_from(word(rest, 0).ok_or(cut)?).map_err(|_| cut)?;
    if count > MAX_BATCH {
        return Err("a batch is too long");
    }
    (1..=count).map(|item| word(rest, item).ok_or(cut)).collect()
}

fn wrapped(log: &Log, is_deposit: bool) -> Moves {
    let ([_, who], 32) = (log.topics(), log.data.data.len()) else {
        return Err("a deposit or withdrawal has not two topics and one word");
    };
    let who = account(who)?;
    let amount = word(&log.data.data, 0).ok_or("its data is cut off")?;
    let (from, to) = if is_deposit { (None, who) } else { (who, None) };
    Ok(one(log, Token::Fungible, amount, from, to).into_iter().collect())
}

/// One movement; none of nothing, and none from somebody to himself.
fn one(
    log: &Log,
    token: Token,
    amount: U256,
    from: Option<Address>,
    to: Option<Address>,
) -> Option<TokenMove> {
    let moves = !amount.is_zero() && from != to;
    moves.then_some(TokenMove { contract: log.address, token, from, to, amount })
}
