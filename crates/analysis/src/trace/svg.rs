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

use super::{DESTROYED, Edge, Node, Trace, short};
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
struct Shape {
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
        Drawing { found, shapes: Vec::new(), bands: Vec::new(), edges: BTreeMap::new(), left_out: 0 };
    let columns = drawing.collect();
    drawing.arrange(columns.len());
    drawing.write(&columns)
}

struct Drawing<'a> {
    found: &'a Trace,
    shapes: Vec<Shape>,
    bands: Vec<Band>,
    /// Shape of each edge that is drawn.
    edges: BTreeMap<usize, usize>,
    left_out: usize,
}

impl Drawing<'_> {
    fn height(&self, amount: Amount) -> f64 {
        (amount.ratio(self.found.sums.seeded) * SCALE).max(THIN)
    }

    /// Chooses what is drawn and makes shapes and bands; the labels of the columns.
    fn collect(&mut self) -> Vec<String> {
        let found = self.found;
        let brought = |edge: &Edge| dirty(found, &edge.from);
        let mut order: Vec<usize> = (0..found.edges.len()).collect();
        order.sort_by_key(|&at| (std::cmp::Reverse(brought(&found.edges[at])), at));
        self.left_out = order.len().saturating_sub(MOST_FLOWS);
        let drawn: BTreeSet<usize> = order.into_iter().take(MOST_FLOWS).collect();
        let times: BTreeSet<u32> = drawn.iter().map(|&at| found.edges[at].time).collect();
        let mut times: Vec<u32> = times.into_iter().collect();
        if found.direction == "backward" {
            times.reverse();
        }
        for &at in &drawn {
            let edge = &found.edges[at];
            let column = 1 + times.iter().position(|time| *time == edge.time).unwrap_or(0);
            let shape =
                self.shape(column, brought(edge), edge_class(edge), edge_label(edge), edge_title(edge));
            self.edges.insert(at, shape);
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

    fn shape(
        &mut self,
        column: usize,
        amount: Amount,
        class: &'static str,
        label: String,
        title: String,
    ) -> usize {
        let height = self.height(amount);
        self.shapes.push(Shape { column, y: 0.0, height, used: (0.0, 0.0), class, label, title });
        self.shapes.len() - 1
    }

    fn seed(&mut self, at: usize) {
        let node = &self.found.nodes[at];
        let asset = self.found.asset;
        let shape = self.shape(0, node.dirty, "seed", node_label(node, asset), node_title(node, asset));
        self.connect(shape, at, 0);
    }

    fn outputs(&mut self, edge: usize) {
        let Some(&shape) = self.edges.get(&edge) else { return };
        let column = self.shapes[shape].column;
        let mut nodes = self.found.edges[edge].to.clone();
        nodes.sort_by_key(|&at| (std::cmp::Reverse(self.found.nodes[at].dirty), at));
        let goes_on =
            |at: &usize| self.found.nodes[*at].next.is_some_and(|next| self.edges.contains_key(&next));
        let (onward, ends): (Vec<usize>, Vec<usize>) = nodes.into_iter().partition(goes_on);
        for at in onward {
            self.connect(shape, at, column);
        }
        for &at in ends.iter().take(MOST_ENDS) {
            self.connect(shape, at, column);
        }
        if ends.len() > MOST_ENDS {
            let rest = &ends[MOST_ENDS..];
            let amount = dirty(self.found, rest);
            let label = format!("{} smaller outputs", rest.len());
            let end = self.shape(column + 1, amount, "other", label.clone(), label);
            self.bands.push(Band {
                from: shape,
                to: end,
                amount,
                title: self.found.asset.money(amount).to_string(),
            });
        }
        let fee = self.found.edges[edge].fee;
        if self.height(fee) > THIN {
            let money = self.found.asset.money(fee).to_string();
            let end = self.shape(column + 1, fee, "other", format!("fee {money}"), "fee".to_owned());
            self.bands.push(Band { from: shape, to: end, amount: fee, title: money });
        }
    }

    /// A band from a shape along a node: to the transaction that goes on with it, or to an end of its own.
    fn connect(&mut self, from: usize, at: usize, column: usize) {
        let node = &self.found.nodes[at];
        let asset = self.found.asset;
        let title = node_title(node, asset);
        let next = node.next.and_then(|next| self.edges.get(&next).copied());
        let to = next.unwrap_or_else(|| {
            let (class, what) = end_of(node);
            let label = format!("{what}: {}", node_label(node, asset));
            self.shape(column + 1, node.dirty, class, label, title.clone())
        });
        self.bands.push(Band { from, to, amount: node.dirty, title });
    }

    /// Stacks the shapes of each column in the order of where their value comes from.
    fn arrange(&mut self, columns: usize) {
        for column in 0..=columns {
            let mut members: Vec<(f64, usize)> = Vec::new();
            for at in 0..self.shapes.len() {
                if self.shapes[at].column == column {
                    members.push((self.pull(at), at));
                }
            }
            members.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let mut y = TOP;
            for (pull, at) in members {
                let wanted = pull - self.shapes[at].height / 2.0;
                self.shapes[at].y = y.max(wanted.min(TOP + SCALE));
                y = self.shapes[at].y + self.shapes[at].height + GAP;
            }
        }
    }

    /// Mean height of where a shape's value comes from; the columns before it are placed.
    fn pull(&self, shape: usize) -> f64 {
        let column = self.shapes[shape].column;
        let sources =
            self.bands.iter().filter(|band| band.to == shape && self.shapes[band.from].column < column);
        let middles: Vec<f64> =
            sources.map(|band| self.shapes[band.from].y + self.shapes[band.from].height / 2.0).collect();
        if middles.is_empty() {
            return TOP;
        }
        middles.iter().sum::<f64>() / middles.len() as f64
    }

    fn write(mut self, columns: &[String]) -> String {
        let lowest = self.shapes.iter().map(|shape| shape.y + shape.height).fold(TOP + SCALE, f64::max);
        let last = self.shapes.iter().map(|shape| shape.column).max().unwrap_or(0);
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
        for shape in &self.shapes {
            line(node_text(shape));
        }
        line("</svg>".to_owned());
        text
    }

    fn band(&mut self, band: &Band) -> String {
        let width = self.height(band.amount);
        let mut attach = |shape: usize, right: bool| {
            let shape = &mut self.shapes[shape];
            let used = if right { &mut shape.used.1 } else { &mut shape.used.0 };
            let y = shape.y + used.min((shape.height - width).max(0.0)) + width / 2.0;
            *used += width;
            (LEFT + COLUMN * shape.column as f64 + if right { BOX } else { 0.0 }, y)
        };
        let ((x1, y1), (x2, y2)) = (attach(band.from, true), attach(band.to, false));
        // Two transactions of one block stand in one column: the band bends out to the right and back.
        let middle = if x2 > x1 { f64::midpoint(x1, x2) } else { x1 + COLUMN / 3.0 };
        let back = if x2 > x1 { middle } else { x2 - COLUMN / 3.0 };
        let class = self.shapes[band.to].class;
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
  .band.service { stroke: #c0392b }
  .band.mixed, .band.mix { stroke: #8e44ad }
  .band.other { stroke: #999999 }
  .box { fill: #2c3e50 }
  .box.seed { fill: #d35400 }
  .box.service { fill: #c0392b }
  .box.mixed, .box.mix { fill: #8e44ad }
  .box.unspent { fill: #2980b9 }
  .box.other { fill: #888888 }
</style>";

fn node_text(shape: &Shape) -> String {
    let x = LEFT + COLUMN * shape.column as f64;
    let mut text = format!(
        "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{BOX}\" height=\"{:.1}\" class=\"box {}\"><title>{}</title></rect>",
        shape.y,
        shape.height,
        shape.class,
        escaped(&shape.title)
    );
    let mut y = shape.y + shape.height + 12.0;
    for part in shape.label.split('\n') {
        write!(text, "<text x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(part))
            .expect("a string takes every write");
        y += 12.0;
    }
    text
}

fn caption(found: &Trace, left_out: usize) -> String {
    let parts = [
        ("unspent", found.sums.unspent),
        ("at services", found.sums.reached_service),
        ("into mixes", found.sums.mixed),
        ("from coinbases", found.sums.coinbase),
        ("fees", found.sums.fees),
        ("unspendable", found.sums.unspendable),
        (DESTROYED, found.sums.destroyed),
        ("unknown inputs", found.sums.unknown_inputs),
        ("below the limit on dust", found.sums.dust),
        ("into other seeds", found.sums.rejoined),
        ("truncated by limits", found.sums.truncated),
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

fn edge_class(edge: &Edge) -> &'static str {
    if edge.mix.is_some() { "mix" } else { "edge" }
}

fn edge_label(edge: &Edge) -> String {
    let mix = edge.mix.map_or_else(String::new, |mix| format!(" {mix}"));
    format!("tx {}{mix}", short(&edge.txid.to_string()))
}

fn edge_title(edge: &Edge) -> String {
    format!("{} of {}", edge.txid, moment(edge.time))
}

fn node_label(node: &Node, asset: Asset) -> String {
    let who = match (&node.entity, &node.address) {
        (Some(entity), _) => shortened(&entity.label),
        (None, Some(address)) => short(address),
        (None, None) => "no address".to_owned(),
    };
    format!("{who}\n{}", asset.money(node.dirty))
}

fn node_title(node: &Node, asset: Asset) -> String {
    let address = node.address.as_deref().unwrap_or("no address");
    let locus = node.locus.as_ref().map_or_else(|| "not in the ledger".to_owned(), ToString::to_string);
    format!("{address}, {} of {} followed, {locus}", asset.money(node.dirty), asset.money(node.amount))
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
fn end_of(node: &Node) -> (&'static str, &'static str) {
    match node.stop.as_ref().map(|end| end.reason) {
        Some("unspent") => ("unspent", "unspent"),
        Some("reached_service") => ("service", "at"),
        Some("mixed") => ("mixed", "mixed"),
        Some("coinbase") => ("unspent", "coinbase"),
        Some("unspendable") => ("other", "unspendable"),
        Some("destroyed") => ("other", "destroyed"),
        Some("unknown_inputs") => ("other", "unknown inputs"),
        Some(_) => ("other", "truncated"),
        None => ("other", "goes on"),
    }
}

/// What is followed in some outputs.
fn dirty(found: &Trace, nodes: &[usize]) -> Amount {
    nodes.iter().map(|&at| found.nodes[at].dirty).fold(Amount::ZERO, Amount::saturating_add)
}

/// Names come from lists: what an editor or a terminal would act upon is shown instead.
fn escaped(text: &str) -> String {
    clean(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
