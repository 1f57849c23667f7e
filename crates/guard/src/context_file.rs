//! What a node showed, as a context file.

use std::fmt::Write;

use crate::{
    chain::Seen,
    facts::{Facts, Kind},
    safe::deployments,
    scalar::Account,
};

impl Seen {
    /// The file: what it says, [`Facts::parse`] reads.
    pub fn context(&self) -> String {
        let mut out = String::new();
        // A text never fails to be written to.
        let _ = self.write(&mut out);
        debug_assert!(Facts::parse(&out).is_ok(), "{out}");
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "# What is known of a Safe, for `tracehound guard ... --context`. Written by `tracehound guard context init`,"
        )?;
        writeln!(
            out,
            "# read after block {} of {}: {}.",
            self.block,
            tracehound_model::text::clean(&self.node),
            self.basis.as_str()
        )?;
        writeln!(
            out,
            "# Read it before you rely on it. Wherever a node is named it is held against the chain."
        )?;
        writeln!(out, "chain-id = {}", self.chain_id)?;
        for safe in &self.safes {
            writeln!(out, "\n[[safe]]")?;
            one(out, "address", safe.address)?;
            if let Some(version) = safe.version {
                writeln!(out, "version = \"{version}\"")?;
            }
            many(out, "owners", &safe.owners)?;
            for (name, number) in [("threshold", safe.threshold), ("nonce", safe.nonce)] {
                if let Some(number) = number {
                    writeln!(out, "{name} = {number}")?;
                }
            }
            if let Some(modules) = &safe.modules {
                many(out, "modules", modules)?;
            }
            one(out, "guard", safe.guard)?;
            one(out, "module-guard", safe.module_guard)?;
            one(out, "fallback-handler", safe.fallback_handler)?;
        }
        for account in &self.accounts {
            writeln!(out)?;
            let code = account.code_hash;
            if let Some(official) = deployments::find(&account.address.0)
                .filter(|official| code.is_some_and(|code| code.0 == official.code_hash))
            {
                writeln!(out, "# {} {}", official.role.as_str(), official.version)?;
            }
            writeln!(out, "[[address]]")?;
            one(out, "address", Some(account.address))?;
            let kind = match account.kind {
                Some(Kind::Eoa) => Some("eoa"),
                Some(Kind::Contract) => Some("contract"),
                // Whatever is empty today may be something tomorrow.
                Some(Kind::Empty | Kind::Token) | None => None,
            };
            if let Some(kind) = kind {
                writeln!(out, "kind = \"{kind}\"")?;
            }
            if let Some(code) = code {
                writeln!(out, "code-hash = \"{}\"", code.0)?;
            }
            one(out, "delegate", account.delegate)?;
            one(out, "implementation", account.implementation)?;
        }
        Ok(())
    }
}

fn one(out: &mut String, name: &str, account: Option<Account>) -> std::fmt::Result {
    account.map_or(Ok(()), |account| writeln!(out, "{name} = \"{}\"", account.0))
}

fn many(out: &mut String, name: &str, accounts: &[Account]) -> std::fmt::Result {
    let all: Vec<String> = accounts.iter().map(|account| format!("\"{}\"", account.0)).collect();
    writeln!(out, "{name} = [{}]", all.join(", "))
}
