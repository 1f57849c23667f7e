use std::collections::{HashMap, HashSet};

use bitcoin::{Block, Network, OutPoint, TxOut, Txid, consensus::deserialize, hashes::Hash};
use tracehound_model::{Address, BitcoinNetwork, Category, Chain};
use tracehound_range::{DemoCase, Lot, LotLabel, Role, Step, demo_case};

use crate::chain::{check_chain, read_blocks};

fn case() -> DemoCase {
    demo_case(1, BitcoinNetwork::Regtest).expect("regtest is allowed")
}

fn blocks(case: &DemoCase) -> Vec<Block> {
    case.blocks.iter().map(|bytes| deserialize(bytes).expect("rust-bitcoin reads the block")).collect()
}

fn sum(lots: &[Lot], label: LotLabel) -> u64 {
    lots.iter().filter(|lot| lot.label == label).map(|lot| lot.amount.0).sum()
}

#[test]
fn the_case_is_a_valid_chain_and_reads_back_from_its_files() {
    let case = case();
    let blocks = blocks(&case);
    check_chain(&blocks, Network::Regtest);
    let txs: usize = blocks.iter().map(|block| block.txdata.len()).sum();
    assert!((250..600).contains(&txs), "{txs} transactions");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let files = case.write_block_files(dir.path()).expect("written");
    assert_eq!(read_blocks(&files, Network::Regtest.magic().to_bytes()), blocks);
}

#[test]
fn the_truth_agrees_with_the_chain() {
    let case = case();
    let mut outputs: HashMap<OutPoint, TxOut> = HashMap::new();
    let mut heights = HashMap::new();
    let mut spends: HashMap<Txid, Vec<OutPoint>> = HashMap::new();
    for (height, block) in (0_u32..).zip(blocks(&case)) {
        for tx in block.txdata {
            let txid = tx.compute_txid();
            heights.insert(txid, height);
            spends.insert(txid, tx.input.iter().map(|input| input.previous_output).collect());
            outputs.extend((0..).zip(tx.output).map(|(vout, out)| (OutPoint { txid, vout }, out)));
        }
    }
    let theirs =
        |id: tracehound_model::OutPoint| OutPoint { txid: Txid::from_byte_array(id.txid.0), vout: id.vout };
    for movement in &case.truth.movements {
        let txid = Txid::from_byte_array(movement.txid.0);
        assert_eq!(heights[&txid], movement.height);
        let inputs: Vec<OutPoint> = movement.inputs.iter().map(|entry| theirs(entry.outpoint)).collect();
        assert_eq!(inputs, spends[&txid]);
        for entry in movement.inputs.iter().chain(&movement.outputs) {
            let out = &outputs[&theirs(entry.outpoint)];
            assert_eq!(out.value.to_sat(), entry.lots.iter().map(|lot| lot.amount.0).sum::<u64>());
            if !out.script_pubkey.is_p2pk() {
                let address = bitcoin::Address::from_script(&out.script_pubkey, Network::Regtest);
                assert_eq!(address.expect("a standard script").to_string(), entry.address);
            }
        }
        for label in [LotLabel::Stolen, LotLabel::Clean] {
            let put_in: u64 = movement.inputs.iter().map(|entry| sum(&entry.lots, label)).sum();
            let got_out: u64 = movement.outputs.iter().map(|entry| sum(&entry.lots, label)).sum();
            assert_eq!(put_in, got_out + sum(&movement.fee, label), "{label:?} in {txid}");
        }
    }
}

#[test]
fn the_story_has_all_its_steps_and_the_loot_adds_up() {
    let case = case();
    let count = |step| case.truth.movements.iter().filter(|movement| movement.step == step).count();
    assert_eq!(
        [Step::Theft, Step::Split, Step::Peel, Step::CoinJoin, Step::CashOut].map(count),
        [1, 1, 5, 1, 2]
    );
    let ends = case.truth.ends;
    assert_eq!(ends.stolen.0, ends.cashed_out.0 + ends.peeled.0 + ends.held.0 + ends.fees.0);
    assert!([ends.cashed_out, ends.peeled, ends.held, ends.fees].iter().all(|part| part.0 > 0));
    // Value is followed without a gap: loot that goes in came out of an earlier movement.
    let mut loot = HashSet::new();
    for movement in &case.truth.movements {
        for entry in movement.inputs.iter().filter(|entry| sum(&entry.lots, LotLabel::Stolen) > 0) {
            assert!(movement.step == Step::Theft || loot.contains(&entry.outpoint));
        }
        let out = movement.outputs.iter().filter(|entry| sum(&entry.lots, LotLabel::Stolen) > 0);
        loot.extend(out.map(|entry| entry.outpoint));
    }
    let coinjoin = case.truth.movements.iter().find(|m| m.step == Step::CoinJoin).expect("one CoinJoin");
    assert_eq!((coinjoin.inputs.len(), coinjoin.outputs.len()), (5, 10));
    assert!(coinjoin.outputs[..5].iter().all(|entry| entry.lots[0].amount.0 == 300_000_000));
}

#[test]
fn every_address_with_a_part_has_a_role_and_is_called_generated() {
    let case = case();
    let known: HashSet<&str> = case.roles().iter().map(|actor| &actor.address[..]).collect();
    assert_eq!(known.len(), case.roles().len(), "an address occurs once");
    for movement in &case.truth.movements {
        for entry in movement.inputs.iter().chain(&movement.outputs) {
            assert!(known.contains(&entry.address[..]), "{} has no role", entry.address);
        }
    }
    assert!(case.roles().iter().all(|actor| actor.name.contains("enerated")));
    assert!(case.truth_json().contains("\"note\": \"generated:"));
    let service = case.address_of(Role::Service).expect("a service");
    assert!(service.starts_with("bcrt1q"), "{service} could be taken for a real address");
}

#[test]
fn the_facts_are_in_the_notice_format_and_name_parsable_addresses() {
    let case = case();
    let facts: toml::Table = case.facts_toml.parse().expect("TOML");
    let source = &facts["source"];
    assert_eq!(source["kind"].as_str(), Some("own"));
    for key in ["id", "title", "publisher", "published"] {
        assert!(source[key].is_str(), "{key}");
    }
    let claims = facts["claim"].as_array().expect("claims");
    let mut categories = Vec::new();
    for claim in claims {
        assert!(claim["label"].as_str().expect("a label").contains("generated"));
        categories.push(Category::from_id(claim["category"].as_str().expect("a category")).expect("ours"));
        for address in claim["addresses"].as_array().expect("addresses") {
            let chain = Chain::Bitcoin(BitcoinNetwork::Regtest);
            Address::parse_for(chain, address.as_str().expect("text")).expect("a regtest address");
        }
    }
    assert_eq!(categories, [Category::Exchange, Category::ServiceHack, Category::HostedWallet]);
}

#[test]
fn a_seed_and_a_network_fix_the_case() {
    let case = case();
    assert_eq!(case.blocks, demo_case(1, BitcoinNetwork::Regtest).expect("allowed").blocks);
    assert_ne!(case.blocks, demo_case(2, BitcoinNetwork::Regtest).expect("allowed").blocks);
    let signet = demo_case(1, BitcoinNetwork::Signet).expect("allowed");
    assert!(signet.address_of(Role::Thief).expect("a thief").starts_with("tb1q"));
    // Whatever the seed, the story comes to its end.
    for seed in 3..40 {
        let ends = demo_case(seed, BitcoinNetwork::Regtest).expect("allowed").truth.ends;
        assert_eq!(ends.stolen.0, ends.cashed_out.0 + ends.peeled.0 + ends.held.0 + ends.fees.0);
    }
}

#[test]
fn mainnet_is_refused() {
    let error = demo_case(1, BitcoinNetwork::Mainnet).expect_err("refused");
    assert!(error.to_string().contains("choose regtest"), "{error}");
}
