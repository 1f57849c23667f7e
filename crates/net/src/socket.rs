//! What a server says by itself, over a WebSocket.
//!
//! A socket is a bell and no source: what it says may be late, twice, or missing where the connection broke. Whoever hears it
//! asks for the rest by a [`Client`](crate::Client).

use std::{
    fmt, io,
    net::{TcpStream, ToSocketAddrs},
    time::{Duration, Instant},
};

use tracehound_model::endpoint::{Endpoint, EndpointError};
use tracing::debug;
use tungstenite::{
    Error, HandshakeError, Message, WebSocket, client_tls_with_config, protocol::WebSocketConfig,
    stream::MaybeTlsStream,
};

use crate::HttpError;

/// Bytes of one message: what rings is short.
const MESSAGE: usize = 1 << 20;

/// A connection on which a server speaks by itself. It goes to the server directly, whatever proxy the environment names.
pub struct Socket {
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    server: Endpoint,
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Socket({})", shown(&self.server))
    }
}

/// The server of a socket's address (`ws://HOST:PORT`, `wss://HOST/PATH`), as one that is asked over HTTP has it.
///
/// # Errors
/// When it is none.
pub fn socket_endpoint(url: &str) -> Result<Endpoint, EndpointError> {
    let (scheme, rest) = url.trim().split_once("://").ok_or(EndpointError::Scheme)?;
    match scheme.to_ascii_lowercase().as_str() {
        "ws" => Endpoint::parse(&format!("http://{rest}")),
        "wss" => Endpoint::parse(&format!("https://{rest}")),
        _ => Err(EndpointError::Scheme),
    }
}

/// Scheme, host and port, the scheme that of a socket.
fn shown(server: &Endpoint) -> String {
    format!("ws{}", server.shown().trim_start_matches("http"))
}

impl Socket {
    /// Connects to a server ([`socket_endpoint`]); each step of it takes at most `timeout`.
    ///
    /// # Errors
    /// When nobody answers in time, or as a web server that knows no sockets.
    pub fn open(server: Endpoint, timeout: Duration) -> Result<Self, HttpError> {
        let url = format!("ws{}", server.exposed().get("http".len()..).unwrap_or_default());
        let broken = |problem: String| HttpError::Connection {
            url: shown(&server),
            problem: server.excerpt(problem.as_bytes()),
        };
        let (host, port) = host_of(&server);
        let addresses = (host.as_str(), port).to_socket_addrs().map_err(|error| broken(error.to_string()))?;
        let mut problem = "its name leads to no address".to_owned();
        let mut stream = None;
        for address in addresses {
            match TcpStream::connect_timeout(&address, timeout) {
                Ok(connected) => {
                    stream = Some(connected);
                    break;
                }
                Err(error) => problem = error.to_string(),
            }
        }
        let stream = stream.ok_or_else(|| broken(problem))?;
        let limited = stream
            .set_read_timeout(Some(timeout))
            .and_then(|()| stream.set_write_timeout(Some(timeout)))
            .and_then(|()| stream.set_nodelay(true));
        limited.map_err(|error| broken(error.to_string()))?;
        let config = WebSocketConfig::default().max_message_size(Some(MESSAGE)).max_frame_size(Some(MESSAGE));
        match client_tls_with_config(url.as_str(), stream, Some(config), None) {
            Ok((socket, _)) => Ok(Self { socket, server }),
            Err(HandshakeError::Interrupted(_)) => {
                Err(HttpError::Timeout { url: shown(&server), limit: timeout })
            }
            Err(HandshakeError::Failure(error)) => Err(broken(error.to_string())),
        }
    }

    /// Says something.
    ///
    /// # Errors
    /// When the connection is broken.
    pub fn say(&mut self, text: &str) -> Result<(), HttpError> {
        self.socket.send(Message::text(text)).map_err(|error| self.broken(&error))
    }

    /// What the server says next; nothing where it says nothing for so long.
    ///
    /// # Errors
    /// When the connection is broken or was ended: nothing more will come.
    pub fn next(&mut self, within: Duration) -> Result<Option<String>, HttpError> {
        let until = Instant::now() + within;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            self.stream().set_read_timeout(Some(left)).map_err(|error| self.broken(&Error::Io(error)))?;
            match self.socket.read() {
                Ok(Message::Text(text)) => return Ok(Some(text.as_str().to_owned())),
                Ok(_) => {}
                Err(Error::Io(error))
                    if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) =>
                {
                    return Ok(None);
                }
                Err(error) => {
                    debug!(server = %shown(&self.server), "a socket ended");
                    return Err(self.broken(&error));
                }
            }
        }
    }

    fn stream(&self) -> &TcpStream {
        match self.socket.get_ref() {
            MaybeTlsStream::Rustls(tls) => &tls.sock,
            MaybeTlsStream::Plain(plain) => plain,
            _ => unreachable!("no other kind of connection is built in"),
        }
    }

    fn broken(&self, error: &Error) -> HttpError {
        HttpError::Connection {
            url: shown(&self.server),
            problem: self.server.excerpt(error.to_string().as_bytes()),
        }
    }
}

/// Host and port of a server.
fn host_of(server: &Endpoint) -> (String, u16) {
    let (scheme, host) = server.shown().split_once("://").unwrap_or(("http", server.shown()));
    let usual = if scheme == "https" { 443 } else { 80 };
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
    fn the_address_of_a_socket_shows_no_more_than_its_server() {
        let server = socket_endpoint("wss://node.example/v3/0123456789abcdef").expect("an address");
        assert_eq!(
            (shown(&server).as_str(), host_of(&server)),
            ("wss://node.example", ("node.example".into(), 443))
        );
        let server = socket_endpoint("ws://[::1]:8546").expect("an address");
        assert_eq!((shown(&server).as_str(), host_of(&server)), ("ws://[::1]:8546", ("::1".into(), 8_546)));
        assert_eq!(socket_endpoint("http://node.example").err(), Some(EndpointError::Scheme));
    }
}
