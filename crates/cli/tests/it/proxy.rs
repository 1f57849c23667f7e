//! `guard proxy`: from the line it prints at the start to the interrupt that ends it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, ChildStderr, Command, Stdio},
    sync::{Arc, Mutex},
};

use tracehound_guard::policy::DEFAULT;
use tracehound_testkit::http::{Response, Server};

use crate::screen::tracehound;

/// Ended also by a test that fails.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A proxy, what it says from then on, and where it listens.
fn start(args: &[&str], shown: &str) -> (Ended, BufReader<ChildStderr>, String) {
    let child = Command::new(env!("CARGO_BIN_EXE_tracehound"))
        .env("TRACEHOUND_CONFIG", "")
        .args(["guard", "proxy", "--listen", "127.0.0.1:0"])
        .args(args)
        .stderr(Stdio::piped())
        .spawn();
    let mut child = Ended(child.expect("starts"));
    let mut said = BufReader::new(child.0.stderr.take().expect("piped"));
    let mut line = String::new();
    said.read_line(&mut line).expect("a line");
    let address = line.strip_prefix("listening on http://").and_then(|rest| rest.split(',').next());
    let address = address.unwrap_or_else(|| panic!("{line}")).to_owned();
    assert_eq!(line.trim_end(), format!("listening on http://{address}, upstream {shown}"));
    (child, said, address)
}

fn post(address: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("connected");
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    answer
}

#[test]
fn the_proxy_says_where_it_listens_refuses_passes_and_ends() {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&asked);
    let node = Server::start(move |request| {
        log.lock().expect("no panic").push(String::from_utf8_lossy(&request.body).into_owned());
        Some(Response::ok(r#"{"jsonrpc":"2.0","id":1,"result":"0x1"}"#))
    });
    let upstream = format!("{}/secret-key", node.url());
    let (mut child, mut said, address) = start(&["--upstream", &upstream], &node.url());

    let answer = post(&address, r#"{"jsonrpc":"2.0","id":3,"method":"eth_sign","params":["0x0","0x0"]}"#);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(r#""id":3,"error""#), "{answer}");
    let call = r#"{"jsonrpc":"2.0","id":4,"method":"eth_blockNumber"}"#;
    assert!(post(&address, call).ends_with(r#""result":"0x1"}"#));
    let asked = asked.lock().expect("no panic").clone();
    assert!(asked.len() == 2 && asked[0].contains("eth_chainId") && asked[1] == call, "{asked:?}");
    let mut line = String::new();
    said.read_line(&mut line).expect("a line");
    assert!(line.contains("refused eth_sign: block: "), "{line}");

    let interrupted = Command::new("kill").args(["-INT", &child.0.id().to_string()]).status();
    assert!(interrupted.expect("kill is there").success());
    assert_eq!(child.0.wait().expect("ends").code(), Some(0));
}

#[test]
fn a_payment_is_executed_before_it_passes_unless_that_is_switched_off() {
    let asked: Arc<Mutex<String>> = Arc::default();
    let log = Arc::clone(&asked);
    let node = Server::start(move |request| {
        log.lock().expect("no panic").push_str(&String::from_utf8_lossy(&request.body));
        Some(Response::ok(r#"{"jsonrpc":"2.0","id":1,"result":"0x1"}"#))
    });
    let data = tempfile::tempdir().expect("folder");
    let policy = data.path().join("policy.toml");
    let me = "0xb7AD6e4069d5C9A7BAA3Feb1db645A8032434aE3";
    let to = "0xF946445B497Fc21617cc9bBf3606167aD8c5CEeB";
    std::fs::write(&policy, format!("{DEFAULT}\n[[book]]\naddress = '{to}'\nname = 'cold'\n"))
        .expect("written");
    let pay = format!(
        r#"{{"jsonrpc":"2.0","id":3,"method":"eth_sendTransaction","params":[{{"from":"{me}","to":"{to}"}}]}}"#
    );
    let url = node.url();
    let args = ["--upstream", &url, "--policy", policy.to_str().expect("UTF-8"), "--no-lists"];
    let (_ended, _said, address) = start(&args, &url);
    let answer = post(&address, &pay);
    assert!(answer.contains("could not be executed"), "{answer}");
    let (_other, _too, address) = start(&[&args[..], &["--no-simulation"]].concat(), &url);
    assert!(!asked.lock().expect("no panic").contains("eth_sendTransaction"));
    assert!(post(&address, &pay).ends_with(r#""result":"0x1"}"#));
    assert!(asked.lock().expect("no panic").ends_with(&pay));
}

#[test]
fn a_proxy_for_everybody_must_be_asked_for_and_a_wrong_address_keeps_its_secret() {
    let data = tempfile::tempdir().expect("folder");
    let run = |args: &[&str]| {
        let output = tracehound(data.path(), &[&["guard", "proxy"], args].concat(), "");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = run(&["--upstream", "http://127.0.0.1:1", "--listen", "0.0.0.0:0"]);
    assert!(code == Some(1) && said.contains("--allow-remote"), "{said}");
    let (code, said) = run(&["--upstream", "wss://me:hunter2@127.0.0.1:1/hunter3"]);
    assert!(code == Some(1) && said.contains("http://") && !said.contains("hunter"), "{said}");
    assert_eq!(run(&[]).0, Some(2));
}
