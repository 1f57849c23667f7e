//! `--log`: what is done and how long it takes, on standard error.
//!
//! Nothing listens unless it is asked for. What is told passes the way of everything that reaches a terminal: of addresses of
//! servers only the server is shown, and nothing that a terminal acts upon comes through. Libraries below ours are not heard.

use std::io::{self, Write};

use tracehound_model::endpoint::hide;
use tracing::subscriber::set_global_default;
use tracing_subscriber::{
    Layer, Registry,
    filter::Targets,
    fmt::{self, format::FmtSpan},
    layer::SubscriberExt,
};

use crate::{
    args::{Log, Output},
    terminal,
};

/// Our crates are named so.
const OURS: &str = "tracehound";

/// Begins to listen.
pub(crate) fn start(Log { level, json }: Log) {
    let layer =
        fmt::layer().with_ansi(false).with_span_events(FmtSpan::CLOSE).with_writer(move || Cleaned { json });
    let filter = Targets::new().with_target(OURS, level);
    let told = if json {
        let layer = layer.json().flatten_event(true).with_filter(filter);
        set_global_default(Registry::default().with(layer))
    } else {
        set_global_default(Registry::default().with(layer.with_filter(filter)))
    };
    debug_assert!(told.is_ok(), "there is one log");
}

/// Standard error, for one event after another.
#[derive(Debug)]
struct Cleaned {
    json: bool,
}

impl Write for Cleaned {
    /// An event comes whole.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let output = if self.json { Output::Jsonl } else { Output::Text };
        terminal::stderr_as(output).write_all(hide(&String::from_utf8_lossy(event)).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        terminal::stderr().flush()
    }
}
