//! The section "CoinJoins of known wallets and labels" of docs/SCORECARD.md; `cargo xtask coinjoins` runs this and
//! rewrites it.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use super::{
    demixing::{self, Bootstrap, Round},
    mainnet,
    markets::{self, Links, MADE},
};

const MARKS: (&str, &str) = ("<!-- coinjoins -->", "<!-- /coinjoins -->");

fn line(page: &mut String, text: &str) {
    writeln!(page, "{text}").expect("a string takes every write");
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn share((all, right): (u32, u32)) -> String {
    if all == 0 {
        return "none".to_owned();
    }
    format!("{right} of {all} ({})", percent(f64::from(right) / f64::from(all)))
}

/// What the classifier says of labelled transactions.
fn labels(page: &mut String, counts: &BTreeMap<(String, String), u32>) {
    line(
        page,
        "\nReal transactions with labels (crocs-muni/pets26_coinjoin_analysis; the labels of JoinMarket are weak). A lone payer is\n\
         never a mix, at most suspected. Neighbours (`none:`) may be real JoinMarket rounds: those that balance as one are\n\
         counted apart.\n\n\
         | label | there are | called a mix | of these balanced as JoinMarket | suspected | neither |\n|---|---|---|---|---|---|",
    );
    let mut by_label: BTreeMap<&str, [u32; 5]> = BTreeMap::new();
    for ((label, answer), count) in counts {
        let of = by_label.entry(label).or_default();
        let kind = match answer.as_str() {
            "joinmarket joinmarket-balanced" => 2,
            "no" | "tx0" => 4,
            suspected if suspected.starts_with("suspected") => 3,
            _ => 1,
        };
        of[0] += count;
        of[kind] += count;
    }
    for (label, [all, mixes, balanced, suspected, neither]) in by_label {
        line(
            page,
            &format!("| {label} | {all} | {} | {balanced} | {suspected} | {neither} |", mixes + balanced),
        );
    }
}

fn links(page: &mut String, what: &str, links: &Links) {
    let said = percent(f64::from(links.said) / f64::from(links.fair.0.max(1)) / 100.0);
    let said = if links.fair.0 == 0 { "-".to_owned() } else { said };
    line(
        page,
        &format!(
            "| {what} | {} | {} | {} | {said} |",
            share((links.change, links.right)),
            share(links.sure),
            share(links.fair)
        ),
    );
}

fn estimates(page: &mut String, what: &str, rounds: &[Round]) {
    let (right, proportional) = demixing::shares(rounds.iter());
    let each: Vec<(f64, f64)> = rounds.iter().map(|round| demixing::shares(std::iter::once(round))).collect();
    let mean = |of: fn(&(f64, f64)) -> f64| each.iter().map(of).sum::<f64>() / f64::from(each.len() as u32);
    let Bootstrap { right: spread, gain, gains } = demixing::bootstrap(rounds);
    line(
        page,
        &format!(
            "| {what} | {} | {} | {} to {} | {} | {} to {} | {} | {} |",
            rounds.len(),
            percent(right),
            percent(spread.0),
            percent(spread.1),
            percent(proportional),
            percent(gain.0),
            percent(gain.1),
            percent(gains),
            percent(mean(|share| share.0)),
        ),
    );
}

#[test]
#[ignore = "rewrites docs/SCORECARD.md: cargo xtask coinjoins"]
fn coinjoins_scorecard() {
    let (Some(counts), Some((rounds, emulated))) = (mainnet::counts(), markets::emulated()) else { return };
    let (Some(apart), Some(fitted)) = (demixing::rounds(false), demixing::rounds(true)) else { return };
    let mut page = String::from("## CoinJoins of known wallets and labels\n\n");
    line(&mut page, "Written by `cargo xtask coinjoins`; do not edit.");
    labels(&mut page, &counts);

    line(
        &mut page,
        &format!(
            "\n**Change in JoinMarket rounds**: {rounds} emulated rounds whose wallets are known, and {MADE} made ones (not real; offers after the\n\
             reference client's defaults and limits). A link is right when all inputs it names are the change's owner's. Of the\n\
             emulated change 24 outputs have a twin of equal amount from equal inputs: which of them is named is chance.\n\n\
             | rounds | right | right of links of 90 % and more | right of links of 60 to 89 % | said of these on average |\n|---|---|---|---|---|"
        ),
    );
    links(&mut page, "emulated", &emulated);
    let (found, balanced, made) = markets::made(false);
    links(&mut page, "made", &made);
    line(
        &mut page,
        &format!("\nOf the made rounds {found} are found, {balanced} by the balance of their makers."),
    );

    line(
        &mut page,
        "\n**Estimates of Wasabi 2 rounds** (`analyze demix`): value put on the right owner, on one emulated run. Every other round was\n\
         used to fit the constants; the first row is of the rounds between them. Spread: rounds drawn with replacement 10,000 times,\n\
         the middle 95 %; of so few rounds it says little. In proportion: each output divided by what everybody brought (haircut).\n\n\
         | rounds | there are | right owner | spread | in proportion | gain, spread | draws with a gain | mean by round |\n|---|---|---|---|---|---|---|---|",
    );
    estimates(&mut page, "not fitted on", &apart);
    estimates(&mut page, "fitted on", &fitted);
    line(&mut page, "\n| round (not fitted on) | right owner | in proportion |\n|---|---|---|");
    for round in &apart {
        let (right, proportional) = demixing::shares(std::iter::once(round));
        let (inputs, outputs) = (round.inputs, round.outputs);
        line(
            &mut page,
            &format!(
                "| {inputs} inputs, {outputs} outputs | {} | {} |",
                percent(right),
                percent(proportional)
            ),
        );
    }
    line(
        &mut page,
        "\nWhat its probabilities mean, on the rounds not fitted on: each output offered to each person.\n\n\
         | probability | outputs | said on average | was so |\n|---|---|---|---|",
    );
    for (tenth, (count, said, was)) in (0..).zip(demixing::bins(&apart)).filter(|(_, bin)| bin.0 > 0) {
        line(
            &mut page,
            &format!(
                "| {} to {} % | {count} | {} | {} |",
                10 * tenth,
                10 * (tenth + 1),
                percent(said),
                percent(was)
            ),
        );
    }
    let card = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/SCORECARD.md");
    let old = std::fs::read_to_string(&card).expect("the scorecard is there");
    std::fs::write(&card, with_section(&old, &page)).expect("written");
}

/// The scorecard with this section in place of the one between the marks, or at its end.
fn with_section(card: &str, section: &str) -> String {
    let (before, after) = match card.split_once(MARKS.0) {
        Some((before, rest)) => (before, rest.split_once(MARKS.1).map_or("", |(_, after)| after)),
        None => (card, "\n"),
    };
    format!("{}\n\n{}\n{section}{}{after}", before.trim_end(), MARKS.0, MARKS.1)
}
