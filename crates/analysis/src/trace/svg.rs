//! A trace as a drawing: time from left to right, bands as wide as the value, one self-contained SVG file.
//!
//! The largest transactions are drawn and the number left out is written on it. Columns are block times, so something
//! right of something else happened later, and an end stands one column after the transaction that made it. Every hash and address is
//! in a `<title>`, shown when pointed at and selectable in the file. No script, no font, no reference to the outside.

#![expect(clippy::cast_precision_loss, reason = "lengths on paper, never money")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use tracehound_model::{
    Amount, Asset,
    text::{clean, label},
};

use super::{DESTROYED, Flow, Place, Trace, short};
use crate::words::{moment, permille};

/// Transactions drawn at most.
const MOST_FLOWS: usize = 40;
/// Ends drawn at most for one transaction; the others are summed up.
const MOST_ENDS: usize = 6;
/// Pixels between columns, height of the whole value, least height of a band, gap between boxes.
const COLUMN: f64 = 190.0;
const SCALE: f64 = 260.0;
const THIN: f64 = 2.0;
const GAP: f64 = 30.0;
const BOX: f64 = 10.0;
const TOP: f64 = 110.0;
const LEFT: f64 = 60.0;

/// A box of the drawing: a seed, a transaction, or an end.
struct Node {
    column: usize,
    y: f64,
    height: f64,
    /// How far down bands have been attached on the left and on the right.
    used: (f64, f64),
    class: &'static str,
    label: String,
    title: String,
}

struct Band {
    from: usize,
    to: usize,
    amount: Amount,
    title: String,
}

/// The file's text.
pub fn svg(found: &Trace) -> String {
    let mut drawing =
        Drawing { found, nodes: Vec::new(), bands: Vec::new(), flows: BTreeMap::new(), left_out: 0 };
    let columns = drawing.collect();
    drawing.arrange(columns.len());
    drawing.write(&columns)
}

struct Drawing<'a> {
    found: &'a Trace,
    nodes: Vec<Node>,
    bands: Vec<Band>,
    /// Node of each flow that is drawn.
    flows: BTreeMap<usize, usize>,
    left_out: usize,
}

impl Drawing<'_> {
    fn height(&self, amount: Amount) -> f64 {
        (amount.ratio(self.found.sums.seeded) * SCALE).max(THIN)
    }

    /// Chooses what is drawn and makes nodes and bands; the labels of the columns.
    fn collect(&mut self) -> Vec<String> {
        let found = self.found;
        let brought = |flow: &Flow| dirty(found, &flow.from);
        let mut order: Vec<usize> = (0..found.flows.len()).collect();
        order.sort_by_key(|&at| (std::cmp::Reverse(brought(&found.flows[at])), at));
        self.left_out = order.len().saturating_sub(MOST_FLOWS);
        let drawn: BTreeSet<usize> = order.into_iter().take(MOST_FLOWS).collect();
        let times: BTreeSet<u32> = drawn.iter().map(|&at| found.flows[at].time).collect();
        let mut times: Vec<u32> = times.into_iter().collect();
        if found.direction == "backward" {
            times.reverse();
        }
        for &at in &drawn {
            let flow = &found.flows[at];
            let column = 1 + times.iter().position(|time| *time == flow.time).unwrap_or(0);
            let node = self.node(column, brought(flow), flow_class(flow), flow_label(flow), flow_title(flow));
            self.flows.insert(at, node);
        }
        for at in 0..found.seeds {
            self.seed(at);
        }
        for &at in &drawn {
            self.outputs(at);
        }
        let name = if found.direction == "forward" { "start" } else { "asked about" };
        std::iter::once(name.to_owned()).chain(times.into_iter().map(moment)).chain([String::new()]).collect()
    }

    fn node(
        &mut self,
        column: usize,
        amount: Amount,
        class: &'static str,
        label: String,
        title: String,
    ) -> usize {
        let height = self.height(amount);
        self.nodes.push(Node { column, y: 0.0, height, used: (0.0, 0.0), class, label, title });
        self.nodes.len() - 1
    }

    fn seed(&mut self, at: usize) {
        let place = &self.found.places[at];
        let asset = self.found.asset;
        let node = self.node(0, place.dirty, "seed", place_label(place, asset), place_title(place, asset));
        self.connect(node, at, 0);
    }

    fn outputs(&mut self, flow: usize) {
        let Some(&node) = self.flows.get(&flow) else { return };
        let column = self.nodes[node].column;
        let mut places = self.found.flows[flow].to.clone();
        places.sort_by_key(|&at| (std::cmp::Reverse(self.found.places[at].dirty), at));
        let goes_on =
            |at: &usize| self.found.places[*at].next.is_some_and(|next| self.flows.contains_key(&next));
        let (onward, ends): (Vec<usize>, Vec<usize>) = places.into_iter().partition(goes_on);
        for at in onward {
            self.connect(node, at, column);
        }
        for &at in ends.iter().take(MOST_ENDS) {
            self.connect(node, at, column);
        }
        if ends.len() > MOST_ENDS {
            let rest = &ends[MOST_ENDS..];
            let amount = dirty(self.found, rest);
            let label = format!("{} smaller outputs", rest.len());
            let end = self.node(column + 1, amount, "other", label.clone(), label);
            self.bands.push(Band {
                from: node,
                to: end,
                amount,
                title: self.found.asset.money(amount).to_string(),
            });
        }
        let fee = self.found.flows[flow].fee;
        if self.height(fee) > THIN {
            let money = self.found.asset.money(fee).to_string();
            let end = self.node(column + 1, fee, "other", format!("fee {money}"), "fee".to_owned());
            self.bands.push(Band { from: node, to: end, amount: fee, title: money });
        }
    }

    /// A band from a node along a place: to the transaction that goes on with it, or to an end of its own.
    fn connect(&mut self, from: usize, at: usize, column: usize) {
        let place = &self.found.places[at];
        let asset = self.found.asset;
        let title = place_title(place, asset);
        let next = place.next.and_then(|next| self.flows.get(&next).copied());
        let to = next.unwrap_or_else(|| {
            let (class, what) = end_of(place);
            let label = format!("{what}: {}", place_label(place, asset));
            self.node(column + 1, place.dirty, class, label, title.clone())
        });
        self.bands.push(Band { from, to, amount: place.dirty, title });
    }

    /// Stacks the nodes of each column in the order of where their value comes from.
    fn arrange(&mut self, columns: usize) {
        for column in 0..=columns {
            let mut members: Vec<(f64, usize)> = Vec::new();
            for at in 0..self.nodes.len() {
                if self.nodes[at].column == column {
                    members.push((self.pull(at), at));
                }
            }
            members.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let mut y = TOP;
            for (pull, at) in members {
                let wanted = pull - self.nodes[at].height / 2.0;
                self.nodes[at].y = y.max(wanted.min(TOP + SCALE));
                y = self.nodes[at].y + self.nodes[at].height + GAP;
            }
        }
    }

    /// Mean height of where a node's value comes from; the columns before it are placed.
    fn pull(&self, node: usize) -> f64 {
        let column = self.nodes[node].column;
        let sources =
            self.bands.iter().filter(|band| band.to == node && self.nodes[band.from].column < column);
        let middles: Vec<f64> =
            sources.map(|band| self.nodes[band.from].y + self.nodes[band.from].height / 2.0).collect();
        if middles.is_empty() {
            return TOP;
        }
        middles.iter().sum::<f64>() / middles.len() as f64
    }

    fn write(mut self, columns: &[String]) -> String {
        let lowest = self.nodes.iter().map(|node| node.y + node.height).fold(TOP + SCALE, f64::max);
        let last = self.nodes.iter().map(|node| node.column).max().unwrap_or(0);
        let (width, height) = (LEFT + COLUMN * (last as f64 + 1.0) + 160.0, lowest + 70.0);
        let mut text = String::new();
        let mut line = |what: String| writeln!(text, "{what}").expect("a string takes every write");
        line(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"11\">"
        ));
        line(STYLE.to_owned());
        line(format!("<rect width=\"{width:.0}\" height=\"{height:.0}\" fill=\"#ffffff\"/>"));
        let found = self.found;
        let title = if found.direction == "forward" { "Where it went" } else { "Where it came from" };
        line(format!(
            "<text x=\"{LEFT}\" y=\"30\" font-size=\"17\" font-weight=\"bold\">{title}: {}</text>",
            found.asset.money(found.sums.seeded)
        ));
        line(format!(
            "<text x=\"{LEFT}\" y=\"50\" class=\"dim\">{}</text>",
            escaped(&caption(found, self.left_out))
        ));
        line(format!(
            "<text x=\"{LEFT}\" y=\"66\" class=\"dim\">{}</text>",
            escaped(&found.ledger.sentence())
        ));
        for (at, label) in columns.iter().enumerate().filter(|(_, label)| !label.is_empty()) {
            let x = LEFT + COLUMN * at as f64;
            line(format!(
                "<text x=\"{x:.0}\" y=\"{:.0}\" class=\"dim\">{}</text>",
                TOP - 30.0,
                escaped(label)
            ));
            line(format!(
                "<line x1=\"{x:.0}\" y1=\"{:.0}\" x2=\"{x:.0}\" y2=\"{:.0}\" stroke=\"#e8e8e8\"/>",
                TOP - 22.0,
                height - 40.0
            ));
        }
        for band in std::mem::take(&mut self.bands) {
            line(self.band(&band));
        }
        for node in &self.nodes {
            line(node_text(node));
        }
        line("</svg>".to_owned());
        text
    }

    fn band(&mut self, band: &Band) -> String {
        let width = self.height(band.amount);
        let mut attach = |node: usize, right: bool| {
            let node = &mut self.nodes[node];
            let used = if right { &mut node.used.1 } else { &mut node.used.0 };
            let y = node.y + used.min((node.height - width).max(0.0)) + width / 2.0;
            *used += width;
            (LEFT + COLUMN * node.column as f64 + if right { BOX } else { 0.0 }, y)
        };
        let ((x1, y1), (x2, y2)) = (attach(band.from, true), attach(band.to, false));
        // Two transactions of one block stand in one column: the band bends out to the right and back.
        let middle = if x2 > x1 { f64::midpoint(x1, x2) } else { x1 + COLUMN / 3.0 };
        let back = if x2 > x1 { middle } else { x2 - COLUMN / 3.0 };
        let class = self.nodes[band.to].class;
        format!(
            "<path d=\"M{x1:.1},{y1:.1} C{middle:.1},{y1:.1} {back:.1},{y2:.1} {x2:.1},{y2:.1}\" class=\"band {class}\" \
             stroke-width=\"{width:.1}\"><title>{}</title></path>",
            escaped(&band.title)
        )
    }
}

const STYLE: &str = "<style>
  .dim { fill: #666666 }
  .band { fill: none; stroke: #8aa4c8; stroke-opacity: 0.45 }
  .band.arrived { stroke: #c0392b }
  .band.mixed, .band.mix { stroke: #8e44ad }
  .band.other { stroke: #999999 }
  .box { fill: #2c3e50 }
  .box.seed { fill: #d35400 }
  .box.arrived { fill: #c0392b }
  .box.mixed, .box.mix { fill: #8e44ad }
  .box.held { fill: #2980b9 }
  .box.other { fill: #888888 }
</style>";

fn node_text(node: &Node) -> String {
    let x = LEFT + COLUMN * node.column as f64;
    let mut text = format!(
        "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{BOX}\" height=\"{:.1}\" class=\"box {}\"><title>{}</title></rect>",
        node.y,
        node.height,
        node.class,
        escaped(&node.title)
    );
    let mut y = node.y + node.height + 12.0;
    for part in node.label.split('\n') {
        write!(text, "<text x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(part))
            .expect("a string takes every write");
        y += 12.0;
    }
    text
}

fn caption(found: &Trace, left_out: usize) -> String {
    let parts = [
        ("held", found.sums.held),
        ("at services", found.sums.arrived),
        ("into mixes", found.sums.mixed),
        ("new coins", found.sums.minted),
        ("fees", found.sums.fees),
        ("to nobody", found.sums.unowned),
        (DESTROYED, found.sums.destroyed),
        ("unresolved", found.sums.unresolved),
        ("below the limit on dust", found.sums.dust),
        ("into other seeds", found.sums.rejoined),
        ("cut by limits", found.sums.cut),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(_, amount)| !amount.is_zero())
        .map(|(name, amount)| format!("{name} {}", permille(amount, found.sums.seeded)))
        .collect();
    let left_out =
        if left_out > 0 { format!("; {left_out} smaller transactions not drawn") } else { String::new() };
    format!("{}, by {}: {}{left_out}", found.chain, found.method, parts.join(", "))
}

fn flow_class(flow: &Flow) -> &'static str {
    if flow.mix.is_some() { "mix" } else { "flow" }
}

fn flow_label(flow: &Flow) -> String {
    let mix = flow.mix.map_or_else(String::new, |mix| format!(" {mix}"));
    format!("tx {}{mix}", short(&flow.txid.to_string()))
}

fn flow_title(flow: &Flow) -> String {
    format!("{} of {}", flow.txid, moment(flow.time))
}

fn place_label(place: &Place, asset: Asset) -> String {
    let who = match (&place.party, &place.address) {
        (Some(party), _) => shortened(&party.label),
        (None, Some(address)) => short(address),
        (None, None) => "no address".to_owned(),
    };
    format!("{who}\n{}", asset.money(place.dirty))
}

fn place_title(place: &Place, asset: Asset) -> String {
    let address = place.address.as_deref().unwrap_or("no address");
    let locus = place.locus.as_ref().map_or_else(|| "not in the ledger".to_owned(), ToString::to_string);
    format!("{address}, {} of {} followed, {locus}", asset.money(place.dirty), asset.money(place.amount))
}

/// A name that fits between two columns.
fn shortened(name: &str) -> String {
    const FITS: usize = 26;
    let label = label(name);
    match label.char_indices().nth(FITS) {
        Some((at, _)) => format!("{}…", label[..at].trim_end()),
        None => label.into_owned(),
    }
}

/// Colour and words of an end.
fn end_of(place: &Place) -> (&'static str, &'static str) {
    match place.end.as_ref().map(|end| end.fate) {
        Some("held") => ("held", "held"),
        Some("arrived") => ("arrived", "at"),
        Some("mixed") => ("mixed", "mixed"),
        Some("minted") => ("held", "new coins"),
        Some("unowned") => ("other", "to nobody"),
        Some("destroyed") => ("other", "destroyed"),
        Some("unresolved") => ("other", "unresolved"),
        Some(_) => ("other", "cut"),
        None => ("other", "goes on"),
    }
}

/// What is followed in some outputs.
fn dirty(found: &Trace, places: &[usize]) -> Amount {
    places.iter().map(|&at| found.places[at].dirty).fold(Amount::ZERO, Amount::saturating_add)
}

/// Names come from lists: what an editor or a terminal would act upon is shown instead.
fn escaped(text: &str) -> String {
    clean(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
