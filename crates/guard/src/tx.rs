//! Ordinary transactions: JSON as wallets pass it on, raw bytes as nodes take them, batches of EIP-5792.

use alloy_primitives::{Address, B256, Signature, U256, keccak256};

use crate::{
    json::{self, Json, Node, shorten},
    other_names,
    rlp::{self, Rlp},
    scalar::{Malformed, Scalars},
    typed::Authorization,
};

/// Most calls of one batch.
pub const MAX_BATCH: usize = 1_000;

/// The fields that are read here, in every spelling.
const FIELDS: &[&str] = &[
    "chainId",
    "chain_id",
    "from",
    "to",
    "value",
    "data",
    "input",
    "authorizationList",
    "authorization_list",
    "calls",
];

/// A transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EvmTx {
    /// Where it stands.
    pub path: String,
    /// Chain, if given.
    pub chain_id: Option<u64>,
    /// Sender, if given. Of raw bytes: who signed them.
    pub from: Option<Address>,
    /// Receiver; none creates a contract.
    pub to: Option<Address>,
    /// Wei.
    pub value: U256,
    /// Call data.
    pub data: Vec<u8>,
    /// EIP-7702 authorizations.
    pub authorizations: Vec<Authorization>,
    /// The most that the chain may take for it, in wei, where gas and its price are given.
    pub fee: Option<U256>,
    /// Addresses in fields that move nothing by themselves (access list, capabilities), with the path.
    pub mentioned: Vec<(String, Address)>,
    /// Fields that nothing here reads.
    pub unread: Vec<String>,
    /// Whether it is of the form that holds on every chain (before EIP-155).
    pub any_chain: bool,
    /// Its type, where given.
    pub kind: Option<u64>,
    /// Its number among those of its sender, where given.
    pub nonce: Option<U256>,
    /// Whether the sender follows from a signature, and is no word of the request's.
    pub is_signed: bool,
    /// The gas that it may use, where given.
    pub gas: Option<U256>,
    /// The hash that is signed: of raw bytes, which hold all that it covers.
    pub digest: Option<B256>,
    /// How many blobs it carries.
    pub blobs: u64,
}

/// Fields that say how a transaction is sent and change nothing of what it does, or that repeat what is read elsewhere.
const PASSED_OVER: &[&str] = &[
    "gas",
    "gasLimit",
    "gas_limit",
    "gasPrice",
    "maxFeePerGas",
    "maxPriorityFeePerGas",
    "maxFeePerBlobGas",
    "nonce",
    "type",
    "kind",
    "accessList",
    "blobVersionedHashes",
    "capabilities",
    "hash",
    "v",
    "r",
    "s",
    "yParity",
    "id",
    "version",
    "atomicRequired",
];

/// Versions of `wallet_sendCalls` whose form is read here. Source: EIP-5792, in its drafts and as it is final.
const VERSIONS: &[&str] = &["1.0", "1.0.0", "2.0", "2.0.0"];

/// Capabilities (EIP-5792) that leave the calls as they are.
pub(crate) const CAPABILITIES: &[&str] = &["atomic", "auxiliaryFunds", "paymasterService"];

/// Reads raw bytes: legacy, EIP-2930, EIP-1559, EIP-4844, EIP-7702, signed or not.
pub fn read_raw(bytes: &[u8], path: &str) -> Result<EvmTx, Malformed> {
    let fail = |what: String| Malformed::new(path, what);
    let first = *bytes.first().ok_or_else(|| fail("no bytes".to_owned()))?;
    // Where to, value, data and the authorizations stand, by type. Source: the EIP of each.
    let (body, kind) = if first >= 0xc0 { (bytes, 0) } else { (&bytes[1..], first) };
    let (chain, to, authorizations, unsigned, signed): (
        Option<usize>,
        usize,
        Option<usize>,
        &[usize],
        usize,
    ) = match kind {
        0 => (None, 3, None, &[6, 9], 9),
        1 => (Some(0), 4, None, &[8], 11),
        2 => (Some(0), 5, None, &[9], 12),
        3 => (Some(0), 5, None, &[11], 14),
        4 => (Some(0), 5, Some(9), &[10], 13),
        other => return Err(fail(format!("transactions of type {other} are not known"))),
    };
    let item = rlp::decode(body).map_err(|error| fail(format!("no transaction: {error}")))?;
    let fields = item.list().ok_or_else(|| fail("no list of fields".to_owned()))?;
    if fields.len() != signed && !unsigned.contains(&fields.len()) {
        return Err(fail(format!("{} fields; a transaction of type {kind} has others", fields.len())));
    }
    let uint = |index: usize, name: &str| {
        let number = fields.get(index).and_then(Rlp::uint);
        number.ok_or_else(|| Malformed::new(&format!("{path}.{name}"), "is no number in its shortest form"))
    };
    let bytes = |index: usize, name: &str| {
        let bytes = fields.get(index).and_then(Rlp::bytes);
        bytes.ok_or_else(|| Malformed::new(&format!("{path}.{name}"), "is no bytes"))
    };
    let mut tx = EvmTx { path: path.to_owned(), ..EvmTx::default() };
    tx.chain_id = match chain {
        Some(index) => Some(small(uint(index, "chainId")?, path)?),
        None => legacy_chain(fields),
    };
    tx.any_chain = chain.is_none() && tx.chain_id.is_none();
    tx.kind = Some(kind.into());
    tx.nonce = Some(counted(uint(chain.map_or(0, |chain| chain + 1), "nonce")?, path)?);
    let gas = uint(to - 1, "gas")?;
    tx.gas = Some(gas);
    tx.fee = Some(gas.saturating_mul(uint(to - 2, "gasPrice")?));
    if kind == 3 {
        let blobs = fields.get(to + 5).and_then(Rlp::list).map_or(u64::MAX, |hashes| hashes.len() as u64);
        tx.fee = with_blobs(tx.fee, Some(uint(to + 4, "maxFeePerBlobGas")?), blobs);
        tx.blobs = blobs;
    }
    tx.to = match bytes(to, "to")? {
        [] => None,
        address => Some(Address::try_from(address).map_err(|_| {
            Malformed::new(&format!("{path}.to"), format!("{} bytes, not 20", address.len()))
        })?),
    };
    tx.value = uint(to + 1, "value")?;
    tx.data = bytes(to + 2, "data")?.to_vec();
    if let Some(list) = authorizations.and_then(|index| fields.get(index)) {
        let list = list.list().ok_or_else(|| fail("the authorizations are no list".to_owned()))?;
        for (index, item) in list.iter().enumerate() {
            let at = format!("{path}.authorizationList[{index}]");
            tx.authorizations.push(raw_authorization(item, &at)?);
        }
    }
    if fields.len() == signed {
        tx.from = signer(kind, fields);
        tx.is_signed = tx.from.is_some();
    }
    tx.digest = signing_hash(kind, fields, signed);
    if let Some(list) = chain.and_then(|_| fields.get(to + 3)) {
        let odd = || Malformed::new(&format!("{path}.accessList"), "is no list of addresses and slots");
        for entry in list.list().ok_or_else(odd)? {
            let address = entry.list().and_then(<[Rlp<'_>]>::first).and_then(Rlp::bytes);
            let address = address.and_then(|bytes| Address::try_from(bytes).ok()).ok_or_else(odd)?;
            tx.mentioned.push((format!("{path}.accessList"), address));
        }
    }
    Ok(tx)
}

/// What is signed of the fields: all without the signature, under their type. Source: the EIP of each type; for legacy
/// transactions EIP-155.
fn signing_hash(kind: u8, fields: &[Rlp<'_>], signed: usize) -> Option<B256> {
    let is_zero = |index: usize| fields.get(index).and_then(Rlp::uint) == Some(U256::ZERO);
    // Unsigned, a legacy transaction has its chain and two zeros where the signature would be.
    if fields.len() != signed || kind == 0 && is_zero(7) && is_zero(8) {
        return Some(hash_of(kind, fields, None));
    }
    let chain = if kind == 0 {
        let v = u64::try_from(fields.get(6)?.uint()?).ok()?;
        (v >= 35).then(|| (v - 35) / 2)
    } else {
        None
    };
    Some(hash_of(kind, fields.get(..signed.checked_sub(3)?)?, chain))
}

fn hash_of(kind: u8, signed: &[Rlp<'_>], chain: Option<u64>) -> B256 {
    let mut list = Vec::new();
    for field in signed {
        field.put(&mut list);
    }
    if let Some(chain) = chain {
        rlp::put_uint(U256::from(chain), &mut list);
        rlp::put_bytes(&[], &mut list);
        rlp::put_bytes(&[], &mut list);
    }
    let mut bytes = if kind == 0 { Vec::new() } else { vec![kind] };
    rlp::put_list(&list, &mut bytes);
    keccak256(bytes)
}

/// Who signed the fields, the last three of which are the signature. `None` for none, and for one that no key makes.
/// Source: the EIP of each type; for legacy transactions EIP-155.
fn signer(kind: u8, fields: &[Rlp<'_>]) -> Option<Address> {
    let (signed, [v, r, s]) = fields.split_at(fields.len().checked_sub(3)?) else { return None };
    let (v, r, s) = (v.uint()?, r.uint()?, s.uint()?);
    let (odd, chain) = if kind == 0 {
        let v = u64::try_from(v).ok()?;
        if v < 35 && ![27, 28].contains(&v) {
            return None;
        }
        // 28, and the even ones from 36 on.
        (v % 2 == 0, (v >= 35).then(|| (v - 35) / 2))
    } else {
        match u64::try_from(v) {
            Ok(parity @ (0 | 1)) => (parity == 1, None),
            _ => return None,
        }
    };
    Signature::new(r, s, odd).recover_address_from_prehash(&hash_of(kind, signed, chain)).ok()
}

/// A nonce that a chain takes (EIP-2681).
fn counted(nonce: U256, path: &str) -> Result<U256, Malformed> {
    let is_taken = nonce < U256::from(u64::MAX);
    is_taken.then_some(nonce).ok_or_else(|| {
        Malformed::new(&format!("{path}.nonce"), "is more than a chain counts to: 2^64 - 2 (EIP-2681)")
    })
}

fn raw_authorization(item: &Rlp<'_>, path: &str) -> Result<Authorization, Malformed> {
    let read = || {
        let parts = item.list()?;
        let read = Authorization {
            path: path.to_owned(),
            chain_id: parts.first()?.uint()?,
            address: Address::try_from(parts.get(1)?.bytes()?).ok()?,
            nonce: parts.get(2)?.uint()?,
            authority: None,
        };
        let part = |index: usize| parts.get(index)?.uint();
        Some(match (part(3), part(4), part(5)) {
            (Some(parity), Some(r), Some(s)) => read.signed(parity, r, s),
            _ => read,
        })
    };
    read().ok_or_else(|| Malformed::new(path, "is no authorization [chain_id, address, nonce, …]"))
}

/// The chain in the `v` of a legacy transaction (EIP-155).
fn legacy_chain(fields: &[Rlp<'_>]) -> Option<u64> {
    let v = u64::try_from(fields.get(6)?.uint()?).ok()?;
    // Unsigned, the chain itself stands there, and two zeros behind it.
    if fields.len() == 9 && fields[7].uint() == Some(U256::ZERO) && fields[8].uint() == Some(U256::ZERO) {
        return Some(v);
    }
    (v >= 35).then(|| (v - 35) / 2)
}

fn small(value: U256, path: &str) -> Result<u64, Malformed> {
    u64::try_from(value).map_err(|_| Malformed::new(path, format!("{value} is above 2^64-1")))
}

/// Reads JSON: one transaction, a list of them, or a batch of `wallet_sendCalls`.
pub fn read_node(node: &Node, path: &str, scalars: &mut Scalars) -> Result<Vec<EvmTx>, Malformed> {
    match &node.value {
        Json::Text(text) => Ok(vec![read_raw(&scalars.bytes_text(text, path)?, path)?]),
        Json::List(list) => {
            if list.is_empty() || list.len() > MAX_BATCH {
                return Err(Malformed::new(
                    path,
                    format!("{} transactions; 1 to {MAX_BATCH} are read", list.len()),
                ));
            }
            let mut all = Vec::new();
            for (index, node) in list.iter().enumerate() {
                all.extend(read_node(node, &format!("{path}[{index}]"), scalars)?);
                if all.len() > MAX_BATCH {
                    return Err(Malformed::new(path, format!("more than {MAX_BATCH} calls")));
                }
            }
            Ok(all)
        }
        Json::Map(_) => match node.get("calls") {
            Some(calls) => {
                let calls = calls
                    .list()
                    .ok_or_else(|| Malformed::new(&format!("{path}.calls"), "a list should be here"))?;
                if calls.is_empty() || calls.len() > MAX_BATCH {
                    return Err(Malformed::new(
                        path,
                        format!("{} calls; 1 to {MAX_BATCH} are read", calls.len()),
                    ));
                }
                if let Some(own) = ["to", "value", "data", "input", "authorizationList", "authorization_list"]
                    .iter()
                    .find(|field| node.get(field).is_some())
                {
                    return Err(Malformed::new(
                        &format!("{path}.{own}"),
                        "stands beside calls: some wallets would take it, others the calls",
                    ));
                }
                let mut around = read_one(node, path, scalars)?;
                if node
                    .any(&["version"])
                    .is_some_and(|version| !VERSIONS.contains(&version.text().unwrap_or_default()))
                {
                    around.unread.push("version".to_owned());
                }
                let mut all = Vec::new();
                for (index, call) in calls.iter().enumerate() {
                    let at = format!("{path}.calls[{index}]");
                    if call.get("calls").is_some() {
                        return Err(Malformed::new(&at, "calls inside a call"));
                    }
                    let mut tx = read_one(call, &at, scalars)?;
                    // EIP-5792: calls have no sender of their own, and wallets sign with the batch's.
                    if tx.from.zip(around.from).is_some_and(|(own, batch)| own != batch) {
                        return Err(Malformed::new(
                            &format!("{at}.from"),
                            "a call has no sender but that of its batch",
                        ));
                    }
                    tx.from = tx.from.or(around.from);
                    tx.chain_id = tx.chain_id.or(around.chain_id);
                    tx.unread.extend(around.unread.iter().cloned());
                    all.push(tx);
                }
                Ok(all)
            }
            None => Ok(vec![read_one(node, path, scalars)?]),
        },
        other => Err(Malformed::new(path, format!("{} where a transaction should be", other.kind()))),
    }
}

fn read_one(node: &Node, path: &str, scalars: &mut Scalars) -> Result<EvmTx, Malformed> {
    let at = |field: &str| format!("{path}.{field}");
    if node.map().is_none() {
        return Err(Malformed::new(path, format!("{} where a transaction should be", node.value.kind())));
    }
    // Some readers take `Value` for `value`, and the last of the two.
    for (key, _) in node.map().unwrap_or_default() {
        let twin = FIELDS.iter().any(|known| key != known && key.eq_ignore_ascii_case(known));
        if twin || json::is_odd_key(key) {
            let what = format!("some readers take the key {:?} for another", shorten(key));
            return Err(Malformed::new(path, what));
        }
    }
    if node.any(&["method", "params", "jsonrpc", "request"]).is_some() {
        return Err(Malformed::new(path, "a request where a transaction should be: give it by itself"));
    }
    for (key, _) in node.map().unwrap_or_default() {
        let is_read = FIELDS.contains(&&key[..]) || PASSED_OVER.contains(&&key[..]);
        if let Some(other) = other_names::find(key).filter(|_| !is_read) {
            return Err(Malformed::new(&at(&shorten(key)), other.why()));
        }
    }
    if resembles_authorization(node) {
        let what = "names an address and no receiver, as an authorization of EIP-7702 does, which hands over the account: give it by itself";
        return Err(Malformed::new(path, what));
    }
    if node.any(FIELDS).is_none() {
        let what = format!("no transaction: it has none of {}", FIELDS.join(", "));
        return Err(Malformed::new(path, what));
    }
    let mut tx = EvmTx { path: path.to_owned(), ..EvmTx::default() };
    let mut number = |keys: &[&str]| -> Result<Option<U256>, Malformed> {
        let mut found = None;
        for key in keys {
            let Some(node) = node.any(&[key]) else { continue };
            let said = scalars.uint(node, &at(key))?;
            if found.is_some_and(|other| other != said) {
                let what = format!("stands beside {}, and says something else", keys[0]);
                return Err(Malformed::new(&at(key), what));
            }
            found = Some(said);
        }
        Ok(found)
    };
    if let Some(chain) = number(&["chainId", "chain_id"])? {
        tx.chain_id = Some(small(chain, &at("chainId"))?);
    }
    tx.nonce = number(&["nonce"])?.map(|nonce| counted(nonce, path)).transpose()?;
    let v = number(&["v"])?;
    let gas = number(&["gas", "gasLimit", "gas_limit"])?;
    let price =
        number(&["maxFeePerGas"])?.max(number(&["gasPrice"])?).max(number(&["maxPriorityFeePerGas"])?);
    let blob = number(&["maxFeePerBlobGas"])?;
    if let Some(from) = node.any(&["from"]) {
        tx.from = Some(scalars.address(from, &at("from"))?);
    }
    if let Some(to) = node.any(&["to"]) {
        tx.to = Some(scalars.address(to, &at("to"))?);
    }
    if let Some(value) = node.any(&["value"]) {
        tx.value = scalars.uint(value, &at("value"))?;
    }
    let (data, input) = (node.any(&["data"]), node.any(&["input"]));
    if let Some(data) = data.or(input) {
        tx.data = scalars.bytes(data, &at("data"))?;
    }
    if let (Some(_), Some(input)) = (data, input)
        && scalars.bytes(input, &at("input"))? != tx.data
    {
        return Err(Malformed::new(&at("input"), "data and input differ: nodes take the one or the other"));
    }
    tx.kind = match node.any(&["type"]) {
        Some(kind) => Some(small(scalars.uint(kind, &at("type"))?, &at("type"))?),
        None => None,
    };
    if tx.kind.is_some_and(|kind| kind > LAST_KIND) {
        tx.unread.push("type".to_owned());
    }
    // Source: EIP-155: 27 and 28 sign for no chain. In later types some libraries write them for the parity.
    let is_legacy = tx.kind.map_or(node.any(&["maxFeePerGas"]).is_none(), |kind| kind == 0);
    tx.any_chain = is_legacy && v.is_some_and(|v| v == U256::from(27) || v == U256::from(28));
    // Whoever fills the gas in afterwards takes at least what any transaction takes.
    tx.gas = gas;
    let fee = price.map(|price| gas.unwrap_or(U256::from(LEAST_GAS)).saturating_mul(price));
    let blobs = match node.get("blobVersionedHashes").map(|node| &node.value) {
        Some(Json::List(hashes)) => hashes.len() as u64,
        Some(Json::Null) | None => 0,
        Some(_) => u64::MAX,
    };
    tx.fee = with_blobs(fee, blob, blobs);
    tx.blobs = blobs;
    // A right that a batch asks for in passing is none of its calls.
    let capabilities = node.get("capabilities").filter(|node| node.value != Json::Null);
    if let Some(capabilities) = capabilities {
        match capabilities.map() {
            Some(fields) => {
                let unknown = fields.iter().filter(|(key, _)| !CAPABILITIES.contains(&&key[..]));
                tx.unread.extend(unknown.map(|(key, _)| shorten(&format!("capabilities.{key}"))));
            }
            None => tx.unread.push("capabilities".to_owned()),
        }
    }
    for field in ["accessList", "capabilities"] {
        if let Some(node) = node.get(field) {
            mentioned(node, &at(field), &mut tx.mentioned);
        }
    }
    for (key, value) in node.map().unwrap_or_default() {
        if FIELDS.contains(&&key[..]) || PASSED_OVER.contains(&&key[..]) {
            continue;
        }
        if matches!(value.value, Json::Map(_) | Json::List(_)) {
            let what =
                format!("the field {:?} is not known here, and may hold what is really signed", shorten(key));
            return Err(Malformed::new(path, what));
        }
        tx.unread.push(shorten(key));
    }
    if let Some(list) = node.any(&["authorizationList", "authorization_list"]) {
        let list =
            list.list().ok_or_else(|| Malformed::new(&at("authorizationList"), "a list should be here"))?;
        for (index, item) in list.iter().enumerate() {
            let path = at(&format!("authorizationList[{index}]"));
            tx.authorizations.push(Authorization::read(item, &path, scalars)?);
        }
    }
    Ok(tx)
}

/// Whether an object has the address of code where a transaction has a receiver, and nothing else of one.
pub(crate) fn resembles_authorization(node: &Node) -> bool {
    let names_code = ["address", "contractAddress", "codeAddress", "delegate", "implementation"];
    let is_code = |key: &str| names_code.iter().any(|name| key.eq_ignore_ascii_case(name));
    node.map().unwrap_or_default().iter().any(|(key, _)| is_code(key))
        && node.any(&["to", "value", "data", "input", "calls", "params", "method"]).is_none()
}

/// Gas that any transaction takes. Source: the Yellow Paper, `G_transaction`.
const LEAST_GAS: u64 = 21_000;

/// Gas of a blob. Source: EIP-4844, `GAS_PER_BLOB`.
const GAS_PER_BLOB: u64 = 131_072;

/// The last type that is read, that of EIP-7702.
const LAST_KIND: u64 = 4;

/// The fee with what blobs may cost.
fn with_blobs(fee: Option<U256>, price: Option<U256>, blobs: u64) -> Option<U256> {
    let all =
        price.map(|price| price.saturating_mul(U256::from(blobs).saturating_mul(U256::from(GAS_PER_BLOB))));
    match (fee, all) {
        (Some(fee), Some(all)) => Some(fee.saturating_add(all)),
        (fee, all) => fee.or(all),
    }
}

/// The addresses among the texts of a field.
fn mentioned(node: &Node, path: &str, out: &mut Vec<(String, Address)>) {
    match &node.value {
        Json::Text(text) => out.extend(text.parse().ok().map(|address| (path.to_owned(), address))),
        Json::List(items) => items.iter().for_each(|item| mentioned(item, path, out)),
        Json::Map(fields) => {
            for (key, value) in fields {
                out.extend(key.parse().ok().map(|address| (path.to_owned(), address)));
                mentioned(value, path, out);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::address;
    use k256::ecdsa::SigningKey;

    use super::*;

    /// EIP-155's own example.
    const LEGACY: &str = "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83";

    #[test]
    fn the_fee_of_raw_bytes_counts_their_blobs() {
        let to = Address::repeat_byte(0x35);
        let raw = |hashes: usize| {
            let mut list = Vec::new();
            for number in [1_u64, 7, 1, 10, 21_000] {
                rlp::put_uint(U256::from(number), &mut list);
            }
            rlp::put_bytes(to.as_slice(), &mut list);
            rlp::put_uint(U256::from(5), &mut list);
            rlp::put_bytes(&[], &mut list);
            rlp::put_list(&[], &mut list);
            rlp::put_uint(U256::from(1_000), &mut list);
            let mut blobs = Vec::new();
            (0..hashes).for_each(|_| rlp::put_bytes(&[1; 32], &mut blobs));
            rlp::put_list(&blobs, &mut list);
            let mut bytes = vec![3];
            rlp::put_list(&list, &mut bytes);
            read_raw(&bytes, "tx").expect("a transaction").fee
        };
        assert_eq!(raw(0), Some(U256::from(210_000)));
        assert_eq!(raw(2), Some(U256::from(210_000 + 2 * 131_072 * 1_000)));
    }

    #[test]
    fn the_example_of_eip_155_is_read() {
        let tx = read_raw(&hex::decode(LEGACY).expect("hex"), "tx").expect("a transaction");
        assert_eq!(tx.chain_id, Some(1));
        assert_eq!(tx.to, Some(Address::repeat_byte(0x35)));
        assert_eq!(tx.value, U256::from(1_000_000_000_000_000_000_u64));
        // The example's key is 0x4646…46.
        assert_eq!(tx.from, Some(address!("9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F")));
    }

    #[test]
    fn a_transaction_with_tips_is_its_signers_and_an_unsigned_one_is_nobodys() {
        let key = SigningKey::from_slice(&[0x46; 32]).expect("a key");
        let to = Address::repeat_byte(0x35);
        let mut list = Vec::new();
        for number in [1_u64, 7, 1_000, 2_000, 21_000] {
            rlp::put_uint(U256::from(number), &mut list);
        }
        rlp::put_bytes(to.as_slice(), &mut list);
        rlp::put_uint(U256::from(5), &mut list);
        rlp::put_bytes(&[0xab; 70], &mut list);
        let mut access = Vec::new();
        rlp::put_bytes(to.as_slice(), &mut access);
        rlp::put_list(&[], &mut access);
        let mut entry = Vec::new();
        rlp::put_list(&access, &mut entry);
        rlp::put_list(&entry, &mut list);
        let whole = |list: &[u8]| {
            let mut bytes = vec![2];
            rlp::put_list(list, &mut bytes);
            bytes
        };
        assert_eq!(read_raw(&whole(&list), "tx").expect("unsigned").from, None);
        let (signature, parity) =
            key.sign_prehash_recoverable(keccak256(whole(&list)).as_slice()).expect("signs");
        rlp::put_uint(U256::from(parity.to_byte()), &mut list);
        rlp::put_uint(U256::from_be_slice(&signature.r().to_bytes()), &mut list);
        rlp::put_uint(U256::from_be_slice(&signature.s().to_bytes()), &mut list);
        let tx = read_raw(&whole(&list), "tx").expect("signed");
        assert_eq!(tx.from, Some(Address::from_private_key(&key)));
    }

    #[test]
    fn cut_lengthened_and_unknown_bytes_are_refused() {
        let bytes = hex::decode(LEGACY).expect("hex");
        for bad in [&bytes[..50], &[&bytes[..], &[0]].concat(), &[0x05, 0xc0], &[], &[0x02, 0xc0]] {
            assert!(read_raw(bad, "tx").is_err());
        }
    }
}
