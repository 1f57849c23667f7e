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
    /// `61.3 %`.
    fn bare(self) -> Option<String> {
        // Rounded: nothing says that it was nothing.
        Some(match self.permille? {
            0 => "under 0.1 %".to_owned(),
            permille => percent(permille),
        })
    }

    /// `61.3 % (52.0 to 70.1 %)`.
    fn shown(self) -> Option<String> {
        let figure = self.bare()?;
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
    /// How often an exposure to thefts was right.
    #[serde(default)]
    pub exposure: Option<Exposures>,
    /// The figures.
    #[serde(default)]
    pub rate: Vec<Rate>,
}

/// How often an exposure to thefts was right, in addresses: asked backward, by haircut, stopping at mixes, with every service
/// and the first addresses of the thefts named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exposures {
    /// Steps that were gone back.
    pub hops: u32,
    /// Addresses that had nothing to do with a theft.
    pub uninvolved: u64,
    /// Of those, shown with any exposure to one.
    pub uninvolved_any: u64,
    /// Of those, shown with 1 % of their money or more.
    pub uninvolved_1_percent: u64,
    /// Of those, shown with 10 % of their money or more.
    pub uninvolved_10_percent: u64,
    /// Addresses that hold loot.
    pub holders: u64,
    /// Of those, shown with 10 % of their money or more.
    pub holders_10_percent: u64,
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
    /// More addresses than were asked about.
    #[error("the exposures count more addresses than were asked about")]
    MoreThanAsked,
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
        if let Some(of) = rates.exposure {
            let most = of.uninvolved_any.max(of.uninvolved_1_percent).max(of.uninvolved_10_percent);
            if most > of.uninvolved || of.holders_10_percent > of.holders {
                return Err(RatesError::MoreThanAsked);
            }
        }
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
        format!("{} heists on {} {}{range}", rate.samples, self.chains, self.chains_word())
    }

    /// One sentence about a rule, for people; `None` where it was not measured.
    ///
    /// `knows_services`: whether any service of the chain is known here. Where none is, one row of the measurement holds. Where
    /// some are, nobody knows what share of those that an answer met they are: the rows from none to all are quoted together.
    pub fn sentence(&self, method: Method, through_mixes: bool, knows_services: bool) -> Option<String> {
        // With no service known it was measured through mixes alone.
        let blind = self.of(method, "nothing");
        if !knows_services {
            let rate = blind?;
            let (recall, precision) = rate.shares()?;
            // What is left in mixes here is found by nobody.
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
        let all = self.of(method, if through_mixes { "services" } else { "services-and-mixes" })?;
        let quarter = self.of(method, "25-percent-of-services-and-mixes").filter(|_| !through_mixes);
        let through = if through_mixes { "" } else { ", through mixes" };
        let rows: Vec<(String, &Rate)> = [
            (format!("no service known{through}"), blind),
            ("a quarter of them".to_owned(), quarter),
            ("every one".to_owned(), Some(all)),
        ]
        .into_iter()
        .filter_map(|(condition, rate)| Some((condition, rate?)))
        .collect();
        let each = |figure: fn(&Rate) -> Figure| {
            let shown: Vec<String> = rows.iter().filter_map(|(_, rate)| figure(rate).bare()).collect();
            (shown.len() == rows.len()).then(|| listed(&shown))
        };
        let (recall, precision) = (each(Rate::recall)?, each(Rate::precision)?);
        let conditions: Vec<String> = rows.iter().map(|(condition, _)| condition.clone()).collect();
        let way = if through_mixes { "through mixes" } else { "stopping at mixes" };
        let unmeasured = if blind.is_none() { "; with none known it was not measured" } else { "" };
        let placebo = each(Rate::of_placebo).map_or_else(String::new, |placebo| {
            format!("; from an unrelated coin it put {placebo} of the coin there")
        });
        let at_services = match (
            each(Rate::services_recall),
            each(Rate::services_precision),
            each(Rate::services_placebo),
        ) {
            (Some(recall), Some(precision), placebo) => {
                let placebo = placebo.map_or_else(String::new, |placebo| {
                    format!(
                        ", but from an unrelated coin it put {placebo} of the coin at services where loot arrived too: \
                         everybody's coins go to the same ones"
                    )
                });
                format!(
                    "; of services it named the right one for {recall} of the loot that arrived at one, and {precision} of \
                     what it said arrived there was loot{placebo}"
                )
            }
            _ => String::new(),
        };
        Some(format!(
            "measured on generated heists with {} (what share is known here is not known; the fewer, the more of what it calls \
             dirty is not loot): {} {way} found {recall} of the loot where it ended, and {precision} of what it called dirty was \
             loot{placebo}{at_services}{unmeasured} ({} heists on {} {} each time; docs/SCORECARD.md has the ranges)",
            listed(&conditions),
            method.name(),
            all.samples,
            self.chains,
            self.chains_word(),
        ))
    }

    fn chains_word(&self) -> &'static str {
        if self.chains == 1 { "chain" } else { "chains" }
    }

    /// One sentence about an exposure to thefts, for people; `None` where it was not measured.
    ///
    /// It was measured in one way, whatever is asked: the sentence says in which, and that others were not.
    pub fn exposure_sentence(&self) -> Option<String> {
        let rates = self.exposure?;
        let share = |part, whole| Some(percent(u32::try_from(rounded(part, whole)?).ok()?));
        let Exposures { uninvolved, holders, .. } = rates;
        Some(format!(
            "measured on generated chains, {} steps back by haircut, stopping at mixes, with every service and the first \
             addresses of the thefts named: of {uninvolved} addresses that had nothing to do with a theft {} were shown with any \
             exposure to one, {} with 1 % of their money or more; of {holders} that hold loot {} were shown with 10 % or more; with \
             fewer named, other numbers of steps, behind mixes and for where money went it was not measured (docs/SCORECARD.md)",
            rates.hops,
            share(rates.uninvolved_any, uninvolved)?,
            share(rates.uninvolved_1_percent, uninvolved)?,
            share(rates.holders_10_percent, holders)?,
        ))
    }
}

/// Thousandths of a whole, to the nearest.
fn rounded(part: u64, whole: u64) -> Option<u64> {
    (part.checked_mul(2_000)?.checked_add(whole)?).checked_div(whole.checked_mul(2)?)
}

/// `1, 2 and 3`.
fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

impl Rate {
    /// All figures, with their names for people.
    fn figures(&self) -> [(&'static str, Figure); 6] {
        [
            ("recall", self.recall()),
            ("precision", self.precision()),
            ("placebo", self.of_placebo()),
            ("recall at services", self.services_recall()),
            ("precision at services", self.services_precision()),
            ("placebo at services", self.services_placebo()),
        ]
    }

    fn recall(&self) -> Figure {
        Figure {
            permille: self.recall_permille,
            low: self.recall_low_permille,
            high: self.recall_high_permille,
        }
    }

    fn precision(&self) -> Figure {
        Figure {
            permille: self.precision_permille,
            low: self.precision_low_permille,
            high: self.precision_high_permille,
        }
    }

    fn of_placebo(&self) -> Figure {
        Figure {
            permille: self.placebo_permille,
            low: self.placebo_low_permille,
            high: self.placebo_high_permille,
        }
    }

    fn services_recall(&self) -> Figure {
        Figure {
            permille: self.services_recall_permille,
            low: self.services_recall_low_permille,
            high: self.services_recall_high_permille,
        }
    }

    fn services_precision(&self) -> Figure {
        Figure {
            permille: self.services_precision_permille,
            low: self.services_precision_low_permille,
            high: self.services_precision_high_permille,
        }
    }

    fn services_placebo(&self) -> Figure {
        Figure {
            permille: self.services_placebo_permille,
            low: self.services_placebo_low_permille,
            high: self.services_placebo_high_permille,
        }
    }

    /// Recall and precision, for people.
    fn shares(&self) -> Option<(String, String)> {
        Some((self.recall().shown()?, self.precision().shown()?))
    }

    fn placebo(&self) -> String {
        self.of_placebo().shown().map_or_else(String::new, |placebo| {
            format!("; from an unrelated coin it put {placebo} of the coin there")
        })
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
        // Never the best of them alone.
        let sentence = rates.sentence(Method::Haircut, false, true).expect("it was measured");
        assert!(
            sentence.contains("25.3 %, 41.6 % and 73.8 % of what it called dirty was loot"),
            "{sentence}"
        );
    }

    #[test]
    fn an_exposure_is_as_sure_as_was_measured_of_exposures() {
        let sentence = Rates::shipped().exposure_sentence().expect("it was measured");
        for part in
            ["of 4000 addresses", " 1.0 % were shown", "0.5 % with 1 %", "of 1990 that hold loot 64.0 %"]
        {
            assert!(sentence.contains(part), "{sentence}");
        }
        // The scorecard's table is of the same run.
        let table = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/SCORECARD.md"));
        let of = Rates::shipped().exposure.expect("measured");
        for (what, part, whole) in [
            ("uninvolved, any exposure to a theft", of.uninvolved_any, of.uninvolved),
            ("uninvolved, 1 % or more of their money", of.uninvolved_1_percent, of.uninvolved),
            ("uninvolved, 10 % or more of their money", of.uninvolved_10_percent, of.uninvolved),
            ("holders of loot, 10 % or more of their money", of.holders_10_percent, of.holders),
        ] {
            assert!(table.contains(&format!("| {what} | {part} of {whole} |")), "{what}");
        }
        assert!(table.contains(&format!("by haircut, {} hops back", of.hops)));
        let none =
            with("method = \"fifo\"\nstop = \"services\"\ntypology = \"all\"\nsamples = 2\n").expect("reads");
        assert_eq!(none.exposure_sentence(), None);
        let of = "[exposure]\nhops = 2\nuninvolved = 1\nuninvolved_any = 2\nuninvolved_1_percent = 0\n\
                  uninvolved_10_percent = 0\nholders = 0\nholders_10_percent = 0\n";
        assert_eq!(Rates::parse(&format!("{HEAD}{of}")), Err(RatesError::MoreThanAsked));
        let nobody = of.replace("any = 2", "any = 1");
        assert_eq!(Rates::parse(&format!("{HEAD}{nobody}")).expect("reads").exposure_sentence(), None);
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
                "measured on generated heists with no service known and every one (what share is known here is not known; the \
                 fewer, the more of what it calls dirty is not loot): fifo through mixes found 65.0 % and 73.4 % of the loot where \
                 it ended, and 16.9 % and 100.0 % of what it called dirty was loot (2 heists on 1 chain each time; \
                 docs/SCORECARD.md has the ranges)"
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
        let at_services = "placebo_permille = 0\nplacebo_low_permille = 0\nplacebo_high_permille = 0\nservices_recall_permille = 500\n\
             services_precision_permille = 400\nservices_placebo_permille = 210\nservices_placebo_low_permille = 21\n\
             services_placebo_high_permille = 460\n";
        let services = format!("{known}{at_services}{blind}{}", at_services.replace('5', "6"));
        let sentence = read(&services).sentence(Method::Fifo, true, true).expect("measured");
        for part in [
            "; from an unrelated coin it put under 0.1 % and under 0.1 % of the coin there",
            "; of services it named the right one for 60.0 % and 50.0 % of the loot that arrived at one, and 40.0 % and 40.0 % of what it said arrived there was loot",
            ", but from an unrelated coin it put 21.0 % and 21.0 % of the coin at services where loot arrived too",
        ] {
            assert!(sentence.contains(part), "{sentence}");
        }
        // Some label on the chain is not every service: the rows between are quoted too.
        let stops = format!("{}recall_permille = 539\nprecision_permille = 738\n", row("services-and-mixes"));
        let quarter = format!(
            "{}recall_permille = 608\nprecision_permille = 418\n",
            row("25-percent-of-services-and-mixes")
        );
        let rates = read(&format!("{known}{blind}{stops}{quarter}"));
        assert_eq!(
            rates.sentence(Method::Fifo, false, true).as_deref(),
            Some(
                "measured on generated heists with no service known, through mixes, a quarter of them and every one (what share is \
                 known here is not known; the fewer, the more of what it calls dirty is not loot): fifo stopping at mixes found \
                 65.0 %, 60.8 % and 53.9 % of the loot where it ended, and 16.9 %, 41.8 % and 73.8 % of what it called dirty was \
                 loot (2 heists on 1 chain each time; docs/SCORECARD.md has the ranges)"
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
        let ranged = format!("{blind}recall_low_permille = 611\nrecall_high_permille = 802\n");
        let sentence = read(&ranged).sentence(Method::Fifo, true, false).expect("measured");
        assert!(sentence.contains("found 65.0 % (61.1 to 80.2 %) of the loot where it ended"), "{sentence}");
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
