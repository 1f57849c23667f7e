//! Clusters that are one because they hold addresses of one key.
//!
//! The multi-input rule joins what was spent together. Two addresses of one public key (P2PK, P2PKH, P2WPKH, P2SH-P2WPKH)
//! need no such transaction: whoever can spend one can spend the other. Which addresses are of one key the caller knows.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use tracehound_ledger::AddrNum;

use super::{ClusterId, Clusters, Step};

/// The owners that hold the key behind one of them, itself included.
pub type SameKey<'a> = dyn Fn(AddrNum) -> BTreeSet<AddrNum> + 'a;

/// The clusters around one address, joined by keys.
#[derive(Clone, Debug)]
pub struct Keyed<'a> {
    clusters: &'a Clusters,
    /// Each cluster, with the two addresses of one key that led to it; none for the first.
    found: BTreeMap<ClusterId, Option<(AddrNum, AddrNum)>>,
    members: Vec<AddrNum>,
    cut: bool,
}

/// Why two addresses are one entity's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joint {
    /// A transaction spends coins of both.
    Spent(Step),
    /// They are addresses of one key.
    Key {
        /// The one.
        from: AddrNum,
        /// The other.
        to: AddrNum,
    },
}

impl<'a> Keyed<'a> {
    /// Joins what belongs to `subject`. The keys of at most `limit` members are looked at.
    ///
    /// O(addresses) for each step from key to key, and a look at the key of each member.
    pub fn around(clusters: &'a Clusters, subject: AddrNum, same_key: &SameKey<'_>, limit: usize) -> Self {
        let mut keyed = Self { clusters, found: BTreeMap::new(), members: Vec::new(), cut: false };
        let Some(first) = clusters.cluster_of(subject) else { return keyed };
        keyed.found.insert(first, None);
        let (mut next, _) = clusters.members(subject, usize::MAX);
        let mut roots: Option<Vec<ClusterId>> = None;
        while !next.is_empty() {
            let mut new = BTreeSet::new();
            for &member in &next {
                if keyed.members.len() >= limit {
                    keyed.cut = true;
                } else {
                    for other in same_key(member) {
                        let Some(id) = clusters.cluster_of(other) else { continue };
                        if let Entry::Vacant(found) = keyed.found.entry(id) {
                            found.insert(Some((member, other)));
                            new.insert(id);
                        }
                    }
                }
                keyed.members.push(member);
            }
            next.clear();
            if !new.is_empty() {
                let roots = roots.get_or_insert_with(|| clusters.all());
                next.extend(
                    (0..).zip(roots.iter()).filter(|(_, id)| new.contains(id)).map(|(at, _)| AddrNum(at)),
                );
            }
        }
        keyed.members.sort_unstable();
        keyed
    }

    /// All members, ascending.
    pub fn members(&self) -> &[AddrNum] {
        &self.members
    }

    /// Whether the keys of some members were not looked at.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// Its name: that of the member with the smallest number.
    pub fn id(&self) -> Option<ClusterId> {
        self.found.keys().next().copied()
    }

    /// Whether an address is a member. O(log clusters).
    pub fn holds(&self, addr: AddrNum) -> bool {
        self.clusters.cluster_of(addr).is_some_and(|id| self.found.contains_key(&id))
    }

    /// What joins two members, in order from the one to the other; `None` when one of them is no member.
    pub fn explain(&self, from: AddrNum, to: AddrNum) -> Option<Vec<Joint>> {
        let (mut ahead, mut back) = (self.way(from)?, self.way(to)?);
        // Both ways lead to the first cluster; what they share is not gone through.
        while let (Some(one), Some(other)) = (ahead.last(), back.last())
            && one == other
        {
            ahead.pop();
            back.pop();
        }
        let (mut at, mut joints) = (from, Vec::new());
        let forth = ahead.into_iter().map(|(near, far)| (far, near));
        for (leave, enter) in forth.chain(back.into_iter().rev()) {
            self.within(at, leave, &mut joints)?;
            joints.push(Joint::Key { from: leave, to: enter });
            at = enter;
        }
        self.within(at, to, &mut joints)?;
        Some(joints)
    }

    /// The key links from a member's cluster back to the first one: (nearer to the first, farther).
    fn way(&self, member: AddrNum) -> Option<Vec<(AddrNum, AddrNum)>> {
        let mut links = Vec::new();
        let mut at = self.clusters.cluster_of(member)?;
        while let Some(link) = *self.found.get(&at)? {
            links.push(link);
            at = self.clusters.cluster_of(link.0)?;
        }
        Some(links)
    }

    fn within(&self, from: AddrNum, to: AddrNum, joints: &mut Vec<Joint>) -> Option<()> {
        joints.extend(self.clusters.explain(from, to)?.into_iter().map(Joint::Spent));
        Some(())
    }
}
