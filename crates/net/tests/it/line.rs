use std::{net::TcpListener, time::Duration};

use tracehound_model::endpoint::Endpoint;
use tracehound_net::{Answer, HttpError, HttpLimits, Line};
use tracehound_testkit::{
    http::{RawServer, send},
    socket::{Say, SocketServer},
};

use crate::{KEY, answer, words};

fn limits() -> HttpLimits {
    HttpLimits { timeout: Duration::from_secs(20), body: 10_000, retries: 2, pause: Duration::ZERO }
}

fn line_to(url: &str, limits: HttpLimits) -> Line {
    Line::new(Endpoint::parse_socket(&format!("{url}/{KEY}?token={KEY}")).expect("an address"), limits)
}

/// Takes for an answer whatever does not begin with `by the way`.
fn ask(line: &mut Line, question: &str) -> Result<String, HttpError> {
    let is_answer = |said: &[u8]| !said.starts_with(b"by the way");
    line.ask(question, &is_answer).and_then(Answer::ok).map(|body| String::from_utf8(body).expect("text"))
}

fn text(words: &str) -> Say {
    Say::Text(words.to_owned())
}

/// What is said of a server that does this, and how many sockets it was asked for.
fn refused(
    limits: HttpLimits,
    say: impl Fn(usize, &str) -> Vec<Say> + Send + Sync + 'static,
) -> (HttpError, usize) {
    let server = SocketServer::start(say);
    let error = ask(&mut line_to(server.url(), limits), "?").expect_err("refused");
    assert!(words(&error).contains(server.url()), "{error}");
    (error, server.opened())
}

#[test]
fn one_socket_carries_questions_and_answers_whatever_else_is_said_on_it() {
    let server = SocketServer::start(|_, asked| {
        vec![text("by the way"), Say::Ping, text("by the way, too"), text(&format!("{asked}!"))]
    });
    let mut line = line_to(server.url(), limits());
    for question in ["one", "two", "three"] {
        assert_eq!(ask(&mut line, question).expect("answered"), format!("{question}!"));
    }
    assert_eq!(server.opened(), 1);
    assert!(!format!("{line:?}").contains("s3cr3t"));
    line.hang_up();
    assert_eq!(ask(&mut line, "four").expect("answered"), "four!");
    assert_eq!(server.opened(), 2, "after it was ended another is opened");
}

#[test]
fn a_socket_that_ends_is_opened_again_and_the_question_asked_anew() {
    // Half an answer and gone; gone with a word; and then an answer.
    let server = SocketServer::start(|connection, asked| match connection {
        0 => vec![Say::Half("an answer of which half comes".to_owned())],
        1 => vec![Say::End("too many, s3cr3t-k3y-in-the-path")],
        _ => vec![text(asked), Say::End("idle")],
    });
    let mut line = line_to(server.url(), limits());
    assert_eq!(ask(&mut line, "once").expect("at last"), "once");
    assert_eq!(server.opened(), 3);
    // It was ended in silence meanwhile, which is no failure: as many tries are left as ever.
    let mut impatient = line_to(server.url(), HttpLimits { retries: 0, ..limits() });
    assert_eq!(ask(&mut impatient, "twice").expect("answered"), "twice");
    assert_eq!(ask(&mut impatient, "thrice").expect("answered"), "thrice");
    // Tries end.
    let (error, opened) = refused(limits(), |_, _| vec![Say::End("too many, s3cr3t-k3y-in-the-path")]);
    assert!(matches!(error, HttpError::Connection { .. }), "{error}");
    assert!(error.to_string().contains("it ended the connection (1013): too many, …"), "{error}");
    assert_eq!(opened, 3, "as often as told, and no more");
}

#[test]
fn an_answer_beyond_the_limit_is_not_read_whatever_its_pieces() {
    let most = "x".repeat(10_000);
    let more = format!("{most}x");
    for said in [
        vec![Say::Text(more)],
        // A gigabyte is announced, and nothing of it comes.
        vec![Say::Bytes(&[0x81, 127, 0, 0, 0, 0, 0x40, 0, 0, 0]), Say::Ping],
        // Ever more pieces of one message.
        vec![
            Say::Bytes(&[0x01, 0x04, b'm', b'o', b'r', b'e']),
            Say::Forever(&[0x00, 0x04, b'm', b'o', b'r', b'e']),
        ],
    ] {
        let (error, opened) = refused(limits(), move |_, _| said.clone());
        assert!(matches!(error, HttpError::TooLarge { limit: 10_000, .. }), "{error}");
        assert_eq!(opened, 1, "what was too large once is not asked for again");
    }
    let server = SocketServer::start(move |_, _| vec![text(&most)]);
    assert_eq!(ask(&mut line_to(server.url(), limits()), "?").expect("fits").len(), 10_000);
}

#[test]
fn nothing_that_goes_on_for_ever_is_heard_beyond_the_time_limit() {
    let short = HttpLimits { timeout: Duration::from_millis(100), ..limits() };
    let (error, opened) = refused(short, |_, _| Vec::new());
    assert!(error.to_string().contains("no complete answer within 0.1 s"), "{error}");
    assert_eq!(opened, 1, "what was slow once is not waited for again");
    for said in [
        // Whether somebody is there, again and again.
        vec![Say::Forever(&[0x89, 0x00])],
        // A message of pieces with nothing in them.
        vec![Say::Bytes(&[0x01, 0x00]), Say::Forever(&[0x00, 0x00])],
        // Other things than the answer.
        vec![Say::Forever(b"\x81\x0aby the way")],
    ] {
        let shown = format!("{said:?}");
        let (error, _) = refused(short, move |_, _| said.clone());
        assert!(matches!(error, HttpError::Timeout { .. }), "{shown}: {error}");
    }
    // A server that takes the connection and says nothing at all.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    for scheme in ["ws", "wss"] {
        let url = format!("{scheme}://{}", listener.local_addr().expect("bound"));
        let error = ask(&mut line_to(&url, short), "?").expect_err("never");
        assert!(matches!(error, HttpError::Timeout { .. }), "{error}");
        assert!(words(&error).contains(&url), "{error}");
    }
}

#[test]
fn what_opens_no_socket_is_told_as_over_http() {
    let tried = |head: &'static str, body: &'static [u8]| {
        let server = RawServer::start(move |_, stream| send(stream, &answer(head, body)));
        let url = server.url.replacen("http", "ws", 1);
        let error = ask(&mut line_to(&url, limits()), "?").expect_err("no socket");
        assert!(words(&error).contains(&url), "{error}");
        let asked = server.requests()[0][0].clone();
        assert_eq!(asked, format!("GET /{KEY}?token={KEY} HTTP/1.1"));
        (error, server.asked())
    };
    let (error, asked) = tried("200 OK", b"");
    assert!(error.to_string().contains("a web server answers there, and opens no socket"), "{error}");
    assert_eq!(asked, 1);
    let (error, asked) = tried("401 Unauthorized", b"no such project: s3cr3t-k3y-in-the-path");
    assert!(error.to_string().contains("HTTP 401: no such project: …"), "{error}");
    assert_eq!(asked, 1);
    let (error, _) = tried("302 Found\r\nlocation: ws://127.0.0.1:9/", b"");
    assert!(matches!(error, HttpError::Moved { status: 302, .. }), "{error}");
    let (error, asked) = tried("429 Too Many Requests", b"slow down");
    assert!(matches!(error, HttpError::Status { status: 429, .. }), "{error}");
    assert_eq!(asked, 3, "one that is busy is asked again");
    let (error, asked) = tried("503 Busy\r\nretry-after: 3600", b"");
    assert!(matches!(error, HttpError::Busy { seconds: 3_600, .. }), "{error}");
    assert_eq!(asked, 1);
    // A server without TLS where it is expected.
    let server = SocketServer::start(|_, _| Vec::new());
    let error = ask(&mut line_to(&server.url().replacen("ws", "wss", 1), limits()), "?").expect_err("no TLS");
    assert!(matches!(error, HttpError::Connection { .. }), "{error}");
    words(&error);
}
