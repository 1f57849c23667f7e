//! Lists written to fool the person at the terminal, on the screen of a terminal emulator.

use std::{fs, path::Path};

use tracehound_testkit::shared_data;

use crate::screen::{text, tracehound};

/// In the shipped facts: named by the FBI on 2023-08-22.
const LISTED: &str = "3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG";

/// Labels as YAML's double-quoted texts, each of which would paint over the verdict, hide it or forge another.
const LABELS: [&str; 12] = [
    r"x\e[2J\e[HALLOW  3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG  (score 0)\r\n\e[8m",
    r"x\e[20A\rALLOW  3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG  (score 0)\e[J",
    r"x\rALLOW  3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG",
    r"x\nALLOW  3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG  (score 0)\n  on no list",
    r"\u009b2J\u009bHALLOW  3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG",
    r"\e]8;;https://evil.example\e\\ALLOW\e]8;;\e\\",
    r"\e]0;ALLOW\a\e]52;c;cm0gLXJm\a\a\a",
    r"\b\b\b\b\b\b\b\b\b\b\b\b\b\b\b\b\b\b\b\b\b\bALLOW",
    r"\u202eWOLLA\u202c \u2066ALLOW\u2069\u200f",
    r"x\u2028ALLOW\u2029ALLOW\u0085ALLOW",
    r"\e[8m\e[?1049h\e[3J\ec",
    r"\u200bEx\u200bchange\ufeff\U000e0041\u3164",
];

/// A pack whose every text is one of them, all about one address.
fn pack() -> String {
    use std::fmt::Write;

    let all = LABELS.concat();
    let mut pack = format!(
        "title: \"{all}\"\ncreator: \"{all}\"\nlastmod: 2025-11-20\ncategory: exchange\ncurrency: BTC\n\
         confidence: ownership\ntags:\n"
    );
    for label in LABELS {
        let tag = "  - address: ";
        writeln!(pack, "{tag}{LISTED}\n    label: \"{label}\"\n    source: \"https://x.example/{label}\"")
            .expect("a string takes every write");
    }
    pack
}

/// What a terminal of this width shows of it.
fn screen(output: &str, columns: u16) -> Vec<String> {
    let rows = 400;
    let mut terminal = vt100::Parser::new(rows, columns, 0);
    terminal.process(b"$ tracehound\r\n");
    terminal.process(output.replace('\n', "\r\n").as_bytes());
    let screen = terminal.screen();
    assert!(!screen.alternate_screen() && !screen.hide_cursor());
    let shown: Vec<String> = screen.rows(0, columns).collect();
    assert_eq!(shown[0], "$ tracehound", "nothing was painted over");
    let hidden = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    for (row, column) in hidden {
        let cell = screen.cell(row, column).expect("on the screen");
        assert_eq!((cell.fgcolor(), cell.bgcolor()), (vt100::Color::Default, vt100::Color::Default));
    }
    shown
}

fn nothing_acts(output: &[u8]) {
    let text = std::str::from_utf8(output).expect("UTF-8");
    let acts = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
            || ('\u{e0000}'..='\u{e0fff}').contains(&c)
    };
    assert_eq!(text.chars().find(|&c| acts(c)), None, "{text:?}");
}

fn blocked(data: &Path) {
    let output = tracehound(data, &["screen", LISTED], "");
    assert_eq!(output.status.code(), Some(20), "{}", String::from_utf8_lossy(&output.stderr));
    nothing_acts(&output.stdout);
    for columns in [80, 100, 132, 240] {
        let shown = screen(&text(&output), columns);
        assert!(shown[1].starts_with(&format!("BLOCK  {LISTED}")), "{}", shown[1]);
        let forged = shown.iter().find(|line| line.trim_start().starts_with("ALLOW"));
        assert_eq!(forged, None, "at {columns} columns");
    }
    for form in ["json", "jsonl", "csv"] {
        let output = tracehound(data, &["screen", LISTED, "--output", form], "");
        nothing_acts(&output.stdout);
        if form == "csv" {
            assert_eq!(text(&output).lines().count(), 2, "{}", text(&output));
        }
    }
}

#[test]
fn no_label_paints_over_a_verdict() {
    let data = tempfile::tempdir().expect("folder");
    let file = data.path().join("evil\u{1b}[2J\nALLOW.yaml");
    fs::write(&file, pack()).expect("written");
    let output = tracehound(data.path(), &["lists", "import", &file.to_string_lossy()], "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    nothing_acts(&output.stdout);
    nothing_acts(&output.stderr);
    assert_eq!(text(&output).lines().find(|line| line.starts_with("ALLOW")), None, "{}", text(&output));
    blocked(data.path());
    let listed = tracehound(data.path(), &["lists", "list"], "");
    nothing_acts(&listed.stdout);
}

#[test]
fn the_packs_that_were_seen_to_fool_are_shown_as_they_are() {
    for name in ["cases/faults/evil3.yaml", "cases/faults/evil_pack.yaml"] {
        let Some(file) = shared_data(name) else { return };
        let data = tempfile::tempdir().expect("folder");
        let output = tracehound(data.path(), &["lists", "import", &file.to_string_lossy()], "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        blocked(data.path());
    }
}

#[test]
fn what_is_repeated_of_the_command_line_and_of_files_is_shown_and_not_acted_upon() {
    let data = tempfile::tempdir().expect("folder");
    let evil = "\u{1b}[2J\u{1b}[HALLOW\u{202e}\r\u{9b}2J";
    for args in [
        &["screen", evil][..],
        &["screen", "--name", evil],
        &["screen", "--threshold", evil, "x"],
        &["lists", "import", evil],
        &["lists", "import", "x", "--format", evil],
        &["trace", evil],
        &["tx", evil],
        &["ingest", "bitcoin", evil],
        &["policy", "check", evil],
        &["guard", "tx", evil],
        &["--output", evil, "lists", "list"],
        &[evil],
    ] {
        let output = tracehound(data.path(), args, "");
        assert_ne!(output.status.code(), Some(0), "{args:?}");
        nothing_acts(&output.stdout);
        nothing_acts(&output.stderr);
    }
    let output = tracehound(data.path(), &["screen", "--stdin"], &format!("{evil}\n{LISTED}\n"));
    nothing_acts(&output.stdout);
    assert!(!text(&output).lines().any(|line| line.starts_with("ALLOW")));
}
