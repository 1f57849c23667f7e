//! `GraphSense` TagPacks (<https://github.com/graphsense/graphsense-tagpack-tool>).
//!
//! Header fields hold for every tag; a tag's own field overrides. `abuse`, `category` and `concepts` give one category,
//! the weightiest. `is_cluster_definer` is not used: a tag is taken as a claim about its one address, and which addresses
//! belong together is for the cluster analysis to say, with its own error bars.

use std::borrow::Cow;

use jiff::civil::Date;
use tracehound_model::{Chain, Confidence, SourceId, SourceKind, Statement, Subject, TxId};

use super::{
    Format, Options, Snapshot, SourceHead,
    collect::{Collector, Said},
    mapping::{self, RowTaker},
    text,
    yaml::{self, Node},
};
use crate::ImportError;

const FORMAT: Format = Format::TagPack;
/// The fields that are read of a tag and, where it lacks them, of the pack.
const SHARED: &[&str] = &[
    "label",
    "source",
    "currency",
    "network",
    "confidence",
    "lastmod",
    "category",
    "abuse",
    "concepts",
    "actor",
    "<<",
];
/// The fields of them that tell the kind of actor, in one word or several.
const KINDS: &[&str] = &["abuse", "category", "concepts"];
/// The fields that are read of a tag only.
const TAG: &[&str] = &["address", "tx_hash"];
/// The fields that are read of a pack only, at its top or in its header.
const PACK: &[&str] = &["title", "creator", "tags"];

/// A pack: its top level, and the header that may stand apart from it.
struct Pack<'n> {
    top: &'n Node,
    header: Option<&'n Node>,
}

impl<'n> Pack<'n> {
    fn get(&self, field: &str) -> Option<&'n Node> {
        said(self.top, field).or_else(|| said(self.header?, field))
    }

    fn text(&self, field: &str) -> Option<&'n str> {
        self.get(field).and_then(Node::text)
    }
}

/// A field that says something.
fn said<'n>(node: &'n Node, field: &str) -> Option<&'n Node> {
    node.get(field).filter(|value| value.is_nested() || value.text().is_some())
}

pub(super) fn read(bytes: &[u8], options: &Options) -> Result<Snapshot, ImportError> {
    let root = yaml::load(bytes, FORMAT, options.beside.as_deref())?;
    let pack = Pack { top: &root, header: root.get("header") };
    let lacks = |what: &str| ImportError::Unusable { format: FORMAT, missing: format!("it has no {what}") };
    // Of two that differ one would be lost.
    let stands_twice = |field: &&&str| {
        let both = said(&root, field).zip(pack.header.and_then(|header| said(header, field)));
        both.is_some_and(|(top, header)| top.is_nested() || top.text() != header.text())
    };
    if let Some(field) = PACK.iter().chain(SHARED).filter(|field| **field != "<<").find(stands_twice) {
        return Err(ImportError::Unusable {
            format: FORMAT,
            missing: format!(
                "it has `{field}` in its header and outside of it: one of the two would be lost unsaid"
            ),
        });
    }
    if matches!(*root, Node::List(_)) || (said(&root, "title").is_none() && pack.get("tags").is_none()) {
        return Err(ImportError::KnownButUnread {
            what: "a list in YAML that is no TagPack",
            instead: "of YAML, packs with `title`, `creator` and `tags` are read alone: save the list as JSON, with an object an \
                      entry",
        });
    }
    let Some(Node::List(tags)) = pack.get("tags") else { return Err(lacks("`tags`")) };
    let title = pack.text("title").ok_or_else(|| lacks("`title`"))?;
    let publisher = pack.text("creator").ok_or_else(|| lacks("`creator`"))?;
    let day = |node: &Node| node.get("lastmod").and_then(Node::text).and_then(text::date);
    let head = SourceHead {
        id: SourceId(format!("tagpack-{}", text::slug(&options.file_name))),
        kind: SourceKind::Labels,
        title: title.to_owned(),
        publisher: publisher.to_owned(),
        url: None,
        published: pack
            .text("lastmod")
            .and_then(text::date)
            .or_else(|| tags.iter().filter_map(|tag| day(tag)).max()),
    };
    let mut out = Collector::new(FORMAT, head, options);
    let top = |key: &str| key == "header" || SHARED.contains(&key) || PACK.contains(&key);
    name_unread(&root, "", top, &mut out);
    match pack.header {
        None | Some(Node::Scalar(None)) => {}
        Some(header @ Node::Map(_)) => {
            let is_read = |key: &str| key != "header" && top(key);
            name_unread(header, "header.", is_read, &mut out);
        }
        Some(Node::List(_) | Node::Scalar(Some(_))) => out.unread("header"),
    }
    let mut taker = RowTaker::new(options);
    for (position, tag) in tags.iter().enumerate() {
        out.begin_row();
        name_unread(tag, "", |key| SHARED.contains(&key) || TAG.contains(&key), &mut out);
        take(tag, &pack, &format!("tag {}", position + 1), options, &mut taker, &mut out)?;
    }
    out.finish()
}

/// Names the fields of a map that are not read, and those that hold more than the text that is read of them.
fn name_unread(node: &Node, before: &str, is_read: impl Fn(&str) -> bool, out: &mut Collector) {
    let nests = ["header", "tags", "<<"].iter().chain(KINDS);
    for key in node.keys() {
        if !is_read(key) {
            out.unread(&format!("{before}{key}"));
        } else if !nests.clone().any(|nests| *nests == key) && node.get(key).is_some_and(Node::is_nested) {
            out.unread(&format!("{before}{key} (what is nested in it)"));
        }
    }
}

fn take(
    tag: &Node,
    pack: &Pack<'_>,
    place: &str,
    options: &Options,
    taker: &mut RowTaker,
    out: &mut Collector,
) -> Result<(), ImportError> {
    let own = |field: &str| tag.get(field).and_then(Node::text);
    let of = |field: &str| own(field).or_else(|| pack.text(field));
    let Some(label) = of("label").and_then(text::clean) else {
        out.refuse(place, "neither the tag nor the header has a label; left out");
        return Ok(());
    };
    let address = own("address");
    let Some(about) = address.or_else(|| own("tx_hash")) else {
        out.refuse(place, "neither an address nor a tx_hash; left out");
        return Ok(());
    };
    // Each of the three fields is inherited on its own.
    let inherited = |field: &&str| said(tag, field).or_else(|| pack.get(field)).map(Node::words);
    let words: Vec<Cow<'_, str>> = KINDS.iter().filter_map(inherited).flatten().collect();
    let all = words.iter().map(AsRef::as_ref).chain(of("lastmod")).chain(of("confidence"));
    if out.takes_for_words(about, place, all) {
        return Ok(());
    }
    let category = taker.category(out, place, words.iter().map(AsRef::as_ref));
    let confidence = match of("confidence") {
        None => options.defaults.confidence.unwrap_or(Confidence(5)),
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
        asset: of("currency").and_then(text::clean),
        actor: of("actor").and_then(text::clean),
        reference: of("source").and_then(text::clean),
    };
    // The header's date is that of the pack; only a tag's own says something about the tag.
    let valid_from = own("lastmod").and_then(text::date).filter(|day| not_later(*day, out));
    let said = Said { statement, confidence, valid_from, valid_to: None };
    if address.is_some() {
        return out.claim_about(about, place, said);
    }
    match transaction(about, of("network"), said.statement.asset.as_deref()) {
        Ok(subject) => out.claim(&subject, said),
        Err(why) => {
            out.refuse(place, why);
            Ok(())
        }
    }
}

/// A tag cannot hold only from a day after its pack's.
fn not_later(day: Date, out: &Collector) -> bool {
    out.source().published.is_none_or(|published| day <= published)
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
