//! Which column of a table, or which key of an object, means what.

use std::collections::HashSet;

use tracehound_model::{Category, Confidence, SourceId, SourceKind, Statement};

use super::{
    Format, Options, SourceHead,
    collect::{Collector, Said},
    concepts, text,
};
use crate::ImportError;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// The column or key of this name, letter case aside.
    Name(String),
    /// The column at this place, from 0; for tables without a header.
    Place(usize),
    /// The same value for every row.
    Constant(String),
}

/// Which column means what. What is `None` is guessed from names that published tables use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// The address.
    pub address: Option<Column>,
    /// Who it belongs to.
    pub label: Option<Column>,
    /// The kind of actor: a category id or a TagPack concept.
    pub category: Option<Column>,
    /// The asset code.
    pub asset: Option<Column>,
    /// The day from which it holds.
    pub date: Option<Column>,
    /// A TagPack confidence id or a number from 0 to 100.
    pub confidence: Option<Column>,
    /// Where the row's statement comes from.
    pub reference: Option<Column>,
}

/// The meanings, in the order of [`Mapping`]'s fields.
#[derive(Clone, Copy)]
pub(super) enum Field {
    Address,
    Label,
    Category,
    Asset,
    Date,
    Confidence,
    Reference,
}

impl Field {
    pub(super) const ALL: [Self; 7] = [
        Self::Address,
        Self::Label,
        Self::Category,
        Self::Asset,
        Self::Date,
        Self::Confidence,
        Self::Reference,
    ];

    /// The names that published tables use, best first.
    pub(super) const fn usual_names(self) -> &'static [&'static str] {
        match self {
            Self::Address => &[
                "address",
                "banned_address",
                "wallet_address",
                "wallet",
                "addr",
                "crypto_address",
                "account",
            ],
            Self::Label => &[
                "label",
                "entity",
                "wallet_tag",
                "etherscan_tag",
                "name",
                "name_tag",
                "nametag",
                "tag",
                "owner",
                "actor",
                "comment",
                "description",
            ],
            Self::Category => &["category", "abuse", "concept", "etherscan_labels", "categories"],
            Self::Asset => &["asset", "currency", "coin", "symbol"],
            Self::Date => &["date", "first_seen", "listed_on", "added", "lastmod", "valid_from"],
            Self::Confidence => &["confidence"],
            Self::Reference => &["reference", "url", "source", "data_source", "source_url"],
        }
    }
}

impl Mapping {
    pub(super) fn column(&self, field: Field) -> Option<&Column> {
        match field {
            Field::Address => &self.address,
            Field::Label => &self.label,
            Field::Category => &self.category,
            Field::Asset => &self.asset,
            Field::Date => &self.date,
            Field::Confidence => &self.confidence,
            Field::Reference => &self.reference,
        }
        .as_ref()
    }
}

/// A table as a source: the user's own list unless the caller says otherwise.
pub(super) fn head(options: &Options) -> SourceHead {
    let slug = text::slug(&options.file_name);
    SourceHead {
        id: SourceId(format!("own-{slug}")),
        kind: SourceKind::Own,
        title: options.source.title.clone().unwrap_or_else(|| format!("list {slug}")),
        publisher: "unnamed".to_owned(),
        url: None,
        published: None,
    }
}

/// Turns rows into claims; remembers which odd words it has complained about.
pub(super) struct RowTaker {
    complained: HashSet<String>,
}

impl RowTaker {
    pub(super) fn new() -> Self {
        Self { complained: HashSet::new() }
    }

    /// Takes one row. `get` gives the text of a field, `None` when the row has none.
    pub(super) fn take<'t>(
        &mut self,
        out: &mut Collector,
        place: &str,
        get: impl Fn(Field) -> Option<&'t str>,
    ) -> Result<(), ImportError> {
        let get = |field| get(field).map(str::trim).filter(|text| !text.is_empty());
        let Some(address) = get(Field::Address) else {
            out.refuse(place, "there is no address; left out");
            return Ok(());
        };
        let category = get(Field::Category).map_or(Category::Unknown, |words| {
            concepts::weightiest(words.split([',', ';', '|'])).unwrap_or_else(|| {
                self.complain(out, place, words, "is no category known here; taken as unknown");
                Category::Unknown
            })
        });
        // Nothing said: "unknown" for other people's lists; one's own list is one's own word.
        let default = if out.source().kind == SourceKind::Labels { Confidence(5) } else { Confidence(50) };
        let confidence = get(Field::Confidence).map_or(default, |word| {
            confidence(word).unwrap_or_else(|| {
                self.complain(
                    out,
                    place,
                    word,
                    "is no confidence (a TagPack id or 0 to 100); taken as unknown",
                );
                Confidence(5)
            })
        });
        let valid_from = get(Field::Date).and_then(|word| {
            let date = text::date(word);
            if date.is_none() {
                self.complain(out, place, word, "is no full date; left out");
            }
            date
        });
        let statement = Statement {
            label: get(Field::Label).and_then(text::clean).unwrap_or_else(|| out.source().title.clone()),
            category,
            party_id: None,
            party_listed_on: None,
            programs: Vec::new(),
            asset: get(Field::Asset).and_then(text::clean),
            actor: None,
            reference: get(Field::Reference).and_then(text::clean),
        };
        out.claim_about(address, place, Said { statement, confidence, valid_from, valid_to: None })
    }

    fn complain(&mut self, out: &mut Collector, place: &str, word: &str, what: &str) {
        let word = text::shorten(word);
        if self.complained.len() < 100 && self.complained.insert(word.clone()) {
            out.warn(place, format!("`{word}` {what} (said once)"));
        }
    }
}

/// A TagPack confidence id, or a number from 0 to 100.
pub(super) fn confidence(word: &str) -> Option<Confidence> {
    let number = || word.parse::<u8>().ok().filter(|level| *level <= 100).map(Confidence);
    Confidence::from_tagpack(word).or_else(number)
}

/// The complaint that a column asked for is not there.
pub(super) fn no_column<'n>(column: &str, found: impl IntoIterator<Item = &'n str>) -> ImportError {
    let found: Vec<String> = found.into_iter().take(30).map(text::shorten).collect();
    ImportError::Column { column: text::shorten(column), found: found.join(", ") }
}

/// The complaint that no column holds addresses.
pub(super) fn no_address_column(format: Format) -> ImportError {
    ImportError::Unusable {
        format,
        missing: "no column or key is known to hold addresses: say which one does".to_owned(),
    }
}
