//! The names that were prepared when an index was published: a file of their own beside the layers, named in the manifest
//! with what it was made of.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use tracehound_columns::sections::SectionFile;
use tracehound_model::SourceId;

use super::{IndexError, contents::Content};
use crate::{
    Secret,
    names::{self, NameIndex},
};

/// Which names are in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Names {
    /// Digest of the file's sections, and a part of its name.
    pub(super) file: String,
    /// The sources whose parties are in it, all those that have any, with what they said when it was made.
    pub(super) sources: BTreeMap<SourceId, Content>,
}

impl Names {
    /// As the file itself says it.
    pub(super) fn made_of(sources: &BTreeMap<SourceId, Content>) -> Vec<u8> {
        serde_json::to_vec(sources).expect("plain data always turns into JSON")
    }

    pub(super) fn path(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}{}.thx", Self::BEGINS, self.file))
    }

    /// How the file's name begins.
    pub(super) const BEGINS: &str = "names-";
}

/// A file of names, mapped when the index was opened and read when somebody asks for a name.
#[derive(Debug)]
pub(super) struct Stored {
    names: Names,
    path: PathBuf,
    /// Until it is read.
    file: Mutex<Option<SectionFile>>,
}

impl Stored {
    /// Maps the file and compares what its head states with the files beside it, where there are any.
    pub(super) fn map(folder: &Path, names: &Names, secret: Option<Secret>) -> Result<Self, IndexError> {
        let path = names.path(folder);
        let (file, digest, own) = names::map(&path)?;
        let damaged = |reason: String| IndexError::Damaged { path: path.clone(), reason };
        if digest != names.file {
            return Err(damaged(format!("it holds the names {digest}")));
        }
        if secret.is_some_and(|secret| own != secret) {
            return Err(damaged("it was made under another secret than the files beside it".to_owned()));
        }
        Ok(Self { names: names.clone(), path, file: Mutex::new(Some(file)) })
    }

    /// Reads and checks it, once; then gives what `known` gives.
    pub(super) fn read<'k>(
        &self,
        known: impl Fn() -> Option<&'k NameIndex>,
        keep: impl FnOnce(NameIndex) -> &'k NameIndex,
    ) -> Result<&'k NameIndex, IndexError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(names) = known() {
            return Ok(names);
        }
        let file = file.take().ok_or_else(|| self.damaged("it was found so before"))?;
        let names = NameIndex::open(file)?;
        if names.made_of() != Names::made_of(&self.names.sources) {
            return Err(self.damaged("it was made of another state of the lists"));
        }
        Ok(keep(names))
    }

    pub(super) fn damaged(&self, reason: &str) -> IndexError {
        IndexError::Damaged { path: self.path.clone(), reason: reason.to_owned() }
    }
}
