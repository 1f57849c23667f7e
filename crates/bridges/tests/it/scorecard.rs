//! What crosses, measured on the recorded data: the section of docs/SCORECARD.md.

use std::{collections::BTreeMap, fmt::Write as _};

use tracehound_bridges::matcher::{Rule, Rules, matched};

use super::{
    matches::{EXACT, nomad, score},
    memos::{Tally, tally},
};

/// Around the section in docs/SCORECARD.md.
const MARKS: (&str, &str) = ("<!-- bridges: measured -->", "<!-- bridges: end -->");

const DAY: i64 = 86_400;

#[test]
#[ignore = "writes docs/SCORECARD.md: run `cargo xtask bridges`"]
fn bridges_scorecard() {
    let (Some((deposits, payouts)), Some(memos)) = (nomad(), tally()) else { return };
    let mut page = String::from(
        "## Between chains\n\nWritten by `cargo xtask bridges`. Nothing is fitted: the rules have no figure that was learnt.\n\n",
    );
    let Tally { cases, decided, named, wrong } = memos;
    writeln!(
        page,
        "**Memos of THORChain and Maya** (../shared/data/bridges/memo_cases.jsonl, {cases} cases, {decided} of them decided): {} are read as \
         recorded, {} otherwise. {named} more the networks refuse because a name in them is not registered, which a memo does not tell: we \
         say that it is a name.\n",
        decided - named - wrong.len(),
        wrong.len()
    )
    .expect("a text");
    page.push_str(
        "**Payouts without an id** (../shared/data/bridges/nomad_withdrawals.tsv, 4,482 withdrawals from Moonbeam to Ethereum, every \
         deposit and payout given, the id hidden). A link is told where every assignment makes it; the rest are candidates.\n\n\
         | looked at | linked | of all | right | of the links | wrong, its own deposit not in the window | several candidates | too few deposits | none |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    let without = Rules { by_recipient: false, ..EXACT };
    for (what, rules) in [
        ("recipient, amount, token, any time", EXACT),
        ("amount, token, seven days", Rules { latest: Some(7 * DAY), ..without }),
        (
            "amount, token, 30 minutes to seven days",
            Rules { earliest: 1_800, latest: Some(7 * DAY), ..without },
        ),
        ("amount, token, any time", without),
    ] {
        let found = matched(&deposits, &payouts, rules);
        let (told, right) = score(&found);
        let unseen = found.iter().enumerate().filter(|(payout, matched)| {
            matched.deposit.is_some_and(|deposit| deposit != *payout) && !matched.candidates.contains(payout)
        });
        let unseen = unseen.count();
        let mut by_rule: BTreeMap<&str, usize> = BTreeMap::new();
        for matched in &found {
            let rule = match matched.rule {
                Rule::Ambiguous | Rule::Crowded => "several",
                Rule::TooFewDeposits => "few",
                Rule::NoCandidate => "none",
                Rule::OnlyCandidate | Rule::OnlyAssignment => "linked",
            };
            *by_rule.entry(rule).or_default() += 1;
        }
        let count = |rule| by_rule.get(rule).copied().unwrap_or(0);
        writeln!(
            page,
            "| {what} | {told} | {} | {right} | {} | {unseen} | {} | {} | {} |",
            hundredths(told, found.len()),
            hundredths(right, told),
            count("several"),
            count("few"),
            count("none")
        )
        .expect("a text");
    }
    page.push_str(
        "\nPublished by others on data of their own, so that it is no comparison: CONNECTOR 95.81 % (withdrawals matched), ConneX an F1 of 0.9746.\n",
    );
    tracehound_testkit::scorecard_section(MARKS, &page);
}

/// A share in per cent with two places, cut.
fn hundredths(part: usize, whole: usize) -> String {
    let share = part * 10_000 / whole.max(1);
    format!("{}.{:02} %", share / 100, share % 100)
}
