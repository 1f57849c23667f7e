//! Legal forms of companies ("`GmbH`", "Joint Stock Company", "有限公司"): which words of a name are no more than that.
//!
//! A form says how a company is owned, not which one it is, and people leave it out, abbreviate it or get it wrong. It
//! therefore weighs nothing between organisations. In a person's name the same letters are a name or an initial.

use std::{collections::HashMap, sync::LazyLock};

use super::{normal::normal, similarity::fold};

/// One form a line; where they come from stands in the file.
const TABLE: &str = include_str!("data/legal-forms.txt");
/// Longest abbreviation that is also written letter by letter.
const MAX_SPELT: usize = 5;

/// Forms that are known in questions alone: what was prepared of lists is counted without them.
const ASKED_TABLE: &str = include_str!("data/legal-forms-asked.txt");

/// A form as the words it is made of, folded.
#[derive(Debug)]
struct Form {
    words: Vec<String>,
    stands: Stands,
}

/// Where a form may stand in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    Anywhere,
    /// At the beginning, the end or beside another form.
    Edge,
    /// At the end or before another form there: what may be initials elsewhere.
    End,
}

/// Forms by their first word, longest first.
type Forms = HashMap<String, Vec<Form>>;
static FORMS: LazyLock<Forms> = LazyLock::new(|| read(&[TABLE]));
static ASKED: LazyLock<Forms> = LazyLock::new(|| read(&[TABLE, ASKED_TABLE]));

fn read(tables: &[&str]) -> Forms {
    let mut forms = Forms::new();
    let mut section = Stands::Anywhere;
    let lines = tables
        .iter()
        .flat_map(|table| table.lines())
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        if line.starts_with('[') {
            section = match line {
                "[anywhere]" => Stands::Anywhere,
                "[edge]" => Stands::Edge,
                _ => Stands::End,
            };
            continue;
        }
        let words: Vec<String> = normal(line, usize::MAX).tokens.iter().map(|word| plain(word)).collect();
        let is_short = words.len() == 1 && line.len() <= MAX_SPELT && line.is_ascii();
        let letters = is_short.then(|| line.chars().map(String::from));
        let spelt = letters.map(|letters| Form { words: letters.collect(), stands: Stands::End });
        let is_initials = words.iter().all(|word| word.chars().count() == 1);
        let stands = if is_initials { Stands::End } else { section };
        for form in std::iter::once(Form { words, stands }).chain(spelt).filter(|form| !form.words.is_empty())
        {
            forms.entry(form.words[0].clone()).or_default().push(form);
        }
    }
    for forms in forms.values_mut() {
        forms.sort_by_key(|form| std::cmp::Reverse(form.words.len()));
    }
    forms
}

/// A long word with the differences between romanisations taken out; abbreviations are spelt one way.
fn plain(word: &str) -> String {
    if word.len() > MAX_SPELT { fold(word) } else { word.to_owned() }
}

/// Whether a word alone is a legal form.
pub(super) fn is_form(word: &str) -> bool {
    ASKED.get(&plain(word)).is_some_and(|forms| forms.iter().any(|form| form.words.len() == 1))
}

/// As [`forms`], of a question.
pub(super) fn forms_asked(tokens: &[String]) -> u64 {
    let found = found_in(tokens, &ASKED);
    if found == bits(0, tokens.len().min(64)) { forms(tokens) } else { found }
}

/// A bit for each of `tokens` (at most 64) that belongs to a legal form; none where all do, as a company may be called
/// nothing else.
pub(super) fn forms(tokens: &[String]) -> u64 {
    let found = all_forms(tokens);
    if found == bits(0, tokens.len().min(64)) { 0 } else { found }
}

/// As [`forms`], also where all do.
pub(super) fn all_forms(tokens: &[String]) -> u64 {
    found_in(tokens, &FORMS)
}

fn found_in(tokens: &[String], forms: &Forms) -> u64 {
    let folded: Vec<String> = tokens.iter().take(64).map(|token| plain(token)).collect();
    let mut found = 0;
    for place in 0..folded.len() {
        if let Some(length) = form_at(forms, &folded, place, &[Stands::Anywhere]) {
            found |= bits(place, length);
        }
    }
    // From both ends inwards, and on from forms already found.
    let mut before = None;
    while before != Some(found) {
        before = Some(found);
        for place in 0..folded.len() {
            let at_begin = place == 0 || found & bits(place - 1, 1) != 0;
            if at_begin
                && let Some(length) = form_at(forms, &folded, place, &[Stands::Anywhere, Stands::Edge])
            {
                found |= bits(place, length);
            }
            let all = [Stands::Anywhere, Stands::Edge, Stands::End];
            if let Some(length) = form_at(forms, &folded, place, &all)
                && (place + length == folded.len() || found & bits(place + length, 1) != 0)
            {
                found |= bits(place, length);
            }
        }
    }
    found
}

fn bits(first: usize, count: usize) -> u64 {
    let mask = if count >= 64 { u64::MAX } else { (1 << count) - 1 };
    mask << first
}

/// How many words the longest form has that begins at `place` and may stand so.
fn form_at(forms: &Forms, folded: &[String], place: usize, stands: &[Stands]) -> Option<usize> {
    let forms = forms.get(&folded[place])?;
    let fits = |form: &&Form| stands.contains(&form.stands) && folded[place..].starts_with(&form.words);
    forms.iter().find(fits).map(|form| form.words.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::normal::normal;

    fn bare(name: &str) -> String {
        let tokens = normal(name, usize::MAX).tokens;
        let found = forms(&tokens);
        let kept = tokens.iter().enumerate().filter(|(place, _)| found & (1 << place) == 0);
        kept.map(|(_, token)| token.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn forms_of_all_languages_are_told_from_the_name() {
        for name in [
            "FARVATER",
            "LIMITED LIABILITY COMPANY FARVATER",
            "Farvater OOO",
            "ООО «Фарватер»",
            "Обществo с ограниченной ответственностью Farvater",
            "Farvater L.L.C.",
            "Farvater, S.A. de C.V.",
            "Farvater Sdn. Bhd.",
            "Farvater GmbH & Co. KG",
            "Farvater Co., Ltd.",
            "Obshchestvo s Ogranichennoi Otvetstvennostyu Farvater",
            "PJSC Farvater",
            "Farvater Anonim Şirketi",
            "Farvater 有限公司",
            "주식회사 Farvater",
        ] {
            assert_eq!(bare(name), "farvater", "{name}");
        }
    }

    #[test]
    fn words_that_tell_stay() {
        assert_eq!(bare("VTB Bank PJSC Shanghai Branch"), "vtb bank shanghai branch");
        assert_eq!(bare("Joint Stock Company Locko Bank"), "locko bank");
        assert_eq!(bare("SA Ra Al Khair"), "ra al khair");
        assert_eq!(bare("Open Way Private"), "open way");
        assert_eq!(bare("Company Limited"), "company limited");
        assert_eq!(bare("A-B-C Company"), "a b c");
    }
}
