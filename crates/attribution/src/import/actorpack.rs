//! `GraphSense` ActorPacks: names of services and groups that tags refer to. They carry no addresses.

use tracehound_model::{
    Particulars, Party, SourceId, SourceKind,
    claim::{PartyKind, PartyName},
};

use super::{
    Format, Options, Snapshot, SourceHead,
    collect::{Collector, tidy_names},
    text,
    yaml::{self, Node},
};
use crate::{ImportError, country};

const FORMAT: Format = Format::ActorPack;
/// The fields of an actor that are read.
const FIELDS: &[&str] = &["id", "label", "categories", "aliases", "lastmod", "jurisdictions", "<<"];

pub(super) fn read(bytes: &[u8], options: &Options) -> Result<Snapshot, ImportError> {
    let pack = yaml::load(bytes, FORMAT, options.beside.as_deref())?;
    let Some(Node::List(actors)) = pack.get("actors") else {
        return Err(ImportError::Unusable { format: FORMAT, missing: "it has no `actors`".to_owned() });
    };
    let text_of = |node: &Node, field: &str| node.get(field).and_then(Node::text).map(str::to_owned);
    let day = |node: &Node| text_of(node, "lastmod").as_deref().and_then(text::date);
    // Actors may be newer than the header says.
    let newest = actors.iter().filter_map(|actor| day(actor)).chain(day(&pack)).max();
    let named = |field| text_of(&pack, field).unwrap_or_else(|| "unnamed".to_owned());
    let head = SourceHead {
        id: SourceId(format!("actorpack-{}", text::slug(&options.file_name))),
        kind: SourceKind::Labels,
        title: named("title"),
        publisher: named("creator"),
        url: None,
        published: newest,
    };
    let mut out = Collector::new(FORMAT, head, options);
    let source = out.source().id.clone();
    for (position, actor) in actors.iter().enumerate() {
        out.begin_row();
        actor.keys().filter(|key| !FIELDS.contains(key)).for_each(|key| out.unread(key));
        let place = format!("actor {}", position + 1);
        let (Some(id), Some(label)) = (text_of(actor, "id"), text_of(actor, "label")) else {
            out.refuse(place, "an actor without id or label; left out");
            continue;
        };
        let texts = |field| actor.get(field).map(Node::texts).unwrap_or_default();
        let is_user = texts("categories").contains(&"user");
        let aliases = texts("aliases").into_iter().map(str::to_owned);
        let names = std::iter::once(label).chain(aliases).map(|full| PartyName { full, weak: false });
        let mut particulars = Particulars::default();
        let countries = texts("jurisdictions").into_iter().filter_map(country);
        particulars.add_countries(countries);
        out.party(Party {
            source: source.clone(),
            id,
            kind: if is_user { PartyKind::Individual } else { PartyKind::Entity },
            names: tidy_names(names),
            programs: Vec::new(),
            listed_on: None,
            particulars,
        })?;
    }
    out.finish()
}
