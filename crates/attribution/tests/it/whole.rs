//! A file that holds less than it says it has is not the list: nobody may be cleared by it, and nobody ended.

use std::fmt::Write as _;

use tracehound_attribution::import::{Options, SourceOptions};
use tracehound_model::SourceId;

use crate::{
    intake::{Folder, now},
    support::text,
};

/// SDN.XML with so many parties, of as many as it says.
fn sdn_xml(parties: usize, stated: &str) -> String {
    let mut list = format!(
        "<sdnList><publshInformation><Publish_Date>11/20/2026</Publish_Date>{stated}</publshInformation>"
    );
    for uid in 1..=parties {
        let _ = write!(
            list,
            "<sdnEntry><uid>{uid}</uid><lastName>PARTY NUMBER {uid}</lastName><sdnType>Entity</sdnType><programList>\
             <program>SDGT</program></programList></sdnEntry>"
        );
    }
    list + "</sdnList>"
}

#[test]
fn a_list_with_fewer_parties_than_it_says_is_no_version_of_it() {
    let stated = |count: &str| format!("<Record_Count>{count}</Record_Count>");
    for (there, stated, is_whole) in [
        (6_400, stated("18367"), false),
        (6_400, stated("6401"), false),
        (6_400, stated("many"), false),
        (6_400, stated("6400"), true),
        (6_400, stated("6399"), true),
        (6_400, String::new(), true),
    ] {
        let list = text("SDN.XML", &sdn_xml(there, &stated)).expect("a list");
        assert_eq!(list.partial.is_none(), is_whole, "{stated}");
        let is_named = list.warnings.iter().any(|warning| warning.message.contains("and 6400 are there"));
        assert_eq!(is_named, !stated.is_empty() && stated != "<Record_Count>6400</Record_Count>", "{stated}");
    }
    // Cut, it adds what it says, and the list is no younger and no less for it.
    let folder = Folder::new();
    let options = || Options { accept_shrink: true, ..Options::default() };
    let cut = folder.import("SDN.XML", &sdn_xml(6_400, &stated("18367")), options()).expect("an extract");
    assert_eq!(cut.report.source.0, "ofac-sdn-extract");
    let index = folder.folder.index(now()).expect("an index");
    let newest = |index: &tracehound_attribution::index::Index| {
        index.source("ofac-sdn").and_then(|history| history.snapshots.last().copied())
    };
    assert_ne!(newest(&index).map(|day| day.to_string()).as_deref(), Some("2026-11-20"));
    let whole = folder.import("SDN.XML", &sdn_xml(6_400, &stated("6400")), options()).expect("the list");
    assert_eq!(whole.report.source.0, "ofac-sdn");
}

#[test]
fn entries_of_parties_that_are_not_there_show_that_the_list_is_cut() {
    let list = crate::intake::sdn("2026-11-20", &crate::intake::addresses(0, 2));
    let entries = "<SanctionsEntries><SanctionsEntry ID=\"1\" ProfileID=\"1\"></SanctionsEntry>";
    assert!(text("sdn_advanced.xml", &list).expect("a list").partial.is_none());
    let cut = list
        .replace(entries, &format!("{entries}<SanctionsEntry ID=\"2\" ProfileID=\"977\"></SanctionsEntry>"));
    let cut = text("sdn_advanced.xml", &cut).expect("a list");
    assert_eq!(cut.partial.as_deref(), Some("1 of its 2 entries are of parties that are not there"));
}

#[test]
fn a_page_of_an_answer_is_no_list() {
    let record = r#"{"source":"X (SDN)","entity_number":"1","name":"A","source_list_url":"u"}"#;
    let csl = |head: &str| text("csl.json", &format!("{{{head}\"results\":[{record}]}}"));
    for head in ["", "\"total\":1,", "\"total\":0,"] {
        assert_eq!(csl(head).expect("a list").parties.len(), 1, "{head}");
    }
    for odd in ["\"total\":\"5000\",", "\"total\":\"many\",", "\"total\":-1,", "\"total\":[5000],"] {
        let error = csl(odd).expect_err(odd).to_string();
        assert!(error.contains("fetch the whole list"), "{odd}: {error}");
    }
    let error = csl("\"total\":5000,\"offset\":0,").expect_err("a page").to_string();
    assert!(error.contains("it has 5000 records, and 1 are there"), "{error}");

    let own = |rest: &str| {
        let list = format!("{{\"data\":[{{\"address\":\"1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi\"}}]{rest}}}");
        let id = Some(SourceId("own-list".to_owned()));
        let options =
            Options { source: SourceOptions { id, ..SourceOptions::default() }, ..Options::default() };
        let options = Options { file_name: "own.json".to_owned(), ..options };
        tracehound_attribution::import::read(&mut list.as_bytes(), &options).map(|read| read.snapshot)
    };
    for rest in [
        "",
        ",\"total\":1",
        ",\"count\":\"1\"",
        ",\"next\":null",
        ",\"has_more\":false",
        ",\"next_page\":\"\"",
        ",\"version\":7",
        ",\"meta\":{\"page\":3,\"total\":1}",
        ",\"page\":1,\"total_pages\":1",
        ",\"offset\":0,\"limit\":100,\"size\":1",
        ",\"LastEvaluatedKey\":{},\"paging\":{\"cursors\":{}}",
    ] {
        assert_eq!(own(rest).expect("a list").claims.len(), 1, "{rest}");
    }
    for (rest, word) in [
        (",\"total\":2", "that it has 2 entries, and 1 are there"),
        (",\"totalCount\":\"40\"", "that it has 40 entries"),
        (",\"meta\":{\"total\":9000}", "that it has 9000 entries"),
        (",\"next\":\"https://lists.example.org/?page=2\"", "`next` that more follows"),
        (",\"pagination\":{\"hasMore\":true}", "`hasMore` that more follows"),
        // As services and their frameworks say it.
        (",\"page\":1,\"total_pages\":3", "`total_pages` that it is one of 3 pages"),
        (",\"current_page\":1,\"last_page\":3", "`last_page` that it is one of 3 pages"),
        (",\"meta\":{\"pagination\":{\"page\":1,\"pages\":3}}", "`pages` that it is one of 3 pages"),
        (",\"paging\":{\"cursors\":{\"after\":\"abc\"}}", "`after` that more follows"),
        (",\"offset\":0,\"limit\":1,\"size\":3", "`size` that it has 3 entries"),
        (",\"offset\":100", "`offset` that others come before it"),
        (",\"@odata.nextLink\":\"https://x\"", "`@odata.nextLink` that more follows"),
        (",\"continuation\":\"abc\"", "that more follows"),
        (",\"LastEvaluatedKey\":{\"a\":\"b\"}", "that more follows"),
        (",\"incomplete_results\":true", "that more follows"),
        (",\"rows\":3", "`rows` that it has 3 entries"),
        (",\"isLast\":false", "`isLast` that more follows"),
        (",\"fullCount\":2", "`fullCount` that it has 2 entries"),
        (",\"page\":\"1 of 2\"", "`page` that it is one of 2 pages"),
        (",\"remaining\":1", "`remaining` that some are left"),
        (",\"status\":\"error\",\"message\":\"rate limit\"", "is not all"),
        (",\"warning\":\"result truncated to 1 rows\"", "`warning` that it is not all"),
    ] {
        let error = own(rest).expect_err(rest).to_string();
        assert!(error.contains(word), "{rest}: {error}");
    }
}

/// Whatever its list is called, and wherever the word about it stands.
#[test]
fn a_part_of_a_list_is_refused_in_every_form_that_says_so() {
    const A: &str = "1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi";
    let entry = format!("{{\"address\":\"{A}\",\"label\":\"Q\",\"category\":\"ransomware\"}}");
    for (file, list, word) in [
        (
            "a.json",
            format!("{{\"content\":[{entry}],\"last\":false,\"totalPages\":2}}"),
            "`last` that more follows",
        ),
        ("a.json", format!("{{\"values\":[{entry}],\"isLast\":false}}"), "`isLast` that more follows"),
        ("a.json", format!("{{\"records\":[{entry}],\"done\":false}}"), "`done` that more follows"),
        ("a.json", format!("[{entry},{{\"next\":\"abc\"}}]"), "`next` that more follows"),
        ("a.jsonl", format!("{entry}\n{{\"next\":\"abc\"}}\n"), "`next` that more follows"),
        ("a.jsonl", format!("{{\"count\":2}}\n{entry}\n"), "`count` that it has 2 entries, and 1 are there"),
        (
            "a.csv",
            format!("address,label\n{A},Q\n(2 rows)\n"),
            "line 3 says that it has 2 rows, and 1 are there",
        ),
        ("a.csv", format!("address,label\n{A},Q\n... 1 more rows\n"), "line 3 says that rows are left out"),
        ("a.csv", format!("address,label\n{A},Q\n-- Output truncated at 1 rows --\n"), "rows are left out"),
        (
            "a.csv",
            format!("Scams, page 1 of 3\naddress,label\n{A},Q\n"),
            "line 1 says that it is one of several",
        ),
    ] {
        let error = text(file, &list).expect_err(&list).to_string();
        assert!(error.contains(word), "{list}: {error}");
    }
    for (file, list) in [
        ("a.json", format!("{{\"content\":[{entry}],\"last\":true,\"totalPages\":1,\"size\":20}}")),
        ("a.jsonl", format!("{entry}\n{{\"count\":1}}\n")),
        ("a.csv", format!("address,label\n{A},Q\n(1 rows)\n")),
        ("a.csv", format!("Scams, page 1 of 1\naddress,label\n{A},Q\n")),
    ] {
        assert_eq!(text(file, &list).expect("a list").claims.len(), 1, "{list}");
    }
}

/// What the trade office writes under `ids` differs from copy to copy; an address in it is read, or the row says that it is not.
#[test]
fn addresses_are_read_in_whatever_form_the_ids_of_a_record_have() {
    const A: &str = "1CshAgqoUYfo8VuKroUayw2eYFSP6XFCxi";
    let csl = |more: &str| {
        let list = format!(
            "[{{\"source\":\"X (SDN)\",\"entity_number\":\"1\",\"name\":\"A\",\"source_list_url\":\"u\",{more}}}]"
        );
        text("csl.json", &list).expect("a list")
    };
    for more in [
        format!("\"ids\":[{{\"type\":\"Digital Currency Address - XBT\",\"number\":\"{A}\"}}]"),
        format!("\"ids\":[{{\"type\":\"Digital Currency Address - XBT\",\"value\":\"{A}\"}}]"),
        format!("\"ids\":{{\"type\":\"Digital Currency Address\",\"number\":\"XBT {A}\"}}"),
        format!("\"ids\":\"Passport, 1, Iran; Digital Currency Address - XBT, {A}\""),
        format!("\"ids\":[\"Passport, 1, Iran\",\"Digital Currency Address - XBT, {A}\"]"),
        format!("\"remarks\":\"DOB 1970; Digital Currency Address - XBT {A};\""),
    ] {
        let list = csl(&more);
        assert_eq!((list.claims.len(), list.account.left_out), (1, 0), "{more}: {:?}", list.warnings);
        assert_eq!(list.claims.get(0).expect("one").statement.asset.as_deref(), Some("XBT"), "{more}");
    }
    let unread = csl("\"ids\":[{\"type\":\"Passport\",\"number\":\"1\"}],\"remarks\":\"x\"");
    assert_eq!(unread.unread, ["ids (other than addresses)", "remarks (other than addresses)"]);
    for more in [
        format!("\"ids\":[{{\"type\":\"Passport\",\"number\":\"{A}\"}}]"),
        format!("\"ids\":[\"{A}\"]"),
        format!("\"ids\":[{{\"kind\":\"Digital Currency Address\",\"text\":\"{A}\"}}]"),
    ] {
        let list = csl(&more);
        assert_eq!((list.claims.len(), list.account.left_out), (0, 1), "{more}");
        assert!(list.warnings.iter().any(|warning| warning.message.contains(A)), "{more}");
    }
}
