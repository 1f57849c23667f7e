//! A trace at a terminal: where the value is, then the way it went as a tree, largest first.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use tracehound_model::{Amount, Asset, Chain, text::label};

use super::{AT_SERVICES, Comparison, Entity, Node, Trace, compare::Column};
use crate::words::{moment, permille};

/// The whole answer; at most `lines` lines of the tree, the rest counted. `measured` says how often the rule errs.
pub fn report(found: &Trace, lines: usize, measured: Option<&str>) -> String {
    let mut text = String::new();
    head(&mut text, found);
    line(&mut text, &format!("  {}", found.ledger.sentence()));
    whereabouts(&mut text, found);
    tree(&mut text, found, lines);
    if !found.gaps.is_empty() {
        line(&mut text, "\nCoverage gaps");
        for gap in &found.gaps {
            line(&mut text, &format!("  - {gap}"));
        }
    }
    if let Some(measured) = measured {
        line(&mut text, &format!("\nHow sure\n  {measured}"));
    }
    text
}

fn line(text: &mut String, what: &str) {
    writeln!(text, "{what}").expect("a string takes every write");
}

fn head(text: &mut String, found: &Trace) {
    let seeds = &found.nodes[..found.seeds];
    let times = || seeds.iter().map(|seed| seed.time);
    let (first, last) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
    let when = if first == last { moment(first) } else { format!("{} to {}", moment(first), moment(last)) };
    line(
        text,
        &format!(
            "{} {} by {}: {} in {} output{} of {when}",
            if found.direction == "forward" { "Where it went," } else { "Where it came from," },
            chain_name(&found.chain),
            found.method,
            found.asset.money(found.sums.seeded),
            found.seeds,
            if found.seeds == 1 { "" } else { "s" },
        ),
    );
    for said in [found.followed_through(), found.left_out()].into_iter().flatten() {
        line(text, &format!("  {said}"));
    }
}

/// `btc` for the CAIP-2 id that programs read.
fn chain_name(id: &str) -> String {
    id.parse().map_or_else(|_| id.to_owned(), Chain::short_name)
}

/// Services of a comparison that have a line of their own.
const MOST_SERVICES: usize = 20;

/// What arrived at each service by each rule, the most by any rule first.
fn by_amount(columns: &[Column]) -> Vec<(&String, Vec<Amount>)> {
    let entities: BTreeSet<&String> = columns.iter().flat_map(|column| column.services.keys()).collect();
    let amounts = |entity| -> Vec<Amount> {
        columns.iter().map(|column| column.services.get(entity).copied().unwrap_or_default()).collect()
    };
    let mut services: Vec<_> = entities.into_iter().map(|entity| (entity, amounts(entity))).collect();
    // Stable: those of one amount stay in the order of their names.
    services.sort_by_key(|(_, amounts)| Reverse(amounts.iter().max().copied()));
    services
}

fn whereabouts(text: &mut String, found: &Trace) {
    line(text, "");
    let share = |amount| found.share(amount).unwrap_or_else(|| "touched".to_owned());
    for (name, amount) in found.sums.parts().into_iter().filter(|(_, amount)| !amount.is_zero()) {
        line(text, &format!("  {name:<44} {:>22}  {:>7}", found.asset.money(amount), share(amount)));
        if name == AT_SERVICES {
            for (entity, amount) in services(found) {
                line(
                    text,
                    &format!("    {entity:<42} {:>22}  {:>7}", found.asset.money(amount), share(amount)),
                );
            }
        }
    }
}

fn services(found: &Trace) -> Vec<(String, Amount)> {
    let mut sums: BTreeMap<String, Amount> = BTreeMap::new();
    for node in found.nodes.iter().filter(|node| is_end(node, "reached_service")) {
        let name = node.entity.as_ref().map_or_else(|| "not named".to_owned(), Entity::name);
        let sum = sums.entry(name).or_default();
        *sum = sum.saturating_add(node.dirty);
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    sums
}

fn is_end(node: &Node, reason: &str) -> bool {
    node.stop.as_ref().is_some_and(|end| end.reason == reason)
}

fn tree(text: &mut String, found: &Trace, lines: usize) {
    line(text, "\nThe way, largest first");
    let mut shown = vec![false; found.edges.len()];
    let mut left = lines;
    // A stack of nodes with their depth, the largest on top.
    let mut stack: Vec<(usize, usize)> = Vec::new();
    push_largest_last(&mut stack, found, 0..found.seeds, 0);
    while let Some((at, depth)) = stack.pop() {
        let Some(rest) = left.checked_sub(1) else {
            line(
                text,
                &format!("  and {} more (--lines N shows more; --output csv all)", not_shown(found, lines)),
            );
            return;
        };
        left = rest;
        let node = &found.nodes[at];
        let joined = node.next.is_some_and(|next| shown[next]);
        line(text, &place_line(found, node, depth, joined));
        if let Some(next) = node.next.filter(|_| !joined) {
            shown[next] = true;
            push_largest_last(&mut stack, found, found.edges[next].to.iter().copied(), depth + 1);
        }
    }
}

fn not_shown(found: &Trace, lines: usize) -> usize {
    found.nodes.len().saturating_sub(lines)
}

fn push_largest_last(
    stack: &mut Vec<(usize, usize)>,
    found: &Trace,
    nodes: impl Iterator<Item = usize>,
    depth: usize,
) {
    let mut nodes: Vec<usize> = nodes.collect();
    nodes.sort_by_key(|&at| (found.nodes[at].dirty, Reverse(at)));
    stack.extend(nodes.into_iter().map(|at| (at, depth)));
}

/// Deepest indentation: beyond it the depth is written as a number.
const DEEPEST: usize = 12;

fn place_line(found: &Trace, node: &Node, depth: usize, joined: bool) -> String {
    let indent =
        if depth <= DEEPEST { "  ".repeat(depth) } else { format!("{}({depth}) ", "  ".repeat(DEEPEST)) };
    let who = match (&node.entity, &node.address) {
        (Some(entity), Some(address)) => {
            format!("{address} = {} ({})", entity.name(), entity.kind())
        }
        (None, Some(address)) => address.clone(),
        (_, None) => "an output without an address".to_owned(),
    };
    let part = match permille(node.dirty, node.amount) {
        share if node.dirty < node.amount => format!(" ({share} of {})", found.asset.money(node.amount)),
        _ => String::new(),
    };
    let then = match (&node.stop, node.next) {
        (Some(end), _) => {
            let what = end.limit.map_or_else(String::new, |limit| format!(" ({limit})"));
            let which = end.txid.map_or_else(String::new, |txid| format!(" {txid}"));
            format!("{}{what}{which}", end.reason.replace('_', " "))
        }
        (None, Some(next)) => {
            let edge = &found.edges[next];
            let mix = match (edge.mix, edge.suspected) {
                (Some(mix), _) => format!(" [{mix}]"),
                (None, Some(kind)) => format!(" [SUSPECTED mix: {kind}]"),
                (None, None) => String::new(),
            };
            let again = if joined { ", shown above" } else { "" };
            format!("{} {}{mix}{again}", moment(edge.time), edge.txid)
        }
        (None, None) => String::new(),
    };
    format!("  {indent}{} {who}{part} -> {then}", found.asset.money(node.dirty))
}

/// The five rules side by side.
pub fn comparison(found: &Comparison) -> String {
    let mut text = String::new();
    let columns = &found.columns;
    let mut row = |name: &str, cells: Vec<String>| {
        let cells = cells.iter().fold(String::new(), |line, cell| format!("{line} {cell:>17}"));
        line(&mut text, &format!("  {name:<35}{cells}"));
    };
    let unit = found.asset.unit().map_or("base units", |unit| unit.ticker);
    row(unit, columns.iter().map(|column| column.method.to_owned()).collect());
    let named: Vec<Vec<(&str, Amount)>> = columns.iter().map(|column| column.sums.parts().to_vec()).collect();
    let count = named.first().map_or(0, Vec::len);
    for at in 0..count {
        let amounts: Vec<Amount> = named.iter().map(|rows| rows[at].1).collect();
        if amounts.iter().any(|amount| !amount.is_zero()) {
            row(named[0][at].0, amounts.iter().map(|&amount| plain(found.asset, amount)).collect());
        }
        if named[0][at].0 == AT_SERVICES {
            let services = by_amount(columns);
            let (first, rest) = services.split_at(services.len().min(MOST_SERVICES));
            for (entity, amounts) in first {
                row(
                    &format!("  {}", fitting(entity)),
                    amounts.iter().map(|&amount| plain(found.asset, amount)).collect(),
                );
            }
            if !rest.is_empty() {
                let sum = |at: usize| {
                    rest.iter().fold(Amount::ZERO, |sum, (_, amounts)| sum.saturating_add(amounts[at]))
                };
                row(
                    &format!("  {} more services", rest.len()),
                    (0..columns.len()).map(|at| plain(found.asset, sum(at))).collect(),
                );
            }
        }
    }
    row("outputs touched", columns.iter().map(|column| column.nodes.to_string()).collect());
    row("transactions divided", columns.iter().map(|column| column.edges.to_string()).collect());
    line(&mut text, &format!("\n{}", found.ledger.sentence()));
    if !found.gaps.is_empty() {
        line(&mut text, "\nCoverage gaps");
        found.gaps.iter().for_each(|gap| line(&mut text, &format!("  - {gap}")));
    }
    text
}

/// Cut so that the columns stay in line; the JSON form has the whole name.
fn fitting(entity: &str) -> String {
    const WIDTH: usize = 32;
    let entity = label(entity);
    match entity.char_indices().nth(WIDTH) {
        Some((at, _)) => format!("{}…", &entity[..at - 1]),
        None => entity.into_owned(),
    }
}

/// Without the ticker, which stands above.
fn plain(asset: Asset, amount: Amount) -> String {
    match asset.unit() {
        _ if amount.is_zero() => "-".to_owned(),
        Some(unit) => amount.display(unit.decimals, "").to_string().trim_end().to_owned(),
        None => amount.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use tracehound_model::BitcoinNetwork;

    use super::*;
    use crate::{extent::Extent, trace::Sums};

    fn column(method: &'static str, services: &[(String, u64)]) -> Column {
        let services: BTreeMap<String, Amount> =
            services.iter().map(|(name, amount)| (name.clone(), (*amount).into())).collect();
        let all = services.values().fold(Amount::ZERO, |sum, &amount| sum.saturating_add(amount));
        let sums = Sums { reached_service: all, ..Sums::default() };
        Column { method, sums, services, nodes: 0, edges: 0 }
    }

    /// Nobody reads two hundred services to find the one that got nearly all.
    #[test]
    fn a_comparison_has_the_largest_services_first_and_adds_up_the_others() {
        let service = |at: u64| (format!("service {at:02}"), 1_000 + at);
        let haircut: Vec<_> = (0..25).map(service).collect();
        let fifo = [("service 00".to_owned(), 9_000), ("zebra".to_owned(), 1)];
        let text = comparison(&Comparison {
            asset: Asset::bitcoin(BitcoinNetwork::Mainnet),
            columns: vec![column("haircut", &haircut), column("fifo", &fifo)],
            ledger: Extent {
                as_of: 0,
                blocks: 0,
                last_block: None,
                age: None,
                missing_ranges: 0,
                gaps: Vec::new(),
            },
            gaps: Vec::new(),
            complete: true,
            snapshot: String::new(),
        });
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let first = lines.iter().position(|line| line.starts_with("at services")).expect("a line") + 1;
        let cells = |at: usize| lines[first + at].split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(cells(0), "service 00 0.00001000 0.00009000");
        assert_eq!(cells(1), "service 24 0.00001024 -");
        assert_eq!(cells(19), "service 06 0.00001006 -");
        // 1 to 5 by haircut, and the zebra by the other.
        assert_eq!(cells(20), "6 more services 0.00005015 0.00000001");
    }
}
