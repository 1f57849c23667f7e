//! Names on account chains: who lists and labels say an account is, on a day, and what it does with what comes to it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use ahash::RandomState;
use jiff::civil::Date;
use tracehound_analysis::{taint::AccountRole, trace::Entity};
use tracehound_attribution::{
    index::{ClaimRef, Index},
    listing::listed_since,
};
use tracehound_labels::shelf::Packs;
use tracehound_model::{Address, Asset, Category, Chain, Claim, LabelStatement, Predicate, SourceKind};

use crate::{
    keys::best_claim,
    labels::{self, Said},
};

/// The claims of an index and the labels of packs about accounts of one chain, remembered once looked up.
#[derive(Debug)]
pub struct Accounts<'a> {
    index: &'a Index,
    packs: Option<&'a Packs>,
    chain: Chain,
    day: Date,
    found: Mutex<HashMap<Address, Option<Entity>, RandomState>>,
}

impl<'a> Accounts<'a> {
    /// What holds of accounts of `chain` on `day`.
    pub fn new(index: &'a Index, packs: &'a Packs, chain: Chain, day: Date) -> Self {
        Self::of(index, Some(packs).filter(|packs| !packs.is_empty()), chain, day)
    }

    /// The same, where there may be no packs.
    pub(crate) fn of(index: &'a Index, packs: Option<&'a Packs>, chain: Chain, day: Date) -> Self {
        Self { index, packs, chain, day, found: Mutex::default() }
    }

    /// Whose an account is, or which protocol's contract: by a list of a government, else by what labels come to, else by the best
    /// claim of the day.
    pub fn entity(&self, address: &Address) -> Option<Entity> {
        let table = || self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = table().get(address) {
            return known.clone();
        }
        let entity = self.look_up(address);
        table().insert(*address, entity.clone());
        entity
    }

    /// What an account does with what comes to it, where that is known.
    pub fn role(&self, address: &Address) -> Option<AccountRole> {
        // What wraps the chain's coin holds everybody's, and gives each its own back, whatever labels call it.
        if Asset::wrapped(self.chain).and_then(Asset::contract) == Some(*address) {
            return Some(AccountRole::Converter);
        }
        let entity = self.entity(address).filter(Entity::is_service)?;
        Some(match entity.category {
            Category::MixingService => AccountRole::Mixer,
            Category::DefiDex | Category::DefiBridge | Category::Defi => AccountRole::Converter,
            _ => AccountRole::Service,
        })
    }

    /// What labels say of an account to whoever deals with it on `chain`, what counts most first:
    /// who controls a key controls it on every chain, and what code or a deposit address is, it is on one.
    pub fn labels_of(
        index: &'a Index,
        packs: &'a Packs,
        address: &Address,
        chain: Option<Chain>,
        day: Date,
    ) -> Vec<LabelStatement> {
        let claims: Vec<ClaimRef<'_>> = index.lookup(address.key().as_ref()).collect();
        let holding = holding(index, day, &claims);
        let labels = labels::on_address(Some(packs), std::slice::from_ref(address), day, &holding);
        let here = chain.map(Chain::caip2);
        let is_here = |said: &&Said| here.as_ref().is_none_or(|here| said.label.chain == *here);
        let mut all: Vec<&Said> = labels
            .all()
            .filter(|said| is_here(said) || said.label.predicate == Predicate::Controls)
            .collect();
        all.sort_by_key(|said| {
            (said.not_counted.is_some(), !is_here(said), std::cmp::Reverse(said.confidence))
        });
        all.into_iter().map(Said::statement).collect()
    }

    /// The claims of the day about an account, and what labels say of it, those that count first.
    pub fn said_of(&self, address: &Address) -> (Vec<Claim>, Vec<LabelStatement>) {
        let claims: Vec<ClaimRef<'_>> = self.index.lookup(address.key().as_ref()).collect();
        let holding = holding(self.index, self.day, &claims);
        let labels = labels::on_account(self.packs, address, self.chain, self.day, &holding);
        let statements = labels.all().map(Said::statement).collect();
        (holding.into_iter().map(|(claim, _)| claim).collect(), statements)
    }

    fn look_up(&self, address: &Address) -> Option<Entity> {
        let claims: Vec<ClaimRef<'_>> = self.index.lookup(address.key().as_ref()).collect();
        let listed = || {
            let best = best_claim(&claims, self.day)?;
            let all: Vec<Claim> = claims.iter().map(ClaimRef::to_claim).collect();
            Some(Entity {
                label: best.label().to_owned(),
                category: best.category(),
                listed_from: Some(listed_since(&best.to_claim(), self.day, &all)),
                labelled: None,
            })
        };
        let holding = holding(self.index, self.day, &claims);
        let labels = labels::on_account(self.packs, address, self.chain, self.day, &holding);
        labels.entity(true).or_else(listed).or_else(|| labels.contract())
    }
}

/// Those that hold on the day, each with the kind of its source.
fn holding(index: &Index, day: Date, claims: &[ClaimRef<'_>]) -> Vec<(Claim, Option<SourceKind>)> {
    let kind = |claim: &Claim| -> Option<SourceKind> {
        index.source(&claim.source.0).map(|history| history.source.kind)
    };
    let holding = claims.iter().filter(|claim| claim.holds_on(day)).map(ClaimRef::to_claim);
    holding.map(|claim| (claim.clone(), kind(&claim))).collect()
}
