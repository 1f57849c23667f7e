//! What labels call those whom a request deals with. It is said, and decides nothing: what labels hold against somebody comes with
//! what lists do.

use alloy_primitives::Address;
use tracehound_model::{LabelStatement, text};

use crate::case::Case;

impl Case<'_> {
    /// What labels say of an address, what counts most first.
    pub fn labels_of(&self, address: &Address) -> Vec<LabelStatement> {
        let address = tracehound_model::Address::Evm(address.into_array());
        self.lists().map(|lists| lists.labels(&address, self.chain_id)).unwrap_or_default()
    }

    /// What labels call an address, in words that stand behind it.
    pub(crate) fn called(&self, address: &Address) -> Option<String> {
        let statements = self.labels_of(address);
        let first = statements.first()?;
        let disputed = if first.labelled.is_disputed() { ", disputed" } else { "" };
        Some(format!("by a label \"{}\"{disputed}", name(first)))
    }
}

/// Whom a statement names, else what it says.
fn name(statement: &LabelStatement) -> String {
    let name = statement.entity.as_deref().unwrap_or(&statement.label);
    // A quotation mark in it would end what is quoted.
    text::label(name).replace('"', "'")
}

/// A statement in words: what is said to be there, by whom, and how sure.
pub(crate) fn told(statement: &LabelStatement) -> String {
    let LabelStatement { chain, label, concept, nature, labelled, not_counted, .. } = statement;
    let [label, concept] = [label, concept].map(|text| text::label(text).into_owned());
    let nature = match nature.as_str() {
        "entity" => String::new(),
        other => format!(", named as {}", text::label(other)),
    };
    let counts =
        not_counted.as_deref().map(|why| format!("; it holds nothing against it: {why}")).unwrap_or_default();
    format!("{}: {label} ({concept}{nature}) on {chain}: {labelled}{counts}", name(statement))
}
