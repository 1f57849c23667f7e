use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use bitcoin::{Network, Txid, hashes::Hash};
use tracehound_model::OutPoint;
use tracehound_range::{
    BranchEnds, Difficulty, HeistConfig, Lot, LotLabel, Movement, Protocol, RangeError, Record, Role, Step,
    Summary, Typology, generate_heists, read_truth,
};

use crate::chain::{check_chain, read_blocks};

pub(crate) const REGTEST: [u8; 4] = [0xfa, 0xbf, 0xb5, 0xda];

fn generate(seed: u64, tx_count: u64, heists: u32, dir: &Path) -> Summary {
    generate_at(Difficulty::Usual, seed, tx_count, heists, dir)
}

fn generate_at(difficulty: Difficulty, seed: u64, tx_count: u64, heists: u32, dir: &Path) -> Summary {
    let config = HeistConfig { seed, tx_count, heists, difficulty };
    generate_heists(&config, dir, &mut |_| ()).expect("the folder is empty and writable")
}

fn records(dir: &Path) -> Vec<Record> {
    let mut records = Vec::new();
    read_truth(dir, &mut |record| {
        records.push(record);
        Ok(())
    })
    .expect("the truth is well-formed");
    records
}

fn amount(lots: &[Lot], label: LotLabel) -> u64 {
    lots.iter().filter(|lot| lot.label == label).map(|lot| lot.amount.0).sum()
}

#[test]
fn a_chain_with_heists_keeps_the_rules_and_the_same_seed_gives_the_same_bytes() {
    let dirs = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"));
    let [one, other] = [0, 1].map(|at| generate(7, 6_000, 8, dirs[at].path()));
    assert_eq!((one.txs, one.blocks, one.tip), (6_000, other.blocks, other.tip));
    let blocks = read_blocks(&one.files, REGTEST);
    assert_eq!(check_chain(&blocks, Network::Regtest), (one.inputs, one.outputs, one.fees));
    for name in ["truth.jsonl", "blk00000.dat"] {
        let [one, other] =
            [0, 1].map(|at| std::fs::read(dirs[at].path().join(name)).expect("it was written"));
        assert!(one == other, "{name} differs");
    }
    let third = tempfile::tempdir().expect("a temporary folder");
    assert_ne!(generate(8, 6_000, 8, third.path()).tip, one.tip);
}

/// Value and address of every output of the chain.
fn outputs(summary: &Summary) -> HashMap<OutPoint, (u64, Option<String>)> {
    let mut outputs = HashMap::new();
    for tx in read_blocks(&summary.files, REGTEST).iter().flat_map(|block| &block.txdata) {
        let txid: Txid = tx.compute_txid();
        for (vout, output) in (0..).zip(&tx.output) {
            let address = bitcoin::Address::from_script(&output.script_pubkey, Network::Regtest).ok();
            let outpoint = OutPoint { txid: tracehound_model::TxId(txid.to_byte_array()), vout };
            outputs.insert(outpoint, (output.value.to_sat(), address.map(|address| address.to_string())));
        }
    }
    outputs
}

/// Follows the loot through the movements as a reader of the truth would.
#[derive(Default)]
struct Books {
    roles: HashMap<String, Role>,
    /// Loot in each output that nobody moved on: heist, part, address, satoshi.
    places: HashMap<OutPoint, (u32, u32, String, u64)>,
    starts: HashMap<OutPoint, u32>,
    ends: HashMap<(u32, u32), BranchEnds>,
    stolen: HashMap<(u32, u32), u64>,
}

impl Books {
    fn book(&mut self, heist: u32, branch: u32, movement: &Movement, swapped: Option<(OutPoint, u64)>) {
        let sum = |entries: &[tracehound_range::Entry], label| -> u64 {
            entries.iter().map(|entry| amount(&entry.lots, label)).sum()
        };
        let swap = swapped.map_or(0, |(_, amount)| amount);
        let (inputs, outputs, fee) = (&movement.inputs, &movement.outputs, &movement.fee);
        let stolen_out = sum(outputs, LotLabel::Stolen) + amount(fee, LotLabel::Stolen);
        assert_eq!(sum(inputs, LotLabel::Stolen) + swap, stolen_out, "{}", movement.txid);
        let clean_out = sum(outputs, LotLabel::Clean) + amount(fee, LotLabel::Clean);
        assert_eq!(sum(inputs, LotLabel::Clean), clean_out + swap, "{}", movement.txid);

        if movement.step == Step::Theft {
            *self.stolen.entry((heist, 0)).or_default() += sum(inputs, LotLabel::Stolen);
        } else {
            for entry in inputs {
                let stolen = amount(&entry.lots, LotLabel::Stolen);
                if stolen == 0 {
                    continue; // Whoever was paid with loot spends money of his own.
                }
                let before = self.places.remove(&entry.outpoint);
                assert_eq!(before.map_or(0, |place| place.3), stolen, "{}", entry.outpoint.txid);
            }
        }
        if let Some((deposit, paid)) = swapped {
            let place = self.places.get_mut(&deposit).expect("the deposit was made before");
            place.3 -= paid;
        }
        for entry in outputs {
            let stolen = amount(&entry.lots, LotLabel::Stolen);
            if stolen > 0 {
                self.places.insert(entry.outpoint, (heist, branch, entry.address.clone(), stolen));
            }
        }
        self.ends.entry((heist, branch)).or_default().fees.0 += amount(fee, LotLabel::Stolen);
    }

    fn close(mut self) -> HashMap<(u32, u32), BranchEnds> {
        for (outpoint, (heist, branch, address, stolen)) in self.places {
            let branch = self.starts.get(&outpoint).copied().unwrap_or(branch);
            let ends = self.ends.entry((heist, branch)).or_default();
            let part = match self.roles[&address] {
                Role::Service => &mut ends.cashed_out,
                Role::Mixer => &mut ends.with_mixers,
                Role::Peeled | Role::Dusted | Role::Bystander | Role::Coordinator => &mut ends.paid_away,
                _ => &mut ends.held,
            };
            part.0 += stolen;
        }
        self.ends
    }
}

#[test]
fn the_truth_conserves_every_satoshi_and_is_what_the_chain_says() {
    for difficulty in [Difficulty::Usual, Difficulty::Hard] {
        conserves(difficulty);
    }
}

fn conserves(difficulty: Difficulty) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let summary = generate_at(difficulty, 11, 20_000, 24, dir.path());
    let chain = outputs(&summary);
    let mut books = Books::default();
    let mut said: HashMap<(u32, u32), BranchEnds> = HashMap::new();
    let (mut typologies, mut steps, mut amounts) = (HashSet::new(), HashSet::new(), HashMap::new());
    let (mut rounds, mut hops, mut stolen) = (0, 0, 0);
    for record in records(dir.path()) {
        match record {
            Record::Actor { address, role, .. } => {
                books.roles.entry(address).or_insert(role);
            }
            Record::Movement { heist, branch, movement, custody, change } => {
                for entry in movement.inputs.iter().chain(&movement.outputs) {
                    let (value, address) = &chain[&entry.outpoint];
                    let lots: u64 = entry.lots.iter().map(|lot| lot.amount.0).sum();
                    assert_eq!((lots, Some(&entry.address)), (*value, address.as_ref()));
                }
                assert!(change.iter().all(|&vout| (vout as usize) < movement.outputs.len()));
                steps.insert(movement.step);
                let swap = custody.map(|custody| (custody.deposit, custody.amount.0));
                books.book(heist, branch, &movement, swap);
            }
            Record::Branch { heist, branch, typology, start, amount } => {
                typologies.insert(typology);
                amounts.insert((heist, branch), amount);
                books.starts.insert(start, branch);
            }
            Record::Heist { stolen: amount, .. } => stolen += amount.0,
            Record::Coinjoin { .. } => rounds += 1,
            Record::PeelChain { hops: chain, .. } => hops += chain.len(),
            Record::Ends { heist, branch, ends } => {
                assert_eq!(ends.booked(), ends.stolen, "heist {heist}, part {branch}");
                said.insert((heist, branch), ends);
            }
            Record::Premix { .. }
            | Record::Payjoin { .. }
            | Record::Shared { .. }
            | Record::Sweep { .. }
            | Record::Adapted { .. } => {}
            Record::Generated { note, heists, .. } => {
                assert!(note.starts_with("generated") && heists == 24);
            }
        }
    }
    let all = Typology::ALL.into_iter();
    let usual = |typology: &Typology| !matches!(typology, Typology::Wasabi1 | Typology::Whirlpool);
    assert_eq!(typologies, all.filter(|way| difficulty == Difficulty::Hard || usual(way)).collect());
    assert!(steps.len() >= 10 && rounds >= 20 && hops >= 50, "{} steps, {rounds}, {hops}", steps.len());
    let followed = books.close();
    assert_eq!(said.len(), amounts.len());
    let mut booked = 0;
    for (key, ends) in &followed {
        booked += ends.booked().0;
        if let Some(said) = said.get(key) {
            assert_eq!(
                (ends.cashed_out, ends.paid_away, ends.with_mixers),
                (said.cashed_out, said.paid_away, said.with_mixers)
            );
            assert_eq!((ends.held, ends.fees, said.stolen), (said.held, said.fees, amounts[key]), "{key:?}");
        }
    }
    assert_eq!(booked, stolen, "every satoshi is somewhere");
}

/// What makes a chain harder, counted in it.
#[derive(Debug, Default)]
struct Traits {
    /// Rounds of standard amounts, those of them with 100 coins and more, and outputs of no standard amount in them.
    rounds: u32,
    large: u32,
    odd: u32,
    /// Rounds with a maker, and those with more coins than people.
    markets: u32,
    several: u32,
    /// Hops of peel chains, those that keep the smaller part, and those with a decoy.
    hops: u32,
    smaller: u32,
    decoys: u32,
}

impl Traits {
    fn of(difficulty: Difficulty) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let summary = generate_at(difficulty, 5, 30_000, 20, dir.path());
        let chain = read_blocks(&summary.files, REGTEST);
        let txs: HashMap<_, _> = chain
            .iter()
            .flat_map(|block| &block.txdata)
            .map(|tx| (tracehound_model::TxId(tx.compute_txid().to_byte_array()), tx))
            .collect();
        let mut traits = Self::default();
        for record in records(dir.path()) {
            match record {
                Record::Coinjoin { txid, protocol: Protocol::Wasabi2, .. } => {
                    traits.rounds += 1;
                    traits.large += u32::from(txs[&txid].input.len() >= 100);
                    let value = |out: &bitcoin::TxOut| out.value.to_sat();
                    traits.odd +=
                        txs[&txid].output.iter().filter(|out| !is_standard(value(out))).count() as u32;
                }
                Record::Coinjoin { txid, participants, protocol: Protocol::Joinmarket, .. } => {
                    traits.markets += 1;
                    traits.several += u32::from(txs[&txid].input.len() > participants as usize + 1);
                }
                Record::PeelChain { hops, .. } => {
                    for hop in hops {
                        let outputs = &txs[&hop.txid].output;
                        let kept = outputs[hop.change as usize].value;
                        traits.hops += 1;
                        traits.smaller += u32::from(outputs.iter().any(|out| out.value > kept));
                        traits.decoys += u32::from(outputs.len() > 2);
                    }
                }
                _ => {}
            }
        }
        traits
    }
}

/// Whether a round's client would make an output of it without change: 2^k, 3^k, 2·3^k, 10^k, 2·10^k, 5·10^k.
fn is_standard(value: u64) -> bool {
    let rest = |mut value: u64, factor: u64| {
        while value.is_multiple_of(factor) {
            value /= factor;
        }
        value
    };
    value.is_power_of_two() || rest(value, 3) <= 2 || [1, 2, 5].contains(&rest(value, 10))
}

#[test]
fn the_harder_range_is_harder_in_the_ways_it_says() {
    let [usual, hard] = [Difficulty::Usual, Difficulty::Hard].map(Traits::of);
    assert_eq!((usual.large, usual.smaller, usual.decoys), (0, 0, 0), "{usual:?}");
    assert!(hard.rounds >= 10 && 2 * hard.large > hard.rounds, "{hard:?}");
    assert!(hard.odd > 2 * hard.rounds, "{hard:?}");
    assert!(hard.markets >= 10 && 2 * hard.several > hard.markets, "{hard:?}");
    assert!(hard.hops >= 50 && 10 * hard.smaller > hard.hops && 10 * hard.decoys > hard.hops, "{hard:?}");
}

#[test]
fn what_cannot_be_generated_or_read_is_refused() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let refused = |tx_count, heists| {
        let config = HeistConfig { seed: 1, tx_count, heists, difficulty: Difficulty::Usual };
        generate_heists(&config, dir.path(), &mut |_| ()).expect_err("it is refused")
    };
    assert!(matches!(refused(1_000, 0), RangeError::Heists { .. }));
    assert!(matches!(refused(1_000, 1_000), RangeError::Heists { .. }));
    assert!(matches!(refused(10, 1), RangeError::TxCount(10)));
    assert!(std::fs::read_dir(dir.path()).expect("a folder").next().is_none(), "nothing was written");
    let mut ignore = |_| Ok(());
    assert!(matches!(read_truth(dir.path(), &mut ignore), Err(RangeError::Read { .. })));
    for text in ["{\"record\":\"coinjoin\"}\n", "{}\n", "nonsense", "\n"] {
        std::fs::write(dir.path().join("truth.jsonl"), text).expect("written");
        let error = read_truth(dir.path(), &mut ignore).expect_err("no truth");
        assert!(error.to_string().contains("line 1"), "{error}");
    }
    assert!(matches!(refused(1_000, 1), RangeError::Exists { .. }));
}
