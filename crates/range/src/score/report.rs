//! The figures as a page for people, and as a data file for answers to quote.

use std::fmt::Write as _;

use tracehound_analysis::taint::Method;

use super::{Score, Share, StopAt, TaintRates};
use crate::Typology;

fn line(text: &mut String, what: &str) {
    writeln!(text, "{what}").expect("a string takes every write");
}

/// The page: what was measured, and how to read it. `command` is what made it.
pub fn scorecard(score: &Score, command: &str) -> String {
    let mut text = String::new();
    head(&mut text, score, command);
    for (stop, title) in [
        (StopAt::ServicesAndMixes, "stopping at services and at CoinJoins"),
        (StopAt::Services, "stopping at services, through CoinJoins by haircut"),
        (StopAt::Nothing, "stopping nowhere, as if no service were known"),
    ] {
        whole(&mut text, score, stop, title);
    }
    for (stop, title) in [
        (StopAt::ServicesAndMixes, "stopping at services and at CoinJoins"),
        (StopAt::Services, "stopping at services, through CoinJoins by haircut"),
    ] {
        typologies(&mut text, score, stop, title);
    }
    coinjoins(&mut text, score);
    clusters(&mut text, score);
    changes(&mut text, score);
    peels(&mut text, score);
    exposures(&mut text, score);
    text
}

fn head(text: &mut String, score: &Score, command: &str) {
    line(text, "# Scorecard\n\nWritten by the command below; do not edit.\n");
    line(text, &format!("    {command}\n"));
    line(
        text,
        "Measured on **generated** chains: no service was robbed, every wallet and address is made up. The truth is known \
         to the\nsatoshi, which no real case offers; how alike real thieves are to these is not measured here. The figures \
         depend on the\nseeds and sizes alone, not on the machine.\n",
    );
    line(text, "| seed | transactions | heists | parts |\n|---|---|---|---|");
    for (seed, txs, heists, parts) in &score.chains {
        line(text, &format!("| {seed} | {txs} | {heists} | {parts} |"));
    }
    line(
        text,
        "\nShares are by value. **Recall**: loot found at the outputs where it ended, of all loot but what went into fees. \
         **Precision**:\nloot among what the rule calls dirty where its propagation ended; the rest is false exposure. **At \
         services**: the same, added up by\nservice instead of by output. **Lost in mixes**: what the propagation did not follow, \
         and says so. **Placebo**: the propagation is repeated\nfrom unrelated coins of users, and what it places where loot \
         ended, or at services where loot ended, is counted against the\ncoin. Services and mixers are known to the propagation \
         by truth; CoinJoins are recognised by our classifier. Where clean money is in\nthe same wallet as loot, dice \
         decide which leaves first, so that no rule is favoured.",
    );
}

fn whole(text: &mut String, score: &Score, stop: StopAt, title: &str) {
    line(text, &format!("\n## Whole heists, {title}\n"));
    line(
        text,
        "| rule | recall | precision | at services: recall | precision | lost in mixes | placebo | placebo at services | \
         conservation error | heists |\n|---|---|---|---|---|---|---|---|---|---|",
    );
    for method in Method::COMPARED {
        let Some(rates) = score.taint.get(&(method, stop, None)) else { continue };
        let error =
            if method.conserves() { rates.conservation_error.to_string() } else { "grows".to_owned() };
        line(
            text,
            &format!(
                "| {} | {} | {} | {} | {} | {} | {} | {} | {error} | {} |",
                method.name(),
                rates.recall,
                rates.precision,
                rates.services_recall,
                rates.services_precision,
                if method.conserves() { rates.mixed.to_string() } else { "-".to_owned() },
                rates.placebo,
                rates.placebo_services,
                rates.samples
            ),
        );
    }
}

fn typologies(text: &mut String, score: &Score, stop: StopAt, title: &str) {
    line(
        text,
        &format!(
            "\n## By typology, {title}\n\nRecall / precision of each part, followed from the split on.\n"
        ),
    );
    let names: Vec<&str> = Method::COMPARED.iter().map(|method| method.name()).collect();
    line(
        text,
        &format!(
            "| typology | parts | {} | lost in mixes (haircut) | placebo (haircut) |",
            names.join(" | ")
        ),
    );
    line(text, &format!("|---|---|{}---|---|", "---|".repeat(names.len())));
    for typology in Typology::ALL {
        let of = |method| score.taint.get(&(method, stop, Some(typology)));
        let Some(haircut) = of(Method::Haircut) else { continue };
        let cells: Vec<String> = Method::COMPARED
            .iter()
            .map(|&method| {
                of(method).map_or_else(String::new, |rates| format!("{} / {}", rates.recall, rates.precision))
            })
            .collect();
        line(
            text,
            &format!(
                "| {} | {} | {} | {} | {} |",
                typology.name(),
                haircut.samples,
                cells.join(" | "),
                haircut.mixed,
                haircut.placebo
            ),
        );
    }
}

fn coinjoins(text: &mut String, score: &Score) {
    let found = &score.coinjoins;
    line(
        text,
        &format!(
            "\n## CoinJoin classifier\n\nOf {} transactions. Called a mix from a confidence of {} % on.\n",
            found.txs,
            super::MIX_CONFIDENCE
        ),
    );
    line(
        text,
        "| rounds | there are | called a mix | mix or suspect | of the right kind |\n|---|---|---|---|---|",
    );
    for (protocol, rates) in &found.rounds {
        line(
            text,
            &format!(
                "| {} | {} | {} | {} | {} |",
                protocol.name(),
                rates.recall.whole,
                rates.recall,
                rates.with_suspects,
                rates.right_kind
            ),
        );
    }
    line(
        text,
        &format!(
            "\nRounds among those called a mix: {} ({} of {}); among mixes and suspects: {} ({} of {}).",
            found.precision,
            found.precision.part,
            found.precision.whole,
            found.suspects_precision,
            found.suspects_precision.part,
            found.suspects_precision.whole
        ),
    );
}

fn clusters(text: &mut String, score: &Score) {
    line(
        text,
        "\n## Clusters\n\nPairs of addresses, against the wallets that own them. A collapse is a cluster with two services \
         in it. Labels of services\nare those of the truth.\n",
    );
    line(
        text,
        "| rule | addresses | pair precision | pair recall | adjusted Rand | collapses | thief joined with others | merges \
         refused |\n|---|---|---|---|---|---|---|---|",
    );
    for (rule, rates) in &score.clusters {
        let rand = rates.rand_permille().map_or_else(
            || "-".to_owned(),
            |permille| {
                let sign = if permille < 0 { "-" } else { "" };
                let permille = permille.unsigned_abs();
                format!("{sign}{}.{:03}", permille / 1_000, permille % 1_000)
            },
        );
        line(
            text,
            &format!(
                "| {} | {} | {} | {} | {rand} | {} | {} | {} |",
                rule.name(),
                rates.addresses,
                rates.precision,
                rates.recall,
                rates.collapses,
                rates.thieves_joined,
                rates.refusals
            ),
        );
    }
}

fn changes(text: &mut String, score: &Score) {
    let rates = &score.changes;
    line(
        text,
        &format!(
            "\n## Change heuristics\n\nOn {} payments of one wallet with exactly one output back to it. The generated wallets' \
             change goes to a used address half of\nthe time, and their amounts are measured ones; what gives real change \
             away by software habits is modelled for thieves only.\n",
            rates.sample
        ),
    );
    line(text, "| heuristic | named one output | right |\n|---|---|---|");
    for (heuristic, share) in &rates.heuristics {
        line(text, &format!("| {heuristic} | {} | {share} |", share.whole));
    }
    line(text, &format!("| two families agree | {} | {} |", rates.edges.whole, rates.edges));
}

fn peels(text: &mut String, score: &Score) {
    let rates = &score.peels;
    line(
        text,
        "\n## Peel chains\n\nFollowed from the first output on by the wallet's fingerprint. Called laundering: six hops in a \
         row that pay little off.\n",
    );
    line(text, "| question | of | share |\n|---|---|---|");
    for (what, share) in [
        ("hops followed to the output the thief kept", rates.recall),
        ("outputs taken for the thief's that are the thief's", rates.precision),
        ("chains on which a stranger's output was taken", rates.wrong_turns),
        ("hops in which the thief kept the largest output", rates.largest),
        ("chains of six hops or more called laundering", rates.called),
        ("placebo: unrelated outputs from which a chain is called laundering", rates.placebo),
    ] {
        line(text, &format!("| {what} | {} | {share} |", share.whole));
    }
}

fn exposures(text: &mut String, score: &Score) {
    let rates = &score.exposures;
    line(
        text,
        "\n## Exposure\n\nWhere the money of an address came from, by haircut, 20 hops back, stopping at services and mixes; \
         the first addresses of the\nthefts are named. Asked about users that loot never ended at, and about addresses that \
         hold loot.\n",
    );
    line(text, "| question | addresses | share |\n|---|---|---|");
    for (what, share) in [
        ("uninvolved, any exposure to a theft", rates.false_any),
        ("uninvolved, 1 % or more of their money", rates.false_1),
        ("uninvolved, 10 % or more of their money", rates.false_10),
        ("holders of loot, 10 % or more of their money", rates.true_10),
    ] {
        line(text, &format!("| {what} | {} of {} | {share} |", share.part, share.whole));
    }
    line(
        text,
        &format!("\nFalse exposure by value, of all that the uninvolved received: {}.", rates.false_value),
    );
}

/// The data file: one row for each rule, stop and typology that was measured.
pub fn error_rates(score: &Score, command: &str) -> String {
    let mut text = String::from(
        "# Error rates on generated heists, in tenths of a per cent. Written by the command below; do not edit.\n\
         # A rate that is absent was not measured: there was nothing to find, or nothing was reported.\n",
    );
    let (mut txs, mut heists, mut parts) = (0, 0, 0);
    for chain in &score.chains {
        txs += chain.1;
        heists += chain.2;
        parts += chain.3;
    }
    line(&mut text, &format!("command = \"{command}\""));
    line(&mut text, &format!("chains = {}", score.chains.len()));
    line(&mut text, &format!("transactions = {txs}"));
    line(&mut text, &format!("heists = {heists}"));
    line(&mut text, &format!("parts = {parts}"));
    for ((method, stop, typology), rates) in &score.taint {
        let typology = typology.map_or("all", Typology::name);
        rate(&mut text, method.name(), stop.name(), typology, rates);
    }
    text
}

fn rate(text: &mut String, method: &str, stop: &str, typology: &str, rates: &TaintRates) {
    line(text, "\n[[rate]]");
    line(text, &format!("method = \"{method}\"\nstop = \"{stop}\"\ntypology = \"{typology}\""));
    for (name, share) in [
        ("recall", rates.recall),
        ("precision", rates.precision),
        ("placebo", rates.placebo),
        ("services_recall", rates.services_recall),
        ("services_precision", rates.services_precision),
        ("services_placebo", rates.placebo_services),
    ] {
        if let Some(permille) = Share::permille(share) {
            line(text, &format!("{name}_permille = {permille}"));
        }
    }
    line(text, &format!("samples = {}", rates.samples));
}
