//! Emulated rounds on regtest whose wallets are known: recall, false hits, and whose change it was.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
    path::Path,
};

use tracehound_analysis::{
    boltzmann::{Amounts, DEFAULT_WORK, FeeShare, Intrafees},
    coinjoin::{Protocol, certain_change},
};

use super::{Tx, coin, name};

/// One transaction with the wallet of each input and output, where known.
pub(super) struct Known {
    height: u64,
    pub(super) tx: Tx,
    pub(super) payers: Vec<Option<String>>,
    pub(super) receivers: Vec<Option<String>>,
}

impl Known {
    /// Whether at least two wallets spend: the definition of a `CoinJoin`.
    pub(super) fn is_coinjoin(&self) -> bool {
        self.payers.iter().flatten().collect::<BTreeSet<_>>().len() > 1
    }
}

/// The members of a zip archive whose names `wanted` accepts. Stored and deflated members only, no zip64.
fn unzip(path: &Path, wanted: impl Fn(&str) -> bool) -> BTreeMap<String, Vec<u8>> {
    let bytes = std::fs::read(path).expect("reads");
    let number =
        |at: usize, len: usize| (0..len).rev().fold(0, |sum, i| sum << 8 | usize::from(bytes[at + i]));
    let end = (0..bytes.len() - 21).rev().find(|&at| bytes[at..].starts_with(b"PK\x05\x06")).expect("a zip");
    let mut at = number(end + 16, 4);
    let mut members = BTreeMap::new();
    for _ in 0..number(end + 10, 2) {
        let (method, packed) = (number(at + 10, 2), number(at + 20, 4));
        let (name_len, extra, comment) = (number(at + 28, 2), number(at + 30, 2), number(at + 32, 2));
        let name = String::from_utf8_lossy(&bytes[at + 46..at + 46 + name_len]).into_owned();
        let local = number(at + 42, 4);
        if wanted(&name) {
            let data = local + 30 + number(local + 26, 2) + number(local + 28, 2);
            let packed = &bytes[data..data + packed];
            let mut plain = Vec::new();
            match method {
                0 => plain.extend_from_slice(packed),
                _ => {
                    flate2::read::DeflateDecoder::new(packed).read_to_end(&mut plain).expect("inflates");
                }
            }
            members.insert(name, plain);
        }
        at += 46 + name_len + extra + comment;
    }
    members
}

/// Every transaction whose inputs are all known, with the wallets that own its coins.
pub(super) fn emulation(file: &str) -> Option<Vec<Known>> {
    let path = tracehound_testkit::shared_data(file)?;
    let members = unzip(&path, |name| name.ends_with("/keys.json") || name.contains("btc-node/block_"));
    let mut wallets = BTreeMap::new();
    let mut blocks: Vec<serde_json::Value> = Vec::new();
    for (name, bytes) in &members {
        let json: serde_json::Value = serde_json::from_slice(bytes).expect("JSON");
        match json.as_array() {
            Some(keys) => {
                let wallet = name.rsplit('/').nth(1).expect("a folder for each wallet");
                wallets.extend(keys.iter().map(|key| (text(&key["address"]), wallet.to_owned())));
            }
            None => blocks.push(json),
        }
    }
    blocks.sort_by_key(|block| block["height"].as_u64());
    let mut created = BTreeMap::new();
    let mut known = Vec::new();
    for block in &blocks {
        for tx in block["tx"].as_array().expect("transactions") {
            let outputs: Vec<_> = array(tx, "vout")
                .iter()
                .map(|out| {
                    let value = satoshi(&out["value"]);
                    let script = &out["scriptPubKey"];
                    let wallet = script["address"].as_str().and_then(|address| wallets.get(address)).cloned();
                    (coin(value, &text(&script["hex"])), wallet)
                })
                .collect();
            let spent: Vec<_> = array(tx, "vin")
                .iter()
                .map(|input| created.get(&(text(&input["txid"]), input["vout"].as_u64())).cloned())
                .collect();
            let id = text(&tx["txid"]);
            created.extend((0_u64..).zip(&outputs).map(|(n, out)| ((id.clone(), Some(n)), out.clone())));
            let mut made = Tx { outputs: outputs.iter().map(|(coin, _)| *coin).collect(), ..Tx::default() };
            made.inputs = spent.iter().map(|spent| spent.as_ref().map(|(coin, _)| *coin)).collect();
            if !array(tx, "vin").iter().any(|input| input.get("coinbase").is_some()) {
                known.push(Known {
                    height: block["height"].as_u64().expect("a height"),
                    tx: made,
                    payers: spent.into_iter().map(|spent| spent.and_then(|(_, wallet)| wallet)).collect(),
                    receivers: outputs.into_iter().map(|(_, wallet)| wallet).collect(),
                });
            }
        }
    }
    Some(known)
}

/// An amount of bitcoin as a node prints it, with eight decimals.
fn satoshi(json: &serde_json::Value) -> u64 {
    let bitcoin = json.as_f64().expect("an amount");
    format!("{bitcoin:.8}").replace('.', "").parse().expect("digits")
}

fn text(json: &serde_json::Value) -> String {
    json.as_str().unwrap_or_default().to_owned()
}

fn array<'a>(json: &'a serde_json::Value, key: &str) -> &'a [serde_json::Value] {
    json[key].as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn every_joinmarket_round_is_found_and_nothing_else() {
    let Some(known) = emulation("coinjoin/emulated_joinmarket.zip") else { return };
    let mut counts: BTreeMap<(bool, String), u32> = BTreeMap::new();
    for one in &known {
        let answer = one.tx.answer();
        *counts.entry((one.is_coinjoin(), name(&answer))).or_default() += 1;
        if let (true, Some(found)) = (one.is_coinjoin(), answer.mixing(0)) {
            let people = one.payers.iter().collect::<BTreeSet<_>>().len();
            assert!(found.participants as usize <= people, "block {}: {found:?}", one.height);
            assert_eq!(found.protocol, Protocol::JoinMarket);
        }
    }
    let counts: Vec<_> = counts.into_iter().map(|((is, answer), count)| (is, answer, count)).collect();
    assert_eq!(
        counts,
        [(false, "no".to_owned(), 101), (true, "joinmarket joinmarket-balanced".to_owned(), 32)]
    );
}

#[test]
fn every_round_of_wasabi_2_is_found_even_small_ones() {
    let Some(known) = emulation("coinjoin/emulated_wasabi2.zip") else { return };
    let mut sizes = Vec::new();
    for one in &known {
        let answer = one.tx.answer();
        let Some(found) = answer.mixing(0) else {
            assert!(!one.is_coinjoin(), "block {}", one.height);
            continue;
        };
        let people = one.payers.iter().collect::<BTreeSet<_>>().len();
        assert!(one.is_coinjoin() && found.participants as usize <= people, "block {}", one.height);
        sizes.push((one.tx.inputs.len(), found.rule));
    }
    let (small, very_small) = ("wasabi2-small", "wasabi2-very-small");
    assert_eq!(
        sizes,
        [(13, very_small), (29, small), (18, very_small), (24, small), (31, small), (30, small)]
    );
}

#[test]
fn certain_links_of_joinmarket_rounds_with_fees_join_no_strangers() {
    let Some(known) = emulation("coinjoin/emulated_joinmarket.zip") else { return };
    let mut rounds = 0;
    // Pairs that are linked in every interpretation, and those of them whose wallets differ; and those that are so wherever the
    // makers' accounts are even.
    let (mut without, mut with, mut even) = ([0; 2], [0; 2], [0; 2]);
    for one in known.iter().filter(|one| one.is_coinjoin()) {
        let inputs: Vec<u64> = one.tx.inputs.iter().flatten().map(|coin| coin.value).collect();
        let outputs: Vec<u64> = one.tx.outputs.iter().map(|coin| coin.value).collect();
        let Ok(amounts) = Amounts::new(&inputs, &outputs, &[]) else { continue };
        rounds += 1;
        let fees = amounts.intrafees(FeeShare::JOINMARKET).expect("a round");
        for (fees, counts) in [(Intrafees::default(), &mut without), (fees, &mut with)] {
            let found = amounts.linkability(fees, DEFAULT_WORK).expect("small");
            for (input, output) in found.deterministic {
                counts[0] += 1;
                counts[1] += usize::from(one.payers[input] != one.receivers[output]);
            }
        }
        let certain = certain_change(&one.tx.shape(), &one.tx.answer(), amounts.parties());
        for (input, output) in certain.expect("it balances") {
            even[0] += 1;
            even[1] += usize::from(one.payers[input] != one.receivers[output]);
        }
    }
    assert_eq!((rounds, without, with, even), (32, [670, 534], [57, 0], [138, 0]));
}
