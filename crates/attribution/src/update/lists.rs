//! The official lists.

use tracehound_model::SourceId;

use super::ListSpec;
use crate::import::{Format, official};

const MIB: u64 = 1 << 20;

/// The sanctions lists of the US Treasury, the UN Security Council, the UK and the EU, where their publishers keep them.
///
/// The bounds are well below what the lists were in 2025 and 2026 (OFAC 121 MB and 18,000 parties, UN 2 MB and 1,000, UK
/// 22 MB and 6,300, EU 25 MB and 6,200).
pub fn official_lists() -> Vec<ListSpec> {
    let list = |source: &str, title: &str, url: &str, format, (least, most)| ListSpec {
        source: SourceId(source.to_owned()),
        title: title.to_owned(),
        url: url.to_owned(),
        format,
        min_bytes: least * MIB,
        max_bytes: most * MIB,
        min_records: official::OFFICIAL
            .iter()
            .find(|list| list.id == source)
            .map_or(0, |list| list.least_parties),
    };
    vec![
        list(
            "ofac-sdn",
            "OFAC Specially Designated Nationals",
            "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/SDN_ADVANCED.XML",
            Format::OfacAdvancedXml,
            (30, 1024),
        ),
        list(
            "un-sc",
            "UN Security Council Consolidated List",
            "https://scsanctions.un.org/resources/xml/en/consolidated.xml",
            Format::UnXml,
            (1, 64),
        ),
        list(
            "uk-sanctions",
            "UK Sanctions List",
            "https://sanctionslist.fcdo.gov.uk/docs/UK-Sanctions-List.xml",
            Format::UkXml,
            (5, 512),
        ),
        list(
            "eu-fsf",
            "EU consolidated list of financial sanctions",
            // The token is the one in the Commission's own public catalogue entry.
            "https://webgate.ec.europa.eu/fsd/fsf/public/files/xmlFullSanctionsList_1_1/content?token=dG9rZW4tMjAxNw",
            Format::EuXml,
            (5, 512),
        ),
    ]
}
