//! Which orders at `CoW` Protocol a call is about: one that it signs by its number, or one in parts over time.

use std::sync::LazyLock;

use alloy_primitives::{Address, B256, address};

use super::{Decoded, Function, Value, decode};

/// Signs an order by its number, or takes that back. Source: cowprotocol/contracts, `GPv2Signing.sol`.
const PRE_SIGN: &str = "setPreSignature(bytes,bool)";

/// Create an order of parts: how it is made, a salt, its parameters. Source: cowprotocol/composable-cow, `ComposableCoW.sol`.
const CREATE: [&str; 2] =
    ["create((address,bytes32,bytes),bool)", "createWithContext((address,bytes32,bytes),address,bytes,bool)"];

/// The one way of making orders that is read here: equal parts at equal times. Source: cowprotocol/composable-cow, `networks.json`.
const TWAP: Address = address!("6cF1e9cA41f7611dEf408122793c358a3d11E5a5");

/// The parameters of such an order. Source: cowprotocol/composable-cow, `TWAPOrder.sol`.
static PARTS: LazyLock<Function> = LazyLock::new(|| {
    Function::parse(
        "twap(address sellToken,address buyToken,address receiver,uint256 partSellAmount,uint256 minPartLimit,uint256 t0,uint256 \
         n,uint256 t,uint256 span,bytes32 appData)",
    )
    .expect("a constant")
});

/// The number of an order. Source: cowprotocol/contracts, `GPv2Order.sol`, `packOrderUidParams`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Uid {
    /// The hash of what is agreed to.
    pub digest: B256,
    /// Who gives it.
    pub owner: Address,
    /// Until when, in seconds since 1970.
    pub valid_to: u32,
}

impl Uid {
    fn of(bytes: &[u8]) -> Option<Self> {
        let (digest, rest) = bytes.split_first_chunk::<32>()?;
        let (owner, end) = rest.split_first_chunk::<20>()?;
        let valid_to = u32::from_be_bytes(end.try_into().ok()?);
        Some(Self { digest: digest.into(), owner: owner.into(), valid_to })
    }
}

/// The order that a call signs by its number, and whether it signs; `false` takes the signature back.
pub(crate) fn pre_signed(decoded: &Decoded<'_>) -> Option<(Uid, bool)> {
    let is_meant = decoded.signature() == PRE_SIGN;
    let uid = decoded.args.first().filter(|_| is_meant)?.bytes().and_then(Uid::of)?;
    Some((uid, decoded.args.get(1)?.boolean()?))
}

/// Whether the parameters of a call say which order it is about: as a right of somebody it would be told wrongly.
pub(crate) fn is_read(decoded: &Decoded<'_>) -> bool {
    pre_signed(decoded).is_some() || parts(decoded).is_some()
}

/// The parameters of an order in parts, as they are written.
pub(crate) fn parts<'a>(decoded: &Decoded<'a>) -> Option<Vec<Value<'a>>> {
    if !CREATE.contains(&decoded.signature()) {
        return None;
    }
    let params = decoded.args.first()?.elements();
    let is_twap = params.first()?.address() == Some(TWAP);
    // What its time begins with is asked of a contract, with nothing.
    let asks_more = decoded.args.len() == 4 && !decoded.args[2].bytes()?.is_empty();
    let (args, odd) =
        decode(&PARTS.params, params.get(2).filter(|_| is_twap && !asks_more)?.bytes()?).ok()?;
    odd.is_empty().then_some(args)
}
