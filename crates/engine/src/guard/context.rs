//! The settings files that `init` writes: a Safe's context from a node, and a policy with an address book.

use std::collections::BTreeSet;

use tracehound_guard::{
    Policy,
    chain::{Chain, Concerned, Seen},
    place::Listed,
    policy::{DEFAULT, PolicyError},
    safe::deployments::{self, Role},
    scalar::Account,
};
use tracehound_model::text::clean;
use tracehound_simulate::{
    LiveEngine,
    live::{At, Limits},
};

use super::Named;

/// What shall be written down.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The Safe.
    pub safe: Account,
    /// Whose code is written down too.
    pub pins: Vec<Account>,
    /// The chain; the node's when absent.
    pub chain_id: Option<u64>,
    /// The block; the last when absent.
    pub block: Option<u64>,
}

/// Why there is no settings file.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The node could not be read, or is not believed.
    #[error("the node could not be read: {0}")]
    Node(String),
    /// Nothing there is known as a Safe.
    #[error("{safe}: {why}")]
    NoSafe {
        /// The address.
        safe: String,
        /// What is there, or what to do.
        why: String,
    },
    /// An entry for the address book has another form.
    #[error("--book {0:?}: give ADDRESS=NAME, as in --book '0x...=our cold wallet'")]
    Book(String),
    /// What stands before its name is no address.
    #[error("--book {entry:?}: {why}; give ADDRESS=NAME, as in --book '0x...=our cold wallet'")]
    BookAddress {
        /// The entry.
        entry: String,
        /// What is wrong with the address.
        why: String,
    },
    /// What is told cannot be read, or contradicts itself.
    #[error("{0}")]
    Told(String),
    /// The policy would contradict itself.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

/// The context of a Safe, as a file.
pub fn context(named: Named<'_>, wanted: &Wanted) -> Result<String, SetupError> {
    let Named { node, name } = named;
    let at = wanted.block.map_or(At::Latest, At::Number);
    let engine = LiveEngine::new(node, name, at, Limits::default());
    let safe = wanted.safe;
    let asked = Concerned { accounts: vec![safe.0], safes: [safe.0].into(), ..Concerned::default() };
    let mut seen = engine.look(wanted.chain_id, &asked).map_err(SetupError::Node)?;
    let Some(version) = seen.safes.first().and_then(|safe| safe.version) else {
        let why = seen.odd.first().or(seen.unread.first()).cloned().unwrap_or_default();
        return Err(SetupError::NoSafe { safe: safe.0.to_string(), why });
    };
    // What its transactions are run through, so that they can be judged without the node.
    let mut more: BTreeSet<Account> = deployments::DEPLOYMENTS
        .iter()
        .filter(|row| !row.role.functions().is_empty() && row.role != Role::Migration)
        .filter(|row| row.version == version.to_string())
        .map(|row| Account(row.address))
        .collect();
    more.extend(&wanted.pins);
    let known: BTreeSet<Account> = seen.accounts.iter().map(|account| account.address).collect();
    let asked = Concerned {
        accounts: more.difference(&known).map(|account| account.0).collect(),
        ..Concerned::default()
    };
    let others: Seen = engine.look(Some(seen.chain_id), &asked).map_err(SetupError::Node)?;
    seen.accounts.extend(others.accounts);
    let is_wanted = |account: &tracehound_guard::facts::AccountFacts| {
        account.code_hash.is_some() || wanted.pins.contains(&account.address)
    };
    seen.accounts.retain(is_wanted);
    Ok(seen.context())
}

/// The shipped policy with an address book: entries of the form `ADDRESS=NAME`.
pub fn policy_with(book: &[String]) -> Result<String, SetupError> {
    let mut text = DEFAULT.to_owned();
    for entry in book {
        let wrong = || SetupError::Book(clean(entry).into_owned());
        let (address, name) = entry.split_once('=').ok_or_else(wrong)?;
        let name = name.trim();
        // A name is a text of one line; what TOML would take for more is no name.
        if name.is_empty() || name.chars().any(|c| c.is_control() || matches!(c, '"' | '\\')) {
            return Err(wrong());
        }
        let address = Listed::parse(address.trim())
            .map_err(|why| SetupError::BookAddress { entry: clean(entry).into_owned(), why })?;
        text = format!("{text}\n[[book]]\naddress = \"{address}\"\nname = \"{name}\"\n");
    }
    Policy::parse(&text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLD: &str = "0x828424517F9F04015db02169f4026D57B2B07229";

    #[test]
    fn a_policy_is_written_with_whom_one_pays() {
        let text = policy_with(&[format!("{COLD}=our cold wallet")]).expect("a policy");
        let policy = Policy::parse(&text).expect("valid");
        assert_eq!(policy.book[0].name, "our cold wallet");
        for wrong in [
            COLD.to_owned(),
            format!("{COLD}="),
            format!("{COLD}=a\"\n[[trusted]]"),
            "0x12=somebody".to_owned(),
            format!("{}=a letter's case is wrong", COLD.replace('F', "f")),
        ] {
            assert!(policy_with(std::slice::from_ref(&wrong)).is_err(), "{wrong}");
        }
    }
}
