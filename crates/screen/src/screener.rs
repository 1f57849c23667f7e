//! The screener: one subject at a time, over one index, one ledger, one policy, at one moment.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::LazyLock,
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use tracehound_analysis::{
    Counterparties, Limits,
    exposure::{self, Question},
    rates::Rates,
    taint::{self, WalkLimits},
    tx_parties,
};
use tracehound_attribution::{
    index::Index,
    listing::{is_same_listing, listed_since},
    subject_key,
};
use tracehound_ledger::{AddrNum, Ledger, TxNum};
use tracehound_model::{
    Address, AddressError, Amount, BitcoinNetwork, Category, Chain, Claim, Coverage, Decision, Evidence,
    Exposure, Source, SourceId, SourceKind, Subject, TxId, Verdict,
    evidence::Fact,
    verdict::{Direction, ExposureType, SourceAsOf},
};

use crate::{
    Parties,
    policy::{Exposed, Policy},
};

/// Exposures of one kind listed in an answer; what is beyond is counted in the summary of gaps.
const MAX_EXPOSURES: usize = 100;
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

/// How far an [`Extract`] covers one subject.
#[derive(Clone, Debug, Default)]
pub struct Covered {
    /// What the answer rests on and what it leaves out, one sentence each.
    pub notes: Vec<String>,
    /// Whether all of the subject's transactions are there; otherwise the answer cannot be `allow`.
    pub complete: bool,
}

/// Answers questions about subjects. Safe to use from many threads.
#[derive(Debug)]
pub struct Screener<'a> {
    index: &'a Index,
    ledger: Option<(BitcoinNetwork, &'a Ledger)>,
    /// Where the ledger is no whole chain.
    extract: Option<Extract>,
    settings: Settings<'a>,
    day: Date,
    /// Sources searched, the same for every subject.
    sources: Vec<SourceAsOf>,
    /// Gaps in the lists, the same for every subject, and whether the policy minds them.
    list_gaps: Vec<String>,
    lists_suffice: bool,
    kinds: BTreeMap<SourceId, SourceKind>,
    snapshot: String,
}

/// What the walk behind indirect exposure (haircut, stopping at mixes) got right on generated heists.
static HAIRCUT_RATES: LazyLock<Option<String>> =
    LazyLock::new(|| Rates::shipped().sentence(taint::Method::Haircut, false));

/// A claim against somebody, on its way through the rules.
struct Hit {
    claim: Claim,
    /// Since when it has been listed without a break, in whatever words.
    since: Date,
    exposure: ExposureType,
    direction: Option<Direction>,
    address: Option<String>,
    amount: Option<u128>,
    total: u128,
    txs: Vec<TxNum>,
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
    gaps: Vec<String>,
    /// Something was left out that makes `allow` impossible.
    cut_short: bool,
    /// The subject's transactions were examined.
    ledger_examined: bool,
    note: Option<String>,
}

impl<'a> Screener<'a> {
    /// A screener over an index and, for counterparties, the ledger of one Bitcoin network.
    pub fn new(
        index: &'a Index,
        ledger: Option<(BitcoinNetwork, &'a Ledger)>,
        settings: Settings<'a>,
    ) -> Self {
        let day = settings.as_of.to_zoned(TimeZone::UTC).date();
        let mut sources = Vec::new();
        let mut list_gaps = Vec::new();
        for history in index.sources() {
            match history.snapshot_on(day) {
                Some(published) => sources.push(SourceAsOf {
                    id: history.source.id.clone(),
                    published,
                    url: history.source.url.clone(),
                }),
                None => list_gaps.push(format!(
                    "{} has no snapshot from {day} or before: nothing is known from it about that day",
                    history.source.id
                )),
            }
        }
        let missing = missing_requirements(settings.policy, &sources, day);
        let lists_suffice = missing.is_empty();
        list_gaps.extend(missing);
        let snapshot = match ledger {
            Some((_, ledger)) => format!("{}+{}", index.digest(), ledger.snapshot_id()),
            None => index.digest().to_string(),
        };
        let kinds =
            index.sources().iter().map(|history| (history.source.id.clone(), history.source.kind)).collect();
        Self {
            index,
            ledger,
            extract: None,
            settings,
            day,
            sources,
            list_gaps,
            lists_suffice,
            kinds,
            snapshot,
        }
    }

    /// Takes the ledger for one that holds only some subjects' transactions.
    #[must_use]
    pub fn over_extract(mut self, extract: Extract) -> Self {
        self.snapshot = format!("{}+{}", self.index.digest(), extract.digest);
        self.extract = Some(extract);
        self
    }

    /// The lists that are searched, with the snapshot used.
    pub fn sources(&self) -> &[SourceAsOf] {
        &self.sources
    }

    /// Answers about an address, a transaction id, or an identifier that some list names as plain text.
    ///
    /// Text that is none of these is an error, not an answer.
    pub fn screen(&self, text: &str) -> Result<Verdict, AddressError> {
        let text = text.trim();
        match Address::parse(text) {
            Ok(address) => Ok(self.screen_address(text, &address)),
            Err(error) => {
                let opaque = self.claims(&subject_key(&Subject::Opaque(text.to_owned())));
                let txid: Option<TxId> = text.parse().ok();
                if opaque.holding.is_empty() && opaque.ended.is_empty() && txid.is_none() {
                    return Err(error);
                }
                let mut findings = Findings { former: opaque.ended, ..Findings::default() };
                findings.hits.extend(opaque.holding.into_iter().map(own));
                if let Some(txid) = txid {
                    self.examine_tx(txid, &mut findings);
                }
                Ok(self.judge(
                    text,
                    txid.and(self.ledger).map(|(network, _)| Chain::Bitcoin(network)),
                    findings,
                ))
            }
        }
    }

    /// Whether an address has neither a claim nor a ledger that could say more: its verdict differs from any other
    /// such address's in nothing but the name. Lets a batch of a million answer by template.
    pub fn is_plain(&self, address: &Address) -> bool {
        let unclaimed = |address: &Address| self.index.lookup(address.key().as_ref()).next().is_none();
        self.ledger.is_none() && unclaimed(address) && address.same_owner().all(|other| unclaimed(&other))
    }

    fn screen_address(&self, text: &str, address: &Address) -> Verdict {
        let mut findings = Findings::default();
        for reading in std::iter::once(*address).chain(address.same_owner()) {
            let known = self.claims(reading.key().as_ref());
            findings.hits.extend(known.holding.into_iter().map(own));
            findings.former.extend(known.ended);
        }
        if address.is_null_like() {
            findings.note = Some("this is a null or burn address: nobody owns it".to_owned());
        }
        self.examine_address(address, &mut findings);
        self.judge(text, address.chain(), findings)
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

    /// The ledger that holds the subject's chain.
    fn ledger_for(&self, address: &Address) -> Option<(BitcoinNetwork, &'a Ledger)> {
        self.ledger.filter(|&(network, _)| address.fits(Chain::Bitcoin(network)))
    }

    fn examine_address(&self, address: &Address, findings: &mut Findings) {
        let Some((network, ledger)) = self.ledger_for(address) else {
            let chain = address.chain().map_or_else(|| "this chain".to_owned(), Chain::short_name);
            let how = match address {
                Address::Bitcoin(_) => ": tracehound ingest bitcoin FILES adds one",
                _ => " (only Bitcoin's can be ingested by this version)",
            };
            findings.gaps.push(format!("no ledger for {chain}{how}; counterparties not examined"));
            return;
        };
        if !self.covers(&address.to_string(), findings) {
            return;
        }
        let info = ledger.info();
        if self.extract.is_none() && (info.islands > 0 || info.missing_inputs > 0) {
            findings.gaps.push(format!(
                "the ledger is partial ({} blocks; {} inputs spend outputs from outside): other transactions were not seen",
                info.blocks, info.missing_inputs
            ));
        }
        let Some(subject) = address.script().and_then(|script| ledger.find_address(script)) else {
            findings.ledger_examined = true;
            if self.extract.is_none() {
                findings
                    .gaps
                    .push(format!("the address does not occur in the ledger ({} blocks)", info.blocks));
            }
            return;
        };
        let until = u32::try_from(self.settings.as_of.as_second()).unwrap_or(u32::MAX);
        let limits = Limits { until, dust: self.settings.policy.dust.incoming_below, ..self.settings.limits };
        let parties = Counterparties::of(ledger, subject, limits);
        findings.ledger_examined = true;
        if parties.cut {
            findings.cut_short = true;
            findings.gaps.push(format!("the search stopped at its limit after {} transactions", parties.txs));
        }
        if parties.unresolved_txs > 0 {
            findings.cut_short = true;
            findings.gaps.push(format!(
                "{} of {} transactions spend outputs from blocks that are not in the ledger: some payers are unknown",
                parties.unresolved_txs, parties.txs
            ));
        }
        let sides = [
            (Direction::Incoming, &parties.incoming, parties.total_in),
            (Direction::Outgoing, &parties.outgoing, parties.total_out),
        ];
        for (direction, side, total) in sides {
            for (&owner, party) in side {
                let txs: Vec<TxNum> = party.txs.iter().map(|&(tx, _)| tx).collect();
                let known = party.txs.iter().all(|(_, amount)| amount.is_some());
                let amount = known.then_some(party.amount);
                for (claim, since, address) in self.claims_on_owner(network, ledger, owner) {
                    findings.hits.push(Hit {
                        claim,
                        since,
                        exposure: ExposureType::Direct,
                        direction: Some(direction),
                        address: Some(address),
                        amount,
                        total,
                        txs: txs.clone(),
                    });
                }
            }
        }
        self.examine_indirect(network, ledger, subject, until, findings);
    }

    /// Notes how far an extract covers the subject; `false` where it does not at all. A whole chain covers everybody.
    fn covers(&self, subject: &str, findings: &mut Findings) -> bool {
        let Some(extract) = &self.extract else { return true };
        let Some(covered) = extract.subjects.get(subject) else {
            findings.cut_short = true;
            findings.gaps.push("the subject's transactions were not fetched and not examined".to_owned());
            return false;
        };
        findings.gaps.extend(covered.notes.iter().cloned());
        findings.cut_short |= !covered.complete;
        true
    }

    /// Named parties behind unnamed owners, as far as the policy wants to look.
    fn examine_indirect(
        &self,
        network: BitcoinNetwork,
        ledger: &Ledger,
        subject: AddrNum,
        until: u32,
        findings: &mut Findings,
    ) {
        let wanted = self.settings.policy.indirect;
        if wanted.hops < 2 {
            return;
        }
        if self.extract.is_some() {
            findings.cut_short |= wanted.required;
            findings.gaps.push(
                "indirect sources and destinations were not examined: that takes a ledger of the chain \
                 (tracehound ingest bitcoin FILES, or ingest node URL)"
                    .to_owned(),
            );
            return;
        }
        let parties = Parties::new(self.index, ledger, network, self.day);
        let subjects = BTreeSet::from([subject]);
        for (direction, walked) in [
            (Direction::Incoming, taint::Direction::Backward),
            (Direction::Outgoing, taint::Direction::Forward),
        ] {
            let limits = WalkLimits {
                hops: wanted.hops,
                dust: self.settings.policy.dust.incoming_below.into(),
                txs: wanted.work,
                until,
                ..WalkLimits::default()
            };
            let question = Question {
                subjects: &subjects,
                direction: walked,
                limits,
                through_mixes: false,
                prices: None,
            };
            // Without a seed there is nothing to ask: the subject received (or paid) nothing.
            let Ok(found) = exposure::exposures(ledger, &question, &parties) else { continue };
            if found.rest.unresolved.0 > 0 || found.work >= wanted.work {
                findings.cut_short |= wanted.required;
                let way = if direction == Direction::Incoming { "sources" } else { "destinations" };
                findings.gaps.push(format!(
                    "indirect {way}: {} of {} satoshi could not be followed ({} transactions read)",
                    found.rest.unresolved.0 + found.rest.cut.0,
                    found.total.0,
                    found.work
                ));
            }
            for row in found.parties.iter().filter(|row| !row.direct) {
                let Some(owner) = row.best_owner else { continue };
                for (claim, since, address) in self.claims_on_owner(network, ledger, owner) {
                    findings.hits.push(Hit {
                        claim,
                        since,
                        exposure: ExposureType::Indirect,
                        direction: Some(direction),
                        address: Some(address),
                        amount: Some(row.amount.0),
                        total: found.total.0,
                        txs: row.best_path.clone(),
                    });
                }
            }
        }
    }

    fn claims_on_owner(
        &self,
        network: BitcoinNetwork,
        ledger: &Ledger,
        owner: AddrNum,
    ) -> Vec<(Claim, Date, String)> {
        let address = ledger.script_key(owner).and_then(|script| Address::from_script(network, &script));
        let Some(address) = address else { return Vec::new() };
        let known = self.claims(address.key().as_ref());
        known.holding.into_iter().map(|(claim, since)| (claim, since, address.to_string())).collect()
    }

    /// A transaction touches everyone on either side of it: their claims count as its own.
    fn examine_tx(&self, txid: TxId, findings: &mut Findings) {
        if !self.covers(&txid.to_string(), findings) {
            return;
        }
        let found = self.ledger.and_then(|(network, ledger)| Some((network, ledger, ledger.find_tx(&txid)?)));
        let Some((network, ledger, tx)) = found else {
            findings.cut_short = true;
            if self.extract.is_some() {
                return;
            }
            findings.gaps.push(match self.ledger {
                Some(_) => "the transaction is not in the ledger: ingest the block that holds it".to_owned(),
                None => {
                    "no ledger: tracehound ingest bitcoin FILES adds one; the transaction was not examined"
                        .to_owned()
                }
            });
            return;
        };
        let chain = Chain::Bitcoin(network);
        let known = self.claims(&subject_key(&Subject::Tx { chain, txid }));
        findings.hits.extend(known.holding.into_iter().map(own));
        findings.former.extend(known.ended);
        let Some(parties) = tx_parties(ledger, tx) else { return };
        findings.ledger_examined = true;
        if parties.unknown_owners > 0 {
            findings.cut_short = true;
            findings.gaps.push(format!(
                "{} inputs spend outputs from blocks that are not in the ledger: their owners are unknown",
                parties.unknown_owners
            ));
        }
        for (direction, side) in
            [(Direction::Incoming, &parties.inputs), (Direction::Outgoing, &parties.outputs)]
        {
            for (owner, &amount) in side {
                let Some(owner) = owner else { continue };
                for (claim, since, address) in self.claims_on_owner(network, ledger, *owner) {
                    findings.hits.push(Hit {
                        claim,
                        since,
                        exposure: ExposureType::Own,
                        direction: Some(direction),
                        address: Some(address),
                        amount: Some(amount)
                            .filter(|_| parties.unknown_amounts == 0 || direction == Direction::Outgoing),
                        total: side.values().sum(),
                        txs: vec![tx],
                    });
                }
            }
        }
    }

    /// Applies the rules to what was found.
    fn judge(&self, text: &str, chain: Option<Chain>, mut findings: Findings) -> Verdict {
        let policy = self.settings.policy;
        let mut evidence = Evidence::default();
        let (mut decision, mut score) = (Decision::Allow, 0);
        // The one that the summary names: of the strongest, the subject's own before others', a sanction before the rest.
        let mut reason: Option<((Decision, u8, bool, bool), &Hit)> = None;
        findings.hits.sort_by(|a, b| {
            (a.exposure, &a.claim.id, a.direction, &a.address).cmp(&(
                b.exposure,
                &b.claim.id,
                b.direction,
                &b.address,
            ))
        });
        for hit in &findings.hits {
            let exposed = Exposed {
                exposure: hit.exposure,
                category: hit.claim.statement.category,
                source_kind: self.kinds.get(&hit.claim.source).copied().unwrap_or(SourceKind::Labels),
                confidence: hit.claim.confidence,
                direction: hit.direction,
                amount: hit.amount,
                total: hit.total,
            };
            let claim_node = evidence
                .node(format!("claim:{}", hit.claim.id), Fact::Claim { claim: Box::new(hit.claim.clone()) });
            let txs = self.tx_nodes(&mut evidence, hit);
            for rule in policy.rules.iter().filter(|rule| rule.fires(&exposed)) {
                let rule_node =
                    evidence.node(format!("rule:{}", rule.name), Fact::Rule { rule: rule.name.clone() });
                evidence.because(&rule_node, &claim_node);
                for tx in &txs {
                    evidence.because(&rule_node, tx);
                }
                let is_own = hit.exposure == ExposureType::Own;
                let is_sanction = hit.claim.statement.category == Category::Sanction;
                let weight = (rule.decision, rule.score, is_own, is_sanction);
                if reason.is_none_or(|(heaviest, _)| weight > heaviest) {
                    reason = Some((weight, hit));
                }
                decision = decision.max(rule.decision);
                score = score.max(rule.score);
            }
        }
        let wanted_ledger = policy.require.ledger && !findings.ledger_examined;
        if wanted_ledger {
            findings
                .gaps
                .push("the policy requires the subject's transactions, which were not examined".to_owned());
        }
        if decision == Decision::Allow && (!self.lists_suffice || findings.cut_short || wanted_ledger) {
            decision = Decision::Incomplete;
        }
        for claim in &findings.former {
            evidence.node(format!("claim:{}", claim.id), Fact::Claim { claim: Box::new(claim.clone()) });
        }
        let summary = self.summary(decision, reason.map(|(_, hit)| hit), &findings);
        let mut gaps = self.list_gaps.clone();
        gaps.extend(findings.gaps);
        let exposures = exposures(&findings.hits, &mut gaps);
        let indirect = exposures.iter().any(|exposure| exposure.exposure == ExposureType::Indirect);
        let error_rates = HAIRCUT_RATES.iter().filter(|_| indirect).cloned().collect();
        Verdict {
            subject: text.to_owned(),
            chain: chain.map(|chain| chain.to_string()),
            decision,
            score,
            summary,
            as_of: self.settings.as_of,
            exposures,
            evidence,
            coverage: Coverage { sources: self.sources.clone(), gaps, error_rates },
            policy: policy.hash.clone(),
            snapshot: self.snapshot.clone(),
        }
    }

    fn tx_nodes(&self, evidence: &mut Evidence, hit: &Hit) -> Vec<String> {
        let Some((network, ledger)) = self.ledger else { return Vec::new() };
        let views = hit
            .txs
            .iter()
            .take(MAX_EVIDENCE_TXS)
            .filter_map(|&tx| Some((ledger.tx(tx)?, ledger.block_of(tx)?)));
        views
            .map(|(tx, block)| {
                let fact = Fact::Tx {
                    chain: Chain::Bitcoin(network),
                    txid: tx.txid,
                    height: block.height,
                    time: block.header.time(),
                };
                evidence.node(format!("tx:{}", tx.txid), fact)
            })
            .collect()
    }

    fn summary(&self, decision: Decision, reason: Option<&Hit>, findings: &Findings) -> String {
        let mut text = String::new();
        match reason {
            Some(hit) => {
                let source = self.source(&hit.claim.source);
                let title =
                    source.map_or_else(|| hit.claim.source.to_string(), |source| source.title.clone());
                let statement = &hit.claim.statement;
                let who = match (hit.exposure, hit.direction) {
                    (ExposureType::Own, None) => "named".to_owned(),
                    (ExposureType::Indirect, Some(Direction::Incoming)) => {
                        format!("received indirectly from {}, named", hit.address.as_deref().unwrap_or("?"))
                    }
                    (ExposureType::Indirect, Some(Direction::Outgoing)) => {
                        format!("paid indirectly to {}, named", hit.address.as_deref().unwrap_or("?"))
                    }
                    (_, Some(Direction::Incoming)) => {
                        format!("received from {}, named", hit.address.as_deref().unwrap_or("?"))
                    }
                    (_, Some(Direction::Outgoing)) => {
                        format!("paid {}, named", hit.address.as_deref().unwrap_or("?"))
                    }
                    _ => "touches somebody named".to_owned(),
                };
                let _ = write!(text, "{who} {} ({}) by {title}", statement.label, statement.category);
                let _ = write!(text, ", on record from {}", hit.since);
            }
            None if findings.hits.is_empty() => {
                let newest = self.sources.iter().map(|source| source.published).max();
                let _ = write!(text, "on none of {} lists", self.sources.len());
                if let Some(newest) = newest {
                    let _ = write!(text, ", newest of {newest}");
                }
            }
            None => {
                let labels: BTreeSet<&str> =
                    findings.hits.iter().map(|hit| hit.claim.statement.label.as_str()).collect();
                let list: Vec<&str> = labels.into_iter().take(3).collect();
                let _ = write!(text, "known as {}; no rule of the policy objects", list.join(", "));
            }
        }
        if let Some(claim) = findings.former.first() {
            let end = claim.valid_to.map_or_else(String::new, |end| format!(" until {end}"));
            let _ = write!(text, "; formerly {} on {}{end}", claim.statement.label, claim.source);
        }
        if let Some(note) = &findings.note {
            let _ = write!(text, "; {note}");
        }
        if decision == Decision::Incomplete {
            text.push_str("; not everything the policy requires was there");
        }
        text
    }

    fn source(&self, id: &SourceId) -> Option<&Source> {
        self.index.sources().iter().map(|history| &history.source).find(|source| source.id == *id)
    }
}

fn own((claim, since): (Claim, Date)) -> Hit {
    Hit {
        claim,
        since,
        exposure: ExposureType::Own,
        direction: None,
        address: None,
        amount: None,
        total: 0,
        txs: Vec::new(),
    }
}

/// What of the policy's requirements on lists is not met on `day`, one sentence each.
fn missing_requirements(policy: &Policy, sources: &[SourceAsOf], day: Date) -> Vec<String> {
    let mut missing = Vec::new();
    for wanted in &policy.require.sources {
        let Some(source) = sources.iter().find(|source| source.id == *wanted) else {
            missing
                .push(format!("the policy requires {wanted}, which is not loaded: tracehound lists update"));
            continue;
        };
        let age = day.since(source.published).map_or(0, |span| span.get_days());
        if let Some(limit) = policy.require.max_age_days
            && i64::from(age) > i64::from(limit)
        {
            missing.push(format!(
                "{wanted} is of {}, {age} days old; the policy accepts {limit}: tracehound lists update",
                source.published
            ));
        }
    }
    missing
}

/// The exposures of an answer, largest first within each kind, cut visibly.
fn exposures(hits: &[Hit], gaps: &mut Vec<String>) -> Vec<Exposure> {
    let mut rows: Vec<&Hit> = hits.iter().collect();
    rows.sort_by_key(|hit| (hit.exposure, std::cmp::Reverse(hit.amount)));
    if rows.len() > MAX_EXPOSURES {
        gaps.push(format!("{} further exposures are not listed", rows.len() - MAX_EXPOSURES));
    }
    rows.into_iter()
        .take(MAX_EXPOSURES)
        .map(|hit| Exposure {
            exposure: hit.exposure,
            direction: hit.direction,
            category: hit.claim.statement.category,
            label: hit.claim.statement.label.clone(),
            address: hit.address.clone(),
            amount: hit.amount.map(Amount),
            tx_count: (!hit.txs.is_empty()).then_some(hit.txs.len() as u32),
        })
        .collect()
}
