//! A drawing of who had how much and where it went from there: boxes in columns, bands as wide as the value.
//!
//! A chart is cut into pages of A4 in landscape, each a file of its own, that can be read where they are printed: no text is
//! smaller than [`SMALLEST`] points. Whoever is named is one box of a page, however often value came to him. What stands
//! right of something else came after it (in a question about sources: before it). No script, no font, no reference to the
//! outside; whole ids are in `<title>`.

mod arrange;
mod text;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use tracehound_analysis::words::permille;
use tracehound_model::{Amount, Asset};

use arrange::{Band, Placed, Shape, Side};
pub(crate) use write::STYLE;

/// Smallest text, in points.
pub const SMALLEST: f64 = 7.5;

/// A page of A4 in landscape, in points.
pub(crate) const WIDTH: f64 = 842.0;
pub(crate) const HEIGHT: f64 = 595.0;
const MARGIN: f64 = 36.0;
/// Points from one column to the next.
const COLUMN: f64 = 132.0;
/// Columns between the two of a page's edges.
const INNER: usize = 4;
/// Most boxes in a column: units have three lines, parties at the edges as many.
const ROWS: usize = 10;
/// Most columns of a chart; what would need more is to be summed up first.
pub(crate) const MOST_COLUMNS: usize = 32;

/// What a box stands for, which is its colour and a word of the legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Start,
    Transaction,
    Several,
    Mix,
    Service,
    Address,
    Unspent,
    Other,
    Page,
}

impl Kind {
    /// Colours that are told apart in grey too, and by people who do not see red and green.
    fn colour(self) -> &'static str {
        match self {
            Self::Start => "#d55e00",
            Self::Transaction => "#33475b",
            Self::Several => "#7a8ca0",
            Self::Mix => "#7b3294",
            Self::Service => "#b2182b",
            Self::Address => "#0072b2",
            Self::Unspent => "#56b4e9",
            Self::Other => "#8c8c8c",
            Self::Page => "#c9c9c9",
        }
    }

    /// What several of them are called.
    fn many(self) -> &'static str {
        match self {
            Self::Start => "starts",
            Self::Transaction | Self::Several => "transactions",
            Self::Mix => "mixes",
            Self::Service => "named by lists",
            Self::Address => "addresses",
            Self::Unspent => "unspent",
            Self::Other => "ends",
            Self::Page => "pages",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Start => "what is asked about",
            Self::Transaction => "a transaction",
            Self::Several => "several transactions drawn as one",
            Self::Mix => "a mix: behind it nobody can say whose it is",
            Self::Service => "somebody whom a list names",
            Self::Address => "an address",
            Self::Unspent => "unspent",
            Self::Other => "ends or comes otherwise",
            Self::Page => "continues on another page",
        }
    }
}

/// A box between the edges.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) kind: Kind,
    /// At most three lines; what does not fit into the column is cut.
    pub(crate) lines: Vec<String>,
    /// All of it, whole.
    pub(crate) title: String,
}

/// A box at an edge: where value begins or ends, once a page.
#[derive(Clone, Debug)]
pub(crate) struct Party {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) title: String,
    /// What it has is counted in: an output, a payment.
    pub(crate) counts: &'static str,
    /// Whether bands to it that are too thin to be seen are left out: every transaction has a fee.
    pub(crate) is_minor: bool,
}

/// An end of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Spot {
    Unit(usize),
    Party(usize),
}

/// Value on its way.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    pub(crate) from: Spot,
    pub(crate) to: Spot,
    pub(crate) amount: Amount,
    /// How many outputs that are.
    pub(crate) count: usize,
    pub(crate) title: String,
}

/// What stands above and below every page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caption {
    /// In a few words.
    pub title: String,
    /// Method, sums, ledger: sentences.
    pub lines: Vec<String>,
    /// That it is generated, or of a test network.
    pub warning: Option<String>,
    /// Where it comes from: lists, snapshot, version.
    pub footer: Vec<String>,
}

/// A chart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chart {
    /// What amounts count; nothing where the chart has none.
    pub(crate) asset: Option<Asset>,
    /// What shares are of.
    pub(crate) whole: Amount,
    /// No sum at an edge is more than this, where bands may be of the same money.
    pub(crate) most: Option<Amount>,
    /// Each after all that flows into it.
    pub(crate) units: Vec<Unit>,
    pub(crate) parties: Vec<Party>,
    pub(crate) flows: Vec<Flow>,
    /// How boxes follow each other, for the legend.
    pub(crate) order: &'static str,
}

impl Chart {
    /// The column of each unit, from 0: after all that flows into it, and where there is room.
    pub(crate) fn columns(&self) -> Vec<usize> {
        let mut least = vec![0; self.units.len()];
        let mut filled: Vec<usize> = Vec::new();
        let mut onward: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for flow in &self.flows {
            if let (Spot::Unit(from), Spot::Unit(to)) = (flow.from, flow.to) {
                onward.entry(from).or_default().push(to);
            }
        }
        for at in 0..self.units.len() {
            let mut column: usize = least[at];
            while filled.get(column).is_some_and(|&count| count >= ROWS) {
                column += 1;
            }
            if filled.len() <= column {
                filled.resize(column + 1, 0);
            }
            filled[column] += 1;
            least[at] = column;
            for &next in onward.get(&at).into_iter().flatten() {
                least[next] = least[next].max(column + 1);
            }
        }
        least
    }

    /// How many pages it takes, without an overview.
    pub(crate) fn page_count(&self) -> usize {
        self.columns().iter().max().map_or(1, |last| last / INNER + 1)
    }

    /// One file a page, `overview` before them.
    pub(crate) fn pages(&self, caption: &Caption, overview: Option<&Self>) -> Vec<String> {
        let columns = self.columns();
        let count = self.page_count();
        let first = usize::from(overview.is_some());
        let all = count + first;
        let mut pages = Vec::with_capacity(all);
        if let Some(overview) = overview {
            let placed = overview.page(&overview.columns(), 0, 0, caption);
            pages.push(placed.write(overview, caption, (1, all), "Overview of all pages"));
        }
        for page in 0..count {
            let placed = self.page(&columns, page, first, caption);
            let what = if first > 0 { "Detail" } else { "" };
            pages.push(placed.write(self, caption, (page + first + 1, all), what));
        }
        pages
    }

    /// The boxes and bands of a page; `before` pages stand before the first one of this chart.
    fn page(&self, columns: &[usize], page: usize, before: usize, caption: &Caption) -> Placed {
        let page_of = |unit: usize| columns[unit] / INNER;
        let mut placed = Placed::default();
        let mut units: BTreeMap<usize, usize> = BTreeMap::new();
        for (at, unit) in self.units.iter().enumerate().filter(|(at, _)| page_of(*at) == page) {
            let shape =
                Shape::new(1 + columns[at] % INNER, unit.kind, unit.lines.clone(), unit.title.clone());
            units.insert(at, placed.add(shape));
        }
        // Flows between edges stand where there is most room: on the first page.
        let here = |flow: &Flow| match (flow.from, flow.to) {
            (Spot::Unit(from), Spot::Unit(to)) => page_of(from) == page || page_of(to) == page,
            (Spot::Unit(at), _) | (_, Spot::Unit(at)) => page_of(at) == page,
            (Spot::Party(_), Spot::Party(_)) => page == 0,
        };
        let flows: Vec<&Flow> = self.flows.iter().filter(|flow| here(flow)).collect();
        let edge = |spot: Spot, side: Side| {
            match spot {
                Spot::Unit(at) if page_of(at) == page => None,
                Spot::Unit(at) => Some(Edge::Page(page_of(at) + before + 1)),
                Spot::Party(at) => Some(Edge::Party(at)),
            }
            .map(|edge| (side, edge))
        };
        let mut sums: BTreeMap<(Side, Edge), (Amount, usize)> = BTreeMap::new();
        for flow in &flows {
            for key in [edge(flow.from, Side::Left), edge(flow.to, Side::Right)].into_iter().flatten() {
                let sum = sums.entry(key).or_default();
                *sum = (sum.0.saturating_add(flow.amount), sum.1 + flow.count);
            }
        }
        let mut shapes: BTreeMap<(Side, Edge), usize> = BTreeMap::new();
        for side in [Side::Left, Side::Right] {
            let column = if side == Side::Left { 0 } else { Self::last_column(columns, page) };
            let mut keys: Vec<_> = sums.iter().filter(|((of, _), _)| *of == side).collect();
            // Other pages last; whoever got most first.
            keys.sort_by_key(|((_, edge), (amount, _))| {
                (matches!(edge, Edge::Page(_)), std::cmp::Reverse(*amount), *edge)
            });
            let (pages, parties): (Vec<_>, Vec<_>) =
                keys.into_iter().partition(|((_, edge), _)| matches!(edge, Edge::Page(_)));
            let own = self.with_a_box(&parties, ROWS - pages.len().min(3));
            for &(key, &(amount, count)) in &parties[..own] {
                let Edge::Party(at) = key.1 else { continue };
                shapes.insert(*key, placed.add(self.party(at, column, amount, count)));
            }
            // Those for which there is no room are one box for each kind of them.
            let mut rest: BTreeMap<Kind, Vec<_>> = BTreeMap::new();
            for entry in &parties[own..] {
                rest.entry(self.kind(entry.0.1)).or_default().push(*entry);
            }
            for (kind, entries) in rest {
                if let [(key, &(amount, count))] = entries[..]
                    && let Edge::Party(at) = key.1
                {
                    shapes.insert(*key, placed.add(self.party(at, column, amount, count)));
                    continue;
                }
                let name = format!("{} more {}", entries.len(), kind.many());
                self.together(&mut placed, &mut shapes, (column, kind), &entries, &name);
            }
            let own = if pages.len() > 3 { 2 } else { pages.len() };
            let word = if side == Side::Left { "from" } else { "continues on" };
            for &(key, &(amount, count)) in &pages[..own] {
                let Edge::Page(number) = key.1 else { continue };
                let lines = self.lines(&format!("{word} page {number}"), amount, count, "output");
                let title = lines.join(", ");
                shapes.insert(*key, placed.add(Shape::new(column, Kind::Page, lines, title)));
            }
            let name = format!("{word} {} other pages", pages.len() - own);
            self.together(&mut placed, &mut shapes, (column, Kind::Page), &pages[own..], &name);
        }
        let mut bands: BTreeMap<(usize, usize), Band> = BTreeMap::new();
        for flow in flows {
            let shape = |spot: Spot, side: Side| match edge(spot, side) {
                Some(key) => shapes.get(&key).copied(),
                None => match spot {
                    Spot::Unit(at) => units.get(&at).copied(),
                    Spot::Party(_) => None,
                },
            };
            let (Some(from), Some(to)) = (shape(flow.from, Side::Left), shape(flow.to, Side::Right)) else {
                continue;
            };
            let band = bands.entry((from, to)).or_insert_with(|| Band::new(from, to));
            band.add(flow);
            band.is_minor |= matches!(flow.to, Spot::Party(at) if self.parties[at].is_minor);
        }
        placed.bands = bands.into_values().collect();
        placed.arrange(caption.height());
        placed
    }

    /// The column of a page's right edge: right behind the last box, so that a short chart is not torn apart.
    fn last_column(columns: &[usize], page: usize) -> usize {
        let used: BTreeSet<usize> =
            columns.iter().filter(|&&column| column / INNER == page).map(|column| column % INNER).collect();
        used.last().map_or(1, |last| last + 2)
    }

    fn kind(&self, edge: Edge) -> Kind {
        match edge {
            Edge::Party(at) => self.parties[at].kind,
            Edge::Page(_) => Kind::Page,
        }
    }

    /// How many of these, the largest first, have a box of their own, so that there is room for one for each kind of the others.
    fn with_a_box(&self, parties: &[Share<'_>], room: usize) -> usize {
        let (mut own, mut rest) = (parties.len(), BTreeSet::new());
        while own > 0 && own + rest.len() > room {
            own -= 1;
            rest.insert(self.kind(parties[own].0.1));
        }
        own
    }

    fn party(&self, at: usize, column: usize, amount: Amount, count: usize) -> Shape {
        let party = &self.parties[at];
        let lines = self.lines(&party.name, amount, count, party.counts);
        let mut shape = Shape::new(column, party.kind, lines, party.title.clone());
        shape.units = Some(amount);
        shape
    }

    /// Those for which there is no room, as one box.
    fn together(
        &self,
        placed: &mut Placed,
        shapes: &mut BTreeMap<(Side, Edge), usize>,
        (column, kind): (usize, Kind),
        rest: &[Share<'_>],
        name: &str,
    ) {
        if rest.is_empty() {
            return;
        }
        let amount = rest.iter().fold(Amount::ZERO, |sum, (_, (amount, _))| sum.saturating_add(*amount));
        let count = rest.iter().map(|(_, (_, count))| count).sum();
        let lines = self.lines(name, amount, count, "output");
        let title = lines.join(", ");
        let mut shape = Shape::new(column, kind, lines, title);
        shape.units = (kind != Kind::Page).then_some(amount);
        let shape = placed.add(shape);
        shapes.extend(rest.iter().map(|(key, _)| (**key, shape)));
    }

    /// The lines of a box at an edge.
    fn lines(&self, name: &str, amount: Amount, count: usize, counts: &str) -> Vec<String> {
        let amount = self.most.map_or(amount, |most| amount.min(most));
        let mut lines = vec![name.to_owned()];
        if let Some(asset) = self.asset {
            lines.push(asset.money(amount).to_string());
            let share = if self.whole.is_zero() { String::new() } else { permille(amount, self.whole) };
            let plural = if count == 1 { "" } else { "s" };
            let count = if counts.is_empty() { String::new() } else { format!("{count} {counts}{plural}") };
            let comma = if share.is_empty() || count.is_empty() { "" } else { ", " };
            lines.push(format!("{share}{comma}{count}"));
        }
        lines
    }
}

/// What somebody at an edge has, and in how many outputs.
type Share<'a> = (&'a (Side, Edge), &'a (Amount, usize));

/// Who or what a box at an edge stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Edge {
    Party(usize),
    Page(usize),
}
