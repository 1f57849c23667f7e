//! A public file.

use std::{
    error::Error as _,
    io::{self, Read, Write},
    time::{Duration, Instant},
};

use tracehound_model::endpoint::{self, Endpoint};
use tracing::{debug, debug_span};
use ureq::{
    Agent, Body, Error, Proxy,
    http::{Response, Uri},
    unversioned::{resolver::DefaultResolver, transport::DefaultConnector},
};

use crate::{
    HttpError,
    agent::{config, header, is_broken, is_busy, is_redirect, is_timeout, retry_after},
    reach::{GuardedResolver, OutOfReach, Reach},
    retry::{Next, Tries},
};

/// Bytes taken from the connection at a time.
const CHUNK: usize = 128 << 10;

/// Bounds on fetching a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DownloadLimits {
    /// For a connection to be made.
    pub connect_timeout: Duration,
    /// For the next bytes to come.
    pub read_timeout: Duration,
    /// For the whole, redirects and pauses included.
    pub total_timeout: Duration,
    /// Most redirects.
    pub max_redirects: u32,
    /// How often it is asked again when the server is busy (HTTP 429, 503) or the connection breaks before the file comes.
    pub retries: u32,
    /// Pause before that; doubled each time. A server's `Retry-After` in seconds counts instead, up to a minute.
    pub pause: Duration,
    /// Whether `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` are heeded.
    pub proxy_from_environment: bool,
}

impl Default for DownloadLimits {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(20),
            read_timeout: Duration::from_mins(1),
            total_timeout: Duration::from_mins(15),
            max_redirects: 5,
            retries: 2,
            pause: Duration::from_secs(1),
            proxy_from_environment: true,
        }
    }
}

/// What a server said of the copy at hand, so that it need not send the same again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// Its version (`ETag`).
    pub etag: Option<String>,
    /// Its date (`Last-Modified`).
    pub last_modified: Option<String>,
}

/// What the server of a file said.
#[derive(Debug)]
pub enum Download {
    /// It has what is at hand.
    NotModified,
    /// The file begins to come.
    Body(Box<Incoming>),
}

/// A file that comes, and is not here yet.
#[derive(Debug)]
pub struct Incoming {
    url: Uri,
    response: Response<Body>,
    limits: DownloadLimits,
}

/// Asks for a file, following redirects within reach. `known` must come from the same address.
///
/// # Errors
/// On an address or a redirect that is not fetched from, and on any answer but a file or "not modified".
pub fn download(url: &str, known: &Validators, limits: &DownloadLimits) -> Result<Download, HttpError> {
    let refuse = |reason: String| HttpError::Url { url: endpoint::shown(url), reason };
    let _span = debug_span!("download", url = endpoint::shown(url)).entered();
    let mut at: Uri = url.parse().map_err(|error| refuse(format!("{error}")))?;
    let reach = Reach::of(&at);
    reach.check(&at).map_err(refuse)?;
    let agent = agent(limits, reach);
    let mut asking = Asking {
        agent: &agent,
        known,
        limits,
        began: Instant::now(),
        tries: Tries::new(limits.retries, limits.pause, limits.total_timeout),
    };
    for _ in 0..=limits.max_redirects {
        let response = asking.patiently(&at)?;
        debug!(from = shown(&at), status = response.status().as_u16(), "answered");
        match response.status().as_u16() {
            200 => {
                let incoming = Incoming { url: at, response, limits: *limits };
                return Ok(Download::Body(Box::new(incoming)));
            }
            304 => return Ok(Download::NotModified),
            status if is_redirect(status) => at = follow(&at, &response, reach)?,
            status => return Err(HttpError::Status { url: shown(&at), status, excerpt: String::new() }),
        }
    }
    Err(HttpError::TooManyRedirects { url: endpoint::shown(url), limit: limits.max_redirects })
}

impl Incoming {
    /// Its type, as the server says it, in lower case; empty where it says none. A server's words, which can repeat the
    /// address: see [`excerpt`].
    pub fn content_type(&self) -> String {
        header(self.response.headers(), "content-type").unwrap_or_default().to_ascii_lowercase()
    }

    /// What the server says of it.
    pub fn validators(&self) -> Validators {
        let said = |name| header(self.response.headers(), name);
        Validators { etag: said("etag"), last_modified: said("last-modified") }
    }

    /// Writes it down and says how many bytes it has.
    ///
    /// # Errors
    /// When it has more than `max_bytes` unpacked, ends early, comes too slowly, or cannot be written.
    pub fn save(self, into: &mut dyn Write, max_bytes: u64) -> Result<u64, HttpError> {
        let Self { url, response, limits } = self;
        let too_large = || HttpError::TooLarge { url: shown(&url), limit: max_bytes };
        if response.body().content_length().is_some_and(|length| length > max_bytes) {
            return Err(too_large());
        }
        let mut body = response.into_body().into_reader();
        let mut buffer = vec![0; CHUNK];
        let mut received = 0;
        loop {
            let count = match body.read(&mut buffer) {
                Ok(0) => return Ok(received),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(broken(&url, received, &error, &limits)),
            };
            received += count as u64;
            // Counted after unpacking, so that a small answer cannot become a large file.
            if received > max_bytes {
                return Err(too_large());
            }
            into.write_all(&buffer[..count]).map_err(HttpError::Write)?;
        }
    }
}

/// The beginning of a server's words about the address it was asked at, without what could be a key of it.
pub fn excerpt(url: &str, words: &[u8]) -> String {
    Endpoint::parse(url).map_or_else(|_| endpoint::shown(url), |end| end.excerpt(words))
}

fn agent(limits: &DownloadLimits, reach: Reach) -> Agent {
    // A file on loopback is never asked of a proxy: that would be another machine's loopback.
    let proxy = limits.proxy_from_environment && reach == Reach::Public;
    let config = config()
        .proxy(if proxy { Proxy::try_from_env() } else { None })
        .timeout_connect(Some(limits.connect_timeout))
        .timeout_per_read(Some(limits.read_timeout))
        .build();
    let resolver = GuardedResolver { reach, resolver: DefaultResolver::default() };
    Agent::with_parts(config, DefaultConnector::new(), resolver)
}

/// What stays the same from redirect to redirect.
struct Asking<'a> {
    agent: &'a Agent,
    known: &'a Validators,
    limits: &'a DownloadLimits,
    began: Instant,
    tries: Tries,
}

impl Asking<'_> {
    fn patiently(&mut self, url: &Uri) -> Result<Response<Body>, HttpError> {
        loop {
            let outcome = self.request(url)?;
            let (asked, status) = match &outcome {
                Ok(response) if is_busy(response.status().as_u16()) => {
                    (retry_after(response.headers()), Some(response.status().as_u16()))
                }
                Err(error) if is_broken(error) && !is_out_of_reach(error) => (None, None),
                _ => return outcome.map_err(|error| self.failure(url, &error)),
            };
            match (self.tries.wait(asked), status) {
                (Next::Wait(_), _) => {}
                (Next::TooLong(asked), Some(status)) => {
                    return Err(HttpError::Busy { url: shown(url), status, seconds: asked.as_secs() });
                }
                (Next::TooLong(_) | Next::End, _) => {
                    return outcome.map_err(|error| self.failure(url, &error));
                }
            }
        }
    }

    fn request(&self, url: &Uri) -> Result<Result<Response<Body>, Error>, HttpError> {
        let left = self.limits.total_timeout.saturating_sub(self.began.elapsed());
        if left.is_zero() {
            return Err(HttpError::Timeout { url: shown(url), limit: self.limits.total_timeout });
        }
        let mut request = self.agent.get(url).config().timeout_global(Some(left)).build();
        if let Some(etag) = &self.known.etag {
            request = request.header("if-none-match", etag);
        }
        if let Some(date) = &self.known.last_modified {
            request = request.header("if-modified-since", date);
        }
        Ok(request.call())
    }

    fn failure(&self, url: &Uri, error: &Error) -> HttpError {
        match error {
            error if is_timeout(error) => timeout(url, error, self.limits),
            Error::Io(error) if is_from_reach(error) => {
                HttpError::Url { url: shown(url), reason: error.to_string() }
            }
            error => {
                let cause = error.source().map(|cause| format!(" ({cause})")).unwrap_or_default();
                // The library's own words can repeat the whole address, which can hold a key.
                let problem = excerpt(&url.to_string(), format!("{error}{cause}").as_bytes());
                HttpError::Connection { url: shown(url), problem }
            }
        }
    }
}

/// Of an address, what may be shown: a mirror's path can hold a key.
fn shown(url: &Uri) -> String {
    endpoint::shown(&url.to_string())
}

/// Which bound was passed.
fn timeout(url: &Uri, error: &Error, limits: &DownloadLimits) -> HttpError {
    let limit = match error {
        Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => limits.connect_timeout,
        Error::Timeout(ureq::Timeout::Global) => limits.total_timeout,
        _ => limits.read_timeout,
    };
    HttpError::Timeout { url: shown(url), limit }
}

fn is_out_of_reach(error: &Error) -> bool {
    matches!(error, Error::Io(error) if is_from_reach(error))
}

fn is_from_reach(error: &io::Error) -> bool {
    error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<OutOfReach>)
}

/// Where a redirect leads.
fn follow(from: &Uri, response: &Response<Body>, reach: Reach) -> Result<Uri, HttpError> {
    let to = header(response.headers(), "location").unwrap_or_default();
    // Where it leads can repeat a key of the address that was asked.
    let refuse = |reason: String| HttpError::Redirect { from: shown(from), to: endpoint::shown(&to), reason };
    let next = resolve(from, &to).ok_or_else(|| refuse("that is no address".to_owned()))?;
    reach.check(&next).map_err(refuse)?;
    Ok(next)
}

/// The address that `to` means on a page at `from` (RFC 3986, section 5.2, without dot segments, which servers resolve).
fn resolve(from: &Uri, to: &str) -> Option<Uri> {
    let to = to.split('#').next().unwrap_or_default();
    let (scheme, authority) = (from.scheme_str()?, from.authority()?);
    let has_scheme = to.split(['/', '?']).next().is_some_and(|first| first.contains(':'));
    let whole = if to.is_empty() {
        return None;
    } else if has_scheme {
        to.to_owned()
    } else if to.starts_with("//") {
        format!("{scheme}:{to}")
    } else if to.starts_with('/') {
        format!("{scheme}://{authority}{to}")
    } else if to.starts_with('?') {
        format!("{scheme}://{authority}{}{to}", from.path())
    } else {
        let folder = from.path().rfind('/').map_or("/", |end| &from.path()[..=end]);
        format!("{scheme}://{authority}{folder}{to}")
    };
    whole.parse().ok()
}

/// The failure behind an error in the middle of a body.
fn broken(url: &Uri, received: u64, error: &io::Error, limits: &DownloadLimits) -> HttpError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match inner {
        Some(inner) if is_timeout(inner) => timeout(url, inner, limits),
        _ if error.kind() == io::ErrorKind::TimedOut => {
            HttpError::Timeout { url: shown(url), limit: limits.read_timeout }
        }
        _ => {
            let problem = excerpt(&url.to_string(), error.to_string().as_bytes());
            HttpError::Truncated { url: shown(url), received, problem }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_resolve_as_in_a_browser() {
        let from: Uri = "https://example.org/a/list.xml?token=1".parse().unwrap();
        for (to, expected) in [
            ("https://other.example/x", Some("https://other.example/x")),
            ("//other.example/x", Some("https://other.example/x")),
            ("/x?y=1", Some("https://example.org/x?y=1")),
            ("x.xml#part", Some("https://example.org/a/x.xml")),
            ("?token=2", Some("https://example.org/a/list.xml?token=2")),
            ("http://other.example:8/", Some("http://other.example:8/")),
            ("", None),
            ("https://", None),
        ] {
            let found = resolve(&from, to).map(|url| url.to_string());
            assert_eq!(found.as_deref(), expected, "{to}");
        }
    }
}
