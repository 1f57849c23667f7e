//! What `docs/GUARD-CORPUS.md` says beside the corpus: the hard cases, everyday requests, and Rabby's rules.

use std::{collections::BTreeSet, fmt::Write as _};

use serde_json::Value;
use tracehound_model::Decision;
use tracehound_testkit::shared_data;

use crate::hard_cases::{answer, fits, rows};

/// Where an answer to a rule of Rabby's comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    /// What is shipped: tables, entries, the reading of the request, lists.
    Shipped,
    /// A node, by proof where it gives them.
    Node,
    /// What the signer tells: policy, address book, context.
    Told,
    /// Nothing answers it.
    Not,
}

/// Rabby's rules (security engine 2.0.11, rules 1001 to 1154) by what they ask, in our words.
const RABBY: &[(&[u16], &str, From, &str)] = &[
    (
        &[1001, 1002, 1003],
        "the site is on a list of phishing sites",
        From::Not,
        "there are no lists of sites",
    ),
    (
        &[1004, 1005, 1070],
        "the site is popular, listed or verified",
        From::Not,
        "a site's fame is no reason to sign",
    ),
    (
        &[1006, 1007],
        "the site is on one's own lists",
        From::Not,
        "the proxy lets in origins by name; nothing else asks for them",
    ),
    (
        &[1008, 1009, 1083, 1084, 1086, 1087, 1090, 1091, 1097, 1098, 1107, 1108, 1116, 1117],
        "a fake or scam token comes back",
        From::Shipped,
        "what comes back is known by its address or is for review; known worth against unknown is blocked",
    ),
    (
        &[1011],
        "slippage",
        From::Shipped,
        "a least amount of nothing or next to nothing is for review; executed, one under half of what would come",
    ),
    (
        &[1012, 1095],
        "the price is far from the market's",
        From::Told,
        "the context's prices; without one, a range of what was paid in years",
    ),
    (
        &[1104, 1105, 1154],
        "the price on another chain, or of a pool, is far from the market's",
        From::Not,
        "there are no prices of the day",
    ),
    (&[1016], "tokens go to a token contract", From::Shipped, "known tokens, and the wrapped coins"),
    (&[1018, 1036], "never paid before", From::Told, "past payments in the context"),
    (&[1019, 1037], "the recipient is a contract of another chain", From::Not, "one chain is looked at"),
    (
        &[1020, 1021, 1038, 1039],
        "the recipient is an exchange's, or not its deposit address",
        From::Not,
        "exchanges do not say",
    ),
    (
        &[1022, 1043, 1053, 1071, 1077, 1109],
        "the spender is a person's account",
        From::Node,
        "whether code lies there is proven; without a node the context says it",
    ),
    (
        &[1024, 1045, 1055, 1073, 1079, 1111],
        "the spender is young",
        From::Told,
        "`created` in the context: a node's state has no ages",
    ),
    (
        &[1029, 1052, 1060, 1075, 1106, 1113, 1152],
        "the spender or contract is risky",
        From::Shipped,
        "turned round: who is not known is never allowed; lists name the rest",
    ),
    (&[1033, 1042], "the recipient is in the address book", From::Told, "the policy's book"),
    (
        &[1061, 1062],
        "wrapped and unwrapped amounts differ",
        From::Node,
        "executed on the node's state: what moves is compared",
    ),
    (
        &[1069, 1092, 1093, 1094, 1096, 1103, 1139],
        "what comes out goes to a stranger",
        From::Shipped,
        "beneficiaries are read from the call or the typed data",
    ),
    (&[1081, 1114], "the order names a buyer", From::Shipped, "the order is read"),
    (
        &[1082, 1085, 1115],
        "what an order brings goes to somebody else",
        From::Shipped,
        "the order is read, both sides",
    ),
    (
        &[1088, 1089],
        "the signature is for another site, or is a key",
        From::Shipped,
        "sign-ins are read strictly; keys are blocked",
    ),
    (&[1118], "revoking costs much gas", From::Shipped, "fees are priced, whatever they are for"),
    (&[1133, 1134, 1135], "marked as trusted or blocked", From::Told, "the policy"),
    (
        &[1142],
        "the recipient is of one's own seed phrase",
        From::Told,
        "the address book: no seed phrase is ever asked for",
    ),
    (
        &[1143],
        "the recipient is flagged as a scam",
        From::Shipped,
        "the lists of the data folder, with their dates",
    ),
    (&[1144], "an order brings nothing", From::Shipped, "the order is read"),
    (
        &[1145, 1146, 1147, 1148, 1149, 1150],
        "nobody trusts the spender with any worth",
        From::Not,
        "turned round: who is not known is never allowed",
    ),
    (
        &[1151],
        "ownership goes to somebody who is not in the address book",
        From::Shipped,
        "named, and blocked or for review",
    ),
    (&[1153], "liquidity goes to another account", From::Shipped, "beneficiaries are read"),
];

#[test]
fn each_rule_of_rabby_is_answered_for_once() {
    let ids: Vec<u16> = RABBY.iter().flat_map(|row| row.0).copied().collect();
    let distinct: BTreeSet<u16> = ids.iter().copied().collect();
    assert_eq!((ids.len(), distinct.len()), (89, 89));
    let Some(path) = shared_data("guard/rabby_rules.tsv") else { return };
    let text = std::fs::read_to_string(path).expect("readable");
    let published = text.lines().skip(1).map(|line| line.split('\t').next().expect("an id"));
    assert_eq!(published.map(|id| id.parse().expect("a number")).collect::<BTreeSet<u16>>(), distinct);
}

/// Rabby's rules, and where our answer comes from.
pub(crate) fn rabby() -> String {
    let count =
        |from: From| -> usize { RABBY.iter().filter(|row| row.2 == from).map(|row| row.0.len()).sum() };
    let mut page = format!(
        "\n## Rabby's 89 rules\n\nIts security engine 2.0.11 asks its service for their facts. Here {} are answered from what is \
         shipped, {} from a proven node, {} by what the signer tells (policy, address book, context), {} not.\n\n| rules | \
         what they ask | answered from | how |\n|---|---|---|---|\n",
        count(From::Shipped),
        count(From::Node),
        count(From::Told),
        count(From::Not)
    );
    for (ids, what, from, how) in RABBY {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let from = match from {
            From::Shipped => "shipped data",
            From::Node => "a proven node",
            From::Told => "what is told",
            From::Not => "**not**",
        };
        let _ = writeln!(page, "| {} | {what} | {from} | {how} |", ids.join(", "));
    }
    page
}

/// Where the figures begin that need the real data.
pub(crate) const MARK: &str = "\n## Hard cases and everyday requests\n";

/// The figures over the cases beside the checkout; `None` where they are not there.
pub(crate) fn figures() -> Option<String> {
    let mut page = format!(
        "{MARK}\nMeasured over cases that do not ship: 100 built from public incidents and others' bug reports, 11 of typed data, \
         and 23 everyday requests with what a node would tell of them.\n\n| set | cases | harmful | of them allowed | honest | of \
         them blocked | as wanted |\n|---|---|---|---|---|---|---|\n"
    );
    let everyday = rows("guard/everyday.jsonl")?;
    for (name, rows) in [
        ("hard cases", rows("guard/cases.jsonl")?),
        ("typed data of protocols", rows("guard/signing/cases_typed_evm.jsonl")?),
        ("everyday", everyday.clone()),
    ] {
        let (mut harmful, mut allowed, mut honest, mut blocked, mut wanted) = (0, 0, 0, 0, 0);
        for case in &rows {
            let (want, verdict) = (want(case), answer(case).verdict);
            let is_honest = ["allow", "not block", "not-block", "review at most"]
                .iter()
                .any(|begin| want.starts_with(begin));
            // What is wanted of the sentence alone is looked at by other tests.
            let fitting =
                if want == "review at most" { Some(verdict != Decision::Block) } else { fits(want, verdict) };
            wanted += usize::from(fitting != Some(false));
            if is_honest {
                honest += 1;
                blocked += usize::from(verdict == Decision::Block);
            } else if fitting.is_some() {
                harmful += 1;
                allowed += usize::from(verdict == Decision::Allow);
            }
        }
        let count = rows.len();
        let _ =
            writeln!(page, "| {name} | {count} | {harmful} | {allowed} | {honest} | {blocked} | {wanted} |");
    }
    let verdicts: Vec<Decision> = everyday.iter().map(|case| answer(case).verdict).collect();
    let allowed = verdicts.iter().filter(|verdict| **verdict == Decision::Allow).count();
    let _ = writeln!(
        page,
        "\nOf the everyday requests {allowed} are allowed:\n\n| request | wanted | verdict |\n|---|---|---|"
    );
    for (case, verdict) in everyday.iter().zip(verdicts) {
        let label = case["label"].as_str().expect("a label").replace('|', "/");
        let _ = writeln!(page, "| {label} | {} | {verdict} |", want(case));
    }
    page.push_str(ARGUED);
    Some(page)
}

/// Why not all are allowed that were wanted so.
const ARGUED: &str = "
Two that were wanted `allow` stay `review`. Of the vault (ERC-4626) the facts say that there is a contract and that its source is published: \
anybody can publish a source, and which asset it takes, how much of it an allowance lets it take, and whether the shares are worth \
anything is its own word. What would speak for it is somebody's word for that address: a `[[trusted]]` entry, with which the same request \
is allowed. Of the exchange at 1inch the router is known and its source is published, but the call gives 1,000 USDC for at least \
0.000000000000000001 WETH by an executor that is the caller: whoever orders the block may keep all of the rest, and no fact \
about the router changes what the call promises. With a least amount that is near the price the same call is allowed.
";

fn want(case: &Value) -> &str {
    case["verdict"].as_str().or(case["want"].as_str()).expect("a wish")
}
