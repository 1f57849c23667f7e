//! What a server says by itself, over a WebSocket.
//!
//! A socket is a bell and no source: what it says may be late, twice, or missing where the connection broke. Whoever hears it
//! asks for the rest by a [`Client`](crate::Client) or a [`Line`](crate::Line).

use std::{
    fmt,
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::{Duration, Instant},
};

use tracehound_model::endpoint::Endpoint;
use tracing::debug;
use tungstenite::{
    Error, HandshakeError, Message, WebSocket, client_tls_with_config,
    error::CapacityError,
    http::Response,
    protocol::{CloseFrame, WebSocketConfig},
    stream::MaybeTlsStream,
};

use crate::{
    HttpError,
    agent::{is_redirect, retry_after},
};

/// A connection on which a server speaks by itself. It goes to the server directly, whatever proxy the environment names.
pub struct Socket {
    connection: WebSocket<MaybeTlsStream<Timed>>,
    server: Endpoint,
    /// Bytes of one message.
    most: u64,
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Socket({})", self.server.shown())
    }
}

/// Why there is no socket, and how long its server wants to be left alone.
#[derive(Debug)]
pub(crate) struct NotOpened {
    pub(crate) error: HttpError,
    pub(crate) pause: Option<Duration>,
}

impl From<HttpError> for NotOpened {
    fn from(error: HttpError) -> Self {
        Self { error, pause: None }
    }
}

impl Socket {
    /// Connects to a server ([`Endpoint::parse_socket`]) that says no more than `most` bytes at once. All of it takes at most
    /// `timeout`, but for its name.
    ///
    /// # Errors
    /// When nobody answers in time, or as a web server that knows no sockets.
    pub fn open(server: Endpoint, most: u64, timeout: Duration) -> Result<Self, HttpError> {
        Self::open_by(server, most, timeout, Instant::now() + timeout).map_err(|refused| refused.error)
    }

    /// The same, by a moment; `timeout` is what is said of it.
    pub(crate) fn open_by(
        server: Endpoint,
        most: u64,
        timeout: Duration,
        until: Instant,
    ) -> Result<Self, NotOpened> {
        let late = || HttpError::Timeout { url: server.shown().to_owned(), limit: timeout };
        let stream = Timed::connect(&server, until).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => late(),
            _ => broken(&server, &error.to_string()),
        })?;
        let bytes = usize::try_from(most).unwrap_or(usize::MAX);
        let config = WebSocketConfig::default().max_message_size(Some(bytes)).max_frame_size(Some(bytes));
        match client_tls_with_config(server.exposed(), stream, Some(config), None) {
            Ok((connection, _)) => Ok(Self { connection, server, most }),
            Err(HandshakeError::Interrupted(_)) => Err(late().into()),
            Err(HandshakeError::Failure(Error::Http(response))) => Err(refused(&server, &response)),
            Err(HandshakeError::Failure(error)) => Err(broken(&server, &error.to_string()).into()),
        }
    }

    /// Says something within this time.
    ///
    /// # Errors
    /// When the connection is broken, or the server does not take it in time.
    pub fn say(&mut self, text: &str, within: Duration) -> Result<(), HttpError> {
        self.say_by(text, within, Instant::now() + within)
    }

    /// The same, by a moment; `within` is what is said of it.
    pub(crate) fn say_by(&mut self, text: &str, within: Duration, until: Instant) -> Result<(), HttpError> {
        self.timed().until = until;
        self.connection.send(Message::text(text)).map_err(|error| {
            if is_late(&error) {
                return HttpError::Timeout { url: self.server.shown().to_owned(), limit: within };
            }
            self.broken(&error)
        })
    }

    /// What the server says next; nothing where it says nothing for so long.
    ///
    /// # Errors
    /// When the connection is broken or was ended, or more was said than is heard: nothing more will come.
    pub fn next(&mut self, within: Duration) -> Result<Option<Vec<u8>>, HttpError> {
        self.next_by(Instant::now() + within)
    }

    /// The same, by a moment.
    pub(crate) fn next_by(&mut self, until: Instant) -> Result<Option<Vec<u8>>, HttpError> {
        self.timed().until = until;
        loop {
            // Whoever sends nothing but control messages is not read for ever.
            if Instant::now() >= until {
                return Ok(None);
            }
            match self.connection.read() {
                Ok(message @ (Message::Text(_) | Message::Binary(_))) => {
                    return Ok(Some(message.into_data().into()));
                }
                Ok(Message::Close(frame)) => return Err(broken(&self.server, &farewell(frame.as_ref()))),
                Ok(_) => {}
                Err(error) if is_late(&error) => return Ok(None),
                Err(error) => {
                    debug!(server = self.server.shown(), "a socket ended");
                    return Err(self.broken(&error));
                }
            }
        }
    }

    fn timed(&mut self) -> &mut Timed {
        match self.connection.get_mut() {
            MaybeTlsStream::Rustls(tls) => &mut tls.sock,
            MaybeTlsStream::Plain(plain) => plain,
            _ => unreachable!("no other kind of connection is built in"),
        }
    }

    fn broken(&self, error: &Error) -> HttpError {
        match error {
            Error::Capacity(CapacityError::MessageTooLong { .. }) => {
                HttpError::TooLarge { url: self.server.shown().to_owned(), limit: self.most }
            }
            error => broken(&self.server, &error.to_string()),
        }
    }
}

/// Why nothing more comes, without what could be a key: a library's words can repeat the whole address.
fn broken(server: &Endpoint, problem: &str) -> HttpError {
    HttpError::Connection { url: server.shown().to_owned(), problem: server.excerpt(problem.as_bytes()) }
}

/// An answer to the wish for a socket that is none.
fn refused(server: &Endpoint, response: &Response<Option<Vec<u8>>>) -> NotOpened {
    let (url, status) = (server.shown().to_owned(), response.status().as_u16());
    if is_redirect(status) {
        return HttpError::Moved { url, status }.into();
    }
    let said = response.body().as_deref().map(|body| server.excerpt(body)).filter(|said| !said.is_empty());
    let excerpt = said.unwrap_or_else(|| "a web server answers there, and opens no socket".to_owned());
    NotOpened { error: HttpError::Status { url, status, excerpt }, pause: retry_after(response.headers()) }
}

/// What a server says when it ends a connection.
fn farewell(frame: Option<&CloseFrame>) -> String {
    match frame {
        Some(frame) if frame.reason.is_empty() => {
            format!("it ended the connection ({})", u16::from(frame.code))
        }
        Some(frame) => format!("it ended the connection ({}): {}", u16::from(frame.code), frame.reason),
        None => "it ended the connection".to_owned(),
    }
}

fn is_late(error: &Error) -> bool {
    matches!(error, Error::Io(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut))
}

/// A connection of which nothing is awaited beyond a moment. A message comes in as many pieces as the server likes, so a limit
/// on the wait for each would be none on the whole.
struct Timed {
    stream: TcpStream,
    until: Instant,
}

impl Timed {
    fn connect(server: &Endpoint, until: Instant) -> io::Result<Self> {
        let (host, port) = host_of(server);
        let mut failed = io::Error::other("its name leads to no address");
        for address in (host.as_str(), port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, left(until)?) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(Self { stream, until });
                }
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }
}

/// How long it is until a moment; that it has passed is told as a wait that took too long is.
fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(left) }
}

impl Read for Timed {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(left(self.until)?))?;
        self.stream.read(bytes)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(left(self.until)?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Host and port of a server.
fn host_of(server: &Endpoint) -> (String, u16) {
    let (scheme, host) = server.shown().split_once("://").unwrap_or(("ws", server.shown()));
    let usual = if scheme == "wss" { 443 } else { 80 };
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, port.parse().unwrap_or(usual)),
        _ => (host, usual),
    };
    (name.trim_start_matches('[').trim_end_matches(']').to_owned(), port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port_of_a_socket_are_those_of_its_address() {
        for (address, host, port) in [
            ("wss://node.example/v3/0123456789abcdef", "node.example", 443),
            ("ws://node.example", "node.example", 80),
            ("ws://[::1]:8546", "::1", 8_546),
        ] {
            let server = Endpoint::parse_socket(address).expect("an address");
            assert_eq!(host_of(&server), (host.to_owned(), port));
        }
    }
}
