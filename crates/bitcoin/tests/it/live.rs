//! Nodes and Esplora servers, honest and otherwise, on the loopback interface.

use std::{
    collections::HashMap,
    fs,
    ops::ControlFlow,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bitcoin::{Block, consensus, hashes::Hash};
use serde_json::{Value, json};
use tracehound_bitcoin::{
    ChainPoint, KnownChain, NothingKnown,
    live::{
        BlockServer, HttpError, HttpLimits, LiveError,
        follow::{FollowError, FollowEvent, FollowOptions, Followed, follow},
        rest::NodeRest,
        rpc::{Auth, NodeRpc},
    },
};
use tracehound_model::{BitcoinNetwork, BlockHash};

use crate::mock::{Request, Response, Server, mine_chain};

const REGTEST: FollowOptions = FollowOptions {
    network: BitcoinNetwork::Regtest,
    from_height: 0,
    deepest_reorg: 100,
    checks: tracehound_bitcoin::Checks { witness_commitment: true },
};

pub(crate) fn quick() -> HttpLimits {
    HttpLimits { timeout: Duration::from_secs(10), pause: Duration::ZERO, ..HttpLimits::default() }
}

fn password() -> Auth {
    Auth::Password { user: "reader".to_owned(), password: "secret".to_owned() }
}

/// A chain that a mock node serves and a test changes.
type Chain = Arc<Mutex<Vec<Block>>>;

fn chain(blocks: &[Block]) -> Chain {
    Arc::new(Mutex::new(blocks.to_vec()))
}

fn info(blocks: &[Block]) -> Value {
    let tip = blocks.last().unwrap();
    json!({
        "chain": "regtest", "blocks": blocks.len() - 1, "headers": blocks.len() - 1,
        "bestblockhash": tip.block_hash().to_string(), "initialblockdownload": false, "pruned": false,
    })
}

/// A node's JSON-RPC interface as Bitcoin Core 30 answers.
fn rpc_node(chain: &Chain, request: &Request) -> Response {
    let blocks = chain.lock().unwrap();
    // "reader:secret"
    if request.authorization.as_deref() != Some("Basic cmVhZGVyOnNlY3JldA==") {
        return Response::status(401, "");
    }
    let call: Value = serde_json::from_slice(&request.body).unwrap();
    let error = |status, code, message: &str| {
        let body = json!({ "result": null, "error": { "code": code, "message": message }, "id": call["id"] });
        Response::status(status, &body.to_string())
    };
    let result = match call["method"].as_str().unwrap() {
        "getblockchaininfo" => info(&blocks),
        "getblockhash" => match blocks.get(usize::try_from(call["params"][0].as_u64().unwrap()).unwrap()) {
            Some(block) => json!(block.block_hash().to_string()),
            None => return error(500, -8, "Block height out of range"),
        },
        "getblock" => {
            assert_eq!(call["params"][1], 0);
            match blocks.iter().find(|block| json!(block.block_hash().to_string()) == call["params"][0]) {
                Some(block) => json!(consensus::encode::serialize_hex(block)),
                None => return error(500, -5, "Block not found"),
            }
        }
        method => return error(404, -32601, &format!("Method not found: {method}")),
    };
    Response::ok(json!({ "result": result, "error": null, "id": call["id"] }).to_string())
}

/// A node's REST interface.
fn rest_node(chain: &Chain, request: &Request) -> Response {
    let blocks = chain.lock().unwrap();
    let not_found = || Response::status(404, "not found");
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    if path == "/rest/chaininfo.json" {
        return Response::ok(info(&blocks).to_string());
    }
    if let Some(height) = path.strip_prefix("/rest/blockhashbyheight/") {
        let height: usize = height.strip_suffix(".bin").unwrap().parse().unwrap();
        return blocks.get(height).map_or_else(not_found, |b| Response::ok(b.block_hash().to_byte_array()));
    }
    let place = |rest: &str| {
        let hash = rest.strip_suffix(".bin").unwrap();
        blocks.iter().position(|block| block.block_hash().to_string() == hash)
    };
    if let Some(rest) = path.strip_prefix("/rest/block/") {
        return place(rest).map_or_else(not_found, |at| Response::ok(consensus::serialize(&blocks[at])));
    }
    if let Some(rest) = path.strip_prefix("/rest/headers/") {
        let count: usize = query.strip_prefix("count=").unwrap().parse().unwrap();
        let from = place(rest).unwrap_or(blocks.len());
        let headers = blocks[from..].iter().take(count).flat_map(|block| consensus::serialize(&block.header));
        return Response::ok(headers.collect::<Vec<u8>>());
    }
    not_found()
}

fn both_interfaces(chain: &Chain) -> Vec<(Server, Box<dyn BlockServer>)> {
    let (rpc_chain, rest_chain) = (Arc::clone(chain), Arc::clone(chain));
    let rpc = Server::start(move |request| Some(rpc_node(&rpc_chain, request)));
    let rest = Server::start(move |request| Some(rest_node(&rest_chain, request)));
    let rpc_client = NodeRpc::new(&rpc.url(), password(), quick()).unwrap();
    let rest_client = NodeRest::new(&rest.url(), quick()).unwrap();
    vec![(rpc, Box::new(rpc_client)), (rest, Box::new(rest_client))]
}

/// A receiver's chain.
#[derive(Clone, Default)]
struct Held(Vec<BlockHash>);

impl Held {
    fn of(blocks: &[Block]) -> Self {
        Self(blocks.iter().map(hash).collect())
    }

    fn catch_up(&mut self, server: &dyn BlockServer) -> Result<Followed, FollowError<String>> {
        let known = self.clone();
        follow(server, &known, REGTEST, |event| {
            match event {
                FollowEvent::Rewind(to) => {
                    assert_eq!(self.0[to.height as usize], to.hash);
                    self.0.truncate(to.height as usize + 1);
                }
                FollowEvent::Block(block) => {
                    assert_eq!(block.height, Some(u32::try_from(self.0.len()).unwrap()));
                    self.0.push(block.hash);
                }
            }
            Ok(ControlFlow::Continue(()))
        })
    }
}

impl KnownChain for Held {
    fn tip(&self) -> Option<ChainPoint> {
        let height = u32::try_from(self.0.len()).unwrap().checked_sub(1)?;
        Some(ChainPoint { hash: self.0[height as usize], height })
    }

    fn hash_at(&self, height: u32) -> Option<BlockHash> {
        self.0.get(height as usize).copied()
    }

    fn height_of(&self, hash: &BlockHash) -> Option<u32> {
        self.0.iter().position(|known| known == hash).map(|height| u32::try_from(height).unwrap())
    }

    fn bits_at(&self, _height: u32) -> Option<u32> {
        Some(0x207f_ffff)
    }
}

fn hash(block: &Block) -> BlockHash {
    BlockHash(block.block_hash().to_byte_array())
}

fn zero() -> bitcoin::BlockHash {
    bitcoin::BlockHash::all_zeros()
}

#[test]
fn a_chain_is_followed_from_nothing_to_the_tip_and_on() {
    let blocks = mine_chain(zero(), 0, 30, 0);
    let chain = chain(&blocks[..20]);
    for (_server, client) in both_interfaces(&chain) {
        *chain.lock().unwrap() = blocks[..20].to_vec();
        let mut held = Held::default();
        let done = held.catch_up(&*client).unwrap();
        assert_eq!((done.blocks, done.rewinds), (20, 0));
        assert_eq!(held.0, Held::of(&blocks[..20]).0);
        assert_eq!(held.catch_up(&*client).unwrap().blocks, 0);
        *chain.lock().unwrap() = blocks.clone();
        assert_eq!(held.catch_up(&*client).unwrap().blocks, 10);
        assert_eq!(held.0, Held::of(&blocks).0);
    }
}

#[test]
fn after_a_reorganisation_the_receiver_goes_back_to_the_fork() {
    let old = mine_chain(zero(), 0, 20, 0);
    let branch = mine_chain(old[14].block_hash(), 15, 9, 1);
    let new: Vec<Block> = [&old[..15], &branch].concat();
    let chain = chain(&new);
    for (_server, client) in both_interfaces(&chain) {
        let mut held = Held::of(&old);
        let done = held.catch_up(&*client).unwrap();
        assert_eq!((done.blocks, done.rewinds, done.behind), (9, 1, false));
        assert_eq!(held.0, Held::of(&new).0);
    }
}

#[test]
fn a_server_that_is_behind_takes_nothing_away() {
    let blocks = mine_chain(zero(), 0, 20, 0);
    let chain = chain(&blocks[..12]);
    for (_server, client) in both_interfaces(&chain) {
        let mut held = Held::of(&blocks);
        let done = held.catch_up(&*client).unwrap();
        assert!(done.behind && done.blocks == 0 && done.rewinds == 0);
        assert_eq!(done.tip, Some(ChainPoint { hash: hash(&blocks[11]), height: 11 }));
        assert_eq!(held.0.len(), 20);
    }
}

#[test]
fn a_reorganisation_between_two_requests_is_noticed() {
    let old = mine_chain(zero(), 0, 20, 0);
    let branch = mine_chain(old[4].block_hash(), 5, 20, 1);
    let new: Vec<Block> = [&old[..5], &branch].concat();
    let blocks = chain(&old);
    let served = AtomicU32::new(0);
    let server = {
        let (blocks, new) = (Arc::clone(&blocks), new.clone());
        Server::start(move |request| {
            // The node changes its mind while the eleventh block is on its way.
            if request.path.starts_with("/rest/block/") && served.fetch_add(1, Ordering::SeqCst) == 10 {
                let answer = rest_node(&blocks, request);
                *blocks.lock().unwrap() = new.clone();
                return Some(answer);
            }
            Some(rest_node(&blocks, request))
        })
    };
    let client = NodeRest::new(&server.url(), quick()).unwrap();
    let mut held = Held::default();
    let done = held.catch_up(&client).unwrap();
    assert_eq!(done.rewinds, 1);
    assert_eq!(held.0, Held::of(&new).0);
}

#[test]
fn another_chain_is_not_taken_for_a_reorganisation() {
    let ours = mine_chain(zero(), 0, 5, 0);
    let theirs = chain(&mine_chain(zero(), 0, 9, 7));
    for (_server, client) in both_interfaces(&theirs) {
        let error = Held::of(&ours).catch_up(&*client).unwrap_err();
        assert!(matches!(error, FollowError::Server(LiveError::NoCommonBlock { .. })), "{error}");
        let options = FollowOptions { network: BitcoinNetwork::Mainnet, ..REGTEST };
        let result = follow(&*client, &NothingKnown, options, |_| Ok::<_, String>(ControlFlow::Continue(())));
        let text = result.unwrap_err().to_string();
        assert_eq!(text, "the server is on Bitcoin regtest, and Bitcoin mainnet was expected");
    }
}

#[test]
fn the_receiver_ends_the_run_or_fails_it() {
    let chain = chain(&mine_chain(zero(), 0, 9, 0));
    let (_server, client) = both_interfaces(&chain).remove(1);
    let mut count = 0;
    let done = follow(&*client, &NothingKnown, REGTEST, |_| {
        count += 1;
        Ok::<_, String>(if count == 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    });
    let done = done.unwrap();
    assert!(done.stopped && done.blocks == 4);
    let options = FollowOptions { from_height: 6, ..REGTEST };
    let mut heights = Vec::new();
    let result = follow(&*client, &NothingKnown, options, |event| {
        let FollowEvent::Block(block) = event else { panic!("nothing to go back to") };
        heights.push(block.height.unwrap());
        if heights.len() == 3 { Err("disk full".to_owned()) } else { Ok(ControlFlow::Continue(())) }
    });
    assert!(matches!(result, Err(FollowError::Receiver(error)) if error == "disk full"));
    assert_eq!(heights, [6, 7, 8]);
}

#[test]
fn a_damaged_or_exchanged_block_is_refused() {
    let blocks = mine_chain(zero(), 0, 4, 0);
    for exchange in [false, true] {
        let chain = chain(&blocks);
        let other = consensus::serialize(&blocks[2]);
        let server = Server::start(move |request| {
            let mut answer = rest_node(&chain, request);
            if request.path.starts_with("/rest/block/") && exchange {
                answer.body.clone_from(&other);
            } else if request.path.starts_with("/rest/block/") {
                answer.body[85] ^= 1;
            }
            Some(answer)
        });
        let client = NodeRest::new(&server.url(), quick()).unwrap();
        let error = Held::default().catch_up(&client).unwrap_err();
        match error {
            FollowError::Server(LiveError::OtherBlock { .. }) => assert!(exchange),
            FollowError::Server(LiveError::Block { .. }) => assert!(!exchange),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn headers_come_in_one_piece_and_in_order() {
    let blocks = mine_chain(zero(), 0, 30, 0);
    let chain = chain(&blocks);
    let server = Server::start(move |request| Some(rest_node(&chain, request)));
    let client = NodeRest::new(&server.url(), quick()).unwrap();
    let headers = client.headers(&hash(&blocks[10]), 2_000).unwrap();
    assert_eq!(headers.iter().map(|(hash, _)| *hash).collect::<Vec<_>>(), Held::of(&blocks[10..]).0);
    assert_eq!(client.headers(&BlockHash([7; 32]), 5).unwrap(), []);

    let wrong = consensus::serialize(&blocks[3].header);
    let server = Server::start(move |_| Some(Response::ok([&wrong[..], &wrong].concat())));
    let client = NodeRest::new(&server.url(), quick()).unwrap();
    assert!(matches!(client.headers(&hash(&blocks[3]), 2), Err(LiveError::Shape { .. })));
    assert!(matches!(client.headers(&hash(&blocks[4]), 2), Err(LiveError::Shape { .. })));
}

#[test]
fn a_wrong_password_is_named_and_not_shown() {
    let chain = chain(&mine_chain(zero(), 0, 2, 0));
    let server = Server::start(move |request| Some(rpc_node(&chain, request)));
    let auth = Auth::Password { user: "reader".to_owned(), password: "hunter2".to_owned() };
    assert!(!format!("{auth:?}").contains("hunter2"));
    let client = NodeRpc::new(&server.url(), auth, quick()).unwrap();
    let text = client.chain_info().unwrap_err().to_string();
    assert!(text.contains("401") && !text.contains("hunter2"), "{text}");
    let text = NodeRpc::new("http://a:hunter2@host", password(), quick()).unwrap_err().to_string();
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn the_cookie_is_read_anew_after_the_node_restarted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".cookie");
    let chain = chain(&mine_chain(zero(), 0, 2, 0));
    let server = Server::start(move |request| Some(rpc_node(&chain, request)));
    let client = NodeRpc::new(&server.url(), Auth::Cookie(path.clone()), quick()).unwrap();
    assert!(matches!(client.chain_info(), Err(LiveError::Cookie { .. })));
    fs::write(&path, "__cookie__:old\n").unwrap();
    assert!(matches!(client.chain_info(), Err(LiveError::Unauthorised(_))));
    fs::write(&path, "reader:secret").unwrap();
    assert_eq!(client.chain_info().unwrap().tip.height, 1);
}

#[test]
fn the_nodes_own_errors_are_passed_on() {
    let server = Server::start(|_| {
        let error = json!({ "code": -28, "message": "Loading block index…" });
        Some(Response::status(500, &json!({ "result": null, "error": error, "id": 1 }).to_string()))
    });
    let client = NodeRpc::new(&server.url(), password(), quick()).unwrap();
    let text = client.chain_info().unwrap_err().to_string();
    assert_eq!(text, "the node answers getblockchaininfo with error -28: Loading block index…");
}

#[test]
fn answers_of_the_wrong_form_are_errors_that_say_so() {
    for body in ["", "null", "[]", "{}", "<html>", r#"{"result":{"chain":"regtest"},"error":null}"#] {
        let server = Server::start(move |_| Some(Response::ok(body)));
        let rpc = NodeRpc::new(&server.url(), password(), quick()).unwrap();
        assert!(matches!(rpc.chain_info(), Err(LiveError::Shape { .. })), "{body}");
        assert!(rpc.hash_at(3).is_err(), "{body}");
        let rest = NodeRest::new(&server.url(), quick()).unwrap();
        assert!(matches!(rest.chain_info(), Err(LiveError::Shape { .. })), "{body}");
        assert!(matches!(rest.hash_at(3), Err(LiveError::Shape { .. })), "{body}");
    }
}

#[test]
fn an_answer_without_end_is_cut_off() {
    let server = Server::start(|_| Some(Response::ok(vec![b'x'; 100_000])));
    let limits = HttpLimits { body: 10_000, ..quick() };
    let client = NodeRest::new(&server.url(), limits).unwrap();
    let error = client.chain_info().unwrap_err();
    assert!(matches!(error, LiveError::Http(HttpError::TooLarge { limit: 10_000, .. })), "{error}");
}

#[test]
fn a_cut_answer_is_no_answer() {
    let server = Server::start(|_| Some(Response { stated_len: Some(5_000), ..Response::ok("x") }));
    let client = NodeRest::new(&server.url(), HttpLimits { retries: 0, ..quick() }).unwrap();
    let error = client.block(&BlockHash([0; 32])).unwrap_err();
    assert!(matches!(error, LiveError::Http(HttpError::Connection { .. })), "{error}");
}

#[test]
fn a_server_that_never_answers_runs_into_the_time_limit() {
    // Accepts connections in the kernel and never reads from them.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let limits = HttpLimits { timeout: Duration::from_millis(50), ..quick() };
    let error = NodeRest::new(&url, limits).unwrap().chain_info().unwrap_err();
    assert!(matches!(error, LiveError::Http(HttpError::Timeout { .. })), "{error}");
}

#[test]
fn a_busy_server_is_asked_again_as_often_as_allowed() {
    let blocks = mine_chain(zero(), 0, 3, 0);
    for (failures, retries, works) in [(2, 2, true), (3, 2, false)] {
        let (chain, asked) = (chain(&blocks), AtomicU32::new(0));
        let server = Server::start(move |request| match asked.fetch_add(1, Ordering::SeqCst) {
            0 if failures > 0 => None,
            n if n < failures => {
                let headers = vec![("Retry-After", "0".to_owned())];
                Some(Response { headers, ..Response::status(503, "Work queue depth exceeded") })
            }
            _ => Some(rest_node(&chain, request)),
        });
        let client = NodeRest::new(&server.url(), HttpLimits { retries, ..quick() }).unwrap();
        let result = client.chain_info();
        assert_eq!(result.is_ok(), works, "{result:?}");
        if let Err(error) = result {
            assert!(error.to_string().contains("HTTP 503: Work queue depth exceeded"), "{error}");
        }
    }
}

#[test]
fn a_server_that_asks_to_wait_for_years_is_not_waited_for() {
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let server = Server::start(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        let headers = vec![("Retry-After", "99999999".to_owned())];
        Some(Response { headers, ..Response::status(429, "slow down") })
    });
    let error = NodeRest::new(&server.url(), quick()).unwrap().chain_info().unwrap_err();
    assert!(matches!(error, LiveError::Http(HttpError::Busy { seconds: 99_999_999, .. })), "{error}");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[test]
fn a_node_that_answers_from_another_branch_each_time_is_left() {
    let one = mine_chain(zero(), 0, 12, 0);
    let branch = mine_chain(one[4].block_hash(), 5, 7, 1);
    let other: Vec<Block> = [&one[..5], &branch].concat();
    let branches = [chain(&one), chain(&other)];
    let asked = AtomicU32::new(0);
    let server = Server::start(move |request| {
        if request.path == "/rest/chaininfo.json" {
            asked.fetch_add(1, Ordering::SeqCst);
        }
        Some(rest_node(&branches[asked.load(Ordering::SeqCst) as usize % 2], request))
    });
    let client = NodeRest::new(&server.url(), quick()).unwrap();
    // Each answer holds together; only that it is always another one shows that there is no end.
    let mut rewinds = 0;
    let result = follow(&client, &NothingKnown, REGTEST, |event| {
        rewinds += u32::from(matches!(event, FollowEvent::Rewind(_)));
        Ok::<_, String>(ControlFlow::Continue(()))
    });
    let error = result.unwrap_err();
    assert!(matches!(error, FollowError::Server(LiveError::Unsteady(_))), "{error}");
    assert!((1..=64).contains(&rewinds), "{rewinds}");
    assert!(error.to_string().contains("several branches"), "{error}");
}

#[test]
fn no_part_of_an_address_but_the_server_is_ever_said() {
    const KEY: &str = "k3y-in-the-path";
    let echo = |request: &Request| Some(Response::status(500, &format!("Cannot GET {}", request.path)));
    let server = Server::start(echo);
    let url = format!("{}/{KEY}/?token={KEY}2", server.url());
    let gone = format!("http://127.0.0.1:1/{KEY}/");
    let once = HttpLimits { retries: 0, ..quick() };
    for url in [url, gone] {
        for client in [
            Box::new(NodeRest::new(&url, once).unwrap()) as Box<dyn BlockServer>,
            Box::new(NodeRpc::new(&url, password(), once).unwrap()),
        ] {
            let error = client.chain_info().unwrap_err();
            assert!(error.to_string().contains("http://127.0.0.1:"), "{error}");
            assert!(!format!("{error} {error:?}").contains(KEY), "{error:?}");
        }
    }
    for url in
        [format!("http://me:{KEY}@127.0.0.1:1/"), format!("ftp://host/{KEY}"), format!("http:///{KEY}")]
    {
        let error = NodeRest::new(&url, once).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(KEY), "{error:?}");
    }
}

#[test]
fn what_an_answer_of_the_wrong_form_repeats_is_not_said() {
    const KEY: &str = "k3y-in-the-path";
    const PASSWORD: &str = "w0rd-of-the-user";
    // `reader:w0rd-of-the-user`
    const SENT: &str = "cmVhZGVyOncwcmQtb2YtdGhlLXVzZXI=";
    let said = |path: &str| format!("{path} {PASSWORD} {SENT}");
    let forms: [fn(String) -> Value; 7] = [
        |said| json!(said),
        |said| json!({ "result": null, "error": said }),
        |said| json!({ "result": null, "error": { "code": said, "message": "no" } }),
        |said| json!({ "result": null, "error": { "code": -1, "message": said } }),
        |said| json!({ "result": said, "error": null }),
        |said| json!({ "result": { "chain": said }, "error": null }),
        |said| {
            let info = json!({ "chain": said, "blocks": 1, "bestblockhash": "00".repeat(32),
                "initialblockdownload": false, "pruneheight": null });
            json!({ "result": info, "error": null })
        },
    ];
    let auth = Auth::Password { user: "reader".to_owned(), password: PASSWORD.to_owned() };
    for (n, form) in forms.into_iter().enumerate() {
        for status in [200, 500] {
            // Alone, and where a cut would leave a part of it.
            for before in [0, 30, 55, 190] {
                let server = Server::start(move |request| {
                    let words = format!("{}{}", "x".repeat(before), said(&request.path));
                    Some(Response::status(status, &form(words).to_string()))
                });
                for url in [format!("{}/{KEY}/", server.url()), format!("{}/?key={KEY}", server.url())] {
                    let once = HttpLimits { retries: 0, ..quick() };
                    let rpc = NodeRpc::new(&url, auth.clone(), once).unwrap();
                    let rest = NodeRest::new(&url, once).unwrap();
                    let errors = [rpc.chain_info().unwrap_err(), rest.chain_info().unwrap_err()];
                    for error in errors
                        .iter()
                        .chain(&rpc.hash_at(3).err())
                        .chain(&rpc.block(&hash(&mine_chain(zero(), 0, 1, 0)[0])).err())
                    {
                        let words = format!("{error} {error:?}");
                        assert!(!words.contains("k3y-"), "{n}: {words}");
                        // A node's REST interface is sent no password.
                        let node = !words.contains("/rest/");
                        assert!(
                            !node || !(words.contains("w0rd-") || words.contains("cmVh")),
                            "{n}: {words}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let hits: Arc<Mutex<HashMap<String, u32>>> = Arc::default();
    let seen = Arc::clone(&hits);
    let server = Server::start(move |request| {
        *seen.lock().unwrap().entry(request.path.clone()).or_default() += 1;
        Some(Response { headers: vec![("Location", "/elsewhere".to_owned())], ..Response::status(302, "") })
    });
    let client = NodeRest::new(&server.url(), quick()).unwrap();
    assert!(client.chain_info().is_err());
    assert_eq!(hits.lock().unwrap().keys().collect::<Vec<_>>(), ["/rest/chaininfo.json"]);
}

#[test]
fn only_http_addresses_are_taken() {
    for url in ["", "127.0.0.1:8332", "ftp://host", "http://", "https:///path"] {
        assert!(matches!(NodeRest::new(url, quick()), Err(LiveError::Url(_))), "{url}");
    }
    assert!(NodeRest::new("https://host.example:8443/node/", quick()).is_ok());
}
