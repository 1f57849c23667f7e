//! Emulated rounds whose wallets are known: of all pairs of addresses in one cluster, how many are of one wallet.

use std::{
    collections::{BTreeMap, HashMap},
    io::Read,
    path::Path,
};

use tracehound_analysis::{
    cluster::{Clusters, Rules},
    coinjoin::Classifier,
};
use tracehound_ledger::Ledger;
use tracehound_model::{Address, BlockHash, OutPoint, TxId};
use tracehound_testkit::blocks::BlockMaker;

use super::plain;
use crate::ledger_of;

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

/// A ledger of an emulation's blocks, and the wallet of each address number.
fn emulation(file: &str) -> Option<(tempfile::TempDir, Ledger, HashMap<u32, String>)> {
    let path = tracehound_testkit::shared_data(file)?;
    let members = unzip(&path, |name| name.ends_with("/keys.json") || name.contains("btc-node/block_"));
    let mut wallets = BTreeMap::new();
    let mut jsons: Vec<serde_json::Value> = Vec::new();
    for (name, bytes) in &members {
        let json: serde_json::Value = serde_json::from_slice(bytes).expect("JSON");
        match json.as_array() {
            Some(keys) => {
                let wallet = name.rsplit('/').nth(1).expect("a folder for each wallet");
                wallets.extend(keys.iter().map(|key| (text(&key["address"]), wallet.to_owned())));
            }
            None => jsons.push(json),
        }
    }
    jsons.sort_by_key(|block| block["height"].as_u64());
    let mut ids: HashMap<String, TxId> = HashMap::new();
    let mut tip = BlockHash::default();
    let blocks: Vec<_> = jsons
        .iter()
        .map(|json| {
            let mut block = BlockMaker::new(tip, json["time"].as_u64().expect("a time") as u32, 0);
            for tx in array(json, "tx") {
                let inputs: Vec<_> = array(tx, "vin")
                    .iter()
                    .filter_map(|input| {
                        let id = input["txid"].as_str()?;
                        // One from before the first block of the file keeps its name.
                        let txid = ids.get(id).copied().or_else(|| id.parse().ok())?;
                        Some((OutPoint { txid, vout: input["vout"].as_u64()? as u32 }, None))
                    })
                    .collect();
                let outputs: Vec<_> = array(tx, "vout")
                    .iter()
                    .map(|out| {
                        let address = out["scriptPubKey"]["address"].as_str();
                        let address = address.map(|address| Address::parse(address).expect("an address"));
                        (satoshi(&out["value"]), address.and_then(|address| address.script().copied()))
                    })
                    .collect();
                ids.insert(text(&tx["txid"]), block.tx(&inputs, &outputs));
            }
            let block = block.done();
            tip = block.hash;
            block
        })
        .collect();
    let (dir, ledger) = ledger_of(&blocks);
    let wallets = wallets
        .into_iter()
        .filter_map(|(address, wallet)| {
            let address = Address::parse(&address).expect("an address");
            Some((ledger.find_address(address.script()?)?.0, wallet))
        })
        .collect();
    Some((dir, ledger, wallets))
}

/// Pairs of addresses of known wallets: in one cluster and of one wallet, in one cluster, of one wallet.
fn pairs(clusters: &Clusters, wallets: &HashMap<u32, String>) -> [u64; 3] {
    let all = clusters.all();
    let mut together: BTreeMap<_, u64> = BTreeMap::new();
    let mut clustered: BTreeMap<_, u64> = BTreeMap::new();
    let mut owned: BTreeMap<_, u64> = BTreeMap::new();
    for (&addr, wallet) in wallets {
        let cluster = all[addr as usize];
        *together.entry((cluster, wallet)).or_default() += 1;
        *clustered.entry(cluster).or_default() += 1;
        *owned.entry(wallet).or_default() += 1;
    }
    let pairs = |count: &u64| count * (count - 1) / 2;
    [together.values().map(pairs).sum(), clustered.values().map(pairs).sum(), owned.values().map(pairs).sum()]
}

/// [`pairs`] of the naive clusters, and of those by the usual rules.
fn both(file: &str) -> Option<[[u64; 3]; 2]> {
    let (_dir, ledger, wallets) = emulation(file)?;
    let naive = Clusters::build(&ledger, &plain()).expect("builds");
    let classifier = Classifier::new(&ledger);
    let clusters = Clusters::build(&ledger, &Rules::new(&classifier)).expect("builds");
    Some([pairs(&naive, &wallets), pairs(&clusters, &wallets)])
}

/// Every spend of several owners in these files is a round, so nothing is left to be right about: of 361 and 1,813
/// pairs that the naive method finds, 6 and 196 are right; with the rule there are none, and so none is wrong.
#[test]
fn the_rounds_join_nobody() {
    for (file, naive_pairs) in [
        ("coinjoin/emulated_joinmarket.zip", [6, 361, 2_738]),
        ("coinjoin/emulated_wasabi2.zip", [196, 1_813, 4_009]),
    ] {
        let Some([naive, usual]) = both(file) else { continue };
        assert_eq!(naive, naive_pairs, "{file}");
        assert_eq!(usual, [0, 0, naive_pairs[2]], "{file}");
    }
}
