//! Where packages come from: manifests and lock files that name another place than the registry, or another package.

use std::collections::BTreeMap;

use crate::{
    command::{host_of, is_forge},
    doc::{Format, Node},
    finding::{CheckId, Finding, Severity},
    place,
    source::Source,
};

pub(super) fn read(source: &Source<'_>, findings: &mut Vec<Finding>) {
    if place::is(source.path, "package.json") {
        package_json(source, findings);
    } else if place::is(source.path, "package-lock.json|npm-shrinkwrap.json|.package-lock.json") {
        npm_lock(source, findings);
    } else if place::is(source.path, "yarn.lock|pnpm-lock.yaml|bun.lock") {
        text_lock(source, findings);
    } else if place::is(source.path, ".pnpmfile.cjs|pnpmfile.js|.pnpmfile.mjs|pnpmfile.cjs") {
        written_urls(
            source,
            "While packages are installed, a dependency is replaced by one of this address.",
            findings,
        );
    } else if place::is(source.path, ".npmrc|.yarnrc") {
        registries(source, findings);
    } else if place::is(source.path, ".yarnrc.yml") {
        yarn(source, findings);
    } else if place::is(source.path, "requirements*.txt|constraints*.txt|requirements*.in|pip.conf|pip.ini") {
        pip(source, findings);
    } else if place::is(
        source.path,
        "pyproject.toml|uv.toml|poetry.toml|pipfile|cargo.toml|.cargo/config.toml|bunfig.toml",
    ) {
        toml_sources(source, findings);
    } else if place::is(
        source.path,
        "poetry.lock|uv.lock|pdm.lock|cargo.lock|composer.lock|gemfile.lock|pipfile.lock",
    ) {
        lock_hosts(source, findings);
    } else if place::is(source.path, "go.mod|go.work|gemfile|*.gemspec|nuget.config|composer.json") {
        written_sources(source, findings);
    } else if place::is(source.path, "gradle-wrapper.properties|maven-wrapper.properties") {
        wrapper(source, findings);
    }
}

const FROM_ELSEWHERE: &[&str] = &["T1195.001"];

fn add(
    findings: &mut Vec<Finding>,
    id: CheckId,
    severity: Severity,
    source: &Source<'_>,
    line: u32,
    title: &str,
    shown: &str,
) {
    findings
        .push(Finding::new(id, severity, source.path, title).at(line).showing(shown).attack(FROM_ELSEWHERE));
}

/// Where a dependency comes from that is named by an address.
fn severity_of(address: &str) -> Option<Severity> {
    let lower = address.to_ascii_lowercase();
    let has_scheme = lower.contains("://");
    let git = lower.starts_with("git")
        || lower.starts_with("github:")
        || lower.starts_with("gitlab:")
        || lower.split('#').next().is_some_and(|path| path.rsplit('.').next() == Some("git"));
    if !has_scheme && !git {
        return None;
    }
    if !has_scheme || is_forge(address) {
        return Some(Severity::Low);
    }
    // A tarball from a host of one's own can be another one for everybody who asks.
    Some(Severity::High)
}

fn package_json(source: &Source<'_>, findings: &mut Vec<Finding>) {
    let Some(doc) = source.doc(Format::Json) else { return };
    // Packages that were published by others are not what was sent.
    let installed = source.path.contains("node_modules/");
    for (group, all) in
        doc.select("dependencies|devDependencies|optionalDependencies|peerDependencies|resolutions|overrides")
    {
        for (name, node) in all.entries() {
            let Some(wanted) = node.text() else { continue };
            if let Some(severity) = severity_of(wanted) {
                let severity = if installed { Severity::Low } else { severity };
                let title = format!(
                    "The dependency {} comes from an address and not from the registry ({group}).",
                    crate::defang::defang(name)
                );
                add(findings, CheckId::Dep03, severity, source, node.line, &title, wanted);
            }
        }
    }
}

/// The host and name of a package's tarball are those of the registry and of the package.
fn npm_lock(source: &Source<'_>, findings: &mut Vec<Finding>) {
    let Some(doc) = source.doc(Format::Json) else { return };
    let mut hosts: BTreeMap<String, usize> = BTreeMap::new();
    let mut entries: Vec<(&str, &Node, &str, &Node)> = Vec::new();
    let asked = asked_by_address(&doc);
    let v1: Vec<(&str, &Node)> = doc.select("dependencies/*");
    let v3: Vec<(&str, &Node)> = doc.select("packages/*");
    for (path, entry) in v3.into_iter().chain(v1) {
        let Some(resolved) = entry.get("resolved").or_else(|| {
            entry.get("version").filter(|version| version.text().is_some_and(|text| text.contains("://")))
        }) else {
            continue;
        };
        let Some(url) = resolved.text() else { continue };
        if url.contains("://") {
            *hosts.entry(host_of(url)).or_default() += 1;
            entries.push((path, entry, url, resolved));
        }
    }
    let usual = hosts
        .iter()
        .max_by_key(|(_, count)| **count)
        .map(|(host, _)| host.clone())
        .filter(|_| entries.len() > 3);
    for (path, entry, url, resolved) in entries {
        let name = path.rsplit("node_modules/").next().unwrap_or(path);
        let real = entry.get("name").and_then(Node::text).unwrap_or(name);
        let wanted_so = asked.iter().any(|one| one == name);
        let host = host_of(url);
        if is_forge(url) || Some(&host) == usual.as_ref() {
            // Another package under this name.
            let file = url.split("/-/").next().unwrap_or(url);
            let registry = url.contains("/-/");
            let same = file.ends_with(real)
                || file.ends_with(&real.replace('/', "%2f"))
                || file.ends_with(&real.replace('/', "%2F"));
            if registry && !same {
                let title =
                    format!("The lock file takes another package for {}.", crate::defang::defang(name));
                add(findings, CheckId::Dep04, Severity::High, source, resolved.line, &title, url);
            }
            continue;
        }
        let title = format!(
            "The lock file takes {} from a place that is no registry, while the manifest asks for a version.",
            crate::defang::defang(name)
        );
        let severity = if wanted_so { Severity::Medium } else { Severity::High };
        add(findings, CheckId::Dep04, severity, source, resolved.line, &title, url);
    }
}

/// Packages that the manifest itself asks for by an address.
fn asked_by_address(doc: &Node) -> Vec<String> {
    let root = doc.select("packages").into_iter().find_map(|(_, packages)| packages.get(""));
    let all = root
        .map(|root| root.select("dependencies|devDependencies|optionalDependencies/*"))
        .unwrap_or_default();
    all.into_iter()
        .filter(|(_, node)| node.text().is_some_and(|text| severity_of(text).is_some()))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// Lock files of yarn, pnpm and bun, line by line.
fn text_lock(source: &Source<'_>, findings: &mut Vec<Finding>) {
    let mut all: Vec<(u32, &str, String)> = Vec::new();
    for (line, number) in source.text.lines().zip(1..) {
        let trimmed = line.trim_start();
        let says = ["resolved ", "resolution:", "tarball:", "version: http", "- resolution"]
            .iter()
            .any(|word| trimmed.contains(word));
        if says
            && let Some(at) =
                line.find("http").filter(|at| line[*at..].contains("://")).or_else(|| line.find("git+ssh://"))
        {
            all.push((number, line, host_of(&line[at..])));
        }
    }
    report_hosts(source, all, findings);
}

/// Lock files that name the source of each package.
fn lock_hosts(source: &Source<'_>, findings: &mut Vec<Finding>) {
    let mut all: Vec<(u32, &str, String)> = Vec::new();
    for (line, number) in source.text.lines().zip(1..) {
        let says = ["url", "source", "registry", "remote:", "index"].iter().any(|word| line.contains(word));
        let homepage = ["homepage", "\"issues\"", "\"docs\"", "support", "funding", "notification-url"]
            .iter()
            .any(|word| line.contains(word));
        if says
            && !homepage
            && let Some(at) = line.find("://")
        {
            let start =
                line[..at].rfind(|c: char| !c.is_ascii_alphanumeric() && c != '+').map_or(0, |at| at + 1);
            all.push((number, line, host_of(&line[start..])));
        }
    }
    report_hosts(source, all, findings);
}

/// Hosts that are neither those of everybody nor the one that most of the file names.
fn report_hosts(source: &Source<'_>, all: Vec<(u32, &str, String)>, findings: &mut Vec<Finding>) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (_, _, host) in &all {
        *counts.entry(host.clone()).or_default() += 1;
    }
    let usual = counts
        .iter()
        .max_by_key(|(_, count)| **count)
        .filter(|(_, count)| **count * 2 > all.len() && all.len() > 3)
        .map(|(host, _)| host.clone());
    for (line, text, host) in all {
        if !host.contains('.') || is_forge(&format!("https://{host}")) || Some(&host) == usual.as_ref() {
            continue;
        }
        let title = "The lock file takes a package from a place that is no registry.";
        add(findings, CheckId::Dep04, Severity::High, source, line, title, text.trim());
    }
}

/// Addresses that a file which changes what is installed has written in it.
fn written_urls(source: &Source<'_>, title: &str, findings: &mut Vec<Finding>) {
    for (line, number) in source.text.lines().zip(1..) {
        let code = line.trim_start();
        if code.starts_with("//") || code.starts_with('*') || code.starts_with('#') {
            continue;
        }
        let url = ["https://", "http://", "git+", "git://"]
            .iter()
            .filter_map(|scheme| line.find(scheme))
            .min()
            .map(|at| &line[at..]);
        if let Some(url) = url.filter(|url| severity_of(url) == Some(Severity::High)) {
            add(findings, CheckId::Dep03, Severity::High, source, number, title, url);
        }
    }
}

/// Registries of npm's and yarn's settings.
fn registries(source: &Source<'_>, findings: &mut Vec<Finding>) {
    let Some(doc) = source.doc(Format::Ini) else { return };
    for (key, node) in doc.entries() {
        let value = node.text().unwrap_or_default();
        let plain = key == "registry" || key.starts_with("registry ");
        let value =
            if let Some(inline) = key.strip_prefix("registry ") { inline.trim_matches('"') } else { value };
        if (plain || key.ends_with(":registry")) && value.contains("://") {
            let known = is_forge(value) || value.contains("pkg.github.com") || host_of(value) == "localhost";
            let severity = match (known, plain) {
                (true, _) => continue,
                (false, true) => Severity::High,
                (false, false) => Severity::Medium,
            };
            let title = "Packages come from this host and not from the registry that everybody uses.";
            add(findings, CheckId::Dep03, severity, source, node.line, title, value);
        }
        if key == "node-options"
            && ["--require", "-r ", "--import", "--loader", "--experimental-loader"]
                .iter()
                .any(|flag| value.contains(flag))
        {
            let title = "Every run of node by the package manager loads a file of the repository first.";
            let finding = Finding::new(CheckId::Exec03, Severity::High, source.path, title);
            findings.push(finding.at(node.line).showing(value).attack(&["T1574", "T1204.005"]));
        }
    }
}

fn yarn(source: &Source<'_>, findings: &mut Vec<Finding>) {
    let Some(doc) = source.doc(Format::Yaml) else { return };
    for (key, node) in doc
        .select("npmRegistryServer|npmScopes/**/npmRegistryServer")
        .into_iter()
        .chain(doc.select("npmRegistryServer"))
    {
        let Some(value) = node.text() else { continue };
        if value.contains("://") && !is_forge(value) {
            add(
                findings,
                CheckId::Dep03,
                Severity::High,
                source,
                node.line,
                &format!("Packages come from this host and not from the registry ({key})."),
                value,
            );
        }
    }
    for (_, plugin) in doc.select("plugins/*") {
        let from = plugin.text().or_else(|| plugin.get("spec").and_then(Node::text)).unwrap_or_default();
        if from.contains("://") && !is_forge(from) {
            add(
                findings,
                CheckId::Dep03,
                Severity::High,
                source,
                plugin.line,
                "A plugin of the package manager comes from this address.",
                from,
            );
        }
    }
}

fn pip(source: &Source<'_>, findings: &mut Vec<Finding>) {
    for (raw, line) in source.text.lines().zip(1..) {
        let text = raw.split(" #").next().unwrap_or(raw).trim();
        if text.starts_with('#') || !text.contains("://") {
            continue;
        }
        let at = text.find("://").unwrap_or(0);
        let start = text[..at].rfind(|c: char| !c.is_ascii_alphanumeric() && c != '+').map_or(0, |at| at + 1);
        let url = &text[start..];
        if is_forge(url) {
            continue;
        }
        let index = text.contains("index-url")
            || text.starts_with("-i ")
            || text.contains("find-links")
            || text.starts_with("-f ");
        let title = if index {
            "Packages come from this host, or from it too."
        } else {
            "A dependency comes from an address and not from the registry."
        };
        add(findings, CheckId::Dep03, Severity::High, source, line, title, text);
    }
}

/// Addresses in the tables that say where packages come from.
fn toml_sources(source: &Source<'_>, findings: &mut Vec<Finding>) {
    let Some(doc) = source.doc(Format::Toml) else { return };
    let paths = [
        "tool/poetry/source/*/url",
        "tool/uv/index/*/url",
        "tool/uv/index-url|extra-index-url",
        "index/*/url",
        "source/*/url",
        "tool/pdm/source/*/url",
        "tool/uv/sources/*/url|git",
        "tool/poetry/dependencies/*/url|git",
        "source/*/registry",
        "registries/*/index",
        "install/registry",
        "install/registry/url",
        "dependencies|dev-dependencies|build-dependencies/*/git|registry-index",
        "patch/*/*/git",
        "packages|dev-packages/*/git|file",
    ];
    for (_, node) in paths.iter().flat_map(|path| doc.select(path)) {
        let Some(url) = node.text() else { continue };
        if url.contains("://") && !is_forge(url) {
            add(
                findings,
                CheckId::Dep03,
                Severity::High,
                source,
                node.line,
                "Packages, or one of them, come from this host and not from the registry.",
                url,
            );
        }
    }
    for (_, list) in doc
        .select("project/dependencies")
        .into_iter()
        .chain(doc.select("project/optional-dependencies/*"))
        .chain(doc.select("build-system/requires"))
    {
        for node in list.items() {
            let text = node.text().unwrap_or_default();
            if let Some((_, url)) = text.split_once('@').filter(|(_, url)| url.contains("://"))
                && !is_forge(url.trim())
            {
                add(
                    findings,
                    CheckId::Dep03,
                    Severity::High,
                    source,
                    node.line,
                    "A dependency comes from an address and not from the registry.",
                    text,
                );
            }
        }
    }
}

/// Sources that are written in code or lines.
fn written_sources(source: &Source<'_>, findings: &mut Vec<Finding>) {
    let name = source.name();
    for (line, number) in source.text.lines().zip(1..) {
        let trimmed = line.trim_start();
        let names_source = match &name[..] {
            "gemfile" => {
                trimmed.starts_with("source ") || trimmed.contains("git:") || trimmed.contains(":git")
            }
            "nuget.config" => trimmed.starts_with("<add ") && trimmed.contains("://"),
            "composer.json" => trimmed.starts_with("\"url\"") || trimmed.starts_with("\"repositories\""),
            "go.mod" | "go.work" => {
                // Another module in the place of one that everybody knows.
                if let Some((from, to)) = trimmed.trim_start_matches("replace ").split_once("=>")
                    && (trimmed.starts_with("replace") || line.starts_with('\t'))
                {
                    let (from, to) = (from.trim(), to.trim());
                    let owner = |path: &str| path.split('/').take(2).collect::<Vec<_>>().join("/");
                    let local = to.starts_with('.') || to.starts_with('/');
                    let known = ["github.com/", "golang.org/", "google.golang.org/", "gopkg.in/"]
                        .iter()
                        .any(|host| to.starts_with(host));
                    if !local && owner(from) != owner(to) {
                        let severity = if known { Severity::Low } else { Severity::High };
                        add(
                            findings,
                            CheckId::Dep03,
                            severity,
                            source,
                            number,
                            "Another module takes the place of the one that is imported.",
                            trimmed,
                        );
                    }
                }
                false
            }
            _ => false,
        };
        if names_source && let Some(at) = line.find("http") {
            let url = &line[at..];
            if url.contains("://") && !is_forge(url) {
                add(
                    findings,
                    CheckId::Dep03,
                    Severity::High,
                    source,
                    number,
                    "Packages, or one of them, come from this host and not from the registry.",
                    trimmed,
                );
            }
        }
    }
}

/// The build tool that a wrapper fetches and runs.
fn wrapper(source: &Source<'_>, findings: &mut Vec<Finding>) {
    for (line, number) in source.text.lines().zip(1..) {
        if let Some((key, value)) = line.split_once('=')
            && (key.trim().ends_with("Url") || key.trim() == "distributionUrl")
        {
            let url = value.trim().replace("\\:", ":");
            if url.contains("://") && !is_forge(&url) {
                let title = "Building fetches the build tool from this host and runs it.";
                add(findings, CheckId::Dep03, Severity::High, source, number, title, &url);
            }
        }
    }
}
