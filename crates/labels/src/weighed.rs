//! How each of several statements about one address stands to the others, so that a policy can tell how far to go by it.
//!
//! A name is disputed when others give another ([`agreement`](crate::agreement)). An accusation is disputed too by whoever says
//! of the same address that it is an honest service's, an asset's or a victim's: tables of blocked addresses hold routers and
//! coins, and a contract that an exploit took from is no thief's.

use tracehound_model::{
    Category, Confidence,
    label::{HINT, Standing},
};

use crate::{Label, Nature, agreement::named, concept};

/// How a statement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weighed {
    /// To the others.
    pub standing: Standing,
    /// How sure what it says is, with those who agree.
    pub confidence: Confidence,
}

/// How statements about one address on one chain and day stand, in their order. O(n log n).
pub fn weighed(labels: &[&Label]) -> Vec<Weighed> {
    let harmless = labels.iter().any(|label| label.confidence > HINT && is_harmless(label));
    let named = named(labels.iter().copied());
    let weigh = |(place, label): (usize, &&Label)| {
        let own = Weighed { standing: Standing::Single, confidence: label.confidence };
        let mut weighed = match &named {
            Some(named) if named.by.contains(&place) => {
                Weighed { standing: named.standing, confidence: named.confidence }
            }
            Some(named) if named.against.contains(&place) => Weighed { standing: Standing::Disputed, ..own },
            _ => own,
        };
        if harmless && label.category().is_some_and(concept::is_accusation) {
            weighed.standing = Standing::Disputed;
        }
        weighed
    };
    labels.iter().enumerate().map(weigh).collect()
}

/// Whether it says of the address what no thief's is: an honest actor's, an asset's, a victim's.
fn is_harmless(label: &Label) -> bool {
    match label.nature {
        Nature::Asset | Nature::Victim => true,
        Nature::Entity => label
            .category()
            .is_some_and(|category| !concept::is_accusation(category) && category != Category::Unknown),
    }
}
