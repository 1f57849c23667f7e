//! The commands of Uniswap's Universal Router, read into what is given, what comes back, and who else gets something.
//!
//! Source: Uniswap/universal-router, `Commands.sol`, `Dispatcher.sol` and `Constants.sol` (commits 5060892, 2c32adc, 4cad5cc, and
//! the packages 2.0.0 and 2.1.0 of the npm registry); the types of version 2.1.1 are of `@uniswap/universal-router-sdk` 5.13.0 and
//! `@uniswap/v4-sdk` 2.4.0. The same bytes mean different things in different versions of the router, so that its address says
//! how they are read. A list with a command that is not read (NFTs, positions, bridges) is not read at all: a part of it would
//! say too much.

mod v4;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use alloy_primitives::{Address, U256};

use super::{
    abi::{Value, decode},
    action::{By, Extent, Grant},
    types::Function,
    unpack::Call,
};
use crate::entries::RouterVersion;

/// Functions that run commands.
pub(crate) const EXECUTE: &[&str] = &["execute(bytes,bytes[],uint256)", "execute(bytes,bytes[])"];

/// Most commands of one call.
const MAX_COMMANDS: usize = 256;
/// Set where a command may fail without the rest being undone.
const MAY_FAIL: u8 = 0x80;
/// All that the router has, where an amount is asked for.
const ALL: U256 = U256::ONE.wrapping_shl(255);
/// Whoever called, and the router itself, where a receiver is asked for.
const CALLER: u8 = 1;
const ROUTER: u8 = 2;

/// Plans inside of plans.
const MAX_DEPTH: usize = 4;

/// What every version reads alike, by its byte.
static COMMANDS: LazyLock<BTreeMap<u8, Function>> = LazyLock::new(|| {
    let details = "(address token,uint160 amount,uint48 expiration,uint48 nonce)";
    let batch = format!(
        "PERMIT2_PERMIT_BATCH(({details}[] details,address spender,uint256 sigDeadline) permit,bytes signature)"
    );
    let single = format!(
        "PERMIT2_PERMIT(({details} details,address spender,uint256 sigDeadline) permit,bytes signature)"
    );
    table(&[
        (
            0x00,
            "V3_SWAP_EXACT_IN(address recipient,uint256 amountIn,uint256 amountOutMin,bytes path,bool payerIsUser)",
        ),
        (
            0x01,
            "V3_SWAP_EXACT_OUT(address recipient,uint256 amountOut,uint256 amountInMax,bytes path,bool payerIsUser)",
        ),
        (0x02, "PERMIT2_TRANSFER_FROM(address token,address recipient,uint160 amount)"),
        (0x03, &batch),
        (0x04, "SWEEP(address token,address recipient,uint256 amountMin)"),
        (0x05, "TRANSFER(address token,address recipient,uint256 value)"),
        (0x06, "PAY_PORTION(address token,address recipient,uint256 bips)"),
        (
            0x08,
            "V2_SWAP_EXACT_IN(address recipient,uint256 amountIn,uint256 amountOutMin,address[] path,bool payerIsUser)",
        ),
        (
            0x09,
            "V2_SWAP_EXACT_OUT(address recipient,uint256 amountOut,uint256 amountInMax,address[] path,bool payerIsUser)",
        ),
        (0x0a, &single),
        (0x0b, "WRAP_ETH(address recipient,uint256 amount)"),
        (0x0c, "UNWRAP_WETH(address recipient,uint256 amountMin)"),
        (
            0x0d,
            "PERMIT2_TRANSFER_FROM_BATCH((address from,address to,uint160 amount,address token)[] details)",
        ),
        (0x0e, "BALANCE_CHECK_ERC20(address owner,address token,uint256 minBalance)"),
    ])
});

/// What versions from 2.0 on read besides.
static FROM_2_0: LazyLock<BTreeMap<u8, Function>> = LazyLock::new(|| {
    table(&[
        (V4_SWAP, "V4_SWAP(bytes actions,bytes[] params)"),
        (SUB_PLAN, "EXECUTE_SUB_PLAN(bytes commands,bytes[] inputs)"),
    ])
});

/// What version 2.1.1 reads otherwise. The least price of each hop can only stop an exchange.
static IN_2_1_1: LazyLock<BTreeMap<u8, Function>> = LazyLock::new(|| {
    table(&[
        (
            0x00,
            "V3_SWAP_EXACT_IN(address recipient,uint256 amountIn,uint256 amountOutMin,bytes path,bool payerIsUser,uint256[] minHopPriceX36)",
        ),
        (
            0x01,
            "V3_SWAP_EXACT_OUT(address recipient,uint256 amountOut,uint256 amountInMax,bytes path,bool payerIsUser,uint256[] minHopPriceX36)",
        ),
        (0x07, "PAY_PORTION_FULL_PRECISION(address token,address recipient,uint256 portion)"),
        (
            0x08,
            "V2_SWAP_EXACT_IN(address recipient,uint256 amountIn,uint256 amountOutMin,address[] path,bool payerIsUser,uint256[] minHopPriceX36)",
        ),
        (
            0x09,
            "V2_SWAP_EXACT_OUT(address recipient,uint256 amountOut,uint256 amountInMax,address[] path,bool payerIsUser,uint256[] minHopPriceX36)",
        ),
    ])
});

/// Commands of versions from 2.0 on that are not read. Source: Uniswap/universal-router, `Commands.sol`.
const UNREAD: &[(u8, &str)] = &[
    (0x11, "V3_POSITION_MANAGER_PERMIT"),
    (0x12, "V3_POSITION_MANAGER_CALL"),
    (0x13, "V4_INITIALIZE_POOL"),
    (0x14, "V4_POSITION_MANAGER_CALL"),
    (0x40, "ACROSS_V4_DEPOSIT_V3"),
];

const V4_SWAP: u8 = 0x10;
const SUB_PLAN: u8 = 0x21;

fn table(rows: &[(u8, &str)]) -> BTreeMap<u8, Function> {
    rows.iter().map(|(byte, text)| (*byte, Function::parse(text).expect("a test reads every row"))).collect()
}

/// How a version of the router reads a command; of a router that is not known, what all have in common.
fn command(version: Option<RouterVersion>, byte: u8) -> Option<&'static Function> {
    let own = match version {
        None | Some(RouterVersion::V1) => None,
        Some(RouterVersion::V2) => FROM_2_0.get(&byte),
        Some(RouterVersion::V2_1_1) => IN_2_1_1.get(&byte).or_else(|| FROM_2_0.get(&byte)),
    };
    own.or_else(|| COMMANDS.get(&byte))
}

/// What a list of commands does, whoever's contract runs it. The zero address is the chain's coin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// The most that is taken from whoever calls, by token.
    pub gives: BTreeMap<Address, U256>,
    /// The least that he gets, by token.
    pub gets: BTreeMap<Address, U256>,
    /// Rights that he gives at Permit2 before anything is taken.
    pub grants: Vec<Grant>,
    /// Those that he gives afterwards: by another right it was taken.
    pub late_grants: Vec<Grant>,
    /// What goes from him to others at once: token, receiver, amount.
    pub transfers: Vec<(Address, Address, U256)>,
    /// Who gets something out of it, where that is written as an address.
    pub beneficiaries: BTreeSet<Address>,
    /// Shares of what comes out: token, receiver, ten-thousandths.
    pub fees: Vec<(Address, Address, U256)>,
    /// What may stay in the router.
    pub left: BTreeSet<Address>,
    /// Tokens that are taken for the one that wraps the coin.
    pub wrapped: BTreeSet<Address>,
    /// Whether something may fail without the rest being undone.
    pub may_fail: bool,
    /// Whether less may be taken than is named, since what comes out is.
    pub takes_up_to: bool,
    /// Tokens that are exchanged, and whoever runs on the way.
    pub by_way_of: BTreeSet<Address>,
    /// Whether one part of an exchange is open where the others are not: they would speak for it.
    pub is_uneven: bool,
}

/// How much of a token the router has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Exactly(U256),
    /// What exchanges must bring, less what is spent of it.
    AtLeast(U256),
}

impl Held {
    fn and(self, more: Self) -> Self {
        match (self, more) {
            (Self::Exactly(a), Self::Exactly(b)) => {
                a.checked_add(b).map_or(Self::AtLeast(U256::ZERO), Self::Exactly)
            }
            _ => Self::AtLeast(self.least().saturating_add(more.least())),
        }
    }

    /// As much as is there whatever happens.
    fn least(self) -> U256 {
        match self {
            Self::Exactly(amount) | Self::AtLeast(amount) => amount,
        }
    }
}

/// The coin, wrapped by the router: by which token, the token's own name tells.
const WRAPPED: Address = Address::repeat_byte(0xfe);

struct Reader {
    plan: Plan,
    held: BTreeMap<Address, Held>,
    /// Exchanges whose own least amount protects them: what for what, at most, at least.
    direct: Vec<[(Address, U256); 2]>,
    /// What exchanges brought into the router, and for how much of what.
    routed: BTreeMap<Address, (Address, U256)>,
    from: Option<Address>,
    router: Address,
    version: Option<RouterVersion>,
    /// Commands that were read.
    count: usize,
    /// The command at which reading stopped.
    stopped: Option<u8>,
}

/// Who gets what comes out of a command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum To {
    Caller,
    Router,
    Other(Address),
}

impl Plan {
    /// Reads the commands of a call. `None` where it runs none, or one that is not read.
    pub(crate) fn of(call: &Call<'_>) -> Option<Self> {
        let (mut reader, is_read) = Reader::of(call)?;
        is_read.then_some(())?;
        reader.plan.is_uneven = is_uneven(&reader.direct);
        let left = reader.held.iter().filter(|(_, held)| **held != Held::Exactly(U256::ZERO));
        reader.plan.left = left.map(|(token, _)| *token).collect();
        // What is taken only to be given back is no exchange.
        if reader.plan.gets.keys().any(|token| !reader.plan.gives.contains_key(token)) {
            let Plan { gives, gets, .. } = &mut reader.plan;
            gets.retain(|token, _| !gives.contains_key(token));
        }
        Some(reader.plan)
    }

    /// The command of a call at which reading stops, by its name where versions from 2.0 on have one for it.
    pub(crate) fn stops_at(call: &Call<'_>) -> Option<String> {
        let (reader, is_read) = Reader::of(call)?;
        let byte = reader.stopped.filter(|_| !is_read)?;
        let own = command(reader.version, byte).map(|function| &function.name[..]);
        let name = own.or_else(|| UNREAD.iter().find(|(number, _)| *number == byte).map(|(_, name)| *name));
        let name = name.filter(|_| own.is_some() || reader.version != Some(RouterVersion::V1));
        Some(name.map_or_else(|| format!("{byte:#04x}"), |name| format!("{name} ({byte:#04x})")))
    }

    /// Whether one thing is exchanged for one other, or nothing at all is.
    pub(crate) fn is_single(&self) -> bool {
        self.gives.len() <= 1 && self.gets.len() <= 1
    }
}

impl Reader {
    /// What a call's commands do, as far as they are read, and whether they are to the end.
    fn of(call: &Call<'_>) -> Option<(Self, bool)> {
        let decoded =
            call.decoded.as_ref().filter(|it| EXECUTE.contains(&it.signature()) && !call.delegate)?;
        let commands = decoded.args.first()?.bytes()?;
        let inputs = decoded.args.get(1)?.elements();
        let mut reader = Self {
            plan: Plan::default(),
            held: BTreeMap::new(),
            direct: Vec::new(),
            routed: BTreeMap::new(),
            from: call.from,
            router: call.to?,
            version: crate::entries::router(&call.to?),
            count: 0,
            stopped: None,
        };
        if !call.value.is_zero() {
            reader.plan.gives.insert(Address::ZERO, call.value);
            reader.hold(Address::ZERO, Held::Exactly(call.value));
        }
        let is_read = reader.list(commands, inputs, 0).is_some();
        Some((reader, is_read))
    }

    /// Reads a list of commands, all of it or nothing.
    fn list(&mut self, commands: &[u8], inputs: &[Value<'_>], depth: usize) -> Option<()> {
        self.count += commands.len();
        if commands.len() != inputs.len()
            || self.count > MAX_COMMANDS
            || commands.is_empty()
            || depth > MAX_DEPTH
        {
            return None;
        }
        for (byte, input) in commands.iter().zip(inputs) {
            let number = byte & !MAY_FAIL;
            self.stopped = Some(number);
            let args = strictly(command(self.version, number)?, input.bytes()?)?;
            // That a permit was used before is no harm.
            let is_permit = matches!(number, 0x03 | 0x0a);
            self.plan.may_fail |= byte & MAY_FAIL != 0 && !is_permit;
            match number {
                V4_SWAP => self.v4(&args)?,
                SUB_PLAN => self.list(args.first()?.bytes()?, args.get(1)?.elements(), depth + 1)?,
                _ => self.run(number, &args)?,
            }
        }
        self.stopped = None;
        Some(())
    }

    fn hold(&mut self, token: Address, more: Held) {
        let held = self.held.entry(token).or_insert(Held::Exactly(U256::ZERO));
        *held = held.and(more);
    }

    fn to(&self, address: Address) -> To {
        let marker = |number: u8| address == Address::with_last_byte(number);
        match address {
            _ if marker(CALLER) || Some(address) == self.from => To::Caller,
            _ if marker(ROUTER) || address == self.router => To::Router,
            other => To::Other(other),
        }
    }

    /// Something comes out, at least so much.
    fn out(&mut self, token: Address, receiver: Address, least: U256) {
        match self.to(receiver) {
            To::Caller => {
                let sum = self.plan.gets.entry(token).or_default();
                *sum = sum.saturating_add(least);
                // Written as an address it must be known to be his.
                if Some(receiver) == self.from {
                    self.plan.beneficiaries.insert(receiver);
                }
            }
            To::Router => self.hold(token, Held::AtLeast(least)),
            To::Other(other) => {
                self.plan.beneficiaries.insert(other);
            }
        }
    }

    fn taken(&mut self, token: Address, most: U256) {
        let sum = self.plan.gives.entry(token).or_default();
        *sum = sum.saturating_add(most);
    }

    /// The router spends of what it has: an exact amount, or at most so much.
    fn spent(&mut self, token: Address, amount: U256, is_exact: bool) -> Option<()> {
        let token = if self.held.contains_key(&token) || !self.held.contains_key(&WRAPPED) {
            token
        } else {
            // Nothing else of it is here: it must be what was wrapped.
            let held = self.held.remove(&WRAPPED)?;
            self.plan.wrapped.insert(token);
            self.held.insert(token, held);
            token
        };
        let held = self.held.get_mut(&token)?;
        *held = match *held {
            _ if amount == ALL => Held::Exactly(U256::ZERO),
            Held::Exactly(has) if is_exact => Held::Exactly(has.checked_sub(amount)?),
            other => Held::AtLeast(other.least().saturating_sub(amount)),
        };
        Some(())
    }

    fn swap(&mut self, args: &[Value<'_>], is_exact_in: bool, is_v3: bool) -> Option<()> {
        let receiver = args.first()?.address()?;
        let (first, second) = (args.get(1)?.uint()?, args.get(2)?.uint()?);
        let path = args.get(3)?;
        let way = if is_v3 { packed_way(path.bytes()?)? } else { way_of_list(path)? };
        let [start, .., end] = &way[..] else { return None };
        let (start, end) = (*start, *end);
        self.plan.by_way_of.extend(&way);
        self.plan.takes_up_to |= !is_exact_in;
        // Exact outputs name a packed way from its end.
        let (gives, gets) = if is_v3 && !is_exact_in { (end, start) } else { (start, end) };
        let (most, least) = if is_exact_in { (first, second) } else { (second, first) };
        // Nothing to pay is what was paid before to the pool, by an address that is not told from a stranger's.
        if most.is_zero() {
            return None;
        }
        let is_from_caller = args.get(4)?.boolean()?;
        // As much as the router happens to have, and from the caller: anybody can give the router more.
        if is_from_caller && most == ALL {
            return None;
        }
        if let Some(origin) = self.origin(gives, most, is_from_caller) {
            self.part(origin, gets, receiver, least);
        }
        if is_from_caller {
            self.taken(gives, most);
        } else {
            self.spent(gives, most, is_exact_in)?;
        }
        self.out(gets, receiver, least);
        Some(())
    }

    /// What is given for a token that is spent: the token itself, or what it was exchanged for before.
    fn origin(&self, gives: Address, most: U256, is_from_caller: bool) -> Option<(Address, U256)> {
        match (self.routed.get(&gives), self.held.get(&gives).or(self.held.get(&WRAPPED))) {
            (Some(origin), _) if !is_from_caller => Some(*origin),
            (_, Some(Held::Exactly(has))) if most == ALL => Some((gives, *has)),
            _ => (most != ALL).then_some((gives, most)),
        }
    }

    /// A share of what the router has, or of what a pool owes, goes to somebody.
    fn shared(&mut self, token: Address, receiver: Address, share: U256) {
        match self.to(receiver) {
            To::Other(other) => self.plan.fees.push((token, other, share)),
            To::Caller => self.out(token, receiver, U256::ZERO),
            To::Router => {}
        }
    }

    /// Part of an exchange: what it brings to the caller, or into the router until it is swept.
    fn part(&mut self, origin: (Address, U256), gets: Address, receiver: Address, least: U256) {
        match self.to(receiver) {
            To::Caller => self.direct.push([origin, (gets, least)]),
            To::Router => {
                let routed = self.routed.entry(gets).or_insert((origin.0, U256::ZERO));
                routed.1 = routed.1.saturating_add(origin.1);
            }
            To::Other(_) => {}
        }
    }

    /// What was brought into the router leaves it, at least so much.
    fn swept(&mut self, token: Address, receiver: Address, least: U256) {
        if let Some(origin) = self.routed.remove(&token) {
            self.part(origin, token, receiver, least);
        }
    }

    fn run(&mut self, command: u8, args: &[Value<'_>]) -> Option<()> {
        let address = |index: usize| args.get(index).and_then(Value::address);
        let uint = |index: usize| args.get(index).and_then(Value::uint);
        match command {
            0x00 | 0x01 => self.swap(args, command == 0x00, true),
            0x08 | 0x09 => self.swap(args, command == 0x08, false),
            0x02 => {
                self.fetched(address(0)?, address(1)?, uint(2)?);
                Some(())
            }
            0x0d => {
                for details in args.first()?.elements() {
                    let details = details.elements();
                    let (from, to) = (details.first()?.address()?, details.get(1)?.address()?);
                    if Some(from) != self.from {
                        return None;
                    }
                    self.fetched(details.get(3)?.address()?, to, details.get(2)?.uint()?);
                }
                Some(())
            }
            0x03 | 0x0a => self.permits(args.first()?),
            // The coin is swept as the zero address.
            0x04 => {
                let token = address(0)?;
                let least = self.held.remove(&token).map_or(U256::ZERO, Held::least).max(uint(2)?);
                self.swept(token, address(1)?, least);
                self.out(token, address(1)?, least);
                Some(())
            }
            0x05 => {
                let (token, amount) = (address(0)?, uint(2)?);
                self.spent(token, amount, true)?;
                self.out(token, address(1)?, if amount == ALL { U256::ZERO } else { amount });
                Some(())
            }
            0x06 | 0x07 => {
                let (token, share) = (address(0)?, uint(2)?);
                // The finer one counts in 10^-18, and is told as no less than it is.
                let share = if command == 0x06 { share } else { share.div_ceil(U256::from(FINE / 10_000)) };
                let held = self.held.get_mut(&token)?;
                let rest = U256::from(10_000).saturating_sub(share);
                *held = Held::AtLeast(held.least().saturating_mul(rest) / U256::from(10_000));
                self.shared(token, address(1)?, share);
                Some(())
            }
            0x0b => {
                let amount = uint(1)?;
                let all = self.held.get(&Address::ZERO).copied()?;
                self.spent(Address::ZERO, amount, true)?;
                let wrapped = if amount == ALL { all } else { Held::Exactly(amount) };
                match self.to(address(0)?) {
                    To::Router => self.hold(WRAPPED, wrapped),
                    // By which token he gets it is not told.
                    To::Caller => return None,
                    To::Other(other) => {
                        self.plan.beneficiaries.insert(other);
                    }
                }
                Some(())
            }
            0x0c => {
                let known = |token: &Address| *token == WRAPPED || self.plan.wrapped.contains(token);
                let mut held: Vec<Address> =
                    self.held.keys().copied().filter(|token| !token.is_zero()).collect();
                if held.iter().any(known) {
                    held.retain(known);
                }
                let [token] = held[..] else { return None };
                let least = self.held.remove(&token).map_or(U256::ZERO, Held::least).max(uint(1)?);
                self.swept(token, address(0)?, least);
                if token != WRAPPED {
                    self.plan.wrapped.insert(token);
                }
                self.out(Address::ZERO, address(0)?, least);
                Some(())
            }
            // A condition.
            0x0e => Some(()),
            _ => None,
        }
    }

    /// Permit2 takes something from whoever calls.
    fn fetched(&mut self, token: Address, receiver: Address, amount: U256) {
        match self.to(receiver) {
            To::Caller => {}
            To::Router => {
                self.taken(token, amount);
                self.hold(token, Held::Exactly(amount));
            }
            To::Other(other) => {
                self.plan.transfers.push((token, other, amount));
                self.plan.beneficiaries.insert(other);
            }
        }
    }

    fn permits(&mut self, permit: &Value<'_>) -> Option<()> {
        let parts = permit.elements();
        let (spender, deadline) = (parts.get(1)?.address()?, parts.get(2)?.uint());
        let details = match parts.first()? {
            Value::List(all) => &all[..],
            one => std::slice::from_ref(one),
        };
        let is_late = self.plan.gives.keys().any(|token| !token.is_zero()) || !self.plan.transfers.is_empty();
        let grants = if is_late { &mut self.plan.late_grants } else { &mut self.plan.grants };
        for one in details {
            let parts = one.elements();
            let amount = parts.get(1)?.uint()?;
            grants.push(Grant {
                by: By::Permit2,
                token: parts.first()?.address()?,
                owner: None,
                spender,
                extent: if amount.is_zero() { Extent::None } else { Extent::Exact(amount, 160) },
                expires: parts.get(2)?.uint(),
                deadline,
            });
        }
        Some(())
    }
}

/// All of it, where shares are counted finely. Source: `Payments.sol`, `payPortionFullPrecision`.
const FINE: u64 = 1_000_000_000_000_000_000;

/// Arguments in the one form that everybody reads alike.
fn strictly<'a>(function: &Function, data: &'a [u8]) -> Option<Vec<Value<'a>>> {
    let (args, anomalies) = decode(&function.params, data).ok()?;
    anomalies.is_empty().then_some(args)
}

/// Whether parts of one exchange promise less than half of what others do for as much.
fn is_uneven(parts: &[[(Address, U256); 2]]) -> bool {
    let rate = |a: &[(Address, U256); 2], b: &[(Address, U256); 2]| a[1].1.saturating_mul(b[0].1);
    parts.iter().any(|a| {
        parts.iter().any(|b| {
            let is_same = a[0].0 == b[0].0 && a[1].0 == b[1].0;
            is_same && rate(a, b).saturating_mul(U256::from(2)) < rate(b, a)
        })
    })
}

/// Bytes of a token on a packed way, and of a token with the fee behind it.
const TOKEN: usize = 20;
const HOP: usize = TOKEN + 3;

/// The tokens of a packed way: token, fee, token, fee, token. Source: Uniswap v3-periphery, `Path.sol`, which reads from the front:
/// behind a way of another length nobody knows what its last token is.
pub(crate) fn packed_way(path: &[u8]) -> Option<Vec<Address>> {
    let is_way = path.len() > HOP && (path.len() - TOKEN).is_multiple_of(HOP);
    is_way.then(|| path.chunks(HOP).map(|hop| Address::from_slice(&hop[..TOKEN])).collect())
}

fn way_of_list(path: &Value<'_>) -> Option<Vec<Address>> {
    path.elements().iter().map(Value::address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_a_function() {
        assert_eq!((COMMANDS.len(), FROM_2_0.len(), IN_2_1_1.len()), (14, 2, 5));
        assert!(COMMANDS.keys().all(|byte| *byte < 0x10));
        assert_eq!(COMMANDS[&0x0a].params.len(), 2);
        assert_eq!(
            ALL,
            U256::from_be_bytes({
                let mut word = [0; 32];
                word[0] = 0x80;
                word
            })
        );
    }
}
