use std::{net::TcpListener, time::Duration};

use serde_json::{Value, json};
use tracehound_evm::rpc::{HttpError, HttpLimits, Rpc, RpcError};
use tracehound_testkit::http::{Response, Server};

const KEY: &str = "/v3/0123456789abcdef?token=sesame-open";

fn limits() -> HttpLimits {
    HttpLimits { timeout: Duration::from_secs(10), pause: Duration::ZERO, ..HttpLimits::default() }
}

/// Asks a server that answers with this for the chain's id.
fn ask(answer: impl Fn() -> Response + Send + 'static) -> Result<Value, RpcError> {
    let server = Server::start(move |_| Some(answer()));
    let mut rpc = Rpc::new(&format!("{}{KEY}", server.url()), limits()).expect("an address");
    rpc.call("eth_chainId", &json!([]))
}

/// As [`ask`], for an answer that is refused: what is said then.
fn refused(answer: impl Fn() -> Response + Send + 'static) -> String {
    let error = ask(answer).expect_err("refused").to_string();
    assert!(!error.contains("0123456789abcdef") && !error.contains("sesame"), "{error}");
    assert!(error.contains("http://127.0.0.1:"), "{error}");
    error
}

#[test]
fn every_question_has_an_id_of_its_own_and_takes_only_its_answer() {
    let server = Server::start(|request| {
        assert_eq!(request.path, KEY);
        let question: Value = serde_json::from_slice(&request.body).expect("JSON");
        let result = json!([question["method"], question["params"]]);
        Some(Response::ok(json!({"jsonrpc": "2.0", "id": question["id"], "result": result}).to_string()))
    });
    let mut rpc = Rpc::new(&format!("{}{KEY}", server.url()), limits()).expect("an address");
    assert_eq!(rpc.call("a", &json!([1])).expect("answered"), json!(["a", [1]]));
    assert_eq!(rpc.call("b", &json!([])).expect("answered"), json!(["b", []]));
    assert!(!format!("{rpc:?} {}", rpc.server()).contains("sesame"));
    let stale = || Response::ok(r#"{"jsonrpc":"2.0","id":7,"result":"0x1"}"#);
    assert!(refused(stale).contains("another id than the question, 1"));
    assert!(refused(|| Response::ok(r#"{"jsonrpc":"2.0","id":null,"result":"0x1"}"#)).contains("another id"));
}

#[test]
fn nothing_found_is_a_result_and_no_result_is_an_error() {
    let null = ask(|| Response::ok(r#"{"jsonrpc":"2.0","id":1,"result":null}"#));
    assert_eq!(null.expect("answered"), Value::Null);
    assert!(refused(|| Response::ok(r#"{"jsonrpc":"2.0","id":1}"#)).contains("neither result nor error"));
    assert!(refused(|| Response::ok(r#"{"jsonrpc":"2.0","id":1,"error":{}}"#)).contains("without code"));
}

#[test]
fn an_error_of_the_node_is_shown_whatever_the_status_without_keys_and_control_characters() {
    let error =
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no\u001b[2J for 0123456789abcdef"}}"#;
    for status in [200, 400] {
        let says = refused(move || Response::status(status, error));
        assert!(says.contains("answers eth_chainId with error -32601: no\u{fffd}[2J for …"), "{says}");
    }
    let unread = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"cannot read that"}}"#;
    assert!(refused(move || Response::ok(unread)).contains("-32700"));
}

#[test]
fn what_is_no_json_rpc_is_refused() {
    assert!(refused(|| Response::ok("<html>sesame-open</html>")).contains("it begins with <html>…</html>"));
    assert!(refused(|| Response::ok("[]")).contains("no JSON-RPC"));
    assert!(refused(|| Response::ok("[".repeat(100_000))).contains("no JSON-RPC"));
    assert!(refused(|| Response::status(401, "no such key")).contains("HTTP 401: no such key"));
    let elsewhere = || Response {
        headers: vec![("Location", "http://127.0.0.1:9/".to_owned())],
        ..Response::status(302, "there")
    };
    assert!(refused(elsewhere).contains("HTTP 302"), "a redirect is not followed");
}

#[test]
fn an_answer_that_is_too_long_or_cut_short_is_refused() {
    let server = Server::start(|_| Some(Response::ok(vec![b' '; 1_001])));
    let mut rpc = Rpc::new(&server.url(), HttpLimits { body: 1_000, ..limits() }).expect("an address");
    let error = rpc.call("eth_chainId", &json!([])).expect_err("too long");
    assert!(matches!(error, RpcError::Http(HttpError::TooLarge { limit: 1_000, .. })), "{error}");
    let cut = || Response { stated_len: Some(500), ..Response::ok(r#"{"jsonrpc":"2.0","id":1,"result":1}"#) };
    assert!(matches!(ask(cut), Err(RpcError::Http(HttpError::Connection { .. }))));
}

#[test]
fn a_server_that_never_answers_runs_into_the_time_limit() {
    // Accepts connections in the kernel and never reads from them.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}{KEY}", listener.local_addr().expect("bound"));
    let limits = HttpLimits { timeout: Duration::from_millis(50), ..limits() };
    let error = Rpc::new(&url, limits).expect("an address").call("eth_chainId", &json!([]));
    let error = error.expect_err("never");
    assert!(
        matches!(error, RpcError::Http(HttpError::Timeout { .. })) && !error.to_string().contains("sesame"),
        "{error}"
    );
}

#[test]
fn a_busy_server_is_asked_again() {
    let asked = std::sync::atomic::AtomicU32::new(0);
    let answer = move || match asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 => Response::status(429, "slow down"),
        1 => Response::status(503, "busy"),
        _ => Response::ok(r#"{"jsonrpc":"2.0","id":1,"result":"0x1"}"#),
    };
    assert_eq!(ask(answer).expect("at last"), json!("0x1"));
    assert!(refused(|| Response::status(429, "slow down")).contains("HTTP 429"));
}

#[test]
fn an_address_with_a_password_is_refused_without_showing_it() {
    for url in
        ["http://me:sesame@localhost:8545/x", "ftp://sesame/", "sesame", "http://", "http://a b/sesame"]
    {
        let error = Rpc::new(url, limits()).expect_err(url).to_string();
        assert!(!error.contains("sesame"), "{error}");
    }
}
