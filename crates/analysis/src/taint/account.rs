//! Account chains: each account and asset is a pool that lives on.

use super::{Holding, Method, divide};

/// What one account holds of one asset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    holding: Holding,
}

/// A transfer that the account cannot cover: events are missing, or the asset changes balances without any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a transfer of {amount} base units from an account that holds {balance}: transfers into it are missing, or its \
     asset rebases"
)]
pub struct AccountError {
    /// Base units to be moved.
    pub amount: u128,
    /// Base units there.
    pub balance: u128,
}

impl Account {
    /// Takes in value, behind what is there.
    pub fn deposit(&mut self, holding: &Holding) {
        self.holding.append(holding);
    }

    /// Takes out `amount` by the method's rule; a fee in the native asset is such an outflow of its own.
    pub fn withdraw(&mut self, method: Method, amount: u128) -> Result<Holding, AccountError> {
        let division = divide(method, [&self.holding], &[amount])
            .map_err(|error| AccountError { amount, balance: error.held })?;
        self.holding = division.rest;
        Ok(division.outputs.into_iter().next().unwrap_or_default())
    }

    /// What it holds.
    pub fn holding(&self) -> &Holding {
        &self.holding
    }
}
