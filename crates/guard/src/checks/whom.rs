//! Who may stand where somebody is named: by what the place is for, and on which chain. That an address is known for one thing
//! says nothing of it for another: a router is nobody who gets a refund, a token nobody who may fill an order, whoever was paid a
//! cent nobody who decides, and an address booked for one chain may be anybody's on another.

use alloy_primitives::Address;

use super::bridge;
use crate::{
    case::Case,
    decode::{Decoded, Type, Value, cow, seaport},
    flow::{ACROSS, ALLOWANCE, CCTP},
    policy::Role,
    there::There,
};

/// What a place among parameters or fields is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    /// Somebody: who gets, owns, decides or is refunded.
    Party,
    /// A token, a market, or another contract that is dealt with.
    Thing,
    /// Either.
    Any,
    /// Somebody on another chain.
    There(There),
}

/// Parameters that name contracts, of functions whose parameters have no names here; a list or tuple is one as a whole.
const THINGS: &[(&str, &[usize])] = &[
    ("rescueTokens(address,address,uint256)", &[0]),
    ("rescueERC20(address,address,uint256)", &[0]),
    (ALLOWANCE, &[1, 4]),
    ("queueWithdrawals((address[],uint256[],address)[])", &[0]),
    ("borrow(address,uint256,uint256,uint16,address)", &[0]),
    ("repay(address,uint256,uint256,address)", &[0]),
    ("flashLoan(address,address[],uint256[],uint256[],address,bytes,uint16)", &[1]),
    ("withdrawTo(address,address,uint256)", &[1]),
    ("transferAsset(address,address,uint256)", &[1]),
    ("withdrawFrom(address,address,address,uint256)", &[2]),
    ("transferAssetFrom(address,address,address,uint256)", &[2]),
    ("supply(address,uint256)", &[0]),
    ("supplyTo(address,address,uint256)", &[1]),
    ("supplyFrom(address,address,address,uint256)", &[2]),
];

/// How names of parameters and fields say that a contract is meant.
const WORDS: &[&str] = &[
    "token",
    "asset",
    "currency",
    "collection",
    "contract",
    "market",
    "pool",
    "vault",
    "strategy",
    "exchange",
    "singleton",
    "target",
    "enforcer",
    "reactor",
    "entrypoint",
];

impl For {
    /// By the name of a parameter or a field.
    pub(super) fn of_name(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        if WORDS.iter().any(|word| name.contains(word)) { Self::Thing } else { Self::Party }
    }

    /// A parameter of a function.
    fn of_parameter(decoded: &Decoded<'_>, index: usize) -> Self {
        let signature = decoded.signature();
        // Who may bring it to the one who gets it, and who alone may for a time, are somebody there.
        let there = match index {
            4 if CCTP.contains(&signature) => Some(There::of_domain(decoded.uint(1).unwrap_or_default())),
            7 if ACROSS.contains(&signature) => Some(There::of_chain(decoded.uint(6).unwrap_or_default())),
            _ => None,
        };
        if let Some(there) = there {
            return Self::There(there);
        }
        let is_thing = match index {
            // A Safe, or whoever else lets somebody take.
            0 if signature == ALLOWANCE => return Self::Any,
            3 if CCTP.contains(&signature) => true,
            2 | 3 if ACROSS.contains(&signature) => true,
            // Who makes the orders: a contract; what they are is judged with them.
            _ if cow::is_read(decoded) => true,
            _ => THINGS.iter().any(|(function, at)| *function == signature && at.contains(&index)),
        };
        match decoded.function.params.get(index) {
            _ if is_thing => Self::Thing,
            Some(param) if !param.name.is_empty() => Self::of_name(&param.name),
            _ => Self::Party,
        }
    }

    /// Every address among the arguments of a function, with what its place is for. `more` are addresses that stand in an argument
    /// in another form.
    pub(super) fn each(
        decoded: &Decoded<'_>,
        more: impl Fn(&Value<'_>) -> Vec<Address>,
    ) -> Vec<(Self, Address)> {
        let mut all = Vec::new();
        // Whomever the orders name is judged with them; those of others need their signatures.
        if decoded.signature() == seaport::VALIDATE {
            return all;
        }
        for (index, arg) in decoded.args.iter().enumerate() {
            let place = Self::of_parameter(decoded, index);
            if let Some(Type::Tuple(fields)) = decoded.function.params.get(index).map(|param| &param.ty)
                && place == Self::Party
                && fields.iter().all(|field| !field.name.is_empty())
            {
                for (field, value) in fields.iter().zip(arg.elements()) {
                    let found = value.addresses().into_iter().chain(more(value));
                    all.extend(found.map(|address| (Self::of_name(&field.name), address)));
                }
                continue;
            }
            let found = arg.addresses().into_iter().chain(more(arg));
            all.extend(found.map(|address| (place, address)));
        }
        all
    }
}

impl Case<'_> {
    /// Whether somebody vouches for an address in a place.
    pub(super) fn vouches_for(&self, address: &Address, place: For) -> bool {
        match place {
            _ if address.is_zero() => true,
            For::Party => self.is_party(address),
            For::Thing => self.is_thing(address),
            For::Any => self.is_party(address) || self.is_thing(address),
            For::There(there) => self.is_party_there(address, there),
        }
    }

    /// Whether an address is the signer's own, or somebody whom the policy says that money may go to, on this chain.
    pub(super) fn is_party(&self, address: &Address) -> bool {
        // Of what a Safe has nobody else is served, be it another Safe of the same owner.
        self.is_own(address)
            || !self.signs_for_another() && self.owns_safe(address)
            || self.policy.books(address, self.chain_id)
            || self.trusts(address, &[Role::Recipient])
    }

    /// Whether an address is nobody, the coin, or a contract that is known on this chain.
    pub(super) fn is_thing(&self, address: &Address) -> bool {
        address.is_zero()
            || *address == crate::typed::COIN
            || self.knows_contract(address)
            || self.wraps(address)
            || self.facts.floor.iter().any(|floor| floor.collection.0 == *address)
            || crate::safe::deployments::find(address).is_some()
    }

    /// Whether an address is the signer's own on another chain too, or booked for that chain.
    fn is_party_there(&self, address: &Address, there: There) -> bool {
        let There::Chain(chain) = there else { return false };
        self.policy.books(address, Some(chain)) || self.is_own(address) && !bridge::is_contract(self, address)
    }
}
