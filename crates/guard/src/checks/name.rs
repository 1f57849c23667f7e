//! G-NAME-01: letters that pretend to be others.

use unicode_security::{MixedScript, confusable_detection::skeleton};

use crate::{
    case::{Case, Subject},
    finding::{CheckId::Name01, Finding, Severity::Review},
    json::shorten,
    plain::is_hidden,
};

/// Longest text that is looked at; names are shorter.
const MAX_CHARS: usize = 20_000;

pub(super) fn names(case: &Case<'_>, out: &mut Vec<Finding>) {
    let known: Vec<&str> = case.policy.book.iter().map(|entry| &entry.name[..]).collect();
    for named in &case.facts.named {
        judge(&format!("named {}", named.address.0), &named.name, true, &known, out);
    }
    if let Some(origin) = &case.facts.origin {
        judge("origin", origin, true, &[], out);
    }
    match &case.subject {
        Subject::Typed(data, _) => {
            let mut texts = Vec::new();
            data.domain.texts("domain", &mut texts);
            data.message.texts("message", &mut texts);
            for (path, text) in texts {
                judge(
                    &path,
                    text,
                    path.starts_with("domain"),
                    &["Permit2", "Seaport", "USD Coin", "Tether USD"],
                    out,
                );
            }
        }
        Subject::Message(message) => {
            if let Some(text) = message.text() {
                judge(&message.path, text, false, &[], out);
            }
        }
        _ => {}
    }
}

fn judge(path: &str, text: &str, is_name: bool, known: &[&str], out: &mut Vec<Finding>) {
    let text: String = text.chars().take(MAX_CHARS).collect();
    let mut add = |title: String| out.push(Finding::new(Name01, Review, path, title));
    if let Some(c) = text.chars().find(|&c| is_hidden(c)) {
        let code = u32::from(c);
        add(format!(
            "{:?} holds an invisible character (U+{code:04X}).",
            shorten(&text.escape_debug().to_string())
        ));
        return;
    }
    if text.is_ascii() {
        return;
    }
    // Words are judged one by one: a text in two languages is nothing odd, a word in two scripts is.
    let mixed =
        text.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_ascii() && !word.is_single_script());
    if let Some(word) = mixed {
        add(format!("{:?} mixes letters of several scripts.", shorten(word)));
    }
    if is_name {
        let folded: String = skeleton(&text).collect();
        for name in known.iter().filter(|name| **name != text) {
            if skeleton(name).collect::<String>() == folded {
                add(format!("{:?} looks like {name:?} and is written with other letters.", shorten(&text)));
            }
        }
        let latin: String = folded.chars().filter(|c| !matches!(c, '.' | '-' | '_' | ' ')).collect();
        if mixed.is_none()
            && !text.is_ascii()
            && latin.is_ascii()
            && latin.bytes().any(|byte| byte.is_ascii_alphabetic())
        {
            let foreign = text.chars().find(|c| !c.is_ascii()).map(u32::from).unwrap_or_default();
            add(format!("{:?} looks like plain Latin letters and is not (U+{foreign:04X}).", shorten(&text)));
        }
    }
}
