//! Denials of texts: `will not trigger a transaction`, `no gas fees`. A denial speaks of what stands right behind it, in known forms;
//! one that stands elsewhere in the sentence takes nothing back.

/// Words that stand where it is said that something does not happen, and say what is feared elsewhere.
const FEARED: &[&str] = &[
    "access",
    "approval",
    "approve",
    "ask",
    "cost",
    "costs",
    "fee",
    "fees",
    "funds",
    "gas",
    "grant",
    "money",
    "move",
    "moves",
    "permission",
    "phrase",
    "seed",
    "send",
    "sends",
    "sent",
    "share",
    "spend",
    "tokens",
    "transaction",
    "transactions",
    "transfer",
    "trigger",
];

/// Denials of a verb, and of a thing.
const OF_VERBS: &[&str] = &["not", "never", "cannot", "won't", "doesn't", "don't"];
const OF_THINGS: &[&str] = &["no", "nothing", "without"];

/// What is paid for a transaction.
const COSTS: &[&str] = &["cost", "costs", "fee", "fees", "gas"];
/// What may move.
const THINGS: &[&str] = &["funds", "money", "tokens", "transaction", "transactions"];
/// What opens something to somebody.
const RIGHTS: &[&str] = &["access", "approval", "permission"];
/// What is done with them.
const MOVING: &[&str] = &["move", "moves", "send", "sends", "sent", "share", "spend", "transfer", "trigger"];
/// Words between them. Any other ends what is denied: `not ask before the site moves my tokens`.
const BETWEEN: &[&str] = &["a", "any", "blockchain", "ethereum", "my", "or", "our", "the", "this", "your"];

/// Whether a word is one that is feared where nobody denies it.
pub(crate) fn is_feared(word: &str) -> bool {
    FEARED.contains(&word)
}

/// Whether a word denies.
pub(crate) fn is_denial(word: &str) -> bool {
    OF_VERBS.contains(&word) || OF_THINGS.contains(&word)
}

/// The first feared word of a sentence, as clauses of words, that no denial right before it takes back.
pub(crate) fn feared<'a>(clauses: &[Vec<&'a str>]) -> Option<&'a str> {
    clauses.iter().find_map(|clause| {
        let denied = denied(clause);
        clause.iter().zip(denied).find(|(word, denied)| is_feared(word) && !denied).map(|(word, _)| *word)
    })
}

/// Which words of a clause are denied.
fn denied(clause: &[&str]) -> Vec<bool> {
    let mut denied = vec![false; clause.len()];
    for (at, word) in clause.iter().enumerate() {
        let behind = &clause[at + 1..];
        let reach = if OF_VERBS.contains(word) {
            of_verb(behind)
        } else if OF_THINGS.contains(word) {
            of_thing(word, behind)
        } else {
            continue;
        };
        denied[at + 1..=at + reach].fill(true);
        // `costs nothing`, `will cost no gas`.
        if *word != "without" && at > 0 && matches!(clause[at - 1], "cost" | "costs") {
            denied[at - 1] = true;
        }
    }
    denied
}

/// How many words a set of words reaches from the start.
fn run(words: &[&str], of: &[&[&str]]) -> usize {
    words.iter().take_while(|word| of.iter().any(|set| set.contains(*word))).count()
}

/// What is denied behind `not` and `never`: a verb and what it is done with.
fn of_verb(behind: &[&str]) -> usize {
    let Some((verb, behind)) = behind.split_first() else { return 0 };
    1 + match *verb {
        // For a right that nobody asks for, it may be used without one: what is asked for is what is one's own.
        "ask" => {
            let you = usize::from(behind.first() == Some(&"you"));
            match behind.get(you) {
                Some(&"for") => {
                    you + 1
                        + run(&behind[you + 1..], &[BETWEEN, &["seed", "phrase", "funds", "money", "tokens"]])
                }
                Some(&"to") if behind.get(you + 1).is_some_and(|verb| MOVING.contains(verb)) => {
                    you + 1 + run(&behind[you + 1..], &[BETWEEN, MOVING, THINGS, &["seed", "phrase"]])
                }
                _ => 0,
            }
        }
        "cost" | "costs" => run(behind, &[BETWEEN, COSTS, MOVING, THINGS]),
        "grant" | "approve" => run(
            behind,
            &[BETWEEN, RIGHTS, MOVING, THINGS, &["app", "application", "of", "site", "to", "website"]],
        ),
        verb if MOVING.contains(&verb) => {
            run(behind, &[BETWEEN, COSTS, MOVING, THINGS, &["of", "seed", "phrase"]])
        }
        _ => return 0,
    }
}

/// What is denied behind `no`, `nothing` and `without`: what is paid, or what moves and that it does.
fn of_thing(denial: &str, behind: &[&str]) -> usize {
    const HAPPENS: &[&str] = &["are", "be", "can", "is", "will"];
    if denial == "nothing" {
        return run(behind, &[BETWEEN, HAPPENS, COSTS, THINGS, MOVING, &["here", "in", "message", "page"]]);
    }
    let paid = run(behind, &[COSTS, &["or"]]);
    if paid > 0 || denial == "without" {
        return paid;
    }
    let things = run(behind, &[THINGS, &["blockchain", "ethereum", "or"]]);
    if things == 0 {
        return 0;
    }
    let happens = run(&behind[things..], &[HAPPENS]);
    let verb = behind.get(things + happens).is_some_and(|verb| MOVING.contains(verb));
    things + happens + usize::from(verb)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(clause: &str) -> Option<&str> {
        feared(&[clause.split(' ').collect()])
    }

    #[test]
    fn a_denial_takes_back_what_stands_right_behind_it_and_nothing_else() {
        for clause in [
            "this request will not trigger a blockchain transaction or cost any gas fees",
            "we will never ask for your seed phrase",
            "we will never ask you to send funds",
            "it will cost no gas",
            "nothing here moves money",
            "no transaction is sent",
            "this does not grant the site permission to move my tokens",
            "never share your seed phrase",
            "without gas fees",
        ] {
            assert_eq!(first(clause), None, "{clause}");
        }
        for (clause, word) in [
            ("i transfer my tokens without conditions", "transfer"),
            ("my funds cannot be my own", "funds"),
            ("i will not ask before the site moves my tokens", "moves"),
            ("the site will not ask before any transfer", "transfer"),
            ("the site will not ask permission to move my tokens", "permission"),
            ("the site will ask no approval to move my tokens", "ask"),
            ("no fee transfer of tokens", "transfer"),
            ("it will not cost gas to transfer my tokens", "transfer"),
            ("the site may spend my tokens not today", "spend"),
        ] {
            assert_eq!(first(clause), Some(word), "{clause}");
        }
    }
}
