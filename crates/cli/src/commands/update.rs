//! `tracehound lists update`.

use std::{fs::File, io::Write};

use jiff::Timestamp;
use miette::{IntoDiagnostic, Result, WrapErr, miette};
use tracehound_attribution::{
    folder::AttributionFolder,
    import::{Options, SourceOptions},
    update::{HttpSettings, ListCopy, official_lists, update_all},
};

use crate::{
    args::{Common, UpdateArgs},
    commands::lists::print_import,
    folder::Folder,
};

/// Fetches and imports; a list that fails leaves the others alone and its last good copy in force. Exit code 1 when any
/// failed.
pub(crate) fn run(
    common: &Common,
    data: &Folder,
    folder: &AttributionFolder,
    args: &UpdateArgs,
    out: &mut dyn Write,
) -> Result<u8> {
    let mut specs = official_lists();
    if let Some(unknown) = args.sources.iter().find(|id| !specs.iter().any(|spec| spec.source.0 == **id)) {
        let known: Vec<&str> = specs.iter().map(|spec| spec.source.0.as_str()).collect();
        return Err(miette!("`{unknown}` is no official list: use {}", known.join(", ")));
    }
    if !args.sources.is_empty() {
        specs.retain(|spec| args.sources.contains(&spec.source.0));
    }
    let http = HttpSettings { force: args.accept_shrink, ..HttpSettings::default() };
    let mut failed = false;
    for (spec, fetched) in update_all(&specs, &data.downloads(), &http) {
        let imported = fetched.into_diagnostic().and_then(|fetched| import(folder, fetched.copy()));
        match imported {
            Ok(done) => print_import(common, &spec.title, &done, out).into_diagnostic()?,
            Err(error) => {
                failed = true;
                let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
                writeln!(std::io::stderr(), "{}: {}", spec.title, causes.join(": ")).into_diagnostic()?;
            }
        }
    }
    Ok(u8::from(failed))
}

/// Imports a copy under its own name; the same copy again is a no-op.
fn import(
    folder: &AttributionFolder,
    copy: &ListCopy,
) -> Result<tracehound_attribution::folder::FolderImport> {
    let place = || copy.path.display().to_string();
    let mut file = File::open(&copy.path).into_diagnostic().wrap_err_with(place)?;
    let fetched_on = copy.fetched_at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let options = Options {
        file_name: copy.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        source: SourceOptions {
            id: Some(copy.source.clone()),
            published: Some(copy.published.unwrap_or(fetched_on)),
            ..SourceOptions::default()
        },
        ..Options::default()
    };
    folder.import(&mut file, &options, Timestamp::now()).into_diagnostic().wrap_err_with(place)
}
