//! Named entities behind unnamed owners, as far as the policy wants to look.

use std::collections::BTreeSet;

use tracehound_analysis::{
    exposure::{self, Behind, Exposures, Party, Question},
    taint::{self, PropagationLimits},
    words::{is_little, permille},
};
use tracehound_ledger::{AddrNum, Ledger, TxNum};
use tracehound_model::{
    Amount, Asset, BitcoinNetwork, Gap, GapKind, Worth, text,
    verdict::{Direction, ExposureType},
};

use super::{Called, Findings, Hit, Screener};
use crate::{Entities, policy::Measured};

/// What pieces below the limit on dust come to, in percent of the whole, from where on they are followed too.
const MUCH_DUST: u8 = 1;

impl Screener<'_> {
    /// Adds whom the subject's money came from and went to through unnamed owners, or that of a transaction.
    pub(super) fn examine_indirect(
        &self,
        network: BitcoinNetwork,
        ledger: &Ledger,
        subjects: &BTreeSet<AddrNum>,
        tx: Option<TxNum>,
        until: u32,
        findings: &mut Findings,
    ) {
        let wanted = self.settings.policy.indirect;
        if wanted.hops < 2 {
            return;
        }
        if self.extract.is_some() {
            let sentence =
                "indirect sources and destinations were not examined, which takes a ledger of the chain";
            let gap = Gap::about_subject(GapKind::IndirectTruncated, sentence);
            findings.gaps.push(gap.mend("tracehound ingest bitcoin FILES, or ingest node URL"));
            return;
        }
        let (named, backward) = (
            Entities::sharing(&self.keys, ledger, self.day),
            Entities::sharing(&self.keys, ledger, self.day).backward(),
        );
        let dust = u128::from(self.settings.policy.dust.incoming_below);
        let limits = PropagationLimits {
            hops: wanted.hops,
            past_plain: true,
            dust,
            // A block bounds it, and who composes a transaction chooses how wide it is.
            fan_out: u32::MAX,
            txs: wanted.work,
            until,
            ..PropagationLimits::default()
        };
        let prices = self.prices_of(network);
        let ask = |direction| {
            let entities = if direction == taint::Direction::Backward { &backward } else { &named };
            let ask = |dust| {
                let limits = PropagationLimits { dust, ..limits };
                let question = Question {
                    subjects,
                    tx,
                    direction,
                    limits,
                    through_mixes: false,
                    suspects: true,
                    prices,
                };
                exposure::exposures(ledger, &question, entities)
            };
            let found = ask(dust)?;
            // Many pieces are no dust, however small each.
            let small = found.rest.dust;
            let is_much = small >= Amount::from(dust) && small.is_share_of(MUCH_DUST, found.total);
            if is_much { ask(0) } else { Ok(found) }
        };
        let (sources, destinations) =
            rayon::join(|| ask(taint::Direction::Backward), || ask(taint::Direction::Forward));
        for (direction, found) in [(Direction::Incoming, sources), (Direction::Outgoing, destinations)] {
            // Without a seed there is nothing to ask: the subject received (or paid) nothing.
            let found: Result<Exposures, taint::SeedError> = found;
            let Ok(found) = found else { continue };
            if let Some(suspected) = found.suspected {
                let way = if direction == Direction::Incoming { "received" } else { "paid" };
                let sentence = suspected.sentence(Asset::bitcoin(network), found.total);
                findings.notes.push(format!("of what it {way}: {sentence}"));
            }
            let behind = if found.mixes.is_empty() {
                Behind::default()
            } else {
                let way = walked(direction);
                let question = Question {
                    subjects,
                    tx,
                    direction: way,
                    limits,
                    through_mixes: false,
                    suspects: false,
                    prices,
                };
                let entities = if way == taint::Direction::Backward { &backward } else { &named };
                exposure::behind(ledger, &question, &found, entities)
            };
            let side = Side { network, ledger, direction, found: &found, behind: &behind };
            self.say_what_was_cut(&side, findings);
            self.book_indirect(&side, findings);
        }
    }

    /// That not everything was followed to its end, and how much of it was not.
    fn say_what_was_cut(&self, side: &Side<'_>, findings: &mut Findings) {
        let Side { network, direction, found, behind, .. } = *side;
        let Exposures { rest, total, work, beyond_hops, .. } = *found;
        let wanted = self.settings.policy.indirect;
        let money = |amount| Asset::bitcoin(network).money(amount);
        let way = if direction == Direction::Incoming { "sources" } else { "destinations" };
        let gap = |sentence: String| Gap::about_subject(GapKind::IndirectTruncated, sentence);
        if !is_little(beyond_hops, total) {
            let (far, hops) = (money(beyond_hops), wanted.hops);
            let share = permille(beyond_hops, total);
            let sentence = match direction {
                Direction::Incoming => format!(
                    "indirect {way}: {far} of {} ({share}) came from further than the {hops} transactions that the policy looks back, and nobody looked from whom",
                    money(total)
                ),
                Direction::Outgoing => format!(
                    "indirect {way}: {far} of {} ({share}) went further than the {hops} transactions that the policy looks ahead, and nobody looked to whom",
                    money(total)
                ),
            };
            let remedy = "a policy with more `hops` looks further, and `tracehound exposure` to the end";
            findings.gaps.push(gap(sentence).mend(remedy));
        }
        let behind = Amount::from(behind.beyond_hops);
        if !is_little(behind, total) {
            let (far, hops, share) = (money(behind), wanted.hops, permille(behind, total));
            let sentence = match direction {
                Direction::Incoming => format!(
                    "indirect {way}: up to {far} of {} ({share}) came, behind mixes (CoinJoins), from further than the {hops} transactions that the policy looks back, and nobody looked from whom",
                    money(total)
                ),
                Direction::Outgoing => format!(
                    "indirect {way}: up to {far} of {} ({share}) went, behind mixes (CoinJoins), further than the {hops} transactions that the policy looks ahead, and nobody looked to whom",
                    money(total)
                ),
            };
            findings.gaps.push(gap(sentence).mend("a policy with more `hops` looks further"));
        }
        let left_out = !is_little(rest.dust, total);
        if rest.unknown_inputs.is_zero() && work < wanted.work && !left_out {
            return;
        }
        let small = if left_out {
            format!("; {} in pieces too small was not followed", money(rest.dust))
        } else {
            String::new()
        };
        let by_work = rest.truncated.checked_sub(beyond_hops).unwrap_or(Amount::ZERO);
        let sentence = format!(
            "indirect {way}: {} of {} could not be followed ({work} transactions read){small}",
            money(rest.unknown_inputs.saturating_add(by_work)),
            money(total),
        );
        findings.gaps.push(gap(sentence));
    }

    fn book_indirect(&self, side: &Side<'_>, findings: &mut Findings) {
        let Side { found, behind, .. } = *side;
        for row in found.entities.iter().filter(|row| !row.direct) {
            let Some(owner) = row.best_owner else { continue };
            // What is its behind mixes, whoever else owns what, is no less its.
            let party = behind.parties.iter().find(|party| party.entity == row.entity);
            let least = party.map_or(0, |party| party.least);
            let amount = row.amount.saturating_add(least.into());
            let worth = row.worth.map(|worth| Worth {
                without_price: worth.without_price.saturating_add(least.into()),
                ..worth
            });
            findings.hits.extend(self.indirect(side, owner, amount, worth, &row.best_path));
        }
        let mut possible = Vec::new();
        for party in &behind.parties {
            let row = found.entities.iter().find(|row| !row.direct && row.entity == party.entity);
            let hits = |amount: u128| {
                self.indirect(side, party.owner, amount.into(), None, std::slice::from_ref(&party.mix))
            };
            if row.is_none() && party.least > 0 {
                findings.hits.extend(hits(party.least));
            }
            let sure = row.and_then(|row| row.amount.to_u128()).unwrap_or(0);
            possible.push((party, sure, hits(sure.saturating_add(party.most))));
        }
        findings.gaps.extend(self.mixed_gap(side, &possible));
        if !behind.parties.is_empty() || behind.amount == 0 {
            return;
        }
        let amount = Asset::bitcoin(side.network).money(Amount::from(behind.amount));
        findings.notes.push(match side.direction {
            Direction::Incoming => format!(
                "{amount} of what it received came out of mixes (CoinJoins), into which nobody with a name is known to have paid"
            ),
            Direction::Outgoing => format!(
                "{amount} of what it paid went into mixes (CoinJoins), out of which nobody with a name is known to have been paid"
            ),
        });
    }

    /// That a rule would object if what may be behind mixes were so, where one would.
    fn mixed_gap(&self, side: &Side<'_>, possible: &[(&Party, u128, Vec<Hit>)]) -> Option<Gap> {
        let Side { found, behind, network, .. } = *side;
        let asset = Asset::bitcoin(network);
        let measured =
            |amount: u128| Measured { asset: Some(asset), amount: Some(amount.into()), worth: None };
        let mut suspects: Vec<&Party> = Vec::new();
        let mut unseen = false;
        for rule in self.settings.policy.rules.iter().filter(|rule| rule.exposure == ExposureType::Indirect) {
            let objects = |hits: &[Hit]| {
                hits.iter().any(|hit| {
                    let exposed = self.exposed(hit);
                    // Of whom no country is known may be of any.
                    rule.is_about(&exposed) && (rule.is_there(&exposed) || rule.lacks_jurisdiction(&exposed))
                })
            };
            let about: Vec<_> = possible.iter().filter(|(.., hits)| objects(hits)).collect();
            let sure: u128 = about.iter().map(|(_, sure, _)| sure).sum();
            let most: u128 = about.iter().map(|(party, ..)| party.most).sum();
            let most = most.min(behind.amount);
            if most > 0 && rule.reached(measured(sure.saturating_add(most)), found.total).is_some() {
                suspects.extend(about.iter().map(|(party, ..)| *party));
            }
            let is_this_way = rule.direction.is_none_or(|direction| direction == side.direction);
            unseen |= is_this_way
                && behind.unseen > 0
                && rule.reached(measured(behind.unseen), found.total).is_some();
        }
        suspects.sort_by_key(|party| std::cmp::Reverse(party.most));
        suspects.dedup_by_key(|party| &party.entity);
        if suspects.is_empty() && !unseen {
            return None;
        }
        let money = |amount: u128| asset.money(Amount::from(amount));
        let (of, total) = (money(behind.amount), asset.money(found.total));
        let mut parts = vec![match side.direction {
            Direction::Incoming => format!("{of} of {total} received came out of mixes (CoinJoins)"),
            Direction::Outgoing => format!("{of} of {total} paid went into mixes (CoinJoins)"),
        }];
        parts.extend(suspects.iter().take(MOST_NAMED).map(|party| {
            let name = text::label(&party.entity.label);
            let (least, most) = (money(party.least), money(party.most));
            match side.direction {
                Direction::Incoming => {
                    format!("{name} put money in: from {least} up to {most} of it may be theirs")
                }
                Direction::Outgoing => {
                    format!("{name} was paid out of them: from {least} up to {most} of it may be theirs")
                }
            }
        }));
        if suspects.len() > MOST_NAMED {
            parts.push(format!("and {} more", suspects.len() - MOST_NAMED));
        }
        if unseen {
            parts.push(format!("who else was in them was not looked at for {}", money(behind.unseen)));
        }
        let sentence = parts.join("; ");
        Some(Gap::about_subject(GapKind::Mixed, sentence))
    }

    /// What lists and labels say of an owner that money came from, or went to, through others.
    fn indirect(
        &self,
        side: &Side<'_>,
        owner: AddrNum,
        amount: Amount,
        worth: Option<Worth>,
        txs: &[TxNum],
    ) -> Vec<Hit> {
        let called = self.called(side.network, side.ledger, owner).into_iter();
        let hit = |Called { claim, since, address, said }| Hit {
            claim,
            since,
            exposure: ExposureType::Indirect,
            direction: Some(side.direction),
            address: Some(address),
            amount: Some(amount),
            worth,
            total: side.found.total,
            txs: txs.to_vec(),
            owned: None,
            jurisdictions: Vec::new(),
            said,
            moved: None,
        };
        called.map(hit).collect()
    }
}

/// Parties behind mixes that are named in a gap.
const MOST_NAMED: usize = 3;

/// What was found one way.
#[derive(Clone, Copy)]
struct Side<'a> {
    network: BitcoinNetwork,
    ledger: &'a Ledger,
    direction: Direction,
    found: &'a Exposures,
    behind: &'a Behind,
}

/// The way in which money is followed for a direction of exposure.
const fn walked(direction: Direction) -> taint::Direction {
    match direction {
        Direction::Incoming => taint::Direction::Backward,
        Direction::Outgoing => taint::Direction::Forward,
    }
}
