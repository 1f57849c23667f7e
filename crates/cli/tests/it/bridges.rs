//! `analyze memo` and `analyze match`: what crosses between chains.

use std::fs;

use serde_json::{Value, json};
use tracehound_testkit::shared_data;

use crate::screen::{text, tracehound};

fn lines(answer: &str) -> Vec<Value> {
    answer.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn a_memo_says_what_is_asked_for_by_the_network_that_owns_the_vault() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let address = "0xE3C64974C78F5693BD2BC68B3221D58DF5C6E877";
    let asked = [
        json!({"id": "t", "network": "thorchain", "memo": format!("=:a:{address}")}),
        json!({"id": "m", "network": "mayachain", "memo": format!("=:a:{address}")}),
        json!({"network": "thorchain", "memo": "=:ETH.ETH:dx"}),
        json!({"network": "thorchain", "scripts": ["00145a6a6be23b6cf39d9448ff6e897c29c41c8fbdff", "6a0474747474"]}),
        json!({"network": "chainflip", "scripts": ["0014a56a6be23b6cf39d9448ff6e897c29c41c8fbdff",
            "6a300101a56a6be23b6cf39d9448ff6e897c29c41c8fbdff6400000064a7b3b6e00d000000000000000000010002001e0500"]}),
    ];
    let input = asked.map(|line| line.to_string()).join("\n") + "\n";
    let output = tracehound(folder.path(), &["analyze", "memo", "--stdin"], &input);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let [thorchain, maya, named, unreadable, swap] = &lines(&text(&output))[..] else {
        panic!("five answers")
    };
    // The same bytes, two chains.
    let checksummed = "0xe3c64974c78f5693bD2bC68b3221D58DF5C6E877".to_ascii_lowercase();
    for (answer, asset, chain) in
        [(thorchain, "AVAX.AVAX", "eip155:43114:"), (maya, "ARB.ETH", "eip155:42161:")]
    {
        assert_eq!((&answer["outcome"], &answer["asset"]), (&json!("intent"), &json!(asset)));
        let account = answer["account"].as_str().expect("an account").to_ascii_lowercase();
        assert_eq!(account, format!("{chain}{checksummed}"));
    }
    assert_eq!(thorchain["id"], "t");
    assert_eq!((&named["outcome"], named.get("account")), (&json!("unresolved_name"), None));
    assert_eq!((&unreadable["outcome"], &unreadable["text"]), (&json!("unreadable"), &json!("tttt")));
    assert_eq!(unreadable["no_payments"], json!([1]));
    assert_eq!(swap["vault_swap"]["destination_asset"], "Eth");
}

#[test]
fn a_line_without_a_network_or_with_bent_scripts_is_refused_by_its_number() {
    let folder = tempfile::tempdir().expect("temporary folder");
    for (line, reason) in [
        (json!({"memo": "=:b"}), "network"),
        (json!({"network": "bitcoin", "memo": "=:b"}), "thorchain, mayachain or chainflip"),
        (json!({"network": "thorchain"}), "either `memo` or `scripts`"),
        (json!({"network": "thorchain", "memo": "=:b", "scripts": []}), "either `memo` or `scripts`"),
        (json!({"network": "thorchain", "scripts": ["6z"]}), "script 0 is not hexadecimal"),
        (json!({"network": "chainflip", "scripts": ["6a020101"]}), "cut off"),
        (json!({"network": "chainflip", "memo": "=:b"}), "give them"),
        (json!({"network": "thorchain", "memo": "=:b", "chain": 1}), "unknown field"),
        (json!({"network": "thorchain", "memo": "x".repeat(5_000)}), "5000 bytes"),
    ] {
        let output = tracehound(folder.path(), &["analyze", "memo", "--stdin"], &format!("{line}\n"));
        let answer = &lines(&text(&output))[0];
        assert_eq!((output.status.code(), &answer["line"]), (Some(1), &json!(1)), "{line}");
        assert!(answer["error"].as_str().is_some_and(|error| error.contains(reason)), "{line}: {answer}");
    }
}

/// The two sides of recorded withdrawals, each by its transaction's hash; and how many there are.
fn nomad(folder: &std::path::Path) -> Option<usize> {
    let rows = fs::read_to_string(shared_data("bridges/nomad_withdrawals.tsv")?).expect("read");
    let same = fs::read_to_string(shared_data("bridges/nomad_token_mapping.facts")?).expect("read");
    let header = || vec!["id,time,asset,amount,recipient".to_owned()];
    let (mut deposits, mut payouts) = (header(), header());
    for row in rows.lines() {
        let cells: Vec<&str> = row.split('\t').collect();
        deposits.push(format!("{},{},{},{},{}", cells[2], cells[1], cells[7], cells[11], cells[10]));
        payouts.push(format!("{},{},{},{},{}", cells[5], cells[4], cells[8], cells[11], cells[10]));
    }
    let pairs = same.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let same: Vec<String> = pairs.map(|cells| format!("{},{}", cells[3], cells[2])).collect();
    fs::write(folder.join("deposits.csv"), deposits.join("\n")).expect("written");
    fs::write(folder.join("payouts.csv"), payouts.join("\n")).expect("written");
    fs::write(folder.join("same.csv"), format!("deposit,payout\n{}", same.join("\n"))).expect("written");
    Some(rows.lines().count())
}

#[test]
fn payouts_are_matched_with_deposits_from_two_files() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let Some(count) = nomad(folder.path()) else { return };
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (deposits, payouts, same) = (path("deposits.csv"), path("payouts.csv"), path("same.csv"));
    let args = ["analyze", "match", &deposits, &payouts, "--assets", &same, "--output", "jsonl"];
    let output = tracehound(folder.path(), &args, "");
    let links = lines(&text(&output));
    assert_eq!((output.status.code(), links.len()), (Some(30), count));
    let linked = links.iter().filter(|link| !link["deposit"].is_null()).count();
    assert!(linked * 100 > count * 97, "{linked} of {count}");
    let open = links.iter().find(|link| link["rule"] == "ambiguous").expect("one that is not sure");
    assert!(open["candidate_count"].as_u64() > Some(1) && open["permille"].as_u64() < Some(1_000), "{open}");
    assert!(String::from_utf8_lossy(&output.stderr).contains(&format!("{linked} linked")));
    // Without the pairs of assets nothing can be meant.
    let output = tracehound(folder.path(), &args[..4], "");
    let first = text(&output);
    assert!(first.lines().all(|line| line.ends_with("no deposit can be meant")), "{}", &first[..200]);
}

#[test]
fn a_deposit_that_cannot_be_read_is_no_deposit_that_is_not_there() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = |name: &str, rows: &str| {
        let path = folder.path().join(name);
        fs::write(&path, format!("id,time,asset,amount,recipient\n{rows}")).expect("written");
        path.display().to_string()
    };
    let payouts = path("payouts.csv", "p,2026-01-01T00:00:10Z,0xAbCd,5,bob\n");
    for (bent, reason) in [
        ("d,0,0xabcd,5,bob\ne,soon,0xabcd,5,bob\n", "row 3: its time `soon`"),
        ("d,0,0xabcd,five,bob\n", "its amount `five`"),
        ("d,0,0xabcd,5,\n", "it does not say for whom"),
        ("d,0,,5,bob\n", "it does not say of which asset"),
    ] {
        let output = tracehound(folder.path(), &["analyze", "match", &path("bent.csv", bent), &payouts], "");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{bent}: {said}");
        assert!(said.split_whitespace().collect::<Vec<_>>().join(" ").contains(reason), "{bent}: {said}");
        assert_eq!(text(&output), "");
    }
    // A payout that cannot be read is told, and the others are linked.
    let deposits = path("deposits.csv", "d,0,0xabcd,5,bob\n");
    let payouts = path("payouts.csv", "p,2026-01-01T00:00:10Z,0xAbCd,5,bob\nq,late,0xabcd,5,bob\n");
    let output = tracehound(folder.path(), &["analyze", "match", &deposits, &payouts, "--output", "csv"], "");
    assert_eq!(
        text(&output),
        "payout,deposit,permille,candidate_count,candidates,rule\np,d,1000,1,d,only_candidate\n"
    );
    assert_eq!(output.status.code(), Some(30));
    assert!(String::from_utf8_lossy(&output.stderr).contains("refused: "));
}
