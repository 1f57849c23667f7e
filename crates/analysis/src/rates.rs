//! How often the rules of taint are right, as measured on generated heists; answers quote it.
//!
//! The figures come from `tracehound range score`, which writes the data file; nobody types them.

use serde::Deserialize;

use crate::taint::Method;

/// Largest file that is read, in bytes.
const MOST_BYTES: usize = 1 << 20;

/// Figures of one rule, for one way to stop and one kind of laundering.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// The rule's name.
    pub method: String,
    /// Where the walk stopped: `services-and-mixes`, `services` or `nothing`.
    pub stop: String,
    /// The kind of laundering, or `all` for whole heists.
    pub typology: String,
    /// Loot found where it ended, in tenths of a per cent of all loot.
    pub recall_permille: Option<u32>,
    /// Loot in what the rule called dirty, in tenths of a per cent.
    pub precision_permille: Option<u32>,
    /// What was placed where loot ended when the walk started from an unrelated coin.
    pub placebo_permille: Option<u32>,
    /// Loot attributed to the service at which it arrived.
    pub services_recall_permille: Option<u32>,
    /// Loot in what the rule said arrived at services.
    pub services_precision_permille: Option<u32>,
    /// What arrived at services where loot arrived too when the walk started from an unrelated coin.
    pub services_placebo_permille: Option<u32>,
    /// Walks measured.
    pub samples: u64,
}

/// A measurement.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// The command that made it.
    pub command: String,
    /// Generated chains.
    pub chains: u64,
    /// Transactions in them.
    pub transactions: u64,
    /// Heists in them.
    pub heists: u64,
    /// Parts of the heists' loot.
    pub parts: u64,
    /// The figures.
    #[serde(default)]
    pub rate: Vec<Rate>,
}

/// Why a file of rates was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RatesError {
    /// Too long to be one.
    #[error("error rates of {0} bytes: at most {MOST_BYTES} are read")]
    TooLong(usize),
    /// Not TOML, or not of this form.
    #[error("not a file of error rates: {0}; `tracehound range score --rates FILE` writes one")]
    Form(String),
    /// A share above the whole.
    #[error("the {what} of {method} is {permille} thousandths, more than the whole")]
    AboveWhole {
        /// The rule.
        method: String,
        /// Which figure.
        what: &'static str,
        /// Its value.
        permille: u32,
    },
}

impl Rates {
    /// Reads a file's text.
    pub fn parse(text: &str) -> Result<Self, RatesError> {
        if text.len() > MOST_BYTES {
            return Err(RatesError::TooLong(text.len()));
        }
        let rates: Self =
            toml::from_str(text).map_err(|error| RatesError::Form(error.message().to_owned()))?;
        for rate in &rates.rate {
            for (what, permille) in [
                ("recall", rate.recall_permille),
                ("precision", rate.precision_permille),
                ("placebo", rate.placebo_permille),
                ("recall at services", rate.services_recall_permille),
                ("precision at services", rate.services_precision_permille),
                ("placebo at services", rate.services_placebo_permille),
            ] {
                if let Some(permille) = permille.filter(|&permille| permille > 1_000) {
                    return Err(RatesError::AboveWhole { method: rate.method.clone(), what, permille });
                }
            }
        }
        Ok(rates)
    }

    /// The measurement that this version ships with.
    pub fn shipped() -> Self {
        Self::parse(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/error-rates.toml")))
            .expect("a test reads the shipped file")
    }

    /// The figures of a rule on whole heists.
    pub fn of(&self, method: Method, through_mixes: bool) -> Option<&Rate> {
        let stop = if through_mixes { "services" } else { "services-and-mixes" };
        self.rate
            .iter()
            .find(|rate| rate.method == method.name() && rate.stop == stop && rate.typology == "all")
    }

    /// One sentence about a rule, for people; `None` where it was not measured.
    pub fn sentence(&self, method: Method, through_mixes: bool) -> Option<String> {
        let rate = self.of(method, through_mixes)?;
        let (recall, precision) = (rate.recall_permille?, rate.precision_permille?);
        let way = if through_mixes { "through mixes" } else { "stopping at mixes" };
        let placebo = rate.placebo_permille.map_or_else(String::new, |placebo| {
            format!("; from an unrelated coin it put {} of the coin there", percent(placebo))
        });
        Some(format!(
            "measured on generated heists: {} {way} found {} of the loot where it ended, and {} of what it called \
             dirty was loot{placebo} ({} heists; docs/SCORECARD.md)",
            method.name(),
            percent(recall),
            percent(precision),
            rate.samples
        ))
    }
}

fn percent(permille: u32) -> String {
    format!("{}.{} %", permille / 10, permille % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "command = \"c\"\nchains = 1\ntransactions = 1000\nheists = 2\nparts = 9\n";

    fn with(rate: &str) -> Result<Rates, RatesError> {
        Rates::parse(&format!("{HEAD}[[rate]]\n{rate}"))
    }

    #[test]
    fn the_shipped_file_says_something_about_every_rule() {
        let rates = Rates::shipped();
        assert!(rates.heists > 0 && rates.command.starts_with("tracehound range score"));
        for method in Method::COMPARED {
            for through_mixes in [false, true] {
                let sentence = rates.sentence(method, through_mixes).expect("it was measured");
                assert!(sentence.starts_with("measured on generated heists: "), "{sentence}");
            }
        }
        assert_eq!(rates.of(Method::CleanFirst, false), None);
    }

    #[test]
    fn a_sentence_holds_the_figures() {
        let row = "method = \"fifo\"\nstop = \"services\"\ntypology = \"all\"\nsamples = 2\n";
        let rates = with(&format!("{row}recall_permille = 734\nprecision_permille = 1000\n")).expect("reads");
        assert_eq!(
            rates.sentence(Method::Fifo, true).as_deref(),
            Some(
                "measured on generated heists: fifo through mixes found 73.4 % of the loot where it ended, and 100.0 % of \
                 what it called dirty was loot (2 heists; docs/SCORECARD.md)"
            )
        );
        assert_eq!(rates.sentence(Method::Fifo, false), None);
        assert_eq!(with(row).expect("reads").sentence(Method::Fifo, true), None, "not measured");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let row = "method = \"fifo\"\nstop = \"services\"\ntypology = \"all\"\nsamples = 2\n";
        let above = with(&format!("{row}recall_permille = 1001\n")).expect_err("above the whole");
        assert!(above.to_string().contains("recall of fifo is 1001"), "{above}");
        assert!(matches!(with("method = 3\n"), Err(RatesError::Form(_))));
        assert!(matches!(with(&format!("{row}luck = 1\n")), Err(RatesError::Form(_))));
        assert!(matches!(Rates::parse(&" ".repeat(MOST_BYTES + 1)), Err(RatesError::TooLong(_))));
    }
}
