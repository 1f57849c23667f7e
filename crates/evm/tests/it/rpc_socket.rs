//! A node asked over its socket: the answers to its questions, and to none else.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use tracehound_evm::{
    chains::Rules,
    node::{End, Node, NodeOptions},
    rpc::{HttpError, HttpLimits, Question, Rpc, RpcError},
};
use tracehound_testkit::socket::{Say, SocketServer};

const KEY: &str = "/v3/0123456789abcdef?token=sesame-open";

fn limits() -> HttpLimits {
    HttpLimits { timeout: Duration::from_secs(10), pause: Duration::ZERO, ..HttpLimits::default() }
}

fn rpc(server: &SocketServer) -> Rpc {
    Rpc::new(&format!("{}{KEY}", server.url()), limits()).expect("an address")
}

/// The right answers to a request, in the opposite order.
fn answers(asked: &str) -> Value {
    let one = |question: &Value| json!({ "jsonrpc": "2.0", "id": question["id"], "result": [question["method"], question["params"]] });
    match serde_json::from_str(asked).expect("JSON") {
        Value::Array(several) => several.iter().rev().map(one).collect(),
        single => one(&single),
    }
}

fn text(value: &Value) -> Say {
    Say::Text(value.to_string())
}

/// What a subscription tells.
fn told() -> Say {
    text(
        &json!({ "jsonrpc": "2.0", "method": "eth_subscription", "params": { "subscription": "0x1", "result": {} } }),
    )
}

const THREE: [fn() -> Question; 3] = [|| ("a", json!([1])), || ("b", json!([])), || ("c", json!([3]))];

/// The answers to three questions, each beginning with its method.
fn three(rpc: &mut Rpc) -> Result<Vec<String>, RpcError> {
    let answers = rpc.ask(&THREE.map(|question| question()))?;
    Ok((0..3).map(|at| answers.get(at).map_or_else(ToString::to_string, ToOwned::to_owned)).collect())
}

/// What is said of a server that does this.
fn refused(say: impl Fn(&str) -> Vec<Say> + Send + Sync + 'static) -> String {
    let server = SocketServer::start(move |_, asked| say(asked));
    let error = three(&mut rpc(&server)).expect_err("refused").to_string();
    assert!(!error.contains("0123456789abcdef") && !error.contains("sesame"), "{error}");
    assert!(error.contains(server.url()), "{error}");
    error
}

#[test]
fn answers_are_found_by_their_ids_whatever_their_order_and_what_stands_between_them() {
    let server =
        SocketServer::start(|_, asked| vec![told(), Say::Ping, told(), text(&answers(asked)), told()]);
    let mut rpc = rpc(&server);
    for _ in 0..2 {
        assert_eq!(three(&mut rpc).expect("answered"), [r#"["a",[1]]"#, r#"["b",[]]"#, r#"["c",[3]]"#]);
        assert_eq!(rpc.call("d", &json!([4])).expect("answered"), json!(["d", [4]]));
    }
    assert_eq!(server.opened(), 1);
    assert!(!format!("{rpc:?} {}", rpc.server()).contains("sesame"));
    assert_eq!(rpc.server(), server.url());
}

#[test]
fn an_answer_that_nobody_asked_for_is_refused() {
    let with = |change: fn(&mut Vec<Value>)| {
        move |asked: &str| {
            let mut all = answers(asked);
            change(all.as_array_mut().expect("three"));
            vec![text(&all)]
        }
    };
    let said = refused(with(|all| all.push(json!({ "jsonrpc": "2.0", "id": 77, "result": 1 }))));
    assert!(said.contains("another id than the questions"), "{said}");
    assert!(refused(with(|all| all[1]["id"] = all[0]["id"].clone())).contains("two answers have one id"));
    assert!(refused(with(|all| all[1]["id"] = Value::Null)).contains("another id"));
    // One of another question, before the right ones; no JSON; a list of nothing that was asked.
    let stale = json!({ "jsonrpc": "2.0", "id": 9, "result": 1 });
    assert!(refused(move |asked| vec![text(&stale), text(&answers(asked))]).contains("no JSON-RPC"));
    let said = refused(|_| vec![Say::Text("<html>sesame-open</html>".to_owned())]);
    assert!(said.contains("it begins with <html>…</html>"), "{said}");
    assert!(refused(|_| vec![Say::Text("[1,2]".to_owned())]).contains("no JSON-RPC"));
    assert!(refused(|_| vec![Say::Text("{\"method\":".to_owned())]).contains("no JSON-RPC"));
}

#[test]
fn what_came_twice_is_never_taken_for_the_next_answer() {
    // Each answer twice: the second is there when the next question is asked, and is of another id.
    let server = SocketServer::start(|_, asked| vec![text(&answers(asked)), text(&answers(asked))]);
    let mut rpc = rpc(&server);
    assert_eq!(rpc.call("a", &json!([])).expect("answered"), json!(["a", []]));
    let error = rpc.call("b", &json!([])).expect_err("an answer to the question before").to_string();
    assert!(error.contains("another id than the question, 2"), "{error}");
    // On a socket of its own the question has its answer.
    assert_eq!(rpc.call("c", &json!([])).expect("answered"), json!(["c", []]));
    assert_eq!(server.opened(), 2);
}

#[test]
fn a_socket_that_ends_within_an_answer_is_opened_again() {
    let server = SocketServer::start(|connection, asked| match connection {
        0 => vec![Say::Half(answers(asked).to_string())],
        1 => vec![Say::End("try again later")],
        _ => vec![text(&answers(asked))],
    });
    let answered = three(&mut rpc(&server)).expect("at last");
    assert_eq!((answered[0].as_str(), server.opened()), (r#"["a",[1]]"#, 3));
    let gone = refused(|_| vec![Say::End("not for 0123456789abcdef")]);
    assert!(gone.contains("it ended the connection (1013): not for …"), "{gone}");
}

#[test]
fn a_batch_whose_answer_is_too_large_is_halved_and_every_block_comes() {
    // A node of which each answer says its block; the limit holds two of them.
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sizes);
    let server = SocketServer::start(move |_, asked| {
        let asked: Value = serde_json::from_str(asked).expect("JSON");
        let one = |question: &Value| {
            let result = match question["method"].as_str() {
                Some("eth_chainId") => json!("0x1"),
                Some("eth_blockNumber") => json!("0x20"),
                _ => {
                    json!({ "number": question["params"][0], "hash": format!("0x{:064x}", 7), "filler": "x".repeat(400) })
                }
            };
            json!({ "jsonrpc": "2.0", "id": question["id"], "result": result })
        };
        let said = match &asked {
            Value::Array(several) => several.iter().map(one).collect(),
            single => one(single),
        };
        seen.lock().expect("no panic").push(asked.as_array().map_or(1, Vec::len));
        vec![text(&said)]
    });
    let options =
        NodeOptions { limits: HttpLimits { body: 1_300, ..limits() }, batch: 8, ..NodeOptions::default() };
    let mut node = Node::connect(server.url(), Rules::ethereum(), options).expect("a node");
    assert_eq!(node.head(End::Depth(0)).expect("told").latest, 0x20);
    let hashes = node.hashes(&(0..9).collect::<Vec<_>>()).expect("all of them");
    assert!(hashes.len() == 9 && hashes.iter().all(Option::is_some));
    let sizes = sizes.lock().expect("no panic");
    assert!(sizes.contains(&8) && sizes.contains(&2), "{sizes:?}");
}

#[test]
fn an_address_of_a_socket_is_checked_and_never_repeated() {
    for (url, said) in [
        ("ws://me:sesame@localhost:8546/x", "ws://localhost:8546"),
        ("wss://", "names no host"),
        ("ws://a b/sesame", "ws://HOST:PORT"),
        ("wsx://sesame/", "ws://HOST:PORT"),
    ] {
        let error = Rpc::new(url, limits()).expect_err(url).to_string();
        assert!(!error.contains("sesame") && error.contains(said), "{error}");
    }
    let rpc = Rpc::new("wss://node.example/sesame-open", limits()).expect("an address");
    let error = rpc.get().expect_err("nothing lies there");
    assert!(
        matches!(error, RpcError::Http(HttpError::Url { .. })) && !error.to_string().contains("sesame"),
        "{error}"
    );
}
