//! `tracehound cluster`.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
    io::{self, Write},
};

use jiff::{Timestamp, civil::Date};
use miette::{IntoDiagnostic, Result, miette};
use serde::Serialize;
use tracehound_analysis::{
    cluster::{
        COLLAPSE_SIZE, Clusters, Collapse, Guard, Joint, Keyed, Refusal, Rules, ServiceId,
        change::{Voter, change_edge},
        owner_name,
    },
    coinjoin::Classifier,
    extent::{Extent, Needed},
};
use tracehound_ledger::{AddrNum, Ledger, TxNum};
use tracehound_model::{BitcoinNetwork, TxId, text::line};
use tracehound_screen::Keys;

use super::opened::{Absent, Opened, owners_of};
use crate::{
    args::{ClusterArgs, Common, Output},
    folder::Folder,
};

/// Members whose names are looked up, and whose payments are looked at for change.
const MOST_NAMED: usize = 100_000;

/// Outputs of one member looked at for change, and payments of all.
const MOST_PAYMENTS: usize = 10_000;

/// Names, refusals and change listed.
const MOST_LISTED: usize = 100;

#[derive(Debug, Serialize)]
struct Answer {
    address: String,
    cluster: String,
    size: usize,
    members: Vec<String>,
    names: Vec<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<Explained>,
    #[serde(skip_serializing_if = "Option::is_none")]
    likely_change: Option<Vec<Change>>,
    refused: Vec<Refused>,
    left_out: LeftOut,
    ledger: Extent,
    gaps: Vec<String>,
    snapshot: String,
}

#[derive(Debug, Serialize)]
struct Named {
    address: String,
    label: String,
    category: String,
}

#[derive(Debug, Serialize)]
struct Explained {
    other: String,
    same_cluster: bool,
    steps: Vec<Step>,
}

#[derive(Debug, Serialize)]
struct Step {
    /// `spent_together` or `same_key`.
    because: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    txid: Option<TxId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    from: String,
    to: String,
}

#[derive(Debug, Serialize)]
struct Change {
    txid: TxId,
    address: String,
    votes: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct Refused {
    txid: TxId,
    one: String,
    other: String,
    why: String,
}

/// In the whole ledger.
#[derive(Debug, Serialize)]
struct LeftOut {
    coinjoins: usize,
    payjoin_suspects: usize,
    refused_merges: usize,
}

/// The services that the lists know, numbered as they are met.
struct Services<'a> {
    keys: &'a Keys<'a>,
    ledger: &'a Ledger,
    day: Date,
    numbers: RefCell<HashMap<String, u32>>,
}

impl<'a> Services<'a> {
    fn new(opened: &'a Opened, keys: &'a Keys<'a>) -> Self {
        Self { keys, ledger: &opened.ledger, day: opened.day, numbers: RefCell::default() }
    }

    /// All clusters of the ledger, guarded by these services' names.
    fn clusters(&self) -> Result<Clusters> {
        let classifier = Classifier::new(self.ledger);
        let service = |owner| self.number(owner);
        let guard = Some(Guard { service: &service, both_above: COLLAPSE_SIZE });
        Clusters::build(self.ledger, &Rules { guard, ..Rules::new(&classifier) }).into_diagnostic()
    }

    /// The most confident claim about the key of an owner; only those that name a service if `service`.
    fn claim(&self, owner: AddrNum, service: bool) -> Option<(String, String)> {
        let claims = self.keys.claims_on(owner).into_iter();
        let standing =
            claims.filter(|claim| claim.holds_on(self.day) && (!service || claim.category().is_service()));
        let best =
            standing.max_by_key(|claim| (claim.category().is_service(), claim.confidence(), claim.id()))?;
        Some((best.label().to_owned(), best.category().to_string()))
    }

    fn number(&self, owner: AddrNum) -> Option<ServiceId> {
        let (label, _) = self.claim(owner, true)?;
        let mut numbers = self.numbers.borrow_mut();
        let next = numbers.len() as u32;
        Some(ServiceId(*numbers.entry(label).or_insert(next)))
    }

    fn label(&self, service: ServiceId) -> String {
        let numbers = self.numbers.borrow();
        let found = numbers.iter().find(|(_, number)| **number == service.0);
        found.map(|(label, _)| label.clone()).unwrap_or_default()
    }
}

/// Everybody in the clusters of `subjects`, and a gap for each cluster that is not taken whole.
pub(super) fn widened(
    opened: &Opened,
    keys: &Keys<'_>,
    subjects: &BTreeSet<AddrNum>,
) -> Result<(BTreeSet<AddrNum>, Vec<String>)> {
    let clusters = Services::new(opened, keys).clusters()?;
    let (mut all, mut gaps) = (BTreeSet::new(), Vec::new());
    for &subject in subjects {
        if all.contains(&subject) {
            continue;
        }
        let keyed = Keyed::around(&clusters, subject, &|owner| keys.owners_of(owner), MOST_NAMED);
        let size = keyed.members().len();
        if size > MOST_NAMED {
            gaps.push(format!("a cluster of {size} addresses: the first {MOST_NAMED} were taken"));
        }
        all.extend(keyed.members().iter().take(MOST_NAMED));
    }
    Ok((all, gaps))
}

pub(crate) fn run(common: &Common, data: &Folder, args: &ClusterArgs, out: &mut dyn Write) -> Result<u8> {
    let opened = Opened::new(data, args.network, &args.moment)?;
    let keys = opened.keys();
    let mut owners = Vec::new();
    for text in std::iter::once(&args.address).chain(&args.explain) {
        match owners_of(&keys, args.network, text)?.into_iter().next() {
            Some(owner) => owners.push(owner),
            None => return opened.absent(common, &Absent::of(text), out),
        }
    }
    let (subject, other) = (owners[0], args.explain.as_ref().zip(owners.get(1).copied()));
    let services = Services::new(&opened, &keys);
    let clusters = services.clusters()?;
    let keyed = Keyed::around(&clusters, subject, &|owner| keys.owners_of(owner), MOST_NAMED);
    let shown = Shown {
        opened: &opened,
        clusters: &clusters,
        keyed: &keyed,
        services: &services,
        network: args.network,
    };
    let answer = shown.answer(args, subject, other)?;
    match common.output {
        Output::Text => text(out, &answer, args),
        _ => serde_json::to_writer(&mut *out, &answer).map_err(Into::into).and_then(|()| writeln!(out)),
    }
    .into_diagnostic()?;
    Ok(if answer.gaps.is_empty() { 0 } else { 30 })
}

struct Shown<'a> {
    opened: &'a Opened,
    clusters: &'a Clusters,
    /// The cluster asked about.
    keyed: &'a Keyed<'a>,
    services: &'a Services<'a>,
    network: BitcoinNetwork,
}

impl Shown<'_> {
    fn answer(
        &self,
        args: &ClusterArgs,
        subject: AddrNum,
        other: Option<(&String, AddrNum)>,
    ) -> Result<Answer> {
        let id = self.keyed.id().and_then(|id| id.name(self.ledger(), self.network));
        let cluster = id.ok_or_else(|| {
            miette!(
                "{} cannot be read from the ledger: tracehound ledger verify says what is damaged",
                args.address
            )
        })?;
        let known = self.keyed.members();
        let size = known.len();
        let counts = self.clusters.counts();
        let extent = Extent::of(self.ledger(), self.opened.asked, Needed::All);
        let mut gaps = extent.gaps.clone();
        if counts.unresolved > 0 {
            gaps.push(format!(
                "{} transactions spend coins of owners that are not known beside others: they joined only the known ones",
                counts.unresolved
            ));
        }
        if self.keyed.is_cut() {
            gaps.push(format!("names and keys were looked up for the first {MOST_NAMED} of {size} members"));
        }
        let named = &known[..known.len().min(MOST_NAMED)];
        let likely_change = args.change.then(|| self.change(named, &mut gaps));
        Ok(Answer {
            address: args.address.clone(),
            cluster,
            size,
            members: known.iter().take(args.members).map(|&member| self.name(member)).collect(),
            names: self.names(named, &mut gaps),
            explain: other.map(|(text, other)| self.explain(text, subject, other)),
            likely_change,
            refused: self.refused(&mut gaps),
            left_out: LeftOut {
                coinjoins: counts.coinjoins,
                payjoin_suspects: counts.payjoins,
                refused_merges: counts.refusals,
            },
            ledger: extent,
            gaps,
            snapshot: self.ledger().snapshot_id(),
        })
    }

    fn ledger(&self) -> &Ledger {
        &self.opened.ledger
    }

    fn name(&self, owner: AddrNum) -> String {
        owner_name(self.ledger(), self.network, owner).unwrap_or_else(|| format!("address number {owner}"))
    }

    fn txid(&self, tx: TxNum) -> TxId {
        self.ledger().tx(tx).map_or_else(TxId::default, |tx| tx.txid)
    }

    fn names(&self, members: &[AddrNum], gaps: &mut Vec<String>) -> Vec<Named> {
        let mut claims = members.iter().filter_map(|&member| {
            let (label, category) = self.services.claim(member, false)?;
            Some(Named { address: self.name(member), label, category })
        });
        let names = claims.by_ref().take(MOST_LISTED).collect();
        if claims.next().is_some() {
            gaps.push(format!("only the first {MOST_LISTED} members with a name are listed"));
        }
        names
    }

    fn explain(&self, text: &str, subject: AddrNum, other: AddrNum) -> Explained {
        let way = self.keyed.explain(subject, other);
        let steps = way.iter().flatten().map(|joint| match *joint {
            Joint::Spent(step) => {
                let time = self.ledger().block_of(step.tx).map_or(0, |block| block.header.time());
                Step {
                    because: "spent_together",
                    txid: Some(self.txid(step.tx)),
                    time: Some(Timestamp::from_second(i64::from(time)).unwrap_or_default().to_string()),
                    from: self.name(step.from),
                    to: self.name(step.to),
                }
            }
            Joint::Key { from, to } => {
                Step { because: "same_key", txid: None, time: None, from: self.name(from), to: self.name(to) }
            }
        });
        Explained { other: text.to_owned(), same_cluster: way.is_some(), steps: steps.collect() }
    }

    fn refused(&self, gaps: &mut Vec<String>) -> Vec<Refused> {
        let touches = |refusal: &&Refusal| [refusal.a, refusal.b].iter().any(|&end| self.keyed.holds(end));
        let mut refusals = self.clusters.refusals().iter().filter(touches);
        let listed = refusals.by_ref().take(MOST_LISTED).map(|refusal| Refused {
            txid: self.txid(refusal.tx),
            one: self.name(refusal.a),
            other: self.name(refusal.b),
            why: match refusal.why {
                Collapse::Services(one, other) => format!(
                    "two services would be one: {} and {}",
                    self.services.label(one),
                    self.services.label(other)
                ),
                Collapse::Sizes(one, other) => {
                    format!("two large clusters would be one, of {one} and {other} addresses")
                }
            },
        });
        let listed = listed.collect();
        let more = refusals.count();
        if more > 0 {
            gaps.push(format!("{more} more refused merges of this cluster are not listed"));
        }
        listed
    }

    /// Outputs of the members' payments that are likely change, outside the cluster.
    fn change(&self, members: &[AddrNum], gaps: &mut Vec<String>) -> Vec<Change> {
        let mut payments = BTreeSet::new();
        let mut cut = false;
        for &member in members {
            if payments.len() >= MOST_PAYMENTS {
                cut = true;
                break;
            }
            let (activity, more) = self.ledger().activity(member, MOST_PAYMENTS);
            cut |= more;
            let spends = activity.received.iter().filter_map(|&out| self.ledger().output(out)?.spent_by);
            payments.extend(spends);
            payments
                .extend(activity.spent_missing.iter().filter_map(|&input| self.ledger().tx_of_input(input)));
        }
        let mut edges = payments
            .iter()
            .filter_map(|&tx| change_edge(self.ledger(), self.clusters, tx))
            .filter(|edge| !self.keyed.holds(edge.change));
        let listed = edges
            .by_ref()
            .take(MOST_LISTED)
            .map(|edge| Change {
                txid: self.txid(edge.tx),
                address: self.name(edge.change),
                votes: edge.votes.iter().map(Voter::name).collect(),
            })
            .collect();
        if cut || edges.next().is_some() {
            gaps.push(format!(
                "change was looked for in {} payments, and {MOST_LISTED} outputs are listed: there is more",
                payments.len()
            ));
        }
        listed
    }
}

fn text(out: &mut dyn Write, answer: &Answer, args: &ClusterArgs) -> io::Result<()> {
    let size = answer.size;
    writeln!(out, "{}  {size} address{}", answer.cluster, if size == 1 { "" } else { "es" })?;
    for member in &answer.members {
        writeln!(out, "  {member}")?;
    }
    if size > answer.members.len() {
        writeln!(out, "  and {} more: --members COUNT lists them", size - answer.members.len())?;
    }
    if !answer.names.is_empty() {
        writeln!(out, "Known by name:")?;
    }
    for Named { address, label, category } in &answer.names {
        writeln!(out, "  {address}  {} ({category})", tracehound_model::text::label(label))?;
    }
    if let Some(explained) = &answer.explain {
        explanation(out, explained, &args.address)?;
    }
    if let Some(change) = &answer.likely_change {
        writeln!(out, "Likely its change, by votes and not joined:")?;
        if change.is_empty() {
            writeln!(out, "  none")?;
        }
        for Change { txid, address, votes } in change {
            writeln!(out, "  {address}  in {txid}\n    {}", votes.join(", "))?;
        }
    }
    if !answer.refused.is_empty() {
        writeln!(out, "Not joined, though spent together:")?;
    }
    for Refused { txid, one, other, why } in &answer.refused {
        writeln!(out, "  {one} and {other}\n    in {txid}: {}", line(why))?;
    }
    let LeftOut { coinjoins, payjoin_suspects, refused_merges } = answer.left_out;
    writeln!(
        out,
        "Left out in the whole ledger: {coinjoins} CoinJoins, {payjoin_suspects} suspected PayJoins, {refused_merges} refused merges"
    )?;
    writeln!(out, "{}", answer.ledger.sentence())?;
    if !answer.gaps.is_empty() {
        writeln!(out, "Incomplete:")?;
    }
    answer.gaps.iter().try_for_each(|gap| writeln!(out, "  - {gap}"))
}

fn explanation(out: &mut dyn Write, explained: &Explained, address: &str) -> io::Result<()> {
    let other = &explained.other;
    if !explained.same_cluster {
        return writeln!(out, "Nothing joins {address} and {other}: they are in two clusters");
    }
    writeln!(out, "What joins {address} and {other}:")?;
    if explained.steps.is_empty() {
        writeln!(out, "  they are one address")?;
    }
    for (at, Step { txid, time, from, to, .. }) in explained.steps.iter().enumerate() {
        let at = at + 1;
        match (txid, time) {
            (Some(txid), Some(time)) => {
                writeln!(out, "  {at}. {txid} of {time}")?;
                writeln!(out, "     spends coins of {from}\n                 and {to}")?;
            }
            _ => writeln!(
                out,
                "  {at}. one key has the addresses {from}\n                             and {to}"
            )?,
        }
    }
    Ok(())
}
