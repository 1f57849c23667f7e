//! What a run takes on.

use super::scope::{Mutant, digest};
use crate::run::Failure;

/// Words after `cargo xtask mutants`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Options {
    /// Of a hundred bugs, how many are planted.
    pub(super) share: u64,
    /// Which of how many equal parts of that share.
    pub(super) shard: (u64, u64),
    /// Only the part of this name.
    pub(super) part: Option<String>,
    /// Only the document is written anew.
    pub(super) report_only: bool,
}

impl Options {
    pub(super) fn parse(words: &[&str]) -> Result<Self, Failure> {
        let mut options = Self { share: 100, shard: (0, 1), part: None, report_only: false };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || {
                let value = words.next().copied();
                value.ok_or_else(|| Failure::Usage(format!("{word} needs a value")))
            };
            match *word {
                "--share" => options.share = percent(value()?)?,
                "--shard" => options.shard = shard(value()?)?,
                "--part" => options.part = Some(value()?.to_owned()),
                "--report" => options.report_only = true,
                other => return Err(Failure::Usage(format!("mutants does not know `{other}`"))),
            }
        }
        Ok(options)
    }

    /// Whether a bug is planted. A larger share holds the smaller ones, and shards of a share have nothing in common.
    pub(super) fn takes(&self, mutant: &Mutant) -> bool {
        let place = digest(mutant.key.as_bytes());
        let (number, count) = self.shard;
        let in_part = self.part.as_ref().is_none_or(|part| part == mutant.part.name);
        in_part && place % 100 < self.share && place / 100 % count == number
    }
}

fn percent(word: &str) -> Result<u64, Failure> {
    let share = word.parse().ok().filter(|share| (1..=100).contains(share));
    share.ok_or_else(|| Failure::Usage(format!("--share takes a number from 1 to 100, not `{word}`")))
}

fn shard(word: &str) -> Result<(u64, u64), Failure> {
    let numbers = word.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
    let shard = numbers.filter(|(number, count)| number < count);
    shard.ok_or_else(|| Failure::Usage(format!("--shard takes K/N, with K from 0 to N-1, not `{word}`")))
}

#[cfg(test)]
mod tests {
    use super::{super::scope::tests::mutants, *};

    #[test]
    fn options_are_read_and_nonsense_is_named() {
        let read = Options::parse(&["--share", "20", "--shard", "1/4", "--part", "screen", "--report"]);
        let wanted = Options { share: 20, shard: (1, 4), part: Some("screen".to_owned()), report_only: true };
        assert_eq!(read.expect("fine"), wanted);
        for wrong in [
            &["--share", "0"][..],
            &["--share", "101"],
            &["--shard", "4/4"],
            &["--shard", "1"],
            &["--share"],
            &["all"],
        ] {
            assert!(matches!(Options::parse(wrong), Err(Failure::Usage(_))), "{wrong:?}");
        }
    }

    #[test]
    fn shares_grow_and_shards_cover_them_once() {
        let names: Vec<String> = (0..500).map(|n| format!("a.rs:{n}:1: replace {n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mutants = mutants(&names);
        let taken = |share: u64, shard: (u64, u64)| -> Vec<&str> {
            let options = Options { share, shard, part: None, report_only: false };
            mutants.iter().filter(|mutant| options.takes(mutant)).map(|mutant| &*mutant.key).collect()
        };
        assert_eq!(taken(100, (0, 1)).len(), 500);
        let (small, large) = (taken(10, (0, 1)), taken(30, (0, 1)));
        assert!((20..80).contains(&small.len()) && (100..200).contains(&large.len()), "{}", small.len());
        assert!(small.iter().all(|key| large.contains(key)));
        let mut shards: Vec<&str> = (0..3).flat_map(|number| taken(30, (number, 3))).collect();
        let mut whole = large.clone();
        shards.sort_unstable();
        whole.sort_unstable();
        assert_eq!(shards, whole);
    }
}
