//! Answers as they are written for programs: one form each, with its version.

use schemars::JsonSchema;
use serde::Serialize;

/// An answer that programs read.
pub trait Document: Serialize + JsonSchema {
    /// What it is called where its form is described: `docs/schemas/NAME.json`.
    const NAME: &'static str;
    /// Version of its JSON form, the `schema` of every answer. It is raised when a key changes its name or meaning, or goes; a
    /// new key does not raise it.
    const SCHEMA: u32;
}

/// An answer with the version of its form: what is written of it.
#[derive(Clone, Copy, Debug, JsonSchema, Serialize)]
pub struct Versioned<'a, T> {
    schema: u32,
    #[serde(flatten)]
    answer: &'a T,
}

impl<'a, T: Document> Versioned<'a, T> {
    /// This answer.
    pub const fn of(answer: &'a T) -> Self {
        Self { schema: T::SCHEMA, answer }
    }
}
