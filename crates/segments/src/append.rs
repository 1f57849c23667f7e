//! The one writer's hold on a folder: its lock, and the manifest in force.

use std::path::{Path, PathBuf};

use crate::{
    Commit, Key, Lock, Manifest, Note, Segment, SegmentsError, Store, Stray,
    files::{
        end_of, generation_of, not_there, open_named, read_manifest, remove_remains, remove_segment, strays,
    },
    lock,
};

/// A folder taken for writing. What it names is durable once it says so, in this order: a segment's files, the manifest
/// that names it, the note of the commit.
#[derive(Debug)]
pub struct Folder {
    dir: PathBuf,
    store: Store,
    lock: Lock,
    manifest: Manifest,
}

impl Folder {
    /// Takes the folder, and begins a store of `chain` in it where there is none.
    ///
    /// # Errors
    /// When another writer has it, and when what lies in it is damaged, older than its last commit, or of another chain.
    pub fn take(dir: &Path, store: Store, chain: &str) -> Result<Self, SegmentsError> {
        std::fs::create_dir_all(dir).map_err(SegmentsError::io("creating", dir))?;
        let lock = lock(dir)?;
        let manifest = match read_manifest(dir, &store) {
            Err(SegmentsError::Absent { .. }) => {
                let manifest = Manifest::new(chain, Key::random()?, store.formats);
                manifest.replace(dir)?;
                manifest
            }
            read => read?,
        };
        if manifest.chain != chain {
            return Err(SegmentsError::OtherChain {
                path: dir.to_owned(),
                found: manifest.chain,
                wanted: chain.to_owned(),
            });
        }
        if Note::read(dir).outdates(&manifest) {
            return Err(Manifest::does_not_fit(dir, "it is an old one: more was committed after it"));
        }
        Ok(Self { dir: dir.to_owned(), store, lock, manifest })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The manifest in force.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The count of the commit to come.
    pub fn next_generation(&self) -> u64 {
        self.manifest.generation + 1
    }

    /// Maps the segments, and settles what a crash left beside them. A segment that a commit had sealed before it was killed
    /// is handed to `adopt` as the last of all, which mends what its rows say of others; then it is named.
    ///
    /// # Errors
    /// When something cannot be read, or is not this store's; what `adopt` says.
    pub fn take_up<S: Segment, E: From<SegmentsError>>(
        &mut self,
        adopt: impl FnOnce(&str, &[S]) -> Result<(), E>,
    ) -> Result<Vec<S>, E> {
        let dir = self.dir.clone();
        let mut segments: Vec<S> =
            open_named(&dir, &self.manifest, true).map_err(|error| not_there(&dir, error))?;
        let (mut superseded, mut next) = (Vec::new(), None);
        for (name, stray) in strays::<S>(&dir, &self.manifest, end_of(&segments))? {
            match stray {
                Stray::Next if next.is_none() => next = Some(name),
                _ => superseded.push(name),
            }
        }
        if let Some(name) = next {
            segments.push(S::open(&dir, &name, true)?);
            adopt(&name, &segments)?;
            let generation = generation_of(&name).unwrap_or_else(|| self.next_generation());
            self.change(|manifest| {
                manifest.segments.push(name);
                manifest.generation = generation;
            })?;
        }
        remove_remains(&dir, &self.store, &superseded)?;
        Ok(segments)
    }

    /// Puts a changed manifest in force; where it cannot be written, the one of before still is.
    fn change(&mut self, change: impl FnOnce(&mut Manifest)) -> Result<(), SegmentsError> {
        let mut manifest = self.manifest.clone();
        change(&mut manifest);
        manifest.replace(&self.dir)?;
        self.manifest = manifest;
        Ok(())
    }

    /// Says for whoever reads that a writer is at work from now on.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(&mut self) -> Result<(), SegmentsError> {
        self.lock.begin()
    }

    /// Says that nothing beside segments tells of rows beyond the store.
    pub fn end(&mut self) {
        self.lock.end();
    }

    /// Gives the store a format and, where it has none, a key.
    ///
    /// # Errors
    /// When the manifest cannot be written.
    pub fn convert(&mut self, format: u32, key: Key) -> Result<(), SegmentsError> {
        self.change(|manifest| {
            manifest.format = format;
            manifest.key.get_or_insert(key);
        })
    }

    /// Names a sealed segment behind those that are there. Durable when it returns.
    ///
    /// # Errors
    /// When the manifest cannot be written; then it is named by whoever opens the folder next, or by another try.
    pub fn append(&mut self, name: &str) -> Result<(), SegmentsError> {
        self.change(|manifest| {
            manifest.generation += 1;
            manifest.segments.push(name.to_owned());
        })
    }

    /// Puts one segment in the place of those from `keep` on, or none. Durable when it returns; gives those whose files may
    /// go now.
    ///
    /// # Errors
    /// When the manifest cannot be written.
    pub fn replace_from(&mut self, keep: usize, name: Option<&str>) -> Result<Vec<String>, SegmentsError> {
        self.change(|manifest| {
            manifest.replaced = manifest.segments.split_off(keep.min(manifest.segments.len()));
            manifest.generation += 1;
            manifest.segments.extend(name.map(str::to_owned));
        })?;
        Ok(self.manifest.replaced.clone())
    }

    /// Puts a segment in the place of one that holds the same rows. Durable when it returns; gives the one whose files may
    /// go now.
    ///
    /// # Errors
    /// When the manifest cannot be written.
    pub fn rewrite(&mut self, at: usize, name: &str) -> Result<Option<String>, SegmentsError> {
        let mut old = None;
        self.change(|manifest| {
            old = manifest.segments.get_mut(at).map(|own| std::mem::replace(own, name.to_owned()));
            manifest.generation += 1;
        })?;
        Ok(old)
    }

    /// Notes that the manifest's commit is the last, with so many rows in the store.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn committed(&mut self, rows: u64) -> Result<(), SegmentsError> {
        self.lock.committed(Commit { generation: self.manifest.generation, rows })
    }

    /// Removes the files of segments that the manifest names no more.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn remove(&self, names: &[String]) -> Result<(), SegmentsError> {
        names.iter().try_for_each(|name| remove_segment(&self.dir, name, &self.store))
    }
}
