//! One call on recorded state.

use std::{cell::RefCell, collections::BTreeSet};

use alloy_primitives::{Address, B256, Bytes, U256};
use revm::{
    Context, ExecuteCommitEvm, ExecuteEvm, MainBuilder, MainContext,
    context::{
        TxEnv,
        result::{ExecutionResult, HaltReason, Output},
    },
    database::CacheDB,
    primitives::TxKind,
    state::EvmState,
};
use tracehound_guard::safe::SafeTx;

use crate::{
    block::Block,
    changes::{self, Announced, Approval, Change, Transfer},
    state::{Missing, Recorded, State},
};

/// Gas a call may use: that of a mainnet transaction (EIP-7825).
const GAS: u64 = 16_777_216;

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Chain id.
    pub chain_id: u64,
    /// The block it would be in.
    pub block: Block,
    /// Who sends it.
    pub caller: Address,
    /// Whom it calls.
    pub to: Address,
    /// Wei sent along.
    pub value: U256,
    /// Call data.
    pub data: Vec<u8>,
    /// The gas that it may use, where that is told: code can ask how much there is.
    pub gas: Option<u64>,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It went through, and returned this.
    Success(Vec<u8>),
    /// It was undone, with the contract's reason where it gave one.
    Reverted(Option<String>),
    /// The machine stopped it: out of gas, a bad instruction.
    Halted(String),
    /// It could not begin: the sender cannot pay for it, say.
    Refused(String),
}

impl Outcome {
    /// Whether it went through.
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Success(_))
    }
}

/// What a call would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// How it ended. Nothing below happens unless it went through.
    pub outcome: Outcome,
    /// Gas used.
    pub gas: u64,
    /// Storage, balances and code that change, by address.
    pub changes: Vec<Change>,
    /// Tokens and coins that move, in order.
    pub transfers: Vec<Transfer>,
    /// Allowances that are given, in order.
    pub approvals: Vec<Approval>,
    /// Contracts that announced a transfer in no form that is read. Not empty: more may move.
    pub unread: BTreeSet<Address>,
    /// What it read without its being recorded. Not empty: the rest is a guess.
    pub missing: BTreeSet<Missing>,
}

/// Runs a call. Gas is free and the caller's nonce is not looked at: what matters is what it does.
pub fn simulate(state: &State, call: &Call) -> Simulated {
    simulate_after(state, &[], call)
}

/// Runs a call after others, whose changes it finds and which are not counted as its own.
pub fn simulate_after(state: &State, before: &[Call], call: &Call) -> Simulated {
    let expected_empty: Vec<Address> =
        precompiles().chain([call.caller, call.block.miner, Address::ZERO]).collect();
    attempt(state, before, call, &expected_empty)
}

/// As [`simulate_after`], with the accounts whose being absent from the state means nothing.
pub(crate) fn attempt(state: &State, before: &[Call], call: &Call, expected_empty: &[Address]) -> Simulated {
    let recorded = Recorded { state, missing: RefCell::default(), expected_empty };
    let (result, changed) = execute(&recorded, before, call);
    let missing = recorded.missing.take();
    match result {
        Ok(ExecutionResult::Success { gas, logs, output, .. }) => {
            let output = match output {
                Output::Call(bytes) | Output::Create(bytes, _) => bytes.to_vec(),
            };
            let Announced { transfers, mut approvals, unread } = changes::from_logs(&logs);
            let changes = changes::of(&changed, call.caller);
            approvals.retain(|approval| !approval.is_used_up(&changes));
            Simulated {
                outcome: Outcome::Success(output),
                gas: gas.tx_gas_used(),
                changes,
                transfers,
                approvals,
                unread,
                missing,
            }
        }
        Ok(ExecutionResult::Revert { gas, output, .. }) => {
            nothing(Outcome::Reverted(reason(&output)), gas.tx_gas_used(), missing)
        }
        // Of the call itself: a call within one that lacks funds fails quietly.
        Ok(ExecutionResult::Halt { reason: HaltReason::OutOfFunds, .. }) => {
            let problem = format!("the sender does not have the {} wei that it sends", call.value);
            nothing(Outcome::Refused(problem), 0, missing)
        }
        Ok(ExecutionResult::Halt { reason, gas, .. }) => {
            nothing(Outcome::Halted(format!("{reason:?}")), gas.tx_gas_used(), missing)
        }
        Err(problem) => nothing(Outcome::Refused(problem), 0, missing),
    }
}

fn nothing(outcome: Outcome, gas: u64, missing: BTreeSet<Missing>) -> Simulated {
    Simulated {
        outcome,
        gas,
        changes: Vec::new(),
        transfers: Vec::new(),
        approvals: Vec::new(),
        unread: BTreeSet::new(),
        missing,
    }
}

fn execute(
    recorded: &Recorded<'_>,
    before: &[Call],
    call: &Call,
) -> (Result<ExecutionResult, String>, EvmState) {
    let context = Context::mainnet().with_db(CacheDB::new(recorded)).modify_cfg_chained(|cfg| {
        cfg.chain_id = call.chain_id;
        cfg.disable_nonce_check = true;
        cfg.disable_fee_charge = true;
    });
    let context = context.modify_block_chained(|block| {
        block.number = U256::from(call.block.number);
        block.timestamp = U256::from(call.block.time);
        block.beneficiary = call.block.miner;
        block.basefee = call.block.base_fee;
        block.prevrandao = Some(call.block.random);
        block.gas_limit = call.block.gas_limit.max(GAS);
    });
    let mut machine = context.build_mainnet();
    for earlier in before {
        // One that fails changes nothing, and the next is sent all the same. Its own run has said so.
        if let Ok(tx) = envelope(earlier) {
            let _ = machine.transact_commit(tx);
        }
    }
    let done = envelope(call).and_then(|tx| machine.transact(tx).map_err(|error| error.to_string()));
    match done {
        Ok(done) => (Ok(done.result), done.state),
        Err(problem) => (Err(problem), EvmState::default()),
    }
}

fn envelope(call: &Call) -> Result<TxEnv, String> {
    let tx = TxEnv::builder()
        .caller(call.caller)
        .gas_limit(call.gas.map_or(GAS, |gas| gas.min(GAS)))
        .gas_price(call.block.base_fee.into())
        .kind(TxKind::Call(call.to))
        .value(call.value)
        .data(Bytes::from(call.data.clone()))
        .chain_id(Some(call.chain_id));
    tx.build().map_err(|error| format!("{error:?}"))
}

fn precompiles() -> impl Iterator<Item = Address> {
    (1..=0x11u64).map(|number| Address::left_padding_from(&number.to_be_bytes()))
}

/// The text of `Error(string)`, by which Solidity says why it reverts.
fn reason(output: &[u8]) -> Option<String> {
    const ERROR: [u8; 4] = [0x08, 0xc3, 0x79, 0xa0];
    let body = output.strip_prefix(&ERROR)?;
    let length = usize::try_from(U256::from_be_slice(body.get(32..64)?)).ok()?;
    let text = body.get(64..64usize.checked_add(length)?)?;
    Some(String::from_utf8_lossy(text).chars().take(200).collect())
}

/// Calldata of `execTransaction` with these signatures, as the Safe's owners would have it sent.
pub fn exec_transaction(tx: &SafeTx, signatures: &[u8]) -> Vec<u8> {
    const SELECTOR: [u8; 4] = [0x6a, 0x76, 0x12, 0x02];
    let padded = |len: usize| len.div_ceil(32) * 32;
    let words = [
        tx.to.into_word(),
        tx.value.into(),
        U256::from(10 * 32).into(),
        U256::from(tx.operation).into(),
        tx.safe_tx_gas.into(),
        tx.base_gas.into(),
        tx.gas_price.into(),
        tx.gas_token.into_word(),
        tx.refund_receiver.into_word(),
        U256::from(11 * 32 + padded(tx.data.len())).into(),
    ];
    let mut data = SELECTOR.to_vec();
    for word in words as [B256; 10] {
        data.extend_from_slice(word.as_slice());
    }
    for part in [&tx.data[..], signatures] {
        data.extend_from_slice(B256::from(U256::from(part.len())).as_slice());
        data.extend_from_slice(part);
        data.resize(data.len() + padded(part.len()) - part.len(), 0);
    }
    data
}

/// The call that executes a Safe transaction with the signatures that were collected for it.
pub fn safe_call(tx: &SafeTx, signatures: &[u8], chain_id: u64, block: Block, caller: Address) -> Call {
    let data = exec_transaction(tx, signatures);
    Call { chain_id, block, caller, to: tx.safe, value: U256::ZERO, data, gas: None }
}
