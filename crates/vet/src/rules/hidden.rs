//! What a reader does not see: code behind blanks, characters without width, text that runs the other way, shuffled code.

use crate::{
    code::dialect,
    finding::{CheckId, Finding, Severity},
    source::Source,
};

/// Blanks after which nobody looks for more on a line.
const MANY_BLANKS: usize = 200;

/// Empty lines after which nobody looks for more in a file.
const MANY_LINES: u32 = 400;

/// Characters without width in a row that can hold a text.
const MANY_HIDDEN: usize = 12;

pub(super) fn read(source: &Source<'_>, findings: &mut Vec<Finding>) {
    let is_code = dialect(&source.ending()).is_some()
        || matches!(
            &source.ending()[..],
            "sh" | "bash"
                | "bat"
                | "cmd"
                | "ps1"
                | "yml"
                | "yaml"
                | "json"
                | "toml"
                | "scpt"
                | "mk"
                | "vue"
                | "svelte"
                | "html"
        );
    if is_code {
        behind_blanks(source, findings);
    }
    without_width(source, is_code, findings);
    if is_config(source) {
        shuffled(source, findings);
    } else {
        obfuscated(source, findings);
    }
}

fn is_comment(text: &str) -> bool {
    ["//", "/*", "*", "#", "--", "<!--", "%", ";"].iter().any(|sign| text.starts_with(sign))
}

fn behind_blanks(source: &Source<'_>, findings: &mut Vec<Finding>) {
    let mut empty = 0;
    for (line, number) in source.text.lines().zip(1_u32..) {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            empty += 1;
            continue;
        }
        let runs = |text: &str| text.contains('(') || text.contains('=') || text.contains('|');
        if empty >= MANY_LINES && runs(trimmed) && !is_comment(trimmed) {
            let title = format!("Code stands behind {empty} empty lines, where no reader comes to.");
            findings.push(
                Finding::new(CheckId::Hide01, Severity::High, source.path, title)
                    .at(number)
                    .showing(trimmed)
                    .attack(&["T1027", "T1036"]),
            );
        }
        empty = 0;
        if line.len() < MANY_BLANKS {
            continue;
        }
        if let Some(hidden) = after_blanks(line)
            && runs(hidden)
            && !is_comment(hidden)
        {
            let title = "Code stands behind hundreds of blanks, beyond what an editor shows of the line.";
            findings.push(
                Finding::new(CheckId::Hide01, Severity::High, source.path, title)
                    .at(number)
                    .showing(hidden)
                    .attack(&["T1027", "T1036"]),
            );
        }
    }
}

/// What follows a long run of blanks.
fn after_blanks(line: &str) -> Option<&str> {
    let bytes = line.as_bytes();
    let mut run = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(byte, b' ' | b'\t') {
            run += 1;
        } else {
            if run >= MANY_BLANKS && line[at..].trim().len() >= 8 {
                return Some(&line[at..]);
            }
            run = 0;
        }
    }
    None
}

/// Characters that have no width or turn the direction of writing.
fn without_width(source: &Source<'_>, is_code: bool, findings: &mut Vec<Finding>) {
    if source.text.is_ascii() {
        return;
    }
    for (line, number) in source.text.lines().zip(1_u32..) {
        if line.is_ascii() {
            continue;
        }
        let mut run = 0;
        let mut longest = 0;
        let mut turns = 0;
        let mut tags = 0;
        for c in line.chars() {
            match c {
                // Pictures of flags are spelt with a few tags after a flag.
                '\u{e0000}'..='\u{e007f}' => {
                    tags += 1;
                    run += 1;
                }
                '\u{200b}'..='\u{200f}'
                | '\u{2060}'..='\u{2064}'
                | '\u{feff}'
                | '\u{180b}'..='\u{180e}'
                | '\u{fe00}'..='\u{fe0d}'
                | '\u{e0100}'..='\u{e01ef}'
                | '\u{3164}'
                | '\u{ffa0}'
                | '\u{115f}'
                | '\u{1160}' => run += 1,
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                    turns += 1;
                    run = 0;
                }
                _ => run = 0,
            }
            longest = longest.max(run);
        }
        let attack = &["T1027.003", "T1036.002"];
        if longest >= MANY_HIDDEN {
            let title = format!(
                "{longest} characters that cannot be seen stand here in a row: they can hold code or words."
            );
            findings.push(
                Finding::new(CheckId::Hide01, Severity::High, source.path, title)
                    .at(number)
                    .showing(line)
                    .attack(attack),
            );
        } else if tags >= 8 {
            let title = "Characters that cannot be seen spell a text here.";
            findings.push(
                Finding::new(CheckId::Hide01, Severity::High, source.path, title)
                    .at(number)
                    .showing(line)
                    .attack(attack),
            );
        } else if turns > 0 && is_code && turns_code(line) {
            let title = "Marks of direction make the line read other than it runs.";
            findings.push(
                Finding::new(CheckId::Hide01, Severity::High, source.path, title)
                    .at(number)
                    .showing(line)
                    .attack(attack),
            );
        }
        if findings.len() > 200 {
            return;
        }
    }
}

/// Marks of direction matter where code stands among them, and not within a text of a right-to-left script.
fn turns_code(line: &str) -> bool {
    let right_to_left = line
        .chars()
        .any(|c| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'));
    let overrides = line.contains('\u{202e}')
        || line.contains('\u{2066}')
        || line.contains('\u{2067}')
        || line.contains('\u{202d}');
    // A list of such characters is a list.
    let listed = line.matches(|c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')).count() > 6;
    overrides && !right_to_left && !listed
}

/// Code that a tool made unreadable, where people keep what they write.
fn obfuscated(source: &Source<'_>, findings: &mut Vec<Finding>) {
    const BUILT: &[&str] = &[
        "dist/",
        "build/",
        "vendor/",
        "node_modules/",
        "public/",
        "static/",
        "fixtures/",
        "test",
        "min.",
        "bundle",
        "umd/",
        "lib/",
    ];
    if !matches!(&source.ending()[..], "js" | "cjs" | "mjs" | "ts" | "dict" | "txt" | "")
        || BUILT.iter().any(|part| source.path.contains(part))
    {
        return;
    }
    let names = source.text.matches("_0x").count();
    let turns = source.text.contains("['push'](")
        || source.text.contains("['shift']()")
        || source.text.contains("parseInt(_0x");
    if names >= 60 && turns {
        let at = source.text.find("_0x").unwrap_or(0);
        let title = "Code that a tool made unreadable stands among what people write.";
        let shown = source.text.get(at..).unwrap_or_default();
        let finding = Finding::new(CheckId::Hide02, Severity::High, source.path, title);
        findings.push(finding.at(source.line_at(at)).showing(shown).attack(&["T1027.010", "T1027.013"]));
    }
}

/// Files that people write by hand, and tools run.
fn is_config(source: &Source<'_>) -> bool {
    let name = source.name();
    let code = matches!(&source.ending()[..], "js" | "cjs" | "mjs" | "ts" | "mts" | "cts");
    code && (name.contains(".config.")
        || name.contains(".setup.")
        || name.ends_with("rc.js")
        || name.ends_with("rc.cjs")
        || matches!(&name[..], "gulpfile.js" | "gruntfile.js" | "truffle.js" | "truffle-config.js"))
        && !source.path.contains("node_modules/")
}

/// Code that was made unreadable, in a file that people write by hand.
fn shuffled(source: &Source<'_>, findings: &mut Vec<Finding>) {
    for (line, number) in source.text.lines().zip(1_u32..) {
        let numbered = line.matches("_0x").count() + line.matches("_$_").count();
        let escapes = line.matches("\\x").count() + line.matches("\\u00").count();
        let globals = line.contains("global['")
            || line.contains("global[\"")
            || line.contains("createRequire") && line.len() > 300;
        let walks = line.matches("charAt").count()
            + line.matches("charCodeAt").count()
            + line.matches("fromCharCode").count()
            + line.matches("splice(").count();
        let long = line.len() > 2000 && (walks > 0 || line.contains("eval(") || line.contains("Function("));
        if numbered >= 12
            || escapes >= 40
            || long
            || globals && (walks >= 2 || line.len() > 500)
            || walks >= 4 && line.len() > 300
        {
            let title = "Code that was made unreadable stands in a file that is written by hand and run by the build.";
            let shown = line.trim_start();
            findings.push(
                Finding::new(CheckId::Hide02, Severity::High, source.path, title)
                    .at(number)
                    .showing(shown)
                    .attack(&["T1027.010", "T1195.001"]),
            );
            return;
        }
    }
}
