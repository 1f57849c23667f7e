//! A server on the loopback interface that answers as a test wants.

use std::{
    io::{BufRead, BufReader, Error, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

/// A request as it came in.
#[derive(Debug)]
pub struct Request {
    /// Path and query.
    pub path: String,
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// What was sent.
    pub body: Vec<u8>,
}

/// What goes back.
#[derive(Debug)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers beyond the length.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The length to state; the real one when `None`.
    pub stated_len: Option<usize>,
}

impl Response {
    /// Status 200.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.into(), stated_len: None }
    }

    /// Another status.
    pub fn status(status: u16, body: &str) -> Self {
        Self { status, ..Self::ok(body) }
    }
}

/// Runs until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Answers each request, one connection at a time; `None` closes the connection without an answer.
    ///
    /// # Panics
    /// When the loopback interface cannot be used.
    pub fn start(answer: impl Fn(&Request) -> Option<Response> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                // A client that went away is its own affair.
                let _ = stream.and_then(|stream| serve(stream, &answer));
            }
        });
        Self { address, stop, thread: Some(thread) }
    }

    /// Its address, without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread, which then sees that it is to stop.
        let _ = TcpStream::connect(self.address);
        // A panic of the answering closure has been printed and shows as a broken connection.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn serve(stream: TcpStream, answer: &impl Fn(&Request) -> Option<Response>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut request = Request { path, authorization: None, body: Vec::new() };
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => request.body.resize(value.parse().map_err(Error::other)?, 0),
            "authorization" => request.authorization = Some(value.to_owned()),
            _ => {}
        }
    }
    reader.read_exact(&mut request.body)?;
    let Some(response) = answer(&request) else { return Ok(()) };
    let mut stream = stream;
    let len = response.stated_len.unwrap_or(response.body.len());
    write!(stream, "HTTP/1.1 {} X\r\nContent-Length: {len}\r\nConnection: close\r\n", response.status)?;
    for (name, value) in &response.headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    stream.write_all(b"\r\n")?;
    stream.write_all(&response.body)
}

/// What a [`RawServer`] does with a connection, given the request's header lines.
type Behaviour = dyn Fn(&[String], &mut TcpStream) + Send + Sync;

/// A server that treats every connection alike, as badly as a test wants, and remembers what it was asked. Connections are
/// served side by side; it lives until the test's process ends.
#[derive(Debug)]
pub struct RawServer {
    /// Its address. A test may add a path.
    pub url: String,
    requests: Arc<Mutex<Vec<Vec<String>>>>,
}

impl RawServer {
    /// Hands each connection over once the header of a request has come.
    ///
    /// # Panics
    /// When the loopback interface cannot be used.
    pub fn start(behave: impl Fn(&[String], &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let server = Self::nowhere(format!("http://{}", listener.local_addr().expect("bound")));
        let (behave, seen): (Arc<Behaviour>, _) = (Arc::new(behave), Arc::clone(&server.requests));
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let (behave, seen) = (Arc::clone(&behave), Arc::clone(&seen));
                thread::spawn(move || {
                    let Ok(copy) = stream.try_clone() else { return };
                    let lines = BufReader::new(copy).lines().map_while(Result::ok);
                    let request: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
                    seen.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
                    behave(&request, &mut stream);
                });
            }
        });
        server
    }

    /// No server at all, at this address.
    pub fn nowhere(url: impl Into<String>) -> Self {
        Self { url: url.into(), requests: Arc::default() }
    }

    /// The header lines of each request so far.
    pub fn requests(&self) -> Vec<Vec<String>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many requests came so far.
    pub fn asked(&self) -> usize {
        self.requests().len()
    }
}

/// Sends what can be sent: the other side may well have hung up.
pub fn send(stream: &mut TcpStream, bytes: &[u8]) {
    let _ = stream.write_all(bytes);
}
