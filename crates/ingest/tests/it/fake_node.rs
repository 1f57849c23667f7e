//! A node of a made-up chain with Ethereum's rules, that lies as a test wants.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use alloy_consensus::{
    EMPTY_OMMER_ROOT_HASH, Eip658Value, Header, Receipt, ReceiptEnvelope, ReceiptWithBloom, Signed,
    TxEnvelope, TxLegacy, TxType, proofs,
};
use alloy_primitives::{Address, B256, Bytes, Log, Signature, TxKind, U256, b256, logs_bloom};
use serde_json::{Value, json};
use tracehound_testkit::{
    http::{Response, Server},
    socket::{Say, SocketServer},
};

/// `Transfer(address,address,uint256)`.
const TRANSFER: B256 = b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
/// Transactions of a block.
pub(crate) const TXS: u64 = 3;
/// Transfers of a block: of each transaction its value, what a contract passed on, a token, and two parts of its fee; and the
/// miner's reward.
pub(crate) const TRANSFERS: u64 = TXS * 5 + 1;

/// A block and all that a node says of it.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) hash: B256,
    pub(crate) block: Value,
    pub(crate) receipts: Vec<Value>,
    pub(crate) nested: Vec<Value>,
    pub(crate) flat: Vec<Value>,
}

pub(crate) fn account(number: u64) -> Address {
    Address::left_padding_from(&(0xacc_0000 + number).to_be_bytes())
}

/// Block `number` of a branch on top of `parent`.
pub(crate) fn block(number: u64, parent: B256, branch: u64) -> Told {
    let mut envelopes = Vec::new();
    let mut receipts = Vec::new();
    for index in 0..if number == 0 { 0 } else { TXS } {
        let tx = TxLegacy {
            chain_id: Some(1),
            nonce: number * TXS + index,
            gas_price: 1_000,
            gas_limit: 100_000,
            to: TxKind::Call(account(1)),
            value: U256::from(1_000 + number + branch),
            input: Bytes::new(),
        };
        let signature = Signature::new(U256::from(index + 1), U256::from(number + 1), false);
        envelopes.push(TxEnvelope::Legacy(Signed::new_unhashed(tx, signature)));
        let topics = vec![TRANSFER, account(2).into_word(), account(3 + number).into_word()];
        let log = Log::new(account(0xc0de), topics, U256::from(number + 7).to_be_bytes_vec().into())
            .expect("few topics");
        receipts.push(Receipt {
            status: Eip658Value::Eip658(true),
            cumulative_gas_used: 30_000 * (index + 1),
            logs: vec![log],
        });
    }
    let encoded: Vec<ReceiptEnvelope> = receipts
        .iter()
        .map(|receipt| {
            let logs_bloom = logs_bloom(&receipt.logs);
            ReceiptEnvelope::from_typed(
                TxType::Legacy,
                ReceiptWithBloom { receipt: receipt.clone(), logs_bloom },
            )
        })
        .collect();
    let header = Header {
        parent_hash: parent,
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: account(9),
        transactions_root: proofs::calculate_transaction_root(&envelopes),
        receipts_root: proofs::calculate_receipt_root(&encoded),
        logs_bloom: logs_bloom(receipts.iter().flat_map(|receipt| &receipt.logs)),
        difficulty: U256::from(7),
        number,
        gas_limit: 30_000_000,
        gas_used: receipts.last().map_or(0, |receipt| receipt.cumulative_gas_used),
        timestamp: 1_600_000_000 + 12 * number,
        extra_data: branch.to_be_bytes().to_vec().into(),
        base_fee_per_gas: Some(10),
        ..Header::default()
    };
    let hash = header.hash_slow();
    let from = account(0);
    let mut told = serde_json::to_value(&header).expect("JSON");
    let txs: Vec<Value> = envelopes
        .iter()
        .map(|envelope| {
            let mut tx = serde_json::to_value(envelope).expect("JSON");
            tx["from"] = json!(from);
            tx
        })
        .collect();
    told["hash"] = json!(hash);
    told["uncles"] = json!([]);
    told["transactions"] = json!(txs);
    let value = |envelope: &TxEnvelope| json!(alloy_consensus::Transaction::value(envelope));
    let (mut all, mut nested, mut flat) = (Vec::new(), Vec::new(), Vec::new());
    for (index, (envelope, receipt)) in envelopes.iter().zip(&receipts).enumerate() {
        let tx = envelope.tx_hash();
        let logs: Vec<Value> = receipt
            .logs
            .iter()
            .map(|log| json!({ "address": log.address, "topics": log.topics(), "data": log.data.data, "removed": false }))
            .collect();
        all.push(json!({
            "transactionHash": tx, "transactionIndex": format!("{index:#x}"), "status": "0x1", "gasUsed": "0x7530",
            "cumulativeGasUsed": format!("{:#x}", receipt.cumulative_gas_used), "effectiveGasPrice": "0x3e8", "logs": logs,
        }));
        // A contract passes half of it on; a call that fails moves nothing, and nothing under it does.
        let (one, two, three) = (account(1), account(2), account(3));
        let failed = json!({ "type": "CALL", "from": one, "to": three, "value": "0x64", "error": "execution reverted",
            "calls": [{ "type": "CALL", "from": three, "to": two, "value": "0x32" }] });
        let passed = json!({ "type": "CALL", "from": one, "to": two, "value": "0x1f4" });
        nested.push(json!({ "txHash": tx, "result": { "type": "CALL", "from": from, "to": one, "value": value(envelope),
            "calls": [passed, failed] } }));
        let step = |from: Address, to: Address, value: Value, at: Value, error: Value| {
            json!({ "type": "call", "transactionHash": tx, "traceAddress": at, "error": error,
                "action": { "callType": "call", "from": from, "to": to, "value": value } })
        };
        flat.push(step(from, one, value(envelope), json!([]), Value::Null));
        flat.push(step(one, two, json!("0x1f4"), json!([0]), Value::Null));
        flat.push(step(one, three, json!("0x64"), json!([1]), json!("Reverted")));
        flat.push(step(three, two, json!("0x32"), json!([1, 0]), Value::Null));
    }
    Told { hash, block: told, receipts: all, nested, flat }
}

/// A chain of so many blocks above genesis; `branch` counts from block `from` on.
pub(crate) fn chain(length: u64, branch: u64, from: u64) -> Vec<Told> {
    let mut blocks: Vec<Told> = Vec::new();
    for number in 0..=length {
        let parent = blocks.last().map_or(B256::ZERO, |last| last.hash);
        blocks.push(block(number, parent, if number >= from { branch } else { 0 }));
    }
    blocks
}

/// What a test changes of a single answer: an error or another result.
type Answer = dyn Fn(&str, u64, &Told) -> Option<Result<Value, (i64, &'static str)>> + Send;
/// What a test does with a whole request of so many questions.
type Whole = dyn Fn(usize, &[Value]) -> Option<Response> + Send;

#[derive(Default)]
struct State {
    blocks: Vec<Told>,
    answer: Option<Box<Answer>>,
    whole: Option<Box<Whole>>,
    final_below: Option<u64>,
    sizes: Vec<usize>,
}

pub(crate) struct FakeNode {
    server: Server,
    state: Arc<Mutex<State>>,
    asked: Arc<AtomicU64>,
}

impl FakeNode {
    pub(crate) fn start(blocks: Vec<Told>) -> Self {
        let state = Arc::new(Mutex::new(State { blocks, ..State::default() }));
        let asked = Arc::new(AtomicU64::new(0));
        let (shared, count) = (Arc::clone(&state), Arc::clone(&asked));
        let server = Server::start(move |request| {
            let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
            count.fetch_add(1, Ordering::SeqCst);
            state.respond(&request.body)
        });
        Self { server, state, asked }
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// A socket of the same node: what is said to an answer may be changed, given the connection's number and the answer's on it.
    pub(crate) fn socket(
        &self,
        say: impl Fn(usize, usize, String) -> Vec<Say> + Send + Sync + 'static,
    ) -> SocketServer {
        let (shared, count) = (Arc::clone(&self.state), Arc::clone(&self.asked));
        let answers = Mutex::new(Vec::new());
        SocketServer::start(move |connection, question| {
            let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
            count.fetch_add(1, Ordering::SeqCst);
            let Some(response) = state.respond(question.as_bytes()) else { return vec![Say::End("enough")] };
            let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
            if answers.len() <= connection {
                answers.resize(connection + 1, 0);
            }
            answers[connection] += 1;
            say(connection, answers[connection], String::from_utf8(response.body).expect("text"))
        })
    }

    /// Requests so far.
    pub(crate) fn requests(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    /// How many questions were in each request so far.
    pub(crate) fn sizes(&self) -> Vec<usize> {
        self.state().sizes.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_chain(&self, blocks: Vec<Told>) {
        self.state().blocks = blocks;
    }

    /// Names the block above which nothing is final.
    pub(crate) fn set_final(&self, number: Option<u64>) {
        self.state().final_below = number;
    }

    pub(crate) fn change(
        &self,
        answer: impl Fn(&str, u64, &Told) -> Option<Result<Value, (i64, &'static str)>> + Send + 'static,
    ) {
        self.state().answer = Some(Box::new(answer));
    }

    pub(crate) fn whole(&self, whole: impl Fn(usize, &[Value]) -> Option<Response> + Send + 'static) {
        self.state().whole = Some(Box::new(whole));
    }

    pub(crate) fn be_honest(&self) {
        let mut state = self.state();
        (state.answer, state.whole) = (None, None);
    }
}

impl State {
    fn respond(&mut self, request: &[u8]) -> Option<Response> {
        let told: Value = serde_json::from_slice(request).expect("JSON");
        let questions = match &told {
            Value::Array(several) => several.clone(),
            single => vec![single.clone()],
        };
        self.sizes.push(questions.len());
        if let Some(response) = self.whole.as_ref().and_then(|whole| whole(questions.len(), &questions)) {
            // A status of 0 stands for a connection that is closed without an answer.
            return (response.status != 0).then_some(response);
        }
        let mut answers: Vec<Value> = questions.iter().map(|question| self.answer(question)).collect();
        // Batches may be answered in any order.
        answers.reverse();
        let body = if told.is_array() { json!(answers) } else { answers.remove(0) };
        Some(Response::ok(body.to_string()))
    }

    fn answer(&self, question: &Value) -> Value {
        let (id, method) = (&question["id"], question["method"].as_str().expect("a method"));
        let result = match self.result(method, &question["params"]) {
            Ok(result) => return json!({ "jsonrpc": "2.0", "id": id, "result": result }),
            Err(error) => error,
        };
        json!({ "jsonrpc": "2.0", "id": id, "error": { "code": result.0, "message": result.1 } })
    }

    fn result(&self, method: &str, params: &Value) -> Result<Value, (i64, &'static str)> {
        let last = self.blocks.len() as u64 - 1;
        let number = match params[0].as_str() {
            Some("finalized") => match self.final_below {
                Some(number) => number,
                None => return Err((-39_001, "unknown block")),
            },
            Some(text) if text.len() == 66 => {
                let of = |told: &Told| told.receipts.iter().any(|receipt| receipt["transactionHash"] == text);
                self.blocks.iter().position(of).map_or(u64::MAX, |at| at as u64)
            }
            Some(text) => u64::from_str_radix(text.trim_start_matches("0x"), 16).expect("a number"),
            None => 0,
        };
        let Some(told) = self.blocks.get(usize::try_from(number).unwrap_or(usize::MAX)) else {
            return Ok(Value::Null);
        };
        if let Some(changed) = self.answer.as_ref().and_then(|answer| answer(method, number, told)) {
            return changed;
        }
        match method {
            "eth_chainId" => Ok(json!("0x1")),
            "eth_blockNumber" => Ok(json!(format!("{last:#x}"))),
            "eth_getBlockByNumber" => {
                let mut block = told.block.clone();
                if params[1] == false {
                    block["transactions"] =
                        told.receipts.iter().map(|receipt| receipt["transactionHash"].clone()).collect();
                }
                Ok(block)
            }
            "eth_getBlockReceipts" => Ok(json!(told.receipts)),
            "eth_getTransactionReceipt" => Ok(told
                .receipts
                .iter()
                .find(|receipt| receipt["transactionHash"] == params[0])
                .cloned()
                .unwrap_or_default()),
            "debug_traceBlockByNumber" => Ok(json!(told.nested)),
            "trace_block" => Ok(json!(told.flat)),
            _ => Err((-32_601, "the method does not exist")),
        }
    }
}
