//! Policies: which exposure leads to which decision, and what must have been looked at.

mod check;
mod differences;
mod limit;
mod words;

use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use sha2::{Digest, Sha256};
use tracehound_attribution::country as country_of;
use tracehound_model::{
    Amount, Category, Confidence, Country, Decision, Gap, GapKind, Labelled, Predicate, SourceId, SourceKind,
    label::Standing,
    verdict::{Basis, Direction, ExposureType},
};

pub use differences::differences;
pub use limit::{AmountLimit, AmountLimits};
pub(crate) use limit::{Measured, Reached};

/// A policy that comes with the product, as a file to use or to copy from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// What `--policy` calls it.
    pub name: &'static str,
    /// The policy file.
    pub text: &'static str,
}

/// Every preset; the first one is used when none is named.
pub const PRESETS: [Preset; 3] = [
    Preset { name: "strict", text: include_str!("presets/strict.toml") },
    Preset { name: "lists-only", text: include_str!("presets/lists-only.toml") },
    Preset { name: "explorer", text: include_str!("presets/explorer.toml") },
];

/// The newest version of the policy format; versions 1 and 2 are read too.
const VERSION: u32 = 3;
/// A policy file longer than this is a mistake.
const MAX_BYTES: usize = 1 << 20;

/// A policy file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Format version.
    version: u32,
    /// Name for people.
    pub name: String,
    /// A note for people; what its `allow` promises, [`Policy::words`] says.
    #[serde(default)]
    pub promise: Option<String>,
    /// What it looks at: with [`Basis::ListsOnly`] no transaction, ledger or not.
    #[serde(default = "everything")]
    pub basis: Basis,
    /// What must have been looked at before `allow` is said.
    #[serde(default)]
    pub require: Require,
    /// What counts for nothing.
    #[serde(default)]
    pub dust: Dust,
    /// How far indirect exposure is looked for.
    #[serde(default)]
    pub indirect: Indirect,
    /// Rules; order does not matter.
    #[serde(rename = "rule", default)]
    pub rules: Vec<Rule>,
    /// SHA-256 of the file's bytes, hexadecimal.
    #[serde(skip)]
    pub hash: String,
}

/// What must have been looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Require {
    /// Sources that must have been searched.
    pub sources: Vec<SourceId>,
    /// Each of them known to be whole at most this many days before the moment asked about (in version 1:
    /// `max_age_days`).
    #[serde(alias = "max_age_days")]
    pub checked_within_days: Option<u32>,
    /// Publishers whose advisories must be complete; where it is not said, those of the shipped pack.
    #[serde(alias = "notices")]
    advisories: Option<Vec<SourceId>>,
    /// The advisories of each of them complete as of a day at most this many days before it.
    #[serde(alias = "notices_within_days")]
    pub advisories_within_days: Option<u32>,
    /// The subject's transactions examined up to a block at most this many hours before it.
    pub transactions_within_hours: Option<u32>,
    /// The subject's direct counterparties looked at on one chain at least, as far as a ledger or a server tells of them, up to a
    /// block at most this many hours before it.
    pub counterparties_within_hours: Option<u32>,
    /// Whether the subject's transactions must have been examined, up to whatever block.
    pub ledger: bool,
}

/// The publishers that the shipped pack of advisories speaks for.
static SHIPPED_PUBLISHERS: LazyLock<Vec<SourceId>> = LazyLock::new(|| {
    ["fbi-notices", "msmt-reports", "treasury-notices"].map(|id| SourceId(id.to_owned())).to_vec()
});

impl Require {
    /// The publishers whose advisories must be complete, where [`Require::advisories_within_days`] asks for it.
    pub fn publishers(&self) -> &[SourceId] {
        self.advisories.as_ref().unwrap_or(&SHIPPED_PUBLISHERS)
    }

    /// Whether the subject's transactions must have been examined.
    pub fn transactions(&self) -> bool {
        self.ledger || self.transactions_within_hours.is_some()
    }
}

const fn everything() -> Basis {
    Basis::ListsAndTransactions
}

/// What counts for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dust {
    /// What somebody paid in outputs of less than this many satoshi each, where that comes to less in all: by him, and by all
    /// together whom somebody accuses and who paid no other way. It binds Bitcoin alone: of any other asset everything counts.
    pub incoming_below: u64,
}

/// How far indirect exposure is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Indirect {
    /// Most transactions between the subject and a named entity; 0 or 1 looks for direct exposure only.
    pub hops: u32,
    /// Most transactions read for one subject and direction.
    pub work: usize,
    /// Whether a search that was cut short, or stopped at missing blocks, makes `allow` impossible.
    pub required: bool,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Unique name; appears in the evidence.
    pub name: String,
    /// Which kind of exposure it looks at.
    pub exposure: ExposureType,
    /// Categories it looks at.
    pub categories: Vec<Category>,
    /// Kinds of source it believes; empty for all.
    #[serde(default)]
    pub source_kinds: Vec<SourceKind>,
    /// Countries of the service that it looks at (ISO 3166-1, two letters); empty for all. Where no source tells the country of
    /// one, the answer is incomplete.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "countries")]
    pub jurisdictions: Vec<Country>,
    /// Direction of direct or indirect exposure it looks at; both when absent.
    #[serde(default)]
    pub direction: Option<Direction>,
    /// Least confidence of the claim.
    #[serde(default)]
    pub min_confidence: Option<Confidence>,
    /// Least amount, for direct and indirect exposure. In versions 1 and 2 satoshi, of Bitcoin alone.
    #[serde(default, skip_serializing_if = "AmountLimits::is_empty")]
    pub min_amount: AmountLimits,
    /// Least share of all the subject received (or paid), in whole percent, likewise.
    #[serde(default)]
    pub min_share_percent: Option<u8>,
    /// `review` or `block`.
    pub decision: Decision,
    /// 1 to 100.
    pub score: u8,
}

/// Codes of countries, and a word about what is none.
fn countries<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Country>, D::Error> {
    let codes: Vec<String> = Vec::deserialize(deserializer)?;
    let read = |code: &String| Country::new(code).filter(|country| country_of(code) == Some(*country));
    let wrong = |code: &String| {
        let meant = country_of(code).map_or_else(String::new, |country| format!(", such as {country}"));
        D::Error::custom(format!(
            "`{}` is no country: write two letters (ISO 3166-1){meant}",
            code.chars().take(40).collect::<String>()
        ))
    };
    codes.iter().map(|code| read(code).ok_or_else(|| wrong(code))).collect()
}

/// Why a policy cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Not the TOML a policy is.
    #[error("the policy cannot be read: {0}")]
    Syntax(String),
    /// A format this version does not read.
    #[error("the policy has version {found}, this program reads versions 1 to {VERSION}")]
    Version {
        /// Version in the file.
        found: u32,
    },
    /// Requirements that contradict each other.
    #[error("the policy is of `basis = \"lists-only\"` and {0}: leave one of the two out")]
    ListsOnly(&'static str),
    /// A setting that asks for nothing, or for what cannot be.
    #[error("policy {place}: {reason}")]
    Setting {
        /// Where in the file: `[require] sources`.
        place: &'static str,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// A rule that says nothing or contradicts itself.
    #[error("policy rule `{rule}`: {reason}")]
    Rule {
        /// The rule's name.
        rule: String,
        /// What is wrong.
        reason: String,
    },
}

impl Policy {
    /// Whether a gap makes `allow` impossible under this policy.
    pub fn minds(&self, gap: &Gap) -> bool {
        let require = &self.require;
        match gap.kind {
            GapKind::ListMissing
            | GapKind::ListStale
            | GapKind::ListPartial
            | GapKind::ListWaiting
            | GapKind::NamesOfAnotherDay => gap.lists().iter().any(|id| require.sources.contains(id)),
            GapKind::AdvisoriesMissing | GapKind::AdvisoriesStale => require.advisories_within_days.is_some(),
            GapKind::TransactionsNotExamined => {
                require.transactions() || require.counterparties_within_hours.is_some()
            }
            GapKind::TransactionsStale => {
                require.transactions_within_hours.is_some() || require.counterparties_within_hours.is_some()
            }
            GapKind::IndirectTruncated => self.indirect.required,
            // What was looked at was not looked at whole: no policy takes that for an answer.
            GapKind::NotFetched
            | GapKind::TransactionMissing
            | GapKind::UnknownInputs
            | GapKind::Truncated
            | GapKind::ClockWrong
            | GapKind::NameNotCompared
            | GapKind::OwnershipUnknown
            | GapKind::JurisdictionUnknown
            | GapKind::NotScreened
            | GapKind::NotSimulated
            | GapKind::PastNotCompared
            | GapKind::TimeUnknown
            | GapKind::Overcounted
            | GapKind::OpeningUnknown
            | GapKind::Mixed
            | GapKind::SignedTogether
            // A pack in force that does not speak as it did: what it would have said is not known.
            | GapKind::LabelsUnreadable
            | GapKind::LabelsStale
            | GapKind::Unclassified => true,
            // A list that nobody requires says nothing of that day. What a ledger lacks costs what the policy requires of
            // the subject's transactions, and that is a gap of its own.
            GapKind::ListSilent
            | GapKind::LedgerMissing
            | GapKind::LedgerPartial
            | GapKind::MovementsUnseen
            | GapKind::LedgerStale
            | GapKind::TransactionsNotWanted
            | GapKind::ServersWord
            | GapKind::Unconfirmed
            | GapKind::OtherAddresses
            | GapKind::NotListed
            | GapKind::FollowedElsewhere
            // The rule that has no limit objected.
            | GapKind::LimitNotApplied => false,
        }
    }

    /// Reads a policy file.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        if text.len() > MAX_BYTES {
            return Err(PolicyError::Syntax(format!("it is longer than {MAX_BYTES} bytes")));
        }
        let mut policy: Self =
            toml::from_str(text).map_err(|error| PolicyError::Syntax(error.to_string()))?;
        if !(1..=VERSION).contains(&policy.version) {
            return Err(PolicyError::Version { found: policy.version });
        }
        check::check(&policy)?;
        policy.hash = hex::encode(Sha256::digest(text.as_bytes()));
        Ok(policy)
    }

    /// The preset of this name.
    ///
    /// # Panics
    /// Never: a test parses each.
    pub fn preset(name: &str) -> Option<Self> {
        let preset = PRESETS.iter().find(|preset| preset.name == name)?;
        Some(Self::parse(preset.text).expect("the shipped policies are valid"))
    }

    /// The policy used when none is named.
    ///
    /// # Panics
    /// Never: a test parses it.
    pub fn strict() -> Self {
        Self::preset("strict").expect("it is shipped")
    }

    /// The policy that looks at lists alone.
    ///
    /// # Panics
    /// Never: a test parses it.
    pub fn lists_only() -> Self {
        Self::preset("lists-only").expect("it is shipped")
    }
}

/// One exposure as rules see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exposed<'a> {
    pub exposure: ExposureType,
    pub category: Category,
    pub source_kind: SourceKind,
    pub confidence: Confidence,
    /// The statement behind it, where that is a label's.
    pub labelled: Option<&'a Labelled>,
    /// The countries of the service; none where no source tells them.
    pub jurisdictions: &'a [Country],
    pub direction: Option<Direction>,
    /// Whose address it is: what several claims say of one counterparty is one amount.
    pub party: Option<&'a str>,
    /// What went that way.
    pub measured: Measured,
    /// Base units of all the subject received or paid in that direction.
    pub total: Amount,
}

impl Exposed<'_> {
    /// The strongest decision that may rest on it, whatever a rule says. Disputed labels and hints ask for a person; so does what
    /// is paid into an account, whose holder nobody names, and a label that says `sanction`: it is a copy, and only a list is the
    /// list.
    pub(crate) fn at_most(&self) -> Decision {
        let asks = self.labelled.is_some_and(|labelled| {
            labelled.standing == Standing::Disputed
                || labelled.is_hint()
                || labelled.predicate == Predicate::DepositAddressOf
                || self.category == Category::Sanction
        });
        if asks { Decision::Review } else { Decision::Block }
    }

    /// Whether a policy without a rule for it has a hole: the subject itself is sanctioned or owned by who is, or an authority
    /// names it for something that is not harmless.
    pub(crate) fn needs_a_rule(&self) -> bool {
        let authority = matches!(self.source_kind, SourceKind::LawEnforcement | SourceKind::Sanctions);
        let grave = matches!(
            self.category,
            Category::ServiceHack
                | Category::Ransomware
                | Category::Sextortion
                | Category::Scam
                | Category::Phishing
                | Category::PonziScheme
                | Category::Terrorism
                | Category::ChildAbuse
                | Category::Market
                | Category::MixingService
                | Category::CoinJoin
                | Category::IssuerBlacklist
                | Category::Seized
                | Category::Unknown
        );
        self.exposure == ExposureType::Owned
            || self.exposure == ExposureType::Identified
                && (self.category == Category::Sanction || (authority && grave))
    }
}

impl Rule {
    /// Whether it objects. Where no limit of it applies to the asset, any amount is enough, and [`Reached::gap`] says so.
    pub(crate) fn fires(&self, exposed: &Exposed<'_>) -> Option<Reached> {
        self.would_fire(exposed).filter(|_| self.is_there(exposed))
    }

    /// Whether the service is in one of the countries that it asks for.
    pub(crate) fn is_there(&self, exposed: &Exposed<'_>) -> bool {
        self.jurisdictions.is_empty()
            || self.jurisdictions.iter().any(|country| exposed.jurisdictions.contains(country))
    }

    /// Whether it asks for a country, would object to one, and no source tells any.
    pub(crate) fn lacks_jurisdiction(&self, exposed: &Exposed<'_>) -> bool {
        !self.jurisdictions.is_empty()
            && exposed.jurisdictions.is_empty()
            && self.would_fire(exposed).is_some()
    }

    /// Whether it objects to such a service, in whatever country.
    fn would_fire(&self, exposed: &Exposed<'_>) -> Option<Reached> {
        self.is_about(exposed).then(|| self.reached(exposed.measured, exposed.total)).flatten()
    }

    /// Whether it looks at such an exposure, whatever the amount.
    pub(crate) fn is_about(&self, exposed: &Exposed<'_>) -> bool {
        self.exposure == exposed.exposure
            && self.categories.contains(&exposed.category)
            && (self.source_kinds.is_empty() || self.source_kinds.contains(&exposed.source_kind))
            && (self.direction.is_none() || self.direction == exposed.direction)
            && self.min_confidence.is_none_or(|least| exposed.confidence >= least)
    }

    /// Whether an amount of `total` is enough for it.
    pub(crate) fn reached(&self, measured: Measured, total: Amount) -> Option<Reached> {
        let reached = self.min_amount.reached(&measured);
        let share = measured
            .amount
            .is_none_or(|amount| amount.is_share_of(self.min_share_percent.unwrap_or(0), total));
        (reached != Reached::No && share).then_some(reached)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNKNOWN: Measured = Measured { asset: None, amount: None, worth: None };

    #[test]
    fn a_text_longer_than_any_policy_is_not_read() {
        let preset = PRESETS[0].text;
        let text = |length: usize| format!("{preset}{}", " ".repeat(length - preset.len()));
        assert!(Policy::parse(&text(MAX_BYTES)).is_ok());
        for length in [MAX_BYTES + 1, MAX_BYTES + 2] {
            let error = Policy::parse(&text(length)).expect_err("too long");
            assert!(error.to_string().contains("longer than 1048576 bytes"), "{error}");
        }
    }

    #[test]
    fn how_two_policies_differ_is_said_line_by_line() {
        let (strict, lists) = (Policy::strict(), Policy::lists_only());
        assert_eq!(differences(&strict, &strict), [""; 0]);
        let lines = differences(&strict, &lists);
        assert!(lines.contains(&"basis: lists-and-transactions -> lists-only".to_owned()), "{lines:?}");
        assert!(lines.contains(&"transactions required: true -> false".to_owned()), "{lines:?}");
    }

    #[test]
    fn no_preset_lets_a_sanction_or_a_name_without_a_category_pass() {
        let exposed = Exposed {
            exposure: ExposureType::Identified,
            category: Category::Sanction,
            source_kind: SourceKind::Labels,
            confidence: Confidence(5),
            labelled: None,
            jurisdictions: &[],
            direction: None,
            party: None,
            measured: UNKNOWN,
            total: Amount::ZERO,
        };
        for preset in PRESETS {
            let policy = Policy::preset(preset.name).expect("there");
            assert_eq!(policy.name, preset.name);
            assert_eq!(policy.promise, Some(policy.words()), "{}", preset.name);
            let strongest = |category| {
                let exposed = Exposed { category, ..exposed };
                let fired = policy.rules.iter().filter(|rule| rule.fires(&exposed).is_some());
                fired.map(|rule| rule.decision).max()
            };
            assert_eq!(strongest(Category::Sanction), Some(Decision::Block));
            assert_eq!(strongest(Category::Unknown), Some(Decision::Review));
            for category in Category::ALL {
                let named = Exposed { category, source_kind: SourceKind::LawEnforcement, ..exposed };
                assert!(
                    policy.rules.iter().any(|rule| rule.fires(&named).is_some()),
                    "{category:?} in an advisory passes {}",
                    preset.name
                );
            }
        }
    }

    #[test]
    fn a_policy_of_the_first_version_is_read_as_it_was_meant() {
        let policy = Policy::parse(include_str!("../tests/data/policy-v1.toml")).expect("still read");
        assert_eq!(policy.require.checked_within_days, Some(30));
        assert!(!policy.require.transactions() && policy.basis == Basis::ListsAndTransactions);
    }

    #[test]
    fn limits_with_their_asset_take_version_3_and_bare_numbers_an_earlier_one() {
        let policy = |version: u32, limit: &str| {
            Policy::parse(&format!(
                "version = {version}\nname = \"x\"\n[require]\nsources = [\"a\"]\n[[rule]]\nname = \"r\"\nexposure = \"direct\"\n\
                 categories = [\"scam\"]\nscore = 50\ndecision = \"review\"\nmin_amount = {limit}"
            ))
        };
        assert!(policy(1, "5").is_ok() && policy(2, "5").is_ok());
        assert!(policy(3, "\"0.01 btc\"").is_ok() && policy(3, "[\"0.01 btc\", \"500 USD\"]").is_ok());
        for (version, limit, said) in [
            (3, "5", "is of no asset"),
            (2, "\"0.01 btc\"", "takes `version = 3`"),
            (3, "[\"1 btc\", \"2 btc\"]", "leave one of the two out"),
            (3, "[]", "limits nothing"),
            (2, "-5", "never negative"),
            (3, "\"1 dogecoin\"", "names no known chain"),
            (3, "0.5", "a limit such as"),
        ] {
            let error = policy(version, limit).expect_err(limit).to_string();
            assert!(error.contains(said), "{limit}: {error}");
        }
    }

    #[test]
    fn a_policy_over_lists_alone_cannot_ask_for_transactions() {
        let head = "version = 2\nname = \"x\"\nbasis = \"lists-only\"\n[require]\nsources = [\"a\"]\n";
        assert!(Policy::parse(head).is_ok());
        let error = Policy::parse(&format!("{head}ledger = true")).expect_err("refused");
        assert_eq!(error, PolicyError::ListsOnly("requires transactions"));
    }

    #[test]
    fn mistakes_in_a_policy_are_named() {
        let with = |rule: &str| {
            Policy::parse(&format!("version = 1\nname = \"x\"\n[require]\nsources = [\"a\"]\n{rule}"))
        };
        let rule = |body: &str| {
            with(&format!(
                "[[rule]]\nname = \"r\"\nexposure = \"own\"\nscore = 50\ndecision = \"review\"\n{body}"
            ))
        };
        assert!(rule("categories = [\"scam\"]").is_ok());
        for (body, said) in [
            ("categories = []", "names no categories"),
            ("categories = [\"scam\"]\nmin_amount = 5", "no amount"),
            ("categories = [\"spam\"]", "spam"),
            ("categories = [\"scam\"]\nminimum = 5", "minimum"),
        ] {
            let error = rule(body).expect_err(body).to_string();
            assert!(error.contains(said), "{error}");
        }
        assert_eq!(Policy::parse("version = 9\nname = \"x\""), Err(PolicyError::Version { found: 9 }));
    }

    #[test]
    fn a_share_is_measured_against_the_total() {
        let mut rule =
            Policy::strict().rules.into_iter().find(|rule| rule.name == "direct-mixer").expect("there");
        rule.min_share_percent = Some(10);
        let mut exposed = Exposed {
            exposure: ExposureType::Direct,
            category: Category::MixingService,
            source_kind: SourceKind::Labels,
            confidence: Confidence(50),
            labelled: None,
            jurisdictions: &[],
            direction: Some(Direction::Incoming),
            party: None,
            measured: Measured { amount: Some(9_u64.into()), ..UNKNOWN },
            total: 100_u64.into(),
        };
        assert!(rule.fires(&exposed).is_none());
        exposed.measured.amount = Some(10_u64.into());
        assert!(rule.fires(&exposed).is_some());
        exposed.measured.amount = None;
        assert!(rule.fires(&exposed).is_some(), "an unknown amount is not a small one");
    }
}
