//! What starts by itself, or by something that everybody does with a repository.

mod files;
mod tables;

use crate::{
    command::{self, Effect},
    doc::{Node, Value},
    finding::{CheckId, Finding, Severity},
    source::Source,
};

/// What makes it start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Trigger {
    /// Opening the folder in an editor or a development container.
    Open,
    /// Starting a coding agent in it.
    Agent,
    /// Entering the folder in a shell.
    Enter,
    /// Installing the dependencies, or anything that asks the package manager.
    Install,
    /// Committing, checking out, merging, looking at the state of the repository.
    Git,
    /// Building, or asking the build tool for anything.
    Build,
    /// Running the tests.
    Test,
    /// A CI run.
    Ci,
    /// Running or importing the code that starts it.
    Use,
    /// Somebody who starts it by its name.
    Hand,
}

impl Trigger {
    /// Without anybody asking for a command.
    const fn is_unasked(self) -> bool {
        !matches!(self, Self::Ci | Self::Hand)
    }

    const fn check(self) -> CheckId {
        match self {
            Self::Open | Self::Agent | Self::Enter => CheckId::Exec01,
            _ => CheckId::Exec03,
        }
    }

    /// How a sentence begins.
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::Open => "Opening the folder",
            Self::Agent => "Starting a coding agent in the folder",
            Self::Enter => "Entering the folder in a shell",
            Self::Install => "Installing its packages",
            Self::Git => "Using git in it",
            Self::Build => "Building it",
            Self::Test => "Running its tests",
            Self::Ci => "A CI run",
            Self::Use => "Running or importing it",
            Self::Hand => "Running it",
        }
    }

    const fn attack(self) -> &'static [&'static str] {
        match self {
            Self::Install => &["T1195.001", "T1204.005"],
            Self::Git | Self::Enter => &["T1204.002", "T1546"],
            Self::Ci => &["T1195.002"],
            _ => &["T1204.002"],
        }
    }
}

/// What starts a script that is run by its name.
pub(crate) const SCRIPT: &str = "a script";

/// One thing that is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Start {
    pub file: String,
    pub line: u32,
    pub trigger: Trigger,
    /// What says so: `postinstall`, `runOn: folderOpen`.
    pub by: String,
    /// The command line, or a script of several lines.
    pub command: String,
    /// Whether it is kept from the person's sight.
    pub hidden: bool,
}

/// A file of the tree that is run, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Runs {
    /// As the command names it.
    pub named: String,
    pub start: Start,
}

/// What of a file was not read for commands.
pub(crate) enum Missed {
    Nothing,
    /// What follows its beginning.
    End,
    /// All of it: it is not of its form.
    All,
}

/// What a source starts, what its settings allow, and what of it was not read.
pub(crate) fn read(source: &Source<'_>) -> (Vec<Start>, Vec<Finding>, Missed) {
    let mut starts = Vec::new();
    let mut findings = Vec::new();
    tables::read(source, &mut starts, &mut findings);
    files::read(source, &mut starts);
    let missed = match (tables::is_unread(source), files::is_cut(source)) {
        (true, _) => Missed::All,
        (_, true) => Missed::End,
        _ => Missed::Nothing,
    };
    (starts, findings, missed)
}

/// The commands that a value stands for: a text, a list of texts, or a map of names to either.
pub(crate) fn commands(node: &Node) -> Vec<(u32, String)> {
    match &node.value {
        Value::Text(text) => vec![(node.line, text.clone())],
        Value::List(items) => items.iter().flat_map(commands).collect(),
        Value::Map(entries) => {
            let named = ["command", "run", "cmd", "entry", "script", "task"];
            let own: Vec<_> = entries.iter().filter(|(key, _)| named.contains(&&key[..])).collect();
            if own.is_empty() {
                return entries.iter().flat_map(|(_, node)| commands(node)).collect();
            }
            own.into_iter().map(|(_, command)| with_arguments(node, command)).collect()
        }
        _ => Vec::new(),
    }
}

/// A command with the arguments that stand beside it.
pub(crate) fn with_arguments(around: &Node, command: &Node) -> (u32, String) {
    let words = |node: &Node| -> Vec<String> {
        let one = node.text().map(str::to_owned);
        one.into_iter().chain(node.items().iter().filter_map(|item| item.text().map(quoted))).collect()
    };
    let arguments = around.get("args").map(words).unwrap_or_default();
    (command.line, [words(command), arguments].concat().join(" "))
}

/// A word as a shell would take it for one.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// What comes of something that is started.
#[derive(Default)]
pub(crate) struct Judged {
    pub findings: Vec<Finding>,
    /// Files of the tree that it runs.
    pub runs: Vec<Runs>,
    /// Code in another language within it, and its line.
    pub inline: Vec<(command::Language, String, u32)>,
}

/// What is to be said of something that is started, and which files of the tree it runs.
pub(crate) fn judge(start: &Start) -> Judged {
    let Judged { mut findings, mut runs, mut inline } = Judged::default();
    let unasked = start.trigger.is_unasked();
    for (effect, offset) in command::read(&start.command) {
        let line = start.line + offset;
        let (severity, what, attack): (_, _, &[&'static str]) = match effect {
            Effect::RunsFetched(url) if is_known_installer(&url) => {
                (Severity::Low, "runs the installer of a well-known project".to_owned(), &["T1105"])
            }
            // A script of a stranger fetches from a stranger; recipes and containers do from many hosts.
            Effect::RunsFetched(url) if !unasked && (start.by != SCRIPT || command::is_forge(&url)) => {
                (Severity::Low, "fetches a program and runs it".to_owned(), &["T1105"])
            }
            Effect::RunsFetched(_) => {
                (Severity::High, "fetches a program and runs it".to_owned(), &["T1105", "T1059.004"])
            }
            Effect::RunsDecoded(text) => {
                let told =
                    text.map_or_else(String::new, |text| format!(": {}", crate::defang::defang(&text)));
                (Severity::High, format!("decodes a command and runs it{told}"), &["T1027.010", "T1059.004"])
            }
            Effect::RunsDisguised(file) => (
                Severity::High,
                format!("runs {} as code, which is none by its name", crate::defang::defang(&file)),
                &["T1036.008"],
            ),
            Effect::Disguises => (
                Severity::High,
                "runs a command whose name is put together from pieces".to_owned(),
                &["T1027.010"],
            ),
            Effect::Hides if unasked => (
                Severity::High,
                "starts something in the background that says nothing".to_owned(),
                &["T1564.003"],
            ),
            Effect::Fetches(_)
                if matches!(
                    start.trigger,
                    Trigger::Open | Trigger::Agent | Trigger::Enter | Trigger::Git
                ) =>
            {
                (Severity::Medium, "fetches something".to_owned(), &["T1105"])
            }
            Effect::SendsSecrets(what) => (
                Severity::Critical,
                format!("sends away what holds keys or passwords ({})", crate::defang::defang(&what)),
                &["T1552.001", "T1041"],
            ),
            Effect::Inline(language, code) => {
                inline.push((language, code, line));
                continue;
            }
            Effect::RunsFile(named) => {
                let start = Start { line, ..start.clone() };
                runs.push(Runs { named, start });
                continue;
            }
            Effect::Hides | Effect::Fetches(_) => continue,
        };
        findings.push(finding(start, severity, line, &what).attack(attack));
    }
    if start.hidden && unasked {
        findings.push(
            finding(start, Severity::High, start.line, "runs a command and hides that it does")
                .attack(&["T1564.003"]),
        );
    }
    if findings.is_empty() && unasked {
        findings.push(finding(start, Severity::Low, start.line, "runs a command"));
    }
    Judged { findings, runs, inline }
}

/// A finding about something that is started: what makes it start, and what it does.
pub(crate) fn finding(start: &Start, severity: Severity, line: u32, what: &str) -> Finding {
    let title = format!("{} {what} ({}).", start.trigger.sentence(), start.by);
    let shown = start.command.lines().nth((line - start.line) as usize).unwrap_or(&start.command);
    Finding::new(start.trigger.check(), severity, &start.file, title)
        .at(line)
        .showing(shown)
        .attack(start.trigger.attack())
}

/// Installers that projects which everybody knows tell people to run so.
fn is_known_installer(url: &str) -> bool {
    const KNOWN: &[&str] = &[
        "sh.rustup.rs",
        "static.rust-lang.org",
        "get.docker.com",
        "deb.nodesource.com",
        "rpm.nodesource.com",
        "astral.sh",
        "install.python-poetry.org",
        "bun.sh",
        "deno.land",
        "get.pnpm.io",
        "get.sdkman.io",
        "get.volta.sh",
        "fnm.vercel.app",
        "mise.run",
        "mise.jdx.dev",
        "nixos.org",
        "install.determinate.systems",
        "codecov.io",
        "uploader.codecov.io",
        "cli.codecov.io",
        "foundry.paradigm.xyz",
        "starship.rs",
        "get.helm.sh",
        "sdk.cloud.google.com",
        "bootstrap.pypa.io",
        "install.julialang.org",
        "release.solana.com",
        "release.anza.xyz",
        "get.modular.com",
        "ollama.com",
        "just.systems",
        "direnv.net",
    ];
    let host = command::host_of(url);
    let project = [
        "/nvm-sh/",
        "/Homebrew/",
        "/ohmyzsh/",
        "/rust-lang/",
        "/pyenv/",
        "/golangci/",
        "/helm/",
        "/cargo-bins/",
        "/taiki-e/",
    ];
    let hosted = host == "raw.githubusercontent.com" || host == "github.com";
    url.starts_with("https://")
        && (KNOWN.contains(&&host[..]) || hosted && project.iter().any(|part| url.contains(part)))
        || KNOWN.contains(&url.trim_start_matches("https://").trim_end_matches('/')) && !url.contains("://")
}
