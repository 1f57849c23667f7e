//! Packs of advisories: signatures, order, what they say of completeness.

use minisign::{KeyPair, sign};
use tracehound_attribution::{
    folder::{AttributionFolder, FolderError},
    import::Options,
    pack::{Pack, PackError},
};

use crate::support::{day, subjects};

const A: &str = "3LU8wRu4ZnXP4UM8Yo6kkTiGHM9BubgyiG";
const NOW: &str = "2026-07-01T12:00:00Z";

fn pack(complete_as_of: &str, address: &str) -> String {
    format!(
        "[pack]\nname = \"notices\"\ncomplete_as_of = {complete_as_of}\n\
         [[advisory]]\n[advisory.source]\nid = \"police-advisories\"\nkind = \"law_enforcement\"\ntitle = \"An advisory\"\n\
         publisher = \"The police\"\npublished = 2026-03-01\n\
         [[advisory.claim]]\nlabel = \"A thief\"\ncategory = \"service_hack\"\naddresses = [\"{address}\"]\n"
    )
}

struct Signed {
    text: String,
    signature: String,
}

fn signed(pair: &KeyPair, text: String) -> Signed {
    let signature =
        sign(Some(&pair.pk), &pair.sk, text.as_bytes(), None, None).expect("signed").into_string();
    Signed { text, signature }
}

fn import(
    folder: &AttributionFolder,
    pack: &Signed,
    key: Option<&str>,
) -> Result<tracehound_attribution::folder::PackImport, FolderError> {
    folder.import_pack(pack.text.as_bytes(), &pack.signature, key, false, NOW.parse().expect("a moment"))
}

fn refused(result: Result<tracehound_attribution::folder::PackImport, FolderError>) -> PackError {
    match result.expect_err("refused") {
        FolderError::Pack(error) => error,
        other => panic!("{other}"),
    }
}

#[test]
fn a_signed_pack_is_taken_once_its_key_is_trusted_and_says_to_when_it_is_complete() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = AttributionFolder::new(dir.path());
    let pair = KeyPair::generate_unencrypted_keypair().expect("keys");
    let key = pair.pk.to_box().expect("a file").into_string();
    let first = signed(&pair, pack("2026-06-01", A));
    assert!(matches!(refused(import(&folder, &first, None)), PackError::NoKey));
    let done = import(&folder, &first, Some(&key)).expect("taken");
    assert_eq!((done.complete_as_of, done.reports[0].added), (day("2026-06-01"), 1));
    let index = folder.index(NOW.parse().expect("a moment")).expect("an index");
    assert_eq!(index.source("police-advisories").expect("there").complete_as_of, Some(day("2026-06-01")));
    assert_eq!(index.source("fbi-notices").expect("there").complete_as_of, Some(day("2025-11-19")));
    let claims: Vec<_> = index.claims().map(|claim| claim.to_claim()).collect();
    assert!(
        claims
            .iter()
            .any(|claim| claim.source.0 == "police-advisories" && claim.valid_from == day("2026-03-01"))
    );
    assert!(subjects(&claims).len() > 900, "what is shipped is there too");
    // The key is remembered; the same pack again, and a newer one, need none.
    import(&folder, &first, None).expect("the same again");
    import(&folder, &signed(&pair, pack("2026-06-20", A)), None).expect("newer");
    let older = refused(import(&folder, &first, None));
    assert!(matches!(older, PackError::Older { in_force, .. } if in_force == day("2026-06-20")), "{older}");
}

#[test]
fn what_is_not_signed_by_a_trusted_key_over_these_bytes_changes_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = AttributionFolder::new(dir.path());
    let pair = KeyPair::generate_unencrypted_keypair().expect("keys");
    let key = pair.pk.to_base64();
    let other = KeyPair::generate_unencrypted_keypair().expect("keys").pk.to_base64();
    let good = signed(&pair, pack("2026-06-01", A));
    assert!(matches!(refused(import(&folder, &good, Some(&other))), PackError::Untrusted));
    let mut changed = signed(&pair, pack("2026-06-01", A));
    changed.text = pack("2026-06-02", A);
    assert!(matches!(refused(import(&folder, &changed, Some(&key))), PackError::Untrusted));
    let mut torn = signed(&pair, pack("2026-06-01", A));
    torn.signature.truncate(40);
    assert!(matches!(refused(import(&folder, &torn, Some(&key))), PackError::Signature));
    assert!(matches!(refused(import(&folder, &good, Some("no key"))), PackError::Key(_)));
    let future = signed(&pair, pack("2026-07-02", A));
    assert!(matches!(refused(import(&folder, &future, Some(&key))), PackError::Future { .. }));
    let index = folder.index(NOW.parse().expect("a moment")).expect("an index");
    assert!(index.source("police-advisories").is_none());
    // Nor is a key remembered whose pack was refused.
    assert!(matches!(refused(import(&folder, &good, None)), PackError::NoKey));
}

#[test]
fn a_pack_says_what_is_wrong_with_it() {
    let late = pack("2026-02-01", A);
    let error = Pack::read(late.as_bytes()).expect_err("an advisory after the pack's day").to_string();
    assert!(error.contains("of a later day"), "{error}");
    let error = Pack::read(b"[pack]\nname = \"notices\"\ncomplete_as_of = 2026-02-01\n").expect_err("empty");
    assert!(error.to_string().contains("no advisory"), "{error}");
    assert!(Pack::read(b"[pack]\nname = \"notices\"\n").is_err());
}

#[test]
fn a_pack_in_the_words_of_0_1_0_says_the_same() {
    let now = Pack::read(pack("2026-06-01", A).as_bytes()).expect("reads");
    let then = pack("2026-06-01", A).replace("[advisory", "[notice").replace("advisory]]", "notice]]");
    let then = then.replace("[[advisory.", "[[notice.");
    assert!(then.contains("[[notice]]") && !then.contains("[[advisory"), "{then}");
    let then = Pack::read(then.as_bytes()).expect("reads");
    assert_eq!(then.complete_as_of, now.complete_as_of);
    let claims = |pack: &Pack| pack.lists.iter().map(|list| list.snapshot.clone()).collect::<Vec<_>>();
    assert_eq!(claims(&then), claims(&now));
}

#[test]
fn a_pack_speaks_for_no_official_list_and_only_as_an_authority() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = AttributionFolder::new(dir.path());
    let pair = KeyPair::generate_unencrypted_keypair().expect("keys");
    let key = pair.pk.to_base64();
    let now = NOW.parse().expect("a moment");
    let before = folder.index(now).expect("an index").source("ofac-sdn").cloned();
    for (was, is) in [
        ("\"police-advisories\"", "\"ofac-sdn\""),
        ("\"police-advisories\"", "\"ofac-sdn-extract\""),
        ("\"police-advisories\"", "\"un-sc\""),
        ("\"police-advisories\"", "\"ofac_sdn\""),
        ("law_enforcement", "sanctions"),
        ("law_enforcement", "labels"),
    ] {
        let error =
            refused(import(&folder, &signed(&pair, pack("2026-06-01", A).replace(was, is)), Some(&key)));
        assert!(matches!(error, PackError::NoAdvisory { .. }), "{is}: {error}");
        assert!(error.to_string().contains("never an official list"), "{error}");
    }
    let index = folder.index(now).expect("an index");
    assert_eq!(index.source("ofac-sdn").cloned(), before);
    assert!(index.source("police-advisories").is_none());
}

fn shipped() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/advisories.toml");
    let text = std::fs::read_to_string(path).expect("the shipped pack");
    text.replace("complete_as_of = 2025-11-19", "complete_as_of = 2026-06-01")
}

#[test]
fn a_pack_that_ends_what_a_source_says_is_refused_unless_a_person_accepts_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = AttributionFolder::new(dir.path());
    let pair = KeyPair::generate_unencrypted_keypair().expect("keys");
    let key = pair.pk.to_base64();
    let now = NOW.parse().expect("a moment");
    let of_fbi = || {
        let claims =
            folder.index(now).expect("an index").claims().map(|claim| claim.to_claim()).collect::<Vec<_>>();
        claims
            .iter()
            .filter(|claim| claim.source.0 == "fbi-notices" && claim.holds_on(day("2026-07-01")))
            .count()
    };
    assert_eq!(of_fbi(), 101);
    // It repeats one of them.
    let one = signed(&pair, pack("2026-06-01", A).replace("police-advisories", "fbi-notices"));
    let error = refused(import(&folder, &one, Some(&key)));
    assert!(
        matches!(&error, PackError::WouldEnd { source_id, ended: 100 } if source_id.0 == "fbi-notices"),
        "{error}"
    );
    // Nor does a pack end them by an end of its own, or by calling them harmless.
    let hack = "category = \"service_hack\"";
    // Nor is it less sure of them.
    for is in [
        "category = \"service_hack\"\nto = 2025-12-01".to_owned(),
        "category = \"service_hack\"\nfrom = 2027-01-01".to_owned(),
        "category = \"service_hack\"\nconfidence = 10".to_owned(),
        hack.replace("service_hack", "exchange"),
    ] {
        let error = refused(import(&folder, &signed(&pair, shipped().replace(hack, &is)), Some(&key)));
        assert!(matches!(&error, PackError::WouldEnd { .. }), "{error}");
    }
    assert_eq!(of_fbi(), 101);
    // What repeats the earlier ones and adds one is taken.
    let added = pack("2026-06-01", A).replace("police-advisories", "fbi-notices");
    let more = format!("{}\n{}", shipped(), &added[added.find("[[advisory]]").expect("an advisory")..]);
    import(&folder, &signed(&pair, more), Some(&key)).expect("taken");
    assert_eq!(of_fbi(), 102);
    folder
        .import_pack(one.text.replace("2026-06-01", "2026-06-02").as_bytes(), &one.signature, None, true, now)
        .expect_err("acceptance is no signature");
    let one = signed(&pair, one.text.replace("2026-06-01", "2026-06-02"));
    folder.import_pack(one.text.as_bytes(), &one.signature, None, true, now).expect("a person accepts it");
    assert!(of_fbi() < 102);
}

/// The parts of a pack with the advisories of one source.
fn only(text: &str, source: &str) -> String {
    let mut parts = text.split("[[advisory]]");
    let head = parts.next().expect("a head").to_owned();
    let of = parts.filter(|part| part.contains(&format!("id = \"{source}\"")));
    of.fold(head, |text, part| format!("{text}[[advisory]]{part}"))
}

#[test]
fn a_pack_makes_its_own_publishers_advisories_complete_and_no_others() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = AttributionFolder::new(dir.path());
    let pair = KeyPair::generate_unencrypted_keypair().expect("keys");
    let of_fbi = signed(&pair, only(&shipped(), "fbi-notices"));
    import(&folder, &of_fbi, Some(&pair.pk.to_base64())).expect("taken");
    let index = folder.index(NOW.parse().expect("a moment")).expect("an index");
    let complete = |id: &str| index.source(id).expect("there").complete_as_of;
    assert_eq!(complete("fbi-notices"), Some(day("2026-06-01")));
    assert_eq!(complete("treasury-notices"), Some(day("2025-11-19")));
    assert_eq!(complete("msmt-reports"), Some(day("2025-11-19")));
}

/// Whatever it is that is weakened: a party's names and programmes, an address's, the kind of the source.
#[test]
fn a_pack_weakens_nothing_that_is_held() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = AttributionFolder::new(dir.path());
    let pair = KeyPair::generate_unencrypted_keypair().expect("keys");
    let with_party = |names: &str, programs: &str| {
        let party = format!(
            "[[advisory.party]]\nid = \"1\"\nkind = \"entity\"\nnames = [{names}]\nprograms = [{programs}]\n[[advisory.claim]]\n\
             party = \"1\"\n"
        );
        pack("2026-06-01", A).replace("[[advisory.claim]]\n", &party)
    };
    let strong = with_party("\"A Thief\", \"Another Name\"", "\"ONE\", \"TWO\"");
    import(&folder, &signed(&pair, strong.clone()), Some(&pair.pk.to_base64())).expect("taken");
    for weaker in [
        with_party("\"A Thief\"", "\"ONE\", \"TWO\""),
        with_party("\"A Thief\", \"Another Name\"", "\"ONE\""),
        pack("2026-06-01", A),
    ] {
        let error = refused(import(&folder, &signed(&pair, weaker.clone()), None));
        assert!(matches!(&error, PackError::WouldEnd { .. }), "{weaker}: {error}");
    }
    let more = with_party("\"A Thief\", \"Another Name\", \"A Third\"", "\"ONE\", \"TWO\", \"THREE\"");
    import(&folder, &signed(&pair, more), None).expect("more is taken");

    let own = "[source]\nid = \"house\"\nkind = \"sanctions\"\ntitle = \"t\"\npublisher = \"p\"\npublished = 2026-01-01\n\
               [[claim]]\nlabel = \"x\"\ncategory = \"sanction\"\naddresses = [\"3AAUBbKJorvNhEUFhKnep9YTwmZECxE4Nk\"]\n";
    let now = NOW.parse().expect("a moment");
    folder.import(&mut own.as_bytes(), &Options::default(), now).expect("taken");
    let as_house = pack("2026-06-01", A).replace("police-advisories", "house");
    let error = refused(import(&folder, &signed(&pair, as_house), None));
    assert!(matches!(&error, PackError::HeldAs { .. }), "{error}");
}

#[test]
fn a_pack_of_another_name_makes_no_advisories_complete() {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = AttributionFolder::new(dir.path());
    let pair = KeyPair::generate_unencrypted_keypair().expect("keys");
    let key = pair.pk.to_base64();
    let other = signed(&pair, pack("2026-06-01", A).replace("name = \"notices\"", "name = \"other\""));
    import(&folder, &other, Some(&key)).expect("taken");
    let index = folder.index(NOW.parse().expect("a moment")).expect("an index");
    assert_eq!(index.source("police-advisories").expect("there").complete_as_of, None);
    let newest = index.sources().iter().filter_map(|history| history.complete_as_of).max();
    assert_eq!(newest, Some(day("2025-11-19")));
}

#[test]
fn a_claim_refers_to_the_page_of_its_own_advisory_not_of_the_sources_newest() {
    let advisory = |day: &str, address: &str| {
        format!(
            "[[advisory]]\n[advisory.source]\nid = \"police-advisories\"\nkind = \"law_enforcement\"\ntitle = \"Advisories\"\n\
             publisher = \"The police\"\nurl = \"https://police.invalid/{day}\"\npublished = {day}\n\
             [[advisory.claim]]\nlabel = \"A thief\"\ncategory = \"service_hack\"\naddresses = [\"{address}\"]\n"
        )
    };
    let text = format!(
        "[pack]\nname = \"notices\"\ncomplete_as_of = 2026-06-01\n{}{}",
        advisory("2026-03-01", A),
        advisory("2026-05-01", "3AAUBbKJorvNhEUFhKnep9YTwmZECxE4Nk")
    );
    let pack = Pack::read(text.as_bytes()).expect("a pack");
    let newest = &pack.lists.last().expect("two").snapshot;
    let pages: Vec<_> = newest.claims.iter().map(|claim| claim.statement.reference).collect();
    let pages: Vec<_> = pages.iter().map(Option::as_deref).collect();
    assert_eq!(pages, [Some("https://police.invalid/2026-03-01"), Some("https://police.invalid/2026-05-01")]);
}
