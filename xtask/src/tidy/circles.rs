//! Modules of one crate do not import each other in a circle.
//!
//! A module is a file under `src/` with the folder of the same name. The crate's root is none: it stands above them all,
//! and what it takes from a module and another module imports from it is an import of that module.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::{Complaint, RepoFile, imports};

/// Circles that are known and stay for now, each under a comment that says what ties it: the crate, and the modules in
/// alphabetical order. One that is no longer there leaves this list.
const KNOWN: &[(&str, &[&str])] = &[];

/// Where one module imports another first.
struct Place<'a> {
    path: &'a str,
    line: usize,
}

/// For every module, the modules that it imports.
type Edges<'a> = BTreeMap<&'a str, BTreeMap<&'a str, Place<'a>>>;

pub(super) fn check(files: &[RepoFile]) -> Vec<Complaint> {
    check_but(files, KNOWN)
}

fn check_but(files: &[RepoFile], known: &[(&str, &[&str])]) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let mut unseen: Vec<_> = known.iter().collect();
    for (name, files) in by_crate(files) {
        let edges = edges(&files);
        for circle in circles(&edges) {
            if let Some(at) = unseen.iter().position(|(of, modules)| *of == name && *modules == circle) {
                unseen.swap_remove(at);
            } else {
                let message = describe(&circle, &edges);
                complaints.push(Complaint::file(&format!("crates/{name}"), message));
            }
        }
    }
    for (name, modules) in unseen {
        let message = format!("has no circle {modules:?}: take it out of xtask/src/tidy/circles.rs");
        complaints.push(Complaint::file(&format!("crates/{name}"), message));
    }
    complaints
}

/// The sources of every crate: path, the part of it under `src/`, text.
fn by_crate(files: &[RepoFile]) -> BTreeMap<&str, Vec<(&str, &str, &str)>> {
    let mut crates: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for file in files {
        let Some((name, inner)) = file.path.strip_prefix("crates/").and_then(|path| path.split_once("/src/"))
        else {
            continue;
        };
        if let (Some(inner), Some(text)) = (inner.strip_suffix(".rs"), &file.text) {
            crates.entry(name).or_default().push((&file.path[..], inner, &text[..]));
        }
    }
    crates
}

fn is_root(inner: &str) -> bool {
    matches!(inner, "lib" | "main")
}

/// Who imports whom among the modules of one crate.
fn edges<'a>(files: &[(&'a str, &'a str, &'a str)]) -> Edges<'a> {
    let (roots, others): (Vec<_>, Vec<_>) = files.iter().partition(|(_, inner, _)| is_root(inner));
    let root_names: BTreeMap<_, _> =
        roots.iter().flat_map(|(_, _, text)| imports::root_names(text)).collect();
    let module_of = |inner: &'a str| inner.split('/').next().unwrap_or(inner);
    let modules: BTreeSet<&str> = others.iter().map(|(_, inner, _)| module_of(inner)).collect();
    let mut edges = Edges::new();
    for (path, inner, text) in others {
        let from = module_of(inner);
        for import in imports::from_root(text, inner.split('/').count()) {
            let name = &import.name;
            let target = modules.get(&name[..]).or_else(|| modules.get(&root_names.get(name)?[..]));
            if let Some(to) = target.filter(|to| **to != from) {
                let place = Place { path, line: import.line };
                edges.entry(from).or_default().entry(to).or_insert(place);
            }
        }
    }
    edges
}

/// Every largest set of modules each of which leads to each other one.
fn circles<'a>(edges: &Edges<'a>) -> Vec<Vec<&'a str>> {
    let reached: BTreeMap<_, _> = edges.keys().map(|module| (*module, reached_from(module, edges))).collect();
    let mut circles = BTreeSet::new();
    for (module, down) in &reached {
        let circle: Vec<_> = down
            .iter()
            .copied()
            .filter(|other| reached.get(other).is_some_and(|up| up.contains(module)))
            .collect();
        if !circle.is_empty() {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

/// All that the module imports, and what that imports. The module itself is among it when it lies in a circle.
fn reached_from<'a>(module: &str, edges: &Edges<'a>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![module];
    while let Some(next) = open.pop() {
        for &to in edges.get(next).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(to) {
                open.push(to);
            }
        }
    }
    reached
}

/// The circle in words, with one import of each of its modules.
fn describe(circle: &[&str], edges: &Edges<'_>) -> String {
    let mut message = format!("{} modules import each other in a circle:", circle.len());
    for module in circle {
        let inner = edges[module].iter().find(|(to, _)| circle.contains(to));
        if let Some((to, Place { path, line })) = inner {
            write!(message, "\n    `{module}` imports `{to}` ({path}:{line})").expect("a string takes it");
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(sources: &[(&str, &str)]) -> Vec<RepoFile> {
        let file = |(path, text): &(&str, &str)| RepoFile {
            path: format!("crates/{path}"),
            text: Some((*text).to_owned()),
        };
        sources.iter().map(file).collect()
    }

    fn messages(sources: &[(&str, &str)], known: &[(&str, &[&str])]) -> Vec<String> {
        check_but(&files(sources), known).into_iter().map(|complaint| complaint.to_string()).collect()
    }

    #[test]
    fn a_circle_is_told_with_an_import_of_each_module() {
        let sources = [
            ("a/src/lib.rs", "mod plan; mod scan; mod walk;"),
            ("a/src/plan.rs", "\nuse crate::{walk, scan::Scan};"),
            ("a/src/scan.rs", "fn f() { crate::plan::go() }"),
            ("a/src/walk.rs", ""),
        ];
        assert_eq!(
            messages(&sources, &[]),
            ["crates/a: 2 modules import each other in a circle:\n    \
              `plan` imports `scan` (crates/a/src/plan.rs:2)\n    \
              `scan` imports `plan` (crates/a/src/scan.rs:1)"]
        );
    }

    #[test]
    fn looking_down_is_fine_and_so_is_another_crate() {
        let sources = [
            ("a/src/top.rs", "use crate::{mid::X, low::Y};"),
            ("a/src/mid.rs", "use crate::low::Y;"),
            ("b/src/low.rs", "use crate::top::X;"),
            ("a/tests/it/low.rs", "use crate::top::X;"),
        ];
        assert_eq!(messages(&sources, &[]), [""; 0]);
    }

    #[test]
    fn a_module_and_its_folder_are_one() {
        let sources = [
            ("a/src/plan.rs", "use crate::plan::part::X;"),
            ("a/src/plan/part.rs", "use crate::plan::Y; use super::super::scan::Scan;"),
            ("a/src/scan.rs", "use super::plan::Z;"),
        ];
        let found = messages(&sources, &[]);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("(crates/a/src/plan/part.rs:1)"), "{found:?}");
    }

    #[test]
    fn what_the_root_takes_from_a_module_is_of_the_module() {
        let sources = [
            ("a/src/lib.rs", "pub use plan::Plan; pub struct Own;"),
            ("a/src/plan.rs", "use crate::scan::Scan;"),
            ("a/src/scan.rs", "use crate::{Own, Plan};"),
        ];
        assert_eq!(messages(&sources, &[]).len(), 1);
        let own = [sources[0], sources[1], ("a/src/scan.rs", "use crate::Own;")];
        assert_eq!(messages(&own, &[]), [""; 0]);
    }

    #[test]
    fn circles_that_do_not_touch_are_two() {
        let sources = [
            ("a/src/a.rs", "use crate::b::X;"),
            ("a/src/b.rs", "use crate::a::X; use crate::c::X;"),
            ("a/src/c.rs", "use crate::d::X;"),
            ("a/src/d.rs", "use crate::c::X;"),
        ];
        assert_eq!(messages(&sources, &[]).len(), 2);
    }

    #[test]
    fn a_known_circle_is_left_alone_until_it_is_gone() {
        let known: &[(&str, &[&str])] = &[("a", &["plan", "scan"])];
        let tied = [("a/src/plan.rs", "use crate::scan::X;"), ("a/src/scan.rs", "use crate::plan::X;")];
        assert_eq!(messages(&tied, known), [""; 0]);
        let other = [tied[0], tied[1], ("a/src/walk.rs", ""), ("a/src/scan/part.rs", "use crate::walk::X;")];
        assert_eq!(messages(&other, known), [""; 0], "a module below the circle");
        let untied = messages(&tied[..1], known);
        assert_eq!(untied.len(), 1);
        assert!(untied[0].contains("take it out"), "{untied:?}");
    }
}
