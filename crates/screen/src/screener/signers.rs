//! With whom the subject signed transactions.

use std::collections::BTreeSet;

use tracehound_analysis::{
    Counterparties, Limits,
    coinjoin::Answer,
    signers::{self, Joint},
};
use tracehound_labels::concept;
use tracehound_ledger::{AddrNum, Ledger, TxNum};
use tracehound_model::{BitcoinNetwork, Decision, Gap, GapKind, text, verdict::ExposureType};

use super::{Called, Findings, Hit, Screener};
use crate::{Entities, judge::judge};

/// Most whom the subject signed together with that a gap names.
const MOST_NAMED: usize = 3;
/// How far it is looked: what is beyond is for `cluster`, which reads the whole ledger.
const SIGNERS: signers::Limits =
    signers::Limits { owners: 100, outputs: 1_000, rows: 10_000, until: u32::MAX };

impl Screener<'_> {
    /// That the subject paid in one transaction with somebody who is accused, or with somebody who did so in turn, or with
    /// somebody to whose own dealings the policy objects: the inputs of a transaction are usually one owner's.
    pub(super) fn examine_signers(
        &self,
        network: BitcoinNetwork,
        ledger: &Ledger,
        subjects: &BTreeSet<AddrNum>,
        until: u32,
        findings: &mut Findings,
    ) {
        let entities = Entities::sharing(&self.keys, ledger, self.day);
        // Equal outputs cost a thief nothing: what may be a mix vouches for nobody who signed it, and leads no further.
        let joint = |tx: TxNum| match ledger.span(tx).map(|span| entities.classified(ledger, span)) {
            Some(Answer::CoinJoin(_)) => Joint::Apart,
            Some(Answer::Suspected(_)) => Joint::Perhaps,
            _ => Joint::Together,
        };
        // A service signs with the accounts of all its customers.
        let ends = |owner| entities.look_up(owner).is_some_and(|entity| entity.is_service());
        let found = signers::signers(ledger, subjects, signers::Limits { until, ..SIGNERS }, &joint, &ends);
        if found.cut {
            let count = found.owners.len();
            findings.notes.push(format!(
                "of those with whom it signed transactions, and who signed with these in turn, the nearest {count} were looked at: \
                 tracehound cluster shows the others"
            ));
        }
        if found.owners.is_empty() {
            return;
        }
        let (mut named, mut nearest) = (Vec::new(), None);
        for (&owner, signer) in &found.owners {
            let mut called = self.called(network, ledger, owner).into_iter();
            let is_accused = |called: &Called| !concept::is_honest(called.claim.statement.category);
            if let Some(accused) = called.find(is_accused) {
                nearest = nearest.into_iter().chain([(signer.steps, signer.tx)]).min();
                named.push(hit(accused, signer.tx));
            }
        }
        let sentence = match nearest {
            Some((steps, tx)) => {
                let by_others = match steps {
                    1 => String::new(),
                    2 => ", over another that signed with it in turn".to_owned(),
                    steps => format!(", over {} others that signed with it in turn", steps - 1),
                };
                Some((format!("it signed transactions together with {}{by_others}", names(&named)), tx))
            }
            None => self.dealings_of(network, ledger, &found, until).map(|(hits, tx)| {
                let whom = names(&hits);
                named = hits;
                (format!("it signed transactions together with others who dealt with {whom}"), tx)
            }),
        };
        let Some((sentence, tx)) = sentence else { return };
        let shown = ledger.tx(tx).map_or_else(String::new, |view| format!(", as in {}", view.txid));
        let sentence = format!(
            "{sentence}{shown}: the inputs of one transaction are usually one owner's, and then it is theirs"
        );
        let gap = Gap::about_subject(GapKind::SignedTogether, sentence);
        let remedy = "tracehound cluster ADDRESS shows whom its inputs join, and screen of those addresses what they did";
        findings.gaps.push(gap.mend(remedy));
        findings.beside.extend(named);
    }

    /// Whom those dealt with with whom the subject signed, where the policy objects to it, and the nearest transaction that they
    /// signed together.
    fn dealings_of(
        &self,
        network: BitcoinNetwork,
        ledger: &Ledger,
        found: &signers::Signers,
        until: u32,
    ) -> Option<(Vec<Hit>, TxNum)> {
        let owners: BTreeSet<AddrNum> = found.owners.keys().copied().collect();
        let dust = self.settings.policy.dust.incoming_below;
        let limits = Limits { outputs: SIGNERS.outputs, rows: SIGNERS.rows, until, dust };
        let parties = Counterparties::of(ledger, &owners, limits);
        let hits = self.dealt_with(network, ledger, &parties, dust);
        let judged = judge(self.settings.policy, hits.iter().map(|hit| self.exposed(hit)), true);
        if judged.decision == Decision::Allow {
            return None;
        }
        let places: BTreeSet<usize> =
            judged.fired.iter().map(|&(_, place)| place).chain(judged.reason).collect();
        let against = hits.into_iter().enumerate().filter(|(place, _)| places.contains(place));
        let tx = found.owners.values().min_by_key(|signer| (signer.steps, signer.tx))?.tx;
        Some((against.map(|(_, hit)| hit).collect(), tx))
    }
}

/// What names somebody who signed a transaction.
fn hit(Called { claim, since, address, said }: Called, tx: TxNum) -> Hit {
    Hit {
        claim,
        since,
        exposure: ExposureType::Direct,
        direction: None,
        address: Some(address),
        amount: None,
        worth: None,
        total: tracehound_model::Amount::ZERO,
        txs: vec![tx],
        owned: None,
        jurisdictions: Vec::new(),
        said,
        moved: None,
    }
}

/// Some of them by name, and how many more there are.
fn names(hits: &[Hit]) -> String {
    let name = |hit: &Hit| {
        let statement = &hit.claim.statement;
        let at = hit.address.as_ref().map_or_else(String::new, |address| format!(" at {address}"));
        format!("{} ({}){at}", text::label(&statement.label), statement.category)
    };
    let named: Vec<String> = hits.iter().take(MOST_NAMED).map(name).collect();
    let more = match hits.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", named.join(", "))
}
