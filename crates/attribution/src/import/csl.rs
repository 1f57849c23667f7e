//! The Consolidated Screening List of trade.gov, as CSV or JSON: what eleven lists of the United States say, gathered by a
//! twelfth office. A source of its own: it ends nobody of the lists it was made from.

use serde_json::{Map, Value};
use tracehound_model::{
    Category, Confidence, Particulars, Party, SourceId, SourceKind, Statement,
    claim::{PartyKind, PartyName},
};

use super::{
    Format, Options, Snapshot, SourceHead,
    collect::{Collector, Said, tidy_names},
    decode::{self, decode},
    json_list::{self, bound, syntax},
    ofac_address::{self, Field},
    ofac_json::date_from_name,
    published::{Table, month_first},
    text,
    unrepeated::Unrepeated,
};
use crate::ImportError;

const FORMAT: Format = Format::Csl;
const NEEDED: &[&str] = &["source", "entity_number", "name"];
/// Keys of a record in JSON that are read.
const READ: &[&str] = &[
    "id",
    "_id",
    "source",
    "entity_number",
    "type",
    "programs",
    "name",
    "alt_names",
    "ids",
    "start_date",
    "source_information_url",
    "source_list_url",
    "remarks",
];
/// What is not read of a column of which addresses are.
const REMARKS: &str = "remarks (other than addresses)";

/// A record of either form.
#[derive(Default)]
struct Record {
    id: String,
    source: String,
    number: String,
    kind: String,
    programs: Vec<String>,
    name: String,
    aliases: Vec<String>,
    start: String,
    page: String,
    /// Asset, where it is said, and what stands as an address.
    addresses: Vec<(Option<String>, String)>,
}

fn head() -> SourceHead {
    SourceHead {
        id: SourceId("us-csl".to_owned()),
        // No list that somebody has to have fresh: what it repeats is on the lists that are.
        kind: SourceKind::LawEnforcement,
        title: "Consolidated Screening List".to_owned(),
        publisher: "U.S. Department of Commerce, International Trade Administration".to_owned(),
        url: Some("https://www.trade.gov/consolidated-screening-list".to_owned()),
        published: None,
    }
}

pub(super) fn read(bytes: &[u8], options: &Options) -> Result<Snapshot, ImportError> {
    let mut out = Collector::new(FORMAT, head(), options);
    decode::remark(bytes, &mut out);
    out.source_mut().published = options.source.published;
    date_from_name(&mut out, options);
    let text = decode(bytes);
    if text.trim_start().starts_with(['{', '[']) {
        bound(bytes, FORMAT)?;
        read_json(&text, &mut out)?;
    } else {
        read_csv(&text, &mut out)?;
    }
    out.finish()
}

fn read_csv(text: &str, out: &mut Collector) -> Result<(), ImportError> {
    let mut table = Table::open(text, FORMAT, NEEDED)?;
    table.begin(out);
    let mut has_remarks = false;
    while let Some((line, row)) = table.next_row()? {
        if row.is_blank() {
            out.pass_over(1);
            continue;
        }
        out.begin_row();
        let owned = |column| row.get(column).to_owned();
        let list = |column| row.list(column).into_iter().map(str::to_owned).collect();
        // `Digital Currency Address - XBT, 1abc…; Passport, 123, Iran`
        let addresses = [row.get("ids"), row.get("remarks")];
        let addresses = addresses.into_iter().flat_map(ofac_address::in_remark).map(owned_field);
        has_remarks |= !row.get("remarks").is_empty();
        let record = Record {
            id: [row.get("_id"), row.get("id")]
                .into_iter()
                .find(|id| !id.is_empty())
                .unwrap_or_default()
                .to_owned(),
            source: owned("source"),
            number: owned("entity_number"),
            kind: owned("type"),
            programs: list("programs"),
            name: owned("name"),
            aliases: list("alt_names"),
            start: owned("start_date"),
            page: [row.get("source_information_url"), row.get("source_list_url")]
                .into_iter()
                .find(|url| !url.is_empty())
                .unwrap_or_default()
                .to_owned(),
            addresses: addresses.collect(),
        };
        record.take(&format!("line {line}"), out)?;
    }
    if has_remarks {
        out.unread(REMARKS);
    }
    table.end(out);
    Ok(())
}

fn read_json(text: &str, out: &mut Collector) -> Result<(), ImportError> {
    let Unrepeated(root) = serde_json::from_str(text).map_err(|error| syntax(FORMAT, &error))?;
    let Some(records) = root.as_array().or_else(|| root.get("results")?.as_array()) else {
        let missing = "it has no list `results`".to_owned();
        return Err(ImportError::Unusable { format: FORMAT, missing });
    };
    // A page of a search is no list: whom it lacks would be on it no longer.
    if let Some(total) = root.get("total").filter(|total| !total.is_null()) {
        let stated = total.as_u64().or_else(|| total.as_str()?.trim().parse().ok());
        if stated.is_none_or(|stated| stated > records.len() as u64) {
            let missing = format!(
                "it says that it has {} records, and {} are there: fetch the whole list, not a page of it",
                text::shorten(&total.to_string()),
                records.len()
            );
            return Err(ImportError::Unusable { format: FORMAT, missing });
        }
    }
    for (position, record) in records.iter().enumerate() {
        out.begin_row();
        let place = format!("entry {}", position + 1);
        match record.as_object() {
            Some(object) => from_json(object, &place, out).take(&place, out)?,
            None => out.refuse(place, "this is no object; left out"),
        }
    }
    Ok(())
}

fn owned_field(field: Field<'_>) -> (Option<String>, String) {
    (field.asset.map(str::to_owned), field.text.to_owned())
}

/// The addresses in what stands under `ids`: objects, texts, or one text as the table has them. What is none is named.
fn ids(value: &Value, place: &str, out: &mut Collector) -> Vec<(Option<String>, String)> {
    let found: Vec<(Option<String>, String)> = match value {
        Value::Null => return Vec::new(),
        Value::Array(items) => return items.iter().flat_map(|item| ids(item, place, out)).collect(),
        Value::String(text) => ofac_address::in_remark(text).map(owned_field).collect(),
        Value::Object(id) => {
            let text =
                |keys: &[&str]| keys.iter().find_map(|key| id.get(*key).and_then(one)).unwrap_or_default();
            let number = text(&["number", "value", "id_number"]);
            match ofac_address::asset_of(&text(&["type", "id_type"])) {
                Some("") => vec![owned_field(ofac_address::field(&number))],
                Some(asset) => vec![(Some(asset.to_owned()), number)],
                None => ofac_address::fields(&number).into_iter().map(owned_field).collect(),
            }
        }
        Value::Bool(_) | Value::Number(_) => Vec::new(),
    };
    if found.is_empty() {
        out.unread("ids (other than addresses)");
        let mut said = Vec::new();
        json_list::words(value, &mut said);
        out.takes_for_words("", place, said.iter().map(AsRef::as_ref));
    }
    found
}

fn one(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn from_json(object: &Map<String, Value>, place: &str, out: &mut Collector) -> Record {
    object.keys().filter(|key| !READ.contains(&key.as_str())).for_each(|key| out.unread(key));
    let text = |key: &str| object.get(key).and_then(one).unwrap_or_default();
    let list = |key: &str| match object.get(key) {
        Some(Value::Array(items)) => items.iter().filter_map(one).collect(),
        Some(Value::String(all)) => all.split(';').map(|part| part.trim().to_owned()).collect(),
        _ => Vec::new(),
    };
    let mut addresses = object.get("ids").map(|value| ids(value, place, out)).unwrap_or_default();
    let remarks = text("remarks");
    addresses.extend(ofac_address::in_remark(&remarks).map(owned_field));
    if !remarks.is_empty() {
        out.unread(REMARKS);
    }
    let first =
        |keys: [&str; 2]| keys.map(text).into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    Record {
        id: first(["id", "_id"]),
        source: text("source"),
        number: text("entity_number"),
        kind: text("type"),
        programs: list("programs"),
        name: text("name"),
        aliases: list("alt_names"),
        start: text("start_date"),
        page: first(["source_information_url", "source_list_url"]),
        addresses,
    }
}

impl Record {
    /// `SDN-900001`: the lists number their parties each for itself.
    fn party_id(&self) -> String {
        let list =
            self.source.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(list, _)| list);
        match (list.map(str::trim), self.number.is_empty()) {
            (Some(list), false) => format!("{list}-{}", self.number),
            (None, false) => self.number.clone(),
            (_, true) => self.id.clone(),
        }
    }

    fn take(mut self, place: &str, out: &mut Collector) -> Result<(), ImportError> {
        let id = self.party_id();
        self.programs.retain(|program| !program.is_empty());
        let names = std::iter::once(&self.name).chain(&self.aliases);
        let names = tidy_names(names.map(|full| PartyName { full: full.clone(), weak: false }));
        let Some(first) = names.first().filter(|_| !id.is_empty()) else {
            out.refuse_nameless(place, "a record without a number or a name; left out");
            return Ok(());
        };
        let listed_on = month_first(&self.start);
        let of_treasury = self.source.contains("Treasury") || self.source.contains("SDN");
        let category = if of_treasury { Category::Sanction } else { out.unsaid_category() };
        for (asset, text) in &self.addresses {
            let said = |asset: Option<String>| Said {
                statement: Statement {
                    label: first.full.clone(),
                    category,
                    party_id: Some(id.clone()),
                    party_listed_on: listed_on,
                    programs: self.programs.clone(),
                    asset: asset.and_then(|asset| text::clean(&asset)),
                    actor: None,
                    reference: text::clean(&self.page),
                },
                confidence: Confidence::AUTHORITY,
                valid_from: None,
                valid_to: None,
            };
            ofac_address::take(&Field { asset: asset.as_deref(), text }, place, out, said)?;
        }
        let kind = match self.kind.to_ascii_lowercase().as_str() {
            "individual" => PartyKind::Individual,
            "entity" => PartyKind::Entity,
            "vessel" => PartyKind::Vessel,
            "aircraft" => PartyKind::Aircraft,
            _ => PartyKind::Unknown,
        };
        if self.programs.is_empty() {
            self.programs.extend(text::clean(&self.source));
        }
        let source = out.source().id.clone();
        out.party(Party {
            source,
            id,
            kind,
            names,
            programs: self.programs,
            listed_on,
            particulars: Particulars::default(),
        })
    }
}
