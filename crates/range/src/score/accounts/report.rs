//! The figures of the Ethereum legs as a section of the scorecard.

use std::fmt::Write as _;

use super::{ACCOUNT_METHODS, AccountSample, AccountScore, AccountsKnown, sums};
use crate::{
    accounts::BaitKind,
    score::{Share, Spread},
};

const HEAD: &str = "## Ethereum legs

Written by `cargo xtask legs`; do not edit. Measured on **generated** chains of accounts: nothing in them was ever on Ethereum, no
service was robbed. Each heist empties a vault of ether and tokens, changes the tokens at pools, splits the ether into equal parts,
and every part goes on: moved, changed and changed back, put together with clean money, paid away in part, brought to a wallet that
two thieves share, at last into a service, a bridge or a mixer. Where several kinds of money lie in one balance dice decide which leaves
first, so that no rule is favoured. All heists of a chain are followed at once. Prices do not move there, so amounts of different
assets are added up by worth; the truth is known to the unit.

**Recall**: loot found in the balance (account and asset) in which it ended and under the right heist, of all loot but what went
into fees. **Precision**: loot of that heist among what the rule says lies in each balance. **At services**: the same, added up by service.
**Movements**: of the movements of loot so many are steps of the answer, and of its steps so many moved loot, by number. **Into mixers**:
what is not followed there, and what comes out is missing from recall. **Lost**: ends as unknown, or at a limit. **Placebo**: from as many
payments between users, what is placed where loot ended. In brackets the middle 95 % when as many heists are drawn with replacement.";

fn line(text: &mut String, what: &str) {
    writeln!(text, "{what}").expect("a string takes every write");
}

/// The section: what was measured, and how to read it.
pub fn accounts_page(score: &AccountScore) -> String {
    let mut text = format!("{HEAD}\n");
    let seeds: Vec<String> = score.chains.iter().map(|chain| chain.0.to_string()).collect();
    let (mut txs, mut movements, mut heists) = (0, 0, 0);
    for chain in &score.chains {
        (txs, movements, heists) = (txs + chain.1, movements + chain.2, heists + chain.3);
    }
    line(
        &mut text,
        &format!(
            "\n{} chains, of the seeds {}: {txs} transactions, {movements} movements, {heists} heists.",
            score.chains.len(),
            seeds.join(", ")
        ),
    );
    for (known, title) in [
        (AccountsKnown::All, "services with their deposit addresses, mixers, bridges and pools are known"),
        (AccountsKnown::NoDeposits, "services are known by their wallets alone"),
        (AccountsKnown::NoConverters, "pools, routers and wrappers look like anybody's account"),
    ] {
        line(&mut text, &format!("\n### Taint per account and asset: {title}\n"));
        table(&mut text, score, known, |_| true);
    }
    line(
        &mut text,
        "\n### Heists whose loot lay in one wallet with another's, everything known\n\nWhat is found under the other heist counts as wrong.\n",
    );
    table(&mut text, score, AccountsKnown::All, |sample| sample.is_mingled);
    line(
        &mut text,
        "\n*Owed to the generator:* how often each word is drawn, how much clean money a thief puts beside loot, and that little of it goes through \
         mixers was\nchosen; from these follow recall and precision. Services, mixers and bridges are known to the propagation by truth: what no \
         list names is not measured\nhere. Every change is one account's, of one asset for one other in one transaction; who adds to a pool or \
         changes two assets at once is not followed.",
    );
    deposits(&mut text, score);
    baits(&mut text, score);
    text
}

fn table(
    text: &mut String,
    score: &AccountScore,
    known: AccountsKnown,
    counts: impl Fn(&AccountSample) -> bool,
) {
    line(
        text,
        "| rule | recall | precision | at services: recall | precision | movements: recall | precision | into mixers | lost | placebo | \
         conservation error | heists |\n|---|---|---|---|---|---|---|---|---|---|---|---|",
    );
    for method in ACCOUNT_METHODS {
        let Some(samples) = score.taint.get(&(known, method)) else { continue };
        let samples: Vec<AccountSample> = samples.iter().copied().filter(|sample| counts(sample)).collect();
        let (sum, ranges) = sums(&samples);
        let cells: Vec<String> = super::FIGURES
            .iter()
            .zip(ranges)
            .enumerate()
            .map(|(at, (figure, range))| {
                // Poison's amounts grow: what is lost of them is no share of what was followed.
                if (6..8).contains(&at) && !method.conserves() {
                    "-".to_owned()
                } else {
                    cell(figure(&sum), range)
                }
            })
            .collect();
        let error = if method.conserves() { sum.conservation_error.to_string() } else { "grows".to_owned() };
        line(text, &format!("| {} | {} | {error} | {} |", method.name(), cells.join(" | "), sum.samples));
    }
}

/// `61.3 % (52.0 to 70.1)`.
fn cell(figure: Share, range: Option<Spread>) -> String {
    let number = |permille: u32| format!("{}.{}", permille / 10, permille % 10);
    range.map_or_else(
        || figure.to_string(),
        |Spread { low, high }| format!("{figure} ({} to {})", number(low), number(high)),
    )
}

fn deposits(text: &mut String, score: &AccountScore) {
    let rates = &score.deposits;
    let share = |part: usize, whole: usize| Share::new(part as u128, whole as u128);
    line(
        text,
        &format!(
            "\n### Deposit addresses\n\n`analysis::deposits`, which knows services by their wallets. Of {} addresses that passed something on to a wallet, \
             {} ({}) are found\nand given to the right service; of {} at which loot arrived, {} ({}). Wrongly called one: {}.",
            rates.there,
            rates.found,
            share(rates.found, rates.there),
            rates.of_thieves,
            rates.of_thieves_found,
            share(rates.of_thieves_found, rates.of_thieves),
            rates.wrong
        ),
    );
}

fn baits(text: &mut String, score: &AccountScore) {
    line(
        text,
        "\n### Imitated addresses and spam\n\n`analysis::imitations` and `analysis::account_parties`. A transfer of nothing is in no ledger, so that imitations shown \
         with nothing else\nare not found, and make nobody a counterparty. Dust in the chain's own asset is money that really came: it makes one.\n\n\
         | bait | written | imitation found, with whom it imitates | became a counterparty of the payer |\n|---|---|---|---|",
    );
    for (kind, name) in [
        (BaitKind::Nothing, "a transfer of nothing"),
        (BaitKind::Dust, "dust in ether"),
        (BaitKind::Counterfeit, "a counterfeit token"),
    ] {
        let of = score.baits.kinds.get(&kind).copied().unwrap_or_default();
        let found = Share::new(of.found as u128, of.there as u128);
        line(text, &format!("| {name} | {} | {} ({found}) | {} |", of.there, of.found, of.counterparties));
    }
    line(text, &format!("\nCalled an imitation and none: {}.", score.baits.wrong));
}
