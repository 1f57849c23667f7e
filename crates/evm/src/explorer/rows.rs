//! Rows of an explorer's lists: numbers as decimal texts, nobody as an empty one.

use alloy_primitives::{Address, B256, U256};
use serde::Deserialize;
use tracehound_model::{
    Address as Account, Amount, Asset,
    transfer::{Movement, MovementKind},
};

use super::List;
use crate::chains::Rules;

/// A row of any list.
pub(super) struct Row {
    pub(super) block: u64,
    /// Its transaction's place in the block.
    pub(super) index: Option<u64>,
    pub(super) time: u64,
    pub(super) hash: Option<B256>,
    /// Whether its transaction failed as a whole.
    pub(super) failed: bool,
    pub(super) movements: Vec<Movement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    block_number: String,
    #[serde(alias = "timestamp")]
    time_stamp: String,
    #[serde(default)]
    transaction_index: Option<String>,
    #[serde(default)]
    hash: Option<B256>,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    contract_address: String,
    #[serde(default)]
    value: Option<String>,
    #[serde(default)]
    gas_used: Option<String>,
    #[serde(default)]
    gas_price: Option<String>,
    #[serde(default, rename = "L1FeesPaid")]
    l1_fees_paid: Option<String>,
    #[serde(default)]
    is_error: Option<String>,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default, rename = "tokenID")]
    token_id: Option<String>,
    #[serde(default)]
    token_value: Option<String>,
    // Of withdrawals.
    #[serde(default)]
    address: String,
    #[serde(default)]
    amount: Option<String>,
}

/// Gwei in wei.
const GWEI: u64 = 1_000_000_000;

/// The rows of a list about an account, or what is wrong with them.
pub(super) fn read(list: List, json: &str, account: Address, rules: &Rules) -> Result<Vec<Row>, String> {
    let told: Vec<Told> =
        serde_json::from_str(json).map_err(|error| format!("has rows of another form: {error}"))?;
    let rows = told.into_iter().zip(1..).map(|(told, place)| {
        told.row(list, account, rules).map_err(|problem| format!("has a row {place} {problem}"))
    });
    rows.collect()
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "with a number that is none".to_owned())
}

fn amount(text: Option<&str>) -> Result<U256, String> {
    let text = text.ok_or("without an amount")?;
    let is_whole = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_whole.then(|| text.parse().ok()).flatten().ok_or_else(|| "with an amount that is none".to_owned())
}

fn address(text: &str) -> Result<Option<Address>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let address: Address = text.parse().map_err(|_| "with an account that is none".to_owned())?;
    Ok(Some(address))
}

impl Told {
    fn row(self, list: List, account: Address, rules: &Rules) -> Result<Row, String> {
        let failed = match (list, self.is_error.as_deref()) {
            (List::Transactions | List::Internal, Some("0" | "1")) => self.is_error.as_deref() == Some("1"),
            (List::Transactions | List::Internal, _) => {
                return Err("that does not say whether it failed".to_owned());
            }
            _ => false,
        };
        let mut row = Row {
            block: number(&self.block_number)?,
            index: self.transaction_index.as_deref().map(number).transpose()?,
            time: number(&self.time_stamp)?,
            hash: self.hash,
            failed: failed && list == List::Transactions,
            movements: Vec::new(),
        };
        if list != List::Withdrawals && row.hash.is_none() {
            return Err("without the hash of its transaction".to_owned());
        }
        let contract = address(&self.contract_address)?;
        let (from, to) = match list {
            List::Withdrawals => (None, address(&self.address)?),
            // Whoever creates a contract sends to it.
            List::Transactions | List::Internal => (address(&self.from)?, address(&self.to)?.or(contract)),
            List::Tokens | List::Unique | List::Multi => (address(&self.from)?, address(&self.to)?),
        };
        if from != Some(account) && to != Some(account) {
            return Err("about others than the account".to_owned());
        }
        let nobody = |account: Option<Address>| account.filter(|account| !account.is_zero());
        match list {
            List::Transactions => {
                let used = amount(self.gas_used.as_deref())?;
                let fee = used
                    .checked_mul(amount(self.gas_price.as_deref())?)
                    .ok_or("with a fee beyond 256 bits")?;
                row.push(from, None, rules.native, fee, MovementKind::Fee);
                if let Some(below) = self.l1_fees_paid.as_deref().filter(|fee| !fee.is_empty()) {
                    row.push(from, None, rules.native, amount(Some(below))?, MovementKind::Fee);
                }
                if !failed {
                    row.push(from, to, rules.native, amount(self.value.as_deref())?, MovementKind::Native);
                }
            }
            List::Internal => {
                if moves(&self.kind)? && !failed {
                    row.push(from, to, rules.native, amount(self.value.as_deref())?, MovementKind::Native);
                }
            }
            List::Tokens | List::Unique | List::Multi => {
                let contract = contract.ok_or("without the contract of its token")?;
                if Some(contract) == rules.contracts.native {
                    // The coin as a token: what it says stands in the other lists.
                    return Ok(row);
                }
                let (chain, bytes) = (rules.chain_id, contract.into_array());
                let id = || amount(self.token_id.as_deref()).map(of);
                let (asset, moved) = match list {
                    List::Unique => (Asset::erc721(chain, bytes, id()?), U256::ONE),
                    List::Multi => {
                        (Asset::erc1155(chain, bytes, id()?), amount(self.token_value.as_deref())?)
                    }
                    _ => (Asset::erc20(chain, bytes), amount(self.value.as_deref())?),
                };
                row.push(nobody(from), nobody(to), asset, moved, MovementKind::Token);
            }
            List::Withdrawals => {
                let wei = amount(self.amount.as_deref())?
                    .checked_mul(U256::from(GWEI))
                    .ok_or("with an amount beyond 256 bits")?;
                row.push(None, to, rules.native, wei, MovementKind::Issue);
            }
        }
        Ok(row)
    }
}

pub(super) fn erc20(chain: u64, contract: Address) -> Asset {
    Asset::erc20(chain, contract.into_array())
}

pub(super) fn erc721(chain: u64, contract: Address, id: U256) -> Asset {
    Asset::erc721(chain, contract.into_array(), of(id))
}

pub(super) fn erc1155(chain: u64, contract: Address, id: U256) -> Asset {
    Asset::erc1155(chain, contract.into_array(), of(id))
}

/// Who passed how much of the native asset on to whom.
pub(super) type Passed = (Option<Address>, Option<Address>, U256);

/// A call of a transaction, as a list of one tells it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Call {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    contract_address: String,
    #[serde(default)]
    value: Option<String>,
    #[serde(default)]
    is_error: Option<String>,
    #[serde(default, rename = "type")]
    kind: String,
}

impl Call {
    /// What it moved; nothing where it failed or is of a kind that moves nothing.
    pub(super) fn moved(&self) -> Result<Option<Passed>, String> {
        let failed = match self.is_error.as_deref() {
            Some("0") => false,
            Some("1") => true,
            _ => return Err("has a row that does not say whether it failed".to_owned()),
        };
        let wrong = |problem: String| format!("has a row {problem}");
        let moves = moves(&self.kind).map_err(wrong)?;
        let to = address(&self.to).map_err(wrong)?.or(address(&self.contract_address).map_err(wrong)?);
        let value = amount(self.value.as_deref()).map_err(wrong)?;
        Ok((moves && !failed).then_some((address(&self.from).map_err(wrong)?, to, value)))
    }
}

/// Whether a call of this kind moves its value.
fn moves(kind: &str) -> Result<bool, String> {
    match kind.to_ascii_lowercase().as_str() {
        "call" | "create" | "create2" | "suicide" | "selfdestruct" => Ok(true),
        "delegatecall" | "callcode" | "staticcall" | "reward" => Ok(false),
        _ => Err("of a kind that is not known".to_owned()),
    }
}

fn of(value: U256) -> Amount {
    Amount::from_be_bytes(value.to_be_bytes())
}

impl Row {
    /// One without a movement.
    pub(super) fn new(block: u64, time: u64, hash: Option<B256>) -> Self {
        Self { block, index: None, time, hash, failed: false, movements: Vec::new() }
    }

    /// A movement; none of nothing, and none from somebody to himself.
    pub(super) fn push(
        &mut self,
        from: Option<Address>,
        to: Option<Address>,
        asset: Asset,
        value: U256,
        kind: MovementKind,
    ) {
        let account = |address: Address| Account::Evm(address.into_array());
        if !value.is_zero() && from != to {
            let (from, to) = (from.map(account), to.map(account));
            self.movements.push(Movement { from, to, asset, amount: of(value), kind, proved: false });
        }
    }
}
