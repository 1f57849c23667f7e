//! A trace: transactions between where value was and where it ended.

use std::collections::{BTreeMap, BTreeSet};

use tracehound_engine::trace::{Edge, Node, Trace};
use tracehound_model::{Amount, Chain};

use super::{Ground, Origin};
use crate::{
    chart::{Chart, Flow, Kind, MOST_COLUMNS, Party, Spot, Unit},
    words::{chain_name, day, minute, short},
};

/// Boxes of transactions at most, on all pages together; the smallest of the others are summed up.
const MOST_UNITS: usize = 160;
/// A transaction that carries less than one part in so many of what is followed is drawn where everything is, and summed up
/// where pages are many.
const LEAST_SHARE: u64 = 200;

/// On so many pages each transaction is drawn by itself; where it would take more, rows of them are one box.
const FEW_PAGES: usize = 3;

/// What fees are counted in.
const FEE: &str = "fee";

/// The drawing, one file a page. Where it takes several, the first one shows all value from where it was to where it ended.
pub fn trace(found: &Trace, origin: &Origin) -> Vec<String> {
    let chain = found.chain.parse::<Chain>().ok();
    let whole = chart(found, &Groups::of_each(found));
    let page_count = whole.page_count();
    let overview = (page_count > 1).then(|| chart(found, &Groups::of_all(found)));
    let (detail, drawn) = if page_count <= FEW_PAGES { (whole, found.edges.len()) } else { summed_up(found) };
    let way = if found.direction == "forward" { "Where it went" } else { "Where it came from" };
    let title = format!("{way}: {} on {}", found.asset.money(found.sums.seeded), chain_name(&found.chain));
    let mut lines = vec![format!(
        "Followed by the rule of taint \"{}\", a convention and not a fact of the chain. {}",
        found.method,
        sentence(found)
    )];
    lines.extend(found.followed_through());
    lines.extend(found.left_out());
    if drawn < found.edges.len() {
        lines.push(format!(
            "The overview shows all of it; of {} transactions {drawn} are drawn in detail, and those that carried less (under 1/{LEAST_SHARE} of \
             it, or beyond {MOST_UNITS} boxes) are summed up.",
            found.edges.len()
        ));
    }
    let ground = Ground { ledger: Some(&found.ledger), snapshot: &found.snapshot };
    let caption = origin.caption(title, chain, lines, &ground);
    detail.pages(&caption, overview.as_ref())
}

/// Where the value is, in shares.
fn sentence(found: &Trace) -> String {
    let parts = found.sums.parts().into_iter().filter(|(_, amount)| !amount.is_zero());
    let parts: Vec<String> = parts
        .map(|(name, amount)| match found.share(amount) {
            Some(share) => format!("{name} {share}"),
            None => format!("{name} {}", found.asset.money(amount)),
        })
        .collect();
    let what = if found.share(found.sums.seeded).is_some() {
        "Of what was followed"
    } else {
        "Touched, whole and more than once"
    };
    format!("{what}: {}.", parts.join(", "))
}

/// Which transactions are one box; those of none are not drawn.
struct Groups {
    members: Vec<Vec<usize>>,
    of: Vec<Option<usize>>,
}

impl Groups {
    fn new(found: &Trace, members: Vec<Vec<usize>>) -> Self {
        let mut of = vec![None; found.edges.len()];
        for (group, edges) in members.iter().enumerate() {
            for &edge in edges {
                of[edge] = Some(group);
            }
        }
        Self { members, of }
    }

    fn of_each(found: &Trace) -> Self {
        Self::new(found, (0..found.edges.len()).map(|edge| vec![edge]).collect())
    }

    fn of_all(found: &Trace) -> Self {
        let all: Vec<usize> = (0..found.edges.len()).collect();
        Self::new(found, if all.is_empty() { Vec::new() } else { vec![all] })
    }

    /// Transactions that follow each other with nothing beside them on the way are one box.
    fn of_rows(found: &Trace) -> Self {
        let large: Vec<bool> = found.edges.iter().map(|edge| is_large(found, edge)).collect();
        let mut before: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); found.edges.len()];
        let mut after = before.clone();
        let mut begins = vec![false; found.edges.len()];
        for seed in &found.nodes[..found.seeds] {
            seed.next.iter().for_each(|&edge| begins[edge] = true);
        }
        for (at, edge) in found.edges.iter().enumerate().filter(|(at, _)| large[*at]) {
            for next in edge.to.iter().filter_map(|&node| found.nodes[node].next).filter(|&next| large[next])
            {
                after[at].insert(next);
                before[next].insert(at);
            }
        }
        let goes_on = |at: usize| {
            let next = *after[at].iter().next().filter(|_| after[at].len() == 1)?;
            let is_plain = |edge: &Edge| edge.mix.is_none() && edge.suspected.is_none();
            let plain = is_plain(&found.edges[at]) && is_plain(&found.edges[next]);
            (plain && before[next].len() == 1 && !begins[next]).then_some(next)
        };
        let follows: BTreeSet<usize> = (0..found.edges.len()).filter_map(goes_on).collect();
        let row = |first: usize| std::iter::successors(Some(first), |&at| goes_on(at)).collect();
        let firsts = (0..found.edges.len()).filter(|at| large[*at] && !follows.contains(at));
        Self::new(found, firsts.map(row).collect())
    }

    /// Those that carry most.
    fn largest(&self, found: &Trace, most: usize) -> Self {
        let mut order: Vec<usize> = (0..self.members.len()).collect();
        order.sort_by_key(|&at| (std::cmp::Reverse(carried(found, &found.edges[self.members[at][0]])), at));
        order.truncate(most);
        order.sort_unstable();
        Self::new(found, order.into_iter().map(|at| self.members[at].clone()).collect())
    }
}

/// A chart that fits on a few pages, and how many transactions it draws.
fn summed_up(found: &Trace) -> (Chart, usize) {
    let rows = Groups::of_rows(found);
    let mut most = MOST_UNITS;
    loop {
        let groups = rows.largest(found, most);
        let chart = chart(found, &groups);
        let fits = chart.columns().iter().all(|&column| column < MOST_COLUMNS);
        if fits || most <= MOST_COLUMNS {
            return (chart, groups.members.iter().map(Vec::len).sum());
        }
        most = most * 4 / 5;
    }
}

/// What is followed into a transaction.
fn carried(found: &Trace, edge: &Edge) -> Amount {
    edge.from.iter().fold(Amount::ZERO, |sum, &at| sum.saturating_add(found.nodes[at].dirty))
}

/// Whether it carries enough to be drawn where pages are many.
fn is_large(found: &Trace, edge: &Edge) -> bool {
    let times = Amount::from(LEAST_SHARE);
    carried(found, edge)
        .checked_mul_div(times, Amount::from(1_u64))
        .is_none_or(|many| many >= found.sums.seeded)
}

fn chart(found: &Trace, groups: &Groups) -> Chart {
    let units = groups.members.iter().map(|edges| unit(found, edges)).collect();
    let order = if found.direction == "forward" {
        "each box stands right of all that flows into it, whatever their times."
    } else {
        "each box stands right of all that it paid, whatever their times."
    };
    // A rule that counts units more than once has no shares.
    let whole = if found.share(found.sums.seeded).is_some() { found.sums.seeded } else { Amount::ZERO };
    let chart = Chart { asset: Some(found.asset), whole, units, order, ..Chart::default() };
    let minted = found.edges.iter().enumerate().filter(|(_, edge)| edge.from.is_empty());
    let coinbases = minted.map(|(at, edge)| ((edge.height, edge.time), at)).collect();
    let mut drawing = Drawing { found, groups, chart, parties: BTreeMap::new(), coinbases };
    drawing.seeds();
    for at in 0..found.edges.len() {
        drawing.edge(at);
    }
    drawing.strays();
    drawing.chart
}

fn unit(found: &Trace, edges: &[usize]) -> Unit {
    let (first, last) = (&found.edges[edges[0]], &found.edges[edges[edges.len() - 1]]);
    let amount = found.asset.money(carried(found, first));
    let height = |edge: &Edge| edge.height.map_or_else(String::new, |height| format!(", block {height}"));
    if let [_] = edges {
        let id = first.txid.to_string();
        let (kind, name) = match (first.mix, first.suspected) {
            (Some(mix), _) => (Kind::Mix, format!("{mix} {}", short(&id))),
            (None, Some(mix)) => (Kind::Mix, format!("suspected {mix} {}", short(&id))),
            (None, None) => (Kind::Transaction, format!("tx {}", short(&id))),
        };
        let lines = vec![name, amount.to_string(), format!("{}{}", minute(first.time), height(first))];
        return Unit { kind, lines, title: format!("{id} of {}{}", minute(first.time), height(first)) };
    }
    let times = || edges.iter().map(|&at| found.edges[at].time);
    let (from, to) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
    let row = edges
        .windows(2)
        .all(|pair| found.edges[pair[0]].to.iter().any(|&node| found.nodes[node].next == Some(pair[1])));
    let how = if row { "transactions in a row" } else { "transactions" };
    let when = if day(from) == day(to) { day(from) } else { format!("{} to {}", day(from), day(to)) };
    // All of them carry what is followed, and in a row the first.
    let amount =
        if row { amount.to_string() } else { format!("{} in all", found.asset.money(found.sums.seeded)) };
    let title = format!("{} {how}, from {} to {}", edges.len(), first.txid, last.txid);
    Unit { kind: Kind::Several, lines: vec![format!("{} {how}", edges.len()), amount, when], title }
}

struct Drawing<'a> {
    found: &'a Trace,
    groups: &'a Groups,
    chart: Chart,
    /// By what tells one from another.
    parties: BTreeMap<(Kind, String), usize>,
    /// Transactions into which fees are followed, by their block.
    coinbases: BTreeMap<(Option<u32>, u32), usize>,
}

impl Drawing<'_> {
    fn party(&mut self, kind: Kind, name: String, title: String, counts: &'static str) -> Spot {
        let parties = &mut self.chart.parties;
        let at = *self.parties.entry((kind, title.clone())).or_insert_with(|| {
            parties.push(Party { kind, name, title, counts, is_minor: counts == FEE });
            parties.len() - 1
        });
        Spot::Party(at)
    }

    fn flow(&mut self, from: Spot, to: Spot, amount: Amount, title: String) {
        // Within a box nothing is drawn.
        if from != to {
            self.chart.flows.push(Flow { from, to, amount, count: 1, title });
        }
    }

    /// Where an output that is followed comes to.
    fn towards(&mut self, node: &Node) -> Spot {
        let Some(next) = node.next else { return self.end(node) };
        match self.groups.of[next] {
            Some(group) => Spot::Unit(group),
            None => self.not_drawn(),
        }
    }

    fn not_drawn(&mut self) -> Spot {
        let title = "into transactions that are not drawn".to_owned();
        self.party(Kind::Several, "smaller transactions".to_owned(), title, "output")
    }

    /// What is asked about: once an owner, however many outputs he has there.
    fn seeds(&mut self) {
        let found = self.found;
        for node in &found.nodes[..found.seeds] {
            let (name, title) = owner(node);
            let from = self.party(Kind::Start, name, title, "output");
            let to = self.towards(node);
            self.flow(from, to, node.dirty, node_title(found, node));
        }
    }

    fn edge(&mut self, at: usize) {
        let found = self.found;
        let edge = &found.edges[at];
        let group = self.groups.of[at];
        let mut left = carried(found, edge);
        let mut comes_to_a_seed = false;
        for &to in &edge.to {
            let node = &found.nodes[to];
            if to < found.seeds {
                comes_to_a_seed = true;
                continue;
            }
            left = left.checked_sub(node.dirty).unwrap_or(Amount::ZERO);
            let from = match group {
                Some(group) => Spot::Unit(group),
                // Of what is not drawn only what comes back to what is.
                None => match node.next.and_then(|next| self.groups.of[next]) {
                    Some(_) => self.party(
                        Kind::Several,
                        "smaller transactions".to_owned(),
                        "from transactions that are not drawn".to_owned(),
                        "output",
                    ),
                    None => continue,
                },
            };
            let to = self.towards(node);
            self.flow(from, to, node.dirty, node_title(found, node));
        }
        let Some(from) = group.map(Spot::Unit) else { return };
        left = left.checked_sub(edge.fee).unwrap_or(Amount::ZERO);
        if !edge.fee.is_zero() {
            // Followed into the coinbase of its block, where that was asked for.
            let coinbase = self.coinbases.get(&(edge.height, edge.time)).map(|&at| self.groups.of[at]);
            let to = match coinbase {
                Some(Some(group)) => Spot::Unit(group),
                Some(None) => self.not_drawn(),
                None => self.party(Kind::Other, "fees to miners".to_owned(), "fees".to_owned(), FEE),
            };
            self.flow(from, to, edge.fee, "fee".to_owned());
        }
        if !left.is_zero() && left <= self.not_in_outputs() {
            let name = if comes_to_a_seed { "to another start" } else { "not followed" };
            let to = self.party(Kind::Other, name.to_owned(), name.to_owned(), "");
            self.flow(from, to, left, name.to_owned());
        }
    }

    /// The most that may be missing from outputs: what came to other seeds, and what a limit cut off.
    fn not_in_outputs(&self) -> Amount {
        let sums = &self.found.sums;
        [sums.rejoined, sums.dust, sums.truncated].into_iter().fold(Amount::ZERO, Amount::saturating_add)
    }

    /// Ends at outputs that no transaction on the way has: their own is not in the ledger.
    fn strays(&mut self) {
        let found = self.found;
        let mut on_the_way = vec![false; found.nodes.len()];
        found.edges.iter().flat_map(|edge| &edge.to).for_each(|&node| on_the_way[node] = true);
        for node in found
            .nodes
            .iter()
            .enumerate()
            .skip(found.seeds)
            .filter(|(at, _)| !on_the_way[*at])
            .map(|(_, node)| node)
        {
            let txid = node.stop.as_ref().and_then(|stop| stop.txid);
            let edge = txid.and_then(|txid| found.edges.iter().position(|edge| edge.txid == txid));
            let Some(group) = edge.and_then(|edge| self.groups.of[edge]) else { continue };
            let to = self.end(node);
            self.flow(Spot::Unit(group), to, node.dirty, node_title(found, node));
        }
    }

    fn end(&mut self, node: &Node) -> Spot {
        let Some(stop) = &node.stop else {
            return self.party(Kind::Other, "goes on".to_owned(), "goes on".to_owned(), "output");
        };
        let (name, title) = owner(node);
        let txid = || stop.txid.map_or_else(String::new, |txid| txid.to_string());
        let (kind, name, title) = match stop.reason {
            "reached_service" => (Kind::Service, name, title),
            "mixed" if node.entity.is_some() => (Kind::Mix, name, title),
            "mixed" => (Kind::Mix, format!("mix {}", short(&txid())), format!("mixed in {}", txid())),
            "unspent" => (Kind::Unspent, format!("unspent: {name}"), format!("unspent: {title}")),
            "coinbase" => (Kind::Other, "new coins".to_owned(), "from coinbases".to_owned()),
            "truncated" => {
                let name = format!("not followed: limit on {}", stop.limit.unwrap_or("work"));
                (Kind::Other, name.clone(), name)
            }
            reason => {
                let name = reason.replace('_', " ");
                (Kind::Other, name.clone(), name)
            }
        };
        self.party(kind, name, title, "output")
    }
}

/// Who has an output: his name, else his address; short for people, and whole.
fn owner(node: &Node) -> (String, String) {
    match (&node.entity, &node.address) {
        // One box an entity, whatever its addresses.
        (Some(entity), _) => {
            let name = entity.name();
            let title = format!("{name} ({})", entity.kind());
            (name, title)
        }
        (None, Some(address)) => (short(address), address.clone()),
        (None, None) => ("no address".to_owned(), "outputs without an address".to_owned()),
    }
}

fn node_title(found: &Trace, node: &Node) -> String {
    let address = node.address.as_deref().unwrap_or("no address");
    let locus = node.locus.as_ref().map_or_else(|| "not in the ledger".to_owned(), ToString::to_string);
    format!(
        "{address}, {} of {} followed, {locus}",
        found.asset.money(node.dirty),
        found.asset.money(node.amount)
    )
}
