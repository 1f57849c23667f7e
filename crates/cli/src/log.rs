//! `--log`: what is done and how long it takes, on standard error.
//!
//! Nothing listens unless it is asked for. What is told passes the way of everything that reaches a terminal: of addresses of
//! servers only the server is shown, and nothing that a terminal acts upon comes through. Libraries below ours are not heard.

use std::{
    io::{self, Write},
    str::FromStr,
};

use tracehound_model::endpoint::hide;
use tracing::{Level, subscriber::set_global_default};
use tracing_subscriber::{
    Layer, Registry,
    filter::Targets,
    fmt::{self, format::FmtSpan},
    layer::SubscriberExt,
};

use crate::{args::Output, terminal::Screen};

/// Our crates are named so.
const OURS: &str = "tracehound";

/// What is told, and in which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Log {
    level: Level,
    json: bool,
}

impl FromStr for Log {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (level, json) = match text.split_once(':') {
            None => (text, false),
            Some((level, "json")) => (level, true),
            Some((_, form)) => return Err(format!("`{form}` is no form of a log: only `:json` is known")),
        };
        let level = match level {
            "error" => Level::ERROR,
            "warn" => Level::WARN,
            "info" => Level::INFO,
            "debug" => Level::DEBUG,
            "trace" => Level::TRACE,
            other => return Err(format!("`{other}` is no level: use error, warn, info, debug or trace")),
        };
        Ok(Self { level, json })
    }
}

impl Log {
    /// Begins to listen. A second time nothing happens.
    pub(crate) fn start(self) {
        let Self { level, json } = self;
        let layer = fmt::layer()
            .with_ansi(false)
            .with_span_events(FmtSpan::CLOSE)
            .with_writer(move || Cleaned { json });
        let filter = Targets::new().with_target(OURS, level);
        let told = if json {
            let layer = layer.json().flatten_event(true).with_filter(filter);
            set_global_default(Registry::default().with(layer))
        } else {
            set_global_default(Registry::default().with(layer.with_filter(filter)))
        };
        debug_assert!(told.is_ok(), "there is one log");
    }
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
        Screen::new(io::stderr(), output).write_all(hide(&String::from_utf8_lossy(event)).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_and_a_form_are_read_and_nothing_else() {
        assert_eq!("info".parse(), Ok(Log { level: Level::INFO, json: false }));
        assert_eq!("debug:json".parse(), Ok(Log { level: Level::DEBUG, json: true }));
        for wrong in ["", "loud", "info:xml", "info:", ":json", "INFO", "info:json:json"] {
            assert!(wrong.parse::<Log>().is_err(), "{wrong}");
        }
    }
}
