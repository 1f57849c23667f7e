//! JSON lists: texts or objects in an array or one a line, or an object from address to label or object, or from label to
//! addresses; in objects that say something of all that is in them too.

use std::{borrow::Cow, collections::HashSet};

use serde_json::{Map, Value};

use super::{
    Format, Options, Snapshot,
    collect::Collector,
    contrary,
    decode::{self, decode},
    mapping::{self, Column, Field, Mapping, RowTaker, normal},
    ofac_json::date_from_name,
    paged,
    table::{address_in, is_address_cell},
    text,
    unrepeated::Unrepeated,
};
use crate::ImportError;

const FORMAT: Format = Format::Json;
/// Most values, counted by the marks that come before one.
const MAX_VALUES: usize = 12_000_000;
/// Keys of an array that say nothing about what is in it.
const PLAIN_KEYS: &[&str] = &[
    "result",
    "results",
    "data",
    "items",
    "list",
    "entries",
    "rows",
    "records",
    "accounts",
    "addresses",
    "wallets",
    "blacklist",
    "tags",
    "labels",
    "groups",
    "clusters",
    "actors",
    "combined",
];
/// Keys under which the addresses of one chain or asset stand.
pub(super) const CHAIN_KEYS: &[&str] = &[
    "bitcoin",
    "btc",
    "xbt",
    "ethereum",
    "eth",
    "evm",
    "erc20",
    "tron",
    "trx",
    "trc20",
    "bsc",
    "bnb",
    "polygon",
    "matic",
    "arbitrum",
    "arb",
    "optimism",
    "base",
    "avalanche",
    "avax",
    "solana",
    "sol",
    "litecoin",
    "ltc",
    "monero",
    "xmr",
    "ripple",
    "xrp",
    "dogecoin",
    "doge",
    "dash",
    "zcash",
    "zec",
    "bitcoin_cash",
    "bch",
    "usdt",
    "usdc",
    "ton",
    "near",
    "cosmos",
    "atom",
    "cardano",
    "ada",
    "stellar",
    "xlm",
    "etc",
];
/// Deepest object in which entries are looked for.
const MAX_DEPTH: usize = 8;

/// Whether what stands under a key says of itself who it is about: not the key, as it would under `victims`.
fn is_plain(key: &str) -> bool {
    let key = normal(key);
    let is_address =
        Field::Address.usual_names().iter().any(|name| key == *name || key == format!("{name}es"));
    PLAIN_KEYS.contains(&key.as_str()) || CHAIN_KEYS.contains(&key.as_str()) || is_address
}

/// What stands above an entry and holds for it too.
#[derive(Clone, Debug, Default)]
struct Above<'v> {
    label: Option<Cow<'v, str>>,
    /// Words for the kind of actor.
    kinds: Vec<Cow<'v, str>>,
}

impl<'v> Above<'v> {
    fn labelled(label: Option<&'v str>) -> Self {
        Self { label: label.map(Cow::Borrowed), kinds: Vec::new() }
    }

    /// What stands under a key below it: a host's name says more than what the whole is called.
    fn below(&self, key: &'v str) -> Self {
        let own = !is_plain(key) && (self.label.is_none() || is_domain(key));
        let label = if own { Some(Cow::Borrowed(key)) } else { self.label.clone() };
        Self { label, kinds: self.kinds.clone() }
    }
}

/// Whether a value is several texts.
fn is_several(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.len() > 1 && items.iter().all(Value::is_string))
}

/// Whether a value names hosts and no address.
fn is_domains(value: &Value) -> bool {
    let names = || value.as_array().into_iter().flatten();
    names().any(|name| name.as_str().is_some_and(is_domain)) && !holds_address(value)
}

/// Whether an address stands anywhere in a value. O(values).
fn holds_address(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            is_address_cell(text) || text.split(|c: char| !c.is_ascii_alphanumeric()).any(is_address_cell)
        }
        Value::Array(items) => items.iter().any(holds_address),
        Value::Object(object) => {
            object.iter().any(|(key, value)| is_address_cell(key) || holds_address(value))
        }
        _ => false,
    }
}

/// The texts in a value, however deep: a document's depth is bounded.
fn texts_of<'v>(value: &'v Value, texts: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts_of(item, texts)),
        Value::Object(object) => {
            for (key, value) in object {
                texts.push(key);
                texts_of(value, texts);
            }
        }
        _ => {}
    }
}

/// Refuses a page of an answer: what it says of itself is more than what stands in it, or that more follows. An object without a
/// list, of labels with their addresses alone, says nothing of itself.
fn whole(object: &Map<String, Value>) -> Result<(), ImportError> {
    let is_read = |value: &Value| {
        value.is_array() || value.as_object().is_some_and(|inner| inner.values().all(Value::is_array))
    };
    // How many stand within what holds addresses in another form is counted where that is opened; what is said beside it counts here.
    let beside = || {
        let words = object.iter().filter(|(_, value)| !holds_address(value));
        let words = words.map(|(key, value)| (key.clone(), value.clone())).collect();
        paged::whole(&words, u64::MAX, FORMAT)
    };
    if object.values().any(|value| !is_read(value) && holds_address(value)) {
        return beside();
    }
    let lists = object.iter().filter_map(|(key, value)| {
        let items = value.as_array()?;
        let is_list = PLAIN_KEYS.contains(&normal(key).as_str()) || items.iter().any(holds_address);
        is_list.then_some(items.len() as u64)
    });
    lists.reduce(|all, items| all + items).map_or_else(beside, |there| paged::whole(object, there, FORMAT))
}

/// Whether an entry among others is a word about the list: it has neither an address nor a name.
fn is_about_the_list(entry: &Value) -> Option<&Map<String, Value>> {
    let object = entry.as_object()?;
    let is_of = |field: Field| object.keys().any(|key| field.usual_names().contains(&normal(key).as_str()));
    (!is_of(Field::Address) && !is_of(Field::Label) && !holds_address(entry)).then_some(object)
}

/// Refuses entries among which one says that they are a page.
fn whole_entries(entries: &[Value]) -> Result<(), ImportError> {
    let about: Vec<_> = entries.iter().filter_map(is_about_the_list).collect();
    let there = (entries.len() - about.len()) as u64;
    about.into_iter().try_for_each(|object| paged::whole(object, there, FORMAT))
}

/// The complaint about addresses under a key that does not say whose they are.
fn form_not_read(key: &str) -> String {
    format!(
        "`{}` holds addresses in a form that is not read: give each an entry in a list",
        text::shorten(key)
    )
}

fn not_read(key: &str) -> ImportError {
    ImportError::Unusable { format: FORMAT, missing: form_not_read(key) }
}

/// A JSON error with its place.
pub(super) fn syntax(format: Format, error: &serde_json::Error) -> ImportError {
    ImportError::Syntax {
        format,
        place: format!("line {} column {}", error.line(), error.column()),
        message: error.to_string(),
    }
}

/// Refuses a text of more values than a list has: in memory each takes some thirty times its shortest form.
pub(super) fn bound(bytes: &[u8], format: Format) -> Result<(), ImportError> {
    let values = bytes.iter().filter(|byte| matches!(**byte, b',' | b'[' | b'{')).count();
    if values <= MAX_VALUES {
        return Ok(());
    }
    Err(ImportError::Unusable {
        format,
        missing: format!("it has more than {MAX_VALUES} values, the most that is read of one list"),
    })
}

pub(super) fn read(bytes: &[u8], options: &Options) -> Result<Snapshot, ImportError> {
    bound(bytes, FORMAT)?;
    let text = decode(bytes);
    let mut documents: Vec<Value> = serde_json::Deserializer::from_str(&text)
        .into_iter()
        .map(|document| document.map(|Unrepeated(value)| value))
        .collect::<Result<_, _>>()
        .map_err(|error| syntax(FORMAT, &error))?;
    drop(text);
    let mut out = Collector::new(FORMAT, mapping::head(options), options);
    decode::remark(bytes, &mut out);
    date_from_name(&mut out, options);
    let mut reader = Reader {
        out,
        taker: RowTaker::new(options),
        mapping: &options.mapping,
        judged: HashSet::new(),
        holds_domains: false,
    };
    if documents.len() == 1 {
        reader.document(documents.remove(0))?;
    } else {
        // One document a line.
        whole_entries(&documents)?;
        for (position, document) in documents.iter().enumerate() {
            reader.entry(document, &Above::default(), &format!("document {}", position + 1))?;
        }
    }
    if reader.out.is_empty() && reader.holds_domains {
        return Err(ImportError::KnownButUnread {
            what: "a list of domains, not of addresses",
            instead: "it cannot be screened against; keep it for vetting links",
        });
    }
    reader.out.finish()
}

struct Reader<'o> {
    out: Collector,
    taker: RowTaker,
    mapping: &'o Mapping,
    /// What has been named as not read.
    judged: HashSet<String>,
    holds_domains: bool,
}

impl Reader<'_> {
    fn document(&mut self, root: Value) -> Result<(), ImportError> {
        match root {
            Value::Array(items) => {
                whole_entries(&items)?;
                self.items(&items, &Above::default())
            }
            Value::Object(object) => self.object(&object),
            _ => Err(ImportError::Unusable {
                format: FORMAT,
                missing: "it is neither a list nor an object".to_owned(),
            }),
        }
    }

    fn object(&mut self, object: &Map<String, Value>) -> Result<(), ImportError> {
        let is_address = |key: &str| Field::Address.usual_names().contains(&normal(key).as_str());
        // Of several addresses beside others the first are one list of several.
        let holding = object.values().filter(|value| holds_address(value)).count();
        let is_list = |value: &Value| is_several(value) && holding > usize::from(holds_address(value));
        if object.iter().any(|(key, value)| is_address(key) && !is_list(value)) {
            return self.take(&Value::Object(object.clone()), None, &Above::default(), "the one entry");
        }
        if object.keys().any(|key| is_address_cell(key)) {
            return self.by_address(object, &Above::default());
        }
        whole(object)?;
        if let Some(word) = contrary_word(object, contrary::heading_says_so) {
            return Err(ImportError::Unusable { format: FORMAT, missing: contrary::complaint(&word) });
        }
        // From label to addresses, or one list beside other things.
        for (key, value) in object {
            if self.is_contrary(key, value) {
                continue;
            }
            let above = Above::labelled(Some(key.as_str()).filter(|key| !is_plain(key)));
            match value {
                Value::Array(items) if is_domains(value) => {
                    self.out.pass_over(items.len() as u64);
                    self.out.unread(key);
                    self.holds_domains = true;
                }
                Value::Array(items) => self.items(items, &above)?,
                Value::Object(inner) if inner.keys().any(|key| is_address_cell(key)) => {
                    self.by_address(inner, &above)?;
                }
                // By asset, below a label.
                Value::Object(inner) if !inner.is_empty() && inner.values().all(Value::is_array) => {
                    for (key, value) in inner {
                        let Some(items) = value.as_array().filter(|_| !self.is_contrary(key, value)) else {
                            continue;
                        };
                        self.items(items, &above.below(key))?;
                    }
                }
                Value::Object(inner) if holds_address(value) => {
                    whole(inner)?;
                    if let Some(key) = self.nested(inner, &above, MAX_DEPTH)? {
                        return Err(not_read(&key));
                    }
                }
                _ if holds_address(value) => return Err(not_read(key)),
                _ => {
                    self.out.begin_row();
                    self.out.unread(key);
                }
            }
        }
        Ok(())
    }

    /// Refuses what stands under a key that says the contrary of an entry, entry by entry; whether it does.
    fn is_contrary(&mut self, key: &str, value: &Value) -> bool {
        let is = contrary::key_says_so(key) && holds_address(value);
        if is {
            let entries = match value {
                Value::Array(items) => items.len(),
                Value::Object(inner) if inner.keys().any(|key| is_address_cell(key)) => inner.len(),
                _ => 1,
            };
            for _ in 0..entries.max(1) {
                self.out.begin_row();
                self.out.refuse(format!("key `{}`", text::shorten(key)), contrary::complaint(key));
            }
        }
        is
    }

    /// What is said of each address that is a key.
    fn by_address(&mut self, object: &Map<String, Value>, above: &Above<'_>) -> Result<(), ImportError> {
        for (address, value) in object {
            let place = format!("key `{}`", text::shorten(address));
            match value {
                // Several things are said of it, each as an object.
                Value::Array(said) if !said.is_empty() && said.iter().all(Value::is_object) => {
                    for said in said {
                        self.take(said, Some(address), above, &place)?;
                    }
                }
                _ => self.take(value, Some(address), above, &place)?,
            }
        }
        Ok(())
    }

    fn items(&mut self, items: &[Value], above: &Above<'_>) -> Result<(), ImportError> {
        self.items_within(items, above, MAX_DEPTH)
    }

    fn items_within(&mut self, items: &[Value], above: &Above<'_>, depth: usize) -> Result<(), ImportError> {
        for (position, item) in items.iter().enumerate() {
            let place = match &above.label {
                Some(label) => format!("`{}`, entry {}", text::shorten(label), position + 1),
                None => format!("entry {}", position + 1),
            };
            self.entry_within(item, above, &place, depth)?;
        }
        Ok(())
    }

    /// Takes an entry, or those that stand in it.
    fn entry(&mut self, value: &Value, above: &Above<'_>, place: &str) -> Result<(), ImportError> {
        self.entry_within(value, above, place, MAX_DEPTH)
    }

    fn entry_within(
        &mut self,
        value: &Value,
        above: &Above<'_>,
        place: &str,
        depth: usize,
    ) -> Result<(), ImportError> {
        let inside = value.as_object().filter(|object| {
            let names: Vec<String> = object.keys().map(|key| normal(key)).collect();
            let is_entry = match self.mapping.column(Field::Address) {
                Some(Column::Name(name)) => names.contains(&normal(name)),
                Some(Column::Place(_) | Column::Constant(_)) => true,
                None => mapping::usual_places(&names)[Field::Address as usize].is_some(),
            };
            let nests = |(key, value): (&String, &Value)| {
                (value.is_array() || value.is_object()) && is_plain(key) && holds_address(value)
            };
            !is_entry && object.iter().any(nests)
        });
        let Some(object) = inside else { return self.take(value, None, above, place) };
        if let Some(key) = self.nested(object, above, depth)? {
            self.out.begin_row();
            self.out.refuse(place, format!("{}; left out", form_not_read(&key)));
        }
        Ok(())
    }

    /// Takes the entries that stand in an object, which may name them and say of what kind they are. Gives the key that holds
    /// addresses in a form that is not read, if there is one.
    fn nested(
        &mut self,
        object: &Map<String, Value>,
        above: &Above<'_>,
        depth: usize,
    ) -> Result<Option<String>, ImportError> {
        let names: Vec<String> = object.keys().map(|key| normal(key)).collect();
        let usual = mapping::usual_places(&names);
        let values: Vec<&Value> = object.values().collect();
        let tells = |at: usize| !holds_address(values[at]);
        let label = usual[Field::Label as usize].filter(|at| tells(*at));
        let kinds: Vec<usize> = mapping::more_categories(self.mapping, &names, |at| Some(at) == label)
            .into_iter()
            .filter(|at| tells(*at))
            .collect();
        if let Some(word) = contrary_word(object, contrary::heading_says_so) {
            self.out.begin_row();
            self.out.refuse(format!("what says `{}`", text::shorten(&word)), contrary::complaint(&word));
            return Ok(None);
        }
        let mut own = above.clone();
        if let Some(name) = label.and_then(|at| scalar(values[at])) {
            own.label = Some(name);
        }
        for at in &kinds {
            words(values[*at], &mut own.kinds);
        }
        for (at, (key, value)) in object.iter().enumerate() {
            if !holds_address(value) {
                if label != Some(at) && !kinds.contains(&at) && self.judged.insert(key.clone()) {
                    self.out.unread(key);
                }
                continue;
            }
            match value {
                _ if !is_plain(key) || depth == 0 => return Ok(Some(key.clone())),
                Value::Array(items) => self.items_within(items, &own.below(key), depth - 1)?,
                Value::Object(inner) if inner.keys().any(|key| is_address_cell(key)) => {
                    self.by_address(inner, &own)?;
                }
                Value::Object(inner) => {
                    if let Some(key) = self.nested(inner, &own, depth - 1)? {
                        return Ok(Some(key));
                    }
                }
                _ => return Ok(Some(key.clone())),
            }
        }
        Ok(None)
    }

    /// Takes one entry: an address by itself, or what is said of the address `key`.
    fn take(
        &mut self,
        value: &Value,
        key: Option<&str>,
        above: &Above<'_>,
        place: &str,
    ) -> Result<(), ImportError> {
        let Self { out, taker, mapping, judged, holds_domains } = self;
        out.begin_row();
        let constant = |field| match mapping.column(field) {
            Some(Column::Constant(value)) => Some(Cow::Borrowed(value.as_str())),
            _ => None,
        };
        // Where the caller names the kind, that one alone counts.
        let kinds_above = || if mapping.category.is_some() { &[][..] } else { &above.kinds[..] };
        let label = above.label.as_deref();
        match (value, key) {
            (Value::Object(object), _) => {
                let names: Vec<String> = object.keys().map(|key| normal(key)).collect();
                let usual = mapping::usual_places(&names);
                let values: Vec<&Value> = object.values().collect();
                let named = |name: &str| names.iter().position(|other| *other == normal(name));
                let at = |field: Field| match mapping.column(field) {
                    Some(Column::Name(name)) => named(name),
                    Some(Column::Place(_) | Column::Constant(_)) => None,
                    None => usual[field as usize],
                };
                // To read one of two would lose what stands in the other.
                let twice = |(at, name): &(usize, &String)| names[..*at].contains(name);
                if let Some((at, _)) = names.iter().enumerate().find(twice) {
                    let key = object.keys().nth(at).map_or("", String::as_str);
                    return Err(ImportError::Unusable {
                        format: FORMAT,
                        missing: format!(
                            "in {place}, the key `{}` stands twice but for its spelling",
                            text::shorten(key)
                        ),
                    });
                }
                if let Some(word) = contrary_word(object, contrary::field_says_so) {
                    out.refuse(place, contrary::complaint(&word));
                    return Ok(());
                }
                let about =
                    key.map(Cow::Borrowed).or_else(|| at(Field::Address).and_then(|at| scalar(values[at])));
                if let Some(about) = about
                    && out.takes_for_words(&about, place, object.keys().map(String::as_str))
                {
                    return Ok(());
                }
                if let (Some(key), Some(own)) =
                    (key, at(Field::Address).and_then(|place| scalar(values[place])))
                    && address_in(&own).is_some_and(|own| address_in(key) != Some(own))
                {
                    return Err(ImportError::Unusable {
                        format: FORMAT,
                        missing: format!("{place} has another address inside: {}", text::shorten(&own)),
                    });
                }
                let is_read = |place| Field::ALL.iter().any(|field| at(*field) == Some(place));
                let more = mapping::more_categories(mapping, &names, is_read);
                for (position, name) in object.keys().enumerate() {
                    let is_kind = at(Field::Category) == Some(position) || more.contains(&position);
                    let unread = match is_kind || is_read(position) {
                        true if is_kind || !is_deep(values[position]) => continue,
                        true => Cow::Owned(format!("{name} (what is nested in it)")),
                        false => Cow::Borrowed(name.as_str()),
                    };
                    if !judged.contains(&*unread) && judged.len() < 1_000 {
                        out.unread(&unread);
                        judged.insert(unread.into_owned());
                    }
                }
                let own: Vec<Cow<'_, str>> = match at(Field::Address).map(|at| values[at]) {
                    Some(Value::Array(items)) => items.iter().filter_map(scalar).collect(),
                    Some(value) => scalar(value).into_iter().collect(),
                    None => Vec::new(),
                };
                let own: Vec<Cow<'_, str>> = key.map(Cow::Borrowed).into_iter().chain(own).collect();
                for (position, name) in object.keys().enumerate().filter(|(at, _)| !is_read(*at)) {
                    let mut texts = Vec::new();
                    texts_of(values[position], &mut texts);
                    out.leaves_unread(&own, place, texts.into_iter().map(|text| (name.as_str(), text)));
                }
                let mut kinds: Vec<Cow<'_, str>> = constant(Field::Category).into_iter().collect();
                if kinds.is_empty() {
                    let places = at(Field::Category).into_iter().chain(more.iter().copied());
                    places.for_each(|place| words(values[place], &mut kinds));
                }
                kinds.extend_from_slice(kinds_above());
                let said = |field: Field| {
                    constant(field)
                        .or_else(|| at(field).and_then(|place| scalar(values[place])))
                        .or_else(|| label.filter(|_| field == Field::Label).map(Cow::Borrowed))
                };
                let several = at(Field::Address).map(|at| values[at]).filter(|value| is_several(value));
                let Some(several) = several.and_then(Value::as_array).filter(|_| key.is_none()) else {
                    return taker.take(out, place, &kinds, |field| match (field, key) {
                        (Field::Address, Some(address)) => Some(Cow::Borrowed(address)),
                        (field, _) => said(field),
                    });
                };
                // What is said of several addresses is said of each.
                for (position, address) in several.iter().enumerate() {
                    if position > 0 {
                        out.begin_row();
                    }
                    taker.take(out, place, &kinds, |field| match field {
                        Field::Address => scalar(address),
                        field => said(field),
                    })?;
                }
                Ok(())
            }
            (Value::String(address), None) => {
                *holds_domains |= is_domain(address);
                let kinds: Vec<Cow<'_, str>> = constant(Field::Category).into_iter().collect();
                let kinds = [&kinds, kinds_above()].concat();
                taker.take(out, place, &kinds, |field| match field {
                    Field::Address => Some(Cow::Borrowed(address.as_str())),
                    Field::Label => constant(field).or(label.map(Cow::Borrowed)),
                    field => constant(field),
                })
            }
            (
                Value::Array(_) | Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_),
                Some(address),
            ) => {
                let said = match value {
                    Value::String(_) | Value::Array(_) => scalar(value),
                    _ => None,
                };
                let mut told = Vec::new();
                words(value, &mut told);
                if let Some(word) = told.iter().find(|word| contrary::says_so(word)) {
                    out.refuse(place, contrary::complaint(word));
                    return Ok(());
                }
                // Several words about an address are its labels, and may say what kind of thing it is.
                let mut kinds: Vec<Cow<'_, str>> = constant(Field::Category).into_iter().collect();
                if kinds.is_empty() && value.is_array() {
                    words(value, &mut kinds);
                }
                // Below an address as below a label: what is meant by it nobody says.
                if holds_address(value) {
                    let mut all = Vec::new();
                    words(value, &mut all);
                    if out.takes_for_words(address, place, all.iter().map(AsRef::as_ref)) {
                        return Ok(());
                    }
                }
                kinds.extend_from_slice(kinds_above());
                taker.take(out, place, &kinds, |field| match field {
                    Field::Address => Some(Cow::Borrowed(address)),
                    Field::Label => constant(field).or(said.clone()).or(label.map(Cow::Borrowed)),
                    field => constant(field),
                })
            }
            _ => {
                out.refuse(place, "neither a text nor an object; left out");
                Ok(())
            }
        }
    }
}

/// The word by which an object says of itself that it is no entry, or holds none.
fn contrary_word(object: &Map<String, Value>, says_so: fn(&str, &str) -> bool) -> Option<String> {
    let tells = |(key, value): (&String, &Value)| {
        let content = scalar(value).filter(|_| !holds_address(value))?;
        let word = if contrary::says_so(key) { key.clone() } else { content.to_string() };
        says_so(key, &content).then_some(word)
    };
    object.iter().find_map(tells)
}

/// The words of a value, those of what is nested in it too. An object is no word and stands as one that nobody knows: what
/// is in it is not read as it is meant.
pub(super) fn words<'v>(value: &'v Value, found: &mut Vec<Cow<'v, str>>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| words(item, found)),
        Value::Object(object) => {
            let keys: Vec<&str> = object.keys().take(10).map(String::as_str).collect();
            found.push(Cow::Owned(format!("{{{}}}", keys.join(" "))));
            object.values().for_each(|value| words(value, found));
        }
        scalar_value => found.extend(scalar(scalar_value)),
    }
}

/// Whether something stands in a value that is read as a text and is not in it.
fn is_deep(value: &Value) -> bool {
    match value {
        Value::Object(_) => true,
        Value::Array(items) => items.iter().any(|item| item.is_array() || item.is_object()),
        _ => false,
    }
}

/// A value as text: scalars as they are, a list of scalars with commas.
fn scalar(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(value) => Some(Cow::Owned(value.to_string())),
        Value::Array(items) => {
            let words: Vec<Cow<'_, str>> = items
                .iter()
                .filter(|item| !item.is_array() && !item.is_object())
                .filter_map(scalar)
                .collect();
            (!words.is_empty()).then(|| Cow::Owned(words.join(",")))
        }
        Value::Null | Value::Object(_) => None,
    }
}

/// Whether a text is a host's name.
fn is_domain(text: &str) -> bool {
    text.contains('.')
        && text.len() <= 253
        && !text.contains(' ')
        && text
            .rsplit('.')
            .next()
            .is_some_and(|top| top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic()))
}
