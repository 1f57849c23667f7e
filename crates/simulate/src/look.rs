//! What a node's state says of Safes, accounts and tokens: the guard's [`Chain`], all at one block.
//!
//! A Safe is what has the code of a Safe's proxy and runs an official Safe; its settings are then read from the slots where that
//! code keeps them. What a token calls itself is executed on the proven state, so that it is the contract's word and not the
//! node's.

use std::collections::BTreeSet;

use alloy_primitives::{Address, B256, U256, b256, keccak256};
use tracehound_guard::{
    chain::{Basis, Chain, Concerned, Seen},
    facts::{AccountFacts, Approved, Kind, SafeFacts, TokenFacts},
    safe::{Version, deployments},
    scalar::{Account, Hash},
};

use crate::{
    changes::{GUARD, HANDLER, MODULE_GUARD},
    engine::{LiveEngine, NONCE, OWNERS, SENTINEL, THRESHOLD, mapped},
    live::{At, Limits, LiveError, Proof, Reader},
    run::{Call, Outcome, attempt},
    state::Missing,
};

/// EIP-1967: where a proxy keeps whose code it runs.
const IMPLEMENTATION: B256 = b256!("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc");
/// Slots of a Safe's own storage (`SafeStorage.sol`).
const SINGLETON: u64 = 0;
const MODULES: u64 = 1;
const OWNER_COUNT: u64 = 3;
const APPROVED: u64 = 8;
/// Most owners of a Safe and most modules that are read.
const MOST_OWNERS: usize = 64;
const MOST_MODULES: usize = 16;
/// Limits on what a token's own code may read.
const TOKEN: Limits = Limits { rounds: 24, accounts: 128, slots: 512, code: 128 << 10 };
/// Letters of a ticker.
const MOST_LETTERS: usize = 32;

impl Chain for LiveEngine<'_> {
    fn look(&self, chain_id: Option<u64>, at: &Concerned) -> Result<Seen, String> {
        let mut node = self.node.borrow_mut();
        let reader = Reader::pin(&mut **node, chain_id, self.at.get(), self.limits);
        let seen = reader.and_then(|reader| Looking { reader, odd: Vec::new(), unread: Vec::new() }.all(at));
        let (mut seen, hash) = seen.map_err(|error| error.to_string())?;
        self.at.set(At::Hash(hash));
        seen.node.clone_from(&self.described);
        Ok(seen)
    }
}

struct Looking<'a> {
    reader: Reader<'a>,
    odd: Vec<String>,
    unread: Vec<String>,
}

impl Looking<'_> {
    fn all(mut self, at: &Concerned) -> Result<(Seen, B256), LiveError> {
        let (mut accounts, mut safes, mut tokens) = (Vec::new(), Vec::new(), Vec::new());
        let mut named = BTreeSet::new();
        let beside = at.safes.iter().filter(|safe| !at.accounts.contains(safe));
        for address in at.accounts.iter().chain(beside) {
            let Some(account) = self.account(address)? else { continue };
            let is_proxy = account.code_hash.is_some_and(|hash| deployments::is_proxy(&hash.0));
            accounts.push(account);
            let approvals = at.approvals.iter().filter(|approval| approval.0 == *address);
            let safe = if is_proxy { self.safe(address, approvals)? } else { None };
            if safe.is_none() && at.safes.contains(address) {
                self.unread.push(format!(
                    "{address} is no Safe whose code is known here: its owners were not read."
                ));
            }
            if let Some(safe) = safe {
                named.extend(safe.modules.iter().flatten().map(|module| module.0));
                named.extend(safe.fallback_handler.map(|handler| handler.0));
                safes.push(safe);
            }
        }
        for address in &named {
            if !address.is_zero() && !at.accounts.contains(address) {
                accounts.extend(self.account(address)?);
            }
        }
        for token in &at.tokens {
            tokens.extend(self.token(token)?);
        }
        let chain_id = self.reader.chain_id();
        let (block, proof) = self.reader.unmoved()?;
        let basis = match proof {
            Proof::Checked if block.header_checked => Basis::Proven,
            Proof::Checked => Basis::RootsWord,
            Proof::NodesWord => Basis::NodesWord,
        };
        let Self { odd, unread, .. } = self;
        let (number, hash) = (block.seen.number, block.hash);
        let seen = Seen {
            chain_id,
            block: number,
            hash,
            time: block.seen.time,
            basis,
            node: String::new(),
            safes,
            accounts,
            tokens,
            odd,
            unread,
        };
        Ok((seen, hash))
    }

    fn account(&mut self, address: &Address) -> Result<Option<AccountFacts>, LiveError> {
        let slot = U256::from_be_bytes(IMPLEMENTATION.0);
        let Some(account) = self.reader.account(address, &[slot])? else {
            self.odd.push(format!("{address} was not looked up: that is more than is read of a node."));
            return Ok(None);
        };
        let delegate = account.code.strip_prefix(&[0xef, 0x01, 0x00]).filter(|rest| rest.len() == 20);
        let delegate = delegate.map(|rest| Account(Address::from_slice(rest)));
        let kind = match (account.code.is_empty(), delegate) {
            (false, None) => Kind::Contract,
            (true, None) if account.nonce == 0 && account.balance.is_zero() => Kind::Empty,
            _ => Kind::Eoa,
        };
        let runs = account.storage.get(&slot).copied().unwrap_or_default();
        Ok(Some(AccountFacts {
            address: Account(*address),
            kind: Some(kind),
            code_hash: (!account.code.is_empty()).then(|| Hash(keccak256(&account.code))),
            nonce: Some(account.nonce),
            created: None,
            verified: None,
            delegate,
            implementation: whole_address(runs).filter(|runs| !runs.is_zero()).map(Account),
            is_pinned: false,
            screened: None,
            note: None,
        }))
    }

    /// A Safe's settings; `None` where the code it runs is no official one.
    fn safe<'c>(
        &mut self,
        address: &Address,
        approvals: impl Iterator<Item = &'c (Address, Address, B256)>,
    ) -> Result<Option<SafeFacts>, LiveError> {
        let number = |slot: u64| U256::from(slot);
        let [guard, module_guard, handler] =
            [GUARD, MODULE_GUARD, HANDLER].map(|slot| U256::from_be_bytes(slot.0));
        let approvals: Vec<_> = approvals
            .map(|(_, owner, hash)| {
                (*owner, *hash, mapped(*hash, mapped(owner.into_word(), number(APPROVED))))
            })
            .collect();
        let mut slots = [SINGLETON, OWNER_COUNT, THRESHOLD, NONCE].map(number).to_vec();
        slots.extend([guard, module_guard, handler]);
        slots.extend([OWNERS, MODULES].map(|list| mapped(SENTINEL.into_word(), number(list))));
        slots.extend(approvals.iter().map(|approval| approval.2));
        let Some(account) = self.reader.account(address, &slots)? else { return Ok(None) };
        let storage = account.storage.clone();
        let read = |slot: U256| storage.get(&slot).copied().unwrap_or_default();
        let Some(singleton) = whole_address(read(number(SINGLETON))) else { return Ok(None) };
        let Some(code) = self.reader.account(&singleton, &[])?.map(|account| keccak256(&account.code)) else {
            return Ok(None);
        };
        let Some(version) = deployments::singleton(&code).and_then(|row| row.version.parse::<Version>().ok())
        else {
            return Ok(None);
        };
        let owners = self.list(address, OWNERS, MOST_OWNERS)?;
        let modules = self.list(address, MODULES, MOST_MODULES)?;
        let small = |slot: u64| u64::try_from(read(number(slot))).ok();
        let (threshold, nonce) = (small(THRESHOLD), small(NONCE));
        if nonce.is_none() {
            self.odd.push(format!("The number of the Safe {address} is one that no Safe ever counts to."));
            return Ok(None);
        }
        let counted =
            owners.as_ref().is_some_and(|owners| read(number(OWNER_COUNT)) == U256::from(owners.len()));
        let reached = threshold.zip(owners.as_ref()).is_some_and(|(needed, owners)| {
            needed > 0 && usize::try_from(needed).is_ok_and(|needed| needed <= owners.len())
        });
        let (Some(owners), true, true) = (owners, counted, reached) else {
            self.odd.push(format!(
                "The owners of the Safe {address} cannot be read: their list does not end, is not as long as the Safe \
                 counts, or is shorter than its threshold."
            ));
            return Ok(None);
        };
        if modules.is_none() {
            self.odd.push(format!(
                "The Safe {address} has more modules than are read, or a list of them that does not end."
            ));
        }
        let holder = |slot: U256, since: (u16, u16)| {
            let is_known = (version.major, version.minor) >= since;
            is_known.then(|| whole_address(read(slot)).map(Account)).flatten()
        };
        let approved = approvals.iter().filter(|approval| !read(approval.2).is_zero());
        let approved =
            approved.map(|(owner, hash, _)| Approved { owner: Account(*owner), hash: Hash(*hash) });
        Ok(Some(SafeFacts {
            address: Some(Account(*address)),
            version: Some(version),
            owners: owners.into_iter().map(Account).collect(),
            threshold,
            nonce,
            approved: approved.collect(),
            executed: Vec::new(),
            modules: modules.map(|modules| modules.into_iter().map(Account).collect()),
            guard: holder(guard, (1, 3)),
            module_guard: holder(module_guard, (1, 5)),
            fallback_handler: holder(handler, (1, 1)),
            is_strange: true,
        }))
    }

    /// A list as a Safe keeps it: each points to the next, the last back to the start. `None` where it does not end.
    fn list(&mut self, safe: &Address, slot: u64, most: usize) -> Result<Option<Vec<Address>>, LiveError> {
        let mut found: Vec<Address> = Vec::new();
        let mut at = SENTINEL;
        loop {
            let slot = mapped(at.into_word(), U256::from(slot));
            let Some(account) = self.reader.account(safe, &[slot])? else { return Ok(None) };
            let Some(next) = account.storage.get(&slot).and_then(|next| whole_address(*next)) else {
                return Ok(None);
            };
            match next {
                SENTINEL => return Ok(Some(found)),
                // A Safe that never had a module has no list of them.
                Address::ZERO if at == SENTINEL => return Ok(Some(found)),
                Address::ZERO => return Ok(None),
                _ if found.len() >= most || found.contains(&next) => return Ok(None),
                _ => found.push(next),
            }
            at = next;
        }
    }

    /// What a contract calls itself, if it answers as a token does.
    fn token(&mut self, token: &Address) -> Result<Option<TokenFacts>, LiveError> {
        const SYMBOL: [u8; 4] = [0x95, 0xd8, 0x9b, 0x41];
        const DECIMALS: [u8; 4] = [0x31, 0x3c, 0xe5, 0x67];
        let Some(account) = self.reader.account(token, &[])? else { return Ok(None) };
        if account.code.is_empty() {
            return Ok(None);
        }
        let decimals = self.view(token, &DECIMALS)?.filter(|word| word.len() == 32);
        let decimals = decimals.and_then(|word| u8::try_from(U256::from_be_slice(&word)).ok());
        let Some(decimals) = decimals.filter(|decimals| *decimals <= 77) else { return Ok(None) };
        let Some(symbol) = self.view(token, &SYMBOL)?.and_then(|bytes| symbol(&bytes)) else {
            return Ok(None);
        };
        Ok(Some(TokenFacts { address: Account(*token), symbol, decimals, supply: None }))
    }

    /// What a contract answers, executed on the state as it is read. `None` where it does not answer, or reads too much.
    fn view(&mut self, to: &Address, data: &[u8]) -> Result<Option<Vec<u8>>, LiveError> {
        let chain_id = self.reader.chain_id();
        let first = [Missing::Account(Address::ZERO), Missing::Account(*to)];
        let (done, stopped) = self.reader.run_within(&TOKEN, &first, &mut |state, block| {
            let (caller, to, data) = (Address::ZERO, *to, data.to_vec());
            attempt(
                state,
                &[],
                &Call { chain_id, block, caller, to, value: U256::ZERO, data, gas: None },
                &[],
            )
        })?;
        Ok(match done.outcome {
            Outcome::Success(bytes) if stopped.is_none() && done.missing.is_empty() => Some(bytes),
            _ => None,
        })
    }
}

/// A word that holds an address and nothing else.
fn whole_address(word: U256) -> Option<Address> {
    let bytes: [u8; 32] = word.to_be_bytes();
    (bytes[..12] == [0; 12]).then(|| Address::from_slice(&bytes[12..]))
}

/// A ticker: a text, or 32 bytes as early tokens have it.
fn symbol(bytes: &[u8]) -> Option<String> {
    let text = if bytes.len() == 32 {
        bytes
    } else {
        let start = usize::try_from(U256::from_be_slice(bytes.get(..32)?)).ok()?;
        let end = start.checked_add(32)?;
        let length = usize::try_from(U256::from_be_slice(bytes.get(start..end)?)).ok()?;
        bytes.get(end..end.checked_add(length)?)?
    };
    let text = std::str::from_utf8(text).ok()?.trim_end_matches('\0');
    let is_plain =
        !text.is_empty() && text.chars().count() <= MOST_LETTERS && !text.chars().any(char::is_control);
    is_plain.then(|| text.to_owned())
}
