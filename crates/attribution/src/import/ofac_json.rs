//! The OFAC list's addresses by asset, as several projects publish them: `{"XBT": ["1…"], "ETH": ["0x…"]}`.
//!
//! The form has no date and no party. The date comes from the caller or, with a warning, from the file's name.

use tracehound_model::{Category, Confidence, Statement};

use super::{
    Format, Options, Snapshot, SourceHead,
    collect::{Collector, Said},
    json_list::{bound, syntax},
    mapping, official, text,
    unrepeated::ByKey,
};
use crate::ImportError;

const FORMAT: Format = Format::OfacAddressJson;
/// What the claims say; the form names no party.
pub(super) const LABEL: &str = "OFAC SDN list";

pub(super) fn read(bytes: &[u8], options: &Options) -> Result<Snapshot, ImportError> {
    bound(bytes, FORMAT)?;
    let ByKey::<Vec<String>>(by_asset) =
        serde_json::from_slice(strip_mark(bytes)).map_err(|error| syntax(FORMAT, &error))?;
    // Anybody's addresses come in this form: whose they are has to be said.
    let speaks_of_ofac = |text: &str| {
        let text = text.to_ascii_lowercase();
        ["ofac", "sdn", "sanction"].iter().any(|word| text.contains(word))
    };
    let given = options.source.id.as_ref();
    if given.is_none() && options.format.is_none() && !speaks_of_ofac(&options.file_name) {
        return Err(ImportError::WhoseList {
            format: FORMAT,
            why: "a list of addresses by asset may be anybody's".to_owned(),
            hint: "say --source ofac-sdn for an extract of OFAC's list, or a name of your own",
        });
    }
    let sanctions = options.format.is_some() || speaks_of_ofac(given.map_or(&options.file_name, |id| &id.0));
    let head = if sanctions {
        official::head("ofac-sdn")
    } else {
        SourceHead { url: None, ..mapping::head(options) }
    };
    let mut out = Collector::new(FORMAT, head, options);
    date_from_name(&mut out, options);
    for (asset, addresses) in by_asset {
        for (position, address) in addresses.iter().enumerate() {
            out.begin_row();
            let said = Said {
                statement: if sanctions { statement(&asset) } else { unnamed(&asset, &out) },
                confidence: if sanctions { Confidence::AUTHORITY } else { Confidence(50) },
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

fn unnamed(asset: &str, out: &Collector) -> Statement {
    let label = out.source().title.clone();
    Statement { label, category: out.unsaid_category(), ..statement(asset) }
}

/// `bytes` without a byte-order mark.
pub(super) fn strip_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Takes the date of a list that has none from its file's name, and says so.
pub(super) fn date_from_name(out: &mut Collector, options: &Options) {
    if out.source().published.or(options.source.published).is_some() {
        return;
    }
    if let Some(date) = text::date_in_name(&options.file_name) {
        out.source_mut().published = Some(date);
        out.warn("the file's name", format!("the list has no date of its own; its name says {date}"));
    }
}
