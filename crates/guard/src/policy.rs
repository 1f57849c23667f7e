//! The policy: whom and what this signer trusts, and what must be known before anything is allowed.

use alloy_primitives::{Address, B256, U256};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use thiserror::Error;
use tracehound_model::Chain;

use crate::{
    entries,
    facts::AccountFacts,
    finding::{CheckId, Finding, Severity},
    method::may_be_added,
    place::{Elsewhere, Listed, Standing},
    scalar::{Account, Hash, Whole},
};

pub use crate::role::Role;

/// The policy that `guard policy init` writes.
pub const DEFAULT: &str = include_str!("default-policy.toml");

/// The newest form of a policy: the role `contract` waives no signatures.
pub const VERSION: u32 = 2;

/// Findings about how things stand, not about what is signed: those alone can be acknowledged.
const ACKNOWLEDGEABLE: &[&str] = &["G-SIG-04", "G-HIST-01", "G-CFG-03", "G-CFG-06"];

/// Of them, those that are acknowledged for an address that is named.
const NAMED_ALONE: &[&str] = &["G-CFG-03", "G-CFG-06"];

/// Most entries of one list.
const MAX_ENTRIES: usize = 100_000;

/// A policy that cannot be used.
#[derive(Debug, Error)]
pub enum PolicyError {
    /// Not TOML, an unknown key, or a value of the wrong form.
    #[error("the policy cannot be read: {0}")]
    Toml(#[from] toml::de::Error),
    /// Two entries that contradict each other, or a value out of range.
    #[error("the policy contradicts itself: {0}")]
    Senseless(String),
}

/// An address on the allow-list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    /// The address.
    pub address: Account,
    /// What it is, for people.
    pub label: String,
    /// What it is trusted for.
    pub roles: Vec<Role>,
    /// Chains it is trusted on; every chain when absent.
    pub chains: Vec<u64>,
    /// Keccak-256 of the code it must have.
    pub code_hash: Option<Hash>,
}

/// An entry as a file has it: the address of any chain.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct TrustedEntry {
    address: Listed,
    label: String,
    roles: Vec<Role>,
    #[serde(default, deserialize_with = "some_chain")]
    chains: Vec<u64>,
    #[serde(default)]
    code_hash: Option<Hash>,
}

/// A counterparty in the address book: somebody money may go to; or one on the block-list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookEntry {
    /// The address.
    pub address: Account,
    /// The name.
    pub name: String,
    /// The one chain it counts on; every chain when absent.
    pub chain_id: Option<u64>,
}

impl BookEntry {
    fn is(&self, address: &Address) -> bool {
        self.address.0 == *address
    }

    /// Whether it speaks for an address on a chain. An entry tied to a chain says nothing where the chain is unknown.
    fn knows(&self, address: &Address, chain_id: Option<u64>) -> bool {
        self.is(address) && self.chain_id.is_none_or(|chain| chain_id == Some(chain))
    }

    /// Whether it speaks against an address on a chain. Where the chain is unknown, it may be this one.
    fn forbids(&self, address: &Address, chain_id: Option<u64>) -> bool {
        let here = self.chain_id.zip(chain_id).is_none_or(|(chain, here)| chain == here);
        self.is(address) && here
    }
}

/// As a file has it: the address of any chain.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Entry {
    address: Listed,
    name: String,
    /// The one chain it counts on (CAIP-2); every chain when absent.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    chain: Option<Chain>,
}

/// The most that may leave.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limit {
    /// The token; the native coin when absent.
    #[serde(default)]
    pub token: Option<Account>,
    /// Most base units in one transaction.
    #[serde(default)]
    pub per_transaction: Option<Whole>,
    /// Most base units in one day, what left before included.
    #[serde(default)]
    pub per_day: Option<Whole>,
}

/// Another person's look before signing.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DualControl {
    /// Whose reviews count: addresses that sign the text [`crate::facts::review_text`] by `personal_sign`.
    pub reviewers: Vec<Account>,
    /// How many reviews are needed.
    pub needed: usize,
}

/// A finding that the keepers of the policy know of, and have decided to live with until a day.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Acknowledged {
    /// Which check: `G-SIG-04`.
    pub finding: String,
    /// Of which Safe or account; of every one when absent.
    #[serde(default)]
    pub safe: Option<Account>,
    /// Only where it names this address.
    #[serde(default)]
    pub address: Option<Account>,
    /// Why.
    pub reason: String,
    /// Until when. It counts again afterwards, and where the time is not known.
    pub until: Timestamp,
}

/// Something without which the verdict is `incomplete`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// The Safe's owners and threshold.
    Owners,
    /// The code hash of what a delegatecall runs.
    CodeHash,
    /// Something that speaks for the recipient: the address book or a past payment.
    Recipient,
    /// Screening of every address.
    Screening,
    /// A simulation on the chain's state.
    Simulation,
}

impl Need {
    /// The word in the policy file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owners => "owners",
            Self::CodeHash => "code-hash",
            Self::Recipient => "recipient",
            Self::Screening => "screening",
            Self::Simulation => "simulation",
        }
    }
}

/// Numbers that separate harmless from harmful.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Bounds {
    /// Longest validity of a permit, in days.
    pub permit_days: u32,
    /// A spender younger than this is not trusted, in days.
    pub young_days: u32,
    /// An order that brings less than this is taken for a theft, in wei of ETH or WETH.
    pub least_price: Whole,
    /// Whether a delegatecall inside a `MultiSend` may run a contract on the allow-list.
    pub inner_delegatecall: bool,
    /// A payment this many times the largest before is an outlier.
    pub outlier_factor: u32,
    /// The most that fees and refunds of gas may take without a look, in wei.
    pub review_fee: Whole,
    /// The most that fees and refunds of gas may take at all, in wei.
    pub block_fee: Whole,
    /// How old a node's last block may be, in minutes.
    pub node_minutes: u32,
    /// The most that an exchange may lose for want of a price before a person looks, in dollars.
    pub unseen_loss: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            permit_days: 30,
            young_days: 7,
            least_price: Whole(U256::from(1_000_000_000_000_000_u64)),
            inner_delegatecall: false,
            outlier_factor: 10,
            review_fee: Whole(U256::from(100_000_000_000_000_000_u64)),
            block_fee: Whole(U256::from(5_000_000_000_000_000_000_u64)),
            node_minutes: 10,
            unseen_loss: 1_000,
        }
    }
}

/// A policy file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    name: String,
    /// 1, the form of 0.1.0, when absent.
    #[serde(default = "first")]
    version: u32,
    require: Vec<Need>,
    #[serde(default)]
    bounds: Bounds,
    #[serde(default)]
    trusted: Vec<TrustedEntry>,
    #[serde(default)]
    blocked: Vec<Entry>,
    #[serde(default)]
    book: Vec<Entry>,
    #[serde(default)]
    limit: Vec<Limit>,
    #[serde(default)]
    acknowledge: Vec<Acknowledged>,
    #[serde(default, alias = "two-person")]
    dual_control: Option<DualControl>,
    #[serde(default)]
    methods: Vec<String>,
    #[serde(default = "yes")]
    shipped: bool,
}

fn first() -> u32 {
    1
}

fn yes() -> bool {
    true
}

/// Chains on which an entry counts. Who empties the list means none, and a list that is left out means every chain.
fn some_chain<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
    let chains = Vec::<u64>::deserialize(deserializer)?;
    if chains.is_empty() || chains.contains(&0) {
        let why = "trusted on no chain: name the chains (0 is none), or leave them out for every chain";
        return Err(serde::de::Error::custom(why));
    }
    Ok(chains)
}

/// A policy in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Its form: 1, or [`VERSION`].
    pub version: u32,
    /// What must be known.
    pub require: Vec<Need>,
    /// Numbers.
    pub bounds: Bounds,
    /// The allow-list.
    pub trusted: Vec<Trusted>,
    /// The block-list.
    pub blocked: Vec<BookEntry>,
    /// The address book.
    pub book: Vec<BookEntry>,
    /// What the three lists say of addresses that are on no EVM chain.
    pub elsewhere: Elsewhere,
    /// Limits.
    pub limits: Vec<Limit>,
    /// Findings that are known and do not count.
    pub acknowledged: Vec<Acknowledged>,
    /// Dual control.
    pub dual_control: Option<DualControl>,
    /// JSON-RPC methods that the proxy passes on besides the ones it knows to read only.
    pub methods: Vec<String>,
    /// Whether the shipped entries are trusted too.
    pub shipped: bool,
    /// SHA-256 of the file, hexadecimal.
    pub hash: String,
}

impl Policy {
    /// Reads a policy. Unknown keys are errors: a misspelt rule would otherwise be no rule.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let file: File = toml::from_str(text)?;
        let senseless = |what: String| Err(PolicyError::Senseless(what));
        if !(1..=VERSION).contains(&file.version) {
            return senseless(format!("version {} is none that is known here: 1 to {VERSION}", file.version));
        }
        for (what, count) in [
            ("trusted", file.trusted.len()),
            ("blocked", file.blocked.len()),
            ("book", file.book.len()),
            ("limit", file.limit.len()),
            ("acknowledge", file.acknowledge.len()),
            ("methods", file.methods.len()),
        ] {
            if count > MAX_ENTRIES {
                return senseless(format!("{count} entries under `{what}`, more than {MAX_ENTRIES}"));
            }
        }
        if let Some(entry) = file.trusted.iter().find(|entry| entry.roles.is_empty()) {
            return senseless(format!("{} is trusted for nothing: name its roles", entry.address));
        }
        let named = file.trusted.iter().map(|entry| (&entry.address, &entry.label));
        let named =
            named.chain(file.book.iter().chain(&file.blocked).map(|entry| (&entry.address, &entry.name)));
        if let Some((address, _)) = named.into_iter().find(|(_, name)| name.trim().is_empty()) {
            return senseless(format!("{address} has an empty name: say who that is"));
        }
        let mut elsewhere = Elsewhere::default();
        let (mut trusted, mut book, mut blocked) = (Vec::new(), Vec::new(), Vec::new());
        for entry in file.trusted {
            let TrustedEntry { address: place, label, roles, mut chains, code_hash } = entry;
            let Some((address, chain)) = place.evm() else {
                if !chains.is_empty() || code_hash.is_some() {
                    return senseless(format!(
                        "{place} is on no EVM chain: it has neither `chains` nor a `code-hash`"
                    ));
                }
                elsewhere.add(Standing::Trusted, place, label);
                continue;
            };
            if let Some(chain) = chain {
                if !chains.is_empty() && chains != [chain] {
                    return senseless(format!("{place} is on chain {chain}, and its `chains` are others"));
                }
                chains = vec![chain];
            }
            trusted.push(Trusted { address, label, roles, chains, code_hash });
        }
        for (standing, entries, into) in
            [(Standing::Known, file.book, &mut book), (Standing::Blocked, file.blocked, &mut blocked)]
        {
            for Entry { address, name, chain } in entries {
                let place = address.on(chain).map_err(PolicyError::Senseless)?;
                match place.evm() {
                    Some((address, chain_id)) => into.push(BookEntry { address, name, chain_id }),
                    None => elsewhere.add(standing, place, name),
                }
            }
        }
        for entry in &blocked {
            let overlap =
                |chain: Option<u64>| entry.chain_id.zip(chain).is_none_or(|(one, other)| one == other);
            let booked = |other: &BookEntry| other.address == entry.address && overlap(other.chain_id);
            let is_trusted = trusted.iter().any(|other: &Trusted| {
                let here = other.chains.is_empty() || other.chains.iter().any(|chain| overlap(Some(*chain)));
                other.address == entry.address && here
            });
            if is_trusted || book.iter().any(booked) {
                return senseless(format!("{} is blocked and trusted", entry.address.0));
            }
        }
        if let Some(place) = elsewhere.contradiction() {
            return senseless(format!("{place} is blocked and trusted"));
        }
        if let Some(limit) =
            file.limit.iter().find(|limit| limit.per_transaction.is_none() && limit.per_day.is_none())
        {
            let asset = limit.token.map_or_else(|| "the native coin".to_owned(), |token| token.0.to_string());
            return senseless(format!("the limit for {asset} limits nothing"));
        }
        for entry in &file.acknowledge {
            if !CheckId::ALL.iter().any(|id| id.as_str() == entry.finding) {
                return senseless(format!(
                    "{:?} under `acknowledge` is the name of no finding",
                    entry.finding
                ));
            }
            if !ACKNOWLEDGEABLE.contains(&&entry.finding[..]) {
                return senseless(format!(
                    "{} is about what is signed, and cannot be acknowledged; of how things stand can be: {}",
                    entry.finding,
                    ACKNOWLEDGEABLE.join(", ")
                ));
            }
            if NAMED_ALONE.contains(&&entry.finding[..]) && entry.address.is_none() {
                return senseless(format!(
                    "{} is acknowledged for one address alone: name it by `address`",
                    entry.finding
                ));
            }
            if entry.reason.trim().is_empty() {
                return senseless(format!("{} is acknowledged without a reason", entry.finding));
            }
        }
        if let Some(why) = file.methods.iter().find_map(|name| may_be_added(name).err()) {
            return senseless(why);
        }
        if let Some(rule) = &file.dual_control {
            let distinct: std::collections::BTreeSet<_> = rule.reviewers.iter().collect();
            if rule.needed == 0 || rule.needed > distinct.len() {
                return senseless(format!(
                    "{} reviews are needed of {} different reviewers",
                    rule.needed,
                    distinct.len()
                ));
            }
        }
        Ok(Self {
            name: file.name,
            version: file.version,
            require: file.require,
            bounds: file.bounds,
            trusted,
            blocked,
            book,
            elsewhere,
            limits: file.limit,
            acknowledged: file.acknowledge,
            dual_control: file.dual_control,
            methods: file.methods,
            shipped: file.shipped,
            hash: hex::encode(Sha256::digest(text)),
        })
    }

    /// Entries of a list, on all chains.
    pub fn count(&self, list: Standing) -> usize {
        let evm = match list {
            Standing::Trusted => self.trusted.len(),
            Standing::Known => self.book.len(),
            Standing::Blocked => self.blocked.len(),
        };
        evm + self.elsewhere.entries().iter().filter(|entry| entry.standing == list).count()
    }

    /// The form of a policy file, for a generator of JSON Schemas.
    pub fn schema(generator: schemars::SchemaGenerator) -> schemars::Schema {
        generator.into_root_schema_for::<File>()
    }

    /// Whether something must be known.
    pub fn requires(&self, need: Need) -> bool {
        self.require.contains(&need)
    }

    /// The entry that trusts an address for a role on a chain. An entry tied to chains says nothing where the chain is
    /// unknown.
    pub fn trusts(&self, address: &Address, role: Role, chain_id: Option<u64>) -> Option<&Trusted> {
        self.trusted.iter().find(|entry| {
            let here = entry.chains.is_empty() || chain_id.is_some_and(|chain| entry.chains.contains(&chain));
            entry.address.0 == *address && entry.roles.contains(&role) && here
        })
    }

    /// Whether the policy, or an entry that is shipped, trusts an address for a role on a chain.
    ///
    /// `known`: what is known of the address, by which an entry is held to its code.
    pub fn vouches(
        &self,
        address: &Address,
        role: Role,
        chain_id: Option<u64>,
        known: Option<&AccountFacts>,
    ) -> bool {
        let shipped =
            || self.blocks(address, chain_id).is_none() && entries::trusts(address, role, chain_id, known);
        let there = known.and_then(|facts| facts.code_hash);
        // Other code than is known to lie there is another contract: an entry by the address alone does not mean it.
        let own = entries::find(address, chain_id).and_then(|entry| entry.code_hash);
        if there.zip(own).is_some_and(|(there, own)| there.0 != own) {
            return self
                .trusts(address, role, chain_id)
                .is_some_and(|entry| entry.code_hash.is_some() && entry.code_hash == there);
        }
        let fits = |wanted: Option<Hash>| wanted.zip(there).is_none_or(|(wanted, there)| wanted == there);
        self.trusts(address, role, chain_id).is_some_and(|entry| fits(entry.code_hash))
            || self.shipped && shipped()
    }

    /// Why, and until when, a finding does not count. Only what is for a person to look at can be acknowledged, and of that only how
    /// things stand: what must not be signed, what is not known, and what the request itself sets stay what they are.
    pub fn acknowledges(
        &self,
        finding: &Finding,
        actor: Option<Address>,
        now: Option<Timestamp>,
    ) -> Option<String> {
        let now = now.filter(|_| finding.severity == Severity::Review && finding.stands)?;
        let names = |address: Account| {
            let address = address.0.to_string();
            finding.title.contains(&address) || finding.evidence.iter().any(|line| line.contains(&address))
        };
        let entry = self.acknowledged.iter().find(|entry| {
            entry.finding == finding.id.as_str()
                && now < entry.until
                && entry.safe.is_none_or(|safe| actor == Some(safe.0))
                && entry.address.is_none_or(names)
        })?;
        Some(format!("until {}: {}", entry.until.strftime("%Y-%m-%d %H:%M UTC"), entry.reason))
    }

    /// Name of an address, if the policy knows it in any way; with the chain, where it is known on that alone.
    pub fn name_of(&self, address: &Address) -> Option<String> {
        let mut booked = self.book.iter().chain(&self.blocked);
        let booked = booked.find(|entry| entry.is(address)).map(|entry| match entry.chain_id {
            Some(chain) => format!("{} on chain {chain}", entry.name),
            None => entry.name.clone(),
        });
        let trusted = || self.trusted.iter().find(|entry| entry.address.0 == *address);
        booked.or_else(|| trusted().map(|entry| entry.label.clone()))
    }

    /// Whether an address stands in the address book, for a chain.
    pub fn books(&self, address: &Address, chain_id: Option<u64>) -> bool {
        self.book.iter().any(|entry| entry.knows(address, chain_id))
    }

    /// The entry that forbids an address on a chain.
    pub fn blocks(&self, address: &Address, chain_id: Option<u64>) -> Option<&BookEntry> {
        self.blocked.iter().find(|entry| entry.forbids(address, chain_id))
    }

    /// The code an allow-listed delegatecall target must have, by the policy.
    pub fn delegatecall_code(&self, address: &Address, chain_id: Option<u64>) -> Option<Option<B256>> {
        self.trusts(address, Role::Delegatecall, chain_id).map(|entry| entry.code_hash.map(|hash| hash.0))
    }

    /// What an older form meant by it and is no longer so, in sentences: the role `contract` waived the reading of signatures too.
    pub fn outdated(&self) -> Vec<String> {
        let entries =
            self.trusted.iter().filter(|entry| self.version < 2 && entry.roles.contains(&Role::Contract));
        let mut lines: Vec<String> =
            entries.map(|entry| format!("  {} ({})", entry.address.0, entry.label)).collect();
        if !lines.is_empty() {
            lines.insert(
                0,
                format!(
                    "The role `contract` covers calls alone: signatures for these are read since, and are for a person \
                     where they cannot be. `version = {VERSION}` in the policy says that this is known."
                ),
            );
        }
        lines
    }

    /// What the policy means, in sentences.
    pub fn explain(&self) -> Vec<String> {
        let mut lines = vec![format!("Policy {:?}.", self.name)];
        for (need, sentence) in [
            (Need::Owners, "Without the Safe's owners and threshold the verdict is incomplete."),
            (Need::CodeHash, "Without the code hash of a delegatecall's target the verdict is incomplete."),
            (
                Need::Recipient,
                "A recipient that is in no address book and was never paid before makes the verdict incomplete: to be on \
                 no list is not to be known.",
            ),
            (Need::Screening, "An address that was not screened makes the verdict incomplete."),
            (Need::Simulation, "Without a simulation the verdict is incomplete."),
        ] {
            let asked = if self.requires(need) {
                sentence.to_owned()
            } else {
                format!("Not asked for: {}.", need.as_str())
            };
            lines.push(asked);
        }
        lines.push(format!(
            "Permits may hold for {} days at most; spenders younger than {} days are not trusted.",
            self.bounds.permit_days, self.bounds.young_days
        ));
        lines.push(format!(
            "A delegatecall inside a MultiSend is {}.",
            if self.bounds.inner_delegatecall {
                "reviewed when its target is on the allow-list"
            } else {
                "blocked"
            }
        ));
        for entry in &self.trusted {
            let roles: Vec<String> =
                entry.roles.iter().map(|role| format!("{role:?}").to_lowercase()).collect();
            lines.push(format!("Trusts {} ({}) as {}.", entry.address.0, entry.label, roles.join(", ")));
        }
        let alone = |entry: &BookEntry| match entry.chain_id {
            Some(chain) => format!(", on chain {chain} alone"),
            None => String::new(),
        };
        for entry in &self.book {
            lines.push(format!("Knows {} as {}{}.", entry.address.0, entry.name, alone(entry)));
        }
        for entry in &self.blocked {
            lines.push(format!("Blocks {} ({}){}.", entry.address.0, entry.name, alone(entry)));
        }
        lines.extend(self.elsewhere.explain());
        for limit in &self.limits {
            let asset = limit.token.map_or_else(|| "the native coin".to_owned(), |token| token.0.to_string());
            for (most, span) in [(limit.per_transaction, "transaction"), (limit.per_day, "day")] {
                if let Some(most) = most {
                    lines.push(format!("At most {} base units of {asset} a {span}.", most.0));
                }
            }
        }
        lines.push(if self.shipped {
            format!(
                "Trusts the {} contracts that are shipped, each on its chain (shipped = false ends that).",
                entries::count()
            )
        } else {
            "Trusts none of the contracts that are shipped.".to_owned()
        });
        for entry in &self.acknowledged {
            let whose = entry.safe.map_or_else(String::new, |safe| format!(" for {}", safe.0));
            let named =
                entry.address.map_or_else(String::new, |named| format!(" where it names {}", named.0));
            lines.push(format!(
                "Tells {}{whose}{named} and does not count it until {}: {}.",
                entry.finding,
                entry.until.strftime("%Y-%m-%d %H:%M UTC"),
                entry.reason
            ));
        }
        match &self.dual_control {
            Some(rule) => lines.push(format!(
                "{} of {} reviewers must have signed a review.",
                rule.needed,
                rule.reviewers.len()
            )),
            None => lines.push("No dual control: no other person is asked.".to_owned()),
        }
        if !self.methods.is_empty() {
            lines.push(format!("The proxy also passes on, as reading: {}.", self.methods.join(", ")));
        }
        lines
    }
}

impl Default for Policy {
    /// The shipped policy.
    fn default() -> Self {
        Self::parse(DEFAULT).expect("a test reads the shipped policy")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";

    fn refused(text: &str) -> String {
        Policy::parse(text).expect_err("refused").to_string()
    }

    #[test]
    fn the_shipped_policy_is_valid_and_requires_what_it_says() {
        let policy = Policy::default();
        assert!(
            policy.requires(Need::Owners)
                && policy.requires(Need::CodeHash)
                && policy.requires(Need::Recipient)
        );
        assert!(policy.explain().iter().any(|line| line.contains("Permit2")));
    }

    #[test]
    fn a_misspelt_rule_is_an_error_and_not_no_rule() {
        assert!(refused("name = 'x'\nrequire = []\nblockd = []").contains("blockd"));
        assert!(refused("name = 'x'\nrequire = ['owner']").contains("owner"));
        let wrong_case = A.replace('A', "a").replace("0xa0b", "0xa0B");
        assert!(
            refused(&format!("name='x'\nrequire=[]\n[[book]]\naddress='{wrong_case}'\nname='y'"))
                .contains("checksum")
        );
    }

    /// Who empties the list of chains means none, and gets no entry for every chain.
    #[test]
    fn who_is_trusted_on_no_chain_or_has_no_name_is_an_error() {
        let trusted = |rest: &str| {
            format!("name='x'\nrequire=[]\n[[trusted]]\naddress='{A}'\nroles=['recipient']\n{rest}")
        };
        for rest in ["label='y'\nchains=[]", "label='y'\nchains=[0]", "label='y'\nchains=[1,0]"] {
            assert!(refused(&trusted(rest)).contains("on no chain"), "{rest}");
        }
        assert!(refused(&trusted("label=' '")).contains("empty name"));
        assert!(
            refused(&format!("name='x'\nrequire=[]\n[[book]]\naddress='{A}'\nname=''"))
                .contains("empty name")
        );
        assert!(
            Policy::parse(&trusted("label='y'")).is_ok()
                && Policy::parse(&trusted("label='y'\nchains=[1]")).is_ok()
        );
    }

    #[test]
    fn addresses_of_any_chain_load_and_one_of_an_evm_chain_counts_there_alone() {
        let text = "name='x'\nrequire=[]\n[[book]]\naddress='bc1q6l0yxh4h3ppss0w27dr0tmx7fqdnmmgnmq0uzc'\nname='cold'\n\
                    chain='bip122:000000000019d6689c085ae165831e93'\n[[book]]\naddress='eip155:8453:0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48'\n\
                    name='desk'\n[[blocked]]\naddress='TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t'\nname='thief'\n[[blocked]]\n\
                    address='eth:0xdAC17F958D2ee523a2206206994597C13D831ec7'\nname='lost'\n[[trusted]]\n\
                    address='solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp:TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA'\nlabel='tokens'\nroles=['contract']\n";
        let policy = Policy::parse(text).expect("loads");
        let said = policy.explain().join("\n");
        for part in [
            "bc1q6l0yxh4h3ppss0w27dr0tmx7fqdnmmgnmq0uzc as cold",
            "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t (thief)",
            "desk, on chain 8453 alone",
        ] {
            assert!(said.contains(part), "{part} in {said}");
        }
        let (desk, lost) = (policy.book[0].address.0, policy.blocked[0].address.0);
        assert!(policy.books(&desk, Some(8453)));
        assert!(
            !policy.books(&desk, Some(1)) && !policy.books(&desk, None),
            "another chain, or an unknown one"
        );
        assert!(policy.blocks(&lost, Some(1)).is_some() && policy.blocks(&lost, None).is_some());
        assert!(policy.blocks(&lost, Some(10)).is_none());
    }

    #[test]
    fn an_address_that_is_none_is_an_error_with_its_place() {
        for (address, why) in [
            ("bc1q6l0yxh4h3ppss0w27dr0tmx7fqdnmmgnmq0uzd", "line 4"),
            ("eip155:1:bc1q6l0yxh4h3ppss0w27dr0tmx7fqdnmmgnmq0uzc", "line 4"),
            ("bip122:000000000019d6689c085ae165831e93:0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", "line 4"),
            ("nowhere:0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", "names no known chain"),
            // A slip in a namespace must not make a rule of an EVM chain one for texts alone.
            ("eip15:1:0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", "names no known chain"),
            ("cosmos:cosmoshub-4:not an address", "names no known chain"),
        ] {
            let said = refused(&format!("name='x'\nrequire=[]\n[[book]]\naddress='{address}'\nname='y'"));
            assert!(said.contains(why), "{address}: {said}");
        }
        let other = format!("name='x'\nrequire=[]\n[[book]]\naddress='{A}'\nname='y'\nchain='btc'");
        assert!(refused(&other).contains(A));
        let twice = "name='x'\nrequire=[]\n[[book]]\naddress='1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa'\nname='y'\n[[blocked]]\n\
                     address='1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa'\nname='y'";
        assert!(refused(twice).contains("blocked and trusted"));
    }

    #[test]
    fn addresses_of_chains_that_are_not_read_load_as_they_are_written() {
        let entry = |list: &str| {
            format!(
                "[[{list}]]\naddress='starknet:SN_MAIN:0x02DD1b492765c064eac4039e3841aa5f382773b598097a40073bd8b48170ab57'\nname='vault'\n"
            )
        };
        let policy = Policy::parse(&format!("name='x'\nrequire=[]\n{}", entry("blocked"))).expect("loads");
        assert!(policy.explain().join("\n").contains("(vault) where texts hold it as it is written"));
        let both = format!("name='x'\nrequire=[]\n{}{}", entry("blocked"), entry("book"));
        assert!(refused(&both).contains("blocked and trusted"));
        let cosmos = "cosmos1t2uflqwqe0fsj0shcfkrvpukewcw40yjj6hdc0";
        let book =
            format!("name='x'\nrequire=[]\n[[book]]\naddress='cosmos:cosmoshub-3:{cosmos}'\nname='payee'");
        assert!(Policy::parse(&book).expect("loads").explain().join("\n").contains("as payee"));
    }

    #[test]
    fn contradictions_are_refused() {
        let both = format!(
            "name='x'\nrequire=[]\n[[book]]\naddress='{A}'\nname='y'\n[[blocked]]\naddress='{A}'\nname='y'"
        );
        assert!(refused(&both).contains("blocked and trusted"));
        let one = |key: &str| format!("name='x'\nrequire=[]\n[{key}]\nreviewers=['{A}']\nneeded=1");
        let read = |key: &str| Policy::parse(&one(key)).expect("a policy").dual_control;
        assert!(read("dual-control").is_some() && read("dual-control") == read("two-person"), "as in 0.1.0");
        let twice = format!("name='x'\nrequire=[]\n[dual-control]\nreviewers=['{A}','{A}']\nneeded=2");
        assert!(refused(&twice).contains("1 different"));
        assert!(refused("name='x'\nrequire=[]\n[[limit]]").contains("limits nothing"));
        assert!(refused("name='x'\nrequire=[]\nmethods=['eth_sendBundle']").contains("sends"));
    }

    #[test]
    fn trust_tied_to_a_chain_ends_there() {
        let text = format!(
            "name='x'\nrequire=[]\n[[trusted]]\naddress='{A}'\nlabel='USDC'\nroles=['spender']\nchains=[1]"
        );
        let policy = Policy::parse(&text).expect("valid");
        let address = policy.trusted[0].address.0;
        assert!(policy.trusts(&address, Role::Spender, Some(1)).is_some());
        assert!(policy.trusts(&address, Role::Spender, Some(10)).is_none());
        assert!(policy.trusts(&address, Role::Spender, None).is_none(), "unknown chain, no trust");
        assert!(policy.trusts(&address, Role::Module, Some(1)).is_none());
    }
}
