//! The store: delisting, corrections, both times, crashes.

use std::process::Command;

use sqlx::{SqlitePool, sqlite::SqliteConnectOptions};
use tracehound_attribution::{
    Scope, facts,
    import::{Imported, Snapshot, SourceHead},
    store::{CheckOutcome, ClaimStore, FILE_NAME},
};
use tracehound_model::{Claim, SourceId, SourceKind, Subject};

use crate::support::{address, day, import, moment, real, run, subjects, text};

const A: &str = "3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG";
const B: &str = "39idqitN9tYNmq3wYanwg3MitFB5TZCjWu";
const C: &str = "3AAUBbKJorvNhEUFhKnep9YTwmZECxE4Nk";

/// A list of these addresses, published on `published`.
fn list(published: &str, addresses: &[&str]) -> Snapshot {
    let mut snapshot = text("mine.txt", &addresses.join("\n")).expect("addresses");
    snapshot.source.published = Some(day(published));
    snapshot
}

fn spans(claims: &[Claim], of: &str) -> Vec<(String, Option<String>)> {
    let of = address(of);
    let of = claims.iter().filter(|claim| claim.subject == of);
    of.map(|claim| (claim.valid_from.to_string(), claim.valid_to.map(|day| day.to_string()))).collect()
}

fn span(from: &str, to: Option<&str>) -> (String, Option<String>) {
    (from.to_owned(), to.map(str::to_owned))
}

const JSON: &str = "sanctions/ofac_addresses_2024-09-27.json";
const XML: &str = "sanctions/ofac_sdn_advanced_2025-11-19.xml.bz2";

#[test]
fn delisted_is_not_listed_and_was_whichever_list_came_first() {
    let (Some(older), Some(newer)) = (real(JSON), real(XML)) else { return };
    run(async {
        let (forth, back) =
            (ClaimStore::open_in_memory().await.unwrap(), ClaimStore::open_in_memory().await.unwrap());
        import(&forth, &older.snapshot, 1, &older.sha256).await;
        let report =
            forth.import(&newer.snapshot, day("2025-11-19"), moment(2), &newer.sha256).await.unwrap();
        // The two forms state it differently (one names the party), so every older claim ends; 745 new ones and a few more
        // for addresses of several parties begin.
        assert_eq!((report.ended, report.parties), (654, 18_367));
        import(&back, &newer.snapshot, 1, &newer.sha256).await;
        import(&back, &older.snapshot, 2, &older.sha256).await;

        for store in [&forth, &back] {
            let then = subjects(&store.as_of(day("2025-01-01")).await.unwrap());
            let now = subjects(&store.as_of(day("2025-11-19")).await.unwrap());
            assert_eq!((then.len(), now.len()), (641, 745));
            assert_eq!(then.difference(&now).count(), 90);
            assert!(then.difference(&now).all(|gone| matches!(gone, Subject::Address(_))));
            assert!(store.as_of(day("2024-09-26")).await.unwrap().is_empty());
        }
        let (forth, back) = (forth.corpus().await.unwrap(), back.corpus().await.unwrap());
        assert_eq!(bare(&forth.claims), bare(&back.claims));
        assert_eq!(forth.parties, back.parties);
        assert_eq!(forth.sources[0].snapshots, [day("2024-09-27"), day("2025-11-19")]);
        assert_eq!(forth.sources[0].snapshots, back.sources[0].snapshots);
        assert_eq!(forth.sources[0].source.sha256, newer.sha256);
    });
}

/// Claims without the moment of recording, which differs with the order of imports.
fn bare(claims: &[Claim]) -> Vec<String> {
    claims
        .iter()
        .map(|c| format!("{} {:?} {:?} {} {:?}", c.id, c.subject, c.statement, c.valid_from, c.valid_to))
        .collect()
}

#[test]
fn an_older_snapshot_is_put_in_between() {
    run(async {
        let store = ClaimStore::open_in_memory().await.unwrap();
        import(&store, &list("2025-01-10", &[A, B]), 1, "one").await;
        import(&store, &list("2025-01-30", &[A, C]), 2, "three").await;
        assert_eq!(spans(&store.corpus().await.unwrap().claims, A), [span("2025-01-10", None)]);
        // In between: A was off, B already off, C on.
        import(&store, &list("2025-01-20", &[C]), 3, "two").await;
        let corpus = store.corpus().await.unwrap();
        assert_eq!(
            spans(&corpus.claims, A),
            [span("2025-01-10", Some("2025-01-20")), span("2025-01-30", None)]
        );
        assert_eq!(spans(&corpus.claims, B), [span("2025-01-10", Some("2025-01-20"))]);
        assert_eq!(spans(&corpus.claims, C), [span("2025-01-20", None)]);
        let history = &corpus.sources[0];
        assert_eq!(history.snapshot_on(day("2025-01-09")), None);
        assert_eq!(history.snapshot_on(day("2025-01-29")), Some(day("2025-01-20")));

        // Nothing was overwritten: what was believed before is still there.
        let versions = store.history(&address(A)).await.unwrap();
        assert_eq!(versions.len(), 3);
        assert_eq!((versions[0].claim.valid_to, versions[0].superseded_at), (None, Some(moment(3))));
        assert!(versions[1..].iter().all(|version| version.superseded_at.is_none()));
        let on = |at: &'static str, known: i64| {
            let store = store.clone();
            async move { subjects(&store.as_known(day(at), moment(known)).await.unwrap()).contains(&address(A)) }
        };
        assert!(on("2025-01-25", 2).await, "believed listed until the snapshot in between came");
        assert!(!on("2025-01-25", 3).await);
        assert!(!on("2025-01-25", 0).await, "nothing was known yet");
    });
}

#[test]
fn the_same_bytes_again_change_nothing_and_other_bytes_for_the_day_replace_it() {
    run(async {
        let store = ClaimStore::open_in_memory().await.unwrap();
        import(&store, &list("2025-01-10", &[A, B]), 1, "one").await;
        let before = store.corpus().await.unwrap();
        let again =
            store.import(&list("2025-01-10", &[A, B]), day("2025-01-10"), moment(9), "one").await.unwrap();
        assert!(again.already_imported);
        assert_eq!(store.corpus().await.unwrap(), before);

        let report =
            store.import(&list("2025-01-10", &[A, C]), day("2025-01-10"), moment(9), "fixed").await.unwrap();
        assert_eq!((report.added, report.ended, report.unchanged), (1, 1, 1));
        let corpus = store.corpus().await.unwrap();
        assert_eq!(spans(&corpus.claims, B), [], "the correction says that it never was listed");
        assert_eq!(spans(&corpus.claims, C), [span("2025-01-10", None)]);
        assert_eq!(
            (corpus.sources[0].snapshots.len(), corpus.sources[0].source.sha256.as_str()),
            (1, "fixed")
        );
        // And back: the entry is known, its row is new.
        import(&store, &list("2025-01-10", &[A, B]), 10, "one again").await;
        assert_eq!(spans(&store.corpus().await.unwrap().claims, B), [span("2025-01-10", None)]);
        assert_eq!(store.history(&address(B)).await.unwrap().len(), 2);
    });
}

#[test]
fn an_unchanged_list_of_a_later_day_is_a_snapshot_without_new_claims() {
    run(async {
        let store = ClaimStore::open_in_memory().await.unwrap();
        import(&store, &list("2025-01-10", &[A]), 1, "one").await;
        let report =
            store.import(&list("2025-01-11", &[A]), day("2025-01-11"), moment(2), "one").await.unwrap();
        assert_eq!((report.added, report.ended, report.unchanged, report.already_imported), (0, 0, 1, false));
        let corpus = store.corpus().await.unwrap();
        assert_eq!(corpus.sources[0].source.published, day("2025-01-11"));
        assert_eq!(corpus.claims[0].recorded_at, moment(1), "learned once");
        assert_eq!(store.history(&address(A)).await.unwrap().len(), 1);
    });
}

#[test]
fn sources_do_not_end_each_others_claims() {
    run(async {
        let store = ClaimStore::open_in_memory().await.unwrap();
        let mut other = list("2025-02-01", &[B]);
        other.source =
            SourceHead { id: SourceId("other".to_owned()), kind: SourceKind::Labels, ..other.source };
        import(&store, &list("2025-01-10", &[A]), 1, "one").await;
        import(&store, &other, 2, "two").await;
        assert_eq!(store.as_of(day("2025-03-01")).await.unwrap().len(), 2);
        let ids: Vec<_> = store.sources().await.unwrap().into_iter().map(|s| s.source.id.0).collect();
        assert_eq!(ids, ["other", "own-mine"]);
    });
}

#[test]
fn every_kind_of_subject_comes_back_as_it_went_in() {
    run(async {
        let store = ClaimStore::open_in_memory().await.unwrap();
        let advisory = r#"
            [source]
            id = "n"
            kind = "sanctions"
            title = "t"
            publisher = "p"
            published = "2025-01-01"
            [[claim]]
            label = "l"
            category = "ransomware"
            chain = "btc"
            from = 2020-05-05
            to = 2021-01-01
            addresses = ["5be5543ff73456ab9f2d207887e2af87322c651ea1a873c5b25b7ffae456c320", "0x098B716B8Aaf21512996dC57EB0615e2383E2f96"]
            transactions = ["0e3e2357e806b6cdb1f70b54c3a3a17b6714ee1f0e68bebb44a74b1efd512098"]
        "#;
        let snapshot = text("n.toml", advisory).unwrap();
        import(&store, &snapshot, 1, "x").await;
        let claims = store.corpus().await.unwrap().claims;
        for new in snapshot.claims.iter() {
            let claim = claims.iter().find(|claim| claim.subject == new.subject).unwrap();
            assert_eq!((&claim.statement, claim.confidence), (&new.statement, new.confidence));
            assert_eq!((claim.valid_from, claim.valid_to), (day("2020-05-05"), Some(day("2021-01-01"))));
            assert_eq!(claim.id.len(), 16);
        }
        assert_eq!(claims.len(), 3);
    });
}

#[test]
fn a_report_reads_as_expected() {
    run(async {
        let store = ClaimStore::open_in_memory().await.unwrap();
        import(&store, &list("2025-01-10", &[A, B]), 1, "one").await;
        let mut snapshot =
            text("mine.txt", &[A, C, "0x0000000000000000000000000000000000000000", "3LU8", A].join("\n"))
                .unwrap();
        snapshot.source.published = Some(day("2025-01-20"));
        let report = store.import(&snapshot, day("2025-01-20"), moment(2), "two").await.unwrap();
        insta::assert_json_snapshot!(report);
    });
}

#[test]
fn the_store_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    run(async {
        let store = ClaimStore::open(folder.path()).await.unwrap();
        import(&store, &list("2025-01-10", &[A, B]), 1, "one").await;
        let before = store.corpus().await.unwrap();
        store.close().await;
        let store = ClaimStore::open(folder.path()).await.unwrap();
        assert_eq!(store.corpus().await.unwrap(), before);
        let sources = store.sources().await.unwrap();
        assert_eq!(
            (&sources[0].snapshots[..], &sources[0].source.sha256[..]),
            (&[day("2025-01-10")][..], "one")
        );
    });
}

/// A file of version 1, as it was before the store knew which snapshots had been shipped.
#[test]
fn a_store_of_the_first_version_opens_and_takes_corrections_of_what_was_shipped() {
    let folder = tempfile::tempdir().unwrap();
    let published = day("2023-08-22");
    let lists = facts::advisories().unwrap().lists;
    let of_the_day = |list: &Imported| {
        list.snapshot.source.id.0 == "fbi-notices" && list.snapshot.source.published == Some(published)
    };
    let shipped = lists.into_iter().find(of_the_day).unwrap();
    // The hash under which version 1 had shipped it.
    let sha256 = "ba08830fd2e13909471de8e8bdb295ba311089d9f71695921ed465ce4375c557";
    run(async {
        let path = folder.path().join(FILE_NAME);
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        let old = SqlitePool::connect_with(options).await.unwrap();
        sqlx::migrate!("./migrations/sqlite").run_to(1, &old).await.unwrap();
        for (id, source, sha256) in [(1, "fbi-notices", sha256), (2, "own-mine", "one")] {
            sqlx::query(
                "INSERT INTO snapshot (id, source, published, sha256, kind, title, publisher, recorded_at) \
                 VALUES ($1, $2, $3, $4, 'own', 'Title', 'Publisher', 0)",
            )
            .bind(id)
            .bind(source)
            .bind(published.to_string())
            .bind(sha256)
            .execute(&old)
            .await
            .unwrap();
        }
        old.close().await;

        let store = ClaimStore::open(folder.path()).await.unwrap();
        let again = store.import_shipped(&shipped.snapshot, published, moment(1), sha256).await.unwrap();
        assert!(again.already_imported);
        let fixed = store.import_shipped(&shipped.snapshot, published, moment(1), "fixed").await.unwrap();
        assert_eq!((fixed.already_imported, fixed.added), (false, 17));
        let users = list("2025-01-10", &[A]);
        let users = store.import_shipped(&users, published, moment(1), "two").await.unwrap();
        assert!(users.already_imported, "the user's list stands");
        store.close().await;
    });
}

/// Kills a process in the middle of imports; what is left must be whole snapshots only.
#[test]
fn a_killed_import_leaves_the_snapshot_before() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..3_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::imports_without_end", "--ignored"])
            .env("TRACEHOUND_TEST_STORE", folder.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // The journal grows while a transaction is written: killed at a growth, the child is in the middle of one.
        let journal = folder.path().join("claims.sqlite-wal");
        let (mut size, mut growths) = (0, 0);
        while growths < 3 + 2 * round {
            let now = std::fs::metadata(&journal).map_or(0, |file| file.len());
            growths += u64::from(now > size);
            size = now;
            assert!(child.try_wait().unwrap().is_none(), "the child ended by itself");
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        run(async {
            let store = ClaimStore::open(folder.path()).await.unwrap();
            let corpus = store.corpus().await.unwrap();
            for history in &corpus.sources {
                for at in &history.snapshots {
                    let carried = store.as_of(*at).await.unwrap();
                    assert_eq!(carried.len(), BIG, "the snapshot of {at} is there in whole or not at all");
                }
            }
            let open = corpus.claims.iter().filter(|claim| claim.valid_to.is_none()).count();
            assert!(open == 0 || open == BIG, "{open}");
            store.close().await;
        });
    }
}

const BIG: usize = 3_000;

/// The child of the test above: imports day after day, every day other addresses.
#[test]
#[ignore = "started and killed by another test"]
fn imports_without_end() {
    let Some(folder) = std::env::var_os("TRACEHOUND_TEST_STORE") else { return };
    run(async {
        let store = ClaimStore::open(folder.as_ref()).await.unwrap();
        let last = store.sources().await.unwrap().first().map_or(day("2025-01-01"), |s| s.source.published);
        let mut today = last;
        for round in 1_u128.. {
            today = today.tomorrow().unwrap();
            let salt = u128::from(today.day_of_year().unsigned_abs()) + round;
            let addresses: Vec<String> =
                (0..BIG as u128).map(|n| format!("0x{:040x}", (salt << 96) + (n << 32) + 1)).collect();
            let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
            import(&store, &list(&today.to_string(), &addresses), round as i64, &today.to_string()).await;
        }
    });
}

#[test]
fn a_check_at_the_publisher_vouches_for_the_time_since_the_newest_list_version() {
    run(async {
        let store = ClaimStore::open_in_memory().await.unwrap();
        let source = SourceId("mine".to_owned());
        let mut list_version = list("2026-05-01", &[A]);
        list_version.source.id = source.clone();
        import(&store, &list_version, 0, "one").await;
        let at = |text: &str| -> jiff::Timestamp { text.parse().unwrap() };
        let failed = CheckOutcome::Failed("the server is away".to_owned());
        store.record_check(&source, at("2026-05-20T08:00:00Z"), &CheckOutcome::Current).await.unwrap();
        store.record_check(&source, at("2026-05-21T08:00:00Z"), &failed).await.unwrap();

        let history = store.corpus().await.unwrap().sources.remove(0);
        assert_eq!(history.checked_at, Some(at("2026-05-20T08:00:00Z")));
        assert_eq!(history.vouched_until(at("2026-05-10T00:00:00Z")), Some(at("2026-05-10T00:00:00Z")));
        assert_eq!(history.vouched_until(at("2026-06-10T00:00:00Z")), Some(at("2026-05-20T08:00:00Z")));
        let checks = store.last_checks().await.unwrap();
        assert_eq!(checks[0].failed, Some((at("2026-05-21T08:00:00Z"), "the server is away".to_owned())));

        // A part of the list is no list version that a check could vouch for.
        list_version = list("2026-05-22", &[A]);
        list_version.source.id = source.clone();
        list_version.scope = Scope::Extract;
        import(&store, &list_version, 1, "two").await;
        store.record_check(&source, at("2026-05-25T08:00:00Z"), &CheckOutcome::Current).await.unwrap();
        let history = store.corpus().await.unwrap().sources.remove(0);
        assert_eq!(history.scope_on(day("2026-05-23")), Some(Scope::Extract));
        assert_eq!(history.vouched[0].since, day("2026-05-01"));
        assert_eq!(history.checked_at, Some(at("2026-05-25T08:00:00Z")));
    });
}
