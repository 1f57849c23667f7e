//! `tracehound lists update`.

use std::{io::Write, ops::ControlFlow};

use miette::{IntoDiagnostic, Result};
use tracehound_engine::lists::{ListAddress, Update, UpdateOutcome, Updated};

use crate::{
    args::{Common, UpdateArgs},
    commands::lists::{NOT_ALL, print_import},
    folder::Folder,
    terminal,
};

/// Exit code 1 when any list failed, [`NOT_ALL`] when something of one was left out.
pub(crate) fn run(common: &Common, data: &Folder, args: &UpdateArgs, out: &mut dyn Write) -> Result<u8> {
    let mut addresses = Vec::new();
    for given in &args.mirror {
        let ([source], url) = given.read_named(["ID"], "url")?;
        addresses.push(ListAddress { source, format: None, url });
    }
    for given in &args.also {
        let ([source, format], url) = given.read_named(["ID", "FORMAT"], "url")?;
        addresses.push(ListAddress { source, format: Some(format), url });
    }
    let update = Update { sources: args.sources.clone(), addresses, accept_shrink: args.accept_shrink };
    let (mut failed, mut not_all, mut printed) = (false, false, Ok(()));
    let mut told = |Updated { title, outcome }: Updated| {
        failed |= outcome.is_failure();
        match outcome {
            UpdateOutcome::Current(done) => {
                not_all |= done.rows.left_out > 0;
                printed = print_import(common, &done, out);
            }
            UpdateOutcome::Kept { why, .. } => terminal::say(&format!("{title}: {why}")),
        }
        if printed.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    data.workspace().update_lists(&update, &mut told).into_diagnostic()?;
    printed?;
    Ok(match (failed, not_all) {
        (true, _) => 1,
        (false, true) => NOT_ALL,
        (false, false) => 0,
    })
}
