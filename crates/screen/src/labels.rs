//! What packs of labels say of an address, and by what right: statements beside each other, weighed with what lists claim.
//!
//! A list of a government names its party, whatever labels say. What several labels come to is weighed chain by chain, and who
//! controls a key over all of its chains: a key is the same on all of them, and code is on one alone. Only who *controls* an address is known by its key's other addresses
//! too; a deposit address and a contract are that one address.

use jiff::{civil::Date, tz::TimeZone};
use sha2::{Digest, Sha256};
use tracehound_analysis::trace::Entity;
use tracehound_attribution::index::ClaimRef;
use tracehound_labels::{
    Label, Nature, Predicate, Provenance,
    agreement::{self, named},
    correction::Correction,
    identity,
    shared::Shared,
    shelf::{Found, Packs},
    weighed::{Weighed, weighed},
};
use tracehound_ledger::AddrNum;
use tracehound_model::{
    Address, Category, Chain, Claim, Confidence, Gap, GapKind, LabelStatement, Labelled, SourceId,
    SourceKind, Statement, Subject,
};

use crate::Keys;

/// A statement that holds, and how far to go by it.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) label: Label,
    pub(crate) labelled: Labelled,
    /// How sure what it says is, with those who agree.
    pub(crate) confidence: Confidence,
    /// Whether anybody vouches for what the row says of itself.
    vouched: bool,
    /// Since when it is on record: its first day, else that of the source's version, else of the pack.
    pub(crate) since: Date,
    /// Why it counts for nothing, where it does not.
    pub(crate) not_counted: Option<&'static str>,
}

/// What packs say of one address, or of an owner with several.
#[derive(Clone, Debug, Default)]
pub(crate) struct Labels {
    /// Chain by chain.
    said: Vec<Said>,
    /// What lists claim, as what that is weighed with, and whether it is a government's or the user's own.
    beside: Vec<(Label, bool)>,
    /// Whether a list of a government or the user's own names it: labels give no other name.
    listed: bool,
}

impl Said {
    /// Who it is, else what a person reads.
    pub(crate) fn name(&self) -> &str {
        self.label.entity.as_deref().unwrap_or(&self.label.label)
    }

    /// The kind of actor, where it counts.
    pub(crate) fn category(&self) -> Option<Category> {
        self.label.category().filter(|_| self.not_counted.is_none())
    }

    /// As a claim that rules can be asked about; `None` where it counts for nothing, or names and says no more. Its source is the
    /// pack, by a name that no list can have.
    pub(crate) fn claim(&self) -> Option<Claim> {
        if self.label.is_name_alone() {
            return None;
        }
        let statement = Statement {
            label: self.name().to_owned(),
            category: self.category()?,
            party_id: None,
            party_listed_on: None,
            programs: Vec::new(),
            asset: None,
            actor: self.label.entity.as_deref().map(identity),
            reference: None,
        };
        let of = serde_json::to_vec(&self.statement()).unwrap_or_default();
        Some(Claim {
            id: hex::encode(&Sha256::digest(of)[..8]),
            subject: self.label.subject.clone(),
            statement,
            confidence: self.confidence,
            source: SourceId(format!("labels:{}", self.labelled.pack)),
            valid_from: self.since,
            valid_to: self.label.valid_to,
            recorded_at: self.since.to_zoned(TimeZone::UTC).map(|day| day.timestamp()).unwrap_or_default(),
        })
    }

    /// As it is weighed.
    fn weighed_as(&self) -> agreement::Statement<'_> {
        agreement::Statement { label: &self.label, vouched: self.vouched }
    }

    /// The statement whole.
    pub(crate) fn statement(&self) -> LabelStatement {
        let is_name =
            self.label.is_name_alone().then_some("it is a name alone, and says nothing of the kind of actor");
        let Label { chain, label, entity, concept, nature, provenance, valid_from, valid_to, .. } =
            &self.label;
        LabelStatement {
            chain: chain.to_string(),
            address: self.label.address(),
            label: label.clone(),
            entity: entity.clone(),
            concept: concept.clone(),
            nature: nature.id().to_owned(),
            labelled: self.labelled.clone(),
            licence: provenance.licence.clone(),
            valid_from: *valid_from,
            valid_to: *valid_to,
            not_counted: self.not_counted.or(is_name).map(str::to_owned),
        }
    }
}

impl Labels {
    /// Weighs what was found, with the claims of lists beside it.
    fn of(found: Vec<Found<'_>>, claims: &[(Claim, Option<SourceKind>)]) -> Self {
        let comes_first = |kind: &Option<SourceKind>| {
            matches!(kind, Some(SourceKind::Sanctions | SourceKind::LawEnforcement | SourceKind::Own))
        };
        let listed = claims.iter().any(|(_, kind)| comes_first(kind));
        let mut found = found;
        found.sort_by_cached_key(|found| found.label.chain.to_string());
        let beside = |first: &Found<'_>| -> Vec<(Label, bool)> {
            claims.iter().map(|(claim, kind)| (as_label(claim, &first.label), comes_first(kind))).collect()
        };
        let beside = found.first().map(beside).unwrap_or_default();
        let statements: Vec<agreement::Statement<'_>> = found.iter().map(Into::into).collect();
        let lists: Vec<agreement::Statement<'_>> = as_statements(&beside).collect();
        let weighed = weighed(&statements, &lists);
        let vouched = statements.iter().map(|statement| statement.vouched);
        let said = found
            .iter()
            .zip(weighed.into_iter().zip(vouched))
            .map(|(found, (weighed, vouched))| said(found, weighed, vouched))
            .collect();
        Self { said, beside, listed }
    }

    /// Whether nothing is said.
    pub(crate) fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    /// Every statement that holds.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Said> {
        self.said.iter()
    }

    /// Whose the address is, for a ledger of one chain: whoever the heaviest statements name. `None` where lists name
    /// somebody, or nobody is named as the owner.
    pub(crate) fn entity(&self, deposits: bool) -> Option<Entity> {
        if self.listed {
            return None;
        }
        let counted: Vec<&Said> = self.all().filter(|said| said.category().is_some()).collect();
        // Who it is not names nobody, and is weighed all the same.
        let others =
            self.all().filter(|said| said.category().is_none() && said.label.nature == Nature::Entity);
        let statements = counted.iter().copied().map(Said::weighed_as).chain(as_statements(&self.beside));
        let named =
            named(statements.chain(others.map(Said::weighed_as).filter(agreement::Statement::is_denial)));
        let names_owner = |said: &&&Said| match said.label.predicate {
            Predicate::Controls => true,
            Predicate::DepositAddressOf => deposits,
            Predicate::ContractOf => false,
        };
        // A statement without an entity says what happened there.
        let happened =
            || counted.iter().filter(|said| said.label.entity.is_none()).max_by_key(|said| said.confidence);
        let first = match &named {
            // Where the best of them is a list's, it is called as that calls it.
            Some(named) => counted
                .get(*named.by.first()?)
                .and_then(|_| named.by.iter().filter_map(|place| counted.get(*place)).find(names_owner)),
            None => happened().filter(names_owner),
        }?;
        Some(Entity {
            label: first.name().to_owned(),
            category: first.category()?,
            listed_from: first.label.valid_from,
            labelled: Some(Box::new(first.labelled.clone())),
        })
    }
}

impl Labels {
    /// Which protocol's contract the address is, where a statement says so that counts.
    pub(crate) fn contract(&self) -> Option<Entity> {
        let contracts = self.all().filter(|said| said.label.predicate == Predicate::ContractOf);
        let counted = contracts.filter(|said| said.category().is_some());
        let first = counted.max_by_key(|said| said.confidence)?;
        Some(Entity {
            label: first.name().to_owned(),
            category: first.category()?,
            listed_from: first.label.valid_from,
            labelled: Some(Box::new(first.labelled.clone())),
        })
    }
}

fn as_statements(beside: &[(Label, bool)]) -> impl Iterator<Item = agreement::Statement<'_>> {
    beside.iter().map(|(label, vouched)| agreement::Statement { label, vouched: *vouched })
}

fn said(found: &Found<'_>, weighed: Weighed, vouched: bool) -> Said {
    let label = found.label.clone();
    let labelled = Labelled {
        predicate: label.predicate,
        by: label.provenance.source.clone(),
        version: label.provenance.version.clone(),
        confidence: label.confidence,
        standing: weighed.standing,
        pack: found.pack.to_owned(),
        pack_version: found.version,
    };
    let not_counted = match label.nature {
        Nature::Asset if label.category().is_none() => Some("it names an asset, which is nobody"),
        Nature::Victim => Some("it names a victim of an exploit, and no thief"),
        _ if found.correction.is_some_and(Correction::denies) => Some("it says who it is not"),
        Nature::Entity | Nature::Asset => Shared::of(&label.subject).map(not_held),
    };
    let since = label.on_record_from(found.issued);
    Said { label, labelled, confidence: weighed.confidence, vouched, since, not_counted }
}

const fn not_held(shared: Shared) -> &'static str {
    match shared {
        Shared::Null => "it is a null or burn address, and nobody's",
        Shared::Coin => "it is the contract of a coin that everybody uses",
        Shared::Router => "it is a router that everybody pays through",
    }
}

/// A claim of a list as what labels are weighed with.
fn as_label(claim: &Claim, beside: &Label) -> Label {
    let statement = &claim.statement;
    Label {
        chain: beside.chain.clone(),
        subject: beside.subject.clone(),
        label: statement.label.clone(),
        entity: Some(statement.actor.clone().unwrap_or_else(|| statement.label.clone())),
        concept: statement.category.id().to_owned(),
        predicate: Predicate::Controls,
        nature: Nature::Entity,
        provenance: Provenance {
            source: claim.source.to_string(),
            version: claim.valid_from.to_string(),
            licence: String::new(),
        },
        confidence: claim.confidence,
        valid_from: None,
        valid_to: None,
    }
}

/// What packs say of an address, its key's other addresses included, beside the claims of lists about them that hold.
pub(crate) fn on_address(
    packs: Option<&Packs>,
    readings: &[Address],
    day: Date,
    claims: &[(Claim, Option<SourceKind>)],
) -> Labels {
    let Some(packs) = packs else { return Labels::default() };
    let mut found = Vec::new();
    for (place, reading) in readings.iter().enumerate() {
        let about = packs.about(&Subject::Address(*reading), day);
        found.extend(
            about.into_iter().filter(|found| place == 0 || found.label.predicate == Predicate::Controls),
        );
    }
    if found.is_empty() { Labels::default() } else { Labels::of(found, claims) }
}

/// What packs say of an account on its chain, beside the claims of lists about it that hold.
pub(crate) fn on_account(
    packs: Option<&Packs>,
    address: &Address,
    chain: Chain,
    day: Date,
    claims: &[(Claim, Option<SourceKind>)],
) -> Labels {
    let mut labels = on_address(packs, std::slice::from_ref(address), day, claims);
    let id = chain.caip2();
    labels.said.retain(|said| said.label.chain == id);
    labels
}

/// What packs say of plain text, as an address of a chain that is not known here.
pub(crate) fn on_text(packs: Option<&Packs>, text: &str, day: Date) -> Labels {
    let found = packs.map(|packs| packs.about(&Subject::Opaque(text.to_owned()), day)).unwrap_or_default();
    Labels::of(found, &[])
}

/// What packs say of an owner of the ledger.
pub(crate) fn on_owner(keys: &Keys<'_>, owner: AddrNum, day: Date) -> Labels {
    if keys.packs().is_none() {
        return Labels::default();
    }
    let addresses = keys.addresses_of(owner);
    let claims = || -> Vec<(Claim, Option<SourceKind>)> {
        let claims = keys.claims_on(owner);
        let kind = |claim: &Claim| keys.index().source(&claim.source.0).map(|history| history.source.kind);
        let holding = claims.iter().filter(|claim| claim.holds_on(day)).map(ClaimRef::to_claim);
        holding.map(|claim| (claim.clone(), kind(&claim))).collect()
    };
    let mut labels = on_address(keys.packs(), &addresses, day, &[]);
    if labels.is_empty() {
        return labels;
    }
    labels = on_address(keys.packs(), &addresses, day, &claims());
    if let Some(network) = keys.network() {
        let id = Chain::Bitcoin(network).caip2();
        labels.said.retain(|said| said.label.chain == id);
    }
    labels
}

/// Every statement of packs about the owner of a ledger, those that count first.
pub fn statements_on(keys: &Keys<'_>, owner: AddrNum, day: Date) -> Vec<LabelStatement> {
    let labels = on_owner(keys, owner, day);
    let mut all: Vec<&Said> = labels.all().collect();
    all.sort_by_key(|said| (said.not_counted.is_some(), std::cmp::Reverse(said.confidence)));
    all.into_iter().map(Said::statement).collect()
}

/// What is missing of the packs in force on a day: those that are too old, that are not there or cannot be read, and those of
/// which something that was read was damaged. What they say was answered as if it were not.
pub fn gaps(packs: &Packs, day: Date) -> Vec<Gap> {
    let remedy = |name: &str| format!("apply a newer version, or tracehound labels remove {name}");
    let mut gaps = Vec::new();
    for (entry, pack) in packs.iter() {
        if let Some(since) = pack.manifest().expires.filter(|_| pack.manifest().is_expired(day)) {
            let sentence = format!(
                "pack {} version {} of labels has been too old since {since}: whom it would name by now is not known",
                entry.name, entry.version
            );
            gaps.push(Gap::new(GapKind::LabelsStale, sentence).mend(remedy(&entry.name)));
        }
    }
    let unreadable = |name: Option<&str>, why: &str| match name {
        Some(name) => {
            let sentence = format!("pack {name} of labels is in force and cannot be read: {why}");
            Gap::new(GapKind::LabelsUnreadable, sentence).mend(remedy(name))
        }
        None => Gap::new(
            GapKind::LabelsUnreadable,
            format!("which packs of labels are in force is not known: {why}"),
        ),
    };
    for one in packs.unreadable() {
        gaps.push(unreadable(one.entry.as_ref().map(|entry| entry.name.as_str()), &one.why));
    }
    if !packs.is_sound() {
        gaps.extend(
            packs.damage().iter().map(|(entry, error)| unreadable(Some(&entry.name), &error.to_string())),
        );
    }
    gaps
}
