//! A request of JSON-RPC as one that every reader takes in the same way: its method, its parameters, and nothing beside them.

use alloy_primitives::Address;

use crate::{
    json::{self, Json, Node},
    method::{Form, GUARDED},
    scalar::Malformed,
};

/// The keys of a request (JSON-RPC 2.0).
const KEYS: [&str; 4] = ["jsonrpc", "id", "method", "params"];

/// A request that asks for a signature or a transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    /// What it asks for.
    pub form: Form,
    /// With what.
    pub params: &'a [Node],
}

/// Whether an object is meant as a request.
pub(crate) fn is_request(node: &Node) -> bool {
    node.get("method").is_some() || node.get("params").is_some()
}

impl<'a> Request<'a> {
    /// Reads a request that asks for one of some `forms`.
    ///
    /// # Errors
    /// Refuses a request with a key beside its four, whatever that means to others, and a method of another form.
    pub(crate) fn read(node: &'a Node, forms: &[Form]) -> Result<Self, Malformed> {
        for (key, _) in node.map().unwrap_or_default() {
            let is_twin = KEYS.iter().any(|known| key != known && key.eq_ignore_ascii_case(known));
            if is_twin || json::is_odd_key(key) {
                let what = format!("some readers take the key {:?} for another", json::shorten(key));
                return Err(Malformed::new("input", what));
            }
            if !KEYS.contains(&&key[..]) {
                let what = format!(
                    "the field {:?} stands beside the request's method and parameters, and was not judged",
                    json::shorten(key)
                );
                return Err(Malformed::new("input", what));
            }
        }
        if let Some(id) = node.get("id").filter(|id| matches!(id.value, Json::Map(_) | Json::List(_))) {
            return Err(Malformed::new(
                "id",
                format!("{} where a number or text should be", id.value.kind()),
            ));
        }
        let method = node.get("method").ok_or_else(|| Malformed::new("method", "is absent"))?;
        let Some(method) = method.text() else {
            return Err(Malformed::new("method", format!("{} where a name should be", method.value.kind())));
        };
        let form = GUARDED.iter().find(|(name, form)| *name == method && forms.contains(form));
        let Some((_, form)) = form else {
            let what = format!("{:?} is not asked for in this way", json::shorten(method));
            return Err(Malformed::new("method", what));
        };
        let params = node.get("params").ok_or_else(|| Malformed::new("params", "is absent"))?;
        let Some(params) = params.list() else {
            return Err(Malformed::new("params", format!("{} where a list should be", params.value.kind())));
        };
        if params.is_empty() {
            let what = format!("{:?} has no parameters", json::shorten(method));
            return Err(Malformed::new("params", what));
        }
        Ok(Self { form: *form, params })
    }

    /// Whose signature is asked for: the one parameter that is an account.
    ///
    /// # Errors
    /// Refuses two of them, as which one a wallet would sign with is not known, and one that is no account at all.
    pub(crate) fn signer(&self) -> Result<Option<Address>, Malformed> {
        let mut accounts = self.params.iter().filter(|param| is_account(param));
        match (accounts.next(), accounts.next()) {
            (_, Some(_)) => {
                let what = "two accounts are named: with which one is signed is not known";
                Err(Malformed::new("params", what))
            }
            (Some(account), None) => {
                let account = account.text().and_then(|text| text.parse().ok());
                let what =
                    "an account is 0x and 40 hexadecimal digits: whose signature is asked for is not known";
                account.map(Some).ok_or_else(|| Malformed::new("params", what))
            }
            (None, None) => Ok(None),
        }
    }
}

/// Whether a parameter is an account to wallets, which look at its length.
pub(crate) fn is_account(node: &Node) -> bool {
    node.text().is_some_and(|text| text.len() == 42 && text.starts_with("0x"))
}
