//! HTTP with limits: no answer may take too long or grow too large.

use std::{
    io::Read,
    time::{Duration, Instant},
};

use tracehound_model::endpoint::Endpoint;
use ureq::{Agent, Proxy, http::StatusCode};

use super::LiveError;

/// How long and how large an answer may get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpLimits {
    /// Time for one exchange, from the connection to the last byte.
    pub timeout: Duration,
    /// Bytes of an answer's body, unpacked.
    pub body: u64,
    /// How often an exchange is tried again when the server is busy (HTTP 429, 503) or the connection breaks.
    pub retries: u32,
    /// Pause before trying again; doubled each time. A server's `Retry-After` counts instead, up to a minute.
    pub pause: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_mins(1),
            // A block of 4 MB as hexadecimal digits, with room to spare.
            body: 16 << 20,
            retries: 3,
            pause: Duration::from_secs(1),
        }
    }
}

/// Longest pause that a server may ask for.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Longest time that all tries of one exchange take together, pauses included.
const PATIENCE: Duration = Duration::from_mins(5);

/// Why an exchange failed. Addresses are shown without what could be a key: name, password, path and query.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The server cannot be reached, or the connection broke.
    #[error("{url}: {problem}")]
    Connection {
        /// The address, as it may be shown.
        url: String,
        /// What went wrong.
        problem: String,
    },
    /// No complete answer in time.
    #[error("{url}: no complete answer within {seconds} s")]
    Timeout {
        /// The address.
        url: String,
        /// How long it was waited.
        seconds: u64,
    },
    /// The answer is larger than allowed.
    #[error("{url}: the answer has more than {limit} bytes")]
    TooLarge {
        /// The address.
        url: String,
        /// Bytes allowed.
        limit: u64,
    },
    /// The server asks to wait longer than is waited.
    #[error("{url}: HTTP {status}, and it asks to be left alone for {seconds} s: try again later")]
    Busy {
        /// The address.
        url: String,
        /// The status code.
        status: u16,
        /// Seconds it asks for.
        seconds: u64,
    },
    /// The server answered with an error.
    #[error("{url}: HTTP {status}: {excerpt}")]
    Status {
        /// The address.
        url: String,
        /// The status code.
        status: u16,
        /// The beginning of what the server wrote.
        excerpt: String,
    },
}

/// A server and the limits of talking to it.
#[derive(Debug)]
pub(crate) struct Http {
    agent: Agent,
    server: Endpoint,
    limits: HttpLimits,
}

/// An answer, whatever its status.
pub(crate) struct Answer {
    pub(crate) url: String,
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// The beginning of the body, fit to be shown.
    excerpt: String,
    retry_after: Option<Duration>,
}

impl Answer {
    /// The body, if the status says it is what was asked for.
    pub(crate) fn ok(self) -> Result<Vec<u8>, HttpError> {
        if self.status == StatusCode::OK.as_u16() { Ok(self.body) } else { Err(self.into_error()) }
    }

    /// The body; `None` where the server has no such thing.
    pub(crate) fn found(self) -> Result<Option<Vec<u8>>, HttpError> {
        if self.status == StatusCode::NOT_FOUND.as_u16() { Ok(None) } else { self.ok().map(Some) }
    }

    pub(crate) fn into_error(self) -> HttpError {
        HttpError::Status { url: self.url, status: self.status, excerpt: self.excerpt }
    }
}

impl Http {
    /// Talks to the server at `base`, such as `http://127.0.0.1:8332`. Nothing is sent yet.
    pub(crate) fn new(base: &str, limits: HttpLimits) -> Result<Self, LiveError> {
        let server = Endpoint::parse(base).map_err(LiveError::Url)?;
        if server.has_user() {
            return Err(LiveError::User(server.shown().to_owned()));
        }
        let config = Agent::config_builder()
            .timeout_global(Some(limits.timeout))
            .http_status_as_error(false)
            // A redirect could lead anywhere; a node never sends one.
            .max_redirects(0)
            .proxy(if server.is_local() { None } else { Proxy::try_from_env() })
            .user_agent(concat!("tracehound/", env!("CARGO_PKG_VERSION")));
        Ok(Self { agent: config.build().into(), server, limits })
    }

    /// The same server, where secrets are sent along that are not to be shown either.
    pub(crate) fn sending(&self, secrets: impl IntoIterator<Item = String>) -> Self {
        let server = self.server.clone().sending(secrets);
        Self { agent: self.agent.clone(), server, limits: self.limits }
    }

    /// The server, as it may be shown.
    pub(crate) fn shown(&self) -> &str {
        self.server.shown()
    }

    /// The server's own words, as they may be shown: short, on one line, without what could be a key of ours.
    pub(crate) fn excerpt(&self, words: &str) -> String {
        self.server.excerpt(words.as_bytes())
    }

    /// The outcome with the server's own words struck of what could be a key of ours: a page that repeats the address it was
    /// asked at stands in the errors of those who tried to read it.
    pub(crate) fn told<T>(&self, outcome: Result<T, LiveError>) -> Result<T, LiveError> {
        outcome.map_err(|error| match error {
            LiveError::Shape { from, problem } => LiveError::Shape { from, problem: self.excerpt(&problem) },
            LiveError::Network { found, wanted } => {
                LiveError::Network { found: self.excerpt(&found), wanted }
            }
            other => other,
        })
    }

    /// GET of a path below the base.
    pub(crate) fn get(&self, path: &str) -> Result<Answer, HttpError> {
        let url = self.server.below(path);
        self.patiently(path, || self.agent.get(&url).call())
    }

    /// POST of JSON to the base.
    pub(crate) fn post(&self, authorization: Option<&str>, json: &str) -> Result<Answer, HttpError> {
        let url = self.server.below("/");
        self.patiently("/", || {
            let mut request = self.agent.post(&url).header("Content-Type", "application/json");
            if let Some(authorization) = authorization {
                request = request.header("Authorization", authorization);
            }
            request.send(json)
        })
    }

    fn patiently(
        &self,
        path: &str,
        call: impl Fn() -> Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Answer, HttpError> {
        let url = self.server.shown_below(path);
        let began = Instant::now();
        let mut pause = self.limits.pause;
        let mut left = self.limits.retries;
        loop {
            let started = Instant::now();
            let result = call().and_then(|response| self.read(&url, response));
            let asked = match &result {
                Ok(Ok(answer)) if [429, 503].contains(&answer.status) => answer.retry_after,
                // A node that is being started, or a connection that broke.
                Err(error @ (ureq::Error::Io(_) | ureq::Error::ConnectionFailed)) if !is_timeout(error) => {
                    None
                }
                _ => return self.finish(url, started, result),
            };
            if let (Some(asked), Ok(Ok(answer))) = (asked.filter(|asked| *asked > LONGEST_PAUSE), &result) {
                return Err(HttpError::Busy { url, status: answer.status, seconds: asked.as_secs() });
            }
            let wait = asked.unwrap_or(pause);
            if left == 0 || began.elapsed() + wait > PATIENCE {
                return self.finish(url, started, result);
            }
            left -= 1;
            std::thread::sleep(wait);
            pause *= 2;
        }
    }

    fn read(
        &self,
        url: &str,
        response: ureq::http::Response<ureq::Body>,
    ) -> Result<Result<Answer, HttpError>, ureq::Error> {
        let status = response.status().as_u16();
        let retry_after =
            response.headers().get("Retry-After").and_then(|value| value.to_str().ok()?.parse().ok());
        let mut body = Vec::new();
        let mut reader = response.into_body().into_reader().take(self.limits.body + 1);
        reader.read_to_end(&mut body).map_err(ureq::Error::from)?;
        let url = url.to_owned();
        if body.len() as u64 > self.limits.body {
            return Ok(Err(HttpError::TooLarge { url, limit: self.limits.body }));
        }
        let excerpt = if status == 200 { String::new() } else { self.server.excerpt(&body) };
        Ok(Ok(Answer { url, status, body, excerpt, retry_after: retry_after.map(Duration::from_secs) }))
    }

    /// The outcome of the last try.
    fn finish(
        &self,
        url: String,
        started: Instant,
        result: Result<Result<Answer, HttpError>, ureq::Error>,
    ) -> Result<Answer, HttpError> {
        match result {
            Ok(answer) => answer,
            Err(error) if is_timeout(&error) => {
                Err(HttpError::Timeout { url, seconds: started.elapsed().as_secs() })
            }
            // The client's own words can repeat the whole address.
            Err(error) => Err(HttpError::Connection { url, problem: self.excerpt(&error.to_string()) }),
        }
    }
}

fn is_timeout(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Timeout(_) => true,
        ureq::Error::Io(error) => error.kind() == std::io::ErrorKind::TimedOut,
        _ => false,
    }
}
