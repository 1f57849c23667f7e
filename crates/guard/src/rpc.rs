//! JSON-RPC on its way from a wallet or site to a node: what of it may pass.
//!
//! [`judge`] reads a body as strictly as the guard reads everything, asks the guard about each request that signs or
//! sends, and says what goes on. What goes on are the very bytes that were judged: the whole body, or of a batch the
//! members that may pass, each as it was written. Which methods are asked about and which are refused by name is said in
//! [`method`], which shapes of parameters are taken in [`params`].

pub mod params;

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde_json::json;
use thiserror::Error;
use tracehound_model::Decision;

pub use crate::{checks::Leaving, method};

use crate::{
    context::Context,
    draft::Draft,
    finding::Severity,
    front,
    json::{self, Json, Node},
    method::{Form, Method},
    report::{Kind, Report},
};

/// Most members of one batch.
pub const MAX_MEMBERS: usize = 1_000;

/// Error code of a request that the guard refuses (EIP-1474: transaction rejected).
const REJECTED: i32 = -32_003;
/// Error code of what is no request (JSON-RPC 2.0).
const INVALID: i32 = -32_600;
/// Error code of what is no JSON (JSON-RPC 2.0).
const UNREADABLE: i32 = -32_700;
/// Error code for a node that cannot be asked (EIP-1474: resource unavailable).
const UNAVAILABLE: i32 = -32_002;

/// What the keeper of the door has decided once for all requests.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// How the guard judges.
    pub context: Context<'a>,
    /// Whether what a person should look at may pass.
    pub allow_review: bool,
}

/// A request worth a line in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its method, as asked.
    pub method: String,
    /// Whether it may pass all the same.
    pub passed: bool,
    /// The verdict.
    pub verdict: Decision,
    /// The finding that decided, in a sentence.
    pub reason: String,
}

/// What becomes of a body.
#[derive(Clone, Debug)]
pub struct Judged<'a> {
    /// What goes on to the node; nothing when `None`.
    pub forward: Option<Cow<'a, [u8]>>,
    /// What was refused, and what passed although a person should look.
    pub notes: Vec<Note>,
    /// Answers to what was refused.
    answers: Vec<Vec<u8>>,
    /// Ids of what goes on and wants an answer, as written.
    waiting: Vec<Vec<u8>>,
    batch: bool,
    /// What may leave by what goes on; the coin is `None`. Whoever keeps the door adds it to what left today.
    pub leaving: Leaving,
}

/// The node's answer to a part of a batch is no list of answers.
#[derive(Debug, Error)]
#[error("the node's answer to a batch is no list of answers: {0}")]
pub struct NoList(#[from] serde_json::Error);

impl Judged<'_> {
    /// The answer when nothing goes on. `None` when nobody waits for one: notifications.
    pub fn answer(&self) -> Option<Vec<u8>> {
        self.framed(&self.answers)
    }

    /// The answer, once the node has answered what went on: the node's own bytes, and in them what was refused here.
    pub fn join(&self, node: Vec<u8>) -> Result<Vec<u8>, NoList> {
        if self.answers.is_empty() {
            return Ok(node);
        }
        let ours = self.answers.join(&b","[..]);
        let theirs = node.trim_ascii();
        // A node says nothing at all to a batch of notifications.
        if theirs.is_empty() {
            return Ok([b"[", &ours[..], b"]"].concat());
        }
        let count = serde_json::from_slice::<Vec<IgnoredAny>>(theirs)?.len();
        let inner = theirs.strip_suffix(b"]").unwrap_or(theirs);
        let comma: &[u8] = if count == 0 { b"" } else { b"," };
        Ok([inner, comma, &ours, b"]"].concat())
    }

    /// The answer when the node could not be asked. `None` when nobody waits for one.
    pub fn failure(&self, reason: &str) -> Option<Vec<u8>> {
        let mut answers = self.answers.clone();
        answers.extend(self.waiting.iter().map(|id| error(id, UNAVAILABLE, reason, None)));
        self.framed(&answers)
    }

    fn framed(&self, answers: &[Vec<u8>]) -> Option<Vec<u8>> {
        match answers {
            [] => None,
            [only] if !self.batch => Some(only.clone()),
            all => Some([b"[", &all.join(&b","[..])[..], b"]"].concat()),
        }
    }
}

impl Form {
    /// What the report is about.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Transaction | Self::Raw | Self::RawSync | Self::Calls => Kind::Transaction,
            Self::Typed => Kind::TypedData,
            Self::Personal | Self::Blind => Kind::Message,
        }
    }
}

/// Why a request is not passed on.
struct Refusal {
    code: i32,
    verdict: Decision,
    reason: String,
    report: Option<Box<Report>>,
}

impl Refusal {
    fn new(code: i32, reason: impl Into<String>) -> Self {
        Self { code, verdict: Decision::Block, reason: reason.into(), report: None }
    }
}

/// Judges a body: one request, or a batch.
pub fn judge<'a>(body: &'a [u8], rules: Rules<'_>) -> Judged<'a> {
    let mut judged = Judged {
        forward: None,
        notes: Vec::new(),
        answers: Vec::new(),
        waiting: Vec::new(),
        batch: false,
        leaving: Leaving::new(),
    };
    let whole = json::parse(body).map_err(|error| Refusal::new(UNREADABLE, error.to_string()));
    let whole = whole.and_then(|node| match node.list() {
        Some(list) if list.len() > MAX_MEMBERS => {
            let reason = format!("{} requests in one batch; at most {MAX_MEMBERS} are read", list.len());
            Err(Refusal::new(INVALID, reason))
        }
        _ => Ok(node),
    });
    let node = match whole {
        Ok(node) => node,
        Err(refusal) => {
            judged.refuse(b"null", "no request", &refusal);
            return judged;
        }
    };
    judged.batch = node.list().is_some();
    let members = node.list().unwrap_or(std::slice::from_ref(&node));
    let mut passing = Vec::new();
    let mut alone = Vec::new();
    for member in members {
        let id = match identity(body, member) {
            Ok(id) => id,
            Err(refusal) => {
                judged.refuse(b"null", "no request", &refusal);
                continue;
            }
        };
        match request(body, member, rules) {
            Ok(passed) => alone.push((member, id, passed)),
            Err(refusal) => {
                let method = member.get("method").and_then(Node::text).unwrap_or("no method");
                judged.note(method, &refusal);
                if let Some(id) = id {
                    judged.answers.push(answer(id, &refusal));
                }
            }
        }
    }
    // Each was judged as if it were alone.
    let binding = alone.iter().filter(|(_, _, passed)| passed.is_guarded).count();
    for (member, id, passed) in alone {
        if binding > 1 && passed.is_guarded {
            let reason = format!(
                "{binding} requests of one batch send or sign, and what they take together was not judged: send them one by one"
            );
            let refusal = Refusal { verdict: Decision::Incomplete, ..Refusal::new(REJECTED, reason) };
            let method = member.get("method").and_then(Node::text).unwrap_or("no method");
            judged.note(method, &refusal);
            judged.answers.extend(id.map(|id| answer(id, &refusal)));
            continue;
        }
        judged.notes.extend(passed.note);
        judged.leaving.extend(passed.leaving);
        judged.waiting.extend(id.map(<[u8]>::to_vec));
        passing.push(member);
    }
    judged.forward = if passing.len() == members.len() {
        Some(Cow::Borrowed(body))
    } else if passing.is_empty() {
        None
    } else {
        let passing: Vec<&[u8]> = passing.into_iter().map(|member| json::written(body, member)).collect();
        Some(Cow::Owned([b"[", &passing.join(&b","[..])[..], b"]"].concat()))
    };
    judged
}

impl Judged<'_> {
    fn note(&mut self, method: &str, refusal: &Refusal) {
        self.notes.push(Note {
            method: json::shorten(method),
            passed: false,
            verdict: refusal.verdict,
            reason: refusal.reason.clone(),
        });
    }

    fn refuse(&mut self, id: &[u8], method: &str, refusal: &Refusal) {
        self.note(method, refusal);
        self.answers.push(answer(id, refusal));
    }
}

/// A request's id as written. `None` for a notification, which wants no answer.
fn identity<'a>(body: &'a [u8], member: &Node) -> Result<Option<&'a [u8]>, Refusal> {
    if member.map().is_none() {
        let reason = format!("{} where a request should be", member.value.kind());
        return Err(Refusal::new(INVALID, reason));
    }
    match member.get("id") {
        None => Ok(None),
        Some(id) if matches!(id.value, Json::Text(_) | Json::Number(_) | Json::Null) => {
            Ok(Some(json::written(body, id)))
        }
        Some(id) => Err(Refusal::new(INVALID, format!("{} as an id", id.value.kind()))),
    }
}

/// What is known of a request that may pass.
#[derive(Default)]
struct Passed {
    note: Option<Note>,
    /// Whether it sends or signs.
    is_guarded: bool,
    leaving: Leaving,
}

/// Judges one request. What may pass can still deserve a line in the log.
fn request(body: &[u8], member: &Node, rules: Rules<'_>) -> Result<Passed, Refusal> {
    // Go's reader takes `Method` for `method` and the last of the two; so no key may look like one that counts.
    for (key, _) in member.map().unwrap_or_default() {
        let known = ["jsonrpc", "id", "method", "params"];
        let twin = known.iter().any(|known| key != known && key.eq_ignore_ascii_case(known));
        if twin || json::is_odd_key(key) {
            let reason = format!("some nodes take the key {:?} for another", json::shorten(key));
            return Err(Refusal::new(INVALID, reason));
        }
    }
    let Some(node) = member.get("method") else {
        return Err(Refusal::new(INVALID, "a request without a method"));
    };
    let Some(name) = node.text() else {
        return Err(Refusal::new(INVALID, format!("{} as a method", node.value.kind())));
    };
    if json::written(body, node).len() != name.len() + 2 {
        return Err(Refusal::new(
            REJECTED,
            "the method's name is written with escapes: nobody honest does that",
        ));
    }
    let form = match Method::of(name, &rules.context.policy.methods) {
        Method::Free => {
            return match method::asks_for_more(name, member.get("params")) {
                Some(why) => Err(Refusal::new(REJECTED, why)),
                None => Ok(Passed::default()),
            };
        }
        Method::Unknown(why) => return Err(Refusal::new(REJECTED, why)),
        Method::Guarded(form) => form,
    };
    let report = match params::check(form, member) {
        Ok(()) => front::check_node(member, rules.context),
        Err(error) => Draft::refused(&error).report(form.kind(), rules.context),
    };
    let most = if rules.allow_review { Severity::Review } else { Severity::Info };
    // Not the verdict alone: a review can stand before something that was missing.
    let held = |severity: Severity| severity > most || severity == Severity::Incomplete;
    let worst = report.findings.iter().find(|finding| held(finding.severity));
    let verdict = match worst {
        Some(worst) => worst.severity.decision(),
        // Nothing was read, so nothing was judged.
        None if report.items.is_empty() => Decision::Incomplete,
        None => report.verdict,
    };
    let decisive = worst.or(report.findings.first());
    let reason = match decisive {
        Some(finding) => format!("{} ({})", finding.title, finding.id.as_str()),
        None => report.summary.clone(),
    };
    if worst.is_some() || report.items.is_empty() {
        return Err(Refusal { code: REJECTED, verdict, reason, report: Some(Box::new(report)) });
    }
    let reviewed = verdict == Decision::Review;
    let note = reviewed.then(|| Note { method: name.to_owned(), passed: true, verdict, reason });
    Ok(Passed { note, is_guarded: true, leaving: report.leaving })
}

fn answer(id: &[u8], refusal: &Refusal) -> Vec<u8> {
    let message = format!("refused by tracehound: {}", refusal.reason);
    error(id, refusal.code, &message, refusal.report.as_deref())
}

/// An error object; the id goes in as it was written, whatever number it is.
fn error(id: &[u8], code: i32, message: &str, report: Option<&Report>) -> Vec<u8> {
    let mut error = json!({ "code": code, "message": message });
    if let Some(report) = report {
        error["data"] = json!(report);
    }
    [br#"{"jsonrpc":"2.0","id":"#, id, br#","error":"#, error.to_string().as_bytes(), b"}"].concat()
}
