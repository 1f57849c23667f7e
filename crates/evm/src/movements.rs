//! What a block moved: its header, receipts and traces put together, each movement with what vouches for it.
//!
//! In each transaction the fee moves first, which is taken before anything runs; then native value in the order of
//! execution; then tokens in the order of their logs. What the chain itself pays out stands in a transaction of its own under
//! the block's hash, last.

use alloy_consensus::constants::GWEI_TO_WEI;
use alloy_primitives::{Address, B256, Log, U256};
use tracehound_model::{
    Address as Account, Amount, Asset,
    transfer::{Movement, MovementKind, TransferBlock, TransferTx, Unseen},
};

use crate::{
    block::{Block, HeaderForm, Tx},
    chains::{Issues, Recipient, Since, Withdrawals, at},
    logs::{self, Said, Token, TokenMove},
    receipts::{Receipt, Receipts},
    traces::{Moved, TraceError, Traces, TxTrace},
};

pub use crate::chains::{Rewards, Rules};

/// What a block moved, and what is not known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Movements {
    /// The movements.
    pub block: TransferBlock,
    /// What is not known.
    pub gaps: Vec<Gap>,
    /// Logs about tokens that could not be read: the transaction, the place of the log in it, from 0, and the reason.
    pub refused: Vec<(B256, usize, &'static str)>,
    /// Logs that the rules want handed on, in their order.
    pub kept: Vec<KeptLog>,
}

/// A log that is handed on as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptLog {
    /// Its transaction.
    pub tx: B256,
    /// Its number in the block, from 0.
    pub index: u64,
    /// The log.
    pub log: Log,
}

/// Something that moved perhaps, and nobody told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Gap {
    /// No receipts: neither fees nor tokens are known, nor which transactions failed.
    #[error(
        "block {0}: without receipts neither fees nor tokens are known, nor whether a transaction failed"
    )]
    NoReceipts(u64),
    /// No traces: what contracts passed on is not known.
    #[error("block {0}: without traces the native value that contracts passed on is not known")]
    NoTraces(u64),
    /// A block that the node would not trace, or of which its traces are not what the rest says.
    #[error("block {number}: what contracts passed on is not known, for its traces are refused: {why}")]
    Untraceable {
        /// The block.
        number: u64,
        /// Why.
        why: String,
    },
    /// A transaction that the node could not trace.
    #[error("transaction {tx}: the node could not trace it: {why}")]
    Untraced {
        /// The transaction.
        tx: B256,
        /// What the node said.
        why: String,
    },
    /// Whether a transaction from before EIP-658 failed, its value therefore, is told by traces alone.
    #[error("transaction {0}: from before Byzantium; without a trace it is not known whether it failed")]
    Outcome(B256),
    /// What a transaction paid for gas.
    #[error("transaction {0}: what it paid for gas is not told")]
    Fee(B256),
    /// Something that the chain paid out, or that somebody whom nobody names got.
    #[error("block {0}: whom the chain paid what is not told whole")]
    Issues(u64),
    /// Who mined the uncles.
    #[error("block {0}: without traces it is not known whom its uncles' rewards went to")]
    Uncles(u64),
}

impl Gap {
    /// What it is called in what a store keeps of the block.
    pub fn unseen(&self) -> Unseen {
        match self {
            Self::NoReceipts(_) => Unseen::RECEIPTS,
            Self::NoTraces(_) | Self::Untraceable { .. } => Unseen::TRACES,
            Self::Untraced { .. } | Self::Outcome(_) => Unseen::SOME_TXS,
            Self::Fee(_) => Unseen::SOME_FEES,
            Self::Issues(_) | Self::Uncles(_) => Unseen::SOME_ISSUES,
        }
    }
}

/// Puts together what a block moved.
///
/// # Errors
/// Where traces and receipts contradict each other.
pub fn movements(
    block: &Block,
    receipts: Option<&Receipts>,
    traces: Option<&Traces>,
    rules: &Rules,
) -> Result<Movements, TraceError> {
    let number = block.header.number;
    let mut found = Movements {
        block: TransferBlock {
            height: number,
            hash: block.hash.0,
            parent: block.header.parent_hash.0,
            time: block.header.timestamp,
            unseen: Unseen::NOTHING,
            txs: Vec::with_capacity(block.txs.len() + 1),
        },
        gaps: Vec::new(),
        refused: Vec::new(),
        kept: Vec::new(),
    };
    let mut log_number = 0;
    if !block.txs.is_empty() {
        found.gaps.extend(receipts.is_none().then_some(Gap::NoReceipts(number)));
        found.gaps.extend(traces.is_none().then_some(Gap::NoTraces(number)));
    }
    let is_proved =
        receipts.is_some_and(|receipts| receipts.proof.is_proved()) && block.txs_proved.is_proved();
    let mut all_told = rules.issues == Issues::Nothing
        && (rules.withdrawals == Withdrawals::Native || block.withdrawals.is_empty());
    for (index, tx) in block.txs.iter().enumerate() {
        let receipt = receipts.and_then(|receipts| receipts.receipts.get(index));
        let trace = traces.and_then(|traces| traces.txs.get(index));
        let mut moves = Of { block, tx, rules, is_proved, movements: Vec::new(), is_told: true };
        let system = rules.system(tx.kind, tx.from);
        moves.system(system);
        if let Some(receipt) = receipt
            && system != Some(Issues::Mint)
            && !moves.fee(receipt)
        {
            found.gaps.push(Gap::Fee(tx.hash));
        }
        let wrong = |what: &str| TraceError::Trace { number, index, what: what.to_owned() };
        moves.native(receipt, trace, &mut found.gaps).map_err(wrong)?;
        if let Some(receipt) = receipt {
            for (at, log) in receipt.logs.iter().enumerate() {
                match logs::read(log, &rules.contracts) {
                    Said::Moved(moved) => moved.iter().for_each(|moved| moves.token(moved)),
                    Said::Nothing => {}
                    Said::Refused(why) => found.refused.push((tx.hash, at, why)),
                }
                if rules.keeps.has(log) {
                    found.kept.push(KeptLog { tx: tx.hash, index: log_number, log: log.clone() });
                }
                log_number += 1;
            }
        }
        all_told &= moves.is_told;
        let movements = moves.movements;
        found.block.txs.push(TransferTx { hash: tx.hash.0, movements });
    }
    found.gaps.extend((!all_told).then_some(Gap::Issues(number)));
    let paid = paid_by_the_chain(block, traces, rules, &mut found.gaps);
    if !paid.is_empty() {
        found.block.txs.push(TransferTx { hash: block.hash.0, movements: paid });
    }
    found.block.unseen = found.gaps.iter().fold(Unseen::NOTHING, |all, gap| all.and(gap.unseen()));
    Ok(found)
}

impl Movements {
    /// Takes down something more that is not known.
    pub(crate) fn add(&mut self, gap: Gap) {
        self.block.unseen = self.block.unseen.and(gap.unseen());
        self.gaps.push(gap);
    }
}

/// The movements of one transaction.
struct Of<'a> {
    block: &'a Block,
    tx: &'a Tx,
    rules: &'a Rules,
    /// Whether transactions and receipts are the header's.
    is_proved: bool,
    movements: Vec<Movement>,
    /// Whether everybody is named who got something.
    is_told: bool,
}

impl Of<'_> {
    /// What a transaction that nobody signed pays out.
    fn system(&mut self, issues: Option<Issues>) {
        match issues {
            None | Some(Issues::Nothing) => {}
            Some(Issues::Untold) => self.is_told = false,
            Some(Issues::Mint) => match self.tx.mint {
                Some(minted) => {
                    let to = Some(self.tx.from);
                    self.push(None, to, self.rules.native, minted, MovementKind::Issue, false);
                }
                // Some nodes leave out what was minted, and all leave out nothing.
                None => self.is_told &= self.tx.value.is_zero(),
            },
        }
    }

    fn push(
        &mut self,
        from: Option<Address>,
        to: Option<Address>,
        asset: Asset,
        amount: U256,
        kind: MovementKind,
        proved: bool,
    ) {
        if !amount.is_zero() && from != to {
            self.movements.push(movement(from, to, asset, amount, kind, proved));
        }
    }

    /// What the sender paid for gas: the base fee and blobs' is destroyed or whosever the chain's rules say, the rest is the
    /// producer's. False where it is not told.
    fn fee(&mut self, receipt: &Receipt) -> bool {
        // What was signed and the block's base fee say the price; what a node says of it counts where that was not read or is not
        // what the chain takes (Arbitrum drops tips), and then nothing is proved.
        let signed = self.tx.gas_price.map(U256::from);
        let told = receipt.effective_gas_price;
        let price = if self.block.form == HeaderForm::HashOnly { told.or(signed) } else { signed.or(told) };
        let Some(price) = price else { return false };
        let proved = self.is_proved && self.tx.from_proved && signed == Some(price);
        let used = U256::from(receipt.gas_used);
        let base = U256::from(self.block.header.base_fee_per_gas.unwrap_or(0)).min(price);
        let amounts = (used.checked_mul(base), used.checked_mul(price - base));
        let (Some(base), Some(tip)) = amounts else { return false };
        let rules = self.rules;
        self.pay(rules.base_fee, base, proved);
        self.pay(&[(0, Recipient::Producer)], tip, proved);
        // Neither stands in what the receipts' root covers: the node's word.
        let blobs =
            receipt.blob.map_or(Some(U256::ZERO), |(used, price)| U256::from(used).checked_mul(price));
        self.pay(rules.blob_fee, blobs.unwrap_or_default(), false);
        self.pay(rules.l1_fee, receipt.l1_fee.unwrap_or_default(), false);
        blobs.is_some() && !receipt.has_other_fees
    }

    /// A part of the fee, to whom the chain gives it.
    fn pay(&mut self, to: Since<Recipient>, amount: U256, proved: bool) {
        if amount.is_zero() {
            return;
        }
        let to = match at(to, self.block.header.number) {
            Recipient::Nobody => None,
            Recipient::Producer => Some(self.block.header.beneficiary),
            Recipient::Account(account) => Some(account),
            Recipient::Untold => {
                self.is_told = false;
                None
            }
        };
        self.push(Some(self.tx.from), to, self.rules.native, amount, MovementKind::Fee, proved);
    }

    /// Native value: by the trace where there is one, else what the transaction itself sent, if it is known not to have failed.
    fn native(
        &mut self,
        receipt: Option<&Receipt>,
        trace: Option<&TxTrace>,
        gaps: &mut Vec<Gap>,
    ) -> Result<(), &'static str> {
        let succeeded = receipt.and_then(|receipt| receipt.succeeded);
        let traced: Option<&[Moved]> = match trace.map(|trace| &trace.moved) {
            Some(Ok(moved)) => Some(moved),
            Some(Err(why)) => {
                let why = tracehound_model::text::label(why).into_owned();
                gaps.push(Gap::Untraced { tx: self.tx.hash, why });
                None
            }
            None => None,
        };
        let own = self.own_value(receipt);
        let Some(moved) = traced else {
            if succeeded == Some(true) {
                self.own(own, true);
            } else if succeeded.is_none() && receipt.is_some() && !self.tx.value.is_zero() {
                gaps.push(Gap::Outcome(self.tx.hash));
            }
            return Ok(());
        };
        if succeeded == Some(false) {
            return if moved.is_empty() {
                Ok(())
            } else {
                Err("moves value in a transaction that failed by its receipt")
            };
        }
        let sent = own.filter(|own| moved.first() == Some(own));
        if own.is_some() && sent.is_none() && succeeded == Some(true) {
            return Err("does not begin with the value that its transaction sent");
        }
        if sent.is_some() {
            self.own(sent, succeeded == Some(true));
        }
        for moved in moved.iter().skip(usize::from(sent.is_some())) {
            self.push(
                Some(moved.from),
                moved.to,
                self.rules.native,
                moved.value,
                MovementKind::Native,
                false,
            );
        }
        Ok(())
    }

    /// What the transaction itself sends, if it succeeds.
    fn own_value(&self, receipt: Option<&Receipt>) -> Option<Moved> {
        let to = self.tx.to.or_else(|| receipt.and_then(|receipt| receipt.created))?;
        let own = Moved { from: self.tx.from, to: Some(to), value: self.tx.value };
        (!own.value.is_zero() && own.from != to).then_some(own)
    }

    /// Takes what the transaction itself sent: proved where all is that it rests on. Whom a creation made is the node's word.
    fn own(&mut self, own: Option<Moved>, succeeded: bool) {
        let proved = self.is_proved && self.tx.from_proved && succeeded && self.tx.to.is_some();
        if let Some(own) = own {
            self.push(Some(own.from), own.to, self.rules.native, own.value, MovementKind::Native, proved);
        }
    }

    fn token(&mut self, moved: &TokenMove) {
        let (chain, contract) = (self.rules.chain_id, moved.contract.into_array());
        let asset = match moved.token {
            Token::Fungible => Asset::erc20(chain, contract),
            Token::Unique(number) => Asset::erc721(chain, contract, amount(number)),
            Token::Multi(number) => Asset::erc1155(chain, contract, amount(number)),
        };
        self.push(moved.from, moved.to, asset, moved.amount, MovementKind::Token, self.is_proved);
    }
}

fn amount(value: U256) -> Amount {
    Amount::from_be_bytes(value.to_be_bytes())
}

fn movement(
    from: Option<Address>,
    to: Option<Address>,
    asset: Asset,
    value: U256,
    kind: MovementKind,
    proved: bool,
) -> Movement {
    let account = |address: Address| Account::Evm(address.into_array());
    Movement { from: from.map(account), to: to.map(account), asset, amount: amount(value), kind, proved }
}

/// Rewards of miners and released stakes.
fn paid_by_the_chain(
    block: &Block,
    traces: Option<&Traces>,
    rules: &Rules,
    gaps: &mut Vec<Gap>,
) -> Vec<Movement> {
    let issue =
        |to, value, proved| movement(None, Some(to), rules.native, value, MovementKind::Issue, proved);
    let mut paid = Vec::new();
    if rules.rewards != Rewards::None && !block.header.difficulty.is_zero() && block.header.number > 0 {
        let told = traces.map(|traces| traces.rewards.as_slice()).unwrap_or_default();
        let whole = miners_reward(rules.rewards, block.header.number);
        let uncles = U256::from(block.uncles.len());
        let proved = block.form == HeaderForm::Standard;
        paid.push(issue(block.header.beneficiary, whole + whole / U256::from(32) * uncles, proved));
        // The block's own reward is the first that a tracer tells, if it tells any.
        let of_uncles = told.get(1..).unwrap_or_default();
        let told = (of_uncles.len() == block.uncles.len()).then_some(of_uncles);
        let mut is_whole = true;
        for (at, uncle) in block.uncles.iter().enumerate() {
            match (&uncle.header, told.and_then(|told| told.get(at))) {
                (Some(header), _) => {
                    // An eighth less for each block that it comes late (Yellow Paper, section 11.3).
                    let late = block.header.number.saturating_sub(header.number).min(8);
                    paid.push(issue(header.beneficiary, whole / U256::from(8) * U256::from(8 - late), true));
                }
                (None, Some(reward)) => paid.push(issue(reward.author, reward.value, false)),
                (None, None) => is_whole = false,
            }
        }
        if !is_whole {
            gaps.push(Gap::Uncles(block.header.number));
        }
    }
    if rules.withdrawals == Withdrawals::Untold {
        return paid;
    }
    let proved = block.withdrawals_proved.is_proved();
    for withdrawal in block.withdrawals.iter().filter(|withdrawal| withdrawal.amount > 0) {
        // In gwei (EIP-4895).
        let value = U256::from(withdrawal.amount) * U256::from(GWEI_TO_WEI);
        paid.push(issue(withdrawal.address, value, proved));
    }
    paid
}

/// What the miner of a block got for it, in wei.
fn miners_reward(rewards: Rewards, number: u64) -> U256 {
    const BYZANTIUM: u64 = 4_370_000;
    const CONSTANTINOPLE: u64 = 7_280_000;
    let ether = match number {
        _ if rewards != Rewards::Ethereum => 2,
        ..BYZANTIUM => 5,
        BYZANTIUM..CONSTANTINOPLE => 3,
        _ => 2_u64,
    };
    U256::from(ether) * U256::from(10).pow(U256::from(18))
}
