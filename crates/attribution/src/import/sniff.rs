//! Telling formats apart by name and first bytes.

use std::{borrow::Cow, fmt};

use super::{decode::decode, ofac_set};

use crate::Scope;

/// A format of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// OFAC `SDN_ADVANCED.XML` (and `CONS_ADVANCED.XML`), old and new namespace.
    OfacAdvancedXml,
    /// OFAC's `SDN.XML`.
    OfacSdnXml,
    /// OFAC's `SDN_ENHANCED.XML`.
    OfacEnhancedXml,
    /// OFAC's legacy `sdn.csv`, addresses inside the remarks.
    OfacSdnCsv,
    /// One of the three files that go with `sdn.csv`, without it.
    OfacCsvPart,
    /// Addresses of the OFAC list by asset: `{"XBT": ["1…"]}`.
    OfacAddressJson,
    /// The UN Security Council consolidated list.
    UnXml,
    /// The EU consolidated financial sanctions list (FSF) as XML.
    EuXml,
    /// The same as CSV with semicolons.
    EuCsv,
    /// The UK sanctions list (FCDO) as XML.
    UkXml,
    /// The UK sanctions list or OFSI's consolidated list as CSV.
    UkCsv,
    /// OFSI's consolidated list as XML.
    OfsiXml,
    /// The Swiss sanctions list (SECO).
    SecoXml,
    /// Entities of `FollowTheMoney`, as `OpenSanctions` publishes them, one a line.
    FollowTheMoney,
    /// The table of targets that `OpenSanctions` publishes.
    OpenSanctionsCsv,
    /// Records of Senzing, one a line.
    Senzing,
    /// The Consolidated Screening List of trade.gov, CSV or JSON.
    Csl,
    /// The Denied Persons List of BIS.
    DeniedPersons,
    /// A `GraphSense` TagPack.
    TagPack,
    /// A `GraphSense` ActorPack.
    ActorPack,
    /// A table with one address a row.
    Csv,
    /// A list of addresses or objects, or an object from address to label.
    Json,
    /// An advisory in our own format.
    Advisory,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 23] = [
        Self::OfacAdvancedXml,
        Self::OfacSdnXml,
        Self::OfacEnhancedXml,
        Self::OfacSdnCsv,
        Self::OfacCsvPart,
        Self::OfacAddressJson,
        Self::UnXml,
        Self::EuXml,
        Self::EuCsv,
        Self::UkXml,
        Self::UkCsv,
        Self::OfsiXml,
        Self::SecoXml,
        Self::FollowTheMoney,
        Self::OpenSanctionsCsv,
        Self::Senzing,
        Self::Csl,
        Self::DeniedPersons,
        Self::TagPack,
        Self::ActorPack,
        Self::Csv,
        Self::Json,
        Self::Advisory,
    ];

    /// How much of its list a file of the format holds. Addresses by asset are pulled out of a list by others, who may
    /// leave some out.
    pub const fn scope(self) -> Scope {
        match self {
            Self::OfacAdvancedXml
            | Self::OfacSdnXml
            | Self::OfacEnhancedXml
            | Self::OfacSdnCsv
            | Self::UnXml
            | Self::EuXml
            | Self::EuCsv
            | Self::UkXml
            | Self::UkCsv
            | Self::OfsiXml
            | Self::SecoXml
            | Self::FollowTheMoney
            | Self::OpenSanctionsCsv
            | Self::Senzing
            | Self::Csl
            | Self::DeniedPersons => Scope::List,
            Self::OfacCsvPart | Self::OfacAddressJson => Scope::Extract,
            Self::TagPack | Self::ActorPack | Self::Csv | Self::Json | Self::Advisory => Scope::Addresses,
        }
    }

    /// The name for options and messages.
    pub const fn id(self) -> &'static str {
        match self {
            Self::OfacAdvancedXml => "ofac-xml",
            Self::OfacSdnXml => "ofac-sdn-xml",
            Self::OfacEnhancedXml => "ofac-enhanced-xml",
            Self::OfacSdnCsv => "ofac-csv",
            Self::OfacCsvPart => "ofac-csv-part",
            Self::OfacAddressJson => "ofac-json",
            Self::UnXml => "un-xml",
            Self::EuXml => "eu-xml",
            Self::EuCsv => "eu-csv",
            Self::UkXml => "uk-xml",
            Self::UkCsv => "uk-csv",
            Self::OfsiXml => "ofsi-xml",
            Self::SecoXml => "seco-xml",
            Self::FollowTheMoney => "ftm",
            Self::OpenSanctionsCsv => "opensanctions-csv",
            Self::Senzing => "senzing",
            Self::Csl => "csl",
            Self::DeniedPersons => "dpl",
            Self::TagPack => "tagpack",
            Self::ActorPack => "actorpack",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Advisory => "advisory",
        }
    }

    /// The format with this name.
    pub fn from_id(id: &str) -> Option<Self> {
        // As stores of 0.1.0 name it.
        let id = if id == "notice" { Self::Advisory.id() } else { id };
        Self::ALL.into_iter().find(|format| format.id() == id)
    }

    /// Whether it is read piece by piece, so that memory does not grow with the file but with what it names.
    pub(super) const fn is_streamed(self) -> bool {
        matches!(
            self,
            Self::OfacAdvancedXml
                | Self::OfacSdnXml
                | Self::OfacEnhancedXml
                | Self::UnXml
                | Self::EuXml
                | Self::UkXml
                | Self::OfsiXml
                | Self::SecoXml
                | Self::FollowTheMoney
        )
    }

    /// What is counted of such a list.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::OfacSdnCsv
            | Self::OfacCsvPart
            | Self::EuCsv
            | Self::UkCsv
            | Self::OpenSanctionsCsv
            | Self::DeniedPersons
            | Self::Csv => "rows",
            Self::OfacAdvancedXml
            | Self::OfacSdnXml
            | Self::OfacEnhancedXml
            | Self::UnXml
            | Self::EuXml
            | Self::UkXml
            | Self::OfsiXml
            | Self::SecoXml
            | Self::FollowTheMoney
            | Self::Senzing
            | Self::Csl => "records",
            Self::TagPack => "tags",
            Self::ActorPack => "actors",
            Self::OfacAddressJson | Self::Json | Self::Advisory => "entries",
        }
    }

    /// How much of a list its form carries: of two forms of one list version the richer wins.
    pub const fn richness(self) -> u8 {
        match self {
            Self::OfacAdvancedXml
            | Self::UnXml
            | Self::EuXml
            | Self::UkXml
            | Self::OfsiXml
            | Self::SecoXml => 3,
            Self::OfacEnhancedXml => 2,
            Self::OfacSdnXml | Self::OfacSdnCsv | Self::EuCsv | Self::UkCsv => 1,
            _ => 0,
        }
    }

    /// Most bytes read of such a list, after decompression.
    pub const fn limit(self) -> u64 {
        match self {
            _ if self.is_streamed() => 512 << 20,
            // Held as a list of events, some fifteen times their size; the largest known pack has 5 MB.
            Self::TagPack | Self::ActorPack => 64 << 20,
            // Held as a tree of values.
            Self::OfacAddressJson | Self::Json | Self::Senzing => 128 << 20,
            _ => 256 << 20,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// Tells the format from the first bytes (a few thousand are enough, decompressed) and the file's name.
///
/// What the bytes say wins over the name.
pub fn sniff(head: &[u8], file_name: &str) -> Option<Format> {
    let text = head_text(head);
    let text = text.trim_start();
    let extension = extension(file_name);
    if text.starts_with('<') {
        return sniff_xml(text);
    }
    let yaml_name = matches!(extension.as_str(), "yaml" | "yml");
    if text.starts_with(['{', '[']) && extension != "toml" && !yaml_name {
        // A TOML advisory may begin with `[source]` under any name; JSON never has a bare word there.
        return Some(if text.starts_with("[source]") || text.starts_with("[[claim]]") {
            Format::Advisory
        } else if let Some(format) = sniff_json(text) {
            format
        } else if looks_like_by_asset(text) {
            Format::OfacAddressJson
        } else {
            Format::Json
        });
    }
    if extension == "toml" || text.lines().any(|line| line.trim() == "[source]") {
        return Some(Format::Advisory);
    }
    let key = |name: &str| {
        text.lines().any(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':')))
    };
    let yaml = yaml_name || (key("title") && key("creator"));
    if yaml {
        let actors = key("actors") || file_name.contains("actorpack");
        return Some(if actors && !key("tags") { Format::ActorPack } else { Format::TagPack });
    }
    sniff_table(text, file_name)
}

/// The extension in lower case, with `.gz` and `.bz2` taken off.
fn extension(file_name: &str) -> String {
    let lower = file_name.to_ascii_lowercase();
    let plain = lower.strip_suffix(".gz").or_else(|| lower.strip_suffix(".bz2")).unwrap_or(&lower);
    plain.rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.to_owned())
}

/// The first bytes of a list as text; a character that the cut went through is left out.
pub(super) fn head_text(head: &[u8]) -> Cow<'_, str> {
    let whole = match std::str::from_utf8(head) {
        Err(error) if error.error_len().is_none() => &head[..error.valid_up_to()],
        _ => head,
    };
    decode(whole)
}

/// The name of an XML document's root element, without its prefix.
pub(super) fn root_element(text: &str) -> Option<&str> {
    let mut rest = text.trim_start();
    if !rest.starts_with('<') {
        return None;
    }
    loop {
        let start = rest.find('<')?;
        rest = &rest[start + 1..];
        if !rest.starts_with(['?', '!']) {
            break;
        }
    }
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))?;
    rest[..end].rsplit(':').next()
}

fn sniff_xml(text: &str) -> Option<Format> {
    match root_element(text)? {
        "Sanctions" => Some(Format::OfacAdvancedXml),
        "sdnList" => Some(Format::OfacSdnXml),
        "sanctionsData" => Some(Format::OfacEnhancedXml),
        "CONSOLIDATED_LIST" => Some(Format::UnXml),
        "export" => Some(Format::EuXml),
        "Designations" => Some(Format::UkXml),
        "ArrayOfFinancialSanctionsTarget" => Some(Format::OfsiXml),
        "swiss-sanctions-list" => Some(Format::SecoXml),
        _ => None,
    }
}

/// Whether a JSON text begins as `{"XBT": ["`: a short upper-case code, then a list of texts.
fn looks_like_by_asset(text: &str) -> bool {
    let mut parts = text.split('"');
    let opening = parts.next().map(str::trim) == Some("{");
    let code = parts.next().is_some_and(|code| {
        (2..=10).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    });
    let between: Option<String> = parts.next().map(|text| text.split_whitespace().collect());
    opening && code && between.is_some_and(|between| between == ":[" || between.starts_with(":[]"))
}

/// JSON whose records have keys that no other list has.
fn sniff_json(text: &str) -> Option<Format> {
    // One record a line; the first line is enough, and a later one may be of anything.
    let first = if text.starts_with('{') { text.lines().next().unwrap_or_default() } else { text };
    let has = |text: &str, keys: &[&str]| keys.iter().all(|key| text.contains(&format!("\"{key}\"")));
    if has(first, &["schema", "properties"]) {
        return Some(Format::FollowTheMoney);
    }
    if has(first, &["DATA_SOURCE", "RECORD_ID"]) {
        return Some(Format::Senzing);
    }
    has(text, &["source_list_url", "entity_number"]).then_some(Format::Csl)
}

/// Lines in which the header of a published table is looked for.
const HEADER_WITHIN: usize = 10;

/// Whether a line is the header of a table that is read, or a row with an address.
pub(super) fn is_table_line(line: &str) -> bool {
    sniff_table(line, "").is_some()
}

fn sniff_table(text: &str, file_name: &str) -> Option<Format> {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines().next()?;
    if let Some(format) = lines().take(HEADER_WITHIN).find_map(published_table) {
        return Some(format);
    }
    let number = first
        .split([',', '@', '|', ';', '\t'])
        .next()
        .is_some_and(|field| field.trim().trim_matches('"').parse::<u32>().is_ok());
    let by_name = || ofac_set::Name::of(file_name).filter(|_| number).map(|name| name.part);
    match ofac_set::part_of(text).or_else(by_name) {
        Some(ofac_set::Part::Parties) => return Some(Format::OfacSdnCsv),
        Some(_) => return Some(Format::OfacCsvPart),
        None => {}
    }
    let known = matches!(extension(file_name).as_str(), "csv" | "tsv" | "txt");
    let has_address = first.split([',', ';', '\t', '|']).any(super::table::is_address_cell);
    (known || has_address || super::table::is_header(first)).then_some(Format::Csv)
}

/// What separates the cells of a published table, told by its header.
pub(super) fn table_delimiter(text: &str) -> u8 {
    let header = text.lines().take(2 * HEADER_WITHIN).find(|line| published_table(line).is_some());
    header.map_or(b',', super::table::delimiter)
}

/// The format whose header a line is, where its columns are those of a list that many use.
fn published_table(line: &str) -> Option<Format> {
    if line.len() > 16 << 10 {
        return None;
    }
    let cells: Vec<String> = line
        .split([',', ';', '\t', '|'])
        .map(|cell| super::mapping::normal(cell.trim().trim_matches('"')))
        .collect();
    let has = |names: &[&str]| names.iter().all(|name| cells.iter().any(|cell| cell == name));
    [
        (&["entity_logicalid"][..], Format::EuCsv),
        (&["name_6", "name_1"], Format::UkCsv),
        (&["schema", "name", "aliases"], Format::OpenSanctionsCsv),
        (&["source", "entity_number", "alt_names"], Format::Csl),
        (&["name", "effective_date", "expiration_date", "standard_order"], Format::DeniedPersons),
    ]
    .into_iter()
    .find_map(|(names, format)| has(names).then_some(format))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        let cases: [(&str, &str, Option<Format>); 15] = [
            ("<?xml version=\"1.0\"?>\n<Sanctions xmlns=\"x\">", "a", Some(Format::OfacAdvancedXml)),
            (
                "\u{feff}<?xml version=\"1.0\"?><!-- x --><CONSOLIDATED_LIST a=\"b\">",
                "a.txt",
                Some(Format::UnXml),
            ),
            ("<export generationDate=\"x\">", "", Some(Format::EuXml)),
            ("<Designations>", "", Some(Format::UkXml)),
            ("<html>", "sdn.xml", None),
            ("{\n\"ARB\": [\n\"0x4f\"", "x.json", Some(Format::OfacAddressJson)),
            ("[\n {\"address\": 1}", "x.json", Some(Format::Json)),
            ("title: x\ncreator: y\ntags:\n", "pack", Some(Format::TagPack)),
            ("%YAML 1.1\n---\ntitle: x\ncreator: y\nactors:\n", "pack.yaml.gz", Some(Format::ActorPack)),
            ("# note\n[source]\nid = \"x\"", "x", Some(Format::Advisory)),
            (
                "36,\"A\",-0- ,\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ",
                "sdn.csv",
                Some(Format::OfacSdnCsv),
            ),
            ("fileGenerationDate;Entity_LogicalId;x", "", Some(Format::EuCsv)),
            ("Report Date: 12-Nov-2025\nLast Updated,Unique ID,Name 6,Name 1", "", Some(Format::UkCsv)),
            ("banned_address,wallet_tag\n", "", Some(Format::Csv)),
            ("MZ\u{0}\u{1}", "x.exe", None),
        ];
        for (head, name, expected) in cases {
            assert_eq!(sniff(head.as_bytes(), name), expected, "{head:?} {name}");
        }
    }
}
