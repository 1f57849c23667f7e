//! What is asked for at once, in the order in which it happens: of transactions of one Safe with one number only one ever does.

use std::collections::BTreeMap;

use crate::case::{Case, Subject};

/// Cases in their order. Those that stand together are rivals, of which one alone can be executed.
pub(super) fn turns<'c, 'a>(cases: &[&'c Case<'a>]) -> Vec<Vec<&'c Case<'a>>> {
    let mut turns: Vec<Vec<&Case<'_>>> = Vec::new();
    // By chain, Safe and number. Services list the last one first.
    let mut of_safes: BTreeMap<_, Vec<&Case<'_>>> = BTreeMap::new();
    for case in cases {
        match case.subject {
            Subject::Safe(safe) => {
                let tx = &safe.entry.tx;
                of_safes.entry((case.chain_id, tx.safe, tx.nonce)).or_default().push(case);
            }
            // The number of an ordinary transaction is the request's own word, and the wallet gives another.
            _ => turns.push(vec![case]),
        }
    }
    turns.extend(of_safes.into_values());
    turns
}
