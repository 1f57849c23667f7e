//! The one HTTP client: blocking, and with a limit on everything that a server decides.
//!
//! [`Client`] asks one server that the user named, such as a node; [`Socket`] hears what it says by itself, and [`Line`] asks it over
//! one. [`download`] fetches a public file from wherever its publisher's redirects lead, within reach.
//!
//! **Invariants.** No answer takes longer or grows larger than the limits say, whatever length it states and however well it
//! is packed. No server makes us wait longer than a minute before another try, or five minutes for all of them. Of an address
//! no more than scheme, host and port is in an error; what could be a key is struck from a server's words. A [`Client`]
//! follows no redirect. A [`download`] goes to public addresses by HTTPS alone, also after a redirect and whatever a name
//! resolves to; a file whose own address is a loopback one (a mirror on this machine, a test) stays on loopback.

mod agent;
mod client;
mod download;
mod error;
mod line;
mod reach;
mod retry;
mod socket;

pub use client::{Answer, Client, HttpLimits};
pub use download::{Download, DownloadLimits, Incoming, Validators, download, excerpt};
pub use error::HttpError;
pub use line::Line;
pub use retry::{Next, Pace, Tries};
pub use socket::Socket;
