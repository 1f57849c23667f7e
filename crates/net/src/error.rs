//! Why there is no answer.

use std::{io, time::Duration};

/// Why an exchange failed. Addresses are shown without what could be a key: name, password, path and query.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The server cannot be reached, or the connection broke before the answer was whole.
    #[error("{url}: {problem}; check the network and the proxy settings")]
    Connection {
        /// The address, as it may be shown.
        url: String,
        /// What went wrong.
        problem: String,
    },
    /// No complete answer in time.
    #[error("{url}: no complete answer within {} s; try again later or allow more time", limit.as_secs_f32())]
    Timeout {
        /// The address.
        url: String,
        /// How long was waited, for the whole or for the step that took too long.
        limit: Duration,
    },
    /// The answer is larger than allowed.
    #[error("{url}: the answer has more than {limit} bytes")]
    TooLarge {
        /// The address.
        url: String,
        /// Bytes allowed, unpacked.
        limit: u64,
    },
    /// The connection ended in the middle of a file.
    #[error("{url}: the connection broke after {received} bytes: {problem}; try again later")]
    Truncated {
        /// The address.
        url: String,
        /// Bytes that had come, unpacked.
        received: u64,
        /// What was noticed.
        problem: String,
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
    #[error("{url}: HTTP {status}{}{excerpt}", if excerpt.is_empty() { "" } else { ": " })]
    Status {
        /// The address.
        url: String,
        /// The status code.
        status: u16,
        /// The beginning of what the server wrote.
        excerpt: String,
    },
    /// The server sends us elsewhere, which could be anywhere.
    #[error("{url}: HTTP {status}: it redirects, and that is not followed: give the address where it ends")]
    Moved {
        /// The address.
        url: String,
        /// The status code.
        status: u16,
    },
    /// The address of a file is none that is fetched from.
    #[error("{url} is not fetched: {reason}")]
    Url {
        /// The address.
        url: String,
        /// Why not.
        reason: String,
    },
    /// The server of a file sends us to an address that is not fetched from.
    #[error("{from} redirects to {to}, which is not followed: {reason}")]
    Redirect {
        /// Who redirects.
        from: String,
        /// Where to.
        to: String,
        /// Why not.
        reason: String,
    },
    /// More redirects than allowed.
    #[error("{url}: the server redirects more than {limit} times")]
    TooManyRedirects {
        /// The address that was asked first.
        url: String,
        /// The limit.
        limit: u32,
    },
    /// What came could not be written down.
    #[error("writing what the server sent: {0}")]
    Write(io::Error),
}
