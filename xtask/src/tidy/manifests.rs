//! Manifests: what every crate must say, and that every dependency is explained and used.

use std::collections::BTreeSet;

use super::{Complaint, RepoFile, extension};

pub(super) fn check(files: &[RepoFile]) -> Vec<Complaint> {
    let text_of =
        |path: &str| files.iter().find(|file| file.path == path).and_then(|file| file.text.as_deref());
    let mut complaints = Vec::new();
    let crates = of_crates(files).map(|(_, path, text)| (path, text));
    let xtask = text_of("xtask/Cargo.toml").map(|text| ("xtask/Cargo.toml", text));
    let manifests: Vec<(&str, &str)> = crates.chain(xtask).collect();
    for &(path, text) in &manifests {
        complaints.extend(check_manifest(path, text));
        complaints.extend(check_used(path, text, files));
    }
    if let Some(root) = text_of("Cargo.toml") {
        let texts: Vec<&str> = manifests.iter().map(|&(_, text)| text).collect();
        complaints.extend(check_workspace(root, &texts, text_of("ARCHITECTURE.md")));
    }
    complaints
}

/// The manifests under crates/: name, path, text.
pub(super) fn of_crates(files: &[RepoFile]) -> impl Iterator<Item = (&str, &str, &str)> {
    files.iter().filter_map(|file| {
        let name = file.path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?;
        Some((name, &file.path[..], file.text.as_deref()?))
    })
}

/// Names in one of a manifest's tables of dependencies, also in those under `[target.…]`.
pub(super) fn keys<'a>(manifest: &'a toml::Table, table: &'a str) -> impl Iterator<Item = &'a str> {
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    let of_targets = targets.into_iter().flat_map(|targets| targets.values());
    of_targets
        .filter_map(toml::Value::as_table)
        .chain([manifest])
        .filter_map(move |manifest| manifest.get(table)?.as_table())
        .flat_map(|dependencies| dependencies.keys().map(String::as_str))
}

fn check_manifest(path: &str, text: &str) -> Vec<Complaint> {
    let manifest: toml::Table = match text.parse() {
        Ok(manifest) => manifest,
        Err(error) => return vec![Complaint::file(path, format!("is not TOML: {error}"))],
    };
    let mut complaints = Vec::new();
    let mut demand = |fine: bool, message: &str| {
        if !fine {
            complaints.push(Complaint::file(path, message));
        }
    };
    let inherits = |table: Option<&toml::Value>| {
        table.and_then(|value| value.get("workspace")).and_then(toml::Value::as_bool) == Some(true)
    };
    demand(inherits(manifest.get("lints")), "lacks `[lints] workspace = true`");
    let package = manifest.get("package");
    for key in ["version", "edition", "rust-version", "license", "publish"] {
        let inherited = inherits(package.and_then(|package| package.get(key)));
        demand(inherited, &format!("lacks `{key}.workspace = true` in [package]"));
    }
    let description = package.and_then(|package| package.get("description")).and_then(toml::Value::as_str);
    demand(description.is_some_and(|text| text.len() >= 10), "lacks a description in [package]");
    for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
        for (name, value) in manifest.get(table).and_then(toml::Value::as_table).into_iter().flatten() {
            let message = format!("`{name}` must come from [workspace.dependencies] (`workspace = true`)");
            demand(inherits(Some(value)), &message);
        }
    }
    complaints
}

/// A dependency that no source file of the crate names is dropped from its manifest.
fn check_used(path: &str, text: &str, files: &[RepoFile]) -> Vec<Complaint> {
    let folder = path.strip_suffix("Cargo.toml").unwrap_or(path);
    let Ok(manifest) = text.parse::<toml::Table>() else { return Vec::new() };
    let sources: Vec<&str> = files
        .iter()
        .filter(|file| file.path.starts_with(folder) && extension(&file.path) == "rs")
        .filter_map(|file| file.text.as_deref())
        .collect();
    let names = ["dependencies", "dev-dependencies", "build-dependencies"]
        .into_iter()
        .flat_map(|table| keys(&manifest, table));
    names
        .filter(|name| {
            let ident = name.replace('-', "_");
            !sources.iter().any(|source| names_ident(source, &ident))
        })
        .map(|name| Complaint::file(path, format!("`{name}` is used by no source file of this crate")))
        .collect()
}

/// Whether `ident` occurs in `source` as a whole word.
fn names_ident(source: &str, ident: &str) -> bool {
    let is_word = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric();
    source.match_indices(ident).any(|(at, _)| {
        let before = at.checked_sub(1).map(|i| source.as_bytes()[i]);
        let after = source.as_bytes().get(at + ident.len()).copied();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

/// Every third-party crate is wanted by somebody and explained in ARCHITECTURE.md.
fn check_workspace(root: &str, manifests: &[&str], architecture: Option<&str>) -> Vec<Complaint> {
    const PATH: &str = "Cargo.toml";
    let Ok(root) = root.parse::<toml::Table>() else {
        return vec![Complaint::file(PATH, "is not TOML")];
    };
    let parsed: Vec<toml::Table> = manifests.iter().filter_map(|text| text.parse().ok()).collect();
    let wanted: BTreeSet<&str> = parsed
        .iter()
        .flat_map(|manifest| {
            ["dependencies", "dev-dependencies", "build-dependencies"]
                .into_iter()
                .flat_map(|table| keys(manifest, table))
        })
        .collect();
    let mut complaints = Vec::new();
    let dependencies = root
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"))
        .and_then(toml::Value::as_table);
    for (name, value) in dependencies.into_iter().flatten() {
        if value.get("path").is_some() {
            continue; // one of our crates
        }
        if !wanted.contains(&name[..]) {
            complaints.push(Complaint::file(PATH, format!("no crate wants the dependency `{name}`")));
        }
        if architecture.is_some_and(|text| !text.contains(&format!("`{name}`"))) {
            let message = format!("does not say why the dependency `{name}` was chosen");
            complaints.push(Complaint::file("ARCHITECTURE.md", message));
        }
    }
    if architecture.is_none() {
        complaints.push(Complaint::file("ARCHITECTURE.md", "is absent: it names every dependency"));
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[package]\nname = \"x\"\ndescription = \"Does a thing well.\"\nversion.workspace = true\n\
        edition.workspace = true\nrust-version.workspace = true\nlicense.workspace = true\n\
        publish.workspace = true\n[lints]\nworkspace = true\n[dependencies]\nserde.workspace = true\n";

    fn messages(complaints: Vec<Complaint>) -> Vec<String> {
        complaints.into_iter().map(|complaint| complaint.to_string()).collect()
    }

    #[test]
    fn a_complete_manifest_passes_and_each_gap_is_named() {
        assert_eq!(messages(check_manifest("p", GOOD)), [""; 0]);
        for (gap, complaint) in [
            ("[lints]\nworkspace = true\n", "lints"),
            ("license.workspace = true\n", "license"),
            ("description = \"Does a thing well.\"\n", "description"),
        ] {
            let found = messages(check_manifest("p", &GOOD.replace(gap, "")));
            assert!(found.len() == 1 && found[0].contains(complaint), "{gap}: {found:?}");
        }
        let own_version = GOOD.replace("serde.workspace = true", "serde = \"1\"");
        assert!(messages(check_manifest("p", &own_version))[0].contains("`serde` must come from"));
    }

    #[test]
    fn a_dependency_is_explained_and_wanted() {
        let root =
            "[workspace.dependencies]\nserde = \"1\"\nhex = \"0.4\"\nours = { path = \"crates/ours\" }";
        let wants = "[dependencies]\nserde.workspace = true\nours.workspace = true";
        assert_eq!(
            messages(check_workspace(root, &[wants], Some("`serde`: the field's own"))),
            [
                "Cargo.toml: no crate wants the dependency `hex`",
                "ARCHITECTURE.md: does not say why the dependency `hex` was chosen"
            ]
        );
        let absent = messages(check_workspace(root, &[wants], None));
        assert!(absent.iter().any(|line| line.starts_with("ARCHITECTURE.md: is absent")));
    }

    #[test]
    fn an_unused_dependency_is_found_by_whole_words() {
        let source =
            |text: &str| vec![RepoFile { path: "crates/x/src/lib.rs".into(), text: Some(text.to_owned()) }];
        let found = |text: &str| check_used("crates/x/Cargo.toml", GOOD, &source(text)).len();
        assert_eq!(found("use serde::Serialize;"), 0);
        assert_eq!(found("use serde_json::Value;"), 1);
        assert_eq!(found("fn my_serde() {}"), 1);
    }

    #[test]
    fn target_tables_count() {
        let manifest = "[target.'cfg(unix)'.dependencies]\nlibc.workspace = true".parse().expect("TOML");
        assert_eq!(keys(&manifest, "dependencies").collect::<Vec<_>>(), ["libc"]);
    }
}
