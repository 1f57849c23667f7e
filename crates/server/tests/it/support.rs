//! A stand-in node, a proxy before it, and a client that says exactly what it is told to.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{Arc, Mutex, MutexGuard},
    thread::JoinHandle,
    time::Duration,
};

use serde_json::Value;
use tokio::sync::oneshot;
use tracehound_guard::{Facts, Policy};
use tracehound_server::proxy::{Limits, Options, Proxy, ProxyError};
use tracehound_testkit::http::{Request, Response, Server};

pub(crate) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panicked while holding it")
}

/// A node on chain 1 that answers everything else as a test wants, and remembers what it was asked.
pub(crate) struct Node {
    pub(crate) server: Server,
    asked: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Node {
    pub(crate) fn start(answer: impl Fn(&Request) -> Option<Response> + Send + 'static) -> Self {
        let asked: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let log = Arc::clone(&asked);
        let server = Server::start(move |request| {
            if request.body.windows(11).any(|text| text == b"eth_chainId") {
                return Some(Response::ok(r#"{"jsonrpc":"2.0","id":1,"result":"0x1"}"#));
            }
            held(&log).push(request.body.clone());
            answer(request)
        });
        Self { server, asked }
    }

    /// What it was asked since this was last called, but for its chain.
    pub(crate) fn asked(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut held(&self.asked))
    }
}

pub(crate) const ME: &str = "0xb7AD6e4069d5C9A7BAA3Feb1db645A8032434aE3";
pub(crate) const COLD: &str = "0xF946445B497Fc21617cc9bBf3606167aD8c5CEeB";

pub(crate) fn options(upstream: &str) -> Options {
    let policy = format!("{}\n[[book]]\naddress='{COLD}'\nname='cold'\n", tracehound_guard::policy::DEFAULT);
    Options {
        upstream: upstream.to_owned(),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        allow_remote: false,
        origins: Vec::new(),
        allow_review: false,
        policy: Policy::parse(&policy).expect("a policy"),
        facts: Facts::default(),
        lists: None,
        simulate: false,
        limits: Limits::default(),
    }
}

/// A proxy that runs until it is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    lines: Arc<Mutex<Vec<String>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), ProxyError>>>,
}

impl Running {
    pub(crate) fn start(options: Options) -> Self {
        Self::try_start(options).expect("a proxy")
    }

    pub(crate) fn try_start(options: Options) -> Result<Self, ProxyError> {
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&lines);
        let proxy = Proxy::bind(options, Box::new(move |line| held(&log).push(line.to_owned())))?;
        let address = proxy.address();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            proxy.run_until(async {
                let _ = stopped.await;
            })
        });
        Ok(Self { address, lines, stop: Some(stop), thread: Some(thread) })
    }

    /// What it has said so far.
    pub(crate) fn lines(&self) -> String {
        held(&self.lines).join("\n")
    }

    /// Asks it to stop, without waiting for it.
    pub(crate) fn stop(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
    }

    /// Waits until it has stopped.
    pub(crate) fn wait(&mut self) {
        let thread = self.thread.take().expect("waited for once");
        thread.join().expect("no panic").expect("served to the end");
    }

    /// Sends a body as a wallet would.
    pub(crate) fn post(&self, body: impl AsRef<[u8]>) -> Answer {
        self.ask("POST / HTTP/1.1", &["Host: 127.0.0.1", "Content-Type: application/json"], body.as_ref())
    }

    /// Sends a request with these headers, and with the body's length.
    pub(crate) fn ask(&self, line: &str, headers: &[&str], body: &[u8]) -> Answer {
        let headers = headers.join("\r\n");
        let raw =
            format!("{line}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n\r\n", body.len());
        self.raw(&[raw.as_bytes(), body].concat())
    }

    /// Sends bytes and reads until the other side has said everything.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).expect("connected");
        // A hang becomes a failure.
        stream.set_read_timeout(Some(Duration::from_mins(1))).expect("a timeout");
        stream.write_all(bytes).expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("answered");
        Answer::read(&answer)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
        // A test that fails has said why.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// An answer over HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    fn read(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|end| end == b"\r\n\r\n").expect("headers");
        let headers = String::from_utf8(bytes[..end].to_vec()).expect("ASCII").to_lowercase();
        let status = headers.split(' ').nth(1).expect("a status").parse().expect("a number");
        Self { status, headers, body: bytes[end + 4..].to_vec() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// The message of the error it carries.
    pub(crate) fn message(&self) -> String {
        self.json()["error"]["message"].as_str().expect("a message").to_owned()
    }
}
