//! The folder of the packs in force.
//!
//! `packs.json` names them, the packs lie beside it under names with their digests. A pack comes into force when
//! `packs.json` is replaced, which is one rename after the pack is whole: a program killed at any point leaves the packs that
//! were in force before. Whoever answers holds the packs it opened.
//!
//! `packs.json` names every pack that lies there, also the one that is about to come and those that are about to go. So one that
//! it does not name tells that it is not the list of this folder: nothing is answered, and nothing removed, by another.
//!
//! A note beside the folder says what is in force in it, so that a folder that is gone, or one of another day, is no shelf without packs.
//! It is written after the list where a pack comes, and before it where one goes: it never names what the list does not yet.
//!
//! What comes in is looked at in full, once: by whom it is signed, that it is newer than the one of its name in force and not
//! too old, and that each label may be in a pack. Unsigned packs are taken as the user's own (`private`), under names that
//! no signed pack has.

mod error;
mod packs;

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{self, BufRead, Read},
    path::{Path, PathBuf},
};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tracehound_columns::{ColumnError, files};

use crate::{
    Pack,
    correction::{Correction, CorrectionError, MAX_CORRECTIONS, Wanted},
    delta::{self, DeltaError},
    shipped::Shipped,
    signature::Keys,
};

pub use error::ShelfError;
pub use packs::{Found, Packs, Unreadable};

/// Held while the folder is changed.
const LOCK: &str = "labels.lock";
/// What is in force.
const IN_FORCE: &str = "packs.json";
/// What is in force, as it is noted beside the folder.
const NOTE: &str = "labels-in-force.json";
/// The operator's own corrections: JSON lines. No pack and no refresh touches them.
const CORRECTIONS: &str = "corrections.jsonl";
/// What corrections are called among packs.
pub const OWN: &str = "corrections";
/// Longest file of corrections.
const MAX_CORRECTIONS_FILE: u64 = 1 << 30;
/// Longest list of packs that is read.
const MAX_LIST: u64 = 4 << 20;
/// Largest pack that is taken in.
const MAX_PACK: u64 = 2 << 30;
/// Longest first line of a delta.
const MAX_HEAD: u64 = 64 << 10;
/// Longest signature file.
const MAX_SIGNATURE: u64 = 4 << 10;
/// How often packs are opened again when they change meanwhile.
const RETRIES: usize = 3;
/// How many keys have to sign a pack in the project's name.
const PROJECT_KEYS: usize = 2;
/// Signatures that are looked for beside a file.
const MAX_SIGNATURES: usize = 9;

/// A pack in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u64,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// By what the file is known again on opening; one that was taken in before there was this is read in full for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seal: Option<String>,
    /// By whose keys it was taken; `None` for one that nobody has signed.
    pub keys: Option<Keys>,
    /// Whether it is one of the program's own, unsigned ([`shipped`](crate::shipped)).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shipped: bool,
}

/// What `packs.json` holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    /// What is in force.
    packs: Vec<Entry>,
    /// Files that may lie there and are not in force: on their way in or out.
    #[serde(default)]
    passing: BTreeSet<String>,
    /// How many corrections there have been, at the least.
    #[serde(default)]
    corrections: u64,
}

impl State {
    fn read(json: &[u8]) -> Result<Self, serde_json::Error> {
        let value: serde_json::Value = serde_json::from_slice(json)?;
        // A bare list was written before files on their way were named.
        if value.is_array() {
            return Ok(Self { packs: serde_json::from_value(value)?, ..Self::default() });
        }
        serde_json::from_value(value)
    }

    fn is_well_formed(&self) -> bool {
        let well_formed = |entry: &Entry| {
            let digest =
                entry.sha256.len() == 64 && entry.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
            digest && tracehound_model::SourceId::is_well_formed(&entry.name)
        };
        let names: BTreeSet<&str> = self.packs.iter().map(|entry| entry.name.as_str()).collect();
        self.packs.iter().all(well_formed) && names.len() == self.packs.len()
    }

    /// The packs of this state that another one lacks, or has in a version of before.
    fn beyond(&self, other: &Self) -> Vec<Entry> {
        let has = |entry: &&Entry| {
            other.packs.iter().any(|held| held.name == entry.name && held.version >= entry.version)
        };
        self.packs.iter().filter(|entry| !has(entry)).cloned().collect()
    }

    fn names(&self, file: &str) -> bool {
        self.passing.contains(file) || self.packs.iter().any(|entry| entry.file() == file)
    }
}

/// What came of a shipped pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is in force now.
    New,
    /// It, or a later one that was shipped, was in force already.
    There,
    /// A signed pack of its name is in force, which it takes nothing from.
    Signed,
}

impl Entry {
    fn file(&self) -> String {
        format!("{}-{}{PACK}", self.name, &self.sha256[..16.min(self.sha256.len())])
    }
}

/// The folder.
#[derive(Clone, Debug)]
pub struct Shelf {
    folder: PathBuf,
}

impl Shelf {
    /// The packs in this folder, which need not be there.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The packs in force, by name.
    ///
    /// # Errors
    /// A list that cannot be read, or that lacks what was in force.
    pub fn list(&self) -> Result<Vec<Entry>, ShelfError> {
        let (state, lost) = self.state_and_lost()?;
        if lost.is_empty() { Ok(state.packs) } else { Err(self.lost(&lost)) }
    }

    /// What `packs.json` says, and the packs that were in force by the note beside the folder and are not by that.
    fn state_and_lost(&self) -> Result<(State, Vec<Entry>), ShelfError> {
        let mut note = self.note()?;
        let mut tries = 0;
        loop {
            let state = self.state()?;
            let lost = note.beyond(&state);
            // Whoever removes a pack meanwhile takes it off the note first.
            let again = if lost.is_empty() || tries == RETRIES { note.clone() } else { self.note()? };
            if again == note {
                return Ok((state, lost));
            }
            (note, tries) = (again, tries + 1);
        }
    }

    fn lost(&self, lost: &[Entry]) -> ShelfError {
        let names = lost.iter().map(|entry| format!("{} version {}", entry.name, entry.version)).collect();
        ShelfError::Lost { note: self.note_path().display().to_string(), names }
    }

    /// The note beside the folder.
    fn note_path(&self) -> PathBuf {
        self.folder.with_file_name(NOTE)
    }

    fn note(&self) -> Result<State, ShelfError> {
        let path = self.note_path();
        let wrong = |reason: String| ShelfError::List { path: path.display().to_string(), reason };
        let Some(json) = read_list(&path).map_err(&wrong)? else { return Ok(State::default()) };
        let note = State::read(&json).map_err(|error| wrong(error.to_string()))?;
        if note.is_well_formed() { Ok(note) } else { Err(wrong("it names what is no pack".to_owned())) }
    }

    fn write_note(&self, note: &State) -> Result<(), ShelfError> {
        let path = self.note_path();
        let json = serde_json::to_vec_pretty(note).expect("plain data always turns into JSON");
        files::write_durably(&path, &[&json])?;
        Ok(files::sync_dir(path.parent().unwrap_or(Path::new(".")))?)
    }

    /// What `packs.json` says, where every pack that lies there is named in it.
    fn state(&self) -> Result<State, ShelfError> {
        // In this order: whoever takes a pack in names its file before it lies there.
        let lying = self.labels_files()?;
        let json = self.read_list()?;
        let state = self.parsed(json.as_deref())?;
        let is_stray = |file: &String| !state.names(file) && self.folder.join(file).exists();
        let Some(stray) = lying.into_iter().find(is_stray) else { return Ok(state) };
        let path = self.folder.join(IN_FORCE).display().to_string();
        Err(match json {
            None => ShelfError::Gone { path, stray },
            Some(_) => ShelfError::Stray { path, stray },
        })
    }

    fn parsed(&self, json: Option<&[u8]>) -> Result<State, ShelfError> {
        let Some(json) = json else { return Ok(State::default()) };
        let wrong = |reason: String| self.unreadable(IN_FORCE, reason);
        let state = State::read(json).map_err(|error| wrong(error.to_string()))?;
        if state.is_well_formed() { Ok(state) } else { Err(wrong("it names what is no pack".to_owned())) }
    }

    fn unreadable(&self, file: &str, reason: String) -> ShelfError {
        ShelfError::List { path: self.folder.join(file).display().to_string(), reason }
    }

    fn read_list(&self) -> Result<Option<Vec<u8>>, ShelfError> {
        read_list(&self.folder.join(IN_FORCE)).map_err(|reason| self.unreadable(IN_FORCE, reason))
    }

    /// The packs that lie in the folder.
    fn labels_files(&self) -> Result<Vec<String>, ShelfError> {
        let io = |error| ShelfError::from(ColumnError::io("reading", &self.folder)(error));
        let folder = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            folder => folder.map_err(io)?,
        };
        let mut files = Vec::new();
        for file in folder {
            let name = file.map_err(io)?.file_name().to_string_lossy().into_owned();
            if name.ends_with(PACK) {
                files.push(name);
            }
        }
        files.sort();
        Ok(files)
    }

    /// Opens the packs in force.
    ///
    /// # Errors
    /// A list or a pack that cannot be read: nothing is answered as if it were not there.
    pub fn open(&self) -> Result<Packs, ShelfError> {
        let open = |entry: Entry| match self.open_one(&entry) {
            Ok(pack) => Ok((pack, entry)),
            Err(why) => {
                let Entry { name, version, .. } = entry;
                Err(ShelfError::InForce { name, version, why: Box::new(why) })
            }
        };
        let packs: Result<Vec<(Pack, Entry)>, ShelfError> = self.list()?.into_iter().map(open).collect();
        let packs = packs?.into_iter().map(|(pack, entry)| (entry, pack)).collect();
        Ok(Packs::new(packs, Vec::new(), self.corrections()?))
    }

    /// Opens the packs in force that can be read, and remembers those that cannot: whoever answers from the others says so.
    pub fn open_readable(&self) -> Packs {
        let mut packs = self.open_listed();
        // Whoever applies a pack takes the one before away once the new one is listed.
        for _ in 0..RETRIES {
            if packs.unreadable().iter().all(|one| one.entry.is_none()) {
                break;
            }
            let again = self.open_listed();
            if again.as_of() == packs.as_of() {
                break;
            }
            packs = again;
        }
        packs
    }

    fn open_listed(&self) -> Packs {
        let (mut packs, mut unreadable) = (Vec::new(), Vec::new());
        match self.state_and_lost() {
            Ok((state, lost)) => {
                let gone = |entry: Entry| {
                    let why = self.lost(std::slice::from_ref(&entry)).to_string();
                    Unreadable { entry: Some(entry), why }
                };
                unreadable.extend(lost.into_iter().map(gone));
                for entry in state.packs {
                    match self.open_one(&entry) {
                        Ok(pack) => packs.push((entry, pack)),
                        Err(error) => {
                            unreadable.push(Unreadable { entry: Some(entry), why: error.to_string() });
                        }
                    }
                }
            }
            Err(error) => unreadable.push(Unreadable { entry: None, why: error.to_string() }),
        }
        let corrections = self.corrections().unwrap_or_else(|error| {
            let why = error.to_string();
            if !unreadable.iter().any(|other: &Unreadable| other.why == why) {
                unreadable.push(Unreadable { entry: None, why });
            }
            Vec::new()
        });
        Packs::new(packs, unreadable, corrections)
    }

    fn open_one(&self, entry: &Entry) -> Result<Pack, ShelfError> {
        let path = self.folder.join(entry.file());
        let pack = Pack::open(&path)?;
        let is_it = match &entry.seal {
            Some(seal) => pack.seal(&entry.sha256) == *seal,
            None => pack.digest()? == entry.sha256,
        };
        if is_it && pack.manifest().name == entry.name && pack.manifest().version == entry.version {
            Ok(pack)
        } else {
            Err(ShelfError::Changed { path: path.display().to_string() })
        }
    }

    /// The operator's own corrections, by number, those that were withdrawn too.
    ///
    /// # Errors
    /// A file that cannot be read: nothing is answered as if nothing had been corrected.
    pub fn corrections(&self) -> Result<Vec<Correction>, ShelfError> {
        let path = self.folder.join(CORRECTIONS);
        let wrong = |reason: String| ShelfError::List { path: path.display().to_string(), reason };
        let file = match files::open_plain(&path, OpenOptions::new().read(true)) {
            Ok((_, length)) if length > MAX_CORRECTIONS_FILE => {
                return Err(wrong("it is too long".to_owned()));
            }
            Ok((file, _)) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return self.none_is_gone(Vec::new()),
            Err(error) => return Err(wrong(error.to_string())),
        };
        let lines = io::BufReader::new(file.take(MAX_CORRECTIONS_FILE)).lines();
        let read = |(number, line): (u64, io::Result<String>)| {
            let line = line.map_err(|error| error.to_string())?;
            let correction: Correction =
                serde_json::from_str(&line).map_err(|error| format!("line {number}: {error}"))?;
            let is_it =
                correction.number == number && correction.row.provenance.source == correction.by.source();
            if is_it {
                Ok(correction)
            } else {
                Err(format!("line {number} is no correction that was made here"))
            }
        };
        let all = (1..).zip(lines).map(read).collect::<Result<Vec<_>, String>>().map_err(wrong)?;
        self.none_is_gone(all)
    }

    fn none_is_gone(&self, all: Vec<Correction>) -> Result<Vec<Correction>, ShelfError> {
        let noted = self.note()?.corrections;
        let written = self.parsed(self.read_list()?.as_deref())?.corrections.max(noted);
        let found = all.len() as u64;
        if found >= written {
            return Ok(all);
        }
        Err(ShelfError::CorrectionsGone {
            path: self.folder.join(CORRECTIONS).display().to_string(),
            found,
            written,
        })
    }

    /// Writes a correction down. It is in force at once, and stays until it is withdrawn, whatever packs come and go.
    ///
    /// # Errors
    /// What is wrong with it, or the system.
    pub fn correct(&self, wanted: Wanted, today: Date) -> Result<Correction, ShelfError> {
        let _lock = self.lock()?;
        let mut corrections = self.corrections()?;
        if corrections.len() >= MAX_CORRECTIONS {
            return Err(CorrectionError::TooMany.into());
        }
        let made = Correction::new(wanted, corrections.len() as u64 + 1, today)?;
        corrections.push(made.clone());
        self.write_corrections(&corrections)?;
        // That they have been is remembered apart from them: a file that is gone or shorter is no folder without corrections.
        let mut state = self.parsed(self.read_list()?.as_deref())?;
        state.corrections = corrections.len() as u64;
        self.write(&state)?;
        Ok(made)
    }

    /// Takes a correction back. It stays in the file, and says nothing any more.
    ///
    /// # Errors
    /// A number that no correction in force has, or the system.
    pub fn withdraw(&self, number: u64, today: Date) -> Result<Correction, ShelfError> {
        let _lock = self.lock()?;
        let mut corrections = self.corrections()?;
        let mut of_number =
            corrections.iter_mut().filter(|one| one.number == number && one.withdrawn.is_none());
        let correction = of_number.next().ok_or(CorrectionError::NoSuchNumber(number))?;
        correction.withdrawn = Some(today);
        let withdrawn = correction.clone();
        self.write_corrections(&corrections)?;
        Ok(withdrawn)
    }

    fn write_corrections(&self, corrections: &[Correction]) -> Result<(), ShelfError> {
        let mut lines = Vec::new();
        for correction in corrections {
            serde_json::to_writer(&mut lines, correction).expect("plain data always turns into JSON");
            lines.push(b'\n');
        }
        files::write_durably(&self.folder.join(CORRECTIONS), &[&lines])?;
        Ok(files::sync_dir(&self.folder)?)
    }

    /// Takes a pack in. `keys` are those that a person trusts now; without any, those by which the one of its name in
    /// force was taken. `today` decides whether it is too old.
    ///
    /// # Errors
    /// A pack that is not taken: the packs in force are what they were.
    pub fn apply(&self, file: &Path, keys: Option<Keys>, today: Date) -> Result<Entry, ShelfError> {
        let _lock = self.lock()?;
        let bytes = read_bounded(file)?;
        let signatures = signatures_beside(file)?;
        let staged = Staged::new(&self.folder, &bytes)?;
        let pack = Pack::open(&staged.path).map_err(|error| error.of_copy(file))?;
        let entry = self.judged(&pack, &bytes, keys, &signatures, today)?;
        pack.check().map_err(|error| error.of_copy(file))?;
        drop(pack);
        self.put_in_force(staged, entry)
    }

    /// Takes in packs of this program, as they are: they are believed as the program is, and are as old as it is.
    ///
    /// # Errors
    /// One whose name a pack of the user's own has: no pack is taken then.
    pub fn apply_shipped(&self, packs: &[Shipped]) -> Result<Vec<(Entry, Taken)>, ShelfError> {
        let _lock = self.lock()?;
        let before = self.state()?.packs;
        let own = |entry: &&Entry| entry.keys.is_none() && !entry.shipped;
        if let Some(entry) =
            before.iter().filter(own).find(|entry| packs.iter().any(|pack| pack.name == entry.name))
        {
            return Err(ShelfError::Shipped { name: entry.name.clone() });
        }
        let mut taken = Vec::new();
        for shipped in packs {
            let held = before.iter().find(|entry| entry.name == shipped.name);
            if let Some(held) = held.filter(|held| held.keys.is_some()) {
                taken.push((held.clone(), Taken::Signed));
                continue;
            }
            let unpack = ColumnError::io("unpacking", Path::new(shipped.name));
            let staged = Staged::new(&self.folder, &shipped.unpack().map_err(unpack)?)?;
            let pack = Pack::open(&staged.path)?;
            let version = pack.manifest().version;
            match held {
                Some(held) if held.version > version || held.version == version && self.is_whole(held) => {
                    taken.push((held.clone(), Taken::There));
                }
                _ => {
                    let name = shipped.name.to_owned();
                    let sha256 = pack.digest()?;
                    let seal = Some(pack.seal(&sha256));
                    let entry = Entry { name, version, sha256, seal, keys: None, shipped: true };
                    drop(pack);
                    taken.push((self.put_in_force(staged, entry)?, Taken::New));
                }
            }
        }
        Ok(taken)
    }

    /// Makes the next pack from the one of its name in force and a delta, and puts it in force. The delta is signed by the keys
    /// that the pack in force was taken by, where there are any; `keys` that are given have to be those.
    ///
    /// # Errors
    /// A delta that is not taken: the packs in force are what they were.
    pub fn apply_delta(
        &self,
        name: &str,
        file: &Path,
        keys: Option<&Keys>,
        today: Date,
    ) -> Result<Entry, ShelfError> {
        let _lock = self.lock()?;
        let entry = self.entry(name)?;
        if keys.is_some() && keys != entry.keys.as_ref() {
            return Err(ShelfError::OtherKeys { name: entry.name });
        }
        if entry.shipped {
            return Err(ShelfError::Shipped { name: entry.name });
        }
        let bytes = read_bounded(file)?;
        if let Some(keys) = &entry.keys {
            let signatures = signatures_beside(file)?;
            if signatures.is_empty() {
                return Err(ShelfError::Unsigned { name: name.to_owned() });
            }
            keys.verify(&bytes, &signatures)?;
        }
        let base = Pack::open(&self.folder.join(entry.file()))?;
        let staged = Staged::empty(&self.folder);
        let manifest = delta::apply(io::Cursor::new(&bytes), &base, &staged.path)?;
        let pack = Pack::open(&staged.path).map_err(|error| error.of_copy(file))?;
        if manifest.name != entry.name {
            return Err(ShelfError::NoSuchPack { name: manifest.name });
        }
        check_day(&pack, today)?;
        check_newer(&pack, &entry)?;
        let sha256 = pack.digest()?;
        let seal = Some(pack.seal(&sha256));
        let next = Entry { version: manifest.version, sha256, seal, ..entry };
        drop(pack);
        self.put_in_force(staged, next)
    }

    /// Takes a pack out of force, with all that it says, in one step.
    ///
    /// # Errors
    /// A name that no pack in force has.
    pub fn remove(&self, name: &str) -> Result<Entry, ShelfError> {
        let _lock = self.lock()?;
        let (mut state, mut note) = (self.swept()?, self.note()?);
        let held = state.packs.iter().position(|entry| entry.name == name);
        let held = held.map(|place| state.packs.remove(place));
        let noted = note.packs.iter().position(|entry| entry.name == name);
        let noted = noted.map(|place| note.packs.remove(place));
        state.passing.extend(held.as_ref().map(Entry::file));
        let gone = held.or(noted).ok_or_else(|| ShelfError::NoSuchPack { name: name.to_owned() })?;
        self.write_note(&note)?;
        self.write(&state)?;
        self.sweep(&state);
        Ok(gone)
    }

    fn entry(&self, name: &str) -> Result<Entry, ShelfError> {
        let found = self.state()?.packs.into_iter().find(|entry| entry.name == name);
        found.ok_or_else(|| ShelfError::NoSuchPack { name: name.to_owned() })
    }

    /// Whether a pack may come into force, and as what.
    fn judged(
        &self,
        pack: &Pack,
        bytes: &[u8],
        keys: Option<Keys>,
        signatures: &[String],
        today: Date,
    ) -> Result<Entry, ShelfError> {
        let manifest = pack.manifest();
        let name = manifest.name.clone();
        // One that was in force and is gone is not forgotten: neither its keys nor its version.
        let (state, lost) = self.state_and_lost()?;
        let before = lost.into_iter().chain(state.packs).find(|entry| entry.name == name);
        check_day(pack, today)?;
        let held = before.as_ref().and_then(|entry| entry.keys.clone());
        if let (Some(held), Some(given)) = (&held, &keys)
            && held != given
        {
            return Err(ShelfError::OtherKeys { name });
        }
        let keys = held.or(keys);
        let ours = is_named_ours(&name);
        match &keys {
            None if signatures.is_empty() && ours => return Err(ShelfError::Shipped { name }),
            // One stolen or made-up key signs nothing in the project's name.
            Some(keys) if ours && keys.needed() < PROJECT_KEYS => return Err(ShelfError::Shipped { name }),
            None if signatures.is_empty() => {}
            None => return Err(ShelfError::NoKey { name }),
            Some(_) if signatures.is_empty() => return Err(ShelfError::Unsigned { name }),
            Some(keys) => {
                keys.verify(bytes, signatures)?;
            }
        }
        let sha256 = pack.digest()?;
        // The very same one is taken again: its file may be what is damaged.
        if let Some(before) = before.filter(|before| before.sha256 != sha256 || before.shipped) {
            check_newer(pack, &before)?;
        }
        let seal = Some(pack.seal(&sha256));
        Ok(Entry { name, version: manifest.version, sha256, seal, keys, shipped: false })
    }

    /// Whether the file of a pack in force is the one that was taken in.
    fn is_whole(&self, entry: &Entry) -> bool {
        let digest = Pack::open(&self.folder.join(entry.file())).and_then(|pack| pack.digest());
        digest.is_ok_and(|digest| digest == entry.sha256)
    }

    fn lock(&self) -> Result<File, ShelfError> {
        fs::create_dir_all(&self.folder).map_err(ColumnError::io("making the folder", &self.folder))?;
        let path = self.folder.join(LOCK);
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).clone();
        let (lock, _) = files::open_plain(&path, &options).map_err(ColumnError::io("opening", &path))?;
        lock.lock().map_err(ColumnError::io("locking", &path))?;
        Ok(lock)
    }

    fn put_in_force(&self, staged: Staged, entry: Entry) -> Result<Entry, ShelfError> {
        let mut state = self.swept()?;
        let file = entry.file();
        if !state.names(&file) {
            state.passing.insert(file.clone());
            self.write(&state)?;
        }
        staged.keep(&self.folder.join(&file))?;
        let before = state.packs.iter().position(|other| other.name == entry.name);
        let before = before.map(|place| state.packs.remove(place).file()).filter(|before| *before != file);
        state.packs.push(entry.clone());
        state.packs.sort_by(|a, b| a.name.cmp(&b.name));
        state.passing.remove(&file);
        state.passing.extend(before);
        self.write(&state)?;
        self.sweep(&state);
        Ok(entry)
    }

    /// What `packs.json` says, without the files that have gone since.
    fn swept(&self) -> Result<State, ShelfError> {
        let mut state = self.state()?;
        state.passing.retain(|file| self.folder.join(file).exists());
        Ok(state)
    }

    fn write(&self, state: &State) -> Result<(), ShelfError> {
        let before = self.note()?;
        let json = serde_json::to_vec_pretty(state).expect("plain data always turns into JSON");
        files::write_durably(&self.folder.join(IN_FORCE), &[&json])?;
        files::sync_dir(&self.folder)?;
        // What was lost stays noted until it is applied again or removed.
        let mut packs = before.beyond(state);
        let is_lost = |entry: &&Entry| packs.iter().any(|lost: &Entry| lost.name == entry.name);
        let held: Vec<Entry> = state.packs.iter().filter(|entry| !is_lost(entry)).cloned().collect();
        packs.extend(held);
        packs.sort_by(|a, b| a.name.cmp(&b.name));
        let corrections = state.corrections.max(before.corrections);
        self.write_note(&State { packs, corrections, ..State::default() })
    }

    /// Removes what has been in force, and what a killed program left. Readers that hold a removed file go on with it. What
    /// cannot be removed now is removed by the next change: nothing reads it. No pack that the list does not name is touched.
    fn sweep(&self, state: &State) {
        for file in &state.passing {
            drop(fs::remove_file(self.folder.join(file)));
        }
        let Ok(folder) = fs::read_dir(&self.folder) else { return };
        for file in folder.flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            if name.ends_with(STAGED) || name.ends_with(TEMPORARY) {
                drop(fs::remove_file(file.path()));
            }
        }
    }
}

/// The name of the project, with which the names of its packs begin. Written otherwise, it would still be read so.
fn is_named_ours(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    plain.starts_with("tracehound")
}

/// The pack that a file is a delta to; `None` for one that does not begin as deltas do.
///
/// # Errors
/// A file that cannot be read, or begins as a delta and is none.
pub fn name_of_delta(path: &Path) -> Result<Option<String>, ShelfError> {
    let (file, _) =
        files::open_plain(path, OpenOptions::new().read(true)).map_err(ColumnError::io("opening", path))?;
    let mut head = Vec::new();
    let read = io::BufReader::new(file.take(MAX_HEAD)).read_until(b'\n', &mut head);
    read.map_err(ColumnError::io("reading", path))?;
    if !head.starts_with(b"{") {
        return Ok(None);
    }
    let head: Result<delta::Head, _> = serde_json::from_slice(&head);
    let wrong = |error: serde_json::Error| DeltaError::Line { line: 1, reason: error.to_string() };
    Ok(Some(head.map_err(wrong)?.plan.name))
}

fn check_day(pack: &Pack, today: Date) -> Result<(), ShelfError> {
    let manifest = pack.manifest();
    let what = match manifest.expires {
        _ if manifest.issued > today => format!("is of {}, which has not come", manifest.issued),
        Some(expires) if manifest.is_expired(today) => format!("has been too old since {expires}"),
        _ => return Ok(()),
    };
    Err(ShelfError::Day { name: manifest.name.clone(), version: manifest.version, what })
}

fn check_newer(pack: &Pack, before: &Entry) -> Result<(), ShelfError> {
    let found = pack.manifest().version;
    if found > before.version {
        return Ok(());
    }
    Err(ShelfError::Older { name: before.name.clone(), found, in_force: before.version })
}

/// The bytes of a list of packs; `None` where there is no such file.
fn read_list(path: &Path) -> Result<Option<Vec<u8>>, String> {
    let file = match files::open_plain(path, OpenOptions::new().read(true)) {
        Ok((_, length)) if length > MAX_LIST => return Err("it is too long".to_owned()),
        Ok((file, _)) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let mut json = Vec::new();
    file.take(MAX_LIST).read_to_end(&mut json).map_err(|error| error.to_string())?;
    Ok(Some(json))
}

fn read_bounded(path: &Path) -> Result<Vec<u8>, ShelfError> {
    let (file, length) =
        files::open_plain(path, OpenOptions::new().read(true)).map_err(ColumnError::io("opening", path))?;
    if length > MAX_PACK {
        return Err(ShelfError::TooLarge { path: path.display().to_string() });
    }
    let mut bytes = Vec::new();
    file.take(MAX_PACK).read_to_end(&mut bytes).map_err(ColumnError::io("reading", path))?;
    Ok(bytes)
}

/// Which of these keys have signed a file, by the signatures beside it.
///
/// # Errors
/// Too few of them.
pub fn verify_file(file: &Path, keys: &Keys) -> Result<Vec<String>, ShelfError> {
    let signatures = signatures_beside(file)?;
    let signed = keys.verify(&read_bounded(file)?, &signatures)?;
    Ok(signed.into_iter().map(str::to_owned).collect())
}

/// What stands in `FILE.minisig`, `FILE.1.minisig` and so on: one signature a file, as minisign writes them.
fn signatures_beside(file: &Path) -> Result<Vec<String>, ShelfError> {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let numbered = (1..MAX_SIGNATURES).map(|number| format!("{name}.{number}.minisig"));
    let mut signatures = Vec::new();
    for name in std::iter::once(format!("{name}.minisig")).chain(numbered) {
        let path = file.with_file_name(name);
        match files::open_plain(&path, OpenOptions::new().read(true)) {
            Ok((file, _)) => {
                let mut text = String::new();
                let mut file = io::BufReader::new(file.take(MAX_SIGNATURE));
                while file.read_line(&mut text).map_err(ColumnError::io("reading", &path))? > 0 {}
                signatures.push(text);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(ColumnError::io("opening", &path)(error).into()),
        }
    }
    Ok(signatures)
}

/// How packs that are in force end.
const PACK: &str = ".labels";
/// How files end that are written until they are whole.
const TEMPORARY: &str = ".tmp";
/// How files are called that are not in force yet.
const STAGED: &str = ".staged";

/// A file of the folder that is not in force yet, removed unless it is kept.
struct Staged {
    path: PathBuf,
}

impl Staged {
    fn new(folder: &Path, bytes: &[u8]) -> Result<Self, ShelfError> {
        let staged = Self::empty(folder);
        files::write_durably(&staged.path, &[bytes])?;
        Ok(staged)
    }

    fn empty(folder: &Path) -> Self {
        // Whoever changes the folder holds its lock: one at a time.
        Self { path: folder.join(format!("next{STAGED}")) }
    }

    fn keep(self, path: &Path) -> Result<(), ShelfError> {
        fs::rename(&self.path, path).map_err(ColumnError::io("renaming to", path))?;
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Gone already when it was kept.
        drop(fs::remove_file(&self.path));
    }
}
