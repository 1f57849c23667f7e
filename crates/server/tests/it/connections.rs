//! How many may be connected, and for how long they may say nothing.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{Mutex, mpsc},
    time::Duration,
};

use serde_json::{Value, json};
use tracehound_server::proxy::{Limits, Options};
use tracehound_testkit::http::Response;

use crate::support::{Node, Running, options};

/// A client that stays connected.
struct Client(TcpStream);

impl Client {
    fn connect(proxy: &Running) -> Self {
        let stream = TcpStream::connect(proxy.address).expect("connected");
        // A hang becomes a failure.
        stream.set_read_timeout(Some(Duration::from_mins(1))).expect("a timeout");
        Self(stream)
    }

    fn ask(&mut self, id: u64) {
        let body = json!({ "id": id, "method": "eth_blockNumber" }).to_string();
        let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length";
        write!(self.0, "{head}: {}\r\n\r\n{body}", body.len()).expect("sent");
    }

    /// Reads to the end of the answer's body.
    fn answer(&mut self) -> String {
        let mut answer = Vec::new();
        while !answer.ends_with(b"}") {
            let mut byte = [0];
            self.0.read_exact(&mut byte).expect("an answer");
            answer.push(byte[0]);
        }
        String::from_utf8(answer).expect("text")
    }
}

/// What is being answered keeps its place, however many ask.
#[test]
fn one_connection_too_many_waits_until_another_has_its_answer() {
    let (asked, hears) = mpsc::channel();
    let (go, waits) = mpsc::channel::<()>();
    let waits = Mutex::new(waits);
    let node = Node::start(move |_| {
        asked.send(()).expect("somebody hears");
        waits.lock().expect("whole").recv().expect("told to go on");
        Some(Response::ok(r#"{"result":"0x1"}"#))
    });
    let limits = Limits { connections: 1, idle: Duration::from_hours(1), ..Limits::default() };
    let proxy = Running::start(Options { limits, ..options(&node.server.url()) });
    let mut first = Client::connect(&proxy);
    first.ask(1);
    hears.recv().expect("asked");
    let mut second = Client::connect(&proxy);
    second.ask(100);
    go.send(()).expect("heard");
    assert!(first.answer().ends_with(r#""0x1"}"#));
    go.send(()).expect("heard");
    assert!(second.answer().ends_with(r#""0x1"}"#));
    let bodies = node.asked().into_iter().map(|body| serde_json::from_slice::<Value>(&body));
    let ids: Vec<u64> = bodies.map(|body| body.expect("JSON")["id"].as_u64().expect("a number")).collect();
    assert_eq!(ids, [1, 100]);
}

/// A connection that has had its answer and says nothing has less of a right to its place than one that asks, and than half a request.
#[test]
fn three_hundred_idle_connections_keep_nobody_out() {
    let node = Node::start(|_| Some(Response::ok(r#"{"result":"0x1"}"#)));
    let limits =
        Limits { timeout: Duration::from_hours(1), idle: Duration::from_hours(1), ..Limits::default() };
    let proxy = Running::start(Options { limits, ..options(&node.server.url()) });
    let mut half = Client::connect(&proxy);
    half.0.write_all(b"POST / HTTP/1.1\r\nHost: localhost\r\nX: ").expect("sent");
    let mut idle: Vec<Client> = (0..300)
        .map(|id| {
            let mut client = Client::connect(&proxy);
            client.ask(id);
            assert!(client.answer().ends_with(r#""0x1"}"#), "{id}");
            client
        })
        .collect();
    // The one that was idle for longest went, and half a request did not.
    assert_eq!(idle[0].0.read(&mut [0]).expect("closed"), 0);
    let body = r#"{"id":1,"method":"eth_blockNumber"}"#;
    let rest = format!("y\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    half.0.write_all(rest.as_bytes()).expect("sent");
    assert!(half.answer().ends_with(r#""0x1"}"#));
}

#[test]
fn a_connection_that_says_nothing_does_not_keep_its_place() {
    let node = Node::start(|_| Some(Response::ok(r#"{"result":"0x1"}"#)));
    let limits = Limits { connections: 1, idle: Duration::from_millis(50), ..Limits::default() };
    let proxy = Running::start(Options { limits, ..options(&node.server.url()) });
    let mut silent = Client::connect(&proxy);
    silent.ask(1);
    silent.answer();
    let mut next = Client::connect(&proxy);
    next.ask(1);
    assert_eq!(silent.0.read(&mut [0]).expect("closed"), 0);
    assert!(next.answer().ends_with(r#""0x1"}"#));
}

/// Half a request of every kind, and as many of each as there are places: who asks after them is answered at once, not once
/// their time is up.
#[test]
fn three_hundred_half_open_connections_keep_nobody_out() {
    let node = Node::start(|_| Some(Response::ok(r#"{"result":"0x1"}"#)));
    let limits =
        Limits { timeout: Duration::from_hours(1), idle: Duration::from_hours(1), ..Limits::default() };
    let proxy = Running::start(Options { limits, ..options(&node.server.url()) });
    let post = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    let body = |length: usize| format!("{post}Content-Length: {length}\r\n\r\n{{");
    for half in [String::new(), "POST / HT".to_owned(), post.to_owned(), body(100), body(1 << 20)] {
        let half_open: Vec<Client> = (0..300)
            .map(|_| {
                let mut client = Client::connect(&proxy);
                client.0.write_all(half.as_bytes()).expect("sent");
                client
            })
            .collect();
        let mut honest = Client::connect(&proxy);
        honest.ask(1);
        assert!(honest.answer().ends_with(r#""0x1"}"#), "after {half:?}");
        drop(half_open);
    }
}

#[test]
fn half_a_request_ends_in_time_however_it_trickles() {
    let node = Node::start(|_| Some(Response::ok(r#"{"result":"0x1"}"#)));
    let limits = Limits { timeout: Duration::from_millis(200), ..Limits::default() };
    let proxy = Running::start(Options { limits, ..options(&node.server.url()) });
    let mut slow = Client::connect(&proxy);
    slow.0.set_read_timeout(Some(Duration::from_millis(20))).expect("a timeout");
    slow.0.write_all(b"POST / HTTP/1.1\r\nX: ").expect("sent");
    // A byte every 20 ms; a limit on silence alone would never end it.
    let ended = (0..3_000).any(|_| {
        let sent = slow.0.write_all(b"x").is_err();
        let read = slow.0.read(&mut [0]);
        sent || matches!(&read, Ok(0))
            || matches!(&read, Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset)
    });
    assert!(ended);
}
