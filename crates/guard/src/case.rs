//! One thing to be signed, with everything worked out that the checks look at.

use std::{
    borrow::Cow,
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet, HashSet},
    ops::Range,
};

use alloy_primitives::{Address, B256, U256};
use tracehound_model::{Gap, GapKind};

use crate::{
    ask::{Executed, Execution, Listing, Simulation},
    context::Context,
    decode::{
        Act, Call, Extent, Functions, Grant, Outer, Placed, Power, Setting, Unpacked, Value, acts, holder,
        unpack,
    },
    facts::{Facts, Screened},
    known::{self, Token},
    mentions,
    place::ElsewhereEntry,
    policy::{Policy, Role},
    safe::SafeCase,
    scalar::{Account, NonCanonical},
    swap::Joined,
    tx::EvmTx,
    typed::{Authorization, Data, Meaning, TypedData, meaning::ALLOWANCES},
};

/// Characters of an address that nobody has a name for.
const ADDRESS: usize = 42;

/// What is to be signed.
#[derive(Debug)]
pub enum Subject<'a> {
    /// A Safe transaction.
    Safe(&'a SafeCase<'a>),
    /// An ordinary transaction, or one call of several.
    Tx(&'a EvmTx),
    /// Typed data.
    Typed(&'a TypedData, &'a Meaning),
    /// A text or bytes.
    Message(&'a crate::message::Message),
    /// An authorization by itself.
    Authorization,
}

/// What a number may be, by which a right over tokens is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OneOrCoin {
    /// The number of an NFT.
    One,
    /// That, or an amount: which, is not known.
    Either,
}

/// How somebody stands behind a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// Whose money or signature it is.
    Account,
    /// Owns the Safe, or signed as one who does.
    Owner,
    /// Moves the Safe's money, or answers for it: a module, a guard, a handler.
    Holder,
    /// Has the code that somebody else runs.
    Code(Address),
}

/// One thing to be signed.
#[derive(Debug)]
pub struct Case<'a> {
    /// Policy in force.
    pub policy: &'a Policy,
    /// What is known from elsewhere.
    pub facts: &'a Facts,
    /// What is to be signed.
    pub subject: Subject<'a>,
    /// Where it stands in the input.
    pub path: String,
    /// The chain it is for, as far as known.
    pub chain_id: Option<u64>,
    /// Whose money it is: the Safe or the account.
    pub actor: Option<Address>,
    /// What is signed in the end.
    pub digest: Option<B256>,
    /// The calls.
    pub unpacked: Unpacked<'a>,
    /// What the calls do.
    pub acts: Vec<Placed>,
    /// Rights over tokens, by calls and by signatures.
    pub grants: Vec<(String, Grant)>,
    /// EIP-7702 authorizations.
    pub authorizations: &'a [Authorization],
    /// Odd spellings.
    pub non_canonical: &'a [NonCanonical],
    /// Whose signature is asked for, where the request says it.
    pub signer: Option<Address>,
    /// The smart account in whose name typed data are wrapped (ERC-7739).
    pub signs_as: Option<Address>,
    /// What it did when it was executed, if that was tried.
    pub simulation: Option<Simulation>,
    /// Safes that are made to act, whoever sends it.
    pub acting: BTreeSet<Address>,
    /// They, and every other account that is made to act, or is named as the one whose money moves: what it holds leaves as the
    /// actor's does.
    pub made_to_act: BTreeSet<Address>,
    /// Exchanges that are parts of one.
    pub(crate) joined: OnceCell<BTreeMap<usize, Joined>>,
    /// Whom it involves, with the path.
    involved: OnceCell<BTreeMap<Address, String>>,
    /// Addresses that the policy or the facts have something against, on whatever chain.
    suspects: OnceCell<HashSet<Address>>,
    context: Context<'a>,
}

impl<'a> Case<'a> {
    /// A case without calls.
    pub fn new(context: Context<'a>, subject: Subject<'a>, path: &str) -> Self {
        let facts = context.facts;
        Self {
            policy: context.policy,
            facts,
            subject,
            path: path.to_owned(),
            chain_id: facts.chain_id,
            actor: facts.account.map(|account| account.0),
            digest: None,
            unpacked: Unpacked::default(),
            acts: Vec::new(),
            grants: Vec::new(),
            authorizations: &[],
            non_canonical: &[],
            signer: None,
            signs_as: None,
            simulation: None,
            acting: BTreeSet::new(),
            made_to_act: BTreeSet::new(),
            joined: OnceCell::new(),
            involved: OnceCell::new(),
            suspects: OnceCell::new(),
            context,
        }
    }

    /// Adds a call and what is inside it.
    pub fn add_call(&mut self, outer: Outer<'a>, functions: Functions<'a>) {
        unpack(outer, functions, &mut self.unpacked);
        self.acts = acts(&self.unpacked.calls);
        self.joined = OnceCell::new();
        self.involved = OnceCell::new();
        let executes = |call: &&Call<'_>| !call.delegate && call.signature().is_some_and(is_execution);
        self.acting = self.unpacked.calls.iter().filter(executes).filter_map(|call| call.to).collect();
        self.made_to_act = self.unpacked.made_to_act();
        let holders = self.unpacked.calls.iter().filter(|call| !call.delegate).filter_map(holder);
        let holders: Vec<Address> = holders.chain(self.acts.iter().filter_map(Placed::holder)).collect();
        self.made_to_act.extend(holders.into_iter().filter(|holder| !holder.is_zero()));
        if self.typed().is_some() {
            let outer = self.unpacked.calls.iter().filter(|call| call.depth == 0);
            self.made_to_act.extend(outer.filter_map(|call| call.from));
        }
        self.grants = self
            .acts
            .iter()
            .filter_map(|placed| match &placed.act {
                Act::Grant(grant) if !self.unpacked.calls[placed.call].delegate => {
                    Some((placed.path.clone(), grant.clone()))
                }
                _ => None,
            })
            .collect();
    }

    /// Executes it, where there is an engine.
    pub fn simulate(&mut self, what: Executed<'_>) {
        let Some(engine) = self.context.engine else { return };
        let settings = self.acts.iter().filter_map(|placed| match &placed.act {
            Act::Setting { safe, setting }
                if (Some(*safe) == self.actor || self.acting.contains(safe))
                    && !self.unpacked.calls[placed.call].delegate =>
            {
                Some(setting)
            }
            _ => None,
        });
        let execution = Execution {
            chain_id: self.chain_id,
            path: &self.path,
            what,
            settings: settings.collect(),
            grants: self.grants.iter().map(|(_, grant)| grant).collect(),
            signs_message: self.acts.iter().any(|placed| matches!(placed.act, Act::SignMessage { .. })),
            acting: self.acting.iter().copied().collect(),
            made_to_act: self.made_to_act.iter().copied().collect(),
            called: self.called_with_data().into_iter().collect(),
        };
        let simulation = engine.run(&execution);
        self.simulation = Some(simulation);
    }

    /// What screening says of an address: the facts, else the lists.
    pub fn screened(&self, address: &Address) -> Listing {
        let facts = self.facts.at(address);
        let note = || facts.and_then(|facts| facts.note.as_deref()).unwrap_or("no further word");
        match facts.and_then(|facts| facts.screened) {
            Some(Screened::Listed) => Listing::Listed(crate::json::shorten(note())),
            // Whoever wrote the facts may have looked at older lists.
            Some(Screened::Clear) => match self.context.lists.map(|lists| lists.screen_evm(address)) {
                Some(listing @ (Listing::Listed(_) | Listing::Doubtful(_))) => listing,
                _ => Listing::Clear,
            },
            None => match self.context.lists {
                Some(lists) => lists.screen_evm(address),
                None => Listing::Unknown(Gap::new(GapKind::NotScreened, "no list was at hand")),
            },
        }
    }

    /// The lists that may be asked.
    pub(crate) fn lists(&self) -> Option<&'a dyn crate::ask::Lists> {
        self.context.lists
    }

    /// Descriptors for clear signing, as they were given.
    pub(crate) fn descriptors(&self) -> &'a [crate::descriptor::Descriptor] {
        self.context.descriptors
    }

    /// The Safe transaction, if it is one.
    pub fn safe(&self) -> Option<&'a SafeCase<'a>> {
        match self.subject {
            Subject::Safe(safe) => Some(safe),
            _ => None,
        }
    }

    /// The typed data and their meaning, if it is that.
    pub fn typed(&self) -> Option<(&'a TypedData, &'a Meaning)> {
        match self.subject {
            Subject::Typed(data, meaning) => Some((data, meaning)),
            _ => None,
        }
    }

    /// An address with its name.
    pub fn show(&self, address: &Address) -> String {
        if Some(*address) == self.actor {
            let what = if matches!(self.subject, Subject::Safe(_)) {
                "this Safe"
            } else if matches!(self.subject, Subject::Tx(_)) && !self.knows_signer() {
                "whom the request calls its sender"
            } else if self.signs_for_another() {
                "the account that it speaks for"
            } else {
                "your account"
            };
            return format!("{address} ({what})");
        }
        if self.typed().is_some() && self.is_account(address) {
            return format!("{address} (your account)");
        }
        let shown = known::show(address, self.policy, self.facts);
        if shown.len() != ADDRESS {
            return shown;
        }
        match self.token(address).map(|token| token.symbol).or_else(|| self.called(address)) {
            Some(name) => format!("{shown} ({name})"),
            None => shown,
        }
    }

    /// What is known of a token.
    pub fn token(&self, address: &Address) -> Option<Token> {
        known::token(address, self.chain_id, self.facts)
    }

    /// An amount of a token, in words.
    pub fn amount(&self, amount: U256, token: &Address) -> String {
        if token.is_zero() {
            return format!("{} {}", known::decimal(amount, 18), known::coin(self.chain_id));
        }
        let known = self.token(token);
        let own = self.facts.own_names.iter().find(|own| known.is_none() && own.address.0 == *token);
        if let Some(own) = own {
            let amount = known::decimal(amount, own.decimals);
            return format!(
                "{amount} of the token {token}, which calls itself {:?}",
                crate::json::shorten(&own.symbol)
            );
        }
        known::amount(amount, known.as_ref(), token)
    }

    /// As [`amount`](Self::amount), of a token whose pieces may have numbers.
    pub fn amount_of(&self, token: Address, id: Option<U256>, amount: U256) -> String {
        id.map_or_else(
            || self.amount(amount, &token),
            |id| format!("{amount} of number {id} of {}", self.show(&token)),
        )
    }

    /// Whether the policy trusts an address for one of some roles.
    pub fn trusts(&self, address: &Address, roles: &[Role]) -> bool {
        let known = self.facts.at(address);
        roles.iter().any(|role| self.policy.vouches(address, *role, self.chain_id, known))
    }

    /// Whether what an address holds is the signer's own: the account, or the Safe. Who signs for a Safe, in whatever form, does not
    /// own it.
    pub fn is_own(&self, address: &Address) -> bool {
        self.actor == Some(*address) || !self.signs_for_another() && self.is_account(address)
    }

    /// Whether an address is the account that signs.
    pub(crate) fn is_account(&self, address: &Address) -> bool {
        self.facts.account.is_some_and(|account| account.0 == *address)
    }

    /// Whether what is signed speaks for a Safe, or another account of several owners, and not for the account that signs.
    pub(crate) fn signs_for_another(&self) -> bool {
        let is_another = |account: Account| self.actor.is_some_and(|actor| actor != account.0);
        matches!(self.subject, Subject::Safe(_)) || self.facts.account.is_some_and(is_another)
    }

    /// Whose money a call deals in, where it is not the signer's own: of the account that it names, else of the one that makes it.
    /// What a contract passes on is the signer's.
    pub(crate) fn holder_of(&self, call: &Call<'_>) -> Option<Address> {
        // The last byte tells the accounts of one owner apart there.
        let is_sub_account = |address: &Address| {
            let same = |own: Address| own[..19] == address[..19];
            call.inside.is_some_and(|inside| ON_BEHALF.contains(&inside)) && self.actor.is_some_and(same)
        };
        let named = if call.delegate { None } else { holder(call) };
        let is_anothers = |address: &Address| {
            self.made_to_act.contains(address) && !self.is_own(address) && !is_sub_account(address)
        };
        named.or(call.from).filter(is_anothers)
    }

    /// Whose money an act moves, where it is not the signer's own.
    pub(crate) fn holder(&self, placed: &Placed) -> Option<Address> {
        let call = &self.unpacked.calls[placed.call];
        match placed.holder() {
            Some(from) if call.from != Some(from) => Some(from).filter(|from| !self.is_own(from)),
            _ => self.holder_of(call),
        }
    }

    /// Whether what somebody holds stays his, or the signer's own, at an address.
    pub(crate) fn stays(&self, holder: Option<Address>, to: &Address) -> bool {
        holder.map_or_else(|| self.is_own(to), |holder| holder == *to)
    }

    /// Whether money of somebody may go to an address: as [`may_receive`](Self::may_receive) what is the signer's own; what another
    /// account holds goes to the signer as to anybody else.
    pub(crate) fn may_receive_of(&self, holder: Option<Address>, to: &Address) -> bool {
        let is_his = |holder| holder == *to && self.owns_safe(to);
        holder.map_or_else(|| self.may_receive(to), |holder| is_his(holder) || self.is_named_payee(to))
    }

    /// Whether what leaves an address counts as the signer's: it is his own, or an account that is made to act. Nothing is vouched
    /// for by that: whose the account is, nobody said.
    pub fn spends(&self, address: &Address) -> bool {
        self.is_own(address) || self.made_to_act.contains(address)
    }

    /// Whether an address is the signer's own, or the Safe's that is made to make a call: what it gives comes back to it.
    pub fn is_callers(&self, call: &Call<'_>, address: &Address) -> bool {
        let by_self = || self.is_own(address) || call.from == Some(*address) && self.spends(address);
        let by_holder = |holder| holder == *address && (call.from == Some(holder) || self.owns_safe(&holder));
        self.holder_of(call).map_or_else(by_self, by_holder)
    }

    /// Whom calls reach with data, a text for somebody who may be paid aside.
    fn called_with_data(&self) -> BTreeSet<Address> {
        let is_memo = |index: usize| {
            let mut acts = self.acts.iter().filter(|placed| placed.call == index);
            acts.any(|placed| matches!(&placed.act, Act::Memo { to, .. } if self.may_receive(to)))
        };
        let calls = self.unpacked.calls.iter().enumerate();
        let calls = calls.filter(|(index, call)| !call.data.is_empty() && !is_memo(*index));
        calls.filter_map(|(_, call)| call.to).collect()
    }

    /// Whether money may go to an address: one's own, one in the address book, one that was paid before, one that the policy
    /// trusts as a recipient. That it is on no list says nothing for it.
    pub fn may_receive(&self, address: &Address) -> bool {
        self.is_own(address) || self.is_named_payee(address)
    }

    /// Whether an address is in the address book, was paid before, or is trusted as a recipient.
    fn is_named_payee(&self, address: &Address) -> bool {
        let booked = || self.policy.books(address, self.chain_id);
        let mut past = self.facts.past_on(self.chain_id);
        let mut paid = || past.any(|past| past.is_own_payment() && past.to.0 == *address);
        booked() || paid() || self.trusts(address, &[Role::Recipient])
    }

    /// Whether nothing but payments of the past speaks for an address.
    pub(crate) fn is_paid_before_alone(&self, address: &Address) -> bool {
        let named = self.is_own(address)
            || self.policy.books(address, self.chain_id)
            || self.trusts(address, &[Role::Recipient]);
        !named && self.may_receive(address)
    }

    /// Whether plain money sent there comes back as a token: the contract that wraps the chain's coin.
    pub fn wraps(&self, address: &Address) -> bool {
        *address == known::WETH && self.chain_id.is_none_or(|chain| chain == 1)
            || crate::entries::wraps(address, self.chain_id)
    }

    /// A token, or the zero address for the chain's coin, in whatever way contracts write it, and for the token that wraps it:
    /// one can be made of the other, one for one.
    pub(crate) fn or_coin(&self, token: Address) -> Address {
        if token == crate::typed::COIN || self.wraps(&token) { Address::ZERO } else { token }
    }

    /// Whether two assets, the coin as zero, are one to a limit: the coin, what wraps it, and its face as a token are.
    pub(crate) fn is_one_asset(&self, one: Address, other: Address) -> bool {
        let whole = |token: Address| {
            let is_coin = known::is_coin(&token, self.chain_id) || self.is_called_wrapped(&token);
            if is_coin { Address::ZERO } else { self.or_coin(token) }
        };
        whole(one) == whole(other)
    }

    /// Whether a token is called as what wraps the coin is, on a chain where that is not shipped: by the context, or by itself.
    fn is_called_wrapped(&self, token: &Address) -> bool {
        if crate::entries::wrapped(self.chain_id).is_some() {
            return false;
        }
        let names = self.facts.token.iter().chain(&self.facts.own_names);
        let wrapped = format!("W{}", known::coin(self.chain_id));
        names.filter(|told| told.address.0 == *token).any(|told| told.symbol.eq_ignore_ascii_case(&wrapped))
    }

    /// Whether plain money sent there is staked, and comes back as a token: stETH and wstETH on Ethereum. Source: Lido, the unnamed
    /// functions of `Lido.sol` and `WstETH.sol`.
    pub fn stakes(&self, address: &Address) -> bool {
        matches!(*address, known::STETH | known::WSTETH) && self.chain_id == Some(1)
    }

    /// Addresses the signer dealt with before: the address book and payments of his own. What others caused (zero
    /// amounts, imitated tokens) is left out: that is how histories are poisoned.
    pub fn counterparties(&self) -> BTreeSet<Address> {
        let booked = self.policy.book.iter().map(|entry| entry.address.0);
        let trusted = self.policy.trusted.iter().map(|entry| entry.address.0);
        let past = self.facts.past_on(self.chain_id).filter(|past| past.is_own_payment());
        booked.chain(trusted).chain(past.map(|past| past.to.0)).collect()
    }

    /// Who receives money or tokens, with the path.
    pub fn recipients(&self) -> Vec<(&str, Address)> {
        self.payments().map(|(placed, to)| (&placed.path[..], to)).collect()
    }

    /// Acts by which money or tokens go to somebody, and to whom.
    pub(crate) fn payments(&self) -> impl Iterator<Item = (&Placed, Address)> {
        self.acts.iter().filter_map(|placed| match &placed.act {
            // Plain money for the contract that wraps it comes back as a token.
            Act::Pay { to, .. }
                if !(self.is_judged_with_its_call(placed.call)
                    || (self.wraps(to) || self.stakes(to))
                        && self.unpacked.calls[placed.call].data.is_empty()) =>
            {
                Some((placed, *to))
            }
            // By delegatecall no token moves, whatever the function is called.
            Act::Transfer { to, .. } if !self.unpacked.calls[placed.call].delegate => Some((placed, *to)),
            _ => None,
        })
    }

    /// Whether money sent along with a call is judged with what the call does: a function of the contract decides who gets
    /// it, or a contract that the policy trusts passes all of it on in calls that are judged themselves. What ends a right,
    /// moves a token or calls another contract says nothing of the money.
    fn is_judged_with_its_call(&self, call: usize) -> bool {
        let calls = &self.unpacked.calls;
        let (outer, inside) =
            (&calls[call], |other: usize| other != call && calls[other].path.starts_with(&calls[call].path));
        let decides = self.acts.iter().any(|placed| {
            matches!(placed.act, Act::Named { .. } | Act::Unknown { .. })
                && !self.only_takes_away(placed.call)
                && (placed.call == call || inside(placed.call) && calls[placed.call].to == outer.to)
        });
        let is_trusted = outer.to.is_some_and(|to| self.trusts(&to, &[Role::Contract]));
        let passed_on = (0..calls.len())
            .filter(|&other| inside(other))
            .try_fold(U256::ZERO, |sum, other| sum.checked_add(calls[other].value));
        // Whatever a function is called, at a contract that nobody vouches for it decides nothing.
        let decides = decides && outer.to.is_some_and(|to| self.knows_contract(&to));
        decides || is_trusted && passed_on.is_none_or(|sum| sum >= outer.value)
    }

    /// Those who stand behind it, and need be neither called nor paid by it.
    pub fn behind(&self) -> Vec<(Behind, Address)> {
        let mut all: Vec<(Behind, Address)> = Vec::new();
        let accounts = [self.actor, self.signer, self.signs_as, self.facts.account.map(|account| account.0)];
        all.extend(accounts.into_iter().flatten().map(|address| (Behind::Account, address)));
        if let Some(safe) = self.safe() {
            let signers = safe.confirmations.iter().chain(&safe.joined).filter(|one| !one.is_wrong());
            let signers = signers.filter_map(|one| Some(one.signer.as_ref().ok()?.address()));
            all.extend(
                safe.owners().unwrap_or_default().into_iter().chain(signers).map(|one| (Behind::Owner, one)),
            );
        }
        let actors = self.actor.iter().chain(&self.acting).filter_map(|safe| self.facts.safe_at(safe));
        for safe in actors {
            let owners = safe.owners.iter().map(|owner| (Behind::Owner, owner.0));
            let holders = [safe.guard, safe.module_guard, safe.fallback_handler].into_iter().flatten();
            let holders = safe.modules.iter().flatten().copied().chain(holders);
            all.extend(owners.chain(holders.map(|holder| (Behind::Holder, holder.0))));
        }
        let dealt_with = self.involved().keys().copied();
        let run: Vec<Address> = all.iter().map(|(_, address)| *address).chain(dealt_with).collect();
        for address in run {
            let facts = self.facts.at(&address);
            let code = facts.into_iter().flat_map(|facts| [facts.delegate, facts.implementation]).flatten();
            all.extend(code.map(|code| (Behind::Code(address), code.0)));
        }
        all.retain(|(_, address)| !address.is_zero());
        all
    }

    /// Everybody this deals with, with the path: who is called, who receives, who may spend, whose code runs.
    pub fn everybody(&self) -> Vec<(String, Address)> {
        self.dealt_with(|_| true, |_| true)
    }

    /// Those of [`everybody`](Self::everybody) who are more than losers of a right, and whom the data name in whatever
    /// place else: a token on the way of a swap, whose tokens are moved, an argument of a function that nobody
    /// described; and whoever is listed or blocked and stands anywhere in the bytes or the texts. One's own addresses are
    /// left out.
    pub fn involved(&self) -> &BTreeMap<Address, String> {
        self.involved.get_or_init(|| self.look_for_involved())
    }

    fn look_for_involved(&self) -> BTreeMap<Address, String> {
        let gives = |grant: &Grant| grant.extent != Extent::None;
        let dealt_with = self.dealt_with(gives, |power| !power.is_less());
        let mut all: BTreeMap<Address, String> = BTreeMap::new();
        let mut add = |path: &str, address: Address| {
            if !self.is_own(&address) && !address.is_zero() {
                all.entry(address).or_insert_with(|| path.to_owned());
            }
        };
        for (path, address) in dealt_with {
            add(&path, address);
        }
        for (index, call) in self.unpacked.calls.iter().enumerate() {
            if !self.only_takes_away(index) {
                for address in named(call) {
                    add(&call.path, address);
                }
            }
        }
        for (path, address) in self.marked_in_calls() {
            add(path, address);
        }
        if let Some(signer) = self.signer {
            add("params", signer);
        }
        if let Some(account) = self.signs_as {
            add("message.verifyingContract", account);
        }
        match self.subject {
            Subject::Safe(safe) => {
                add(&safe.entry.path, safe.entry.tx.gas_token);
                add(&safe.entry.path, safe.entry.tx.refund_receiver);
                safe.entry.mentioned.iter().for_each(|(path, address)| add(path, *address));
            }
            // To sign an allowance of nothing, in the words of its standard, is to end one.
            Subject::Typed(data, _)
                if !self.grants.iter().all(|(_, one)| self.is_owned(one))
                    || !ALLOWANCES.contains(&&data.type_text[..])
                    || self.grants.is_empty()
                    || self.grants.iter().any(|(_, one)| gives(one)) =>
            {
                let (mut named, mut maybe) = (Vec::new(), Vec::new());
                in_data(&data.domain, &mut named, &mut maybe);
                in_data(&data.message, &mut named, &mut maybe);
                let dismissed = self.typed().and_then(|(_, meaning)| match meaning {
                    Meaning::Known(known) => known.dismissed,
                    _ => None,
                });
                let leaves = named.into_iter().chain(self.marked(&maybe));
                for address in leaves.filter(|address| dismissed != Some(*address)) {
                    add("message", address);
                }
            }
            Subject::Tx(tx) => tx.mentioned.iter().for_each(|(path, address)| add(path, *address)),
            Subject::Message(message) => {
                let text = String::from_utf8_lossy(&message.bytes);
                let maybe = mentions::evm(&text);
                self.marked(&maybe).into_iter().for_each(|address| add(&message.path, address));
            }
            _ => {}
        }
        all
    }

    /// Whoever is listed or blocked and stands in call data, at whatever byte, under whatever flags, or as digits of a text, with the
    /// path of the innermost call that holds it. A call that does nothing but end rights is left out: it must name whose.
    fn marked_in_calls(&self) -> Vec<(&str, Address)> {
        let calls = &self.unpacked.calls;
        let mut found = Vec::new();
        let mut roots: Vec<Range<*const u8>> = Vec::new();
        for (index, call) in calls.iter().enumerate() {
            let range = call.data.as_ptr_range();
            let holds = |outer: &Range<*const u8>, inner: &Range<*const u8>| {
                outer.start <= inner.start && inner.end <= outer.end
            };
            // Data within data were looked through with them.
            if call.data.is_empty() || roots.iter().any(|root| holds(root, &range)) {
                continue;
            }
            let windows = mentions::windows(call.data);
            let places: Vec<Address> = windows.iter().map(|(_, address)| *address).collect();
            let marked: HashSet<Address> = self.marked(&places).into_iter().collect();
            for (at, address) in windows.into_iter().filter(|(_, address)| marked.contains(address)) {
                let place = call.data[at..at + mentions::LENGTH].as_ptr_range();
                let inside = calls.iter().enumerate().skip(index);
                let holding = inside.filter(|(_, inner)| holds(&inner.data.as_ptr_range(), &place));
                let innermost =
                    holding.max_by_key(|(_, inner)| inner.depth).map_or(index, |(inner, _)| inner);
                if !self.only_takes_away(innermost) {
                    found.push((&calls[innermost].path[..], address));
                }
            }
            let written = mentions::evm(&String::from_utf8_lossy(call.data));
            found.extend(self.marked(&written).into_iter().map(|address| (&call.path[..], address)));
            roots.push(range);
        }
        found
    }

    /// Those of many addresses that lists, facts or the policy hold something against, each once. O(addresses), and a full question
    /// to the lists for those alone of which they may say something.
    fn marked(&self, addresses: &[Address]) -> Vec<Address> {
        let suspects = self.suspects.get_or_init(|| {
            let blocked = self.policy.blocked.iter().map(|entry| entry.address.0);
            let listed = self.facts.address.iter().filter(|facts| facts.screened.is_some());
            blocked.chain(listed.map(|facts| facts.address.0)).collect()
        });
        let bytes: Vec<[u8; 20]> = addresses.iter().map(|address| address.into_array()).collect();
        let known = self.context.lists.map(|lists| lists.may_know_evm(&bytes)).unwrap_or_default();
        let mut seen = HashSet::new();
        let all = addresses.iter().zip(known.into_iter().chain(std::iter::repeat(false)));
        let may = all.filter(|(address, is_known)| *is_known || suspects.contains(*address));
        may.map(|(address, _)| *address)
            .filter(|address| seen.insert(*address) && self.is_marked(address))
            .collect()
    }

    /// The texts of a message, of typed data or of calls, with the path.
    fn texts(&self) -> Vec<(String, Cow<'_, str>)> {
        let mut texts: Vec<(String, Cow<'_, str>)> = Vec::new();
        match self.subject {
            Subject::Message(message) => {
                texts.push((message.path.clone(), String::from_utf8_lossy(&message.bytes)));
            }
            Subject::Typed(data, _) => {
                let mut found = Vec::new();
                data.domain.texts("domain", &mut found);
                data.message.texts("message", &mut found);
                texts.extend(found.into_iter().map(|(path, text)| (path, Cow::Borrowed(text))));
            }
            _ => {}
        }
        let outer = self.unpacked.calls.iter().filter(|call| call.depth == 0 && !call.data.is_empty());
        texts.extend(outer.map(|call| (call.path.clone(), String::from_utf8_lossy(call.data))));
        texts
    }

    /// Addresses of other chains that texts name, with the path and what the lists say unless they clear them.
    pub fn foreign_in_texts(&self) -> Vec<(String, tracehound_model::Address, Listing)> {
        let Some(lists) = self.context.lists else { return Vec::new() };
        let mut found = Vec::new();
        for (path, text) in self.texts() {
            for address in mentions::addresses(&text) {
                match lists.screen(&address) {
                    Listing::Clear => {}
                    listing => found.push((path.clone(), address, listing)),
                }
            }
        }
        found
    }

    /// Addresses of other chains that the policy blocks, where a text, call data or typed data hold one: as it is written, or
    /// the bytes that stand behind it. O(bytes).
    pub fn blocked_elsewhere(&self) -> Vec<(String, &'a ElsewhereEntry)> {
        let elsewhere = &self.policy.elsewhere;
        let mut found: Vec<(String, &'a ElsewhereEntry)> = Vec::new();
        if !elsewhere.blocks_any() {
            return found;
        }
        for (path, text) in self.texts() {
            found.extend(elsewhere.blocked_in_text(&text).map(|entry| (path.clone(), entry)));
        }
        for call in &self.unpacked.calls {
            found.extend(elsewhere.blocked_in_bytes(call.data).map(|entry| (call.path.clone(), entry)));
        }
        if let Subject::Typed(data, _) = self.subject {
            let mut bytes = Vec::new();
            data.message.bytes_of("message", &mut bytes);
            for (path, bytes) in bytes {
                found.extend(elsewhere.blocked_in_bytes(&bytes).map(|entry| (path.clone(), entry)));
            }
        }
        found.sort_by(|a, b| (&a.0, &a.1.name).cmp(&(&b.0, &b.1.name)));
        found.dedup();
        found
    }

    /// Whether lists, facts or the policy hold something against an address.
    pub fn is_marked(&self, address: &Address) -> bool {
        let listed = || matches!(self.screened(address), Listing::Listed(_) | Listing::Doubtful(_));
        self.policy.blocks(address, self.chain_id).is_some() || listed()
    }

    /// What the number in an `approve` is, where it is no amount of what is known to be a coin.
    pub(crate) fn one_or_coin(&self, call: &Call<'_>, grant: &Grant) -> Option<OneOrCoin> {
        let is_approve = call.signature() == Some("approve(address,uint256)");
        if !is_approve || grant.spender.is_zero() {
            return None;
        }
        // A price of a collection says that it is one, and so does a call that coins have not.
        let is_priced = self.facts.floor.iter().any(|floor| floor.collection.0 == grant.token);
        if is_priced || self.moves_pieces_of(&grant.token) {
            return Some(OneOrCoin::One);
        }
        (!self.is_coin(&grant.token)).then_some(OneOrCoin::Either)
    }

    /// Whether what is asked for calls a contract by a function of collections alone.
    fn moves_pieces_of(&self, token: &Address) -> bool {
        let mut calls = self.unpacked.calls.iter().filter(|call| call.to == Some(*token) && !call.delegate);
        calls.any(|call| {
            let name = call.decoded.as_ref().map_or("", |decoded| &decoded.function.name[..]);
            matches!(name, "safeTransferFrom" | "safeBatchTransferFrom" | "setApprovalForAll")
        })
    }

    /// Whether a token is known to be a coin, whose numbers are amounts: by the table that is shipped, or because it has decimal
    /// places, as no collection has. That it is a token says nothing: a collection is one too.
    pub(crate) fn is_coin(&self, token: &Address) -> bool {
        let own = || self.facts.own_names.iter().find(|own| own.address.0 == *token).map(|own| own.decimals);
        let places = || self.token(token).map(|token| token.decimals).or_else(own);
        known::shipped(token, self.chain_id).is_some() || places().is_some_and(|places| places > 0)
    }

    /// Whether an act moves a piece that has a number, or may: nothing says that what moves is a coin.
    pub(crate) fn moves_piece(&self, placed: &Placed) -> bool {
        let Act::Transfer { token, nft, .. } = &placed.act else { return false };
        let call = &self.unpacked.calls[placed.call];
        let is_priced = || self.facts.floor.iter().any(|floor| floor.collection.0 == *token);
        *nft || call.signature() == Some("transferFrom(address,address,uint256)")
            && (is_priced() || !self.is_coin(token))
    }

    /// Whether a right is one over the signer's own tokens.
    pub fn is_owned(&self, grant: &Grant) -> bool {
        grant.owner.is_none_or(|owner| self.is_own(&owner))
    }

    /// Whether a right is one over what the signer, or a Safe that is made to act, has.
    pub(crate) fn is_spent(&self, grant: &Grant) -> bool {
        grant.owner.is_none_or(|owner| self.spends(&owner))
    }

    /// Whose tokens a right is over, where they are not the signer's own.
    pub(crate) fn holder_by(&self, grant: &Grant) -> Option<Address> {
        grant.owner.filter(|owner| !self.is_own(owner))
    }

    /// Whether a right is the signer's own over what is his own.
    pub(crate) fn is_of_spender(&self, grant: &Grant) -> bool {
        self.is_owned(grant) && self.is_own(&grant.spender)
    }

    /// Whether a call does nothing but end rights, or change a Safe in a way of which those who come in are known.
    pub(crate) fn only_takes_away(&self, call: usize) -> bool {
        const ENDING: &[&str] =
            &["approve(", "setApprovalForAll(", "permit(", "lockdown(", "decreaseAllowance("];
        let signature = self.unpacked.calls[call].signature().unwrap_or_default();
        let ends = ENDING.iter().any(|name| signature.starts_with(name));
        let mut acts = self.acts.iter().filter(|placed| placed.call == call).map(|placed| &placed.act);
        // Money is judged by who receives it.
        let mut others = acts.by_ref().filter(|act| !matches!(act, Act::Pay { .. })).peekable();
        others.peek().is_some()
            && others.all(|act| match act {
                Act::Grant(grant) => ends && grant.extent == Extent::None && self.is_owned(grant),
                Act::Power { power, .. } => power.is_less(),
                Act::Setting { setting, .. } => !matches!(setting, Setting::Setup(_)),
                Act::Named { .. } => ends,
                _ => false,
            })
    }

    fn dealt_with(
        &self,
        grants: impl Fn(&Grant) -> bool,
        powers: impl Fn(Power) -> bool,
    ) -> Vec<(String, Address)> {
        let mut all: Vec<(String, Address)> = Vec::new();
        for call in &self.unpacked.calls {
            all.extend(call.to.map(|to| (call.path.clone(), to)));
        }
        for (path, to) in self.recipients() {
            all.push((path.to_owned(), to));
        }
        for (path, grant) in &self.grants {
            if grants(grant) {
                all.push((path.clone(), grant.spender));
            }
            all.push((path.clone(), grant.token));
        }
        for placed in &self.acts {
            let named = match &placed.act {
                Act::Power { holder, power, .. } => holder.filter(|_| powers(*power)),
                Act::Setting { setting, .. } => setting.newcomer(),
                _ => None,
            };
            all.extend(named.map(|address| (placed.path.clone(), address)));
        }
        for authorization in self.authorizations {
            all.push((authorization.path.clone(), authorization.address));
            all.extend(authorization.authority.map(|authority| (authorization.path.clone(), authority)));
        }
        if let Some((data, meaning)) = self.typed() {
            all.extend(
                data.domain.address("verifyingContract").map(|address| ("domain".to_owned(), address)),
            );
            let orders = match meaning {
                Meaning::Orders { orders, .. } => &orders[..],
                Meaning::Known(known) => {
                    let whom = known.operators.iter().chain(&known.spender);
                    all.extend(whom.map(|address| ("message".to_owned(), *address)));
                    &known.orders[..]
                }
                _ => &[],
            };
            for order in orders {
                let recipients = order.asked.iter().filter_map(|item| item.recipient);
                all.extend(recipients.chain(order.taker).map(|address| (order.path.clone(), address)));
            }
        }
        all.sort();
        all.dedup_by(|a, b| a.1 == b.1 && a.0 == b.0);
        all
    }
}

/// Functions by which one account acts for another. Source: Euler, `EthereumVaultConnector.sol`.
pub(crate) const ON_BEHALF: &[&str] =
    &["call(address,address,uint256,bytes)", "batch((address,address,uint256,bytes)[])"];

/// Functions by which a Safe acts. Source: `Safe.sol`, `ModuleManager.sol`.
fn is_execution(signature: &str) -> bool {
    const MODULE: &str = "(address,uint256,bytes,uint8)";
    let name = signature.strip_suffix(MODULE);
    signature == EXECUTION
        || matches!(name, Some("execTransactionFromModule" | "execTransactionFromModuleReturnData"))
}

/// The function by which anybody executes what the owners of a Safe signed.
pub(crate) const EXECUTION: &str =
    "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)";

/// Addresses in the data of a call: of a function that is known, its parameters; else whatever looks like one.
pub(crate) fn named(call: &Call<'_>) -> Vec<Address> {
    call.decoded.as_ref().map_or_else(
        || mentions::words(call.data.get(4..).unwrap_or_default()).0,
        |decoded| decoded.args.iter().flat_map(Value::addresses).collect(),
    )
}

/// Addresses of typed data, and what may be one, where something is held against it.
fn in_data(data: &Data, named: &mut Vec<Address>, maybe: &mut Vec<Address>) {
    let mut bytes = |bytes: &[u8]| maybe.extend(mentions::windows(bytes).into_iter().map(|(_, it)| it));
    match data {
        Data::Address(address) => named.push(*address),
        Data::List(items) => items.iter().for_each(|item| in_data(item, named, maybe)),
        Data::Struct(_, fields) => fields.iter().for_each(|(_, field)| in_data(field, named, maybe)),
        Data::Bytes(data) => bytes(data),
        Data::Uint(number) | Data::Int(number) => bytes(&number.to_be_bytes::<32>()),
        Data::Fixed(word, _) => bytes(word.as_slice()),
        Data::Text(text) => maybe.extend(mentions::evm(text)),
        Data::Bool(_) => {}
    }
}
