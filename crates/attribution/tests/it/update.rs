//! Fetching against a server on loopback that misbehaves in every way we could think of.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    thread,
    time::Duration,
};

use tracehound_attribution::{
    import::Format,
    update::{
        FetchFailure, Fetched, ListSpec, UpdateError, UpdateOptions, fetch, last_good, official_lists,
        update_all,
    },
};
use tracehound_model::SourceId;
use tracehound_net::{DownloadLimits, HttpError};
use tracehound_testkit::http::{RawServer, send};

/// A server whose list lies at `/list.xml`.
fn serve(behave: impl Fn(&[String], &mut TcpStream) + Send + Sync + 'static) -> RawServer {
    let mut server = RawServer::start(behave);
    server.url.push_str("/list.xml");
    server
}

/// A server that always sends these bytes.
fn sending(response: Vec<u8>) -> RawServer {
    serve(move |_, stream| send(stream, &response))
}

/// A whole answer.
fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn ok(body: &[u8]) -> Vec<u8> {
    answer("200 OK\r\ncontent-type: application/xml", body)
}

/// A UN list of made-up people, as it was generated on a day.
fn list_of(people: usize, day: &str) -> Vec<u8> {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<CONSOLIDATED_LIST dateGenerated=\"{day}T00:00:00Z\">\n<INDIVIDUALS>\n"
    );
    for number in 0..people {
        use std::fmt::Write;
        writeln!(
            xml,
            "<INDIVIDUAL><DATAID>{number}</DATAID><FIRST_NAME>Nemo</FIRST_NAME><SECOND_NAME>Nobody \
             {number}</SECOND_NAME><UN_LIST_TYPE>DPRK</UN_LIST_TYPE><REFERENCE_NUMBER>KPi.{number:03}</REFERENCE_NUMBER>\
             <LISTED_ON>2016-03-02</LISTED_ON></INDIVIDUAL>"
        )
        .unwrap();
    }
    xml.push_str("</INDIVIDUALS>\n<ENTITIES>\n</ENTITIES>\n</CONSOLIDATED_LIST>\n");
    xml.into_bytes()
}

fn list() -> Vec<u8> {
    list_of(40, "2026-02-27")
}

fn spec(server: &RawServer) -> ListSpec {
    ListSpec {
        source: SourceId("un-sc".to_owned()),
        title: "A list".to_owned(),
        url: server.url.clone(),
        format: Format::UnXml,
        min_bytes: 100,
        max_bytes: 1 << 20,
        min_records: 3,
    }
}

fn http() -> UpdateOptions {
    within(DownloadLimits { total_timeout: Duration::from_secs(20), ..DownloadLimits::default() })
}

fn within(http: DownloadLimits) -> UpdateOptions {
    UpdateOptions { http: DownloadLimits { pause: Duration::ZERO, ..http }, ..UpdateOptions::default() }
}

/// A folder with a good copy of the list, fetched from an honest server.
fn folder_with_a_copy() -> (tempfile::TempDir, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let good = list();
    let server = sending(ok(&good));
    assert!(matches!(fetch(&spec(&server), dir.path(), &http()), Ok(Fetched::New(_))));
    (dir, good)
}

/// Fetches from a server that misbehaves; the good copy must survive and the error must say so.
fn refused(server: &RawServer, options: &UpdateOptions) -> FetchFailure {
    let (dir, good) = folder_with_a_copy();
    let error = fetch(&spec(server), dir.path(), options).expect_err("misbehaviour is an error");
    assert!(error.to_string().contains("stays in use"), "{error}");
    assert_kept(dir.path(), &good, &error);

    let empty = tempfile::tempdir().unwrap();
    let error = fetch(&spec(server), empty.path(), options).expect_err("misbehaviour is an error");
    assert!(error.to_string().contains("no earlier copy"), "{error}");
    assert_eq!(last_good(&error.source, empty.path()).unwrap(), None);
    *error.reason
}

fn assert_kept(dir: &Path, good: &[u8], error: &UpdateError) {
    let kept = error.kept.as_ref().expect("the copy is named");
    assert_eq!(fs::read(&kept.path).unwrap(), good);
    assert_eq!(last_good(&error.source, dir).unwrap().as_ref(), Some(&**kept));
    let left: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "a lock, a note, a copy and nothing else: {left:?}");
}

#[test]
fn a_list_is_fetched_checked_and_described() {
    let body = list();
    let head =
        "200 OK\r\ncontent-type: text/xml\r\netag: \"v1\"\r\nlast-modified: Fri, 27 Feb 2026 00:00:00 GMT";
    let server = sending(answer(head, &body));
    let dir = tempfile::tempdir().unwrap();
    let fetched = fetch(&spec(&server), dir.path(), &http()).unwrap();
    let Fetched::New(copy) = fetched else { panic!("{fetched:?}") };
    assert_eq!(fs::read(&copy.path).unwrap(), body);
    assert_eq!((copy.bytes, copy.records), (body.len() as u64, 40));
    assert_eq!(copy.published, Some("2026-02-27".parse().unwrap()));
    assert_eq!(copy.etag.as_deref(), Some("\"v1\""));
    assert_eq!(last_good(&copy.source, dir.path()).unwrap(), Some(copy));
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let server = serve(|request, stream| {
        let conditional = |name: &str, value: &str| {
            let line = format!("{name}: {value}");
            request.iter().any(|asked| asked.eq_ignore_ascii_case(&line))
        };
        let day = "Fri, 27 Feb 2026 00:00:00 GMT";
        if conditional("if-none-match", "\"v1\"") && conditional("if-modified-since", day) {
            send(stream, b"HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n");
        } else {
            let head = format!("200 OK\r\netag: \"v1\"\r\nlast-modified: {day}");
            send(stream, &answer(&head, &list()));
        }
    });
    let dir = tempfile::tempdir().unwrap();
    let first = fetch(&spec(&server), dir.path(), &http()).unwrap();
    let second = fetch(&spec(&server), dir.path(), &http()).unwrap();
    assert!(matches!(first, Fetched::New(_)) && matches!(second, Fetched::NotModified(_)));
    assert_eq!(
        (second.copy().fetched_at, &second.copy().path),
        (first.copy().fetched_at, &first.copy().path)
    );
    assert!(second.copy().checked_at > first.copy().checked_at);

    // A copy that was damaged on disk is no copy: the list is asked for in full.
    fs::write(&first.copy().path, b"damaged").unwrap();
    assert!(matches!(fetch(&spec(&server), dir.path(), &http()), Ok(Fetched::New(_))));
    assert_eq!(fs::read(&first.copy().path).unwrap(), list());
}

#[test]
fn the_same_bytes_again_are_no_news() {
    let server = sending(ok(&list()));
    let dir = tempfile::tempdir().unwrap();
    fetch(&spec(&server), dir.path(), &http()).unwrap();
    assert!(matches!(fetch(&spec(&server), dir.path(), &http()), Ok(Fetched::NotModified(_))));
}

#[test]
fn a_newer_list_replaces_the_old_one() {
    let (dir, _) = folder_with_a_copy();
    let body = list_of(41, "2026-03-01");
    let server = sending(ok(&body));
    let fetched = fetch(&spec(&server), dir.path(), &http()).unwrap();
    assert!(matches!(fetched, Fetched::New(_)));
    let files = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
    let lists: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "xml")).collect();
    assert_eq!(lists, [fetched.copy().path.clone()]);
}

#[test]
fn a_body_shorter_than_promised_is_refused() {
    let mut response = ok(&list());
    response.truncate(response.len() - 50);
    let failure = refused(&sending(response), &http());
    assert!(matches!(failure, FetchFailure::Http(HttpError::Truncated { .. })), "{failure}");
}

#[test]
fn a_list_without_its_end_is_refused_although_the_length_is_right() {
    let body = list();
    let failure = refused(&sending(ok(&body[..body.len() - 60])), &http());
    assert!(matches!(failure, FetchFailure::Unreadable(_)), "{failure}");
}

#[test]
fn a_page_instead_of_a_list_is_refused() {
    let page = b"<!DOCTYPE html><html><body>Please log in</body></html>";
    let failure = refused(&sending(answer("200 OK\r\ncontent-type: text/html", page)), &http());
    assert!(matches!(failure, FetchFailure::ContentType { .. }), "{failure}");
    // Also when it claims to be a list.
    let failure = refused(&sending(ok(page)), &http());
    assert!(
        matches!(&failure, FetchFailure::WrongFormat { begins, .. } if begins.contains("html")),
        "{failure}"
    );
}

#[test]
fn a_page_that_repeats_a_mirrors_key_is_not_repeated() {
    const KEY: &str = "s3cr3t-k3y";
    let page = format!("Cannot GET /{KEY}/list.xml");
    let of_type = format!("200 OK\r\ncontent-type: text/html; at={KEY}");
    for sent in [ok(page.as_bytes()), answer(&of_type, page.as_bytes())] {
        let mut server = sending(sent);
        server.url = server.url.replace("/list", &format!("/{KEY}/list"));
        assert!(server.url.contains(KEY), "{}", server.url);
        let failure = refused(&server, &http());
        assert!(!format!("{failure} {failure:?}").contains(KEY), "{failure:?}");
    }
}

#[test]
fn another_list_than_the_expected_one_is_refused() {
    let body = b"<?xml version=\"1.0\"?><Sanctions xmlns=\"http://www.un.org/sanctions/1.0\"></Sanctions>";
    let failure = refused(&sending(ok(body)), &http());
    assert!(matches!(failure, FetchFailure::WrongFormat { .. }), "{failure}");
}

#[test]
fn refusals_by_the_server_are_said_with_their_status() {
    for code in [404, 500, 503] {
        let failure = refused(&sending(answer(&format!("{code} No"), b"no")), &http());
        assert!(matches!(failure, FetchFailure::Status { code: found } if found == code), "{failure}");
    }
}

#[test]
fn a_server_that_drips_is_given_up_on() {
    let server = serve(|_, stream| {
        send(stream, b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
        // One byte at a time, each well within the bound for a read, until the other side hangs up.
        while stream.write_all(b" ").is_ok() {
            thread::park_timeout(Duration::from_millis(20));
        }
    });
    let settings =
        within(DownloadLimits { total_timeout: Duration::from_millis(400), ..DownloadLimits::default() });
    let failure = refused(&server, &settings);
    assert!(matches!(failure, FetchFailure::Http(HttpError::Timeout { .. })), "{failure}");
}

#[test]
fn a_server_that_says_nothing_is_given_up_on() {
    for head in ["", "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n<?xml"] {
        let server = serve(move |_, stream| {
            send(stream, head.as_bytes());
            // Waits for the other side to hang up.
            let _ = stream.read_to_end(&mut Vec::new());
        });
        let settings =
            within(DownloadLimits { read_timeout: Duration::from_millis(200), ..DownloadLimits::default() });
        let failure = refused(&server, &settings);
        assert!(matches!(failure, FetchFailure::Http(HttpError::Timeout { .. })), "{failure}");
    }
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/list.xml", listener.local_addr().unwrap());
    drop(listener);
    let server = RawServer::nowhere(url.clone());
    let failure = refused(&server, &http());
    let host = url.strip_suffix("/list.xml").expect("its path");
    assert!(
        matches!(&failure, FetchFailure::Http(HttpError::Connection { url: named, .. }) if *named == host),
        "{failure}"
    );
    assert!(!failure.to_string().contains("list.xml"), "{failure}");
}

#[test]
fn redirects_are_followed_within_reach_only() {
    let target = sending(ok(&list()));
    let to_target = target.url.clone();
    let server = serve(move |_, stream| {
        send(stream, &answer(&format!("302 Found\r\nlocation: {to_target}"), b""));
    });
    let dir = tempfile::tempdir().unwrap();
    fetch(&spec(&server), dir.path(), &http()).unwrap();
    assert_eq!((server.asked(), target.asked()), (1, 1));

    for to in [
        "http://example.org/list.xml",
        "https://10.0.0.1/list.xml",
        "https://169.254.169.254/latest/meta-data",
        "https://[fd00::1]/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/list.xml",
        "http://user:secret@127.0.0.1/",
        "https://",
        "",
    ] {
        let redirect = answer(&format!("302 Found\r\nlocation: {to}"), b"");
        let failure = refused(&sending(redirect), &http());
        assert!(matches!(failure, FetchFailure::Http(HttpError::Redirect { .. })), "{to}: {failure}");
        assert!(!failure.to_string().contains("secret"), "{failure}");
    }
}

#[test]
fn redirects_in_a_circle_end() {
    let server = sending(answer("301 Moved\r\nlocation: /list.xml", b""));
    let failure = refused(&server, &within(DownloadLimits { max_redirects: 3, ..DownloadLimits::default() }));
    assert!(matches!(failure, FetchFailure::Http(HttpError::TooManyRedirects { limit: 3, .. })), "{failure}");
    assert_eq!(server.asked(), 2 * 4);
}

#[test]
fn a_public_list_is_not_fetched_from_this_machine_or_without_encryption() {
    let dir = tempfile::tempdir().unwrap();
    for url in [
        "http://example.org/list.xml",
        "https://10.0.0.1/",
        "https://user@example.org/",
        "not an address",
        "",
    ] {
        let server = RawServer::nowhere(url.to_owned());
        let error = fetch(&spec(&server), dir.path(), &http()).unwrap_err();
        assert!(matches!(&*error.reason, FetchFailure::Http(HttpError::Url { .. })), "{url}: {error}");
    }
}

#[test]
fn too_much_is_refused_whether_announced_or_not() {
    let body = vec![b' '; 2 << 20];
    let announced = refused(&sending(ok(&body)), &http());
    assert!(matches!(announced, FetchFailure::TooLarge { limit: 1_048_576 }), "{announced}");

    let endless = serve(|_, stream| {
        send(stream, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        let chunk = [b"10000\r\n".as_slice(), &vec![b' '; 0x10000], b"\r\n"].concat();
        while stream.write_all(&chunk).is_ok() {}
    });
    let failure = refused(&endless, &http());
    assert!(matches!(failure, FetchFailure::TooLarge { .. }), "{failure}");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn compression_is_undone_and_bounded() {
    let head = "200 OK\r\ncontent-type: application/xml\r\ncontent-encoding: gzip";
    let server = sending(answer(head, &gzip(&list())));
    let dir = tempfile::tempdir().unwrap();
    let fetched = fetch(&spec(&server), dir.path(), &http()).unwrap();
    assert_eq!(fs::read(&fetched.copy().path).unwrap(), list());

    let bomb = gzip(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 100_000);
    let failure = refused(&sending(answer(head, &bomb)), &http());
    assert!(matches!(failure, FetchFailure::TooLarge { .. }), "{failure}");

    let mut cut = gzip(&list());
    cut.truncate(cut.len() / 2);
    let failure = refused(&sending(answer(head, &cut)), &http());
    assert!(matches!(failure, FetchFailure::Http(HttpError::Truncated { .. })), "{failure}");
}

#[test]
fn a_fragment_is_refused_by_size_and_by_count() {
    let failure = refused(&sending(ok(&list_of(2, "2026-03-01"))), &http());
    assert!(matches!(failure, FetchFailure::TooSmall { what: "records", found: 2, least: 3 }), "{failure}");
    let server = sending(ok(&list()));
    let spec = ListSpec { min_bytes: 1 << 19, ..spec(&server) };
    let error = fetch(&spec, tempfile::tempdir().unwrap().path(), &http()).unwrap_err();
    assert!(matches!(&*error.reason, FetchFailure::TooSmall { what: "bytes", .. }), "{error}");
}

#[test]
fn a_list_that_lost_half_or_went_back_in_time_is_taken_only_when_forced() {
    for (people, day, expected) in
        [(15, "2026-03-01", "loses more than half"), (40, "2026-02-26", "older list")]
    {
        let (dir, good) = folder_with_a_copy();
        let server = sending(ok(&list_of(people, day)));
        let error = fetch(&spec(&server), dir.path(), &http()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_kept(dir.path(), &good, &error);
        let forced = fetch(&spec(&server), dir.path(), &UpdateOptions { force: true, ..http() });
        assert!(matches!(forced, Ok(Fetched::New(_))), "{forced:?}");
    }
}

#[test]
fn a_note_that_was_tampered_with_names_no_file_elsewhere() {
    let (dir, _) = folder_with_a_copy();
    let note = dir.path().join("un-sc.json");
    let text = fs::read_to_string(&note).unwrap();
    let source = SourceId("un-sc".to_owned());
    let name = last_good(&source, dir.path()).unwrap().unwrap().path.file_name().unwrap().to_owned();
    let name = name.to_str().unwrap();
    for changed in
        [text.replace(name, &format!("../{name}")), text.replace("un-sc\"", "other\""), "{".to_owned()]
    {
        fs::write(&note, changed).unwrap();
        assert_eq!(last_good(&source, dir.path()).unwrap(), None);
    }
    assert!(last_good(&SourceId("../un-sc".to_owned()), dir.path()).is_err());
}

#[test]
fn one_list_that_fails_does_not_hold_up_the_others() {
    let (good, bad) = (sending(ok(&list())), sending(answer("500 No", b"")));
    let specs = [ListSpec { source: SourceId("a".to_owned()), ..spec(&bad) }, spec(&good)];
    let dir = tempfile::tempdir().unwrap();
    let outcomes = update_all(&specs, dir.path(), &http());
    let outcomes: Vec<_> =
        outcomes.iter().map(|(spec, outcome)| (spec.source.0.as_str(), outcome.is_ok())).collect();
    assert_eq!(outcomes, [("a", false), ("un-sc", true)]);
}

#[test]
fn the_official_lists_are_asked_for_by_https_alone() {
    let lists = official_lists();
    assert_eq!(lists.len(), 4);
    for list in lists {
        assert!(list.url.starts_with("https://"), "{}", list.url);
        assert!(list.min_bytes < list.max_bytes && list.min_records > 0);
    }
}
