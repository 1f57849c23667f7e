//! `CURRENT`: which files are in force, which of their sources count, and of which state of which store they were made.
//!
//! One line of JSON and one with its SHA-256. A folder of version 0.1.0 has one line with the name of a file.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{self, Read},
    path::Path,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tracehound_columns::{Column, sections::SectionFile};
use tracehound_model::{Source, SourceId};

use super::{
    Index, IndexError,
    contents::{self, Content},
    layer::Layer,
    layout::KIND_1,
    prepared::{Names, Stored},
};
use crate::SourceHistory;

/// Names the files in force.
pub(super) const CURRENT: &str = "CURRENT";
/// Longest manifest.
const MAX_BYTES: u64 = 64 << 20;
/// The format of the manifest.
const FORMAT: u32 = 3;
/// The one before, without prepared names: those are made by whoever publishes next.
const FORMAT_2: u32 = 2;

/// Which state of which store an index was made from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The store's random name.
    pub store: String,
    /// The number of its last change.
    pub change: u64,
}

/// A file in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    /// Digest of its sections, and a part of its name.
    pub(super) file: String,
    /// Its sources that count, each with the number of the store's change by which it was last touched.
    pub(super) sources: BTreeMap<SourceId, u64>,
}

/// What `CURRENT` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    format: u32,
    /// What the index was made from; `None` for one of version 0.1.0, which did not say.
    pub stamp: Option<Stamp>,
    pub(super) parts: Vec<Part>,
    pub(super) described: Vec<(SourceHistory, Content)>,
    /// The names of the parties, prepared; none where an earlier version published the index.
    #[serde(default)]
    pub(super) names: Option<Names>,
    /// Of a folder of version 0.1.0: its sources, where its file can be read.
    #[serde(skip)]
    before: Vec<SourceId>,
}

impl Manifest {
    pub(super) fn new(
        stamp: Stamp,
        parts: Vec<Part>,
        described: Vec<(SourceHistory, Content)>,
        names: Names,
    ) -> Self {
        Self { format: FORMAT, stamp: Some(stamp), parts, described, names: Some(names), before: Vec::new() }
    }

    /// The manifest in `folder`, where an index has been published.
    pub fn read(folder: &Path) -> Result<Option<Self>, IndexError> {
        let path = folder.join(CURRENT);
        let mut bytes = Vec::new();
        match File::open(&path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(IndexError::io("reading", path)(error)),
        }
        let damaged = |reason: String| IndexError::Damaged { path: path.clone(), reason };
        let text = std::str::from_utf8(&bytes).map_err(|error| damaged(error.to_string()))?;
        if let Some(digest) = text.strip_suffix('\n').and_then(|line| digest_in(line, "index-")) {
            let before = sources_of_version_1(&folder.join(format!("index-{digest}.thx")));
            return Ok(Some(Self {
                format: 1,
                stamp: None,
                parts: Vec::new(),
                described: Vec::new(),
                names: None,
                before,
            }));
        }
        let lines = text.strip_suffix('\n').and_then(|text| text.split_once('\n'));
        let (json, sum) = lines.ok_or_else(|| damaged("it names no index file".to_owned()))?;
        if sum != hex::encode(Sha256::digest(json)) {
            return Err(damaged("its checksum is wrong".to_owned()));
        }
        let manifest: Self = serde_json::from_str(json).map_err(|error| damaged(error.to_string()))?;
        let sorted = manifest.described.is_sorted_by(|(a, _), (b, _)| a.source.id < b.source.id);
        let is_named = |names: &Names| {
            let same = |(id, content): (&SourceId, &Content)| manifest.says(id) == Some(content);
            is_digest(&names.file) && names.sources.iter().all(same)
        };
        let is_named = manifest.names.as_ref().map_or(manifest.format == FORMAT_2, is_named);
        match manifest.format {
            FORMAT | FORMAT_2
                if sorted && is_named && manifest.parts.iter().all(|part| is_digest(&part.file)) =>
            {
                Ok(Some(manifest))
            }
            FORMAT | FORMAT_2 => Err(damaged("it names no index file".to_owned())),
            found => Err(IndexError::Version { path, found, expected: FORMAT }),
        }
    }

    /// What a source says.
    fn says(&self, id: &SourceId) -> Option<&Content> {
        let place = self.described.binary_search_by(|(history, _)| history.source.id.cmp(id)).ok()?;
        Some(&self.described[place].1)
    }

    /// Whether the names of its parties are prepared.
    pub(crate) fn is_prepared(&self) -> bool {
        self.names.is_some()
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let json = serde_json::to_string(self).expect("plain data always turns into JSON");
        let sum = hex::encode(Sha256::digest(&json));
        format!("{json}\n{sum}\n").into_bytes()
    }

    /// The sources in the index.
    pub fn sources(&self) -> Vec<SourceId> {
        let described = self.described.iter().map(|(history, _)| history.source.id.clone());
        described.chain(self.before.iter().cloned()).collect()
    }

    /// By source, when the newest list version of it that is here was recorded.
    pub fn recorded(&self) -> BTreeMap<SourceId, Timestamp> {
        let described = self.described.iter().map(|(history, _)| &history.source);
        described.map(|source| (source.id.clone(), source.recorded_at)).collect()
    }

    /// By source, the number of the store's change by which it was last touched.
    pub fn changes(&self) -> impl Iterator<Item = (&SourceId, u64)> {
        self.parts.iter().flat_map(|part| part.sources.iter().map(|(id, change)| (id, *change)))
    }

    /// The digest of the index.
    pub(super) fn digest(&self) -> String {
        contents::digest(self.described.iter().map(|(history, content)| (history, content)))
    }

    /// Opens its files, each with the sources that count in it.
    pub(super) fn layers(&self, folder: &Path) -> Result<Vec<Layer>, IndexError> {
        let open = |part: &Part| {
            let mut layer = open_named(folder, &part.file)?;
            let counting: BTreeSet<SourceId> = part.sources.keys().cloned().collect();
            layer.restrict(counting);
            Ok(layer)
        };
        self.parts.iter().map(open).collect()
    }

    /// Opens the index it names.
    pub(crate) fn open(&self, folder: &Path) -> Result<Index, IndexError> {
        let layers = self.layers(folder)?;
        let secret = layers.first().map(|layer| layer.secret);
        let names = self.names.as_ref().map(|names| Stored::map(folder, names, secret)).transpose()?;
        let secret = secret.unwrap_or_default();
        if let Some(other) = layers.iter().find(|layer| layer.secret != secret) {
            return Err(other.damaged("it was made under another secret than the files beside it".to_owned()));
        }
        Ok(Index::of(layers, secret, self.described.clone(), names))
    }
}

/// The names of the sources in a file of version 0.1.0; none where they cannot be read.
fn sources_of_version_1(path: &Path) -> Vec<SourceId> {
    let read = || {
        let mut file = SectionFile::open(path, KIND_1).ok()?;
        let mut sections = (0..11).map(|_| file.column::<u8>());
        let json: Column<u8> = sections.nth(10)?.ok()?;
        serde_json::from_slice::<Vec<(Source, serde::de::IgnoredAny)>>(&json).ok()
    };
    read().unwrap_or_default().into_iter().map(|(source, _)| source.id).collect()
}

pub(super) fn file_name(digest: &str) -> String {
    format!("layer-{digest}.thx")
}

/// The digest in the name of a file that begins so. Anything else, such as a path, is no such name.
pub(super) fn digest_in<'a>(name: &'a str, begins: &str) -> Option<&'a str> {
    let digest = name.strip_prefix(begins)?.strip_suffix(".thx")?;
    is_digest(digest).then_some(digest)
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

pub(super) fn open_named(folder: &Path, digest: &str) -> Result<Layer, IndexError> {
    let path = folder.join(file_name(digest));
    let layer = Layer::open(&path)?;
    if layer.digest == digest {
        return Ok(layer);
    }
    let reason = format!("it holds the layer {}", layer.digest);
    Err(IndexError::Damaged { path, reason })
}
