//! Text on paper: how wide it is, where it is cut, and that nothing in it is taken for markup.

use tracehound_model::text::{clean, line};

use super::SMALLEST;

/// Points that a character takes at most, at the smallest size. Fonts differ; these are the widths of a wide one.
pub(super) fn width(c: char) -> f64 {
    let em = match c {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' | '(' | ')' => {
            0.36
        }
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.95,
        'A'..='Z' => 0.72,
        c if c.is_ascii() => 0.58,
        '…' => 1.0,
        c if (c as u32) < 0x1100 => 0.75,
        _ => 1.05,
    };
    em * SMALLEST
}

/// What fits between two columns; that something was cut is seen.
pub(super) fn fitting(text: &str, points: f64) -> String {
    let text = line(text);
    let mut used = 0.0;
    for (at, c) in text.char_indices() {
        used += width(c);
        if used > points {
            let ellipsis = width('…');
            let mut cut = at;
            while cut > 0 && text[..cut].chars().map(width).sum::<f64>() + ellipsis > points {
                cut = text[..cut].char_indices().next_back().map_or(0, |(at, _)| at);
            }
            return format!("{}…", text[..cut].trim_end());
        }
    }
    text.into_owned()
}

/// Lines of at most so many points, broken between words; a word that is longer is broken too.
pub(super) fn wrapped(text: &str, points: f64) -> Vec<String> {
    let text = line(text);
    let mut lines = vec![String::new()];
    let mut used = 0.0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let wide: f64 = word.chars().map(width).sum();
        if used > 0.0 && used + wide + width(' ') > points {
            lines.push(String::new());
            used = 0.0;
        }
        if used > 0.0 {
            lines.last_mut().expect("a line").push(' ');
            used += width(' ');
        }
        for c in word.chars() {
            if used + width(c) > points {
                lines.push(String::new());
                used = 0.0;
            }
            lines.last_mut().expect("a line").push(c);
            used += width(c);
        }
    }
    lines
}

/// Names come from lists: what an editor or a terminal would act upon is shown instead.
pub(super) fn escaped(text: &str) -> String {
    clean(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_says_so_and_fits() {
        assert_eq!(fitting("short", 100.0), "short");
        for long in ["W".repeat(100), "中".repeat(100), "a b ".repeat(100)] {
            let cut = fitting(&long, 100.0);
            assert!(cut.ends_with('…') && cut.chars().map(width).sum::<f64>() <= 100.0, "{cut}");
        }
    }

    #[test]
    fn lines_are_broken_between_words_where_that_is_possible() {
        assert_eq!(wrapped("one two three", 35.0), ["one two", "three"]);
        let lines = wrapped(&"x".repeat(100), 100.0);
        assert!(lines.len() > 3 && lines.concat().len() == 100);
    }
}
