//! The proxy between a wallet and a node.

use std::{
    net::TcpListener,
    sync::{Arc, mpsc},
    time::Duration,
};

use serde_json::{Value, json};
use tracehound_guard::{
    Facts,
    ask::{Listing, Lists},
    json::MAX_BYTES,
};
use tracehound_server::proxy::{Limits, Options};
use tracehound_testkit::http::Response;

use crate::support::{COLD, ME, Node, Running, options};

const CALL: &str = "{\"id\" : 5, \"method\":\"eth_call\",\n\"params\":[{}, \"latest\"]}";
const RESULT: &str = " {\"result\" :\"0x\"} \n";

fn pay(id: u64, to: &str) -> String {
    let payment = json!({"from": ME, "to": to, "value": "0x1", "data": "0x"});
    json!({"jsonrpc": "2.0", "id": id, "method": "eth_sendTransaction", "params": [payment]}).to_string()
}

fn stranger(id: u64) -> String {
    pay(id, "0xCAd4D081A270fe010Aa5E8Aaf6216405581f575e")
}

fn ids(answers: &Value) -> Vec<u64> {
    let list = answers.as_array().expect("a list");
    list.iter().map(|answer| answer["id"].as_u64().expect("a number")).collect()
}

#[test]
fn what_is_refused_never_reaches_the_node_and_the_rest_does_byte_for_byte() {
    let node = Node::start(|_| {
        let headers = vec![("Content-Type", "text/x-node".to_owned()), ("X-Inner", "secret".to_owned())];
        Some(Response { headers, ..Response::status(218, RESULT) })
    });
    let proxy = Running::start(options(&node.server.url()));
    let answer = proxy.post(stranger(7));
    assert_eq!((answer.status, answer.json()["id"].as_u64()), (200, Some(7)));
    assert_eq!(answer.json()["error"]["code"], -32_003);
    assert!(answer.message().contains("(G-"), "{}", answer.message());
    assert_eq!(
        proxy.post("{\"method\":\"eth_call\",\"method\":\"eth_sign\"}").json()["error"]["code"],
        -32_700
    );
    assert!(node.asked().is_empty());
    for body in [CALL.to_owned(), pay(8, COLD)] {
        let answer = proxy.post(&body);
        assert_eq!((answer.status, &answer.body[..]), (218, RESULT.as_bytes()));
        assert!(
            answer.headers.contains("text/x-node") && !answer.headers.contains("secret"),
            "{}",
            answer.headers
        );
        assert_eq!(node.asked(), [body.into_bytes()]);
    }
}

#[test]
fn a_refusal_is_one_line_that_nothing_can_paint_over() {
    let node = Node::start(|_| Some(Response::ok(RESULT)));
    let proxy = Running::start(options(&node.server.url()));
    proxy.post(stranger(1));
    proxy.post(r#"{"id":1,"method":"eth_send\u001b[2J\nlistening"}"#);
    let lines = proxy.lines();
    assert_eq!(lines.lines().count(), 3, "{lines}");
    assert!(
        lines.starts_with(&format!("listening on http://{}, upstream http://127.0.0.1:", proxy.address)),
        "{lines}"
    );
    assert!(lines.contains("Z refused eth_sendTransaction: incomplete: "), "{lines}");
    assert!(!lines.contains('\u{1b}'), "{lines:?}");
}

#[test]
fn a_batch_is_split_and_comes_back_as_one() {
    let node = Node::start(|request| {
        let list: Vec<Value> = serde_json::from_slice(&request.body).expect("a list");
        let answers = list.iter().map(|asked| json!({"id": asked["id"], "result": 1}));
        Some(Response::ok(answers.collect::<Value>().to_string()))
    });
    let proxy = Running::start(options(&node.server.url()));
    let answer = proxy.post(format!("[{},{CALL},{}]", stranger(1), pay(2, COLD)));
    assert_eq!((answer.status, ids(&answer.json())), (200, vec![5, 2, 1]));
    assert_eq!(node.asked(), [format!("[{CALL},{}]", pay(2, COLD)).into_bytes()]);
    let answer = proxy.post(format!("[{},{}]", stranger(1), stranger(2)));
    assert_eq!((answer.status, ids(&answer.json())), (200, vec![1, 2]));
    let silent = stranger(1).replace("\"id\":1,", "");
    let answer = proxy.post(format!("[{silent}]"));
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    assert!(node.asked().is_empty());
}

#[test]
fn a_node_that_answers_rubbish_to_a_split_batch_is_not_mixed_with_our_answers() {
    let node = Node::start(|_| Some(Response::ok("<html>]")));
    let proxy = Running::start(options(&node.server.url()));
    let answer = proxy.post(format!("[{},{CALL}]", stranger(1)));
    assert_eq!((answer.status, ids(&answer.json())), (502, vec![1, 5]));
    let answer = proxy.post(CALL);
    assert_eq!((answer.status, answer.json()["id"].as_u64()), (502, Some(5)));
    assert!(answer.message().contains("answers no JSON-RPC"), "{}", answer.message());
}

#[test]
fn the_status_of_a_nodes_error_passes_and_its_page_and_redirects_do_not() {
    let node = Node::start(|request| {
        let elsewhere = vec![("Location", "/elsewhere".to_owned())];
        if request.body.contains(&b'9') {
            return Some(Response { headers: elsewhere, ..Response::status(307, "") });
        }
        Some(Response::status(500, "boom"))
    });
    let proxy = Running::start(options(&node.server.url()));
    let answer = proxy.post(CALL);
    assert_eq!((answer.status, answer.json()["id"].as_u64()), (500, Some(5)));
    let message = answer.message();
    assert!(message.contains("HTTP 500") && !message.contains("boom"), "{message}");
    node.asked();
    let answer = proxy.post(r#"{"id":9,"method":"eth_call"}"#);
    assert_eq!((answer.status, answer.json()["id"].as_u64()), (502, Some(9)));
    assert!(answer.message().contains("redirects"), "{}", answer.message());
    assert_eq!(node.asked().len(), 1, "not followed");
}

#[test]
fn nothing_a_node_answers_tells_a_client_the_keys_in_its_address() {
    let echoes: [fn(&str) -> Response; 6] = [
        |path| Response::status(404, &format!("Cannot POST {path}")),
        |path| Response::ok(format!("<html>{path}</html>")),
        |path| Response::ok(json!(path).to_string()),
        |path| {
            let error = json!({"code": -32000, "message": format!("no project {path}")});
            Response::ok(json!({"jsonrpc": "2.0", "id": 5, "error": error}).to_string())
        },
        |path| Response::ok(json!({"jsonrpc": "2.0", "id": 5, "error": path}).to_string()),
        |path| Response {
            headers: vec![("Content-Type", format!("application/json; at={path}"))],
            ..Response::ok(json!({"jsonrpc": "2.0", "id": 5, "result": "0x"}).to_string())
        },
    ];
    for (n, echo) in echoes.into_iter().enumerate() {
        let node = Node::start(move |request| Some(echo(&request.path)));
        let proxy =
            Running::start(options(&format!("{}/v3/s3cr3t-k3y?token=s3sam3-0p3n", node.server.url())));
        for body in [CALL.to_owned(), format!("[{},{CALL}]", stranger(1))] {
            let answer = proxy.post(&body);
            let said =
                format!("{} {} {}", answer.headers, String::from_utf8_lossy(&answer.body), proxy.lines());
            assert!(said.contains("\"id\":5") || said.contains("\"id\" : 5"), "{n}: {said}");
            assert!(!said.contains("s3cr3t") && !said.contains("s3sam3"), "{n}: {said}");
        }
        assert!(!node.asked().is_empty(), "{n}");
    }
}

#[test]
fn an_answer_has_limits() {
    let (hold, held_back) = mpsc::channel::<()>();
    let node = Node::start(move |request| {
        if request.body.contains(&b'9') {
            // Until the test ends.
            let _ = held_back.recv();
            return None;
        }
        Some(Response::ok("x".repeat(2_000)))
    });
    let limits = Limits { timeout: Duration::from_millis(200), answer: 1_999, ..Limits::default() };
    let proxy = Running::start(Options { limits, ..options(&node.server.url()) });
    let answer = proxy.post(CALL);
    assert_eq!(answer.status, 502);
    assert!(answer.message().contains("more than 1999 bytes"), "{}", answer.message());
    let answer = proxy.post(r#"{"id":9,"method":"eth_call"}"#);
    assert_eq!(answer.status, 502);
    assert!(answer.message().contains("no complete answer within 0.2 s"), "{}", answer.message());
    drop(hold);
}

#[test]
fn a_node_that_is_gone_is_said_without_its_secrets() {
    let gone = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
    let proxy = Running::start(options(&format!("http://me:hunter2@{gone}/v3/hunter3?key=hunter4")));
    let answer = proxy.post(CALL);
    assert_eq!((answer.status, answer.json()["id"].as_u64()), (502, Some(5)));
    assert_eq!(answer.json()["error"]["code"], -32_002);
    let said = format!("{}\n{}", answer.message(), proxy.lines());
    assert!(said.contains(&gone.to_string()) && !said.contains("hunter"), "{said}");
    assert!(said.contains("does not say which chain"), "{said}");
}

#[test]
fn name_password_and_path_go_to_the_node_and_nowhere_else() {
    let (tell, told) = mpsc::channel();
    let node = Node::start(move |request| {
        tell.send(format!("{} {:?}", request.path, request.authorization)).expect("somebody listens");
        Some(Response::ok(RESULT))
    });
    let url = node.server.url().replace("http://", "http://me:hunter2@");
    let proxy = Running::start(options(&format!("{url}/v3/hunter3?key=hunter4")));
    let headers = ["Host: localhost", "Content-Type: application/json", "Authorization: Basic bXk="];
    let answer = proxy.ask("POST /?key=other HTTP/1.1", &headers, CALL.as_bytes());
    assert_eq!(answer.body, RESULT.as_bytes());
    assert_eq!(told.try_recv().expect("asked"), "/v3/hunter3?key=hunter4 Some(\"Basic bWU6aHVudGVyMg==\")");
    assert!(!proxy.lines().contains("hunter"), "{}", proxy.lines());
}

#[test]
fn pages_and_foreign_names_are_kept_out() {
    let node = Node::start(|_| Some(Response::ok(RESULT)));
    let origins = vec!["https://app.example.org".to_owned()];
    let proxy = Running::start(Options { origins, ..options(&node.server.url()) });
    let json = "Content-Type: application/json";
    let status = |headers: &[&str]| proxy.ask("POST / HTTP/1.1", headers, CALL.as_bytes()).status;
    assert_eq!(status(&["Host: localhost:8550", json]), 200);
    assert_eq!(status(&["Host: evil.example:8550", json]), 403);
    assert_eq!(status(&["Host: localhost", "Host: evil.example", json]), 403);
    assert_eq!(status(&["Host: localhost", "Origin: https://evil.example", json]), 403);
    assert_eq!(status(&["Host: localhost", "Origin: null", json]), 403);
    assert_eq!(status(&["Host: localhost", "Content-Type: text/plain"]), 415);
    assert_eq!(status(&["Host: localhost"]), 415);
    assert_eq!(node.asked().len(), 1);
    let ours = ["Host: localhost", "Origin: https://app.example.org", json];
    let allowed = "access-control-allow-origin: https://app.example.org";
    let answer = proxy.ask("POST / HTTP/1.1", &ours, CALL.as_bytes());
    assert!(answer.status == 200 && answer.headers.contains(allowed), "{}", answer.headers);
    let answer = proxy.ask("POST / HTTP/1.1", &ours, stranger(1).as_bytes());
    assert!(answer.headers.contains(allowed), "a page can read why: {}", answer.headers);
    let asked = proxy.ask("OPTIONS / HTTP/1.1", &ours[..2], b"");
    assert!(asked.status == 204 && asked.headers.contains(allowed), "{}", asked.headers);
    assert!(asked.headers.contains("access-control-allow-headers: content-type"), "{}", asked.headers);
    let asked = proxy.ask("OPTIONS / HTTP/1.1", &["Host: localhost", "Origin: https://evil.example"], b"");
    assert!(asked.status == 403 && !asked.headers.contains("access-control"), "{}", asked.headers);
    assert_eq!(proxy.ask("GET / HTTP/1.1", &["Host: localhost"], b"").status, 405);
    assert_eq!(proxy.ask("POST /other HTTP/1.1", &ours, CALL.as_bytes()).status, 404);
}

#[test]
fn a_body_that_is_too_large_is_refused_before_it_is_read() {
    let node = Node::start(|_| Some(Response::ok(RESULT)));
    let proxy = Running::start(options(&node.server.url()));
    let head =
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n";
    let answer = proxy.raw(format!("{head}Content-Length: {}\r\n\r\n", MAX_BYTES + 1).as_bytes());
    assert_eq!(answer.status, 413);
    assert!(node.asked().is_empty());
    let full =
        format!("{{\"id\":1,\"method\":\"eth_call\",\"params\":[\"{}\"]}}", "0".repeat(MAX_BYTES - 44));
    assert!(full.len() <= MAX_BYTES && full.len() + 8 > MAX_BYTES, "{}", full.len());
    assert_eq!(proxy.post(&full).status, 200);
    assert_eq!(node.asked(), [full.into_bytes()]);
}

#[test]
fn too_many_requests_at_a_time_are_turned_away_and_those_under_way_are_answered_at_the_end() {
    let (hold, held_back) = mpsc::channel::<()>();
    let (came, coming) = mpsc::channel::<()>();
    let node = Node::start(move |_| {
        came.send(()).expect("the test waits");
        let _ = held_back.recv();
        Some(Response::ok(RESULT))
    });
    let limits = Limits { requests: 1, ..Limits::default() };
    let mut proxy = Running::start(Options { limits, ..options(&node.server.url()) });
    std::thread::scope(|scope| {
        let first = scope.spawn(|| proxy.post(CALL));
        coming.recv().expect("the first is at the node");
        let second = proxy.post(CALL);
        assert_eq!(second.status, 503);
        drop(hold);
        assert_eq!(first.join().expect("answered").status, 200);
    });
    proxy.stop();
    proxy.wait();
}

#[test]
fn whom_to_serve_and_which_chain_is_settled_before_anybody_is_served() {
    let node = Node::start(|_| Some(Response::ok(RESULT)));
    let base = || options(&node.server.url());
    let refused = |options| Running::try_start(options).err().expect("refused").to_string();
    let remote = Options { listen: "0.0.0.0:0".parse().expect("an address"), ..base() };
    assert!(refused(remote).contains("--allow-remote"));
    let origins = vec!["https://*.example.org".to_owned()];
    assert!(refused(Options { origins, ..base() }).contains("--origin"));
    let secret = refused(options("ftp://me:hunter2@node.example"));
    assert!(secret.contains("--upstream") && !secret.contains("hunter2"), "{secret}");
    let facts = Facts::parse("chain-id = 5").expect("facts");
    let other = refused(Options { facts, ..base() });
    assert!(other.contains("chain 1") && other.contains("chain 5"), "{other}");
    // The chain the node names is the one signatures must be for.
    let proxy = Running::start(base());
    let raw =
        format!("0x02ef0503843b9aca0084b2d05e0082520894{}88016345785d8a000080c0", COLD[2..].to_lowercase());
    let body = json!({"id": 1, "method": "eth_sendRawTransaction", "params": [raw]}).to_string();
    assert!(proxy.post(body).message().contains("another chain than the wallet is on"));
}

#[test]
fn a_sign_in_is_judged_by_the_page_that_asks() {
    let node = Node::start(|_| Some(Response::ok(RESULT)));
    let origins = ["https://app.example.org", "https://evil.example", "chrome-extension://abc"];
    let origins = origins.map(str::to_owned).to_vec();
    let proxy = Running::start(Options { origins, ..options(&node.server.url()) });
    let text = format!(
        "app.example.org wants you to sign in with your Ethereum account:\n{ME}\n\nURI: https://app.example.org\n\
         Version: 1\nChain ID: 1\nNonce: 12345678\nIssued At: {}",
        jiff::Timestamp::now()
    );
    let body = json!({"id": 1, "method": "personal_sign", "params": [text, ME]}).to_string();
    let ask = |origin: &str| {
        let origin = format!("Origin: {origin}");
        let headers = ["Host: localhost", "Content-Type: application/json", &origin];
        proxy.ask("POST / HTTP/1.1", &headers, body.as_bytes())
    };
    assert_eq!(ask("https://app.example.org").body, RESULT.as_bytes());
    assert!(ask("https://evil.example").message().contains("collects a signature for another"));
    assert!(ask("chrome-extension://abc").message().contains("which site asks is not known"));
    assert_eq!(node.asked().len(), 1);
}

/// Lists that name one address.
#[derive(Debug)]
struct Named;

impl Lists for Named {
    fn screen(&self, address: &tracehound_model::Address) -> Listing {
        if address.to_string() == COLD { Listing::Listed("a thief".to_owned()) } else { Listing::Clear }
    }

    fn sources(&self) -> Vec<String> {
        vec!["a list of 2025-01-01".to_owned()]
    }
}

#[test]
fn whom_the_lists_name_is_not_paid_even_where_the_address_book_knows_him() {
    let node = Node::start(|_| Some(Response::ok(RESULT)));
    let proxy = Running::start(Options { lists: Some(Arc::new(Named)), ..options(&node.server.url()) });
    let answer = proxy.post(pay(8, COLD)).json();
    assert_eq!(answer["error"]["data"]["lists"][0], "a list of 2025-01-01", "{answer}");
    assert!(answer["error"]["message"].as_str().is_some_and(|said| said.contains("G-ADDR-02")), "{answer}");
    assert!(node.asked().is_empty());
}

#[test]
fn a_limit_per_day_holds_over_all_that_passes() {
    let node = Node::start(|_| Some(Response::ok(RESULT)));
    let policy = format!(
        "{}\n[[book]]\naddress='{COLD}'\nname='cold'\n[[limit]]\nper-day='2'\n",
        tracehound_guard::policy::DEFAULT
    );
    let policy = tracehound_guard::Policy::parse(&policy).expect("a policy");
    let proxy = Running::start(Options { policy, ..options(&node.server.url()) });
    assert!(proxy.lines().contains("limits what may leave in a day"), "{}", proxy.lines());
    // Both of one body are held back whole: nobody judged them together.
    let both = proxy.post(format!("[{},{}]", pay(1, COLD), pay(2, COLD)));
    assert_eq!(ids(&both.json()), [1, 2]);
    assert!(String::from_utf8_lossy(&both.body).contains("one by one"));
    assert!(node.asked().is_empty());
    for id in 3..5 {
        assert_eq!(proxy.post(pay(id, COLD)).body, RESULT.as_bytes());
    }
    assert_eq!(node.asked().len(), 2);
    let third = proxy.post(pay(5, COLD));
    assert!(third.message().contains("may leave today; the policy allows"), "{}", third.message());
    assert!(node.asked().is_empty());
}

/// What wraps the coin leaves under the coin's limit, one payment after the other too.
#[test]
fn a_limit_per_day_on_the_coin_holds_for_what_wraps_it() {
    let node = Node::start(|_| Some(Response::ok(RESULT)));
    let policy = format!(
        "{}\n[[book]]\naddress='{COLD}'\nname='cold'\n[[limit]]\nper-day='2'\n",
        tracehound_guard::policy::DEFAULT
    );
    let policy = tracehound_guard::Policy::parse(&policy).expect("a policy");
    let proxy = Running::start(Options { policy, ..options(&node.server.url()) });
    let data = format!("0xa9059cbb{:0>64}{:0>64}", &COLD[2..], 1);
    let pay_wrapped = |id: u64| {
        let payment = json!({"from": ME, "to": "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2", "value": "0x0", "data": data});
        json!({"jsonrpc": "2.0", "id": id, "method": "eth_sendTransaction", "params": [payment]}).to_string()
    };
    assert_eq!(proxy.post(pay_wrapped(1)).body, RESULT.as_bytes());
    assert_eq!(proxy.post(pay(2, COLD)).body, RESULT.as_bytes());
    for third in [pay_wrapped(3), pay(4, COLD)] {
        let third = proxy.post(third);
        assert!(third.message().contains("may leave today; the policy allows"), "{}", third.message());
    }
}
