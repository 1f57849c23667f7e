//! Why a planted bug that no test notices is none.

use std::{collections::BTreeMap, fs};

use serde::Deserialize;

use crate::run::{Failure, root};

const FILE: &str = "docs/mutants-explained.toml";

/// Sentences by the keys of bugs.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Explanations {
    explained: BTreeMap<String, String>,
}

impl Explanations {
    pub(super) fn read() -> Result<Self, Failure> {
        let text = fs::read_to_string(root().join(FILE))
            .map_err(|error| Failure::new(format!("cannot read {FILE}: {error}")))?;
        Self::parse(&text)
    }

    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let read: Self = toml::from_str(text).map_err(|error| Failure::new(format!("{FILE}: {error}")))?;
        match read.explained.iter().find(|(_, why)| why.trim().len() < 20) {
            Some((key, _)) => Err(Failure::new(format!("{FILE}: `{key}` is not explained in a sentence"))),
            None => Ok(read),
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.explained.contains_key(key)
    }

    pub(super) fn of(&self, key: &str) -> Option<&str> {
        self.explained.get(key).map(String::as_str)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.explained.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_explanation_is_a_sentence() {
        assert!(Explanations::parse("[explained]\n\"a.rs: x\" = \"fine\"\n").is_err());
        assert!(Explanations::parse("[other]\n").is_err());
        let read = Explanations::parse("[explained]\n\"a.rs: x\" = \"Both sides are equal there.\"\n");
        assert_eq!(read.expect("fine").of("a.rs: x"), Some("Both sides are equal there."));
    }

    #[test]
    fn the_file_that_is_checked_in_can_be_read() {
        Explanations::read().expect("readable");
    }
}
