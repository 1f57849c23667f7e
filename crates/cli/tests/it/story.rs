//! The demo and the README's other commands.

use tracehound_testkit::shared_data;

use crate::screen::{text, tracehound};

#[test]
fn the_demo_tells_its_story_and_calls_the_generated_generated() {
    let data = tempfile::tempdir().expect("temporary folder");
    let output = tracehound(data.path(), &["demo"], "");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let story = text(&output);
    for part in [
        "BLOCK  3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG",
        "fbi-notices",
        "2500 transactions",
        "A generated theft",
        "nothing in it happened",
        "Generated Theft",
        "received from",
        "into mixes",
        "What really happened",
        "Honestly lost: 9.99998685 BTC",
    ] {
        assert!(story.contains(part), "`{part}` is missing in:\n{story}");
    }
}

/// Two ledgers are kept, and no line names a network: the address says which is meant.
#[cfg(unix)]
#[test]
fn what_the_demo_says_to_go_on_with_works_and_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let data = tempfile::tempdir().expect("temporary folder");
    let kept = data.path().join("kept");
    let story = text(&tracehound(data.path(), &["demo", "--keep", &kept.to_string_lossy()], ""));
    let mode = std::fs::metadata(&kept).expect("made").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let lines = || story.lines().filter_map(|line| line.trim().strip_prefix("tracehound "));
    assert_eq!(lines().count(), 2, "{story}");
    let page = data.path().join("trace.html");
    for line in lines() {
        let words: Vec<String> =
            line.split(' ').map(|word| word.replace("trace.html", &page.to_string_lossy())).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = tracehound(&kept, &words, "");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 10 | 20 | 30)), "{line}: {said}");
        assert!(!said.contains("other users"), "{line}: {said}");
    }
    assert!(std::fs::read_to_string(&page).expect("written").contains("Generated Service"));
    let address = lines().next_back().and_then(|line| line.split(' ').nth(2)).expect("an address");
    let refused = tracehound(&kept, &["trace", address, "--network", "mainnet"], "");
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("is no address of mainnet") && said.contains("--network"), "{said}");
}

#[test]
fn a_real_chain_goes_in_and_a_counterparty_comes_out() {
    let Some(blocks) = shared_data("bitcoin/nbitcoin_blk00000.dat") else { return };
    let data = tempfile::tempdir().expect("temporary folder");
    let blocks = blocks.to_string_lossy().into_owned();
    let output = tracehound(data.path(), &["ingest", "bitcoin", &blocks], "");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let whole = tracehound(data.path(), &["ledger", "verify"], "");
    assert!(text(&whole).starts_with("whole: 3"), "{}", text(&whole));
    // Satoshi Nakamoto's key that paid Hal Finney in block 170.
    let key = "0411db93e1dcdb8a016b49840f8c53bc1eb68a382e97b1482ecad7b148a6909a5\
               cb2e0eaddfb84ccf9744464f82e160bfa9b8b64f9d4c03f999b8643f656b412a3";
    let verdict = tracehound(data.path(), &["screen", key, "--as-of", "2025-11-20"], "");
    assert_eq!(verdict.status.code(), Some(30), "the chain goes on for years: {}", text(&verdict));
    assert!(!text(&verdict).contains("counterparties not examined"));
    assert!(text(&verdict).contains("hours before the moment asked about"), "{}", text(&verdict));
}

#[test]
fn a_file_that_is_no_list_changes_nothing_and_says_so() {
    let data = tempfile::tempdir().expect("temporary folder");
    let file = data.path().join("page.html");
    std::fs::write(&file, "<html><body>maintenance</body></html>").expect("written");
    let name = file.to_string_lossy().into_owned();
    let before = text(&tracehound(data.path(), &["lists", "list"], ""));
    let output = tracehound(data.path(), &["lists", "import", &name], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("page.html"));
    assert_eq!(text(&tracehound(data.path(), &["lists", "list"], "")), before);
}

#[test]
fn a_sanctioned_name_is_found_however_it_is_written() {
    let data = tempfile::tempdir().expect("temporary folder");
    for name in ["Sim Hyon Sop", "SIM, Hyon-Sop", "hyon sop sim"] {
        let output = tracehound(data.path(), &["screen", "--name", name], "");
        assert_eq!(output.status.code(), Some(10), "{name}: {}", text(&output));
    }
}

#[test]
fn the_limit_cuts_what_is_shown_of_matches_and_decides_nothing() {
    let data = tempfile::tempdir().expect("temporary folder");
    let name = "Lazarus Group; Sim Hyon Sop";
    let ask = |limit| tracehound(data.path(), &["screen", "--name", name, "--limit", limit], "");
    let one = ask("1");
    assert_eq!(one.status.code(), Some(10), "{}", text(&one));
    assert!(text(&one).contains(" matches on ") && text(&one).contains("the best 1 shown"), "{}", text(&one));
    let none = ask("0");
    assert_eq!(none.status.code(), Some(2), "{}", text(&none));
    assert!(String::from_utf8_lossy(&none.stderr).contains("from 1 on"));
}

#[test]
fn a_name_that_could_not_be_compared_in_full_is_never_cleared() {
    let data = tempfile::tempdir().expect("temporary folder");
    for (name, said) in [("キム・ジョンウン", "Japanese kana"), ("Nоbоdy Ofhere", "mixes letters")]
    {
        let output = tracehound(data.path(), &["screen", "--name", name, "--policy", "lists-only"], "");
        assert_eq!(output.status.code(), Some(30), "{name}: {}", text(&output));
        assert!(text(&output).contains(said), "{name}: {}", text(&output));
    }
    for name in ["Ѕim Hуоn Ѕор", "Nobody; Sim Hyon Sop", "Sim Hyon Sop, born 1983"] {
        let output = tracehound(data.path(), &["screen", "--name", name], "");
        assert_eq!(output.status.code(), Some(10), "{name}: {}", text(&output));
    }
}
