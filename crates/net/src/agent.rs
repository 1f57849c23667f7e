//! What every connection has in common.

use std::{io, time::Duration};

use ureq::{Agent, Error, config::ConfigBuilder, http::HeaderMap, typestate::AgentScope};

/// Bytes of an answer's headers.
const MAX_HEADERS: usize = 64 << 10;

/// Longest value of a header that is looked at.
const MAX_HEADER: usize = 8 << 10;

/// No redirect is followed by the library itself, and a status is an answer.
pub(crate) fn config() -> ConfigBuilder<AgentScope> {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_response_header_size(MAX_HEADERS)
        .user_agent(concat!("tracehound/", env!("CARGO_PKG_VERSION")))
        .accept("*/*")
}

/// A header's value; `None` where it is missing, no text, or longer than any we need.
pub(crate) fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    (value.len() <= MAX_HEADER).then(|| value.trim().to_owned())
}

/// The pause that a server asks for. A date instead of seconds is no wish that is heeded.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let digits = header(headers, "retry-after")?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // More digits than a number has is still a long time.
    is_number.then(|| Duration::from_secs(digits.parse().unwrap_or(u64::MAX)))
}

pub(crate) fn is_busy(status: u16) -> bool {
    [429, 503].contains(&status)
}

pub(crate) fn is_redirect(status: u16) -> bool {
    [301, 302, 303, 307, 308].contains(&status)
}

pub(crate) fn is_timeout(error: &Error) -> bool {
    match error {
        Error::Timeout(_) => true,
        Error::Io(error) => error.kind() == io::ErrorKind::TimedOut,
        _ => false,
    }
}

/// Whether the connection could not be made or broke: a server that is being started, for example.
pub(crate) fn is_broken(error: &Error) -> bool {
    matches!(error, Error::Io(_) | Error::ConnectionFailed) && !is_timeout(error)
}
