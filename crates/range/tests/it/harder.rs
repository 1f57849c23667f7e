//! What only the harder range has, looked up in the blocks it wrote: the truth beside them says where.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::OnceLock,
};

use bitcoin::{Transaction, hashes::Hash};
use tracehound_model::{OutPoint, ScriptKey, ScriptType, TxId};
use tracehound_range::{
    Adaptation, Difficulty, HeistConfig, Lot, LotLabel, Protocol, Record, Role, Step, Wallet, Wallets,
    generate_heists, read_truth,
};

use crate::{chain::read_blocks, heist::REGTEST};

const SEED: u64 = 5;

/// A chain of the harder range with its truth.
struct Hard {
    txs: HashMap<TxId, Transaction>,
    records: Vec<Record>,
    /// Time of the first block with a payment, and of the last.
    times: (u32, u32),
    rounds: HashMap<TxId, Protocol>,
}

impl Hard {
    fn get() -> &'static Self {
        static HARD: OnceLock<Hard> = OnceLock::new();
        HARD.get_or_init(|| {
            let dir = tempfile::tempdir().expect("a temporary folder");
            let config =
                HeistConfig { seed: SEED, tx_count: 20_000, heists: 20, difficulty: Difficulty::Hard };
            let summary =
                generate_heists(&config, dir.path(), &mut |_| ()).expect("the folder is empty and writable");
            let mut records = Vec::new();
            let mut rounds = HashMap::new();
            read_truth(dir.path(), &mut |record| {
                if let Record::Coinjoin { txid, protocol, .. } = record {
                    rounds.insert(txid, protocol);
                }
                records.push(record);
                Ok(())
            })
            .expect("the truth is well-formed");
            let blocks = read_blocks(&summary.files, REGTEST);
            let paying = || blocks.iter().filter(|block| block.txdata.len() > 1);
            let time = |block: Option<&bitcoin::Block>| block.expect("there are some").header.time;
            let times = (time(paying().next()), time(paying().next_back()));
            let txs = blocks.into_iter().flat_map(|block| block.txdata);
            let txs = txs.map(|tx| (id(&tx.compute_txid()), tx)).collect();
            Self { txs, records, times, rounds }
        })
    }

    /// The outputs that a transaction spends: where they are from, amount and owner.
    fn inputs(&self, tx: &Transaction) -> Vec<(TxId, u64, Option<Wallet>)> {
        let spent = tx.input.iter().map(|input| {
            let txid = id(&input.previous_output.txid);
            let output = &self.txs[&txid].output[input.previous_output.vout as usize];
            (txid, output.value.to_sat(), wallet(output))
        });
        spent.collect()
    }

    fn value(&self, outpoint: &OutPoint) -> u64 {
        self.txs[&outpoint.txid].output[outpoint.vout as usize].value.to_sat()
    }

    /// Of the rounds of one kind: coins, and those of them that come out of a round of the same kind.
    fn remixed(&self, kind: Protocol) -> (usize, usize) {
        let rounds = self.rounds.iter().filter(|(_, protocol)| **protocol == kind);
        let coins: Vec<TxId> =
            rounds.flat_map(|(txid, _)| self.inputs(&self.txs[txid])).map(|(from, ..)| from).collect();
        let mixed = coins.iter().filter(|from| self.rounds.get(from) == Some(&kind)).count();
        (coins.len(), mixed)
    }
}

fn id(txid: &bitcoin::Txid) -> TxId {
    TxId(txid.to_byte_array())
}

fn wallet(output: &bitcoin::TxOut) -> Option<Wallet> {
    let script = output.script_pubkey.as_bytes();
    let (kind, payload) = match script {
        [0, 20, payload @ ..] => (ScriptType::P2wpkh, payload),
        [0, 32, payload @ ..] => (ScriptType::P2wsh, payload),
        [0x51, 32, payload @ ..] => (ScriptType::P2tr, payload),
        [0x76, 0xa9, 20, payload @ .., 0x88, 0xac] => (ScriptType::P2pkh, payload),
        [0xa9, 20, payload @ .., 0x87] => (ScriptType::P2sh, payload),
        _ => return None,
    };
    Wallets::new(SEED).wallet_of(&ScriptKey::new(kind, payload)?)
}

/// How often the most frequent amount occurs, and which it is.
fn most_frequent(tx: &Transaction) -> (usize, u64) {
    let mut counts: HashMap<u64, usize> = HashMap::new();
    for output in &tx.output {
        *counts.entry(output.value.to_sat()).or_default() += 1;
    }
    counts.into_iter().map(|(value, count)| (count, value)).max().expect("outputs")
}

#[test]
fn whirlpool_takes_few_new_coins_and_many_that_were_mixed_before() {
    let hard = Hard::get();
    let (mut rounds, mut new_coins) = (0, Vec::new());
    for (txid, _) in hard.rounds.iter().filter(|(_, protocol)| **protocol == Protocol::Whirlpool) {
        let tx = &hard.txs[txid];
        let inputs = hard.inputs(tx);
        let (count, pool) = most_frequent(tx);
        assert!((5..=8).contains(&count) && count == tx.output.len() && count == inputs.len());
        let owners: HashSet<_> = inputs.iter().map(|(_, _, owner)| *owner).collect();
        assert_eq!(owners.len(), count, "each coin is somebody else's");
        rounds += 1;
        new_coins.push(inputs.iter().filter(|(_, value, _)| *value > pool).count());
    }
    let usual = new_coins.iter().filter(|count| (1..=3).contains(*count)).count();
    assert!(rounds >= 100 && 10 * usual > 9 * rounds, "{usual} of {rounds}");
    let (coins, mixed) = hard.remixed(Protocol::Whirlpool);
    assert!(2 * mixed > coins, "{mixed} of {coins}");
    let mut premixes = 0;
    for record in &hard.records {
        if let Record::Premix { txid, pool, outputs } = record {
            let tx = &hard.txs[txid];
            let above = |value: u64| value > *pool && value < pool + 10_000;
            let made = tx.output.iter().filter(|output| above(output.value.to_sat())).count();
            assert_eq!(made, *outputs as usize);
            assert!(tx.output.iter().any(|output| output.script_pubkey.is_op_return()));
            premixes += 1;
        }
    }
    assert!(premixes >= 3, "{premixes}");
}

#[test]
fn wasabi_1_has_one_amount_and_its_doubles_with_change_and_a_fee() {
    let hard = Hard::get();
    let rounds: Vec<_> = hard.rounds.iter().filter(|(_, protocol)| **protocol == Protocol::Wasabi1).collect();
    assert!(rounds.len() >= 5, "{}", rounds.len());
    let (mut coins, mut mixed) = (0, 0);
    for (txid, _) in rounds {
        let tx = &hard.txs[txid];
        let (count, amount) = most_frequent(tx);
        assert!((10_900_000..=11_000_000).contains(&amount) && count >= 8, "{count} of {amount}");
        let doubled = tx.output.iter().filter(|output| output.value.to_sat() == 2 * amount).count();
        let change = tx.output.iter().filter(|output| !output.value.to_sat().is_multiple_of(amount)).count();
        assert!(doubled <= count && change >= 2);
        let services = tx.output.iter().filter(|output| wallet(output).is_some_and(Wallet::is_service));
        assert_eq!(services.count(), 1, "the coordinator is paid once");
        let inputs = hard.inputs(tx);
        coins += inputs.len();
        mixed += inputs.iter().filter(|(_, value, _)| value.abs_diff(amount) < amount / 50).count();
    }
    assert!((20..50).contains(&(100 * mixed / coins)), "{mixed} of {coins}");
}

#[test]
fn most_coins_of_standard_rounds_come_out_of_rounds() {
    let (coins, mixed) = Hard::get().remixed(Protocol::Wasabi2);
    assert!(coins > 5_000 && 2 * mixed > coins, "{mixed} of {coins}");
}

#[test]
fn a_sweep_puts_a_services_deposits_into_one_address_of_its_own() {
    let hard = Hard::get();
    let mut sweeps = 0;
    for record in &hard.records {
        let Record::Sweep { txid, service, deposits } = record else { continue };
        let tx = &hard.txs[txid];
        assert_eq!((tx.input.len(), tx.output.len()), (*deposits as usize, 1));
        let own = Some(Wallet(*service));
        let owners = hard.inputs(tx).into_iter().filter(|(_, _, owner)| owner.is_some());
        assert!(owners.into_iter().all(|(_, _, owner)| owner == own) && wallet(&tx.output[0]) == own);
        assert!(*deposits >= 5);
        sweeps += 1;
    }
    assert!(sweeps >= 10, "{sweeps}");
}

#[test]
fn a_payjoin_has_inputs_of_two_owners_and_hides_what_is_paid() {
    let hard = Hard::get();
    let (mut all, mut of_thieves) = (0, 0);
    for record in &hard.records {
        let Record::Payjoin { txid, payee_inputs, payee_output, paid, heist } = record else { continue };
        let tx = &hard.txs[txid];
        let inputs = hard.inputs(tx);
        let owners: BTreeSet<_> = inputs.iter().map(|(_, _, owner)| *owner).collect();
        assert_eq!((tx.input.len(), tx.output.len(), owners.len()), (2, 2, 2));
        let [brings] = payee_inputs[..] else { panic!("one coin") };
        let (_, brought, payee) = inputs[brings as usize];
        let got = &tx.output[*payee_output as usize];
        assert_eq!((got.value.to_sat(), wallet(got)), (brought + paid.0, payee));
        assert!(tx.output.iter().all(|output| output.value.to_sat() != paid.0));
        let payer = inputs[1 - brings as usize].2.expect("it has an owner");
        assert_eq!(payer.is_thief(), heist.is_some());
        all += 1;
        of_thieves += u32::from(heist.is_some());
    }
    assert!(all >= 40 && of_thieves >= 5, "{all}, {of_thieves}");
}

#[test]
fn out_of_a_shared_wallet_an_honest_payment_is_made_with_coins_of_both() {
    let hard = Hard::get();
    let mut movements = HashMap::new();
    for record in &hard.records {
        if let Record::Movement { movement, .. } = record {
            movements.insert(movement.txid, movement);
        }
    }
    let (mut shared, mut with_loot) = (0, 0);
    for record in &hard.records {
        let Record::Shared { txid, brought, paid, .. } = record else { continue };
        let movement = movements[txid];
        let of = |lots: &[Lot], label| -> u64 {
            lots.iter().filter(|lot| lot.label == label).map(|lot| lot.amount.0).sum()
        };
        let clean: u64 = movement.inputs.iter().map(|input| of(&input.lots, LotLabel::Clean)).sum();
        assert!(movement.step == Step::Shared && paid < brought && clean >= brought.0);
        let inputs = hard.inputs(&hard.txs[txid]);
        assert!(inputs.len() == 2 && inputs.iter().all(|(_, _, owner)| owner.is_some_and(Wallet::is_thief)));
        shared += 1;
        let to_service = movement.outputs.iter().find(|output| hard.value(&output.outpoint) == paid.0);
        with_loot += u32::from(of(&to_service.expect("it is paid").lots, LotLabel::Stolen) > 0);
    }
    assert!(shared >= 10 && with_loot >= 2 && with_loot < shared, "{with_loot} of {shared}");
}

#[test]
fn a_thief_who_learns_pays_in_elsewhere() {
    let hard = Hard::get();
    let mut ways: HashMap<(u32, u32), Adaptation> = HashMap::new();
    let mut owners: HashMap<&str, (Wallet, Role)> = HashMap::new();
    let mut paid_in = 0;
    for record in &hard.records {
        match record {
            Record::Adapted { heist, branch, how } => {
                assert_eq!(ways.insert((*heist, *branch), *how), None, "once for each part");
            }
            Record::Actor { address, wallet, role, .. } => {
                owners.entry(address).or_insert((Wallet(*wallet), *role));
            }
            Record::Movement { heist, branch, movement, .. }
                if movement.step == Step::CashOut
                    && ways.get(&(*heist, *branch)) == Some(&Adaptation::SmallServices) =>
            {
                let (wallet, _) = owners[&movement.outputs[0].address[..]];
                assert!((64..128).contains(&wallet.0), "{wallet:?}");
                paid_in += 1;
            }
            _ => {}
        }
    }
    let kinds: HashSet<_> = ways.values().collect();
    assert!(kinds.len() == 3 && ways.len() >= 10 && paid_in >= 3, "{} ways, {paid_in}", ways.len());
}

#[test]
fn a_harder_chain_lasts_weeks_and_its_thieves_have_thousands_of_addresses() {
    let hard = Hard::get();
    let days = (hard.times.1 - hard.times.0) / 86_400;
    assert!((14..=28).contains(&days), "{days} days");
    let thieves: HashSet<&str> = hard
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Actor { address, wallet, .. } if Wallet(*wallet).is_thief() => Some(&address[..]),
            _ => None,
        })
        .collect();
    assert!(thieves.len() >= 2_000, "{}", thieves.len());
}

#[test]
fn the_usual_range_has_none_of_it() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let config = HeistConfig { seed: SEED, tx_count: 5_000, heists: 6, difficulty: Difficulty::Usual };
    generate_heists(&config, dir.path(), &mut |_| ()).expect("the folder is empty and writable");
    read_truth(dir.path(), &mut |record| {
        let new = matches!(
            record,
            Record::Premix { .. }
                | Record::Payjoin { .. }
                | Record::Shared { .. }
                | Record::Sweep { .. }
                | Record::Adapted { .. }
        );
        let kind =
            matches!(record, Record::Coinjoin { protocol: Protocol::Wasabi1 | Protocol::Whirlpool, .. });
        assert!(!new && !kind, "{record:?}");
        Ok(())
    })
    .expect("the truth is well-formed");
}

#[test]
fn the_same_seed_gives_the_same_harder_chain() {
    let dirs = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"));
    let config = HeistConfig { seed: 9, tx_count: 5_000, heists: 6, difficulty: Difficulty::Hard };
    let [one, other] = [0, 1].map(|at| {
        generate_heists(&config, dirs[at].path(), &mut |_| ()).expect("the folder is empty and writable");
        ["truth.jsonl", "blk00000.dat"]
            .map(|name| std::fs::read(dirs[at].path().join(name)).expect("it was written"))
    });
    assert!(one == other);
}
