//! Names for a trace: who lists and labels say owns an address of the ledger, on a day.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

use ahash::RandomState;
use jiff::civil::Date;
use tracehound_analysis::{
    coinjoin::{Answer, Buffer, Classifier},
    taint::{MOST, Mix},
    trace::{Entity, Known},
};
use tracehound_attribution::{
    index::{ClaimRef, Index},
    listing::listed_since,
};
use tracehound_ledger::{AddrNum, Ledger, TxSpan, UtxoRows};
use tracehound_model::BitcoinNetwork;

use crate::{Keys, keys::best_claim, labels};

/// Parts of what is remembered, each behind a lock of its own, so that propagations on several cores seldom wait for each other.
const SHARDS: usize = 16;

/// What is remembered of some owners.
type Shard = Mutex<HashMap<AddrNum, Option<Entity>, RandomState>>;

thread_local! {
    /// Space for the classifier.
    static BUFFER: RefCell<Buffer> = RefCell::default();
}

/// The claims of an index and the labels of packs about the owners of a ledger, remembered once looked up.
#[derive(Debug)]
pub struct Entities<'a> {
    keys: Keys<'a>,
    day: Date,
    /// Whether whoever is paid into an account names the service: so it is where money went, and not where it came from.
    deposits: bool,
    found: [Shard; SHARDS],
    classifier: Classifier,
}

/// Least confidence, in percent, at which a transaction counts as a mix that ends a path.
const MIX_CONFIDENCE: u8 = 50;

impl<'a> Entities<'a> {
    /// Claims that hold on `day`.
    pub fn new(index: &'a Index, ledger: &'a Ledger, network: BitcoinNetwork, day: Date) -> Self {
        Self::sharing(&Keys::new(index, Some((network, ledger))), ledger, day)
    }

    /// As [`Entities::new`] over the same index and `ledger`, with what is known of their keys already.
    pub fn sharing(keys: &Keys<'a>, ledger: &Ledger, day: Date) -> Self {
        let classifier = Classifier::new(ledger);
        Self { keys: keys.clone(), day, deposits: true, found: Default::default(), classifier }
    }

    /// For following money back to where it came from: what was paid into an account came from its holder, and not from the
    /// service that keeps it.
    #[must_use]
    pub fn backward(self) -> Self {
        Self { deposits: false, ..self }
    }
}

impl<R: UtxoRows> Known<R> for Entities<'_> {
    fn entity(&self, owner: AddrNum) -> Option<Entity> {
        Entities::entity(self, owner)
    }

    fn mix(&self, rows: &R, tx: TxSpan) -> Option<Mix> {
        let answer = self.classified(rows, tx);
        let found = answer.mixing(MIX_CONFIDENCE)?;
        if self.is_one_partys(rows, tx) {
            return None;
        }
        Some(Mix { protocol: found.protocol.name(), participants: found.participants })
    }

    fn suspect(&self, rows: &R, tx: TxSpan) -> Option<Mix> {
        let Answer::Suspected(found) = self.classified(rows, tx) else { return None };
        if found.confidence >= MIX_CONFIDENCE || self.is_one_partys(rows, tx) {
            return None;
        }
        Some(Mix { protocol: found.protocol.name(), participants: found.participants })
    }
}

impl Entities<'_> {
    /// What the classifier says of a transaction, whoever takes part in it.
    pub fn classified<R: UtxoRows>(&self, rows: &R, tx: TxSpan) -> Answer {
        BUFFER.with_borrow_mut(|buffer| self.classifier.classify(rows, tx, buffer))
    }

    /// Whether most inputs of a transaction, by number and by amount, are of one party by name: it mixes with itself.
    fn is_one_partys<R: UtxoRows>(&self, rows: &R, tx: TxSpan) -> bool {
        let mut parties: BTreeMap<Entity, (usize, u128)> = BTreeMap::new();
        let (mut count, mut all) = (0_usize, 0_u128);
        for input in rows.inputs(tx) {
            // What is not known may be anybody's.
            let Some(value) = rows.input_value(&input) else { return false };
            count += 1;
            all += u128::from(value);
            let entity = rows.input_owner(&input).and_then(|owner| self.entity(owner));
            if let Some(entity) = entity.filter(|entity| !entity.is_hint()) {
                let sum = parties.entry(entity).or_default();
                *sum = (sum.0 + 1, sum.1 + u128::from(value));
            }
        }
        parties.into_values().any(|(own, sum)| own * 4 >= count * MOST && sum * 4 >= all * MOST as u128)
    }

    /// The owner's name: what is claimed about any address of its key ([`Keys`]), by the best claim of the day; else what labels
    /// come to.
    pub fn entity(&self, owner: AddrNum) -> Option<Entity> {
        if self.keys.is_nobody(owner, self.day) {
            return None;
        }
        let shard = || self.found[owner.0 as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = shard().get(&owner) {
            return known.clone();
        }
        let entity = self.look_up(owner);
        shard().insert(owner, entity.clone());
        entity
    }

    /// The same, neither looked for among the names that are remembered nor remembered.
    pub fn look_up(&self, owner: AddrNum) -> Option<Entity> {
        if self.keys.is_nobody(owner, self.day) {
            return None;
        }
        let claims = self.keys.claims_on(owner);
        let best = best_claim(&claims, self.day);
        let listed = || {
            let best = best?;
            let all: Vec<_> = claims.iter().map(ClaimRef::to_claim).collect();
            Some(Entity {
                label: best.label().to_owned(),
                category: best.category(),
                listed_from: Some(listed_since(&best.to_claim(), self.day, &all)),
                labelled: None,
            })
        };
        let labels = labels::on_owner(&self.keys, owner, self.day);
        if claims.is_empty() && labels.is_empty() {
            self.keys.remember_nobody(owner, self.day);
        }
        labels.entity(self.deposits).or_else(listed)
    }
}
