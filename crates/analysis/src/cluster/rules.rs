//! What joins addresses, and what must not.

use std::collections::HashMap;

use tracehound_ledger::{AddrNum, OutNum, SequenceClass, TxNum, TxSpan, UtxoRows};
use tracehound_model::ScriptType;

/// Most inputs of a transaction that can be suspected of being a `PayJoin`, unless the caller says otherwise.
pub const PAYJOIN_INPUTS: u32 = 6;

/// Members above which two clusters are not joined, unless the caller says otherwise.
pub const COLLAPSE_SIZE: u32 = 10_000;

/// A service's number, chosen by the caller: two labels are two services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceId(pub u32);

/// Which transactions are `CoinJoin`s. [`Classifier`](crate::coinjoin::Classifier) knows; so may a function.
pub trait CoinJoins<R: UtxoRows>: Sync {
    /// Whether it may be one, by what a scan shows of it: "no" saves reading the rest.
    fn may_be(&self, _tx: &R::Scanned<'_>) -> bool {
        true
    }

    /// Whether it is one. Asked about transactions that may be, with two or more owners among their inputs.
    fn is(&self, ledger: &R, tx: TxSpan) -> bool;
}

impl<R: UtxoRows, F: Fn(&R, TxSpan) -> bool + Sync> CoinJoins<R> for F {
    fn is(&self, ledger: &R, tx: TxSpan) -> bool {
        self(ledger, tx)
    }
}

/// Which service owns an address, if one is known to.
pub type ServiceOf<'a> = dyn Fn(AddrNum) -> Option<ServiceId> + 'a;

/// What joins addresses. All functions must answer the same question the same way every time, or clusters depend on
/// when they were made.
pub struct Rules<'a, R> {
    /// Transactions whose inputs belong to several entities.
    pub coinjoins: &'a dyn CoinJoins<R>,
    /// Suspect `PayJoin`s among transactions of up to this many inputs; 0 suspects none.
    pub payjoin_inputs: u32,
    /// What stops clusters from collapsing into one.
    pub guard: Option<Guard<'a>>,
    /// Threads that read the ledger beside the one that joins; 0 takes one a core.
    pub threads: usize,
}

impl<R> Clone for Rules<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Rules<'_, R> {}

impl<R> std::fmt::Debug for Rules<'_, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rules")
            .field("payjoin_inputs", &self.payjoin_inputs)
            .field("guard", &self.guard)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

impl<'a, R: UtxoRows> Rules<'a, R> {
    /// The usual rules with this test for `CoinJoin`s, and no guard.
    pub fn new(coinjoins: &'a dyn CoinJoins<R>) -> Self {
        Self { coinjoins, payjoin_inputs: PAYJOIN_INPUTS, guard: None, threads: 0 }
    }
}

/// What stops clusters from collapsing into one. Costs 4 bytes an address more.
#[derive(Clone, Copy)]
pub struct Guard<'a> {
    /// Who is known to own an address; two different services are not joined.
    pub service: &'a ServiceOf<'a>,
    /// Two clusters that both have more members than this are not joined.
    pub both_above: u32,
}

impl std::fmt::Debug for Guard<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard").field("both_above", &self.both_above).finish_non_exhaustive()
    }
}

/// Why a transaction with several owners among its inputs joined none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collapse {
    /// Two services would become one.
    Services(ServiceId, ServiceId),
    /// Two clusters above the size limit would become one; their members.
    Sizes(u32, u32),
}

/// A merge that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The transaction.
    pub tx: TxNum,
    /// An input owner of the one cluster.
    pub a: AddrNum,
    /// An input owner of the other.
    pub b: AddrNum,
    /// Why.
    pub why: Collapse,
}

/// Whether a transaction may be a `PayJoin` (BIP-78): a payment to which the payee added coins of its own.
///
/// The rule: exactly two outputs, both with an owner and neither owned by an input owner; two to `most_inputs` inputs,
/// all of one script type and one sequence class (BIP-78 has the payer refuse anything else); and *no output smaller
/// than the smallest input*. With two outputs the last says that the larger output and the fee could have been paid
/// without the smallest input, whichever output is the payment, so a wallet that pays had no need of that input
/// (Ghesmati, Kern, Judmayer, Stifter, Weippl, "Unnecessary Input Heuristics and `PayJoin` Transactions", 2021).
///
/// It suspects thrifty wallets that sweep small coins along with a payment too: what is lost is a link that another
/// transaction may show, while a wrong one joins strangers. A `PayJoin` whose payee adds a coin larger than the
/// payer's change looks like any payment, and is not suspected. O(inputs).
pub fn is_payjoin_suspect(ledger: &impl UtxoRows, tx: impl Into<TxSpan>, most_inputs: u32) -> bool {
    let tx = tx.into();
    if tx.output_count != 2 || !(2..=most_inputs).contains(&tx.input_count) {
        return false;
    }
    // Not through `outputs`, which looks up who spent them.
    let outputs = [tx.first_output, OutNum(tx.first_output.0 + 1)];
    let [Some(one), Some(other)] = outputs.map(|out| ledger.output_value(out)) else { return false };
    let mut inputs = Vec::with_capacity(tx.input_count as usize);
    let mut smallest = u64::MAX;
    for input in ledger.inputs(tx) {
        let Some(value) = ledger.input_value(&input) else { return false };
        smallest = smallest.min(value);
        inputs.push(input);
    }
    if one.min(other) < smallest {
        return false;
    }
    let [Some(one), Some(other)] = outputs.map(|out| ledger.output_owner(out)) else { return false };
    let mut form: Option<(ScriptType, SequenceClass)> = None;
    inputs.iter().all(|input| {
        let Some(owner) = ledger.input_owner(input).filter(|&owner| owner != one && owner != other) else {
            return false;
        };
        ledger.script_type(owner).is_some_and(|script| {
            let own = (script, input.sequence);
            *form.get_or_insert(own) == own
        })
    })
}

/// The guard's memory: how many members each cluster has, and whose it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Watch {
    /// Members of the cluster with this root.
    sizes: Vec<u32>,
    /// Service that owns the cluster with this root.
    of_root: HashMap<u32, ServiceId>,
    /// Services of addresses that were joined to others, to make the above anew.
    of_addr: HashMap<u32, ServiceId>,
}

impl Watch {
    pub(super) fn grow(&mut self, len: usize) {
        self.sizes.resize(len, 1);
    }

    pub(super) fn reset(&mut self, len: usize) {
        self.sizes.clear();
        self.grow(len);
        self.of_root.clear();
    }

    /// Keeps the services of the addresses that `keep` names.
    pub(super) fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        self.of_addr.retain(|&addr, _| keep(addr));
    }

    fn service(&self, root: u32, guard: &Guard<'_>) -> Option<ServiceId> {
        match self.sizes[root as usize] {
            1 => (guard.service)(AddrNum(root)),
            _ => self.of_root.get(&root).copied(),
        }
    }

    /// Why these clusters, given as (root, a member), must not become one; `None` if they may. O(clusters).
    pub(super) fn objection(
        &self,
        clusters: &[(u32, u32)],
        guard: &Guard<'_>,
    ) -> Option<(u32, u32, Collapse)> {
        let mut labelled: Option<(u32, ServiceId)> = None;
        let mut large: Option<(u32, u32)> = None;
        for &(root, member) in clusters {
            if let Some(service) = self.service(root, guard) {
                match labelled {
                    Some((other, known)) if known != service => {
                        return Some((other, member, Collapse::Services(known, service)));
                    }
                    _ => labelled = Some((member, service)),
                }
            }
            let size = self.sizes[root as usize];
            if size > guard.both_above {
                if let Some((other, known)) = large {
                    return Some((other, member, Collapse::Sizes(known, size)));
                }
                large = Some((member, size));
            }
        }
        None
    }

    /// Books that the cluster `goes` became part of `stays`. `ask` gives the services of single addresses; without it
    /// those known before are used.
    pub(super) fn joined(&mut self, stays: u32, goes: u32, ask: Option<&Guard<'_>>) {
        for root in [stays, goes] {
            if self.sizes[root as usize] == 1 {
                let service = match ask {
                    Some(guard) => (guard.service)(AddrNum(root)),
                    None => self.of_addr.get(&root).copied(),
                };
                if let Some(service) = service {
                    self.of_addr.insert(root, service);
                    self.of_root.insert(root, service);
                }
            }
        }
        self.sizes[stays as usize] += self.sizes[goes as usize];
        if let Some(service) = self.of_root.remove(&goes) {
            self.of_root.insert(stays, service);
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let entry = size_of::<(u32, ServiceId)>() + 1;
        self.sizes.capacity() * size_of::<u32>() + (self.of_root.capacity() + self.of_addr.capacity()) * entry
    }
}
