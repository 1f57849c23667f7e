//! What typed data gives away: allowances, orders, or nothing that can be seen.

use alloy_primitives::{Address, B256, U256};

use super::{
    read::{Data, TypedData},
    shapes::{self, COIN, Known, Sight},
};
use crate::{
    decode::{By, Extent, Grant},
    known::PERMIT2,
};

/// Most orders of one bulk signature that are examined.
pub const MAX_ORDERS: usize = 1_024;

/// Allowances by signature, as their standards write them: EIP-2612, DAI, Permit2's own.
pub(crate) const ALLOWANCES: &[&str] = &[EIP_2612, DAI, PERMIT2_SINGLE, PERMIT2_BATCH];

/// Every signature over tokens whose fields are all read: allowances, ERC-4494, and what Permit2 transfers at once.
pub(crate) const PERMITS: &[&str] = &[
    EIP_2612,
    DAI,
    PERMIT2_SINGLE,
    PERMIT2_BATCH,
    "Permit(address spender,uint256 tokenId,uint256 nonce,uint256 deadline)",
    "PermitTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline)TokenPermissions(address \
     token,uint256 amount)",
    "PermitBatchTransferFrom(TokenPermissions[] permitted,address spender,uint256 nonce,uint256 deadline)TokenPermissions\
     (address token,uint256 amount)",
];

/// Whether orders are those of a market whose whole type is known, so that nothing in them is unread: Seaport's, alone or as
/// a tree of any height. Source: Seaport, `ConsiderationConstants.sol`.
pub(crate) fn is_whole_order(type_text: &str) -> bool {
    type_text.strip_prefix(ORDER) == Some(ITEMS) || after_tree(type_text) == Some(ORDER)
}

/// What stands behind the tree and the items of a bulk order's type.
fn after_tree(type_text: &str) -> Option<&str> {
    let (levels, rest) = type_text.strip_prefix("BulkOrder(OrderComponents[2]")?.split_once(" tree)")?;
    levels.replace("[2]", "").is_empty().then_some(rest)?.strip_prefix(ITEMS)
}

const ORDER: &str = "OrderComponents(address offerer,address zone,OfferItem[] offer,ConsiderationItem[] consideration,uint8 \
     orderType,uint256 startTime,uint256 endTime,bytes32 zoneHash,uint256 salt,bytes32 conduitKey,uint256 counter)";
const ITEMS: &str = "ConsiderationItem(uint8 itemType,address token,uint256 identifierOrCriteria,uint256 startAmount,uint256 \
     endAmount,address recipient)OfferItem(uint8 itemType,address token,uint256 identifierOrCriteria,uint256 \
     startAmount,uint256 endAmount)";

const EIP_2612: &str = "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)";
const DAI: &str = "Permit(address holder,address spender,uint256 nonce,uint256 expiry,bool allowed)";
const PERMIT2_SINGLE: &str = "PermitSingle(PermitDetails details,address spender,uint256 sigDeadline)PermitDetails(address token,uint160 \
     amount,uint48 expiration,uint48 nonce)";
const PERMIT2_BATCH: &str = "PermitBatch(PermitDetails[] details,address spender,uint256 sigDeadline)PermitDetails(address token,uint160 \
     amount,uint48 expiration,uint48 nonce)";

/// What kind of thing changes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemKind {
    /// The chain's coin.
    Coin,
    /// An ERC-20 token.
    Token,
    /// An NFT.
    Nft,
}

/// Something that changes hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What kind.
    pub kind: ItemKind,
    /// Contract; zero for the coin.
    pub token: Address,
    /// Number of an NFT; a criterion for several.
    pub id: U256,
    /// The least it can come down to.
    pub least: U256,
    /// The most it can come up to.
    pub most: U256,
    /// Who gets it; none for what is offered.
    pub recipient: Option<Address>,
    /// Whether any NFT of the collection will do.
    pub any_of: bool,
    /// Whether there may be many of one number (ERC-1155), each number with a price of its own.
    pub many: bool,
}

impl Item {
    /// Whether a market takes it: a coin has neither an address nor a number, a token has no number, and none is at an address
    /// that stands for the chain's coin, or for nobody. Source: Seaport, `Executor.sol`, `_transfer`.
    fn is_taken(&self) -> bool {
        let is_there = !(self.token.is_zero() || self.token == COIN);
        match self.kind {
            ItemKind::Coin => self.token.is_zero() && self.id.is_zero(),
            ItemKind::Token => is_there && self.id.is_zero(),
            ItemKind::Nft => is_there,
        }
    }
}

/// An order: what is given, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Where it stands.
    pub path: String,
    /// The market.
    pub market: &'static str,
    /// Who gives.
    pub maker: Address,
    /// What is given.
    pub offer: Vec<Item>,
    /// What is asked for.
    pub asked: Vec<Item>,
    /// The only one who may take it.
    pub taker: Option<Address>,
    /// A contract that decides about it.
    pub zone: Option<Address>,
    /// Until when.
    pub ends: Option<U256>,
    /// Who takes what is given, where the order names one beside its market: the key of a conduit of Seaport's.
    pub conduit: Option<B256>,
    /// Whether it has things of a form that its market never takes: they are left out here.
    pub odd: bool,
}

impl Order {
    /// The order as one of whoever signs it, where it names no maker: what goes to nobody is his too.
    pub(crate) fn of(&self, signer: Option<Address>) -> Self {
        let Some(signer) = signer.filter(|_| self.maker.is_zero()) else { return self.clone() };
        let own = |item: &Item| Item {
            recipient: item.recipient.map(|to| if to.is_zero() { signer } else { to }),
            ..item.clone()
        };
        Self { maker: signer, asked: self.asked.iter().map(own).collect(), ..self.clone() }
    }
}

/// What typed data means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Rights over tokens, with their paths.
    Grants(Vec<(String, Grant)>),
    /// Orders.
    Orders {
        /// The orders, blanks of a bulk tree left out.
        orders: Vec<Order>,
        /// Whether there were more than [`MAX_ORDERS`].
        cut: bool,
    },
    /// A shape that is known by its whole type.
    Known(Known),
    /// Nothing but hashes: what is agreed to cannot be seen.
    Blind,
    /// A Safe transaction.
    SafeTx,
    /// A message of a Safe.
    SafeMessage,
    /// A text, wrapped for the smart account that signs it (ERC-7739, `PersonalSign`).
    Text(Vec<u8>),
    /// Signing in or voting or something else that only its contract understands.
    Other,
}

impl Meaning {
    /// In whose names it speaks.
    pub(crate) fn owners(&self, data: &TypedData) -> Vec<Address> {
        match self {
            Self::Grants(grants) => grants.iter().filter_map(|(_, grant)| grant.owner).collect(),
            Self::Orders { orders, .. } => orders.iter().map(|order| order.maker).collect(),
            Self::Known(known) => {
                let named = known.owner.and_then(|path| data.message.address(path));
                let by = known.calls.iter().filter_map(|call| call.from);
                named.into_iter().chain(by).chain(known.orders.iter().map(|order| order.maker)).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Works out what typed data means, by its values.
pub fn meaning(data: &TypedData) -> Meaning {
    let message = &data.message;
    let verifying = data.domain.address("verifyingContract");
    if let Some(known) = shapes::read(data) {
        return if known.sight == Sight::None { Meaning::Blind } else { Meaning::Known(known) };
    }
    match &data.primary[..] {
        "SafeTx" => return Meaning::SafeTx,
        "SafeMessage" => return Meaning::SafeMessage,
        "PersonalSign" if data.type_text == "PersonalSign(bytes prefixed)" => {
            if let Some(Data::Bytes(bytes)) = message.get("prefixed")
                && let Some(text) = unprefixed(bytes)
            {
                return Meaning::Text(text.to_vec());
            }
        }
        "OrderComponents" => {
            if let Some(order) = seaport(message, "message") {
                return Meaning::Orders { orders: vec![order], cut: false };
            }
        }
        "BulkOrder" => {
            let mut orders = Vec::new();
            let mut cut = false;
            if let Some(tree) = message.get("tree") {
                leaves(tree, "message.tree", &mut orders, &mut cut);
            }
            if !orders.is_empty() {
                return Meaning::Orders { orders, cut };
            }
        }
        "ERC721Order" | "ERC1155Order" => {
            if let Some(order) = zero_ex(message) {
                return Meaning::Orders { orders: vec![order], cut: false };
            }
        }
        "Order" | "Maker" => {
            if let Some(order) = blur(message).or_else(|| looks_rare(message)) {
                return Meaning::Orders { orders: vec![order], cut: false };
            }
        }
        _ => {}
    }
    let grants = grants(data, verifying);
    if !grants.is_empty() {
        return Meaning::Grants(grants);
    }
    if is_blind(message) { Meaning::Blind } else { Meaning::Other }
}

/// The text behind the prefix of `personal_sign` (EIP-191), where its length is the one that is said.
fn unprefixed(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(b"\x19Ethereum Signed Message:\n")?;
    // The length has no end of its own: a text may begin with digits.
    (1..=rest.len().min(7)).find_map(|digits| {
        let (length, text) = rest.split_at(digits);
        let length = std::str::from_utf8(length).ok()?;
        (length == text.len().to_string()).then_some(text)
    })
}

/// Only hashes, and numbers that say nothing by themselves.
fn is_blind(data: &Data) -> bool {
    fn hashes(data: &Data) -> (usize, usize) {
        match data {
            Data::Fixed(_, 32) | Data::Bytes(_) => (1, 0),
            Data::Struct(_, fields) => fields
                .iter()
                .map(|(name, field)| match (&name[..], field) {
                    ("nonce" | "deadline" | "expiry" | "salt" | "counter", Data::Uint(_)) => (0, 0),
                    _ => hashes(field),
                })
                .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1)),
            Data::List(items) => {
                items.iter().map(hashes).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
            }
            _ => (0, 1),
        }
    }
    let (blind, readable) = hashes(data);
    blind > 0 && readable == 0
}

fn extent(amount: U256, bits: u16) -> Extent {
    if amount.is_zero() { Extent::None } else { Extent::Exact(amount, bits) }
}

fn grants(data: &TypedData, verifying: Option<Address>) -> Vec<(String, Grant)> {
    let message = &data.message;
    let permit2 = || data.domain.text("name") == Some("Permit2") || verifying == Some(PERMIT2);
    let found = match &data.primary[..] {
        "PermitSingle" => details(message, "details", "message").into_iter().collect(),
        "PermitBatch" => {
            let count = message.list("details").map_or(0, <[Data]>::len);
            (0..count).filter_map(|index| details(message, &format!("details.{index}"), "message")).collect()
        }
        name if name.starts_with("PermitBatch") && name.contains("TransferFrom") => {
            let count = message.list("permitted").map_or(0, <[Data]>::len);
            (0..count).filter_map(|index| permitted(message, &format!("permitted.{index}"))).collect()
        }
        name if name.starts_with("Permit") && (name.contains("TransferFrom") || permit2()) => {
            permitted(message, "permitted").into_iter().collect()
        }
        _ => Vec::new(),
    };
    if !found.is_empty() {
        return found;
    }
    // By shape: EIP-2612 and DAI, whatever the struct is called.
    let spender = ["spender", "operator", "guy", "usr"].iter().find_map(|key| message.address(key));
    let (Some(token), Some(spender)) = (verifying, spender) else { return Vec::new() };
    let owner = message.address("owner").or_else(|| message.address("holder"));
    let deadline =
        message.uint("deadline").or_else(|| message.uint("expiry")).or_else(|| message.uint("sigDeadline"));
    let all = match message.get("allowed").or_else(|| message.get("approved")) {
        Some(Data::Bool(true)) => Some(Extent::All),
        Some(Data::Bool(false)) => Some(Extent::None),
        _ => None,
    };
    let amount = ["value", "amount", "wad", "allowance"].iter().find_map(|key| message.uint(key));
    let nft = ["tokenId", "id"].iter().find_map(|key| message.uint(key)).map(Extent::Nft);
    let Some(extent) = all.or_else(|| amount.map(|amount| extent(amount, 256))).or(nft) else {
        return Vec::new();
    };
    let grant = Grant { by: By::Permit, token, owner, spender, extent, expires: None, deadline };
    vec![("message".to_owned(), grant)]
}

/// One `PermitDetails` of Permit2. Source: Uniswap permit2, `IAllowanceTransfer`.
fn details(message: &Data, at: &str, root: &str) -> Option<(String, Grant)> {
    let field = |name: &str| format!("{at}.{name}");
    let grant = Grant {
        by: By::Permit,
        token: message.address(&field("token"))?,
        owner: None,
        spender: message.address("spender")?,
        extent: extent(message.uint(&field("amount"))?, 160),
        expires: message.uint(&field("expiration")),
        deadline: message.uint("sigDeadline"),
    };
    Some((format!("{root}.{at}"), grant))
}

/// One `TokenPermissions` of Permit2. Source: Uniswap permit2, `ISignatureTransfer`.
fn permitted(message: &Data, at: &str) -> Option<(String, Grant)> {
    let grant = Grant {
        by: By::PermitTransfer,
        token: message.address(&format!("{at}.token"))?,
        owner: None,
        spender: message.address("spender")?,
        extent: extent(message.uint(&format!("{at}.amount"))?, 256),
        expires: None,
        deadline: message.uint("deadline"),
    };
    Some((format!("message.{at}"), grant))
}

fn leaves(tree: &Data, path: &str, orders: &mut Vec<Order>, cut: &mut bool) {
    if orders.len() >= MAX_ORDERS {
        *cut = true;
        return;
    }
    match tree {
        Data::List(items) => {
            for (index, item) in items.iter().enumerate() {
                leaves(item, &format!("{path}[{index}]"), orders, cut);
            }
        }
        // A tree is filled up with blank orders.
        blank if blank.address("offerer").is_some_and(|offerer| offerer.is_zero()) => {}
        leaf => match seaport(leaf, path) {
            Some(order) => orders.push(order),
            None => *cut = true,
        },
    }
}

/// An order of Seaport as typed data. Source: `ConsiderationStructs.sol`.
fn seaport(order: &Data, path: &str) -> Option<Order> {
    let item = |data: &Data| {
        let number = |name: &str| data.uint(name);
        Some(SeaportItem {
            kind: number("itemType")?,
            token: data.address("token")?,
            id: number("identifierOrCriteria")?,
            amounts: [number("startAmount")?, number("endAmount")?],
            recipient: data.address("recipient"),
        })
    };
    let items = |name: &str| order.list(name)?.iter().map(item).collect::<Option<Vec<_>>>();
    let parts = SeaportOrder {
        maker: order.address("offerer")?,
        zone: order.address("zone"),
        offer: items("offer")?,
        asked: items("consideration")?,
        kind: order.uint("orderType")?,
        ends: order.uint("endTime"),
        conduit: match order.get("conduitKey") {
            Some(Data::Fixed(key, 32)) => *key,
            _ => B256::ZERO,
        },
    };
    parts.read(path)
}

/// What an order of Seaport says, wherever it stands.
pub(crate) struct SeaportOrder {
    pub(crate) maker: Address,
    pub(crate) zone: Option<Address>,
    pub(crate) offer: Vec<SeaportItem>,
    pub(crate) asked: Vec<SeaportItem>,
    pub(crate) kind: U256,
    pub(crate) ends: Option<U256>,
    pub(crate) conduit: B256,
}

/// One thing of it.
pub(crate) struct SeaportItem {
    pub(crate) kind: U256,
    pub(crate) token: Address,
    pub(crate) id: U256,
    /// At the start and at the end.
    pub(crate) amounts: [U256; 2],
    /// None for what is offered.
    pub(crate) recipient: Option<Address>,
}

impl SeaportItem {
    fn read(&self) -> Item {
        let [first, last] = self.amounts;
        Item {
            kind: match self.kind.try_into() {
                Ok(0u8) => ItemKind::Coin,
                Ok(1) => ItemKind::Token,
                _ => ItemKind::Nft,
            },
            token: self.token,
            id: self.id,
            least: first.min(last),
            most: first.max(last),
            recipient: self.recipient,
            any_of: self.kind > U256::from(3),
            many: [U256::from(3), U256::from(5)].contains(&self.kind),
        }
    }
}

impl SeaportOrder {
    /// Nothing for a contract's order, which is no account's to sign.
    pub(crate) fn read(&self, path: &str) -> Option<Order> {
        if self.kind > U256::from(3) {
            return None;
        }
        let all = |items: &[SeaportItem]| -> Vec<Item> {
            items.iter().map(SeaportItem::read).filter(Item::is_taken).collect()
        };
        let (offer, asked) = (all(&self.offer), all(&self.asked));
        let is_whole = offer.len() == self.offer.len() && asked.len() == self.asked.len();
        let is_known = |item: &SeaportItem| item.kind <= U256::from(5);
        // An NFT that somebody else must receive names the only one who would pay for it.
        let is_theirs = |item: &&Item| item.kind == ItemKind::Nft && item.recipient != Some(self.maker);
        let restricted = self.kind >= U256::from(2);
        Some(Order {
            path: path.to_owned(),
            market: "Seaport",
            maker: self.maker,
            taker: asked.iter().find(is_theirs).and_then(|item| item.recipient),
            odd: !is_whole || !self.offer.iter().chain(&self.asked).all(is_known),
            offer,
            asked,
            zone: self.zone.filter(|zone| restricted && !zone.is_zero()),
            ends: self.ends,
            conduit: Some(self.conduit).filter(|key| !key.is_zero()),
        })
    }
}

/// An NFT order of 0x version 4. Source: `LibNFTOrder.sol`.
fn zero_ex(order: &Data) -> Option<Order> {
    let maker = order.address("maker")?;
    let sells = order.uint("direction")?.is_zero();
    let collection = order.address("erc721Token").or_else(|| order.address("erc1155Token"))?;
    let id = order.uint("erc721TokenId").or_else(|| order.uint("erc1155TokenId")).unwrap_or_default();
    let count = order.uint("erc1155TokenAmount").unwrap_or(U256::from(1));
    let nft = Item {
        kind: ItemKind::Nft,
        token: collection,
        id,
        least: count,
        most: count,
        recipient: None,
        any_of: false,
        many: order.address("erc1155Token").is_some(),
    };
    // Source: `LibNFTOrder.sol`, `NATIVE_TOKEN_ADDRESS`.
    let currency = order.address("erc20Token")?;
    let is_coin = currency == COIN;
    let price = Item {
        kind: if is_coin { ItemKind::Coin } else { ItemKind::Token },
        token: if is_coin { Address::ZERO } else { currency },
        id: U256::ZERO,
        least: order.uint("erc20TokenAmount")?,
        most: order.uint("erc20TokenAmount")?,
        recipient: None,
        any_of: false,
        many: false,
    };
    let to_maker = |item: Item| Item { recipient: Some(maker), ..item };
    let (offer, asked) = if sells { (nft, to_maker(price)) } else { (price, to_maker(nft)) };
    Some(Order {
        path: "message".to_owned(),
        market: "0x",
        maker,
        offer: vec![offer],
        asked: Some(asked).filter(Item::is_taken).into_iter().collect(),
        taker: order.address("taker").filter(|taker| !taker.is_zero()),
        zone: None,
        ends: order.uint("expiry"),
        conduit: None,
        odd: false,
    })
}

/// An order of Blur. Source: `OrderStructs.sol` of the Blur exchange.
fn blur(order: &Data) -> Option<Order> {
    let maker = order.address("trader")?;
    let sells = order.uint("side")? == U256::from(1);
    let currency = order.address("paymentToken")?;
    let nft = Item {
        kind: ItemKind::Nft,
        token: order.address("collection")?,
        id: order.uint("tokenId")?,
        least: order.uint("amount").unwrap_or(U256::from(1)),
        most: order.uint("amount").unwrap_or(U256::from(1)),
        recipient: None,
        any_of: false,
        many: order.uint("amount").is_some_and(|amount| amount > U256::from(1)),
    };
    Some(simple("Blur", maker, sells, nft, currency, order.uint("price")?, order.uint("expirationTime")))
}

/// An order of `LooksRare` version 2. Source: its `OrderStructs.sol`.
fn looks_rare(order: &Data) -> Option<Order> {
    let maker = order.address("signer")?;
    let sells = order.uint("quoteType")? == U256::from(1);
    let nft = Item {
        kind: ItemKind::Nft,
        token: order.address("collection")?,
        id: order.uint("itemIds.0").unwrap_or_default(),
        least: order.uint("amounts.0").unwrap_or(U256::from(1)),
        most: order.uint("amounts.0").unwrap_or(U256::from(1)),
        recipient: None,
        any_of: false,
        many: order.uint("collectionType").is_some_and(|kind| !kind.is_zero()),
    };
    let price = order.uint("price")?;
    Some(simple("LooksRare", maker, sells, nft, order.address("currency")?, price, order.uint("endTime")))
}

fn simple(
    market: &'static str,
    maker: Address,
    sells: bool,
    nft: Item,
    currency: Address,
    price: U256,
    ends: Option<U256>,
) -> Order {
    let kind = if currency.is_zero() { ItemKind::Coin } else { ItemKind::Token };
    let money = Item {
        kind,
        token: currency,
        id: U256::ZERO,
        least: price,
        most: price,
        recipient: None,
        any_of: false,
        many: false,
    };
    let to_maker = |item: Item| Item { recipient: Some(maker), ..item };
    let (offer, asked) = if sells { (nft, to_maker(money)) } else { (money, to_maker(nft)) };
    let path = "message".to_owned();
    let (offer, asked) = (vec![offer], Some(asked).filter(Item::is_taken).into_iter().collect());
    Order { path, market, maker, offer, asked, taker: None, zone: None, ends, conduit: None, odd: false }
}
