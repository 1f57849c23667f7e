//! The one place where rows become claims, so that every format obeys the same rules.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
};

use jiff::civil::Date;
use tracehound_model::{
    Category, Confidence, Party, Pasted, SourceKind, Statement, Subject,
    claim::{PartyKind, PartyName},
};

use super::{
    Account, Claims, Defaults, Format, Options, Snapshot, SourceHead, Warning, claims::Seen, ofac_address,
    table::address_in, text,
};
use crate::{ImportError, Scope};

/// Most warnings kept of one list.
const MAX_WARNINGS: usize = 1_000;
/// Most claims taken from one list; the largest known has a million.
const MAX_CLAIMS: usize = 2_000_000;
/// Most parties taken from one list; the largest official one has 19,000.
pub(super) const MAX_PARTIES: usize = 200_000;
/// Most names taken from one list; the largest official one has 60,000.
pub(super) const MAX_NAMES: usize = 1_000_000;
/// Most bytes of subjects, statements and names kept of one list.
const MAX_TEXT: usize = 1 << 30;
/// Most columns or keys named as not read.
const MAX_UNREAD: usize = 200;
/// Longest text kept as an opaque identifier, in bytes.
const MAX_OPAQUE: usize = 200;

/// Gathers what a list says.
pub(super) struct Collector {
    format: Format,
    source: SourceHead,
    defaults: Defaults,
    claims: Claims,
    /// Where each claim stands: a list that repeats a row says it once.
    seen: Seen,
    parties: Vec<Party>,
    /// Where each party stands, by its number.
    numbers: HashMap<String, usize>,
    /// How often a party was said.
    said: usize,
    names: usize,
    text: usize,
    account: Account,
    /// The row being read, until the next one begins.
    row: Option<Row>,
    unread: BTreeSet<String>,
    partial: Option<String>,
    list: Option<&'static str>,
    repeated: u64,
    warnings: Vec<Warning>,
    more_warnings: u64,
}

/// What has become of a row so far.
#[derive(Clone, Copy, Default)]
struct Row {
    taken: bool,
    refused: bool,
}

/// The parts of a row besides its subject.
#[derive(Clone)]
pub(super) struct Said {
    pub(super) statement: Statement,
    pub(super) confidence: Confidence,
    pub(super) valid_from: Option<Date>,
    pub(super) valid_to: Option<Date>,
}

impl Collector {
    pub(super) fn new(format: Format, head: SourceHead, options: &Options) -> Self {
        let own_day = head.published;
        let mut source = options.source.apply(head);
        // A publisher's own form tells its day itself; a day given is held against it once it is read.
        if format.scope() == Scope::List {
            source.published = own_day;
        }
        Self {
            format,
            source,
            defaults: options.defaults,
            claims: Claims::default(),
            seen: Seen::default(),
            parties: Vec::new(),
            numbers: HashMap::new(),
            said: 0,
            names: 0,
            text: 0,
            account: Account { unit: format.unit(), ..Account::default() },
            row: None,
            unread: BTreeSet::new(),
            partial: None,
            list: None,
            repeated: 0,
            warnings: Vec::new(),
            more_warnings: 0,
        }
    }

    pub(super) fn source(&self) -> &SourceHead {
        &self.source
    }

    /// The category of whom the list says none of: what it does say is never changed.
    pub(super) fn unsaid_category(&self) -> Category {
        self.defaults.category.unwrap_or(Category::Unknown)
    }

    /// Whether nothing has been taken yet.
    pub(super) fn is_empty(&self) -> bool {
        self.claims.is_empty() && self.parties.is_empty()
    }

    pub(super) fn source_mut(&mut self) -> &mut SourceHead {
        &mut self.source
    }

    /// Begins a row. It counts as read once something of it is taken, else as refused where something of it was refused,
    /// else as passed over.
    pub(super) fn begin_row(&mut self) {
        self.close_row();
        self.row = Some(Row::default());
        self.account.total += 1;
    }

    fn close_row(&mut self) {
        match self.row.take() {
            Some(Row { taken: true, .. }) => self.account.read += 1,
            Some(Row { refused: true, .. }) => self.account.refused += 1,
            Some(Row { .. }) => self.account.passed_over += 1,
            None => {}
        }
    }

    /// Whether nothing of the row was taken, and something of it refused.
    pub(super) fn row_is_refused(&self) -> bool {
        self.row.as_ref().is_some_and(|row| row.refused && !row.taken)
    }

    /// Counts rows in which nothing can stand: headers, comments, blank lines.
    pub(super) fn pass_over(&mut self, rows: u64) {
        self.close_row();
        self.account.total += rows;
        self.account.passed_over += rows;
    }

    /// The row adds to a party that is taken later.
    pub(super) fn row_is_read(&mut self) {
        if let Some(row) = &mut self.row {
            row.taken = true;
        }
    }

    /// A column or key that is not read.
    pub(super) fn unread(&mut self, name: &str) {
        if self.unread.len() < MAX_UNREAD
            && let Some(name) = text::clean(&text::shorten(name))
        {
            self.unread.insert(name);
        }
    }

    /// This cannot be the whole list.
    pub(super) fn partial(&mut self, why: impl Into<String>) {
        self.partial.get_or_insert_with(|| why.into());
    }

    /// What it says of itself makes it this official list.
    pub(super) fn is_list(&mut self, id: &'static str) {
        self.list = Some(id);
    }

    pub(super) fn warn(&mut self, place: impl Into<String>, message: impl Into<String>) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(Warning { place: place.into(), message: message.into() });
        } else {
            self.more_warnings += 1;
        }
    }

    /// Leaves something out, and says so.
    pub(super) fn refuse(&mut self, place: impl Into<String>, message: impl Into<String>) {
        self.account.left_out += 1;
        if let Some(row) = &mut self.row {
            row.refused = true;
        }
        self.warn(place, message);
    }

    /// Leaves a party out that nobody could find: it has no number or no name.
    pub(super) fn refuse_nameless(&mut self, place: impl Into<String>, message: impl Into<String>) {
        self.account.nameless += 1;
        self.refuse(place, message);
    }

    /// The subject that `written` names, or `None` when the row must be left out (which has been noted).
    pub(super) fn subject(&mut self, written: &str, place: &str) -> Option<Subject> {
        let written = written.trim();
        let pasted = Pasted::read(written);
        if let Ok(Pasted { address, taken_off: Some(left_out) }) = &pasted {
            self.warn(place, format!("read as `{address}`, {left_out}"));
        }
        match pasted.map(|pasted| pasted.address) {
            Ok(address) if address.is_null_like() => {
                let message = format!(
                    "{address} is an address nobody owns; every mint or burn touches it, so it is left out"
                );
                self.refuse(place, message);
                None
            }
            Ok(address) => Some(Subject::Address(address)),
            // To keep it as it stands would clear whoever is named in it.
            Err(_) if !ofac_address::addresses(written).is_empty() => {
                let what = match ofac_address::addresses(written).len() {
                    1 => "is an address with other words: give them a cell of their own",
                    _ => "is more than one address: give each a row of its own",
                };
                let message = format!("`{}` {what}; left out", text::shorten(written));
                self.refuse(place, message);
                None
            }
            Err(error) if self.source.kind == SourceKind::Sanctions && is_opaque(written) => {
                self.warn(place, format!("{error}; kept as plain text because a sanctions list names it"));
                Some(Subject::Opaque(written.to_owned()))
            }
            Err(error) => {
                self.refuse(place, format!("{error}; left out"));
                None
            }
        }
    }

    fn unusable(&self, missing: String) -> ImportError {
        ImportError::Unusable { format: self.format, missing }
    }

    fn keep_text(&mut self, bytes: usize) -> Result<(), ImportError> {
        self.text += bytes;
        if self.text <= MAX_TEXT {
            return Ok(());
        }
        Err(self.unusable(format!(
            "its texts have more than {MAX_TEXT} bytes, the most that is kept of one list"
        )))
    }

    /// Takes a claim. Of rows that say the same of the same subject the surest stays, with its earliest first day.
    pub(super) fn claim(&mut self, subject: &Subject, said: Said) -> Result<(), ImportError> {
        if self.claims.len() >= MAX_CLAIMS {
            return Err(self.unusable(format!(
                "it has more than {MAX_CLAIMS} claims, the most that is read of one list"
            )));
        }
        let Said { statement, confidence, valid_from, valid_to } = said;
        self.row_is_read();
        let before = self.claims.bytes();
        let said = (confidence, valid_from, valid_to);
        if !self.claims.say(&mut self.seen, subject, &statement, said) {
            self.repeated += 1;
            return Ok(());
        }
        self.keep_text(self.claims.bytes() - before)
    }

    /// Reads `written` as an address and takes the claim about it.
    pub(super) fn claim_about(&mut self, written: &str, place: &str, said: Said) -> Result<(), ImportError> {
        let Some(subject) = self.subject(written, place) else { return Ok(()) };
        let Statement { label, asset, actor, reference, .. } = &said.statement;
        let words = [Some(label), asset.as_ref(), actor.as_ref(), reference.as_ref()];
        if self.takes_for_words(written, place, words.into_iter().flatten().map(String::as_str)) {
            return Ok(());
        }
        self.claim(&subject, said)
    }

    /// Whether one of the texts of a row about `written`, where words belong, is another address: as words it would be on no
    /// list, so that the row is refused. One beside other words is left out of a row that counts: nothing tells whether the list
    /// means it too.
    pub(super) fn takes_for_words<'w>(
        &mut self,
        written: &str,
        place: &str,
        texts: impl IntoIterator<Item = &'w str>,
    ) -> bool {
        for text in texts {
            let mut others = ofac_address::addresses(text);
            if !others.is_empty() {
                let own = address_in(written);
                others.retain(|other| own.is_none() || address_in(other) != own);
            }
            let Some(other) = others.first().map(|other| text::shorten(other)) else { continue };
            if ofac_address::is_all_addresses(text) {
                self.refuse(
                    place,
                    format!(
                        "`{other}` is an address and stands where a word about another one belongs: give it a row of its \
                         own, or take it out; left out"
                    ),
                );
                return true;
            }
            self.refuse(
                place,
                format!(
                    "`{other}` stands among the words about another address, where no address is looked for: nobody finds it by \
                     this list; give it a row of its own, or take it out; left out"
                ),
            );
        }
        false
    }

    /// Leaves out, and says so, what a row about the addresses `own` has of other addresses in cells that are not read: each with
    /// the name of its column or key. On no list, nobody would find them.
    pub(super) fn leaves_unread<'w>(
        &mut self,
        own: &[Cow<'_, str>],
        place: &str,
        cells: impl IntoIterator<Item = (&'w str, &'w str)>,
    ) {
        let own: Vec<_> = own.iter().flat_map(|own| ofac_address::addresses(own)).map(address_in).collect();
        for (name, text) in cells {
            let others = ofac_address::among_few_words(text);
            let Some(other) = others.into_iter().find(|other| !own.contains(&address_in(other))) else {
                continue;
            };
            let (other, name) = (text::shorten(other), text::shorten(name));
            let stands = if name.is_empty() { "a cell".to_owned() } else { format!("`{name}`") };
            self.refuse(
                place,
                format!(
                    "`{other}` is another address and stands in {stands}, which is not read: give it a row of its own, or \
                     take the column out; left out"
                ),
            );
        }
    }

    /// Whether cells of a row about `written` of which nothing says what they are hold another address among other words, as in
    /// a statement of SQL with several rows: which of them is meant is not told, so that the row is refused.
    pub(super) fn leaves_out<'w>(
        &mut self,
        written: &str,
        place: &str,
        texts: impl IntoIterator<Item = &'w str>,
    ) -> bool {
        let own = address_in(written);
        let among_words = |text: &&str| !ofac_address::is_all_addresses(text);
        let other = texts.into_iter().filter(among_words).find_map(|text| {
            let mut others = ofac_address::addresses(text).into_iter();
            others.find(|other| own.is_none() || address_in(other) != own).map(text::shorten)
        });
        let Some(other) = other else { return false };
        self.refuse(
            place,
            format!("`{other}` stands beside another address in one row without a header that tells them apart: give each a row of \
                     its own; left out"),
        );
        true
    }

    /// Takes a party. Two under one number are one with the names of both, for a number names one party in the store.
    pub(super) fn party(&mut self, mut party: Party) -> Result<(), ImportError> {
        let number = text::shorten(&party.id);
        party.names.retain(|name| {
            let is_name = !ofac_address::is_all_addresses(&name.full);
            if !is_name {
                let address = text::shorten(&name.full);
                let message = format!(
                    "`{address}` is an address and stands where a name belongs: give it a claim of its own"
                );
                self.refuse(format!("party {number}"), message);
            }
            is_name
        });
        if party.names.is_empty() {
            return Ok(());
        }
        self.names += party.names.len();
        self.said += 1;
        if self.said > MAX_PARTIES {
            return Err(self.unusable(format!(
                "it has more than {MAX_PARTIES} parties, the most that is read of one list"
            )));
        }
        if self.names > MAX_NAMES {
            return Err(self
                .unusable(format!("it has more than {MAX_NAMES} names, the most that is read of one list")));
        }
        self.keep_text(party.names.iter().map(|name| name.full.len()).sum())?;
        self.row_is_read();
        if let Some(&place) = self.numbers.get(&party.id) {
            let known = &mut self.parties[place];
            if *known == party {
                self.repeated += 1;
                return Ok(());
            }
            let first = known.names.first().map_or_else(String::new, |name| text::shorten(&name.full));
            let second = party.names.first().map_or_else(String::new, |name| text::shorten(&name.full));
            let message = format!(
                "`{first}` and `{second}` stand under one number: taken as one, with all their names"
            );
            join(known, party);
            self.warn(format!("party {number}"), message);
            return Ok(());
        }
        self.numbers.insert(party.id.clone(), self.parties.len());
        self.parties.push(party);
        Ok(())
    }

    /// The snapshot; an error when the list says nothing at all.
    pub(super) fn finish(mut self) -> Result<Snapshot, ImportError> {
        self.close_row();
        if self.claims.is_empty() && self.parties.is_empty() {
            let why = self.warnings.first().map_or_else(String::new, |warning| {
                format!(" (first complaint, at {}: {})", warning.place, warning.message)
            });
            let id = &self.source.id;
            return Err(self.unusable(format!(
                "it names no address and no party{why}; an empty list would end every claim of `{id}`"
            )));
        }
        if self.repeated > 0 {
            self.warnings.push(Warning {
                place: "the whole list".to_owned(),
                message: format!("{} rows repeat an earlier one word for word and count once", self.repeated),
            });
        }
        if self.more_warnings > 0 {
            self.warnings.push(Warning {
                place: "the whole list".to_owned(),
                message: format!("{} more warnings are not shown", self.more_warnings),
            });
        }
        Ok(Snapshot {
            source: self.source,
            // Nothing tells whom a row names that is not read.
            scope: if self.account.left_out > 0 { Scope::Extract } else { self.format.scope() },
            claims: self.claims,
            parties: self.parties,
            format: self.format,
            account: self.account,
            unread: self.unread.into_iter().collect(),
            partial: self.partial,
            list: self.list,
            warnings: self.warnings,
        })
    }
}

/// Adds what a second party of the same number says to the first.
fn join(known: &mut Party, more: Party) {
    known.names = tidy_names(std::mem::take(&mut known.names).into_iter().chain(more.names));
    if known.kind != more.kind {
        known.kind = PartyKind::Unknown;
    }
    for program in more.programs {
        if !known.programs.contains(&program) {
            known.programs.push(program);
        }
    }
    known.listed_on = known.listed_on.into_iter().chain(more.listed_on).min();
    known.particulars.add(&more.particulars);
}

fn is_opaque(written: &str) -> bool {
    !written.is_empty() && written.len() <= MAX_OPAQUE && !written.chars().any(char::is_control)
}

/// Names in order, the first one primary: no repeats, none empty. A name that stands both as weak and as good is good.
pub(super) fn tidy_names(names: impl IntoIterator<Item = PartyName>) -> Vec<PartyName> {
    let mut tidy: Vec<PartyName> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for name in names {
        let Some(full) = text::clean(&name.full) else { continue };
        if let Some(&place) = places.get(&full) {
            tidy[place].weak &= name.weak;
        } else {
            places.insert(full.clone(), tidy.len());
            tidy.push(PartyName { full, weak: name.weak });
        }
    }
    tidy
}
