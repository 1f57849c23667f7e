//! Families of contracts: those that one account deployed, and those of one code that one factory made.
//!
//! Who deploys a project's contracts deploys more of them, and a factory's contracts of one code are instances of one thing. Neither says
//! who uses a contract: anybody lets a factory make one (a Safe, a pair, a proxy), and anybody may let somebody else deploy. A
//! contract that two families hold, because it was destroyed and made again, is in none.

use std::collections::{BTreeMap, BTreeSet};

/// So many contracts of a family have to have one name, and none another, before it is that of the others.
const AGREEING: u64 = 2;

/// A contract that was made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Creation<A> {
    /// The contract.
    pub contract: A,
    /// Who made it.
    pub by: A,
    /// The hash of the code that made it, where a contract did; none where an account deployed it.
    pub code: Option<[u8; 32]>,
}

/// Who made a contract, and the hash of the code that made it, where that was a contract.
type Maker<A> = (A, Option<[u8; 32]>);

/// Contracts that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family<A> {
    /// Who made them.
    pub by: A,
    /// The hash of the code that they have in common, where a factory made them.
    pub code: Option<[u8; 32]>,
    /// The contracts, in order.
    pub contracts: Vec<A>,
}

/// The families of contracts, by maker and code. O(n log n).
pub fn families<A: Ord + Clone>(creations: impl IntoIterator<Item = Creation<A>>) -> Vec<Family<A>> {
    let mut makers: BTreeMap<A, BTreeSet<Maker<A>>> = BTreeMap::new();
    for Creation { contract, by, code } in creations {
        makers.entry(contract).or_default().insert((by, code));
    }
    let mut families: BTreeMap<Maker<A>, Vec<A>> = BTreeMap::new();
    for (contract, mut makers) in makers {
        if let (Some(maker), true) = (makers.pop_first(), makers.is_empty()) {
            families.entry(maker).or_default().push(contract);
        }
    }
    families.into_iter().map(|((by, code), contracts)| Family { by, code, contracts }).collect()
}

/// The names that are known in a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names<S> {
    deployer: Option<S>,
    contracts: BTreeMap<S, u64>,
}

impl<A> Family<A> {
    /// What is known of whoever deployed its contracts, and of these: who controls an account, and whose a contract is. A factory's own
    /// name is not theirs.
    pub fn names<S: Ord>(
        &self,
        controls: impl Fn(&A) -> Option<S>,
        contract_of: impl Fn(&A) -> Option<S>,
    ) -> Names<S> {
        let deployer = if self.code.is_none() { controls(&self.by) } else { None };
        let mut contracts = BTreeMap::new();
        for name in self.contracts.iter().filter_map(contract_of) {
            *contracts.entry(name).or_default() += 1;
        }
        Names { deployer, contracts }
    }
}

impl<S: Ord> Names<S> {
    /// Whose a contract of the family is, judged without its own name.
    pub fn without(&self, own: Option<&S>) -> Option<&S> {
        if self.deployer.is_some() {
            return self.deployer.as_ref();
        }
        let mut others = self.contracts.iter().filter_map(|(name, count)| {
            let others = count - u64::from(own == Some(name));
            (others > 0).then_some((name, others))
        });
        match (others.next(), others.next()) {
            (Some((name, count)), None) if count >= AGREEING => Some(name),
            _ => None,
        }
    }

    /// How many contracts have a name.
    pub fn named(&self) -> u64 {
        self.contracts.values().sum()
    }

    /// Whether the name is that of whoever deployed them.
    pub fn is_of_deployer(&self) -> bool {
        self.deployer.is_some()
    }
}
