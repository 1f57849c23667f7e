//! The report for a person at a terminal.
//!
//! Whatever came from the input is printed without control characters: a message must not be able to paint over the
//! verdict.

use std::fmt::{self, Write};

use crate::{
    finding::Severity,
    report::{Item, Report},
};

/// Columns of a line, where words allow.
const WIDTH: usize = 100;

/// Writes the report.
pub fn write(out: &mut dyn Write, report: &Report) -> fmt::Result {
    let head = format!("{}  ", report.verdict.as_str().to_uppercase());
    wrapped(out, &head, &clean(&report.summary))?;
    for item in &report.items {
        writeln!(out)?;
        one(out, item)?;
    }
    let count = report.findings.len();
    if count > 0 {
        writeln!(out, "\nFindings")?;
    }
    for finding in &report.findings {
        let head = format!("  {:<10} {:<9} ", finding.severity.as_str(), finding.id.as_str());
        wrapped(out, &head, &clean(&finding.title))?;
        let indent = " ".repeat(head.chars().count());
        for evidence in &finding.evidence {
            wrapped(out, &format!("{indent}- "), &clean(evidence))?;
        }
        if !finding.path.is_empty() && finding.severity > Severity::Info {
            wrapped(out, &format!("{indent}at "), &clean(&finding.path))?;
        }
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
    writeln!(
        out,
        "\nPolicy {} {}",
        clean(&report.policy.name),
        report.policy.hash.get(..12).unwrap_or_default()
    )
}

fn one(out: &mut dyn Write, item: &Item) -> fmt::Result {
    writeln!(out, "{}  [{}]", clean(&item.title), clean(&item.path))?;
    wrapped(out, "  It ", &clean(&item.intent))?;
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
        writeln!(out, "\n  Compare with the device, every digit:")?;
        for (name, hash) in [
            ("DOMAIN HASH", &hashes.device.domain),
            ("MESSAGE HASH", &hashes.device.message),
            ("HASH TO SIGN", &hashes.device.digest),
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
        wrapped(out, &indent, &clean(&format!("{kind}{to}{function}{value}")))?;
        for (name, value) in &call.arguments {
            wrapped(out, &format!("{indent}  {} = ", clean(name)), &clean(value))?;
        }
    }
    if let Some(done) = &item.simulation {
        writeln!(out)?;
        wrapped(out, "  Simulated  ", &clean(&format!("{}, on {}", done.outcome, done.state)))?;
        for moved in &done.moved {
            let line = format!("{} goes from {} to {}", moved.what, moved.from, moved.to);
            wrapped(out, "    - ", &clean(&line))?;
        }
        for change in &done.changes {
            wrapped(out, "    - ", &clean(change))?;
        }
    }
    if !item.signatures.is_empty() {
        writeln!(out, "\n  Signatures over this hash")?;
    }
    for signature in &item.signatures {
        let owner = signature.claimed.as_deref().or(signature.signer.as_deref()).unwrap_or("nobody");
        let mark = match (signature.good, &signature.signer, &signature.claimed) {
            (true, ..) => "good".to_owned(),
            (false, Some(signer), Some(claimed)) if signer != claimed => {
                format!("WRONG, belongs to {signer}")
            }
            (false, Some(_), _) => "not proven".to_owned(),
            (false, None, _) => "WRONG, no signature over this".to_owned(),
        };
        wrapped(out, "    ", &clean(&format!("{owner}  {}: {mark}", signature.form)))?;
    }
    Ok(())
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
    fn long_texts_are_broken_and_words_kept_whole() {
        let mut out = String::new();
        wrapped(&mut out, "  head ", &"word ".repeat(40)).expect("writes");
        assert!(out.lines().count() > 1 && out.lines().all(|line| line.chars().count() <= WIDTH));
        assert!(out.lines().nth(1).is_some_and(|line| line.starts_with("       word")));
    }
}
