//! The OFAC list's addresses by asset, as several projects publish them: `{"XBT": ["1…"], "ETH": ["0x…"]}`.
//!
//! The form has no date and no party. The date comes from the caller or, with a warning, from the file's name.

use std::collections::BTreeMap;

use tracehound_model::{Category, Confidence, Statement};

use super::{
    Format, Options, Snapshot,
    collect::{Collector, Said},
    json_list::syntax,
    ofac_xml, text,
};
use crate::ImportError;

const FORMAT: Format = Format::OfacAddressJson;
/// What the claims say; the form names no party.
pub(super) const LABEL: &str = "OFAC SDN list";

pub(super) fn read(bytes: &[u8], options: &Options) -> Result<Snapshot, ImportError> {
    let by_asset: BTreeMap<String, Vec<String>> =
        serde_json::from_slice(bytes).map_err(|error| syntax(FORMAT, &error))?;
    let mut out = Collector::new(FORMAT, options.source.apply(ofac_xml::head()));
    date_from_name(&mut out, options);
    for (asset, addresses) in by_asset {
        for (position, address) in addresses.iter().enumerate() {
            let said = Said {
                statement: statement(&asset),
                confidence: Confidence::AUTHORITY,
                valid_from: None,
                valid_to: None,
            };
            out.claim_about(address, &format!("{asset} entry {}", position + 1), said)?;
        }
    }
    out.finish()
}

fn statement(asset: &str) -> Statement {
    Statement {
        label: LABEL.to_owned(),
        category: Category::Sanction,
        party_id: None,
        party_listed_on: None,
        programs: Vec::new(),
        asset: text::clean(asset),
        actor: None,
        reference: None,
    }
}

/// Takes the date of a list that has none from its file's name, and says so.
pub(super) fn date_from_name(out: &mut Collector, options: &Options) {
    if out.source().published.is_some() {
        return;
    }
    if let Some(date) = text::date_in_name(&options.file_name) {
        out.source_mut().published = Some(date);
        out.warn("the file's name", format!("the list has no date of its own; its name says {date}"));
    }
}
