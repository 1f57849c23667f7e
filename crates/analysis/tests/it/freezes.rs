//! Freezes by issuers, on acts whose answer can be worked out on paper, and against the code of a real token.

use std::fs::File;

use flate2::read::GzDecoder;
use jiff::civil::{Date, date};
use serde_json::Value;
use tracehound_analysis::freezes::{Act, Place, Said, frozen, said};
use tracehound_model::{Address, Amount, Chain};
use tracehound_testkit::shared_data;

const ETHEREUM: Chain = Chain::Evm(1);
const USDT: &str = "0xdAC17F958D2ee523a2206206994597C13D831ec7";
const USDC: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
/// First topics as real contracts hold them.
const ADDED: &str = "42e160154868087d6bfdc0ca23d96a1c1cfa32f1b72ba9ba27b69b98a0d819dc";
const REMOVED: &str = "d7e9ec6e6ecd65492dce6bf513cd6867560d49544421d0783ddf06e76c24470c";
const DESTROYED: &str = "61e6e66b0d6339b2980aecc6ccc0039736791f0ccde9ed512e789a7fbdd698c6";
const BLACKLISTED: &str = "ffa4e6181777692565cf28528fc88fd1516ea86b56da075235fa575af6a4b855";
const UNBLACKLISTED: &str = "117e3210bb9aa7d9baff172026820255c6f6c30ba8999d1c2fd88e2848137c4e";

fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

fn topic(text: &str) -> [u8; 32] {
    hex::decode(text).expect("hexadecimal").try_into().expect("32 bytes")
}

fn word(last: u8) -> [u8; 32] {
    let mut word = [0; 32];
    word[12..].fill(last);
    word
}

#[test]
fn an_issuers_own_token_alone_freezes_and_each_event_by_its_form() {
    let on = |chain, emitter: &str, topics: &[[u8; 32]], data: &[u8]| {
        said(chain, &address(emitter), topics, data).map(|said| said.map(|said| (said.act, said.account)))
    };
    let account = Address::Evm([7; 20]);
    // As the contract on Ethereum writes it, and as Tron's does.
    assert_eq!(on(ETHEREUM, USDT, &[topic(ADDED)], &word(7)), Ok(Some((Act::Freeze, account))));
    let tron = Chain::from_caip2(&"tron:mainnet".parse().expect("a chain")).expect("known");
    let of_tron = on(tron, "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", &[topic(REMOVED), word(7)], &[]);
    assert_eq!(of_tron, Ok(Some((Act::Release, Address::Tron([7; 20])))));
    assert_eq!(on(ETHEREUM, USDC, &[topic(BLACKLISTED), word(7)], &[]), Ok(Some((Act::Freeze, account))));
    assert_eq!(on(ETHEREUM, USDC, &[topic(UNBLACKLISTED), word(7)], &[]), Ok(Some((Act::Release, account))));
    let mut five = [0; 32];
    five[31] = 5;
    let destroyed = said(ETHEREUM, &address(USDT), &[topic(DESTROYED)], &[word(7), five].concat());
    let destroyed = destroyed.expect("its form").expect("Tether's");
    assert_eq!((destroyed.act, destroyed.amount), (Act::Destroy, Amount::from(5_u64)));

    // Anybody can write the event, and an issuer's contract elsewhere is somebody else's; another issuer has other events.
    assert_eq!(
        on(ETHEREUM, "0x28C6c06298d514Db089934071355E5743bf21d60", &[topic(ADDED)], &word(7)),
        Ok(None)
    );
    assert_eq!(on(Chain::Evm(56), USDT, &[topic(ADDED)], &word(7)), Ok(None));
    assert_eq!(on(ETHEREUM, USDC, &[topic(ADDED)], &word(7)), Ok(None));
    assert_eq!(on(ETHEREUM, USDT, &[topic(BLACKLISTED), word(7)], &[]), Ok(None));
    assert_eq!(on(ETHEREUM, USDT, &[], &word(7)), Ok(None));
    // Theirs, and not in its form: it is not passed over in silence.
    for (topics, data) in [
        (vec![topic(ADDED)], vec![]),
        (vec![topic(ADDED)], vec![7; 31]),
        (vec![topic(ADDED)], [word(7), word(7)].concat()),
        (vec![topic(ADDED)], vec![7; 32]),
        (vec![topic(ADDED), word(7), word(7)], vec![]),
        (vec![topic(DESTROYED)], word(7).to_vec()),
    ] {
        assert!(on(ETHEREUM, USDT, &topics, &data).is_err(), "{} topics, {} bytes", topics.len(), data.len());
    }
    assert!(on(ETHEREUM, USDC, &[topic(BLACKLISTED)], &word(7)).is_err(), "Circle indexes the address");
}

fn act(first: &str, account: u8, amount: u64) -> Said {
    let data = match first {
        DESTROYED => [word(account), Amount::from(amount).to_be_bytes()].concat(),
        _ => word(account).to_vec(),
    };
    said(ETHEREUM, &address(USDT), &[topic(first)], &data).expect("its form").expect("Tether's")
}

/// From, to, whether it was frozen before, and what was destroyed.
type Told = (Date, Option<Date>, bool, u64);

fn told(acts: &[(u64, Date, Said)]) -> (Vec<Told>, u64) {
    let acts = acts.iter().cloned().map(|(block, day, said)| (Place { block, index: 0 }, day, said));
    let (all, alone) = frozen(acts);
    let told = |frozen: tracehound_analysis::freezes::Frozen| {
        let destroyed = frozen.destroyed.to_u64().expect("small");
        (frozen.from, frozen.to, frozen.is_earlier, destroyed)
    };
    (all.into_iter().map(told).collect(), alone)
}

#[test]
fn a_freeze_lasts_from_its_day_to_that_of_its_release() {
    let [first, second, third] = [date(2024, 3, 1), date(2024, 3, 9), date(2024, 4, 2)];
    // Whatever the order of the rows; a second freeze of what is frozen changes nothing.
    let acts = [
        (30, third, act(REMOVED, 7, 0)),
        (10, first, act(ADDED, 7, 0)),
        (20, second, act(ADDED, 7, 0)),
        (25, second, act(DESTROYED, 7, 5)),
    ];
    assert_eq!(told(&acts), (vec![(first, Some(third), false, 5)], 0));
    // Frozen once more, and still.
    let again = [&acts[..], &[(40, third, act(ADDED, 7, 0))]].concat();
    assert_eq!(told(&again), (vec![(first, Some(third), false, 5), (third, None, false, 0)], 0));
    // Within a day: it was frozen on that day.
    let short = [(10, first, act(ADDED, 7, 0)), (11, first, act(REMOVED, 7, 0))];
    assert_eq!(told(&short), (vec![(first, Some(date(2024, 3, 2)), false, 0)], 0));
    // What is destroyed was frozen; what is released may not have been.
    assert_eq!(told(&[(10, first, act(DESTROYED, 7, 5))]), (vec![(first, None, true, 5)], 0));
    assert_eq!(told(&[(10, first, act(REMOVED, 7, 0))]), (vec![], 1));
    // Two addresses are two.
    let two = [(10, first, act(ADDED, 7, 0)), (11, second, act(REMOVED, 8, 0))];
    assert_eq!(told(&two), (vec![(first, None, false, 0)], 1));
}

/// The code of Tether's contract as it ran in block 17,073,191 holds the topics by which it is read here.
#[test]
fn the_topics_stand_in_the_real_tokens_code() {
    let Some(path) = shared_data("evm_rpc/b17073191_prestate_diff.json.gz") else { return };
    let answer: Value =
        serde_json::from_reader(GzDecoder::new(File::open(path).expect("opens"))).expect("JSON");
    let mut before =
        answer["response"]["result"].as_array().into_iter().flatten().map(|tx| &tx["result"]["pre"]);
    let code = before.find_map(|accounts| accounts[USDT.to_lowercase()]["code"].as_str()).expect("its code");
    for first in [ADDED, REMOVED, DESTROYED] {
        // PUSH32.
        assert!(code.contains(&format!("7f{first}")), "{first}");
        assert!(said(ETHEREUM, &address(USDT), &[topic(first)], &[]).is_err(), "known as one of its own");
    }
    assert!(!code.contains(BLACKLISTED));
}
