//! Hot wallets by their degree, from movements.

use std::collections::BTreeMap;

use tracehound_analysis::hot_wallets::{HotWallet, hot_wallets};
use tracehound_labels::{Label, Predicate};
use tracehound_model::Category;

use super::{Checked, Derived, Question, hint, known::Known, movements::Movements, provenance};
use crate::{EngineError, Workspace};

impl Workspace {
    /// Accounts among the payers of movements that pay as a service's hot wallet does: the input of
    /// [`derive_deposits`](Self::derive_deposits). An address that the packs or the user's file say anything of is left to them.
    ///
    /// # Errors
    /// As of [`derive_deposits`](Self::derive_deposits).
    pub fn derive_hot_wallets(&self, question: Question<'_>) -> Result<Derived, EngineError> {
        let Question { input, name, chain, wallets, day } = question;
        let movements = Movements::read(input, &name, chain)?;
        let known = Known::of(self, wallets, chain, day)?;
        let counted = movements.in_money(&known);
        let Movements { transfers, subjects, refused, sha256, .. } = movements;
        let provenance = provenance("hot-wallets", &sha256, Some(&known), day);
        let (mut labels, mut checked) = (Vec::new(), BTreeMap::<_, Checked>::new());
        for HotWallet { account, payees, payers, payments } in hot_wallets(counted.iter().copied()) {
            let subject = &subjects[account.0 as usize];
            let told = known.told(subject);
            if told.is_empty() {
                let label = format!(
                    "pays as a hot wallet does: {payees} others in {payments} transactions, paid by {payers}"
                );
                labels.push(hint(chain, subject, &provenance, label, "hot_wallet"));
            } else {
                checked.entry("hot-wallets").or_default().count(told.iter().any(is_said));
            }
        }
        let (read, left_out) = (transfers.len() as u64, (transfers.len() - counted.len()) as u64);
        let derived = Derived::new(labels, Some(checked), provenance.version, read, refused, Some(&known))?;
        Ok(Derived { left_out, ..derived })
    }
}

/// Whether a label says that a service holds others' money there.
fn is_said(label: &Label) -> bool {
    label.predicate == Predicate::Controls
        && matches!(label.category(), Some(Category::Exchange | Category::HostedWallet))
}
