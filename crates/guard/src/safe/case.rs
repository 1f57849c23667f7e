//! A Safe transaction with its hashes and signatures worked out.

use alloy_primitives::{Address, B256};

use super::{
    Entry, Form, Hashes, Scheme, Signer, hashes,
    signature::{self, SignatureError},
};
use crate::facts::{Facts, SafeFacts};

/// Chains tried when neither input nor facts name one but a `safeTxHash` is claimed: a match is proof of the chain.
const CHAINS: &[u64] = &[
    1,
    10,
    56,
    100,
    130,
    137,
    146,
    196,
    324,
    480,
    1101,
    1284,
    1_313_161_554,
    5000,
    8453,
    42161,
    42220,
    43114,
    57073,
    59144,
    80094,
    81457,
    534_352,
    84532,
    11_155_111,
    7_777_777,
];

/// How the way of hashing was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The version was given.
    Given,
    /// The claimed hash fits this way and no other.
    Claimed,
    /// Nothing told; the newest way is assumed.
    Assumed,
}

/// One signature examined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Where it stands.
    pub path: String,
    /// Its form, if it has one.
    pub form: Option<Form>,
    /// Whose it is said to be.
    pub claimed: Option<Address>,
    /// Whose it is.
    pub signer: Result<Signer, SignatureError>,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// When it was collected, as written.
    pub date: Option<String>,
    /// Whether it is proven: recovered, or confirmed by the facts.
    pub proven: bool,
    /// The hash over which it is its owner's, where it is not this one and the input shows it.
    pub belongs_to: Option<B256>,
}

impl Checked {
    /// Whether it certainly is not what it is said to be.
    pub fn is_wrong(&self) -> bool {
        match (&self.signer, self.claimed) {
            (Err(_), _) => true,
            (Ok(signer), Some(claimed)) => signer.address() != claimed,
            (Ok(_), None) => false,
        }
    }
}

/// A Safe transaction worked out.
#[derive(Clone, Debug)]
pub struct SafeCase<'a> {
    /// As read.
    pub entry: &'a Entry,
    /// What is known of the Safe.
    pub facts: Option<&'a SafeFacts>,
    /// The way it hashes.
    pub scheme: Scheme,
    /// How that was found.
    pub basis: Basis,
    /// The chain, as far as known.
    pub chain_id: Option<u64>,
    /// The hashes; none where the chain is needed and unknown.
    pub hashes: Option<Hashes>,
    /// Signatures of the confirmations, in order.
    pub confirmations: Vec<Checked>,
    /// Signatures joined for execution, in order.
    pub joined: Vec<Checked>,
    /// Why the joined bytes could not be split.
    pub joined_error: Option<SignatureError>,
}

impl<'a> SafeCase<'a> {
    /// Works out hashes and signers. About 0.1 ms a signature.
    pub fn new(entry: &'a Entry, facts: &'a Facts) -> Self {
        let known = facts.safe_at(&entry.tx.safe);
        let (scheme, basis, chain_id) = resolve(entry, known, facts.chain_id);
        let hashes = (scheme != Scheme::Chain || chain_id.is_some())
            .then(|| hashes(scheme, chain_id.unwrap_or_default(), &entry.tx));
        let mut case = Self {
            entry,
            facts: known,
            scheme,
            basis,
            chain_id,
            hashes,
            confirmations: Vec::new(),
            joined: Vec::new(),
            joined_error: None,
        };
        if let Some(hashes) = hashes {
            case.check_signatures(&hashes, facts);
        }
        case
    }

    fn check_signatures(&mut self, hashes: &Hashes, facts: &Facts) {
        for (index, confirmation) in self.entry.confirmations.iter().enumerate() {
            let path = format!("{}.confirmations[{index}]", self.entry.path);
            let bytes = &confirmation.signature;
            let checked = if bytes.is_empty() {
                // Stored without a signature: an approval by a transaction, which the facts may confirm.
                let named = confirmation.owner.unwrap_or_default();
                self.checked(path, Some(Form::Approved), Ok(Signer::Named(named)), &[], &[], hashes, facts)
            } else {
                match signature::single(bytes) {
                    Ok(part) => {
                        let signer = part.signer(&hashes.digest);
                        self.checked(path, Some(part.form), signer, bytes, part.tail, hashes, facts)
                    }
                    Err(error) => self.checked(path, None, Err(error), bytes, &[], hashes, facts),
                }
            };
            let checked = Checked { claimed: confirmation.owner, date: confirmation.date.clone(), ..checked };
            self.confirmations.push(checked);
        }
        let Some(bytes) = &self.entry.signatures else { return };
        match signature::split(bytes) {
            Err(error) => self.joined_error = Some(error),
            Ok(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    let path = format!("{}.signatures[{index}]", self.entry.path);
                    // Recovery is what costs time, and the joined bytes are mostly those of the confirmations.
                    let known = self.confirmations.iter().find(|one| one.bytes == part.head);
                    let signer =
                        known.map_or_else(|| part.signer(&hashes.digest), |known| known.signer.clone());
                    let one =
                        self.checked(path, Some(part.form), signer, part.head, part.tail, hashes, facts);
                    self.joined.push(one);
                }
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a private constructor with one caller")]
    fn checked(
        &self,
        path: String,
        form: Option<Form>,
        signer: Result<Signer, SignatureError>,
        bytes: &[u8],
        tail: &[u8],
        hashes: &Hashes,
        facts: &Facts,
    ) -> Checked {
        let proven = match &signer {
            Ok(Signer::Proven(_)) => true,
            Ok(Signer::Named(owner)) => match form {
                Some(Form::Approved) => self.approved(owner, &hashes.digest),
                Some(Form::Contract) => self.contract_agrees(owner, tail, hashes, facts),
                _ => false,
            },
            Err(_) => false,
        };
        Checked {
            path,
            form,
            claimed: None,
            signer,
            bytes: bytes.to_vec(),
            date: None,
            proven,
            belongs_to: None,
        }
    }

    fn approved(&self, owner: &Address, hash: &B256) -> bool {
        let same = |approved: &crate::facts::Approved| approved.owner.0 == *owner && approved.hash.0 == *hash;
        // Source: `Safe.sol`, `checkNSignatures`: an owner who sends it has agreed.
        let is_sender = self.entry.execution && self.entry.sender == Some(*owner);
        is_sender || self.facts.is_some_and(|facts| facts.approved.iter().any(same))
    }

    /// Whether a Safe that owns this one agreed: its own owners signed its message hash, as many as it needs.
    fn contract_agrees(&self, owner: &Address, tail: &[u8], outer: &Hashes, facts: &Facts) -> bool {
        let named = facts.safe.iter().find(|facts| facts.address.is_some_and(|address| address.0 == *owner));
        let Some((known, version)) = named.and_then(|known| Some((known, known.version?))) else {
            return false;
        };
        let (Some(needed), Ok(parts)) = (known.threshold, signature::split(tail)) else { return false };
        let chain = self.chain_id.unwrap_or_default();
        let candidates = signature::contract_owner_hashes(version.scheme(), chain, owner, outer);
        let enough = |hash: &B256| {
            let mut signers: Vec<Address> = parts
                .iter()
                .filter_map(|part| match part.signer(hash) {
                    Ok(Signer::Proven(signer)) => Some(signer),
                    _ => None,
                })
                .filter(|signer| known.owners.iter().any(|owner| owner.0 == *signer))
                .collect();
            signers.sort_unstable();
            signers.dedup();
            needed > 0 && signers.len() as u64 >= needed
        };
        candidates.iter().any(enough)
    }

    /// Whether two cases are the same transaction of the same Safe.
    pub fn same_as(&self, other: &Self) -> bool {
        self.entry.tx == other.entry.tx
    }

    /// Fields that the hash covers and that nobody told: neither themselves, nor by a hash that is this transaction's.
    pub fn untold(&self) -> &'a [&'static str] {
        let is_proven = self.hashes.is_some_and(|hashes| self.entry.claimed == Some(hashes.digest));
        if is_proven { &[] } else { &self.entry.absent }
    }

    /// The signature threshold, by the facts or by what the service says.
    pub fn threshold(&self) -> Option<u64> {
        self.facts.and_then(|facts| facts.threshold).or(self.entry.required)
    }

    /// The owners, if they are known.
    pub fn owners(&self) -> Option<Vec<Address>> {
        let owners = &self.facts?.owners;
        (!owners.is_empty()).then(|| owners.iter().map(|owner| owner.0).collect())
    }
}

fn resolve(entry: &Entry, known: Option<&SafeFacts>, chain: Option<u64>) -> (Scheme, Basis, Option<u64>) {
    let chain_id = entry.chain_id.or(chain);
    if let Some(version) = known.and_then(|known| known.version).or(entry.version) {
        let scheme = version.scheme();
        let found =
            entry.claimed.filter(|_| chain_id.is_none() && scheme == Scheme::Chain).and_then(|claimed| {
                CHAINS.iter().copied().find(|&chain| hashes(scheme, chain, &entry.tx).digest == claimed)
            });
        return (scheme, Basis::Given, chain_id.or(found));
    }
    let Some(claimed) = entry.claimed else { return (Scheme::Chain, Basis::Assumed, chain_id) };
    for scheme in Scheme::ALL {
        let given = chain_id.as_slice();
        let chains = if given.is_empty() && scheme == Scheme::Chain { CHAINS } else { given };
        let chains = if scheme == Scheme::Chain { chains } else { &[0][..] };
        if let Some(&chain) = chains.iter().find(|&&chain| hashes(scheme, chain, &entry.tx).digest == claimed)
        {
            let chain = if scheme == Scheme::Chain { Some(chain) } else { chain_id };
            return (scheme, Basis::Claimed, chain);
        }
    }
    (Scheme::Chain, Basis::Assumed, chain_id)
}
