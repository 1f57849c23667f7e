//! What to do now: the last lines of an answer, drawn from its findings.

use crate::finding::{
    CheckId::{Act01, App01, Pol03, Sig01, Sig03},
    Finding, Severity,
};

/// Most steps: who has ten minutes reads no more.
const MOST: usize = 4;

/// How the finding begins by which the account is none of a Safe's owners.
pub(crate) const NO_OWNER: &str = "Your account is not among the owners";

/// Steps, the first thing to do first. `hashes`: of how many things a device can show what it signs.
pub(crate) fn steps(findings: &[Finding], hashes: usize) -> Vec<String> {
    let worst = findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Info);
    let heavy = || findings.iter().filter(|finding| finding.severity > Severity::Info);
    let mut steps = Vec::new();
    match worst {
        Severity::Block => {
            steps.push("Do not sign. Look at it again on another device, from its own source.".to_owned());
        }
        Severity::Review if heavy().any(|finding| finding.title.starts_with(NO_OWNER)) => {
            steps.push(
                "Do not sign with your account: its signature would not count. An owner of the Safe has to."
                    .to_owned(),
            );
        }
        Severity::Review if heavy().any(|finding| finding.severity == Severity::Incomplete) => {
            steps.push(
                "Do not sign before what stands under `incomplete` is there too; then only if you know why it does what stands \
                 under `review`, and meant it."
                    .to_owned(),
            );
        }
        Severity::Review => {
            steps.push(
                "Sign only if you know why it does what stands under `review`, and meant it.".to_owned(),
            );
        }
        Severity::Info if hashes > 1 => {
            steps.push(
                "Of the one that you sign, compare the hash with the one on the device, every digit, and sign. Each has its own."
                    .to_owned(),
            );
        }
        Severity::Info if hashes == 1 => {
            steps.push("Compare the hash with the one on the device, every digit, and sign.".to_owned());
        }
        Severity::Info | Severity::Incomplete => {}
    }
    // Whose signature it is stands in the sentence that says it is wrong.
    let mut asked =
        heavy().filter(|finding| matches!(finding.id, Sig01 | Sig03) && finding.severity == Severity::Block);
    if let Some(owner) = asked.find_map(|finding| address(&finding.title)) {
        steps.push(format!("Ask {owner}, by a way of your own, which transaction was signed."));
    }
    let unknown: Vec<&str> = heavy()
        .filter(|finding| {
            finding.severity == Severity::Incomplete && matches!(finding.id, Pol03 | Act01 | App01)
        })
        .filter(|finding| finding.title.starts_with("Nothing speaks for") || finding.id != Pol03)
        .filter_map(|finding| address(&finding.title))
        .filter(|address| address.bytes().skip(2).any(|digit| digit != b'0'))
        .collect();
    if let Some(first) = unknown.first().filter(|_| worst < Severity::Block) {
        let others = unknown.iter().filter(|other| *other != first).count();
        let more = if others > 0 { ", and the others named" } else { "" };
        steps.push(format!(
            "If you know {first}{more} from elsewhere than this request: add it to your policy ([[book]] for whom you pay, \
             [[trusted]] for a contract), and ask again with --policy."
        ));
    }
    if worst == Severity::Review && heavy().any(|finding| finding.title.contains("`unseen-loss`")) {
        steps.push(
            "Tell the prices of the day (`[[price]]` in a file for --context), and ask again: a fair exchange is allowed then."
                .to_owned(),
        );
    }
    let mut options: Vec<&str> = Vec::new();
    // What would be missing to judge a theft is no matter.
    let missing =
        heavy().filter(|finding| finding.severity == Severity::Incomplete && worst < Severity::Block);
    for option in missing.flat_map(|finding| named_options(&finding.title)) {
        if !options.contains(&option) {
            options.push(option);
        }
    }
    if !options.is_empty() {
        steps.push(format!("Ask again with what was missing: {}.", options.join(", ")));
    }
    if worst == Severity::Incomplete && steps.is_empty() {
        steps.push("Do not sign before what stands under `incomplete` is there.".to_owned());
    }
    steps.truncate(MOST);
    steps
}

/// The first address in a sentence.
fn address(text: &str) -> Option<&str> {
    text.match_indices("0x").find_map(|(at, _)| {
        let end = at + 42;
        let digits = text.get(at + 2..end)?;
        let ends = !text[end..].starts_with(|c: char| c.is_ascii_hexdigit());
        (ends && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| &text[at..end])
    })
}

/// Options that a sentence names in brackets: `(--owner, --context)`.
fn named_options(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | '.' | ';' | ':'));
    words.filter(|word| word.strip_prefix("--").is_some_and(|name| name.len() > 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::CheckId::Sign01;

    fn steps_of(findings: &[(crate::CheckId, Severity, &str)]) -> Vec<String> {
        let findings: Vec<Finding> =
            findings.iter().map(|(id, severity, title)| Finding::new(*id, *severity, "x", *title)).collect();
        steps(&findings, 1)
    }

    #[test]
    fn what_to_do_follows_from_what_was_found() {
        const OWNER: &str = "0x1F4EB0a903619ac168b19A82F1a6e2e426522211";
        let wrong = format!("The signature of {OWNER} does not belong to this transaction.");
        let steps = steps_of(&[(Sig01, Severity::Block, &wrong)]);
        assert!(steps[0].starts_with("Do not sign.") && steps[1].contains(OWNER), "{steps:?}");
        let unknown = format!("Nothing speaks for {OWNER}: it is in no address book.");
        let steps = steps_of(&[
            (Pol03, Severity::Incomplete, &unknown),
            (Pol03, Severity::Incomplete, "The Safe's owners are not known (--owner, --context)."),
        ]);
        assert!(steps[0].contains("[[book]]") && steps[0].contains(OWNER), "{steps:?}");
        assert_eq!(steps[1], "Ask again with what was missing: --owner, --context.");
        assert!(steps_of(&[(Sign01, Severity::Review, "Data.")])[0].contains("`review`"));
        assert!(steps_of(&[])[0].contains("every digit"));
        assert!(super::steps(&[], 2)[0].starts_with("Of the one that you sign"));
        // Nobody is told to trust whom a theft pays.
        let both = steps_of(&[(Sign01, Severity::Block, "Bad."), (Pol03, Severity::Incomplete, &unknown)]);
        assert!(!both.iter().any(|step| step.contains("[[book]]")), "{both:?}");
        assert!(!steps_of(&[(Sign01, Severity::Incomplete, "Unknown.")]).is_empty());
    }

    #[test]
    fn a_hash_is_no_address() {
        assert_eq!(address(&format!("over 0x{}", "ab".repeat(32))), None);
        assert_eq!(address("0x12"), None);
    }
}
