//! `tracehound config`: what options are set to, and who says so.

use std::io::Write;

use miette::{IntoDiagnostic, Result};
use tracehound_engine::{Configuration, SetBy};
use tracehound_model::text::label;

use super::answered::json;
use crate::args::{Common, Output};

/// Prints what is set, everything with `all`.
pub(crate) fn show(common: &Common, all: bool, shown: &Configuration, out: &mut dyn Write) -> Result<u8> {
    if common.output != Output::Text {
        json(out, common.output, shown)?;
        return Ok(0);
    }
    let file = match &shown.file {
        None => "none: TRACEHOUND_CONFIG is empty".to_owned(),
        Some(path) if shown.exists => label(path).into_owned(),
        Some(path) => format!("{}, which is not there", label(path)),
    };
    writeln!(out, "Configuration file: {file}").into_diagnostic()?;
    let mut left = 0;
    for option in &shown.options {
        let from = match &option.from {
            SetBy::Nobody | SetBy::BuiltIn if !all => {
                left += 1;
                continue;
            }
            SetBy::Nobody => "nobody sets it".to_owned(),
            SetBy::BuiltIn => "built in".to_owned(),
            SetBy::File => "the configuration file".to_owned(),
            SetBy::Environment(name) => format!("the environment variable {name}"),
            SetBy::CommandLine => "the command line".to_owned(),
        };
        let name = format!("--{}", option.option);
        let words = [option.command.as_str(), &name, &option.values.join(" ")];
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        writeln!(out, "  {}  ({from})", label(&words.join(" "))).into_diagnostic()?;
    }
    if left > 0 {
        writeln!(out, "{left} more options are as built in: --all shows them").into_diagnostic()?;
    }
    Ok(0)
}
