use std::{io::Read, net::TcpListener, time::Duration};

use tracehound_model::endpoint::Endpoint;
use tracehound_net::{Answer, Client, HttpError, HttpLimits};
use tracehound_testkit::http::{RawServer, send};

use crate::{KEY, answer, endlessly, gzip, words};

fn limits() -> HttpLimits {
    let timeout = Duration::from_secs(20);
    HttpLimits { timeout, body: 10_000, retries: 2, pause: Duration::ZERO }
}

fn client(url: &str, limits: HttpLimits) -> Client {
    Client::new(Endpoint::parse(&format!("{url}/{KEY}?token={KEY}")).expect("an address"), limits)
}

/// What is said of a server that does this with each connection, and how often it was asked.
fn refused(
    limits: HttpLimits,
    behave: impl Fn(&mut std::net::TcpStream) + Send + Sync + 'static,
) -> (HttpError, usize) {
    let server = RawServer::start(move |_, stream| behave(stream));
    let client = client(&server.url, limits);
    let error = client.post_json("", None, b"{}").and_then(Answer::ok).expect_err("refused");
    assert!(words(&error).contains(&server.url), "{error}");
    (error, server.asked())
}

#[test]
fn questions_go_to_the_address_or_below_it_with_what_is_sent_along() {
    let server = RawServer::start(|_, stream| send(stream, &answer("200 OK\r\ncontent-type: a/b", b"yes")));
    let client = client(&server.url, limits());
    let got = client.get("/tx?count=1").expect("an answer");
    assert_eq!((got.status, got.content_type.as_deref(), &*got.body), (200, Some("a/b"), &b"yes"[..]));
    assert_eq!(got.url, format!("{}/…/tx?count=1", server.url));
    assert_eq!(client.get_json("").and_then(Answer::ok).expect("an answer"), b"yes");
    client.post_json("/", Some("Basic eA=="), b"{}").expect("an answer");
    let asked = server.requests();
    assert_eq!(asked[0][0], format!("GET /{KEY}/tx?count=1&token={KEY} HTTP/1.1"));
    assert_eq!(asked[1][0], format!("GET /{KEY}?token={KEY} HTTP/1.1"));
    assert!(asked[1].iter().any(|line| line.eq_ignore_ascii_case("accept: application/json")), "{asked:?}");
    assert_eq!(asked[2][0], format!("POST /{KEY}/?token={KEY} HTTP/1.1"));
    for header in ["authorization: Basic eA==", "content-type: application/json", "content-length: 2"] {
        assert!(asked[2].iter().any(|line| line.eq_ignore_ascii_case(header)), "{header}: {asked:?}");
    }
    assert!(!format!("{client:?} {}", client.shown()).contains("s3cr3t"));
}

#[test]
fn a_body_that_drips_runs_into_the_time_limit() {
    let short = HttpLimits { timeout: Duration::from_millis(200), ..limits() };
    let (error, asked) = refused(short, |stream| {
        endlessly(stream, "200 OK\r\ncontent-length: 9000", b" ", Duration::from_millis(10));
    });
    assert!(matches!(error, HttpError::Timeout { .. }), "{error}");
    assert!(error.to_string().contains("no complete answer within 0.2 s"), "{error}");
    assert_eq!(asked, 1, "what was slow once is not waited for again");
}

#[test]
fn a_body_without_end_is_cut_off() {
    let chunk = [b"1000\r\n".as_slice(), &[b' '; 0x1000], b"\r\n"].concat();
    let (error, asked) = refused(limits(), move |stream| {
        endlessly(stream, "200 OK\r\ntransfer-encoding: chunked", &chunk, Duration::ZERO);
    });
    assert!(matches!(error, HttpError::TooLarge { limit: 10_000, .. }), "{error}");
    assert_eq!(asked, 1);
}

#[test]
fn headers_without_end_are_cut_off() {
    let (error, _) = refused(HttpLimits { retries: 0, ..limits() }, |stream| {
        endlessly(stream, "200 OK", b"x-more: and more\r\n", Duration::ZERO);
    });
    // The body begins where the headers end; either is bounded.
    assert!(matches!(error, HttpError::Connection { .. } | HttpError::TooLarge { .. }), "{error}");
    let (error, _) = refused(HttpLimits { retries: 0, ..limits() }, |stream| {
        send(stream, b"HTTP/1.1 200 OK\r\n");
        endlessly(stream, "", b"x-more: and more\r\n", Duration::ZERO);
    });
    assert!(matches!(error, HttpError::Connection { .. } | HttpError::TooLarge { .. }), "{error}");
}

#[test]
fn a_length_that_lies_is_no_answer() {
    // More than allowed is not even begun: nothing follows here, and it is not waited for.
    let (error, _) = refused(limits(), |stream| {
        send(stream, b"HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551615\r\n\r\n");
        let _ = stream.read_to_end(&mut Vec::new());
    });
    assert!(matches!(error, HttpError::TooLarge { .. } | HttpError::Connection { .. }), "{error}");
    let (error, _) = refused(limits(), |stream| {
        send(stream, b"HTTP/1.1 200 OK\r\ncontent-length: 10001\r\n\r\n");
        let _ = stream.read_to_end(&mut Vec::new());
    });
    assert!(matches!(error, HttpError::TooLarge { .. }), "{error}");
    // Less comes than was said: each try breaks off.
    let (error, asked) =
        refused(limits(), |stream| send(stream, b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{}"));
    assert!(matches!(error, HttpError::Connection { .. }), "{error}");
    assert_eq!(asked, 3);
    // More comes than was said: what was said counts.
    let server = RawServer::start(|_, stream| {
        send(
            stream,
            b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}{\"and\":\"more\"}",
        );
    });
    let body = client(&server.url, limits()).get("").and_then(Answer::ok);
    assert_eq!(body.expect("an answer"), b"{}");
}

#[test]
fn a_small_body_that_unpacks_to_a_large_one_is_refused() {
    let packed = gzip(&vec![b' '; 10_001]);
    assert!(packed.len() < 1_000);
    let (error, _) = refused(limits(), move |stream| {
        send(stream, &answer("200 OK\r\ncontent-encoding: gzip", &packed));
    });
    assert!(matches!(error, HttpError::TooLarge { .. }), "{error}");
}

#[test]
fn a_redirect_to_another_host_is_not_followed() {
    let other = RawServer::start(|_, stream| send(stream, &answer("200 OK", b"{}")));
    for status in [301, 302, 303, 307, 308] {
        let location = format!("{status} There\r\nlocation: {}/{KEY}", other.url);
        let (error, asked) = refused(limits(), move |stream| send(stream, &answer(&location, b"")));
        assert!(matches!(error, HttpError::Moved { status: found, .. } if found == status), "{error}");
        assert_eq!(asked, 1);
    }
    assert_eq!(other.asked(), 0);
}

#[test]
fn a_busy_server_is_asked_again_as_often_as_allowed() {
    for status in [429, 503] {
        let head = format!("{status} Busy\r\nretry-after: 0");
        let (error, asked) = refused(limits(), move |stream| send(stream, &answer(&head, b"later")));
        assert!(matches!(error, HttpError::Status { status: found, .. } if found == status), "{error}");
        assert!(error.to_string().ends_with(&format!("HTTP {status}: later")), "{error}");
        assert_eq!(asked, 3);
    }
    // Other errors are answers.
    let (error, asked) = refused(limits(), |stream| send(stream, &answer("500 No", b"")));
    assert!(error.to_string().ends_with("HTTP 500"), "{error}");
    assert_eq!(asked, 1);
}

#[test]
fn what_must_not_be_done_twice_is_asked_once() {
    let once = HttpLimits { retries: 0, ..limits() };
    let (error, asked) = refused(once, |stream| send(stream, &answer("503 Busy", b"later")));
    assert!(matches!(error, HttpError::Status { .. }), "{error}");
    assert_eq!(asked, 1);
    let (error, asked) = refused(once, |_| {});
    assert!(matches!(error, HttpError::Connection { .. }), "{error}");
    assert_eq!(asked, 1);
}

#[test]
fn a_server_that_asks_to_wait_for_years_is_not_waited_for() {
    for wish in ["99999999", "61", "99999999999999999999999999"] {
        let head = format!("429 Slow down\r\nretry-after: {wish}");
        let (error, asked) = refused(limits(), move |stream| send(stream, &answer(&head, b"")));
        let seconds = wish.parse().unwrap_or(u64::MAX);
        assert!(matches!(error, HttpError::Busy { seconds: found, .. } if found == seconds), "{error}");
        assert_eq!(asked, 1);
    }
    // What is no number of seconds is no wish: our own pause counts.
    for wish in ["-1", "", "Fri, 31 Dec 9999 23:59:59 GMT", "1e9"] {
        let head = format!("429 Slow down\r\nretry-after: {wish}");
        let (error, asked) = refused(limits(), move |stream| send(stream, &answer(&head, b"")));
        assert!(matches!(error, HttpError::Status { .. }), "{wish}: {error}");
        assert_eq!(asked, 3, "{wish}");
    }
}

#[test]
fn a_key_that_a_server_repeats_is_struck() {
    for status in ["404 No", "500 No"] {
        let server = RawServer::start(move |request, stream| {
            send(stream, &answer(status, format!("Cannot {}\x1b[2J", request[0]).as_bytes()));
        });
        let client = client(&server.url, limits());
        let error = client.post_json("", None, b"{}").expect("an answer").into_error();
        let words = words(&error);
        assert!(words.contains("Cannot POST …") && !words.contains('\x1b'), "{words}");
    }
    let server = RawServer::start(|_, stream| send(stream, &answer("401 No", b"bad pa55-w0rd and Y29kZWQ=")));
    let client = client(&server.url, limits());
    let client = client.sending(["pa55-w0rd".to_owned(), "Y29kZWQ=".to_owned()]);
    let error = client.get("/x").expect("an answer").into_error();
    assert!(error.to_string().ends_with("/…/x: HTTP 401: bad … and …"), "{error}");
}

#[test]
fn a_server_that_is_gone_or_silent_is_named_without_its_key() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    // Accepts connections in the kernel and never reads from them.
    let short = HttpLimits { timeout: Duration::from_millis(50), ..limits() };
    let error = client(&url, short).get("/x").expect_err("silence");
    assert!(matches!(error, HttpError::Timeout { .. }) && words(&error).contains(&url), "{error}");
    drop(listener);
    let error = client(&url, limits()).get("/x").expect_err("nobody");
    assert!(matches!(error, HttpError::Connection { .. }) && words(&error).contains(&url), "{error}");
}
