//! A self-audit for a person with a wallet: questions, answers, findings and next steps. It never asks for a secret.
//!
//! Sources of the questions: the FBI's advisories on thefts by the DPRK (PSA I-090324, 2024-09-03), the self-custody chapters
//! of the Security Alliance's frameworks, and the thefts themselves: phrases typed into pages, telephone numbers taken
//! over, approvals left open.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Severity;

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Not known, or not said.
    Unknown,
}

impl Answer {
    /// Reads what a person types.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().to_lowercase().as_str() {
            "y" | "yes" => Some(Self::Yes),
            "n" | "no" => Some(Self::No),
            "" | "?" | "unknown" | "skip" => Some(Self::Unknown),
            _ => None,
        }
    }
}

/// A question that can be answered by yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// Its name in a file of answers.
    pub id: &'static str,
    /// The question.
    pub text: &'static str,
    /// The answer that is safe.
    pub good: Answer,
    /// How much another one weighs.
    pub weight: Severity,
    /// What is wrong then.
    pub wrong: &'static str,
    /// What to do about it.
    pub next: &'static str,
}

const fn question(
    id: &'static str,
    text: &'static str,
    good: Answer,
    weight: Severity,
    wrong: &'static str,
    next: &'static str,
) -> Question {
    Question { id, text, good, weight, wrong, next }
}

/// The questions, in the order they are asked.
pub const QUESTIONS: &[Question] = &[
    question(
        "phrase-typed",
        "Was the seed phrase ever typed into a computer, a telephone or a web page?",
        Answer::No,
        Severity::Block,
        "The seed phrase was typed somewhere: whoever reads that device can take everything.",
        "Make a new wallet on a hardware device and move everything there; do not use the old phrase again.",
    ),
    question(
        "phrase-photo",
        "Is the seed phrase in a photo, a note, a mail, a cloud drive or a password manager?",
        Answer::No,
        Severity::Block,
        "A copy of the seed phrase lies on a connected device.",
        "Make a new wallet, write its phrase on paper or steel, move everything, then delete the copy.",
    ),
    question(
        "phrase-shared",
        "Did anybody else ever see the seed phrase, such as a helper, a support chat or a new colleague?",
        Answer::No,
        Severity::Block,
        "Somebody else knows the seed phrase. No honest support ever asks for it.",
        "Move everything to a new wallet now, before anything else.",
    ),
    question(
        "phrase-backup",
        "Is there a backup of the seed phrase in a second place, safe from fire and water?",
        Answer::Yes,
        Severity::Review,
        "One accident and the money is out of reach for ever.",
        "Write a second copy by hand and keep it in another building.",
    ),
    question(
        "hardware",
        "Does a hardware wallet with its own screen hold what you could not bear to lose?",
        Answer::Yes,
        Severity::Review,
        "Malware on the computer can sign: the keys are within its reach.",
        "Buy a hardware wallet from its maker, not from a market place, and move the larger part there.",
    ),
    question(
        "blind-signing",
        "Is blind signing switched off, or do you compare the hash on the device with a second computer each time?",
        Answer::Yes,
        Severity::Review,
        "You sign what you cannot read: three people at Bybit did, for US$1.5 billion.",
        "Switch blind signing off; check what is to be signed with `tracehound guard` on a second computer.",
    ),
    question(
        "two-factor",
        "Do exchange and mail account ask for a second factor from an app or a security key?",
        Answer::Yes,
        Severity::Block,
        "A stolen password is enough to empty the account.",
        "Switch on a security key or an authenticator app today, for the mail account first.",
    ),
    question(
        "sms",
        "Can any of these accounts be recovered by SMS or a telephone call?",
        Answer::No,
        Severity::Review,
        "A telephone number can be taken over at the shop of its company (SIM swap).",
        "Remove the number from recovery; ask the telephone company for a number lock.",
    ),
    question(
        "allow-list",
        "Does the exchange let you withdraw to listed addresses only, with a delay for new ones?",
        Answer::Yes,
        Severity::Review,
        "Whoever gets into the account can send everything away at once.",
        "Switch on the withdrawal allow-list and its delay.",
    ),
    question(
        "exchange-screens",
        "Does your exchange say that it screens deposits and withdrawals against sanctioned and stolen-fund addresses?",
        Answer::Yes,
        Severity::Review,
        "Money that comes to you may be stolen, and be frozen later.",
        "Ask the exchange; screen addresses you deal with: `tracehound screen ADDRESS`.",
    ),
    question(
        "approvals",
        "Did you look through the open token approvals of your addresses in the last three months?",
        Answer::Yes,
        Severity::Review,
        "An old approval lets a contract take tokens at any time, without another signature.",
        "List them here with --address and --rpc, and revoke what you do not use.",
    ),
    question(
        "separate-device",
        "Do you open job offers, code tests, PDFs and meeting links on another device than the one with the wallet?",
        Answer::Yes,
        Severity::Review,
        "Fake job offers and code tests are how state hackers get in.",
        "Use a second device or account for anything that strangers send.",
    ),
    question(
        "small-test",
        "Do you compare whole addresses, and send a small amount first when an address is new?",
        Answer::Yes,
        Severity::Review,
        "Addresses that look alike are put into your history to be copied.",
        "Keep an address book; never copy an address from the history.",
    ),
];

/// What the audit says about one question.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Advice {
    /// The question's name, or `approval`.
    pub id: String,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong.
    pub wrong: String,
    /// What to do.
    pub next: String,
}

/// Reads a file of answers: `hardware = "yes"`. A question that does not exist is an error.
pub fn answers(text: &str) -> Result<BTreeMap<String, Answer>, String> {
    let answers: BTreeMap<String, Answer> =
        toml::from_str(text).map_err(|error: toml::de::Error| error.message().to_owned())?;
    match answers.keys().find(|id| !QUESTIONS.iter().any(|question| question.id == **id)) {
        Some(unknown) => Err(format!("there is no question {:?}", crate::json::shorten(unknown))),
        None => Ok(answers),
    }
}

/// Goes through the answers: what is wrong first. An answer that is missing is `incomplete`.
pub fn audit(answer: impl Fn(&str) -> Answer) -> Vec<Advice> {
    let mut advice: Vec<Advice> = QUESTIONS
        .iter()
        .filter_map(|question| {
            let (severity, wrong) = match answer(question.id) {
                given if given == question.good => return None,
                Answer::Unknown => (Severity::Incomplete, format!("Not answered: {}", question.text)),
                _ => (question.weight, question.wrong.to_owned()),
            };
            Some(Advice { id: question.id.to_owned(), severity, wrong, next: question.next.to_owned() })
        })
        .collect();
    advice.sort_by_key(|advice| std::cmp::Reverse(advice.severity));
    advice
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_careful_person_is_told_nothing_and_a_silent_one_is_incomplete() {
        let good = |id: &str| {
            QUESTIONS.iter().find(|question| question.id == id).map_or(Answer::Unknown, |q| q.good)
        };
        assert_eq!(audit(good), []);
        let silent = audit(|_| Answer::Unknown);
        assert_eq!(silent.len(), QUESTIONS.len());
        assert!(silent.iter().all(|advice| advice.severity == Severity::Incomplete));
    }

    #[test]
    fn the_worst_comes_first_with_what_to_do() {
        let advice = audit(|id| match id {
            "phrase-shared" | "sms" => Answer::Yes,
            _ => QUESTIONS.iter().find(|question| question.id == id).map_or(Answer::Unknown, |q| q.good),
        });
        let ids: Vec<&str> = advice.iter().map(|advice| &advice.id[..]).collect();
        assert_eq!(ids, ["phrase-shared", "sms"]);
        assert!(advice[0].next.contains("Move everything"));
    }
}
