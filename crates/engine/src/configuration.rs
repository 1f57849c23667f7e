//! What a program's options are set to, and by whom.

use schemars::JsonSchema;
use serde::Serialize;

/// The options that a configuration file may set.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Configuration {
    /// The configuration file; none where the environment says so.
    pub file: Option<String>,
    /// Whether it is there.
    pub exists: bool,
    /// The options, those of all commands first.
    pub options: Vec<SetOption>,
}

/// One option.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct SetOption {
    /// The command, such as `guard safe`; empty for one that every command has.
    pub command: String,
    /// Its long name, without the dashes.
    pub option: String,
    /// What it is set to, several values in order; empty where nobody sets it. Of addresses of servers scheme, host and port.
    pub values: Vec<String>,
    /// Who says so.
    pub from: SetBy,
}

/// Who sets an option.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SetBy {
    /// Nobody.
    Nobody,
    /// The program itself.
    BuiltIn,
    /// The configuration file.
    File,
    /// The environment variable of this name.
    Environment(String),
    /// The command line.
    CommandLine,
}
