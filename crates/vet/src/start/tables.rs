//! Which keys of which files are commands, and which settings take a question away. New tools are new lines here.

use super::{Start, Trigger, commands, quoted, with_arguments};
use crate::{
    doc::{Format, Node},
    finding::{CheckId, Finding, Severity},
    place,
    source::Source,
};

/// Files, their format, the keys that hold commands, and when these run.
type Commands = (&'static str, Format, &'static str, Trigger);

use Format::{Ini, Json, Toml, Yaml};
use Trigger::{Agent, Ci, Enter, Git, Hand, Install, Open, Test};

const COMMANDS: &[Commands] = &[
    (
        ".devcontainer/devcontainer.json|.devcontainer.json|.devcontainer/*/devcontainer.json|devcontainer.json",
        Json,
        "initializeCommand|onCreateCommand|updateContentCommand|postCreateCommand|postStartCommand|postAttachCommand",
        Open,
    ),
    (".gitpod.yml", Yaml, "tasks/*/before|init|command|prebuild", Open),
    (".codesandbox/tasks.json", Json, "setupTasks/*/command", Open),
    (".stackblitzrc", Json, "startCommand", Open),
    (".replit", Toml, "run|onBoot", Open),
    (".theia/tasks.json", Json, "tasks/*/command", Open),
    ("mise.toml|.mise.toml|mise.*.toml|.config/mise.toml|mise/config.toml", Toml, "hooks/*", Enter),
    ("devbox.json", Json, "shell/init_hook", Enter),
    ("devenv.yaml", Yaml, "enterShell", Enter),
    (
        "package.json",
        Json,
        "scripts/preinstall|install|postinstall|prepare|preprepare|postprepare|prepublish|dependencies",
        Install,
    ),
    ("package.json", Json, "scripts/pretest|test|posttest", Test),
    (
        "package.json",
        Json,
        "scripts/preuninstall|uninstall|postuninstall|prestart|start|dev|build|prebuild|postbuild|predev|serve|lint",
        Hand,
    ),
    ("package.json", Json, "simple-git-hooks|gitHooks/*", Git),
    ("package.json", Json, "husky/hooks/*", Git),
    ("package.json", Json, "lint-staged/*", Git),
    (".lintstagedrc|.lintstagedrc.json", Json, "*", Git),
    (
        "composer.json",
        Json,
        "scripts/pre-install-cmd|post-install-cmd|pre-update-cmd|post-update-cmd|pre-autoload-dump|post-autoload-dump|pre-package-install|post-package-install|post-root-package-install|post-create-project-cmd|pre-status-cmd|post-status-cmd|command",
        Install,
    ),
    (".pre-commit-config.yaml|.pre-commit-config.yml", Yaml, "repos/*/hooks/*/entry", Git),
    (".pre-commit-hooks.yaml", Yaml, "*/entry", Git),
    (
        "lefthook.yml|lefthook.yaml|.lefthook.yml|lefthook-local.yml",
        Yaml,
        "*/commands|scripts|jobs/*/run",
        Git,
    ),
    (".overcommit.yml", Yaml, "*/*/command", Git),
    (".husky.json|.huskyrc|.huskyrc.json", Json, "hooks/*", Git),
    ("nodemon.json", Json, "events|execMap/*", Hand),
    ("nodemon.json", Json, "exec", Hand),
    ("taskfile.yml|taskfile.yaml", Yaml, "vars/*/sh", Trigger::Build),
    ("taskfile.yml|taskfile.yaml", Yaml, "tasks/*/cmds/*", Hand),
    ("pyproject.toml", Toml, "tool/pdm/scripts/post_install|pre_install|post_lock", Install),
    ("pyproject.toml", Toml, "tool/hatch/envs/*/post-install-commands|pre-install-commands", Install),
    (
        ".claude/settings.json|.claude/settings.local.json|hooks/hooks.json",
        Json,
        "hooks/*/*/hooks/*/command",
        Agent,
    ),
    (
        ".claude/settings.json|.claude/settings.local.json",
        Json,
        "statusLine|apiKeyHelper|awsAuthRefresh|awsCredentialExport|otelHeadersHelper",
        Agent,
    ),
    (
        ".cursor/hooks.json|.codex/hooks.json|.kiro/hooks/*.json|.windsurf/hooks.json|.github/hooks/*.json",
        Json,
        "hooks/*/*/command|bash|powershell",
        Agent,
    ),
    (".gemini/settings.json", Json, "hooks/**/command", Agent),
    (".gemini/settings.json", Json, "toolDiscoveryCommand|toolCallCommand", Agent),
    (".cursor/environment.json", Json, "install|start", Agent),
    (".cursor/worktrees.json", Json, "setup-worktree|setup-worktree-unix|setup-worktree-windows", Agent),
    (".github/workflows/*.yml|.github/workflows/*.yaml|action.yml|action.yaml", Yaml, "**/run", Ci),
    (".gitlab-ci.yml|.gitlab-ci.yaml", Yaml, "**/script|before_script|after_script", Ci),
    (".circleci/config.yml", Yaml, "**/run", Ci),
    ("azure-pipelines.yml|azure-pipelines.yaml", Yaml, "**/script|bash|powershell|pwsh", Ci),
    (".travis.yml", Yaml, "before_install|install|script|before_script|after_script|after_success", Ci),
    ("appveyor.yml|.appveyor.yml", Yaml, "install|init|build_script|test_script", Ci),
    (
        "bitbucket-pipelines.yml|.drone.yml|.woodpecker.yml|.cirrus.yml|buildspec.yml",
        Yaml,
        "**/script|commands|install_script|build",
        Ci,
    ),
    (
        "docker-compose*.yml|docker-compose*.yaml|compose.yml|compose.yaml|compose.override.yml",
        Yaml,
        "services/*/command|entrypoint",
        Hand,
    ),
    ("vercel.json|netlify.toml|render.yaml", Json, "installCommand|buildCommand|ignoreCommand", Ci),
    ("recipe.yaml|meta.yaml|conda-build.yml", Yaml, "build/script", Trigger::Build),
    (".npmrc|.yarnrc", Ini, "script-shell|shell|git|editor|viewer|onload-script", Install),
    ("tox.ini", Ini, "testenv/commands|commands_pre|commands_post", Test),
    (
        ".cargo/config.toml|.cargo/config",
        Toml,
        "build/rustc|rustc-wrapper|rustc-workspace-wrapper|rustdoc",
        Trigger::Build,
    ),
    (".cargo/config.toml|.cargo/config", Toml, "target/*/runner|linker", Trigger::Build),
    (".cargo/config.toml|.cargo/config", Toml, "credential-alias/*", Install),
    (".cargo/config.toml|.cargo/config", Toml, "registry|registries/credential-provider", Install),
    (".cargo/config.toml|.cargo/config", Toml, "env/RUSTC_WRAPPER|RUSTC|CC|CXX|AR", Trigger::Build),
];

/// Files that a tool runs because a setting names them.
const FILES: &[Commands] = &[
    (".yarnrc.yml", Yaml, "yarnPath", Install),
    (".yarnrc.yml", Yaml, "plugins/*", Install),
    (".yarnrc.yml", Yaml, "plugins/*/path", Install),
    (".yarnrc", Ini, "yarn-path", Install),
    ("bunfig.toml", Toml, "preload", Hand),
    ("bunfig.toml", Toml, "preload|test/*", Hand),
    ("bunfig.toml", Toml, "test/preload", Test),
    (".mocharc.json|.mocharc.jsonc", Json, "require|file", Test),
    (".mocharc.yml|.mocharc.yaml", Yaml, "require|file", Test),
    ("package.json", Json, "mocha/require|file", Test),
    (
        "package.json",
        Json,
        "jest/globalSetup|setupFiles|setupFilesAfterEnv|globalTeardown|runner|testEnvironment",
        Test,
    ),
    ("package.json", Json, "ava|nyc|tap/require", Test),
    ("package.json", Json, "bin", Hand),
    (".babelrc|babel.config.json", Json, "plugins|presets", Trigger::Build),
];

/// Code of Python that stands in settings.
const PYTHON: &[Commands] = &[
    (".pylintrc|pylintrc|setup.cfg|tox.ini", Ini, "main|master|pylint.main|pylint.master/init-hook", Test),
    ("pyproject.toml", Toml, "tool/pylint/main|master|MASTER/init-hook", Test),
];

/// Settings of git that are commands, in a configuration that is handed over.
const GIT: &str = "core/fsmonitor|sshcommand|pager|editor|askpass|gitproxy|fsmonitorhookversion2";

/// Editors' settings that take a question away, with what they must say to do so.
const WEAKENS: &[(&str, &str)] = &[
    ("task.allowAutomaticTasks", "on"),
    ("security.workspace.trust.enabled", "false"),
    ("security.workspace.trust.startupPrompt", "never"),
    ("security.workspace.trust.untrustedFiles", "open"),
    ("terminal.integrated.hideOnStartup", "always"),
    ("chat.tools.autoApprove", "true"),
    ("chat.tools.global.autoApprove", "true"),
    ("chat.mcp.autostart", "always"),
    ("extensions.autoUpdate", "never"),
];

/// Agents' settings that do the same.
const TRUSTS: &[(&str, &str)] = &[
    ("enableAllProjectMcpServers", "true"),
    ("permissions/defaultMode", "bypassPermissions"),
    ("skipDangerousModePermissionPrompt", "true"),
    ("autoAccept", "true"),
    ("approval_policy", "never"),
    ("sandbox_mode", "danger-full-access"),
];

pub(super) fn read(source: &Source<'_>, starts: &mut Vec<Start>, findings: &mut Vec<Finding>) {
    let mut docs: Vec<(Format, Option<Node>)> = Vec::new();
    for (files, format, keys, trigger) in COMMANDS {
        if !place::is(source.path, files) {
            continue;
        }
        let at = docs.iter().position(|(known, _)| known == format).unwrap_or_else(|| {
            docs.push((*format, source.doc(*format)));
            docs.len() - 1
        });
        let Some(doc) = &docs[at].1 else { continue };
        for (key, node) in doc.select(keys) {
            for (line, command) in commands(node) {
                starts.push(start(source, line, *trigger, key, command));
            }
        }
    }
    for (files, format, keys, trigger) in FILES {
        if place::is(source.path, files)
            && let Some(doc) = source.doc(*format)
        {
            for (key, node) in doc.select(keys) {
                let own = |(_, path): &(u32, String)| path.contains('/') || path.contains('.');
                for (line, path) in commands(node).into_iter().filter(own) {
                    starts.push(start(source, line, *trigger, key, format!("node {}", quoted(&path))));
                }
            }
        }
    }
    for (files, format, keys, trigger) in PYTHON {
        if place::is(source.path, files)
            && let Some(doc) = source.doc(*format)
        {
            for (key, node) in doc.select(keys) {
                let code = node.text().unwrap_or_default().trim_matches(['"', '\'']);
                starts.push(start(source, node.line, *trigger, key, format!("python -c {}", quoted(code))));
            }
        }
    }
    editor_tasks(source, starts);
    editor_settings(source, starts, findings);
    mcp(source, starts);
    git(source, starts, findings);
    idea(source, starts);
}

/// Whether commands stand in a file whose form could not be read.
pub(super) fn is_unread(source: &Source<'_>) -> bool {
    let tables = COMMANDS.iter().chain(FILES);
    let mut formats: Vec<Format> =
        tables.filter(|(files, ..)| place::is(source.path, files)).map(|(_, format, ..)| *format).collect();
    if place::is(source.path, TASKS)
        || place::is(source.path, "*.code-workspace")
        || place::is(source.path, MCP)
    {
        formats.push(if source.ending() == "toml" { Toml } else { Json });
    }
    formats.dedup();
    !source.text.trim().is_empty() && formats.into_iter().any(|format| source.doc(format).is_none())
}

/// Files of tasks and settings of VS Code and what descends from it.
const TASKS: &str = ".vscode/tasks.json|.cursor/tasks.json|.windsurf/tasks.json|.vscode/launch.json|.vscode/settings.json|.cursor/settings.json";

/// Files that name servers of the Model Context Protocol.
const MCP: &str = ".mcp.json|mcp.json|.cursor/mcp.json|.vscode/mcp.json|.roo/mcp.json|.gemini/settings.json|.claude/settings.json|.amazonq/mcp.json|claude_desktop_config.json|opencode.json|.zed/settings.json|.codex/config.toml";

fn start(source: &Source<'_>, line: u32, trigger: Trigger, by: &str, command: String) -> Start {
    Start { file: source.path.to_owned(), line, trigger, by: by.to_owned(), command, hidden: false }
}

/// Tasks of VS Code and what descends from it, also within a workspace file.
fn editor_tasks(source: &Source<'_>, starts: &mut Vec<Start>) {
    let within = if place::is(
        source.path,
        ".vscode/tasks.json|.cursor/tasks.json|.windsurf/tasks.json|.vscode/launch.json",
    ) {
        "tasks/*"
    } else if place::is(source.path, "*.code-workspace") {
        "tasks/tasks/*"
    } else {
        return;
    };
    let Some(doc) = source.doc(Json) else { return };
    for (_, task) in doc.select(within) {
        let opens = task.select("runOptions/runOn").iter().any(|(_, on)| on.text() == Some("folderOpen"));
        let says =
            |path: &str, wanted: &str| task.select(path).iter().any(|(_, node)| node.text() == Some(wanted));
        let quiet = |path: &str| task.select(path).iter().any(|(_, node)| node.is(false));
        let hidden = task.get("hide").is_some_and(|hide| hide.is(true))
            || says("presentation/reveal", "never")
                && (quiet("presentation/echo") || quiet("presentation/focus"))
            || says("presentation/reveal", "silent")
                && quiet("presentation/echo")
                && task.select("presentation/close").iter().any(|(_, node)| node.is(true));
        let own = task.get("command").into_iter().map(|command| with_arguments(task, command));
        let script = task
            .get("script")
            .filter(|_| task.get("command").is_none())
            .and_then(|script| Some((script.line, format!("npm run {}", script.text()?))));
        let systems = task.select("windows|osx|linux");
        let others =
            systems.iter().filter_map(|(_, system)| Some(with_arguments(system, system.get("command")?)));
        for (line, command) in own.chain(script).chain(others) {
            let trigger = if opens { Open } else { Hand };
            let by = if opens { "runOn: folderOpen" } else { "a task" };
            starts.push(Start { hidden: opens && hidden, ..start(source, line, trigger, by, command) });
        }
    }
}

/// Settings of editors and agents that take a question away, or let a tool be a file of the repository.
fn editor_settings(source: &Source<'_>, starts: &mut Vec<Start>, findings: &mut Vec<Finding>) {
    let editor = place::is(
        source.path,
        ".vscode/settings.json|.cursor/settings.json|*.code-workspace|devcontainer.json|.zed/settings.json",
    );
    let agent = place::is(
        source.path,
        ".claude/settings.json|.claude/settings.local.json|.gemini/settings.json|.codex/config.toml|.cursor/cli.json",
    );
    if !editor && !agent {
        return;
    }
    let format = if source.path.ends_with("toml") { Toml } else { Json };
    let Some(doc) = source.doc(format) else { return };
    let all = doc.select("**");
    for (key, node) in &all {
        let said = node
            .text()
            .map(str::to_owned)
            .or_else(|| [true, false].iter().find(|value| node.is(**value)).map(bool::to_string));
        let rules = WEAKENS.iter().filter(|_| editor).chain(TRUSTS.iter().filter(|_| agent));
        for (name, wanted) in rules {
            let name = name.rsplit('/').next().unwrap_or(name);
            if *key == name && said.as_deref() == Some(*wanted) {
                let title = format!(
                    "The setting {name} takes away the question before something runs, or hides that it does."
                );
                let finding = Finding::new(CheckId::Exec02, Severity::High, source.path, title);
                findings
                    .push(finding.at(node.line).showing(&format!("{name}: {wanted}")).attack(&["T1562.001"]));
            }
        }
        if editor && let Some(command) = tool_of_the_folder(key, node) {
            starts.push(start(source, node.line, Open, key, command));
        }
    }
}

/// A tool of the editor that is a file of the folder: `"python.defaultInterpreterPath": "./tools/py"`.
fn tool_of_the_folder(key: &str, node: &Node) -> Option<String> {
    let lower = key.to_ascii_lowercase();
    let is_tool = lower.contains('.')
        && ["path", "executable", "command", "binary", "runtime", "tsdk"]
            .iter()
            .any(|end| lower.ends_with(end));
    let args = lower.contains("terminal") && (lower.contains("args") || lower.contains("profile"));
    let texts: Vec<&str> =
        node.text().into_iter().chain(node.items().iter().filter_map(Node::text)).collect();
    let whole = texts.join(" ");
    let own = whole.starts_with("./")
        || whole.starts_with("${workspaceFolder}/")
        || whole.starts_with('.') && whole.contains('/');
    let honest = ["node_modules", "venv", ".env/", "target/", ".yarn/sdks", "vendor/"]
        .iter()
        .any(|part| whole.contains(part));
    let path = whole.replace("${workspaceFolder}/", "./");
    ((is_tool && own && !honest) || (args && own)).then_some(path)
}

/// Servers of the Model Context Protocol, which an agent starts when it starts.
fn mcp(source: &Source<'_>, starts: &mut Vec<Start>) {
    if !place::is(source.path, MCP) {
        return;
    }
    let format = if source.path.ends_with("toml") { Toml } else { Json };
    let Some(doc) = source.doc(format) else { return };
    for (_, server) in doc.select("mcpServers|servers|mcp|mcp_servers|context_servers/*") {
        if let Some(command) = server.get("command") {
            let (line, command) = with_arguments(server, command);
            starts.push(start(source, line, Agent, "an MCP server", command));
        }
    }
}

/// Git's own configuration and that of its submodules.
fn git(source: &Source<'_>, starts: &mut Vec<Start>, findings: &mut Vec<Finding>) {
    let config = place::is(source.path, ".git/config|.git/config.worktree|.gitconfig|.git/modules/*/config");
    let modules = place::is(source.path, ".gitmodules");
    if !config && !modules {
        return;
    }
    let Some(doc) = source.doc(Ini) else { return };
    // Nothing honest needs these: that they are there is enough.
    let mut add = |node: &Node, by: &str, command: &str, grave: bool| {
        starts.push(start(source, node.line, Git, by, command.to_owned()));
        if grave {
            let title = format!("Using git in it runs a command that its own settings hold ({by}).");
            let finding = Finding::new(CheckId::Exec03, Severity::High, source.path, title);
            findings.push(finding.at(node.line).showing(command).attack(&["T1204.002", "T1546"]));
        }
    };
    if modules {
        for (_, module) in doc.select("submodule/*") {
            for (key, node) in module.entries() {
                let text = node.text().unwrap_or_default();
                if key == "update" && text.starts_with('!') {
                    add(node, "a submodule's update command", &text[1..], true);
                } else if key == "url" && text.starts_with("ext::") {
                    add(node, "a submodule's address that is a command", &text[5..], true);
                }
            }
        }
        return;
    }
    for (section, within) in doc.entries() {
        for (key, node) in
            within.entries().iter().chain(within.entries().iter().flat_map(|(_, named)| named.entries()))
        {
            let text = node.text().unwrap_or_default();
            let key = key.to_ascii_lowercase();
            let ordinary = [
                "git-lfs ",
                "git lfs ",
                "cat",
                "less",
                "ssh",
                "true",
                "false",
                "vim",
                "nano",
                "code --wait",
                "delta",
            ];
            let is_command = match &section[..] {
                "core" => GIT[5..].split('|').any(|name| name == key),
                "diff" => matches!(&key[..], "command" | "textconv" | "external"),
                "filter" => matches!(&key[..], "clean" | "smudge" | "process"),
                "merge" | "mergetool" | "difftool" => matches!(&key[..], "driver" | "cmd"),
                "credential" => key == "helper" && text.starts_with('!'),
                "alias" => text.starts_with('!'),
                "gpg" => key == "program",
                "uploadpack" => key == "packobjectshook",
                _ => false,
            };
            if is_command
                && !ordinary
                    .iter()
                    .any(|known| text == known.trim() || known.ends_with(' ') && text.starts_with(known))
            {
                let grave =
                    section == "core" && key != "editor" && key != "pager" && !text.contains("watchman");
                add(node, &format!("{section}.{key} of git"), text.trim_start_matches('!'), grave);
            }
        }
    }
}

/// What `JetBrains` editors run when a project is opened or a file saved.
fn idea(source: &Source<'_>, starts: &mut Vec<Start>) {
    if !source.path.contains(".idea/") || source.ending() != "xml" {
        return;
    }
    let attribute = |line: &str, name: &str| -> Option<String> {
        let rest = line.split_once(&format!("{name}=\""))?.1;
        Some(unescape(&rest[..rest.find('"')?]))
    };
    let startup = place::is(source.path, ".idea/startup.xml");
    let watchers = place::is(source.path, ".idea/watchertasks.xml");
    let mut program = String::new();
    for (line, number) in source.text.lines().zip(1_u32..) {
        let value = |name: &str| {
            (line.contains(&format!("name=\"{name}\""))).then(|| attribute(line, "value")).flatten()
        };
        if watchers {
            if let Some(text) = value("program") {
                program = text;
                starts.push(start(
                    source,
                    number,
                    Open,
                    "a file watcher",
                    program.replace("$ProjectFileDir$/", "./"),
                ));
            }
        } else if let Some(script) = value("SCRIPT_TEXT")
            .or_else(|| value("SCRIPT_PATH").map(|path| quoted(&path.replace("$PROJECT_DIR$/", "./"))))
        {
            starts.push(start(
                source,
                number,
                if startup { Open } else { Hand },
                "a run configuration",
                script,
            ));
        }
    }
    drop(program);
}

/// The five entities of XML.
pub(super) fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#10;", "\n")
        .replace("&#xA;", "\n")
        .replace("&amp;", "&")
}
