//! `GraphSense` ActorPacks: names of services and groups that tags refer to. They carry no addresses.

use serde::Deserialize;
use tracehound_model::{
    Party, SourceId, SourceKind,
    claim::{PartyKind, PartyName},
};

use super::{
    Format, Options, Snapshot, SourceHead,
    collect::{Collector, tidy_names},
    tagpack::{Scalar, Texts, yaml_error},
    text,
};
use crate::ImportError;

const FORMAT: Format = Format::ActorPack;

#[derive(Deserialize)]
struct Pack {
    title: Scalar,
    creator: Scalar,
    #[serde(default)]
    lastmod: Scalar,
    actors: Vec<Actor>,
}

#[derive(Deserialize)]
struct Actor {
    #[serde(default)]
    id: Scalar,
    #[serde(default)]
    label: Scalar,
    #[serde(default)]
    categories: Texts,
    #[serde(default)]
    aliases: Texts,
    #[serde(default)]
    lastmod: Scalar,
}

pub(super) fn read(bytes: &[u8], options: &Options) -> Result<Snapshot, ImportError> {
    let pack: Pack = serde_norway::from_slice(bytes).map_err(|error| yaml_error(FORMAT, &error))?;
    let day = |scalar: &Scalar| scalar.0.as_deref().and_then(text::date);
    // Actors may be newer than the header says.
    let newest = pack.actors.iter().filter_map(|actor| day(&actor.lastmod)).chain(day(&pack.lastmod)).max();
    let named = |scalar: Scalar| scalar.0.unwrap_or_else(|| "unnamed".to_owned());
    let head = SourceHead {
        id: SourceId(format!("actorpack-{}", text::slug(&options.file_name))),
        kind: SourceKind::Labels,
        title: named(pack.title),
        publisher: named(pack.creator),
        url: None,
        published: newest,
    };
    let mut out = Collector::new(FORMAT, options.source.apply(head));
    let source = out.source().id.clone();
    for (position, actor) in pack.actors.into_iter().enumerate() {
        let place = format!("actor {}", position + 1);
        let (Some(id), Some(label)) = (actor.id.0, actor.label.0) else {
            out.refuse(place, "an actor without id or label; left out");
            continue;
        };
        let is_user = actor.categories.0.iter().any(|category| category == "user");
        let names = std::iter::once(label).chain(actor.aliases.0).map(|full| PartyName { full, weak: false });
        out.party(Party {
            source: source.clone(),
            id,
            kind: if is_user { PartyKind::Individual } else { PartyKind::Entity },
            names: tidy_names(names),
            programs: Vec::new(),
            listed_on: None,
        });
    }
    out.finish()
}
