//! Containers that are given what holds their host's keys, or the host itself.

use crate::{
    doc::{Format, Node},
    finding::{CheckId, Finding, Severity},
    place,
    source::Source,
};

/// Folders of a person that hold keys, wallets or passwords.
const SECRETS: &[&str] = &[
    "/.ssh",
    "/.aws",
    "/.gnupg",
    "/.config/solana",
    "/.config/gcloud",
    "/.kube",
    "/.docker/config",
    "/.netrc",
    "/.npmrc",
    "/Library/Keychains",
    "/.bitcoin",
    "/.ethereum",
    "/.foundry/keystores",
    "google-chrome",
    "Google/Chrome",
    "/.mozilla",
    "/.electrum",
    "/.config/op",
    "/.password-store",
    "/.git-credentials",
];

pub(super) fn read(source: &Source<'_>, findings: &mut Vec<Finding>) {
    let (format, paths): (_, &[&str]) =
        if place::is(source.path, "docker-compose*.yml|docker-compose*.yaml|compose*.yml|compose*.yaml") {
            (Format::Yaml, &["services/*/volumes/*", "services/*/volumes/*/source", "secrets|configs/*/file"])
        } else if place::is(source.path, "devcontainer.json|.devcontainer.json") {
            (Format::Json, &["mounts/*", "mounts/*/source", "runArgs/*", "workspaceMount"])
        } else {
            return;
        };
    let Some(doc) = source.doc(format) else { return };
    for (_, mount) in paths.iter().flat_map(|path| doc.select(path)) {
        if let Some(severity) = mount.text().and_then(severity) {
            told(source, mount, severity, findings);
        }
    }
}

/// How bad it is to give this to a container: all of a person's files, or those with keys. The socket of the engine alone is usual.
fn severity(mount: &str) -> Option<Severity> {
    let from =
        mount.split_once("source=").or_else(|| mount.split_once("src=")).map_or(mount, |(_, from)| from);
    let from = from.split(',').next().unwrap_or(from);
    let of_host = ["~", "$HOME", "${HOME", "${localEnv:HOME", "/home", "/Users/", "/root", "%USERPROFILE%"]
        .iter()
        .any(|home| from.starts_with(home));
    let end = from.split(':').next().unwrap_or(from);
    let whole = matches!(end, "~" | "~/" | "$HOME" | "/" | "/root" | "/home" | "/Users")
        || from.starts_with("${HOME}:")
        || from.starts_with("${HOME}/:")
        || from == "${localEnv:HOME}";
    if of_host && SECRETS.iter().any(|secret| from.contains(secret)) || whole && mount.contains(':') {
        Some(Severity::High)
    } else if from.contains("docker.sock") {
        Some(Severity::Low)
    } else {
        None
    }
}

fn told(source: &Source<'_>, mount: &Node, severity: Severity, findings: &mut Vec<Finding>) {
    let title = "A container is given files of its host that hold keys, or the host itself.";
    let finding = Finding::new(CheckId::Steal01, severity, source.path, title);
    findings.push(
        finding.at(mount.line).showing(mount.text().unwrap_or_default()).attack(&["T1552.004", "T1611"]),
    );
}
