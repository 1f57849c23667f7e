//! What the rules find on the Ethereum legs: taint per account and asset through exchanges, deposit addresses, imitations.
//!
//! All heists of a chain are followed at once, each under a label of its own, as loot of several lies in one wallet at times. Amounts of
//! different assets are added up by what they are worth in a generated chain, where prices do not move.

mod found;
mod report;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rayon::prelude::*;
use tracehound_analysis::taint::{
    AccountRole, BalanceOptions, BalancePropagation, BalanceStop, Label, Method, TransferSeed,
    follow_balances,
};
use tracehound_model::Address;
use tracehound_transfers::{AccountNum, AssetNum, MemoryTransfers, Opening, TransferNum, TransferRows as _};

pub use found::{BaitRates, DepositRates};
pub use report::accounts_page;

use super::{Share, Spread, spread::spreads};
use crate::{
    accounts::{AccountChain, HeistNumber, Part, chain},
    dice::Dice,
};

/// What is known of accounts when value is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountsKnown {
    /// Services with all their deposit addresses, mixers, bridges, and what gives one asset for another.
    All,
    /// Deposit addresses are not known: services by their wallets alone.
    NoDeposits,
    /// Pools, routers and wrappers are not known: they look like anybody.
    NoConverters,
}

impl AccountsKnown {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::All, Self::NoDeposits, Self::NoConverters];

    fn role(self, part: Part) -> Option<AccountRole> {
        match part {
            Part::Deposit(_) if self == Self::NoDeposits => None,
            Part::Wallet(_) | Part::Deposit(_) | Part::Vault(_) => Some(AccountRole::Service),
            Part::Mixer => Some(AccountRole::Mixer),
            Part::Converter if self == Self::NoConverters => None,
            Part::Converter | Part::Bridge => Some(AccountRole::Converter),
            Part::User | Part::Thief | Part::Poisoner | Part::Imitation | Part::Staff => None,
        }
    }
}

/// The rules that are compared on account chains.
pub const ACCOUNT_METHODS: [Method; 6] =
    [Method::Poison, Method::Haircut, Method::Fifo, Method::Lifo, Method::Tiho, Method::CleanFirst];

/// What was measured of one rule. All shares but those of movements are of what something is worth, in wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountRates {
    /// Heists.
    pub samples: u64,
    /// Loot found in the balance where it ended and under the heist it is of, of all loot but what went into fees.
    pub recall: Share,
    /// Loot of that heist among what the rule says is in each balance.
    pub precision: Share,
    /// The same by service instead of by balance.
    pub services_recall: Share,
    /// Loot among what the rule says arrived at each service.
    pub services_precision: Share,
    /// Movements of loot among the steps, by number.
    pub steps_recall: Share,
    /// Movements of loot of all steps, by number.
    pub steps_precision: Share,
    /// What went into a mixer, of what was followed.
    pub mixed: Share,
    /// What ended as unknown or at a limit, of what was followed.
    pub lost: Share,
    /// From unrelated payments: what the rule places where loot ended, of the payments.
    pub placebo: Share,
    /// Units that were not booked, or booked twice. Poison's are not counted: they grow.
    pub conservation_error: u128,
}

/// The figures that have a range.
const FIGURES: [fn(&AccountRates) -> Share; 9] = [
    |rates| rates.recall,
    |rates| rates.precision,
    |rates| rates.services_recall,
    |rates| rates.services_precision,
    |rates| rates.steps_recall,
    |rates| rates.steps_precision,
    |rates| rates.mixed,
    |rates| rates.lost,
    |rates| rates.placebo,
];

impl AccountRates {
    /// Adds another sample's.
    pub fn add(&mut self, other: &Self) {
        self.samples += other.samples;
        self.recall += other.recall;
        self.precision += other.precision;
        self.services_recall += other.services_recall;
        self.services_precision += other.services_precision;
        self.steps_recall += other.steps_recall;
        self.steps_precision += other.steps_precision;
        self.mixed += other.mixed;
        self.lost += other.lost;
        self.placebo += other.placebo;
        self.conservation_error += other.conservation_error;
    }
}

/// One heist's figures by a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountSample {
    /// The seed of its chain.
    pub seed: u64,
    /// Whether some of its loot lay in a wallet together with another thief's.
    pub is_mingled: bool,
    /// The figures.
    pub rates: AccountRates,
}

/// All that was measured, of one chain or of several.
#[derive(Clone, Debug, Default)]
pub struct AccountScore {
    /// Chains: seed, transactions, movements, heists.
    pub chains: Vec<(u64, u64, u64, usize)>,
    /// The heists, by rule and by what was known.
    pub taint: BTreeMap<(AccountsKnown, Method), Vec<AccountSample>>,
    /// Deposit addresses.
    pub deposits: DepositRates,
    /// Imitations by the bait they were shown with.
    pub baits: BaitRates,
}

impl AccountScore {
    /// Measures one chain.
    ///
    /// # Panics
    /// When a generated chain does not fit into a store: the generator is wrong then.
    pub fn of(generated: &AccountChain) -> Self {
        let rows = Rows::of(generated);
        let mut dice = Dice::new(generated.config.seed ^ 0x0070_6c61_6365_626f);
        let placebo = rows.unrelated(&mut dice);
        let questions: Vec<(AccountsKnown, Method)> = AccountsKnown::ALL
            .into_iter()
            .flat_map(|known| ACCOUNT_METHODS.map(|method| (known, method)))
            .collect();
        let taint = questions
            .par_iter()
            .map(|&(known, method)| ((known, method), rows.measure(known, method, &placebo)))
            .collect();
        Self {
            chains: vec![(
                generated.config.seed,
                generated.config.txs,
                rows.store.transfer_count(),
                generated.truth.heists.len(),
            )],
            taint,
            deposits: DepositRates::of(&rows),
            baits: BaitRates::of(&rows),
        }
    }

    /// Adds another chain's figures.
    pub fn add(&mut self, other: &Self) {
        self.chains.extend(&other.chains);
        for (&question, samples) in &other.taint {
            self.taint.entry(question).or_default().extend(samples);
        }
        self.deposits.add(&other.deposits);
        self.baits.add(&other.baits);
    }
}

/// The sum of some samples, and the middle 95 % when as many are drawn with replacement.
fn sums(samples: &[AccountSample]) -> (AccountRates, [Option<Spread>; FIGURES.len()]) {
    let mut sum = AccountRates::default();
    for sample in samples {
        sum.add(&sample.rates);
    }
    (sum, spreads(samples, |sum: &mut AccountRates, sample| sum.add(&sample.rates), FIGURES))
}

/// Base units by account, asset and heist.
type Places = BTreeMap<(usize, usize, HeistNumber), u128>;

/// A generated chain in a store, and who is who in it.
struct Rows<'a> {
    generated: &'a AccountChain,
    store: MemoryTransfers,
    /// Parties by the number that the store gave their account.
    parties: Vec<usize>,
    /// The same of assets.
    money: Vec<usize>,
}

impl<'a> Rows<'a> {
    fn of(generated: &'a AccountChain) -> Self {
        let mut store = MemoryTransfers::new(chain(), Opening::Nothing).expect("nothing of another chain");
        for block in generated.blocks() {
            store.append(&block).expect("blocks continue each other");
        }
        let by_address: HashMap<Address, usize> =
            generated.parties.iter().enumerate().map(|(at, party)| (party.0, at)).collect();
        let addresses = (0..).map_while(|num| store.account(AccountNum(num)));
        let parties = addresses.map(|address| by_address[&address]).collect();
        let assets = (0..).map_while(|num| store.asset(AssetNum(num)));
        let place = |asset| generated.money.iter().position(|money| money.asset == asset).expect("made here");
        let money = assets.map(place).collect();
        Self { generated, store, parties, money }
    }

    fn party(&self, account: AccountNum) -> usize {
        self.parties[account.0 as usize]
    }

    fn part(&self, account: AccountNum) -> Part {
        self.generated.parties[self.party(account)].1
    }

    fn money(&self, asset: AssetNum) -> usize {
        self.money[asset.0 as usize]
    }

    fn worth(&self, money: usize, units: u128) -> u128 {
        self.generated.money[money].worth(units)
    }

    fn seeds(&self) -> Vec<TransferSeed> {
        let heists = self.generated.truth.heists.iter();
        let label = |(heist, of): (HeistNumber, &crate::AccountHeist)| {
            of.seeds
                .iter()
                .map(move |&num| TransferSeed { transfer: TransferNum(num), label: Label(heist) })
                .collect::<Vec<_>>()
        };
        (0..).zip(heists).flat_map(label).collect()
    }

    /// As many payments between users as there are movements that took loot, under the labels of the heists.
    fn unrelated(&self, dice: &mut Dice) -> Vec<TransferSeed> {
        let mut found: BTreeMap<TransferNum, Label> = BTreeMap::new();
        for seed in self.seeds() {
            for _ in 0..10_000 {
                let num = TransferNum(dice.below(self.store.transfer_count()));
                let Some(transfer) = self.store.transfer(num) else { continue };
                let is_user = |account: Option<AccountNum>| {
                    account.is_some_and(|account| self.part(account) == Part::User)
                };
                let money = self.money(transfer.asset);
                let units = transfer.amount.to_u128().unwrap_or_default();
                if is_user(transfer.from)
                    && is_user(transfer.to)
                    && self.generated.money[money].is_genuine
                    && self.worth(money, units) >= 100_000_000_000_000_000
                    && !found.contains_key(&num)
                    && !self.is_loot(num)
                {
                    found.insert(num, seed.label);
                    break;
                }
            }
        }
        found.into_iter().map(|(transfer, label)| TransferSeed { transfer, label }).collect()
    }

    fn is_loot(&self, num: TransferNum) -> bool {
        self.generated.truth.moved.range((num.0, 0)..=(num.0, HeistNumber::MAX)).next().is_some()
    }

    fn follow(&self, seeds: &[TransferSeed], known: AccountsKnown, method: Method) -> BalancePropagation {
        let options = BalanceOptions { method, hops: 1_000, dust: 0, transfers: 1_000_000 };
        let role = |account: AccountNum| known.role(self.part(account));
        follow_balances(&self.store, seeds, options, &role).expect("what took loot can be followed")
    }

    fn measure(&self, known: AccountsKnown, method: Method, placebo: &[TransferSeed]) -> Vec<AccountSample> {
        let seeds = self.seeds();
        let flow = self.follow(&seeds, known, method);
        let (claims, arrived) = self.claims(&flow);
        let unrelated = if placebo.is_empty() {
            BalancePropagation::default()
        } else {
            self.follow(placebo, known, method)
        };
        let (unrelated, _) = self.claims(&unrelated);
        let seed_nums: BTreeSet<TransferNum> = seeds.iter().map(|seed| seed.transfer).collect();
        let steps = self.steps(&flow, &seed_nums);
        let truth = &self.generated.truth;
        (0..)
            .zip(&truth.heists)
            .map(|(heist, of)| {
                let mut rates = AccountRates { samples: 1, ..AccountRates::default() };
                let (hit, claimed, there) = self.compare(&claims, &truth.places, heist);
                (rates.recall, rates.precision) = (Share::new(hit, there), Share::new(hit, claimed));
                (rates.services_recall, rates.services_precision) = self.services(&arrived, heist);
                let own = |moved: &BTreeSet<(u64, HeistNumber)>| {
                    moved.iter().filter(|one| one.1 == heist).count() as u128
                };
                let moved: BTreeSet<(u64, HeistNumber)> = truth.moved.keys().copied().collect();
                let both = steps.intersection(&moved).filter(|one| one.1 == heist).count() as u128;
                rates.steps_recall = Share::new(both, own(&moved));
                rates.steps_precision = Share::new(both, own(&steps));
                let followed = self.seeded(&seeds, heist);
                (rates.mixed, rates.lost) = self.ended(&flow, heist, followed);
                let (hit, _, _) = self.compare(&unrelated, &truth.places, heist);
                let payments = self.seeded(placebo, heist);
                rates.placebo = Share::new(hit.min(payments), payments);
                for ((label, _), totals) in &flow.totals {
                    if label.0 == heist && method.conserves() {
                        rates.conservation_error += totals.booked().abs_diff(totals.seeded);
                    }
                }
                AccountSample { seed: self.generated.config.seed, is_mingled: of.is_mingled, rates }
            })
            .collect()
    }

    /// What the seeds of a heist are worth.
    fn seeded(&self, seeds: &[TransferSeed], heist: HeistNumber) -> u128 {
        let own = seeds.iter().filter(|seed| seed.label.0 == heist);
        own.filter_map(|seed| self.store.transfer(seed.transfer))
            .map(|transfer| {
                self.worth(self.money(transfer.asset), transfer.amount.to_u128().unwrap_or_default())
            })
            .sum()
    }

    /// What a propagation says is dirty where it ended, and of that what arrived at a service. What went into a mixer, is unknown or
    /// was cut off it does not say to be anywhere.
    fn claims(&self, flow: &BalancePropagation) -> (Places, Places) {
        let (mut claims, mut arrived) = (Places::new(), Places::new());
        for end in &flow.ends {
            let Some(balance) = end.balance else { continue };
            let (party, money) = (self.party(balance.account), self.money(end.asset));
            let part = self.generated.parties[party].1;
            let is_said = match end.reason {
                BalanceStop::Unspent | BalanceStop::ReachedService => true,
                BalanceStop::Converted => part == Part::Bridge,
                _ => false,
            };
            for (label, amount) in end.holding.by_label() {
                if is_said {
                    *claims.entry((party, money, label.0)).or_default() += amount;
                }
                if end.reason == BalanceStop::ReachedService {
                    *arrived.entry((party, money, label.0)).or_default() += amount;
                }
            }
        }
        (claims, arrived)
    }

    /// What of a heist is where it is said to be, what is said, and what is there.
    fn compare(&self, claims: &Places, truth: &Places, heist: HeistNumber) -> (u128, u128, u128) {
        let own = |(place, units): (&(usize, usize, HeistNumber), &u128)| {
            if place.2 == heist { self.worth(place.1, *units) } else { 0 }
        };
        let both = |(place, units): (&(usize, usize, HeistNumber), &u128)| {
            let there = truth.get(place).copied().unwrap_or_default();
            own((place, &there.min(*units)))
        };
        (claims.iter().map(both).sum(), claims.iter().map(own).sum(), truth.iter().map(own).sum())
    }

    fn services(&self, arrived: &Places, heist: HeistNumber) -> (Share, Share) {
        let by_service = |places: &Places| {
            let mut sums: BTreeMap<u8, u128> = BTreeMap::new();
            for (&(party, money, of), &units) in places {
                if let Some(service) = self.generated.parties[party].1.service().filter(|_| of == heist) {
                    *sums.entry(service).or_default() += self.worth(money, units);
                }
            }
            sums
        };
        let (said, there) = (by_service(arrived), by_service(&self.generated.truth.places));
        let hit: u128 = there
            .iter()
            .map(|(service, worth)| said.get(service).copied().unwrap_or_default().min(*worth))
            .sum();
        (Share::new(hit, there.values().sum()), Share::new(hit, said.values().sum()))
    }

    /// Movements of something dirty. What goes on inside a service is nobody's loot any more, whoever knows the service.
    fn steps(
        &self,
        flow: &BalancePropagation,
        seeds: &BTreeSet<TransferNum>,
    ) -> BTreeSet<(u64, HeistNumber)> {
        let counts = |num: TransferNum| {
            let from = self.store.transfer(num).and_then(|transfer| transfer.from);
            seeds.contains(&num) || from.is_none_or(|from| self.part(from).service().is_none())
        };
        let steps = flow.steps.iter().filter(|step| counts(step.transfer));
        steps
            .flat_map(|step| step.holding.by_label().into_iter().map(|(label, _)| (step.transfer.0, label.0)))
            .collect()
    }

    /// What went into a mixer, and what ended as unknown or at a limit.
    fn ended(&self, flow: &BalancePropagation, heist: HeistNumber, followed: u128) -> (Share, Share) {
        let (mut mixed, mut lost) = (0, 0);
        for end in &flow.ends {
            let worth = self.worth(self.money(end.asset), end.holding.dirty(Label(heist)));
            let is_bridge = end.balance.is_some_and(|balance| self.part(balance.account) == Part::Bridge);
            match end.reason {
                BalanceStop::Mixed => mixed += worth,
                BalanceStop::Converted if is_bridge => {}
                BalanceStop::Converted
                | BalanceStop::Unknown(_)
                | BalanceStop::TooLarge
                | BalanceStop::Truncated(_) => {
                    lost += worth;
                }
                BalanceStop::Unspent
                | BalanceStop::ReachedService
                | BalanceStop::Fee
                | BalanceStop::Burned
                | BalanceStop::Issued => {}
            }
        }
        (Share::new(mixed, followed), Share::new(lost, followed))
    }
}
