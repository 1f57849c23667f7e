//! Who may import whom: the layers of ARCHITECTURE.md.

use super::{Complaint, RepoFile, manifests};

/// Every crate with the crates it may import. An arrow back up is an error, and so is a crate that is not here: put it in
/// its place, and change the picture in ARCHITECTURE.md in the same commit.
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("columns", &[]),
    // What stores on sealed files have in common.
    ("segments", &["columns"]),
    ("ledger", &["model", "columns", "segments"]),
    ("transfers", &["model", "columns", "segments"]),
    // The one HTTP client.
    ("net", &["model"]),
    ("bitcoin", &["model", "net"]),
    ("evm", &["model", "net"]),
    ("tron", &["model", "net"]),
    // What memos and messages between chains say.
    ("bridges", &["model"]),
    ("labels", &["model", "columns"]),
    ("attribution", &["model", "columns", "net", "labels"]),
    ("ingest", &["model", "columns", "ledger", "transfers", "bitcoin", "evm", "tron"]),
    ("analysis", &["model", "ledger", "transfers"]),
    ("screen", &["model", "ledger", "transfers", "labels", "attribution", "analysis"]),
    // A wallet maker takes these without a ledger.
    ("guard", &["model"]),
    // Apart from the guard, which must build without an engine.
    ("simulate", &["model", "guard"]),
    ("vet", &["model", "net"]),
    ("share", &["model", "net"]),
    // Measures what analysis finds in the chains it makes.
    ("range", &["model", "ledger", "transfers", "analysis"]),
    ("lake", &["model", "ledger", "attribution", "analysis"]),
    // What every handler asks.
    (
        "engine",
        &[
            "model",
            "ledger",
            "transfers",
            "net",
            "bitcoin",
            "evm",
            "tron",
            "bridges",
            "ingest",
            "labels",
            "attribution",
            "analysis",
            "screen",
            "guard",
            "simulate",
            "vet",
            "share",
            "range",
        ],
    ),
    // On the facade, as the outermost are.
    ("monitor", &["model", "attribution", "screen", "engine"]),
    ("casework", &["model", "attribution", "analysis", "screen", "share", "engine"]),
    // Answers on paper.
    ("report", &["model", "analysis", "engine"]),
    ("server", ALL_BUT_OUTERMOST),
    ("cli", ALL_BUT_OUTERMOST),
    // Tests only: nobody's ordinary dependency.
    ("testkit", &["model"]),
];

const ALL_BUT_OUTERMOST: &[&str] = &[
    "model",
    "ledger",
    "transfers",
    "net",
    "bitcoin",
    "evm",
    "tron",
    "bridges",
    "ingest",
    "attribution",
    "analysis",
    "screen",
    "guard",
    "simulate",
    "vet",
    "share",
    "monitor",
    "casework",
    "range",
    "lake",
    "engine",
    "report",
];

/// The one arrow between outermost crates: the command line starts the server.
const STARTS: (&str, &str) = ("cli", "server");

/// The outermost crates: nobody builds on them, not even a test.
const OUTERMOST: &[&str] = &["server", "cli"];

const PREFIX: &str = "tracehound-";

pub(super) fn check(files: &[RepoFile]) -> Vec<Complaint> {
    manifests::of_crates(files).flat_map(|(name, path, text)| check_crate(name, path, text)).collect()
}

fn check_crate(name: &str, path: &str, text: &str) -> Vec<Complaint> {
    let Some(&(_, allowed)) = LAYERS.iter().find(|row| row.0 == name) else {
        return vec![Complaint::file(
            path,
            format!("the crate `{name}` has no place among the layers: see xtask/src/tidy/layers.rs"),
        )];
    };
    let Ok(manifest) = text.parse::<toml::Table>() else { return Vec::new() };
    let mut complaints = Vec::new();
    for (table, test_only) in
        [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)]
    {
        for package in manifests::keys(&manifest, table) {
            let Some(other) = package.strip_prefix(PREFIX) else { continue };
            let fine = if test_only {
                !OUTERMOST.contains(&other)
            } else {
                allowed.contains(&other) || (name, other) == STARTS
            };
            if !fine {
                let message = format!("{table}: `{name}` must not import `{other}`, which is not below it");
                complaints.push(Complaint::file(path, message));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(name: &str, manifest: &str) -> Vec<String> {
        check_crate(name, "Cargo.toml", manifest).into_iter().map(|complaint| complaint.message).collect()
    }

    #[test]
    fn the_house_has_no_arrow_that_runs_back_up() {
        for (at, (name, allowed)) in LAYERS.iter().enumerate() {
            for below in *allowed {
                let place = LAYERS.iter().position(|row| row.0 == *below).expect("a known crate");
                assert!(place < at, "{name} stands below {below}");
            }
        }
    }

    #[test]
    fn an_import_from_above_is_found_in_every_table() {
        let up = "[dependencies]\ntracehound-screen.workspace = true\ntracehound-model.workspace = true";
        assert_eq!(
            messages("ledger", up),
            ["dependencies: `ledger` must not import `screen`, which is not below it"]
        );
        assert_eq!(messages("cli", up), [""; 0]);
        // Claims come to an analysis as a look-up of names, never as a store.
        assert_eq!(messages("analysis", "[dependencies]\ntracehound-attribution.workspace = true").len(), 1);
        let build = "[build-dependencies]\ntracehound-ledger.workspace = true";
        assert_eq!(messages("model", build).len(), 1);
    }

    #[test]
    fn tests_may_use_any_crate_but_the_outermost() {
        assert_eq!(messages("model", "[dev-dependencies]\ntracehound-testkit.workspace = true"), [""; 0]);
        assert_eq!(messages("model", "[dev-dependencies]\ntracehound-cli.workspace = true").len(), 1);
        assert_eq!(messages("screen", "[dependencies]\ntracehound-testkit.workspace = true").len(), 1);
    }

    #[test]
    fn an_unknown_crate_is_named() {
        assert!(messages("attic", "")[0].contains("`attic` has no place"));
    }
}
