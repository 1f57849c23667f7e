//! Which addresses one owner controls.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap},
};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use tracehound_analysis::{
    cluster::{
        COLLAPSE_SIZE, Clusters, Collapse, Guard, Joint, Keyed, Refusal, Rules, ServiceId,
        change::{Heuristic, change_edge},
        owner_name,
    },
    coinjoin::Classifier,
    extent::{Extent, Needed},
    trace::Entity,
};
use tracehound_labels::identity;
use tracehound_ledger::{AddrNum, Ledger, TxNum};
use tracehound_model::{BitcoinNetwork, Category, Gap, GapKind, Labelled, PackAsOf, TxId};
use tracehound_screen::{Entities, Keys};

use crate::{
    Answer, EngineError, Moment, Snapshot,
    view::{Missing, View},
};

/// Members whose names are looked up, and whose payments are looked at for change.
const MOST_NAMED: usize = 100_000;

/// Outputs of one member looked at for change, and payments of all.
const MOST_PAYMENTS: usize = 10_000;

/// Names, refusals and change listed.
const MOST_LISTED: usize = 100;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Whose ledger.
    pub network: BitcoinNetwork,
    /// About which moment.
    pub moment: Moment,
    /// The address.
    pub address: String,
    /// Another address: by which transactions it is joined to the first.
    pub explain: Option<String>,
    /// Whether outputs that are likely the cluster's change are looked for.
    pub change: bool,
    /// Members listed, oldest first.
    pub members: usize,
}

/// The cluster around an address.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Cluster {
    /// What was asked about.
    pub address: String,
    /// The cluster's name: the address of its first member.
    pub cluster: String,
    /// Addresses in it.
    pub size: usize,
    /// The first of them.
    pub members: Vec<String>,
    /// Members of which a claim or a label says who they are.
    pub names: Vec<Named>,
    /// How the other address is joined to it, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<Explained>,
    /// Outputs that are likely its change, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub likely_change: Option<Vec<Change>>,
    /// What was not joined, though spent together.
    pub refused: Vec<Refused>,
    /// What was left out in the whole ledger.
    pub left_out: LeftOut,
    /// How far the ledger reaches.
    pub ledger: Extent,
    /// What was not examined.
    pub gaps: Vec<Gap>,
    /// The ledger's snapshot.
    pub snapshot: String,
    /// The packs of labels in force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packs: Vec<PackAsOf>,
}

impl Cluster {
    /// Whether nothing is missing and nothing was truncated.
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty()
    }
}

/// A member that a claim or a label names. A label is of that one address: nobody else in the cluster is named by it.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Named {
    /// The address.
    pub address: String,
    /// What it is called.
    pub label: String,
    /// What it is.
    pub category: Category,
    /// The statement that names it, where that is one of a pack of labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labelled: Option<Box<Labelled>>,
}

/// How an address is joined to another.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Explained {
    /// The other address.
    pub other: String,
    /// Whether it is in the cluster.
    pub same_cluster: bool,
    /// The way from the one to the other.
    pub steps: Vec<Step>,
}

/// Why two addresses are one owner's.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Step {
    /// `spent_together` or `same_key`.
    pub because: &'static str,
    /// The transaction that spent both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub txid: Option<TxId>,
    /// Time of its block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// The one address.
    pub from: String,
    /// The other.
    pub to: String,
}

/// An output that is likely the cluster's change.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Change {
    /// The payment.
    pub txid: TxId,
    /// The output's address.
    pub address: String,
    /// The heuristics that say so.
    pub heuristics: Vec<&'static str>,
}

/// Two clusters that were not joined.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Refused {
    /// The transaction that spends from both.
    pub txid: TxId,
    /// An address of the one.
    pub one: String,
    /// An address of the other.
    pub other: String,
    /// In words.
    pub why: String,
}

/// Transactions that joined nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct LeftOut {
    /// `CoinJoins`.
    pub coinjoins: usize,
    /// Transactions that may be `PayJoins`.
    pub payjoin_suspects: usize,
    /// Merges that would have made two services, or two large clusters, one.
    pub refused_merges: usize,
}

impl Snapshot {
    /// Describes the cluster around an address.
    ///
    /// # Errors
    /// When the question makes no sense, or the ledger is damaged.
    #[tracing::instrument(skip_all)]
    pub fn cluster(&self, question: &Question) -> Result<Answer<Cluster>, EngineError> {
        let view = View::new(self, question.network, question.moment)?;
        let keys = view.keys();
        let mut owners = Vec::new();
        for text in std::iter::once(&question.address).chain(&question.explain) {
            match view.owners_of(&keys, text)?.into_iter().next() {
                Some(owner) => owners.push(owner),
                None => return view.absent(Missing::of(text)),
            }
        }
        let (subject, other) = (owners[0], question.explain.as_ref().zip(owners.get(1).copied()));
        let services = Services::new(&view, &keys);
        let clusters = services.clusters()?;
        let keyed = Keyed::around(&clusters, subject, &|owner| keys.owners_of(owner), MOST_NAMED);
        let around = Around { view: &view, clusters: &clusters, keyed: &keyed, services: &services };
        let mut cluster = around.describe(question, subject, other)?;
        cluster.gaps.extend(view.label_gaps());
        view.found(cluster)
    }
}

/// Everybody in the clusters of `subjects`, and a gap for each cluster that is not taken whole.
pub(crate) fn widened(
    view: &View,
    keys: &Keys<'_>,
    subjects: &BTreeSet<AddrNum>,
) -> Result<(BTreeSet<AddrNum>, Vec<Gap>), EngineError> {
    let clusters = Services::new(view, keys).clusters()?;
    let (mut all, mut gaps) = (BTreeSet::new(), Vec::new());
    for &subject in subjects {
        if all.contains(&subject) {
            continue;
        }
        let keyed = Keyed::around(&clusters, subject, &|owner| keys.owners_of(owner), MOST_NAMED);
        let size = keyed.members().len();
        if size > MOST_NAMED {
            let sentence = format!("a cluster of {size} addresses: the first {MOST_NAMED} were taken");
            gaps.push(Gap::about_subject(GapKind::Truncated, sentence));
        }
        all.extend(keyed.members().iter().take(MOST_NAMED));
    }
    Ok((all, gaps))
}

/// The services that lists and labels know, numbered as they are met.
struct Services<'a> {
    entities: Entities<'a>,
    view: &'a View,
    /// By what their names are compared by, with the name that was met first.
    numbers: RefCell<HashMap<String, (u32, String)>>,
}

impl<'a> Services<'a> {
    fn new(view: &'a View, keys: &Keys<'a>) -> Self {
        Self { entities: view.entities(keys), view, numbers: RefCell::default() }
    }

    /// All clusters of the ledger, guarded by these services' names.
    fn clusters(&self) -> Result<Clusters, EngineError> {
        let classifier = Classifier::new(&self.view.ledger);
        let service = |owner| self.number(owner);
        let guard = Some(Guard { service: &service, both_above: COLLAPSE_SIZE });
        Ok(Clusters::build(&self.view.ledger, &Rules { guard, ..Rules::new(&classifier) })?)
    }

    /// The service that holds the keys of an owner, where a list says so, or a label that is not disputed.
    fn number(&self, owner: AddrNum) -> Option<ServiceId> {
        // Asked about every owner: not to be remembered.
        let service = self.entities.look_up(owner).filter(Entity::is_service)?;
        if service.labelled.as_ref().is_some_and(|labelled| !labelled.is_owner()) {
            return None;
        }
        let mut numbers = self.numbers.borrow_mut();
        let next = numbers.len() as u32;
        let (number, _) = numbers.entry(identity(&service.label)).or_insert((next, service.label));
        Some(ServiceId(*number))
    }

    fn label(&self, service: ServiceId) -> String {
        let numbers = self.numbers.borrow();
        let found = numbers.values().find(|(number, _)| *number == service.0);
        found.map(|(_, label)| label.clone()).unwrap_or_default()
    }
}

/// The cluster asked about.
struct Around<'a> {
    view: &'a View,
    clusters: &'a Clusters,
    keyed: &'a Keyed<'a>,
    services: &'a Services<'a>,
}

impl Around<'_> {
    fn describe(
        &self,
        question: &Question,
        subject: AddrNum,
        other: Option<(&String, AddrNum)>,
    ) -> Result<Cluster, EngineError> {
        let id = self.keyed.id().and_then(|id| id.name(self.ledger(), self.view.network));
        let cluster = id.ok_or_else(|| {
            EngineError::Question(format!(
                "{} cannot be read from the ledger: tracehound ledger verify says what is damaged",
                question.address
            ))
        })?;
        let known = self.keyed.members();
        let size = known.len();
        let counts = self.clusters.counts();
        let extent = self.view.extent(Needed::All);
        let mut gaps = extent.gaps.clone();
        if counts.unresolved > 0 {
            let sentence = format!(
                "{} transactions spend coins of owners that are not known beside others: they joined only the known ones",
                counts.unresolved
            );
            gaps.push(Gap::new(GapKind::UnknownInputs, sentence));
        }
        if self.keyed.is_cut() {
            let sentence =
                format!("names and keys were looked up for the first {MOST_NAMED} of {size} members");
            gaps.push(Gap::about_subject(GapKind::Truncated, sentence));
        }
        let named = &known[..known.len().min(MOST_NAMED)];
        let likely_change = question.change.then(|| self.change(named, &mut gaps));
        Ok(Cluster {
            address: question.address.clone(),
            cluster,
            size,
            members: known.iter().take(question.members).map(|&member| self.name(member)).collect(),
            names: self.names(named, &mut gaps),
            explain: other.map(|(text, other)| self.explain(text, subject, other)),
            likely_change,
            refused: self.refused(&mut gaps),
            packs: self.view.packs.as_of(),
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
        &self.view.ledger
    }

    fn name(&self, owner: AddrNum) -> String {
        owner_name(self.ledger(), self.view.network, owner)
            .unwrap_or_else(|| format!("address number {owner}"))
    }

    fn txid(&self, tx: TxNum) -> TxId {
        self.ledger().tx(tx).map_or_else(TxId::default, |tx| tx.txid)
    }

    fn names(&self, members: &[AddrNum], gaps: &mut Vec<Gap>) -> Vec<Named> {
        let mut named = members.iter().filter_map(|&member| {
            let Entity { label, category, labelled, .. } = self.services.entities.entity(member)?;
            Some(Named { address: self.name(member), label, category, labelled })
        });
        let names = named.by_ref().take(MOST_LISTED).collect();
        if named.next().is_some() {
            let sentence = format!("only the first {MOST_LISTED} members with a name are listed");
            gaps.push(Gap::about_subject(GapKind::NotListed, sentence));
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
                    time: Some(Timestamp::from_second(i64::from(time)).unwrap_or_default()),
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

    fn refused(&self, gaps: &mut Vec<Gap>) -> Vec<Refused> {
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
            let sentence = format!("{more} more refused merges of this cluster are not listed");
            gaps.push(Gap::about_subject(GapKind::NotListed, sentence));
        }
        listed
    }

    /// Outputs of the members' payments that are likely change, outside the cluster.
    fn change(&self, members: &[AddrNum], gaps: &mut Vec<Gap>) -> Vec<Change> {
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
                heuristics: edge.heuristics.iter().map(Heuristic::name).collect(),
            })
            .collect();
        if cut || edges.next().is_some() {
            let sentence = format!(
                "change was looked for in {} payments, and {MOST_LISTED} outputs are listed: there is more",
                payments.len()
            );
            gaps.push(Gap::about_subject(GapKind::Truncated, sentence));
        }
        listed
    }
}
