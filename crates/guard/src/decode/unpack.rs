//! Calls inside of calls.

use std::{collections::BTreeSet, sync::LazyLock};

use alloy_primitives::{Address, U256};

use super::{
    abi::{Value, decode},
    table::Functions,
    types::Function,
};

/// Most levels that are unpacked.
pub const MAX_DEPTH: usize = 8;
/// Most calls that are unpacked.
pub const MAX_CALLS: usize = 2_000;
/// Most bytes of call data that are looked at: eight times what nodes relay.
pub const MAX_DATA: usize = 1 << 20;

/// The form of a batch in `execute(bytes32,bytes)`.
static BATCH: LazyLock<Function> = LazyLock::new(|| {
    Function::parse("batch((address target,uint256 value,bytes data)[] calls)").expect("a constant")
});

/// The form of a list of batches in `execute(bytes32,bytes)`.
static BATCHES: LazyLock<Function> =
    LazyLock::new(|| Function::parse("batches(bytes[] batches)").expect("a constant"));

/// What a mode of `execute(bytes32,bytes)` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    One,
    Batch,
    /// ERC-7821's list of batches.
    Batches,
    Delegate,
}

impl Mode {
    /// Reads all 32 bytes: the type of the call, whether a failure is borne, four bytes that are not used, a selector that says what
    /// the account makes of the data, and 22 bytes for whatever the selector says. Source: ERC-7579, "Execution"; ERC-7821.
    fn of(mode: &[u8]) -> Option<Self> {
        /// By ERC-7821: a batch, perhaps with data for the account, and a list of such.
        const OF_7821: [u8; 4] = [0x78, 0x21, 0, 1];
        const LIST_OF_7821: [u8; 4] = [0x78, 0x21, 0, 2];
        let (&[kind, way], rest) = mode.split_first_chunk::<2>()?;
        let (unused, rest) = rest.split_first_chunk::<4>()?;
        let (selector, payload) = rest.split_first_chunk::<4>()?;
        if way > 1 || *unused != [0; 4] || payload.iter().any(|byte| *byte != 0) {
            return None;
        }
        match (kind, *selector) {
            (0x00, [0, 0, 0, 0]) => Some(Self::One),
            (0x01, [0, 0, 0, 0] | OF_7821) => Some(Self::Batch),
            (0x01, LIST_OF_7821) => Some(Self::Batches),
            (0xff, [0, 0, 0, 0]) => Some(Self::Delegate),
            _ => None,
        }
    }
}

/// A decoded call.
#[derive(Clone, Debug)]
pub struct Decoded<'a> {
    /// Which function.
    pub function: &'a Function,
    /// With what.
    pub args: Vec<Value<'a>>,
}

impl<'a> Decoded<'a> {
    /// The canonical signature.
    pub fn signature(&self) -> &'a str {
        &self.function.signature
    }

    /// An argument that is an address.
    pub fn address(&self, index: usize) -> Option<Address> {
        self.args.get(index).and_then(Value::address)
    }

    /// An argument that is a number.
    pub fn uint(&self, index: usize) -> Option<U256> {
        self.args.get(index).and_then(Value::uint)
    }
}

/// One call.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// Where: `tx › multiSend[2]`.
    pub path: String,
    /// Who calls, as far as known.
    pub from: Option<Address>,
    /// Whom; none creates a contract.
    pub to: Option<Address>,
    /// Wei sent along.
    pub value: U256,
    /// Call data.
    pub data: &'a [u8],
    /// Whether foreign code runs on the caller's own storage and money.
    pub delegate: bool,
    /// Calls around it.
    pub depth: usize,
    /// Signature of the function around it.
    pub inside: Option<&'a str>,
    /// The function, if it is known and the data fit it.
    pub decoded: Option<Decoded<'a>>,
    /// Whether its data hold calls that were unpacked.
    pub is_wrapper: bool,
}

impl Call<'_> {
    /// First four bytes of the data.
    pub fn selector(&self) -> Option<[u8; 4]> {
        self.data.first_chunk().copied()
    }

    /// The canonical signature, if known.
    pub fn signature(&self) -> Option<&str> {
        self.decoded.as_ref().map(Decoded::signature)
    }

    /// Whom a token calls with data that go along, and how many bytes they are: what he makes of them is his own. Source: ERC-223,
    /// ERC-677, ERC-721, ERC-777, ERC-1155, ERC-1363.
    pub fn handed(&self) -> Option<(Address, usize)> {
        let decoded = self.decoded.as_ref()?;
        let receiver = match &decoded.function.name[..] {
            "approveAndCall" | "transferAndCall" | "send" | "transfer" | "safeTransfer" | "safeMint" => 0,
            "operatorSend" | "transferFromAndCall" | "safeTransferFrom" | "safeBatchTransferFrom" => 1,
            _ => return None,
        };
        let bytes: usize = decoded.args.iter().filter_map(Value::data).map(<[u8]>::len).sum();
        (bytes > 0).then_some(decoded.address(receiver)?).map(|receiver| (receiver, bytes))
    }

    /// The texts in the data that go along to whom [`handed`](Self::handed) names: all of them, or runs of letters between other
    /// bytes.
    pub fn handed_texts(&self) -> Vec<String> {
        if self.handed().is_none() {
            return Vec::new();
        }
        let args = self.decoded.iter().flat_map(|decoded| &decoded.args);
        args.filter_map(Value::data).flat_map(crate::hidden::texts_within).collect()
    }
}

/// Something odd about a call's encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oddity {
    /// Where.
    pub path: String,
    /// What.
    pub what: String,
}

/// A call and everything inside it, outermost first.
#[derive(Clone, Debug, Default)]
pub struct Unpacked<'a> {
    /// The calls.
    pub calls: Vec<Call<'a>>,
    /// Odd encodings.
    pub oddities: Vec<Oddity>,
    /// What was not unpacked, and why.
    pub cut: Vec<Oddity>,
}

impl<'a> Unpacked<'a> {
    /// The calls that a call makes itself.
    pub fn made_by(&self, index: usize) -> impl Iterator<Item = &Call<'a>> {
        let depth = self.calls[index].depth;
        let inside = self.calls[index + 1..].iter().take_while(move |call| call.depth > depth);
        inside.filter(move |call| call.depth == depth + 1)
    }

    /// The calls around a call, the nearest first, each with the call inside it that leads there.
    pub fn around(&self, index: usize) -> Vec<(&Call<'a>, &Call<'a>)> {
        let mut found = Vec::new();
        let mut inner = &self.calls[index];
        for outer in self.calls[..index].iter().rev() {
            if inner.depth == 0 {
                break;
            }
            if outer.depth + 1 == inner.depth {
                found.push((outer, inner));
                inner = outer;
            }
        }
        found
    }

    /// Accounts that are made to act in their own name: Safes, smart accounts, modules, timelocks, governors.
    pub fn made_to_act(&self) -> BTreeSet<Address> {
        let wrappers = self.calls.iter().enumerate().filter(|(_, call)| {
            call.is_wrapper && !call.delegate && call.signature().is_some_and(|it| !PASSING_ON.contains(&it))
        });
        wrappers.flat_map(|(index, _)| self.made_by(index)).filter_map(|call| call.from).collect()
    }
}

/// Functions that pass calls on, and have nothing but what is sent along.
const PASSING_ON: &[&str] = &[
    HANDLE_OPS,
    HANDLE_OPS_V6,
    "multiSend(bytes)",
    "multicall(bytes[])",
    "multicall(uint256,bytes[])",
    "multicall(bytes32,bytes[])",
    "aggregate((address,bytes)[])",
    "tryAggregate(bool,(address,bytes)[])",
    "aggregate3((address,bool,bytes)[])",
    "aggregate3Value((address,bool,uint256,bytes)[])",
    "Multicall((address,bytes)[])",
];

/// Functions of Compound's timelock and of Governor Bravo, which are given functions as texts: target, value, function, arguments,
/// and the second from when on it can be executed. Source: compound-finance/compound-protocol, `Timelock.sol`,
/// `GovernorBravoDelegate.sol`.
pub(crate) const QUEUE_TRANSACTION: &str = "queueTransaction(address,uint256,string,bytes,uint256)";
const EXECUTE_TRANSACTION: &str = "executeTransaction(address,uint256,string,bytes,uint256)";
pub(crate) const BRAVO_PROPOSE: &str = "propose(address[],uint256[],string[],bytes[],string)";

/// Has accounts do what their owners signed, of versions 0.7 and 0.6: operations, and who gets their fees. Source:
/// eth-infinitism/account-abstraction, `IEntryPoint.sol`, `PackedUserOperation.sol`, `UserOperation.sol`.
pub(crate) const HANDLE_OPS: &str =
    "handleOps((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address)";
pub(crate) const HANDLE_OPS_V6: &str =
    "handleOps((address,uint256,bytes,bytes,uint256,uint256,uint256,uint256,uint256,bytes,bytes)[],address)";

/// Functions of `AccessManager`: target, data, and the second from when on it can be executed. Source: `OpenZeppelin`,
/// `AccessManager.sol`.
const ACCESS_EXECUTE: &str = "execute(address,bytes)";
pub(crate) const ACCESS_SCHEDULE: &str = "schedule(address,bytes,uint48)";

/// The outermost call.
#[derive(Clone, Debug)]
pub struct Outer<'a> {
    /// Where.
    pub path: String,
    /// Who calls.
    pub from: Option<Address>,
    /// Whom.
    pub to: Option<Address>,
    /// Wei.
    pub value: U256,
    /// Call data.
    pub data: &'a [u8],
    /// Delegatecall.
    pub delegate: bool,
}

/// Unpacks a call. Work is bounded by [`MAX_DEPTH`], [`MAX_CALLS`] and [`MAX_DATA`].
pub fn unpack<'a>(outer: Outer<'a>, functions: Functions<'a>, into: &mut Unpacked<'a>) {
    Unpacker { functions, into }.call(outer, 0, None);
}

struct Unpacker<'a, 'u> {
    functions: Functions<'a>,
    into: &'u mut Unpacked<'a>,
}

/// A call found inside another.
struct Inner<'a> {
    label: String,
    from: Option<Address>,
    to: Option<Address>,
    value: U256,
    data: &'a [u8],
    delegate: bool,
}

impl<'a> Unpacker<'a, '_> {
    fn call(&mut self, outer: Outer<'a>, depth: usize, inside: Option<&'a str>) {
        let Outer { path, from, to, value, data, delegate } = outer;
        if self.into.calls.len() >= MAX_CALLS {
            let what = format!("more than {MAX_CALLS} calls: the rest was not examined");
            if self.into.cut.last().is_none_or(|cut| cut.what != what) {
                self.into.cut.push(Oddity { path, what });
            }
            return;
        }
        if data.len() > MAX_DATA {
            let what = format!("{} bytes of call data, of which no node relays more than 131072", data.len());
            self.into.cut.push(Oddity { path: path.clone(), what });
        }
        let index = self.into.calls.len();
        self.into.calls.push(Call {
            path: path.clone(),
            from,
            to,
            value,
            data,
            delegate,
            depth,
            inside,
            decoded: None,
            is_wrapper: false,
        });
        if data.len() > MAX_DATA {
            return;
        }
        let Some((selector, arguments)) = data.split_first_chunk::<4>() else {
            if !data.is_empty() {
                let what = format!("{} bytes of call data: too few to name a function", data.len());
                self.into.oddities.push(Oddity { path, what });
            }
            return;
        };
        let Some(function) = self.functions.find(*selector) else { return };
        let args = match decode(&function.params, arguments) {
            Ok((args, anomalies)) => {
                for anomaly in anomalies {
                    let what = format!("{}, byte {}: {}", function.name, anomaly.at + 4, anomaly.what);
                    self.into.oddities.push(Oddity { path: path.clone(), what });
                }
                args
            }
            Err(error) => {
                let what = format!("does not fit {}: {error}", function.signature);
                self.into.oddities.push(Oddity { path, what });
                return;
            }
        };
        let decoded = Decoded { function, args };
        let inner = self.inner(&path, (from, to, value), delegate, &decoded);
        let call = &mut self.into.calls[index];
        call.decoded = Some(decoded);
        let Some(inner) = inner else { return };
        call.is_wrapper = true;
        if depth + 1 >= MAX_DEPTH && !inner.is_empty() {
            let what = format!("calls inside {MAX_DEPTH} calls: not examined any deeper");
            self.into.cut.push(Oddity { path, what });
            return;
        }
        for inner in inner {
            let outer = Outer {
                path: format!("{path} › {}", inner.label),
                from: inner.from,
                to: inner.to,
                value: inner.value,
                data: inner.data,
                delegate: inner.delegate,
            };
            self.call(outer, depth + 1, Some(&function.signature));
        }
    }

    /// The calls a wrapper makes; none if it is no wrapper.
    fn inner(
        &mut self,
        path: &str,
        (from, to, value): (Option<Address>, Option<Address>, U256),
        delegate: bool,
        decoded: &Decoded<'a>,
    ) -> Option<Vec<Inner<'a>>> {
        // Code that runs by delegatecall acts in the name of the caller.
        let actor = if delegate { from } else { to };
        let name = &decoded.function.name;
        let bytes = |value: &Value<'a>| value.bytes().unwrap_or_default();
        let labelled = |index: usize| format!("{name}[{index}]");
        Some(match decoded.signature() {
            "multiSend(bytes)" => {
                let packed = decoded.args.first().map(bytes).unwrap_or_default();
                // From 1.5.0 the zero address means the Safe itself; before, money that is sent there is burnt.
                let version = to.and_then(|to| crate::safe_deployments::find(&to)).map(|it| it.version);
                self.packed(path, actor, version, packed)
            }
            "multicall(bytes[])" | "multicall(uint256,bytes[])" | "multicall(bytes32,bytes[])" => {
                // The contract delegatecalls itself: same contract, same caller.
                let calls = decoded.args.last()?.elements().iter().enumerate();
                calls
                    .map(|(index, data)| Inner {
                        label: labelled(index),
                        from,
                        to,
                        value: U256::ZERO,
                        data: bytes(data),
                        delegate: false,
                    })
                    .collect()
            }
            "aggregate((address,bytes)[])"
            | "tryAggregate(bool,(address,bytes)[])"
            | "aggregate3((address,bool,bytes)[])"
            | "aggregate3Value((address,bool,uint256,bytes)[])"
            | "executeBatch((address,uint256,bytes)[])"
            | "execute((address,uint256,bytes)[])"
            | "Multicall((address,bytes)[])" => {
                let calls = decoded.args.last()?.elements().iter().enumerate();
                calls.map(|(index, call)| structured(labelled(index), actor, call)).collect()
            }
            "executeBatch(address[],uint256[],bytes[])" | "executeBatch(address[],bytes[])" => {
                self.parallel(path, name, actor, &decoded.args)
            }
            "execute(address,uint256,bytes)"
            | "schedule(address,uint256,bytes,bytes32,bytes32,uint256)"
            | "execute(address,uint256,bytes,bytes32,bytes32)"
            | "relay(address,uint256,bytes)" => vec![single(decoded, actor, false)?],
            "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)"
            | "execTransactionFromModule(address,uint256,bytes,uint8)"
            | "execTransactionFromModuleReturnData(address,uint256,bytes,uint8)" => {
                vec![single(decoded, to, !decoded.uint(3)?.is_zero())?]
            }
            "execute(bytes32,bytes)" | "executeFromExecutor(bytes32,bytes)" => {
                return self.account(path, to, decoded);
            }
            // Source: OpenZeppelin, `AccessManager.sol`: the manager calls, with what is sent along.
            ACCESS_EXECUTE | ACCESS_SCHEDULE => vec![Inner {
                label: name.clone(),
                from: actor,
                to: decoded.address(0),
                value: if decoded.signature() == ACCESS_EXECUTE { value } else { U256::ZERO },
                data: bytes(decoded.args.get(1)?),
                delegate: false,
            }],
            // Source: coinbase/smart-wallet, `CoinbaseSmartWallet.sol`: the account calls itself.
            "executeWithoutChainIdValidation(bytes[])" => {
                let calls = decoded.args.first()?.elements().iter().enumerate();
                calls
                    .map(|(index, data)| Inner {
                        label: labelled(index),
                        from: actor,
                        to: actor,
                        value: U256::ZERO,
                        data: bytes(data),
                        delegate: false,
                    })
                    .collect()
            }
            // Source: eth-infinitism/account-abstraction, `EntryPoint.sol`: each account is called with its data.
            HANDLE_OPS | HANDLE_OPS_V6 => {
                let operations = decoded.args.first()?.elements().iter().enumerate();
                let inner = operations.map(|(index, operation)| {
                    let parts = operation.elements();
                    Inner {
                        label: labelled(index),
                        from: actor,
                        to: parts.first().and_then(Value::address),
                        value: U256::ZERO,
                        data: parts.get(3).and_then(Value::bytes).unwrap_or_default(),
                        delegate: false,
                    }
                });
                inner.collect()
            }
            // Source: euler-xyz/ethereum-vault-connector, `EthereumVaultConnector.sol`: whoever signed calls the connector.
            "permit(address,address,uint256,uint256,uint256,uint256,bytes,bytes)" => vec![Inner {
                label: name.clone(),
                from: decoded.address(0),
                to,
                value: decoded.uint(5)?,
                data: bytes(decoded.args.get(6)?),
                delegate: false,
            }],
            "execTransactionWithRole(address,uint256,bytes,uint8,bytes32,bool)"
            | "executeNextTx(address,uint256,bytes,uint8)"
            | "executeUserOp(address,uint256,bytes,uint8)"
            | "executeUserOpWithErrorString(address,uint256,bytes,uint8)"
            | "execute(address,uint256,bytes,uint8)" => {
                vec![single(decoded, actor, !decoded.uint(3)?.is_zero())?]
            }
            "scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)"
            | "executeBatch(address[],uint256[],bytes[],bytes32,bytes32)"
            | "propose(address[],uint256[],bytes[],string)"
            | "queue(address[],uint256[],bytes[],bytes32)"
            | "execute(address[],uint256[],bytes[],bytes32)" => {
                self.parallel(path, name, actor, decoded.args.get(..3)?)
            }
            QUEUE_TRANSACTION | EXECUTE_TRANSACTION => vec![Inner {
                label: name.clone(),
                from: actor,
                to: decoded.address(0),
                value: decoded.uint(1)?,
                data: self.rebuilt(decoded.args.get(2)?, decoded.args.get(3)?)?,
                delegate: false,
            }],
            BRAVO_PROPOSE => self.proposed(path, actor, &decoded.args)?,
            "call(address,address,uint256,bytes)" => vec![Inner {
                label: name.clone(),
                from: decoded.address(1),
                to: decoded.address(0),
                value: decoded.uint(2)?,
                data: bytes(decoded.args.get(3)?),
                delegate: false,
            }],
            "batch((address,address,uint256,bytes)[])" => {
                let calls = decoded.args.first()?.elements().iter().enumerate();
                let inner = calls.map(|(index, call)| {
                    let parts = call.elements();
                    Inner {
                        label: labelled(index),
                        from: parts.get(1).and_then(Value::address),
                        to: parts.first().and_then(Value::address),
                        value: parts.get(2).and_then(Value::uint).unwrap_or_default(),
                        data: parts.get(3).and_then(Value::bytes).unwrap_or_default(),
                        delegate: false,
                    }
                });
                inner.collect()
            }
            _ => return None,
        })
    }

    /// `execute` of ERC-7579 and ERC-7821: the mode says whether it is one call, several or a delegatecall; nothing, if it says
    /// anything that is not known here, since an account may then do another thing with the bytes.
    fn account(
        &mut self,
        path: &str,
        actor: Option<Address>,
        decoded: &Decoded<'a>,
    ) -> Option<Vec<Inner<'a>>> {
        let mode = Mode::of(decoded.args.first()?.bytes()?)?;
        let data = decoded.args.get(1)?.bytes()?;
        let label = |index: usize| format!("execute[{index}]");
        match mode {
            Mode::One => {
                let (to, rest) = data.split_first_chunk::<20>()?;
                let (value, data) = rest.split_first_chunk::<32>()?;
                let value = U256::from_be_bytes(*value);
                Some(vec![Inner {
                    label: label(0),
                    from: actor,
                    to: Some(to.into()),
                    value,
                    data,
                    delegate: false,
                }])
            }
            Mode::Batches => {
                let lists = self.batched(path, &BATCHES, data)?;
                let mut all = Vec::new();
                for (index, list) in lists.first()?.elements().iter().enumerate() {
                    let batch = self.batched(path, &BATCH, list.bytes()?)?;
                    let calls = batch.first()?.elements().iter().enumerate();
                    let label = |at: usize| format!("execute[{index}][{at}]");
                    all.extend(calls.map(|(at, call)| by_itself(structured(label(at), actor, call))));
                }
                Some(all)
            }
            Mode::Batch => {
                let batch = self.batched(path, &BATCH, data)?;
                let calls = batch.first()?.elements().iter().enumerate();
                Some(calls.map(|(index, call)| by_itself(structured(label(index), actor, call))).collect())
            }
            Mode::Delegate => {
                let (to, data) = data.split_first_chunk::<20>()?;
                let to = Some(to.into());
                Some(vec![Inner {
                    label: label(0),
                    from: actor,
                    to,
                    value: U256::ZERO,
                    data,
                    delegate: true,
                }])
            }
        }
    }

    /// The values of a batch, or of a list of such.
    fn batched(&mut self, path: &str, form: &'static Function, data: &'a [u8]) -> Option<Vec<Value<'a>>> {
        let (values, anomalies) = decode(&form.params, data).ok()?;
        for anomaly in anomalies {
            let what = format!("execute, byte {} of the batch: {}", anomaly.at, anomaly.what);
            self.into.oddities.push(Oddity { path: path.to_owned(), what });
        }
        Some(values)
    }

    /// The packed transactions of `multiSend`: operation, 20 bytes of address, value, length, data.
    /// `version`: of the contract, where it is official.
    fn packed(
        &mut self,
        path: &str,
        actor: Option<Address>,
        version: Option<&str>,
        packed: &'a [u8],
    ) -> Vec<Inner<'a>> {
        const HEAD: usize = 1 + 20 + 32 + 32;
        let mut calls = Vec::new();
        let mut at = 0;
        while at < packed.len() && calls.len() <= MAX_CALLS {
            let head = packed.get(at..at + HEAD);
            let data = head.and_then(|head| {
                let len = usize::try_from(U256::from_be_slice(&head[53..85])).ok()?;
                packed.get(at + HEAD..(at + HEAD).checked_add(len)?)
            });
            let (Some(head), Some(data)) = (head, data) else {
                let what = format!("multiSend: byte {at} begins a transaction that is cut off");
                self.into.oddities.push(Oddity { path: path.to_owned(), what });
                break;
            };
            if head[0] > 1 {
                let what = format!("multiSend: operation {} at byte {at} is neither 0 nor 1", head[0]);
                self.into.oddities.push(Oddity { path: path.to_owned(), what });
            }
            let to = Address::from_slice(&head[1..21]);
            let value = U256::from_be_slice(&head[21..53]);
            // Of a contract that is not official the worse is taken.
            let is_self = to.is_zero() && version.map_or(value.is_zero(), |version| version == "1.5.0");
            calls.push(Inner {
                label: format!("multiSend[{}]", calls.len()),
                from: actor,
                to: if is_self { actor.or(Some(to)) } else { Some(to) },
                value,
                data,
                delegate: head[0] != 0,
            });
            at += HEAD + data.len();
        }
        calls
    }

    /// A call whose function is given as a text.
    fn rebuilt(&self, signature: &Value<'a>, data: &Value<'a>) -> Option<&'a [u8]> {
        self.functions.rebuilt?.call(signature.bytes()?, data.bytes()?)
    }

    /// The calls of a proposal whose functions are given as texts: targets, values, texts, arguments.
    fn proposed(&mut self, path: &str, actor: Option<Address>, args: &[Value<'a>]) -> Option<Vec<Inner<'a>>> {
        let [targets, values, texts, data, ..] = args else { return None };
        let [targets, values, texts, data] = [targets, values, texts, data].map(Value::elements);
        let counts = [targets, values, texts, data].map(<[Value<'_>]>::len);
        if counts.iter().any(|count| *count != targets.len()) {
            let [targets, values, texts, data] = counts;
            let what = format!("propose: {targets} targets, {values} values, {texts} functions, {data} data");
            self.into.oddities.push(Oddity { path: path.to_owned(), what });
            return None;
        }
        let calls = targets.iter().zip(values).zip(texts.iter().zip(data)).enumerate();
        calls
            .map(|(index, ((target, value), (text, data)))| {
                Some(Inner {
                    label: format!("propose[{index}]"),
                    from: actor,
                    to: target.address(),
                    value: value.uint()?,
                    data: self.rebuilt(text, data)?,
                    delegate: false,
                })
            })
            .collect()
    }

    fn parallel(
        &mut self,
        path: &str,
        name: &str,
        actor: Option<Address>,
        args: &[Value<'a>],
    ) -> Vec<Inner<'a>> {
        let (Some(targets), Some(data)) = (args.first(), args.last()) else { return Vec::new() };
        let values = if args.len() == 3 { args[1].elements() } else { &[] };
        let (targets, data) = (targets.elements(), data.elements());
        if targets.len() != data.len() || !(values.is_empty() || values.len() == targets.len()) {
            let what =
                format!("{name}: {} targets, {} data, {} values", targets.len(), data.len(), values.len());
            self.into.oddities.push(Oddity { path: path.to_owned(), what });
        }
        let calls = targets.iter().zip(data).enumerate();
        calls
            .map(|(index, (target, data))| Inner {
                label: format!("{name}[{index}]"),
                from: actor,
                to: target.address(),
                value: values.get(index).and_then(Value::uint).unwrap_or_default(),
                data: data.bytes().unwrap_or_default(),
                delegate: false,
            })
            .collect()
    }
}

/// The call of a function whose first parameters are target, value and data.
fn single<'a>(decoded: &Decoded<'a>, from: Option<Address>, delegate: bool) -> Option<Inner<'a>> {
    Some(Inner {
        label: decoded.function.name.clone(),
        from,
        to: decoded.address(0),
        value: decoded.uint(1)?,
        data: decoded.args.get(2)?.bytes().unwrap_or_default(),
        delegate,
    })
}

/// A call as ERC-7821 has it: one to nobody is one to the account itself. Other accounts take the same bytes, whatever the mode says,
/// and send what goes along to the zero address: with money it is read as that.
fn by_itself(call: Inner<'_>) -> Inner<'_> {
    let is_own = call.to.is_some_and(|to| to.is_zero()) && call.value.is_zero();
    Inner { to: if is_own { call.from.or(call.to) } else { call.to }, ..call }
}

/// A call given as a tuple of address, perhaps value, and data.
fn structured<'a>(label: String, from: Option<Address>, call: &Value<'a>) -> Inner<'a> {
    let parts = call.elements();
    Inner {
        label,
        from,
        to: parts.first().and_then(Value::address),
        value: parts.iter().find_map(Value::uint).unwrap_or_default(),
        data: parts.last().and_then(Value::bytes).unwrap_or_default(),
        delegate: false,
    }
}
