//! G-SIGN-01 for texts in call data: whoever gets one acts on it as on a message, and nobody else reads it.

use std::borrow::Cow;

use super::message::{named, opens_within};
use crate::{
    case::Case,
    decode::{Act, Call, Value},
    finding::{CheckId::Sign01, Finding, Severity::Review},
    hidden::texts_within,
    json, language,
    language::written,
    sign_in,
};

pub(super) fn memos(case: &Case<'_>, out: &mut Vec<Finding>) {
    for (index, call) in case.unpacked.calls.iter().enumerate() {
        let along = call.handed_texts();
        let unread = if call.decoded.is_none() { texts_within(call.data) } else { Vec::new() };
        let whole = along.iter().map(|text| Cow::Borrowed(&text[..]));
        for text in strings(call).into_iter().chain(whole).chain(unread.into_iter().map(Cow::Owned)) {
            opens_within(&call.path, &text, out);
        }
        let mut acts = case.acts.iter().filter(|placed| placed.call == index).map(|placed| &placed.act);
        let memo =
            acts.find_map(|act| if let Act::Memo { text, .. } = act { Some(text.clone()) } else { None });
        for text in memo.into_iter().chain(along) {
            read(case, &call.path, &text, out);
        }
    }
}

/// What a text for the receiver says.
fn read(case: &Case<'_>, path: &str, text: &str, out: &mut Vec<Finding>) {
    named(case, path, text, out);
    let shown = json::shorten(text);
    if written::is_routed(text) {
        let title = "The text is an order to a router (THORChain and alike): who gets what for it is written in it, and was not \
                     held against anything.";
        out.push(Finding::new(Sign01, Review, path, title).because(shown));
        return;
    }
    let ordered = sign_in::orders(text).or_else(|| sign_in::binds(text)).or_else(|| language::binds(text));
    if let Some(said) = ordered {
        let title = "The text that goes along tells somebody to do something: read it as an order.";
        out.push(Finding::new(Sign01, Review, path, title).because(json::shorten(&said)));
    } else if let Some(word) = written::unread(text) {
        let title = "Not every word of the text that goes along is one that is read here: what it asks for is for a person to say.";
        out.push(Finding::new(Sign01, Review, path, title).because(shown).because(json::shorten(&word)));
    }
}

/// The texts among the parameters of a function.
fn strings<'a>(call: &Call<'a>) -> Vec<Cow<'a, str>> {
    fn of<'a>(value: &Value<'a>, found: &mut Vec<Cow<'a, str>>) {
        match value {
            Value::Text(text) => found.push(String::from_utf8_lossy(text)),
            Value::List(values) | Value::Tuple(values) => values.iter().for_each(|value| of(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for value in call.decoded.iter().flat_map(|decoded| &decoded.args) {
        of(value, &mut found);
    }
    found
}
