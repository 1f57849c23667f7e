//! Memos recorded from the networks' own tests, documents and chains.

use serde_json::{Value, json};
use tracehound_bridges::memo::{Memo, Network, Outcome, read};

use crate::rows;

fn read_case(case: &Value) -> Memo {
    let text = |key: &str| case[key].as_str().expect("a text");
    read(Network::named(text("net")).expect("a network"), text("memo"))
}

/// What the memo says by the names of the cases.
fn as_recorded(memo: &Memo) -> Value {
    let mut said = serde_json::to_value(memo).expect("written");
    let plain =
        |party: &Value| ["address", "name", "damaged"].iter().find_map(|kind| party.get(kind).cloned());
    for key in ["destination", "paired"] {
        if let Some(text) = plain(&said[key]) {
            said[key] = text;
        }
    }
    if let Some(affiliates) = said["affiliates"].as_array().cloned() {
        said["affiliate_bps"] = affiliates.iter().map(|affiliate| affiliate["bps"].clone()).collect();
        said["affiliates"] = affiliates.iter().filter_map(|affiliate| plain(&affiliate["who"])).collect();
    }
    if let Some(aggregator) = said.get("aggregator").cloned() {
        said["dex_aggregator"] = aggregator["contract"].clone();
        said["dex_final_token"] = aggregator["final_token"].clone();
        said["dex_min_out"] = aggregator["min_out"].clone();
    }
    if said["function"] == "limit_swap" {
        said["kind"] = json!("limit");
    }
    if let Some(action) = said["parts"].get(0).cloned() {
        said["action"] = action;
    }
    said
}

/// How the recorded memos are read.
pub(crate) struct Tally {
    /// All of them.
    pub(crate) cases: usize,
    /// Those of which it is recorded whether the network takes them.
    pub(crate) decided: usize,
    /// Of these, those that it refuses for a name that is not registered, which the memo does not tell.
    pub(crate) named: usize,
    /// What is read otherwise than recorded.
    pub(crate) wrong: Vec<String>,
}

#[test]
fn every_decided_memo_is_read_as_its_network_reads_it() {
    let Some(Tally { decided, named, wrong, .. }) = tally() else { return };
    assert!(decided >= 150 && named <= 3, "{decided} decided cases, {named} by a name");
    assert!(wrong.is_empty(), "{} of {decided}:\n{}", wrong.len(), wrong.join("\n"));
}

pub(crate) fn tally() -> Option<Tally> {
    let cases = rows("bridges/memo_cases.jsonl")?;
    let (mut decided, mut named, mut wrong) = (0, 0, Vec::new());
    for case in &cases {
        let memo = read_case(case);
        let Some(valid) = case["valid"].as_bool() else { continue };
        decided += 1;
        // Whether a name is registered is not in the memo: then we say that we do not know whom it means.
        let may_be_named = memo.outcome == Outcome::UnresolvedName
            || case["why"].as_str().is_some_and(|why| why.starts_with("affiliate is neither"));
        let is_read = memo.outcome != Outcome::Unreadable;
        if is_read && !valid && may_be_named {
            named += 1;
        } else if is_read != valid {
            wrong.push(format!("{}: {} {:?}", case["id"], case["memo"], memo.why));
        }
        if !valid {
            continue;
        }
        if let Some(function) = case["type"].as_str() {
            let ours = serde_json::to_value(memo.function).expect("written");
            if ours != function {
                wrong.push(format!("{}: {} is {ours}, wanted {function}", case["id"], case["memo"]));
            }
        }
        let said = as_recorded(&memo);
        for (key, wanted) in case["parsed"].as_object().into_iter().flatten() {
            // The networks take 64 letters that are no hash; a link by them leads nowhere.
            let is_no_hash =
                key == "in_txid" && wanted.as_str().is_some_and(|hash| hex::decode(hash).is_err());
            let same = match (said.get(key), wanted) {
                (None, _) if is_no_hash => true,
                (Some(ours), wanted) if ours.is_string() && wanted.is_string() => {
                    ours.as_str().map(str::to_ascii_uppercase) == wanted.as_str().map(str::to_ascii_uppercase)
                }
                (ours, wanted) => ours == Some(wanted),
            };
            if !same {
                wrong.push(format!("{}: {key} is {:?}, wanted {wanted}", case["id"], said.get(key)));
            }
        }
    }
    Some(Tally { cases: cases.len(), decided, named, wrong })
}
