//! Findings: what a check has to say.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use tracehound_model::Decision;

/// How much a finding weighs, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Something needed for a judgement was missing or cut short.
    Incomplete,
    /// A person must look and understand before signing.
    Review,
    /// Do not sign.
    Block,
}

impl Severity {
    /// The verdict this finding alone would give.
    pub const fn decision(self) -> Decision {
        match self {
            Self::Info => Decision::Allow,
            Self::Incomplete => Decision::Incomplete,
            Self::Review => Decision::Review,
            Self::Block => Decision::Block,
        }
    }

    /// Lower-case word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Incomplete => "incomplete",
            Self::Review => "review",
            Self::Block => "block",
        }
    }
}

macro_rules! checks {
    ($($variant:ident $id:literal $about:literal,)*) => {
        /// The checks, in the order their findings are printed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum CheckId {
            $(#[doc = $about] $variant,)*
        }

        impl CheckId {
            /// Every check.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable identifier: `G-HASH-01`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// What the check looks for, in one sentence.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)* }
            }
        }
    };
}

checks! {
    Hash01 "G-HASH-01" "The hash that was claimed, or that the device shows, is not the hash of what is shown.",
    Sig01 "G-SIG-01" "A collected signature does not belong to its claimed owner over this transaction.",
    Sig02 "G-SIG-02" "A signer is no owner, signatures are out of order or repeated, or too few for an execution.",
    Sig03 "G-SIG-03" "One signature stands under two transactions, or one nonce was signed more than once.",
    Sig04 "G-SIG-04" "The Safe is older than 1.3.0: its signatures do not name the chain and hold on every chain.",
    Dc01 "G-DC-01" "A delegatecall runs code that is not on the allow-list, with the Safe's own storage and money.",
    Dc02 "G-DC-02" "A delegatecall to a known contract that uses it in a way it is not known for.",
    Dc03 "G-DC-03" "A delegatecall dressed as a token transfer or approval.",
    Dc04 "G-DC-04" "When executed, it changes what control over a contract hangs on: code, owners, modules, guard.",
    Cfg01 "G-CFG-01" "Owners of the Safe change.",
    Cfg02 "G-CFG-02" "The number of signatures the Safe needs changes.",
    Cfg03 "G-CFG-03" "A module is enabled or disabled: modules move money without signatures.",
    Cfg04 "G-CFG-04" "The transaction guard changes or is removed.",
    Cfg05 "G-CFG-05" "The module guard changes or is removed.",
    Cfg06 "G-CFG-06" "The fallback handler changes: it answers for the Safe, signatures included.",
    Cfg07 "G-CFG-07" "The Safe's code is exchanged or it is set up again.",
    Act01 "G-ACT-01" "Nobody vouches for something it does: a contract that is called, a signature that nothing reads.",
    Own01 "G-OWN-01" "Ownership, administration, roles or code of a contract pass to somebody.",
    Gas01 "G-GAS-01" "The fee is absurd, or the Safe refunds gas: both can be used to draw money out.",
    App01 "G-APP-01" "An allowance over tokens is given.",
    App02 "G-APP-02" "A right over all tokens of a collection is given.",
    App03 "G-APP-03" "An allowance is given by a signature alone: a permit.",
    Ord01 "G-ORD-01" "An order sells for too little, to a chosen taker, or cannot be read.",
    Sign01 "G-SIGN-01" "A blind or ambiguous signature request.",
    Auth7702 "G-7702-01" "The account's own code is replaced (EIP-7702).",
    Addr01 "G-ADDR-01" "An address looks like a known one and is another.",
    Addr02 "G-ADDR-02" "The recipient is listed, a token contract, the zero address or brand new.",
    Name01 "G-NAME-01" "A name or text uses characters that pretend to be others.",
    Wrap01 "G-WRAP-01" "Something is wrapped too deep, too large or blind, and was not examined to the end.",
    Fmt01 "G-FMT-01" "The input is malformed, or encoded in a way that readers understand differently.",
    Fact01 "G-FACT-01" "What was told contradicts the chain or what is known, or the node could not be read.",
    Sim01 "G-SIM-01" "What the call does cannot be seen, or differs from what was intended.",
    Hist01 "G-HIST-01" "This Safe has never done such a thing.",
    Pol01 "G-POL-01" "A limit of the policy is exceeded.",
    Pol02 "G-POL-02" "The policy wants another person's review first.",
    Pol03 "G-POL-03" "Something the policy requires was not there.",
}

impl JsonSchema for CheckId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "CheckId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^G-[A-Z0-9]+-[0-9]{2}$", "description": "Which check." })
    }
}

impl Serialize for CheckId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize)]
pub struct Finding {
    /// Which check.
    pub id: CheckId,
    /// How much it weighs.
    pub severity: Severity,
    /// One plain sentence.
    pub title: String,
    /// The values it rests on.
    pub evidence: Vec<String>,
    /// Where in the input: `results[0].data › multiSend[2]`.
    pub path: String,
    /// Why, and until when, the policy acknowledges it: it is then told and does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<String>,
    /// Whether it is about how things stand before anything is signed, and not about what the request does.
    #[serde(skip)]
    pub stands: bool,
}

impl Finding {
    /// A finding without evidence.
    pub fn new(id: CheckId, severity: Severity, path: &str, title: impl Into<String>) -> Self {
        Self {
            id,
            severity,
            title: title.into(),
            evidence: Vec::new(),
            path: path.to_owned(),
            acknowledged: None,
            stands: false,
        }
    }

    /// As one about how things stand: of those alone a policy can say that it knows and lives with them.
    #[must_use]
    pub(crate) fn standing(self) -> Self {
        Self { stands: true, ..self }
    }

    /// Adds one line of evidence.
    #[must_use]
    pub fn because(mut self, evidence: impl Into<String>) -> Self {
        self.evidence.push(evidence.into());
        self
    }

    /// What is to be said of what a policy acknowledges: all of it, and that it does not count.
    #[must_use]
    pub(crate) fn acknowledged(self, why: String) -> Self {
        let title = format!("Acknowledged ({why}): {}", self.title);
        Self { severity: Severity::Info, title, acknowledged: Some(why), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_a_missing_thing_never_allows() {
        let ids: std::collections::BTreeSet<&str> = CheckId::ALL.iter().map(|id| id.as_str()).collect();
        assert_eq!(ids.len(), CheckId::ALL.len());
        assert_eq!(Severity::Incomplete.decision().exit_code(), 30);
        assert!(Severity::Block.decision() > Severity::Review.decision());
    }
}
