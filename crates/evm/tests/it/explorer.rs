//! An explorer that cuts its lists off, has no time, sells some of them, and says what cannot be.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use alloy_primitives::{Address, B256, address};
use serde_json::{Value, json};
use tracehound_evm::{
    chains::Rules,
    explorer::{Explorer, ExplorerAccount, ExplorerError, ExplorerOptions, List},
    rpc::HttpLimits,
};
use tracehound_model::transfer::MovementKind;
use tracehound_testkit::http::{Request, Response, Server};

const ACCOUNT: Address = address!("00000000000000000000000000000000000000a1");
const OTHER: &str = "0x00000000000000000000000000000000000000b2";
const KEY: &str = "SESAMEOPEN12345";

/// The parameters of a question.
fn asked(request: &Request) -> BTreeMap<String, String> {
    let query = request.path.split_once('?').expect("a query").1;
    query
        .split('&')
        .filter_map(|part| part.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn hash(number: u64) -> B256 {
    B256::left_padding_from(&(0xaa_0000 + number).to_be_bytes())
}

/// A transaction to the account, of `number` wei.
fn row(block: u64, number: u64) -> Value {
    json!({ "blockNumber": block.to_string(), "timeStamp": "1600000000", "hash": hash(number), "from": OTHER,
        "to": ACCOUNT, "value": number.to_string(), "gasUsed": "21000", "gasPrice": "2", "isError": "0",
        "contractAddress": "", "confirmations": "7" })
}

fn told(rows: &[Value]) -> Response {
    let (status, message) = if rows.is_empty() { ("0", "No transactions found") } else { ("1", "OK") };
    Response::ok(json!({ "status": status, "message": message, "result": rows }).to_string())
}

/// A server with these rows of a list, and a cap on a page that it does not speak of.
fn server(list: List, rows: Vec<Value>, cap: usize) -> (Server, Arc<AtomicU64>) {
    let questions = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&questions);
    let server = Server::start(move |request| {
        count.fetch_add(1, Ordering::SeqCst);
        let asked = asked(request);
        assert_eq!(
            (asked["apikey"].as_str(), asked["chainid"].as_str(), asked["sort"].as_str()),
            (KEY, "1", "asc")
        );
        if asked["action"] != list.action() {
            return Some(told(&[]));
        }
        let number = |name: &str| asked[name].parse::<u64>().expect("a number");
        let block = |row: &Value| row["blockNumber"].as_str().and_then(|text| text.parse().ok()).unwrap_or(0);
        let size = usize::try_from(number("offset")).expect("small").min(cap);
        let inside: Vec<Value> = rows
            .iter()
            .filter(|row| (number("startblock")..=number("endblock")).contains(&block(row)))
            .skip((usize::try_from(number("page")).expect("small") - 1) * size)
            .take(size)
            .cloned()
            .collect();
        Some(told(&inside))
    });
    (server, questions)
}

fn options() -> ExplorerOptions {
    let limits =
        HttpLimits { pause: Duration::ZERO, timeout: Duration::from_secs(10), ..HttpLimits::default() };
    ExplorerOptions { limits, per_second: None, ..ExplorerOptions::default() }
}

fn ask_as(url: &str, chain: u64, options: ExplorerOptions) -> Result<ExplorerAccount, ExplorerError> {
    let mut explorer =
        Explorer::new(&format!("{url}/v2/api"), Some(KEY), Rules::of(chain).expect("rules"), options)
            .expect("an address");
    assert!(!format!("{explorer:?}").contains(KEY));
    explorer.account(ACCOUNT, 100, 999_999)
}

fn ask(url: &str) -> Result<ExplorerAccount, ExplorerError> {
    ask_as(url, 1, options())
}

/// What an explorer is refused for that answers everything with this.
fn refused(answer: impl Fn() -> Response + Send + 'static) -> String {
    let server = Server::start(move |_| Some(answer()));
    let error = ask(&server.url()).expect_err("refused").to_string();
    assert!(error.contains("http://127.0.0.1:") && !error.to_ascii_lowercase().contains("sesame"), "{error}");
    error
}

#[test]
fn every_row_is_read_however_short_the_pages_are() {
    // Fifty blocks, some with many rows; the last one ends with a full page.
    let mut rows = Vec::new();
    for block in 0..50u64 {
        for _ in 0..[1, 2, 7, 1, 3][usize::try_from(block % 5).expect("small")] {
            rows.push(row(200 + block, rows.len() as u64 + 1));
        }
    }
    let total = rows.len() as u64;
    for (page, cap) in [(1_000, 1_000), (10, 10), (7, 7), (1_000, 8), (4, 4), (140, 140), (10, 3)] {
        let (server, questions) = server(List::Transactions, rows.clone(), cap);
        let found = ask_as(&server.url(), 1, ExplorerOptions { page, ..options() }).expect("told");
        assert_eq!(found.unread, [], "{page} {cap}");
        let amounts: Vec<u64> = found
            .txs
            .iter()
            .flat_map(|tx| &tx.movements)
            .filter(|moved| moved.kind == MovementKind::Native)
            .filter_map(|moved| moved.amount.to_u64())
            .collect();
        assert_eq!(amounts, (1..=total).collect::<Vec<_>>(), "{page} {cap}: each once, in order");
        assert_eq!(found.questions, questions.load(Ordering::SeqCst));
    }
}

#[test]
fn a_block_with_more_rows_than_are_told_is_said_to_be_unread() {
    let rows: Vec<Value> =
        (0..500).map(|number| row(if number < 450 { 300 } else { 400 }, number + 1)).collect();
    let (server, _) = server(List::Transactions, rows, 20);
    let found = ask_as(&server.url(), 1, ExplorerOptions { page: 20, ..options() }).expect("told");
    assert_eq!(found.unread.len(), 1);
    assert_eq!(
        (found.unread[0].list, found.unread[0].from, found.unread[0].to),
        (List::Transactions, 300, 300)
    );
    // What comes behind it is read.
    assert_eq!(found.txs.iter().filter(|tx| tx.block == 400).count(), 50);
    assert!(found.unread[0].why.contains("the block has more rows"), "{}", found.unread[0].why);
}

#[test]
fn what_a_budget_leaves_out_is_said() {
    let rows: Vec<Value> = (0..50).map(|number| row(200 + number, number + 1)).collect();
    let (server, _) = server(List::Transactions, rows, 5);
    let few = ExplorerOptions { questions: 4, page: 5, ..options() };
    let found = ask_as(&server.url(), 1, few).expect("told");
    // Four pages of five, of each of which the last block is asked for again.
    assert_eq!((found.txs.len(), found.questions), (16, 4));
    let lists: Vec<List> = found.unread.iter().map(|unread| unread.list).collect();
    assert_eq!(lists, List::ALL);
    assert_eq!((found.unread[0].from, found.unread[1].from), (216, 100));
}

#[test]
fn only_what_moves_value_moves_and_nothing_of_what_failed() {
    let server = Server::start(|request| {
        let tx = |number: u64, rest: Value| {
            let mut row = row(200 + number, number);
            for (name, value) in rest.as_object().expect("an object") {
                row[name] = value.clone();
            }
            row
        };
        let rows = match asked(request)["action"].as_str() {
            "txlist" => vec![
                tx(1, json!({ "from": ACCOUNT, "to": OTHER, "isError": "1", "value": "50" })),
                tx(2, json!({ "from": ACCOUNT, "to": OTHER, "value": "0", "L1FeesPaid": "9" })),
                tx(3, json!({ "from": ACCOUNT, "to": "", "contractAddress": OTHER, "value": "5" })),
                tx(4, json!({ "from": ACCOUNT, "to": ACCOUNT, "value": "6" })),
            ],
            "txlistinternal" => vec![
                // Of the transaction that failed, and calls that fail, run in the caller's name or are none of value.
                tx(1, json!({ "type": "call", "value": "70" })),
                tx(5, json!({ "type": "call", "value": "71", "isError": "1" })),
                tx(5, json!({ "type": "delegatecall", "value": "72" })),
                tx(5, json!({ "type": "callcode", "value": "73" })),
                tx(5, json!({ "type": "call", "value": "74" })),
                tx(6, json!({ "type": "suicide", "value": "75" })),
                tx(
                    7,
                    json!({ "type": "create2", "from": ACCOUNT, "to": "", "contractAddress": OTHER, "value": "76" }),
                ),
            ],
            "tokentx" => vec![
                tx(
                    8,
                    json!({ "from": "0x0000000000000000000000000000000000000000", "contractAddress": OTHER, "value": "80" }),
                ),
                tx(8, json!({ "contractAddress": OTHER, "value": "0" })),
            ],
            "tokennfttx" => vec![tx(9, json!({ "contractAddress": OTHER, "tokenID": "123", "value": null }))],
            "token1155tx" => {
                vec![tx(9, json!({ "contractAddress": OTHER, "tokenID": "4", "tokenValue": "90" }))]
            }
            "txsBeaconWithdrawal" => {
                vec![json!({ "withdrawalIndex": "1", "validatorIndex": "2", "address": ACCOUNT,
                "amount": "3", "blockNumber": "300", "timestamp": "1600000000" })]
            }
            other => panic!("{other}"),
        };
        let start: u64 = asked(request)["startblock"].parse().expect("a number");
        let page = asked(request)["page"].clone();
        let rows: Vec<Value> = rows
            .into_iter()
            .filter(|row| {
                row["blockNumber"].as_str().expect("a text").parse::<u64>().expect("a number") >= start
                    && page == "1"
            })
            .collect();
        Some(told(&rows))
    });
    let found = ask(&server.url()).expect("told");
    assert_eq!(found.unread, []);
    let all: Vec<String> = found
        .txs
        .iter()
        .flat_map(|tx| tx.movements.iter().map(move |moved| (tx.block, moved)))
        .map(|(block, moved)| {
            assert!(!moved.proved);
            let [from, to] = [moved.from, moved.to].map(|account| match account {
                None => '-',
                Some(account) if account.to_string().to_ascii_lowercase().ends_with("a1") => 'A',
                Some(_) => 'B',
            });
            format!("{block} {:?} {from}{to} {}", moved.kind, moved.amount)
        })
        .collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn a_coin_that_also_speaks_as_a_token_is_counted_once_and_a_list_that_is_sold_is_unread() {
    let server = Server::start(|request| {
        let asked = asked(request);
        let rows = match (asked["action"].as_str(), asked["page"].as_str(), asked["startblock"].as_str()) {
            ("tokentx", "1", "100") => vec![
                json!({ "blockNumber": "200", "timeStamp": "1", "hash": hash(1), "from": OTHER, "to": ACCOUNT,
                "contractAddress": "0x0000000000000000000000000000000000001010", "value": "5" }),
            ],
            ("txlistinternal", ..) => {
                let sold = json!({ "status": "0", "message": "NOTOK", "result": "Sorry, it looks like you are trying to access an API Pro endpoint." });
                return Some(Response::ok(sold.to_string()));
            }
            _ => Vec::new(),
        };
        Some(told(&rows))
    });
    let found = ask_as(&server.url(), 137, options()).expect("told");
    assert!(found.txs.iter().all(|tx| tx.movements.is_empty()));
    assert_eq!(found.unread.len(), 1);
    assert!(
        found.unread[0].list == List::Internal && found.unread[0].why.contains("API Pro"),
        "{:?}",
        found.unread
    );
}

#[test]
fn a_busy_explorer_is_asked_again_and_a_wrong_key_is_said_without_it() {
    let busy = json!({ "status": "0", "message": "NOTOK", "result": "Max calls per sec rate limit reached (3/sec)" }).to_string();
    let count = AtomicU64::new(0);
    let answer = busy.clone();
    let server = Server::start(move |_| {
        Some(if count.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
            Response::ok(answer.clone())
        } else {
            told(&[])
        })
    });
    assert_eq!(ask(&server.url()).expect("told").unread, []);
    assert!(refused(move || Response::ok(busy.clone())).contains("rate limit"));
    let key = format!(r#"{{"status":"0","message":"NOTOK","result":"Invalid API Key {KEY} (#err2)"}}"#);
    assert!(refused(move || Response::ok(key.clone())).contains("Invalid API Key"));
    assert!(refused(|| Response::status(403, "SESAMEOPEN12345 is no key")).contains("HTTP 403"));
}

#[test]
fn what_cannot_be_is_an_error_and_never_an_empty_list() {
    let says = |rows: Value| {
        refused(move || {
            Response::ok(json!({ "status": "1", "message": "OK", "result": rows.clone() }).to_string())
        })
    };
    let with = |name: &str, value: Value| {
        let mut row = row(200, 1);
        row[name] = value;
        row
    };
    assert!(says(json!([row(300, 1), row(200, 2)])).contains("has a row of block 200 where one from 300"));
    assert!(says(json!([row(99, 1)])).contains("has a row of block 99"));
    assert!(says(json!([with("to", json!(OTHER))])).contains("about others than the account"));
    for (name, value) in [
        ("value", json!("1.5")),
        ("value", json!("-1")),
        ("value", json!("0x10")),
        ("value", json!("9".repeat(100))),
        ("blockNumber", json!("-1")),
        ("hash", Value::Null),
        ("isError", Value::Null),
        ("isError", json!("maybe")),
        ("to", json!("0x12")),
        ("gasUsed", Value::Null),
    ] {
        let error = says(json!([with(name, value.clone())]));
        assert!(error.contains("the answer to txlist has"), "{name} {value}: {error}");
    }
    assert!(refused(|| Response::ok("<html>")).contains("another form"));
    assert!(refused(|| Response::ok("{}")).contains("another form"));
    // An empty list that is no answer.
    let no = || Response::ok(r#"{"status":"0","message":"NOTOK","result":[]}"#);
    assert!(refused(no).contains("NOTOK"));
    let timeout = || Response::ok(r#"{"status":"0","message":"Query Timeout occured","result":null}"#);
    assert!(refused(timeout).contains("Query Timeout"));
}
