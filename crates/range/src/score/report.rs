//! The figures as a page for people, and as a data file for answers to quote.

use std::fmt::Write as _;

use tracehound_analysis::taint::Method;

use super::exposures::HOPS;
use super::{
    COMPARED, Difference, FIGURES, PARTLY_METHODS, Score, Share, Spread, StopAt, TaintRates, against,
    by_heist, spread,
};
use crate::Typology;

fn line(text: &mut String, what: &str) {
    writeln!(text, "{what}").expect("a string takes every write");
}

/// The page: what was measured, and how to read it. `command` is what made it.
/// `hard`: the figures of chains of the harder range, if there are any.
pub fn scorecard(score: &Score, hard: &Score, command: &str) -> String {
    let mut text = String::new();
    head(&mut text, score, command);
    for (stop, title) in [
        (StopAt::ServicesAndMixes, "stopping at services and at CoinJoins"),
        (StopAt::Services, "stopping at services, through CoinJoins by haircut"),
        (StopAt::Nothing, "stopping nowhere, as if no service were known"),
    ] {
        whole(&mut text, score, stop, title);
    }
    apart(&mut text, score);
    partly(&mut text, score);
    chains(&mut text, score);
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
    if !hard.chains.is_empty() {
        harder(&mut text, hard);
    }
    text
}

/// The harder range, in a table of each kind.
fn harder(text: &mut String, score: &Score) {
    let seeds: Vec<String> = score.chains.iter().map(|chain| chain.0.to_string()).collect();
    line(
        text,
        &format!(
            "\n# The harder range\n\nGenerated too, from the seeds {}, about three weeks each. Rounds of standard amounts have 100 to 250 coins, 94 in a \
             hundred of them\nmixed before where the chain has so many, of people who take amounts that others have too and keep the rest as change; \
             makers bring\nup to {} coins; rounds of Wasabi 1, and pools of Whirlpool with their first transactions, in which coins go round; \
             services sweep\ndeposits; some payments are PayJoins; one part in five is in a wallet that the thief\nshares with somebody who earns and pays; three in ten hops of a peel chain pay \
             the larger part away, and as many leave a decoy; wallets\nbreak their habits, the kind of address among them, three and a half times as often; half of the thieves wait, spread \
             further or turn to\nsmall services once their coins are listed. Shapes of rounds: counted in labelled rounds \
             (crocs-muni/pets26_coinjoin_analysis);\nsizes of sweeps: in nine mainnet blocks; PayJoin: BIP-78.",
            seeds.join(", "),
            crate::heist::MOST_COINS
        ),
    );
    for (stop, title) in [
        (StopAt::ServicesAndMixes, "stopping at services and at CoinJoins"),
        (StopAt::Services, "stopping at services, through CoinJoins by haircut"),
        (StopAt::Nothing, "stopping nowhere, as if no service were known"),
    ] {
        whole(text, score, stop, title);
    }
    owes(
        text,
        "recall and what is lost in mixes mostly follow from how often each kind of laundering is drawn, which is as often as each \
         other; precision from how much clean money is spent together with loot; the placebo from how few services there are \
         and how unevenly they are used. Where loot and clean money leave one wallet dice decide which is which.",
    );
    apart(text, score);
    owes(
        text,
        "rules differ only where loot and clean money are in one transaction, and there the generator favours none; a real thief \
         who plays on one rule would.",
    );
    partly(text, score);
    owes(
        text,
        "which services are known is drawn without regard to their size; real lists know the large ones first, which would raise \
         recall at services.",
    );
    for (stop, title) in [
        (StopAt::ServicesAndMixes, "stopping at services and at CoinJoins"),
        (StopAt::Services, "stopping at services, through CoinJoins by haircut"),
    ] {
        typologies(text, score, stop, title);
    }
    owes(
        text,
        "parts follow one word of a grammar, or two or three; how long each is was chosen, not measured.",
    );
    coinjoins(text, score);
    owes(
        text,
        "makers' coins and fees (200 to 2,000 satoshi) are drawn evenly, more coins a maker than in the rounds that were looked at; \
         Whirlpool's first rounds, of new coins alone, have no counterpart in the labelled data; Wasabi 2's amounts are chosen \
         by a simpler rule than the client's. The shapes of Wasabi 1 and Whirlpool, and how many coins were mixed before, are \
         counted in real rounds.",
    );
    clusters(text, score);
    owes(
        text,
        "recall follows from how rarely a generated wallet spends two addresses together, and from the sweeps of services, whose \
         sizes are those of measured blocks and whose number was chosen; precision also from how many PayJoins there are, which \
         was chosen too.",
    );
    peels(text, score);
    owes(
        text,
        "how often a hop pays the larger part away (three in ten), leaves a decoy (three in ten) or breaks the wallet's habits \
         (35 in a hundred) was chosen, and these decide the figures.",
    );
}

/// What the figures above it owe to the generator.
fn owes(text: &mut String, what: &str) {
    line(text, &format!("\n*Owed to the generator:* {what}"));
}

/// Whether the rules can be told from haircut.
fn apart(text: &mut String, score: &Score) {
    line(
        text,
        "\n## Rules against haircut, heist by heist\n\nBy how many points a rule's figure is higher than haircut's on the same heists, \
         and in brackets the middle 95 % when as many\nheists are drawn with replacement. A range without 0 (**bold**) tells the rule \
         from haircut;\none in twenty such ranges lies off 0 by chance.\n\n| stopping | rule | recall | precision | at services: recall | precision |\n|---|---|---|---|---|---|",
    );
    let names: [&str; COMPARED] = ["recall", "precision", "recall at services", "precision at services"];
    let mut told: Vec<String> = Vec::new();
    for stop in StopAt::ALL {
        let Some(haircut) = score.heists.get(&(Method::Haircut, stop)) else { continue };
        for method in Method::COMPARED.into_iter().filter(|method| *method != Method::Haircut) {
            let Some(heists) = score.heists.get(&(method, stop)) else { continue };
            let differences = against(heists, haircut);
            let cells = differences.map(|difference| difference.map_or_else(|| "-".to_owned(), points));
            line(text, &format!("| {} | {} | {} |", stop.name(), method.name(), cells.join(" | ")));
            let by = names.iter().zip(differences).filter(|(_, difference)| {
                method.conserves() && difference.is_some_and(Difference::tells_apart)
            });
            told.extend(by.map(|(name, _)| format!("{} by {name} ({})", method.name(), stop.name())));
        }
    }
    let sum = if told.is_empty() {
        "Poison differs. The other rules cannot be told from haircut on these chains.".to_owned()
    } else {
        format!(
            "Poison differs. Of the other rules these are told from haircut: {}. Everything else cannot be told from it on these chains.",
            told.join(", ")
        )
    };
    line(text, &format!("\n{sum}"));
}

/// `+0.31 (-0.02 to +0.64)`.
fn points(difference: Difference) -> String {
    let number = |hundredths: i64| {
        let sign = if hundredths < 0 { "-" } else { "+" };
        let hundredths = hundredths.unsigned_abs();
        format!("{sign}{}.{:02}", hundredths / 100, hundredths % 100)
    };
    let Difference { of_all, low, high } = difference;
    let cell = format!("{} ({} to {})", number(of_all), number(low), number(high));
    if difference.tells_apart() { format!("**{cell}**") } else { cell }
}

/// Whole heists with some of the services known.
fn partly(text: &mut String, score: &Score) {
    line(
        text,
        "\n## Whole heists, some services known\n\nOf the services, so many in a hundred are known, drawn by chance and not by size; the \
         propagation goes on through the others,\nand stops at CoinJoins.\n",
    );
    line(text, &format!("| known | rule | {WHOLE_COLUMNS} |\n|---|---|---|---|---|---|---|---|---|---|---|"));
    for stop in StopAt::PARTLY {
        for method in PARTLY_METHODS {
            let Some(cells) = cells(score, stop, method) else { continue };
            line(text, &format!("| {} % | {} | {cells} |", stop.known(), method.name()));
        }
    }
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
         decide which leaves first, so that no rule is favoured. In brackets the middle 95 % when as many heists are drawn with \
         replacement: how far\nchance in the choice of heists goes, not how far real thieves do.",
    );
}

/// The columns of [`cells`].
const WHOLE_COLUMNS: &str = "recall | precision | at services: recall | precision | lost in mixes | placebo | placebo at \
                             services | conservation error | heists";

fn whole(text: &mut String, score: &Score, stop: StopAt, title: &str) {
    line(text, &format!("\n## Whole heists, {title}\n"));
    line(text, &format!("| rule | {WHOLE_COLUMNS} |\n|---|---|---|---|---|---|---|---|---|---|"));
    for method in Method::COMPARED {
        let Some(cells) = cells(score, stop, method) else { continue };
        line(text, &format!("| {} | {cells} |", method.name()));
    }
}

/// The figures of a rule on whole heists.
fn cells(score: &Score, stop: StopAt, method: Method) -> Option<String> {
    let rates = score.taint.get(&(method, stop, None))?;
    let error = if method.conserves() { rates.conservation_error.to_string() } else { "grows".to_owned() };
    let spreads = by_heist(score.heists.get(&(method, stop)).map_or(&[], Vec::as_slice));
    let figures = FIGURES.iter().zip(spreads).map(|((name, figure), spread)| {
        let measured = *name != "mixed" || method.conserves();
        if measured { with_spread(figure(rates), spread) } else { "-".to_owned() }
    });
    Some(format!("{} | {error} | {}", figures.collect::<Vec<_>>().join(" | "), rates.samples))
}

/// `61.3 % (52.0 to 70.1)`.
fn with_spread(figure: Share, spread: Option<Spread>) -> String {
    let number = |permille: u32| format!("{}.{}", permille / 10, permille % 10);
    spread.map_or_else(
        || figure.to_string(),
        |Spread { low, high }| format!("{figure} ({} to {})", number(low), number(high)),
    )
}

/// How far chains go apart, and why the placebo does.
fn chains(text: &mut String, score: &Score) {
    line(
        text,
        "\n## From chain to chain\n\nThe lowest and the highest figure of one chain, by haircut.\n\n\
         | stopping | recall | precision | at services: recall | precision | lost in mixes | placebo | placebo at services |\n\
         |---|---|---|---|---|---|---|---|",
    );
    for stop in StopAt::ALL {
        let Some(heists) = score.heists.get(&(Method::Haircut, stop)) else { continue };
        let cells = FIGURES.map(|(_, figure)| {
            let apart = spread::by_chain(heists, figure);
            apart.map_or_else(
                || "-".to_owned(),
                |Spread { low, high }| {
                    format!("{} to {}", Share::new(low.into(), 1_000), Share::new(high.into(), 1_000))
                },
            )
        });
        line(text, &format!("| {} | {} |", stop.name(), cells.join(" | ")));
    }
    line(
        text,
        "\nThe placebo at services goes furthest apart because amounts do: it is a share of value, and the few largest of the\n\
         unrelated coins are most of a chain's. Whether such a coin comes to a service that loot came to as well is one throw, with\n\
         few services that get most payments. Counted by heist, each alike, it is the steadier figure below.\n\n\
         | seed | placebo at services, by value | each heist's placebo alike | the largest placebo, of all by value | it alone |\n\
         |---|---|---|---|---|",
    );
    let heists =
        score.heists.get(&(Method::Haircut, StopAt::ServicesAndMixes)).map_or(&[][..], Vec::as_slice);
    for (seed, heists) in spread::chains(heists) {
        let shares: Vec<Share> = heists.iter().map(|rates| rates.placebo_services).collect();
        let mut sum = Share::default();
        for share in &shares {
            sum += *share;
        }
        let alike: Vec<u32> = shares.iter().filter_map(|share| share.permille()).collect();
        let mean =
            Share::new(alike.iter().map(|&share| u128::from(share)).sum(), 1_000 * alike.len() as u128);
        let Some(largest) = shares.iter().max_by_key(|share| share.whole) else { continue };
        let of_all = Share::new(largest.whole, sum.whole);
        line(text, &format!("| {seed} | {sum} | {mean} | {of_all} | {largest} |"));
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
        &format!(
            "\n## Exposure\n\nWhere the money of an address came from, by haircut, {HOPS} hops back, stopping at services and \
             mixes; the first addresses of the\nthefts are named. Asked about users that loot never ended at, and about \
             addresses that hold loot.\n"
        ),
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
    let of = &score.exposures;
    line(
        &mut text,
        &format!(
            "\n[exposure]\nhops = {HOPS}\nuninvolved = {}\nuninvolved_any = {}\nuninvolved_1_percent = {}\n\
             uninvolved_10_percent = {}\nholders = {}\nholders_10_percent = {}",
            of.false_any.whole,
            of.false_any.part,
            of.false_1.part,
            of.false_10.part,
            of.true_10.whole,
            of.true_10.part
        ),
    );
    for ((method, stop, typology), rates) in &score.taint {
        let heists = typology.is_none().then(|| score.heists.get(&(*method, *stop))).flatten();
        let spreads = by_heist(heists.map_or(&[], Vec::as_slice));
        let typology = typology.map_or("all", Typology::name);
        rate(&mut text, (method.name(), stop.name(), typology), rates, spreads);
    }
    text
}

fn rate(
    text: &mut String,
    (method, stop, typology): (&str, &str, &str),
    rates: &TaintRates,
    spreads: [Option<Spread>; FIGURES.len()],
) {
    line(text, "\n[[rate]]");
    line(text, &format!("method = \"{method}\"\nstop = \"{stop}\"\ntypology = \"{typology}\""));
    // What is lost in mixes is said by the answers themselves.
    for ((name, figure), spread) in FIGURES.iter().zip(spreads).filter(|((name, _), _)| *name != "mixed") {
        if let Some(permille) = figure(rates).permille() {
            line(text, &format!("{name}_permille = {permille}"));
        }
        if let Some(Spread { low, high }) = spread {
            line(text, &format!("{name}_low_permille = {low}\n{name}_high_permille = {high}"));
        }
    }
    line(text, &format!("samples = {}", rates.samples));
}
