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
    /// Where the propagation stopped: `services-and-mixes`, `services`, `nothing`, or, where some services are known,
    /// `25-percent-of-services-and-mixes` and the like.
    pub stop: String,
    /// The kind of laundering, or `all` for whole heists.
    pub typology: String,
    /// Loot found where it ended, in tenths of a per cent of all loot.
    pub recall_permille: Option<u32>,
    /// The lower end of the middle 95 % of it when as many heists are drawn with replacement; only of whole heists.
    pub recall_low_permille: Option<u32>,
    /// The upper end.
    pub recall_high_permille: Option<u32>,
    /// Loot in what the rule called dirty, in tenths of a per cent.
    pub precision_permille: Option<u32>,
    /// The lower end of the middle 95 % of it when as many heists are drawn with replacement; only of whole heists.
    pub precision_low_permille: Option<u32>,
    /// The upper end.
    pub precision_high_permille: Option<u32>,
    /// What was placed where loot ended when the propagation started from an unrelated coin.
    pub placebo_permille: Option<u32>,
    /// The lower end of the middle 95 % of it when as many heists are drawn with replacement; only of whole heists.
    pub placebo_low_permille: Option<u32>,
    /// The upper end.
    pub placebo_high_permille: Option<u32>,
    /// Loot attributed to the service at which it arrived.
    pub services_recall_permille: Option<u32>,
    /// The lower end of the middle 95 % of it when as many heists are drawn with replacement; only of whole heists.
    pub services_recall_low_permille: Option<u32>,
    /// The upper end.
    pub services_recall_high_permille: Option<u32>,
    /// Loot in what the rule said arrived at services.
    pub services_precision_permille: Option<u32>,
    /// The lower end of the middle 95 % of it when as many heists are drawn with replacement; only of whole heists.
    pub services_precision_low_permille: Option<u32>,
    /// The upper end.
    pub services_precision_high_permille: Option<u32>,
    /// What arrived at services where loot arrived too when the propagation started from an unrelated coin.
    pub services_placebo_permille: Option<u32>,
    /// The lower end of the middle 95 % of it when as many heists are drawn with replacement; only of whole heists.
    pub services_placebo_low_permille: Option<u32>,
    /// The upper end.
    pub services_placebo_high_permille: Option<u32>,
    /// Walks measured.
    pub samples: u64,
}

/// A figure with its range.
#[derive(Clone, Copy)]
struct Figure {
    permille: Option<u32>,
    low: Option<u32>,
    high: Option<u32>,
}

impl Figure {
    /// `61.3 % (52.0 to 70.1 %)`.
    fn shown(self) -> Option<String> {
        let permille = self.permille?;
        // Rounded: nothing says that it was nothing.
        let figure = if permille == 0 { "under 0.1 %".to_owned() } else { percent(permille) };
        let (Some(low), Some(high)) = (self.low, self.high) else { return Some(figure) };
        if high == 0 {
            return Some(format!("{figure} (both ends of its range too)"));
        }
        Some(format!("{figure} ({}.{} to {})", low / 10, low % 10, percent(high)))
    }
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
            for (what, figure) in rate.figures() {
                let Figure { permille, low, high } = figure;
                let mut parts = [permille, low, high].into_iter().flatten();
                if let Some(permille) = parts.find(|&permille| permille > 1_000) {
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

    /// The figures of a rule on whole heists, for a propagation that stops there.
    fn of(&self, method: Method, stop: &str) -> Option<&Rate> {
        let wanted = |rate: &&Rate| (rate.method.as_str(), rate.stop.as_str()) == (method.name(), stop);
        self.rate.iter().filter(wanted).find(|rate| rate.typology == "all")
    }

    /// On what a figure was measured, and what its range is.
    fn conditions(&self, rate: &Rate) -> String {
        let range = match rate.recall_low_permille {
            Some(_) => "; in brackets the middle 95 % when heists are drawn with replacement",
            None => "",
        };
        let chains = if self.chains == 1 { "chain" } else { "chains" };
        format!("{} heists on {} {chains}{range}", rate.samples, self.chains)
    }

    /// One sentence about a rule, for people; `None` where it was not measured.
    ///
    /// `knows_services`: whether any service of the chain is known here. Where none is, the propagation goes on through all of
    /// them, and what it is worth then is another figure. Where some are, the truth lies between the two.
    pub fn sentence(&self, method: Method, through_mixes: bool, knows_services: bool) -> Option<String> {
        let blind = self.of(method, "nothing").and_then(Rate::shares);
        if !knows_services {
            let (rate, (recall, precision)) = (self.of(method, "nothing")?, blind?);
            // That row goes on through mixes. What is left in them here is found by nobody.
            let (way, not_measured) = if through_mixes {
                ("", "")
            } else {
                (
                    " through mixes",
                    "; stopping at mixes, as here, it finds less, and how much less was not measured",
                )
            };
            return Some(format!(
                "measured on generated heists with no service known, as none of this chain is here: {}{way} found {recall} of \
                 the loot where it ended, and {precision} of what it called dirty was loot{}{not_measured} ({}; \
                 docs/SCORECARD.md)",
                method.name(),
                rate.placebo(),
                self.conditions(rate)
            ));
        }
        let rate = self.of(method, if through_mixes { "services" } else { "services-and-mixes" })?;
        let (recall, precision) = rate.shares()?;
        let way = if through_mixes { "through mixes" } else { "stopping at mixes" };
        // With none known it was measured through mixes alone: beside what stops at them that is another method's figure.
        let blind = match blind.filter(|_| through_mixes) {
            Some((recall, precision)) => {
                format!("; with none known it is {recall} and {precision}; here some are unknown")
            }
            None => "; here some are unknown, and it finds less".to_owned(),
        };
        Some(format!(
            "measured on generated heists with every service known: {} {way} found {recall} of the loot where it ended, \
             and {precision} of what it called dirty was loot{}{}{blind} ({}; docs/SCORECARD.md)",
            method.name(),
            rate.placebo(),
            rate.at_services(),
            self.conditions(rate)
        ))
    }
}

impl Rate {
    /// All figures, with their names for people.
    fn figures(&self) -> [(&'static str, Figure); 6] {
        let figure = |permille, low, high| Figure { permille, low, high };
        [
            ("recall", figure(self.recall_permille, self.recall_low_permille, self.recall_high_permille)),
            (
                "precision",
                figure(self.precision_permille, self.precision_low_permille, self.precision_high_permille),
            ),
            ("placebo", figure(self.placebo_permille, self.placebo_low_permille, self.placebo_high_permille)),
            (
                "recall at services",
                figure(
                    self.services_recall_permille,
                    self.services_recall_low_permille,
                    self.services_recall_high_permille,
                ),
            ),
            (
                "precision at services",
                figure(
                    self.services_precision_permille,
                    self.services_precision_low_permille,
                    self.services_precision_high_permille,
                ),
            ),
            (
                "placebo at services",
                figure(
                    self.services_placebo_permille,
                    self.services_placebo_low_permille,
                    self.services_placebo_high_permille,
                ),
            ),
        ]
    }

    /// Recall and precision, for people.
    fn shares(&self) -> Option<(String, String)> {
        let [(_, recall), (_, precision), ..] = self.figures();
        Some((recall.shown()?, precision.shown()?))
    }

    fn placebo(&self) -> String {
        let [_, _, (_, placebo), ..] = self.figures();
        placebo.shown().map_or_else(String::new, |placebo| {
            format!("; from an unrelated coin it put {placebo} of the coin there")
        })
    }
}

impl Rate {
    /// The figures of what an answer about services claims: the others are of single coins, and flatter it.
    fn at_services(&self) -> String {
        let [_, _, _, (_, recall), (_, precision), (_, placebo)] = self.figures();
        let (Some(recall), Some(precision)) = (recall.shown(), precision.shown()) else {
            return String::new();
        };
        let placebo = placebo.shown().map_or_else(String::new, |placebo| {
            format!(
                ", but from an unrelated coin it put {placebo} of the coin at services where loot arrived too: everybody's coins go to the same ones"
            )
        });
        format!(
            "; of services it named the right one for {recall} of the loot that arrived at one, and {precision} of what it said \
             arrived there was loot{placebo}"
        )
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
            for (through_mixes, knows_services) in
                [(false, true), (true, true), (false, false), (true, false)]
            {
                let sentence =
                    rates.sentence(method, through_mixes, knows_services).expect("it was measured");
                assert!(sentence.starts_with("measured on generated heists with "), "{sentence}");
            }
        }
        assert_eq!(rates.sentence(Method::CleanFirst, false, true), None);
    }

    #[test]
    fn a_sentence_holds_the_figures_of_its_own_conditions() {
        let row = |stop: &str| {
            format!("[[rate]]\nmethod = \"fifo\"\nstop = \"{stop}\"\ntypology = \"all\"\nsamples = 2\n")
        };
        let known = format!("{}recall_permille = 734\nprecision_permille = 1000\n", row("services"));
        let blind = format!("{}recall_permille = 650\nprecision_permille = 169\n", row("nothing"));
        let read = |rows: &str| Rates::parse(&format!("{HEAD}{rows}")).expect("reads");
        let rates = read(&format!("{known}{blind}"));
        assert_eq!(
            rates.sentence(Method::Fifo, true, true).as_deref(),
            Some(
                "measured on generated heists with every service known: fifo through mixes found 73.4 % of the loot where \
                 it ended, and 100.0 % of what it called dirty was loot; with none known it is 65.0 % and 16.9 %; here \
                 some are unknown (2 heists on 1 chain; docs/SCORECARD.md)"
            )
        );
        assert_eq!(
            rates.sentence(Method::Fifo, true, false).as_deref(),
            Some(
                "measured on generated heists with no service known, as none of this chain is here: fifo found 65.0 % of \
                 the loot where it ended, and 16.9 % of what it called dirty was loot (2 heists on 1 chain; docs/SCORECARD.md)"
            )
        );
        // Of services it says what holds of services, and of nothing measured as nothing no more than that it is little.
        let services = format!(
            "{known}placebo_permille = 0\nplacebo_low_permille = 0\nplacebo_high_permille = 0\nservices_recall_permille = 500\n\
             services_precision_permille = 400\nservices_placebo_permille = 210\nservices_placebo_low_permille = 21\n\
             services_placebo_high_permille = 460\n"
        );
        let sentence = read(&services).sentence(Method::Fifo, true, true).expect("measured");
        for part in [
            "; from an unrelated coin it put under 0.1 % (both ends of its range too) of the coin there",
            "; of services it named the right one for 50.0 % of the loot that arrived at one, and 40.0 % of what it said arrived there was loot",
            ", but from an unrelated coin it put 21.0 % (2.1 to 46.0 %) of the coin at services where loot arrived too",
        ] {
            assert!(sentence.contains(part), "{sentence}");
        }
        // What goes through mixes says nothing of what stops at them.
        let stops = format!("{}recall_permille = 539\nprecision_permille = 738\n", row("services-and-mixes"));
        let rates = read(&format!("{known}{blind}{stops}"));
        assert_eq!(
            rates.sentence(Method::Fifo, false, true).as_deref(),
            Some(
                "measured on generated heists with every service known: fifo stopping at mixes found 53.9 % of the loot where \
                 it ended, and 73.8 % of what it called dirty was loot; here some are unknown, and it finds less (2 heists on 1 \
                 chain; docs/SCORECARD.md)"
            )
        );
        assert_eq!(
            rates.sentence(Method::Fifo, false, false).as_deref(),
            Some(
                "measured on generated heists with no service known, as none of this chain is here: fifo through mixes found \
                 65.0 % of the loot where it ended, and 16.9 % of what it called dirty was loot; stopping at mixes, as here, it \
                 finds less, and how much less was not measured (2 heists on 1 chain; docs/SCORECARD.md)"
            )
        );
        let ranged = format!("{known}recall_low_permille = 611\nrecall_high_permille = 802\n");
        let sentence = read(&ranged).sentence(Method::Fifo, true, true).expect("measured");
        assert!(sentence.contains("found 73.4 % (61.1 to 80.2 %) of the loot where it ended"), "{sentence}");
        assert!(
            sentence.contains("in brackets the middle 95 % when heists are drawn with replacement"),
            "{sentence}"
        );
        assert_eq!(read(&known).sentence(Method::Fifo, false, true), None);
        assert_eq!(read(&known).sentence(Method::Fifo, true, false), None, "not measured without services");
        assert_eq!(read(&row("services")).sentence(Method::Fifo, true, true), None, "not measured");
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
