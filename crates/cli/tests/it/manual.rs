//! The manual's pages and the shells' completions know every command.

use std::{fs, process::Command};

use crate::screen::{text, tracehound};

#[test]
fn every_command_has_a_page_with_its_examples() {
    let data = tempfile::tempdir().expect("folder");
    let folder = data.path().join("man1");
    let output = tracehound(data.path(), &["man", &folder.display().to_string()], "");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let page =
        |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(page("tracehound.1").contains("Exit codes"), "what scripts rely on");
    for name in ["screen", "trace", "lists-import", "guard-safe", "ledger-repair", "completions"] {
        let page = page(&format!("tracehound-{name}.1"));
        assert!(page.contains(".SH OPTIONS") || page.contains(".SH SYNOPSIS"), "{name}");
    }
    assert!(page("tracehound-screen.1").contains("\\-\\-audit"), "options are there");
}

#[test]
fn bash_completes_commands_and_options() {
    let data = tempfile::tempdir().expect("folder");
    let script = data.path().join("tracehound.bash");
    let output = tracehound(data.path(), &["completions", "bash"], "");
    assert_eq!(output.status.code(), Some(0));
    fs::write(&script, text(&output)).expect("written");
    let ask = |words: &str, at: usize| {
        let line = format!(
            "source {}; COMP_WORDS=({words}); COMP_CWORD={at}; _tracehound tracehound \"${{COMP_WORDS[{at}]}}\" \"\"; echo \"${{COMPREPLY[@]}}\"",
            script.display()
        );
        let output = Command::new("bash").args(["-c", &line]).output().expect("bash");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    assert_eq!(ask("tracehound scr", 1), "screen");
    assert_eq!(ask("tracehound screen --aud", 2), "--audit");
    for shell in ["zsh", "fish"] {
        assert!(text(&tracehound(data.path(), &["completions", shell], "")).contains("audit"), "{shell}");
    }
    let refused = tracehound(data.path(), &["completions", "bash", "--output", "json"], "");
    assert_eq!(refused.status.code(), Some(2));
}
