//! The attribution folder: store and index as one thing.
//!
//! `claims.sqlite` is the truth, `index/` is made from it and can be made again. Every change of the store counts its
//! change number up, and an index carries the number it was made from: whoever opens the folder compares them, and an
//! index that lags is made anew before it answers. Changes of the folder wait for each other, from the reading of what
//! is there to the index in force.
//!
//! The facts shipped with the product are imported like any list, once for each version of them; a corrected one
//! replaces the one before it, never a list of the user's. A folder that cannot be written still answers, from an index
//! in memory.
//!
//! **Invariant.** No index answers that lags behind the store, and no list goes without a word: where the store is
//! gone, is another one, or lacks a source that the index before had and nobody took out, the folder is refused.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{File, OpenOptions},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use tracehound_model::{Category, SourceId};

use crate::{
    ImportError, IntakeError, Scope, SourceHistory, facts,
    freshness::{Freshness, freshness},
    import::{self, Account, Format, Imported, Options, official},
    index::{Index, IndexError, Manifest, Publisher, Stamp, State},
    intake::{self, TakenIn},
    pack::{self, Pack, PackError},
    steps::{Step, Steps, Watcher},
    store::{Answer, CheckOutcome, ClaimStore, Found, Held, ImportReport, StoreError, StoreState, View},
};

/// Held while the folder is changed.
const LOCK: &str = "folder.lock";

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// A list cannot be read.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A pack was refused.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A list was read and not taken in.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index cannot be used.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A list that does not say of which day it is.
    #[error("{name} does not say of which day it is: give its date with --published YYYY-MM-DD")]
    NoDate {
        /// The file.
        name: String,
    },
    /// A person vouches for what cannot be.
    #[error("`{source_id}`: that it was all that its publisher had cannot be taken on your word: {reason}")]
    Word {
        /// The list.
        source_id: SourceId,
        /// Why.
        reason: String,
    },
    /// The store is gone, but the index made from it is there.
    #[error(
        "{} is missing or empty, but an index made from it is there: restore the file from a backup; to begin anew \
         without the lists that were in it, remove the folder {} and import them again",
        store.display(), index.display()
    )]
    Lost {
        /// Where the store should be.
        store: PathBuf,
        /// The index.
        index: PathBuf,
    },
    /// The index was made from another store.
    #[error(
        "{} is not the store that the index beside it was made from: put the right file back; to use this one with the \
         lists that are in it, remove the folder {}",
        store.display(), index.display()
    )]
    Foreign {
        /// The store.
        store: PathBuf,
        /// The index.
        index: PathBuf,
    },
    /// Lists that the index has and the store does not.
    #[error(
        "{} no longer has {}, which the index has and nobody took out: restore the file from a newer backup, or take \
         each of them out with `tracehound lists remove SOURCE` and import it again",
        store.display(), names(sources)
    )]
    LosesSources {
        /// The store.
        store: PathBuf,
        /// What it lacks.
        sources: Vec<SourceId>,
    },
    /// Lists of which the store has an earlier state than the index.
    #[error(
        "{} has an earlier state of {} than the index made from it: restore the file from a newer backup; where the \
         earlier state is meant, take each of them out with `tracehound lists remove SOURCE` and import it again",
        store.display(), names(sources)
    )]
    OlderSources {
        /// The store.
        store: PathBuf,
        /// What it has an earlier state of.
        sources: Vec<SourceId>,
    },
    /// The change is stored, but the index with it could not be put in force.
    #[error(
        "stored, but the screening index could not be made anew ({reason}): mend that; the next command makes it anew"
    )]
    Unpublished {
        /// Why.
        reason: IndexError,
    },
    /// A folder of an earlier version that this version may not bring up to date.
    #[error(
        "{} cannot be written, and what is in it is of another version of this program: run `tracehound lists list` \
         once as a user who may write there",
        path.display()
    )]
    NotUpToDate {
        /// The folder.
        path: PathBuf,
    },
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

fn names(sources: &[SourceId]) -> String {
    sources.iter().map(|id| id.0.as_str()).collect::<Vec<_>>().join(", ")
}

/// A folder of claims and the index made from them.
#[derive(Clone, Debug)]
pub struct AttributionFolder {
    dir: PathBuf,
    steps: Steps,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderImport {
    /// The format the file was read as.
    pub format: Format,
    /// What changed in the store.
    pub report: ImportReport,
    /// What became of the rows.
    pub account: Account,
    /// Columns or keys that were not read.
    pub unread: Vec<String>,
    /// Claims for which the list gives no category known here.
    pub without_category: u64,
    /// What those may be, by the words around them.
    pub proposed_category: Option<Category>,
    /// Where the list went and why, for a person.
    pub notes: Vec<String>,
}

impl FolderImport {
    /// Takes a list in that has been read.
    async fn of(
        imported: Imported,
        published: Date,
        options: &Options,
        store: &ClaimStore,
        now: Timestamp,
    ) -> Result<Self, FolderError> {
        let (format, account) = (imported.format, imported.snapshot.account);
        let unread = imported.snapshot.unread.clone();
        let without_category = imported.snapshot.without_category();
        let proposed_category =
            if without_category > 0 { imported.snapshot.proposed_category(&options.file_name) } else { None };
        let TakenIn { report, notes } = intake::take_in(store, imported, published, options, now).await?;
        // An extract of a sanctions list is about sanctions.
        let of_official = official::official(&official::list_of(&report.source)).is_some();
        let (without_category, proposed_category) =
            if of_official { (0, None) } else { (without_category, proposed_category) };
        Ok(Self { format, report, account, unread, without_category, proposed_category, notes })
    }
}

/// What the import of a pack did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackImport {
    /// The pack.
    pub name: String,
    /// The day up to which it is complete.
    pub complete_as_of: Date,
    /// What each of its advisories changed.
    pub reports: Vec<ImportReport>,
}

/// What a store holds, to be compared with an index.
struct Contents {
    sources: Vec<SourceHistory>,
    /// By source, its last change.
    changes: BTreeMap<SourceId, u64>,
    /// Sources that a person has taken out, with the last time.
    removals: BTreeMap<SourceId, Timestamp>,
}

impl Contents {
    async fn of(store: &ClaimStore, sources: Vec<SourceHistory>) -> Result<Self, StoreError> {
        Ok(Self { sources, changes: store.source_changes().await?, removals: store.removals().await? })
    }
}

/// The index of a store's state, and why it is in memory only, where it is.
struct CaughtUp {
    index: Arc<Index>,
    unpublished: Option<IndexError>,
}

impl AttributionFolder {
    /// The folder at `dir`, which need not exist.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), steps: Steps::default() }
    }

    /// Tells `watcher` of every step of a change: for tests that stop one in its midst.
    #[must_use]
    pub fn watched(self, watcher: Watcher) -> Self {
        Self { steps: Steps(Some(watcher)), ..self }
    }

    fn index_dir(&self) -> PathBuf {
        self.dir.join("index")
    }

    /// The index of what the store says now. A fresh folder, or one of an older version of the product, takes in the
    /// shipped facts first; `now` is when they are recorded as learned. An index that lags behind the store is made anew.
    pub fn index(&self, now: Timestamp) -> Result<Arc<Index>, FolderError> {
        wait(async {
            let at_hand = self.in_force().await;
            if let Some((index, true)) = at_hand {
                return Ok(index);
            }
            match self.lock() {
                Ok(_lock) => {
                    let store = self.open(now, true).await?;
                    let caught_up = self.catch_up(&store).await;
                    store.close().await;
                    Ok(caught_up?.index)
                }
                // Names that nobody has prepared are prepared when they are asked for.
                Err(error) if is_read_only(&error) => match at_hand {
                    Some((index, _)) => Ok(index),
                    None => self.without_writing(now).await,
                },
                Err(error) => Err(error),
            }
        })
    }

    /// Imports one list and publishes the index anew. On an error nothing has changed, except on
    /// [`FolderError::Unpublished`].
    pub fn import(
        &self,
        input: &mut dyn Read,
        options: &Options,
        now: Timestamp,
    ) -> Result<FolderImport, FolderError> {
        let imported = import::read(input, options)?;
        let published =
            options.source.published.map_or_else(|| date_of(&imported, &options.file_name), Ok)?;
        intake::check_day(published, now)?;
        self.change(now, true, async |store| {
            Ok(FolderImport::of(imported, published, options, store, now).await)
        })?
    }

    /// Decides against the list versions of `source` that wait for an answer; how many there were.
    pub fn reject(&self, source: &SourceId, now: Timestamp) -> Result<u64, FolderError> {
        self.change(now, true, async |store| store.answer(source, Date::MAX, Answer::Rejected, now).await)
    }

    /// How fresh every official list is, and every other sanctions list here.
    pub fn freshness(&self, now: Timestamp, max_age_days: u16) -> Result<Vec<Freshness>, FolderError> {
        let sources = self.sources(now)?;
        let found = self.ask(async |store| Ok((store.last_checks().await?, store.held().await?)))?;
        let (checks, held) = found.unwrap_or_default();
        Ok(freshness(&sources, &checks, &held, now, max_age_days))
    }

    /// Records a person's word that the list version of `published`, which is the newest here, is all that the publisher of
    /// `source` had at the moment `at`: they fetched it then.
    pub fn record_word(
        &self,
        source: &SourceId,
        published: Date,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<(), FolderError> {
        let refused =
            |reason: &str| Err(FolderError::Word { source_id: source.clone(), reason: reason.to_owned() });
        if at > now {
            return refused("the moment has not come");
        }
        if at.to_zoned(TimeZone::UTC).date() < published {
            return refused("it is before the day of the list itself");
        }
        let sources = self.sources(now)?;
        let history = sources.iter().find(|history| history.source.id == *source);
        let newest = history.and_then(|history| history.snapshots.last().copied());
        if newest.is_some_and(|newest| newest > published) {
            return refused("a newer list version of it is here");
        }
        if let Some(day) = history.and_then(|history| history.waiting) {
            return refused(&format!(
                "the version of {day} waits for an answer: take it with --accept-shrink, or decide against it with \
                 `tracehound lists reject {source}`"
            ));
        }
        if history.and_then(|history| history.scope_on(published)).is_none_or(|scope| scope == Scope::Extract)
        {
            return refused(
                "what is here of that day is a part of a list, or a list of which not all was read, and nobody's word makes it \
                 the whole",
            );
        }
        self.record_check(source, at, &CheckOutcome::Word)
    }

    /// The list versions that wait for a person's answer.
    pub fn held(&self) -> Result<Vec<Held>, FolderError> {
        self.ask(async |store| store.held().await).map(Option::unwrap_or_default)
    }

    /// Asks the store what changes nothing, in a folder that cannot be written too; `None` where there is no store.
    fn ask<T>(
        &self,
        question: impl AsyncFnOnce(&ClaimStore) -> Result<T, StoreError>,
    ) -> Result<Option<T>, FolderError> {
        wait(async {
            match ClaimStore::look(&self.dir).await? {
                Found::Nothing => Ok(None),
                Found::Older => Err(FolderError::NotUpToDate { path: self.dir.clone() }),
                Found::Store(_) => {
                    let store = ClaimStore::open_to_read(&self.dir).await?;
                    let answer = question(&store).await;
                    store.close().await;
                    Ok(Some(answer?))
                }
            }
        })
    }

    /// Takes a source out. What it said stays on record in the store and is believed no more. Gives the days of the
    /// list versions that went.
    pub fn remove(&self, source: &SourceId, now: Timestamp) -> Result<Vec<Date>, FolderError> {
        let named = Manifest::read(&self.index_dir())
            .ok()
            .flatten()
            .is_some_and(|manifest| manifest.sources().contains(source));
        // What is missing already may be what is to go.
        self.change(now, false, async |store| {
            let known = store.sources().await?.iter().any(|history| history.source.id == *source);
            if !known && !named {
                return Err(StoreError::Unknown { what: format!("source `{source}`") });
            }
            let gone = store.remove_source(source, now).await?;
            Ok(intake::end_extracts(store, source, true, now).await.map(|()| gone))
        })?
        .map_err(Into::into)
    }

    /// Takes in a pack of advisories with its signature (the text of the `.minisig` file), where it is of `key` or, without
    /// one, of a key that was given before; the key is remembered. On an error nothing has changed.
    pub fn import_pack(
        &self,
        bytes: &[u8],
        signature: &str,
        key: Option<&str>,
        accept_shrink: bool,
        now: Timestamp,
    ) -> Result<PackImport, FolderError> {
        let given = key.map(pack::public_key).transpose()?;
        self.change(now, true, async |store| {
            Ok(take_in_pack(store, bytes, signature, given, accept_shrink, now).await)
        })?
    }

    /// Records what came of asking the publisher of `source` at the moment `at`, and publishes it with the index.
    pub fn record_check(
        &self,
        source: &SourceId,
        at: Timestamp,
        outcome: &CheckOutcome,
    ) -> Result<(), FolderError> {
        self.change(at, true, async |store| store.record_check(source, at, outcome).await)
    }

    /// Puts an earlier list version of a source in force again. Gives the days of the later ones, which are taken back.
    pub fn revert(
        &self,
        source: &SourceId,
        list_version: Date,
        now: Timestamp,
    ) -> Result<Vec<Date>, FolderError> {
        self.change(now, true, async |store| {
            let gone = store.revert(source, list_version, now).await?;
            Ok(intake::end_extracts(store, source, true, now).await.map(|()| gone))
        })?
        .map_err(Into::into)
    }

    /// Makes the index anew from the store.
    pub fn rebuild(&self, now: Timestamp) -> Result<Arc<Index>, FolderError> {
        wait(async {
            let _lock = self.lock()?;
            let store = self.open(now, true).await?;
            let published = self.publish(&store).await;
            store.close().await;
            settled(published?)
        })
    }

    /// All sources with the dates of their list versions.
    pub fn sources(&self, now: Timestamp) -> Result<Vec<SourceHistory>, FolderError> {
        Ok(self.index(now)?.sources().to_vec())
    }

    /// One change of the store and the index with it, while nobody else changes the folder. `whole`: only if the store
    /// lacks nothing.
    fn change<T>(
        &self,
        now: Timestamp,
        whole: bool,
        work: impl AsyncFnOnce(&ClaimStore) -> Result<T, StoreError>,
    ) -> Result<T, FolderError> {
        wait(async {
            let _lock = self.lock()?;
            let store = self.open(now, whole).await?;
            let done = work(&store).await;
            // Also after an error: a change that was stored before may wait for its index.
            let caught_up = self.catch_up(&store).await;
            store.close().await;
            let done = done?;
            settled(caught_up?)?;
            Ok(done)
        })
    }

    /// Waits until nobody else changes the folder, and keeps others out until the file is dropped.
    fn lock(&self) -> Result<File, FolderError> {
        std::fs::create_dir_all(&self.dir).map_err(io_at(&self.dir))?;
        let path = self.dir.join(LOCK);
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(io_at(&path))?;
        file.lock().map_err(io_at(&path))?;
        self.steps.made(Step::Locked).map_err(io_at(&path))?;
        Ok(file)
    }

    /// The index in force, where it is of the store's state and both are of this version: the common case, which takes
    /// no lock. Whatever else is found is for the one who holds the lock to judge. And whether its names are prepared.
    async fn in_force(&self) -> Option<(Arc<Index>, bool)> {
        let Ok(Found::Store(state)) = ClaimStore::look(&self.dir).await else { return None };
        let manifest = Manifest::read(&self.index_dir()).ok()??;
        Some((self.matching(&manifest, &state)?, manifest.is_prepared()))
    }

    /// The index that `manifest` names, where it is of this state.
    fn matching(&self, manifest: &Manifest, state: &StoreState) -> Option<Arc<Index>> {
        let right = manifest.stamp.as_ref() == Some(&stamp_of(state))
            && state.shipped.as_deref() == Some(&facts::shipped_version());
        if !right {
            return None;
        }
        manifest.open(&self.index_dir()).ok().map(Arc::new)
    }

    /// Opens the store, brings it up to date, and takes in what is shipped. The lock is held.
    async fn open(&self, now: Timestamp, whole: bool) -> Result<ClaimStore, FolderError> {
        self.refuse_another(&ClaimStore::look(&self.dir).await?)?;
        let store = ClaimStore::open(&self.dir).await?.watched(self.steps.clone());
        if whole {
            self.refuse_loss(&Contents::of(&store, store.sources().await?).await?)?;
        }
        take_in_shipped(&store, now).await?;
        self.steps.made(Step::Opened).map_err(io_at(&self.dir))?;
        Ok(store)
    }

    /// Refuses a store that is gone or another one than the index was made from.
    fn refuse_another(&self, found: &Found) -> Result<(), FolderError> {
        let (store, index) = (self.dir.join(crate::store::FILE_NAME), self.index_dir());
        let manifest = match Manifest::read(&index) {
            Ok(Some(manifest)) => manifest,
            // It names no store, but there was one.
            Err(_) if *found == Found::Nothing => return Err(FolderError::Lost { store, index }),
            Err(error @ IndexError::Io { .. }) => return Err(error.into()),
            Ok(None) | Err(_) => return Ok(()),
        };
        match (found, manifest.stamp) {
            (Found::Nothing, _) => Err(FolderError::Lost { store, index }),
            (Found::Store(state), Some(stamp)) if stamp.store != state.store => {
                Err(FolderError::Foreign { store, index })
            }
            (Found::Older, Some(_)) => Err(FolderError::Foreign { store, index }),
            (Found::Older | Found::Store(_), _) => Ok(()),
        }
    }

    /// The index of the store's state: the one in force, or a new one. The lock is held.
    async fn catch_up(&self, store: &ClaimStore) -> Result<CaughtUp, FolderError> {
        let before = Manifest::read(&self.index_dir()).ok().flatten();
        let state = store.state().await?;
        let before = before.filter(Manifest::is_prepared);
        if let Some(index) = before.as_ref().and_then(|manifest| self.matching(manifest, &state)) {
            return Ok(CaughtUp { index, unpublished: None });
        }
        self.publish(store).await
    }

    /// Makes the index of the store's state and puts it in force; where it cannot be written, in memory. The lock is
    /// held.
    async fn publish(&self, store: &ClaimStore) -> Result<CaughtUp, FolderError> {
        let mut view = store.view().await?;
        self.refuse_loss(&Contents::of(store, view.sources().await?).await?)?;
        let index = match self.put_in_force(&mut view).await {
            Ok(index) => return Ok(CaughtUp { index: Arc::new(index), unpublished: None }),
            Err(FolderError::Index(error @ IndexError::Io { .. })) => error,
            Err(error) => return Err(error),
        };
        drop(view);
        let in_memory = Index::from_corpus(&store.corpus().await?)?;
        Ok(CaughtUp { index: Arc::new(in_memory), unpublished: Some(index) })
    }

    async fn put_in_force(&self, view: &mut View) -> Result<Index, FolderError> {
        let state = view.state().await?;
        let state = State {
            stamp: stamp_of(&state),
            secret: state.secret,
            sources: view.sources().await?,
            changes: view.source_changes().await?,
        };
        let mut publisher = Publisher::begin(&self.index_dir(), state)?;
        for source in publisher.wanted() {
            let claim = |claim| publisher.claim(&claim).map_err(FolderError::from);
            view.claims_of(&source, claim).await?;
            let party = |party| {
                publisher.party(party);
                Ok::<_, FolderError>(())
            };
            view.parties_of(&source, party).await?;
        }
        self.steps.made(Step::Read).map_err(IndexError::io("publishing in", self.index_dir()))?;
        Ok(publisher.publish(&self.steps)?)
    }

    /// Refuses a store without a source that the index before had, unless it was taken out, and one that was put back from
    /// before the index was made: its sources' last changes are earlier than those the index knows.
    fn refuse_loss(&self, store: &Contents) -> Result<(), FolderError> {
        let Ok(Some(before)) = Manifest::read(&self.index_dir()) else { return Ok(()) };
        let known: BTreeSet<&SourceId> = store.sources.iter().map(|history| &history.source.id).collect();
        // What was taken out before it was imported again is none of what the index knows.
        let recorded = before.recorded();
        let removed = |id: &SourceId| store.removals.get(id).is_some_and(|at| Some(at) >= recorded.get(id));
        let mut lost = before.sources();
        lost.retain(|id| !known.contains(id) && !removed(id));
        let path = || self.dir.join(crate::store::FILE_NAME);
        if !lost.is_empty() {
            return Err(FolderError::LosesSources { store: path(), sources: lost });
        }
        let is_older = |(id, change): &(&SourceId, u64)| {
            known.contains(id) && store.changes.get(*id).is_none_or(|has| has < change)
        };
        let older: Vec<SourceId> = before.changes().filter(is_older).map(|(id, _)| id.clone()).collect();
        if older.is_empty() {
            return Ok(());
        }
        Err(FolderError::OlderSources { store: path(), sources: older })
    }

    /// The index of a folder that cannot be written.
    async fn without_writing(&self, now: Timestamp) -> Result<Arc<Index>, FolderError> {
        let found = ClaimStore::look(&self.dir).await?;
        self.refuse_another(&found)?;
        let not_up_to_date = || FolderError::NotUpToDate { path: self.dir.clone() };
        match found {
            Found::Nothing => {
                let store = ClaimStore::open_in_memory().await?;
                take_in_shipped(&store, now).await?;
                Ok(Arc::new(Index::from_corpus(&store.corpus().await?)?))
            }
            Found::Older => Err(not_up_to_date()),
            Found::Store(state) if state.shipped.as_deref() != Some(&facts::shipped_version()) => {
                Err(not_up_to_date())
            }
            Found::Store(_) => {
                let store = ClaimStore::open_to_read(&self.dir).await?;
                let corpus = store.corpus().await?;
                self.refuse_loss(&Contents::of(&store, corpus.sources.clone()).await?)?;
                Ok(Arc::new(Index::from_corpus(&corpus)?))
            }
        }
    }
}

/// Checks a pack and takes it in.
async fn take_in_pack(
    store: &ClaimStore,
    bytes: &[u8],
    signature: &str,
    given: Option<String>,
    accept_shrink: bool,
    now: Timestamp,
) -> Result<PackImport, FolderError> {
    let keys = match given {
        Some(key) => vec![key],
        None => store.trusted_keys().await?,
    };
    let signer = pack::verify(bytes, signature, &keys)?;
    let pack = Pack::read(bytes).map_err(PackError::Import)?;
    let today = now.to_zoned(TimeZone::UTC).date();
    if pack.complete_as_of > today {
        return Err(PackError::Future { complete_as_of: pack.complete_as_of, today }.into());
    }
    let in_force = store.pack_in_force(&pack.name).await?;
    if let Some((in_force, _)) = in_force.as_ref().filter(|(day, _)| *day > pack.complete_as_of) {
        let error = PackError::Older { found: pack.complete_as_of, in_force: *in_force };
        return Err(error.into());
    }
    pack.check_sources()?;
    if !accept_shrink {
        refuse_weakening(store, &pack).await?;
    }
    store.trust(signer, now).await?;
    let mut reports = Vec::with_capacity(pack.lists.len());
    for advisory in &pack.lists {
        let published = date_of(advisory, "an advisory of the pack")?;
        reports.push(store.import(&advisory.snapshot, published, now, &advisory.sha256).await?);
    }
    // Last: whoever is stopped before imports the same pack again.
    store.record_pack(&pack, Some(signer), now).await?;
    Ok(PackImport { name: pack.name, complete_as_of: pack.complete_as_of, reports })
}

/// Refuses a pack that ends or weakens what one of its sources says by now.
async fn refuse_weakening(store: &ClaimStore, pack: &Pack) -> Result<(), FolderError> {
    let mut view = store.view().await?;
    let sources = view.sources().await?;
    for source in pack.sources() {
        let known = sources.iter().find(|history| history.source.id == source);
        let mut held = pack::Held { kind: known.map(|history| history.source.kind), ..pack::Held::default() };
        let take = |claim| {
            held.claims.push(claim);
            Ok::<_, StoreError>(())
        };
        view.claims_of(&source, take).await?;
        let take = |party| {
            held.parties.push(party);
            Ok::<_, StoreError>(())
        };
        view.parties_of(&source, take).await?;
        pack.check_weakens_nothing(&source, &held)?;
    }
    Ok(())
}

/// Takes in the shipped facts of this version, unless the store has them.
async fn take_in_shipped(store: &ClaimStore, now: Timestamp) -> Result<(), FolderError> {
    let version = facts::shipped_version();
    if store.state().await?.shipped.as_ref() == Some(&version) {
        return Ok(());
    }
    let pack = facts::advisories()?;
    for advisory in &pack.lists {
        let published = date_of(advisory, "a shipped fact")?;
        store.import_shipped(&advisory.snapshot, published, now, &advisory.sha256).await?;
    }
    store.record_pack(&pack, None, now).await?;
    let (list_versions, vouched) = facts::ofac()?;
    store.import_list_versions(&list_versions, now).await?;
    store.record_vouched(&list_versions.snapshot.source.id, vouched.since, vouched.until).await?;
    Ok(store.remember_shipped(&version).await?)
}

/// The index, where it is in force.
fn settled(caught_up: CaughtUp) -> Result<Arc<Index>, FolderError> {
    match caught_up.unpublished {
        None => Ok(caught_up.index),
        Some(reason) => Err(FolderError::Unpublished { reason }),
    }
}

fn stamp_of(state: &StoreState) -> Stamp {
    Stamp { store: state.store.clone(), change: state.change }
}

fn date_of(imported: &Imported, name: &str) -> Result<Date, FolderError> {
    imported.snapshot.source.published.ok_or_else(|| FolderError::NoDate { name: name.to_owned() })
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_owned();
    |source| FolderError::Io { path, source }
}

/// Whether the folder cannot be written for a reason that will not pass.
fn is_read_only(error: &FolderError) -> bool {
    let kinds = [io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem];
    matches!(error, FolderError::Io { source, .. } if kinds.contains(&source.kind()))
}

/// Runs the store's asynchronous calls for callers that are not.
fn wait<T>(work: impl Future<Output = Result<T, FolderError>>) -> Result<T, FolderError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(io_at(Path::new("a runtime")))?.block_on(work)
}
