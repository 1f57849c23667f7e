//! The screener: one subject at a time, over one index, one ledger, one policy, at one moment.

mod account;
mod account_indirect;
mod account_tx;
mod answer;
mod indirect;
mod signers;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    sync::OnceLock,
};

use jiff::{Timestamp, civil::Date};
use tracehound_analysis::{Counterparties, Counterparty, Limits, price::Prices, rates::Rates, tx_parties};
use tracehound_attribution::{
    index::Index,
    listing::{is_same_listing, listed_since},
};
use tracehound_labels::{concept, shared::Shared, shelf::Packs};
use tracehound_ledger::{AddrNum, Ledger, TxNum};
use tracehound_model::{
    Address, AddressError, Amount, Asset, BitcoinNetwork, Chain, Claim, Country, Gap, GapKind,
    LabelStatement, Ownership, PackAsOf, PackVersion, Pasted, Reach, SourceId, SourceKind, Subject, TxId,
    Verdict, Worth, text,
    verdict::{AdvisoriesAsOf, Basis, Direction, ExposureType, SourceAsOf},
};

use crate::{
    Keys,
    cover::{self, Lists},
    labels::{self, Labels},
    movements::{Covered, Movements, evm_hash},
    parties::Parties,
    policy::Policy,
};

/// Exposures of one kind listed in an answer; what is beyond is counted in the summary of gaps.
pub(crate) const MAX_EXPOSURES: usize = 100;
/// Transactions named as evidence for one counterparty.
const MAX_EVIDENCE_TXS: usize = 10;

/// What to screen against, and when.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The moment the question is asked about.
    pub as_of: Timestamp,
    /// Work one subject may cost.
    pub limits: Limits,
    /// Prices of the ledger's coin, for limits in a currency.
    pub prices: Option<&'a Prices>,
}

/// What is the same for all verdicts of a screener.
#[derive(Clone, Debug)]
pub struct RestsOn<'a> {
    /// The moment the question is asked about.
    pub as_of: Timestamp,
    /// The policy.
    pub policy: &'a Policy,
    /// Identity of what was read.
    pub snapshot: Cow<'a, str>,
    /// The packs of labels in force.
    pub packs: Vec<PackAsOf>,
    /// The lists that are searched, with the version used.
    pub sources: &'a [SourceAsOf],
    /// The publishers whose advisories are complete up to some day.
    pub advisories: &'a [AdvisoriesAsOf],
}

/// What a ledger covers that holds only the transactions of some subjects.
///
/// In such a ledger only what was fetched for a subject says anything about it: whoever is not named here was not
/// examined, and what lies beyond a subject's own transactions is not there.
#[derive(Clone, Debug, Default)]
pub struct Extract {
    /// Names its content and what was fetched: a part of the answer's snapshot.
    pub digest: String,
    /// By canonical address or transaction id.
    pub subjects: BTreeMap<String, Covered>,
}

/// Answers questions about subjects. Safe to use from many threads.
#[derive(Debug)]
pub struct Screener<'a> {
    index: &'a Index,
    ledger: Option<(BitcoinNetwork, &'a Ledger)>,
    keys: Keys<'a>,
    /// Where the ledger is no whole chain.
    extract: Option<Extract>,
    settings: Settings<'a>,
    day: Date,
    /// Sources searched, the same for every subject.
    lists: Lists,
    /// Gaps in the lists, the same for every subject, and whether the policy minds them.
    list_gaps: Vec<Gap>,
    lists_suffice: bool,
    /// Movements of an account chain, cut at the moment asked about.
    transfers: Option<Movements<'a>>,
    /// What they lack about anybody, and up to when they are whole; filled when it is first asked.
    reach: OnceLock<(Vec<Gap>, Option<Timestamp>)>,
    /// What the ledger covers, where there is one that is a whole chain or part of it.
    chain: Option<cover::Chain>,
    kinds: BTreeMap<SourceId, SourceKind>,
    /// Of index and ledger.
    snapshot: String,
    /// The packs of labels in force, as every verdict names them.
    packs: Vec<PackVersion>,
    /// Of the packs of labels, where there are any.
    labels_digest: Option<String>,
    /// Who stands behind claims, read when it is first asked for; nothing where that cannot be read.
    parties: OnceLock<Option<Parties<'a>>>,
    /// What the propagation behind indirect exposure (haircut, stopping at mixes) got right on generated heists under the
    /// conditions that hold here; filled when it is first quoted.
    exposure_rates: OnceLock<Option<String>>,
}

/// A claim against somebody, on its way through the rules.
#[derive(Clone)]
struct Hit {
    claim: Claim,
    /// Since when it has been listed without a break, in whatever words.
    since: Date,
    exposure: ExposureType,
    direction: Option<Direction>,
    address: Option<String>,
    amount: Option<Amount>,
    worth: Option<Worth>,
    total: Amount,
    txs: Vec<TxNum>,
    /// The listed parties that own whom the claim names by half or more: the hit then counts as under sanctions.
    owned: Option<Ownership>,
    /// Its countries, where the policy asks for them.
    jurisdictions: Vec<Country>,
    /// The label's statement behind the claim, where it is one.
    said: Option<Box<LabelStatement>>,
    /// What moved, on an account chain.
    moved: Option<Box<account::Moved>>,
}

/// Somebody's name at an address: by a claim of a list, or by a label's statement as one.
struct Called {
    claim: Claim,
    since: Date,
    address: String,
    said: Option<Box<LabelStatement>>,
}

/// What an index says under one key.
struct Known {
    /// Claims that hold on the day, each with the first day of its listing.
    holding: Vec<(Claim, Date)>,
    /// Claims that had ended by then and are not an earlier wording of what holds.
    ended: Vec<Claim>,
}

/// What was found about one subject, before the rules.
#[derive(Default)]
struct Findings {
    hits: Vec<Hit>,
    former: Vec<Claim>,
    /// What names those with whom it signed transactions.
    beside: Vec<Hit>,
    gaps: Vec<Gap>,
    /// Labels that count for nothing, and why.
    not_counted: Vec<LabelStatement>,
    /// Whether there was a ledger to look at the subject's transactions in.
    looked: bool,
    /// All of the subject's transactions up to this moment were examined.
    examined_until: Option<Timestamp>,
    /// Its direct counterparties on one chain at least, up to this moment, as far as a ledger or a server tells of them.
    counterparties_until: Option<Timestamp>,
    notes: Vec<String>,
}

impl<'a> Screener<'a> {
    /// A screener over an index and, for counterparties, the ledger of one Bitcoin network.
    pub fn new(
        index: &'a Index,
        ledger: Option<(BitcoinNetwork, &'a Ledger)>,
        settings: Settings<'a>,
    ) -> Self {
        let lists = Lists::of(index, settings.policy, settings.as_of);
        let missing =
            cover::missing_lists(settings.policy, &lists.sources, &lists.advisories, settings.as_of);
        let mut list_gaps = missing;
        list_gaps.extend(lists.silent.iter().cloned());
        list_gaps.extend(cover::aged(settings.policy, &lists.sources, settings.as_of));
        let lists_suffice = !list_gaps.iter().any(|gap| settings.policy.minds(gap));
        let looks = settings.policy.basis != Basis::ListsOnly;
        let chain = ledger.filter(|_| looks).map(|(_, ledger)| cover::Chain::of(ledger, settings.as_of));
        let snapshot = match ledger {
            Some((_, ledger)) => format!("{}+{}", index.digest(), ledger.snapshot_id()),
            None => index.digest().to_string(),
        };
        let kinds =
            index.sources().iter().map(|history| (history.source.id.clone(), history.source.kind)).collect();
        Self {
            index,
            ledger,
            keys: Keys::new(index, ledger),
            extract: None,
            settings,
            day: cover::day_of(settings.as_of),
            lists,
            list_gaps,
            lists_suffice,
            transfers: None,
            reach: OnceLock::new(),
            chain,
            kinds,
            snapshot,
            packs: Vec::new(),
            labels_digest: None,
            parties: OnceLock::new(),
            exposure_rates: OnceLock::new(),
        }
    }

    /// How sure indirect exposure is.
    fn exposure_rates(&self) -> Option<&str> {
        let measured = || self.ledger.and_then(|_| Rates::shipped().exposure_sentence());
        self.exposure_rates.get_or_init(measured).as_deref()
    }

    /// Reads packs of labels beside the lists.
    #[must_use]
    pub fn reading(mut self, packs: &'a Packs) -> Self {
        self.keys = self.keys.reading(packs);
        self.labels_digest = packs.digest();
        let named = packs.as_of().into_iter();
        self.packs = named.map(|PackAsOf { name, version, .. }| PackVersion { name, version }).collect();
        self
    }

    /// What every verdict rests on, by name; about a subject of an account chain it rests on the ledger of that.
    fn snapshot(&self, chain: Option<Chain>) -> Cow<'_, str> {
        let ledger = match (chain, &self.transfers) {
            (Some(Chain::Evm(_)), Some(moves)) => {
                Cow::Owned(format!("{}+{}", self.index.digest(), moves.snapshot))
            }
            _ => Cow::Borrowed(self.snapshot.as_str()),
        };
        match &self.labels_digest {
            None => ledger,
            Some(labels) => Cow::Owned(format!("{ledger}+labels-{labels}")),
        }
    }

    /// Looks for counterparties of EVM addresses, and for transactions, among movements that are cut at the moment asked about.
    #[must_use]
    pub fn over_transfers(mut self, moves: Movements<'a>) -> Self {
        self.transfers = Some(moves);
        self
    }

    /// Takes the ledger for one that holds only some subjects' transactions.
    #[must_use]
    pub fn over_extract(mut self, extract: Extract) -> Self {
        self.snapshot = format!("{}+{}", self.index.digest(), extract.digest);
        self.extract = Some(extract);
        self
    }

    /// What every verdict of this screener rests on.
    pub fn rests_on(&self) -> RestsOn<'_> {
        RestsOn {
            as_of: self.settings.as_of,
            policy: self.settings.policy,
            snapshot: self.snapshot(None),
            packs: self.keys.packs().map(Packs::as_of).unwrap_or_default(),
            sources: &self.lists.sources,
            advisories: &self.lists.advisories,
        }
    }

    /// The lists that are searched, with the snapshot used.
    pub fn sources(&self) -> &[SourceAsOf] {
        &self.lists.sources
    }

    /// Answers about an address, a transaction id, or an identifier that some list names as plain text.
    ///
    /// An address may have around it what people paste with it ([`Pasted::read`]); the answer says what was left out.
    /// Text that is none of these is an error, not an answer.
    pub fn screen(&self, text: &str) -> Result<Verdict, AddressError> {
        let text = text.trim();
        match Pasted::read(text) {
            Ok(pasted) => Ok(self.screen_address(text, &pasted)),
            Err(error) => {
                let opaque = self.claims(&Subject::Opaque(text.to_owned()).key());
                let txid: Option<TxId> = text.parse().ok();
                let on_evm = evm_hash(text);
                let labels = labels::on_text(self.keys.packs(), text, self.day);
                let nothing = opaque.holding.is_empty() && opaque.ended.is_empty() && labels.is_empty();
                if nothing && txid.is_none() && on_evm.is_none() {
                    return Err(error);
                }
                let mut findings = Findings { former: opaque.ended, ..Findings::default() };
                findings.hits.extend(opaque.holding.into_iter().map(own));
                Self::label(&labels, &mut findings);
                let mut chain = None;
                if let Some(txid) = txid {
                    self.examine_tx(txid, &mut findings);
                    chain = self.ledger.map(|(network, _)| Chain::Bitcoin(network));
                } else if let Some(hash) = on_evm {
                    self.examine_account_tx(hash, &mut findings);
                    chain = self.transfers.as_ref().map(|moves| moves.chain);
                }
                Ok(self.judge(text, chain, findings))
            }
        }
    }

    /// Whether nothing that is searched knows an address: no claim, and no transaction in the ledger. Its verdict differs
    /// from any other such address's of its chain in nothing but the name, so that a batch of a million is answered by
    /// template.
    pub fn is_plain(&self, address: &Address) -> bool {
        let nobody = |address: &Address| !self.names(address) && self.is_absent(address);
        let nobody_at_all =
            |address: &Address| nobody(address) && address.same_owner().all(|other| nobody(&other));
        nobody_at_all(address)
            && self.keys.addresses_beside(address).iter().all(nobody_at_all)
            && self.keys.searched_all(address)
            && self.keys.owners(address).is_empty()
            // What lies where a pack is damaged was looked for in vain.
            && self.keys.packs().is_none_or(Packs::is_sound)
    }

    /// Whether no transaction of an address is in the ledger that is searched for it, if there is one.
    fn is_absent(&self, address: &Address) -> bool {
        match self.ledger_for(address) {
            Some((_, ledger)) => {
                self.extract.is_none()
                    && address
                        .script()
                        .is_none_or(|script| ledger.find_address(&script.as_numbered()).is_none())
            }
            None => self
                .transfers_for(address)
                .is_none_or(|moves| moves.extract.is_none() && moves.rows.find_account(address).is_none()),
        }
    }

    /// Whether a list or a pack of labels may say something of an address or of another of the same key: "no" is sure, but for
    /// packs that are damaged. Without a verdict, for places of which nearly none holds an address that is known.
    pub fn may_know(&self, address: &Address) -> bool {
        let any_named =
            |address: &Address| self.names(address) || address.same_owner().any(|other| self.names(&other));
        any_named(address) || self.keys.addresses_beside(address).iter().any(any_named)
    }

    /// Whether a list or a pack of labels may say something of this address itself.
    fn names(&self, address: &Address) -> bool {
        let key = address.key();
        self.index.lookup(key.as_ref()).next().is_some()
            || self.keys.packs().is_some_and(|packs| packs.may_know(key.as_ref()))
    }

    fn screen_address(&self, text: &str, pasted: &Pasted) -> Verdict {
        let address = &pasted.address;
        let mut findings = Findings::default();
        if let Some(left_out) = &pasted.taken_off {
            // A list may have named the text as it stands, when it was no address yet.
            let opaque = self.claims(&Subject::Opaque(text.to_owned()).key());
            findings.hits.extend(opaque.holding.into_iter().map(own));
            findings.former.extend(opaque.ended);
            findings.notes.push(format!("read as {address}, {left_out}"));
        }
        let readings = self.readings(address);
        for reading in &readings {
            let known = self.claims(reading.key().as_ref());
            findings.hits.extend(known.holding.into_iter().map(own));
            findings.former.extend(known.ended);
        }
        self.set_aside(&mut findings);
        twin_named(address, &mut findings);
        if self.keys.packs().is_some() {
            let kind = |claim: &Claim| self.kinds.get(&claim.source).copied();
            let claims: Vec<_> =
                findings.hits.iter().map(|hit| (hit.claim.clone(), kind(&hit.claim))).collect();
            let labels = labels::on_address(self.keys.packs(), &readings, self.day, &claims);
            Self::label(&labels, &mut findings);
        }
        if address.is_null_like() {
            findings.notes.push("this is a null or burn address: nobody owns it".to_owned());
        }
        self.examine_address(address, &mut findings);
        let of_account = self.transfers_for(address).map(|moves| moves.chain);
        let verdict = self.judge(text, self.chain_of(address).or(of_account), findings);
        Verdict { read_as: pasted.taken_off.is_some().then(|| address.to_string()), ..verdict }
    }

    /// The chain that an address is of: that of the ledger that is examined, where the address is one of it too. Test networks
    /// share their addresses.
    fn chain_of(&self, address: &Address) -> Option<Chain> {
        let examined = self.ledger.map(|(network, _)| Chain::Bitcoin(network));
        examined.filter(|chain| address.fits(*chain)).or_else(|| address.chain())
    }

    /// Sets aside what tables of labels hold against an address that everybody uses: a router that stands in a table of blocked
    /// addresses flags whoever exchanges a coin. What authorities list, and the user, they list.
    fn set_aside(&self, findings: &mut Findings) {
        let Findings { hits, notes, .. } = findings;
        hits.retain(|Hit { claim, .. }| {
            let is_label = self.kinds.get(&claim.source) == Some(&SourceKind::Labels);
            let shared = Shared::of(&claim.subject)
                .filter(|_| is_label && !concept::is_honest(claim.statement.category));
            let Some(shared) = shared else { return true };
            let called = text::label(&claim.statement.label);
            notes.push(format!(
                "{} has it as {called}, which counts for nothing: it is {}",
                claim.source,
                shared.words()
            ));
            false
        });
    }

    /// Adds what labels say of the subject itself.
    fn label(labels: &Labels, findings: &mut Findings) {
        for said in labels.all() {
            match said.claim() {
                Some(claim) => {
                    let said = Some(Box::new(said.statement()));
                    findings.hits.push(Hit { said, ..own((claim.clone(), claim.valid_from)) });
                }
                None => findings.not_counted.push(said.statement()),
            }
        }
    }

    /// The address, and the others that the same key or script controls: other coins' forms of it, and other forms of its
    /// key.
    fn readings(&self, address: &Address) -> Vec<Address> {
        let mut readings: Vec<Address> = std::iter::once(*address).chain(address.same_owner()).collect();
        let beside: Vec<Address> =
            readings.iter().flat_map(|reading| self.keys.addresses_beside(reading)).collect();
        for other in beside.iter().flat_map(|form| std::iter::once(*form).chain(form.same_owner())) {
            if !readings.contains(&other) {
                readings.push(other);
            }
        }
        readings
    }

    fn parties(&self) -> Option<&Parties<'a>> {
        self.parties.get_or_init(|| Parties::of(self.index, self.day).ok()).as_ref()
    }

    /// Adds whom listed parties own by half or more, of those that the subject or a counterparty is named as, and the
    /// countries of services where a rule asks for them.
    fn look_behind(&self, findings: &mut Findings) {
        let mut found = Vec::new();
        let mut seen: BTreeMap<(&SourceId, &str), Option<Ownership>> = BTreeMap::new();
        for hit in &findings.hits {
            // Whoever stands on a sanctions list is listed already.
            let is_sanctions = self.kinds.get(&hit.claim.source) == Some(&SourceKind::Sanctions);
            let Some(party) = hit.claim.statement.party_id.as_deref().filter(|_| !is_sanctions) else {
                continue;
            };
            let ownership = match seen.entry((&hit.claim.source, party)) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => {
                    let ownership = self.parties().and_then(|parties| parties.ownership(&hit.claim).ok());
                    let Some(ownership) = ownership else {
                        findings.gaps.push(no_parties("nobody's owners were looked at"));
                        break;
                    };
                    if let Some(ownership) = &ownership {
                        let sentence = format!("{} is {ownership}", hit.claim.statement.label);
                        match ownership.reach {
                            Reach::MayBeHalf => {
                                findings.gaps.push(Gap::about_subject(GapKind::OwnershipUnknown, sentence));
                            }
                            Reach::BelowHalf if hit.exposure != ExposureType::Identified => {}
                            Reach::Half | Reach::BelowHalf => findings.notes.push(sentence),
                        }
                    }
                    unknown.insert(ownership)
                }
            };
            let Some(ownership) = ownership.as_ref().filter(|ownership| ownership.reach == Reach::Half)
            else {
                continue;
            };
            let owned = Some(ownership.clone());
            found.push(match hit.exposure {
                ExposureType::Identified => {
                    Hit { exposure: ExposureType::Owned, owned, ..own((hit.claim.clone(), hit.since)) }
                }
                _ => Hit { owned, ..hit.clone() },
            });
        }
        findings.hits.extend(found);
        if self.settings.policy.rules.iter().any(|rule| !rule.jurisdictions.is_empty()) {
            for hit in &mut findings.hits {
                let countries = self.parties().and_then(|parties| parties.jurisdictions(&hit.claim).ok());
                let Some(countries) = countries else {
                    findings.gaps.push(no_parties("nobody's countries are known"));
                    break;
                };
                hit.jurisdictions = countries;
            }
        }
    }

    /// What the index says under a key up to the day.
    fn claims(&self, key: &[u8]) -> Known {
        let all = self.index.lookup(key).map(|claim| claim.to_claim());
        let begun: Vec<Claim> = all.filter(|claim| claim.valid_from <= self.day).collect();
        let holds = |claim: &&Claim| claim.holds_on(self.day);
        let now: Vec<&Claim> = begun.iter().filter(holds).collect();
        let gone = |claim: &&Claim| !holds(claim) && !now.iter().any(|now| is_same_listing(now, claim));
        let ended = begun.iter().filter(gone).cloned().collect();
        let since = |claim: &Claim| (claim.clone(), listed_since(claim, self.day, &begun));
        Known { holding: now.into_iter().map(since).collect(), ended }
    }

    /// The ledger that holds the subject's chain, where the policy looks at transactions.
    fn ledger_for(&self, address: &Address) -> Option<(BitcoinNetwork, &'a Ledger)> {
        let looks = self.settings.policy.basis != Basis::ListsOnly;
        self.ledger.filter(|_| looks).filter(|&(network, _)| address.fits(Chain::Bitcoin(network)))
    }

    fn examine_address(&self, address: &Address, findings: &mut Findings) {
        if self.settings.policy.basis == Basis::ListsOnly {
            let sentence = "transactions were not examined, because the policy looks at lists alone";
            let gap = Gap::about_subject(GapKind::TransactionsNotWanted, sentence);
            findings.gaps.push(gap.mend("screen --policy strict examines them"));
            return;
        }
        if let Some(moves) = self.transfers_for(address) {
            self.examine_account(address, moves, findings);
            return;
        }
        let Some((network, ledger)) = self.ledger_for(address) else {
            let chain = address.chain().map_or_else(|| "this chain".to_owned(), Chain::short_name);
            let sentence = format!("no ledger for {chain}; counterparties not examined");
            let gap = Gap::about_no_ledger(address.chain(), sentence);
            findings.gaps.push(gap.mend(match address {
                Address::Bitcoin(_) => "tracehound ingest bitcoin FILES adds one",
                Address::Evm(_) => "tracehound ingest evm FILES adds one",
                _ => "none yet, only those of Bitcoin and EVM chains can be ingested by this version",
            }));
            return;
        };
        if !self.covers(&address.to_string(), findings) {
            return;
        }
        findings.looked = true;
        findings.examined_until = self.examined_until(&address.to_string(), findings);
        findings.counterparties_until = findings.examined_until;
        let subjects = self.keys.owners(address);
        if !self.keys.searched_all(address) {
            let sentence =
                "the ledger is too large to look for other addresses of the key behind this P2SH address";
            findings.gaps.push(Gap::about_subject(GapKind::OtherAddresses, sentence));
        }
        if subjects.is_empty() {
            return;
        }
        let until = u32::try_from(self.settings.as_of.as_second()).unwrap_or(u32::MAX);
        let limits = Limits { until, dust: self.settings.policy.dust.incoming_below, ..self.settings.limits };
        let parties = Counterparties::of(ledger, &subjects, limits);
        if parties.cut {
            let sentence = format!("the search stopped at its limit after {} transactions", parties.txs);
            findings.gaps.push(Gap::about_subject(GapKind::Truncated, sentence));
        }
        if parties.unresolved_txs > 0 {
            let sentence = format!(
                "{} of {} transactions spend outputs from blocks that are not in the ledger: some payers are unknown",
                parties.unresolved_txs, parties.txs
            );
            findings.gaps.push(Gap::about_subject(GapKind::UnknownInputs, sentence));
        }
        findings.hits.extend(self.dealt_with(network, ledger, &parties, limits.dust));
        self.examine_signers(network, ledger, &subjects, until, findings);
        self.examine_indirect(network, ledger, &subjects, None, until, findings);
    }

    /// Whom somebody dealt with directly and who has a name.
    fn dealt_with(
        &self,
        network: BitcoinNetwork,
        ledger: &Ledger,
        parties: &Counterparties,
        dust: u64,
    ) -> Vec<Hit> {
        let mut hits = Vec::new();
        let sides = [
            (Direction::Incoming, &parties.incoming, parties.total_in),
            (Direction::Outgoing, &parties.outgoing, parties.total_out),
        ];
        for (direction, side, total) in sides {
            for (party, called) in self.named_in(network, ledger, side, dust) {
                let txs: Vec<TxNum> = party.txs.iter().map(|&(tx, _)| tx).collect();
                let known = party.txs.iter().all(|(_, amount)| amount.is_some());
                let amount = known.then(|| party.amount.into());
                let worth = self.worth(network, ledger, &party.txs);
                for Called { claim, since, address, said } in called {
                    hits.push(Hit {
                        claim,
                        since,
                        exposure: ExposureType::Direct,
                        direction: Some(direction),
                        address: Some(address),
                        amount,
                        worth,
                        total: total.into(),
                        txs: txs.clone(),
                        owned: None,
                        jurisdictions: Vec::new(),
                        said,
                        moved: None,
                    });
                }
            }
        }
        hits
    }

    /// The counterparties that have a name, but for those that sent dust: nothing but outputs below `dust`, and of these less
    /// than that in all. What an accused one splits into pieces is no dust, and neither is what several of them do.
    fn named_in<'p>(
        &self,
        network: BitcoinNetwork,
        ledger: &Ledger,
        side: &'p BTreeMap<AddrNum, Counterparty>,
        dust: u64,
    ) -> Vec<(&'p Counterparty, Vec<Called>)> {
        let named = side.iter().map(|(&owner, party)| (party, self.called(network, ledger, owner)));
        let mut named: Vec<_> = named.filter(|(_, called)| !called.is_empty()).collect();
        let is_accused = |called: &[Called]| {
            called.iter().any(|called| !concept::is_honest(called.claim.statement.category))
        };
        let small = named.iter().filter(|(party, called)| party.is_all_small() && is_accused(called));
        let in_all: u128 = small.map(|(party, _)| party.small).sum();
        let is_much = in_all >= u128::from(dust);
        named.retain(|(party, called)| {
            !party.is_all_small() || party.small >= u128::from(dust) || (is_much && is_accused(called))
        });
        named
    }

    /// The prices that were given, where they are of the network's coin.
    fn prices_of(&self, network: BitcoinNetwork) -> Option<&'a Prices> {
        self.settings.prices.filter(|prices| prices.asset() == Asset::bitcoin(network))
    }

    /// What some transfers were worth, where prices were given.
    fn worth(
        &self,
        network: BitcoinNetwork,
        ledger: &Ledger,
        transfers: &[(TxNum, Option<u128>)],
    ) -> Option<Worth> {
        let prices = self.prices_of(network)?;
        let each = |&(tx, amount): &(TxNum, Option<u128>)| {
            Some((amount?.into(), ledger.block_of(tx)?.header.time()))
        };
        let transfers: Option<Vec<_>> = transfers.iter().map(each).collect();
        Some(prices.worth(transfers?))
    }

    /// Up to when all of a subject's transactions are there; notes why they are not, where they are not.
    fn examined_until(&self, subject: &str, findings: &mut Findings) -> Option<Timestamp> {
        if let Some(extract) = &self.extract {
            let covered = extract.subjects.get(subject).filter(|covered| covered.complete)?;
            return covered.until.map(|until| until.min(self.settings.as_of));
        }
        let chain = self.chain.as_ref()?;
        findings.gaps.extend(chain.partial.clone());
        chain.until.filter(|_| chain.partial.is_none())
    }

    /// Notes how far an extract covers the subject; `false` where it does not at all. A whole chain covers everybody.
    fn covers(&self, subject: &str, findings: &mut Findings) -> bool {
        let Some(extract) = &self.extract else { return true };
        let Some(covered) = extract.subjects.get(subject) else {
            let sentence = "the subject's transactions were not fetched and not examined";
            findings.gaps.push(Gap::about_subject(GapKind::NotFetched, sentence));
            return false;
        };
        findings.gaps.extend(covered.gaps.iter().cloned());
        if !covered.complete && !covered.gaps.iter().any(|gap| gap.kind == GapKind::NotFetched) {
            let sentence = "not all of the subject's transactions were fetched";
            findings.gaps.push(Gap::about_subject(GapKind::NotFetched, sentence));
        }
        true
    }

    /// By what names an owner of the ledger is called, by lists and by labels.
    fn called(&self, network: BitcoinNetwork, ledger: &Ledger, owner: AddrNum) -> Vec<Called> {
        let own = ledger.script_key(owner).and_then(|script| Address::from_script(network, &script));
        let text = own.map_or_else(|| "an output without an address".to_owned(), |own| own.to_string());
        let addresses = self.keys.addresses_of(owner);
        let known = addresses.iter().flat_map(|address| self.claims(address.key().as_ref()).holding);
        let called = |(claim, since), said| Called { claim, since, address: text.clone(), said };
        let mut all: Vec<Called> = known.map(|claim| called(claim, None)).collect();
        for said in labels::on_owner(&self.keys, owner, self.day).all() {
            let Some(claim) = said.claim() else { continue };
            let since = claim.valid_from;
            all.push(called((claim, since), Some(Box::new(said.statement()))));
        }
        all
    }

    /// A transaction touches everyone on either side of it: their claims count as its own.
    fn examine_tx(&self, txid: TxId, findings: &mut Findings) {
        if !self.covers(&txid.to_string(), findings) {
            return;
        }
        let found = self.ledger.and_then(|(network, ledger)| Some((network, ledger, ledger.find_tx(&txid)?)));
        let Some((network, ledger, tx)) = found else {
            let (sentence, remedy) = match (self.ledger, &self.extract) {
                (Some(_), None) => {
                    ("the transaction is not in the ledger", Some("ingest the block that holds it"))
                }
                (Some(_), Some(_)) => ("the transaction was not found among those that were fetched", None),
                (None, _) => (
                    "no ledger; the transaction was not examined",
                    Some("tracehound ingest bitcoin FILES adds one"),
                ),
            };
            let mut gap = Gap::about_subject(GapKind::TransactionMissing, sentence);
            gap.remedy = remedy.map(str::to_owned);
            findings.gaps.push(gap);
            return;
        };
        let chain = Chain::Bitcoin(network);
        let known = self.claims(&Subject::Tx { chain, txid }.key());
        findings.hits.extend(known.holding.into_iter().map(own));
        findings.former.extend(known.ended);
        let Some(parties) = tx_parties(ledger, tx) else { return };
        findings.looked = true;
        // What a transaction does is all in it: however old the ledger is, nothing of it is missing.
        findings.examined_until = (parties.unknown_owners == 0).then_some(self.settings.as_of);
        findings.counterparties_until = findings.examined_until;
        if parties.unknown_owners > 0 {
            let sentence = format!(
                "{} inputs spend outputs from blocks that are not in the ledger: their owners are unknown",
                parties.unknown_owners
            );
            findings.gaps.push(Gap::about_subject(GapKind::UnknownInputs, sentence));
        }
        for (direction, side) in
            [(Direction::Incoming, &parties.inputs), (Direction::Outgoing, &parties.outputs)]
        {
            for (owner, &amount) in side {
                let Some(owner) = owner else { continue };
                for Called { claim, since, address, said } in self.called(network, ledger, *owner) {
                    findings.hits.push(Hit {
                        claim,
                        since,
                        exposure: ExposureType::Identified,
                        direction: Some(direction),
                        address: Some(address),
                        amount: Some(amount.into())
                            .filter(|_| parties.unknown_amounts == 0 || direction == Direction::Outgoing),
                        worth: self.worth(network, ledger, &[(tx, Some(amount))]),
                        total: side.values().sum::<u128>().into(),
                        txs: vec![tx],
                        owned: None,
                        jurisdictions: Vec::new(),
                        said,
                        moved: None,
                    });
                }
            }
        }
        let until = u32::try_from(self.settings.as_of.as_second()).unwrap_or(u32::MAX);
        self.examine_indirect(network, ledger, &BTreeSet::new(), Some(tx), until, findings);
    }
}

/// Says where it is the other form of an address that a list names: an address of Tron for one of EVM chains, and the reverse.
fn twin_named(address: &Address, findings: &mut Findings) {
    let Findings { hits, notes, .. } = findings;
    for Hit { claim, .. } in hits {
        let Subject::Address(named) = claim.subject else { continue };
        let what = match (address, named) {
            (Address::Evm(_), Address::Tron(_)) => "on Tron",
            (Address::Tron(_), Address::Evm(_)) => "on EVM chains",
            _ => continue,
        };
        let note = format!(
            "{} names {named}, which is the address of the same key {what}: whoever has the one has the other",
            claim.source
        );
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
}

/// The parties of the lists cannot be read, so that something was not done.
fn no_parties(so_that: &str) -> Gap {
    let sentence = format!("the parties of the lists cannot be read, so that {so_that}");
    Gap::about_subject(GapKind::OwnershipUnknown, sentence).mend("tracehound lists rebuild")
}

fn own((claim, since): (Claim, Date)) -> Hit {
    Hit {
        claim,
        since,
        exposure: ExposureType::Identified,
        direction: None,
        address: None,
        amount: None,
        worth: None,
        total: Amount::ZERO,
        txs: Vec::new(),
        owned: None,
        jurisdictions: Vec::new(),
        said: None,
        moved: None,
    }
}
