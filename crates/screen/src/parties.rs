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
use tracehound_model::{Address, BitcoinNetwork};

/// The claims of an index about the owners of a ledger, remembered once looked up.
#[derive(Debug)]
pub struct Parties<'a> {
    index: &'a Index,
    ledger: &'a Ledger,
    network: BitcoinNetwork,
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
        Self {
            index,
            ledger,
            network,
            day,
            found: RefCell::default(),
            classifier: Classifier::new(ledger),
            buffer: RefCell::default(),
        }
    }
}

impl Known for Parties<'_> {
    /// The owner's name. Of several claims a service's comes first, since it ends a path, then the most confident one.
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
        let address = Address::from_script(self.network, &self.ledger.script_key(owner)?)?;
        let claims = self.index.lookup(address.key().as_ref());
        let holding = claims.clone().filter(|claim| claim.holds_on(self.day));
        let best =
            holding.max_by_key(|claim| (claim.category().is_service(), claim.confidence(), claim.id()))?;
        let all: Vec<_> = claims.map(|claim| claim.to_claim()).collect();
        Some(Party {
            label: best.label().to_owned(),
            category: best.category(),
            listed_from: Some(listed_since(&best.to_claim(), self.day, &all)),
        })
    }
}
