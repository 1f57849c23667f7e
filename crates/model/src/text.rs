//! Text from outside, made safe to look at.
//!
//! A label in a list, a file's name or a server's answer can hold characters that are not seen but acted upon: escape
//! sequences that move a terminal's cursor and paint over a verdict, marks that turn the direction of writing, blanks of no
//! width that make two names look alike. Whatever is printed passes [`label`] (a field: one line, of bounded length) or
//! [`line()`] (a sentence), and all of a program's output passes [`clean_lines`] or [`escape_json`] once more at its end.
//!
//! Each such character is replaced by U+FFFD, which is seen, so that nothing disappears without a word:
//!
//! * control characters (C0, DEL, C1, and so every escape sequence loses its head), line and paragraph separators;
//! * marks, embeddings, overrides and isolates of bidirectional text;
//! * characters of no width and whatever else Unicode calls default-ignorable, tags included. A variation selector after a
//!   symbol and a joiner between letters of Arabic and Indic scripts are spelling, and stay;
//! * noncharacters, and combining marks after the third on one letter: they would paint over the line above.

use std::borrow::Cow;

/// Characters of a field that are shown; the rest is cut, which is said by `…`.
pub const MAX_LABEL: usize = 200;

/// What stands for a character that must not be shown.
const STAND_IN: char = '\u{fffd}';

/// Combining marks on one letter that are shown. Vietnamese needs two, pointed Hebrew three.
const MAX_MARKS: usize = 3;

/// One line: what must not be shown is replaced, line ends included.
///
/// ```
/// assert_eq!(tracehound_model::text::clean("a\u{1b}[2Jb\u{202e}c\r\n"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}\u{fffd}");
/// ```
pub fn clean(text: &str) -> Cow<'_, str> {
    replaced(text, |_| false, |out, _| out.push(STAND_IN))
}

/// A field as it is shown: as [`line()`], and of at most [`MAX_LABEL`] characters.
pub fn label(text: &str) -> Cow<'_, str> {
    squeezed(text, MAX_LABEL)
}

/// A sentence as it is shown: one line, runs of blanks made one space. A run of blanks could push what follows it to the
/// beginning of a terminal's next line.
pub fn line(text: &str) -> Cow<'_, str> {
    squeezed(text, usize::MAX >> 3)
}

fn squeezed(text: &str, most: usize) -> Cow<'_, str> {
    // What a cut leaves of the rest is looked at no more: a label of a megabyte is no work.
    let head = match text.char_indices().nth(4 * most) {
        Some((at, _)) => &text[..at],
        None => text,
    };
    let clean = clean(head);
    let tidy = head.len() == text.len()
        && clean.len() <= most
        && !clean.starts_with(' ')
        && !clean.ends_with(' ')
        && !clean.contains("  ")
        && clean.is_ascii();
    if tidy {
        return clean;
    }
    let mut out = String::with_capacity(clean.len().min(4 * most));
    for word in clean.split(|c: char| c.is_whitespace() || c == '\u{2800}').filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    let cut = out.char_indices().nth(most).map(|(at, _)| at);
    if let Some(at) = cut {
        out.truncate(at);
    }
    if cut.is_some() || head.len() < text.len() {
        out.push('…');
    }
    Cow::Owned(out)
}

/// Several lines of text output: as [`clean`], but line feeds stay.
pub fn clean_lines(text: &str) -> Cow<'_, str> {
    replaced(text, |c| c == '\n', |out, _| out.push(STAND_IN))
}

/// JSON as it may be shown at a terminal: the same values, with everything that [`clean`] replaces written as `\uXXXX`.
/// (JSON itself escapes C0 alone, while terminals act upon C1 and upon marks of direction.) Line feeds between values stay.
pub fn escape_json(json: &str) -> Cow<'_, str> {
    use std::fmt::Write;
    replaced(
        json,
        |c| c == '\n',
        |out, c| {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        },
    )
}

/// A cell of a table: its lines ([`clean_lines`], each ended by a line feed), quoted where it must be (RFC 4180, and for readers that separate by semicolon or
/// tab), with a `'` where a spreadsheet would run a formula: before the whole cell, and before a sign that follows what a
/// spreadsheet may split at. One that separates by semicolons takes the quotes in `a,";=1"` for text, and `=1"` for a cell.
pub fn csv_cell(cell: &str) -> String {
    let lines =
        if cell.contains("\r\n") { Cow::Owned(cell.replace("\r\n", "\n")) } else { Cow::Borrowed(cell) };
    let cell = clean_lines(&lines);
    let mut guarded = String::with_capacity(cell.len() + 1);
    let head = cell.trim_start_matches(is_before_a_formula);
    if head.starts_with(is_formula_sign) {
        guarded.push('\'');
    }
    guarded.push_str(&cell[..cell.len() - head.len()]);
    let mut begins = false;
    for c in head.chars() {
        if begins && is_formula_sign(c) && !is_separator(c) {
            guarded.push('\'');
        }
        begins = is_separator(c) || (begins && is_before_a_formula(c));
        guarded.push(c);
    }
    if guarded.contains([',', '"', ';', '\t', '|', '\n']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

/// Where a spreadsheet may begin a cell, whatever the quotes say. What replaces a line end is one too.
fn is_separator(c: char) -> bool {
    matches!(c, ',' | ';' | '\t' | '|' | '\n' | '\u{fffd}')
}

/// What a spreadsheet passes over before a formula.
fn is_before_a_formula(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\u{fffd}')
}

/// What a formula can begin with; spreadsheets also take the wide, small and raised forms.
fn is_formula_sign(c: char) -> bool {
    matches!(
        c,
        '=' | '+'
            | '-'
            | '@'
            | '|'
            | '%'
            | '＝'
            | '＋'
            | '－'
            | '＠'
            | '﹦'
            | '﹢'
            | '﹣'
            | '﹫'
            | '⁼'
            | '⁺'
            | '⁻'
            | '₌'
            | '₊'
            | '₋'
            | '−'
            | '﬩'
    )
}

/// Whether all of it is printable ASCII or line feeds, and so passes unchanged.
pub fn is_plain(bytes: &[u8]) -> bool {
    // Without an early end within a piece, so that it is compiled to vector instructions.
    bytes.chunks(256).all(|piece| piece.iter().fold(true, |plain, byte| plain & is_plain_byte(*byte)))
}

fn is_plain_byte(byte: u8) -> bool {
    matches!(byte, b'\n' | 0x20..0x7f)
}

/// The text with `stand_in` for each character that must not be shown and is not in `kept`.
fn replaced(text: &str, kept: impl Fn(char) -> bool, stand_in: impl Fn(&mut String, char)) -> Cow<'_, str> {
    let mut out: Option<String> = None;
    let mut before = None;
    let mut marks = 0;
    let mut at = 0;
    // What of the text is already in `out`.
    let mut done = 0;
    while at < text.len() {
        let rest = &text[at..];
        let plain = rest.bytes().take_while(|byte| (0x20..0x7f).contains(byte)).count();
        if plain > 0 {
            at += plain;
            before = text[..at].chars().next_back();
            marks = 0;
            continue;
        }
        let mut chars = rest.chars();
        let Some(c) = chars.next() else { break };
        marks = if is_mark(c) { marks + 1 } else { 0 };
        let shown = kept(c) || (marks <= MAX_MARKS && is_shown(before, c, chars.next()));
        if !shown {
            let out = out.get_or_insert_with(|| String::with_capacity(text.len() + 16));
            out.push_str(&text[done..at]);
            stand_in(out, c);
            done = at + c.len_utf8();
        }
        before = Some(c);
        at += c.len_utf8();
    }
    match out {
        None => Cow::Borrowed(text),
        Some(mut out) => {
            out.push_str(&text[done..]);
            Cow::Owned(out)
        }
    }
}

/// Whether a character may be shown between its neighbours.
fn is_shown(before: Option<char>, c: char, after: Option<char>) -> bool {
    match c {
        '\u{fe0e}' | '\u{fe0f}' => before.is_some_and(is_symbol),
        '\u{200c}' | '\u{200d}' => before.is_some_and(is_joining) && after.is_some_and(is_joining),
        _ => !is_hidden(c),
    }
}

/// Characters that are acted upon or not seen: `Cc`, `Zl`, `Zp`, format characters that show nothing, default-ignorables
/// and noncharacters (Unicode 16).
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{70f}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fdd0}'..='\u{fdef}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{13430}'..='\u{1343f}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
        || u32::from(c) & 0xfffe == 0xfffe
}

/// Combining marks of no script of its own, which can be heaped upon any letter.
fn is_mark(c: char) -> bool {
    matches!(
        c,
        '\u{300}'..='\u{36f}'
            | '\u{483}'..='\u{489}'
            | '\u{591}'..='\u{5bd}'
            | '\u{610}'..='\u{61a}'
            | '\u{64b}'..='\u{65f}'
            | '\u{e31}'
            | '\u{e34}'..='\u{e3a}'
            | '\u{e47}'..='\u{e4e}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{fe20}'..='\u{fe2f}'
    )
}

/// Characters that have a form as text and one as picture.
fn is_symbol(c: char) -> bool {
    matches!(
        c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2100}'..='\u{2bff}' | '\u{3030}' | '\u{303d}'
            | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}'
    )
}

/// Letters and signs of scripts in which a joiner changes how a word is written.
fn is_joining(c: char) -> bool {
    matches!(c, '\u{620}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{8a0}'..='\u{8ff}' | '\u{900}'..='\u{dff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_acted_upon_or_not_seen_is_replaced_by_what_is_seen() {
        for (outside, shown) in [
            ("plain text, 100 % of it", "plain text, 100 % of it"),
            ("Ünïcödé – “quoted” 日本 한국 Тест", "Ünïcödé – “quoted” 日本 한국 Тест"),
            ("\u{1b}]8;;https://evil.example\u{1b}\\x\u{7}", "�]8;;https://evil.example�\\x�"),
            ("\u{9b}2J\u{90}q\u{9c}", "�2J�q�"),
            ("a\u{8}\u{8}b\tc\rd\ne\u{7f}\0", "a��b�c�d�e��"),
            ("\u{202e}WOLLA\u{202c} \u{2066}x\u{2069}\u{200e}\u{200f}\u{61c}", "�WOLLA� �x����"),
            ("a\u{200b}b\u{feff}c\u{2060}d\u{ad}e\u{34f}f\u{180e}g\u{3164}h\u{115f}", "a�b�c�d�e�f�g�h�"),
            ("a\u{2028}b\u{2029}c\u{85}d", "a�b�c�d"),
            ("x\u{e0041}\u{e007f}\u{e0100}", "x���"),
            ("\u{fdd0}\u{ffff}\u{10fffe}\u{fff9}", "����"),
        ] {
            assert_eq!(clean(outside), shown, "{outside:?}");
            assert!(clean(&clean(outside)) == clean(outside), "once is enough");
        }
    }

    #[test]
    fn spelling_stays_and_the_same_characters_elsewhere_do_not() {
        // Persian "they want", with a non-joiner; a heart as a picture.
        for spelt in ["می\u{200c}خواهند", "क्\u{200d}ष", "❤\u{fe0f}", "e\u{301}\u{323}"] {
            assert_eq!(clean(spelt), spelt);
        }
        assert_eq!(clean("pay\u{200c}pal\u{200d} x\u{fe0f} \u{fe0e}"), "pay�pal� x� �");
        assert_eq!(clean(&format!("e{}", "\u{301}".repeat(6))), "e\u{301}\u{301}\u{301}���");
    }

    #[test]
    fn a_label_is_one_short_line() {
        assert_eq!(label("two  words"), "two words");
        assert_eq!(label(" \u{3000}\u{2800}a\u{a0}\u{a0}b "), "a b");
        assert_eq!(label("a\nALLOW  b"), "a�ALLOW b");
        assert_eq!(line(&"a  b\n".repeat(100)), "a b�".repeat(100));
        let long = label(&"x".repeat(1_000_000)).into_owned();
        assert_eq!((long.chars().count(), long.ends_with("x…")), (MAX_LABEL + 1, true));
        let exact = "é".repeat(MAX_LABEL);
        assert_eq!(label(&exact), exact);
        // What is pushed to the next line by blanks alone.
        assert_eq!(label(&format!("x{}ALLOW", " ".repeat(5_000))), "x…");
    }

    #[test]
    fn lines_stay_and_json_keeps_its_values() {
        assert_eq!(clean_lines("a\r\nb\u{1b}c\n"), "a�\nb�c\n");
        let value = serde_json::json!({"k\u{9b}": "a\u{1b}b\u{85}\u{202e}\u{2028}\u{e0041}\n日"});
        let json = serde_json::to_string_pretty(&value).expect("JSON");
        let shown = escape_json(&json);
        assert!(shown.chars().all(|c| c == '\n' || !is_hidden(c)), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).expect("JSON"), value);
        assert!(
            shown.contains("\\u202e") && shown.contains("\\udb40\\udc41") && shown.contains('日'),
            "{shown}"
        );
    }

    #[test]
    fn a_cell_is_quoted_where_it_must_be_and_never_a_formula() {
        assert_eq!(csv_cell("plain"), "plain");
        assert_eq!(csv_cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", "﹣1", " =1", "\u{a0}=1", "\"=1"] {
            assert!(csv_cell(formula).trim_start_matches('"').starts_with('\''), "{formula}");
        }
        for hidden in ["\t=1+1", "\r=1", "\u{200b}=1", "\u{1b}=1"] {
            let cell = csv_cell(hidden);
            assert!(cell.starts_with("'\u{fffd}=") && !cell.contains(char::is_control), "{hidden:?}");
        }
        // Where tables are separated by semicolons or tabs.
        assert_eq!(csv_cell("a;=1+1"), "\"a;'=1+1\"");
        assert_eq!(csv_cell("=a;=1"), "\"'=a;'=1\"");
        assert_eq!(csv_cell("a; \"-1"), "\"a; \"\"'-1\"");
        assert_eq!(csv_cell("a;b-1 = c@d; e"), "\"a;b-1 = c@d; e\"", "what does not begin a cell stays");
        assert_eq!(csv_cell("two\r\nlines"), "\"two\nlines\"");
        assert_eq!(csv_cell("two\n=1"), "\"two\n'=1\"");
        assert_eq!(csv_cell("\n=1"), "\"'\n=1\"");
    }

    #[test]
    fn plain_is_what_passes_unchanged() {
        assert!(is_plain(b"{\"a\": 1}\n") && is_plain(b""));
        for byte in (0..=u8::MAX).filter(|byte| *byte != b'\n') {
            let text = [&[b'x'; 300][..], &[byte]].concat();
            assert_eq!(is_plain(&text), (0x20..0x7f).contains(&byte), "{byte:#x}");
        }
    }
}
