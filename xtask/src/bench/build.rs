//! The programs that are measured: this tree's, and those of a commit they are compared with.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::run::{Failure, cargo, output, root, run, target_folder};

/// What `cargo build --release` is asked for: packages and their examples.
const BUILT: [&[&str]; 6] = [
    &["--package", "tracehound-cli"],
    &["--package", "tracehound-range", "--example", "blocks"],
    &["--package", "tracehound-ingest", "--example", "measure_ingest"],
    &["--package", "tracehound-attribution", "--example", "measure_lists"],
    &["--package", "tracehound-analysis", "--examples"],
    &["--package", "tracehound-simulate", "--example", "measure_guard"],
];

/// What commits that are compared with need not have.
const ONLY_NOW: [&[&str]; 4] = [
    &["--package", "tracehound-ingest", "--example", "measure_evm"],
    &["--package", "tracehound-labels", "--example", "measure_labels"],
    &["--package", "tracehound-range", "--example", "measure_taint"],
    &["--package", "tracehound-transfers", "--example", "measure_transfers"],
];

/// The name of this tree's.
const NOW: &str = "now";

/// Release programs of one tree.
#[derive(Clone, Debug)]
pub(crate) struct Build {
    /// For people and for folder names: this tree's is [`NOW`], a commit's its short id.
    pub(crate) name: String,
    folder: PathBuf,
}

impl Build {
    /// Builds this tree.
    pub(crate) fn of_this_tree() -> Result<Self, Failure> {
        for asked in BUILT.into_iter().chain(ONLY_NOW) {
            run(cargo(&[&["build", "--release"], asked].concat()))?;
        }
        Ok(Self { name: NOW.into(), folder: target_folder().join("release") })
    }

    /// Whether it is this tree's.
    pub(crate) fn is_of_this_tree(&self) -> bool {
        self.name == NOW
    }

    /// Builds a commit in a clone of its own under `home`; the second time only what changed.
    pub(crate) fn of_commit(commit: &str, home: &Path) -> Result<Self, Failure> {
        let resolved = format!("{commit}^{{commit}}");
        let name = output(git(&root(), &["rev-parse", "--short", "--verify", &resolved]))?.trim().to_owned();
        let id = output(git(&root(), &["rev-parse", "--verify", &resolved]))?.trim().to_owned();
        let clone = home.join(&name).join("tree");
        if !clone.join(".git").exists() {
            let _ = fs::remove_dir_all(&clone);
            let (from, to) = (root(), clone.to_string_lossy().into_owned());
            run(git(&from, &["clone", "--quiet", "--shared", "--no-checkout", ".", &to]))?;
        }
        run(git(&clone, &["checkout", "--quiet", "--force", "--detach", &id]))?;
        let target = home.join(&name).join("target");
        for asked in BUILT {
            let mut build = cargo(&[&["build", "--release"], asked].concat());
            build.current_dir(&clone).env("CARGO_TARGET_DIR", &target);
            run(build)?;
        }
        Ok(Self { name, folder: target.join("release") })
    }

    /// Path of a program.
    pub(crate) fn tool(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into_owned()
    }

    /// Path of an example.
    pub(crate) fn example(&self, name: &str) -> String {
        self.tool(&format!("examples/{name}"))
    }
}

fn git(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.args(args).current_dir(folder);
    command
}
