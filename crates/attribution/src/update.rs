//! Fetching lists from their publishers, without ever losing a good copy.
//!
//! [`fetch`] asks for a list over HTTPS, writes what comes to a temporary file, checks it there (type, size, a complete
//! read by its importer, number of records, against the copy before), and only then puts it in place. Whatever goes
//! wrong on the way, the last good copy stays what it was and the error says so.
//!
//! **Invariants.** Nothing is fetched over plain HTTP, and nothing from a private or loopback address, also not by a
//! redirect or a name that resolves to one; a list whose own address is a loopback one (a mirror on this machine, a
//! test) may stay on loopback. Time, size and redirects are bounded ([`tracehound_net::download`]).

mod copy;
mod error;
mod lists;

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    thread,
};

use jiff::Timestamp;
use tracehound_model::SourceId;
use tracehound_net::{Download, DownloadLimits, HttpError, Incoming, Validators, download};

use crate::import::{self, Format, Imported, Options, SourceOptions};

pub use copy::{ListCopy, last_good};
pub use error::{FetchFailure, UpdateError};
pub use lists::official_lists;

use copy::{Cache, Temporary};

/// Bytes from which the format is told.
const HEAD: u64 = 16 << 10;

/// A list to fetch, and what it must be like to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListSpec {
    /// The source's stable name; also names the files kept.
    pub source: SourceId,
    /// Human title.
    pub title: String,
    /// Where the publisher keeps it.
    pub url: String,
    /// What it must be.
    pub format: Format,
    /// Fewest bytes, decompressed. A list below this is a fragment.
    pub min_bytes: u64,
    /// Most bytes, decompressed.
    pub max_bytes: u64,
    /// Fewest parties (or claims, in a list without parties).
    pub min_records: u64,
}

/// Bounds on a fetch, and what is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpdateOptions {
    /// Time, redirects and tries.
    pub http: DownloadLimits,
    /// Takes a list even when it is much smaller or older than the copy before. The bounds of the [`ListSpec`] still hold.
    pub force: bool,
}

/// How a fetch ended well. Either way the copy is the newest there is, and good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// A list that was not here before.
    New(ListCopy),
    /// The publisher has the one we have: told by its answer, or by the same bytes.
    NotModified(ListCopy),
}

impl Fetched {
    /// The newest good copy.
    pub fn copy(&self) -> &ListCopy {
        match self {
            Self::New(copy) | Self::NotModified(copy) => copy,
        }
    }
}

/// Fetches all `specs` at once, each with its own outcome, in their order.
pub fn update_all(
    specs: &[ListSpec],
    cache_dir: &Path,
    options: &UpdateOptions,
) -> Vec<(ListSpec, Result<Fetched, UpdateError>)> {
    thread::scope(|scope| {
        let fetch = |spec| scope.spawn(move || fetch(spec, cache_dir, options));
        let running: Vec<_> = specs.iter().map(|spec| (spec, fetch(spec))).collect();
        let outcome = |running: thread::ScopedJoinHandle<'_, _>| match running.join() {
            Ok(outcome) => outcome,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        running.into_iter().map(|(spec, running)| (spec.clone(), outcome(running))).collect()
    })
}

/// Fetches one list into `cache_dir`, if it has changed. Another process that fetches the same list is waited for.
///
/// # Errors
/// On anything that is not a complete, plausible list; see [`FetchFailure`]. The last good copy then stays in use.
pub fn fetch(spec: &ListSpec, cache_dir: &Path, options: &UpdateOptions) -> Result<Fetched, UpdateError> {
    let mut kept = None;
    let outcome = Cache::lock(&spec.source, cache_dir).and_then(|cache| {
        kept = cache.last_good()?;
        fetch_locked(spec, &cache, kept.as_ref(), options)
    });
    let failed = |reason| {
        let (source, kept, reason) = (spec.source.clone(), kept.map(Box::new), Box::new(reason));
        UpdateError { source, kept, reason }
    };
    outcome.map_err(failed)
}

fn fetch_locked(
    spec: &ListSpec,
    cache: &Cache,
    kept: Option<&ListCopy>,
    options: &UpdateOptions,
) -> Result<Fetched, FetchFailure> {
    let temporary = cache.temporary()?;
    // Validators belong to the address that gave them.
    let known = kept.filter(|kept| kept.url == spec.url).map(validators).unwrap_or_default();
    let answer = download(&spec.url, &known, &options.http)?;
    let now = Timestamp::now();
    let incoming = match answer {
        Download::NotModified => {
            let kept = kept.ok_or(FetchFailure::Status { code: 304 })?;
            let copy = ListCopy { checked_at: now, ..kept.clone() };
            cache.remember(&copy)?;
            return Ok(Fetched::NotModified(copy));
        }
        Download::Body(incoming) => incoming,
    };
    let Validators { etag, last_modified } = incoming.validators();
    receive(spec, incoming, &temporary)?;
    let imported = check(spec, temporary.path())?;
    let records = imported.snapshot.parties.len().max(imported.snapshot.claims.len()) as u64;
    let copy = ListCopy {
        source: spec.source.clone(),
        url: spec.url.clone(),
        path: cache.path_for(&imported.sha256, spec.format),
        etag,
        last_modified,
        sha256: imported.sha256,
        bytes: imported.bytes,
        records,
        published: imported.snapshot.source.published,
        fetched_at: now,
        checked_at: now,
    };
    compare_with_bounds(spec, &copy)?;
    if let Some(kept) = kept {
        if kept.sha256 == copy.sha256 {
            let copy = ListCopy { fetched_at: kept.fetched_at, ..copy };
            cache.remember(&copy)?;
            return Ok(Fetched::NotModified(copy));
        }
        compare_with_copy(kept, &copy, options.force)?;
    }
    cache.keep(temporary, &copy)?;
    Ok(Fetched::New(copy))
}

fn validators(kept: &ListCopy) -> Validators {
    Validators { etag: kept.etag.clone(), last_modified: kept.last_modified.clone() }
}

/// Writes the list to the temporary file, synced.
fn receive(spec: &ListSpec, incoming: Box<Incoming>, temporary: &Temporary) -> Result<(), FetchFailure> {
    let content_type = incoming.content_type();
    if content_type.contains("html") {
        // What the server says of itself can repeat the address, and a mirror's key with it.
        let content_type = tracehound_net::excerpt(&spec.url, content_type.as_bytes());
        return Err(FetchFailure::ContentType { content_type });
    }
    let io = |error| FetchFailure::io("writing", temporary.path(), error);
    let mut file = File::create(temporary.path()).map_err(io)?;
    incoming.save(&mut file, spec.max_bytes).map_err(|error| match error {
        HttpError::Write(error) => io(error),
        other => other.into(),
    })?;
    file.sync_all().map_err(io)
}

/// The first bytes of a file.
fn head_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD).read_to_end(&mut head)?;
    Ok(head)
}

/// Reads the file as its importer would: what cannot be imported is not kept.
fn check(spec: &ListSpec, path: &Path) -> Result<Imported, FetchFailure> {
    let io = |error| FetchFailure::io("reading", path, error);
    let head = head_of(path).map_err(io)?;
    let found = import::sniff(&head, "");
    if found != Some(spec.format) {
        // A page can repeat the address that was asked, and a mirror's key with it.
        let begins = tracehound_net::excerpt(&spec.url, &head).chars().take(60).collect();
        return Err(FetchFailure::WrongFormat { wanted: spec.format, found, begins });
    }
    let source = SourceOptions { id: Some(spec.source.clone()), ..SourceOptions::default() };
    let options = Options { format: Some(spec.format), source, ..Options::default() };
    let mut file = File::open(path).map_err(io)?;
    Ok(import::read(&mut file, &options)?)
}

fn compare_with_bounds(spec: &ListSpec, new: &ListCopy) -> Result<(), FetchFailure> {
    if new.bytes < spec.min_bytes {
        return Err(FetchFailure::TooSmall { what: "bytes", found: new.bytes, least: spec.min_bytes });
    }
    if new.records < spec.min_records {
        return Err(FetchFailure::TooSmall { what: "records", found: new.records, least: spec.min_records });
    }
    Ok(())
}

/// Lists grow and shrink by little: one that has lost more than half, or is an older list version, is a mistake or worse.
fn compare_with_copy(kept: &ListCopy, new: &ListCopy, force: bool) -> Result<(), FetchFailure> {
    if force {
        return Ok(());
    }
    for (what, before, now) in [("bytes", kept.bytes, new.bytes), ("records", kept.records, new.records)] {
        if now < before / 2 {
            return Err(FetchFailure::Shrunk { what, before, now });
        }
    }
    match (kept.published, new.published) {
        (Some(before), Some(now)) if now < before => Err(FetchFailure::Older { before, now }),
        _ => Ok(()),
    }
}
