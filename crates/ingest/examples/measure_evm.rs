//! Measures sources of account chains into a ledger of transfers; prints one JSON object.
//!
//! `measure_evm rpc|proof|etl BLOCKS TXS LOGS LEDGER`: made-up blocks of so many transactions with so many transfers of tokens each,
//! served by JSON-RPC on the loopback interface in answers that are ready (`proof`: with all roots recomputed), or as files of
//! ethereum-etl. Traces are not asked for, senders not recovered. `cpu_seconds` are those of all threads but the one that serves.
//!
//! `measure_evm files BLOCKS TXS LOGS FOLDER` writes the files alone, for a peer. `measure_evm serve BLOCKS TXS LOGS -- PROGRAM ARGUMENT...` serves the same blocks to a peer: it runs the program with `{url}` in its
//! arguments replaced, and tells the processor time that it and its children took and the JSON that it said last.

use std::{
    collections::HashMap,
    error::Error,
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    ops::ControlFlow,
    path::Path,
    sync::Arc,
    thread,
    time::Instant,
};

use alloy_consensus::{
    EMPTY_OMMER_ROOT_HASH, Eip658Value, Header, Receipt, ReceiptEnvelope, ReceiptWithBloom, Signed,
    TxEnvelope, TxLegacy, TxType, proofs,
};
use alloy_primitives::{Address, B256, Bytes, Log, Signature, TxKind, U256, b256, logs_bloom};
use serde_json::{Value, json};
use tracehound_evm::{
    chains::Rules,
    node::{End, Node, NodeOptions},
};
use tracehound_ingest::{EtlSource, EvmNodeOptions, TransferReport, ingest_etl_files, ingest_evm_node};
use tracehound_transfers::WriterOptions;

/// `Transfer(address,address,uint256)`.
const TRANSFER: B256 = b256!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
/// Accounts and tokens among which transfers go.
const ACCOUNTS: u64 = 50_000;
const TOKENS: u64 = 40;
/// The thread that serves.
const SERVER: &str = "server";

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    if let ["serve", blocks, txs, logs, "--", program, ref arguments @ ..] = args[..] {
        let blocks = chain(blocks.parse()?, txs.parse()?, logs.parse()?);
        let bytes = bytes_of(&blocks);
        let (cpu, said) = peer(blocks, program, arguments)?;
        let done = json!({ "how": "serve", "bytes": bytes, "cpu_seconds": cpu, "said": said });
        return Ok(writeln!(std::io::stdout(), "{done}")?);
    }
    let [how, blocks, txs, logs, ledger] = args[..] else {
        return Err(
            "usage: measure_evm rpc|proof|etl|files BLOCKS TXS LOGS FOLDER, or serve BLOCKS TXS LOGS -- PROGRAM..."
                .into(),
        );
    };
    let blocks = chain(blocks.parse()?, txs.parse()?, logs.parse()?);
    let dir = Path::new(ledger);
    if how == "files" {
        let done = json!({ "how": how, "bytes": tables(&blocks, dir)? });
        return Ok(writeln!(std::io::stdout(), "{done}")?);
    }
    let (bytes, (seconds, cpu, report)) = match how {
        "rpc" => (bytes_of(&blocks), rpc(blocks, dir, false)?),
        "proof" => (bytes_of(&blocks), rpc(blocks, dir, true)?),
        "etl" => etl(&blocks, dir)?,
        other => return Err(format!("{other} is none of rpc, proof, etl and files").into()),
    };
    let done = json!({ "how": how, "blocks": report.blocks, "transfers": report.transfers, "bytes": bytes, "seconds": seconds,
        "cpu_seconds": cpu });
    Ok(writeln!(std::io::stdout(), "{done}")?)
}

/// A block as a node tells it: the results of two methods.
struct Told {
    block: String,
    receipts: String,
    parts: (Value, Value),
}

fn bytes_of(blocks: &[Told]) -> usize {
    blocks.iter().map(|told| told.block.len() + told.receipts.len()).sum()
}

fn account(number: u64) -> Address {
    let spread = (number % ACCOUNTS + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Address::left_padding_from(&spread.to_be_bytes())
}

fn chain(length: u64, txs: u64, logs: u64) -> Vec<Told> {
    let mut blocks: Vec<Told> = Vec::new();
    let (mut parent, mut seed) = (B256::ZERO, 7u64);
    let mut dice = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        seed >> 20
    };
    for number in 0..=length {
        let (mut envelopes, mut receipts) = (Vec::new(), Vec::new());
        for index in 0..if number == 0 { 0 } else { txs } {
            let tx = TxLegacy {
                chain_id: Some(1),
                nonce: number,
                gas_price: 3_000_000_000,
                gas_limit: 200_000,
                to: TxKind::Call(account(dice())),
                value: U256::ZERO,
                input: vec![0xa9; 68].into(),
            };
            let signature = Signature::new(U256::from(dice() + 1), U256::from(index + 1), false);
            envelopes.push(TxEnvelope::Legacy(Signed::new_unhashed(tx, signature)));
            let said = (0..logs).map(|_| {
                let topics = vec![TRANSFER, account(dice()).into_word(), account(dice()).into_word()];
                let token = Address::left_padding_from(&(0xdead_0000 + dice() % TOKENS).to_be_bytes());
                Log::new(token, topics, Bytes::from(U256::from(dice() + 1).to_be_bytes_vec()))
                    .expect("few topics")
            });
            let cumulative_gas_used = 90_000 * (index + 1);
            receipts.push(Receipt {
                status: Eip658Value::Eip658(true),
                cumulative_gas_used,
                logs: said.collect(),
            });
        }
        let encoded: Vec<ReceiptEnvelope> = receipts
            .iter()
            .map(|receipt| {
                let bloom = logs_bloom(&receipt.logs);
                ReceiptEnvelope::from_typed(
                    TxType::Legacy,
                    ReceiptWithBloom { receipt: receipt.clone(), logs_bloom: bloom },
                )
            })
            .collect();
        let header = Header {
            parent_hash: parent,
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: account(1),
            transactions_root: proofs::calculate_transaction_root(&envelopes),
            receipts_root: proofs::calculate_receipt_root(&encoded),
            logs_bloom: logs_bloom(receipts.iter().flat_map(|receipt| &receipt.logs)),
            number,
            gas_limit: 36_000_000,
            gas_used: receipts.last().map_or(0, |receipt| receipt.cumulative_gas_used),
            timestamp: 1_600_000_000 + 12 * number,
            base_fee_per_gas: Some(2_000_000_000),
            ..Header::default()
        };
        parent = header.hash_slow();
        blocks.push(told(&header, parent, &envelopes, &receipts));
    }
    blocks
}

/// With all fields that geth writes.
fn told(header: &Header, hash: B256, envelopes: &[TxEnvelope], receipts: &[Receipt]) -> Told {
    let mut block = serde_json::to_value(header).expect("JSON");
    let number = format!("{:#x}", header.number);
    let from = |index: usize| account(index as u64 * 31 + header.number);
    let txs: Vec<Value> = envelopes
        .iter()
        .enumerate()
        .map(|(index, envelope)| {
            let mut tx = serde_json::to_value(envelope).expect("JSON");
            tx["from"] = json!(from(index));
            tx["blockHash"] = json!(hash);
            tx["blockNumber"] = json!(number);
            tx["transactionIndex"] = json!(format!("{index:#x}"));
            tx
        })
        .collect();
    block["hash"] = json!(hash);
    block["size"] = json!("0x1000");
    block["uncles"] = json!([]);
    block["transactions"] = json!(txs);
    let mut place = 0;
    let receipts: Vec<Value> = envelopes
        .iter()
        .zip(receipts)
        .enumerate()
        .map(|(index, (envelope, receipt))| {
            let tx = envelope.tx_hash();
            let at = format!("{index:#x}");
            let logs: Vec<Value> = receipt
                .logs
                .iter()
                .map(|log| {
                    place += 1;
                    json!({ "address": log.address, "topics": log.topics(), "data": log.data.data, "blockNumber": number,
                        "transactionHash": tx, "transactionIndex": at, "blockHash": hash, "blockTimestamp": "0x5f5e1000",
                        "logIndex": format!("{:#x}", place - 1), "removed": false })
                })
                .collect();
            json!({ "blockHash": hash, "blockNumber": number, "contractAddress": null, "from": from(index),
                "to": account(1), "cumulativeGasUsed": format!("{:#x}", receipt.cumulative_gas_used), "gasUsed": "0x15f90",
                "effectiveGasPrice": "0xb2d05e00", "logs": logs, "logsBloom": logs_bloom(&receipt.logs), "status": "0x1",
                "transactionHash": tx, "transactionIndex": at, "type": "0x0" })
        })
        .collect();
    let receipts = json!(receipts);
    Told { block: block.to_string(), receipts: receipts.to_string(), parts: (block, receipts) }
}

/// CPU seconds so far of all threads but the one that serves.
fn cpu() -> f64 {
    let tasks = fs::read_dir("/proc/self/task")
        .map(|tasks| tasks.flatten().map(|task| task.path()))
        .into_iter()
        .flatten();
    tasks
        .filter(|task| fs::read_to_string(task.join("comm")).is_ok_and(|name| name.trim() != SERVER))
        .filter_map(|task| {
            fs::read_to_string(task.join("schedstat")).ok()?.split(' ').next()?.parse::<f64>().ok()
        })
        .sum::<f64>()
        / 1e9
}

type Done = (f64, f64, TransferReport);

/// Lets a peer read the blocks; the processor time that it took, and what it said last, which is JSON.
fn peer(blocks: Vec<Told>, program: &str, arguments: &[&str]) -> Result<(f64, Value), Box<dyn Error>> {
    let url = serve(blocks)?;
    let arguments = arguments.iter().map(|argument| argument.replace("{url}", &url));
    let out = std::process::Command::new(program).args(arguments).output()?;
    if !out.status.success() {
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        return Err(format!("{program} failed ({}): {}", out.status, said.trim()).into());
    }
    // Of children that ended: user and system time, in ticks of a hundredth of a second (proc(5), fields 16 and 17).
    let stat = fs::read_to_string("/proc/self/stat")?;
    let behind_name = stat.rsplit_once(')').ok_or("no name in /proc/self/stat")?.1;
    let ticks =
        behind_name.split_whitespace().skip(13).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    let said = String::from_utf8_lossy(&out.stdout);
    Ok((ticks / 100.0, serde_json::from_str(said.trim().lines().next_back().unwrap_or_default())?))
}

fn rpc(blocks: Vec<Told>, dir: &Path, roots: bool) -> Result<Done, Box<dyn Error>> {
    let url = serve(blocks)?;
    let options = NodeOptions { roots, senders: false, traces: false, batch: 20, ..NodeOptions::default() };
    let mut node = Node::connect(&url, Rules::ethereum(), options)?;
    let latest = EvmNodeOptions { end: End::Depth(0), ..EvmNodeOptions::default() };
    let (began, before) = (Instant::now(), cpu());
    let done = ingest_evm_node(dir, &mut node, &latest, &|_| ControlFlow::Continue(()))?;
    if let Some(broken) = done.broken {
        return Err(broken.into());
    }
    Ok((began.elapsed().as_secs_f64(), cpu() - before, done.report))
}

/// Results that are ready.
struct Served {
    last: usize,
    results: HashMap<(String, usize), String>,
    /// Logs of each block, joined by commas.
    logs: Vec<String>,
}

/// Serves results that are ready, over connections that stay open.
fn serve(blocks: Vec<Told>) -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let mut served = Served { last: blocks.len() - 1, results: HashMap::new(), logs: Vec::new() };
    for (number, told) in blocks.into_iter().enumerate() {
        let of_block =
            told.parts.1.as_array().into_iter().flatten().filter_map(|receipt| receipt["logs"].as_array());
        served.logs.push(of_block.flatten().map(Value::to_string).collect::<Vec<_>>().join(","));
        served.results.insert(("eth_getBlockByNumber".to_owned(), number), told.block);
        served.results.insert(("eth_getBlockReceipts".to_owned(), number), told.receipts);
    }
    let served = Arc::new(served);
    let server = || thread::Builder::new().name(SERVER.to_owned());
    server().spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let served = Arc::clone(&served);
            // A peer opens several.
            if server().spawn(move || served.answer(stream)).is_err() {
                return;
            }
        }
    })?;
    Ok(url)
}

impl Served {
    /// Answers what comes over a connection until it ends.
    fn answer(&self, stream: TcpStream) {
        let Ok(mut out) = stream.try_clone() else { return };
        let mut input = BufReader::new(stream);
        while let Some(body) = request(&mut input) {
            let Ok(asked) = serde_json::from_slice::<Value>(&body) else { return };
            let body = match asked.as_array() {
                Some(questions) => {
                    let answers: Vec<String> = questions.iter().map(|one| self.of(one)).collect();
                    format!("[{}]", answers.join(","))
                }
                None => self.of(&asked),
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            if out.write_all(head.as_bytes()).and_then(|()| out.write_all(body.as_bytes())).is_err() {
                return;
            }
        }
    }

    fn of(&self, question: &Value) -> String {
        let method = question["method"].as_str().unwrap_or_default();
        let asked = &question["params"][0];
        let number = |told: &Value| {
            usize::from_str_radix(told.as_str().unwrap_or_default().trim_start_matches("0x"), 16).ok()
        };
        let result = match method {
            "eth_chainId" => "\"0x1\"".to_owned(),
            "eth_blockNumber" => format!("\"{:#x}\"", self.last),
            "eth_getLogs" => {
                let end = |name: &str| number(&asked[name]).unwrap_or(self.last).min(self.last);
                let logs = self.logs.get(end("fromBlock")..=end("toBlock")).unwrap_or_default();
                let told: Vec<&str> =
                    logs.iter().map(String::as_str).filter(|logs| !logs.is_empty()).collect();
                format!("[{}]", told.join(","))
            }
            _ => {
                let known = number(asked).and_then(|number| self.results.get(&(method.to_owned(), number)));
                known.cloned().unwrap_or_else(|| "null".to_owned())
            }
        };
        format!("{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{result}}}", question["id"])
    }
}

/// The body of the next request of a connection.
fn request(input: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut length = 0;
    let mut line = String::new();
    loop {
        line.clear();
        if input.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let lower = line.to_ascii_lowercase();
        match lower.trim().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().ok()?,
            None if lower.trim().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body).ok()?;
    Some(body)
}

/// Writes files of ethereum-etl into a folder; how many bytes.
fn tables(blocks: &[Told], files: &Path) -> Result<usize, Box<dyn Error>> {
    fs::create_dir_all(files)?;
    let mut tables: [(&str, String); 4] = [
        ("blocks", "number,hash,parent_hash,nonce,sha3_uncles,logs_bloom,transactions_root,state_root,receipts_root,miner,difficulty,total_difficulty,size,extra_data,gas_limit,gas_used,timestamp,transaction_count,base_fee_per_gas".to_owned()),
        ("transactions", "hash,nonce,block_hash,block_number,transaction_index,from_address,to_address,value,gas,gas_price,input,block_timestamp,max_fee_per_gas,max_priority_fee_per_gas,transaction_type".to_owned()),
        ("receipts", "transaction_hash,transaction_index,block_hash,block_number,cumulative_gas_used,gas_used,contract_address,root,status,effective_gas_price".to_owned()),
        ("logs", "log_index,transaction_hash,transaction_index,block_hash,block_number,address,data,topics".to_owned()),
    ];
    for Told { parts: (block, receipts), .. } in blocks {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let number = |value: &Value| {
            let digits = text(value);
            u128::from_str_radix(digits.trim_start_matches("0x"), 16)
                .map_or(String::new(), |number| number.to_string())
        };
        let (height, hash) = (number(&block["number"]), text(&block["hash"]));
        let txs = block["transactions"].as_array().ok_or("a list")?;
        let mut put = |table: usize, cells: &[String]| {
            tables[table].1.push_str("\r\n");
            tables[table].1.push_str(&cells.join(","));
        };
        let names = [
            "parentHash",
            "nonce",
            "sha3Uncles",
            "logsBloom",
            "transactionsRoot",
            "stateRoot",
            "receiptsRoot",
            "miner",
        ];
        let mut row = vec![height.clone(), hash.clone()];
        row.extend(names.map(|name| text(&block[name])));
        row.extend(["0", "0", "4096", "0x", "36000000", "0"].map(str::to_owned));
        row.extend([number(&block["timestamp"]), txs.len().to_string(), number(&block["baseFeePerGas"])]);
        put(0, &row);
        for (tx, receipt) in txs.iter().zip(receipts.as_array().ok_or("a list")?) {
            let (id, index) = (text(&tx["hash"]), number(&tx["transactionIndex"]));
            put(
                1,
                &[
                    id.clone(),
                    number(&tx["nonce"]),
                    hash.clone(),
                    height.clone(),
                    index.clone(),
                    text(&tx["from"]),
                    text(&tx["to"]),
                    number(&tx["value"]),
                    number(&tx["gas"]),
                    number(&tx["gasPrice"]),
                    text(&tx["input"]),
                    number(&block["timestamp"]),
                    String::new(),
                    String::new(),
                    "0".to_owned(),
                ],
            );
            put(
                2,
                &[
                    id.clone(),
                    index.clone(),
                    hash.clone(),
                    height.clone(),
                    number(&receipt["cumulativeGasUsed"]),
                    number(&receipt["gasUsed"]),
                    String::new(),
                    String::new(),
                    "1".to_owned(),
                    number(&receipt["effectiveGasPrice"]),
                ],
            );
            for log in receipt["logs"].as_array().ok_or("a list")? {
                let topics: Vec<String> =
                    log["topics"].as_array().ok_or("a list")?.iter().map(text).collect();
                put(
                    3,
                    &[
                        number(&log["logIndex"]),
                        id.clone(),
                        index.clone(),
                        hash.clone(),
                        height.clone(),
                        text(&log["address"]),
                        text(&log["data"]),
                        format!("\"{}\"", topics.join(",")),
                    ],
                );
            }
        }
    }
    let mut bytes = 0;
    for (name, text) in tables {
        bytes += text.len();
        fs::write(files.join(format!("{name}.csv")), text + "\r\n")?;
    }
    Ok(bytes)
}

fn etl(blocks: &[Told], dir: &Path) -> Result<(usize, Done), Box<dyn Error>> {
    let files = dir.with_extension("etl");
    let bytes = tables(blocks, &files)?;
    let source =
        EtlSource { paths: vec![files.clone()], rules: Rules::ethereum(), writer: WriterOptions::default() };
    let (began, before) = (Instant::now(), cpu());
    let done = ingest_etl_files(dir, &source, &|_| ControlFlow::Continue(()))?;
    let took = (began.elapsed().as_secs_f64(), cpu() - before);
    fs::remove_dir_all(files)?;
    Ok((bytes, (took.0, took.1, done.report)))
}
