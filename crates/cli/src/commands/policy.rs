//! `tracehound policy`.

use std::io::Write;

use miette::{IntoDiagnostic, Result, WrapErr};
use tracehound_screen::{Policy, policy::DEFAULT};

use crate::{args::PolicyCommand, output::short};

pub(crate) fn run(command: &PolicyCommand, out: &mut dyn Write) -> Result<u8> {
    match command {
        PolicyCommand::Show => write!(out, "{DEFAULT}").into_diagnostic()?,
        PolicyCommand::Check { file } => {
            let policy = load(file)?;
            writeln!(
                out,
                "valid: {}, {} rules, hash {}",
                policy.name,
                policy.rules.len(),
                short(&policy.hash)
            )
            .into_diagnostic()?;
        }
    }
    Ok(0)
}

/// Reads a policy file.
pub(crate) fn load(file: &std::path::Path) -> Result<Policy> {
    let text = std::fs::read_to_string(file)
        .into_diagnostic()
        .wrap_err_with(|| format!("reading the policy {}", file.display()))?;
    Policy::parse(&text).into_diagnostic().wrap_err_with(|| file.display().to_string())
}
