//! Names for a trace: who the lists say owns an address of the ledger, on a day.

use std::{cell::RefCell, collections::HashMap};

use jiff::civil::Date;
use tracehound_analysis::{
    coinjoin::{Buffer, Classifier},
    taint::Mix,
    trace::{Known, Party},
};
use tracehound_attribution::{index::Index, listing::listed_since};
use tracehound_ledger::{AddrNum, Ledger, TxSpan};
use tracehound_model::BitcoinNetwork;

use crate::{Keys, keys::best_claim};

/// The claims of an index about the owners of a ledger, remembered once looked up.
#[derive(Debug)]
pub struct Parties<'a> {
    keys: Keys<'a>,
    day: Date,
    found: RefCell<HashMap<AddrNum, Option<Party>>>,
    classifier: Classifier,
    buffer: RefCell<Buffer>,
}

/// Least confidence, in percent, at which a transaction counts as a mix that ends a path.
const MIX_CONFIDENCE: u8 = 50;

impl<'a> Parties<'a> {
    /// Claims that hold on `day`.
    pub fn new(index: &'a Index, ledger: &'a Ledger, network: BitcoinNetwork, day: Date) -> Self {
        Self::sharing(&Keys::new(index, Some((network, ledger))), ledger, day)
    }

    /// As [`Parties::new`] over the same index and `ledger`, with what is known of their keys already.
    pub fn sharing(keys: &Keys<'a>, ledger: &Ledger, day: Date) -> Self {
        Self {
            keys: keys.clone(),
            day,
            found: RefCell::default(),
            classifier: Classifier::new(ledger),
            buffer: RefCell::default(),
        }
    }
}

impl Known for Parties<'_> {
    /// The owner's name: what is claimed about any address of its key ([`Keys`]), by the best claim of the day.
    fn party(&self, owner: AddrNum) -> Option<Party> {
        if let Some(known) = self.found.borrow().get(&owner) {
            return known.clone();
        }
        let party = self.look_up(owner);
        self.found.borrow_mut().insert(owner, party.clone());
        party
    }

    fn mix(&self, ledger: &Ledger, tx: TxSpan) -> Option<Mix> {
        let answer = self.classifier.classify(ledger, tx, &mut self.buffer.borrow_mut());
        let found = answer.mixing(MIX_CONFIDENCE)?;
        Some(Mix { protocol: found.protocol.name(), participants: found.participants })
    }
}

impl Parties<'_> {
    fn look_up(&self, owner: AddrNum) -> Option<Party> {
        let claims = self.keys.claims_on(owner);
        let best = best_claim(&claims, self.day)?;
        let all: Vec<_> = claims.iter().map(tracehound_attribution::index::ClaimRef::to_claim).collect();
        Some(Party {
            label: best.label().to_owned(),
            category: best.category(),
            listed_from: Some(listed_since(&best.to_claim(), self.day, &all)),
        })
    }
}
