//! Esplora servers, honest and otherwise, answering in the documented form.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use bitcoin::{
    Address, Amount, Network, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness,
    absolute, consensus, hashes::Hash, transaction,
};
use serde_json::{Value, json};
use tracehound_bitcoin::{
    ChainPoint, classify,
    live::{
        BlockServer, HttpLimits, LiveError,
        esplora::{AddressTxs, Esplora, EsploraLimits, TxStatus},
    },
};
use tracehound_model::{Address as OurAddress, BitcoinNetwork, BlockHash, TxId};

use crate::{
    fixtures::crate_block,
    live::quick,
    mock::{Response, Server},
};

fn client(server: &Server) -> Esplora {
    limited(server, EsploraLimits { http: quick(), ..EsploraLimits::default() })
}

fn limited(server: &Server, limits: EsploraLimits) -> Esplora {
    Esplora::new(&server.url(), BitcoinNetwork::Mainnet, limits).unwrap()
}

/// The address whose transactions the mock server has.
fn owner() -> ScriptBuf {
    ScriptBuf::from_bytes([&[0x00, 0x14], &[0x42; 20][..]].concat())
}

fn address() -> String {
    Address::from_script(&owner(), Network::Bitcoin).unwrap().to_string()
}

fn pays(script: ScriptBuf, value: u64) -> TxOut {
    TxOut { value: Amount::from_sat(value), script_pubkey: script }
}

/// A transaction in which the owner spends or receives; `salt` tells transactions apart.
fn example(salt: u32) -> (Transaction, Vec<TxOut>) {
    let other = ScriptBuf::from_bytes([&[0x51, 0x20], &[7; 32][..]].concat());
    let spends = salt % 3 == 1;
    let (from, to) = if spends { (owner(), other) } else { (other, owner()) };
    let input = TxIn {
        previous_output: OutPoint { txid: Txid::from_byte_array([salt as u8 + 1; 32]), vout: salt },
        script_sig: if spends { ScriptBuf::from_bytes(vec![0x51; 300]) } else { ScriptBuf::new() },
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        witness: Witness::from_slice(&[vec![1; 71], vec![2; 33], vec![]]),
    };
    let tx = Transaction {
        version: transaction::Version::TWO,
        lock_time: absolute::LockTime::from_consensus(salt),
        input: vec![input.clone(), TxIn { witness: Witness::new(), ..input }],
        output: vec![pays(to, 1_000 + u64::from(salt)), pays(ScriptBuf::from_bytes(vec![0x6a, 1, 2]), 0)],
    };
    (tx, vec![pays(from.clone(), 1_500), pays(from, 600)])
}

/// A transaction as Esplora's API.md describes it, with the fields that we do not read.
fn tx_json((tx, prevouts): &(Transaction, Vec<TxOut>), height: Option<u32>) -> Value {
    let output = |output: &TxOut| {
        json!({
            "scriptpubkey": output.script_pubkey.to_hex_string(),
            "scriptpubkey_asm": output.script_pubkey.to_asm_string(),
            "scriptpubkey_type": "v0_p2wpkh", "scriptpubkey_address": "bc1q…",
            "value": output.value.to_sat(),
        })
    };
    let sum = |outputs: &[TxOut]| outputs.iter().map(|output| output.value.to_sat()).sum::<u64>();
    let input = |(i, input): (usize, &TxIn)| {
        let mut json = json!({
            "txid": input.previous_output.txid.to_string(), "vout": input.previous_output.vout,
            "prevout": prevouts.get(i).map(output),
            "scriptsig": input.script_sig.to_hex_string(), "scriptsig_asm": input.script_sig.to_asm_string(),
            "is_coinbase": tx.is_coinbase(), "sequence": input.sequence.0,
        });
        if !input.witness.is_empty() {
            json["witness"] = input.witness.iter().map(hex::encode).collect();
        }
        json
    };
    let status = match height {
        None => json!({ "confirmed": false }),
        Some(height) => json!({
            "confirmed": true, "block_height": height, "block_time": 1_700_000_000 + height,
            "block_hash": BlockHash([9; 32]).to_string(),
        }),
    };
    json!({
        "txid": tx.compute_txid().to_string(), "version": tx.version.0, "locktime": tx.lock_time.to_consensus_u32(),
        "vin": tx.input.iter().enumerate().map(input).collect::<Vec<_>>(),
        "vout": tx.output.iter().map(output).collect::<Vec<_>>(),
        "size": tx.total_size(), "weight": tx.weight().to_wu(), "sigops": 1,
        "fee": if tx.is_coinbase() { 0 } else { sum(prevouts) - sum(&tx.output) },
        "status": status,
    })
}

fn our_txid(tx: &Transaction) -> TxId {
    TxId(tx.compute_txid().to_byte_array())
}

/// Serves `confirmed` transactions, newest first, `page` at a time, and one that is in no block.
fn history(confirmed: u32, page: usize) -> Server {
    Server::start(move |request| {
        let base = format!("/address/{}/txs", address());
        let Some(rest) = request.path.strip_prefix(&base) else { return Some(Response::status(404, "?")) };
        if rest == "/mempool" {
            return Some(Response::ok(json!([tx_json(&example(100), None)]).to_string()));
        }
        let all: Vec<u32> = (0..confirmed).rev().collect();
        let last = rest.strip_prefix("/chain").unwrap().strip_prefix('/');
        let start = last.map_or(0, |last| {
            let place = |n: &u32| example(*n).0.compute_txid().to_string() == last;
            all.iter().position(place).unwrap() + 1
        });
        let page = all[start..].iter().take(page).map(|n| tx_json(&example(*n), Some(800_000 + n)));
        Some(Response::ok(Value::Array(page.collect()).to_string()))
    })
}

fn get(server: &Server) -> Result<AddressTxs, LiveError> {
    client(server).address_txs(&OurAddress::parse(&address()).unwrap())
}

#[test]
fn all_pages_of_an_address_are_read_whatever_their_length() {
    for page in [1, 10, 25, 60] {
        let found = get(&history(57, page)).unwrap();
        assert!(found.complete);
        let expected: Vec<TxId> =
            [100].into_iter().chain((0..57).rev()).map(|n| our_txid(&example(n).0)).collect();
        assert_eq!(found.txs.iter().map(|tx| tx.tx.txid).collect::<Vec<_>>(), expected);
    }
    let found = get(&history(0, 25)).unwrap();
    assert!(found.complete && found.txs.len() == 1);
}

#[test]
fn every_field_of_a_transaction_arrives() {
    let found = get(&history(2, 25)).unwrap();
    assert_eq!(found.txs[0].status, TxStatus::Mempool);
    let (tx, prevouts) = example(1);
    let ours = &found.txs[1];
    let block = ChainPoint { hash: BlockHash([9; 32]), height: 800_001 };
    assert_eq!(ours.status, TxStatus::Confirmed { block, time: 1_700_800_001 });
    assert_eq!(u64::from(ours.tx.weight), tx.weight().to_wu());
    assert_eq!((ours.tx.version, ours.tx.lock_time), (2, 1));
    assert_eq!((ours.tx.input_count, ours.tx.output_count), (2, 2));
    assert_eq!(ours.fee, 1_500 + 600 - 1_001);
    for ((row, input), prevout) in ours.inputs.iter().zip(&tx.input).zip(&prevouts) {
        assert_eq!(row.prev_txid, TxId(input.previous_output.txid.to_byte_array()));
        assert_eq!((row.prev_vout, row.sequence), (1, input.sequence.0));
        let spent = row.prev_output.unwrap();
        assert_eq!(spent.value, prevout.value.to_sat());
        assert_eq!(ours.script_key(&spent), classify(prevout.script_pubkey.as_bytes()));
    }
    for (row, output) in ours.outputs.iter().zip(&tx.output) {
        assert_eq!(row.value, output.value.to_sat());
        assert_eq!(ours.script_key(row), classify(output.script_pubkey.as_bytes()));
    }
}

#[test]
fn a_limit_on_pages_or_bytes_is_told() {
    let address = OurAddress::parse(&address()).unwrap();
    let base = EsploraLimits { http: quick(), ..EsploraLimits::default() };
    let server = history(57, 10);
    let found = limited(&server, EsploraLimits { pages: 3, ..base }).address_txs(&address).unwrap();
    assert!(!found.complete && found.txs.len() == 31);
    let found = limited(&server, EsploraLimits { bytes: 1, ..base }).address_txs(&address).unwrap();
    assert!(!found.complete && found.txs.len() == 11);
    let http = HttpLimits { body: 1_000, ..quick() };
    let error = limited(&server, EsploraLimits { http, ..base }).address_txs(&address).unwrap_err();
    assert!(error.to_string().contains("more than 1000 bytes"), "{error}");
}

#[test]
fn single_transactions_are_found_or_not() {
    let tx = example(5);
    let path = format!("/tx/{}", tx.0.compute_txid());
    let other = format!("/tx/{}", TxId([3; 32]));
    let json = tx_json(&tx, Some(1)).to_string();
    let server = Server::start(move |request| {
        // The server also gives this transaction where another is asked for.
        let known = request.path == path || request.path == other;
        Some(if known { Response::ok(json.clone()) } else { Response::status(404, "Transaction not found") })
    });
    assert_eq!(client(&server).tx(&our_txid(&tx.0)).unwrap().unwrap().tx.txid, our_txid(&tx.0));
    assert_eq!(client(&server).tx(&TxId([4; 32])).unwrap(), None);
    let error = client(&server).tx(&TxId([3; 32])).unwrap_err();
    assert!(error.to_string().contains("was not asked for"), "{error}");
}

#[test]
fn every_transaction_of_a_real_block_survives_the_way_through_json() {
    let block: bitcoin::Block = consensus::deserialize(&crate_block()).unwrap();
    for tx in block.txdata.iter().take(400) {
        let total = tx.output.iter().map(|output| output.value.to_sat()).sum();
        let mut prevouts = vec![pays(owner(), 0); tx.input.len()];
        prevouts[0] = pays(owner(), total);
        if tx.is_coinbase() {
            prevouts.clear();
        }
        let json = tx_json(&(tx.clone(), prevouts), Some(702_861)).to_string();
        let server = Server::start(move |_| Some(Response::ok(json.clone())));
        let found = client(&server).tx(&our_txid(tx)).unwrap().unwrap();
        assert_eq!(u64::from(found.tx.weight), tx.weight().to_wu());
        assert_eq!(found.inputs[0].prev_output.is_none(), tx.is_coinbase());
    }
}

/// What the client says when the server's only transaction is changed.
fn answer_to(change: impl Fn(&mut Value)) -> String {
    let mut json = tx_json(&example(1), Some(1));
    change(&mut json);
    let server = Server::start(move |request| {
        let empty = request.path.ends_with("/mempool");
        Some(Response::ok(if empty { "[]".to_owned() } else { json!([json]).to_string() }))
    });
    get(&server).unwrap_err().to_string()
}

#[test]
fn a_server_that_lies_is_found_out() {
    for (pointer, value, problem) in [
        ("/vout/0/value", json!(1_002), "does not hash to its id"),
        ("/vin/0/vout", json!(2), "does not hash to its id"),
        ("/vin/0/sequence", json!(0), "does not hash to its id"),
        ("/vin/0/prevout/value", json!(1_501), "leave no fee"),
        ("/vin/0/prevout/value", json!(2_100_000_000_000_001_u64), "more than 21 million coins"),
        ("/vin/0/prevout", Value::Null, "no previous output"),
        ("/vin/0/is_coinbase", json!(true), "no previous output"),
        ("/fee", json!(0), "leave no fee"),
        ("/weight", json!(4), "has a weight of"),
        ("/vin/0/witness/0", json!("00"), "has a weight of"),
        ("/status/block_hash", Value::Null, "confirmed in no block"),
        ("/vin/0/scriptsig", json!("5"), "documented form"),
        ("/vout", json!({}), "documented form"),
        ("/txid", json!("12"), "not a 64-digit hexadecimal hash"),
        ("/vout/0/value", json!(-1), "documented form"),
        ("/vout/0/value", json!(0.5), "documented form"),
    ] {
        let text = answer_to(|json| *json.pointer_mut(pointer).unwrap() = value.clone());
        assert!(text.contains(problem), "{pointer}: {text}");
    }
    let text = answer_to(|json| {
        for prevout in ["/vin/0/prevout/scriptpubkey", "/vin/1/prevout/scriptpubkey"] {
            *json.pointer_mut(prevout).unwrap() = json!("51");
        }
    });
    assert!(text.contains("does not touch the address"), "{text}");
    let text = answer_to(|_| {});
    assert!(text.contains("was on an earlier page"), "the same page for ever: {text}");
}

#[test]
fn a_busy_public_server_is_given_time() {
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let server = Server::start(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        Some(Response {
            headers: vec![("Retry-After", "0".to_owned())],
            ..Response::status(429, "slow down")
        })
    });
    let error = get(&server).unwrap_err();
    assert!(error.to_string().contains("HTTP 429: slow down"), "{error}");
    assert_eq!(asked.load(Ordering::SeqCst), 1 + quick().retries);
}

#[test]
fn blocks_and_the_network_are_checked_too() {
    let genesis = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";
    let tip = "000000000000000000000c835b2adcaedc20fdf6ee440009c249452c726dafae";
    let server = Server::start(move |request| {
        Some(match request.path.as_str() {
            "/block-height/0" => Response::ok(genesis),
            "/block-height/702861" => Response::ok(format!("{tip}\n")),
            "/blocks/tip/height" => Response::ok("702861"),
            path if path == format!("/block/{tip}/raw") => Response::ok(crate_block()),
            path if path == format!("/block/{tip}/header") || path == format!("/block/{genesis}/header") => {
                Response::ok(hex::encode(&crate_block()[..80]))
            }
            _ => Response::status(404, "Block not found"),
        })
    });
    let esplora = client(&server);
    let info = esplora.chain_info().unwrap();
    assert_eq!(esplora.header(&info.tip.hash).unwrap().0, crate_block()[..80]);
    let error = esplora.header(&genesis.parse().unwrap()).unwrap_err();
    assert!(matches!(error, LiveError::OtherBlock { .. }), "{error}");
    assert!(esplora.header(&BlockHash([7; 32])).unwrap_err().to_string().contains("is not there"));
    assert_eq!(info.tip, ChainPoint { hash: tip.parse().unwrap(), height: 702_861 });
    assert_eq!(esplora.block(&info.tip.hash).unwrap(), crate_block());
    assert_eq!(esplora.hash_at(702_862).unwrap(), None);
    let testnet = Esplora::new(&server.url(), BitcoinNetwork::Testnet, EsploraLimits::default()).unwrap();
    assert!(matches!(testnet.chain_info(), Err(LiveError::Network { .. })));
}

#[test]
fn addresses_of_other_chains_are_refused_before_anything_is_sent() {
    let server = Server::start(|_| panic!("nothing must be sent"));
    let address = OurAddress::parse("0x098B716B8Aaf21512996dC57EB0615e2383E2f96").unwrap();
    let error = client(&server).address_txs(&address).unwrap_err();
    assert!(error.to_string().contains("is no Bitcoin address"), "{error}");
}
