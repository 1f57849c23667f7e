//! Asking for a list.

use std::{
    error::Error as _,
    fs::File,
    io::{self, Read, Write},
    path::Path,
    time::Instant,
};

use tracehound_model::endpoint::{self, Endpoint};
use ureq::{
    Agent, Body, Error, Proxy,
    config::Config,
    http::{Response, Uri},
    unversioned::{resolver::DefaultResolver, transport::DefaultConnector},
};

use super::{
    FetchFailure, HttpSettings, ListCopy, ListSpec,
    copy::Temporary,
    guard::{GuardedResolver, OutOfReach, Reach},
};

/// Bytes from which the format is told.
const HEAD: u64 = 16 << 10;
/// Longest URL that a redirect may name, and longest validator kept.
const MAX_HEADER: usize = 8 << 10;

/// What the server said.
pub(super) enum Answer {
    /// It has what we have.
    NotModified,
    /// A body, which is now in the temporary file.
    Body {
        /// Its version, as the server names it.
        etag: Option<String>,
        /// Its date, as the server says it.
        last_modified: Option<String>,
    },
}

/// Asks for a list, following redirects within reach, and writes the body to `temporary`.
pub(super) fn get(
    spec: &ListSpec,
    kept: Option<&ListCopy>,
    http: &HttpSettings,
    temporary: &Temporary,
) -> Result<Answer, FetchFailure> {
    let bad_url = |reason: String| FetchFailure::Url { url: endpoint::shown(&spec.url), reason };
    let mut url: Uri = spec.url.parse().map_err(|error| bad_url(format!("{error}")))?;
    let reach = Reach::of(&url);
    reach.check(&url).map_err(bad_url)?;
    let agent = agent(http, reach);
    // Validators belong to the address that gave them.
    let kept = kept.filter(|kept| kept.url == spec.url);
    let started = Instant::now();
    for _ in 0..=http.max_redirects {
        let response = request(&agent, &url, kept, http, started)?;
        match response.status().as_u16() {
            200 => return receive(spec, response, &url, temporary),
            304 => return Ok(Answer::NotModified),
            301 | 302 | 303 | 307 | 308 => url = follow(&url, &response, reach)?,
            code => return Err(FetchFailure::Status { code }),
        }
    }
    Err(FetchFailure::TooManyRedirects { limit: http.max_redirects })
}

fn agent(http: &HttpSettings, reach: Reach) -> Agent {
    // A loopback list is never asked of a proxy: that would be another machine's loopback.
    let proxy = http.proxy_from_environment && reach == Reach::Public;
    let config = Config::builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(if proxy { Proxy::try_from_env() } else { None })
        .timeout_connect(Some(http.connect_timeout))
        .timeout_per_read(Some(http.read_timeout))
        .max_response_header_size(64 << 10)
        .user_agent(concat!("tracehound/", env!("CARGO_PKG_VERSION")))
        .accept("*/*")
        .build();
    let resolver = GuardedResolver { reach, resolver: DefaultResolver::default() };
    Agent::with_parts(config, DefaultConnector::new(), resolver)
}

fn request(
    agent: &Agent,
    url: &Uri,
    kept: Option<&ListCopy>,
    http: &HttpSettings,
    started: Instant,
) -> Result<Response<Body>, FetchFailure> {
    let left = http.total_timeout.saturating_sub(started.elapsed());
    if left.is_zero() {
        return Err(FetchFailure::Timeout { url: shown(url), what: "in all".to_owned() });
    }
    let mut request = agent.get(url).config().timeout_global(Some(left)).build();
    if let Some(kept) = kept {
        if let Some(etag) = &kept.etag {
            request = request.header("if-none-match", etag);
        }
        if let Some(date) = &kept.last_modified {
            request = request.header("if-modified-since", date);
        }
    }
    request.call().map_err(|error| failure(url, &error))
}

/// Of an address, what may be shown: a mirror's path can hold a key.
fn shown(url: &Uri) -> String {
    endpoint::shown(&url.to_string())
}

/// Somebody else's words about an address, without what could be a key of it.
pub(super) fn excerpt(url: &str, words: &[u8]) -> String {
    Endpoint::parse(url).map_or_else(|_| endpoint::shown(url), |end| end.excerpt(words))
}

/// The failure behind an error of the client.
fn failure(url: &Uri, error: &Error) -> FetchFailure {
    let whole = url.to_string();
    let url = shown(url);
    match error {
        Error::Timeout(timeout) => FetchFailure::Timeout { url, what: timeout.to_string() },
        Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => {
            FetchFailure::Timeout { url, what: error.to_string() }
        }
        Error::Io(error) if is_out_of_reach(error) => FetchFailure::Url { url, reason: error.to_string() },
        error => {
            let cause = error.source().map(|cause| format!(" ({cause})")).unwrap_or_default();
            // The client's own words can repeat the whole address, which can hold a key.
            let said = format!("{error}{cause}");
            let reason = excerpt(&whole, said.as_bytes());
            FetchFailure::Unreachable { url, reason }
        }
    }
}

fn is_out_of_reach(error: &io::Error) -> bool {
    error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<OutOfReach>)
}

fn header(response: &Response<Body>, name: &str) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?;
    (value.len() <= MAX_HEADER).then(|| value.trim().to_owned())
}

/// Where a redirect leads.
fn follow(from: &Uri, response: &Response<Body>, reach: Reach) -> Result<Uri, FetchFailure> {
    let to = header(response, "location").unwrap_or_default();
    // Where it leads can repeat a key of the address that was asked.
    let refuse =
        |reason: String| FetchFailure::Redirect { from: shown(from), to: endpoint::shown(&to), reason };
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

/// Writes the body to the temporary file, synced.
fn receive(
    spec: &ListSpec,
    response: Response<Body>,
    url: &Uri,
    temporary: &Temporary,
) -> Result<Answer, FetchFailure> {
    let content_type = header(&response, "content-type").unwrap_or_default().to_ascii_lowercase();
    if content_type.contains("html") {
        return Err(FetchFailure::ContentType { content_type: excerpt(&spec.url, content_type.as_bytes()) });
    }
    let answer =
        Answer::Body { etag: header(&response, "etag"), last_modified: header(&response, "last-modified") };
    if response.body().content_length().is_some_and(|length| length > spec.max_bytes) {
        return Err(FetchFailure::TooLarge { limit: spec.max_bytes });
    }
    let mut body = response.into_body().into_reader();
    let io = |error| FetchFailure::io("writing", temporary.path(), error);
    let mut file = File::create(temporary.path()).map_err(io)?;
    let mut buffer = vec![0; 128 << 10];
    let mut received = 0;
    loop {
        let count = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(broken(url, received, &error)),
        };
        received += count as u64;
        // Counted after decompression, so that a small answer cannot become a large file.
        if received > spec.max_bytes {
            return Err(FetchFailure::TooLarge { limit: spec.max_bytes });
        }
        file.write_all(&buffer[..count]).map_err(io)?;
    }
    file.sync_all().map_err(io)?;
    Ok(answer)
}

/// The failure behind an error in the middle of a body.
fn broken(url: &Uri, received: u64, error: &io::Error) -> FetchFailure {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    let timed_out = matches!(inner, Some(Error::Timeout(_))) || error.kind() == io::ErrorKind::TimedOut;
    if timed_out {
        FetchFailure::Timeout { url: shown(url), what: format!("{error} after {received} bytes") }
    } else {
        let reason = excerpt(&url.to_string(), error.to_string().as_bytes());
        FetchFailure::Truncated { received, reason }
    }
}

/// The first bytes of a file.
pub(super) fn head_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD).read_to_end(&mut head)?;
    Ok(head)
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
