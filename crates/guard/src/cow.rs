//! Orders at `CoW` Protocol that are given by a call: signed on the chain by a number, or in parts over time.

use alloy_primitives::{Address, B256, U256, address, keccak256};

use crate::{
    case::Case,
    decode::{
        Call, Decoded, Value,
        cow::{Uid, parts, pre_signed},
    },
    json::{self, Node},
    scalar::Scalars,
    seaport,
    typed::{self, COIN, Item, ItemKind, Meaning, Order},
};

/// Who takes what orders give, by an allowance. Source: cowprotocol/contracts, `networks.json`.
pub(crate) const RELAYER: Address = address!("C92E8bdf79f0507f65a392b0ab4667716BFE0110");

/// An order in parts, as one: all that it gives and gets. Nothing where its contract would refuse it.
fn whole(call: &Call<'_>, decoded: &Decoded<'_>, now: Option<U256>) -> Option<Order> {
    let args = parts(decoded)?;
    let maker = call.from?;
    let address = |index: usize| args.get(index).and_then(Value::address);
    let uint = |index: usize| args.get(index).and_then(Value::uint);
    let (sells, buys, receiver) = (address(0)?, address(1)?, address(2)?);
    let (gives, gets, count, every) = (uint(3)?, uint(4)?, uint(6)?, uint(7)?);
    if sells.is_zero() || buys.is_zero() || sells == buys || count < U256::from(2) {
        return None;
    }
    let start = uint(5).filter(|start| !start.is_zero()).or(now);
    let item = |token: Address, amount: U256, recipient: Option<Address>| {
        let is_coin = token == COIN;
        let all = amount.saturating_mul(count);
        Item {
            kind: if is_coin { ItemKind::Coin } else { ItemKind::Token },
            token: if is_coin { Address::ZERO } else { token },
            id: U256::ZERO,
            least: all,
            most: all,
            recipient,
            any_of: false,
            many: false,
        }
    };
    let receiver = if receiver.is_zero() { maker } else { receiver };
    Some(Order {
        path: call.path.clone(),
        market: "CoW Protocol, in parts over time",
        maker,
        offer: vec![item(sells, gives, None)],
        asked: vec![item(buys, gets, Some(receiver))],
        taker: None,
        zone: None,
        ends: start.map(|start| start.saturating_add(count.saturating_mul(every))),
        conduit: None,
        odd: false,
    })
}

/// What an order's fields are called, with their types.
const FIELDS: [(&str, &str); 12] = [
    ("sellToken", "address"),
    ("buyToken", "address"),
    ("receiver", "address"),
    ("sellAmount", "uint256"),
    ("buyAmount", "uint256"),
    ("validTo", "uint32"),
    ("appData", "bytes32"),
    ("feeAmount", "uint256"),
    ("kind", "string"),
    ("partiallyFillable", "bool"),
    ("sellTokenBalance", "string"),
    ("buyTokenBalance", "string"),
];

/// An order as the context tells it, in the form of `CoW`'s own service, as the typed data that its number is the hash of.
fn told(text: &str, chain_id: u64, market: &Address) -> Result<typed::TypedData, String> {
    let node = json::parse(text.as_bytes()).map_err(|error| error.to_string())?;
    let mut message = serde_json::Map::new();
    for (name, kind) in FIELDS {
        // The service gives the whole of what the data are the hash of, and the hash beside.
        let field = if name == "appData" { node.any(&["appDataHash", "appData"]) } else { node.get(name) };
        let value = match (field, name) {
            (Some(Node { value: json::Json::Bool(on), .. }), _) if kind == "bool" => serde_json::json!(on),
            (Some(Node { value: json::Json::Null, .. }) | None, "receiver") => {
                serde_json::json!(Address::ZERO.to_string())
            }
            (Some(Node { value: json::Json::Text(text) | json::Json::Number(text), .. }), _) => {
                serde_json::json!(text)
            }
            _ => return Err(format!("`{name}` is absent or of another form")),
        };
        message.insert(name.to_owned(), value);
    }
    let field = |name: &str, kind: &str| serde_json::json!({ "name": name, "type": kind });
    let fields: Vec<_> = FIELDS.iter().map(|(name, kind)| field(name, kind)).collect();
    // Source: cowprotocol/contracts, `GPv2Signing.sol`.
    let data = serde_json::json!({
        "types": {
            "EIP712Domain": [
                field("name", "string"), field("version", "string"), field("chainId", "uint256"),
                field("verifyingContract", "address"),
            ],
            "Order": fields,
        },
        "primaryType": "Order",
        "domain": {
            "name": "Gnosis Protocol", "version": "v2", "chainId": chain_id, "verifyingContract": market.to_string(),
        },
        "message": message,
    });
    let node = json::parse(data.to_string().as_bytes()).map_err(|error| error.to_string())?;
    typed::read(&node, &mut Scalars::default()).map_err(|error| error.to_string())
}

/// What the order with a number is, where the context tells it, in the words that are read here.
fn signed(case: &Case<'_>, call: &Call<'_>, uid: &Uid) -> Option<Order> {
    let (chain, market) = case.chain_id.zip(call.to)?;
    let data = case.facts.cow_orders.iter().find_map(|text| {
        let data = told(text, chain, &market).ok()?;
        (data.hashes.digest == uid.digest).then_some(data)
    })?;
    let text = |name: &str| data.message.text(name).unwrap_or_default();
    let is_plain = matches!(text("kind"), "sell" | "buy")
        && text("sellTokenBalance") == "erc20"
        && text("buyTokenBalance") == "erc20";
    let ends = data.message.uint("validTo") == Some(U256::from(uid.valid_to));
    let Meaning::Known(known) = typed::meaning(&data) else { return None };
    let order = known.orders.into_iter().next().filter(|_| is_plain && ends)?;
    Some(Order { path: call.path.clone(), ..order.of(Some(uid.owner)) })
}

/// What an order says besides by a hash: fees of partners, calls before and after it. Source: cowprotocol/app-data.
pub(crate) struct Terms {
    /// The hash, as it is signed.
    pub hash: B256,
    /// What it is the hash of, where that is told.
    pub text: Option<String>,
}

impl Terms {
    /// What the context tells besides the order of a text.
    fn of(text: &str) -> Option<Self> {
        let node = json::parse(text.as_bytes()).ok()?;
        let field = |name: &str| node.any(&[name]).and_then(Node::text);
        let (data, whole) = (field("appData"), field("fullAppData"));
        let is_hash = |text: &str| text.len() == 66 && text.starts_with("0x");
        let hash = field("appDataHash").or(data.filter(|data| is_hash(data)))?.parse().ok()?;
        let text = whole.or(data.filter(|data| !is_hash(data))).map(str::to_owned);
        Some(Self { hash, text })
    }

    /// Of a hash alone: what it is the hash of is looked for among what the context tells.
    fn of_hash(hash: B256, told: &[String]) -> Self {
        let texts = told.iter().filter_map(|text| Self::of(text)?.text);
        Self { hash, text: texts.into_iter().find(|text| keccak256(text) == hash) }
    }

    /// Whether there are none: no hash, or that of an empty object.
    pub(crate) fn are_none(&self) -> bool {
        self.hash.is_zero() || self.hash == keccak256("{}")
    }

    /// Addresses that stand in it.
    pub(crate) fn named(&self) -> Vec<Address> {
        let text = self.text.as_deref().unwrap_or_default();
        text.split("0x").skip(1).filter_map(|rest| rest.get(..40)?.parse().ok()).collect()
    }
}

impl Case<'_> {
    /// What the order that a call gives says besides, by its number or in parts.
    pub(crate) fn cow_terms(&self, call: &Call<'_>) -> Option<Terms> {
        let decoded = call.decoded.as_ref()?;
        let told_of = &self.facts.cow_orders;
        let Some((uid, _)) = pre_signed(decoded) else {
            let hash = B256::try_from(parts(decoded)?.get(9)?.bytes()?).ok()?;
            return Some(Terms::of_hash(hash, told_of));
        };
        let (chain, market) = self.chain_id.zip(call.to)?;
        let is_this =
            |text: &&String| told(text, chain, &market).is_ok_and(|data| data.hashes.digest == uid.digest);
        told_of.iter().find(is_this).and_then(|text| Terms::of(text))
    }

    /// What an order that is signed as typed data says besides.
    pub(crate) fn cow_terms_of(&self, data: &typed::TypedData) -> Option<Terms> {
        let typed::Data::Fixed(hash, 32) = data.message.get("appData")? else { return None };
        Some(Terms::of_hash(*hash, &self.facts.cow_orders))
    }

    /// The orders that a call gives, where its parameters or the context tell all of them: at `CoW` Protocol, or at Seaport the
    /// caller's own.
    pub(crate) fn orders_by(&self, call: &Call<'_>) -> Vec<Order> {
        let own = seaport::validated(call).into_iter().filter(|order| {
            call.from == Some(order.maker) || self.is_own(&order.maker) || self.spends(&order.maker)
        });
        self.cow_order(call).into_iter().chain(own).collect()
    }

    /// The order at `CoW` Protocol that a call gives, where its parameters or the context tell all of it.
    pub(crate) fn cow_order(&self, call: &Call<'_>) -> Option<Order> {
        let decoded = call.decoded.as_ref().filter(|_| !call.delegate)?;
        match pre_signed(decoded) {
            Some((uid, true)) if call.from == Some(uid.owner) => signed(self, call, &uid),
            Some(_) => None,
            None => {
                let now = self.facts.now.and_then(|now| u64::try_from(now.as_second()).ok());
                whole(call, decoded, now.map(U256::from))
            }
        }
    }

    /// What in the context is no order.
    pub(crate) fn unread_cow_orders(&self) -> Vec<String> {
        let texts = self.facts.cow_orders.iter();
        texts.filter_map(|text| told(text, 1, &Address::ZERO).err()).collect()
    }
}
