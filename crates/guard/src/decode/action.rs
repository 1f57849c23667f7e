//! What a call means: who gets what from whom.

use alloy_primitives::{Address, B256, U256};

use super::{abi::Value, router::Plan, table::PowerKind, unpack::Call};

/// How much an allowance covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// So many base units; for a field of so many bits.
    Exact(U256, u16),
    /// The NFT of that number.
    Nft(U256),
    /// Everything, now and later.
    All,
    /// Nothing: the allowance ends.
    None,
}

/// How an allowance is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// `approve`, `increaseAllowance`.
    Approve,
    /// `setApprovalForAll`.
    ApproveAll,
    /// Permit2's own `approve`.
    Permit2,
    /// A signature: EIP-2612, DAI, Permit2.
    Permit,
    /// A signature that transfers at once: Permit2's `PermitTransferFrom`.
    PermitTransfer,
}

/// A right to move somebody's tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// How it is given.
    pub by: By,
    /// The token or collection.
    pub token: Address,
    /// Whose tokens, if not the signer's.
    pub owner: Option<Address>,
    /// Who may move them.
    pub spender: Address,
    /// How much.
    pub extent: Extent,
    /// Seconds since 1970 until which the allowance holds.
    pub expires: Option<U256>,
    /// Seconds since 1970 until which the signature can be used.
    pub deadline: Option<U256>,
}

/// A change of a Safe's own settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// A new owner, and the threshold from then on.
    AddOwner(Address, U256),
    /// One owner fewer, and the threshold from then on.
    RemoveOwner(Address, U256),
    /// One owner instead of another.
    SwapOwner(Address, Address),
    /// A new threshold.
    Threshold(U256),
    /// A module that may act without signatures.
    EnableModule(Address),
    /// A module less.
    DisableModule(Address),
    /// Transaction guard; zero removes it.
    Guard(Address),
    /// Module guard; zero removes it.
    ModuleGuard(Address),
    /// Fallback handler.
    Handler(Address),
    /// New code.
    Singleton(Address),
    /// New code, chosen by the contract that runs.
    Migrate,
    /// Everything anew.
    Setup(Vec<Address>),
}

impl Setting {
    /// Who comes in by the change.
    pub fn newcomer(&self) -> Option<Address> {
        match self {
            Self::AddOwner(new, _)
            | Self::SwapOwner(_, new)
            | Self::EnableModule(new)
            | Self::Guard(new)
            | Self::ModuleGuard(new)
            | Self::Handler(new)
            | Self::Singleton(new) => Some(*new),
            Self::RemoveOwner(..)
            | Self::Threshold(_)
            | Self::DisableModule(_)
            | Self::Migrate
            | Self::Setup(_) => None,
        }
    }
}

/// Power over a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// Owner, administrator, governor, minter.
    Holder,
    /// New code.
    Code,
    /// A role.
    Role,
    /// Nobody owns it from now on, a role is given up, or taken.
    GiveUp,
    /// Something offered is accepted.
    Accept,
    /// To act for whoever calls: to move, borrow or order what he has there.
    Operator,
    /// Nobody acts for whoever calls any more, or one fewer.
    NoOperator,
    /// A rule that protects: a delay, a price source, a limit, a switch.
    Rule,
    /// A vote, or the right to cast it.
    Vote,
}

impl Power {
    /// Whether power is given up or taken, and nobody gets any.
    pub const fn is_less(self) -> bool {
        matches!(self, Self::GiveUp | Self::NoOperator)
    }
}

/// What a call does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Sends the native coin.
    Pay {
        /// To whom.
        to: Address,
        /// Wei.
        value: U256,
    },
    /// Moves tokens.
    Transfer {
        /// The token.
        token: Address,
        /// From whom, if not the caller.
        from: Option<Address>,
        /// To whom.
        to: Address,
        /// Base units, or the number of an NFT.
        amount: U256,
        /// Whether the number names an NFT.
        nft: bool,
    },
    /// Gives a right over tokens.
    Grant(Grant),
    /// Changes a Safe.
    Setting {
        /// Which Safe.
        safe: Address,
        /// How.
        setting: Setting,
    },
    /// Gives or changes power over a contract.
    Power {
        /// Over which contract.
        over: Address,
        /// The function.
        function: String,
        /// Who or what gets it.
        holder: Option<Address>,
        /// What kind.
        power: Power,
    },
    /// Approves the hash of another Safe's transaction.
    ApproveHash {
        /// Which Safe.
        safe: Address,
        /// The hash.
        hash: B256,
    },
    /// Marks a message as signed by the Safe.
    SignMessage {
        /// The message, hexadecimal.
        message: Vec<u8>,
    },
    /// Creates a contract.
    Create,
    /// Calls a function known by name, without a meaning of its own here.
    Named {
        /// Whom.
        to: Address,
        /// The function.
        function: String,
        /// Who gets what comes out of it, where a parameter says so: `to`, `recipient` and alike.
        beneficiaries: Vec<Address>,
    },
    /// Sends a text along, which a contract would take for a call.
    Memo {
        /// Whom.
        to: Address,
        /// What it says.
        text: String,
    },
    /// Calls a function nobody told us about.
    Unknown {
        /// Whom.
        to: Address,
        /// Its selector.
        selector: [u8; 4],
    },
}

/// An act and the call it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Where.
    pub path: String,
    /// Index of the call.
    pub call: usize,
    /// What.
    pub act: Act,
}

impl Placed {
    /// Whose tokens move, or may be moved from now on, where the call names him.
    pub(crate) fn holder(&self) -> Option<Address> {
        match &self.act {
            Act::Transfer { from, .. } => *from,
            Act::Grant(grant) if matches!(grant.by, By::Permit | By::PermitTransfer) => grant.owner,
            _ => None,
        }
    }
}

/// Names that drainers give to the function that takes the money.
pub const LURES: &[&str] = &[
    "claim()",
    "claim(address)",
    "claimReward()",
    "claimRewards()",
    "claimRewards(address)",
    "securityUpdate()",
    "SecurityUpdate()",
    "networkMerge()",
    "connect()",
    "verify()",
    "Claim()",
    "Multicall((address,bytes)[])",
];

/// What each call does, in order.
pub fn acts(calls: &[Call<'_>]) -> Vec<Placed> {
    let mut placed = Vec::new();
    for (index, call) in calls.iter().enumerate() {
        let mut add = |act| placed.push(Placed { path: call.path.clone(), call: index, act });
        let Some(to) = call.to else {
            add(Act::Create);
            continue;
        };
        // A delegatecall sends nothing.
        if !call.value.is_zero() && !call.delegate {
            add(Act::Pay { to, value: call.value });
        }
        if call.is_wrapper || call.data.is_empty() {
            continue;
        }
        if let Some(plan) = Plan::of(call) {
            planned(plan, call, to).into_iter().for_each(&mut add);
            continue;
        }
        let batch = call.decoded.as_ref().map_or_else(Vec::new, |decoded| {
            let mut batch = permit_batch(decoded);
            batch.extend(transfer_batch(decoded));
            batch.extend(lockdown(decoded).map(|act| whose(act, call.from)));
            batch
        });
        if batch.is_empty() {
            meaning(call, to).map(|act| whose(act, call.from)).into_iter().for_each(&mut add);
        } else {
            batch.into_iter().for_each(add);
        }
    }
    placed
}

/// What a list of commands does.
fn planned(plan: Plan, call: &Call<'_>, to: Address) -> Vec<Act> {
    let function = call.signature().unwrap_or_default().to_owned();
    let named = Act::Named { to, function, beneficiaries: plan.beneficiaries.into_iter().collect() };
    let given = |grants: Vec<Grant>| grants.into_iter().map(|grant| whose(Act::Grant(grant), call.from));
    // In the order in which they happen.
    let (before, after) = (given(plan.grants), given(plan.late_grants));
    let transfers = plan.transfers.into_iter().map(|(token, to, amount)| Act::Transfer {
        token,
        from: call.from,
        to,
        amount,
        nft: false,
    });
    before.chain([named]).chain(after).chain(transfers).collect()
}

/// A right that a contract gives inside its own call is one over that contract's tokens.
fn whose(act: Act, caller: Option<Address>) -> Act {
    match act {
        Act::Grant(Grant {
            owner: None,
            by: by @ (By::Approve | By::ApproveAll | By::Permit2),
            token,
            spender,
            extent,
            expires,
            deadline,
        }) => Act::Grant(Grant { by, token, owner: caller, spender, extent, expires, deadline }),
        other => other,
    }
}

/// Permit2's `lockdown`: the end of one right for each pair of a token and who may spend it. Source: `AllowanceTransfer.sol`.
fn lockdown(decoded: &super::Decoded<'_>) -> impl Iterator<Item = Act> {
    let is = decoded.signature() == "lockdown((address,address)[])";
    let pairs = decoded.args.first().filter(|_| is).map(Value::elements).unwrap_or_default();
    pairs.iter().filter_map(|pair| {
        let pair = pair.elements();
        let (token, spender) = (pair.first()?.address()?, pair.get(1)?.address()?);
        let (by, extent) = (By::Permit2, Extent::None);
        Some(Act::Grant(Grant { by, token, owner: None, spender, extent, expires: None, deadline: None }))
    })
}

/// Permit2's batch: one grant for each entry.
fn permit_batch(decoded: &super::Decoded<'_>) -> Vec<Act> {
    if decoded.signature() != "permit(address,((address,uint160,uint48,uint48)[],address,uint256),bytes)" {
        return Vec::new();
    }
    let Some(permit) = decoded.args.get(1).map(Value::elements) else { return Vec::new() };
    let spender = permit.get(1).and_then(Value::address).unwrap_or_default();
    let deadline = permit.get(2).and_then(Value::uint);
    let details = permit.first().map(Value::elements).unwrap_or_default();
    let grants = details.iter().filter_map(|details| {
        let details = details.elements();
        let amount = details.get(1)?.uint()?;
        let extent = if amount.is_zero() { Extent::None } else { Extent::Exact(amount, 160) };
        let (token, expires) = (details.first()?.address()?, details.get(2)?.uint());
        Some(Act::Grant(Grant {
            by: By::Permit,
            token,
            owner: decoded.address(0),
            spender,
            extent,
            expires,
            deadline,
        }))
    });
    grants.collect()
}

/// Permit2's batch of transfers. Source: Uniswap permit2, `IAllowanceTransfer.AllowanceTransferDetails`.
fn transfer_batch(decoded: &super::Decoded<'_>) -> Vec<Act> {
    if decoded.signature() != "transferFrom((address,address,uint160,address)[])" {
        return Vec::new();
    }
    let details = decoded.args.first().map(Value::elements).unwrap_or_default();
    let transfers = details.iter().filter_map(|details| {
        let details = details.elements();
        Some(Act::Transfer {
            token: details.get(3)?.address()?,
            from: details.first()?.address(),
            to: details.get(1)?.address()?,
            amount: details.get(2)?.uint()?,
            nft: false,
        })
    });
    transfers.collect()
}

/// Addresses in parameters whose name says that they receive.
fn beneficiaries(decoded: &super::Decoded<'_>, caller: Option<Address>) -> Vec<Address> {
    fn look(params: &[super::Param], values: &[Value<'_>], out: &mut Vec<Address>) {
        for (param, value) in params.iter().zip(values) {
            match (&param.ty, value) {
                (super::Type::Tuple(inner), Value::Tuple(values)) => look(inner, values, out),
                (_, Value::Address(address)) if RECEIVES.contains(&&param.name[..]) => out.push(*address),
                // Of a number its end is meant. Source: 1inch, `AddressLib.sol`.
                (_, Value::Uint(number)) if RECEIVES.contains(&&param.name[..]) => {
                    out.push(Address::from_word(number.to_be_bytes().into()));
                }
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    look(&decoded.function.params, &decoded.args, &mut found);
    // Where nobody is named there, whoever calls gets it. Source: 1inch, `AggregationRouterV6.sol` (GenericRouter), `swap`.
    if let Some(caller) = caller.filter(|_| decoded.signature() == ONE_INCH) {
        found.iter_mut().filter(|to| to.is_zero()).for_each(|to| *to = caller);
    }
    found
}

/// A function of 1inch's router; its last number are switches, one of which takes by Permit2 instead.
pub(crate) const ONE_INCH: &str =
    "swap(address,(address,address,address,address,uint256,uint256,uint256),bytes)";

/// Names of parameters that say who receives.
const RECEIVES: &[&str] = &["to", "recipient", "receiver", "dstReceiver", "onBehalfOf", "beneficiary"];

fn meaning(call: &Call<'_>, to: Address) -> Option<Act> {
    let Some(decoded) = &call.decoded else {
        return Some(match memo(call.data) {
            Some(text) => Act::Memo { to, text: text.to_owned() },
            None => Act::Unknown { to, selector: call.selector()? },
        });
    };
    // The storage that changes is the caller's when foreign code runs on it.
    let subject = if call.delegate { call.from.unwrap_or(to) } else { to };
    let signature = decoded.signature();
    let named = || Act::Named {
        to,
        function: signature.to_owned(),
        beneficiaries: beneficiaries(decoded, call.from),
    };
    let act = token(decoded, signature, to)
        .or_else(|| setting(decoded, signature).map(|setting| Act::Setting { safe: subject, setting }))
        .or_else(|| by_table(decoded, signature, to))
        .or_else(|| power(decoded, signature, to));
    Some(match (signature, act) {
        (_, Some(act)) => act,
        ("approveHash(bytes32)", None) => {
            let hash = decoded.args.first().and_then(Value::bytes).unwrap_or_default();
            B256::try_from(hash).map_or_else(|_| named(), |hash| Act::ApproveHash { safe: to, hash })
        }
        ("signMessage(bytes)", None) => {
            let message = decoded.args.first().and_then(Value::bytes).unwrap_or_default();
            Act::SignMessage { message: message.to_vec() }
        }
        ("performCreate(uint256,bytes)" | "performCreate2(uint256,bytes,bytes32)", None) => Act::Create,
        (_, None) => named(),
    })
}

fn token(decoded: &super::Decoded<'_>, signature: &str, to: Address) -> Option<Act> {
    let address = |index| decoded.address(index);
    let uint = |index| decoded.uint(index);
    let transfer = |from: Option<Address>, receiver: Address, amount: U256, nft: bool| {
        Some(Act::Transfer { token: to, from, to: receiver, amount, nft })
    };
    let extent =
        |amount: U256, bits| if amount.is_zero() { Extent::None } else { Extent::Exact(amount, bits) };
    let grant = |by, token, owner, spender, extent, expires, deadline| {
        Some(Act::Grant(Grant { by, token, owner, spender, extent, expires, deadline }))
    };
    match signature {
        "transfer(address,uint256)"
        | "transferAndCall(address,uint256)"
        | "transferAndCall(address,uint256,bytes)"
        | "send(address,uint256,bytes)"
        | "push(address,uint256)" => transfer(None, address(0)?, uint(1)?, false),
        "transferFrom(address,address,uint256)"
        | "transferFromAndCall(address,address,uint256)"
        | "transferFromAndCall(address,address,uint256,bytes)"
        | "move(address,address,uint256)" => transfer(address(0), address(1)?, uint(2)?, false),
        // ERC-6909 and CryptoPunks: the number first.
        "transfer(address,uint256,uint256)" | "transferPunk(address,uint256)" => {
            transfer(None, address(0)?, uint(1)?, true)
        }
        "transferFrom(address,address,uint256,uint256)" => transfer(address(0), address(1)?, uint(2)?, true),
        "safeTransferFrom(address,address,uint256)"
        | "safeTransferFrom(address,address,uint256,bytes)"
        | "safeTransferFrom(address,address,uint256,uint256,bytes)" => {
            transfer(address(0), address(1)?, uint(2)?, true)
        }
        "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)" => {
            transfer(address(0), address(1)?, U256::ZERO, true)
        }
        "transferFrom(address,address,uint160,address)" => Some(Act::Transfer {
            token: address(3)?,
            from: address(0),
            to: address(1)?,
            amount: uint(2)?,
            nft: false,
        }),
        "approve(address,uint256)"
        | "increaseAllowance(address,uint256)"
        | "increaseApproval(address,uint256)"
        | "approveAndCall(address,uint256)"
        | "approveAndCall(address,uint256,bytes)" => {
            grant(By::Approve, to, None, address(0)?, extent(uint(1)?, 256), None, None)
        }
        "setApprovalForAll(address,bool)" => {
            let all = decoded.args.get(1)?.boolean()?;
            let extent = if all { Extent::All } else { Extent::None };
            grant(By::ApproveAll, to, None, address(0)?, extent, None, None)
        }
        // zkSync Era's own way to pay fees in a token: the account approves the paymaster before anything else.
        "approvalBased(address,uint256,bytes)" => {
            grant(By::Approve, address(0)?, None, to, extent(uint(1)?, 256), None, None)
        }
        "approve(address,address,uint160,uint48)" => {
            grant(By::Permit2, address(0)?, None, address(1)?, extent(uint(2)?, 160), uint(3), None)
        }
        "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"
        | "permit(address,address,uint256,uint256,bytes)" => {
            grant(By::Permit, to, address(0), address(1)?, extent(uint(2)?, 256), None, uint(3))
        }
        "permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)" => {
            let extent = if decoded.args.get(4)?.boolean()? { Extent::All } else { Extent::None };
            grant(By::Permit, to, address(0), address(1)?, extent, None, uint(3))
        }
        "permit(address,((address,uint160,uint48,uint48),address,uint256),bytes)" => {
            let permit = decoded.args.get(1)?.elements();
            let details = permit.first()?.elements();
            let amount = extent(details.get(1)?.uint()?, 160);
            let (token, spender) = (details.first()?.address()?, permit.get(1)?.address()?);
            let deadline = permit.get(2)?.uint();
            grant(By::Permit, token, address(0), spender, amount, details.get(2)?.uint(), deadline)
        }
        _ => None,
    }
}

fn setting(decoded: &super::Decoded<'_>, signature: &str) -> Option<Setting> {
    let address = |index| decoded.address(index);
    let uint = |index| decoded.uint(index);
    Some(match signature {
        "addOwnerWithThreshold(address,uint256)" => Setting::AddOwner(address(0)?, uint(1)?),
        "removeOwner(address,address,uint256)" => Setting::RemoveOwner(address(1)?, uint(2)?),
        "swapOwner(address,address,address)" => Setting::SwapOwner(address(1)?, address(2)?),
        "changeThreshold(uint256)" => Setting::Threshold(uint(0)?),
        "enableModule(address)" => Setting::EnableModule(address(0)?),
        "disableModule(address,address)" => Setting::DisableModule(address(1)?),
        "setGuard(address)" => Setting::Guard(address(0)?),
        "setModuleGuard(address)" => Setting::ModuleGuard(address(0)?),
        "setFallbackHandler(address)" => Setting::Handler(address(0)?),
        "changeMasterCopy(address)" | "migrateToL2(address)" | "migrateFromV111(address,address)" => {
            Setting::Singleton(address(0)?)
        }
        "migrateSingleton()"
        | "migrateWithFallbackHandler()"
        | "migrateL2Singleton()"
        | "migrateL2WithFallbackHandler()" => Setting::Migrate,
        "setup(address[],uint256,address,bytes,address,address,uint256,address)" => {
            Setting::Setup(decoded.args.first()?.elements().iter().filter_map(Value::address).collect())
        }
        _ => return None,
    })
}

/// A text for the receiver, as exchanges ask for: readable letters all through, and no call with arguments.
fn memo(data: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(data).ok()?;
    let plain = text.chars().all(|c| c.is_alphanumeric() || " -_.:/#".contains(c));
    (plain && data.len() <= 128).then_some(text)
}

/// Who an argument names: an address, also one that stands in 32 bytes as bridges write it.
fn who(value: &Value<'_>) -> Option<Address> {
    value.address().or_else(|| {
        let word = value.bytes().filter(|bytes| bytes.len() == 32)?;
        Some(Address::from_slice(&word[12..]))
    })
}

/// Domains of CCTP whose chains write addresses in 32 bytes: Noble, Solana, Sui, Aptos. Source: Circle, "CCTP supported blockchains".
const OTHER_DOMAINS: [u64; 4] = [4, 5, 8, 9];

/// Each of its requests names whom it serves, last. Source: Layr-Labs/eigenlayer-contracts, `DelegationManager.sol`.
const QUEUE_WITHDRAWALS: &str = "queueWithdrawals((address[],uint256[],address)[])";

/// What the table of functions under other names says of a call.
fn by_table(decoded: &super::Decoded<'_>, signature: &str, to: Address) -> Option<Act> {
    let named = super::table::named(signature)?;
    if super::cow::is_read(decoded) {
        return Some(Act::Named { to, function: signature.to_owned(), beneficiaries: Vec::new() });
    }
    let named_by = named.who.as_ref().and_then(|place| place.of(&decoded.args));
    // CCTP: elsewhere all 32 bytes are somebody's, and of a part of them nobody is made.
    let is_elsewhere = decoded.function.name.starts_with("depositForBurn")
        && decoded
            .uint(1)
            .is_some_and(|domain| OTHER_DOMAINS.iter().any(|other| U256::from(*other) == domain));
    let is_whole =
        |value: &&Value<'_>| value.bytes().is_none_or(|word| word.len() != 32 || word[..12] == [0; 12]);
    let holder = named_by.filter(|value| !is_elsewhere || is_whole(value)).and_then(who);
    let function = format!("{signature}: {}", named.what);
    Some(match named.kind {
        PowerKind::Power(power) => {
            let power = match power {
                _ if !named.takes_back(&decoded.args) => power,
                Power::Operator => Power::NoOperator,
                _ => Power::GiveUp,
            };
            Act::Power { over: to, function, holder, power }
        }
        PowerKind::Cancel => Act::Named { to, function: signature.to_owned(), beneficiaries: Vec::new() },
        PowerKind::Out => {
            let mut beneficiaries: Vec<Address> = holder.into_iter().collect();
            if signature == QUEUE_WITHDRAWALS {
                let requests = decoded.args.first().map(Value::elements).unwrap_or_default();
                beneficiaries
                    .extend(requests.iter().filter_map(|request| request.elements().get(2)?.address()));
            }
            Act::Named { to, function: signature.to_owned(), beneficiaries }
        }
    })
}

fn power(decoded: &super::Decoded<'_>, signature: &str, to: Address) -> Option<Act> {
    let first = decoded.address(0);
    let second = decoded.address(1);
    let last = decoded.args.iter().rev().find_map(Value::address);
    let (over, holder, power) = match &decoded.function.name[..] {
        "transferOwnership"
        | "transferOwnershipWithPropose"
        | "nominateNewOwner"
        | "setOwner"
        | "changeOwner"
        | "setPendingOwner"
        | "changeAdmin"
        | "setAdmin"
        | "setPendingAdmin"
        | "beginDefaultAdminTransfer"
        | "setGovernance"
        | "setGovernor"
        | "setController"
        | "setOperator"
        | "setMinter"
        | "addMinter"
        | "setAuthority"
        | "addAdmin"
        | "setPoolAdmin"
        | "addPoolAdmin"
        | "setEmergencyAdmin"
        | "transferPoolOwnership"
        | "setConfigurator" => (to, first, Power::Holder),
        "changeProxyAdmin" => (first?, second, Power::Holder),
        "upgradeTo"
        | "upgradeToAndCall"
        | "upgradeBeaconTo"
        | "setImplementation"
        | "setTarget"
        | "changeImplementation"
        | "setLendingPoolImpl"
        | "setPoolImpl"
        | "setLendingPoolConfiguratorImpl"
        | "setPoolConfiguratorImpl" => (to, first, Power::Code),
        "upgrade" | "upgradeAndCall" => (first?, second, Power::Code),
        "setAddress" | "setAddressAsProxy" | "diamondCut" => (to, last, Power::Code),
        "grantRole" => (to, last, Power::Role),
        "setRoleAdmin" => (to, None, Power::Role),
        "revokeRole" | "renounceRole" => (to, last, Power::GiveUp),
        "renounceOwnership" => (to, None, Power::GiveUp),
        "acceptOwnership" | "acceptAdmin" => (to, None, Power::Accept),
        _ => return None,
    };
    let power = if is_switched_off(decoded) { Power::GiveUp } else { power };
    Some(Act::Power { over, function: signature.to_owned(), holder, power })
}

/// Whether the one switch among the parameters says by its own name that nothing is given. What has no name, or another, may
/// be anything: `setOwner(address,bool direct)` gives either way.
fn is_switched_off(decoded: &super::Decoded<'_>) -> bool {
    const ON: &[&str] = &["allow", "approv", "authori", "enabl", "activ", "grant", "status"];
    const OFF: &[&str] =
        &["dis", "unauth", "inactiv", "deactiv", "revok", "remov", "den", "block", "paus", "frozen"];
    let switches =
        decoded.function.params.iter().zip(&decoded.args).filter(|(param, _)| param.ty == super::Type::Bool);
    let [(param, value)] = switches.collect::<Vec<_>>()[..] else { return false };
    let name = param.name.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    match value.boolean() {
        Some(on) if says(OFF) => on,
        Some(on) => !on && says(ON),
        None => false,
    }
}
