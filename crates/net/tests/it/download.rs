use std::{io, io::Read, time::Duration};

use tracehound_net::{Download, DownloadLimits, HttpError, Validators, download};
use tracehound_testkit::http::{RawServer, send};

use crate::{KEY, answer, endlessly, gzip, words};

const MOST: u64 = 10_000;

fn limits() -> DownloadLimits {
    let total_timeout = Duration::from_secs(20);
    DownloadLimits { total_timeout, pause: Duration::ZERO, ..DownloadLimits::default() }
}

fn fetch(server: &RawServer, limits: &DownloadLimits) -> Result<Vec<u8>, HttpError> {
    let mut file = Vec::new();
    match download(&format!("{}/{KEY}/list?key={KEY}", server.url), &Validators::default(), limits)? {
        Download::Body(incoming) => incoming.save(&mut file, MOST)?,
        Download::NotModified => panic!("nothing is at hand"),
    };
    Ok(file)
}

fn refused(
    limits: &DownloadLimits,
    behave: impl Fn(&mut std::net::TcpStream) + Send + Sync + 'static,
) -> (HttpError, usize) {
    let server = RawServer::start(move |_, stream| behave(stream));
    let error = fetch(&server, limits).expect_err("refused");
    words(&error);
    (error, server.asked())
}

#[test]
fn what_is_at_hand_is_not_sent_again() {
    let server = RawServer::start(|request, stream| {
        let knows = |line: &str| request.iter().any(|sent| sent.eq_ignore_ascii_case(line));
        if knows("if-none-match: \"v1\"") && knows("if-modified-since: Sat, 28 Nov 2026 00:00:00 GMT") {
            return send(stream, &answer("304 Not Modified", b""));
        }
        let head =
            "200 OK\r\netag: \"v1\"\r\nlast-modified: Sat, 28 Nov 2026 00:00:00 GMT\r\ncontent-type: Text/X";
        send(stream, &answer(head, b"list"));
    });
    let Ok(Download::Body(incoming)) = download(&server.url, &Validators::default(), &limits()) else {
        panic!("it is sent");
    };
    assert_eq!(incoming.content_type(), "text/x");
    let known = incoming.validators();
    let mut file = Vec::new();
    assert_eq!(incoming.save(&mut file, MOST).expect("saved"), 4);
    assert_eq!(file, b"list");
    assert!(matches!(download(&server.url, &known, &limits()), Ok(Download::NotModified)));
    // A version too long to be one is not kept, so that it is not sent back.
    let long = RawServer::start(|_, stream| {
        send(stream, &answer(&format!("200 OK\r\netag: {}", "x".repeat(9_000)), b""));
    });
    let Ok(Download::Body(incoming)) = download(&long.url, &Validators::default(), &limits()) else {
        panic!("it is sent");
    };
    assert_eq!(incoming.validators(), Validators::default());
}

#[test]
fn a_redirect_is_followed_within_reach_and_nowhere_else() {
    let target = RawServer::start(|_, stream| send(stream, &answer("200 OK", b"list")));
    let to = target.url.clone();
    let server = RawServer::start(move |_, stream| {
        send(stream, &answer(&format!("307 There\r\nlocation: {to}/x"), b""));
    });
    assert_eq!(fetch(&server, &limits()).expect("followed"), b"list");
    let asked = &target.requests()[0];
    assert!(
        !asked.iter().any(|line| line.contains(KEY)),
        "the key stays with the server it is for: {asked:?}"
    );
    for to in [
        "http://example.org/list",
        "https://example.org@10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "http://192.168.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "file:///etc/passwd",
        &format!("http://me:{KEY}@127.0.0.1/"),
        "",
    ] {
        let head = format!("302 There\r\nlocation: {to}");
        let (error, asked) = refused(&limits(), move |stream| send(stream, &answer(&head, b"")));
        assert!(matches!(error, HttpError::Redirect { .. }), "{to}: {error}");
        assert_eq!(asked, 1);
    }
    let (error, asked) = refused(&DownloadLimits { max_redirects: 3, ..limits() }, |stream| {
        send(stream, &answer("301 Moved\r\nlocation: ?again", b""));
    });
    assert!(matches!(error, HttpError::TooManyRedirects { limit: 3, .. }), "{error}");
    assert_eq!(asked, 4);
}

#[test]
fn what_lies_out_of_reach_is_not_asked_for() {
    for url in ["http://example.org/x", "https://10.0.0.1/x", "https://user@example.org/x", "no address", ""]
    {
        let error = download(url, &Validators::default(), &limits()).expect_err(url);
        assert!(matches!(error, HttpError::Url { .. }), "{url}: {error}");
    }
}

#[test]
fn too_much_is_refused_whether_announced_packed_or_endless() {
    let (error, _) = refused(&limits(), |stream| {
        send(stream, b"HTTP/1.1 200 OK\r\ncontent-length: 10001\r\n\r\n");
        let _ = stream.read_to_end(&mut Vec::new());
    });
    assert!(matches!(error, HttpError::TooLarge { limit: MOST, .. }), "{error}");
    let packed = gzip(&vec![b' '; 10_001]);
    let (error, _) = refused(&limits(), move |stream| {
        send(stream, &answer("200 OK\r\ncontent-encoding: gzip", &packed));
    });
    assert!(matches!(error, HttpError::TooLarge { .. }), "{error}");
    let chunk = [b"1000\r\n".as_slice(), &[b' '; 0x1000], b"\r\n"].concat();
    let (error, _) = refused(&limits(), move |stream| {
        endlessly(stream, "200 OK\r\ntransfer-encoding: chunked", &chunk, Duration::ZERO);
    });
    assert!(matches!(error, HttpError::TooLarge { .. }), "{error}");
}

#[test]
fn a_file_that_ends_early_or_comes_too_slowly_is_refused() {
    let (error, _) =
        refused(&limits(), |stream| send(stream, b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nlist"));
    assert!(matches!(error, HttpError::Truncated { received: 4, .. }), "{error}");
    let drip = |stream: &mut std::net::TcpStream| {
        endlessly(stream, "200 OK\r\ncontent-length: 9000", b" ", Duration::from_millis(10));
    };
    let (error, _) = refused(&DownloadLimits { total_timeout: Duration::from_millis(300), ..limits() }, drip);
    assert!(error.to_string().contains("no complete answer within 0.3 s"), "{error}");
    let (error, _) =
        refused(&DownloadLimits { read_timeout: Duration::from_millis(200), ..limits() }, |stream| {
            send(stream, b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nlist");
            let _ = stream.read_to_end(&mut Vec::new());
        });
    assert!(error.to_string().contains("within 0.2 s"), "{error}");
}

#[test]
fn a_busy_server_is_asked_again_and_one_that_wants_years_is_not() {
    let (error, asked) =
        refused(&limits(), |stream| send(stream, &answer("503 Busy\r\nretry-after: 0", b"")));
    assert!(matches!(error, HttpError::Status { status: 503, .. }), "{error}");
    assert_eq!(asked, 3);
    let (error, asked) =
        refused(&limits(), |stream| send(stream, &answer("429 Slow\r\nretry-after: 99999999", b"")));
    assert!(matches!(error, HttpError::Busy { status: 429, seconds: 99_999_999, .. }), "{error}");
    assert_eq!(asked, 1);
    let (error, asked) = refused(&limits(), |_| {});
    assert!(matches!(error, HttpError::Connection { .. }), "{error}");
    assert_eq!(asked, 3);
    let (error, asked) = refused(&limits(), |stream| send(stream, &answer("404 No", b"")));
    assert!(matches!(error, HttpError::Status { status: 404, .. }), "{error}");
    assert_eq!(asked, 1);
}

#[test]
fn a_file_that_cannot_be_written_is_said_to_be_that() {
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let server = RawServer::start(|_, stream| send(stream, &answer("200 OK", b"list")));
    let Ok(Download::Body(incoming)) = download(&server.url, &Validators::default(), &limits()) else {
        panic!("it is sent");
    };
    let error = incoming.save(&mut Full, MOST).expect_err("full");
    assert!(matches!(&error, HttpError::Write(why) if why.kind() == io::ErrorKind::StorageFull), "{error}");
}
