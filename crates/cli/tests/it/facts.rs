//! The facts in the box, when a version corrects those of the version before under the same date.

use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;
use tracehound_attribution::{
    facts,
    import::{Imported, NewClaim, Options, read},
    store::ClaimStore,
};
use tracehound_model::{Claim, SourceKind, Subject};

use crate::screen::{text, tracehound};

/// Named by the FBI on 2023-08-22.
const NAMED: &str = "34VXKa5upLWVYMXmgid6bFM4BaQXHxSUoL";
/// On no list.
const INNOCENT: &str = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa";

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

fn subject(address: &str) -> Subject {
    Subject::Address(address.parse().expect("an address"))
}

/// Lets the folder forget that it has taken in what is shipped.
fn forget_what_is_shipped(data: &Path) {
    run(async {
        let store = ClaimStore::open(&data.join("attribution")).await.expect("a store");
        store.remember_shipped("another version").await.expect("remembered");
        store.close().await;
    });
}

/// When the older version was installed.
fn then() -> Timestamp {
    "2025-12-01T00:00:00Z".parse().expect("a moment")
}

/// A data folder as a version left it whose advisory of the FBI had a wrong address in it.
fn folder_of_an_older_version() -> tempfile::TempDir {
    let data = tempfile::tempdir().expect("temporary folder");
    run(async {
        let store = ClaimStore::open(&data.path().join("attribution")).await.expect("a store");
        for Imported { mut snapshot, mut sha256, .. } in facts::advisories().expect("shipped facts").lists {
            let wrong = |mut claim: NewClaim| {
                if claim.subject == subject(NAMED) && snapshot.source.id.0 == "fbi-notices" {
                    claim.subject = subject(INNOCENT);
                    sha256 = "0".repeat(64);
                }
                claim
            };
            snapshot.claims = snapshot.claims.iter().map(wrong).collect();
            let day = snapshot.source.published.expect("dated");
            store.import_shipped(&snapshot, day, then(), &sha256).await.expect("imported");
        }
        store.close().await;
    });
    data
}

fn decision(data: &Path, address: &str, as_of: &str) -> String {
    let output = tracehound(
        data,
        &["screen", address, "--as-of", as_of, "--output", "jsonl", "--policy", "lists-only"],
        "",
    );
    let answer: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    answer["decision"].as_str().expect("a decision").to_owned()
}

fn believed(data: &Path, known_at: Timestamp) -> Vec<Claim> {
    run(async {
        let store = ClaimStore::open(&data.join("attribution")).await.expect("a store");
        let day = "2025-11-22".parse().expect("a day");
        let claims = store.as_known(day, known_at).await.expect("claims");
        store.close().await;
        claims.into_iter().filter(|claim| claim.source.0 == "fbi-notices").collect()
    })
}

#[test]
fn a_fact_corrected_under_the_same_date_is_what_screen_answers_with() {
    let data = folder_of_an_older_version();
    assert_eq!(decision(data.path(), NAMED, "2025-11-20"), "block");
    assert_eq!(decision(data.path(), INNOCENT, "2025-11-20"), "allow");

    let names = |claims: Vec<Claim>, address: &str| claims.iter().any(|one| one.subject == subject(address));
    assert!(names(believed(data.path(), then()), INNOCENT), "what was believed then stays on record");
    assert!(!names(believed(data.path(), then()), NAMED));
    let now = believed(data.path(), Timestamp::MAX);
    let of_that_advisory = |claim: &&Claim| claim.valid_from.to_string() == "2023-08-22";
    assert_eq!(now.iter().filter(of_that_advisory).count(), 6);
    let right = |claim: &&Claim| of_that_advisory(claim) && claim.recorded_at == then();
    assert_eq!(now.iter().filter(right).count(), 5, "five had been right");
    // The same facts again are no news.
    forget_what_is_shipped(data.path());
    assert_eq!(decision(data.path(), NAMED, "2025-11-20"), "block");
    assert_eq!(believed(data.path(), Timestamp::MAX), now);
}

#[test]
fn a_list_of_the_users_own_is_not_corrected_by_the_box() {
    let data = folder_of_an_older_version();
    let file = data.path().join("fbi.csv");
    std::fs::write(&file, format!("address,label,category\n{INNOCENT},mine,service_hack\n"))
        .expect("written");
    let file = file.to_string_lossy().into_owned();
    let import = ["lists", "import", &file, "--source", "fbi-notices", "--published", "2025-02-26"];
    let output = tracehound(data.path(), &import, "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    forget_what_is_shipped(data.path());
    let listed = text(&tracehound(data.path(), &["screen", INNOCENT, "--as-of", "2025-11-20"], ""));
    assert!(listed.contains("mine"), "{listed}");
    // What the box says of its own source is corrected all the same: nobody's file ends an advisory.
    let claims = believed(data.path(), Timestamp::MAX);
    assert!(claims.iter().any(|claim| claim.subject == subject(NAMED)));
}

#[test]
fn a_correction_of_an_older_day_leaves_the_newer_list_version_in_force() {
    let data = folder_of_an_older_version();
    let file = data.path().join("fbi.csv");
    std::fs::write(&file, format!("address,label,category\n{INNOCENT},newer,service_hack\n"))
        .expect("written");
    run(async {
        let options = Options { file_name: "fbi.csv".to_owned(), ..Options::default() };
        let mut list = read(&mut std::fs::File::open(&file).expect("opens"), &options).expect("a list");
        list.snapshot.source.id.0 = "fbi-notices".to_owned();
        list.snapshot.source.kind = SourceKind::LawEnforcement;
        let store = ClaimStore::open(&data.path().join("attribution")).await.expect("a store");
        let day = "2025-11-21".parse().expect("a day");
        store.import(&list.snapshot, day, then(), &list.sha256).await.expect("imported");
        store.close().await;
    });
    assert_eq!(decision(data.path(), NAMED, "2025-11-20"), "block", "as corrected");
    assert_eq!(decision(data.path(), INNOCENT, "2025-11-20"), "allow", "as corrected");
    let newest = believed(data.path(), Timestamp::MAX);
    assert_eq!(newest.iter().map(|claim| claim.subject.clone()).collect::<Vec<_>>(), [subject(INNOCENT)]);
    let newest = text(&tracehound(data.path(), &["screen", INNOCENT, "--as-of", "2025-11-22"], ""));
    assert!(newest.contains("newer"), "{newest}");
}
