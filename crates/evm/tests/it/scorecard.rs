//! The section "Real account chains" of docs/SCORECARD.md; `cargo xtask facts` runs this and rewrites it.

use std::fmt::Write as _;

use crate::{
    facts::{self, Told},
    roots,
};

const MARKS: (&str, &str) = ("<!-- account-facts -->", "<!-- /account-facts -->");

const HEAD: &str = "## Real account chains

Written by `cargo xtask facts`; do not edit. What we read of 717 real transactions of ten chains and of the headers of their blocks, against what
is known of them. Figures depend on that data alone.

### What tokens moved, against facts

The facts are what people who decode such transactions by hand expect (public tests of rotki, @ef14aadd): a wallet gave or got so much of a token. Of
each that names an ERC-20 asset, how the logs that we read tell it. Decimal places are not in the data: an amount counts as the same at any
number of them.

| how it is told | facts |
|---|--:|";

const ROOTS: &str = "
### What recomputes of their blocks

**Hash and sender**: the transaction's fields have its hash, and its signature is its sender's; of deposits and retries, which nobody signed, the
hash alone. Those of Polygon that do not recompute are from nobody (synchronisations of state), one of Base came without its source, and Arbitrum's old
type 0x78 is not encoded. **Whole blocks**: those that have the recorded transaction alone, so that header, transactions and receipts are all there; of the
others there is only a part. Of whole ones: the header's hash, the root of the transactions and the root of the receipts recompute. **Called
proved**: by the chain's rules, as an ingest reads it. **Wrongly**: of those, something does not recompute. Where a chain has no whole block here, of
its roots nothing is known, and a block is called proved only if its own roots recompute when it is read. Blocks of Avalanche and Linea are
not among the data; their headers have fields that we do not recompute, and nothing of theirs is called proved.

| chain | transactions | hash and sender | whole blocks | header hash | root of transactions | root of receipts | called proved | wrongly |
|---|--:|--:|--:|--:|--:|--:|--:|--:|";

const NAMES: [(u64, &str); 10] = [
    (1, "Ethereum"),
    (10, "Optimism"),
    (56, "BNB"),
    (100, "Gnosis"),
    (137, "Polygon"),
    (143, "Monad (no rules)"),
    (999, "HyperEVM (no rules)"),
    (8_453, "Base"),
    (42_161, "Arbitrum"),
    (534_352, "Scroll (no rules)"),
];

#[test]
#[ignore = "rewrites docs/SCORECARD.md: cargo xtask facts"]
fn facts_scorecard() {
    let (Some(facts), Some(chains)) = (facts::counted(), roots::counted()) else { return };
    let mut page = format!("{HEAD}\n");
    let mut say = |text: String| writeln!(page, "{text}").expect("a string takes every write");
    for told in Told::ALL {
        say(format!("| {} | {} |", told.words(), facts.counts.get(&told).copied().unwrap_or_default()));
    }
    say(format!("| all | {} |", facts.counts.values().sum::<usize>()));
    let [plain, found] = facts.plain;
    say(format!(
        "\nBy their bytes alone {plain} are exactly one log of a transfer to or from the wallet (the data's own count is 594); {found} of these are \
         found.\n\nNothing of this explains, for they are what a decoder worked out: a reward that a contract keeps account of, and fees in more \
         decimal places than the token has:\n"
    ));
    for fact in facts.unexplained {
        say(format!("* {fact}"));
    }
    say(ROOTS.to_owned());
    for (chain, name) in NAMES {
        let Some(sum) = chains.get(&chain) else { continue };
        say(format!(
            "| {name} | {} | {} | {} | {} | {} | {} | {} | {} |",
            sum.txs,
            sum.txs_proved,
            sum.blocks,
            sum.hashes,
            sum.tx_roots,
            sum.receipt_roots,
            sum.called_proved,
            sum.wrongly
        ));
    }
    tracehound_testkit::scorecard_section(MARKS, &page);
}
