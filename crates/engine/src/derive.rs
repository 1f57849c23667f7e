//! Labels derived from what somebody holds: movements, or logs of contracts. Hints with their rule and their inputs, in the form of
//! a label file, so that anybody who has the inputs derives the same.

mod creations;
mod freezes;
mod hot_wallets;
mod known;
mod lines;
mod logs;
mod movements;
mod pools;

use std::{
    collections::{BTreeMap, HashMap},
    io::{self, Read, Write},
};

use jiff::civil::Date;
use tracehound_analysis::{
    deposits::{Deposit, deposits, held_for_fees},
    imitations::{Imitation, imitations},
    roles::{Role, Shown},
};
use tracehound_labels::{Label, Nature, Predicate, Provenance, file, identity};
use tracehound_model::{Address, Amount, Chain, Subject, caip::Caip2, label::HINT};
use tracehound_transfers::{AccountNum, AssetNum};

use crate::{
    EngineError, Workspace,
    labels::{Input, RefusedRow},
};

use known::{Known, Service};
use movements::Movements;

pub(crate) use movements::Hashed;

pub use tracehound_analysis::deposits::Seen;

/// Refused rows that an answer lists; all are counted.
const LISTED: usize = 1_000;
/// What sources of what was derived begin with.
const SOURCE: &str = "derived";
/// The version of the rules: raised when one of them says something else of the same input.
const RULES: u32 = 3;

/// What labels are derived from, and as of when.
pub struct Question<'q> {
    /// The movements or logs.
    pub input: Box<dyn Read + 'q>,
    /// What they are called in messages.
    pub name: String,
    /// The chain of all of them.
    pub chain: &'q Caip2,
    /// A label file of wallets that the user knows, beside the packs in force; a row without a predicate is of whoever controls it.
    pub wallets: Option<Input<'q>>,
    /// The day whose labels count as known.
    pub day: Date,
}

/// Labels that were derived, and what they rest on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    /// The labels, by address.
    pub labels: Vec<Label>,
    /// The version that each of them has: rule, inputs and day.
    pub version: String,
    /// How many more there are of a weaker grade than was asked for.
    pub weaker: u64,
    /// How often a grade of the rule says what the labels at hand say, where they say anything: each address is judged
    /// without what is known of itself. `None` for what is no guess.
    pub checked: Option<BTreeMap<&'static str, Checked>>,
    /// How many movements or logs were read.
    pub read: u64,
    /// How many of them count for nothing, since they are of a token that is not known as an asset: anybody can write its logs.
    pub left_out: u64,
    /// How many wallets of exchanges are among the accounts, where the rule asks for them.
    pub wallets: Option<u64>,
    /// How many groups of addresses look alike, where the rule asks for them.
    pub alike: Option<u64>,
    /// How many contracts wrote logs, where the rule asks for them.
    pub emitters: Option<u64>,
    /// How many families of contracts there are, where the rule asks for them.
    pub families: Option<u64>,
    /// Rows that are none: nothing is derived from them.
    pub refused: u64,
    /// The first of them.
    pub refused_rows: Vec<RefusedRow>,
    /// What makes that no answer to rest on.
    pub gaps: Vec<String>,
}

/// What a rule says of addresses that have a label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// It says the same.
    pub right: u64,
    /// It says another thing, or one of an address of which the labels say another kind of thing.
    pub wrong: u64,
}

impl Checked {
    fn count(&mut self, is_right: bool) {
        if is_right { self.right += 1 } else { self.wrong += 1 }
    }
}

/// Rows that were not taken: the first of them, and how many.
#[derive(Clone, Debug, Default)]
struct Rejected {
    count: u64,
    rows: Vec<RefusedRow>,
}

impl Rejected {
    fn add(&mut self, file: &str, line: u64, row: String, reason: String) {
        self.count += 1;
        if self.rows.len() < LISTED {
            self.rows.push(RefusedRow { file: file.to_owned(), line, row, reason });
        }
    }

    fn join(mut self, other: Self) -> Self {
        self.count += other.count;
        self.rows.extend(other.rows);
        self.rows.truncate(LISTED);
        self
    }
}

impl Derived {
    /// Writes the labels as a label file: CSV, or JSON lines.
    ///
    /// # Errors
    /// What is written to does not take it.
    pub fn write(&self, as_json: bool, out: &mut dyn Write) -> io::Result<()> {
        let labels = self.labels.iter().cloned();
        if as_json { file::write_json(out, labels) } else { file::write_csv(out, labels) }
    }

    /// `checked` is by the last word of a label's source; each label quotes it, unless the rule guesses nothing.
    fn new(
        mut labels: Vec<Label>,
        checked: Option<BTreeMap<&'static str, Checked>>,
        version: String,
        read: u64,
        refused: Rejected,
        known: Option<&Known<'_>>,
    ) -> Result<Self, EngineError> {
        let (refused, mut gaps) = match known {
            None => (refused, Vec::new()),
            Some(known) => (refused.join(known.refused.clone()), known.gaps()?),
        };
        if refused.count > 0 {
            gaps.push(format!("{} rows could not be read, and nothing is derived from them", refused.count));
        }
        if let Some(checked) = &checked {
            for label in &mut labels {
                let grade = label.provenance.source.rsplit('/').next().unwrap_or_default();
                let quoted = match checked.get(grade) {
                    None => "; precision not known".to_owned(),
                    Some(Checked { right, wrong }) => {
                        format!("; labels say the same of {right} of {} like it here", right + wrong)
                    }
                };
                label.label.push_str(&quoted);
            }
        }
        labels.sort();
        Ok(Self {
            labels,
            version,
            weaker: 0,
            checked,
            read,
            left_out: 0,
            wallets: None,
            alike: None,
            emitters: None,
            families: None,
            refused: refused.count,
            refused_rows: refused.rows,
            gaps,
        })
    }
}

impl Workspace {
    /// Deposit addresses among the payers of movements: a table or JSON lines with `from`, `to`, `asset`, `amount` (base units),
    /// `block` and `tx`, in the order of the chain. Wallets of exchanges are those that the packs in force or the user's file name
    /// on that day, undisputed and by more than a hint. Labelled is what is of the `weakest` grade or better. An address that they
    /// say anything of is left to them.
    ///
    /// # Errors
    /// An input that breaks off, lacks a column, holds too much or is not in order, or a pack in force that cannot be read.
    pub fn derive_deposits(&self, question: Question<'_>, weakest: Seen) -> Result<Derived, EngineError> {
        let Question { input, name, chain, wallets, day } = question;
        let movements = Movements::read(input, &name, chain)?;
        let known = Known::of(self, wallets, chain, day)?;
        let counted = movements.in_money(&known);
        let Movements { transfers, subjects, assets, refused, sha256 } = movements;
        let coin = assets.get(&None).copied();
        let for_fees = |asset: AssetNum| {
            Chain::from_caip2(chain).filter(|_| coin == Some(asset)).map_or(Amount::ZERO, held_for_fees)
        };
        let wallets: HashMap<AccountNum, Service> = (0..)
            .zip(&subjects)
            .filter_map(|(number, subject)| Some((AccountNum(number), known.exchange(subject)?)))
            .collect();
        let found = deposits(&counted, |account| wallets.get(&account).cloned(), for_fees);
        let provenance = provenance("deposits", &sha256, Some(&known), day);
        let (mut labels, mut weaker, mut checked) = (Vec::new(), 0, BTreeMap::<_, Checked>::new());
        for deposit in found {
            let subject = &subjects[deposit.account.0 as usize];
            if matches!(subject, Subject::Address(address) if address.is_null_like()) {
                continue;
            }
            let told = known.told(subject);
            if told.is_empty() {
                if deposit.seen <= weakest {
                    labels.push(deposit_label(&deposit, chain, subject, &provenance));
                } else {
                    weaker += 1;
                }
                continue;
            }
            let is_same = |label: &Label| {
                label.entity.as_deref().is_some_and(|entity| identity(entity) == deposit.service.identity)
            };
            checked.entry(grade(deposit.seen)).or_default().count(told.iter().any(is_same));
        }
        let mut derived = Derived::new(
            labels,
            Some(checked),
            provenance.version,
            transfers.len() as u64,
            refused,
            Some(&known),
        )?;
        if wallets.is_empty() {
            let none = "no wallet of an exchange is among the accounts: give a label file of them (--wallets), or apply a \
                        pack that names them, see docs/LABELS.md";
            derived.gaps.push(none.to_owned());
        }
        let left_out = (transfers.len() - counted.len()) as u64;
        Ok(Derived { weaker, left_out, wallets: Some(wallets.len() as u64), ..derived })
    }

    /// Addresses among the parties of movements that are made to look like another one: the same form of input, movements of
    /// nothing included. What people pay with is the chain's own coin, and the tokens that are known as assets. An address that
    /// the packs or the user's file say anything of is left to them, and counted as one where the rule is wrong.
    ///
    /// # Errors
    /// As of [`derive_deposits`](Self::derive_deposits).
    pub fn derive_imitations(&self, question: Question<'_>) -> Result<Derived, EngineError> {
        let Question { input, name, chain, wallets, day } = question;
        let movements = Movements::read(input, &name, chain)?;
        let known = Known::of(self, wallets, chain, day)?;
        let is_money = movements.money(&known);
        let Movements { transfers, subjects, refused, sha256, .. } = movements;
        let digits = |account: AccountNum| digits(subjects.get(account.0 as usize)?);
        let is_evm = |subject: &Subject| matches!(subject, Subject::Address(Address::Evm(_)));
        let base = if subjects.iter().any(is_evm) { 16 } else { 58 };
        let found = imitations(&transfers, base, digits, |asset| is_money.contains(&asset));
        let provenance = provenance("imitations", &sha256, Some(&known), day);
        let (mut labels, mut checked) = (BTreeMap::new(), BTreeMap::<_, Checked>::new());
        for imitation in found.imitations {
            let subject = &subjects[imitation.account.0 as usize];
            if known.told(subject).is_empty() {
                labels
                    .entry(imitation.account)
                    .or_insert_with(|| imitation_label(&imitation, chain, &subjects, &provenance));
            } else {
                checked.entry("imitations").or_default().count(false);
            }
        }
        let labels = labels.into_values().collect();
        let derived = Derived::new(
            labels,
            Some(checked),
            provenance.version,
            transfers.len() as u64,
            refused,
            Some(&known),
        )?;
        Ok(Derived { alike: Some(found.groups.len() as u64), ..derived })
    }

    /// Roles of contracts by the events that they write: JSON lines, each a log as nodes give them, or a receipt with `logs`.
    /// Contracts that the packs or the user's file say anything of are left to them.
    ///
    /// # Errors
    /// An input that breaks off or holds too much, or a pack in force that cannot be read.
    pub fn derive_roles(&self, question: Question<'_>) -> Result<Derived, EngineError> {
        let Question { input, name, chain, wallets, day } = question;
        let logs::Logs { roles, read, refused, sha256 } = logs::Logs::read(input, &name, chain)?;
        let known = Known::of(self, wallets, chain, day)?;
        let provenance = provenance("roles", &sha256, Some(&known), day);
        let (mut labels, mut checked, mut emitters) = (Vec::new(), BTreeMap::<_, Checked>::new(), 0);
        for (subject, roles) in roles.found() {
            emitters += 1;
            let told = known.told_here(&subject);
            for (role, shown) in &roles {
                if told.is_empty() {
                    labels.push(role_label(*role, shown, chain, &subject, &provenance));
                } else {
                    checked.entry(role.id()).or_default().count(
                        told.iter().any(|label| role.is_said(&label.concept, label.nature == Nature::Asset)),
                    );
                }
            }
        }
        let derived = Derived::new(labels, Some(checked), provenance.version, read, refused, Some(&known))?;
        Ok(Derived { emitters: Some(emitters), ..derived })
    }
}

/// Where a derived label is from: the rule, and all that is needed to derive it again.
fn provenance(rule: &str, sha256: &str, known: Option<&Known<'_>>, day: Date) -> Provenance {
    let beside = known.map_or_else(String::new, |known| format!(", {}", known.digest));
    Provenance {
        source: format!("{SOURCE}/{rule}"),
        version: format!("rule {RULES}, input sha256:{sha256}{beside}/{day}"),
        licence: "own data".to_owned(),
    }
}

/// The digits of an address that tell it from others: behind what all of its chain begin with.
fn digits(subject: &Subject) -> Option<Vec<u8>> {
    let Subject::Address(address) = subject else { return None };
    // Nobody has the null address: who looks like it imitates nobody.
    if address.is_null_like() {
        return None;
    }
    match address {
        Address::Evm(bytes) => Some(hex::encode(bytes).into_bytes()),
        Address::Tron(_) => Some(address.to_string().into_bytes().split_off(1)),
        Address::Bitcoin(_) | Address::Foreign(_) => None,
    }
}

/// A hint about an address that names nobody.
fn hint(chain: &Caip2, subject: &Subject, provenance: &Provenance, label: String, concept: &str) -> Label {
    Label {
        chain: chain.clone(),
        subject: subject.clone(),
        label,
        entity: None,
        concept: concept.to_owned(),
        predicate: Predicate::Controls,
        nature: Nature::Entity,
        provenance: provenance.clone(),
        confidence: HINT,
        valid_from: None,
        valid_to: None,
    }
}

fn imitation_label(
    imitation: &Imitation,
    chain: &Caip2,
    subjects: &[Subject],
    provenance: &Provenance,
) -> Label {
    let Imitation { account, of, misleads, first, last, one_in } = *imitation;
    let text = |account: AccountNum| match &subjects[account.0 as usize] {
        Subject::Address(address) => address.to_string(),
        Subject::Opaque(text) => text.clone(),
        Subject::Tx { txid, .. } => txid.to_string(),
    };
    let (of, misleads) = (text(of), text(misleads));
    let label = format!(
        "imitates {of} towards {misleads}: first {first} and last {last} digits, by chance once in {one_in}"
    );
    hint(chain, &subjects[account.0 as usize], provenance, label, "address_poisoning")
}

/// What a grade of the rule is called.
const fn grade(seen: Seen) -> &'static str {
    match seen {
        Seen::PassedOn => "passed-on",
        Seen::PaidOnly => "paid-only",
    }
}

fn deposit_label(
    deposit: &Deposit<Service>,
    chain: &Caip2,
    subject: &Subject,
    provenance: &Provenance,
) -> Label {
    let Deposit { service, seen, payments, receipts, .. } = deposit;
    let how = match seen {
        Seen::PassedOn => {
            format!("receipts: {receipts}, nearly all of them passed on in payments: {payments}")
        }
        Seen::PaidOnly => format!("payments: {payments}, none to anybody else"),
    };
    let source = format!("{}/{}", provenance.source, grade(*seen));
    let provenance = Provenance { source, ..provenance.clone() };
    let label = format!("{} deposit address: {how}", service.name);
    Label {
        entity: Some(service.name.clone()),
        predicate: Predicate::DepositAddressOf,
        ..hint(chain, subject, &provenance, label, "exchange")
    }
}

fn role_label(role: Role, shown: &Shown, chain: &Caip2, subject: &Subject, provenance: &Provenance) -> Label {
    let (what, concept, nature) = match role {
        Role::Token => ("token", "defi_token", Nature::Asset),
        Role::DexPool => ("pool of a decentralised exchange", "defi_dex", Nature::Entity),
        Role::Bridge => ("bridge", "defi_bridge", Nature::Entity),
        Role::Lending => ("lending pool", "defi_lending", Nature::Entity),
        Role::Account => ("account that is a contract", "smart_contract", Nature::Entity),
    };
    let name = shown.signature.split('(').next().unwrap_or_default();
    // A package's `@` would look like somebody's handle.
    let (package, logs) = (shown.package.trim_start_matches('@'), shown.logs);
    let label = format!("{what}, by its logs: {name} of {package}, logs: {logs}");
    let source = format!("{}/{}", provenance.source, role.id());
    let provenance = Provenance { source, ..provenance.clone() };
    Label { predicate: Predicate::ContractOf, nature, ..hint(chain, subject, &provenance, label, concept) }
}
