//! Transactions from an Esplora server into their cache, and out of it again.

use std::{fs, path::Path, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tracehound_analysis::{Counterparties, Limits};
use tracehound_bitcoin::live::{HttpLimits, LiveError, esplora::EsploraLimits};
use tracehound_ingest::{EsploraError, EsploraExtract, EsploraOptions, EsploraSubject, Fetch, fetch_esplora};
use tracehound_ledger::Ledger;
use tracehound_model::{Address, BitcoinNetwork, OutPoint, ScriptKey, ScriptType, TxId};
use tracehound_testkit::esplora::{Chain, EsploraServer};

fn owner(n: u8) -> Address {
    let key = ScriptKey::new(ScriptType::P2wpkh, &[n; 20]).expect("20 bytes");
    Address::from_script(BitcoinNetwork::Mainnet, &key).expect("has an address")
}

fn options(server: &EsploraServer) -> EsploraOptions {
    let http =
        HttpLimits { timeout: Duration::from_secs(10), pause: Duration::ZERO, ..HttpLimits::default() };
    EsploraOptions {
        limits: EsploraLimits { http, ..EsploraLimits::default() },
        ..EsploraOptions::new(server.url(), BitcoinNetwork::Mainnet)
    }
}

fn moment(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + minutes * 60).expect("in range")
}

fn about(dir: &Path, options: &EsploraOptions, subjects: &[EsploraSubject], minutes: i64) -> EsploraExtract {
    fetch_esplora(dir, options, subjects, moment(minutes), &|_| ()).expect("fetches")
}

fn address(n: u8) -> EsploraSubject {
    EsploraSubject::Address(owner(n))
}

fn content(dir: &Path) -> String {
    let names = fs::read_dir(dir).expect("there").map(|entry| entry.expect("readable").path());
    let ledgers: Vec<_> = names.filter(|path| path.is_dir()).collect();
    assert_eq!(ledgers.len(), 1, "no old or half-written ledger is left: {ledgers:?}");
    Ledger::open(&ledgers[0]).expect("opens").verify().expect("whole").content
}

/// Ids of all transactions in a ledger, in its order.
fn txids(ledger: &Ledger) -> Vec<TxId> {
    (0..ledger.info().txs).map(|num| ledger.tx(tracehound_ledger::TxNum(num)).expect("there").txid).collect()
}

/// Owner 1 gets 100,000 from owner 2 in block 10 and pays 60,000 of it to owner 3 in block 20.
fn story(chain: &mut Chain) -> [TxId; 2] {
    let got = chain.tx(Some(10), &[(None, 101_000, owner(2))], &[(100_000, owner(1))]);
    let coin = OutPoint { txid: got, vout: 0 };
    let paid =
        chain.tx(Some(20), &[(Some(coin), 100_000, owner(1))], &[(60_000, owner(3)), (39_000, owner(1))]);
    [got, paid]
}

fn requests(asked: &[String], part: &str) -> usize {
    asked.iter().filter(|path| path.contains(part)).count()
}

#[test]
fn counterparties_come_out_of_what_was_fetched_and_nothing_is_asked_twice() {
    let dir = tempfile::tempdir().expect("folder");
    let server = EsploraServer::start(|chain| {
        story(chain);
        chain.tip = 500;
    });
    let found = about(dir.path(), &options(&server), &[address(1)], 0);
    let fetch = &found.fetches[0];
    assert_eq!((fetch.txs, fetch.waiting, fetch.complete, fetch.tip), (2, 0, true, 500));
    let num = |n| found.ledger.find_address(owner(n).script().expect("Bitcoin's")).expect("in the cache");
    let parties = Counterparties::of(&found.ledger, &[num(1)].into(), Limits::default());
    assert_eq!(parties.incoming[&num(2)].amount, 100_000);
    assert_eq!(parties.outgoing[&num(3)].amount, 60_000);
    assert_eq!((parties.unresolved_txs, parties.cut), (0, false));
    let asked = server.asked();
    assert_eq!(requests(&asked, "/header"), 3, "one for each block and the tip: {asked:?}");

    let again = about(dir.path(), &options(&server), &[address(1)], 59);
    assert_eq!(server.asked(), [""; 0]);
    assert_eq!((again.digest, &again.fetches), (found.digest, &found.fetches));
    let later = about(dir.path(), &options(&server), &[address(1)], 60);
    let asked = server.asked();
    assert_eq!(later.fetches[0].at, moment(60));
    assert_eq!(
        (requests(&asked, "/txs/"), requests(&asked, "/header")),
        (3, 1),
        "but for the tip's, headers are kept: {asked:?}"
    );
    let other = EsploraOptions { url: format!("{}/", server.url()), ..options(&server) };
    about(dir.path(), &other, &[address(1)], 61);
    assert_eq!(server.asked(), [""; 0], "the same server, written in another way");
}

#[test]
fn the_order_of_questions_leaves_no_trace() {
    let server = EsploraServer::start(|chain| {
        let [_, paid] = story(chain);
        // Owner 3 passes it on three times within one block, each spending what came before.
        let mut coin = OutPoint { txid: paid, vout: 0 };
        for step in 0..3 {
            let value = 60_000 - step * 1_000;
            let txid = chain.tx(Some(21), &[(Some(coin), value, owner(3))], &[(value - 1_000, owner(3))]);
            coin = OutPoint { txid, vout: 0 };
        }
    });
    let dirs = [(); 3].map(|()| tempfile::tempdir().expect("folder"));
    for (dir, order) in dirs.iter().zip([&[1, 2, 3][..], &[3, 1, 2], &[2, 3, 1, 3]]) {
        for n in order {
            about(dir.path(), &options(&server), &[address(*n)], 0);
        }
    }
    assert_eq!(content(dirs[0].path()), content(dirs[1].path()));
    assert_eq!(content(dirs[0].path()), content(dirs[2].path()));
    let ledger = about(dirs[1].path(), &options(&server), &[address(3)], 1).ledger;
    assert_eq!(ledger.info().txs, 5);
    assert_eq!(ledger.info().missing_inputs, 1, "only what owner 2 spent comes from outside");
}

#[test]
fn what_a_limit_cuts_off_is_said_and_a_higher_limit_fetches_it() {
    let dir = tempfile::tempdir().expect("folder");
    let server = EsploraServer::start(|chain| {
        for height in 0..60 {
            chain.tx(Some(100 + height), &[(None, 2_000, owner(2))], &[(1_000, owner(1))]);
        }
    });
    let few = EsploraOptions { headers: 7, ..options(&server) };
    let found = about(dir.path(), &few, &[address(1)], 0);
    assert_eq!((found.fetches[0].txs, found.fetches[0].complete), (7, false));
    assert!(
        found.fetches[0].gaps()[0].sentence.contains("only the newest 7"),
        "{:?}",
        found.fetches[0].gaps()
    );
    server.asked();
    about(dir.path(), &few, &[address(1)], 1);
    assert_eq!(server.asked(), [""; 0], "asking again would not give more");

    let mut pages = options(&server);
    pages.limits.pages = 1;
    let found = about(dir.path(), &EsploraOptions { headers: 100, ..pages }, &[address(2)], 1);
    assert_eq!((found.fetches[0].txs, found.fetches[0].complete), (25, false));
    let asked = server.asked();
    assert_eq!(requests(&asked, "/header"), 19, "seven were there, and the tip's is asked for: {asked:?}");

    let found = about(dir.path(), &options(&server), &[address(1)], 1);
    assert_eq!((found.fetches[0].txs, found.fetches[0].complete), (60, true));
    assert_eq!(found.ledger.info().txs, 60);
}

#[test]
fn transactions_in_no_block_are_left_out_until_they_are_in_one() {
    let dir = tempfile::tempdir().expect("folder");
    let server = EsploraServer::start(|chain| {
        story(chain);
    });
    let waiting = server.change(|chain| chain.tx(None, &[(None, 9_000, owner(4))], &[(8_000, owner(1))]));
    let found = about(dir.path(), &options(&server), &[address(1), EsploraSubject::Tx(waiting)], 0);
    assert_eq!((found.fetches[0].txs, found.fetches[0].waiting, found.fetches[0].complete), (2, 1, true));
    assert!(found.fetches[0].gaps()[1].sentence.contains("in no block yet were left out: 1"));
    assert_eq!((found.fetches[1].txs, found.fetches[1].complete), (0, false));
    assert!(
        found.fetches[1].gaps()[0].sentence.contains("is in no block yet"),
        "{:?}",
        found.fetches[1].gaps()
    );
    assert_eq!(found.ledger.find_tx(&waiting), None);
    server.change(|chain| chain.moves(waiting, Some(30)));
    let found = about(dir.path(), &options(&server), &[address(1), EsploraSubject::Tx(waiting)], 100);
    assert_eq!((found.fetches[0].txs, found.fetches[0].waiting), (3, 0));
    assert!(found.fetches[1].complete && found.ledger.find_tx(&waiting).is_some());
}

#[test]
fn a_transaction_alone_can_be_asked_for_and_one_that_nobody_knows() {
    let dir = tempfile::tempdir().expect("folder");
    let mut paid = TxId::default();
    let server = EsploraServer::start(|chain| paid = story(chain)[1]);
    let unknown = TxId([9; 32]);
    let subjects = [EsploraSubject::Tx(paid), EsploraSubject::Tx(unknown)];
    let found = about(dir.path(), &options(&server), &subjects, 0);
    assert_eq!(txids(&found.ledger), [paid]);
    assert!(found.fetches[0].complete && !found.fetches[1].complete);
    assert!(found.fetches[1].gaps()[0].sentence.contains("knows no such transaction"));
}

#[test]
fn what_a_reorganisation_took_back_is_gone_after_the_next_fetch() {
    let dir = tempfile::tempdir().expect("folder");
    let mut ids = [TxId::default(); 2];
    let server = EsploraServer::start(|chain| ids = story(chain));
    about(dir.path(), &options(&server), &[address(1), address(3)], 0);
    server.change(|chain| {
        chain.branch = 2;
        chain.forget(ids[1]);
    });
    let found = about(dir.path(), &options(&server), &[address(1)], 100);
    assert_eq!(txids(&found.ledger), ids[..1], "also where owner 3 was asked about before");
    let block = found.ledger.block_of(tracehound_ledger::TxNum(0)).expect("there");
    assert_eq!((block.hash, block.height), (server.change(|chain| chain.block(10)), Some(10)));
}

/// Whichever answer the server fails at: an error that names it, and everything as before.
#[test]
fn a_server_that_fails_on_the_way_changes_nothing() {
    let dir = tempfile::tempdir().expect("folder");
    let server = EsploraServer::start(|chain| {
        story(chain);
        chain.tx(Some(40), &[(None, 9_000, owner(5))], &[(8_000, owner(6)), (500, owner(7))]);
    });
    about(dir.path(), &options(&server), &[address(1)], 0);
    let before = content(dir.path());
    server.asked();
    about(tempfile::tempdir().expect("folder").path(), &options(&server), &[address(6)], 0);
    let needed = server.asked().len();
    assert_eq!(needed, 8, "three for the chain and its tip's header, three pages, a header");
    for answers in 0..needed {
        server.fails_after(answers);
        let error = fetch_esplora(dir.path(), &options(&server), &[address(6)], moment(1), &|_| ())
            .expect_err("fails");
        assert!(error.to_string().contains(&server.url()), "{error}");
        assert!(error.to_string().contains("out of order"), "{error}");
        assert_eq!(content(dir.path()), before);
    }
    // What was fetched before the failure is kept, and asked for no more.
    server.fails_after(needed);
    let both = [address(6), address(3)];
    fetch_esplora(dir.path(), &options(&server), &both, moment(1), &|_| ()).expect_err("fails at the second");
    server.fails_after(0);
    about(dir.path(), &options(&server), &[address(6), address(1)], 2);
}

#[test]
fn a_server_of_another_network_is_refused_before_anything_is_kept() {
    let dir = tempfile::tempdir().expect("folder");
    let server = EsploraServer::start(|chain| {
        story(chain);
    });
    let key = *owner(1).script().expect("Bitcoin's");
    let signet = Address::from_script(BitcoinNetwork::Signet, &key).expect("has an address");
    let wrong = EsploraOptions { network: BitcoinNetwork::Signet, ..options(&server) };
    let error = fetch_esplora(dir.path(), &wrong, &[EsploraSubject::Address(signet)], moment(0), &|_| ())
        .expect_err("refused");
    assert!(matches!(error, EsploraError::Live(LiveError::Network { .. })), "{error}");
    assert_eq!(fs::read_dir(dir.path()).expect("there").count(), 0);
}

#[test]
fn what_a_crash_leaves_behind_is_cleared_away_and_damage_is_named() {
    let dir = tempfile::tempdir().expect("folder");
    let server = EsploraServer::start(|chain| {
        story(chain);
    });
    about(dir.path(), &options(&server), &[address(1)], 0);
    // Killed while the next ledger was being written, and while the record was.
    fs::create_dir(dir.path().join("ledger-2")).expect("made");
    fs::write(dir.path().join("ledger-2/half.seg"), "half").expect("written");
    fs::write(dir.path().join("fetched.tmp"), "{").expect("written");
    let found = about(dir.path(), &options(&server), &[address(3)], 0);
    assert_eq!(found.ledger.info().txs, 2);
    content(dir.path());

    let record = dir.path().join("fetched.json");
    let whole = fs::read_to_string(&record).expect("text");
    for damaged in ["", "{}", &whole.replace("\"version\": 1", "\"version\": 9"), &whole[..whole.len() / 2]] {
        fs::write(&record, damaged).expect("written");
        let error = fetch_esplora(dir.path(), &options(&server), &[address(1)], moment(1), &|_| ())
            .expect_err("damaged");
        assert!(matches!(error, EsploraError::Damaged { .. }), "{error}");
        assert!(
            error.to_string().contains("fetched.json") && error.to_string().contains("delete"),
            "{error}"
        );
    }
}

#[test]
fn many_at_once_share_one_cache() {
    let dir = tempfile::tempdir().expect("folder");
    let server = EsploraServer::start(|chain| {
        for n in 1..8 {
            chain.tx(Some(u32::from(n)), &[(None, 9_000, owner(100))], &[(8_000, owner(n))]);
        }
    });
    std::thread::scope(|scope| {
        for n in 1..8 {
            let (options, dir) = (options(&server), dir.path());
            scope.spawn(move || about(dir, &options, &[address(n)], 0));
        }
    });
    server.asked();
    let subjects: Vec<EsploraSubject> = (1..8).map(address).collect();
    let found = about(dir.path(), &options(&server), &subjects, 1);
    assert_eq!(server.asked(), [""; 0]);
    assert_eq!(found.ledger.info().txs, 7);
}

#[test]
fn only_subjects_of_the_network_are_asked_about() {
    let parse = |text: &str| EsploraSubject::parse(text, BitcoinNetwork::Mainnet);
    let own = owner(1).to_string();
    assert_eq!(parse(&own), Ok(Some(address(1))));
    assert_eq!(parse(&own.to_uppercase()), Ok(Some(address(1))), "one subject, however it is written");
    assert_eq!(parse("0x098B716B8Aaf21512996dC57EB0615e2383E2f96"), Ok(None));
    assert_eq!(parse("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx"), Ok(None));
    let txid = "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16";
    assert_eq!(parse(txid), Ok(Some(EsploraSubject::Tx(txid.parse().expect("64 digits")))));
    assert!(parse("1BitcoinEaterAddressDontSendf59kuF").is_err());
}

#[test]
fn a_clock_that_was_turned_back_does_not_make_an_answer_fresh_for_ever() {
    let dir = tempfile::tempdir().expect("folder");
    let server = EsploraServer::start(|chain| {
        story(chain);
    });
    let at =
        |minutes| -> Fetch { about(dir.path(), &options(&server), &[address(1)], minutes).fetches.remove(0) };
    assert_eq!(at(1_000).at, moment(1_000));
    assert_eq!(at(0).at, moment(0));
    let never = EsploraOptions { max_age: SignedDuration::ZERO, ..options(&server) };
    server.asked();
    about(dir.path(), &never, &[address(1)], 0);
    assert!(!server.asked().is_empty());
}
