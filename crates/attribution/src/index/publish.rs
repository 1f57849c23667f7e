//! Putting an index in force.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use tracehound_columns::files;
use tracehound_model::{Claim, Party, SourceId};

use super::{
    Index, IndexError,
    build::Builder,
    claims_of,
    contents::Content,
    layer::Layer,
    manifest::{CURRENT, Manifest, Part, Stamp, digest_in, file_name, open_named},
    parties_of,
    prepared::{Names, Stored},
};
use crate::{
    Corpus, Secret, SourceHistory,
    names::{self, NameIndex, Prepared},
    steps::{Step, Steps},
};

/// Held while publishing.
const LOCK: &str = "publish.lock";
/// A layer takes in those before it that are not more than this many times as large: so there are few layers, each much
/// larger than all after it, and what is added costs in proportion to itself.
const GROWTH: usize = 4;

/// Builds the index of `corpus`, puts it in force for every process, and gives it.
///
/// A file is written under a temporary name, synced and renamed to `layer-<digest>.thx`, then `CURRENT` is replaced in
/// the same way: at every moment, and after a crash at any moment, `CURRENT` names whole files. Those that it named
/// before are kept, older ones are removed; whoever has one open keeps it. Publishers wait for each other. On an error
/// the index that was in force stays so.
pub fn publish(folder: &Path, corpus: &Corpus, stamp: &Stamp, secret: Secret) -> Result<Index, IndexError> {
    let state = State {
        stamp: stamp.clone(),
        secret,
        sources: corpus.sources.clone(),
        // Each is taken for touched.
        changes: BTreeMap::new(),
    };
    let mut publisher = Publisher::begin(folder, state)?;
    corpus.claims.iter().try_for_each(|claim| publisher.claim(claim))?;
    corpus.parties.iter().for_each(|party| publisher.party(party.clone()));
    publisher.publish(&Steps::default())
}

/// What an index is to be of, besides claims and parties.
pub(crate) struct State {
    /// Which state of which store.
    pub(crate) stamp: Stamp,
    /// The store's secret.
    pub(crate) secret: Secret,
    /// Every source.
    pub(crate) sources: Vec<SourceHistory>,
    /// By source, the number of the change that last touched what it says.
    pub(crate) changes: BTreeMap<SourceId, u64>,
}

/// Publishes: tells which sources it has to be given anew, takes their claims and parties, and puts the index in force.
pub(crate) struct Publisher {
    folder: PathBuf,
    state: State,
    before: Option<Manifest>,
    /// Layers in force, each with the sources that have not been touched since.
    layers: Vec<Layer>,
    builder: Builder,
    /// Until this file is closed, no other publisher is at work.
    _lock: File,
}

impl Publisher {
    /// Begins, after waiting for other publishers.
    pub(crate) fn begin(folder: &Path, mut state: State) -> Result<Self, IndexError> {
        fs::create_dir_all(folder).map_err(IndexError::io("making the folder", folder))?;
        let lock_path = folder.join(LOCK);
        let lock = OpenOptions::new().write(true).create(true).truncate(false).open(&lock_path);
        let lock = lock.map_err(IndexError::io("opening", &lock_path))?;
        lock.lock().map_err(IndexError::io("locking", &lock_path))?;
        state.sources.sort_by(|a, b| a.source.id.cmp(&b.source.id));
        let before = Manifest::read(folder).ok().flatten();
        let layers = before.as_ref().and_then(|manifest| untouched(folder, manifest, &state));
        Ok(Self {
            folder: folder.to_owned(),
            builder: Builder::new(state.secret),
            state,
            before,
            layers: layers.unwrap_or_default(),
            _lock: lock,
        })
    }

    /// The sources whose claims and parties are wanted: new ones, and those touched since the index in force was made.
    pub(crate) fn wanted(&self) -> Vec<SourceId> {
        let sources = self.state.sources.iter().map(|history| history.source.id.clone());
        sources.filter(|id| !self.layers.iter().any(|layer| layer.counts(id))).collect()
    }

    pub(crate) fn claim(&mut self, claim: &Claim) -> Result<(), IndexError> {
        self.builder.claim(claim)
    }

    pub(crate) fn party(&mut self, party: Party) {
        self.builder.party(party);
    }

    /// Puts the index in force and gives it.
    pub(crate) fn publish(mut self, steps: &Steps) -> Result<Index, IndexError> {
        let made = {
            let folder = self.folder.clone();
            move |step| steps.made(step).map_err(IndexError::io("publishing in", folder.clone()))
        };
        let mut fresh: BTreeSet<SourceId> = self.wanted().into_iter().collect();
        if !fresh.is_empty() {
            self.take_in_smaller(&mut fresh)?;
        }
        // Of the sources of kept layers the names before tell which have parties.
        let mut with_parties = self.builder.sources_of_parties();
        let mut contents = self.contents();
        let mut parts: Vec<Part> =
            self.layers.iter().map(|layer| self.part(&layer.digest, &layer.counting)).collect();
        if !fresh.is_empty() {
            let of = |history: &&SourceHistory| fresh.contains(&history.source.id);
            let described: Vec<SourceHistory> = self.state.sources.iter().filter(of).cloned().collect();
            let builder = std::mem::replace(&mut self.builder, Builder::new(self.state.secret));
            let built = builder.finish(&described);
            let digest = built.digest();
            contents.extend(built.contents.clone());
            let layer = if let Ok(layer) = open_named(&self.folder, &digest) {
                layer
            } else {
                built.write(&self.folder.join(file_name(&digest)))?;
                // The file is read on opening: not while it is held a second time.
                drop(built);
                files::sync_dir(&self.folder)?;
                open_named(&self.folder, &digest)?
            };
            self.layers.push(layer);
            parts.push(self.part(&digest, &fresh));
        }
        let names = self.prepare(&mut with_parties, &contents)?;
        made(Step::Filed)?;
        let described =
            self.state.sources.iter().map(|history| {
                (history.clone(), contents.get(&history.source.id).cloned().unwrap_or_default())
            });
        let stored = Stored::map(&self.folder, &names, Some(self.state.secret))?;
        let manifest = Manifest::new(self.state.stamp.clone(), parts, described.collect(), names);
        let layers = std::mem::take(&mut self.layers);
        let index = Index::of(layers, self.state.secret, manifest.described.clone(), Some(stored));
        if self.before.as_ref() != Some(&manifest) {
            files::write_durably(&self.folder.join(CURRENT), &[&manifest.encode()])?;
            files::sync_dir(&self.folder)?;
        }
        made(Step::Published)?;
        self.remove_old(&manifest)?;
        made(Step::Tidied)?;
        Ok(index)
    }

    /// Takes the claims and parties of layers into the new one that are not much larger than it, or mostly outdated.
    fn take_in_smaller(&mut self, fresh: &mut BTreeSet<SourceId>) -> Result<(), IndexError> {
        self.layers.sort_by_key(|layer| layer.live_claims);
        for layer in std::mem::take(&mut self.layers) {
            let small = layer.live_claims <= GROWTH * self.builder.claim_count();
            let outdated = layer.live_claims * 2 < layer.claims.len();
            if !small && !outdated {
                self.layers.push(layer);
                continue;
            }
            claims_of(&layer).try_for_each(|claim| self.builder.claim(&claim.to_claim()))?;
            let parties = layer.parties()?.into_iter().filter(|party| layer.counts(&party.source));
            parties.for_each(|party| self.builder.party(party));
            fresh.extend(layer.counting.iter().cloned());
        }
        Ok(())
    }

    /// The names of all parties, prepared: those before, where no source that has any was touched, or a new file.
    fn prepare(
        &self,
        with_parties: &mut BTreeSet<SourceId>,
        contents: &BTreeMap<SourceId, Content>,
    ) -> Result<Names, IndexError> {
        let before = self.before.as_ref().and_then(|manifest| manifest.names.as_ref());
        let is_there = |id: &&SourceId| self.layers.iter().any(|layer| layer.counts(id));
        if let Some(before) = before {
            with_parties.extend(before.sources.keys().filter(is_there).cloned());
            let same = |(id, content): (&SourceId, &Content)| contents.get(id) == Some(content);
            let is_whole = || {
                let (file, _, secret) = names::map(&before.path(&self.folder)).ok()?;
                let opened = NameIndex::open(file).ok()?;
                (secret == self.state.secret && opened.made_of() == Names::made_of(&before.sources))
                    .then_some(())
            };
            let all = before.sources.keys().eq(with_parties.iter());
            if all && before.sources.iter().all(same) && is_whole().is_some() {
                return Ok(before.clone());
            }
        }
        let parties = parties_of(&self.layers)?;
        let sources = parties.iter().map(|party| &party.source).collect::<BTreeSet<_>>().into_iter();
        let sources = sources.map(|id| (id.clone(), contents.get(id).cloned().unwrap_or_default())).collect();
        let prepared = Prepared::of(&parties, self.state.secret, &Names::made_of(&sources))?;
        let names = Names { file: prepared.digest(), sources };
        prepared.write(&names.path(&self.folder))?;
        files::sync_dir(&self.folder)?;
        Ok(names)
    }

    fn part(&self, digest: &str, sources: &BTreeSet<SourceId>) -> Part {
        let change = |id: &SourceId| self.state.changes.get(id).copied().unwrap_or(0);
        let sources = sources.iter().map(|id| (id.clone(), change(id))).collect();
        Part { file: digest.to_owned(), sources }
    }

    /// What the sources of the kept layers say, in one number each.
    fn contents(&self) -> BTreeMap<SourceId, Content> {
        let before = self.before.iter().flat_map(|manifest| &manifest.described);
        before.map(|(history, content)| (history.source.id.clone(), content.clone())).collect()
    }

    /// Removes files that neither the manifest in force nor the one before names, temporary ones that a publisher left
    /// behind when it was stopped, and those of version 0.1.0.
    fn remove_old(&self, manifest: &Manifest) -> Result<(), IndexError> {
        let before = self.before.iter().flat_map(|manifest| &manifest.parts);
        let kept: BTreeSet<&str> =
            manifest.parts.iter().chain(before).map(|part| part.file.as_str()).collect();
        let before = self.before.as_ref().and_then(|manifest| manifest.names.as_ref());
        let kept_names: BTreeSet<&str> =
            manifest.names.iter().chain(before).map(|names| names.file.as_str()).collect();
        let folder = &self.folder;
        for entry in fs::read_dir(folder).map_err(IndexError::io("listing", folder))? {
            let entry = entry.map_err(IndexError::io("listing", folder))?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let left_behind =
                name.ends_with(".tmp") || name == "SHIPPED" || digest_in(&name, "index-").is_some();
            let old = digest_in(&name, "layer-").is_some_and(|digest| !kept.contains(digest))
                || digest_in(&name, Names::BEGINS).is_some_and(|digest| !kept_names.contains(digest));
            if old || left_behind {
                let path = entry.path();
                match fs::remove_file(&path) {
                    // Where a mapped file cannot be removed (Windows), the next publisher tries again.
                    Err(error) if error.kind() == io::ErrorKind::PermissionDenied && cfg!(windows) => {}
                    removed => removed.map_err(IndexError::io("removing", &path))?,
                }
            }
        }
        Ok(())
    }
}

/// The layers in force with the sources that have not been touched since; `None` when they are of another store or
/// secret, or cannot be read: then everything is made anew.
fn untouched(folder: &Path, manifest: &Manifest, state: &State) -> Option<Vec<Layer>> {
    if manifest.stamp.as_ref()?.store != state.stamp.store {
        return None;
    }
    let known: BTreeSet<&SourceId> = state.sources.iter().map(|history| &history.source.id).collect();
    let mut layers = manifest.layers(folder).ok()?;
    for (layer, part) in layers.iter_mut().zip(&manifest.parts) {
        if layer.secret != state.secret {
            return None;
        }
        let same =
            |(id, change): &(&SourceId, &u64)| known.contains(id) && state.changes.get(id) == Some(*change);
        layer.restrict(part.sources.iter().filter(same).map(|(id, _)| id.clone()).collect());
    }
    layers.retain(|layer| !layer.counting.is_empty());
    Some(layers)
}
