//! Files that are commands themselves, or hold them in a form of their own.

use super::{Start, Trigger, tables::unescape};
use crate::{place, source::Source};

/// Shell scripts that something runs by their place alone.
const SCRIPTS: &[(&str, Trigger, &str)] = &[
    (".envrc", Trigger::Enter, "direnv"),
    (".autoenv|.autoenv.zsh|.env.sh|.in", Trigger::Enter, "autoenv"),
    (".husky/*", Trigger::Git, "a hook of husky"),
    (".githooks/*|.git-hooks/*|githooks/*|git-hooks/*|.hooks/*", Trigger::Git, "a hook"),
    (".git/hooks/*", Trigger::Git, "a hook of git"),
    (".devcontainer/*.sh", Trigger::Open, "the development container"),
    (".claude/hooks/*|.cursor/hooks/*", Trigger::Agent, "a hook of the agent"),
    (".profile|.bashrc|.zshrc|.bash_profile|.zprofile|.zshenv", Trigger::Enter, "the shell's start file"),
];

/// Files with commands between quotes: behind which words, when they run, and who runs them.
const SAID: &[(&str, &[&str], Trigger, &str)] = &[
    (
        ".exrc|.vimrc|.nvimrc|.nvim.lua|.lvimrc|.vimrc.local",
        &["system('", "system(\"", "execute('", "execute(\""],
        Trigger::Open,
        "vim, in this folder",
    ),
    (
        ".dir-locals.el",
        &["shell-command \"", "call-process-shell-command \"", "start-process-shell-command \""],
        Trigger::Open,
        "emacs, in this folder",
    ),
    (".gdbinit|.lldbinit", &["system(\"", "system('"], Trigger::Hand, "the debugger, in this folder"),
    (".rprofile", &["system(\"", "system('", "shell(\""], Trigger::Enter, "R, in this folder"),
    ("*.tf", &["command = \"", "program = [\""], Trigger::Hand, "terraform"),
    ("jenkinsfile", &["sh '", "sh \"", "bat '", "bat \""], Trigger::Ci, "a step of Jenkins"),
    (".tmux.conf", &["run-shell '", "run-shell \""], Trigger::Hand, "tmux"),
];

/// Bytes of such a file that are read: each place in it is counted and closed from where it stands.
const MAX_BYTES: usize = 1 << 20;

/// Places of one kind in a file that are read.
const MAX_PLACES: usize = 500;

/// Commands of one file that are read.
const MAX_COMMANDS: usize = 20_000;

/// Whether a file with commands of its own was too long to be read to its end.
pub(super) fn is_cut(source: &Source<'_>) -> bool {
    source.text.len() > MAX_BYTES && is_read(source)
}

fn is_read(source: &Source<'_>) -> bool {
    place::is(
        source.path,
        "makefile|gnumakefile|*.mk|justfile|dockerfile|binding.gyp|*.gypi|*.csproj|*.targets|*.props|*.vcxproj|project.pbxproj|pom.xml|build.xml|*.cmake|cmakelists.txt|*.nix|*.sh|*.bash|*.zsh|*.bat|*.cmd|*.ps1",
    )
}

pub(super) fn read(source: &Source<'_>, starts: &mut Vec<Start>) {
    let end = source.text.char_indices().map(|(at, _)| at).find(|at| *at >= MAX_BYTES);
    let source = &Source { path: source.path, text: &source.text[..end.unwrap_or(source.text.len())] };
    read_within(source, starts);
    starts.truncate(MAX_COMMANDS);
}

fn read_within(source: &Source<'_>, starts: &mut Vec<Start>) {
    for (files, trigger, by) in SCRIPTS {
        let sample = matches!(&source.ending()[..], "sample" | "md");
        // A hook in another language is judged as what it is, once something runs it.
        if place::is(source.path, files) && !sample && is_shell(source) {
            push(starts, source, 1, *trigger, by, source.text);
        }
    }
    if place::is(source.path, "makefile|gnumakefile|*.mk|makefile.*|justfile|.justfile") {
        make(source, starts);
    } else if place::is(source.path, "dockerfile|dockerfile.*|*.dockerfile|containerfile") {
        docker(source, starts);
    } else if place::is(source.path, "binding.gyp|*.gypi") {
        expansions(source, starts, "<!", Trigger::Install, "node-gyp");
    } else if place::is(source.path, "*.pth") {
        for (line, number) in source.text.lines().zip(1..) {
            if line.starts_with("import ") || line.starts_with("import\t") {
                push(
                    starts,
                    source,
                    number,
                    Trigger::Hand,
                    "every start of Python",
                    &format!("python -c {}", super::quoted(line)),
                );
            }
        }
    } else if place::is(source.path, "*.csproj|*.vbproj|*.fsproj|*.vcxproj|*.targets|*.props|*.proj") {
        attributes(source, starts, &["Command"], "a target of the build");
    } else if place::is(source.path, "project.pbxproj") {
        xcode(source, starts);
    } else if place::is(source.path, "pom.xml|build.xml") {
        attributes(source, starts, &["executable"], "a step of the build");
    } else if place::is(source.path, "*.cmake|cmakelists.txt") {
        cmake(source, starts);
    } else if place::is(source.path, "*.ipynb") {
        notebook(source, starts);
    } else if source.name() == "flake.nix" || source.name() == "shell.nix" || source.name() == "devenv.nix" {
        nix(source, starts);
    } else if matches!(&source.ending()[..], "applescript" | "scpt" | "vbs" | "vbe" | "hta" | "wsf") {
        said(
            source,
            starts,
            &["do shell script \"", "doShellScript(\"", ".Run \"", ".Run(\"", ".Exec(\""],
            Trigger::Open,
            "a script that a double click runs",
        );
    } else if source.ending() == "sol" && source.text.contains("ffi(") {
        said(source, starts, &["= \"", "= '"], Trigger::Test, "vm.ffi of the tests");
    } else if let Some((_, words, trigger, by)) =
        SAID.iter().find(|(files, ..)| place::is(source.path, files))
    {
        said(source, starts, words, *trigger, by);
    } else if source.ending() == "go" {
        for (line, number) in source.text.lines().zip(1..) {
            if let Some(command) = line.strip_prefix("//go:generate ") {
                push(starts, source, number, Trigger::Hand, "go generate", command);
            }
        }
    } else if is_shell_name(source)
        || (source.ending().is_empty() && is_shell(source) && source.text.starts_with("#!"))
    {
        push(starts, source, 1, Trigger::Hand, super::SCRIPT, source.text);
    }
}

fn push(starts: &mut Vec<Start>, source: &Source<'_>, line: u32, trigger: Trigger, by: &str, command: &str) {
    starts.push(Start {
        file: source.path.to_owned(),
        line,
        trigger,
        by: by.to_owned(),
        command: command.to_owned(),
        hidden: false,
    });
}

fn is_shell_name(source: &Source<'_>) -> bool {
    matches!(&source.ending()[..], "sh" | "bash" | "zsh" | "ksh" | "command" | "bat" | "cmd" | "ps1")
}

/// Whether the first line names a shell, or none is named.
fn is_shell(source: &Source<'_>) -> bool {
    match source.text.lines().next().and_then(|first| first.strip_prefix("#!")) {
        Some(program) => program.contains("sh"),
        None => true,
    }
}

/// `$(shell …)` runs whenever the file is read, even for `make -n`; recipes when somebody asks for them.
fn make(source: &Source<'_>, starts: &mut Vec<Start>) {
    let is_recipe = |line: &str| line.starts_with('\t');
    for (line, number) in source.text.lines().zip(1..) {
        let comment = line.trim_start().starts_with('#');
        if !is_recipe(line) && !comment {
            let mut rest = line;
            while let Some(at) = rest.find("$(shell ") {
                let inner = &rest[at + 8..];
                let end = closing(inner).unwrap_or(inner.len());
                push(
                    starts,
                    source,
                    number,
                    Trigger::Build,
                    "make, before any target",
                    &inner[..end].replace("$$", "$"),
                );
                rest = &inner[end..];
            }
            if let Some((_, command)) = line.split_once("!=") {
                push(starts, source, number, Trigger::Build, "make, before any target", command.trim());
            }
        } else if is_recipe(line) {
            let command = line.trim_start_matches(['\t', '@', '-', '+', ' ']).replace("$$", "$");
            push(starts, source, number, Trigger::Hand, "a target of make", &command);
        }
    }
}

/// Where the bracket closes that was opened before.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn docker(source: &Source<'_>, starts: &mut Vec<Start>) {
    let mut lines = source.text.lines().zip(1_u32..);
    while let Some((line, number)) = lines.next() {
        let trimmed = line.trim_start();
        let Some(command) = ["RUN ", "CMD ", "ENTRYPOINT ", "ONBUILD RUN "]
            .iter()
            .find_map(|word| trimmed.strip_prefix(word))
        else {
            continue;
        };
        let mut command = command.to_owned();
        while command.ends_with('\\') {
            let Some((more, _)) = lines.next() else { break };
            command.push('\n');
            command.push_str(more);
        }
        push(starts, source, number, Trigger::Hand, "the container's build", &command);
    }
}

/// Commands that a file of settings puts the output of into itself.
fn expansions(source: &Source<'_>, starts: &mut Vec<Start>, sign: &str, trigger: Trigger, by: &str) {
    for (at, _) in source.text.match_indices(sign).take(MAX_PLACES) {
        let rest = source.text[at + sign.len()..].trim_start_matches(['@', '(']);
        let end = closing(rest).unwrap_or_else(|| rest.find('\n').unwrap_or(rest.len()));
        let command = rest[..end].replace("\\\"", "\"");
        push(starts, source, source.line_at(at), trigger, by, &command);
    }
}

/// Commands in attributes of XML, and those of `exec` elements.
fn attributes(source: &Source<'_>, starts: &mut Vec<Start>, names: &[&str], by: &str) {
    for name in names {
        let sign = format!("{name}=\"");
        for (at, _) in source.text.match_indices(&sign).take(MAX_PLACES) {
            let rest = &source.text[at + sign.len()..];
            let end = rest.find('"').unwrap_or(rest.len());
            push(starts, source, source.line_at(at), Trigger::Build, by, &unescape(&rest[..end]));
        }
        let open = format!("<{name}>");
        for (at, _) in source.text.match_indices(&open).take(MAX_PLACES) {
            let rest = &source.text[at + open.len()..];
            // The arguments follow in elements of their own.
            let end =
                rest.find("</configuration>").or_else(|| rest.find("</")).unwrap_or(rest.len()).min(4096);
            let end = (0..=end).rev().find(|at| rest.is_char_boundary(*at)).unwrap_or(0);
            let words: Vec<String> = rest[..end]
                .split(['<', '>'])
                .map(str::trim)
                .filter(|part| {
                    !part.is_empty()
                        && !part.starts_with('/')
                        && !matches!(*part, "argument" | "arguments" | "executable")
                })
                .map(|word| super::quoted(&unescape(word)))
                .collect();
            push(starts, source, source.line_at(at), Trigger::Build, by, &words.join(" "));
        }
    }
    if source.ending().ends_with("proj") || matches!(&source.ending()[..], "props" | "targets") {
        for tag in ["PreBuildEvent", "PostBuildEvent", "PreLinkEvent"] {
            for (at, _) in source.text.match_indices(&format!("<{tag}>")).take(MAX_PLACES) {
                let rest = &source.text[at + tag.len() + 2..];
                let end = rest.find("</").unwrap_or(rest.len());
                push(starts, source, source.line_at(at), Trigger::Build, by, &unescape(rest[..end].trim()));
            }
        }
    }
}

fn xcode(source: &Source<'_>, starts: &mut Vec<Start>) {
    for (at, _) in source.text.match_indices("shellScript = \"").take(MAX_PLACES) {
        let rest = &source.text[at + 15..];
        let mut end = 0;
        let bytes = rest.as_bytes();
        while end < bytes.len() && bytes[end] != b'"' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        let script = rest
            .get(..end)
            .unwrap_or_default()
            .replace("\\\"", "\"")
            .replace("\\n", "\n")
            .replace("\\\\", "\\");
        // The script stands on one line of the file, however many it has itself.
        let line = source.line_at(at);
        for part in script.lines() {
            push(starts, source, line, Trigger::Build, "a phase of the build", part);
        }
    }
}

/// `execute_process(COMMAND …)` runs while the build is configured.
fn cmake(source: &Source<'_>, starts: &mut Vec<Start>) {
    let lower = source.text.to_ascii_lowercase();
    for (at, _) in lower.match_indices("execute_process").take(MAX_PLACES) {
        let Some(open) = lower[at..].find('(') else { continue };
        let rest = &source.text[at + open + 1..];
        let end = closing(rest).unwrap_or(rest.len()).min(8192);
        let Some(body) = rest.get(..end) else { continue };
        let Some(command) = body.find("COMMAND").map(|at| (at, &body[at + 7..])) else { continue };
        let stop = ["OUTPUT_", "ERROR_", "RESULT_", "WORKING_DIRECTORY", "TIMEOUT", "COMMAND_"]
            .iter()
            .filter_map(|word| command.1.find(word))
            .min()
            .unwrap_or(command.1.len());
        // Several commands are a pipeline.
        let line = source.line_at(at + open + 1 + command.0);
        let pipeline = command.1[..stop].replace("COMMAND", "|");
        push(starts, source, line, Trigger::Build, "cmake, while configuring", &pipeline.replace('\n', " "));
    }
}

/// Commands that stand between quotes behind one of these words.
fn said(source: &Source<'_>, starts: &mut Vec<Start>, words: &[&str], trigger: Trigger, by: &str) {
    for (line, number) in source.text.lines().zip(1..) {
        for word in words {
            for (at, _) in line.match_indices(word).take(16) {
                let rest = &line[at + word.len()..];
                let quote = if word.ends_with('\'') { '\'' } else { '"' };
                let end = rest
                    .char_indices()
                    .find(|(at, c)| *c == quote && !rest[..*at].ends_with('\\'))
                    .map(|(at, _)| at);
                push(
                    starts,
                    source,
                    number,
                    trigger,
                    by,
                    &rest[..end.unwrap_or(rest.len())].replace("\\\"", "\""),
                );
            }
        }
    }
}

/// Lines of a notebook's cells that go to a shell.
fn notebook(source: &Source<'_>, starts: &mut Vec<Start>) {
    let Some(doc) = source.doc(crate::doc::Format::Json) else { return };
    for (_, cell) in doc.select("cells/*") {
        if cell.get("cell_type").and_then(|kind| kind.text()) != Some("code") {
            continue;
        }
        let lines = cell.get("source").map(super::commands).unwrap_or_default();
        let script =
            lines.first().is_some_and(|(_, first)| first.starts_with("%%bash") || first.starts_with("%%sh"));
        for (number, line) in lines {
            let line = line.trim();
            if let Some(command) =
                line.strip_prefix('!').or_else(|| line.strip_prefix("%system ")).or(script.then_some(line))
            {
                push(starts, source, number, Trigger::Hand, "a cell of the notebook", command);
            }
        }
    }
}

/// What a development shell runs when it is entered.
fn nix(source: &Source<'_>, starts: &mut Vec<Start>) {
    for (at, _) in source.text.match_indices("shellHook").chain(source.text.match_indices("enterShell")) {
        let rest = &source.text[at..];
        let Some(open) = rest.find("''") else { continue };
        let body = &rest[open + 2..];
        let end = body.find("''").unwrap_or(body.len());
        push(
            starts,
            source,
            source.line_at(at + open + 2),
            Trigger::Enter,
            "the development shell",
            &body[..end],
        );
    }
}
