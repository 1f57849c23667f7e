//! Real deposits and payouts of both networks.

use serde_json::Value;
use tracehound_bridges::{
    memo::{Function, Memo, Network, Outcome, Said, read},
    outputs::memo_in,
};

use crate::rows;

fn memo(row: &Value) -> Memo {
    let network = Network::named(row["protocol"].as_str().expect("a protocol")).expect("a network");
    read(network, row["memo"].as_str().unwrap_or_default())
}

#[test]
fn deposits_say_what_they_ask_for_and_payouts_name_their_deposit() {
    let Some(rows) = rows("bridges/thorchain_legs.jsonl.gz") else { return };
    let (mut deposits, mut payouts) = (0, 0);
    for row in &rows {
        let (id, memo) = (&row["id"], memo(row));
        let said = || format!("{id}: {memo:?}");
        match row["leg"].as_str().expect("a leg") {
            "inbound" => {
                // One has a blank before its function, one no memo at all: the networks paid both back, or took them otherwise.
                let text = row["memo"].as_str().unwrap_or_default();
                let is_readable = !text.is_empty() && !text.starts_with(' ');
                let wanted = if is_readable { Outcome::Intent } else { Outcome::Unreadable };
                assert_eq!(memo.outcome, wanted, "{}", said());
                deposits += u32::from(is_readable);
            }
            leg => {
                assert_eq!(memo.outcome, Outcome::Payout, "{}", said());
                let wanted = if leg == "refund" { Function::Refund } else { Function::Outbound };
                assert_eq!(memo.function, Some(wanted), "{}", said());
                let Some(Said::Payout { in_txid }) = &memo.said else { panic!("{}", said()) };
                assert_eq!(in_txid.as_deref(), row["link"]["in_txid"].as_str(), "{}", said());
                payouts += 1;
            }
        }
    }
    assert_eq!((rows.len(), deposits, payouts), (53, 26, 25));
}

#[test]
fn memos_of_bitcoin_stand_in_the_scripts_of_its_outputs() {
    let Some(rows) = rows("bridges/thorchain_legs.jsonl.gz") else { return };
    let bitcoin: Vec<&Value> = rows.iter().filter(|row| row["chain"] == "BTC").collect();
    for row in &bitcoin {
        let outputs = row["vout"].as_array().expect("outputs");
        let scripts = outputs
            .iter()
            .map(|output| hex::decode(output["script"].as_str().expect("a script")).expect("hexadecimal"));
        let found = memo_in(scripts);
        assert_eq!(found.memo, row["memo"], "{}", row["id"]);
        assert!(found.text.is_empty() && found.data.len() == 1, "{}: {found:?}", row["id"]);
    }
    assert_eq!(bitcoin.len(), 10);
}
