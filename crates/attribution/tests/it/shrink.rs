//! Whom a list version takes off: large steps and many small ones wait for a person, and nobody goes unnamed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use tracehound_attribution::{
    IntakeError,
    import::{Defaults, Gone, LOSSES_COUNT_FOR_DAYS, Named, Options, shrinks, written},
    store::{CheckOutcome, Compared},
};
use tracehound_model::{Category, Confidence, SourceId, SourceKind, Subject};
use tracehound_testkit::shared_data;

use crate::{
    intake::{Folder, addresses, now, refusal, sdn, under},
    support::{day, text},
};

fn accepting(options: Options) -> Options {
    Options { accept_shrink: true, ..options }
}

#[test]
fn small_steps_on_one_day_are_one_large_one() {
    let folder = Folder::new();
    folder.first("2026-10-01", &addresses(0, 400));
    // Each takes fewer than 5 % of the one it replaces off; together they are 4.5 %, then more.
    folder.list("2026-10-02", &addresses(9, 400)).unwrap();
    folder.list("2026-10-02", &addresses(18, 400)).unwrap();
    let held = refusal(folder.list("2026-10-02", &addresses(27, 400))).to_string();
    assert!(held.contains("would end 54 of 800 addresses and parties"), "{held}");
    assert!(held.contains("off since 2026-10-02 that nobody was asked about"), "{held}");
    assert!(
        folder.sanctioned("2026-11-28").contains(&addresses(18, 19)[0]),
        "the version before is in force"
    );
    // Whoever comes back counts no more.
    let mut back = addresses(0, 9);
    back.extend(addresses(27, 400));
    folder.list("2026-10-02", &back).unwrap();
}

#[test]
fn small_steps_from_day_to_day_are_one_large_one_until_a_person_accepts_them() {
    let folder = Folder::new();
    folder.first("2026-01-01", &addresses(0, 400));
    folder.list("2026-01-02", &addresses(15, 400)).unwrap();
    let held = refusal(folder.list("2026-01-03", &addresses(30, 400)));
    assert!(matches!(held, IntakeError::Held(_)), "{held}");
    let list = sdn("2026-01-03", &addresses(30, 400));
    folder.import("sdn_advanced.xml", &list, accepting(Options::default())).unwrap();
    // What a person accepted is not asked about again.
    folder.list("2026-01-04", &addresses(45, 400)).unwrap();
    let held = refusal(folder.list("2026-01-05", &addresses(60, 400)));
    assert!(matches!(held, IntakeError::Held(_)), "{held}");
    // Nor what went more than 90 days ago.
    folder.list("2026-04-05", &addresses(60, 400)).unwrap();
}

/// A list of people's own that says until when what it says holds, where it does.
fn advisory(source: &str, kind: &str, published: &str, to: Option<&str>, listed: &[String]) -> String {
    let to = to.map_or_else(String::new, |day| format!("to = {day}\n"));
    let listed: Vec<String> = listed.iter().map(|address| format!("\"{address}\"")).collect();
    format!(
        "[source]\nid = \"{source}\"\nkind = \"{kind}\"\ntitle = \"t\"\npublisher = \"p\"\npublished = {published}\n\
         [[claim]]\nlabel = \"x\"\ncategory = \"sanction\"\n{to}addresses = [{}]\n",
        listed.join(", ")
    )
}

#[test]
fn whom_a_list_says_to_be_on_it_until_a_day_it_takes_off() {
    for kind in ["sanctions", "law_enforcement"] {
        for to in ["2025-11-11", "2025-11-12", "2030-01-01"] {
            let folder = Folder::new();
            let import = |published: &str, to: Option<&str>| {
                let list = advisory("a-list", kind, published, to, &addresses(0, 60));
                folder.import("list.toml", &list, Options::default())
            };
            import("2025-11-01", None).unwrap();
            let held = refusal(import("2025-11-10", Some(to))).to_string();
            assert!(held.contains("would end 60 of 60 addresses"), "{kind} {to}: {held}");
            // On the same day too.
            assert!(matches!(refusal(import("2025-11-01", Some(to))), IntakeError::Held(_)), "{kind} {to}");
        }
    }
    // What said so from the beginning may go on saying it, or for longer, and takes off whom it leaves out.
    let folder = Folder::new();
    let import = |published: &str, to: Option<&str>, count: usize| {
        let list = advisory("a-list", "sanctions", published, to, &addresses(0, count));
        folder.import("list.toml", &list, Options::default())
    };
    import("2025-11-01", Some("2030-01-01"), 60).unwrap();
    import("2025-11-10", Some("2030-01-01"), 60).unwrap();
    import("2025-11-11", Some("2031-01-01"), 60).unwrap();
    for to in [Some("2031-01-01"), None] {
        let held = refusal(import("2025-11-20", to, 30)).to_string();
        assert!(held.contains("would end 30 of 60 addresses"), "{held}");
    }
    assert!(matches!(refusal(import("2025-11-20", Some("2026-01-01"), 60)), IntakeError::Held(_)), "sooner");
}

#[test]
fn an_extract_that_says_until_when_ends_no_earlier_one() {
    let folder = Folder::new();
    folder.first("2026-10-01", &addresses(0, 40));
    let more = addresses(100, 160);
    let (first, second) = (("2026-11-01", None), ("2026-11-10", Some("2026-11-12")));
    for (published, to) in [first, second] {
        let list = advisory("ofac-sdn", "sanctions", published, to, &more);
        folder.import("more.toml", &list, Options::default()).unwrap();
    }
    let standing = folder.sanctioned("2026-11-20");
    assert_eq!(more.iter().filter(|address| standing.contains(*address)).count(), 60);
    // In whatever order they come.
    let folder = Folder::new();
    folder.first("2025-10-01", &addresses(0, 40));
    for (published, to) in [second, first] {
        let list = advisory("ofac-sdn", "sanctions", published, to, &more);
        folder.import("more.toml", &list, Options::default()).unwrap();
    }
    let standing = folder.sanctioned("2026-11-20");
    assert_eq!(more.iter().filter(|address| standing.contains(*address)).count(), 60);
}

#[test]
fn while_a_version_waits_nothing_vouches_for_its_day_and_no_word_does() {
    let folder = Folder::new();
    folder.first("2026-10-01", &addresses(0, 400));
    let ofac = SourceId("ofac-sdn".to_owned());
    let checked = || {
        folder.folder.record_check(&ofac, now(), &CheckOutcome::Current).unwrap();
        let index = folder.folder.index(now()).unwrap();
        index.source("ofac-sdn").unwrap().vouched_until(now()).unwrap()
    };
    assert_eq!(checked(), now());
    assert!(matches!(refusal(folder.list("2026-11-20", &addresses(100, 400))), IntakeError::Held(_)));
    assert_eq!(checked().to_string(), "2026-11-19T23:59:59Z", "a newer version is known and not here");
    let word = folder.folder.record_word(&ofac, day("2026-10-01"), now(), now()).unwrap_err().to_string();
    assert!(word.contains("the version of 2026-11-20 waits for an answer"), "{word}");
    folder.folder.reject(&ofac, now()).unwrap();
    // One from before what is in force would change nothing of today.
    assert!(matches!(refusal(folder.list("2026-09-20", &addresses(300, 400))), IntakeError::Held(_)));
    folder.folder.record_word(&ofac, day("2026-10-01"), now(), now()).unwrap();
    assert_eq!(checked(), now(), "a person has decided against it");
}

#[test]
fn a_word_that_a_list_was_the_newest_ends_where_a_newer_one_begins() {
    let folder = Folder::new();
    folder.first("2026-10-01", &addresses(0, 400));
    let ofac = SourceId("ofac-sdn".to_owned());
    folder.folder.record_word(&ofac, day("2026-10-01"), now(), now()).unwrap();
    let known = |as_of: jiff::Timestamp| {
        let index = folder.folder.index(now()).unwrap();
        index.source("ofac-sdn").unwrap().vouched_until(as_of).unwrap()
    };
    assert_eq!(known(now()), now());
    folder.list("2026-11-10", &addresses(0, 401)).unwrap();
    assert_eq!(known(now()).to_string(), "2026-11-10T23:59:59Z", "the newer one speaks for its own day");
    let before = "2026-11-09T12:00:00Z".parse().unwrap();
    assert_eq!(known(before), before);
    folder.folder.record_word(&ofac, day("2026-11-10"), now(), now()).unwrap();
    assert_eq!(known(now()), now());
}

#[test]
fn versions_that_are_taken_back_took_nobody_off() {
    let folder = Folder::new();
    folder.first("2026-10-01", &addresses(0, 400));
    folder.list("2026-10-02", &addresses(15, 400)).unwrap();
    folder.folder.revert(&SourceId("ofac-sdn".to_owned()), day("2026-10-01"), now()).unwrap();
    folder.list("2026-10-03", &addresses(18, 400)).unwrap();
}

#[test]
fn the_true_history_of_ofac_stops_once() {
    let Some(changes) = shared_data("facts/ofac_crypto_changes_2022-09_2025-11.csv") else { return };
    let mut by_day: BTreeMap<String, Vec<(bool, String)>> = BTreeMap::new();
    for line in fs::read_to_string(changes).unwrap().lines().skip(1) {
        let [day, change, _, address, ..] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
        by_day.entry(day.to_owned()).or_default().push((change == "ADD", address.to_owned()));
    }
    assert_eq!(by_day.len(), 48);
    let mut listed: BTreeSet<String> = BTreeSet::new();
    let (mut losses, mut stopped) = (Vec::new(), Vec::new());
    for (on, changes) in by_day {
        let before = listed.clone();
        for (_, address) in changes.iter().filter(|(added, _)| !added) {
            listed.remove(address);
        }
        listed.extend(changes.into_iter().filter(|(added, _)| *added).map(|(_, address)| address));
        let list = sdn(&on, &listed.iter().cloned().collect::<Vec<_>>());
        let snapshot = text("sdn_advanced.xml", &list).unwrap();
        let named = Named::of(&snapshot);
        let gone = before.difference(&listed).map(|address| Gone {
            is_party: false,
            key: Subject::of_text(address).key(),
            name: address.clone(),
        });
        let gone: Vec<Gone> = gone.collect();
        let compared =
            Compared { before: [before.len() as u64, 0], ended: [gone.len() as u64, 0], gone: gone.clone() };
        let on = day(&on);
        let since = on.saturating_sub(jiff::Span::new().days(LOSSES_COUNT_FOR_DAYS));
        losses.retain(|(day, _): &(jiff::civil::Date, Gone)| *day > since);
        match shrinks(&compared, &losses, &named) {
            Some(shrink) => {
                stopped.push((on, shrink.ended, shrink.total));
                losses.clear();
            }
            None => losses.extend(gone.into_iter().map(|gone| (on, gone))),
        }
    }
    // 714 with the assets under which some stand twice.
    assert_eq!(stopped, [(day("2025-03-21"), 90, 701)]);
}

#[test]
fn what_a_person_took_out_is_what_the_next_import_is_measured_against() {
    let folder = Folder::new();
    folder.first("2026-10-01", &addresses(0, 100));
    let id = SourceId("ofac-sdn".to_owned());
    let later = now() + jiff::SignedDuration::from_secs(1);
    folder.folder.remove(&id, later).unwrap();
    for day in ["2026-10-02", "2026-09-01"] {
        let held = refusal(folder.list(day, &addresses(50, 100))).to_string();
        assert!(held.contains("would end 100 of 200 addresses and parties"), "{held}");
    }
    assert_eq!(folder.folder.reject(&id, now()).unwrap(), 2);
    let again = refusal(folder.list("2026-10-02", &addresses(50, 100)));
    assert!(matches!(again, IntakeError::Rejected { .. }), "{again}");
}

#[test]
fn a_fragment_is_no_first_version_of_an_official_list() {
    let folder = Folder::new();
    // Everybody who is known to have an address, and nobody else.
    let index = folder.folder.index(now()).unwrap();
    let known = index.claims().filter(|claim| {
        claim.source() == "ofac-sdn" && claim.holds_on(day("2026-10-01")) && claim.party_id().is_some()
    });
    let parties: Vec<String> = known
        .map(|claim| {
            let list = sdn("2026-10-01", &[written(&claim.subject())]);
            let from = list.find("<DistinctParty ").unwrap();
            let party = &list[from..list.find("</DistinctParties>").unwrap()];
            party.replace("Profile ID=\"1\"", &format!("Profile ID=\"{}\"", claim.party_id().unwrap()))
        })
        .collect();
    assert!(parties.len() > 745);
    let first = parties[0].split("Profile ID=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let list = sdn("2026-10-01", &[])
        .replace("ProfileID=\"1\"", &format!("ProfileID=\"{first}\""))
        .replace("</DistinctParties>", &format!("{}</DistinctParties>", parties.concat()));
    let few = refusal(folder.import("sdn_advanced.xml", &list, Options::default())).to_string();
    assert!(few.contains(" parties") && few.contains("6000") && few.contains("--accept-shrink"), "{few}");
    for (name, list) in [
        (
            "un.xml",
            "<CONSOLIDATED_LIST dateGenerated=\"2026-10-01\"><INDIVIDUALS><INDIVIDUAL><FIRST_NAME>A</FIRST_NAME>\
             <REFERENCE_NUMBER>X.1</REFERENCE_NUMBER></INDIVIDUAL></INDIVIDUALS></CONSOLIDATED_LIST>",
        ),
        (
            "uk.csv",
            "Report Date: 01-Oct-2026\nLast Updated,Unique ID,Name 6,Name 1\n01/10/2026,RUS0001,A,B\n",
        ),
        ("ofsi.csv", "Last Updated,01/10/2026\nName 6,Name 1,Group ID,Group Type\nA,B,1,Individual\n"),
        (
            "eu.xml",
            "<export generationDate=\"2026-10-01\"><sanctionEntity euReferenceNumber=\"EU.1\">\
             <nameAlias wholeName=\"A\"/></sanctionEntity></export>",
        ),
    ] {
        let few = folder.import(name, list, Options::default()).expect_err(name).to_string();
        assert!(few.contains("has 1 parties"), "{name}: {few}");
    }
    // A person may know better; what comes then is measured against that.
    folder.first("2026-10-01", &addresses(0, 79));
    folder.list("2026-10-02", &addresses(0, 80)).unwrap();
}

fn table(rows: &[String]) -> String {
    let rows: Vec<String> = rows.iter().map(|address| format!("{address},Gang {address},theft\n")).collect();
    format!("address,label,category\n{}", rows.concat())
}

#[test]
fn lists_of_law_enforcement_wait_for_a_person_too_and_ones_own_say_who_goes() {
    let folder = Folder::new();
    let police = |day| {
        let options = under("police", day);
        let kind = Some(SourceKind::LawEnforcement);
        Options {
            source: tracehound_attribution::import::SourceOptions { kind, ..options.source },
            ..options
        }
    };
    folder.import("p.csv", &table(&addresses(0, 40)), police("2026-10-01")).unwrap();
    // The kind cannot be left out to get around it.
    let held = refusal(folder.import("p.csv", &table(&addresses(20, 40)), under("police", "2026-10-02")));
    assert!(held.to_string().contains("would end 20 of 40 addresses"), "{held}");

    folder.import("own.csv", &table(&addresses(0, 40)), under("own-x", "2026-10-01")).unwrap();
    let done = folder.import("own.csv", &table(&addresses(20, 40)), under("own-x", "2026-10-02")).unwrap();
    let note = done.notes.join("\n");
    assert!(note.contains("names no more 20 of 40 addresses of the version of 2026-10-01"), "{note}");
    assert!(note.contains("Gang 0x") && note.contains("and 10 more"), "{note}");
}

#[test]
fn parties_are_counted_as_claims_are() {
    let folder = Folder::new();
    folder.first("2026-10-01", &addresses(0, 100));
    let list = sdn("2026-10-02", &addresses(0, 98)).replace("PARTY 7<", "PARTY SEVEN<");
    let report = folder.import("sdn_advanced.xml", &list, Options::default()).unwrap().report;
    assert_eq!(
        (report.parties, report.parties_added, report.parties_ended, report.parties_changed),
        (98, 0, 2, 1)
    );
}

#[test]
fn parties_that_lose_their_names_wait_for_a_person_as_if_they_went() {
    let folder = Folder::new();
    folder.first("2026-10-01", &addresses(0, 100));
    let renamed = |count: usize, day: &str| {
        let names = (1..=count).fold(sdn(day, &addresses(0, 100)), |list, number| {
            list.replace(&format!("PARTY {number}<"), &format!("SOMEBODY ELSE {number}<"))
        });
        folder.import("sdn_advanced.xml", &names, Options::default())
    };
    let IntakeError::Held(held) = refusal(renamed(10, "2026-10-02")) else { panic!("nobody was asked") };
    assert_eq!((held.shrink.ended, held.shrink.total), (10, 100), "{held:?}");
    assert!(
        held.shrink.what.contains("names") && held.shrink.names.contains(&"PARTY 7".to_owned()),
        "{held:?}"
    );
    renamed(9, "2026-10-03").unwrap();
    // The same names in other words and letters are the same to a search.
    let other = sdn("2026-10-04", &addresses(0, 100)).replace(">PARTY ", ">Party, ");
    let spelled = (1..=9).fold(other, |list, number| {
        list.replace(&format!("Party, {number}<"), &format!("Somebody Else {number}<"))
    });
    folder.import("sdn_advanced.xml", &spelled, Options::default()).unwrap();
}

#[test]
fn parties_of_a_list_of_ones_own_that_lose_their_names_wait_too() {
    let folder = Folder::new();
    let list = |published: &str, name: &str| {
        let parties: Vec<String> = (0..40)
            .map(|number| {
                format!(
                    "[[party]]\nid = \"p{number}\"\nkind = \"individual\"\nnames = [\"{name} {number}\"]\n"
                )
            })
            .collect();
        format!(
            "[source]\nid = \"own-x\"\nkind = \"sanctions\"\ntitle = \"t\"\npublisher = \"p\"\npublished = {published}\n{}",
            parties.concat()
        )
    };
    folder.import("x.toml", &list("2026-10-01", "Ivan Petrov"), Options::default()).unwrap();
    let held = refusal(folder.import("x.toml", &list("2026-10-02", "John Smith"), Options::default()));
    assert!(held.to_string().contains("40 of 40 parties' names"), "{held}");
    // One of two names is a name too.
    let both = list("2026-10-03", "Ivan Petrov").replace("names = [", "names = [\"Alias One\", ");
    folder.import("x.toml", &both, Options::default()).unwrap();
    let held = refusal(folder.import("x.toml", &list("2026-10-04", "Ivan Petrov"), Options::default()));
    assert!(held.to_string().contains("40 of 40 parties' names"), "{held}");
}

/// A list of one's own of 40 parties; the first `changed` of them have these lines, `N` their number, the others two names.
fn forty(published: &str, changed: usize, lines: &str) -> String {
    let parties: Vec<String> = (0..40)
        .map(|number| {
            let two = "names = [\"Ivan PetrovN\", \"Semyon KuznetsovN\"]";
            let lines = if number < changed { lines } else { two };
            // Numbers in letters, so that no name is like another.
            let word =
                char::from(b'a' + u8::try_from(number % 20).unwrap()).to_string().repeat(3 + number / 20);
            format!("[[party]]\nid = \"p{number}\"\nkind = \"individual\"\n{}\n", lines.replace('N', &word))
        })
        .collect();
    format!(
        "[source]\nid = \"own-x\"\nkind = \"sanctions\"\ntitle = \"t\"\npublisher = \"p\"\npublished = {published}\n{}",
        parties.concat()
    )
}

#[test]
fn a_good_name_that_becomes_a_weak_one_is_lost() {
    let folder = Folder::new();
    let import = |list: &str| folder.import("x.toml", list, Options::default());
    import(&forty("2026-10-01", 0, "")).unwrap();
    for weak in [
        "names = [\"Somebody Else\"]\nweak_names = [\"Ivan PetrovN\", \"Semyon KuznetsovN\"]",
        "names = [\"Ivan PetrovN\"]\nweak_names = [\"Semyon KuznetsovN\"]",
        "names = [\"Ivan PetrovN\"]\nweak_names = [\"Semyon KuznetsovN; Somebody Else\"]",
    ] {
        let held = refusal(import(&forty("2026-10-02", 12, weak))).to_string();
        assert!(held.contains("would end 12 of 40 parties' names"), "{weak}: {held}");
        folder.folder.reject(&SourceId("own-x".to_owned()), now()).unwrap();
    }
    // A weak one may become a good one, and stay what it is.
    let weak = "names = [\"Ivan PetrovN\", \"Semyon KuznetsovN\"]\nweak_names = [\"Kuznets\"]";
    import(&forty("2026-10-03", 12, weak)).unwrap();
    import(&forty("2026-10-04", 12, weak)).unwrap();
    let good = "names = [\"Ivan PetrovN\", \"Semyon KuznetsovN\", \"Kuznets\"]";
    import(&forty("2026-10-05", 12, good)).unwrap();
}

#[test]
fn the_low_quality_of_all_names_of_a_published_list_waits_for_a_person() {
    let folder = Folder::new();
    folder.first("2026-10-01", &addresses(0, 100));
    let low = sdn("2026-10-02", &addresses(0, 100)).replace("LowQuality=\"false\"", "LowQuality=\"true\"");
    let held = refusal(folder.import("sdn_advanced.xml", &low, Options::default())).to_string();
    assert!(held.contains("would end 100 of 100 parties' names"), "{held}");
}

#[test]
fn names_that_share_a_field_are_the_names_that_they_were() {
    let folder = Folder::new();
    let import = |list: &str| folder.import("x.toml", list, Options::default());
    import(&forty("2026-10-01", 0, "")).unwrap();
    import(&forty("2026-10-02", 12, "names = [\"Ivan PetrovN; Semyon KuznetsovN\"]")).unwrap();
    import(&forty("2026-10-03", 40, "names = [\"Ivan PetrovN a.k.a. Semyon KuznetsovN\"]")).unwrap();
    import(&forty("2026-10-04", 0, "")).unwrap();
    // One of them, or both as one name, is not both.
    for less in ["names = [\"Ivan PetrovN; Ivan Petrov\"]", "names = [\"Ivan PetrovN Semyon KuznetsovN\"]"] {
        let held = refusal(import(&forty("2026-10-05", 12, less))).to_string();
        assert!(held.contains("would end 12 of 40 parties' names"), "{less}: {held}");
        folder.folder.reject(&SourceId("own-x".to_owned()), now()).unwrap();
    }
}

#[test]
fn names_in_other_scripts_that_a_form_lacks_are_said_to_be_that() {
    let folder = Folder::new();
    let import = |list: &str| folder.import("x.toml", list, Options::default());
    let both = "names = [\"Ivan PetrovN\", \"Иван Петров\"]";
    import(&forty("2026-10-01", 12, both)).unwrap();
    let held = refusal(import(&forty("2026-10-02", 12, "names = [\"Ivan PetrovN\"]"))).to_string();
    assert!(held.contains("12 of them lose names in other scripts than Latin alone"), "{held}");
}

#[test]
fn an_extract_imported_again_later_leaves_what_the_first_one_said() {
    let folder = Folder::new();
    folder.first("2026-10-01", &addresses(0, 40));
    let one = addresses(100, 101);
    let text = format!("address,label\n{},x\n", one[0]);
    folder.import("x.csv", &text, under("ofac-sdn", "2026-10-10")).unwrap();
    folder.list("2026-10-20", &addresses(0, 41)).unwrap();
    let done = folder.import("x.csv", &text, under("ofac-sdn", "2026-11-12")).unwrap();
    assert_eq!(done.report.published, day("2026-11-12"));
    let lists = |on| folder.sanctioned(on).contains(&one[0]);
    let on =
        ["2026-10-09", "2026-10-10", "2026-10-19", "2026-10-20", "2026-11-11", "2026-11-12", "2026-11-28"];
    assert_eq!(on.map(lists), [false, true, true, false, false, true, true]);
    // An older one comes last and says that the list of 10-20 ended it.
    let two = addresses(101, 102);
    let text = format!("address,label\n{},y\n", two[0]);
    let done = folder.import("y.csv", &text, under("ofac-sdn", "2026-10-05")).unwrap();
    assert_eq!(done.report.published, day("2026-10-05"));
    assert!(
        done.notes.iter().any(|note| note.contains("`ofac-sdn` of 2026-10-20 is here")),
        "{:?}",
        done.notes
    );
    assert_eq!(on.map(lists), [false, true, true, false, false, true, true], "the others are as they were");
    let lists = |on| folder.sanctioned(on).contains(&two[0]);
    assert_eq!(["2026-10-05", "2026-10-19", "2026-10-20"].map(lists), [true, true, false]);
    // Once the list's newer version is taken back, both hold again.
    folder.folder.revert(&SourceId("ofac-sdn".to_owned()), day("2026-10-01"), now()).unwrap();
    assert_eq!(["2026-10-05", "2026-10-20", "2026-11-28"].map(lists), [true, true, true]);
}

#[test]
fn the_same_bytes_with_other_flags_are_another_version() {
    let folder = Folder::new();
    let text = format!("address,label\n{},Quux\n", addresses(0, 1)[0]);
    let plain = || under("own-x", "2026-10-01");
    folder.import("x.csv", &text, plain()).unwrap();
    assert!(folder.import("x.csv", &text, plain()).unwrap().report.already_imported);
    let defaults = Defaults { category: Some(Category::Ransomware), confidence: Some(Confidence(70)) };
    let flagged = || Options { defaults, ..plain() };
    assert!(!folder.import("x.csv", &text, flagged()).unwrap().report.already_imported);
    let claims = || {
        let index = folder.folder.index(now()).unwrap();
        let own =
            index.claims().filter(|claim| claim.source() == "own-x" && claim.holds_on(day("2026-11-28")));
        own.map(|claim| claim.category()).collect::<Vec<_>>()
    };
    assert_eq!(claims(), [Category::Ransomware]);
    assert!(folder.import("x.csv", &text, flagged()).unwrap().report.already_imported);
    let mut as_labels = plain();
    as_labels.source.kind = Some(SourceKind::Labels);
    folder.import("x.csv", &text, as_labels).unwrap();
    let sources = folder.folder.sources(now()).unwrap();
    let own = sources.iter().find(|history| history.source.id.0 == "own-x").unwrap();
    assert_eq!(own.source.kind, SourceKind::Labels);
}

fn in_csv(addresses: &[String], category: &str) -> String {
    let rows = addresses.iter().map(|address| format!("{address},Quux,{category}\n"));
    std::iter::once("address,label,category\n".to_owned()).chain(rows).collect()
}

fn of_kind(kind: SourceKind, source: &str, published: &str) -> Options {
    let mut options = under(source, published);
    options.source.kind = Some(kind);
    options
}

#[test]
fn milder_words_for_many_wait_for_a_person_as_if_they_went() {
    for (kind, heavy, mild) in [
        (SourceKind::LawEnforcement, "ransomware", "exchange"),
        (SourceKind::LawEnforcement, "ransomware", "donation"),
        (SourceKind::LawEnforcement, "scam", ""),
        (SourceKind::LawEnforcement, "sanction", "seized"),
        (SourceKind::LawEnforcement, "sanction", "issuer_blacklist"),
    ] {
        let folder = Folder::new();
        let list = |category: &str| in_csv(&addresses(0, 100), category);
        folder.import("v.csv", &list(heavy), of_kind(kind, "acme-x", "2026-10-01")).unwrap();
        for published in ["2026-10-01", "2026-10-02"] {
            let held = refusal(folder.import("v.csv", &list(mild), of_kind(kind, "acme-x", published)));
            assert!(held.to_string().contains("100 of 100 addresses, by milder words for them"), "{held}");
        }
        // Of a few nobody is asked, as where a few go.
        let few = format!("{}{}", in_csv(&addresses(5, 100), heavy), &in_csv(&addresses(0, 5), mild)[23..]);
        folder.import("v.csv", &few, of_kind(kind, "acme-x", "2026-10-03")).unwrap();
        folder.import("v.csv", &list(mild), accepting(of_kind(kind, "acme-x", "2026-10-04"))).unwrap();
    }
}

#[test]
fn whom_a_sanctions_list_names_is_under_sanctions_whatever_a_column_calls_him() {
    let folder = Folder::new();
    let listed = addresses(0, 3);
    for (published, word) in [("2026-10-01", "exchange"), ("2026-10-02", ""), ("2026-10-03", "user")] {
        let list = in_csv(&listed, word);
        folder.import("v.csv", &list, of_kind(SourceKind::Sanctions, "acme-x", published)).unwrap();
        let index = folder.folder.index(now()).unwrap();
        let on_it =
            index.claims().filter(|claim| claim.source() == "acme-x" && claim.holds_on(day(published)));
        let categories: Vec<Category> = on_it.map(|claim| claim.category()).collect();
        assert_eq!(categories, [Category::Sanction; 3], "{word}");
    }
}

#[test]
fn a_source_keeps_the_weightiest_kind_that_it_came_as() {
    let folder = Folder::new();
    let kind = |id: &str| {
        let sources = folder.folder.sources(now()).unwrap();
        sources.iter().find(|history| history.source.id.0 == id).unwrap().source.kind
    };
    let list = in_csv(&addresses(0, 100), "scam");
    folder.import("v.csv", &list, of_kind(SourceKind::LawEnforcement, "police-x", "2026-10-01")).unwrap();
    let more = in_csv(&addresses(0, 101), "scam");
    let done = folder.import("v.csv", &more, under("police-x", "2026-10-02")).unwrap();
    assert!(done.notes.iter().any(|note| note.contains("stays what it came as, `law_enforcement`")));
    assert_eq!(kind("police-x"), SourceKind::LawEnforcement);
    // An extract of what is shipped, too.
    let one = in_csv(&addresses(200, 201), "scam");
    folder.import("x.csv", &one, of_kind(SourceKind::LawEnforcement, "fbi-notices", "2026-10-03")).unwrap();
    let two = in_csv(&addresses(201, 202), "scam");
    folder.import("y.csv", &two, under("fbi-notices", "2026-10-04")).unwrap();
    assert_eq!(kind("fbi-notices-extract"), SourceKind::LawEnforcement);
}

/// What is said under an authority's id is that authority's word, whatever a column calls it.
#[test]
fn an_extract_of_an_authority_weighs_as_much_as_the_authority() {
    let folder = Folder::new();
    for (id, given, kind) in [
        ("fbi-notices", None, SourceKind::LawEnforcement),
        ("treasury-notices", None, SourceKind::LawEnforcement),
        ("msmt-reports", None, SourceKind::LawEnforcement),
        ("fbi-notices", Some(SourceKind::Sanctions), SourceKind::Sanctions),
    ] {
        let listed = &addresses(0, 1)[0];
        let csv = format!("address,category\n{listed},exchange\n");
        let mut options = under(id, "2026-10-01");
        options.source.kind = given;
        folder.import("le.csv", &csv, options).unwrap();
        let index = folder.folder.index(now()).unwrap();
        let extract = format!("{id}-extract");
        let history = index.sources().iter().find(|history| history.source.id.0 == extract).expect("there");
        assert_eq!(history.source.kind, kind, "{id}");
        let mut said = index.claims().filter(|claim| claim.source() == extract && claim.valid_to().is_none());
        let expected = if kind == SourceKind::Sanctions { Category::Sanction } else { Category::Exchange };
        assert!(said.any(|claim| claim.category() == expected), "{id}");
    }
}
