//! `tracehound lists update`.

use std::{fs::File, io::Write};

use jiff::Timestamp;
use miette::{IntoDiagnostic, Result, miette};
use tracehound_attribution::{
    IntakeError,
    folder::{AttributionFolder, FolderError, FolderImport},
    import::{Options, SourceOptions},
    store::CheckOutcome,
    update::{ListCopy, UpdateOptions, official_lists, update_all},
};
use tracehound_engine::lists::Imported;
use tracehound_model::{endpoint::hide, text::clean};

use crate::{
    args::{Common, UpdateArgs},
    commands::lists::print_import,
    folder::Folder,
    terminal,
};

/// Longest reason kept of a failure, in characters.
const MAX_REASON: usize = 500;

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
    let options = UpdateOptions { force: args.accept_shrink, ..UpdateOptions::default() };
    let mut failed = false;
    for (spec, fetched) in update_all(&specs, &data.downloads(), &options) {
        // Nothing new at the publisher is a good check too; what was had and not taken in is none.
        let taken = match fetched {
            Ok(fetched) => import(folder, fetched.copy(), args.accept_shrink),
            Err(error) => Err(Refused { waits: false, answered: false, reason: causes(&error) }),
        };
        let outcome = match taken {
            Ok(done) => {
                print_import(common, &Imported::new(spec.title.clone(), done), out)?;
                Some(CheckOutcome::Current)
            }
            Err(Refused { waits, answered, reason }) => {
                failed |= !answered;
                terminal::say(&format!("{}: {}", spec.title, hide(&clean(&reason))));
                // What waits for a person is on record as that.
                let is_failure = !waits && !answered;
                is_failure.then(|| CheckOutcome::Failed(reason.chars().take(MAX_REASON).collect()))
            }
        };
        if let Some(outcome) = outcome {
            folder.record_check(&spec.source, Timestamp::now(), &outcome).into_diagnostic()?;
        }
    }
    Ok(u8::from(failed))
}

/// Why a list was not taken in.
struct Refused {
    /// It waits for a person.
    waits: bool,
    /// A person has decided against it.
    answered: bool,
    reason: String,
}

impl Refused {
    fn by(error: &FolderError) -> Self {
        Self {
            waits: matches!(error, FolderError::Intake(IntakeError::Held(_))),
            answered: matches!(error, FolderError::Intake(IntakeError::Rejected { .. })),
            reason: causes(error),
        }
    }
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

/// Imports a copy under its own name; the same copy again is a no-op.
fn import(folder: &AttributionFolder, copy: &ListCopy, accept_shrink: bool) -> Result<FolderImport, Refused> {
    let mut file = File::open(&copy.path).map_err(|error| Refused {
        waits: false,
        answered: false,
        reason: format!("{}: {error}", copy.path.display()),
    })?;
    let fetched_on = copy.fetched_at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let options = Options {
        file_name: copy.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        source: SourceOptions {
            id: Some(copy.source.clone()),
            // What the copy tells of its day is read from it.
            published: copy.published.is_none().then_some(fetched_on),
            ..SourceOptions::default()
        },
        accept_shrink,
        ..Options::default()
    };
    folder.import(&mut file, &options, Timestamp::now()).map_err(|error| Refused::by(&error))
}
