//! What the claims without a category may be about, by the words around them. A proposal, never applied.

use std::collections::BTreeMap;

use tracehound_labels::concept;
use tracehound_model::Category;

use super::Snapshot;

/// Labels looked at.
const LABELS: usize = 10_000;

impl Snapshot {
    /// Claims about whose subject the list gives no category known here.
    pub fn without_category(&self) -> u64 {
        let unknown = self.claims.statements().filter(|(said, _)| said.category == Category::Unknown);
        unknown.map(|(_, times)| times).sum()
    }

    /// The category that the file's name, or the words of most labels, suggest for the claims without one.
    pub fn proposed_category(&self, file_name: &str) -> Option<Category> {
        let by_name = words_about(file_name);
        if by_name.is_some() {
            return by_name;
        }
        let mut counts: BTreeMap<&'static str, (u64, Category)> = BTreeMap::new();
        let unknown = self.claims.statements().filter(|(said, _)| said.category == Category::Unknown);
        let mut looked_at = 0_u64;
        for (said, times) in unknown.take(LABELS) {
            looked_at += times;
            if let Some(category) = words_about(&said.label) {
                counts.entry(category.id()).or_insert((0, category)).0 += times;
            }
        }
        let (count, category) = counts.into_values().max_by_key(|(count, _)| *count)?;
        (count * 2 > looked_at).then_some(category)
    }
}

/// The category that a person means by `word`: its id, or a word that published lists use.
///
/// # Errors
/// With the nearest id, when one is near, where there is no such category.
pub fn category_from(word: &str) -> Result<Category, Option<&'static str>> {
    if let Some(category) = concept::category(word) {
        return Ok(category);
    }
    let lower = word.trim().to_ascii_lowercase();
    let distance = |id: &str| distance(&lower, id);
    let near = Category::ALL.iter().map(|category| category.id()).min_by_key(|id| distance(id));
    Err(near.filter(|id| distance(id) <= 3))
}

/// Letters to change, add or drop from one short word to another.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().take(60).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let change = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// The weightiest category that the words of a text name.
fn words_about(text: &str) -> Option<Category> {
    let lower = text.to_ascii_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() > 2);
    let singular = words.clone().filter_map(|word| word.strip_suffix('s'));
    let stems = words.clone().filter_map(|word| {
        ["ransom", "phish", "darknet", "mixer", "tumbler", "scam", "drainer", "hack", "exploit", "sanction"]
            .into_iter()
            .find(|stem| word.starts_with(stem))
    });
    concept::weightiest(words.chain(singular).chain(stems).map(|word| match word {
        "ransom" => "ransomware",
        "tumbler" => "mixer",
        "drainer" => "phishing",
        "exploiter" | "hacker" => "hack",
        "ofac" => "sanction",
        other => other,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_category_is_answered_with_the_nearest() {
        assert_eq!(category_from("ransomware"), Ok(Category::Ransomware));
        assert_eq!(category_from("Darknet Market"), Ok(Category::Market));
        assert_eq!(category_from("ransomeware"), Err(Some("ransomware")));
        assert_eq!(category_from("zzzzzzzzzz"), Err(None));
    }

    #[test]
    fn words_in_names_and_labels_tell_a_category() {
        for (text, category) in [
            ("ransomwhere.json", Some(Category::Ransomware)),
            ("darknet-markets_2024.csv", Some(Category::Market)),
            ("Fake_Phishing1772", Some(Category::Phishing)),
            ("Quux Exploiter 1", Some(Category::ServiceHack)),
            ("mixer-addresses.csv", Some(Category::MixingService)),
            ("own-list.csv", None),
        ] {
            assert_eq!(words_about(text), category, "{text}");
        }
    }
}
