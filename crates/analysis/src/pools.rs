//! Pools of decentralised exchanges by their address: it follows from the factory, the code and the tokens (CREATE2, EIP-1014).
//!
//! An account that two tokens go through is a pool where it has the address that a known factory's pool of the two has. Nobody can choose
//! an address so: finding another account with it is finding a second preimage of Keccak-256. What is not shown is that the pool was made, and
//! that its tokens are what they are called. Nothing is said of pools of other factories, nor of one of which only one token moved.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;
use sha3::{Digest, Keccak256};
use tracehound_transfers::{AccountNum, AssetNum, Transfer};

/// An address of an EVM chain.
pub type Account = [u8; 20];

/// Tokens that an account paid, and that went through it at all, that are tried in pairs: a pool has two, and anybody can send it others.
const PAID: usize = 4;
const SEEN: usize = 12;

/// An exchange on a chain, with what makes its pools.
#[derive(Debug, PartialEq, Eq)]
pub struct Factory {
    /// Whose it is.
    pub entity: String,
    /// Which of its versions.
    pub name: String,
    /// The factory's address.
    pub address: Account,
    /// The published package that has address and code.
    pub source: String,
    code: [u8; 32],
    /// In hundredths of a basis point; none where there is one pool of two tokens.
    fees: Vec<u32>,
}

/// An account that is a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// The account.
    pub account: AccountNum,
    /// What made it.
    pub factory: &'static Factory,
    /// Its tokens, in the order of their addresses.
    pub tokens: [Account; 2],
    /// Its fee in hundredths of a basis point, where the factory makes a pool a fee.
    pub fee: Option<u32>,
}

#[derive(Deserialize)]
struct Table {
    exchange: Vec<Exchange>,
}

#[derive(Deserialize)]
struct Exchange {
    entity: String,
    name: String,
    source: String,
    code: String,
    #[serde(default)]
    fees: Vec<u32>,
    factory: BTreeMap<String, String>,
}

static TABLE: LazyLock<BTreeMap<u64, Vec<Factory>>> = LazyLock::new(|| {
    let read: Table = toml::from_str(include_str!("data/factories.toml")).expect("a table of ours");
    let mut table: BTreeMap<u64, Vec<Factory>> = BTreeMap::new();
    for Exchange { entity, name, source, code, fees, factory } in read.exchange {
        for (chain, address) in factory {
            table.entry(chain.parse().expect("a chain's number")).or_default().push(Factory {
                entity: entity.clone(),
                name: name.clone(),
                address: digits(&address),
                source: source.clone(),
                code: digits(&code),
                fees: fees.clone(),
            });
        }
    }
    table
});

/// Bytes of a number in hexadecimal of the table.
fn digits<const N: usize>(text: &str) -> [u8; N] {
    assert_eq!(text.len(), 2 * N, "a table of ours");
    std::array::from_fn(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).expect("a table of ours"))
}

/// The factories that are known on a chain.
pub fn factories(chain_id: u64) -> &'static [Factory] {
    TABLE.get(&chain_id).map_or(&[], Vec::as_slice)
}

/// Tokens that went through an account, in order of appearance.
#[derive(Default)]
struct Through {
    paid: Vec<AssetNum>,
    seen: Vec<AssetNum>,
}

fn add(tokens: &mut Vec<AssetNum>, token: AssetNum, most: usize) {
    if tokens.len() < most && !tokens.contains(&token) {
        tokens.push(token);
    }
}

/// The accounts of a chain that are pools of a known factory, by number. `token` gives a token's contract, and nothing of the chain's own
/// coin. O(n), and some hundred hashes an account at most.
pub fn pools(
    chain_id: u64,
    transfers: impl IntoIterator<Item = Transfer>,
    account: impl Fn(AccountNum) -> Option<Account>,
    token: impl Fn(AssetNum) -> Option<Account>,
) -> Vec<Pool> {
    let known = factories(chain_id);
    let mut through: BTreeMap<AccountNum, Through> = BTreeMap::new();
    if known.is_empty() {
        return Vec::new();
    }
    for transfer in transfers {
        // Anybody can move nothing in anybody's name.
        if transfer.amount.is_zero() || token(transfer.asset).is_none() {
            continue;
        }
        if let Some(from) = transfer.from {
            let of = through.entry(from).or_default();
            add(&mut of.paid, transfer.asset, PAID);
            add(&mut of.seen, transfer.asset, SEEN);
        }
        if let Some(to) = transfer.to {
            add(&mut through.entry(to).or_default().seen, transfer.asset, SEEN);
        }
    }
    let found = through.into_iter().filter_map(|(number, Through { paid, seen })| {
        let address = account(number)?;
        let [paid, seen] =
            [paid, seen].map(|tokens| tokens.into_iter().filter_map(&token).collect::<Vec<_>>());
        let pairs = paid.iter().flat_map(|one| seen.iter().map(move |other| [*one, *other]));
        pairs.filter(|[one, other]| one != other).find_map(|mut tokens| {
            tokens.sort_unstable();
            let mut made = known.iter().flat_map(|factory| factory.pools_of(tokens));
            let (factory, fee, _) = made.find(|(_, _, made)| *made == address)?;
            Some(Pool { account: number, factory, tokens, fee })
        })
    });
    found.collect()
}

impl Factory {
    /// Its pools of two tokens in order, by fee where it makes one a fee, with their addresses.
    fn pools_of(
        &'static self,
        tokens: [Account; 2],
    ) -> impl Iterator<Item = (&'static Self, Option<u32>, Account)> {
        let without = self.fees.is_empty().then_some(None);
        let fees = self.fees.iter().map(|fee| Some(*fee)).chain(without);
        fees.map(move |fee| (self, fee, self.pool(tokens, fee)))
    }

    /// The address of its pool of two tokens in order.
    fn pool(&self, [first, second]: [Account; 2], fee: Option<u32>) -> Account {
        let mut salt = Keccak256::new();
        match fee {
            None => {
                salt.update(first);
                salt.update(second);
            }
            // Words of the ABI.
            Some(fee) => {
                for token in [first, second] {
                    salt.update([0; 12]);
                    salt.update(token);
                }
                salt.update([0; 28]);
                salt.update(fee.to_be_bytes());
            }
        }
        let mut made = Keccak256::new();
        made.update([0xff]);
        made.update(self.address);
        made.update(salt.finalize());
        made.update(self.code);
        let made: [u8; 32] = made.finalize().into();
        std::array::from_fn(|at| made[at + 12])
    }
}

#[cfg(test)]
mod tests {
    use tracehound_model::transfer::MovementKind;
    use tracehound_transfers::{TransferNum, TxNum};

    use super::*;

    const USDC: &str = "A0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48";
    const WETH: &str = "C02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2";
    const DAI: &str = "6B175474E89094C44Da98b954EedeAC495271d0F";

    /// Which exchange's pool of USDC and WETH an account is, through which they move as told: asset, whether paid, amount.
    fn told(address: &str, moves: &[(u32, bool, u64)]) -> Option<(String, Option<u32>)> {
        let movement = |&(asset, paid, amount): &(u32, bool, u64)| Transfer {
            num: TransferNum(0),
            tx: TxNum(0),
            from: Some(AccountNum(u32::from(!paid))),
            to: Some(AccountNum(u32::from(paid))),
            asset: AssetNum(asset),
            amount: amount.into(),
            kind: MovementKind::Token,
            proved: false,
        };
        let tokens = [USDC, WETH, DAI];
        let token = |asset: AssetNum| tokens.get(asset.0 as usize).map(|text| digits(text));
        let account = |number: AccountNum| (number.0 == 0).then(|| digits(address));
        let found = pools(1, moves.iter().map(movement), account, token);
        found.first().map(|pool| (pool.factory.name.clone(), pool.fee))
    }

    #[test]
    fn the_best_known_pools_have_the_address_that_their_factory_gives_them() {
        let swap = [(0, false, 5), (1, true, 1)];
        let name = |address: &str| told(address, &swap);
        assert_eq!(name("B4e16d0168e52d35CaCD2c6185b44281Ec28C9Dc"), Some(("Uniswap V2".to_owned(), None)));
        assert_eq!(name("397FF1542f962076d0BFE58eA045FfA2d347ACa0"), Some(("SushiSwap V2".to_owned(), None)));
        assert_eq!(
            name("88e6A0c2dDD26FEEb64F039a2c41296FcB3f5640"),
            Some(("Uniswap V3".to_owned(), Some(500)))
        );
        assert_eq!(
            name("8ad599c3A0ff1De082011EFDDc58f1908eb6e6D8"),
            Some(("Uniswap V3".to_owned(), Some(3000)))
        );
        assert_eq!(name("B4e16d0168e52d35CaCD2c6185b44281Ec28C9Dd"), None, "a digit is another account");
    }

    #[test]
    fn a_pool_is_told_by_the_tokens_that_went_through_it_and_by_no_others() {
        let pool = "B4e16d0168e52d35CaCD2c6185b44281Ec28C9Dc";
        assert_eq!(told(pool, &[(1, true, 1)]), None, "one token is no pair");
        assert_eq!(told(pool, &[(2, false, 5), (1, true, 1)]), None, "other tokens");
        assert_eq!(told(pool, &[(0, false, 0), (1, true, 1)]), None, "nothing was moved of one");
        assert_eq!(told(pool, &[(3, false, 1), (1, true, 1)]), None, "the chain's own coin is no token");
        assert!(
            told(pool, &[(2, false, 9), (1, true, 1), (0, false, 5)]).is_some(),
            "what others send hides nothing"
        );
    }
}
