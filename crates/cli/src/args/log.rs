//! `--log`.

use std::str::FromStr;

use tracing::Level;

/// What is told, and in which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Log {
    /// The least important that is told.
    pub level: Level,
    /// One object a line, instead of lines for people.
    pub json: bool,
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
