//! Where bugs are planted, and what they are called.

use std::collections::HashMap;

use serde::Deserialize;

/// A part of the code whose bugs would be wrong answers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// As the report calls it.
    pub(super) name: &'static str,
    /// The package whose tests are to notice.
    pub(super) package: &'static str,
    /// Its files.
    pub(super) files: &'static [&'static str],
}

/// Part after part, in the order of the report.
pub(super) const PARTS: &[Part] = &[
    Part { name: "screen", package: "tracehound-screen", files: &["crates/screen/src/**"] },
    Part {
        name: "analysis::taint",
        package: "tracehound-analysis",
        files: &["crates/analysis/src/taint.rs", "crates/analysis/src/taint/**"],
    },
    Part {
        name: "attribution::index",
        package: "tracehound-attribution",
        files: &["crates/attribution/src/index.rs", "crates/attribution/src/index/**"],
    },
    Part {
        name: "guard: verdict",
        package: "tracehound-guard",
        files: &[
            "crates/guard/src/checks.rs",
            "crates/guard/src/draft.rs",
            "crates/guard/src/finding.rs",
            "crates/guard/src/front.rs",
            "crates/guard/src/report.rs",
        ],
    },
    Part { name: "guard: policy", package: "tracehound-guard", files: &["crates/guard/src/policy.rs"] },
    Part {
        name: "guard: signatures",
        package: "tracehound-guard",
        files: &["crates/guard/src/checks/signatures.rs"],
    },
    Part {
        name: "guard: limits",
        package: "tracehound-guard",
        files: &["crates/guard/src/checks/limits.rs"],
    },
];

/// A bug as cargo-mutants lists it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(super) struct Listed {
    /// `FILE:LINE:COLUMN: what is done`.
    pub(super) name: String,
    /// Its file.
    pub(super) file: String,
}

/// A bug that may be planted.
#[derive(Debug)]
pub(super) struct Mutant {
    pub(super) part: &'static Part,
    pub(super) listed: Listed,
    /// Its name without a place, so that it stays the same when lines move; the second of the same name ends in `(2)`.
    pub(super) key: String,
}

/// The bugs of a part with their keys.
pub(super) fn keyed(part: &'static Part, listed: Vec<Listed>) -> Vec<Mutant> {
    let mut seen: HashMap<String, u32> = HashMap::new();
    let key = |listed: &Listed| {
        let place = listed.name.strip_prefix(&listed.file).unwrap_or(&listed.name);
        let what = place.split_once(": ").map_or(place, |(_, what)| what);
        let key = format!("{}: {what}", listed.file);
        let count = seen.entry(key.clone()).or_default();
        *count += 1;
        if *count == 1 { key } else { format!("{key} ({count})") }
    };
    let keys: Vec<String> = listed.iter().map(key).collect();
    listed.into_iter().zip(keys).map(|(listed, key)| Mutant { part, listed, key }).collect()
}

/// FNV-1a: the same on every machine and in every version of Rust, so that a share is the same bugs everywhere.
pub(super) fn digest(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Bugs of the first part, one for each name.
    pub(in crate::mutants) fn mutants(names: &[&str]) -> Vec<Mutant> {
        let listed = names.iter().map(|name| Listed {
            name: (*name).to_owned(),
            file: name.split(':').next().unwrap_or_default().to_owned(),
        });
        keyed(&PARTS[0], listed.collect())
    }

    #[test]
    fn a_key_does_not_depend_on_the_line_and_tells_bugs_of_one_name_apart() {
        let keys: Vec<String> =
            mutants(&["a.rs:1:2: replace > with >= in f", "a.rs:9:2: replace > with >= in f", "b.rs:1:2: x"])
                .into_iter()
                .map(|mutant| mutant.key)
                .collect();
        assert_eq!(keys, ["a.rs: replace > with >= in f", "a.rs: replace > with >= in f (2)", "b.rs: x"]);
    }

    #[test]
    fn digests_are_those_of_fnv() {
        assert_eq!(digest(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(digest(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn every_part_has_its_files() {
        for part in PARTS {
            let folder = part.package.strip_prefix("tracehound-").expect("a package of ours");
            for file in part.files {
                let path = crate::run::root().join(file.trim_end_matches("/**"));
                assert!(path.exists(), "{file}");
                assert!(file.starts_with(&format!("crates/{folder}/")), "{file}");
            }
        }
    }
}
