//! One server that the user named.

use std::{fmt, io::Read, time::Duration};

use tracehound_model::endpoint::Endpoint;
use tracing::{debug, debug_span};
use ureq::{Agent, Body, Error, Proxy, http::Response};

use crate::{
    HttpError,
    agent::{config, header, is_broken, is_busy, is_redirect, is_timeout, retry_after},
    retry::{Next, Tries},
};

/// How long and how large an answer may get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpLimits {
    /// Time for one exchange, from the connection to the last byte.
    pub timeout: Duration,
    /// Bytes of an answer's body, unpacked.
    pub body: u64,
    /// How often an exchange is tried again when the server is busy (HTTP 429, 503) or the connection breaks. Whoever passes
    /// on what must not be done twice sets 0.
    pub retries: u32,
    /// Pause before trying again; doubled each time. A server's `Retry-After` in seconds counts instead, up to a minute.
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

/// A server, and the limits of talking to it. It may lie anywhere, on the user's own network too: the user named it.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    server: Endpoint,
    limits: HttpLimits,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.shown())
    }
}

/// An answer, whatever its status, but no redirect.
#[derive(Debug)]
pub struct Answer {
    /// Where it comes from, as it may be shown.
    pub url: String,
    /// HTTP status.
    pub status: u16,
    /// Its type, as the server says it: a server's words, which can repeat the address.
    pub content_type: Option<String>,
    /// The whole body, unpacked.
    pub body: Vec<u8>,
    /// The beginning of the body, fit to be shown.
    pub(crate) excerpt: String,
}

impl Answer {
    /// The body, if the status says it is what was asked for.
    pub fn ok(self) -> Result<Vec<u8>, HttpError> {
        if self.status == 200 { Ok(self.body) } else { Err(self.into_error()) }
    }

    /// The body; `None` where the server has no such thing.
    pub fn found(self) -> Result<Option<Vec<u8>>, HttpError> {
        if self.status == 404 { Ok(None) } else { self.ok().map(Some) }
    }

    /// The status and the beginning of what was written, as an error.
    pub fn into_error(self) -> HttpError {
        HttpError::Status { url: self.url, status: self.status, excerpt: self.excerpt }
    }
}

impl Client {
    /// Talks to a server. Nothing is sent yet.
    pub fn new(server: Endpoint, limits: HttpLimits) -> Self {
        // A proxy on another machine cannot reach this one's loopback.
        let proxy = if server.is_local() { None } else { Proxy::try_from_env() };
        Self { agent: config().proxy(proxy).build().into(), server, limits }
    }

    /// The same server and connections, with other limits.
    #[must_use]
    pub fn with_limits(&self, limits: HttpLimits) -> Self {
        Self { limits, ..self.clone() }
    }

    /// The same server, where secrets are sent along that are not to be shown either.
    #[must_use]
    pub fn sending(&self, secrets: impl IntoIterator<Item = String>) -> Self {
        Self { server: self.server.clone().sending(secrets), ..self.clone() }
    }

    /// The server's address.
    pub fn server(&self) -> &Endpoint {
        &self.server
    }

    /// The limits of an exchange.
    pub fn limits(&self) -> HttpLimits {
        self.limits
    }

    /// Scheme, host and port of the server: all of its address that may be shown.
    pub fn shown(&self) -> &str {
        self.server.shown()
    }

    /// The beginning of the server's own words, as it may be shown: on one line, without what could be a key of ours.
    pub fn excerpt(&self, words: impl AsRef<[u8]>) -> String {
        self.server.excerpt(words.as_ref())
    }

    /// GET of a path below the server's address; of the address itself where the path is empty.
    pub fn get(&self, path: &str) -> Result<Answer, HttpError> {
        self.get_as(path, "*/*", None)
    }

    /// As [`Self::get`], asking for JSON.
    pub fn get_json(&self, path: &str) -> Result<Answer, HttpError> {
        self.get_as(path, "application/json", None)
    }

    /// As [`Self::get_json`], with an `Authorization` header. Whoever sends a key says so by [`Self::sending`].
    pub fn get_json_as(&self, path: &str, authorization: &str) -> Result<Answer, HttpError> {
        self.get_as(path, "application/json", Some(authorization))
    }

    fn get_as(&self, path: &str, accept: &str, authorization: Option<&str>) -> Result<Answer, HttpError> {
        let url = self.url(path);
        self.patiently(path, || {
            let mut request = self.agent.get(&url).header("Accept", accept);
            if let Some(authorization) = authorization {
                request = request.header("Authorization", authorization);
            }
            request.config().timeout_global(Some(self.limits.timeout)).build().call()
        })
    }

    /// POST of JSON to a path below the server's address, or to the address itself.
    pub fn post_json(
        &self,
        path: &str,
        authorization: Option<&str>,
        json: &[u8],
    ) -> Result<Answer, HttpError> {
        let url = self.url(path);
        self.patiently(path, || {
            let mut request = self.agent.post(&url).header("Content-Type", "application/json");
            if let Some(authorization) = authorization {
                request = request.header("Authorization", authorization);
            }
            request.config().timeout_global(Some(self.limits.timeout)).build().send(json)
        })
    }

    fn url(&self, path: &str) -> String {
        if path.is_empty() { self.server.exposed().to_owned() } else { self.server.below(path) }
    }

    fn patiently(
        &self,
        path: &str,
        call: impl Fn() -> Result<Response<Body>, Error>,
    ) -> Result<Answer, HttpError> {
        let shown = self.server.shown_below(path);
        let url = if path.is_empty() { self.shown() } else { &shown };
        let _span = debug_span!("exchange", url).entered();
        let mut tries = Tries::new(self.limits.retries, self.limits.pause, Duration::MAX);
        loop {
            let tried = call().map(|response| (retry_after(response.headers()), response));
            let (asked, outcome) = match tried {
                Ok((asked, response)) => (asked, self.read(url, response)),
                Err(error) => (None, Err(error)),
            };
            let (asked, status) = match &outcome {
                Ok(Ok(answer)) if is_busy(answer.status) => (asked, Some(answer.status)),
                Err(error) if is_broken(error) => (None, None),
                _ => return self.outcome(url, outcome),
            };
            match (tries.wait(asked), status) {
                (Next::Wait(_), _) => {}
                (Next::TooLong(asked), Some(status)) => {
                    return Err(HttpError::Busy { url: url.to_owned(), status, seconds: asked.as_secs() });
                }
                (Next::TooLong(_) | Next::End, _) => return self.outcome(url, outcome),
            }
        }
    }

    /// Reads the whole answer. The inner error is ours, the outer one the library's.
    fn read(&self, url: &str, response: Response<Body>) -> Result<Result<Answer, HttpError>, Error> {
        let status = response.status().as_u16();
        let url = url.to_owned();
        if is_redirect(status) {
            return Ok(Err(HttpError::Moved { url, status }));
        }
        let limit = self.limits.body;
        let too_large = |url| Ok(Err(HttpError::TooLarge { url, limit }));
        if response.body().content_length().is_some_and(|length| length > limit) {
            return too_large(url);
        }
        let content_type = header(response.headers(), "content-type");
        let mut body = Vec::new();
        let mut reader = response.into_body().into_reader().take(limit.saturating_add(1));
        reader.read_to_end(&mut body).map_err(Error::from)?;
        if body.len() as u64 > limit {
            return too_large(url);
        }
        debug!(status, bytes = body.len(), "answered");
        let excerpt = if status == 200 { String::new() } else { self.excerpt(&body) };
        Ok(Ok(Answer { url, status, content_type, body, excerpt }))
    }

    fn outcome(
        &self,
        url: &str,
        read: Result<Result<Answer, HttpError>, Error>,
    ) -> Result<Answer, HttpError> {
        let url = url.to_owned();
        match read {
            Ok(answer) => answer,
            Err(error) if is_timeout(&error) => Err(HttpError::Timeout { url, limit: self.limits.timeout }),
            // The library's own words can repeat the whole address.
            Err(error) => Err(HttpError::Connection { url, problem: self.excerpt(error.to_string()) }),
        }
    }
}
