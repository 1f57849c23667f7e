//! Pools of exchanges by their address, from movements.

use std::collections::BTreeMap;

use tracehound_analysis::pools::{Pool, factories, pools};
use tracehound_labels::{Label, Predicate, identity};
use tracehound_model::{Address, Chain, Subject};
use tracehound_transfers::AssetNum;

use super::{Checked, Derived, Question, hint, known::Known, movements::Movements, provenance};
use crate::{EngineError, Workspace};

impl Workspace {
    /// Pools of decentralised exchanges among the parties of movements, by the address that their factory gives them: the input of
    /// [`derive_deposits`](Self::derive_deposits). An address that the packs or the user's file say anything of is left to them.
    ///
    /// # Errors
    /// As of [`derive_deposits`](Self::derive_deposits), and for a chain on which no factory is known here.
    pub fn derive_pools(&self, question: Question<'_>) -> Result<Derived, EngineError> {
        let Question { input, name, chain, wallets, day } = question;
        let on = match Chain::from_caip2(chain) {
            Some(Chain::Evm(id)) if !factories(id).is_empty() => id,
            _ => {
                let what = format!("no factory of pools is known here on {chain}");
                return Err(EngineError::Question(what));
            }
        };
        let Movements { transfers, subjects, assets, refused, sha256 } =
            Movements::read(input, &name, chain)?;
        let known = Known::of(self, wallets, chain, day)?;
        let provenance = provenance("pools", &sha256, Some(&known), day);
        let bytes = |subject: &Subject| match subject {
            Subject::Address(Address::Evm(bytes)) => Some(*bytes),
            _ => None,
        };
        let tokens: BTreeMap<AssetNum, [u8; 20]> =
            assets.iter().filter_map(|(token, number)| Some((*number, bytes(token.as_ref()?)?))).collect();
        let (mut labels, mut checked) = (Vec::new(), BTreeMap::<_, Checked>::new());
        let account = |number: tracehound_transfers::AccountNum| bytes(&subjects[number.0 as usize]);
        for pool in pools(on, transfers.iter().copied(), account, |asset| tokens.get(&asset).copied()) {
            let subject = &subjects[pool.account.0 as usize];
            let told = known.told_here(subject);
            if told.is_empty() {
                labels.push(Label {
                    entity: Some(pool.factory.entity.clone()),
                    predicate: Predicate::ContractOf,
                    ..hint(chain, subject, &provenance, text(&pool), "defi_dex")
                });
            } else {
                let is_same = |label: &Label| {
                    let named = label.entity.as_deref().map(identity);
                    named.is_some_and(|named| named == identity(&pool.factory.entity))
                };
                checked.entry("pools").or_default().count(told.iter().any(is_same));
            }
        }
        Derived::new(labels, Some(checked), provenance.version, transfers.len() as u64, refused, Some(&known))
    }
}

/// What is said of a pool: by what it is one, so that anybody can compute it.
fn text(pool: &Pool) -> String {
    let Pool { factory, tokens, fee, .. } = pool;
    let [one, other] = tokens.map(|token| Address::Evm(token).to_string());
    let fee = fee.map(|fee| format!(" with the fee {fee}")).unwrap_or_default();
    let by = Address::Evm(factory.address);
    format!("{} pool of {one} and {other}{fee}: it has the address that {by} makes of them", factory.name)
}
