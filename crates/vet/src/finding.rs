//! Findings: what is wrong, where, and what would come of it.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use tracehound_model::Decision;

use crate::defang::defang;

/// How bad, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Honest projects have it too.
    Low,
    /// A person should look before anything is opened.
    Medium,
    /// Do not open it.
    High,
    /// Do not open it: it runs what somebody else chooses, or takes keys.
    Critical,
}

impl Severity {
    /// The verdict that such a finding alone gives.
    pub const fn decision(self) -> Decision {
        match self {
            Self::Info | Self::Low => Decision::Allow,
            Self::Medium => Decision::Review,
            Self::High | Self::Critical => Decision::Block,
        }
    }

    /// Lower-case word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

macro_rules! checks {
    ($($variant:ident $id:literal $about:literal,)*) => {
        /// The checks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum CheckId {
            $(#[doc = $about] $variant,)*
        }

        impl CheckId {
            /// Every check.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable identifier: `V-EXEC-01`.
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
    Exec01 "V-EXEC-01" "Opening the folder in an editor, an agent, a container or a shell runs a command.",
    Exec02 "V-EXEC-02" "A setting takes away the question that would have been asked before something runs.",
    Exec03 "V-EXEC-03" "Installing, building, testing, committing or a CI run starts a command.",
    Hide01 "V-HIDE-01" "Something is written so that a reader does not see it, or sees something else.",
    Hide02 "V-HIDE-02" "A file is not what its name says.",
    Load01 "V-LOAD-01" "Text that is fetched or decoded is run as code.",
    Load02 "V-LOAD-02" "A host or a form that loaders use.",
    Steal01 "V-STEAL-01" "Places where keys, wallets and passwords lie.",
    Net01 "V-NET-01" "A hard-coded address of a server with no name.",

    Dep03 "V-DEP-03" "A dependency that comes from somewhere else than its registry.",
    Dep04 "V-DEP-04" "A lock file that takes a package from somewhere else, or another package.",
    Git01 "V-GIT-01" "The history, or what rewrites it.",
    Arc01 "V-ARC-01" "An archive that writes outside its folder, or hides what is in it.",
    File01 "V-FILE-01" "A document, shortcut or installer that starts something when it is opened.",
    Agent01 "V-AGENT-01" "Text that tells a coding agent to do what its user did not ask for.",
}

impl JsonSchema for CheckId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "VetCheckId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^V-[A-Z]+-[0-9]{2}$", "description": "Which check." })
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
    /// How bad.
    pub severity: Severity,
    /// The file, from the top of what was sent; `outer.zip!inner` within an archive.
    pub file: String,
    /// The line, from 1; none where it is about the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// One plain sentence: what would happen.
    pub title: String,
    /// What stands there, defanged and cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snippet: Option<String>,
    /// Techniques of MITRE ATT&CK.
    pub attack: Vec<&'static str>,
}

impl Finding {
    /// A finding about a file.
    pub fn new(id: CheckId, severity: Severity, file: &str, title: impl Into<String>) -> Self {
        Self {
            id,
            severity,
            file: file.to_owned(),
            line: None,
            title: title.into(),
            snippet: None,
            attack: Vec::new(),
        }
    }

    /// At this line.
    #[must_use]
    pub fn at(self, line: u32) -> Self {
        Self { line: Some(line), ..self }
    }

    /// With what stands there.
    #[must_use]
    pub fn showing(self, text: &str) -> Self {
        Self { snippet: Some(defang(text)), ..self }
    }

    /// As these techniques.
    #[must_use]
    pub fn attack(mut self, ids: &[&'static str]) -> Self {
        self.attack.extend(ids.iter().filter(|id| !self.attack.contains(id)).copied().collect::<Vec<_>>());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_only_what_honest_projects_have_too_lets_pass() {
        let ids: std::collections::BTreeSet<&str> = CheckId::ALL.iter().map(|id| id.as_str()).collect();
        assert_eq!(ids.len(), CheckId::ALL.len());
        for (severity, code) in [
            (Severity::Info, 0),
            (Severity::Low, 0),
            (Severity::Medium, 10),
            (Severity::High, 20),
            (Severity::Critical, 20),
        ] {
            assert_eq!(severity.decision().exit_code(), code, "{severity:?}");
        }
    }
}
