//! The report for a person at a terminal.
//!
//! Whatever came from the input is printed without control characters: a message must not be able to paint over the
//! verdict.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Write},
};

use crate::{
    finding::Severity,
    report::{HISTORY, Item, Report},
};

/// Sentences that are read at once.
const AT_ONCE: usize = 3;

/// Columns of a line, where words allow.
const WIDTH: usize = 100;

/// Writes the report.
pub fn write(out: &mut dyn Write, report: &Report) -> fmt::Result {
    let mut short = Short::of(report);
    let head = format!("{}  ", report.verdict.as_str().to_uppercase());
    wrapped(out, &head, &short.show(&report.summary))?;
    for item in at_once(report) {
        let of = if report.items.len() > 1 { format!("{}: ", clean(&item.path)) } else { String::new() };
        wrapped(out, "what:  ", &format!("{of}{}", short.show(&item.intent)))?;
    }
    if report.items.len() > AT_ONCE {
        writeln!(out, "       and {} more", report.items.len() - AT_ONCE)?;
    }
    if let Some(together) = &report.together {
        wrapped(out, "       ", &short.show(together))?;
    }
    for (index, step) in report.next.iter().enumerate() {
        wrapped(out, if index == 0 { "next:  " } else { "       " }, &clean(step))?;
    }
    for item in &report.items {
        writeln!(out)?;
        one(out, item, report.items.len() > AT_ONCE, &mut short)?;
    }
    let count = report.findings.len();
    if count > 0 {
        writeln!(out, "\nFindings")?;
    }
    for finding in &report.findings {
        let head = format!("  {:<10} {:<9} ", finding.severity.as_str(), finding.id.as_str());
        wrapped(out, &head, &short.show(&finding.title))?;
        let indent = " ".repeat(head.chars().count());
        for evidence in &finding.evidence {
            wrapped(out, &format!("{indent}- "), &short.show(evidence))?;
        }
        if !finding.path.is_empty() && finding.severity > Severity::Info {
            wrapped(out, &format!("{indent}at "), &clean(&finding.path))?;
        }
    }
    if !short.shown.is_empty() {
        writeln!(out, "\nAddresses")?;
    }
    for (short, full) in &short.shown {
        writeln!(out, "  {short}  {full}")?;
    }
    if !report.gaps.is_empty() {
        writeln!(out, "\nNot looked at")?;
    }
    for gap in &report.gaps {
        wrapped(out, "  - ", &clean(&gap.to_string()))?;
    }
    if !report.lists.is_empty() {
        wrapped(out, "\nScreened with ", &clean(&report.lists.join(", ")))?;
    }
    if let Some(node) = &report.node {
        let head = format!(
            "On chain {}, after block {} of {} ({})",
            node.chain_id, node.block, node.node, node.basis
        );
        writeln!(out, "\n{}", clean(&head))?;
        for (address, what) in &node.facts {
            wrapped(out, "  - ", &clean(&format!("{address}: {what}")))?;
        }
    }
    writeln!(
        out,
        "\nPolicy {} {}",
        clean(&report.policy.name),
        report.policy.hash.get(..12).unwrap_or_default()
    )
}

/// What is read at once: where not all have room, that on which most hangs.
fn at_once(report: &Report) -> Vec<&Item> {
    let mut items: Vec<&Item> = report.items.iter().collect();
    if items.len() > AT_ONCE {
        let places: BTreeMap<&str, usize> =
            report.first.iter().enumerate().map(|(place, path)| (&path[..], place)).collect();
        items.sort_by_key(|item| places.get(&item.path[..]).copied().unwrap_or(usize::MAX));
        items.truncate(AT_ONCE);
    }
    items
}

/// `says_what`: whether the sentence is not at the top.
fn one(out: &mut dyn Write, item: &Item, says_what: bool, short: &mut Short) -> fmt::Result {
    writeln!(out, "{}  [{}]", clean(&item.title), clean(&item.path))?;
    if says_what {
        wrapped(out, "  It ", &short.show(&item.intent))?;
    }
    for (name, value) in &item.fields {
        wrapped(out, &format!("  {:<12} ", clean(name)), &clean(&cut(value)))?;
    }
    for clear in &item.clear {
        writeln!(out)?;
        let head = format!("  By the word of {}: ", clean(&clear.by));
        wrapped(out, &head, &clean(&clear.intent))?;
        for (label, value) in &clear.fields {
            wrapped(out, &format!("    {}: ", clean(label)), &clean(&cut(value)))?;
        }
    }
    if let Some(hashes) = &item.hashes {
        let is_history = item.intent.starts_with(HISTORY);
        let head = if is_history {
            "Its hashes, of which none is to be signed:"
        } else {
            "Compare with the device, every digit:"
        };
        writeln!(out, "\n  {head}")?;
        for (name, hash) in [
            ("DOMAIN HASH", &hashes.device.domain),
            ("MESSAGE HASH", &hashes.device.message),
            (if is_history { "ITS HASH" } else { "HASH TO SIGN" }, &hashes.device.digest),
        ] {
            writeln!(out, "    {name:<13} {hash}")?;
        }
        writeln!(out, "    {:<13} {}", "", hashes.hashes.digest)?;
    }
    if item.calls.len() > 1 || item.calls.iter().any(|call| call.function.is_some()) {
        writeln!(out, "\n  Calls")?;
    }
    for call in item.calls.iter().filter(|call| item.calls.len() > 1 || call.function.is_some()) {
        let indent = "  ".repeat(call.depth + 2);
        let kind = if call.delegatecall { "DELEGATECALL " } else { "" };
        let to = call.to.as_deref().unwrap_or("a new contract");
        let function = match (&call.function, call.data_len) {
            (Some(function), _) => format!(" {function}"),
            (None, 0) => String::new(),
            (None, bytes) => format!(" {bytes} bytes of unknown data"),
        };
        let value = if call.value == "0" { String::new() } else { format!(" with {} wei", call.value) };
        wrapped(out, &indent, &short.show(&format!("{kind}{to}{function}{value}")))?;
        for (name, value) in &call.arguments {
            wrapped(out, &format!("{indent}  {} = ", clean(name)), &short.show(&cut(value)))?;
        }
    }
    if let Some(done) = &item.simulation {
        writeln!(out)?;
        wrapped(out, "  Simulated  ", &clean(&format!("{}, on {}", done.outcome, done.state)))?;
        for moved in &done.moved {
            let line = format!("{} goes from {} to {}", moved.what, moved.from, moved.to);
            wrapped(out, "    - ", &short.show(&line))?;
        }
        for change in &done.changes {
            wrapped(out, "    - ", &short.show(change))?;
        }
    }
    if !item.signatures.is_empty() {
        writeln!(out, "\n  Signatures over this hash")?;
    }
    for signature in &item.signatures {
        let owner = signature.claimed.as_deref().or(signature.signer.as_deref()).unwrap_or("nobody");
        let mark = match (signature.good, &signature.belongs_to, &signature.signer) {
            (true, ..) => "good".to_owned(),
            (false, Some(hash), _) => format!("WRONG, made over {hash}"),
            (false, None, Some(_)) => "not proven".to_owned(),
            (false, None, None) => "WRONG, not over this".to_owned(),
        };
        wrapped(out, "    ", &clean(&format!("{owner}  {}: {mark}", signature.form)))?;
    }
    Ok(())
}

/// Addresses in short, so that a sentence is read at once, each with its full form at the end.
struct Short {
    /// Short forms that two or more addresses of the report have.
    ambiguous: BTreeSet<String>,
    /// Those that were shown in short, with the full form.
    shown: BTreeSet<(String, String)>,
}

impl Short {
    fn of(report: &Report) -> Self {
        // What cannot be written as JSON has no addresses that are shown.
        let text = serde_json::to_string(report).unwrap_or_default();
        Self::among(addresses(&text).map(|(_, address)| address))
    }

    /// O(n log n) in addresses.
    fn among<'t>(all: impl Iterator<Item = &'t str>) -> Self {
        let mut full: BTreeMap<String, String> = BTreeMap::new();
        let mut ambiguous = BTreeSet::new();
        for address in all {
            let own = address.to_ascii_lowercase();
            let other = full.entry(shortened(&own)).or_insert_with(|| own.clone());
            if *other != own {
                ambiguous.insert(shortened(&own));
            }
        }
        Self { ambiguous, shown: BTreeSet::new() }
    }

    /// A text on one line, with its addresses in short. Two that look the same in short are shown in full.
    fn show(&mut self, text: &str) -> String {
        let text = clean(text);
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for (at, address) in addresses(&text) {
            let short = shortened(address);
            out.push_str(&text[done..at]);
            if self.ambiguous.contains(&short.to_ascii_lowercase()) {
                out.push_str(address);
            } else {
                out.push_str(&short);
                self.shown.insert((short, address.to_owned()));
            }
            done = at + address.len();
        }
        out.push_str(&text[done..]);
        out
    }
}

/// Digits of an address that are shown in front and behind.
const DIGITS: usize = 6;

fn shortened(address: &str) -> String {
    format!("{}…{}", &address[..2 + DIGITS], &address[address.len() - DIGITS..])
}

/// Addresses of EVM chains in a text, and where each begins.
fn addresses(text: &str) -> impl Iterator<Item = (usize, &str)> {
    const LENGTH: usize = 42;
    text.match_indices("0x").filter_map(|(at, _)| {
        let address = text.get(at..at + LENGTH)?;
        let ends = !text[at + LENGTH..].starts_with(|c: char| c.is_ascii_hexdigit());
        let begins = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        let digits = address[2..].bytes().all(|byte| byte.is_ascii_hexdigit());
        (begins && ends && digits).then_some((at, address))
    })
}

/// What fits a terminal of a long value; the JSON form has all of it.
fn cut(value: &str) -> String {
    const MOST: usize = 300;
    match value.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}… (all of it: --output json)", &value[..at]),
        None => value.to_owned(),
    }
}

/// A text on one line, without what a terminal acts upon or does not show: [`tracehound_model::text::clean`].
pub fn clean(text: &str) -> String {
    tracehound_model::text::clean(text).into_owned()
}

/// Writes a text after a head, broken between words, continued under where it began.
fn wrapped(out: &mut dyn Write, head: &str, text: &str) -> fmt::Result {
    let indent = head.chars().count().min(WIDTH / 2);
    let mut line = head.to_owned();
    let mut empty = true;
    for word in text.split(' ') {
        let fits = line.chars().count() + 1 + word.chars().count() <= WIDTH;
        if !empty && !fits {
            writeln!(out, "{}", line.trim_end())?;
            line = " ".repeat(indent);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    writeln!(out, "{}", line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_the_input_can_paint_over_the_verdict() {
        assert_eq!(clean("a\u{1b}[2Jb\u{202e}c\r\n"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}\u{fffd}");
    }

    #[test]
    fn addresses_are_short_in_sentences_and_never_two_the_same() {
        const ONE: &str = "0x1Db92e2EeBC8E0c075a02BeA49a2935BcD2dFCF4";
        let twin = format!("{}{}{}", &ONE[..8], "0".repeat(28), &ONE[36..]);
        let mut short = Short::among([ONE].into_iter());
        assert_eq!(short.show(&format!("sends to {ONE}.")), "sends to 0x1Db92e…2dFCF4.");
        assert_eq!(short.shown.len(), 1);
        let hash = format!("over 0x{}", "ab".repeat(32));
        assert_eq!(short.show(&hash), hash, "a hash is no address");
        let mut both = Short::among([ONE, &twin].into_iter());
        assert_eq!(both.show(&twin), twin);
        assert!(both.shown.is_empty());
    }

    #[test]
    fn long_texts_are_broken_and_words_kept_whole() {
        let mut out = String::new();
        wrapped(&mut out, "  head ", &"word ".repeat(40)).expect("writes");
        assert!(out.lines().count() > 1 && out.lines().all(|line| line.chars().count() <= WIDTH));
        assert!(out.lines().nth(1).is_some_and(|line| line.starts_with("       word")));
    }
}
