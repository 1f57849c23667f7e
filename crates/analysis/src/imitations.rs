//! Address poisoning on account chains: addresses made to look like another one on the same path.
//!
//! People compare the first and the last digits of an address. Whoever finds a key whose address has the same ones writes it into
//! the history of somebody who pays the genuine one, by a movement of nothing, by dust or by a token that nobody values, and waits
//! for it to be copied.
//!
//! **The imitated is never taken for its imitation.** Which is which is said only where order and value agree: the genuine one
//! dealt with the same counterparty first, in earnest, and the other came later, with bait. Where they do not agree, where a pair
//! would be both ways round, or where chance alone gives as much, the pair looks alike and no more is said.

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
    baits: Vec<AccountNum>,
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

    let mut paths: BTreeMap<(usize, AccountNum), Path> = BTreeMap::new();
    let mut dealt: BTreeMap<AccountNum, BTreeSet<AccountNum>> = BTreeMap::new();
    for transfer in transfers {
        let (Some(from), Some(to)) = (transfer.from, transfer.to) else { continue };
        for (member, other) in [(from, to), (to, from)] {
            dealt.entry(other).or_default().insert(member);
            let Some(group) = group_of.get(&member).filter(|group| group_of.get(&other) != Some(group))
            else {
                continue;
            };
            let paid = member == to && !transfer.amount.is_zero() && is_money(transfer.asset);
            paths.entry((*group, other)).or_default().take(member, transfer, paid, is_money(transfer.asset));
        }
    }
    let mut found: BTreeMap<(AccountNum, AccountNum), Imitation> = BTreeMap::new();
    for ((_, misleads), path) in paths {
        let Some((of, _)) = path.genuine else { continue };
        let among = dealt.get(&misleads).map_or(0, BTreeSet::len) as u128;
        for account in path.baits {
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
    fn take(&mut self, member: AccountNum, transfer: &Transfer, paid: bool, is_money: bool) {
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
                let is_dust = most.get(&transfer.asset).is_some_and(|most| {
                    transfer
                        .amount
                        .checked_mul_div(DUST.into(), 1_u64.into())
                        .is_some_and(|times| times <= *most)
                });
                if transfer.amount.is_zero() || !is_money || is_dust {
                    self.baits.push(member);
                }
            }
            _ => {}
        }
    }
}

/// In how many times chance gives one pair, among so many addresses, that shares so many digits.
fn one_in(base: u128, shared: usize, among: u128) -> u128 {
    let shared = u32::try_from(shared).unwrap_or(u32::MAX);
    let pairs = among.saturating_mul(among.saturating_sub(1)) / 2;
    base.saturating_pow(shared) / pairs.max(1)
}
