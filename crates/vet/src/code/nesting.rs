//! How deep source text may be nested, told from its tokens: parsers go as deep as their input, on a stack that ends.

/// Levels that are parsed. Real files stay below a few hundred.
pub(super) const MOST: usize = 1_500;

/// No fewer levels than a parser goes down. Quotes and comments are not known here, so that it may be more.
pub(super) fn deepest(text: &str) -> usize {
    let bytes = text.as_bytes();
    // What is open: brackets, and at each of them what a parser goes down for without a bracket.
    let mut open = 0_usize;
    let mut chain = vec![0_usize];
    let (mut most, mut sum, mut at) = (0, 0_usize, 0);
    while at < bytes.len() {
        let here = chain.last_mut().expect("one for the whole text");
        let mut go_down = |levels: usize| {
            *here += levels;
            sum += levels;
        };
        match bytes[at] {
            b'(' | b'[' | b'{' => {
                open += 1;
                chain.push(0);
            }
            b')' | b']' | b'}' => {
                open = open.saturating_sub(1);
                if chain.len() > 1 {
                    sum -= chain.pop().unwrap_or_default();
                }
            }
            // A statement ends; one that follows `else` does not begin anew.
            b';' | b',' => sum -= std::mem::take(here),
            b'\n' if bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic) => sum -= std::mem::take(here),
            b'?' | b'!' | b'~' | b'<' | b'=' | b'-' | b'+' | b'*' | b':' | b'`' => go_down(1),
            b'a'..=b'z' if at == 0 || !is_word(bytes[at - 1]) => {
                let end =
                    bytes[at..].iter().position(|byte| !is_word(*byte)).map_or(bytes.len(), |end| at + end);
                let word = &bytes[at..end];
                let goes: &[&[u8]] = &[
                    b"if", b"else", b"for", b"while", b"do", b"with", b"new", b"await", b"async", b"typeof",
                    b"void", b"delete", b"not", b"lambda", b"yield", b"return", b"throw", b"elif",
                ];
                if goes.contains(&word) {
                    go_down(1);
                }
                at = end - 1;
            }
            _ => {}
        }
        most = most.max(open + sum);
        at += 1;
    }
    most
}

fn is_word(byte: u8) -> bool {
    byte == b'_' || byte == b'$' || byte.is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_parser_goes_down_for_is_counted() {
        for piece in [
            "(",
            "[",
            "{",
            "!",
            "-(",
            "a?b:",
            "if(a)",
            "new ",
            "a=>",
            "await ",
            "a**",
            "<a>",
            "x=",
            "if(a){}else ",
            "not ",
            "`${",
        ] {
            assert!(deepest(&piece.repeat(5_000)) > MOST, "{piece}");
        }
        for piece in [
            "a(b);\n",
            "x = {a: [1, 2]};\n",
            "f(a, b ? c : d);\n",
            "\"+\" + a, ",
            "if (a) { b() } else { c() }\n",
        ] {
            assert!(deepest(&piece.repeat(5_000)) < MOST, "{piece}: {}", deepest(&piece.repeat(5_000)));
        }
    }
}
