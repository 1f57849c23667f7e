//! A Safe transaction service that serves pages, and one that lies, goes round in circles, or says nothing.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tracehound_evm::safe_service::{Fetched, SafeService, Which};
use tracehound_testkit::http::{RawServer, Request, Response, Server};

const SAFE: &str = "0x6666666666666666666666666666666666666666";

fn page(next: Option<&str>, nonce: u64) -> Response {
    let next = next.map_or("null".to_owned(), |next| format!("{next:?}"));
    Response::ok(format!(r#"{{"next":{next},"previous":null,"results":[{{"nonce":{nonce}}}]}}"#))
}

/// Paths asked for, with the key.
type Asked = Arc<Mutex<Vec<(String, Option<String>)>>>;

fn serve(answer: impl Fn(&Request) -> Option<Response> + Send + 'static) -> (Server, Asked) {
    let asked: Asked = Arc::default();
    let log = Arc::clone(&asked);
    let server = Server::start(move |request| {
        log.lock().expect("whole").push((request.path.clone(), request.authorization.clone()));
        answer(request)
    });
    (server, asked)
}

fn paths(asked: &Asked) -> Vec<String> {
    asked.lock().expect("whole").iter().map(|(path, _)| path.clone()).collect()
}

fn nonces(fetched: &Fetched) -> Vec<u64> {
    let pages =
        fetched.pages.iter().map(|page| serde_json::from_slice::<serde_json::Value>(page).expect("JSON"));
    pages.map(|page| page["results"][0]["nonce"].as_u64().expect("a number")).collect()
}

fn waiting(server: &Server, key: Option<&str>) -> Result<Fetched, tracehound_evm::rpc::RpcError> {
    let service = SafeService::new(&format!("{}/tx-service/eth/", server.url()), key.map(str::to_owned))?;
    service.within(Duration::from_millis(500)).transactions(SAFE, &Which::Waiting)
}

#[test]
fn every_page_is_read_with_the_key_and_a_page_of_the_past() {
    let address = Arc::new(Mutex::new(String::new()));
    let own = Arc::clone(&address);
    let (server, asked) = serve(move |request| {
        let base = own.lock().expect("whole").clone();
        let next = format!("{base}{}&offset=100", request.path);
        match request.path.as_str() {
            path if path.contains("executed=true") => Some(page(None, 1)),
            path if path.contains("offset") => Some(page(None, 8)),
            _ => Some(page(Some(&next), 7)),
        }
    });
    *address.lock().expect("whole") = server.url();
    let fetched = waiting(&server, Some("SECRETKEY")).expect("fetched");
    assert_eq!((nonces(&fetched), fetched.unread.len()), (vec![7, 8], 0));
    assert!(fetched.past.is_some());
    let asked = asked.lock().expect("whole").clone();
    let first =
        format!("/tx-service/eth/api/v2/safes/{SAFE}/multisig-transactions/?limit=100&executed=false");
    assert_eq!(asked[0].0, first);
    assert!(asked.iter().all(|(_, key)| key.as_deref() == Some("Bearer SECRETKEY")), "{asked:?}");
}

#[test]
fn a_service_without_version_2_is_asked_by_version_1_and_a_number_or_a_hash_by_its_own_list() {
    let (server, asked) = serve(|request| {
        Some(match request.path.as_str() {
            path if path.contains("/v2/") => Response::status(404, "not found"),
            path if path.contains("/api/v1/multisig-transactions/0xabc/") => {
                Response::ok(r#"{"nonce":"71"}"#)
            }
            _ => page(None, 71),
        })
    });
    let service = SafeService::new(&server.url(), None).expect("an address");
    let by_hash = service.transactions(SAFE, &Which::Hash("0xabc".to_owned())).expect("fetched");
    assert_eq!(nonces(&by_hash), [71]);
    assert!(paths(&asked).iter().any(|path| path.contains("/api/v1/safes/") && path.ends_with("nonce=71")));
    let by_nonce = service.transactions(SAFE, &Which::Nonce(71)).expect("fetched");
    assert_eq!(nonces(&by_nonce), [71]);
}

#[test]
fn another_host_a_circle_and_too_many_pages_are_said_and_not_followed() {
    let (server, asked) = serve(|request| {
        let far = "http://127.0.0.2:9/api/v2/more";
        Some(if request.path.contains("executed=true") { page(None, 1) } else { page(Some(far), 7) })
    });
    let fetched = waiting(&server, Some("SECRETKEY")).expect("fetched");
    assert_eq!(nonces(&fetched), [7]);
    assert!(fetched.unread[0].contains("http://127.0.0.2:9"), "{:?}", fetched.unread);
    assert_eq!(asked.lock().expect("whole").len(), 2, "nobody else is asked");

    let address = Arc::new(Mutex::new(String::new()));
    let own = Arc::clone(&address);
    let (server, _asked) = serve(move |request| {
        let next = format!("{}{}", own.lock().expect("whole"), request.path);
        Some(page(Some(&next), 7))
    });
    *address.lock().expect("whole") = server.url();
    let fetched = waiting(&server, None).expect("fetched");
    assert!(fetched.unread[0].contains("circle"), "{:?}", fetched.unread);

    let own = Arc::clone(&address);
    let counter = std::sync::atomic::AtomicU64::new(0);
    let (server, _asked) = serve(move |_| {
        let count = counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let next = format!("{}/api/v2/?page={count}", own.lock().expect("whole"));
        Some(page(Some(&next), count))
    });
    *address.lock().expect("whole") = server.url();
    let service = SafeService::new(&server.url(), None).expect("an address");
    let fetched = service.transactions(SAFE, &Which::Waiting).expect("fetched");
    assert_eq!(fetched.pages.len(), 20);
    assert!(fetched.unread[0].contains("more than 20 pages"), "{:?}", fetched.unread);
}

#[test]
fn a_page_that_fails_is_a_gap_a_first_page_that_fails_an_error_and_no_key_is_repeated() {
    let address = Arc::new(Mutex::new(String::new()));
    let own = Arc::clone(&address);
    let (server, _asked) = serve(move |request| {
        let next = format!("{}/api/v2/page2", own.lock().expect("whole"));
        match request.path.as_str() {
            "/api/v2/page2" => Some(Response::status(403, "key SECRETKEY is over its limit")),
            path if path.contains("executed=true") => None,
            _ => Some(page(Some(&next), 7)),
        }
    });
    *address.lock().expect("whole") = server.url();
    let fetched = waiting(&server, Some("SECRETKEY")).expect("fetched");
    assert!(fetched.unread[0].contains("page 2 could not be had"), "{:?}", fetched.unread);
    assert!(fetched.unread[1].contains("what was executed could not be had"), "{:?}", fetched.unread);
    assert!(!fetched.unread.concat().contains("SECRETKEY") && fetched.past.is_none(), "{:?}", fetched.unread);

    let (server, _asked) = serve(|_| Some(Response::ok(r#"{"count":2,"next":{"page":2},"results":[]}"#)));
    let fetched = waiting(&server, None).expect("fetched");
    assert!(fetched.unread[0].contains("what comes next is no address"), "{:?}", fetched.unread);

    let (server, _asked) = serve(|_| Some(Response::status(401, "no key SECRETKEY here")));
    let error = waiting(&server, Some("SECRETKEY")).expect_err("refused");
    assert!(error.to_string().contains("401") && !error.to_string().contains("SECRETKEY"), "{error}");
    assert!(SafeService::new("http://me:pw@127.0.0.1/", None).is_err());
}

#[test]
fn a_service_that_says_nothing_ends_in_time() {
    let silent = RawServer::start(|_, stream| {
        // Until the other side hangs up.
        let _ = std::io::Read::read(stream, &mut [0]);
    });
    let service = SafeService::new(&silent.url, None).expect("an address").within(Duration::from_millis(50));
    let error = service.transactions(SAFE, &Which::Waiting).expect_err("too long");
    assert!(error.to_string().contains("did not answer") || error.to_string().contains("within"), "{error}");
}
