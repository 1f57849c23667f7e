//! Who stands behind a claim: the listed owners of the party that it names, and the countries of the service.

use std::collections::BTreeMap;

use jiff::civil::Date;
use tracehound_attribution::{
    index::{Index, IndexError},
    ownership::Owners,
};
use tracehound_model::{Claim, Country, Ownership, SourceKind};

/// The parties of an index, on a day.
#[derive(Debug)]
pub(crate) struct Parties<'a> {
    owners: Owners<'a>,
    /// Countries by the id under which labels name a service.
    services: BTreeMap<&'a str, Vec<Country>>,
}

impl<'a> Parties<'a> {
    /// The parties of `index`.
    pub(crate) fn of(index: &'a Index, day: Date) -> Result<Self, IndexError> {
        let mut services: BTreeMap<&str, Vec<Country>> = BTreeMap::new();
        for party in index.parties()? {
            let kind = index.source(&party.source.0).map(|history| history.source.kind);
            if matches!(kind, Some(SourceKind::Labels | SourceKind::Own)) {
                let known = services.entry(&party.id).or_default();
                let new = party.particulars.countries.iter().filter(|country| !known.contains(country));
                let new: Vec<Country> = new.copied().collect();
                known.extend(new);
            }
        }
        Ok(Self { owners: index.owners(day)?, services })
    }

    /// How much of the party that a claim names listed ones own; nothing of one that is listed itself.
    pub(crate) fn ownership(&self, claim: &Claim) -> Result<Option<Ownership>, IndexError> {
        let Some(id) = claim.statement.party_id.as_deref() else { return Ok(None) };
        let Some(party) = self.owners.find(&claim.source.0, id)? else { return Ok(None) };
        if self.owners.is_listed(party) { Ok(None) } else { Ok(self.owners.ownership(party)?) }
    }

    /// The countries of the service that a claim names: of its actor, else of the party.
    pub(crate) fn jurisdictions(&self, claim: &Claim) -> Result<Vec<Country>, IndexError> {
        let statement = &claim.statement;
        let of_actor = statement.actor.as_deref().and_then(|actor| self.services.get(actor));
        if let Some(countries) = of_actor.filter(|countries| !countries.is_empty()) {
            return Ok(countries.clone());
        }
        let Some(id) = statement.party_id.as_deref() else { return Ok(Vec::new()) };
        let Some(party) = self.owners.find(&claim.source.0, id)? else { return Ok(Vec::new()) };
        Ok(self.owners.party(party)?.particulars.countries.clone())
    }
}
