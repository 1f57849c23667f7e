//! The Ethereum legs: what is generated, and what is found in it against a reference that was written apart from the engine.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    ops::ControlFlow,
};

use num_bigint::BigUint;
use tracehound_analysis::taint::{
    AccountRole, BalanceOptions, BalanceStop, Label, Method, TransferSeed, follow_balances,
};
use tracehound_evm::chains::Rules;
use tracehound_ingest::{EtlSource, ingest_etl_files};
use tracehound_model::{Address, transfer::MovementKind};
use tracehound_range::{
    ACCOUNT_CHAIN, AccountChain, AccountConfig, BaitKind, Part, RangeError,
    score::{ACCOUNT_METHODS, AccountScore, AccountsKnown, accounts_page},
};
use tracehound_transfers::{
    AccountNum, Balance, BalanceAt, MemoryTransfers, Opening, Transfer, TransferLedger, TransferNum,
    TransferRows, WriterOptions,
};

fn generated(seed: u64) -> AccountChain {
    AccountChain::generate(AccountConfig { seed, txs: 1_200, heists: 4 }).expect("there is room")
}

fn stored(chain: &AccountChain) -> MemoryTransfers {
    let mut rows = MemoryTransfers::new("eip155:11155111".parse().expect("a chain"), Opening::Nothing)
        .expect("nothing of another chain");
    for block in chain.blocks() {
        rows.append(&block).expect("blocks continue each other");
    }
    rows
}

fn transfers(rows: &MemoryTransfers) -> impl Iterator<Item = Transfer> + '_ {
    (0..rows.transfer_count()).map(|num| rows.transfer(TransferNum(num)).expect("held"))
}

/// The part of each account, by address.
fn parts(chain: &AccountChain) -> BTreeMap<Address, Part> {
    chain.parties.iter().copied().collect()
}

fn role(part: Part) -> Option<AccountRole> {
    match part {
        Part::Wallet(_) | Part::Deposit(_) | Part::Vault(_) => Some(AccountRole::Service),
        Part::Mixer => Some(AccountRole::Mixer),
        Part::Converter | Part::Bridge => Some(AccountRole::Converter),
        _ => None,
    }
}

fn seeds(chain: &AccountChain) -> Vec<TransferSeed> {
    let heists = (0..).zip(&chain.truth.heists);
    let of = |(heist, of): (u16, &tracehound_range::AccountHeist)| {
        let seed = |&num: &u64| TransferSeed { transfer: TransferNum(num), label: Label(heist) };
        of.seeds.iter().map(seed).collect::<Vec<_>>()
    };
    heists.flat_map(of).collect()
}

#[test]
fn the_same_seed_gives_the_same_chain_and_another_another() {
    let hash = |seed| stored(&generated(seed)).block(tracehound_transfers::BlockNum(40)).expect("held").hash;
    let (one, again) = (generated(7), generated(7));
    assert!(one.blocks().eq(again.blocks()));
    assert_eq!(one.truth.places, again.truth.places);
    assert_eq!(one.truth.moved, again.truth.moved);
    assert_ne!(hash(7), hash(8));
}

#[test]
fn a_chain_without_room_is_refused() {
    let asked = |txs, heists| AccountChain::generate(AccountConfig { seed: 1, txs, heists }).map(|_| ());
    assert!(matches!(asked(1_000, 0), Err(RangeError::Heists { most: 5, .. })));
    assert!(matches!(asked(1_000, 6), Err(RangeError::Heists { heists: 6, .. })));
    assert!(matches!(asked(1_000_001, 1), Err(RangeError::AccountTxs(1_000_001))));
}

/// Nobody pays what he does not have, so that every balance is known throughout.
#[test]
fn every_balance_of_a_generated_chain_is_known() {
    let rows = stored(&generated(3));
    for transfer in transfers(&rows) {
        for balance in [transfer.source(), transfer.target()].into_iter().flatten() {
            let after = rows.before(balance, TransferNum(transfer.num.0 + 1));
            assert!(matches!(after, BalanceAt::Known(_)), "{transfer:?}: {after:?}");
        }
    }
}

/// What the files of ethereum-etl give, read as anybody's are, is what the blocks hold: movement by movement, with nothing unseen.
#[test]
fn its_files_are_taken_into_a_ledger_as_what_it_is() {
    let chain = generated(4);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (files, ledger) = (folder.path().join("files"), folder.path().join("ledger"));
    chain.write_etl(&files).expect("written");
    assert!(matches!(chain.write_etl(&files), Err(RangeError::Exists { .. })));
    let source = EtlSource { paths: vec![files], rules: Rules::sepolia(), writer: WriterOptions::default() };
    let report = ingest_etl_files(&ledger, &source, &|_| ControlFlow::Continue(())).expect("taken in");
    assert!(report.passed_over.is_empty());
    let rows = stored(&chain);
    let stored = TransferLedger::open(&ledger, tracehound_model::Chain::Evm(ACCOUNT_CHAIN)).expect("opens");
    assert_eq!(stored.transfer_count(), rows.transfer_count());
    assert_eq!(stored.block_count(), rows.block_count());
    for num in (0..rows.block_count()).map(tracehound_transfers::BlockNum) {
        assert_eq!(stored.block(num), rows.block(num));
    }
    let told = |rows: &dyn TransferRows, num: u64| {
        let transfer = rows.transfer(TransferNum(num)).expect("held");
        let who = |account: Option<AccountNum>| account.map(|account| rows.account(account).expect("held"));
        let hash = rows.tx(transfer.tx).expect("held").hash;
        (
            hash,
            who(transfer.from),
            who(transfer.to),
            rows.asset(transfer.asset),
            transfer.amount,
            transfer.kind,
        )
    };
    for num in 0..rows.transfer_count() {
        assert_eq!(told(&stored, num), told(&rows, num), "movement {num}");
    }
    stored.confirm().expect("whole");
}

/// The loot that the truth places is what was taken, in worth, but for what fees and pools took.
#[test]
fn what_was_taken_is_somewhere_and_every_kind_of_thing_happens() {
    let (mut ends, mut mingled, mut baits) = (HashSet::new(), 0, BTreeSet::new());
    for seed in 1..=6 {
        let chain = generated(seed);
        let rows = stored(&chain);
        let money = |asset| chain.money.iter().position(|money| money.asset == asset).expect("made");
        for (heist, of) in (0..).zip(&chain.truth.heists) {
            let worth = |transfer: Transfer| {
                let asset = money(rows.asset(transfer.asset).expect("held"));
                chain.money[asset].worth(transfer.amount.to_u128().expect("small"))
            };
            let taken: u128 =
                of.seeds.iter().map(|&num| worth(rows.transfer(TransferNum(num)).expect("held"))).sum();
            let own = chain.truth.places.iter().filter(|place| place.0.2 == heist);
            let there: u128 = own.map(|(place, units)| chain.money[place.1].worth(*units)).sum();
            // A swap costs at most six in a thousand, and nothing is swapped more than a few times.
            assert!(there <= taken && there >= taken / 100 * 95, "heist {heist}: {there} of {taken}");
            mingled += usize::from(of.is_mingled);
        }
        ends.extend(chain.truth.places.keys().map(|place| std::mem::discriminant(&chain.parties[place.0].1)));
        baits.extend(chain.truth.baits.iter().map(|bait| bait.kind));
    }
    for part in [Part::Thief, Part::User, Part::Deposit(0), Part::Bridge] {
        assert!(ends.contains(&std::mem::discriminant(&part)), "no loot ends at a {part:?}");
    }
    assert!(mingled > 0);
    assert_eq!(baits.len(), 3, "{:?}", [BaitKind::Nothing, BaitKind::Dust, BaitKind::Counterfeit]);
}

/// Lots of a pool, the oldest first: which heist, and how much.
type Pool = Vec<(Option<u16>, BigUint)>;
/// Where something dirty is in the end: why, account, asset and heist.
type Ends = BTreeMap<(&'static str, Option<Balance>, u16), BigUint>;

/// Taint by its definitions, over every balance from the first transfer on, in numbers without a size.
struct Reference<'a> {
    rows: &'a MemoryTransfers,
    method: Method,
    role: &'a dyn Fn(AccountNum) -> Option<AccountRole>,
    seeds: BTreeMap<u64, u16>,
    pools: BTreeMap<Balance, Pool>,
    ends: Ends,
}

fn total(pool: &Pool) -> BigUint {
    pool.iter().map(|lot| &lot.1).sum()
}

/// `amount` in proportion to the weights, what is left by rounding to the largest remainders, the earlier of equal ones first.
fn proportionally(amount: &BigUint, weights: &[BigUint]) -> Vec<BigUint> {
    let whole: BigUint = weights.iter().sum();
    let mut parts: Vec<BigUint> = weights.iter().map(|weight| amount * weight / &whole).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(amount * &weights[at] % &whole));
    let mut left = amount - parts.iter().sum::<BigUint>();
    for at in order {
        if left == BigUint::ZERO {
            break;
        }
        parts[at] += 1u8;
        left -= 1u8;
    }
    parts
}

impl Reference<'_> {
    /// Takes `amount` off a pool by the rule's definition.
    fn withdraw(&self, pool: &mut Pool, amount: &BigUint) -> Pool {
        let rest = total(pool) - amount;
        let labels: BTreeSet<u16> = pool.iter().filter_map(|lot| lot.0).collect();
        let of = |pool: &Pool, label: Option<u16>| -> BigUint {
            pool.iter().filter(|lot| lot.0 == label).map(|lot| &lot.1).sum()
        };
        let (mut taken, mut kept) = (Pool::new(), Pool::new());
        let front = |pool: &Pool, wanted: &BigUint| {
            let (mut front, mut back, mut wanted) = (Pool::new(), Pool::new(), wanted.clone());
            for (label, held) in pool {
                let part = held.min(&wanted).clone();
                wanted -= &part;
                back.push((*label, held - &part));
                front.push((*label, part));
            }
            (front, back)
        };
        match self.method {
            Method::Fifo => (taken, kept) = front(pool, amount),
            Method::Lifo => (kept, taken) = front(pool, &rest),
            Method::CleanFirst => {
                let mut queue: Pool = vec![(None, of(pool, None))];
                queue.extend(labels.iter().map(|&label| (Some(label), of(pool, Some(label)))));
                (taken, kept) = front(&queue, amount);
            }
            Method::Tiho => {
                // Dirty money leaves first, the heists in proportion.
                let dirty: Vec<BigUint> = labels.iter().map(|&label| of(pool, Some(label))).collect();
                let all: BigUint = dirty.iter().sum();
                let leaves = all.clone().min(amount.clone());
                let parts = if all == BigUint::ZERO { Vec::new() } else { proportionally(&leaves, &dirty) };
                for ((&label, part), held) in labels.iter().zip(parts).zip(&dirty) {
                    kept.push((Some(label), held - &part));
                    taken.push((Some(label), part));
                }
                let clean = amount - leaves;
                kept.push((None, of(pool, None) - &clean));
                taken.push((None, clean));
            }
            Method::Haircut => {
                // Heist by heist over what is left of both sides.
                let mut left = [amount.clone(), rest];
                for &label in &labels {
                    let parts = proportionally(&of(pool, Some(label)), &left);
                    for ((side, part), left) in [&mut taken, &mut kept].into_iter().zip(parts).zip(&mut left)
                    {
                        *left -= &part;
                        side.push((Some(label), part));
                    }
                }
                let [taken_left, kept_left] = left;
                taken.push((None, taken_left));
                kept.push((None, kept_left));
            }
            Method::Poison => unreachable!("its amounts are no partition"),
        }
        let real = |pool: Pool| pool.into_iter().filter(|lot| lot.1 > BigUint::ZERO).collect::<Pool>();
        *pool = real(kept);
        real(taken)
    }

    fn end(&mut self, why: &'static str, balance: Option<Balance>, pool: &Pool) {
        for (label, amount) in pool {
            if let Some(label) = label {
                *self.ends.entry((why, balance, *label)).or_default() += amount;
            }
        }
    }

    /// One movement: what it takes along, given where it ends or laid behind what is there.
    fn turn(&mut self, transfer: &Transfer, bought: Option<Pool>) -> Option<Pool> {
        let amount = BigUint::from(transfer.amount.to_u128().expect("small"));
        let mut moved = vec![(None, amount.clone())];
        if let Some(source) = transfer.source() {
            let mut pool = self.pools.remove(&source).expect("it holds what it pays");
            moved = self.withdraw(&mut pool, &amount);
            self.pools.insert(source, pool);
        }
        if let Some(&heist) = self.seeds.get(&transfer.num.0) {
            let before = std::mem::replace(&mut moved, vec![(Some(heist), amount.clone())]);
            self.end("rejoined", transfer.source(), &before);
        }
        let moved = bought.unwrap_or(moved);
        let clean = vec![(None, amount)];
        let (why, arrives) = match transfer.to.map(|to| (self.role)(to)) {
            _ if transfer.kind == MovementKind::Fee => ("fee", &clean),
            None => ("burned", &clean),
            Some(Some(AccountRole::Service)) => ("service", &clean),
            Some(Some(AccountRole::Mixer)) => ("mixer", &clean),
            Some(Some(AccountRole::Converter)) => ("converter", &clean),
            Some(None) => ("", &moved),
        };
        if let Some(target) = transfer.target() {
            self.pools.entry(target).or_default().extend(arrives.clone());
        }
        if why == "converter" {
            return Some(moved);
        }
        if !why.is_empty() {
            self.end(why, transfer.target(), &moved);
        }
        None
    }

    fn run(mut self) -> Ends {
        let mut tx = 0;
        while let Some(row) = self.rows.tx(tracehound_transfers::TxNum(tx)) {
            let all: Vec<Transfer> = (row.first.0..row.first.0 + u64::from(row.count))
                .map(|num| self.rows.transfer(TransferNum(num)).expect("held"))
                .collect();
            let converts = |account: Option<AccountNum>| {
                account.is_some_and(|account| (self.role)(account) == Some(AccountRole::Converter))
            };
            let given = |transfer: &Transfer| {
                transfer.from.is_some() && !converts(transfer.from) && converts(transfer.to)
            };
            let taken = |transfer: &Transfer| {
                converts(transfer.from) && transfer.to.is_some() && !converts(transfer.to)
            };
            let gives: Vec<Transfer> =
                all.iter().copied().filter(|one| given(one) && one.kind != MovementKind::Fee).collect();
            let takes: Vec<Transfer> = all.iter().copied().filter(taken).collect();
            match (&gives[..], &takes[..]) {
                // What is given first, whatever stands first: a change is one thing.
                ([give], [take]) if give.asset != take.asset => {
                    let fees = all.iter().filter(|one| one.kind == MovementKind::Fee);
                    fees.for_each(|fee| assert!(self.turn(fee, None).is_none()));
                    let sold = self.turn(give, None).expect("a converter takes it");
                    let amount = BigUint::from(take.amount.to_u128().expect("small"));
                    let weights: Vec<BigUint> = sold.iter().map(|lot| lot.1.clone()).collect();
                    let parts = proportionally(&amount, &weights);
                    let bought: Pool = sold.iter().zip(parts).map(|(lot, part)| (lot.0, part)).collect();
                    self.turn(take, Some(bought));
                    for other in all.iter().filter(|one| one.kind != MovementKind::Fee) {
                        if other.num != give.num && other.num != take.num {
                            self.turn(other, None);
                        }
                    }
                }
                _ => {
                    for transfer in &all {
                        if let Some(left) = self.turn(transfer, None) {
                            self.end("converter", transfer.target(), &left);
                        }
                    }
                }
            }
            tx += 1;
        }
        for (balance, pool) in std::mem::take(&mut self.pools) {
            self.end("unspent", Some(balance), &pool);
        }
        self.ends
    }
}

/// Every unit of every heist is in the same balance for the same reason as in the reference, by every rule.
#[test]
fn account_taint_on_heists_is_that_of_the_reference_to_the_unit() {
    for seed in [1, 2, 5] {
        let chain = generated(seed);
        let rows = stored(&chain);
        let parts = parts(&chain);
        let role = |account: AccountNum| role(parts[&rows.account(account).expect("held")]);
        let seeds = seeds(&chain);
        for method in ACCOUNT_METHODS.into_iter().filter(|method| method.conserves()) {
            let options = BalanceOptions { method, hops: 1_000, dust: 0, transfers: 1_000_000 };
            let flow = follow_balances(&rows, &seeds, options, &role).expect("followed");
            let mut found = Ends::new();
            for end in &flow.ends {
                let why = match end.reason {
                    BalanceStop::Unspent => "unspent",
                    BalanceStop::ReachedService => "service",
                    BalanceStop::Mixed => "mixer",
                    BalanceStop::Converted => "converter",
                    BalanceStop::Fee => "fee",
                    BalanceStop::Burned => "burned",
                    other => panic!("{seed} {}: {other:?}", method.name()),
                };
                for (label, amount) in end.holding.by_label() {
                    *found.entry((why, end.balance, label.0)).or_default() += amount;
                }
            }
            let seeds = seeds.iter().map(|seed| (seed.transfer.0, seed.label.0)).collect();
            let reference = Reference {
                rows: &rows,
                method,
                role: &role,
                seeds,
                pools: BTreeMap::new(),
                ends: Ends::new(),
            };
            // Fees of nobody's name: destroyed ones have no balance to tell apart.
            let expected = reference.run();
            assert!(expected.len() > 40, "{}", expected.len());
            let differ: Vec<_> = expected
                .iter()
                .filter(|(key, amount)| found.get(key) != Some(amount))
                .map(|(key, amount)| (key, amount, found.get(key)))
                .chain(
                    found
                        .iter()
                        .filter(|(key, _)| !expected.contains_key(key))
                        .map(|(key, amount)| (key, amount, None)),
                )
                .collect();
            assert!(
                differ.is_empty(),
                "seed {seed}, {}: {} differ, {:?}",
                method.name(),
                differ.len(),
                differ.first()
            );
        }
    }
}

/// Whatever the seed, the rule and what is known: each unit is booked once, under its heist and in its asset.
#[test]
fn every_unit_of_every_heist_is_booked_once() {
    let mut sum = AccountScore::default();
    for seed in 20..28 {
        let score = AccountScore::of(&generated(seed));
        for ((known, method), samples) in &score.taint {
            assert_eq!(samples.len(), 4, "{known:?} {}", method.name());
            for sample in samples {
                assert_eq!(sample.rates.conservation_error, 0, "{seed} {known:?} {}", method.name());
                let shares = [sample.rates.recall, sample.rates.services_recall, sample.rates.steps_recall];
                assert!(shares.iter().all(|share| share.part <= share.whole));
            }
        }
        sum.add(&score);
    }
    assert_eq!(sum.chains.len(), 8);
    let page = accounts_page(&sum);
    let of =
        |known,
         method: Method,
         figure: fn(&tracehound_range::score::AccountRates) -> tracehound_range::score::Share| {
            let mut share = tracehound_range::score::Share::default();
            for sample in &sum.taint[&(known, method)] {
                share += figure(&sample.rates);
            }
            share.permille().expect("measured")
        };
    let recall = |known, method| of(known, method, |rates| rates.recall);
    let precision = |known, method| of(known, method, |rates| rates.precision);
    // Through exchanges most is found; where pools look like anybody, what is changed is lost in them.
    assert!(recall(AccountsKnown::All, Method::Haircut) > 600);
    assert!(
        recall(AccountsKnown::NoConverters, Method::Haircut)
            < recall(AccountsKnown::All, Method::Haircut) - 200
    );
    assert!(precision(AccountsKnown::All, Method::Poison) < precision(AccountsKnown::All, Method::Haircut));
    // Without their deposit addresses services are found all the same, by their wallets.
    assert!(of(AccountsKnown::NoDeposits, Method::Haircut, |rates| rates.services_recall) > 500);
    assert_eq!(sum.deposits.wrong, 0);
    assert!(sum.deposits.found * 10 > sum.deposits.there * 8, "{:?}", sum.deposits);
    assert_eq!(sum.baits.wrong, 0, "the imitated is never called the imitation");
    let of_kind = |kind| sum.baits.kinds[&kind];
    assert_eq!((of_kind(BaitKind::Nothing).found, of_kind(BaitKind::Nothing).counterparties), (0, 0));
    assert_eq!(of_kind(BaitKind::Counterfeit).counterparties, 0, "what a counterfeit says is nobody's word");
    assert!(of_kind(BaitKind::Counterfeit).found > 0);
    let row = page.lines().find(|row| row.starts_with("| haircut | ")).expect("there");
    assert!(page.contains("**generated**") && row.matches(" to ").count() >= 8, "{row}");
}

/// The seeds of the chains in the scorecard.
const SCORED: std::ops::RangeInclusive<u64> = 1..=24;

/// What stands around the section in the scorecard.
const MARKS: (&str, &str) = ("<!-- legs -->", "<!-- /legs -->");

#[test]
#[ignore = "measures and rewrites docs/SCORECARD.md: cargo xtask legs"]
fn legs_scorecard() {
    let mut score = AccountScore::default();
    for seed in SCORED {
        let config = AccountConfig { seed, txs: 6_000, heists: 10 };
        score.add(&AccountScore::of(&AccountChain::generate(config).expect("there is room")));
    }
    tracehound_testkit::scorecard_section(MARKS, &accounts_page(&score));
}
