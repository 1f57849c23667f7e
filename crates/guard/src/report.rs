//! The answer: one document, the same for people and programs.

use schemars::JsonSchema;
use serde::Serialize;
use tracehound_model::{Decision, Gap};

use crate::{
    ask::Lists,
    checks::Leaving,
    context::Context,
    finding::{Finding, Severity},
    next,
    safe::{Hashes, hash::device_form},
};

/// Version of the JSON form: a change that breaks readers raises it.
pub const SCHEMA: u32 = 1;

/// How the sentence of a transaction begins that was executed or never can be.
pub(crate) const HISTORY: &str = "history, not to be signed: ";

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Safe transactions.
    Safe,
    /// Ordinary transactions.
    Transaction,
    /// Typed data.
    TypedData,
    /// A text or bytes.
    Message,
}

/// The three hashes, as computed and as hardware devices show them.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct HashReport {
    /// As computed, lower case.
    #[serde(flatten)]
    pub hashes: Hashes,
    /// As devices show them: upper case.
    pub device: DeviceForm,
}

/// Upper-case digits.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct DeviceForm {
    /// Domain hash.
    pub domain: String,
    /// Message hash.
    pub message: String,
    /// What is signed.
    pub digest: String,
}

impl From<Hashes> for HashReport {
    fn from(hashes: Hashes) -> Self {
        let device = DeviceForm {
            domain: device_form(&hashes.domain),
            message: device_form(&hashes.message),
            digest: device_form(&hashes.digest),
        };
        Self { hashes, device }
    }
}

/// A call in the report.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct CallReport {
    /// Where.
    pub path: String,
    /// Calls around it.
    pub depth: usize,
    /// Whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Wei.
    pub value: String,
    /// Whether foreign code runs on the caller's own storage.
    pub delegatecall: bool,
    /// The function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// The arguments: name and value.
    pub arguments: Vec<(String, String)>,
    /// Bytes of call data.
    pub data_len: usize,
}

/// A signature in the report.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct SignatureReport {
    /// Where.
    pub path: String,
    /// Form, in words.
    pub form: String,
    /// Whose it is said to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed: Option<String>,
    /// Whose it is; nobody's where it does not belong to this transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// The hash it was made over, where that is another one and the input shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub belongs_to: Option<String>,
    /// Whether that is proven and agrees.
    pub good: bool,
    /// When it was collected, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// What a descriptor says (ERC-7730): the word of the contract's makers.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct ClearReport {
    /// Which call or message it is about.
    pub path: String,
    /// Whose word it is.
    pub by: String,
    /// What it is for.
    pub intent: String,
    /// Label and value.
    pub fields: Vec<(String, String)>,
}

/// Something that moves.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct MoveReport {
    /// Amount and asset.
    pub what: String,
    /// Who loses it.
    pub from: String,
    /// Who gets it.
    pub to: String,
}

/// What an execution did.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct SimulationReport {
    /// The state it ran on.
    pub state: String,
    /// How it ended.
    pub outcome: String,
    /// Gas used.
    pub gas: u64,
    /// What moves, in order.
    pub moved: Vec<MoveReport>,
    /// What else changes.
    pub changes: Vec<String>,
}

/// One thing to be signed.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Item {
    /// Where in the input.
    pub path: String,
    /// What it is, in a line.
    pub title: String,
    /// What it does, in one sentence.
    pub intent: String,
    /// Facts worth seeing: name and value.
    pub fields: Vec<(String, String)>,
    /// The hashes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hashes: Option<HashReport>,
    /// The calls, outermost first.
    pub calls: Vec<CallReport>,
    /// What descriptors say. No check looks at it.
    pub clear: Vec<ClearReport>,
    /// What it did when it was executed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulation: Option<SimulationReport>,
    /// The signatures.
    pub signatures: Vec<SignatureReport>,
}

/// What a node was asked, and what it showed.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct NodeReport {
    /// The node: scheme, host and port.
    pub node: String,
    /// The chain.
    pub chain_id: u64,
    /// Number of the one block at which everything was read.
    pub block: u64,
    /// Its hash.
    pub hash: String,
    /// What the facts rest on: proofs, or the node's word.
    pub basis: String,
    /// Address, and what lies there.
    pub facts: Vec<(String, String)>,
}

/// Which policy was in force.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct PolicyReport {
    /// Its name.
    pub name: String,
    /// SHA-256 of its file.
    pub hash: String,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// What was looked at.
    pub kind: Kind,
    /// The verdict.
    pub verdict: Decision,
    /// Exit code of the command: 0 allow, 10 review, 20 block, 30 incomplete.
    pub exit_code: u8,
    /// The verdict in a sentence.
    pub summary: String,
    /// What to do now, the first thing first.
    pub next: Vec<String>,
    /// What is to be signed.
    pub items: Vec<Item>,
    /// What may leave by all of several, and to how many, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub together: Option<String>,
    /// Findings, the heaviest first.
    pub findings: Vec<Finding>,
    /// What nobody looked at, and how to have it looked at.
    pub gaps: Vec<Gap>,
    /// Lists that addresses were looked up in, with their dates.
    pub lists: Vec<String>,
    /// What a node showed of those it deals with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeReport>,
    /// The policy in force.
    pub policy: PolicyReport,
    /// What may leave by all of it, for whoever holds a limit over several answers; the coin is `None`.
    #[serde(skip)]
    pub leaving: Leaving,
    /// Of several things the places (`path`) in the order in which a person should read them where not all have room.
    #[serde(skip)]
    pub first: Vec<String>,
}

/// What was missing: that nobody speaks for somebody before all else.
fn unvouched(findings: &[Finding]) -> Option<&Finding> {
    let missing = || findings.iter().filter(|finding| finding.severity == Severity::Incomplete);
    missing().find(|finding| finding.title.starts_with("Nothing speaks for")).or_else(|| missing().next())
}

impl Report {
    /// Joins items and findings into a verdict.
    pub(crate) fn new(
        kind: Kind,
        items: Vec<Item>,
        mut findings: Vec<Finding>,
        gaps: Vec<Gap>,
        context: Context<'_>,
    ) -> Self {
        let policy = context.policy;
        findings.sort_by(|a, b| {
            b.severity
                .cmp(&a.severity)
                .then_with(|| (a.id, &a.path, &a.title).cmp(&(b.id, &b.path, &b.title)))
        });
        findings.dedup();
        let verdict = findings.iter().map(|finding| finding.severity.decision()).max();
        let verdict = verdict.unwrap_or(Decision::Allow);
        let summary = match findings.first() {
            Some(worst) if worst.severity > Severity::Info => match unvouched(&findings) {
                // Whoever reads the first line alone must not take it for all there is.
                Some(missing) if worst.severity == Severity::Review => {
                    format!(
                        "Review, and not everything was vouched for: {} Besides: {}",
                        missing.title, worst.title
                    )
                }
                _ => worst.title.clone(),
            },
            _ => "Nothing stands against it, and everything the policy asks for was there.".to_owned(),
        };
        let next = next::steps(
            &findings,
            items.iter().filter(|item| item.hashes.is_some() && !item.intent.starts_with(HISTORY)).count(),
        );
        Self {
            schema: SCHEMA,
            kind,
            verdict,
            exit_code: verdict.exit_code(),
            summary,
            next,
            items,
            together: None,
            findings,
            gaps,
            lists: context.lists.map(Lists::sources).unwrap_or_default(),
            node: None,
            policy: PolicyReport { name: policy.name.clone(), hash: policy.hash.clone() },
            leaving: Leaving::new(),
            first: Vec::new(),
        }
    }

    /// Whether a check has something to say.
    pub fn has(&self, id: &str) -> bool {
        self.findings.iter().any(|finding| finding.id.as_str() == id && finding.severity > Severity::Info)
    }

    /// Findings of one check.
    pub fn of(&self, id: &str) -> Vec<&Finding> {
        self.findings.iter().filter(|finding| finding.id.as_str() == id).collect()
    }
}
