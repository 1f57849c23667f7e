//! What is found besides taint: deposit addresses, imitations, and what bait makes of counterparties.

use std::collections::{BTreeMap, BTreeSet};

use tracehound_analysis::{
    account_parties::{PartyLimits, account_parties},
    deposits::{deposits, held_for_fees},
    imitations::imitations,
};
use tracehound_model::{Address, Amount, Asset};
use tracehound_transfers::{AccountNum, AssetNum, Transfer, TransferNum, TransferRows as _};

use super::Rows;
use crate::accounts::{BaitKind, Part, chain};

/// Deposit addresses: services are known by their wallets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DepositRates {
    /// Addresses that passed something on.
    pub there: usize,
    /// Of those, found and given to the right service.
    pub found: usize,
    /// Called a deposit address of a service whose it is not.
    pub wrong: usize,
    /// Where loot arrived.
    pub of_thieves: usize,
    /// Of those, found and given to the right service.
    pub of_thieves_found: usize,
}

impl DepositRates {
    pub(super) fn of(rows: &Rows<'_>) -> Self {
        let wallet = |account: AccountNum| match rows.part(account) {
            Part::Wallet(service) => Some(service),
            _ => None,
        };
        let truth = &rows.generated.truth;
        let thieves: BTreeSet<usize> =
            truth.places.keys().map(|place| place.0).filter(|party| truth.swept.contains(party)).collect();
        let mut rates = Self { there: truth.swept.len(), of_thieves: thieves.len(), ..Self::default() };
        let all: Vec<Transfer> = all(rows).collect();
        let is_coin = |asset: AssetNum| rows.store.asset(asset).is_some_and(Asset::is_native);
        let for_fees = |asset: AssetNum| if is_coin(asset) { held_for_fees(chain()) } else { Amount::ZERO };
        for deposit in deposits(&all, wallet, for_fees) {
            if rows.part(deposit.account) == Part::Deposit(deposit.service) {
                rates.found += 1;
                rates.of_thieves_found += usize::from(thieves.contains(&rows.party(deposit.account)));
            } else {
                rates.wrong += 1;
            }
        }
        rates
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.there += other.there;
        self.found += other.found;
        self.wrong += other.wrong;
        self.of_thieves += other.of_thieves;
        self.of_thieves_found += other.of_thieves_found;
    }
}

/// What became of bait of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfKind {
    /// So much was written.
    pub there: usize,
    /// Imitations that were found, with whom they imitate.
    pub found: usize,
    /// Payers of whom the imitation became a counterparty.
    pub counterparties: usize,
}

/// Imitations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BaitRates {
    /// By the bait they were shown with.
    pub kinds: BTreeMap<BaitKind, OfKind>,
    /// Said of an account that imitates nobody.
    pub wrong: usize,
}

impl BaitRates {
    pub(super) fn of(rows: &Rows<'_>) -> Self {
        let digits = |account: AccountNum| match rows.store.account(account)? {
            Address::Evm(bytes) => Some(hex::encode(bytes).into_bytes()),
            _ => None,
        };
        let is_money = |asset: AssetNum| rows.generated.money[rows.money(asset)].is_genuine;
        let transfers: Vec<Transfer> = all(rows).collect();
        let found = imitations(&transfers, 16, digits, is_money).imitations;
        let pairs: BTreeSet<(usize, usize)> =
            found.iter().map(|one| (rows.party(one.account), rows.party(one.of))).collect();
        let wrong = found.iter().filter(|one| rows.part(one.account) != Part::Imitation).count();
        let mut rates = Self { wrong, ..Self::default() };
        for bait in &rows.generated.truth.baits {
            let kind = rates.kinds.entry(bait.kind).or_default();
            kind.there += 1;
            kind.found += usize::from(pairs.contains(&(bait.imitation, bait.of)));
            let [payer, imitation] = [bait.misleads, bait.imitation]
                .map(|party| rows.store.find_account(&rows.generated.parties[party].0));
            if let (Some(payer), Some(imitation)) = (payer, imitation) {
                let parties =
                    account_parties(&rows.store, &BTreeSet::from([payer]), PartyLimits::default(), &is_money);
                let mut others = parties.incoming.keys().chain(parties.outgoing.keys());
                kind.counterparties += usize::from(others.any(|(_, other)| *other == imitation));
            }
        }
        rates
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.wrong += other.wrong;
        for (&kind, of) in &other.kinds {
            let sum = self.kinds.entry(kind).or_default();
            sum.there += of.there;
            sum.found += of.found;
            sum.counterparties += of.counterparties;
        }
    }
}

fn all<'a>(rows: &'a Rows<'_>) -> impl Iterator<Item = Transfer> + 'a {
    (0..rows.store.transfer_count()).filter_map(|num| rows.store.transfer(TransferNum(num)))
}
