//! Advisories and lists in our own format, TOML; `data/README.md` describes it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tracehound_model::{
    Category, Chain, Confidence, Particulars, Party, SourceId, SourceKind, Statement, Subject, TxId,
    claim::{PartyKind, PartyName},
};

use super::{
    Format, Imported, NewClaim, Options, Snapshot, SourceHead,
    collect::{Collector, Said, tidy_names},
    ofac_address,
    table::decode,
    text,
};
use crate::ImportError;

const FORMAT: Format = Format::Advisory;

/// A file of the format.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AdvisoryFile {
    source: Head,
    #[serde(default, rename = "party", skip_serializing_if = "Vec::is_empty")]
    parties: Vec<PartyEntry>,
    #[serde(default, rename = "claim", skip_serializing_if = "Vec::is_empty")]
    claims: Vec<ClaimEntry>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    id: String,
    kind: SourceKind,
    title: String,
    publisher: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    published: Day,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartyEntry {
    id: String,
    kind: PartyKind,
    names: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    weak_names: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    programs: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    listed_on: Option<Day>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ClaimEntry {
    /// Id of a party of this file, which gives label, programmes and listing date where the claim has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    party: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<Category>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    programs: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asset: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Day>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Day>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chain: Option<Chain>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    addresses: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    transactions: Vec<TxId>,
}

/// A day, written as TOML's own date; read from a text too.
#[derive(Clone, Copy, Debug)]
struct Day(Date);

impl Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let native: toml::value::Datetime = self.0.to_string().parse().map_err(serde::ser::Error::custom)?;
        native.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match toml::Value::deserialize(deserializer)? {
            toml::Value::Datetime(native) => native.to_string(),
            toml::Value::String(text) => text,
            _ => return Err(serde::de::Error::custom("a date is written 2023-08-22")),
        };
        // A date and time would be read as its date; an advisory is of a day.
        text.parse()
            .map(Self)
            .map_err(|_| serde::de::Error::custom(format!("`{text}` is no date like 2023-08-22")))
    }
}

pub(super) fn read(bytes: &[u8], options: &Options) -> Result<Snapshot, ImportError> {
    let text = decode(bytes);
    let file: AdvisoryFile = toml::from_str(&text).map_err(|error| ImportError::Syntax {
        format: FORMAT,
        place: place(&text, error.span()),
        message: error.message().to_owned(),
    })?;
    snapshot_of(file, options)
}

/// A pack of advisories in one file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PackFile {
    pack: PackHead,
    #[serde(default, rename = "advisory", alias = "notice")]
    advisories: Vec<AdvisoryFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PackHead {
    name: String,
    complete_as_of: Day,
}

/// The name of a pack, the day up to which it is complete, and its advisories as they stand in it.
pub(crate) fn read_pack(bytes: &[u8]) -> Result<(String, Date, Vec<Imported>), ImportError> {
    let text = decode(bytes);
    let file: PackFile = toml::from_str(&text).map_err(|error| ImportError::Syntax {
        format: FORMAT,
        place: place(&text, error.span()),
        message: error.message().to_owned(),
    })?;
    if !text::is_source_id(&file.pack.name) {
        return Err(ImportError::SourceId(file.pack.name));
    }
    if file.advisories.is_empty() {
        return Err(unusable("the pack has no advisory".to_owned()));
    }
    let mut lists = Vec::with_capacity(file.advisories.len());
    for advisory in file.advisories {
        let json = serde_json::to_vec(&advisory).expect("plain data always turns into JSON");
        let snapshot = snapshot_of(advisory, &Options::default())?;
        if snapshot.source.published.is_some_and(|day| day > file.pack.complete_as_of.0) {
            return Err(unusable(format!(
                "the pack is complete as of {}, but an advisory in it is of a later day",
                file.pack.complete_as_of.0
            )));
        }
        lists.push(Imported {
            snapshot,
            format: FORMAT,
            sha256: hex::encode(Sha256::digest(&json)),
            bytes: json.len() as u64,
        });
    }
    Ok((file.pack.name, file.pack.complete_as_of.0, lists))
}

fn snapshot_of(file: AdvisoryFile, options: &Options) -> Result<Snapshot, ImportError> {
    let head = file.source;
    if !text::is_source_id(&head.id) {
        return Err(ImportError::SourceId(head.id));
    }
    let head = SourceHead {
        id: SourceId(head.id),
        kind: head.kind,
        title: head.title,
        publisher: head.publisher,
        url: head.url,
        published: Some(head.published.0),
    };
    let mut out = Collector::new(FORMAT, head, options);
    let source = out.source().id.clone();
    let mut parties: BTreeMap<String, Party> = BTreeMap::new();
    for entry in file.parties {
        let good = entry.names.into_iter().map(|full| PartyName { full, weak: false });
        let weak = entry.weak_names.into_iter().map(|full| PartyName { full, weak: true });
        let party = Party {
            source: source.clone(),
            id: entry.id.clone(),
            kind: entry.kind,
            names: tidy_names(good.chain(weak)),
            programs: entry.programs,
            listed_on: entry.listed_on.map(|day| day.0),
            particulars: Particulars::default(),
        };
        if parties.insert(entry.id.clone(), party).is_some() {
            return Err(unusable(format!("party `{}` stands twice", entry.id)));
        }
    }
    for (position, entry) in file.claims.iter().enumerate() {
        take(entry, position + 1, &parties, &mut out)?;
    }
    for party in parties.into_values() {
        out.begin_row();
        out.party(party)?;
    }
    out.finish()
}

/// Line and column of a TOML error.
fn place(text: &str, span: Option<std::ops::Range<usize>>) -> String {
    let Some(before) = span.and_then(|span| text.get(..span.start)) else {
        return "an unknown line".to_owned();
    };
    format!("line {}", before.matches('\n').count() + 1)
}

fn unusable(missing: String) -> ImportError {
    ImportError::Unusable { format: FORMAT, missing }
}

fn take(
    entry: &ClaimEntry,
    number: usize,
    parties: &BTreeMap<String, Party>,
    out: &mut Collector,
) -> Result<(), ImportError> {
    let party = match &entry.party {
        Some(id) => Some(
            parties
                .get(id)
                .ok_or_else(|| unusable(format!("claim {number} names party `{id}`, which is not there")))?,
        ),
        None => None,
    };
    let label =
        entry.label.clone().or_else(|| party.and_then(|party| Some(party.names.first()?.full.clone())));
    let label = label
        .ok_or_else(|| unusable(format!("claim {number} has neither a label nor a party with a name")))?;
    if ofac_address::is_all_addresses(&label) {
        let label = text::shorten(&label);
        return Err(unusable(format!(
            "the label of claim {number} is the address `{label}`: name it under addresses"
        )));
    }
    let category = entry.category.ok_or_else(|| unusable(format!("claim {number} has no category")))?;
    // A claim without a first day holds from the day of its list.
    let (from, to) = (entry.from.map(|day| day.0), entry.to.map(|day| day.0));
    let first = from.or(out.source().published);
    if let (Some(first), Some(to)) = (first, to)
        && to <= first
    {
        let whence = if from.is_some() { "its `from`" } else { "the day of the list, for want of a `from`" };
        return Err(unusable(format!(
            "claim {number} would never hold: its `to` {to} is not after {first}, {whence}"
        )));
    }
    let confidence = Confidence(entry.confidence.unwrap_or(Confidence::AUTHORITY.0).min(100));
    let programs = party.map(|party| &party.programs).filter(|_| entry.programs.is_empty());
    let statement = Statement {
        label,
        category,
        party_id: entry.party.clone(),
        party_listed_on: party.and_then(|party| party.listed_on),
        programs: programs.unwrap_or(&entry.programs).clone(),
        asset: entry.asset.clone(),
        actor: entry.actor.clone(),
        reference: entry.reference.clone(),
    };
    let said = || Said { statement: statement.clone(), confidence, valid_from: from, valid_to: to };
    for (position, address) in entry.addresses.iter().enumerate() {
        out.begin_row();
        out.claim_about(address, &format!("claim {number}, address {}", position + 1), said())?;
    }
    if let (None, false) = (entry.chain, entry.transactions.is_empty()) {
        return Err(unusable(format!("claim {number} has transactions but no chain")));
    }
    for (txid, chain) in
        entry.transactions.iter().zip(std::iter::repeat(entry.chain)).filter_map(|(t, c)| Some((t, c?)))
    {
        out.begin_row();
        out.claim(&Subject::Tx { chain, txid: *txid }, said())?;
    }
    Ok(())
}

/// What claims of one `[[claim]]` share: party, asset, everything else as JSON, chain of transactions.
type GroupKey = (Option<String>, String, String, Option<Chain>);

/// A dated snapshot in our own format: its claims, and of its parties those that a claim names.
///
/// Reading the text back gives the same claims.
///
/// # Errors
/// When the snapshot has no date.
pub fn write_advisory(snapshot: &Snapshot) -> Result<String, ImportError> {
    let published =
        snapshot.source.published.ok_or_else(|| unusable("the snapshot to write has no date".to_owned()))?;
    toml::to_string_pretty(&advisory(snapshot, published)).map_err(|error| unusable(error.to_string()))
}

fn advisory(snapshot: &Snapshot, published: Date) -> AdvisoryFile {
    let head = &snapshot.source;
    let all: Vec<NewClaim> = snapshot.claims.iter().collect();
    let mut groups: BTreeMap<GroupKey, Vec<&NewClaim>> = BTreeMap::new();
    for claim in &all {
        let statement = &claim.statement;
        let rest = serde_json::to_string(&(statement, claim.confidence, claim.valid_from, claim.valid_to));
        let rest = rest.expect("plain data always turns into JSON");
        let asset = statement.asset.clone().unwrap_or_default();
        let chain = match &claim.subject {
            Subject::Tx { chain, .. } => Some(*chain),
            Subject::Address(_) | Subject::Opaque(_) => None,
        };
        groups.entry((statement.party_id.clone(), asset, rest, chain)).or_default().push(claim);
    }
    let named = |party: &&Party| all.iter().any(|claim| claim.statement.party_id.as_ref() == Some(&party.id));
    let mut parties: Vec<&Party> = snapshot.parties.iter().filter(named).collect();
    parties.sort_by(|a, b| a.id.cmp(&b.id));
    let claims = groups.into_values().map(|group| claim_entry(&group, &parties)).collect();
    AdvisoryFile {
        source: Head {
            id: head.id.0.clone(),
            kind: head.kind,
            title: head.title.clone(),
            publisher: head.publisher.clone(),
            url: head.url.clone(),
            published: Day(published),
        },
        parties: parties.into_iter().map(party_entry).collect(),
        claims,
    }
}

fn party_entry(party: &Party) -> PartyEntry {
    let names = |weak: bool| {
        party.names.iter().filter(|name| name.weak == weak).map(|name| name.full.clone()).collect()
    };
    PartyEntry {
        id: party.id.clone(),
        kind: party.kind,
        names: names(false),
        weak_names: names(true),
        programs: party.programs.clone(),
        listed_on: party.listed_on.map(Day),
    }
}

fn claim_entry(group: &[&NewClaim], parties: &[&Party]) -> ClaimEntry {
    let NewClaim { statement, confidence, valid_from, valid_to, .. } = group[0];
    let party = parties.iter().find(|party| statement.party_id.as_ref() == Some(&party.id));
    let party_label = party.and_then(|party| party.names.first()).map(|name| &name.full);
    let mut addresses: Vec<String> = Vec::new();
    let mut transactions: Vec<TxId> = Vec::new();
    let mut chain = None;
    for claim in group {
        match &claim.subject {
            Subject::Address(address) => addresses.push(address.to_string()),
            Subject::Opaque(text) => addresses.push(text.clone()),
            Subject::Tx { chain: of, txid } => {
                chain = Some(*of);
                transactions.push(*txid);
            }
        }
    }
    ClaimEntry {
        party: party.map(|party| party.id.clone()),
        label: (party_label != Some(&statement.label)).then(|| statement.label.clone()),
        category: Some(statement.category),
        confidence: (*confidence != Confidence::AUTHORITY).then_some(confidence.0),
        actor: statement.actor.clone(),
        programs: if party.is_some_and(|party| party.programs == statement.programs) {
            Vec::new()
        } else {
            statement.programs.clone()
        },
        asset: statement.asset.clone(),
        reference: statement.reference.clone(),
        from: valid_from.map(Day),
        to: valid_to.map(Day),
        chain,
        addresses,
        transactions,
    }
}
