//! Whose money a function moves, where it names him.

use alloy_primitives::Address;

use super::Call;

/// A function of Safe's allowance module: Safe, token, recipient, amount, token and amount of what whoever executes it gets, whose
/// allowance it is, his signature. Source: safe-global/safe-modules, `AllowanceModule.sol`.
pub(crate) const ALLOWANCE: &str =
    "executeAllowanceTransfer(address,address,address,uint96,address,uint96,address,bytes)";

/// Functions that move what somebody has whom they name, and at which place among their parameters. Sources: ERC-777, ERC-3009,
/// ERC-4626, Safe's `AllowanceModule.sol`, Lido `StETH.sol`, Compound `Comet.sol`, `Morpho.sol`, Permit2.
const HOLDERS: &[(&str, usize)] = &[
    (ALLOWANCE, 0),
    ("operatorSend(address,address,uint256,bytes,bytes)", 0),
    ("transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)", 0),
    ("receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)", 0),
    ("transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)", 0),
    ("receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)", 0),
    ("transferSharesFrom(address,address,uint256)", 0),
    ("withdrawFrom(address,address,address,uint256)", 0),
    ("transferAssetFrom(address,address,address,uint256)", 0),
    ("supplyFrom(address,address,address,uint256)", 0),
    ("withdraw(uint256,address,address)", 2),
    ("redeem(uint256,address,address)", 2),
    ("borrow((address,address,address,address,uint256),uint256,uint256,address,address)", 3),
    ("withdraw((address,address,address,address,uint256),uint256,uint256,address,address)", 3),
    ("withdrawCollateral((address,address,address,address,uint256),uint256,address,address)", 2),
    ("permitTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes)", 2),
];

/// Whose money a call moves, where it names him.
pub(crate) fn holder(call: &Call<'_>) -> Option<Address> {
    let decoded = call.decoded.as_ref()?;
    let (_, place) = HOLDERS.iter().find(|(function, _)| *function == decoded.signature())?;
    decoded.address(*place)
}
