//! The function of Seaport that makes orders good.

/// Source: `Seaport`, `ConsiderationInterface.sol`; `ConsiderationStructs.sol`, `Order`: parameters and a signature, which whoever
/// calls for himself need not give.
pub(crate) const VALIDATE: &str = "validate(((address,address,(uint8,address,uint256,uint256,uint256)[],(uint8,address,uint256,uint256,uint256,address)[],uint8,uint256,uint256,bytes32,uint256,bytes32,uint256),bytes)[])";
