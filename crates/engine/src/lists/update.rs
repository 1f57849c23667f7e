//! Official lists: fetched from their publishers and taken in.

use std::{error::Error, fmt, fs::File, ops::ControlFlow};

use jiff::tz::TimeZone;
use tracehound_attribution::{
    IntakeError,
    folder::{FolderError, FolderImport},
    freshness::Freshness,
    import::{Format, Options, SourceOptions, official},
    store::CheckOutcome,
    update::{ListCopy, ListSpec, UpdateOptions, official_lists, update_all},
};
use tracehound_model::{
    SourceId,
    endpoint::hide,
    text::{clean, label},
};

use super::Imported;
use crate::{EngineError, Workspace};

/// Most bytes of a further list, unpacked.
const MOST_BYTES: u64 = 512 << 20;
/// Longest reason kept of a failure, in characters.
const MAX_REASON: usize = 500;

/// Which lists are brought up to date.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// Ids of lists; all of them where none is named.
    pub sources: Vec<String>,
    /// Lists that are fetched from elsewhere than their publisher, and further lists.
    pub addresses: Vec<ListAddress>,
    /// Takes in a version that lacks suspiciously much of the one before.
    pub accept_shrink: bool,
}

/// Where a list is fetched that is not fetched from its publisher.
#[derive(Clone)]
pub struct ListAddress {
    /// The source.
    pub source: String,
    /// The id of its format; without one it is an official list, in its publisher's format.
    pub format: Option<String>,
    /// Where it is. May hold a key.
    pub url: String,
}

impl fmt::Debug for ListAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ListAddress({})", self.source)
    }
}

/// What became of one list.
#[derive(Clone, Debug)]
pub struct Updated {
    /// The list's title.
    pub title: String,
    /// Whether it is current.
    pub outcome: UpdateOutcome,
}

/// How the update of a list ended.
#[derive(Clone, Debug)]
pub enum UpdateOutcome {
    /// It is what its publisher has now; where something was left out of it ([`Imported::rows`]), that part is not searched for
    /// and the check is on record as a failed one.
    Current(Box<Imported>),
    /// The last good version stays in force.
    Kept {
        /// What stood in the way, in words, without secrets and control characters.
        why: String,
        /// A person has decided against the publisher's version before: nothing went wrong.
        is_answered: bool,
    },
}

impl UpdateOutcome {
    /// Whether somebody has to look at it.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Kept { is_answered: false, .. })
    }
}

impl Workspace {
    /// Fetches lists and takes them in; one that fails leaves the others alone and its last good version in force. Each is
    /// told when it is done, and what became of it is on record; `told` may end it there.
    ///
    /// # Errors
    /// A name that is no official list's; the record of a check cannot be written.
    #[tracing::instrument(skip_all)]
    pub fn update_lists(
        &self,
        update: &Update,
        told: &mut dyn FnMut(Updated) -> ControlFlow<()>,
    ) -> Result<(), EngineError> {
        let options = UpdateOptions { force: update.accept_shrink, ..UpdateOptions::default() };
        let elsewhere = |spec: &ListSpec| update.addresses.iter().any(|own| own.source == spec.source.0);
        for (spec, fetched) in update_all(&wanted(update)?, &self.folder().downloads(), &options) {
            // Nothing new at the publisher is a good check too; what was had and not taken in is none.
            let taken = match fetched {
                Ok(fetched) => self.take_in(fetched.copy(), update.accept_shrink),
                Err(error) => Err(Refused { waits: false, answered: false, reason: causes(&error) }),
            };
            let (outcome, check) = match taken {
                Ok(done) => {
                    let imported = Imported::new(spec.title.clone(), done);
                    let check = check_of(&imported);
                    (UpdateOutcome::Current(Box::new(imported)), Some(check))
                }
                Err(Refused { waits, answered, reason }) => {
                    // What waits for a person is on record as that.
                    let check = (!waits && !answered)
                        .then(|| CheckOutcome::Failed(reason.chars().take(MAX_REASON).collect()));
                    let why = hide(&clean(&reason));
                    (UpdateOutcome::Kept { why, is_answered: answered }, check)
                }
            };
            // What another than the publisher has says nothing about what the publisher has now.
            if let Some(check) = check.filter(|_| !elsewhere(&spec)) {
                self.attribution().record_check(&spec.source, self.now(), &check)?;
            }
            if told(Updated { title: spec.title.clone(), outcome }).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// How old each official list is, and what is wrong with it: older than `max_age` days, failed, or waiting.
    ///
    /// # Errors
    /// When the claims cannot be read.
    pub fn freshness(&self, max_age: u16) -> Result<Vec<Freshness>, EngineError> {
        Ok(self.attribution().freshness(self.now(), max_age)?)
    }

    /// Imports a copy under its own name; the same copy again is a no-op.
    fn take_in(&self, copy: &ListCopy, accept_shrink: bool) -> Result<FolderImport, Refused> {
        let mut file = File::open(&copy.path).map_err(|error| Refused {
            waits: false,
            answered: false,
            reason: format!("{}: {error}", copy.path.display()),
        })?;
        let fetched_on = copy.fetched_at.to_zoned(TimeZone::UTC).date();
        let name = copy.path.file_name().map(|name| name.to_string_lossy().into_owned());
        let options = Options {
            file_name: name.unwrap_or_default(),
            source: SourceOptions {
                id: Some(copy.source.clone()),
                // What the copy tells of its day is read from it.
                published: copy.published.is_none().then_some(fetched_on),
                ..SourceOptions::default()
            },
            accept_shrink,
            ..Options::default()
        };
        self.attribution().import(&mut file, &options, self.now()).map_err(|error| Refused::by(&error))
    }
}

/// What the check of a list comes to that was taken in: what is not read of it makes it no success.
fn check_of(imported: &Imported) -> CheckOutcome {
    match imported.rows.left_out {
        0 => CheckOutcome::Current,
        count => {
            let were = if count == 1 { "entry was" } else { "entries were" };
            CheckOutcome::Failed(format!("{count} {were} left out: it is not all that its publisher has"))
        }
    }
}

fn wanted(update: &Update) -> Result<Vec<ListSpec>, EngineError> {
    let (sources, mut specs) = (&update.sources, official_lists());
    for (place, address) in update.addresses.iter().enumerate() {
        let question = |why: String| EngineError::Question(format!("{}: {why}", label(&address.source)));
        if update.addresses[..place].iter().any(|other| other.source == address.source) {
            return Err(question("two addresses are given for it".to_owned()));
        }
        let known = specs.iter_mut().find(|spec| spec.source.0 == address.source);
        match (&address.format, known) {
            (None, Some(spec)) => spec.url.clone_from(&address.url),
            (None, None) => {
                let why = "it is no official list that is fetched: a further list takes its format too";
                return Err(question(why.to_owned()));
            }
            (Some(_), Some(_)) => {
                return Err(question(
                    "it is an official list: name a mirror of it without a format".to_owned(),
                ));
            }
            (Some(format), None) => {
                let format = Format::from_id(format)
                    .ok_or_else(|| question(format!("there is no format `{}`", label(format))))?;
                specs.push(further(address, format).map_err(question)?);
            }
        }
    }
    if let Some(unknown) = sources.iter().find(|id| !specs.iter().any(|spec| spec.source.0 == **id)) {
        let known: Vec<&str> = specs.iter().map(|spec| spec.source.0.as_str()).collect();
        let question = format!("`{unknown}` is no list that is fetched: use {}", known.join(", "));
        return Err(EngineError::Question(question));
    }
    specs.retain(|spec| sources.is_empty() || sources.contains(&spec.source.0));
    Ok(specs)
}

/// A list that nothing here knows, in a format that is read.
fn further(address: &ListAddress, format: Format) -> Result<ListSpec, String> {
    let source = SourceId(address.source.clone());
    if !SourceId::is_well_formed(&source.0) {
        return Err("a source has 1 to 100 lower-case letters, digits, `-`, `_`, `.`".to_owned());
    }
    let least_parties = official::official(&source).map_or(1, |list| list.least_parties);
    Ok(ListSpec {
        title: source.0.clone(),
        source,
        url: address.url.clone(),
        format,
        min_bytes: 1,
        max_bytes: MOST_BYTES,
        min_records: least_parties,
    })
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

fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}
