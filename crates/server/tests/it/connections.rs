//! How many may be connected, and for how long they may say nothing.

use std::{
    io::{Read, Write},
    net::TcpStream,
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

#[test]
fn one_connection_too_many_waits_until_another_is_closed() {
    let node = Node::start(|_| Some(Response::ok(r#"{"result":"0x1"}"#)));
    let limits = Limits { connections: 1, ..Limits::default() };
    let proxy = Running::start(Options { limits, ..options(&node.server.url()) });
    let (mut first, mut second) = (Client::connect(&proxy), Client::connect(&proxy));
    first.ask(1);
    assert!(first.answer().ends_with(r#""0x1"}"#));
    second.ask(100);
    for id in 2..10 {
        first.ask(id);
        first.answer();
    }
    let asked = |node: &Node| -> Vec<u64> {
        let bodies = node.asked().into_iter().map(|body| serde_json::from_slice::<Value>(&body));
        bodies.map(|body| body.expect("JSON")["id"].as_u64().expect("a number")).collect()
    };
    assert_eq!(asked(&node), (1..10).collect::<Vec<_>>(), "the second waits");
    drop(first);
    assert!(second.answer().ends_with(r#""0x1"}"#));
    assert_eq!(asked(&node), [100]);
}

#[test]
fn a_connection_that_says_nothing_does_not_keep_its_place() {
    let node = Node::start(|_| Some(Response::ok(r#"{"result":"0x1"}"#)));
    let limits = Limits { connections: 1, idle: Duration::from_millis(50), ..Limits::default() };
    let proxy = Running::start(Options { limits, ..options(&node.server.url()) });
    let mut silent = Client::connect(&proxy);
    let mut next = Client::connect(&proxy);
    next.ask(1);
    assert_eq!(silent.0.read(&mut [0]).expect("closed"), 0);
    assert!(next.answer().ends_with(r#""0x1"}"#));
}
