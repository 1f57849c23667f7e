//! What is a part of a list by its own word: a page of an answer, a search that failed half-way, a table whose last line says
//! that rows are left out. It is no list: whoever is on the rest of it would be taken off.

use serde_json::{Map, Value};

use super::{Format, mapping::normal, text};
use crate::ImportError;

/// Keys under which an answer says how many there are in all, without their separators.
const COUNTS: &[&str] = &[
    "total",
    "count",
    "totalcount",
    "totalrecords",
    "totalresults",
    "totalitems",
    "totalentries",
    "totalelements",
    "totalhits",
    "totalsize",
    "totalrows",
    "totalmatches",
    "totalfound",
    "totalnumber",
    "totalavailable",
    "grandtotal",
    "fullcount",
    "recordcount",
    "resultcount",
    "rowcount",
    "itemcount",
    "entrycount",
    "documentcount",
    "numresults",
    "numrows",
    "numitems",
    "numrecords",
    "numfound",
    "nhits",
    "estimatedtotalhits",
    "numberofresults",
    "numberofrecords",
    "numberofelements",
    "recordstotal",
    "itemstotal",
    "entriestotal",
    "resultstotal",
    "xtotalcount",
    "available",
    "found",
    "rows",
];
/// Keys that say of how many pages this is one.
const PAGES: &[&str] =
    &["pages", "totalpages", "pagecount", "numpages", "numberofpages", "pagestotal", "lastpage", "maxpage"];
/// Keys that say which page this is.
const PAGE: &[&str] = &["page", "currentpage", "pagenumber", "pageno", "pageinfo", "pages"];
/// Keys that say behind how many others this page begins, from 0 on and from 1 on.
const BEGINS: &[&str] = &["offset", "skip"];
const STARTS: &[&str] = &["start", "startat", "startindex", "startrow"];
/// Keys that say which of them these are: `0-49/120`, `1 to 50 of 120`.
const RANGE: &[&str] = &["range", "contentrange", "showing", "shown", "displaying"];
/// Keys that say how many a page holds at most.
const HOLDS: &[&str] = &["limit", "perpage", "pagesize", "maxresults", "pagelimit", "top"];
/// Keys under which it says that there are more.
const MORE: &[&str] = &[
    "next",
    "nextpage",
    "nexturl",
    "nexturi",
    "nexthref",
    "nextlink",
    "nextcursor",
    "nextpagetoken",
    "nexttoken",
    "nextmarker",
    "nextoffset",
    "nextkey",
    "nextstartkey",
    "nextrecordsurl",
    "nextpageuri",
    "nextpageurl",
    "cursor",
    "scrollid",
    "resumptiontoken",
    "pagetoken",
    "paginationtoken",
    "skiptoken",
    "hasmore",
    "hasmoreitems",
    "hasmoreresults",
    "hasnext",
    "hasnextpage",
    "more",
    "moreresults",
    "moreavailable",
    "moredata",
    "truncated",
    "istruncated",
    "incompleteresults",
    "incomplete",
    "isincomplete",
    "partial",
    "ispartial",
    "partialresult",
    "partialresults",
    "limitreached",
    "limitexceeded",
    "limited",
    "timedout",
    "odatanextlink",
    "continuation",
    "continuationtoken",
    "continue",
    "lastevaluatedkey",
];
/// Keys under which it says whether these are all.
const ALL: &[&str] = &[
    "last",
    "islast",
    "islastpage",
    "lastpage",
    "done",
    "complete",
    "iscomplete",
    "completed",
    "finished",
    "final",
    "isfinal",
    "exhaustive",
];
/// Keys under which it says how many are not there.
const LEFT: &[&str] =
    &["remaining", "remainingcount", "remainingitems", "remainingitemcount", "itemsremaining", "omitted"];
/// Keys under which it says whether it is an answer.
const STATUS: &[&str] = &["status", "state"];
const WENT_WELL: &[&str] = &["success", "ok", "successful"];
const ERRORS: &[&str] = &["error", "errors", "exception"];
/// What a status says of an answer that is none, or no whole one.
const FAILED: &[&str] = &[
    "error",
    "err",
    "fail",
    "failed",
    "failure",
    "partial",
    "incomplete",
    "truncated",
    "timeout",
    "timedout",
    "aborted",
    "pending",
    "running",
    "ko",
];
/// Keys with a word to the reader, and what it says where something is missing.
const WORDS: &[&str] = &["warning", "warnings", "message", "messages", "msg", "notice", "notices"];
const MISSING: &[&str] = &[
    "truncat",
    "incomplete",
    "partial",
    "limit reached",
    "limited to",
    "row limit",
    "rate limit",
    "ratelimit",
    "more rows",
    "more results",
    "too many",
    "only the first",
    "timed out",
    "timeout",
];
/// What a table's rows are called in the line below it.
const ROWS: &[&str] =
    &["row", "rows", "record", "records", "result", "results", "entry", "entries", "lines", "items"];
/// How deep an answer hides what it says of its pages.
const DEPTH: usize = 4;

/// A field of an answer: its key, the key without marks and capital letters, and what stands there.
type Said<'a> = (&'a str, String, &'a Value);

/// What an answer says of itself: the fields of objects that are no lists. How much may still be asked is none of the list's.
fn said<'a>(object: &'a Map<String, Value>, depth: usize, out: &mut Vec<Said<'a>>) {
    for (key, value) in object {
        let name: String = normal(key).chars().filter(char::is_ascii_alphanumeric).collect();
        let is_quota = name.contains("rate") || name.contains("quota");
        out.push((key, name, value));
        if let (Some(inner), true, false) = (value.as_object(), depth > 0, is_quota) {
            said(inner, depth - 1, out);
        }
    }
}

/// Refuses an answer, of which `there` entries are there, that says of itself that it has more, that more follows, or that it is
/// no answer.
pub(super) fn whole(object: &Map<String, Value>, there: u64, format: Format) -> Result<(), ImportError> {
    // Beside the list, or in objects of their own (`meta.pagination`).
    let mut fields = Vec::new();
    said(object, DEPTH, &mut fields);
    let complaint = fields.iter().find_map(|field| complaint(field, &fields, there));
    complaint.or_else(|| full(&fields, there)).map_or(Ok(()), |what| refused(&what, format))
}

fn refused(what: &str, format: Format) -> Result<(), ImportError> {
    Err(ImportError::Unusable {
        format,
        missing: format!(
            "{}: a page is no list; put all of them into one, or take the key out if it means something else",
            text::clean(what).unwrap_or_default()
        ),
    })
}

/// What one field says against an answer that is the whole list.
fn complaint((key, name, value): &Said<'_>, fields: &[Said<'_>], there: u64) -> Option<String> {
    let is = |names: &[&str]| names.contains(&&name[..]);
    let has = |names: &[&str]| fields.iter().any(|(_, name, _)| names.contains(&&name[..]));
    let is_pointed = has(&["cursors", "paging"]);
    let number = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
    let text = value.as_str().map(str::to_lowercase);
    // How many a page holds, where something else says how many there are.
    let counts = is(COUNTS) || name == "size" && !has(COUNTS) && !has(PAGES) && !has(ALL);
    if let Some(stated) = number.filter(|stated| counts && *stated > there) {
        return Some(format!("it says under `{key}` that it has {stated} entries, and {there} are there"));
    }
    if let Some(pages) = number.filter(|pages| is(PAGES) && *pages > 1) {
        return Some(format!("it says under `{key}` that it is one of {pages} pages"));
    }
    let before = number.is_some_and(|at| at > u64::from(!is(BEGINS)));
    if before && (is(BEGINS) || is(STARTS) || is(PAGE) && !has(COUNTS)) {
        return Some(format!("it says under `{key}` that others come before it"));
    }
    if let Some(part) = text.as_deref().and_then(of_how_many) {
        if is(PAGE) && part > 1 {
            return Some(format!("it says under `{key}` that it is one of {part} pages"));
        }
        if is(RANGE) && part > there {
            return Some(format!("it says under `{key}` that it has {part} entries, and {there} are there"));
        }
    }
    if (is(MORE) || is_pointed && name == "after") && is_set(value) || is(ALL) && is_no(value) {
        return Some(format!("it says under `{key}` that more follows"));
    }
    if is(LEFT) && number.is_some_and(|left| left > 0) {
        return Some(format!("it says under `{key}` that some are left"));
    }
    let failed = text.as_deref().is_some_and(|text| FAILED.contains(&text.trim()));
    if is(STATUS) && failed || is(WENT_WELL) && is_no(value) || is(ERRORS) && is_set(value) {
        return Some(format!("it says under `{key}` that it failed, or is not all"));
    }
    if is(WORDS) && warns(value) {
        return Some(format!("it warns under `{key}` that it is not all"));
    }
    None
}

/// That a page is full: unless the answer says that it is the last one, or how many there are.
fn full(fields: &[Said<'_>], there: u64) -> Option<String> {
    let ends = fields.iter().any(|(_, name, value)| {
        MORE.contains(&&name[..]) && !is_set(value)
            || ALL.contains(&&name[..]) && value.as_bool() == Some(true)
            || COUNTS.contains(&&name[..]) && value.as_u64().is_some()
    });
    let holds = |(_, name, value): &&Said<'_>| {
        let number = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
        HOLDS.contains(&&name[..]) && there > 0 && number == Some(there)
    };
    let (key, ..) = fields.iter().find(holds).filter(|_| !ends)?;
    Some(format!("it says under `{key}` that a page holds {there}, and as many are there"))
}

/// Whether something stands in a value.
fn is_set(value: &Value) -> bool {
    match value {
        Value::Bool(set) => *set,
        Value::String(text) => !matches!(text.trim().to_lowercase().as_str(), "" | "false" | "null" | "none"),
        Value::Number(_) => true,
        Value::Object(object) => !object.is_empty(),
        Value::Array(items) => items.iter().any(|item| item.is_object() || item.is_string()),
        Value::Null => false,
    }
}

fn is_no(value: &Value) -> bool {
    value.as_bool() == Some(false)
        || value.as_str().is_some_and(|text| text.trim().eq_ignore_ascii_case("false"))
}

/// Whether a word to the reader, or one of several, says that something is missing.
fn warns(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            let text = text.to_lowercase();
            MISSING.iter().any(|word| text.contains(word))
        }
        Value::Array(items) => items.iter().any(warns),
        Value::Object(object) => object.values().any(|value| value.is_string() && warns(value)),
        _ => false,
    }
}

/// The last number of `1 of 2`, `0-49/120`, `showing 1 to 50 of 1,234 entries`.
fn of_how_many(text: &str) -> Option<u64> {
    let (before, after) = text.rsplit_once('/').or_else(|| text.rsplit_once(" of "))?;
    if !before.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    first_number(after)
}

/// The first number of a text, thousands apart or not.
fn first_number(text: &str) -> Option<u64> {
    let at = text.find(|c: char| c.is_ascii_digit())?;
    let digits: String = text[at..]
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == ',')
        .filter(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
}

/// What a line beside the rows of a table says against its being the whole list. Words above it are titles: of them a number of
/// pages alone counts.
pub(super) fn said_by_a_line(line: &str, is_below: bool, there: u64) -> Option<String> {
    let line = line.to_lowercase();
    let words: Vec<&str> =
        line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let has = |names: &[&str]| words.iter().any(|word| names.contains(word));
    let part = of_how_many(&line);
    if has(&["page"]) && part.is_some_and(|pages| pages > 1) {
        return Some("that it is one of several pages".to_owned());
    }
    if !is_below {
        return None;
    }
    let number = first_number(&line);
    let more = has(&["more"]) && (number.is_some() || has(ROWS));
    if more || MISSING.iter().any(|word| line.contains(word)) {
        return Some("that rows are left out".to_owned());
    }
    let stated = part.or(number).filter(|_| has(ROWS)).filter(|stated| *stated > there)?;
    Some(format!("that it has {stated} rows, and {there} are there"))
}

/// Refuses a table one of whose lines beside the rows, each with its number, says that it is not all.
pub(super) fn refuse_table(
    lines: &[(u64, bool, String)],
    there: u64,
    format: Format,
) -> Result<(), ImportError> {
    let said = lines.iter().find_map(|(at, below, line)| Some((at, said_by_a_line(line, *below, there)?)));
    said.map_or(Ok(()), |(at, what)| {
        Err(ImportError::Unusable {
            format,
            missing: format!(
                "line {at} says {what}: a part is no list; fetch all of it, or take the line out if it means something else"
            ),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_whole(answer: &str, there: u64) -> bool {
        let Ok(Value::Object(object)) = serde_json::from_str(answer) else { panic!("an object: {answer}") };
        whole(&object, there, Format::Json).is_ok()
    }

    #[test]
    fn a_page_says_in_many_ways_that_it_is_one() {
        for page in [
            r#"{"totalPages":2,"totalElements":2,"number":0,"last":false}"#,
            r#"{"last":false}"#,
            r#"{"done":false,"totalSize":2}"#,
            r#"{"nextRecordsUrl":"/x"}"#,
            r#"{"isLast":false}"#,
            r#"{"cursor":"abc"}"#,
            r#"{"fullCount":2}"#,
            r#"{"size":2}"#,
            r#"{"_scroll_id":"abc"}"#,
            r#"{"resumptionToken":"x"}"#,
            r#"{"meta":{"remaining":1}}"#,
            r#"{"limit":1,"offset":0}"#,
            r#"{"partial":true}"#,
            r#"{"complete":false}"#,
            r#"{"complete":"false"}"#,
            r#"{"limit_reached":true}"#,
            r#"{"page":"1 of 2"}"#,
            r#"{"page":2}"#,
            r#"{"range":"0-0/2"}"#,
            r#"{"showing":"1 to 1 of 1,234"}"#,
            r#"{"status":"error"}"#,
            r#"{"success":false}"#,
            r#"{"errors":[{"message":"shard 2"}]}"#,
            r#"{"warning":"result truncated to 1 rows"}"#,
            r#"{"warnings":["row limit"]}"#,
            r#"{"metadata":{"continue":"tok","remainingItemCount":4}}"#,
            r#"{"timed_out":true}"#,
        ] {
            assert!(!is_whole(page, 1), "{page}");
        }
    }

    #[test]
    fn what_says_that_it_is_all_is_taken() {
        for all in [
            r#"{"totalPages":1,"totalElements":1,"number":0,"size":20,"last":true}"#,
            r#"{"done":true,"totalSize":1,"nextRecordsUrl":null}"#,
            r#"{"isLast":true,"limit":1,"offset":0}"#,
            r#"{"cursor":"","next":null,"has_more":false}"#,
            r#"{"limit":100,"offset":0,"total":1}"#,
            r#"{"page":"1 of 1","range":"0-0/1"}"#,
            r#"{"page":1}"#,
            r#"{"status":"1","message":"OK"}"#,
            r#"{"status":"success","errors":[],"error":null}"#,
            r#"{"rate_limit":{"remaining":4999,"limit":1}}"#,
            r#"{"warning":"","partial":false,"complete":true}"#,
            r#"{"name":"My list","version":{"major":1},"description":"More than a list of last year"}"#,
        ] {
            assert!(is_whole(all, 1), "{all}");
        }
    }

    #[test]
    fn the_line_below_a_table_counts_its_rows() {
        for (line, there, is_whole) in [
            ("(2 rows)", 1, false),
            ("(2 rows)", 2, true),
            ("2 rows in set (0.00 sec)", 1, false),
            ("... 1 more rows", 9, false),
            ("and 5 more", 9, false),
            ("-- Output truncated at 1 rows --", 1, false),
            ("Showing 1 to 10 of 1,057 entries", 10, false),
            ("Showing 1 to 10 of 10 entries", 10, true),
            ("Page 1 of 2", 50, false),
            ("Page 1 of 1", 50, true),
            ("Total 57.5 BTC", 2, true),
            ("not an address", 2, true),
        ] {
            assert_eq!(said_by_a_line(line, true, there).is_none(), is_whole, "{line}");
        }
        assert!(said_by_a_line("12 rows were truncated to 8 digits", false, 1).is_none(), "a title");
        assert!(said_by_a_line("Scam addresses, page 1 of 3", false, 1).is_some());
    }
}
