//! Counterparties of accounts, from a ledger of transfers.
//!
//! **Invariant.** What is found here can only weigh against an address: an EVM address is the same on every EVM chain, and one ledger
//! is of one of them, so that its transactions are never said to have been examined whole.

use std::collections::{BTreeMap, BTreeSet};

use tracehound_analysis::account_parties::{AccountParties, AccountParty, PartyLimits, account_parties};
use tracehound_labels::concept;
use tracehound_model::{
    Address, Amount, Asset, Chain, Gap, GapKind, TxRef,
    evidence::Fact,
    text,
    verdict::{Basis, Direction, ExposureType},
};
use tracehound_transfers::{AccountNum, AssetNum, TxNum};

use super::{
    Called, Findings, Hit, MAX_EVIDENCE_TXS, Screener, account_indirect::moved_by, account_tx::covers, own,
};
use crate::{labels, movements::Movements};

/// What moved between the subject and a counterparty.
#[derive(Clone, Debug)]
pub(super) struct Moved {
    /// What it is.
    pub(super) asset: Asset,
    /// In how many transactions.
    pub(super) tx_count: u32,
    /// The first of them.
    pub(super) txs: Vec<Fact>,
}

impl<'a> Screener<'a> {
    /// The movements among which the subject's may be, where the policy looks at transactions.
    pub(super) fn transfers_for(&self, address: &Address) -> Option<&Movements<'a>> {
        let looks = self.settings.policy.basis != Basis::ListsOnly;
        self.transfers.as_ref().filter(|moves| looks && address.fits(moves.chain))
    }

    pub(super) fn examine_account(&self, address: &Address, moves: &Movements<'_>, findings: &mut Findings) {
        let Movements { rows, chain, .. } = *moves;
        if !covers(moves, &address.to_string(), findings) {
            return;
        }
        let account = rows.find_account(address);
        if let Some(watched) = rows.watched().filter(|_| moves.extract.is_none())
            && account.is_none_or(|account| account.0 >= watched)
        {
            let sentence = format!(
                "the ledger of {} holds the movements of {watched} account{} that it watches, and this is none of them: its \
                 transactions were not examined",
                chain.short_name(),
                if watched == 1 { "" } else { "s" }
            );
            let remedy = "tracehound ingest evm with --watch ADDRESS watches it too";
            findings.gaps.push(Gap::about_subject(GapKind::NotFetched, sentence).mend(remedy));
            return;
        }
        findings.looked = true;
        if let Some(extract) = &moves.extract {
            let covered = extract.get(&address.to_string()).filter(|covered| covered.complete);
            findings.counterparties_until = covered.and_then(|covered| covered.until);
        } else {
            let (gaps, until) = self.reach.get_or_init(|| moves.reach(self.settings.as_of));
            findings.gaps.extend(gaps.iter().cloned());
            findings.counterparties_until = *until;
        }
        let sentence = format!(
            "the address is the same on every EVM chain, and its transactions on others than {} were not examined",
            chain.short_name()
        );
        findings.gaps.push(Gap::about_no_ledger(None, sentence));
        let Some(account) = account else { return };
        let is_known = |asset: AssetNum| rows.asset(asset).is_some_and(|asset| asset.unit().is_some());
        let found = account_parties(rows, &BTreeSet::from([account]), PartyLimits::default(), &is_known);
        if found.cut {
            let sentence = format!("the search stopped at its limit after {} movements", found.transfers);
            findings.gaps.push(Gap::about_subject(GapKind::Truncated, sentence));
        }
        if found.not_initiated > 0 {
            let count = found.not_initiated;
            let sentence = format!(
                "{count} movements of unknown tokens made no counterparty: whoever they are said to go from did not send them"
            );
            findings.gaps.push(Gap::about_subject(GapKind::NotListed, sentence));
        }
        if found.sender_unknown > 0 {
            let count = found.sender_unknown;
            let sentence = format!(
                "{count} movements of unknown tokens made no counterparty: nothing tells who sent them"
            );
            findings.gaps.push(Gap::about_subject(GapKind::NotListed, sentence));
        }
        let perhaps = found.perhaps.iter().copied();
        findings.gaps.extend(self.perhaps_with(moves, perhaps));
        self.direct(moves, &found, findings);
        if self.settings.policy.indirect.hops >= 2 {
            let (came, went) = moved_by(moves, account, findings);
            self.examine_indirect_accounts(moves, &came, &went, findings);
        }
    }

    /// That somebody accused stands in a movement of which nothing tells who sent it: a forged one would accuse by itself, and a
    /// true one would be passed over.
    pub(super) fn perhaps_with(
        &self,
        moves: &Movements<'_>,
        accounts: impl Iterator<Item = AccountNum>,
    ) -> Option<Gap> {
        let addresses = accounts.filter_map(|account| moves.rows.account(account));
        let accused = addresses.filter_map(|address| {
            let mut called = self.called_account(moves.chain, &address).into_iter();
            let is_accused = |called: &Called| !concept::is_honest(called.claim.statement.category);
            called.find(is_accused)
        });
        let accused: Vec<Called> = accused.collect();
        let first = accused.first()?;
        let statement = &first.claim.statement;
        let more = match accused.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let sentence = format!(
            "an unknown token moved between it and {} ({}) at {}{more}, and nothing tells who sent it: whether they dealt with \
             each other is not known",
            text::label(&statement.label),
            statement.category,
            first.address
        );
        let gap = Gap::about_subject(GapKind::NotFetched, sentence);
        Some(gap.mend(
            "a node that lists its transactions (--source rpc), or a ledger of the blocks, tells who sent it",
        ))
    }

    fn direct(&self, moves: &Movements<'_>, found: &AccountParties, findings: &mut Findings) {
        let rows = moves.rows;
        let total = |asset: AssetNum, is_incoming: bool| {
            let flow = found.flows.get(&asset).copied().unwrap_or_default();
            if is_incoming { flow.received } else { flow.lost }
        };
        let mut side = |direction: Direction, parties: &BTreeMap<(AssetNum, AccountNum), AccountParty>| {
            for (&(asset, account), party) in parties {
                let (Some(asset_id), Some(address)) = (rows.asset(asset), rows.account(account)) else {
                    continue;
                };
                let called = self.called_account(moves.chain, &address);
                if called.is_empty() {
                    continue;
                }
                let moved = Moved {
                    asset: asset_id,
                    tx_count: u32::try_from(party.txs.len()).unwrap_or(u32::MAX),
                    txs: party.txs.iter().take(MAX_EVIDENCE_TXS).filter_map(|&tx| fact(moves, tx)).collect(),
                };
                let total: Amount = total(asset, direction == Direction::Incoming);
                for Called { claim, since, address, said } in called {
                    findings.hits.push(Hit {
                        exposure: ExposureType::Direct,
                        direction: Some(direction),
                        address: Some(address),
                        amount: Some(party.amount),
                        total,
                        said,
                        moved: Some(Box::new(moved.clone())),
                        ..own((claim, since))
                    });
                }
            }
        };
        side(Direction::Incoming, &found.incoming);
        side(Direction::Outgoing, &found.outgoing);
    }

    /// By what names an account is called, by lists and by labels.
    pub(super) fn called_account(&self, chain: Chain, address: &Address) -> Vec<Called> {
        let text = address.to_string();
        let holding = self.claims(address.key().as_ref()).holding;
        let kind = |claim: &tracehound_model::Claim| self.kinds.get(&claim.source).copied();
        let claims: Vec<_> = holding.iter().map(|(claim, _)| (claim.clone(), kind(claim))).collect();
        let mut all: Vec<Called> = holding
            .into_iter()
            .map(|(claim, since)| Called { claim, since, address: text.clone(), said: None })
            .collect();
        for said in labels::on_account(self.keys.packs(), address, chain, self.day, &claims).all() {
            let Some(claim) = said.claim() else { continue };
            let (since, said) = (claim.valid_from, Some(Box::new(said.statement())));
            all.push(Called { claim, since, address: text.clone(), said });
        }
        all
    }
}

/// A transaction as evidence.
pub(super) fn fact(moves: &Movements<'_>, tx: TxNum) -> Option<Fact> {
    let row = moves.rows.tx(tx)?;
    let block = moves.rows.block(row.block)?;
    Some(Fact::Tx {
        tx: TxRef { chain: moves.chain, hash: row.hash },
        height: u32::try_from(block.height).ok(),
        time: u32::try_from(block.time).ok()?,
    })
}
