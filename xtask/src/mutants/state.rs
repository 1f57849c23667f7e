//! What became of the bugs planted so far.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::scope::{Mutant, PARTS, digest};
use crate::run::{Failure, root, target_folder};

/// How the tests took a bug.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) enum Outcome {
    /// A test failed.
    Caught,
    /// All tests passed.
    Missed,
    /// The tests did not end, which their run notices.
    Timeout,
    /// It does not compile.
    Unviable,
}

/// An outcome, and the code it is true of.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
struct Entry {
    outcome: Outcome,
    /// Digest of the file's code, without the tests at its end.
    code: u64,
}

/// Outcomes by the keys of bugs.
#[derive(Debug, Default)]
pub(super) struct State {
    folder: PathBuf,
    entries: BTreeMap<String, Entry>,
}

/// What is being planted: names with keys and digests, so that outcomes are understood after the run was killed.
type Batch = BTreeMap<String, (String, u64)>;

impl State {
    pub(super) fn read() -> Result<Self, Failure> {
        Self::read_in(folder())
    }

    fn read_in(folder: PathBuf) -> Result<Self, Failure> {
        let entries = read(&folder.join("outcomes.json"))?.unwrap_or_default();
        Ok(Self { folder, entries })
    }

    /// Takes over what finished of batches that were begun, whether they came to their end or not.
    pub(super) fn absorb(&mut self) -> Result<(), Failure> {
        for part in PARTS {
            let folder = self.folder.join(part.package);
            let Some(batch) = read::<Batch>(&folder.join("batch.json"))? else { continue };
            for (file, outcome) in [
                ("caught.txt", Outcome::Caught),
                ("missed.txt", Outcome::Missed),
                ("timeout.txt", Outcome::Timeout),
                ("unviable.txt", Outcome::Unviable),
            ] {
                let names = fs::read_to_string(folder.join("mutants.out").join(file)).unwrap_or_default();
                for (key, code) in names.lines().filter_map(|name| batch.get(name)) {
                    self.entries.insert(key.clone(), Entry { outcome, code: *code });
                }
            }
        }
        write(&self.folder.join("outcomes.json"), &self.entries)
    }

    /// Drops the outcomes of bugs in code that has changed since, or that is gone.
    pub(super) fn forget_changed(&mut self, mutants: &[Mutant]) {
        let mut codes: BTreeMap<&str, u64> = BTreeMap::new();
        for mutant in mutants {
            let file = &*mutant.listed.file;
            codes.entry(file).or_insert_with(|| code_of(&root().join(file)));
        }
        let now: BTreeMap<&str, u64> =
            mutants.iter().map(|mutant| (&*mutant.key, codes[&*mutant.listed.file])).collect();
        self.entries.retain(|key, entry| now.get(&**key) == Some(&entry.code));
    }

    /// Writes down what may be planted in a package, so that it can be absorbed. cargo-mutants plants all bugs of some kinds
    /// (fields left out), whatever names it is given.
    pub(super) fn begin(&self, package: &str, mutants: &[Mutant]) -> Result<(), Failure> {
        let batch: Batch = mutants
            .iter()
            .filter(|mutant| mutant.part.package == package)
            .map(|mutant| {
                let code = code_of(&root().join(&mutant.listed.file));
                (mutant.listed.name.clone(), (mutant.key.clone(), code))
            })
            .collect();
        let folder = self.folder.join(package);
        // What an earlier batch left is taken over already, and its names may mean other places now.
        match fs::remove_dir_all(folder.join("mutants.out")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Failure::new(format!("cannot clear {}: {error}", folder.display())));
            }
            _ => {}
        }
        write(&folder.join("batch.json"), &batch)
    }

    pub(super) fn of(&self, key: &str) -> Option<Outcome> {
        self.entries.get(key).map(|entry| entry.outcome)
    }

    /// Whether it has yet to be planted, or got through and may be caught by now.
    pub(super) fn is_open(&self, key: &str) -> bool {
        matches!(self.of(key), None | Some(Outcome::Missed))
    }

    #[cfg(test)]
    pub(super) fn with(outcomes: &[(&str, Outcome)]) -> Self {
        let entry = |outcome: &Outcome| Entry { outcome: *outcome, code: 0 };
        let entries = outcomes.iter().map(|(key, outcome)| ((*key).to_owned(), entry(outcome))).collect();
        Self { folder: PathBuf::new(), entries }
    }
}

pub(super) fn folder() -> PathBuf {
    target_folder().join("mutants")
}

/// The digest of a file's code. A new test at its end changes nothing.
fn code_of(path: &Path) -> u64 {
    let text = fs::read_to_string(path).unwrap_or_default();
    let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    digest(code.as_bytes())
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Failure> {
    let failed =
        |error: &dyn std::fmt::Display| Failure::new(format!("cannot read {}: {error}", path.display()));
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| failed(&error)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(&error)),
    }
}

fn write(path: &Path, value: &impl Serialize) -> Result<(), Failure> {
    let failed =
        |error: &dyn std::fmt::Display| Failure::new(format!("cannot write {}: {error}", path.display()));
    let json = serde_json::to_vec_pretty(value).map_err(|error| failed(&error))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).and_then(|()| fs::write(path, json)).map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::{super::scope::tests::mutants, *};

    #[test]
    fn a_run_that_was_killed_goes_on_where_it_stopped() {
        let folder = target_folder().join(format!("mutants-test-{}", std::process::id()));
        let file = "xtask/src/mutants/state.rs";
        let names: Vec<String> = (1..=4).map(|n| format!("{file}:{n}:1: replace {n}")).collect();
        let listed: Vec<&str> = names.iter().map(String::as_str).collect();
        let mutants = mutants(&listed);
        let package = mutants[0].part.package;
        let state = State { folder: folder.clone(), ..State::default() };
        state.begin(package, &mutants).expect("written");
        // Killed after three of four, the last line of which names nothing that was planted.
        let out = folder.join(package).join("mutants.out");
        fs::create_dir_all(&out).expect("a folder");
        fs::write(out.join("caught.txt"), format!("{}\n", names[0])).expect("written");
        fs::write(out.join("missed.txt"), format!("{}\nnot one of ours\n", names[1])).expect("written");
        fs::write(out.join("timeout.txt"), format!("{}\n", names[2])).expect("written");

        let mut again = State::read_in(folder.clone()).expect("readable");
        again.absorb().expect("absorbed");
        let mut later = State::read_in(folder.clone()).expect("readable");
        later.forget_changed(&mutants);
        let of = |n: usize| later.of(&mutants[n].key);
        assert_eq!(
            [of(0), of(1), of(2), of(3)],
            [Some(Outcome::Caught), Some(Outcome::Missed), Some(Outcome::Timeout), None]
        );
        let open: Vec<bool> = mutants.iter().map(|mutant| later.is_open(&mutant.key)).collect();
        assert_eq!(open, [false, true, false, true], "what got through is tried again, and what is new");
        // In code that has changed, nothing is known.
        for entry in later.entries.values_mut() {
            entry.code ^= 1;
        }
        later.forget_changed(&mutants);
        assert!(later.entries.is_empty());
        fs::remove_dir_all(folder).expect("removed");
    }
}
