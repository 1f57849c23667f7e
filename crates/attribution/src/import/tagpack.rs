//! `GraphSense` TagPacks (<https://github.com/graphsense/graphsense-tagpack-tool>).
//!
//! Header fields hold for every tag; a tag's own field overrides. `abuse`, `category` and `concepts` give one category,
//! the gravest. `is_cluster_definer` is not used: a tag is taken as a claim about its one address, and which addresses
//! belong together is for the cluster analysis to say, with its own error bars.

use std::fmt;

use jiff::civil::Date;
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use tracehound_model::{Category, Chain, Confidence, SourceId, SourceKind, Statement, Subject, TxId};

use super::{
    Format, Options, Snapshot, SourceHead,
    collect::{Collector, Said},
    concepts, mapping, text,
};
use crate::ImportError;

const FORMAT: Format = Format::TagPack;

/// A header, of which a tag may override every part.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Fields {
    label: Scalar,
    source: Scalar,
    currency: Scalar,
    network: Scalar,
    confidence: Scalar,
    lastmod: Scalar,
    category: Scalar,
    abuse: Scalar,
    concepts: Texts,
    actor: Scalar,
    address: Scalar,
    tx_hash: Scalar,
    title: Scalar,
    creator: Scalar,
    tags: Tags,
}

/// The tags; a tag itself has none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
struct Tags(Option<Vec<Fields>>);

pub(super) fn read(bytes: &[u8], options: &Options) -> Result<Snapshot, ImportError> {
    let mut pack: Fields = serde_norway::from_slice(bytes).map_err(|error| yaml_error(FORMAT, &error))?;
    let lacks = |what: &str| ImportError::Unusable { format: FORMAT, missing: format!("it has no {what}") };
    let tags = pack.tags.0.take().ok_or_else(|| lacks("`tags`"))?;
    let title = pack.title.0.clone().ok_or_else(|| lacks("`title`"))?;
    let publisher = pack.creator.0.clone().ok_or_else(|| lacks("`creator`"))?;
    let day = |fields: &Fields| fields.lastmod.0.as_deref().and_then(text::date);
    let head = SourceHead {
        id: SourceId(format!("tagpack-{}", text::slug(&options.file_name))),
        kind: SourceKind::Labels,
        title,
        publisher,
        url: None,
        published: day(&pack).or_else(|| tags.iter().filter_map(day).max()),
    };
    let mut out = Collector::new(FORMAT, options.source.apply(head));
    for (position, tag) in tags.iter().enumerate() {
        take(tag, &pack, &format!("tag {}", position + 1), &mut out)?;
    }
    out.finish()
}

fn take(tag: &Fields, pack: &Fields, place: &str, out: &mut Collector) -> Result<(), ImportError> {
    let of = |field: fn(&Fields) -> &Scalar| field(tag).0.as_deref().or(field(pack).0.as_deref());
    let Some(label) = of(|fields| &fields.label).and_then(text::clean) else {
        out.refuse(place, "neither the tag nor the header has a label; left out");
        return Ok(());
    };
    let words = concept_words(tag, pack);
    let category = concepts::weightiest(words.iter().copied()).unwrap_or(Category::Unknown);
    let confidence = match of(|fields| &fields.confidence) {
        None => Confidence(5),
        Some(id) => mapping::confidence(id).unwrap_or_else(|| {
            out.warn(place, format!("`{}` is no TagPack confidence; taken as unknown", text::shorten(id)));
            Confidence(5)
        }),
    };
    let statement = Statement {
        label,
        category,
        party_id: None,
        party_listed_on: None,
        programs: Vec::new(),
        asset: of(|fields| &fields.currency).and_then(text::clean),
        actor: of(|fields| &fields.actor).and_then(text::clean),
        reference: of(|fields| &fields.source).and_then(text::clean),
    };
    // The header's date is that of the pack; only a tag's own says something about the tag.
    let valid_from = tag.lastmod.0.as_deref().and_then(text::date).filter(|day| not_later(*day, out));
    let said = Said { statement, confidence, valid_from, valid_to: None };
    match (tag.address.0.as_deref(), tag.tx_hash.0.as_deref()) {
        (Some(address), _) => out.claim_about(address, place, said),
        (None, Some(hash)) => {
            match transaction(hash, of(|fields| &fields.network), said.statement.asset.as_deref()) {
                Ok(subject) => out.claim(subject, said),
                Err(why) => {
                    out.refuse(place, why);
                    Ok(())
                }
            }
        }
        (None, None) => {
            out.refuse(place, "neither an address nor a tx_hash; left out");
            Ok(())
        }
    }
}

/// A tag cannot hold only from a day after its pack's.
fn not_later(day: Date, out: &Collector) -> bool {
    out.source().published.is_none_or(|published| day <= published)
}

/// The words about the kind of actor; each of the three fields is inherited on its own.
fn concept_words<'f>(tag: &'f Fields, pack: &'f Fields) -> Vec<&'f str> {
    let inherited = |own: &'f Scalar, header: &'f Scalar| own.0.as_deref().or(header.0.as_deref());
    let concepts = if tag.concepts.0.is_empty() { &pack.concepts } else { &tag.concepts };
    inherited(&tag.abuse, &pack.abuse)
        .into_iter()
        .chain(inherited(&tag.category, &pack.category))
        .chain(concepts.0.iter().map(String::as_str))
        .collect()
}

fn transaction(hash: &str, network: Option<&str>, currency: Option<&str>) -> Result<Subject, String> {
    let name = network.or(currency).ok_or("a tx_hash without a network or currency; left out")?;
    let chain: Chain = name.parse().map_err(|error| format!("{error}; the tag is left out"))?;
    let digits = hash.trim();
    let txid: TxId = digits
        .strip_prefix("0x")
        .unwrap_or(digits)
        .parse()
        .map_err(|error| format!("{error}; the tag is left out"))?;
    Ok(Subject::Tx { chain, txid })
}

/// A YAML error with its place.
pub(super) fn yaml_error(format: Format, error: &serde_norway::Error) -> ImportError {
    let place = error.location().map_or_else(
        || "an unknown line".to_owned(),
        |at| format!("line {} column {}", at.line(), at.column()),
    );
    ImportError::Syntax { format, place, message: error.to_string() }
}

/// A YAML scalar of any type as text; null and what is no scalar is nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Scalar(pub(super) Option<String>);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar(Some(text.trim().to_owned()).filter(|text| !text.is_empty())))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar(Some(value.to_string())))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar(Some(value.to_string())))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Scalar, E> {
        Ok(Scalar(Some(value.to_string())))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Scalar, E> {
        Ok(Scalar(Some(value.to_string())))
    }

    fn visit_unit<E: Error>(self) -> Result<Scalar, E> {
        Ok(Scalar(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Scalar, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Scalar, A::Error> {
        while items.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar(None))
    }
}

/// A list of scalars, or one scalar alone.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = Option::<Vec<Scalar>>::deserialize(deserializer)?;
        Ok(Self(items.unwrap_or_default().into_iter().filter_map(|item| item.0).collect()))
    }
}
