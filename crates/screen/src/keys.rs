//! One key, one owner: which owners of a ledger and which claims belong to the key behind a script.
//!
//! A public key has up to four addresses ([`key_forms`]). Whoever holds the key holds what is on all of them, so a claim on
//! one is a claim on the others, and the key's transactions are those of all of them. From a script the other forms follow
//! by hashing, where the script shows the key or its hash. The other way round takes tables, made when first needed:
//!
//! * the public keys that the ledger shows (P2PK), by hash; O(owners), one byte each;
//! * the public keys and key hashes that claims and labels name, by key hash and by the hash of the P2SH form; O(claims);
//! * the key hashes that the ledger shows (P2PKH, P2WPKH), by the hash of the P2SH form, for a P2SH address that is asked
//!   about; one hash each, so only up to a million of them. In a larger ledger such an address is taken by itself
//!   unless a claim or a public key shows its hash ([`Keys::searched_all`] says so).

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use ahash::RandomState;
use jiff::civil::Date;
use tracehound_attribution::index::{ClaimRef, Index};
use tracehound_labels::shelf::Packs;
use tracehound_ledger::{AddrNum, Ledger};
use tracehound_model::{
    Address, BitcoinNetwork, Chain, ScriptKey, ScriptType, Subject,
    key_forms::{KeyHash, forms_beside, p2sh_p2wpkh},
};

/// Owners whose P2SH form is worked out at most: a quarter of a second of hashing and some 40 MB.
const MOST_WRAPPED: usize = 1 << 20;
/// Owners without a name that are remembered at most: half a megabyte.
const NOBODIES: usize = 1 << 16;

/// Key hash by the hash in the P2SH form.
type Wrapped = HashMap<[u8; 20], KeyHash>;

/// Public keys that the ledger shows.
#[derive(Debug, Default)]
struct Shown {
    keys: HashMap<KeyHash, Vec<ScriptKey>>,
    wrapped: Wrapped,
}

/// Public keys and key hashes that claims and labels name.
#[derive(Debug, Default)]
struct Claimed {
    keys: HashMap<KeyHash, Vec<ScriptKey>>,
    hashes: HashSet<KeyHash>,
    /// The hashes of both.
    named: HashSet<KeyHash, RandomState>,
    /// Script hashes (P2SH), any of which may be of a key's form.
    scripts: HashSet<[u8; 20], RandomState>,
    /// Hybrid keys, by what a ledger knows of them: [`ScriptKey::as_numbered`].
    hybrid: HashMap<ScriptKey, ScriptKey>,
}

#[derive(Debug, Default)]
struct Tables {
    shown: OnceLock<Shown>,
    claimed: OnceLock<Claimed>,
    claimed_wrapped: OnceLock<Wrapped>,
    ledger_wrapped: OnceLock<Option<Wrapped>>,
    nobodies: Nobodies,
}

/// Owners whom nothing names on a day. Each has one place, which it shares with others: the last one has it.
#[derive(Debug, Default)]
struct Nobodies(OnceLock<Box<[AtomicU64]>>);

impl Nobodies {
    fn holds(&self, owner: AddrNum, day: Date) -> bool {
        let place = self.0.get().map(|places| &places[owner.0 as usize % NOBODIES]);
        place.is_some_and(|place| place.load(Ordering::Relaxed) == Self::number(owner, day))
    }

    fn add(&self, owner: AddrNum, day: Date) {
        let places = self.0.get_or_init(|| (0..NOBODIES).map(|_| AtomicU64::new(0)).collect());
        places[owner.0 as usize % NOBODIES].store(Self::number(owner, day), Ordering::Relaxed);
    }

    /// An owner and a day in one number that is not 0.
    fn number(owner: AddrNum, day: Date) -> u64 {
        let year = u64::from(day.year().unsigned_abs());
        let day = (year << 9 | u64::from(day.day_of_year().unsigned_abs())) + 1;
        day << 32 | u64::from(owner.0)
    }
}

/// What is known of keys in one index and, if there is one, one ledger. Cheap to clone; the tables are shared.
#[derive(Clone, Debug)]
pub struct Keys<'a> {
    index: &'a Index,
    packs: Option<&'a Packs>,
    ledger: Option<(BitcoinNetwork, &'a Ledger)>,
    tables: Arc<Tables>,
}

impl<'a> Keys<'a> {
    /// Nothing is read yet.
    pub fn new(index: &'a Index, ledger: Option<(BitcoinNetwork, &'a Ledger)>) -> Self {
        Self { index, packs: None, ledger, tables: Arc::default() }
    }

    /// Reads packs of labels too.
    #[must_use]
    pub fn reading(mut self, packs: &'a Packs) -> Self {
        self.packs = Some(packs).filter(|packs| !packs.is_empty());
        self.tables = Arc::default();
        self
    }

    /// The packs of labels that are read.
    pub(crate) fn packs(&self) -> Option<&'a Packs> {
        self.packs
    }

    /// The ledger's network, where there is one.
    pub(crate) fn network(&self) -> Option<BitcoinNetwork> {
        self.ledger.map(|(network, _)| network)
    }

    /// The claims.
    pub(crate) fn index(&self) -> &'a Index {
        self.index
    }

    /// Whether any service of this chain is known on a day, by a list or by a label.
    pub fn knows_service_of(&self, chain: Chain, day: Date) -> bool {
        self.index.knows_service_of(chain, day)
            || self.packs.is_some_and(|packs| packs.knows_service_of(chain, day))
    }

    /// The other scripts of the key that can spend `script`, as far as script, claims and ledger show it.
    ///
    /// Without a ledger, only what a claim can be found by: the forms of a public key, or of a key hash of which a claim
    /// names any form. With one: all forms.
    pub fn beside(&self, script: &ScriptKey) -> Vec<ScriptKey> {
        let hash = match script.script_type() {
            ScriptType::P2sh => self.behind(script),
            // Most subjects of a batch without a ledger end here.
            ScriptType::P2pkh | ScriptType::P2wpkh if self.ledger.is_none() => {
                script.key_hash().filter(|hash| self.is_claimed(hash))
            }
            _ => script.key_hash(),
        };
        let Some(hash) = hash else { return Vec::new() };
        self.forms_beside(script, &hash)
    }

    /// Whether a claim or a label names any form of the key with this hash.
    fn is_claimed(&self, hash: &KeyHash) -> bool {
        let claimed = self.claimed();
        claimed.named.contains(hash) || (!claimed.scripts.is_empty() && claimed.scripts.contains(&wrap(hash)))
    }

    /// The other forms of the key with this hash, of which `script` is one.
    fn forms_beside(&self, script: &ScriptKey, hash: &KeyHash) -> Vec<ScriptKey> {
        let own = script.public_key().map(|_| *script);
        let shown = self.shown().and_then(|shown| shown.keys.get(hash));
        let known = shown.into_iter().chain(self.claimed().keys.get(hash)).flatten().copied();
        let keys: BTreeSet<ScriptKey> = known.chain(own).collect();
        forms_beside(script, hash, &Vec::from_iter(keys))
    }

    /// The owners of the ledger that an address stands for: itself and the other forms of its key.
    pub fn owners(&self, address: &Address) -> BTreeSet<AddrNum> {
        let Some((network, ledger)) = self.ledger else { return BTreeSet::new() };
        let script = address.script().filter(|_| address.fits(Chain::Bitcoin(network)));
        let Some(script) = script else { return BTreeSet::new() };
        let mut beside = self.beside(script);
        if beside.is_empty() && script.script_type() == ScriptType::P2sh {
            let hash = self.ledger_wrapped().and_then(|wrapped| key_hash_in(wrapped, script));
            beside.extend(hash.iter().flat_map(|hash| self.forms_beside(script, hash)));
        }
        beside.push(*script);
        beside.iter().filter_map(|form| ledger.find_address(&form.as_numbered())).collect()
    }

    /// The owners of the ledger that hold the key behind one of them, itself included.
    pub fn owners_of(&self, owner: AddrNum) -> BTreeSet<AddrNum> {
        let mut owners = BTreeSet::from([owner]);
        let script = self.ledger.and_then(|(_, ledger)| ledger.script_key(owner));
        if let (Some(script), Some((_, ledger))) = (script, self.ledger) {
            let beside = self.beside(&script);
            owners.extend(beside.iter().filter_map(|form| ledger.find_address(&form.as_numbered())));
        }
        owners
    }

    /// Whether every owner of the ledger was compared with a P2SH address, which is so up to a million of them.
    pub fn searched_all(&self, address: &Address) -> bool {
        let wrapped = address.script().is_some_and(|script| script.script_type() == ScriptType::P2sh);
        !wrapped || self.ledger.is_none() || self.ledger_wrapped().is_some()
    }

    /// The other addresses of the key behind an address of the subject's own network.
    pub fn addresses_beside(&self, address: &Address) -> Vec<Address> {
        let Some(script) = address.script() else { return Vec::new() };
        let beside = self.beside(script);
        // So it is for most subjects without a ledger.
        if beside.is_empty() {
            return Vec::new();
        }
        let own = |&network: &BitcoinNetwork| address.fits(Chain::Bitcoin(network));
        let networks: Vec<BitcoinNetwork> = match self.ledger {
            Some((network, _)) if own(&network) => vec![network],
            _ if script.public_key().is_some() => vec![BitcoinNetwork::Mainnet],
            _ => [BitcoinNetwork::Mainnet, BitcoinNetwork::Testnet, BitcoinNetwork::Regtest]
                .into_iter()
                .filter(own)
                .collect(),
        };
        let both = networks.iter().flat_map(|network| beside.iter().map(move |form| (network, form)));
        let found: BTreeSet<Address> =
            both.filter_map(|(&network, form)| Address::from_script(network, form)).collect();
        found.into_iter().collect()
    }

    /// The addresses of the key behind an owner of the ledger by which claims and labels can name it, its own first.
    pub fn addresses_of(&self, owner: AddrNum) -> Vec<Address> {
        let address = self.ledger.and_then(|(network, ledger)| {
            let script = ledger.script_key(owner)?;
            let hybrid =
                (script.script_type() == ScriptType::Other).then(|| self.claimed().hybrid.get(&script));
            Address::from_script(network, hybrid.flatten().unwrap_or(&script))
        });
        let Some(address) = address else { return Vec::new() };
        // Most owners of a ledger end here: a question meets hundreds.
        let of_hash =
            |script: &&ScriptKey| matches!(script.script_type(), ScriptType::P2pkh | ScriptType::P2wpkh);
        let hash = address.script().filter(of_hash).and_then(ScriptKey::key_hash);
        if hash.is_some_and(|hash| !self.is_claimed(&hash)) {
            return vec![address];
        }
        std::iter::once(address).chain(self.addresses_beside(&address)).collect()
    }

    /// Claims about an owner of the ledger, those on the other addresses of its key included.
    pub fn claims_on(&self, owner: AddrNum) -> Vec<ClaimRef<'a>> {
        let addresses = self.addresses_of(owner);
        addresses.iter().flat_map(|address| self.index.lookup(address.key().as_ref())).collect()
    }

    /// Whether the owner is remembered as one whom nothing names on a day: the subjects of a batch meet the same ones again and
    /// again.
    pub(crate) fn is_nobody(&self, owner: AddrNum, day: Date) -> bool {
        self.tables.nobodies.holds(owner, day)
    }

    /// Remembers that nothing names an owner on a day.
    pub(crate) fn remember_nobody(&self, owner: AddrNum, day: Date) {
        self.tables.nobodies.add(owner, day);
    }

    /// Of the claims about an owner that hold on a day, the one it is called by: a service's before
    /// any other, then the most confident.
    pub fn best_claim_on(&self, owner: AddrNum, day: Date) -> Option<ClaimRef<'a>> {
        best_claim(&self.claims_on(owner), day).copied()
    }

    /// The key hash behind a P2SH form, where a claim or a public key shows it.
    fn behind(&self, script: &ScriptKey) -> Option<KeyHash> {
        let shown = self.shown().and_then(|shown| key_hash_in(&shown.wrapped, script));
        shown.or_else(|| key_hash_in(self.claimed_wrapped(), script))
    }

    fn shown(&self) -> Option<&Shown> {
        let (_, ledger) = self.ledger?;
        Some(self.tables.shown.get_or_init(|| {
            let mut shown = Shown::default();
            let keys = [ScriptType::P2pkCompressed, ScriptType::P2pkUncompressed];
            for (_, script) in ledger.owners_of_types(&keys) {
                let Some(hash) = script.key_hash() else { continue };
                shown.keys.entry(hash).or_default().push(script);
                if script.script_type() == ScriptType::P2pkCompressed {
                    shown.wrapped.insert(wrap(&hash), hash);
                }
            }
            shown
        }))
    }

    fn claimed(&self) -> &Claimed {
        self.tables.claimed.get_or_init(|| {
            let mut claimed = Claimed::default();
            let claims = self.index.claims().filter_map(|claim| match claim.subject() {
                Subject::Address(address) => Some(address),
                Subject::Tx { .. } | Subject::Opaque(_) => None,
            });
            // Another coin's address that has stood for one of Bitcoin's names the same key.
            let all = claims.chain(self.packs.into_iter().flat_map(Packs::scripted)).flat_map(|address| {
                let others = address.script().is_none().then(|| address.same_owner());
                std::iter::once(address).chain(others.into_iter().flatten())
            });
            for address in all {
                let Some(script) = address.script() else { continue };
                if script.script_type() == ScriptType::P2sh {
                    claimed.scripts.extend(<[u8; 20]>::try_from(script.payload()));
                }
                let Some(hash) = script.key_hash() else { continue };
                claimed.named.insert(hash);
                if script.public_key().is_none() {
                    claimed.hashes.insert(hash);
                } else {
                    let keys = claimed.keys.entry(hash).or_default();
                    if !keys.contains(script) {
                        keys.push(*script);
                    }
                    let numbered = script.as_numbered();
                    if numbered != *script {
                        claimed.hybrid.insert(numbered, *script);
                    }
                }
            }
            claimed
        })
    }

    fn claimed_wrapped(&self) -> &Wrapped {
        self.tables.claimed_wrapped.get_or_init(|| {
            let Claimed { keys, hashes, .. } = self.claimed();
            let compressed = keys
                .iter()
                .filter(|(_, keys)| keys.iter().any(|key| key.script_type() == ScriptType::P2pkCompressed));
            let all = compressed.map(|(hash, _)| hash).chain(hashes);
            all.map(|hash| (wrap(hash), *hash)).collect()
        })
    }

    /// `None` when the ledger has more key hashes than are worked out.
    fn ledger_wrapped(&self) -> Option<&Wrapped> {
        let (_, ledger) = self.ledger?;
        let wrapped = self.tables.ledger_wrapped.get_or_init(|| {
            let types = [ScriptType::P2pkh, ScriptType::P2wpkh];
            let enough = ledger.owners_of_types(&types).nth(MOST_WRAPPED).is_none();
            enough.then(|| {
                let hashes = ledger.owners_of_types(&types).filter_map(|(_, script)| script.key_hash());
                hashes.map(|hash| (wrap(&hash), hash)).collect()
            })
        });
        wrapped.as_ref()
    }
}

/// Of several claims about one owner, the one it is called by on a day: a service's before any other, since it ends a path;
/// then the most confident, then that of the greatest id.
pub(crate) fn best_claim<'c, 'a>(claims: &'c [ClaimRef<'a>], day: Date) -> Option<&'c ClaimRef<'a>> {
    let standing = claims.iter().filter(|claim| claim.holds_on(day));
    standing.max_by_key(|claim| (claim.category().is_service(), claim.confidence(), claim.id()))
}

/// The payload of the P2SH form.
fn wrap(hash: &KeyHash) -> [u8; 20] {
    p2sh_p2wpkh(hash).payload().try_into().expect("20 bytes")
}

fn key_hash_in(wrapped: &Wrapped, script: &ScriptKey) -> Option<KeyHash> {
    wrapped.get(script.payload()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_nobody_on_the_day_that_was_asked_about_alone() {
        let (nobodies, day) = (Nobodies::default(), "2025-03-01".parse().expect("a day"));
        let same_place = AddrNum(7 + NOBODIES as u32);
        assert!(!nobodies.holds(AddrNum(0), day) && !nobodies.holds(AddrNum(7), day));
        nobodies.add(AddrNum(7), day);
        let days: [Date; 3] =
            ["2025-03-02", "2024-02-29", "2026-03-01"].map(|day| day.parse().expect("a day"));
        assert!(nobodies.holds(AddrNum(7), day) && !nobodies.holds(same_place, day));
        assert!(days.iter().all(|other| !nobodies.holds(AddrNum(7), *other)));
        nobodies.add(same_place, day);
        assert!(nobodies.holds(same_place, day) && !nobodies.holds(AddrNum(7), day));
    }
}
