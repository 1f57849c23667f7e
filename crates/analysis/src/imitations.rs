//! Address poisoning on account chains: addresses made to look like another one on the same path.
//!
//! People compare the first and the last digits of an address. Whoever finds a key whose address has the same ones writes it into
//! the history of somebody who pays the genuine one, by a movement of nothing, by dust or by a token that nobody values, and waits
//! for it to be copied.
//!
//! **The imitated is never taken for its imitation.** Anybody can write bait, in anybody's name and towards anybody, so bait alone
//! proves nothing. Which is which is said only where order and value agree over all movements and all payers: the genuine one was
//! paid first, in earnest, and the other came later, with bait, and is paid less by whoever it did not mislead. Where they do not
//! agree, or where chance alone gives as much, the pair looks alike and no more is said.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tracehound_model::Amount;
use tracehound_transfers::{AccountNum, AssetNum, Transfer};

/// Digits that addresses have to share to look alike: as many as wallets show of them.
const FIRST: usize = 3;
/// The same at the end.
const LAST: usize = 4;
/// A movement of so much less than what was paid before is dust.
const DUST: u64 = 100;
/// What chance gives less often than one time in so many is no chance.
const BEYOND_CHANCE: u128 = 100;

/// Addresses that look alike, whoever imitates whom.
pub type Group = Vec<AccountNum>;

/// An address made to look like another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Imitation {
    /// The imitation.
    pub account: AccountNum,
    /// The imitated: somebody else, who did nothing.
    pub of: AccountNum,
    /// Whom it is meant to mislead; the first of them by number.
    pub misleads: AccountNum,
    /// How many first digits both share.
    pub first: usize,
    /// How many last ones.
    pub last: usize,
    /// Chance gives a pair that shares so many digits among whom that one deals with once in so many times.
    pub one_in: u128,
}

/// What looks alike in some movements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alike {
    /// All groups, each by number.
    pub groups: Vec<Group>,
    /// Those that are imitations of a genuine one, by number.
    pub imitations: Vec<Imitation>,
}

/// What is known of one group on the path of one counterparty.
#[derive(Default)]
struct Path {
    /// The member that the counterparty paid in earnest first, with the most of each asset so far.
    genuine: Option<(AccountNum, BTreeMap<AssetNum, Amount>)>,
    /// Members that were there.
    seen: BTreeSet<AccountNum>,
    /// Those that came with bait, and when.
    baits: Vec<(AccountNum, usize)>,
}

/// What a member of a group moved with others, in what people pay with.
#[derive(Default)]
struct Record {
    /// Payments to it: when, by whom, what.
    paid: Vec<(usize, AccountNum, AssetNum, Amount)>,
    /// When it first paid, and the sums.
    pays_from: Option<usize>,
    pays: BTreeMap<AssetNum, Amount>,
}

/// Addresses that look alike, and which of them imitate which. `digits` are an address's digits behind what all begin with, of
/// `base` different ones; `is_money` says whether an asset is one that people pay with, and not a counterfeit. Transfers come
/// in the order of the chain, those of nothing included. O(n log n).
pub fn imitations(
    transfers: &[Transfer],
    base: u128,
    digits: impl Fn(AccountNum) -> Option<Vec<u8>>,
    is_money: impl Fn(AssetNum) -> bool,
) -> Alike {
    let accounts: BTreeSet<AccountNum> =
        transfers.iter().flat_map(|transfer| [transfer.from, transfer.to]).flatten().collect();
    let mut alike: BTreeMap<(Vec<u8>, Vec<u8>), Group> = BTreeMap::new();
    for account in accounts {
        if let Some(digits) = digits(account).filter(|digits| digits.len() > FIRST + LAST) {
            let ends = (digits[..FIRST].to_vec(), digits[digits.len() - LAST..].to_vec());
            alike.entry(ends).or_default().push(account);
        }
    }
    let groups: Vec<Group> = alike.into_values().filter(|group| group.len() > 1).collect();
    let group_of: HashMap<AccountNum, usize> = groups
        .iter()
        .enumerate()
        .flat_map(|(at, group)| group.iter().map(move |account| (*account, at)))
        .collect();

    // What each group moved with others, the greatest payment of each asset to one of it, and who deals with others than the group.
    let mut records: BTreeMap<AccountNum, Record> = BTreeMap::new();
    let mut most: BTreeMap<(usize, AssetNum), Amount> = BTreeMap::new();
    let mut outside: BTreeMap<AccountNum, BTreeSet<AccountNum>> = BTreeMap::new();
    for (at, transfer) in transfers.iter().enumerate() {
        let (Some(from), Some(to)) = (transfer.from, transfer.to) else { continue };
        let groups = [group_of.get(&from), group_of.get(&to)];
        if transfer.amount.is_zero() || !is_money(transfer.asset) || from == to {
            continue;
        }
        outside.entry(from).or_default().insert(to);
        outside.entry(to).or_default().insert(from);
        if groups[0] == groups[1] {
            continue;
        }
        if groups[0].is_some() {
            let record = records.entry(from).or_default();
            record.pays_from.get_or_insert(at);
            let sum = record.pays.entry(transfer.asset).or_default();
            *sum = sum.saturating_add(transfer.amount);
        }
        if let Some(group) = groups[1] {
            records.entry(to).or_default().paid.push((at, from, transfer.asset, transfer.amount));
            let most = most.entry((*group, transfer.asset)).or_default();
            *most = (*most).max(transfer.amount);
        }
    }
    let is_witness = |payer: AccountNum, group: usize| {
        outside
            .get(&payer)
            .is_some_and(|others| others.iter().any(|other| group_of.get(other) != Some(&group)))
    };
    // Whoever deals with look-alikes alone may be whoever made them: where somebody else paid one of them, he is not asked.
    let witnessed: BTreeSet<usize> = records
        .iter()
        .filter(|(member, record)| record.paid.iter().any(|paid| is_witness(paid.1, group_of[member])))
        .map(|(member, _)| group_of[member])
        .collect();
    let counts = |payer: AccountNum, group: usize| !witnessed.contains(&group) || is_witness(payer, group);

    let mut paths: BTreeMap<(usize, AccountNum), Path> = BTreeMap::new();
    let mut dealt: BTreeMap<AccountNum, BTreeSet<AccountNum>> = BTreeMap::new();
    for (at, transfer) in transfers.iter().enumerate() {
        let (Some(from), Some(to)) = (transfer.from, transfer.to) else { continue };
        for (member, other) in [(from, to), (to, from)] {
            dealt.entry(other).or_default().insert(member);
            let Some(group) = group_of.get(&member).filter(|group| group_of.get(&other) != Some(group))
            else {
                continue;
            };
            let is_money = is_money(transfer.asset);
            let most = most.get(&(*group, transfer.asset)).copied().unwrap_or_default();
            let is_earnest = is_money && !transfer.amount.is_zero() && !is_dust(transfer.amount, most);
            let path = paths.entry((*group, other)).or_default();
            path.take(at, member, transfer, member == to && is_earnest, is_money);
        }
    }
    // Whom each came to with bait first, and when.
    let mut baited: BTreeMap<AccountNum, BTreeMap<AccountNum, usize>> = BTreeMap::new();
    for ((_, misleads), path) in &paths {
        for (account, at) in &path.baits {
            baited.entry(*account).or_default().insert(*misleads, *at);
        }
    }
    let none = Record::default();
    let mut found: BTreeMap<(AccountNum, AccountNum), Imitation> = BTreeMap::new();
    for ((group, misleads), path) in paths {
        let Some((of, _)) = path.genuine.filter(|_| counts(misleads, group)) else { continue };
        let among = dealt.get(&misleads).map_or(0, BTreeSet::len) as u128;
        for (account, _) in path.baits {
            let [own, genuine] = [account, of].map(|account| records.get(&account).unwrap_or(&none));
            let misled = &baited[&account];
            // A trifle is no payment by which anybody is genuine.
            let proves = |payer, asset, amount| {
                counts(payer, group)
                    && !is_dust(amount, most.get(&(group, asset)).copied().unwrap_or_default())
            };
            if !genuine.is_before_and_above(own, misled, proves) {
                continue;
            }
            let (Some(own), Some(genuine)) = (digits(account), digits(of)) else { continue };
            let first = own.iter().zip(&genuine).take_while(|(a, b)| a == b).count();
            let last = own.iter().rev().zip(genuine.iter().rev()).take_while(|(a, b)| a == b).count();
            let one_in = one_in(base, first + last, among);
            if one_in >= BEYOND_CHANCE {
                let imitation = Imitation { account, of, misleads, first, last, one_in };
                found.entry((account, of)).or_insert(imitation);
            }
        }
    }
    // Who imitates nobody else is not said of one that is imitated itself: order or value misled somewhere.
    let imitated: BTreeSet<AccountNum> = found.keys().map(|(_, of)| *of).collect();
    let imitates: BTreeSet<AccountNum> = found.keys().map(|(account, _)| *account).collect();
    let is_plain =
        |account: &AccountNum, of: &AccountNum| !imitated.contains(account) && !imitates.contains(of);
    let imitations =
        found.into_iter().filter(|((account, of), _)| is_plain(account, of)).map(|(_, imitation)| imitation);
    Alike { imitations: imitations.collect(), groups }
}

impl Path {
    fn take(&mut self, at: usize, member: AccountNum, transfer: &Transfer, paid: bool, is_money: bool) {
        let is_new = self.seen.insert(member);
        match &mut self.genuine {
            // Somebody who was there before it was paid, with bait or without, is no newcomer to anybody.
            None if paid && is_new => {
                self.genuine = Some((member, BTreeMap::from([(transfer.asset, transfer.amount)])));
            }
            Some((genuine, _)) if *genuine == member && !paid => {}
            Some((genuine, most)) if *genuine == member => {
                let most = most.entry(transfer.asset).or_default();
                *most = (*most).max(transfer.amount);
            }
            Some((_, most)) if is_new => {
                // What somebody pays himself is no bait laid for him: a payment to try an address out.
                let is_dust = transfer.from == Some(member)
                    && most.get(&transfer.asset).is_some_and(|most| is_dust(transfer.amount, *most));
                if transfer.amount.is_zero() || !is_money || is_dust {
                    self.baits.push((member, at));
                }
            }
            _ => {}
        }
    }
}

impl Record {
    /// Whether all movements say of this one that it was there before the other and moved more. Whoever was misled by the other may
    /// have paid it more than this one, and yet not much more.
    fn is_before_and_above(
        &self,
        other: &Self,
        misled: &BTreeMap<AccountNum, usize>,
        proves: impl Fn(AccountNum, AssetNum, Amount) -> bool,
    ) -> bool {
        let mut sums: BTreeMap<AssetNum, Amount> = BTreeMap::new();
        let mut first = None;
        for (at, _, asset, amount) in self.paid.iter().filter(|paid| proves(paid.1, paid.2, paid.3)) {
            first.get_or_insert(*at);
            let sum = sums.entry(*asset).or_default();
            *sum = sum.saturating_add(*amount);
        }
        let Some(first) = first else { return false };
        if other.paid.first().is_some_and(|paid| paid.0 < first)
            || other.pays_from.is_some_and(|at| at < first)
        {
            return false;
        }
        let (mut by_misled, mut by_others) = (BTreeMap::<_, Amount>::new(), BTreeMap::<_, Amount>::new());
        for (at, payer, asset, amount) in &other.paid {
            let is_misled = misled.get(payer).is_some_and(|bait| bait < at);
            let sums = if is_misled { &mut by_misled } else { &mut by_others };
            let sum = sums.entry(*asset).or_default();
            *sum = sum.saturating_add(*amount);
        }
        // What it pays and was not seen to get, it had.
        for (asset, paid) in &other.pays {
            let got = by_misled.get(asset).copied().unwrap_or_default();
            let own = paid.checked_sub(got).unwrap_or_default();
            let sum = by_others.entry(*asset).or_default();
            *sum = (*sum).max(own);
        }
        let sum = |asset| sums.get(asset).copied().unwrap_or_default();
        by_others.iter().all(|(asset, amount)| amount.is_zero() || *amount < sum(asset))
            && by_misled.iter().all(|(asset, amount)| !is_dust(sum(asset), *amount))
    }
}

/// Whether it is so much less that it is dust.
fn is_dust(amount: Amount, most: Amount) -> bool {
    amount.checked_mul_div(DUST.into(), 1_u64.into()).is_some_and(|times| times <= most)
}

/// In how many times chance gives one pair, among so many addresses, that shares so many digits.
fn one_in(base: u128, shared: usize, among: u128) -> u128 {
    let shared = u32::try_from(shared).unwrap_or(u32::MAX);
    let pairs = among.saturating_mul(among.saturating_sub(1)) / 2;
    base.saturating_pow(shared) / pairs.max(1)
}
