//! Questions and answers over a WebSocket.

use std::{
    fmt,
    time::{Duration, Instant},
};

use tracehound_model::endpoint::Endpoint;
use tracing::{debug, debug_span};

use crate::{
    Answer, HttpError, HttpLimits, Socket,
    agent::is_busy,
    retry::{Next, Tries},
    socket::NotOpened,
};

/// A socket on which a server is asked one question after the other, as a [`Client`](crate::Client) asks over HTTP: within the same
/// limits, and again where the connection breaks. It is opened with the first question, and anew with the next one after it
/// broke or an answer failed: what is left of a failed answer is never taken for another.
pub struct Line {
    server: Endpoint,
    limits: HttpLimits,
    open: Option<Socket>,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({})", self.server.shown())
    }
}

impl Line {
    /// Will ask a server ([`Endpoint::parse_socket`]). Nothing is sent yet.
    pub fn new(server: Endpoint, limits: HttpLimits) -> Self {
        Self { server, limits, open: None }
    }

    /// The server's address.
    pub fn server(&self) -> &Endpoint {
        &self.server
    }

    /// Says something and waits for what `is_answer` takes for the answer; whatever else the server says before it is passed over.
    ///
    /// # Errors
    /// When the server cannot be reached, breaks off again and again, says too much at once, or answers too late.
    pub fn ask(&mut self, question: &str, is_answer: &dyn Fn(&[u8]) -> bool) -> Result<Answer, HttpError> {
        let url = self.server.shown().to_owned();
        let _span = debug_span!("exchange", url).entered();
        let mut tries = Tries::new(self.limits.retries, self.limits.pause, Duration::MAX);
        loop {
            let was_open = self.open.is_some();
            let NotOpened { error, pause } = match self.once(question, is_answer) {
                Ok(body) => {
                    debug!(bytes = body.len(), "answered");
                    return Ok(Answer { url, status: 200, content_type: None, body, excerpt: String::new() });
                }
                Err(failed) => failed,
            };
            let status = match &error {
                // Servers end what was silent for long: that is no failure yet.
                HttpError::Connection { .. } if was_open => continue,
                HttpError::Connection { .. } => None,
                HttpError::Status { status, .. } if is_busy(*status) => Some(*status),
                _ => return Err(error),
            };
            match (tries.wait(pause), status) {
                (Next::Wait(_), _) => {}
                (Next::TooLong(asked), Some(status)) => {
                    return Err(HttpError::Busy { url, status, seconds: asked.as_secs() });
                }
                (Next::TooLong(_) | Next::End, _) => return Err(error),
            }
        }
    }

    /// Ends the connection: what may still come on it is not wanted. The next question opens another.
    pub fn hang_up(&mut self) {
        self.open = None;
    }

    /// One try, which ends the connection where it fails.
    fn once(&mut self, question: &str, is_answer: &dyn Fn(&[u8]) -> bool) -> Result<Vec<u8>, NotOpened> {
        let HttpLimits { timeout, body, .. } = self.limits;
        let until = Instant::now() + timeout;
        let mut socket = match self.open.take() {
            Some(socket) => socket,
            None => Socket::open_by(self.server.clone(), body, timeout, until)?,
        };
        socket.say_by(question, timeout, until)?;
        loop {
            let Some(said) = socket.next_by(until)? else {
                return Err(HttpError::Timeout { url: self.server.shown().to_owned(), limit: timeout }.into());
            };
            if is_answer(&said) {
                self.open = Some(socket);
                return Ok(said);
            }
        }
    }
}
