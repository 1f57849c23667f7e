//! Helpers of the tests.

use std::{collections::BTreeSet, fs::File};

use jiff::{Timestamp, civil::Date};
use tracehound_attribution::{
    ImportError,
    import::{Imported, Options, Snapshot, read},
    store::ClaimStore,
};
use tracehound_model::{Claim, Subject};

/// Reads a real file, or says that it is skipped.
pub(crate) fn real(name: &str) -> Option<Imported> {
    let path = tracehound_testkit::shared_data(name)?;
    let mut file = File::open(path).expect("the file is there");
    Some(read(&mut file, &named(name)).expect("the real list is read"))
}

/// Options for a file of this name.
pub(crate) fn named(name: &str) -> Options {
    Options { file_name: name.rsplit('/').next().unwrap_or_default().to_owned(), ..Options::default() }
}

/// Reads a text as a file of this name.
pub(crate) fn text(name: &str, text: &str) -> Result<Snapshot, ImportError> {
    read(&mut text.as_bytes(), &named(name)).map(|imported| imported.snapshot)
}

/// The address, parsed.
pub(crate) fn address(text: &str) -> Subject {
    Subject::Address(text.parse().expect("a good address"))
}

pub(crate) fn day(text: &str) -> Date {
    text.parse().expect("a good date")
}

/// The moment this many seconds after an arbitrary one.
pub(crate) fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + seconds).expect("in range")
}

/// Runs to the end on this thread.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

pub(crate) async fn import(store: &ClaimStore, snapshot: &Snapshot, seconds: i64, sha256: &str) {
    let published = snapshot.source.published.expect("a dated snapshot");
    store.import(snapshot, published, moment(seconds), sha256).await.expect("imported");
}

pub(crate) fn subjects(claims: &[Claim]) -> BTreeSet<Subject> {
    claims.iter().map(|claim| claim.subject.clone()).collect()
}
