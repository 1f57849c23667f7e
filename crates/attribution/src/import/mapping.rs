//! Which column of a table, or which key of an object, means what.

use std::{borrow::Cow, collections::HashSet};

use tracehound_labels::concept;
use tracehound_model::{Category, Confidence, SourceId, SourceKind, Statement};

use super::{
    Format, Options, SourceHead,
    collect::{Collector, Said},
    text::{self, Day},
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
#[derive(Clone, Copy, PartialEq, Eq)]
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
                "crypto_address",
                "wallet",
                "addr",
                "account",
                "account_address",
                "public_key",
            ],
            Self::Label => &[
                "name_tag",
                "nametag",
                "cluster_name",
                "entity_name",
                "label",
                "entity",
                "wallet_tag",
                "etherscan_tag",
                "name",
                "tag",
                "owner",
                "actor",
                "family",
                "comment",
                "description",
            ],
            // A label beside a name says what kind of thing it is.
            Self::Category => &[
                "category",
                "categories",
                "risk_category",
                "entity_category",
                "abuse",
                "concept",
                "concepts",
                "etherscan_labels",
                "labels",
                "type",
                "entity_type",
                "risk_type",
                "threat_type",
                "label",
            ],
            Self::Asset => &["asset", "currency", "coin", "symbol"],
            Self::Date => &["date", "first_seen", "listed_on", "added", "lastmod", "valid_from"],
            Self::Confidence => &["confidence"],
            Self::Reference => &["reference", "url", "source", "data_source", "source_url"],
        }
    }
}

/// A column name or key as it is compared: letter case, spaces, `-` and a leading `#` aside.
pub(super) fn normal(name: &str) -> String {
    let name = name.trim().trim_start_matches('#').trim();
    name.chars().take(60).map(|c| if matches!(c, ' ' | '-') { '_' } else { c.to_ascii_lowercase() }).collect()
}

/// Which of `names` (as [`normal`] gives them) each field is read from: its best usual name, none twice.
pub(super) fn usual_places(names: &[String]) -> [Option<usize>; Field::ALL.len()] {
    let mut places = [None; Field::ALL.len()];
    for field in Field::ALL {
        let free = |name: &str| {
            let place = names.iter().position(|other| other == name)?;
            (!places.contains(&Some(place))).then_some(place)
        };
        places[field as usize] = field.usual_names().iter().find_map(|name| free(name));
    }
    places
}

/// The columns besides that of the category that may tell of one too: with them the weightiest word counts, wherever it
/// stands. None where the caller named the category's column.
pub(super) fn more_categories(
    mapping: &Mapping,
    names: &[String],
    is_read: impl Fn(usize) -> bool,
) -> Vec<usize> {
    let tells = |name: &str| name != "label" && Field::Category.usual_names().contains(&name);
    let places = names.iter().enumerate().filter(|(at, name)| tells(name) && !is_read(*at));
    places.map(|(at, _)| at).filter(|_| mapping.category.is_none()).collect()
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

/// Most odd words of a list that are named.
const MAX_COMPLAINTS: usize = 100;

/// Turns rows into claims; remembers which odd words it has complained about.
pub(super) struct RowTaker {
    complained: HashSet<String>,
    confidence: Option<Confidence>,
}

impl RowTaker {
    pub(super) fn new(options: &Options) -> Self {
        Self { complained: HashSet::new(), confidence: options.defaults.confidence }
    }

    /// Takes one row. `kinds` are what it says of the kind of actor; `get` gives the text of any other field, `None` when
    /// the row has none.
    pub(super) fn take<'t>(
        &mut self,
        out: &mut Collector,
        place: &str,
        kinds: &[Cow<'_, str>],
        get: impl Fn(Field) -> Option<Cow<'t, str>>,
    ) -> Result<(), ImportError> {
        let get = |field| get(field).filter(|text| !text.trim().is_empty());
        let Some(address) = get(Field::Address) else {
            out.refuse(place, "there is no address; left out");
            return Ok(());
        };
        let more = [Field::Date, Field::Confidence].map(&get);
        let words = kinds.iter().chain(more.iter().flatten()).map(AsRef::as_ref);
        if out.takes_for_words(&address, place, words) {
            return Ok(());
        }
        let category = self.category(out, place, kinds.iter().map(AsRef::as_ref));
        // Nothing said: "unknown" for other people's lists; one's own list is one's own word.
        let default = if out.source().kind == SourceKind::Labels { Confidence(5) } else { Confidence(50) };
        let default = self.confidence.unwrap_or(default);
        let confidence = get(Field::Confidence).map_or(default, |word| {
            confidence(word.trim()).unwrap_or_else(|| {
                self.complain(
                    out,
                    place,
                    &word,
                    "is no confidence (a TagPack id or 0 to 100); taken as unknown",
                );
                Confidence(5)
            })
        });
        let valid_from = get(Field::Date).and_then(|word| match text::day(&word) {
            Day::Sure(date) => Some(date),
            Day::Ambiguous => {
                self.complain(out, place, &word, "can be day first or month first; left out");
                None
            }
            Day::Unread => {
                self.complain(out, place, &word, "is no full date; left out");
                None
            }
        });
        let statement = Statement {
            label: get(Field::Label)
                .and_then(|text| text::clean(&text))
                .unwrap_or_else(|| out.source().title.clone()),
            category,
            party_id: None,
            party_listed_on: None,
            programs: Vec::new(),
            asset: get(Field::Asset).and_then(|text| text::clean(&text)),
            actor: None,
            reference: get(Field::Reference).and_then(|text| text::clean(&text)),
        };
        out.claim_about(&address, place, Said { statement, confidence, valid_from, valid_to: None })
    }

    /// The category that words tell. One that is not known is named, and never goes under in one that is harmless.
    pub(super) fn category<'w>(
        &mut self,
        out: &mut Collector,
        place: &str,
        kinds: impl IntoIterator<Item = &'w str>,
    ) -> Category {
        let told = concept::told(kinds);
        for word in told.strange {
            self.complain(out, place, word, "is no category known here; taken as unknown");
        }
        told.category.unwrap_or_else(|| out.unsaid_category())
    }

    fn complain(&mut self, out: &mut Collector, place: &str, word: &str, what: &str) {
        let word = text::shorten(word);
        if self.complained.len() > MAX_COMPLAINTS || !self.complained.insert(word.clone()) {
            return;
        }
        if self.complained.len() > MAX_COMPLAINTS {
            out.warn(place, "here and below more words are not known, which are not named");
        } else {
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
