//! cargo-mutants.

use std::fs;

use serde::Serialize;

use super::{
    scope::{Listed, Mutant, Part},
    state,
};
use crate::run::{Failure, cargo, has_cargo_plugin, output, run, shown, tools_folder};

/// The version that is used: names of bugs differ from one to the next.
pub(super) const VERSION: &str = "27.1.0";

/// cargo-mutants in that version.
pub(super) struct Tool {
    nextest: bool,
}

/// What cargo-mutants is told in a file, because thousands of names are too long for a command line.
#[derive(Serialize)]
struct Config {
    examine_re: Vec<String>,
    test_tool: &'static str,
    additional_cargo_test_args: Vec<&'static str>,
    additional_cargo_args: [&'static str; 2],
}

impl Tool {
    /// Builds it once where it is missing.
    pub(super) fn ready() -> Result<Self, Failure> {
        if !is_there() {
            let tools = tools_folder();
            eprintln!(
                "\ncargo-mutants {VERSION} is not installed: building it once into {}",
                tools.display()
            );
            let mut install =
                cargo(&["install", "cargo-mutants", "--locked", "--quiet", "--version", VERSION, "--root"]);
            install.arg(&tools).env("CARGO_TARGET_DIR", tools.join("build"));
            run(install)?;
            if !is_there() {
                return Err(Failure::new(format!(
                    "`cargo mutants` is not version {VERSION}: uninstall the other one"
                )));
            }
        }
        Ok(Self { nextest: has_cargo_plugin("nextest") })
    }

    /// All bugs that could be planted in a part.
    pub(super) fn list(part: &Part) -> Result<Vec<Listed>, Failure> {
        let mut list = cargo(&["mutants", "--no-config", "--list", "--json", "--package", part.package]);
        for file in part.files {
            list.args(["--file", file]);
        }
        let command = shown(&list);
        serde_json::from_str(&output(list)?).map_err(|error| Failure::new(format!("`{command}`: {error}")))
    }

    /// Plants bugs one by one in a copy of the tree, and runs the tests of their package each time. Only a run that could not
    /// be made is an error: what got through is for the report.
    pub(super) fn test(&self, package: &str, todo: &[&Mutant]) -> Result<(), Failure> {
        let folder = state::folder();
        let config = Config {
            examine_re: todo.iter().map(|mutant| format!("^{}$", escaped(&mutant.listed.name))).collect(),
            test_tool: if self.nextest { "nextest" } else { "cargo" },
            // Built for each bug: what is optimised otherwise costs more than its tests here.
            additional_cargo_args: ["--config", "profile.dev.package.tracehound-attribution.opt-level=0"],
            // The first test that fails is enough.
            additional_cargo_test_args: if self.nextest { vec!["--fail-fast"] } else { Vec::new() },
        };
        let text = toml::to_string(&config).map_err(|error| Failure::new(format!("a setting: {error}")))?;
        let path = folder.join(package).join("config.toml");
        fs::write(&path, text)
            .map_err(|error| Failure::new(format!("cannot write {}: {error}", path.display())))?;

        let mut mutants =
            cargo(&["mutants", "--package", package, "--jobs", "1", "--colors", "never", "--config"]);
        mutants.arg(&path).arg("--output").arg(folder.join(package));
        mutants.env("CARGO_TARGET_DIR", folder.join("build")).env("CARGO_PROFILE_DEV_DEBUG", "false");
        let command = shown(&mutants);
        eprintln!("\n$ {command}     ({} bugs)", todo.len());
        let status =
            mutants.status().map_err(|error| Failure::new(format!("cannot start `{command}`: {error}")))?;
        match status.code() {
            // All were caught; some were missed; some ran out of time.
            Some(0 | 2 | 3) => Ok(()),
            Some(4) => Err(Failure::new(format!(
                "the tests of {package} do not build, or fail, without any bug planted"
            ))),
            _ => Err(Failure::new(format!("`{command}` failed ({status}); run it again to go on"))),
        }
    }
}

fn is_there() -> bool {
    let mut version = cargo(&["mutants", "--version"]);
    version.stdin(std::process::Stdio::null());
    version.output().is_ok_and(|out| String::from_utf8_lossy(&out.stdout).trim().ends_with(VERSION))
}

/// The name as a regular expression that matches nothing else.
fn escaped(name: &str) -> String {
    let mut out = String::with_capacity(2 * name.len());
    for c in name.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_matches_as_it_is_written() {
        assert_eq!(
            escaped("a.rs:1:2: replace -> [T; 2] with (&&)"),
            r"a\.rs:1:2: replace \-> \[T; 2\] with \(\&\&\)"
        );
    }
}
