//! Typed data that is known by its whole type: read into orders, calls, and rights, so that the checks of those judge it.

use std::sync::LazyLock;

use alloy_primitives::{Address, U256};
use serde::Deserialize;

use super::{
    meaning::{Item, ItemKind, Order},
    read::{Data, TypedData},
};

/// How many contracts write the chain's coin where a token is asked for. Source: `GPv2Transfer.BUY_ETH_ADDRESS`.
pub(crate) const COIN: Address = alloy_primitives::address!("EeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE");

/// The shapes, one a table.
static TEXT: &str = include_str!("shapes.toml");

static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    let file: File = toml::from_str(TEXT).expect("a test reads the file");
    file.shape
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    shape: Vec<Shape>,
}

/// What a type of typed data means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    id: String,
    /// Its `encodeType`.
    #[serde(rename = "type")]
    text: String,
    #[serde(rename = "source")]
    _source: String,
    market: Option<String>,
    owner: Option<String>,
    spender: Option<String>,
    /// `@never` where it can be used without an end, `a|@never` where it can while `a` is zero.
    until: Option<String>,
    /// Which bits of that field the end is in, the second left out.
    until_bits: Option<[usize; 2]>,
    /// How its contract writes the chain's coin where it asks for a token. Where it does not, such an address is no token, and
    /// what is asked for there is nothing.
    coin: Option<CoinAddress>,
    /// Token and amount.
    #[serde(default)]
    gives: Vec<Vec<String>>,
    /// Whether what is given is said twice: the larger counts.
    #[serde(default)]
    either: bool,
    /// Token, amount, receiver: of `a|@owner` the maker where `a` is zero.
    #[serde(default)]
    gets: Vec<Vec<String>>,
    /// Token, amount, receiver.
    #[serde(default)]
    pays: Vec<Vec<String>>,
    /// Fields of those who can only better what the maker gets.
    #[serde(default)]
    betters: Vec<String>,
    /// Who, and a field that is false or zero where the right ends.
    #[serde(default)]
    operator: Vec<String>,
    /// Whether the right is one to vote, and moves nothing.
    #[serde(default)]
    votes: bool,
    #[serde(default)]
    call: Vec<CallShape>,
    /// What it takes back.
    ends: Option<String>,
    /// The name of the domain whose chain and contract say nothing: who takes it holds it to fields of its own.
    any_domain: Option<String>,
    /// As `tells`, of what is behind a hash in a domain of that name.
    unseen: Option<String>,
    /// Whether what it agrees to cannot be seen.
    #[serde(default)]
    blind: bool,
    /// What is lost by it, where nobody should sign it.
    loses: Option<String>,
    /// The sentence of what no act here stands for; fields in braces.
    tells: Option<String>,
    /// A field that is true where what is told is taken back, by nobody but the signer.
    back: Option<String>,
    /// The sentence then.
    tells_back: Option<String>,
    /// Who gets what that is: an address, or a text that is one.
    payee: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum CoinAddress {
    /// [`COIN`].
    Marker,
    Zero,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallShape {
    to: String,
    value: Option<String>,
    data: String,
}

/// A call that a signature lets somebody make in the signer's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCall {
    /// In whose name.
    pub from: Option<Address>,
    /// Whom.
    pub to: Address,
    /// Wei.
    pub value: U256,
    /// Call data.
    pub data: Vec<u8>,
}

/// How much of what is agreed to can be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sight {
    /// All of it.
    #[default]
    Whole,
    /// Whose action it is, and of that the hash.
    Hash,
    /// Nothing.
    None,
}

/// What a known shape says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Which shape.
    pub id: &'static str,
    /// The field of the message that says in whose name it speaks, where one does.
    pub owner: Option<&'static str>,
    /// What is given, and for what.
    pub orders: Vec<Order>,
    /// Who takes what is given, where it is said: he must be trusted.
    pub spender: Option<Address>,
    /// Calls in the signer's name; a payment is one of the token.
    pub calls: Vec<SignedCall>,
    /// Who may act for the signer at the contract.
    pub operators: Vec<Address>,
    /// Whether they may do no more than vote.
    pub votes: bool,
    /// What it takes back.
    pub ends: Option<&'static str>,
    /// Who loses a right by it.
    pub dismissed: Option<Address>,
    /// Until when it can be used, in seconds since 1970.
    pub until: Option<U256>,
    /// How much of what it agrees to can be seen.
    pub sight: Sight,
    /// Whether chain and contract of its domain say nothing.
    pub any_domain: bool,
    /// What it does beside a chain that is read here, in words.
    pub told: Option<Box<Told>>,
}

/// What a signature does beside any chain that is read here, such as on the books of an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The sentence; the values in it are the request's own.
    pub sentence: String,
    /// The field that says who gets it, and the address there, where it is one.
    pub payee: Option<(&'static str, Option<Address>)>,
    /// What is lost by it, where nobody should sign it.
    pub loses: Option<&'static str>,
}

/// Whether the type is known, whatever the fields hold.
pub(crate) fn is_known(data: &TypedData) -> bool {
    shape(&data.type_text).is_some()
}

/// The fields of a text that exchanges take for a key, whatever the type is called (`dYdX`, `ApeX`).
const KEY: &str = "(string action,string onlySignOn)";

fn shape(type_text: &str) -> Option<&'static Shape> {
    let is_key = type_text.split_once('(').is_some_and(|(name, _)| type_text[name.len()..] == *KEY);
    SHAPES.iter().find(|shape| shape.text == type_text || is_key && shape.text.ends_with(KEY))
}

impl Known {
    /// Fields of those who can only better what the maker gets, so that nobody need vouch for them.
    pub(crate) fn betters(&self) -> &'static [String] {
        SHAPES.iter().find(|shape| shape.id == self.id).map_or(&[], |shape| &shape.betters)
    }
}

/// Reads typed data whose type is known. `None` where the type is not, or a field that decides is not what it should be.
pub(super) fn read(data: &TypedData) -> Option<Known> {
    let shape = shape(&data.type_text)?;
    let reader = Reader { data };
    let owner = shape.owner.as_deref().and_then(|path| reader.address(path));
    let until = reader.until(shape);
    let any_domain = shape.any_domain.as_deref().is_some_and(|name| data.domain.text("name") == Some(name));
    let mut known = Known {
        id: &shape.id,
        owner: shape.owner.as_deref(),
        until,
        sight: match (shape.blind, &shape.unseen) {
            (false, None) => Sight::Whole,
            (false, Some(_)) if any_domain => Sight::Hash,
            _ => Sight::None,
        },
        any_domain,
        votes: shape.votes,
        ends: shape.ends.as_deref(),
        ..Known::default()
    };
    let is_back = shape.back.as_deref().and_then(|path| data.message.get(path)) == Some(&Data::Bool(true));
    let back = shape.tells_back.as_ref().filter(|_| is_back);
    if let Some(template) = back.or(shape.tells.as_ref()).or(shape.unseen.as_ref()) {
        let payee = shape.payee.as_deref().filter(|_| back.is_none());
        let payee = payee.map(|path| (path, reader.written_address(path)));
        known.told =
            Some(Box::new(Told { sentence: reader.fill(template)?, payee, loses: shape.loses.as_deref() }));
    }
    known.spender = shape.spender.as_deref().map(|path| reader.address(path).ok_or(())).transpose().ok()?;
    if !shape.gives.is_empty() {
        known.orders.push(reader.order(shape, owner, until)?);
    }
    for pays in &shape.pays {
        let [token, amount, to] = &pays[..] else { return None };
        let (token, amount, to) = (reader.address(token)?, data.message.uint(amount)?, reader.address(to)?);
        // A fee of nothing is none.
        if !amount.is_zero() {
            known.calls.push(payment(owner, token, amount, to));
        }
    }
    for call in &shape.call {
        let call = SignedCall {
            from: owner,
            to: reader.address(&call.to)?,
            value: call.value.as_deref().map_or(Some(U256::ZERO), |path| data.message.uint(path))?,
            data: match data.message.get(&call.data)? {
                Data::Bytes(bytes) => bytes.clone(),
                _ => return None,
            },
        };
        // Nobody is called, with nothing.
        if !call.to.is_zero() || !call.data.is_empty() || !call.value.is_zero() {
            known.calls.push(call);
        }
    }
    if let Some((who, rest)) = shape.operator.split_first() {
        let ends = rest.first().is_some_and(|path| match data.message.get(path) {
            Some(Data::Bool(on)) => !on,
            Some(Data::Uint(amount)) => amount.is_zero(),
            _ => false,
        });
        if ends {
            known.ends = Some("a right to act for you");
            known.dismissed = Some(reader.address(who)?);
        } else {
            known.operators.push(reader.address(who)?);
        }
    }
    Some(known)
}

/// A payment by signature is the token's own call of a transfer.
fn payment(from: Option<Address>, token: Address, amount: U256, to: Address) -> SignedCall {
    if token.is_zero() {
        return SignedCall { from, to, value: amount, data: Vec::new() };
    }
    let mut data = vec![0xa9, 0x05, 0x9c, 0xbb];
    data.extend_from_slice(to.into_word().as_slice());
    data.extend_from_slice(&amount.to_be_bytes::<32>());
    SignedCall { from, to: token, value: U256::ZERO, data }
}

struct Reader<'a> {
    data: &'a TypedData,
}

impl Reader<'_> {
    /// The address at a path; zkSync writes addresses as numbers.
    fn address(&self, path: &str) -> Option<Address> {
        if path == "@contract" {
            return self.data.domain.address("verifyingContract");
        }
        if path == "@coin" {
            return Some(Address::ZERO);
        }
        match self.data.message.get(path)? {
            Data::Address(address) => Some(*address),
            Data::Uint(number) if number.bit_len() <= 160 => {
                Some(Address::from_slice(&number.to_be_bytes::<32>()[12..]))
            }
            _ => None,
        }
    }

    /// The address at a path, which may be written as a text.
    fn written_address(&self, path: &str) -> Option<Address> {
        match self.data.message.get(path)? {
            Data::Text(text) if text.starts_with("0x") && text.len() == 42 => text.parse().ok(),
            _ => self.address(path),
        }
    }

    /// Until when what a shape means can be used.
    fn until(&self, shape: &Shape) -> Option<U256> {
        let path = shape.until.as_deref()?;
        if path == "@never" {
            return Some(U256::MAX);
        }
        let (path, zero) = path.strip_suffix("|@never").map_or((path, U256::ZERO), |path| (path, U256::MAX));
        let field = self.data.message.uint(path)?;
        let end = shape
            .until_bits
            .map_or(field, |[from, to]| (field >> from) & ((U256::from(1) << (to - from)) - U256::from(1)));
        Some(if end.is_zero() { zero } else { end })
    }

    /// A sentence with the values of fields in its braces.
    fn fill(&self, template: &str) -> Option<String> {
        let mut sentence = String::new();
        for (at, part) in template.split(['{', '}']).enumerate() {
            if at % 2 == 0 {
                sentence.push_str(part);
            } else {
                let (path, places) = part.split_once(':').unwrap_or((part, ""));
                let data = self.data.message.get(path)?;
                sentence.push_str(&match (data, places.parse()) {
                    (Data::Uint(number), Ok(places)) => crate::known::decimal(*number, places),
                    _ => data.show(),
                });
            }
        }
        Some(sentence)
    }

    fn order(&self, shape: &'static Shape, owner: Option<Address>, until: Option<U256>) -> Option<Order> {
        let maker = owner.unwrap_or_default();
        let mut offer = self.items(&shape.gives, None, None)?;
        // No contract takes the coin by a signature.
        if offer.iter().any(|item| item.token.is_zero()) {
            return None;
        }
        if shape.either && offer.iter().all(|item| item.token == offer[0].token) {
            offer.sort_by_key(|item| std::cmp::Reverse(item.most));
            offer.truncate(1);
        }
        Some(Order {
            path: "message".to_owned(),
            market: shape.market.as_deref().unwrap_or(&shape.id),
            maker,
            offer: offer.into_iter().filter(|item| !item.most.is_zero()).collect(),
            asked: self.items(&shape.gets, Some(maker), shape.coin)?,
            taker: None,
            zone: None,
            ends: until,
            conduit: None,
            odd: false,
        })
    }

    /// The items at paths of token, amount and perhaps receiver; without one it is the maker. What is no token is left out.
    fn items(
        &self,
        paths: &[Vec<String>],
        maker: Option<Address>,
        coin: Option<CoinAddress>,
    ) -> Option<Vec<Item>> {
        let mut items = Vec::new();
        for path in paths {
            let [token, amount, receiver @ ..] = &path[..] else { return None };
            let count = match token.split_once("[]") {
                Some((list, _)) => self.data.message.list(list)?.len(),
                None => 1,
            };
            for index in 0..count {
                let at = |path: &str| path.replace("[]", &format!(".{index}"));
                let token = self.address(&at(token))?;
                let written = match token {
                    COIN => Some(CoinAddress::Marker),
                    Address::ZERO => Some(CoinAddress::Zero),
                    _ => None,
                };
                let is_coin = written.is_some() && (written == coin || path[0] == "@coin");
                if maker.is_some() && written.is_some() && !is_coin {
                    continue;
                }
                let token = if written.is_some() { Address::ZERO } else { token };
                let (least, most, kind) = if amount == "@one" {
                    (U256::from(1), U256::from(1), ItemKind::Nft)
                } else {
                    let amounts: Option<Vec<U256>> =
                        amount.split('|').map(|path| self.data.message.uint(&at(path))).collect();
                    let amounts = amounts?;
                    let kind = if is_coin { ItemKind::Coin } else { ItemKind::Token };
                    (amounts.iter().min().copied()?, amounts.iter().max().copied()?, kind)
                };
                let receiver = match receiver.first().map(|path| &path[..]) {
                    Some("@owner") | None => maker,
                    // What is sent to the zero address is nobody's.
                    Some(path) => {
                        let (path, zero) =
                            path.strip_suffix("|@owner").map_or((path, None), |path| (path, maker));
                        self.address(&at(path)).and_then(|to| if to.is_zero() { zero } else { Some(to) })
                    }
                };
                items.push(Item {
                    kind,
                    token,
                    id: U256::ZERO,
                    least,
                    most,
                    recipient: receiver,
                    any_of: false,
                    many: false,
                });
            }
        }
        Some(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_has_a_type_of_its_own_and_paths_that_are_in_it() {
        let mut types: Vec<&str> = SHAPES.iter().map(|shape| &shape.text[..]).collect();
        types.sort_unstable();
        let count = types.len();
        types.dedup();
        assert_eq!(types.len(), count);
        for shape in SHAPES.iter() {
            let call =
                shape.call.iter().flat_map(|call| [Some(&call.to), call.value.as_ref(), Some(&call.data)]);
            let lists = shape.gives.iter().chain(&shape.gets).chain(&shape.pays).flatten();
            let told = shape
                .tells
                .iter()
                .chain(&shape.tells_back)
                .chain(&shape.unseen)
                .flat_map(|text| text.split(['{', '}']).skip(1).step_by(2));
            let told: Vec<String> =
                told.map(|path| path.split(':').next().unwrap_or(path).to_owned()).collect();
            let paths = lists.chain(&shape.operator).chain(&shape.owner).chain(&shape.spender);
            let paths = paths
                .chain(&shape.betters)
                .chain(call.flatten())
                .chain(&shape.payee)
                .chain(&shape.back)
                .chain(&told);
            for path in paths.flat_map(|path| path.split('|')).filter(|path| !path.starts_with('@')) {
                for field in path.split(['.', '[']).filter(|step| *step != "]") {
                    let field = field.trim_end_matches("[]");
                    let fits = |end: char| shape.text.contains(&format!(" {field}{end}"));
                    assert!(fits(',') || fits(')'), "{}: {field}", shape.id);
                }
            }
        }
    }
}
