//! Names under a policy: which lists of parties were searched, and whether "no match" may be said of them.

use jiff::Timestamp;
use tracehound_attribution::{
    Scope,
    index::Index,
    names::{
        garbled, half_compared, may_be_foreign, may_be_japanese, mixed_word, no_name, not_compared, read_as,
        script_parts, translated_word,
    },
};
use tracehound_model::{Decision, Gap, GapKind, text::label, verdict::SourceAsOf};

use crate::{
    Policy,
    cover::{self, Lists},
};

/// What a search for names rests on; the same for every name.
#[derive(Clone, Debug)]
pub struct NameCover {
    /// The lists that were searched, with the list version used.
    pub sources: Vec<SourceAsOf>,
    /// What was not searched and how to widen it.
    pub gaps: Vec<Gap>,
    suffices: bool,
}

impl NameCover {
    /// The cover of `index` at the moment `as_of`, by what `policy` requires of lists.
    pub fn new(index: &Index, policy: &Policy, as_of: Timestamp) -> Self {
        let lists = Lists::of(index, policy, as_of);
        let day = cover::day_of(as_of);
        let mut missing = cover::missing_lists(policy, &lists.sources, &lists.advisories, as_of);
        for wanted in &policy.require.sources {
            let Some(history) = index.source(&wanted.0) else { continue };
            // Names are those of the newest list versions, whatever the day.
            let newest = history.snapshots.last().copied();
            if history.scope_on(newest.unwrap_or(day)).is_some_and(|scope| scope != Scope::List) {
                let sentence =
                    format!("{wanted} here holds the parties with addresses only, not everybody on the list");
                let gap = Gap::about_list(GapKind::ListPartial, &wanted.0, sentence);
                missing.push(gap.mend("tracehound lists update"));
            }
            if newest.is_some_and(|newest| newest > day) {
                let sentence = format!(
                    "names are matched against the newest list version of {wanted}, which is of after {day}: names as of a \
                     past day are not kept"
                );
                missing.push(Gap::about_list(GapKind::NamesOfAnotherDay, &wanted.0, sentence));
            }
        }
        let suffices = missing.is_empty();
        let mut gaps = missing;
        gaps.extend(cover::aged(policy, &lists.sources, as_of));
        Self { sources: lists.sources, gaps, suffices }
    }

    /// A match asks for a person's eyes: a name is never proof. No match clears only where everything required was there
    /// and all of the name could be compared ([`name_gap`]).
    pub const fn decide(&self, found: bool, compared: bool) -> Decision {
        match (found, self.suffices && compared) {
            (true, _) => Decision::Review,
            (false, true) => Decision::Allow,
            (false, false) => Decision::Incomplete,
        }
    }
}

/// Why finding nothing says nothing about this name, with the remedy; `None` where all of it can be compared. Where
/// something was `found`, only what was not compared at all is told.
pub fn name_gap(name: &str, found: bool) -> Option<Gap> {
    let of_parts = || {
        let parts = script_parts(name);
        let mut others = parts.iter().filter(|part| part.chars().all(|letter| !letter.is_ascii_alphabetic()));
        others.find_map(|part| gap_of(part, found))
    };
    gap_of(name, found).or_else(|| gap_of(&read_as(name)?, found)).or_else(of_parts)
}

/// Why finding nothing says nothing about a name that is the family name of so many listed persons and no more.
pub fn family_gap(name: &str, persons: usize) -> Option<Gap> {
    let have = match persons {
        0 => return None,
        1 => "1 listed person has".to_owned(),
        count => format!("{count} listed persons have"),
    };
    let sentence = format!("`{}` is a family name alone: {have} it", label(name));
    Some(Gap::about_subject(GapKind::NameNotCompared, sentence).mend("ask for the given name too"))
}

fn gap_of(name: &str, found: bool) -> Option<Gap> {
    let gap = |sentence: String| {
        Gap::about_subject(GapKind::NameNotCompared, sentence)
            .mend("ask for the name in Latin letters, as in a passport")
    };
    if let Some(script) = not_compared(name) {
        return Some(gap(format!(
            "`{}` is written in {script}, which is not compared with the Latin spellings of lists",
            label(name)
        )));
    }
    if found {
        return None;
    }
    if let Some(what) = no_name(name) {
        let sentence = format!("`{}` {what}, and no name: nobody can be compared by it", label(name));
        return Some(Gap::about_subject(GapKind::NameNotCompared, sentence).mend("ask for the name"));
    }
    if let Some(why) = garbled(name) {
        let sentence = format!("`{}` {why}: what is left of it was compared, without a match", label(name));
        return Some(
            Gap::about_subject(GapKind::NameNotCompared, sentence)
                .mend("ask for the name as it was entered, in UTF-8"),
        );
    }
    if let Some(word) = mixed_word(name) {
        return Some(gap(format!(
            "`{}` in `{}` mixes letters of different alphabets that look alike, so that it may be a disguise; it was \
             compared by its shape too, without a match",
            label(&word),
            label(name)
        )));
    }
    if let Some(script) = half_compared(name) {
        return Some(gap(format!(
            "`{}` is written in {script}, whose letters were compared one by one, while lists may spell its sounds by other rules",
            label(name)
        )));
    }
    if may_be_foreign(name) {
        return Some(gap(format!(
            "`{}` is a name of another language in Arabic letters, as far as can be told, whose sounds they write in more ways than \
             were compared",
            label(name)
        )));
    }
    if let Some(word) = translated_word(name) {
        return Some(gap(format!(
            "`{}` in `{}` may be listed in translation, or read by other rules: it was compared by its letters alone, without a \
             match",
            label(&word),
            label(name)
        )));
    }
    may_be_japanese(name).then(|| {
        gap(format!(
            "`{}` is written in Chinese characters and may be read as Japanese: they were compared by their Chinese and \
             Korean readings and not by Japanese ones",
            label(name)
        ))
    })
}
